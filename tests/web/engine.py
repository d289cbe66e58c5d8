# SPDX-License-Identifier: GPL-3.0-or-later
"""engine.py: the engine's end of the control socket (docs/socket.md), played: a small city that the test changes."""
import collections
import copy
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "unit"))
from played import ControlSocket  # noqa: E402

SINCE = "2026-11-21T01:02:03.004Z"


def link(site, n, parent=None, **more):
    return dict({"id": f"{site}-{n}", "site": site, "site_name": f"Kantor {site}", "role": "main" if n == 1 else "backup",
                 "provider": "indihome", "product": None, "address": f"10.{n}.0.{int(site[1:]) % 250}" if site[1:].isdigit() else None,
                 "parent": parent, "state": "up", "code": "ok", "since": SINCE, "life": "live", "last": SINCE, "proven": SINCE, "mos": 4.38,
                 "capacity": {"down": {"delivered_bps": 4e6, "contract_bps": 1e7, "usual_bps": 9.2e6, "reduced": True, "fell": "2026-11-17", "back": None,
                                       "last": "2026-11-20", "days": 19}, "up": None, "sick": None}, "rtt_s": 0.0123,
                 "loss_ratio": 0.0, "rx_bps": 1e6, "tx_bps": 2e5, "down_bps": 1e7, "up_bps": None, "committed": False,
                 "incident": None}, **more)


def site(name, lines, **more):
    return dict({"id": name, "name": f"Kantor {name}", "short": name.upper(), "kind": "kelurahan",
                 "district": "Pontianak Selatan", "class": "office", "life": "live", "state": "ok", "code": "ok", "since": SINCE,
                 "links": [{"id": l, "role": "main", "state": "up"} for l in lines], "passes": 0, "incident": None}, **more)


def incident(n, root, status="open", **more):
    return dict({"id": f"inc-{n}", "status": status, "version": 1, "kind": "link.down", "root": root, "severity": "major",
                 "cause": "unknown", "opened": SINCE, "closed": SINCE if status == "closed" else None, "site": None,
                 "site_name": None, "members": 1 if status == "open" else None, "ack": None}, **more)


def recording(n, link, incident=None, **more):
    return dict({"id": f"rec-{n}", "link": link, "site": link[:-2], "incident": incident, "reason": "loss", "end": "over",
                 "started": SINCE, "ended": SINCE, "sent": 8, "lost": 2, "gap": {"lost": 2, "from": SINCE, "to": SINCE}}, **more)


def service(name, site, site_name, kind, state):
    return {"id": name, "site": site, "site_name": site_name, "kind": kind, "target": f"{name}.example.go.id", "class": "office",
            "owner": "diskominfo", "depends": None, "via": None, "state": state, "code": state,
            "since": SINCE, "life": "live", "last": SINCE, "interval_s": 60, "total_s": 0.12, "ttfb_s": None, "cert_days": 24.5,
            "reason": None, "incident": None, "expect": None, "facts": []}


