/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe_fleet_test.c: the ICMP and TCP probes against the simulated network, whose truth is known: medians, loss, a cut and
 * its return.
 */
#include "tests/fleet/virtual.h"

#include "base/log.h"
#include "probes/engine.h"
#include "tests/unit/fleet_test.h"
#include "tests/unit/tap.h"

#define LINK "s001-1"

struct bench {
	struct inventory    *inv;
	struct loop	    *loop;
	struct fleet_model  *model;
	struct packet_io    *io;
	struct probe_engine *engine;
	struct sample	     delay;	/* last minute of LINK */
	unsigned	     minutes, lost, good;	/* rounds of LINK */
	int64_t		     third_ns, second_ns;	/* when the third lost, the second good round came */
	unsigned	     others_lost;
};

static void
take_sample(void *arg, const struct sample *s)
{
	struct bench *b = arg;

	if (s->series != 1) {
		b->others_lost += s->quality == QUALITY_LOST;
		return;
	}
	if (s->type == SAMPLE_DELAY) {
		b->delay = *s;
		b->minutes++;
	} else if (s->quality == QUALITY_LOST && ++b->lost == 3)
		b->third_ns = loop_mono_ns(b->loop);
	else if (s->quality == QUALITY_GOOD && ++b->good == 2)
		b->second_ns = loop_mono_ns(b->loop);
}

static void
take_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	(void)kind;
	probe_engine_packet(((struct bench *)arg)->engine, in);
}

static void
target_add(struct bench *b, const struct link *l, uint32_t number)
{
	struct msg_target t = { .kind = TARGET_PROBE, .number = number, .method = "icmp", .address = l->address, .interval_ms = 2000,
		.timeout_ms = 1000 };

	snprintf(t.ref, sizeof(t.ref), "link/%s", l->id);
	probe_engine_target(b->engine, &t, NULL, 1);
}

static void
bench_open(struct bench *b, uint64_t seed)
{
	const struct sink sink = { .sample = take_sample, .arg = b };
	uint32_t	  number = 1;
	size_t		  i;

	*b = (struct bench){ .inv = test_inventory(), .loop = loop_new_virtual(seed, WALL_NS) };
	b->model = test_model(b->inv, seed);
	b->io = fleet_virtual_new(b->loop, b->model);
	b->io->on_packet = take_packet;
	b->io->arg = b;
	b->engine = probe_engine_new(b->loop, b->io, &sink, NULL, NULL);
	target_add(b, inventory_link_of(b->inv, LINK), number);
	for (i = 0; i < b->inv->nlinks; i++)
		if (strcmp(b->inv->link[i]->id, LINK) != 0)
			target_add(b, b->inv->link[i], ++number);
}

static void
bench_close(struct bench *b)
{
	probe_engine_free(b->engine);
	b->io->ops->free(b->io);
	fleet_model_free(b->model);
	loop_free(b->loop);
	inventory_free(b->inv);
}

static void
run(struct bench *b, double seconds)
{
	loop_run_until(b->loop, loop_mono_ns(b->loop) + (int64_t)(seconds * NS_PER_S));
}

static void
command(struct bench *b, const char *line)
{
	if (fleet_command(b->model, loop_mono_ns(b->loop), line, NULL) == -1)
		ok(false, "the fleet takes \"%s\"", line);
}

static void
test_medians(struct bench *b)
{
	struct fleet_link_truth truth;
	unsigned		minute;
	double			worst = 0, error;

	run(b, 62);
	for (minute = 0; minute < 30; minute++) {
		run(b, 60);
		fleet_truth_link(b->model, LINK, &truth);
		error = fabs(b->delay.value[DELAY_RTT_P50_S] - truth.rtt_p50_s);
		worst = error > worst ? error : worst;
	}
	ok(b->minutes >= 30 && worst < 0.001,
	    "the medians of 30 minutes are within 1 ms of the truth (%.3f ms)", worst * 1e3);
	ok(b->delay.value[DELAY_RTT_MIN_S] >= truth.rtt_min_s - 1e-6, "no delay is below the smallest possible");
	ok(b->lost == 0 && b->others_lost == 0, "no round was lost");
}

static void
test_loss(struct bench *b)
{
	double	 sum = 0;
	unsigned minute;

	command(b, "loss link " LINK " 0.2");
	run(b, 62);
	for (minute = 0; minute < 60; minute++) {
		run(b, 60);
		sum += b->delay.value[DELAY_LOSS_RATIO];
	}
	/* 1,800 packets, within the 99 % interval of the binomial distribution */
	ok(fabs(sum / 60 - 0.2) < 2.576 * sqrt(0.2 * 0.8 / 1800), "a loss of 0.2 is found in an hour (%.4f)", sum / 60);
	command(b, "loss link " LINK " 0");
	run(b, 60);
}

static void
test_cut(struct bench *b, double phase)
{
	int64_t cut, back;

	run(b, 30 + phase);
	b->lost = 0;
	cut = loop_mono_ns(b->loop);
	command(b, "cut link " LINK);
	run(b, 60);
	ok(b->third_ns - cut <= 6600 * NS_PER_MS && b->third_ns - cut >= 3600 * NS_PER_MS,
	    "cut at phase %.2f: third lost round %.2f s after it", phase, (double)(b->third_ns - cut) / NS_PER_S);
	b->good = 0;
	back = loop_mono_ns(b->loop);
	command(b, "restore link " LINK);
	run(b, 20);
	ok(b->second_ns - back <= 4000 * NS_PER_MS, "back: second good round %.2f s after it",
	    (double)(b->second_ns - back) / NS_PER_S);
	is_i64(b->engine->bursts, 0, "then no burst runs");
}

int
main(void)
{
	struct bench b;
	int	     i;

	log_open("probe_fleet_test", NULL);
	bench_open(&b, 20261121);
	test_medians(&b);
	test_loss(&b);
	for (i = 0; i < 10; i++)
		test_cut(&b, i * 0.37);
	bench_close(&b);
	return tap_done();
}
