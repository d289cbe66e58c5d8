/* SPDX-License-Identifier: GPL-3.0-or-later */
/* port.c: see port.h. Only who waits for a banner waits at all: an open port is answer enough. */
#include "probes/port.h"

#include <math.h>
#include <stdio.h>

#include "base/text.h"

static enum dialog_next
port_step(void *state, struct dialog_io *io)
{
	struct port   *s = state;
	const char    *wanted = expect_text(io->expect, "banner");
	size_t	       left = cursor_left(&io->in);
	const uint8_t *end = left > 0 ? memchr(io->in.p, '\n', left) : NULL;

	if (wanted == NULL)
		return DIALOG_DONE;
	if (end != NULL)
		left = (size_t)(end - io->in.p);
	if (left > 0 && io->in.p[left - 1] == '\r')
		left--;
	text_visible(s->banner, sizeof(s->banner), (const char *)io->in.p, left);
	if (left > 0 && memmem(io->in.p, left, wanted, strlen(wanted)) != NULL)
		return DIALOG_DONE;
	return end == NULL ? DIALOG_MORE : dialog_bad(io, "it says \"%.100s\", without \"%.60s\"", s->banner, wanted);
}

/* A port that should be shut: that it is makes a good end. */
static void
judge_shut(struct dialog_result *r, bool silence_will_do)
{
	if (r->end == DIALOG_GOOD) {
		snprintf(r->why, sizeof(r->why), "it takes the connection, which it should not");
	} else if (r->end == DIALOG_REFUSED || (silence_will_do && (r->end == DIALOG_SILENT || r->end == DIALOG_UNREACHABLE))) {
		if (r->end != DIALOG_REFUSED)
			r->total_s = NAN;
		r->end = DIALOG_GOOD;
		r->why[0] = '\0';
	}
}

static void
port_judge(struct probe *p, struct dialog_result *r)
{
	struct port *s = p->state;

	dialog_text(p, "banner", s->banner);
	if (expect_has(r->expect, "refused") || expect_has(r->expect, "closed"))
		judge_shut(r, expect_has(r->expect, "closed"));
}

static const char *const port_keys[] = { "banner=", "closed", "days=#", "refused", "tls", NULL };

const struct dialog_talk port_talk = {
	.keys	= port_keys,
	.step	= port_step,
	.judge	= port_judge,
};
