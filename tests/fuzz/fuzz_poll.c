/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_poll.c: an SNMP agent that says whatever the input says, in messages that the engine must take.
 *
 * fuzz_snmp looks at datagrams; here each answer has the right id, community and (to a GET) the right OIDs, so
 * that the input reaches what lies behind the gate: walks, collectors, plans, rates, what is learnt. The input is read
 * as it is needed; at its end the agent falls silent.
 */
#include <math.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "base/log.h"
#include "collectors/sensor.h"
#include "collectors/snmp/ber.h"
#include "collectors/snmp/engine.h"
#include "sample/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WALL_NS	  (1795222800 * NS_PER_S)
#define MESSAGE_MAX 16384
#define RUN_S	  900
#define PORTS	  4
#define FIRST_SENSOR 100

struct world {
	struct packet_io    io;		/* first */
	struct loop	   *loop;
	struct snmp_engine *engine;
	struct cursor	    in;
	struct snmp_message request;
	struct buf	    answer;
	int64_t		    delay_ns;
	struct sensor_numbers sensors;	/* as core would give them */
};

struct delivery {
	struct world	 *world;
	struct loop_timer timer;
	struct packet_in  in;
	uint8_t		  data[];
};

static void
deliver(void *arg)
{
	struct delivery *d = arg;

	d->in.received_ns = loop_mono_ns(d->world->loop);
	snmp_engine_packet(d->world->engine, &d->in);
	free(d);
}

/* Writing: every length has two bytes, filled in when it is known. */

static size_t
tlv_begin(struct buf *out, uint8_t tag)
{
	buf_u8(out, tag);
	buf_u8(out, 0x82);
	buf_u8(out, 0);
	buf_u8(out, 0);
	return out->len;
}

static void
tlv_end(struct buf *out, size_t begin)
{
	size_t len = out->len - begin;

	out->data[begin - 2] = (uint8_t)(len >> 8);
	out->data[begin - 1] = (uint8_t)len;
}

static void
put_tlv(struct buf *out, uint8_t tag, const uint8_t *p, size_t len)
{
	size_t at = tlv_begin(out, tag);

	for (size_t i = 0; i < len; i++)
		buf_u8(out, p[i]);
	tlv_end(out, at);
}

static void
put_u8(struct buf *out, uint8_t v)
{
	put_tlv(out, SNMP_INTEGER, &v, 1);
}

/* A value as the input has it; of each type mostly one that can be. */
static void
put_value(struct world *w)
{
	static const uint8_t types[] = { SNMP_INTEGER, SNMP_OCTETS, SNMP_NULL, SNMP_OID, SNMP_IPADDRESS, SNMP_COUNTER32,
		SNMP_GAUGE32, SNMP_TIMETICKS, SNMP_OPAQUE, SNMP_COUNTER64, SNMP_NO_SUCH_OBJECT, SNMP_NO_SUCH_INSTANCE,
		SNMP_END_OF_MIB_VIEW };
	uint8_t		     how = cursor_u8(&w->in), type = types[how % nitems(types)];
	size_t		     len = how >> 4;

	if (type == SNMP_OCTETS && how >= 0xf0)
		len = 100;
	if (type == SNMP_NULL || type >= SNMP_NO_SUCH_OBJECT)
		len = 0;
	else if (type == SNMP_IPADDRESS)
		len = 4;
	else if (type != SNMP_OCTETS && type != SNMP_OPAQUE)
		len = 1 + len % 4;
	if (cursor_left(&w->in) < len)
		len = cursor_left(&w->in);
	put_tlv(&w->answer, type, cursor_bytes(&w->in, len), len);
}

/* An OID inside the column that was asked for, or anywhere. */
static void
put_next_oid(struct world *w, const struct snmp_varbind *vb)
{
	uint8_t how = cursor_u8(&w->in);
	size_t	at = tlv_begin(&w->answer, SNMP_OID), keep = vb->oid_len;

	if (how & 1 && keep > 1)
		keep--;				/* the last arc is another */
	for (size_t i = 0; i < keep; i++)
		buf_u8(&w->answer, vb->oid[i]);
	for (unsigned i = how >> 5; i > 0; i--)
		buf_u8(&w->answer, cursor_u8(&w->in) & 0x7f);
	tlv_end(&w->answer, at);
}

