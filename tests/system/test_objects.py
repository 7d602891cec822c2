#!/usr/bin/python3
"""The list of the OMA's objects: what is shipped, how it is made, and that the configuration takes it."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

DATA = "tests/data/ddf/"
SHIPPED, SAMPLE = "conf/objects.conf", DATA + "objects.conf"
LINE = re.compile(r'\t\{ id = (\d+); name = "((?:[^"\\]|\\["\\])+)"; versions = \[ ("\d+\.\d+"(?:, "\d+\.\d+")*) \];'
                  r' multiple = (true|false); \}')
CONFIG = """\
ports = ( { device = "net_null0"; addresses = [ "192.0.2.1/24" ]; } );
lwm2m = {
	@include "%s"
	own_objects = (
		{ id = 33000; versions = [ "1.0" ]; multiple = false; },
		{ id = %s }
	);
};
"""


def run(*command):
    return subprocess.run(command, cwd=ROOT, timeout=60, capture_output=True, text=True, encoding="utf-8")


def make(*arguments):
    return run("scripts/objects-from-ddf", *arguments)


def text_of(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def check(objects, own="3; multiple = true;"):
    """What `rdline -t` says to a list of objects with two of the operator's own, and the name of the file checked."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rdline.conf")
        with open(path, "w") as f:
            f.write(CONFIG % (objects, own))
        result = run(BINARY, "-t", "-c", path)
        return result.returncode, result.stdout + result.stderr, path


def split(text):
    """The header, and the objects as (id, name, versions, multiple); only in the form that is documented."""
    header, _, rest = text.partition("objects = (\n")
    assert header and all(line.startswith("#") for line in header.splitlines()), header
    assert rest.endswith("\n);\n"), rest[-20:]
    lines = rest[:-4].split(",\n")
    for line in lines:
        assert LINE.fullmatch(line), line
    found = [LINE.fullmatch(line).groups() for line in lines]
    return header, [(int(number), name, re.findall(r"[\d.]+", versions), multiple == "true")
                    for number, name, versions, multiple in found]


def test_made_from_definitions():
    result = make(DATA + "registry", "2024-02-22")
    expect((result.returncode, result.stderr), (0, ""))
    expect(result.stdout, text_of(SAMPLE))


def test_made_without_a_date():
    result = make(DATA + "registry")
    expect((result.returncode, result.stdout), (0, text_of(SAMPLE).replace(", as of 2024-02-22", "", 1)))


def test_anything_wrong_writes_nothing():
    result = make(DATA + "broken")
    expect((result.returncode, result.stdout), (1, ""))
    expect(result.stderr, text_of(DATA + "broken.txt"))


def test_nothing_to_read():
    result = make(DATA + "none")
    expect((result.returncode, result.stdout, result.stderr), (1, "", DATA + "none: No such file or directory\n"))
    result = make("conf")
    expect((result.returncode, result.stdout, result.stderr), (1, "", "conf: defines no objects\n"))


def test_usage():
    folder, date = DATA + "registry", "2024-02-22"
    for arguments in ((), ("",), ("--help",), (folder, "x"), (folder, date + "\n"), (folder, date, "more")):
        result = make(*arguments)
        expect((result.returncode, result.stdout), (2, ""), repr(arguments))
        assert "usage: scripts/objects-from-ddf FOLDER" in result.stderr, result.stderr


def test_shipped_list():
    header, objects = split(text_of(SHIPPED))
    ids = [number for number, *_ in objects]
    expect(len(ids), 326)
    expect(ids, sorted(set(ids)), "ascending, each once")
    assert 0 not in ids and ids[-1] <= 65534
    for number, _, versions, _ in objects:
        parts = [tuple(map(int, version.split("."))) for version in versions]
        expect(parts, sorted(set(parts)), "versions of %d" % number)
    some = {number: (name, versions, multiple) for number, name, versions, multiple in objects}
    expect(some[1], ("LwM2M Server", ["1.0", "1.1", "1.2"], True))
    expect(some[3], ("Device", ["1.0", "1.1", "1.2"], False))
    expect(some[20], ("Event Log", ["1.0", "2.0", "2.1"], True), "several instances since 2.0")
    expect(header, split(text_of(SAMPLE))[0], "made by the same program")


def test_lists_load():
    for objects in (SHIPPED, SAMPLE):
        expect(check(os.path.join(ROOT, objects))[:2], (0, ""), objects)


def test_wrong_own_object():
    for objects in (SHIPPED, SAMPLE):
        for own, wrong in (("65535;", "lwm2m.own_objects[1].id must be a whole number from 0 to 65534, not 65535"),
                           ("33000;", "lwm2m.own_objects[1] describes object 33000 again"),
                           ('3; versions = [ "x" ];', 'lwm2m.own_objects[1].versions[0] "x" is not a version: '
                                                      "MAJOR.MINOR, each up to 65535")):
            code, said, path = check(os.path.join(ROOT, objects), own)
            expect((code, said), (1, "%s:6: %s\n" % (path, wrong)), own)


def test_wrong_line_of_the_list():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "objects.conf")
        lines = text_of(SAMPLE).splitlines(True)
        number = next(i for i, line in enumerate(lines) if "id = 9000;" in line)
        lines[number] = lines[number].replace("9000", "9001")
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(lines)
        expect(check(path)[:2], (1, "%s:%d: lwm2m.objects[2] describes object 9001 again\n" % (path, number + 2)))


main()
