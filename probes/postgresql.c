/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * postgresql.c: does a PostgreSQL take connections (its documentation, 55.2 and 55.7): if wanted TLS, then the start-up message of
 * a user that need not exist. That it asks who we are proves a server, and so does that it does not know us.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/text.h"
#include "probes/dialog.h"

#define PROTOCOL_3	 196608
#define TLS_REQUEST	 80877103
#define MESSAGE_MAX	 8192
#define BOUND		 "-PLUS"	/* to the TLS channel: the same method */
#define NOT_US		 "28"	/* a class of errors: invalid authorization specification */
#define NO_DATABASE	 "3D"	/* likewise */

enum postgresql_state { PG_BEGIN, PG_TLS_ASKED, PG_SECURED, PG_STARTED };

struct postgresql {
	enum postgresql_state state;
	char		      auth[32];		/* how it wants to know us; "": it has not said so */
	char		      version[64];	/* made visible, as are these: */
	char		      error[200];	/* "28000 no pg_hba.conf entry for host ..." */
};

static void
put_u32be(struct buf *b, uint32_t v)
{
	v = __builtin_bswap32(v);
	buf_bytes(b, &v, sizeof(v));
}

static void
say_tls(struct dialog_io *io)
{
	put_u32be(io->out, 8);
	put_u32be(io->out, TLS_REQUEST);
}

static void
say_start(struct postgresql *s, struct dialog_io *io)
{
	static const char words[] = "user\0simpul\0database\0simpul\0application_name\0simpul\0";

	put_u32be(io->out, (uint32_t)(8 + sizeof(words)));
	put_u32be(io->out, PROTOCOL_3);
	buf_bytes(io->out, words, sizeof(words));	/* with the NUL that ends the list */
	s->state = PG_STARTED;
}

/* A text that ends with NUL. @return its length; *text NULL: there is none */
static size_t
text_cut(struct cursor *c, const char **text)
{
	size_t	       left = cursor_left(c);
	const uint8_t *end = left > 0 ? memchr(c->p, '\0', left) : NULL;
	size_t	       len = end != NULL ? (size_t)(end - c->p) : 0;

	*text = end != NULL ? (const char *)cursor_bytes(c, len + 1) : NULL;
	return len;
}

static enum dialog_next
auth_take(struct postgresql *s, struct dialog_io *io, struct cursor *c)
{
	static const char *const names[] = { [0] = "none", [2] = "kerberos", [3] = "password", [5] = "md5", [7] = "gss", [9] = "sspi" };
	uint32_t    method = cursor_u32be(c);
	const char *mechanism;
	size_t	    len;

	if (c->bad)
		return dialog_bad(io, "its question who we are is cut");
	if (method == 10) {	/* SASL: its best comes first */
		len = text_cut(c, &mechanism);
		if (mechanism == NULL)
			return dialog_bad(io, "its question who we are is cut");
		if (len > strlen(BOUND) && strncasecmp(mechanism + len - strlen(BOUND), BOUND, strlen(BOUND)) == 0)
			len -= strlen(BOUND);
		text_visible(s->auth, sizeof(s->auth), mechanism, len);
		for (char *p = s->auth; *p != '\0'; p++)
			*p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p);
	} else {
		snprintf(s->auth, sizeof(s->auth), "%s", method < nitems(names) && names[method] != NULL ? names[method] : "other");
	}
	return method == 0 ? DIALOG_MORE : DIALOG_DONE;	/* in at once: it goes on to say its version */
}

static enum dialog_next
error_take(struct postgresql *s, struct dialog_io *io, struct cursor *c)
{
	char	    code[16] = "", message[160] = "";
	const char *text;
	uint8_t	    field;
	size_t	    len;

	while (cursor_left(c) > 0 && (field = cursor_u8(c)) != 0) {
		len = text_cut(c, &text);
		if (text == NULL)
			break;
		if (field == 'C')
			text_visible(code, sizeof(code), text, len);
		else if (field == 'M')
			text_visible(message, sizeof(message), text, len);
	}
	if (code[0] == '\0')
		return dialog_bad(io, "its refusal makes no sense");
	snprintf(s->error, sizeof(s->error), "%s %s", code, message);
	if (strncmp(code, NOT_US, 2) != 0 && strncmp(code, NO_DATABASE, 2) != 0)
		return dialog_bad(io, "it takes no connection: %s", s->error);
	return DIALOG_DONE;
}

static void
parameter_take(struct postgresql *s, struct cursor *c)
{
	const char *name, *value;
	size_t	    len;

	text_cut(c, &name);
	len = text_cut(c, &value);
	if (name != NULL && value != NULL && strcmp(name, "server_version") == 0)
		text_visible(s->version, sizeof(s->version), value, len);
}

