#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles in a whole engine: simulated devices show recorded walks, their sensors are found, numbered, measured and stored; a
change at the device is seen; what runs scripts on a RouterOS is never read."""
import os
import shutil

from lab import SRC, Lab, done, ok, wait

WALKS = os.path.join(SRC, "tests/data/walks")
RX_POWER = "1.3.6.1.4.1.14988.1.1.19.1.1.10.1"

lab = Lab("sensors", conf="snmp: { interval_s = 10; };", fleet_options=["--walks", WALKS])
shutil.copytree(os.path.join(SRC, "etc/profiles"), lab.path("etc/profiles"))
devices = lab.read("etc/inventory/devices.csv")
for device, profile in (("s025-r1", "huawei-olt"), ("s036-r1", "ups"), ("s041-r1", "zte-olt")):
    row = next(l for l in devices.splitlines() if l.startswith(device + ","))
    devices = devices.replace(row, row.replace(",routeros,", f",{profile},"))
lab.write("etc/inventory/devices.csv", devices)
lab.start()


def sensors(device):
    """{key: the value of now, None while unknown} of a device."""
    answer = lab.ctl("get", object=f"device/{device}")
    return {s["ref"].split(".", 1)[1].removesuffix("/value"): s["value"] for s in answer["sensors"]}


def becomes(device, key, value):
    def there():
        now = sensors(device).get(key)
        return now is not None and abs(now - value) < 1e-6
    ok(wait(f"{device} {key} to be {value}", there), f"{device} {key} is {value}")


# By label, by port and the rest of the index, a scalar; factor, offset and wrap.
for device, key, value in (("s002-r1", "rx_power_dbm.sfp1", -7.412), ("s002-r1", "gauge_c.cpu-temperature", 62),
                           ("s002-r1", "voltage_v", 24.1), ("s036-r1", "ups_charge_ratio", 1), ("s036-r1", "ups_runtime_s", 2520),
                           ("s036-r1", "ups_input_v.1", 221), ("s025-r1", "olt_rx_dbm.4194304000_0", -21.88),
                           ("s041-r1", "onu_rx_dbm.285278465_1_1", -23.69)):
    becomes(device, key, value)
ups = sensors("s036-r1")
ok("ups_battery_c" in ups and ups["ups_battery_c"] is None, "what the agent shows as 2147483647 is unknown")

lab.fleet(f"set device s002-r1 {RX_POWER} -24800")
becomes("s002-r1", "rx_power_dbm.sfp1", -24.8)
lab.fleet(f"set device s002-r1 {RX_POWER} 0")
ok(wait("no light", lambda: sensors("s002-r1")["rx_power_dbm.sfp1"] is None), "a raw number that means none is unknown")

ok(wait("a file of its own", lambda: os.path.exists(lab.path("data/store/rrd/sensor/s002-r1.rx_power_dbm.sfp1.rrd"))), "it has a file")
stats = lab.fleet("stats")
ok(" forbidden 0" in stats, "nothing that runs scripts was read: " + stats.strip().splitlines()[-1])
ok(all(d["state"] == "answering" for d in lab.items("device") if d["id"] != "dc-1-mon"), "all simulated devices answer")
done()
