#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the spine costs: the 61-site demonstration and 5,000 links, each with the simulated WAN beside it on this machine.

    spine.py [MINUTES]      default 5 of steady running each

Prints lines `figure NAME VALUE UNIT`: CPU per site and hour, memory per process, disk bytes per stored row, and the lag between
planned and real sending. Figures are of this machine on this day; compare ratios.
"""
import os
import sys
import time

from meter import (DEMO_LINES, await_files, cpu_s, engine_pids, figure, make_city, memory_bytes, probe_lag, quantile,
                   start_measuring, written_bytes)
from lab import Lab, note, wait

minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5


def flushed_rows(lab):
    """Rows in the files once everything that is closed is written; the counters come each 10 s."""
    lab.simpulctl("flush")
    time.sleep(11)
    return lab.counters().get("store/rrd.rows", 0)


def run(name, lab, sites, links):
    start_measuring(lab, links)
    await_files(lab, links)
    # A minute is closed 75 s after its end, and files of a big town wait for half an hour: have them written now.
    wait("the first rows", lambda: flushed_rows(lab) >= links, patience=300)
    rows = flushed_rows(lab)
    pids = engine_pids(lab)
    store = next(p for n, p in pids.items() if n == "store")
    cpu = {n: cpu_s(p) for n, p in pids.items()}
    written = written_bytes(store)
    begin = time.monotonic()
    lag = []
    while time.monotonic() - begin < 60 * minutes:
        time.sleep(10)
        lag.append(probe_lag(lab))
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
    figure(f"{name}_probe_lag_p50", quantile([p50 for p50, _ in lag], 0.5), "us")
    figure(f"{name}_probe_lag_p99", max(p99 for _, p99 in lag), "us")
    c = lab.counters()
    figure(f"{name}_kernel_drops", c.get("measure wan/packets.kernel_drops", c.get("measure wan/kernel_drops", 0)), "packets")
    lab.close()


note(f"{minutes:g} minutes each; the simulated WAN runs on the same {os.cpu_count()} cores and is not counted")
run("demo", Lab("demo"), 61, DEMO_LINES)
big = Lab("links5000")
make_city(big, 3750)
run("links5000", big, 3750, 4900)
