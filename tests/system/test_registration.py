#!/usr/bin/python3
"""Register, Update, De-register as devices see them, and the state as telemetry shows it."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403


def start(lab):
    return lab.gateway(coap="diagnostics = true;", extra='endpoints = { deny = [ "denied-*" ]; };')


def path(answer):
    return [segment.decode() for segment in answer.location]


def life(gateway, address, source, name):
    device = Device(address)
    answer = device.register(name, '</>;rt="oma.lwm2m";ct="110 112",</1>;ver=1.1,</1/0>,</3/0>,</0/0>', "1.1", "300", ["b=UT", "Q", "sms=+336"])
    expect((answer.code, answer.type, answer.token, answer.mid), ("2.01", ACK, b"\xa1\xb2", Device.next_mid), "Register")
    expect(len(answer.location), 2, "Location-Path options")
    expect(answer.location[0], b"rd", "first segment")
    assert 1 <= len(answer.location[1]) <= 32, answer.location
    assert name not in path(answer)[1], "it tells whose it is: %s" % answer.location
    expect([n for n, _ in answer.options], [LOCATION_PATH] * 2, "options")

    state = gateway.registration(name)
    wanted = {"endpoint": name, "location": "/" + "/".join(path(answer)), "version": "1.1", "lifetime": 300,
              "binding": "UT", "queue": 1, "sms": "+336", "address": source, "port": device.port, "security": "none", "root": "/",
              "objects": ["1/0", "3/0"], "objects_total": 2, "object_versions": {"1": "1.1", "3": "1.0"},
              "content_formats": [110, 112]}
    expect({key: state.get(key) for key in wanted}, wanted, "state")
    assert 298 <= state["expires_in"] <= 300, state
    assert abs(state["registered_at"] - time.time()) <= 2, state

    moved = Device(address)
    expect(moved.update(path(answer), ["lt=60"]).code, "2.04", "Update")
    state = gateway.registration(name)
    expect((state["lifetime"], state["port"], state["binding"], state["objects"]), (60, moved.port, "UT", ["1/0", "3/0"]), "after Update")
    expect(moved.update(path(answer), payload="</1/0>,</3/0>,</5>").code, "2.04", "Update with objects")
    expect(gateway.registration(name)["objects"], ["1/0", "3/0", "5"], "objects replaced")

    again = device.register(name)
    expect(again.code, "2.01", "Register again")
    assert again.location != answer.location
    expect(device.update(path(answer)).code, "4.04", "old location")
    expect(device.update(path(again)).code, "2.04", "new location")
    expect(gateway.registration(name)["sms"], "", "nothing of the old registration stays")
    expect(device.deregister(path(again)).code, "2.02", "De-register")
    expect(gateway.registration(name), {}, "gone")
    expect(device.deregister(path(again)).code, "4.04", "twice")


def test_life_of_a_registration_ipv4(gateway):
    life(gateway, GATEWAY4, DEVICE4, "life4")


def test_life_of_a_registration_ipv6(gateway):
    life(gateway, GATEWAY6, DEVICE6, "life6")


def list_of(octets):
    """An object list of so many."""
    links = "</1/0>,</3/0>," + ",".join("<%d>" % n for n in range(100, 800))
    links = links[:octets - 5].rpartition(",")[0] + ",<"
    return links + "x" * (octets - len(links) - 1) + ">"


def test_one_datagram_in_fragments(gateway):
    """As device kernels send what is longer than the MTU; IPv4 is put together by the gateway's kernel, IPv6 by us."""
    for address in (GATEWAY4, GATEWAY6):
        device = Device(address)
        for octets in (1400, 1600, 2000, 2048, 2600, 4000, 4096):
            name, links = "long-%s-%d" % (address, octets), list_of(octets)
            expect(len(links), octets, "list")
            expect(device.register(name, links, "1.1", extra=["b=U"]).code, "2.01", name)
            expect(gateway.registration(name)["objects_total"], links.count("<") - 1, "links")


