#!/usr/bin/python3
"""What was acknowledged is there after a restart, however the process ended."""
import contextlib
import glob
import os
import random
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

LOAD = os.path.join(ROOT, "build/test/load")
KILLS = int(os.environ.get("KILLS", "12"))
ENDPOINTS, UNDER_WAY = 300, 60


def group(lab, name="state", **keys):
    keys.setdefault("directory", '"%s/%s"' % (lab.dir, name))
    return "state = { %s };" % " ".join("%s = %s;" % item for item in keys.items())


def path(answer):
    return [segment.decode() for segment in answer.location]


def starts(lab, name="state", keys=None, extra="", **options):
    extra += "\n" + group(lab, name, **(keys or {}))
    return lab.gateway(extra=extra, **options)


def restarted(gateway, lab, *arguments, kill=False, **options):
    if kill:
        gateway.kill()
    else:
        expect(gateway.stop(), 0, "exit")
    return starts(lab, *arguments, **options)


def shown(gateway, name):
    """What telemetry shows of it, but for what goes on."""
    state = gateway.registration(name)
    return {key: value for key, value in state.items() if key != "expires_in"}, state.get("expires_in")


def test_all_of_a_registration(lab):
    gateway = starts(lab, "all")
    device = Device()
    answer = device.register("kept", '</>;rt="oma.lwm2m";ct="110 112",</1>;ver=1.1,</1/0>,</3/0>,</5>', "1.1", "3000",
                             ["b=UT", "Q", "sms=+336"])
    long = Device(GATEWAY6).register("n" * 200, "</1/0>,</3/0>", "1.0", "600")
    gone = device.register("gone")
    expect([a.code for a in (answer, long, gone)], ["2.01"] * 3, "Registers")
    moved = Device()
    expect(moved.update(path(answer), ["lt=4000"]).code, "2.04", "Update")
    expect(device.deregister(path(gone)).code, "2.02", "De-register")
    before = [shown(gateway, name) for name in ("kept", "n" * 200)]
    for kill in (False, True, True):
        time.sleep(1.1)
        gateway = restarted(gateway, lab, "all", kill=kill)
        after = [shown(gateway, name) for name in ("kept", "n" * 200)]
        for (was, left), (now, left_now) in zip(before, after):
            for at in ("registered_at", "updated_at"):  # seconds of a run's own clock: another run's may begin within one
                assert abs(now.pop(at) - was[at]) <= 1, (at, now, was)
            expect(now, {key: value for key, value in was.items() if key in now}, "the same")
            expect(len(was) - len(now), 2, "nothing else is gone")
            assert left - 20 <= left_now < left, (left, left_now)
        expect(gateway.registration("gone"), {}, "gone")
        expect(device.update(path(gone)).code, "4.04", "its location")
        expect("restored=2" in gateway.log(), True, "ready says how many came back")
        before = [shown(gateway, name) for name in ("kept", "n" * 200)]
    expect(moved.update(path(answer)).code, "2.04", "Update at its location")
    expect(Device(GATEWAY6).deregister(path(long)).code, "2.02", "De-register at its location")
    again = device.register("gone")
    expect((again.code, again.location != gone.location), ("2.01", True), "no location comes twice")
    expect(gateway.stop(), 0, "exit")


def test_copies_are_known(lab):
    """A request that was answered before, and again after the restart, was performed once."""
    gateway = starts(lab, "copies")
    device = Device()
    octets = message(POST, device.mid(), [(URI_PATH, "rd"), (CONTENT_FORMAT, b"\x28"), (URI_QUERY, "ep=copy")],
                     b"</1/0>,</3/0>")
    first = device.raw(octets)
    gateway = restarted(gateway, lab, "copies", kill=True)
    second = device.raw(octets)
    expect((second.code, second.location), ("2.01", first.location), "the same answer")
    expect(gateway.ask("/rdline/stats")["registered"], 0, "not performed again")
    leave = message(DELETE, device.mid(), [(URI_PATH, segment) for segment in path(first)])
    expect(device.raw(leave).code, "2.02", "De-register")
    gateway = restarted(gateway, lab, "copies", kill=True)
    expect(device.raw(leave).code, "2.02", "the same answer")
    expect(device.update(path(first)).code, "4.04", "gone")
    expect(gateway.stop(), 0, "exit")


