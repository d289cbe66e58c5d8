# SPDX-License-Identifier: GPL-3.0-or-later
"""lab.py: a whole Simpul on real parts for one test: Debian's mosquitto, the simulated WAN in its own network namespace,
the engine with all its processes, and a subscriber that keeps every message with the time of its arrival.

Everything lives in a temporary folder and on Unix sockets, so that tests can run side by side. Tests print TAP. Nothing
sleeps for a fixed time: wait() waits for a condition and gives up after a bound that only a broken engine reaches.
What a test starts ends with it, also when it is killed.
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

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import tap  # noqa: E402
from tap import note, ok, skip_all  # noqa: E402

SRC = os.path.abspath(os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "..", "..")))
BUILD = os.path.abspath(os.environ.get("builddir", "."))
ROOT = "simpul/v1/pontianak/"
SANITIZED = "define SIMPUL_SANITIZED 1" in open(os.path.join(BUILD, "config.h")).read()
# How long a condition may take before it counts as broken; not a measure of speed.
PATIENCE = 360 if SANITIZED else 180
LIMIT_S = 15        # from a cut to its event: what the engine promises (docs/decisions.md 5)

for _s in signal.SIGTERM, signal.SIGHUP:
    signal.signal(_s, lambda *_: sys.exit(1))       # not at once: by way of what is to be cleaned up


def done():
    for lab in Lab.running:
        lab.judge_sanitizers()
    tap.done()


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
    """Wait until condition() is true. @return its value, or None (after a failed check) when patience ends.

    A process that is asked while it starts or ends refuses, hangs up or answers half: no reason to fail, only to ask again."""
    begin = now = time.monotonic()
    why = "it was never true"
    while now < begin + (patience or PATIENCE):
        try:
            value = condition()
            if value:
                return value
        except (OSError, ValueError, KeyError, RuntimeError) as e:
            why = repr(e)
        # A machine on which asking takes long is not asked more often than it can answer.
        spent = time.monotonic() - now
        time.sleep(max(0.05, spent))
        now = time.monotonic()
    ok(False, f"waited in vain: {what} ({why})")
    return None


def ends_with_us(argv):
    """The command that starts argv and has the kernel end it when this process is gone, however that came."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", *argv] if setpriv else argv


