#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the pages compute, by Node's own runner; no package is needed.
top=$(cd "${srcdir:-.}" && pwd)
command -v node >/dev/null || { echo "1..0 # SKIP no node"; exit 0; }
exec node --test --test-reporter=tap "$top"/dashboards/web/tests/*.test.js
