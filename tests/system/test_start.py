#!/usr/bin/python3
"""Options, checks of the configuration, starts that fail with one clear line, and the ways to end."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

SO_RCVBUFFORCE = 33
PORT = '{ device = "%s"; addresses = [ "192.0.2.1/24" ]; }'


def run(*arguments):
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=10)
    return done.returncode, done.stdout, done.stderr


def write(lab, name, text):
    path = os.path.join(lab.dir, name)
    with open(path, "w") as f:
        f.write(text)
    return path


def test_options(lab):
    for option in ("-V", "--version"):
        code, out, err = run(option)
        assert (code, err) == (0, "") and re.fullmatch(r"rdline \d+\.\d+\.\d+( \(\S+\))?\n", out), (option, code, out, err)
    for option in ("-h", "--help"):
        code, help, err = run(option)
        assert (code, err) == (0, "") and help.startswith("usage: rdline "), (option, code, help, err)
    for option in ("-c", "--config", "FILE", "-t", "--test", "-V", "--version", "-h", "--help"):
        assert option in help, (option, help)
    good = write(lab, "good.conf", config("good"))
    for arguments in ((), ("-t",), ("-x",), ("--nothing",), ("-c",), (good,), ("-c", good, "more"),
                      ("-t", "-c", good, "more")):
        code, out, err = run(*arguments)
        expect((code, out), (2, ""), arguments)
        assert err.endswith(help), (arguments, err)


def test_check(lab):
    for text in (config("good"), 'ports = ( %s );' % PORT % "0000:01:00.0"):
        expect(run("-t", "-c", write(lab, "good.conf", text)), (0, "", ""), text)
        expect(run("--test", "--config=" + write(lab, "good.conf", text)), (0, "", ""), text)
    for name in ("rdline.conf", "minimal.conf", "lab.conf"):
        expect(run("-t", "-c", os.path.join(ROOT, "conf", name)), (0, "", ""), name)
    bad = write(lab, "bad.conf", 'instance = "a b";\nworkers = 0;\n\nports = ( %s );\n'
                'coap = {\n  port = 70000;\n};\nspeed = 1;\n' % PORT % "net_null0")
    code, out, err = run("-t", "-c", bad)
    expect((code, err, [line.split(": ")[0] for line in out.splitlines()]),
           (1, "", ["%s:%d" % (bad, line) for line in (1, 2, 6, 8)]), out)
    for line, key in zip(out.splitlines(), ("instance", "workers", "coap.port", "speed")):
        assert key in line, line
    code, out, err = run("-c", bad)
    expect((code, out, len(err.splitlines())), (1, "", 4), err)
    secured = write(lab, "secured.conf", 'ports = ( %s );\ndtls = { credentials = "c"; };' % PORT % "net_null0")
    said = "%s:2: dtls.credentials: %s/c: no database is there\n" % (secured, lab.dir)
    expect(run("-t", "-c", secured), (1, said, ""), "credentials that are not there")
    code, out, err = run("-c", secured)
    expect((code, out, said in err), (1, "", True), err)
    os.mkfifo(lab.dir + "/fifo")
    for path, what in ((lab.dir + "/none.conf", "No such file"), (lab.dir, "irectory"), (lab.dir + "/fifo", "a FIFO"),
                       ("/dev/zero", "a device")):
        code, out, err = run("-t", "-c", path)
        expect((code, err, out.count("\n")), (1, "", 1), out)
        assert out.startswith(path + ": ") and what in out, out
        expect(run("-c", path), (1, "", out), "said at the start, too")


def failed(gateway, text, line=None):
    """It did not start: the one line of ours, which holds `text` and names `line` of the file."""
    code, log = gateway.failure()
    errors = [entry for entry in log.splitlines() if entry.startswith("error ")]
    expect((code, len(errors)), (1, 1), log)
    expect([entry for entry in log.splitlines() if not re.match(r"(error|info) \w+: ", entry)], [], "others' lines")
    assert re.search(text, errors[0]), log
    if line is not None:
        with open(gateway.path) as f:
            place = "%s:%d: " % (gateway.path, next(n for n, l in enumerate(f, 1) if line in l))
        assert place in errors[0], (place, log)
    assert " ready " not in log and "ssert" not in log, log


def test_starts_that_fail(lab):
    def fails(text, line=None, **options):
        failed(lab.gateway(config(lab.instance, **options), ready=False), text, line)

    fails('no network interface "nope0"', "device", ports=PORT % "net_af_packet0,iface=nope0")
    fails("names no iface=", "device", ports=PORT % "net_af_packet0")
    fails('no network interface "n"', "iface=n", ports=PORT % "net_af_packet0,iface=rdl0" +
          ',\n{ device = "net_af_packet1,iface=n"; addresses = [ "198.51.100.1/24" ]; }')
    fails("neither a PCI address nor", "device", ports=PORT % "net_nosuch0,iface=rdl0")
    fails("neither a PCI address nor", "device", ports=PORT % "eth1")
    fails("there is no PCI device 0000:ff:1f.7 ", "device", ports=PORT % "0000:ff:1f.7")
    fails("there is no PCI device 0000:ff:1f.7 ", "device", ports=PORT % "FF:1F.7,x=1:2")
    fails("no such device, or its driver does not take it; DPDK says: .*Couldn't open /nonexistent", "device",
          ports=PORT % "net_pcap0,rx_pcap=/nonexistent")
    fails("no such device, or its driver does not take it", "device", ports=PORT % "net_af_packet0,iface=rdl0,bogus=1")
    fails("1 queue, 2 workers.*qpairs", "device", workers=2)
    fails("2 queues.*1 worker.*qpairs=1", "device", ports=PORT % "net_af_packet0,iface=rdl0,qpairs=2")
    fails("4 queues.*2 workers.*qpairs=2", "device", workers=2, ports=PORT % "net_af_packet0,iface=rdl0,qpairs=4")
    fails("CPU 1000 does not exist", "cores", cores='"0,1000"')
    fails(r"memory.mb = 20 is too small: 100000 registrations on 1 port\(s\) need \d+", "memory",
          memory="mb = 20; registrations = 100000;")
    fails(r"needs \d+ MB, \d+ are available", "memory", memory="mb = 16000000;")


def test_memory_that_is_named_suffices(lab):
    text = config(lab.instance, memory="mb = 20; registrations = 100000;")
    code, log = lab.gateway(text, ready=False).failure()
    need = re.search(r"need (\d+)", log).group(1)
    failed(lab.gateway(text.replace("mb = 20", "mb = %d" % (int(need) - 1)), ready=False), "too small", "memory")
    expect(lab.gateway(text.replace("mb = 20", "mb = " + need)).stop(), 0, "mb = " + need)


def test_more_hugepages_than_there_are(lab):
    text = config(lab.instance, memory="mb = 4000000;").replace("hugepages = false", "hugepages = true")
    gateway = lab.gateway(text, ready=False)
    failed(gateway, r"needs 4000000 MB of hugepages, \d+ are free.*vm.nr_hugepages=\d+", "memory")


def in_mount_namespace(script):
    """A command under which the gateway sees what `script` has mounted."""
    return ["unshare", "-m", "sh", "-ec", script + '; exec "$@"', "sh"]


def test_pci_devices_that_are_not_ours(lab):
    devices = "/sys/bus/pci/devices"
    if not os.path.isdir(devices):
        raise Skip("there is no PCI bus")
    fakes = {"0000:01:00.0": "e1000e", "0000:01:00.1": None, "0000:02:00.0": "virtio-pci"}
    script = "mount -t tmpfs none %s" % devices
    for address, driver in fakes.items():
        script += "; mkdir %s/%s" % (devices, address)
        if driver:
            script += "; ln -s ../../drivers/%s %s/%s/driver" % (driver, devices, address)
    for address, driver in fakes.items():
        for device in (address, address[5:]):
            gateway = lab.gateway(config(lab.instance, ports=PORT % device), ready=False, under=in_mount_namespace(script))
            failed(gateway, "%s: dpdk-devbind.py --bind=vfio-pci %s gives it to DPDK" % (
                "is the kernel's, bound to " + driver if driver else "is bound to no driver", address), "device")


def test_rights(lab):
    if shutil.which("setpriv") is None:
        raise Skip("there is no setpriv")
    os.chmod(lab.dir, 0o755)
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    if subprocess.run(user + ["test", "-x", BINARY]).returncode != 0:
        raise Skip("an ordinary user cannot reach " + BINARY)
    environment = ["env", "-u", "XDG_RUNTIME_DIR", "RUNTIME_DIRECTORY=" + lab.dir]
    os.chmod(lab.dir, 0o1777)

    def lacks(names, under, device="net_af_packet0,iface=rdl0"):
        gateway = lab.gateway(config(lab.instance, ports=PORT % device), ready=False, under=[*environment, *under])
        failed(gateway, "no right to open network interfaces so: lacks %s$" % names, "device")
        shutil.rmtree(lab.dir + "/dpdk", ignore_errors=True)

    def without(*names):
        return ["setpriv", "--bounding-set", ",".join("-" + name for name in names)]

    lacks("CAP_NET_RAW, CAP_NET_ADMIN", user)
    lacks("CAP_NET_ADMIN", user + ["--inh-caps=+net_raw", "--ambient-caps=+net_raw"])
    lacks("CAP_NET_RAW", without("net_raw"))
    lacks("CAP_NET_ADMIN", without("net_admin"), "net_tap0")
    lacks("CAP_NET_RAW", without("net_raw"), "net_pcap0,iface=rdl0")
    xdp = "net_af_xdp0,iface=rdl0"
    lacks("CAP_NET_ADMIN", without("net_admin"), xdp)
    if subprocess.run(without("bpf") + ["true"], capture_output=True).returncode != 0:
        raise Skip("this setpriv does not know CAP_BPF")
    lacks("CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF", user, xdp)
    lacks("CAP_BPF", without("bpf", "sys_admin"), xdp)


def test_runtime_folder(lab):
    """Where DPDK would go on without telemetry, and put its socket into the root of the file system."""
    before = set(os.listdir("/"))
    read_only = in_mount_namespace("mount -t tmpfs -o ro none $(readlink -f /var/run)")
    failed(lab.gateway(ready=False, under=read_only), "cannot make /var/run/dpdk: Read-only file system ")
    for folder, what in (("/nonexistent/run", "cannot make /nonexistent/run/dpdk: No such file or directory "),
                         ("/dev/null", "cannot make /dev/null/dpdk: Not a directory "),
                         ("/" + "x" * 90, "cannot use .*: File name too long ")):
        failed(lab.gateway(ready=False, under=["env", "RUNTIME_DIRECTORY=" + folder]), what)
    for more in ("--no-telemetry", "--file-prefix=%s-other" % lab.instance):
        gateway = lab.gateway(ready=False, extra='eal = { extra = [ "%s" ]; };' % more)
        failed(gateway, 'telemetry of instance "%s" is not served at /var/run/dpdk/%s/.*look at eal.extra' % (
            lab.instance, lab.instance))
        shutil.rmtree("/var/run/dpdk/%s-other" % lab.instance, ignore_errors=True)
    expect(set(os.listdir("/")), before, "strays")
    # Of several the first, as systemd gives them; an empty name is none.
    for given, base in ((lab.dir, lab.dir), (lab.dir + ":/nonexistent", lab.dir), ("", "/var/run"), (":", "/var/run")):
        gateway = lab.gateway(under=["env", "RUNTIME_DIRECTORY=" + given])
        expect(gateway.telemetry_path, "%s/dpdk/%s/dpdk_telemetry.v2" % (base, lab.instance))
        expect(gateway.ask("/rdline/info")["pid"], gateway.process.pid)
        expect(gateway.stop(), 0)
    expect(set(os.listdir("/")), before, "strays")


def test_one_instance_once(lab):
    first = lab.gateway()
    second = lab.gateway(ready=False)
    failed(second, 'another process serves instance "%s": pid=%d$' % (lab.instance, first.process.pid))
    expect(Device().register("unharmed").code, "2.01")
    expect(first.stop(), 0)


def test_one_of_many_started_together(lab):
    for _ in range(2):
        gateways = [lab.gateway(ready=False) for _ in range(4)]
        end = time.monotonic() + 20
        while time.monotonic() < end and (sum(g.process.poll() is None for g in gateways) > 1 or
                                          not any(" ready " in g.log() for g in gateways)):
            time.sleep(0.05)
        alive_ones = [g for g in gateways if g.process.poll() is None]
        expect(len(alive_ones), 1, [g.log() for g in gateways])
        for gateway in gateways:
            if gateway is not alive_ones[0]:
                failed(gateway, 'another process serves instance "%s": pid=%d$' % (
                    lab.instance, alive_ones[0].process.pid))
        alive_ones[0].wait_ready()
        expect(Device().register("served").code, "2.01")
        expect(alive_ones[0].stop(), 0)


def processes_of(path):
    """Processes with this configuration file among their arguments."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as f:
                if path.encode() in f.read().split(b"\0"):
                    found.append(int(pid))
        except OSError:
            pass
    return found


