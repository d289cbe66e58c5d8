#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""live.py: what open pages are told, and an office of others: resumed streams, edits of the inventory, faults elsewhere, incidents
older than the mirror's. The engine is played (engine.py)."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from engine import SINCE, incident
from schema import Api
from server import SRC, Browser, Server, done, equal, none, ok, wait

api = Api(os.path.join(SRC, "dashboards", "openapi.json"))
server = Server()
engine = server.engine
PASSWORD = "a dozen letters and more"


def users(of, wanted):
    found = {}
    for name, more in wanted.items():
        of.user("add", name, "--role", *more.split(), password=PASSWORD + "\n")
        found[name] = Browser(of)
        found[name].login(name, PASSWORD)
    return found


def inventory(by_name):
    """What is entered anew reaches open pages."""
    b = by_name["plan"]
    s = b.events()
    for kind, name, more in (("site", "s001", {"name": "Kantor Baru"}), ("link", "s001-1", {"address": "10.77.0.1"}),
                             ("link", "s001-1", {"provider": "icon+", "down_bps": 2e7}), ("site", "s001", {"district": "Pontianak Kota"})):
        engine.change(lambda e, ref=f"{kind}/{name}", new=more: e.find(ref)[1].update(new), "engine.reloaded")
        ok(s.until_any("reset", "nothing else") == "reset", f"another {' and '.join(more)} of a {kind}: fetch all anew")
    s.close()
    equal([b.get("/api/v1/sites/s001").doc["name"], b.get("/api/v1/links/s001-1").doc["contract_down_bps"]], ["Kantor Baru", 2e7], "as it is now")


def resume(by_name):
    """An id says that all up to it has been told: it comes with the last of what belongs together, and is that of one view."""
    lurah, op2, plan = by_name["lurah"], by_name["op2"], by_name["plan"]

    def told(s, last="batch"):
        """(event, id known after it, its object) up to one of this name"""
        found = []
        while not found or found[-1][0] not in (last, None):
            name, d = s.next()
            if name != "ping":
                found.append((name, s.last_id, d["id"] if name == "incident" else None))
        return found
    s, own = op2.events(), lurah.events()
    told(s, "engine")
    told(own, "engine")
    start, own_start = s.last_id, own.last_id

    def fault(e):
        for n in (7, 8):
            e.incident.insert(0, incident(n, "link/s002-1", site="s002", site_name="Kantor s002"))
    engine.change(fault, "incident.opened")
    first = told(s)
    equal(first[:-1], [("incident", start, "inc-7"), ("incident", start, "inc-8")], "incidents have no id of their own")
    ok(first[-1][1] != start, "the batch behind them has")
    engine.change(lambda e: e.find("inc-8")[1].update(severity="minor", version=2), "incident.updated")
    second = told(s)
    equal([x[::2] for x in second], [("incident", "inc-8"), ("batch", None)], "incidents alone end with an empty batch")
    s.close()
    for b in (plan, op2):
        s = b.events(start)
        again = told(s)
        equal(again, [("hello", start, None), ("engine", start, None), ("incident", start, "inc-7"), ("incident", start, "inc-8"),
                      ("batch", second[-1][1], None)], "who comes back keeps its id until it has all that it missed")
        s.close()
    s = op2.events(second[-1][1])
    engine.change(lambda e: e.link[1].update(code="warn", state="degraded"))
    equal([x[0] for x in told(s)], ["hello", "engine", "batch"], "nothing is told twice")
    s.close()
    s = op2.events("1-1")
    name, _ = s.next()
    ok(name == "hello" and s.last_id is None and s.until("reset") is not None and s.last_id is not None, "what is no id is not repeated")
    s.close()
    ok(own_start != start, "an opd's ids are its own")
    for b, last in ((op2, own_start), (lurah, start)):
        s = b.events(last)
        equal(s.until_any("reset", "batch"), "reset", "an id of another view is not known")
        s.close()
    engine.change(lambda e: e.link[0].update(code="warn", state="degraded"))
    equal([x[0] for x in told(own)], ["batch"], "what is not an opd's is no batch of its own")
    own.close()

    def over(e):
        del e.incident[:2]
        for l in e.link[:2]:
            l.update(code="ok", state="up")
    engine.change(over)


