/* SPDX-License-Identifier: GPL-3.0-or-later */
/* home_test.c: a line whose site calls, from the agent's packets to the samples, on a virtual loop. */
#include "probes/home.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "probes/agent/talk.h"
#include "tests/unit/tap.h"

#define KEY	  "an example of a key"
#define RTT_NS	  (20 * NS_PER_MS)
#define NUMBER	  7
#define SAMPLES_MAX 2000
#define FACTS_MAX 400

struct world {
	struct packet_io     io;	/* must be first */
	struct loop	    *loop;
	struct probe_engine *engine;
	struct home	    *home;
	struct talk	     talk;
	int64_t		     clock_ns;	/* the agent's clock less ours */
	struct home_in	     in;
	bool		     up_cut, down_cut;
	unsigned	     up_every, down_every;	/* lose each such one; 0: none */
	uint8_t		     last[HOME_HEARTBEAT_MAX];
	size_t		     last_len, answer_len;
	struct sample	     sample[SAMPLES_MAX];
	int64_t		     at_ns[SAMPLES_MAX];
	size_t		     n;
	struct msg_probe_fact fact[FACTS_MAX];
	size_t		     nfacts;
	struct msg_probe_done done;
	unsigned	     answers;
};

static char dir[] = "/tmp/simpul-home-XXXXXX";

static void
take_sample(void *arg, const struct sample *s)
{
	struct world *w = arg;

	if (w->n == SAMPLES_MAX)
		return;
	w->at_ns[w->n] = loop_mono_ns(w->loop);
	w->sample[w->n++] = *s;
}

static void
take_fact(void *arg, const struct msg_probe_fact *f)
{
	struct world *w = arg;

	if (w->nfacts < FACTS_MAX)
		w->fact[w->nfacts++] = *f;
}

static void
take_answer(void *arg, uint32_t token, const struct msg_probe_done *done)
{
	struct world *w = arg;

	(void)token;
	w->done = *done;
	w->answers++;
}

static const struct msg_probe_fact *
fact(const struct world *w, const char *name)
{
	size_t i;

	for (i = w->nfacts; i-- > 0;)
		if (strcmp(w->fact[i].name, name) == 0)
			return &w->fact[i];
	return NULL;
}

static const char *
fact_text(const struct world *w, const char *name)
{
	const struct msg_probe_fact *f = fact(w, name);

	return f != NULL ? f->text : NULL;
}

static double
fact_value(const struct world *w, const char *name)
{
	const struct msg_probe_fact *f = fact(w, name);

	return f != NULL && f->has_value ? f->value : NAN;
}

static struct world *
world_new(const char *credential)
{
	struct world	 *w = xcalloc(1, sizeof(*w));
	const struct sink sink = { .sample = take_sample, .fact = take_fact, .arg = w };
	struct msg_target t = { .kind = TARGET_PROBE, .number = NUMBER, .interval_ms = 1000, .timeout_ms = 1000, .port = 8620 };
	size_t		  i;

	w->loop = w->io.loop = loop_new_virtual(1, 1795222800 * NS_PER_S);
	w->engine = probe_engine_new(w->loop, &w->io, &sink, take_answer, w);
	probe_engine_secrets(w->engine, open(dir, O_RDONLY | O_DIRECTORY));
	for (i = 0; strcmp(probe_registry[i]->name, "home") != 0; i++)
		;
	w->home = w->engine->shared[i];
	text_copy(t.ref, sizeof(t.ref), "link/s001-1");
	text_copy(t.method, sizeof(t.method), "home");
	text_copy(t.credential, sizeof(t.credential), credential);
	probe_engine_target(w->engine, &t, NULL, 1);
	talk_init(&w->talk, KEY, strlen(KEY), 0xb001);
	w->clock_ns = 5000 * NS_PER_S;
	addr_parse(&w->in.from, "203.0.113.5");
	w->in.port = 40001;
	return w;
}

static void
world_free(struct world *w)
{
	close(w->engine->secrets_fd);
	probe_engine_free(w->engine);
	loop_free(w->loop);
	free(w);
}

static size_t
send_raw(struct world *w, const uint8_t *data, size_t len, uint8_t answer[HOME_ANSWER_LEN])
{
	w->in.data = data;
	w->in.len = len;
	w->in.received_ns = loop_mono_ns(w->loop);
	return home_take(w->home, &w->in, answer);
}

static uint64_t
agent_us(const struct world *w)
{
	return (uint64_t)((loop_mono_ns(w->loop) + w->clock_ns) / NS_PER_US);
}

