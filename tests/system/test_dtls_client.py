#!/usr/bin/python3
"""The tests' own DTLS client, against servers that others wrote."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from dtls import *  # noqa: E402,F403
import dtls_certificates as certificates  # noqa: E402

OPENSSL = {PSK_CCM_8: "PSK-AES128-CCM8", PSK_CCM: "PSK-AES128-CCM", PSK_GCM: "PSK-AES128-GCM-SHA256",
           PSK_GCM_256: "PSK-AES256-GCM-SHA384", ECDHE_CCM_8: "ECDHE-ECDSA-AES128-CCM8",
           ECDHE_CCM: "ECDHE-ECDSA-AES128-CCM", ECDHE_GCM: "ECDHE-ECDSA-AES128-GCM-SHA256",
           ECDHE_GCM_256: "ECDHE-ECDSA-AES256-GCM-SHA384"}
PRIORITY = "NONE:+VERS-DTLS1.2:+AEAD:+AES-128-CCM-8:+AES-128-CCM:+AES-128-GCM:+AES-256-GCM:+SIGN-ALL:+GROUP-ALL:+COMP-NULL"


class Server:
    """A server in a process of its own, on a port that was free; `{}` in its command is the port."""

    def __init__(self, *command):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        command = [part.format(self.port) for part in command]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        until(self.listens, "%s does not listen" % command[0])

    def listens(self):
        with open("/proc/net/udp") as f, open("/proc/net/udp6") as f6:
            return ":%04X " % self.port in f.read() + f6.read()

    def client(self, **options):
        return DtlsClient("127.0.0.1", self.port, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


class Openssl(Server):
    def __init__(self, suite, *more):
        super().__init__("openssl", "s_server", "-dtls1_2", "-accept", "127.0.0.1:{}", "-quiet", "-cipher", OPENSSL[suite], *more)

    def talk(self, client):
        """A line each way."""
        client.handshake()
        client.send(b"there\n")
        expect(self.process.stdout.readline(), b"there\n")
        self.process.stdin.write(b"back\n")
        self.process.stdin.flush()
        expect(client.receive(), b"back\n")
        client.close()


def psk(suite):
    return Openssl(suite, "-nocert", "-psk", b"secret".hex(), "-psk_identity", "device")


def test_suites():
    for suite in PSK_SUITES:
        for secret in (True, False):
            with psk(suite) as server:
                client = server.client(suites=(suite,), extended_master_secret=secret)
                server.talk(client)
                expect(EXTENDED_MASTER_SECRET in client.agreed, secret)


def test_the_first_of_many():
    with psk(PSK_GCM) as server:
        server.talk(server.client(suites=PSK_SUITES))


def test_flights():
    """In any shape that the network gives them."""
    for options in (dict(shape=apart, fragment=10), dict(shape=lost_last), dict(shape=backwards), dict(bare=True),
                    dict(bare=True, hello_version=0xFEFF, shape=apart, fragment=20)):
        with psk(PSK_CCM_8) as server:
            server.talk(server.client(**options))


def test_lost_answers():
    """What the server sends is lost once, each datagram in turn."""
    for lost in (1, 2, 3):
        seen = []

        def hears(datagram):
            seen.append(datagram)
            return len(seen) != lost

        with psk(PSK_CCM_8) as server:
            server.talk(server.client(hears=hears))
            expect(len(seen) > lost, True, "something was said again")


def test_what_is_refused():
    """A key that is not the server's (it lets any identity pass), and no suite in common."""
    for options in (dict(key=b"other"), dict(suites=(PSK_GCM,))):
        with psk(PSK_CCM_8) as server:
            client = server.client(tries=2, **options)
            try:
                client.handshake()
            except (Refused, Silence):
                continue
            raise AssertionError("a handshake with %s" % options)


def test_records():
    """Several in a datagram, one twice, one forged, one from the past."""
    with psk(PSK_CCM_8) as server:
        client = server.client().handshake()
        first, second = (client.record(APPLICATION_DATA, line) for line in (b"1\n", b"2\n"))
        forged = client.record(APPLICATION_DATA, b"no\n")
        client.socket.send(first + second)
        client.socket.send(second)
        client.socket.send(forged[:-1] + bytes([forged[-1] ^ 1]))
        client.socket.send(first)
        client.send(b"3\n")
        expect([server.process.stdout.readline() for _ in range(3)], [b"1\n", b"2\n", b"3\n"])
        client.close()
        expect(client.receive(), None)
        expect(client.alerts, [CLOSE_NOTIFY])


