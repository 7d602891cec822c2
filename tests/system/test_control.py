#!/usr/bin/python3
"""The control socket and rdline-ctl: what they show and change, bad requests, and how sockets come and go."""
import grp
import os
import random
import re
import stat
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

CTL = os.path.join(os.path.dirname(BINARY), "rdline-ctl")


def start(lab):
    lab.control, lab.events = lab.dir + "/sockets/control", lab.dir + "/sockets/events"
    return lab.gateway(shards=2, admission="{ updates = 0; }", extra="""
        control = { socket = "%s"; group = "daemon"; };
        events = { socket = "%s"; };
        endpoints = { deny = [ "barred-*" ]; };""" % (lab.control, lab.events))


def path(answer):
    return [segment.decode() for segment in answer.location]


def ask(gateway, **request):
    client = Lines(gateway.lab.control)
    try:
        return client.ask(request)
    finally:
        client.close()


def ctl(gateway, *arguments, code=0):
    done = subprocess.run([CTL, "-s", gateway.lab.control, *arguments], capture_output=True, timeout=20)
    expect(done.returncode, code, "%s: %s" % (arguments, done.stderr))
    return done.stdout.decode() if code == 0 else done.stderr.decode()


def test_sockets(gateway):
    lab = gateway.lab
    for name, group in ((lab.control, grp.getgrnam("daemon").gr_gid), (lab.events, os.getegid())):
        status = os.lstat(name)
        expect((stat.filemode(status.st_mode), status.st_gid), ("srw-rw----", group), name)


def test_show_and_remove(gateway):
    device, events = Device(), Lines(gateway.lab.events, {"from": "now"})
    events.line()
    location = path(device.register("shown", "</1/0>,</3/0>,</5>;ver=1.2", lwm2m="1.1", lt="60", extra=["sms=1", "b=UT", "Q"]))
    reply = ask(gateway, command="show", endpoint="shown")["registration"]
    telemetry = gateway.registration("shown")
    for key, value in telemetry.items():
        if key not in ("objects_total", "parameters_total", "expires_in", "registered_at", "updated_at"):
            expect(reply[key], bool(value) if key == "queue" else value, key)
    for key in ("expires_in", "registered_at", "updated_at"):
        assert abs(telemetry[key] - reply[key]) <= 1, (key, telemetry, reply)
    expect(list(reply)[:3], ["endpoint", "location", "address"])
    expect(events.line()["event"], "registered")
    expect(ask(gateway, command="remove", endpoint="shown")["removed"]["location"], reply["location"])
    expect(events.line()["event"], "removed")
    expect((device.update(location).code, device.deregister(location).code), ("4.04", "4.04"))
    expect(gateway.registration("shown"), {})
    for command in ("show", "remove"):
        expect(ask(gateway, command=command, endpoint="shown"), {"error": "no such endpoint"})
    assert path(device.register("shown")) != location
    expect(gateway.ask("/rdline/stats")["removed"], 1)
    ask(gateway, command="remove", endpoint="shown")


def test_copies_after_removal(gateway):
    """They are requests like any other: a success would name a location that is dead, and nobody has told the device."""
    device = Device()
    octets = message(POST, 4711, [(URI_PATH, "rd"), (URI_QUERY, "ep=copied"), (CONTENT_FORMAT, b"\x28")], b"</1/0>,</3/0>")
    first = device.raw(octets)
    expect(first.code, "2.01")
    ask(gateway, command="remove", endpoint="copied")
    again = device.raw(octets)
    expect((again.code, path(again) != path(first)), ("2.01", True), "a copy")
    expect(device.update(path(first)).code, "4.04")
    expect(device.update(path(again)).code, "2.04")
    ask(gateway, command="remove", endpoint="copied")


