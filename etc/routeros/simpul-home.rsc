# SPDX-License-Identifier: GPL-3.0-or-later
# simpul-home.rsc: the least of a site that calls home, for RouterOS 7. It could not be tried on a router where it was written:
# read it, and try it by hand (the last line) before you rely on it.
#
# What it does: each minute it reports to the engine by HTTPS, as a job does. In services.csv its row is of kind push, with the
# name of its token's file in secrets/push as target, and every=1m|late=3m as expect: reports that do not come are told as late. The
# status is "ok", or "no answer" when none of five pings to a host of your choice comes back, which is told as failed.
#
# What it does not: RouterOS scripts can send no UDP and compute no HMAC, so there is no heartbeat each second, no loss and no
# delay both ways, and the line itself stays without a probe. Where the router can run containers (ARM, x86; RouterOS 7.4 and
# newer), or any other box stands at the site, run simpul-agent in its place: that is the probe "home".
#
# How: put your values into the first three lines of the script, upload this file, then	/import file-name=simpul-home.rsc
# The router must know who signed the engine's certificate:	/certificate import file-name=ca.pem

/system script
:if ([:len [find where name="simpul-home"]] > 0) do={ remove [find where name="simpul-home"] }
add name=simpul-home policy=read,write,test source={
	:local url "https://noc.example/push/s001-router"
	:local token "the token of that service"
	:local far "192.0.2.1"
	:local answered 0
	:local status "ok"
	:do {
		:set answered [/ping $far count=5]
	} on-error={ :log warning "simpul-home: cannot ping $far" }
	:if ($answered = 0) do={ :set status "no answer" }
	:do {
		/tool fetch url=$url mode=https http-method=post check-certificate=yes output=none http-header-field="Authorization: Bearer $token,Content-Type: application/json" http-data="{\"status\":\"$status\"}"
	} on-error={ :log warning "simpul-home: the engine did not take the report" }
}

/system scheduler
:if ([:len [find where name="simpul-home"]] > 0) do={ remove [find where name="simpul-home"] }
add name=simpul-home interval=1m on-event=simpul-home policy=read,write,test

# By hand:	/system script run simpul-home
