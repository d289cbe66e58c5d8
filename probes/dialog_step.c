/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dialog_step.c: what the steps and judges of the probes share; words in, facts out. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "probes/dialog.h"
#include "probes/dialog_tls.h"

#define REASON_MAX sizeof(((struct msg_target_state *)NULL)->reason)

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

enum dialog_next
dialog_bad_line(struct dialog_io *io, const char *wanted, const char *line, size_t len)
{
	char shown[100];

	text_visible(shown, sizeof(shown), line, len);
	return dialog_bad(io, "it says \"%s\" where %s is due", shown, wanted);
}

bool
dialog_secret(const struct dialog_io *io, const char *word, char *out, size_t size)
{
	const char *line = io->secret;
	size_t	    len = strlen(word), end;

	for (; line != NULL && *line != '\0'; line += end + (line[end] == '\n')) {
		end = strcspn(line, "\n");
		if (strncmp(line, word, len) != 0 || line[len] != ' ')
			continue;
		if (end - len - 1 >= size)
			return false;
		memcpy(out, line + len + 1, end - len - 1);
		out[end - len - 1] = '\0';
		return true;
	}
	return false;
}

void
dialog_number(struct probe *p, const char *name, double value)
{
	if (isfinite(value))
		probe_fact(p, name, value, NULL);
}

void
dialog_text(struct probe *p, const char *name, const char *text)
{
	if (text[0] != '\0')
		probe_fact(p, name, NAN, text);
}

void
dialog_banner(struct probe *p, struct dialog_result *r, const char *banner)
{
	const char *wanted = expect_text(r->expect, "banner");

	dialog_text(p, "banner", banner);
	if (r->end == DIALOG_GOOD && r->why[0] == '\0' && wanted != NULL && strstr(banner, wanted) == NULL)
		snprintf(r->why, sizeof(r->why), "it says \"%.100s\", without \"%.100s\"", banner, wanted);
}

/* ---- files ---- */

#define CA_BYTES_MAX (64u << 10)

ssize_t
dialog_file(struct probe *p, const char *name, char *buf, size_t size, char *why, size_t why_size)
{
	ssize_t n = secret_read(p->engine->secrets_fd, "secrets/probes", name, buf, size, why, why_size);

	if (n == (ssize_t)size) {
		snprintf(why, why_size, "secrets/probes/%s is too long", name);
		n = -1;
	}
	if (n >= 0)
		buf[n] = '\0';
	return n;
}

struct dialog_trust *
dialog_ca(struct probe *p, const struct expect *x, char *why, size_t size)
{
	const char	    *name = expect_text(x, "ca");
	struct dialog_trust *t = NULL;
	char		    *pem;
	ssize_t		     n;

	if (name == NULL)
		return NULL;
	pem = xcalloc(1, CA_BYTES_MAX);
	n = dialog_file(p, name, pem, CA_BYTES_MAX, why, size);
	if (n >= 0 && (t = dialog_trust_of(pem, (size_t)n)) == NULL)
		snprintf(why, size, "secrets/probes/%s holds no certificate in PEM", name);
	free(pem);
	return t;
}

/* ---- words in, facts out ---- */

int
dialog_parse(const struct dialog_talk *talk, const char *ask, const char *expect, struct target *to, struct expect *x, char *why,
    size_t size)
{
	int rc = talk->where != NULL ? talk->where(to, ask, why, size) : target_parse(to, ask, talk->port, why, size);

	return rc == 0 ? expect_parse(x, expect, talk->keys, why, size) : -1;
}

int
dialog_accepts(const struct dialog_talk *talk, const char *ask, const char *expect, char *why, size_t size)
{
	struct target to;
	struct expect x;

	if (dialog_parse(talk, ask, expect, &to, &x, why, size) == -1)
		return -1;
	if (expect_has(&x, "days") && !talk->tls && !expect_has(&x, "tls") && !expect_has(&x, "starttls") &&
	    (talk->tls_port == 0 || to.port != talk->tls_port)) {
		snprintf(why, size, "expect: \"days\" is of a certificate, and there is no TLS; write \"tls\" or \"starttls\" beside it");
		return -1;
	}
	return 0;
}

void
dialog_tell(struct probe *p, struct dialog_result *r)
{
	char		    why[REASON_MAX];
	struct probe_answer a = { .total_s = NAN, .ttfb_s = r->ttfb_s, .why = why };
	double		    days = expect_number(r->expect, "days", 0);
	double		    max_s = expect_number(r->expect, "max_s", INFINITY);

	dialog_number(p, "connect_s", r->connect_s);
	dialog_number(p, "tls_s", r->tls_s);
	dialog_text(p, "protocol", r->protocol != NULL ? r->protocol : "");
	dialog_number(p, "cert_days", r->cert_days);
	if (p->ops->talk->judge != NULL)
		p->ops->talk->judge(p, r);
	if (r->end == DIALOG_GOOD && r->why[0] == '\0' && r->cert_days < days)
		snprintf(r->why, sizeof(r->why), "its certificate ends in %.1f days, %.6g are wanted", r->cert_days, days);
	if (r->end == DIALOG_GOOD && r->why[0] == '\0' && r->total_s > max_s)
		snprintf(r->why, sizeof(r->why), "it takes %.3g s, %.3g are allowed", (double)r->total_s, max_s);
	a.quality = r->end == DIALOG_UNASKED ? QUALITY_UNKNOWN :
	    r->end == DIALOG_GOOD && r->why[0] == '\0' ? QUALITY_GOOD : QUALITY_LOST;
	text_visible(why, sizeof(why), r->why, strlen(r->why));	/* what has been cut may end within a letter */
	a.silent = r->end == DIALOG_SILENT;
	if (r->end == DIALOG_GOOD)
		a.total_s = r->total_s;
	probe_answer(p, &a);
}
