/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Users, passwords, sessions, and how long somebody waits who guesses. Time is an argument. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "dashboards/hasher.h"
#include "dashboards/login.h"
#include "dashboards/session.h"
#include "tests/unit/tap.h"

#define S NS_PER_S
#define T0 (1000 * S)

/* ---- guessing ---- */

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

/* ---- sessions ---- */

struct ended {
	unsigned n;
	char	 last[USER_NAME_MAX];
};

static void
on_ended(void *arg, struct session *s)
{
	struct ended *e = arg;

	e->n++;
	text_copy(e->last, sizeof(e->last), s->user.name);
}

static void
test_sessions(void)
{
	struct ended	 ended = { 0 };
	struct sessions *t = sessions_new(on_ended, &ended);
	struct user	 noc = { .name = "operator", .role = USER_NOC, .hash = "$y$x" },
			 planner = { .name = "planner", .role = USER_PLANNER, .hash = "$y$y" };
	struct user	 both[2];
	struct users	 users = { both, 2 };
	struct session	*s, *other;
	char		 a[TOKEN_SIZE], b[TOKEN_SIZE], c[TOKEN_SIZE];
	unsigned	 i;

	s = session_open(t, &noc, T0, a);
	ok(strlen(a) == 64 && strcmp(a, s->key) != 0 && strcmp(a, s->csrf) != 0,
	    "a token of 256 bits, kept hashed");
	ok(strstr(s->user.hash, "$y$") == NULL, "without the hash of the password");
	other = session_open(t, &planner, T0, b);
	ok(session_find(t, a, T0) == s && session_find(t, b, T0) == other, "each is found by its token");
	ok(session_find(t, s->key, T0) == NULL && session_find(t, "", T0) == NULL, "and by nothing else");
	ok(session_find(t, b, T0 + 1799 * S) == other, "a planner may pause for half an hour");
	ok(session_find(t, b, T0 + 3598 * S) == other, "from the last use on");
	ok(session_find(t, b, T0 + 5399 * S) == NULL && ended.n == 1, "but no longer");
	ok(session_find(t, a, T0 + 43199 * S) == s && session_find(t, a, T0 + 43200 * S) == NULL,
	    "an operator has a shift of 12 h, used or not");

	for (i = 0; i < SESSIONS_PER_USER + 1; i++)
		session_open(t, &noc, T0 + i, i == 0 ? a : b);
	ok(session_find(t, a, T0 + 100) == NULL && session_find(t, b, T0 + 100) != NULL,
	    "the oldest of too many goes");
	session_open(t, &planner, T0, c);
	session_end_of(t, "operator", session_find(t, b, T0 + 100));
	ok(sessions_count(t) == 2 && session_find(t, b, T0 + 100) != NULL, "all of a user but one");

	both[0] = noc;
	both[1] = planner;
	sessions_sweep(t, &users, T0 + 100);
	is_i64((int64_t)sessions_count(t), 2, "users who are as they were keep their sessions");
	both[0].role = USER_PLANNER;
	sessions_sweep(t, &users, T0 + 100);
	ok(session_find(t, b, T0 + 100) == NULL && strcmp(ended.last, "operator") == 0,
	    "another role ends it");
	strcpy(both[1].hash, "$y$z");
	sessions_sweep(t, &users, T0 + 100);
	is_i64((int64_t)sessions_count(t), 0, "another password, too");

	s = session_open(t, &noc, T0, a);
	session_hold(s);
	session_end(t, s);
	ok(s->ended && session_find(t, a, T0) == NULL, "one that is held has ended, and is still there");
	session_release(s);
	sessions_free(t);
}

