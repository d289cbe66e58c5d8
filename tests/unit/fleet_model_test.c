/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fleet_model_test.c: who can be reached over which lines, how long it takes; that a seed repeats it all. */
#include "tests/fleet/model.h"

#include "tests/unit/fleet_test.h"
#include "tests/unit/tap.h"

#define PACKETS 20001

/* After the commands of a case, exactly these addresses answer. */
static const struct reach_case {
	const char *name;
	const char *commands[4];
	const char *answering;
} reach_cases[] = {
	{ "nothing is broken", { NULL }, "node-1 node-2 s001-1 s001-2 s002-1 s003-1 s001-r1 s002-r1 dc-1-r1" },
	{ "a cut line takes its office", { "cut link s002-1" },
	    "node-1 node-2 s001-1 s001-2 s003-1 s001-r1 dc-1-r1" },
	{ "a restored line works again", { "cut link s002-1", "restore link s002-1" },
	    "node-1 node-2 s001-1 s001-2 s002-1 s003-1 s001-r1 s002-r1 dc-1-r1" },
	{ "a router is reached over the backup", { "cut link s001-1" },
	    "node-1 node-2 s001-2 s002-1 s003-1 s001-r1 s002-r1 dc-1-r1" },
	{ "both lines cut", { "cut link s001-1", "cut link s001-2" }, "node-1 node-2 s002-1 s003-1 s002-r1 dc-1-r1" },
	{ "a node takes what hangs on it", { "cut site node-2" }, "node-1 s001-2 s003-1 s001-r1 dc-1-r1" },
	{ "the first node takes the second", { "cut site node-1" }, "s001-2 s001-r1 dc-1-r1" },
	{ "a node's line is as good as the node", { "cut link node-1-1" }, "s001-2 s001-r1 dc-1-r1" },
	{ "a node comes back", { "cut site node-1", "restore site node-1" },
	    "node-1 node-2 s001-1 s001-2 s002-1 s003-1 s001-r1 s002-r1 dc-1-r1" },
	{ "a line cut apart stays cut", { "cut link s002-1", "cut site s002", "restore site s002" },
	    "node-1 node-2 s001-1 s001-2 s003-1 s001-r1 dc-1-r1" },
	{ "no power: lines and device die", { "power site s001 off" }, "node-1 node-2 s002-1 s003-1 s002-r1 dc-1-r1" },
	{ "no power at a site without a line", { "power site dc-1 off" },
	    "node-1 node-2 s001-1 s001-2 s002-1 s003-1 s001-r1 s002-r1" },
	{ "a rebooting device is silent, its lines are not", { "reboot device s001-r1 60" },
	    "node-1 node-2 s001-1 s001-2 s002-1 s003-1 s002-r1 dc-1-r1" },
	{ "everything lost is down", { "loss link s003-1 1" },
	    "node-1 node-2 s001-1 s001-2 s002-1 s001-r1 s002-r1 dc-1-r1" },
};

static const struct host {
	const char *name, *address;
} hosts[] = {
	{ "node-1", "10.9.0.1" }, { "node-2", "10.9.0.2" }, { "s001-1", "10.1.0.1" }, { "s001-2", "10.2.0.1" },
	{ "s002-1", "10.1.0.2" }, { "s003-1", "10.1.0.3" }, { "s001-r1", "10.100.0.1" }, { "s002-r1", "10.100.0.2" },
	{ "dc-1-r1", "10.100.0.9" },
};

static void
check_reach(const struct inventory *inv, const struct reach_case *c)
{
	struct fleet_model *m = test_model(inv, 1);
	char		    got[200] = "";
	size_t		    i;

	for (i = 0; i < nitems(c->commands) && c->commands[i] != NULL; i++)
		if (fleet_command(m, 2 * NS_PER_S, c->commands[i], NULL) == -1)
			ok(false, "%s is accepted", c->commands[i]);
	for (i = 0; i < nitems(hosts); i++) {
		if (test_ping(m, hosts[i].address, 3 * NS_PER_S) == -1)
			continue;
		if (got[0] != '\0')
			strcat(got, " ");
		strcat(got, hosts[i].name);
	}
	is_text(got, c->answering, c->name);
	fleet_model_free(m);
}

