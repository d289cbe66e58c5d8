#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ICMP echo costs and how true its round trip is, beside Debian's fping on the same targets in the same run.

    icmp.py                     30,000 targets once a second; the observer; fping
    icmp.py city [MINUTES]      45,000 targets, a packet each 2 s, default 10 minutes; 450 of them never answer

Targets are addresses of 127.0.0.0/8 in a network namespace of this bench: the kernel itself answers, within a few microseconds, so
that what is left is our own cost and our own error. CPU time is user and system, with the kernel's work for the answers in it, of
fping as of the engine.

The reference of a round trip is made for each packet, on the same path and in the same run: a process of its own reads a packet
socket on the card, as tcpdump does, and takes the kernel's stamp of the request when it is handed to the card and of the answer
when it comes from it (tests/bench/wire.c). It knows nothing of our send times, and its clock is that of the kernel's stamps, so
what differs is our error: the send time that is interpolated over a batch, and the way of a packet from the call to the card.
Because an observer costs time with each packet, CPU is measured without one.

Prints lines `figure NAME VALUE UNIT`, with the goal beside those that have one, `ratio NAME VALUE`, and `skipped NAME REASON`.
"""
import os
import resource
import subprocess
import sys
import tempfile

from meter import figure
from lab import note, program
from wan import install

TARGETS = 30000
SECONDS = 10
FPING_TARGETS = 1000, 10000     # beyond 6,553 pings a second it runs out of sequence numbers
FPING_ROUNDS = 5
PACED_S = 0.8                   # of each second, so that a round has time to end
CITY, CITY_SILENT = 45000, 450  # the same share that is always dead somewhere
INSIDE = "SIMPUL_BENCH_INSIDE"


def count(name, n, unit, wanted=None):
    """To the last packet."""
    print(f"figure {name} {n:.0f} {unit}" + (f"   (wanted {wanted})" if wanted else ""), flush=True)


def skip(name, why):
    print(f"skipped {name} {why}", flush=True)


def inside():
    """Go on in a network namespace with a loopback, and a card that takes everything and answers nothing."""
    if os.environ.get(INSIDE):
        return
    r = subprocess.run(["unshare", "--map-root-user", "--net", "true"], capture_output=True, text=True)
    if r.returncode != 0:
        skip("icmp", f"no network namespace: {r.stderr.strip()}")
        sys.exit(77)
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--map-root-user", "--net", sys.executable, *sys.argv])


def kernel_count(name):
    """Of this namespace, since it was made."""
    with open("/proc/net/snmp") as f:
        heads, values = (line.split()[1:] for line in f if line.startswith("Icmp:"))
    return int(dict(zip(heads, values))[name])


def silent_card():
    """@return why there is none, or None"""
    for command in ("ip tuntap add t0 mode tun", "ip addr add 10.253.0.1/32 dev t0", "ip link set t0 up",
                    "ip route add 10.254.0.0/16 dev t0"):
        r = subprocess.run(command.split(), capture_output=True, text=True)
        if r.returncode != 0:
            return f"{command}: {r.stderr.strip()}"
    return None


def driver(*args):
    """@return {figure of tests/bench/probes: value}"""
    with tempfile.TemporaryFile("w+") as log:
        r = subprocess.run([program("tests/bench/probes"), *map(str, args)], stdout=subprocess.PIPE, stderr=log, text=True)
        if r.returncode != 0:
            log.seek(0)
            raise RuntimeError(f"tests/bench/probes {' '.join(map(str, args))} ended with {r.returncode}: {log.read().strip()}")
    return {words[1]: float(words[2]) for words in map(str.split, r.stdout.splitlines())}


def ours(targets, seconds, interval_s=1, silent=0):
    """@return figures, with "unread": answers of the kernel that we had not received in time; and "false_loss": those of them
    that it does not say it dropped, or, if that is more, packets that we counted lost. It counts too many at times: Linux 6.18
    counts each drop of a raw socket twice."""
    before = kernel_count("OutEchoReps")
    f = driver("loopback", targets, seconds, interval_s, silent)
    f["answered"] = kernel_count("OutEchoReps") - before
    f["unread"] = f["answered"] - f["loopback_received"]
    f["false_loss"] = max(f["unread"] - f["loopback_kernel_drops"], f["loopback_lost"])
    return f


def fping(targets):
    """@return (pings per CPU second, mean round trip in us, packets lost), or a text that says why not"""
    with tempfile.NamedTemporaryFile("w") as f:
        f.writelines(f"127.1.{i >> 8}.{i & 255}\n" for i in range(targets))
        f.flush()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        r = subprocess.run(["fping", "-q", "-C", str(FPING_ROUNDS), "-p", "1000", "-i", f"{1000 * PACED_S / targets:g}", "-f", f.name],
                           capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = [w for line in r.stderr.splitlines() if " : " in line for w in line.split(" : ")[1].split()]
    answers = [float(w) for w in words if w != "-"]
    if r.returncode not in (0, 1) or not answers:
        return (r.stderr.strip().splitlines() or [f"ended with {r.returncode}"])[-1]
    used = sum(getattr(after, n) - getattr(before, n) for n in ("ru_utime", "ru_stime"))
    return len(words) / used, 1000 * sum(answers) / len(answers), len(words) - len(answers)


def scale():
    f = ours(TARGETS, SECONDS)
    figure("pings_per_cpu_s", f["loopback_pings_per_cpu_second"], "1/s", ">= 120000")
    figure("ping_targets", TARGETS, "targets, once a second")
    count("pings_sent", f["loopback_sent"], "packets")
    count("false_loss", f["false_loss"], "packets", "0")
    count("kernel_drops", f["loopback_kernel_drops"], "packets")
    figure("send_lag_p99", f["loopback_lag_p99"], "us")
    b = driver("bias", TARGETS, SECONDS // 2)
    figure("rtt_bias_us", b["rtt_bias"], "us", "<= 10")
    figure("rtt_error_p1_us", b["rtt_error_p1"], "us")
    figure("rtt_error_p99_us", b["rtt_error_p99"], "us")
    count("rtt_compared", b["rtt_compared"], "packets")


def peer():
    for targets in FPING_TARGETS:
        f = ours(targets, FPING_ROUNDS)
        figure(f"pings_per_cpu_s_{targets}", f["loopback_pings_per_cpu_second"], "1/s")
        p = fping(targets)
        if isinstance(p, str):
            skip(f"fping_{targets}", p)
            continue
        figure(f"pings_per_cpu_s_fping_{targets}", p[0], "1/s")
        figure(f"rtt_mean_fping_{targets}", p[1], "us")
        figure(f"lost_fping_{targets}", p[2], "packets")
        suffix = "" if targets == FPING_TARGETS[-1] else f"_{targets}"
        print(f"ratio pings_fping{suffix} {f['loopback_pings_per_cpu_second'] / p[0]:.2f}", flush=True)


def city(minutes):
    why = silent_card()
    if why:
        note(f"no card that never answers ({why}): all targets do")
    silent = 0 if why else CITY_SILENT
    f = ours(CITY - silent, 60 * minutes, 2, silent)
    figure("city_targets", CITY, f"targets, a packet each 2 s for {minutes:g} minutes; {silent} never answer")
    count("city_sent", f["loopback_sent"], "packets to those that answer, bursts included")
    count("city_sent_silent", f["loopback_sent_silent"], "packets to the others")
    count("city_answered", f["answered"], "packets, by the kernel's count")
    count("city_received", f["loopback_received"], "packets in time")
    count("city_unread", f["unread"], "packets answered and not received in time")
    count("city_late", f["loopback_late"], "packets")
    count("city_kernel_drops", f["loopback_kernel_drops"], "packets")
    count("city_false_loss", f["false_loss"], "packets", "0")
    count("city_minutes_with_loss", f["loopback_minutes_with_loss"], "minutes of a target that answers")
    figure("city_cpu", f["loopback_cpu"], "% of a core")
    figure("city_send_lag_p99", f["loopback_lag_p99"], "us, of the last rounds")


if len(sys.argv) < 2 and not os.environ.get(INSIDE):
    missing = install("fping")
    if missing:
        skip("fping", missing)
inside()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
note(f"{os.cpu_count()} cores")
if len(sys.argv) > 1 and sys.argv[1] == "city":
    city(float(sys.argv[2]) if len(sys.argv) > 2 else 10)
else:
    scale()
    if subprocess.run(["which", "fping"], capture_output=True).returncode == 0:
        peer()
