#!/usr/bin/python3
"""Limits of new registrations: so many get in, the others silence; those that are in do not notice."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

SENT = 60
OUTCOMES = "registered", "replaced", "drop_admission_rate", "drop_admission_prefix"


def path(answer):
    return [segment.decode() for segment in answer.location]


def serve(lab, admission, test, **options):
    gateway = lab.gateway(admission="{ %s }" % admission, **options)
    try:
        test(gateway)
        expect(gateway.stop(), 0, "exit")
    finally:
        gateway.kill()


def device_at(address):
    """A device behind another address of its namespace."""
    device = Device(GATEWAY6 if ":" in address else GATEWAY4)
    peer = device.socket.getpeername()
    device.socket.close()
    device.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    device.socket.bind((address, 0))
    device.socket.connect(peer)
    return device


def some(gateway, keys):
    stats = gateway.ask("/rdline/stats")
    return {key: stats[key] for key in keys}


def storm(gateway, names, devices=None):
    """Registers of all at once; the answers by name, and the seconds in which they were decided."""
    devices = devices or [Device()]
    done = sum(some(gateway, OUTCOMES).values()) + len(names)
    begin, asked, answers = time.monotonic(), {}, {}
    for n, name in enumerate(names):
        device, mid = devices[n % len(devices)], Device.mid()
        asked[device.port, mid] = name
        options = [(URI_PATH, "rd"), (CONTENT_FORMAT, b"\x28"), (URI_QUERY, "ep=" + name), (URI_QUERY, "lt=600")]
        device.socket.send(message(POST, mid, options, b"</1/0>,</3/0>"))
    while sum(some(gateway, OUTCOMES).values()) < done:
        assert time.monotonic() < begin + 10, some(gateway, OUTCOMES)
        time.sleep(0.01)
    took = time.monotonic() - begin
    for device in devices:
        device.socket.settimeout(0.2)
        try:
            while True:
                answer = Answer(device.socket.recv(65535))
                expect(answer.code, "2.01", "an answer")
                answers[asked[device.port, answer.mid]] = answer
        except socket.timeout:
            pass
    return answers, took


def numbered(name, count=SENT):
    return ["%s-%d" % (name, n) for n in range(count)]


def updates(device, location, count):
    """The codes that so many Updates at once are answered."""
    for _ in range(count):
        device.socket.send(message(POST, Device.mid(), [(URI_PATH, segment) for segment in location]))
    codes = []
    device.socket.settimeout(0.3)
    try:
        while len(codes) < count:
            codes.append(Answer(device.socket.recv(65535)).code)
    except socket.timeout:
        pass
    return codes


def await_stats(gateway, wanted):
    """Cores publish their counters a moment after they answer."""
    end = time.monotonic() + 2
    while some(gateway, wanted) != wanted and time.monotonic() < end:
        time.sleep(0.01)
    expect(some(gateway, wanted), wanted, "stats")


def test_updates(lab):
    """One that updates as fast as it can is slowed down; who shares its address is not; a forged location is nobody's."""
    def life(gateway):
        device = Device()
        busy, calm = path(device.register("busy")), path(device.register("calm"))
        codes = updates(device, busy, 200)
        assert 10 <= len(codes) <= 30 and set(codes) == {"2.04"}, codes
        await_stats(gateway, {"updated": len(codes), "drop_admission_update": 200 - len(codes)})
        forged = [calm[0], ("B" if calm[1][0] == "A" else "A") + calm[1][1:]]
        expect(updates(device, forged, 50), ["4.04"] * 50, "forged")
        expect(updates(device, calm, 10), ["2.04"] * 10, "of the same address")
        time.sleep(1.1)
        expect(updates(device, busy, 10), ["2.04"] * 10, "after a pause")

    def no_limit(gateway):
        device = Device()
        expect(updates(device, path(device.register("busy")), 100), ["2.04"] * 100, "no limit")

    serve(lab, "", life)
    serve(lab, "updates = 0;", no_limit)


