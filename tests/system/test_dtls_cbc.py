#!/usr/bin/python3
"""Sessions with CBC, as older modems have them: served where that is wanted, and bounded."""
import os
import select
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from dtls_lab import *  # noqa: E402,F403

TWO_QUEUES = '{ device = "net_af_packet0,iface=rdl0,qpairs=2"; addresses = [ "%s/24", "%s/64" ]; }' % (GATEWAY4, GATEWAY6)
DEVICES = 12
PATIENCE_S = 5
ETM = (ENCRYPT_THEN_MAC, b"")
# As old as they come, and as new.
MANNERS = (dict(bare=True), dict(extended_master_secret=False), dict(), dict(extra=(ETM,)), dict(cid=b"", extra=(ETM,)))
ONLY_CBC = '[ "TLS_PSK_WITH_AES_128_CBC_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" ]'


def setup(lab):
    lab.authority = Authority(lab)
    provision(lab, *["dev-%d" % number for number in range(DEVICES)] + ["psk", "gone"])
    own = lab.authority.issue("cn")
    lab.file = {"ca": lab.dir + "/ca.pem", "certificate": lab.authority.file("device.pem", own.chain_pem()),
                "key": lab.authority.file("device.key", own.key_pem())}
    return lab


def serve(lab, ports=None, workers=1, **keys):
    keys.setdefault("cbc", "true")
    return lab.gateway(ports=ports, workers=workers, extra=group(lab, True, **keys))


def psk(number, **options):
    return device("dev-%d" % number, suites=(PSK_CBC,), **options)


def registered(number, **options):
    client = psk(number, **options)
    answer = client.register("dev-%d" % number)
    expect(answer.code, "2.01", "Register")
    client.location = path(answer)
    return client


def counts(gateway, *names):
    all_of_them = gateway.ask("/rdline/dtls")
    return [all_of_them[name] for name in names]


def life(client, name):
    answer = client.register(name)
    expect(answer.code, "2.01", "Register")
    expect(client.update(path(answer)).code, "2.04", "Update")
    expect(client.deregister(path(answer)).code, "2.02", "De-register")
    expect(client.update(path(answer)).code, "4.04", "Update of what is gone")
    # A ping (RFC 7252 section 4.3), a refusal, and what is no message.
    client.send(b"\x40\0\x12\x34")
    expect(client.receive(), b"\x70\0\x12\x34", "a Reset")
    expect(client.register("another").code, "4.00", "Register of another endpoint")


def test_off(lab):
    gateway = lab.gateway(extra=group(lab, True))
    for client in (DtlsClient(identity=b"dev-0", key=KEY, suites=(PSK_CBC,)),
                   DtlsClient(suites=(ECDHE_CBC,), certificate=lab.authority.issue("cn"))):
        expect(refused(client), True, "a handshake with CBC")
    expect(counts(gateway, "handshakes_failed_suite", "cbc_sessions"), [2, 0], "counters")
    expect(gateway.stop(), 0)


def test_life_of_a_registration(lab):
    gateway = serve(lab)
    for manner in MANNERS:
        life(device("dev-0", suites=(PSK_CBC,), **manner), "dev-0")
        if manner.get("bare"):  # of which group its key is, nobody could know
            continue
        own = lab.authority.issue("cn")
        life(DtlsClient(address=GATEWAY6, suites=(ECDHE_CBC,), certificate=own, **manner).handshake(), "cn")
    client = psk(0, cid=b"me")
    expect(CONNECTION_ID in client.agreed, False, "a Connection ID")
    client = device("dev-1", suites=(PSK_CBC, PSK_GCM_256))
    expect(client.suite, PSK_GCM_256, "what is served otherwise comes first")
    sessions = counts(gateway, "cbc_sessions", "sessions_aes_128_cbc_psk", "sessions_aes_128_cbc_x509")
    expect(sessions, [2 * len(MANNERS), len(MANNERS) + 1, len(MANNERS) - 1], "sessions")
    expect(gateway.stop(), 0)


def test_resumed(lab):
    gateway = serve(lab)
    for _ in range(2):
        first = DtlsClient(suites=(ECDHE_CBC,), certificate=lab.authority.issue("cn-2"), ticket=b"").handshake()
    answer = first.register("cn-2")
    again = DtlsClient(suites=(ECDHE_CBC,), ticket=first.new_ticket()).handshake()
    assert again.resumes()
    expect(again.update(path(answer)).code, "2.04", "Update in a session that was resumed")
    expect(gateway.stop(), 0)


