# SPDX-License-Identifier: GPL-3.0-or-later
"""server.py: simpul-web before a played engine, for one test, and a browser that speaks no more than HTTP. Prints TAP."""
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from engine import Engine
from played import done, note, ok  # noqa: F401

SRC = os.path.abspath(os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "..", "..")))
BUILD = os.path.abspath(os.environ.get("builddir", "."))
SANITIZED = "define SIMPUL_SANITIZED 1" in open(os.path.join(BUILD, "config.h"), encoding="utf-8").read()
PATIENCE = 120 if SANITIZED else 60


def equal(got, want, name):
    if not ok(got == want, name):
        note(f"got {got!r:.300}, want {want!r:.300}")


def none(faults, name):
    if not ok(not faults, name):
        note("\n".join(map(str, faults[:10])))


def wait(what, condition):
    """@return the value of condition() when it is true; None (after a failed check) when patience ends"""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    ok(False, f"waited in vain: {what}")
    return None


class Answer:
    def __init__(self, r):
        self.status = r.status
        self.headers = r.headers
        self.body = r.read()
        self.type = r.headers.get("Content-Type", "")

    @property
    def doc(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.doc.get("code") if "json" in self.type else None


def tls():
    c = ssl.create_default_context()
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    return c


def metric(server, name):
    """What a server counts; None when there is no such thing."""
    for line in Browser(server).get("/metrics").body.decode().splitlines():
        if line.startswith("simpul_web_" + name + " "):
            return float(line.split()[1])
    return None


class Server:
    def __init__(self, conf="", sites=6, env=None):
        self.dir = tempfile.mkdtemp(prefix="simpul-web-")
        self.engine = Engine(self.path("ctl.sock"), sites).start()
        os.makedirs(self.path("root/assets"))
        self.write("root/index.html", "<!DOCTYPE html><title>Simpul</title>")
        self.write("root/assets/app-1.js", "let a = 1;" * 100)
        self.write("root/assets/app-1.js.gz", "packed")
        self.write("web.conf", f"""web: {{ port = 0; password_cost = 1; state_dir = "{self.path('state')}";
            socket = "{self.path('ctl.sock')}"; root = "{self.path('root')}"; {conf} }};""")
        self.process = None
        self.env = env
        self.start()

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def start(self, ready=True):
        self.log = open(self.path("log"), "ab")
        self.out = open(self.path("out"), "ab")
        self.process = subprocess.Popen([os.path.join(BUILD, "simpul-web"), "-c", self.path("web.conf"), "--foreground"],
                                        stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.log, env=self.env)
        self.port = wait("the server listens", self.listens)
        if ready:
            wait("the server is ready", lambda: Browser(self).get("/readyz").status == 200)

    def listens(self):
        for line in self.text("log").splitlines()[::-1]:
            if "serving https://" in line:
                return int(line.split("serving https://")[1].split("/")[0].rsplit(":", 1)[1])
        if self.process.poll() is not None:
            note(self.text("log"))
            sys.exit(1)
        return None

    def text(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def once(self):
        return self.text("out").split("one-time password ")[1].split()[0]

    def user(self, *args, password=None):
        return subprocess.run([os.path.join(BUILD, "simpulctl"), "user", *args, "--state", self.path("state")],
                              input=password, capture_output=True, text=True)

    def metric(self, name):
        return metric(self, name)

    def stop(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        return self.process.wait(PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.stop()
        self.engine.stop()
        if os.environ.get("SIMPUL_KEEP"):
            note(f"kept {self.dir}")
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def raw(self):
        """A connection that says what it likes."""
        s = tls().wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE))
        return s


class Browser:
    """Keeps a cookie and the CSRF token; a connection per request, or one for all."""

    def __init__(self, server, keep=False, source=None):
        """@param source: address of this host to come from"""
        self.server = server
        self.source = (source, 0) if source else None
        self.cookie = None
        self.known = None
        self.csrf = None
        self.keep = http.client.HTTPSConnection("127.0.0.1", server.port, context=tls(), timeout=PATIENCE) if keep else None

    def ask(self, method, path, body=None, headers=None, plain=False):
        """@param plain: without Origin, token and type"""
        host = f"127.0.0.1:{self.server.port}"
        h = {"Host": host}
        if self.cookie or self.known:
            h["Cookie"] = "; ".join(filter(None, (self.cookie, self.known)))
        if method != "GET" and not plain:
            h["Origin"] = "https://" + host
            if self.csrf:
                h["X-CSRF-Token"] = self.csrf
            if body is not None:
                h["Content-Type"] = "application/json"
        h.update(headers or {})
        h = {k: v for k, v in h.items() if v is not None}
        c = self.keep or http.client.HTTPSConnection("127.0.0.1", self.server.port, context=tls(), timeout=PATIENCE,
                                                  source_address=self.source)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        c.request(method, path, data, h)
        a = Answer(c.getresponse())
        if not self.keep:
            c.close()
        return a

    def get(self, path, **headers):
        return self.ask("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def login(self, user, password):
        a = self.ask("POST", "/api/v1/session", {"user": user, "password": password})
        if a.status == 200:
            given = [c.split(";")[0] for c in a.headers.get_all("Set-Cookie")]
            self.cookie = next(c for c in given if c.startswith("__Host-sid="))
            self.known = next(c for c in given if c.startswith("__Host-known="))
            self.csrf = a.doc["csrf"]
        return a

    def events(self, last_id=None):
        return Events(self, last_id)


class Events:
    def __init__(self, browser, last_id):
        self.c = http.client.HTTPSConnection("127.0.0.1", browser.server.port, context=tls(), timeout=PATIENCE)
        h = {"Host": f"127.0.0.1:{browser.server.port}", "Cookie": browser.cookie}
        if last_id is not None:
            h["Last-Event-ID"] = last_id
        self.c.request("GET", "/api/v1/events", headers=h)
        self.r = self.c.getresponse()
        self.status = self.r.status
        self.last_id = None

    def next(self):
        """(event, data), or (None, None) at the end"""
        name, data = None, []
        while True:
            try:
                line = self.r.readline().decode()
            except (OSError, http.client.HTTPException):
                line = ""
            if line == "":
                return None, None
            line = line.rstrip("\n")
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                data.append(line[6:])
            elif line.startswith("id: "):
                self.last_id = line[4:]
            elif line == "" and name:
                return name, json.loads("\n".join(data))

    def until(self, wanted, fits=lambda d: True):
        """The data of the next event of this name that fits; other events are passed over."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            name, data = self.next()
            if name is None:
                return None
            if name == wanted and fits(data):
                return data
        return None

    def until_any(self, *wanted):
        """The name of the next event of one of these."""
        name = ""
        while name is not None and name not in wanted:
            name, _ = self.next()
        return name

    def close(self):
        self.c.close()
