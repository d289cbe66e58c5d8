#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SNMP polling costs, beside others on the same simulated devices in the same run: 1,000 devices with eight ports, of each port
octets, errors and discards in both directions and ifOperStatus, 56 values per device and cycle.

    snmp.py [MINUTES [PART]]    default 2 of steady running of each engine; PART: peers (and the
    engine beside them), engine, stored, cycle, memory or v3

Prints lines `figure NAME VALUE UNIT`, with the goal beside those that have one; `ratio NAME VALUE`, what the peer needs for what
the engine needs once; and `skipped NAME REASON` of peers that are not to be had. Nothing fails because of a time. All are polled
behind one TUN device, whose side of the kernel's work is charged to who sends, and the devices run on the same cores.

Peers are Debian's packages: collectd-core, prometheus-snmp-exporter, cacti-spine, mariadb-server-core. They are installed if they
are not here, which needs root; no service is started, and what runs is in a folder and a network namespace of this bench.
"""
import glob
import os
import subprocess
import sys
import time

from meter import await_files, engine_pids, figure, run_s
from lab import BUILD, note, wait
from peers import PEERS
from wan import METRICS, NEAR_MS, PORTS, Wan, install

DEVICES = 1000
MORE_DEVICES = 5000     # 500 polls a second: a country of 30,000 devices, each once a minute
CYCLES = 5              # of each peer
INTERVAL_S = 10         # of the engine
STORED_DEVICES = 300    # their files are made within minutes
MANY = 31000            # for memory
FAR_MS, DEAD = 40, 0.05

minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 2
part = sys.argv[2] if len(sys.argv) > 2 else ""


def skip(name, why):
    print(f"skipped {name} {why}", flush=True)


def fresh_samples(wan):
    """How many samples the store has taken, just told: the counters come each ten seconds. @return (their number, when)"""
    before = wan.counters().get("store/samples", 0)
    wait("the counters", lambda: wan.counters()["store/samples"] != before, patience=60)
    return wan.counters()["store/samples"], time.monotonic()


def start(wan):
    """The engine, until it polls all ports of all devices."""
    wan.start_broker()
    wan.start_engine()
    last = [0]

    def settled():
        before, last[0] = last[0], fresh_samples(wan)[0]
        return last[0] - before >= 0.95 * wan.devices * (PORTS + 1) * 10 / INTERVAL_S
    wait("all ports are polled", settled, patience=600)


class Watch:
    """What the processes of the engine use and what they poll, from one telling of the counters to another."""

    def __init__(self, wan):
        self.wan = wan
        self.pids = engine_pids(wan)
        self.samples, self.begin = fresh_samples(wan)
        self.used = {n: run_s(p) for n, p in self.pids.items()}

    def end(self):
        """@return ({process: CPU seconds}, values of ports that the store took, seconds)"""
        samples, now = fresh_samples(self.wan)
        used = {n: run_s(p) - self.used[n] for n, p in self.pids.items()}
        samples, seconds = samples - self.samples, now - self.begin
        wanted = self.wan.devices * (PORTS + 1) * seconds / INTERVAL_S
        if samples < 0.97 * wanted:
            raise RuntimeError(f"the store has taken {samples} samples, not about {wanted:.0f}")
        return used, samples * METRICS / (PORTS + 1), seconds   # of each device one sample is of itself


def steady(name, devices):
    wan = Wan(name, devices, conf=f"snmp: {{ interval_s = {INTERVAL_S}; }};")
    start(wan)
    watch = Watch(wan)
    time.sleep(60 * minutes)
    result = watch.end()
    wan.close()
    return result


def engine():
    """@return CPU seconds per million values, from the request to the rules, beyond what they need for one device"""
    idle, _, idle_s = steady("idle", 1)
    used, values, seconds = steady("engine-1000", DEVICES)
    few = sum(used[n] - idle[n] * seconds / idle_s for n in used if n.startswith(("measure", "core")))
    figure("cpu_s_per_million_1000_devices", 1e6 * few / values, "CPU-s, where 100 polls a second find all caches cold")
    used, values, seconds = steady("engine", MORE_DEVICES)
    each = {n: 1e6 * (used[n] - idle[n] * seconds / idle_s) / values for n in sorted(used) if n.startswith(("measure", "core"))}
    figure("cpu_s_per_million", sum(each.values()), "CPU-s", "<= 0.5")
    for name, s in each.items():
        figure(f"cpu_s_per_million_{name.replace(' ', '_')}", s, "CPU-s")
    figure("cpu_idle", 100 * sum(idle[n] for n in each) / idle_s, "% of a core, with one device; not in the figures above")
    figure("values_polled", values, "values")
    return sum(each.values())


def stored():
    """All processes, with the files: of fewer devices, because each port first has to get its file."""
    wan = Wan("stored", STORED_DEVICES, conf=f"snmp: {{ interval_s = {INTERVAL_S}; }};")
    start(wan)
    await_files(wan, STORED_DEVICES * (PORTS + 1))
    wan.simpulctl("flush")
    fresh_samples(wan)
    watch, before = Watch(wan), wan.counters()
    time.sleep(60 * minutes)
    wan.simpulctl("flush")
    fresh_samples(wan)      # within ten seconds it is done
    used, values, _ = watch.end()
    after = wan.counters()
    rows, updates = (after[f"store/rrd.{n}"] - before[f"store/rrd.{n}"] for n in ("rows", "updates"))
    figure("cpu_s_per_million_store", 1e6 * used["store"] / values, f"CPU-s, with {rows / max(1, updates):.1f} rows of a minute per write")
    figure("cpu_s_per_million_stored", 1e6 * sum(used.values()) / values, "CPU-s, of all processes", "<= 1.5")
    wan.close()


def peers(ours):
    for name, kind in PEERS.items():
        why = next(filter(None, map(install, kind.packages)), None)
        if why:
            skip(name, why)
            continue
        wan, peer = Wan(name, DEVICES), None
        try:
            peer = kind(wan)
            used, values = peer.poll_cycles(CYCLES)
            figure(f"cpu_s_per_million_{name}", 1e6 * used / values, "CPU-s")
            if peer.database_s:
                figure(f"cpu_s_per_million_{name}_with_database", 1e6 * (used + peer.database_s) / values, "CPU-s")
            print(f"ratio cpu_{name} {1e6 * used / values / ours:.1f}", flush=True)
        except (OSError, ValueError, RuntimeError) as e:
            skip(name, str(e))
        finally:
            if peer:
                peer.close()
            wan.close()


def driver(mode, devices, rtt_ms, dead):
    """The engine's library alone, by tests/bench/snmp.c, which prints the figures."""
    wan = Wan(mode, devices, rtt_ms, dead)
    with open(wan.path("log", "driver.log"), "w") as log:
        r = subprocess.run(wan.inside(["tests/bench/snmp", mode, str(devices), str(dead), str(PORTS), str(CYCLES)]), stderr=log,
                           timeout=900)
    wan.close()
    if r.returncode != 0:
        raise RuntimeError(f"tests/bench/snmp {mode} ended with {r.returncode}")


def v3():
    found = [p for p in glob.glob(os.path.join(BUILD, "tests/bench/v3*")) if os.access(p, os.X_OK) and os.path.isfile(p)]
    if not found:
        skip("v3_us_per_request", "its program tests/bench/v3 is not built")
    for program in found:
        subprocess.run([program], check=True)


note(f"{os.cpu_count()} cores; {minutes:g} minutes of steady running of the engine, {CYCLES} cycles of each peer")
PARTS = {
    "cycle": lambda: driver("cycle", DEVICES, FAR_MS, DEAD),
    "memory": lambda: driver("memory", MANY, NEAR_MS, 0),
    "v3": v3,
    "stored": stored,
    "peers": lambda: peers(engine()),
}
if part == "engine":
    engine()
for name, run in PARTS.items():
    if part in ("", name):
        run()
