#!/usr/bin/python3
"""The configuration read again while the gateway runs: what changes, when, what does not, and that nobody notices."""
import os
import re
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

LOAD = os.path.join(ROOT, "build/test/load")
ENDPOINTS = 20000


def done(lines, changed, waiting):
    """Checks the last line, and returns the number of the rules."""
    last = re.fullmatch(r"info reload: done rules=(\d+) changed=(\d+) waiting=(\d+) ms=\d+", lines[-1])
    expect(last is not None and (int(last[2]), int(last[3])), (changed, waiting), "\n".join(lines))
    return int(last[1])


def numbers(gateway):
    return [gateway.ask(command)["rules"] for command in ("/rdline/info", "/rdline/worker,0", "/rdline/shard,0")]


def test_what_changes(lab):
    """Each kind of key; all roles show the number of the rules that they go by, also while nothing comes."""
    gateway = lab.gateway()
    expect(numbers(gateway), [1, 1, 1], "at the start")
    device = Device()
    location = device.register("dev", lwm2m="1.1", lt="60").location
    expect(device.register("new", lwm2m="1.2").code, "4.12", "1.2")
    text = config(lab.instance, lwm2m='version = "1.2"; lifetime_min = 100; own_objects = ( { id = 1; }, { id = 3; } );',
                  extra='endpoints = { deny = [ "bad*" ]; }; admission = { registers_per_s = 7; updates = 3; };')
    expect(sorted(reload(gateway, text)[:-1]), [
        "info reload: changed key=admission.registers_per_s was=0 now=7",
        "info reload: changed key=admission.updates was=10 now=3",
        "info reload: changed key=endpoints.deny",
        "info reload: changed key=lwm2m.lifetime_min was=0 now=100",
        "info reload: changed key=lwm2m.own_objects",
        'info reload: changed key=lwm2m.version was="1.1" now="1.2"'], "changes")
    until(lambda: numbers(gateway) == [2, 2, 2], "the roles have not moved on")
    policy = gateway.ask("/rdline/policy")
    expect([policy[k] for k in ("version", "lifetime_min", "objects", "deny_patterns", "admission_registers_per_s", "admission_updates")],
           ["1.2", 100, 2, 1, 7, 3], "policy")
    expect(device.register("new", lwm2m="1.2").code, "2.01", "1.2")
    expect(device.register("bad").code, "4.03", "barred")
    expect(device.register("dev2", "</1/0>,</3/0>,</5/0>").code, "2.01")
    expect(gateway.registration("dev2")["objects"], ["1/0", "3/0"], "its list")
    expect(done(reload(gateway), 0, 0), 2, "the same file again")
    expect(device.update(location).code, "2.04", "who was there")
    expect(gateway.registration("dev")["lifetime"], 60, "no registration changes")
    expect(gateway.stop(), 0)


def test_registrations_stay(lab):
    """Lists stay as they were filtered; so does what a barred name has, which cannot register anew; a version no longer
    served is updated."""
    gateway = lab.gateway(lwm2m='version = "1.2";')
    device = Device()
    there = {name: device.register(name, "</1/0>,</3/0>,</5/0>", lwm2m="1.2").location for name in ("barred", "other")}
    done(reload(gateway, config(lab.instance, lwm2m='version = "1.0"; own_objects = ( { id = 1; }, { id = 3; } );',
                                extra='endpoints = { deny = [ "barred" ]; };')), 3, 0)
    for name, location in there.items():
        expect(device.update(location).code, "2.04", name)
        expect([gateway.registration(name)[k] for k in ("version", "objects")], ["1.2", ["1/0", "3/0", "5/0"]], name)
    expect(device.update(there["other"], payload="</1/0>,</3/0>,</5/1>").code, "2.04", "another list")
    expect(gateway.registration("other")["objects"], ["1/0", "3/0"], "is judged by what is in force")
    late = message(POST, Device.mid(), [(URI_PATH, "rd"), (URI_QUERY, "ep=late"), (CONTENT_FORMAT, b"\x28")], b"</1/0>,</3/0>")
    expect(device.raw(late).code, "2.01", "another")
    expect(device.register("barred").code, "4.03", "its next Register")
    expect(device.update(there["barred"]).code, "2.04", "what it has lives on")
    done(reload(gateway, config(lab.instance, lwm2m='version = "1.0"; own_objects = ( { id = 1; }, { id = 3; } );',
                                extra='endpoints = { deny = [ "barred", "late" ]; };')), 1, 0)
    expect(device.raw(late).code, "4.03", "a late copy")
    expect(gateway.registration("late") != {}, True, "what its original has registered")
    expect(device.deregister(there["other"]).code, "2.02", "De-register")
    expect(gateway.stop(), 0)


