/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collectors_test.c: the walk against agents good and bad, and each collector fed a recorded walk: what it
 * plans to read, and the samples that come out.
 */
#include "collectors/collector.h"

#include <stdlib.h>
#include "collectors/neighbours.h"
#include "collectors/snmp/device.h"
#include "collectors/snmp/walk.h"
#include "tests/unit/agent.h"
#include "tests/unit/tap.h"

static struct snmp_message msg;

struct caught {			/* what a collector handed in */
	struct sample	      sample[16];
	struct msg_port_found port[16];
	size_t		      nsamples, nports, told;
};

static void
on_sample(void *arg, const struct sample *s)
{
	struct caught *c = arg;

	if (c->nsamples < nitems(c->sample))
		c->sample[c->nsamples++] = *s;
}

static void
on_port(void *arg, const struct msg_port_found *p)
{
	struct caught *c = arg;

	if (c->nports < nitems(c->port))
		c->port[c->nports++] = *p;
}

/* Walk an agent to its end. @return number of requests, or -1 with *why */
static int
walk_agent(struct walk *w, const struct agent *a, enum snmp_version version, size_t varbinds, const char **why)
{
	const struct snmp_credential cred = { .version = (uint8_t)version, .community_len = 6, .community = "public" };
	struct snmp_ask		     ask[COLLECTOR_COLUMNS_MAX];
	struct snmp_request	     r = { 0 };
	uint8_t			     answer[AGENT_PACKET_MAX];
	unsigned		     repetitions;
	size_t			     n, len;
	int			     requests = 0, rc = 0;

	while (rc == 0 && (n = walk_ask(w, varbinds, ask, &repetitions)) > 0) {
		snmp_request_encode(&r, &cred, version == SNMP_V1 ? SNMP_PDU_GETNEXT : SNMP_PDU_GETBULK, repetitions, ask, n);
		len = agent_answer(a, r.data, r.len, answer);
		rc = snmp_decode(&msg, answer, len, why);
		if (rc == 0)
			rc = msg.error_status == 0 ? walk_answer(w, &msg, why) : walk_refused(w, msg.error_index);
		requests++;
	}
	snmp_request_fini(&r);
	return rc == 0 ? requests : -1;
}

static struct collector
collector_of(const struct collector_ops *ops, const struct sink *sink, uint32_t device)
{
	return (struct collector){ .ops = ops, .columns = ops->columns, .state = xcalloc(1, ops->state_size), .sink = sink,
		.siblings = xcalloc(1, sizeof(struct siblings)), .device = device };
}

static void
collector_free(struct collector *c)
{
	c->ops->fini(c);
	free(c->state);
	free(c->siblings);
}

/* The first arc of the index of a planned row. */
static uint32_t
planned_index(const struct poll_plan *plan, size_t row)
{
	return plan->arc[plan->row[row].index_at];
}

static void
rows_free(struct poll_plan *plan)
{
	free(plan->row);
	free(plan->arc);
}

/* Without a walk in between. */
static void
plan_again(struct collector *c, struct poll_plan *plan)
{
	plan->n = plan->narcs = 0;
	c->ops->plan(c, plan);
}

/* Let the collector see the agent as it is now: discovery, plan. */
static void
discover(struct collector *c, const struct agent *a, struct poll_plan *plan)
{
	struct walk	 *w = walk_new(c->ops->columns);
	const struct row *rows;
	const char	 *why = "";
	size_t		  n;

	if (walk_agent(w, a, SNMP_V2C, 57, &why) == -1)
		ok(false, "walk: %s", why);
	rows = walk_rows(w, &n);
	c->matched = c->ops->match(c, rows, n);
	plan->n = plan->narcs = 0;
	if (c->matched)
		c->ops->plan(c, plan);
	walk_free(w);
}

