#!/usr/bin/python3
"""
The gateway on NIC drivers: QEMU's NICs in a guest, one by one given to DPDK by vfio-pci behind an emulated IOMMU, and in
another by uio_pci_generic, with the lab's devices at the other end of their wire. Arguments: the NICs to play, of NICS.
SHORT=1 in the environment: of each NIC what no other one shows.
"""
import collections
import concurrent.futures
import contextlib
import os
import re
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from guest import *  # noqa: E402,F403
import test_conformance as conformance  # noqa: E402
import test_network as network  # noqa: E402
from frames import Wire  # noqa: E402

DRIVERS = ["vfio-pci", "uio_pci_generic"]
LOAD = os.path.join(ROOT, "build/test/load")
ENDPOINTS = 2000
CASES = [case for case in json.load(open(os.path.join(ROOT, "tests/data/cases.json"), encoding="utf-8"))
         if case["cfg"] == "default" and not conformance.is_slow(case)]
# Of the frames' tests those whose frames are not too short, nor for another MAC: NICs pad the ones and keep the others.
FRAMES = [network.test_neighbour_discovery, network.test_echo, network.test_checksums, network.test_largest_datagrams,
          network.test_groups, network.test_ipv4_options, network.test_ipv6_extension_headers,
          network.test_tags, network.test_replies_go_where_requests_came_from, network.test_echo_of_more_than_the_mtu,
          network.test_ipv6_fragments]


def say(text, *values):
    print("# " + text % values, flush=True)


class Stand:
    """The guest, and the NIC in it that is played."""

    def __init__(self, lab):
        self.lab, self.guest, self.nic, self.driver, self.port = lab, None, None, None, None
        lab.gateways.append(self)  # to be killed with them
        subprocess.run(["ip", "route", "add", "local", "10.0.0.0/8", "dev", "dev0"], check=True, timeout=20)

    def use(self, nic, driver):
        if self.guest is None or self.driver != driver:
            self.kill()
            started = time.monotonic()
            self.guest = Guest(self.lab, NICS, driver == "vfio-pci")
            self.driver = driver
            say("%s: guest up after %.1f s", driver, time.monotonic() - started)
        self.nic, self.port = nic, self.guest.ports[nic.name]
        self.guest.bind(driver, self.port)
        # Another NIC has another MAC.
        subprocess.run(["ip", "neigh", "flush", "dev", "dev0"], check=True, timeout=20)

    def kill(self):
        if self.guest is not None:
            self.guest.kill()
            self.guest = self.nic = None

    def log(self):
        return self.guest.said() if self.guest is not None else ""

    path = "the guest's console"

    @contextlib.contextmanager
    def serving(self, **options):
        gateway = self.guest.gateway(**self.of_port(options))
        try:
            until(lambda: gateway.ask("/rdline/port,0")["link"] == 1, "no link")
            yield gateway
        except BaseException:
            self.kill()  # the next test has a guest of its own
            raise
        expect(gateway.stop(), 0, "exit")

    def of_port(self, options):
        """Of a gateway's configuration, the port."""
        options.setdefault(
            "ports", '{ device = "%s"; addresses = [ "%s/24", "%s/64" ]; }' % (self.port.pci, GATEWAY4, GATEWAY6))
        return options

    def kernel_speaks_ipv6(self, speaks):
        with open("/proc/sys/net/ipv6/conf/dev0/disable_ipv6", "w") as f:
            f.write("0" if speaks else "1")
        if speaks:
            subprocess.run(["ip", "addr", "replace", DEVICE6 + "/64", "dev", "dev0", "nodad"], check=True, timeout=20)


class PaddedWire(Wire):
    """As NICs do it."""

    def send(self, frame):
        super().send(frame.ljust(60, b"\0"))

    def receive(self, seconds=2.0):
        frame = super().receive(seconds)
        return frame.ljust(60, b"\0") if frame is not None else None


class PaddedNet(network.Net):
    def counters(self):
        """But what earlier tests left unfinished: it runs out while later ones are played, since a guest is slow."""
        counters = super().counters()
        del counters["drop_fragment"]
        return counters

    def back(self, *arguments, **more):
        return super().back(*arguments, **more).ljust(60, b"\0")


# ---- what is played on each ----

