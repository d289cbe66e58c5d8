#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The types that the comments of the pages name, checked by TypeScript in the copy that make has bundled.
work=${SIMPUL_WEB_MODULES:-$PWD/dashboards/bundle}
[ -x "$work/node_modules/.bin/tsc" ] && [ -d "$work/src" ] || { echo "1..0 # SKIP the pages are not built"; exit 0; }
echo 1..1
if found=$("$work/node_modules/.bin/tsc" -p "$work" 2>&1); then
	echo "ok 1 - the types of the pages fit"
else
	echo "not ok 1 - the types of the pages fit"
	printf '%s\n' "$found" | sed 's/^/# /'
	exit 1
fi
