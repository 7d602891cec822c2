#!/usr/bin/python3
"""Durable events: whoever comes back with what it has acknowledged gets every change since, whoever was away."""
import glob
import os
import random
import select
import shutil
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

LOAD = os.path.join(ROOT, "build/test/load")
KILLS = int(os.environ.get("KILLS", "10"))
ENDED = ("de-registered", "expired", "removed")


def path(answer):
    return [segment.decode() for segment in answer.location]


def starts(lab, name, keep=1024, state="", **options):
    options.setdefault("shards", 2)
    options.setdefault("admission", "{ updates = 0; }")
    lab.events, lab.control = lab.dir + "/events.sock", lab.dir + "/control.sock"
    return lab.gateway(extra="""
        events = { socket = "%s"; buffer_kb = 1024; };
        control = { socket = "%s"; };
        state = { directory = "%s/%s"; snapshot_s = 5; restart_grace_s = 1; keep_mb = %d; %s };""" %
                       (lab.events, lab.control, lab.dir, name, keep, state), **options)


class Subscriber:
    """It keeps a table by the rule of the manual, and acknowledges what it has."""

    def __init__(self, lab, request, table=None):
        self.table = {} if table is None else table  # by endpoint, its location
        self.lines, self.positions, self.gaps, self.snapshots = [], {}, 0, 0
        self.name = request.get("name")
        self.stream = Lines(lab.events, request)
        said = self.stream.line()
        expect(said.get("event"), "subscribed", said)

    def take(self, line):
        event = line["event"]
        self.lines.append(line)
        self.gaps += event == "gap"
        self.snapshots += event == "snapshot-begin"
        if event == "snapshot-begin":
            self.table.clear()
        elif event in ENDED:
            # One that came back under another location has not ended.
            if self.table.get(line["endpoint"]) == line["location"]:
                del self.table[line["endpoint"]]
        elif event in ("registration", "registered", "updated", "replaced"):
            self.table[line["endpoint"]] = line["location"]
        if "position" in line:
            partition, position = line["partition"], line["position"]
            assert position > self.positions.get(partition, 0) or event == "position", (line, self.positions)
            self.positions[partition] = position

    def until(self, holds, seconds=20):
        """Takes lines until it holds of one; that one."""
        end = time.monotonic() + seconds
        while True:
            self.stream.socket.settimeout(max(0.01, end - time.monotonic()))
            line = self.stream.line()
            assert line is not None and "error" not in line, line
            self.take(line)
            if holds(line):
                return line

    def event(self, kind, endpoint):
        return self.until(lambda line: line["event"] == kind and line.get("endpoint") == endpoint)

    def snapshot(self):
        return self.until(lambda line: line["event"] == "snapshot-end")

    def quiet(self, seconds=0.5):
        """All that comes until nothing does for so long."""
        while self.stream.rest or select.select([self.stream.socket], [], [], seconds)[0]:
            line = self.stream.line()
            if line is None:
                break
            self.take(line)

    def ack(self, line):
        self.stream.send({"ack": {"name": self.name, "partition": line["partition"], "position": line["position"]}})

    def ack_all(self):
        for partition, position in self.positions.items():
            self.ack({"partition": partition, "position": position})
        time.sleep(0.4)  # it is on the disk within a tenth of a second

    def kinds(self):
        return [(line["event"], line["endpoint"]) for line in self.lines if "endpoint" in line]

    def close(self):
        self.stream.close()


def by_cursor(lab, name="billing", table=None, **more):
    return Subscriber(lab, dict({"from": "cursor", "name": name}, **more), table)


