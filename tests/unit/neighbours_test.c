/* SPDX-License-Identifier: GPL-3.0-or-later */
/* neighbours_test.c: the collectors of neighbours, fed recorded walks, also of an agent whose LLDP is no LLDP. */
#include <stdlib.h>

#include "collectors/neighbours.h"
#include "collectors/snmp/walk.h"
#include "tests/unit/agent.h"
#include "tests/unit/tap.h"

static struct snmp_message msg;

struct heard {
	struct msg_neighbour n[NEIGHBOURS_MAX + 8];
	size_t		     count, ends;
};

static void
on_neighbour(void *arg, const struct msg_neighbour *n)
{
	struct heard *h = arg;

	if (n->end)
		h->ends++;
	else if (h->count < nitems(h->n))
		h->n[h->count++] = *n;
}

/* Walk an agent with the columns of a collector, and let it tell. */
static bool
hear(struct heard *h, const struct collector_ops *ops, const struct agent *a)
{
	static const struct snmp_credential cred = { .version = SNMP_V2C, .community_len = 6,
	    .community = "public" };
	struct sink			    sink = { .neighbour = on_neighbour, .arg = h };
	struct collector    c = { .ops = ops, .columns = ops->columns, .sink = &sink, .device = 7 };
	struct walk	   *w = walk_new(ops->columns);
	struct snmp_ask	    ask[COLLECTOR_COLUMNS_MAX];
	struct snmp_request r = { 0 };
	const struct row   *rows;
	const char	   *why = "";
	uint8_t		    answer[AGENT_PACKET_MAX];
	unsigned	    repetitions;
	size_t		    n, len;
	bool		    matched;

	*h = (struct heard){ 0 };
	while ((n = walk_ask(w, 57, ask, &repetitions)) > 0) {
		snmp_request_encode(&r, &cred, SNMP_PDU_GETBULK, repetitions, ask, n);
		len = agent_answer(a, r.data, r.len, answer);
		if (snmp_decode(&msg, answer, len, &why) == -1 || walk_answer(w, &msg, &why) == -1) {
			ok(false, "%s: %s", ops->name, why);
			break;
		}
	}
	rows = walk_rows(w, &n);
	matched = ops->match(&c, rows, n);
	snmp_request_fini(&r);
	walk_free(w);
	return matched;
}

static void
is_neighbour(const struct heard *h, size_t i, const char *want)
{
	const struct msg_neighbour *n = &h->n[i];
	char			    got[600], address[ADDR_TEXT_MAX];
	const uint8_t		   *b = n->mac;

	snprintf(got, sizeof(got), "%s|%02x%02x%02x%02x%02x%02x|%s|%s|%s|%s", n->port, b[0], b[1], b[2],
	    b[3], b[4],
	    b[5], addr_text(&n->address, address), n->name, n->chassis, n->remote_port);
	is_text(i < h->count ? got : "none", want, "port, MAC, address, name, chassis, its port");
}

static void
test_good(void)
{
	static struct agent a;
	static struct heard h;

	agent_load(&a, "neighbours.txt");
	ok(hear(&h, &collector_lldp, &a) && h.ends == 1, "a switch has LLDP");
	is_i64((int64_t)h.count, 3, "with three neighbours");
	is_neighbour(&h, 0, "ge-0/0/1|020000000301|10.9.0.1|node-1-r1||ether1");
	is_neighbour(&h, 1, "ge-0/0/2|000000000000|-|evil[2J,\"name\"|chassis-7|eth0");
	is_neighbour(&h, 2, "third|020000000308|2001:db8::1|||Gi0/1");
	ok(h.n[0].device == 7 && h.n[0].source == NEIGHBOUR_LLDP && strcmp(h.n[0].descr, "RouterOS") == 0,
	    "of this device");
	ok(hear(&h, &collector_cdp, &a) && h.count == 1 && h.ends == 1, "and CDP, with one");
	is_neighbour(&h, 0, "ge-0/0/2|000000000000|10.9.0.2|node-2-r1||GigabitEthernet0/2");
	ok(!hear(&h, &collector_mtxr_neighbour, &a) && h.count == 0 && h.ends == 1,
	    "it is no RouterOS: the end alone is told");
}

static void
test_routeros(void)
{
	static struct agent a;
	static struct heard h;

	agent_load(&a, "neighbours-routeros.txt");
	hear(&h, &collector_lldp, &a);
	is_i64((int64_t)h.count, 2, "malformed LLDP: what tells something is taken, the rest is not");
	is_neighbour(&h, 0, "|020000000301|-|node-3-r1||ether3");
	is_neighbour(&h, 1, "|000000000000|-||router|");
	hear(&h, &collector_mtxr_neighbour, &a);
	is_i64((int64_t)h.count, 2, "its own table: the row that tells nothing is not taken");
	is_neighbour(&h, 0, "ether1|020000000301|-|node-3-r1||");
	is_neighbour(&h, 1, "pppoe-out1|020000000401|-|MikroTik||");
}

