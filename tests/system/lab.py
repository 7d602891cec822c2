"""A lab per test program: namespaces, a gateway in one, the device's sockets in the other, and TAP on stdout."""
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("RDLINE", os.path.join(ROOT, "build/release/rdline"))
GATEWAY4, GATEWAY6 = "192.0.2.1", "2001:db8::1"
DEVICE4, DEVICE6 = "192.0.2.2", "2001:db8::2"
CLONE_NEWNET = 0x40000000


def config(instance, extra="", ports=None, lwm2m="", coap="", memory="registrations = 10000;", **top):
    """The text of a configuration for the lab; keyword arguments are top-level keys."""
    top.setdefault("idle_sleep_us", 50)
    ports = ports or '{ device = "net_af_packet0,iface=rdl0"; addresses = [ "%s/24", "%s/64" ]; }' % (GATEWAY4, GATEWAY6)
    lines = ['instance = "%s";' % instance]
    lines += ["%s = %s;" % item for item in top.items()]
    lines += ["memory = { hugepages = false; %s };" % memory, "ports = ( %s );" % ports]
    lines += ["coap = { %s };" % coap, "lwm2m = { %s };" % lwm2m, extra]
    return "\n".join(lines) + "\n"


def until(holds, otherwise, seconds=20):
    """Waits for what a machine under load may take its time with; `otherwise` says what did not happen."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("%s within %d s" % (otherwise, seconds))
        time.sleep(0.02)


def reload(gateway, text=None):
    """Has the file, or another text, read; the lines that the log has of it."""
    before = gateway.log()
    if text is not None:
        with open(gateway.path, "w") as f:
            f.write(text)
    gateway.process.send_signal(signal.SIGHUP)
    ends = r"^(info reload: done |error reload: ).*$"
    until(lambda: re.search(ends, gateway.log()[len(before):], re.M), "no reload:\n" + gateway.log())
    return gateway.log()[len(before):].splitlines()


class Skip(Exception):
    """Raised by a test that cannot run here; says why."""


class Lab:
    """Made for one test program; `down()` leaves nothing."""

    def __init__(self, name):
        self.name = "rt%d" % (os.getpid() % 100000)
        self.instance = self.name
        self.dir = tempfile.mkdtemp(prefix="rdline-%s-" % name)
        self.env = dict(os.environ, RDL_LAB=self.name)
        self.own_netns = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.gateways = []
        subprocess.run([ROOT + "/scripts/lab", "up"], env=self.env, check=True, timeout=60)
        self.enter("dev")

    def enter(self, side):
        """Moves this process, and the sockets it opens from now on, to one side of the lab."""
        fd = os.open("/var/run/netns/%s-%s" % (self.name, side), os.O_RDONLY)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(fd)

    def gateway(self, text=None, ready=True, under=(), **options):
        """Starts a gateway; `under` is a command to run it under."""
        gateway = Gateway(self, text or config(self.instance, **options), under)
        self.gateways.append(gateway)
        if ready:
            gateway.wait_ready()
        return gateway

    def down(self):
        for gateway in self.gateways:
            gateway.kill()
        ctypes.CDLL(None).setns(self.own_netns, CLONE_NEWNET)
        subprocess.run([ROOT + "/scripts/lab", "down"], env=self.env, check=True, timeout=60)
        shutil.rmtree(self.dir)
        shutil.rmtree("/var/run/dpdk/" + self.instance, ignore_errors=True)


class Gateway:
    def __init__(self, lab, text, under=()):
        self.lab = lab
        self.path = os.path.join(lab.dir, "gateway%d.conf" % len(lab.gateways))
        with open(self.path, "w") as f:
            f.write(text)
        self.log_path = self.path + ".log"
        self.log_file = open(self.log_path, "w")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", lab.name + "-gw", *under, BINARY, "-c", self.path],
            stdout=self.log_file, stderr=subprocess.STDOUT)
        self.telemetry_path = None

    def log(self):
        with open(self.log_path) as f:
            return f.read()

    def wait_ready(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in self.log().splitlines():
                if " ready " in line:
                    self.telemetry_path = line.split("telemetry=")[1].strip()
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError("gateway not ready:\n" + self.log())

    def stop(self, seconds=10):
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def failure(self, seconds=10):
        """The exit code of a gateway that does not start, and its log."""
        return self.process.wait(seconds), self.log()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log_file.close()

    def ask(self, command):
        """One telemetry command; its value."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.connect(self.telemetry_path)  # before there is a time limit: it would not wait for its turn
            s.settimeout(10)
            s.recv(1024)
            s.send(command.encode())
            answer = json.loads(s.recv(32768).decode())
        return answer[command.split(",")[0]]

    def registration(self, endpoint):
        return self.ask("/rdline/registration," + endpoint)