static void
put_varbinds(struct world *w, const struct snmp_message *m)
{
	unsigned n = m->n;

	if (m->pdu != SNMP_PDU_GET)
		n = cursor_u8(&w->in) % 64;
	for (unsigned i = 0; i < n && m->n > 0 && w->answer.len < MESSAGE_MAX; i++) {
		const struct snmp_varbind *vb = &m->varbind[i % m->n];
		size_t			   at = tlv_begin(&w->answer, 0x30);

		if (m->pdu == SNMP_PDU_GET)
			put_tlv(&w->answer, SNMP_OID, vb->oid, vb->oid_len);
		else
			put_next_oid(w, vb);
		put_value(w);
		tlv_end(&w->answer, at);
	}
}

static void
answer_make(struct world *w)
{
	const struct snmp_message *m = &w->request;
	const uint8_t		   id[4] = { (uint8_t)((uint32_t)m->request_id >> 24), (uint8_t)((uint32_t)m->request_id >> 16),
		(uint8_t)((uint32_t)m->request_id >> 8), (uint8_t)m->request_id };
	uint8_t			   status = cursor_u8(&w->in);
	size_t			   message, pdu, list;

	w->answer.len = 0;
	message = tlv_begin(&w->answer, 0x30);
	put_u8(&w->answer, m->version);
	put_tlv(&w->answer, SNMP_OCTETS, m->community, m->community_len);
	pdu = tlv_begin(&w->answer, SNMP_PDU_RESPONSE);
	put_tlv(&w->answer, SNMP_INTEGER, id, sizeof(id));
	put_u8(&w->answer, status < 0xe0 ? 0 : (status & 0x1f) % SNMP_ERRORS);
	put_u8(&w->answer, status < 0xe0 ? 0 : cursor_u8(&w->in) & 0x7f);
	list = tlv_begin(&w->answer, 0x30);
	put_varbinds(w, m);
	tlv_end(&w->answer, list);
	tlv_end(&w->answer, pdu);
	tlv_end(&w->answer, message);
}

static size_t
world_send(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	struct world	*w = (struct world *)io;
	struct delivery *d;
	const char	*why;

	for (size_t i = 0; i < n; i++) {
		batch[i].sent_ns = loop_mono_ns(w->loop);
		batch[i].error = 0;
		if (snmp_decode(&w->request, batch[i].data, batch[i].len, &why) == -1)
			abort();		/* our own */
		if (cursor_left(&w->in) == 0)
			continue;
		answer_make(w);
		d = xcalloc(1, sizeof(*d) + w->answer.len);
		memcpy(d->data, w->answer.data, w->answer.len);
		d->world = w;
		d->in = (struct packet_in){ .from = batch[i].to, .port = batch[i].port, .data = d->data, .len = w->answer.len };
		loop_timer_set(w->loop, &d->timer, loop_mono_ns(w->loop) + w->delay_ns, deliver, d);
	}
	(void)kind;
	return n;
}

static const struct packet_io_ops world_ops = { .send = world_send };

/* What comes out must be fit for the journal, and say only what can be. */
static void
on_sample(void *arg, const struct sample *s)
{
	struct buf    out = { 0 };
	struct cursor c;
	struct sample again;

	(void)arg;
	if (s->n > SAMPLE_VALUES_MAX || sample_encode(&out, s, s->wall_ns) == -1)
		abort();
	c = cursor_of(out.data, out.len);
	if (sample_decode(&c, &again, s->wall_ns) == -1)
		abort();
	for (unsigned i = 0; i < s->n && s->series < FIRST_SENSOR; i++)	/* a temperature may be below zero */
		if (s->value[i] < 0)
			abort();
	buf_free(&out);
}