def test_list_and_count(gateway):
    names = {"p-%d" % n for n in range(1200)} | {"é%d" % n for n in range(50)} | {'"', "a b", "\x01"}
    device = Device()
    for name in names:
        expect(device.register(name, lt="600").code, "2.01")
    for prefix in ("", "p-1", "é", '"', "nothing", "p-1199", "x" * 252):
        got, cursor = [], "0"
        while cursor is not None:
            page = ask(gateway, command="list", prefix=prefix, cursor=cursor)
            assert len(page["endpoints"]) < 1300, len(page["endpoints"])
            got, cursor = got + page["endpoints"], page["next"]
        wanted = {n for n in names if n.startswith(prefix)}
        expect((set(got) ^ wanted, len(got)), (set(), len(wanted)), prefix)
    expect(ask(gateway, command="list")["endpoints"][:10], ask(gateway, command="list", cursor="0")["endpoints"][:10])
    for cursor in (2**34, 2**35, 2**63, 2**64 - 1, 10**30):
        assert "endpoints" in ask(gateway, command="list", cursor=str(cursor)), cursor
    got = ask(gateway, command="count")
    expect((got["registrations"], got["registrations_max"]), (len(names), 10000))
    expect(set(ctl(gateway, "--names", "list", "p-").split()) ^ {n for n in names if n.startswith("p-")}, set())
    expect(ctl(gateway, "-n", "list", '"'), '"\n')
    expect(ctl(gateway, "--names", "list", "\x01"), "\\x01\n")
    expect(ctl(gateway, "list", "\x01").splitlines()[1].split(" ")[-1], "\\x01")
    # Each with what `show` says of it, in pages of the same length.
    got, cursor = {}, "0"
    while cursor is not None:
        page = ask(gateway, command="list", prefix="p-", cursor=cursor, details=True)
        assert len(page["registrations"]) < 1300, len(page["registrations"])
        got.update({row["endpoint"]: row for row in page["registrations"]})
        cursor = page["next"]
    expect(got.keys(), {n for n in names if n.startswith("p-")})
    for name in ("p-0", "p-7", "p-1199"):
        shown, row = ask(gateway, command="show", endpoint=name)["registration"], got[name]
        assert 0 <= row.pop("expires_in") - shown["expires_in"] <= 10, (row, shown)
        expect(row, {key: shown[key] for key in row}, name)
        expect((len(row), row["security"]), (8, "none"))
    expect(json.loads(ctl(gateway, "--json", "list", "a", "0")), {"endpoints": ["a b"], "next": None})
    for name in names:
        ask(gateway, command="remove", endpoint=name)
    expect(ask(gateway, command="count")["registrations"], 0)


def test_ctl_list(gateway):
    """Columns for people, in order."""
    device, distant = Device(), Device(GATEWAY6)
    device.register("b", lt="90")
    distant.register("a b", lwm2m="1.1", lt="7200", extra=["b=UT", "Q"])
    device.register("é", lwm2m="1.0", lt="400000", extra=["b=UQ"])
    device.register("B", lt="30")

    def rows(*options, head=True):
        lines = ctl(gateway, *options).splitlines()
        if head:
            expect(lines.pop(0).split(), ["ADDRESS", "PORT", "SECURITY", "VERSION", "BINDING", "LEFT", "ENDPOINT"])
        return [line.split(None, 6) for line in lines]

    listed = rows("list")
    expect([row[6] for row in listed], ["B", "a b", "b", "é"])
    expect(listed[1][:5] + listed[1][6:], [DEVICE6, str(distant.port), "none", "1.1", "UTQ", "a b"])
    expect(listed[3][:5], [DEVICE4, str(device.port), "none", "1.0", "UQ"])
    for row, lifetime, units in zip(listed, (30, 7200, 90, 400000), ("s", "hm", "ms", "dh")):
        parts = re.findall(r"(\d+)([dhms])", row[5])
        left = sum(int(n) * {"d": 86400, "h": 3600, "m": 60, "s": 1}[unit] for n, unit in parts)
        assert "".join(unit for _, unit in parts).endswith(units[-1]), row
        assert lifetime - (20 if lifetime < 7200 else 3600) <= left <= lifetime, row
    expect([row[6] for row in rows("--sort", "left", "list")], ["B", "b", "a b", "é"])
    expect([row[6] for row in rows("-o", "address", "list")], ["B", "b", "é", "a b"])
    expect(sorted(row[6] for row in rows("--sort=none", "list")), ["B", "a b", "b", "é"])
    expect([row[6] for row in rows("list", "b", "0")], ["b"])
    expect(rows("list", "nobody"), [])
    expect(ctl(gateway, "--names", "list", "b"), "b\n")
    expect(json.loads(ctl(gateway, "--json", "list", "b")), {"endpoints": ["b"], "next": None})
    for arguments in (("--sort", "left", "list", "b"), ("list", "--sort", "left", "b"), ("list", "b", "--sort=left"),
                      ("--sort=none", "list", "-o", "left", "--", "b")):
        expect([row[6] for row in rows(*arguments)], ["b"], arguments)
    ctl(gateway, "--sort", "age", "list", code=2)
    ctl(gateway, "list", "--sort", "age", code=2)
    with open("/dev/full", "w") as full:
        done = subprocess.run([CTL, "-s", gateway.lab.control, "-j", "list"], stdout=full, stderr=subprocess.PIPE)
        expect((done.returncode, done.stderr), (1, b"rdline-ctl: standard output: cannot be written to\n"))
    for name in ("b", "a b", "é", "B"):
        done = subprocess.run([CTL, "-s", gateway.lab.control, "remove", name], capture_output=True, text=True)
        assert done.returncode == 0 and "does not come back" in done.stderr, done


