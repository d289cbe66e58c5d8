/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * smtp.c: does a mail server take mail (RFC 5321): its greeting, EHLO, if wanted STARTTLS (RFC 3207) and EHLO again, QUIT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/text.h"
#include "probes/dialog.h"

enum smtp_state { SMTP_GREETING, SMTP_EHLO, SMTP_STARTTLS, SMTP_SECURED };

struct smtp {
	enum smtp_state state;
	bool		starttls;	/* it offers it */
	char		banner[256];	/* made visible */
};

/* "250-text" or "250 text". @return the code, or 0 when it is no reply; *last: nothing of it follows */
static int
reply_read(const char *line, size_t len, bool *last)
{
	size_t i;

	if (len < 3 || (len > 3 && line[3] != ' ' && line[3] != '-'))
		return 0;
	for (i = 0; i < 3; i++)
		if (line[i] < '0' || line[i] > '9')
			return 0;
	*last = len == 3 || line[3] == ' ';
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/* Our name is our address: it can be seen, and it needs no other. */
static void
say_hello(struct smtp *s, struct dialog_io *io)
{
	char text[ADDR_TEXT_MAX];

	buf_printf(io->out, "EHLO [%s%s]\r\n", io->local.family == 6 ? "IPv6:" : "", addr_text(&io->local, text));
	s->state = SMTP_EHLO;
}

static enum dialog_next
hello_is_over(struct smtp *s, struct dialog_io *io)
{
	if (expect_has(io->expect, "starttls") && !io->tls) {
		if (!s->starttls)
			return dialog_bad(io, "it offers no STARTTLS");
		buf_text(io->out, "STARTTLS\r\n");
		s->state = SMTP_STARTTLS;
		return DIALOG_MORE;
	}
	buf_text(io->out, "QUIT\r\n");
	return DIALOG_DONE;
}

static enum dialog_next
reply_take(struct smtp *s, struct dialog_io *io, const char *line, size_t len)
{
	static const int wanted[] = { [SMTP_GREETING] = 220, [SMTP_EHLO] = 250, [SMTP_STARTTLS] = 220 };
	static const char *const due[] = { [SMTP_GREETING] = "the greeting 220", [SMTP_EHLO] = "250 to EHLO",
		[SMTP_STARTTLS] = "220 to STARTTLS" };
	bool last = false;

	if (reply_read(line, len, &last) != wanted[s->state])
		return dialog_bad_line(io, due[s->state], line, len);
	if (s->state == SMTP_GREETING && s->banner[0] == '\0' && len > 4)
		text_visible(s->banner, sizeof(s->banner), line + 4, len - 4);
	if (s->state == SMTP_EHLO && len == 12 && strncasecmp(line + 4, "STARTTLS", 8) == 0)
		s->starttls = true;
	if (!last)
		return DIALOG_MORE;
	if (s->state == SMTP_EHLO)
		return hello_is_over(s, io);
	if (s->state == SMTP_GREETING) {
		say_hello(s, io);
		return DIALOG_MORE;
	}
	s->state = SMTP_SECURED;
	return DIALOG_TLS;
}

static enum dialog_next
smtp_step(void *state, struct dialog_io *io)
{
	struct smtp    *s = state;
	enum dialog_next next = DIALOG_MORE;
	const char     *line;
	size_t		len;

	if (s->state == SMTP_SECURED)
		say_hello(s, io);
	while (next == DIALOG_MORE && dialog_line(io, &line, &len))
		next = reply_take(s, io, line, len);
	return next;
}

static void
smtp_judge(struct probe *p, struct dialog_result *r)
{
	dialog_banner(p, r, ((struct smtp *)p->state)->banner);
}

/* ---- the table ---- */

static const struct metric smtp_metrics[] = {
	PROBE_SERVICE_METRICS,
	{ 0 }
};

static const struct conf_opt smtp_options[] = {
	{ "interval_s", CONF_NUMBER, "s", PROBE_INTERVAL_MIN_S, 3600, "60", .help = "Time between two questions." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, PROBE_ASKED_TIMEOUT_MAX_S, "10",
	  .help = "For all of it, from the name to the last reply." },
	{ 0 }
};

static const char *const smtp_keys[] = { "banner=", "days=#", "starttls", "tls", NULL };

static const struct dialog_talk smtp_talk = {
	.keys		= smtp_keys,
	.port		= 25,
	.tls_port	= 465,
	.step		= smtp_step,
	.judge		= smtp_judge,
};

static int
smtp_accepts(const char *ask, const char *expect, char *why, size_t size)
{
	return dialog_accepts(&smtp_talk, ask, expect, why, size);
}

const struct probe_ops probe_smtp = {
	.name		= "smtp",
	.help		= "Ask a mail server (SMTP) for its greeting and what it offers.",
	.metrics	= smtp_metrics,
	.options	= smtp_options,
	.starts		= 1,
	.asked		= true,
	.talk		= &smtp_talk,
	.state_size	= sizeof(struct smtp),
	.start		= dialog_start,
	.cancel		= dialog_cancel,
	.accepts	= smtp_accepts,
};
