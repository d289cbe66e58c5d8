#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty cuts of one-line sites at random phases: one link.down each, one link.up each, nothing about anybody else.

The delays are printed. The 15 s are the engine's own promise (docs/decisions.md 5), not a timing of this machine. A cut whose
event was late while the machine stood still is made again, at another phase; one that was late by itself fails.
"""
import time

from lab import LIMIT_S, Lab, done, note, ok, wait

lab = Lab("twenty_cuts").start()
lab.watch_stalls()
victims = lab.random.sample(sorted(lab.one_line_sites()), 20)
sites = lab.one_line_sites()
before = {v: (lab.sub.state("link/" + v), lab.sub.state("site/" + sites[v])) for v in victims}
begin = time.time()
cut_at = {}
for v in victims:
    time.sleep(lab.random.uniform(0, 3))       # the phase is what is being tested
    lab.fleet(f"cut link {v}")
    cut_at[v] = time.time()


def of(kind, link):
    return [m for m in lab.sub.events(begin) if m.kind == kind and m.subject == "link/" + link]


wait("20 link.down", lambda: all(of("link.down", v) for v in victims))
in_time = {v: bool(of("link.down", v)) and lab.in_time(v, cut_at[v], of("link.down", v)[0].at) for v in victims}
wait("retained down", lambda: all(lab.sub.state("link/" + v).get("state") == "down" for v in victims))
down = {v: lab.sub.state("link/" + v) for v in victims}
ok(all(down[v].get("rev", 0) > before[v][0].get("rev", 0) for v in victims), "retained: down, rev has grown")
ok(all(down[v].get("since", "") > before[v][0].get("since", "") for v in victims), "retained: since has moved")
for v in victims:
    time.sleep(lab.random.uniform(0, 1))
    lab.fleet(f"restore link {v}")
wait("20 link.up", lambda: all(of("link.up", v) for v in victims))
wait("retained up again", lambda: all(lab.sub.state("link/" + v).get("state") == "up" for v in victims))
ok(all(lab.sub.state("link/" + v).get("rev", 0) > down[v]["rev"] for v in victims), "retained: up, rev has grown again")
wait("incidents closed", lambda: sum(m.kind == "incident.closed" for m in lab.sub.events(begin)) >= 20)
wait("all told is heard", lab.all_heard)
for kind in ("link.down", "link.up"):
    ok(all(len(of(kind, v)) == 1 for v in victims), f"exactly one {kind} each")
mine = {"link/" + v for v in victims} | {"site/" + sites[v] for v in victims}
others = [m for m in lab.sub.events(begin) if m.kind.split(".")[0] in ("link", "site", "device") and m.subject not in mine]
ok(not others, "no event for any other site")
for m in others:
    note(f"{m.kind} {m.subject}")
opened = [m for m in lab.sub.events(begin) if m.kind == "incident.opened"]
ok(len(opened) == 20, f"twenty incidents ({len(opened)})")
for v in [v for v in victims if in_time[v] is None]:
    note("the machine stood still: cut again")
    time.sleep(lab.random.uniform(0, 3))
    begin = time.time()
    lab.fleet(f"cut link {v}")
    cut = time.time()
    told = wait("link.down", lambda: of("link.down", v))
    in_time[v] = bool(told) and lab.in_time(v, cut, told[0].at) is not False
    lab.fleet(f"restore link {v}")
    wait("link.up", lambda: of("link.up", v))
ok(all(in_time.values()), f"each within {LIMIT_S} s")
# A site that leaves the inventory leaves the broker too: one that no other table names, or that row had to leave before it.
named = lab.read("etc/inventory/devices.csv") + lab.read("etc/inventory/services.csv")
victims = [v for v in victims if f",{sites[v]}," not in named]
gone = sites[victims[0]]
lab.drop_row("links", victims[0])
lab.drop_row("sites", gone)
r = lab.simpulctl("reload")
ok(r.returncode == 0, "reload without one site " + r.stderr.strip())
wait("retained topic emptied", lambda: (lab.sub.last("state/site/" + gone) or lab).payload == "")
ok(lab.sub.last("state/link/" + victims[0]).payload == "", "its line's topic is empty too")
done()
