# SPDX-License-Identifier: GPL-3.0-or-later
"""capture_lab.py: an engine alone in a network namespace of its own, with a mirror port into which a test puts frames."""
import ctypes
import os
import socket
import struct
import subprocess
import tempfile

from lab import Lab, need_namespaces, skip_all, wait

CLONE_NEWNET = 0x40000000
ETHERNET = bytes.fromhex("020000000001020000000002")


def frame4(src, dst, protocol, payload, octets=None):
    """An Ethernet frame with IPv4, zeros behind the payload up to so many octets."""
    total = octets - 14 if octets else 20 + len(payload)
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, total, 1, 0, 64, protocol, 0, socket.inet_aton(src), socket.inet_aton(dst))
    return (ETHERNET + b"\x08\x00" + head + payload).ljust(octets or 0, b"\0")


def tcp(src, dst, sport, dport, seq, ack, flags, payload=0):
    return frame4(src, dst, 6, struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 8192, 0, 0) + bytes(payload))


def dns(src, dst, ident, response=False, rcode=0):
    message = struct.pack(">HHHHHH", ident, (0x8180 if response else 0x0100) | rcode, 1, 0, 0, 0) + b"\x01a\x00\x00\x01\x00\x01"
    ports = (53, 5353) if response else (5353, 53)
    return frame4(src, dst, 17, struct.pack(">HHHH", *ports, 8 + len(message), 0) + message)


def ip(*args):
    subprocess.run(["ip", *args], check=True)


def namespace_enter():
    """This process, and all that it starts, live in a new network namespace from here on."""
    need_namespaces()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) == -1:
        skip_all("no right to make a network namespace")
    ip("link", "set", "lo", "up")


class CaptureLab(Lab):
    MIRROR, INTO = "mirror0", "into0"

    def __init__(self, name, networks, buffer_mib=8):
        """@param networks  of each site, as in sites.csv"""
        namespace_enter()
        ip("link", "add", self.MIRROR, "type", "veth", "peer", "name", self.INTO)
        for dev in self.MIRROR, self.INTO:
            with open(f"/proc/sys/net/ipv6/conf/{dev}/disable_ipv6", "w") as f:
                f.write("1")            # no frames but those of the test
            ip("link", "set", dev, "up")
        self.forget()
        self.put = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.put.bind((self.INTO, 0))
        with tempfile.TemporaryDirectory() as inventory:
            with open(os.path.join(inventory, "sites.csv"), "w") as f:
                f.write("id,name,networks\n" + "".join(f"{s},{s},{n}\n" for s, n in networks.items()))
            for table, header in ("links", "id,site,role"), ("devices", "id,site"):
                with open(os.path.join(inventory, table + ".csv"), "w") as f:
                    f.write(header + "\n")
            super().__init__(name, inventory=inventory, conf=f'capture: {{ enabled = true; interface = "{self.MIRROR}"; '
                             f'buffer_mib = {buffer_mib}; }};')

    def write_conf(self):
        self.write("etc/simpuld.conf", f"""
engine: {{ ns = "pontianak"; data_dir = "{self.path('data')}"; socket = "{self.path('ctl.sock')}"; }};
measure = ( {{ name = "main"; netns = ""; }} );
store: {{ profile = "small"; }};
traps: {{ enabled = false; }};
mqtt: {{ enabled = false; }};
{self.conf_extra}
""")

    def reload_with(self, conf):
        self.conf_extra = conf
        self.write_conf()
        return self.simpulctl("reload")

    # ---- frames ----

    def forget(self):
        self.sent, self.sent_from, self.sent_to = 0, {}, {}
        self.closed, self.books = {}, {}

    def send(self, frame):
        """One frame; what it is counted as, by the first two bytes of its addresses."""
        self.put.send(frame)
        self.sent += 1
        for side, at in (self.sent_from, 26), (self.sent_to, 30):
            net = ".".join(str(b) for b in frame[at:at + 2])
            side[net] = side.get(net, 0) + len(frame)

    # ---- books ----

    def wait_planned(self):
        """It counts for the sites: one that has books has been told of them, and what was sent before is in none."""
        wait("the plan", lambda: "capture: counting for" in self.read("log/simpuld.log").rsplit("capture: reading", 1)[1])

    def gather(self, until):
        """The sum of all books since forget(), site by site; books of several minutes are those of one then."""
        def step():
            for s in self.ctl("traffic")["sites"]:
                if s["closed"] and self.closed.get(s["ref"]) != s["closed"]:
                    self.closed[s["ref"]] = s["closed"]
                    self._add(s, self.ctl("traffic", site=s["ref"])["talkers"])
            return until(self.books)
        wait("the books", step)
        return self.books

    def _add(self, site, talkers):
        b = self.books.setdefault(site["ref"], {"talkers": []})
        for key in ("rx_octets", "tx_octets", "rx_packets", "tx_packets", "segments", "retransmitted", "rtts", "dns_answered",
                    "dns_failed", "dns_unanswered"):
            b[key] = b.get(key, 0) + int(site[key])
        if site["tcp_rtt_p50_s"] is not None:
            b["tcp_rtt_p50_s"] = site["tcp_rtt_p50_s"]
        known = {t["host"]: t for t in b["talkers"]}
        for t in talkers:
            mine = known.setdefault(t["host"], {"host": t["host"], "octets": 0, "error": 0})
            mine["octets"] += int(t["octets"])
            mine["error"] += int(t["error"])
        b["talkers"] = sorted(known.values(), key=lambda t: -t["octets"])[:10]
