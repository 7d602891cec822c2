#!/usr/bin/python3
"""Requests to devices that misbehave, from callers that do: nobody else's suffer, and what is dropped is counted."""
import os
import random
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import frames  # noqa: E402
from managed import *  # noqa: E402,F403


def start(lab):
    dtls_lab.provision(lab, "first", "second")
    gateway = lab.gateway(shards=2, extra=dtls_lab.group(lab) + sockets(
        lab, outstanding=2000, clients=16, buffer_kb=1024, per_endpoint=64))
    gateway.caller = Caller(gateway)
    return gateway


def counted(gateway):
    return gateway.ask("/rdline/requests")


def asked(gateway, device, path="/3/0/0", method="GET", **more):
    """A request on its way: its id, and what the device got."""
    id = gateway.caller.give(device.endpoint, method, path, **more)
    request = device.hear()
    assert request is not None, "nothing came"
    return id, request


def still_works(gateway, device):
    id, request = asked(gateway, device, "/3/0/1")
    expect(request.path, "/3/0/1")
    device.answer(request, payload="well")
    expect(gateway.caller.result(id)["payload"], b"well")


def test_transmission(gateway):
    """RFC 7252 section 4.2: the same octets again after 2 to 3 s, then twice as long."""
    device = Scripted(Device(), "slow")
    id, first = asked(gateway, device)
    times = [time.monotonic()]
    for _ in range(2):
        again = device.hear(10)
        times.append(time.monotonic())
        expect(again.octets, first.octets)
    assert 1.9 < times[1] - times[0] < 3.3, times
    assert 1.9 < (times[2] - times[1]) / 2 < 3.3, times
    device.answer(first, payload="late enough")
    got = gateway.caller.result(id)
    expect((got["state"], got["payload"]), ("answered", b"late enough"))
    expect(device.hear(0.5), None, "nothing more")


def test_tokens_and_message_ids(gateway):
    device, seen, ids = Scripted(Device(), "many"), set(), []
    for _ in range(200):
        id, request = asked(gateway, device)
        expect(len(request.token), 8)
        seen.add(request.token)
        ids.append(request.mid)
        device.answer(request)
        expect(gateway.caller.result(id)["code"], "2.05")
    expect((len(seen), len(set(ids))), (200, 200))


def test_never(gateway):
    device = Scripted(Device(), "mute")
    id, _ = asked(gateway, device, timeout_s=1)
    expect(gateway.caller.result(id)["state"], "timeout")
    still_works(gateway, device)


def test_reset(gateway):
    device = Scripted(Device(), "upset")
    id, request = asked(gateway, device)
    device.say(0, request.mid, type=RST)
    expect(gateway.caller.result(id)["state"], "reset")
    still_works(gateway, device)


def test_garbage(gateway):
    """None of it is an answer; the one that comes then is."""
    device, chance = Scripted(Device(), "garbled"), random.Random(7)
    id, request = asked(gateway, device)
    header = bytes([0x68, 0x45]) + request.mid.to_bytes(2, "big") + request.token
    for octets in (b"\0", b"\x60", header[:3], header[:7], header + b"\xff", header + b"\xd0", header + b"\xee\x01",
                   header + b"\xf0", b"\xa8" + header[1:], bytes([0x69]) + header[1:] + b"x"):
        device.send(octets)
    for _ in range(300):
        device.send(bytes([0x40 | chance.randrange(64)]) + os.urandom(chance.randrange(60)))
    time.sleep(0.2)
    while (reply := device.hear(0.1)) is not None:
        # What happens to be a request is refused as one.
        expect(reply.type == RST or reply.code[0] in "45", True, reply.octets.hex())
    device.answer(request, payload="at last")
    got = gateway.caller.result(id)
    assert got["state"] in ("answered", "reset", "refused"), got
    still_works(gateway, device)


def test_critical_option(gateway):
    """One that nobody understands (RFC 7252 section 5.4.1): the answer cannot be read."""
    device = Scripted(Device(), "critical")
    id, request = asked(gateway, device)
    device.answer(request, options=[(2049, b"x")], payload="unread")
    got = gateway.caller.result(id)
    expect(got["payload"] == b"unread", False, got)
    still_works(gateway, device)


