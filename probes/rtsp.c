/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rtsp.c: is a camera or a recorder there, and does it have pictures (RFC 2326): OPTIONS, and with "describe" DESCRIBE, whose
 * answer (SDP, RFC 8866) counts the streams. Nothing is played.
 */
#include <math.h>
#include <stdio.h>
#include <strings.h>

#include "base/text.h"
#include "probes/dialog.h"
#include "probes/headers.h"

#define SCHEME "rtsp://"

struct rtsp {
	bool	 described;	/* DESCRIBE is what has been asked last */
	unsigned status;	/* of the last answer; 0: none */
	double	 streams;
	char	 banner[256], methods[256];	/* made visible */
};

/* "rtsp://host:port/path", or what target_parse() takes. */
static int
rtsp_where(struct target *to, const char *ask, char *why, size_t size)
{
	char	    host[TARGET_HOST_MAX + 8];
	size_t	    len;
	const char *c;

	if (strncasecmp(ask, SCHEME, strlen(SCHEME)) != 0)
		return target_parse(to, ask, 554, why, size);
	for (c = ask; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~') {
			snprintf(why, size, "a URL has no blanks and no letters beyond ASCII; write %%20 and the like");
			return -1;
		}
	ask += strlen(SCHEME);
	len = strcspn(ask, "/?");
	snprintf(host, sizeof(host), "%.*s", len < sizeof(host) ? (int)len : (int)sizeof(host) - 1, ask);
	return target_parse(to, host, 554, why, size);
}

static void
request(struct dialog_io *io, const char *method, unsigned number, const char *field)
{
	char host[TARGET_HOST_MAX + 2];

	buf_printf(io->out, "%s ", method);
	if (strncasecmp(io->ask, SCHEME, strlen(SCHEME)) == 0)
		buf_text(io->out, io->ask);
	else
		buf_printf(io->out, SCHEME "%s:%u/", target_host(io->to, host, sizeof(host)), io->to->port);
	buf_printf(io->out, " RTSP/1.0\r\nCSeq: %u\r\n%sUser-Agent: Simpul\r\n\r\n", number, field);
}

static void
field_keep(const struct headers *h, const char *name, char *out, size_t size)
{
	const char *value;
	size_t	    len;

	if (headers_find(h, name, 0, &value, &len))
		text_visible(out, size, value, len);
}

/* Lines "m=video 0 RTP/AVP 96" (RFC 8866 5.14). */
static unsigned
streams_count(const char *body, size_t len)
{
	unsigned n = 0;
	size_t	 i;

	for (i = 0; i + 1 < len; i++)
		n += body[i] == 'm' && body[i + 1] == '=' && (i == 0 || body[i - 1] == '\n' || body[i - 1] == '\r');
	return n;
}

static enum dialog_next
answer_take(struct rtsp *s, struct dialog_io *io, const struct headers *h)
{
	bool last = s->described || !expect_has(io->expect, "describe");

	if (!headers_say(h, "CSeq", 0, s->described ? "2" : "1"))
		return dialog_bad(io, "it answers something that was not asked (CSeq)");
	s->status = h->status;
	field_keep(h, "Server", s->banner, sizeof(s->banner));
	field_keep(h, "Public", s->methods, sizeof(s->methods));
	if (last ? !expect_covers(io->expect, "status", s->status, 200) : s->status != 200)
		return dialog_bad(io, "it answers %s with status %u", s->described ? "DESCRIBE" : "OPTIONS", s->status);
	if (!last) {
		request(io, "DESCRIBE", 2, "Accept: application/sdp\r\n");
		s->described = true;
		return DIALOG_MORE;
	}
	if (!s->described || s->status != 200)
		return DIALOG_DONE;
	s->streams = streams_count(h->body, h->body_len);
	return s->streams > 0 ? DIALOG_DONE : dialog_bad(io, "it describes no stream");
}

static enum dialog_next
rtsp_step(void *state, struct dialog_io *io)
{
	struct rtsp	*s = state;
	enum dialog_next next = DIALOG_MORE;
	struct headers	 h;
	const char	*bytes;
	size_t		 left;

	if (io->begin) {
		s->streams = NAN;
		request(io, "OPTIONS", 1, "");
	}
	while (next == DIALOG_MORE && (left = cursor_left(&io->in)) > 0) {
		bytes = (const char *)io->in.p;
		switch (headers_read(&h, "RTSP/1.", bytes, left)) {
		case HEADERS_MORE:
			return DIALOG_MORE;
		case HEADERS_BAD:
			return dialog_bad_line(io, "an answer of RTSP", bytes, left < 60 ? left : 60);
		case HEADERS_WHOLE:
			cursor_bytes(&io->in, (size_t)(h.body - bytes) + h.body_len);
			next = answer_take(s, io, &h);
		}
	}
	return next;
}

static void
rtsp_judge(struct probe *p, struct dialog_result *r)
{
	struct rtsp *s = p->state;

	if (s->status == 0)
		return;
	dialog_banner(p, r, s->banner);
	dialog_number(p, "status", s->status);
	dialog_number(p, "streams", s->streams);
	dialog_text(p, "methods", s->methods);
}

/* ---- the table ---- */

static const struct metric rtsp_metrics[] = {
	PROBE_SERVICE_METRICS,
	{ 0 }
};

static const struct conf_opt rtsp_options[] = {
	{ "interval_s", CONF_NUMBER, "s", PROBE_INTERVAL_MIN_S, 3600, "60", .help = "Time between two questions." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, PROBE_ASKED_TIMEOUT_MAX_S, "10",
	  .help = "For all of it, from the name to the last answer." },
	{ 0 }
};

static const char *const rtsp_keys[] = { "banner=", "describe", "status=,", NULL };

static const struct dialog_talk rtsp_talk = {
	.keys	= rtsp_keys,
	.where	= rtsp_where,
	.step	= rtsp_step,
	.judge	= rtsp_judge,
};

static int
rtsp_accepts(const char *ask, const char *expect, char *why, size_t size)
{
	return dialog_accepts(&rtsp_talk, ask, expect, why, size);
}

const struct probe_ops probe_rtsp = {
	.name		= "rtsp",
	.help		= "Ask a camera or recorder (RTSP) what it can, and whether it has a stream.",
	.metrics	= rtsp_metrics,
	.options	= rtsp_options,
	.starts		= 1,
	.asked		= true,
	.talk		= &rtsp_talk,
	.state_size	= sizeof(struct rtsp),
	.start		= dialog_start,
	.cancel		= dialog_cancel,
	.accepts	= rtsp_accepts,
};
