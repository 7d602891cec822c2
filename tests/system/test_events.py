#!/usr/bin/python3
"""The event stream: what it says of each change, snapshots under load, and subscribers of every bad kind."""
import os
import random
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

KINDS = ("registered", "updated", "replaced", "de-registered", "expired", "removed")
SUBSCRIBERS = 12
TIMES = ("expires_in", "registered_at", "updated_at")


def start(lab):
    lab.events, lab.control = lab.dir + "/events.sock", lab.dir + "/control.sock"
    return lab.gateway(shards=2, admission="{ updates = 0; }", lwm2m='extra_parameters = [ "x" ];', extra="""
        events = { socket = "%s"; buffer_kb = 1024; subscribers = %d; };
        control = { socket = "%s"; };""" % (lab.events, SUBSCRIBERS, lab.control))


def path(answer):
    return [segment.decode() for segment in answer.location]


def subscribe(gateway, start="now", **more):
    stream = Lines(gateway.lab.events, dict({"from": start}, **more))
    said = stream.line()
    expect((said["event"], said["from"], said["instance"], said["boot"]),
           ("subscribed", start, gateway.lab.instance, gateway.ask("/rdline/info")["boot"]))
    return stream


def control(gateway, **request):
    client = Lines(gateway.lab.control)
    try:
        return client.ask(request)
    finally:
        client.close()


def show(gateway, endpoint):
    """Without what time changes."""
    reply = control(gateway, command="show", endpoint=endpoint)["registration"]
    return {k: v for k, v in reply.items() if k not in TIMES}


def counts(gateway):
    return gateway.ask("/rdline/events")


def bare(event):
    for key in TIMES:
        assert isinstance(event[key], (int, float)), event
    return {k: v for k, v in event.items()
            if k not in ("event", "partition", "seq", "time", "changed", "old") + TIMES}


def clear(gateway):
    """No endpoint is registered any more, and nobody subscribed."""
    reply = control(gateway, command="list")
    while reply["endpoints"]:
        for name in reply["endpoints"]:
            control(gateway, command="remove", endpoint=name)
        reply = control(gateway, command="list")
    until(lambda: counts(gateway)["connections"] == 0, "still connected")


def test_each_change(gateway):
    stream, device, seqs = subscribe(gateway), Device(), {}

    def next_is(kind, changed=None, ended=False):
        event = stream.line()
        expect((event["event"], event.get("changed")), (kind, changed), event)
        assert abs(event["time"] - time.time()) < 5, event
        seq = seqs.setdefault(event["partition"], 0)
        if seq:
            expect(event["seq"], seq + 1, "seq")
        seqs[event["partition"]] = event["seq"]
        if not ended:
            expect(bare(event), show(gateway, event["endpoint"]), kind)
        return event

    first = path(device.register("one", "</1/0>,</3/0>,</5>;ver=1.1", lt="60"))
    event = next_is("registered")
    expect((event["address"], event["port"], event["objects"], event["location"]),
           (DEVICE4, device.port, ["1/0", "3/0", "5"], "/" + "/".join(first)))
    device.update(first)
    next_is("updated", [])
    device.update(first, ["lt=77", "sms=1"])
    next_is("updated", ["lifetime", "sms"])
    device.update(first, ["lt=77", "sms=1", "b=U"])
    next_is("updated", [])
    device.update(first, ["b=UQ", "x=1"], "</1/0>,</3/0>")
    next_is("updated", ["binding", "objects", "parameters", "queue"])
    other, distant = Device(), Device(GATEWAY6)
    other.update(first)
    expect(next_is("updated", ["address"])["old"], {"address": DEVICE4, "port": device.port})
    distant.update(first, ["lt=60"])
    event = next_is("updated", ["lifetime", "address"])
    expect((event["address"], event["old"]), (DEVICE6, {"address": DEVICE4, "port": other.port}))
    second = path(device.register("one", lt="60"))
    expect(next_is("replaced")["old"],
           {"location": "/" + "/".join(first), "address": DEVICE6, "port": distant.port})
    expect(device.update(first).code, "4.04", "the old location")
    device.deregister(second)
    expect(bare(next_is("de-registered", ended=True))["lifetime"], 60)
    device.register("brief", lt="1")
    next_is("registered")
    expect(next_is("expired", ended=True)["endpoint"], "brief")
    device.register("gone")
    event = next_is("registered")
    expect(bare(control(gateway, command="remove", endpoint="gone")["removed"])["location"], event["location"])
    expect(next_is("removed", ended=True)["endpoint"], "gone")
    expect(device.update(event["location"].strip("/").split("/")).code, "4.04", "removed")
    device.register("gone")
    assert next_is("registered")["location"] != event["location"]
    # Nothing of what changed nothing.
    device.register("bad", lwm2m="7.0")
    device.update(["rd", "nothing"])
    device.register("last")
    expect(next_is("registered")["endpoint"], "last")
    stream.close()
    clear(gateway)


