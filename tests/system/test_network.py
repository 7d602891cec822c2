#!/usr/bin/python3
"""What the gateway makes of single frames: answers octet by octet, silence with its counter."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
import frames  # noqa: E402
from frames import *  # noqa: E402,F403

MAC, ME4, ME6 = "02:00:00:00:00:77", "192.0.2.77", "2001:db8::77"
OTHER4, OTHER6 = "192.0.2.9", "2001:db8::9"  # the gateway's second addresses
STRANGER4, STRANGER6 = "192.0.2.66", "2001:db8::66"  # nobody's
PORT = 40000
PING, RESET = bytes.fromhex("40001234"), bytes.fromhex("70001234")
RST, ANSWERED = "resets", "net_answered"


class Net:
    """The wire to one gateway, and the frames of a peer on it."""

    def __init__(self, lab, gateway, wire, gateway_mac, tags=()):
        self.lab, self.gateway, self.wire, self.mac, self.tags = lab, gateway, wire, gateway_mac, tags

    def to(self, ethertype, payload, mac=None, source=MAC, tags=None):
        return ethernet(mac or self.mac, source, ethertype, payload, self.tags if tags is None else tags)

    def back(self, ethertype, payload, mac=MAC, tags=None):
        return ethernet(mac, self.mac, ethertype, payload, self.tags if tags is None else tags)

    def coap(self, source, to, payload=PING, mac=None, tags=None, source_mac=MAC, protocol=UDP, l4=None, **more):
        """A frame with a datagram; `l4` replaces the UDP header and payload, `more` goes to ipv4() or ipv6()."""
        family, packet = (IPV6, ipv6) if ":" in source else (IPV4, ipv4)
        l4 = udp(source, to, PORT, 5683, payload) if l4 is None else l4
        return self.to(family, packet(source, to, protocol, l4, **more), mac, source_mac, tags)

    def reply(self, source, to, payload=RESET, mac=MAC, tags=None):
        """The frame with the gateway's datagram from `source`."""
        family, packet = (IPV6, ipv6) if ":" in source else (IPV4, ipv4)
        return self.back(family, packet(source, to, UDP, udp(source, to, 5683, PORT, payload)), mac, tags)

    def counters(self):
        """But for what the gateway sends of its own accord."""
        gauges = ("registrations", "tombstones", "object_lists", "store_octets")
        counted = {key: n for key, n in self.gateway.ask("/rdline/stats").items() if key not in gauges}
        counted["tx_frames"] -= counted.pop("net_announced") + counted.pop("net_asked")
        return counted

    def exchange(self, sent, late=0, wanted=()):
        """
        Sends frames, then an ARP request whose answer says that they are through: the answers, what was counted.
        `late` answers are waited for before, since they may come behind that one. What the gateway tells all is none,
        unless it is `wanted`.
        """
        def is_answer(frame):
            return frame in wanted or not is_told_to_all(frame)

        asker = "02:00:00:00:00:fe", "192.0.2.254"
        request, answer = arp(1, *asker, "00:00:00:00:00:00", GATEWAY4), arp(2, self.mac, GATEWAY4, *asker)
        before = self.counters()
        for frame in sent:
            self.wire.send(frame)
        got = []
        while len(got) < late:
            frame = self.wire.receive()
            if frame is None:
                break
            got += [frame] if is_answer(frame) else []
        self.wire.send(self.to(ARP, request, source=asker[0]))
        got += [f for f in self.wire.receive_until(self.back(ARP, answer, mac=asker[0])) if is_answer(f)]
        before["rx_frames"] += 1
        before["tx_frames"] += 1
        before["net_answered"] += 1
        after = self.counters()
        return got, {key: after[key] - before[key] for key in after if after[key] != before[key]}

    def check(self, rows):
        """Rows of (what, frame, the answer or None, the counter that tells)."""
        for what, frame, answer, counter in rows:
            wanted = {"rx_frames": 1, counter: 1}
            if answer is not None:
                wanted["tx_frames"] = 1
            got, counted = self.exchange([frame], wanted=[answer])
            expect([f.hex() for f in got], [answer.hex()] if answer is not None else [], what)
            expect(counted, wanted, what)

    def pings(self, rows):
        """Rows of (what, frame): each a CoAP ping of the usual peer, answered."""
        answers = {IPV4: self.reply(GATEWAY4, ME4), IPV6: self.reply(GATEWAY6, ME6)}
        self.check([(what, frame, answers[IPV6 if b"\x86\xdd" == frame[12:14] else IPV4], RST) for what, frame in rows])

    def drops(self, rows):
        """Rows of (what, counter, frame)."""
        self.check([(what, frame, None, "drop_" + counter) for what, counter, frame in rows])