/* One poll: each planned row as the agent has it now. @return rows that were not what they had been */
static unsigned
poll_agent(struct collector *c, const struct agent *a, const struct poll_plan *plan, const struct poll *poll)
{
	struct walk	 *w = walk_new(c->ops->columns);
	struct snmp_value value[COLLECTOR_COLUMNS_MAX];
	const struct row *rows;
	const char	 *why;
	size_t		  n;
	unsigned	  moved = 0;

	walk_agent(w, a, SNMP_V2C, 57, &why);
	rows = walk_rows(w, &n);
	for (size_t i = 0; i < plan->n; i++)
		for (size_t k = 0; k < n; k++) {
			struct row row = { .index = rows[k].index, .nindex = rows[k].nindex, .tag = plan->row[i].tag, .value = value };

			if (!row_is(&rows[k], planned_index(plan, i)))
				continue;
			memset(value, 0, sizeof(value));
			for (unsigned column = 0; column < COLLECTOR_COLUMNS_MAX; column++)
				if (plan->row[i].columns & COLUMN(column))
					value[column] = rows[k].value[column];
			moved += !c->ops->row(c, &row, poll);
		}
	c->ops->end(c, poll);
	walk_free(w);
	return moved;
}

static struct poll
poll_at(double seconds)
{
	return (struct poll){ .answered = true, .mono_ns = (int64_t)(seconds * NS_PER_S) + NS_PER_S, .wall_ns = 77, .rtt_s = 0.003,
		.step_s = 60, .uptime_ticks = (uint32_t)(seconds * 100) + 5000 };
}

static void
test_walk(void)
{
	static struct agent	  a;
	const struct snmp_column *columns = collector_if_mib.columns;
	const char		 *why = "";
	static const struct {
		const char	 *name;
		enum snmp_version version;
		size_t		  varbinds, agent_varbinds;
		int		  requests;
	} cases[] = {
		{ "57 varbinds at a time", SNMP_V2C, 57, 0, 2 },
		{ "17 varbinds at a time", SNMP_V2C, 17, 0, 5 },
		{ "answers cut within a repetition", SNMP_V2C, 57, 10, 9 },
		{ "SNMPv1", SNMP_V1, 57, 0, 6 },
	};

	agent_load(&a, "routeros.txt");
	for (size_t i = 0; i < nitems(cases); i++) {
		struct walk *w = walk_new(columns);
		size_t	     n;
		int	     requests;

		a.varbinds_max = cases[i].agent_varbinds;
		requests = walk_agent(w, &a, cases[i].version, cases[i].varbinds, &why);
		ok(requests > 0 && requests <= cases[i].requests, "walk, %s: %d requests", cases[i].name, requests);
		ok(row_is(&walk_rows(w, &n)[3], 4294967280u) && n == 4, "walk, %s: four rows by rising index", cases[i].name);
		walk_free(w);
	}
}

/* A hand-made answer to the first request of a walk over one column. */
static void
test_walk_bad(void)
{
	static const struct snmp_column columns[] = { { "ifDescr", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 2, 2, 1, 2) }, { 0 } };
	static const uint8_t	  one[] = { 0x2b, 6, 1, 2, 1, 2, 2, 1, 2, 1 }, two[] = { 0x2b, 6, 1, 2, 1, 2, 2, 1, 2, 2 };
	static const uint8_t	  deep[] = { 0x2b, 6, 1, 2, 1, 2, 2, 1, 2, 2, 1 }, next[] = { 0x2b, 6, 1, 2, 1, 2, 2, 1, 3, 1 };
	static const uint8_t	  longest[9 + SNMP_INDEX_ARCS] = { 0x2b, 6, 1, 2, 1, 2, 2, 1, 2, 7 };
	static const uint8_t	  longer[10 + SNMP_INDEX_ARCS] = { 0x2b, 6, 1, 2, 1, 2, 2, 1, 2, 8 };
	static const struct {
		const char    *name, *why;
		const uint8_t *oid[3];
		size_t	       len[3], rows;
	} cases[] = {
		{ "rising", "fine", { one, two, next }, { 10, 10, 10 }, 2 },
		{ "the same OID again", "walk: OID not rising", { one, one, next }, { 10, 10, 10 }, 1 },
		{ "falling", "walk: OID not rising", { two, one, next }, { 10, 10, 10 }, 1 },
		{ "outside the subtree", "fine", { next, one, two }, { 10, 10, 10 }, 0 },
		{ "an index that goes on from the last", "fine", { one, two, deep }, { 10, 10, 11 }, 3 },
		{ "an index that is the beginning of the last", "walk: OID not rising", { one, deep, two }, { 10, 11, 10 }, 2 },
		{ "an index of as many arcs as may be", "fine", { one, longest, next }, { 10, sizeof(longest), 10 }, 2 },
		{ "an index of too many arcs", "walk: an index of too many arcs", { one, longer, next },
		  { 10, sizeof(longer), 10 }, 1 },
	};

	for (size_t i = 0; i < nitems(cases); i++) {
		struct walk    *w = walk_new(columns);
		struct snmp_ask ask[COLLECTOR_COLUMNS_MAX];
		const char     *why = "fine";
		unsigned	repetitions;
		size_t		n;

		walk_ask(w, 57, ask, &repetitions);
		msg.n = 3;
		for (unsigned k = 0; k < 3; k++)
			msg.varbind[k] = (struct snmp_varbind){ .oid = cases[i].oid[k], .oid_len = (uint16_t)cases[i].len[k],
				.value = { .type = SNMP_OCTETS, .bytes = (const uint8_t *)"x", .len = 1 } };
		walk_answer(w, &msg, &why);
		is_text(why, cases[i].why, cases[i].name);
		walk_rows(w, &n);
		is_i64((int64_t)n, (int64_t)cases[i].rows, "its rows");
		walk_free(w);
	}
}

