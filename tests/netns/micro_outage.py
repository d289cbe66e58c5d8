#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A line is gone for 20 s and comes back over another router, above which packets of more than 1,492 bytes vanish. The flight
recorder has the 120 s before, both edges within a second of the injector's own log, the hop that changed and the black hole;
errors that anybody sends are counted and change nothing. With real packets: time to live and "don't fragment" are the kernel's.
"""
import json
import subprocess
import time
from datetime import datetime

from lab import Lab, done, need_namespaces, note, ok, wait

need_namespaces()
LINK = "s013-1"
BEFORE_S = 120

lab = Lab("micro_outage").start()
lab.watch_stalls()
started = time.monotonic()


def way_known():
    return lab.ctl("metrics")["counters"].get("measure wan/way.answered", "0") != "0"


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def truth(command):
    """When the injector did it, by its own log."""
    lines = [l.split(" ", 1) for l in lab.fleet("log").splitlines() if l.endswith(command)]
    return int(lines[-1][0]) / 1e9


def recordings():
    return lab.ctl("recordings", link=LINK)["items"]


def recording():
    items = recordings()
    return lab.ctl("recording", recording=items[0]["id"]) if items else None


wait("traces are answered", way_known)
wait("120 s of packets", lambda: time.monotonic() - started > BEFORE_S + 5)
ok(not recordings(), "a line that loses nothing is not recorded")
lab.fleet(f"cut link {LINK}")
time.sleep(20)
lab.fleet(f"reroute link {LINK} 10.8.0.99")
lab.fleet(f"mtu link {LINK} 1492 silent")
lab.fleet(f"restore link {LINK}")
cut, mended = truth(f"cut link {LINK}"), truth(f"restore link {LINK}")


def whole():
    r = recording()
    return r if r and r["mtu"] and any(t["role"] == "after" for t in r["traces"]) else None


r = wait("the recording with its last trace", whole)
stalled = lab.stalls.seconds(cut - 5, mended + 5)
note(f"the machine stood still for {stalled:.2f} s meanwhile")
first = [ms for ms, f in zip(r["at_ms"], r["fate"]) if f == "a" and ms < -2500]
ok(len(first) >= 55 and first[0] <= -117000, f"the 120 s before it ({len(first)} packets from {first[0] / 1000:.1f} s on)")
start, end = seconds(r["gap"]["from"]), seconds(r["gap"]["to"])
ok(abs(start - cut) <= 1.05 + stalled, f"it began within a second of the truth ({start - cut:+.2f} s)")
ok(abs(end - mended) <= 1 + stalled, f"and ended so ({end - mended:+.2f} s)")
ok(r["fate"].count("L") >= 20, f"with the packets of the burst ({r['fate'].count('L')})")
ok(r["incident"] and r["incident"].startswith("inc-"), "it belongs to its incident")
ok(r["before"] == [["10.254.0.1"], ["10.9.0.1"], ["10.9.0.3"], ["10.1.0.13"]], f"the way before ({r['before']})")
ok(r["changed"] and r["changed"]["hop"] == 3 and r["changed"]["new"][2] == ["10.8.0.99"], f"the hop that changed ({r['changed']})")
onset = [t for t in r["traces"] if t["role"] == "onset" and t["link"] == LINK]
ok(onset and not onset[0]["reached"] and onset[0]["hops"][-1]["addresses"] == ["10.9.0.3"],
   "traced while it was gone: up to the router before it")
ok(r["mtu"] == {"verdict": "black_hole", "mtu": 1492, "told": None, "by": None}, f"the black hole above 1,492 bytes ({r['mtu']})")
wait("the changed way is told", lambda: [m for m in lab.sub.events() if m.kind == "link.path_changed" and m.subject == "link/" + LINK])

text = lab.simpulctl("recorder", r["recording"]).stdout
ok("a black hole: 1492 bytes pass" in text and "another one than before" in text and "Longest gap" in text,
   "simpulctl says so in words")
ok(LINK in lab.simpulctl("recorder").stdout, "and lists it")
ok(json.loads(lab.simpulctl("recorder", "--json").stdout)["items"][0]["id"] == r["recording"], "also for programs")

# Time exceeded about a packet that was never sent, from inside the network of the instance.
FORGE = """
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
def check(b):
    t = sum(struct.unpack('!%dH' % (len(b) // 2), b))
    t = (t & 0xffff) + (t >> 16)
    return ~((t & 0xffff) + (t >> 16)) & 0xffff
for i in range(200):
    ip = bytes([0x45, 0, 0, 84, 0, 0, 0, 0, 1, 1, 0, 0]) + socket.inet_aton('10.255.0.1') + socket.inet_aton('10.1.0.13')
    m = bytes([11, 0, 0, 0, 0, 0, 0, 0]) + ip + struct.pack('!BBHHH', 8, 0, 0, i * 321 & 0xffff, i * 77 & 0xffff) + bytes(8)
    s.sendto(m[:2] + struct.pack('!H', check(m)) + m[4:], ('10.255.0.1', 0))
"""


def counted():
    c = lab.counters()
    return int(c["measure wan/icmp.foreign"]) + int(c["measure wan/icmp.unreachable"])


was, begun = counted(), lab.counters()["measure wan/recorder.begun"]
forged = subprocess.run(["nsenter", f"--net={lab.path('wan.netns')}", "python3", "-c", FORGE], capture_output=True, text=True)
ok(forged.returncode == 0, "200 forged errors " + forged.stderr.strip()[-200:])
wait("forged errors are counted", lambda: counted() >= was + 200)
ok(lab.counters()["measure wan/recorder.begun"] == begun and len(recordings()) == 1, "and change nothing")
done()