def test_log_level(lab):
    """What a reload says is shown by the old level or the new, whichever shows more."""
    gateway = lab.gateway()
    expect(reload(gateway, config(lab.instance, extra='log = { level = "error"; };'))[:-1],
           ['info reload: changed key=log.level was="info" now="error"'], "less")
    before = gateway.log()
    gateway.process.send_signal(signal.SIGUSR1)
    time.sleep(0.3)
    expect(gateway.log(), before, "no line of info")
    expect(reload(gateway, config(lab.instance))[:-1], ['info reload: changed key=log.level was="error" now="info"'], "more")
    gateway.process.send_signal(signal.SIGUSR1)
    until(lambda: "info signal: ignored signal=SIGUSR1" in gateway.log(), "no line of info")
    expect(gateway.stop(), 0)


def test_what_waits(lab):
    """Keys that are read at the start only are named at each reload, and what may change changes."""
    gateway = lab.gateway()
    text = config(lab.instance, shards=2, coap="port = 5684; exchange_lifetime = 100; diagnostics = false;",
                  lwm2m="expiry_grace = 5;", ports='{ device = "net_af_packet0,iface=rdl0"; addresses = [ "192.0.2.9/24" ]; }')
    waits = ["warn reload: waits for a restart key=" + key for key in (
        "shards was=1 now=2", "ports", "coap.port was=5683 now=5684", "coap.exchange_lifetime was=247 now=100",
        "lwm2m.expiry_grace was=0 now=5")]
    lines = reload(gateway, text)
    expect(lines[:-1], ["info reload: changed key=coap.diagnostics was=true now=false"] + waits, "first")
    expect(done(lines, 1, 5), 2)
    lines = reload(gateway)
    expect(lines[:-1], waits, "second")
    expect(done(lines, 0, 5), 2)
    expect([gateway.ask("/rdline/info")[k] for k in ("coap_port", "shards")], [5683, 1], "as it was")
    expect(Device().register("dev").code, "2.01", "still serves")
    expect(done(reload(gateway, config(lab.instance)), 1, 0), 3, "back again")
    expect(gateway.stop(), 0)


def test_errors(lab):
    """Nothing changes, and each error is said with its place; nor does the file that is gone, or a pipe."""
    gateway = lab.gateway(extra='endpoints = { deny = [ "bad" ]; };')
    device = Device()
    good = config(lab.instance)
    known = os.path.join(lab.dir, "known.fifo")
    os.mkfifo(known)
    read_end, write_end = os.pipe()
    cases = (
        (good + "workers = 0;\nnothing = 1;\n", [": workers must be a whole number from 1 to 64, not 0", ": nothing is not a known key"]),
        (good + "control = {\n", [": syntax error"]),
        (config(lab.instance, lwm2m='version = "2.0";'), [": lwm2m.version is 2.0: the major version is 1 until a restart"]),
        (config(lab.instance, extra='endpoints = { known = "%s"; };' % known),
         [": endpoints.known cannot open %s: a FIFO, not a file" % known]),
        (config(lab.instance, extra='endpoints = { known = "none.txt"; };'),
         [": endpoints.known cannot open %s/none.txt: No such file or directory" % lab.dir]),
        ('@include "/proc/%d/fd/%d"\n' % (os.getpid(), read_end) + good,
         [": cannot open /proc/%d/fd/%d: a pipe, which cannot be read again" % (os.getpid(), read_end)]),
    )
    for text, wanted in cases:
        lines = reload(gateway, text)
        expect(lines[-1], "error reload: nothing is changed: the file cannot be used", "\n".join(lines))
        expect(len(lines), len(wanted) + 1, "\n".join(lines))
        for line, want in zip(lines, wanted):
            assert re.fullmatch(re.escape(gateway.path) + r":\d+" + re.escape(want), line), (line, want)
        expect(device.register("bad").code, "4.03", "the old rules")
    os.close(read_end)
    os.close(write_end)
    os.unlink(gateway.path)
    expect(reload(gateway), [gateway.path + ": cannot open: No such file or directory",
                             "error reload: nothing is changed: the file cannot be used"], "no file")
    expect([device.register("bad").code] + numbers(gateway), ["4.03", 1, 1, 1], "the old rules")
    expect(done(reload(gateway, good), 1, 0), 2, "and the file again")
    expect(device.register("bad").code, "2.01", "the new rules")
    expect(gateway.stop(), 0)


