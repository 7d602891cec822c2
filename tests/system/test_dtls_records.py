#!/usr/bin/python3
"""Records and handshakes as networks, attackers and odd clients give them."""
import itertools
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from dtls_lab import *  # noqa: E402,F403

BLOCK1 = 27
DEVICES = 40
LIST = "</1/0>,</3/0>"
# Of devices that no test has had.
NUMBERS = itertools.count()


def start(lab):
    lab.authority = Authority(lab)
    # Longer than the records that test_sizes asks for.
    names = certificates.x509.SubjectAlternativeName([certificates.x509.DNSName("%060d.example" % n) for n in range(6)])
    lab.authority.serve(lab.authority.issue("server", extra=[names]))
    provision(lab, *("dev-%d" % number for number in range(DEVICES)))
    gateway = lab.gateway(extra=group(lab, True))
    gateway.authority = lab.authority
    gateway.witness = registered()
    return gateway


def registered(**options):
    """A device with a session and a registration, and its location."""
    name = "dev-%d" % next(NUMBERS)
    client = device(name, **options)
    client.name = name
    answer = client.register(name)
    expect(answer.code, "2.01", "Register")
    return client, path(answer)


def request(location, queries=()):
    return message(POST, Device.mid(), [(URI_PATH, s) for s in location] + [(URI_QUERY, q) for q in queries])


def answers(gateway, client):
    """The codes of all that has come when what another one asked after it has been answered."""
    fence(gateway)
    out = []
    while True:
        answer = client.receive(0.05)
        if answer is None:
            return out
        out.append(Answer(answer).code)


def fence(gateway):
    """What another device asks now, a method that there is not, is answered: all before it has been."""
    client, location = gateway.witness
    answer = client.request(GET, location)
    expect((answer.code, answer.mid), ("4.05", Device.next_mid), "the witness")


def silence(gateway, client):
    """Nothing has come for a client when what another one asked after it has been answered."""
    fence(gateway)
    expect(heard(client), None, "an answer")


def calm(gateway):
    """Nothing goes round between a worker and a handshaker."""
    before = gateway.ask("/rdline/stats")["rx_frames"]
    time.sleep(0.1)
    more = gateway.ask("/rdline/stats")["rx_frames"] - before
    assert more < 50, "%d datagrams go round" % more


def lives(client, location):
    """What it hears next is the answer to what it asks now."""
    answer = client.update(location)
    expect((answer.code, answer.mid), ("2.04", Device.next_mid), "Update")
    expect(client.alerts, [], "alerts")


def test_replayed(gateway):
    for cid in (None, b"", b"to-us"):
        client, location = registered(cid=cid)
        octets = request(location)
        datagram = client.send(octets)
        expect(answers(gateway, client), ["2.04"])
        client.socket.send(datagram)
        silence(gateway, client)
        lives(client, location)
        # The same message in a record of its own is a copy: answered, and no other exchange.
        client.send(octets)
        expect(answers(gateway, client), ["2.04"])


def test_out_of_order(gateway):
    """A window of 64: what is in it is heard, once; what is older is not."""
    client, location = registered()
    first = client.sequences[1]
    late = [client.record(APPLICATION_DATA, request(location)) for _ in range(3)]
    client.sequences[1] = first + 64
    lives(client, location)
    client.socket.send(late[0])
    silence(gateway, client)
    client.socket.send(late[1])
    expect(answers(gateway, client), ["2.04"], "63 before the newest")
    client.socket.send(late[1])
    silence(gateway, client)
    client.sequences[1] = 1 << 47
    lives(client, location)


def test_tampered(gateway):
    """No octet of a record can be changed."""
    for cid in (None, b""):
        client, location = registered(cid=cid)
        whole = client.record(APPLICATION_DATA, request(location))
        for at in range(len(whole)):
            changed = bytearray(whole)
            changed[at] ^= 1 << at % 8
            client.socket.send(bytes(changed))
        silence(gateway, client)
        client.socket.send(whole)
        expect(answers(gateway, client), ["2.04"], "the record itself")


def test_other_sessions(gateway):
    """Connection IDs of others, of the dead, of no length."""
    client, location = registered(cid=b"")
    other, _ = registered(cid=b"")
    plain, _ = registered()
    dead = device(client.name, cid=b"")
    dead.close()
    octets = request(location)
    for cid in (other.server_cid, dead.server_cid, bytes(8), client.server_cid[:7], client.server_cid + b"\0", b"\0", False):
        client.send(octets, cid=cid)
    plain.send(octets, cid=client.server_cid)
    dead.send(octets)
    for silent_one in (client, plain, dead):
        silence(gateway, silent_one)
    lives(client, location)


