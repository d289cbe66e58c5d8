/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns_message.c: see dns_message.h. Names are compared as bytes, without regard to case of ASCII (RFC 4343). */
#include "probes/dns_message.h"

#include <stdio.h>

#include "base/addr.h"
#include "base/text.h"

#define HEADER	    12
#define CLASS_IN    1
#define TYPE_OPT    41
#define LABEL_MAX   63
#define EDNS_BYTES  1232	/* fits a packet of any path (RFC 9715) */
#define FLAG_QR	    0x8000
#define FLAG_TC	    0x0200
#define FLAG_RD	    0x0100
#define FLAG_AD	    0x0020
#define OPCODE_MASK 0x7800
#define EDNS_DO	    0x8000

struct name {
	uint8_t byte[DNS_WIRE_MAX];
	size_t	len;
};

struct record {
	struct name owner;
	uint16_t    type;
	uint32_t    ttl_s;
	size_t	    at, len;	/* of its data in the message */
};

struct message {
	const uint8_t *byte;
	size_t	       len;
};

static void
buf_u16be(struct buf *b, uint16_t v)
{
	put_u16be(buf_grow(b, 2), v);
}

/* ---- the question ---- */

int
dns_question_make(struct dns_question *q, const char *name, uint16_t type, uint16_t id)
{
	size_t label;

	*q = (struct dns_question){ .id = id, .type = type };
	while (*name != '\0') {
		label = strcspn(name, ".");
		if (label == 0 || label > LABEL_MAX || q->len + label + 2 > sizeof(q->name))
			return -1;
		q->name[q->len++] = (uint8_t)label;
		memcpy(q->name + q->len, name, label);
		q->len += label;
		name += label + (name[label] == '.');
	}
	q->name[q->len++] = 0;
	return q->len > 1 ? 0 : -1;
}

void
dns_question_write(const struct dns_question *q, struct buf *out)
{
	buf_u16be(out, q->id);
	buf_u16be(out, FLAG_RD | (q->authentic ? FLAG_AD : 0));	/* RFC 6840 5.7 */
	buf_u16be(out, 1);
	buf_u16be(out, 0);
	buf_u16be(out, 0);
	buf_u16be(out, 1);
	buf_bytes(out, q->name, q->len);
	buf_u16be(out, q->type);
	buf_u16be(out, CLASS_IN);
	buf_u8(out, 0);
	buf_u16be(out, TYPE_OPT);
	buf_u16be(out, EDNS_BYTES);
	buf_u16be(out, 0);
	buf_u16be(out, q->authentic ? EDNS_DO : 0);
	buf_u16be(out, 0);
}

/* ---- names ---- */

/*
 * The name at *at, which then stands behind it. Each pointer leads further back than all before it, so it ends (RFC 1035
 * 4.1.4). @return 0 or -1
 */
static int
name_read(const struct message *m, size_t *at, struct name *out)
{
	size_t	pos = *at, floor = *at, len;
	bool	jumped = false;

	out->len = 0;
	for (;;) {
		if (pos >= m->len)
			return -1;
		len = m->byte[pos];
		if ((len & 0xc0) == 0xc0) {
			if (pos + 2 > m->len)
				return -1;
			len = (len & 0x3f) << 8 | m->byte[pos + 1];
			if (!jumped)
				*at = pos + 2;
			jumped = true;
			if (len >= floor)
				return -1;
			pos = floor = len;
			continue;
		}
		if (len > LABEL_MAX || pos + 1 + len > m->len || out->len + 1 + len > sizeof(out->byte))
			return -1;
		memcpy(out->byte + out->len, m->byte + pos, 1 + len);
		out->len += 1 + len;
		pos += 1 + len;
		if (len == 0)
			break;
	}
	if (!jumped)
		*at = pos;
	return 0;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool
name_is(const struct name *n, const uint8_t *want, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < n->len && lower(n->byte[i]) == lower(want[i]); i++)
		;	/* a length is never a letter: 63 at most */
	return i == len && n->len == len;
}

