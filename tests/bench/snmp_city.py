#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole city: 31,354 simulated devices with two lines each, polled each minute by the whole engine, while three of ten devices
never answer and the simulated network runs on the same cores.

    snmp_city.py [MINUTES [DEVICES]]        default 10 and 31354

Prints lines `figure NAME VALUE UNIT`, with what is wanted beside. Not a matter of time, and so ok or not ok: no cycle is missed,
values are known, and they are those of the simulated devices.

What is counted stands in the journal: each sample there has gone from a device to the disk. RRD files are not part of this: each
minute has its place in one of 188,000, which would take 400 GB and hours to make, so the engine is given room for a few dozen and
goes on as it does on a full disk. Lines are pinged once a minute only: this is about SNMP.
"""
import os
import random
import subprocess
import sys
import time
from collections import defaultdict

from meter import cpu_s, engine_pids, figure, memory_bytes
from lab import Lab, done, note, ok, program, wait

PORTS = 3           # of each device: two lines and the loopback
DEAD = 0.3
INTERVAL_S = 60
LOOKED_AT = 200     # samples that are compared with the devices' own truth
FILES_MIB = 64      # what RRD files may take

minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10
devices = int(sys.argv[2]) if len(sys.argv) > 2 else 31354


class City(Lab):
    def __init__(self):
        super().__init__("city", fleet_options=("--ports", str(PORTS), "--silent", str(DEAD)))
        subprocess.run([program("simpul-fleet"), "inventory", "--sites", str(devices), "--routers", "100", "--lines", "2",
                        self.path("etc/inventory")], check=True)
        rows = self.read("etc/inventory/devices.csv").splitlines()[1:]
        self.live = {r.split(",")[0] for i, r in enumerate(rows) if int((i + 1) * DEAD) == int(i * DEAD)}

    def write_conf(self):
        self.write("etc/simpuld.conf", f"""
