#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node Ali Anyang is cut: one incident that names it and its affected sites, no event per site; back: no burst."""
import time

from lab import LIMIT_S, Lab, done, note, ok, wait

lab = Lab("node_cut").start()
lab.watch_stalls()
links = [l.split(",") for l in lab.read("etc/inventory/links.csv").splitlines() if l[:1] == "s" or l.startswith("node")]
parent = {r[0]: r[5] for r in links}
behind = {r[1] for r in links if r[5] == "node-2"}
begin = time.time()


def of(kind):
    return [m for m in lab.sub.events(begin) if m.kind == kind]


def cut_node():
    """@return was it told in time (Lab.in_time())"""
    lab.fleet("cut site node-2")
    cut = time.time()
    isolated = wait("site.isolated", lambda: of("site.isolated"))
    return bool(isolated) and lab.in_time("node-2", cut, isolated[0].at)


in_time = cut_node()
opened = wait("incident.opened", lambda: of("incident.opened"))
if not opened:
    done()
ok([m.subject for m in of("site.isolated")] == ["site/node-2"], "the event names the node")


def affected():
    m = lab.sub.last("incident/" + opened[0].subject.split("/")[-1])
    if not m or not m.doc:
        return set()
    return {x["object"].split("/")[1] for x in m.doc["data"].get("members", [])}


def restore_node():
    lab.fleet("restore site node-2")
    wait("site.restored", lambda: of("site.restored"))
    wait("all lines up", lambda: all(s in ("up", "never_up") for s in lab.links().values()))
    wait("incident.closed", lambda: of("incident.closed"))


dead = {l for l, p in parent.items() if p == "node-2"}
wait("all lines behind the node are members", lambda: dead <= affected())
ok(True, f"the incident lists all {len(dead)} lines of {len(behind)} sites behind it")
one_line = {s for l, s in lab.one_line_sites().items() if parent[l] == "node-2"}
wait("sites unreachable", lambda: all(lab.sub.state("site/" + s).get("state") == "unreachable" for s in one_line))
with_backup = behind - one_line - {"s006"}      # its second line never worked
ok(wait("sites on backup", lambda: all(lab.sub.state("site/" + s).get("state") == "on_backup" for s in with_backup)),
   f"sites with a second line run on it: {sorted(with_backup)}")
restore_node()
# Later than every hold: whatever a returning site could have raised would be there by now.
wait("later events would have come", lambda: time.time() - begin > 45)
kinds = [f"{m.kind} {m.subject}" for m in lab.sub.events(begin)]
for k in kinds:
    note(k)
roots = [k for k in kinds if not k.startswith("incident.")]
ok(roots == ["site.isolated site/node-2", "site.restored site/node-2"], "two events of the node and none of any site")
ok(sum(k.startswith("incident.opened") for k in kinds) == 1, "one incident")
ok(sum(k.startswith("incident.closed") for k in kinds) == 1, "closed once")
if in_time is None:
    note("the machine stood still: cut again")
    time.sleep(lab.random.uniform(0, 3))        # another phase
    begin = time.time()
    in_time = cut_node() is not False
    restore_node()
ok(in_time, f"the node's event came within {LIMIT_S} s")
done()