def started_at(pid):
    """When a process started, in the kernel's ticks; None when there is none. Tells it from a later one of the same pid."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


class Stalls:
    """When this machine stood still: one thread that wants to wake often, one that wants a byte on the disk often. The time
    by which they are late is time that no process had, whatever it wanted to do."""

    WAKE_S, SYNC_S = 0.02, 0.25         # how often
    WAKE_SLACK_S, SYNC_SLACK_S = 0.03, 0.1      # late by more than this, it was kept waiting

    def __init__(self, path):
        self.spans = []
        self.late = []
        self.path = path
        for work in (self._wake, self._sync):
            threading.Thread(target=work, daemon=True).start()

    def _note(self, due):
        now = time.time()
        if now > due:
            self.spans.append((due, now))

    def _wake(self):
        while True:
            due = time.time() + self.WAKE_S
            time.sleep(self.WAKE_S)
            self.late.append(time.time() - due)
            self._note(due + self.WAKE_SLACK_S)

    def _sync(self):
        with open(self.path, "wb", buffering=0) as f:
            while True:
                due = time.time() + self.SYNC_SLACK_S
                f.write(b"x")
                os.fdatasync(f.fileno())
                self._note(due)
                time.sleep(self.SYNC_S)

    def wake_s(self, share):
        """How late at most a process woke in this share (0..1) of all times so far."""
        late = sorted(list(self.late))
        return late[int(share * (len(late) - 1))] if late else 0

    def seconds(self, begin, end):
        """How much of this time (since the epoch) it stood still."""
        total, done_to = 0.0, begin
        for a, b in sorted(list(self.spans)):
            a, b = max(a, done_to), min(b, end)
            if a < b:
                total += b - a
                done_to = b
        return total


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

    def __init__(self, lab, new_session=False):
        self.messages = []
        self.lock = threading.Lock()
        command = ["mosquitto_sub", "-V", "5", "--unix", lab.path("mqtt.sock"), "-q", "1", "-t", ROOT + "#", "-c", "-i", "lab",
                   "-x", "3600"]
        # The session first (-E: end when it is made), so that nothing is missed however late the reader comes.
        if new_session:
            wait("a session at the broker", lambda: subprocess.run([program(command[0]), *command[1:], "-E"], capture_output=True,
                                                                   timeout=PATIENCE).returncode == 0)
        self.process = lab.spawn("sub", [*command, "-F", "%U\t%r\t%t\t%p"], stdout=subprocess.PIPE)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for raw in self.process.stdout:
            if not raw.endswith(b"\n"):
                break           # it was ended within a line
            parts = raw.decode("utf-8", "replace").rstrip("\n").split("\t", 3)
            if len(parts) == 4:
                m = Message(float(parts[0]), parts[1] == "1", parts[2], parts[3])
                with self.lock:
                    self.messages.append(m)

    def close(self, lab):
        """End it; what it has read until then stays."""
        lab.end("sub")
        self.thread.join()

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
    running = []

    def __init__(self, name, seed=None, conf="", inventory=None, fleet_options=()):
        need_namespaces()
        self.seed = seed if seed is not None else int(os.environ.get("SIMPUL_SEED", random.SystemRandom().randrange(1 << 30)))
        self.random = random.Random(self.seed)
        note(f"{name}: seed {self.seed}")
        # The path of a Unix socket has room for 107 bytes.
        self.dir = tempfile.mkdtemp(prefix="simpul-lab-", dir="/tmp" if len(tempfile.gettempdir()) > 60 else None)
        self.children = {}
        self.fleet_options = list(fleet_options)
        atexit.register(self.close)
        Lab.running.append(self)
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
{'' if 'traps:' in self.conf_extra else 'traps: { enabled = false; };'}
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
        with open(self.path("log", name + ".log"), "ab") as log:
            kw.setdefault("stdout", log)
            p = subprocess.Popen(ends_with_us([program(argv[0])] + argv[1:]), stdin=subprocess.DEVNULL, stderr=log, **kw)
        self.children[name] = p
        return p

    def end(self, name, sig=signal.SIGTERM, patience=PATIENCE):
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
        wait("broker", lambda: self.connect("mqtt.sock").close() is None)   # its socket is there before it listens

    def start_fleet(self):
        self.spawn("fleet", ["simpul-fleet", "run", "--tun", "--inventory", self.path("etc/inventory"), "--seed", str(self.seed),
                             "--control", self.path("fleet.sock"), "--netns-link", self.path("wan.netns"),
                             "--ready", self.path("fleet.ready"), *self.fleet_options])
        wait("fleet", lambda: os.path.exists(self.path("fleet.ready")))
        if "\ns006-2," in self.read("etc/inventory/links.csv"):
            self.fleet("cut link s006-2")   # contracted, never worked

    def start_engine(self):
        p = self.spawn("simpuld", ["simpuld", "-c", self.path("etc/simpuld.conf"), "--foreground"])
        wait("control socket", lambda: p.poll() is not None or self.ctl("status")["ok"])
        return p

    def start(self):
        """Everything up and all sites of the inventory measured."""
        self.start_broker()
        self.sub = Subscriber(self, new_session=True)
        self.start_fleet()
        self.start_engine()
        self.wait_measured()
        return self

    def wait_measured(self):
        def settled():
            states = list(self.links().values())
            return len(states) >= 80 and all(s in ("up", "never_up") for s in states)
        return wait("all lines measured", settled)

    def close(self):
        for s in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(s, signal.SIG_IGN)
        for name in ("simpuld", "fleet", "sub", "mosquitto"):
            self.end(name)
        for name in list(self.children):
            self.end(name)
        if os.environ.get("SIMPUL_KEEP"):
            note(f"kept {self.dir}")
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def engine_children(self):
        """{name: [pid, ..]} of the engine's processes, as they call themselves ("store", "measure wan"; a nest is two)."""
        found = {}
        parent = self.children["simpuld"].pid
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/stat") as f:
                    state, ppid = f.read().rsplit(")", 1)[1].split()[:2]
                with open(f"/proc/{entry}/cmdline") as f:
                    title = f.read().replace("\0", " ").strip()
            except (OSError, ValueError, IndexError):
                continue        # it has ended meanwhile
            if int(ppid) == parent and state not in "ZX" and ":" in title:
                found.setdefault(title.split(":", 1)[1].strip(), []).append(int(entry))
        return found

    def engine_pid(self, name):
        """The pid of the one process that calls itself so; None while there is none."""
        return self.engine_children().get(name, [None])[-1]

    def judge_sanitizers(self):
        """In a build with sanitizers: end the engine, and see that none of its processes was found at fault or to leak."""
        if not SANITIZED:
            return
        self.end("simpuld")
        words = [l for l in self.read("log/simpuld.log").splitlines() if "Sanitizer" in l or "runtime error" in l]
        ok(not words, "the sanitizers have found nothing")
        note("\n".join(words))

    # ---- the promise ----

    def watch_stalls(self):
        self.stalls = Stalls(self.path("stalls"))

    def in_time(self, what, cut, told):
        """Was the event of a cut told within LIMIT_S? @return True, False, or None when it was not and the machine stood still:
        then the delay says nothing of the engine, and the cut is to be repeated."""
        delay, still = told - cut, self.stalls.seconds(cut, told)
        note(f"{what}: {delay:.1f} s from cut to event" + (f", of which the machine stood still for {still:.1f} s" if still >= 0.1 else ""))
        if delay <= LIMIT_S:
            return True
        self.note_lag()
        return None if delay - still <= LIMIT_S else False

    def note_lag(self):
        """What the engine itself says of its lateness."""
        lag = {k: v for k, v in (wait("the counters", self.counters) or {}).items() if ".lag_" in k}
        note("the engine's own: " + ", ".join(f"{k} {v}" for k, v in sorted(lag.items())))

    # ---- talking ----

    def connect(self, name):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            s.settimeout(PATIENCE)
            s.connect(self.path(name))
        except BaseException:
            s.close()
            raise
        return s

    def fleet(self, command):
        with self.connect("fleet.sock") as s:
            s.sendall((command + "\n").encode())
            answer = ""
            while not answer.endswith("ok\n") and "error:" not in answer:
                chunk = s.recv(65536).decode()
                if not chunk:
                    break
                answer += chunk
        if not answer.endswith("ok\n"):
            raise RuntimeError(f"fleet: {command}: {answer}")
        return answer[:-len("ok\n")]

    def ctl(self, op, **args):
        """The answer to one request. OSError or ValueError while the engine is not there, or ends within its answer."""
        with self.connect("ctl.sock") as s:
            s.sendall((json.dumps({"id": 1, "op": op, **args}) + "\n").encode())
            answer = b""
            while not answer.endswith(b"\n"):
                chunk = s.recv(1 << 20)
                if not chunk:
                    break
                answer += chunk
        return json.loads(answer)

    def outbox(self):
        """How many messages the broker has not confirmed."""
        return self.ctl("status")["broker"]["outbox"]

    def all_heard(self):
        """The broker has confirmed all, and the subscriber has the last event of the engine's stream."""
        status = self.ctl("status")
        return status["broker"]["outbox"] == 0 and status["seq"] <= max((int(m.doc["sequence"]) for m in self.sub.events()), default=0)

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