/* LLDP-MIB: lldpRemTable has an index of three arcs. Two columns, one with a gap, make rows by the whole index. */
static void
test_walk_long_index(void)
{
	static const struct snmp_column columns[] = {
		{ "lldpRemPortId", false, SNMP_ARCS(1, 0, 8802, 1, 1, 2, 1, 4, 1, 1, 7) },
		{ "lldpRemSysName", false, SNMP_ARCS(1, 0, 8802, 1, 1, 2, 1, 4, 1, 1, 9) }, { 0 }
	};
	static const struct { const char *index; uint32_t arc[3]; } rows_expected[] = {
		{ "0.2.1", { 0, 2, 1 } }, { "0.10.3", { 0, 10, 3 } }, { "0.10.4", { 0, 10, 4 } }, { "700.1.2", { 700, 1, 2 } }
	};
	static struct agent a;
	struct walk	   *w;
	const struct row   *rows;
	const char	   *why = "";
	char		    oid[80];
	size_t		    n;
	int		    requests;

	memset(&a, 0, sizeof(a));
	strcpy(a.community, "public");
	for (size_t i = nitems(rows_expected); i-- > 0;) {
		snprintf(oid, sizeof(oid), "1.0.8802.1.1.2.1.4.1.1.7.%s", rows_expected[i].index);
		agent_set(&a, oid, SNMP_INTEGER, 70 + i);
		snprintf(oid, sizeof(oid), "1.0.8802.1.1.2.1.4.1.1.9.%s", rows_expected[i].index);
		if (i != 2)
			agent_set(&a, oid, SNMP_INTEGER, 90 + i);
	}
	for (unsigned varbinds = 2; varbinds <= 57; varbinds += 55) {
		w = walk_new(columns);
		requests = walk_agent(w, &a, SNMP_V2C, varbinds, &why);
		rows = walk_rows(w, &n);
		ok(requests > 0 && n == 4, "three arcs, %u varbinds at a time: %zu rows", varbinds, n);
		for (size_t i = 0; i < n; i++)
			ok(rows[i].nindex == 3 && memcmp(rows[i].index, rows_expected[i].arc, 3 * sizeof(uint32_t)) == 0 &&
			    rows[i].value[0].integer == (int)(70 + i) && row_has(&rows[i], 1) == (i != 2) &&
			    (i == 2 || rows[i].value[1].integer == (int)(90 + i)), "row %s", rows_expected[i].index);
		walk_free(w);
	}
}

