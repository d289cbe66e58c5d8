#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""simpulctl topology and parents in a network whose routers hear each other: a node's router tells its neighbours by LLDP, the
offices' by RouterOS's own table; where the inventory says otherwise, that is shown, and --pin prints a row that is accepted."""
import csv
import io
import os

from lab import Lab, done, note, ok, wait

lab = Lab("topology", conf="snmp: { interval_s = 60; };")
lab.write("etc/inventory/devices.csv", lab.read("etc/inventory/devices.csv") +
          "node-1-r1,node-1,server,net-snmp,10.100.0.201,161,2c,city-read,diskominfo,wan,live\n")
os.mkdir(lab.path("walks"))
# Each office's router hears the node's at ether1; the node's hears two of them, and a stranger.
lab.write("walks/routeros.txt", """1.3.6.1.2.1.1.1.0 = STRING: RouterOS
1.3.6.1.2.1.1.2.0 = OID: 1.3.6.1.4.1.14988.1
1.3.6.1.4.1.14988.1.1.11.1.1.3.1 = HEX: 02:00:00:00:99:01
1.3.6.1.4.1.14988.1.1.11.1.1.6.1 = STRING: node-1-r1
1.3.6.1.4.1.14988.1.1.11.1.1.8.1 = INTEGER: 1
""")
lab.write("walks/net-snmp.txt", """1.0.8802.1.1.2.1.4.1.1.5.0.1.1 = STRING: a
1.0.8802.1.1.2.1.4.1.1.5.0.2.2 = STRING: b
1.0.8802.1.1.2.1.4.1.1.5.0.2.3 = STRING: c
1.0.8802.1.1.2.1.4.1.1.9.0.1.1 = STRING: s036-r1
1.0.8802.1.1.2.1.4.1.1.9.0.2.2 = STRING: s002-r1
1.0.8802.1.1.2.1.4.1.1.9.0.2.3 = STRING: stranger
1.3.6.1.2.1.1.1.0 = STRING: Linux
1.3.6.1.2.1.1.2.0 = OID: 1.3.6.1.4.1.8072.3.2.10
""")
lab.fleet_options += ["--walks", lab.path("walks")]
links = {r["id"]: r for r in csv.DictReader(l for l in lab.read("etc/inventory/links.csv").splitlines() if not l.startswith("#"))}
carried = {r["device"]: r["id"] for r in links.values() if r["device"]}
lab.start_broker()
lab.start_fleet()
lab.start_engine()


def edges():
    return {(i["device"], i["neighbour"] or i["name"]): i for i in lab.ctl("topology")["items"]}


def all_heard():
    """Each of the seven routers, and the two that the node's has heard from both ends."""
    known = [e for e in edges().values() if e["neighbour"]]
    return len(known) >= 7 and sum(e["both"] for e in known) >= 2 and edges()


found = wait("all have heard each other", all_heard) or {}
office = found.get(("s036-r1", "node-1-r1")) or found.get(("node-1-r1", "s036-r1")) or {}
ok(office.get("both") and set(office["sources"]) == {"lldp", "mtxr"}, "what both ends tell, each in its own way, is one edge")
stranger = found.get(("node-1-r1", "stranger"), {})
ok(stranger and stranger["neighbour"] is None, "a stranger is shown as one")
ok(len(found) == 8, f"and there is nothing else ({len(found)})")

parents = {i["id"]: i for i in lab.ctl("parents")["items"]}
line = parents.get(carried["s036-r1"], {})
ok(line["inferred"] == "node-1" and line["confidence"] == "high" and line["verdict"] == "agrees",
   f"a parent that both ends tell: {line}")
others = [i for i in parents.values() if i["verdict"] == "differs"]
ok(others and all(i["inferred"] == "node-1" and i["confidence"] in ("medium", "high") for i in others),
   f"where the inventory says otherwise it differs: {[i['id'] for i in others]}")
r = lab.simpulctl("parents")
note(r.stdout)
ok(r.returncode == 0 and all(i["id"] in r.stdout for i in others), "simpulctl parents shows those")
note(lab.simpulctl("topology").stdout)

pinned = others[0]["id"]
r = lab.simpulctl("parents", "--pin", pinned)
note(r.stdout + r.stderr)
row = next(csv.reader(io.StringIO(r.stdout)))
lines = lab.read("etc/inventory/links.csv").splitlines(True)
lab.write("etc/inventory/links.csv", "".join(r.stdout if l.startswith(pinned + ",") else l for l in lines))
ok(row[0] == pinned and lab.simpulctl("check", lab.path("etc/simpuld.conf")).returncode == 0, "--pin prints a row that check accepts")
ok(lab.simpulctl("reload").returncode == 0 and
   {i["id"]: i["verdict"] for i in lab.ctl("parents")["items"]}[pinned] == "agrees", "and with which both agree")
done()
