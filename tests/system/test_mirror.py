#!/usr/bin/python3
"""scripts/rdline-mirror, the example of a consumer: whatever happens to it, the table that it ends with is the gateway's."""
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

NAMES = 300
LINKS = ",".join("</%d/0>" % n for n in range(1, 200))


class Mirror:
    """The script, as a program."""

    def __init__(self, gateway, *options):
        self.process = subprocess.Popen([ROOT + "/scripts/rdline-mirror", "--socket", gateway.lab.events, *options],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        # What is done to it is done to a consumer, not to a program that has yet to connect.
        until(lambda: self.dump()["counts"]["snapshots"] > 0, "the mirror gets no snapshot")

    def dump(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def signal(self, number):
        self.process.send_signal(number)

    def end(self, kill=False):
        if kill:
            self.process.kill()
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def text(lab):
    return config(lab.instance, shards=2, admission="{ updates = 0; }", coap="exchange_lifetime = 2;", extra="""
        events = { socket = "%s"; buffer_kb = 1024; };
        control = { socket = "%s"; };""" % (lab.events, lab.control))


def start(lab):
    lab.events, lab.control = lab.dir + "/events.sock", lab.dir + "/control.sock"
    return lab.gateway(text(lab))


def path(answer):
    return [segment.decode() for segment in answer.location]


def gateway_table(gateway):
    """Every live registration, by the control socket."""
    client, names, cursor, table = Lines(gateway.lab.control), [], "0", {}
    while cursor is not None:
        page = client.ask({"command": "list", "cursor": cursor})
        names, cursor = names + page["endpoints"], page["next"]
    for name in names:
        reply = client.ask({"command": "show", "endpoint": name})
        if "registration" in reply:
            table[name] = {k: v for k, v in reply["registration"].items()
                           if k not in ("expires_in", "registered_at", "updated_at")}
    client.close()
    return table


def expect_mirrored(gateway, mirror, seconds=15):
    """Within a time: a gap may have to be made up for. Returns the mirror's counts."""
    end = time.monotonic() + seconds
    while True:
        table, state = gateway_table(gateway), mirror.dump()
        if state["current"] and state["registrations"] == table and gateway_table(gateway) == table:
            return len(table), state["counts"]
        if time.monotonic() > end:
            got = state["registrations"]
            raise AssertionError("not mirrored: %s, names that differ: %s" % (
                state["counts"], [n for n in got.keys() | table.keys() if got.get(n) != table.get(n)][:10]))
        time.sleep(0.1)


class Fleet:
    """Devices that do anything."""

    def __init__(self, gateway, seed):
        self.gateway, self.chance, self.locations = gateway, random.Random(seed), {}
        self.devices = [Device() for _ in range(4)] + [Device(GATEWAY6) for _ in range(2)]
        self.control, self.operations = None, 0

    def operate(self):
        chance, device = self.chance, self.chance.choice(self.devices)
        name, what = "device-%d" % chance.randrange(NAMES), chance.random()
        self.operations += 1
        if name not in self.locations or what < 0.1:
            answer = device.register(name, chance.choice(("</1/0>,</3/0>", "</1/0>,</3/0>,</5>;ver=1.1", LINKS)),
                                     lt=chance.choice(("1", "2", "600", "600", "600", "600")))
            expect(answer.code, "2.01", name)
            self.locations[name] = path(answer)
        elif what < 0.8:
            queries = chance.choice((["lt=600"], ["lt=%d" % chance.randrange(500, 900)], ["sms=%d" % chance.randrange(9)], []))
            if device.update(self.locations[name], queries).code == "4.04":
                del self.locations[name]
        elif what < 0.93:
            device.deregister(self.locations.pop(name))
        else:
            client = Lines(self.gateway.lab.control, {"command": "remove", "endpoint": name})
            client.line()
            client.close()
            del self.locations[name]

    def many(self, count):
        for _ in range(count):
            self.operate()


def test_follows(gateway):
    """From before there is anything, and with a prefix, and once."""
    fleet, mirror, part = Fleet(gateway, 1), Mirror(gateway), Mirror(gateway, "--prefix", "device-1")
    expect_mirrored(gateway, mirror)
    fleet.many(1000)
    size, counts = expect_mirrored(gateway, mirror)
    table = gateway_table(gateway)
    state = part.dump()
    expect(state["registrations"], {n: r for n, r in table.items() if n.startswith("device-1")})
    expect(state["times"].keys(), state["registrations"].keys())
    for name, times in state["times"].items():
        told = gateway.registration(name)
        expect((int(times["registered_at"]), int(times["updated_at"])), (told["registered_at"], told["updated_at"]), name)
        assert abs(times["expires_at"] - time.time() - told["expires_in"]) <= 2, (name, times, told)
    once = subprocess.run([ROOT + "/scripts/rdline-mirror", "--socket", gateway.lab.events, "--once"], timeout=10,
                          capture_output=True, text=True)
    expect(json.loads(once.stdout)["registrations"].keys(), gateway_table(gateway).keys())
    print("# %d operations, %d registrations, %s" % (fleet.operations, size, counts))
    for name in list(fleet.locations):
        Device().deregister(fleet.locations[name])
    mirror.end()
    part.end()


def test_anything(gateway):
    """Restarts of the consumer and forced gaps in the middle of everything."""
    fleet, mirror, totals = Fleet(gateway, 2), Mirror(gateway), {}
    for round in range(8):
        fleet.many(300)
        if round % 2 == 0:
            mirror.signal(signal.SIGSTOP)
            target = gateway.ask("/rdline/events")["lost_subscribers"] + 50
            before = fleet.operations
            while gateway.ask("/rdline/events")["lost_subscribers"] < target:
                fleet.many(100)
                assert fleet.operations - before < 20000, "nothing is lost"
            mirror.signal(signal.SIGCONT)
            fleet.many(100)
        size, counts = expect_mirrored(gateway, mirror)
        if round % 4 == 3:
            for key, value in counts.items():
                totals[key] = totals.get(key, 0) + value
            mirror.end(kill=True)
            fleet.many(100)
            mirror = Mirror(gateway)
    size, counts = expect_mirrored(gateway, mirror)
    for key, value in counts.items():
        totals[key] = totals.get(key, 0) + value
    print("# %d operations, %d registrations at the end, %s" % (fleet.operations, size, totals))
    assert totals["gaps"] >= 4, totals
    mirror.end()


def test_gateway_restarts(gateway):
    """The consumer finds back, to a gateway that knows nobody any more."""
    mirror, fleet = Mirror(gateway), Fleet(gateway, 3)
    fleet.many(200)
    expect_mirrored(gateway, mirror)
    expect(gateway.stop(), 0)
    expect(os.path.exists(gateway.lab.events), False, "the socket goes with it")
    until(lambda: not mirror.dump()["current"], "the mirror does not see that it is alone")
    second = gateway.lab.gateway(text(gateway.lab))
    fleet = Fleet(second, 4)
    fleet.many(200)
    size, counts = expect_mirrored(second, mirror)
    expect(counts["connections"], 2)
    # And by force: what is left of its socket is in nobody's way.
    second.process.kill()
    second.process.wait()
    expect(os.path.exists(gateway.lab.events), True, "a stale socket")
    third = gateway.lab.gateway(text(gateway.lab))
    fleet = Fleet(third, 5)
    fleet.many(200)
    size, counts = expect_mirrored(third, mirror)
    expect(counts["restarts"], 2)
    mirror.end()


main(start)
