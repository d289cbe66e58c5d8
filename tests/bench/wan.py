# SPDX-License-Identifier: GPL-3.0-or-later
"""wan.py: so many simulated devices, for whoever is to be measured against them: the same devices, ports and answers for all."""
import os
import subprocess
import time

from lab import SRC, Lab, program, wait

PORTS = 8
COLUMNS = {             # the values that everyone polls of each port
    "ifHCInOctets": "1.3.6.1.2.1.31.1.1.1.6", "ifHCOutOctets": "1.3.6.1.2.1.31.1.1.1.10",
    "ifInErrors": "1.3.6.1.2.1.2.2.1.14", "ifOutErrors": "1.3.6.1.2.1.2.2.1.20",
    "ifInDiscards": "1.3.6.1.2.1.2.2.1.13", "ifOutDiscards": "1.3.6.1.2.1.2.2.1.19",
    "ifOperStatus": "1.3.6.1.2.1.2.2.1.8",
}
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
METRICS = PORTS * len(COLUMNS)
NEAR_MS = 0.05          # a round trip that costs nobody time


def address(i):
    """Of device i = 0, 1, .. """
    return f"10.100.{i // 250}.{i % 250 + 1}"


def write_inventory(path, devices):
    """Tables of so many devices, each alone at its site: nothing but they is measured."""
    tables = {
        "sites": ["id,name,short,kind,district,class,owner,lat,lon,hours,contacts,life"] +
                 [f"s{i:05},Site {i},,opd,,office,,,,,,live" for i in range(devices)],
        "links": ["id,site,role,provider,product,parent,address,down_mbps,up_mbps,kind,sla_pct,price_idr,budget_code,contract_end,"
                  "segments,device,port,via,life"],
        "devices": ["id,site,kind,profile,address,port,version,credential,owner,via,life"] +
                   [f"d{i:05},s{i:05},switch,generic,{address(i)},161,2c,city-read,,wan,live" for i in range(devices)],
        "services": ["id,site,kind,target,expect,interval_s,class,owner,depends,via,life"],
        "segments": ["id,name,kind,a,b,length_m"],
    }
    for name, rows in tables.items():
        with open(os.path.join(path, name + ".csv"), "w") as f:
            f.write("\n".join(rows) + "\n")


class Wan(Lab):
    """The devices of one measurement, in a network namespace of their own."""

    def __init__(self, name, devices, rtt_ms=NEAR_MS, silent=0.0, conf=""):
        super().__init__(name, conf=conf, fleet_options=("--ports", str(PORTS), "--rtt", str(rtt_ms), "--silent", str(silent)))
        self.devices = devices
        write_inventory(self.path("etc/inventory"), devices)
        self.start_fleet()

    def inside(self, argv):
        """The command that runs argv where the devices are; nsenter becomes it, so that the pid is its own."""
        return ["nsenter", "--net=" + self.path("wan.netns"), program(argv[0]), *argv[1:]]

    def answers(self):
        """How many datagrams the devices have sent."""
        out = subprocess.run([program("simpul-fleet"), "ctl", self.path("fleet.sock"), "stats"], capture_output=True, text=True).stdout
        words = out.split()
        return int(words[words.index("udp_out") + 1])

    def await_quiet(self, seconds=1.5, patience=300):
        """Until devices that were asked have not been for so long. @return (when the last answer left, answers)"""
        begin = since = time.monotonic()
        first = n = self.answers()
        while time.monotonic() - since < seconds or n == first:
            time.sleep(0.05)
            now = self.answers()
            if now != n:
                n, since = now, time.monotonic()
            if time.monotonic() - begin > patience:
                raise RuntimeError(f"the devices were {'never' if n == first else 'still'} asked after {patience} s")
        return since, n


def install(package):
    """Have Debian's package here, by the way that ./check takes: asks for root, starts no service. @return why not, or None"""
    r = subprocess.run(["bash", "-c", '. "$top/.ci/build.sh"; need_packages "$1"', "bench", package], capture_output=True, text=True,
                       env={**os.environ, "top": SRC})
    print(r.stdout, end="", flush=True)
    return None if r.returncode == 0 else (r.stderr.strip().splitlines() or ["cannot be installed"])[-1]