static void
check_echo(const struct inventory *inv)
{
	struct fleet_model *m = test_model(inv, 1);
	uint8_t		    msg[9] = { 8, 0, 0, 0, 0xff, 0xff, 0, 7, 0xa5 }, want[9];
	struct fleet_packet p = {
		.proto = FLEET_ICMP, .from = 1, .to = test_addr("10.1.0.1"), .data = msg, .len = 9 };
	struct fleet_answer a;

	ok(!fleet_input(m, NS_PER_S, &p, &a), "a request with a wrong checksum is dropped");
	is_i64((int64_t)fleet_stats(m)->malformed, 1, "and counted");
	put_u16be(msg + 2, ip_checksum(msg, sizeof(msg), 0));
	memcpy(want, msg, sizeof(msg));
	want[0] = 0;
	ok(fleet_input(m, NS_PER_S, &p, &a), "a request is answered");
	ok(a.packet.len == sizeof(msg) && a.packet.data[0] == 0 &&
		memcmp(a.packet.data + 4, want + 4, 5) == 0,
	    "by its own bytes as a reply");
	is_i64(ip_checksum(a.packet.data, a.packet.len, 0), 0, "with a right checksum");
	ok(a.packet.from == p.to && a.packet.to == p.from, "to who asked");
	p.to = test_addr("10.77.0.1");
	ok(!fleet_input(m, NS_PER_S, &p, &a), "an address that nobody has is silent");
	fleet_model_free(m);
}

