/* SPDX-License-Identifier: GPL-3.0-or-later */
/* records.c: see records.h. */
#include "ctl/records.h"

#include <stdio.h>
#include <string.h>

#define MINUTE_NS (60 * NS_PER_S)

const char *const record_kind_names[RECORD_KINDS + 1] = {
	"login", "login_failed", "logout", "password", "refused", NULL
};

static const uint32_t most[RECORD_KINDS] = {
	RECORDS_OF_USERS, RECORDS_OF_STRANGERS, RECORDS_OF_USERS, RECORDS_OF_USERS, RECORDS_OF_STRANGERS
};

enum record_kind
record_kind_of(const char *name)
{
	int k;

	for (k = 0; k < RECORD_KINDS && strcmp(record_kind_names[k], name) != 0; k++)
		;
	return (enum record_kind)k;
}

/* @param count  0: it is a single one */
static int
entry_write(const struct records *rs, const char *who, enum record_kind kind, const char *object,
    const struct addr *from, uint32_t count)
{
	char detail[ADDR_TEXT_MAX + 48], addr[ADDR_TEXT_MAX], at[ADDR_TEXT_MAX + 12] = "", times[24] = "";

	if (from->family != 0)
		snprintf(at, sizeof(at), "\"from\":\"%s\"", addr_text(from, addr));
	if (count > 0)
		snprintf(times, sizeof(times), "%s\"count\":%u", at[0] != '\0' ? "," : "", (unsigned)count);
	snprintf(detail, sizeof(detail), "{%s%s}", at, times);
	return ledger_audit(rs->ledger, loop_wall_ns(rs->loop), who, record_kind_names[kind], object, detail);
}

void
records_flush(struct records *rs)
{
	const struct addr    nowhere = { 0 };
	const struct record *r;
	int		     k;

	if (rs->loop == NULL)
		return;
	loop_timer_cancel(rs->loop, &rs->minute);
	for (r = rs->seen; r < rs->seen + rs->n; r++)
		if (r->more > 0)
			entry_write(rs, r->who, r->kind, r->object, &r->place, r->more);
	for (k = 0; k < RECORD_KINDS; k++)
		if (rs->kind[k].more > 0)
			entry_write(rs, "others", (enum record_kind)k, "", &nowhere, rs->kind[k].more);
	rs->n = 0;
	memset(rs->kind, 0, sizeof(rs->kind));
}

static void
minute_over(void *arg)
{
	records_flush(arg);
}

static struct record *
record_find(struct records *rs, enum record_kind kind, const char *who, const char *object,
    const struct addr *place)
{
	struct record *r;

	for (r = rs->seen; r < rs->seen + rs->n; r++)
		if (r->kind == kind && addr_equal(&r->place, place) && strcmp(r->who, who) == 0 &&
		    strcmp(r->object, object) == 0)
			return r;
	return NULL;
}

int
records_note(struct records *rs, struct loop *l, struct ledger *ledger, enum record_kind kind,
    const char *who, const char *object, const char *from)
{
	struct addr    a = { 0 }, place = { 0 };
	struct record *r;

	rs->loop = l;
	rs->ledger = ledger;
	if (!loop_timer_is_set(&rs->minute))
		loop_timer_set(l, &rs->minute, loop_mono_ns(l) + MINUTE_NS, minute_over, rs);
	if (from != NULL && addr_parse(&a, from) == 0)
		place = addr_place(&a);
	if ((r = record_find(rs, kind, who, object, &place)) != NULL) {
		r->more++;
		return 0;
	}
	if (rs->kind[kind].written >= most[kind]) {
		rs->kind[kind].more++;
		return 0;
	}
	rs->kind[kind].written++;
	r = &rs->seen[rs->n++];
	*r = (struct record){ .kind = kind, .place = place };
	text_copy(r->who, sizeof(r->who), who);
	text_copy(r->object, sizeof(r->object), object);
	return entry_write(rs, who, kind, object, &a, 0);
}