def test_another_number_of_cores(lab):
    gateway = starts(lab, "cores", shards=1)
    devices = [Device() for _ in range(40)]
    paths = [path(device.register("cores-%d" % n)) for n, device in enumerate(devices)]
    for shards, workers, most in ((3, 1, 10000), (2, 2, 50), (1, 1, 20000)):
        gateway = restarted(gateway, lab, "cores", kill=True, shards=shards, workers=workers,
                            memory="registrations = %d;" % most,
                            ports='{ device = "net_af_packet0,iface=rdl0,qpairs=%d"; addresses = [ "%s/24" ]; }' %
                                  (workers, GATEWAY4))
        for device, location in zip(devices, paths):
            expect(device.update(location).code, "2.04", "Update with %d shards" % shards)
        expect(gateway.ask("/rdline/stats")["registrations"], 40, "registrations")
    expect(gateway.stop(), 0, "exit")
    code, log = starts(lab, "cores", memory="registrations = 30;", ready=False).failure(60)
    expect((code, "30" in log), (1, True), "too many for the table: " + log)


def test_lifetimes_go_on(lab):
    """While nobody is there no lifetime ends for good before the grace is over; then it does."""
    keys = {"restart_grace_s": "3"}
    gateway = starts(lab, "lifetimes", keys)
    device = Device()
    short, long = (path(device.register(name, lt=lt)) for name, lt in (("short", "2"), ("long", "100")))
    began = gateway.registration("short")["updated_at"]
    gateway.kill()
    time.sleep(3)
    gateway = starts(lab, "lifetimes", keys)
    expect(gateway.registration("short")["updated_at"], began, "no Update came")
    expect([device.update(location, ["lt=2"]).code for location in (short, long)], ["2.04"] * 2, "after the restart")
    gateway.kill()
    time.sleep(2.5)
    gateway = starts(lab, "lifetimes", keys)
    until(lambda: gateway.ask("/rdline/stats")["registrations"] == 0, "they end when the grace does", 8)
    expect(device.update(short).code, "4.04", "over")
    expect(gateway.stop(), 0, "exit")


def test_what_has_ended_stays_so(lab):
    """Its lifetime was over before the kill: the log says that it went on until then, though nothing else was written."""
    gateway = starts(lab, "ended")
    device = Device()
    ended, stays = (path(device.register(name, lt=lt)) for name, lt in (("ended", "2"), ("stays", "100")))
    until(lambda: gateway.ask("/rdline/state")["lag"] == 0, "all is written")
    until(lambda: gateway.registration("ended") == {}, "it ends", 8)
    time.sleep(1.5)
    gateway = restarted(gateway, lab, "ended", kill=True)
    expect([device.update(location).code for location in (ended, stays)], ["4.04", "2.04"], "after the restart")
    expect(gateway.stop(), 0, "exit")


class Endpoint:
    def __init__(self, name):
        self.name, self.device, self.location, self.alive, self.pending = name, Device(), None, False, None
        self.device.socket.setblocking(False)

    def send(self, kind, octets):
        self.pending = kind, octets
        self.device.socket.send(octets)

    def begin(self, chance):
        mid = self.device.mid()
        options = [(URI_PATH, segment) for segment in self.location or ["rd"]]
        if not self.alive or chance < 0.15:
            self.send("register", message(POST, mid, [(URI_PATH, "rd"), (CONTENT_FORMAT, b"\x28"), (URI_QUERY, "lt=3600"),
                                                      (URI_QUERY, "ep=" + self.name)], b"</1/0>,</3/0>,</7/%d>" % (mid % 5)))
        elif chance < 0.85:
            self.send("update", message(POST, mid, options))
        else:
            self.send("deregister", message(DELETE, mid, options))

    def hear(self):
        """True when what it waits for is acknowledged: from now on it holds."""
        try:
            answer = Answer(self.device.socket.recv(2048))
        except BlockingIOError:
            return False
        if self.pending is None or answer.mid != int.from_bytes(self.pending[1][2:4], "big"):
            return False
        kind, self.pending = self.pending[0], None
        expect(answer.code, {"register": "2.01", "update": "2.04", "deregister": "2.02"}[kind], self.name)
        if kind == "register":
            self.location = path(answer)
        self.alive = kind != "deregister"
        return True

    def check(self):
        """After a restart. What was under way was performed or not; its copy is answered as if nothing had happened."""
        self.device.socket.setblocking(True)
        if self.pending is not None:
            kind, octets = self.pending
            answer = self.device.insist(octets)
            expect(answer.code, {"register": "2.01", "update": "2.04", "deregister": "2.02"}[kind], self.name + " again")
            if kind == "register":
                self.location = path(answer)
            self.alive, self.pending = kind != "deregister", None
        if self.location is not None:
            octets = message(POST, self.device.mid(), [(URI_PATH, segment) for segment in self.location])
            expect(self.device.insist(octets).code, "2.04" if self.alive else "4.04", self.name)
        self.device.socket.setblocking(False)


