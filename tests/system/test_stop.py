#!/usr/bin/python3
"""The end: what is under way is answered, Registers are silence, Updates may go on, and devices notice no restart."""
import os
import re
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from test_service import Manager  # noqa: E402


def test_it_leaves_soon(lab):
    gateway = lab.gateway()
    device = Device()
    expect(device.register("before").code, "2.01", "Register")
    began = time.monotonic()
    expect(gateway.stop(), 0, "exit")
    expect(time.monotonic() - began < 5, True, "within five seconds, of which it takes one")
    expect(device.register("after", wait=0.2), None, "silence")


def thread_named(gateway, pattern):
    threads = threads_of(gateway.process.pid)
    return next(number for name, number in threads.items() if re.search(pattern, name))


def expect_forced(gateway, stopped, what):
    """Five seconds, and what systemd gives it is more."""
    began = time.monotonic()
    gateway.process.send_signal(signal.SIGTERM)
    if stopped.tid != gateway.process.pid:
        stopped.ends(20)
    expect(gateway.process.wait(20), 1, what)
    took = time.monotonic() - began
    assert 4.5 < took < 7, (what, took)
    expect("error stop: not over in 5000 ms: leaves as it is" in gateway.log(), True, gateway.log())


def test_whatever_stands_still(lab):
    """A disk, a core, or another thread that does not come back: five seconds, and nothing is lost that was acknowledged."""
    extra = 'control = { socket = "%s/control"; }; state = { directory = "%s/still"; };' % (lab.dir, lab.dir)
    for what in ("^journal$", r"worker\D*1$", "^control$"):
        gateway = lab.gateway(extra=extra)
        device = Device()
        kept = device.register("kept", lt="300")
        expect(kept.code, "2.01", "Register")
        stopped = Stopped(thread_named(gateway, what))
        try:
            expect_forced(gateway, stopped, what)
        finally:
            stopped.go_on()
        again = lab.gateway(extra=extra)
        expect(device.update(kept.location).code, "2.04", "it is still there after " + what)
        expect(again.stop(), 0, "exit")


def test_the_main_thread_stands_still(lab):
    """While it starts, and when it serves; who goes on to tell it to end need not wait."""
    manager = Manager(lab, "main")
    gateway = lab.gateway(ready=False, under=manager.under)
    manager.until_status("sets up ports and shards")
    for ready in (False, True):
        if ready:
            gateway = lab.gateway()
        stopped = Stopped(gateway.process.pid)
        try:
            expect_forced(gateway, stopped, "ready" if ready else "starting")
        finally:
            stopped.go_on()
    gateway = lab.gateway()
    stopped = Stopped(gateway.process.pid)
    began = time.monotonic()
    for again in range(3):
        gateway.process.send_signal((signal.SIGTERM, signal.SIGINT)[again % 2])
        time.sleep(0.2)
    expect(gateway.process.wait(10), 0, "exit")
    assert time.monotonic() - began < 4, "at the third"
    stopped.go_on()


def test_who_does_not_wait_for_the_disk_is_given_more(lab):
    """There the log lacks what was acknowledged, so that a disk that comes back within 15 s still gets it."""
    extra = 'state = { directory = "%s/window"; durability = "window"; };' % lab.dir
    gateway = lab.gateway(extra=extra)
    stopped = Stopped(thread_named(gateway, "^journal$"))
    device = Device()
    try:
        location = device.register("kept", lt="300").location
        gateway.process.send_signal(signal.SIGTERM)
        time.sleep(6.5)
        expect(gateway.process.poll(), None, "it waits for the disk")
    finally:
        stopped.go_on()
    expect(gateway.process.wait(10), 0, gateway.log())
    again = lab.gateway(extra=extra)
    expect(device.update(location).code, "2.04", "it is there")
    expect(again.stop(), 0, "exit")


def test_nobody_reads_the_log(lab):
    """A pager that is not scrolled, a terminal that was stopped: no line gets out, and the end does not wait for one."""
    ours, theirs = os.pipe()
    path = lab.dir + "/unread.conf"
    with open(path, "w") as f:
        f.write(config(lab.instance))
    process = subprocess.Popen(["ip", "netns", "exec", lab.name + "-gw", BINARY, "-c", path], stderr=theirs)
    read = b""
    while b" ready " not in read:
        read += os.read(ours, 65536)
    full = os.open("/proc/self/fd/%d" % theirs, os.O_WRONLY | os.O_NONBLOCK)
    try:
        while os.write(full, b"." * 4096):
            pass
    except BlockingIOError:
        pass
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    finally:
        process.kill()
        process.wait()
        for fd in (ours, theirs, full):
            os.close(fd)
    assert time.monotonic() - began < 7, time.monotonic() - began


