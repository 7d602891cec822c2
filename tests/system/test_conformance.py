#!/usr/bin/python3
"""
Plays the conformance cases of tests/data/cases.json: datagrams, answers octet by octet, and the state that they leave.

A case has an id, which its endpoint names carry; a title; `cfg`, one of CONFIGURATIONS below; `steps`; and `state`.

A step sends one datagram from the socket `from` ("A"), after `wait` seconds, and expects a code, RST or SILENT. `send`
is one of
  register      POST /rd with the queries of PLAIN_QUERY, Content-Format 40 and PLAIN_OBJECTS, unless `query` or `extra`
                queries, `format` and `payload` say otherwise
  METHOD PATH   any other request: of what `query`, `payload` and `format` say (40 with a payload, else none)
  hex OCTETS    these octets, with a message ID of our own
  repeat N      the datagram of step N, octet for octet
Further keys of a request: `type` ("CON"), `token` (hexadecimal), `mid` (the step whose message ID is used again),
`options` ([[name or number, value]...]), and `block` ("NUM/M/SIZE": its part of the case's `body`, and Block1). A
number is a CoAP uint; "hex:..." is octets. In texts {EP} is the case's id, {L} the id of the location that a step saved
as L, {L:-1} all but its last character, {x*20} twenty x, {</5/#>*20} a run in which # counts from 0.
`same`: the answer is that of step N, octet for octet. `has`: options of a refusal. `payload_is`: of a 2.05. `text`: the
diagnostic payload of a refusal, "" for none.

`state`, after the last step: for each endpoint null (not registered), or what differs from a plain registration: see
`registration()`. `counts`: what the case added to counters of /rdline/stats. No case leaves other registrations.
"""
import concurrent.futures
import os
import random
import re
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

VERSIONS = ('objects = ( { id = 1; versions = [ "1.0", "1.2" ]; }, { id = 3; multiple = false; }, { id = 7; },'
            ' { id = 5; versions = [ "1.0" ]; }, { id = 6; versions = [ "1.0", "1.1" ]; } );')
KNOWN = 'known = "known.txt"; deny = [ "S08c" ];'
CONFIGURATIONS = {
    "default": {},
    "version 1.0": {"lwm2m": 'version = "1.0";'},
    "version 1.2": {"lwm2m": 'version = "1.2";'},
    "objects 1,3": {"lwm2m": "objects = ( { id = 1; }, { id = 3; } );"},
    "versions": {"lwm2m": VERSIONS},
    "text_plain": {"lwm2m": "text_plain = true;"},
    "security_object": {"lwm2m": 'security_object = "refuse";'},
    "mandatory_objects": {"lwm2m": 'mandatory_objects = "accept";'},
    "CTWing": {"lwm2m": """mandatory_objects = "accept"; extra_parameters = [ "apn", "im", "ct", "mt", "mv", "ctapn", "imsi", "iccid",
        "ctm2m", "ctmt", "ctmv", "chip", "sv", "module", "rsrp", "sinr", "txpower", "cellid" ];"""},
    "China Mobile DM": {"lwm2m": 'mandatory_objects = "accept"; extra_parameters = [ "epi" ];'},
    "Pelion": {"lwm2m": 'text_plain = true; extra_parameters = [ "et", "d" ];'},
    "identity": {"lwm2m": 'version = "1.3"; extra_parameters = [ "lwm2m", "ep" ];'},
    "extra_parameters": {"lwm2m": 'extra_parameters = [ "imei", "pid" ];'},
    "limits": {"lwm2m": "lifetime_min = 30; lifetime_max = 3600; max_links = 8;", "coap": "max_payload = 1024;"},
    "timing": {"lwm2m": "expiry_grace = 2;", "coap": "exchange_lifetime = 2;"},
    "deny": {"extra": 'endpoints = { deny = [ "denied-*" ]; };'},
    "known": {"extra": "endpoints = { %s };" % KNOWN},
    "known, 4.03": {"extra": 'endpoints = { %s unknown_code = "4.03"; };' % KNOWN},
}
KNOWN_NAMES = "S08\nS08c\n"
PORT = '{ device = "net_af_packet0,iface=rdl0"; addresses = [ "%s/24" ]; }' % GATEWAY4

