/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base_test.c: loop, map, text, address, cursor, log. */
#include <stdlib.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/cursor.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/siphash.h"
#include "base/text.h"
#include "base/uuid.h"
#include "tests/unit/tap.h"

struct trace {
	struct loop	 *loop;
	struct loop_timer timer[4];
	char		  seen[64];
};

static void
mark_a(void *arg)
{
	strcat(((struct trace *)arg)->seen, "a");
}

static void
mark_b(void *arg)
{
	struct trace *t = arg;

	strcat(t->seen, "b");
	loop_timer_set(t->loop, &t->timer[2], loop_mono_ns(t->loop) + 5, mark_a, t);
}

static void
stop(void *arg)
{
	loop_stop(((struct trace *)arg)->loop, 7);
}

static void
test_virtual_loop(void)
{
	struct trace t = { .loop = loop_new_virtual(42, 1795222800LL * NS_PER_S) };
	int64_t	     start = loop_mono_ns(t.loop);

	loop_timer_set(t.loop, &t.timer[0], start + 100, mark_a, &t);
	loop_timer_set(t.loop, &t.timer[1], start + 100, mark_b, &t);
	loop_timer_set(t.loop, &t.timer[3], start + 50, mark_a, &t);
	loop_timer_cancel(t.loop, &t.timer[3]);
	loop_run_until(t.loop, start + 101);
	is_text(t.seen, "ab", "virtual loop: same instant runs in the order of setting, a cancelled timer does not run");
	is_i64(loop_mono_ns(t.loop), start + 101, "virtual loop: the clock stands where it was told to stop");
	loop_timer_set(t.loop, &t.timer[3], start + 200, stop, &t);
	is_i64(loop_run(t.loop), 7, "virtual loop: the stop code is returned");
	is_text(t.seen, "aba", "virtual loop: a timer set by a timer runs");
	is_i64(loop_wall_ns(t.loop) - 1795222800LL * NS_PER_S, 200, "virtual loop: the wall clock goes with it");
	loop_free(t.loop);
}

static void
mark_c(void *arg)
{
	strcat(((struct trace *)arg)->seen, "c");
}

static void
test_real_loop(void)
{
	struct trace t = { .loop = loop_new() };
	int64_t	     start = loop_mono_ns(t.loop);

	loop_timer_set(t.loop, &t.timer[0], start + 2 * NS_PER_MS, mark_a, &t);
	loop_timer_set(t.loop, &t.timer[1], start + NS_PER_MS, mark_c, &t);
	loop_timer_set(t.loop, &t.timer[3], start + 3 * NS_PER_MS, stop, &t);
	is_i64(loop_run(t.loop), 7, "real loop: runs its timers and stops");
	ok(loop_mono_ns(t.loop) >= start + 3 * NS_PER_MS, "real loop: no timer ran early");
	is_text(t.seen, "ca", "real loop: by due time, however late");
	loop_free(t.loop);
}

struct owned {
	struct loop_timer t;
	int64_t		  due;
};
static int64_t last_due;
static int     disorder, ran;

static void
ordered(void *arg)
{
	struct owned *o = arg;

	disorder += o->due < last_due;
	last_due = o->due;
	ran++;
}

static void
test_heap(void)
{
	enum { N = 2000 };
	struct loop  *l = loop_new_virtual(1, 0);
	struct owned *o = calloc(N, sizeof(*o));
	uint64_t      r = 9;
	int	      i, set = 0;

	for (i = 0; i < 20000; i++) {
		struct owned *p = &o[hash_u64(r++) % N];

		if (hash_u64(r++) % 4 == 0) {
			loop_timer_cancel(l, &p->t);
			continue;
		}
		p->due = NS_PER_S + (int64_t)(hash_u64(r++) % 1000000);
		loop_timer_set(l, &p->t, p->due, ordered, p);
	}
	for (i = 0; i < N; i++)
		set += loop_timer_is_set(&o[i].t);
	loop_run(l);
	is_i64(ran, set, "heap: every timer that is set runs once");
	is_i64(disorder, 0, "heap: in order of time");
	loop_free(l);
	free(o);
}

