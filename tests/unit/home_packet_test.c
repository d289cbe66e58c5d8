/* SPDX-License-Identifier: GPL-3.0-or-later */
/* home_packet_test.c: the bytes of the protocol "home" against the tables of docs/home.md; which heartbeats are new. */
#include "probes/home_packet.h"

#include <stdlib.h>
#include <string.h>

#include "probes/home_window.h"
#include "tests/unit/tap.h"

#define KEY "0123456789abcdef0123456789abcdef"

static struct hmac_key key;

static struct home_heartbeat
sample(void)
{
	struct home_heartbeat h = {
		.site = 0x0102030405060708, .boot = 0x1112131415161718, .seq = 0x2122232425262728, .nonce = 0x3132333435363738,
		.sent_us = 0x4142434445464748, .echo_seq = 0x1152535455565758, .echo_stamp = 0x6162636465666768,
		.echo_held_us = 0x71727374, .rtt_us = 0x81828384, .heard = 0x9192939495969798, .interval_ms = 1000,
		.flags = HOME_COUNTERS, .local = { .family = 4, .byte = { 192, 0, 2, 7 } }, .rx_octets = 0xa1a2a3a4a5a6a7a8,
		.tx_octets = 0xb1b2b3b4b5b6b7b8, .uptime_s = 0xc1c2c3c4, .npings = 2,
	};

	h.ping[0] = (struct home_ping){ .to = { .family = 6, .byte = { 0x20, 0x01 } }, .sent = 10, .answered = 9, .rtt_us = 1234 };
	h.ping[1] = (struct home_ping){ .to = { .family = 4, .byte = { 10, 0, 0, 1 } }, .sent = 10, .rtt_us = HOME_UNKNOWN_US };
	return h;
}