# ---- CoAP, as little as a device needs ----
CON, NON, ACK, RST = range(4)
GET, POST, PUT, DELETE = 1, 2, 3, 4
URI_PATH, CONTENT_FORMAT, URI_QUERY, LOCATION_PATH = 11, 12, 15, 8


def extended(n):
    if n < 13:
        return n, b""
    if n < 269:
        return 13, bytes([n - 13])
    return 14, (n - 269).to_bytes(2, "big")


def message(code, mid, options=(), payload=b"", type=CON, token=b"\xa1\xb2"):
    out = bytes([0x40 | type << 4 | len(token), code]) + mid.to_bytes(2, "big") + token
    last = 0
    for number, value in sorted(options, key=lambda o: o[0]):
        value = value.encode() if isinstance(value, str) else value
        delta, delta_more = extended(number - last)
        length, length_more = extended(len(value))
        out += bytes([delta << 4 | length]) + delta_more + length_more + value
        last = number
    return out + (b"\xff" + payload if payload else b"")


class Answer:
    def __init__(self, octets):
        self.octets = octets
        self.type = octets[0] >> 4 & 3
        self.code = "%d.%02d" % (octets[1] >> 5, octets[1] & 31)
        self.mid = int.from_bytes(octets[2:4], "big")
        tkl = octets[0] & 15
        self.token = octets[4:4 + tkl]
        self.options, self.payload = [], b""
        i, number = 4 + tkl, 0
        while i < len(octets):
            if octets[i] == 0xFF:
                self.payload = octets[i + 1:]
                break
            nibbles = [octets[i] >> 4, octets[i] & 15]
            i += 1
            for k in (0, 1):
                if nibbles[k] == 13:
                    nibbles[k] = octets[i] + 13
                    i += 1
                elif nibbles[k] == 14:
                    nibbles[k] = int.from_bytes(octets[i:i + 2], "big") + 269
                    i += 2
            number += nibbles[0]
            self.options.append((number, octets[i:i + nibbles[1]]))
            i += nibbles[1]

    @property
    def location(self):
        return [value for number, value in self.options if number == LOCATION_PATH]


class Device:
    """One UDP source in the device's namespace."""
    next_mid = int.from_bytes(os.urandom(2), "big")

    def __init__(self, address=GATEWAY4, port=5683):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.connect((address, port))

    @property
    def port(self):
        return self.socket.getsockname()[1]

    @staticmethod
    def mid():
        Device.next_mid = (Device.next_mid + 1) & 0xFFFF
        return Device.next_mid

    def raw(self, octets, wait=2.0):
        """Sends octets; the Answer, or None for silence."""
        self.socket.settimeout(wait)
        self.socket.send(octets)
        try:
            return Answer(self.socket.recv(65535))
        except socket.timeout:
            return None

    def insist(self, octets):
        """Sends a confirmable message as often as a device does (RFC 7252 section 4.2); its Answer, or None in the end."""
        for wait in (2, 4, 8, 16, 32):
            self.socket.send(octets)
            end = time.monotonic() + wait
            while True:
                self.socket.settimeout(max(0.001, end - time.monotonic()))
                try:
                    answer = Answer(self.socket.recv(65535))
                except socket.timeout:
                    break
                if answer.mid == int.from_bytes(octets[2:4], "big"):
                    return answer
        return None

    def request(self, code, path, queries=(), payload=b"", content_format=40, wait=2.0, options=(), **more):
        options = [(URI_PATH, segment) for segment in path] + [(URI_QUERY, q) for q in queries] + list(options)
        if payload and content_format is not None:
            options.append((CONTENT_FORMAT, bytes([content_format])))
        payload = payload.encode() if isinstance(payload, str) else payload
        return self.raw(message(code, self.mid(), options, payload, **more), wait)

    def register(self, endpoint, objects="</1/0>,</3/0>", lwm2m="1.0", lt="60", extra=(), **more):
        queries = [b"ep=" + (endpoint.encode() if isinstance(endpoint, str) else endpoint)]
        queries += ["%s=%s" % q for q in (("lwm2m", lwm2m), ("lt", lt)) if q[1] is not None]
        return self.request(POST, ["rd"], queries + list(extra), objects, **more)

    def update(self, location, queries=(), payload=b"", **more):
        return self.request(POST, location, queries, payload, **more)

    def deregister(self, location, **more):
        return self.request(DELETE, location, **more)


