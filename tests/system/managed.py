"""Who asks devices for something through a gateway; and devices: one on libcoap in a process of its own, and one of
which a test says every octet."""
import base64
import itertools
import os
import select
import subprocess
import time

import dtls_lab
from lab import *  # noqa: F401,F403

PROGRAM = os.path.join(ROOT, "build/test/device")
CTL = os.path.join(os.path.dirname(BINARY), "rdline-ctl")
OVER = ("answered", "timeout", "reset", "gone", "refused")
OBSERVE, BLOCK2, BLOCK1, ACCEPT, ETAG, SIZE2, SIZE1 = 6, 23, 27, 17, 4, 28, 60
TEXT, LINKS, OPAQUE = 0, 40, 42


def sockets(lab, **keys):
    """The groups of a configuration with all of a lab's sockets; keyword arguments are keys of `requests`."""
    lab.control, lab.events, lab.requests = [lab.dir + "/%s.sock" % s for s in ("control", "events", "requests")]
    more = " ".join("%s = %s;" % item for item in keys.items())
    return """control = { socket = "%s"; }; events = { socket = "%s"; };
        requests = { socket = "%s"; %s };""" % (lab.control, lab.events, lab.requests, more)


def ctl(gateway, *arguments, code=0):
    """What rdline-ctl says, on the socket that its command is for."""
    where = ["-s", gateway.lab.control] if arguments[0] == "update" else ["-r", gateway.lab.requests]
    done = subprocess.run([CTL, *where, *arguments], capture_output=True, timeout=60)
    expect(done.returncode, code, "%s: %s %s" % (arguments, done.stdout, done.stderr))
    return (done.stdout if code == 0 else done.stderr).decode(errors="replace")


class Caller(Lines):
    """A client of the request socket."""
    ids = itertools.count(1)

    def __init__(self, gateway, wait=30):
        super().__init__(gateway.lab.requests, wait=wait)
        self.told = {}

    def give(self, endpoint, method, path, payload=None, **more):
        """Sends a request; its id."""
        request = {"id": more.pop("id", "r%d" % next(self.ids)), "endpoint": endpoint, "method": method, "path": path, **more}
        if payload is not None:
            octets = payload.encode() if isinstance(payload, str) else payload
            request["payload"] = base64.b64encode(octets).decode()
        self.send(request)
        return request["id"]

    def next(self, id):
        """The next line about a request, while those about others are kept."""
        while not self.told.get(id):
            line = self.line()
            assert line is not None, "the gateway hung up"
            self.told.setdefault(line.get("id"), []).append(line)
        return self.told[id].pop(0)

    def until(self, id, *states):
        """The first line about a request that has one of these states."""
        seen = []
        while True:
            line = self.next(id)
            if line["state"] in states:
                return line
            seen.append(line)
            assert line["state"] not in OVER, seen

    def result(self, id):
        """How it ended, its payload as octets."""
        line = self.until(id, *OVER)
        line["payload"] = base64.b64decode(line.get("payload") or "")
        return line

    def get(self, *arguments, **more):
        return self.result(self.give(*arguments, **more))


class Events(Lines):
    """A subscriber to some events."""

    def __init__(self, gateway, *kinds, **more):
        super().__init__(gateway.lab.events, {"from": "now", "events": list(kinds), **more})
        expect(self.line()["event"], "subscribed")


class Libcoap:
    """The program `device`: lines tell it what to do, and it says what happens to it."""

    def __init__(self, endpoint, *options, to=GATEWAY4, secure=False, register=True):
        command = [PROGRAM, "--to", to, "--endpoint", endpoint, *options]
        if secure:
            command += ["--identity", endpoint, "--key", dtls_lab.KEY.decode()]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.rest = b""
        if register:
            self.tell("register")
            self.location = self.says("registered 2.01").split()[-1]

    def tell(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def line(self, wait=20):
        """The next line that it says; None when it says none in time."""
        end = time.monotonic() + wait
        while b"\n" not in self.rest:
            ready, _, _ = select.select([self.process.stdout], [], [], max(end - time.monotonic(), 0))
            octets = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not octets:
                return None
            self.rest += octets
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode()

    def says(self, beginning, wait=20):
        """Waits for a line that begins so; what was said before it is forgotten."""
        end, seen = time.monotonic() + wait, []
        while time.monotonic() < end:
            line = self.line(end - time.monotonic())
            if line is None:
                break
            if line.startswith(beginning):
                return line
            seen.append(line)
        raise AssertionError("it says %r, not %r" % (seen, beginning))

    def stop(self):
        self.process.kill()
        self.process.communicate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Request(Answer):
    """One that came to a device."""

    @property
    def method(self):
        return self.octets[1]

    def values(self, number):
        return [value for n, value in self.options if n == number]

    def value(self, number):
        """Of an option that holds a number; None where there is none."""
        values = self.values(number)
        return int.from_bytes(values[0], "big") if values else None

    @property
    def path(self):
        return "/" + "/".join(segment.decode() for segment in self.values(URI_PATH))


class Scripted:
    """Of a Device, or of a DtlsClient: what its registration's server sends it, and any answer to that."""

    def __init__(self, device, endpoint, **more):
        self.device, self.endpoint = device, endpoint
        answer = device.register(endpoint, **more)
        expect(answer.code, "2.01", endpoint)
        self.location = [segment.decode() for segment in answer.location]

    def hear(self, wait=5):
        """The next message; None for silence."""
        if hasattr(self.device, "receive"):
            octets = self.device.receive(wait)
        else:
            octets = dtls_lab.heard(self.device, wait)
        return Request(octets) if octets else None

    def send(self, octets):
        (self.device if hasattr(self.device, "receive") else self.device.socket).send(octets)

    def say(self, code, mid, options=(), payload=b"", type=ACK, token=b""):
        self.send(message(code, mid, options, payload.encode() if isinstance(payload, str) else payload, type=type, token=token))

    def answer(self, request, code=0x45, payload=b"", options=(), **more):
        """A piggybacked one, unless keyword arguments say otherwise."""
        more.setdefault("mid", request.mid)
        more.setdefault("token", request.token)
        mid = more.pop("mid")
        self.say(code, mid, options, payload, **more)

    def separate(self, request, code=0x45, payload=b"", options=(), type=CON):
        """An answer with a Message ID of its own, which is returned."""
        mid = Device.mid()
        self.answer(request, code, payload, options, type=type, mid=mid)
        return mid

    def acknowledge(self, request):
        self.say(0, request.mid)

    def update(self, *queries):
        answer = self.device.update(self.location, queries)
        expect(answer.code, "2.04", "Update of " + self.endpoint)
