#!/usr/bin/python3
"""Debian's package in a clean Debian 12: installed, started as a service, restarted, and purged. Called by `make test-deb`:
tests/deb/test_deb.py PACKAGE FOLDER, where FOLDER keeps the clean root for the next time."""
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT + "/tests/system")
from lab import expect, main, until  # noqa: E402

PACKAGE, FOLDER = (os.path.abspath(word) for word in sys.argv[1:3])
MIRROR = "http://deb.debian.org/debian"
CONFIG = """ports = ( { device = "net_af_packet0,iface=gw0"; addresses = [ "192.0.2.1/24" ]; } );
memory = { hugepages = false; registrations = 1000; };
idle_sleep_us = 1000;
control = { socket = "/run/rdline/control.sock"; };
state = { directory = "/var/lib/rdline/state"; };
"""
# Registers, or sends a request to a location, and prints the answer: its code, and where it is.
DEVICE = """
import socket, sys
sys.path.insert(0, "/root")
import lab
device = lab.Device("192.0.2.1")
for _ in range(10):  # as devices do, while a machine under load has other things to do
    answer = device.register("deb") if len(sys.argv) == 1 else device.update([word.encode() for word in sys.argv[1].split("/")])
    if answer is not None:
        break
print(answer.code, "/".join(segment.decode() for segment in answer.location))
"""


def run(*words, **options):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900, **options)
    expect(done.returncode, 0, "%s: %s" % (" ".join(words), done.stdout))
    return done.stdout


class Machine:
    """A clean root, and once it is booted what runs in it."""

    def __init__(self):
        base, self.root = FOLDER + "/base", FOLDER + "/root"
        if not os.path.exists(base + "/ready"):
            shutil.rmtree(base, ignore_errors=True)
            run("debootstrap", "--variant=minbase", "--include=systemd,dbus,iproute2,procps", "bookworm", base, MIRROR)
            open(base + "/ready", "w").close()
        shutil.rmtree(self.root, ignore_errors=True)
        run("cp", "-a", "--reflink=auto", base, self.root)
        shutil.copy(PACKAGE, self.root + "/rdline.deb")
        self.process = None

    def apt(self, *words):
        """Before it is booted, since it has no network then."""
        shutil.copy("/etc/resolv.conf", self.root + "/etc/resolv.conf")
        run("chroot", self.root, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "apt-get", "-qq", "-y",
            "-o", "APT::Sandbox::User=root", "--no-install-recommends", *words)

    def boot(self):
        self.process = subprocess.Popen(["systemd-nspawn", "-q", "-D", self.root, "--private-network", "--machine=rdline-test-deb",
                                         # DPDK looks there for VFIO.
                                         "--bind-ro=/sys/module", "--register=no", "--keep-unit", "--boot"], stdin=subprocess.DEVNULL,
                                        stdout=open(FOLDER + "/console", "w"), stderr=subprocess.STDOUT)
        until(lambda: self.leader() is not None and self.status("systemctl", "is-system-running") in ("running", "degraded"),
              "it boots", 120)

    def leader(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return children[0] if children else None

    def words(self, *words):
        return ["nsenter", "-t", self.leader(), "-a", "-r", "-w", *words]

    def status(self, *words):
        return subprocess.run(self.words(*words), capture_output=True, text=True, timeout=60).stdout.strip()

    def run(self, *words):
        return run(*self.words(*words)).strip()

    def fails(self, *words):
        done = subprocess.run(self.words(*words), capture_output=True, text=True, timeout=120)
        expect(done.returncode != 0, True, "%s fails" % " ".join(words))

    def write(self, path, text):
        with open(self.root + path, "w") as f:
            f.write(text)

    def end(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)


machine = None


def test_install(_):
    global machine
    machine = Machine()
    machine.apt("update")
    machine.apt("install", "/rdline.deb")
    there = lambda path: os.path.lexists(machine.root + path)  # noqa: E731
    for path in ("/usr/sbin/rdline", "/usr/bin/rdline-ctl", "/etc/rdline/rdline.conf", "/etc/rdline/objects.conf",
                 "/lib/systemd/system/rdline.service", "/usr/share/man/man8/rdline.8.gz", "/usr/share/man/man7/rdline-security.7.gz",
                 "/usr/share/doc/rdline/changelog.gz", "/usr/share/doc/rdline/examples/rdline.rules.yml"):
        expect(there(path), True, path)
    expect("rdline" in run("chroot", machine.root, "getent", "passwd", "rdline"), True, "its user")
    expect(there("/etc/systemd/system/multi-user.target.wants/rdline.service"), False, "it starts nothing by itself")
    expect("rdline 1." in run("chroot", machine.root, "rdline", "-V"), True, "its version")


def recipe():
    """The manual's, from where the package has been installed; with an interface of the test's."""
    with open(ROOT + "/app/rdline.8") as f:
        text = f.read().split("Without any engine for containers", 1)[1].split(".Bd -literal\n", 1)[1].split(".Ed", 1)[0]
    lines = text.replace("\\e\n", "\\\n").splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("ip netns exec"))
    return "root=%s\n" % machine.root + "\n".join(lines[begin:]).replace("netns exec rdline", "netns exec rdline-test-deb")


