/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench.c: `simpul-fleet bench`: how many packets per second of one core the fleet itself can take, so that
 * nobody mistakes its limit for that of the engine. Lines: "figure NAME VALUE UNIT".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "tests/fleet/ber.h"
#include "tests/fleet/ip.h"
#include "tests/fleet/main.h"
#include "tests/fleet/virtual.h"
#include "model/inventory.h"

#define LINKS	     85
#define ECHO_PACKETS 4000000
#define SNMP_PACKETS 400000
#define ECHO_LEN     40
#define BENCH_PORTS  8		/* ifIndex 1.. of the device asked */

static double
cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
figure(const char *name, double value, const char *unit)
{
	printf("figure fleet.%s %.6g %s\n", name, value, unit);
}

static void
no_error(void *arg, unsigned column, const char *text)
{
	(void)arg;
	fatalx("bench inventory, column %u: %s", column, text);
}

static void
no_reference_error(void *arg, enum input_kind what, const char *id, unsigned column, const char *text)
{
	(void)arg;
	(void)what;
	fatalx("bench inventory, %s, column %u: %s", id, column, text);
}

/* LINKS offices with one line each, all under one node; the first has a router with BENCH_PORTS ports. */
static struct inventory *
bench_inventory(void)
{
	const char *site[] = { "node-1", "Node", "", "node", "", "critical", "", "", "", "", "", "live" };
	const char *line[] = { "node-1-1", "node-1", "main", "fiber", "", "", "10.9.0.1", "", "", "", "", "",
		"", "", "", "", "", "wan", "live" };
	const char *router[] = { "o1-r1", "o1", "router", "routeros", "10.100.0.1", "161", "2c", "x", "",
		"wan", "live" };
	char	    id[16], link_id[16], addr[16];
	struct inventory *inv = inventory_new();
	int	    i;

	inventory_add(inv, INPUT_SITES, site, nitems(site), no_error, NULL);
	inventory_add(inv, INPUT_LINKS, line, nitems(line), no_error, NULL);
	site[0] = line[1] = id;
	site[3] = "opd";
	site[5] = "office";
	line[0] = link_id;
	line[5] = "node-1";
	line[6] = addr;
	for (i = 1; i < LINKS; i++) {
		snprintf(id, sizeof(id), "o%d", i);
		snprintf(link_id, sizeof(link_id), "o%d-1", i);
		snprintf(addr, sizeof(addr), "10.1.0.%d", i);
		line[15] = i == 1 ? "o1-r1" : "";
		line[16] = i == 1 ? "ether1" : "";
		inventory_add(inv, INPUT_SITES, site, nitems(site), no_error, NULL);
		inventory_add(inv, INPUT_LINKS, line, nitems(line), no_error, NULL);
	}
	inventory_add(inv, INPUT_DEVICES, router, nitems(router), no_error, NULL);
	if (inventory_link(inv, no_reference_error, NULL) == -1)
		fatalx("bench inventory");
	return inv;
}

static size_t
echo_request(uint8_t *msg)
{
	memset(msg, 0, ECHO_LEN);
	msg[0] = 8;
	put_u16be(msg + 2, ip_checksum(msg, ECHO_LEN, 0));
	return ECHO_LEN;
}

static void
bench_model_echo(struct fleet_model *m)
{
	uint8_t		    msg[ECHO_LEN];
	struct fleet_packet p = { .proto = FLEET_ICMP, .from = 1, .data = msg, .len = echo_request(msg) };
	struct fleet_answer answer;
	double		    start_s = cpu_s();
	int		    i;

	for (i = 0; i < ECHO_PACKETS; i++) {
		p.to = 0x0a010001u + (uint32_t)(i % (LINKS - 1));
		if (!fleet_input(m, i, &p, &answer))
			fatalx("an echo request was not answered");
	}
	figure("model_echo", ECHO_PACKETS / (cpu_s() - start_s), "packet/s");
}

struct pacer {
	struct loop	 *loop;
	struct packet_io *io;
	struct loop_timer timer;
	uint8_t		  msg[ECHO_LEN];
	unsigned	  sent, answered;
};

