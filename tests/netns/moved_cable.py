#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports that are renamed go on; a cable that goes to another port is asked about, and what the operator says is done: with
simpulctl, over the whole engine."""
import json

from lab import Lab, done, ok, wait

DEVICE, LINK, RENAMED = "s036-r1", "s036-3", "s002-r1"

lab = Lab("moved_cable", conf="snmp: { interval_s = 10; };\n").start()


def ports(device=DEVICE):
    """{id: port} as simpulctl shows them."""
    r = lab.simpulctl("ports", device, "--json")
    return {p["id"]: p for p in json.loads(r.stdout)} if r.returncode == 0 else {}


def get(ref):
    return lab.ctl("get", object=ref)


wait("the ports of both devices", lambda: f"{DEVICE}.ether1" in ports() and f"{RENAMED}.ether1" in ports(RENAMED))
wait("its line", lambda: ports()[f"{DEVICE}.ether1"]["link"] == LINK)
ok(ports()[f"{DEVICE}.ether1"]["mac"].startswith("02:"), "a port is known by its MAC, too")
text = lab.simpulctl("port", "list", DEVICE).stdout
ok("ether1" in text and LINK in text and "here" in text, "port list shows names, states and lines")
ok("No port is asked about" in lab.simpulctl("port", "questions").stdout, "nothing is asked about")

lab.fleet(f"rename device {RENAMED} ether1 ether1-wan")
wait("the new name", lambda: get(f"port/{RENAMED}.ether1")["name"] == "ether1-wan")
p = get(f"port/{RENAMED}.ether1")
ok(p["state"] == "here" and p["link"] == "s002-1" and p["since"] > p["first_seen"], "renamed: the same port, and its line")
ok(len(ports(RENAMED)) == len(ports()), "and no other one has come")

lab.fleet(f"recable device {DEVICE} ether1 ether3")
wait("a question", lambda: ports()[f"{DEVICE}.ether1"]["question"] and ports()[f"{DEVICE}.ether1"]["question"]["id"])
q = ports()[f"{DEVICE}.ether1"]["question"]
text = lab.simpulctl("port", "questions").stdout
ok("ether3" in text and "alias" in text and "port same" in text, "port questions says why, and what to do")
ok(q["candidates"] == ["ether1"], "what is in its place is the one it may be")
r = lab.simpulctl("port", "same", str(q["id"]), "ether3")
ok(r.returncode == 5 and "links.csv" in r.stderr, "the other port has a series of its own: " + r.stderr.strip())
r = lab.simpulctl("port", "bind", LINK, DEVICE, "ether3")
ok(f"{LINK},{DEVICE},ether3" in r.stdout, "port bind shows what to write")
ok(lab.simpulctl("port", "bind", LINK, DEVICE, "ether9").returncode == 4, "and only what is there")
links = lab.read("etc/inventory/links.csv")
lab.write("etc/inventory/links.csv", links.replace(f"{DEVICE},ether1", f"{DEVICE},ether3"))
ok(lab.simpulctl("reload").returncode == 0, "written, and read")
wait("the line on its port", lambda: ports()[f"{DEVICE}.ether3"]["link"] == LINK)
r = lab.simpulctl("port", "same", f"{DEVICE}.ether1", "ether1")
ok(r.returncode == 0 and "goes on as ether1" in r.stdout, "it is still ether1: " + r.stdout.strip() + r.stderr.strip())
p = get(f"port/{DEVICE}.ether1")
ok(p["state"] == "here" and p["question"] is None, "so it goes on")
ok(lab.simpulctl("port", "new", str(q["id"])).returncode == 4, "an answer stands")
ok(lab.simpulctl("port", "same").returncode == 2, "half a command is none")
ok(lab.simpulctl("audit").returncode == 0, "the audit log is whole")
ok(not [m for m in lab.sub.events() if "port" in m.subject or m.kind.startswith(("link.", "site."))],
   "and not one event was told of it")
done()