def test_times(gateway):
    """Everywhere the second in which it happened, on a clock of a millisecond where it is told as it happens."""
    stream, device, told = subscribe(gateway), Device(), {}

    def when(act):
        """Does it, and the event's time, which lies between before and after."""
        before = int(time.time() * 1000) / 1000
        act()
        event = stream.line()
        assert before <= event["time"] <= time.time(), (before, event)
        return event

    for i in range(40):
        name = "t-%d" % i
        event = when(lambda: device.register(name, lt="300"))
        expect((event["registered_at"], event["updated_at"], event["expires_in"]),
               (event["time"], event["time"], 300), event)
        registered = updated = event["time"]
        location = event["location"].strip("/").split("/")
        time.sleep(0.037)
        if i % 2:
            event = when(lambda: device.update(location))
            updated = event["time"]
            expect((event["registered_at"], event["updated_at"], event["expires_in"]), (int(registered), updated, 300))
        told[name] = (int(registered), int(updated))
        for reply in (control(gateway, command="show", endpoint=name)["registration"], gateway.registration(name)):
            expect((reply["registered_at"], reply["updated_at"]), told[name], name)
            assert 298 <= reply["expires_in"] <= 300, reply
    snapshot = subscribe(gateway, "snapshot", prefix="t-")
    rows = [snapshot.line() for _ in range(len(told) + 2)][1:-1]
    expect({row["endpoint"]: (row["registered_at"], row["updated_at"]) for row in rows}, told)
    expect([row["endpoint"] for row in rows if not 290 <= row["expires_in"] <= 300], [])
    event = when(lambda: device.register("t-0", lt="60"))
    expect((event["event"], event["registered_at"], event["updated_at"]), ("replaced", event["time"], event["time"]))
    event = when(lambda: control(gateway, command="remove", endpoint="t-1"))
    expect((event["event"], event["registered_at"], event["updated_at"]), ("removed", *told["t-1"]))
    stream.close()
    snapshot.close()
    clear(gateway)


def test_names_and_texts(gateway):
    names = ['quote"s', "back\\slash", "tab\there", "\x7f\x01", "ünïcödé", "日本語", "🙂", "line\nend", "{}[]:'", "D" * 252,
             "é" * 126, '"' * 252, "\x01" * 252, "\u2028"]
    stream, device = subscribe(gateway), Device()
    for name in names:
        expect(device.register(name, extra=["sms=" + name[:1]]).code, "2.01", repr(name))
        event = stream.line()
        expect((event["endpoint"], event["sms"]), (name, name[:1]), "as sent")
        expect(bare(event), show(gateway, name))
    # Octets that are no text: in names refused, in parameters kept, and shown as what they can be.
    expect(device.register(b"\xff").code, "4.00")
    expect(device.request(POST, ["rd"], [b"ep=raw", b"sms=\xff1\xc3", b"x=\0\x80"], "</1/0>,</3/0>").code, "2.01")
    event = stream.line()
    expect((event["sms"], event["parameters"]), ("\ufffd1\ufffd", ["x=\0\ufffd"]))
    stream.close()
    snapshot = subscribe(gateway, "snapshot")
    expect(snapshot.line()["event"], "snapshot-begin")
    rows = [snapshot.line() for _ in range(len(names) + 1)]
    expect(sorted(row["endpoint"] for row in rows), sorted(names + ["raw"]))
    expect(snapshot.line(), {"event": "snapshot-end", "registrations": len(names) + 1})
    snapshot.close()
    clear(gateway)


