#!/usr/bin/python3
"""Requests to devices over a network that loses a fifth of all packets, each way."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from managed import *  # noqa: E402,F403
from lossy import Lossy  # noqa: E402

LOSS = 0.2
DEVICES, EACH = 12, 6
BODY = bytes(n & 255 for n in range(4000))


def start(lab):
    dtls_lab.provision(lab, *names("psk"))
    gateway = lab.gateway(shards=2, extra=dtls_lab.group(lab) + sockets(lab))
    return gateway


def names(kind):
    return ["%s-%d" % (kind, n) for n in range(DEVICES)]


def try_all(gateway, kind, **options):
    """Each request is answered once, or given up after all its copies were lost: 0.36 of them are, each time."""
    with Lossy(0) as network:
        devices = [Libcoap(name, to="127.0.0.1", **options) for name in names(kind)]
        network.loss, caller = LOSS, Caller(gateway, wait=100)
        for device in devices:
            device.tell("delay /3/0/1 200")
        before = gateway.ask("/rdline/requests")
        ids = []
        for n in range(EACH):
            for name in names(kind):
                ids.append((n, caller.give(name, *[("GET", "/3/0/0"), ("GET", "/3/0/1"), ("PUT", "/5/0/0", BODY), ("GET", "/5/0/0"),
                                                   ("POST", "/1/0/8"), ("PUT", "/3/0/14", str(n))][n])))
        wanted = ["2.05", "2.05", "2.04", "2.05", "2.04", "2.04"]
        ends = []
        for n, id in ids:
            got = caller.result(id)
            ends.append(got["state"])
            if got["state"] == "answered" and not (n == 3 and got["payload"] == b""):
                expect(got["code"], wanted[n], got)
            if n == 3 and got.get("payload"):
                expect((len(got["payload"]), got["payload"] == BODY), (len(BODY), True))
        expect(set(ends) <= {"answered", "timeout"}, True, ends)
        assert ends.count("timeout") <= len(ends) // 10, ends
        after = gateway.ask("/rdline/requests")
        assert after["retransmitted"] > before["retransmitted"], after
        expect((after["under_way"], after["waiting"]), (0, 0))
        assert network.lost > 0.1 * network.passed, (network.lost, network.passed)
        expect([lines for lines in caller.told.values() if lines], [], "told once")
        print("# %d requests, %d given up, %d copies; %d datagrams, %d lost" % (
            len(ends), ends.count("timeout"), after["retransmitted"] - before["retransmitted"], network.passed, network.lost))
        caller.close()
        for device in devices:
            device.stop()


def test_clear_text(gateway):
    try_all(gateway, "clear")


def test_dtls(gateway):
    try_all(gateway, "psk", secure=True)


main(start)
