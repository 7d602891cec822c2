"""A device that speaks DTLS 1.2, with every step of it in the test's hands: flights in any shape, records forged,
Connection IDs (RFC 9146), the address changed in mid-session."""
import collections
import hashlib
import os
import socket
import struct
import time

import dtls_certificates as certificates
from dtls_certificates import vector
from dtls_suites import *  # noqa: F401,F403
from lab import GATEWAY4, Answer, Device

(HELLO_REQUEST, CLIENT_HELLO, SERVER_HELLO, HELLO_VERIFY_REQUEST, NEW_SESSION_TICKET) = range(5)
CERTIFICATE, SERVER_KEY_EXCHANGE, CERTIFICATE_REQUEST, SERVER_HELLO_DONE = 11, 12, 13, 14
CERTIFICATE_VERIFY, CLIENT_KEY_EXCHANGE, FINISHED = 15, 16, 20
ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET, SESSION_TICKET, CONNECTION_ID = 22, 23, 35, 54
CLOSE_NOTIFY = (1, 0)

Record = collections.namedtuple("Record", "type version epoch sequence cid body")
# What a session leaves for another to resume.
Ticket = collections.namedtuple("Ticket", "octets suite master")


class Silence(AssertionError):
    """The server does not answer, or not to the end."""


class Refused(AssertionError):
    """The server sent a fatal alert."""


# ---- shapes: a flight's records to datagrams; `attempt` counts from 0 ----
def together(records, attempt):
    return [b"".join(records)]


def apart(records, attempt):
    return records


def backwards(records, attempt):
    return records[::-1]


def lost_last(records, attempt):
    """The flight's last record is lost at the first attempt."""
    return records if attempt else records[:-1]