def test_filters(gateway):
    everything, device = subscribe(gateway), Device()
    streams = {kind: subscribe(gateway, events=[kind]) for kind in KINDS}
    ours = subscribe(gateway, prefix="a-")
    odd = subscribe(gateway, prefix='é"', events=["registered", "de-registered"])
    none = subscribe(gateway, events=[])
    for name in ("a-1", "a-2", "b-1", 'é"x', "é"):
        location = path(device.register(name, lt="60"))
        device.update(location)
        location = path(device.register(name, lt="60"))
        if name != "b-1":
            device.deregister(location)
    control(gateway, command="remove", endpoint="b-1")
    device.register("a-brief", lt="1")
    got = []
    while not got or got[-1]["event"] != "expired":
        got.append(everything.line())
    expect(len(got), 5 * 4 + 2)
    for kind, stream in streams.items():
        wanted = [event for event in got if event["event"] == kind]
        assert wanted, kind
        expect([stream.line() for _ in wanted], wanted, kind)
    for stream, wanted in ((ours, [e for e in got if e["endpoint"].startswith("a-")]),
                           (odd, [e for e in got if e["endpoint"] == 'é"x' and e["event"] in
                                  ("registered", "de-registered")])):
        expect([stream.line() for _ in wanted], wanted)
    # Changed on the same connection; rows pass by their names alone.
    device.register("a-3")
    device.register("b-3")
    expect(none.ask({"from": "snapshot", "prefix": "b", "events": []})["event"], "subscribed")
    expect([none.line().get("endpoint") for _ in range(3)], [None, "b-3", None])
    for stream in [everything, ours, odd, none, *streams.values()]:
        stream.close()
    clear(gateway)


def test_refusals(gateway):
    """Only for those who name them, no more than a hundred a second, and the rest by their number."""
    refused, ours = subscribe(gateway, events=["refused"]), subscribe(gateway, events=["refused"], prefix="why")
    both, everything = subscribe(gateway, events=["refused", "registered"]), subscribe(gateway)
    device, before = Device(), int(time.time() * 1000) / 1000
    device.register("why", "</1/0>,</3/0")
    event = refused.line()
    expect({key: value for key, value in event.items() if key != "time"},
           {"event": "refused", "endpoint": "why", "path": "/rd", "address": DEVICE4, "port": device.port,
            "security": "none", "operation": "register", "code": "4.00", "reason": "link_syntax",
            "text": "object list: syntax error at octet 12", "octet": 12, "before": "</1/0>,</3/0", "from": ""})
    assert before - 0.02 <= event["time"] <= time.time(), event
    expect(ours.line(), event)
    location = path(device.register("why-not"))
    device.update(location, ["lt=soon"])
    device.update(["rd", "elsewhere"])
    event = refused.line()
    expect((event["location"], event["reason"]), ("/" + "/".join(location), "lifetime_syntax"))
    expect((refused.line()["path"]), "/rd/elsewhere")
    expect(sorted(both.line()["event"] for _ in range(4)), ["refused", "refused", "refused", "registered"])
    expect(everything.line()["event"], "registered")
    time.sleep(1)  # another second
    last, told = time.time(), counts(gateway)
    for n in range(1000):
        device.register("why-%d" % n, lwm2m="9.9")
    assert time.time() - last < 4, "too slow a machine"
    seen = suppressed = 0
    while seen + suppressed < 1000:
        event = refused.line()
        suppressed += event.get("suppressed", 0)
        seen += event["event"] == "refused"
    expect(seen + suppressed, 1000)
    assert 100 <= seen <= 600 and suppressed > 0, (seen, suppressed)
    after = counts(gateway)
    expect((after["refused"] - told["refused"], after["refused_suppressed"] - told["refused_suppressed"]), (seen, suppressed))
    # Who asks for nothing else costs the shards nothing; who leaves is told no more.
    for stream in (both, everything):
        stream.close()
    for _ in range(100):
        if counts(gateway)["connections"] == 2:
            break
        time.sleep(0.02)
    events = counts(gateway)["events"]
    device.register("unheard")
    device.register("why", lwm2m="9.9")
    while refused.line()["event"] != "refused":
        pass
    expect(counts(gateway)["events"], events)
    for stream in (refused, ours):
        stream.close()
    clear(gateway)