def test_from_a_cursor(lab):
    gateway = starts(lab, "cursor")
    device = Device()
    expect(device.register("before").code, "2.01", "Register")
    first = by_cursor(lab)
    # It has nothing yet: all that there is, and then what changes.
    first.snapshot()
    expect(list(first.table), ["before"], "the table")
    first.quiet()
    first.ack_all()
    location = path(device.register("a", "</1/0>,</3/0>,</5>", lt="300"))
    registered = first.event("registered", "a")
    for member in ("partition", "position", "time", "endpoint", "location", "address", "objects", "lifetime"):
        assert member in registered, (member, registered)
    assert "seq" not in registered, registered
    expect(device.update(location, ["lt=200"]).code, "2.04", "Update")
    updated = first.event("updated", "a")
    expect((updated["changed"], updated["objects"]), (["lifetime"], ["1/0", "3/0", "5"]), "an Update has all of it")
    first.ack(registered)
    time.sleep(0.4)
    first.close()
    # What was not acknowledged comes again; what happens while nobody is there, too, in order.
    expect(device.deregister(location).code, "2.02", "De-register")
    expect(device.register("b").code, "2.01", "Register")
    again = by_cursor(lab)
    again.event("registered", "b")
    again.quiet()
    kinds = [kind for kind in again.kinds() if kind[1] == "a"]
    expect(kinds, [("updated", "a"), ("de-registered", "a")], "since the acknowledged one")
    expect((again.gaps, again.snapshots), (0, 0), "no gap")
    again.ack_all()
    again.close()
    again = by_cursor(lab)
    expect(device.register("c").code, "2.01", "Register")
    again.event("registered", "c")
    expect(again.kinds(), [("registered", "c")], "nothing comes again")
    again.close()
    expect(gateway.stop(), 0, "exit")


def test_restarts(lab):
    """Of the gateway, by kill -9 and not, with other numbers of shards."""
    gateway = starts(lab, "restarts", shards=1)
    device, table, alive = Device(), {}, {}
    subscriber = by_cursor(lab, table=table)
    subscriber.snapshot()
    subscriber.quiet()
    subscriber.ack_all()
    for run, shards in enumerate((3, 2, 2, 1)):
        for n in range(20):
            alive["r%d-%d" % (run, n)] = path(device.register("r%d-%d" % (run, n), lt="600"))
        half = random.sample(sorted(alive), 10)
        for name in half:
            expect(device.deregister(alive.pop(name)).code, "2.02", "De-register")
        if shards % 2:
            gateway.kill()
        else:
            expect(gateway.stop(), 0, "exit")
        subscriber.close()
        gateway = starts(lab, "restarts", shards=shards)
        subscriber = by_cursor(lab, table=table)
        subscriber.quiet()
        expect((subscriber.gaps, subscriber.snapshots), (0, 0), "no gap")
        expect(sorted(table), sorted(alive), "the table")
        expect(len([kind for kind in subscriber.kinds() if kind[0] == "registered"]), 20, "each once at least")
        subscriber.ack_all()
    expect(gateway.stop(), 0, "exit")


def test_from_a_position(lab):
    gateway = starts(lab, "position", shards=1)
    device = Device()
    live = by_cursor(lab)
    for n in range(5):
        expect(device.register("p%d" % n).code, "2.01", "Register")
    live.event("registered", "p4")
    third = next(line for line in live.lines if line.get("endpoint") == "p2" and line["event"] == "registered")
    place = {key: third[key] for key in ("partition", "position")}
    for start in (place, [place]):
        other = Subscriber(lab, {"from": start})
        other.event("registered", "p4")
        expect(other.kinds(), [("registered", "p3"), ("registered", "p4")], "what came after it")
        other.close()
    # Filters; a position that cannot be is a gap.
    other = Subscriber(lab, {"from": place, "prefix": "p4", "events": ["registered"]})
    other.event("registered", "p4")
    expect(other.kinds(), [("registered", "p4")], "as it is wanted")
    other.close()
    for position in (1, place["position"] + 1000000):
        other = Subscriber(lab, {"from": {"partition": 0, "position": position}})
        other.snapshot()
        expect((other.lines[0]["event"], other.gaps, len(other.table)), ("gap", 1, 5), "a gap, and all that there is")
        other.close()
    expect(gateway.stop(), 0, "exit")


def test_expiries(lab):
    """Those that nobody was there for: neither the subscriber, nor the gateway."""
    gateway = starts(lab, "expiries")
    device = Device()
    subscriber = by_cursor(lab)
    for name, lt in (("away", "1"), ("down", "3"), ("stays", "600")):
        expect(device.register(name, lt=lt).code, "2.01", "Register")
    subscriber.event("registered", "stays")
    subscriber.quiet(0.2)
    subscriber.until(lambda line: line["event"] == "position") if not subscriber.snapshots else None
    subscriber.ack_all()
    table = subscriber.table
    subscriber.close()
    until(lambda: gateway.registration("away") == {}, "it expires")
    time.sleep(0.2)
    gateway.kill()
    time.sleep(3)
    gateway = starts(lab, "expiries")
    subscriber = by_cursor(lab, table=table)
    subscriber.event("expired", "down")
    subscriber.quiet()
    expect([kind for kind in subscriber.kinds() if kind[0] == "expired"], [("expired", "away"), ("expired", "down")], "told")
    expect(list(table), ["stays"], "the table")
    expect(gateway.stop(), 0, "exit")


