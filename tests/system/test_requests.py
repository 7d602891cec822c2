#!/usr/bin/python3
"""Requests to devices: every operation on a device that others' CoAP drives, in clear text and by DTLS; the trigger,
queue mode, observations, and where a request goes."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from managed import *  # noqa: E402,F403

BODY = bytes((n ^ n >> 8) & 255 for n in range(5000))
AWAKE_S = 2
CLIENTS = 15
SLEEPERS = 20  # of a fleet that may wait: half of the part of what may be outstanding that updates are sure of


def start(lab):
    dtls_lab.provision(lab, "psk", "other")
    gateway = lab.gateway(shards=2, extra=dtls_lab.group(lab) + sockets(
        lab, awake_s=AWAKE_S, clients=CLIENTS, outstanding=4 * (CLIENTS + 1) * SLEEPERS))
    return gateway


# A device in clear text, and one by DTLS whose objects lie under an alternate path.
KINDS = {"clear": {}, "psk": {"secure": True, "options": ("--root", "lwm2m")}}


def devices(*names):
    for name in names or KINDS:
        kind = dict(KINDS[name])
        options = kind.pop("options", ())
        with Libcoap(name, *options, **kind) as device:
            yield name, device
            device.tell("deregister")
            device.says("de-registered")


def expect_answer(got, code, payload=b"", state="answered", what=""):
    expect((got["state"], got.get("code"), got.get("payload")), (state, code, payload), what or got)


def test_operations(gateway):
    caller = Caller(gateway)
    for name, device in devices():
        got = caller.get(name, "GET", "/3/0/0")
        expect_answer(got, "2.05", b"rdline's tests")
        assert 0 <= got["rtt_ms"] < 5000, got
        expect(set(got) >= {"id", "state", "code", "payload", "rtt_ms"}, True, got)
        got = caller.get(name, "GET", "/3/0", accept=LINKS)
        root = "/lwm2m" if name == "psk" else ""
        wanted = ",".join("<%s/%s>" % (root, p) for p in ("3/0", "3/0/0", "3/0/1", "3/0/4", "3/0/9", "3/0/14"))
        expect_answer(got, "2.05", wanted.encode())
        expect(got["content_format"], LINKS)
        expect_answer(caller.get(name, "PUT", "/3/0/14", "+02:00", content_format=TEXT), "2.04")
        expect_answer(caller.get(name, "GET", "/3/0/14", accept=TEXT), "2.05", b"+02:00")
        expect_answer(caller.get(name, "POST", "/3/0/4", "5"), "2.04")
        device.says("executed /3/0/4 5")
        expect_answer(caller.get(name, "POST", "/33000", "made"), "2.01")
        expect_answer(caller.get(name, "GET", "/33000/1/0"), "2.05", b"made")
        expect_answer(caller.get(name, "DELETE", "/33000/1"), "2.02")
        expect(caller.get(name, "GET", "/33000/1/0")["code"], "4.04")
        expect(caller.get(name, "GET", "/3/0/0", accept=LINKS + 1)["code"], "4.06")
        for method in ("FETCH", "iPATCH"):
            expect(caller.get(name, method, "/3/0/0", '[{"n":"/3/0/0"}]', content_format=110)["code"], "4.05")
    caller.close()


def test_blocks(gateway):
    """As many octets as are allowed, and one more than that."""
    caller = Caller(gateway)
    for name, device in devices():
        expect_answer(caller.get(name, "PUT", "/5/0/0", BODY, content_format=OPAQUE), "2.04")
        device.says("written /5/0/0 %d" % len(BODY))
        got = caller.get(name, "GET", "/5/0/0")
        expect_answer(got, "2.05", BODY)
        expect(got["content_format"], OPAQUE)
        for octets in (1, 1023, 1024, 1025, 2048, 8192):
            device.tell("fill /5/0/0 %d" % octets)
            got = caller.get(name, "GET", "/5/0/0")
            expect((got["code"], len(got["payload"])), ("2.05", octets))
            got = caller.get(name, "PUT", "/5/0/0", got["payload"], content_format=OPAQUE)
            expect_answer(got, "2.04", what=octets)
            device.says("written /5/0/0 %d" % octets)
        device.tell("fill /5/0/0 8193")
        got = caller.get(name, "GET", "/5/0/0")
        expect((got["state"], got.get("payload")), ("answered", b""), {k: got[k] for k in got if k != "payload"})
        assert "max_payload" in got["reason"] or "max_payload" in json.dumps(got), got
        expect(caller.get(name, "PUT", "/5/0/0", bytes(8193))["state"], "refused")
    caller.close()


def test_separate(gateway):
    caller = Caller(gateway)
    for name, device in devices():
        device.tell("delay /3/0/0 500")
        id = caller.give(name, "GET", "/3/0/0")
        caller.until(id, "acknowledged")
        expect_answer(caller.result(id), "2.05", b"rdline's tests")
        device.tell("delay /3/0/0 -1")
        id = caller.give(name, "GET", "/3/0/0", timeout_s=1)
        caller.until(id, "acknowledged")
        expect(caller.result(id)["state"], "timeout")
        expect_answer(caller.get(name, "GET", "/3/0/1"), "2.05", b"device", what="the next one has its turn")
    caller.close()


def test_turns(gateway):
    """One at a time, in their order; no more wait than may."""
    caller = Caller(gateway)
    for name, device in devices():
        device.tell("delay /3/0/0 300")
        first = caller.give(name, "GET", "/3/0/0")
        others = [caller.give(name, "PUT", "/3/0/14", str(n)) for n in range(16)]
        caller.until(others[0], "queued")
        expect(caller.get(name, "GET", "/3/0/1")["state"], "refused", "one too many")
        expect(caller.result(first)["code"], "2.05")
        expect([caller.result(id)["code"] for id in others], ["2.04"] * 16)
        expect_answer(caller.get(name, "GET", "/3/0/14"), "2.05", b"15")
    caller.close()


def test_trigger(gateway):
    for name, device in devices():
        updated = gateway.ask("/rdline/stats")["updated"]
        ctl(gateway, "update", name)
        device.says("executed /1/0/8")
        device.says("updated 2.04")
        expect(gateway.ask("/rdline/stats")["updated"], updated + 1)
    ctl(gateway, "update", "nobody", code=1)
    with Libcoap("listless", "--objects", "</1>,</3/0>") as device:
        ctl(gateway, "update", "listless", code=1)
        device.tell("deregister")
        device.says("de-registered")


def test_trigger_of_another_instance(gateway):
    device = Scripted(Device(), "seventh", objects="</3/0>,</1/7>")
    process = subprocess.Popen([CTL, "-s", gateway.lab.control, "update", "seventh"])
    request = device.hear()
    expect((request.method, request.path, request.payload), (POST, "/1/7/8", b""))
    device.answer(request, 0x44)
    expect(process.wait(20), 0)
    process = subprocess.Popen([CTL, "-s", gateway.lab.control, "update", "seventh"], stderr=subprocess.PIPE)
    device.answer(device.hear(), 0x85)
    expect((process.wait(20), b"4.05" in process.stderr.read()), (1, True), "refused by the device")


def test_triggers_spread(gateway):
    """A fleet, over some time, each once; no storm."""
    fleet = [Scripted(Device(), "fleet-%02d" % n) for n in range(30)]
    other = Scripted(Device(), "flee")
    began = time.monotonic()
    said = subprocess.Popen([CTL, "-s", gateway.lab.control, "update", "--prefix", "fleet-", "--over", "3"], stdout=subprocess.PIPE)
    times = []
    waiting = {device.device.socket: device for device in fleet}
    while waiting and time.monotonic() < began + 20:
        for ready in select.select(list(waiting), [], [], 1)[0]:
            device = waiting.pop(ready)
            request = device.hear()
            expect(request.path, "/1/0/8")
            device.answer(request, 0x44)
            times.append(time.monotonic() - began)
    expect(len(times), 30)
    assert 1.5 < max(times) < 6, times
    half = sum(t < max(times) / 2 for t in times)
    assert 5 <= half <= 25, times
    expect((said.wait(20), other.hear(0.2)), (0, None), said.stdout.read())
    expect([device.hear(0.01) for device in fleet], [None] * 30)


def test_queue_mode(gateway):
    caller = Caller(gateway)
    with Libcoap("sleeper", "--query", "Q") as device:
        expect(caller.get("sleeper", "GET", "/3/0/1")["code"], "2.05", "awake")
        device.says("read /3/0/1")
        time.sleep(AWAKE_S + 0.5)
        device.tell("sleep")
        first, second = (caller.give("sleeper", "GET", p) for p in ("/3/0/0", "/3/0/1"))
        expect(caller.next(first)["state"], "queued")
        brief = caller.give("sleeper", "GET", "/3/0/9", expires_in_s=1)
        expect(caller.result(brief)["state"], "timeout")
        told = ctl(gateway, "update", "sleeper")
        assert "wait" in told or "sleep" in told, told
        device.tell("wake")
        expect(device.line(1), None, "nothing was sent to it")
        device.tell("update")
        began = time.monotonic()
        device.says("updated 2.04")
        expect((caller.result(first)["payload"], caller.result(second)["payload"]), (b"rdline's tests", b"device"))
        assert time.monotonic() - began < 1.5, "right after the answer"
        device.says("executed /1/0/8")
        device.says("updated 2.04")
        device.tell("deregister")
        device.says("de-registered")
    caller.close()


def test_observe(gateway):
    caller, events = Caller(gateway), Events(gateway, "notified")
    for name, device in devices():
        for path, first, second in (("/3303/0/5700", "20.5", "21"), ("/3/0/9", "100", "99")):
            id = caller.give(name, "GET", path, observe=True)
            expect_answer(caller.result(id), "2.05", first.encode())
            sequences = []
            for value in (second, "7", "8"):
                device.tell("set %s %s" % (path, value))
                event = events.line()
                expect((event["event"], event["endpoint"], event["id"], base64.b64decode(event["payload"])),
                       ("notified", name, id, value.encode()))
                sequences.append(event["sequence"])
            expect(sequences, sorted(set(sequences)))
            expect(caller.get(name, "GET", path, observe=False)["code"], "2.05", "cancelled")
            device.tell("set %s 9" % path)
            expect(caller.get(name, "GET", path)["payload"], b"9")
        id = caller.give(name, "GET", "/3/0/9", observe=True)
        expect(caller.result(id)["state"], "answered")
        device.tell("register")
        device.says("registered 2.01")
        expect(caller.next(id)["state"], "gone", "by another Register")
    caller.close()
    events.close()


def test_send(gateway):
    for name, device in devices():
        device.tell("send []")
        device.says("sent 4.04")
        events = Events(gateway, "sent")
        device.tell('send [{"n":"/3/0/9","v":3}]')
        if name == "clear":
            device.says("sent 4.04")
        else:
            device.says("sent 2.04")
            event = events.line()
            expect((event["event"], event["endpoint"], event["content_format"], base64.b64decode(event["payload"])),
                   ("sent", name, 110, b'[{"n":"/3/0/9","v":3}]'))
        events.close()
        until(lambda: gateway.ask("/rdline/events")["connections"] == 0, "still connected")


def test_where_it_goes(gateway):
    """To where the registration is now, from the address and the port that it registered at."""
    caller = Caller(gateway)
    for name, device in devices():
        device.tell("move")
        device.tell("update")
        device.says("updated 2.04")
        expect(caller.get(name, "GET", "/3/0/1")["code"], "2.05")
    for address in (GATEWAY4, GATEWAY6):
        device = Scripted(Device(address), "way")
        id = caller.give("way", "GET", "/3/0/0")
        device.answer(device.hear(), payload="x")  # of a connected socket: from the gateway's address and port
        expect(caller.result(id)["payload"], b"x")
    caller.close()


def test_never_in_clear_text(gateway):
    """Not even to a device whose session is over."""
    client = dtls_lab.device("other")
    device, caller = Scripted(client, "other"), Caller(gateway)
    id = caller.give("other", "GET", "/3/0/0")
    device.answer(device.hear(), payload="y")
    expect(caller.result(id)["payload"], b"y")
    client.close()
    time.sleep(0.2)
    got = caller.get("other", "GET", "/3/0/0")
    expect(got["state"] in ("refused", "gone", "timeout"), True, got)
    expect(dtls_lab.heard(client, 0.5), None, "silence")
    caller.close()


def test_ends(gateway):
    """What a De-register, a removal, expiry and another Register leave of what was asked."""
    caller = Caller(gateway)
    for end in ("deregister", "remove", "expire", "register"):
        device = Scripted(Device(), "ending", lt="2" if end == "expire" else "60")
        under_way = caller.give("ending", "GET", "/3/0/0")
        waits = caller.give("ending", "GET", "/3/0/1")
        expect(device.hear().path, "/3/0/0")
        if end == "deregister":
            device.device.deregister(device.location)
        elif end == "remove":
            Lines(gateway.lab.control).ask({"command": "remove", "endpoint": "ending"})
        elif end == "register":
            answer = device.device.register("ending")
            expect(answer.code, "2.01")
        expect(caller.result(under_way)["state"], "gone", end)
        if end == "register":
            request = device.hear()
            while request.path != "/3/0/1":  # a copy of the first may have been on its way
                request = device.hear()
            device.answer(request, payload="after")
            expect_answer(caller.result(waits), "2.05", b"after")
            device.device.deregister([s.decode() for s in answer.location])
        else:
            expect(caller.result(waits)["state"], "gone", end)
        expect(caller.get("ending", "GET", "/3/0/0")["state"], "refused", "nobody is there")
    caller.close()


def test_fleet_that_sleeps(gateway):
    """Those that are awake are asked though more sleep than may wait; a fleet's sleepers that were passed by are counted."""
    asleep = [Scripted(Device(), "mixed-asleep-%d" % n, extra=[b"b=UQ"]) for n in range(SLEEPERS + 100)]
    time.sleep(AWAKE_S + 0.5)
    awake = [Scripted(Device(), "mixed-awake-%d" % n) for n in range(20)]
    control = Lines(gateway.lab.control, {"command": "update", "prefix": "mixed-", "over": 1})
    for device in awake:
        request = device.hear()
        expect(request.path, "/1/0/8")
        device.answer(request, code=0x44)
    progress = {}
    while progress.get("updated") != 20 or progress["given"] != len(asleep) + 20:
        line = control.line()
        assert "progress" in line, line
        progress = line["progress"]
    expect((progress["asleep"], progress["failed"]), (len(asleep), 0), progress)
    waiting = gateway.ask("/rdline/requests")["waiting"]
    assert SLEEPERS - 2 <= waiting <= SLEEPERS, waiting
    # Whoever waited is asked behind the Update that woke it up; whoever was passed by has sent that.
    asked = 0
    for device in asleep:
        device.update()
        request = device.hear(0.05)
        if request is not None:
            device.answer(request, code=0x44)
            asked += 1
    expect(asked, waiting)
    control.close()
    for device in asleep + awake:
        device.device.deregister(device.location)


main(start)