static void
test_hostile(void)
{
	static struct agent a;
	static struct heard h;
	char		    oid[80], text[1100];
	unsigned	    i;

	for (i = 0; i < NEIGHBOURS_MAX + 4; i++) {
		snprintf(oid, sizeof(oid), "1.0.8802.1.1.2.1.4.1.1.9.0.%u.1", i + 1);
		agent_set_text(&a, oid, "x\x1b[2J\n");
	}
	strcpy(a.community, "public");
	hear(&h, &collector_lldp, &a);
	ok(h.count == NEIGHBOURS_MAX && h.ends == 1, "of too many neighbours the first %d are told",
	    NEIGHBOURS_MAX);
	is_text(h.n[0].name, "x\\x1b[2J\\x0a", "their text is made visible");
	a = (struct agent){ .community = "public" };
	memset(text, 'a', 250);
	text[250] = '\0';
	agent_set_text(&a, "1.0.8802.1.1.2.1.4.1.1.9.0.1.1", text);
	hear(&h, &collector_lldp, &a);
	is_i64((int64_t)strlen(h.n[0].name), sizeof(h.n[0].name) - 1, "and cut");
}

/* As many rows as a walk may have, each the neighbour of another port: who looks for the ports row by row is busy for long. */
static void
test_many(void)
{
	enum { COLUMNS = 12, IF_NAME = 11, REM_SYS_NAME = 8, HALF = WALK_ROWS_MAX / 2 };
	static struct heard   h;
	static struct row     row[WALK_ROWS_MAX];
	static uint32_t	      index[WALK_ROWS_MAX][3];
	static const uint8_t  text[] = "port-of-some-name";
	struct sink	      sink = { .neighbour = on_neighbour, .arg = &h };
	struct collector      c = { .ops = &collector_lldp, .columns = collector_lldp.columns, .sink = &sink };
	struct snmp_value    *value = calloc((size_t)WALK_ROWS_MAX * COLUMNS, sizeof(*value));

	for (uint32_t i = 0; i < WALK_ROWS_MAX; i++) {
		row[i] = (struct row){ .index = index[i], .nindex = i < HALF ? 1 : 3, .value = &value[(size_t)i * COLUMNS] };
		index[i][0] = i < HALF ? i + 1 : HALF + 1;
		index[i][1] = i - HALF + 1;
		index[i][2] = 1;
		value[(size_t)i * COLUMNS + (i < HALF ? IF_NAME : REM_SYS_NAME)] =
		    (struct snmp_value){ .type = SNMP_OCTETS, .bytes = text, .len = (uint16_t)(10 + i % 8) };
	}
	ok(collector_lldp.match(&c, row, WALK_ROWS_MAX) && h.count == NEIGHBOURS_MAX, "20,000 rows are gone through");
	is_text(h.n[0].port, "port-of-so", "the first port");
	is_text(h.n[5].port, "port-of-some-na", "and another one have their names");
	free(value);
}

static void
test_macs(void)
{
	static const struct { const char *text, *mac; } cases[] = {
		{ "4C:5E:0C:00:00:01", "4c5e0c000001" }, { "4c-5e-0c-00-00-01", "4c5e0c000001" },
		{ "4c5e.0c00.0001", "4c5e0c000001" }, { "4c5e0c000001", "4c5e0c000001" },
		    { "\x02\x01\x01\x01\x01\x07", "020101010107" },
		{ "4c5e0c00000", NULL }, { "4c5e0c0000011", NULL }, { "gc5e0c000001", NULL }, { "", NULL },
	};
	size_t i;

	for (i = 0; i < nitems(cases); i++) {
		struct snmp_value v = { .type = SNMP_OCTETS, .bytes = (const uint8_t *)cases[i].text,
			.len = (uint16_t)strlen(cases[i].text) };
		uint8_t		  m[6] = { 0 };
		char		  got[13];

		if (!neighbour_mac(m, &v)) {
			ok(cases[i].mac == NULL, "\"%s\" is no MAC", cases[i].text);
			continue;
		}
		snprintf(got, sizeof(got), "%02x%02x%02x%02x%02x%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
		is_text(got, cases[i].mac, "a MAC, however it is spelt");
	}
}

int
main(void)
{
	test_good();
	test_routeros();
	test_hostile();
	test_many();
	test_macs();
	return tap_done();
}
