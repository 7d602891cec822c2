#!/usr/bin/python3
"""Requests to a fleet of devices: as many as a socket takes, and triggers to all of them while others update.
REQUESTS and FLEET in the environment make it more than a test."""
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from managed import *  # noqa: E402,F403

LOAD = os.path.join(ROOT, "build/test/load")
REQUESTS = int(os.environ.get("REQUESTS", 20000))
FLEET = int(os.environ.get("FLEET", 2000))
WINDOW = 512


def start(lab):
    subprocess.run(["ip", "route", "add", "local", "10.0.0.0/8", "dev", "dev0"], check=True, timeout=20)
    ports = '{ device = "net_af_packet0,iface=rdl0"; addresses = [ "%s/24" ]; gateway = [ "%s" ]; }' % (GATEWAY4, DEVICE4)
    gateway = lab.gateway(ports=ports, shards=int(os.environ.get("SHARDS", 1)), admission="{ updates = 0; }",
                             memory="registrations = %d;" % (FLEET * 5 // 4 + 20000),
                             extra=sockets(lab, buffer_kb=16384))
    return gateway


def load(phases, endpoints, source, seconds, *more):
    return subprocess.Popen([LOAD, "--json", "--to", GATEWAY4, "--from", source, "--endpoints", str(endpoints), "--phases", phases,
                             "--seconds", str(seconds), *more], stdout=subprocess.PIPE, text=True)


def result(process):
    """Of the next phase, once it is over."""
    return json.loads(process.stdout.readline())


def all_registered(process, wanted):
    """The devices' own word: those of a fleet before may have as many registrations."""
    registered = result(process)
    expect((registered["answered"], registered["lost"]), (wanted, 0))


def name(n):
    return "urn:imei:%d" % (490154000000000 + n)


class Others(threading.Thread):
    """Devices that update in turn, as fast as they are answered, until end()."""

    def __init__(self, count):
        super().__init__(daemon=True)
        self.device, self.going, self.answered, self.again, self.lost = Device(), True, 0, 0, 0
        self.locations = [[s.decode() for s in self.device.register("other-%d" % n).location]
                          for n in range(count)]
        self.start()

    def run(self):
        for location in itertools.cycle(self.locations):
            if not self.going:
                return
            octets = message(POST, Device.mid(), [(URI_PATH, s) for s in location])
            answer = None
            for attempt in range(5):
                self.device.socket.send(octets)
                answer = self.answer(2 << attempt)
                if answer is not None:
                    break
                self.again += 1
            self.lost += answer is None or answer.code != "2.04"
            self.answered += answer is not None

    def answer(self, wait):
        """What comes for an Update; a trigger, of which they are not spared, gets its answer."""
        while (octets := dtls_lab.heard(self.device, wait)) is not None:
            came = Answer(octets)
            if came.type == ACK:
                return came
            self.device.socket.send(message(0x44, came.mid, type=ACK, token=came.token))
        return None

    def end(self):
        self.going = False
        self.join()


def test_rate(gateway):
    """A window of requests on one connection, each answered; how many a second is for a figure."""
    devices = min(FLEET, 10000)
    seconds = 5 + REQUESTS // 4000
    fleet = load("register,serve", devices, "10.0.0.1", seconds)
    all_registered(fleet, devices)
    client = socket.socket(socket.AF_UNIX)
    client.connect(gateway.lab.requests)
    lines = [b'{"id":"%d","endpoint":"%s","method":"GET","path":"/3/0/0"}\n' % (n, name(n % devices).encode()) for n in range(REQUESTS)]
    answered, bad, rest, at = 0, [], b"", 0
    began = time.monotonic()
    window = min(WINDOW, devices)
    while answered + len(bad) < REQUESTS and time.monotonic() - began < seconds:
        if at < REQUESTS and at - answered - len(bad) <= window - 200:
            upto = min(answered + len(bad) + window, REQUESTS)
            client.sendall(b"".join(lines[at:upto]))
            at = upto
        octets = rest + client.recv(1 << 18)
        end = octets.rfind(b"\n") + 1
        octets, rest = octets[:end], octets[end:]
        answered += octets.count(b'"state":"answered"')
        for state in (b"timeout", b"reset", b"gone", b"refused"):
            bad += [state] * octets.count(b'"state":"%s"' % state)
        bad += [b"lost"] * octets.count(b'"lost"')
    took = time.monotonic() - began
    client.close()
    expect((answered, bad[:5]), (REQUESTS, []))
    print("# %d requests to %d devices in %.2f s: %.0f a second" % (REQUESTS, devices, took, REQUESTS / took))
    expect((result(fleet)["wrong"], fleet.wait(10)), (0, 0))
    stats = gateway.ask("/rdline/requests")
    print("# %s" % {key: stats[key] for key in ("sent", "retransmitted", "doubled", "foreign")})


def test_trigger_to_all(gateway):
    """Each of the fleet sends its Update, once; nobody else's is lost meanwhile."""
    over = max(4, FLEET // 5000)
    fleet = load("register,serve", FLEET, "10.16.0.1", over + 100, "--window", "1024")
    all_registered(fleet, FLEET)
    others = Others(50)
    began = time.monotonic()
    said = ctl_in_background(gateway, "update", "--all", "--over", str(over))
    served = result(fleet)
    took = time.monotonic() - began
    _, complaint = said.communicate(timeout=120)
    others.end()  # not before: theirs may be the last triggers
    expect((others.lost, others.answered > 0), (0, True))
    expect((served["answered"], served["wrong"], served["lost"]), (FLEET, 0, 0))
    expect(said.returncode, 0, complaint)
    requests = gateway.ask("/rdline/requests")
    print("# %d Updates of others, %d of them sent again" % (others.answered, others.again))
    print("# %d triggers in %.1f s, asked %d, Updates sent again %d, p99 %d us; %s" % (
        FLEET, took, served["asked"], served["retransmitted"], served["p99_us"], requests))


def ctl_in_background(gateway, *arguments):
    return subprocess.Popen([CTL, "-s", gateway.lab.control, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


main(start)
