#!/usr/bin/python3
"""Requests to devices, and a gateway that stops, dies, and comes back with its registrations."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from managed import *  # noqa: E402,F403


def start(lab):
    dtls_lab.provision(lab, "psk")
    return lab


def serve(lab):
    state = 'state = { directory = "%s/state"; restart_grace_s = 5; };' % lab.dir
    return lab.gateway(shards=2, extra=state + dtls_lab.group(lab) + sockets(lab))


def test_what_callers_see(lab):
    """All that is under way or waits ends, and is told where there is time for it; then the socket is gone."""
    for end in ("stop", "kill"):
        gateway = serve(lab)
        device, caller = Scripted(Device(), "waiting"), Caller(gateway)
        ids = [caller.give("waiting", "GET", "/3/0/%d" % n) for n in range(5)]
        assert device.hear() is not None
        for id in ids[1:]:
            expect(caller.next(id)["state"], "queued")
        if end == "stop":
            expect(gateway.stop(), 0)
        else:
            gateway.kill()
        lines = []
        while (line := caller.line()) is not None:
            lines.append(line)
        if end == "stop":
            ended = {line["id"]: line["state"] for line in lines if line.get("state") in OVER}
            expect(set(ended), set(ids), lines)
            assert set(ended.values()) <= {"gone", "refused", "timeout"}, ended
        expect(os.path.exists(lab.requests), end == "kill")
        while device.hear(0.1) is not None:
            pass
        gateway = serve(lab)
        expect(device.hear(3), None, "orders do not outlive the process")
        caller = Caller(gateway)
        id = caller.give("waiting", "GET", "/3/0/0")
        device.answer(device.hear(), payload="back")
        expect(caller.result(id)["payload"], b"back", "the registration does")
        caller.close()
        expect(gateway.stop(), 0)


def test_observations(lab):
    """The device hears a Reset at its first notification, and forgets; asked again, it observes again."""
    for secure in (False, True):
        gateway = serve(lab)
        name = "psk" if secure else "clear"
        with Libcoap(name, secure=secure) as device:
            caller = Caller(gateway)
            expect(caller.get(name, "GET", "/3/0/9", observe=True)["state"], "answered")
            device.says("read /3/0/9")
            gateway.kill()
            gateway = serve(lab)
            caller = Caller(gateway)
            events = Events(gateway, "notified")
            device.tell("set /3/0/9 50")
            device.says("read /3/0/9")
            device.says("failed 2")  # by a Reset
            device.tell("set /3/0/9 49")
            expect(device.line(1), None, "it notifies no more")
            got = caller.get(name, "GET", "/3/0/9", observe=True)
            expect((got["state"], got["payload"]), ("answered", b"49"), name)
            device.says("read /3/0/9")
            device.tell("set /3/0/9 48")
            expect(base64.b64decode(events.line()["payload"]), b"48")
            device.tell("deregister")
            device.says("de-registered 2.02")
        expect(gateway.stop(), 0)


main(start)
