#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What simpulctl writes on terminals of 40, 60 and 80 columns: no line is longer than its terminal. The engine is played."""
import fcntl
import json
import os
import pty
import socket
import struct
import subprocess
import tempfile
import termios
import threading

BUILD = os.environ.get("builddir", ".")
T = "2026-11-21T01:02:03.004Z"
SITES = {"isolated": 1, "on_backup": 12, "unreachable": 3, "backup_lost": 2, "degraded": 1, "unknown": 1, "ok": 40, "planned": 4}
LINKS = {"down": 1, "unreachable": 3, "degraded": 0, "unknown": 0, "up": 100, "never_up": 2}
DEVICES = {"silent": 1, "unknown": 0, "answering": 8}
ANSWERS = {
    "hello": {"engine": "0.1.0", "socket": 1, "ns": "pontianak", "boot": 7, "role": "admin"},
    "status": {"ns": "pontianak", "engine": "0.1.0", "started": T, "loaded": T, "seq": 1, "sites": SITES, "links": LINKS,
               "devices": DEVICES, "incidents": {"open": 1}, "store": {"ok": False, "text": "the disk is full"},
               "broker": {"connected": False, "text": "no connection to the broker at 127.0.0.1", "outbox": 3},
               "ledger": {"ok": True}, "processes": [{"name": "measure wan", "connected": False}],
               "config": {"ok": False, "refused": T, "error": "it removes 20 of 61 sites and 30 of 80 links"}},
    "list": {"items": [], "next": None, "seq": 1},
    "top": {"items": [], "total": 0, "seq": 1},
    "series": {"step_s": 60, "t": [1795222860, 1795222920], "v": [[1e6, None], [2e6, 3e6]]},
}
LINK = {"object": "link/s013-1", "id": "s013-1", "state": "unreachable", "code": "impacted", "since": T, "name": "",
        "site_name": "Kelurahan Benua Melayu Darat", "role": "backup", "provider": "indihome", "product": "speedy",
        "address": "10.1.0.13", "incident": "inc-1284", "last": T, "rtt_s": 0.0231, "loss_ratio": 0.01, "rx_bps": 1.2e6,
        "down_bps": 1e7, "tx_bps": 1e5, "up_bps": 2e6, "proven": T, "mos": 3.62,
        "capacity": {"down": {"delivered_bps": 4.04e6, "contract_bps": 1e7, "usual_bps": 9.2e6, "reduced": True, "fell": "2026-11-17",
                              "back": None, "last": "2026-11-20", "days": 19},
                     "up": {"delivered_bps": 1.93e6, "contract_bps": 2e6, "usual_bps": 1.9e6, "reduced": False, "fell": "2026-10-11",
                            "back": "2026-11-01", "last": "2026-11-20", "days": 4}, "sick": "down"},
        "evidence": [{"t": T, "fact": "it passes through node-3 (Simpul 3 Jl. Sutoyo), whose fault explains it"},
                     {"t": None, "fact": "no result of a probe yet"}],
        "parents": [{"object": "site/node-3", "name": "Simpul 3 Jl. Sutoyo", "state": "unreachable", "code": "impacted"}]}
INCIDENT = {"object": "incident/inc-1284", "id": "inc-1284", "status": "open", "state": "open", "since": T, "kind": "site.isolated",
            "severity": "critical", "root": "site/node-3", "site_name": "Simpul 3 Jl. Sutoyo", "evidence": [],
            "ack": {"user": "operator1", "t": T, "note": "the fibre team has left and will be there within the hour"},
            "members": [{"object": "link/s013-1", "state": "unreachable", "since": T, "until": T}]}
DEVICE = {"object": "device/s002-r1", "id": "s002-r1", "state": "silent", "code": "warn", "since": T, "name": "router",
          "site_name": "Dinas Komunikasi dan Informatika", "profile": "routeros", "address": "10.100.0.2", "parents": [],
          "evidence": [{"t": T, "fact": "does not answer SNMP polls: authentication failed"}],
          "ports": [{"ref": "port/s002-r1.sfp-sfpplus1-to-the-data-centre", "name": "sfp-sfpplus1-to-the-data-centre"}]}
WHY = {"s013-1": LINK, "inc-1284": INCIDENT, "s002-r1": DEVICE}


def serve(conn):
    for line in conn.makefile("r"):
        request = json.loads(line)
        answer = WHY[request["object"].removeprefix("link/")] if request["op"] in ("why", "get") else ANSWERS[request["op"]]
        conn.sendall((json.dumps({**answer, "id": request["id"], "ok": True}) + "\n").encode())


def accept(listener):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


def lines(path, width, argv):
    """What simpulctl writes on a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    env = {**os.environ, "NO_COLOR": "1", "LC_ALL": "C", "TZ": "Asia/Pontianak"}
    p = subprocess.Popen([os.path.join(BUILD, "simpulctl"), "--socket", path, *argv], stdin=subprocess.DEVNULL, stdout=theirs,
                         stderr=subprocess.DEVNULL, env=env)
    os.close(theirs)
    text = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:     # the terminal is gone with its last user
            break
        if not chunk:
            break
        text += chunk
    os.close(ours)
    return p.wait(), text.decode().splitlines()


def main():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "ctl.sock")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(16)
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        commands = [["why", "s013-1"], ["why", "inc-1284"], ["why", "s002-r1"], ["status"], ["top", "--once"],
                    ["fetch", "link/s013-1/rx_bps", "link/s013-1/tx_bps"], ["capacity", "s013-1"]]
        n = 0
        for width in (40, 60, 80):
            for argv in commands:
                code, text = lines(path, width, argv)
                long = [t for t in text if len(t) > width]
                n += 1
                good = code == 0 and len(text) > 2 and not long
                print(f"{'' if good else 'not '}ok {n} - {' '.join(argv)} on {width} columns")
                for t in long:
                    print(f"# {len(t)}: {t}")
        print(f"1..{n}")


main()
