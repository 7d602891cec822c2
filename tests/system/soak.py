#!/usr/bin/python3
"""Mixed traffic for SOAK_FOR seconds; then silence, after which nothing of it may be left, and every counter add up."""
import os
import random
import select
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *  # noqa: E402,F403
from lab import *  # noqa: E402,F403

ENDPOINTS, SOURCES, UNDER_WAY = 2000, 60, 64
EXCHANGE_LIFETIME, LIFETIMES, REASSEMBLY = 4, (1, 2, 3, 5), 10
RETRY, TRIES = 2.0, 4
FRAGMENT_PAUSE = 0.05
RSS_KB = 2048  # that it may grow after the warm-up


def start(lab):
    return lab.gateway(workers=1, shards=2, memory="registrations = %d;" % (2 * ENDPOINTS),
                       coap="exchange_lifetime = %d; block_transfers = 64;" % EXCHANGE_LIFETIME)


class Exchange:
    """A request under way, until all of its copies are answered."""

    def __init__(self, source, octets, endpoint, codes, then):
        self.source, self.octets, self.endpoint, self.codes, self.then = source, octets, endpoint, codes, then
        self.sent, self.answer, self.tries, self.at, self.began = 0, None, 0, 0.0, time.monotonic()

    def send(self):
        self.source.send(self.octets)
        self.sent += 1
        self.at = time.monotonic()


class Endpoint:
    def __init__(self, number, source):
        self.name, self.source = "soak-%d" % number + "x" * (number % 50), source
        self.location, self.lifetime, self.busy, self.asleep_until = None, 0, False, 0.0
        self.ends_after = self.ends_before = 0.0  # somewhere between

    def restarted(self, exchange, lifetime):
        """The lifetime began after the request was sent, and before now; it ends up to a second late."""
        self.lifetime, self.ends_after = lifetime, exchange.began + lifetime
        self.ends_before = time.monotonic() + lifetime + 2

    def registered(self, answer, exchange, lifetime):
        self.location = [v.decode() for v in answer.location]
        self.restarted(exchange, lifetime)

    def codes(self, alive):
        """What a request to its location may be answered when it is: `alive`, or 4.04."""
        ends_after, ends_before = self.ends_after, self.ends_before
        return lambda exchange: ((alive,) * (exchange.began < ends_before) +
                                 ("4.04",) * (time.monotonic() > ends_after))