def test_replayed_and_forged(lab):
    gateway = serve(lab)
    for extra in ((), (ETM,)):
        client = registered(0, extra=extra)
        before, = counts(gateway, "cbc_discarded")
        update = message(POST, client.mid(), [(URI_PATH, s) for s in client.location])
        record = client.send(update)
        expect(Answer(client.receive()).code, "2.04", "Update")
        for octet in range(13, len(record), 7):
            client.socket.send(record[:octet] + bytes([record[octet] ^ 4]) + record[octet + 1:])
        forged = len(range(13, len(record), 7))
        for _ in range(3):
            client.socket.send(record)
        client.socket.send(client.record(APPLICATION_DATA, update)[:-1])
        for length in (0, 1, 15, 16, 17, 31, 32, 48):
            client.socket.send(b"\x17\xfe\xfd\0\1\0\0\0\0\0\x20" + vector(bytes(length), 2))
        # The same request in a record of its own is a copy, and answered as before.
        client.send(update)
        expect(Answer(client.receive()).code, "2.04", "a copy")
        expect(client.receive(0.1), None, "an answer to what was replayed or forged")
        until(lambda: counts(gateway, "cbc_discarded")[0] == before + forged + 3 + 8, "not counted")
        expect(gateway.ask("/rdline/stats")["replayed"] > 0, True, "copies")
        # Another's record, and the own one in another's name.
        other = registered(1)
        other.socket.send(client.record(APPLICATION_DATA, update))
        expect(other.receive(0.1), None, "an answer to another's record")
        client.send(b"")
        expect(client.update(client.location).code, "2.04", "the session is as it was")
    expect(gateway.stop(), 0)


def test_several_records(lab):
    gateway = serve(lab)
    client = registered(0)
    for count in (2, 4):
        mids = [client.mid() for _ in range(count)]
        client.socket.send(b"".join(
            client.record(APPLICATION_DATA, message(POST, mid, [(URI_PATH, s) for s in client.location])) for mid in mids))
        expect(sorted(Answer(client.receive()).mid for _ in mids), sorted(mids), "answers")
    expect(gateway.stop(), 0)


def test_last_flight_lost(lab):
    gateway = serve(lab)
    lost = []

    def hears(datagram):
        """Not the first datagram that begins the last flight."""
        if datagram[0] != CHANGE_CIPHER_SPEC or lost:
            return True
        lost.append(datagram)
        return False

    client = psk(0, hears=hears, retransmit_s=0.2)
    assert lost
    life(client, "dev-0")
    expect(counts(gateway, "flights_repeated", "handshakes_finished"), [1, 1], "counters")
    expect(gateway.stop(), 0)


def test_ends(lab):
    gateway = serve(lab, session_idle_s=2)
    # close_notify ends the session, and a new one goes on with the registration.
    client = registered(0)
    client.close()
    until(lambda: counts(gateway, "cbc_closed", "cbc_sessions", "sessions") == [1, 0, 0], "close_notify", 2)
    expect(client.update(client.location, wait=0.1), None, "what is closed")
    again = psk(0)
    expect(again.update(client.location).code, "2.04", "Update in a new session")
    # From another port it is nobody's.
    again.rebind()
    expect(again.update(client.location, wait=0.1), None, "another port")
    # One without a registration.
    psk(1)
    until(lambda: counts(gateway, "cbc_sessions", "sessions") == [1, 1], "an idle one", 6)
    # A reboot: the same port, another session; the one before is over.
    client = registered(2)
    for _ in range(3):
        client.forget()
        client.handshake()
        expect(client.update(client.location).code, "2.04", "Update after a reboot")
    until(lambda: counts(gateway, "cbc_sessions", "sessions") == [2, 2], "sessions before", 3)
    # Its credential is removed.
    gone = device("gone", suites=(PSK_CBC,))
    expect(gone.register("gone").code, "2.01", "Register")
    credential(lab, "remove", "gone")
    until(lambda: gone.register("gone", wait=0.1) is None, "its session did not end", 1)
    until(lambda: counts(gateway, "cbc_sessions", "sessions") == [2, 2], "nobody swept it up", 3)
    provision(lab, "gone")
    expect(gateway.stop(), 0)


def test_table_full(lab):
    gateway = serve(lab, cbc_sessions=4)
    clients = [registered(number) for number in range(3)]
    idle = psk(3)
    psk(4)
    expect(idle.register("dev-3", wait=0.2), None, "the least used without a registration")
    expect(counts(gateway, "cbc_sessions", "cbc_crowded"), [4, 1], "counters")
    clients.append(registered(5))
    expect(counts(gateway, "cbc_sessions", "cbc_crowded"), [4, 2], "counters")
    late = DtlsClient(identity=b"dev-6", key=KEY, suites=(PSK_CBC,), retransmit_s=0.1, tries=2)
    expect(silent(late), True, "one more than there is room for")
    expect(counts(gateway, "handshakes_failed_room", "cbc_sessions"), [1, 4], "counters")
    expect(device("dev-7").register("dev-7").code, "2.01", "other suites")
    expect(clients[1].deregister(clients[1].location).code, "2.02", "De-register")
    registered(6)
    expect(clients[1].register("dev-1", wait=0.2), None, "the one that has de-registered")
    for client in (clients[0], clients[2], clients[3]):
        expect(client.update(client.location).code, "2.04", "Update of one with a registration")
    expect(gateway.stop(), 0)


