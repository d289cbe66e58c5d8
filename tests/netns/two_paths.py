#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup line proven on its own path while it is idle: two ways to a site, of which routing uses one. The other is probed by
the mark of an instance or through its network device, or from an address or through a device of its own; cut, it is *backup lost*
within a minute, the site stays up, and nothing else is said. A service is asked by the way of its instance, too."""
import os
import subprocess
import sys
import time

from lab import SRC, Lab, Subscriber, done, need_namespaces, note, ok, program, wait

BACKUP_LOST_S = 60
NOC, SITE = "10.202.0.1", "10.203.0"    # our end of the backup way; the sites, each on an address of its own
TABLE, MARK = "100", "7"
# site: how its backup line is told to take its own way
WAYS = {"s001": dict(via="spare"), "s002": dict(via="bound"), "s003": dict(via="bound", probe="tcp:7"),
        "s004": dict(source=NOC), "s005": dict(interface="radio"), "s006": dict(source=NOC, probe="tcp:7"),
        "s007": dict(interface="radio", probe="tcp:7")}

if "SIMPUL_TWO_PATHS" not in os.environ:        # a network namespace for all of it
    need_namespaces()
    os.execvpe("unshare", ["unshare", "--net", sys.executable, os.path.abspath(__file__)], {**os.environ, "SIMPUL_TWO_PATHS": "1"})


def ip(*args, inside=None):
    command = ["nsenter", "--net", "--target", str(inside)] if inside else []
    subprocess.run([*command, program("ip"), *args], check=True)


class TwoPaths(Lab):
    def write_conf(self):
        self.write("etc/simpuld.conf", f"""
engine: {{ ns = "pontianak"; data_dir = "{self.path('data')}"; socket = "{self.path('ctl.sock')}"; }};
measure = ( {{ name = "main"; }}, {{ name = "spare"; mark = {MARK}; }}, {{ name = "bound"; interface = "radio"; }} );
tcp: {{ interval_s = 5; }};
store: {{ profile = "small"; }};
traps: {{ enabled = false; }};
mqtt: {{ enabled = true; host = "{self.path('mqtt.sock')}"; port = 0; }};
""")
        for name in os.listdir(self.path("etc/inventory")):
            os.unlink(self.path("etc/inventory", name))
        sites, links = "id,name\n", "id,site,role,address,via,probe,source,interface\n"
        for n, (site, way) in enumerate(WAYS.items(), 1):
            sites += f"{site},Office {n}\n"
            links += f"{site}-1,{site},main,{SITE}.{n},main,,,\n"
            links += f"{site}-2,{site},backup,{SITE}.{n},{way.get('via', 'main')},{way.get('probe', '')},{way.get('source', '')},{way.get('interface', '')}\n"
        self.write("etc/inventory/sites.csv", sites)
        self.write("etc/inventory/links.csv", links)
        self.write("etc/inventory/services.csv", f"id,site,kind,target,expect,interval_s,via\necho,s002,tcp,{SITE}.2:7,refused,5,bound\n")

    def routes(self):
        """Two pairs of cables to the namespace of the sites. Where no rule says otherwise, packets take the first."""
        self.spawn("far", ["unshare", "--net", "sleep", "100000"])
        pid = self.children["far"].pid
        wait("the far end", lambda: os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net"))
        self.far = pid
        ip("link", "set", "lo", "up")
        ip("link", "set", "lo", "up", inside=pid)
        for net, name in (("10.201.0", "fibre"), ("10.202.0", "radio")):
            ip("link", "add", name, "type", "veth", "peer", "name", name, "netns", str(pid))
            ip("addr", "add", f"{net}.1/30", "dev", name)
            ip("addr", "add", f"{net}.2/30", "dev", name, inside=pid)
            for p in (None, pid):
                ip("link", "set", name, "up", inside=p)
            with open(f"/proc/sys/net/ipv4/conf/{name}/rp_filter", "w") as f:
                f.write("2")            # answers of the spare come from where we would not send to
        with open("/proc/sys/net/ipv4/conf/all/rp_filter", "w") as f:
            f.write("2")
        for n in range(1, len(WAYS) + 1):
            ip("addr", "add", f"{SITE}.{n}/32", "dev", "lo", inside=pid)
        ip("route", "add", f"{SITE}.0/24", "via", "10.201.0.2")
        ip("route", "add", f"{SITE}.0/24", "via", "10.202.0.2", "table", TABLE)
        ip("route", "add", f"{SITE}.0/24", "via", "10.202.0.2", "metric", "500")
        ip("rule", "add", "fwmark", MARK, "lookup", TABLE)
        ip("rule", "add", "from", NOC, "lookup", TABLE)

    def cut(self):
        """The spare: what is answered that way is lost on the way."""
        ip("rule", "add", "pref", "10", "to", NOC, "blackhole", inside=self.far)

    def mend(self):
        ip("rule", "del", "pref", "10", inside=self.far)


lab = TwoPaths("two_paths", inventory=os.path.join(SRC, "etc/inventory"))
lab.routes()
lab.start_broker()
lab.sub = Subscriber(lab, new_session=True)
lab.start_engine()
wait("both lines up", lambda: len(lab.links()) == 2 * len(WAYS) and set(lab.links().values()) == {"up"})
wait("the sites ok", lambda: all(lab.sub.state("site/" + s).get("state") == "ok" for s in WAYS))
wait("the service ok", lambda: lab.sub.state("service/echo").get("state") == "ok")

begin = time.time()
lab.cut()
for s in WAYS:
    got = wait(f"{s}: backup lost", lambda: [m for m in lab.sub.events(begin) if m.kind == "site.backup_lost" and m.subject == "site/" + s])
    if got:
        note(f"{s}: {got[0].at - begin:.1f} s from cut to event")
        ok(got[0].at - begin <= BACKUP_LOST_S, f"{s}: the lost backup is told within {BACKUP_LOST_S} s")
    ok(lab.links()[s + "-1"] == "up", f"{s}: its main line is up")
# All that this instance asks fails: whether lines or service are known first says whether it is told by itself.
ok(wait("the service not ok", lambda: lab.sub.state("service/echo").get("state") in ("down", "unreachable")),
   "the service that is asked by that way does not answer")
lab.mend()
for s in WAYS:
    wait(f"{s}: restored", lambda: [m for m in lab.sub.events(begin) if m.kind == "site.restored" and m.subject == "site/" + s])
wait("the service ok again", lambda: lab.sub.state("service/echo").get("state") == "ok")
said = sorted({m.kind for m in lab.sub.events(begin) if not m.kind.startswith(("incident.", "service."))})
ok(said == ["site.backup_lost", "site.restored"], f"nothing else was said ({', '.join(said)})")
done()