/* One heartbeat and its answer, each half of the round trip under way. */
static enum talk_result
beat(struct world *w)
{
	struct home_heartbeat h = { .interval_ms = 1000, .npings = 1, .uptime_s = (uint32_t)(agent_us(w) / 1000000),
		.local = { .family = 4, .byte = { 192, 168, 1, 2 } } };
	uint8_t		      answer[HOME_ANSWER_LEN];

	h.flags = HOME_COUNTERS;
	h.rx_octets = w->talk.seq * 125000;	/* 1 Mbit/s at one a second */
	h.tx_octets = w->talk.seq * 12500;
	h.ping[0] = (struct home_ping){
	    .to = {.family = 4, .byte = {192, 0, 2, 1}}, .sent = 10, .answered = 9, .rtt_us = 12345};
	talk_next(&w->talk, &h, agent_us(w));
	w->last_len = home_heartbeat_write(&h, &w->talk.key, w->last);
	loop_run_until(w->loop, loop_mono_ns(w->loop) + RTT_NS / 2);
	w->answer_len = 0;
	if (w->up_cut || (w->up_every > 0 && w->talk.seq % w->up_every == 0))
		return TALK_REFUSED;
	w->answer_len = send_raw(w, w->last, w->last_len, answer);
	loop_run_until(w->loop, loop_mono_ns(w->loop) + RTT_NS / 2);
	if (w->down_cut || (w->down_every > 0 && w->talk.seq % w->down_every == 0) || w->answer_len == 0)
		return TALK_REFUSED;
	return talk_take(&w->talk, answer, w->answer_len, agent_us(w));
}

static void
seconds(struct world *w, unsigned n)
{
	int64_t next;

	while (n-- > 0) {
		next = loop_mono_ns(w->loop) + NS_PER_S;
		if (beat(w) == TALK_PROVE)
			beat(w);
		loop_run_until(w->loop, next);
	}
}

static const struct sample *
newest(const struct world *w, uint8_t type)
{
	size_t i;

	for (i = w->n; i-- > 0;)
		if (w->sample[i].type == type)
			return &w->sample[i];
	return NULL;
}

static void
key_write(const char *name, const char *text, mode_t mode)
{
	char  path[100];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	chmod(path, mode);
}

static void
key_remove(const char *name)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

/* ---- up, and how well ---- */

static void
test_up(void)
{
	struct world	    *w = world_new("site");
	const struct sample *s;

	seconds(w, 130);
	s = newest(w, SAMPLE_ROUND);
	ok(s != NULL && s->quality == QUALITY_GOOD && s->value[ROUND_ANSWERED] == 10 && s->value[ROUND_SENT] == 10,
	    "ten heartbeats are a good round");
	is_near(s->value[ROUND_RTT_P50_S], 0.02, 0.0005,
	    "... with the round trip of the line, whatever the agent's clock shows");
	s = newest(w, SAMPLE_DELAY);
	ok(s != NULL && s->quality == QUALITY_GOOD && s->value[DELAY_LOSS_RATIO] == 0, "a minute has no loss");
	is_near(s->value[DELAY_RTT_P50_S], 0.02, 0.0005, "... and its median delay");
	is_text(fact_text(w, "wan_address"), "203.0.113.5", "where it calls from is told");
	is_text(fact_text(w, "site_address"), "192.168.1.2", "... what it thinks its address is");
	is_text(fact_text(w, "ping_1"), "192.0.2.1: 9 of 10 answered, median 12.3 ms", "... and what it has measured itself");
	is_near(fact_value(w, "uptime_s"), 5120, 20, "... and how long its box runs");
	s = newest(w, SAMPLE_RATE);
	ok(s != NULL && s->quality == QUALITY_GOOD, "its counters become rates");
	is_near(s->value[LINK_RX_BPS], 1e6, 2e4, "... received");
	is_near(s->value[LINK_TX_BPS], 1e5, 2e3, "... sent");
	is_near(fact_value(w, "up_loss_ratio"), 0, 0, "no loss up");
	ok(w->talk.seen.byte[0] == 203 && w->talk.seen_port == 40001, "the agent knows its address outside");
	world_free(w);
}

static void
test_loss(unsigned up, unsigned down, double up_loss, double down_loss)
{
	struct world	    *w = world_new("site");
	const struct sample *s;

	seconds(w, 10);
	w->up_every = up;
	w->down_every = down;
	seconds(w, 180);
	s = newest(w, SAMPLE_DELAY);
	printf("# up %.3f down %.3f loss %.3f\n", fact_value(w, "up_loss_ratio"),
	    fact_value(w, "down_loss_ratio"), s->value[DELAY_LOSS_RATIO]);
	is_near(fact_value(w, "up_loss_ratio"), up_loss, 0.02, "loss up");
	is_near(fact_value(w, "down_loss_ratio"), down_loss, 0.02, "loss down");
	ok(fabs(s->value[DELAY_LOSS_RATIO] - (up_loss + down_loss)) < 0.03, "the loss of the line is both");
	is_near(s->value[DELAY_RTT_MAX_S], 0.02, 0.0005, "loss makes no delay");
	ok(newest(w, SAMPLE_ROUND)->quality == QUALITY_GOOD, "the line is up all the same");
	world_free(w);
}

