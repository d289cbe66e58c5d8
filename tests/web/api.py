#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""api.py: the server's real answers: log-in, roles, every operation against openapi.json, live events, an engine that goes and
comes. The engine is played (engine.py)."""
import fcntl
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from engine import incident
from schema import Api
from server import BUILD, PATIENCE, SRC, Browser, Server, done, equal, none, note, ok, wait

api = Api(os.path.join(SRC, "dashboards", "openapi.json"))
server = Server()
engine = server.engine
PASSWORD = "a dozen letters and more"


def check(b, method, path, query="", body=None):
    """Ask, and hold the answer against openapi.json."""
    real = path.replace("{id}", check.ids.get(path, "s001"))
    a = b.ask(method, real + query, body)
    none(api.answer_faults(method, path, a.status, a.type, a.body), f"{method} {real}{query}: {a.status} as described")
    return a


check.ids = {"/api/v1/links/{id}": "s001-1", "/api/v1/latency/{id}": "s001-1", "/api/v1/incidents/{id}": "inc-2",
             "/api/v1/incidents/{id}/ack": "inc-2", "/api/v1/recordings/{id}": "rec-1", "/api/v1/services/{id}": "portal"}


def first_start():
    b = Browser(server)
    once = server.once()
    equal(b.login("admin", "not the password").status, 401, "a wrong password")
    a, c = b.login("admin", "wrong again, admin"), b.login("nobody", "wrong again, nobody")
    ok(a.body == c.body and a.code == "bad_credentials", "an unknown user gets the same answer")
    a = b.login("admin", once)
    ok(a.status == 200 and a.doc["must_change"] and a.doc["role"] == "admin", "the one-time password lets the admin in")
    given = a.headers.get_all("Set-Cookie")
    none([c for c in given if not {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"} <= set(c.split("; ")[1:])],
         "its cookies are for this host, TLS and HTTP only")
    equal([c.split("=")[0] for c in given], ["__Host-known", "__Host-sid"], "one of the browser, one of the session")
    equal(b.get("/api/v1/summary").code, "must_change_password", "and is good for nothing but a new password")
    equal(b.ask("POST", "/api/v1/session/password", {"old": once, "new": "short"}).code, "password_refused", "too short a one")
    equal(b.ask("POST", "/api/v1/session/password", {"old": once, "new": once}).code, "password_refused", "the old one")
    equal(b.ask("POST", "/api/v1/session/password", {"old": "not the old one", "new": PASSWORD}).status, 401, "not knowing the old one")
    equal(b.ask("POST", "/api/v1/session/password", {"old": once, "new": PASSWORD}).status, 204, "a good one")
    equal(b.get("/api/v1/summary").status, 200, "opens the rest")
    equal(Browser(server).login("admin", once).status, 401, "the one-time password is gone")
    ok(once not in server.text("log") and PASSWORD not in server.text("state/users.json"), "no password in log or file")
    return b


def users():
    found = {}
    for name, role, more in (("op", "noc", []), ("op2", "noc", []), ("plan", "planner", []),
                             ("lurah", "opd", ["--sites", "s001"]), ("camat", "opd", ["--sites", "s002,s003"])):
        r = server.user("add", name, "--role", role, *more, password=PASSWORD + name + "\n")
        if r.returncode != 0:
            note(r.stderr)
        found[name] = Browser(server)
        ok(found[name].login(name, PASSWORD + name).status == 200, f"simpulctl user add {name}: may log in at once")
    return found


def roles(by_name):
    """Every operation for every role; x-roles says what is to come."""
    roles_of = {"op": "noc", "plan": "planner", "lurah": "opd", "admin": "admin"}
    wrong = []
    for method, path, op in api.operations():
        allowed = op["x-roles"]
        if "anyone" in allowed or path in ("/api/v1/events", "/api/v1/session", "/api/v1/session/password"):
            continue
        real = path.replace("{id}", check.ids.get(path, "s001"))
        if path == "/api/v1/series":
            real += "?ref=link/s001-1/rx_bps"
        body = {} if method == "POST" else None
        if Browser(server).ask(method, real, body).status != 401:
            wrong.append(f"{method} {real} by nobody")
        for name, role in roles_of.items():
            status = by_name[name].ask(method, real, body).status
            outside = role == "opd" and path.startswith("/api/v1/incidents/{id}")     # an incident of s002
            if role not in allowed:
                good = status == 403
            elif outside:
                good = status == 404
            else:
                good = status in (200, 400)         # 400: the empty body of an ack
            if not good:
                wrong.append(f"{method} {real} by {role}: {status}")
    none(wrong, "each role may what the table says, and nobody else")


def shapes(by_name):
    op, lurah = by_name["op"], by_name["lurah"]
    for b in (op, lurah):
        for method, path, o in api.operations():
            if method == "GET" and path not in ("/api/v1/series", "/api/v1/events", "/metrics"):
                check(b, method, path)
    check(op, "GET", "/metrics")
    for q in ("?limit=2", "?limit=2&cursor=s001", "?state=ok", "?district=Pontianak%20Selatan", "?provider=indihome", "?kind=node",
              "?q=kantor+s00", "?limit=0", "?limit=x", "?state=king", "?cursor=gone", "?q=%", "?" + "a=1&" * 60):
        check(op, "GET", "/api/v1/sites", q)
    for q in ("?site=s001", "?state=down", "?limit=1"):
        check(op, "GET", "/api/v1/links", q)
    for q in ("", "?state=closed", "?state=all", "?site=s002", "?limit=1&state=all", "?cursor=inc-2&state=all", "?cursor=x", "?state=x"):
        check(op, "GET", "/api/v1/incidents", q)
    for q in ("?ref=link/s001-1/rx_bps", "?ref=link/s001-1/rx_bps&ref=link/s001-1/loss_ratio&agg=max", "",
              "?ref=link/s001-1/rx_bps&from=1795222800&to=1795309200&max_points=100", "?ref=a&from=9&to=8", "?ref=a&agg=sum",
              "?ref=a&max_points=4001"):
        check(op, "GET", "/api/v1/series", q)
    for q in ("", "?link=s001-1", "?link=s999-1", "?incident=inc-2", "?limit=1", "?limit=0", "?incident=x", "?cursor=rec-9", "?cursor=9"):
        check(op, "GET", "/api/v1/recordings", q)
        check(lurah, "GET", "/api/v1/recordings", q)
    delays(op)


def recordings(by_name):
    op, lurah, camat = by_name["op"], by_name["lurah"], by_name["camat"]
    equal([r["id"] for r in op.get("/api/v1/recordings").doc["items"]], ["rec-2", "rec-1"], "all recordings, the newest first")
    equal([r["id"] for r in op.get("/api/v1/recordings?incident=inc-2").doc["items"]], ["rec-2"], "those of an incident")
    equal([r["id"] for r in lurah.get("/api/v1/recordings").doc["items"]], ["rec-1"], "an office sees those of its own lines")
    equal(lurah.get("/api/v1/recordings?link=s002-1").doc["items"], [], "and none of others")
    equal([lurah.get(f"/api/v1/recordings/{r}").status for r in ("rec-1", "rec-2", "rec-3", "nonsense")], [200, 404, 404, 404],
          "another's recording is as one that there is not")
    a, b = op.get("/api/v1/recordings/rec-2").doc, camat.get("/api/v1/recordings/rec-2").doc
    ok(a["traces"] and a["before"] and a["changed"]["hop"] == 3 and a["mtu"]["by"] == "10.9.0.3", "with the routers on the way")
    ok(b["fate"] == a["fate"] == "aalL" and "10.9.0.3" not in str(b) and b["mtu"]["mtu"] == 1492, "of which an office is told none")


def lists(by_name):
    op = by_name["op"]
    seen, cursor = [], ""
    while True:
        page = op.get(f"/api/v1/sites?limit=2{cursor}").doc
        seen += [s["id"] for s in page["items"]]
        if not page["next"]:
            break
        cursor = "&cursor=" + page["next"]
    equal(seen, [s["id"] for s in engine.site], "pages give each site once, in order")
    equal(page["total"], len(engine.site), "and how many there are")
    equal([l["id"] for l in op.get("/api/v1/links?q=S004").doc["items"]], ["s004-1"], "search")
    l = op.get("/api/v1/links/s001-1").doc
    ok(l["rtt_ms"] == 12.3 and l["util_pct"] == 10 and l["contract_down_bps"] == 1e7 and l["address"] == "10.1.0.1",
       "a line in the units of the API")
    ok(l["mos"] == 4.38 and l["proven_age_s"] > 0, "how a call would sound, and when it answered last")
    ok(l["capacity"]["down"]["fell"] == "2026-11-17" and l["capacity"]["up"] is None, "what it delivers, where that is known")
    s = op.get("/api/v1/series?ref=link/s001-1/rx_bps&from=1795222800&to=1795309200&max_points=100").doc
    ok(len(s["t"]) == len(s["series"][0]["v"]) <= 100 and s["series"][0]["unit"] == "bit/s" and None in s["series"][0]["v"],
       "columns of a series, gaps as null")
    five = [sum(x) / len(x) for x in [[i for i in range(5 * k, 5 * k + 5) if i % 7 != 6] for k in range(288)] if len(x) >= 3]
    five.sort()
    ok(engine.last_series["cf"] == "AVERAGE" and isinstance(s["p95"]["link/s001-1/rx_bps"], float),
       "a percentile of 5-minute averages")


def scope(by_name):
    lurah, camat = by_name["lurah"], by_name["camat"]
    equal([s["id"] for s in lurah.get("/api/v1/sites").doc["items"]], ["s001"], "an opd sees its site")
    equal([l["id"] for l in camat.get("/api/v1/links").doc["items"]], ["s002-1", "s003-1"], "or its lines")
    equal([s["id"] for s in lurah.get("/api/v1/services").doc["items"]], ["portal"], "and its services")
    ok("address" not in lurah.get("/api/v1/links/s001-1").doc and "address" not in lurah.get("/api/v1/sites/s001").doc["links"][0],
       "without addresses")
    for path in ("sites/s002", "sites/s999", "links/s002-1", "links/s999-1", "latency/s002-1", "incidents/inc-2", "incidents/inc-99",
                 "services/mail", "services/none", "series?ref=link/s002-1/rx_bps", "series?ref=host/s001-r1/load1", "series?ref=link/s999-1/rx_bps"):
        a = lurah.get("/api/v1/" + path)
        ok(a.status == 404 and a.body == lurah.get("/api/v1/sites/none").body, f"{path} of others is as if it were not")
    for path in ("sites?cursor=s002", "sites?cursor=s999", "links?cursor=s002-1", "links?cursor=s999-1"):
        equal(lurah.get("/api/v1/" + path).status, 400, f"{path}, too")
    equal([lurah.get("/api/v1/" + path).status for path in ("sites?cursor=s001", "links?cursor=s001-1")], [200, 200], "its own go on")
    equal([i["id"] for i in camat.get("/api/v1/incidents").doc["items"]], ["inc-2"], "incidents of its own")
    equal(lurah.get("/api/v1/incidents").doc["items"], [], "and of nobody else")
    equal([m["object"] for m in camat.get("/api/v1/incidents/inc-2").doc["members"]], ["link/s002-1", "link/s003-1"], "members of its own")
    equal(lurah.get("/api/v1/summary").doc["sites"], 1, "counts of its own")
    equal(lurah.get("/api/v1/sites?q=10.1").doc["total"], 0, "and no search by address")


def ack(by_name):
    op, op2 = by_name["op"], by_name["op2"]
    path = "/api/v1/incidents/inc-2/ack"
    for body in ({}, {"comment": "", "version": 1}, {"comment": "x"}, {"comment": "x", "version": "1"}, {"comment": "x", "version": 1, "a": 1},
                 {"comment": "x", "version": 1, "until": "yesterday"}, {"comment": "x", "version": 1, "until": "2020-01-01T00:00:00Z"}, []):
        equal(op.ask("POST", path, body).status, 400, f"an ack of {body}")
    stream = op2.events()
    a = check(op, "POST", "/api/v1/incidents/{id}/ack", "", {"comment": "technician <on> the way", "version": 1})
    ok(a.doc["acked"]["by"] == "op" and a.doc["version"] == 2, "an ack, by name")
    equal(engine.acks[-1]["as"], {"user": "op", "role": "noc"}, "the engine hears who")
    equal((stream.until("incident", lambda d: d["acked"] is not None) or {}).get("id"), "inc-2", "another operator sees it")
    stream.close()
    a = check(op2, "POST", "/api/v1/incidents/{id}/ack", "", {"comment": "me, too", "version": 1})
    ok(a.status == 409 and a.doc["current"]["acked"]["by"] == "op", "the second one is told who was faster")
    equal(op.ask("POST", "/api/v1/incidents/inc-77/ack", {"comment": "x", "version": 1}).status, 404, "an ack of nothing")


def events(by_name):
    op, lurah = by_name["op"], by_name["lurah"]
    s, own = op.events(), lurah.events()
    name, hello = s.next()
    none(api.faults(hello, {"$ref": "#/components/schemas/EventHello"}), "hello, as described")
    ok(name == "hello" and s.next()[0] == "engine", "comes first, then the engine")

    def cut(e, n, code):
        e.link[n].update(state="down" if code == "down" else "up", code=code)
        e.site[n + 1].update(state="isolated" if code == "down" else "ok", code=code)
    engine.change(lambda e: cut(e, 3, "down"))
    batch = s.until("batch", lambda d: any(r[0] == "s004" for r in d["sites"]))
    none(api.faults(batch, {"$ref": "#/components/schemas/EventBatch"}), "a batch, as described")
    ok(batch and [r[1] for r in batch["sites"] if r[0] == "s004"] == ["down"] and len(batch["sites"]) == 1, "of what has changed only")
    engine.change(lambda e: cut(e, 0, "down"))
    batch = own.until("batch")
    equal([r[0] for r in (batch or {"sites": []})["sites"]], ["s001"], "an opd hears of its own site only")
    s.until("batch", lambda d: any(r[0] == "s001" for r in d["sites"]))
    last = s.last_id
    s.close()
    engine.change(lambda e: cut(e, 4, "down"))
    engine.change(lambda e: e.incident.insert(0, incident(3, "link/s005-1", site="s005", site_name="<img src=x>")), "incident.opened")
    wait("the mirror has it", lambda: op.get("/api/v1/incidents/inc-3").status == 200 and
         op.get("/api/v1/sites/s005").doc["state"] == "down")
    s = op.events(last)
    i = s.until("incident")
    none(api.faults(i, {"$ref": "#/components/schemas/Incident"}), "who comes back hears what was missed: incidents, as described")
    batch = s.until("batch")
    equal([r[0] for r in (batch or {"sites": []})["sites"]], ["s005"], "and sites")
    ok(b"<" not in op.get("/api/v1/incidents").body, "and no markup leaves the server as such")
    s.close()
    for bad in ("0", "ffffffff-1", last.split("-")[0] + "-999999", "x" * 100):
        s = op.events(bad)
        ok(s.until("reset") is not None, f"{bad:.20}: fetch all anew")
        s.close()
    s = op.events()
    engine.change(lambda e: (e.site.pop(), e.link.pop()))
    ok(s.until("reset") is not None, "an object that has gone: fetch all anew")
    streams = [op.events() for _ in range(4)]
    ok(s.until("nothing of this name") is None, "the oldest of too many streams of a session ends")
    ok(streams[-1].next()[0] == "hello", "the newest goes on")
    equal(op.ask("DELETE", "/api/v1/session").status, 204, "log out")
    ok(streams[-1].until("nothing of this name") is None and op.get("/api/v1/summary").status == 401,
       "ends its streams and its session")
    own.close()


def audited():
    """What people did stands in the engine's audit log, under their names when they had shown who they are."""
    Browser(server).login("a\n\u202eb", "no password")

    def recorded():
        with engine.lock:
            return [(r["what"], r["object"], r.get("as", {}).get("user"), r["from"]) for r in engine.records]
    for what, about, who in (("login_failed", "user/nobody", None), ("login_failed", "user/admin", None),
                             ("login", "user/admin", "admin"), ("password", "user/admin", "admin"), ("login", "user/lurah", "lurah"),
                             ("refused", "incident_ack", "plan"), ("logout", "user/op", "op"),
                             ("login_failed", "user/a\\x0a\\xe2\\x80\\xaeb", None)):
        ok(wait(f"{what} of {about}", lambda w=(what, about, who, "127.0.0.1"): w in recorded()), f"audit: {what}, {about}, by {who}")
    equal({who for what, _, who, _ in recorded() if what == "login_failed"}, {None}, "a failure is nobody's")
    equal(server.metric("audit_entries_lost_total"), 0, "none is lost")