def open_net(lab, vlan=0, tags=(), device="net_af_packet0,iface=rdl0", lwm2m=""):
    for gateway in lab.gateways:
        if gateway.process.poll() is None:
            gateway.stop()
    addresses = ", ".join('"%s"' % a for a in (GATEWAY4 + "/24", OTHER4 + "/24", GATEWAY6 + "/64", OTHER6 + "/64"))
    port = '{ device = "%s"; addresses = [ %s ]; vlan = %d; }' % (device, addresses, vlan)
    gateway = lab.gateway(ports=port, lwm2m=lwm2m)
    return Net(lab, gateway, Wire("dev0"), interface_mac(lab.name + "-gw", "rdl0"), tags)


def start(lab):
    # The device's kernel must not speak IPv6 of its own accord: it would be counted.
    with open("/proc/sys/net/ipv6/conf/dev0/disable_ipv6", "w") as f:
        f.write("1")
    return open_net(lab)


def test_arp(net):
    nobody = "00:00:00:00:00:00"
    ask = arp(1, MAC, ME4, nobody, GATEWAY4)
    answer = net.back(ARP, arp(2, net.mac, GATEWAY4, MAC, ME4))
    net.check([
        ("who-has", net.to(ARP, ask, BROADCAST), answer, ANSWERED),
        ("who-has, to us alone", net.to(ARP, ask), answer, ANSWERED),
        ("padded", net.to(ARP, ask + bytes(18), BROADCAST), answer, ANSWERED),
        ("second address", net.to(ARP, arp(1, MAC, ME4, nobody, OTHER4), BROADCAST),
         net.back(ARP, arp(2, net.mac, OTHER4, MAC, ME4)), ANSWERED),
        ("probe", net.to(ARP, arp(1, MAC, "0.0.0.0", nobody, GATEWAY4), BROADCAST),
         net.back(ARP, arp(2, net.mac, GATEWAY4, MAC, "0.0.0.0")), ANSWERED),
    ])
    net.drops([
        ("another address", "arp", net.to(ARP, arp(1, MAC, ME4, nobody, STRANGER4), BROADCAST)),
        ("reply", "neighbour_unasked", net.to(ARP, arp(2, MAC, ME4, net.mac, GATEWAY4))),
        ("our own address announced", "address_claimed", net.to(ARP, arp(1, MAC, GATEWAY4, nobody, GATEWAY4), BROADCAST)),
        ("our own frame come back", "arp", net.to(ARP, arp(1, net.mac, GATEWAY4, nobody, GATEWAY4), BROADCAST)),
        ("other hardware", "arp", net.to(ARP, b"\0\6" + ask[2:], BROADCAST)),
        ("cut", "frame_short", net.to(ARP, ask[:-1], BROADCAST)),
    ])


def test_neighbour_discovery(net):
    my_mac, group, group_mac = b"\1\1" + mac(MAC), "ff02::1:ff00:1", "33:33:ff:00:00:01"

    def solicitation(source, to, target=GATEWAY6, options=b"", hop_limit=255, to_mac=None, wrong=0):
        message = icmp(135, bytes(4) + ip(target) + options, (source, to), wrong)
        return net.to(IPV6, ipv6(source, to, ICMPV6, message, hop_limit), to_mac)

    def advertisement(target, to=ME6, flags=0x60, to_mac=MAC):
        message = icmp(136, bytes([flags, 0, 0, 0]) + ip(target) + b"\2\1" + mac(net.mac), (target, to))
        return net.back(IPV6, ipv6(target, to, ICMPV6, message, 255), to_mac)

    # A host that looks for duplicates is answered as all are told at the start, and when a link has come up.
    announced = -1
    while net.gateway.ask("/rdline/stats")["net_announced"] != announced:
        announced = net.gateway.ask("/rdline/stats")["net_announced"]
        time.sleep(1.5)
    net.wire.drain()
    net.check([
        ("to the group", solicitation(ME6, group, options=my_mac, to_mac=group_mac), advertisement(GATEWAY6), ANSWERED),
        ("is it still there", solicitation(ME6, GATEWAY6), advertisement(GATEWAY6), ANSWERED),
        ("second address", solicitation(ME6, OTHER6, OTHER6, my_mac), advertisement(OTHER6), ANSWERED),
        ("with a nonce", solicitation(ME6, group, options=my_mac + b"\x0e\1abcdef", to_mac=group_mac),
         advertisement(GATEWAY6), ANSWERED),
        ("duplicate address detection", solicitation("::", group, to_mac=group_mac),
         advertisement(GATEWAY6, "ff02::1", 0x20, "33:33:00:00:00:01"), ANSWERED),
    ])
    net.drops([
        ("another address", "icmp",
         solicitation(ME6, "ff02::1:ff00:66", STRANGER6, my_mac, to_mac="33:33:ff:00:00:66")),
        ("came through a router", "icmp", solicitation(ME6, group, options=my_mac, hop_limit=254, to_mac=group_mac)),
        ("checksum", "icmp", solicitation(ME6, group, options=my_mac, to_mac=group_mac, wrong=1)),
        ("empty option", "icmp", solicitation(ME6, group, options=b"\1\0" + mac(MAC), to_mac=group_mac)),
        ("detection with a MAC", "icmp", solicitation("::", group, options=my_mac, to_mac=group_mac)),
        ("detection to one address", "icmp", solicitation("::", GATEWAY6)),
        ("router solicitation", "icmp",
         net.to(IPV6, ipv6(ME6, "ff02::2", ICMPV6, icmp(133, bytes(4), (ME6, "ff02::2")), 255), "33:33:00:00:00:02")),
    ])


