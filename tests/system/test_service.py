#!/usr/bin/python3
"""The gateway as a service of systemd's: what it tells, and what conf/rdline.service lets it do."""
import os
import re
import stat
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

UNIT = os.path.join(ROOT, "conf/rdline.service")


class Manager:
    """Hears what services of Type=notify tell."""

    def __init__(self, lab, name="notify"):
        self.path = os.path.join(lab.dir, name)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o666)
        self.under = ["env", "NOTIFY_SOCKET=" + self.path]

    def next(self, wait=10):
        """{"STATUS": ..., ...}; None when nothing is told."""
        self.socket.settimeout(wait)
        try:
            return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())
        except socket.timeout:
            return None

    def until(self, key, seconds=15):
        """What is told to the first message with that key, which is the last."""
        end, told = time.monotonic() + seconds, []
        while time.monotonic() < end:
            message = self.next(end - time.monotonic() + 0.1)
            told += [message] if message else []
            if message and key in message:
                return told
        raise AssertionError("no %s= in %s" % (key, told))

    def until_status(self, status):
        while self.until("STATUS")[-1]["STATUS"] != status:
            pass

    def quiet(self):
        """Forgets what was told."""
        while self.next(0.01):
            pass


def settings(name):
    """What the unit says of it."""
    with open(UNIT) as f:
        return [line.partition("=")[2].strip() for line in f if line.startswith(name + "=")]


def test_start_reload_end(lab):
    manager = Manager(lab, "life")
    state = 'state = { directory = "%s/state"; };' % lab.dir
    gateway = lab.gateway(ready=False, under=manager.under, extra=state)
    told = manager.until("READY", 30)
    expect([m["STATUS"] for m in told[:-1]], ["reads the configuration", "takes memory and brings DPDK up",
                                              "sets up ports and shards", "reads the state"], "a start's steps")
    expect([m for m in told[:-1] if "EXTEND_TIMEOUT_USEC" not in m], [], "each may take its time")
    expect(told[-1]["READY"], "1")
    assert told[-1]["STATUS"].startswith("serves 192.0.2.1,2001:db8::1 restored=0 "), told[-1]
    gateway.wait_ready()
    expect(Device().register("ready").code, "2.01", "ready is said by who serves")
    manager.until("WATCHDOG")

    def reload(outcome):
        manager.quiet()
        gateway.process.send_signal(signal.SIGHUP)
        began = manager.until("RELOADING")[-1]
        expect(began["RELOADING"], "1")
        assert manager.until("READY")[-1]["STATUS"].endswith("; " + outcome)

    reload("the configuration was read again")
    with open(gateway.path, "a") as f:
        f.write("nonsense = 1;\n")
    reload("the last reload changed nothing, see the log")
    gateway.process.send_signal(signal.SIGTERM)
    stopping = manager.until("STOPPING")[-1]
    expect((stopping["STOPPING"], stopping["EXTEND_TIMEOUT_USEC"]), ("1", settings("TimeoutStopSec")[0] + "000000"), "as the unit says")
    expect(gateway.process.wait(10), 0, "exit")
    expect(manager.next(0.1), None, "the end is the last")


def test_no_watchdog_for_a_core_that_stands_still(lab):
    if (os.cpu_count() or 1) < 2:
        raise Skip("both roles share a CPU")
    manager = Manager(lab, "watchdog")
    gateway = lab.gateway(under=manager.under)
    for n, role in enumerate(("worker", "shard"), 1):
        manager.until("WATCHDOG")
        threads = threads_of(gateway.process.pid)
        stopped = Stopped(next(threads[name] for name in threads if re.search(r"worker\D*%d$" % n, name)))
        try:
            expect(manager.until("STATUS")[-1], {"STATUS": "a core stands still, see the log"}, role)
            expect(manager.next(3), None, "nothing is told while the %s stands still" % role)
        finally:
            stopped.go_on()
        again = manager.until("WATCHDOG")[-1]
        assert again["STATUS"].startswith("serves 192.0.2.1"), again
    expect(gateway.stop(), 0)


def test_rights_of_the_unit(lab):
    """Its user, capabilities and runtime folder are enough, and telemetry is where DPDK's tools look."""
    if shutil.which("setpriv") is None:
        raise Skip("there is no setpriv")
    os.chmod(lab.dir, 0o755)
    names = [name[4:].lower() for name in settings("CapabilityBoundingSet")[0].split()]
    expect(settings("AmbientCapabilities"), settings("CapabilityBoundingSet"), "capabilities")
    drop = "-all," + ",".join("+" + name for name in names)
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs", "--bounding-set", drop,
            "--inh-caps", drop, "--ambient-caps", drop]
    if subprocess.run(user + ["test", "-x", BINARY], capture_output=True).returncode != 0:
        raise Skip("no right to give capabilities, or an ordinary user cannot reach " + BINARY)
    folder = "/run/dpdk/" + lab.instance
    shutil.rmtree(folder, ignore_errors=True)  # of gateways before, root's
    os.makedirs(folder)
    os.chown(folder, 65534, 65534)
    mode = stat.S_IMODE(os.stat("/run/dpdk").st_mode)
    os.chmod("/run/dpdk", 0o755)  # as conf/rdline.tmpfiles says
    try:
        serves_as(lab, user, folder)
    finally:
        os.chmod("/run/dpdk", mode)


def serves_as(lab, user, folder):
    manager = Manager(lab, "rights")
    expect(settings("RuntimeDirectory"), ["rdline dpdk/rdline"], "the unit's folders")
    gateway = lab.gateway(under=["env", *settings("Environment"), *manager.under[1:], *user])
    expect(gateway.telemetry_path, folder + "/dpdk_telemetry.v2")
    expect(gateway.ask("/rdline/info")["pid"], gateway.process.pid)
    with open("/proc/%d/status" % gateway.process.pid) as f:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in f)
    expect((status["Uid"].split(), status["NoNewPrivs"]), (["65534"] * 4, "1"), "an ordinary user")
    manager.until("READY")
    expect(Device().register("served").code, "2.01")
    expect(gateway.stop(), 0)


def test_exposure(lab):
    if shutil.which("systemd-analyze") is None:
        raise Skip("there is no systemd")
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", UNIT], capture_output=True, text=True,
                          timeout=60)
    level = re.search(r"exposure level for rdline.service: ([0-9.]+)", done.stdout)
    if level is None:
        raise Skip("this systemd-analyze cannot tell: " + done.stderr.strip())
    assert float(level.group(1)) <= 3.0, done.stdout


if __name__ == "__main__":
    main(lambda lab: lab)