def delays(op):
    """The extremes of a longer step, where the store keeps them."""
    for hours, points, step, aggs, least, greatest in ((1, 60, 60, ("min", "max"), 1000, 1000), (1, 12, 300, ("avg", "max"), 1000, 1500),
                                                       (6, 6, 3600, ("min", "max"), 500, 1500)):
        a = check(op, "GET", "/api/v1/latency/{id}", f"?from=1795222800&to={1795222800 + hours * 3600}&max_points={points}").doc
        equal((a["step_s"], a["min_agg"], a["max_agg"]), (step, *aggs), f"delay in steps of {step} s")
        equal((a["min_ms"][1], a["p50_ms"][1], a["max_ms"][1]), (least, 1000, greatest), "its least, middle and greatest")
        ok(len(a["mos"]) == len(a["t"]) == len(a["pdv_p95_ms"]) and all(m is None or 1 <= m <= 4.5 for m in a["mos"]), "and its rating")
    for code, status, agg in (("too_large", 200, "avg"), ("busy", 503, None), ("internal", 503, None)):
        with engine.lock:
            engine.refuse["series MIN"] = (code, {})
        a = check(op, "GET", "/api/v1/latency/{id}", f"?from=1795222800&to={1795222800 + 6 * 3600}&max_points=6")
        equal((a.status, a.doc.get("min_agg")), (status, agg), f"the least is refused as {code}: not kept, or not known")
    with engine.lock:
        engine.refuse.clear()


