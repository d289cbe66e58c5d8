#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the web server costs, and what it costs the engine: 220 live streams before the 61-site demonstration, and lists and tiles
of a city of 5,000 sites.

    web.py [MINUTES [HALF]]     default 5 of each window, of which there are three; HALF: streams or city

Prints lines `figure NAME VALUE UNIT`, with what is wanted beside those of which something is. Of the figures that are times
nothing fails: they are of this machine on this day. What is not a matter of time ends ok or not ok: memory is bounded, every
reader has got every batch, nothing stays open.
"""
import gzip
import itertools
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "web"))
from meter import (DEMO_LINES, await_files, cpu_s, engine_pids, figure, make_city, memory_bytes, probe_lag, quantile,
                   start_measuring)
from lab import SRC, done, note, ok, skip_all, wait
from crowd import Crowd, faults_of, growth_mib, open_files
from stage import PASSWORD, USERS, Stage, need_browser, web_modules
import server as web
from server import metric

READERS, MUTES, SESSIONS = 200, 20, 14
OFFICES = 4901      # with their 99 nodes 5,000 sites
ASKED = 200         # requests for each list
FELL = 8            # nodes that fall at once, with fifty offices each
STEP_S = 10         # the engine tells its lag of so long

minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5
half = sys.argv[2] if len(sys.argv) > 2 else ""
dist = os.path.abspath(os.environ.get("SIMPUL_DIST") or os.path.join(os.environ.get("builddir", "."), "dashboards/dist"))


def mib(n):
    return n / 2**20


def load_average():
    return os.getloadavg()[0]


def visitor(stage, who="noc", **kw):
    b = web.Browser(stage, **kw)
    a = b.login(USERS[who][0], PASSWORD)
    if a.status != 200:
        raise RuntimeError(f"log-in: {a.status}")
    return b


# ---- 220 streams ----

def in_kernel(port):
    """Bytes that wait in the kernel, on the server's side, for those who do not read."""
    out = subprocess.run(["ss", "-tnH", "sport", "=", f":{port}"], capture_output=True, text=True).stdout
    return sum(int(line.split()[2]) for line in out.splitlines())


class Window:
    """Some minutes in which lines are cut and mended, the same in each; what the engine and the server did in them."""

    def __init__(self, stage, name):
        self.stage = stage
        self.name = name
        self.server = stage.children["simpul-web"].pid
        self.lag = []
        self.memory = []        # (seconds since the begin, Rss, Pss)

    def measure(self):
        pids = [*engine_pids(self.stage).values(), self.server]
        begin, used = time.monotonic(), {p: cpu_s(p) for p in pids}
        lines = itertools.cycle(sorted(self.stage.one_line_sites())[:6])
        cut = None
        for step in range(1, max(2, round(60 * minutes / STEP_S)) + 1):
            cut = self.stir(lines, cut)
            time.sleep(max(0, begin + step * STEP_S - time.monotonic()))
            self.lag.append(probe_lag(self.stage))
            self.memory.append((step * STEP_S, memory_bytes(self.server, "Rss"), memory_bytes(self.server)))
        if cut:
            self.stage.fleet(f"restore link {cut}")
        seconds = time.monotonic() - begin
        used = {p: 100 * (cpu_s(p) - used[p]) / seconds for p in pids}
        self.tell(used.pop(self.server), sum(used.values()))
        return self

    def stir(self, lines, cut):
        """Every other step a line falls, and comes back in the next."""
        if cut:
            self.stage.fleet(f"restore link {cut}")
            return None
        cut = next(lines)
        self.stage.fleet(f"cut link {cut}")
        return cut

    def tell(self, server, engine):
        figure(f"{self.name}_load_average", load_average(), "processes")
        figure(f"{self.name}_probe_lag_p50", quantile([a for a, _ in self.lag], 0.5), "us")
        figure(f"{self.name}_probe_lag_p99", quantile([b for _, b in self.lag], 0.5), "us")
        figure(f"{self.name}_probe_lag_p99_worst", max(b for _, b in self.lag), "us")
        figure(f"{self.name}_cpu_engine", engine, "%")
        figure(f"{self.name}_cpu_simpul_web", server, "%")