class Checker:
    """A table made of the stream, by the rule: each live registration once, then every change after it."""

    def __init__(self):
        self.table, self.rows, self.events, self.in_snapshot = None, 0, 0, False

    def take(self, event):
        kind = event["event"]
        if kind == "snapshot-begin":
            self.table, self.in_snapshot, self.rows = {}, True, 0
        elif kind == "snapshot-end":
            expect(event["registrations"], self.rows, "rows")
            self.in_snapshot = False
            return True
        elif kind == "registration":
            assert self.in_snapshot, event
            expect(event["endpoint"] in self.table, False, "a second row, or one after its event: %s" % event)
            self.table[event["endpoint"]] = bare(event)
            self.rows += 1
        else:
            assert kind in KINDS, event
            self.events += 1
            known = self.table.get(event["endpoint"])
            if kind != "expired":
                expect(known is not None, kind != "registered", "%s while %s" % (event, known))
            if kind in ("updated", "de-registered", "removed"):
                expect(event["location"], known["location"], kind)
            if kind in ("de-registered", "expired", "removed"):
                self.table.pop(event["endpoint"], None)
            else:
                self.table[event["endpoint"]] = bare(event)
        return False


def churn(gateway, stop, trouble, seed, totals):
    """Registrations that come, change, move and go."""
    chance, devices, locations = random.Random(seed), [Device() for _ in range(4)] + [Device(GATEWAY6)], {}
    try:
        while not stop.is_set():
            device, name = chance.choice(devices), "%d-%d" % (seed, chance.randrange(400))
            what = chance.random()
            if name not in locations or what < 0.15:
                answer = device.register(name, lt=chance.choice(("1", "2", "300", "300", "300")))
                expect(answer.code, "2.01", name)
                locations[name] = path(answer)
            elif what < 0.8:
                queries = [["lt=300"], ["lt=%d" % chance.randrange(200, 400)], ["sms=%d" % chance.randrange(3)], []]
                if device.update(locations[name], chance.choice(queries)).code == "4.04":
                    del locations[name]
            elif what < 0.95:
                device.deregister(locations.pop(name))
            else:
                control(gateway, command="remove", endpoint=name)
                del locations[name]
            totals[0] += 1
    except Exception as error:
        trouble.append(repr(error))


def run_churn(gateway, seeds, work):
    """Calls work() while things happen; returns how many did."""
    stop, trouble, totals = threading.Event(), [], [0]
    threads = [threading.Thread(target=churn, args=(gateway, stop, trouble, seed, totals)) for seed in seeds]
    for thread in threads:
        thread.start()
    try:
        work()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    expect(trouble, [], "churn")
    return totals[0]


def gateway_table(gateway):
    names, cursor = [], "0"
    while cursor is not None:
        page = control(gateway, command="list", cursor=cursor)
        names, cursor = names + page["endpoints"], page["next"]
    return {name: show(gateway, name) for name in names}


def test_snapshots_under_load(gateway):
    device = Device()
    for n in range(1500):
        expect(device.register("base-%d" % n, lt="600").code, "2.01")
    checker, snapshots, began = Checker(), [0], time.monotonic()

    def work():
        stream = subscribe(gateway, "snapshot")
        while snapshots[0] < 25 or time.monotonic() < began + 3:
            event = stream.line()
            if event["event"] == "subscribed":
                continue
            if checker.take(event):
                snapshots[0] += 1
                assert checker.rows >= 1500, checker.rows
                if snapshots[0] % 5:  # else it follows for a while
                    stream.send({"from": "snapshot"})
                    while stream.line()["event"] != "subscribed":
                        pass
                else:
                    for _ in range(300):
                        checker.take(stream.line())
                    stream.send({"from": "snapshot"})
                    while stream.line()["event"] != "subscribed":
                        pass
        stream.close()

    operations = run_churn(gateway, (1, 2), work)
    print("# %d snapshots of at least 1500 registrations during %d operations, %d events among them"
          % (snapshots[0], operations, checker.events))
    # And what one ends with, when nothing happens any more, is what the gateway has.
    stream = subscribe(gateway, "snapshot")
    while not checker.take(stream.line()):
        pass
    time.sleep(3.5)  # what is brief has run out
    wanted = gateway_table(gateway)
    stream.socket.settimeout(0.5)
    try:
        while True:
            checker.take(stream.line())
    except socket.timeout:
        pass
    expect(checker.table.keys() ^ wanted.keys(), set(), "names")
    expect(checker.table, wanted)
    stream.close()
    clear(gateway)


