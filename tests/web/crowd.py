#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""crowd.py: many live streams at once, some of which are never read, from a process of their own.

    crowd.py PORT READERS MUTES     the cookies of the sessions, one after the other in turn, in SIMPUL_COOKIES

Says each second, a line of JSON each, how far the readers are; on SIGTERM what each has got, and ends. Class Crowd is the
other side of it: it starts one in a lab, and listens."""
import itertools
import json
import os
import re
import selectors
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

ID = re.compile(rb"\nid: [0-9a-f]{8}-([0-9]+)\n")
ID_MAX = 64
CHUNK = 1 << 18


def connect(port, cookie, small):
    """@param small  its window for what it does not read is as small as can be"""
    c = ssl.create_default_context()
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    raw = socket.socket()
    if small:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(60)
    raw.connect(("127.0.0.1", port))
    s = c.wrap_socket(raw)
    s.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
    s.setblocking(False)
    return s


class Reader:
    def __init__(self, s):
        self.s = s
        self.tail = b""
        self.first = self.last = None       # numbers of batches; the first is that of hello: all before is known
        self.missed, self.again, self.bytes = [], 0, 0
        self.ended = False

    def read(self):
        try:
            while not self.ended:
                data = self.s.recv(CHUNK)
                self.take(data)
                self.ended = not data
        except (ssl.SSLWantReadError, BlockingIOError):
            pass
        except OSError:
            self.ended = True

    def take(self, data):
        self.bytes += len(data)
        text, at = self.tail + data, 0
        for m in ID.finditer(text):
            self.number(int(m[1]))
            at = m.end()
        self.tail = text[max(at, len(text) - ID_MAX):]

    def number(self, n):
        if self.first is None:
            self.first = self.last = n
        elif n <= self.last:
            self.again += 1
        else:
            self.missed += range(self.last + 1, n)
            self.last = n

    def report(self):
        return {"first": self.first, "last": self.last, "missed": self.missed[:20], "again": self.again, "bytes": self.bytes,
                "ended": self.ended}


def still_there(s):
    """Take, without deciphering it, what has been waiting for one who has never read: is there an end after it?"""
    n = 0
    try:
        while True:
            data = os.read(s.fileno(), CHUNK)
            if not data:
                return {"ended": True, "bytes": n}
            n += len(data)
    except BlockingIOError:
        return {"ended": False, "bytes": n}
    except OSError:
        return {"ended": True, "bytes": n}


def say(doc):
    print(json.dumps(doc), flush=True)


def main(port, readers, mutes):
    cookies = itertools.cycle(os.environ["SIMPUL_COOKIES"].split(" "))
    over = []
    signal.signal(signal.SIGTERM, lambda *_: over.append(True))
    found = selectors.DefaultSelector()
    reading = [Reader(connect(port, next(cookies), False)) for _ in range(readers)]
    mute = [connect(port, next(cookies), i % 2 == 0) for i in range(mutes)]
    for r in reading:
        found.register(r.s, selectors.EVENT_READ, r)
    told = 0
    while not over:
        for key, _ in found.select(0.2):
            key.data.read()
            if key.data.ended:
                found.unregister(key.fileobj)
        if time.monotonic() - told >= 1:
            told = time.monotonic()
            known = [r.last for r in reading if not r.ended and r.last is not None]
            say({"open": len(known), "least": min(known, default=0)})
    say({"readers": [r.report() for r in reading], "mutes": [still_there(s) for s in mute], "cpu_s": time.process_time()})


def growth_mib(readers, mutes):
    """By how much a server may grow for them, MiB. A connection: TLS with a record of 16 KiB each way, the buffers of the library
    and the server's own, together 64 KiB. One that does not read: STREAM_WAITING_MAX (256 KiB, dashboards/stream.h) and two batches of
    32 KiB on top. And 4 MiB for what the allocator keeps."""
    return ((readers + mutes) * 64 + mutes * (256 + 64)) / 1024 + 4


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def faults_of(result):
    """Readers that have not got every batch, and each once, in words."""
    return [json.dumps(r) for r in result["readers"]
            if r["ended"] or r["missed"] or r["again"] or r["first"] is None or r["first"] == r["last"]]


class Crowd:
    def __init__(self, lab, port, cookies, readers, mutes):
        self.lab = lab
        self.readers = readers
        self.said = {}
        env = {**os.environ, "SIMPUL_COOKIES": " ".join(cookies)}
        self.process = lab.spawn("crowd", [sys.executable, os.path.abspath(__file__), str(port), str(readers), str(mutes)],
                                 stdout=subprocess.PIPE, env=env)
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        for line in self.process.stdout:
            self.said = json.loads(line)

    def is_complete(self):
        return self.said.get("open") == self.readers

    def has_heard(self, batch):
        """All readers have that batch, or one after it."""
        return self.is_complete() and self.said["least"] >= batch

    def end(self):
        """@return {"readers": [..], "mutes": [..], "cpu_s"}"""
        self.lab.end("crowd")
        self.thread.join()
        return self.said


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
