#!/usr/bin/python3
"""Registrations over DTLS: who devices prove to be, and what they may do then."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from dtls_lab import *  # noqa: E402,F403

IDENTITIES = ["dev-%d" % number for number in range(8)] + ["many,named-*,named-one", "late", "gone", "other", "shut"]


def start(lab):
    lab.authority = Authority(lab)
    provision(lab, *IDENTITIES)
    gateway = lab.gateway(extra="%s endpoints = { secured = [ \"fleet-*\" ]; };" %
                          group(lab, True, crl='"%s/crl.pem"' % lab.dir))
    gateway.authority = lab.authority
    return gateway


def life(gateway, client, name):
    answer = client.register(name)
    expect(answer.code, "2.01", "Register")
    expect(client.update(path(answer)).code, "2.04", "Update")
    expect(gateway.registration(name)["port"], client.port, "port")
    expect(client.deregister(path(answer)).code, "2.02", "De-register")
    expect(client.update(path(answer)).code, "4.04", "Update of what is gone")


def proving(identity, **options):
    """A device with a certificate or a raw key, before its handshake."""
    options.setdefault("suites", ECDHE_SUITES[:1])
    return DtlsClient(certificate=identity, **options)


def certified(gateway, common_names, **options):
    return proving(gateway.authority.issue(common_names), **options)


def register(client, name, code, *queries):
    answer = client.register(name) if name is not None else client.request(POST, ["rd"], ["lwm2m=1.0", "lt=60"], b"</1/0>,</3/0>")
    expect(answer.code, code, "Register of %s" % name)
    return path(answer)


def test_telemetry(gateway):
    before = gateway.ask("/rdline/dtls")
    client = device("dev-3", cid=b"")
    expect(client.register("dev-3").code, "2.01", "Register")
    client.rebind()
    expect(client.register("dev-3").code, "2.01", "Register from another port")
    record = client.record(APPLICATION_DATA, b"\0")
    for _ in range(2):
        client.socket.send(record)
    until(lambda: gateway.ask("/rdline/dtls")["dropped_replay"] > before["dropped_replay"], "no replay was counted")
    after = gateway.ask("/rdline/dtls")
    more = {name for name in after if after[name] > before[name]}
    wanted = {"cookies", "handshakes_admitted", "handshakes_begun", "handshakes_finished", "sessions_established", "sessions",
              "sessions_registered", "sessions_aes_128_ccm_8_psk", "addresses_changed", "dropped_replay", "identities",
              "credentials_looked_up"}
    assert more >= wanted, wanted - more
    expect((after["credentials"], after["secured_endpoints"]), (len(IDENTITIES), len(IDENTITIES)), "credentials")
    expect(29 * 86400 < after["certificate_expires_in"] <= 30 * 86400, True, "certificate_expires_in")
    credential(gateway.lab, "add", "dev-8", KEY.hex())
    until(lambda: gateway.ask("/rdline/dtls")["credentials_added"] == 1, "the new credential was not seen")
    client = device("dev-8")
    expect(client.register("dev-8").code, "2.01", "Register")
    state = gateway.registration("dev-8")
    expect((state["security"], state["identity"]), ("psk", "dev-8"), "who made it")
    credential(gateway.lab, "remove", "dev-8")
    until(lambda: client.register("dev-8", wait=0.2) is None, "its session did not end", 2)
    until(lambda: gateway.ask("/rdline/dtls")["sessions_revoked"] > 0, "nobody swept it up")
    expect(gateway.ask("/rdline/dtls")["credentials"], len(IDENTITIES), "credentials")


def test_life_of_a_registration(gateway):
    for suite in PSK_SUITES:
        life(gateway, device("dev-0", suites=(suite,)), "dev-0")
    life(gateway, device("dev-1", GATEWAY6), "dev-1")


def test_certificates(gateway):
    for suite in ECDHE_SUITES:
        life(gateway, certified(gateway, "cn-1", suites=(suite,)), "cn-1")
    life(gateway, certified(gateway, "cn-1", groups=(certificates.SECP256R1,), address=GATEWAY6), "cn-1")


def test_server_names(gateway):
    """Clients that have no host's name to say say an address, as libcoap does, or an empty one, as Zephyr: that is no error."""
    for names in ([], [(0, b"gateway.example")], [(0, b"2001:db8::1")], [(0, b"")], [(0, b"a_b")], [(7, b""), (0, b"a")]):
        extra = ((0, vector(b"".join(bytes([kind]) + vector(name, 2) for kind, name in names), 2)),)
        for cid in (None, b"\x07"):
            life(gateway, device("dev-4", extra=extra, cid=cid), "dev-4")
        first = certified(gateway, "cn-names", ticket=b"", extra=extra).handshake()
        life(gateway, first, "cn-names")
        again = DtlsClient(suites=ECDHE_SUITES[:1], ticket=first.new_ticket(), extra=extra).handshake()
        assert again.resumes()
        life(gateway, again, "cn-names")


