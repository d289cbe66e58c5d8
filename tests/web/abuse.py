#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""abuse.py: the server as somebody meets it who means no good: framing, hosts, forgery, guessing, limits, readers that do not
read. And as the service manager does."""
import os
import socket
import ssl
import sys
import tempfile
import threading
import time
import warnings
from subprocess import run

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import SANITIZED, Browser, Server, done, equal, note, ok, tls, wait

warnings.simplefilter("ignore", DeprecationWarning)
PASSWORD = "a dozen letters and more"

manager_dir = tempfile.mkdtemp(prefix="simpul-web-notify-")
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(os.path.join(manager_dir, "s"))
heard = []
threading.Thread(target=lambda: [heard.append(manager.recv(100)) for _ in iter(int, 1)], daemon=True).start()
server = Server("max_per_address = 40; max_streams = 4;", sites=400,
                env=dict(os.environ, NOTIFY_SOCKET=os.path.join(manager_dir, "s"), WATCHDOG_USEC="1000000"))


def say(data, half=False):
    """All that comes back until the server closes."""
    s = server.raw()
    got = b""
    try:
        s.sendall(data)
        while True:
            more = s.recv(65536)
            if not more:
                break
            got += more
            if half and b"\r\n\r\n" in got:
                break
    except OSError:
        pass
    s.close()
    return got


def status(answer):
    return int(answer.split()[1]) if answer.startswith(b"HTTP/1.") else None


def framing():
    host = f"Host: 127.0.0.1:{server.port}\r\n".encode()
    end = b"Connection: close\r\n\r\n"
    login = b"POST /api/v1/session HTTP/1.1\r\n" + host
    for name, data, want in (
            ("a good request", b"GET /healthz HTTP/1.1\r\n" + host + end, 200),
            ("bare line feeds", b"GET /healthz HTTP/1.1\nHost: localhost\n\n", 400),
            ("a NUL", b"GET /healthz HTTP/1.1\r\nX: \0\r\n" + host + end, 400),
            ("a bare CR", b"GET /healthz HTTP/1.1\r\nX: a\rY: b\r\n" + host + end, 400),
            ("two lengths", login + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400),
            ("length and encoding", login + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("an encoding alone", login + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("a space before the colon", login + b"Content-Length : 2\r\n\r\n{}", 400),
            ("a folded line", b"GET /healthz HTTP/1.1\r\nX: a\r\n b\r\n" + host + end, 400),
            ("too large a body", login + b"Content-Length: 300000\r\n\r\n", 413),
            ("too long a line", b"GET /" + b"a" * 9000, 414),
            ("too many headers", b"GET / HTTP/1.1\r\n" + host + b"X: y\r\n" * 120, 431),
            ("another language", b"\x16\x03\x01 hello\r\n", 400),
            ("HTTP/2 in plain", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
            ("an unknown method", b"BREW / HTTP/1.1\r\n" + host + end, 501)):
        a = say(data)
        if not ok(status(a) == want and a.count(b"HTTP/1.") == 1, f"{name}: {want}, and the end"):
            note(a[:400])
        ok(b"/usr" not in a and b"libevent" not in a and b"0.1" not in a and (want == 200 or b"problem+json" in a),
           "without a path or a version")
    # Of two requests in one packet whose framing is in doubt, the second one must never be answered.
    a = say(login + b"Content-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n" + host + end)
    ok(a.count(b"HTTP/1.1") == 1 and b"ok\n" not in a, "a request that hides in another is not answered")
    a = say(b"GET /healthz HTTP/1.1\r\n" + host + b"\r\nGET /readyz HTTP/1.1\r\n" + host + end)
    ok(a.count(b"HTTP/1.1 200") == 2 and a.index(b"ok\n") < a.index(b"ready\n"), "two in one packet are answered in order")
    a = say(b"GET /healthz HTTP/1.1\r\n" + host + b"\r\nGET /readyz HTTP/1.1\n\n")
    ok(b"400" in a and b"ready\n" not in a, "a bad one behind a good one")
    a = say(b"HEAD /healthz HTTP/1.1\r\n" + host + end)
    ok(b"Content-Length: 3" in a and a.endswith(b"\r\n\r\n"), "HEAD has the head only")


def hosts():
    for name, good in (("localhost", True), ("127.0.0.1:1", True), ("[::1]:8061", True), ("LOCALHOST:5", True), ("evil.example", False),
                       ("localhost.evil.example", False), ("127.0.0.1@evil", False), ("localhost:", True), ("localhost:x", False), ("", False),
                       ("[::1", False)):
        a = say(f"GET /healthz HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        ok((status(a) == 200) == good, f"host \"{name}\" is {'ours' if good else 'refused'}")


def forgery(b):
    lang = {"lang": "id"}
    equal(b.ask("PATCH", "/api/v1/session", lang).status, 200, "a write from our own page")
    for name, headers in (("without a token", {"X-CSRF-Token": None}), ("with another's", {"X-CSRF-Token": "0" * 64}),
                          ("from another page", {"Origin": "https://evil.example"}), ("from nowhere", {"Origin": None}),
                          ("from a sandbox", {"Origin": "null"}), ("from plain HTTP", {"Origin": f"http://127.0.0.1:{server.port}"})):
        equal(b.ask("PATCH", "/api/v1/session", lang, headers).code, "csrf", f"one {name}")
    equal(b.ask("PATCH", "/api/v1/session", lang, {"Content-Type": "text/plain"}).status, 415, "one that a form could send")
    equal(Browser(server).ask("POST", "/api/v1/session", {"user": "admin", "password": "x"}, {"Origin": "https://evil.example"}).code, "csrf",
          "nor can another page log in")
    for bad in (b"", b"{", b"[]", b'{"lang":"id","lang":"en"}', b'{"a":' * 20 + b"1" + b"}" * 20, b'{"lang":"id"} x'):
        equal(b.ask("PATCH", "/api/v1/session", bad, {"Content-Type": "application/json"}).status, 400, f"a body of {bad[:20]}")
    a = b.get("/api/v1/summary")
    ok("Access-Control-Allow-Origin" not in a.headers and a.headers["Cache-Control"] == "no-store" and
       "frame-ancestors 'none'" in a.headers["Content-Security-Policy"], "no other page may read it")
    a = b.ask("PUT", "/api/v1/session", lang)
    ok(a.status == 405 and a.headers["Allow"] == "POST, GET, PATCH, DELETE", "what cannot be done with a path, and what can")
    equal(b.ask("HEAD", "/api/v1/events").body, b"", "a head of a stream has an end")
    equal(b.get("/api/v1/nothing").status, 404, "a path that is not")
    equal(b.get("/api/v1/summary/").status, 404, "nor with a slash")


def files():
    b = Browser(server)
    a = b.get("/assets/app-1.js", Accept_Encoding="gzip")
    ok(a.body == b"packed" and a.headers["Content-Encoding"] == "gzip" and "immutable" in a.headers["Cache-Control"], "a page file, packed")
    a = b.get("/assets/app-1.js")
    ok(len(a.body) == 1000 and a.type.startswith("text/javascript") and "Content-Encoding" not in a.headers, "and unpacked")
    c = b.get("/assets/app-1.js", If_None_Match=a.headers["ETag"])
    ok(c.status == 304 and c.body == b"", "one that the browser has")
    for path in ("/", "/masuk", "/situs", "/situs/s013", "/tautan/s013-1", "/insiden/inc-2", "/kantor", "/bantuan"):
        ok(b"<title>Simpul" in b.get(path).body, f"{path} is the page")
    for path in ("/../web.conf", "/assets/../index.html", "/assets/%2e%2e/index.html", "/assets", "/assets/", "/state/users.json",
                 "/etc/passwd", "/situs/S013", "/situs/a/b", "/index.html/", "/.well-known/x"):
        equal(b.get(path).status, 404, f"{path} is nothing")


def guess(b, least_s):
    """Guess until the wait is this long, as each failure doubles it: on a slow machine a short one is over before the next guess.
    @return how many guesses were free of it"""
    got = []
    while got.count(401) < 13:
        a = b.login("victim", f"guess number {len(got):03d}")
        got.append(a.status)
        if a.status == 429:
            wait_s = int(a.headers["Retry-After"])
            if wait_s >= least_s:
                break
            time.sleep(wait_s)
    note(f"log-ins that guess: {got}")
    return got.index(429) if got[-1] == 429 else None


def guessing():
    server.user("add", "victim", "--role", "noc", password=PASSWORD + "\n")
    b = Browser(server)
    free = guess(b, 5)
    ok(free is not None and free >= 6, "guesses come to wait")
    a = b.login("victim", PASSWORD)
    ok(a.status == 429 and int(a.headers["Retry-After"]) >= 1 and a.doc["retry_after_s"] >= 1, "the right one, too")
    equal(b.login("op", PASSWORD).status, 200, "others do not wait")
    wait("the wait goes by", lambda: b.login("victim", PASSWORD).status == 200)
    equal(b.login("victim", PASSWORD).status, 200, "and is over after a good one")
    ok(guess(Browser(server, source="127.0.0.77"), 3) is not None, "one elsewhere who guesses waits")
    equal(b.login("victim", PASSWORD).status, 200, "but not who has logged in from here")
    ok(" 127.0.0.1 victim\n" in server.text("state/places"), "which is kept for the next start")


def rate(b):
    keep = Browser(server, keep=True)
    keep.cookie = b.cookie
    got = [keep.get("/api/v1/session").status for _ in range(300)]
    ok(200 in got and 429 in got, "too many requests of a session are refused")
    ok([keep.get(p).status for p in ("/", "/assets/app-1.js") * 20] == [200] * 40, "but its pages come along")
    wait("a little later they are not", lambda: b.get("/api/v1/session").status == 200)


def crowd(b):
    """More connections than an address may have, all open."""
    held = []
    for _ in range(60):
        try:
            held.append(socket.create_connection(("127.0.0.1", server.port), timeout=60))
        except OSError:
            break
    closed = wait("some are closed", lambda: sum(is_closed(s) for s in held) >= 15)
    ok(closed, "an address has its share of connections")
    for s in held:
        s.close()
    wait("and again when they have gone", lambda: try_get(b) == 200)


def try_get(b):
    try:
        return b.get("/healthz").status
    except (OSError, ssl.SSLError):
        return None


def is_closed(s):
    s.setblocking(False)
    try:
        return s.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def rss():
    with open(f"/proc/{server.process.pid}/status") as f:
        return int(f.read().split("VmRSS:")[1].split()[0])


RATES = "/api/v1/series?" + "&".join(f"ref=link/s{i:03d}-1/rx_bps" for i in range(1, 9))


def asks_much(b, stop, got):
    """Nine questions to the engine with each request; all twenty of them together less often than a session may."""
    keep = Browser(server, keep=True)
    keep.cookie = b.cookie
    while not stop.is_set():
        a = keep.get(RATES)
        got.append((a.status, a.headers["Retry-After"]))
        stop.wait(2)


def hoarding(other):
    """One session fills the link to the engine, which answers none of it."""
    engine = server.engine
    server.user("add", "hoarder", "--role", "noc", password=PASSWORD + "\n")
    b = Browser(server)
    equal(b.login("hoarder", PASSWORD).status, 200, "one who asks much")
    engine.hold.add("hoarder")
    stop, got, too_often = threading.Event(), [], server.metric("requests_rate_limited_total")
    crowd = [threading.Thread(target=asks_much, args=(b, stop, got)) for _ in range(20)]
    for t in crowd:
        t.start()
    wait("some of it is put off", lambda: server.metric("requests_put_off_total") >= 1)
    before = server.metric("refreshes_total")
    wait("the mirror goes on", lambda: server.metric("refreshes_total") >= before + 6)
    equal(Browser(server).get("/readyz").status, 200, "and stays young")
    equal([other.get(RATES).status for _ in range(3)], [200] * 3, "others get their series")
    wait("what was not answered is taken back", lambda: engine.cancelled >= 8)
    wait("and more asked for", lambda: engine.series_asked["hoarder"] > 16)
    stop.set()
    for t in crowd:
        t.join()
    ok((429, "1") in got and {s for s, _ in got} <= {429, 503}, f"it hears that it must wait ({sorted(set(got), key=str)})")
    equal(server.metric("requests_rate_limited_total"), too_often, "for what it has open, not for asking too often")
    equal(engine.held_most, 8, "and had no more than its share with the engine")
    hung_up(b, engine)
    pages(engine)


def hung_up(b, engine):
    wait("nothing is with the engine", lambda: not engine.held)
    open_before, asked = server.metric("connections"), engine.series_asked["hoarder"]
    raw = [server.raw() for _ in range(4)]
    for s in raw:
        s.sendall(f"GET {RATES} HTTP/1.1\r\nHost: localhost\r\nCookie: {b.cookie}\r\n\r\n".encode())
    wait("its share is", lambda: engine.series_asked["hoarder"] == asked + 8)
    for s in raw:
        s.close()
    wait("it hangs up", lambda: server.metric("connections") <= open_before)
    engine.release()
    equal(b.get("/api/v1/series?ref=link/s001-1/loss_ratio").status, 200, "a later question is answered")
    equal(engine.series_asked["hoarder"], asked + 8 + 1, "before it came nothing that nobody waits for")


def pages(engine):
    """What a browser asks that opens six pages of lines at once."""
    b = Browser(server)
    b.login("hoarder", PASSWORD)
    engine.hold.add("hoarder")
    put_off, got = server.metric("requests_put_off_total"), []
    paths = ["/api/v1/links/s001-1", "/api/v1/series?ref=link/s001-1/rx_bps&ref=link/s001-1/tx_bps", "/api/v1/latency/s001-1"] * 6
    many = [threading.Thread(target=lambda p=p: got.append(b.get(p).status)) for p in paths]
    for t in many:
        t.start()
    wait("most of it waits", lambda: server.metric("questions_waiting") >= 16)
    engine.release()
    for t in many:
        t.join()
    ok(429 not in got and server.metric("requests_put_off_total") == put_off, "some pages of graphs at once are no flood")


def left_in_kernel(s):
    """Bytes that come from a connection although the server has left it."""
    n = 0
    with socket.socket(fileno=s.detach()) as raw:
        raw.settimeout(60)
        try:
            while data := raw.recv(65536):
                n += len(data)
        except OSError as e:
            note(e)
    return n


def slow_reader(b):
    """One who opens a stream and never reads, while everything changes again and again."""
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s = tls().wrap_socket(raw)
    s.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nCookie: {b.cookie}\r\n\r\n".encode())
    good, got = b.events(), []
    reader = threading.Thread(target=lambda: got.append(good.until("batch", lambda d: any(r[3] == 500 for r in d["links"]))))
    reader.start()
    stop = threading.Event()

    def stir():
        n = 0
        while not stop.is_set():
            n += 1
            server.engine.change(lambda e: [l.update(rtt_s=0.01 + n / 1000, since=f"2026-11-21T01:{n % 60:02d}:00Z" + "0" * 1500)
                                            for l in e.link])
            stop.wait(0.2)
    t = threading.Thread(target=stir)
    t.start()
    dropped = wait("who does not read is dropped", lambda: (server.metric("streams_dropped_total") or 0) >= 1)
    stop.set()
    t.join()
    ok(dropped and rss() < (800000 if SANITIZED else 200000), f"and memory stays small ({rss()} kB)")
    server.engine.change(lambda e: [l.update(rtt_s=0.5, since="2026-11-21T01:02:03Z") for l in e.link])
    reader.join()
    ok(got[0] is not None, "who reads is not")
    left = left_in_kernel(s)
    ok(0 < left < 3 << 19, f"and little is left in the kernel for who does not ({left // 1024} kB)")
    good.close()


def late_reader(b):
    """One to whom a batch is on its way that is larger than what may wait: what comes next does not mean that it is behind."""
    good = b.events()
    good.until("engine")
    dropped, sent = server.metric("streams_dropped_total"), server.metric("stream_bytes_total")
    server.engine.change(lambda e: [l.update(since="2026-11-21T01:02:03Z" + "0" * 8000) for l in e.link])
    wait("a batch of megabytes", lambda: server.metric("stream_bytes_total") > sent + 3e6)
    server.engine.stop()
    wait("the engine is away", lambda: server.metric("engine_connected") == 0)
    equal(server.metric("streams_dropped_total"), dropped, "a reader in the midst of a large batch is not dropped")
    ok(good.until("engine", lambda d: not d["connected"]) is not None, "and gets what comes after it")
    good.close()
    server.engine.start()
    server.engine.change(lambda e: [l.update(since="2026-11-21T01:02:03Z") for l in e.link])
    wait("the engine is back", lambda: server.metric("engine_connected") == 1)


def stranded():
    """Half a request, and none at all."""
    half = server.raw()
    half.sendall(b"GET / HTTP/1.1\r\nHost: local")
    body = server.raw()
    body.sendall(b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")
    mute = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    return half, body, mute


def await_end(conns):
    for name, s in zip(("half a head", "half a body", "no handshake"), conns):
        s.settimeout(60)
        try:
            end = s.recv(1000) == b""
        except ssl.SSLError:
            end = True
        except OSError:
            end = False
        ok(end, f"{name} is not waited for")
        s.close()


def new_certificate(days):
    r = run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=other", "-days",
             str(days), "-keyout", server.path("state/key.pem"), "-out", server.path("state/cert.pem")], capture_output=True, check=False)
    if r.returncode != 0:
        note(r.stderr)


def certificate():
    old = server_certificate()
    new_certificate(400)
    wait("the new certificate", lambda: server_certificate() != old)
    end = server.metric("certificate_expires_timestamp_seconds")
    ok(abs(end - time.time() - 400 * 86400) < 86400, "one that is replaced is read, and its end is told")
    new_certificate(20)
    wait("the next one", lambda: server.metric("certificate_expires_timestamp_seconds") < end)
    wait("a warning", lambda: "cert.pem ends in 19 days" in server.text("log"))
    ok(True, "that it ends soon is said")
    foreign, reads = server_certificate(), server.text("log").count("certificate read again")
    server.process.send_signal(1)
    wait("another look", lambda: server.text("log").count("certificate read again") > reads)
    equal(server_certificate(), foreign, "as it is somebody else's, it stays")
    os.unlink(server.path("state/cert.pem"))
    server.process.send_signal(1)
    wait("one of our own", lambda: server.metric("certificate_expires_timestamp_seconds") > end + 500 * 86400)
    ok(True, "until it has gone: then one of our own is made")
    os.chmod(server.path("state/key.pem"), 0o644)
    server.process.send_signal(1)
    wait("a key that all may read is said to be one", lambda: "open to others" in server.text("log"))
    ok(try_get(Browser(server)) == 200, "and the old one stays in use")
    os.chmod(server.path("state/key.pem"), 0o600)
    c = tls()
    try:
        c.maximum_version = ssl.TLSVersion.TLSv1_1
        c.set_ciphers("ALL:@SECLEVEL=0")
        c.wrap_socket(socket.create_connection(("127.0.0.1", server.port), timeout=60))
        old_tls = True
    except OSError:
        old_tls = False
    ok(not old_tls, "no TLS older than 1.2")


def server_certificate():
    s = server.raw()
    der = s.getpeercert(binary_form=True)
    s.close()
    return der


def service():
    wait("the watchdog is fed", lambda: heard.count(b"WATCHDOG=1") >= 2)
    equal(heard[0], b"READY=1", "the service manager hears that it is up, and that it lives")


def dies_hard(b):
    """Killed in the middle of everything; the engine's own clients stay, and it starts again."""
    s = b.events()
    s.next()
    for _ in range(5):
        server.stop(9)
        server.write("log", "")
        server.start()
    equal(Browser(server).login("op", PASSWORD).status, 200, "killed five times, it starts again with its users")
    s.close()
    equal(server.stop(), 0, "and ends in good order")
    wait("it says so", lambda: heard[-1] == b"STOPPING=1")


try:
    service()
    waiting = stranded()
    server.user("password", "admin", password=PASSWORD + "\n")
    server.user("add", "op", "--role", "noc", password=PASSWORD + "\n")
    op = Browser(server)
    equal(op.login("op", PASSWORD).status, 200, "an operator logs in")
    framing()
    hosts()
    forgery(op)
    files()
    guessing()
    hoarding(op)
    slow_reader(op)
    late_reader(op)
    rate(op)
    await_end(waiting)
    crowd(op)
    certificate()
    dies_hard(op)
finally:
    server.close()
    os.unlink(os.path.join(manager_dir, "s"))
    os.rmdir(manager_dir)
done()