def traffic(endpoints, seconds):
    acknowledged, end = 0, time.monotonic() + seconds
    waiting = [endpoint for endpoint in endpoints if endpoint.pending]
    while time.monotonic() < end:
        while len(waiting) < UNDER_WAY:
            endpoint = random.choice(endpoints)
            if endpoint.pending is None:
                endpoint.begin(random.random())
                waiting.append(endpoint)
        acknowledged += sum(endpoint.hear() for endpoint in waiting)
        waiting = [endpoint for endpoint in waiting if endpoint.pending]
    return acknowledged


def test_killed_at_any_time(lab):
    endpoints = [Endpoint("kill-%d" % n) for n in range(ENDPOINTS)]
    acknowledged = 0
    gateway = starts(lab, "kills", {"snapshot_s": "5"}, coap="exchange_lifetime = 60;", shards=2,
                     memory="registrations = %d;" % (2 * ENDPOINTS))
    for number in range(KILLS):
        acknowledged += traffic(endpoints, random.uniform(0.05, 0.4))
        gateway = restarted(gateway, lab, "kills", {"snapshot_s": "5"}, kill=True, coap="exchange_lifetime = 60;",
                            shards=random.randint(1, 3), memory="registrations = %d;" % (2 * ENDPOINTS))
        for endpoint in endpoints:
            endpoint.hear()  # an answer that was on its way
            endpoint.check()
        expect(gateway.ask("/rdline/stats")["registrations"], sum(endpoint.alive for endpoint in endpoints), "registrations")
        if KILLS > 100 and number % 50 == 49:
            print("# %d kills, %d acknowledged" % (number + 1, acknowledged), flush=True)
    assert acknowledged > 100 * KILLS, acknowledged
    print("# %d kills, %d acknowledged, 0 lost" % (KILLS, acknowledged))
    expect(gateway.stop(), 0, "exit")


def test_one_process_alone(lab):
    gateway = starts(lab, "alone")
    other = config(lab.instance + "2", extra=group(lab, "alone"))
    code, log = lab.gateway(other, ready=False).failure(60)
    expect((code, "alone" in log), (1, True), log)
    expect(gateway.stop(), 0, "exit")


def flip(name, at):
    with open(name, "r+b") as f:
        f.seek(at)
        octet = f.read(1)
        f.seek(at)
        f.write(bytes([octet[0] ^ 0x10]))


def test_damage_is_named(lab):
    gateway = starts(lab, "damage")
    devices = [Device() for _ in range(8)]
    for n, device in enumerate(devices):  # a group each
        expect(device.register("damage-%d" % n).code, "2.01", "Register")
    gateway.kill()
    segment = sorted(glob.glob(lab.dir + "/damage/run-*/shard-*"))[0]
    flip(segment, 4096 + 130)
    code, log = starts(lab, "damage", ready=False).failure(60)
    expect((code, os.path.basename(segment) in log), (1, True), log)
    flip(segment, 4096 + 130)
    gateway = starts(lab, "damage")
    expect(gateway.ask("/rdline/stats")["registrations"], 8, "registrations")
    expect(gateway.stop(), 0, "exit")
    os.rename(lab.dir + "/damage/secrets", lab.dir + "/damage/hidden")
    code, log = starts(lab, "damage", ready=False).failure(60)
    expect((code, "secrets" in log), (1, True), log)