def test_foreign(gateway):
    """A token that is not ours, somebody else's, or comes from elsewhere: dropped, and counted."""
    device, other = Scripted(Device(), "mine"), Scripted(Device(), "theirs")
    before = counted(gateway)
    id, request = asked(gateway, device)
    for token in (b"", b"x", bytes(8), request.token[:7], bytes([request.token[0] ^ 1]) + request.token[1:]):
        device.answer(request, token=token, payload="foreign")
    device.answer(request, mid=request.mid ^ 1, payload="of another message")
    other.answer(request, payload="from another endpoint")
    stranger = Device()
    stranger.socket.send(message(0x45, request.mid, [], b"from nobody", type=ACK, token=request.token))
    six = Device(GATEWAY6)
    six.socket.send(message(0x45, request.mid, [], b"from nobody", type=ACK, token=request.token))
    time.sleep(0.3)
    expect(counted(gateway)["foreign"] - before["foreign"] >= 4, True, (before, counted(gateway)))
    device.answer(request, payload="mine")
    got = gateway.caller.result(id)
    expect((got["state"], got["payload"]), ("answered", b"mine"))


def test_foreign_sessions(gateway):
    """By the right token, but another's session; in clear text from the right address."""
    first, second = (Scripted(dtls_lab.device(name), name) for name in ("first", "second"))
    before = counted(gateway)["foreign"]
    id, request = asked(gateway, first)
    second.answer(request, payload="by another session")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as clear:
        clear.sendto(message(0x45, request.mid, [], b"clear", type=ACK, token=request.token), (GATEWAY4, 5683))
    time.sleep(0.3)
    expect(counted(gateway)["foreign"] - before, 2)
    first.answer(request, payload="by its own")
    expect(gateway.caller.result(id)["payload"], b"by its own")


def test_late_and_doubled(gateway):
    device = Scripted(Device(), "twice")
    id, request = asked(gateway, device)
    for _ in range(3):
        device.answer(request, payload="once")
    expect(gateway.caller.result(id)["payload"], b"once")
    id, request = asked(gateway, device)
    device.acknowledge(request)
    mids = [device.separate(request, payload="separate")]
    expect((device.hear().octets, gateway.caller.result(id)["payload"]), (bytes([0x60, 0]) + mids[0].to_bytes(2, "big"), b"separate"))
    device.say(0x45, mids[0], payload="separate", type=CON, token=request.token)
    expect(device.hear().octets, bytes([0x60, 0]) + mids[0].to_bytes(2, "big"), "a copy is acknowledged again")
    id, request = asked(gateway, device, timeout_s=1)
    device.acknowledge(request)
    expect(gateway.caller.result(id)["state"], "timeout")
    mid = device.separate(request, payload="too late")
    expect(device.hear().octets[2:], mid.to_bytes(2, "big"), "ACK or Reset")
    still_works(gateway, device)
    expect([lines for lines in gateway.caller.told.values() if lines], [], "told once")


def test_separate_before_its_ack(gateway):
    """The ACK was lost, or is late (RFC 7252 section 5.2.2): the answer is one all the same."""
    device = Scripted(Device(), "hasty")
    id, request = asked(gateway, device)
    mid = device.separate(request, payload="first")
    expect(device.hear().octets, bytes([0x60, 0]) + mid.to_bytes(2, "big"))
    expect(gateway.caller.result(id)["payload"], b"first")
    device.acknowledge(request)
    id, request = asked(gateway, device)
    device.separate(request, payload="non", type=NON)
    expect(gateway.caller.result(id)["payload"], b"non")
    still_works(gateway, device)


def test_endless_blocks(gateway):
    device = Scripted(Device(), "endless")
    id, request = asked(gateway, device, "/5/0/0")
    blocks = 0
    while request is not None and request.path == "/5/0/0":
        value = request.value(BLOCK2) or 0
        expect(value >> 4, blocks, "asked in their order")
        device.answer(request, options=[(BLOCK2, (blocks << 4 | 8 | 6).to_bytes(2, "big"))], payload=bytes(1024))
        blocks += 1
        request = device.hear(1)
    assert blocks <= 9, blocks
    got = gateway.caller.result(id)
    assert "max_payload" in json.dumps(got.get("reason", "")), {k: got[k] for k in got if k != "payload"}
    still_works(gateway, device)


