#!/usr/bin/python3
"""Every telemetry command: what it says, how it encodes, its pages, and what it makes of bad parameters."""
import os
import random
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

# As many as may be: `x`, `note` and thirty others.
NAMES = ["x", "note"] + ["p%02d" % n for n in range(30)]
GAUGES = ("registrations", "object_lists", "store_octets", "tombstones", "ring_depth", "round_age_ms", "links_up")


def start(lab):
    # Frames in which an object list of more than one page finds room.
    for interface in (["ip", "link", "set", "dev0"], ["ip", "-n", lab.name + "-gw", "link", "set", "rdl0"]):
        subprocess.run(interface + ["mtu", "4000"], check=True)
    names = ", ".join('"%s"' % name for name in NAMES)
    return lab.gateway(workers=1, shards=2, memory="registrations = 20000;",
                       lwm2m='extra_parameters = [ %s ]; lifetime_min = 1; max_links = 700;' % names,
                       extra='endpoints = { deny = [ "a*", "b" ]; };')


def octets(name):
    return name.encode() if isinstance(name, str) else name


def encode(name):
    return "".join(chr(c) if 0x20 <= c <= 0x7E and c != 0x25 else "%%%02X" % c for c in octets(name))


def decode(text):
    out, i = bytearray(), 0
    while i < len(text):
        if text[i] == "%":
            out.append(bytes.fromhex(text[i + 1:i + 3])[0])
            i += 2
        else:
            assert 0x20 <= ord(text[i]) <= 0x7E, text
            out.append(ord(text[i]))
        i += 1
    return bytes(out)


def whole(state, key):
    """A text that may come in parts."""
    parts = state.get(key + "_parts")
    if parts is not None:
        assert len(parts) > 1 and all(0 < len(p) <= 127 for p in parts), parts
        assert parts[0].startswith(state[key]) or state[key].startswith(parts[0]), parts
    return b"".join(map(decode, parts if parts is not None else [state[key]]))


def pages(gateway):
    """All names, page by page."""
    names, cursor, count = [], 0, 0
    while True:
        page = gateway.ask("/rdline/registrations,%d" % cursor)
        names += [decode(n) for n in page["endpoints"]]
        names += [b"".join(map(decode, parts)) for parts in page.get("endpoint_parts", {}).values()]
        cursor, count = page["next"], count + 1
        if cursor == 0:
            return names, count
        assert count < 10000, "pages without end"


def test_info(gateway):
    info = gateway.ask("/rdline/info")
    version = subprocess.run([BINARY, "-V"], capture_output=True, text=True).stdout.strip()[len("rdline "):]
    wanted = {"version": version, "instance": gateway.lab.instance, "pid": gateway.process.pid, "ports": 1,
              "coap_port": 5683, "workers": 1, "shards": 2, "registrations_max": 20000}
    expect({key: info.get(key) for key in wanted}, wanted, "info")
    assert info["uptime"] < 60 and info["memory"] > 1 << 20 and info["packets_in_use"] < 10000, info
    assert info["tsc_hz"] > 0, info


def test_latency(gateway):
    """Counts up to each bound never fall, and the last is of all."""
    before = gateway.ask("/rdline/latency")["count"]
    for n in range(5):
        device = Device()
        device.deregister(device.register("timed-%d" % n).location)
        time.sleep(0.01)
    latency = gateway.ask("/rdline/latency")
    bounds = [int(name.split("_")[1]) for name in latency if name.startswith("le_")]
    counts = [latency["le_%d_us" % bound] for bound in bounds] + [latency["count"]]
    expect((bounds, counts), (sorted(bounds), sorted(counts)), "their order")
    assert counts[-1] >= before + 4 and bounds[0] == 1 and bounds[-1] == 10000000, latency
    assert latency["sum_ns"] > 1000 * counts[-1], latency


def test_policy(gateway):
    wanted = {
        "version": "1.1", "lifetime_min": 1, "lifetime_max": 2147483647, "expiry_grace": 0, "security_object": "strip",
        "mandatory_objects": "refuse", "text_plain": 0, "keep_attributes": 0, "diagnostics": 1, "max_links": 700, "all_objects": 1,
        "objects": 0, "extra_parameters": 32, "known_only": 0, "known_endpoints": 0, "deny_patterns": 2,
        "unknown_code": "4.00", "admission_updates": 10}
    policy = gateway.ask("/rdline/policy")
    expect({key: policy.get(key) for key in wanted}, wanted, "policy")


