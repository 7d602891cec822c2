#!/usr/bin/python3
"""What people ask of devices, by rdline-ctl: every operation, on a device that others' CoAP drives."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from managed import *  # noqa: E402,F403


CTL = os.path.join(os.path.dirname(BINARY), "rdline-ctl")


def start(lab):
    lab.paths = {name: "%s/%s.sock" % (lab.dir, name) for name in ("control", "events", "requests")}
    groups = " ".join('%s = { socket = "%s"; };' % pair for pair in lab.paths.items())
    return lab.gateway(extra=groups)


def command(gateway, *arguments):
    paths = gateway.lab.paths
    return [CTL, "-s", paths["control"], "-r", paths["requests"], "-e", paths["events"], *arguments]


def ctl(gateway, *arguments, code=0, input=b""):
    done = subprocess.run(command(gateway, *arguments), capture_output=True, timeout=60, input=input)
    expect(done.returncode, code, "%s: %s %s" % (arguments, done.stdout, done.stderr))
    return (done.stdout + done.stderr).decode()


def test_operations(gateway):
    with Libcoap("dev") as device:
        expect(ctl(gateway, "read", "dev", "/3/0/0"), "rdline's tests\n")
        expect(ctl(gateway, "discover", "dev", "/3/0"), "</3/0>,</3/0/0>,</3/0/1>,</3/0/4>,</3/0/9>,</3/0/14>\n")
        expect(ctl(gateway, "write", "dev", "/3/0/14", "+02:00"), "2.04\n")
        expect(ctl(gateway, "read", "dev", "/3/0/14"), "+02:00\n")
        expect(ctl(gateway, "write", "dev", "/3/0/14", "-", input=b"utc"), "2.04\n")
        expect(ctl(gateway, "read", "-a", "text", "dev", "/3/0/14"), "utc\n")
        expect(ctl(gateway, "write", "-f", "opaque", "dev", "/5/0/0", "00ff7f"), "2.04\n")
        expect(ctl(gateway, "read", "dev", "/5/0/0"), "00ff7f\n")
        expect(ctl(gateway, "execute", "dev", "/3/0/4", "5"), "2.04\n")
        device.says("executed /3/0/4 5")
        expect(ctl(gateway, "create", "-f", "text", "dev", "/33000", "made"), "2.01\n")
        expect(ctl(gateway, "read", "dev", "/33000/1/0"), "made\n")
        expect(ctl(gateway, "delete", "dev", "/33000/1"), "2.02\n")
        expect("4.04" in ctl(gateway, "read", "dev", "/33000/1/0", code=1), True)
        device.tell("deregister")
        device.says("de-registered")


def test_refused(gateway):
    expect(ctl(gateway, "read", "nobody", "/3/0/0", code=1),
           "rdline-ctl: refused: no such endpoint is registered\n")
    expect(ctl(gateway, "read", "nobody", "/0/0/1", code=1),
           "rdline-ctl: refused 4.01: the Security Object is nobody's to name\n")
    expect(ctl(gateway, "read", "nobody", "/3", "/0/0/1", code=1),
           "rdline-ctl: refused 4.01: the Security Object is nobody's to name\n")
    for arguments in (("read", "dev"), ("delete", "dev", "/3", "/4"), ("write", "dev", "/3"), ("read", "-q", "dev", "/3")):
        ctl(gateway, *arguments, code=2)
    ctl(gateway, "-r", gateway.lab.dir + "/nothing", "read", "dev", "/3", code=3)
    expect("hex" in ctl(gateway, "write", "-f", "tlv", "dev", "/3", "0g", code=1), True)


def test_json(gateway):
    with Libcoap("dev") as device:
        lines = [json.loads(line) for line in ctl(gateway, "-j", "read", "dev", "/3/0/0").splitlines()]
        expect((lines[-1]["state"], lines[-1]["code"]), ("answered", "2.05"))
        device.tell("deregister")
        device.says("de-registered")


def test_observe(gateway):
    with Libcoap("dev") as device:
        observer = subprocess.Popen(command(gateway, "observe", "dev", "/3303/0/5700"), stdout=subprocess.PIPE)
        expect(observer.stdout.readline(), b"20.5\n")
        for value in (b"21", b"22.5"):
            device.tell("set /3303/0/5700 " + value.decode())
            expect(observer.stdout.readline(), value + b"\n")
        # It ends where nobody wants to know any more.
        observer.send_signal(signal.SIGINT)
        expect((observer.wait(20), observer.stdout.read()), (0, b""))
        device.tell("set /3303/0/5700 23")
        expect(ctl(gateway, "cancel", "dev", "/3303/0/5700", code=1),
               "rdline-ctl: refused: nothing is observed there\n")
        # And with its registration.
        observer = subprocess.Popen(command(gateway, "observe", "dev", "/3303/0/5700"), stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE)
        expect(observer.stdout.readline(), b"23\n")
        device.tell("deregister")
        device.says("de-registered")
        out, err = observer.communicate(timeout=20)
        expect((observer.returncode, out, err), (1, b"", b"rdline-ctl: gone: the registration ended\n"))


def test_update(gateway):
    with Libcoap("dev") as device:
        expect(ctl(gateway, "update", "dev"), "updates\n")
        device.says("executed /1/0/8")
        device.says("updated 2.04")
        said = ctl(gateway, "update", "--all", "--over", "1").splitlines()[-1]
        device.says("executed /1/0/8")
        expect(ctl(gateway, "update", "--prefix", "x", "--over", "0").splitlines()[0],
               "1 of 1 registrations, 0 asked: 0 updated, 0 asleep, 0 failed")
        assert "1 asked" in said, said
        device.says("updated 2.04")
        device.tell("deregister")
        device.says("de-registered")
    expect(ctl(gateway, "update", "dev", code=1), "rdline-ctl: refused: no such endpoint is registered\n")
    for arguments in (("update",), ("update", "a", "b"), ("update", "--all", "x"), ("update", "--over", "x", "dev")):
        ctl(gateway, *arguments, code=2)


main(start)
