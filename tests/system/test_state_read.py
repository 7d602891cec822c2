#!/usr/bin/python3
"""What rdline-state says of a state directory, and what it mends."""
import glob
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

PROGRAM = os.path.join(os.path.dirname(BINARY), "rdline-state")


def starts(lab, name, **options):
    return lab.gateway(extra='state = { directory = "%s/%s"; };' % (lab.dir, name), **options)


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def entries(directory):
    code, out, errors = run(directory)
    expect((code, errors), (0, ""), "exit")
    return [json.loads(line) for line in out.splitlines()]


def test_entries(lab):
    directory = lab.dir + "/seen"
    gateway = starts(lab, "seen")
    code, _, errors = run(directory)
    expect((code, "in use by another rdline" in errors), (1, True), errors)
    device, other = Device(), Device()
    answer = device.register("seen-1", lt="300")
    expect(answer.code, "2.01", "Register")
    expect(other.register("seen-2").code, "2.01", "Register")
    path = [segment.decode() for segment in answer.location]
    expect(device.update(path).code, "2.04", "Update")
    expect(device.deregister(path).code, "2.02", "De-register")
    expect(gateway.stop(), 0, "exit")
    told = entries(directory)
    of_one = [e for e in told if e.get("endpoint") == "seen-1" and e["kind"] == "registration"][-1]
    expect([of_one["lifetime_s"], 290 <= of_one["left_s"] <= 300, "address" in of_one, "list" in of_one],
           [300, True, True, True], "registration")
    kinds = [e["kind"] for e in told if (e.get("slot"), e.get("generation")) == (of_one["slot"], of_one["generation"]) and
             e["shard"] == of_one["shard"]]
    expect("renewal" in kinds, True, kinds)
    expect("ended" in [e["kind"] for e in told], True, "ended")
    expect(told[0]["kind"], "sweep_begins", "the first")
    for shard in {e["shard"] for e in told}:
        positions = [e["position"] for e in told if e["shard"] == shard]
        expect(positions, list(range(positions[0], positions[0] + len(positions))), "positions")
    secrets = open(directory + "/secrets", "rb").read()
    text = json.dumps(told)
    expect(any(secrets[i:i + 8].hex() in text for i in range(len(secrets) - 8)), False, "keys")
    expect(answer.location[-1].decode() in text, False, "location")
    code, out, errors = run("--verify", directory)
    expect((code, errors, out.count("to position")), (0, "", len({e["shard"] for e in told})), out)


def flip(name, at):
    with open(name, "r+b") as f:
        f.seek(at)
        octet = f.read(1)
        f.seek(at)
        f.write(bytes([octet[0] ^ 0x10]))


def test_mend(lab):
    directory = lab.dir + "/mend"
    gateway = starts(lab, "mend", shards=1)
    devices = [Device() for _ in range(8)]
    for n, device in enumerate(devices):  # a group each
        expect(device.register("mend-%d" % n).code, "2.01", "Register")
    gateway.kill()
    segment = sorted(glob.glob(directory + "/run-*/shard-*"))[0]
    # The last group was not acknowledged, for all that anybody knows.
    groups = [at for at in range(4096, 1 << 17, 4096) if open(segment, "rb").read()[at:at + 8] == b"rdlgroup"]
    flip(segment, groups[-1] + 130)
    code, out, errors = run("--verify", directory)
    expect((code, "at octet %d, does not count" % groups[-1] in out), (0, True), out + errors)
    flip(segment, groups[5] + 130)
    code, out, errors = run("--verify", directory)
    expect((code, os.path.basename(segment) in errors, "octet %d" % groups[5] in errors), (1, True, True), errors)
    code, log = starts(lab, "mend", ready=False, shards=1).failure(60)
    expect((code, "--discard-after" in log), (1, True), log)
    code, out, errors = run("--discard-after", directory)
    expect((code, "where it was cut" in out), (0, True), out + errors)
    expect(run("--verify", directory)[0], 0, "exit")
    gateway = starts(lab, "mend", shards=1)
    came_back = gateway.ask("/rdline/stats")["registrations"]
    expect(0 < came_back < 8, True, came_back)
    expect("the state was cut run=1 shard=0" in gateway.log(), True, gateway.log())
    expect(gateway.stop(), 0, "exit")
    expect(run("--verify", directory)[0], 0, "exit")


def test_a_torn_end(lab):
    gateway = starts(lab, "torn", shards=1)
    devices = [Device() for _ in range(3)]
    for n, device in enumerate(devices):
        expect(device.register("torn-%d" % n).code, "2.01", "Register")
    gateway.kill()
    segment = sorted(glob.glob(lab.dir + "/torn/run-*/shard-*"))[0]
    octets = open(segment, "rb").read(1 << 17)
    last = max(at for at in range(4096, 1 << 17, 4096) if octets[at:at + 8] == b"rdlgroup")
    flip(segment, last + 130)
    gateway = starts(lab, "torn", shards=1)
    expect("a group was not whole, the state ends before it run=1 shard=0 segment=1 octet=%d" % last in gateway.log(), True,
           gateway.log())
    expect(gateway.ask("/rdline/stats")["registrations"], 2, "registrations")
    expect(gateway.stop(), 0, "exit")


def test_usage(lab):
    expect(run("--help")[0], 0, "help")
    expect("rdline-state" in run("--version")[1], True, "version")
    for arguments in [], ["a", "b"], ["--verify", "--discard-after", "a"], ["--forget-sessions", "--verify", "a"], ["--nothing", "a"]:
        expect(run(*arguments)[0], 2, arguments)
    os.mkdir(lab.dir + "/empty")
    code, out, errors = run(lab.dir + "/empty")
    expect((code, out, os.listdir(lab.dir + "/empty")), (1, "", []), errors)
    expect(run(lab.dir + "/none")[0], 1, "nowhere")


main(lambda lab: lab)
