#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of the parent and of each child at random moments under load: nothing acknowledged is missing, no event is lost,
an event repeats only under its own id, the RRDs are readable, and probing goes on.

    kill.py [CHILD_KILLS [PARENT_KILLS]]    default 5 and 5; `make torture` takes 20 and 50
"""
import glob
import os
import signal
import subprocess
import sys
import time

from lab import Lab, done, note, ok, program, started_at, wait

child_kills = int(sys.argv[1]) if len(sys.argv) > 1 else 5
parent_kills = int(sys.argv[2]) if len(sys.argv) > 2 else 5
lab = Lab("kill").start()
victims = lab.random.sample(sorted(lab.one_line_sites()), 8)
names = sorted(n for n in lab.engine_children() if n != "check")     # which comes and goes
note("processes: " + ", ".join(names))
ok({"store", "core", "publish", "measure main", "measure wan"} <= set(names), "all processes are there")
state = {v: "up" for v in victims}
durable = 0
resumed = []


def load():
    """Faults go on while processes die."""
    v = lab.random.choice(victims)
    if state[v] == "up":
        lab.fleet(f"cut link {v}")
        state[v] = "down"
    else:
        lab.fleet(f"restore link {v}")
        state[v] = "up"


def packets():
    words = lab.fleet("stats").split()
    return int(words[words.index("icmp_in") + 1])


def wait_probing(what):
    """Full probing: within a second the WAN sees most of its 42 packets again."""
    def goes_on():
        before = packets()
        time.sleep(0.5)
        return packets() - before >= 15

    begin = time.monotonic()
    if wait(f"probing goes on after {what}", goes_on):
        resumed.append(time.monotonic() - begin)


def all_there(name):
    """Its processes, when there are as many as at the start."""
    now = lab.engine_children().get(name, [])
    return now if len(now) == many[name] else None


many = {name: len(pids) for name, pids in lab.engine_children().items()}
for name in names:
    for i in range(child_kills):
        load()
        time.sleep(lab.random.uniform(0, 2))
        durable = max(durable, lab.durable())
        # Of a nest the other one must be there to bring it back.
        before = wait(f"{name} is there", lambda: all_there(name))
        if not before:
            break
        os.kill(before[-1], signal.SIGKILL)
        if not wait(f"{name} back", lambda: before[-1] not in (all_there(name) or before)):
            break
        wait_probing(name)
    ok(i == child_kills - 1, f"{name}: killed {child_kills} times, back each time")
for i in range(parent_kills):
    load()
    time.sleep(lab.random.uniform(0, 3))
    durable = max(durable, lab.durable())
    children = {p: started_at(p) for pids in lab.engine_children().values() for p in pids}
    lab.end("simpuld", signal.SIGKILL)
    wait("nobody left behind", lambda: not any(began and started_at(p) == began for p, began in children.items()))
    lab.start_engine()
    wait_probing("the parent")
ok(True, f"parent: killed {parent_kills} times, nobody was left behind")
note("seconds until probing went on: worst %.1f" % max(resumed, default=0))
for v in victims:
    lab.fleet(f"restore link {v}")
wait("all up", lambda: all(lab.links().get(v) == "up" for v in victims))
wait("all told is heard", lab.all_heard)
wait("acknowledged again", lambda: lab.durable() > durable)
events = lab.sub.events()
by_id, seqs = {}, set()
for m in events:
    by_id.setdefault(m.doc["id"], set()).add(m.payload)
    seqs.add(int(m.doc["sequence"]))
ok(all(len(p) == 1 for p in by_id.values()), f"{len(events)} events of {len(by_id)} ids: a repeat is the same to the letter")
ok(len(seqs) == len(by_id), "no two events share a sequence number")
ok(seqs == set(range(min(seqs), max(seqs) + 1)), "no event is missing in the stream")
for v in victims:
    mine = []
    for m in sorted(events, key=lambda m: int(m.doc["sequence"])):
        if m.subject == "link/" + v and m.doc["id"] not in [x[0] for x in mine]:
            mine.append((m.doc["id"], m.kind))
    kinds = [k for _, k in mine if k in ("link.down", "link.up")]
    ok(all(a != b for a, b in zip(kinds, kinds[1:])) and (not kinds or kinds[-1] == "link.up"), f"{v}: down and up take turns ({len(kinds)})")
lab.end("simpuld")
dump = subprocess.run([program("simpul-journal"), lab.path("data/store/journal")], capture_output=True, text=True)
blocks = {int(l.split(",")[0]) for l in dump.stdout.splitlines() if l[:1].isdigit()}
ok(dump.returncode == 0 and max(blocks, default=0) >= durable, f"journal: readable, and holds what was acknowledged (block {durable})")
missing = [b for b in range(min(blocks, default=0), durable + 1) if b not in blocks]
ok(not missing, f"journal: no acknowledged block is missing of {len(blocks)}")
files = glob.glob(lab.path("data/store/rrd/*/*.rrd"))
bad = [f for f in files if subprocess.run(["rrdtool", "lastupdate", f], capture_output=True).returncode != 0]
ok(files and not bad, f"{len(files)} RRD files, all readable by rrdtool")
quarantined = glob.glob(lab.path("data/store/rrd/*/*.bad*"))
ok(not quarantined, "no file had to be set aside")
done()