class Lines:
    """A client of one of the gateway's UNIX sockets: JSON, a line each way."""

    def __init__(self, path, request=None, wait=10):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(wait)
        self.rest = b""
        if request is not None:
            self.send(request)

    def send(self, request):
        """An object, or octets as they are."""
        self.socket.sendall(request if isinstance(request, bytes) else json.dumps(request).encode() + b"\n")

    def line(self):
        """The next line; None at the end."""
        while b"\n" not in self.rest:
            try:
                octets = self.socket.recv(1 << 16)
            except ConnectionResetError:
                octets = b""
            if not octets:
                return None
            self.rest += octets
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def ask(self, request):
        """The reply; asked again when the machine was too busy for one in time: nothing was done then."""
        for _ in range(20):
            self.send(request)
            reply = self.line()
            if reply != {"error": "the shard did not answer in time"}:
                break
        return reply

    def close(self):
        self.socket.close()


def expect(got, wanted, what=""):
    if got != wanted:
        raise AssertionError("%s: got %r, want %r" % (what, got, wanted))


def threads_of(pid):
    """Names of threads, and their numbers."""
    found = {}
    for task in os.listdir("/proc/%d/task" % pid):
        try:
            with open("/proc/%d/task/%s/comm" % (pid, task)) as f:
                found[f.read().strip()] = int(task)
        except OSError:
            pass
    return found


class Stopped:
    """One thread of a process, held by the kernel as a debugger does."""
    ATTACH, DETACH = 16, 17

    def __init__(self, tid):
        self.tid = tid
        self.libc = ctypes.CDLL(None, use_errno=True)
        if self.libc.ptrace(self.ATTACH, self.tid, None, None) != 0:
            raise Skip("no right to stop a thread")
        os.waitpid(self.tid, 0x40000000)  # __WALL

    def go_on(self):
        self.libc.ptrace(self.DETACH, self.tid, None, None)

    def ends(self, seconds):
        """With its process, which is not gone before whoever holds the thread has seen that."""
        until(lambda: os.waitpid(self.tid, 0x40000000 | os.WNOHANG)[0] == self.tid, "the thread does not end", seconds)


def main(setup=None, tests=None):
    """Runs the (name, function) pairs, by default every test_* function of the calling program, in order, as TAP.
    Each gets what `setup` returns."""
    program = sys.modules["__main__"]
    tests = tests or [(name, f) for name, f in vars(program).items() if name.startswith("test_")]
    print("1..%d" % len(tests))
    if setup is not None and os.geteuid() != 0:
        for number, (name, _) in enumerate(tests, 1):
            print("ok %d %s # SKIP making network namespaces needs root" % (number, name))
        return
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # a time-out leaves nothing either
    lab = Lab(os.path.basename(sys.argv[0])) if setup is not None else None
    failed = 0
    try:
        argument = setup(lab) if setup is not None else None
        for number, (name, test) in enumerate(tests, 1):
            before = len(lab.gateways) if argument is lab and lab is not None else 0
            try:
                test(argument) if setup is not None else test()
                print("ok %d %s" % (number, name), flush=True)
            except Skip as reason:
                print("ok %d %s # SKIP %s" % (number, name, reason), flush=True)
            except Exception:
                failed += 1
                print("not ok %d %s" % (number, name), flush=True)
                for line in traceback.format_exc().splitlines():
                    print("# " + line, flush=True)
                for gateway in lab.gateways[before:] if lab is not None else []:
                    print("# --- " + gateway.path)
                    for line in gateway.log().splitlines()[-30:]:
                        print("# " + line, flush=True)
                if argument is lab and lab is not None:  # tests with gateways of their own: the next ones start afresh
                    for gateway in lab.gateways:
                        gateway.kill()
    finally:
        if lab is not None:
            lab.down()
    sys.exit(1 if failed else 0)