def test_refused(lab):
    gateway = starts(lab, "refused")
    place = {"partition": 1, "position": 1}
    for request, text in (
            ({"from": "cursor"}, "name: missing"),
            ({"from": "cursor", "name": ""}, "name: not 1 to 64"),
            ({"from": "cursor", "name": "a/b"}, "name: not 1 to 64"),
            ({"from": "cursor", "name": ".a"}, "name: not 1 to 64"),
            ({"from": "cursor", "name": "x" * 65}, "name: not 1 to 64"),
            ({"from": "cursor", "name": 1}, "name: not a string"),
            ({"from": "now", "name": "a"}, "name: only where"),
            ({"from": dict(place, name="a")}, "from: not {partition"),
            ({"from": {"partition": 1}}, "from: not {partition"),
            ({"from": {"partition": 256, "position": 1}}, "from: not {partition"),
            ({"from": {"partition": -1, "position": 1}}, "from: not {partition"),
            ({"from": {"partition": 1, "position": -1}}, "from: not {partition"),
            ({"from": {"partition": 1, "position": 1.5}}, "from: not {partition"),
            ({"from": []}, "from: not {partition"),
            ({"from": [place] * 65}, "from: more than 64"),
            ({"from": [place, 1]}, "from: not {partition"),
            ({"from": "cursor", "name": "a", "events": ["refused"]}, "events: only what happens"),
            ({"ack": dict(place, name="a")}, "ack: this connection does not follow"),
            ({"ack": place}, "ack: not {name"), ({"ack": 1}, "ack: not {name"),
            ({"ack": dict(place, name="a"), "from": "now"}, "ack: not {name")):
        said = Lines(lab.events, request).line()
        assert said.get("error", "").startswith(text), (request, said)
    subscriber = by_cursor(lab, "one")
    said = Lines(lab.events, {"from": "cursor", "name": "one"}).line()
    assert "another subscriber" in said["error"], said
    subscriber.snapshot()
    subscriber.stream.send({"ack": {"name": "one", "partition": 0, "position": 1 << 60}})
    while "error" not in (said := subscriber.stream.line()):
        pass
    assert "no such position" in said["error"], said
    # The one who followed it is gone, whether that was noticed or not.
    for _ in range(10):
        subscriber.close()
        subscriber = by_cursor(lab, "one")
        time.sleep(0.05)
    expect(gateway.stop(), 0, "exit")
    for state, text in (('keep_mb = 0;', "keep_mb is 0"), ('keep_mb = 64; durability = "none";', "durability is none"),
                        (None, "no state")):
        extra = 'events = { socket = "%s"; };' % lab.events
        if state:
            extra += 'state = { directory = "%s/none"; %s };' % (lab.dir, state)
        gateway = lab.gateway(extra=extra)
        for request in ({"from": "cursor", "name": "a"}, {"from": place}):
            said = Lines(lab.events, request).line()
            assert text in said.get("error", ""), said
        expect(Lines(lab.events, {"from": "now"}).line()["event"], "subscribed", "what there was")
        expect(gateway.stop(), 0, "exit")


def test_gone(lab):
    """What is not kept any more is a gap, and a snapshot makes up for it; so it is where a log is damaged."""
    gateway = starts(lab, "gone", shards=1)
    device, subscriber = Device(), by_cursor(lab)
    subscriber.quiet()
    subscriber.ack_all()
    subscriber.close()
    for n in range(10):
        expect(device.register("gone-%d" % n, lt="600").code, "2.01", "Register")
    gateway.kill()
    gateway = starts(lab, "gone", shards=1)
    expect(device.register("later", lt="600").code, "2.01", "Register")
    until(lambda: gateway.ask("/rdline/state")["runs_before"] == 0, "a snapshot is whole")
    shutil.rmtree(lab.dir + "/gone/run-00000001")
    subscriber = by_cursor(lab)
    subscriber.snapshot()
    expect([line["event"] for line in subscriber.lines[:2]], ["gap", "snapshot-begin"], "a gap")
    assert "reason" in subscriber.lines[0], subscriber.lines[0]
    expect(len(subscriber.table), 11, "all that there is")
    # Before it is acknowledged, it does not count.
    subscriber.close()
    subscriber = by_cursor(lab)
    subscriber.snapshot()
    subscriber.quiet()
    expect((subscriber.snapshots, len(subscriber.table)), (1, 11), "another one")
    subscriber.ack_all()
    subscriber.close()
    subscriber = by_cursor(lab)
    expect(device.register("last").code, "2.01", "Register")
    subscriber.event("registered", "last")
    expect((subscriber.gaps, subscriber.snapshots), (0, 0), "it goes on from there")
    subscriber.close()
    counts = gateway.ask("/rdline/events")
    expect((counts["recall_gaps"], counts["cursors"]), (1, 1), "telemetry")
    expect(gateway.stop(), 0, "exit")


