#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site behind two NATs whose outer address changes every few seconds, as those of Indihome do every few hours: between two
accepted heartbeats there is no gap of more than 2 s beyond the change itself, the line is never down, every change is told.
Somebody who has recorded all of it replays and forges in vain. Cut, it is down within 15 s, and up again after that.

    home_nat.py [MINUTES]       so long, with a change every 5 minutes of an hour squeezed into it; without, about a minute

There may be no nftables here, so the NATs are made of sockets: one per inside sender and outer address, which lets in only who
was called from it."""
import os
import random
import select
import socket
import subprocess
import sys
import threading
import time

from lab import BUILD, LIMIT_S, SRC, Lab, Subscriber, done, need_namespaces, note, ok, program, wait

GAP_S = 2
PORT = 8620                     # the NATs have others: the engine's is bound to all addresses of this namespace
SERVER, NAT1, NAT2, ATTACKER = "127.0.0.1", "127.1.0.1", "127.2.0.1", "127.9.0.66"
MINUTES = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
CHANGES = 12 * max(1, round(MINUTES / 10))      # of an hour, or of as many hours as there are tens of minutes
ACCEPTED, STATUS_AT = 0, 52                     # docs/home.md, table of the answer
KEY = "00112233445566778899aabbccddeeff-home-nat"

if "SIMPUL_HOME_NAT" not in os.environ:         # a network namespace for all of it
    need_namespaces()
    os.execvpe("unshare", ["unshare", "--net", sys.executable, os.path.abspath(__file__), *sys.argv[1:]],
               {**os.environ, "SIMPUL_HOME_NAT": "1"})


class Nat(threading.Thread):
    """Takes datagrams at `inside`, sends them on to `server` from an address and port of its own, and lets answers back in."""

    def __init__(self, inside, server, outer):
        super().__init__(daemon=True)
        self.server, self.outer = server, outer
        self.inside = self.bound(inside)
        self.mapping = {}               # inside sender -> outer socket
        self.lock = threading.Lock()
        self.closed = False             # nothing passes
        self.heard, self.accepted = [], []      # datagrams towards the server; (time, to whom) of answers that say "accepted"
        self.start()

    @staticmethod
    def bound(address):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(address)
        return s

    def forget(self, outer=None):
        """All mappings are gone, as after a new dial-in, or idle for too long."""
        with self.lock:
            for s in self.mapping.values():
                s.close()
            self.mapping.clear()
            self.outer = outer or self.outer

    def out(self, data, sender):
        if sender not in self.mapping:
            self.mapping[sender] = self.bound((self.outer, 0))
        self.mapping[sender].sendto(data, self.server)
        self.heard.append(data)

    def back(self, data, sender, server):
        if server != self.server:
            return
        if len(data) > STATUS_AT and data[STATUS_AT] == ACCEPTED:
            self.accepted.append(time.time())
        self.inside.sendto(data, sender)

    def run(self):
        while True:
            with self.lock:
                by_socket = {s: sender for sender, s in self.mapping.items()}
            try:
                ready = select.select([self.inside, *by_socket], [], [], 0.05)[0]
                for s in ready:
                    data, peer = s.recvfrom(2048)
                    with self.lock:
                        if self.closed:
                            continue
                        if s is self.inside:
                            self.out(data, peer)
                        else:
                            self.back(data, by_socket[s], peer)
            except (OSError, ValueError):
                continue                # a mapping that went meanwhile


class HomeLab(Lab):
    def write_conf(self):
        self.write("etc/simpuld.conf", f"""
