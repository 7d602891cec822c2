"""Frames, octet by octet: also those that no kernel would send. And the wire that they go out on."""
import os
import socket
import struct
import time

ARP, IPV4, IPV6 = 0x0806, 0x0800, 0x86DD
ICMP, UDP, ICMPV6 = 1, 17, 58
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS = 0, 43, 44, 60
BROADCAST = "ff:ff:ff:ff:ff:ff"


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ip(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def checksum(octets):
    octets += bytes(len(octets) % 2)
    total = sum(struct.unpack("!%dH" % (len(octets) // 2), octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(to, source, ethertype, payload, tags=()):
    head = mac(to) + mac(source)
    for tag in tags:
        head += struct.pack("!HH", *(tag if isinstance(tag, tuple) else (0x8100, tag)))
    return head + struct.pack("!H", ethertype) + payload


def arp(operation, sender_mac, sender, target_mac, target):
    return struct.pack("!HHBBH", 1, IPV4, 6, 4, operation) + mac(sender_mac) + ip(sender) + mac(target_mac) + ip(target)


def ipv4(source, to, protocol, payload, options=b"", total=None, fragment=0x4000, id=0, wrong=0, version=4):
    """`wrong` is added to the checksum."""
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH", version << 4 | words, 0, total or words * 4 + len(payload), id, fragment, 64,
                       protocol, 0) + ip(source) + ip(to) + options
    return head[:10] + struct.pack("!H", (checksum(head) + wrong) % 0xFFFF) + head[12:] + payload


def ipv6(source, to, protocol, payload, hop_limit=64, length=None, version=6):
    length = len(payload) if length is None else length
    return struct.pack("!IHBB", version << 28, length, protocol, hop_limit) + ip(source) + ip(to) + payload


def extension(protocol, body):
    """An IPv6 extension header in front of `protocol`; `body` fills it to a multiple of 8 octets."""
    assert (2 + len(body)) % 8 == 0
    return bytes([protocol, (2 + len(body)) // 8 - 1]) + body


def pseudo(source, to, protocol, length):
    return ip(source) + ip(to) + struct.pack("!IHH", length, 0, protocol)


def udp(source, to, source_port, port, payload, length=None, sum=None, wrong=0):
    length = 8 + len(payload) if length is None else length
    head = struct.pack("!HHH", source_port, port, length)
    if sum is None:
        sum = checksum(pseudo(source, to, UDP, length) + head + b"\0\0" + payload) or 0xFFFF
    return head + struct.pack("!H", sum ^ wrong) + payload


def icmp(type, body, addresses=None, wrong=0, code=0):
    """An ICMP message; with `addresses` (source, destination) an ICMPv6 one. `body` is all behind the checksum."""
    head = pseudo(*addresses, ICMPV6, 4 + len(body)) if addresses else b""
    sum = checksum(head + bytes([type, code, 0, 0]) + body)
    return bytes([type, code]) + struct.pack("!H", sum ^ wrong) + body


def is_told_to_all(frame):
    """ARP or neighbour discovery to all, or a group: what a gateway sends of its own accord."""
    at = 12
    while frame[at:at + 2] in (b"\x81\0", b"\x88\xa8"):
        at += 4
    if frame[at:at + 2] == b"\x08\x06":
        return frame[:6] == b"\xff" * 6
    return frame[:2] == b"\x33\x33" and frame[at + 2 + 40] in (135, 136)


class Wire:
    """Whole frames in and out of an interface of this namespace, 802.1Q tags included."""
    SOL_PACKET, AUXDATA, IGNORE_OUTGOING = 263, 8, 23
    VLAN_VALID = 1 << 4

    def __init__(self, interface):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.setsockopt(self.SOL_PACKET, self.AUXDATA, 1)
        self.socket.setsockopt(self.SOL_PACKET, self.IGNORE_OUTGOING, 1)
        self.socket.bind((interface, 3))

    def send(self, frame):
        self.socket.send(frame)

    def receive(self, seconds=2.0):
        """The next frame, or None."""
        self.socket.settimeout(seconds)
        try:
            frame, extra, _, _ = self.socket.recvmsg(65536, 256)
        except socket.timeout:
            return None
        for _, _, octets in extra:
            status, tci, tpid = struct.unpack("=I12xHH", octets)
            if status & self.VLAN_VALID:  # the kernel takes tags off
                frame = frame[:12] + struct.pack("!HH", tpid, tci) + frame[12:]
        return frame

    def drain(self):
        """Forgets what has come."""
        while self.receive(0.01) is not None:
            pass

    def receive_until(self, last, seconds=5.0):
        """Frames up to `last`, which is not among them."""
        frames, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            frame = self.receive(end - time.monotonic())
            if frame is None:
                break
            if frame == last:
                return frames
            frames.append(frame)
        raise AssertionError("%s never came, only %s" % (last.hex(), [f.hex() for f in frames]))


def interface_mac(namespace, interface):
    with os.popen("ip -n %s -br link show %s" % (namespace, interface)) as out:
        return out.read().split()[2]
