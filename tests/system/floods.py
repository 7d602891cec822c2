"""Floods from anywhere, bounded, and honest devices beside them."""
import multiprocessing
import random
import struct
import threading

from frames import *  # noqa: F401,F403
from lab import *  # noqa: F401,F403


class Sources:
    """Of a flood: anywhere in 10/8, or one /24 of it."""

    def __init__(self, one_prefix):
        self.one_prefix, self.chance = one_prefix, random.Random(7)

    def next(self):
        high = 0x0A63_6300 if self.one_prefix else 0x0A00_0000 | self.chance.getrandbits(16) << 8
        return high | self.chance.randrange(1, 255), self.chance.randrange(1024, 65536)


def packet(source, port, datagram, fragment=0, id=0, cut=None, to_port=5683):
    """An IPv4 packet to the gateway, without a UDP checksum, which IPv4 allows; `cut`: only its first octets."""
    udp_part = struct.pack("!HHHH", port, to_port, 8 + len(datagram), 0) + datagram
    udp_part = udp_part if cut is None else udp_part[:cut]
    head = bytearray(struct.pack("!BBHHHBBHI4s", 0x45, 0, 20 + len(udp_part), id, fragment, 64, UDP, 0, source, ip(GATEWAY4)))
    head[10:12] = struct.pack("!H", checksum(bytes(head)))
    return bytes(head) + udp_part


class Flood:
    """`make(number)` gives each datagram; a process of its own sends so many a second until it is told to end."""

    def __init__(self, gateway, make, rate, one_prefix=False, fragment=0, cut=None, count=None, to_port=5683):
        self.end, self.sent = multiprocessing.Event(), multiprocessing.Value("q", 0)
        own = interface_mac(gateway.lab.name + "-dev", "dev0")
        other = interface_mac(gateway.lab.name + "-gw", "rdl0")
        self.ethernet = mac(other) + mac(own) + struct.pack("!H", IPV4)
        self.how = make, rate, one_prefix, fragment, cut, count or 1 << 40, to_port
        self.process = multiprocessing.Process(target=self.run, daemon=True)
        self.process.start()

    def run(self):
        make, rate, one_prefix, fragment, cut, count, to_port = self.how
        sources, wire, begin = Sources(one_prefix), Wire("dev0").socket, time.monotonic()
        number = 0
        while number < count and not self.end.is_set():
            due = min(count, int((time.monotonic() - begin) * rate))
            for number in range(number, due):
                source, port = sources.next()
                frame = self.ethernet + packet(source, port, make(number), fragment, number & 0xFFFF, cut, to_port)
                wire.send(frame)
            number = max(number, due)
            self.sent.value = number
            time.sleep(0.001)

    def __enter__(self):
        until(lambda: self.sent.value > 0, "the flood does not begin")
        return self

    def __exit__(self, *_):
        self.end.set()
        self.process.join(20)
        self.process.close()


class Devices:
    """Honest ones, that do as RFC 7252 asks: again after two seconds, and then after four."""

    def __init__(self):
        self.asked, self.answered, self.lock = 0, 0, threading.Lock()

    def expect(self, device, code, *send):
        """Sends datagrams of which the last is answered; true when the answer has the code."""
        answer = None
        for wait in (2, 4):
            for octets in send[:-1]:
                device.socket.send(octets)
            answer = device.raw(send[-1], wait)
            if answer is not None:
                break
        with self.lock:
            self.asked += 1
            self.answered += answer is not None and answer.code == code
        return answer

    def share(self):
        return self.answered / self.asked


def side_by_side(*calls):
    threads = [threading.Thread(target=call, args=arguments) for call, *arguments in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def newcomers(devices, least, what):
    assert devices.share() >= least, "%s: %d of %d answered" % (what, devices.answered, devices.asked)


def routed(lab):
    """All of 10/8 is the device's."""
    subprocess.run(["ip", "route", "add", "local", "10.0.0.0/8", "dev", "dev0"], check=True, timeout=20)
    return lab
