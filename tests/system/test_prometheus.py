#!/usr/bin/python3
"""Debian's Prometheus beside the gateway: it takes the alert rules, and has an answer to every query of the dashboard."""
import json
import os
import re
import shutil
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403
import dtls_lab  # noqa: E402

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RULES = TREE + "/conf/rdline.rules.yml"
RULES_TEST = TREE + "/tests/conf/rules.test.yml"
DASHBOARD = TREE + "/conf/grafana-dashboard.json"
GATEWAY, PROMETHEUS = 9121, 9090
# Grafana's own; the interval holds some scrapes.
VARIABLES = {"$__rate_interval": "6s", "$instance": ".*"}


def needed(program):
    # 96 MB: nothing that scripts/deps installs for a test.
    if shutil.which(program) is None:
        raise Skip("no %s: apt-get install prometheus" % program)


def promtool(*words):
    needed("promtool")
    done = subprocess.run(["promtool", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    expect(done.returncode, 0, done.stdout)


def alerts(path):
    with open(path) as f:
        return re.findall(r"(?:- alert|- name): (Rdline\w+)", f.read())


def test_rules(_):
    promtool("check", "rules", RULES)
    promtool("test", "rules", RULES_TEST)
    expect(alerts(RULES_TEST), alerts(RULES), "each alert has its test")


def queries():
    """Of each panel, and where it is in the dashboard."""
    with open(DASHBOARD) as f:
        dashboard = json.load(f)
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            expr = target["expr"]
            for name, value in VARIABLES.items():
                expr = expr.replace(name, value)
            yield panel["title"], expr


class Prometheus:
    """In the gateway's namespace, with the gateway as its only target."""

    def __init__(self, lab):
        self.lab = lab
        config = lab.dir + "/prometheus.yml"
        with open(config, "w") as f:
            f.write("global: { scrape_interval: 1s, evaluation_interval: 1s }\nrule_files: [ %s ]\n"
                    "scrape_configs:\n- { job_name: rdline, static_configs: [ { targets: [ '127.0.0.1:%d' ] } ] }\n" % (RULES, GATEWAY))
        self.log = open(lab.dir + "/prometheus.log", "w")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", lab.name + "-gw", "prometheus", "--config.file=" + config, "--storage.tsdb.path=" + lab.dir + "/tsdb",
             "--web.listen-address=127.0.0.1:%d" % PROMETHEUS], stdout=self.log, stderr=subprocess.STDOUT)

    def ask(self, *paths):
        """What the API says to each, in one go; None while it does not answer."""
        script = ("import sys, urllib.request, urllib.error\nfor url in sys.argv[1:]:\n"
                  " try:\n  r = urllib.request.urlopen(url, timeout=10)\n"
                  " except urllib.error.HTTPError as e:\n  r = e\n print(r.read().decode().strip())")
        urls = ["http://127.0.0.1:%d/api/v1/%s" % (PROMETHEUS, path) for path in paths]
        done = subprocess.run(["ip", "netns", "exec", self.lab.name + "-gw", sys.executable, "-c", script, *urls],
                              capture_output=True, text=True, timeout=60)
        return [json.loads(line) for line in done.stdout.splitlines()] if done.returncode == 0 else None

    def query(self, *exprs):
        """The results of each."""
        results = []
        for expr, answer in zip(exprs, self.ask(*("query?" + urllib.parse.urlencode({"query": expr}) for expr in exprs)) or ()):
            expect(answer["status"], "success", "%s: %s" % (expr, answer.get("error")))
            results.append(answer["data"]["result"])
        return results

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


def kept(lab, name):
    """Events are kept, too, and somebody may follow a cursor."""
    return 'events = { socket = "%s/events.sock"; };\nstate = { directory = "%s/%s"; keep_mb = 256; };' % (lab.dir, lab.dir, name)


def traffic(devices, session):
    """A bit of everything that panels show."""
    for n, device in enumerate(devices):
        device.update(device.register("prometheus-%d" % n, lwm2m="1.1").location)
    devices[0].register("refused", "</1/0>")
    devices[0].raw(b"\x00", 0.01)
    session.register("dev-1", lwm2m="1.1")


def test_every_query_has_an_answer(lab):
    needed("prometheus")
    subprocess.run(["ip", "-n", lab.name + "-gw", "link", "set", "lo", "up"], check=True)
    dtls_lab.provision(lab, "dev-1")
    gateway = lab.gateway(extra='metrics = { listen = "127.0.0.1:%d"; };\n%s\n%s' %
                          (GATEWAY, kept(lab, "state"), dtls_lab.group(lab)))
    subscriber = Lines(lab.dir + "/events.sock", {"from": "cursor", "name": "billing"})
    prometheus = Prometheus(lab)
    try:
        devices, session = [Device() for _ in range(8)], dtls_lab.device("dev-1")

        def scraped():
            traffic(devices, session)
            times = prometheus.query("count_over_time(rdline_registrations[1m])")
            return times and times[0] and int(times[0][0]["value"][1]) > 8

        until(scraped, "Prometheus has scraped", 60)
        asked = list(queries())
        for (title, expr), result in zip(asked, prometheus.query(*(expr for _, expr in asked))):
            expect(len(result) > 0, True, "%s: nothing: %s" % (title, expr))
            expect(any(sample["value"][1] == "NaN" for sample in result), False, "%s: no number: %s" % (title, expr))
        expect(len(asked) > 40, True, "queries: %d" % len(asked))
        expect(prometheus.query("sum(rdline_registrations)")[0][0]["value"][1], "9", "registrations")
        rules = [rule for group in prometheus.ask("rules")[0]["data"]["groups"] for rule in group["rules"]]
        expect([rule["health"] for rule in rules], ["ok"] * len(alerts(RULES)), "rules are evaluated")
        expect({rule["name"] for rule in rules if rule["state"] == "firing"}, set(), "nothing to wake anybody for")
    finally:
        prometheus.stop()
    subscriber.close()
    expect(gateway.stop(), 0, "exit")


def test_what_they_name_is_there(lab):
    """No alert waits for a counter that has another name."""
    subprocess.run(["ip", "-n", lab.name + "-gw", "link", "set", "lo", "up"], check=True)
    dtls_lab.Authority(lab)
    gateway = lab.gateway(extra='metrics = { listen = "127.0.0.1:%d"; };\n%s\n%s' %
                          (GATEWAY, kept(lab, "state2"), dtls_lab.group(lab, certified=True)))
    Lines(lab.dir + "/events.sock", {"from": "cursor", "name": "billing"}).line()
    Device().register("named")
    told = subprocess.check_output(["ip", "netns", "exec", lab.name + "-gw", sys.executable, "-c",
                                    "import urllib.request as u\nprint(u.urlopen('http://127.0.0.1:%d/metrics').read().decode())" % GATEWAY],
                                   text=True, timeout=30)
    with open(RULES) as f:
        text = f.read()
    text += "\n".join(expr for _, expr in queries())
    for name in set(re.findall(r"\b(rdline_\w+)", text)):
        expect(re.search(r"^%s[ {]" % name, told, re.M) is not None, True, name)
    reasons = set(re.findall(r'reason="(\w+)"', told))
    for alternatives in re.findall(r'reason=~?"([\w|]+)"', text):
        expect(set(alternatives.split("|")) - reasons, set(), "reasons")
    expect(gateway.stop(), 0, "exit")


main(lambda lab: lab)
