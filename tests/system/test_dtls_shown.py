#!/usr/bin/python3
"""What operators are shown of registrations and refusals under DTLS: who it was."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
from dtls import *  # noqa: E402,F403

CTL = os.path.dirname(BINARY) + "/rdline-ctl"
KEY = b"secret"
# No text, and shown as what it can be.
OCTETS, SHOWN, ENCODED = b"\xff\0id\x1b", "\ufffd\0id\x1b", "%FF%00id%1B"


def start(lab):
    lab.control, lab.events = lab.dir + "/control.sock", lab.dir + "/events.sock"
    for words in (["dev"], ["#" + OCTETS.hex(), "named", "also-*"]):
        subprocess.run([CTL, "credential", "--database", lab.dir + "/credentials", "add", words[0], KEY.hex(), *words[1:]],
                       check=True, timeout=20, stdout=subprocess.DEVNULL)
    return lab.gateway(extra='dtls = { credentials = "%s/credentials"; };\n'
                             'control = { socket = "%s"; };\nevents = { socket = "%s"; };' % (lab.dir, lab.control, lab.events))


def device(identity):
    client = DtlsClient(identity=identity, key=KEY)
    client.handshake()
    return client


def path(answer):
    return [segment.decode() for segment in answer.location]


def ask(gateway, **request):
    return Lines(gateway.lab.control, request).line()


def ctl(gateway, *words):
    return subprocess.run([CTL, "-s", gateway.lab.control, *words], check=True, timeout=20, capture_output=True, text=True).stdout


def who(shown):
    return shown["security"], shown.get("identity")


def test_registrations(gateway):
    events = Lines(gateway.lab.events, {"from": "now"})
    events.line()
    Device().register("clear")
    dev, octets = device(b"dev"), device(OCTETS)
    dev.register("dev")
    location = path(octets.register("named"))
    wanted = {"clear": ("none", None), "dev": ("psk", "dev"), "named": ("psk", SHOWN)}
    told = {event["endpoint"]: who(event) for event in (events.line() for _ in wanted)}
    expect(told, wanted, "events")
    expect({name: who(ask(gateway, command="show", endpoint=name)["registration"]) for name in wanted}, wanted, "show")
    rows = ask(gateway, command="list", details=True)["registrations"]
    expect({row["endpoint"]: who(row) for row in rows}, wanted, "list")
    expect(who(gateway.registration("clear")), wanted["clear"], "telemetry")
    expect(who(gateway.registration("named")), ("psk", ENCODED), "telemetry")
    expect("security: psk\nidentity: \ufffd\\x00id\\x1b\n" in ctl(gateway, "show", "named"), True, "show")
    listed = [line.split() for line in ctl(gateway, "list").splitlines()]
    expect([row[2] for row in listed], ["SECURITY", "none", "psk", "psk"], "list")
    # Another identity takes its place; and what has ended tells whose it was.
    expect(octets.update(location).code, "2.04", "Update")
    expect(who(events.line()), wanted["named"], "Update")
    expect(octets.deregister(location).code, "2.02", "De-register")
    ended = events.line()
    expect((ended["event"], who(ended)), ("de-registered", wanted["named"]), "what has ended")
    expect(who(ask(gateway, command="remove", endpoint="dev")["removed"]), wanted["dev"], "remove")
    expect(who(events.line()), wanted["dev"], "removed")
    ask(gateway, command="remove", endpoint="clear")


def test_refusals(gateway):
    events = Lines(gateway.lab.events, {"from": "now", "events": ["refused"]})
    events.line()
    dev, octets = device(b"dev"), device(OCTETS)
    location = path(octets.register("also-1"))
    refused = [(dev.register("named"), "endpoint_identity", "4.00", ("psk", "dev")),
               (dev.update(location), "other_identity", "4.00", ("psk", "dev")),
               (Device().deregister(location), "other_identity", "4.00", ("none", None)),
               (Device().register("also-1"), "endpoint_secured", "4.03", ("none", None)),
               (octets.register("also-1", "</1/0>,</3/0"), "link_syntax", "4.00", ("psk", SHOWN))]
    wanted = [(reason, code, it) for _, reason, code, it in refused]
    expect([answer.code for answer, *_ in refused], [code for _, code, _ in wanted], "codes")

    def seen(refusals):
        return [(refusal["reason"], refusal["code"], who(refusal)) for refusal in refusals]

    expect(seen(events.line() for _ in refused), wanted, "events")
    expect(seen(ask(gateway, command="refusals")["refusals"][:len(refused)]), wanted[::-1], "refusals")
    # In whatever order, the last is the first.
    lines = ctl(gateway, "refusals").splitlines()
    assert lines[0].endswith(" by psk \ufffd\\x00id\\x1b: object list: syntax error at octet 12"), lines[0]
    assert lines[1].endswith(": ep: not in clear text") and " by " not in lines[1], lines[1]
    expect(octets.deregister(location).code, "2.02", "De-register")


if __name__ == "__main__":
    main(start)
