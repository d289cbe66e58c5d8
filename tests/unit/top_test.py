#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""simpulctl top on a terminal of the test's own, before an engine that is only played."""
import codecs
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unicodedata

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from played import BUILD, PATIENCE, Engine, done, note, ok, wait

CTL = os.path.join(BUILD, "simpulctl")
SITES, LINES = 40, 30
HOSTILE = "Dinas \x1b[2J\u202e<b>"


class Screen:
    """What a terminal shows at one moment: lines, and which of them are dim from end to end."""

    def __init__(self, cells, dim, columns):
        height = max([y for _, y in cells] + [0]) + 1
        self.lines = ["".join(cells.get((x, y), " ") for x in range(columns)).rstrip() for y in range(height)]
        self.dim = [all((x, y) in dim for x, c in enumerate(line) if c != " ") for y, line in enumerate(self.lines)]
        self.text = "\n".join(self.lines)

    def shows(self, pattern):
        return re.search(pattern, self.text, re.M)

    def is_dim(self, word):
        """Is the first line with this word dim?"""
        return next((d for line, d in zip(self.lines, self.dim) if word in line), False)


class Terminal:
    """What a terminal makes of the bytes: cells, and which of them are dim. It knows what screen.c uses, and nothing else."""

    def __init__(self, columns, rows, argv, env):
        self.columns, self.rows = columns, rows
        self.cells, self.dim, self.unknown = {}, set(), []
        self.x = self.y = 0
        self.faint = False
        self.modes = {}
        self.modes_seen = []
        self.lock = threading.Lock()
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.text = ""
        self.master, self.slave = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(argv, stdin=self.slave, stdout=self.slave, stderr=subprocess.PIPE, env=env,
                                        preexec_fn=lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)))
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def resize(self, columns, rows):
        with self.lock:
            self.columns, self.rows = columns, rows
            self.cells = {(x, y): c for (x, y), c in self.cells.items() if x < columns and y < rows}
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.master, keys.encode())

    def _read(self):
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return
            with self.lock:
                self._take(self.text + self.decoder.decode(data))

    def _take(self, text):
        last = text.rfind("\x1b")
        whole = last == -1 or last < len(text) - 12 or re.match(r"\x1b\[[?0-9;]*[A-Za-z]", text[last:])
        cut = len(text) if whole else last      # the rest of a sequence is still to come
        self.text = text[cut:]
        for m in re.finditer(r"\x1b\[(\?)?([0-9;]*)([A-Za-z])|\x1b.?|[\s\S]", text[:cut]):
            self._put(m)

    def _put(self, m):
        private, number, letter = m.group(1), m.group(2), m.group(3)
        if letter and private:
            self.modes[number] = letter == "h"
            self.modes_seen.append(number + letter)
            if number == "1049":
                self.cells, self.dim = {}, set()    # another screen, an empty one
        elif letter == "H" and not number:
            self.x = self.y = 0
        elif letter == "K" and not number:
            for x in range(min(self.x, self.columns - 1), self.columns):
                self.cells.pop((x, self.y), None)
                self.dim.discard((x, self.y))
        elif letter == "m":
            self.faint = (self.faint or "2" in number.split(";")) and number not in ("0", "")
        elif m.group(0) == "\r":
            self.x = 0
        elif m.group(0) == "\n":
            self.y += 1
        elif m.group(0)[0] < " ":
            self.unknown.append(m.group(0))
        elif self.y >= self.rows:
            self.unknown.append(f"below the foot: {m.group(0)}")
        else:
            self.cells[min(self.x, self.columns - 1), self.y] = m.group(0)
            if self.faint:
                self.dim.add((min(self.x, self.columns - 1), self.y))
            self.x += 2 if unicodedata.east_asian_width(m.group(0)) in "WF" else 1
            if self.x > self.columns:
                self.unknown.append("beyond the edge: " + "".join(self.cells.get((x, self.y), " ") for x in range(self.columns)))

    def screen(self):
        with self.lock:
            return Screen(self.cells, self.dim, self.columns)

    def wait_until(self, fits):
        """@return the screen of the first moment at which fits(screen); None when patience ends"""
        last = None

        def now():
            nonlocal last
            last = self.screen()
            return fits(last) and last
        found = wait(now)
        if not found:
            note(last.text)
        return found or None

    def wait_for(self, *patterns, rows=None):
        """@return the screen of the first moment at which all of this is shown, on so many rows"""
        return self.wait_until(lambda s: all(s.shows(p) for p in patterns) and rows in (None, len(s.lines)))

    def is_restored(self):
        return (self.modes.get("1049") is False and self.modes.get("25") is True and self.modes.get("7") is True and
                termios.tcgetattr(self.slave) == self.before)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.slave)
        self.reader.join(PATIENCE)      # it would go on at the next terminal, which gets this number
        os.close(self.master)


