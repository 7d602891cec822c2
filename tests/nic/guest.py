"""A small machine in QEMU with NICs for the gateway, whose other ends are the lab's wire."""
import fcntl
import os
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))
from lab import *  # noqa: E402,F403

IMAGE = os.path.join(ROOT, "build/nic")
GUEST, HOST = "198.18.0.2", "198.18.0.1"
NODE1_BUS = 0x20
NODES = [argument for n in (0, 1) for argument in (
    "-object", "memory-backend-ram,id=node%d-memory,size=512M" % n, "-numa", "node,nodeid=%d,memdev=node%d-memory" % (n, n),
    "-numa", "cpu,node-id=%d,socket-id=%d" % (n, n))]
NODES += ["-device", "pxb-pcie,id=node1,bus_nr=%d,numa_node=1" % NODE1_BUS]
SHELL, TELEMETRY = 1, 2  # ports of the guest's


def namespaced(lab, side, *command):
    subprocess.run(["ip", "netns", "exec", "%s-%s" % (lab.name, side), *command], check=True, timeout=20,
                   stdout=subprocess.DEVNULL)


def open_tap(name):
    """A tap in this process's namespace; gone when all that have its descriptor are."""
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x1002))  # TUNSETIFF, IFF_TAP | IFF_NO_PI
    return fd


class Port:
    """Where a NIC of the guest's is. What is in a slot can be pulled out."""

    def __init__(self, number, slot=None):
        self.tap = "nic%d" % number
        self.mac = "52:54:00:00:01:%02x" % number
        self.pci = "0000:00:%02x.0" % (8 + number) if slot is None else "0000:%02x:00.0" % (NODE1_BUS + slot)
        self.slot = slot

    def arguments(self, device, netdev):
        where = "bus=pcie.0,addr=%x" % int(self.pci[8:10], 16)
        slot = []
        if self.slot is not None:
            where = "bus=slot%d" % self.slot
            slot = ["-device", "pcie-root-port,id=slot%d,chassis=%d,slot=%d,bus=node1" % (self.slot, self.slot, self.slot)]
        return [*slot, "-netdev", "tap,id=%s,ifname=%s,script=no,downscript=no%s" % (self.tap, self.tap, netdev),
                "-device", "%s,id=port-%s,netdev=%s,mac=%s,%s,romfile=" % (device, self.tap, self.tap, self.mac, where)]


