#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""10,000 datagrams/s of all sorts at the trap port (valid ones of devices and of strangers, a wrong community, cut off, noise):
lines and devices are measured as before, memory stays bounded, and a device that is not part of it has its trap verified.

	trap_storm.py [SECONDS]		default 8 s; the whole story is 60 s
"""
import socket
import sys
import threading
import time

from lab import done, note, ok, wait
from trap_lab import TrapLab

SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 8
PER_S = 10000
GROWTH_MAX_KB = 24 << 10        # of a process: its bounded tables and queue, and what the allocator keeps


class Storm(threading.Thread):
    """Sends in steps of 10 ms from many addresses; what it was late by is made up for."""

    def __init__(self, lab, sources):
        super().__init__(daemon=True)
        self.to = (lab.trap_address, lab.trap_port)
        self.random = lab.random
        self.sockets = []
        for a in sources:
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind((a, 0))
            self.sockets.append(s)
        self.datagrams = self.make()
        self.sent = 0
        self.stopped = False

    def make(self):
        def trap(community, port):
            name = b"ether" + bytes([48 + port % 10])
            binds = bytes.fromhex("300d06082b06010201010300430130" "3017060a2b06010603010104010006092b0601060301010503") + \
                bytes.fromhex("300f060a2b0601020102020101") + bytes([port, 2, 1, port]) + \
                bytes.fromhex("3014060a2b0601020102020102") + bytes([port, 4, 6]) + name
            pdu = bytes([2, 4]) + self.random.randbytes(4) + b"\2\1\0\2\1\0" + b"\x30" + bytes([len(binds)]) + binds
            body = b"\2\1\1\4" + bytes([len(community)]) + community + b"\xa7" + bytes([len(pdu)]) + pdu
            return b"\x30\x81" + bytes([len(body)]) + body if len(body) > 127 else b"\x30" + bytes([len(body)]) + body
        some = []
        for _ in range(250):
            good = trap(b"trap-city", self.random.randrange(1, 100))
            some += [good, trap(b"wrong", 7), good[:self.random.randrange(1, len(good))],
                     self.random.randbytes(self.random.randrange(1, 1400))]
        return some

    def run(self):
        begin = time.monotonic()
        while not self.stopped:
            due = int((time.monotonic() - begin) * PER_S)
            for _ in range(self.sent, due):
                try:
                    self.random.choice(self.sockets).sendto(self.random.choice(self.datagrams), self.to)
                except OSError:
                    pass
            self.sent = max(self.sent, due)
            time.sleep(0.01)


def memory_kb(lab):
    kb = {}
    for name, pids in lab.engine_children().items():
        with open(f"/proc/{pids[-1]}/status") as f:
            kb[name] = next(int(l.split()[1]) for l in f if l.startswith("VmRSS"))
    return kb


lab = TrapLab("trap_storm")
# Another device that is registered and takes part in the storm with all it may send.
loud = lab.stranger.rsplit(".", 1)[0] + ".250"
lab.write("etc/inventory/devices.csv", lab.read("etc/inventory/devices.csv") +
          f"dc-1-loud,dc-1,server,,{loud},16199,2c,local-read,diskominfo,main,live\n")
lab.start()
before, memory = lab.counters(), memory_kb(lab)
note(f"before: {memory}")
storm = Storm(lab, [loud] * 4 + [lab.stranger.rsplit(".", 1)[0] + f".{i}" for i in range(10, 60)])
began = time.monotonic()
storm.start()
wait("the storm at its height", lambda: storm.sent > PER_S * SECONDS / 2)

lab.set_port(False)
tries = 0


def verified():
    global tries
    tries += 1
    lab.notify("linkDown")
    return wait("a verdict", lambda: lab.verdict("linkDown") in ("port_up", "port_down"), 30) and lab.verdict("linkDown") == "port_down"


ok(verified(), "a true linkDown in the middle of it is verified: the port is down")
ok(lab.notify("linkDown", program_name="snmpinform") == 0, "and an inform is answered")
wait("the end of the storm", lambda: storm.sent >= PER_S * SECONDS)
storm.stopped = True
storm.join()
took = time.monotonic() - began
after = wait("the last counters", lambda: (lambda c: c.get("trap/trap.received", 0) + c.get("trap/trap.kernel_drops", 0) >= storm.sent * 0.9 and c)(lab.counters()))
grown = {name: kb - memory.get(name, 0) for name, kb in memory_kb(lab).items()}
note(f"figure traps_per_s {storm.sent / took:.0f}")
for name in sorted(after):
    if name.startswith("trap/") or name.startswith("core/traps"):
        note(f"{name} {after[name]}")
note(f"grown by (kB): {grown}")
ok(max(grown.values()) < GROWTH_MAX_KB, "no process has grown beyond its bounds")


def rose(name):
    return sum(v - before.get(k, 0) for k, v in after.items() if k.endswith(name))


ok(rose("/snmp.overruns") == 0, "no poll was missed")
ok(after["trap/trap.accepted"] <= (took + 5) * 20 + 100 + 20 and after["trap/trap.source_limit"] > 0, "a device's share is bounded")
ok(all(after[f"trap/trap.{n}"] > 0 for n in ("malformed", "wrong_community", "unknown_source", "stranger_limit")), "what is dropped is counted")
ok(len(lab.traps()["strangers"]) == 50 and len(lab.traps()["traps"]) <= 200, "the lists are bounded")
states = lab.links()
ok(all(s in ("up", "never_up") for s in states.values()), "all lines are known as before")
ok(not [m for m in lab.sub.events() if m.kind.startswith(("link.", "site.")) or m.kind == "engine.child_restarted"],
   "no line changed, no process died")
done()