PLAIN_QUERY = ["lwm2m=1.0", "ep={EP}", "lt=60", "b=U"]
PLAIN_OBJECTS = "</1/0>,</3/0>"
METHODS = {"GET": 1, "POST": 2, "PUT": 3, "DELETE": 4, "FETCH": 5, "PATCH": 6, "IPATCH": 7}
TYPES = {"CON": CON, "NON": NON, "ACK": ACK, "RST": RST}
BLOCK1 = 27
OPTIONS = {"If-Match": 1, "Uri-Host": 3, "ETag": 4, "If-None-Match": 5, "Observe": 6, "Uri-Port": 7, "OSCORE": 9,
           "Content-Format": CONTENT_FORMAT, "Hop-Limit": 16, "Accept": 17, "Q-Block1": 19, "Block2": 23,
           "Block1": BLOCK1, "Proxy-Uri": 35, "Proxy-Scheme": 39, "Size1": 60, "Echo": 252, "No-Response": 258,
           "Request-Tag": 292}
# The options of a success, and no other; Block1 besides when the request had it.
ANSWERED = {"2.01": [LOCATION_PATH] * 2, "2.02": [], "2.04": [], "2.05": [CONTENT_FORMAT], "2.31": []}
SILENCE = 0.25
LONGEST_TEXT = 60  # of a diagnostic payload, but for what it quotes

telemetry = threading.Lock()  # the socket takes ten clients at once


def option_value(value):
    if isinstance(value, int):
        return value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes.fromhex(value[4:]) if value.startswith("hex:") else value.encode("utf-8", "surrogateescape")


def encoded(name):
    """As telemetry takes a name."""
    return "".join(chr(c) if 0x20 <= c <= 0x7E and c != 0x25 else "%%%02X" % c for c in name)


