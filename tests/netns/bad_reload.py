#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reload with an error changes nothing and says where, also when core has to start again before the files are mended; SIGHUP
and simpulctl reload both work; unchanged probes go on."""
import os
import signal

from lab import Lab, done, note, ok, wait

lab = Lab("bad_reload").start()
good = lab.read("etc/inventory/links.csv")
lab.write("etc/inventory/links.csv", good.replace("s013-1,s013,", "s013-1,s999,"))
r = lab.simpulctl("reload")
note(r.stdout + r.stderr)
line = next(i for i, l in enumerate(good.splitlines(), 1) if l.startswith("s013-1,"))
ok(r.returncode == 1, "a row of an unknown site: the reload is refused")
ok(f"links.csv:{line}" in r.stdout + r.stderr, "the answer names file and row")
ok(wait("the list of lines", lab.links).get("s013-1") == "up", "the line is still watched")
os.kill(lab.children["simpuld"].pid, signal.SIGHUP)
wait("the refusal as an event", lambda: sum(m.kind == "engine.config_rejected" for m in lab.sub.events()) >= 2)
os.unlink(lab.path("etc/inventory/links.csv"))
os.symlink("links.csv", lab.path("etc/inventory/links.csv"))
r = lab.simpulctl("reload")
note(r.stdout + r.stderr)
ok(r.returncode == 1 and "links.csv: cannot be read" in r.stdout + r.stderr, "a file that cannot be opened: the answer names it")
os.unlink(lab.path("etc/inventory/links.csv"))
lab.write("etc/inventory/links.csv", good.replace("s013-1,s013,", "s013-1,s999,"))
core = lab.engine_pid("core")
watched = len(lab.links())
os.kill(core, signal.SIGKILL)
wait("core back", lambda: lab.engine_pid("core") not in (None, core) and len(lab.links()) == watched)
ok(lab.links().get("s013-1") == "up", "core was killed meanwhile: the old configuration is in force again")
wait("the refusal in status", lambda: not lab.ctl("status")["config"]["ok"])
r = lab.simpulctl("status")
note(r.stdout)
ok("stays in force" in r.stdout and "simpulctl check" in r.stdout, "status says that the files are refused, and what to do")
lab.write("etc/inventory/links.csv", good)
before = {m.doc["data"]["rev"] for m in lab.sub.all() if m.topic == "state/link/s014-1"}
r = lab.simpulctl("reload")
note(r.stdout + r.stderr)
ok(r.returncode == 0, "mended: the reload is taken")
wait("the event", lambda: [m for m in lab.sub.events() if m.kind == "engine.config_loaded"])
ok({m.doc["data"]["rev"] for m in lab.sub.all() if m.topic == "state/link/s014-1"} == before, "a line that did not change was not published again")
ok(not [m for m in lab.sub.events() if m.kind.startswith(("link.", "site."))], "nobody was called")
done()