def judge_streams(result):
    """Did all readers get all there was?"""
    readers = result["readers"]
    got = [r["last"] - r["first"] for r in readers if r["last"] is not None]
    figure("streams_batches_per_reader", min(got, default=0), f"batches at least, {max(got, default=0)} at most")
    figure("streams_bytes_per_reader", quantile([r["bytes"] for r in readers], 0.5) / 1024, "KiB")
    faults = faults_of(result)
    if not ok(len(readers) == READERS and not faults, "every reader got every batch, once"):
        note("\n".join(faults[:10]))
    figure("streams_mute_ended", sum(m["ended"] for m in result["mutes"]), f"of {MUTES} that never read")


def judge_memory(stage, before, during):
    server = during.server
    figure("streams_memory_start_rss", mib(before[0]), "MiB")
    figure("streams_memory_start_pss", mib(before[1]), "MiB")
    for name, at in ("1_min", next((m for m in during.memory if m[0] >= 60), during.memory[-1])), ("end", during.memory[-1]):
        figure(f"streams_memory_{name}_rss", mib(at[1]), "MiB")
        figure(f"streams_memory_{name}_pss", mib(at[2]), "MiB")
    growth = mib(max(m[1] for m in during.memory) - before[0])
    figure("streams_memory_growth", growth, "MiB", f"<= {growth_mib(READERS, MUTES):.0f}")
    figure("streams_memory_in_kernel", mib(in_kernel(stage.port)), "MiB")
    ok(growth <= growth_mib(READERS, MUTES), f"memory of the process {server} is bounded")


def streams():
    note(f"streams: {READERS} that read, {MUTES} that never do; windows of {minutes:g} minutes: without, with, without")
    stage = Stage("streams", dist).start()
    await_files(stage, DEMO_LINES)
    stage.start_web()
    server = stage.children["simpul-web"].pid
    visitors = [visitor(stage) for _ in range(SESSIONS)]
    Window(stage, "alone_before").measure()
    files, memory = open_files(server), (memory_bytes(server, "Rss"), memory_bytes(server))
    batches, dropped = metric(stage, "batches_total"), metric(stage, "streams_dropped_total")
    crowd = Crowd(stage, stage.port, [v.cookie for v in visitors], READERS, MUTES)
    wait("all streams are open", lambda: crowd.is_complete() and metric(stage, "streams_opened_total") >= READERS + MUTES)
    during = Window(stage, "streams").measure()
    figure("streams_batches", metric(stage, "batches_total") - batches, "batches")
    figure("streams_open", metric(stage, "streams"), "streams")
    figure("streams_dropped", metric(stage, "streams_dropped_total") - dropped, "streams")
    judge_memory(stage, memory, during)
    probe = visitors[0].events()
    probe.next()
    wait("all readers are at the last batch", lambda: crowd.has_heard(int(probe.last_id.split("-")[1])))
    probe.close()
    result = crowd.end()
    figure("streams_cpu_of_the_readers", result["cpu_s"], "s, on the same cores")
    judge_streams(result)
    ok(wait("all is closed", lambda: open_files(server) <= files), "no file stays open")
    figure("streams_memory_after_rss", mib(memory_bytes(server, "Rss")), "MiB")
    Window(stage, "alone_after").measure()
    stage.close()


# ---- 5,000 sites ----

class City(Stage):
    """The door of Stage, for several nodes at once and without a subscriber."""

    def obey(self, verb, arg):
        for node in arg.split(","):
            self.fleet(f"{verb} site {node}")
        return time.time()


def pages(b, path):
    """The addresses of all pages of a list."""
    at, found = f"{path}?limit=500", []
    while True:
        found.append(at)
        cursor = b.get(at).doc["next"]
        if cursor is None:
            return found
        at = f"{path}?limit=500&cursor={cursor}"


def time_list(stage, visitors, name, path):
    """Each page in turn, by several sessions so that none asks too often."""
    took, size, bad = [], 0, 0
    every = itertools.cycle(pages(visitors[0], path))
    for v, at in zip(itertools.cycle(visitors), itertools.islice(every, ASKED)):
        begin = time.perf_counter()
        a = v.get(at)
        took.append(1000 * (time.perf_counter() - begin))
        bad += a.status != 200
        size = max(size, len(a.body))
    figure(f"list_{name}_p50", quantile(took, 0.5), "ms")
    figure(f"list_{name}_p95", quantile(took, 0.95), "ms", "<= 300")
    figure(f"list_{name}_longest", max(took), "ms")
    figure(f"list_{name}_page", size / 1024, "KiB")
    ok(not bad, f"{ASKED} requests for {path} are answered")


