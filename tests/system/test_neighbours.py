#!/usr/bin/python3
"""What the gateway says and believes of neighbours: its addresses announced, routers asked for, spoofers ignored."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from frames import *  # noqa: E402,F403

MAC, NOBODY, SPOOFER = "02:00:00:00:00:77", "00:00:00:00:00:00", "02:00:00:00:00:66"
ROUTER4, ROUTER6 = "192.0.2.254", "fe80::fe"
OTHER4, LINK6 = "198.51.100.1", "fe80::1"
ADDRESSES = (GATEWAY4, OTHER4, GATEWAY6, LINK6)
ALL_NODES, ALL_NODES_MAC = "ff02::1", "33:33:00:00:00:01"
TAGS = (7,)


def solicited_node(address):
    group = "ff02::1:ff" + ip(address)[13:].hex()[:2] + ":" + ip(address)[14:].hex()
    return group, "33:33:" + ":".join("%02x" % octet for octet in ip(group)[12:])


class Link:
    """A gateway with routers on a VLAN, and the other end of its link, which no kernel speaks on."""

    def __init__(self, lab, gateway='"%s", "%s"' % (ROUTER4, ROUTER6), vlan=TAGS[0]):
        self.lab, self.tags = lab, TAGS if vlan else ()
        for old in lab.gateways:
            if old.process.poll() is None:
                old.stop()
        self.wire = Wire("dev0")
        addresses = ", ".join('"%s/%d"' % (a, 64 if ":" in a else 24) for a in ADDRESSES)
        port = '{ device = "net_af_packet0,iface=rdl0"; addresses = [ %s ]; gateway = [ %s ]; vlan = %d; }'
        self.mac = interface_mac(lab.name + "-gw", "rdl0")
        self.gateway = lab.gateway(ports=port % (addresses, gateway, vlan))

    def from_gateway(self, ethertype, payload, to=BROADCAST):
        return ethernet(to, self.mac, ethertype, payload, self.tags)

    def send(self, ethertype, payload, to=None, source=MAC):
        self.wire.send(ethernet(to or self.mac, source, ethertype, payload, self.tags))

    def nd(self, type, flags, target, source, to, mac_option=None, to_mac=None):
        body = bytes([flags, 0, 0, 0]) + ip(target)
        if mac_option is not None:
            body += bytes([2 if type == 136 else 1, 1]) + mac(mac_option)
        return ipv6(source, to, ICMPV6, icmp(type, body, (source, to)), 255)

    def probe(self, address):
        if ":" not in address:
            return self.from_gateway(ARP, arp(1, self.mac, "0.0.0.0", NOBODY, address))
        group, group_mac = solicited_node(address)
        return self.from_gateway(IPV6, self.nd(135, 0, address, "::", group), group_mac)

    def announcement(self, address):
        if ":" not in address:
            return self.from_gateway(ARP, arp(1, self.mac, address, NOBODY, address))
        return self.from_gateway(IPV6, self.nd(136, 0x20, address, address, ALL_NODES, self.mac), ALL_NODES_MAC)

    def question(self, router, known=None):
        """Of the router, from the address in its network: to all, or to whom it is known to be."""
        if ":" not in router:
            return self.from_gateway(ARP, arp(1, self.mac, GATEWAY4, NOBODY, router), known or BROADCAST)
        group, group_mac = solicited_node(router)
        to, to_mac = (router, known) if known else (group, group_mac)
        return self.from_gateway(IPV6, self.nd(135, 0, router, LINK6, to, self.mac), to_mac)

    def answer(self, router, source=MAC):
        if ":" not in router:
            self.send(ARP, arp(2, source, router, self.mac, GATEWAY4), source=source)
        else:
            self.send(IPV6, self.nd(136, 0x60, router, router, LINK6, source), source=source)

    def heard(self, seconds):
        """All that comes in this time."""
        frames, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            frame = self.wire.receive(max(end - time.monotonic(), 0.001))
            if frame is not None:
                frames.append(frame)
        return frames

    def wait_for(self, frame, seconds=8):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.wire.receive(0.2) == frame:
                return
        raise AssertionError("%s never came" % frame.hex())

    def neighbours(self):
        page = self.gateway.ask("/rdline/neighbours")
        expect(page.pop("next"), 0, "next")
        return {n["address"]: (n["state"], n["mac"]) for n in page.values()}

    def count(self, name):
        return self.gateway.ask("/rdline/stats")[name]

    def ping(self):
        """It serves."""
        self.send(IPV4, ipv4("192.0.2.77", GATEWAY4, UDP,
                             udp("192.0.2.77", GATEWAY4, 40000, 5683, bytes.fromhex("40001234"))))
        self.wait_for(ethernet(MAC, self.mac, IPV4, ipv4(GATEWAY4, "192.0.2.77", UDP, udp(
            GATEWAY4, "192.0.2.77", 5683, 40000, bytes.fromhex("70001234"))), self.tags))


def setup(lab):
    with open("/proc/sys/net/ipv6/conf/dev0/disable_ipv6", "w") as f:
        f.write("1")
    return lab


def test_addresses_are_announced_at_the_start(lab):
    link = Link(lab)
    frames = link.heard(5)
    for address in ADDRESSES:
        expect((frames.count(link.probe(address)), frames.count(link.announcement(address))), (3, 3), address)
    expect(link.count("net_announced"), 3 * 2 * len(ADDRESSES), "counted")
    # Beside those there are only questions for the routers.
    ours = [f(a) for a in ADDRESSES for f in (link.probe, link.announcement)]
    expect(set(frames) - set(ours), {link.question(ROUTER4), link.question(ROUTER6)}, "frames")


def test_and_when_the_link_comes_up(lab):
    link = Link(lab)
    told = 3 * 2 * len(ADDRESSES)
    until(lambda: link.count("net_announced") == told, "not announced")
    subprocess.run(["ip", "link", "set", "dev0", "down"], check=True)
    until(lambda: "link down" in link.gateway.log(), "the link is not seen to be down")
    link.wire = None
    subprocess.run(["ip", "link", "set", "dev0", "up"], check=True)
    link.wire = Wire("dev0")
    link.wait_for(link.announcement(GATEWAY4))
    link.wait_for(link.announcement(GATEWAY6))
    until(lambda: link.count("net_announced") == 2 * told, "not announced again")
    # However often it comes and goes: a round a second.
    begin = time.monotonic()
    for _ in range(100):
        subprocess.run(["ip", "link", "set", "dev0", "down"], check=True)
        subprocess.run(["ip", "link", "set", "dev0", "up"], check=True)
    time.sleep(2)
    rounds = (link.count("net_announced") - 2 * told) / (2 * len(ADDRESSES))
    if rounds > time.monotonic() - begin + 4:
        raise AssertionError("%s rounds in %s s" % (rounds, time.monotonic() - begin))
    link.wire = Wire("dev0")
    link.ping()
    expect(link.gateway.ask("/rdline/info")["packets_in_use"] < 5000, True, "buffers")


def test_others_that_have_our_addresses(lab):
    link = Link(lab)
    link.send(ARP, arp(1, MAC, GATEWAY4, NOBODY, GATEWAY4), BROADCAST)
    link.send(ARP, arp(2, SPOOFER, OTHER4, link.mac, "0.0.0.0"))
    link.send(IPV6, link.nd(136, 0x20, GATEWAY6, GATEWAY6, ALL_NODES, MAC), ALL_NODES_MAC)
    link.send(IPV6, link.nd(136, 0x60, LINK6, "fe80::77", LINK6, MAC))
    until(lambda: link.gateway.log().count("another host has an address of ours") == 4, "not said")
    for address, who in ((GATEWAY4, MAC), (OTHER4, SPOOFER), (GATEWAY6, MAC), (LINK6, MAC)):
        line = "warn port: another host has an address of ours port=0 address=%s mac=%s" % (address, who)
        expect(line in link.gateway.log(), True, line)
    expect(link.count("drop_address_claimed"), 4, "counted")
    # A flood of it is counted, and makes few lines.
    for n in range(1000):
        link.send(ARP, arp(1, MAC, GATEWAY4, NOBODY, GATEWAY4), BROADCAST)
        if n % 50 == 0:
            time.sleep(0.02)
    until(lambda: link.count("drop_address_claimed") == 1004, "not counted")
    expect(link.gateway.log().count("another host has") < 10, True, "lines")
    # Our own frames, come back round a loop, are nobody's claim.
    link.wire.send(link.announcement(GATEWAY4))
    link.wire.send(link.announcement(GATEWAY6))
    link.wire.send(link.probe(GATEWAY6))
    link.ping()
    expect(link.count("drop_address_claimed"), 1004, "own frames")


def test_routers_are_asked_for(lab):
    link = Link(lab)
    # What nobody has asked for is not learned.
    for router in (ROUTER4, ROUTER6):
        link.wait_for(link.question(router))
        link.answer(router)
        until(lambda: link.neighbours()[router] == ("reachable", MAC), "not known")
    expect(link.count("net_learned"), 2, "learned")
    for router in (ROUTER4, ROUTER6):
        link.answer(router, SPOOFER)
        link.answer("192.0.2.9" if router == ROUTER4 else "fe80::9", SPOOFER)
    link.ping()
    expect(link.count("drop_neighbour_unasked"), 4, "unasked")
    expect(link.neighbours(), {ROUTER4: ("reachable", MAC), ROUTER6: ("reachable", MAC)}, "neighbours")
    # The address moves to another router, which says so: it is believed when it answers.
    time.sleep(1.1)
    link.send(ARP, arp(1, SPOOFER, ROUTER4, NOBODY, ROUTER4), BROADCAST, SPOOFER)
    link.wait_for(link.question(ROUTER4))
    expect(link.neighbours()[ROUTER4][1], MAC, "until then")
    link.answer(ROUTER4, "02:00:00:00:00:78")
    until(lambda: link.neighbours()[ROUTER4] == ("reachable", "02:00:00:00:00:78"), "not moved")
    # Replies go where requests come from, whoever the router is.
    link.ping()


def test_routers_that_do_not_answer(lab):
    link = Link(lab)
    until(lambda: link.gateway.log().count("gateway does not answer") == 2, "not said")
    for router in (ROUTER4, ROUTER6):
        line = "warn port: gateway does not answer port=0 gateway=%s" % router
        expect(line in link.gateway.log(), True, line)
        expect(link.neighbours()[router], ("unreachable", NOBODY), router)
    link.ping()
    link.wait_for(link.question(ROUTER4))
    link.answer(ROUTER4)
    until(lambda: "warn port: gateway answers again port=0 gateway=%s" % ROUTER4 in link.gateway.log(), "not said")


def test_paths_that_are_narrow(lab):
    """A router far away cannot pass on what we send: over IPv4 it may fragment it then, over IPv6 it is not sent."""
    far4, far6, hop4, hop6 = "203.0.113.7", "2001:db8:1::7", "203.0.113.1", "2001:db8:1::1"
    body = b"\x12\x34\0\1" + bytes(1200)
    link = Link(lab, vlan=0)

    def ping4():
        link.send(IPV4, ipv4(far4, GATEWAY4, ICMP, icmp(8, body)))
        return ipv4(GATEWAY4, far4, ICMP, icmp(0, body))

    def ping6():
        link.send(IPV6, ipv6(far6, GATEWAY6, ICMPV6, icmp(128, body + bytes(100), (far6, GATEWAY6))))
        return ipv6(GATEWAY6, far6, ICMPV6, icmp(129, body + bytes(100), (GATEWAY6, far6)))

    def too_big(quoted):
        if quoted[0] >> 4 == 4:
            told = icmp(3, struct.pack("!HH", 0, 576) + quoted[:28], code=4)
            link.send(IPV4, ipv4(hop4, GATEWAY4, ICMP, told))
        else:
            told = icmp(2, struct.pack("!I", 1280) + quoted[:1000], (hop6, GATEWAY6))
            link.send(IPV6, ipv6(hop6, GATEWAY6, ICMPV6, told))

    whole4, whole6 = ping4(), ping6()
    link.wait_for(link.from_gateway(IPV4, whole4, MAC))
    link.wait_for(link.from_gateway(IPV6, whole6, MAC))
    # Of what was never sent nothing is believed.
    too_big(ipv4(GATEWAY4, far4, UDP, struct.pack("!HHHH", 1234, 40000, 1240, 0) + bytes(1232)))
    too_big(ipv4(OTHER4, far4, ICMP, icmp(0, body)))
    too_big(ipv6(GATEWAY6, far6, UDP, struct.pack("!HHHH", 1234, 40000, 1340, 0) + bytes(1332)))
    ping4(), ping6()
    link.wait_for(link.from_gateway(IPV4, whole4, MAC))
    link.wait_for(link.from_gateway(IPV6, whole6, MAC))
    expect((link.count("drop_icmp"), link.count("net_too_big")), (3, 0), "disbelieved")
    too_big(whole4)
    too_big(whole6)
    until(lambda: link.count("net_too_big") == 2, "not believed")
    link.wire.drain()
    ping4(), ping6()
    echo = [f[14:] for f in link.heard(2) if f[12:14] == b"\x08\0" or f[12:14] == b"\x86\xdd" and f[54] == 129]
    expect(len(echo), 1, "answers")
    number = struct.unpack("!H", echo[0][4:6])[0]
    expect(echo[0].hex(), ipv4(GATEWAY4, far4, ICMP, icmp(0, body), fragment=0, id=number).hex(), "may be fragmented")
    expect(link.count("drop_echo_mtu"), 1, "IPv6")


class Zone:
    """A port's link, and the one device on it: link-local, as on every other link."""
    ours, device = "fe80::1", "fe80::5"

    def __init__(self, lab, number):
        self.wire, self.device_mac = Wire("dev%d" % number), "02:00:00:00:05:%02x" % number
        self.mac = interface_mac(lab.name + "-gw", "rdl%d" % number)

    def register(self, endpoint):
        options = [(URI_PATH, "rd"), (CONTENT_FORMAT, b"\x28")]
        options += [(URI_QUERY, query) for query in ("ep=" + endpoint, "lwm2m=1.1", "lt=60")]
        datagram = udp(self.device, self.ours, 40000, 5683, message(POST, 7, options, b"</1/0>,</3/0>"))
        self.wire.send(ethernet(self.mac, self.device_mac, IPV6, ipv6(self.device, self.ours, UDP, datagram)))
        self.expect("2.01")

    def answer_question(self):
        """Of the gateway's, who has the device's address."""
        body = b"\x60\0\0\0" + ip(self.device) + b"\2\1" + mac(self.device_mac)
        told = icmp(136, body, (self.device, self.ours))
        self.next(lambda f: f[54] == 135 and f[62:78] == ip(self.device))
        self.wire.send(ethernet(self.mac, self.device_mac, IPV6, ipv6(self.device, self.ours, ICMPV6, told, 255)))

    def next(self, wanted, seconds=5):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            frame = self.wire.receive(0.2)
            if frame is not None and frame[12:14] == b"\x86\xdd" and wanted(frame):
                return frame
        raise AssertionError("it never came")

    def expect(self, code):
        """A message to the device, which has this code."""
        frame = self.next(lambda f: f[20] == UDP)
        expect((frame[:6], frame[22:54]), (mac(self.device_mac), ip(self.ours) + ip(self.device)), "whose it is")
        expect(Answer(frame[62:]).code, code)