static int
compare_i64(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Measure one line as a perfect prober would. @return answered packets, their round trips sorted in rtt */
static size_t
measure(struct fleet_model *m, const char *address, int64_t *rtt)
{
	size_t i, n = 0;

	for (i = 0; i < PACKETS; i++)
		if ((rtt[n] = test_ping(m, address, (int64_t)i * NS_PER_S)) != -1)
			n++;
	qsort(rtt, n, sizeof(*rtt), compare_i64);
	return n;
}

static void
check_truth(const struct inventory *inv)
{
	struct fleet_model     *m = test_model(inv, 7);
	struct fleet_link_truth truth;
	int64_t		       *rtt = xcalloc(PACKETS, sizeof(*rtt));
	size_t			n;

	fleet_truth_link(m, "s001-1", &truth);
	n = measure(m, "10.1.0.1", rtt);
	is_i64((int64_t)n, PACKETS, "nothing is lost by default");
	is_near((double)rtt[n / 2] / 1e9, truth.rtt_p50_s, 20e-6, "the median is the true one");
	ok((double)rtt[0] / 1e9 >= truth.rtt_min_s && (double)rtt[0] / 1e9 < truth.rtt_min_s + 1e-6,
	    "the least is the true one");
	ok(truth.rtt_p50_s > 0.005 && truth.rtt_p50_s < 0.020, "the median is that of its kind (%g s)",
	    truth.rtt_p50_s);

	fleet_command(m, 0, "delay link s001-1 100 10", NULL);
	fleet_command(m, 0, "loss link s001-1 0.2", NULL);
	fleet_command(m, 0, "brownout site node-2 0.5", NULL);
	fleet_truth_link(m, "s001-1", &truth);
	is_near(truth.loss_ratio, 0.6, 1e-9, "losses on the way add up");
	n = measure(m, "10.1.0.1", rtt);
	is_near(1 - (double)n / PACKETS, 0.6, 0.015, "and are found");
	is_near((double)rtt[n / 2] / 1e9, truth.rtt_p50_s, 400e-6, "the median follows the command");
	ok(truth.rtt_p50_s > 0.107 && truth.rtt_p50_s < 0.115,
	    "100 ms, 10 ms ln 2, and the way through the nodes");
	free(rtt);
	fleet_model_free(m);
}

static void
check_seed(const struct inventory *inv)
{
	struct fleet_model *a = test_model(inv, 5), *b = test_model(inv, 5), *other = test_model(inv, 6);
	unsigned	    same = 0, different = 0;
	int		    i;

	fleet_command(a, 0, "loss link s002-1 0.3", NULL);
	fleet_command(b, 0, "loss link s002-1 0.3", NULL);
	for (i = 0; i < 100; i++) {
		int64_t rtt = test_ping(a, "10.1.0.2", i);

		test_ping(b, "10.1.0.3", i);	/* what other lines do must not matter */
		same += rtt == test_ping(b, "10.1.0.2", i);
		different += rtt != test_ping(other, "10.1.0.2", i);
	}
	is_i64(same, 100, "the same seed gives the same fate to every packet");
	is_i64(different, 100, "another seed another");
	fleet_model_free(a);
	fleet_model_free(b);
	fleet_model_free(other);
}

/* What a request with this time to live, of this many bytes with its IP header, gets: "type/code from", or "-". */
static const char *
ask_way(struct fleet_model *m, const char *to, unsigned ttl, size_t len)
{
	static char	    text[64];
	uint8_t		    msg[1480] = { 8, 0, 0, 0, 0x12, 0x34, 0x56, 0x78 };
	struct fleet_packet in = { .proto = FLEET_ICMP, .from = 0x0aff0001, .data = msg, .len = len - 20, .ttl = (uint8_t)ttl };
	struct fleet_answer out;
	struct addr	    a, from = { .family = 4 };
	char		    name[ADDR_TEXT_MAX];

	addr_parse(&a, to);
	in.to = fleet_addr(&a);
	put_u16be(msg + 2, ip_checksum(msg, in.len, 0));
	if (!fleet_input(m, 2 * NS_PER_S, &in, &out))
		return "-";
	if (ip_checksum(out.packet.data, out.packet.len, 0) != 0)
		return "a wrong checksum";
	if (out.packet.data[0] != 0 && memcmp(out.packet.data + 8 + 20 + 4, msg + 4, 4) != 0)
		return "a wrong quote";
	from.byte[0] = (uint8_t)(out.packet.from >> 24);
	from.byte[1] = (uint8_t)(out.packet.from >> 16);
	from.byte[2] = (uint8_t)(out.packet.from >> 8);
	from.byte[3] = (uint8_t)out.packet.from;
	snprintf(text, sizeof(text), "%u/%u %s", out.packet.data[0], out.packet.data[1], addr_text(&from, name));
	return text;
}

static void
check_way(const struct inventory *inv)
{
	struct fleet_model *m = test_model(inv, 1);

	is_text(ask_way(m, "10.1.0.1", 1, 84), "11/0 10.254.0.1", "way: the gateway first");
	is_text(ask_way(m, "10.1.0.1", 2, 84), "11/0 10.9.0.1", "way: then the first node");
	is_text(ask_way(m, "10.1.0.1", 3, 84), "11/0 10.9.0.2", "way: then the second");
	is_text(ask_way(m, "10.1.0.1", 4, 84), "0/0 10.1.0.1", "way: then the line's end");
	is_text(ask_way(m, "10.2.0.1", 2, 84), "0/0 10.2.0.1", "way: a line that passes through nobody");
	fleet_command(m, 2 * NS_PER_S, "reroute link s001-2 10.8.0.99", NULL);
	is_text(ask_way(m, "10.2.0.1", 2, 84), "11/0 10.8.0.99", "way: over another router");
	is_text(ask_way(m, "10.2.0.1", 3, 84), "0/0 10.2.0.1", "way: which makes it longer");
	fleet_command(m, 2 * NS_PER_S, "mtu link s001-1 1492", NULL);
	is_text(ask_way(m, "10.1.0.1", 64, 1493), "3/4 10.9.0.2", "way: a packet that is too long");
	is_text(ask_way(m, "10.1.0.1", 64, 1492), "0/0 10.1.0.1", "way: one that just passes");
	fleet_command(m, 2 * NS_PER_S, "mtu link s001-1 1492 silent", NULL);
	is_text(ask_way(m, "10.1.0.1", 64, 1493), "-", "way: a black hole");
	fleet_command(m, 2 * NS_PER_S, "cut site node-2", NULL);
	is_text(ask_way(m, "10.1.0.1", 3, 84), "-", "way: what is cut is silent");
	is_text(ask_way(m, "10.1.0.1", 2, 84), "11/0 10.9.0.1", "way: what is before it is not");
	ok(fleet_command(m, 2 * NS_PER_S, "mtu link s001-1 70000", NULL) == -1, "way: no such MTU");
	fleet_model_free(m);
}

int
main(void)
{
	struct inventory *inv = test_inventory();
	size_t		  i;

	for (i = 0; i < nitems(reach_cases); i++)
		check_reach(inv, &reach_cases[i]);
	check_echo(inv);
	check_truth(inv);
	check_seed(inv);
	check_way(inv);
	inventory_free(inv);
	return tap_done();
}