def test_endpoint_names(gateway):
    names = ['quote"s', "back\\slash", "comma,s", "%", "100%41", "%zz", " spaces  ", "urn:imei:35206", "tab\there",
             "\x7f\x01", "ünïcödé", "日本語", "🙂", '"', "\\", ",", ",5", "ep,5", "{}[]:'", "/rdline/info",
             "A" * 126, "B" * 127,
             "C" * 128, "D" * 252, "é" * 126, "日" * 84, "🙂" * 63, '"' * 252, "\\" * 252, "%" * 252,
             "x" * 126 + "%" * 126,
             "y" * 125 + "é" * 63, "z" * 124 + "é" * 64]
    device = Device()
    for name in names:
        answer = device.register(name)
        expect(answer.code, "2.01", repr(name))
        state = gateway.registration(encode(name))
        expect(whole(state, "endpoint"), octets(name), "endpoint")
        expect("endpoint_parts" in state, len(encode(name)) > 127, repr(name))
        expect(state["location"], "/" + "/".join(v.decode() for v in answer.location), repr(name))
        expect(gateway.ask("/rdline/objects,%s,0" % encode(name))["objects"], ["1/0", "3/0"], repr(name))
        lower = encode(name).replace("%", "%25") if name == "%41" else encode(name).lower() if name.islower() else None
        if lower is not None:
            expect(whole(gateway.registration(lower), "endpoint"), octets(name), "lower case digits")
    expect(sorted(pages(gateway)[0]), sorted(octets(n) for n in names), "pages")
    everything = "".join("%%%02X" % c for c in b"urn:imei:35206")
    expect(gateway.registration(everything)["endpoint"], "urn:imei:35206", "all of it encoded")
    for name in names:
        expect(device.deregister(device_location(gateway, name)).code, "2.02", repr(name))
    expect(pages(gateway), ([], 1), "no more")


def device_location(gateway, name):
    return gateway.registration(encode(name))["location"].split("/")[1:]


def test_parameters(gateway):
    device = Device()
    for sms in ('+33"6\\', "a,b%c", "é" * 16, "\x01\x7f \t", "=" * 32):
        expect(device.register("sms", extra=["sms=" + sms]).code, "2.01", repr(sms))
        expect(decode(gateway.registration("sms")["sms"]), octets(sms), "sms")
    for extra in (["x=1,2"], ["x==%", "note"], ["x=", "note=\"\\ \x01é"], ["x=" + "é" * 62, "note=" + "n" * 250]):
        expect(device.register("extra", extra=extra).code, "2.01", repr(extra))
        state = gateway.registration("extra")
        got = state.get("parameters", []) + ["".join(p) for p in state.get("parameters_parts", {}).values()]
        expect(([decode(p) for p in got], state["sms"]), ([octets(p) for p in extra], ""), "parameters")
    # All of them, short and as long as can be: what is shown is whole, and nothing else goes without it.
    for length in (8, 40, 120):
        extra = ["%s=%s" % (name, "v" * (length - len(name) - 1)) for name in NAMES]
        expect(device.register("extra", extra=extra).code, "2.01", "all of %d octets" % length)
        state = gateway.registration("extra")
        expect((state["parameters"], state["parameters_total"]), (extra, 32), "all of %d octets" % length)
    objects = ",".join("<%d>;ver=1.1" % n for n in [1, 3] + list(range(10, 210)))
    location = device_location(gateway, "extra")
    expect(device.update(location, (), objects).code, "2.04", "objects")
    for n in range(0, 32, 8):
        values = ["%s=%s" % (name, "\x01" * (254 - len(name))) for name in NAMES[n:n + 8]]
        expect(device.update(location, values).code, "2.04", values)
    state = gateway.registration("extra")
    expect((state["parameters_total"], len(state["objects"]), len(state["object_versions"])), (32, 202, 202), "no room")
    got = ["".join(part) for part in state["parameters_parts"].values()]
    expect({len(decode(value)) for value in got}, {255}, "whole")
    assert 1 <= len(got) < 32 and "registered_at" in state and "parameters" not in state, len(got)
    expect(device.register("extra").code, "2.01")
    assert not {"parameters", "parameters_parts"} & set(gateway.registration("extra"))


