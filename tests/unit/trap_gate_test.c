/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trap_gate_test.c: who may send how much, with time as an argument; who is listed; which communities count.
 */
#include "trap/gate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/tap.h"
#include "trap/communities.h"
#include "trap/strangers.h"

static struct addr
address(const char *text)
{
	struct addr a;

	addr_parse(&a, text);
	return a;
}

static struct addr
numbered(uint32_t n)
{
	return (struct addr){ .family = 4,
		.byte = { 11, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n } };
}

/* @return how many of n at this time pass */
static unsigned
passed(struct gate *g, const struct addr *a, int64_t now, unsigned n)
{
	unsigned pass = 0;

	while (n-- > 0)
		pass += gate_admit(g, a, now) == GATE_PASS;
	return pass;
}

static void
test_gate(void)
{
	const struct addr one = address("10.0.0.1"), two = address("10.0.0.2"), six = address("2001:db8::1");
	struct gate	 *g = gate_new();
	int64_t		  now = 1000 * NS_PER_S;
	struct addr	  a;
	unsigned	  n;

	gate_limits(g, &(struct gate_limits){ .source_per_s = 20, .source_burst = 100, .total_per_s = 2000 });
	gate_plan_begin(g);
	gate_plan_add(g, &one);
	gate_plan_add(g, &six);
	gate_plan_end(g);
	ok(gate_is_registered(g, &one) && gate_is_registered(g, &six) && !gate_is_registered(g, &two),
	    "who is in the plan is registered");
	is_i64(passed(g, &one, now, 1000), 100, "a burst of 100");
	is_i64(passed(g, &one, now + NS_PER_S, 1000), 20, "then 20 a second");
	is_i64(passed(g, &one, now + 61 * NS_PER_S, 1000), 100, "after a pause a burst again, and no more");
	is_i64(passed(g, &six, now + 61 * NS_PER_S, 50), 50, "another one has its own");

	/* A storm of strangers: bounded together, and the devices keep what is theirs. */
	now += 100 * NS_PER_S;
	for (n = 0; n < 100000; n++) {
		a = numbered(n);
		gate_admit(g, &a, now);
	}
	is_i64((int64_t)gate_evicted(g), 100000 - GATE_STRANGERS_MAX, "of strangers the 4,096 heard last are kept");
	is_i64(passed(g, &two, now, 100), 0, "their common allowance is used up");
	is_i64(passed(g, &one, now, 200), 100, "that of a device is not");

	gate_plan_begin(g);
	gate_plan_add(g, &two);
	gate_plan_add(g, &one);
	gate_plan_end(g);
	ok(gate_is_registered(g, &two) && !gate_is_registered(g, &six), "another plan");
	is_i64(passed(g, &one, now, 10), 0, "who stays has used what it has used");
	gate_free(g);
}

static void
test_total(void)
{
	struct gate *g = gate_new();
	struct addr  a;
	unsigned     n, pass = 0;

	gate_plan_begin(g);
	for (n = 0; n < 1000; n++) {
		a = numbered(n);
		gate_plan_add(g, &a);
	}
	gate_plan_end(g);
	for (n = 0; n < 10000; n++) {
		a = numbered(n % 1000);
		pass += gate_admit(g, &a, NS_PER_S) == GATE_PASS;
	}
	is_i64(pass, 2000, "all devices together: 2,000 at once");
	for (n = 0; n < 10000; n++) {
		a = numbered(n % 1000);
		pass += gate_admit(g, &a, 2 * NS_PER_S) == GATE_PASS;
	}
	is_i64(pass, 4000, "and a second later as many again");
	gate_free(g);
}

static void
test_strangers(void)
{
	struct strangers *s = calloc(1, sizeof(*s));
	struct addr	  a = address("10.0.0.1");
	unsigned	  i, found = 0;

	for (i = 0; i < 1000; i++)
		strangers_note(s, &a, TRAP_UNKNOWN_SOURCE, NULL, "cut short", 100 + i);
	strangers_note(s, &a, TRAP_WRONG_COMMUNITY, NULL, "", 2000);
	ok(s->each[0].m.count == 1000 && s->each[0].m.first_ns == 100 && s->each[0].m.last_ns == 1099 &&
		s->each[1].m.count == 1 && s->each[2].m.count == 0,
	    "a storm is one place with a count, each reason its own");
	for (i = 0; i < 60; i++) {
		a = numbered(i);
		strangers_note(s, &a, TRAP_UNKNOWN_SOURCE, NULL, "", 3000 + i);
	}
	for (i = 0; i < TRAP_STRANGERS; i++)
		found += s->each[i].m.last_ns >= 3010;
	is_i64(found, TRAP_STRANGERS, "the 50 newest are kept");
	free(s);
}

static int
file_of(const char *text, size_t len, mode_t mode)
{
	int fd = memfd_create("community", MFD_CLOEXEC);

	if (fd == -1 || write(fd, text, len) != (ssize_t)len || fchmod(fd, mode) == -1 ||
	    lseek(fd, 0, SEEK_SET) == -1)
		return -1;
	return fd;
}

static void
test_communities(void)
{
	static const struct {
		const char *name, *text;
		size_t	    len;
		mode_t	    mode;
		const char *err;
	} cases[] = {
		{ "empty", "\n\n", 2, 0600, "secrets/traps/community is empty; put the communities of traps there, one a line" },
		{ "open to others", "x\n", 2, 0640,
		    "secrets/traps/community is open to its group or others; chmod 600 it, and change the secret" },
		{ "with a NUL", "a\0b\n", 4, 0600, "secrets/traps/community does not hold 1 to 16 lines of 1 to 64 bytes" },
		{ "too many", "1\n2\n3\n4\n5\n6\n7\n8\n9\n0\na\nb\nc\nd\ne\nf\ng\n", 34, 0600,
		    "secrets/traps/community does not hold 1 to 16 lines of 1 to 64 bytes" },
	};
	struct communities c;
	char		   err[200];
	size_t		   i;
	int fd = file_of("city\r\n\ncity-old", 15, 0600);

	ok(communities_read(&c, fd, err, sizeof(err)) == 0 && c.n == 2, "two communities");
	ok(communities_have(&c, (const uint8_t *)"city", 4) && communities_have(&c, (const uint8_t *)"city-old", 8) &&
		!communities_have(&c, (const uint8_t *)"cith", 4) && !communities_have(&c, (const uint8_t *)"city-", 5) &&
		!communities_have(&c, (const uint8_t *)"", 0),
	    "they and nothing else");
	close(fd);
	for (i = 0; i < nitems(cases); i++) {
		fd = file_of(cases[i].text, cases[i].len, cases[i].mode);
		is_text(communities_read(&c, fd, err, sizeof(err)) == -1 ? err : "read", cases[i].err, cases[i].name);
		ok(c.n == 0, "then there are none");
		close(fd);
	}
}

int
main(void)
{
	test_gate();
	test_total();
	test_strangers();
	test_communities();
	return tap_done();
}
