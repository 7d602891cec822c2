#!/usr/bin/python3
"""What is not the gateway's on its port: the kernel has it, answers through the port, and costs no registration."""
import atexit
import fcntl
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from floods import *  # noqa: E402,F403
from lab import *  # noqa: E402,F403

KERNEL4, KERNEL6 = "192.0.2.10", "2001:db8::10"  # the kernel's own, and one that it shares with the gateway
TAP = "rdline0"
REGISTERS = 2000
# Says what it hears, on one TCP connection after the other.
SERVER = """
import socket, sys
s = socket.socket(socket.AF_INET6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.bind(("::", 2222))
s.listen()
print("ready", flush=True)
while True:
    c, _ = s.accept()
    while octets := c.recv(65536):
        c.sendall(octets)
    c.close()
"""


def in_gateway(lab, *command, **more):
    return subprocess.Popen(["ip", "netns", "exec", lab.name + "-gw", *command], **more)


def run_in_gateway(lab, *command):
    expect(in_gateway(lab, *command, stdout=subprocess.DEVNULL).wait(10), 0, " ".join(command))


def port(more=""):
    return '{ device = "net_af_packet0,iface=rdl0"; addresses = [ "%s/24", "%s/64" ]; exception = "tap"; %s }' % (
        GATEWAY4, GATEWAY6, more)


def give_addresses(lab):
    for address in (KERNEL4 + "/24", GATEWAY4 + "/24"):
        run_in_gateway(lab, "ip", "addr", "add", address, "dev", TAP)
    run_in_gateway(lab, "ip", "addr", "add", KERNEL6 + "/64", "dev", TAP, "nodad")


