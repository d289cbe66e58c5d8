#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole engine is stopped for longer than a process may go without a sign of life, as by a snapshot of its machine: nobody is
killed for it. A process that is stopped alone is killed and started again."""
import os
import signal
import time

from lab import Lab, done, note, ok, wait

STOPPED_S = 12      # a process may be silent for 10 s

lab = Lab("frozen").start()
before = lab.engine_children()
everybody = [lab.children["simpuld"].pid, *(pid for pids in before.values() for pid in pids)]
for pid in everybody:
    os.kill(pid, signal.SIGSTOP)
time.sleep(STOPPED_S)
for pid in reversed(everybody):
    os.kill(pid, signal.SIGCONT)
durable = wait("the engine answers", lab.durable)
wait("it goes on", lambda: lab.durable() > durable + 2)
ok(lab.engine_children() == before, f"stopped for {STOPPED_S} s: the same processes go on")
ok("no sign of life" not in lab.read("log/simpuld.log"), "none was taken for dead")
publish = lab.engine_pid("publish")
os.kill(publish, signal.SIGSTOP)
wait("publish is started again", lambda: lab.engine_pid("publish") not in (None, publish))
ok("publish has given no sign of life" in lab.read("log/simpuld.log"), "one that is stopped alone is killed, and said to be")
note(lab.engine_children())
done()
