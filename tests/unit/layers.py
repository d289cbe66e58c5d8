#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""layers.py: the folders form layers (docs/design.md): each includes only headers of its own and of those before it."""

import glob
import os
import re

LAYERS = ["base", "ipc", "model", "sample", "schedule", "rules", "ledger", "store", "publish", "probes", "collectors", "trap",
          "live", "alert", "core", "ctl", "proc", "dashboards"]

# Outside daemon/.
TOP = ("probes", "collectors", "dashboards")

# `simpulctl check` runs the check process, `simpulctl user` edits the web server's users, `simpulctl complete` knows their
# roles: the client's side of ctl/ stands on top of all.
ALLOWED = {("daemon/ctl/cmd_check.c", "proc/check.h"), ("daemon/ctl/cmd_user.c", "dashboards/users.h"),
           ("daemon/ctl/cmd_complete.c", "dashboards/users.h")}


def layer(path):
    """Its folder below daemon/, or that of a plug-in; None for a header of the build."""
    first = path.removeprefix("daemon/").split("/")[0]
    return first if first in LAYERS else None


def wrong_includes(folder):
    """Each include of a later layer, as "file: header"."""
    for path in sorted(glob.glob(f"{folder}/**/*.[ch]", recursive=True)):
        with open(path, encoding="utf-8") as f:
            for header in re.findall(r'^#include "(.+/.+)"', f.read(), re.MULTILINE):
                there = layer(header)
                if there is not None and LAYERS.index(there) > LAYERS.index(layer(path)) and \
                        (path, header) not in ALLOWED:
                    yield f"{path}: {header}"


def main():
    os.chdir(os.environ.get("srcdir", "."))
    print(f"1..{len(LAYERS)}")
    for n, name in enumerate(LAYERS, 1):
        folder = name if name in TOP else f"daemon/{name}"
        wrong = list(wrong_includes(folder))
        if not glob.glob(f"{folder}/*.c"):
            wrong.append(f"{folder}: no such folder")
        print("ok" if not wrong else "not ok", n, f"- {folder} includes only what is below it")
        for line in wrong:
            print(f"# {line}")


main()
