# SPDX-License-Identifier: GPL-3.0-or-later
"""played.py: for tests of what speaks to an engine: one that is only played, and waiting for a condition."""
import json
import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import done, note, ok, skip_all  # noqa: E402,F401

BUILD = os.path.abspath(os.environ.get("builddir", "."))
SRC = os.path.abspath(os.environ.get("srcdir", "."))
PATIENCE = 60


def wait(condition):
    """@return the value of condition() when it is true, or the last one when patience ends"""
    end = time.monotonic() + PATIENCE
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return value


class ControlSocket:
    """The engine's end of it (docs/socket.md). What is said there is answer()'s; requests are taken one at a time."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.RLock()
        self.listener = None
        self.clients = []

    def start(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(16)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
        return self

    def stop(self):
        """As a killed one: nobody listens, and all connections are closed."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for c in self.clients:
                try:
                    c.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.clients = []

    def answer(self, r):
        """@return the members of the answer; None: there is none at all"""
        raise NotImplementedError

    def answered(self, client, r):
        """The answer has been sent."""

    def take(self, client, r):
        """A request, with the lock held."""
        answer = self.answer(r)
        if answer is not None:
            client.sendall((json.dumps({"id": r["id"], "ok": True, **answer}) + "\n").encode())
            self.answered(client, r)

    def _accept(self, listener):
        while True:
            try:
                c, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.clients.append(c)
            threading.Thread(target=self._serve, args=(c,), daemon=True).start()

    def _serve(self, c):
        with c, c.makefile("rb") as lines:
            try:
                for line in lines:
                    r = json.loads(line)
                    with self.lock:
                        self.take(c, r)
            except (OSError, ValueError):
                pass


class Engine(ControlSocket):
    """answers[op](request) gives the members, or None. Keeps what it was asked."""

    def __init__(self, path, answers):
        super().__init__(path)
        self.answers = {"hello": lambda r: {"engine": "0.1.0", "socket": 1, "ns": "test", "boot": 1, "role": "admin"}, **answers}
        self.asked = []
        self.start()

    def answer(self, r):
        self.asked.append(r)
        return self.answers.get(r["op"], lambda r: {"ok": False, "code": "bad_request", "error": "no such operation"})(r)
