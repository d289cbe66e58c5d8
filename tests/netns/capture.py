#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames on a mirror port, each known to the octet: they are found again per site, with the hosts that moved most, the time
to a site over TCP, what was sent again, and what DNS did not answer; also after the capture process has been killed."""
import os
import signal
import struct
import time

from capture_lab import CaptureLab, dns, frame4, tcp
from lab import done, note, ok, wait

SITE, OTHER = "s-one", "s-two"      # 10.1.0.0/16 and 2001:db8:1::/48; 10.2.0.0/16
OUTSIDE = "192.0.2.9"
ACK, SYN = 0x10, 0x02

lab = CaptureLab("capture", {SITE: "10.1.0.0/16|2001:db8:1::/48", OTHER: "10.2.0.0/16", "s-none": ""})
lab.start_engine()
ok(wait("the capture", lambda: lab.ctl("traffic")["capturing"] and lab.ctl("traffic")["interface"] == lab.MIRROR), "the capture process reads the mirror port")
ok(wait("sites", lambda: [s["ref"] for s in lab.ctl("traffic")["sites"]] == [f"site/{SITE}", f"site/{OTHER}"]), "sites that name networks have books")
lab.wait_planned()

# ---- octets and talkers: 100 hosts, more than a site has counters for ----
moved = {}
for turn in range(20):
    for k in range(100):
        host = f"10.1.{k % 7}.{k + 1}"
        octets = 1400 - k * 10 if k < 10 else 60 + k % 40
        lab.send(frame4(OUTSIDE, host, 17, struct.pack(">HHHH", 4000, 4000, octets - 34, 0), octets))
        moved[host] = moved.get(host, 0) + octets
lab.send(frame4("10.2.0.1", "10.1.0.1", 17, struct.pack(">HHHH", 1, 1, 66, 0), 100))
moved["10.1.0.1"] += 100
lab.send(frame4(OUTSIDE, "198.51.100.1", 17, struct.pack(">HHHH", 1, 1, 66, 0), 100))

# ---- TCP: a site 40 ms away ----
asked = []
for n in range(8):
    client = f"10.2.0.{n + 10}"
    lab.send(tcp(client, OUTSIDE, 40000 + n, 443, 1000, 0, SYN))
    begin = time.time()
    lab.send(tcp(OUTSIDE, client, 443, 40000 + n, 5000, 1001, SYN | ACK))
    time.sleep(0.04)
    lab.send(tcp(client, OUTSIDE, 40000 + n, 443, 1001, 5001, ACK))
    asked.append(time.time() - begin)
    lab.send(tcp(client, OUTSIDE, 40000 + n, 443, 1001, 5001, ACK, 500))
lab.send(tcp("10.2.0.10", OUTSIDE, 40000, 443, 1001, 5001, ACK, 500))
segments, again = 8 * 3 + 1, 1

# ---- DNS ----
lab.send(dns("10.2.0.5", "198.51.100.53", 1))
lab.send(dns("198.51.100.53", "10.2.0.5", 1, response=True))
lab.send(dns("10.2.0.5", "198.51.100.53", 2))
lab.send(dns("198.51.100.53", "10.2.0.5", 2, response=True, rcode=2))
lab.send(dns("10.2.0.5", "198.51.100.53", 3))

books = lab.gather(lambda b: b.get(f"site/{SITE}", {}).get("rx_octets") == sum(moved.values()) and b[f"site/{OTHER}"]["dns_unanswered"] == 1)
one, two = books[f"site/{SITE}"], books[f"site/{OTHER}"]
ok(one["rx_octets"] == sum(moved.values()) and one["rx_packets"] == 2001 and one["tx_packets"] == 0, "the octets to a site are exact")
ok(two["tx_octets"] == lab.sent_from["10.2"] and two["rx_octets"] == lab.sent_to["10.2"], "those from and to the other one, too")
note(f"{sum(moved.values())} octets, {one['rx_octets']} found")
top = sorted(moved, key=moved.get, reverse=True)[:10]
ok([t["host"] for t in one["talkers"]] == top, "the ten hosts that moved most, in order")
ok(all(moved[t["host"]] <= t["octets"] <= moved[t["host"]] + t["error"] for t in one["talkers"]), "each within the error that is told")
ok(two["segments"] == segments and two["retransmitted"] == again, "segments, and the one that was sent again")
want = sorted(asked)[(len(asked) - 1) // 2]
ok(two["rtts"] == 8 and abs(two["tcp_rtt_p50_s"] - want) <= 0.05 * want, "the median time to the site within 5 %")
note(f"rtt {two['tcp_rtt_p50_s']} s, sent {want:.6f} s apart")
ok((two["dns_answered"], two["dns_failed"], two["dns_unanswered"]) == (1, 1, 1), "DNS: answered, failed, unanswered")
t = wait("all frames told", lambda: lab.ctl("traffic") if int(lab.ctl("traffic")["packets"]) == lab.sent else None)
ok(t and t["dropped"] == "0" and t["came"] == t["packets"] and t["elsewhere"] == "1", "none was dropped, one is of no site, and the kernel counted as many")

# ---- as series, and for people ----
def series():
    """Books of less than half a minute are no row: the first ones may be such, so more passes meanwhile."""
    lab.send(frame4(OUTSIDE, "10.1.0.1", 17, struct.pack(">HHHH", 1, 1, 66, 0), 100))
    lab.send(tcp(OUTSIDE, "10.2.0.99", 50000, 80, 1, 0, SYN))
    time.sleep(0.01)
    lab.send(tcp("10.2.0.99", OUTSIDE, 80, 50000, 9, 2, SYN | ACK))
    lab.send(tcp(OUTSIDE, "10.2.0.99", 50000, 80, 2, 10, 0x04))
    now = int(time.time())
    v = lab.ctl("series", refs=[f"traffic/{SITE}/rx_bps", f"traffic/{OTHER}/tcp_rtt_p50_s"], **{"from": now - 600, "to": now})["v"]
    return all(any(x for x in column) for column in v)


ok(wait("the series", series), "the books are series")
r = lab.simpulctl("traffic", OTHER)
ok(r.returncode == 0 and "DNS: " in r.stdout and OTHER in r.stdout, "simpulctl traffic shows a site")
note(r.stdout)
r = lab.simpulctl("traffic", "s-none")
ok(r.returncode != 0 and "networks" in r.stdout + r.stderr, "and says what a site without networks lacks")

# ---- another process at the same ring ----
wait("all read", lambda: int(lab.ctl("traffic")["packets"]) == lab.sent)     # what lies in the ring would be the next one's
first = lab.engine_pid("capture")
os.kill(first, signal.SIGKILL)
ok(wait("another process", lambda: lab.engine_pid("capture") not in (None, first) and lab.ctl("traffic")["packets"] == "0"), "killed, it is started again")
lab.wait_planned()
lab.forget()
lab.closed = {s["ref"]: s["closed"] for s in lab.ctl("traffic")["sites"]}    # the books of before
for _ in range(50):
    lab.send(frame4(OUTSIDE, "10.1.0.1", 17, struct.pack(">HHHH", 1, 1, 966, 0), 1000))
books = lab.gather(lambda b: b.get(f"site/{SITE}", {}).get("rx_octets", 0) >= 50000)
ok(books[f"site/{SITE}"]["rx_octets"] == 50000, "and goes on in the ring where the other one stopped")
ok(lab.engine_pid("capture") is not None and "system call" not in lab.read("log/simpuld.log"), "it has made no call that it may not")

r = lab.reload_with('capture: { enabled = true; interface = "' + lab.MIRROR + '"; filter = "host www.example.org"; };')
ok(r.returncode != 0 and "www.example.org" in r.stdout + r.stderr, "a filter with a name is refused, with the reason")
done()