def test_blocks_that_do_not_fit(gateway):
    """Another one than was asked for, another size, another ETag."""
    device = Scripted(Device(), "misfit")
    first = [(ETAG, b"a"), (BLOCK2, bytes([8 | 2]))]
    for options, payload in (([(ETAG, b"a"), (BLOCK2, bytes([2 << 4 | 2]))], bytes(64)),
                             ([(ETAG, b"b"), (BLOCK2, bytes([1 << 4 | 2]))], bytes(64)),
                             ([(ETAG, b"a"), (BLOCK2, bytes([1 << 4 | 8 | 2]))], bytes(63)),
                             ([(ETAG, b"a"), (BLOCK2, bytes([1 << 4 | 7]))], bytes(64)),
                             ([(ETAG, b"a")], bytes(64))):
        id, request = asked(gateway, device, "/5/0/0")
        device.answer(request, options=first, payload=bytes(64))
        request = device.hear()
        expect(request.value(BLOCK2), 1 << 4 | 2)
        device.answer(request, options=options, payload=payload)
        got = gateway.caller.result(id)
        assert got.get("reason"), (options, got)
    still_works(gateway, device)


def test_blocks_of_a_request(gateway):
    """2.31 for ever, and for the wrong block; smaller ones on demand; 4.13, and an end before the end."""
    device, body = Scripted(Device(), "picky"), bytes(range(256)) * 12
    id, request = asked(gateway, device, "/5/0/0", "PUT", payload=body)
    for n in range(3):
        expect((request.value(BLOCK1), request.payload), (n << 4 | (n < 2) << 3 | 6, body[n * 1024:][:1024]))
        device.answer(request, 0x5f, options=[(BLOCK1, bytes([n << 4 | 8 | 6]))])
        if n < 2:
            request = device.hear()
    got = gateway.caller.result(id)
    assert got.get("reason") or got["code"] == "2.31", got
    id, request = asked(gateway, device, "/5/0/0", "PUT", payload=body)
    device.answer(request, 0x5f, options=[(BLOCK1, bytes([1 << 4 | 8 | 6]))])
    assert gateway.caller.result(id).get("reason"), "the wrong block"
    id, request = asked(gateway, device, "/5/0/0", "PUT", payload=body)
    device.answer(request, 0x5f, options=[(BLOCK1, bytes([8 | 4]))])
    at = 1024  # all of the first was taken (RFC 7959 section 2.3)
    while at < len(body):
        request = device.hear()
        value = request.value(BLOCK1)
        expect((value & 7, (value >> 4) * 256, request.payload), (4, at, body[at:at + 256]))
        at += 256
        device.answer(request, 0x5f if value & 8 else 0x44, options=[(BLOCK1, value.to_bytes(2, "big"))])
    expect(gateway.caller.result(id)["code"], "2.04")
    id, request = asked(gateway, device, "/5/0/0", "PUT", payload=body)
    device.answer(request, 0x8d, options=[(BLOCK1, bytes([2]))])
    request = device.hear()
    if request is not None and request.value(BLOCK1) is not None:
        expect((request.value(BLOCK1), request.payload), (8 | 2, body[:64]), "again, with smaller blocks")
        device.answer(request, 0x80)
    expect(gateway.caller.result(id)["code"] in ("4.00", "4.13"), True)
    id, request = asked(gateway, device, "/5/0/0", "PUT", payload=body)
    device.answer(request, 0x85)
    expect(gateway.caller.result(id)["code"], "4.05")
    still_works(gateway, device)


def test_notifications_of_nobody(gateway):
    """Of a token that nobody knows, as after a restart: a Reset, so that the device forgets (RFC 7641 section 3.6)."""
    device = Scripted(Device(), "faithful")
    for type in (CON, NON):
        mid = Device.mid()
        device.say(0x45, mid, [(OBSERVE, b"\x05")], "old", type=type, token=b"oldtoken")
        heard = device.hear(1)
        if type == CON:
            expect(heard.octets, bytes([0x70, 0]) + mid.to_bytes(2, "big"))


