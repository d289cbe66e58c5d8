#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probes of the web and of certificates against Debian's nginx, and against servers that do it wrong.

Runs in a network namespace of its own, with nothing but loopback: were redirects not checked, what they lead to here must not
be reached for that.
"""
import gzip
import hashlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

ALONE = "ASKED_WEB_ALONE" in os.environ
if not ALONE:
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*unshare, "ip", "link", "set", "lo", "up"], check=False).returncode == 0:
        os.environ["ASKED_WEB_ALONE"] = "1"
        os.execvp(unshare[0], [*unshare, "sh", "-c", 'ip link set lo up && exec "$@"', "sh", sys.executable, *sys.argv])

from asked import DIR, ask, bad, done, end, free_port, good, is_missing, log_of, make_certificates, note, ok, path, spawn, \
    wait_listening, write  # noqa: E402

PAGE = "<html><title>Pontianak</title>Portal Kota <!--now-->%s<!--/now--></html>\n"
NGINX = """daemon off;
user root;
pid {dir}/nginx.pid;
error_log stderr;
worker_processes 1;
events {{ worker_connections 200; }}
http {{
  access_log off;
  default_type text/html;
  ssl_protocols TLSv1.2 TLSv1.3;
  client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3; uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
  root {dir}/www;
  server {{
    listen 127.0.0.1:{plain};
    add_header X-Server Portal;
    location = /api {{ default_type application/json; return 200 '{{"data":{{"status":"ok","list":[1,2.5,true,null]}}}}'; }}
    location = /moved {{ return 301 /index.html; }}
    location = /there {{ return 302 https://127.0.0.1:{good}/index.html; }}
    location = /round {{ return 302 /round; }}
    location = /metadata {{ return 302 http://169.254.169.254/latest/meta-data/; }}
    location = /office {{ return 302 http://10.1.0.13/; }}
    location = /file {{ return 302 file:///etc/passwd; }}
    location = /nothing {{ return 204; }}
    location = /packed.html {{ gzip on; gzip_min_length 1; }}
  }}
  server {{ listen 127.0.0.1:{good} ssl; ssl_certificate tls/good.pem; ssl_certificate_key tls/good.key;
    location = /down {{ return 302 http://127.0.0.1:{plain}/index.html; }} }}
  server {{ listen 127.0.0.1:{expired} ssl; ssl_certificate tls/expired.pem; ssl_certificate_key tls/expired.key; }}
  server {{ listen 127.0.0.1:{other} ssl; ssl_certificate tls/other.pem; ssl_certificate_key tls/other.key; }}
  server {{ listen 127.0.0.1:{old} ssl; ssl_certificate tls/good.pem; ssl_certificate_key tls/good.key;
    ssl_protocols TLSv1; ssl_ciphers DEFAULT:@SECLEVEL=0; }}
  server {{ listen 127.0.0.1:{young} ssl; ssl_certificate tls/young.pem; ssl_certificate_key tls/good.key; }}
  server {{ listen 127.0.0.1:{two} ssl; ssl_certificate tls/good.pem; ssl_certificate_key tls/good.key; ssl_protocols TLSv1.2; }}
}}
"""
PORTS = {name: free_port() for name in ("plain", "good", "expired", "other", "old", "two", "young")}


def page(text="12:00"):
    write("www/index.html", PAGE % text)


def http(name, where="/index.html"):
    return f"http{'' if name == 'plain' else 's'}://127.0.0.1:{PORTS[name]}{where}"


def test_pages():
    plain = http("plain")
    r = ask(("http", plain), ("http", plain, "text=Portal Kota|no_text=Error|status=200-299|header=X-Server: Portal|size=50-200"),
            ("http", plain, "text=Portal Desa"), ("http", plain, "no_text=Portal"), ("http", plain, "header=X-Server: Other"),
            ("http", http("plain", "/nowhere")), ("http", http("plain", "/nowhere"), "status=404|text=404 Not Found"),
            ("http", plain, "size=1-20"), ("http", plain, "method=HEAD"), ("http", plain, "max_s=0"))
    good(r[0], "http: a page", status=200, size_bytes=len(PAGE % "12:00"), dns_s=lambda s: s >= 0, connect_s=lambda s: s > 0,
         ttfb_s=lambda s: s > 0, modified_days=lambda d: 0 <= d < 1, protocol=None, tls_s=None, redirects=None)
    ok(r[0]["ttfb_s"] and r[0]["ttfb_s"] <= r[0]["total_s"], "... its first byte comes before the last")
    good(r[1], "http: all that is expected")
    bad(r[2], "http: another text", "wrong", 'its body does not hold "Portal Desa"', status=200)
    bad(r[3], "http: a text that should not be there", "wrong", 'its body holds "Portal"')
    bad(r[4], "http: another header", "wrong", 'its headers do not hold "X-Server: Other"')
    bad(r[5], "http: no such page", "wrong", "it answers with status 404", status=404)
    good(r[6], "http: which is expected", status=404)
    bad(r[7], "http: too long", "wrong", f"its body has {len(PAGE % '12:00')} bytes, 1-20 are wanted")
    good(r[8], "http: HEAD", size_bytes=0, status=200)
    bad(r[9], "http: too slow", "wrong", "0 are allowed", status=200)

    api = http("plain", "/api")
    r = ask(("http", api, "json=/data/status=ok|json=/data/list/1=2.5|json=/data/list/2=true|json=/data/list/3=null"),
            ("http", api, "json=/data/status=down"), ("http", api, "json=/data/state=ok"), ("http", plain, "json=/data/status=ok"),
            ("http", http("plain", "/nothing"), "status=204"), ("http", http("plain", "/packed.html"), "text=" + "z" * 100))
    good(r[0], "http: JSON")
    bad(r[1], "http: another value", "wrong", 'in its JSON /data/status is "ok", not down')
    bad(r[2], "http: no such value", "wrong", "its JSON has no /data/state")
    bad(r[3], "http: no JSON", "wrong", "its body is no JSON")
    good(r[4], "http: no content", status=204, size_bytes=0)
    good(r[5], "http: a packed page", size_bytes=5000)


def test_hash():
    known = hashlib.sha256((PAGE % "").replace("<!--now--><!--/now-->", "").encode()).hexdigest()
    other = "0" * 64
    cut = "ignore=<!--now-->...<!--/now-->"
    r = ask(("http", http("plain"), f"hash={known}|{cut}"), ("http", http("plain"), f"hash={other}|{cut}"), ("http", http("plain"), "hash"))
    good(r[0], "http: the content that is expected", hash=known, unchanged_days=0)
    bad(r[1], "http: another one", "wrong", "its content is not the one that is expected", hash=known)
    good(r[2], "http: the first content is the one that is known", hash=lambda h: h != known and len(h) == 64)


def names(addresses):
    """A server of DNS that knows these addresses of IPv4 of these names. @return host:port"""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def run():
        while True:
            q, peer = server.recvfrom(512)
            end = q.index(b"\0", 12) + 5
            labels, at = [], 12
            while q[at]:
                labels.append(q[at + 1:at + 1 + q[at]].decode())
                at += 1 + q[at]
            found = addresses.get(".".join(labels).lower(), []) if q[end - 4:end - 2] == b"\0\1" else []
            server.sendto(q[:2] + b"\x81\x80\0\1" + struct.pack("!H", len(found)) + b"\0" * 4 + q[12:end] +
                          b"".join(b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton(a) for a in found), peer)
    threading.Thread(target=run, daemon=True).start()
    return f"127.0.0.1:{server.getsockname()[1]}"


def test_names():
    """Names of others that lead to us: nothing may be asked there."""
    asked = []
    port = serve(asked.append).rsplit(":", 1)[1]
    known = {"us.example": ["127.0.0.1"], "cloud.example": ["169.254.169.254"], "mixed.example": ["192.0.2.1", "127.0.0.1"]}
    r = ask(*(("http", f"http://{name}:{port}") for name in known), options=("-r", names(known)))
    bad(r[0], "http: a name of this host", "wrong", "its name leads to an address of this host, 127.0.0.1: write the address")
    bad(r[1], "http: a name of a cloud's metadata", "wrong", "its name leads to a cloud's metadata, 169.254.169.254")
    bad(r[2], "http: a name of this host, too", "wrong", "its name leads to an address of this host, 127.0.0.1")
    ok(asked == [], "... and nobody was asked")


def test_redirects():
    r = ask(("http", http("plain", "/moved"), "text=Portal"), ("http", http("plain", "/moved"), "status=301"),
            ("http", http("plain", "/moved"), "redirects=0"), ("http", http("plain", "/round")),
            ("http", http("plain", "/there"), "text=Portal"), ("http", http("good", "/down")),
            ("http", http("good", "/down"), "downgrade|text=Portal"), ("http", http("plain", "/file")))
    good(r[0], "http: a redirect is followed", status=200, redirects=1, url=http("plain"))
    good(r[1], "http: one that is expected is not", status=301, redirects=None)
    bad(r[2], "http: none is allowed", "wrong", "it redirects more than 0 times", status=301)
    bad(r[3], "http: in a circle", "wrong", "it redirects more than 5 times", redirects=5)
    good(r[4], "http: to https", status=200, protocol="TLSv1.3", cert_days=lambda d: d > 10000)
    bad(r[5], "http: from https to http", "wrong", "it redirects where we do not follow: from https to http")
    good(r[6], "http: which is allowed", status=200)
    bad(r[7], "http: to a file", "wrong", "it redirects where we do not follow: file is neither http nor https")
    test_names()
    if not ALONE:
        ok(True, "http: to other addresses # SKIP no network namespace")
        return
    r = ask(("http", http("plain", "/metadata")), ("http", http("plain", "/office")))
    bad(r[0], "http: to a link-local address", "wrong", "it redirects where we do not follow: to a cloud's metadata, 169.254.169.254")
    bad(r[1], "http: to a private address", "wrong", "it redirects where we do not follow: to a private address, 10.1.0.13")


def test_certificates():
    r = ask(("http", http("good"), "days=14|text=Portal"), ("http", http("expired")), ("http", http("other")), ("http", http("old")),
            ("http", http("good"), "days=90000"), ("http", f"https://127.0.0.1:{PORTS['plain']}/"),
            ("http", f"https://localhost:{PORTS['good']}/index.html"), ("tls", f"localhost:{PORTS['good']}"))
    good(r[0], "https: a page", status=200, protocol="TLSv1.3", cert_days=lambda d: d > 10000, tls_s=lambda s: s > 0)
    bad(r[1], "https: expired", "wrong", "its certificate has expired", status=None)
    bad(r[2], "https: of another name", "wrong", "its certificate is for another name", status=None)
    bad(r[3], "https: TLS 1.0 only", "wrong", "it speaks no TLS 1.2 or newer")
    bad(r[4], "https: ends too soon", "wrong", "90000 are wanted", status=200)
    bad(r[5], "https: no TLS there", "wrong", "TLS fails: ")
    good(r[6], "https: by its name", status=200, dns_s=lambda s: s >= 0)
    good(r[7], "tls: by its name", name_matches=1)
    good(ask(("tls", f"127.0.0.1:{PORTS['good']}", "name=localhost."))[0], "tls: by its name with a final dot", name_matches=1)
    r = ask(("http", http("good")), ("tls", f"127.0.0.1:{PORTS['good']}"), trusted="youngca.pem")
    bad(r[0], "https: a CA that nobody knows", "wrong", "its certificate is not trusted: ")
    bad(r[1], "tls: a CA that nobody knows", "wrong", "its certificate is not trusted: ", issuer="CN = Test CA", subject="CN = good",
        protocol="TLSv1.3", name_matches=1, chain=lambda c: c != "ok", cert_days=lambda d: d > 10000)
    r = ask(("http", http("good")), ("tls", f"127.0.0.1:{PORTS['good']}"), ("http", http("good"), "unreachable"), trusted="no.pem")
    bad(r[2], "https: without any CA: it is reached all the same", "wrong", "it answers, which it should not from here")
    for got, kind in zip(r, ("https", "tls")):
        bad(got, f"{kind}: a host without any CA: our fault", "", "", quality="unknown")
    os.makedirs(path("secrets"), exist_ok=True)
    shutil.copy(path("tls", "ca.pem"), path("secrets", "ca.pem"))
    os.chmod(path("secrets", "ca.pem"), 0o600)
    shutil.copy(path("tls", "youngca.pem"), path("secrets", "youngca.pem"))
    os.chmod(path("secrets", "youngca.pem"), 0o600)
    r = ask(("tls", f"127.0.0.1:{PORTS['young']}", "ca=youngca.pem|days=14"), ("http", http("young"), "ca=youngca.pem|days=40"),
            options=("-c", path("secrets")))
    good(r[0], "tls: a CA that ends before what it has signed", cert_days=lambda d: 0 < d <= 30)
    bad(r[1], "https: ... and too soon", "wrong", "40 are wanted", cert_days=lambda d: 0 < d <= 30)
    r = ask(("http", http("good"), "ca=ca.pem"), ("tls", f"127.0.0.1:{PORTS['good']}", "ca=ca.pem"), ("http", http("good"), "ca=no.pem"),
            trusted="youngca.pem", options=("-c", path("secrets")))
    good(r[0], "https: an own CA", status=200)
    good(r[1], "tls: an own CA", chain="ok")
    bad(r[2], "https: an own CA that is not there: our fault", "", "", quality="unknown")
    # One engine, one CA each: none may lend the other its own, whichever is asked first and whichever is there for all.
    for order in (("good", "young"), ("young", "good")):
        right, wrong = {"good": "ca.pem", "young": "youngca.pem"}, {"good": "youngca.pem", "young": "ca.pem"}
        for trusted in ("no.pem", "ca.pem"):
            r = ask(*(("http", http(name), f"ca={ca[name]}") for ca in (right, wrong, right) for name in order), trusted=trusted,
                    options=("-c", path("secrets")))
            for i, got in enumerate(r):
                what = f"https: {order[i % 2]}, number {i + 1}, by the CA of {'the other' if i in (2, 3) else 'its own'}"
                if i in (2, 3):
                    bad(got, what, "wrong", "its certificate is not trusted: ")
                else:
                    good(got, what, status=200)
    r = ask(("http", http("young"), "ca=youngca.pem"), ("http", http("young")), ("http", http("good")), options=("-c", path("secrets")))
    good(r[0], "https: an own CA, and then", status=200)
    bad(r[1], "https: ... it is not trusted by who does not name it", "wrong", "its certificate is not trusted: ")
    good(r[2], "https: ... and those of the host are", status=200)

    at = {name: f"127.0.0.1:{port}" for name, port in PORTS.items()}
    r = ask(("tls", at["good"], "days=14"), ("tls", at["expired"]), ("tls", at["other"]), ("tls", at["other"], "name=elsewhere.example"),
            ("tls", at["old"]), ("tls", at["two"], "min=TLSv1.2"), ("tls", at["two"], "min=TLSv1.3"), ("tls", at["good"], "days=90000"),
            ("tls", at["plain"]), ("tls", f"127.0.0.1:{free_port()}"))
    good(r[0], "tls: a certificate", chain="ok", issuer="CN = Test CA", subject="CN = good", protocol="TLSv1.3", name_matches=1,
         cipher=lambda c: c.startswith("TLS_"), cert_days=lambda d: d > 10000, tls_s=lambda s: s > 0)
    bad(r[1], "tls: expired", "wrong", "its certificate has expired on 2021-02-03", chain="certificate has expired", name_matches=1,
        cert_days=lambda d: d < -1000)
    bad(r[2], "tls: of another name", "wrong", "its certificate is for another name: elsewhere.example", chain="ok", name_matches=0)
    good(r[3], "tls: which is the one that is expected", name_matches=1)
    bad(r[4], "tls: TLS 1.0 only", "wrong", "it speaks no TLS 1.2 or newer", protocol=None)
    good(r[5], "tls: TLS 1.2", protocol="TLSv1.2")
    bad(r[6], "tls: TLS 1.2 where 1.3 is wanted", "wrong", "it speaks TLSv1.2, TLSv1.3 is wanted", protocol="TLSv1.2")
    bad(r[7], "tls: ends too soon", "wrong", "90000 are wanted", chain="ok")
    bad(r[8], "tls: no TLS there", "wrong", "TLS fails: wrong version number")
    bad(r[9], "tls: nobody there", "wrong", "it refuses the connection to port")


# ---- servers that do it wrong ----

def serve(answer, family=socket.AF_INET, host="127.0.0.1"):
    """A server of TCP in threads; answer(connection) says what it likes once the request has come. @return its URL"""
    server = socket.create_server((host, 0), family=family)

    def one(c):
        try:
            c.recv(10000)
            answer(c)
        except OSError:
            pass
        finally:
            c.close()

    def run():
        while True:
            threading.Thread(target=one, args=(server.accept()[0],), daemon=True).start()
    threading.Thread(target=run, daemon=True).start()
    return f"http://{host if family == socket.AF_INET else '[' + host + ']'}:{server.getsockname()[1]}/"


def reset(c):
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    time.sleep(0.1)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def endless_headers(c):
    c.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        c.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")


def endless_line(c):
    c.sendall(b"HTTP/1.1 200 OK\r\nX-More: ")
    while True:
        c.sendall(b"x" * 1000)


def endless_body(c):
    c.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        c.sendall(b"y" * 1000)


def body(data, *headers):
    head = "".join(f"{h}\r\n" for h in headers)
    return lambda c: c.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n{head}\r\n".encode() + data)


def drip(c):
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        c.sendall(b"z")
        time.sleep(0.1)


def test_faulty():
    bomb = gzip.compress(b"\0" * (200 << 20), 9)
    big = b"start" + b"x" * (10 << 20)
    urls = [serve(a) for a in (reset, endless_headers, endless_line, endless_body, body(bomb, "Content-Encoding: gzip"), body(big), body(big),
                               body(big), lambda c: None, lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
                               lambda c: c.sendall(b"220 mail.example ESMTP\r\n"), lambda c: c.sendall(b"HTTP/1.1 200 \x1b[2J\r\n\r\n"),
                               body(b"{" * 5), body(b"[" * 100000))]
    words = ["", "", "", "", "text=Portal", "text=start", "text=finish", "size=1-1000", "", "", "", "", "json=/a=b", "json=/a=b"]
    r = ask(*(("http", u, w) for u, w in zip(urls, words)))
    bad(r[0], "http: a reset in the midst", "wrong", "it resets the connection before all is said")
    bad(r[1], "http: headers without an end", "wrong", "its headers do not end within 64 KiB")
    bad(r[2], "http: a header without an end", "wrong", "its headers do not end within 64 KiB")
    good(r[3], "http: a body without an end is read to 1 MiB", size_bytes=1 << 20, cut=1)
    bad(r[4], "http: a bomb of 200 MiB is unpacked to 1 MiB", "wrong", 'its body does not hold "Portal" in its first MiB', size_bytes=1 << 20,
        cut=1)
    good(r[5], "http: of 10 MiB the first is read", size_bytes=1 << 20, cut=1)
    bad(r[6], "http: ... what is beyond is not there", "wrong", "in its first MiB")
    bad(r[7], "http: ... and its size is not known", "wrong", "its body is longer than 1 MiB")
    bad(r[8], "http: it hangs up", "wrong", "it hangs up before it says anything")
    bad(r[9], "http: ... before all is said", "wrong", "it hangs up before all is said", status=200)
    bad(r[10], "http: a server of mail", "wrong", "what it says is no HTTP")
    good(r[11], "http: control bytes do no harm", status=200)
    bad(r[12], "http: bad JSON", "wrong", "its body is no JSON")
    bad(r[13], "http: deep JSON", "wrong", "its JSON is nested deeper than 32")

    try:
        v6 = serve(body(b"six"), socket.AF_INET6, "::1")
        good(ask(("http", v6, "text=six"))[0], "http: over IPv6", status=200)
    except OSError:
        ok(True, "http: over IPv6 # SKIP no IPv6 here")

    shut = f"http://127.0.0.1:{free_port()}/"
    silent = serve(lambda c: time.sleep(60))
    r = ask(("http", serve(drip)), ("http", silent), ("http", shut), ("http", shut, "unreachable"), ("http", silent, "unreachable"),
            ("http", http("plain"), "unreachable"), ("http", http("expired"), "unreachable"), timeout=2)
    bad(r[0], "http: slow", "wrong", "its answer is not complete after 2 s", status=200)
    bad(r[1], "http: it says nothing", "wrong", "it takes the connection and says nothing for 2 s")
    bad(r[2], "http: nobody there", "wrong", "it refuses the connection to port")
    ok(r[3]["quality"] == "good", "http: nobody there, as it should be")
    for got, name in zip(r[4:], ("somebody takes the connection", "a page", "TLS")):
        bad(got, f"http: not to be reached, but {name}", "wrong", "it answers, which it should not from here")
    shake = silent.replace("http://127.0.0.1", "https://localhost")     # of its addresses the first does not get all the time
    r = ask(("http", shake), ("http", shake, "unreachable"), timeout=2)
    bad(r[0], "https: it takes the connection and begins no TLS", "wrong", "TLS has not begun ", connect_s=lambda s: s >= 0, tls_s=None)
    bad(r[1], "https: not to be reached, but it takes the connection", "wrong", "it answers, which it should not from here")


def test_words():
    r = ask(("http", "ftp://127.0.0.1/"), ("http", "http://user:word@127.0.0.1/"), ("http", "http://"), ("http", http("plain"), "txt=x"),
            ("http", http("plain"), "json=status"), ("http", http("plain"), "hash=abc"), ("http", http("plain"), "redirects=6"),
            ("http", http("plain"), "method=POST"), ("tls", "127.0.0.1:443", "min=TLSv1.1"), ("tls", "127.0.0.1", "day=3"),
            ("http", http("plain"), "days=3"), *((kind, "127.0.0.1:9", "days=3") for kind in ("smtp", "imap", "broker", "tcp", "mysql")))
    for got, reason in zip(r, ("neither http nor https", "a user does not belong in a URL", "it is no URL", 'did you mean "text"?',
                               "no pointer and value", "64 hexadecimal digits", "at most 5", "there are GET and HEAD",
                               "there are TLSv1.2 and TLSv1.3", 'did you mean "days"?', "http has none", *["there is no TLS"] * 5)):
        bad(got, "web: refused", "", reason, quality="refused")


def make_young():
    """A CA of 30 days that has signed for years."""
    def openssl(*argv):
        subprocess.run(["openssl", *argv], cwd=path("tls"), check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=Young CA",
            "-keyout", "youngca.key", "-out", "youngca.pem")
    openssl("x509", "-req", "-in", "good.csr", "-CA", "youngca.pem", "-CAkey", "youngca.key", "-CAcreateserial", "-days", "20000",
            "-copy_extensions", "copy", "-out", "young.pem")


make_certificates()
make_young()
page()
write("www/packed.html", "z" * 5000)
if is_missing("nginx"):
    ok(True, "nginx # SKIP no nginx")
else:
    nginx = spawn("nginx", "-p", DIR, "-c", write("nginx.conf", NGINX.format(dir=DIR, **PORTS)), "-e", "stderr")
    if ok(all(wait_listening(port, nginx) for port in PORTS.values()), "nginx listens"):
        for test in (test_pages, test_hash, test_redirects, test_certificates, test_faulty):
            test()
    else:
        note(log_of("nginx"))
    end(nginx)
test_words()
done()