def engine_goes(by_name):
    b = by_name["plan"]
    s = b.events()
    engine.stop()
    e = s.until("engine", lambda d: not d["connected"])
    none(api.faults(e, {"$ref": "#/components/schemas/EventEngine"}), "an engine that goes is told, as described")
    ok(e and e["last"], "with the time of its last word")
    a = check(b, "GET", "/api/v1/summary")
    ok(a.status == 200 and not a.doc["engine"]["connected"] and a.doc["sites"] > 0, "the last known state stays")
    equal(check(b, "GET", "/api/v1/sites/{id}").doc["evidence"], [], "without reasons")
    equal(check(b, "GET", "/api/v1/series", "?ref=link/s001-1/rx_bps").code, "engine_away", "and without series")
    equal(Browser(server).get("/readyz").status, 503, "not ready")
    equal(Browser(server).get("/healthz").status, 200, "but well")
    equal(Browser(server).login("admin", "a wrong password").status, 401, "who fails to log in now")
    ok(server.metric("audit_entries_lost_total") >= 1 and "audit log did not take" in server.text("log"), "is missing in the audit log: that is told")
    engine.start()
    ok(s.until("engine", lambda d: d["connected"]) is not None, "it comes back")
    engine.change(lambda e: e.link[1].update(code="warn", state="degraded"))
    ok(s.until("batch", lambda d: any(r[0] == "s002-1" for r in d["links"])) is not None, "and news with it")
    with engine.lock:
        engine.refuse["status"] = ("internal", {})
    e = s.until("engine", lambda d: not d["connected"])
    ok(e and e["last"], "an engine that is there but tells nothing is as good as gone")
    equal(Browser(server).get("/readyz").status, 503, "which is not ready, either")
    equal(check(b, "GET", "/api/v1/summary").doc["engine"]["connected"], False, "and not live")
    with engine.lock:
        engine.refuse.clear()
    ok(s.until("engine", lambda d: d["connected"]) is not None, "until it tells all again")
    s.close()
    with engine.lock:
        engine.silent.add("why")
    equal(b.get("/api/v1/sites/s001").status, 200, "a question that the engine never answers ends")
    with engine.lock:
        engine.silent.clear()
        engine.refuse["series"] = ("too_large", {})
    equal(check(b, "GET", "/api/v1/series", "?ref=link/s001-1/rx_bps").status, 400, "one that it refuses, too")
    engine.refuse.clear()


