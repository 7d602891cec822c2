#!/usr/bin/python3
"""The benchmarks' load generator at the gateway: what it counts is what happened."""
import contextlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
import dtls_lab  # noqa: E402
from lossy import Lossy  # noqa: E402

LOAD = os.path.join(ROOT, "build/test/load")
ENDPOINTS = 3000
PHASES = ["register", "re-register", "update", "de-register"]


def start(*arguments):
    return subprocess.Popen([LOAD, "--json", "--to", GATEWAY4, "--from", "10.0.0.1", "--seconds", "60", *arguments],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process, code=0):
    out, complaints = process.communicate(timeout=250)
    expect(process.returncode, code, "exit (%s)" % (complaints + out))
    return [json.loads(line) for line in out.splitlines()], complaints


@contextlib.contextmanager
def serving(lab, **options):
    gateway = lab.gateway(**options)
    try:
        yield gateway
        expect(gateway.stop(), 0, "exit")
    finally:
        gateway.kill()


def numbers(results, *keys):
    return [tuple(r[key] for key in keys) for r in results]


def test_all_phases(lab):
    with serving(lab) as gateway:
        results, _ = finish(start("--endpoints", str(ENDPOINTS)))
        expect(numbers(results, "phase", "answered", "wrong", "lost"), [(p, ENDPOINTS, 0, 0) for p in PHASES], "phases")
        stats = gateway.ask("/rdline/stats")
        expect([stats[k] for k in ("registered", "replaced", "updated", "deregistered", "registrations")],
               [ENDPOINTS] * 4 + [0], "stats")


def test_frames(lab):
    with serving(lab):
        _, complaint = finish(start("--device", "lo", "--endpoints", "1"), 1)
        expect("ping it first" in complaint, True, complaint)
        subprocess.run(["ping", "-q", "-c", "1", GATEWAY4], check=True, stdout=subprocess.DEVNULL, timeout=20)
        results, _ = finish(start("--device", "dev0", "--endpoints", str(ENDPOINTS)))
        expect(numbers(results, "phase", "answered", "retransmitted", "wrong"), [(p, ENDPOINTS, 0, 0) for p in PHASES],
               "phases")


def provision(lab, count):
    dtls_lab.provision(lab, *("urn:imei:%015d" % (490154000000000 + n) for n in range(count)))


def test_dtls(lab):
    provision(lab, ENDPOINTS)
    with serving(lab, extra=dtls_lab.group(lab)) as gateway:
        results, _ = finish(start("--endpoints", str(ENDPOINTS), "--dtls", dtls_lab.KEY.hex(), "--window", "16"))
        expect(numbers(results, "phase", "answered", "wrong", "lost"),
               [(p, ENDPOINTS, 0, 0) for p in ["handshake"] + PHASES], "phases")
        stats = gateway.ask("/rdline/stats")
        expect([stats[k] for k in ("registered", "replaced", "updated", "deregistered", "registrations")],
               [ENDPOINTS] * 4 + [0], "stats")
        wrong, _ = finish(start("--endpoints", "20", "--dtls", "00", "--ack-timeout", "50", "--phases", "register"), 1)
        expect(numbers(wrong, "phase", "answered"), [("handshake", 0), ("register", 0)], "a key that is not theirs")


def test_dtls_over_a_bad_network(lab):
    """Of all datagrams 30 % are lost, each way: who is heard gets in, and what was begun comes to an end that is counted."""
    many = 150
    provision(lab, many)
    with serving(lab, extra=dtls_lab.group(lab, retransmit_ms=200)) as gateway, Lossy(0.3) as network:
        process = start("--to", "127.0.0.1", "--from", "127.1.0.1", "--endpoints", str(many), "--dtls", dtls_lab.KEY.hex(),
                        "--window", str(many), "--ack-timeout", "100", "--phases", "", "--seconds", "30")
        out, complaints = process.communicate(timeout=250)
        result, counts = json.loads(out), gateway.ask("/rdline/dtls")
        # A client tries for half a minute, each flight up to nine times.
        expect(result["answered"] >= many - 3, True, (result, complaints))
        expect((result["wrong"], result["lost"]), (0, many - result["answered"]), result)
        ended = sum(counts[key] for key in counts if key.startswith("handshakes_failed_"))
        ended += sum(counts["handshakes_" + key] for key in ("finished", "evicted", "under_way"))
        expect(counts["handshakes_begun"], ended, counts)
        expect(counts["handshakes_finished"] >= result["answered"], True, (counts, result))
        assert network.lost > 0.2 * network.passed, (network.lost, network.passed)
        print("# last after %.1f s, %d flights of clients and %d of ours sent again" % (
            result["last_ms"] / 1000, result["retransmitted"], counts["flights_repeated"]))


def test_what_it_registers(lab):
    with serving(lab) as gateway:
        finish(start("--endpoints", "5", "--sources", "2", "--phases", "register"))
        for n in range(5):
            state = gateway.registration("urn:imei:49015400000000%d" % n)
            expect([state[k] for k in ("version", "lifetime", "binding", "address", "objects")],
                   ["1.1", 86400, "U", "10.0.0.%d" % (1 + n % 2), ["1/0", "3/0", "4/0", "5/0"]], "endpoint %d" % n)


