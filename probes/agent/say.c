/* SPDX-License-Identifier: GPL-3.0-or-later */
/* say.c: see agent.h. */
#include "probes/agent/agent.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

static bool to_syslog, with_debug;

void
say_open(bool use_syslog, bool debug)
{
	to_syslog = use_syslog;
	with_debug = debug;
	if (use_syslog)
		openlog("simpul-agent", LOG_PID, LOG_DAEMON);
}

static void say_list(int level, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void
say_list(int level, const char *fmt, va_list ap)
{
	if (to_syslog) {
		vsyslog(level, fmt, ap);
		return;
	}
	fputs("simpul-agent: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void
say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_list(LOG_NOTICE, fmt, ap);
	va_end(ap);
}

void
say_debug(const char *fmt, ...)
{
	va_list ap;

	if (!with_debug)
		return;
	va_start(ap, fmt);
	say_list(LOG_DEBUG, fmt, ap);
	va_end(ap);
}

const char *
say_address(const struct home_address *a, char *out)
{
	if (a->family == 0 || inet_ntop(a->family == 6 ? AF_INET6 : AF_INET, a->byte, out, 64) == NULL)
		snprintf(out, 64, "none");
	return out;
}