static void
test_walk_endless(void)
{
	static const struct snmp_column columns[] = { { "ifDescr", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 2, 2, 1, 2) }, { 0 } };
	struct walk    *w = walk_new(columns);
	struct snmp_ask ask[COLLECTOR_COLUMNS_MAX];
	const char     *why = "";
	unsigned	repetitions;
	uint8_t		oid[12] = { 0x2b, 6, 1, 2, 1, 2, 2, 1, 2 };
	uint32_t	index;
	int		rc = 0;

	msg.n = 1;
	msg.varbind[0] = (struct snmp_varbind){ .oid = oid, .oid_len = sizeof(oid), .value = { .type = SNMP_INTEGER } };
	for (index = 16384; rc == 0 && index < 60000; index++) {
		walk_ask(w, 57, ask, &repetitions);
		oid[9] = (uint8_t)(0x80 | index >> 14);
		oid[10] = (uint8_t)(0x80 | (index >> 7 & 0x7f));
		oid[11] = index & 0x7f;
		rc = walk_answer(w, &msg, &why);
	}
	is_text(why, "walk: too many rows", "an agent without end is left");
	is_i64(index - 1 - 16384, WALK_ROWS_MAX, "after 20,000 rows");
	walk_free(w);
}

/* Fewer rows than may be, but of many long strings. */
static void
test_walk_heavy(void)
{
	static const struct snmp_column columns[] = {
		{ "ifDescr", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 2, 2, 1, 2) },
		{ "ifPhysAddress", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 2, 2, 1, 6) }, { 0 }
	};
	static const uint8_t string[1000];
	struct walk	    *w = walk_new(columns);
	struct snmp_ask	     ask[COLLECTOR_COLUMNS_MAX];
	const char	    *why = "";
	unsigned	     repetitions, k;
	uint8_t		     oid[2][12] = { { 0x2b, 6, 1, 2, 1, 2, 2, 1, 2 }, { 0x2b, 6, 1, 2, 1, 2, 2, 1, 6 } };
	uint32_t	     index;
	int		     rc = 0;

	msg.n = 2;
	for (index = 16384; rc == 0 && index < 60000; index++) {
		walk_ask(w, 57, ask, &repetitions);
		for (k = 0; k < 2; k++) {
			oid[k][9] = (uint8_t)(0x80 | index >> 14);
			oid[k][10] = (uint8_t)(0x80 | (index >> 7 & 0x7f));
			oid[k][11] = index & 0x7f;
			msg.varbind[k] = (struct snmp_varbind){ .oid = oid[k], .oid_len = sizeof(oid[k]),
				.value = { .type = SNMP_OCTETS, .bytes = string, .len = sizeof(string) } };
		}
		rc = walk_answer(w, &msg, &why);
	}
	index -= 16384;
	is_text(why, "walk: too many bytes", "an agent of many long strings is left");
	ok(index < WALK_BYTES_MAX / (2 * WALK_STRING_MAX) && index > WALK_BYTES_MAX / (4 * WALK_STRING_MAX),
	    "after 8 MiB (%u rows)", index);
	walk_free(w);
}

static void
test_host(void)
{
	static const struct {
		const char *walk;
		double	    cpu, mem, load, uptime;
	} cases[] = {
		{ "routeros.txt", 0.06, 0.25, NAN, 86412.34 },
		{ "netsnmp.txt", 0.75, 0.75, 1.53, 990000 },
	};
	static struct agent a;

	for (size_t i = 0; i < nitems(cases); i++) {
		struct caught	 got = { 0 };
		struct sink	 sink = { .sample = on_sample, .port_found = on_port, .arg = &got };
		struct collector c = collector_of(&collector_host, &sink, 5);
		struct poll_plan plan = { 0 };
		struct poll	 poll = poll_at(60), lost = { .rtt_s = NAN, .step_s = 60 };

		agent_load(&a, cases[i].walk);
		discover(&c, &a, &plan);
		poll_agent(&c, &a, &plan, &poll);
		ok(got.nsamples == 1 && got.sample[0].series == 5 && got.sample[0].n == HOST_RATES &&
		    got.sample[0].quality == QUALITY_GOOD, "%s: one host sample", cases[i].walk);
		is_near(got.sample[0].value[HOST_CPU_RATIO], cases[i].cpu, 1e-9, "cpu_ratio");
		is_near(got.sample[0].value[HOST_MEM_USED_RATIO], cases[i].mem, 1e-9, "mem_used_ratio");
		is_near(got.sample[0].value[HOST_LOAD1], cases[i].load, 1e-9, "load1");
		is_near(got.sample[0].value[HOST_TEMP_C], NAN, 0, "temp_c");
		is_near(got.sample[0].value[HOST_UPTIME_S], cases[i].uptime, 1e-9, "uptime_s");
		is_near(got.sample[0].value[HOST_SNMP_RTT_S], 0.003, 1e-9, "snmp_rtt_s");
		c.ops->end(&c, &lost);
		ok(got.sample[1].quality == QUALITY_LOST && isnan(got.sample[1].value[HOST_CPU_RATIO]) &&
		    isnan(got.sample[1].value[HOST_UPTIME_S]), "no answer: lost, and nothing of the poll before");
		rows_free(&plan);
		collector_free(&c);
	}
}

