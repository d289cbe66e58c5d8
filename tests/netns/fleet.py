#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""fleet.py: the simulated network itself, asked with Debian's own SNMP tools and the kernel's own ICMP and TCP:
first behind its TUN device, then on 127.0.0.0/8."""
import os
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import tempfile
import time

from lab import PATIENCE, done, ends_with_us, namespaces_missing, note, ok, program, skip_all, wait

FLEET = program("simpul-fleet")
DIR = tempfile.mkdtemp(prefix="fleet-")
SOCK = os.path.join(DIR, "fleet.sock")
PORT = 10000 + os.getpid() % 20000      # of the agents on 127.0.0.0/8: below the ports that the kernel gives to anyone
running = []
SITES = "id,name,kind,class,life\nnode-1,Node,node,critical,live\ns001,Office,opd,office,live\ns002,Other,opd,office,live\n"
LINKS = ("id,site,role,provider,parent,address,down_mbps,device,port,life\n"
         "node-1-1,node-1,main,fiber,,{n}.9.0.1,,,,live\n"
         "s001-1,s001,main,astinet,node-1,{n}.1.0.1,20,s001-r1,ether1,live\n"
         "s002-1,s002,main,indihome,,{n}.1.0.2,10,s002-r1,ether1,live\n")
DEVICES = ("id,site,kind,profile,address,port,version,life\n"
           "s001-r1,s001,router,routeros,{n}.100.0.1,{p},2c,live\ns002-r1,s002,router,routeros,{n}.100.0.2,{p},2c,live\n")


def inventory(net, port):
    path = os.path.join(DIR, f"inventory-{net}")
    os.makedirs(path, exist_ok=True)
    for name, text in ("sites", SITES), ("links", LINKS), ("devices", DEVICES):
        with open(os.path.join(path, name + ".csv"), "w") as f:
            f.write(text.format(n=net, p=port))
    return path


def ctl(command):
    return subprocess.run([FLEET, "ctl", SOCK, command], capture_output=True, text=True).stdout.splitlines()


def start(*options):
    ready = os.path.join(DIR, "ready")
    p = subprocess.Popen(ends_with_us([FLEET, "run", *options, "--control", SOCK, "--ready", ready, "--max-seconds", "3600"]),
                         stderr=subprocess.PIPE, text=True)
    running.append(p)
    wait("the fleet is ready", lambda: os.path.exists(ready) or p.poll() is not None)
    return p


def snmp(tool, *args):
    r = subprocess.run([tool, *args], capture_output=True, text=True)
    return r.stdout.splitlines() if r.returncode == 0 else []


def inside(pid, work):
    """Run work() in a child that has entered the fleet's network namespace; its result as text."""
    r, w = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            libc_setns(pid)
            os.write(w, repr(work()).encode())
        except BaseException as e:
            os.write(w, repr(e).encode())
        os._exit(0)
    os.close(w)
    with os.fdopen(r) as f:
        text = f.read()
    os.waitpid(child, 0)
    return text


def libc_setns(pid):
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    if libc.setns(fd, 0) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def checksum(data):
    s = sum(struct.unpack(f"!{len(data) // 2}H", data))
    s = (s >> 16) + (s & 0xffff)
    return ~(s + (s >> 16)) & 0xffff


def ping(address, count, patience=20):
    """Round trips in seconds, timed by the kernel's stamps on arrival. Only a cut line is to be asked with little patience."""
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    s.setsockopt(socket.SOL_SOCKET, 35, 1)      # SO_TIMESTAMPNS
    s.settimeout(patience)
    rtt = []
    for i in range(count):
        body = struct.pack("!HH", 77, i) + bytes(32)
        sent = time.clock_gettime(time.CLOCK_REALTIME)
        s.sendto(struct.pack("!BBH", 8, 0, checksum(b"\x08\0\0\0" + body)) + body, (address, 0))
        try:
            while True:
                data, control, _, _ = s.recvmsg(2000, 200)
                if data[20] == 0 and data[24:] == body:
                    break
        except socket.timeout:
            continue
        stamp = struct.unpack("qq", control[0][2][:16])
        rtt.append(stamp[0] + stamp[1] / 1e9 - sent)
    return rtt


def connect(address, port, patience=PATIENCE):
    s = socket.socket()
    s.settimeout(patience)
    try:
        s.connect((address, port))
        s.sendall(b"hello")
        s.shutdown(socket.SHUT_WR)
        return "open" if s.recv(10) == b"" else "talks"
    except socket.timeout:
        return "filtered"
    except ConnectionRefusedError:
        return "closed"


