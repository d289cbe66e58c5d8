/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmp.c: what the SNMP engine itself needs, asked by real packets in the network namespace where it is run.
 * Prints lines `figure NAME VALUE UNIT`. Started by snmp.py, which has the devices answer.
 *
 *	snmp cycle DEVICES SILENT PORTS CYCLES	from the first request of a cycle that nothing paces to the last answer
 *	snmp memory DEVICES SILENT PORTS CYCLES	bytes per device beyond the base
 *
 * Device i = 0, 1, .. has the address 10.100.(i / 250).(i % 250 + 1); the part SILENT of them, spread evenly, never answers.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/map.h"
#include "collectors/snmp/engine.h"

#define HOSTS_PER_NET 250
#define INTERVAL_MS   10000	/* of a cycle; of devices that are many: */
#define LONG_MS	      60000
#define QUIET_NS      (2 * NS_PER_S)	/* between two cycles no live device is asked for so long */
#define PHASE_NS      (5 * NS_PER_MS)	/* devices whose ticks are that near begin together */
#define LOOK_NS	      (NS_PER_S / 10)

struct bench {
	struct packet_io    io;		/* must be first: the engine's, before the real one */
	struct packet_io   *real;
	struct loop	   *loop;
	struct snmp_engine *engine;
	struct loop_timer   look;
	unsigned	    devices, ports, cycles;
	double		    silent;
	uint32_t	    interval_ms;

	uint8_t		   *found;	/* ports of each device */
	bool		   *due, *polled;	/* its ports are to be told; it has given rates since its first poll */
	char		  (*name)[128];	/* of the ports: all devices have the same */
	size_t		    nready, npolled, base_bytes;

	/* the cycle in progress */
	unsigned	    cycle, asked, answered, requests;
	int64_t		    begin_ns, last_sent_ns, last_answer_ns;
	double		   *cycle_s;
	double		    used_s;		/* CPU when the first counted cycle began */
};

static double
cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static size_t
resident_bytes(void)
{
	unsigned long pages = 0;
	FILE	     *f = fopen("/proc/self/statm", "re");

	if (f == NULL || fscanf(f, "%*u %lu", &pages) != 1)
		fatalx("/proc/self/statm");
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- devices ---- */

static struct addr
device_addr(unsigned i)
{
	return (struct addr){ .family = 4,
		.byte = { 10, 100, (uint8_t)(i / HOSTS_PER_NET), (uint8_t)(i % HOSTS_PER_NET + 1) } };
}

static unsigned
device_at(const struct addr *a)
{
	return (unsigned)a->byte[2] * HOSTS_PER_NET + a->byte[3] - 1;
}

static bool
is_silent(const struct bench *b, unsigned i)
{
	return floor((i + 1) * b->silent) > floor(i * b->silent);
}

static size_t
live_count(const struct bench *b)
{
	return b->devices - (size_t)floor(b->devices * b->silent);
}

/* Names for which the engine draws the same tick of the interval: nothing but the engine itself then spreads the requests. */
static void
device_ref(const struct bench *b, unsigned i, char *ref, size_t size)
{
	uint64_t interval_ns = b->interval_ms * (uint64_t)NS_PER_MS;
	unsigned k = 0;

	do
		snprintf(ref, size, "device/d%u-%u", i, k++);
	while (b->interval_ms == INTERVAL_MS && hash_text(ref) % interval_ns >= (uint64_t)PHASE_NS);
}

static void
device_tell(struct bench *b, unsigned i, bool with_ports)
{
	struct msg_target t = { .kind = TARGET_SNMP, .number = i + 1, .method = "2c", .credential = "x", .profile = "generic",
		.address = device_addr(i), .port = 161, .interval_ms = b->interval_ms, .timeout_ms = 2000 };
	struct msg_port	  port[UINT8_MAX] = { 0 };
	unsigned	  k;

	device_ref(b, i, t.ref, sizeof(t.ref));
	for (k = 0; with_ports && k < b->ports; k++) {
		port[k].device = t.number;
		port[k].number = b->devices + i * b->ports + k + 1;
		text_copy(port[k].name, sizeof(port[k].name), b->name[k]);
	}
	snmp_engine_target(b->engine, &t, port, with_ports ? b->ports : 0);
}

static void
take_port(void *arg, const struct msg_port_found *p)
{
	struct bench *b = arg;
	unsigned      i = p->device - 1;

	if (b->due[i] || b->found[i] >= b->ports)
		return;
	text_copy(b->name[b->found[i]], sizeof(b->name[0]), p->name);
	b->due[i] = ++b->found[i] == b->ports;
}

static void
take_sample(void *arg, const struct sample *s)
{
	struct bench *b = arg;
	unsigned      i;

	if (s->series <= b->devices || s->type != SAMPLE_RATE || s->quality != QUALITY_GOOD)
		return;
	i = (s->series - b->devices - 1) / b->ports;
	b->npolled += !b->polled[i];
	b->polled[i] = true;
}

static void
take_state(void *arg, const struct msg_target_state *st)
{
	(void)arg;
	(void)st;
}

/* ---- packets: between the engine and the real sockets ---- */

static void
cycle_end(struct bench *b)
{
	if (b->begin_ns == 0 || b->npolled < live_count(b))
		return;		/* still finding out who is there */
	if (b->used_s == 0) {
		b->used_s = cpu_s();	/* the next one is the first that counts */
		return;
	}
	b->cycle_s[b->cycle++] = (double)(b->last_answer_ns - b->begin_ns) / (double)NS_PER_S;
	b->requests = b->asked;
	if (b->asked != b->answered)
		log_warnx("%u requests to live devices, %u answers", b->asked, b->answered);
	if (b->cycle == b->cycles)
		loop_stop(b->loop, 0);
}

static size_t
bench_send(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	struct bench *b = (struct bench *)io;
	size_t	      i, left = b->real->ops->send(b->real, kind, batch, n);

	for (i = 0; i < n; i++) {
		if (is_silent(b, device_at(&batch[i].to)))
			continue;
		if (batch[i].sent_ns - b->last_sent_ns > QUIET_NS) {
			cycle_end(b);
			b->begin_ns = batch[i].sent_ns;
			b->asked = b->answered = 0;
		}
		b->last_sent_ns = batch[i].sent_ns;
		b->asked++;
	}
	return left;
}

static void
take_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	struct bench *b = arg;

	if (kind != PACKET_UDP)
		return;
	b->answered++;
	b->last_answer_ns = in->received_ns;
	snmp_engine_packet(b->engine, in);
}

