#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The RouterOS script is well-formed as far as can be seen without a router: strings and braces close, every variable that is
used is declared, and each line begins with a command that RouterOS has."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import done, ok  # noqa: E402

SRC = os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "..", ".."))
COMMANDS = (":local", ":set", ":if", ":do", ":log", "/system script", "/system scheduler", "/tool fetch", "add ", "}")


def faults(text):
    """What is wrong, with its line; of a string only $variables are looked at."""
    found, depth, declared, in_string, opened = [], [], set(), False, 0
    line, i = 1, 0
    starts = True
    while i < len(text):
        c = text[i]
        if c == "\n":
            if in_string:
                found.append(f"{line}: a string does not end")
                in_string = False
            line += 1
            starts = True
        elif in_string and c == "\\":
            if text[i + 1:i + 2] not in tuple('"\\nrt$?_'):
                found.append(f"{line}: \\{text[i + 1:i + 2]} is no escape")
            i += 1
        elif c == '"':
            in_string = not in_string
            opened = line
            starts = False
        elif c == "$":
            name = re.match(r"\w*", text[i + 1:]).group()
            if name not in declared:
                found.append(f"{line}: ${name} is not declared")
        elif not in_string and c == "#" and starts:
            i = text.find("\n", i) - 1
        elif not in_string and starts and not c.isspace():
            starts = False
            rest = text[i:]
            if not rest.startswith(COMMANDS):
                found.append(f"{line}: begins with no command: {rest.split()[0]}")
            local = re.match(r":local (\w+)", rest)
            if local:
                declared.add(local.group(1))
            continue
        elif not in_string and c in "{[(":
            depth.append((c, line))
        elif not in_string and c in "}])":
            if not depth or "{[(".index(depth.pop()[0]) != "}])".index(c):
                found.append(f"{line}: {c} closes nothing")
        i += 1
    if in_string:
        found.append(f"{opened}: a string does not end")
    return found + [f"{at}: {c} is not closed" for c, at in depth]


with open(os.path.join(SRC, "etc/routeros/simpul-home.rsc"), encoding="utf-8") as f:
    script = f.read()
ok(not faults(script), "it is well-formed: " + "; ".join(faults(script)))
ok(all(ord(c) < 128 for c in script), "it is ASCII")
ok("check-certificate=yes" in script, "it checks who it talks to")
told = set(re.findall(r'\\"(\w+)\\":', script))
with open(os.path.join(SRC, "dashboards/api_push.c"), encoding="utf-8") as f:
    taken = set(re.findall(r'"(\w+)"', re.search(r"members\[\] = \{(.*?)\}", f.read()).group(1)))
ok(told and told <= taken, f"it says what is understood ({', '.join(sorted(told))})")
for what, broken in (("a brace", script.replace("}\n\n/system scheduler", "\n\n/system scheduler")),
                     ("a quote", script.replace('cannot ping $far"', "cannot ping $far")),
                     ("a declaration", script.replace(":local answered 0\n", "")),
                     ("a command", script.replace(":local far", ":lokal far"))):
    ok(broken != script and faults(broken), f"without {what} it is not")
done()