/* A dot within a label would forge a name: it is told as \. */
static void
name_text(const struct name *n, char *out, size_t size)
{
	char   text[2 * DNS_WIRE_MAX];
	size_t at = 0, pos = 0, end;

	while (pos < n->len && n->byte[pos] != 0) {
		if (pos > 0)
			text[at++] = '.';
		end = pos + 1 + n->byte[pos];
		for (pos++; pos < end; pos++) {
			if (n->byte[pos] == '.')
				text[at++] = '\\';
			text[at++] = (char)n->byte[pos];
		}
	}
	text_visible(out, size, at > 0 ? text : ".", at > 0 ? at : 1);
}

/* ---- records ---- */

static int
record_read(const struct message *m, size_t *at, struct record *r)
{
	struct cursor c;

	if (name_read(m, at, &r->owner) == -1)
		return -1;
	c = cursor_of(m->byte + *at, m->len - *at);
	r->type = cursor_u16be(&c);
	if (cursor_u16be(&c) != CLASS_IN && r->type != TYPE_OPT)
		r->type = 0;	/* of another class: never asked for */
	r->ttl_s = cursor_u32be(&c);
	if (r->ttl_s > INT32_MAX)	/* RFC 2181 8 */
		r->ttl_s = 0;
	r->len = cursor_u16be(&c);
	r->at = m->len - cursor_left(&c);
	if (cursor_bytes(&c, r->len) == NULL)
		return -1;
	*at = r->at + r->len;
	return 0;
}

/* A name that fills the rest of a record's data, from *at on. */
static int
data_name(const struct message *m, const struct record *r, size_t *at, struct name *out)
{
	return name_read(m, at, out) == 0 && *at <= r->at + r->len ? 0 : -1;
}

static int
value_soa(const struct message *m, const struct record *r, struct dns_answer *a, char *out, size_t size)
{
	struct name   primary, mailbox;
	char	      text[2][DNS_TEXT_MAX];
	size_t	      at = r->at;
	struct cursor c;

	if (data_name(m, r, &at, &primary) == -1 || data_name(m, r, &at, &mailbox) == -1)
		return -1;
	c = cursor_of(m->byte + at, r->at + r->len - at);
	a->serial = cursor_u32be(&c);
	cursor_bytes(&c, 16);
	if (!cursor_is_done(&c))
		return -1;
	name_text(&primary, text[0], sizeof(text[0]));
	name_text(&mailbox, text[1], sizeof(text[1]));
	snprintf(out, size, "%.100s %.100s %u", text[0], text[1], a->serial);
	return 0;
}

/* Its strings one after the other, as those who use them read them (RFC 7208 3.3). */
static int
value_txt(const struct message *m, const struct record *r, char *out, size_t size)
{
	char   text[DNS_TEXT_MAX];
	size_t at = r->at, end = r->at + r->len, n = 0, len, i;

	for (; at < end; at += 1 + len) {
		len = m->byte[at];
		if (at + 1 + len > end)
			return -1;
		for (i = 0; i < len && n < sizeof(text); i++)
			text[n++] = (char)m->byte[at + 1 + i];
	}
	text_visible(out, size, text, n);
	return r->len > 0 ? 0 : -1;
}

static int
value_address(const struct message *m, const struct record *r, char *out)
{
	struct addr a = { .family = r->type == DNS_A ? 4 : 6 };

	if (r->len != (r->type == DNS_A ? 4 : 16))
		return -1;
	memcpy(a.byte, m->byte + r->at, r->len);
	addr_text(&a, out);
	return 0;
}

static int
value_read(const struct message *m, const struct record *r, struct dns_answer *a)
{
	char	   *out = a->value[a->n];
	struct name name;
	size_t	    at = r->at, len = 0;

	switch (r->type) {
	case DNS_A:
	case DNS_AAAA:
		return value_address(m, r, out);
	case DNS_SOA:
		return value_soa(m, r, a, out, DNS_TEXT_MAX);
	case DNS_TXT:
		return value_txt(m, r, out, DNS_TEXT_MAX);
	case DNS_MX:
		if (r->len < 3)
			return -1;
		len = (size_t)snprintf(out, DNS_TEXT_MAX, "%u ", (unsigned)m->byte[at] << 8 | m->byte[at + 1]);
		at += 2;
		break;
	default:
		break;
	}
	if (data_name(m, r, &at, &name) == -1 || at != r->at + r->len)
		return -1;
	name_text(&name, out + len, DNS_TEXT_MAX - len);
	return 0;
}

