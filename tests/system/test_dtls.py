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


if __name__ == "__main__":
    main(start)
