#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The pages in a browser, against a server that plays the API (fake.mjs).
top=$(cd "${srcdir:-.}" && pwd)
dist=${SIMPUL_DIST:-$PWD/dashboards/dist}
SIMPUL_WEB_MODULES=${SIMPUL_WEB_MODULES:-$PWD/dashboards/bundle}
export SIMPUL_WEB_MODULES
skip() { echo "1..0 # SKIP $*"; exit 0; }
[ -f "$dist/index.html" ] || skip "the pages are not built"
[ -d "$SIMPUL_WEB_MODULES/node_modules/playwright-core" ] || skip "no playwright-core"
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || skip "no chromium"
exec node "$top/tests/web/pages.mjs" "$dist"
