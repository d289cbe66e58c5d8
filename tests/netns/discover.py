#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""simpulctl discover in a network with known, unknown, silent and private devices: it finds exactly those that answer, sends
exactly as many packets as that takes, goes on where it was interrupted, and the rows that it proposes are accepted as they are."""
import os
import re
import signal
import subprocess

from lab import Lab, done, note, ok, program, wait

KNOWN = {"s002-r1", "s025-r1", "s051-r1"}
NEW = {"s036-r1", "s061-r1"}
SILENT, PRIVATE = "s041-r1", "s050-r1"
PREFIX = "10.100.0.0/25"        # of all routers: 10.100.0.n
EMPTY = "10.77.0.0/26"          # where nobody is: 62 addresses

lab = Lab("discover", conf="snmp: { interval_s = 3600; discover_rate = 300; };")
lab.write("etc/secrets/snmp/inner", "private\n", 0o600)
lab.start_broker()
lab.start_fleet()
for row in (*NEW, SILENT, PRIVATE):        # the fleet knows them, the engine does not
    lab.drop_row("devices", row)
    lab.write("etc/inventory/links.csv", re.sub(rf",{row},[^,]*,", ",,,", lab.read("etc/inventory/links.csv")))
lab.start_engine()
lab.wait_measured()
lab.fleet(f"silent device {SILENT} on")
lab.fleet(f"private device {PRIVATE} on")


def discover(*args, **kw):
    argv = [program("simpulctl"), "--socket", lab.path("ctl.sock"), "discover", *args, "--via", "wan"]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kw)


def run(*args):
    p = discover(*args)
    out, err = p.communicate()
    note(f"discover {' '.join(args)}: {p.returncode}")
    for line in (out + err).splitlines():
        note(line)
    return p.returncode, out, err


def nobody():
    """Packets that came to addresses that nobody has."""
    words = lab.fleet("stats").split()
    return int(words[words.index("nobody") + 1])


def rows(path):
    lines = lab.read(path).splitlines()
    return [dict(zip(lines[0].split(","), l.split(","))) for l in lines[1:]]


# ---- how many packets ----

before = nobody()
rc, out, err = run(EMPTY, "--credential", "city-read")
ok(rc == 0 and "62 asked: 0 new, 0 known, 0 only answer a ping, 62 silent" in out, "an empty prefix is told as such")
ok(nobody() - before == 62 * 3, f"an echo and two questions to each address, and no packet more ({nobody() - before})")

# ---- interrupted, and gone on with ----

command = (PREFIX, "--credential", "city-read,inner", "--rate", "100", "--out", lab.path("found.csv"))
p = discover(*command)
state = lab.path("found.csv.state")
wait("a part is noted", lambda: os.path.exists(state) and len(lab.read("found.csv.state").splitlines()) > 1)
p.send_signal(signal.SIGINT)
out, err = p.communicate()
ok(p.returncode == -signal.SIGINT and "--resume" in err, "^C ends it, and it says how to go on")
ok(os.path.exists(state) and not os.path.exists(lab.path("found.csv")), "what has been asked is noted, nothing is written yet")
rc, out, err = run(*command)
ok(rc == 1 and "--resume" in err, "it does not begin anew by mistake")
parts = len(lab.read("found.csv.state").splitlines()) - 1
rc, out, err = run(*command, "--resume")
ok(rc == 0, f"it goes on after {parts} of 2 parts")
ok(not os.path.exists(state), "the notes are gone when the result is there")

# ---- who was found ----

found = {r["id"]: r for r in rows("found.csv")}
ok(set(found) == NEW | {PRIVATE}, f"exactly those that answer and are not known: {sorted(found)}")
for name in sorted(KNOWN):
    ok(any("known" in l and name in l for l in out.splitlines()), f"{name} is told as known")
ok(SILENT not in out, "the silent one is not there")
ok(found[PRIVATE]["credential"] == "inner" and found["s036-r1"]["credential"] == "city-read", "each with the credential that it answered")
ok(all(r["site"] == i.removesuffix("-r1") for i, r in found.items()), "its site follows from its name")

# ---- the rows are good ----

with open(lab.path("etc/inventory/devices.csv"), "a") as f:
    f.writelines(l + "\n" for l in lab.read("found.csv").splitlines()[1:])
r = lab.simpulctl("check", lab.path("etc/simpuld.conf"))
ok(r.returncode == 0, "simpulctl check accepts the rows as they are")
note(r.stdout + r.stderr)
ok(lab.simpulctl("reload").returncode == 0, "so does the engine")
ok(wait("the new ones answer", lambda: {d["id"] for d in lab.items("device") if d["state"] == "answering"} >= set(found)),
   "and polls them")
rc, out, err = run(PREFIX, "--credential", "city-read,inner")
ok(rc == 0 and "0 new, 6 known" in out and "devices.csv" not in out, "then there is nothing left to propose")

# ---- who may, and what is said when it cannot be ----

rc, out, err = run(PREFIX, "--credential", "no-such-file")
ok(rc == 1 and "secrets/snmp/no-such-file" in err, "a credential that is not there is named")
audit = lab.simpulctl("audit")
ok(audit.returncode == 0, "the audit chain is whole")
done()
