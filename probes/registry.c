/* SPDX-License-Identifier: GPL-3.0-or-later */
/* registry.c: every probe, in alphabetical order, one line each. */
#include "probes/probe.h"

#include <string.h>

/* X(its name, can measure a line, can ask a service): as its table says, checked by tables_test */
#define PROBES(X)	\
	X(broker, 0, 1) \
	X(dns, 0, 1) \
	X(home, 1, 0) \
	X(http, 0, 1) \
	X(icmp, 1, 0) \
	X(imap, 0, 1) \
	X(mysql, 0, 1) \
	X(ntp, 0, 1) \
	X(postgresql, 0, 1) \
	X(rtsp, 0, 1) \
	X(sip, 0, 1) \
	X(smtp, 0, 1) \
	X(tcp, 1, 1) \
	X(tls, 0, 1)

#define DECLARE(name, line, asked) extern const struct probe_ops probe_##name;
PROBES(DECLARE)

#define OPS(name, line, asked) &probe_##name,
const struct probe_ops *const probe_registry[] = { PROBES(OPS) NULL };

#define IF_0(text)
#define IF_1(text) text,
#define LINE(name, line, asked) IF_##line(#name)
const char *const probe_line_names[] = { PROBES(LINE) NULL };
#define ASKED(name, line, asked) IF_##asked(#name)
const char *const probe_service_names[] = { PROBES(ASKED) NULL };

_Static_assert(nitems(probe_registry) <= PROBES_MAX + 1, "room in probe_engine and in the schema");

const struct probe_ops *
probe_find(const char *name)
{
	size_t i;

	for (i = 0; probe_registry[i] != NULL; i++)
		if (strcmp(probe_registry[i]->name, name) == 0)
			return probe_registry[i];
	return NULL;
}

bool
probe_has_option(const struct probe_ops *ops, const char *key)
{
	const struct conf_opt *o;

	for (o = ops->options; o->key != NULL; o++)
		if (strcmp(o->key, key) == 0)
			return true;
	return false;
}
