/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v3.c: what an SNMPv3 request costs us (authPriv, SHA-1 and AES-128, 8 varbinds), in CPU time of this process, user
 * and system, through the wire as a poll goes: sealed, sent, received, opened, checked, with a window of requests in
 * flight to Debian's snmpd on loopback. The same as v2c, to compare.
 *
 *	tests/bench/v3 [REQUESTS]	prints `figure v3_us_per_request N us`
 */
#include <sys/resource.h>

#include "collectors/snmp/wire.h"
#include "tests/unit/snmpd_rig.h"

#define WINDOW	 48
#define REQUESTS 100000
#define PASS	 "a phrase of the bench"

struct run {
	struct rig	    *rig;
	struct snmp_wire    *wire;
	struct snmp_peer     peer;
	struct snmp_request  request;
	struct snmp_exchange x[WINDOW];
	size_t		     left, bad;
	struct loop_timer    start;
};

static const struct snmp_column columns[] = {
	{ "sysUpTime", true, SNMP_ARCS(1, 3, 6, 1, 2, 1, 1, 3) },
	{ "ifHCInOctets", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6) },
	{ "ifHCOutOctets", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 10) },
	{ "ifInErrors", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 2, 2, 1, 14) },
	{ "ifOutErrors", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 2, 2, 1, 20) },
	{ "ifInDiscards", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 2, 2, 1, 13) },
	{ "ifOutDiscards", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 2, 2, 1, 19) },
	{ "ifOperStatus", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 2, 2, 1, 8) },
};

static double
cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return ((double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec) * 1e6 + (double)u.ru_utime.tv_usec +
	    (double)u.ru_stime.tv_usec;
}

static struct run *run_at_hand;		/* of the one packet_io */

static void
take_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	(void)arg;
	if (kind == PACKET_UDP)
		wire_packet(run_at_hand->wire, in);
}

static void
answered(void *arg, const struct snmp_answer *answer)
{
	struct snmp_exchange *x = arg;
	struct run	     *run = run_at_hand;

	if (answer == NULL || answer->msg->error_status != SNMP_NO_ERROR || answer->msg->n != nitems(columns))
		run->bad++;
	if (--run->left >= WINDOW)
		exchange_start(x, run->wire, &run->peer, WIRE_TRIES);
	else if (run->left == 0)
		loop_stop(run->rig->loop, 0);
}

/* One request brings engine and time; then the window. */
static void
warmed(void *arg, const struct snmp_answer *answer)
{
	(void)arg;
	(void)answer;
	loop_stop(run_at_hand->rig->loop, 0);
}

static void
begin(void *arg)
{
	struct run *run = arg;

	for (unsigned i = 0; i < WINDOW; i++) {
		run->x[i].done = answered;
		run->x[i].arg = &run->x[i];
		exchange_start(&run->x[i], run->wire, &run->peer, WIRE_TRIES);
	}
}

static double
measure(struct run *run, size_t requests)
{
	static const uint32_t lo = 1;
	struct snmp_ask	      ask[nitems(columns)];
	double		      before;

	for (unsigned i = 0; i < nitems(columns); i++)
		ask[i] = (struct snmp_ask){ .column = &columns[i], .nindex = columns[i].scalar ? 0 : 1, .index = &lo };
	snmp_request_encode(&run->request, &run->peer.credential, SNMP_PDU_GET, 0, ask, nitems(columns));
	for (unsigned i = 0; i < WINDOW; i++)
		run->x[i].request = &run->request;
	run_at_hand = run;
	run->x[0].done = warmed;
	exchange_start(&run->x[0], run->wire, &run->peer, WIRE_TRIES);
	loop_run(run->rig->loop);
	run->left = requests;
	loop_timer_set(run->rig->loop, &run->start, loop_mono_ns(run->rig->loop), begin, run);
	before = cpu_us();
	loop_run(run->rig->loop);
	snmp_request_fini(&run->request);
	return (cpu_us() - before) / (double)requests;
}

int
main(int argc, char **argv)
{
	static struct rig r;
	static struct run run;
	struct rig_agent  agent;
	struct v3_user	  user;
	struct v3_target  target;
	struct wheel	 *wheel;
	const char	 *file = "user noc\nauth sha1 " PASS "\npriv aes128 " PASS "\n";
	char		  err[200];
	size_t		  requests = argc > 1 ? strtoul(argv[1], NULL, 10) : REQUESTS;
	double		  v3, v2;

	if (requests <= WINDOW || !rig_open(&r)) {
		fprintf(stderr, "v3: needs " SNMPD ", and more than %d requests\n", WINDOW);
		return 1;
	}
	agent_start(&r, &agent, 1, "rocommunity city 127.0.0.0/8\ncreateUser noc SHA \"" PASS "\" AES \"" PASS "\"\nrouser noc priv\n");
	sleep(1);			/* it opens its socket */
	wheel = wheel_new(r.loop, WIRE_TICK_NS);
	run.rig = &r;
	run.wire = wire_new(r.loop, r.io, wheel);
	r.io->on_packet = take_packet;
	run.peer = (struct snmp_peer){ .port = RIG_PORT, .timeout_ns = 2 * NS_PER_S,
		.credential = { .version = SNMP_V2C, .community = "city", .community_len = 4 } };
	addr_parse(&run.peer.address, agent.address);
	v2 = measure(&run, requests);
	if (v3_user_parse(&user, file, strlen(file), "file", err, sizeof(err)) == -1)
		return 1;
	v3_target_init(&target, &user);
	run.peer.v3 = &target;
	run.peer.credential = (struct snmp_credential){ .version = SNMP_V3 };
	v3 = measure(&run, requests);
	printf("# %zu requests each, %d in flight; %" PRIu64 " sent, %" PRIu64 " time-outs, %zu not as wanted\n", requests, WINDOW,
	    wire_counter(run.wire, WIRE_REQUESTS), wire_counter(run.wire, WIRE_TIMEOUTS), run.bad);
	printf("figure v2c_us_per_request %.2f us\n", v2);
	printf("figure v3_us_per_request %.2f us\n", v3);
	agent_stop(&agent);
	wire_free(run.wire);
	wheel_free(wheel);
	rig_close(&r);
	return run.bad == 0 ? 0 : 1;
}