def client(stand, gateway):
    """libcoap's client registers, updates and leaves, by IPv4 and IPv6."""
    def ask(*arguments):
        out = subprocess.run(["coap-client-notls", "-v", "6", "-B", "10", *arguments], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, timeout=20).stdout
        answer = re.search(r"v:1 t:ACK c:(\S+) .*", out)
        assert answer, out
        return answer

    for address in (GATEWAY4, "[%s]" % GATEWAY6):
        to = "coap://%s/" % address
        answer = ask("-m", "post", "-t", "40", "-e", "</1/0>,</3/0>", to + "rd?ep=libcoap&lt=300&lwm2m=1.1&b=U")
        expect(answer[1], "2.01", "Register")
        location = re.search(r"Location-Path:rd, *Location-Path:([\w-]+)", answer[0])[1]
        state = gateway.registration("libcoap")
        expect((state["location"], state["lifetime"]), ("/rd/" + location, 300), "registered")
        expect(ask("-m", "post", to + "rd/%s?lt=600" % location)[1], "2.04", "Update")
        expect(gateway.registration("libcoap")["lifetime"], 600, "updated")
        expect(ask("-m", "delete", to + "rd/" + location)[1], "2.02", "De-register")
        expect(gateway.registration("libcoap"), {}, "left")


def cases(gateway):
    """All at once, since none knows of another; how many."""
    before, left = gateway.ask("/rdline/stats"), 0
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for case, played in [(case, pool.submit(conformance.play_slow, gateway, case)) for case in CASES]:
            try:
                played.result()
            except Exception as e:
                raise AssertionError("%(id)s %(title)s" % case) from e
            left += sum(state is not None for state in case["state"].values())
    conformance.await_counts(gateway, before, {"registrations": left})
    return len(CASES)


def load(gateway):
    process = subprocess.run([LOAD, "--json", "--to", GATEWAY4, "--from", "10.0.0.1", "--seconds", "30",
                              "--endpoints", str(ENDPOINTS)], stdout=subprocess.PIPE, text=True, timeout=150)
    results = [json.loads(line) for line in process.stdout.splitlines()]
    expect([(r["phase"], r["answered"], r["wrong"]) for r in results],
           [(phase, ENDPOINTS, 0) for phase in ("register", "re-register", "update", "de-register")], "load")


def refused(stand, pattern, **options):
    """The start says why it does not."""
    code, log = stand.guest.gateway(ready=False, **stand.of_port(options)).failure()
    expect(code, 1, log)
    assert re.fullmatch("(info start: roles share CPUs.*\n)?error start: /gateway.conf:\\d+: " + pattern + "\n", log), log


def test_start(stand):
    """What an operator reads who has not given the NIC to DPDK, or the memory."""
    guest, iommu = stand.guest, stand.driver == "vfio-pci"
    advice = "dpdk-devbind.py --bind=vfio-pci %s gives it to DPDK" % stand.port.pci
    advice += "" if iommu else ", once there is an IOMMU .*; without one use --bind=uio_pci_generic"
    guest.bind("virtio-pci", stand.port)
    refused(stand, "port %s: is the kernel's, bound to virtio-pci: %s" % (stand.port.pci, advice))
    guest.bind("", stand.port)
    refused(stand, "port %s: is bound to no driver: %s" % (stand.port.pci, advice))
    if not iommu:
        guest.bind("vfio-pci", stand.port)  # it does not take it
        refused(stand, "port %s: is bound to no driver: %s" % (stand.port.pci, advice))
    guest.bind(stand.driver, stand.port)
    pages = guest.run("cat /proc/sys/vm/nr_hugepages; echo 0 >/proc/sys/vm/nr_hugepages")
    refused(stand, r"memory: needs \d+ MB of hugepages, 0 are free: reserve them \(.*\), or set memory.hugepages = false")
    if iommu:
        with stand.serving(hugepages=False):
            expect(Device().register("ordinary").code, "2.01", "on ordinary pages")
    else:
        refused(stand, "port %s: is bound to uio_pci_generic, which does not work without hugepages: .*" % stand.port.pci, hugepages=False)
    guest.run("echo %s >/proc/sys/vm/nr_hugepages" % pages.strip())


def link(stand, gateway):
    """Told within a second, and no reason to start again."""
    port = "port=0 device=%s" % stand.port.pci
    for state, word in (("off", "down"), ("on", "up")):
        stand.guest.link(stand.port, state)
        until(lambda: gateway.ask("/rdline/port,0")["link"] == (state == "on"), "the link is not " + word)
        until(lambda: "warn port: link %s %s" % (word, port) in gateway.log(), "nothing is said of the link")
    expect(Device().register("again").code, "2.01", "behind a link that came back")
    # Down and up again within a second.
    announced = gateway.ask("/rdline/stats")["net_announced"]
    stand.guest.link(stand.port, "off")
    time.sleep(0.3)
    stand.guest.link(stand.port, "on")
    until(lambda: gateway.ask("/rdline/stats")["net_announced"] > announced, "nobody is told")