def test_client_certificates():
    with tempfile.TemporaryDirectory() as folder:
        def file(name, octets):
            with open(os.path.join(folder, name), "wb") as f:
                f.write(octets)
            return f.name

        ca = certificates.issue("ca", authority=True)
        own, device = certificates.issue("server", ca), certificates.issue("device", ca)
        files = ["-cert", file("cert", own.chain_pem()), "-key", file("key", own.key_pem()), "-CAfile",
                 file("ca", ca.chain_pem()), "-Verify", "2", "-verify_return_error", "-verify_quiet"]
        for suite in ECDHE_SUITES:
            with Openssl(suite, *files) as server:
                server.talk(server.client(suites=(suite,), certificate=device, fragment=100, shape=apart))
        with Openssl(ECDHE_CCM_8, *files) as server:
            server.talk(server.client(suites=(ECDHE_CCM_8,), certificate=device, groups=(certificates.SECP256R1,)))
        with Openssl(ECDHE_GCM, *files) as server:
            client = server.client(suites=(ECDHE_GCM,), certificate=device, ticket=b"")
            client.handshake()
            ticket = client.new_ticket()
            client.close()
            client = server.client(suites=(ECDHE_GCM,), certificate=device, ticket=ticket)
            server.talk(client)
            expect(client.resumes(), True)
        for wrong in (None, certificates.issue("device")):
            with Openssl(ECDHE_GCM, *files) as server:
                try:
                    server.client(suites=(ECDHE_GCM,), certificate=wrong, tries=2).handshake()
                except Refused:
                    continue
                raise AssertionError("taken without a certificate of the CA's")


def test_raw_public_keys():
    with tempfile.TemporaryDirectory() as folder:
        own = certificates.Identity()
        for name, octets in (("key", own.key_pem()), ("public", own.public_pem())):
            with open(os.path.join(folder, name), "wb") as f:
                f.write(octets)
        with Server("gnutls-serv", "--udp", "--echo", "--port", "{}", "--require-client-cert",
                    "--rawpkkeyfile", folder + "/key", "--rawpkfile", folder + "/public", "--priority",
                    PRIORITY + ":+ECDHE-ECDSA:+CTYPE-SRV-RAWPK:+CTYPE-CLI-RAWPK") as server:
            client = server.client(suites=ECDHE_SUITES, certificate=certificates.Identity()).handshake()
            expect(client.agreed[certificates.CLIENT_CERTIFICATE_TYPE], b"\x02")
            client.send(b"raw")
            expect(client.receive(), b"raw")


def test_connection_ids():
    """No server of Debian's has them: sealed here and opened here, by the additional data of RFC 9146, section 5.3."""
    near, far = DtlsClient("127.0.0.1", 9), DtlsClient("127.0.0.1", 9)
    keys = directions(PSK_CCM_8, bytes(48), bytes(32), bytes(32))
    near.writer, near.server_cid = keys[0], b"\x01\x02\x03"
    far.reader, far.cid, far.agreed = keys[0], b"\x01\x02\x03", {CONNECTION_ID: b"\0"}
    datagram = near.record(APPLICATION_DATA, b"payload", sequence=5, padding=3)
    expect(datagram[:14].hex(), "19fefd0001000000000005010203")
    expect([far.open(record) for record in far.split(datagram)], [(APPLICATION_DATA, b"payload")])
    number, plaintext = bytes.fromhex("0001000000000005"), b"payload" + bytes([APPLICATION_DATA, 0, 0, 0])
    additional = b"\xff" * 8 + bytes.fromhex("190319fefd0001000000000005010203") + struct.pack("!H", len(plaintext))
    cipher = AESCCM(prf("sha256", bytes(48), b"key expansion", bytes(64), 40)[:16], 8)
    expect(cipher.decrypt(keys[0].salt + number, datagram[24:], additional), plaintext)


main()