/* As a prober does: each link every two seconds, one packet per timer. */
static void
pace(void *arg)
{
	struct pacer	 *p = arg;
	uint8_t		  host = (uint8_t)(p->sent % (LINKS - 1) + 1);
	struct packet_out out = { .to = { .family = 4, .byte = { 10, 1, 0, host } }, .data = p->msg,
		.len = sizeof(p->msg) };

	p->io->ops->send(p->io, PACKET_ICMP, &out, 1);
	if (++p->sent < ECHO_PACKETS)
		loop_timer_set(p->loop, &p->timer, p->timer.due_ns + 2 * NS_PER_S / LINKS, pace, p);
}

static void
pacer_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	(void)kind;
	(void)in;
	((struct pacer *)arg)->answered++;
}

static void
bench_virtual_echo(struct fleet_model *m)
{
	struct pacer p = { .loop = loop_new_virtual(1, 0) };
	double	     start_s = cpu_s();

	p.io = fleet_virtual_new(p.loop, m);
	p.io->on_packet = pacer_packet;
	p.io->arg = &p;
	echo_request(p.msg);
	loop_timer_set(p.loop, &p.timer, loop_mono_ns(p.loop), pace, &p);
	loop_run(p.loop);
	figure("virtual_echo", (cpu_s() - start_s) / p.answered * 1e9, "ns/echo");
	p.io->ops->free(p.io);
	loop_free(p.loop);
}

/* A GET of n counters of ifXTable, as a poller asks. */
static size_t
snmp_get(uint8_t *out, size_t size, unsigned n)
{
	static const uint32_t columns[] = { 6, 10, 7, 11, 15, 19, 1, 18 };
	struct ber_writer     w = { .p = out, .end = out + size };
	uint8_t		     *message, *pdu, *list, *varbind;
	uint32_t	      name[] = { 1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 0, 0 };
	unsigned	      i;

	message = ber_open(&w, BER_SEQUENCE);
	ber_integer(&w, 1);
	ber_text(&w, "public");
	pdu = ber_open(&w, 0xa0);
	ber_integer(&w, 0x12345678);
	ber_integer(&w, 0);
	ber_integer(&w, 0);
	list = ber_open(&w, BER_SEQUENCE);
	for (i = 0; i < n; i++) {
		name[10] = columns[i / BENCH_PORTS % nitems(columns)];
		name[11] = i % BENCH_PORTS % 6 + 1;
		varbind = ber_open(&w, BER_SEQUENCE);
		ber_oid(&w, name, nitems(name), NULL);
		ber_bytes(&w, BER_NULL, NULL, 0);
		ber_close(&w, varbind);
	}
	ber_close(&w, list);
	ber_close(&w, pdu);
	ber_close(&w, message);
	return w.full ? 0 : (size_t)(w.p - out);
}

static void
bench_snmp(struct fleet_model *m, unsigned varbinds)
{
	uint8_t		    msg[FLEET_DATA_MAX];
	struct fleet_packet p = { .proto = FLEET_UDP, .from = 1, .to = 0x0a640001u, .to_port = 161,
		.data = msg, .len = snmp_get(msg, sizeof(msg), varbinds) };
	struct fleet_answer answer;
	char		    name[32];
	double		    start_s = cpu_s();
	int		    i;

	for (i = 0; i < SNMP_PACKETS; i++)
		if (!fleet_input(m, i, &p, &answer))
			fatalx("a GET was not answered");
	snprintf(name, sizeof(name), "snmp_get_%u", varbinds);
	figure(name, SNMP_PACKETS / (cpu_s() - start_s), "request/s");
}

int
bench_main(int argc, char *argv[])
{
	struct inventory   *inv = bench_inventory();
	struct fleet_model *m;

	(void)argv;
	if (argc != 1)
		return fleet_usage();
	m = fleet_model_new(inv, 1, &(struct fleet_options){ .wave_s = FLEET_WAVE_S });
	bench_model_echo(m);
	bench_virtual_echo(m);
	bench_snmp(m, 8);
	bench_snmp(m, 57);
	fleet_model_free(m);
	inventory_free(inv);
	return 0;
}
