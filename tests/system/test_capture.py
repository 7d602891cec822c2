#!/usr/bin/python3
"""rdline-ctl capture: packets of a running gateway, with what became of each, in files that other tools read."""
import os
import re
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from dtls_lab import *  # noqa: E402,F403
from dtls_suites import PSK_CBC  # noqa: E402
from pcapng import File  # noqa: E402

TWO_QUEUES = '{ device = "net_af_packet0,iface=rdl0,qpairs=2"; addresses = [ "%s/24", "%s/64" ]; }' % (GATEWAY4, GATEWAY6)
CTL = os.path.join(os.path.dirname(BINARY), "rdline-ctl")


def setup(lab):
    lab.control = lab.dir + "/control"
    lab.authority = Authority(lab)
    provision(lab, "dev-0", "dev-1")
    return lab.gateway(extra='control = { socket = "%s"; };' % lab.control + group(lab, cbc="true"), shards=2,
                       admission="{ updates = 2; }")


class Capture:
    """rdline-ctl at its work; what it wrote once it has ended."""

    running = []

    def __init__(self, gateway, *options):
        self.gateway, self.path = gateway, gateway.lab.dir + "/capture.pcapng"
        for process in Capture.running:  # of a test that has failed
            process.kill()
            process.wait()
        before = gateway.log().count(" captures ")
        self.process = subprocess.Popen([CTL, "-s", gateway.lab.control, "capture", *options, self.path],
                                        stderr=subprocess.PIPE)
        Capture.running, Capture.last = [self.process], self
        until(lambda: gateway.log().count(" captures ") > before or self.process.poll() is not None, "no capture")
        time.sleep(0.1)  # until the workers have heard

    def end(self, signal_number=signal.SIGINT, code=0):
        if signal_number is not None:
            time.sleep(0.1)
            self.process.send_signal(signal_number)
        self.said = self.process.communicate(timeout=20)[1].decode()
        expect(self.process.returncode, code, self.said)
        with open(self.path, "rb") as f:
            self.file = File(f.read())
        # One that answers says what: a request before it, from where it goes to.
        for number, p in enumerate(self.file.packets, 1):
            if p.comment.startswith("answer to packet "):
                answered = int(re.match(r"answer to packet (\d+)", p.comment).group(1))
                request = self.file.packets[answered - 1]
                assert answered < number and not request.outbound, (p.comment, number)
                if p.payload is not None:
                    expect((request.source, request.from_port), (p.destination, p.to_port), p.comment)
                p.comment = p.comment.replace("packet %d" % answered, "it")
        return [p for p in self.file.packets if p.payload is not None]

    def comments(self, **options):
        return [p.comment for p in self.end(**options)]


def like(got, *wanted):
    """Comments, each as a pattern says."""
    expect(len(got), len(wanted), got)
    for text, pattern in zip(got, wanted):
        assert re.fullmatch(pattern, text), "%r is not %r" % (text, pattern)


def location(answer):
    return [segment.decode() for segment in answer.location]


def test_accepted_and_refused(gateway):
    device, capture = Device(), Capture(gateway)
    at = location(device.register("a"))
    device.update(at)
    device.register("b", "</1/0>,</3/0")
    device.register("b", extra=["what=1", "what=2"])
    device.update(["rd", "AAAAAAAAAAA"])
    device.deregister(at)
    got = capture.end()
    place = "/rd/" + re.escape(at[1])
    like([p.comment for p in got], "accepted: 2.01, " + place, "answer to it: 2.01",
         "accepted: 2.04, " + place, "answer to it: 2.04",
         r"refused: 4.00, refused_link_syntax: object list: syntax error at octet \d+", "answer to it: 4.00",
         "refused: 4.00, refused_unknown_parameter: unknown parameter: what", "answer to it: 4.00",
         "refused: 4.04, refused_location: not registered", "answer to it: 4.04",
         "accepted: 2.02, " + place, "answer to it: 2.02")
    for number, packet in enumerate(got):
        ports = (packet.from_port, packet.to_port)
        expect((packet.outbound, packet.interface), (number % 2 == 1, 0))
        expect(ports, (5683, device.port) if packet.outbound else (device.port, 5683))
        expect((packet.source, packet.destination), (GATEWAY4, DEVICE4) if packet.outbound else (DEVICE4, GATEWAY4))
        expect(packet.payload[2:4], got[number - number % 2].payload[2:4], "Message ID")
        assert abs(packet.time - time.time()) < 30, packet.time
    expect(got[0].payload[-13:], b"</1/0>,</3/0>")
    count = len(capture.file.packets)
    expect((capture.file.interfaces, capture.file.statistics), (["net_af_packet0,iface=rdl0", "dtls"], [(count, 0)]))
    expect(capture.said, "captured: %d packets\n" % count)