static void
test_maps(void)
{
	struct map  *m = map_new();
	struct nmap *n = nmap_new();
	char	     key[500][8];
	size_t	     at = 0, walked = 0;
	int	     i, wrong = 0;

	for (i = 0; i < 500; i++) {
		snprintf(key[i], sizeof(key[i]), "k%d", i);
		map_add(m, key[i], key[i]);
		nmap_add(n, (uint32_t)i * 7, key[i]);
	}
	is_i64(map_add(m, "k3", key[0]), -1, "map: a key is added once");
	for (i = 0; i < 500; i += 2) {
		wrong += map_remove(m, key[i]) != key[i];
		wrong += nmap_remove(n, (uint32_t)i * 7) != key[i];
	}
	for (i = 0; i < 500; i++) {
		wrong += map_get(m, key[i]) != (i % 2 ? key[i] : NULL);
		wrong += nmap_get(n, (uint32_t)i * 7) != (i % 2 ? key[i] : NULL);
	}
	for (i = 0; map_next(m, &at) != NULL; i++)
		walked++;
	is_i64(wrong, 0, "map: found what is there and nothing else");
	is_i64((int64_t)walked, 250, "map: a walk sees each entry once");
	is_i64((int64_t)nmap_count(n), 250, "nmap: counts");
	map_free(m);
	nmap_free(n);
}

static void
test_text(void)
{
	static const char *const keys[] = { "data_dir", "socket", "user", NULL };
	static const struct {
		const char *id;
		bool	    good;
	} ids[] = { { "s013", true }, { "s013-1", true }, { "0013", false }, { "", false }, { "S013", false }, { "a_b", false },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false } };
	static const struct {
		const char *in, *out;
	} visible[] = { { "Kelurahan Akçaya", "Kelurahan Akçaya" }, { "„kota“ – …", "„kota“ – …" }, { "a\nb\x1b[1m", "a\\x0ab\\x1b[1m" },
		{ "\xff\xc0\xaf", "\\xff\\xc0\\xaf" }, { "x\xe2\x80\xaey", "x\\xe2\\x80\\xaey" }, { "\xc2\x85", "\\xc2\\x85" },
		{ "\xd8\x9cx", "\\xd8\\x9cx" } };
	char	out[128], uuid[UUID_TEXT_MAX];
	int64_t v;
	double	d;
	size_t	i;
	struct loop *l = loop_new_virtual(3, 1795222800123LL * NS_PER_MS);

	for (i = 0; i < nitems(ids); i++)
		ok(text_is_id(ids[i].id) == ids[i].good, "id '%s' is %s", ids[i].id, ids[i].good ? "good" : "bad");
	for (i = 0; i < nitems(visible); i++)
		is_text(text_visible(out, sizeof(out), visible[i].in, strlen(visible[i].in)), visible[i].out, "made visible");
	is_text(text_nearest("datadir", keys), "data_dir", "nearest: one letter left out");
	is_text(text_nearest("scoket", keys), "socket", "nearest: two letters swapped");
	ok(text_nearest("frequency", keys) == NULL, "nearest: nothing is near");
	ok(text_to_i64("9223372036854775807", INT64_MIN, INT64_MAX, &v) == 0 && v == INT64_MAX, "largest number");
	ok(text_to_i64("9223372036854775808", INT64_MIN, INT64_MAX, &v) == -1, "one more is refused");
	ok(text_to_i64(" 1", 0, 9, &v) == -1 && text_to_i64("1x", 0, 9, &v) == -1 && text_to_i64("-", -9, 9, &v) == -1 &&
	    text_to_i64("10", 0, 9, &v) == -1, "not a number, or out of range");
	ok(text_to_double("-1.5e3", &d) == 0 && d == -1500, "a decimal number");
	ok(text_to_double("nan", &d) == -1 && text_to_double("0x1p3", &d) == -1 && text_to_double("1e999", &d) == -1,
	    "no nan, no hex, no infinity");
	is_text(text_utc(out, sizeof(out), 1795222800123LL * NS_PER_MS), "2026-11-21T01:00:00.123Z", "UTC text");
	is_text(text_utc(out, sizeof(out), -NS_PER_MS), "1969-12-31T23:59:59.999Z", "UTC text before 1970");
	uuid7(l, uuid);
	ok(strlen(uuid) == 36 && uuid[14] == '7' && strchr("89ab", uuid[19]) != NULL, "UUIDv7: version and variant (%s)", uuid);
	loop_free(l);
}