def lists(stage, name):
    visitors = [visitor(stage, keep=True) for _ in range(8)]
    figure(f"list_{name}_load_average", load_average(), "processes")
    time_list(stage, visitors, f"{name}_sites", "/api/v1/sites")
    time_list(stage, visitors, f"{name}_links", "/api/v1/links")
    for v in visitors:
        v.ask("DELETE", "/api/v1/session")


def streams_of_the_city(stage):
    """A batch of all its lines is large: those that do not read are soon behind."""
    server = stage.children["simpul-web"].pid
    visitors = [visitor(stage) for _ in range(4)]
    memory, dropped, kernel = memory_bytes(server, "Rss"), metric(stage, "streams_dropped_total"), 0
    crowd = Crowd(stage, stage.port, [v.cookie for v in visitors], MUTES, MUTES)
    begin = time.monotonic()
    while time.monotonic() - begin < min(120, 60 * minutes):
        time.sleep(STEP_S)
        kernel = max(kernel, in_kernel(stage.port))
    figure("city_streams_load_average", load_average(), "processes")
    figure("city_streams_dropped", metric(stage, "streams_dropped_total") - dropped, f"of {MUTES} that never read")
    figure("city_streams_memory_growth", mib(memory_bytes(server, "Rss") - memory), "MiB")
    figure("city_streams_memory_in_kernel", mib(kernel), "MiB")
    result = crowd.end()
    # A machine that is too slow for so much has its readers dropped, too.
    figure("city_streams_readers_dropped", len(faults_of(result)), f"of {MUTES} that read", "0")
    figure("city_streams_batch", sum(r["bytes"] for r in result["readers"]) / 1024 /
           max(1, sum(r["last"] - r["first"] for r in result["readers"])), "KiB")


def script_gzip():
    return sum(len(gzip.compress(open(os.path.join(dist, "assets", f), "rb").read(), 9))
               for f in os.listdir(os.path.join(dist, "assets")) if f.endswith(".js"))


def city():
    stage = City("city", dist)
    lines = make_city(stage, OFFICES)
    start_measuring(stage, lines)
    # The files of so many lines take a quarter of an hour; that they are being made meanwhile is in the engine's CPU alone.
    stage.start_web()
    sites = len(stage.items("site"))
    note(f"city: {sites} sites, {lines} lines, {os.cpu_count()} cores, of which the simulated WAN takes its share")
    stage.open_door()
    server, engine = stage.children["simpul-web"].pid, engine_pids(stage)
    refreshes, begin, used = metric(stage, "refreshes_total"), time.monotonic(), cpu_s(server)
    used_engine = sum(map(cpu_s, engine.values()))
    time.sleep(30)
    seconds = time.monotonic() - begin
    figure("city_cpu_simpul_web", 100 * (cpu_s(server) - used) / seconds, "%")
    figure("city_cpu_engine", 100 * (sum(map(cpu_s, engine.values())) - used_engine) / seconds, "%")
    figure("city_refresh_each", seconds / max(1, metric(stage, "refreshes_total") - refreshes), "s")
    figure("city_memory_simpul_web", mib(memory_bytes(server)), "MiB")
    lists(stage, "calm")
    nodes = [f"n{i:05d}" for i in range(1, FELL + 1)]
    stage.obey("cut", ",".join(nodes))
    lists(stage, "fall")
    stage.obey("restore", ",".join(nodes))
    wait("the city is well again", lambda: visitor(stage).get("/api/v1/summary").doc["counts"]["ok"] >= sites - 1)
    streams_of_the_city(stage)
    figure("first_load_javascript", script_gzip() / 1000, "kB gzip", "<= 90")
    figure("tiles_load_average", load_average(), "processes")
    described = json.dumps({**json.loads(stage.describe()), "names": {}, "sites": sites, "nodes": nodes})
    rc = subprocess.run(["node", os.path.join(SRC, "tests/bench/web.mjs")], env={**os.environ, "SIMPUL_STAGE": described,
                        "SIMPUL_WEB_MODULES": os.environ.get("SIMPUL_WEB_MODULES", web_modules())}).returncode
    ok(rc == 0, "the browser has shown the whole city")
    stage.close()


need_browser()
if not os.path.exists(os.path.join(dist, "index.html")):
    skip_all("the pages are not built")
if half in ("", "streams"):
    streams()
if half in ("", "city"):
    city()
done()