def test_order_of_notifications(gateway):
    """RFC 7641 section 3.4: an older one that comes later is not told."""
    events, device = Events(gateway, "notified"), Scripted(Device(), "reordered")
    id, request = asked(gateway, device, observe=True)
    device.answer(request, options=[(OBSERVE, b"\x64")], payload="first")
    expect(gateway.caller.result(id)["payload"], b"first")
    for sequence, payload in ((0x66, "66"), (0x65, "65"), (0x66, "66"), (0x67, "67"), (0x800067, "far"), (0x68, "68")):
        device.say(0x45, Device.mid(), [(OBSERVE, sequence.to_bytes(3, "big"))], payload, type=NON, token=request.token)
        time.sleep(0.05)
    got = [base64.b64decode(events.line()["payload"]) for _ in range(3)]
    expect(got[:3], [b"66", b"67", b"68"] if got[2] != b"far" else [b"66", b"67", b"far"])
    mid = Device.mid()
    device.say(0x84, mid, [], "", type=CON, token=request.token)
    expect(device.hear().octets, bytes([0x60, 0]) + mid.to_bytes(2, "big"))
    expect(gateway.caller.until(id, *OVER)["state"] in ("gone", "answered"), True, "an error ends it")
    events.close()


def test_unheard(gateway):
    """Without a subscriber confirmable notifications are acknowledged, and the observation stays."""
    device = Scripted(Device(), "unheard")
    id, request = asked(gateway, device, observe=True)
    device.answer(request, options=[(OBSERVE, b"\x01")], payload="first")
    gateway.caller.result(id)
    before = counted(gateway)
    mid = Device.mid()
    device.say(0x45, mid, [(OBSERVE, b"\x02")], "second", type=CON, token=request.token)
    expect(device.hear().octets, bytes([0x60, 0]) + mid.to_bytes(2, "big"))
    expect(counted(gateway)["unheard"], before["unheard"] + 1)


# ---- callers ----
def refused(gateway, line):
    """What a client gets for a line, or for octets; None where the gateway hangs up."""
    client = Lines(gateway.lab.requests)
    try:
        client.send(line)
        return client.line()
    finally:
        client.close()


def test_lines(gateway):
    good = {"id": "x", "endpoint": "nobody", "method": "GET", "path": "/3/0/0"}
    expect(refused(gateway, good)["state"], "refused", "an unknown endpoint")
    for change in ({"path": "/" + "/".join(["1"] * 300)}, {"path": "/" + "x" * 300}, {"path": "3/0"}, {"path": 5}, {"path": "/3/00"},
                   {"method": "get"}, {"method": "PATCH"}, {"method": 1}, {"endpoint": ""}, {"endpoint": "x" * 300},
                   {"endpoint": 7}, {"id": "x" * 1000}, {"id": 1.5}, {"id": {}}, {"payload": "!"}, {"payload": "YQ"}, {"payload": 1},
                   {"content_format": 65536}, {"content_format": "text"}, {"accept": "x"}, {"query": "a=b"},
                   {"query": ["a" * 300]}, {"query": [1]}, {"observe": "yes"}, {"unknown": 1}, {"payload": base64.b64encode(bytes(9000)).decode()},
                   {"method": "PUT", "observe": True}):
        said = refused(gateway, dict(good, **change))
        assert said is not None and ("error" in said or said.get("state") == "refused"), (change, said)
        assert len(json.dumps(said)) < 2000, said
    for member in ("content_format", "accept", "timeout_s", "expires_in_s"):
        for value in (-1, 1e9, "40", None, True, []):
            said = refused(gateway, dict(good, **{member: value}))
            assert (said["state"], said["code"]) == ("refused", "4.00") and said["reason"].startswith(member + ": "), (member, value, said)
    for octets in (b"\n", b"{}\n", b"[]\n", b"null\n", b"{\n", b"\xff\xfe\n", b'{"id":\n', b"[" * 5000 + b"\n", b'{"id":"x"}\n'):
        said = refused(gateway, octets)
        assert said is None or "error" in said or said.get("state") == "refused", (octets, said)


