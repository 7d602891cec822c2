#!/usr/bin/python3
"""A credential is removed, and with it what its identity registered: rdline-ctl credential remove --registration."""
import hashlib
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from dtls_lab import *  # noqa: E402,F403

CTL = os.path.join(os.path.dirname(BINARY), "rdline-ctl")
OWN = certificates.Identity()
DIGEST = hashlib.sha256(certificates.spki(OWN.key.public_key())).hexdigest()
LEFT = "rdline-ctl: the credential is removed; registrations of it may be left\n"


def start(lab):
    lab.control, lab.events, lab.authority = lab.dir + "/control.sock", lab.dir + "/events.sock", Authority(lab)
    provision(lab, "first")
    return lab.gateway(shards=2, admission="{ updates = 0; }", extra="""
        %s
        control = { socket = "%s"; };
        events = { socket = "%s"; };""" % (group(lab, True), lab.control, lab.events))


def credential(lab, *words, socket=None, code=0):
    """What the command says: lines on standard output, and the text on standard error."""
    done = subprocess.run([CTL, "-s", socket or lab.control, "credential", "--database", lab.dir + "/credentials", *words],
                          capture_output=True, text=True, timeout=60)
    expect(done.returncode, code, (words, done.stdout, done.stderr))
    return done.stdout.splitlines(), done.stderr


def add(gateway, identity, *names):
    """A credential that the gateway knows."""
    before = gateway.ask("/rdline/dtls")["credentials_added"]
    credential(gateway.lab, "add", identity, KEY.hex(), *names)
    until(lambda: gateway.ask("/rdline/dtls")["credentials_added"] > before, "the new credential was not seen")


def show(gateway, endpoint):
    """What the gateway says of it: {} where nobody is registered by that name."""
    client = Lines(gateway.lab.control)
    try:
        return client.ask({"command": "show", "endpoint": endpoint}).get("registration", {})
    finally:
        client.close()


def registered(client, *names):
    for name in names:
        expect(client.register(name, lt="600", wait=10).code, "2.01", name)


def gone(identity, *names):
    return ["removed: " + identity] + sorted("removed registration: " + name for name in names)


def test_registration(gateway):
    """The credential without names: of the endpoint that equals it, also where that looks like a pattern."""
    for identity in ("plain", "star*"):
        add(gateway, identity)
        client, events = device(identity), Lines(gateway.lab.events, {"from": "now"})
        events.line()
        registered(client, identity)
        expect(events.line()["event"], "registered")
        lines, said = credential(gateway.lab, "remove", "--registration", identity)
        expect((lines, said), (gone(identity, identity), ""))
        event = events.line()
        expect([event[key] for key in ("event", "endpoint", "security", "identity")], ["removed", identity, "psk", identity])
        events.close()
        expect(show(gateway, identity), {})
        expect(client.register(identity, wait=0.5), None, "its session lives")
    # Without the word, it stays.
    add(gateway, "stays")
    registered(device("stays"), "stays")
    expect(credential(gateway.lab, "remove", "stays")[0], gone("stays"))
    expect(show(gateway, "stays")["identity"], "stays")
    # One that is not registered; and one that could not be.
    for identity in ("idle", "i" * 255):
        add(gateway, identity)
        expect(credential(gateway.lab, "remove", "--registration", identity), (gone(identity), ""))


def test_never_comes_back(gateway):
    """A device that registers again and again while it is removed."""
    for number in range(3):
        identity, stop = "busy-%d" % number, threading.Event()
        add(gateway, identity)
        client = device(identity)
        registered(client, identity)

        def insist():
            while not stop.is_set():
                client.register(identity, lt="600", wait=0.01)

        thread = threading.Thread(target=insist)
        thread.start()
        try:
            expect(credential(gateway.lab, "remove", "--registration", identity)[0], gone(identity, identity))
            time.sleep(0.5)
            expect(show(gateway, identity), {}, "it came back")
        finally:
            stop.set()
            thread.join()


def test_names_of_others(gateway):
    """Two credentials name one endpoint, and another has an identity that looks like a raw key's."""
    add(gateway, "one", "a", "b", "shared", "nobody")
    add(gateway, "two", "b2", "shared")
    one, two = device("one"), device("two")
    registered(one, "a", "b")
    registered(two, "shared", "b2")
    expect(credential(gateway.lab, "remove", "--registration", "one")[0], gone("one", "a", "b"))
    expect([show(gateway, name).get("identity") for name in ("a", "b", "b2", "shared")], [None, None, "two", "two"])
    add(gateway, DIGEST, "raw-1", "raw-2", "raw-3")
    pem = gateway.lab.authority.file("own.pem", OWN.public_pem())
    credential(gateway.lab, "add", "--rpk", pem, "raw-1", "raw-2", "raw-3*")
    until(lambda: gateway.ask("/rdline/dtls")["credentials"] == 4, "the raw key was not seen")
    raw, alike = DtlsClient(suites=ECDHE_SUITES[:1], certificate=OWN).handshake(), device(DIGEST)
    registered(raw, "raw-1", "raw-3x")
    registered(alike, "raw-2", "raw-3")
    expect(credential(gateway.lab, "remove", "--registration", "rpk:" + DIGEST)[0], gone("rpk:" + DIGEST, "raw-1", "raw-3x"))
    expect([show(gateway, name).get("security") for name in ("raw-1", "raw-2", "raw-3", "raw-3x")],
           [None, "psk", "psk", None])