class Traffic:
    def __init__(self, gateway):
        self.gateway, self.counts, self.pending = gateway, {}, {}
        self.random = random.Random(gateway.process.pid)
        self.poll = select.poll()
        self.sources, self.next_id = {}, {}
        for number in range(SOURCES):
            device = Device(GATEWAY6 if number % 2 else GATEWAY4)
            device.socket.setblocking(False)
            self.sources[device.socket.fileno()] = device.socket
            self.next_id[device.socket] = self.random.randrange(65536)
            self.poll.register(device.socket, select.POLLIN)
        everywhere = list(self.sources.values())
        self.endpoints = [Endpoint(n, self.random.choice(everywhere)) for n in range(ENDPOINTS)]
        self.wire = Wire("dev0")
        self.mac = interface_mac(gateway.lab.name + "-gw", "rdl0")
        self.fragment_ids = 0

    def count(self, what, n=1):
        self.counts[what] = self.counts.get(what, 0) + n

    # ---- requests ----
    def request(self, endpoint, code, path, queries, payload, codes, then=None, options=()):
        source = endpoint.source
        mid = self.next_id[source] = (self.next_id[source] + 1) & 0xFFFF
        if (source, mid) in self.pending:
            return
        options = [(URI_PATH, p) for p in path] + [(URI_QUERY, q) for q in queries] + list(options)
        if payload:
            options.append((CONTENT_FORMAT, b"\x28"))
        token = self.random.randbytes(self.random.randrange(9))
        octets = message(code, mid, options, payload, token=token)
        exchange = Exchange(source, octets, endpoint, codes, then)
        self.pending[source, mid] = exchange
        endpoint.busy = True
        exchange.send()
        if self.random.random() < 0.15:
            self.count("copies")
            exchange.send()

    def objects(self, more=0):
        return b"</1/0>,</3/0>" + b"".join(b",</%d/%d>" % (10 + k, self.random.randrange(3)) for k in range(more))

    def register(self, endpoint):
        lifetime = self.random.choice(LIFETIMES)
        # Of 250 links: more than one frame holds, in two fragments.
        long = endpoint.source.family == socket.AF_INET6 and self.random.random() < 0.03
        payload = self.objects(250 if long else self.random.choice((0, 1, 2, 40)))
        self.count("long registers" if long else "registers")
        self.request(endpoint, POST, ["rd"], ["ep=" + endpoint.name, "lt=%d" % lifetime], payload, ("2.01",),
                     lambda answer, exchange: endpoint.registered(answer, exchange, lifetime))

    def in_blocks(self, endpoint, num=0, body=None, queries=None):
        """A Register, 64 octets at a time; some are never finished."""
        body = body or self.objects(30)
        queries = queries or ["ep=" + endpoint.name, "lt=3"]
        more = (num + 1) * 64 < len(body)

        def then(answer, exchange):
            if not more:
                endpoint.registered(answer, exchange, 3)
            elif self.random.random() < 0.97:
                self.in_blocks(endpoint, num + 1, body, queries)

        self.count("blocks")
        self.request(endpoint, POST, ["rd"], queries, body[num * 64:(num + 1) * 64],
                     ("2.31", "4.08") if more else ("2.01", "4.08"), then,
                     [(27, (num << 4 | more << 3 | 2).to_bytes(2, "big"))])

    def update(self, endpoint):
        queries, payload, lifetime = [], b"", endpoint.lifetime
        if self.random.random() < 0.3:
            lifetime = self.random.choice(LIFETIMES)
            queries = ["lt=%d" % lifetime]
        if self.random.random() < 0.3:
            payload = self.objects(self.random.randrange(60))

        self.count("updates")
        self.request(endpoint, POST, endpoint.location, queries, payload, endpoint.codes("2.04"),
                     lambda answer, exchange: endpoint.restarted(exchange, lifetime))

    def deregister(self, endpoint):
        self.count("deregisters")
        self.request(endpoint, DELETE, endpoint.location, [], b"", endpoint.codes("2.02"))
        endpoint.location = None

    def refused(self, endpoint):
        queries, payload, code = self.random.choice((
            (["ep=x", "lwm2m=2.0"], self.objects(), "4.12"), (["ep=x", "lt=-1"], self.objects(), "4.00"),
            (["ep=x", "foo=1"], self.objects(), "4.00"), (["ep=x"], b"</1/0>,<", "4.00")))
        self.count("refused")
        self.request(endpoint, POST, ["rd"], queries, payload, (code,))

    def one(self):
        endpoint = self.random.choice(self.endpoints)
        dice = self.random.random()
        if endpoint.busy or time.monotonic() < endpoint.asleep_until:
            return
        if self.random.random() < 0.05:  # its registration may run out
            endpoint.asleep_until = time.monotonic() + self.random.uniform(0, 2 * max(LIFETIMES))
        if dice < 0.04:
            self.refused(endpoint)
        elif dice < 0.08:
            self.in_blocks(endpoint)
        elif endpoint.location is None or dice < 0.25:
            self.register(endpoint)
        elif dice < 0.85:
            self.update(endpoint)
        else:
            self.deregister(endpoint)

    # ---- what is no request ----
    def malformed(self):
        octets = self.random.randbytes(self.random.choice((1, 14, 40, 60, 400, 1400)))
        if self.random.random() < 0.5:  # a CoAP message as far as the header
            octets = ipv4(DEVICE4, GATEWAY4, UDP, udp(DEVICE4, GATEWAY4, 9, 5683, b"\x4f" + octets[:60]))
            octets = ethernet(self.mac, "02:00:00:00:00:99", IPV4, octets)
        elif len(octets) > 14:
            octets = mac(self.mac) + octets[6:]
        self.count("malformed")
        self.wire.send(octets.ljust(14, b"\0"))

    def fragment(self):
        """The first of a datagram that never becomes whole."""
        self.fragment_ids += 1
        head = extension(UDP, struct.pack("!HI", 1, self.fragment_ids))
        packet = ipv6(DEVICE6, GATEWAY6, FRAGMENT, head + self.random.randbytes(self.random.choice((8, 64, 1200))))
        self.count("fragments")
        self.wire.send(ethernet(self.mac, "02:00:00:00:00:99", IPV6, packet))

    # ---- answers ----
    def take(self, source, octets):
        answer = Answer(octets)
        exchange = self.pending.get((source, answer.mid))
        self.count("answers")
        if exchange is None:
            self.count("late answers")
            return
        if exchange.answer is not None:
            expect(octets, exchange.answer, "answer to a copy")
        else:
            exchange.answer = octets
            tkl = exchange.octets[0] & 15
            expect((answer.type, answer.token), (ACK, exchange.octets[4:4 + tkl]), "ACK with its token")
            codes = exchange.codes(exchange) if callable(exchange.codes) else exchange.codes
            # When the first answer was lost, the copy may come too late to be known.
            codes += ("4.04", "4.08") * (exchange.tries > 0)
            assert answer.code in codes, (answer.code, codes, answer.payload)
            exchange.endpoint.busy = False
            if exchange.then and answer.code[0] == "2":
                exchange.then(answer, exchange)
        exchange.sent -= 1
        if exchange.sent <= 0:
            del self.pending[source, answer.mid]

    def receive(self, seconds):
        for fd, _ in self.poll.poll(seconds * 1000):
            source = self.sources[fd]
            try:
                for _ in range(64):
                    self.take(source, source.recv(2048))
            except BlockingIOError:
                pass

    def retry(self):
        now = time.monotonic()
        for key, exchange in list(self.pending.items()):
            if now - exchange.at < RETRY:
                continue
            if exchange.answer is not None:  # a copy or its answer is lost
                self.count("lost copies", exchange.sent)
                del self.pending[key]
            else:
                exchange.tries += 1
                assert exchange.tries < TRIES, "no answer to " + exchange.octets.hex()
                self.count("retries")
                exchange.send()

    def run(self, seconds, fragments=True):
        end = time.monotonic() + seconds
        fragment_at = 0.0
        while time.monotonic() < end:
            for _ in range(16):
                if len(self.pending) < UNDER_WAY:
                    self.one()
            if self.random.random() < 0.3:
                self.malformed()
            if fragments and time.monotonic() > fragment_at:
                self.fragment()
                fragment_at = time.monotonic() + FRAGMENT_PAUSE
            self.receive(0.001)
            self.retry()

    def finish(self):
        end = time.monotonic() + RETRY * (TRIES + 1)
        while self.pending and time.monotonic() < end:
            self.receive(0.1)
            self.retry()
        expect(self.pending, {}, "requests without an answer")