#define IN_OCTETS	"1.3.6.1.2.1.31.1.1.1.6.1"
#define OUT_OCTETS	"1.3.6.1.2.1.31.1.1.1.10.1"
#define DISCONTINUITY	"1.3.6.1.2.1.31.1.1.1.19.1"
#define HIGH_SPEED	"1.3.6.1.2.1.31.1.1.1.15.1"
#define OUT_DISCARDS	"1.3.6.1.2.1.2.2.1.19.1"
#define OPER_STATUS	"1.3.6.1.2.1.2.2.1.8.1"

static void
test_if_mib(void)
{
	static struct agent   a;
	struct caught	      got = { 0 };
	struct sink	      sink = { .sample = on_sample, .port_found = on_port, .arg = &got };
	struct collector      c = collector_of(&collector_if_mib, &sink, 5);
	struct poll_plan      plan = { 0 };
	struct poll	      poll = poll_at(0);
	const struct msg_port ports[] = {
		{ .device = 5, .number = 10, .link = 20, .name = "ether1" },
		{ .device = 5, .number = 11, .name = "sfp9" },		/* the device does not have it */
	};
	const struct sample *s = got.sample;

	agent_load(&a, "routeros.txt");
	ok(c.ops->ports(&c, ports, 2) && !c.ops->ports(&c, ports, 2), "the same ports again change nothing");
	discover(&c, &a, &plan);
	is_i64((int64_t)got.nports, 4, "four ports found");
	ok(plan.n == 1 && planned_index(&plan, 0) == 1, "only ports with numbers are read");
	is_i64(__builtin_popcount(plan.row[0].columns), 11,
	    "ten columns of each, and the alias of one that carries a link");

	poll_agent(&c, &a, &plan, &poll);
	ok(got.nsamples == 3 && s[0].series == 10 && s[1].series == 20 && s[2].series == 11, "port, its link, missing port");
	ok(s[0].quality == QUALITY_UNKNOWN && isnan(s[0].value[PORT_RX_BPS]) && s[0].value[PORT_OPER_UP_RATIO] == 1,
	    "first reading: no rates, but up");
	ok(s[2].quality == QUALITY_UNKNOWN && isnan(s[2].value[PORT_OPER_UP_RATIO]), "a missing port is unknown");

	got.nsamples = 0;
	poll = poll_at(60);
	agent_set(&a, IN_OCTETS, SNMP_COUNTER64, 123456789012u + 7500000);
	agent_set(&a, OUT_OCTETS, SNMP_COUNTER64, 23456789012u + 750);
	agent_set(&a, OPER_STATUS, SNMP_INTEGER, 2);
	poll_agent(&c, &a, &plan, &poll);
	ok(s[0].quality == QUALITY_GOOD && s[0].seconds == 60 && s[0].wall_ns == 77, "second reading");
	is_near(s[0].value[PORT_RX_BPS], 1e6, 1e-6, "rx_bps is ifHCInOctets");
	is_near(s[0].value[PORT_TX_BPS], 100, 1e-9, "tx_bps is ifHCOutOctets");
	is_near(s[0].value[PORT_OPER_UP_RATIO], 0, 0, "down is zero");
	ok(s[1].n == LINK_RATES && s[1].value[LINK_RX_BPS] == s[0].value[PORT_RX_BPS], "the link has the same");

	got.nsamples = 0;
	poll = poll_at(120);
	agent_set(&a, DISCONTINUITY, SNMP_TIMETICKS, 9000);
	agent_set(&a, IN_OCTETS, SNMP_COUNTER64, 5);
	agent_set(&a, OPER_STATUS, SNMP_INTEGER, 4);
	poll_agent(&c, &a, &plan, &poll);
	ok(s[0].quality == QUALITY_RESET && isnan(s[0].value[PORT_RX_BPS]) && isnan(s[0].value[PORT_RX_ERRORS_PS]),
	    "a discontinuity voids every counter of the row");
	is_near(s[0].value[PORT_OPER_UP_RATIO], NAN, 0, "ifOperStatus unknown is unknown");

	got.nsamples = 0;
	poll = poll_at(180);
	agent_set(&a, HIGH_SPEED, SNMP_GAUGE32, 1);
	agent_set(&a, IN_OCTETS, SNMP_COUNTER64, 5 + 75000000);
	poll_agent(&c, &a, &plan, &poll);
	ok(isnan(s[0].value[PORT_RX_BPS]) && s[0].value[PORT_TX_BPS] == 0 && s[0].quality == QUALITY_GOOD,
	    "10 Mbit/s through a port of 1 Mbit/s is no rate; the other direction is one");

	got.nsamples = 0;
	poll = poll_at(240);
	agent_renumber(&a, (const uint32_t[]){ 1, 2 }, (const uint32_t[]){ 2, 1 }, 2);
	is_i64(poll_agent(&c, &a, &plan, &poll), 1, "renumbered: the row says so");
	ok(isnan(s[0].value[PORT_RX_BPS]) && s[0].quality == QUALITY_LOST, "and nothing is booked to the port");
	discover(&c, &a, &plan);
	ok(plan.n == 1 && planned_index(&plan, 0) == 2, "discovery finds it under its name");
	rows_free(&plan);
	collector_free(&c);
}