def test_resumed(gateway):
    for cid in (None, b""):
        first = certified(gateway, "cn-2", ticket=b"", cid=cid).handshake()
        location = register(first, "cn-2", "2.01")
        before = gateway.ask("/rdline/dtls")["handshakes_resumed"]
        # It proves nothing again: who it is, is in the ticket.
        again = DtlsClient(suites=ECDHE_SUITES[:1], ticket=first.new_ticket(), cid=cid, fickle=cid is None).handshake()
        assert again.resumes()
        expect(again.update(location).code, "2.04", "Update in a session that was resumed")
        if cid is not None:
            again.rebind()
            expect(again.update(location).code, "2.04", "Update from another port")
        expect(gateway.ask("/rdline/dtls")["handshakes_resumed"], before + 1, "resumed")
        register(again, "cn-3", "4.00")
        # After a reboot, at its old address: it asks at once, while its old session is there.
        first.ticket = first.new_ticket()
        for _ in range(3):
            first.forget()
            first.handshake()
            expect(first.request(GET, location, wait=0.5).code, "4.05", "what follows at once")
    expect(SESSION_TICKET in device("dev-0", ticket=b"").agreed, False, "a ticket for a pre-shared key")


def test_raw_public_keys(gateway):
    own = certificates.Identity()
    pem = gateway.authority.file("raw.pem", own.public_pem())
    expect(refused(proving(own)), True, "a key that nobody knows")
    credential(gateway.lab, "add", "--rpk", pem, "raw-1", "raw-2")
    client = proving(own)
    life(gateway, client, "raw-1")
    life(gateway, client, "raw-2")
    register(client, "raw-3", "4.00")


def test_another_address(gateway):
    client = device("dev-2", cid=b"")
    answer = client.register("dev-2")
    for _ in range(3):
        client.rebind()
        expect(client.update(path(answer)).code, "2.04", "Update from another port")
        expect(gateway.registration("dev-2")["port"], client.port, "port")
    client = device("dev-2", cid=b"to-us")
    expect(client.update(path(answer)).code, "2.04", "Update in a new session")
    client.rebind()
    expect(client.update(path(answer)).code, "2.04", "Update from another port")


def test_names(gateway):
    """What each may register as, and nobody in clear text who could have proved it."""
    one, many, clear = device("dev-3"), device("many"), Device()
    register(one, "dev-3", "2.01")
    register(one, "dev-4", "4.00")
    register(one, "named-one", "4.00")
    register(one, None, "4.00")
    register(many, "named-one", "2.01")
    register(many, "named-by-a-pattern", "2.01")
    register(many, "many", "4.00")
    for name in ("dev-4", "named-one", "fleet-7"):
        register(clear, name, "4.03")
    # Patterns in credentials do not bar others.
    register(clear, "named-otherwise", "2.01")
    register(clear, "many", "2.01")


def test_names_in_certificates(gateway):
    register(certified(gateway, "fleet-1"), "fleet-1", "2.01")
    client = certified(gateway, "cn-2")
    register(client, "cn-2", "2.01")
    register(client, "cn-3", "4.00")
    register(client, "CN-2", "4.00")
    register(certified(gateway, ["two", "names"]), "two", "4.00")
    register(certified(gateway, ["two", "names"]), "names", "4.00")


