#!/usr/bin/python3
"""rdline-top: printed views by either way, and a terminal whose keys are pressed."""
import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

TOP = os.path.join(os.path.dirname(BINARY), "rdline-top")
URL = "http://127.0.0.1:9121/metrics"


def start(lab):
    subprocess.run(["ip", "-n", lab.name + "-gw", "link", "set", "lo", "up"], check=True)
    gateway = lab.gateway(extra='control = { socket = "%s/control"; }; metrics = { listen = "127.0.0.1:9121"; };' % lab.dir)
    gateway.by_telemetry = ["-t", gateway.telemetry_path, "-s", lab.dir + "/control"]
    return gateway


def top(*options, under=()):
    return subprocess.run([*under, TOP, *options], capture_output=True, text=True, timeout=60)


def inside(gateway):
    return ["ip", "netns", "exec", gateway.lab.name + "-gw"]


class Terminal:
    """rdline-top on one of 40 lines; `text` is what it has written since the last look, its controls taken out."""

    def __init__(self, *options, size=(40, 120)):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            for name in ("LINES", "COLUMNS"):
                os.environ.pop(name, None)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
            os.execv(TOP, [TOP, "-i", "0.2", *options])
        self.text = ""

    def resize(self, lines, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def shows(self, text, seconds=20):
        end = time.monotonic() + seconds
        while text not in self.text:
            ready, _, _ = select.select([self.fd], [], [], 0.1)
            if ready:
                octets = os.read(self.fd, 65536).decode(errors="replace")
                self.text += re.sub(r"\x1b(\[[0-9;?]*[A-Za-z@]|\(B)", "", octets)
            assert time.monotonic() < end, "no %r in %r" % (text, self.text[-2000:])

    def press(self, keys):
        self.text = ""
        os.write(self.fd, keys)

    def leave(self):
        os.write(self.fd, b"q")
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


def test_views(gateway):
    device = Device()
    device.register("first")
    printing = subprocess.Popen([TOP, *gateway.by_telemetry, "-i", "2", "-b", "2"], stdout=subprocess.PIPE, text=True)
    time.sleep(0.3)
    for n in range(20):
        device.register("device-%d" % n)
        device.register("unread-%d" % n, objects="</1/0>,<")
    views = printing.communicate(timeout=60)[0].split("\n\nrdline ")
    expect((printing.returncode, len(views)), (0, 2), "exit, views")
    before, after = views if "Register 20 " in views[1] else (views[1], views[0])
    rate = float(re.search(r"Register (\S+)", after)[1])
    assert 15 <= rate <= 21, after  # 40 of them in 2 s, or nearly
    assert "instance %s" % gateway.lab.instance in after and "registrations  21 of 10.0k" in after, after
    assert re.search(r"^refused_link_syntax +\d\S* +20  object list: syntax error", after, re.M), after
    assert re.search(r'4\.00  register  unread-19  192\.0\.2\.2  object list: syntax error at octet 8', after), after
    assert re.search(r"^replies within +half \d+ [um]s ", after, re.M), after
    for core in ("worker     0 [", "shard      0 ["):
        assert core in after, after


def test_from_elsewhere(gateway):
    done = top("-u", URL, "-b", "1", "-i", "0.2", under=inside(gateway))
    expect((done.returncode, done.stderr), (0, ""), "exit")
    assert "registrations  21 of 10.0k" in done.stdout and "worker     0 [" in done.stdout, done.stdout
    assert re.search(r"^refused_link_syntax +0 +20  ", done.stdout, re.M), done.stdout
    assert "(none looked at)" in done.stdout and "1 of 1 up" in done.stdout and "LAST REFUSALS" not in done.stdout, done.stdout


def test_nobody_there(gateway):
    for options, why in ((["-t", "/nowhere"], "/nowhere: No such file"), (["-u", "http://127.0.0.1:9/"], "http://127.0.0.1:9/: "),
                         (["-u", "file:///etc/passwd"], "file:///etc/passwd: "),
                         (["-u", "http://127.0.0.1:9121/else"], "error: 404")):
        done = top(*options, "-b", "1", under=inside(gateway))
        assert done.returncode == 1 and done.stdout == "" and why in done.stderr, done
    for options in (["-i", "0"], ["-i", "x"], ["-b", "0"], ["more"], ["-x"]):
        expect(top(*options).returncode, 2, options)


def test_no_terminal(gateway):
    done = subprocess.run([TOP, *gateway.by_telemetry], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    expect((done.returncode, done.stdout), (1, ""), "exit")
    assert "no terminal: --batch" in done.stderr, done.stderr
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "nonesuch"
        os.execv(TOP, [TOP, *gateway.by_telemetry])
    said = b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while True:
            said += os.read(fd, 1024)
    os.close(fd)
    expect(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0, True, "exit")
    assert b"nonesuch" in said, said


def test_sizes(gateway):
    """Tiny, huge, and changed meanwhile; a name that is no UTF-8."""
    terminal = Terminal(*gateway.by_telemetry, size=(1, 1))
    time.sleep(0.5)
    for size in ((2, 8), (400, 1000), (0, 0), (40, 120)):
        terminal.resize(*size)
        terminal.press(b"h")
        time.sleep(0.3)
    terminal.press(b" ")
    terminal.press(b" ")
    terminal.shows("registrations")
    terminal.press(b"e\xff\xfe\n")
    terminal.shows("the name is not UTF-8")
    expect(terminal.leave(), 0, "exit")


def test_keys(gateway):
    terminal = Terminal(*gateway.by_telemetry)
    terminal.shows("instance %s" % gateway.lab.instance)
    terminal.shows("(by rate)")
    terminal.press(b"s")
    terminal.shows("total)")
    terminal.press(b"h")
    terminal.shows("look at one endpoint")
    terminal.press(b"h")
    terminal.shows("LAST REFUSALS")
    terminal.press(b"edevice-7\n")
    terminal.shows('endpoint "device-7"')
    terminal.shows('["1/0","3/0"]')
    terminal.press(b"enobody\n")
    terminal.shows("no such endpoint")
    terminal.press(b"\x1b")
    terminal.shows("requests/s")
    terminal.press(b" ")
    terminal.shows("FROZEN")
    expect(terminal.leave(), 0, "exit")


def test_restart(gateway):
    """A gateway that goes is told of, and found again."""
    terminal = Terminal(*gateway.by_telemetry)
    terminal.shows("registrations  21")
    terminal.press(b"-")
    expect(gateway.stop(), 0, "exit")
    terminal.shows("no newer figures")
    terminal.press(b"-")
    again = gateway.lab.gateway(open(gateway.path).read())
    expect(again.telemetry_path, gateway.telemetry_path, "where it is")
    terminal.shows("nothing")  # neither dropped nor refused: it counts from 0
    expect(terminal.leave(), 0, "exit")


main(start)
