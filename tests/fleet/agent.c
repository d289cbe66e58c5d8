/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent.c: GET, GETNEXT and GETBULK (RFC 3416 4.2, RFC 1157 4.1), with the faults that real agents show. A
 * response that would not fit one Ethernet frame is cut short (GETBULK) or becomes tooBig.
 */
#include "tests/fleet/agent.h"

#include "tests/fleet/mib.h"

#define PDU_GET	     0xa0
#define PDU_GETNEXT  0xa1
#define PDU_RESPONSE 0xa2
#define PDU_SET	     0xa3
#define PDU_GETBULK  0xa5

#define SNMP_V1 0
#define SNMP_2C 1

#define HEAD_MAX      40	/* of a message: all but the community and the varbinds */
#define REPEATERS_MAX 64

enum snmp_error { NO_ERROR = 0, TOO_BIG = 1, NO_SUCH_NAME = 2, GEN_ERR = 5, NOT_WRITABLE = 17 };

struct request {
	int64_t	      version, id, a, b;	/* a, b: non-repeaters and max-repetitions of a GETBULK */
	struct cursor community, varbinds;
	uint8_t	      pdu;
};

struct response {
	enum snmp_error error;
	int64_t		index;			/* of the varbind that is to blame, from 1 */
};

struct name {				/* of one varbind asked for */
	struct oid    oid;
	struct cursor raw;		/* the same as it came */
};

static int
request_read(const uint8_t *in, size_t len, struct request *r)
{
	struct cursor c = cursor_of(in, len), message, pdu;

	if (ber_read_tag(&c, BER_SEQUENCE, &message) == -1 || cursor_left(&c) > 0 ||
	    ber_read_integer(&message, &r->version) == -1 ||
	    (r->version != SNMP_V1 && r->version != SNMP_2C) ||
	    ber_read_tag(&message, BER_STRING, &r->community) == -1 ||
	    ber_read(&message, &r->pdu, &pdu) == -1)
		return -1;
	if (ber_read_integer(&pdu, &r->id) == -1 || ber_read_integer(&pdu, &r->a) == -1 ||
	    ber_read_integer(&pdu, &r->b) == -1 || ber_read_tag(&pdu, BER_SEQUENCE, &r->varbinds) == -1)
		return -1;
	return r->pdu == PDU_GETBULK && r->version == SNMP_V1 ? -1 : 0;
}

static int
name_read(struct cursor *varbinds, struct name *name)
{
	struct cursor varbind;

	if (ber_read_tag(varbinds, BER_SEQUENCE, &varbind) == -1 ||
	    ber_read_tag(&varbind, BER_OID, &name->raw) == -1)
		return -1;
	return ber_read_oid(name->raw, &name->oid);
}

static void
write_object(const struct mib_view *v, const struct mib_object *o, struct ber_writer *w)
{
	uint8_t *varbind = ber_open(w, BER_SEQUENCE);

	mib_write_name(v, o, w);
	mib_write_value(v, o, w);
	ber_close(w, varbind);
}

static void
write_exception(const struct name *name, enum ber_tag exception, struct ber_writer *w)
{
	uint8_t *varbind = ber_open(w, BER_SEQUENCE);

	ber_bytes(w, BER_OID, name->raw.p, cursor_left(&name->raw));
	ber_bytes(w, (uint8_t)exception, NULL, 0);
	ber_close(w, varbind);
}

/* One varbind of a GET or GETNEXT. @return the exception for its place, or 0 when the object was written */
static enum ber_tag
answer_one(const struct mib_view *v, uint8_t pdu, const struct name *name, struct ber_writer *w)
{
	struct mib_object o;

	if (pdu == PDU_GETNEXT) {
		if (!mib_next(v, &name->oid, &o))
			return BER_END_OF_MIB;
	} else {
		switch (mib_find(v, &name->oid, &o)) {
		case MIB_NO_SUCH_OBJECT:
			return BER_NO_SUCH_OBJECT;
		case MIB_NO_SUCH_INSTANCE:
			return BER_NO_SUCH_INSTANCE;
		case MIB_FOUND:
			break;
		}
	}
	write_object(v, &o, w);
	return 0;
}

/* GET and GETNEXT. -1 when the request is malformed. */
static int
answer_get(const struct mib_view *v, const struct request *r, struct ber_writer *w, struct response *out)
{
	struct cursor varbinds = r->varbinds;
	struct name   name;
	enum ber_tag  exception;
	int64_t	      index = 0;

	while (cursor_left(&varbinds) > 0) {
		if (name_read(&varbinds, &name) == -1)
			return -1;
		index++;
		if ((exception = answer_one(v, r->pdu, &name, w)) == 0)
			continue;
		if (r->version == SNMP_V1) {
			*out = (struct response){ NO_SUCH_NAME, index };
			return 0;
		}
		write_exception(&name, exception, w);
	}
	if (w->full)
		*out = (struct response){ TOO_BIG, 0 };
	return 0;
}

struct repeater {
	struct name	  name;
	struct mib_object at;
	bool		  begun, ended;
};

/* The next object of one column. @return false when the message is full, and leaves it as it was */
static bool
repeat_one(const struct mib_view *v, struct repeater *p, struct ber_writer *w)
{
	uint8_t *before = w->p, *varbind;

	if (!p->ended)
		p->ended = !(p->begun ? mib_step(v, &p->at) : mib_next(v, &p->name.oid, &p->at));
	if (!p->ended) {
		p->begun = true;
		write_object(v, &p->at, w);
	} else if (p->begun) {
		varbind = ber_open(w, BER_SEQUENCE);
		mib_write_name(v, &p->at, w);
		ber_bytes(w, BER_END_OF_MIB, NULL, 0);
		ber_close(w, varbind);
	} else
		write_exception(&p->name, BER_END_OF_MIB, w);
	if (w->full)
		w->p = before;
	return !w->full;
}