class Engine(ControlSocket):
    """Lists are public: change them with change()."""

    def __init__(self, path, sites=6):
        super().__init__(path)
        self.seq = 1
        self.site = [site("node-1", [], kind="node")]
        self.link = []
        for i in range(1, sites + 1):
            s = f"s{i:03d}"
            self.link.append(link(s, 1, "node-1"))
            self.site.append(site(s, [f"{s}-1"]))
        self.device = [{"id": "s001-r1", "site": "s001"}]
        self.service = [service("portal", "s001", "Kantor s001", "http", "ok"),
                        service("mail", "s002", "Kantor s002", "smtp", "down")]
        self.incident = [incident(2, "link/s002-1", site="s002", site_name="Kantor s002"), incident(1, "link/s001-1", "closed")]
        self.recording = [recording(2, "s002-1", "inc-2"), recording(1, "s001-1", gap=None, lost=0)]
        self.acks = []
        self.records = []
        self.facts = {}             # id -> evidence, in place of two harmless facts
        self.refuse = {}            # op, or "series MIN" -> (code, more members)
        self.silent = set()         # ops that get no answer
        self.hold = set()           # users whose series wait for release()
        self.held = {}              # id -> (client, request) of those
        self.series_asked = collections.Counter()   # by user, held or not
        self.held_most = 0
        self.cancelled = 0
        self.subscribers = []

    def stop(self):
        with self.lock:
            super().stop()
            self.subscribers = []

    def take(self, client, r):
        if not self.holds(client, r):
            super().take(client, r)

    def answered(self, client, r):
        if r["op"] == "subscribe":
            self.subscribers.append((client, r["id"]))

    def holds(self, c, r):
        if r["op"] != "series":
            return False
        self.series_asked[r["as"]["user"]] += 1
        if r["as"]["user"] not in self.hold:
            return False
        self.held[r["id"]] = (c, r)
        self.held_most = max(self.held_most, len(self.held))
        return True

    def release(self):
        """Hold no more, and answer what was held."""
        with self.lock:
            self.hold.clear()
            for c, r in self.held.values():
                super().take(c, r)
            self.held.clear()

    def op_cancel(self, r):
        self.cancelled += self.held.pop(r["id"], None) is not None
        return {}

    def change(self, how, kind="site.isolated"):
        """Call how(self), and tell an event."""
        with self.lock:
            how(self)
            self.seq += 1
            for c, sub in self.subscribers:
                try:
                    c.sendall((json.dumps({"id": sub, "ev": kind.split(".")[0], "seq": self.seq, "items": [], "kind": kind}) +
                               "\n").encode())
                except OSError:
                    pass

    def find(self, ref):
        kind, _, name = ref.rpartition("/")
        for k in ([kind] if kind else ["site", "link", "service", "incident"]):
            for i in getattr(self, k, []):
                if i["id"] == name:
                    return k, i
        return None, None

    def answer(self, r):
        op = r["op"]
        if op in self.silent:
            return None
        refusal = self.refuse.get(op) or self.refuse.get(f"{op} {r.get('cf')}")
        if refusal:
            code, more = refusal
            return dict({"ok": False, "code": code, "error": "refused"}, **more)
        return getattr(self, "op_" + op)(r)

    def op_hello(self, r):
        return {"engine": "0.1.0", "socket": 1, "ns": "pontianak", "boot": 7, "role": "admin"}

    def op_status(self, r):
        return {"engine": "0.1.0", "ns": "pontianak", "started": SINCE, "seq": self.seq}

    def op_subscribe(self, r):
        return {"seq": self.seq, "missed": 0}

    def op_list(self, r):
        items = [i for i in getattr(self, r["kind"]) if r["kind"] != "incident" or r.get("closed") or i["status"] != "closed"]
        at = 0
        if r.get("cursor") and r["kind"] == "incident":
            at = sum(int(i["id"][4:]) >= int(r["cursor"][4:]) for i in items)
        elif r.get("cursor"):
            at = [i["id"] for i in items].index(r["cursor"]) + 1
        page = items[at:at + r["limit"]]
        return {"items": page, "next": page[-1]["id"] if at + len(page) < len(items) else None, "seq": self.seq}

    def op_get(self, r):
        kind, item = self.find(r["object"])
        if item is None:
            return {"ok": False, "code": "not_found", "error": "there is no such object"}
        a = copy.deepcopy(item)
        a["object"] = f"{kind}/{a.pop('id')}"
        return a

    def op_why(self, r):
        a = self.op_get(r)
        if "object" not in a:
            return a
        kind, item = self.find(r["object"])
        a["evidence"] = [{"t": SINCE, "fact": f} for f in self.facts.get(item["id"], ["first lost round", "now"])]
        a["evidence"][-1]["t"] = None
        if kind == "incident":
            a["members"] = [{"object": a["root"], "state": "down", "since": SINCE, "until": None},
                            {"object": "link/s003-1", "state": "unreachable", "since": SINCE, "until": None}]
        elif kind != "service":
            a["parents"] = self.parents(item if kind == "link" else self.find(item["links"][0]["id"])[1] if item["links"] else {})
        return a

    def parents(self, line):
        found = []
        while line and line.get("parent"):
            p = self.find("site/" + line["parent"])[1]
            found.append({"object": "site/" + p["id"], "name": p["name"], "state": p["state"], "code": p["code"]})
            line = self.find("link/" + p["links"][0]["id"])[1] if p["links"] else None
        return found

    def op_series(self, r):
        """As with the profile "city": no MIN of 5 minutes."""
        step, cf = 60, r["cf"]
        while (r["to"] - r["from"]) // step > r["points"] or (step, cf) == (300, "MIN"):
            step = 300 if step == 60 else step * 12
        offset = {"AVERAGE": 0, "MIN": -0.5, "MAX": 0.5}[cf] if step > 60 else 0
        t = list(range(r["from"] // step * step + step, r["to"] // step * step + 1, step))
        self.last_series = r
        return {"step_s": step, "t": t, "v": [[None if i % 7 == 6 else i + offset for i in range(len(t))] for _ in r["refs"]]}

    def op_recordings(self, r):
        items = [i for i in self.recording if r.get("link") in (None, i["link"]) and r.get("incident") in (None, i["incident"])]
        return {"items": items[:r["limit"]], "next": None}

    def op_recording(self, r):
        found = [i for i in self.recording if i["id"] == r["recording"]]
        if not found:
            return {"ok": False, "code": "not_found", "error": "there is no such recording"}
        hops = [["10.254.0.1"], [], ["10.9.0.3", "10.9.0.4"]]
        trace = {"link": found[0]["link"], "role": "onset", "t": SINCE, "reached": True,
                 "hops": [{"addresses": h, "sent": 3, "answered": 3 if h else 0, "rtt_s": 0.004 if h else None} for h in hops]}
        a = dict(found[0], recording=found[0]["id"], at_ms=[-4000, -2000, 0, 300], rtt_us=[20000, 21000, None, None], fate="aalL",
                 before=hops, traces=[trace], changed={"hop": 3, "old": hops, "new": hops},
                 mtu={"verdict": "told", "mtu": 1492, "told": 1492, "by": "10.9.0.3"})
        del a["id"]
        return a

    def op_record(self, r):
        self.records.append(r)
        return {}

    def op_ack(self, r):
        self.acks.append(r)
        _, i = self.find(r["incident"])
        if i is None or i["status"] != "open":
            return {"ok": False, "code": "not_found", "error": "none"}
        if r["version"] != i["version"]:
            return {"ok": False, "code": "conflict", "error": "another version", "current": i}
        i["version"] += 1
        i["ack"] = {"user": r["as"]["user"], "note": r["note"], "t": SINCE, "until": None}
        return {"incident": i}
