#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""SNMPv3 in the whole engine, behind its walls: two of Debian's snmpd with one engine ID are measured and told apart by name;
a password that changes on one side is told, and on the other side used."""
import os

from lab import Lab, done, note, ok, wait

lab = Lab("v3_story", conf="snmp: { interval_s = 10; timeout_s = 0.5; };")
pid = os.getpid()
ADDRESS = [f"127.{64 + (pid >> 14) % 64}.{pid >> 6 & 255}.{pid % 64 * 4 + n}" for n in (1, 2)]
devices = lab.read("etc/inventory/devices.csv")
row = next(line for line in devices.splitlines() if line.startswith("dc-1-mon,"))
rows = [row.replace("127.0.0.1,16199,2c,", f"{ADDRESS[0]},16199,3,"),
        row.replace("dc-1-mon,", "dc-1-two,").replace("127.0.0.1,16199,2c,", f"{ADDRESS[1]},16199,3,")]
assert all(",16199,3," in r for r in rows)
lab.write("etc/inventory/devices.csv", devices.replace(row, "\n".join(rows)))


def credential(phrase):
    lab.write("etc/secrets/snmp/local-read", f"user noc\nauth sha256 {phrase}\npriv aes128 {phrase}\n", 0o600)


def start_snmpd(n, phrase):
    name = f"snmpd{n}"
    os.makedirs(lab.path(name), mode=0o700, exist_ok=True)
    lab.write(f"{name}.conf", f"exactEngineID 0x80001f88046c6162\nagentAddress udp:{ADDRESS[n]}:16199\n"
              f'createUser noc SHA-256 "{phrase}" AES "{phrase}"\nrouser noc priv\n')
    lab.spawn(name, ["snmpd", "-f", "-Lo", "-C", "-c", lab.path(f"{name}.conf"), "-p", lab.path(f"{name}.pid")],
              env={"SNMP_PERSISTENT_DIR": lab.path(name), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})


def state(device):
    return {d["id"]: d["state"] for d in lab.items("device")}.get(device)


def events(kind):
    return [m for m in lab.sub.events() if m.kind == kind]


credential("the first phrase")
start_snmpd(0, "the first phrase")
start_snmpd(1, "the first phrase")
lab.start()
ok(wait("both answer", lambda: state("dc-1-mon") == state("dc-1-two") == "answering"), "both agents are measured")
flawed = wait("device.flawed", lambda: len(events("device.flawed")) >= 2 and events("device.flawed"))
said = {m.subject: str(m.payload) for m in flawed or []}
note(said)
ok("same snmpEngineID as dc-1-two" in said.get("device/dc-1-mon", ""), "that they share an engine ID is told of the one")
ok("same snmpEngineID as dc-1-mon" in said.get("device/dc-1-two", ""), "and of the other")

lab.end("snmpd0")
start_snmpd(0, "the second phrase")
silent = wait("device.silent", lambda: events("device.silent"))
note(silent[0].payload if silent else "")
ok(silent and silent[0].subject == "device/dc-1-mon" and "authentication failed" in str(silent[0].payload),
   "a password that is another one on the agent is told")
ok(state("dc-1-two") == "answering", "the other agent is measured on")
lab.end("snmpd1")
start_snmpd(1, "the second phrase")
credential("the second phrase")
ok(wait("device.answering", lambda: events("device.answering")), "the file has it too: measured again")
ok(wait("both answer", lambda: state("dc-1-mon") == state("dc-1-two") == "answering"), "both of them")
log = lab.read("log/simpuld.log")
ok("first phrase" not in log and "second phrase" not in log and "SIGSYS" not in log, "the log holds no secret, and nobody ran into a wall")
done()
