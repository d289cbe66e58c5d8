#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many small frames a second the capture keeps: a flood over a veth pair, counted by who sends it and by the engine.
Not one may be missing without being told: what was sent is what was read and what was dropped.

    capture.py [FRAMES_PER_S [SECONDS]]     200000 and 10 when left out"""
import subprocess
import sys

from meter import cpu_s, figure
from capture_lab import CaptureLab
from lab import done, ok, program, wait

rate = int(sys.argv[1]) if len(sys.argv) > 1 else 200000
seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 10

lab = CaptureLab("bench-capture", {"s-one": "10.1.0.0/16"}, buffer_mib=64)
lab.start_engine()
lab.wait_planned()
pid = lab.engine_pid("capture")
before = cpu_s(pid)
sent, took = subprocess.run([program("tests/bench/flood"), lab.INTO, str(rate), str(seconds)], check=True, capture_output=True,
                            text=True).stdout.split()
sent, took = int(sent), float(took)
t = wait("the kernel's count of all", lambda: next((t for t in [lab.ctl("traffic")] if int(t["came"]) >= sent and
                                                    int(t["packets"]) + int(t["dropped"]) >= sent), None))
kept, dropped = int(t["packets"]), int(t["dropped"])
figure("capture_offered_ps", sent / took, "frames/s", f">= {rate}")
figure("capture_kept", kept, "frames")
figure("capture_dropped", dropped, "frames", "0, or told")
figure("capture_unreported", sent - kept - dropped, "frames", "0")
figure("capture_cpu_us", (cpu_s(pid) - before) * 1e6 / max(1, kept), "us of CPU per frame")
ok(kept + dropped == sent == int(t["came"]), "each frame that was sent was read, or told as dropped")
done()
