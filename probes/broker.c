/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * broker.c: does a broker hand on what it is given (MQTT 3.1.1 and 5): subscribe to a topic that nobody else knows, publish
 * there with QoS 1, get it back. Only what these packets need is understood; libmosquitto would wait, this does not.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "probes/dialog.h"

#define TOPIC	    "simpul/v1/probe/%016" PRIx64
#define PACKET_MAX  4096
#define KEEPALIVE_S 60
#define WORD_MAX    256		/* of a user, of a password */

enum { CONNECT = 1, CONNACK, PUBLISH, PUBACK, SUBSCRIBE = 8, SUBACK, DISCONNECT = 14 };
enum mqtt_state { MQTT_CONNECTING, MQTT_SUBSCRIBING, MQTT_PUBLISHING };

struct mqtt {
	enum mqtt_state state;
	bool		acked, back;	/* the broker has it; it came back */
	int64_t		published_ns;
	double		round_trip_s;
};

struct packet {
	unsigned      type, flags;
	struct cursor body;
};

static bool
is_v5(const struct dialog_io *io)
{
	return expect_has(io->expect, "v5");
}

/* ---- writing ---- */

static void
put_u16(struct buf *b, size_t v)
{
	buf_u8(b, (uint8_t)(v >> 8));
	buf_u8(b, (uint8_t)v);
}

static void
put_text(struct buf *b, const char *s)
{
	put_u16(b, strlen(s));
	buf_text(b, s);
}

/* No properties: of MQTT 5 only. */
static void
put_properties(struct buf *b, const struct dialog_io *io)
{
	if (is_v5(io))
		buf_u8(b, 0);
}

/* The body behind its type, flags and length; bodies of ours are shorter than 16,384 bytes. */
static void
put_packet(struct buf *out, unsigned type, unsigned flags, struct buf *body)
{
	buf_u8(out, (uint8_t)(type << 4 | flags));
	if (body->len > 127)
		buf_u8(out, (uint8_t)(body->len | 0x80));
	buf_u8(out, (uint8_t)(body->len > 127 ? body->len >> 7 : body->len));
	buf_bytes(out, body->data, body->len);
	buf_free(body);
}

static void
say_connect(struct dialog_io *io)
{
	struct buf b = { 0 };
	char	   id[24], user[WORD_MAX] = "", password[WORD_MAX] = "";
	bool	   has_user = dialog_secret(io, "user", user, sizeof(user));
	bool	   has_password = has_user && dialog_secret(io, "password", password, sizeof(password));

	put_text(&b, "MQTT");
	buf_u8(&b, is_v5(io) ? 5 : 4);
	buf_u8(&b, (uint8_t)(0x02 | (has_user ? 0x80 : 0) | (has_password ? 0x40 : 0)));	/* a clean start */
	put_u16(&b, KEEPALIVE_S);
	put_properties(&b, io);
	snprintf(id, sizeof(id), "simpul-%016" PRIx64, io->random[0]);	/* 23 letters: every broker takes these */
	put_text(&b, id);
	if (has_user)
		put_text(&b, user);
	if (has_password)
		put_text(&b, password);
	put_packet(io->out, CONNECT, 0, &b);
	explicit_bzero(password, sizeof(password));
}

static void
say_subscribe(struct dialog_io *io)
{
	struct buf b = { 0 };
	char	   topic[48];

	snprintf(topic, sizeof(topic), TOPIC, io->random[1]);
	put_u16(&b, 1);
	put_properties(&b, io);
	put_text(&b, topic);
	buf_u8(&b, 1);
	put_packet(io->out, SUBSCRIBE, 2, &b);
}

static void
say_publish(struct mqtt *s, struct dialog_io *io)
{
	struct buf b = { 0 };
	char	   topic[48];

	snprintf(topic, sizeof(topic), TOPIC, io->random[1]);
	put_text(&b, topic);
	put_u16(&b, 2);
	put_properties(&b, io);
	buf_printf(&b, "%016" PRIx64, io->random[2]);
	put_packet(io->out, PUBLISH, 2, &b);
	s->published_ns = io->mono_ns;
}

/* ---- reading ---- */