def ago(s):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - s))


def site(i):
    return {"id": f"s{i:03}", "name": HOSTILE if i == 1 else f"Kantor {i}", "state": "isolated", "code": "down", "since": ago(60 + i),
            "links": [{"id": f"s{i:03}-1", "state": "down"}], "class": "office", "district": "Pontianak Kota", "incident": "inc-7"}


def link(i, by):
    return {"id": f"s{i:03}-1", "site_name": f"Kantor {i}", "state": "up", "code": "ok", "since": ago(600), "rtt_s": 0.0231,
            "loss_ratio": (LINES - i) / 100 if by == "loss" else 0.0, "rx_bps": (LINES - i) * 1e6, "tx_bps": None, "down_bps": 3e7,
            "up_bps": None, "use_ratio": (LINES - i) / 30, "provider": "indihome", "incident": None}


def top(r):
    if r["by"] == "severity":
        return {"items": [incident], "total": 1, "seq": 9}
    n = SITES if r["by"] == "trouble" else LINES
    items = [site(i) if r["by"] == "trouble" else link(i, r["by"]) for i in range(1, min(n, r["limit"]) + 1)]
    return {"items": items, "total": n, "seq": 9}


def status(r):
    return {"engine": "0.1.0", "ns": "test", "now": ago(0), "started": ago(7200), "loaded": ago(7200), "seq": 9,
            "sites": {"isolated": SITES, "ok": 21, "planned": 4}, "links": {"down": SITES, "up": 50}, "devices": {"answering": 7},
            "incidents": {"open": 1, "acked": 0, "pending": 0}, "store": {"ok": True, "text": None},
            "broker": {"connected": True, "refuses": False, "text": None, "outbox": 3}, "ledger": {"ok": True},
            "config": {"ok": True}, "processes": [{"name": "store", "connected": True}, {"name": "publish", "connected": True}]}


incident = {"id": "inc-7", "status": "open", "kind": "site.isolated", "severity": "critical", "root": "site/node-2",
            "site_name": "Simpul 2", "members": 14, "opened": ago(70), "ack": None, "cause": "own_fibre"}


