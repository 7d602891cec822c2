#!/usr/bin/python3
"""Registrations over DTLS: who devices prove to be, and what they may do then."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from dtls import *  # noqa: E402,F403

KEY = b"secret"


def credential(lab, *words):
    """Changes the lab's credentials."""
    subprocess.run([os.path.dirname(BINARY) + "/rdline-ctl", "credential", "--database", lab.dir + "/credentials", *words],
                   check=True, timeout=20, stdout=subprocess.DEVNULL)


def start(lab):
    for number in range(8):
        credential(lab, "add", "dev-%d" % number, KEY.hex())
    gateway = lab.gateway(extra='dtls = { credentials = "%s/credentials"; };' % lab.dir)
    gateway.credential = lambda *words: credential(lab, *words)
    return gateway


def device(number, address=GATEWAY4, **options):
    client = DtlsClient(address, identity=b"dev-%d" % number, key=KEY, **options)
    client.handshake()
    return client


def path(answer):
    return [segment.decode() for segment in answer.location]


def life(gateway, client, name):
    answer = client.register(name)
    expect(answer.code, "2.01", "Register")
    expect(client.update(path(answer)).code, "2.04", "Update")
    expect(gateway.registration(name)["port"], client.port, "port")
    expect(client.deregister(path(answer)).code, "2.02", "De-register")
    expect(client.update(path(answer)).code, "4.04", "Update of what is gone")


def test_life_of_a_registration(gateway):
    for suite in (PSK_CCM_8, PSK_CCM, PSK_GCM, PSK_GCM_256):
        life(gateway, device(0, suites=(suite,)), "dev-0")
    life(gateway, device(1, GATEWAY6), "dev-1")


def test_another_address(gateway):
    client = device(2, cid=b"")
    answer = client.register("dev-2")
    for _ in range(3):
        client.rebind()
        expect(client.update(path(answer)).code, "2.04", "Update from another port")
        expect(gateway.registration("dev-2")["port"], client.port, "port")
    client = device(2, cid=b"to-us")
    expect(client.update(path(answer)).code, "2.04", "Update in a new session")
    client.rebind()
    expect(client.update(path(answer)).code, "2.04", "Update from another port")


def test_telemetry(gateway):
    before = gateway.ask("/rdline/dtls")
    client = device(3, cid=b"")
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
    expect((after["credentials"], after["secured_endpoints"], after["certificate_expires_in"]), (8, 8, 0), "credentials")
    gateway.credential("add", "dev-8", KEY.hex())
    until(lambda: gateway.ask("/rdline/dtls")["credentials_added"] == 1, "the new credential was not seen")
    client = device(8)
    expect(client.register("dev-8").code, "2.01", "Register")
    state = gateway.registration("dev-8")
    expect((state["security"], state["identity"]), ("psk", "dev-8"), "who made it")
    gateway.credential("remove", "dev-8")
    until(lambda: client.register("dev-8", wait=0.2) is None, "its session did not end", 2)
    until(lambda: gateway.ask("/rdline/dtls")["sessions_revoked"] > 0, "nobody swept it up")
    expect(gateway.ask("/rdline/dtls")["credentials"], 8, "credentials")


if __name__ == "__main__":
    main(start)
