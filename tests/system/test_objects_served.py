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
IGNORED = ("security", "reserved", "object", "version", "instance", "foreign")


def start(lab):
    return lab.gateway(lwm2m=OBJECTS)


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


main(start)
