/* SPDX-License-Identifier: GPL-3.0-or-later */
/* refusals.c: see refusals.h. */
#include "ctl/refusals.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define MINUTE_NS (60 * NS_PER_S)

/*
 * uid -1: not known, or several. That it cannot be written is logged by the ledger; the request is refused
 * all the same.
 */
static void
entry_write(const struct refusals *rs, const char *who, const char *op, uint32_t count, uid_t uid)
{
	char detail[64];

	if (uid != (uid_t)-1)
		snprintf(detail, sizeof(detail), "{\"uid\":%u,\"count\":%u}", (unsigned)uid, (unsigned)count);
	else
		snprintf(detail, sizeof(detail), "{\"count\":%u}", (unsigned)count);
	ledger_audit(rs->ledger, loop_wall_ns(rs->loop), who, "refused", op, detail);
}

void
refusals_flush(struct refusals *rs)
{
	const struct refusal *r;

	if (rs->loop == NULL)
		return;
	loop_timer_cancel(rs->loop, &rs->minute);
	for (r = rs->seen; r < rs->seen + rs->n; r++)
		if (r->more > 0)
			entry_write(rs, r->who, r->op, r->more, r->uid);
	for (r = rs->seen; r < rs->seen + rs->n; r++)
		if (r->rest > 0)
			entry_write(rs, "others", "", r->rest, r->uid);
	if (rs->others > 0)
		entry_write(rs, "others", "", rs->others, (uid_t)-1);
	rs->n = 0;
	rs->others = 0;
}

static void
minute_over(void *arg)
{
	refusals_flush(arg);
}

static struct refusal *
refusal_find(struct refusals *rs, uid_t uid, const char *who, const char *op)
{
	struct refusal *r;

	for (r = rs->seen; r < rs->seen + rs->n; r++)
		if (r->uid == uid && strcmp(r->op, op) == 0 && strcmp(r->who, who) == 0)
			return r;
	return NULL;
}

/* @return the first place of a peer that has all it may have, else NULL */
static struct refusal *
full_peer(struct refusals *rs, uid_t uid)
{
	struct refusal *r, *first = NULL;
	size_t		n = 0;

	for (r = rs->seen; r < rs->seen + rs->n; r++)
		if (r->uid == uid && n++ == 0)
			first = r;
	return n >= REFUSALS_PEER_MAX ? first : NULL;
}

void
refusals_note(struct refusals *rs, struct loop *l, struct ledger *ledger, uid_t uid, const char *who,
    const char *op)
{
	struct refusal *r = refusal_find(rs, uid, who, op);

	rs->loop = l;
	rs->ledger = ledger;
	if (!loop_timer_is_set(&rs->minute))
		loop_timer_set(l, &rs->minute, loop_mono_ns(l) + MINUTE_NS, minute_over, rs);
	if (r != NULL) {
		r->more++;
	} else if ((r = full_peer(rs, uid)) != NULL) {
		r->rest++;
	} else if (rs->n == REFUSALS_MAX) {
		rs->others++;
	} else {
		r = &rs->seen[rs->n++];
		*r = (struct refusal){ .uid = uid, .op = op };
		text_copy(r->who, sizeof(r->who), who);
		entry_write(rs, r->who, op, 1, uid);
	}
}
