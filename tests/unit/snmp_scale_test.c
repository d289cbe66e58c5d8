/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmp_scale_test.c: what a device costs the SNMP engine in memory and in processor time.
 *
 * Many devices of 8 ports on a virtual loop. The agent answers from a memory of its own answers, so that what is
 * measured is the engine: requests, decoding, rates, and samples put into frames. SIMPUL_SCALE_DEVICES=31354
 * makes it as large as the country; SIMPUL_SCALE_DEAD=30 keeps so many of a hundred silent.
 */
#include "config.h"

#include <malloc.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/map.h"
#include "collectors/snmp/engine.h"
#include "sample/sample.h"
#include "tests/unit/agent.h"
#include "tests/unit/tap.h"

#define WALL_NS	  (1795222800 * NS_PER_S)
#define DELAY_NS  (40 * NS_PER_MS)
#define PORTS	  8
#define METRICS	  (PORTS * 7)
#define REQUEST_MAX 2048
#define BYTES_MAX 5120		/* of a device, beyond the base */

struct memory {			/* an answer, and the request it was given to */
	uint8_t request[REQUEST_MAX], answer[AGENT_PACKET_MAX];
	size_t	request_len, answer_len;
	int64_t uptime_s;
};

struct flight {			/* answers of one batch */
	struct country	 *country;
	struct loop_timer timer;
	size_t		  n;
	struct packet_in  in[64];
	uint8_t		  data[64][2048];
};

struct country {
	struct packet_io    io;		/* first */
	struct loop	   *loop;
	struct snmp_engine *engine;
	struct agent	    agent;
	struct memory	    memory[64];
	struct sample_batch batch;
	unsigned	    dead_percent, alive;
	uint64_t	    samples, known, lost;
};

/* Bytes 4 from the request-id on are the only ones that differ: SEQUENCE, version, community, PDU, INTEGER. */
static size_t
id_at(const uint8_t *p)
{
	size_t at = p[1] == 0x82 ? 4 : p[1] == 0x81 ? 3 : 2;

	at += 3 + 2 + 6;
	at += p[at + 1] == 0x82 ? 4 : p[at + 1] == 0x81 ? 3 : 2;
	return at + 2;
}

static size_t
answer_of(struct country *c, const struct packet_out *out, uint8_t *answer)
{
	int64_t	       uptime_s = loop_mono_ns(c->loop) / NS_PER_S;
	size_t	       at = id_at(out->data), answer_at;
	uint64_t       hash = out->len;
	struct memory *m;

	for (size_t i = at + 4; i + 8 <= out->len; i += 8) {
		uint64_t word;

		memcpy(&word, out->data + i, 8);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	}
	m = &c->memory[hash >> 58];
	if (m->uptime_s != uptime_s || m->request_len != out->len ||
	    memcmp(m->request + at + 4, out->data + at + 4, out->len - at - 4) != 0) {
		agent_set(&c->agent, "1.3.6.1.2.1.1.3.0", SNMP_TIMETICKS, (uint32_t)uptime_s * 100 + 100000);
		memcpy(m->request, out->data, out->len);
		m->request_len = out->len;
		m->uptime_s = uptime_s;
		m->answer_len = agent_answer(&c->agent, out->data, out->len, m->answer);
	}
	answer_at = id_at(m->answer);
	memcpy(answer, m->answer, m->answer_len);
	memcpy(answer + answer_at, out->data + at, 4);
	return m->answer_len;
}

static void
deliver(void *arg)
{
	struct flight *f = arg;

	for (size_t i = 0; i < f->n && f->country->engine != NULL; i++) {
		f->in[i].received_ns = loop_mono_ns(f->country->loop);
		snmp_engine_packet(f->country->engine, &f->in[i]);
	}
	free(f);
}

static bool
is_dead(const struct country *c, const struct addr *a)
{
	return (a->byte[2] * 256u + a->byte[3]) % 100 < c->dead_percent;
}

static size_t
country_send(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	struct country *c = (struct country *)io;
	struct flight  *f = malloc(sizeof(*f));

	(void)kind;
	f->country = c;
	f->n = 0;
	f->timer = (struct loop_timer){ 0 };
	for (size_t i = 0; i < n; i++) {
		batch[i].sent_ns = loop_mono_ns(c->loop);
		batch[i].error = 0;
		if (is_dead(c, &batch[i].to))
			continue;
		f->in[f->n] = (struct packet_in){ .from = batch[i].to, .port = batch[i].port, .data = f->data[f->n] };
		f->in[f->n].len = answer_of(c, &batch[i], f->data[f->n]);
		f->n++;
	}
	loop_timer_set(c->loop, &f->timer, loop_mono_ns(c->loop) + DELAY_NS, deliver, f);
	return n;
}

static const struct packet_io_ops country_ops = { .send = country_send };

static void
on_sample(void *arg, const struct sample *s)
{
	struct country *c = arg;

	if (s->type == SAMPLE_RATE && s->n == PORT_RATES) {
		c->samples++;
		c->known += s->quality == QUALITY_GOOD;
		c->lost += s->quality == QUALITY_LOST;
	}
	if (sample_batch_add(&c->batch, s, loop_wall_ns(c->loop), loop_mono_ns(c->loop)))
		sample_batch_reset(&c->batch);
}

static void
on_state(void *arg, const struct msg_target_state *st)
{
	(void)arg;
	(void)st;
}

static void
on_port(void *arg, const struct msg_port_found *p)
{
	(void)arg;
	(void)p;
}

static void
set(struct agent *a, const char *column, unsigned port, uint8_t type, uint64_t number)
{
	char oid[64];

	snprintf(oid, sizeof(oid), "1.3.6.1.2.1.%s.%u", column, port);
	agent_set(a, oid, type, number);
}