def test_echo(net):
    def v4(type, source, to, body, to_mac=None, wrong=0):
        return ipv4(source, to, ICMP, icmp(type, b"\x12\x34\0\1" + body, wrong=wrong))

    def v6(type, source, to, body, wrong=0):
        return ipv6(source, to, ICMPV6, icmp(type, b"\x12\x34\0\1" + body, (source, to), wrong))

    bodies = [bytes(k & 0xFF for k in range(n)) for n in (0, 1, 56, 1400)]
    for body in bodies:
        net.check([
            ("IPv4, %d octets" % len(body), net.to(IPV4, v4(8, ME4, GATEWAY4, body)),
             net.back(IPV4, v4(0, GATEWAY4, ME4, body)), ANSWERED),
            ("IPv6, %d octets" % len(body), net.to(IPV6, v6(128, ME6, OTHER6, body)),
             net.back(IPV6, v6(129, OTHER6, ME6, body)), ANSWERED),
        ])
    net.drops([
        ("IPv4 checksum", "icmp", net.to(IPV4, v4(8, ME4, GATEWAY4, b"abc", wrong=1))),
        ("IPv6 checksum", "icmp", net.to(IPV6, v6(128, ME6, GATEWAY6, b"abc", wrong=1))),
        ("IPv4 reply", "icmp", net.to(IPV4, v4(0, ME4, GATEWAY4, b"abc"))),
        ("IPv6 reply", "icmp", net.to(IPV6, v6(129, ME6, GATEWAY6, b"abc"))),
        ("IPv4 group", "icmp", net.to(IPV4, v4(8, ME4, "224.0.0.1", b""), "01:00:5e:00:00:01")),
        ("IPv6 group", "icmp", net.to(IPV6, v6(128, ME6, "ff02::1", b""), "33:33:00:00:00:01")),
    ])


def test_checksums(net):
    def ping(source, to, payload=PING, **more):
        return net.coap(source, to, l4=udp(source, to, PORT, 5683, payload, **more))

    def reply_sums_to_zero(source, to):
        """The Message ID with which the checksum of our datagram is 0, and so sent as 0xffff."""
        head = frames.checksum(pseudo(source, to, UDP, 12) + struct.pack("!HHHHHH", PORT, 5683, 12, 0, 0x4000, 0))
        back = frames.checksum(pseudo(to, source, UDP, 12) + struct.pack("!HHHHHH", 5683, PORT, 12, 0, 0x7000, 0))
        return struct.pack("!H", head), struct.pack("!H", back)

    net.pings([("plain IPv4", ping(ME4, GATEWAY4)), ("plain IPv6", ping(ME6, GATEWAY6)),
               ("no checksum over IPv4", ping(ME4, GATEWAY4, sum=0))])
    net.drops([
        ("IPv4 header", "ip_checksum", net.coap(ME4, GATEWAY4, wrong=1)),
        ("UDP over IPv4", "udp_checksum", ping(ME4, GATEWAY4, wrong=1)),
        ("UDP over IPv6", "udp_checksum", ping(ME6, GATEWAY6, wrong=0x8000)),
        ("none over IPv6", "udp_checksum", ping(ME6, GATEWAY6, sum=0)),
    ])
    for source, to in ((ME4, GATEWAY4), (ME6, GATEWAY6)):
        for mid in reply_sums_to_zero(source, to):
            request, answer = ping(source, to, b"\x40\0" + mid), net.reply(to, source, b"\x70\0" + mid)
            net.check([("a sum of 0xffff", request, answer, RST)])