def test_a_megabyte(gateway):
    client = socket.socket(socket.AF_UNIX)
    client.connect(gateway.lab.requests)
    client.settimeout(10)
    try:
        for _ in range(16):
            client.sendall(b"x" * 65536)
    except (BrokenPipeError, ConnectionResetError):
        pass
    client.close()
    still_works(gateway, Scripted(Device(), "unmoved"))


def test_security_object(gateway):
    """Never: 4.01 to the caller, nothing to the device."""
    device = Scripted(Device(), "guarded")
    for method, path, more in (("GET", "/0", {}), ("GET", "/0/0/5", {}), ("PUT", "/0/1", {"payload": "x"}), ("DELETE", "/0/0", {}),
                               ("POST", "/0", {}), ("GET", "/%30/0", {}), ("GET", "/x/0/0", {}), ("GET", "/lwm2m/0/0", {}),
                               ("FETCH", "/", {"content_format": 110, "payload": '[{"n":"/0/0/5"}]'}),
                               ("FETCH", "/", {"content_format": 110, "payload": '[{"bn":"/0/0/","n":"5"}]'}),
                               ("iPATCH", "/", {"content_format": 110, "payload": '[{"n":"/3/0/14","vs":"x"},{"n":"/0/0/5","vs":"x"}]'})):
        got = gateway.caller.get("guarded", method, path, **more)
        expect((got["state"], got.get("code")), ("refused", "4.01"), (method, path, more))
    for path in ("/00", "//0/0", "/3/../0"):
        expect(gateway.caller.get("guarded", "GET", path)["state"], "refused", path)
    expect(device.hear(0.3), None)
    still_works(gateway, device)


def test_one_leaves_with_a_thousand(gateway):
    """Its requests come to their ends, nobody is told, and there is room for as many again."""
    device = Scripted(Device(), "left")
    fleet = [Scripted(Device(), "left-%d" % n) for n in range(40)]
    for _ in range(2):
        leaver = Caller(gateway)
        for n in range(1000):
            leaver.give("left-%d" % (n % 40), "GET", "/3/0/0")
        for d in fleet:
            assert d.hear() is not None
        leaver.close()
        still_works(gateway, device)
        for d in fleet:
            d.device.deregister(d.location)
        until(lambda: counted(gateway)["under_way"] + counted(gateway)["waiting"] == 0, counted(gateway))
        fleet = [Scripted(Device(), "left-%d" % n) for n in range(40)]


def test_one_that_does_not_read(gateway):
    """It loses its own, and a marker says how many; nobody else waits."""
    device = Scripted(Device(), "heavy")
    deaf, ids = Caller(gateway), []
    payload = bytes(1000)
    for n in range(4000):
        ids.append(deaf.give("heavy", "GET", "/3/0/0"))
        request = device.hear()
        device.answer(request, payload=payload)
        if n % 1000 == 999:
            still_works(gateway, device)
    marks, got = 0, 0
    deaf.socket.settimeout(3)
    try:
        while (line := deaf.line()) is not None:
            marks += line.get("lost", 0)
            got += line.get("state") == "answered"
    except socket.timeout:
        pass
    assert marks > 0 and got < 4000, (marks, got)
    deaf.close()
    still_works(gateway, device)


def test_outstanding(gateway):
    """Beyond what may be under way: refused, and at once."""
    fleet = [Scripted(Device(), "full-%d" % n) for n in range(60)]
    one, other = Caller(gateway), Caller(gateway)
    ids = [one.give("full-%d" % (n % 60), "GET", "/3/0/0", timeout_s=30) for n in range(2400)]
    expect({one.next(id)["state"] for id in ids[-200:]}, {"refused"})
    id = other.give("full-0", "GET", "/3/0/1")
    expect(other.next(id)["state"], "queued", "another one has its share")
    one.close()
    other.close()
    for d in fleet:
        d.device.deregister(d.location)


