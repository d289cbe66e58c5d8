# SPDX-License-Identifier: GPL-3.0-or-later
"""trap_lab.py: a lab with Debian's snmpd as one device on an address of its own, and a trap port of the lab's own."""
import os
import socket
import subprocess

from lab import Lab, ok, program, wait

ROUTERS_PORT = "lo"         # the port of this device that traps speak of; its ifIndex is 1
IF_OPER_STATUS = ".1.3.6.1.2.1.2.2.1.8.1"


def addresses():
    """Addresses of this process alone, so that nobody else can have its ports: the device, the trap port, a stranger."""
    pid = os.getpid()
    base = f"127.{64 + (pid >> 16) % 64}.{pid >> 8 & 255}"
    return f"{base}.{pid & 254 | 1}", f"127.{128 + (pid >> 16) % 64}.{pid >> 8 & 255}.{pid & 254 | 1}", f"127.200.{pid >> 8 & 255}.{pid & 254 | 1}"


def free_port(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((address, 0))
        return s.getsockname()[1]


class TrapLab(Lab):
    def __init__(self, name, **kw):
        self.device, self.trap_address, self.stranger = addresses()
        self.trap_port = free_port(self.trap_address)
        # The next regular poll is far away: what is seen before it was seen by a poll that a trap has caused.
        super().__init__(name, conf="snmp: { interval_s = 1200; };\n"
                         f'traps: {{ listen = "{self.trap_address}"; port = {self.trap_port}; }};', **kw)
        os.makedirs(self.path("etc/secrets/traps"), mode=0o700)
        self.write("etc/secrets/traps/community", "storm-old\ntrap-city\n", 0o600)
        self.write("etc/secrets/traps/users", "# of the test\ntrapper sha256 sealed-and-signed aes128 and-encrypted-too\n"
                   "signer sha512 signed-alone-0\n", 0o600)
        devices = self.read("etc/inventory/devices.csv")
        assert ",127.0.0.1,16199," in devices
        self.write("etc/inventory/devices.csv", devices.replace(",127.0.0.1,16199,", f",{self.device},16199,"))
        self.write("snmpd.conf", f"agentAddress udp:{self.device}:16199\nrocommunity public 127.0.0.0/8\n"
                   f"rwcommunity of-the-test 127.0.0.0/8\noverride -rw {IF_OPER_STATUS} integer 1\n")

    def start(self):
        self.spawn("snmpd", ["snmpd", "-f", "-Lo", "-C", "-c", self.path("snmpd.conf"), "-p", self.path("snmpd.pid")],
                   env={"SNMP_PERSISTENT_DIR": self.path("data"), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        super().start()
        wait("the device's ports", lambda: any(p["name"] == ROUTERS_PORT for p in self.ctl("why", object="dc-1-mon")["ports"]))
        return self

    def set_port(self, up):
        subprocess.run([program("snmpset"), "-v2c", "-c", "of-the-test", f"{self.device}:16199", IF_OPER_STATUS, "i", "1" if up else "2"],
                       check=True, stdout=subprocess.DEVNULL)

    def notify(self, what, source=None, community="trap-city", program_name="snmptrap", version="2c"):
        """linkDown or linkUp of the port, by Debian's snmptrap or snmpinform. @return its exit code"""
        down = what == "linkDown"
        port = [".1.3.6.1.2.1.2.2.1.1.1", "i", "1", ".1.3.6.1.2.1.2.2.1.2.1", "s", ROUTERS_PORT]
        head = ["", f".1.3.6.1.6.3.1.1.5.{3 if down else 4}"] if version == "2c" else \
            [".1.3.6.1.4.1.8072.3.2.10", "10.99.99.99", "2" if down else "3", "0", ""]
        command = [program(program_name), f"-v{version}", "-c", community, f"--clientaddr={source or self.device}"]
        command += ["-r", "0", "-t", "2"] if program_name == "snmpinform" else []
        return subprocess.run([*command, f"{self.trap_address}:{self.trap_port}", *head, *port], env={"MIBS": "", "PATH": os.environ["PATH"]},
                              capture_output=True).returncode

    def notify_v3(self, what, user="trapper", auth="sealed-and-signed", priv="and-encrypted-too", level="authPriv", engine="0x80000000050a0b0c0d",
                  boots=1, at=1000, program_name="snmptrap", source=None):
        """The same by SNMPv3. @return its exit code"""
        command = [program(program_name), "-v3", "-u", user, "-l", level, "-a", "SHA-512" if user == "signer" else "SHA-256", "-A", auth,
                   "-x", "AES", "-X", priv, f"--clientaddr={source or self.device}"]
        command += ["-r", "0", "-t", "3"] if program_name == "snmpinform" else ["-e", engine, "-Z", f"{boots},{at}"]
        return subprocess.run([*command, f"{self.trap_address}:{self.trap_port}", "", f".1.3.6.1.6.3.1.1.5.{3 if what == 'linkDown' else 4}",
                               ".1.3.6.1.2.1.2.2.1.1.1", "i", "1", ".1.3.6.1.2.1.2.2.1.2.1", "s", ROUTERS_PORT],
                              env={"MIBS": "", "PATH": os.environ["PATH"], "SNMP_PERSISTENT_DIR": self.dir, "HOME": self.dir},
                              capture_output=True).returncode

    def traps(self):
        return self.ctl("traps")

    def verdict(self, what):
        """What a poll found of the last trap of this sort of the device; None when there is none."""
        return next((t["verdict"] for t in self.traps()["traps"] if t["device"] == "device/dc-1-mon" and t["what"] == what), None)

    def polls(self):
        c = self.counters()
        return c.get("measure main/snmp.polls", 0), c.get("measure main/snmp.looks", 0)
