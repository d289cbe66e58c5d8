/* SPDX-License-Identifier: GPL-3.0-or-later */
/* uuid.c: see uuid.h. */
#include "base/uuid.h"

#include <inttypes.h>
#include <stdio.h>

char *
uuid7(struct loop *l, char *out)
{
	uint64_t ms = (uint64_t)(loop_wall_ns(l) / NS_PER_MS) & UINT64_C(0xffffffffffff), a = loop_random(l), b = loop_random(l);

	snprintf(out, UUID_TEXT_MAX, "%08" PRIx64 "-%04" PRIx64 "-7%03" PRIx64 "-%04" PRIx64 "-%012" PRIx64, ms >> 16,
	    ms & 0xffff, a & 0xfff, 0x8000 | (a >> 12 & 0x3fff), b & UINT64_C(0xffffffffffff));
	return out;
}