class Play:
    """One case, being played."""
    locations = set()  # of all cases: none may come twice

    def __init__(self, gateway, case):
        self.gateway, self.case = gateway, case
        self.names = {"EP": case["id"]}
        self.devices, self.sent, self.answers, self.mids = {}, [], [], []
        self.first_mid = random.randrange(65536)

    def text(self, text):
        text = re.sub(r"\{([^{}]*)\*(\d+)\}",
                      lambda m: "".join(m[1].replace("#", str(i)) for i in range(int(m[2]))), text)
        return re.sub(r"\{(\w+)(?::(-?\d+))?\}", lambda m: self.names[m[1]][:int(m[2]) if m[2] else None], text)

    def octets(self, text):
        return self.text(text).encode("utf-8", "surrogateescape")

    def request(self, step, mid):
        send = step["send"]
        register = send == "register"
        method, path = ("POST", "/rd") if register else send.split(" ", 1)
        code = METHODS[method] if method in METHODS else int(method.split(".")[1])
        options = [(URI_PATH, s.encode()) for s in self.text(path)[1:].split("/")] if path != "/" else []
        query = step.get("query", PLAIN_QUERY if register else []) + step.get("extra", [])
        options += [(URI_QUERY, self.octets(q)) for q in query]
        payload = self.octets(step.get("payload", PLAIN_OBJECTS if register else ""))
        if "block" in step:
            num, more, size = map(int, step["block"].split("/"))
            options.append((BLOCK1, option_value(num << 4 | more << 3 | size.bit_length() - 5)))
            if "payload" not in step:
                payload = self.octets(self.case["body"])[num * size:(num + 1) * size]
        content_format = step.get("format", 40 if register or payload else None)
        if content_format is not None:
            options.append((CONTENT_FORMAT, option_value(content_format)))
        options += [(OPTIONS.get(name, name), option_value(value)) for name, value in step.get("options", [])]
        return message(code, mid, options, payload, TYPES[step.get("type", "CON")],
                       bytes.fromhex(step.get("token", "a1b2")))

    def datagram(self, step):
        verb, _, rest = step["send"].partition(" ")
        self.mids.append(self.mids[step["mid"]] if "mid" in step else (self.first_mid + len(self.mids)) & 0xFFFF)
        if verb == "repeat":
            return self.sent[int(rest)]
        if verb == "hex":
            octets = bytes.fromhex(rest)
            return octets[:2] + self.mids[-1].to_bytes(2, "big") + octets[4:] if len(octets) >= 4 else octets
        return self.request(step, self.mids[-1])

    def play(self):
        for number, step in enumerate(self.case["steps"]):
            time.sleep(step.get("wait", 0))
            name = step.get("from", "A")
            if name not in self.devices:
                self.devices[name] = Device()
            self.sent.append(self.datagram(step))
            answer = self.devices[name].raw(self.sent[-1], SILENCE if step["expect"] == "SILENT" else 2.0)
            self.answers.append(answer)
            self.judge("step %d" % number, step, self.sent[-1], answer)
        for device in self.devices.values():
            device.socket.setblocking(False)
            try:
                raise AssertionError("one answer too many: " + device.socket.recv(65535).hex())
            except BlockingIOError:
                pass

    def judge(self, what, step, sent, answer):
        got = "SILENT" if answer is None else "RST" if answer.type == RST else answer.code
        expect(got, step["expect"], what)
        if got == "RST":
            expect(answer.octets, b"\x70\x00" + sent[2:4], what)
        if got in ("SILENT", "RST"):
            return
        con = sent[0] >> 4 & 3 == CON
        expect((answer.octets[0] >> 6, answer.type), (1, ACK if con else NON), what + ": version and type")
        if con:
            expect(answer.octets[2:4], sent[2:4], what + ": message ID")
        expect(answer.token, sent[4:4 + (sent[0] & 15)], what + ": token")
        if "same" in step:
            expect(answer.octets, self.answers[step["same"]].octets, what)
            return
        options = [number for number, _ in answer.options]
        block1 = dict(Answer(sent).options).get(BLOCK1)
        if got in ANSWERED:
            expect(options, ANSWERED[got] + ([BLOCK1] if block1 is not None else []), what + ": options")
            expect(answer.payload.decode(), step.get("payload_is", ""), what + ": payload")
            expect(dict(answer.options).get(BLOCK1), block1, what + ": Block1")
        else:
            expect([n for n in options if n != BLOCK1], [OPTIONS[o] for o in step.get("has", [])], what + ": options")
            # A diagnostic payload is in words, and left out where it would make the answer longer than the request.
            assert len(answer.octets) <= len(sent), what + ": longer than its request"
            if "text" in step:
                expect(answer.payload.decode(), step["text"], what + ": diagnostic payload")
            elif not answer.payload:
                assert len(answer.octets) + LONGEST_TEXT > len(sent), what + ": no diagnostic payload"
            answer.payload.decode()
        if got == "2.01" and not step["send"].startswith("repeat") or "save" in step:
            self.take_location(step, answer)

    def take_location(self, step, answer):
        segments = [segment.decode() for segment in answer.location]
        assert segments[0] == "rd" and re.fullmatch("[A-Za-z0-9_-]{1,11}", segments[1]), segments
        assert segments[1] not in self.locations, "a location again"
        self.locations.add(segments[1])
        self.names[step["save"]] = segments[1]

    def registration(self, differences):
        """The fields of a plain registration with its differences."""
        wanted = {"location": "/rd/{L}", "version": "1.0", "lifetime": 60, "binding": "U", "queue": 0, "sms": "",
                  "parameters": [], "port": "A", "address": DEVICE4, "root": "/", "objects": ["1/0", "3/0"],
                  "object_versions": {}, "content_formats": []}
        wanted.update(differences)
        wanted["location"] = self.text(wanted["location"])
        wanted["sms"] = self.text(wanted["sms"])
        wanted["port"] = self.devices[wanted["port"]].port
        objects = []
        for item in wanted["objects"]:  # "5/0..2" is "5/0", "5/1", "5/2"
            run = re.fullmatch(r"(\d+)/(\d+)\.\.(\d+)", item)
            objects += ["%s/%d" % (run[1], i) for i in range(int(run[2]), int(run[3]) + 1)] if run else [item]
        wanted["objects"], wanted["objects_total"] = objects[:256], len(objects)
        shown = {item.split("/")[0]: "1.0" for item in objects}
        wanted["object_versions"] = dict(shown, **wanted["object_versions"])
        return wanted

    def compare(self):
        for name, differences in self.case["state"].items():
            name = self.octets(name)
            with telemetry:
                state = self.gateway.registration(encoded(name))
            if differences is None:
                expect(state, {}, repr(name))
                continue
            expect("".join(state.get("endpoint_parts", [state.get("endpoint", "")])), encoded(name), "endpoint")
            state.setdefault("parameters", [])
            wanted = self.registration(differences)
            expect({key: state.get(key) for key in wanted}, wanted, repr(name))