static void
answer_repetitions(
    const struct mib_view *v, struct repeater *repeater, size_t n, int64_t max, struct ber_writer *w)
{
	bool   going = n > 0;
	size_t i;

	for (; max > 0 && going; max--) {
		going = false;
		for (i = 0; i < n; i++) {
			if (!repeat_one(v, &repeater[i], w))
				return;
			going |= !repeater[i].ended;
		}
	}
}

/* GETBULK (RFC 3416 4.2.3). -1 when the request is malformed. */
static int
answer_bulk(const struct mib_view *v, const struct request *r, struct ber_writer *w)
{
	struct repeater repeater[REPEATERS_MAX];
	struct cursor	varbinds = r->varbinds;
	int64_t		singles = r->a;
	size_t		n = 0;

	while (cursor_left(&varbinds) > 0) {
		if (n == REPEATERS_MAX || name_read(&varbinds, &repeater[n].name) == -1)
			return -1;
		repeater[n].begun = repeater[n].ended = false;
		if (singles-- > 0)
			repeat_one(v, &repeater[n], w);
		else
			n++;
	}
	if (!w->full)
		answer_repetitions(v, repeater, n, r->b, w);
	return 0;	/* what there was room for is the answer */
}

/* The varbinds of the answer, or the error. -1 when the request is malformed. */
static int
answer_varbinds(const struct mib_view *v, const struct request *r, struct ber_writer *w, struct response *out)
{
	if (v->d->faults & DEVICE_TOOBIG)
		*out = (struct response){ TOO_BIG, 0 };
	else if (v->d->faults & DEVICE_GENERR)
		*out = (struct response){ GEN_ERR, 1 };
	else if (r->pdu == PDU_GET || r->pdu == PDU_GETNEXT)
		return answer_get(v, r, w, out);
	else if (r->pdu == PDU_GETBULK)
		return answer_bulk(v, r, w);
	else if (r->pdu == PDU_SET)
		*out = (struct response){ r->version == SNMP_V1 ? NO_SUCH_NAME : NOT_WRITABLE, 1 };
	else
		return -1;
	return 0;
}

/* The whole message around varbinds that are encoded already. */
static size_t
message_write(const struct mib_view *v, const struct request *r, const struct response *resp,
    const uint8_t *varbinds, size_t len, uint8_t *out)
{
	struct ber_writer w = { .p = out, .end = out + FLEET_DATA_MAX };
	uint8_t		 *message, *pdu, *list;

	message = ber_open(&w, BER_SEQUENCE);
	ber_integer(&w, r->version);
	ber_bytes(&w, BER_STRING, r->community.p, cursor_left(&r->community));
	pdu = ber_open(&w, PDU_RESPONSE);
	ber_integer(&w, v->d->faults & DEVICE_WRONGID ? r->id ^ 0x55 : r->id);
	ber_integer(&w, resp->error);
	ber_integer(&w, resp->index);
	list = ber_open(&w, BER_SEQUENCE);
	ber_raw(&w, varbinds, len);
	ber_close(&w, list);
	ber_close(&w, pdu);
	if (v->d->faults & DEVICE_GARBAGE)
		pdu[-1] ^= 0x3f;	/* the PDU claims another length than it has */
	ber_close(&w, message);
	return w.full ? 0 : (size_t)(w.p - out);
}

/* An agent takes any community, unless it is told to take this one alone. */
static bool
is_welcome(const struct fleet_device *d, const struct request *r)
{
	static const char private[] = "private";

	return (d->faults & DEVICE_PRIVATE) == 0 || (cursor_left(&r->community) == sizeof(private) - 1 &&
	    memcmp(r->community.p, private, sizeof(private) - 1) == 0);
}

size_t
agent_answer(const struct fleet_model *m, struct fleet_device *d, int64_t now_ns, const uint8_t *in,
    size_t len, uint8_t *out)
{
	struct mib_view	  v = { .m = m, .d = d, .now_ns = now_ns };
	struct request	  r;
	struct response	  resp = { NO_ERROR, 0 };
	uint8_t		  varbinds[FLEET_DATA_MAX];
	struct ber_writer w;
	size_t		  head, n;

	if (d->faults & DEVICE_SILENT || request_read(in, len, &r) == -1 || !is_welcome(d, &r))
		return 0;
	v.no64 = r.version == SNMP_V1 || (d->faults & DEVICE_NO64) != 0;
	head = HEAD_MAX + cursor_left(&r.community);
	if (head > sizeof(varbinds))
		return 0;
	w = (struct ber_writer){ .p = varbinds, .end = varbinds + sizeof(varbinds) - head };
	if (answer_varbinds(&v, &r, &w, &resp) == -1)
		return 0;
	if (resp.error == NO_ERROR)
		n = message_write(&v, &r, &resp, varbinds, (size_t)(w.p - varbinds), out);
	else if (resp.error == TOO_BIG && r.version != SNMP_V1)
		n = message_write(&v, &r, &resp, NULL, 0, out);		/* RFC 3416 4.2.1: no varbinds */
	else
		n = message_write(&v, &r, &resp, r.varbinds.p, cursor_left(&r.varbinds), out);
	return d->faults & DEVICE_TRUNCATE ? n * 6 / 10 : n;
}
