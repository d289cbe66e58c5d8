#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A two-line site: the main line cut means *on backup*, the idle spare cut means *backup lost*, both mean *isolated*."""
import time

from lab import LIMIT_S, Lab, done, note, ok, wait

SITE, MAIN, BACKUP = "s005", "s005-2", "s005-1"     # astinet is the main line, indihome the spare

lab = Lab("two_lines").start()
lab.watch_stalls()
roles = {l.split(",")[0]: l.split(",")[2] for l in lab.read("etc/inventory/links.csv").splitlines() if l[:1] == "s"}
if roles[MAIN] != "main":
    MAIN, BACKUP = BACKUP, MAIN


def since(begin):
    return [f"{m.kind} {m.subject}" for m in lab.sub.events(begin) if not m.kind.startswith("incident.")]


def fault_once(command, mend, kind, state):
    """@return was it told in time (Lab.in_time())"""
    begin = time.time()
    lab.fleet(command)
    cut = time.time()
    got = wait(kind, lambda: [m for m in lab.sub.events(begin) if m.kind == kind])
    in_time = bool(got) and lab.in_time(command, cut, got[0].at)
    wait(state, lambda: lab.sub.state("site/" + SITE).get("state") == state)
    lab.fleet(mend)
    wait("site.restored", lambda: [m for m in lab.sub.events(begin) if m.kind == "site.restored"])
    wait("ok again", lambda: lab.sub.state("site/" + SITE).get("state") == "ok")
    ok(since(begin) == [f"{kind} site/{SITE}", f"site.restored site/{SITE}"], f"{command}: nothing else was said")
    return in_time


def fault(command, mend, kind, state):
    in_time = fault_once(command, mend, kind, state)
    if in_time is None:
        note("the machine stood still: cut again")
        time.sleep(lab.random.uniform(0, 3))        # another phase
        in_time = fault_once(command, mend, kind, state) is not False
    ok(in_time, f"{command}: {kind} within {LIMIT_S} s")


fault(f"cut link {MAIN}", f"restore link {MAIN}", "site.on_backup", "on_backup")
fault(f"cut link {BACKUP}", f"restore link {BACKUP}", "site.backup_lost", "backup_lost")
fault(f"cut site {SITE}", f"restore site {SITE}", "site.isolated", "isolated")
done()