/* A length of up to 4 bytes (2.2.3). @return 1, 0: not all there, -1: not as it should be */
static int
length_read(struct cursor *c, size_t *len)
{
	unsigned i, byte;

	*len = 0;
	for (i = 0; i < 4; i++) {
		if (cursor_left(c) == 0)
			return 0;
		byte = cursor_u8(c);
		*len |= (size_t)(byte & 0x7f) << (7 * i);
		if ((byte & 0x80) == 0)
			return *len <= PACKET_MAX ? 1 : -1;
	}
	return -1;
}

/* @return 1: it is off the cursor, 0: not all there, -1: not as it should be */
static int
packet_read(struct cursor *in, struct packet *p)
{
	struct cursor c = *in;
	size_t	      len;
	uint8_t	      head;
	int	      rc;

	if (cursor_left(&c) == 0)
		return 0;
	head = cursor_u8(&c);
	p->type = head >> 4;
	p->flags = head & 0xf;
	if ((rc = length_read(&c, &len)) != 1)
		return rc;
	if (cursor_left(&c) < len)
		return 0;
	p->body = cursor_of(cursor_bytes(&c, len), len);
	*in = c;
	return 1;
}

/* What is wrong with a connection, of either version. */
static const char *
refusal(unsigned code)
{
	static const struct { unsigned code; const char *text; } known[] = {
		{ 1, "it does not speak this version" }, { 2, "it does not take our name" }, { 3, "it is not available" },
		{ 4, "wrong user or password" }, { 5, "we have no right to connect" }, { 0x84, "it does not speak this version" },
		{ 0x85, "it does not take our name" }, { 0x86, "wrong user or password" }, { 0x87, "we have no right to connect" },
		{ 0x88, "it is not available" }, { 0x89, "it is too busy" }, { 0x8a, "we are banned" },
	};
	size_t i;

	for (i = 0; i < nitems(known); i++)
		if (known[i].code == code)
			return known[i].text;
	return "no reason that we know";
}

static enum dialog_next
connack_take(struct mqtt *s, struct dialog_io *io, struct cursor *c)
{
	unsigned code;

	cursor_u8(c);	/* is there a session: we wanted none */
	code = cursor_u8(c);
	if (c->bad)
		return dialog_bad(io, "its CONNACK is cut");
	if (code != 0)
		return dialog_bad(io, "it refuses us: %s (code %u)", refusal(code), code);
	say_subscribe(io);
	s->state = MQTT_SUBSCRIBING;
	return DIALOG_MORE;
}

/* Skip what MQTT 5 has before the payload. */
static void
properties_skip(struct cursor *c, const struct dialog_io *io)
{
	size_t len;

	if (!is_v5(io))
		return;
	if (length_read(c, &len) == 1)
		cursor_bytes(c, len);
	else
		c->bad = true;
}

static enum dialog_next
suback_take(struct mqtt *s, struct dialog_io *io, struct cursor *c)
{
	unsigned id = cursor_u16be(c), code;

	properties_skip(c, io);
	code = cursor_u8(c);
	if (c->bad || id != 1)
		return dialog_bad(io, "its SUBACK makes no sense");
	if (code > 2)
		return dialog_bad(io, "we have no right to subscribe to simpul/v1/probe/+ (code %u)", code);
	say_publish(s, io);
	s->state = MQTT_PUBLISHING;
	return DIALOG_MORE;
}

static enum dialog_next
puback_take(struct mqtt *s, struct dialog_io *io, struct cursor *c)
{
	unsigned id = cursor_u16be(c), code = cursor_left(c) > 0 ? cursor_u8(c) : 0;

	if (c->bad || id != 2)
		return dialog_bad(io, "its PUBACK makes no sense");
	if (code >= 0x80)
		return dialog_bad(io, "we have no right to publish to simpul/v1/probe/+ (code %u)", code);
	s->acked = true;
	return DIALOG_MORE;
}

