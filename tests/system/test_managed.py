#!/usr/bin/python3
"""The tests' own device on libcoap: its registration, and what a server that asks it for something gets."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from managed import *  # noqa: E402,F403


def start(lab):
    dtls_lab.provision(lab, "secure")
    lab.served = lab.gateway(extra=dtls_lab.group(lab))
    return lab


def test_registration(lab):
    gateway = lab.served
    for name, options in (("clear", {}), ("secure", {"secure": True}), ("six", {"to": GATEWAY6})):
        with Libcoap(name, "--root", "lwm2m", "--lifetime", "77", "--query", "Q", **options) as device:
            state = gateway.registration(name)
            expect((state["lifetime"], state["queue"], state["objects"], state["location"]),
                   (77, 1, ["1/0", "3/0", "5/0", "3303/0", "33000/0"], device.location), name)
            device.tell("update lt=78")
            device.says("updated 2.04")
            expect(gateway.registration(name)["lifetime"], 78)
            device.tell("deregister")
            device.says("de-registered 2.02")
            expect(gateway.registration(name), {})


def test_move(lab):
    """A new port, and a new session where it has one: the registration stays."""
    for name, secure in (("clear", False), ("secure", True)):
        with Libcoap(name, secure=secure) as device:
            port = lab.served.registration(name)["port"]
            device.tell("move")
            device.tell("update")
            device.says("updated 2.04")
            expect(lab.served.registration(name)["port"] != port, True, "another port")
            device.tell("deregister")
            device.says("de-registered 2.02")


def server():
    """A socket at which a device registers without a gateway, and how it is asked."""
    here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    here.bind(("127.0.0.1", 5683))
    here.settimeout(10)
    device = Libcoap("bare", to="127.0.0.1", register=False)
    device.tell("register")

    def hear():
        octets, device.address = here.recvfrom(65535)
        return Request(octets)

    def ask(method, path, options=(), payload=b"", token=b"12345678"):
        path = [(URI_PATH, segment) for segment in path.strip("/").split("/")]
        here.sendto(message(method, Device.mid(), path + list(options), payload, token=token), device.address)
        return hear()

    request = hear()
    here.sendto(message(0x41, request.mid, [(LOCATION_PATH, "rd")], type=ACK, token=request.token), device.address)
    device.says("registered 2.01 /rd")
    return device, ask, hear


def test_operations(lab):
    device, ask, hear = server()
    with device:
        answer = ask(GET, "/3/0/0")
        expect((answer.code, answer.payload), ("2.05", b"rdline's tests"))
        expect(ask(GET, "/3/0", [(ACCEPT, b"\x28")]).payload,
               b"</3/0>,</3/0/0>,</3/0/1>,</3/0/4>,</3/0/9>,</3/0/14>")
        expect((ask(GET, "/3/0").code, ask(GET, "/9/0").code), ("4.05", "4.04"))
        expect((ask(PUT, "/3/0/14", payload=b"utc").code, ask(GET, "/3/0/14").payload), ("2.04", b"utc"))
        answer = ask(POST, "/33000", payload=b"new")
        expect((answer.code, answer.location), ("2.01", [b"33000", b"1"]))
        expect([ask(method, path).code for method, path in ((GET, "/33000/1/0"), (DELETE, "/33000/1"), (GET, "/33000/1/0"))],
               ["2.05", "2.02", "4.04"])
        expect(ask(POST, "/1/0/8").code, "2.04")
        device.says("executed /1/0/8")
        expect((hear().path), "/rd")


def test_blocks(lab):
    device, ask, hear = server()
    with device:
        body = bytes(n & 255 for n in range(2560))
        for n in range(3):
            options = [(CONTENT_FORMAT, bytes([OPAQUE])), (BLOCK1, bytes([n << 4 | (n < 2) << 3 | 6]))]
            options += [(SIZE1, len(body).to_bytes(2, "big"))] if n == 0 else []
            expect(ask(PUT, "/5/0/0", options, body[n * 1024:][:1024]).code, "2.31" if n < 2 else "2.04")
        got = ask(GET, "/5/0/0")
        expect((got.payload, got.value(BLOCK2)), (body[:1024], 0x0e))
        got = ask(GET, "/5/0/0", [(BLOCK2, b"\x26")])
        expect((got.payload, got.value(BLOCK2)), (body[2048:], 0x26))


def test_separate_and_observed(lab):
    device, ask, hear = server()
    with device:
        device.tell("delay /3/0/0 200")
        expect(ask(GET, "/3/0/0").octets[:2], b"\x60\x00", "an empty ACK")
        expect(hear().payload, b"rdline's tests")
        got = ask(GET, "/3303/0/5700", [(OBSERVE, b"")], token=b"observe1")
        expect((got.payload, got.value(OBSERVE) is not None), (b"20.5", True))
        device.tell("set /3303/0/5700 21")
        got = hear()
        expect((got.payload, got.type, got.token), (b"21", NON, b"observe1"))
        expect(ask(GET, "/3303/0/5700", [(OBSERVE, b"\x01")], token=b"observe1").value(OBSERVE), None)


main(start)