static enum dialog_next
message_take(struct postgresql *s, struct dialog_io *io, uint8_t type, struct cursor *c)
{
	switch (type) {
	case 'R':
		return auth_take(s, io, c);
	case 'E':
		return error_take(s, io, c);
	case 'S':
		parameter_take(s, c);
		return DIALOG_MORE;
	case 'N':	/* a notice */
	case 'v':	/* an older protocol */
	case 'K':	/* how a query is cancelled */
		return DIALOG_MORE;
	case 'Z':	/* ready for queries: terminate */
		buf_u8(io->out, 'X');
		put_u32be(io->out, 4);
		return DIALOG_DONE;
	default:
		return dialog_bad(io, "it does not speak PostgreSQL");
	}
}

static enum dialog_next
messages_read(struct postgresql *s, struct dialog_io *io)
{
	enum dialog_next next = DIALOG_MORE;
	struct cursor	 c, body;
	uint8_t		 type;
	uint32_t	 len;

	while (next == DIALOG_MORE && cursor_left(&io->in) >= 5) {
		c = io->in;
		type = cursor_u8(&c);
		len = cursor_u32be(&c);
		if (len < 4 || len > MESSAGE_MAX || memchr("RESNvKZ", type, 7) == NULL)
			return dialog_bad(io, "it does not speak PostgreSQL");
		if (cursor_left(&c) < len - 4)
			return DIALOG_MORE;
		body = cursor_of(cursor_bytes(&c, len - 4), len - 4);
		io->in = c;
		next = message_take(s, io, type, &body);
	}
	return next;
}

/* One byte: "S" it will, "N" it will not; a very old one, or one at its limit, sends an error message. */
static enum dialog_next
tls_answer(struct postgresql *s, struct dialog_io *io)
{
	if (cursor_left(&io->in) == 0)
		return DIALOG_MORE;
	switch (*io->in.p) {
	case 'S':
		cursor_u8(&io->in);
		s->state = PG_SECURED;
		return DIALOG_TLS;
	case 'E':
		s->state = PG_STARTED;
		return messages_read(s, io);
	case 'N':
		return dialog_bad(io, "it offers no TLS");
	default:
		return dialog_bad(io, "it does not speak PostgreSQL");
	}
}

static enum dialog_next
postgresql_step(void *state, struct dialog_io *io)
{
	struct postgresql *s = state;

	if (s->state == PG_BEGIN && expect_has(io->expect, "starttls")) {
		say_tls(io);
		s->state = PG_TLS_ASKED;
	} else if (s->state == PG_TLS_ASKED) {
		return tls_answer(s, io);
	} else if (s->state == PG_BEGIN || s->state == PG_SECURED) {
		say_start(s, io);
	} else {
		return messages_read(s, io);
	}
	return DIALOG_MORE;
}

static void
postgresql_judge(struct probe *p, struct dialog_result *r)
{
	struct postgresql *s = p->state;
	const char	  *wanted = expect_text(r->expect, "auth");

	dialog_text(p, "auth", s->auth);
	dialog_text(p, "version", s->version);
	dialog_text(p, "error", s->error);
	if (r->end == DIALOG_GOOD && wanted != NULL && strcasecmp(wanted, s->auth) != 0)
		snprintf(r->why, sizeof(r->why), "it asks who we are by \"%s\", wanted is \"%.60s\"%s%.100s", s->auth, wanted,
		    s->error[0] != '\0' ? ": " : "", s->error);
}

/* ---- the table ---- */

static const struct metric postgresql_metrics[] = {
	PROBE_SERVICE_METRICS,
	{ 0 }
};

static const struct conf_opt postgresql_options[] = {
	{ "interval_s", CONF_NUMBER, "s", PROBE_INTERVAL_MIN_S, 3600, "60", .help = "Time between two questions." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, PROBE_ASKED_TIMEOUT_MAX_S, "10",
	  .help = "For all of it, from the name to its question who we are." },
	{ 0 }
};

static const char *const postgresql_keys[] = { "auth=", "days=#", "starttls", NULL };

static const struct dialog_talk postgresql_talk = {
	.keys	= postgresql_keys,
	.port	= 5432,
	.step	= postgresql_step,
	.judge	= postgresql_judge,
};

static int
postgresql_accepts(const char *ask, const char *expect, char *why, size_t size)
{
	return dialog_accepts(&postgresql_talk, ask, expect, why, size);
}

const struct probe_ops probe_postgresql = {
	.name		= "postgresql",
	.help		= "Ask a PostgreSQL whether it takes connections.",
	.metrics	= postgresql_metrics,
	.options	= postgresql_options,
	.starts		= 1,
	.asked		= true,
	.talk		= &postgresql_talk,
	.state_size	= sizeof(struct postgresql),
	.start		= dialog_start,
	.cancel		= dialog_cancel,
	.accepts	= postgresql_accepts,
};