/* ifOutDiscards is left out of one answer: the next speaks of two minutes of it, and of one of all others. */
static void
test_counter_left_out(void)
{
	static struct agent   a;
	struct caught	      got = { 0 };
	struct sink	      sink = { .sample = on_sample, .port_found = on_port, .arg = &got };
	struct collector      c = collector_of(&collector_if_mib, &sink, 5);
	struct poll_plan      plan = { 0 };
	const struct msg_port port = { .device = 5, .number = 10, .name = "ether1" };
	const struct sample  *s = got.sample;
	struct poll	      poll;

	agent_load(&a, "routeros.txt");
	c.ops->ports(&c, &port, 1);
	discover(&c, &a, &plan);
	for (unsigned minute = 0; minute <= 4; minute++) {
		agent_set(&a, IN_OCTETS, SNMP_COUNTER64, 7500000 * minute);
		agent_set(&a, OUT_DISCARDS, SNMP_COUNTER32, 60 * minute);
		if (minute == 2)
			agent_remove(&a, OUT_DISCARDS);
		poll = poll_at(60 * minute);
		poll_agent(&c, &a, &plan, &poll);
	}
	is_near(s[2].value[PORT_TX_DISCARDS_PS], NAN, 0, "a counter that is left out is unknown");
	ok(s[3].seconds == 60 && s[3].quality == QUALITY_GOOD, "the sample after it speaks of one minute");
	is_near(s[3].value[PORT_RX_BPS], 1e6, 1e-6, "and of the octets of that minute");
	is_near(s[3].value[PORT_TX_DISCARDS_PS], NAN, 0, "not of the counter without a reading at its start");
	ok(s[4].seconds == 60 && s[4].value[PORT_TX_DISCARDS_PS] == 1, "which is known again in the next");
	rows_free(&plan);
	collector_free(&c);
}

#define IF_NAME_1  "1.3.6.1.2.1.31.1.1.1.1.1"
#define IF_DESCR_1 "1.3.6.1.2.1.2.2.1.2.1"

