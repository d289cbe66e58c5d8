#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's own snmpd beside the simulated WAN: it is measured, its silence is told, its return too; nobody else is touched."""
import os

from lab import Lab, done, note, ok, wait

lab = Lab("live_snmpd", conf="snmp: { interval_s = 10; };")
# An address of this process alone, so that nobody else can have its port.
pid = os.getpid()
address = f"127.{64 + (pid >> 16) % 64}.{pid >> 8 & 255}.{pid & 255}"
devices = lab.read("etc/inventory/devices.csv")
assert ",127.0.0.1,16199," in devices
lab.write("etc/inventory/devices.csv", devices.replace(",127.0.0.1,16199,", f",{address},16199,"))
lab.write("snmpd.conf", f"agentAddress udp:{address}:16199\nrocommunity public 127.0.0.1\n")


def start_snmpd():
    lab.spawn("snmpd", ["snmpd", "-f", "-Lo", "-C", "-c", lab.path("snmpd.conf"), "-p", lab.path("snmpd.pid")],
              env={"SNMP_PERSISTENT_DIR": lab.path("data"), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})


start_snmpd()
lab.start()


def device():
    return {d["id"]: d["state"] for d in lab.items("device")}.get("dc-1-mon")


ok(wait("the agent answers", lambda: device() == "answering"), "this host's agent is measured")
lab.end("snmpd")
silent = wait("device.silent", lambda: [m for m in lab.sub.events() if m.kind == "device.silent"])
ok(silent and silent[0].subject == "device/dc-1-mon", "its silence is told, with its name")
note(silent[0].payload if silent else "")
start_snmpd()
ok(wait("device.answering", lambda: [m for m in lab.sub.events() if m.kind == "device.answering"]), "its return is told")
ok(all(m.subject == "device/dc-1-mon" for m in lab.sub.events() if m.kind.startswith("device.")), "no other device was touched")
ok(not [m for m in lab.sub.events() if m.kind.startswith(("link.", "site."))], "no line was blamed")
done()
