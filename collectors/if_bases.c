/* SPDX-License-Identifier: GPL-3.0-or-later */
/* if_bases.c: see if_bases.h. Only a counter that the agent left out of an answer has a base of another PDU. */
#include "collectors/if_bases.h"

#include <stdlib.h>
#include <string.h>

void
if_bases_read(const struct if_bases *b, struct rate *rate)
{
	if (b->apart != NULL) {
		memcpy(rate, b->apart, IF_COUNTERS * sizeof(*rate));
		return;
	}
	memset(rate, 0, IF_COUNTERS * sizeof(*rate));
	for (unsigned i = 0; i < IF_COUNTERS; i++)
		if (b->known & 1u << i)
			rate[i].base = (struct rate_reading){
				.mono_ns = b->mono_ns, .value = b->value[i], .uptime_ticks = b->uptime_ticks,
				.discontinuity_ticks = b->discontinuity_ticks, .boots = b->boots,
				.has_discontinuity = b->has_discontinuity, .has_boots = b->has_boots,
				.bits = b->wide & 1u << i ? 64 : 32
			};
}

static bool
is_of_same_pdu(const struct rate_reading *a, const struct rate_reading *b)
{
	return a->mono_ns == b->mono_ns && a->uptime_ticks == b->uptime_ticks &&
	    a->discontinuity_ticks == b->discontinuity_ticks && a->boots == b->boots &&
	    a->has_discontinuity == b->has_discontinuity && a->has_boots == b->has_boots;
}

/* The first base, or NULL; *same: all others are of its PDU. */
static const struct rate_reading *
first_base(const struct rate *rate, bool *same)
{
	const struct rate_reading *first = NULL;

	*same = true;
	for (unsigned i = 0; i < IF_COUNTERS; i++)
		if (rate[i].base.bits != 0) {
			if (first == NULL)
				first = &rate[i].base;
			else if (!is_of_same_pdu(first, &rate[i].base))
				*same = false;
		}
	return first;
}

void
if_bases_write(struct if_bases *b, const struct rate *rate)
{
	bool			   same;
	const struct rate_reading *first = first_base(rate, &same);

	if (!same) {
		b->apart = xrealloc(b->apart, IF_COUNTERS, sizeof(*b->apart));
		memcpy(b->apart, rate, IF_COUNTERS * sizeof(*rate));
		return;
	}
	if_bases_fini(b);
	if (first == NULL)
		return;
	b->mono_ns = first->mono_ns;
	b->uptime_ticks = first->uptime_ticks;
	b->discontinuity_ticks = first->discontinuity_ticks;
	b->boots = first->boots;
	b->has_discontinuity = first->has_discontinuity;
	b->has_boots = first->has_boots;
	for (unsigned i = 0; i < IF_COUNTERS; i++) {
		if (rate[i].base.bits == 0)
			continue;
		b->known |= (uint8_t)(1u << i);
		if (rate[i].base.bits == 64)
			b->wide |= (uint8_t)(1u << i);
		b->value[i] = rate[i].base.value;
	}
}

void
if_bases_fini(struct if_bases *b)
{
	free(b->apart);
	*b = (struct if_bases){ 0 };
}
