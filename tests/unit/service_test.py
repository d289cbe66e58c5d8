#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The units of systemd, and a whole engine and web server as they start them: this test is the service manager, with a socket for
what they tell it, and as much of the units' walls as can be had without systemd: user, capabilities, system calls, socket families,
no memory that can be written and run. The engine measures loopback, and needs no network of its own."""
import ctypes
import errno
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from played import BUILD, SRC, done, note, ok, wait

UNITS = ["simpuld", "simpul-web"]
EXPOSURE_MAX = 2.5
NOBODY = 65534


def path(*parts):
    return os.path.join(directory, *parts)


def write(name, text, mode=0o644):
    os.makedirs(os.path.dirname(path(name)), exist_ok=True)
    with open(path(name), "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path(name), mode)


def unit(name):
    with open(os.path.join(BUILD, f"etc/systemd/{name}.service"), encoding="utf-8") as f:
        return f.read()


def settings(text, key):
    return re.findall(rf"^{key}=(.*)$", text, re.M)


def skip(what, why):
    ok(True, f"{what} # SKIP {why}")


def run(*argv):
    r = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    r.all = r.stdout + r.stderr
    return r


# ---- what systemd says of the files ----

def check_units():
    """With a program of this build in the place of the installed one."""
    for name in UNITS:
        write(f"units/{name}.service", re.sub(r"^ExecStart=\S+", f"ExecStart={path('bin', name)}", unit(name), flags=re.M))
    files = [path("units", f"{name}.service") for name in UNITS]
    r = run("systemd-analyze", "verify", "--man=no", *files)
    ok(r.returncode == 0 and not r.all.strip(), "systemd-analyze verify has nothing to say")
    note(r.all)
    for name, file in zip(UNITS, files):
        r = run("systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={int(EXPOSURE_MAX * 10)}", file)
        m = re.search(r"Overall exposure level for \S+: ([\d.]+)", r.stdout)
        note(m.group(0) if m else r.all)
        ok(m and float(m.group(1)) <= EXPOSURE_MAX and r.returncode == 0, f"{name}.service: exposure at most {EXPOSURE_MAX}")


def check_calls():
    """What the programs allow themselves, for cases that no run of this test may meet."""
    with open(os.path.join(SRC, "daemon/base/sandbox.c"), encoding="utf-8") as f:
        own = set(re.findall(r"SCMP_SYS\((\w+)\)", f.read()))
    for name in UNITS:
        refused = sorted(own - calls_of(unit(name)))
        if not calls_of(unit(name)) > {"read", "socket"}:
            skip(f"{name}.service: its own calls", "systemd-analyze does not know the sets of system calls")
        else:
            ok(len(own) > 50 and not refused, f"{name}.service refuses no system call of the program's own list")
            note(" ".join(refused))


def check_users():
    os.makedirs(path("root/etc"), exist_ok=True)
    r = run("systemd-sysusers", f"--root={path('root')}", "--replace=/usr/lib/sysusers.d/simpul.conf",
            os.path.join(SRC, "etc/systemd/sysusers.conf"))
    users = open(path("root/etc/passwd"), encoding="utf-8").read() if os.path.exists(path("root/etc/passwd")) else ""
    groups = open(path("root/etc/group"), encoding="utf-8").read() if users else ""
    ok(r.returncode == 0 and re.search(r"^simpul:", users, re.M) and re.search(r"^simpul-web:", users, re.M) and
       re.search(r"^simpul:.*:simpul-web$", groups, re.M), "sysusers makes the users, simpul-web in the group simpul")
    note(r.all)
    if os.geteuid() != 0 or not users:
        skip("tmpfiles makes the directories", "needs root")
        return
    ids = {l.split(":")[0]: int(l.split(":")[2]) for l in users.splitlines()}
    with open(os.path.join(BUILD, "etc/systemd/tmpfiles.conf"), encoding="utf-8") as f:
        write("tmpfiles.conf", re.sub(r"^d \S*/simpul(?=[/ ])", "d /etc/simpul", f.read(), flags=re.M))
    r = run("systemd-tmpfiles", "--create", f"--root={path('root')}", path("tmpfiles.conf"))
    made = os.stat(path("root/etc/simpul/secrets/snmp"))
    ok(made.st_mode & 0o777 == 0o700 and made.st_uid == ids["simpul"] and os.path.isdir(path("root/etc/simpul/secrets/publish")),
       "tmpfiles makes the directories of secrets for the engine alone")
    note(r.all)


# ---- the walls ----

def calls_of(text):
    """The system calls that SystemCallFilter= of a unit leaves, as systemd puts them together."""
    sets, current = {}, None
    for line in run("systemd-analyze", "syscall-filter", "--no-pager").stdout.splitlines():
        if line.startswith("@"):
            current = sets.setdefault(line.strip(), [])
        elif line.strip() and not line.strip().startswith("#") and current is not None:
            current.append(line.strip())

    def expand(name):
        return set().union(*map(expand, sets.get(name, []))) if name.startswith("@") else {name}
    allowed = expand("@default")
    for line in settings(text, "SystemCallFilter"):
        names = set().union(*(expand(n) for n in line.lstrip("~").split()))
        allowed = allowed - names if line.startswith("~") else allowed | names
    return allowed


class ArgCmp(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


EQUAL, MASKED_EQUAL = 4, 7
ALLOW, ERRNO = 0x7fff0000, 0x00050000
PROT_WRITE, PROT_EXEC = 2, 4
NAMESPACES = 0x7e020080
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16, "AF_PACKET": 17}


def filter_of(lib, text):
    """A libseccomp filter of the unit's walls, to be loaded by the child."""
    conditions = {"socket": [(0, EQUAL, FAMILIES[f], 0) for f in settings(text, "RestrictAddressFamilies")[0].split()]}
    if settings(text, "MemoryDenyWriteExecute") == ["yes"]:
        conditions["mprotect"] = [(2, MASKED_EQUAL, PROT_EXEC, 0)]
        conditions["mmap"] = [(2, MASKED_EQUAL, PROT_EXEC, 0), (2, MASKED_EQUAL, PROT_WRITE, 0)]
    if settings(text, "RestrictNamespaces") == ["yes"]:
        conditions["clone"] = [(0, MASKED_EQUAL, NAMESPACES, 0)]
    lib.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(lib.seccomp_init(ERRNO | errno.EPERM))
    for name in calls_of(text) - {"setns", "unshare", "clone3"}:
        number = lib.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            continue
        for arg, op, a, b in conditions.get(name, [None]) if name in conditions else [(None,) * 4]:
            if arg is None:
                lib.seccomp_rule_add_array(context, ALLOW, number, 0, None)
            else:
                lib.seccomp_rule_add_array(context, ALLOW, number, 1, ctypes.byref(ArgCmp(arg, op, a, b)))
    lib.seccomp_rule_add_array(context, ERRNO | errno.ENOSYS, lib.seccomp_syscall_resolve_name(b"clone3"), 0, None)
    return context