def await_counts(gateway, before, added):
    """Cores publish their counters a moment after they answer."""
    wanted = {key: before[key] + more for key, more in added.items()}
    end = time.monotonic() + 5
    while True:
        after = gateway.ask("/rdline/stats")
        got = {key: after[key] for key in wanted}
        if got == wanted or time.monotonic() > end:
            expect({key: got[key] - before[key] for key in wanted}, added, "counts")
            return
        time.sleep(0.01)


def play(gateway, case):
    before = gateway.ask("/rdline/stats")
    playing = Play(gateway, case)
    playing.play()
    playing.compare()
    left = sum(state is not None for state in case["state"].values())
    await_counts(gateway, before, dict(case.get("counts", {}), registrations=left))


def play_slow(gateway, case):
    playing = Play(gateway, case)
    playing.play()
    playing.compare()


def is_slow(case):
    return any("wait" in step for step in case["steps"])


class Gateways:
    """One gateway at a time, of the configuration that a case asks for."""

    def __init__(self, lab, cases):
        self.lab, self.cases = lab, cases
        self.cfg, self.gateway, self.slow = None, None, {}
        with open(os.path.join(lab.dir, "known.txt"), "w") as f:
            f.write(KNOWN_NAMES)

    def use(self, cfg):
        if cfg == self.cfg:
            return
        if self.gateway is not None:
            expect(self.gateway.stop(), 0, "exit code")
        self.cfg, self.gateway = cfg, self.lab.gateway(ports=PORT, **CONFIGURATIONS[cfg])

    def play_slow(self, case):
        """All slow cases of this configuration at once, when the first is due."""
        if case["id"] not in self.slow:
            slow = [c for c in self.cases if c["cfg"] == self.cfg and is_slow(c)]
            with concurrent.futures.ThreadPoolExecutor(len(slow)) as pool:
                self.slow.update({c["id"]: pool.submit(play_slow, self.gateway, c) for c in slow})
        self.slow[case["id"]].result()

    def play(self, case):
        self.use(case["cfg"])
        if is_slow(case):
            self.play_slow(case)
        else:
            play(self.gateway, case)


def load():
    """The cases, or those whose ids are arguments: by configuration, slow ones behind the others."""
    with open(os.path.join(ROOT, "tests/data/cases.json"), encoding="utf-8") as f:
        cases = [case for case in json.load(f) if len(sys.argv) == 1 or case["id"] in sys.argv]
    return sorted(cases, key=lambda case: (list(CONFIGURATIONS).index(case["cfg"]), is_slow(case)))


if __name__ == "__main__":
    CASES = load()
    main(lambda lab: Gateways(lab, CASES),
         [("%(id)s %(title)s" % case, lambda gateways, case=case: gateways.play(case)) for case in CASES])
