#!/usr/bin/python3
"""Small floods against what is bounded: whoever lives goes on, and newcomers elsewhere get in."""
import contextlib
import os
import random
import struct
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from floods import *  # noqa: E402,F403
from lab import *  # noqa: E402,F403

BLOCK1 = 27
LIST = "</1/0>,</3/0>,</4/0>,</5/0>"
REGISTRATIONS = 20000
LOAD = os.path.join(ROOT, "build/test/load")


def starts(number):
    """First blocks of transfers that never go on."""
    return message(POST, number & 0xFFFF, [(URI_PATH, "rd"), (URI_QUERY, "ep=flood-%d" % number), (BLOCK1, b"\x08")],
                   b"</1/0>,</3/0>,</")


def long_list(number):
    """A Register whose list is long, and its own, for ever: formats without end, and links that nobody else has."""
    formats = " ".join(str((number + k) % 60000) for k in range(150))
    links = "".join(",</%d/%d>" % (5000 + number % 25000, k) for k in range(30))
    return message(POST, number & 0xFFFF, [(URI_PATH, "rd"), (URI_QUERY, "ep=flood-%d" % number), (URI_QUERY, "lt=0")],
                   ('</>;rt="oma.lwm2m";ct="%s",</1/0>,</3/0>%s' % (formats, links)).encode())


