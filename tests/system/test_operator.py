#!/usr/bin/python3
"""What an operator meets: signals, ends, and what is said of cores, ports and load that are not well."""
import os
import re
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from frames import interface_mac  # noqa: E402


class Pollers:
    """Clients of the telemetry socket that ask without a pause until they are cut off."""

    def __init__(self, gateway, commands):
        self.path, self.stopping, self.answers = gateway.telemetry_path, False, {c: [] for c in commands}
        self.threads = [threading.Thread(target=self.poll, args=(command,)) for command in commands]
        for thread in self.threads:
            thread.start()

    def poll(self, command):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.connect(self.path)
            s.settimeout(5)
            try:
                s.recv(1024)
                while not self.stopping:
                    s.send(command.encode())
                    answer = s.recv(32768)
                    if not answer:
                        return
                    self.answers[command].append(json.loads(answer))
            except (BrokenPipeError, ConnectionResetError):
                pass

    def end(self):
        self.stopping = True
        for thread in self.threads:
            thread.join(10)


def test_end_while_telemetry_is_polled(lab):
    """Whatever is asked meanwhile, and whoever asks: of DPDK's own commands, too."""
    ours = ["/rdline/registration,a", "/rdline/registration,b", "/rdline/registrations,0", "/rdline/stats"]
    theirs = ["/ethdev/stats,0", "/mempool/list", "/eal/heap_list"]
    for commands in (ours[:2], ours, ours[:2] + theirs, ["/rdline/stats"] + theirs):
        gateway = lab.gateway(shards=2)
        expect(Device().register("a").code, "2.01")
        pollers = Pollers(gateway, commands)
        time.sleep(0.3)
        gateway.process.send_signal(signal.SIGTERM)
        code = gateway.process.wait(20)
        pollers.end()
        expect(code, 0, (commands, gateway.log()))
        for command in commands:
            assert len(pollers.answers[command]) > 3, (command, len(pollers.answers[command]))


def in_log(gateway, pattern, seconds=6):
    """Waits for a line; the match."""
    end = time.monotonic() + seconds
    while True:
        found = re.search("^" + pattern + "$", gateway.log(), re.M)
        if found:
            return found
        assert time.monotonic() < end, "no line %r in:\n%s" % (pattern, gateway.log())
        time.sleep(0.05)


def becomes(get, wanted, what, seconds=5):
    end = time.monotonic() + seconds
    while get() != wanted:
        assert time.monotonic() < end, (what, get(), wanted)
        time.sleep(0.05)


def test_end_while_older_telemetry_is_polled(lab):
    """DPDK connects to its clients, of which it is told by another socket, and answers them."""
    gateway, path = lab.gateway(), lab.dir + "/older"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener, \
            socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        listener.bind(path)
        listener.listen(1)
        listener.settimeout(20)
        s.connect(os.path.dirname(gateway.telemetry_path) + "/telemetry")
        s.send(json.dumps({"action": 1, "command": "clients", "data": {"client_path": path}}).encode())
        client = listener.accept()[0]
        client.settimeout(20)

        def cut_off():
            try:
                client.send(json.dumps({"action": 0, "command": "ports_all_stat_values", "data": None}).encode())
                return not client.recv(65536)
            except (BrokenPipeError, ConnectionResetError):
                return True

        threads = threads_of(gateway.process.pid)
        stopped = Stopped(next(threads[name] for name in threads if re.search(r"worker\D*1$", name)))
        try:
            expect(cut_off(), False)
            gateway.process.send_signal(signal.SIGTERM)
            until(cut_off, "still answered", 8)
            expect(gateway.process.poll(), None, "before anything is taken apart")
        finally:
            stopped.go_on()
        expect(gateway.process.wait(20), 0, gateway.log())
    os.unlink(path)