def no_walls():
    """Why they cannot be had; None when they can."""
    if "define SIMPUL_SANITIZED 1" in open(os.path.join(BUILD, "config.h"), encoding="utf-8").read():
        return "the sanitizers make system calls of their own"
    try:
        ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return "no libseccomp.so.2"
    if not shutil.which("systemd-analyze") or not calls_of(unit(UNITS[0])) > {"read", "socket"}:
        return "no systemd-analyze that knows the sets of system calls"
    return None


def exec_behind_walls(file, argv):
    """In a process of its own, whose rights have been dropped before: that takes calls that the unit refuses."""
    lib = ctypes.CDLL("libseccomp.so.2")
    with open(file, encoding="utf-8") as f:
        context = filter_of(lib, f.read())
    if ctypes.CDLL(None).prctl(38, 1, 0, 0, 0) != 0 or lib.seccomp_load(context) != 0:
        sys.exit("the walls cannot be put up")
    os.execv(argv[0], argv)


def drop_rights(name):
    """As User=, CapabilityBoundingSet= and AmbientCapabilities= of the unit: nobody, and the unit's capabilities."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return None
    caps = settings(unit(name), "CapabilityBoundingSet")[0].split()
    words = ",".join(["-all"] + [c.lower().replace("cap_", "+") for c in caps])
    argv = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", f"--bounding-set={words}", f"--inh-caps={words}",
            f"--ambient-caps={words}", "--no-new-privs"]
    return argv if run(*argv, "true").returncode == 0 else None


# ---- the service manager ----

class Manager:
    """The end of NOTIFY_SOCKET at the service manager. It listens all the time: a full socket loses what comes."""

    def __init__(self, name):
        self.path = path(name + ".notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o777)
        self.said = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            self.said.append(self.socket.recv(4096).decode())

    def heard(self):
        return list(self.said)


def start(name, manager, conf):
    """As the unit says, from ExecStart= on. @return the process, and whether it has the unit's rights"""
    rights = drop_rights(name)
    write(f"{name}.service", unit(name))
    behind = [] if no_walls() else [sys.executable, "-B", path("bin/service_test.py"), "--behind", path(f"{name}.service")]
    argv = settings(unit(name), "ExecStart")[0].split()
    argv = [path("bin", name) if a.endswith("/" + name) else path(conf) if a.endswith(".conf") else a for a in argv]
    with open(path(name + ".log"), "wb") as log:
        p = subprocess.Popen((rights or []) + behind + argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                             env={"srcdir": SRC, "builddir": BUILD, "PATH": os.environ["PATH"], "NOTIFY_SOCKET": manager.path,
                                  "WATCHDOG_USEC": "400000"})
    note(f"{name}: rights of the unit: {'yes' if rights else 'no'}; its walls: {no_walls() or 'yes'}")
    return p, rights is not None