static void
test_addr(void)
{
	struct addr		a, b;
	struct sockaddr_storage ss;
	char			text[ADDR_TEXT_MAX];
	uint16_t		port = 0;

	ok(addr_parse(&a, "10.1.0.13") == 0 && a.family == 4, "IPv4 parses");
	addr_to_sockaddr(&a, 161, &ss);
	addr_from_sockaddr(&b, &port, (struct sockaddr *)&ss);
	ok(addr_equal(&a, &b) && port == 161 && addr_hash(&a) == addr_hash(&b), "IPv4 through sockaddr and back");
	ok(addr_parse(&b, "2001:db8::1") == 0 && b.family == 6 && !addr_equal(&a, &b), "IPv6 parses");
	is_text(addr_text(&b, text), "2001:db8::1", "IPv6 as text");
	ok(addr_parse(&a, "10.1.0.13:80") == -1 && addr_parse(&a, "10.01.0.3") == -1 && addr_parse(&a, "") == -1 && a.family == 0,
	    "anything but the plain form is refused");
	addr_parse(&a, "::ffff:10.1.0.13");
	addr_unmap(&a);
	is_text(addr_text(&a, text), "10.1.0.13", "IPv4 in IPv6 is taken out");
	addr_unmap(&b);
	is_text(addr_text(&b, text), "2001:db8::1", "and other IPv6 stays");
	addr_parse(&a, "::ffff:10.1.0.13");
	a = addr_place(&a);
	is_text(addr_text(&a, text), "10.1.0.13", "an IPv4 address is a place");
	addr_parse(&a, "2001:db8:1:2:3:4:5:6");
	a = addr_place(&a);
	is_text(addr_text(&a, text), "2001:db8:1:2::", "and an IPv6 network");
}

/* Vectors of the reference implementation: key 00..0f, the text 00..(len-1). */
static void
test_siphash(void)
{
	static const struct { size_t len; uint64_t want; } cases[] = {
		{ 0, 0x726fdb47dd0e0e31ULL }, { 1, 0x74f839c593dc67fdULL }, { 8, 0x93f5f5799a932462ULL },
		{ 15, 0xa129ca6149be45e5ULL }, { 63, 0x958a324ceb064572ULL }
	};
	const struct siphash_key key = { { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL } };
	struct siphash_key	 a, b;
	uint8_t			 text[64];
	size_t			 i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)i;
	for (i = 0; i < nitems(cases); i++)
		ok(siphash(&key, text, cases[i].len) == cases[i].want, "SipHash-2-4 of %zu bytes", cases[i].len);
	siphash_key_new(&a);
	siphash_key_new(&b);
	ok(siphash(&a, text, 8) != siphash(&b, text, 8), "with another key, another number");
}

static void
test_buf_text(void)
{
	struct buf b = { 0 };
	char	   want[3100];

	buf_printf(&b, "%s", "");
	is_i64((int64_t)b.len, 0, "nothing is written as nothing");
	buf_text(&b, "a");
	buf_printf(&b, "%d%%", 7);
	buf_printf(&b, "%3000s", "z");
	buf_u8(&b, '\0');
	snprintf(want, sizeof(want), "a7%%%3000s", "z");
	is_text((const char *)b.data, want, "text of any length is written whole");
	buf_free(&b);
}

