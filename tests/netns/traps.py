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

# ---- SNMPv3 ----
def taken():
    return sum(int(t["count"]) for t in lab.traps()["traps"])


before = taken()
lab.notify_v3("linkUp")
ok(wait("a trap of v3", lambda: taken() == before + 1), "a trap of SNMPv3, encrypted, is taken")
lab.notify_v3("linkUp", user="signer", auth="signed-alone-0", level="authNoPriv", engine="0x80000000050a0b0c0e")
ok(wait("a signed one", lambda: taken() == before + 2), "a signed one, of a user who signs alone")
lab.notify_v3("linkUp", level="authNoPriv")
ok(wait("refused", lambda: refused(lab.device, "wrong_user").get("what") == "less secure than this user is"), "unencrypted, of one who encrypts: not")
lab.notify_v3("linkUp", auth="another-pass-phrase")
ok(wait("refused", lambda: refused(lab.device, "wrong_user").get("what") == "wrong digest"), "nor with another pass phrase")
lab.notify_v3("linkUp", user="stranger")
ok(wait("refused", lambda: refused(lab.device, "wrong_user").get("what") == "unknown user"), "nor of an unknown user")
lab.notify_v3("linkUp", at=500)
ok(wait("refused", lambda: refused(lab.device, "wrong_user").get("what") == "older than what was sent before"), "nor an old one, sent again")
lab.notify_v3("linkUp", boots=2, at=1)
ok(wait("after a restart", lambda: taken() == before + 3), "but after a restart of its sender")
ok(lab.notify_v3("linkUp", program_name="snmpinform") == 0, "an inform of SNMPv3 is answered, after it has asked who and when")
ok(taken() == before + 4, "and taken, once")
ok(lab.notify_v3("linkUp", user="signer", auth="signed-alone-0", level="authNoPriv", program_name="snmpinform") == 0, "a signed one, too")
ok(lab.notify_v3("linkUp", auth="another-pass-phrase", program_name="snmpinform") != 0, "one with another pass phrase is not")
ok(lab.notify_v3("linkUp", program_name="snmpinform", source=lab.stranger) != 0, "a stranger is not even told who we are")
ok(lab.engine_pid("trap") and "engine.child_restarted" not in [m.kind for m in lab.sub.events()], "the process has made no call that it may not")

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
