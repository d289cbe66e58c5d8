/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Users, passwords and sessions. Time is an argument. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "dashboards/hasher.h"
#include "dashboards/session.h"
#include "tests/unit/tap.h"

#define S NS_PER_S
#define T0 (1000 * S)

static const struct siphash_key key = { { 1, 2 } };

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
	test_sessions();
	test_cookie();
	test_parse();
	test_stand_in();
	test_file();
	test_password();
	test_hasher();
	return tap_done();
}