static void
test_cursor(void)
{
	struct buf    b = { 0 };
	struct cursor c;
	char	      text[8];

	buf_u8(&b, 7);
	buf_u16le(&b, 0x1234);
	buf_u32le(&b, 0xdeadbeef);
	buf_u64le(&b, UINT64_MAX - 1);
	buf_f32le(&b, 1.5f);
	buf_f64le(&b, -0.1);
	buf_str(&b, "simpul");
	c = cursor_of(b.data, b.len);
	ok(cursor_u8(&c) == 7 && cursor_u16le(&c) == 0x1234 && cursor_u32le(&c) == 0xdeadbeef && cursor_u64le(&c) == UINT64_MAX - 1 &&
	    cursor_f32le(&c) == 1.5f && cursor_f64le(&c) == -0.1, "numbers as written");
	cursor_str(&c, text, sizeof(text));
	is_text(text, "simpul", "text as written");
	ok(cursor_is_done(&c), "all was read");
	ok(cursor_u8(&c) == 0 && c.bad && cursor_bytes(&c, 0) == NULL, "reading past the end gives 0 and stays bad");
	c = cursor_of(b.data + b.len - 8, 8);
	cursor_str(&c, text, 6);
	ok(c.bad && text[0] == '\0', "text too long for its place is bad, not cut");
	buf_free(&b);
}

/* A child writes its title over the command line, where the tag came from. */
static void
test_debug_tag(void)
{
	char tag[] = "store", text[200] = "";
	int  fd[2], before = dup(STDERR_FILENO);

	if (pipe(fd) == -1 || dup2(fd[1], STDERR_FILENO) == -1)
		return;
	log_debug_tag(tag);
	memset(tag, 0, sizeof(tag));
	log_debug("journal", "not asked for");
	log_debug("store", "asked for");
	dup2(before, STDERR_FILENO);
	close(before);
	close(fd[1]);
	ok(read(fd[0], text, sizeof(text) - 1) > 0, "log: a debug line is written");
	is_text(text, "simpul: debug: asked for\n", "log: the area asked for, though the option's text is gone");
	close(fd[0]);
}

/* "simpul: warning: " has 17 bytes, the mark of the cut 4 with its line break. */
static void
test_log_cut(void)
{
	static const struct {
		const char *name, *unit;
		int	    units;
		ssize_t	    len;
		const char *end;
	} cases[] = {
		{ "log: a line that just fits", "x", 1024 - 18, 1024, "xxxx\n" },
		{ "log: a byte more is cut and marked", "x", 1024 - 17, 1024, "x...\n" },
		{ "log: a long line is cut", "x", 3000, 1024, "x...\n" },
		{ "log: made visible, it is longer", "\x01", 800, 1024, "0...\n" },
		{ "log: not within a character", "\xe2\x82\xac", 400, 1023, "\xac...\n" },
	};
	char   text[5000], line[5000];
	int    fd[2], before = dup(STDERR_FILENO), k;
	size_t i;

	for (i = 0; i < nitems(cases); i++) {
		text[0] = '\0';
		for (k = 0; k < cases[i].units; k++)
			strcat(text, cases[i].unit);
		if (pipe(fd) == -1 || dup2(fd[1], STDERR_FILENO) == -1)
			return;
		log_warnx("%s", text);
		dup2(before, STDERR_FILENO);
		close(fd[1]);
		is_i64(read(fd[0], line, sizeof(line) - 1), cases[i].len, cases[i].name);
		line[cases[i].len] = '\0';
		is_text(line + cases[i].len - strlen(cases[i].end), cases[i].end, "and ends as it must");
		close(fd[0]);
	}
	close(before);
}

int
main(void)
{
	test_virtual_loop();
	test_real_loop();
	test_heap();
	test_maps();
	test_text();
	test_addr();
	test_siphash();
	test_cursor();
	test_buf_text();
	test_debug_tag();
	test_log_cut();
	return tap_done();
}