def test_contained(_):
    netns = "rdline-test-deb"
    subprocess.run(["ip", "netns", "del", netns], stderr=subprocess.DEVNULL)
    run("ip", "netns", "add", netns)
    try:
        run("ip", "-n", netns, "link", "add", "gw0", "type", "veth", "peer", "name", "dev0")
        run("ip", "-n", netns, "address", "add", "192.0.2.2/24", "dev", "dev0")
        for interface in ("lo", "gw0", "dev0"):
            run("ip", "-n", netns, "link", "set", interface, "up")
        run("ip", "netns", "exec", netns, "ethtool", "-K", "dev0", "tx", "off")
        machine.write("/etc/rdline/rdline.conf", CONFIG)
        run("chroot", machine.root, "chgrp", "rdline", "/etc/rdline/rdline.conf")
        with open(FOLDER + "/contained", "w+") as log:
            process = subprocess.Popen(["sh", "-c", recipe()], stdout=log, stderr=subprocess.STDOUT)
            said = lambda: open(FOLDER + "/contained").read()  # noqa: E731
            until(lambda: " ready " in said() or process.poll() is not None, "it starts", 60)
            expect(" ready " in said(), True, said())
            machine.write("/tmp/device.py", DEVICE.replace("/root", ROOT + "/tests/system"))
            answer = run("ip", "netns", "exec", netns, sys.executable, machine.root + "/tmp/device.py")
            expect(answer.split()[0], "2.01", "a device registers")
            inside = run("ip", "netns", "pids", netns).split()
            daemon = [pid for pid in inside if open("/proc/%s/comm" % pid).read() == "rdline\n"]
            with open("/proc/%s/status" % daemon[0]) as f:
                status = dict(line.split(":\t", 1) for line in f.read().splitlines() if ":\t" in line)
            expect(status["CapEff"].strip(), "0000000000003000", "net_raw and net_admin, and no more")
            expect((status["NoNewPrivs"].strip(), status["Uid"].split()[0] != "0"), ("1", True), "unprivileged")
            run("kill", "-TERM", daemon[0])
            expect(process.wait(20), 0, "exit")
    finally:
        run("ip", "netns", "del", netns)


def test_service(_):
    machine.boot()
    machine.run("ip", "link", "add", "gw0", "type", "veth", "peer", "name", "dev0")
    machine.run("ip", "address", "add", "192.0.2.2/24", "dev", "dev0")
    for interface in ("lo", "gw0", "dev0"):
        machine.run("ip", "link", "set", interface, "up")
    # The kernel leaves them to the NIC, and a veth makes none.
    run("nsenter", "-t", machine.leader(), "-n", "ethtool", "-K", "dev0", "tx", "off")
    machine.write("/etc/rdline/rdline.conf", "nonsense = 1;\n")
    machine.fails("systemctl", "start", "rdline")
    machine.run("systemctl", "reset-failed", "rdline")
    machine.write("/etc/rdline/rdline.conf", CONFIG)
    machine.run("chgrp", "rdline", "/etc/rdline/rdline.conf")
    machine.status("systemctl", "start", "rdline")
    expect(machine.status("systemctl", "is-active", "rdline"), "active", machine.status("journalctl", "-u", "rdline", "-n", "30"))
    pid = machine.run("systemctl", "show", "-P", "MainPID", "rdline")
    expect(machine.run("ps", "-o", "user=", "-p", pid), "rdline", "as its user")
    expect(machine.run("systemctl", "show", "-P", "StatusText", "rdline").startswith("serves 192.0.2.1"), True, "says so")
    shutil.copy(ROOT + "/tests/system/lab.py", machine.root + "/root/lab.py")
    machine.write("/root/device.py", DEVICE)
    code, location = machine.run("python3", "/root/device.py").split()
    expect(code, "2.01", "a device registers")
    expect("registrations: 1" in machine.run("rdline-ctl", "count"), True, "rdline-ctl")
    machine.write("/etc/rdline/rdline.conf", CONFIG + "nonsense = 1;\n")
    machine.fails("systemctl", "reload", "rdline")
    machine.write("/etc/rdline/rdline.conf", CONFIG + "drain_s = 1;\n")
    machine.run("systemctl", "reload", "rdline")
    machine.run("systemctl", "restart", "rdline")
    expect(machine.run("python3", "/root/device.py", location).split()[0], "2.04", "it notices no restart")
    pid = machine.run("systemctl", "show", "-P", "MainPID", "rdline")
    machine.run("env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "-i", "/rdline.deb")
    expect(machine.run("systemctl", "show", "-P", "MainPID", "rdline"), pid, "an upgrade leaves it as it is")
    expect(machine.run("systemctl", "show", "-P", "NeedDaemonReload", "rdline"), "no", "with the unit that came")
    machine.run("systemctl", "stop", "rdline")
    expect(machine.status("systemctl", "is-failed", "rdline"), "inactive", "ended well")
    machine.run("env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "-i", "/rdline.deb")
    expect(machine.status("systemctl", "is-active", "rdline"), "inactive", "what does not run is not started")
    machine.run("systemctl", "start", "rdline")
    machine.run("dpkg", "--remove", "rdline")
    expect(machine.status("pgrep", "-x", "rdline"), "", "who is removed serves no more")


def test_purge(_):
    machine.end()
    machine.process = None
    run("chroot", machine.root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y", "purge", "rdline")
    left = [path for path in ("/usr/sbin/rdline", "/etc/rdline", "/var/lib/rdline", "/lib/systemd/system/rdline.service",
                              "/usr/share/doc/rdline") if os.path.lexists(machine.root + path)]
    expect(left, [], "nothing is left")
    shutil.rmtree(machine.root)


try:
    main(None, [(name, lambda f=f: f(None)) for name, f in list(globals().items()) if name.startswith("test_")])
finally:
    if machine is not None:
        machine.end()
