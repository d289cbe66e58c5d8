# SPDX-License-Identifier: GPL-3.0-or-later
"""lab.py: a whole Simpul on real parts for one test: Debian's mosquitto, the simulated WAN in its own network namespace,
the engine with all its processes, and a subscriber that keeps every message with the time of its arrival.

Everything lives in a temporary folder and on Unix sockets, so that tests can run side by side. Tests print TAP. Nothing
sleeps for a fixed time: wait() waits for a condition and gives up after a bound that only a broken engine reaches.
"""
import atexit
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

SRC = os.path.abspath(os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "..", "..")))
BUILD = os.path.abspath(os.environ.get("builddir", "."))
ROOT = "simpul/v1/pontianak/"
SANITIZED = "define SIMPUL_SANITIZED 1" in open(os.path.join(BUILD, "config.h")).read()
# How long a condition may take before it counts as broken; not a measure of speed.
PATIENCE = 120 if SANITIZED else 60

_count = 0
_failed = 0


def ok(good, name):
    global _count, _failed
    _count += 1
    _failed += not good
    print(f"{'' if good else 'not '}ok {_count} - {name}", flush=True)
    return bool(good)


def note(text):
    for line in str(text).splitlines():
        print("# " + line, flush=True)


def done():
    print(f"1..{_count}", flush=True)
    sys.exit(1 if _failed or not _count else 0)


def skip_all(why):
    print(f"1..0 # SKIP {why}", flush=True)
    sys.exit(0)  # with another status the TAP driver counts an error


def program(name):
    """A program of this build, or of the system."""
    own = os.path.join(BUILD, name)
    return own if os.path.exists(own) else shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin") or name


def namespaces_missing():
    """Why there can be no network namespace with a TUN device; None when there can."""
    if not os.path.exists("/dev/net/tun"):
        return "no /dev/net/tun"
    r = subprocess.run(["unshare", "--net", "ip", "tuntap", "add", "dev", "t0", "mode", "tun"], capture_output=True)
    return None if r.returncode == 0 else "no right to make a network namespace with a TUN device"


def need_namespaces():
    why = namespaces_missing()
    if why:
        skip_all(why)


def wait(what, condition, patience=None):
    """Wait until condition() is true. @return its value, or None (after a failed check) when patience ends."""
    end = time.monotonic() + (patience or PATIENCE)
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    ok(False, f"waited in vain: {what}")
    return None


class Message:
    __slots__ = ("at", "retained", "topic", "payload", "doc")

    def __init__(self, at, retained, topic, payload):
        self.at = at
        self.retained = retained
        self.topic = topic[len(ROOT):] if topic.startswith(ROOT) else topic
        self.payload = payload
        self.doc = json.loads(payload) if payload.startswith("{") else {}

    @property
    def kind(self):
        t = self.doc.get("type", "")
        return t[len("id.simpul."):-len(".v1")] if t.startswith("id.simpul.") else t

    @property
    def subject(self):
        return self.doc.get("subject", "")


class Subscriber:
    """Debian's mosquitto_sub, kept running; messages in the order of arrival. Its session outlives it and the broker, so that one
    started again misses nothing."""

    def __init__(self, lab, topic=ROOT + "#"):
        self.messages = []
        self.lock = threading.Lock()
        self.process = lab.spawn("sub", ["mosquitto_sub", "-V", "5", "--unix", lab.path("mqtt.sock"), "-q", "1", "-t", topic,
                                         "-c", "-i", "lab", "-x", "3600",
                                         "-F", "%U\t%r\t%t\t%p"], stdout=subprocess.PIPE)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for raw in self.process.stdout:
            parts = raw.decode("utf-8", "replace").rstrip("\n").split("\t", 3)
            if len(parts) == 4:
                m = Message(float(parts[0]), parts[1] == "1", parts[2], parts[3])
                with self.lock:
                    self.messages.append(m)

    def all(self):
        with self.lock:
            return list(self.messages)

    def events(self, since=0.0):
        return [m for m in self.all() if m.topic.startswith("event/") and m.at >= since]

    def last(self, topic):
        found = [m for m in self.all() if m.topic == topic]
        return found[-1] if found else None

    def state(self, ref):
        """The retained document's data for "site/s013", or {}."""
        m = self.last("state/" + ref)
        return m.doc.get("data", {}) if m else {}


