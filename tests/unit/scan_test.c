/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scan_test.c: a network of scripted agents is asked who they are: who is found, by what, and at which rate. */
#include "collectors/snmp/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/agent.h"
#include "tests/unit/dir.h"
#include "tests/unit/tap.h"

#define WALL_NS	 (1795222800 * NS_PER_S)
#define DELAY_NS (20 * NS_PER_MS)
#define SENT_MAX 4096
#define RATE	 50

enum host_kind { NOBODY, PING_ONLY, ROUTER, ROUTER_AGAIN, OTHER_COMMUNITY, SECOND_CREDENTIAL, HOSTILE, LATE };

/* What stands at 10.0.0.<place>; NOBODY elsewhere. */
static const enum host_kind town[] = { NOBODY, ROUTER, PING_ONLY, NOBODY, OTHER_COMMUNITY, SECOND_CREDENTIAL,
    ROUTER_AGAIN, HOSTILE, LATE };

struct net {
	struct packet_io  io;		/* first */
	struct loop	 *loop;
	struct wheel	 *wheel;
	struct snmp_wire *wire;
	struct snmp_scan *scan;
	struct agent	  agent;
	bool		  no_echo;	/* no raw socket */
	bool		  forge;	/* each request is answered from another address as well, first */
	int64_t		  sent_ns[SENT_MAX];
	size_t		  sent, echoes;
	struct msg_discovered found[64];
	uint32_t	  found_token[64];
	size_t		  nfound, nends;
	struct msg_discover_end end;
	uint32_t	  end_token;
};

struct delivery {
	struct net	 *net;
	enum packet_kind  kind;
	struct loop_timer timer;
	struct packet_in  in;
	uint8_t		  data[AGENT_PACKET_MAX];
};

static void
deliver(void *arg)
{
	struct delivery *d = arg;

	d->in.received_ns = loop_mono_ns(d->net->loop);
	if (d->kind == PACKET_UDP)
		wire_packet(d->net->wire, &d->in);
	else
		scan_echo(d->net->scan, &d->in);
	free(d);
}

static struct delivery *
delivery_new(struct net *net, enum packet_kind kind, const struct packet_out *out)
{
	struct delivery *d = xcalloc(1, sizeof(*d));

	d->net = net;
	d->kind = kind;
	d->in = (struct packet_in){ .from = out->to, .port = out->port, .data = d->data };
	return d;
}

static void
delivery_start(struct delivery *d, int64_t delay_ns)
{
	if (d->in.len == 0)
		free(d);
	else
		loop_timer_set(d->net->loop, &d->timer, loop_mono_ns(d->net->loop) + delay_ns, deliver, d);
}

static void
dress(struct agent *a, enum host_kind kind)
{
	agent_load(a, "routeros.txt");
	agent_set_text(a, "1.3.6.1.2.1.1.5.0", kind == HOSTILE ? "s007\x1b[2J\nid,site" : "s002-r1");
	agent_set(a, "1.3.6.1.2.1.4.20.1.2.10.0.0.1", SNMP_INTEGER, 1);
	agent_set(a, "1.3.6.1.2.1.4.20.1.2.127.0.0.1", SNMP_INTEGER, 2);
	strcpy(a->community,
	    kind == OTHER_COMMUNITY ? "nobody knows" : kind == SECOND_CREDENTIAL ? "second" : "first");
}

static void
answer_udp(struct net *net, const struct packet_out *out, enum host_kind kind)
{
	struct delivery *d;

	if (kind == NOBODY || kind == PING_ONLY)
		return;
	dress(&net->agent, kind);
	if (net->forge) {
		d = delivery_new(net, PACKET_UDP, out);
		d->in.from.byte[3] = 99;
		d->in.len = agent_answer(&net->agent, out->data, out->len, d->data);
		delivery_start(d, DELAY_NS / 2);
	}
	d = delivery_new(net, PACKET_UDP, out);
	d->in.len = agent_answer(&net->agent, out->data, out->len, d->data);
	delivery_start(d, kind == LATE ? 30 * NS_PER_S : DELAY_NS);
}

static void
answer_echo(struct net *net, const struct packet_out *out, enum host_kind kind)
{
	struct delivery *d;

	if (kind == NOBODY)
		return;
	d = delivery_new(net, PACKET_ICMP, out);
	d->in.len = out->len;
	memcpy(d->data, out->data, out->len);
	d->data[0] = 0;		/* echo reply */
	delivery_start(d, DELAY_NS);
}