def test_several_records(gateway):
    """In one datagram."""
    for cid in (None, b"", b"to-us"):
        client, location = registered(cid=cid)
        client.socket.send(b"".join(client.record(APPLICATION_DATA, request(location)) for _ in range(4)))
        expect(answers(gateway, client), ["2.04"] * 4)
        one = client.record(APPLICATION_DATA, request(location))
        client.socket.send(one + one)
        expect(answers(gateway, client), ["2.04"], "twice the same")
        good, forged = (client.record(APPLICATION_DATA, request(location)) for _ in range(2))
        client.socket.send(good + forged[:-1] + bytes([forged[-1] ^ 1]) + forged[:-1])
        expect(answers(gateway, client), ["2.04"], "behind it a forged one, and a part of one")
        # Whoever has said that it hears no more may miss its answer.
        client.socket.send(client.record(APPLICATION_DATA, request(location)) + client.record(ALERT, bytes(CLOSE_NOTIFY)))
        answers(gateway, client)
        client.send(request(location))
        silence(gateway, client)


def test_close_notify(gateway):
    client, location = registered()
    client.close()
    client.send(request(location))
    silence(gateway, client)
    expect(gateway.registration(client.name)["endpoint"], client.name, "the registration stays")
    lives(device(client.name), location)
    for alert in ((1, 90), (1, 100)):
        client, location = registered()
        client.socket.send(client.record(ALERT, bytes(alert)))
        lives(client, location)
    client, location = registered()
    client.socket.send(client.record(ALERT, bytes((2, 40))))
    client.send(request(location))
    silence(gateway, client)


def test_garbage(gateway):
    """From the address of a live session, in clear text."""
    for cid in (None, b""):
        client, location = registered(cid=cid)
        for type in (CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, TLS12_CID, 0, 99, 255):
            for body in (b"", b"\1", bytes(CLOSE_NOTIFY), bytes((2, 40)), os.urandom(40)):
                client.socket.send(client.record(type, body, epoch=0, sequence=9, cid=False))
        for octets in (b"", b"\x16", os.urandom(12), b"\x16\xfe\xfd", request(location), bytes(1400)):
            client.socket.send(octets)
        silence(gateway, client)
        calm(gateway)
        lives(client, location)


def test_reboots(gateway):
    """The old session of a device lives until a new one is there."""
    client, location = registered()
    client.socket.settimeout(2)
    new = DtlsClient(identity=client.name.encode(), key=KEY)
    new.socket.close()
    new.socket = client.socket
    new.hello()
    lives(client, location)
    before = gateway.ask("/rdline/dtls")["sessions"]
    new.handshake()
    lives(new, location)
    expect(gateway.ask("/rdline/dtls")["sessions"], before, "sessions")
    client.send(request(location))
    silence(gateway, client)
    for cid in (None, b"", b"to-us"):
        client, location = registered(cid=cid)
        for _ in range(3):
            client.forget()
            client.handshake()
            lives(client, location)


def test_hello_is_answered_with_no_more(gateway):
    for options in (dict(), dict(bare=True), dict(cid=b"to-us", suites=PSK_SUITES), dict(bare=True, hello_version=0xFE00),
                    dict(hello_version=0xFEFF)):
        client = DtlsClient(identity=b"dev-0", key=KEY, **options)
        (hello,) = client.records([client.client_hello()], client.hello_version)
        for _ in range(3):
            client.socket.send(hello)
            answer = heard(client, 2)
            assert answer is not None and len(answer) <= len(hello), (options, hello, answer)
            (record,) = client.split(answer)
            expect((record.type, record.epoch, record.body[0]), (HANDSHAKE, 0, HELLO_VERIFY_REQUEST))
    counts = gateway.ask("/rdline/stats")
    expect("dtls_cookies" in counts and counts["dtls_cookies"] >= 15, True, "cookies")


def test_cookies(gateway):
    """A cookie is of one address and of one Hello."""
    client, other = (DtlsClient(identity=b"dev-0", key=KEY) for _ in range(2))
    verify = client.exchange([client.client_hello()], (HELLO_VERIFY_REQUEST,))[HELLO_VERIFY_REQUEST]
    cookie = verify[3:3 + verify[2]]
    (hello,) = client.records([client.client_hello(cookie)])
    (changed,) = client.records([client.client_hello(cookie[:-1] + bytes([cookie[-1] ^ 1]))])
    for sender, octets in ((other, hello), (client, changed)):
        sender.socket.send(octets)
        (record,) = client.split(heard(sender, 2))
        expect(record.body[0], HELLO_VERIFY_REQUEST, "its answer")
    client.socket.send(hello)
    record = next(client.split(heard(client, 2)))
    expect(record.body[0], SERVER_HELLO, "its answer")