def test_lengths(net):
    def sized(source, to, length, payload=PING):
        return net.coap(source, to, l4=udp(source, to, PORT, 5683, payload, length))

    ping4, ping6 = net.coap(ME4, GATEWAY4), net.coap(ME6, GATEWAY6)
    net.pings([
        ("Ethernet padding", ping4 + bytes(60 - len(ping4))),
        ("padding of ones", ping4 + b"\xff" * (60 - len(ping4))),
        ("garbage behind IPv4", ping4 + bytes(range(1, 200))),
        ("garbage behind IPv6", ping6 + bytes(range(1, 200))),
        ("IPv4 longer than UDP", net.coap(ME4, GATEWAY4, l4=udp(ME4, GATEWAY4, PORT, 5683, PING) + b"\xff\xff")),
    ])
    net.drops([
        ("UDP over IPv4 longer than the packet", "udp_header", sized(ME4, GATEWAY4, 13)),
        ("UDP over IPv6 longer than the packet", "udp_header", sized(ME6, GATEWAY6, 13)),
        ("UDP into the padding", "udp_header", sized(ME4, GATEWAY4, 20) + bytes(20)),
        ("UDP of 7 octets", "udp_header", sized(ME4, GATEWAY4, 7)),
        ("half a UDP header", "udp_header", net.coap(ME4, GATEWAY4, l4=b"\x9c\x40\x16\x33")),
        ("empty datagram", "coap_short", sized(ME4, GATEWAY4, None, b"")),
        ("IPv4 longer than the frame", "ip_header", net.coap(ME4, GATEWAY4, total=33)),
        ("IPv4 shorter than its header", "ip_header", net.coap(ME4, GATEWAY4, total=19)),
        ("IPv6 longer than the frame", "ip_header", net.coap(ME6, GATEWAY6, length=13)),
        ("IPv6 of no octets", "ip_header", net.coap(ME6, GATEWAY6, length=0)),
        ("IPv4 of another version", "ip_header", net.coap(ME4, GATEWAY4, version=6)),
        ("IPv6 of another version", "ip_header", net.coap(ME6, GATEWAY6, version=4)),
        ("cut IPv4 header", "frame_short", ping4[:33]),
        ("cut IPv6 header", "frame_short", ping6[:53]),
        ("bare Ethernet header", "frame_short", ping4[:14]),
    ])


def test_largest_datagrams(net):
    for source, to, size in ((ME4, GATEWAY4, 1472), (ME6, GATEWAY6, 1452)):
        for octets in (size - 1, size):
            name = "large-%d" % octets
            options = [(URI_PATH, "rd"), (URI_QUERY, "ep=" + name), (CONTENT_FORMAT, b"\x28")]
            head = message(POST, octets, options, b"</1/0>,</3/0>,")
            request = message(POST, octets, options, b"</1/0>,</3/0>,<x%s>" % (b"y" * (octets - len(head) - 3)))
            expect(len(request), octets, "size")
            net.wire.send(net.coap(source, to, request))
            answer = net.wire.receive()[42 if source == ME4 else 62:]
            expect((Answer(answer).code, len(Answer(answer).location)), ("2.01", 2), name)
            expect(net.gateway.registration(name)["objects"], ["1/0", "3/0"], name)


def test_other_ports(net):
    """Nobody listens there, and it is said so: a hundred times a second."""
    def asked(source, to, port=5684, **more):
        l4 = udp(source, to, PORT, port, PING, **more)
        return (ipv6 if ":" in source else ipv4)(source, to, UDP, l4)

    def told(source, to):
        if ":" in source:
            return ipv6(to, source, ICMPV6, icmp(1, bytes(4) + asked(source, to), (to, source), code=4))
        return ipv4(to, source, ICMP, icmp(3, bytes(4) + asked(source, to)[:28], code=3))

    net.check([
        ("IPv4", net.to(IPV4, asked(ME4, OTHER4)), net.back(IPV4, told(ME4, OTHER4)), "net_unreachable"),
        ("IPv6", net.to(IPV6, asked(ME6, GATEWAY6)), net.back(IPV6, told(ME6, GATEWAY6)), "net_unreachable"),
        ("IPv4, tagged", net.to(IPV4, asked(ME4, GATEWAY4), tags=(7, 8)),
         net.back(IPV4, told(ME4, GATEWAY4), tags=(7, 8)), "net_unreachable"),
    ])
    net.drops([
        ("to a group", "udp_port", net.to(IPV4, asked(ME4, "224.0.1.187"), "01:00:5e:00:01:bb")),
        ("to a group", "udp_port", net.to(IPV6, asked(ME6, "ff02::fd"), "33:33:00:00:00:fd")),
        ("damaged", "udp_port", net.to(IPV4, asked(ME4, GATEWAY4, wrong=1))),
        ("damaged", "udp_port", net.to(IPV6, asked(ME6, GATEWAY6, wrong=1))),
        ("no checksum over IPv6", "udp_port", net.to(IPV6, asked(ME6, GATEWAY6, sum=0))),
    ])
    time.sleep(1.1)
    got, counted = net.exchange([net.to(IPV4, asked(ME4, GATEWAY4))] * 150)
    expect((counted["net_unreachable"] + counted["drop_udp_port"], len(got)), (150, counted["net_unreachable"]), "flood")
    expect(100 <= counted["net_unreachable"] < 150, True, counted)


