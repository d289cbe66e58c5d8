/* SPDX-License-Identifier: GPL-3.0-or-later */
/* registry.c: every probe, in alphabetical order, one line each. */
#include "probes/probe.h"

#include <string.h>

extern const struct probe_ops probe_icmp, probe_tcp;

const struct probe_ops *const probe_registry[] = {
	&probe_icmp,
	&probe_tcp,
	NULL
};

const struct probe_ops *
probe_find(const char *name)
{
	size_t i;

	for (i = 0; probe_registry[i] != NULL; i++)
		if (strcmp(probe_registry[i]->name, name) == 0)
			return probe_registry[i];
	return NULL;
}
