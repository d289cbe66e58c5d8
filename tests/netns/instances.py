#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measuring instances that a reload adds and removes: they start, they leave, and one that is added again while it is still leaving
comes back."""
import os
import signal

from lab import Lab, done, note, ok, wait

MAIN = '{ name = "main"; netns = ""; }'
TWO = MAIN + ', { name = "two"; netns = ""; }'

lab = Lab("instances")
lab.start_fleet()
lab.start_engine()
wait("the configuration", lambda: len(lab.links()) >= 80)
without = lab.read("etc/simpuld.conf")


def reload(conf):
    lab.write("etc/simpuld.conf", conf)
    r = lab.simpulctl("reload")
    if r.returncode != 0:
        note(r.stderr)
    return r.returncode == 0


def pid():
    return lab.engine_pid("measure two")


def known():
    return "measure two" in [p["name"] for p in lab.ctl("status")["processes"]]


ok(reload(without.replace(MAIN, TWO)), "an instance is added")
first = wait("it runs", pid)
wait("core knows it", known)
ok("measure two: sockets for ICMP are opened only at the start" in lab.read("log/simpuld.log"), "the log says what it cannot do, and why")
table = "etc/inventory/links.csv"
links = lab.read(table)
row = next(l for l in links.splitlines() if l.startswith("s013-1,"))
lab.write(table, links.replace(row, row.replace(",wan,", ",two,")))
reload(without.replace(MAIN, TWO))
wait("why", lambda: "restart simpuld" in lab.simpulctl("why", "s013-1").stdout)
note(lab.simpulctl("why", "s013-1").stdout)
ok("cannot send ICMP packets" in lab.simpulctl("why", "s013-1").stdout, "why says so of a line that it is to measure")
lab.write(table, links)
ok(reload(without), "it is removed")
wait("it has left", lambda: pid() is None)
wait("core has forgotten it", lambda: not known())
ok(not known(), "status does not miss it")

reload(without.replace(MAIN, TWO))
second = wait("it runs again", pid)
wait("core knows it again", known)
os.kill(second, signal.SIGSTOP)         # so that it is still there when it is added again
reload(without)
reload(without.replace(MAIN, TWO))
os.kill(second, signal.SIGCONT)
third = wait("it comes back", lambda: pid() not in (None, second) and pid())
ok(third, "added again while it was leaving: it leaves, and comes back")
os.kill(third, signal.SIGSTOP)
reload(without)
reload(without.replace(MAIN, TWO))
reload(without)
os.kill(third, signal.SIGCONT)
wait("it leaves", lambda: pid() is None)
ok(wait("core has forgotten it", lambda: not known()), "removed, added and removed again: it is gone")
done()