def test_not_for_us(net):
    def other_port(source, to, source_port, port):
        return net.coap(source, to, l4=udp(source, to, source_port, port, PING))

    net.drops([
        ("source port 0", "udp_header", other_port(ME4, GATEWAY4, 0, 5683)),
        ("IPv4 address", "not_for_us", net.coap(ME4, STRANGER4)),
        ("IPv6 address", "not_for_us", net.coap(ME6, STRANGER6)),
        ("MAC", "not_for_us", net.coap(ME4, GATEWAY4, mac="02:00:00:00:00:66")),
        ("our address in a group's frame", "not_for_us", net.coap(ME4, GATEWAY4, mac="01:00:5e:00:00:01")),
        ("our address in a broadcast frame", "not_for_us", net.coap(ME4, GATEWAY4, mac=BROADCAST)),
        ("TCP over IPv4", "ip_protocol", net.coap(ME4, GATEWAY4, protocol=6)),
        ("TCP over IPv6", "ip_protocol", net.coap(ME6, GATEWAY6, protocol=6)),
        ("ethertype", "ethertype", net.to(0x88CC, bytes(46))),
        ("802.3 length", "ethertype", net.to(46, bytes(46))),
    ])
    net.drops([("from %s" % source, "ip_source", net.coap(source, GATEWAY6 if ":" in source else GATEWAY4))
               for source in ("0.0.0.0", "127.0.0.1", "224.0.0.5", "255.255.255.255", GATEWAY4, OTHER4,
                              "192.0.2.0", "192.0.2.255", "2001:db8::",
                              "::", "::1", "ff02::5", "::ffff:192.0.2.77", GATEWAY6, OTHER6)])
    net.drops([("from a group's MAC", "ip_source", net.coap(ME4, GATEWAY4, source_mac="03:00:00:00:00:77"))])


def test_groups(net):
    for type, name in ((0x40, "CON"), (0x50, "NON")):
        request = bytes([type | 1, POST]) + b"\0\1\7" + bytes.fromhex("b27264") + b"\x44ep=g"
        net.drops([
            (name + " to All CoAP Nodes", "multicast", net.coap(ME4, "224.0.1.187", request, mac="01:00:5e:00:01:bb")),
            (name + " link-local", "multicast", net.coap(ME6, "ff02::fd", request, mac="33:33:00:00:00:fd")),
            (name + " site-local", "multicast", net.coap(ME6, "ff05::fd", request, mac="33:33:00:00:00:fd")),
            (name + " limited broadcast", "not_for_us", net.coap(ME4, "255.255.255.255", request, mac=BROADCAST)),
            (name + " limited broadcast to our MAC", "multicast", net.coap(ME4, "255.255.255.255", request)),
            (name + " broadcast of the network", "not_for_us", net.coap(ME4, "192.0.2.255", request, mac=BROADCAST)),
        ])
    net.drops([("ping", "multicast", net.coap(ME6, "ff02::fd", mac="33:33:00:00:00:fd"))])


def test_ipv4_options(net):
    net.pings([(options.hex(), net.coap(ME4, GATEWAY4, options=options)) for options in (
        b"\1\1\1\1", b"\x94\4\0\0", b"\0\0\0\0", b"\x94\4\0\0" + b"\1" * 36, b"\xde\4\xbe\xef")])
    net.drops([(options.hex(), counter, net.coap(ME4, GATEWAY4, options=options)) for options, counter in (
        (b"\xde\xad\xbe\xef", "ip_header"), (b"\x83\7\4" + ip(OTHER4) + b"\0", "ip_protocol"),
        (b"\x89\7\x08" + ip(OTHER4) + b"\0", "ip_protocol"))])
    net.check([("echo", net.to(IPV4, ipv4(ME4, GATEWAY4, ICMP, icmp(8, b"\0\1\0\2abc"), options=b"\x94\4\0\0")),
                net.back(IPV4, ipv4(GATEWAY4, ME4, ICMP, icmp(0, b"\0\1\0\2abc"))), ANSWERED)])


