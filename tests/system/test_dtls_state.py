#!/usr/bin/python3
"""DTLS sessions are there after a restart, however the process ended: devices make no new handshake."""
import glob
import itertools
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from dtls_lab import *  # noqa: E402,F403

LIST = "</1/0>,</3/0>"
NUMBERS = itertools.count()
CERTIFIED = dict(suites=(ECDHE_CCM_8,))


def state(lab, name, **keys):
    keys.setdefault("directory", '"%s/%s"' % (lab.dir, name))
    return "state = { %s };" % " ".join("%s = %s;" % item for item in keys.items())


def starts(lab, name, keys=None, dtls=None, **options):
    extra = group(lab, True, **(dtls or {})) + "\n" + state(lab, name, **(keys or {}))
    return lab.gateway(extra=extra, **options)


def restarted(gateway, lab, *arguments, kill=True, **options):
    if kill:
        gateway.kill()
    else:
        expect(gateway.stop(), 0, "exit")
    return starts(lab, *arguments, **options)


class Fleet:
    """A device of each kind, registered. What each sent last is known."""

    def __init__(self, lab, kinds=None):
        self.devices = []
        for options in kinds or (dict(cid=None), dict(cid=b""), dict(cid=b"mine"), dict(cid=None, suites=(PSK_GCM_256,)),
                                 dict(cid=None, **CERTIFIED), dict(cid=b"", **CERTIFIED)):
            self.add(lab, **options)

    def add(self, lab, **options):
        name = "dev-%d" % next(NUMBERS)
        if "suites" in options and options["suites"] == CERTIFIED["suites"]:
            client = DtlsClient(certificate=lab.authority.issue(name), **options).handshake()
        else:
            provision(lab, name)
            client = device(name, **options)
        client.name = name
        answer = client.register(name, LIST)
        expect(answer.code, "2.01", "Register of %s" % options)
        client.location, client.sent = path(answer), None
        self.devices.append(client)
        return client

    def update(self, client, wait=1.0):
        """Its code, or None. A handshake would be a failure: its records are none of the session's."""
        octets = message(POST, client.mid(), [(URI_PATH, segment) for segment in client.location])
        client.sent = client.send(octets)
        answer = client.receive(wait)
        return None if answer is None else Answer(answer).code

    def go_on(self):
        expect([self.update(client, 8.0) for client in self.devices], ["2.04"] * len(self.devices), "Updates")

    def are_silent(self):
        expect([self.update(client) for client in self.devices], [None] * len(self.devices), "Updates")

    def replay(self):
        """What they sent before comes again, before anything new."""
        for client in self.devices:
            client.socket.send(client.sent)
        expect([heard(client, 0.3) for client in self.devices], [None] * len(self.devices), "replays")



def begin(lab):
    lab.authority = Authority(lab)
    provision(lab, "nobody")
    return lab


def test_sessions_go_on(lab):
    gateway = starts(lab, "on")
    fleet = Fleet(lab)
    fleet.go_on()
    for kill in (True, True, False, True):
        gateway = restarted(gateway, lab, "on", kill=kill)
        fleet.replay()
        fleet.go_on()
        fleet.go_on()
        expect("restored_sessions=%d" % len(fleet.devices) in gateway.log(), True, "ready says how many came back")
    more = fleet.add(lab, cid=b"")
    fleet.go_on()
    gateway = restarted(gateway, lab, "on")
    fleet.replay()
    fleet.go_on()
    more.rebind()
    expect(fleet.update(more, 8.0), "2.04", "from another port")
    expect(fleet.update(more, 8.0), "2.04", "and again")
    leave = more.request(DELETE, more.location)
    expect(leave.code, "2.02", "De-register")
    fleet.devices.remove(more)
    more.sent = more.send(message(POST, more.mid(), [(URI_PATH, segment) for segment in more.location]))
    expect(Answer(more.receive()).code, "4.04", "its session is open yet")
    gateway = restarted(gateway, lab, "on")
    fleet.go_on()
    expect(gateway.stop(), 0, "exit")


def test_another_number_of_cores(lab):
    gateway = starts(lab, "cores")
    fleet = Fleet(lab)
    for workers, threads, shards in ((2, 1, 3), (2, 3, 1), (1, 2, 2)):
        fleet.go_on()
        port = 'device = "net_af_packet0,iface=rdl0,qpairs=%d"; addresses = [ "%s/24" ];' % (workers, GATEWAY4)
        gateway = restarted(gateway, lab, "cores", dtls={"handshakes": str(threads)}, workers=workers, shards=shards,
                            ports="{ %s }" % port)
        fleet.replay()
        fleet.go_on()
    expect(gateway.stop(), 0, "exit")


def test_removed_credentials(lab):
    gateway = starts(lab, "removed")
    fleet = Fleet(lab, [dict(cid=None), dict(cid=b""), dict(cid=None, **CERTIFIED)])
    fleet.go_on()
    removed = fleet.devices.pop(1)
    gateway.kill()
    credential(lab, "remove", removed.name)
    gateway = starts(lab, "removed")
    fleet.go_on()
    expect(fleet.update(removed), None, "whose credential is gone")
    expect(gateway.stop(), 0, "exit")