class Lab:
    def __init__(self, name, seed=None, conf="", inventory=None, fleet_options=()):
        need_namespaces()
        self.seed = seed if seed is not None else int(os.environ.get("SIMPUL_SEED", random.SystemRandom().randrange(1 << 30)))
        self.random = random.Random(self.seed)
        note(f"{name}: seed {self.seed}")
        self.dir = tempfile.mkdtemp(prefix="simpul-lab-")
        self.children = {}
        self.fleet_options = list(fleet_options)
        atexit.register(self.close)
        for d in ("etc/secrets/snmp", "etc/secrets/publish", "data", "log"):
            os.makedirs(self.path(d), mode=0o700)
        shutil.copytree(inventory or os.path.join(SRC, "etc/inventory"), self.path("etc/inventory"))
        os.chmod(self.path("etc/inventory"), 0o755)
        for f in os.listdir(self.path("etc/inventory")):
            os.chmod(self.path("etc/inventory", f), 0o644)
        self.write("etc/secrets/snmp/city-read", "public\n", 0o600)
        self.write("etc/secrets/snmp/local-read", "public\n", 0o600)
        self.conf_extra = conf
        self.write_conf()

    # ---- files ----

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w") as f:
            f.write(text)
        os.chmod(self.path(name), mode)

    def read(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def write_conf(self):
        self.write("etc/simpuld.conf", f"""
engine: {{ ns = "pontianak"; data_dir = "{self.path('data')}"; socket = "{self.path('ctl.sock')}"; }};
measure = ( {{ name = "main"; netns = ""; }}, {{ name = "wan"; netns = "{self.path('wan.netns')}"; }} );
store: {{ profile = "small"; }};
mqtt: {{ enabled = true; host = "{self.path('mqtt.sock')}"; port = 0; }};
{self.conf_extra}
""")

    def drop_row(self, table, row_id):
        name = f"etc/inventory/{table}.csv"
        lines = self.read(name).splitlines(True)
        kept = [l for l in lines if not l.startswith(row_id + ",")]
        assert len(kept) < len(lines), row_id
        self.write(name, "".join(kept))

    # ---- processes ----

    def spawn(self, name, argv, **kw):
        log = open(self.path("log", name + ".log"), "ab")
        kw.setdefault("stdout", log)
        p = subprocess.Popen([program(argv[0])] + argv[1:], stdin=subprocess.DEVNULL, stderr=log, **kw)
        self.children[name] = p
        return p

    def end(self, name, sig=signal.SIGTERM, patience=30):
        p = self.children.pop(name, None)
        if p is None:
            return None
        if p.poll() is None:
            p.send_signal(sig)
            try:
                p.wait(patience)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        return p.returncode

    def start_broker(self):
        self.write("mosquitto.conf", f"listener 0 {self.path('mqtt.sock')}\nallow_anonymous true\nuser root\n"
                   f"persistence true\npersistence_location {self.dir}/\nautosave_interval 1\nmax_queued_messages 0\n")
        if os.path.exists(self.path("mqtt.sock")):
            os.unlink(self.path("mqtt.sock"))
        self.spawn("mosquitto", ["mosquitto", "-c", self.path("mosquitto.conf")])
        wait("broker", lambda: os.path.exists(self.path("mqtt.sock")))

    def start_fleet(self):
        self.spawn("fleet", ["simpul-fleet", "run", "--tun", "--inventory", self.path("etc/inventory"), "--seed", str(self.seed),
                             "--control", self.path("fleet.sock"), "--netns-link", self.path("wan.netns"),
                             "--ready", self.path("fleet.ready"), *self.fleet_options])
        wait("fleet", lambda: os.path.exists(self.path("fleet.ready")))
        if "\ns006-2," in self.read("etc/inventory/links.csv"):
            self.fleet("cut link s006-2")   # contracted, never worked

    def start_engine(self):
        p = self.spawn("simpuld", ["simpuld", "-c", self.path("etc/simpuld.conf"), "--foreground"])
        wait("control socket", lambda: p.poll() is not None or self.answers())
        return p

    def answers(self):
        try:
            return self.ctl("status").get("ok")
        except (OSError, ValueError):
            return False

    def start(self):
        """Everything up and all sites of the inventory measured."""
        self.start_broker()
        self.sub = Subscriber(self)
        self.start_fleet()
        self.start_engine()
        self.wait_measured()
        return self

    def wait_measured(self):
        def settled():
            states = [m for m in self.links().values()]
            return len(states) >= 80 and all(s in ("up", "never_up") for s in states)
        return wait("all lines measured", settled)

    def close(self):
        for name in ("simpuld", "fleet", "sub", "mosquitto"):
            self.end(name)
        for name in list(self.children):
            self.end(name)
        if os.environ.get("SIMPUL_KEEP"):
            note(f"kept {self.dir}")
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def engine_children(self):
        """{name: pid} of the engine's processes, as they call themselves ("store", "measure wan")."""
        found = {}
        parent = self.children["simpuld"].pid
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/stat") as f:
                    ppid = int(f.read().rsplit(")", 1)[1].split()[1])
                with open(f"/proc/{entry}/cmdline") as f:
                    title = f.read().replace("\0", " ").strip()
            except (OSError, IndexError):
                continue
            if ppid == parent and ":" in title:
                found[title.split(":", 1)[1].strip()] = int(entry)
        return found

    # ---- talking ----

    def fleet(self, command):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(20)
        s.connect(self.path("fleet.sock"))
        s.sendall((command + "\n").encode())
        answer = ""
        while not answer.endswith("ok\n") and "error:" not in answer:
            chunk = s.recv(65536).decode()
            if not chunk:
                break
            answer += chunk
        s.close()
        if "error:" in answer:
            raise RuntimeError(f"fleet: {command}: {answer}")
        return answer[:-len("ok\n")]

    def ctl(self, op, **args):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(20)
        s.connect(self.path("ctl.sock"))
        s.sendall((json.dumps({"id": 1, "op": op, **args}) + "\n").encode())
        answer = b""
        while not answer.endswith(b"\n"):
            chunk = s.recv(1 << 20)
            if not chunk:
                break
            answer += chunk
        s.close()
        return json.loads(answer)

    def outbox(self):
        """How many messages the broker has not confirmed."""
        return self.ctl("status")["broker"]["outbox"]

    def durable(self):
        """The last journal block that is on the disk; 0 while the engine does not answer."""
        try:
            return self.ctl("status")["store"]["durable_seq"]
        except (OSError, ValueError, KeyError):
            return 0

    def counters(self):
        return {k: int(v) for k, v in self.ctl("metrics")["counters"].items()}

    def items(self, kind):
        items, cursor = [], None
        while True:
            a = self.ctl("list", kind=kind, limit=500, cursor=cursor)
            items += a.get("items", [])
            cursor = a.get("next")
            if not cursor:
                return items

    def links(self):
        try:
            return {i["id"]: i["state"] for i in self.items("link")}
        except (OSError, ValueError):
            return {}

    def simpulctl(self, *args):
        return subprocess.run([program("simpulctl"), "--socket", self.path("ctl.sock"), *args], capture_output=True, text=True)

    def one_line_sites(self):
        """Ids of links of live office sites that have exactly one line, with the site's id."""
        rows = [l.split(",") for l in self.read("etc/inventory/links.csv").splitlines() if l[:1] == "s"]
        lines = {}
        for r in rows:
            lines.setdefault(r[1], []).append(r[0])
        return {ids[0]: site for site, ids in lines.items() if len(ids) == 1}