def test_telemetry_clients_that_leave(lab):
    """Or say nothing, or read nothing: in the log are lines of ours, and not one for each."""
    def client():
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.connect(gateway.telemetry_path)
        return s

    def asks(s):
        s.setblocking(False)
        try:
            for _ in range(500):
                s.send(b"/rdline/stats")
        except BlockingIOError:
            pass

    gateway = lab.gateway()
    silent = [client() for _ in range(3)]

    def noticed():  # in the midst of a reply, or between two of them, of which nothing is said
        with client() as s:
            asks(s)
        return "info dpdk: Error writing to socket: " in gateway.log()

    until(noticed, "no line about a client that left")
    deaf = [client() for _ in range(3)]
    for s in deaf:
        asks(s)
    gateway.process.send_signal(signal.SIGTERM)
    expect(gateway.process.wait(20), 0, gateway.log())
    lines = gateway.log().splitlines()
    expect([line for line in lines if not re.match(r"(info|warn) \w+: ", line)], [])
    assert len(lines) < 50, len(lines)
    for s in silent + deaf:
        s.close()


def holds_signals(pid):
    with open("/proc/%d/status" % pid) as f:
        blocked = next(line for line in f if line.startswith("SigBlk:"))
    return bool(int(blocked.split()[1], 16) & 1 << (signal.SIGTERM - 1))


def test_signals_that_end_nothing(lab):
    numbers = (signal.SIGUSR1, signal.SIGUSR2)
    gateway = lab.gateway(ready=False)
    becomes(lambda: holds_signals(gateway.process.pid), True, "signals held")
    for number in numbers:
        gateway.process.send_signal(number)
    gateway.wait_ready()
    device = Device()
    location = [v.decode() for v in device.register("here").location]
    for number in numbers:
        gateway.process.send_signal(number)
    for number in numbers:
        line = r"info signal: ignored signal=%s \(.*\)" % number.name
        in_log(gateway, line)
        becomes(lambda: len(re.findall("^%s$" % line, gateway.log(), re.M)), 2, number.name)
    time.sleep(0.3)
    expect(gateway.log().count("info signal: ignored"), 4, gateway.log())
    for _ in range(100):
        gateway.process.send_signal(signal.SIGUSR1)
        time.sleep(0.001)
    expect(device.update(location).code, "2.04", "still registered")
    lines = gateway.log().count("info signal: ignored")
    assert 4 <= lines <= 10, lines
    expect(gateway.stop(5), 0)


def test_end_while_memory_is_taken(lab):
    """However long the start would take: here some seconds."""
    options = {"memory": "registrations = 4000000;", "extra": 'control = { socket = "%s/control"; };' % lab.dir}
    for wait in (0.0, 0.3, 0.6, 1.0):
        gateway = lab.gateway(ready=False, **options)
        becomes(lambda: os.path.exists(lab.dir + "/control"), True, gateway.log)
        time.sleep(wait)
        began = time.monotonic()
        expect(gateway.stop(20), 0, gateway.log())
        took = time.monotonic() - began
        log = gateway.log().splitlines()
        assert took < 2, (wait, took, log)
        expect((log[-1], [line for line in log if line.startswith("error")]), ("info stop: signal=15", []), log)
        expect(os.path.exists(lab.dir + "/control"), False, "socket left")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            assert s.connect_ex("/var/run/dpdk/%s/dpdk_telemetry.v2" % lab.instance) != 0