def test_ipv6_extension_headers(net):
    pad, skip, must = b"\1\4" + bytes(4), b"\x1e\4" + bytes(4), b"\x9e\4" + bytes(4)
    datagram = udp(ME6, GATEWAY6, PORT, 5683, PING)

    def chain(*headers, tail=datagram):
        """Each (type, body), before a datagram."""
        types = [type for type, _ in headers] + [UDP]
        bodies = [extension(types[k + 1], body) for k, (_, body) in enumerate(headers)]
        return net.coap(ME6, GATEWAY6, l4=b"".join(bodies) + tail, protocol=types[0])

    net.pings([
        ("hop by hop", chain((HOP_BY_HOP, pad))),
        ("router alert", chain((HOP_BY_HOP, b"\5\2\0\0\1\0"))),
        ("destination", chain((DESTINATION_OPTIONS, pad))),
        ("both", chain((HOP_BY_HOP, pad), (DESTINATION_OPTIONS, pad + bytes(8)))),
        ("unknown, to be skipped", chain((DESTINATION_OPTIONS, skip))),
        ("routing that is through", chain((ROUTING, bytes(6)))),
        ("eight", chain((HOP_BY_HOP, pad), *[(DESTINATION_OPTIONS, pad)] * 7)),
    ])
    net.drops([
        ("unknown, not to be skipped", "ip_protocol", chain((DESTINATION_OPTIONS, must))),
        ("hop by hop that is not first", "ip_protocol", chain((DESTINATION_OPTIONS, pad), (HOP_BY_HOP, pad))),
        ("routing that goes on", "ip_protocol", chain((ROUTING, b"\0\1" + bytes(4)))),
        ("option beyond its header", "ip_protocol", chain((HOP_BY_HOP, b"\1\5" + bytes(4)))),
        ("header beyond the packet", "ip_header", chain((HOP_BY_HOP, pad), tail=b"")[:-7] + b"\x09" + bytes(6)),
        ("no next header", "ip_protocol", net.coap(ME6, GATEWAY6, protocol=59)),
    ])


def test_tags(net):
    for tags in ((7,), (4094,), (0xA007,), (0,), (7, 8)):
        net.check([
            ("IPv4 %s" % (tags,), net.coap(ME4, GATEWAY4, tags=tags), net.reply(GATEWAY4, ME4, tags=tags), RST),
            ("IPv6 %s" % (tags,), net.coap(ME6, GATEWAY6, tags=tags), net.reply(GATEWAY6, ME6, tags=tags), RST),
            ("ARP %s" % (tags,), net.to(ARP, arp(1, MAC, ME4, MAC, GATEWAY4), tags=tags),
             net.back(ARP, arp(2, net.mac, GATEWAY4, MAC, ME4), tags=tags), ANSWERED),
        ])


def test_replies_go_where_requests_came_from(net):
    """To the sender's MAC, whatever its address; from the address that was asked."""
    rows = (
        (MAC, ME4, GATEWAY4), (MAC, ME4, OTHER4), (MAC, ME6, GATEWAY6), (MAC, ME6, OTHER6),
        ("02:00:00:00:00:01", ME4, GATEWAY4), ("02:00:00:00:00:02", "198.51.100.5", OTHER4),
        ("02:00:00:00:00:03", "2001:db8:1::5", OTHER6), ("02:00:00:00:00:04", "fe80::5", GATEWAY6),
        ("02:00:00:00:00:05", "10.255.255.255", GATEWAY4), ("02:00:00:00:00:06", "223.255.255.254", GATEWAY4))
    net.check([(source, net.coap(source, to, source_mac=mac), net.reply(to, source, mac=mac), RST)
               for mac, source, to in rows])


def test_bursts_of_good_and_bad(net):
    good = [net.coap(ME4, GATEWAY4), net.coap(ME6, GATEWAY6), net.to(ARP, arp(1, MAC, ME4, MAC, GATEWAY4))]
    bad = [net.coap(ME4, GATEWAY4, wrong=1), net.coap(ME6, STRANGER6), net.coap(ME4, GATEWAY4, b"@"), good[0][:20]]
    answers = [net.reply(GATEWAY4, ME4), net.reply(GATEWAY6, ME6), net.back(ARP, arp(2, net.mac, GATEWAY4, MAC, ME4))]
    got, counted = net.exchange([f for k in range(60) for f in (good[k % 3], bad[k % 4])])
    expect(got, answers * 20, "answers, in their order")
    expect(counted, {"rx_frames": 120, "tx_frames": 60, "net_answered": 20, "resets": 40, "drop_ip_checksum": 15,
                     "drop_not_for_us": 15, "drop_coap_short": 15, "drop_frame_short": 15}, "counters")


