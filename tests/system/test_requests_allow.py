#!/usr/bin/python3
"""Who may send what to devices: by the groups of the process that connected."""
import grp
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from managed import *  # noqa: E402,F403

DAEMON, MAIL = grp.getgrnam("daemon").gr_gid, grp.getgrnam("mail").gr_gid
ALLOW = """( { group = "daemon"; methods = [ "GET", "FETCH" ]; },
    { group = "mail"; paths = [ "/1/*", "/3/0/1?" ]; },
    { group = "daemon"; methods = [ "POST" ]; paths = [ "/3/0/4" ]; } )"""


def start(lab):
    gateway = lab.gateway(extra=sockets(lab, mode='"0666"', allow=ALLOW))
    gateway.device = Scripted(Device(), "managed")
    return gateway


def caller(gateway, group=None, supplementary=()):
    """One that connects as a member of these groups."""
    was, groups = os.getegid(), os.getgroups()
    os.setgroups(supplementary)
    if group is not None:
        os.setegid(group)
    try:
        return Caller(gateway)
    finally:
        os.setegid(was)
        os.setgroups(groups)


def may(gateway, caller, method, path, **more):
    """Whether a request reaches the device."""
    id = caller.give("managed", method, path, **more)
    line = caller.next(id)
    if line["state"] == "refused":
        expect(line["code"], "4.01")
        expect(gateway.device.hear(0.1), None)
        return False
    request = gateway.device.hear()
    expect(request.path, path)
    gateway.device.answer(request)
    expect(caller.until(id, *OVER)["state"], "answered")
    return True


def check(gateway, who, allowed, barred):
    expect([request for request in allowed if not may(gateway, who, *request)], [])
    expect([request for request in barred if may(gateway, who, *request)], [])
    who.close()


def test_group(gateway):
    check(gateway, caller(gateway, DAEMON), [("GET", "/3/0/0"), ("GET", "/5"), ("POST", "/3/0/4")],
          [("PUT", "/3/0/14"), ("DELETE", "/33000/0"), ("POST", "/3/0/5"), ("GET", "/0/0")])


def test_supplementary(gateway):
    check(gateway, caller(gateway, supplementary=[MAIL]), [("POST", "/1/0/8"), ("PUT", "/3/0/14"), ("GET", "/3/0/13")],
          [("GET", "/3/0/1"), ("GET", "/1"), ("GET", "/3/0/144"), ("GET", "/5/0/0")])
    check(gateway, caller(gateway, supplementary=[MAIL, DAEMON]), [("PUT", "/1/0/1"), ("GET", "/5")], [("PUT", "/5/0/0")])


def test_nobody(gateway):
    check(gateway, caller(gateway), [], [("GET", "/3/0/0"), ("POST", "/1/0/8")])


def test_composite(gateway):
    """Every path in the payload is looked at."""
    who = caller(gateway, supplementary=[MAIL])
    good, bad = ([{"n": "/3/0/14"}, {"n": "/1/0/1"}], [{"n": "/3/0/14"}, {"n": "/5/0/3"}])
    for records, allowed in ((good, True), (bad, False)):
        id = who.give("managed", "FETCH", "/", json.dumps(records), content_format=110)
        line = who.next(id)
        expect(line["state"] != "refused", allowed, line)
        if allowed:
            gateway.device.answer(gateway.device.hear())
            who.until(id, "answered")
    expect(gateway.device.hear(0.1), None)


def test_reload(gateway):
    """Who was connected before may send by the new file what that lets through, and nothing else; who did send goes on."""
    daemon, nobody = caller(gateway, DAEMON), caller(gateway)
    expect(may(gateway, daemon, "GET", "/3/0/0"), True)
    expect(may(gateway, nobody, "GET", "/3/0/0"), False)
    under_way = daemon.give("managed", "GET", "/3/0/1")
    asked = gateway.device.hear()
    own = grp.getgrgid(os.getegid()).gr_name
    text = open(gateway.path).read()
    assert ALLOW in text
    said = reload(gateway, text.replace(ALLOW, '( { group = "%s"; methods = [ "GET" ]; } )' % own))
    expect(said[:-1], ["info reload: changed key=requests.allow"], "what it says")
    gateway.device.answer(asked)
    expect(daemon.until(under_way, *OVER)["state"], "answered")
    expect(may(gateway, daemon, "GET", "/3/0/0"), False)
    expect(may(gateway, nobody, "GET", "/3/0/0"), True)
    expect(may(gateway, nobody, "PUT", "/3/0/14"), False)
    said = reload(gateway, text.replace(ALLOW, '( { group = "nobody-has-this"; } )'))
    expect(said[-1], "error reload: nothing is changed: the file cannot be used", said)
    assert "there is no group" in said[0], said
    expect(may(gateway, nobody, "GET", "/3/0/0"), True)
    expect(reload(gateway, text)[:-1], ["info reload: changed key=requests.allow"], "back again")
    expect(may(gateway, daemon, "GET", "/3/0/0"), True)
    expect(may(gateway, nobody, "GET", "/3/0/0"), False)
    daemon.close()
    nobody.close()


main(start)
