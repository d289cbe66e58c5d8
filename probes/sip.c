/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sip.c: does a telephone exchange answer (RFC 3261 11): OPTIONS over UDP. An answer is ours when its topmost Via has our
 * branch, its Call-ID is ours and its CSeq is "1 OPTIONS"; each question that is put again is the same one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "base/text.h"
#include "probes/dialog.h"
#include "probes/headers.h"

#define SCHEME	 "sip:"
#define USER_MAX 64
#define COOKIE	 "z9hG4bK"	/* of a branch of this RFC (8.1.1.7) */

struct sip {
	unsigned status;	/* 0: none */
	char	 banner[256];	/* made visible */
};

/* The user of "sip:user@host:port"; what follows it in *rest. @return its length, 0: none */
static size_t
user_cut(const char *ask, const char **user, const char **rest)
{
	size_t len;

	if (strncasecmp(ask, SCHEME, strlen(SCHEME)) == 0)
		ask += strlen(SCHEME);
	*user = ask;
	len = strspn(ask, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+");
	if (len == 0 || len > USER_MAX || ask[len] != '@')
		len = 0;
	*rest = len > 0 ? ask + len + 1 : ask;
	return len;
}

static int
sip_where(struct target *to, const char *ask, char *why, size_t size)
{
	const char *user, *rest;

	user_cut(ask, &user, &rest);
	return target_parse(to, rest, 5060, why, size);
}

static void
question(struct dialog_io *io)
{
	char	      us[ADDR_TEXT_MAX], host[TARGET_HOST_MAX + 2], local[ADDR_TEXT_MAX + 10];
	const char   *user, *rest;
	size_t	      len = user_cut(io->ask, &user, &rest);
	const char   *at = len > 0 ? "@" : "";
	struct target we = { .port = io->local_port };

	snprintf(we.host, sizeof(we.host), "%s", addr_text(&io->local, us));
	target_host(&we, local, sizeof(local) - 6);
	target_host(io->to, host, sizeof(host));
	buf_printf(io->out, "OPTIONS sip:%.*s%s%s:%u SIP/2.0\r\n", (int)len, user, at, host, io->to->port);
	buf_printf(io->out, "Via: SIP/2.0/UDP %s:%u;branch=" COOKIE "%016" PRIx64 ";rport\r\n", local, we.port, io->random[0]);
	buf_printf(io->out, "Max-Forwards: 70\r\nFrom: <sip:simpul@%s>;tag=%08" PRIx64 "\r\n", local, io->random[1] >> 32);
	buf_printf(io->out, "To: <sip:%.*s%s%s>\r\nCall-ID: %016" PRIx64 "@%s\r\nCSeq: 1 OPTIONS\r\n", (int)len, user, at, host,
	    io->random[2], local);
	buf_printf(io->out, "Contact: <sip:simpul@%s:%u>\r\nAccept: application/sdp\r\nUser-Agent: Simpul\r\n", local, we.port);
	buf_text(io->out, "Content-Length: 0\r\n\r\n");
}

/* Does the text hold this word, anywhere? */
static bool
text_has(const char *text, size_t len, const char *word)
{
	return memmem(text, len, word, strlen(word)) != NULL;
}

/* @return what is not of our question, or NULL */
static const char *
stranger(const struct headers *h, const struct dialog_io *io)
{
	char	    branch[40], call[20];
	const char *value;
	size_t	    len;

	snprintf(branch, sizeof(branch), "branch=" COOKIE "%016" PRIx64, io->random[0]);
	snprintf(call, sizeof(call), "%016" PRIx64 "@", io->random[2]);
	if (!headers_find(h, "Via", 'v', &value, &len) || !text_has(value, len < 200 ? len : 200, branch))
		return "another branch in Via";
	if (!headers_find(h, "Call-ID", 'i', &value, &len) || len < strlen(call) || memcmp(value, call, strlen(call)) != 0)
		return "another Call-ID";
	return headers_say(h, "CSeq", 0, "1 OPTIONS") ? NULL : "another CSeq";
}

static enum dialog_next
sip_step(void *state, struct dialog_io *io)
{
	struct sip    *s = state;
	struct headers h;
	const char    *value, *other;
	size_t	       len;

	if (io->begin) {
		question(io);
		return DIALOG_MORE;
	}
	if (headers_read(&h, "SIP/2.", io->in.p, cursor_left(&io->in)) != HEADERS_WHOLE)
		other = "no answer of SIP";
	else if ((other = stranger(&h, io)) == NULL && h.status < 200)
		other = "not yet a final one";
	if (other != NULL) {
		text_copy(io->why, sizeof(io->why), other);
		return DIALOG_MORE;
	}
	s->status = h.status;
	if (headers_find(&h, "Server", 0, &value, &len) || headers_find(&h, "User-Agent", 0, &value, &len))
		text_visible(s->banner, sizeof(s->banner), value, len);
	if (!expect_covers(io->expect, "status", s->status, 200))
		return dialog_bad(io, "it answers OPTIONS with status %u", s->status);
	return DIALOG_DONE;
}

static void
sip_judge(struct probe *p, struct dialog_result *r)
{
	struct sip *s = p->state;

	if (s->status == 0)
		return;
	dialog_number(p, "status", s->status);
	dialog_banner(p, r, s->banner);
}

/* ---- the table ---- */

static const struct metric sip_metrics[] = {
	PROBE_SERVICE_METRICS,
	{ 0 }
};

static const struct conf_opt sip_options[] = {
	{ "interval_s", CONF_NUMBER, "s", PROBE_INTERVAL_MIN_S, 3600, "60", .help = "Time between two questions." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, PROBE_ASKED_TIMEOUT_MAX_S, "10",
	  .help = "For all of it, from the name to the answer; the question is put three times in it." },
	{ 0 }
};

static const char *const sip_keys[] = { "banner=", "status=,", NULL };

static const struct dialog_talk sip_talk = {
	.keys	= sip_keys,
	.udp	= true,
	.where	= sip_where,
	.step	= sip_step,
	.judge	= sip_judge,
};

static int
sip_accepts(const char *ask, const char *expect, char *why, size_t size)
{
	return dialog_accepts(&sip_talk, ask, expect, why, size);
}

const struct probe_ops probe_sip = {
	.name		= "sip",
	.help		= "Ask a telephone exchange (SIP over UDP) what it can.",
	.metrics	= sip_metrics,
	.options	= sip_options,
	.starts		= 1,
	.asked		= true,
	.talk		= &sip_talk,
	.state_size	= sizeof(struct sip),
	.start		= dialog_start,
	.cancel		= dialog_cancel,
	.accepts	= sip_accepts,
};