def test_what_is_missing_is_named(lab):
    """What the directory held, and holds no more, is not forgotten in silence; one that is new misses nothing."""
    directory, aside = lab.dir + "/missing", lab.dir + "/aside"
    gateway = starts(lab, "missing", shards=2)
    expect("missing" in gateway.log().replace("/missing", ""), False, gateway.log())
    device = Device()
    for n in range(8):
        expect(device.register("missing-%d" % n).code, "2.01", "Register")
    until(lambda: os.path.exists(directory + "/inventory"), "what there is is noted")
    gateway.kill()
    os.mkdir(aside)
    run, = glob.glob(directory + "/run-*")
    for what in ([run], glob.glob(run + "/shard-001.*"), glob.glob(run + "/shard-*")):
        for one in what:
            os.rename(one, os.path.join(aside, os.path.basename(one)))
        code, log = starts(lab, "missing", ready=False, shards=2).failure(60)
        expect((code, "run 1, shard" in log, "no segment of it is there" in log, "--discard-after" in log),
               (1, True, True, True), log)
        for one in what:
            os.rename(os.path.join(aside, os.path.basename(one)), one)
    gateway = starts(lab, "missing", shards=2)
    expect(gateway.ask("/rdline/stats")["registrations"], 8, "registrations")
    gateway.kill()
    # Given up by hand, it is gone.
    for run in glob.glob(directory + "/run-*"):
        shutil.rmtree(run)
    program = os.path.join(os.path.dirname(BINARY), "rdline-state")
    expect(subprocess.run([program, "--verify", directory], capture_output=True, timeout=20).returncode, 1, "damaged")
    subprocess.run([program, "--discard-after", directory], check=True, timeout=20, capture_output=True)
    gateway = starts(lab, "missing", shards=2)
    expect(gateway.ask("/rdline/stats")["registrations"], 0, "registrations")
    expect("the state was cut run=" in gateway.log(), True, gateway.log())
    expect(gateway.stop(), 0, "exit")


def fill(name):
    with open(name, "wb", 0) as f, contextlib.suppress(OSError):
        while True:
            f.write(bytes(1 << 16))


def test_no_space(lab):
    """What would change something is shed while the disk is full; the rest is answered, and it goes on when there is space."""
    directory = lab.dir + "/small"
    os.mkdir(directory)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "none", directory], check=True)
    subprocess.run(["ip", "route", "add", "local", "10.0.0.0/8", "dev", "dev0"], check=True)
    try:
        keys = {"ring_kb": "1024"}
        gateway = starts(lab, "small", keys, memory="registrations = 100000;")
        device = Device()
        location = path(device.register("small"))
        until(lambda: len(glob.glob(directory + "/run-*/shard*")) == 2, "the next segment is there before it is needed")
        fill(directory + "/filler")
        # One at a time: each is a block of the log.
        load = subprocess.Popen([LOAD, "--to", GATEWAY4, "--from", "10.0.0.1", "--endpoints", "50000", "--window", "1",
                                 "--phases", "register", "--seconds", "60"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: gateway.ask("/rdline/state")["health"] == "no space", "there is none for another segment", 60)
        until(lambda: "no room for the log" in gateway.log(), "the log says so")
        until(lambda: device.update(location, wait=0.5) is None, "the last segment is full", 60)
        load.kill()
        load.wait()
        expect(device.update(["rd", "abcdefghijk"]).code, "4.04", "what is not there")
        os.unlink(directory + "/filler")
        until(lambda: device.update(location) is not None, "it goes on")
        expect(gateway.ask("/rdline/state")["health"], "well", "health")
        until(lambda: "the log goes on" in gateway.log(), "the log says so")
        registrations = gateway.ask("/rdline/stats")["registrations"]
        gateway.kill()
        gateway = starts(lab, "small", keys, memory="registrations = 100000;")
        expect(gateway.ask("/rdline/stats")["registrations"], registrations, "registrations")
        expect(device.update(location).code, "2.04", "kept")
        expect(gateway.stop(), 0, "exit")
    finally:
        for gateway in lab.gateways:
            gateway.kill()
        subprocess.run(["umount", directory], check=True)


def test_operators_see_it(lab):
    socket = lab.dir + "/c.sock"
    gateway = starts(lab, "seen", extra='control = { socket = "%s"; };' % socket)
    device = Device()
    expect(device.register("seen").code, "2.01", "Register")
    until(lambda: gateway.ask("/rdline/state")["lag"] == 0, "all is written")
    figures = gateway.ask("/rdline/state")
    expect([figures["health"], figures["entries"] > 0, figures["disk_octets"] > 0], ["well", True, True], "telemetry")
    reply = Lines(socket).ask({"command": "state"})
    expect([reply["health"], reply["directory"]], ["well", lab.dir + "/seen"], "control socket")
    expect(gateway.stop(), 0, "exit")
    plain = lab.gateway(extra='control = { socket = "%s"; };' % socket)
    expect(plain.ask("/rdline/state"), {}, "nothing is kept")
    expect("error" in Lines(socket).ask({"command": "state"}), True, "nothing is kept")
    expect(plain.stop(), 0, "exit")


main(lambda lab: lab)
