/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pairs.c: see pairs.h. */
#include "proc/pairs.h"

static const struct {
	enum process_kind a, b;
} pairs[] = {
	{ PROCESS_MEASURE, PROCESS_STORE },
	{ PROCESS_MEASURE, PROCESS_CORE },
	{ PROCESS_CORE, PROCESS_STORE },
	{ PROCESS_CORE, PROCESS_PUBLISH },
	{ PROCESS_CORE, PROCESS_TRAP },
	{ PROCESS_CORE, PROCESS_CAPTURE },
};

/* More is trusted more. */
static const int trust[PROCESSES] = {
	[PROCESS_PARENT] = 5, [PROCESS_CORE] = 4, [PROCESS_STORE] = 3, [PROCESS_PUBLISH] = 2,
	[PROCESS_MEASURE] = 2, [PROCESS_TRAP] = 1, [PROCESS_CAPTURE] = 1, [PROCESS_CHECK] = 1,
};

bool
pairs_speak(enum process_kind a, enum process_kind b)
{
	size_t i;

	for (i = 0; i < nitems(pairs); i++)
		if ((pairs[i].a == a && pairs[i].b == b) || (pairs[i].a == b && pairs[i].b == a))
			return true;
	return false;
}

bool
pairs_trust_more(enum process_kind a, enum process_kind b)
{
	return trust[a] > trust[b];
}