def log_text(name):
    with open(path(name + ".log"), encoding="utf-8") as f:
        return f.read()


def is_ready(p, manager):
    return (wait(lambda: p.poll() is not None or "READY=1" in manager.heard()) and p.poll() is None and
            manager.heard()[0] == "READY=1")


def own_directory(name, rights):
    os.makedirs(path(name), mode=0o700, exist_ok=True)
    if rights:
        os.chown(path(name), NOBODY, NOBODY)


# ---- a whole engine ----

def inventory(own_icmp):
    write("etc/inventory/sites.csv", "id,name,class,life\ns001,Kantor Satu,office,live\ns002,Kantor Dua,office,live\n")
    write("etc/inventory/links.csv", "id,site,role,address,down_mbps,life\n"
          "s001-1,s001,main,127.0.0.11,10,live\ns002-1,s002,main,127.0.0.12,10,live\n")
    write("etc/simpuld.conf", f"""
engine: {{ ns = "service"; data_dir = "{path('state')}"; socket = "{path('run/sock')}"; link_probe = "{'icmp' if own_icmp else 'tcp'}"; }};
icmp: {{ interval_s = 1; }};
tcp: {{ interval_s = 1; }};
measure = ( {{ name = "main"; netns = ""; }} );
store: {{ profile = "small"; }};
traps: {{ enabled = {'true' if own_icmp else 'false'}; listen = "127.0.0.13"; }};
mqtt: {{ enabled = false; }};
""")


def ctl(*args):
    return run(os.path.join(BUILD, "simpulctl"), "--socket", path("run/sock"), *args)


def status():
    r = ctl("status", "--json")
    return json.loads(r.stdout) if r.returncode == 0 else {}


