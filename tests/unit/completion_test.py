#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""etc/completion/simpulctl in a real bash: commands and options are those that simpulctl has, ids those of the engine."""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from played import BUILD, PATIENCE, SRC, Engine, done, note, ok, skip_all, wait

try:
    subprocess.run(["bash", "--version"], capture_output=True, check=True)
except OSError:
    skip_all("no bash")

IDS = {"site": ["s001", "s002", "node-1"], "link": ["s001-1", "s002-1", "s002-2", "node-1-1"], "device": ["s002-r1"],
       "incident": ["inc-12", "inc-7"]}
FILE = os.path.join(SRC, "etc/completion/simpulctl")


def listed(r):
    if "prefix" in r and r["kind"] == "incident":
        return {"ok": False, "code": "bad_request", "error": "incidents have no prefix"}
    return {"items": [{"id": i} for i in IDS[r["kind"]] if i.startswith(r.get("prefix") or "")][:r["limit"]], "next": None, "seq": 1}


directory = tempfile.mkdtemp(prefix="simpul-completion-")
path = os.path.join(directory, "sock")
engine = Engine(path, {"list": listed})
env = {**os.environ, "SIMPUL_SOCKET": path, "PATH": BUILD + ":" + os.environ["PATH"]}


def complete(*words, **extra):
    """What bash would offer for the last of the words after simpulctl."""
    r = subprocess.run(["bash", "--norc", "-c", 'source "$1"; shift; COMP_WORDS=(simpulctl "$@"); COMP_CWORD=$#; _simpulctl; '
                        '((${#COMPREPLY[@]})) && printf "%s\\n" "${COMPREPLY[@]}"; true', "-", FILE, *words],
                       capture_output=True, text=True, env={**env, **extra}, timeout=PATIENCE, cwd=directory)
    if r.stderr:
        note(r.stderr)
    return None if r.stderr else r.stdout.split()


def help_of(*words):
    return subprocess.run([os.path.join(BUILD, "simpulctl"), *words, "--help"], capture_output=True, text=True).stdout


# ---- commands and options ----

commands = re.findall(r"^  (\w+) +\w", help_of().split("\nExamples")[0], re.M)
ok(len(commands) > 10 and complete("") == commands, "the commands are those of simpulctl --help")
ok(complete("re") == ["recorder", "reload"], "those that begin so")
ok(complete("--") == ["--socket", "--json", "--version", "--help"], "options before a command")
for c in commands:
    options = re.search(r"^Options: (.*)$", help_of(c), re.M).group(1).split(", ")
    offered = complete(c, "--")
    if not ok(offered == options, f"{c}: the options are those that it reads"):
        note(f"{offered} {options}")
ok(complete("status", "") == ["sites", "links", "devices", "services", "incidents"], "words of a usage line stand for themselves")
ok(complete("status", "sites", "") == [], "nothing where nothing may follow")
ok(complete("fetch", "link/s001-1", "--cf", "M") == ["MIN", "MAX"] and complete("user", "add", "x", "--role", "n") == ["noc"], "values of options")
ok(complete("--json", "rel") == ["reload"], "options before the command are passed over")

# ---- ids ----

ok(complete("why", "s00") == ["s001-1", "s002-1", "s002-2", "s001", "s002", "s002-r1"], "ids come from the engine")
ok(complete("why", "inc-1") == ["inc-12"], "incidents, too")
ok(complete("why", "site/") == ["site/s001", "site/s002", "site/node-1"], "of one kind")
ok(complete("probe", "s002") == ["s002-1", "s002-2"], "lines and services only, where one of these is named")
ok(complete("ack", "") == ["inc-12", "inc-7"] and complete("ack", "inc-7", "") == [], "an incident, and then a note of one's own")
ok(complete("why", "s001", "") == [], "one object only, where one is named")
ok(complete("fetch", "") == ["link/", "host/", "service/"], "kinds of series")
ok(complete("fetch", "link/s002") == ["link/s002-1/", "link/s002-2/"] and complete("fetch", "host/s") == ["host/s002-r1/"], "then objects")
ok(complete("fetch", "link/s002-1/rtt_p5") == ["link/s002-1/rtt_p50_s"], "then values")
ok(complete("fetch", "link/s001-1/rx_bps", "--from", "-1h", "link/s001-1/tx_b") == ["link/s001-1/tx_bps"], "again and again")
ok(all(r["limit"] <= 200 for r in engine.asked), "never very many are asked for")
other = Engine(os.path.join(directory, "other"), {"list": lambda r: {"items": [{"id": "s0-other"}][:r["kind"] == "link"], "next": None}})
ok(complete("--socket", "other", "probe", "s") == ["s0-other"] and complete("--socket", "=", "other", "probe", "s") == ["s0-other"],
   "the engine that the line names is asked")
other.stop()
open(os.path.join(directory, "a.conf"), "w").close()
ok(complete("check", "a") == ["a.conf"] and complete("--socket", "so") == ["sock"], "files where a file is named")
engine.answers["list"] = lambda r: {"items": [{"id": "s001\n$(touch x)"}, {"id": "s00\x1b[2J"}, {"id": "s002"}] if r["kind"] == "link" else [],
                                    "next": None}
ok(complete("probe", "s0") == ["s002"] and not os.path.exists(os.path.join(directory, "x")), "what is no word is not offered")
ok(complete("why", "link/s0") == ["link/s002"], "nor a part of it")

# ---- engines that do not answer ----

engine.answers["list"] = lambda r: listed(r) if r["kind"] == "link" else None
ok(complete("why", "s00") == ["s001-1", "s002-1", "s002-2"], "an engine that stops answering: what has come so far")
engine.answers["list"] = listed
engine.stop()
ok(complete("why", "s") == [], "no engine: nothing, and not a word")

# ---- at a real prompt ----

engine.start()
master, slave = pty.openpty()
shell = subprocess.Popen(["bash", "--norc", "-i"], stdin=slave, stdout=slave, stderr=slave, env={**env, "TERM": "dumb", "PS1": "$ "},
                         start_new_session=True, cwd=directory)
seen = b""


def typed(text, expected):
    global seen
    os.write(master, text.encode())

    def come():
        global seen
        while select.select([master], [], [], 0)[0]:
            seen += os.read(master, 65536)
        return expected in seen.decode(errors="replace")
    return wait(come)


typed(f"source {FILE}; echo rea''dy\n", "ready")
ok(typed("simpulctl relo\t", "simpulctl reload "), "Tab completes a command")
typed("\x15echo a''gain\n", "again")
ok(typed("simpulctl fetch link/node\t", "link/node-1-1/") and typed("rx_bp\t", "link/node-1-1/rx_bps "), "and a series in its parts")
shell.kill()
shell.wait()
engine.stop()
shutil.rmtree(directory)
done()