def test_one_address(lab):
    """As many devices behind one address and port as there are ports: names tell them apart, and nothing is left of them."""
    many = 65536
    with serving(lab, memory="registrations = %d;" % many) as gateway:
        before = gateway.ask("/rdline/info")["packets_in_use"]
        results, _ = finish(start("--endpoints", str(many), "--sources", "1", "--phases", "register,update"))
        expect(numbers(results, "phase", "answered", "wrong", "lost"), [(p, many, 0, 0) for p in ("register", "update")], "phases")
        expect(gateway.ask("/rdline/stats")["registrations"], many, "live")
        one_more, _ = finish(start("--endpoints", str(many + 1), "--sources", "1", "--phases", "register", "--ack-timeout", "20"), 1)
        expect(numbers(one_more, "answered", "lost"), [(many, 1)], "full: again for those that live, silence for the new one")
        stats = gateway.ask("/rdline/stats")
        expect([stats["registrations"], stats["drop_registry_full"] > 0], [many, True], "full")
        expect(gateway.ask("/rdline/info")["packets_in_use"] <= before, True, "packet buffers")


def test_refusals_are_wrong_answers(lab):
    with serving(lab, lwm2m='version = "1.0";') as gateway:
        results, complaints = finish(start("--endpoints", str(ENDPOINTS)), 1)
        expect(numbers(results, "answered", "wrong", "lost"), [(0, ENDPOINTS, 0)] + [(0, 0, 0)] * 3, "results")
        expect("code 4.12" in complaints, True, complaints)
        expect(gateway.ask("/rdline/stats")["code_4_12"], ENDPOINTS, "4.12")


def test_copies(lab):
    """A gateway that wakes up late finds each Register and its copy: the second answer is the first again."""
    with serving(lab) as gateway:
        gateway.process.send_signal(signal.SIGSTOP)
        process = start("--storm", "200")
        time.sleep(3.5)
        gateway.process.send_signal(signal.SIGCONT)
        (result,), _ = finish(process)
        expect(numbers([result], "phase", "answered", "wrong", "lost"), [("storm", 200, 0, 0)], "storm")
        copies = result["retransmitted"]
        # The last of them may still be under way.
        until(lambda: gateway.ask("/rdline/stats")["replayed"] >= copies, "not all copies are replayed")
        stats = gateway.ask("/rdline/stats")
        expect([copies > 0] + [stats[k] for k in ("registered", "replaced", "replayed")], [True, 200, 0, copies], "stats")


def test_serve(lab):
    """Devices answer what they are asked, and send an Update where that is a trigger; once, also where it comes twice."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    server.settimeout(10)
    process = start("--to", "127.0.0.1:%d" % server.getsockname()[1], "--from", "127.1.0.1", "--endpoints", "2", "--phases", "register,serve")
    devices = []

    def hear(code, *options, type=ACK):
        octets, address = server.recvfrom(2048)
        got = Answer(octets)
        server.sendto(message(code, got.mid, options, type=type, token=got.token), address)
        return got, address

    for n in range(2):
        devices.append(hear(0x41, (LOCATION_PATH, "rd"), (LOCATION_PATH, "x%d" % n))[1])
    triggers = [message(POST, n, [(URI_PATH, p) for p in ("1", "0", "8")], token=b"trigger%d" % n) for n in range(2)]
    server.sendto(message(GET, 9, [(URI_PATH, "3")], token=b"get"), devices[0])
    got = Answer(server.recv(2048))
    expect((got.type, got.code, got.mid, got.token, got.payload), (ACK, "2.05", 9, b"get", b"load"))
    for n, trigger in enumerate(triggers):
        server.sendto(trigger, devices[n])
        got = Answer(server.recv(2048))
        expect((got.type, got.code, got.mid, got.token), (ACK, "2.04", n, b"trigger%d" % n))
        server.sendto(trigger, devices[n])
        first, second = Answer(server.recv(2048)), Answer(server.recv(2048))
        again, update = (first, second) if first.type == ACK else (second, first)
        expect((again.code, update.code, [v for o, v in update.options if o == URI_PATH]), ("2.04", "0.02", [b"rd", b"x%d" % n]))
        server.sendto(message(0x44, update.mid, type=ACK, token=update.token), devices[n])
    results, _ = finish(process)
    expect(numbers(results, "phase", "answered", "wrong", "lost"), [("register", 2, 0, 0), ("serve", 2, 0, 0)])
    expect(sum(result["asked"] for result in results), 5)
    server.close()


def test_nobody_there(lab):
    results, _ = finish(start("--endpoints", "10", "--ack-timeout", "20", "--phases", "register,update"), 1)
    expect(numbers(results, "answered", "wrong", "lost", "retransmitted"), [(0, 0, 10, 40), (0, 0, 0, 0)], "results")


def setup(lab):
    subprocess.run(["ip", "route", "add", "local", "10.0.0.0/8", "dev", "dev0"], check=True, timeout=20)
    return lab


main(setup)