def test_many_at_once(gateway):
    """Snapshots asked for together share walks, and all who follow are told the same."""
    device = Device()
    for n in range(200):
        device.register("many-%d" % n)
    walks = counts(gateway)["walks"]
    streams = [Lines(gateway.lab.events, {"from": "snapshot"}) for _ in range(SUBSCRIBERS)]
    for stream in streams:
        lines = [stream.line() for _ in range(203)]
        expect((lines[0]["event"], lines[1]["event"], lines[-1]), (
            "subscribed", "snapshot-begin", {"event": "snapshot-end", "registrations": 200}))
        expect(len({line["endpoint"] for line in lines[2:-1]}), 200)
    assert counts(gateway)["walks"] - walks < SUBSCRIBERS, counts(gateway)
    for n in range(200):
        device.register("many-%d" % n)
    wanted = [streams[0].line() for _ in range(200)]
    for stream in streams[1:]:
        expect([stream.line() for _ in range(200)], wanted)
    for stream in streams:
        stream.close()
    clear(gateway)


def test_never_reads(gateway):
    """It loses what does not fit, and is told how much; the others, and the devices, notice nothing."""
    deaf, deaf_snapshot, reader = (subscribe(gateway, *how) for how in (("now",), ("snapshot",), ("now",)))
    device, sent = Device(), 0
    location = path(device.register("chatty", ",".join("</%d/0>" % n for n in range(1, 60)), lt="300"))
    slowest = 0.0
    while counts(gateway)["lost_subscribers"] < 2000:
        for _ in range(500):
            began = time.monotonic()
            expect(device.update(location).code, "2.04")
            slowest = max(slowest, time.monotonic() - began)
            sent += 1
            expect(reader.line()["event"] in ("registered", "updated"), True)
        assert sent < 30000, "nothing is lost"
    expect(reader.line()["event"], "updated")
    total, told, gaps = 0, 0, []
    deaf.socket.settimeout(1)
    try:
        while True:
            event = deaf.line()
            if event["event"] == "gap":
                gaps.append(event["lost"])
            else:
                total += 1
    except socket.timeout:
        pass
    expect((total + sum(gaps), len(gaps)), (sent + 1, 1), "lines and lost ones")
    print("# %d events, %d of them lost to one that did not read; slowest answer %.1f ms" % (sent, sum(gaps), slowest * 1e3))
    device.update(location)
    expect((deaf.line()["event"], reader.line()["event"]), ("updated", "updated"), "as before")
    for stream in (deaf, deaf_snapshot, reader):
        stream.close()
    clear(gateway)


def test_slow_snapshot(gateway):
    """One that takes its snapshot slowly loses none of it; one that does not take it holds up nobody."""
    device, links = Device(), ",".join("</%d/0>" % n for n in range(1, 100))
    for n in range(4000):
        expect(device.register("large-%d" % n, links, lt="600").code, "2.01")
    dead = subscribe(gateway, "snapshot")
    slow = subscribe(gateway, "snapshot")
    names, ended = set(), False
    while not ended:
        for _ in range(200):
            event = slow.line()
            if "endpoint" in event:
                names.add(event["endpoint"])
            expect(event["event"] in ("snapshot-begin", "registration", "snapshot-end"), True, event)
            if event["event"] == "snapshot-end":
                expect(event["registrations"], 4000)
                ended = True
                break
        time.sleep(0.02)
    expect(len(names), 4000)
    # The dead one was left behind; when it wakes it learns so, and may begin anew.
    last = None
    while last is None or last["event"] not in ("gap", "snapshot-end"):
        last = dead.line()
    expect(last["event"], "gap")
    dead.send({"from": "snapshot", "prefix": "large-1"})
    while dead.line()["event"] != "snapshot-begin":
        pass
    rows = 0
    while dead.line()["event"] == "registration":
        rows += 1
    expect(rows, 1111)
    slow.close()
    dead.close()
    clear(gateway)