def test_object_lists(gateway):
    device = Device()
    for count, instances in ((170, True), (330, False), (512, False), (513, False), (650, False)):
        ids = [1, 3] + list(range(10, 10 + count - 2))
        wanted = ["%d/0" % n if instances else "%d" % n for n in ids]
        objects = ",".join("<%s>" % n for n in wanted)
        expect(device.register("objects", objects).code, "2.01", "%d octets" % len(objects))
        state = gateway.registration("objects")
        expect((state["objects"], state["objects_total"]), (wanted[:256], count), "first links")
        expect(state["object_versions"], {n.split("/")[0]: "1.0" for n in wanted[:256]}, "versions")
        for cursor in (0, 1, 512, count - 1, count, 99999, 2**63, 2**64):
            page = gateway.ask("/rdline/objects,objects,%d" % cursor)
            rest = wanted[cursor:]
            following = cursor + 512 if len(rest) > 512 else 0
            expect(page, {"objects": rest[:512], "objects_total": count, "next": following}, "page from %d" % cursor)
    state = device.register("versions", '</>;ct="11542 112",</1>;ver=1.1,</3>;ver="1.2",</1/0>,</3/0>,</5/65534>')
    state = gateway.registration("versions")
    expect((state["object_versions"], state["content_formats"], state["objects"]),
           ({"1": "1.1", "3": "1.2", "5": "1.0"}, [11542, 112], ["1/0", "3/0", "5/65534"]))
    root = "/" + "é" * 32
    expect(device.register("root", '<%s/1/0>,<%s/3/0>,<%s>;rt="oma.lwm2m"' % (root, root, root)).code, "2.01", "root")
    state = gateway.registration("root")
    expect((whole(state, "root"), state["objects"]), (root.encode(), ["1/0", "3/0"]), "root")


def test_pages_of_registrations(gateway):
    chance = random.Random(7)
    alphabets = ("abcdefgh0123456789", "é日🙂ü", '"\\%, ', "x%\té")
    names = set(pages(gateway)[0])
    device, locations = Device(), []
    while len(names) < 1500:
        wanted, text = chance.choice((1, 3, 8, 15, 40, 127, 128, 252)), b""
        alphabet = chance.choice(alphabets)
        while len(text) + 4 <= wanted or text == b"":
            text += chance.choice(alphabet).encode()
        text = (b"%d:" % len(names) + text)[:252].decode("utf-8", "ignore").encode()
        if text not in names:
            expect(device.register(text).code, "2.01", repr(text))
            names.add(text)
    got, count = pages(gateway)
    expect((len(got), names ^ set(got)), (len(names), set()), "each once")
    assert count > 10, count

    stop, trouble = threading.Event(), []

    def others():
        """Names that come and go meanwhile."""
        busy, n = Device(GATEWAY6), 0
        while not stop.is_set():
            n += 1
            answer = busy.register("other-%d" % n, lt="300")
            if answer is None or answer.code != "2.01":
                trouble.append("Register %d" % n)
            elif n % 3 == 0 and busy.deregister([v.decode() for v in answer.location]).code != "2.02":
                trouble.append("De-register %d" % n)

    thread = threading.Thread(target=others)
    thread.start()
    try:
        for _ in range(5):
            got = pages(gateway)[0]
            expect(len(got), len(set(got)), "no name twice")
            expect(names - set(got), set(), "none left out")
            assert all(n in names or n.startswith(b"other-") for n in got)
    finally:
        stop.set()
        thread.join()
    expect(trouble, [], "others")