def check_agent(pid, host):
    args = ["-v2c", "-c", "public", "-On", "-t", "5", host]

    def tool(name, *more):
        return eval(inside(pid, lambda: snmp(name, *more))) if pid else snmp(name, *more)

    walked = tool("snmpwalk", *args, ".1")
    ok(len(walked) > 200, f"snmpwalk reads {len(walked)} objects")
    bulk = tool("snmpbulkwalk", *args, ".1")
    ok([w.split(" ")[0] for w in bulk] == [w.split(" ")[0] for w in walked], "snmpbulkwalk the same")
    v1 = tool("snmpwalk", "-v1", *args[1:], ".1")
    ok(0 < len(v1) < len(walked) and not any("Counter64" in v for v in v1), "SNMPv1 all but Counter64")
    got = tool("snmpget", *args, ".1.3.6.1.2.1.1.5.0", ".1.3.6.1.2.1.31.1.1.1.1.1", ".1.3.6.1.2.1.31.1.1.1.6.9")
    ok(len(got) == 3 and '"s001-r1"' in got[0] and '"ether1"' in got[1] and "No Such Instance" in got[2], "snmpget")
    ctl("generr device s001-r1 on")
    ok(tool("snmpget", *args, ".1.3.6.1.2.1.1.5.0") == [], "a fault on cue is seen")
    ctl("generr device s001-r1 off")

    # Counter and clock of the agent in one answer, twice: the rate between them against the truth of that time. The times of
    # asking enclose those of the answers; on a busy machine more widely than the wave allows, so it may take a second try.
    def rate_is_true():
        first = time.time()
        a, b = (counters(tool, args, pause) for pause in (0, 5))
        rate = (b[1] - a[1]) * 8 / ((b[0] - a[0]) / 100)
        rows = ctl(f"truth port s001-r1 ether1 {first:.3f} {time.time():.3f} 1")
        truth = statistics.mean(float(r.split(",")[1]) for r in rows[:-1])
        note(f"a rate of {rate:.0f} bit/s where {truth:.0f} are true")
        return rows[-1] == "ok" and abs(rate / truth - 1) < 0.01

    ok(wait("a true rate", rate_is_true, patience=60), "a rate as it is in truth")


def counters(tool, args, pause):
    time.sleep(pause)       # the time over which the rate is taken
    got = tool("snmpget", "-Oqvt", *args, ".1.3.6.1.2.1.1.3.0", ".1.3.6.1.2.1.31.1.1.1.6.1")
    return [int(x) for x in got]


def stop(p, by):
    if by == "quit":
        ctl("quit")
    else:
        p.send_signal(signal.SIGTERM)
    code = p.wait(PATIENCE)
    ok(code == 0 and not os.path.exists(SOCK), f"it ends by {by} and cleans up")


def check_tun():
    link = os.path.join(DIR, "ns")
    p = start("--tun", "--inventory", inventory(10, 161), "--netns-link", link)
    ok(os.path.samefile(link, f"/proc/{p.pid}/ns/net"), "the link leads to its network namespace")
    truth = float(ctl("truth link s001-1")[0].split()[1])

    # A busy machine adds to the delays, so that the true ones are seen when it is calm for a moment.
    def delays_are_true():
        rtt = eval(inside(p.pid, lambda: ping("10.1.0.1", 200)))
        note(f"{len(rtt)} answers with a median of {statistics.median(rtt) * 1000:.3f} ms where {truth * 1000:.3f} are true")
        return len(rtt) == 200 and abs(statistics.median(rtt) - truth) < 0.003

    ok(wait("true delays", delays_are_true), "every echo request is answered, after the true delay")
    ctl("cut link s001-1")
    ok(inside(p.pid, lambda: ping("10.1.0.1", 2, patience=1)) == "[]", "a cut line is silent")
    ok(len(eval(inside(p.pid, lambda: ping("10.1.0.2", 2)))) == 2, "another one is not")
    ctl("restore link s001-1")
    check_agent(p.pid, "10.100.0.1")
    ctl("tcp 10.1.0.1 80 open")
    ctl("tcp 10.1.0.1 81 filtered")
    ok([eval(inside(p.pid, lambda: connect("10.1.0.1", port, patience))) for port, patience in ((80, PATIENCE), (81, 2), (82, PATIENCE))]
       == ["open", "filtered", "closed"], "TCP: open, filtered, closed")
    log = ctl("log")
    ok(any(x.endswith("cut link s001-1") and abs(int(x.split()[0]) / 1e9 - time.time()) < 300 for x in log),
       "the log has the wall time of each fault")
    stop(p, "quit")
    ok(not os.path.lexists(link), "the link is gone with it")


def check_loopback():
    p = start("--loopback", "--inventory", inventory(127, PORT))
    check_agent(0, f"127.100.0.1:{PORT}")
    stop(p, "SIGTERM")
    ok("not simulated" in p.stderr.read(), "it says what is not simulated")


def check_refusals():
    bad = os.path.join(DIR, "bad.scenario")
    with open(bad, "w") as f:
        f.write("0 cut link s001-1\n\n7 cut link s009-1\n")
    r = subprocess.run([FLEET, "run", "--loopback", "--inventory", inventory(127, PORT), "--scenario", bad],
                       capture_output=True, text=True)
    ok(r.returncode == 1 and f"{bad}:3: there is no link 's009-1'" in r.stderr, "a wrong scenario is refused with its line")
    ok(subprocess.run([FLEET, "run"], capture_output=True).returncode == 2, "wrong options: exit code 2")
    ok(subprocess.run([FLEET, "ctl", SOCK, "show"], capture_output=True).returncode == 3, "no fleet: exit code 3")


if not shutil.which("snmpwalk"):
    skip_all("Debian's snmp package is not installed")
try:
    check_refusals()
    check_loopback()
    if namespaces_missing():
        ok(True, f"behind a TUN device # SKIP {namespaces_missing()}")
    else:
        check_tun()
finally:
    for p in running:
        p.kill()        # no harm to one that has ended
    shutil.rmtree(DIR, ignore_errors=True)
done()
