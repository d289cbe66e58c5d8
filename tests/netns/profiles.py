#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A profile dropped into the folder, and a reload: Debian's snmpd yields a series of it. A bad one changes nothing."""
import os
import time

from lab import Lab, done, note, ok, wait

lab = Lab("profiles", conf="snmp: { interval_s = 10; };")
# An address of this process alone, so that nobody else can have its port.
pid = os.getpid()
address = f"127.{64 + (pid >> 16) % 64}.{pid >> 8 & 255}.{pid & 255}"
devices = lab.read("etc/inventory/devices.csv")
assert ",127.0.0.1,16199," in devices
lab.write("etc/inventory/devices.csv", devices.replace(",127.0.0.1,16199,", f",{address},16199,"))
lab.write("snmpd.conf", f"agentAddress udp:{address}:16199\nrocommunity public 127.0.0.1\ndisk / 1%\n"
          f"extend probe /bin/echo 23.5 degrees\n")
os.mkdir(lab.path("etc/profiles"), 0o755)
for name in ("generic", "routeros"):
    lab.write(f"etc/profiles/{name}.conf", 'profile = { help = "nothing of its own"; };\n')
lab.write("etc/profiles/net-snmp.conf", 'profile = { help = "Server"; match = "1.3.6.1.4.1.8072.3.2"; };\n')

DISK = """profile = { help = "Server"; match = "1.3.6.1.4.1.8072.3.2"; };
tables = (
  { name = "disks"; entry = "1.3.6.1.4.1.2021.9.1"; label = 2; },
  { name = "extend"; entry = "1.3.6.1.4.1.8072.1.3.2.3.1"; index_text = true; }
);
values = (
  { table = "disks"; name = "disk_used_ratio"; column = 9; factor = 0.01; min = 0; max = 1; },
  { table = "extend"; name = "extend_c"; column = 1; high_warn = 20; }
);
"""

lab.spawn("snmpd", ["snmpd", "-f", "-Lo", "-C", "-c", lab.path("snmpd.conf"), "-p", lab.path("snmpd.pid")],
          env={"SNMP_PERSISTENT_DIR": lab.path("data"), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
lab.start()


def device():
    return lab.ctl("get", object="device/dc-1-mon")


def sensors():
    return {s["ref"]: s for s in device().get("sensors", [])}


ok(wait("the agent answers", lambda: device()["state"] == "answering"), "this host's agent is measured")
ok(sensors() == {}, "without tables it has no sensors")

for wrong, line, said in (("lable = 2", 3, '"label"'), ("label = 2; port = \"column\"", 3, "port_column")):
    lab.write("etc/profiles/net-snmp.conf", DISK.replace("label = 2", wrong))
    r = lab.ctl("reload")
    note(str(r.get("errors")))
    ok(not r["ok"] and [(os.path.basename(e["file"]), e["line"]) for e in r["errors"]] == [("net-snmp.conf", line)] and
       said in r["errors"][0]["text"], "a bad profile is refused, with file, line and what was meant")
ok(sensors() == {} and lab.ctl("status")["ok"], "... and nothing changes")

lab.write("etc/profiles/net-snmp.conf", DISK)
ok(lab.ctl("reload")["ok"], "mended, it is taken")
REF = "sensor/dc-1-mon.extend_c.probe/value"
got = wait("a value", lambda: sensors().get(REF, {}).get("value") is not None and sensors())
ok(got and got[REF]["value"] == 23.5 and got[REF]["unit"] == "C" and got[REF]["state"] == "warn",
   "the command of snmpd.conf is a sensor, with unit and state")
note(str(got and got.get(REF)))
disk = [s for s in (got or {}).values() if s["name"] == "disk_used_ratio" and s["label"] == "/"]
ok(len(disk) == 1, "the disk is one, too")
stat = os.statvfs("/")
used = stat.f_blocks - stat.f_bfree
parts = (used / stat.f_blocks, used / (used + stat.f_bavail))   # versions of snmpd differ, where blocks are reserved
ok(disk and disk[0]["value"] is not None and min(abs(disk[0]["value"] - part) for part in parts) < 0.03,
   "... with about what the kernel says")


r = lab.ctl("profile_test", object="dc-1-mon", profile="net-snmp")
tables = {t["table"]: t["text"] for t in r.get("tables", [])}
ok(r["ok"] and r["profile"] == "net-snmp" and tables.get("extend") == "1 row", "a test of the profile names its tables")
probe = [v for v in r.get("values", []) if v["label"] == "probe"]
ok(len(probe) == 1 and probe[0]["raw"] == "23.5 degrees" and probe[0]["value"] == 23.5 and probe[0]["state"] == "warn",
   "... and each value, raw and scaled")
note(str(r))
r = lab.ctl("profile_test", object="dc-1-mon", profile="net-snmq")
ok(r["code"] == "not_found" and r["nearest"] == "net-snmp", "one that is not there is not found, but its neighbour")
r = lab.ctl("profile_test", object="dc-1-mon", profile="generic")
ok(r["ok"] and r["profile"] == "generic" and r["values"] == [], "another one yields something else")
ok({p["name"] for p in lab.ctl("profiles")["items"]} == {"generic", "net-snmp", "routeros"}, "all profiles are listed")


def stored():
    s = lab.ctl("series", refs=[REF], **{"from": int(time.time()) - 600, "to": int(time.time()), "points": 60})
    return [v for row in s.get("v", []) for v in row if v is not None]


ok(wait("a stored minute", stored) and stored()[0] == 23.5, "its series can be read")
done()