def users_change(by_name):
    b = by_name["camat"]
    s = b.events()
    server.user("password", "camat", password="another dozen letters\n")
    ok(s.until("nothing of this name") is None, "another password ends the sessions of a user")
    equal(b.get("/api/v1/summary").status, 401, "at once")
    equal(b.login("camat", "another dozen letters").status, 200, "the new one works")
    ok(" camat\n" in server.text("state/places"), "its browser is known")
    server.user("remove", "camat")
    wait("that is forgotten with the user", lambda: " camat\n" not in server.text("state/places"))
    ok(" plan\n" in server.text("state/places"), "until it is removed; others stay")
    r = server.user("add", "long", "--role", "noc", password="a long one " * 30 + "\n")
    ok(r.returncode != 0 and "too long" in r.stderr, "a password that is too long is not cut")
    wait("the user is gone", lambda: b.get("/api/v1/summary").status == 401)
    a = by_name["plan"].ask("PATCH", "/api/v1/session", {"lang": "en"})
    ok(a.status == 200 and a.doc["lang"] == "en", "a language is chosen")
    again = Browser(server)
    equal(again.login("plan", PASSWORD + "plan").doc["lang"], "en", "and kept")
    before = os.stat(server.path("state/users.json")).st_ino
    equal(again.ask("PATCH", "/api/v1/session", {"lang": "en"}).status, 200, "the same once more")
    equal(os.stat(server.path("state/users.json")).st_ino, before, "writes nothing")
    equal(by_name["plan"].ask("PATCH", "/api/v1/session", {"lang": "xx"}).status, 400, "one of two")


