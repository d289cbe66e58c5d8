#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenes of scenes.mjs against all of Simpul: the simulated city, the engine, the web server, a browser."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "netns"))
from lab import skip_all  # noqa: E402
from stage import Stage, need_browser, web_modules  # noqa: E402

dist = os.path.abspath(os.environ.get("SIMPUL_DIST") or os.path.join(os.environ.get("builddir", "."), "dashboards/dist"))
need_browser()
if not os.path.exists(os.path.join(dist, "index.html")):
    skip_all("the pages are not built")
stage = Stage("web", dist).start()
stage.start_web()
stage.open_door()
test = os.path.join(os.path.dirname(os.path.abspath(__file__)), "whole.mjs")
rc = subprocess.run(["node", test, *sys.argv[1:]], env={**os.environ, "SIMPUL_STAGE": stage.describe(),
                    "SIMPUL_WEB_MODULES": os.environ.get("SIMPUL_WEB_MODULES", web_modules())}).returncode
stage.close()
sys.exit(rc)
