"""The servers that the generator meets, each on a CPU of its own in a lab of network namespaces."""
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PROGRAMS = os.path.join(ROOT, "build/test/")
OUT = os.path.join(ROOT, "build/bench")
LAB = "rb%d" % (os.getpid() % 100000)
GATEWAY, LOOPBACK = "192.0.2.1", "127.0.0.1"
FAR = "dev0"  # by which the devices reach servers behind the veth
KEY = "0123456789abcdef"  # every device's
POLLING = "rte-worker"
START_S = 20
TELEMETRY_TRIES = 20


class NotHere(Exception):
    """A server that cannot run on this machine; says why."""


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, timeout=20)


class Lab:
    """dev: the devices, and servers on its loopback. gw: servers behind a veth. Every 10.0.0.0/8 address is dev's own."""

    def __enter__(self):
        self.script("up")
        ip("-n", LAB + "-dev", "route", "add", "local", "10.0.0.0/8", "dev", FAR)
        return self

    def __exit__(self, *what):
        self.script("down")

    @staticmethod
    def script(command):
        subprocess.run([ROOT + "/scripts/lab", command], env=dict(os.environ, RDL_LAB=LAB), check=True, timeout=60)


def schedstat(pid, names=""):
    """A process's time on CPUs, what the kernel did for it in system calls included, and waiting for them; ns. Only of
    the threads whose names begin so."""
    ran = waited = 0
    for path in glob.glob("/proc/%d/task/*/" % pid):
        try:
            with open(path + "comm") as f:
                if not f.read().startswith(names):
                    continue
            with open(path + "schedstat") as f:
                fields = f.read().split()
        except OSError:
            continue  # the thread ended while we looked
        ran, waited = ran + int(fields[0]), waited + int(fields[1])
    return ran, waited


def softirq_thread(cpu):
    """The kernel's thread for what is left over of sending and receiving on that CPU."""
    for path in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(path) as f:
                if f.read().strip() == "ksoftirqd/%d" % cpu:
                    return int(path.split("/")[2])
        except OSError:
            pass  # it ended while we looked
    raise NotHere("no ksoftirqd on CPU %d" % cpu)


class Server:
    """One that blocks when idle: its CPU time is what requests cost."""
    side, address = "dev", LOOPBACK
    sources, endpoints = None, None  # as the arguments say
    dtls = False

    def __init__(self, arguments, cpu):
        self.arguments, self.cpu = arguments, cpu
        self.log_path = os.path.join(OUT, "peer.log")

    def command(self):
        raise NotImplementedError

    def prepare(self):
        pass

    def ready(self):
        return "ready" in self.log()

    def log(self):
        with open(self.log_path) as f:
            return f.read()

    def __enter__(self):
        self.prepare()
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen(["ip", "netns", "exec", LAB + "-" + self.side, "taskset", "-c",
                                             str(self.cpu), *self.command()], stdout=log, stderr=subprocess.STDOUT)
        end = time.monotonic() + START_S
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > end:
                self.__exit__()
                raise NotHere("it did not start: " + (self.log().strip().splitlines() or ["it said nothing"])[-1])
            time.sleep(0.05)
        # Else the kernel throws away most of what waits for the first address resolution.
        subprocess.run(["ip", "netns", "exec", LAB + "-dev", "ping", "-q", "-c", "1", self.address], check=True,
                       stdout=subprocess.DEVNULL, timeout=20)
        return self

    def __exit__(self, *what):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def sample(self):
        return schedstat(self.process.pid)[0] + schedstat(softirq_thread(self.cpu))[0]

    @staticmethod
    def cost_ns(before, after):
        return after - before


class Mmsg(Server):
    def command(self):
        return [PROGRAMS + "mmsg_server", self.address, str(self.count())]

    def count(self):
        return self.endpoints or self.arguments.endpoints


class MmsgVeth(Mmsg):
    side, address = "gw", GATEWAY

    def prepare(self):
        ip("-n", LAB + "-gw", "addr", "add", GATEWAY + "/24", "dev", "rdl0")
        ip("-n", LAB + "-gw", "route", "add", "10.0.0.0/8", "via", "192.0.2.2")


class Libcoap(Mmsg):
    """It goes through all sessions, one for each source, on every packet."""
    endpoints = 10000

    def command(self):
        return [PROGRAMS + "coap_server", self.address, str(self.count())]


