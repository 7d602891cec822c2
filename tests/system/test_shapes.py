#!/usr/bin/python3
"""The same short life of registrations on every arrangement of workers, shards, CPUs and memory."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

ENDPOINTS, SOURCES = 240, 48
AF_XDP = 44
OVERCOMMIT = "/proc/sys/vm/nr_overcommit_hugepages"


def path(answer):
    return [segment.decode() for segment in answer.location]


def life(gateway, workers, shards, expiry):
    """Every request of an endpoint comes from another source, and so by any worker."""
    devices = [Device((GATEWAY4, GATEWAY6)[k % 2]) for k in range(SOURCES)]
    names = ["shape-%d" % n for n in range(ENDPOINTS)]

    def source(n, step):
        return devices[(n * 5 + step * 7) % SOURCES]

    brief = [(n, path(source(n, 0).register("brief-%d" % n, lt="1"))) for n in range(20 if expiry else 0)]
    dead = time.monotonic() + 2.2  # lifetimes end on whole seconds
    locations = []
    for n, name in enumerate(names):
        answer = source(n, 1).register(name)
        expect(answer.code, "2.01", name)
        locations.append(path(answer))
    expect(len({tuple(location) for location in locations}), ENDPOINTS, "locations")
    for n, location in enumerate(locations):
        expect(source(n, 2).update(location, ["lt=%d" % (300 + n)]).code, "2.04", names[n])
    for n in range(0, ENDPOINTS, 10):
        state = gateway.registration(names[n])
        address, port = source(n, 2).socket.getsockname()[:2]
        expect((state["lifetime"], state["address"], state["port"], state["location"]),
               (300 + n, address, port, "/" + "/".join(locations[n])), names[n])
    again = 0
    for n in range(ENDPOINTS):
        if n % 3 == 0:
            expect(source(n, 3).deregister(locations[n]).code, "2.02", names[n])
            expect(source(n, 4).update(locations[n]).code, "4.04", names[n])
        elif n % 3 == 1:
            answer = source(n, 3).register(names[n])
            expect((answer.code, path(answer) != locations[n]), ("2.01", True), names[n])
            expect(source(n, 4).update(locations[n]).code, "4.04", names[n])
            expect(source(n, 5).update(path(answer)).code, "2.04", names[n])
            again += 1
    if expiry:
        time.sleep(max(0, dead - time.monotonic()))
    for n, location in brief:
        expect(source(n, 5).update(location).code, "4.04", "brief-%d" % n)

    stats = gateway.ask("/rdline/stats")
    wanted = {"registrations": ENDPOINTS * 2 // 3, "registered": ENDPOINTS + len(brief), "replaced": again,
              "expired": len(brief), "deregistered": ENDPOINTS // 3}
    for _ in range(20):  # expired ones are dead at once; they are counted when they are swept
        if stats["expired"] == len(brief):
            break
        time.sleep(0.05)
        stats = gateway.ask("/rdline/stats")
    expect({key: stats[key] for key in wanted}, wanted, "stats")
    all_workers = [gateway.ask("/rdline/worker,%d" % w) for w in range(workers)]
    all_shards = [gateway.ask("/rdline/shard,%d" % s) for s in range(shards)]
    for which in all_workers:
        assert which["rx_frames"] > 50 and which["requests_register"] > 10 and which["bursts"] > 0, which
    for which in all_shards:
        assert which["registered"] > 30 and which["registrations"] > 20 and which["bursts"] > 0, which
    expect(sum(w["requests_register"] for w in all_workers), ENDPOINTS + len(brief) + again, "Registers")
    expect(sum(s["registrations"] for s in all_shards), wanted["registrations"], "registrations")
    for key in ("drop_shed_register", "drop_shed_update", "drop_tx_full", "drop_registry_full"):
        expect(stats[key], 0, key)
    for command in ("/rdline/worker,%d" % workers, "/rdline/shard,%d" % shards):
        expect(gateway.ask(command), {}, "no more of them")


def long(gateway):
    """Object lists that fill a frame, more than buffers for what is decoded from them: none of those is lost."""
    objects = ["1/0", "3/0"] + ["3303/%d" % n for n in range(105)]
    for n in range(80):
        device = Device((GATEWAY4, GATEWAY6)[n % 2])
        expect(device.register("long-%d" % n, ",".join("</%s>" % o for o in objects)).code, "2.01", "long")
    expect(gateway.registration("long-79")["objects"], objects, "objects")


def serve(lab, hugepages=False, device="net_af_packet0,iface=rdl0,qpairs=1", expiry=False, **options):
    port = '{ device = "%s"; addresses = [ "%s/24", "%s/64" ]; }' % (device, GATEWAY4, GATEWAY6)
    text = config(lab.instance, ports=port, **options)
    if hugepages:
        text = text.replace("hugepages = false", "hugepages = true")
    gateway = lab.gateway(text)
    try:
        life(gateway, options.get("workers", 1), options.get("shards", 1), expiry)
        long(gateway)
        expect(gateway.stop(), 0, "exit")
    finally:
        gateway.kill()


def need_cpus(count):
    if len(os.sched_getaffinity(0)) < count:
        raise Skip("needs %d CPUs" % count)


def test_one_cpu(lab):
    serve(lab, cores='"%d"' % min(os.sched_getaffinity(0)), expiry=True)


def test_one_cpu_that_never_sleeps(lab):
    need_cpus(2)
    serve(lab, cores='"%d"' % max(os.sched_getaffinity(0)), idle_sleep_us=0)


def test_a_cpu_each(lab):
    need_cpus(2)
    serve(lab, cores='"%s"' % ",".join(str(cpu) for cpu in sorted(os.sched_getaffinity(0))[:2]), expiry=True)


def test_a_cpu_each_that_never_sleeps(lab):
    need_cpus(2)
    serve(lab, idle_sleep_us=0, expiry=True)


def test_three_shards(lab):
    serve(lab, shards=3, expiry=True)


def test_two_workers_two_shards(lab):
    serve(lab, workers=2, shards=2, device="net_af_packet0,iface=rdl0,qpairs=2", expiry=True)


def test_two_workers_one_shard(lab):
    serve(lab, workers=2, device="net_af_packet0,iface=rdl0,qpairs=2")


def test_three_of_each_on_one_cpu(lab):
    serve(lab, workers=3, shards=3, device="net_af_packet0,iface=rdl0,qpairs=3",
          cores='"%d"' % min(os.sched_getaffinity(0)))


def af_xdp(lab, **options):
    try:
        socket.socket(AF_XDP, socket.SOCK_RAW, 0).close()
    except OSError as error:
        raise Skip("no AF_XDP in this kernel: %s" % error)
    serve(lab, device="net_af_xdp0,iface=rdl0", **options)


def test_af_xdp(lab):
    af_xdp(lab, expiry=True)


def with_hugepages(run):
    try:
        with open(OVERCOMMIT) as f:
            before = f.read()
        with open(OVERCOMMIT, "w") as f:
            f.write("256")
    except OSError as error:
        raise Skip("hugepages cannot be had here: %s" % error)
    try:
        with open(OVERCOMMIT) as f:
            if int(f.read()) < 256:
                raise Skip("no hugepages granted")
        run()
    finally:
        with open(OVERCOMMIT, "w") as f:
            f.write(before)


def test_hugepages(lab):
    with_hugepages(lambda: serve(lab, hugepages=True))


def test_af_xdp_in_hugepages(lab):
    with_hugepages(lambda: af_xdp(lab, hugepages=True))


main(lambda lab: lab)