def test_clients(gateway):
    """More of them than may be: told so."""
    clients = [Lines(gateway.lab.requests) for _ in range(15)]
    expect(Lines(gateway.lab.requests).line() is not None, True)
    for client in clients:
        client.close()
    until(lambda: counted(gateway)["clients"] <= 1 if "clients" in counted(gateway) else True, "still there")
    time.sleep(0.2)
    still_works(gateway, Scripted(Device(), "unmoved"))


def test_hostile_lines(gateway):
    """Each line is answered, by its id where it has one, or the connection ends and is counted; and nobody else notices."""
    before = counted(gateway)
    client, good = Lines(gateway.lab.requests), {"id": "h", "endpoint": "nobody", "method": "GET", "path": "/3/0/0"}
    for octets in (b"[" * 4000, b'{"id":' * 1000, b'{"id":"h","id":"h"}', b'{"id":"h","endpoint":"\xff\xfe"}', b"\0\0\0", b"",
                   b'{"id":"h","accept":1e999}', b'"h"', b'{"id":"\\u0000"}', b'{"id":"h",}'):
        client.send(octets + b"\n")
        said = client.line()
        assert "error" in said and len(said) == 1, (octets[:40], said)
    for path in ("/3//0", "3/0", "", "/", "/rd/..", "/./3", "/3/%2e%2e", "/3/%2f0", "/%00", "/%", "/3/%c3", "/ ", "/3/0/", "/-3", "/3/ 0",
                 "/65536", "/3/00", "/\\3"):
        client.send(dict(good, path=path))
        said = client.line()
        expect((said["id"], said["state"]), ("h", "refused"), path)
        assert said["code"] in ("4.00", "4.01") and "reason" in said, (path, said)
    for more in ({"query": [""]}, {"query": {}}, {"query": [None]}, {"query": [["a"]]}, {"query": ["a" * 256]}, {"query": ["a" * 100] * 2},
                 {"payload": "===="}, {"payload": "Zg"}, {"payload": "Zh=="}, {"payload": "Z g="}, {"payload": "Zg==\n"}, {"method": "Get"},
                 {"method": ""}, {"method": "GET\t"}, {"observe": 1}, {"observe": True, "method": "PUT"}, {"path": {}}, {"endpoint": []}):
        client.send(dict(good, **more))
        said = client.line()
        expect((said["id"], said["state"], said["code"]), ("h", "refused", "4.00"), more)
    client.send(dict(good, id="x" * 65))
    assert "error" in client.line()
    client.send(dict(good, id="\u2028\"\\\n" * 10))
    expect(client.line()["id"], "\u2028\"\\\n" * 10)
    client.close()
    now = counted(gateway)
    expect(now["callers_requests"] - before["callers_requests"], 18 + 18 + 1, "lines that were requests")
    still_works(gateway, Scripted(Device(), "unharmed"))


def test_same_id(gateway):
    """Two under way by one name are answered each; an end of what nobody observes is refused, of the right thing not."""
    device, before = Scripted(Device(), "named"), counted(gateway)["observations"]
    ids = [gateway.caller.give("named", "GET", "/3/0/0", id="twin") for _ in range(2)]
    for n in range(2):
        device.answer(device.hear(), payload="%d" % n)
    expect([gateway.caller.result(id)["payload"] for id in ids], [b"0", b"1"])
    for observe, path in ((False, "/3/0/0"), (True, "/3/0/0"), (True, "/3/0/0"), (False, "/3/0/1"), (False, "/3/0/0"), (False, "/3/0/0"),
                          (False, "/3/0/0")):
        id = gateway.caller.give("named", "GET", path, observe=observe)
        request = device.hear(0.5)
        if request is None:
            line = gateway.caller.until(id, *OVER)
            expect((line["state"], line["reason"]), ("refused", "nothing is observed there"), (observe, path))
            continue
        expect(request.value(OBSERVE) or 0, 0 if observe else 1)
        device.answer(request, payload="now", options=[(OBSERVE, b"\1")] if observe else [])
        expect(gateway.caller.until(id, *OVER)["state"], "answered")
    until(lambda: counted(gateway)["observations"] == before, counted(gateway))