/* ---- down ---- */

static void
test_down(void)
{
	struct world *w = world_new("site");
	int64_t	      cut_ns;
	size_t	      i, from, lost = 0;

	seconds(w, 60);
	w->up_cut = true;
	cut_ns = loop_mono_ns(w->loop);
	from = w->n;
	seconds(w, 9);
	for (i = from; i < w->n && lost < 3; i++)
		if (w->sample[i].type == SAMPLE_ROUND)
			lost = w->sample[i].quality == QUALITY_LOST ? lost + 1 : 0;
	ok(lost == 3 && w->at_ns[i - 1] - cut_ns < 8 * NS_PER_S, "silent: three lost rounds in a row within 8 s");
	seconds(w, 120);
	is_near(newest(w, SAMPLE_DELAY)->value[DELAY_LOSS_RATIO], 1, 0, "a minute in which nothing came is lost");
	w->up_cut = false;
	from = w->n;
	seconds(w, 4);
	for (i = from, lost = 0; i < w->n; i++)
		lost += w->sample[i].type == SAMPLE_ROUND && w->sample[i].quality == QUALITY_GOOD;
	ok(lost >= 2, "heard again: two good rounds within 4 s");
	from = w->n;
	seconds(w, 60);
	ok(newest(w, SAMPLE_DELAY) >= &w->sample[from] && newest(w, SAMPLE_DELAY)->value[DELAY_LOSS_RATIO] < 0.5,
	    "the minute in which it came back: numbers that time had counted are not lost twice");
	seconds(w, 70);
	is_near(newest(w, SAMPLE_DELAY)->value[DELAY_LOSS_RATIO], 0, 0, "... nor later");
	world_free(w);
}

static void
test_never_heard(void)
{
	struct world *w = world_new("site");

	loop_run_until(w->loop, loop_mono_ns(w->loop) + 60 * NS_PER_S);
	ok(w->n > 0 && newest(w, SAMPLE_ROUND)->quality == QUALITY_LOST, "who never calls is lost");
	world_free(w);
}

static void
test_no_key(const char *credential, const char *why)
{
	struct world *w = world_new(credential);
	size_t	      i, known = 0;

	seconds(w, 30);
	for (i = 0; i < w->n; i++)
		known += w->sample[i].type == SAMPLE_ROUND && w->sample[i].quality != QUALITY_UNKNOWN;
	ok(w->n > 0 && known == 0, "%s: the line is unknown", why);
	world_free(w);
}

static void
test_new_key(void)
{
	struct world *w = world_new("changing");
	const struct sample *s;

	seconds(w, 30);
	ok(newest(w, SAMPLE_ROUND)->quality == QUALITY_UNKNOWN, "before its key is there, a line is unknown");
	key_write("changing", KEY "\n", 0600);
	seconds(w, 90);
	ok(newest(w, SAMPLE_ROUND)->quality == QUALITY_GOOD, "... a minute later it is measured");
	key_write("changing", "quite another key\n", 0600);
	seconds(w, 90);
	ok(newest(w, SAMPLE_ROUND)->quality == QUALITY_LOST, "whoever has the old key is a stranger");
	talk_init(&w->talk, "quite another key", strlen("quite another key"), 0xb003);
	seconds(w, 20);
	s = newest(w, SAMPLE_ROUND);
	ok(s->quality == QUALITY_GOOD, "... and who has the new one is not");
	world_free(w);
	key_remove("changing");
}

static void
test_asked(void)
{
	struct world	  *w = world_new("site");
	struct msg_probe_now now = { .rounds = 3, .deadline_ms = 5000, .n = 1, .number = { NUMBER } };

	seconds(w, 20);
	probe_engine_ask(w->engine, 1, &now);
	seconds(w, 3);
	ok(w->answers == 1 && w->done.done[0].verdict == PROBE_ANSWERED, "asked for, it answers with what has come");
	w->up_cut = true;
	seconds(w, 3);
	probe_engine_ask(w->engine, 2, &now);
	seconds(w, 5);
	ok(w->answers == 2 && w->done.done[0].verdict == PROBE_FAILED, "silent, it has failed");
	world_free(w);
}