def test_workers_and_threads(lab):
    gateway = serve(lab, TWO_QUEUES, 2, handshakes=2)
    clients = [registered(number, address=(GATEWAY4, GATEWAY6)[number % 2]) for number in range(DEVICES)]
    for _ in range(3):
        for client in clients:
            expect(client.update(client.location).code, "2.04", "Update")
    expect(counts(gateway, "cbc_sessions", "cbc_opened", "cbc_sealed", "cbc_shed", "cbc_discarded"),
           [DEVICES, 4 * DEVICES, 4 * DEVICES, 0, 0], "counters")
    expect(gateway.stop(), 0)


# ---- clients that others wrote ----
def needs(program):
    if shutil.which(program) is None:
        raise Skip("there is no %s here" % program)
    return program


class Spoken:
    """A client that takes and gives octets as they are; the first octets may be text about itself."""

    mid = 0x4141  # no end of a line in it

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def ask(self, code, path, queries=(), payload=b""):
        self.mid += 1
        options = [(URI_PATH, s) for s in path] + [(URI_QUERY, q) for q in queries] + [(CONTENT_FORMAT, b"\x28")] * bool(payload)
        request = message(code, self.mid, options, payload)
        self.process.stdin.write(request)
        self.process.stdin.flush()
        said, at, wait = b"", 0, PATIENCE_S
        # Until it is silent behind the answer, which it may write in pieces.
        while select.select([self.process.stdout], [], [], wait)[0]:
            octets = os.read(self.process.stdout.fileno(), 65536)
            assert octets, said
            said += octets
            at = said.find(request[2:6])  # the token, too, which is no text
            if at >= 2:
                wait = 0.1
        assert at >= 2, said
        return Answer(said[at - 2:])

    def life(self, name):
        try:
            answer = self.ask(POST, ["rd"], ["ep=" + name, "lwm2m=1.0", "lt=60"], b"</1/0>,</3/0>")
            expect(answer.code, "2.01", "Register")
            expect(self.ask(POST, path(answer)).code, "2.04", "Update")
            expect(self.ask(DELETE, path(answer)).code, "2.02", "De-register")
        finally:
            self.process.kill()
            self.process.communicate()


def test_openssl(lab):
    gateway = serve(lab)
    openssl = [needs("openssl"), "s_client", "-dtls1_2", "-connect", GATEWAY4 + ":5684", "-quiet"]
    for more in ((), ("-legacy_server_connect",), ("-noservername",)):
        Spoken(*openssl, "-cipher", "PSK-AES128-CBC-SHA256", "-psk", KEY.hex(), "-psk_identity", "psk", *more).life("psk")
    Spoken(*openssl, "-cipher", "ECDHE-ECDSA-AES128-SHA256", "-cert", lab.file["certificate"], "-key", lab.file["key"],
           "-CAfile", lab.file["ca"], "-verify_return_error").life("cn")
    expect(gateway.stop(), 0)


def test_gnutls(lab):
    gateway = serve(lab)
    priority = "NONE:+VERS-DTLS1.2:+%s:+AES-128-CBC:+SHA256:+SIGN-ALL:+GROUP-ALL:+COMP-NULL"
    gnutls = [needs("gnutls-cli"), "-u", "-p", "5684"]
    for more in ("", ":%NO_ETM"):
        Spoken(*gnutls, "--priority", priority % "PSK" + more, "--pskkey", KEY.hex(), "--pskusername", "psk", GATEWAY4).life("psk")
        Spoken(*gnutls, "--priority", priority % "ECDHE-ECDSA" + more, "--x509certfile", lab.file["certificate"],
               "--x509keyfile", lab.file["key"], "--insecure", GATEWAY4).life("cn")
    expect(gateway.stop(), 0)


def says(program, method, uri, *options):
    """What libcoap's client is told: it has no choice of suites."""
    command = [needs(program), "-B", str(PATIENCE_S), "-v", "6", "-m", method, *options, "coaps://%s%s" % (GATEWAY4, uri)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20).stdout.decode(errors="replace")


def libcoap(lab, program):
    gateway = serve(lab, suites=ONLY_CBC)
    for name, own in (("psk", ("-u", "psk", "-k", KEY.decode())),
                      ("cn", ("-c", lab.file["certificate"], "-j", lab.file["key"], "-C", lab.file["ca"]))):
        query = "?ep=%s&lwm2m=1.0&lt=60" % name
        said = says(program, "post", "/rd" + query, *own, "-t", "40", "-e", "</1/0>,</3/0>")
        assert "c:2.01" in said, said
        location = gateway.registration(name)["location"]
        for method, code in (("post", "c:2.04"), ("delete", "c:2.02")):
            said = says(program, method, location, *own)
            assert code in said, said
        expect(gateway.registration(name), {}, "the registration")
    expect(counts(gateway, "cbc_broken", "cbc_discarded"), [0, 0], "counters")
    expect(gateway.stop(), 0)


def test_coap_client_openssl(lab):
    libcoap(lab, "coap-client-openssl")


def test_coap_client_gnutls(lab):
    libcoap(lab, "coap-client-gnutls")


main(setup)