def test_refusals(gateway):
    device, began = Device(), time.time()

    def last(endpoint=None):
        more = {} if endpoint is None else {"endpoint": endpoint}
        return ask(gateway, command="refusals", **more)["refusals"]

    def is_like(refusal, **wanted):
        expect({key: refusal.get(key) for key in wanted}, wanted)
        expect((refusal["address"], refusal["port"]), (DEVICE4, device.port))
        assert began - 1 < refusal["time"] < time.time() + 1, refusal

    before = len(last())
    device.register("why", lwm2m="7.0")
    is_like(last()[0], endpoint="why", operation="register", code="4.12", reason="version", octet=None, path="/rd")
    device.register("why", "</1/0>,</3/0")
    is_like(last()[0], endpoint="why", code="4.00", reason="link_syntax", octet=12)
    device.register("why", extra=["colour=red"])
    is_like(last()[0], endpoint="why", reason="unknown_parameter", parameter="colour",
            text="unknown parameter: colour")
    device.register("bare", "</1/0>,</4/0>")
    is_like(last()[0], endpoint="bare", reason="mandatory_objects", text="object list: without object 3", octet=None)
    device.request(POST, ["rd"], ["ep=onenet"], "</1/0>,</3/0>", options=[(63, b"key")])
    is_like(last()[0], endpoint="onenet", code="4.02", reason="bad_option", text="option not understood: 63")
    device.register("barred-1")
    is_like(last()[0], endpoint="barred-1", code="4.03", reason="endpoint_barred")
    device.register(b'\xff"\n\0')
    is_like(last()[0], endpoint='\ufffd"\n\0', reason="endpoint_syntax")
    device.register("")
    is_like(last()[0], endpoint="", reason="endpoint_missing")
    device.request(POST, ["rdx"], ["ep=elsewhere"])
    is_like(last()[0], endpoint="elsewhere", operation="other", code="4.04", reason="path", path="/rdx")
    device.request(GET, ["a/b", "é", "x" * 99], [])
    is_like(last()[0], operation="other", code="4.04", path=("/a%2Fb/%C3%A9/" + "x" * 99)[:64])
    device.update(["rd", "nothing"])
    is_like(last()[0], endpoint="", operation="update", code="4.04", reason="location", path="/rd/nothing")
    assert " 4.04 update /rd/nothing from " in ctl(gateway, "refusals").splitlines()[0]
    location = path(device.register("updates"))
    device.update(location, ["lt=soon"])
    is_like(last()[0], operation="update", code="4.00", reason="lifetime_syntax", location="/" + "/".join(location), path=None)
    device.update(location, ["ep=other"])
    device.deregister(location)
    device.update(location)
    is_like(last()[0], code="4.04", reason="location", location="/" + "/".join(location))
    expect(len(last()) - before, 14)
    expect([r["reason"] for r in last("why")], ["unknown_parameter", "link_syntax", "version"])
    location = path(device.register("updates"))
    device.update(location, ["b=X"])
    expect([r["reason"] for r in last("updates")][0], "binding", "by its location, while it is registered")
    expect(last("nobody"), [])
    text = ctl(gateway, "refusals", "why").splitlines()
    expect(len(text), 3)
    assert text[0].endswith(": unknown parameter: colour"), text[0]
    expect(text[1].split(" ", 2)[2], "4.00 register why from %s port %d: object list: syntax error at octet 12" % (
        DEVICE4, device.port))
    assert "\\x0a" in ctl(gateway, "refusals") and "\x00" not in ctl(gateway, "refusals")
    # The last ones are kept, however many there are.
    for n in range(400):
        device.register("many-%d" % n, lwm2m="9.9")
    got = last()
    expect((len(got), [r["endpoint"] for r in got[:3]]), (256, ["many-399", "many-398", "many-397"]))


