/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long somebody waits who guesses passwords, whose browser is known, how often one may ask. Time is an
 * argument.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "dashboards/login.h"
#include "dashboards/session.h"
#include "tests/unit/tap.h"

#define S NS_PER_S
#define T0 (1000 * S)

static const struct siphash_key key = { { 1, 2 } };

static struct whence
at(const char *text)
{
	struct whence w = { .browser = "" };

	if (addr_parse(&w.place, text) == -1)
		abort();
	return w;
}

/* The same with a browser that has a token. */
static struct whence
with(const char *text, unsigned browser)
{
	struct whence w = at(text);

	snprintf(w.browser, sizeof(w.browser), "%064u", browser);
	return w;
}

static void
try_often(struct login *l, const char *account, const struct whence *from, int64_t now_ns, unsigned n)
{
	while (n-- > 0)
		login_try(l, account, from, now_ns);
}

static void
test_login_account(void)
{
	struct login	 *l = login_new(&key);
	const struct whence here = at("10.1.1.1"), there = at("10.1.1.2");
	unsigned	  i, wait = 0;

	for (i = 0; i < 5; i++) {
		wait += login_wait_s(l, "admin", &here, T0);
		login_try(l, "admin", &here, T0);
	}
	ok(wait == 0 && login_wait_s(l, "admin", &here, T0) == 0, "five failures of an account cost nothing");
	login_try(l, "admin", &here, T0);
	is_i64(login_wait_s(l, "admin", &here, T0), 1, "the next one costs a second");
	is_i64(login_wait_s(l, "admin", &here, T0 + S / 2), 1, "which is rounded up");
	is_i64(login_wait_s(l, "admin", &here, T0 + S), 0, "and goes by");
	ok(login_wait_s(l, "operator", &here, T0) == 0 && login_wait_s(l, "admin", &there, T0) == 1,
	    "another account is free, the same from elsewhere is not");
	try_often(l, "admin", &there, T0 + S, 4);
	is_i64(login_wait_s(l, "admin", &there, T0 + S), 16, "it doubles");
	try_often(l, "admin", &there, T0 + S, 30);
	is_i64(login_wait_s(l, "admin", &here, T0 + S), 30, "half a minute at most");
	login_worked(l, "admin", &here, T0 + S);
	is_i64(login_wait_s(l, "admin", &here, T0 + S), 0, "a good password clears the account");
	ok(login_wait_s(l, "x", &there, T0 + S) > 30, "not the address that guessed");
	is_i64(login_wait_s(l, "x", &there, T0 + 2000 * S), 0, "after a pause all is forgotten");
	login_free(l);
}

static void
test_login_place(void)
{
	struct login	 *l = login_new(&key);
	const struct whence here = at("10.1.1.1"), six = at("2001:db8:0:1::1"), same = at("2001:db8:0:1:a::2"),
			  next = at("2001:db8:0:2::1");
	unsigned	  i;
	char		  name[8];

	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		login_try(l, name, &here, T0);
	}
	is_i64(login_wait_s(l, "v", &here, T0), 0, "twenty failures of an address cost nothing");
	login_try(l, "u", &here, T0);
	is_i64(login_wait_s(l, "v", &here, T0), 1, "the next one does, whoever is asked for");
	login_worked(l, "u", &here, T0);
	is_i64(login_wait_s(l, "v", &here, T0), 0, "a log-in that works is no failure");
	try_often(l, "w", &here, T0 + 300 * S, 50);
	is_i64(login_wait_s(l, "v", &here, T0 + 300 * S), 900, "a quarter of an hour at most");
	try_often(l, "w", &six, T0 + 300 * S, 50);
	ok(login_wait_s(l, "v", &same, T0 + 300 * S) == 900 && login_wait_s(l, "v", &next, T0 + 300 * S) == 0,
	    "of IPv6 the network counts");
	login_free(l);
}