def test_flights(gateway):
    """Apart, in fragments, reversed, lost."""
    psk = dict(identity=b"dev-0", key=KEY)
    certified = dict(suites=ECDHE_SUITES, certificate=gateway.authority.issue("cn-flights"))
    both = (dict(shape=apart), dict(shape=apart, fragment=10), dict(shape=backwards, fragment=30), dict(shape=lost_last),
            dict(cid=b"", shape=apart, fragment=20), dict(cid=b"", shape=lost_last), dict(cid=b"to-us", shape=backwards))
    # Without extensions, as the smallest clients have it.
    bare = (dict(hello_version=0xFE00), dict(hello_version=0xFEFF, shape=apart), dict(shape=backwards, fragment=10))
    for options in [dict(psk, **o) for o in both] + [dict(psk, bare=True, **o) for o in bare] + [dict(certified, **o) for o in both]:
        client = DtlsClient(retransmit_s=0.3, **options)
        expect(client.register("cn-flights" if client.certificate else "dev-0").code, "2.01", options)


def test_early_requests(gateway):
    """A request in the datagram of the client's last flight, in one behind it, and before its Finished."""
    for cid in (None, b"", b"to-us"):
        for order in ("together", "behind", "before"):
            client = DtlsClient(identity=b"dev-0", key=KEY, cid=cid).hello()
            *flight, finished = client.records(client.last_flight())
            options = [(URI_PATH, "rd"), (URI_QUERY, "ep=dev-0"), (URI_QUERY, "lwm2m=1.0"), (CONTENT_FORMAT, b"\x28")]
            early = client.record(APPLICATION_DATA, message(POST, Device.mid(), options, LIST.encode()))
            flight = b"".join(flight)
            for datagram in {"together": [flight + finished + early], "behind": [flight + finished, early],
                             "before": [flight, early, finished]}[order]:
                client.socket.send(datagram)
            answer = client.receive()
            expect(answer is not None and Answer(answer).code, "2.01", order)
        calm(gateway)


def test_lost_answers(gateway):
    """What the server sends is lost once, each datagram in turn, and it is said again."""
    for cid in (None, b"to-us"):
        for lost in (1, 2, 3):
            seen = []

            def hears(datagram):
                seen.append(datagram)
                return len(seen) != lost

            client = DtlsClient(identity=b"dev-0", key=KEY, hears=hears, cid=cid, retransmit_s=0.2)
            expect(client.register("dev-0").code, "2.01", "Register")
            assert len(seen) > lost


def test_sizes(gateway):
    """max_fragment_length (RFC 6066) and record_size_limit (RFC 8449): no record of the server's is longer."""
    certificate = gateway.authority.issue("cn-sizes")
    for extension, most in (((1, b"\x01"), 512), ((28, b"\x00\x80"), 128), ((28, b"\x00\x40"), 64), (None, 1280)):
        lengths = []

        def hears(datagram):
            lengths.extend(len(record.body) - (24 if record.epoch else 0) for record in client.split(datagram))
            return True

        client = DtlsClient(suites=ECDHE_SUITES[:1], certificate=certificate, extra=(extension,) if extension else (), hears=hears,
                            ticket=b"")
        expect(client.register("cn-sizes").code, "2.01", extension)
        assert max(lengths) <= most, (extension, lengths)
        # A ticket would make the next Hello too long for one record.
        expect(SESSION_TICKET in client.agreed, extension is None, "a ticket")


def test_blocks(gateway):
    """A list in blocks belongs to the session, whatever the address."""
    for cid in (None, b""):
        client, location = registered(cid=cid)
        payload = (LIST + "".join(",</3303/%d>" % n for n in range(26))).encode()
        blocks = [payload[k:k + 64] for k in range(0, len(payload), 64)]
        for n, block in enumerate(blocks):
            more = n + 1 < len(blocks)
            options = [(URI_PATH, "rd"), (URI_QUERY, "ep=" + client.name), (URI_QUERY, "lwm2m=1.0"), (CONTENT_FORMAT, b"\x28"),
                       (BLOCK1, bytes([n << 4 | 8 * more | 2]))]
            octets = message(POST, Device.mid(), options, block)
            if cid is not None and n > 0:
                client.rebind()
            answer = client.raw(octets)
            expect(answer.code, "2.31" if more else "2.01", "block %d" % n)
            # The same in clear text is of another transfer: it has no beginning.
            clear = Device()
            expect(clear.raw(octets).code, "2.31" if n == 0 else "4.08", "block %d in clear text" % n)
        expect(gateway.registration(client.name)["objects_total"], 28, "objects")


def test_exchanges(gateway):
    """A copy from another port is the same exchange; the same Message ID in clear text, or in another session, is not."""
    client, location = registered(cid=b"")
    octets = message(DELETE, Device.mid(), [(URI_PATH, s) for s in location])
    expect(client.raw(octets).code, "2.02", "De-register")
    client.rebind()
    expect(client.raw(octets).code, "2.02", "its copy, from another port")
    expect(device(client.name).raw(octets).code, "4.04", "in another session")
    expect(Device().raw(octets).code, "4.04", "in clear text")


main(start)