def test_drain(lab):
    manager = Manager(lab, "drain")
    gateway = lab.gateway(ready=False, under=manager.under, extra="drain_s = 3;")
    gateway.wait_ready()
    device = Device()
    locations = [device.register("drain-%d" % n).location for n in range(3)]
    manager.quiet()
    began = time.monotonic()
    gateway.process.send_signal(signal.SIGTERM)
    told = manager.until("STOPPING")[-1]
    expect((told["STATUS"], told["EXTEND_TIMEOUT_USEC"]), ("takes no Registers any more, and ends in 3 s", "8000000"), "told")
    until(lambda: "drain_s=3" in gateway.log(), "it says so")
    time.sleep(0.1)
    expect(device.register("new", wait=0.3), None, "a Register is silence")
    expect(device.register("drain-0", wait=0.3), None, "also of who is registered")
    expect(device.update(locations[0]).code, "2.04", "an Update goes on")
    expect(device.deregister(locations[1]).code, "2.02", "and a De-register")
    gateway.process.send_signal(signal.SIGHUP)
    time.sleep(1.2)
    expect(device.update(locations[2]).code, "2.04", "as long as it takes")
    expect(gateway.process.poll(), None, "not before its time")
    expect(manager.until("STOPPING")[-1]["STATUS"], "ends", "then it ends")
    expect(gateway.process.wait(10), 0, "exit")
    expect(3 <= time.monotonic() - began < 8, True, "after three seconds")
    expect("reload" in gateway.log(), False, "nothing is read again meanwhile")


def test_a_second_signal_ends_it(lab):
    gateway = lab.gateway(extra="drain_s = 600;")
    gateway.process.send_signal(signal.SIGTERM)
    until(lambda: "drain_s=600" in gateway.log(), "it drains")
    time.sleep(1)
    expect(gateway.process.poll(), None, "it goes on")
    began = time.monotonic()
    expect(gateway.stop(), 0, "exit")
    expect(time.monotonic() - began < 5, True, "at once")
    expect(" again" in gateway.log(), True, gateway.log())


def test_a_reload_changes_it(lab):
    gateway = lab.gateway(extra="drain_s = 600;")
    with open(gateway.path) as f:
        text = f.read()
    with open(gateway.path, "w") as f:
        f.write(text.replace("drain_s = 600;", "drain_s = 0;"))
    gateway.process.send_signal(signal.SIGHUP)
    until(lambda: "reload: done" in gateway.log(), "reload")
    expect(gateway.stop(), 0, "exit")


def send_until_answered(device, octets, answers, seconds=40):
    """As a device does (RFC 7252 section 4.2): 2 s, and twice as long each time."""
    wait = 2.0
    for _ in range(5):
        answer = device.raw(octets, wait)
        if answer is not None:
            answers.append(answer.code)
            return
        wait *= 2
    answers.append(None)


def coap_client(lab, method, path, payload=None):
    """libcoap's, which retransmits by itself; to be waited for."""
    words = ["coap-client-notls", "-m", method, "-B", "40", "-v", "6"]
    if payload:
        words += ["-t", "40", "-e", payload]
    return subprocess.Popen(words + ["coap://%s%s" % (GATEWAY4, path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_devices_do_not_notice_a_restart(lab):
    """Stopped and started again within what a device waits for: Updates and a Register sent meanwhile are answered."""
    state = 'drain_s = 1; state = { directory = "%s/state"; };' % lab.dir
    gateway = lab.gateway(extra=state)
    devices = [Device() for _ in range(4)]
    locations = [device.register("kept-%d" % n, lt="300").location for n, device in enumerate(devices)]
    paths = ["/" + "/".join(segment.decode() for segment in location) for location in locations]
    gateway.process.send_signal(signal.SIGTERM)
    expect(devices[3].update(locations[3]).code, "2.04", "while it drains")
    expect(gateway.process.wait(10), 0, "exit")
    down = time.monotonic()
    answers, new = [], []
    updates = [threading.Thread(target=send_until_answered, args=(
        devices[n], message(POST, Device.mid(), [(URI_PATH, segment) for segment in locations[n]]), answers)) for n in range(2)]
    updates.append(threading.Thread(target=send_until_answered, args=(
        Device(), message(POST, Device.mid(), [(URI_PATH, b"rd"), (URI_QUERY, b"ep=new"), (CONTENT_FORMAT, b"\x28")],
                          b"</1/0>,</3/0>"), new)))
    clients = [coap_client(lab, "post", paths[2]), coap_client(lab, "post", "/rd?ep=libcoap&lt=300", "</1/0>,</3/0>"),
               coap_client(lab, "delete", paths[3])]
    for thread in updates:
        thread.start()
    time.sleep(1.5)
    again = lab.gateway(extra=state)
    # Devices send for 30 s at least (2 + 4 + 8 + 16); a machine under load takes its time.
    expect(time.monotonic() - down < 25, True, "it is back")
    for thread in updates:
        thread.join()
    expect((answers, new), (["2.04"] * 2, ["2.01"]), "devices' requests are answered")
    outputs = [client.communicate(timeout=60)[0] for client in clients]
    expect([client.returncode for client in clients], [0] * 3, outputs)
    for output, code in zip(outputs, ("2.04", "2.01", "2.02")):
        expect(code in output, True, "libcoap's client: %s in %r" % (code, output))
    stats = again.ask("/rdline/stats")
    expect((stats["requests_register"], stats["code_4_04"], stats["registrations"]), (2, 0, 5), "nobody registered anew")
    for n in range(3):
        expect(again.registration("kept-%d" % n)["location"], paths[n], "where it was")
    expect(again.stop(), 0, "exit")


if __name__ == "__main__":
    main(lambda lab: lab)
