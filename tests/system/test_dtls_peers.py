#!/usr/bin/python3
"""DTLS clients that others wrote, against the gateway: each suite and mode that they can do."""
import os
import select
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from dtls_lab import *  # noqa: E402,F403

# As openssl and as GnuTLS call them.
CIPHERS = {PSK_CCM_8: ("PSK-AES128-CCM8", "PSK:+AES-128-CCM-8"), PSK_CCM: ("PSK-AES128-CCM", "PSK:+AES-128-CCM"),
           PSK_GCM: ("PSK-AES128-GCM-SHA256", "PSK:+AES-128-GCM"), PSK_GCM_256: ("PSK-AES256-GCM-SHA384", "PSK:+AES-256-GCM"),
           ECDHE_CCM_8: ("ECDHE-ECDSA-AES128-CCM8", "ECDHE-ECDSA:+AES-128-CCM-8"),
           ECDHE_CCM: ("ECDHE-ECDSA-AES128-CCM", "ECDHE-ECDSA:+AES-128-CCM"),
           ECDHE_GCM: ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA:+AES-128-GCM"),
           ECDHE_GCM_256: ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA:+AES-256-GCM")}
PRIORITY = "NONE:+VERS-DTLS1.2:+%s:+AEAD:+SIGN-ALL:+GROUP-ALL:+COMP-NULL"
PATIENCE_S = 5


def start(lab):
    lab.authority = Authority(lab)
    provision(lab, "psk")
    device = lab.authority.issue("cn")
    lab.file = {"ca": lab.dir + "/ca.pem", "certificate": lab.authority.file("device.pem", device.chain_pem()),
                "key": lab.authority.file("device.key", device.key_pem())}
    raw = certificates.Identity()
    lab.file.update(raw_key=lab.authority.file("raw.key", raw.key_pem()), raw=lab.authority.file("raw.pem", raw.public_pem()))
    credential(lab, "add", "--rpk", lab.file["raw"], "rpk")
    gateway = lab.gateway(extra=group(lab, True))
    gateway.file = lab.file
    return gateway


def needs(program):
    if shutil.which(program) is None:
        raise Skip("there is no %s here" % program)
    return program


def registers(gateway, program, name, *options):
    """libcoap's client registers; of an IPv6 address it says that it is the server's name."""
    for address, host in ((DEVICE4, GATEWAY4), (DEVICE6, "[%s]" % GATEWAY6)):
        uri = "coaps://%s/rd?ep=%s&lwm2m=1.0&lt=60" % (host, name)
        command = [needs(program), "-B", str(PATIENCE_S), "-v", "6", "-m", "post", "-t", "40", "-e", "</1/0>,</3/0>", *options, uri]
        before = gateway.ask("/rdline/stats")["code_2_01"]
        said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20).stdout.decode(errors="replace")
        assert "c:2.01" in said, said
        expect(gateway.ask("/rdline/stats")["code_2_01"], before + 1, "answers 2.01")
        expect(gateway.registration(name)["address"], address, "address")


def certified(gateway):
    return "-c", gateway.file["certificate"], "-j", gateway.file["key"], "-C", gateway.file["ca"]


def test_coap_client_openssl(gateway):
    registers(gateway, "coap-client-openssl", "psk", "-u", "psk", "-k", KEY.decode())
    registers(gateway, "coap-client-openssl", "cn", *certified(gateway))


def test_coap_client_gnutls(gateway):
    registers(gateway, "coap-client-gnutls", "psk", "-u", "psk", "-k", KEY.decode())
    registers(gateway, "coap-client-gnutls", "cn", *certified(gateway))


def talks(name, *command):
    """A client that takes and gives octets as they are registers: the first octets may be text about itself."""
    request = message(POST, 0x4141, [(URI_PATH, "rd"), (URI_QUERY, "ep=" + name), (URI_QUERY, "lwm2m=1.0"), (CONTENT_FORMAT, b"\x28")],
                      b"</1/0>,</3/0>")
    created = bytes([0x62, 0x41]) + request[2:6]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, end = b"", time.monotonic() + PATIENCE_S
    try:
        process.stdin.write(request)
        process.stdin.flush()
        while created not in said:
            ready, _, _ = select.select([process.stdout], [], [], max(end - time.monotonic(), 0))
            octets = os.read(process.stdout.fileno(), 65536) if ready else b""
            assert octets, "%s: %r" % (command, said)
            said += octets
    finally:
        process.kill()
        process.communicate()


def openssl(suite, *options):
    return [needs("openssl"), "s_client", "-dtls1_2", "-connect", GATEWAY4 + ":5684", "-quiet", "-cipher", CIPHERS[suite][0], *options]


def test_openssl(gateway):
    for suite in PSK_SUITES:
        talks("psk", *openssl(suite, "-psk", KEY.hex(), "-psk_identity", "psk"))
    for suite in ECDHE_SUITES:
        talks("cn", *openssl(suite, "-cert", gateway.file["certificate"], "-key", gateway.file["key"], "-CAfile",
                             gateway.file["ca"], "-verify_return_error"))


def gnutls(priority, *options):
    return [needs("gnutls-cli"), "-u", "-p", "5684", "--priority", PRIORITY % priority, *options, GATEWAY4]


def test_gnutls(gateway):
    for suite in PSK_SUITES:
        talks("psk", *gnutls(CIPHERS[suite][1], "--pskkey", KEY.hex(), "--pskusername", "psk"))
    for suite in ECDHE_SUITES:
        talks("cn", *gnutls(CIPHERS[suite][1], "--x509certfile", gateway.file["certificate"], "--x509keyfile",
                            gateway.file["key"], "--insecure"))


def test_gnutls_raw_public_keys(gateway):
    talks("rpk", *gnutls(CIPHERS[ECDHE_CCM_8][1] + ":+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK", "--rawpkfile", gateway.file["raw"],
                         "--rawpkkeyfile", gateway.file["raw_key"], "--insecure"))


main(start)
