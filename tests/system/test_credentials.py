#!/usr/bin/python3
"""rdline-ctl credential: the database of credentials, as an operator keeps it."""
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import *  # noqa: E402,F403

CTL = os.path.join(os.path.dirname(BINARY), "rdline-ctl")
PEM = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEetYtuxj7Os35kSBDe5zFN2Iz14Tw
bD6nnBysuCMHudSZW9qQT4X09KVHzoIQKPIwDzrOYnPzW7hlB39bKv88OA==
-----END PUBLIC KEY-----
"""
DIGEST = "3829533bc36f063e20ec1479af094c7a1f58f85004d3e66abf4ed03d45c90fe7"


class Folder:
    """A database, and files beside it, for one test."""

    def __init__(self, key_file=False):
        self.path = tempfile.mkdtemp(prefix="rdline-credentials-")
        self.database = self.path + "/db"
        self.options = ["--database", self.database]
        if key_file:
            self.options += ["--key-file", self.file("key", os.urandom(32))]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def file(self, name, octets):
        path = os.path.join(self.path, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as f:
            f.write(octets if isinstance(octets, bytes) else octets.encode())
        return path

    def start(self, *arguments, **options):
        return subprocess.Popen([CTL, "credential", *self.options, *arguments], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def run(self, *arguments, given=b"", code=0, **options):
        """What it says on standard output; on standard error where it is to fail."""
        process = self.start(*arguments, **options)
        out, err = process.communicate(given, timeout=60)
        expect(process.returncode, code, (arguments, out, err))
        return (err if code else out).decode()

    def list(self, *prefix):
        return self.run("list", *prefix).splitlines()

    def contents(self):
        with open(self.database + "/data.mdb", "rb") as f:
            return f.read()


def rows(count, seed=1):
    """Lines of credentials, in no order."""
    source = random.Random(seed)
    return "".join("urn:dev:%012x,%032x\n" % (source.getrandbits(48), source.getrandbits(128)) for _ in range(count))


def test_add_list_remove():
    for sealed in (False, True):
        with Folder(sealed) as f:
            expect(f.run("add", "urn:dev:1", "00112233445566778899aabbccddeeff"), "added: urn:dev:1\n")
            expect(f.run("add", "urn:dev:1", "00112233445566778899aabbccddeeff"), "unchanged: urn:dev:1\n")
            expect(f.run("add", "fleet", "0a0b", "fleet-*", "one"), "added: fleet\n")
            expect(f.run("add", "#00ff", "-", given=b"0c0d\n"), "added: #00ff\n")
            expect(f.run("add", "--rpk", f.file("key.pem", PEM), "urn:dev:raw"), "added: rpk:%s\n" % DIGEST)
            # Behind the command there are no options.
            expect(f.run("add", "-x", "0e"), "added: -x\n")
            everything = ["#00ff", "-x", "fleet\tfleet-*\tone", "urn:dev:1", "rpk:%s\turn:dev:raw" % DIGEST]
            expect(f.list(), everything)
            expect(f.list("urn:"), ["urn:dev:1"])
            expect(f.list("#00"), ["#00ff"])
            for prefix in ("rpk:", "rp", "rpk:" + DIGEST[:7], "rpk:" + DIGEST):
                expect(f.list(prefix), everything[-1:], prefix)
            for prefix in ("rpk:" + DIGEST[:6] + "%x" % (int(DIGEST[6], 16) ^ 1), "rpk:x", "q", DIGEST):
                expect(f.list(prefix), [], prefix)
            expect(f.run("add", "fleet", "0a0b"), "changed: fleet\n")
            expect(f.list("fleet"), ["fleet"])
            for line in everything:
                f.run("remove", line.split("\t")[0])
            expect(f.list(), [])
            expect("no such identity" in f.run("remove", "fleet", code=1), True)
            f.run("add", "sealed?", "00112233445566778899aabbccddeeff")
            expect(bytes.fromhex("00112233445566778899aabbccddeeff") in f.contents(), not sealed, "keys in the file")


def test_modes():
    """Nobody else reads the database, whatever the umask; and what somebody else could read is not taken."""
    with Folder(True) as f:
        f.run("add", "a", "00", preexec_fn=lambda: os.umask(0))
        expect(os.stat(f.database).st_mode & 0o777, 0o700)
        expect({name: os.stat(f.database + "/" + name).st_mode & 0o777 for name in os.listdir(f.database)},
               {"data.mdb": 0o600, "lock.mdb": 0o600})
        os.chmod(f.path + "/key", 0o640)
        expect("key: is not for its owner only" in f.run("list", code=1), True)
        os.chmod(f.path + "/key", 0o600)
        f.file("key", os.urandom(32))
        expect("another key file" in f.run("add", "b", "00", code=1), True)
        f.options = f.options[:2]
        expect("sealed" in f.run("list", code=1), True)


def test_owner():
    """What root makes belongs to whom the folder belongs to: the gateway's user."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    with Folder() as f:
        os.mkdir(f.database)
        os.chown(f.database, 65534, 65534)
        f.run("add", "a", "00")
        expect({os.stat(f.database + "/" + name).st_uid for name in os.listdir(f.database)}, {65534})


