# SPDX-License-Identifier: GPL-3.0-or-later
"""played.py: for tests of simpulctl's faces: an engine that is only played, TAP, and waiting for a condition."""
import json
import os
import socket
import sys
import threading
import time

BUILD = os.path.abspath(os.environ.get("builddir", "."))
SRC = os.path.abspath(os.environ.get("srcdir", "."))
PATIENCE = 60
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


def wait(condition):
    """@return the value of condition() when it is true, or the last one when patience ends"""
    end = time.monotonic() + PATIENCE
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return value


class Engine:
    """Answers on a control socket: answers[op](request) gives the members, or None for no answer at all. Keeps what it was asked."""

    def __init__(self, path, answers):
        self.path = path
        self.answers = {"hello": lambda r: {"engine": "0.1.0", "socket": 1, "ns": "test", "boot": 1, "role": "admin"}, **answers}
        self.asked = []
        self.listener = None
        self.clients = []
        self.start()

    def start(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(16)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def stop(self):
        """It ends: nobody listens, and all connections are closed."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for c in self.clients:
            try:
                c.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.clients = []
        os.unlink(self.path)

    def _accept(self, listener):
        while True:
            try:
                c, _ = listener.accept()
            except OSError:
                return
            self.clients.append(c)
            threading.Thread(target=self._serve, args=(c,), daemon=True).start()

    def _serve(self, c):
        with c, c.makefile("rb") as lines:
            try:
                for line in lines:
                    r = json.loads(line)
                    self.asked.append(r)
                    answer = self.answers.get(r["op"], lambda r: {"ok": False, "code": "bad_request", "error": "no such operation"})(r)
                    if answer is not None:
                        c.sendall((json.dumps({"id": r["id"], "ok": True, **answer}) + "\n").encode())
            except (OSError, ValueError):
                pass
