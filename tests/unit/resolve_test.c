/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resolve_test.c: names against a small server of DNS in this very process: what is found, what is the name's own fault and
 * what ours, what is kept and for how long, who waits, and who does not wait any more.
 */
#include "probes/resolve.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/log.h"
#include "tests/unit/tap.h"

struct rig {
	struct loop	*loop;
	struct resolver *resolver;
	struct loop_io	*io;
	int		 fd;
	char		 where[40];
	unsigned	 questions;	/* that have come to the server */
	unsigned	 told;
	enum resolve_end end;
	size_t		 n;
	struct addr	 addr[RESOLVE_ADDRESSES];
	char		 why[200];
};

/* ---- the server ---- */

/* "good.": 10.0.0.1, 10.0.0.2 and 2001:db8::1 for an hour; "short.": one for a second; "none.", "empty.", "refuse.", "mute." */
static void
serve(void *arg, int events)
{
	struct rig	       *rig = arg;
	uint8_t			q[512], two[] = { 10, 0, 0, 1, 10, 0, 0, 2 };
	struct sockaddr_storage from;
	socklen_t		from_len = sizeof(from);
	ssize_t			len = recvfrom(rig->fd, q, sizeof(q), 0, (struct sockaddr *)&from, &from_len);
	struct buf		b = { 0 };
	const char	       *name = (const char *)q + 13;
	size_t			end = 12 + strlen((const char *)q + 12) + 5, i, n;
	bool			six = q[end - 3] == 28, is_short = strncmp(name, "short", 5) == 0;
	uint8_t			v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };

	(void)events;
	if (len < 17 || end > (size_t)len || strncmp(name, "mute", 4) == 0)
		return;
	rig->questions++;
	n = strncmp(name, "good", 4) == 0 ? (six ? 1 : 2) : is_short && !six;
	buf_bytes(&b, q, end);
	b.data[2] = 0x85;
	b.data[3] = strncmp(name, "none", 4) == 0 ? 0x83 : strncmp(name, "refuse", 6) == 0 ? 0x85 : 0x80;
	memset(b.data + 6, 0, 6);
	b.data[7] = (uint8_t)n;
	for (i = 0; i < n; i++) {
		buf_bytes(&b, "\xc0\x0c", 2);
		buf_bytes(&b, six ? "\0\x1c\0\1" : "\0\1\0\1", 4);
		buf_bytes(&b, is_short ? "\0\0\0\1" : "\0\0\x0e\x10", 4);
		buf_bytes(&b, six ? "\0\x10" : "\0\4", 2);
		buf_bytes(&b, six ? v6 : two + 4 * i, six ? 16 : 4);
	}
	sendto(rig->fd, b.data, b.len, 0, (struct sockaddr *)&from, from_len);
	buf_free(&b);
}

/* ---- asking ---- */

static void
told(void *arg, enum resolve_end end, const struct addr *addr, size_t n, const char *why)
{
	struct rig *rig = arg;

	rig->told++;
	rig->end = end;
	rig->n = n;
	if (n > 0)
		memcpy(rig->addr, addr, n * sizeof(*addr));
	snprintf(rig->why, sizeof(rig->why), "%s", end == RESOLVE_FOUND ? "" : why);
	loop_stop(rig->loop, 0);
}

static void
stop(void *arg)
{
	loop_stop(((struct rig *)arg)->loop, 1);
}

static void
run_for(struct rig *rig, int64_t ns)
{
	struct loop_timer t = { 0 };

	loop_timer_set(rig->loop, &t, loop_mono_ns(rig->loop) + ns, stop, rig);
	loop_run(rig->loop);
	loop_timer_cancel(rig->loop, &t);
}

static void
ask(struct rig *rig, const char *host, int64_t timeout_ns)
{
	unsigned before = rig->told;

	resolve(rig->resolver, host, timeout_ns, told, rig);
	ok(rig->told == before, "%s: not told at once", host);
	run_for(rig, 60 * NS_PER_S);
	ok(rig->told == before + 1, "%s: but told", host);
}

static void
is_address(const struct addr *a, const char *want)
{
	char text[ADDR_TEXT_MAX];

	is_text(addr_text(a, text), want, "... address");
}

/* ---- tests ---- */

static void
test_found(struct rig *rig)
{
	unsigned asked;

	ask(rig, "good.example", 10 * NS_PER_S);
	ok(rig->end == RESOLVE_FOUND && rig->n == 3, "a name with addresses of both families: %zu", rig->n);
	is_address(&rig->addr[0], "10.0.0.1");
	is_address(&rig->addr[1], "10.0.0.2");
	is_address(&rig->addr[2], "2001:db8::1");
	asked = rig->questions;
	ask(rig, "good.example", 10 * NS_PER_S);
	ok(rig->end == RESOLVE_FOUND && rig->n == 3 && rig->questions == asked, "... is kept");

	ask(rig, "short.example", 10 * NS_PER_S);
	ok(rig->end == RESOLVE_FOUND && rig->n == 1, "one of a single address");
	asked = rig->questions;
	run_for(rig, 1100 * NS_PER_MS);
	ask(rig, "short.example", 10 * NS_PER_S);
	ok(rig->end == RESOLVE_FOUND && rig->questions > asked, "... is asked for again after its TTL");
}

