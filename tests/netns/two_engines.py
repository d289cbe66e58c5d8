#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second engine on one data directory is refused and told who holds it; a wrong configuration does not start and says why."""
import subprocess

from lab import PATIENCE, Lab, done, note, ok, program, wait

lab = Lab("two_engines")
lab.start_broker()
lab.start_fleet()
first = lab.start_engine()
r = subprocess.run([program("simpuld"), "-c", lab.path("etc/simpuld.conf"), "--foreground"], capture_output=True, text=True, timeout=PATIENCE)
note(r.stderr)
ok(r.returncode == 1, "the second engine ends with 1")
ok(str(first.pid) in r.stderr, "and names the process that holds the directory")
ok(wait("an answer", lambda: lab.ctl("status")["ok"]), "the first one goes on")
lab.end("simpuld")
conf = lab.read("etc/simpuld.conf")
lab.write("etc/simpuld.conf", conf.replace("data_dir", "datadir"))
r = subprocess.run([program("simpuld"), "-c", lab.path("etc/simpuld.conf"), "--foreground"], capture_output=True, text=True, timeout=PATIENCE)
note(r.stderr)
ok(r.returncode == 1, "a wrong key: the engine does not start")
ok("simpuld.conf:2" in r.stderr and "data_dir" in r.stderr, "it names file, line and the nearest valid key")
r = lab.simpulctl("check", lab.path("etc/simpuld.conf"))
ok(r.returncode == 1 and "simpuld.conf:2" in r.stdout + r.stderr, "simpulctl check says the same")
lab.write("etc/simpuld.conf", conf)
r = lab.simpulctl("check", lab.path("etc/simpuld.conf"))
note(r.stdout)
ok(r.returncode == 0, "mended: no errors")
r = lab.simpulctl("status")
ok(r.returncode == 3, "no engine: exit code 3")
note(r.stderr)
done()
