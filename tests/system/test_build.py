#!/usr/bin/python3
"""What `make` makes: the product is compiled again when it is to be another, and all of it is installed."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403


def make(*arguments):
    """Not a part of the make that runs this test, but for the same machine."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS")}
    given = os.environ.get("MAKEFLAGS", "").partition(" -- ")[2].split()
    same = [word for word in given if word.startswith(("ARCH=", "CC=", "CFLAGS="))]
    done = subprocess.run(["make", "-C", ROOT, "--no-print-directory", *same, *arguments], env=env, timeout=300,
                          capture_output=True, text=True)
    expect(done.returncode, 0, done.stdout + done.stderr)
    return done.stdout


def compiled(*arguments):
    """How many files would be compiled. It would be in a variant of its own, so that the product stays as it is."""
    return make("-n", "VARIANT=guard", "V=1", "build/guard/libnet.a", *arguments).count(" -c -o ")


def test_what_changes_is_compiled_again():
    make("VARIANT=guard", "build/guard/libnet.a")
    expect(compiled(), 0, "as it was")
    files = len([f for f in os.listdir(ROOT + "/lib/net") if f.endswith(".c")])
    for change in ("CFLAGS=-g0", "LDFLAGS=-Wl,-O1", "BASELINE=x86-64-v3"):
        expect(compiled(change) >= files, True, change)
    make("VARIANT=guard", "build/guard/libnet.a")


def test_install():
    with tempfile.TemporaryDirectory() as root:
        for _ in range(2):  # the second time over the first
            make("install", "DESTDIR=" + root, "PREFIX=/usr")
        found = {os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names}
        examples = [name for name in os.listdir(ROOT + "/conf") if name.endswith(".conf")]
        doc = {"usr/share/doc/rdline/" + name for name in ["README.md", "LICENSE", *examples]}
        pages = {"usr/share/man/" + page for page in ("man1/rdline-ctl.1", "man5/rdline.conf.5",
                                                      "man7/rdline-sockets.7", "man8/rdline.8")}
        expect(pages - found, set(), "manual")
        expect(found - doc - pages, {"usr/sbin/rdline", "usr/bin/rdline-ctl", "usr/bin/rdline-mirror", "etc/rdline/rdline.conf",
                             "etc/rdline/objects.conf", "usr/share/bash-completion/completions/rdline-ctl"}, "installed")
        expect(doc - found, set(), "documents")
        conf = root + "/etc/rdline/rdline.conf"
        with open(conf, "a") as f:
            f.write('lwm2m = {\n@include "objects.conf"\n};\n')
        for command in ([root + "/usr/sbin/rdline", "-t", "-c", conf], [root + "/usr/bin/rdline-ctl", "-V"],
                        [root + "/usr/bin/rdline-mirror", "--help"]):
            done = subprocess.run(command, capture_output=True, text=True, timeout=20)
            expect(done.returncode, 0, done.stdout + done.stderr)


def test_bench():
    """It is made of the daemon's parts, and brings them up on its own: so it is to be tried, too."""
    make("build/release/rdline-bench")
    done = subprocess.run([ROOT + "/build/release/rdline-bench", "-n", "1000", "--json", "--no-huge"], capture_output=True,
                          text=True, timeout=60)
    expect(done.returncode, 0, done.stderr)
    phases = [json.loads(line)["phase"] for line in done.stdout.splitlines() if line.startswith("{")]
    expect(phases, ["register", "re-register", "update", "de-register"], "phases")


main()
