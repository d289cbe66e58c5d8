# SPDX-License-Identifier: GPL-3.0-or-later
"""asked.py: for the tests of the probes of services: servers of Debian as plain processes in a temporary folder, certificates
that are good, expired or of another name, and questions put to them through the program `ask`.
"""
import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILD, PATIENCE, ends_with_us, note, ok, program, tap  # noqa: E402,F401

DIR = tempfile.mkdtemp(prefix="asked-")
_children = []


def _clean():
    for p in reversed(_children):
        end(p)
    shutil.rmtree(DIR, ignore_errors=True)


atexit.register(_clean)
os.chmod(DIR, 0o755)


def path(*names):
    return os.path.join(DIR, *names)


def write(name, text, mode=0o644):
    os.makedirs(os.path.dirname(path(name)), exist_ok=True)
    with open(path(name), "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path(name), mode)
    return path(name)


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def spawn(*argv, **kw):
    log = open(path(os.path.basename(argv[0]) + ".log"), "ab")
    p = subprocess.Popen(ends_with_us([program(argv[0]), *argv[1:]]), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **kw)
    log.close()
    _children.append(p)
    return p


def end(p):
    if p.poll() is None:
        p.terminate()
        try:
            p.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()


def log_of(name):
    try:
        with open(path(name + ".log"), errors="replace") as f:
            return f.read()[-3000:]
    except OSError:
        return ""


def is_missing(*programs):
    """The first of them that this host does not have."""
    for name in programs:
        if not os.path.exists(name if name.startswith("/") else program(name)):
            return name
    return None


def wait(condition, patience=PATIENCE):
    """Until it holds; a bound that only what is broken reaches."""
    limit = time.monotonic() + patience
    while time.monotonic() < limit:
        got = condition()
        if got:
            return got
        time.sleep(0.05)
    return None


def wait_listening(port, p=None):
    def listening():
        if p is not None and p.poll() is not None:
            return "ended"
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0 and "listening"
    return wait(listening) == "listening"


# ---- certificates ----

CA_CONF = """
[ca]
default_ca = own
[own]
new_certs_dir = .
database = index.txt
serial = serial
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
"""
EC = "ec", "-pkeyopt", "ec_paramgen_curve:P-256"


def _openssl(*argv):
    subprocess.run([program("openssl"), *argv], cwd=path("tls"), check=True, capture_output=True)


def make_certificates():
    """good.pem, expired.pem, other.pem (of another name), each with its key NAME.key, and the ca.pem that has signed them."""
    write("tls/ca.conf", CA_CONF)
    write("tls/index.txt", "")
    write("tls/serial", "1000\n")
    _openssl("req", "-x509", "-newkey", *EC, "-nodes", "-days", "20000", "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out",
             "ca.pem")
    for name, san, start, stop in (("good", "IP:127.0.0.1,DNS:localhost", "20200101000000Z", "20900101000000Z"),
                                   ("expired", "IP:127.0.0.1,DNS:localhost", "20200101000000Z", "20210203000000Z"),
                                   ("other", "DNS:elsewhere.example", "20200101000000Z", "20900101000000Z")):
        _openssl("req", "-newkey", *EC, "-nodes", "-subj", f"/CN={name}", "-addext", f"subjectAltName={san}", "-keyout",
                 f"{name}.key", "-out", f"{name}.csr")
        _openssl("ca", "-batch", "-notext", "-config", "ca.conf", "-cert", "ca.pem", "-keyfile", "ca.key", "-startdate", start,
                 "-enddate", stop, "-in", f"{name}.csr", "-out", f"{name}.pem")


# ---- questions ----

def ask(*questions, timeout=PATIENCE / 3, options=(), trusted="ca.pem"):
    """Each question is (kind, target, expect, credential), the last two may be missing; trusted: the file of the CA. @return the results in this order"""
    text = "".join("\t".join(q) + "\n" for q in questions)
    env = dict(os.environ, SSL_CERT_FILE=path("tls", trusted), SSL_CERT_DIR=path("tls", "none"))
    out = subprocess.run([os.path.join(BUILD, "tests/netns/ask"), "-t", str(min(timeout, 60)), *options], input=text, text=True,
                         capture_output=True, env=env, check=False)
    if out.returncode != 0 or out.stderr:
        note(f"ask ended with {out.returncode}: {out.stderr}")
    results = {r["n"]: r for r in map(json.loads, out.stdout.splitlines())}
    return [results.get(n, {"quality": "none", "state": "", "reason": out.stderr, "facts": {}, "total_s": None, "ttfb_s": None})
            for n in range(1, len(questions) + 1)]


def good(r, name, **facts):
    """It answers as expected, and says this: each fact a value, or a function that must hold for it."""
    r = r or {"quality": "none", "state": "", "reason": "", "facts": {}, "total_s": None}
    fine = r["quality"] == "good" and r["state"] == "answering" and r["reason"] == "" and r["total_s"] > 0
    if not ok(fine, name):
        note(r)
    said(r, **facts)


def bad(r, name, state, reason, quality="lost", **facts):
    """It does not, in this state and with these words in the reason."""
    r = r or {"quality": "none", "state": "", "reason": "", "facts": {}}
    if not ok(r["quality"] == quality and r["state"] == state and reason in r["reason"], f"{name}: {r['reason']}"):
        note(f"wanted: {quality} {state} ...{reason}...")
        note(r)
    said(r, **facts)


def said(r, **facts):
    for key, wanted in facts.items():
        got = r["facts"].get(key)
        fine = wanted(got) if callable(wanted) and got is not None else got == wanted
        if not ok(fine, f"... {key} is {got}"):
            note(f"wanted: {wanted}")


def done():
    tap.done()
