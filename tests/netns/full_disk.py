#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk of the store is full, then free again: a clear self-alert, measuring and alerting go on, nothing is lost within the bound.

The disk is of memory, and made small only when all files are there, so that little of it is needed. It is mounted in a
namespace of this test, and so is gone with it.
"""
import os
import subprocess
import sys

from lab import Lab, done, note, ok, program, skip_all, wait

MIB = 1 << 20

if "--mounts-are-ours" not in sys.argv:
    inside = [program("unshare"), "--mount", "--propagation", "private"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode != 0:
        skip_all("no right to mount a small file system")
    os.execv(inside[0], [*inside, sys.executable, os.path.abspath(__file__), "--mounts-are-ours"])

lab = Lab("full_disk")
store = lab.path("data/store")
os.makedirs(store, mode=0o700)


def disk(how):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", store], capture_output=True, text=True)


if disk("size=3g,mode=0700").returncode != 0:
    skip_all("no right to mount a small file system")
try:
    lab.start()
    wait("all files made", lambda: lab.counters().get("store/rrd.files", 0) >= 95)
    used = os.statvfs(store)
    used = (used.f_blocks - used.f_bfree) * used.f_frsize
    r = disk(f"remount,size={used + 64 * MIB}")
    ok(r.returncode == 0, f"a disk with 64 MiB left beside {used // MIB} MiB {r.stderr}")
    stuffing = lab.path("data/store/stuffing")
    # Unbuffered: a buffered file would try its last bytes once more when it is closed, and raise out of the `with`.
    with open(stuffing, "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"x" * 65536)
        except OSError as e:
            note(f"stuffed {f.tell() // MIB} MiB: {e}")
    blind = wait("the self-alert", lambda: [m for m in lab.sub.events() if m.kind == "engine.blind"])
    note(blind[0].payload if blind else "")
    ok(blind and "No space left" in blind[0].payload, "it says what is wrong and where")
    lab.fleet("cut link s013-1")
    ok(wait("link.down", lambda: [m for m in lab.sub.events() if m.kind == "link.down"]), "a cut is still told")
    os.unlink(stuffing)
    ok(wait("sight again", lambda: [m for m in lab.sub.events() if m.kind == "engine.sighted"]), "the end of it is told too")
    seq = lab.durable()
    ok(wait("acknowledging goes on", lambda: lab.durable() > seq), "samples are acknowledged again")
finally:
    lab.end("simpuld")
    subprocess.run(["umount", "--lazy", store], check=False)    # its folder is to be removed
done()
