#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The broker is stopped while twenty lines fail: all events arrive afterwards, once and in order.

    broker_away.py [SECONDS]    how long it stays away (default 60; 300 in `make torture`)
"""
import sys
import time

from lab import Lab, Subscriber, done, note, ok, wait

away = int(sys.argv[1]) if len(sys.argv) > 1 else 60
lab = Lab("broker_away").start()
victims = lab.random.sample(sorted(lab.one_line_sites()), 20)
wait("all told so far is heard", lab.all_heard)
lab.end("mosquitto")
lab.sub.close(lab)
last_before = max((int(m.doc["sequence"]) for m in lab.sub.events()), default=0)
begin = time.time()
for v in victims:
    lab.fleet(f"cut link {v}")
    time.sleep(away / 25)
wait("all twenty down in the engine", lambda: all(lab.links().get(v) == "down" for v in victims))
wait("the broker's time away is over", lambda: time.time() - begin >= away, patience=away + 60)
ok(wait("an answer", lambda: lab.ctl("status")["ok"]), "the engine answers while the broker is away")
lab.start_broker()
lab.sub = Subscriber(lab)
wait("20 link.down", lambda: len({m.subject for m in lab.sub.events() if m.kind == "link.down"}) == 20)
wait("all told is heard", lab.all_heard)
events = lab.sub.events()
note(f"{len(events)} events after {time.time() - begin:.0f} s")
first = {}
for m in events:
    first.setdefault(m.doc["id"], m)
ok(sorted(m.subject for m in first.values() if m.kind == "link.down") == sorted("link/" + v for v in victims), "each fault once")
seqs = [int(m.doc["sequence"]) for m in first.values()]
ok(seqs == sorted(seqs), "in the order of the stream")
ok(seqs and seqs == list(range(seqs[0], seqs[0] + len(seqs))), "without a gap")
ok(not seqs or seqs[0] <= last_before + 1, "beginning where the broker was lost")
ok(wait("the states", lambda: all(lab.sub.state("link/" + v).get("state") == "down" for v in victims)), "retained states are right")
done()