static void
set_text(struct agent *a, const char *column, unsigned port, const char *text)
{
	char oid[64];

	snprintf(oid, sizeof(oid), "1.3.6.1.2.1.%s.%u", column, port);
	agent_set_text(a, oid, text);
}

static void
agent_make(struct agent *a)
{
	static const char *const counters[] = { "2.2.1.10", "2.2.1.13", "2.2.1.14", "2.2.1.16", "2.2.1.19", "2.2.1.20" };
	char			 name[16];

	agent_load(a, "routeros.txt");
	agent_remove(a, "1.3.6.1.2.1.2");
	agent_remove(a, "1.3.6.1.2.1.31");
	for (unsigned port = 1; port <= PORTS; port++) {
		snprintf(name, sizeof(name), "ether%u", port);
		set_text(a, "2.2.1.2", port, name);
		set(a, "2.2.1.3", port, SNMP_INTEGER, 6);
		set_text(a, "2.2.1.6", port, "\x48\x8f\x5a\x01\x02\x03");
		set(a, "2.2.1.8", port, SNMP_INTEGER, 1);
		for (size_t i = 0; i < nitems(counters); i++)
			set(a, counters[i], port, SNMP_COUNTER32, 123456);
		set_text(a, "31.1.1.1.1", port, name);
		set(a, "31.1.1.1.6", port, SNMP_COUNTER64, 1234567890123);
		set(a, "31.1.1.1.10", port, SNMP_COUNTER64, 234567890123);
		set(a, "31.1.1.1.15", port, SNMP_GAUGE32, 1000);
		set_text(a, "31.1.1.1.18", port, "uplink");
		set(a, "31.1.1.1.19", port, SNMP_TIMETICKS, 0);
	}
}

static void
device_add(struct country *c, uint32_t i)
{
	struct msg_target t = { .kind = TARGET_SNMP, .number = 100 + i, .port = 161, .interval_ms = 60000,
		.method = "2c", .credential = "city-read" };
	struct msg_port	  port[PORTS];

	t.address = (struct addr){ .family = 4, .byte = { 10, 100, (uint8_t)(i >> 8), (uint8_t)i } };
	c->alive += !is_dead(c, &t.address);
	snprintf(t.ref, sizeof(t.ref), "device/s%05u-r1", i);
	for (uint32_t k = 0; k < PORTS; k++) {
		port[k] = (struct msg_port){ .device = t.number, .number = 1000000 + PORTS * i + k };
		snprintf(port[k].name, sizeof(port[k].name), "ether%u", k + 1);
	}
	snmp_engine_target(c->engine, &t, port, PORTS);
}

static double
cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / NS_PER_S;
}

static uint64_t
counter(struct country *c, const char *name)
{
	struct msg_counters m = { 0 };

	snmp_engine_counters(c->engine, &m);
	for (unsigned i = 0; i < m.n; i++)
		if (strcmp(m.c[i].name, name) == 0)
			return m.c[i].value;
	return UINT64_MAX;
}

static unsigned
number_from(const char *variable, unsigned or)
{
	const char *text = getenv(variable);

	return text != NULL ? (unsigned)strtoul(text, NULL, 10) : or;
}

static void
run_s(struct country *c, int64_t seconds)
{
	loop_run_until(c->loop, loop_mono_ns(c->loop) + seconds * NS_PER_S);
}

int
main(void)
{
	struct country	 *c = xcalloc(1, sizeof(*c));
	const struct sink sink = { .sample = on_sample, .state = on_state, .port_found = on_port, .arg = c };
	unsigned	  n = number_from("SIMPUL_SCALE_DEVICES", 2000), live;
	struct mallinfo2  before, after;
	double		  began, bytes;

	log_quiet(true);
	c->dead_percent = number_from("SIMPUL_SCALE_DEAD", 0);
	c->loop = loop_new_virtual(1, WALL_NS);
	c->io = (struct packet_io){ .ops = &country_ops, .loop = c->loop };
	agent_make(&c->agent);
	c->engine = snmp_engine_new(c->loop, &c->io, -1, true, &sink);
	before = mallinfo2();
	for (uint32_t i = 0; i < n; i++)
		device_add(c, i);
	run_s(c, 180);
	after = mallinfo2();
	bytes = (double)(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / n;
	printf("# %u devices of %u ports: %.0f bytes each\n", n, PORTS, bytes);
#ifndef SIMPUL_SANITIZED	/* whose allocator does not say what it has given out */
	ok(bytes <= BYTES_MAX, "a device costs no more than %u bytes", BYTES_MAX);
#endif

	c->samples = c->known = c->lost = 0;
	counter(c, "snmp.lag_p99_us");
	began = cpu_s();
	run_s(c, 300);
	live = (unsigned)(c->known / PORTS / 5);
	printf("# %.3f CPU-s per million metrics (%u live devices, 5 polls)\n",
	    (cpu_s() - began) / ((double)c->known * METRICS / PORTS) * 1e6, live);
	/* The end of a poll that nobody answers is not as regular as an answer. */
	ok(c->samples + 5u * PORTS * n * c->dead_percent / 1000 >= 5u * PORTS * n && c->known + c->lost == c->samples,
	    "every device is polled every minute");
	ok(live == c->alive && c->known == 5u * PORTS * c->alive, "and all that lives is known");
	printf("# lag of 99 of 100 polls: %u us\n", (unsigned)counter(c, "snmp.lag_p99_us"));
	ok(counter(c, "snmp.overruns") == 0, "no poll overruns the next");
	snmp_engine_free(c->engine);
	c->engine = NULL;
	run_s(c, 1);		/* what is still in the air */
	sample_batch_free(&c->batch);
	loop_free(c->loop);
	free(c);
	return tap_done();
}