class DtlsClient(Device):
    """Keyword arguments are these attributes."""
    identity, key = b"device", b"secret"
    suites = (PSK_CCM_8,)
    # With ECDHE: a certificates.Identity. One without a chain is a raw public key.
    certificate = None
    groups = (certificates.X25519, certificates.SECP256R1)
    # The Connection ID that we want in records to us. None: no such extension.
    cid = None
    extended_master_secret = True
    # No extension at all, not even an empty list.
    bare = False
    # More extensions: (number, octets).
    extra = ()
    # Of the record of the ClientHello: some send FE00 or FEFF.
    hello_version = DTLS_1_2
    # A Ticket to resume; b"": ask for one.
    ticket = None
    # Another session ID in each ClientHello with a ticket, as Mbed TLS 2.28 makes up.
    fickle = False
    # Handshake messages in fragments of so many octets, and the ClientHello: few servers take that in pieces.
    fragment = hello_fragment = 1 << 14
    shape = staticmethod(together)
    # Whether a datagram that arrives is heard.
    hears = staticmethod(lambda datagram: True)
    retransmit_s, tries = 1.0, 4

    def __init__(self, address=GATEWAY4, port=5684, **options):
        super().__init__(address, port)
        for name, value in options.items():
            assert hasattr(DtlsClient, name), name
            setattr(self, name, value)
        self.forget()

    def forget(self):
        """As after a reboot: the socket stays, with its port."""
        self.sequences = [0, 0]
        self.reader = self.writer = self.server_cid = self.suite = None
        self.random = struct.pack("!I", int(time.time())) + os.urandom(28)
        self.session_id = os.urandom(32) if isinstance(self.ticket, Ticket) else b""
        self.next_message, self.transcript = 0, b""
        self.next_expected, self.pieces = 0, {}
        self.heard, self.alerts, self.nonces = collections.deque(), [], {}
        # Records of epoch 1 that came in the datagram of what their keys are made of.
        self.later = []
        self.established = False

    def rebind(self):
        """Goes on from another port, as behind a NAT that forgot."""
        peer, family = self.socket.getpeername(), self.socket.family
        before, self.socket = self.socket, socket.socket(family, socket.SOCK_DGRAM)
        self.socket.connect(peer)
        before.close()

    # ---- records ----
    def record(self, type, payload, epoch=1, sequence=None, version=DTLS_1_2, cid=None, padding=0, explicit=None):
        """A record; without `sequence` the next of its epoch, without `cid` as negotiated (False: none)."""
        if sequence is None:
            sequence = self.sequences[epoch]
            self.sequences[epoch] += 1
        cid = (self.server_cid if epoch else None) if cid is None else cid or None
        number = struct.pack("!HQ", epoch, sequence)[:2] + struct.pack("!Q", sequence)[2:]
        if cid is not None:
            payload, type = payload + bytes([type]) + bytes(padding), TLS12_CID
        if epoch:
            payload = self.writer.seal(type, version, number, cid, payload, explicit)
        return struct.pack("!BH", type, version) + number + (cid or b"") + vector(payload, 2)

    def split(self, datagram):
        """Its records, as they are; stops at what is none."""
        while len(datagram) >= 13:
            type, version, epoch = struct.unpack("!BHH", datagram[:5])
            at = 11 + (len(self.cid or b"") if type == TLS12_CID else 0)
            end = at + 2 + int.from_bytes(datagram[at:at + 2], "big")
            if end > len(datagram):
                raise AssertionError("a record longer than its datagram: " + datagram.hex())
            cid = datagram[11:at] if type == TLS12_CID else None
            yield Record(type, version, epoch, int.from_bytes(datagram[5:11], "big"), cid, datagram[at + 2:end])
            datagram = datagram[end:]

    def open(self, record):
        """Type and payload of a record; None where it does not open."""
        if record.epoch == 0:
            return record.type, record.body
        if self.reader is None:
            return None
        number = struct.pack("!H", record.epoch) + record.sequence.to_bytes(6, "big")
        if record.cid is not None and record.cid != self.cid:
            raise AssertionError("another CID than ours: " + record.cid.hex())
        plaintext = self.reader.open(record.type, record.version, number, record.cid, record.body)
        if plaintext is None:
            return None
        if self.cid and CONNECTION_ID in self.agreed and record.cid is None:
            raise AssertionError("a record without the CID that was negotiated")
        if self.nonces.setdefault(record.body[:8], record) != record:
            raise AssertionError("a nonce was used twice: " + record.body[:8].hex())
        if record.type != TLS12_CID:
            return record.type, plaintext
        plaintext = plaintext.rstrip(b"\0")
        return plaintext[-1], plaintext[:-1]

    # ---- what arrives ----
    def datagram(self, until):
        """Takes in the next datagram; false when there is none by then."""
        self.socket.settimeout(max(until - time.monotonic(), 0.001))
        try:
            datagram = self.socket.recv(65535)
        except (socket.timeout, ConnectionRefusedError):
            return False
        if not self.hears(datagram):
            return True
        for record in self.split(datagram):
            self.hear(record)
        return True

    def hear(self, record):
        opened = self.open(record)
        if opened is None:
            if record.epoch and self.reader is None:
                self.later.append(record)
            return
        type, payload = opened
        if type == HANDSHAKE:
            self.take_pieces(payload)
        elif type == ALERT:
            self.alerts.append(tuple(payload))
        elif type == APPLICATION_DATA:
            self.heard.append(payload)

    def take_pieces(self, payload):
        """Fragments of handshake messages, in whatever order."""
        while len(payload) >= 12:
            type, total = payload[0], int.from_bytes(payload[1:4], "big")
            seq, offset, length = (int.from_bytes(payload[i:j], "big") for i, j in ((4, 6), (6, 9), (9, 12)))
            body, payload = payload[12:12 + length], payload[12 + length:]
            if seq >= self.next_expected:
                kept = self.pieces.setdefault(seq, (type, [None] * total))
                kept[1][offset:offset + length] = body

    def whole_message(self):
        """The next handshake message in order, as (type, body); None when it is not there yet."""
        type, octets = self.pieces.get(self.next_expected, (None, [None]))
        if None in octets:
            return None
        del self.pieces[self.next_expected]
        self.next_expected += 1
        return type, bytes(octets)

    def receive(self, wait=2.0):
        """The next application data; None for silence."""
        until = time.monotonic() + wait
        while not self.heard:
            if not self.datagram(until):
                return None
        return self.heard.popleft()

    # ---- the handshake ----
    def message(self, type, body):
        """A handshake message, whole, with the next number; counted among what Finished covers."""
        out = bytes([type]) + vector(body, 3)[:3] + struct.pack("!H", self.next_message) + bytes(3) + vector(body, 3)
        self.next_message += 1
        self.transcript += out
        return HANDSHAKE, out, 0

    def records(self, flight, version=DTLS_1_2):
        """Of messages as (record type, octets, epoch)."""
        for type, octets, epoch in flight:
            if type != HANDSHAKE:
                yield self.record(type, octets, epoch, version=version)
                continue
            body, most = octets[12:], self.hello_fragment if octets[0] == CLIENT_HELLO else self.fragment
            for at in range(0, max(len(body), 1), most):
                piece = body[at:at + most]
                head = octets[:6] + at.to_bytes(3, "big") + len(piece).to_bytes(3, "big")
                yield self.record(type, head + piece, epoch, version=version)

    def exchange(self, flight, last, version=DTLS_1_2):
        """Sends a flight, again after a while, until a message of a type in `last` came whole; all that came."""
        came = {}
        for attempt in range(self.tries):
            for datagram in self.shape(list(self.records(flight, version)), attempt):
                self.socket.send(datagram)
            until = time.monotonic() + self.retransmit_s * 2 ** attempt
            while True:
                message = self.whole_message()
                if message is not None:
                    self.take(*message)
                    came[message[0]] = message[1]
                    if message[0] in last:
                        return came
                elif not self.datagram(until):
                    break
                elif self.alerts and self.alerts[0][0] == 2:
                    raise Refused("alert %d" % self.alerts[0][1])
        raise Silence("no answer to a flight of %d, only %s" % (len(flight), sorted(came)))

    def take(self, type, body):
        """A whole message of the server's."""
        if type == SERVER_HELLO:
            self.take_server_hello(body)
        if type == FINISHED and body != self.verify_data(b"server finished"):
            raise AssertionError("the server's Finished is wrong")
        if type not in (HELLO_REQUEST, HELLO_VERIFY_REQUEST):
            head = bytes([type]) + vector(body, 3)[:3] + struct.pack("!H", self.next_expected - 1) + bytes(3)
            self.transcript += head + vector(body, 3)
        if type == SERVER_HELLO and self.resumes():
            self.derive(self.ticket.master)

    def extensions(self):
        out = list(self.extra)
        if self.extended_master_secret:
            out.append((EXTENDED_MASTER_SECRET, b""))
        if self.cid is not None:
            out.append((CONNECTION_ID, vector(self.cid, 1)))
        if any(suite.ecdhe for suite in self.suites):
            out += certificates.offers(self.groups, self.certificate is not None and not self.certificate.chain)
        if self.ticket is not None:
            out.append((SESSION_TICKET, self.ticket.octets if self.ticket else b""))
        return out

    def client_hello(self, cookie=b""):
        suites = struct.pack("!%dH" % len(self.suites), *(suite.number for suite in self.suites))
        body = struct.pack("!H", DTLS_1_2) + self.random + vector(self.session_id, 1) + vector(cookie, 1)
        body += vector(suites, 2) + b"\x01\x00"
        if not self.bare:
            body += vector(b"".join(struct.pack("!H", n) + vector(value, 2) for n, value in self.extensions()), 2)
        # The first ClientHello, without a cookie, is not among what Finished covers.
        self.transcript = b""
        return self.message(CLIENT_HELLO, body)

    def take_server_hello(self, body):
        self.server_random, at = body[2:34], 35 + body[34]
        self.resumed_id = body[35:at]
        self.suite = BY_NUMBER[int.from_bytes(body[at:at + 2], "big")]
        if self.suite not in self.suites:
            raise AssertionError("a suite that was not offered: %r" % (self.suite,))
        self.agreed, at = {}, at + 5
        while at < len(body):
            number, length = struct.unpack("!HH", body[at:at + 4])
            self.agreed[number] = body[at + 4:at + 4 + length]
            at += 4 + length
        asked = set() if self.bare else {number for number, _ in self.extensions()}
        unasked = set(self.agreed) - asked
        if unasked:
            raise AssertionError("extensions that were not offered: %s" % unasked)
        if CONNECTION_ID in self.agreed:
            # An empty one: the server wants none in records to it.
            self.server_cid = self.agreed[CONNECTION_ID][1:] or None

    def resumes(self):
        return isinstance(self.ticket, Ticket) and self.resumed_id == self.session_id

    def digest(self):
        return hashlib.new(self.suite.hash, self.transcript).digest()

    def verify_data(self, label):
        return prf(self.suite.hash, self.master, label, self.digest(), 12)

    def master_of(self, premaster):
        if EXTENDED_MASTER_SECRET in self.agreed:
            return prf(self.suite.hash, premaster, b"extended master secret", self.digest(), 48)
        return prf(self.suite.hash, premaster, b"master secret", self.random + self.server_random, 48)

    def derive(self, master):
        self.master = master
        randoms = self.random, self.server_random
        if self.suite.aead is None:
            self.writer, self.reader = cbc_directions(self.suite, master, *randoms, ENCRYPT_THEN_MAC in self.agreed)
        else:
            self.writer, self.reader = directions(self.suite, master, *randoms)
        later, self.later = self.later, []
        for record in later:
            self.hear(record)

    def hello(self):
        """The part of the handshake up to the end of the server's first flight; leaves it open."""
        last = (HELLO_VERIFY_REQUEST, SERVER_HELLO_DONE, FINISHED)
        self.came = self.exchange([self.client_hello()], last, self.hello_version)
        if HELLO_VERIFY_REQUEST in self.came:
            verify = self.came[HELLO_VERIFY_REQUEST]
            if self.fickle:
                self.session_id = os.urandom(32)
            self.came = self.exchange([self.client_hello(verify[3:3 + verify[2]])], last[1:], self.hello_version)
        return self

    def last_flight(self):
        """ClientKeyExchange to Finished, and the keys."""
        flight = []
        if CERTIFICATE_REQUEST in self.came:
            body = self.certificate.message() if self.certificate else bytes(3)
            flight.append(self.message(CERTIFICATE, body))
        if self.suite.ecdhe:
            raw = self.agreed.get(certificates.SERVER_CERTIFICATE_TYPE) == b"\x02"
            certified = certificates.server_key(self.came[CERTIFICATE], raw)
            body, premaster = certificates.agree(self.came[SERVER_KEY_EXCHANGE], self.random + self.server_random, certified)
        else:
            body, premaster = vector(self.identity, 2), psk_premaster(self.key)
        flight.append(self.message(CLIENT_KEY_EXCHANGE, body))
        self.derive(self.master_of(premaster))
        if CERTIFICATE_REQUEST in self.came and self.certificate:
            flight.append(self.message(CERTIFICATE_VERIFY, self.certificate.verify_message(self.transcript)))
        return flight + self.finished()

    def finished(self):
        _, octets, _ = self.message(FINISHED, self.verify_data(b"client finished"))
        return [(CHANGE_CIPHER_SPEC, b"\x01", 0), (HANDSHAKE, octets, 1)]

    def handshake(self):
        """All of it, or what is left after hello(); returns the client."""
        if self.suite is None:
            self.hello()
        if self.resumes():
            for datagram in self.shape(list(self.records(self.finished())), 0):
                self.socket.send(datagram)
        else:
            self.came.update(self.exchange(self.last_flight(), (FINISHED,)))
        self.established = True
        return self

    def new_ticket(self):
        """What the server left to resume this session."""
        body = self.came[NEW_SESSION_TICKET]
        return Ticket(body[6:], self.suite, self.master)

    # ---- application data ----
    def send(self, payload, **how):
        """Sends application data; the datagram, to be sent again."""
        datagram = self.record(APPLICATION_DATA, payload, **how)
        self.socket.send(datagram)
        return datagram

    def raw(self, octets, wait=2.0):
        """As a Device's, in this session; the first request makes it."""
        if not self.established:
            self.handshake()
        self.send(octets)
        answer = self.receive(wait)
        return None if answer is None else Answer(answer)

    def close(self):
        """close_notify."""
        self.socket.send(self.record(ALERT, bytes(CLOSE_NOTIFY)))