def check_engine():
    own_icmp = drop_rights("simpuld") is not None
    inventory(own_icmp)
    os.makedirs(path("etc/secrets/traps"), exist_ok=True)
    with open(path("etc/secrets/traps/community"), "w") as f:
        f.write("public\n")
    os.chmod(path("etc/secrets/traps/community"), 0o600)
    if own_icmp:
        os.chown(path("etc/secrets/traps/community"), NOBODY, NOBODY)
    own_directory("state", own_icmp)
    own_directory("run", own_icmp)
    os.chmod(path("run"), 0o755)
    manager = Manager("simpuld")
    p, with_rights = start("simpuld", manager, "etc/simpuld.conf")
    ok(is_ready(p, manager), "the engine tells that it is ready, before all else")
    ok(status().get("ns") == "service", "and then it answers")
    ok(wait(lambda: manager.heard().count("WATCHDOG=1") >= 5), "it feeds the watchdog, again and again")
    ok(wait(lambda: status().get("links", {}).get("up") == 2), "it measures")
    ok(wait(lambda: status().get("store", {}).get("durable_seq")), "and stores")
    health = ctl("top", "--once").stdout
    ok((" 5 of 5 processes" if own_icmp else " 4 of 4 processes") in health and "No site is in trouble" in health, "simpulctl top sees it well")
    ids = run(os.path.join(BUILD, "simpulctl"), "complete", "--", "--socket", path("run/sock"), "why", "s00").stdout.split()
    ok(ids == ["s001-1", "s002-1", "s001", "s002"], "ids for completion come from it")
    log = log_text("simpuld").replace("publishing is switched off (mqtt.enabled)", "")
    unhappy = re.findall(r".*(?:warning: .|fatal|not permitted|died|SIGSYS).*", log)
    if not with_rights:
        skip("nothing is refused to it", "needs root, for the rights of the unit")
    elif not ok(not unhappy and "listening on 127.0.0.13:162" in log, "nothing is refused to it, and it has the trap port"):
        note(log)
    p.send_signal(signal.SIGHUP)
    ok(wait(lambda: "reading the configuration again" in log_text("simpuld")), "ExecReload= has it read its files again")
    p.terminate()
    ok(wait(lambda: p.poll() is not None) and p.returncode == 0 and not os.path.exists(path("run/sock")),
       "it ends when told to, and tidies up")
    ok(wait(lambda: manager.heard().count("STOPPING=1") == 1) and manager.heard().count("READY=1") == 1,
       "and tells that it is stopping, once")
    manager.said.clear()
    write("etc/bad.conf", "engine: { nonsense = 1; };\n")
    p, _ = start("simpuld", manager, "etc/bad.conf")
    ok(wait(lambda: p.poll() is not None) and p.returncode == 1 and not manager.heard(), "one that cannot start is never ready")


# ---- a whole web server ----

def fetched(port, what):
    context = ssl._create_unverified_context()     # the certificate is the server's own, and made a moment ago
    try:
        with urllib.request.urlopen(f"https://127.0.0.1:{port}{what}", context=context, timeout=10) as r:
            return r.status, r.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, ""
    except OSError as e:
        return 0, str(e)


def check_web():
    own_directory("web", drop_rights("simpul-web") is not None)
    write("pages/index.html", "<!doctype html>")
    write("etc/simpul-web.conf", f'web = {{ port = 0; state_dir = "{path("web")}"; socket = "{path("run/sock")}"; '
          f'root = "{path("pages")}"; password_cost = 1; }};\n')
    manager = Manager("simpul-web")
    p, _ = start("simpul-web", manager, "etc/simpul-web.conf")
    ok(is_ready(p, manager), "the web server tells that it is ready")
    port = wait(lambda: re.search(r"https://127\.0\.0\.1:(\d+)/", log_text("simpul-web")))
    ok(port and fetched(port.group(1), "/healthz") == (200, "ok\n") and fetched(port.group(1), "/api/v1/session")[0] == 401,
       "and then it answers")
    ok(re.search(r"one-time password \S+", log_text("simpul-web")), "the journal gets the first password")
    ok(wait(lambda: manager.heard().count("WATCHDOG=1") >= 5), "it feeds the watchdog, again and again")
    if not ok(not re.search(r"not permitted|fatal|SIGSYS", log_text("simpul-web")), "nothing is refused to it"):
        note(log_text("simpul-web"))
    p.terminate()
    ok(wait(lambda: p.poll() is not None) and p.returncode == 0 and wait(lambda: "STOPPING=1" in manager.heard()),
       "it ends when told to, and tells it")


if sys.argv[1:2] == ["--behind"]:
    exec_behind_walls(sys.argv[2], sys.argv[3:])
directory = tempfile.mkdtemp(prefix="simpul-service-")
os.chmod(directory, 0o755)
os.makedirs(path("bin"))
for part in [os.path.join(BUILD, u) for u in UNITS] + [os.path.join(SRC, "tests", f"{f}.py") for f in ("unit/service_test", "unit/played", "tap")]:
    shutil.copy(part, path("bin"))      # where nobody can read and run them
if shutil.which("systemd-analyze"):
    check_units()
    check_calls()
    check_users()
else:
    skip("units and users", "systemd-analyze is not installed")
check_engine()
check_web()
shutil.rmtree(directory)
done()