def suffering(by_name):
    """An opd whose site suffers from a fault elsewhere hears of its beginning and of its end, also when it was away."""
    lurah = by_name["lurah"]

    def change(cause, **more):
        def how(e):
            _, i = e.find("inc-4")
            i.update(more)
            e.find("s001")[1].update(incident=cause)
        engine.change(how, "incident.updated")
    s = lurah.events()
    engine.change(lambda e: e.incident.insert(0, incident(4, "link/s003-1", site="s003", site_name="Kantor s003")), "incident.opened")
    wait("others see it", lambda: by_name["plan"].get("/api/v1/incidents/inc-4").status == 200)
    equal(lurah.get("/api/v1/incidents/inc-4").status, 404, "a fault elsewhere")
    change("inc-4")
    equal((s.until("incident") or {}).get("id"), "inc-4", "is told to an opd when its site suffers from it")
    s.until("batch")
    last = s.last_id
    change(None, status="closed", closed=SINCE, version=2)
    equal((s.until("incident") or {}).get("state"), "closed", "and so is its end")
    s.close()
    s = lurah.events(last)
    equal((s.until("incident") or {}).get("state"), "closed", "also to one that was away")
    s.close()
    equal([i["id"] for i in lurah.get("/api/v1/incidents?state=closed").doc["items"]][:1], ["inc-4"], "it stays in its list")


def others(by_name):
    """What an opd is told of places that are not its own: a node of the fibre by name, another office by its state alone."""
    lurah, plan = by_name["lurah"], by_name["plan"]

    def fault(e):
        e.find("link/s001-1")[1].update(incident="inc-5", state="unreachable", code="impacted")
        e.find("site/s001")[1].update(incident="inc-5", state="unreachable", code="impacted")
        e.facts["s001"] = e.facts["s001-1"] = [
            "s005-1: 3 rounds lost, the first at 2026-11-21T01:02:03.004Z", "it passes through s005 (Kantor s005), whose fault explains it",
            "node-1 answers (3.0 ms)", "s001-r1 answers again", "main line s001-1 (indihome) is unreachable"]
        for n, place in ((5, "s005"), (6, "node-1")):
            e.facts[f"inc-{n}"] = [f"{place}: answers again", "s005-1: answers again", "1 of 2 siblings answer"]
            ack = {"user": "shift-lead", "note": "asked that office", "t": SINCE, "until": SINCE}
            e.incident.insert(0, incident(n, f"site/{place}", site=place, site_name="Kantor " + place, ack=ack, kind="site.isolated"))
        e.find("site/s001")[1]["links"][0].update(state="unreachable")
    s = lurah.events()
    engine.change(lambda e: e.find("link/s001-1")[1].update(parent="s005"), "engine.reloaded")
    s.until("reset")
    start = s.last_id
    engine.change(fault, "incident.opened")
    batch = s.until("batch", lambda d: any(r[8] == "inc-5" for r in d["sites"]))
    ok(batch is not None, "a site that suffers from a fault at an office")
    engine.change(lambda e: e.find("link/s001-1")[1].update(incident="inc-6"))        # ... and its line from one of a node
    seen = {"incident inc-6": s.until("incident", lambda d: d["id"] == "inc-6")}
    s.close()
    s = lurah.events(start)
    seen["incident inc-5, told again"] = s.until("incident", lambda d: d["id"] == "inc-5")
    s.close()
    for path in ("summary", "sites", "sites/s001", "links", "links/s001-1", "incidents", "incidents?state=all", "incidents/inc-5",
                 "incidents/inc-6", "sites?q=s005", "links?q=Kantor+s005"):
        a = lurah.get("/api/v1/" + path)
        ok(a.status == 200, f"an opd may ask for {path}")
        seen[path] = a.doc
    equal([lurah.get("/api/v1/incidents?state=all&site=" + x).doc["items"] for x in ("s005", "s003")], [[], []], "nor does the filter give it away")
    equal([i["id"] for i in lurah.get("/api/v1/incidents?site=node-1").doc["items"]], ["inc-6"], "which finds what is named")
    for what, doc in seen.items():
        text = json.dumps(doc)
        none([w for w in ("s005", "shift-lead", "asked that") if w in text], f"{what}: another office and who is on duty are not named")
    for path, of in (("/api/v1/sites/{id}", "s001"), ("/api/v1/links/{id}", "s001-1"), ("/api/v1/incidents/{id}", "inc-5"),
                     ("/api/v1/incidents/{id}", "inc-6")):
        a = lurah.get(path.replace("{id}", of))
        none(api.answer_faults("GET", path, a.status, a.type, a.body), f"{of}, as described")
    doc = seen["links/s001-1"]
    equal([doc["parent"], doc["parents"]], [None, [{"id": None, "name": None, "state": "ok"}, {"id": "node-1", "name": "Kantor node-1", "state": "ok"}]],
          "on the way up a node has a name, an office a state")
    equal([f["fact"][:14] for f in doc["evidence"]], ["node-1 answers", "s001-r1 answer", "main line s001"], "reasons that name others are left out")
    doc = seen["incidents/inc-5"]
    equal([doc[k] for k in ("kind", "root", "site", "site_name", "evidence")], ["site.isolated", None, None, None, []], "a fault at an office is one of its kind")
    equal(doc["acked"], {"by": None, "at": SINCE, "comment": None, "until": None}, "somebody has it, since when")
    doc = seen["incidents/inc-6"]
    equal([doc["root"], doc["site_name"], len(doc["evidence"]), doc["acked"]["by"]], ["site/node-1", "Kantor node-1", 2, None], "a fault at a node is told by name")
    equal(doc["acked"], seen["incident inc-6"]["acked"], "live events say the same")
    doc = plan.get("/api/v1/incidents/inc-5").doc
    ok(doc["site"] == "s005" and doc["acked"]["by"] == "shift-lead" and len(doc["evidence"]) == 3, "others see it all")

    def over(e):
        e.facts.clear()
        del e.incident[:2]
        e.find("link/s001-1")[1].update(parent="node-1", incident=None, state="up", code="ok")
        e.find("site/s001")[1].update(incident=None, state="ok", code="ok")
    engine.change(over)


