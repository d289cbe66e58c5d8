/* SPDX-License-Identifier: GPL-3.0-or-later */
/* records.c: see records.h. */
#include "ctl/records.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"

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

void
records_flush(struct records *rs)
{
	char detail[32];
	int  k;

	if (rs->loop == NULL)
		return;
	loop_timer_cancel(rs->loop, &rs->minute);
	for (k = 0; k < RECORD_KINDS; k++) {
		if (rs->kind[k].more == 0)
			continue;
		snprintf(detail, sizeof(detail), "{\"count\":%u}", (unsigned)rs->kind[k].more);
		ledger_audit(rs->ledger, loop_wall_ns(rs->loop), "others", record_kind_names[k], "", detail);
	}
	memset(rs->kind, 0, sizeof(rs->kind));
}

static void
minute_over(void *arg)
{
	records_flush(arg);
}

int
records_note(struct records *rs, struct loop *l, struct ledger *ledger, enum record_kind kind,
    const char *who, const char *object, const char *from)
{
	char	    detail[ADDR_TEXT_MAX + 16], text[ADDR_TEXT_MAX];
	struct addr a;

	rs->loop = l;
	rs->ledger = ledger;
	if (!loop_timer_is_set(&rs->minute))
		loop_timer_set(l, &rs->minute, loop_mono_ns(l) + MINUTE_NS, minute_over, rs);
	if (rs->kind[kind].written >= most[kind]) {
		rs->kind[kind].more++;
		return 0;
	}
	rs->kind[kind].written++;
	if (from != NULL && addr_parse(&a, from) == 0)
		snprintf(detail, sizeof(detail), "{\"from\":\"%s\"}", addr_text(&a, text));
	else
		snprintf(detail, sizeof(detail), "{}");
	return ledger_audit(ledger, loop_wall_ns(l), who, record_kind_names[kind], object, detail);
}