def test_other_tools_read_it(gateway):
    capture = Capture(gateway)
    Device(GATEWAY6).register("six")
    expect(len(capture.end()), 2)
    out = subprocess.run(["tcpdump", "-nr", capture.path], capture_output=True, timeout=20)
    lines = out.stdout.decode().splitlines()
    expect((out.returncode, len(lines)), (0, len(capture.file.packets)), out.stderr)
    lines = [line for line in lines if "UDP" in line]
    assert len(lines) == 2 and "IP6 %s" % DEVICE6 in lines[0] and "IP6 %s.5683" % GATEWAY6 in lines[1], lines


def test_dropped(gateway):
    device, capture = Device(), Capture(gateway)
    device.raw(b"\x40\x01", wait=0.1)
    device.raw(b"\xff\x01\x00\x01", wait=0.1)
    try:
        Device(port=5685).raw(b"\x40\x01\x00\x01", wait=0.5)
    except ConnectionRefusedError:
        pass
    device.raw(message(0, 7, token=b""), wait=0.5)
    at = location(device.register("limited"))
    while device.update(at, wait=0.3) is not None:
        pass
    got = capture.comments()
    like([text for text in got if text.startswith(("dropped", "reject", "answered: net_unreachable"))],
         "dropped: drop_coap_short: datagram shorter than a CoAP header",
         "dropped: drop_coap_version: CoAP version other than 1", "answered: net_unreachable: .*",
         "rejected by a Reset: coap_empty",
         "dropped: drop_admission_update: Update shed: over admission.updates for its registration, /rd/.*")
    expect(got.count("answer to it"), 1, got)
    assert "accepted: 2.01, /rd/" + at[1] in got, got


def test_network_layer(gateway):
    """ARP is captured, too, and what is not UDP."""
    capture = Capture(gateway, "--address", DEVICE4)
    subprocess.run(["ip", "neighbour", "flush", "dev", "rdl1"], check=False, capture_output=True)
    subprocess.run(["ping", "-c", "1", "-W", "2", GATEWAY4], check=True, capture_output=True)
    capture.end()
    got = [p.comment for p in capture.file.packets]
    assert got.count("answered: net_answered: ARP, neighbour solicitations and echo requests answered") >= 1, got
    assert all(re.fullmatch("answered: .*|answer to it|dropped: .*", text) for text in got), got


def test_fragments(gateway):
    """Of version 6: of version 4 the kernel puts them together before af_packet has them."""
    device, capture = Device(GATEWAY6), Capture(gateway)
    objects = ",".join("</1/0>,</3/0>" if n == 0 else "</%d/0>" % (1000 + n) for n in range(250))
    expect(device.register("long", objects).code, "2.01")
    capture.end()
    got = [p for p in capture.file.packets if p.comment[:8] in ("kept: IP", "accepted")]
    like([p.comment for p in got], "kept: IP fragment, until its datagram is whole",
         "kept: IP fragment, until its datagram is whole", "accepted: 2.01, /rd/.*")
    assert got[2].octets.endswith(objects.encode()), got[2].octets


