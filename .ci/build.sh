# SPDX-License-Identifier: GPL-3.0-or-later
# build.sh: sourced by quickstart and check: find or install the packages, build into a folder below local/build.
# Needs `top` (the clone). Says what it does; on failure says what went wrong and what to do, and ends the script.

BUILD_PACKAGES="gcc make autoconf automake libtool pkg-config libsnmp-dev librrd-dev libmosquitto-dev libconfig-dev
	libevent-dev libsqlite3-dev libjansson-dev libseccomp-dev libcap-ng-dev libssl-dev
	libcrypt-dev libcurl4-openssl-dev libc-ares-dev libpcap-dev musl-tools"
RUN_PACKAGES="mosquitto mosquitto-clients snmp snmpd rrdtool iproute2 procps"
PAGES_PACKAGES="nodejs npm"	# to build the pages of simpul-web, which can do without; nothing of them runs later
CHECK_PACKAGES="python3 jq openssl clang libclang-rt-14-dev xz-utils chromium systemd groff-base
	nginx-light nsd opensmtpd dovecot-imapd dovecot-submissiond rtsp-server-perl postgresql mariadb-server-core chrony kamailio"

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

missing_packages() {
	local p
	for p in "$@"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed$' || printf '%s ' "$p"
	done
}

# Debian starts a service when its package is installed. We want the programs only: for the time of the installation, and
# unless the administrator has a policy of his own, services are told to stay down.
need_packages() {
	local missing sudo="" policy=/usr/sbin/policy-rc.d ours="" rc=0
	command -v dpkg-query >/dev/null || fail "this is not Debian: install these yourself, then run me again: $*"
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || fail "packages are missing and I am not root. Run as root: apt-get install $missing"
		sudo=sudo
	fi
	say "installing packages: $missing"
	if [ ! -e "$policy" ]; then
		# Also when interrupted: left behind, it would keep every service of this host down that is installed later.
		trap "$sudo rm -f $policy" EXIT
		printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
		$sudo chmod 755 "$policy"
		ours=$policy
	fi
	# A mirror that stumbles is asked again, and another apt that is at work is waited for.
	{ $sudo apt-get -o Acquire::Retries=3 update -qq &&
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
			install -y -qq --no-install-recommends $missing; } \
		>"$top/local/log/packages.log" 2>&1 || rc=$?
	[ -z "$ours" ] || { $sudo rm -f "$ours"; trap - EXIT; }
	[ "$rc" = 0 ] || { tail -n 5 "$top/local/log/packages.log" >&2
		fail "installing packages failed; all of its output: local/log/packages.log"; }
}

# Before build_into, which leaves the pages out when this does not succeed. Node of another source is as good.
want_page_packages() {
	command -v node >/dev/null && command -v npm >/dev/null || (need_packages $PAGES_PACKAGES)
}

# The parts of the pages come from npm's registry, which may be out of reach: then $no_pages says so.
fetch_pages() {	# NAME
	local dir="$top/local/build/$1" log="$top/local/log/pages-$1.log"
	make -C "$dir" page-modules >"$log" 2>&1 && return
	tail -n 5 "$log" >&2
	no_pages="npm could not fetch what they are made of; is $(npm config get registry) in reach? All of its output: local/log/pages-$1.log"
	rm -rf "$dir/dashboards/dist"	# those of older sources would be taken for these
}

# build_into NAME [configure argument ...]: leaves a built tree in local/build/NAME, and in $no_pages why it has no pages, or
# nothing.
build_into() {
	local name=$1 dir="$top/local/build/$1" log="$top/local/log/build-$1.log"
	shift
	no_pages=""
	command -v node >/dev/null && command -v npm >/dev/null || no_pages="there is no node or no npm (Debian: apt-get install $PAGES_PACKAGES)"
	if [ -n "$no_pages" ]; then
		set -- "$@" --disable-pages
	else
		set -- "$@" --enable-pages
	fi
	case $top in	# neither configure nor make can live there
	*[[:space:]]*) fail "the path of this clone has a space in it: $top. Move it to a path without one, then run me again" ;;
	esac
	mkdir -p "$dir"
	say "building into local/build/$name (progress in local/log/build-$name.log)"
	{
		if [ ! -x "$top/configure" ] || [ "$top/configure.ac" -nt "$top/configure" ]; then
			(cd "$top" && autoreconf -fi)
		fi &&
		if [ ! -e "$dir/config.status" ] || [ "$(cat "$dir/.arguments" 2>/dev/null)" != "$*" ]; then
			(cd "$dir" && "$top/configure" --quiet "$@" && printf '%s' "$*" >.arguments)
		fi
	} >"$log" 2>&1 || build_failed "$log"
	[ -n "$no_pages" ] || fetch_pages "$name"
	make -C "$dir" -j"$(nproc)" ${no_pages:+PAGES_BUILT=} >>"$log" 2>&1 || build_failed "$log"
	[ -z "$no_pages" ] || say "simpul-web is built WITHOUT ITS PAGES: $no_pages"
}

build_failed() {	# LOG
	tail -n 20 "$1" >&2
	fail "the build failed; all of its output: ${1#"$top/"}"
}