static size_t
net_send(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	struct net *net = (struct net *)io;
	size_t	    left = 0;

	for (size_t i = 0; i < n; i++) {
		enum host_kind here = batch[i].to.byte[3] < nitems(town) ? town[batch[i].to.byte[3]] : NOBODY;

		batch[i].sent_ns = loop_mono_ns(net->loop);
		batch[i].error = kind == PACKET_ICMP && net->no_echo ? EAFNOSUPPORT : 0;
		if (batch[i].error != 0)
			continue;
		left++;
		net->echoes += kind == PACKET_ICMP;
		if (net->sent < SENT_MAX)
			net->sent_ns[net->sent++] = batch[i].sent_ns;
		if (kind == PACKET_UDP)
			answer_udp(net, &batch[i], here);
		else
			answer_echo(net, &batch[i], here);
	}
	return left;
}

static void
on_found(void *arg, uint32_t token, const struct msg_discovered *d)
{
	struct net *net = arg;

	if (net->nfound < nitems(net->found)) {
		net->found_token[net->nfound] = token;
		net->found[net->nfound++] = *d;
	}
}

static void
on_end(void *arg, uint32_t token, const struct msg_discover_end *e)
{
	struct net *net = arg;

	net->nends++;
	net->end = *e;
	net->end_token = token;
}