def own_list(number):
    return message(POST, number & 0xFFFF, [(URI_PATH, "rd"), (URI_QUERY, "ep=flood-%d" % number), (URI_QUERY, "lt=0")],
                   b"</1/0>,</3/0>,</%d/%d>" % (4000 + number // 60000, number % 60000))


def register(devices, name, objects=LIST, device=None, lt="600"):
    device = device or Device()
    octets = message(POST, device.mid(), [(URI_PATH, "rd"), (URI_QUERY, "ep=" + name), (URI_QUERY, "lt=" + lt)], objects.encode())
    answer = devices.expect(device, "2.01", octets)
    return device, answer.location if answer is not None else None


def update(devices, device, location, payload=b""):
    options = [(URI_PATH, segment) for segment in location]
    return devices.expect(device, "2.04", message(POST, device.mid(), options, payload))


class Living:
    """Devices that live before the flood, with names that do not fit a record and lists of their own."""

    def __init__(self, count=200):
        self.devices, self.all = Devices(), []
        for n in range(count):
            name = "urn:imei:living-device-number-%05d" % n
            self.all.append((name, *register(self.devices, name, LIST + ",</3303/%d>" % n)))
        expect(self.devices.share(), 1, "before the flood")
        self.devices = Devices()

    def go_on(self):
        """An Update, one with a new list, a Register again."""
        for n, (name, device, location) in enumerate(self.all):
            update(self.devices, device, location)
            update(self.devices, device, location, (LIST + ",</3303/%d>" % (n + 1000)).encode())
            device, location = register(self.devices, name, LIST + ",</3303/%d>" % (n + 2000), device)
            self.all[n] = name, device, location
        assert self.devices.share() >= 0.99, "living: %d of %d answered" % (self.devices.answered, self.devices.asked)


def blockwise(devices, name, gap):
    """A Register of six blocks of 64 octets, with pauses between them."""
    payload = (LIST + "".join(",</3303/%d>" % n for n in range(26))).encode()
    device, blocks = Device(), [payload[k:k + 64] for k in range(0, len(payload), 64)]
    for n, block in enumerate(blocks):
        more = n + 1 < len(blocks)
        option = bytes([n << 4 | (8 if more else 0) | 2])
        options = [(URI_PATH, "rd"), (URI_QUERY, "ep=" + name), (BLOCK1, option)]
        answer = device.raw(message(POST, device.mid(), options, block), 3)
        if answer is None or answer.code != ("2.31" if more else "2.01"):
            break
        if more:
            time.sleep(gap)
    with devices.lock:
        devices.asked += 1
        devices.answered += answer is not None and answer.code == "2.01"


@contextlib.contextmanager
def serving(lab, **options):
    gateway = lab.gateway(memory="registrations = %d;" % REGISTRATIONS, **options)
    try:
        yield gateway
        expect(gateway.stop(), 0, "exit")
    finally:
        gateway.kill()


def test_lists_without_end(lab):
    """Long object lists, each its own and for ever, fill what is kept of lists: the table alone limits the others."""
    for one_prefix, share in ((False, 0.1), (True, 0.8)):
        with serving(lab) as gateway:
            living, count = Living(), int(REGISTRATIONS * share)
            with Flood(gateway, long_list, 4000, one_prefix, count=count) as flood:
                living.go_on()
                until(lambda: flood.sent.value == count, "the flood does not end", 60)
            living.go_on()
            devices = Devices()
            for n in range(1000):
                register(devices, "urn:imei:a-new-device-number-%05d" % n)
            newcomers(devices, 0.95, "short lists")
            stats = gateway.ask("/rdline/stats")
            print("# %d lists of a flood: %d registrations, %d shed" % (count, stats["registrations"], stats["drop_registry_full"]))


def test_lists_of_their_own(lab):
    """Many short lists that nobody shares, each sent once, then twice: a fleet that shares one still fits."""
    for times in (1, 2):
        with serving(lab) as gateway:
            living, count = Living(20), 5000
            with Flood(gateway, lambda number: own_list(number // times), 4000, count=count * times) as flood:
                until(lambda: flood.sent.value == count * times, "the flood does not end", 60)
            fleet = REGISTRATIONS - count - 1000
            load = subprocess.run([LOAD, "--json", "--to", GATEWAY4, "--from", "10.200.0.1", "--seconds", "60", "--endpoints",
                                   str(fleet), "--phases", "register"], capture_output=True, text=True, timeout=100)
            assert load.stdout, load.stderr
            result = json.loads(load.stdout.splitlines()[0])
            expect((result["answered"], result["wrong"], result["lost"]), (fleet, 0, 0), "a fleet of one list")
            living.go_on()


def pieces(device, gateway, datagram, id):
    """The frames of an IPv6 datagram from a device's socket, in three fragments."""
    whole = udp(DEVICE6, GATEWAY6, device.port, 5683, datagram)
    cuts = [0, len(whole) // 3 & ~7, 2 * len(whole) // 3 & ~7, len(whole)]
    for start, end in zip(cuts, cuts[1:]):
        head = struct.pack("!BBHI", UDP, 0, start | (end < len(whole)), id)
        yield gateway.ethernet6 + ipv6(DEVICE6, GATEWAY6, FRAGMENT, head + whole[start:end])


class FragmentFlood(Flood):
    """First fragments of IPv6 packets whose rest never comes: those of IPv4 the kernel behind af_packet puts together."""

    def run(self):
        _, rate, one_prefix, *_ = self.how
        chance, wire, begin, number = random.Random(8), Wire("dev0").socket, time.monotonic(), 0
        to, rest = ip(GATEWAY6), bytes(64)
        while not self.end.is_set():
            due = int((time.monotonic() - begin) * rate)
            for number in range(number, due):
                net = bytes(4) if one_prefix else chance.randbytes(4)
                source = b"\x20\x01\x0d\xb8" + net + chance.randbytes(8)
                head = struct.pack("!IHBB", 6 << 28, 8 + len(rest), FRAGMENT, 64) + source + to
                wire.send(self.ethernet[:12] + b"\x86\xdd" + head + struct.pack("!BBHI", UDP, 0, 1, number) + rest)
            number = max(number, due)
            self.sent.value = number
            time.sleep(0.001)


def test_fragments(lab):
    for one_prefix, rate in ((False, 1000), (True, 10000)):
        with serving(lab) as gateway:
            gateway.ethernet6 = (mac(interface_mac(lab.name + "-gw", "rdl0")) + mac(interface_mac(lab.name + "-dev", "dev0")) +
                                 struct.pack("!H", IPV6))
            wire, devices, device = Wire("dev0"), Devices(), Device(GATEWAY6)
            objects = (LIST + "".join(",</3303/%d>" % n for n in range(200))).encode()
            with FragmentFlood(gateway, None, rate, one_prefix) as flood:
                time.sleep(3)  # the table is full of them by now
                for n in range(100):
                    octets = message(POST, device.mid(), [(URI_PATH, "rd"), (URI_QUERY, "ep=fragmented-%d" % n)], objects)
                    *first, last = pieces(device, gateway, octets, 0xABC00000 | n)
                    for frame in first:
                        wire.send(frame)
                    wire.send(last)
                    device.socket.settimeout(2)
                    devices.asked += 1
                    try:
                        devices.answered += Answer(device.socket.recv(2048)).code == "2.01"
                    except socket.timeout:
                        pass
                sent = flood.sent.value
            newcomers(devices, 0.95, "in fragments")
            print("# %d fragments of a flood, %d of %d answered" % (sent, devices.answered, devices.asked))


def test_block_transfers(lab):
    for one_prefix, rate in ((False, 5000), (True, 30000)):
        with serving(lab) as gateway:
            devices, living = Devices(), Living(20)
            with Flood(gateway, starts, rate, one_prefix) as flood:
                time.sleep(2)
                side_by_side(*((blockwise, devices, "blocks-%s-%d" % (gap, n), gap) for gap in (0.05, 1) for n in range(20)),
                             (living.go_on,))
                sent = flood.sent.value
            newcomers(devices, 0.95, "in blocks")
            print("# %d transfers begun by a flood, %d of %d finished" % (sent, devices.answered, devices.asked))


def test_updates_of_one(lab):
    """A device that updates as often as it can, and one whose lists only the shard can read: the others notice nothing."""
    with serving(lab) as gateway:
        living, busy = Living(50), Device()
        rooted = '</lwm2m>;rt="oma.lwm2m",</lwm2m/1/0>,</lwm2m/3/0>'
        location = busy.register("busy", rooted, lt="600").location
        payload = ",".join("</lwm2m/3303/%d>" % n for n in range(50)).encode()
        busy.socket.setblocking(False)
        end = threading.Event()

        def hurry():
            while not end.is_set():
                for _ in range(20):
                    busy.socket.send(message(POST, busy.mid(), [(URI_PATH, s) for s in location], payload))
                time.sleep(0.001)

        thread = threading.Thread(target=hurry)
        thread.start()
        try:
            for _ in range(3):
                living.go_on()
        finally:
            end.set()
            thread.join()
        assert gateway.ask("/rdline/stats")["updated"] < 1000, "one device has no more than its share"


main(routed)