def test_dtls(gateway):
    """Handshakes as they are on the wire; messages as they were in their records."""
    capture = Capture(gateway)
    client = device("dev-0")
    at = path(client.register("dev-0"))
    expect(client.update(at).code, "2.04")
    expect(client.register("dev-0", "</1/0>,</3/0").code, "4.00")
    got = capture.end()
    shown = r" a DTLS record of psk dev-0, shown at port 5683"
    texts = [p.comment for p in got]
    like(texts[:3], "answered: ClientHello, by a HelloVerifyRequest", "answer to it",
         "given to a DTLS handshaker")
    assert "sent by a DTLS handshaker" in texts, texts
    messages = [p for p in got if p.interface == 1]
    like([p.comment for p in messages],
         "accepted: 2.01, /rd/.*; opened from" + shown, "answer to it: 2.01; sealed in" + shown,
         "accepted: 2.04, /rd/.*; opened from" + shown, "answer to it: 2.04; sealed in" + shown,
         "refused: 4.00, refused_link_syntax.*; opened from" + shown, "answer to it: 4.00; sealed in" + shown)
    for request, reply in zip(messages[::2], messages[1::2]):
        expect((request.to_port, reply.from_port), (5683, 5683))
        expect((request.from_port, reply.to_port), (client.port, client.port))
        expect((request.payload[0] >> 4 & 3, reply.payload[0] >> 4 & 3, reply.payload[2:4]), (0, 2, request.payload[2:4]))
    expect(messages[0].payload[-13:], b"</1/0>,</3/0>")
    out = subprocess.run(["tcpdump", "-nvvr", capture.path, "port", "5683"], capture_output=True, timeout=20).stdout.decode()
    assert out.count("udp sum ok") == 6 and "bad cksum" not in out, out


def test_dtls_dropped(gateway):
    """As they came, though they were worked on in place."""
    client = device("dev-1")
    expect(client.register("dev-1").code, "2.01")
    capture = Capture(gateway)
    record = b"\x17\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\x99\x00\x30" + bytes(range(48))
    client.socket.send(record)
    time.sleep(0.2)
    got = capture.end()
    like([p.comment for p in got], "dropped: drop_dtls_authentication: .*")
    expect((got[0].payload, got[0].interface), (record, 0))


def test_by_endpoint(gateway):
    """Its Registers, also those that are refused, requests to its location, and what else comes from its address."""
    one, other = Device(), Device(GATEWAY6)
    at = location(other.register("wanted"))
    apart = location(one.register("apart"))
    capture = Capture(gateway, "--endpoint", "wanted")
    one.update(apart)
    one.register("wanted", "nonsense")
    one.update(at)
    other.update(at)
    other.raw(b"\x40\x01", wait=0.1)
    one.register("wanting")
    like(capture.comments(), "refused: 4.00, .*", "answer to it: 4.00", "accepted: 2.04, .*",
         "answer to it: 2.04", "accepted: 2.04, .*", "answer to it: 2.04", "dropped: drop_coap_short: .*")


def test_endpoint_that_comes(gateway):
    """Nothing is known of it but its name; within a second of its Register, it is known by its location."""
    one, capture = Device(), Capture(gateway, "--endpoint", "fresh")
    at = location(one.register("fresh"))
    time.sleep(1.5)
    expect(one.update(at).code, "2.04")
    like(capture.comments(), "accepted: 2.01, .*", "answer.*", "accepted: 2.04, .*", "answer.*")


def test_by_address(gateway):
    four, six = Device(), Device(GATEWAY6)
    for network, wanted in ((DEVICE4, 1), (DEVICE6, 1), ("192.0.2.0/30", 1), ("2001:db8::/64", 1), ("192.0.2.3", 0),
                            ("192.0.2.4/30", 0), ("2001:db8::3", 0), ("0.0.0.0/0", 1), ("::/0", 2)):
        capture = Capture(gateway, "--address", network)
        four.register("a")
        six.register("a")
        expect(len([p for p in capture.end() if p.comment.startswith("accepted")]), wanted, network)