def test_certificates_are_not_taken_any_more(lab):
    """Whoever had proved by one who it is could not do that again, and its session does not come back."""
    gateway = starts(lab, "untrusted")
    fleet = Fleet(lab, [dict(cid=None), dict(cid=None, **CERTIFIED)])
    fleet.go_on()
    gateway.kill()
    gateway = lab.gateway(extra=group(lab) + "\n" + state(lab, "untrusted"))
    expect("DTLS sessions whose credentials are gone do not come back" in gateway.log(), True, gateway.log())
    expect([fleet.update(client, wait) for client, wait in zip(fleet.devices, (8.0, 1.0))], ["2.04", None], "Updates")
    expect(gateway.stop(), 0, "exit")


def test_names(lab):
    """An identity that registers under names of its own is still permitted to, and to nothing else, before any handshake."""
    gateway = starts(lab, "names")
    provision(lab, "key-of-two,first-name,second-name")
    client = device("key-of-two", cid=None)
    answer = client.register("first-name", LIST)
    expect(answer.code, "2.01", "Register")
    before = gateway.registration("first-name")
    expect([before["security"], before["identity"]], ["psk", "key-of-two"], "as operators see it")
    gateway = restarted(gateway, lab, "names")
    after = gateway.registration("first-name")
    expect([after["security"], after["identity"]], ["psk", "key-of-two"], "after the restart")
    expect(client.request(POST, path(answer)).code, "2.04", "Update")
    for name, code in (("first-name", "2.01"), ("second-name", "2.01"), ("third-name", "4.00")):
        expect(client.register(name, LIST).code, code, "Register as " + name)
    gateway.kill()
    credential(lab, "remove", "key-of-two")
    provision(lab, "key-of-two,second-name")
    gateway = starts(lab, "names")
    for name, code in (("first-name", "4.00"), ("second-name", "2.01")):
        expect(client.register(name, LIST).code, code, "Register as %s with other names" % name)
    expect(gateway.stop(), 0, "exit")


def test_idle_sessions(lab):
    """One without a registration lives as long as it would have."""
    gateway = starts(lab, "idle", dtls={"session_idle_s": "4"})
    fleet = Fleet(lab, [dict(cid=None), dict(cid=b"")])
    gone, short = fleet.devices
    expect(gone.request(DELETE, gone.location).code, "2.02", "De-register")
    gateway.kill()
    time.sleep(6)
    gateway = starts(lab, "idle", dtls={"session_idle_s": "4"})
    expect([fleet.update(gone), fleet.update(short)], [None, "2.04"], "after its time, and with a registration")
    expect(gateway.stop(), 0, "exit")


def test_not_kept(lab):
    for number, keys in enumerate(({"sessions": "false"}, {"durability": '"none"'})):
        name = "not-%d" % number
        gateway = starts(lab, name, keys)
        fleet = Fleet(lab, [dict(cid=None), dict(cid=b"")])
        fleet.go_on()
        expect(os.path.exists("%s/%s/sessions" % (lab.dir, name)), False, "logs of sessions")
        gateway = restarted(gateway, lab, name, keys, kill=False)
        fleet.are_silent()
        expect(gateway.stop(), 0, "exit")