def test_end_in_the_midst_of_a_call(lab):
    """One that lasts: the configuration comes through a pipe that nobody closes. It leaves by itself, at once."""
    process = subprocess.Popen([BINARY, "-c", "/dev/stdin"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(b'instance = "waits";\n')
    process.stdin.flush()
    becomes(lambda: holds_signals(process.pid), True, "signals held")
    process.send_signal(signal.SIGUSR2)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    expect(process.wait(20), 0)
    lines = process.stderr.read().decode().splitlines()
    expect((len(lines), lines[-1]), (2, "info stop: signal=2"), lines)
    process.stdin.close()


def test_core_that_stands_still(lab):
    if (os.cpu_count() or 1) < 2:
        raise Skip("both roles share a CPU")
    gateway = lab.gateway()
    for n, role in enumerate(("worker", "shard"), 1):
        command = "/rdline/%s,0" % role
        assert gateway.ask(command)["round_age_ms"] < 1000, gateway.ask(command)
        threads = threads_of(gateway.process.pid)
        stopped = Stopped(next(threads[name] for name in threads if re.search(r"worker\D*%d$" % n, name)))
        said = in_log(gateway, r"warn core: stands still %s=0 round_age_ms=(\d+)" % role)
        assert 1000 < int(said.group(1)) < 3500, said.group()
        assert gateway.ask(command)["round_age_ms"] > 1000
        stopped.go_on()
        in_log(gateway, r"warn core: goes on %s=0 stood_ms=\d+" % role)
        assert gateway.ask(command)["round_age_ms"] < 1000
    expect(gateway.log().count("stands still"), 2, gateway.log())
    expect(Device().register("served").code, "2.01")
    expect(gateway.stop(), 0)


def test_links(lab):
    def ip(*arguments):
        subprocess.run(["ip", "-n", lab.name + "-gw", *arguments], check=True)

    def state():
        ports = ["/rdline/port,0", "/rdline/port,1"]
        before = [gateway.ask(port)["link"] for port in ports]
        stats, port = gateway.ask("/rdline/stats"), gateway.ask(ports[0])
        if before == [gateway.ask(port)["link"] for port in ports]:  # nothing changed meanwhile
            expect((stats["ports"], stats["links_up"]), (2, sum(before)))
        return port["there"], port["link"]

    ip("link", "add", "gone0", "type", "veth", "peer", "name", "gone1")
    for name in ("gone0", "gone1"):
        ip("link", "set", name, "up")
    ports = ('{ device = "net_af_packet0,iface=gone0"; addresses = [ "198.51.100.1/24" ]; },'
             '{ device = "net_af_packet1,iface=rdl0"; addresses = [ "%s/24" ]; }' % GATEWAY4)
    gateway = lab.gateway(ports=ports)
    expect(state(), (1, 1))
    expect({k: v for k, v in gateway.ask("/rdline/port,0").items() if "nic" in k or k == "device"},
           {"device": "net_af_packet0,iface=gone0", "nic_rx_missed": 0, "nic_rx_no_buffer": 0, "nic_rx_errors": 0,
            "nic_tx_errors": 0})
    # Its driver does nothing of that.
    setup = {"driver": "net_af_packet", "node": 0, "mtu": 1500, "queues": 1, "rss": 0, "rx_ipv4_checksum": 0,
             "rx_udp_checksum": 0, "tx_ipv4_checksum": 0, "tx_udp_checksum": 0}
    expect({k: gateway.ask("/rdline/port,0")[k] for k in setup}, setup)
    expect(gateway.ask("/rdline/port,1")["mac"], interface_mac(lab.name + "-gw", "rdl0"))
    in_log(gateway, "info port: set up port=0 device=net_af_packet0,iface=gone0 driver=net_af_packet mac=\\S+ mtu=1500 node=0 "
                    "queues=1 rss=0 rx_checksums=none tx_checksums=none")
    for parameter in ("", ",", ",2", ",-1", ",x"):
        expect(gateway.ask("/rdline/port" + parameter), {}, parameter)
    place = "port=0 device=net_af_packet0,iface=gone0"
    ip("link", "set", "gone1", "down")  # the other end: no carrier
    becomes(state, (1, 0), "no carrier")
    in_log(gateway, "warn port: link down " + place)
    ip("link", "set", "gone1", "up")
    becomes(state, (1, 1), "carrier")
    in_log(gateway, "warn port: link up " + place)
    ip("link", "set", "gone0", "down")
    becomes(state, (1, 0), "down")
    becomes(lambda: gateway.log().count("link down"), 2, "said again")
    ip("link", "del", "gone0")
    becomes(state, (0, 0), "gone")
    in_log(gateway, "warn port: its device is gone, and needs a restart to come back " + place)
    ip("link", "add", "gone0", "type", "veth", "peer", "name", "gone1")  # another one, of the same name
    time.sleep(1.2)
    expect(state(), (0, 0), "the socket is on the old one")
    expect(gateway.ask("/rdline/port,1")["link"], 1)
    expect(Device().register("served").code, "2.01")
    expect(gateway.stop(), 0)
    # One that is down from the beginning is said at the start.
    gateway = lab.gateway(ports=ports)
    in_log(gateway, "warn port: link down " + place)
    expect(gateway.stop(), 0)
    ip("link", "del", "gone0")


def test_load_that_is_too_much(lab):
    gateway = lab.gateway(memory="registrations = 100;", extra='control = { socket = "%s/control"; };' % lab.dir)
    device = Device()
    for n in range(89):
        expect(device.register("full-%d" % n).code, "2.01")
    time.sleep(1.2)
    expect(gateway.log().count("warn"), 0, gateway.log())
    for n in range(89, 95):
        expect(device.register("full-%d" % n).code, "2.01")
    in_log(gateway, r"warn load: the table is nearly full registrations=9\d registrations_max=100")
    for n in range(95, 112):
        device.register("full-%d" % n, wait=0.05)
    in_log(gateway, r"warn load: the table is full registrations=100 registrations_max=100")
    in_log(gateway, r"warn load: requests are shed registry_full=\d+")
    control = Lines(lab.dir + "/control")
    for n in range(40):
        assert "removed" in control.ask({"command": "remove", "endpoint": "full-%d" % n})
    in_log(gateway, r"warn load: the table has room again registrations=\d+ registrations_max=100")
    in_log(gateway, r"info control: removed uid=0 pid=%d endpoint=full-0" % os.getpid())
    expect(gateway.log().count("info control: removed "), 10, gateway.log())
    control.ask({"command": "remove", "endpoint": "full-0"})  # no such endpoint: nothing to say
    in_log(gateway, r"info control: removed registrations swallowed=30", 15)
    expect(gateway.stop(), 0)


def test_updates_beyond_their_rate(lab):
    """What is shed by whichever rule, the log says so."""
    gateway = lab.gateway(extra="admission = { updates = 1; };")
    device = Device()
    location = [v.decode() for v in device.register("often").location]
    for _ in range(50):
        device.update(location, wait=0.01)
    assert gateway.ask("/rdline/stats")["drop_admission_update"] > 0
    in_log(gateway, r"warn load: requests are shed admission_update=\d+")
    expect(gateway.stop(), 0)


def test_under_the_journal(lab):
    """It is told the priority of each line, where standard error is the journal's, and nobody else is."""
    journal = ["sh", "-c", 'export JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2); exec "$@"', "sh"]
    gateway = lab.gateway(under=journal)
    gateway.process.send_signal(signal.SIGUSR1)
    in_log(gateway, r"<6>info signal: ignored .*")
    expect(gateway.stop(), 0)
    assert all(re.match(r"<6>info \w+: ", line) for line in gateway.log().splitlines()), gateway.log()
    code, log = lab.gateway(config(lab.instance, workers=2), ready=False, under=journal).failure()
    assert code == 1 and re.search(r"^<3>error start: .*2 workers", log, re.M), log
    code, log = lab.gateway("workers = 0;\nports = ();\n", ready=False, under=journal).failure()
    assert code == 1 and all(re.match(r"<3>/\S+:\d: ", line) for line in log.splitlines()) and log.count("\n") == 2, log
    gateway = lab.gateway(under=["env", "JOURNAL_STREAM=8:1"])
    expect(gateway.stop(), 0)
    assert "<" not in gateway.log(), gateway.log()


main(lambda lab: lab)
