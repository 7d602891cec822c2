#!/usr/bin/python3
"""Floods of ClientHellos: sessions that live go on, and devices elsewhere get theirs."""
import contextlib
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from floods import *  # noqa: E402,F403
from lab import *  # noqa: E402,F403
from dtls_lab import *  # noqa: E402,F403

LIVING, NEW = 40, 100
PLACES = 400


def setup(lab):
    Authority(lab)
    provision(lab, *["dev-%d" % number for number in range(LIVING + NEW)])
    return routed(lab)


def hello(cookie=b"", certified=False):
    """Always the same, but for the cookie."""
    suite = (ECDHE_CCM_8 if certified else PSK_CCM_8).number.to_bytes(2, "big")
    body = b"\xfe\xfd" + bytes(32) + b"\0" + vector(cookie, 1) + vector(suite, 2) + b"\x01\x00"
    if certified:
        offers = certificates.offers(DtlsClient.groups, False)
        body += vector(b"".join(number.to_bytes(2, "big") + vector(octets, 2) for number, octets in offers), 2)
    sequence = bytes([0, cookie != b""])
    octets = b"\x01" + vector(body, 3)[:3] + sequence + bytes(3) + vector(body, 3)
    return b"\x16\xfe\xfd" + bytes(6) + sequence + vector(octets, 2)


class OpenFlood(Flood):
    """Handshakes of clients that are where they say, some networks of them: cookies are given back, and nothing more."""

    def __init__(self, gateway, networks, certified, rate):
        self.networks, self.certified = networks, certified
        super().__init__(gateway, None, rate)

    def run(self):
        _, rate, *_ = self.how
        wire, begin, number, first = Wire("dev0").socket, time.monotonic(), 0, hello(b"", self.certified)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        wire.setblocking(False)
        while not self.end.is_set():
            due = int((time.monotonic() - begin) * rate)
            for number in range(number, due):
                source = 0x0A63_0001 + (number % self.networks << 8) + number // self.networks % 250
                wire.send(self.ethernet + packet(source, 1024 + number % 60000, first, to_port=5684))
            number = max(number, due)
            try:
                while True:
                    self.answer(wire, wire.recv(2048))
            except BlockingIOError:
                time.sleep(0.001)

    def answer(self, wire, frame):
        """A HelloVerifyRequest for one of these clients, in an IPv4 frame."""
        if frame[12:14] != b"\x08\x00" or frame[23] != UDP or frame[30] != 10 or frame[42:43] != b"\x16" or \
                frame[55] != HELLO_VERIFY_REQUEST:
            return
        source, port = int.from_bytes(frame[30:34], "big"), int.from_bytes(frame[36:38], "big")
        cookie = frame[70:70 + frame[69]]
        wire.send(self.ethernet + packet(source, port, hello(cookie, self.certified), to_port=5684))
        self.sent.value += 1


class Living:
    """Devices with sessions, with and without Connection IDs."""

    def __init__(self):
        self.all = []
        for n in range(LIVING):
            client = device("dev-%d" % n, cid=(None, b"")[n % 2])
            self.all.append((client, path(client.register("dev-%d" % n, lt="600"))))

    def go_on(self):
        devices = Devices()
        for client, location in self.all:
            devices.expect(client, "2.04", message(POST, client.mid(), [(URI_PATH, s) for s in location]))
        assert devices.share() >= 0.99, "living: %d of %d answered" % (devices.answered, devices.asked)


def arrive(devices, count):
    """New devices make sessions and register."""
    for n in range(LIVING, LIVING + count):
        name = "dev-%d" % n
        try:
            answer = DtlsClient(identity=name.encode(), key=KEY).register(name)
        except Silence:
            answer = None
        devices.asked += 1
        devices.answered += answer is not None and answer.code == "2.01"


@contextlib.contextmanager
def serving(lab, **keys):
    """A gateway that is ended while what floods it goes on, if it still does."""
    gateway = lab.gateway(extra=group(lab, True, **keys) + "admission = { updates = 0; };")
    try:
        yield gateway
    finally:
        gateway.kill()


def end(gateway):
    begin = time.monotonic()
    expect(gateway.stop(), 0, "exit")
    taken = time.monotonic() - begin
    assert taken < 2, "the end took %.1f s" % taken


def test_spoofed(lab):
    """From everywhere: a cookie goes to each, and nothing is left of it."""
    with serving(lab) as gateway:
        living, devices = Living(), Devices()
        with Flood(gateway, lambda number: hello(), 40000, to_port=5684) as flood:
            finish = time.monotonic() + 2
            while time.monotonic() < finish:
                living.go_on()
            arrive(devices, 20)
            sent, counts = flood.sent.value, gateway.ask("/rdline/dtls")
            end(gateway)
        newcomers(devices, 0.95, "new devices")
        expect(counts["handshakes_begun"], LIVING + devices.answered, "handshakes")
        print("# %d ClientHellos, %d cookies" % (sent, counts["cookies"]))


def left_open(lab, networks, certified):
    with serving(lab, handshakes_max=PLACES) as gateway:
        living, devices = Living(), Devices()
        with OpenFlood(gateway, networks, certified, 4000) as flood:
            time.sleep(1)
            arrive(devices, NEW)
            living.go_on()
            sent, counts = flood.sent.value, gateway.ask("/rdline/dtls")
            end(gateway)
        newcomers(devices, 0.95, "new devices")
        # What a network has at most is a quarter.
        most = min(PLACES // 4 * networks, PLACES)
        expect(counts["handshakes_under_way"] <= most, True, "%d under way" % counts["handshakes_under_way"])
        print("# %d cookies given back, %d handshakes begun, %d of %d new devices answered" %
              (sent, counts["handshakes_begun"], devices.answered, devices.asked))


def test_left_open_by_one_network(lab):
    left_open(lab, 1, False)


def test_left_open_by_many_networks(lab):
    """They have taken all places: whoever has most gives way."""
    left_open(lab, 6, False)


def test_left_open_with_certificates(lab):
    """Each costs a signature: more than a thread has time for."""
    left_open(lab, 1, True)


main(setup)
