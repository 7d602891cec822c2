#!/usr/bin/python3
"""DTLS as the operator sets it: alone, on many threads, with new certificates, ended at any time."""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from dtls_lab import *  # noqa: E402,F403

TWO_QUEUES = '{ device = "net_af_packet0,iface=rdl0,qpairs=2"; addresses = [ "%s/24", "%s/64" ]; }' % (GATEWAY4, GATEWAY6)


def setup(lab):
    lab.authority = Authority(lab)
    provision(lab, *["dev-%d" % number for number in range(40)] + ["one,another", "pattern,some-*", "two,first,second"])
    return lab


def reload(gateway):
    """The lines that the log has of it."""
    before = len(gateway.log())
    gateway.process.send_signal(signal.SIGHUP)
    until(lambda: re.search(r"^(info reload: done |error reload: ).*$", gateway.log()[before:], re.M), "no reload")
    return gateway.log()[before:].splitlines()


def check(gateway):
    """The exit code of a test of its configuration, and what is said."""
    run = subprocess.run([BINARY, "-t", "-c", gateway.path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
    return run.returncode, run.stdout.decode()


def test_dtls_alone(lab):
    """No clear text; the endpoint is who the device has proved to be."""
    gateway = lab.gateway(coap="port = 0", extra=group(lab, True, endpoint_from_identity="true"))
    try:
        raise AssertionError("clear text is answered: %r" % Device().register("clear", wait=2))
    except ConnectionRefusedError:  # by ICMP: there is no such port
        pass
    expect(Device(port=5684).register("clear", wait=0.3), None, "clear text to the port of DTLS")

    def nameless(client, code):
        answer = client.request(POST, ["rd"], ["lwm2m=1.0", "lt=60"], "</1/0>,</3/0>")
        expect(answer.code, code, "Register without a name")
        return answer

    client = device("dev-0")
    location = path(nameless(client, "2.01"))
    expect(gateway.registration("dev-0")["location"], "/" + "/".join(location), "location")
    expect(client.update(location).code, "2.04", "Update")
    expect(path(client.register("dev-0")) != location, True, "another registration of the same")
    nameless(device("one"), "2.01")
    expect(gateway.registration("another")["endpoint"], "another", "endpoint")
    nameless(device("pattern"), "4.00")
    nameless(device("two"), "4.00")
    nameless(DtlsClient(suites=ECDHE_SUITES[:1], certificate=lab.authority.issue("cn")), "2.01")
    expect(gateway.registration("cn")["endpoint"], "cn", "endpoint")
    nameless(DtlsClient(suites=ECDHE_SUITES[:1], certificate=lab.authority.issue(["cn", "cn"])), "4.00")

    # What waits for a restart does so also beside what does not.
    with open(gateway.path) as f:
        text = f.read()
    with open(gateway.path, "w") as f:
        f.write(text.replace("endpoint_from_identity = true", "endpoint_from_identity = false") + 'endpoints = { deny = [ "x" ]; };\n')
    assert any(l.startswith("warn reload: waits for a restart key=dtls.endpoint_from_identity") for l in reload(gateway)), gateway.log()
    nameless(device("dev-1"), "2.01")
    expect(gateway.stop(), 0)


def core_limits(gateway):
    with open("/proc/%d/limits" % gateway.process.pid) as f:
        return next(line.split()[4:6] for line in f if line.startswith("Max core file size"))


def test_core_dumps(lab):
    """There are none: keys are in memory and in registers. Of clear text alone they are as the system makes them."""
    here = ["sh", "-c", 'ulimit -c unlimited; cd "%s"; exec "$@"' % lab.dir, "sh"]
    gateway = lab.gateway(extra=group(lab), under=here)
    client = device("dev-0")
    expect(client.register("dev-0").code, "2.01", "Register")
    expect(core_limits(gateway), ["1", "1"], "limits")
    gateway.process.send_signal(signal.SIGABRT)
    expect(gateway.process.wait(30), -signal.SIGABRT, "exit")
    expect(glob.glob(lab.dir + "/core*"), [], "dumps")
    gateway = lab.gateway(under=here)
    expect(core_limits(gateway)[0], "unlimited", "without DTLS")
    expect(gateway.stop(), 0)


def test_certificates_read_again(lab):
    gateway = lab.gateway(extra=group(lab, True, crl='"%s/crl.pem"' % lab.dir))
    own = lab.authority.issue("cn-1")

    def shown():
        """The certificate that the server shows."""
        client = DtlsClient(suites=ECDHE_SUITES[:1], certificate=own).handshake()
        return client.came[CERTIFICATE][6:], client

    first, living = shown()
    location = path(living.register("cn-1"))
    another = lab.authority.issue("another server")
    lab.authority.serve(another)
    expect(shown()[0], first, "before it is told")
    half = DtlsClient(suites=ECDHE_SUITES[:1], certificate=own).hello()
    expect(reload(gateway)[-1].startswith("info reload: done"), True, "reload")
    until(lambda: shown()[0] == another.der(), "the old certificate is shown", 2)
    half.handshake()
    expect(living.update(location).code, "2.04", "a session from before")

    # What is no good changes nothing, and is said with its place.
    line = 1 + [n for n, text in enumerate(open(gateway.path)) if "dtls = " in text][0]
    expired = lab.authority.issue("expired server", days=-1)
    for what, certificate, key in (("has expired", expired.chain_pem(), expired.key_pem()),
                                   ("is not the key of the certificate", another.chain_pem(), own.key_pem()),
                                   ("", b"nothing", own.key_pem())):
        lab.authority.file("server.pem", certificate)
        lab.authority.file("server.key", key)
        said = reload(gateway)
        assert any(re.search(r"%s:%d: dtls: .*server\.(pem|key).*%s" % (re.escape(gateway.path), line, what), l) for l in said), said
        expect(said[-1].startswith("error reload: nothing is changed"), True, said)
        code, text = check(gateway)
        assert code == 1 and "%s:%d: dtls: " % (gateway.path, line) in text, text
        expect(shown()[0], another.der(), "certificate")
    lab.authority.serve(another)
    expect(check(gateway), (0, ""), "-t")

    # A device's certificate that is revoked.
    lab.authority.revoke(own)
    expect(reload(gateway)[-1].startswith("info reload: done"), True, "reload")
    until(lambda: refused(DtlsClient(suites=ECDHE_SUITES[:1], certificate=own)), "what is revoked is good", 2)
    own = lab.authority.issue("cn-1")
    expect(shown()[0], another.der(), "one that is not revoked")
    lab.authority.revoke()

    # Until a restart DTLS goes on, and with what it has.
    with open(gateway.path) as f:
        text = f.read()
    with open(gateway.path, "w") as f:
        f.write(re.sub("^dtls = .*$", "", text, flags=re.M))
    said = reload(gateway)
    expect([l for l in said if l.startswith("info reload: changed")], [], "changes")
    expect(shown()[0], another.der(), "certificate without the group")
    expect(gateway.stop(), 0)


def test_many_threads(lab):
    """Two workers, three threads that make handshakes, of which each has some; devices that move from one to the other."""
    gateway = lab.gateway(workers=2, shards=2, ports=TWO_QUEUES, extra=group(lab, True, handshakes=3))
    clients = [device("dev-%d" % n, (GATEWAY4, GATEWAY6)[n % 2], cid=(None, b"")[n // 2 % 2]) for n in range(40)]
    locations = [path(client.register("dev-%d" % n)) for n, client in enumerate(clients)]
    for client, location in zip(clients, locations):
        expect(client.update(location).code, "2.04", "Update")
    workers = [gateway.ask("/rdline/worker,%d" % w) for w in range(2)]
    expect(min(w["dtls_cookies"] for w in workers) > 0, True, "both workers have devices")
    for client, location in zip(clients, locations):
        for _ in range(3 if client.cid is not None else 0):
            client.rebind()
            expect(client.update(location).code, "2.04", "Update from another port")
    for client, location in zip(clients, locations):
        expect(client.deregister(location).code, "2.02", "De-register")
    expect(gateway.stop(), 0)


def test_sessions_come_and_go(lab):
    """Idle ones end, those with a registration do not, and one device in new sessions takes no room from the others."""
    gateway = lab.gateway(extra=group(lab, session_idle_s=1, sessions=8))
    idle, kept, left, brief = (device("dev-%d" % n) for n in range(4))
    location = path(kept.register("dev-1", lt="600"))
    left.deregister(path(left.register("dev-2", lt="600")))
    expect(brief.register("dev-3", lt="1").code, "2.01", "Register")
    until(lambda: gateway.ask("/rdline/dtls")["sessions"] == 1, "sessions do not end", 6)
    for client in (idle, left, brief):
        expect(client.register("dev-0", wait=0.1), None, "in a session that is over")
    expect(kept.update(location).code, "2.04", "Update of who has a registration")
    last = None
    for _ in range(60):
        last = device("dev-4")
        location = path(last.register("dev-4", lt="0"))
    other = device("dev-5")
    expect(other.register("dev-5").code, "2.01", "another one")
    until(lambda: gateway.ask("/rdline/dtls")["sessions_registered"] == 3, "old sessions keep what is not theirs", 3)
    expect(last.update(location).code, "2.04", "Update in the last session")
    expect(gateway.stop(), 0)


def test_hellos_in_turns(lab):
    """One host says two Hellos in turns, of which the second overtakes the first: others have places all the same."""
    gateway = lab.gateway(extra=group(lab, True, handshakes_max=20))
    slow = DtlsClient(suites=ECDHE_SUITES[:1], certificate=lab.authority.issue("cn-1"))
    quick = DtlsClient(identity=b"dev-0", key=KEY)
    quick.socket.close()
    quick.socket = slow.socket
    hellos = []
    for client in (slow, quick):
        verify = client.exchange([client.client_hello()], (HELLO_VERIFY_REQUEST,))[HELLO_VERIFY_REQUEST]
        hellos += client.records([client.client_hello(verify[3:3 + verify[2]])])
    for _ in range(60):
        for hello in hellos:
            slow.socket.send(hello)
        time.sleep(0.005)
    expect(device("dev-1").register("dev-1").code, "2.01", "another host")
    expect(gateway.ask("/rdline/dtls")["handshakes_failed_room"], 0, "handshakes without a place")
    expect(gateway.stop(), 0)


def test_ended_in_mid_handshake(lab):
    """However many are under way, the end is prompt."""
    gateway = lab.gateway(workers=2, ports=TWO_QUEUES, extra=group(lab, True, handshakes=2))
    half = [DtlsClient(identity=b"dev-%d" % n, key=KEY).hello() for n in range(40)]
    half += [DtlsClient(suites=ECDHE_SUITES[:1], certificate=lab.authority.issue("cn-1")).hello() for _ in range(5)]
    for client in half[:10] + half[40:42]:
        for datagram in client.records(client.last_flight()):
            client.socket.send(datagram)
    begin = time.monotonic()
    expect(gateway.stop(), 0)
    taken = time.monotonic() - begin
    assert taken < 2, "the end took %.1f s" % taken


main(setup)