def fragments(net, source, to, id, pieces, l4, protocol=UDP):
    """Frames with pieces of a datagram, each (from, up to), as ordered; the datagram may be larger than a frame."""
    frames = []
    for start, end in pieces:
        more = end < len(l4)
        if ":" in source:
            head = extension(protocol, struct.pack("!HI", start | more, id))
            frames.append(net.to(IPV6, ipv6(source, to, FRAGMENT, head + l4[start:end])))
        else:
            frames.append(net.to(IPV4, ipv4(source, to, protocol, l4[start:end], fragment=start // 8 | more << 13, id=id)))
    return frames


def check_fragments(net, source, to):
    ping = udp(source, to, PORT, 5683, PING + bytes(28))  # an Empty message that is not empty
    halves, thirds = [(0, 16), (16, 40)], [(0, 8), (8, 24), (24, 40)]
    whole = [
        ("in order", halves), ("the last first", halves[::-1]), ("three", thirds), ("three backwards", thirds[::-1]),
        ("three mixed", [thirds[1], thirds[2], thirds[0]]),
    ]
    never = [
        ("first alone", [(0, 16)]), ("last alone", [(16, 40)]), ("a gap", [(0, 8), (24, 40)]),
        ("no end", [(0, 8), (8, 24)]), ("no start", [(8, 24), (24, 40)]), ("overlap", [(0, 24), (8, 40)]),
    ]
    for id, (what, pieces) in enumerate(whole + never, 1):
        wanted = [net.reply(to, source)] if id <= len(whole) else []
        got, counted = net.exchange(fragments(net, source, to, id, pieces, ping), len(wanted))
        expect([f.hex() for f in got], [f.hex() for f in wanted], what)
        expect((counted["fragments"], counted.get("reassembled", 0), counted.get("resets", 0)),
               (len(pieces), len(wanted), len(wanted)), what)
    first, last = fragments(net, source, to, 100, halves, ping), fragments(net, source, to, 101, halves, ping)
    expect(net.exchange([first[0], last[1]])[0], [], "two datagrams")
    # Larger than the MTU: a Register that a device's kernel would send so.
    links = b"</1/0>,</3/0>," + b",".join(b"<%d>" % n for n in range(100, 600))
    options = [(URI_PATH, "rd"), (URI_QUERY, "ep=fragments-" + source), (CONTENT_FORMAT, b"\x28")]
    register = udp(source, to, PORT, 5683, message(POST, 77, options, links))
    pieces = [(start, min(start + 1448, len(register))) for start in range(0, len(register), 1448)]
    for frame in fragments(net, source, to, 102, pieces, register):
        net.wire.send(frame)
    answer = Answer(net.wire.receive()[62 if ":" in source else 42:])
    expect(answer.code, "2.01", "Register of %d octets" % len(register))
    expect(net.gateway.registration("fragments-" + source)["objects_total"], 502, "all of its links")


def test_echo_of_more_than_the_mtu(net):
    """Its reply could only leave in fragments. On af_packet the MTU is the kernel's."""
    def ping(source, to, octets, id):
        v6 = ":" in source
        echo = icmp(128 if v6 else 8, b"\x12\x34\0\1" + bytes(octets - 8), (source, to) if v6 else None)
        pieces = [(start, min(start + 1208, octets)) for start in range(0, octets, 1208)]
        return fragments(net, source, to, id, pieces, echo, ICMPV6 if v6 else ICMP)

    for source, to, most in ((ME4, GATEWAY4, 1480), (ME6, GATEWAY6, 1460)):
        for id, octets, count in ((200, most, 1), (201, most + 1, 0), (202, 3000, 0)):
            got, counted = net.exchange(ping(source, to, octets, id), count)
            expect([len(frame) - octets for frame in got], [34 if source == ME4 else 54] * count, "answers")
            expect((counted.get("net_answered", 0), counted.get("drop_echo_mtu", 0)), (count, 1 - count), octets)


def test_ipv6_fragments(net):
    check_fragments(net, ME6, GATEWAY6)
    ping = udp(ME6, GATEWAY6, PORT, 5683, PING)
    net.drops([("without its header", "ip_header", net.coap(ME6, GATEWAY6, l4=b"\x11\0\0", protocol=FRAGMENT))])
    got, counted = net.exchange([net.coap(ME6, GATEWAY6, l4=extension(UDP, b"\0\1\0\0\0\7"), protocol=FRAGMENT)])
    expect((got, counted), ([], {"rx_frames": 1, "fragments": 1, "drop_fragment_bad": 1}), "of no octets")
    # Behind options that each fragment carries.
    options = extension(FRAGMENT, b"\1\4" + bytes(4))
    behind = [options + extension(UDP, b"\0\1\0\0\0\x70") + ping[:8], options + extension(UDP, b"\0\x08\0\0\0\x70") + ping[8:]]
    got, counted = net.exchange([net.coap(ME6, GATEWAY6, l4=l4, protocol=HOP_BY_HOP) for l4 in behind], 1)
    expect(([f.hex() for f in got], counted["reassembled"]), ([net.reply(GATEWAY6, ME6).hex()], 1), "behind options")
    # All of its packet in one fragment: RFC 6946.
    got, counted = net.exchange([net.coap(ME6, GATEWAY6, l4=extension(UDP, bytes(6)) + ping, protocol=FRAGMENT)], 1)
    expect((got, counted), ([net.reply(GATEWAY6, ME6)], {"rx_frames": 1, "tx_frames": 1, "resets": 1}), "atomic")


def test_ipv4_fragments(net):
    """On a tap: af_packet has the kernel put fragments together."""
    if not os.path.exists("/dev/net/tun"):
        raise Skip("there is no /dev/net/tun")
    net.gateway.stop()
    net.lab.enter("gw")
    try:
        gateway = net.lab.gateway(ports='{ device = "net_tap0,iface=rdltap"; addresses = [ "%s/24" ]; }' % GATEWAY4)
        with open("/proc/sys/net/ipv6/conf/rdltap/disable_ipv6", "w") as f:
            f.write("1")
        subprocess.run(["ip", "link", "set", "rdltap", "up"], check=True)
        wire = Wire("rdltap")
    finally:
        net.lab.enter("dev")
    tap = Net(net.lab, gateway, wire, interface_mac(net.lab.name + "-gw", "rdltap"))
    tap.pings([("whole", tap.coap(ME4, GATEWAY4)), ("may be fragmented", tap.coap(ME4, GATEWAY4, fragment=0))])
    check_fragments(tap, ME4, GATEWAY4)
    # Tags of 802.1ad, which af_packet takes for those of 802.1Q.
    for tags in (((0x88A8, 7),), ((0x88A8, 7), 8), ((0x88A8, 0xE007), (0x88A8, 8))):
        tap.check([
            ("IPv4 %s" % (tags,), tap.coap(ME4, GATEWAY4, tags=tags), tap.reply(GATEWAY4, ME4, tags=tags), RST),
            ("ARP %s" % (tags,), tap.to(ARP, arp(1, MAC, ME4, MAC, GATEWAY4), tags=tags),
             tap.back(ARP, arp(2, tap.mac, GATEWAY4, MAC, ME4), tags=tags), ANSWERED),
        ])
    # Without end: a third tag is nothing that is known.
    tap.drops([("%d tags" % n, "ethertype", tap.coap(ME4, GATEWAY4, tags=(7,) * n)) for n in (3, 4, 300)])
    gateway.stop()


def test_frames_of_more_than_the_mtu(net):
    """A port that is set up for larger frames, up to what it may be set up for."""
    for interface in (["ip", "link", "set", "dev0"], ["ip", "-n", net.lab.name + "-gw", "link", "set", "rdl0"]):
        subprocess.run(interface + ["mtu", "4000"], check=True)
    net = open_net(net.lab, device="net_af_packet0,iface=rdl0,blocksz=8192,framesz=4096",
                   lwm2m='extra_parameters = [ "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8" ];')
    for octets in (1515, 2048, 2049, 4014):
        ping = net.coap(ME4, GATEWAY4, PING + bytes(octets - 46))
        net.check([("%d octets" % octets, ping, net.reply(GATEWAY4, ME4), RST)])
        # As much as goes into parameters, and the rest into the list of objects.
        queries = ["ep=x"] + ["p%d=%s" % (k, "v" * 252) for k in range(1, 9)][:octets // 300]
        head = message(POST, octets, [(URI_PATH, "rd")] + [(URI_QUERY, q) for q in queries], b"<1>,<3>,")
        request = head + b",".join(b"<%d>" % n for n in range(100, 900))
        request = request[:octets - 42].rpartition(b",")[0]
        net.wire.send(net.coap(ME4, GATEWAY4, request))
        expect(Answer(net.wire.receive()[42:]).code, "2.01", "Register of %d octets" % octets)
        expect(net.gateway.registration("x")["objects_total"], request.count(b"<"), "links")


def test_port_of_one_vlan(net):
    net = open_net(net.lab, 7, tags=(7,))
    net.check([
        ("IPv4", net.coap(ME4, GATEWAY4), net.reply(GATEWAY4, ME4), RST),
        ("IPv6", net.coap(ME6, GATEWAY6), net.reply(GATEWAY6, ME6), RST),
        ("with a priority", net.coap(ME4, GATEWAY4, tags=(0xE007,)), net.reply(GATEWAY4, ME4, tags=(0xE007,)), RST),
    ])
    net.drops([(str(tags), "vlan", frame) for tags in ((), (8,), (0,), (8, 7), (0x807,)) for frame in (
        net.coap(ME4, GATEWAY4, tags=tags), net.coap(ME6, GATEWAY6, tags=tags),
        net.to(ARP, arp(1, MAC, ME4, MAC, GATEWAY4), BROADCAST, tags=tags))])


if __name__ == "__main__":
    main(start)