engine: {{ ns = "pontianak"; data_dir = "{self.path('data')}"; socket = "{self.path('ctl.sock')}"; gap_s = 900; }};
measure = ( {{ name = "main"; netns = ""; }}, {{ name = "wan"; netns = "{self.path('wan.netns')}"; }} );
icmp: {{ interval_s = 60; }};
snmp: {{ interval_s = {INTERVAL_S}; }};
store: {{ profile = "national"; }};
mqtt: {{ enabled = true; host = "{self.path('mqtt.sock')}"; port = 0; }};
""")

    def start_engine(self):
        """In a mount namespace where RRD files have little room."""
        os.makedirs(self.path("data/store/rrd"), mode=0o700)
        script = f'mount -t tmpfs -o size={FILES_MIB}m,mode=0700 none "$1" && exec "$2" -c "$3" --foreground'
        self.spawn("simpuld", ["unshare", "--mount", "sh", "-c", script, "city", self.path("data/store/rrd"), program("simpuld"),
                               self.path("etc/simpuld.conf")])
        wait("control socket", lambda: self.ctl("status")["ok"], patience=600)

    def samples(self, begin, end):
        """{(device, port): [(wall time, seconds, quality, rx in bit/s)]} of the journal between two times."""
        found = defaultdict(list)
        with subprocess.Popen([program("simpul-journal"), self.path("data/store/journal")], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True) as p:
            for line in p.stdout:
                f = line.split(",")
                if f[2] != "rate" or not f[5].startswith("port/"):
                    continue
                at = int(f[6]) / 1e9
                if begin < at <= end:
                    first = f[8].split(" ", 1)[0]
                    found[tuple(f[5][5:].split("."))].append((at, float(f[7]), f[3], None if first == "U" else float(first)))
        return found


def await_all_found(city):
    """Until every live device has been walked, and polled twice since."""
    def counter(name):
        return city.counters().get("measure wan/snmp." + name, 0)
    begin = time.monotonic()
    wait("all live devices are walked", lambda: counter("walks") >= len(city.live), patience=1800)
    figure("city_walked_after", time.monotonic() - begin, "s")
    polls = counter("polls")
    wait("two more cycles", lambda: counter("polls") >= polls + 2 * devices, patience=1800)


def watch(city):
    """The steady minutes. @return (when they began and ended, how the counters changed, worst lag)"""
    pids = {**engine_pids(city), "simulated network": city.children["fleet"].pid}
    used, before, begin, began = {n: cpu_s(p) for n, p in pids.items()}, city.counters(), time.monotonic(), time.time()
    lag = []
    while time.monotonic() - begin < 60 * minutes:
        time.sleep(10)
        lag.append(city.counters().get("measure wan/snmp.lag_p99_us", 0))
    ended, seconds = time.time(), time.monotonic() - begin
    for name, pid in sorted(pids.items()):
        word = name.replace(" ", "_")
        figure(f"city_cpu_{word}", 100 * (cpu_s(pid) - used[name]) / seconds, "% of a core")
        figure(f"city_rss_{word}", memory_bytes(pid, "Rss") / 2**20, "MiB")
    after = city.counters()
    return began, ended, {n: after[n] - before.get(n, 0) for n in after}, max(lag)


def judge_known(city, found, begin, end):
    cycles = int((end - begin) / INTERVAL_S)
    wanted = len(city.live) * PORTS * cycles
    known = sum(min(cycles, sum(s[2] == "good" for s in rows)) for rows in found.values())
    gaps = sum(b[0] - a[0] > 1.5 * INTERVAL_S for rows in found.values() for a, b in zip(sorted(rows), sorted(rows)[1:]))
    figure("city_values_known", 100 * known / wanted, "% of the live devices' samples", ">= 99.9")
    figure("city_samples", sum(map(len, found.values())), "samples of ports")
    ok(known >= 0.999 * wanted, f"{known} of {wanted} samples of live devices are known")
    return gaps


def judge_truth(city, found):
    """Are they what the devices carried in just that time?"""
    rows = [(*key, *s) for key, samples in found.items() if key[1] != "lo" for s in samples if s[2] == "good"]
    right = 0
    for device, port, at, seconds, _, rx in random.Random(city.seed).sample(rows, min(LOOKED_AT, len(rows))):
        answer = city.fleet(f"truth port {device} {port} {at - seconds:.3f} {at + 0.01:.3f} {seconds:.3f}")
        true = float(answer.split(",")[1]) if "," in answer else -1
        if abs(rx - true) <= 0.005 * true:
            right += 1
        else:
            note(f"{device} {port} at {at:.3f}: {rx:.0f} bit/s over {seconds:.3f} s, truly {true:.0f}")
    ok(right == min(LOOKED_AT, len(rows)) > 0, f"{right} samples out of {min(LOOKED_AT, len(rows))} are true to 0.5 %")


city = City()
note(f"{devices} devices, {len(city.live)} of which answer; {os.cpu_count()} cores; {minutes:g} minutes")
city.start_broker()
city.start_fleet()
city.start_engine()
await_all_found(city)
began, ended, change, lag_us = watch(city)
figure("city_requests", change["measure wan/snmp.requests"] / (ended - began), "1/s")
figure("city_start_lag_p99", lag_us / 1e6, "s, the worst of any 10 s", "< 1")
time.sleep(5)       # what was sampled last is in the journal within two seconds
found = city.samples(began, ended)
gaps = judge_known(city, found, began, ended)
missed = change["measure wan/snmp.overruns"] + gaps
figure("city_missed_cycles", missed, "polls", "0")
ok(missed == 0, "no cycle is missed")
restarts = {n: v for n, v in city.counters().items() if n.endswith(".restarts") and v}
if not ok(not restarts, "no process was lost"):
    note(str(restarts))
ok(change["measure wan/samples.frames_dropped"] + change["measure wan/samples.frames_lost"] == 0, "no sample is lost on the way")
figure("city_kernel_drops", change["measure wan/probe.kernel_drops"], "packets")
judge_truth(city, found)
city.close()
done()
