#!/usr/bin/python3
"""What Prometheus scrapes: the counters of the telemetry socket, by HTTP."""
import contextlib
import http.client
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
import dtls_lab  # noqa: E402

PORT = 9121
OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
SAMPLE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)+)\})? (\d+(?:\.\d+)?)$')


class InGateway:
    """The gateway's namespace, whose loopback the metrics are on."""

    def __init__(self, lab):
        self.lab = lab

    def scrape(self, path="/metrics", method="GET", accept=()):
        """`accept` is the header's lines."""
        script = ("import http.client, sys\nc = http.client.HTTPConnection('127.0.0.1', %d, timeout=10)\n"
                  "c.putrequest(%r, %r)\nfor line in %r:\n c.putheader('Accept', line)\nc.endheaders()\nr = c.getresponse()\n"
                  "sys.stdout.write('%%d\\n%%s\\n' %% (r.status, r.getheader('Content-Type')) + r.read().decode())" %
                  (PORT, method, path, list(accept)))
        out = subprocess.check_output(["ip", "netns", "exec", self.lab.name + "-gw", sys.executable, "-c", script], timeout=30)
        status, content_type, text = out.decode().split("\n", 2)
        return int(status), content_type, text


def start(lab, extra="", **options):
    subprocess.run(["ip", "-n", lab.name + "-gw", "link", "set", "lo", "up"], check=True)
    return lab.gateway(extra='metrics = { listen = "127.0.0.1:%d"; };%s' % (PORT, extra), **options)


def samples(text):
    """By name and labels; what is no sample must be a comment."""
    out, family = {}, None
    for line in text.splitlines():
        if line.startswith("# "):
            words = line.split(" ", 3)
            if words[1] == "TYPE":
                expect(words[2] in (other for other, _ in out), False, "%s comes in one piece" % words[2])
                family = words[2]
            expect(words[1] == "EOF" or (words[1] in ("TYPE", "HELP") and words[2] == family), True, line)
            continue
        match = SAMPLE.match(line)
        expect(match is not None and match[1].startswith(family), True, line)
        expect((match[1], match[2]) in out, False, "twice: " + line)
        out[match[1], match[2]] = float(match[3])
    return out