def test_refusals(gateway):
    device = Device()
    alive = path(device.register("alive"))
    # An option that nobody minds: no refusal is longer than what it refuses, so its text needs room.
    room = {"options": [(65000, b"x" * 40)]}
    cases = [
        ("4.12", device.register("r", lwm2m="2.0")),
        ("4.12", device.register("r", lwm2m="1.2", extra=["pid=1"])),
        ("4.00", device.register("r", lwm2m="1.x")),
        ("4.00", device.register("r", lt="-1")),
        ("4.00", device.register("r", objects="</1/0>,</3/0")),
        ("4.00", device.register("r", objects="</1/0>")),
        ("4.00", device.register("r", content_format=50)),
        ("4.00", device.register("")),
        ("4.00", device.register("r", extra=["foo=1"])),
        ("4.03", device.register("denied-x")),
        ("4.00", device.request(DELETE, ["rd"], **room)),
        ("4.05", device.request(GET, ["rd"], **room)),
        ("4.05", device.request(PUT, alive, **room)),
        ("4.04", device.request(POST, ["rd", "x"], **room)),
        ("4.04", device.request(POST, ["bs"], **room)),
        ("4.02", device.register("r", options=[(65001, b"x")])),
        ("5.05", device.register("r", options=[(35, b"coap://x/rd")])),
        ("4.00", device.update(alive, ["ep=x"], **room)),
        ("4.00", device.update(alive, ["lt=x"], **room)),
    ]
    for number, (code, answer) in enumerate(cases):
        expect(answer.code, code, "case %d" % number)
        assert answer.payload, "case %d has no diagnostic payload" % number
    expect(gateway.registration("r"), {}, "no trace")
    expect(device.update(alive).code, "2.04", "unharmed")


def test_object_list_is_filtered(gateway):
    device = Device()
    expect(device.register("filtered", "</0>;ver=1.0,</0/1>,</00/0>,</1/0>, </3/0>,<5/0>,</x>,</3/0/1>,</65535/0>").code, "2.01")
    expect(gateway.registration("filtered")["objects"], ["1/0", "3/0", "5/0"], "objects")


def test_alternate_path(gateway):
    device = Device()
    answer = device.register("alternate", '</a/1/0>,</a/3/0>,</5/0>,</a>;rt="oma.lwm2m"')
    expect(answer.code, "2.01")
    state = gateway.registration("alternate")
    expect((state["root"], state["objects"]), ("/a", ["1/0", "3/0"]))
    expect(device.update(path(answer), payload="</a/1/0>,</a/3/0>,</a/6>").code, "2.04")
    state = gateway.registration("alternate")
    expect((state["root"], state["objects"]), ("/a", ["1/0", "3/0", "6"]))


def test_message_layer(gateway):
    device = Device()
    expect(device.raw(bytes.fromhex("40000001")).octets, bytes.fromhex("70000001"), "ping")
    for silent in ("40", "50000001", "60000001", "80020001", "50e10001", "6002000141"):
        expect(device.raw(bytes.fromhex(silent), 0.3), None, silent)
    for reset in ("4f020001", "40210001", "42450001a1b2ff41", "42020001a1b2b27264ff"):
        expect(device.raw(bytes.fromhex(reset)).octets, bytes.fromhex("70000001"), reset)


def test_non_confirmable(gateway):
    device = Device()
    answer = device.register("non", type=NON)
    expect((answer.code, answer.type), ("2.01", NON))
    assert answer.mid != Device.next_mid
    expect(device.update(path(answer), type=NON).code, "2.04")
    expect(device.register("non", type=NON, options=[(65001, b"x")], wait=0.3), None, "unknown critical option")


def test_expiry(gateway):
    device = Device()
    short, kept = device.register("short", lt="1"), device.register("kept", lt="2")
    before = gateway.ask("/rdline/stats")["expired"]
    time.sleep(1.2)
    expect(device.update(path(kept)).code, "2.04", "an Update in time")
    time.sleep(1.2)
    expect(device.update(path(short)).code, "4.04", "expired")
    expect(gateway.registration("short"), {})
    expect(device.update(path(kept)).code, "2.04", "restarted by the Update")
    expect(gateway.ask("/rdline/stats")["expired"] - before, 1, "counted")


def test_stats_add_up(gateway):
    stats = gateway.ask("/rdline/stats")
    for key in ("requests_register", "requests_update", "requests_deregister", "code_2_01", "code_2_02", "code_2_04",
                "code_4_00", "code_4_12", "registered", "replaced", "deregistered", "expired", "refused_version"):
        assert stats[key] > 0, key
    live = stats["registered"] - stats["deregistered"] - stats["expired"]
    expect(stats["registrations"], live, "live registrations")
    worker, shard = gateway.ask("/rdline/worker,0"), gateway.ask("/rdline/shard,0")
    expect(worker["requests_register"] + shard["requests_register"], stats["requests_register"])
    assert worker["busy_cycles"] > 0 and shard["idle_cycles"] > 0


main(start)