def start(lab):
    # Of af_packet's interface the kernel has all frames, too: here it must have them from the gateway only.
    run_in_gateway(lab, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/rdl0/rp_filter")
    gateway = lab.gateway(ports=port())
    give_addresses(lab)
    server = in_gateway(lab, "/usr/bin/python3", "-c", SERVER, stdout=subprocess.PIPE)
    atexit.register(server.kill)
    server.stdout.readline()
    return lab


def stats(lab):
    return lab.gateways[-1].ask("/rdline/stats")


def ping(address):
    done = subprocess.run(["ping", "-c", "3", "-i", "0.2", "-W", "2", address], capture_output=True, text=True)
    expect(done.returncode, 0, "ping of %s:\n%s" % (address, done.stdout))


def test_its_interface(lab):
    with os.popen("ip -n %s-gw -d link show %s" % (lab.name, TAP)) as out:
        text = out.read()
    assert "mtu 1500" in text and "tun type tap" in text, text
    expect(interface_mac(lab.name + "-gw", TAP), interface_mac(lab.name + "-gw", "rdl0"), "its MAC")
    expect(lab.gateways[-1].ask("/rdline/port,0")["exception_interface"], TAP)


def test_ping(lab):
    for address in (KERNEL4, KERNEL6):
        ping(address)
    with os.popen("ip -n %s-dev neigh show %s" % (lab.name, KERNEL4)) as out:
        neighbour = out.read()
    assert interface_mac(lab.name + "-gw", TAP) in neighbour, neighbour


def echo(address, octets):
    with socket.create_connection((address, 2222), timeout=10) as s:
        s.sendall(octets)
        s.shutdown(socket.SHUT_WR)
        got = b""
        while part := s.recv(65536):
            got += part
        return got


def test_tcp(lab):
    octets = os.urandom(300000)
    for address in (KERNEL4, KERNEL6, GATEWAY4):
        expect(echo(address, octets) == octets, True, "TCP to " + address)
    after = stats(lab)
    assert after["exception_to_kernel"] >= 600 and after["exception_from_kernel"] >= 600, after
    expect([after[name] for name in ("drop_exception_full", "drop_exception_down", "drop_exception_buffer")], [0, 0, 0])


def test_ours_stays_ours(lab):
    before = stats(lab)
    ping(GATEWAY4)
    expect(Device().register("urn:dev:beside").code, "2.01")
    expect(Device(GATEWAY6).register("urn:dev:beside6").code, "2.01")
    after = stats(lab)
    assert after["net_answered"] - before["net_answered"] >= 3, (before, after)
    # Nobody listens at the port: the kernel, which has the address, says so.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((GATEWAY4, 4000))
        s.settimeout(5)
        s.send(b"x")
        try:
            s.recv(10)
            raise AssertionError("an answer")
        except ConnectionRefusedError:
            pass


def test_the_kernel_asks(lab):
    """Its own questions, and the answers to them: ARP and neighbour discovery, from the gateway's end on."""
    for address in (DEVICE4, DEVICE6):
        run_in_gateway(lab, "ip", "neigh", "flush", "dev", TAP)
        run_in_gateway(lab, "ping", "-c", "1", "-W", "2", address)


def foreign(number):
    return number.to_bytes(4, "big") * 100


def test_flood(lab):
    """2,000 Registers, every one answered, while the kernel is sent more than it may get; and it can be reached."""
    before = stats(lab)
    devices = [Device() for _ in range(20)]
    with Flood(lab.gateways[-1], foreign, 20000, to_port=9999) as flood:
        begin = time.monotonic()
        for n in range(REGISTERS):
            answer = devices[n % 20].register("urn:dev:%04d" % n)
            expect(answer and answer.code, "2.01", "Register %d" % n)
        while time.monotonic() - begin < 2:
            time.sleep(0.1)
        expect(echo(KERNEL4, b"still there"), b"still there")
    after = stats(lab)
    counted = {name: after[name] - before[name] for name in after}
    print("# flood of %d frames: %d given to the kernel, %d shed" % (
        flood.sent.value, counted["exception_to_kernel"], counted["drop_exception_rate"]))
    assert counted["drop_exception_rate"] > 0, counted
    expect(counted["registered"], REGISTERS)
    shed = {name: n for name, n in counted.items() if name.startswith("drop_shed")}
    expect(set(shed.values()), {0}, shed)


def test_interface_down(lab):
    before = stats(lab)["drop_exception_down"]
    run_in_gateway(lab, "ip", "link", "set", TAP, "down")
    subprocess.run(["ping", "-c", "1", "-W", "1", KERNEL4], capture_output=True)
    until(lambda: stats(lab)["drop_exception_down"] > before, "nothing is counted")
    run_in_gateway(lab, "ip", "link", "set", TAP, "up")
    ping(KERNEL4)


def test_interface_deleted(lab):
    run_in_gateway(lab, "ip", "link", "del", TAP)
    until(lambda: "the kernel's interface is gone" in lab.gateways[-1].log(), "the log does not say it")
    before = stats(lab)["drop_exception_down"]
    Device(GATEWAY4, 4000).raw(b"x", wait=0.1)
    until(lambda: stats(lab)["drop_exception_down"] > before, "nothing is counted")
    expect(Device().register("urn:dev:last").code, "2.01")


def leave_otherwise(lab, name):
    """As a virtual machine leaves an interface: longer heads before frames, checksums and segments not made."""
    set_interface, set_head, set_offload = 0x400454CA, 0x400454D8, 0x400454D0
    lab.enter("gw")
    try:
        with open("/dev/net/tun", "rb+", buffering=0) as tun:
            fcntl.ioctl(tun, set_interface, struct.pack("16sH22x", name.encode(), 0x5002))  # a tap with such heads
            fcntl.ioctl(tun, set_head, struct.pack("i", 12))
            fcntl.ioctl(tun, set_offload, 3)  # checksums, segments of IPv4
    finally:
        lab.enter("dev")


def test_end_and_start(lab):
    """At its end nothing is left, but an interface that was there before, which goes on: here with two workers."""
    expect(lab.gateways[-1].stop(), 0)
    run_in_gateway(lab, "ip", "tuntap", "add", "dev", "mgmt", "mode", "tap")
    run_in_gateway(lab, "ip", "addr", "add", KERNEL4 + "/24", "dev", "mgmt")
    device = "net_af_packet0,iface=rdl0,qpairs=2"
    ports = port('exception_interface = "mgmt";').replace("net_af_packet0,iface=rdl0", device)
    for start in range(2):
        gateway = lab.gateway(workers=2, ports=ports)
        ping(KERNEL4)
        octets = os.urandom(100000)
        expect(echo(KERNEL4, octets) == octets, True, "TCP")
        expect(Device().register("urn:dev:two").code, "2.01")
        if start == 0:
            expect(gateway.stop(), 0)
            leave_otherwise(lab, "mgmt")


def test_name_taken(lab):
    """A second gateway with the same interface does not start, and says so."""
    run_in_gateway(lab, "ip", "link", "add", "rdl9", "type", "veth", "peer", "name", "rdl8")
    second = config(lab.instance + "b", ports='{ device = "net_af_packet9,iface=rdl9"; addresses = [ "198.51.100.1/24" ]; '
                                              'exception = "tap"; exception_interface = "mgmt"; }')
    code, log = lab.gateway(second, ready=False).failure()
    expect(code, 1)
    assert "cannot make the interface mgmt: " in log and ".conf:" in log, log


main(start)