def test_every(gateway):
    device, capture = Device(), Capture(gateway, "--every", "3", "--address", DEVICE4)
    for number in range(7):
        device.register("e-%d" % number)
    got = capture.end()
    names = [re.search(rb"ep=(e-\d)", p.payload).group(1) for p in got if not p.outbound]
    expect((names, len(got)), ([b"e-0", b"e-3", b"e-6"], 6))


def test_count_and_seconds(gateway):
    device, capture = Device(), Capture(gateway, "--count", "5")
    for number in range(5):
        device.register("e-%d" % number)
    expect(len(capture.end(signal_number=None)), 5)
    begun = time.monotonic()
    capture = Capture(gateway, "--seconds", "1")
    device.register("a")
    expect(len(capture.end(signal_number=None)), 2)
    assert 1 <= time.monotonic() - begun < 10


def test_to_standard_output(gateway):
    ctl = subprocess.Popen([CTL, "-s", gateway.lab.control, "capture", "--count", "2", "-"], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    until(lambda: Device().register("a", wait=0.5) is not None and ctl.poll() is not None, "no end")
    expect(len(File(ctl.communicate(timeout=20)[0]).packets), 2)


def test_one_at_a_time(gateway):
    capture = Capture(gateway)
    other = subprocess.run([CTL, "-s", gateway.lab.control, "capture", "/dev/null"], capture_output=True, timeout=20)
    expect((other.returncode, other.stderr), (1, b"rdline-ctl: a capture is under way\n"))
    expect(Lines(gateway.lab.control).ask({"command": "count"})["registrations_max"], 10000)
    capture.end()


def test_killed(gateway):
    """A client that disappears ends its capture, and the next one finds nothing of it."""
    capture, device = Capture(gateway), Device()
    device.register("before")
    capture.process.kill()
    capture.process.wait()

    def again():
        other = Capture(gateway, "--count", "2")
        if other.process.poll() is not None:
            return False
        device.register("behind")
        got = other.end(signal_number=None)
        assert b"ep=behind" in got[0].payload, got[0].payload
        return True

    until(again, "no other capture")


def test_unread(gateway):
    """Who does not read holds nobody up: what does not fit is lost, and counted, and the client is let go of."""
    before = gateway.ask("/rdline/control")["let_go"]
    capture, device = Capture(gateway, "--count", "1000000000"), Device()
    capture.process.send_signal(signal.SIGSTOP)
    octets = message(GET, 1, [(URI_PATH, "x" * 200)], b"y" * 1000)
    answered = gateway.ask("/rdline/stats")["code_4_04"]
    end = time.monotonic() + 60
    sent = 0
    while gateway.ask("/rdline/control")["let_go"] == before:
        assert time.monotonic() < end, "not let go of"
        for _ in range(200):
            device.socket.send(octets)
        sent += 200
        time.sleep(0.01)
    until(lambda: gateway.ask("/rdline/stats")["code_4_04"] - answered >= sent * 0.5, "requests unanswered")
    capture.process.send_signal(signal.SIGCONT)
    capture.process.communicate(timeout=20)
    expect(capture.process.returncode, 3)
    expect(len(Capture(gateway, "--seconds", "1").end(signal_number=None)), 0)


def test_full_disk(gateway):
    """The client says so and ends, and with it the capture."""
    for target in ("/dev/full", "-"):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([CTL, "-s", gateway.lab.control, "capture", target], stdout=full, stderr=subprocess.PIPE, timeout=20)
        expect(done.returncode, 1, done.stderr)
        assert ("rdline-ctl: %s: No space left on device" % target).encode() in done.stderr, done.stderr
    until(lambda: Capture(gateway).process.poll() is None, "no other capture")
    Device().register("behind")
    expect([p.comment[:14] for p in Capture.last.end()], ["accepted: 2.01", "answer to it: "])


def test_full_ring(gateway):
    """Faster than they are taken: the end says how many were lost, and the file is whole."""
    capture, device = Capture(gateway, "--count", "100000"), Device()
    octets = message(GET, 1, [(URI_PATH, "x" * 200)], b"y" * 1000)
    os.kill(capture.process.pid, signal.SIGSTOP)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        for _ in range(100):
            device.socket.send(octets)
        time.sleep(0.001)
    os.kill(capture.process.pid, signal.SIGCONT)
    got = capture.end()
    lost = int(re.fullmatch(r"captured: %d packets; (\d+) lost, .*\n" % len(capture.file.packets), capture.said).group(1))
    expect(capture.file.statistics, [(len(capture.file.packets) + lost, lost)])
    assert lost > 0 and len(got) > 100, (lost, len(got))


def test_cbc(gateway):
    """Handshakers open and seal its records: messages are shown, and where they went."""
    client = device("dev-0", suites=(PSK_CBC,))
    capture = Capture(gateway)
    at = path(client.register("dev-0"))
    expect(client.update(at).code, "2.04")
    got = capture.end()
    like([p.comment for p in got if p.interface == 1],
         *["accepted: 2.0%d, /rd/.*; a DTLS handshaker seals and sends its answer; opened from a DTLS record of psk dev-0, "
           "shown at port 5683" % code for code in (1, 4)])
    like([p.comment for p in got if p.interface == 0], *["given to a DTLS handshaker", "sent by a DTLS handshaker"] * 2)


def test_bad_requests(gateway):
    for options, why in ((("--endpoint", "a", "--address", DEVICE4), "endpoint and address: one of them"),
                         (("--address", "nowhere"), "address: not an address, or ADDRESS/BITS"),
                         (("--address", "192.0.2.1/33"), "address: not an address, or ADDRESS/BITS"),
                         (("--address", "::1/129"), "address: not an address, or ADDRESS/BITS"),
                         (("--address", "192.0.2.1/"), "address: not an address, or ADDRESS/BITS"),
                         (("--every", "0"), "every: not a whole number of 1 to 1000000000"),
                         (("--count", "x"), "count: is not a number")):
        done = subprocess.run([CTL, "-s", gateway.lab.control, "capture", *options, "/dev/null"], capture_output=True, timeout=20)
        expect((done.returncode, done.stderr.decode()), (1, "rdline-ctl: %s\n" % why), options)
    for arguments in ((), ("a", "b"), ("--what", "a"), ("--count",)):
        expect(subprocess.run([CTL, "capture", *arguments], capture_output=True, timeout=20).returncode, 2, arguments)
    done = subprocess.run([CTL, "-s", gateway.lab.control, "capture", "/nowhere/file"], capture_output=True, timeout=20)
    expect((done.returncode, done.stderr.decode()), (1, "rdline-ctl: /nowhere/file: No such file or directory\n"))


def test_gateway_stops(gateway):
    """The file is whole, and has the last packets."""
    capture = Capture(gateway)
    expect(Device().register("the last").code, "2.01")
    expect(gateway.stop(), 0)
    got = capture.end(signal_number=None)
    expect(([p.comment[:14] for p in got], len(capture.file.statistics)), (["accepted: 2.01", "answer to it: "], 1))


def test_workers(gateway):
    """Each has a ring of its own; the file has all of them, and each answer behind its request."""
    lab = gateway.lab
    gateway = lab.gateway(extra='control = { socket = "%s"; };' % lab.control + group(lab), workers=2, ports=TWO_QUEUES)
    capture = Capture(gateway)
    for number in range(40):
        expect(Device().register("w-%d" % number).code, "2.01")
    clients = [device("dev-%d" % (number % 2)) for number in range(6)]
    for number, client in enumerate(clients):
        expect(client.register("dev-%d" % (number % 2)).code, "2.01")
    got = capture.end()
    clear = [p for p in got if p.interface == 0 and p.comment.startswith("accepted")]
    opened = [p for p in got if p.interface == 1 and p.comment.startswith("accepted")]
    expect((len(clear), len(opened)), (40, 6))
    answers = {(p.destination, p.to_port, p.payload[2:4]) for p in got if p.outbound and p.comment.startswith("answer to it: 2.01")}
    expect({(p.source, p.from_port, p.payload[2:4]) for p in clear + opened}, answers)
    expect(gateway.stop(), 0)


if __name__ == "__main__":
    main(setup)