def test_keys(lab):
    """They are safe before they are used, whatever else is; another key opens none; one of one's own may be anywhere."""
    own = lab.dir + "/own.key"
    with open(os.open(own, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
        f.write(os.urandom(32))
    keys = {"durability": '"window"', "key_file": '"%s"' % own}
    gateway = starts(lab, "keys", keys)
    fleet = Fleet(lab, [dict(cid=None), dict(cid=b"")])
    expect(os.path.exists(lab.dir + "/keys/key"), False, "no other key is made")
    # The registrations may be lost; sessions are not.
    time.sleep(0.5)
    gateway = restarted(gateway, lab, "keys", keys)
    fleet.go_on()
    gateway.kill()
    for segment in glob.glob(lab.dir + "/keys/sessions/run-*/*"):
        with open(segment, "rb") as f:
            octets = f.read()
        for client in fleet.devices:
            expect([client.identity in octets, client.name.encode() in octets], [False, False], "in clear")
    with open(own, "wb") as f:
        f.write(os.urandom(32))
    gateway = starts(lab, "keys", keys)
    expect("the key does not open what was kept" in gateway.log(), True, "the log says so")
    fleet.are_silent()
    again = fleet.devices[0]
    again.forget()
    expect(again.handshake() and fleet.update(again, 8.0), "2.04", "a new handshake")
    gateway.kill()
    os.chmod(own, 0o644)
    gateway = starts(lab, "keys", keys, ready=False)
    code, log = gateway.failure(20)
    expect((code, "chmod 0600" in log), (1, True), "a key that others may read: " + log)
    done = subprocess.run([BINARY, "-t", "-c", gateway.path], capture_output=True, text=True, timeout=20)
    expect((done.returncode, re.sub(r"^.*:\d+: ", "", done.stdout)), (1, "state.key_file cannot be used\n"), "so does -t")


def flip(name, at):
    with open(name, "r+b") as f:
        f.seek(at)
        octet = f.read(1)[0]
        f.seek(at)
        f.write(bytes([octet ^ 1]))


def test_damage(lab):
    """It is named, and ends the start; a log that was cut has no sessions, but registrations stay."""
    gateway = starts(lab, "damage")
    fleet = Fleet(lab, [dict(cid=b"") for _ in range(4)])
    gateway.kill()
    directory = lab.dir + "/damage/sessions"
    segment, = glob.glob(directory + "/run-*/shard-000.00000001")
    flip(segment, 4096 + 130)
    code, log = starts(lab, "damage", ready=False).failure(20)
    expect((code, os.path.basename(segment) in log, "--discard-after" in log), (1, True, True), log)
    flip(segment, 4096 + 130)
    gateway = starts(lab, "damage")
    fleet.go_on()
    gateway.kill()
    segment = sorted(glob.glob(directory + "/run-*/shard-000.00000001"))[-1]
    flip(segment, 4096 + 130)
    program = os.path.join(os.path.dirname(BINARY), "rdline-state")
    expect(subprocess.run([program, "--verify", directory], capture_output=True, timeout=20).returncode, 1, "damaged")
    subprocess.run([program, "--discard-after", directory], check=True, timeout=20, capture_output=True)
    gateway = starts(lab, "damage")
    expect("a log was cut" in gateway.log(), True, "the log says so")
    fleet.are_silent()
    expect(gateway.ask("/rdline/stats")["registrations"], 4, "registrations")
    gateway = restarted(gateway, lab, "damage")
    fleet.are_silent()
    expect(gateway.stop(), 0, "exit")


def test_what_is_missing(lab):
    """Without its key no session is given up before somebody says so; without their folder, they are, and it is said."""
    directory = lab.dir + "/missing"
    gateway = starts(lab, "missing")
    expect("comes back" in gateway.log(), False, "a new directory misses nothing")
    fleet = Fleet(lab, [dict(cid=None), dict(cid=b"")])
    gateway.kill()
    os.rename(directory + "/key", directory + "/hidden")
    code, log = starts(lab, "missing", ready=False).failure(20)
    expect((code, directory + "/key: is missing" in log, "--forget-sessions" in log), (1, True, True), log)
    expect(os.path.exists(directory + "/key"), False, "no other key is made")
    os.rename(directory + "/hidden", directory + "/key")
    gateway = starts(lab, "missing")
    fleet.go_on()
    gateway.kill()
    shutil.rmtree(directory + "/sessions")
    gateway = starts(lab, "missing")
    expect("no DTLS session comes back: those that registrations live by are not there" in gateway.log(), True, gateway.log())
    fleet.are_silent()
    gateway = restarted(gateway, lab, "missing")
    expect("no DTLS session comes back" in gateway.log(), False, "it is said once")
    expect(gateway.stop(), 0, "exit")


def test_forgotten(lab):
    """A directory from a backup: numbers that were used since must not come twice, so its sessions are forgotten."""
    directory = lab.dir + "/forgotten"
    gateway = starts(lab, "forgotten")
    fleet = Fleet(lab, [dict(cid=None), dict(cid=b"")])
    program = os.path.join(os.path.dirname(BINARY), "rdline-state")
    refused = subprocess.run([program, "--forget-sessions", directory], capture_output=True, timeout=20)
    expect((refused.returncode, b"in use" in refused.stderr), (1, True), refused)
    expect(gateway.stop(), 0, "exit")
    shutil.copytree(directory, directory + ".backup")
    gateway = starts(lab, "forgotten")
    fleet.go_on()
    gateway.kill()
    shutil.rmtree(directory)
    os.rename(directory + ".backup", directory)
    subprocess.run([program, "--forget-sessions", directory], check=True, timeout=20, capture_output=True)
    gateway = starts(lab, "forgotten")
    expect("restored=2 restored_sessions=0" in gateway.log(), True, "registrations stay")
    fleet.are_silent()
    for client in fleet.devices:
        client.forget()
        expect(client.handshake() and fleet.update(client, 8.0), "2.04", "after a new handshake")
    gateway = restarted(gateway, lab, "forgotten")
    fleet.go_on()
    expect(gateway.stop(), 0, "exit")


def test_many_and_often(lab):
    """Handshakes, Updates and kills at any moment: what was acknowledged goes on."""
    gateway = starts(lab, "often", dtls={"handshakes": "2"})
    fleet = Fleet(lab, [dict(cid=cid) for cid in (None, b"") * 6])
    for _ in range(6):
        fleet.go_on()
        fleet.add(lab, cid=b"")
        gateway = restarted(gateway, lab, "often", dtls={"handshakes": "2"})
    fleet.go_on()
    expect(gateway.stop(), 0, "exit")


main(begin)