/* Of other topics, or with other bytes, it is none of ours: that is what we wait for to the end. */
static enum dialog_next
publish_take(struct mqtt *s, struct dialog_io *io, const struct packet *p)
{
	struct cursor  c = p->body;
	char	       topic[48], payload[20];
	size_t	       len = cursor_u16be(&c);
	const uint8_t *name = cursor_bytes(&c, len), *bytes;
	unsigned       qos = p->flags >> 1 & 3, id = qos > 0 ? cursor_u16be(&c) : 0;
	struct buf     ack = { 0 };

	properties_skip(&c, io);
	if (c.bad)
		return dialog_bad(io, "its PUBLISH is cut");
	if (qos == 1) {
		put_u16(&ack, id);
		put_packet(io->out, PUBACK, 0, &ack);
	}
	snprintf(topic, sizeof(topic), TOPIC, io->random[1]);
	snprintf(payload, sizeof(payload), "%016" PRIx64, io->random[2]);
	bytes = c.p;
	if (len == strlen(topic) && memcmp(name, topic, len) == 0 && cursor_left(&c) == strlen(payload) &&
	    memcmp(bytes, payload, strlen(payload)) == 0) {
		s->round_trip_s = (double)(io->mono_ns - s->published_ns) / NS_PER_S;
		s->back = true;
	}
	return DIALOG_MORE;
}

/* Known from the first byte: who does not speak MQTT is not waited for. */
static bool
is_due(const struct mqtt *s, unsigned type)
{
	return type == DISCONNECT || (s->state == MQTT_CONNECTING && type == CONNACK) ||
	    (s->state == MQTT_SUBSCRIBING && type == SUBACK) ||
	    (s->state == MQTT_PUBLISHING && (type == PUBACK || type == PUBLISH));
}

static enum dialog_next
packet_take(struct mqtt *s, struct dialog_io *io, struct packet *p)
{
	switch (p->type) {
	case CONNACK:
		return connack_take(s, io, &p->body);
	case SUBACK:
		return suback_take(s, io, &p->body);
	case PUBACK:
		return puback_take(s, io, &p->body);
	case PUBLISH:
		return publish_take(s, io, p);
	default:
		return dialog_bad(io, "it ends the session (code %u)", cursor_left(&p->body) > 0 ? cursor_u8(&p->body) : 0);
	}
}

static enum dialog_next
broker_step(void *state, struct dialog_io *io)
{
	struct mqtt    *s = state;
	enum dialog_next next = DIALOG_MORE;
	struct packet	packet;
	int		rc = 1;

	if (io->begin)
		say_connect(io);
	while (next == DIALOG_MORE && cursor_left(&io->in) > 0) {
		rc = is_due(s, *io->in.p >> 4) ? packet_read(&io->in, &packet) : -1;
		if (rc != 1)
			break;
		next = packet_take(s, io, &packet);
	}
	if (rc == -1)
		return dialog_bad(io, "it does not speak MQTT");
	if (next == DIALOG_MORE && s->acked && s->back) {
		put_packet(io->out, DISCONNECT, 0, &(struct buf){ 0 });
		return DIALOG_DONE;
	}
	return next;
}

static void
broker_judge(struct probe *p, struct dialog_result *r)
{
	struct mqtt *s = p->state;

	if (s->back)
		dialog_number(p, "round_trip_s", s->round_trip_s);
	if (r->end == DIALOG_SLOW && s->state == MQTT_PUBLISHING && !s->back)
		snprintf(r->why, sizeof(r->why), "what was published does not come back");
}

/* ---- the table ---- */

static const struct metric broker_metrics[] = {
	PROBE_SERVICE_METRICS,
	{ 0 }
};

static const struct conf_opt broker_options[] = {
	{ "interval_s", CONF_NUMBER, "s", PROBE_INTERVAL_MIN_S, 3600, "60", .help = "Time between two round trips." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, PROBE_ASKED_TIMEOUT_MAX_S, "10",
	  .help = "For all of it, from the name to the message that comes back." },
	{ 0 }
};

static const char *const broker_keys[] = { "days=#", "tls", "v5", NULL };

static const struct dialog_talk broker_talk = {
	.keys		= broker_keys,
	.port		= 1883,
	.tls_port	= 8883,
	.step		= broker_step,
	.judge		= broker_judge,
};

static int
broker_accepts(const char *ask, const char *expect, char *why, size_t size)
{
	return dialog_accepts(&broker_talk, ask, expect, why, size);
}

const struct probe_ops probe_broker = {
	.name		= "broker",
	.help		= "Send a message through a broker (MQTT) and wait for it.",
	.metrics	= broker_metrics,
	.options	= broker_options,
	.starts		= 1,
	.asked		= true,
	.talk		= &broker_talk,
	.state_size	= sizeof(struct mqtt),
	.start		= dialog_start,
	.cancel		= dialog_cancel,
	.accepts	= broker_accepts,
};