static void
test_heartbeat(void)
{
	/* docs/home.md, table of the heartbeat: the first byte of each field */
	static const struct { size_t at; uint8_t byte; } table[] = {
		{ 0, 'S' }, { 1, 'P' }, { 2, 'H' }, { 3, 'B' }, { 4, 1 }, { 5, 1 }, { 6, 0 }, { 7, 188 }, { 8, 0x01 }, { 16, 0x11 },
		{ 24, 0x21 }, { 32, 0x31 }, { 40, 0x41 }, { 48, 0x11 }, { 56, 0x61 }, { 64, 0x71 }, { 68, 0x81 }, { 72, 0x91 }, { 80, 3 },
		{ 82, 4 }, { 83, 2 }, { 84, 255 - 192 }, { 99, 255 }, { 100, 0xa1 }, { 108, 0xb1 }, { 116, 0xc1 }, { 121, 1 }, { 123, 0 },
		{ 124, 6 }, { 126, 10 }, { 127, 9 }, { 131, 1234 & 0xff }, { 132, 255 - 0x20 }, { 148, 4 }, { 156, 255 - 10 },
	};
	struct home_heartbeat h = sample(), got = { 0 };
	uint8_t		      out[HOME_HEARTBEAT_MAX], mac[SHA256_LEN];
	size_t		      len = home_heartbeat_write(&h, &key, out), i, wrong = 0;

	is_i64((int64_t)len, HOME_HEARTBEAT_MIN + 2 * 24, "heartbeat: its length");
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (out[table[i].at] != table[i].byte) {
			printf("# byte %zu is %u\n", table[i].at, out[table[i].at]);
			wrong++;
		}
	is_i64((int64_t)wrong, 0, "... its bytes are where the table has them");
	hmac_sha256(&key, out, len - 16, mac);
	ok(memcmp(out + len - 16, mac, 16) == 0, "... it ends with half of its HMAC");
	ok(home_heartbeat_site(out, len) == h.site && home_is_signed(out, len, &key), "... it is whose it says");
	ok(home_heartbeat_read(out, len, &got) && memcmp(&got, &h, sizeof(h)) == 0, "... read again it is the same");
	for (i = 0, wrong = 0; i < len * 8; i++) {
		out[i / 8] ^= (uint8_t)(1 << i % 8);
		wrong += home_heartbeat_site(out, len) != 0 && home_is_signed(out, len, &key);
		out[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	is_i64((int64_t)wrong, 0, "... no bit of it can be changed");
	for (i = 0, wrong = 0; i < len; i++)
		wrong += home_heartbeat_site(out, i) != 0 || home_heartbeat_read(out, i, &got);
	is_i64((int64_t)wrong, 0, "... cut short it is none");
}

static bool
is_refused(const struct home_heartbeat *h)
{
	struct home_heartbeat got;
	uint8_t		      out[HOME_HEARTBEAT_MAX];
	size_t		      len = home_heartbeat_write(h, &key, out);

	return !home_heartbeat_read(out, len, &got);
}

static void
test_refused(void)
{
	struct home_heartbeat h = sample();

	ok(!is_refused(&h), "a heartbeat is read");
	h.seq = 0;
	ok(is_refused(&h), "... not without a number");
	h = sample();
	h.boot = 0;
	ok(is_refused(&h), "... nor of no run");
	h = sample();
	h.echo_seq = h.seq;
	ok(is_refused(&h), "... nor with an answer to itself");
	h = sample();
	h.local.family = 5;
	ok(is_refused(&h), "... nor of a family that there is not");
	h = sample();
	h.ping[1].answered = 11;
	ok(is_refused(&h), "... nor with more answers than questions");
}

static void
test_answer(void)
{
	static const struct { size_t at; uint8_t byte; } table[] = {
		{ 0, 'S' }, { 4, 1 }, { 5, 2 }, { 7, 104 }, { 8, 0x01 }, { 16, 0x11 }, { 24, 0x21 }, { 32, 0x31 }, { 40, 0x41 },
		{ 48, 0x51 }, { 52, 1 }, { 53, 4 }, { 54, 255 - 0x9c }, { 56, 255 - 203 }, { 72, 0x61 }, { 76, 0x71 }, { 87, 0 },
	};
	struct home_answer a = { .site = 0x0102030405060708, .boot = 0x1112131415161718, .seq = 0x2122232425262728,
		.nonce = 0x3132333435363738, .stamp = 0x4142434445464748, .held_us = 0x51525354, .status = HOME_PROVE, .port = 0x9c41,
		.from = { .family = 4, .byte = { 203, 0, 113, 9 } }, .accepted = 0x61626364, .heard = 0x7172737475767778 }, got = { 0 };
	struct home_heartbeat h;
	uint8_t		      out[HOME_ANSWER_LEN], again[HOME_ANSWER_LEN];
	size_t		      i, wrong = 0;

	is_i64((int64_t)home_answer_write(&a, &key, out), HOME_ANSWER_LEN, "answer: its length");
	ok(HOME_ANSWER_LEN <= HOME_HEARTBEAT_MIN, "... is never more than that of a heartbeat");
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (out[table[i].at] != table[i].byte) {
			printf("# byte %zu is %u\n", table[i].at, out[table[i].at]);
			wrong++;
		}
	is_i64((int64_t)wrong, 0, "... its bytes are where the table has them");
	ok(home_answer_read(out, sizeof(out), &got) && home_answer_write(&got, &key, again) > 0 && memcmp(again, out, sizeof(out)) == 0 &&
	    got.port == a.port && got.status == a.status && home_is_signed(out, sizeof(out), &key),
	    "... read again it is the same");
	ok(home_heartbeat_site(out, sizeof(out)) == 0 && !home_heartbeat_read(out, sizeof(out), &h), "... it is no heartbeat");
	for (i = 0, wrong = 0; i < sizeof(out); i++)
		wrong += home_answer_read(out, i, &got);
	is_i64((int64_t)wrong, 0, "... cut short it is none");
}

static void
test_site(void)
{
	ok(home_site(KEY, 32) == home_site(KEY, 32) && home_site(KEY, 32) != 0, "a key has a name");
	ok(home_site(KEY, 32) != home_site(KEY, 31), "... another one has another");
}

/* ---- the window ---- */

#define BOOT_A 0xaaaaaaaaaaaaaaaaULL
#define BOOT_B 0xbbbbbbbbbbbbbbbbULL
#define START  (1000 * NS_PER_S)
#define CLOCK  (100000 * NS_PER_S)	/* of the agent at that time */

struct world {
	struct home_window w;
	int64_t		   now;
	uint64_t	   missing;
};

static uint64_t fresh = 7;

/* A heartbeat that was sent `ago` before now, by an agent whose clock shows this. */
static enum home_verdict
take(struct world *x, uint64_t boot, uint64_t seq, uint64_t nonce, int64_t clock_ns)
{
	struct home_mark m = { .boot = boot, .seq = seq, .nonce = nonce, .sent_us = (uint64_t)(clock_ns / NS_PER_US) };

	fresh += 2;
	return home_window_take(&x->w, &m, x->now, fresh, &x->missing);
}

static void
test_new_run(void)
{
	struct world x = { .now = START };
	uint64_t     nonce;

	ok(take(&x, BOOT_A, 5, 0, CLOCK) == HOME_UNPROVEN, "a run that is not known is challenged");
	nonce = x.w.nonce;
	ok(nonce != 0 && take(&x, BOOT_A, 6, nonce ^ 2, CLOCK) == HOME_UNPROVEN && x.w.nonce == nonce,
	    "... a wrong nonce proves nothing, and changes nothing");
	ok(take(&x, BOOT_A, 7, nonce, CLOCK) == HOME_NEW && x.missing == 0, "... the right one does");
	ok(take(&x, BOOT_A, 7, nonce, CLOCK) == HOME_TWICE, "... once");
	ok(take(&x, BOOT_A, 8, 0, CLOCK) == HOME_NEW, "from then on its numbers do");
	ok(take(&x, BOOT_B, 1, nonce, CLOCK) == HOME_UNPROVEN && x.w.nonce != nonce, "a nonce proves one run only");
	ok(take(&x, BOOT_A, 9, 0, CLOCK) == HOME_NEW, "... the known one goes on");
	ok(take(&x, BOOT_B, 2, x.w.nonce, CLOCK) == HOME_NEW, "the new run takes its place");
	ok(take(&x, BOOT_A, 10, 0, CLOCK) == HOME_UNPROVEN && take(&x, BOOT_A, 7, nonce, CLOCK) == HOME_UNPROVEN,
	    "what was recorded of the old one is not accepted any more");
	ok(take(&x, BOOT_B, 3, 0, CLOCK) == HOME_NEW, "... and does the new one no harm");
}

static struct world
known(uint64_t seq)
{
	struct world x = { .now = START };

	take(&x, BOOT_A, 1, 0, CLOCK);
	take(&x, BOOT_A, seq, x.w.nonce, CLOCK);
	return x;
}

static void
test_numbers(void)
{
	struct world x = known(1000);

	ok(take(&x, BOOT_A, 999, 0, CLOCK) == HOME_TWICE && take(&x, BOOT_A, 930, 0, CLOCK) == HOME_OLD, "numbers before the proof are used up");
	ok(take(&x, BOOT_A, 1003, 0, CLOCK) == HOME_NEW && x.missing == 2, "numbers passed over are told");
	ok(take(&x, BOOT_A, 1001, 0, CLOCK) == HOME_NEW && x.missing == 0, "one of them comes late");
	ok(take(&x, BOOT_A, 1001, 0, CLOCK) == HOME_TWICE, "... but once");
	ok(home_window_has(&x.w, 1001) && !home_window_has(&x.w, 1002) && home_window_has(&x.w, 1003), "the window knows which");
	is_i64((int64_t)(home_window_heard(&x.w, 1004) & 0xf), 0xd, "... and tells it");
	ok(take(&x, BOOT_A, 1003 + 63, 0, CLOCK) == HOME_NEW && take(&x, BOOT_A, 1003, 0, CLOCK) == HOME_TWICE,
	    "63 numbers further it still does");
	ok(take(&x, BOOT_A, 1003 + 64, 0, CLOCK) == HOME_NEW && take(&x, BOOT_A, 1003, 0, CLOCK) == HOME_OLD,
	    "64 further it is below the window");
	ok(take(&x, BOOT_A, 1000000, 0, CLOCK) == HOME_NEW && x.missing == 1000000 - 1067 - 1, "a leap is allowed");
	ok(!home_window_has(&x.w, 1067) && take(&x, BOOT_A, 1067, 0, CLOCK) == HOME_OLD, "... what was before is below the window");
	ok(take(&x, BOOT_A, UINT64_MAX, 0, CLOCK) == HOME_NEW && take(&x, BOOT_A, 1, 0, CLOCK) == HOME_OLD, "the last number is the last");
}

static void
test_naive(void)
{
	struct world x = known(500);
	bool	     has[2000] = { false };
	uint64_t     highest = 500, seq;
	unsigned     i, wrong = 0;

	memset(has, true, 501);		/* those before the proof count as used */
	srandom(5);
	for (i = 0; i < 20000 && highest < 1900; i++) {
		enum home_verdict got, want;

		seq = highest - 80 + (uint64_t)random() % 84;
		want = seq + HOME_WINDOW <= highest ? HOME_OLD : has[seq] ? HOME_TWICE : HOME_NEW;
		got = take(&x, BOOT_A, seq, 0, CLOCK);
		if (got == HOME_TWICE && want == HOME_OLD)
			got = HOME_OLD;
		wrong += got != want;
		if (want == HOME_NEW) {
			has[seq] = true;
			highest = seq > highest ? seq : highest;
		}
	}
	is_i64(wrong, 0, "as a naive window does over thousands of numbers at random");
}

static void
test_delay(void)
{
	struct world x = known(1);
	int64_t	     clock = CLOCK;
	uint64_t     nonce, seq = 2;

	x.now += 60 * NS_PER_S;
	clock += 60 * NS_PER_S;
	ok(take(&x, BOOT_A, seq++, 0, clock - NS_PER_S) == HOME_NEW, "one that was a second under way counts");
	ok(take(&x, BOOT_A, seq++, 0, clock - 4 * NS_PER_S) == HOME_DELAYED, "one held back for 4 s does not");
	nonce = x.w.nonce;
	ok(take(&x, BOOT_A, seq++, 0, clock) == HOME_NEW, "... the next one in time does, without proof");

	clock -= 3600 * NS_PER_S;	/* a clock that stood still, as that of a box that slept */
	ok(take(&x, BOOT_A, seq++, 0, clock) == HOME_DELAYED, "a clock that stood still is challenged");
	ok(take(&x, BOOT_A, seq++, nonce, clock) == HOME_NEW, "... and proves that it is there");
	x.now += NS_PER_S;
	ok(take(&x, BOOT_A, seq++, 0, clock + NS_PER_S) == HOME_NEW, "... from when on it counts from there");
	ok(take(&x, BOOT_A, 7, 0, clock) == HOME_TWICE, "... and its numbers are still those");

	x.now += NS_PER_S;
	clock += 7200 * NS_PER_S;
	ok(take(&x, BOOT_A, seq++, 0, clock) == HOME_NEW, "a clock that leaps ahead is quicker than all before");
	x.now += NS_PER_S;
	ok(take(&x, BOOT_A, seq++, 0, clock + NS_PER_S) == HOME_NEW, "... and goes on");
	ok(home_window_take(&x.w, &(struct home_mark){ BOOT_A, seq, 0, UINT64_MAX }, x.now, 1, &x.missing) != HOME_NEW,
	    "an impossible clock does not");
}

static void
test_drift(void)
{
	struct world x = known(1);
	uint64_t     seq = 2;
	unsigned     i, wrong = 0;

	/* Slower by 150 ppm: after 30 days its stamps are 389 s behind. */
	for (i = 0; i < 30 * 24 * 60; i++) {
		x.now += 60 * NS_PER_S;
		wrong += take(&x, BOOT_A, seq++, 0, CLOCK + (int64_t)((double)(x.now - START) * (1 - 150e-6))) != HOME_NEW;
	}
	is_i64(wrong, 0, "a clock that runs slower by 150 ppm is in time for a month");
}

int
main(void)
{
	hmac_key_init(&key, KEY, 32);
	test_heartbeat();
	test_refused();
	test_answer();
	test_site();
	test_new_run();
	test_numbers();
	test_naive();
	test_delay();
	test_drift();
	return tap_done();
}
