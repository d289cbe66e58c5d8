/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trouble.c: what is wrong, told to core and to the log at its edges.
 *
 * A file that cannot be read, made or written is put aside: it is tried again after a while that doubles with
 * each failure, and the others go on without it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/store.h"

#define TROUBLE_NS   (10 * NS_PER_S)	/* a text that only changes its figures is sent so often */
#define RETRY_MIN_NS (50 * NS_PER_S)	/* by the next checkpoint: that is when files are looked for */
#define RETRY_MAX_NS (600 * NS_PER_S)
#define DOUBLINGS    4			/* then RETRY_MAX_NS is reached */

/* ---- state for core ---- */

void
store_state_send(struct store *st)
{
	struct msg_store_state m = { .ok = 1 };
	int		       i;

	for (i = TROUBLES - 1; i >= 0; i--)
		if (st->trouble[i][0] != '\0') {
			m.ok = 0;
			text_copy(m.text, sizeof(m.text), st->trouble[i]);
		}
	st->trouble_sent_ns = loop_mono_ns(st->loop);
	st->state_due = st->core.ch != NULL &&
	    msg_store_state_send(st->core.ch, IPC_STORE_STATE, 0, &m, -1) == -1;
}

void
store_trouble(struct store *st, enum trouble which, const char *fmt, ...)
{
	bool	is_new = st->trouble[which][0] == '\0';
	char	text[sizeof(st->trouble[0])];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (strcmp(text, st->trouble[which]) == 0)
		return;
	memcpy(st->trouble[which], text, sizeof(text));
	/* The journal has said so itself, and of files each is named. */
	if (is_new && which != TROUBLE_JOURNAL && which != TROUBLE_FILES)
		log_warnx("%s", text);
	if (is_new || loop_mono_ns(st->loop) - st->trouble_sent_ns >= TROUBLE_NS)
		store_state_send(st);
}

void
store_trouble_over(struct store *st, enum trouble which)
{
	if (st->trouble[which][0] == '\0')
		return;
	log_debug("store", "over: %s", st->trouble[which]);
	st->trouble[which][0] = '\0';
	store_state_send(st);
}

/* ---- single files ---- */

static int64_t
retry_after(uint8_t failures)
{
	return failures > DOUBLINGS ? RETRY_MAX_NS : RETRY_MIN_NS << (failures - 1);
}

void
store_file_trouble(struct store *st, struct series *s, const char *what, const char *why)
{
	uint32_t left_out;
	char	 others[40] = "";

	if (s->failures == 0) {
		st->files_troubled++;
		if (log_limit_pass(&st->file_log, loop_mono_ns(st->loop), &left_out))
			log_warnx("cannot %s store/rrd/%s.rrd: %s; put aside, as %u before it",
			    what, s->ref, why, left_out);
	}
	if (s->failures < UINT8_MAX)
		s->failures++;
	s->retry_ns = loop_mono_ns(st->loop) + retry_after(s->failures);
	if (st->files_troubled > 1)
		snprintf(others, sizeof(others), " (and %zu other files)", st->files_troubled - 1);
	store_trouble(st, TROUBLE_FILES, "cannot %s store/rrd/%s.rrd: %.90s%s", what, s->ref, why, others);
}

/* The one that the text speaks of may be well again: name one that is not. */
static void
trouble_rename(struct store *st)
{
	size_t i;

	for (i = 0; st->series.list[i]->failures == 0; i++)
		;
	store_trouble(st, TROUBLE_FILES, "%zu files cannot be used, such as store/rrd/%s.rrd",
	    st->files_troubled, st->series.list[i]->ref);
}

void
store_file_well(struct store *st, struct series *s)
{
	if (s->failures == 0)
		return;
	s->failures = 0;
	if (--st->files_troubled > 0) {
		trouble_rename(st);
		return;
	}
	log_info("all files below store/rrd can be used again");
	store_trouble_over(st, TROUBLE_FILES);
}

bool
store_file_rests(const struct store *st, const struct series *s)
{
	return s->failures > 0 && loop_mono_ns(st->loop) < s->retry_ns;
}
