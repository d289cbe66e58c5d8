/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dialog_step.c: what the steps of the probes use, and what is made of how a conversation ended. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "probes/dialog.h"

bool
dialog_line(struct dialog_io *io, const char **line, size_t *len)
{
	size_t	       left = cursor_left(&io->in);
	const uint8_t *end = left > 0 ? memchr(io->in.p, '\n', left) : NULL;

	if (end == NULL)
		return false;
	*len = (size_t)(end - io->in.p);
	*line = (const char *)cursor_bytes(&io->in, *len + 1);
	if (*len > 0 && (*line)[*len - 1] == '\r')
		(*len)--;
	return true;
}

enum dialog_next
dialog_bad(struct dialog_io *io, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(io->why, sizeof(io->why), fmt, ap);
	va_end(ap);
	return DIALOG_BAD;
}

void
dialog_keep(char *out, size_t size, const void *text, size_t len)
{
	text_visible(out, size, text, len);
}

void
dialog_answer(struct probe *p, const struct dialog_result *r, const char *why)
{
	bool		    good = r->end == DIALOG_GOOD && (why == NULL || why[0] == '\0');
	struct probe_answer a = {
		.quality = good ? QUALITY_GOOD : r->end == DIALOG_UNASKED ? QUALITY_UNKNOWN : QUALITY_LOST,
		.silent = r->end == DIALOG_SILENT, .total_s = r->total_s, .ttfb_s = r->ttfb_s,
		.why = r->end != DIALOG_GOOD ? r->why : why,
	};

	if (isfinite(r->connect_s))
		probe_fact(p, "connect_s", r->connect_s, NULL);
	if (isfinite(r->tls_s))
		probe_fact(p, "tls_s", r->tls_s, NULL);
	if (r->protocol != NULL)
		probe_fact(p, "protocol", NAN, r->protocol);
	if (isfinite(r->cert_days))
		probe_fact(p, "cert_days", r->cert_days, NULL);
	probe_answer(p, &a);
}