/* ---- the answer ---- */

/* Follow the aliases from the name asked for, whatever the order of the records. @return 0, or -1 with *why */
static int
aliases_follow(const struct message *m, const struct record *r, size_t n, uint16_t type, struct name *name, uint32_t *ttl_s,
    const char **why)
{
	size_t depth, i, at;

	for (depth = 0; depth <= DNS_CNAMES_MAX; depth++) {
		for (i = 0; i < n && !((r[i].type == DNS_CNAME || r[i].type == type) && name_is(&r[i].owner, name->byte, name->len)); i++)
			;
		if (i == n || r[i].type == type)
			return 0;
		at = r[i].at;
		if (data_name(m, &r[i], &at, name) == -1) {
			*why = "an alias that cannot be read";
			return -1;
		}
		*ttl_s = r[i].ttl_s < *ttl_s ? r[i].ttl_s : *ttl_s;
	}
	*why = "aliases without an end";
	return -1;
}

static enum dns_end
records_read(struct dns_answer *a, const struct dns_question *q, const struct message *m, size_t at, unsigned count,
    const char **why)
{
	struct record r[DNS_RECORDS_MAX];
	struct name   name = { .len = q->len };
	uint32_t      ttl_s = INT32_MAX;
	size_t	      n = 0, i;

	memcpy(name.byte, q->name, q->len);
	*why = "a record that cannot be read";
	for (; n < count && n < DNS_RECORDS_MAX; n++)
		if (record_read(m, &at, &r[n]) == -1)
			return DNS_BROKEN;
	if (aliases_follow(m, r, n, q->type, &name, &ttl_s, why) == -1)
		return DNS_BROKEN;
	for (i = 0; i < n && a->n < DNS_VALUES_MAX; i++) {
		if (r[i].type != q->type || !name_is(&r[i].owner, name.byte, name.len))
			continue;
		if (value_read(m, &r[i], a) == -1)
			return DNS_BROKEN;
		a->n++;
		ttl_s = r[i].ttl_s < ttl_s ? r[i].ttl_s : ttl_s;
	}
	a->ttl_s = a->n > 0 ? ttl_s : 0;
	return DNS_ANSWER;
}

enum dns_end
dns_answer_read(struct dns_answer *a, const struct dns_question *q, const uint8_t *msg, size_t len, const char **why)
{
	const struct message m = { msg, len };
	struct cursor	     c = cursor_of(msg, len);
	uint16_t	     id = cursor_u16be(&c), flags = cursor_u16be(&c), questions = cursor_u16be(&c);
	uint16_t	     answers = cursor_u16be(&c), type, class;
	struct name	     name;
	size_t		     at = HEADER;

	*a = (struct dns_answer){ .rcode = flags & 0xf, .authentic = flags & FLAG_AD };
	cursor_bytes(&c, 4);
	*why = "shorter than a message of DNS";
	if (c.bad)
		return DNS_STRANGER;
	*why = "another number";
	if (id != q->id)
		return DNS_STRANGER;
	*why = "no answer";
	if (!(flags & FLAG_QR) || (flags & OPCODE_MASK) != 0)
		return DNS_STRANGER;
	*why = "another question";
	if (questions != 1 || name_read(&m, &at, &name) == -1)
		return DNS_STRANGER;
	c = cursor_of(msg + at, len - at);
	type = cursor_u16be(&c);
	class = cursor_u16be(&c);
	if (c.bad || type != q->type || class != CLASS_IN || !name_is(&name, q->name, q->len))
		return DNS_STRANGER;
	*why = "cut";
	if (flags & FLAG_TC)
		return DNS_CUT;
	return records_read(a, q, &m, at + 4, answers, why);
}

const char *
dns_rcode_name(unsigned rcode)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED" };

	return rcode < nitems(names) ? names[rcode] : NULL;
}