/* ---- who is believed ---- */

static void
test_restarts(void)
{
	struct world *w = world_new("site");
	uint8_t	      old[HOME_HEARTBEAT_MAX], answer[HOME_ANSWER_LEN];
	size_t	      old_len, i, lost = 0;

	seconds(w, 30);
	memcpy(old, w->last, w->last_len);
	old_len = w->last_len;
	ok(send_raw(w, old, old_len, answer) == 0, "a heartbeat that comes twice is not answered");
	talk_init(&w->talk, KEY, strlen(KEY), 0xb002);
	w->clock_ns = NS_PER_S;
	seconds(w, 30);
	for (i = 0; i < w->n; i++)
		lost += w->sample[i].type == SAMPLE_ROUND && w->sample[i].quality != QUALITY_GOOD;
	is_i64((int64_t)lost, 0, "the agent begins anew: no round is lost");
	addr_parse(&w->in.from, "198.51.100.66");
	ok(send_raw(w, old, old_len, answer) == HOME_ANSWER_LEN && answer[52] == HOME_PROVE,
	    "a recording of the run before is challenged");
	ok(send_raw(w, old, old_len, answer) == 0, "... not twice at once");
	addr_parse(&w->in.from, "203.0.113.5");
	seconds(w, 70);
	is_text(fact_text(w, "wan_address"), "203.0.113.5", "... and its sender is not where the site is");
	ok(newest(w, SAMPLE_ROUND)->quality == QUALITY_GOOD, "... nor does it disturb the site");
	world_free(w);
}

static void
test_strangers(void)
{
	struct world *w = world_new("site");
	uint8_t	      answer[HOME_ANSWER_LEN];
	size_t	      answered = 0;
	unsigned      i;

	seconds(w, 20);
	addr_parse(&w->in.from, "198.51.100.66");
	for (i = 0; i < 100; i++) {
		w->last[40] ^= 1;
		w->last[31] = (uint8_t)(100 + i);	/* its number: one that is still to come */
		answered += send_raw(w, w->last, w->last_len, answer);
		answered += send_raw(w, w->last, i, answer);
	}
	w->last[8] ^= 1;
	answered += send_raw(w, w->last, w->last_len, answer);
	is_i64((int64_t)answered, 0, "who has no key is not answered");
	addr_parse(&w->in.from, "203.0.113.5");
	seconds(w, 20);
	ok(newest(w, SAMPLE_ROUND)->quality == QUALITY_GOOD && newest(w, SAMPLE_ROUND)->value[ROUND_ANSWERED] == 10,
	    "... and does the site no harm");
	world_free(w);
}

static void
test_guard(void)
{
	static struct home_guard g;
	struct addr		 a, b;
	int64_t			 now = 1000 * NS_PER_S;
	unsigned		 i, passed = 0;

	addr_parse(&a, "198.51.100.66");
	addr_parse(&b, "203.0.113.5");
	for (i = 0; i < 100; i++)
		if (home_guard_pass(&g, &a, now)) {
			home_guard_blame(&g, &a, now);
			passed++;
		}
	is_i64(passed, 20, "guard: 20 failures of a place at once");
	ok(home_guard_pass(&g, &b, now), "guard: others are not held to account");
	now += 2 * NS_PER_S;
	for (i = 0, passed = 0; i < 100; i++)
		if (home_guard_pass(&g, &a, now)) {
			home_guard_blame(&g, &a, now);
			passed++;
		}
	is_i64(passed, 10, "guard: 5 a second from then on");
	for (i = 0, passed = 0; i < 65536; i++) {
		a.byte[2] = (uint8_t)(i >> 8);
		a.byte[3] = (uint8_t)i;
		if (home_guard_pass(&g, &a, now)) {
			home_guard_blame(&g, &a, now);
			passed++;
		}
	}
	ok(passed <= 2000, "guard: 2,000 failures of all at once");
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	key_write("site", KEY "\n", 0600);
	key_write("short", "too short\n", 0600);
	key_write("open", KEY "\n", 0644);
	test_up();
	test_loss(10, 0, 0.1, 0);
	test_loss(0, 10, 0, 0.1);
	test_loss(6, 9, 1.0 / 6, 1.0 / 15);	/* of what came up */
	test_down();
	test_never_heard();
	test_no_key("missing", "no key file");
	test_no_key("short", "a key that is too short");
	test_no_key("open", "a key that others can read");
	test_new_key();
	test_asked();
	test_restarts();
	test_strangers();
	test_guard();
	key_remove("site");
	key_remove("short");
	key_remove("open");
	rmdir(dir);
	return tap_done();
}
