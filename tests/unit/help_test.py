#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""--help and the manual pages: every command and option stands in both, help teaches by example, the pages are well formed; and
what cannot be written is no success."""
import glob
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from played import BUILD, SRC, done, note, ok


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def page(name):
    with open(os.path.join(SRC, name), encoding="utf-8") as f:
        return f.read()


def has_option(text, option):
    """".Fl -json", also as part of an ".It" or ".Oo" line, or as "Fl c , -config"."""
    return re.search(rf"\bFl (\w , )?{re.escape(option[1:])}(?![\w-])", text)


# ---- simpulctl ----

ctl = os.path.join(BUILD, "simpulctl")
main = run(ctl, "--help")
manual = page("daemon/ctl/simpulctl.8")
commands = re.findall(r"^  (\w+) +\w", main.stdout.split("\nExamples")[0], re.M)
ok(main.returncode == 0 and len(commands) > 10 and not main.stderr, "simpulctl --help lists the commands")
ok(all(has_option(manual, o) for o in ("--json", "--socket", "--help", "--version")), "simpulctl.8 has the options of all commands")
for words in (["--help"], ["help"], ["--version"], ["status", "--help"], ["probes"]):
    with open("/dev/full", "wb") as full:
        r = subprocess.run([ctl, *words], stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    ok(r.returncode == 1 and "written whole: No space left" in r.stderr, f"{' '.join(words)} on a full disk is no success")
reader, writer = os.pipe()
os.close(reader)
r = subprocess.run([ctl, "--help"], stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE, text=True, check=False, restore_signals=False)
os.close(writer)
ok(r.returncode == 1 and "written whole: Broken pipe" in r.stderr, "nor is it where nobody reads any more and SIGPIPE is ignored")
for c in commands:
    r = run(ctl, c, "--help")
    ok(r.returncode == 0 and re.search(rf"^  .*\bsimpulctl {c}\b", r.stdout, re.M), f"{c} --help has an example")
    entry = re.search(rf"^\.It Cm {c}\b.*?(?=^\.It Cm|^\.El)", manual, re.M | re.S)
    if not ok(entry, f"{c} stands in simpulctl.8"):
        continue
    own = set(re.search(r"^Options: (.*)$", r.stdout, re.M).group(1).split(", ")) - {"--json", "--socket", "--help"}
    missing = [o for o in sorted(own) if not has_option(entry.group(0), o)]
    ok(not missing, f"and all of its options: {' '.join(sorted(own)) or 'none'}")
    note(" ".join(missing))

for name in ("README.md", "docs/first-steps.md"):
    # "simpulctl status": in code, and not "simpulctl: status, why" or "simpulctl --help"
    named = set(re.findall(r"(?:^ {4}.*|`)simpulctl (?:--json )?(\w+)", page(name), re.M))
    ok(named and named <= set(commands), f"{name} names only commands that there are")
    note(" ".join(sorted(named - set(commands))))

# ---- the daemons ----

for program, man in (("simpuld", "daemon/simpuld.8"), ("simpul-web", "dashboards/simpul-web.8")):
    if not os.path.exists(os.path.join(BUILD, program)):
        continue
    r = run(os.path.join(BUILD, program), "--help")
    options = re.findall(r"^ .*?(--[a-z-]+)", r.stdout.split("\nExample")[0], re.M)
    missing = [o for o in options if not has_option(page(man), o)]
    ok(r.returncode == 0 and len(options) > 4 and not missing, f"{program}: the options of --help stand in its manual page")
    note(" ".join(missing))
    ok(re.search(rf"^Example[\s\S]*\b{program} -", r.stdout, re.M), f"{program} --help has examples")
r = run(os.path.join(BUILD, "simpul-fleet"), "--help")
ok(r.returncode == 0 and "xample" in r.stdout, "simpul-fleet --help has examples")

# ---- all pages ----

pages = sorted(glob.glob(os.path.join(SRC, "daemon/**/*.8"), recursive=True) + glob.glob(os.path.join(SRC, "dashboards/*.8")) +
               glob.glob(os.path.join(BUILD, "etc/*.5")))
names = {os.path.basename(p) for p in pages}
ok({"simpulctl.8", "simpuld.8", "simpuld.conf.5", "simpul-inventory.5"} <= names, "every program and file has a page")
for p in pages:
    with open(p, encoding="utf-8") as f:
        text = f.read()
    others = [f"{n}.{s}" for n, s in re.findall(r"^\.Xr (simpul[\w.-]*) (\d)", text, re.M)]
    lost = [o for o in others if o not in names]
    ok(not lost, f"{os.path.basename(p)} refers to pages that there are")
    note(" ".join(lost))
    if shutil.which("groff"):
        # A long path of this build is no fault of the page ("break").
        r = run("groff", "-mdoc", "-Tutf8", "-ww", "-W", "break", "-z", p)
        ok(r.returncode == 0 and not r.stderr, f"{os.path.basename(p)} is well formed")
        note(r.stderr)
done()