static void
on_state(void *arg, const struct msg_target_state *st)
{
	(void)arg;
	if (memchr(st->reason, '\0', sizeof(st->reason)) == NULL || memchr(st->name, '\0', sizeof(st->name)) == NULL)
		abort();
}

static void
on_port(void *arg, const struct msg_port_found *p)
{
	(void)arg;
	if (p->name[0] == '\0' || memchr(p->name, '\0', sizeof(p->name)) == NULL)
		abort();
}

static void
on_sensor(void *arg, const struct msg_sensor_found *f)
{
	struct world	      *w = arg;
	struct sensor_numbers *s = &w->sensors;

	if (f->name[0] == '\0' || memchr(f->name, '\0', sizeof(f->name)) == NULL)
		abort();
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].name, f->name) == 0)
			return;
	s->v = xrealloc(s->v, s->n + 1, sizeof(*s->v));
	s->v[s->n] = (struct sensor_number){ .number = FIRST_SENSOR + (uint32_t)s->n, .name = xstrdup(f->name) };
	s->n++;
}

static void
on_neighbour(void *arg, const struct msg_neighbour *n)
{
	(void)arg;
	if (memchr(n->name, '\0', sizeof(n->name)) == NULL || memchr(n->port, '\0', sizeof(n->port)) == NULL)
		abort();
}

/* A new plan, with the numbers of what was told since the last. */
static void
sensors_give(struct world *w)
{
	struct sensor_numbers s = { .v = xcalloc(w->sensors.n + 1, sizeof(*s.v)), .n = w->sensors.n };

	for (size_t i = 0; i < s.n; i++)
		s.v[i] = (struct sensor_number){ .number = w->sensors.v[i].number, .name = xstrdup(w->sensors.v[i].name) };
	snmp_engine_sensors(w->engine, 1, &s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const versions[] = { "2c", "1", "auto" };
	static const int64_t	 delays_ms[] = { 10, 600, 2400 };	/* so long that walks go on beside polls */
	struct world		*w = xcalloc(1, sizeof(*w));
	const struct sink	 sink = { .sample = on_sample, .state = on_state, .port_found = on_port,
		.sensor_found = on_sensor, .neighbour = on_neighbour, .arg = w };
	struct msg_target	 t = { .kind = TARGET_SNMP, .number = 1, .ref = "device/d1", .interval_ms = 10000,
			.timeout_ms = 500, .credential = "c", .address = { .family = 4, .byte = { 10, 0, 0, 1 } } };
	struct msg_port		 port[PORTS] = { { 0 } };
	uint8_t			 how;

	log_quiet(true);
	w->in = cursor_of(data, size);
	w->loop = loop_new_virtual(1, WALL_NS);
	w->io = (struct packet_io){ .ops = &world_ops, .loop = w->loop };
	w->engine = snmp_engine_new(w->loop, &w->io, -1, true, &sink);
	how = cursor_u8(&w->in);
	text_copy(t.method, sizeof(t.method), versions[how % nitems(versions)]);
	w->delay_ns = delays_ms[how / nitems(versions) % nitems(delays_ms)] * NS_PER_MS;
	for (unsigned i = 0; i < PORTS; i++) {	/* names that a short input can hit */
		port[i] = (struct msg_port){ .device = 1, .number = 10 + i, .link = i == 0 ? 20 : 0 };
		port[i].name[0] = (char)('a' + i);
	}
	snmp_engine_target(w->engine, &t, port, PORTS);
	for (unsigned i = 0; i < RUN_S / 30; i++) {
		loop_run_until(w->loop, loop_mono_ns(w->loop) + 30 * NS_PER_S);
		snmp_engine_poll_now(w->engine, 1);
		sensors_give(w);
		if (cursor_left(&w->in) == 0 && i > 4)
			break;
	}
	w->in = cursor_of(data, 0);
	loop_run_until(w->loop, loop_mono_ns(w->loop) + 3 * NS_PER_S);	/* what is under way arrives */
	snmp_engine_free(w->engine);
	loop_free(w->loop);
	buf_free(&w->answer);
	sensor_numbers_free(&w->sensors);
	free(w);
	return 0;
}