class LibcoapFew(Libcoap):
    sources, endpoints = 64, None


class LibcoapDtls(Libcoap):
    dtls = True

    def command(self):
        return [*super().command(), KEY]


class Rdline(Server):
    """Polls all the time: of what its cores take, the share of rounds that found work is what requests cost."""
    side, address = "gw", GATEWAY
    device = None

    def prepare(self):
        self.instance = LAB
        self.path = os.path.join(OUT, "peer.conf")
        with open(self.path, "w") as f:
            f.write('instance = "%s"; cores = "%d";\n' % (self.instance, self.cpu) +
                    "memory = { hugepages = false; registrations = %d; };\n" % (self.arguments.endpoints * 5 // 4) +
                    'ports = ( { device = "%s"; addresses = [ "%s/24" ]; } );\n' % (self.device, GATEWAY))

    def command(self):
        return [ROOT + "/build/release/rdline", "-c", self.path]

    def ready(self):
        return " ready " in self.log()

    def __exit__(self, *what):
        super().__exit__(*what)
        shutil.rmtree("/var/run/dpdk/" + self.instance, ignore_errors=True)

    def sample(self):
        busy = idle = 0
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.settimeout(10)
            s.connect("/var/run/dpdk/%s/dpdk_telemetry.v2" % self.instance)
            s.recv(1024)
            for command in ("/rdline/worker,0", "/rdline/shard,0"):
                answer = None
                for _ in range(TELEMETRY_TRIES):
                    s.send(command.encode())
                    answer = json.loads(s.recv(32768).decode())[command.split(",")[0]]
                    if answer is not None:  # the core answered in time
                        break
                busy, idle = busy + answer["busy_cycles"], idle + answer["idle_cycles"]
        polling = schedstat(self.process.pid, POLLING)[0]
        return polling, super().sample() - polling, busy, idle

    @staticmethod
    def cost_ns(before, after):
        polling, others, busy, idle = (b - a for a, b in zip(before, after))
        return polling * busy / (busy + idle) + others


class RdlinePacket(Rdline):
    device = "net_af_packet0,iface=rdl0"


class RdlineXdp(Rdline):
    device = "net_af_xdp0,iface=rdl0"


class RdlineXdpDeferred(RdlineXdp):
    """The kernel keeps packets back, to hand them over together."""

    def prepare(self):
        super().prepare()
        for setting, value in ("napi_defer_hard_irqs", 2), ("gro_flush_timeout", 200000):
            subprocess.run(["ip", "netns", "exec", LAB + "-gw", "tee", "/sys/class/net/rdl0/" + setting], check=True,
                           input=b"%d" % value, stdout=subprocess.DEVNULL, timeout=20)


class RdlineDtls(RdlineXdp):
    dtls = True
    endpoints = LibcoapDtls.endpoints

    def prepare(self):
        super().prepare()
        self.database = os.path.join(OUT, "peer.credentials")
        shutil.rmtree(self.database, ignore_errors=True)
        path = os.path.join(OUT, "peer.csv")
        with open(path, "w") as f:
            for number in range(self.endpoints):
                f.write("urn:imei:%015d,%s\n" % (490154000000000 + number, KEY.encode().hex()))
        subprocess.run([ROOT + "/build/release/rdline-ctl", "credential", "--database", self.database, "import", path],
                       check=True, timeout=60, stdout=subprocess.DEVNULL)
        with open(self.path, "a") as f:
            f.write('dtls = { port = 5684; credentials = "%s"; };\n' % self.database)

    def __exit__(self, *what):
        super().__exit__(*what)
        shutil.rmtree(self.database, ignore_errors=True)


SERVERS = {
    "mmsg": Mmsg,
    "mmsg-veth": MmsgVeth,
    "libcoap": Libcoap,
    "libcoap-64": LibcoapFew,
    "rdline-af_packet": RdlinePacket,
    "rdline-af_xdp": RdlineXdp,
    "rdline-af_xdp-deferred": RdlineXdpDeferred,
    "libcoap-dtls": LibcoapDtls,
    "rdline-dtls": RdlineDtls,
}


def base_of(name):
    """The server that one is compared with: none that has the network or DTLS easier."""
    server = SERVERS.get(name)
    if server is None:  # derived
        return "mmsg"
    return "libcoap-dtls" if server.dtls else "mmsg-veth" if server.side == "gw" else "mmsg"
