/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mysql.c: does a MySQL or MariaDB take connections: its greeting (protocol 10), if wanted TLS, then the log-in of a user
 * that need not exist. Without the log-in the server would count a broken connection, and shut us out after a hundred of
 * them (max_connect_errors); a refused user is none.
 */
#include <stdio.h>

#include "base/text.h"
#include "probes/dialog.h"

#define PACKET_MAX    8192
#define PROTOCOL_10   10
#define ERROR_PACKET  0xff
#define NO_PLACE      1130	/* none of its users may come from where we are, which proves it, too */
#define OTHER_METHOD  0xfe	/* it wants the password in another way */
#define CAN_41	      0x00000200u
#define CAN_TLS	      0x00000800u
#define CAN_SECURE    0x00008000u
#define CAN_PLUGINS   0x00080000u
#define UTF8	      33
#define REPLICATION   "5.5.5-"	/* MariaDB says this before its version, for old replicas */

enum mysql_state { MYSQL_GREETING, MYSQL_SECURED, MYSQL_LOGIN };

struct mysql {
	enum mysql_state state;
	uint8_t		 number;	/* of the last packet */
	bool		 again;		/* the other way has been answered */
	char		 version[64];	/* made visible */
	char		 error[200];	/* "1045 Access denied for user ..." */
};

static void
put_packet(struct mysql *s, struct buf *out, struct buf *body)
{
	buf_u8(out, (uint8_t)body->len);
	buf_u16le(out, (uint16_t)(body->len >> 8));
	buf_u8(out, ++s->number);
	buf_bytes(out, body->data, body->len);
	buf_free(body);
}

/* What we can do, the head of both packets. */
static void
put_head(struct buf *b, uint32_t can)
{
	static const uint8_t none[23];

	buf_u32le(b, can);
	buf_u32le(b, 1u << 24);	/* packets of ours at most */
	buf_u8(b, UTF8);
	buf_bytes(b, none, sizeof(none));
}

static void
say_tls(struct mysql *s, struct dialog_io *io)
{
	struct buf b = { 0 };

	put_head(&b, CAN_41 | CAN_SECURE | CAN_PLUGINS | CAN_TLS);
	put_packet(s, io->out, &b);
	s->state = MYSQL_SECURED;
}

static void
say_login(struct mysql *s, struct dialog_io *io)
{
	static const char words[] = "simpul\0\0mysql_native_password";	/* user, an empty password, how */
	struct buf	  b = { 0 };

	put_head(&b, CAN_41 | CAN_SECURE | CAN_PLUGINS | (io->tls ? CAN_TLS : 0));
	buf_bytes(&b, words, sizeof(words));
	put_packet(s, io->out, &b);
	s->state = MYSQL_LOGIN;
}

/* @return its number, 0: it makes no sense */
static unsigned
error_read(struct mysql *s, struct cursor *c)
{
	unsigned       number;
	char	       text[160];
	const uint8_t *p;
	size_t	       len;

	cursor_u8(c);
	number = (unsigned)cursor_u16le(c);
	if (cursor_left(c) >= 6 && *c->p == '#')
		cursor_bytes(c, 6);	/* the SQL state */
	len = cursor_left(c);
	p = cursor_bytes(c, len);
	if (p == NULL || number == 0)
		return 0;
	text_visible(text, sizeof(text), (const char *)p, len);
	snprintf(s->error, sizeof(s->error), "%u %s", number, text);
	return number;
}

static enum dialog_next
greeting_take(struct mysql *s, struct dialog_io *io, struct cursor *c)
{
	const uint8_t *end;
	const char    *version;
	size_t	       len;
	uint32_t       can;
	unsigned       number;

	if (*c->p == ERROR_PACKET) {
		number = error_read(s, c);
		if (number == NO_PLACE)
			return DIALOG_DONE;
		return number != 0 ? dialog_bad(io, "it takes no connection: %s", s->error) :
		    dialog_bad(io, "its refusal makes no sense");
	}
	if (cursor_u8(c) != PROTOCOL_10 || (end = memchr(c->p, '\0', cursor_left(c))) == NULL)
		return dialog_bad(io, "it does not speak the protocol of MySQL");
	len = (size_t)(end - c->p);
	version = (const char *)cursor_bytes(c, len + 1);
	cursor_bytes(c, 4 + 8 + 1);	/* the connection's number, half of a nonce, a filler */
	can = cursor_u16le(c);
	if (c->bad)
		return dialog_bad(io, "its greeting is cut");
	if (len > strlen(REPLICATION) && memcmp(version, REPLICATION, strlen(REPLICATION)) == 0) {
		version += strlen(REPLICATION);
		len -= strlen(REPLICATION);
	}
	text_visible(s->version, sizeof(s->version), version, len);
	if (!expect_has(io->expect, "starttls")) {
		say_login(s, io);
		return DIALOG_MORE;
	}
	if ((can & CAN_TLS) == 0)
		return dialog_bad(io, "it offers no TLS");
	say_tls(s, io);
	return DIALOG_TLS;
}

