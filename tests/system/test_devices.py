#!/usr/bin/python3
"""A registration through each of DPDK's virtual devices that runs without hardware; af_packet is everywhere else."""
import contextlib
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *  # noqa: E402,F403
from lab import *  # noqa: E402,F403

OURS, THEIRS = "198.51.100.1", "198.51.100.2"  # beside the lab's own
WIRE = "wire0"  # the interface of whoever registers
CPUS = ",".join(map(str, sorted(os.sched_getaffinity(0))))
PING = bytes.fromhex("40001234")
PCAP_MAC = "02:70:63:61:70:00"  # the driver's


def serve(lab, device):
    for gateway in lab.gateways:
        gateway.kill()
    return lab.gateway(ports='{ device = "%s"; addresses = [ "%s/24" ]; }' % (device, OURS))


def set_up(lab, side):
    """The wire's interface, once it is there."""
    netns = ["ip", "-n", "%s-%s" % (lab.name, side)]
    until(lambda: subprocess.run([*netns, "link", "show", WIRE], capture_output=True).returncode == 0, "no interface")
    subprocess.run([*netns, "addr", "add", THEIRS + "/24", "dev", WIRE], check=True)
    subprocess.run([*netns, "link", "set", WIRE, "up"], check=True)


def life(gateway):
    # A link loses datagrams while it comes up, and answers late.
    until(lambda: Device(OURS).raw(PING, wait=0.5), "no answer")
    device = Device(OURS)
    answer = device.register("urn:dev:virtual")
    expect(answer and answer.code, "2.01", "Register")
    location = answer.location
    expect(device.update(location).code, "2.04", "Update")
    long = "</1/0>,</3/0>," + ",".join("</3303/%d>" % n for n in range(80))
    expect(device.update(location, payload=long).code, "2.04", "Update of a long list")
    expect(device.deregister(location).code, "2.02", "De-register")
    counters = gateway.ask("/rdline/stats")
    expect((counters["registered"], counters["deregistered"]), (1, 1), "counted")
    return gateway.ask("/rdline/port,0")["driver"]


@contextlib.contextmanager
def bridge(lab, device):
    """Another process of DPDK's, between a device and an interface of the devices' side."""
    log = open(os.path.join(lab.dir, "bridge.log"), "w+")
    process = subprocess.Popen(
        ["ip", "netns", "exec", lab.name + "-dev", "dpdk-testpmd", "--no-huge", "--no-shconf", "-m", "256", "--no-pci",
         "--lcores", "0@(%s),1@(%s)" % (CPUS, CPUS), "--file-prefix", lab.name + "b", "--no-telemetry", "--vdev", device, "--vdev", "net_tap9,iface=" + WIRE, "--",
         "--forward-mode=io", "--auto-start", "--total-num-mbufs=16384", "--stats-period=3600"],
        stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield process
    except BaseException:
        log.seek(0)
        print("".join("# bridge: " + line for line in log.readlines()[-40:]), flush=True)
        raise
    finally:
        process.kill()
        process.wait()
        log.close()


def through_bridge(lab, device, peers, path):
    """Of a device whose peer's socket must be there first, by its path; None: whose own one must."""
    if path is None:
        gateway = serve(lab, device)
    with bridge(lab, peers):
        set_up(lab, "dev")
        if path is not None:
            until(lambda: os.path.exists(path), "no socket")
            gateway = serve(lab, device)
        driver = life(gateway)
    # The peer is gone, and nothing else has happened.
    expect(gateway.ask("/rdline/port,0")["driver"], driver)
    expect(gateway.stop(), 0, "exit")
    return driver


def test_tap(lab):
    gateway = serve(lab, "net_tap0,iface=" + WIRE)
    set_up(lab, "gw")
    lab.enter("gw")
    try:
        expect(life(gateway), "net_tap")
    finally:
        lab.enter("dev")


def test_memif(lab):
    path = os.path.join(lab.dir, "memif")
    sides = ["net_memif%d,role=%s,socket-abstract=no,socket=%s" % (k, role, path) for k, role in enumerate(("client", "server"))]
    expect(through_bridge(lab, *sides, path), "net_memif")


def test_virtio_user(lab):
    """The side of a guest, at a switch's socket."""
    path = os.path.join(lab.dir, "switch")
    expect(through_bridge(lab, "net_virtio_user0,path=" + path, "net_vhost0,iface=" + path, path), "net_virtio_user")


def test_vhost(lab):
    """The side of a switch: the guest's NIC comes and goes."""
    path = os.path.join(lab.dir, "guest")
    expect(through_bridge(lab, "net_vhost0,iface=" + path, "net_virtio_user0,path=" + path, None), "net_vhost")


def test_pcap(lab):
    """Recorded traffic, answered into another file."""
    register = message(POST, 0x1234, [(URI_PATH, "rd"), (URI_QUERY, "ep=urn:dev:recorded"), (URI_QUERY, "lt=60"),
                                      (URI_QUERY, "lwm2m=1.0"), (CONTENT_FORMAT, b"\x28")], b"</1/0>,</3/0>")
    frame = ethernet(PCAP_MAC, "02:00:00:00:00:77", IPV4, ipv4(THEIRS, OURS, UDP, udp(THEIRS, OURS, 40000, 5683, register)))
    recorded, answered = (os.path.join(lab.dir, name) for name in ("in.pcap", "out.pcap"))
    with open(recorded, "wb") as f:
        f.write(struct.pack("=IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        f.write(struct.pack("=IIII", 0, 0, len(frame), len(frame)) + frame)
    gateway = serve(lab, "net_pcap0,rx_pcap=%s,tx_pcap=%s" % (recorded, answered))
    until(lambda: gateway.ask("/rdline/stats")["registered"] == 1, "nothing is registered")
    expect(gateway.registration("urn:dev:recorded")["address"], THEIRS)
    expect(gateway.stop(), 0, "exit")
    with open(answered, "rb") as f:
        octets = f.read()
    sent, at = [], 24
    while at < len(octets):
        length = struct.unpack_from("=I", octets, at + 8)[0]
        sent.append(octets[at + 16:at + 16 + length])
        at += 16 + length
    # It has told everybody of its address, too.
    answers = [Answer(frame[14 + 20 + 8:]) for frame in sent if frame[12:14] == b"\x08\0"]
    expect([(answer.code, answer.mid) for answer in answers], [("2.01", 0x1234)])


main(lambda lab: lab)