def test_patterns(gateway):
    """In more pages than one, among what others registered by such names."""
    add(gateway, "fleet", "car-*", "?t", "solo")
    add(gateway, "other", "car-*")
    clear, fleet, other = Device(), device("fleet"), device("other")
    for number in range(1300):
        registered(clear, "car-%d" % number)
    mine = ["car-%d" % number for number in range(5, 1300, 150)] + ["it", "solo"]
    registered(fleet, *mine)
    registered(other, "car-7", "car-1299")
    registered(clear, "xt")
    page = Lines(gateway.lab.control).ask({"command": "list", "prefix": "car-", "details": True})
    expect(page["next"] is None, False, "more than a page")
    lines, said = credential(gateway.lab, "remove", "--registration", "fleet")
    expect((lines[:1] + sorted(lines[1:]), said), (gone("fleet", *mine), ""))
    for name in mine:
        expect(show(gateway, name), {}, name)
    expect([show(gateway, name)["security"] for name in ("car-7", "car-8", "car-1299", "xt")],
           ["psk", "none", "psk", "none"])
    left = subprocess.run([CTL, "-s", gateway.lab.control, "--names", "list", "car-"], capture_output=True, timeout=60)
    expect(len(left.stdout.splitlines()), 1300 - len(mine) + 2)


def test_not_ended(gateway):
    """The credential is removed all the same, and what was not done is said."""
    add(gateway, "none")
    lines, said = credential(gateway.lab, "remove", "--registration", "none", socket="/nowhere", code=3)
    expect((lines, said), (gone("none"), "rdline-ctl: /nowhere: No such file or directory\n" + LEFT))
    expect(credential(gateway.lab, "list", "none")[0], [])
    add(gateway, "#fffe", "odd-1")
    lines, said = credential(gateway.lab, "remove", "--registration", "#fffe", code=1)
    expect((lines, said.endswith(LEFT), "UTF-8" in said), (gone("#fffe"), True, True), said)
    for words, code in ((("--registration", "nobody"), 1), (("--registration",), 1), (("--registrations", "x"), 2),
                        (("--registration", "x", "y"), 2)):
        assert "removed" not in credential(gateway.lab, "remove", *words, code=code)[1], words


class Fake:
    """A gateway that answers by a script (None: it goes away), and keeps what it was asked."""

    def __init__(self, path, replies):
        self.asked, self.server = [], socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen()
        self.thread = threading.Thread(target=self.serve, args=(replies,), daemon=True)
        self.thread.start()

    def serve(self, replies):
        connection, _ = self.server.accept()
        with connection, connection.makefile("rwb") as stream:
            for reply in replies:
                self.asked.append(json.loads(stream.readline())["command"])
                if reply is None:
                    break
                stream.write(json.dumps(reply).encode() + b"\n")
                stream.flush()
        self.server.close()


def test_fake_gateways(gateway):
    """Ones that know of the removal late, or are too busy, or have no credentials, or go away."""
    lab, busy = gateway.lab, {"error": "the shard did not answer in time"}
    found = {"registration": {"endpoint": "f", "security": "psk", "identity": "f"}}
    late = [{"credential_changes": 0}, busy, {"credential_changes": 1 << 40}]
    for number, (replies, asked, code, wanted, said) in enumerate((
            (late + [busy, found, busy, {"removed": {}}], ["count"] * 3 + ["show"] * 2 + ["remove"] * 2, 0, gone("f", "f"),
             ""),
            (late + [found, {"error": "no such endpoint"}], ["count"] * 3 + ["show", "remove"], 0, gone("f"), ""),
            (late + [found, None], ["count"] * 3 + ["show", "remove"], 3, gone("f"), "no reply"),
            (late + [busy] * 20, ["count"] * 3 + ["show"] * 20, 1, gone("f"), "in time"),
            ([{"registrations": 1}], ["count"], 1, gone("f"), "without credentials"),
            ([[]], ["count"], 1, gone("f"), "not a reply"))):
        add(gateway, "f")
        fake = Fake(lab.dir + "/fake%d" % number, replies)
        lines, text = credential(lab, "remove", "--registration", "f", socket=lab.dir + "/fake%d" % number, code=code)
        fake.thread.join(10)
        expect((lines, said in text, text.endswith(LEFT if code else ""), fake.asked), (wanted, True, True, asked), text)


if __name__ == "__main__":
    main(start)
