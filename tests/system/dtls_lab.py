"""Gateways of a lab that serve DTLS: their credentials and certificates, and devices that have some."""
import os
import socket
import subprocess

import dtls_certificates as certificates
from dtls import *  # noqa: F401,F403
from lab import BINARY, GATEWAY4

KEY = b"secret"


def credential(lab, *words):
    """Changes the lab's credentials."""
    subprocess.run([os.path.dirname(BINARY) + "/rdline-ctl", "credential", "--database", lab.dir + "/credentials", *words],
                   check=True, timeout=20, stdout=subprocess.DEVNULL)


def provision(lab, *lines):
    """Adds credentials whose key is KEY, from lines "identity" or "identity,endpoint..."."""
    path = lab.dir + "/import.csv"
    with open(path, "w") as f:
        for line in lines:
            identity, _, names = line.partition(",")
            f.write("%s,%s%s\n" % (identity, KEY.hex(), "," + names if names else ""))
    credential(lab, "import", path)


def group(lab, certified=False, **keys):
    """The group of a configuration; keyword arguments are its keys."""
    keys.setdefault("credentials", '"%s/credentials"' % lab.dir)
    if certified:
        for key, file in (("certificate", "server.pem"), ("key", "server.key"), ("ca", "ca.pem")):
            keys.setdefault(key, '"%s/%s"' % (lab.dir, file))
    return "dtls = { %s };" % " ".join("%s = %s;" % item for item in keys.items())


class Authority:
    """Certifies a server and devices; its files are in the lab's folder."""

    def __init__(self, lab):
        self.lab = lab
        self.ca = certificates.issue("ca", authority=True)
        self.file("ca.pem", self.ca.chain_pem())
        self.serve(self.issue("server"))
        self.revoke()

    def issue(self, common_names, **how):
        return certificates.issue(common_names, self.ca, **how)

    def file(self, name, octets):
        path = os.path.join(self.lab.dir, name)
        with open(path, "wb") as f:
            f.write(octets)
        return path

    def serve(self, identity):
        self.file("server.pem", identity.chain_pem())
        self.file("server.key", identity.key_pem())

    def revoke(self, *revoked):
        self.file("crl.pem", certificates.revocations(self.ca, revoked))


def device(identity, address=GATEWAY4, **options):
    """One with a session, by a pre-shared key."""
    return DtlsClient(address, identity=identity.encode(), key=KEY, **options).handshake()


def path(answer):
    return [segment.decode() for segment in answer.location]


def heard(client, wait=0.0):
    """The next datagram; None when there is none in time."""
    client.socket.settimeout(wait)
    try:
        return client.socket.recv(65535)
    except (socket.timeout, BlockingIOError):
        return None


def silent(client, **options):
    """Whether its handshake comes to nothing, of which it is told nothing."""
    for name, value in options.items():
        setattr(client, name, value)
    try:
        client.handshake()
    except Silence:
        return True
    return False


def refused(client):
    """Whether its handshake is refused by an alert."""
    try:
        client.handshake()
    except Refused:
        return True
    return False