engine: {{ ns = "pontianak"; data_dir = "{self.path('data')}"; socket = "{self.path('ctl.sock')}"; }};
home: {{ port = {PORT}; }};
store: {{ profile = "small"; }};
traps: {{ enabled = false; }};
mqtt: {{ enabled = true; host = "{self.path('mqtt.sock')}"; port = 0; }};
""")
        for name in os.listdir(self.path("etc/inventory")):
            os.unlink(self.path("etc/inventory", name))
        self.write("etc/inventory/sites.csv", "id,name\ns001,Office 1\n")
        self.write("etc/inventory/links.csv", "id,site,role,probe,credential\ns001-1,s001,main,home,s001-1\n")
        os.makedirs(self.path("etc/secrets/probes"), mode=0o700, exist_ok=True)
        self.write("etc/secrets/probes/s001-1", KEY + "\n", 0o600)
        self.write("agent.key", KEY + "\n", 0o600)
        self.write("agent.conf", f"server {NAT1}\nport {PORT + 1}\nkey {self.path('agent.key')}\nping 127.0.0.1\n")

    def start_agent(self):
        self.spawn("agent", [os.path.join(BUILD, "probes/agent/simpul-agent"), "-c", self.path("agent.conf"), "--debug"])

    def facts(self):
        a = self.ctl("get", object="link/s001-1")
        return (a.get("item") or a).get("facts") or {}

    def count(self, name):
        return sum(v for k, v in self.counters().items() if k.endswith("/home." + name))


class Attacker(threading.Thread):
    """Has recorded what went by, and sends it again, whole, changed and cut, from its own address."""

    def __init__(self, nat, stop):
        super().__init__(daemon=True)
        self.nat, self.ended = nat, stop
        self.socket = Nat.bound((ATTACKER, 0))
        self.socket.setblocking(False)
        self.sent, self.answers = 0, []
        self.old = []           # heartbeats of a run that is over

    def send(self, data):
        self.socket.sendto(data, (SERVER, PORT))
        self.sent += 1

    def run(self):
        r = random.Random(5)
        while not self.ended.wait(0.1):
            for recorded in (self.nat.heard[-50:], self.old):
                if recorded:
                    data = bytearray(r.choice(recorded))
                    self.send(bytes(data))
                    data[r.randrange(16, len(data))] ^= 1 << r.randrange(8)
                    self.send(bytes(data))
                    self.send(bytes(data[:r.randrange(len(data))]))
            try:
                while True:
                    self.answers.append(self.socket.recv(2048))
            except OSError:
                pass


def longest_gap(accepted, begin, end, outages, stalls):
    """The longest time between two accepted heartbeats, less what the changes took and what this machine stood still."""
    longest, at = 0, begin
    for t in [t for t in accepted if begin < t < end] + [end]:
        away = sum(max(0, min(t, b) - max(at, a)) for a, b in outages)
        longest = max(longest, t - at - away - stalls.seconds(at, t))
        at = t
    return longest


subprocess.run([program("ip"), "link", "set", "lo", "up"], check=True)
lab = HomeLab("home_nat", inventory=os.path.join(SRC, "etc/inventory"))
with open("/proc/sys/net/ipv4/ping_group_range", "w") as f:
    f.write("0 2147483647")
lab.watch_stalls()
outer = Nat((NAT2, PORT + 2), (SERVER, PORT), "127.3.0.1")
inner = Nat((NAT1, PORT + 1), (NAT2, PORT + 2), "127.2.0.9")
lab.start_broker()
lab.sub = Subscriber(lab, new_session=True)
lab.start_engine()
lab.start_agent()
wait("the line is up", lambda: lab.links().get("s001-1") == "up")
wait("where it calls from", lambda: lab.facts().get("wan_address") == "127.3.0.1")

# ---- an address that changes ----

stop = threading.Event()
attacker = Attacker(outer, stop)
attacker.start()
begin, outages, addresses = time.time(), [], ["127.3.0.1"]
for n in range(CHANGES):
    pause = lab.random.uniform(0.7, 1.3) * MINUTES * 60 / CHANGES
    stop.wait(pause)
    if n == CHANGES // 3:       # the box at the site is restarted: a new run
        attacker.old = [d for d in outer.heard]
        away = time.time()
        lab.end("agent")
        lab.start_agent()
        outages.append((away, time.time()))
    elif n % 3 == 1:            # only the port, as after a mapping that was idle for too long
        inner.forget()
        outer.forget()
        continue
    away = time.time()
    outer.closed = True
    time.sleep(lab.random.uniform(0.4, 1.0))
    addresses.append(f"127.3.{n // 250}.{n % 250 + 2}")
    outer.forget(addresses[-1])
    outer.closed = False
    outages.append((away, time.time()))
    wait("the new address is seen", lambda: lab.facts().get("wan_address") == addresses[-1])
end = time.time()

# ---- what knows the run is killed: the next one has to be convinced, while recordings come in ----

killed = lab.engine_pid("measure main")
os.kill(killed, 9)
wait("another measure", lambda: lab.engine_pid("measure main") not in (None, killed))
born = time.time()
wait("heard by it", lambda: len([t for t in outer.accepted if t > born]) >= 5)
stop.set()
attacker.join()

gap = longest_gap(outer.accepted, begin, end, outages, lab.stalls)
note(f"{CHANGES} changes in {end - begin:.0f} s, {len(outer.accepted)} heartbeats accepted, longest gap beyond a change {gap:.2f} s")
ok(gap <= GAP_S, f"no gap of more than {GAP_S} s")
told = wait("all changes told", lambda: len(t := [m for m in lab.sub.events() if m.kind == "link.address_changed"]) >= len(addresses) - 1 and t)
data = [m.doc["data"] for m in told or []]
ok([(d["was"], d["is"]) for d in data] == list(zip(addresses, addresses[1:])), f"each of the {len(addresses) - 1} changes is told once, in order")
ok(lab.links()["s001-1"] == "up", "the line is up")
said = sorted({m.kind for m in lab.sub.events() if m.subject.startswith(("link/", "site/"))} - {"link.address_changed"})
ok(not said, f"and was never anything else ({', '.join(said)})")

# ---- the attacker ----

note(f"the attacker sent {attacker.sent}, and was answered {len(attacker.answers)} times")
ok(not any(a[STATUS_AT] == ACCEPTED for a in attacker.answers), "nothing that was replayed or forged was accepted")
ok(ATTACKER not in addresses + [lab.facts().get("wan_address")] + [d["is"] for d in data], "... nor taken for where the site is")
counts = {k: wait(f"{k} is counted", lambda k=k: lab.count(k)) for k in ("accepted", "malformed", "forged", "replayed", "unproven", "ignored")}
note(", ".join(f"home.{k} {v}" for k, v in counts.items()))

# ---- what the site says ----

facts = wait("the site's own measurements", lambda: (f := lab.facts()).get("ping_1") and "uptime_s" in f and f)
note(str(facts))
ok(facts and facts["ping_1"].startswith("127.0.0.1: "), "its pings are told")
item = lab.ctl("get", object="link/s001-1")
item = item.get("item") or item
ok((item.get("rtt_s") or 0) > 0, "there is a round-trip time")
why = lab.simpulctl("why", "s001-1").stdout
ok("wan_address" in why and addresses[-1] in why, "simpulctl why shows where it calls from")

# ---- cut ----

cut = time.time()
outer.closed = True
down = wait("down", lambda: [m for m in lab.sub.events(cut) if m.kind == "link.down"])
if down:
    lab.in_time("link.down", cut, down[0].at)
    ok(down[0].at - cut - lab.stalls.seconds(cut, down[0].at) <= LIMIT_S, f"down is told within {LIMIT_S} s")
outer.closed = False
wait("up again", lambda: [m for m in lab.sub.events(cut) if m.kind == "link.up"])
ok(lab.links()["s001-1"] == "up", "the line is up again")
if lab.children["agent"].poll() is not None:
    ok(False, "the agent has ended")
done()
