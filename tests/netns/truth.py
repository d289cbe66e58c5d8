#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wave traffic polled at staggered phases: `rrdtool fetch` agrees with what the fleet really sent, minute by minute, and the
stored delays agree with the true median.

    truth.py [MINUTES]    default 2; `make torture` takes 30
"""
import math
import statistics
import subprocess
import sys
import time

from lab import Lab, done, note, ok, wait

minutes = int(sys.argv[1]) if len(sys.argv) > 1 else 2
lab = Lab("truth").start()
rows = [l.split(",") for l in lab.read("etc/inventory/links.csv").splitlines() if l[:1] == "s" and "," in l]
carried = [(r[0], r[15], r[16]) for r in rows if r[15]]        # link, device, port
note(f"{len(carried)} lines with a router, {len(rows)} lines in all")
lab.watch_stalls()
# From the first minute that is measured from its beginning, after the first walk and poll of each device.
begin = (int(time.time()) // 60 + 4) * 60
wait("the minutes to be measured", lambda: time.time() > begin + 60 * minutes + 80, patience=60 * (minutes + 8))
r = lab.simpulctl("flush")
ok(r.returncode == 0, "simpulctl flush " + r.stderr.strip())


def fetch(link):
    """{end of minute: {value: number}} as Debian's rrdtool reads it."""
    out = subprocess.run(["rrdtool", "fetch", lab.path(f"data/store/rrd/link/{link}.rrd"), "AVERAGE", "-r", "60", "-s", str(begin),
                          "-e", str(begin + 60 * minutes)], capture_output=True, text=True).stdout.splitlines()
    names = out[0].split()
    table = {}
    for line in out[2:]:
        t, values = line.split(":")
        table[int(t)] = dict(zip(names, (float(v) for v in values.split())))
    return {t: v for t, v in table.items() if begin < t <= begin + 60 * minutes}


known = total = wrong = 0
worst = 0.0
for link, device, port in carried:
    stored = fetch(link)
    for line in lab.fleet(f"truth port {device} {port} {begin} {begin + 60 * minutes} 60").splitlines():
        if not line[:1].isdigit():
            continue
        t, rx, tx = line.split(",")[:3]
        for name, true in (("rx_bps", float(rx)), ("tx_bps", float(tx))):
            total += 1
            value = stored.get(int(float(t)), {}).get(name, float("nan"))
            if value != value:
                continue
            known += 1
            error = abs(value - true) / true
            worst = max(worst, error)
            if error > 0.005:
                wrong += 1
                note(f"{link} {name} {t}: stored {value:.0f}, true {true:.0f}")
ok(total >= 2 * minutes * len(carried), f"{total} minutes to compare")
ok(known >= 0.99 * total, f"{known} of {total} known (at least 99 %)")
ok(wrong == 0, f"all within 0.5 % (worst {100 * worst:.3f} %)")

# A minute's median is drawn from 30 packets. Their delays are exponential above the smallest, with a mean of (p50 - min) / ln 2,
# which divided by the root of their number is the standard error of their median. Five of those come by chance in one line of a
# million. The simulated network is a process, too, and wakes twice for a packet: as late as this machine lets any process wake.
late = 2 * max(0, lab.stalls.wake_s(0.75))
errors, beyond = [], 0
for r in rows:
    link = r[0]
    words = lab.fleet(f"truth link {link}").split()
    true, least = (float(words[words.index(name) + 1]) for name in ("rtt_p50_s", "rtt_min_s"))
    values = [v["rtt_p50_s"] for v in fetch(link).values() if v.get("rtt_p50_s", float("nan")) == v.get("rtt_p50_s")]
    if not values:
        continue
    errors.append(statistics.mean(values) - true)
    chance = 5 * (true - least) / math.log(2) / math.sqrt(30 * len(values))
    if abs(errors[-1]) > 0.001 + late + chance:
        beyond += 1
        note(f"{link}: {1000 * errors[-1]:+.3f} ms, by chance at most {1000 * chance:.3f} ms")
ok(len(errors) >= 80, f"{len(errors)} lines with delays")
note(f"this machine adds up to {1000 * late:.3f} ms; worst line {1000 * max(map(abs, errors), default=0):.3f} ms")
ok(beyond == 0, "median delays of each line within 1 ms of the truth, beyond chance and this machine")
mean = statistics.mean(errors) if errors else math.inf
ok(abs(mean) <= 0.001 + late, f"of all lines together within 1 ms ({1000 * mean:+.3f} ms)")
done()