static int
secrets(const char *dir)
{
	static const char *const files[] = { "one", "two" }, *const text[] = { "first\n", "second\n" };
	int			 fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), f;

	for (size_t i = 0; i < nitems(files); i++) {
		f = openat(fd, files[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (write(f, text[i], strlen(text[i])) == -1)
			abort();
		close(f);
	}
	return fd;
}

static struct net *
net_new(int secrets_fd)
{
	static const struct packet_io_ops ops = { .send = net_send };
	struct net			 *net = xcalloc(1, sizeof(*net));

	net->loop = loop_new_virtual(1, WALL_NS);
	net->io = (struct packet_io){ .ops = &ops, .loop = net->loop };
	net->wheel = wheel_new(net->loop, WIRE_TICK_NS);
	net->wire = wire_new(net->loop, &net->io, net->wheel);
	net->scan = scan_new(&(struct scan_env){ .loop = net->loop, .io = &net->io, .wire = net->wire,
		.secrets_fd = secrets_fd, .found = on_found, .end = on_end, .arg = net });
	return net;
}

static void
run(struct net *net, double seconds)
{
	loop_run_until(net->loop, loop_mono_ns(net->loop) + (int64_t)(seconds * NS_PER_S));
}

static void
net_free(struct net *net)
{
	run(net, 40);		/* what is under way arrives */
	scan_free(net->scan);
	wire_free(net->wire);
	wheel_free(net->wheel);
	loop_free(net->loop);
	free(net);
}

static struct msg_discover
request(unsigned first, unsigned n)
{
	struct msg_discover m = { .rate_ps = RATE, .port = 161, .timeout_ms = 1000, .deadline_ms = 300000,
		.version = "2c", .ncredentials = 2, .credential = { "one", "two" }, .n = (uint8_t)n };

	for (unsigned i = 0; i < n; i++)
		m.address[i] = (struct addr){ .family = 4, .byte = { 10, 0, 0, (uint8_t)(first + i) } };
	return m;
}

static const struct msg_discovered *
found_at(const struct net *net, unsigned place)
{
	static const struct msg_discovered none;

	for (size_t i = 0; i < net->nfound; i++)
		if (net->found[i].address.byte[3] == place)
			return &net->found[i];
	return &none;
}

/* The largest number of packets within any second. */
static size_t
busiest(const struct net *net)
{
	size_t most = 0, n;

	for (size_t i = 0; i < net->sent; i++) {
		for (n = 0; i + n < net->sent && net->sent_ns[i + n] < net->sent_ns[i] + NS_PER_S; n++)
			;
		most = n > most ? n : most;
	}
	return most;
}

static void
test_who(int secrets_fd)
{
	struct net		    *net = net_new(secrets_fd);
	struct msg_discover	     m = request(0, 64);
	const struct msg_discovered *d;

	scan_request(net->scan, 7, &m);
	run(net, 60);
	ok(net->nends == 1 && net->end_token == 7 && net->end.asked == 64 && net->end.error[0] == '\0',
	    "all 64 addresses are asked, and that is told once (%zu, %u: %s)", net->nends, net->end.asked,
	    net->end.error);
	is_i64((int64_t)net->nfound, 7, "who answers in some way is told, each once");
	d = found_at(net, 1);
	ok(d->snmp && d->echo && d->credential == 0 && strcmp(d->name, "s002-r1") == 0, "a router: %s",
	    d->name);
	ok(strncmp(d->object_id, "1.3.6.1.4.1.14988.", 18) == 0 && strstr(d->descr, "RouterOS") != NULL,
	    "it is a %s, %s",
	    d->descr, d->object_id);
	ok(d->naddresses == 1 && d->own[0].address.byte[3] == 1 && strcmp(d->own[0].port, "ether1") == 0,
	    "its own address and port are told, those of its loopback are not");
	ok(d->nmacs > 0, "so are the %u MACs of its cards", d->nmacs);
	ok(d->rtt_s > 0.019f && d->rtt_s < 0.021f, "its answer took 20 ms");
	d = found_at(net, 2);
	ok(d->echo && !d->snmp && d->rtt_s > 0.019f, "who only answers a ping is told as such");
	ok(found_at(net, 4)->echo && !found_at(net, 4)->snmp, "so is who does not know our communities");
	ok(found_at(net, 5)->snmp && found_at(net, 5)->credential == 1,
	    "the second credential is tried, and named");
	ok(strcmp(found_at(net, 7)->name, "s007\\x1b[2J\\x0aid,site") == 0,
	    "a hostile name is made visible: %s",
	    found_at(net, 7)->name);
	ok(!found_at(net, 8)->snmp, "an answer that comes too late is none");
	is_i64((int64_t)busiest(net), RATE, "at most 50 packets leave in any second");
	is_i64((int64_t)net->echoes, 64, "one echo each");
	/* 64 echoes; a GET each of three agents, 2 of one, 4 of those that are silent; tables and ports of four */
	is_i64((int64_t)net->sent, 64 + 3 + 2 + 60 * 4 + 4 * 2, "and no packet more than it takes");
	is_i64((int64_t)scan_packets(net->scan), (int64_t)net->sent, "all of them counted");
	net_free(net);
}

static void
test_without_raw_socket(int secrets_fd)
{
	struct net	   *net = net_new(secrets_fd);
	struct msg_discover m = request(1, 6);

	net->no_echo = true;
	scan_request(net->scan, 7, &m);
	run(net, 20);
	ok(net->nends == 1 && net->end.asked == 6 && net->nfound == 3,
	    "without a raw socket agents alone are found (%zu)",
	    net->nfound);
	ok(busiest(net) <= RATE, "at the same rate");
	net_free(net);
}

static void
test_forged(int secrets_fd)
{
	struct net	   *net = net_new(secrets_fd);
	struct msg_discover m = request(4, 1);

	net->forge = true;
	m.address[0].byte[3] = 1;
	scan_request(net->scan, 7, &m);
	run(net, 20);
	ok(net->nfound == 1 && net->found[0].snmp && wire_counter(net->wire, WIRE_WRONG_SOURCE) == 3,
	    "an answer from another address is dropped and counted, the true one still taken");
	net_free(net);
}

static void
test_several(int secrets_fd)
{
	struct net	   *net = net_new(secrets_fd);
	struct msg_discover m = request(0, 8), none = { 0 };

	for (unsigned i = 0; i < SCAN_JOBS_MAX; i++)
		scan_request(net->scan, i + 1, &m);
	is_i64((int64_t)net->nends, 0, "as many requests may be open");
	scan_request(net->scan, 99, &m);
	ok(net->nends == 1 && net->end_token == 99 && net->end.asked == 0 && net->end.error[0] != '\0',
	    "one more is refused: %s",
	    net->end.error);
	run(net, 2);
	scan_request(net->scan, 3, &none);
	run(net, 120);
	is_i64((int64_t)net->nends, SCAN_JOBS_MAX,
	    "one that is forgotten ends without a word, the others as they should");
	is_i64((int64_t)busiest(net), RATE, "all together at the rate of one");
	scan_request(net->scan, 1, &m);
	run(net, 0.5);
	scan_forget_all(net->scan);
	run(net, 20);
	is_i64((int64_t)net->nends, SCAN_JOBS_MAX, "all are forgotten when who asked has gone");
	net_free(net);
}

static void
test_refused(int secrets_fd)
{
	struct net	   *net = net_new(secrets_fd);
	struct msg_discover m = request(0, 64);

	strcpy(m.credential[1], "three");
	scan_request(net->scan, 1, &m);
	ok(net->nends == 1 && strstr(net->end.error, "three") != NULL && net->sent == 0,
	    "a credential that is not there: %s",
	    net->end.error);
	m = request(0, 64);
	m.deadline_ms = 1000;
	scan_request(net->scan, 2, &m);
	run(net, 60);
	ok(net->nends == 2 && net->end.asked < 64 && net->end.error[0] != '\0' && net->sent <= RATE + 1,
	    "at the deadline it ends with what it has: %u; %s", net->end.asked, net->end.error);
	m = request(0, 64);
	m.rate_ps = 0;
	scan_request(net->scan, 3, &m);
	ok(net->nends == 3 && net->end.error[0] != '\0', "no rate is no rate");
	net_free(net);
}

int
main(void)
{
	char dir[] = "/tmp/simpul-scan-XXXXXX";
	int  fd;

	if (mkdtemp(dir) == NULL)
		return EXIT_FAILURE;
	fd = secrets(dir);
	test_who(fd);
	test_without_raw_socket(fd);
	test_forged(fd);
	test_several(fd);
	test_refused(fd);
	close(fd);
	dir_remove(dir);
	return tap_done();
}
