#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""simpul-agent: small, static where musl-gcc is there, and strict about its configuration and its key."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import done, note, ok  # noqa: E402

AGENT = os.path.abspath(os.path.join(os.environ.get("builddir", "."), "probes/agent/simpul-agent"))
SRC = os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "..", ".."))


def run(*args):
    r = subprocess.run([AGENT, *args], capture_output=True, text=True, timeout=30)
    return r.returncode, r.stdout + r.stderr


with open(AGENT, "rb") as f:
    image = f.read()
static = b"/ld-linux" not in image and b"/ld-musl" not in image
note(f"{len(image)} bytes, {'static' if static else 'dynamic: there is no musl-gcc here'}")
ok(len(image) < 300_000, "it has less than 300,000 bytes")
code, text = run("--help")
ok(code == 0 and text.startswith("usage:"), "--help")
code, text = run("--version")
ok(code == 0 and text.startswith("simpul-agent "), "--version")
ok(run("--no-such")[0] == 2 and run("word")[0] == 2, "a wrong option ends with 2")

with tempfile.TemporaryDirectory() as d:
    key, conf = os.path.join(d, "key"), os.path.join(d, "conf")

    def write(path, text, mode=0o600):
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)

    def check(text, *args):
        write(conf, text)
        return run("-c", conf, "--check", *args)

    write(key, "0123456789abcdef\n")
    good = f"# comment\n server noc.example \nkey {key}\nping 192.0.2.1\nping 2001:db8::1\ninterval_s 2\n"
    code, text = check(good)
    ok(code == 0 and "noc.example" in text and "8620" in text and "2 s" in text, "a good configuration: " + text.strip())
    ok("port 9000" in check(good, "-p", "9000")[1], "an option wins over the file")
    for what, bad, says in (
            ("no server", f"key {key}\n", "server"), ("no key", "server noc\n", "key"),
            ("a setting that there is not", good + "servre noc\n", "servre"),
            ("a port that there is not", good + "port 65536\n", "65536"),
            ("a name to ping", good + "ping router\n", "router"),
            ("17 addresses to ping", good + "ping 192.0.2.2\n" * 15, "16"),
            ("neither yes nor no", good + "counters maybe\n", "maybe"),
            ("an interval of 20 s", good + "interval_s 20\n", "20"),
            ("an interface with too long a name", good + "interface abcdefghijklmnopq\n", "interface")):
        code, text = check(bad)
        ok(code == 1 and says in text, f"{what}: {text.strip()}")
    os.chmod(key, 0o644)
    code, text = check(good)
    ok(code == 1 and "chmod" in text, "a key that others can read: " + text.strip())
    for what, content in (("too short", "short\n"), ("too long", "x" * 65 + "\n"), ("two lines", "0123456789abcdef\n0123456789abcdef\n")):
        write(key, content)
        ok(check(good)[0] == 1, f"a key that is {what}")
    write(key, "x" * 64 + "\r\n")
    ok(check(good)[0] == 0, "a key of 64 bytes, with the line's end of another system")
    with open(os.path.join(SRC, "etc/simpul-agent.conf")) as f:
        example = f.read().replace("/etc/simpul-agent.key", key).replace("\n#", "\n")
    example = "\n".join(line for line in example.splitlines() if line[:1].islower() and len(line.split()) == 2)
    code, text = check(example)
    ok(code == 0 and example.count("\n") >= 8, "the example with all its lines in force: " + text.strip())
done()
