#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traps and informs of Debian's snmptrap and snmpinform: a device's has it polled at once, a stranger's is counted and listed,
an inform is answered only for who is registered and knows the community; and nobody is blamed for what a trap claims."""
from lab import done, note, ok, wait
from trap_lab import TrapLab

lab = TrapLab("traps").start()
ok(lab.traps()["listening"] and f"{lab.trap_address}:{lab.trap_port}" in lab.traps()["listens"], "the trap process listens")
first_polls = lab.polls()[0]

lab.notify("linkDown")
ok(wait("a verdict", lambda: lab.verdict("linkDown") == "port_up"), "a false linkDown: the poll finds the port up")
t = lab.traps()["traps"][0]
ok(t["if_name"] == "lo" and t["if_index"] == 1 and t["source"] == lab.device and t["count"] == "1" and t["version"] == "2c",
   "it is kept with what it claims")
lab.set_port(False)
lab.notify("linkDown")
ok(wait("port_down", lambda: lab.verdict("linkDown") == "port_down"), "a true one: the poll finds it down")
why = "\n".join(e["fact"] for e in lab.ctl("why", object="dc-1-mon")["evidence"])
ok("a trap claimed linkDown of lo (2 times); verified by poll: the port is down" in why, "why tells so")
note(why)
lab.set_port(True)
lab.notify("linkUp", version="1")
ok(wait("port_up", lambda: lab.verdict("linkUp") == "port_up"), "and a linkUp of SNMPv1: up again")
ok(lab.traps()["traps"][0]["claims"] == "10.99.99.99", "its agent-addr is shown as a claim")
ok(wait("counters", lambda: lab.polls()[1] >= 3) and lab.polls()[0] == first_polls, "all that besides the schedule")

ok(lab.notify("linkDown", program_name="snmpinform") == 0, "an inform of the device is answered")
ok(lab.notify("linkDown", program_name="snmpinform", community="wrong") != 0, "with a wrong community it is not")
ok(lab.notify("linkDown", program_name="snmpinform", source=lab.stranger) != 0, "nor that of a stranger")
lab.notify("linkDown", source=lab.stranger)


def refused(source, refusal):
    return next((s for s in lab.traps()["strangers"] if s["source"] == source and s["refusal"] == refusal), {})


s = wait("the stranger twice", lambda: refused(lab.stranger, "unknown_source").get("count") == "2" and refused(lab.stranger, "unknown_source"))
ok(s and s["what"] == "linkDown" and s["first"] <= s["last"], "the stranger is listed with what it claims and how often")
ok(wait("wrong community", lambda: refused(lab.device, "wrong_community").get("count") == "1"), "so is the device with a wrong community")
ok(wait("counters", lambda: lab.counters().get("trap/trap.unknown_source") == 2 and lab.counters().get("trap/trap.wrong_community") == 1 and
        lab.counters().get("trap/trap.informs_answered") == 1), "all are counted")
r = lab.simpulctl("traps")
ok(r.returncode == 0 and "linkDown" in r.stdout and "Not taken" in r.stdout and "unknown source" in r.stdout, "simpulctl traps shows them")
note(r.stdout)

# Another community: what counts is what stands in the file after a reload, in a process that may not open it.
lab.write("etc/secrets/traps/community", "trap-new\n", 0o600)
ok(lab.simpulctl("reload").returncode == 0, "reload")
ok(wait("the new community", lambda: lab.notify("linkUp", program_name="snmpinform", community="trap-new") == 0), "the new community counts")
ok(lab.notify("linkUp", program_name="snmpinform") != 0, "the old one no longer")
lab.write("etc/secrets/traps/community", "trap-new\n", 0o644)
ok(lab.simpulctl("reload").returncode == 0 and wait("trouble", lambda: "chmod 600" in (lab.traps()["trouble"] or "")),
   "a file that others may read is refused, and traps says so")
ok(not [m for m in lab.sub.events() if m.kind.startswith(("link.", "site.", "device."))], "no trap has changed a state")
done()
