/* SPDX-License-Identifier: GPL-3.0-or-later */
/* registry.c: every probe, in alphabetical order, one line each. */
#include "probes/probe.h"

#include <string.h>

#define PROBES(X) \
	X(icmp)	  \
	X(tcp)

#define DECLARE(name) extern const struct probe_ops probe_##name;
PROBES(DECLARE)

#define OPS(name) &probe_##name,
const struct probe_ops *const probe_registry[] = { PROBES(OPS) NULL };

#define NAME(name) #name,
const char *const probe_names[] = { PROBES(NAME) NULL };

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
