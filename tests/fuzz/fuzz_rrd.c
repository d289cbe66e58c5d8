/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_rrd.c: the check of an RRD header. The first byte chooses the kind, the rest is the header; of a file that is
 * accepted the size must be what its rows need, and a whole minute of its last update.
 */
#include <stdlib.h>

#include "store/rrd_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const kinds[] = { "sensor", "service", "host", "port", "link" };
	const struct series_kind *kind;
	struct rrd_facts	  facts = { 0 };
	const char		 *why = NULL;

	if (size == 0)
		return 0;
	kind = series_kind_find(kinds[data[0] % nitems(kinds)]);
	/* A first look tells the size that would be right. */
	if (rrd_check(data + 1, size - 1, 0, kind, &facts, &why) == 0 || why == NULL)
		abort();
	if (strcmp(why, "size") != 0)
		return 0;
	if (rrd_check(data + 1, size - 1, facts.size, kind, &facts, &why) == -1)
		abort();
	if (facts.profile == NULL || facts.last_s % PROFILE_STEP_S != 0 || facts.size < 2048)
		abort();
	return 0;
}
