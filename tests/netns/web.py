#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""web.py: simpul-web before a whole engine: its answers fit openapi.json; a cut line reaches the browser; acks, log-ins and
refusals reach the audit log, acks under the operator's name; a server killed again and again costs the engine nothing, and an
engine killed is survived."""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "web"))
from lab import SANITIZED, SRC, Lab, done, note, ok, program, wait
import server as web
from crowd import Crowd, faults_of, growth_mib, open_files
from schema import Api

PASSWORD = "a dozen letters and more"
KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 5

lab = Lab("web").start()
api = Api(os.path.join(SRC, "dashboards", "openapi.json"))


class Server:
    """As tests/web/server.py has it, but for the engine."""

    def __init__(self):
        lab.write("web.conf", f"""web: {{ port = 0; state_dir = "{lab.path('web')}"; socket = "{lab.path('ctl.sock')}";
            password_cost = 1; max_per_address = 100; max_streams = 16; }};""")
        self.start()

    def start(self):
        before = self.served()
        self.process = lab.spawn("simpul-web", ["simpul-web", "-c", lab.path("web.conf"), "--foreground"])
        wait("the server listens", lambda: len(self.served()) > len(before))
        self.port = int(self.served()[-1].split("https://")[1].split(":")[1].split("/")[0])
        wait("the server is ready", lambda: web.Browser(self).get("/readyz").status == 200)

    def served(self):
        try:
            return [l for l in lab.read("log/simpul-web.log").splitlines() if "serving https://" in l]
        except FileNotFoundError:
            return []


def login():
    b = web.Browser(server)
    ok(b.login("op", PASSWORD).status == 200, "an operator logs in")
    return b


def audit():
    """who, what, object and address of the entries, in a copy of the file: an open ledger lets nobody else in."""
    with tempfile.TemporaryDirectory() as d:
        copy = shutil.copytree(lab.path("data/ledger"), os.path.join(d, "ledger"))
        db = sqlite3.connect(os.path.join(copy, "ledger.db"))
        try:
            return [(who, what, thing, json.loads(detail).get("from"))
                    for who, what, thing, detail in db.execute("SELECT who, what, object, detail FROM audit ORDER BY id")]
        except sqlite3.Error as e:
            raise RuntimeError(e) from e
        finally:
            db.close()


def fits(b, method, path, real=None):
    a = b.ask(method, real or path)
    faults = api.answer_faults(method, path, a.status, a.type, a.body)
    if not ok(a.status == 200 and not faults, f"{real or path} is as described"):
        note("\n".join([str(a.status)] + faults[:10]))
    return a.doc


def rss_mib():
    with open(f"/proc/{server.process.pid}/status") as f:
        return int(f.read().split("VmRSS:")[1].split()[0]) / 1024


def crowd():
    """Many live streams, and some that nobody reads; tests/bench/web.py has more of them, for minutes."""
    readers, mutes, batches = 40, 8, 10
    files, memory = open_files(server.process.pid), rss_mib()
    all_of_them = Crowd(lab, server.port, [login().cookie for _ in range(3)], readers, mutes)
    wait("all streams are open", lambda: all_of_them.is_complete() and web.metric(server, "streams") >= readers + mutes)
    lab.fleet("cut link s025-1")
    want = web.metric(server, "batches_total") + batches
    wait("some batches", lambda: web.metric(server, "batches_total") >= want)
    lab.fleet("restore link s025-1")
    last = op.events()
    last.next()
    wait("all readers are at the last batch", lambda: all_of_them.has_heard(int(last.last_id.split("-")[1])))
    last.close()
    grown = rss_mib() - memory
    faults = faults_of(all_of_them.end())
    if not ok(not faults, f"of {readers} readers every one gets every batch, beside {mutes} that never read"):
        note("\n".join(faults[:10]))
    ok(SANITIZED or grown <= growth_mib(readers, mutes), f"for which the server needs little memory ({grown:.1f} MiB)")
    ok(wait("all is closed", lambda: open_files(server.process.pid) <= files), "and keeps nothing open")


server = Server()
for name, role in (("op", "noc"), ("eye", "planner")):
    subprocess.run([program("simpulctl"), "user", "add", name, "--role", role, "--state", lab.path("web")], input=PASSWORD + "\n",
                   text=True, check=True, stdout=subprocess.DEVNULL)
op = login()
summary = fits(op, "GET", "/api/v1/summary")
ok(summary["counts"]["ok"] >= 50 and summary["engine"]["connected"], "the city is well")
sites = fits(op, "GET", "/api/v1/sites", "/api/v1/sites?limit=500")["items"]
links = fits(op, "GET", "/api/v1/links", "/api/v1/links?limit=500")["items"]
ok(len(sites) == len(lab.items("site")) and len(links) == len(lab.items("link")), "all of it")
fits(op, "GET", "/api/v1/sites/{id}", "/api/v1/sites/s013")
fits(op, "GET", "/api/v1/links/{id}", "/api/v1/links/s013-1")
fits(op, "GET", "/api/v1/series", "/api/v1/series?ref=link/s013-1/rx_bps&ref=link/s013-1/loss_ratio")
fits(op, "GET", "/api/v1/latency/{id}", "/api/v1/latency/s013-1")

stream = op.events()
lab.fleet("cut link s013-1")
batch = stream.until("batch", lambda d: any(r[0] == "s013" and r[1] == "down" for r in d["sites"]))
ok(batch is not None, "a line that is cut turns its site down in the browser")
found = stream.until("incident", lambda d: d["root"] == "link/s013-1") if batch else None
if found is None:
    found = fits(op, "GET", "/api/v1/incidents")["items"][0]
ok(found["site"] == "s013" and found["acked"] is None, "and makes an incident there")
detail = fits(op, "GET", "/api/v1/incidents/{id}", "/api/v1/incidents/" + found["id"])
ok(detail["evidence"] and detail["members_count"] == len(detail["members"]), "with evidence and members")
a = op.ask("POST", f"/api/v1/incidents/{found['id']}/ack", {"comment": "technician on the way", "version": detail["version"]})
ok(a.status == 200 and a.doc["acked"]["by"] == "op", "an ack from the browser")
ok(lab.ctl("get", object=found["id"])["ack"]["user"] == "op", "reaches the engine under the operator's name")
a = op.ask("POST", f"/api/v1/incidents/{found['id']}/ack", {"comment": "again", "version": detail["version"]})
ok(a.status == 409 and a.doc["current"]["acked"]["by"] == "op", "who comes late is told")
lab.fleet("restore link s013-1")
ok(stream.until("batch", lambda d: any(r[0] == "s013" and r[1] == "ok" for r in d["sites"])) is not None, "mended, it is well again")

ok(web.Browser(server).login("op", "not the password").status == 401, "a log-in that fails")
eye = web.Browser(server)
ok(eye.login("eye", PASSWORD).status == 200 and eye.ask("POST", f"/api/v1/incidents/{found['id']}/ack", {"comment": "x", "version": 1}).status == 403,
   "an ack that is refused")
ok(eye.ask("DELETE", "/api/v1/session").status == 204, "a log-out")
wait("the engine has heard of it", lambda: lab.ctl("audit")["entries"] >= 6)

lab.end("simpuld", 9)
ok(stream.until("engine", lambda d: not d["connected"]) is not None, "an engine that is killed is told")
ok(not fits(op, "GET", "/api/v1/summary")["engine"]["connected"], "the last known state stays")
server_is = "root" if os.geteuid() == 0 else f"uid {os.geteuid()}"
rows = wait("the audit log", audit) or []
for row in (("op", "login", "user/op", "127.0.0.1"), ("op", "ack", found["id"], None), (server_is, "login_failed", "user/op", "127.0.0.1"),
            ("eye", "refused", "incident_ack", "127.0.0.1"), ("eye", "logout", "user/eye", "127.0.0.1")):
    if not ok(row in rows, "the audit log has {1} of {2} by {0}".format(*row)):
        note(rows)
lab.start_engine()
ok(lab.ctl("audit")["whole"], "whose chain is whole")
ok(stream.until("engine", lambda d: d["connected"]) is not None, "and that it is back")
wait("the city again", lambda: op.get("/api/v1/summary").doc["counts"]["ok"] >= 50)
stream.close()
crowd()

before = lab.engine_children()
for _ in range(KILLS):
    lab.end("simpul-web", 9)
    server.start()
ok(lab.engine_children() == before and lab.ctl("status")["ok"], f"the server killed {KILLS} times: no process of the engine noticed")
lab.end("simpul-web")
done()