def busy(by_name):
    """Somebody else holds the file of the users."""
    with open(server.path("state/users.lock"), "rb+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        a = by_name["plan"].ask("PATCH", "/api/v1/session", {"lang": "id"})
        ok(a.status == 503 and a.code == "busy" and a.headers["Retry-After"] == "1" and
           not api.answer_faults("PATCH", "/api/v1/session", a.status, a.type, a.body), "a change is refused for now, as described")
        equal(Browser(server).get("/healthz").status, 200, "and nobody waits")
        p = subprocess.Popen([os.path.join(BUILD, "simpulctl"), "user", "remove", "op2", "--state", server.path("state")],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ok("waiting" in p.stderr.readline() and p.poll() is None, "simpulctl waits, and says so")
    equal(p.wait(PATIENCE), 0, "until it can")
    p.communicate()
    equal(by_name["plan"].ask("PATCH", "/api/v1/session", {"lang": "id"}).status, 200, "so can the server then")


def meanwhile():
    """Passwords are compared by a process of its own, one after the other; here when the test likes."""
    other, answers = Server(), {}
    try:
        for name in ("slow", "desk"):
            other.user("add", name, "--role", "noc", password=PASSWORD + "\n")
        desk = Browser(other)
        equal(desk.login("desk", PASSWORD).status, 200, "one whose browser is known")
        none([n for n in range(5) if Browser(other).login(f"unknown{n}", PASSWORD).status != 401],
             "nobody comes in by a password of others")
        with open(f"/proc/{other.process.pid}/task/{other.process.pid}/children", encoding="ascii") as f:
            hasher = int(f.read().split()[0])
        os.kill(hasher, signal.SIGSTOP)
        before, polls = other.metric("requests_total"), itertools.count(1)
        asking = [threading.Thread(target=lambda n=n, b=b: answers.update({n: b.login(n, PASSWORD).status}))
                  for n, b in [(n, Browser(other)) for n in ["slow"] + [f"nobody{i}" for i in range(11)]] + [("desk", desk)]]
        for t in asking[:-1]:
            t.start()
        wait("all are asked", lambda: other.metric("requests_total") == before + next(polls) + len(asking) - 1)
        none([s for s in [Browser(other).login(n, PASSWORD).status for n in ["late", "desk"] * 4] if s != 429],
             "more than 12 strangers do not wait, and are not told whose name is known")
        before, polls = other.metric("requests_total"), itertools.count(1)
        asking[-1].start()
        wait("one more is asked", lambda: other.metric("requests_total") == before + next(polls) + 1)
        equal(other.user("password", "slow", password="another dozen letters\n").returncode, 0, "and a password is changed")
        os.kill(hasher, signal.SIGCONT)
        for t in asking:
            t.join()
        equal(answers["slow"], 401, "the old one, asked before and answered after, does not fit")
        equal(answers["desk"], 200, "who is known finds a place")
        equal(other.metric("logins_delayed_total"), 0, "who found none has not failed")
    finally:
        other.close()


def neighbours():
    """Who shares an address with others does not learn from the server who they are."""
    other = Server()
    try:
        for name in ("desk", "own"):
            other.user("add", name, "--role", "noc", password=PASSWORD + "\n")
        desk, own = Browser(other), Browser(other)
        equal([desk.login("desk", PASSWORD).status, own.login("own", PASSWORD).status], [200, 200], "two behind one address")
        forged = Browser(other)
        forged.known = "__Host-known=" + "0" * 64
        none([i for i in range(24) if wait("it is let try", lambda n=i: forged.login(f"invented{n}", PASSWORD).status == 401) is None],
             "one of them invents names")
        for b in (forged, own):
            b.cookie = b.csrf = None
            got = [b.login(name, "not the password") for name in ("desk", "unknown")]
            equal([a.status for a in got], [429, 429], "then a name that is known here waits like one that does not exist")
            ok(len({tuple(sorted(set(a.doc) - {"retry_after_s"})) for a in got}) == 1, "and gets the same answer")
        token = desk.known
        equal(desk.login("desk", PASSWORD).status, 200, "who is known does not wait")
        ok(desk.known == token and token.split("=")[1] not in other.text("state/places"), "its browser keeps its token, which no file has")
        equal(own.login("own", PASSWORD).status, 200, "nor does the other")
    finally:
        other.close()


def crowded():
    """More connections of one place than there may be."""
    other, held = Server("max_per_address = 2;"), []
    try:
        held = [socket.create_connection(("127.0.0.1", other.port), timeout=PATIENCE) for _ in range(6)]
        for s in held[2:]:
            equal(s.recv(1), b"", "a connection too many is closed")
        told = [line for line in other.text("log").splitlines() if "max_per_address" in line]
        ok(len(told) == 1 and "127.0.0.1 has 2 connections" in told[0], "the log says so, once")
    finally:
        for s in held:
            s.close()
        other.close()


def both_kinds():
    """One socket for IPv6 and IPv4 shows an IPv4 host as ::ffff:a.b.c.d."""
    if not os.path.exists("/proc/net/if_inet6"):
        ok(True, "# SKIP no IPv6")
        return
    other = Server('listen = "::";')
    try:
        ok(other.metric("connections") is not None, "this host is local by IPv4, too")
        Browser(other).login("nobody", PASSWORD)
        ok("from 127.0.0.1 failed" in other.text("log"), "and has the address by which it is known")
    finally:
        other.close()


def moved_certificate():
    """A certificate by links, as certbot has them; then they lead to another folder, which Landlock bars."""
    def lead(folder):
        for name in ("cert.pem", "key.pem"):
            shutil.copy(server.path("state", name), server.path(folder, name))
            os.symlink(server.path(folder, name), server.path("live", name + ".new"))
            os.rename(server.path("live", name + ".new"), server.path("live", name))
    for folder in ("live", "first", "second"):
        os.makedirs(server.path(folder))
    lead("first")
    other = Server(f'cert = "{server.path("live/cert.pem")}"; key = "{server.path("live/key.pem")}";')
    try:
        lead("second")
        other.process.send_signal(signal.SIGHUP)
        wait("it is looked at", lambda: "certificate" in other.text("log"))
        if "certificate read again" in other.text("log"):
            ok(True, "# SKIP no Landlock")
        else:
            ok("leads to another folder, restart" in other.text("log"), "a certificate where it may not look any more: the log says what to do")
        equal(Browser(other).get("/healthz").status, 200, "and the old one stays")
    finally:
        other.close()


def running(conf):
    """The server of this configuration file."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if conf.encode() in f.read().split(b"\0"):
                    return int(pid)
        except OSError:
            pass
    return None


def background():
    """Started as from a shell: it returns when the server listens, and has said the password."""
    other = server.path("background.conf")
    with open(other, "w", encoding="utf-8") as f:
        f.write(server.text("web.conf").replace(server.path("state"), server.path("state2")))
    try:
        with open(server.path("log2"), "wb") as log:
            r = subprocess.run([os.path.join(BUILD, "simpul-web"), "-c", other], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=log, timeout=PATIENCE, check=False)
        ok(r.returncode == 0 and b"one-time password " in r.stdout, "a server in the background says the one-time password, too")
    finally:
        pid = running(other)
        if ok(pid is not None, "and goes on"):
            os.kill(pid, signal.SIGTERM)
            wait("it ends", lambda: running(other) is None)


try:
    admin = first_start()
    found = users()
    found["admin"] = admin
    roles(found)
    shapes(found)
    recordings(found)
    lists(found)
    scope(found)
    ack(found)
    events(found)
    audited()
    engine_goes(found)
    users_change(found)
    busy(found)
    meanwhile()
    neighbours()
    crowded()
    both_kinds()
    moved_certificate()
    background()
    equal(server.stop(), 0, "SIGTERM ends it in good order")
finally:
    server.close()
done()