def queues_of(gateway):
    """By which queues datagrams of some sources come."""
    def received():
        return [gateway.ask("/rdline/worker,%d" % w)["rx_frames"] for w in range(2)]

    queues = []
    # A bit apart from each other: of the hash's key each port shows another one.
    for port in [16384 + (1 << bit) for bit in range(14)]:
        device, before = Device(), received()
        device.socket.close()
        device.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        device.socket.bind((DEVICE4, port))
        device.socket.connect((GATEWAY4, 5683))
        assert device.raw(network.PING).type == RST
        until(lambda: received() != before, "no worker had it")
        queues.append(received()[1] - before[1])
    return queues


def test_spreads(stand):
    """The hash of each start is its own."""
    seen = []
    for _ in range(2):
        with stand.serving(workers=2) as gateway:
            Device().register("warm")  # and ARP is done
            seen.append(queues_of(gateway))
    say("queues of 14 sources, twice: %s %s", *seen)
    assert seen[0] != seen[1], seen


def chosen(stand, log):
    """What the log tells of the port."""
    driver, rss, rx, tx = stand.nic.chosen
    line = "info port: set up port=0 device=%s driver=%s mac=%s mtu=1500 node=\\S+ queues=%d rss=%d rx_checksums=%s tx_checksums=%s"
    line %= (stand.port.pci, driver, stand.port.mac, stand.nic.queues, rss, rx, tx)
    assert re.search("^%s$" % line, log, re.M), (line, log)
    expect("warn port: the driver spreads nothing" in log, stand.nic.queues > 1 and not rss, log)


def test_serves(stand):
    with stand.serving(workers=stand.nic.queues) as gateway:
        chosen(stand, gateway.log())
        stand.kernel_speaks_ipv6(True)
        client(stand, gateway)
        started = time.monotonic()
        say("%d cases in %.1f s", cases(gateway), time.monotonic() - started)
        load(gateway)
        received = [gateway.ask("/rdline/worker,%d" % w)["rx_frames"] for w in range(stand.nic.queues)]
        say("frames of each queue: %s", received)
        if stand.nic.spreads:
            assert min(received) > max(received) // 3, "not spread: %r" % received
        link(stand, gateway)
        say("%s", gateway.ask("/rdline/port,0"))


def test_frames(stand):
    """Frame by frame. One queue: what is through is through."""
    stand.kernel_speaks_ipv6(False)
    ports = '{ device = "%s"; addresses = [ %s ]; }' % (stand.port.pci, ", ".join(
        '"%s"' % a for a in (GATEWAY4 + "/24", network.OTHER4 + "/24", GATEWAY6 + "/64", network.OTHER6 + "/64")))
    with stand.serving(ports=ports) as gateway:
        net = PaddedNet(stand.lab, gateway, PaddedWire("dev0"), stand.port.mac)
        for play in FRAMES:
            try:
                play(net)
            except Exception as e:
                raise AssertionError(play.__name__) from e
        say("%d of the frames' tests", len(FRAMES))


def echo(address, octets):
    with socket.create_connection((address, 7), timeout=20) as s:
        threading.Thread(target=lambda: (s.sendall(octets), s.shutdown(socket.SHUT_WR))).start()
        got = b""
        while part := s.recv(65536):
            got += part
        return got