def test_bad_requests(gateway):
    client, device = Lines(gateway.lab.control), Device()
    errors = gateway.ask("/rdline/control")["errors"]
    bad = [b"\n", b"x\n", b"{}\n", b"[]\n", b'{"command":1}\n', b'{"command":"shew"}\n', b'{"command":""}\n',
           b'{"command":"show"}\n', b'{"command":"remove"}\n', b'{"command":"show","endpoint":""}\n',
           b'{"command":"show","endpoint":7}\n', b'{"command":"show","endpoint":"\\u0000"}\n',
           b'{"command":"show","endpoint":"\\ud800"}\n', b'{"command":"show","endpoint":"\xff"}\n',
           b'{"command":"show","endpoint":"' + b"x" * 253 + b'"}\n', b'{"command":"show","endpoint":"nobody"}\n',
           b'{"command":"list","cursor":1}\n', b'{"command":"list","cursor":"-1"}\n', b'{"command":"list","cursor":""}\n',
           b'{"command":"list","prefix":"' + b"x" * 253 + b'"}\n', b'{"command":"count","more":"x"}\n',
           b'{"command":"count","command":"count"}\n', b'{"command":"count"} x\n', b"[" * 4000 + b"\n", b"\0\n"]
    for line in bad:
        said = client.ask(line)
        assert list(said) == ["error"] and said["error"], (line, said)
    expect(gateway.ask("/rdline/control")["errors"] - errors, len(bad))
    # Several in one piece, one in many.
    client.send(b'{"command":"count"}\n' * 50)
    expect({tuple(client.line()) for _ in range(50)}, {tuple(ask(gateway, command="count"))})
    for octet in b'{"command":"count"}\n':
        client.send(bytes([octet]))
    assert "registrations" in client.line()
    client.send(b'{"command":"count"}\n')
    client.socket.shutdown(socket.SHUT_WR)
    assert "registrations" in client.line()
    expect(client.line(), None)
    # Without an end of line, gone inside one, a thousand at once, and one that asks on and on and does not read.
    endless = Lines(gateway.lab.control)
    try:
        endless.send(b"x" * (1 << 20))
    except (BrokenPipeError, ConnectionResetError):
        pass
    expect((endless.line(), endless.line()), ({"error": "a line is longer than 4095 octets"}, None))
    Lines(gateway.lab.control, b'{"command":').close()
    others = [Lines(gateway.lab.control) for _ in range(1000)]
    expect(device.register("meanwhile").code, "2.01")
    expect(others[-1].line(), {"error": "too many connections"})
    for other in others:
        other.close()
    until(lambda: gateway.ask("/rdline/control")["connections"] == 0, "still connected")
    deaf, let_go = Lines(gateway.lab.control), gateway.ask("/rdline/control")["let_go"]
    deaf.socket.settimeout(2)
    try:
        while True:
            deaf.send(b'{"command":"refusals"}\n' * 100)
    except (BrokenPipeError, ConnectionResetError):
        pass
    expect(gateway.ask("/rdline/control")["let_go"] - let_go, 1)
    expect(device.register("meanwhile").code, "2.01")
    assert "registrations" in ask(gateway, command="count")