def test_bad_requests(gateway):
    before, device, stream = counts(gateway), Device(), Lines(gateway.lab.events)
    bad = [b"\n", b"x\n", b"{}\n", b"[]\n", b"null\n", b"{\n", b'{"from":1}\n', b'{"from":"then"}\n', b'{"from":"now","x":1}\n',
           b'{"from":"now","events":"updated"}\n', b'{"from":"now","events":["gap"]}\n', b'{"from":"now","events":[1]}\n',
           b'{"from":"now","events":{}}\n', b'{"from":"now","prefix":1}\n', b'{"from":"now","prefix":"\\u0000"}\n',
           b'{"from":"now","from":"now"}\n', b'\xff\xfe\n', b"\0\n", b'{"from":"now","prefix":"' + b"x" * 253 + b'"}\n',
           b"[" * 4000 + b"\n", b"9" * 4000 + b"\n", b'{"from":"now"} {}\n']
    for line in bad:
        said = stream.ask(line)
        assert list(said) == ["error"] and said["error"], (line, said)
    expect(counts(gateway)["errors"] - before["errors"], len(bad))
    # In pieces, and several at once; what was wrong before does not matter.
    for octet in b'{"from":"now"}\n{"from":"then"}\n{"from":':
        stream.send(bytes([octet]))
    expect((stream.line()["event"], list(stream.line())), ("subscribed", ["error"]))
    expect(device.register("after").code, "2.01")
    expect(stream.line()["endpoint"], "after")
    # Gone inside a line; and with nothing more to say, but still there to listen.
    stream.close()
    half = subscribe(gateway)
    half.socket.shutdown(socket.SHUT_WR)
    device.register("after")
    expect(half.line()["event"], "replaced")
    half.close()
    # A megabyte without an end of line: told so, and sent away.
    for size in (4096, 1 << 20):
        endless = Lines(gateway.lab.events)
        try:
            endless.send(b"x" * size)
        except (BrokenPipeError, ConnectionResetError):
            pass
        expect((endless.line(), endless.line()), ({"error": "a line is longer than 4095 octets"}, None))
    # Just not longer.
    stream = Lines(gateway.lab.events)
    expect(stream.ask(b'{"from":"now"}' + b" " * (4095 - 14) + b"\n")["event"], "subscribed")
    stream.close()
    expect(device.register("after").code, "2.01")
    clear(gateway)


def test_a_thousand_connections(gateway):
    before, device = counts(gateway), Device()
    stream = subscribe(gateway)
    others = []
    for n in range(1000):
        client = Lines(gateway.lab.events)
        others.append(client)
        if n % 100 == 0:
            expect(device.register("meanwhile").code, "2.01")
            expect(stream.line()["endpoint"], "meanwhile")
    for client in others[SUBSCRIBERS - 1:]:
        expect((client.line(), client.line()), ({"error": "too many connections"}, None))
    now = counts(gateway)
    expect(now["turned_away"] - before["turned_away"], 1000 - (SUBSCRIBERS - 1))
    expect(now["connections"], SUBSCRIBERS)
    for client in others:
        client.close()
    device.register("after")
    expect(stream.line()["endpoint"], "after")
    stream.close()
    clear(gateway)


def test_commotion(gateway):
    """Clients of every kind at once, coming and going, while one follows: it misses nothing."""
    stop, trouble = threading.Event(), []

    def nuisance(seed):
        chance = random.Random(seed)
        while not stop.is_set():
            try:
                client = Lines(gateway.lab.events)
                client.send(chance.choice((b'{"from":"snapshot"}\n', b'{"from":"now"}\n', b"x" * 5000, b'{"from"', b"\n" * 100,
                                           b'{"from":"snapshot"}\n' * 100, b"\xff\n")))
                if chance.random() < 0.5:
                    time.sleep(chance.random() / 50)
                client.close()
            except (BrokenPipeError, ConnectionResetError):
                pass
            except Exception as error:
                trouble.append(repr(error))
                return

    checker, stream = Checker(), subscribe(gateway, "snapshot")
    threads = [threading.Thread(target=nuisance, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()

    def work():
        end = time.monotonic() + 4
        while time.monotonic() < end:
            checker.take(stream.line())

    operations = run_churn(gateway, (3,), work)
    stop.set()
    for thread in threads:
        thread.join()
    expect(trouble, [])
    print("# %d operations, %d connections" % (operations, counts(gateway)["accepted"]))
    stream.close()
    clear(gateway)


main(start)