def is_taken(gateway, kernel, octets=b"x"):
    """Whether a datagram for the kernel is counted as given to it."""
    before = gateway.ask("/rdline/stats")["drop_exception_down"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(octets, (kernel, 9))
    time.sleep(0.2)
    return gateway.ask("/rdline/stats")["drop_exception_down"] == before


def checksums_on_the_way(stand, made):
    """Whether the device's kernel makes them, or leaves that to a wire that never comes."""
    for side, interface in (("dev", "dev0"), ("gw", "rdl0")):
        namespaced(stand.lab, side, "ethtool", "-K", interface, "tx", "off" if made else "on")


def test_kernel_beside(stand):
    """The guest's kernel is reached by the gateway's NIC: TCP of a sender that makes checksums, and of one that does not."""
    for way in ("tap", "virtio-user"):
        play_kernel_beside(stand, way)


def play_kernel_beside(stand, way):
    kernel, octets = "192.0.2.10", os.urandom(100000)
    port = '{ device = "%s"; addresses = [ "%s/24" ]; exception = "%s"; }' % (stand.port.pci, GATEWAY4, way)
    with stand.serving(ports=port) as gateway:
        stand.guest.run("ip addr add %s/24 dev rdline0; nc -ll -p 7 -e /bin/cat </dev/null >/dev/null 2>&1 &" % kernel)
        until(lambda: ":0007 " in stand.guest.run("cat /proc/net/tcp*"), "nobody listens")
        for made in (True, False):
            checksums_on_the_way(stand, made)
            try:
                expect(echo(kernel, octets) == octets, True, "TCP")
            finally:
                checksums_on_the_way(stand, True)
        expect(Device().register("beside").code, "2.01", "beside it")
        # To the gateway's address, in three fragments, which it puts together: longer than a buffer.
        expect((is_taken(gateway, GATEWAY4, bytes(4000)), gateway.ask("/rdline/stats")["reassembled"]), (True, 1), "in fragments")
        counted = gateway.ask("/rdline/stats")
        expect([counted["drop_exception_" + why] for why in ("full", "down", "buffer")], [0, 0, 0], "lost")
        for state, taken in (("down", False), ("up", True)):
            stand.guest.run("ip link set rdline0 %s" % state)
            until(lambda: is_taken(gateway, kernel) == taken, "the interface is %s, and frames are counted otherwise" % state)
        expect(Device().register("still").code, "2.01", "still")
        say("%s: %d frames to the kernel, %d from it", way, counted["exception_to_kernel"], counted["exception_from_kernel"])
        stand.guest.run("kill $(pidof nc | tr ' ' '\\n' | grep -vx 1)")


def test_jumbo(stand):
    """A list of nearly 4096 octets is one frame."""
    objects = "</1/0>,</3/0>," + ",".join("</3303/%d>" % n for n in range(1000, 1290))
    stand.guest.wire_carries(4600)
    try:
        with stand.serving(ports='{ device = "%s"; addresses = [ "%s/24" ]; mtu = 4600; }' % (stand.port.pci, GATEWAY4)) as gateway:
            expect(gateway.ask("/rdline/port,0")["mtu"], 4600)
            expect(Device().register("jumbo", objects).code, "2.01", "%d octets" % len(objects))
            counted = gateway.ask("/rdline/stats")
            expect([counted[name] for name in ("fragments", "drop_segmented", "registered")], [0, 0, 1])
    finally:
        stand.guest.wire_carries(1500)


def two_ports(stand, pulled):
    """A configuration's: the NIC, and the one in the slot."""
    slot = stand.guest.slots[stand.nic.name]
    stand.guest.bind(stand.driver, slot)
    return ", ".join('{ device = "%s"; addresses = [ "%s/24" ]; }' % at for at in ((stand.port.pci, GATEWAY4), (slot.pci, pulled)))


def test_nodes(stand):
    """The NIC in the slot is on the second NUMA node: so are its buffers, and who polls it, where there is a choice."""
    pulled, neighbour = "203.0.113.1", "203.0.113.2"
    subprocess.run(["ip", "addr", "replace", neighbour + "/24", "dev", "dev0"], check=True, timeout=20)
    both = two_ports(stand, pulled)
    far = "warn port: workers on other NUMA nodes poll it"
    with stand.serving(ports=both, workers=2) as gateway:
        assert re.search(r"^info start: memory is placed by NUMA node node0_mb=\d+ node1_mb=\d+$", gateway.log(), re.M), gateway.log()
        ports = [gateway.ask("/rdline/port,%d" % p) for p in range(2)]
        # The first CPU that is taken is the slot's node's, as far as the kernel knows the nodes of ports.
        expect([(p["node"], p["buffers_node"], p["queues"], p["workers"]) for p in ports],
               [(-1, 1, 2, 3), (1, 1, 1, 1)], "by node")
        assert far not in gateway.log(), gateway.log()
        until(lambda: gateway.ask("/rdline/port,1")["link"] == 1, "no link")
        for address in (GATEWAY4, pulled):
            expect(Device(address).register("by-" + address).code, "2.01", address)
    slot = both.split(", {")[1]
    with stand.serving(ports="{" + slot, workers=1) as gateway:
        assert far not in gateway.log(), gateway.log()
        expect(Device(pulled).register("near").code, "2.01", "near")
    with stand.serving(ports="{" + slot, workers=1, cores='"0"') as gateway:
        assert far + " port=0 device=%s node=1 workers=1 far_workers=1\n" % stand.guest.slots[stand.nic.name].pci in gateway.log()
        expect(Device(pulled).register("far").code, "2.01", "far")


def test_pulled_out(stand):
    """A NIC is taken out while it serves: vfio-pci waits until the gateway has let go of it. The other one goes on."""
    pulled, neighbour, slot = "203.0.113.1", "203.0.113.2", stand.guest.slots[stand.nic.name]
    subprocess.run(["ip", "addr", "replace", neighbour + "/24", "dev", "dev0"], check=True, timeout=20)
    with stand.serving(ports=two_ports(stand, pulled)) as gateway:
        until(lambda: gateway.ask("/rdline/port,1")["link"] == 1, "no link")
        answers = [Device(address).register("by-" + address) for address in (GATEWAY4, pulled)]
        expect([answer.code for answer in answers], ["2.01", "2.01"], "before")
        started = time.monotonic()
        stand.guest.pull_out(slot)
        # The guest's kernel waits five seconds for somebody who thinks better of it.
        until(lambda: "warn port: its device is gone, and needs a restart to come back port=1 device=%s\n" % slot.pci in gateway.log(),
              "the gateway does not let go", 40)
        until(lambda: stand.guest.is_out(slot), "it is not out")
        say("out after %.1f s", time.monotonic() - started)
        expect([gateway.ask("/rdline/port,%d" % p)["there"] for p in range(2)], [1, 0], "there")
        expect(Device().update(answers[0].location).code, "2.04", "Update by the port that is left")
        # A device that came by the other port is reached by this one.
        expect(Device().update(answers[1].location).code, "2.04", "Update of one that came by the other")
        expect(Device(pulled).raw(network.PING, wait=0.5), None, "from nowhere")
        # What was on its way out is lost. Behind UIO it is gone before anybody is asked, which DPDK sees first.
        # A machine under load lets the guest's cores wait, which is said, too.
        other = "info |warn core: |warn port: link down port=1 |warn load: requests are shed tx_gone=\\d+$" + ("" if stand.driver == "vfio-pci" else "|error dpdk: EAL: ")
        said = [line for line in gateway.log().splitlines() if not re.match(other, line)]
        expect(len(said), 1, "\n".join(said))


Nic = collections.namedtuple("Nic", "name device netdev slot queues spreads chosen tests")
# `slot`: another one can be pulled out; `queues`: as many workers; `spreads`: whether all of them get packets; `chosen`:
# the driver, rss, rx_checksums and tx_checksums that the log tells. For an IOMMU a virtio device has to be a modern one,
# and told of it.
VIRTIO = "virtio-net-pci,disable-legacy=on,iommu_platform=on"
NICS = [
    Nic("virtio", VIRTIO + ",mq=on,vectors=8,rss=on", ",queues=2", True, 2, True,
        ("net_virtio", 1, "udp", "udp"), [test_start, test_serves, test_spreads, test_frames, test_kernel_beside, test_jumbo, test_pulled_out]),
    Nic("virtio-plain", VIRTIO, ",vnet_hdr=off", False, 1, False,
        ("net_virtio", 0, "none", "none"), [test_serves, test_frames]),
    Nic("e1000e", "e1000e", "", True, 2, False,
        ("net_e1000_em", 0, "ipv4,udp", "ipv4,udp"), [test_serves, test_frames, test_kernel_beside, test_jumbo, test_nodes, test_pulled_out]),
    # Its driver spreads; QEMU's device does not.
    Nic("vmxnet3", "vmxnet3", "", False, 2, False,
        ("net_vmxnet3", 1, "udp", "udp"), [test_serves, test_frames, test_jumbo]),
]
SHORT = {
    "vfio-pci": {"virtio": [test_start, test_serves, test_kernel_beside, test_pulled_out],
                 "e1000e": [test_serves, test_frames, test_nodes], "vmxnet3": [test_serves, test_jumbo]},
    "uio_pci_generic": {"virtio": [test_frames, test_pulled_out], "e1000e": [test_serves], "vmxnet3": [test_serves]},
}


def of(stand, nic, driver, test):
    if (stand.nic, stand.driver) != (nic, driver):
        stand.use(nic, driver)
    started = time.monotonic()
    test(stand)
    say("%.1f s", time.monotonic() - started)


def is_played(nic, driver, test):
    if os.environ.get("SHORT"):
        return test in SHORT[driver].get(nic.name, [])
    return len(sys.argv) == 1 or nic.name in sys.argv


if __name__ == "__main__":
    main(Stand, [("%s on %s %s" % (test.__name__, driver, nic.name),
                  lambda stand, nic=nic, driver=driver, test=test: of(stand, nic, driver, test))
                 for driver in DRIVERS for nic in NICS for test in nic.tests if is_played(nic, driver, test)])