def test_ctl(gateway):
    device = Device()
    device.register('n"\x1b[31mé', extra=["sms=\x9b1"], lt="90")
    text = ctl(gateway, "show", 'n"\x1b[31mé')
    assert text.startswith('endpoint: n"\\x1b[31mé\nlocation: /rd/') and "\nlifetime: 90\n" in text, text
    assert "\x1b" not in text and "\nsms: \\u009b1\n" in text and "\nobjects: 1/0 3/0\n" in text, text
    expect(json.loads(ctl(gateway, "-j", "show", 'n"\x1b[31mé'))["registration"]["lifetime"], 90)
    for name, shown in (("\u202etxt.exe", "\\u202etxt.exe"), ("a\u200bb", "a\\u200bb"), ("\u2066x\u2069", "\\u2066x\\u2069"),
                        ("\ufefftag\U000e0041", "\\ufefftag\\U000e0041"), ("שלום", "שלום"), ("back\\slash", "back\\\\slash")):
        device.register(name, lt="90")
        assert ctl(gateway, "show", name).startswith("endpoint: %s\n" % shown), name
        assert [line for line in ctl(gateway, "list").splitlines() if line.endswith("  " + shown)], name
        assert ctl(gateway, "remove", name).startswith("endpoint: %s\n" % shown), name
        device.register(name, lwm2m="9.9")
        assert " %s " % shown in ctl(gateway, "refusals", name), name
    assert ctl(gateway, "count").startswith("registrations: ")
    assert ctl(gateway, "remove", 'n"\x1b[31mé').startswith("endpoint: ")
    expect(ctl(gateway, "remove", 'n"\x1b[31mé', code=1), "rdline-ctl: no such endpoint\n")
    expect(ctl(gateway, "show", "nobody", code=1), "rdline-ctl: no such endpoint\n")
    done = subprocess.run([CTL, "-s", gateway.lab.control, "--json", "show", "nobody"], capture_output=True, text=True)
    expect((done.returncode, done.stdout), (1, '{"error":"no such endpoint"}\n'))
    help = ctl(gateway, "--help")
    assert all(word in help for word in ("show", "list", "remove", "count", "refusals", "--json")), help
    for arguments in ((), ("show",), ("show", "a", "b"), ("count", "x"), ("list", "a", "b", "c"), ("nothing",), ("-x",),
                      ("--nothing",)):
        assert ctl(gateway, *arguments, code=2).endswith(help), arguments
    ctl(gateway, "show", b"\xff", code=2)
    ctl(gateway, "show", "x" * 300, code=1)
    for nowhere in ("/nowhere", gateway.lab.dir, "/" + "x" * 200, __file__):
        done = subprocess.run([CTL, "--socket", nowhere, "count"], capture_output=True)
        expect(done.returncode, 3, nowhere)
    environment = dict(os.environ, RDLINE_CONTROL=gateway.lab.control)
    expect(subprocess.run([CTL, "count"], env=environment, capture_output=True).returncode, 0)
    # One that is there and says nothing sensible.
    fake, server = gateway.lab.dir + "/fake", socket.socket(socket.AF_UNIX)
    server.bind(fake)
    server.listen()
    for says, code in ((b"", 3), (b"hm\n", 1), (b"[]\n", 1), (b"{", 3)):
        process = subprocess.Popen([CTL, "-s", fake, "count"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        connection, _ = server.accept()
        connection.recv(100)
        connection.sendall(says)
        connection.close()
        process.communicate(timeout=5)
        expect(process.returncode, code, says)
    server.close()


def test_completion(gateway):
    Device().register("urn:dev:complete-me")

    def complete(*words):
        script = """. scripts/rdline-ctl.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); PATH=%s:$PATH
                    _rdline_ctl; printf '%%s\\n' "${COMPREPLY[@]}\"""" % os.path.dirname(CTL)
        return subprocess.run(["bash", "-c", script, "bash", "rdline-ctl", *words], cwd=ROOT, capture_output=True,
                              text=True, timeout=10).stdout.split()

    expect(complete("re"), ["remove", "refusals", "read"])
    expect(complete("--j"), ["--json"])
    usage = subprocess.run([CTL, "-h"], capture_output=True, text=True, check=True).stdout
    commands = set(re.findall("^  ([a-z]+)[ ,]", usage, re.M)) - {"import", "add"}  # of credentials
    expect(commands - set(complete("")), set(), "all that the usage has")
    expect(complete("events", "--"), ["--from", "--ack", "--prefix", "--count"])
    expect(complete("events", "--from", "s"), ["snapshot"])
    expect(complete("why", "--"), ["--address", "--seconds"])
    expect(complete("read", "--acc"), ["--accept"])
    expect(complete("read", "-a", "senml-e"), ["senml-etch-json", "senml-etch-cbor"])
    expect(complete("-s", gateway.lab.control, "show", "urn:dev:c"), ["urn:dev:complete-me"])
    # A device chooses its name, and bash runs what it completes to.
    names = ["$(reboot)", "x;reboot", "`x`", "~", "*", "x|b", "x&b", "'q", '"q', "{a,b}", "!x", "<x", "x#", "x\u202ey", "x y"]
    for name in names + ["-n", "caf\u00e9"]:
        expect(Device().register(name).code, "2.01", name)
    words = complete("-s", gateway.lab.control, "show", "")
    expect((set(words) & set(names), {"-n", "caf\u00e9", "urn:dev:complete-me"} - set(words)), (set(), set()), words)
    expect(complete("-s", gateway.lab.control, "list", "-"), ["-n"])
    # What comes in JSON turns no terminal's text round either.
    for arguments in (("-j", "list"), ("-j", "show", "x\u202ey"), ("list", "--json"), ("list", "x", "--sort", "left")):
        text = ctl(gateway, *arguments)
        assert "\\u202e" in text and "\u202e" not in text, text
    for name in names + ["-n", "caf\u00e9", "urn:dev:complete-me"]:
        ask(gateway, command="remove", endpoint=name)


def test_under_load(gateway):
    """Everything asked at once while devices come and go, and removals race with their Updates."""
    stop, trouble, removed = threading.Event(), [], [0]

    def asker(seed):
        chance, client = random.Random(seed), Lines(gateway.lab.control)
        try:
            while not stop.is_set():
                name = "load-%d" % chance.randrange(100)
                reply = client.ask(chance.choice((
                    {"command": "show", "endpoint": name}, {"command": "remove", "endpoint": name}, {"command": "list"},
                    {"command": "count"}, {"command": "refusals", "endpoint": name})))
                removed[0] += "removed" in reply
        except Exception as error:
            trouble.append(repr(error))
        client.close()

    threads = [threading.Thread(target=asker, args=(seed,)) for seed in range(4)]
    before = gateway.ask("/rdline/stats")
    for thread in threads:
        thread.start()
    chance, device, locations, end, requests = random.Random(9), Device(), {}, time.monotonic() + 4, 0
    while time.monotonic() < end:
        name, requests = "load-%d" % chance.randrange(100), requests + 1
        if name in locations and device.update(locations[name]).code == "2.04":
            continue
        answer = device.register(name)
        expect(answer.code, "2.01")
        locations[name] = path(answer)
    stop.set()
    for thread in threads:
        thread.join()
    expect(trouble, [])
    after = gateway.ask("/rdline/stats")
    expect(after["removed"] - before["removed"], removed[0])
    print("# %d requests of devices, %d removals" % (requests, removed[0]))
    assert removed[0] > 20, removed


def test_starts(gateway):
    """Each failure names the place in the file."""
    lab = gateway.lab

    def start(extra, instance="other"):
        text = config(instance, extra=extra, ports='{ device = "net_null0"; addresses = [ "192.0.2.9/24" ]; }')
        return lab.gateway(text, ready=False), text[:text.index("control")].count("\n") + 1

    def fails(where, what, group=""):
        other, line = start('control = { socket = "%s"; %s };' % (where, group))
        code, log = other.failure()
        expect(code, 1, log)
        said = [text for text in log.splitlines() if text.startswith("error ")]
        expect(len(said), 1, log)
        assert said[0].startswith("error start: %s:%d: %s: " % (other.path, line, where)) and what in said[0], said

    fails(lab.control, "another process serves it")
    assert "registrations" in ask(gateway, command="count"), "and it still does"
    plain = lab.dir + "/plain"
    with open(plain, "w") as f:
        f.write("kept")
    fails(plain, "is there, and no socket")
    with open(plain) as f:
        expect(f.read(), "kept")
    fails(lab.dir + "/a/b/c", "No such file")
    fails(plain + "/x", "Not a directory")
    fails(lab.dir + "/new", 'there is no group "nobody-has-this"', 'group = "nobody-has-this";')
    # A stale one is replaced, and nothing is left behind.
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(lab.dir + "/stale")
    stale.close()
    other, _ = start('control = { socket = "%s"; };' % (lab.dir + "/stale"))
    other.wait_ready()
    client = Lines(lab.dir + "/stale")
    expect(client.ask({"command": "count"})["registrations"], 0)
    expect(other.stop(), 0)
    expect((client.line(), os.path.exists(lab.dir + "/stale")), (None, False))
    shutil.rmtree("/var/run/dpdk/other", ignore_errors=True)


def test_off(gateway):
    expect(gateway.stop(), 0)
    expect(os.listdir(os.path.dirname(gateway.lab.control)), [], "sockets left")
    gateway = gateway.lab.gateway()
    expect((gateway.ask("/rdline/events"), gateway.ask("/rdline/control")), ({}, {}))
    expect(os.listdir(os.path.dirname(gateway.lab.control)), [], "sockets made")


main(start)