def pages_of(b, path):
    found, cursor = [], ""
    while cursor is not None:
        page = b.get(f"{path}{cursor}").doc
        found += [i["id"] for i in page["items"]]
        cursor = "&cursor=" + page["next"] if page["next"] else None
    return found


def past():
    """More incidents than the mirror holds: the newest 500, and open ones however old."""
    other, was_open = Server(), (700, 3)
    try:
        def fill(e):
            e.incident = [incident(n, f"link/s00{n % 3 + 1}-1", "open" if n in was_open else "closed") for n in range(1201, 0, -1)]
        other.engine.change(fill, "incident.opened")
        op, opd = users(other, {"op": "noc", "camat": "opd --sites s003"}).values()
        wait("the mirror has them", lambda: op.get("/api/v1/incidents").doc["items"][-1]["id"] == "inc-3")
        equal([i["id"] for i in op.get("/api/v1/incidents").doc["items"]], ["inc-700", "inc-3"], "open ones are there however old")
        equal(op.get("/api/v1/summary").doc["incidents"], 2, "and are counted")
        every = [f"inc-{n}" for n in range(1201, 0, -1)]
        equal(pages_of(op, "/api/v1/incidents?state=all&limit=300"), every, "pages give each incident once, in order")
        equal(pages_of(op, "/api/v1/incidents?state=closed&limit=500"), [i for i in every if i not in ("inc-700", "inc-3")], "or those that are over")
        equal(pages_of(op, "/api/v1/incidents?state=all&cursor=inc-5"), every[-4:], "from any number on")
        equal(pages_of(opd, "/api/v1/incidents?state=all&limit=500"), [f"inc-{n}" for n in range(1201, 0, -1) if n % 3 == 2], "an opd its own")
        for b, n, status, what in ((op, 7, 200, "an old one, by itself"), (opd, 8, 200, "an opd's own"),
                                   (opd, 7, 200, "one of which its line was part"), (op, 9999, 404, "one that never was")):
            a = b.get(f"/api/v1/incidents/inc-{n}")
            none([status] if a.status != status else api.answer_faults("GET", "/api/v1/incidents/{id}", a.status, a.type, a.body), what)
        a = op.ask("POST", "/api/v1/incidents/inc-3/ack", {"comment": "still there", "version": 1})
        ok(a.status == 200 and a.doc["acked"]["by"] == "op", "an ack of an old open one")
        s, first = op.events(), op.events()
        s.next()
        first.next()

        def close(e):
            e.find("inc-3")[1].update(status="closed", closed=SINCE, version=3)
        other.engine.change(close, "incident.closed")
        equal((s.until("incident", lambda d: d["state"] == "closed") or {}).get("id"), "inc-3", "its end is told")
        other.engine.change(lambda e: e.link[0].update(state="down", code="down"))
        s.until("batch", lambda d: d["links"])
        for last, told in ((first.last_id, "reset"), (s.last_id, "batch")):
            again = op.events(last)
            if told == "batch":
                other.engine.change(lambda e: e.link[0].update(state="up", code="ok"))
            equal(again.until_any("reset", "batch"), told, f"and then it is forgotten: who comes back is told by a {told}")
            again.close()
    finally:
        other.close()


try:
    people = users(server, {"plan": "planner", "op2": "noc", "lurah": "opd --sites s001"})
    suffering(people)
    inventory(people)
    resume(people)
    others(people)
    past()
finally:
    server.close()
done()