def test_half_a_connection(gateway):
    """Whoever says nothing more is answered, and told of a last line that has no end; whoever is cut off harms nobody."""
    device = Scripted(Device(), "half")
    one = Caller(gateway)
    id = one.give("half", "GET", "/3/0/0")
    one.socket.sendall(b'{"id":"rest","endpoint":"half","method":"DELETE","path":"/3303/0"}')
    one.socket.shutdown(socket.SHUT_WR)
    request = device.hear()
    expect(request.method, 1)
    said = one.line()
    while said.get("state") in ("queued", "sent"):
        said = one.line()
    assert "no end" in said.get("error", ""), said
    device.answer(request, payload="still")
    expect(one.result(id)["payload"], b"still")
    expect(one.line(), None, "the end")
    expect(device.hear(0.3), None, "the line that had none")
    one.close()


def test_many_connections(gateway):
    """Two thousand of them, some that say nothing, some that say half, some that leave at once: those beyond are told so."""
    before = counted(gateway)
    for n in range(2000):
        client = socket.socket(socket.AF_UNIX)
        client.connect(gateway.lab.requests)  # which waits where as many wait to be accepted as may
        client.settimeout(10)
        try:
            if n % 3 == 0:
                client.sendall(b'{"id":"')
            elif n % 3 == 1:
                client.sendall(b'{"id":"%d","endpoint":"nobody","method":"GET","path":"/3"}\n' % n)
        except (BrokenPipeError, ConnectionResetError):
            pass
        client.close()
    until(lambda: counted(gateway)["connections"] == 1, counted(gateway))
    now = counted(gateway)
    expect(now["accepted"] + now["turned_away"] - before["accepted"] - before["turned_away"], 2000, "each is one of these")
    until(lambda: counted(gateway)["callers_outstanding"] == 0, "none is left")
    still_works(gateway, Scripted(Device(), "unharmed too"))


def number_octets(number):
    """As an option has it."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def told_too_big(device, octets, mtu):
    """What a router says of a datagram that the gateway sent to the device, with those octets."""
    udp, to = device.device.socket, socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    head = struct.pack("!HHHH", 5683, device.device.port, 8 + len(octets), 0)
    quoted = frames.ipv4(GATEWAY4, udp.getsockname()[0], frames.UDP, head + octets)[:28]
    to.sendto(frames.icmp(3, struct.pack("!HH", 0, mtu) + quoted, code=4), (GATEWAY4, 0))
    to.close()


def test_narrow_path(gateway):
    """What a path turns out not to take goes in shorter blocks: in the middle of a payload, and of the next from the start."""
    device = Scripted(Device(), "narrow")
    body = bytes(n * 7 & 255 for n in range(2900))
    id = gateway.caller.give("narrow", "PUT", "/5/0/0", body, content_format=42)
    got, mids = bytearray(), set()
    while len(got) < len(body):
        request = device.hear()
        block = request.value(BLOCK1)
        number, szx = block >> 4, block & 7
        expect(number << szx + 4, len(got), "where it begins")
        if len(got) == 1024 and szx == 6:
            told_too_big(device, request.octets, 500)
            mids.add(request.mid)
            continue
        expect(szx, 6 if len(got) < 1024 else 4, "its size")
        assert request.mid not in mids
        got += request.payload
        device.answer(request, code=0x5F if block & 8 else 0x44, options=[(BLOCK1, number_octets(block))])
    expect(bytes(got), body)
    expect(gateway.caller.until(id, *OVER)["code"], "2.04")
    id = gateway.caller.give("narrow", "PUT", "/5/0/0", body[:600], content_format=42)
    sizes = []
    for code in (0x5F, 0x5F, 0x44):
        request = device.hear()
        sizes.append(len(request.payload))
        assert len(request.octets) <= 500 - 28, len(request.octets)
        device.answer(request, code=code, options=[(BLOCK1, number_octets(request.value(BLOCK1)))])
    expect(sizes, [256, 256, 88])
    expect(gateway.caller.until(id, *OVER)["code"], "2.04")


main(start)