static void
test_login_known(void)
{
	struct login	   *l = login_new(&key);
	const struct whence desk = with("10.1.1.1", 1), moved = with("10.1.1.9", 1), evil = at("192.0.2.1"),
			    bare = at("10.1.1.1"), other = with("10.1.1.1", 2);
	int64_t		    t = T0 + S;

	login_try(l, "noc", &desk, T0);
	ok(!login_is_known(l, "noc", &desk, T0), "a browser is not known for a try");
	login_worked(l, "noc", &desk, T0);
	login_knows(l, "noc", &desk, T0);
	ok(login_is_known(l, "noc", &desk, T0) && login_is_known(l, "noc", &moved, T0),
	    "but for a log-in, wherever it goes");
	ok(!login_is_known(l, "noc", &bare, T0) && !login_is_known(l, "noc", &other, T0) &&
		!login_is_known(l, "admin", &desk, T0),
	    "no other from the same address, nor for another account");
	ok(login_is_ours(l, desk.browser, T0) && !login_is_ours(l, other.browser, T0) &&
		!login_is_ours(l, "", T0),
	    "a token is ours when it was given for a log-in");
	try_often(l, "noc", &evil, t, 40);
	ok(login_wait_s(l, "noc", &evil, t) == 900 && login_wait_s(l, "noc", &bare, t) == 30,
	    "one who guesses keeps strangers waiting");
	is_i64(login_wait_s(l, "noc", &desk, t), 0, "not those who are known");
	try_often(l, "noc", &desk, t, 5);
	is_i64(login_wait_s(l, "noc", &desk, t), 0, "who have five failures of their own");
	try_often(l, "noc", &desk, t, 3);
	is_i64(login_wait_s(l, "noc", &desk, t), 4, "and then wait, too");
	login_worked(l, "noc", &desk, t);
	is_i64(login_wait_s(l, "noc", &desk, t), 0, "until they log in");
	is_i64(login_wait_s(l, "noc", &bare, t), 30, "which clears nothing of what strangers did");
	t = T0 + 31 * 86400 * S;
	ok(!login_is_known(l, "noc", &desk, t) && !login_is_ours(l, desk.browser, t),
	    "a browser is forgotten after a month");
	login_free(l);
}

/* Whoever shares an address with others learns nothing of them: not whom the place knows, not who exists. */
static void
test_login_unseen(void)
{
	struct login	   *l = login_new(&key);
	const struct whence desk = with("10.1.1.1", 1), bare = at("10.1.1.1"), own = with("10.1.1.1", 2);
	unsigned	    i;

	login_knows(l, "noc", &desk, T0);
	login_knows(l, "own", &own, T0);
	for (i = 0; i < 31; i++)
		login_try(l, "invented", &bare, T0);
	is_i64(login_wait_s(l, "noc", &bare, T0), 900, "a neighbour who guesses waits with a known name");
	is_i64(login_wait_s(l, "unknown", &bare, T0), 900, "as long as with one that does not exist");
	ok(login_wait_s(l, "noc", &own, T0) == 900 && login_wait_s(l, "unknown", &own, T0) == 900,
	    "nor does it help to be known for another account");
	ok(login_wait_s(l, "noc", &desk, T0) == 0 && login_wait_s(l, "own", &own, T0) == 0,
	    "who is known does not wait for the neighbour");
	login_free(l);
}

static void
test_login_known_full(void)
{
	struct login *l = login_new(&key);
	struct whence w = at("10.0.0.0");
	char	      name[16];
	unsigned      i;

	for (i = 0; i < LOGIN_KNOWN_ACCOUNT + 1; i++) {
		w = with("10.0.0.0", i);
		login_knows(l, "noc", &w, T0 + i);
	}
	ok(login_is_known(l, "noc", &w, T0 + i), "the newest of too many browsers is known");
	w = with("10.0.0.0", 0);
	ok(!login_is_known(l, "noc", &w, T0 + i), "the oldest no more");
	w = with("10.0.0.0", 1);
	ok(login_is_known(l, "noc", &w, T0 + i), "only that one");
	for (i = 0; i < LOGIN_KNOWN_MAX; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		login_knows(l, name, &w, T0 + S + i);
	}
	ok(!login_is_known(l, "noc", &w, T0 + S + i) && login_is_known(l, "u0", &w, T0 + S + i),
	    "of all too many, those used last stay");
	login_free(l);
}

