#!/usr/bin/python3
"""`rdline-ctl why`: each verdict, of what devices did to a gateway."""
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
import dtls_lab  # noqa: E402

CTL = os.path.dirname(BINARY) + "/rdline-ctl"


def why(lab, *words, code=1):
    done = subprocess.run([CTL, "-s", lab.dir + "/control.sock", "why", *words], capture_output=True, text=True, timeout=60)
    expect(done.returncode, code, done.stdout + done.stderr)
    return done.stdout


def has(text, *pieces):
    for piece in pieces:
        expect(piece in " ".join(text.split()), True, "%r in %r" % (piece, text))


def start(lab):
    lab.rest = 'control = { socket = "%s/control.sock"; };\nendpoints = { deny = [ "bad-*" ]; };\n' % lab.dir
    return lab.gateway(extra=lab.rest)


def test_nothing_is_known(gateway):
    has(why(gateway.lab, "nobody"), "nobody is not registered.", "Nothing of it was refused", "rdline-ctl why --address")
    expect("handshakes" in why(gateway.lab, "-x", "nobody", code=2), False, "usage")
    why(gateway.lab, code=2)


def test_what_is_wrong_is_said_once(gateway):
    for words in (["--address", "nowhere", "nobody"], ["--address", "192.0.2.0/24", "nobody"], ["--seconds", "5", "x" * 253]):
        done = subprocess.run([CTL, "-s", gateway.lab.dir + "/control.sock", "why", *words], capture_output=True, text=True, timeout=4)
        expect((done.returncode, done.stdout, done.stderr.count("\n")), (1, "", 1), done)
    has(why(gateway.lab, "--seconds", "1", "nobody"), "0 packets came from nobody in 1 s", "--address ADDRESS listens to where it is")
    done = subprocess.run([CTL, "-s", gateway.lab.dir + "/control.sock", "why", "x" * 100000], capture_output=True, text=True, timeout=20)
    expect((done.returncode, done.stderr), (1, "rdline-ctl: a line is longer than 4095 octets\n"), "what it has said before it hung up")


def test_registered(gateway):
    device = Device()
    device.register("in", lt="300")
    text = why(gateway.lab, "in", code=0)
    has(text, "in is registered since 20", "of 300 s more", "from 192.0.2.2 port %d at /rd/" % device.port, "version 1.0, in clear text.")


def test_refused(gateway):
    device = Device()
    device.register("out", "</1/0>,</3/0>,oops,</5/0>")
    device.register("out", "</3/0>")
    reply = device.register("out", options=[(9, b"\x01")])
    expect((reply.code, reply.payload), ("4.02", b"option not understood: 9"), "the option's number")
    text = why(gateway.lab, "out")
    has(text, "4.02 other out from 192.0.2.2 port %d: option not understood: 9" % device.port, "9 OSCORE",
        "object list: without object 1", 'lwm2m.mandatory_objects = "accept" lets it in', "syntax error at octet 14")
    lines = text.splitlines()
    marked = next(i for i, line in enumerate(lines) if line.strip() == "^")
    expect(lines[marked - 1][lines[marked].index("^"):], "oops,</5/0>", "the fault is marked")


def test_barred(gateway):
    has(why(gateway.lab, "bad-1"), "It may not register at present: ep: not allowed", "endpoints.deny has a pattern")


def test_packets_that_come(gateway):
    """Listens to where the device is: what comes, and what becomes of it."""
    over = threading.Event()

    def send():
        device = Device()
        while not over.wait(0.2):
            device.register("heard", "</3/0>")

    sender = threading.Thread(target=send)
    sender.start()
    try:
        text = why(gateway.lab, "--address", "192.0.2.2", "--seconds", "2", "nobody")
    finally:
        over.set()
        sender.join()
    has(text, "refused: 4.00, refused_mandatory_objects", "packets came from 192.0.2.2 in 2 s, the first of them above")
    text = why(gateway.lab, "--address", "198.51.100.99", "--seconds", "1", "nobody")
    has(text, "0 packets came from 198.51.100.99 in 1 s", "nothing reaches the gateway from there")
    expect(gateway.stop(), 0, "exit")


def test_shed(gateway):
    lab = gateway.lab
    gateway = lab.gateway(extra=lab.rest + "admission = { registers_per_s = 1; burst = 1; updates = 1; };")
    device = Device()
    location = device.register("first").location
    for n in range(3):
        device.request(POST, ["rd"], [b"ep=late", b"lt=60"], "</1/0>,</3/0>", wait=0.2)
    has(why(lab, "late"), "late is not registered.", "Dropped in silence", "drop_admission_rate", "admission.registers_per_s lets in")
    for n in range(3):
        device.update(location, wait=0.2)
    has(why(lab, "first", code=0), "first is registered since", "drop_admission_update", "it updates more often than admission.updates")
    expect(gateway.stop(), 0, "exit")


def test_handshakes(gateway):
    lab = gateway.lab
    dtls_lab.provision(lab, "dev", "key-1,other")
    gateway = lab.gateway(extra=lab.rest + dtls_lab.group(lab, handshake_timeout_s=5))
    for identity in (b"dev", b"key-1", b"unknown"):
        expect(dtls_lab.silent(dtls_lab.DtlsClient(identity=identity, key=b"wrong")), True, "silence")
    until(lambda: gateway.ask("/rdline/dtls")["handshakes_under_way"] == 0, "handshakes end")
    has(why(lab, "dev"), "It may not register in clear text: ep: not in clear text", "by psk dev: ", "provision one of the two anew")
    has(why(lab, "other"), "by psk key-1: ", "provision one of the two anew")
    has(why(lab, "unknown"), "by psk unknown: nobody of that identity is known", "rdline-ctl credential add")
    expect("psk" in why(lab, "somebody"), False, "others' are others'")
    has(why(lab, "--address", "192.0.2.2", "--seconds", "0", "somebody"), "by psk dev, who may not register this endpoint")
    expect(Device().register("dev").code, "4.03", "in clear text")
    has(why(lab, "dev"), "4.03 register dev", "ep: not in clear text")
    dtls_lab.device("dev").register("dev")
    has(why(lab, "dev", code=0), "by psk dev.")
    expect(gateway.stop(), 0, "exit")


main(start)
