"""What a DTLS client's handshake does with public keys: ECDHE_ECDSA (RFC 8422), X.509, raw public keys (RFC 7250)."""
import datetime
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519

ECDSA_SHA256 = 0x0403
X25519, SECP256R1 = 29, 23
SIGNATURE_ALGORITHMS, GROUPS, POINT_FORMATS = 13, 10, 11
CLIENT_CERTIFICATE_TYPE, SERVER_CERTIFICATE_TYPE = 19, 20
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM


def vector(octets, width):
    """Octets behind their length."""
    return len(octets).to_bytes(width, "big") + octets


def spki(public_key):
    return public_key.public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)


class Identity:
    """What a client proves itself with: a private key, and the chain that certifies it (none: a raw public key)."""

    def __init__(self, key=None, chain=()):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.chain = list(chain)

    def message(self):
        """The body of Certificate."""
        if not self.chain:
            return vector(spki(self.key.public_key()), 3)
        return vector(b"".join(vector(c.public_bytes(DER), 3) for c in self.chain), 3)

    def verify_message(self, transcript):
        """The body of CertificateVerify."""
        return struct.pack("!H", ECDSA_SHA256) + vector(self.key.sign(transcript, ec.ECDSA(hashes.SHA256())), 2)

    def key_pem(self):
        return self.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    def public_pem(self):
        return self.key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def der(self):
        return self.chain[0].public_bytes(DER)

    def chain_pem(self):
        return b"".join(c.public_bytes(PEM) for c in self.chain)


def name(common_names):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, cn) for cn in common_names])


def issue(common_names, issuer=None, authority=False, days=30, extra=()):
    """A new Identity certified by the Identity `issuer`, or by itself; `extra`: X.509 extensions."""
    identity = Identity()
    now = datetime.datetime.utcnow()
    by = issuer or identity
    subject = name([common_names] if isinstance(common_names, str) else common_names)
    builder = (x509.CertificateBuilder().subject_name(subject)
               .issuer_name(issuer.chain[0].subject if issuer else subject)
               .public_key(identity.key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(now - datetime.timedelta(days=60)).not_valid_after(now + datetime.timedelta(days=days))
               .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True))
    for extension in extra:
        builder = builder.add_extension(extension, critical=False)
    identity.chain = [builder.sign(by.key, hashes.SHA256())]
    return identity


def revocations(issuer, revoked):
    """The PEM of a list of what the Identity `issuer` certified and revokes."""
    now = datetime.datetime.utcnow()
    builder = (x509.CertificateRevocationListBuilder().issuer_name(issuer.chain[0].subject)
               .last_update(now - datetime.timedelta(days=1)).next_update(now + datetime.timedelta(days=30)))
    for identity in revoked:
        builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder()
                                                  .serial_number(identity.chain[0].serial_number)
                                                  .revocation_date(now - datetime.timedelta(days=1)).build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(PEM)


def offers(groups, raw_keys):
    """The extensions of a ClientHello that offers ECDHE_ECDSA."""
    out = [(SIGNATURE_ALGORITHMS, vector(struct.pack("!H", ECDSA_SHA256), 2)),
           (GROUPS, vector(struct.pack("!%dH" % len(groups), *groups), 2)), (POINT_FORMATS, b"\x01\x00")]
    return out + ([(CLIENT_CERTIFICATE_TYPE, b"\x01\x02"), (SERVER_CERTIFICATE_TYPE, b"\x01\x02")] if raw_keys else [])


def server_key(certificate, raw_key):
    """The public key in a server's Certificate."""
    if raw_key:
        return serialization.load_der_public_key(certificate[3:])
    length = int.from_bytes(certificate[3:6], "big")
    return x509.load_der_x509_certificate(certificate[6:6 + length]).public_key()


def agree(key_exchange, randoms, certified):
    """From ServerKeyExchange, whose signature is checked with the key `certified`, to the body of ClientKeyExchange
    and the premaster secret."""
    group, length = int.from_bytes(key_exchange[1:3], "big"), key_exchange[3]
    point, rest = key_exchange[4:4 + length], key_exchange[4 + length:]
    if key_exchange[0] != 3 or rest[:2] != struct.pack("!H", ECDSA_SHA256):
        raise AssertionError("no named curve, or not signed as offered: " + key_exchange.hex())
    certified.verify(rest[4:], randoms + key_exchange[:4 + length], ec.ECDSA(hashes.SHA256()))
    if group == X25519:
        own = x25519.X25519PrivateKey.generate()
        secret = own.exchange(x25519.X25519PublicKey.from_public_bytes(point))
        public = own.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    else:
        own = ec.generate_private_key(ec.SECP256R1())
        secret = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
        public = own.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return vector(public, 1), secret