def test_who_does_not_read(lab):
    """One that reads late has lost nothing, and nobody else has waited for it."""
    subprocess.run(["ip", "route", "replace", "local", "10.0.0.0/8", "dev", "dev0"], check=True)
    gateway = starts(lab, "slow", memory="registrations = 30000;", keep=4096)
    slow, other = by_cursor(lab, "slow"), by_cursor(lab, "other")
    count = 20000
    load = subprocess.Popen([LOAD, "--to", GATEWAY4, "--from", "10.0.0.1", "--endpoints", str(count), "--window", "64",
                             "--phases", "register", "--seconds", "30"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: load.poll() is not None, "all have registered", 60)
    registrations = gateway.ask("/rdline/stats")["registrations"]
    assert registrations >= count / 2, registrations
    other.quiet(2)
    time.sleep(1)
    slow.quiet(2)
    for subscriber in (other, slow):
        expect((len(subscriber.table), subscriber.gaps), (registrations, 0), subscriber.name)
        subscriber.close()
    expect(gateway.stop(), 0, "exit")


def test_operators(lab):
    gateway = starts(lab, "operators")
    device, control = Device(), Lines(lab.control)
    run = lambda *words: subprocess.run([os.environ.get("RDLINE", BINARY) + "-ctl", "-s", lab.control, "-e", lab.events, *words],
                                        capture_output=True, text=True, timeout=20)
    expect(control.ask({"command": "cursors"}), {"cursors": []}, "none yet")
    expect(device.register("op").code, "2.01", "Register")
    said = run("events", "--from", "cursor", "ops", "--ack", "--count", "1")
    expect([json.loads(line)["event"] for line in said.stdout.splitlines()], ["subscribed", "snapshot-begin"], said)
    # Until it is ended.
    follows = subprocess.Popen([os.environ.get("RDLINE", BINARY) + "-ctl", "-e", lab.events, "events", "--from", "cursor", "ops",
                                "--ack"], stdout=subprocess.PIPE)
    time.sleep(2)
    follows.terminate()
    lines = [json.loads(line) for line in follows.communicate()[0].splitlines()]
    assert any(line.get("endpoint") == "op" for line in lines), lines
    until(lambda: not control.ask({"command": "cursors"})["cursors"][0]["followed"], "it is gone")
    cursor = control.ask({"command": "cursors"})["cursors"][0]
    expect((cursor["name"], cursor["snapshot"]), ("ops", False), lines)
    follower = by_cursor(lab, "ops")
    expect(control.ask({"command": "forget", "name": "ops"}), {"error": "a subscriber follows it"}, "followed")
    expect(run("cursors").stdout.split()[0::2], ["ops", "followed"], "cursors")
    follower.close()
    until(lambda: run("forget", "ops").returncode == 0, "it is forgotten")
    until(lambda: glob.glob(lab.dir + "/operators/cursors/*") == [], "its file is gone")
    expect(control.ask({"command": "forget", "name": "ops"}), {"error": "no such cursor"}, "gone")
    expect(run("events", "--from", "cursor").returncode, 2, "usage")
    by_cursor(lab, "mode").close()
    until(lambda: glob.glob(lab.dir + "/operators/cursors/mode"), "it is kept")
    expect(os.stat(lab.dir + "/operators/cursors/mode").st_mode & 0o777, 0o600, "its mode")
    assert "cursors_lag" in control.ask({"command": "state"}), "state"
    for n in range(63):
        by_cursor(lab, "many-%d" % n).close()
        time.sleep(0.01)
    said = Lines(lab.events, {"from": "cursor", "name": "one-more"}).line()
    assert "64 cursors" in said["error"], said
    expect(gateway.stop(), 0, "exit")


def test_damaged_cursor(lab):
    gateway = starts(lab, "torn", shards=1)
    subscriber = by_cursor(lab)
    subscriber.quiet()
    subscriber.ack_all()
    subscriber.close()
    gateway.kill()
    with open(lab.dir + "/torn/cursors/billing", "r+b") as f:
        f.write(b"x" * 8192)
    gateway = starts(lab, "torn", shards=1)
    assert "a cursor cannot be read" in gateway.log(), gateway.log()
    subscriber = by_cursor(lab)
    subscriber.snapshot()
    subscriber.close()
    expect(gateway.stop(), 0, "exit")


class Follower(threading.Thread):
    """It follows, acknowledges, and is gone and back at random."""

    def __init__(self, lab):
        super().__init__()
        self.lab, self.table, self.over, self.wrong = lab, {}, False, None
        self.gaps = self.told = self.comes = 0

    def follow(self):
        subscriber = by_cursor(self.lab, "kills", self.table)
        self.comes += 1
        end = time.monotonic() + random.uniform(0.05, 0.6)
        try:
            while not self.over and time.monotonic() < end:
                if not subscriber.stream.rest and not select.select([subscriber.stream.socket], [], [], 0.05)[0]:
                    continue
                line = subscriber.stream.line()
                if line is None:
                    break
                subscriber.take(line)
                if "position" in line and random.random() < 0.3:
                    subscriber.ack(line)
        finally:
            self.gaps += subscriber.gaps
            self.told += len(subscriber.lines)
            subscriber.close()

    def run(self):
        while not self.over:
            try:
                self.follow()
            except (ConnectionError, FileNotFoundError, AttributeError):
                time.sleep(0.02)  # the gateway is away
            except AssertionError as error:
                if "another subscriber" not in str(error) and "as many" not in str(error):
                    self.wrong, self.over = error, True
                time.sleep(0.02)


def test_cursors_are_missing(lab):
    """Their folder was removed: the log says so, and who follows one has a snapshot."""
    gateway = starts(lab, "lost")
    subscriber = by_cursor(lab)
    expect(Device().register("lost").code, "2.01", "Register")
    subscriber.event("registered", "lost")
    subscriber.quiet()
    subscriber.ack_all()
    subscriber.close()
    for missing in (False, True):
        expect(gateway.stop(), 0, "exit")
        if missing:
            shutil.rmtree(lab.dir + "/lost/cursors")
        gateway = starts(lab, "lost")
        expect("the cursors are missing" in gateway.log(), missing, gateway.log())
    subscriber = by_cursor(lab)
    subscriber.snapshot()
    expect(list(subscriber.table), ["lost"], "the table")
    expect(gateway.stop(), 0, "exit")


def test_killed_at_any_time(lab):
    """The subscriber's table is the registry's in the end, whoever was killed when; no gap is told."""
    devices = [[Device(), "kill-%d" % n, None] for n in range(60)]
    options = {"memory": "registrations = 1000;"}
    gateway = starts(lab, "kills", shards=2, **options)
    follower = Follower(lab)
    follower.start()
    done = 0
    try:
        for _ in range(KILLS):
            end = time.monotonic() + random.uniform(0.2, 0.8)
            while time.monotonic() < end:
                device = random.choice(devices)
                if device[2] is None or random.random() < 0.2:
                    answer = device[0].register(device[1], lt="600")
                    device[2] = path(answer)
                elif random.random() < 0.6:
                    expect(device[0].update(device[2]).code, "2.04", "Update")
                else:
                    expect(device[0].deregister(device[2]).code, "2.02", "De-register")
                    device[2] = None
                done += 1
            gateway.kill()
            gateway = starts(lab, "kills", shards=random.randint(1, 3), **options)
            assert follower.wrong is None, follower.wrong
        time.sleep(1)
    finally:
        follower.over = True
        follower.join(20)
    assert follower.wrong is None, follower.wrong
    last = by_cursor(lab, "kills", follower.table)
    last.quiet(1)
    want = {device[1]: "/rd/" + device[2][1] for device in devices if device[2]}
    expect(last.table, want, "the table")
    expect((follower.gaps + last.gaps), 0, "gaps")
    print("# %d kills, %d changes, %d lines in %d connections" % (KILLS, done, follower.told, follower.comes))
    expect(gateway.stop(), 0, "exit")


main(lambda lab: lab)