def test_started_from_a_pipe(lab):
    """What was read from a pipe stays."""
    text = config(lab.instance, extra='endpoints = { deny = [ "bad" ]; };')
    gateway = lab.gateway(text, under=["bash", "-c", 'exec "$0" -c /dev/stdin < <(cat "$2")'])
    lines = reload(gateway)
    expect(lines, ["/dev/stdin: cannot open: a pipe, which cannot be read again",
                   "error reload: nothing is changed: the file cannot be used"], "a pipe")
    expect(Device().register("bad").code, "4.03", "what was read before")
    expect(gateway.stop(), 0)


def test_at_once(lab):
    """In effect within 100 ms: from the signal to the first verdict by the new rules, with a device that asks all the time."""
    texts = [config(lab.instance, extra='endpoints = { deny = [ %s ]; };' % deny) for deny in ('"bad"', "")]
    gateway = lab.gateway()
    device = Device()
    took = []
    for i in range(30):
        with open(gateway.path, "w") as f:
            f.write(texts[i % 2])
        began = time.monotonic()
        gateway.process.send_signal(signal.SIGHUP)
        while device.register("bad").code != ("4.03", "2.01")[i % 2]:
            expect(time.monotonic() - began < 5, True, "in effect")
        took.append((time.monotonic() - began) * 1000)
    print("# in effect after %.1f ms (median), %.1f ms (worst of %d)" % (statistics.median(took), max(took), len(took)))
    expect(statistics.median(took) < 100, True, took)
    expect(gateway.stop(), 0)


def test_under_load(lab):
    """Thousands of devices register, register again, update and leave while the file is read again and again."""
    texts = [config(lab.instance, memory="registrations = 30000;", lwm2m="lifetime_min = %d; keep_attributes = %s;" % (n, ("false", "true")[n % 2]),
                    coap="diagnostics = %s;" % ("true", "false")[n % 2],
                    extra="admission = { registers_per_s = %d; per_prefix = %d; updates = %d; };" % (n % 2 * 10**9, n % 3 * 10**8, 900 + n % 2))
             for n in range(1, 7)]
    gateway = lab.gateway(texts[0])
    process = subprocess.Popen([LOAD, "--json", "--to", GATEWAY4, "--from", "10.0.0.1", "--seconds", "100", "--window", "64",
                                "--endpoints", str(ENDPOINTS)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    reloads = 0
    while process.poll() is None:
        reloads += 1
        done_before = gateway.log().count("info reload: done")
        with open(gateway.path + ".new", "w") as f:
            f.write(texts[reloads % len(texts)])
        os.rename(gateway.path + ".new", gateway.path)
        gateway.process.send_signal(signal.SIGHUP)
        until(lambda: gateway.log().count("info reload: done") > done_before, "no reload")
        time.sleep(0.02)
    out, complaints = process.communicate()
    results = [json.loads(line) for line in out.splitlines()]
    expect(process.returncode, 0, complaints)
    expect([(r["phase"], r["answered"], r["wrong"], r["lost"]) for r in results],
           [(p, ENDPOINTS, 0, 0) for p in ("register", "re-register", "update", "de-register")], "phases")
    stats = gateway.ask("/rdline/stats")
    expect([stats[k] for k in ("registered", "replaced", "updated", "deregistered", "registrations")], [ENDPOINTS] * 4 + [0], "stats")
    copies = sum(r["retransmitted"] for r in results)
    expect(sum(stats[k] for k in stats if k.startswith(("drop_", "refused_"))), 0, {k: stats[k] for k in stats if stats[k]})
    expect(numbers(gateway), [reloads + 1] * 3, "rules")
    expect("error" in gateway.log(), False, gateway.log())
    rates = ", ".join("%s %d/s" % (r["phase"], r["ops_per_s"]) for r in results)
    print("# %d reloads under load: %d requests answered of %d, %d copies sent, 0 lost (%s)"
          % (reloads, sum(r["answered"] for r in results), 4 * ENDPOINTS, copies, rates))
    expect(gateway.stop(), 0)


def test_while_it_starts(lab):
    """A SIGHUP that comes too early is not lost, and ends nothing."""
    gateway = lab.gateway(ready=False)

    def holds_signals():
        with open("/proc/%d/status" % gateway.process.pid) as f:
            return int(re.search(r"^SigBlk:\s*(\w+)", f.read(), re.M)[1], 16) >> signal.SIGHUP - 1 & 1
    until(holds_signals, "signals are not held")
    gateway.process.send_signal(signal.SIGHUP)
    gateway.wait_ready()
    until(lambda: "info reload: done rules=1 changed=0" in gateway.log(), "no reload")
    expect(gateway.stop(), 0)


def setup(lab):
    subprocess.run(["ip", "route", "add", "local", "10.0.0.0/8", "dev", "dev0"], check=True, timeout=20)
    return lab


main(setup)