static void
agent_rename(struct agent *a, const char *name)
{
	agent_set_text(a, IF_NAME_1, name);
	agent_set_text(a, IF_DESCR_1, name);
}

static void
count_walks(void *arg, const struct msg_ports_end *d)
{
	struct caught *got = arg;

	got->told += d->ports == got->nports && d->device == 5 && d->hardware != 0;
}

/* The same number under another name: it goes on when its row is the same, and begins anew when it is not. */
static void
test_renamed(void)
{
	static struct agent a;
	struct caught	    got = { 0 };
	struct sink	    sink = { .sample = on_sample, .port_found = on_port, .ports_end = count_walks, .arg = &got };
	struct collector    c = collector_of(&collector_if_mib, &sink, 5);
	struct poll_plan    plan = { 0 };
	struct msg_port	    port = { .device = 5, .number = 10, .name = "ether1" };
	struct poll	    poll = poll_at(0);

	agent_load(&a, "routeros.txt");
	c.ops->ports(&c, &port, 1);
	discover(&c, &a, &plan);
	ok(got.told == 1 && got.port[0].mac_len == 6, "a walk is told with its MACs and to its end");
	poll_agent(&c, &a, &plan, &poll);
	agent_rename(&a, "ether1-wan");
	poll = poll_at(60);
	agent_set(&a, IN_OCTETS, SNMP_COUNTER64, 123456789012u + 7500000);
	is_i64(poll_agent(&c, &a, &plan, &poll), 1, "renamed: the row says so");
	discover(&c, &a, &plan);
	text_copy(port.name, sizeof(port.name), "ether1-wan");
	ok(c.ops->ports(&c, &port, 1), "core knows who it is: another plan");
	plan_again(&c, &plan);
	got.nsamples = 0;
	poll = poll_at(120);
	agent_set(&a, IN_OCTETS, SNMP_COUNTER64, 123456789012u + 2 * 7500000);
	poll_agent(&c, &a, &plan, &poll);
	is_near(got.sample[0].value[PORT_RX_BPS], 1e6, 1e-6, "it goes on where it was");
	is_near(got.sample[0].seconds, 120, 1e-9, "over the minute in which nobody knew it");

	agent_renumber(&a, (const uint32_t[]){ 1, 2 }, (const uint32_t[]){ 2, 1 }, 2);
	text_copy(port.name, sizeof(port.name), "ether2");
	discover(&c, &a, &plan);
	c.ops->ports(&c, &port, 1);
	plan_again(&c, &plan);
	got.nsamples = 0;
	poll = poll_at(180);
	agent_set(&a, IN_OCTETS, SNMP_COUNTER64, 123456789012u + 3 * 7500000);
	poll_agent(&c, &a, &plan, &poll);
	is_near(got.sample[0].value[PORT_RX_BPS], 1e6, 1e-6, "another name under the same ifIndex is the same");

	text_copy(port.name, sizeof(port.name), "ether1-wan");
	c.ops->ports(&c, &port, 1);
	plan_again(&c, &plan);
	got.nsamples = 0;
	poll = poll_at(240);
	poll_agent(&c, &a, &plan, &poll);
	is_near(got.sample[0].value[PORT_RX_BPS], NAN, 0, "another name and another ifIndex begin anew");

	text_copy(port.name, sizeof(port.name), "");
	c.ops->ports(&c, &port, 1);
	plan_again(&c, &plan);
	got.nsamples = 0;
	poll = poll_at(300);
	poll_agent(&c, &a, &plan, &poll);
	ok(plan.n == 0 && got.nsamples == 1 && got.sample[0].quality == QUALITY_UNKNOWN,
	    "without a name it is unknown");
	rows_free(&plan);
	collector_free(&c);
}

#define IF_ALIAS_1 "1.3.6.1.2.1.31.1.1.1.18.1"