def test_who_goes_on(gateway):
    """A registration is of the identity that made it."""
    clear, one, another = Device(), certified(gateway, "cn-4"), device("dev-5")
    first = register(clear, "cn-4", "2.01")
    for client in (one, another):
        expect(client.update(first).code, "4.00", "Update of one made in clear text")
        expect(client.deregister(first).code, "4.00", "De-register of one made in clear text")
    expect(clear.update(first).code, "2.04", "it is there as before")
    second = register(one, "cn-4", "2.01")
    expect(clear.update(first).code, "4.04", "replaced")
    register(clear, "cn-4", "4.03")
    for client in (clear, another):
        expect(client.update(second).code, "4.00", "Update under another identity")
        expect(client.deregister(second).code, "4.00", "De-register under another identity")
    expect(one.update(second).code, "2.04", "nothing has changed")
    again = certified(gateway, "cn-4")
    expect(again.update(second).code, "2.04", "Update in a new session, with a renewed certificate")
    expect(again.deregister(second).code, "2.02", "De-register")


def test_certificates_that_are_no_good(gateway):
    from cryptography import x509
    purpose = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH])
    both = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH, x509.ExtendedKeyUsageOID.CLIENT_AUTH])
    others = certificates.issue("another", authority=True)
    for what, identity in (("expired", gateway.authority.issue("cn-5", days=-1)),
                           ("for servers", gateway.authority.issue("cn-5", extra=[purpose])),
                           ("by another authority", certificates.issue("cn-5", others)),
                           ("by itself", certificates.issue("cn-5"))):
        expect(refused(proving(identity)), True, what)
    expect(refused(proving(None)), True, "none")
    register(proving(gateway.authority.issue("cn-5", extra=[both])), "cn-5", "2.01")


def eventually_dead(client, location):
    """Its session ends within a second of now; the answer to a request is silence from then on."""
    end = time.monotonic() + 1
    while client.request(GET, location, wait=0.2) is not None:
        assert time.monotonic() < end, "a session lives without its credential"


def test_credentials_removed(gateway):
    client, other = device("gone"), device("dev-6")
    location = register(client, "gone", "2.01")
    half = DtlsClient(identity=b"gone", key=KEY, retransmit_s=0.1, tries=3).hello()
    credential(gateway.lab, "remove", "gone")
    eventually_dead(client, location)
    expect(silent(half), True, "a handshake that was under way")
    expect(silent(DtlsClient(identity=b"gone", key=KEY, retransmit_s=0.1, tries=3)), True, "a new handshake")
    register(other, "dev-6", "2.01")
    # Nobody is to prove it any more, and nobody else has.
    expect(Device().update(location).code, "4.00", "Update in clear text")
    register(Device(), "gone", "4.03")
    provision(gateway.lab, "gone")
    expect(device("gone").update(location).code, "2.04", "Update of one who is back")


def test_credentials_added_and_changed(gateway):
    client = DtlsClient(identity=b"new", key=KEY, retransmit_s=0.1, tries=3)
    expect(silent(client), True, "nobody knows it")
    register(Device(), "new-1", "2.01")
    provision(gateway.lab, "new,new-1")
    client = device("new")
    register(client, "new-1", "2.01")
    register(client, "new-2", "4.00")
    credential(gateway.lab, "add", "new", KEY.hex(), "new-2", "new-3")
    until(lambda: client.register("new-2").code == "2.01", "no new name", 1)
    register(client, "new-1", "4.00")
    register(Device(), "new-3", "4.03")
    register(Device(), "new-2", "4.03")


def test_a_wrong_key_looks_like_an_unknown_identity(gateway):
    """Both are heard in silence, and the place is free after the third Finished."""
    for identity, key, reason in ((b"dev-7", b"wrong", "key"), (b"nobody", KEY, "identity"), (b"n" * 300, KEY, "identity"),
                                  (b"dev-7\0", KEY, "identity"), (b"", KEY, "identity")):
        client = DtlsClient(identity=identity, key=key, retransmit_s=0.1, tries=2)
        before = gateway.ask("/rdline/dtls")
        expect(silent(client), True, identity)
        expect(gateway.ask("/rdline/dtls")["handshakes_under_way"], before["handshakes_under_way"] + 1, "after two")
        client.socket.send(client.record(HANDSHAKE, bytes(24)))
        until(lambda: gateway.ask("/rdline/dtls")["handshakes_under_way"] == before["handshakes_under_way"], "its place is not free", 2)
        after = gateway.ask("/rdline/dtls")
        expect(after["handshakes_failed_" + reason], before["handshakes_failed_" + reason] + 1, reason)
        expect(heard(client), None, "an answer")


main(start)