def test_bad_parameters(gateway):
    long = "x" * 253
    empty = ["/rdline/registration", "/rdline/registration,", "/rdline/registration,unknown", "/rdline/registration,%",
             "/rdline/registration,%4", "/rdline/registration,%4g", "/rdline/registration,%00",
             "/rdline/registration," + long,
             "/rdline/registration," + "%41" * 253, "/rdline/registration," + "x" * 900,
             "/rdline/objects", "/rdline/objects,", "/rdline/objects,unknown", "/rdline/objects,unknown,0",
             "/rdline/objects,%,0", "/rdline/objects,1", "/rdline/objects,versions,x", "/rdline/objects,versions,-1",
             "/rdline/objects,versions,",
             "/rdline/registrations,x", "/rdline/registrations,-1", "/rdline/registrations,1x",
             "/rdline/registrations, 0",
             "/rdline/worker", "/rdline/worker,", "/rdline/worker,1", "/rdline/worker,-1", "/rdline/worker,x",
             "/rdline/worker,0x0", "/rdline/worker,0,0", "/rdline/worker,18446744073709551616",
             "/rdline/worker,99999999999999999999999",
             "/rdline/shard", "/rdline/shard,2", "/rdline/shard,-1", "/rdline/shard,4294967296", "/rdline/shard, 0"]
    for command in empty:
        expect(gateway.ask(command), {}, command)
    for cursor in (2**34, 2**35, 2**63, 2**64 - 1, 2**64, 10**30, 2**34 - 1, 12345678):
        page = gateway.ask("/rdline/registrations,%d" % cursor)
        assert isinstance(page["endpoints"], list) and page["next"] >= 0, page
    for command in ("/rdline/nothing", "/rdline", "/rdline/infos,1"):
        expect(gateway.ask(command), None, command)
    for command in ("/rdline/info,x", "/rdline/stats,1", "/rdline/policy,,,"):
        assert len(gateway.ask(command)) > 5, command
    commands = "info", "stats", "worker", "shard", "registration", "objects", "registrations", "policy"
    assert set(gateway.ask("/")) >= {"/rdline/" + command for command in commands}
    for key in ("/rdline/registration", "/rdline/objects", "/rdline/registrations", "/rdline/stats"):
        assert gateway.ask("/help," + key), key


def counters(gateway):
    """Every counter there is, by command and name."""
    out = {}
    for command in ("/rdline/stats", "/rdline/worker,0", "/rdline/shard,0", "/rdline/shard,1"):
        for key, value in gateway.ask(command).items():
            assert type(value) is int and 0 <= value < 2**64, (command, key, value)
            out[command, key] = value
    return out


def test_counters_only_grow(gateway):
    device, last = Device(), counters(gateway)
    first = last
    for n in range(20):
        for _ in range(10):
            device.register("counted")
            device.register("counted", lwm2m="9.9")
            device.update(["rd", "nothing"])
            device.raw(b"\x40\0\0\1")
        now = counters(gateway)
        expect(set(now), set(last), "names")
        expect([k for k in now if k[1] not in GAUGES and now[k] < last[k]], [], "decreased")
        last = now
    for key, least in (("requests_register", 400), ("code_4_12", 200), ("code_4_04", 200), ("resets", 200),
                       ("replaced", 199)):
        expect(last["/rdline/stats", key] - first["/rdline/stats", key] >= least, True, key)
    for key in {k for _, k in last if ("/rdline/worker,0", k) in last and ("/rdline/stats", k) in last}:
        expect(sum(last[c, key] for c in ("/rdline/worker,0", "/rdline/shard,0", "/rdline/shard,1")),
               last["/rdline/stats", key], "sum of " + key)


def test_ten_clients_at_once(gateway):
    """As many as DPDK lets in, each on one connection, while devices register."""
    commands = ["/rdline/stats", "/rdline/registration,counted", "/rdline/registrations,0", "/rdline/worker,0",
                "/rdline/shard,1", "/rdline/objects,counted,0", "/rdline/info",
                "/rdline/registration,nobody", "/rdline/policy"]
    trouble, asked, together = [], [], threading.Barrier(10)

    def client(k):
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
                s.connect(gateway.telemetry_path)  # before there is a time limit: it would not wait for its turn
                s.settimeout(10)
                expect("max_output_len" in json.loads(s.recv(1024)), True, "greeting")
                together.wait(10)
                for n in range(40):
                    command = commands[(n + k) % len(commands)]
                    s.send(command.encode())
                    value = json.loads(s.recv(32768))[command.split(",")[0]]
                    expect(isinstance(value, dict), True, command)
                    asked.append(command)
        except Exception as error:
            trouble.append("client %d: %r" % (k, error))

    time.sleep(0.2)  # connections of before are gone
    threads = [threading.Thread(target=client, args=(k,)) for k in range(10)]
    for thread in threads:
        thread.start()
    device = Device()
    while any(thread.is_alive() for thread in threads):
        expect(device.register("counted").code, "2.01", "meanwhile")
    expect((trouble, len(asked)), ([], 400))


main(start)
