#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the spine costs: the 61-site demonstration and 5,000 links, each with the simulated WAN beside it on this machine.

    spine.py [MINUTES]      default 5 of steady running each

Prints lines `figure NAME VALUE UNIT`: CPU per site and hour, memory per process, disk bytes per stored row, and the lag between
planned and real sending. Figures are of this machine on this day; compare ratios.
"""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "netns"))
from lab import Lab, note, program, wait    # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5


def figure(name, value, unit):
    print(f"figure {name} {value:.6g} {unit}", flush=True)


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_bytes(pid):
    """Proportional share: what is shared between the processes is counted once in all."""
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return next(int(l.split()[1]) * 1024 for l in f if l.startswith("Pss:"))


def written_bytes(pid):
    with open(f"/proc/{pid}/io") as f:
        return next(int(l.split()[1]) for l in f if l.startswith("write_bytes:"))


def flushed_rows(lab):
    """Rows in the files once everything that is closed is written; the counters come each 10 s."""
    lab.simpulctl("flush")
    time.sleep(11)
    return lab.counters().get("store/rrd.rows", 0)


def run(name, lab, sites, links):
    lab.start_broker()
    lab.start_fleet()
    lab.start_engine()
    wait("all lines measured", lambda: sum(s in ("up", "never_up") for s in lab.links().values()) >= links, patience=240)
    # A minute is closed 75 s after its end, and files of a big town wait for half an hour: have them written now.
    wait("all files made", lambda: lab.counters().get("store/rrd.files", 0) >= links, patience=1800)
    wait("the first rows", lambda: flushed_rows(lab) >= links, patience=300)
    rows = flushed_rows(lab)
    pids = {"parent": lab.children["simpuld"].pid, **{name: pids[-1] for name, pids in lab.engine_children().items()}}
    store = next(p for n, p in pids.items() if n == "store")
    cpu = {n: cpu_s(p) for n, p in pids.items()}
    written = written_bytes(store)
    begin = time.monotonic()
    lag50, lag99 = [], []
    while time.monotonic() - begin < 60 * minutes:
        time.sleep(10)
        c = lab.counters()
        lag50.append(c.get("measure wan/probe.lag_p50_us", 0))
        lag99.append(c.get("measure wan/probe.lag_p99_us", 0))
    spent = {n: cpu_s(p) - cpu[n] for n, p in pids.items()}
    seconds = time.monotonic() - begin
    rows = flushed_rows(lab) - rows
    written = written_bytes(store) - written
    total = sum(spent.values())
    figure(f"{name}_cpu_percent_of_a_core", 100 * total / seconds, "%")
    figure(f"{name}_cpu_per_site", 3600 * total / seconds / sites, "CPU-s/h")
    for n, p in sorted(pids.items()):
        figure(f"{name}_cpu_{n.replace(' ', '_')}", 100 * spent[n] / seconds, "%")
        figure(f"{name}_memory_{n.replace(' ', '_')}", memory_bytes(p) / 2**20, "MiB")
    if rows:
        figure(f"{name}_disk_per_row", written / rows, "byte")
    figure(f"{name}_rows_stored", rows, "rows")
    figure(f"{name}_probe_lag_p50", sorted(lag50)[len(lag50) // 2], "us")
    figure(f"{name}_probe_lag_p99", max(lag99), "us")
    c = lab.counters()
    figure(f"{name}_kernel_drops", c.get("measure wan/packets.kernel_drops", c.get("measure wan/kernel_drops", 0)), "packets")
    lab.close()


note(f"{minutes:g} minutes each; the simulated WAN runs on the same {os.cpu_count()} cores and is not counted")
run("demo", Lab("demo"), 61, 80)
big = Lab("links5000")
subprocess.run([program("simpul-fleet"), "inventory", "--sites", "3750", "--routers", "10", big.path("etc/inventory")], check=True)
run("links5000", big, 3750, 4900)
