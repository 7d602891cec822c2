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


def files(root):
    return {os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names}


def installed(prefix):
    """What `make install` leaves, but for /etc."""
    doc = ["README.md", "LICENSE", "changelog", *(name for name in os.listdir(ROOT + "/conf") if name.endswith(".conf"))]
    pages = ("man1/rdline-ctl.1", "man1/rdline-mirror.1", "man1/rdline-state.1", "man1/rdline-top.1", "man5/rdline.conf.5",
             "man7/rdline-sockets.7", "man7/rdline-clients.7", "man7/rdline-security.7", "man7/rdline-sizing.7",
             "man7/rdline-troubleshooting.7", "man8/rdline.8")
    return {"%s/%s" % (prefix, name) for name in (
        "sbin/rdline", "bin/rdline-ctl", "bin/rdline-state", "bin/rdline-top", "bin/rdline-mirror",
        "share/bash-completion/completions/rdline-ctl", "lib/systemd/system/rdline.service", "lib/sysusers.d/rdline.conf",
        "lib/tmpfiles.d/rdline.conf", "lib/udev/rules.d/60-rdline.rules", *("share/doc/rdline/" + name for name in doc),
        "share/doc/rdline/examples/rdline.rules.yml", "share/doc/rdline/examples/grafana-dashboard.json",
        *("share/man/" + page for page in pages))}


def test_install():
    conf_files = {"etc/rdline/rdline.conf", "etc/rdline/objects.conf"}
    with tempfile.TemporaryDirectory() as root:
        for _ in range(2):  # the second time over the first
            make("install", "DESTDIR=" + root, "PREFIX=/opt/rdl")
        expect(files(root) ^ (installed("opt/rdl") | conf_files), set(), "installed")
        with open(root + "/opt/rdl/lib/systemd/system/rdline.service") as f:
            unit = f.read()
        expect((unit.count("=/opt/rdl/sbin/rdline "), "/usr/sbin" in unit), (3, False), "the unit's programs")
        conf = root + "/etc/rdline/rdline.conf"
        with open(conf, "a") as f:
            f.write('lwm2m = {\n@include "objects.conf"\n};\n')
        for command in ([root + "/opt/rdl/sbin/rdline", "-t", "-c", conf], [root + "/opt/rdl/bin/rdline-ctl", "-V"],
                        [root + "/opt/rdl/bin/rdline-mirror", "--help"]):
            done = subprocess.run(command, capture_output=True, text=True, timeout=20)
            expect(done.returncode, 0, done.stdout + done.stderr)
        objects = root + "/etc/rdline/objects.conf"
        for _ in range(2):
            with open(objects, "a") as f:
                f.write("# mine\n")
            make("install", "DESTDIR=" + root, "PREFIX=/opt/rdl")
        with open(conf) as f, open(objects) as g:
            expect(("objects.conf" in f.read(), g.read().count("# mine")), (True, 2), "the operator's files stay")
        # As an older version had it: nobody has changed it.
        for path in (objects, root + "/opt/rdl/share/doc/rdline/objects.conf"):
            with open(path, "w") as f:
                f.write("# older\n")
        make("install", "DESTDIR=" + root, "PREFIX=/opt/rdl")
        with open(objects) as f, open(ROOT + "/conf/objects.conf") as g:
            expect(f.read() == g.read(), True, "what was as it was put there is replaced")
        for _ in range(2):  # the second time there is nothing
            make("uninstall", "DESTDIR=" + root, "PREFIX=/opt/rdl")
        expect(files(root), conf_files, "left for the operator")
        expect(os.path.exists(root + "/opt/rdl/share/doc/rdline"), False, "its own folder")


def test_bench():
    """It is made of the daemon's parts, and brings them up on its own: so it is to be tried, too."""
    make("build/release/rdline-bench")
    done = subprocess.run([ROOT + "/build/release/rdline-bench", "-n", "1000", "--json", "--no-huge"], capture_output=True,
                          text=True, timeout=60)
    expect(done.returncode, 0, done.stderr)
    phases = [json.loads(line)["phase"] for line in done.stdout.splitlines() if line.startswith("{")]
    expect(phases, ["register", "re-register", "update", "de-register"], "phases")


main()