def test_import():
    with Folder() as f:
        given = "\ufeffa,0011\r\n\r\n\"b,c\",0022,e1,\"e\"\"2\",\n#6400,33\nalice:0044\n#613a62:55\nrpk:%s,,urn:dev:raw\n" % DIGEST
        expect(f.run("import", f.file("good", given)), "imported: 6 added, 0 changed, 0 unchanged\n")
        everything = ["a", "a:b", "alice", "b,c\te1\te\"2", "#6400", "rpk:%s\turn:dev:raw" % DIGEST]
        expect(f.list(), everything)
        expect(f.run("import", "-", given=b"a,0011\nalice,0044,e\nnew,00\n"), "imported: 1 added, 1 changed, 1 unchanged\n")
        bad = "x,00\ny,0\nz\nx,11\n\n\xff\n".encode("latin-1")
        said = f.run("import", f.file("bad", bad), code=1)
        for line, part in ((2, "hex"), (3, "neither"), (6, "neither"), (4, "line 1")):
            expect("%s/bad:%d: " % (f.path, line) in said and part in said, True, said)
        expect("nothing was imported" in said, True, said)
        expect("No such file" in f.run("import", f.path + "/none", code=1), True)
        many = f.run("import", f.file("many", "x\n" * 1000), code=1)
        expect((many.count("neither"), "980 more" in many), (20, True), many)
        expect(f.list("x"), [], "nothing of what was refused")


def test_psktool():
    """What psktool itself writes."""
    if shutil.which("psktool") is None:
        raise Skip("gnutls-bin is not installed")
    with Folder() as f:
        for user in ("alice", "a:b", "a,b", "urn:dev:1", "caf\u00e9"):
            subprocess.run(["psktool", "-u", user, "-p", f.path + "/psk"], check=True, capture_output=True)
        f.run("import", f.path + "/psk")
        expect(f.list(), ["a,b", "a:b", "alice", "caf\u00e9", "urn:dev:1"], "identities")


def test_no_key_is_shown():
    with Folder() as f:
        key = "5ec2e7" * 4
        path = f.file("bad", "a,%s\nb,%sx\n,%s\nc:%sg\n" % (key, key, key, key))
        said = f.run("import", path, code=1) + f.run("add", "d", key + "x", code=1) + f.run("add", "", key, code=1)
        said += f.run("add", "d", key) + f.run("list") + f.run("remove", "d")
        expect(key[:6] in said, False, said)


def test_killed_import():
    """Killed at any time, an import leaves what was there, and does not stand in anybody's way."""
    with Folder() as f:
        f.run("import", f.file("before", rows(100)))
        before = f.list()
        big = f.file("big", rows(200000, 2))
        for i in range(8):
            process = f.start("import", big)
            time.sleep(0.03 * (i + 1))
            process.kill()
            process.communicate()
            # All or nothing; it may be killed after it is done, and before it says so.
            now = f.list()
            done = len(now) == 200100
            expect(now == before or done, True, (i, len(now)))
            expect(done or process.returncode != 0, True, (i, process.returncode))
            f.run("add", "next", "00")
            f.run("remove", "next")
            if done:
                break
        f.run("import", big)
        expect(len(f.list()), 200100)


def test_full_disk():
    """As much room as an import does not have: it says so, and nothing changes."""
    with Folder() as f:
        os.mkdir(f.database)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", f.database], capture_output=True).returncode != 0:
            raise Skip("cannot mount")
        try:
            f.run("import", f.file("before", rows(100)))
            before = f.list()
            said = f.run("import", f.file("big", rows(100000, 2)), code=1)
            expect("No space left" in said or "room on the disk" in said, True, said)
            expect(f.list(), before)
            expect(f.run("add", "a", "00"), "added: a\n")
        finally:
            subprocess.run(["umount", f.database], check=True)


def test_at_once():
    """Tools that write and read at once, on a database that is not there yet."""
    with Folder() as f:
        tools = [f.start("add", "urn:%d" % i, "%04x" % i) for i in range(12)]
        for process in tools:
            out, err = process.communicate(timeout=60)
            expect((process.returncode, err), (0, b""))
        expect(len(f.list("urn:")), 12)


def test_usage():
    with Folder() as f:
        for arguments in ((), ("add",), ("add", "a"), ("add", "--rpk", "x"), ("remove",), ("remove", "a", "b"), ("import",),
                          ("list", "a", "b"), ("show", "a")):
            expect("usage: " in f.run(*arguments, code=2), True, arguments)
        expect(os.path.exists(f.database), False)
        for arguments in (("list",), ("remove", "a")):
            expect("no database is there" in f.run(*arguments, code=1), True, arguments)
        expect(os.path.exists(f.database), False)
        f.options = []
        expect("usage: " in f.run("list", code=2), True)
        f.options = ["--database", f.path + "/no/such"]
        expect("no/such: " in f.run("add", "a", "00", code=1), True)


def test_completion():
    """Identities are completed from the database that the line names."""
    with Folder() as f:
        f.run("add", "urn:dev:1", "00")
        f.run("add", "-x", "00")
        f.run("add", "evil$(touch x)", "00")
        script = """
            PATH=%s:$PATH; . %s/scripts/rdline-ctl.bash
            COMP_WORDS=(rdline-ctl credential --database %s remove "$1"); COMP_CWORD=5; _rdline_ctl; echo "${COMPREPLY[@]}"
            COMP_WORDS=(rdline-ctl credential --database %s im); COMP_CWORD=4; _rdline_ctl; echo "${COMPREPLY[@]}"
            COMP_WORDS=(rdline-ctl credential --database %s remove -); COMP_CWORD=5; _rdline_ctl; echo "${COMPREPLY[@]}"
            COMP_WORDS=(rdline-ctl credential --database %s remove --registration u)
            COMP_CWORD=6; _rdline_ctl; echo "${COMPREPLY[@]}"
        """ % (os.path.dirname(CTL), ROOT, f.database, f.database, f.database, f.database)
        done = subprocess.run(["bash", "-c", script, "bash", ""], capture_output=True, text=True, timeout=30)
        expect((done.stdout, done.stderr), ("-x urn:dev:1\nimport\n-x --registration\nurn:dev:1\n", ""))


main()
