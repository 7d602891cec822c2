#!/usr/bin/python3
"""The end: what is under way is answered, Registers are silence, Updates may go on, and devices notice no restart."""
import os
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
