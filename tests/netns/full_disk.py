#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk of the store is full, then free again: a clear self-alert, measuring and alerting go on, nothing is lost within the bound."""
import os
import shutil
import subprocess

from lab import Lab, done, note, ok, skip_all, wait

lab = Lab("full_disk")
os.makedirs(lab.path("data/store"), mode=0o700)
r = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3g,mode=0700", "tmpfs", lab.path("data/store")], capture_output=True)
if r.returncode != 0:
    skip_all("no right to mount a small file system")
try:
    lab.start()
    wait("all files made", lambda: lab.counters().get("store/rrd.files", 0) >= 95, patience=120)
    stuffing = lab.path("data/store/stuffing")
    # Unbuffered: a buffered file would try its last bytes once more when it is closed, and raise out of the `with`.
    with open(stuffing, "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"x" * 65536)
        except OSError as e:
            note(f"stuffed {f.tell() >> 20} MiB: {e}")
    blind = wait("the self-alert", lambda: [m for m in lab.sub.events() if m.kind == "engine.blind"], patience=120)
    note(blind[0].payload if blind else "")
    ok(blind and "No space left" in blind[0].payload, "it says what is wrong and where")
    lab.fleet("cut link s013-1")
    ok(wait("link.down", lambda: [m for m in lab.sub.events() if m.kind == "link.down"]), "a cut is still told")
    os.unlink(stuffing)
    ok(wait("sight again", lambda: [m for m in lab.sub.events() if m.kind == "engine.sighted"], patience=120), "the end of it is told too")
    seq = lab.durable()
    ok(wait("acknowledging goes on", lambda: lab.durable() > seq), "samples are acknowledged again")
finally:
    lab.end("simpuld")
    subprocess.run(["umount", lab.path("data/store")], check=False)
shutil.rmtree(lab.path("data"), ignore_errors=True)
done()
