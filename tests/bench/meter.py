# SPDX-License-Identifier: GPL-3.0-or-later
"""meter.py: what the benches share: lines `figure NAME VALUE UNIT`, what a process has used, a lab that measures all its lines,
and a made-up city of any size."""
import math
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "netns"))
from lab import program, wait    # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
DEMO_LINES = 80


def figure(name, value, unit, wanted=None):
    """@param wanted  as "<= 300": only printed; a machine that does other things, too, would fail by itself"""
    print(f"figure {name} {value:.6g} {unit}" + (f"   (wanted {wanted})" if wanted else ""), flush=True)


def quantile(values, share):
    """The smallest of the values that has at least this share (0..1) of them at or below itself; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def run_s(pid):
    """The same of a process whose threads all live on, to the nanosecond."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            total += int(f.read().split()[0])
    return total / 1e9


def memory_bytes(pid, kind="Pss"):
    """Proportional share: what is shared between the processes is counted once in all. @param kind  or "Rss" """
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return next(int(l.split()[1]) * 1024 for l in f if l.startswith(kind + ":"))


def written_bytes(pid):
    with open(f"/proc/{pid}/io") as f:
        return next(int(l.split()[1]) for l in f if l.startswith("write_bytes:"))


def engine_pids(lab):
    return {"parent": lab.children["simpuld"].pid, **{name: pids[-1] for name, pids in lab.engine_children().items()}}


def probe_lag(lab):
    """(p50, p99) of the ten seconds before, in µs: how late packets were sent against their plan."""
    c = lab.counters()
    return c.get("measure wan/probe.lag_p50_us", 0), c.get("measure wan/probe.lag_p99_us", 0)


def make_city(lab, offices):
    """Offices, and a node for each fifty of them, in place of the lab's inventory. @return how many lines that makes"""
    subprocess.run([program("simpul-fleet"), "inventory", "--sites", str(offices), "--routers", "10", lab.path("etc/inventory")],
                   check=True)
    return sum(not line.startswith("id,") for line in lab.read("etc/inventory/links.csv").splitlines())


def start_measuring(lab, lines=DEMO_LINES):
    lab.start_broker()
    lab.start_fleet()
    lab.start_engine()

    def settled():
        return sum(s in ("up", "never_up") for s in lab.links().values()) >= lines
    wait("all lines measured", settled, patience=240)


def await_files(lab, lines):
    """Until all series have their files. Lines are not all that has some, and how many there will be nobody says: none has come for
    half a minute, in which the counters came three times."""
    made, since = -1, time.monotonic()

    def still():
        nonlocal made, since
        n = lab.counters().get("store/rrd.files", 0)
        if n != made:
            made, since = n, time.monotonic()
        return n >= lines and time.monotonic() - since >= 30
    wait("all files made", still, patience=1800)