static void
test_login_sweep(void)
{
	struct login	   *l = login_new(&key);
	struct users	    u = { 0 };
	const struct whence desk = with("10.1.1.1", 1);

	users_add(&u, "noc");
	login_knows(l, "noc", &desk, T0);
	ok(!login_sweep(l, &u) && login_is_known(l, "noc", &desk, T0), "who is there stays known");
	login_knows(l, "gone", &desk, T0);
	ok(login_sweep(l, &u) && !login_is_known(l, "gone", &desk, T0) &&
		login_is_known(l, "noc", &desk, T0),
	    "a user who is no more is forgotten");
	login_free(l);
	users_free(&u);
}

#define HASH "00000000000000000000000000000000000000000000000000000000000000"

/* The file says the wall clock; the server counts from the boot of its host. */
static void
test_places(void)
{
	static const char bad[] = "x " HASH "03 10.1.1.3 noc\n1000 " HASH "03 10.1.1 noc\n"
				  "1000 " HASH "03 10.1.1.3 NOC\n\n1000 " HASH "03 10.1.1.3\n1000 10.1.1.3 noc\n"
				  "1000 " HASH "3 10.1.1.3 noc\n1000 " HASH "X3 10.1.1.3 noc\n"
				  "99999 " HASH "04 10.1.1.4 noc\n";
	char		  dir[] = "/tmp/simpul-web-test-XXXXXX";
	int		  fd = open(mkdtemp(dir), O_RDONLY | O_DIRECTORY), file;
	struct login	 *l = login_new(&key);
	const struct whence here = with("10.1.1.1", 1), six = with("2001:db8::1", 6), old = with("10.1.1.2", 2),
			    none = with("10.1.1.3", 3), ahead = with("10.1.1.4", 4);
	const int64_t	  now = T0 + 86402 * S, wall = 40 * 86400 * S, later = wall + 86400 * S;

	places_load(l, fd, T0, wall);
	ok(login_knows(l, "noc", &here, T0), "the first log-in with a browser is news");
	ok(!login_knows(l, "noc", &here, T0 + S), "the second is not");
	ok(login_knows(l, "noc", &here, now), "after a day it is again");
	login_know(l, "noc", &six, T0);
	login_know(l, "noc", &old, now - 29 * 86400 * S - S);
	is_i64(places_save(l, fd, now, wall), 0, "what is known is kept");
	login_free(l);

	l = login_new(&(struct siphash_key){ { 3, 4 } });
	places_load(l, fd, 5, later);
	ok(login_is_known(l, "noc", &here, 5) && login_is_known(l, "noc", &six, 5),
	    "after a restart it is known");
	ok(!login_is_known(l, "noc", &old, 5) && !login_is_known(l, "op", &here, 5),
	    "for what is left of its time");
	login_free(l);

	file = openat(fd, "places", O_WRONLY | O_TRUNC);
	ok(file != -1 && write(file, bad, sizeof(bad) - 1) > 0, "bad lines");
	close(file);
	l = login_new(&key);
	places_load(l, fd, 5, 2000 * S);
	ok(!login_is_known(l, "noc", &none, 5) && !login_is_ours(l, none.browser, 5), "say nothing");
	ok(login_is_known(l, "noc", &ahead, 5) && !login_is_known(l, "noc", &ahead, 31 * 86400 * S),
	    "one of a clock that was ahead counts as of now");
	login_free(l);
	unlinkat(fd, "places", 0);
	close(fd);
	ok(rmdir(dir) == 0, "nothing else is left");
}

static void
test_rate(void)
{
	int64_t	 full = 0;
	unsigned i, n = 0;

	for (i = 0; i < 100; i++)
		n += rate_take(&full, 20, T0);
	is_i64(n, 40, "twice the rate at once");
	for (n = 0, i = 0; i < 100; i++)
		n += rate_take(&full, 20, T0 + S);
	is_i64(n, 20, "and the rate in each second");
}

int
main(void)
{
	log_quiet(true);
	test_login_account();
	test_login_place();
	test_login_known();
	test_login_unseen();
	test_login_known_full();
	test_login_sweep();
	test_places();
	test_rate();
	return tap_done();
}
