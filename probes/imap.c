/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * imap.c: can mail be read (RFC 9051): the greeting, CAPABILITY, if wanted STARTTLS and CAPABILITY again, LOGOUT.
 *
 * Copy this file to start a new probe of services: a step, which is a pure function of what has come; a judge, which tells
 * the facts; and the table.
 */
#include <strings.h>

#include "base/text.h"
#include "probes/dialog.h"

enum imap_state { IMAP_GREETING, IMAP_CAPABILITY, IMAP_STARTTLS, IMAP_SECURED };

struct imap {
	enum imap_state state;
	bool		starttls;	/* it offers it */
	char		banner[256];	/* made visible */
};

static bool
begins_with(const char *line, size_t len, const char *word)
{
	return len >= strlen(word) && strncasecmp(line, word, strlen(word)) == 0;
}

/* Is the word among those of this line, which are parted by blanks? */
static bool
line_has(const char *line, size_t len, const char *word)
{
	size_t at = 0, end, size = strlen(word);

	for (; at < len; at = end + 1) {
		for (end = at; end < len && line[end] != ' '; end++)
			;
		if (end - at == size && strncasecmp(line + at, word, size) == 0)
			return true;
	}
	return false;
}

static enum dialog_next
greeting_take(struct imap *s, struct dialog_io *io, const char *line, size_t len)
{
	if (!begins_with(line, len, "* OK ") && !begins_with(line, len, "* PREAUTH "))
		return dialog_bad_line(io, "the greeting * OK", line, len);
	text_visible(s->banner, sizeof(s->banner), line + 2, len - 2);
	buf_text(io->out, "a CAPABILITY\r\n");
	s->state = IMAP_CAPABILITY;
	return DIALOG_MORE;
}

static enum dialog_next
capability_take(struct imap *s, struct dialog_io *io, const char *line, size_t len)
{
	if (begins_with(line, len, "* CAPABILITY "))
		s->starttls = line_has(line, len, "STARTTLS");
	if (begins_with(line, len, "* "))
		return DIALOG_MORE;
	if (!begins_with(line, len, "a OK"))
		return dialog_bad_line(io, "OK to CAPABILITY", line, len);
	if (expect_has(io->expect, "starttls") && !io->tls) {
		if (!s->starttls)
			return dialog_bad(io, "it offers no STARTTLS");
		buf_text(io->out, "b STARTTLS\r\n");
		s->state = IMAP_STARTTLS;
		return DIALOG_MORE;
	}
	buf_text(io->out, "c LOGOUT\r\n");
	return DIALOG_DONE;
}

static enum dialog_next
starttls_take(struct imap *s, struct dialog_io *io, const char *line, size_t len)
{
	if (begins_with(line, len, "* "))
		return DIALOG_MORE;
	if (!begins_with(line, len, "b OK"))
		return dialog_bad_line(io, "OK to STARTTLS", line, len);
	s->state = IMAP_SECURED;
	return DIALOG_TLS;
}

static enum dialog_next
imap_step(void *state, struct dialog_io *io)
{
	struct imap    *s = state;
	enum dialog_next next = DIALOG_MORE;
	const char     *line;
	size_t		len;

	if (s->state == IMAP_SECURED) {
		buf_text(io->out, "a CAPABILITY\r\n");
		s->state = IMAP_CAPABILITY;
	}
	while (next == DIALOG_MORE && dialog_line(io, &line, &len))
		next = s->state == IMAP_GREETING ? greeting_take(s, io, line, len) :
		    s->state == IMAP_CAPABILITY	 ? capability_take(s, io, line, len) : starttls_take(s, io, line, len);
	return next;
}

static void
imap_judge(struct probe *p, struct dialog_result *r)
{
	dialog_banner(p, r, ((struct imap *)p->state)->banner);
}

/* ---- the table ---- */

static const struct metric imap_metrics[] = {
	PROBE_SERVICE_METRICS,
	{ 0 }
};

static const struct conf_opt imap_options[] = {
	{ "interval_s", CONF_NUMBER, "s", PROBE_INTERVAL_MIN_S, 3600, "60", .help = "Time between two questions." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, PROBE_ASKED_TIMEOUT_MAX_S, "10",
	  .help = "For all of it, from the name to the last reply." },
	{ 0 }
};

static const char *const imap_keys[] = { "banner=", "days=#", "starttls", "tls", NULL };

static const struct dialog_talk imap_talk = {
	.keys		= imap_keys,
	.port		= 143,
	.tls_port	= 993,
	.step		= imap_step,
	.judge		= imap_judge,
};

static int
imap_accepts(const char *ask, const char *expect, char *why, size_t size)
{
	return dialog_accepts(&imap_talk, ask, expect, why, size);
}

const struct probe_ops probe_imap = {
	.name		= "imap",
	.help		= "Ask a mailbox server (IMAP) for its greeting and what it can.",
	.metrics	= imap_metrics,
	.options	= imap_options,
	.starts		= 1,
	.asked		= true,
	.talk		= &imap_talk,
	.state_size	= sizeof(struct imap),
	.start		= dialog_start,
	.cancel		= dialog_cancel,
	.accepts	= imap_accepts,
};