/* Another alias at a port with a link: nothing is booked until core has said which port it is. */
static void
test_held(void)
{
	static struct agent a;
	struct caught	    got = { 0 };
	struct sink	    sink = { .sample = on_sample, .port_found = on_port, .arg = &got };
	struct collector    c = collector_of(&collector_if_mib, &sink, 5);
	struct poll_plan    plan = { 0 };
	struct msg_port	    port = { .device = 5, .number = 10, .link = 20, .name = "ether1" };
	struct poll	    poll = poll_at(0);

	agent_load(&a, "routeros.txt");
	agent_set_text(&a, IF_ALIAS_1, "icon");
	c.ops->ports(&c, &port, 1);
	discover(&c, &a, &plan);
	poll_agent(&c, &a, &plan, &poll);
	agent_set_text(&a, IF_ALIAS_1, "indihome");
	poll = poll_at(60);
	is_i64(poll_agent(&c, &a, &plan, &poll), 1, "another alias: the row says so");
	got.nsamples = 0;
	discover(&c, &a, &plan);
	is_i64((int64_t)plan.n, 0, "and is not read after the walk");
	poll_agent(&c, &a, &plan, &poll);
	ok(got.nsamples == 2 && got.sample[1].series == 20 && got.sample[1].quality == QUALITY_UNKNOWN,
	    "port and link are unknown");
	ok(c.ops->ports(&c, &port, 1) && !c.ops->ports(&c, &port, 1), "until core says that it is the same");
	plan_again(&c, &plan);
	is_i64((int64_t)plan.n, 1, "it is read again");
	agent_set_text(&a, "1.3.6.1.2.1.2.2.1.6.1", "\1\2\3\4\5\6");
	discover(&c, &a, &plan);
	is_i64((int64_t)plan.n, 0, "not with another MAC");
	rows_free(&plan);
	collector_free(&c);
}

static void
test_no_ifxtable(void)
{
	static struct agent   a;
	struct caught	      got = { 0 };
	struct sink	      sink = { .sample = on_sample, .port_found = on_port, .arg = &got };
	struct collector      c = collector_of(&collector_if_mib, &sink, 5);
	struct poll_plan      plan = { 0 };
	const struct msg_port port = { .device = 5, .number = 10, .name = "ether2" };
	struct poll	      poll;

	agent_load(&a, "routeros.txt");
	agent_remove(&a, "1.3.6.1.2.1.31");
	c.ops->ports(&c, &port, 1);
	discover(&c, &a, &plan);
	ok(got.nports == 4 && strcmp(got.port[1].name, "ether2") == 0, "without ifXTable the name is ifDescr");
	agent_set(&a, "1.3.6.1.2.1.2.2.1.10.2", SNMP_COUNTER32, UINT32_MAX - 100);
	poll = poll_at(0);
	poll_agent(&c, &a, &plan, &poll);
	agent_set(&a, "1.3.6.1.2.1.2.2.1.10.2", SNMP_COUNTER32, 749 - 100);
	poll = poll_at(60);
	poll_agent(&c, &a, &plan, &poll);
	is_near(got.sample[1].value[PORT_RX_BPS], 100, 1e-9, "32 bits wrap within ifSpeed");
	agent_remove(&a, "1.3.6.1.2.1.2");
	got.nsamples = 0;
	discover(&c, &a, &plan);
	ok(!c.matched && plan.n == 0, "a device without ifTable is none of ours");
	rows_free(&plan);
	collector_free(&c);
}

static void
test_registry(void)
{
	for (unsigned i = 0; i < COLLECTORS; i++) {
		const struct collector_ops *ops = collector_registry[i];
		unsigned		    columns = 0;

		while (ops->columns != NULL && ops->columns[columns].name != NULL)
			columns++;
		ok(columns <= COLLECTOR_COLUMNS_MAX && ops->help != NULL &&
		    (ops->metrics[0].name != NULL || ops->sensors != NULL || ops->plan == neighbours_plan) &&
		    (i == 0 || strcmp(collector_registry[i - 1]->name, ops->name) < 0), "%s is described and in order", ops->name);
	}
	ok(collector_registry[COLLECTORS] == NULL, "the registry ends");
}

int
main(void)
{
	test_walk();
	test_walk_bad();
	test_walk_long_index();
	test_walk_endless();
	test_walk_heavy();
	test_host();
	test_if_mib();
	test_counter_left_out();
	test_renamed();
	test_held();
	test_no_ifxtable();
	test_registry();
	return tap_done();
}
