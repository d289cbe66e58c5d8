# SPDX-License-Identifier: GPL-3.0-or-later
# simpul-home.rsc: the least of a site that calls home, for RouterOS 7. It could not be tried on a router where it was written:
# read it, and try it by hand (the last line) before you rely on it.
#
# What it does: each minute it reports to the engine by HTTPS, as a job does (services.csv, kind push). A report that does not
# come is told as late. With it goes what the router knows of its line: its own address, octets, answers of a ping, uptime.
#
# What it does not: RouterOS scripts can send no UDP and compute no HMAC, so there is no heartbeat each second, no loss and no
# delay both ways, and the line itself stays without a probe. Where the router can run containers (ARM, x86; RouterOS 7.4 and
# newer), or any other box stands at the site, run simpul-agent in its place: that is the probe "home".
#
# How: put your values into the first four lines of the script, upload this file, then	/import file-name=simpul-home.rsc
# The router must know who signed the engine's certificate:	/certificate import file-name=ca.pem

/system script
:if ([:len [find where name="simpul-home"]] > 0) do={ remove [find where name="simpul-home"] }
add name=simpul-home policy=read,write,test source={
	:local url "https://noc.example/push/s001-router"
	:local token "the token of that service"
	:local wan "pppoe-out1"
	:local far "192.0.2.1"
	:local address "none"
	:local rx 0
	:local tx 0
	:local answered 0
	:do {
		:set address [/ip address get [find where interface=$wan] address]
		:set rx [/interface get $wan rx-byte]
		:set tx [/interface get $wan tx-byte]
	} on-error={ :log warning "simpul-home: no interface $wan, or no address on it" }
	:do {
		:set answered [/ping $far count=5]
	} on-error={ :log warning "simpul-home: cannot ping $far" }
	:local uptime [/system resource get uptime]
	:local text "$wan $address, rx $rx tx $tx octets, ping $answered of 5, up $uptime"
	:do {
		/tool fetch url=$url mode=https http-method=post check-certificate=yes output=none http-header-field="Authorization: Bearer $token,Content-Type: application/json" http-data="{\"status\":\"ok\",\"text\":\"$text\"}"
	} on-error={ :log warning "simpul-home: the engine did not take the report" }
}

/system scheduler
:if ([:len [find where name="simpul-home"]] > 0) do={ remove [find where name="simpul-home"] }
add name=simpul-home interval=1m on-event=simpul-home policy=read,write,test

# By hand:	/system script run simpul-home