/* It knows us not, or not for this database, host or method: who says so takes connections. */
static bool
is_refusal(unsigned number)
{
	static const unsigned known[] = { 1044, 1045, 1049, NO_PLACE, 1251, 1698 };
	size_t		      i;

	for (i = 0; i < nitems(known) && known[i] != number; i++)
		;
	return i < nitems(known);
}

static enum dialog_next
login_take(struct mysql *s, struct dialog_io *io, struct cursor *c)
{
	unsigned number;

	switch (*c->p) {
	case ERROR_PACKET:
		number = error_read(s, c);
		if (number == 0)
			return dialog_bad(io, "its refusal makes no sense");
		return is_refusal(number) ? DIALOG_DONE : dialog_bad(io, "it takes no connection: %s", s->error);
	case OTHER_METHOD:
		if (s->again)
			return DIALOG_DONE;
		s->again = true;
		put_packet(s, io->out, &(struct buf){ 0 });
		return DIALOG_MORE;
	default:		/* let in, or nearly: COM_QUIT */
		s->number = UINT8_MAX;
		buf_bytes(io->out, "\x01\0\0\0\x01", 5);
		return DIALOG_DONE;
	}
}

static enum dialog_next
mysql_step(void *state, struct dialog_io *io)
{
	struct mysql	*s = state;
	enum dialog_next next = DIALOG_MORE;
	struct cursor	 c, body;
	size_t		 len;

	if (s->state == MYSQL_SECURED)
		say_login(s, io);
	while (next == DIALOG_MORE && cursor_left(&io->in) >= 4) {
		c = io->in;
		len = cursor_u16le(&c);
		len |= (size_t)cursor_u8(&c) << 16;
		s->number = cursor_u8(&c);
		if (len == 0 || len > PACKET_MAX)
			return dialog_bad(io, "it does not speak the protocol of MySQL");
		if (cursor_left(&c) < len)
			return DIALOG_MORE;
		body = cursor_of(cursor_bytes(&c, len), len);
		io->in = c;
		next = s->state == MYSQL_GREETING ? greeting_take(s, io, &body) : login_take(s, io, &body);
	}
	return next;
}

static void
mysql_judge(struct probe *p, struct dialog_result *r)
{
	struct mysql *s = p->state;
	const char   *wanted = expect_text(r->expect, "version");

	dialog_text(p, "version", s->version);
	dialog_text(p, "error", s->error);
	if (r->end == DIALOG_GOOD && wanted != NULL && strstr(s->version, wanted) == NULL)
		snprintf(r->why, sizeof(r->why), "its version is \"%s\", without \"%.60s\"", s->version, wanted);
}

/* ---- the table ---- */

static const struct metric mysql_metrics[] = {
	PROBE_SERVICE_METRICS,
	{ 0 }
};

static const struct conf_opt mysql_options[] = {
	{ "interval_s", CONF_NUMBER, "s", PROBE_INTERVAL_MIN_S, 3600, "60", .help = "Time between two questions." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, PROBE_ASKED_TIMEOUT_MAX_S, "10",
	  .help = "For all of it, from the name to its answer to the log-in." },
	{ 0 }
};

static const char *const mysql_keys[] = { "days=#", "starttls", "version=", NULL };

static const struct dialog_talk mysql_talk = {
	.keys	= mysql_keys,
	.port	= 3306,
	.step	= mysql_step,
	.judge	= mysql_judge,
};

static int
mysql_accepts(const char *ask, const char *expect, char *why, size_t size)
{
	return dialog_accepts(&mysql_talk, ask, expect, why, size);
}

const struct probe_ops probe_mysql = {
	.name		= "mysql",
	.help		= "Ask a MySQL or MariaDB whether it takes connections.",
	.metrics	= mysql_metrics,
	.options	= mysql_options,
	.starts		= 1,
	.asked		= true,
	.talk		= &mysql_talk,
	.state_size	= sizeof(struct mysql),
	.start		= dialog_start,
	.cancel		= dialog_cancel,
	.accepts	= mysql_accepts,
};