static void
test_cookie(void)
{
	static const char good[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	static const struct { const char *name, *form; int rc;
	} forms[] = {
	    {"alone", "__Host-sid=%s", 0},
	    {"among others", "a=b; __Host-sid=%s; c=d", 0},
	    {"twice", "__Host-sid=%s; __Host-sid=%s", -1},
	    {"a name that ends so", "x__Host-sid=%s", -1},
	    {"too long", "__Host-sid=%s0", -1},
	    {"capital letters", "__Host-sid=A%.63s", -1},
	    {"too short", "__Host-sid=%.63s", -1},
	    {"another", "sid=%s", -1},
	    {"one whose name begins so", "__Host-sid2=%s", -1},
	    {"none", "", -1},
	};
	char   text[300], token[TOKEN_SIZE];
	size_t i;

	for (i = 0; i < nitems(forms); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
		snprintf(text, sizeof(text), forms[i].form, good, good);
#pragma GCC diagnostic pop
		ok(cookie_token(text, SESSION_COOKIE, token) == forms[i].rc &&
			(forms[i].rc == -1 || strcmp(token, good) == 0),
		    "cookie: %s", forms[i].name);
	}
	ok(secret_equal("abc", "abc") && !secret_equal("abc", "abd") && !secret_equal("abc", "ab"),
	    "secrets are compared whole");
}

/* ---- users ---- */

#define USER "{\"name\":\"a\",\"role\":\"opd\",\"hash\":\"$y$1\",\"sites\":[\"s013\"]}"

static void
test_parse(void)
{
	static const struct { const char *text, *why;
	} cases[] = {
	    {"{\"version\":1,\"users\":[" USER "]}", NULL},
	    {"{\"version\":1,\"users\":[]}", NULL},
	    {"", "not the JSON of a list of users"},
	    {"[]", "not a list of users of version 1"},
	    {"{\"version\":2,\"users\":[]}", "not a list of users of version 1"},
	    {"{\"version\":1,\"version\":1,\"users\":[]}", "not the JSON of a list of users"},
	    {"[[[[[[[[]]]]]]]]", "not the JSON of a list of users"},
	    {"{\"version\":1,\"users\":[" USER "," USER "]}", "user a is there twice"},
	    {"{\"version\":1,\"users\":[1]}", "user 1 has no name of a-z 0-9 . _ -"},
	    {"{\"version\":1,\"users\":[{\"name\":\"A\"}]}", "user 1 has no name of a-z 0-9 . _ -"},
	    {"{\"version\":1,\"users\":[{\"name\":\"a\",\"role\":\"king\",\"hash\":\"$y$\"}]}",
		"user a: the role must be admin, noc, planner or opd"},
	    {"{\"version\":1,\"users\":[{\"name\":\"a\",\"role\":\"noc\",\"hash\":\"secret\"}]}",
		"user a has no hash that begins with $y$"},
	    {"{\"version\":1,\"users\":[{\"name\":\"a\",\"role\":\"noc\",\"hash\":\"$y$\",\"lang\":\"nl\"}]}",
		"user a: the language must be id or en"},
	    {"{\"version\":1,\"users\":[{\"name\":\"a\",\"role\":\"opd\",\"hash\":\"$y$\",\"sites\":[\"*\"]}]"
	     "}",
		"sites of a: entry 1 is no id"},
	};
	struct users u;
	struct buf   out = { 0 };
	char	     err[200];
	size_t	     i;

	for (i = 0; i < nitems(cases); i++) {
		err[0] = '\0';
		users_parse(&u, cases[i].text, strlen(cases[i].text), err, sizeof(err));
		is_text(err, cases[i].why != NULL ? cases[i].why : "", cases[i].text);
		users_free(&u);
	}
	users_parse(&u, cases[0].text, strlen(cases[0].text), err, sizeof(err));
	ok(u.n == 1 && u.user[0].role == USER_OPD && u.user[0].nsites == 1 &&
		strcmp(u.user[0].lang, "id") == 0,
	    "what is said of a user");
	users_write(&u, &out);
	users_free(&u);
	ok(users_parse(&u, (char *)out.data, out.len, err, sizeof(err)) == 0 && u.n == 1 &&
	    strcmp(u.user[0].site[0], "s013") == 0, "what is written reads the same");
	users_free(&u);
	buf_free(&out);
}

static void
test_stand_in(void)
{
	struct users	   u = { 0 };
	const struct user *first;
	unsigned	   i, moved = 0, n[3] = { 0 };
	char		   name[16], whose[30][USER_NAME_MAX];

	ok(users_stand_in(&u, &key, "x") == NULL, "nobody stands in when there is nobody");
	for (i = 0; i < 2; i++)
		users_add(&u, i == 0 ? "a" : "b");
	for (i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		first = users_stand_in(&u, &key, name);
		n[first - u.user]++;
		text_copy(whose[i], sizeof(whose[i]), first->name);
	}
	ok(n[0] > 5 && n[1] > 5, "unknown names have the costs that known ones have");
	users_add(&u, "c");
	for (i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		first = users_stand_in(&u, &key, name);
		moved += strcmp(first->name, whose[i]) != 0 && strcmp(first->name, "c") != 0;
		n[2] += strcmp(first->name, "c") == 0;
	}
	ok(moved == 0 && n[2] > 0, "and keep them when others come");
	users_free(&u);
}

static int
add_one(void *arg, struct users *u, char *err, size_t err_size)
{
	struct user *user;

	if (users_find(u, arg) != NULL) {
		snprintf(err, err_size, "there already");
		return -1;
	}
	user = users_add(u, arg);
	strcpy(user->hash, "$y$1");
	return 0;
}

static int
add_none(void *arg, struct users *u, char *err, size_t err_size)
{
	(void)arg, (void)u, (void)err, (void)err_size;
	return USERS_SAME;
}

static void
test_file(void)
{
	char	     dir[] = "/tmp/simpul-web-test-XXXXXX", err[200];
	int	     lock, fd = open(mkdtemp(dir), O_RDONLY | O_DIRECTORY);
	struct users u;
	struct stat  st, before;

	ok(users_load(&u, fd, &st, err, sizeof(err)) == 0 && u.n == 0 && st.st_ino == 0, "no file, no users");
	ok(!users_changed(fd, &st), "and no change");
	ok(users_update(fd, add_one, (char[]){"a"}, err, sizeof(err)) == 0 && users_changed(fd, &st),
	    "the first one");
	users_load(&u, fd, &before, err, sizeof(err));
	ok(u.n == 1 && (before.st_mode & 0777) == 0600 && !users_changed(fd, &before),
	    "is read, and private");
	users_free(&u);
	is_i64(users_update(fd, add_one, (char[]){ "a" }, err, sizeof(err)), -1, "a change that is refused");
	ok(!users_changed(fd, &before), "writes nothing");
	ok(users_update(fd, add_none, NULL, err, sizeof(err)) == 0 && !users_changed(fd, &before),
	    "nor does one that changes nothing");
	ok(users_update(fd, add_one, (char[]){"b"}, err, sizeof(err)) == 0 && users_changed(fd, &before),
	    "another one");
	lock = openat(fd, "users.lock", O_RDWR);
	ok(lock != -1 && flock(lock, LOCK_EX) == 0 &&
	    users_update(fd, add_one, (char[]){ "c" }, err, sizeof(err)) == USERS_BUSY,
	    "while somebody else changes it, it is busy");
	close(lock);
	users_load(&u, fd, &st, err, sizeof(err));
	ok(u.n == 2 && users_update_patiently(fd, add_one, (char[]){ "c" }, NULL, err, sizeof(err)) == 0,
	    "and after that it is not");
	users_free(&u);
	unlinkat(fd, USERS_FILE, 0);
	ok(symlinkat("/etc/passwd", fd, USERS_FILE) == 0 && users_load(&u, fd, &st, err, sizeof(err)) == -1,
	    "a link is not followed");
	unlinkat(fd, USERS_FILE, 0);
	unlinkat(fd, "users.lock", 0);
	close(fd);
	rmdir(dir);
}

/* ---- passwords ---- */

static void
test_password(void)
{
	static const struct { const char *password; bool good;
	} cases[] = {
	    {"correct horse", true},
	    {"eleven char", false},
	    {"", false},
	    {"aaaaaaaaaaaaaaa", false},
	    {"Administrator-1", false},
	    {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa8", false},
	    {"twelve chars", true},
	    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", false},
	};
	char   a[USER_HASH_MAX], b[USER_HASH_MAX], once[ONE_TIME_SIZE], again[ONE_TIME_SIZE];
	size_t i;

	for (i = 0; i < nitems(cases); i++)
		ok((password_fault(cases[i].password, "administrator-1") == NULL) == cases[i].good,
		    "is \"%s\" a password?", cases[i].password);
	ok(password_hash("correct horse", 1, a) == 0 && password_hash("correct horse", 1, b) == 0 &&
	    strncmp(a, "$y$", 3) == 0 && strcmp(a, b) != 0, "yescrypt, with a salt of its own each time");
	ok(password_fits("correct horse", a, 1) && !password_fits("correct horsf", a, 1) &&
	    !password_fits("", a, 1) && !password_fits("correct horse", "", 1) &&
	    !password_fits("correct horse", "$y$nonsense", 1), "the right one fits, and no other");
	password_one_time(once);
	password_one_time(again);
	ok(strlen(once) == 23 && strcmp(once, again) != 0 && password_fault(once, "admin") == NULL,
	    "one-time passwords are long, and each another");
}

struct answers {
	struct loop *loop;
	unsigned     n, fits;
	char	     hash[USER_HASH_MAX];
	unsigned     wanted;
};

static void
on_answer(void *arg, bool fits, const char *hash)
{
	struct answers *a = arg;

	a->n++;
	a->fits += fits;
	if (hash[0] != '\0')
		text_copy(a->hash, sizeof(a->hash), hash);
	if (a->n == a->wanted)
		loop_stop(a->loop, 0);
}

static void
on_died(void *arg)
{
	loop_stop(((struct answers *)arg)->loop, -1);
}

static void
test_hasher(void)
{
	struct answers a = { .loop = loop_new() };
	struct hasher *h = hasher_new(a.loop, 1, on_died, &a);
	char	       hash[USER_HASH_MAX];
	unsigned       i;

	password_hash("correct horse", 1, hash);
	a.wanted = 4;
	hasher_ask(h, "correct horse", hash, NULL, on_answer, &a);
	hasher_ask(h, "wrong horse", hash, "another horse", on_answer, &a);
	hasher_ask(h, "correct horse", "", NULL, on_answer, &a);
	hasher_ask(h, "correct horse", hash, "another horse", on_answer, &a);
	ok(loop_run(a.loop) == 0 && a.fits == 2, "the process beside says which fit");
	ok(password_fits("another horse", a.hash, 1), "and hashes the new one of the one that fits");
	for (i = 0; hasher_ask(h, "x", hash, NULL, on_answer, &a) == 0; i++)
		;
	is_i64(i, HASHER_WAITING_MAX, "no more wait than it is made for");
	a.n = a.fits = 0;
	hasher_free(h);
	ok(a.n == HASHER_WAITING_MAX && a.fits == 0, "who waits at the end hears that nothing fits");
	loop_free(a.loop);
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
	test_sessions();
	test_cookie();
	test_parse();
	test_stand_in();
	test_file();
	test_password();
	test_hasher();
	return tap_done();
}
