"""What DTLS 1.2 computes: the PRF, the keys, and records sealed and opened. RFC 5246, RFC 6347, RFC 6655, RFC 7366, RFC 9146."""
import collections
import hmac
import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM

# The IANA number, the key's length, the tag's, the hash of the PRF, whether keys are agreed by ECDHE_ECDSA, the AEAD; None: it
# is CBC, and the tag is HMAC-SHA-256.
Suite = collections.namedtuple("Suite", "number key tag hash ecdhe aead")
PSK_CCM_8 = Suite(0xC0A8, 16, 8, "sha256", False, AESCCM)
PSK_CCM = Suite(0xC0A4, 16, 16, "sha256", False, AESCCM)
PSK_GCM = Suite(0x00A8, 16, 16, "sha256", False, AESGCM)
PSK_GCM_256 = Suite(0x00A9, 32, 16, "sha384", False, AESGCM)
ECDHE_CCM_8 = Suite(0xC0AE, 16, 8, "sha256", True, AESCCM)
ECDHE_CCM = Suite(0xC0AC, 16, 16, "sha256", True, AESCCM)
ECDHE_GCM = Suite(0xC02B, 16, 16, "sha256", True, AESGCM)
ECDHE_GCM_256 = Suite(0xC02C, 32, 16, "sha384", True, AESGCM)
PSK_SUITES = (PSK_CCM_8, PSK_CCM, PSK_GCM, PSK_GCM_256)
ECDHE_SUITES = (ECDHE_CCM_8, ECDHE_CCM, ECDHE_GCM, ECDHE_GCM_256)
PSK_CBC = Suite(0x00AE, 16, 32, "sha256", False, None)
ECDHE_CBC = Suite(0xC023, 16, 32, "sha256", True, None)
BY_NUMBER = {suite.number: suite for suite in PSK_SUITES + ECDHE_SUITES + (PSK_CBC, ECDHE_CBC)}

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, TLS12_CID = 20, 21, 22, 23, 25
DTLS_1_2 = 0xFEFD


def prf(hash, secret, label, seed, length):
    out, a = b"", label + seed
    while len(out) < length:
        a = hmac.digest(secret, a, hash)
        out += hmac.digest(secret, a + label + seed, hash)
    return out[:length]


def psk_premaster(key):
    return struct.pack("!H%dxH" % len(key), len(key), len(key)) + key


class Direction:
    """The keys of one direction, in epoch 1."""

    def __init__(self, suite, key, salt):
        self.cipher = suite.aead(key, suite.tag) if suite.aead is AESCCM else suite.aead(key)
        self.key, self.salt, self.tag = key, salt, suite.tag

    @staticmethod
    def additional(type, version, number, cid, length):
        """`number`: the epoch and the sequence number; `cid`: None where the record has none."""
        if cid is None:
            return number + struct.pack("!BHH", type, version, length)
        return (b"\xff" * 8 + struct.pack("!BBBH", TLS12_CID, len(cid), TLS12_CID, version) + number + cid +
                struct.pack("!H", length))

    def seal(self, type, version, number, cid, plaintext, explicit=None):
        explicit = explicit or number
        additional = self.additional(type, version, number, cid, len(plaintext))
        return explicit + self.cipher.encrypt(self.salt + explicit, plaintext, additional)

    def open(self, type, version, number, cid, sealed):
        """The plaintext; None where it does not open."""
        length = len(sealed) - 8 - self.tag
        if length < 0:
            return None
        try:
            additional = self.additional(type, version, number, cid, length)
            return self.cipher.decrypt(self.salt + sealed[:8], sealed[8:], additional)
        except InvalidTag:
            return None


class CbcDirection:
    """The same, with CBC."""

    def __init__(self, suite, key, mac_key, encrypt_then_mac):
        self.key, self.mac_key, self.tag, self.encrypt_then_mac = key, mac_key, suite.tag, encrypt_then_mac

    def mac(self, type, version, number, octets):
        return hmac.digest(self.mac_key, number + struct.pack("!BHH", type, version, len(octets)) + octets, "sha256")

    def seal(self, type, version, number, cid, plaintext, explicit=None):
        iv = explicit or os.urandom(16)
        text = plaintext if self.encrypt_then_mac else plaintext + self.mac(type, version, number, plaintext)
        padding = 15 - len(text) % 16
        cipher = Cipher(algorithms.AES(self.key), modes.CBC(iv)).encryptor()
        sealed = iv + cipher.update(text + bytes([padding]) * (padding + 1)) + cipher.finalize()
        return sealed + self.mac(type, version, number, sealed) if self.encrypt_then_mac else sealed

    def open(self, type, version, number, cid, sealed):
        if self.encrypt_then_mac:
            sealed, tag = sealed[:-self.tag], sealed[-self.tag:]
            if tag != self.mac(type, version, number, sealed):
                return None
        cipher = Cipher(algorithms.AES(self.key), modes.CBC(sealed[:16])).decryptor()
        text = cipher.update(sealed[16:]) + cipher.finalize()
        text = text[:-1 - text[-1]]
        if not self.encrypt_then_mac:
            text, tag = text[:-self.tag], text[-self.tag:]
            if tag != self.mac(type, version, number, text):
                return None
        return text


def cbc_directions(suite, master, client_random, server_random, encrypt_then_mac):
    """The client's CbcDirection and the server's."""
    m, k = suite.tag, suite.key
    block = prf(suite.hash, master, b"key expansion", server_random + client_random, 2 * (m + k))
    return (CbcDirection(suite, block[2 * m:2 * m + k], block[:m], encrypt_then_mac),
            CbcDirection(suite, block[2 * m + k:], block[m:2 * m], encrypt_then_mac))


def directions(suite, master, client_random, server_random):
    """The client's Direction and the server's."""
    block = prf(suite.hash, master, b"key expansion", server_random + client_random, 2 * (suite.key + 4))
    k = suite.key
    return (Direction(suite, block[:k], block[2 * k:2 * k + 4]),
            Direction(suite, block[k:2 * k], block[2 * k + 4:]))
