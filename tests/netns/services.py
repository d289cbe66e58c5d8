#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services: a killed web server is told as service.down within 15 s, with evidence; a cut line is told as such, and the service behind it
is unreachable and makes no event. The process that asks comes back when it is killed, and does not hold the keys of SNMP. A job
reports over HTTPS, and its words hold over a restart of core."""
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import time

from lab import LIMIT_S, Lab, done, note, ok, program, skip_all, wait

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
if not os.access(NGINX, os.X_OK):
    skip_all("nginx is not installed")

lab = Lab("services")
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    PORT = s.getsockname()[1]
lab.write("nginx.conf", f"""daemon off; master_process off; pid {lab.path('nginx.pid')}; error_log {lab.path('log/nginx.log')};
events {{}}
http {{ access_log off; client_body_temp_path {lab.path('n1')}; proxy_temp_path {lab.path('n2')}; fastcgi_temp_path {lab.path('n3')};
uwsgi_temp_path {lab.path('n4')}; scgi_temp_path {lab.path('n5')};
server {{ listen 127.0.0.1:{PORT}; location / {{ return 200 "Portal\\n"; }} }} }}
""")
LINE = next(l.split(",") for l in lab.read("etc/inventory/links.csv").splitlines() if l.startswith("s014-1,"))
lab.write("etc/inventory/services.csv", f"""id,site,kind,target,expect,interval_s,class,owner,depends,via,life
portal,s013,tcp,127.0.0.1:{PORT},max_s=2,5,critical,kominfo,,main,live
gate,s014,tcp,{LINE[6]}:9,refused,5,office,,,wan,live
backup,s013,push,backup,every=24h|late=26h,,office,,,main,live
""")
TOKEN = "a token of some length"
os.makedirs(lab.path("etc/secrets/push"), mode=0o700)
lab.write("etc/secrets/push/backup", TOKEN + "\n", 0o600)


def start_nginx():
    lab.spawn("nginx", [NGINX, "-p", lab.dir, "-c", lab.path("nginx.conf")])


def state(service):
    return lab.sub.state("service/" + service)


def told(begin, kind):
    return [m for m in lab.sub.events(begin) if m.kind == kind]


def kill_once():
    """@return was it told in time (Lab.in_time())"""
    begin = time.time()
    lab.end("nginx", signal.SIGKILL)
    cut = time.time()
    got = wait("service.down", lambda: told(begin, "service.down"))
    in_time = bool(got) and lab.in_time("portal killed", cut, got[0].at)
    data = got[0].doc["data"] if got else {}
    ok(got and got[0].subject == "service/portal" and data.get("severity") == "critical", "the portal is down: critical, as its class")
    facts = " ".join(e["fact"] for e in data.get("evidence", []))
    note(facts)
    ok("3 rounds failed" in facts and "s013-1, its line" in facts, "the evidence says what was asked, and that its line answers")
    wait("down", lambda: state("portal").get("state") == "down")
    start_nginx()
    wait("service.up", lambda: told(begin, "service.up"))
    wait("ok again", lambda: state("portal").get("state") == "ok")
    ok([m.kind for m in lab.sub.events(begin) if not m.kind.startswith("incident.")] == ["service.down", "service.up"],
       "nothing else was said")
    return in_time


def serve_web():
    """@return the port of a simpul-web before this engine"""
    lab.write("web.conf", f"""web: {{ port = 0; state_dir = "{lab.path('web')}"; socket = "{lab.path('ctl.sock')}"; password_cost = 1; }};""")
    lab.spawn("simpul-web", ["simpul-web", "-c", lab.path("web.conf"), "--foreground"])
    line = wait("the server listens", lambda: [l for l in lab.read("log/simpul-web.log").splitlines() if "serving https://" in l])
    return int(line[-1].split("https://")[1].split(":")[1].split("/")[0])


def push(body, token=TOKEN, kind="application/json", service="backup"):
    """@return the status of the answer"""
    c = http.client.HTTPSConnection("127.0.0.1", WEB, context=ssl._create_unverified_context(), timeout=20)
    c.request("POST", f"/push/{service}", body, {"Content-Type": kind, **({"Authorization": f"Bearer {token}"} if token else {})})
    return c.getresponse().status


start_nginx()
lab.start()
lab.watch_stalls()
wait("both answer", lambda: state("portal").get("state") == "ok" and state("gate").get("state") == "ok")
names = lab.engine_children()
ok("measure main-apps" in names and "measure wan-apps" in names, "each instance has its twin")
fds = [os.readlink(f"/proc/{lab.engine_pid('measure main-apps')}/fd/{f}")
       for f in os.listdir(f"/proc/{lab.engine_pid('measure main-apps')}/fd")]
ok(not any("secrets/snmp" in f for f in fds), "which does not hold the keys of SNMP")
with open(f"/proc/{lab.engine_pid('measure main-apps')}/status") as f:
    note(next(l.strip() for l in f if l.startswith("RssAnon")))

in_time = kill_once()
if in_time is None:
    note("the machine stood still: killed again")
    in_time = kill_once() is not False
ok(in_time, f"service.down within {LIMIT_S} s")

begin = time.time()
lab.fleet("cut link s014-1")
wait("link.down", lambda: told(begin, "link.down"))
wait("unreachable", lambda: state("gate").get("state") == "unreachable")
ok(state("gate").get("reason") == "no line of s014 answers", "the service says why")
ok(state("gate").get("incident") == lab.sub.state("link/s014-1").get("incident"), "it is a member of the line's incident")
lab.fleet("restore link s014-1")
wait("link.up", lambda: told(begin, "link.up"))
wait("ok again", lambda: state("gate").get("state") == "ok")
ok(not told(begin, "service.down"), "no service.down for a line that was cut")

begin = time.time()
pid = lab.engine_pid("measure main-apps")
os.kill(pid, signal.SIGKILL)
wait("it is back", lambda: lab.engine_pid("measure main-apps") not in (None, pid))
lab.end("nginx", signal.SIGKILL)
ok(wait("service.down", lambda: told(begin, "service.down")), "killed, the process that asks comes back and goes on")

WEB = serve_web()
wait("a report is taken", lambda: push(json.dumps({"status": "ok", "size": 1000, "duration": 2.5})) == 204)
wait("ok", lambda: state("backup").get("state") == "ok")
ok(push("{}", token="another of some length") == 403 and push("{}", service="portal") == 403, "a wrong token, and what is no job, are refused")
ok(push("{}", token=None) == 401 and push("{", token=TOKEN) == 400, "no token, and no JSON")
begin = time.time()
wait("a form is taken", lambda: push("status=disk+full&size=0", kind="application/x-www-form-urlencoded") == 204)
wait("service.down", lambda: [m for m in told(begin, "service.down") if m.subject == "service/backup"])
os.kill(lab.engine_pid("core"), signal.SIGKILL)


def known():
    answer = lab.ctl("get", object="service/backup")
    return answer if answer["ok"] else None


backup = wait("core is back", known) or {"state": "", "reason": ""}
note(f"{backup['state']}: {backup['reason']}")
ok(backup["state"] == "down" and backup["reason"] == 'failed: it reported "disk full"', "what it said holds over a restart of core")
wait("it reports ok", lambda: push("{}") == 204)
ok(wait("service.up", lambda: [m for m in told(begin, "service.up") if m.subject == "service/backup"]), "and ok ends it")
done()