def alive(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        return s.connect_ex(path) == 0


def test_clean_ends(lab):
    for number in (signal.SIGTERM, signal.SIGINT):
        gateway = lab.gateway()
        expect(Device().register("here").code, "2.01")
        expect((processes_of(gateway.path), alive(gateway.telemetry_path)), ([gateway.process.pid], True))
        gateway.process.send_signal(number)
        expect(gateway.process.wait(5), 0, number)
        expect((processes_of(gateway.path), alive(gateway.telemetry_path)), ([], False))
        expect(gateway.log().splitlines()[-1], "info stop: signal=%d" % number, "nothing to say after it")
    log = gateway.log().splitlines()
    ready = [line for line in log if " ready " in line]
    expect(len(ready), 1, log)
    assert "addresses=%s,%s " % (GATEWAY4, GATEWAY6) in ready[0], ready
    expect(gateway.telemetry_path, "/var/run/dpdk/%s/dpdk_telemetry.v2" % lab.instance)


def test_end_while_it_starts(lab):
    def holds_signals(pid):
        with open("/proc/%d/status" % pid) as f:
            blocked = next(line for line in f if line.startswith("SigBlk:"))
        return int(blocked.split()[1], 16) & 1 << (signal.SIGTERM - 1)

    for wait in (0, 0.05, 0.1, 0.15):
        gateway = lab.gateway(ready=False)
        while not holds_signals(gateway.process.pid):
            time.sleep(0.001)
        time.sleep(wait)
        expect(gateway.stop(5), 0, gateway.log())


def test_restart_after_a_kill(lab):
    for _ in range(3):
        gateway = lab.gateway()
        location = [v.decode() for v in Device().register("again").location]
        gateway.process.kill()
        expect(gateway.process.wait(5), -signal.SIGKILL)
    gateway = lab.gateway()
    device = Device()
    expect(device.update(location).code, "4.04", "of another life")
    expect(device.register("again").code, "2.01")
    expect(gateway.stop(), 0)


def test_requests_under_way_are_answered(lab):
    """What was received before the end is answered: of a stream of requests all up to one."""
    for shards in (1, 3):
        gateway = lab.gateway(shards=shards)
        device = Device()
        device.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)
        options = [(URI_PATH, "rd"), (CONTENT_FORMAT, b"\x28")]
        # Fewer than the port's ring holds: none is lost before.
        stream = [message(POST, n, options + [(URI_QUERY, "ep=n%d" % n)], b"</1/0>,</3/0>") for n in range(500)]
        answered = {device.raw(stream[0]).mid}
        for n, octets in enumerate(stream[1:]):
            device.socket.send(octets)
            if n == 200:
                gateway.process.send_signal(signal.SIGTERM)
        expect(gateway.process.wait(5), 0)
        device.socket.settimeout(0.2)
        try:
            while True:
                answer = Answer(device.socket.recv(2048))
                expect(answer.code, "2.01")
                answered.add(answer.mid)
        except socket.timeout:
            pass
        expect(answered, set(range(len(answered))), "all up to the last")


main(lambda lab: lab)
