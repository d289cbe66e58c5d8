#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wave traffic polled at staggered phases: `rrdtool fetch` agrees with what the fleet really sent, minute by minute, and the
stored delays agree with the true median.

    truth.py [MINUTES]    default 4; `make torture` takes 30
"""
import subprocess
import sys
import time

from lab import Lab, done, note, ok, wait

minutes = int(sys.argv[1]) if len(sys.argv) > 1 else 4
lab = Lab("truth").start()
rows = [l.split(",") for l in lab.read("etc/inventory/links.csv").splitlines() if l[:1] == "s" and "," in l]
carried = [(r[0], r[15], r[16]) for r in rows if r[15]]        # link, device, port
note(f"{len(carried)} lines with a router, {len(rows)} lines in all")
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

worst = 0.0
compared = 0
for r in rows:
    link = r[0]
    words = lab.fleet(f"truth link {link}").split()
    true = float(words[words.index("rtt_p50_s") + 1])
    values = sorted(v["rtt_p50_s"] for v in fetch(link).values() if v.get("rtt_p50_s", 0) == v.get("rtt_p50_s", 0) and "rtt_p50_s" in v)
    if not values:
        continue
    compared += 1
    worst = max(worst, abs(values[len(values) // 2] - true))
ok(compared >= 80, f"{compared} lines with delays")
ok(worst <= 0.001, f"median delays within 1 ms of the truth (worst {1000 * worst:.3f} ms)")
done()
