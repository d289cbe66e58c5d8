# SPDX-License-Identifier: GPL-3.0-or-later
"""stage.py: a lab with a web server in front, and a small door by which a browser test moves the city."""
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "netns"))
from lab import SRC, Lab, skip_all, wait  # noqa: E402

HOSTILE_SITE, HOSTILE_NAME = "s055", "<img src=x onerror=alert(1)> & Dinas"
PASSWORD = "a password for a test"
USERS = {"noc": ("rudi", "noc", None), "noc2": ("sari", "noc", None), "planner": ("wulan", "planner", None),
         "opd": ("dinkes", "opd", "s054"), "admin": ("kepala", "admin", None)}


def free_port():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
    s.close()
    return port


class Stage(Lab):
    def __init__(self, name, dist, **kw):
        super().__init__(name, **kw)
        self.dist = dist
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.rename(HOSTILE_SITE, HOSTILE_NAME)

    def rename(self, site, name):
        lines = self.read("etc/inventory/sites.csv").splitlines(True)
        for i, line in enumerate(lines):
            cells = line.split(",")
            if cells[0] == site:
                cells[1] = name
                lines[i] = ",".join(cells)
        self.write("etc/inventory/sites.csv", "".join(lines))

    def start_web(self):
        os.makedirs(self.path("web"), mode=0o700, exist_ok=True)
        self.write("etc/simpul-web.conf", f"""
web: {{ port = {self.port}; state_dir = "{self.path('web')}"; socket = "{self.path('ctl.sock')}"; root = "{self.dist}";
	max_per_address = 400; max_streams = 16; }};
""")
        for user, role, sites in USERS.values():
            argv = ["user", "add", user, "--role", role, "--state", self.path("web")] + (["--sites", sites] if sites else [])
            r = self.ctl_program(argv, PASSWORD + "\n")
            if r.returncode != 0:
                raise RuntimeError(r.stderr)
        self.spawn("simpul-web", ["simpul-web", "-c", self.path("etc/simpul-web.conf"), "--foreground"])
        wait("web server", self.web_is_ready)

    def ctl_program(self, argv, text):
        from lab import program
        return subprocess.run([program("simpulctl"), *argv], input=text, capture_output=True, text=True)

    def web_is_ready(self):
        unverified = ssl.create_default_context()
        unverified.check_hostname = False
        unverified.verify_mode = ssl.CERT_NONE
        try:
            with urllib.request.urlopen(self.url + "/readyz", context=unverified, timeout=5) as r:
                return r.status == 200
        except (urllib.error.URLError, OSError):
            return False

    @staticmethod
    def fall_of(site):
        """How the fall of a site is told: a site of one line by that line."""
        return ("site.isolated", f"site/{site}"), ("link.down", f"link/{site}-1")

    # ---- the door: one line in, one line out ----

    def obey(self, verb, arg):
        """What a scene asks for. @return what it is told"""
        begin = time.time()
        if verb == "cut":
            self.fleet(f"cut site {arg}")
            seen = wait(f"{arg} down", lambda: [m for m in self.sub.events(begin) if (m.kind, m.subject) in self.fall_of(arg)])
            return seen[0].at
        if verb == "restore":
            self.fleet(f"restore site {arg}")
            wait(f"{arg} back", lambda: self.sub.state("site/" + arg).get("state") == "ok")
            return time.time()
        if verb == "engine" and arg == "off":
            self.end("simpuld", signal.SIGKILL)
            return time.time()
        if verb == "engine" and arg == "on":
            self.start_engine()
            return time.time()
        raise ValueError(verb)

    def open_door(self):
        door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        door.bind(self.path("door.sock"))
        door.listen(8)

        def serve():
            while True:
                c, _ = door.accept()
                with c, c.makefile("rw") as f:
                    verb, _, arg = f.readline().strip().partition(" ")
                    try:
                        f.write(json.dumps({"t": self.obey(verb, arg)}) + "\n")
                    except Exception as e:
                        f.write(json.dumps({"error": repr(e)}) + "\n")
                    f.flush()
        threading.Thread(target=serve, daemon=True).start()

    def describe(self):
        names = {s["id"]: s["name"] for s in self.items("site")}
        return json.dumps({"url": self.url, "door": self.path("door.sock"), "names": names, "hostile": HOSTILE_SITE,
                           "users": {k: [v[0], PASSWORD] for k, v in USERS.items()}})

    def close(self):
        self.end("simpul-web")
        super().close()


def need_browser():
    for path in (os.environ.get("CHROMIUM", "/usr/bin/chromium"),):
        if not os.path.exists(path):
            skip_all("no " + path)


def web_modules():
    """Where npm has put the browser's driver: in the build, or beside the sources."""
    here = os.path.abspath("dashboards/bundle")
    return here if os.path.isdir(os.path.join(here, "node_modules")) else os.path.join(SRC, "dashboards/web")
