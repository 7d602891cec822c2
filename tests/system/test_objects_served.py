#!/usr/bin/python3
"""The OMA's list of objects at work: what stays of a device's object list, and what is left out and counted."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

OBJECTS = """
@include "%s/conf/objects.conf"
own_objects = ( { id = 33000; versions = [ "1.0" ]; multiple = false; }, { id = 6; versions = [ "7.0" ]; } );
""" % ROOT
IGNORED = ("security", "reserved", "object", "version", "instance", "foreign", "attributes")


def start(lab):
    return lab.gateway(lwm2m=OBJECTS)


def kept(gateway, objects):
    """What a registration of them has as object_attributes, by all who tell."""
    stream = Lines(gateway.lab.events, {"from": "now"})
    stream.line()
    expect(Device().register("kept", "</1/0>,</3/0>," + objects, "1.1").code, "2.01", objects)
    event = stream.line()
    stream.close()
    snapshot = Lines(gateway.lab.events, {"from": "snapshot"})
    rows = [snapshot.line() for _ in range(3)]
    snapshot.close()
    client = Lines(gateway.lab.control)
    shown = client.ask({"command": "show", "endpoint": "kept"})["registration"]
    client.close()
    told = [r.get("object_attributes") for r in (event, rows[2], shown)]
    expect(told[1:], told[:-1], objects)
    return told[0], gateway.registration("kept").get("object_attributes")


def registers(gateway, objects, kept, **ignored):
    """Registers `objects`: `kept` is what stays, `ignored` how many links are counted for the rest."""
    before = gateway.ask("/rdline/stats")
    device = Device()
    answer = device.register("filtered", "</1/0>,</3/0>," + objects, "1.1")
    expect(answer.code, "2.01", objects)
    expect(gateway.registration("filtered")["objects"], kept, objects)
    after = gateway.ask("/rdline/stats")
    counted = {name: after["ignored_" + name] - before["ignored_" + name] for name in IGNORED}
    expect(counted, {name: ignored.get(name, 0) for name in IGNORED}, objects)


def test_the_list_is_the_policy(gateway):
    policy = gateway.ask("/rdline/policy")
    expect((policy["all_objects"], policy["objects"]), (0, 326 + 1), "of two own objects, one is in the list as well")


def test_listed_objects_stay(gateway):
    registers(gateway, "</1/1>,</1>;ver=1.2,</3>;ver=1.0,</5>,</3303/0>,</3303/7>,</18831/2>",
              ["1/0", "1/1", "3/0", "5", "3303/0", "3303/7", "18831/2"])


def test_unknown_object_is_left_out(gateway):
    registers(gateway, "</9999/0>,</9999/1>,</33001>", ["1/0", "3/0"], object=3)


def test_unknown_version_is_left_out(gateway):
    registers(gateway, "</5/0>,</3>;ver=9.9", ["1/0", "5/0"], version=2)
    registers(gateway, "</4>;ver=1.4,</4/0>", ["1/0", "3/0"], version=2)
    registers(gateway, "</4>;ver=1.3,</4/0>", ["1/0", "3/0", "4/0"])


def test_further_instance_of_a_single_object_is_left_out(gateway):
    registers(gateway, "</3/1>,</4/1>,</4/0>", ["1/0", "3/0", "4/0"], instance=2)


def test_security_is_left_out(gateway):
    registers(gateway, "</0/0>,</0>;ver=1.1", ["1/0", "3/0"], security=2)


def test_own_objects(gateway):
    registers(gateway, "</33000>;ver=1.0,</33000/0>", ["1/0", "3/0", "33000/0"])
    registers(gateway, "</33000>;ver=1.1,</33000/0>", ["1/0", "3/0"], version=2)
    registers(gateway, "</33000/0>,</33000/1>", ["1/0", "3/0", "33000/0"], instance=1)


def test_own_object_wins_over_the_list(gateway):
    registers(gateway, "</6>;ver=7.0,</6/3>", ["1/0", "3/0", "6/3"])
    registers(gateway, "</6>;ver=1.0,</6/0>", ["1/0", "3/0"], version=2)


def test_attributes_are_kept_where_that_is_wanted(gateway):
    lab = gateway.lab
    lab.events, lab.control = lab.dir + "/events.sock", lab.dir + "/control.sock"
    sockets = 'events = { socket = "%s"; }; control = { socket = "%s"; };' % (lab.events, lab.control)
    objects = '</>;rt="oma.lwm2m";ct=112;hb,</3303/0>;obs;title="\\"x\\", y",</3303>;ver=1.1;dim=2,</9999/0>;obs,</5/0/1>;obs'
    wanted = {"3303/0": 'obs;title="\\"x\\", y"', "3303": "dim=2", "/": "hb"}
    expect(gateway.stop(), 0)
    other = lab.gateway(lwm2m=OBJECTS, extra=sockets)
    expect(other.ask("/rdline/policy")["keep_attributes"], 0)
    expect(kept(other, objects), (None, None))
    expect(other.stop(), 0)
    other = lab.gateway(lwm2m=OBJECTS + "keep_attributes = true;", extra=sockets)
    expect(other.ask("/rdline/policy")["keep_attributes"], 1)
    for _ in range(3):  # known to the worker by then
        expect(kept(other, objects), (wanted, wanted))
    expect(kept(other, "</5>"), (None, None))
    # Beyond what telemetry can say, and beyond what is kept; never refused.
    long, too_long = 'title="%s"' % ("ä" * 100), 'title="%s"' % ("x" * 1100)
    expect(kept(other, "</5/0>;%s,</6/0>;obs" % long), ({"5/0": long, "6/0": "obs"}, {"6/0": "obs"}))
    expect(kept(other, "</5/0>;%s,</6/0>;obs" % too_long), ({"6/0": "obs"}, {"6/0": "obs"}))
    expect(other.ask("/rdline/stats")["ignored_attributes"], 1)
    # What changed is the list.
    stream, device = Lines(lab.events, {"from": "now"}), Device()
    stream.line()
    location = [s.decode() for s in device.register("kept", "</1/0>,</3/0>;a", "1.1").location]
    expect(stream.line()["object_attributes"], {"3/0": "a"})
    for payload, changed, has in (("</1/0>,</3/0>;a", [], {"3/0": "a"}), ("</3/0>;b,</1/0>", ["objects"], {"3/0": "b"})):
        expect(device.update(location, [], payload).code, "2.04")
        event = stream.line()
        expect((event["changed"], event["object_attributes"]), (changed, has))
    # A registration with an alternate path, whose lists the shard reads.
    location = [s.decode() for s in device.register("rooted", '</x>;rt="oma.lwm2m",</x/1/0>,</x/3/0>;c', "1.1").location]
    expect(stream.line()["object_attributes"], {"3/0": "c"})
    expect(device.update(location, [], "</x/1/0>,</x/3/0>;d").code, "2.04")
    expect(stream.line()["object_attributes"], {"3/0": "d"})
    stream.close()
    expect(other.stop(), 0)


main(start)