def test_rate(lab):
    rate, burst = 4, 10

    def life(gateway):
        policy = gateway.ask("/rdline/policy")
        expect([policy["admission_" + key] for key in ("registers_per_s", "burst", "per_prefix")], [rate, burst, 0])
        began = time.monotonic()
        answers, took = storm(gateway, numbered("rate"))
        lucky, shed = len(answers), SENT - len(answers)
        # What flowed in while they came is on top of the burst.
        assert burst <= lucky <= burst + rate * took, (lucky, took)
        wanted = {"requests_register": SENT, "registered": lucky, "registrations": lucky, "code_2_01": lucky,
                  "drop_admission_rate": shed, "drop_admission_prefix": 0, "object_lists": 1, "tombstones": 0}
        expect(some(gateway, wanted), wanted, "stats")
        for name in numbered("rate"):
            expect(gateway.registration(name) != {}, name in answers, "state of " + name)

        # While new ones go on to be shed, those that are in update and register anew.
        device, new = Device(), 0
        locations = {name: path(answer) for name, answer in answers.items()}
        for turn in range(5):
            new += len(storm(gateway, numbered("more%d" % turn))[0])
            for name in locations:
                expect(device.update(locations[name]).code, "2.04", "Update")
                again = device.register(name)
                expect((again.code, path(again) != locations[name]), ("2.01", True), "Register anew")
                locations[name] = path(again)
        assert 0 < new and lucky + new <= burst + rate * (time.monotonic() - began), (lucky, new)
        wanted = {"registered": lucky + new, "replaced": 5 * lucky, "updated": 5 * lucky,
                  "drop_admission_rate": shed + 5 * SENT - new}
        expect(some(gateway, wanted), wanted, "stats")

        # Who left is new again: in silence until there is room.
        left = list(locations)[:3]
        for name in left:
            expect(device.deregister(locations[name]).code, "2.02", "De-register")
        answers, took = storm(gateway, numbered("last", 20) + left)
        assert len(set(answers) & set(left)) <= 1 + rate * took, (answers, took)
        for name in left:
            for _ in range(20):
                answer = device.register(name, wait=0.3)
                if answer is not None:
                    break
            expect(answer.code, "2.01", name)
    serve(lab, "registers_per_s = %d; burst = %d;" % (rate, burst), life)


def test_prefixes(lab):
    extra = ["198.51.100.2/24", "198.51.100.3/24", "203.0.113.2/24", "2001:db8:0:1::2/64", "2001:db8:0:1::3/64"]
    for address in extra:
        nodad = ["nodad"] if ":" in address else []
        subprocess.run(["ip", "addr", "add", address, "dev", "dev0", *nodad], check=True, timeout=10)

    def life(gateway):
        addresses = [address.split("/")[0] for address in extra]
        prefixes = [addresses[:2], addresses[2:3], addresses[3:5], [DEVICE4], [DEVICE6]]
        new = 0
        for number, prefix in enumerate(prefixes):
            answers, took = storm(gateway, numbered("prefix%d" % number), [device_at(address) for address in prefix])
            assert 5 <= len(answers) <= 5 + 5 * took, (prefix, len(answers), took)
            new += len(answers)
        wanted = {"registered": new, "drop_admission_prefix": len(prefixes) * SENT - new, "drop_admission_rate": 0}
        expect(some(gateway, wanted), wanted, "stats")
    serve(lab, "per_prefix = 5;", life)


def test_shares_of_shards(lab):
    """Each of three shards has a third of 4, rounded up."""
    def life(gateway):
        answers, took = storm(gateway, numbered("share", 120))
        for s in range(3):
            shard = gateway.ask("/rdline/shard,%d" % s)
            assert 2 <= shard["registered"] <= 2 + 2 * took, (s, shard["registered"], took)
        wanted = {"registered": len(answers), "drop_admission_rate": 120 - len(answers), "drop_admission_prefix": 0}
        expect(some(gateway, wanted), wanted, "stats")
    serve(lab, "registers_per_s = 4; per_prefix = 1000000000;", life, shards=3)


main(lambda lab: lab)
