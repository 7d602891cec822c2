#!/usr/bin/python3
"""Sessions of one worker whose datagrams reach another: known, answered, left and ended as at their own."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from dtls_lab import *  # noqa: E402,F403

DEVICES = 24
TWO_QUEUES = '{ device = "net_af_packet0,iface=rdl0,qpairs=2"; addresses = [ "%s/24", "%s/64" ]; }' % (GATEWAY4, GATEWAY6)


def start(lab):
    provision(lab, *["dev-%d" % number for number in range(DEVICES)])
    return lab.gateway(workers=2, shards=2, ports=TWO_QUEUES, extra=group(lab, handshakes=2))


def sums(gateway, *names):
    workers = [gateway.ask("/rdline/worker,%d" % w) for w in range(2)]
    return [sum(worker[name] for worker in workers) for name in names]


def registered(cids):
    """Devices with a Connection ID of their own, or an empty one, and their locations."""
    clients = [device("dev-%d" % n, (GATEWAY4, GATEWAY6)[n % 2], cid=cids[n // 2 % len(cids)]) for n in range(DEVICES)]
    for n, client in enumerate(clients):
        client.location = path(client.register("dev-%d" % n))
    return clients


def test_rebound(gateway):
    """From each new port: the half of them leads to the other worker."""
    clients = registered((b"", b"\x07\x08"))
    passed, = sums(gateway, "dtls_passed")
    for _ in range(4):
        for client in clients:
            client.rebind()
            expect(client.update(client.location).code, "2.04", "Update")
            expect(client.request(GET, ["none"]).code, "4.04", "what a worker answers itself")
    passed = sums(gateway, "dtls_passed")[0] - passed
    assert passed > DEVICES, "passed on: %d" % passed
    expect(sums(gateway, "drop_dtls_elsewhere", "drop_dtls_session", "drop_dtls_over"), [0, 0, 0], "lost")
    expect(gateway.ask("/rdline/dtls")["sessions_registered"], DEVICES, "sessions with a registration")
    for client in clients:
        expect(client.deregister(client.location).code, "2.02", "De-register")
    expect(gateway.ask("/rdline/dtls")["sessions_registered"], 0, "sessions with a registration")


def test_several_records(gateway):
    """Each record of a datagram, wherever the datagram comes in; of six there are four."""
    for client, (count, answered) in zip(registered((b"",)), ((1, 1), (2, 2), (4, 4), (6, 4))):
        client.rebind()
        mids = [Device.mid() for _ in range(count)]
        client.socket.send(b"".join(
            client.record(APPLICATION_DATA, message(POST, mid, [(URI_PATH, s) for s in client.location])) for mid in mids))
        answers = [Answer(client.receive(2.0)) for _ in range(answered)]
        expect(sorted(answer.mid for answer in answers), sorted(mids[:answered]), "answers")
        expect([answer.code for answer in answers], ["2.04"] * answered, "Updates")
    expect(sums(gateway, "drop_dtls_rest"), [1], "records beyond")


def test_new_sessions(gateway):
    """A registration goes on in a new session: the one before, often another worker's, is left."""
    clients = registered((None,))
    expect(gateway.ask("/rdline/dtls")["sessions_registered"], DEVICES, "sessions with a registration")
    after = []  # all at once, each by a port of its own
    for n, client in enumerate(clients):
        after.append(device("dev-%d" % n))
        expect(after[n].update(client.location).code, "2.04", "Update")
    until(lambda: gateway.ask("/rdline/dtls")["sessions_registered"] == DEVICES, "sessions are not left")
    expect(sums(gateway, "drop_dtls_note"), [0], "not told")


main(start)