directory = tempfile.mkdtemp(prefix="simpul-top-")
path = os.path.join(directory, "sock")
engine = Engine(path, {"status": status, "top": top})
env = {**os.environ, "SIMPUL_SOCKET": path, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
env.pop("NO_COLOR", None)


def run(*args, **kw):
    return subprocess.run([CTL, *args], capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL, timeout=PATIENCE, **kw)


def live(columns=80, rows=24, *args):
    return Terminal(columns, rows, [CTL, "top", "--every", "1", *args], env)


# ---- one page, for a pipe ----

r = run("top", "--once")
ok(r.returncode == 0 and not r.stderr, "one page for a pipe")
ok(all(w in r.stdout for w in ("Sites in trouble", "Lines by loss", "Lines by use", "Incidents", "sites        65", "2 of 2 processes")),
   "it has all parts")
ok(re.search(r"Sites in trouble  1 to 20 of 40\n", r.stdout), "a long list is cut, and says so")
ok("\x1b" not in r.stdout and "\u202e" not in r.stdout and "Dinas \\x1b[2J\\x" in r.stdout, "the text of a name moves nothing")
ok(re.search(r"s001-1 .* 29\.0 %", r.stdout) and re.search(r"s001-1 .* 96\.7 %  ■{10} .*29\.0 Mbit/s", r.stdout),
   "lines with loss and use")
shown = json.loads(run("top", "--json").stdout)
ok(len(shown["trouble"]) == 20 and shown["status"]["sites"]["ok"] == 21 and shown["use"][0]["id"] == "s001-1", "the same for programs")
with open("/dev/full", "wb") as full:
    r = subprocess.run([CTL, "top", "--once"], stdout=full, stderr=subprocess.PIPE, text=True, env=env)
ok(r.returncode == 1 and "could not be written" in r.stderr, "a page that cannot be written is no success")
r = run("top")
ok(r.returncode == 2 and "top --once" in r.stderr, "without a terminal it says what to do")
r = subprocess.run([CTL, "--socket", path + "-not", "top"], capture_output=True, text=True, env=env)
ok(r.returncode == 3 and "cannot reach" in r.stderr, "without an engine it says so, as any command")

# ---- live: what is shown ----

t = live()
shown = t.wait_for(r"^q quit", rows=24)
ok(shown and shown.lines[23].startswith("q quit"), "the page is drawn and fills 24 lines, with the keys at its foot")
ok(not t.unknown, "and nothing goes beyond 80 columns")
note("\n".join(t.unknown[:3]))
ok(t.modes == {"1049": True, "25": False, "7": False}, "on the alternate screen, without a cursor")
ok(shown and not shown.shows("Lines by use") and shown.shows(r"^▸ Sites in trouble  1 to \d+ of 40"), "three sections, the sites marked")
asked = len(engine.asked)
ok(wait(lambda: len(engine.asked) > asked + 10), "it asks again and again")
ok(all(a["op"] in ("hello", "status", "top") and a.get("limit", 1) <= 100 for a in engine.asked), "and never for more than fits the page")

# ---- keys ----

t.type("j")
ok(t.wait_for(r"Sites in trouble  2 to"), "j scrolls")
t.type("\x1b[A")
ok(t.wait_for(r"Sites in trouble  1 to"), "and arrows")
t.type("s")
ok(t.wait_for(r"Lines by use"), "s orders lines by use")
t.type("\t")
ok(t.wait_for(r"^▸ Lines by use"), "Tab marks the next section")
t.type("s")
ok(t.wait_for(r"^▸ Lines by loss"), "the mark stays when the order changes")
t.type("t")
ok(t.wait_until(lambda s: s.shows(r"Sites in trouble  1 to 1\d of 40") and not s.shows("Lines")), "t shows sites alone")
t.type("G")
ok(t.wait_for(r"to 40 of 40", r"s040 "), "G goes to the end, and the rows come")
t.type("\x1b")
ok(t.wait_for(r"Lines by loss"), "Esc shows all again")

# ---- size ----

t.resize(160, 50)
ok(t.wait_for(r"Lines by use", r"Lines by loss", r"CONTRACT", rows=50), "a larger terminal shows more: both orders, more columns")
ok(not t.unknown, "and is filled, not more")
note("\n".join(t.unknown[:3]))
t.resize(60, 12)
ok(t.wait_until(lambda s: len(s.lines) == 12 and s.lines[11].startswith("q quit")), "so is a small one")
t.resize(40, 10)
ok(t.wait_for(r"^  Incidents", r"^▸ Sites in trouble", r"^test · engine", r"\Aq quit|\nq quit", rows=10),
   "in a very small one the head leaves half of it to the lists")
t.resize(80, 24)

# ---- the engine goes away ----

ok(t.wait_until(lambda s: s.shows(r"isolated +s0") and not s.is_dim("isolated  s0")), "values are shown")
engine.stop()
ok(t.wait_for(r"^! No news from the engine for \d+ s: "), "an engine that is away is told, with the age of what is shown")
gone = t.wait_until(lambda s: s.is_dim("isolated  s0") and s.shows("No news") and not s.is_dim("No news"))
ok(gone, "the last values stay, dim")
ok(t.wait_until(lambda s: (m := s.shows(r"engine for (\d+) s")) and int(m.group(1)) > int(gone.shows(r"engine for (\d+) s").group(1))),
   "the age grows")
t.type("g")
ok(t.wait_for("No news", r"Sites in trouble  1 to \d+ of 40"), "keys work")
t.type("j")
ok(t.wait_for("No news", r"Sites in trouble  2 to \d+ of 40"), "each of them")
engine.start()
ok(t.wait_until(lambda s: s.shows("isolated  s0") and not s.shows("No news") and not s.is_dim("isolated  s0")), "it is back: so is the page")

engine.answers["status"] = lambda r: None
ok(t.wait_for(r"^! No news from the engine for \d+ s$"), "an engine that is stopped is told likewise")
connections = len(engine.clients)
t.type("t")
ok(t.wait_until(lambda s: s.shows("No news") and s.shows("Sites in trouble") and not s.shows("Lines")), "keys work then, too")
ok(len(engine.clients) == connections, "it is not called again while it does not answer")
engine.answers["status"] = lambda r: {"ok": False, "code": "busy", "error": "store is away"}
engine.stop()
engine.start()
ok(t.wait_for(r"No news from the engine for .*: store is away"), "a refusal is told")
engine.answers["status"] = status
ok(t.wait_until(lambda s: s.shows("^q quit") and not s.shows("No news")), "and forgotten when it is over")

# ---- the end ----

t.type("q")
ok(wait(lambda: t.process.poll() is not None) and t.process.returncode == 0, "q ends it")
ok(wait(t.is_restored), "and the terminal is as it was")
ok(t.process.stderr.read() == b"", "without a word")
t.close()
for name, end in (("SIGTERM", lambda t: t.process.terminate()), ("SIGHUP", lambda t: t.process.send_signal(signal.SIGHUP)),
                  ("^C", lambda t: t.type("\x03")), ("^\\", lambda t: t.type("\x1c"))):
    t = live()
    t.wait_for(r"^q quit")
    end(t)
    ok(wait(lambda: t.process.poll() is not None) and wait(t.is_restored), f"{name} leaves the terminal as it was")
    t.close()

t = live()
t.wait_for(r"^q quit")
t.type("\x1a")
ok(wait(lambda: t.modes_seen.count("1049h") == 2) and t.modes["1049"], "^Z without a shell that could continue it: it goes on")
ok(t.wait_for(r"^q quit"), "and draws")
t.type("q")
ok(wait(lambda: t.process.poll() is not None) and t.process.returncode == 0, "(until it is told to end)")
t.close()


def child_of(shell):
    r = subprocess.run(["pgrep", "-P", str(shell), "-x", "simpulctl"], capture_output=True, check=False)
    return int(r.stdout) if r.returncode == 0 else None


def goes_on(t):
    """The page is drawn by one that has taken the terminal since t.modes_seen was cleared."""
    return t.wait_until(lambda s: s.shows(r"^q quit") and "1049h" in t.modes_seen and termios.tcgetattr(t.slave) != t.before)


# Under a shell, which reads a line each time before it goes on.
t = Terminal(80, 24, ["bash", "--norc", "-ic", f"{CTL} top --every 1; read -r; fg >/dev/null; read -r; fg >/dev/null"], env)
t.wait_for(r"^q quit")
page = wait(lambda: child_of(t.process.pid))
t.modes_seen.clear()
t.type("\x1a")
ok(wait(t.is_restored), "^Z stops it, the terminal as it was")
t.type("\n")
ok(goes_on(t), "and it goes on where it was")
t.modes_seen.clear()
os.kill(page, signal.SIGSTOP)
ok(wait(lambda: termios.tcgetattr(t.slave) == t.before), "stopped by force it leaves the terminal to the shell")
t.type("\n")
ok(goes_on(t), "and takes it again when it goes on")
t.type("q")
ok(wait(t.is_restored), "and gives it back at the end")
t.close()
engine.stop()
shutil.rmtree(directory)
done()