def test_link_local_addresses_of_two_links(lab):
    """Both devices have the same address, and so have both ports: each is reached on its own link."""
    for old in lab.gateways:
        if old.process.poll() is None:
            old.stop()
    subprocess.run(["ip", "link", "add", "dev1", "type", "veth", "peer", "name", "rdl1", "netns", lab.name + "-gw"], check=True)
    for side, interface in (("gw", "rdl1"), ("dev", "dev1")):
        subprocess.run(["ip", "netns", "exec", lab.name + "-" + side, "sh", "-c",
                        "echo 1 >/proc/sys/net/ipv6/conf/%s/disable_ipv6; ip link set %s up" % (interface, interface)], check=True)
    port = '{ device = "net_af_packet%d,iface=rdl%d"; addresses = [ "%s/64" ]; }'
    socket = lab.dir + "/requests.sock"
    lab.gateway(ports=", ".join(port % (n, n, Zone.ours) for n in range(2)), extra='requests = { socket = "%s"; };' % socket)
    zones, caller = [Zone(lab, n) for n in range(2)], Lines(socket)
    for number, zone in enumerate(zones):
        zone.register("zone-%d" % number)
    for number, zone in reversed(list(enumerate(zones))):
        caller.send({"id": str(number), "endpoint": "zone-%d" % number, "method": "GET", "path": "/3/0"})
        zone.answer_question()
        zone.expect("0.01")
        zones[1 - number].wire.drain()


if __name__ == "__main__":
    main(setup)