class Guest:
    """
    With a NIC of each kind, in `ports` by its name, and in `slots` another one of those that may be pulled out: on the
    second of two NUMA nodes, where the others are on none that is known. `iommu`: whether there is one.
    """

    def __init__(self, lab, nics, iommu=True):
        self.lab, self.console, self.monitor = lab, os.path.join(lab.dir, "console"), os.path.join(lab.dir, "monitor")
        self.ports = {nic.name: Port(n) for n, nic in enumerate(nics)}
        pulled = [nic for nic in nics if nic.slot]
        self.slots = {nic.name: Port(len(nics) + n, n + 1) for n, nic in enumerate(pulled)}
        self.netdevs = {self.ports[nic.name].tap: nic.netdev for nic in nics}
        self.netdevs.update({port.tap: "" for port in self.slots.values()})
        self.bridge()
        tap = open_tap("guest0")
        namespaced(lab, "dev", "ip", "addr", "add", HOST + "/30", "dev", "guest0")
        namespaced(lab, "dev", "ip", "link", "set", "guest0", "up")
        machine = ["-M", "q35,kernel-irqchip=split", "-device", "intel-iommu,intremap=on,caching-mode=on"]
        ports = [self.ports[nic.name].arguments(nic.device, nic.netdev) for nic in nics]
        ports += [self.slots[nic.name].arguments(nic.device, "") for nic in pulled]
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", lab.name + "-gw", "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-nographic",
             "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2,sockets=2", "-m", "1024",
             *(machine if iommu else ["-M", "q35"]), *NODES,
             "-kernel", IMAGE + "/vmlinuz", "-initrd", IMAGE + "/initrd", "-serial", "stdio",
             "-monitor", "unix:%s,server=on,wait=off" % self.monitor,
             "-append", "console=ttyS0 quiet panic=-1 no_timer_check intel_iommu=%s iommu=nopt" % ("on" if iommu else "off"),
             "-no-reboot",
             "-netdev", "tap,id=guest,fd=%d" % tap,
             "-device", "virtio-net-pci,netdev=guest,mac=52:54:00:00:00:fe,bus=pcie.0,addr=4,romfile=",
             *(argument for port in ports for argument in port)],
            stdin=subprocess.DEVNULL, stdout=open(self.console, "w"), stderr=subprocess.STDOUT, pass_fds=[tap])
        os.close(tap)
        try:
            until(self.is_up, "the guest does not boot", 120)
        except BaseException:
            self.kill()
            raise

    def bridge(self):
        """The NICs' taps and the lab's gateway end; what leaves them has its checksums made by then."""
        lab = self.lab
        namespaced(lab, "gw", "ip", "link", "add", "bridge0", "type", "bridge", "mcast_snooping", "0")
        namespaced(lab, "gw", "ethtool", "-K", "rdl0", "tx", "off")
        # Nor may it look into packets, and drop what is not well formed.
        namespaced(lab, "gw", "sh", "-c", "for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e $f ] || echo 0 >$f; done")
        for tap, netdev in self.netdevs.items():
            multi = ["multi_queue"] if "queues=" in netdev else []
            namespaced(lab, "gw", "ip", "tuntap", "add", tap, "mode", "tap", *multi)
        for interface in (*self.netdevs, "bridge0"):
            namespaced(lab, "gw", "sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/%s/disable_ipv6" % interface)
        for interface in (*self.netdevs, "rdl0"):
            namespaced(lab, "gw", "ip", "link", "set", interface, "master", "bridge0", "up")
        namespaced(lab, "gw", "ip", "link", "set", "bridge0", "up")

    def is_up(self):
        assert self.process.poll() is None, self.said()
        try:
            return self.run("echo up", 5) == "up\n"
        except OSError:
            return False

    def said(self):
        with open(self.console, errors="replace") as f:
            return f.read()

    def run(self, script, wait=20):
        """What a shell in the guest says to this, its complaints too."""
        with socket.create_connection((GUEST, SHELL), wait) as s:
            s.sendall(script.encode() + b"\n")
            s.shutdown(socket.SHUT_WR)
            out = b""
            while True:
                octets = s.recv(1 << 16)
                if not octets:
                    return out.decode()
                out += octets

    def order(self, *orders):
        """What QEMU says to the last of them."""
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.monitor)
            s.settimeout(20)
            for order in ("", *orders):
                if order:
                    s.sendall(order.encode() + b"\n")
                said = b""
                while not said.endswith(b"(qemu) "):
                    said += s.recv(4096)
        assert b"rror" not in said, said
        return said.decode()

    def link(self, port, state):
        """Plugs a NIC's cable in ("on") or out ("off")."""
        self.order("set_link port-%s %s" % (port.tap, state))

    def pull_out(self, port):
        """Asks for a NIC in a slot, as whoever presses the button there."""
        self.order("device_del port-" + port.tap)

    def is_out(self, port):
        return port.mac not in self.order("info network") and '"port-%s"' % port.tap not in self.order("info pci")

    def wire_carries(self, mtu):
        """Of the whole way between the devices and the guest."""
        for side, interface in (("dev", "dev0"), *(("gw", i) for i in ("rdl0", *self.netdevs, "bridge0"))):
            namespaced(self.lab, side, "ip", "link", "set", interface, "mtu", str(mtu))

    def bind(self, driver, port):
        """Gives a NIC to a driver; "" to none."""
        self.run("""cd /sys/bus/pci/devices/%s
[ ! -e driver ] || echo %s >driver/unbind
echo %s >driver_override
[ -z "%s" ] || echo %s >/sys/bus/pci/drivers_probe""" % (port.pci, port.pci, driver, driver, port.pci))

    def gateway(self, ready=True, hugepages=True, **options):
        text = config(self.lab.instance, **options)
        gateway = NicGateway(self, text.replace("hugepages = false", "hugepages = true") if hugepages else text)
        if ready:
            gateway.wait_ready()
        return gateway

    def kill(self):
        self.process.kill()
        self.process.wait()
        for interface in (*self.netdevs, "bridge0"):
            namespaced(self.lab, "gw", "ip", "link", "del", interface)


class NicGateway(Gateway):
    """One at a time in the guest."""

    def __init__(self, guest, text):
        self.guest, self.telemetry, self.turn = guest, None, threading.Lock()
        guest.run("""cat >/gateway.conf <<'END'
%s
END
(rdline -c /gateway.conf >/gateway.log 2>&1; echo $? >/gateway.exit) </dev/null >/dev/null 2>&1 &""" % text)

    def log(self):
        return self.guest.run("cat /gateway.log")

    def exit(self, seconds):
        out = []
        until(lambda: out.append(self.guest.run("cat /gateway.exit 2>/dev/null")) or out[-1], "the gateway runs on", seconds)
        self.guest.run("rm /gateway.exit")
        return int(out[-1])

    def wait_ready(self, seconds=60):
        until(lambda: " ready " in self.log() or self.guest.run("cat /gateway.exit 2>/dev/null"), "no gateway", seconds)
        log = self.log()
        assert " ready " in log, log
        self.guest.run("ln -sf %s /run/telemetry" % log.split("telemetry=")[1].split()[0])

    def stop(self, seconds=20):
        if self.telemetry is not None:
            self.telemetry.close()
        self.guest.run("kill $(pidof rdline)")
        return self.exit(seconds)

    def failure(self, seconds=20):
        return self.exit(seconds), self.log()

    def receive(self):
        """Telemetry's next message; they come as a stream."""
        while True:
            try:
                value, end = json.JSONDecoder().raw_decode(self.rest)
            except ValueError:
                octets = self.telemetry.recv(1 << 16)
                assert octets, "telemetry ends: %r" % self.rest
                self.rest += octets.decode()
                continue
            self.rest = self.rest[end:].lstrip()
            return value

    def ask(self, command):
        """One telemetry command; its value. The connection stays: each costs the guest two processes."""
        with self.turn:
            if self.telemetry is None:
                self.telemetry, self.rest = socket.create_connection((GUEST, TELEMETRY), 20), ""
                self.receive()
            self.telemetry.send(command.encode())
            return self.receive()[command.split(",")[0]]
