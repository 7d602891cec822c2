"""Reads files of captured packets: the draft's blocks, strictly, and the datagrams in them."""
import socket
import struct

SECTION, INTERFACE, STATISTICS, PACKET = 0x0a0d0d0a, 1, 5, 6


class Packet:
    """One packet: where, when, which way, its comment, and of IP and UDP what there is."""

    def __init__(self, interface, time_ns, octets, whole, options):
        self.interface, self.time, self.octets, self.whole = interface, time_ns / 1e9, octets, whole
        self.comment = options[1].decode()
        self.outbound = struct.unpack("<I", options[2])[0] == 2
        kind = struct.unpack(">H", octets[12:14])[0]
        at, family = 14, {0x0800: socket.AF_INET, 0x86dd: socket.AF_INET6}.get(kind)
        self.source = self.payload = None
        if family is None:
            return
        ipv4 = family == socket.AF_INET
        addresses = octets[at + 12:at + 20] if ipv4 else octets[at + 8:at + 40]
        half = len(addresses) // 2
        self.source = socket.inet_ntop(family, addresses[:half])
        self.destination = socket.inet_ntop(family, addresses[half:])
        udp = octets[at + (octets[at] & 15) * 4:] if ipv4 else octets[at + 40:]
        if octets[at + (9 if ipv4 else 6)] == 17:
            self.from_port, self.to_port, length = struct.unpack(">HHH", udp[:6])
            self.payload = udp[8:length]


class File:
    def __init__(self, octets):
        self.interfaces, self.packets, self.statistics, self.application = [], [], [], None
        at = 0
        while at < len(octets):
            kind, length = struct.unpack("<II", octets[at:at + 8])
            assert length % 4 == 0 and at + length <= len(octets), (kind, length, at, len(octets))
            assert octets[at + length - 4:at + length] == octets[at + 4:at + 8], "the length at the end is another"
            self.block(kind, octets[at + 8:at + length - 4])
            at += length

    @staticmethod
    def options(octets):
        found = {}
        while True:
            code, length = struct.unpack("<HH", octets[:4])
            if code == 0:
                assert octets[4:] == b"", octets
                return found
            found[code] = octets[4:4 + length]
            octets = octets[4 + (length + 3) // 4 * 4:]

    def block(self, kind, body):
        if kind == SECTION:
            assert not self.interfaces and body[:8] == struct.pack("<IHH", 0x1a2b3c4d, 1, 0), body
            self.application = self.options(body[16:])[4].decode()
        elif kind == INTERFACE:
            options = self.options(body[8:])
            assert options[9] == b"\x09", options
            self.interfaces.append(options[2].decode())
        elif kind == PACKET:
            interface, high, low, length, whole = struct.unpack("<IIIII", body[:20])
            assert interface < len(self.interfaces)
            options = self.options(body[20 + (length + 3) // 4 * 4:])
            self.packets.append(Packet(interface, high << 32 | low, body[20:20 + length], whole, options))
        else:
            assert kind == STATISTICS, kind
            options = self.options(body[12:])
            self.statistics.append(tuple(struct.unpack("<Q", options[code])[0] for code in (4, 5)))