def test_both_formats(lab):
    gateway = start(lab)
    inside = InGateway(lab)
    status, kind, plain = inside.scrape()
    expect((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"), "text")
    expect(samples(plain)["rdline_registrations_max", None], 10000.0, "a gauge")
    status, kind, openmetrics = inside.scrape(accept=[OPENMETRICS])
    expect((status, kind), (200, "application/openmetrics-text; version=1.0.0; charset=utf-8"), "OpenMetrics")
    expect(openmetrics.endswith("\n# EOF\n"), True, "its end")
    expect(set(samples(openmetrics)), set(samples(plain)), "the same samples")
    if shutil.which("promtool"):
        subprocess.run(["promtool", "check", "metrics"], input=plain.encode(), check=True, timeout=30)
    expect(gateway.stop(), 0, "exit")


def test_it_tells_what_telemetry_tells(lab):
    gateway = start(lab)
    device = Device()
    expect(device.register("metrics-1").code, "2.01", "Register")
    expect(device.register("metrics-2", "</1/0>").code, "4.00", "without object 3")
    expect(device.raw(b"\x00", 0.2), None, "no CoAP")
    stats, told = gateway.ask("/rdline/stats"), samples(InGateway(lab).scrape()[2])
    for family, label, prefix, names in (("dropped", "reason", "drop_", ("coap_short", "coap_version")),
                                         ("refused", "reason", "refused_", ("mandatory_objects",)),
                                         ("requests", "operation", "requests_", ("register", "update"))):
        for name in names:
            expect(told["rdline_%s_total" % family, '%s="%s"' % (label, name)], float(stats[prefix + name]), name)
    expect(told["rdline_responses_total", 'code="2.01"'], float(stats["code_2_01"]), "2.01")
    expect(told["rdline_responses_total", 'code="4.00"'], float(stats["code_4_00"]), "4.00")
    expect(told["rdline_registrations", None], 1.0, "registrations")
    expect(told["rdline_port_up", 'port="0",device="net_af_packet0,iface=rdl0"'], 1.0, "the port")
    named = {key for key in stats if key not in ("ports", "links_up") and not key.startswith("nic_")}
    counted = {name for name, _ in told}
    for key in named:
        known = any(key.startswith(prefix) for prefix in ("code_", "drop_", "refused_", "ignored_", "requests_"))
        name = "rdline_" + ("store_bytes" if key == "store_octets" else key)
        expect(known or name in counted or name + "_total" in counted, True, key)
    expect(gateway.stop(), 0, "exit")


def test_what_shards_and_workers_keep(lab):
    gateway = start(lab)
    inside = InGateway(lab)
    device = Device()
    expect(device.register("metrics-1", lwm2m="1.1", lt="90").code, "2.01", "Register")
    expect(device.register("metrics-2", lt="90", extra=[b"b=UQ"]).code, "2.01", "queue mode")
    time.sleep(0.1)
    reply = device.register("metrics-3", lwm2m="1.1", lt="1800")
    expect(reply.code, "2.01", "Register")
    told = samples(inside.scrape()[2])
    kind = "rdline_registrations_of_kind"
    expect(told[kind, 'version="1.1",binding="U",security="none"'], 2.0, "a kind")
    expect(told[kind, 'version="1.0",binding="UQ",security="none"'], 1.0, "another")
    soon = sum(told["rdline_registrations_ending", 'minute="%d"' % minute] for minute in range(1, 4))
    expect(soon, 2.0, "that end soon")
    expect(sum(value for (name, _), value in told.items() if name == "rdline_registrations_ending"), 3.0, "within the hour")
    count = told["rdline_reply_seconds_count", 'worker="0"']
    expect(2 <= count <= 3, True, "timed, but for those within a millisecond: %d" % count)
    expect(told["rdline_reply_seconds_bucket", 'worker="0",le="+Inf"'], count, "the last bucket")
    expect(0 < told["rdline_reply_seconds_sum", 'worker="0"'] < 5, True, "how long")
    expect(device.update(reply.location).code, "2.04", "Update")
    expect(device.deregister(reply.location).code, "2.02", "De-register")
    told = samples(inside.scrape()[2])
    expect(sum(value for (name, _), value in told.items() if name == "rdline_registrations_ending"), 2.0, "one less")
    expect(gateway.stop(), 0, "exit")


def test_dtls(lab):
    dtls_lab.provision(lab, "dev-1", "dev-2")
    gateway = start(lab, dtls_lab.group(lab))
    expect(dtls_lab.device("dev-1").register("dev-1", lwm2m="1.1").code, "2.01", "Register")
    expect(dtls_lab.silent(dtls_lab.DtlsClient(identity=b"nobody", key=b"x")), True, "an identity that nobody knows")
    told, figures = samples(InGateway(lab).scrape()[2]), gateway.ask("/rdline/dtls")
    expect(told["rdline_registrations_of_kind", 'version="1.1",binding="U",security="psk"'], 1.0, "a kind")
    expect(sum(value for (name, _), value in told.items() if name == "rdline_dtls_sessions"), 1.0, "sessions")
    for family, key in (("begun", "begun"), ("finished", "finished"), ("resumed", "resumed")):
        expect(told["rdline_dtls_handshakes_%s_total" % family, None], float(figures["handshakes_" + key]), family)
    for (name, labels), value in told.items():
        if name == "rdline_dtls_handshakes_failed_total":
            expect(value, float(figures["handshakes_failed_" + labels.split('"')[1]]), labels)
    expect(told["rdline_dtls_handshakes_failed_total", 'reason="identity"'] >= 1, True, "of nobody")
    expect(told["rdline_dtls_credentials", None], 2.0, "credentials")
    for name, labels, key in (("handshakes_admitted_total", None, "handshakes_admitted"), ("secured_endpoints", None, "secured_endpoints"),
                              ("handshakes_evicted_total", None, "handshakes_evicted"), ("flights_outdated_total", None, "flights_outdated"),
                              ("parcels_withheld_total", None, "parcels_withheld"), ("cbc_sessions", None, "cbc_sessions"),
                              ("credentials_looked_up_total", None, "credentials_looked_up"),
                              ("sessions_registered", None, "sessions_registered"),
                              *(("credentials_changes_total", 'kind="%s"' % kind, "credentials_" + kind) for kind in
                                ("added", "changed", "removed")),
                              *(("cbc_sessions_ended_total", 'reason="%s"' % reason, "cbc_" + reason) for reason in
                                ("crowded", "closed", "broken"))):
        expect(told["rdline_dtls_" + name, labels], float(figures[key]), key)
    expect(told["rdline_dtls_sessions_max", None], 10000.0, "room for sessions")
    expect(gateway.stop(), 0, "exit")


def test_requests_to_devices(lab):
    requests = lab.dir + "/requests.sock"
    gateway = start(lab, 'requests = { socket = "%s"; };' % requests)
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(10)
        caller.connect(requests)
        caller.sendall(b'{"id":"1","endpoint":"nobody","method":"GET","path":"/3/0"}\n')
        expect(json.loads(caller.makefile().readline())["state"], "refused", "nobody of that name")
    until(lambda: gateway.ask("/rdline/requests")["over_refused"] == 1, "no order is refused")
    told = samples(InGateway(lab).scrape()[2])
    expect(told["rdline_orders_taken_total", None], 1.0, "taken")
    expect(told["rdline_orders_over_total", 'state="refused"'], 1.0, "refused")
    expect(told["rdline_orders_over_total", 'state="answered"'], 0.0, "answered")
    expect(told["rdline_observations", None], 0.0, "observations")
    expect(gateway.stop(), 0, "exit")


def test_durable_events(lab):
    events = lab.dir + "/events.sock"
    gateway = start(lab, 'events = { socket = "%s"; }; state = { directory = "%s/state"; keep_mb = 256; };' % (events, lab.dir))
    device, inside = Device(), InGateway(lab)
    expect(samples(inside.scrape()[2])["rdline_cursors", None], 0.0, "cursors")
    subscriber = Lines(events, {"from": "cursor", "name": "billing"})

    def hears(kind):
        while True:
            line = subscriber.line()
            if line["event"] == kind:
                return line

    hears("snapshot-end")
    expect(device.register("durable").code, "2.01", "Register")
    registered = hears("registered")
    told = samples(inside.scrape()[2])
    expect([told["rdline_" + name, None] for name in ("recall_readers", "cursors", "recalled_events_total",
                                                      "recall_snapshots_total", "recall_gaps_total")],
           [1.0, 1.0, 1.0, 1.0, 0.0], "figures")
    expect(told["rdline_cursor_followed", 'cursor="billing"'], 1.0, "followed")
    behind = told["rdline_cursor_lag_entries", 'cursor="billing"']
    expect(behind > 0, True, behind)
    subscriber.send({"ack": {"name": "billing", "partition": registered["partition"], "position": registered["position"]}})
    until(lambda: samples(inside.scrape()[2])["rdline_cursor_acknowledgements_total", None] == 1, "it is acknowledged")
    told = samples(inside.scrape()[2])
    expect(told["rdline_cursor_lag_entries", 'cursor="billing"'] < behind, True, "less behind")
    subscriber.close()
    gap = Lines(events, {"from": {"partition": 0, "position": 1}})
    expect([gap.line()["event"] for _ in range(2)][1], "gap", "what is not kept")
    until(lambda: samples(inside.scrape()[2])["rdline_recall_gaps_total", None] == 1, "a gap is told")
    until(lambda: samples(inside.scrape()[2])["rdline_cursor_followed", 'cursor="billing"'] == 0, "nobody follows it")
    gap.close()
    figures = gateway.ask("/rdline/events")
    told = samples(inside.scrape()[2])
    for name, key in (("recalled_events", "recalled"), ("recalled_registrations", "recalled_rows"),
                      ("recall_snapshots", "recall_snapshots"), ("cursor_write_errors", "cursor_errors")):
        expect(told["rdline_%s_total" % name, None], float(figures[key]), name)
    expect(gateway.stop(), 0, "exit")


def test_sockets(lab):
    """What telemetry tells of them, each by its name here."""
    names = {"events": "events", "requests": "requests", "control": "control"}
    paths = {name: "%s/%s.sock" % (lab.dir, name) for name in names}
    gateway = start(lab, "".join('%s = { socket = "%s"; };\n' % item for item in paths.items()))
    subscriber = Lines(paths["events"], {"from": "now", "events": ["registered", "refused"]})
    expect(subscriber.line()["event"], "subscribed", "a subscriber")
    caller, asker = Lines(paths["requests"], b"no request\n"), Lines(paths["control"], b"nothing\n")
    expect(["error" in caller.line(), "error" in asker.line()], [True, True], "errors")
    expect(Device().register("told").code, "2.01", "Register")
    expect(Device().register("refused", "</1/0>").code, "4.00", "without object 3")
    expect({subscriber.line()["event"] for _ in range(2)}, {"registered", "refused"}, "told")
    caller.send({"id": "1", "endpoint": "nobody", "method": "GET", "path": "/0/0"})
    expect(caller.line()["state"], "refused", "the Security Object")
    own = {"subscribers": "event_subscribers", "rows": "event_rows_total", "walks": "event_walks_total", "events": "events_total",
           "refused": "event_refusals_total", "refused_suppressed": "event_refusals_suppressed_total",
           "lost_ring": 'events_lost_total{at="ring"}', "lost_subscribers": 'events_lost_total{at="subscriber"}',
           "captures": "captures_total", "captured": "captured_packets_total", "capture_lost": "captured_packets_lost_total",
           "callers_requests": "caller_requests_total", "callers_refused": "caller_requests_refused_total",
           "callers_denied": "caller_requests_denied_total", "callers_full": "caller_requests_full_total",
           "callers_observations_full": "caller_observations_full_total", "callers_updates": "caller_updates_total",
           "callers_outstanding": "caller_requests_outstanding", "callers_observing": "caller_observations",
           "callers_octets": "caller_bytes", "callers_lost": "caller_lines_lost_total"}
    lines = {"connections": "connections", "accepted": "accepted_total", "turned_away": "turned_away_total", "errors": "errors_total",
             "let_go": "let_go_total"}
    told = {name + ("{%s}" % labels if labels else ""): value for (name, labels), value in samples(InGateway(lab).scrape()[2]).items()}
    for socket_name in names:
        figures, seen = gateway.ask("/rdline/" + socket_name), 0
        for key, value in figures.items():
            name = own.get(key) or key in lines and 'socket_%s{socket="%s"}' % (lines[key], socket_name)
            if name:
                expect(told["rdline_" + name], float(value), "%s of %s" % (key, socket_name))
                seen += 1
        expect(seen >= 8, True, "%s: %d figures" % (socket_name, seen))
    expect([told["rdline_" + name] for name in ('socket_errors_total{socket="control"}', "event_refusals_total",
                                                "caller_requests_denied_total", "event_subscribers")], [1.0] * 4, "counted")
    expect(gateway.stop(), 0, "exit")


def test_what_else_is_asked(lab):
    gateway = start(lab)
    inside = InGateway(lab)
    expect(inside.scrape("/")[0], 404, "another path")
    expect(inside.scrape("http://gateway:9121/metrics")[0], 200, "as a proxy is asked")
    expect([inside.scrape("http://gateway/" + path)[0] for path in ("", "x/metrics")], [404, 404], "another path so")
    for lines in (["text/plain;q=0.1", OPENMETRICS], ["a/b" * 400, "application/openmetrics-text"]):
        expect(inside.scrape(accept=lines)[1].startswith("application/openmetrics-text"), True, lines)
    expect(inside.scrape(method="HEAD")[::2], (200, ""), "HEAD")
    expect(inside.scrape(method="DELETE")[0], 405, "another method")
    # Who never comes to an end of what he asks gives way.
    script = ("import contextlib, socket, time\nheld = [socket.create_connection(('127.0.0.1', %d)) for _ in range(40)]\nwhile True:\n"
              " for s in held:\n  with contextlib.suppress(OSError):\n   s.send(b'G')\n time.sleep(1)" % PORT)
    holder = subprocess.Popen(["ip", "netns", "exec", lab.name + "-gw", sys.executable, "-c", script])
    try:
        time.sleep(1)
        expect(Device().register("meanwhile").code, "2.01", "devices do not notice")

        def answered():
            with contextlib.suppress(subprocess.SubprocessError):
                return inside.scrape()[0] == 200

        until(answered, "it answers", 20)
    finally:
        holder.kill()
        holder.wait()
    expect(gateway.stop(), 0, "exit")


def test_a_port_that_is_taken(lab):
    gateway = start(lab)
    other = config(lab.instance + "2", extra='metrics = { listen = "127.0.0.1:%d"; };' % PORT)
    code, log = lab.gateway(other, ready=False).failure(60)
    expect((code, "metrics cannot be served at 127.0.0.1:%d: Address already in use" % PORT in log), (1, True), log)
    expect(gateway.stop(), 0, "exit")
    again = start(lab)
    expect(InGateway(lab).scrape()[0], 200, "once it is free")
    expect(again.stop(), 0, "exit")


main(lambda lab: lab)