def rss_kb(gateway):
    with open("/proc/%d/status" % gateway.ask("/rdline/info")["pid"]) as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def touch_buffers(traffic):
    """Without huge pages a buffer takes memory when it is first used: uses them all."""
    seen = rx = traffic.gateway.ask("/rdline/stats")["rx_frames"]
    frame = ethernet("02:00:00:00:00:77", "02:00:00:00:00:99", IPV4, bytes(1486))
    while rx - seen < 40000:
        for _ in range(200):
            traffic.wire.send(frame)
        time.sleep(0.005)
        rx = traffic.gateway.ask("/rdline/stats")["rx_frames"]


def check_sums(stats):
    """Each frame has one end."""
    total = lambda *names: sum(stats[name] for name in names)  # noqa: E731
    codes = sum(n for name, n in stats.items() if name.startswith("code_"))
    drops = sum(n for name, n in stats.items() if name.startswith("drop_"))
    lost = total("drop_fragment", "drop_fragment_crowded", "drop_fragment_bad", "drop_fragment_copy")
    elsewhere = lost + total("drop_segmented", "drop_tx_full")
    silent = total("drop_blocks_full", "drop_scratch_full", "drop_discovery_filter", "drop_shed_register",
                   "drop_shed_update", "drop_shed_deregister", "drop_registry_full", "drop_store_full",
                   "drop_admission_update")
    own = total("net_announced", "net_asked")  # of no frame that came
    expect(stats["rx_frames"], total("tx_frames", "fragments") + drops - elsewhere - own, "frames in")
    expect(stats["tx_frames"], codes + own + total("resets", "net_answered"), "frames out")
    expect(total("requests_register", "requests_update", "requests_deregister", "requests_other"), codes + silent,
           "requests")
    expect(stats["fragments"], lost + 2 * stats["reassembled"], "fragments")
    expect(stats["registered"], total("deregistered", "expired"), "registrations")
    expect(stats["code_2_01"] + stats["code_2_02"] + stats["code_2_04"],
           total("registered", "replaced", "updated", "deregistered", "replayed"), "requests performed or copied")


def left(gateway):
    stats = gateway.ask("/rdline/stats")
    return {name: stats[name] for name in ("registrations", "tombstones", "object_lists", "store_octets")}


def soak(gateway, seconds):
    traffic = Traffic(gateway)
    buffers = gateway.ask("/rdline/info")["packets_in_use"]
    before = rss_kb(gateway)
    touch_buffers(traffic)
    traffic.run(seconds / 4)
    warm = rss_kb(gateway)
    traffic.run(seconds * 3 / 4, fragments=seconds > 60)
    traffic.finish()
    busy, end = rss_kb(gateway), time.monotonic() + max(LIFETIMES) + EXCHANGE_LIFETIME + REASSEMBLY + 10
    nothing = dict.fromkeys(left(gateway), 0)
    while time.monotonic() < end:
        if left(gateway) == nothing and gateway.ask("/rdline/info")["packets_in_use"] <= buffers:
            break
        time.sleep(0.2)
    print("# " + ", ".join("%d %s" % (n, what) for what, n in sorted(traffic.counts.items())))
    print("# RSS %d kB at the start, %d warm, %d busy, %d at the end" % (before, warm, busy, rss_kb(gateway)))
    print("# buffers in use: %d, then %d" % (buffers, gateway.ask("/rdline/info")["packets_in_use"]))
    stats = gateway.ask("/rdline/stats")
    print("# " + ", ".join("%s %d" % item for item in stats.items() if item[1] > 0))
    expect(left(gateway), nothing, "left")
    assert gateway.ask("/rdline/info")["packets_in_use"] <= buffers, "packet buffers are gone"
    assert rss_kb(gateway) - warm <= RSS_KB, "memory grows"
    check_sums(stats)
    expect(gateway.stop(), 0, "exit code")


if __name__ == "__main__":
    main(start, [("soak", lambda gateway: soak(gateway, float(os.environ.get("SOAK_FOR", "600"))))])