/* ---- */

static void
look(void *arg)
{
	struct bench *b = arg;
	unsigned      i;

	for (i = 0; i < b->devices; i++) {
		if (!b->due[i])
			continue;
		b->due[i] = false;
		device_tell(b, i, true);
	}
	if (b->interval_ms == LONG_MS && b->npolled == live_count(b)) {
		loop_stop(b->loop, 0);
		return;
	}
	loop_timer_set(b->loop, &b->look, loop_mono_ns(b->loop) + LOOK_NS, look, b);
}

static int
double_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
cycle_report(struct bench *b)
{
	double used_s = cpu_s() - b->used_s;

	qsort(b->cycle_s, b->cycle, sizeof(*b->cycle_s), double_order);
	printf("figure cycle_s_%s %.4f s\n", b->silent > 0 ? "40ms_5pct_dead" : "near", b->cycle_s[b->cycle / 2]);
	printf("figure cycle_s_worst %.4f s\n", b->cycle_s[b->cycle - 1]);
	printf("figure cycle_requests %u requests\n", b->requests);
	printf("figure cycle_cpu_s_per_million %.3f s\n",
	    used_s / (double)(live_count(b) * b->ports * 7 * b->cycle) * 1e6);
}

static void
memory_report(const struct bench *b)
{
	printf("figure bytes_per_device %.0f byte\n", (double)(resident_bytes() - b->base_bytes) / b->devices);
	printf("figure memory_devices %u devices\n", b->devices);
}

static void
bench_init(struct bench *b, char *argv[])
{
	static const struct packet_io_ops ops = { .send = bench_send };
	struct packet_sockets sockets;
	const struct sink     sink = { .sample = take_sample, .state = take_state, .port_found = take_port, .arg = b };

	b->devices = (unsigned)atoi(argv[2]);
	b->silent = atof(argv[3]);
	b->ports = (unsigned)atoi(argv[4]);
	b->cycles = (unsigned)atoi(argv[5]);
	b->interval_ms = strcmp(argv[1], "cycle") == 0 ? INTERVAL_MS : LONG_MS;
	b->found = xcalloc(b->devices, sizeof(*b->found));
	b->due = xcalloc(b->devices, sizeof(*b->due));
	b->polled = xcalloc(b->devices, sizeof(*b->polled));
	b->name = xcalloc(b->ports, sizeof(*b->name));
	b->cycle_s = xcalloc(b->cycles, sizeof(*b->cycle_s));
	memset(b->found, 0, b->devices);	/* theirs, not the engine's */
	memset(b->due, 0, b->devices);
	memset(b->polled, 0, b->devices);
	b->loop = loop_new();
	if (packet_sockets_open(&sockets) == -1)
		fatalx("no sockets");
	b->real = packet_real_new(b->loop, &sockets);
	b->real->on_packet = take_packet;
	b->real->arg = b;
	b->io.ops = &ops;
	b->io.loop = b->loop;
	b->engine = snmp_engine_new(b->loop, &b->io, -1, true, &sink);
	b->base_bytes = resident_bytes();
}

int
main(int argc, char *argv[])
{
	struct bench b = { 0 };
	unsigned     i;

	log_open("snmp", NULL);
	if (argc != 6 || (strcmp(argv[1], "cycle") != 0 && strcmp(argv[1], "memory") != 0)) {
		fprintf(stderr, "usage: snmp cycle|memory DEVICES SILENT PORTS CYCLES\n");
		return 2;
	}
	bench_init(&b, argv);
	for (i = 0; i < b.devices; i++)
		device_tell(&b, i, false);
	look(&b);
	loop_run(b.loop);
	if (b.interval_ms == INTERVAL_MS)
		cycle_report(&b);
	else
		memory_report(&b);
	loop_timer_cancel(b.loop, &b.look);
	snmp_engine_free(b.engine);
	b.real->ops->free(b.real);
	loop_free(b.loop);
	return EXIT_SUCCESS;
}
