#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that only root can read, and an engine that becomes another user: it does not start and says why; readable, it does, with
all its lines."""
import os
import shutil
import subprocess

from lab import Lab, done, note, ok, program, skip_all, wait

USER, UID = "nobody", 65534


def can_become():
    """Not root of a user namespace in which this user is nobody at all."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setresuid(UID, UID, UID)
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


if os.geteuid() != 0 or not can_become():
    skip_all(f"no right to become {USER}")
lab = Lab("unreadable")
lab.start_fleet()
os.chmod(lab.dir, 0o755)
lab.write("etc/simpuld.conf", lab.read("etc/simpuld.conf").replace("engine: {", f'engine: {{ user = "{USER}";'), 0o600)
p = lab.spawn("refused", ["simpuld", "-c", lab.path("etc/simpuld.conf"), "--foreground"])
try:
    code = p.wait(30)
except subprocess.TimeoutExpired:
    code = None
log = lab.read("log/refused.log")
note(log)
ok(code == 1, "the engine does not start")
ok("etc/simpuld.conf: cannot be read: Permission denied" in log and "engine.user" in log, "it names the file, and what to do")
lab.end("refused")
os.chmod(lab.path("etc/simpuld.conf"), 0o644)
os.chmod(lab.path("etc/inventory/links.csv"), 0o600)
r = subprocess.run([program("simpuld"), "-c", lab.path("etc/simpuld.conf"), "--foreground"], capture_output=True, text=True, timeout=30)
ok(r.returncode == 1 and "links.csv: cannot be read" in r.stderr, "likewise with a table of the inventory")
os.chmod(lab.path("etc/inventory/links.csv"), 0o644)
shutil.rmtree(lab.path("data"))       # made for the user, by the engine
lab.start_engine()
wait("the configuration", lambda: len(lab.links()) >= 80)
ok(len(lab.links()) >= 80, "readable: it starts and has its lines")
done()