static void
test_plain(struct rig *rig)
{
	unsigned asked = rig->questions;

	ask(rig, "192.0.2.7", NS_PER_S);
	ok(rig->end == RESOLVE_FOUND && rig->n == 1, "a plain address");
	is_address(&rig->addr[0], "192.0.2.7");
	ask(rig, "2001:db8::7", NS_PER_S);
	is_address(&rig->addr[0], "2001:db8::7");
	is_i64(rig->questions, asked, "... without a question");
}

static void
test_none(struct rig *rig)
{
	unsigned asked;

	ask(rig, "none.example", 10 * NS_PER_S);
	is_i64(rig->end, RESOLVE_NONE, "one that does not exist: its own fault");
	is_text(rig->why, "its name does not exist", "... and why");
	asked = rig->questions;
	ask(rig, "none.example", 10 * NS_PER_S);
	ok(rig->end == RESOLVE_NONE && rig->questions == asked, "... is kept, too");
	ask(rig, "empty.example", 10 * NS_PER_S);
	is_i64(rig->end, RESOLVE_NONE, "one without addresses");
	is_text(rig->why, "its name has no address", "... and why");
	ask(rig, "not..aname", 10 * NS_PER_S);
	is_i64(rig->end, RESOLVE_NONE, "one that is none");
}

static void
test_failed(struct rig *rig)
{
	unsigned asked;

	ask(rig, "refuse.example", 30 * NS_PER_S);
	is_i64(rig->end, RESOLVE_FAILED, "a server that refuses: our fault");
	ok(strncmp(rig->why, "our resolver", 12) == 0, "... and it says so: %s", rig->why);
	asked = rig->questions;
	ask(rig, "refuse.example", 30 * NS_PER_S);
	ok(rig->questions > asked, "... and is not kept");
	ask(rig, "mute.example", 300 * NS_PER_MS);
	is_i64(rig->end, RESOLVE_FAILED, "a server that is silent: our fault");
	is_text(rig->why, "our resolver has not told after 0.3 s", "... told when our time is over");
}

static void
test_waiting(struct rig *rig)
{
	unsigned	  before = rig->told;
	uint64_t	  asked = resolver_asked(rig->resolver);
	struct resolving *w;

	resolve(rig->resolver, "good.two.example", 5 * NS_PER_S, told, rig);
	w = resolve(rig->resolver, "good.two.example", 5 * NS_PER_S, told, rig);
	resolve(rig->resolver, "good.two.example", 5 * NS_PER_S, told, rig);
	resolve_cancel(w);
	run_for(rig, 60 * NS_PER_S);
	is_i64(rig->told, before + 2, "two of three who wait for one name are told; the third does not wait any more");
	is_i64((int64_t)(resolver_asked(rig->resolver) - asked), 1, "... by one question");
	resolve_cancel(NULL);
}

/* The old servers have a question open when the new ones come: neither disturbs the other. */
static void
test_other_servers(struct rig *rig)
{
	resolve(rig->resolver, "mute.example", 60 * NS_PER_S, told, rig);
	resolver_servers(rig->resolver, "127.0.0.1:1");
	ask(rig, "good.three.example", 30 * NS_PER_S);
	is_i64(rig->end, RESOLVE_FAILED, "a server that is not there: our fault");
	resolver_servers(rig->resolver, rig->where);
	ask(rig, "good.three.example", 30 * NS_PER_S);
	is_i64(rig->end, RESOLVE_FOUND, "others are asked as soon as they are known");
}

static void
test_way(struct rig *rig)
{
	const struct packet_way nowhere = { .interface = "not-there" };
	unsigned		before = rig->questions;

	resolver_way(rig->resolver, &nowhere);
	ask(rig, "good.four.example", 30 * NS_PER_S);
	is_i64(rig->end, RESOLVE_FAILED, "a way that cannot be taken: our fault");
	is_i64(rig->questions - before, 0, "... and nothing has left by another");
	resolver_way(rig->resolver, NULL);
	ask(rig, "good.five.example", 30 * NS_PER_S);
	is_i64(rig->end, RESOLVE_FOUND, "as routed it is answered");
}

int
main(void)
{
	struct rig	   rig = { .loop = loop_new() };
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t	   len = sizeof(sin);

	log_open("resolve_test", NULL);
	rig.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(rig.fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		return tap_skip_all("no loopback");
	getsockname(rig.fd, (struct sockaddr *)&sin, &len);
	snprintf(rig.where, sizeof(rig.where), "127.0.0.1:%u", ntohs(sin.sin_port));
	rig.io = loop_io_new(rig.loop, rig.fd, LOOP_READ, serve, &rig);
	rig.resolver = resolver_new(rig.loop, NULL);
	resolver_servers(rig.resolver, rig.where);
	test_found(&rig);
	test_plain(&rig);
	test_none(&rig);
	test_failed(&rig);
	test_waiting(&rig);
	test_other_servers(&rig);
	test_way(&rig);
	resolve(rig.resolver, "mute.example", 5 * NS_PER_S, told, &rig);
	resolver_free(rig.resolver);	/* with one under way */
	loop_io_free(rig.io);
	close(rig.fd);
	loop_free(rig.loop);
	return tap_done();
}
