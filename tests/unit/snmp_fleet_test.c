/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmp_fleet_test.c: the engine against the simulated network, compared sample by sample with what its ports
 * have truly carried over the very seconds that the sample speaks of: whatever happens, a known rate is the
 * true one, and rates are unknown only where the definition says so.
 */
#include "collectors/snmp/engine.h"

#include "base/log.h"
#include "base/map.h"
#include "tests/fleet/virtual.h"
#include "tests/unit/fleet_test.h"
#include "tests/unit/tap.h"

#define HOST   1
#define ETHER1 10
#define ETHER2 11
#define LINK   20
#define MINUTE 60
#define WITHIN 0.005	/* of the truth */
#define SLACK_BITS 1e6	/* 0.1 s of a full line: a counter is read before its answer arrives, and lines are cut in between */

struct scene {
	struct loop	   *loop;
	struct inventory   *inv;
	struct fleet_model *fleet;
	struct packet_io   *io;
	struct snmp_engine *engine;
	struct msg_target   target;
	unsigned	    count[QUALITIES];	/* samples of ETHER1 */
	unsigned	    known, wrong, states;
	double		    worst;			/* bit/s */
};

static void
compare(struct scene *sc, const struct sample *s, const char *port)
{
	double	     truth[2] = { NAN, NAN };
	unsigned     i;

	for (i = 0; i < 2; i++) {
		double off;

		if (isnan(s->value[i]))
			continue;
		sc->known++;
		if (fleet_truth_port(sc->fleet, "s001-r1", port, s->wall_ns - (int64_t)(s->seconds * NS_PER_S), s->wall_ns, &truth[0],
		    &truth[1]) == -1)
			continue;
		off = fabs(s->value[i] - truth[i]);
		if (off > sc->worst)
			sc->worst = off;
		if (off <= WITHIN * truth[i] + SLACK_BITS / s->seconds)
			continue;
		if (sc->wrong++ == 0)
			printf("#   %s %s: %g, truth %g over %g s\n", port, i == 0 ? "rx" : "tx", s->value[i], truth[i], s->seconds);
	}
}

static void
on_sample(void *arg, const struct sample *s)
{
	struct scene *sc = arg;

	if (s->series == ETHER1)
		sc->count[s->quality]++;
	if (s->series == ETHER1 || s->series == LINK)
		compare(sc, s, "ether1");
	if (s->series == ETHER2)
		compare(sc, s, "ether2");
}

static void
on_state(void *arg, const struct msg_target_state *st)
{
	((struct scene *)arg)->states++;
	(void)st;
}

static void
on_port(void *arg, const struct msg_port_found *p)
{
	(void)arg;
	(void)p;
}

static void
on_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	if (kind == PACKET_UDP)
		snmp_engine_packet(((struct scene *)arg)->engine, in);
}

static void
scene_do(struct scene *sc, const char *command)
{
	if (command != NULL && fleet_command(sc->fleet, loop_mono_ns(sc->loop), command, NULL) == -1)
		ok(false, "the fleet takes \"%s\"", command);
}

static void
scene_run(struct scene *sc, double seconds)
{
	loop_run_until(sc->loop, loop_mono_ns(sc->loop) + (int64_t)(seconds * NS_PER_S));
}

static void
scene_begin(struct scene *sc, uint64_t seed, const char *before)
{
	const struct sink     sink = { .sample = on_sample, .state = on_state, .port_found = on_port, .arg = sc };
	const struct msg_port ports[] = {
		{ .device = HOST, .number = ETHER1, .link = LINK, .name = "ether1" },
		{ .device = HOST, .number = ETHER2, .name = "ether2" },
	};

	memset(sc, 0, sizeof(*sc));
	sc->loop = loop_new_virtual(seed, WALL_NS);
	sc->inv = test_inventory();
	sc->fleet = test_model(sc->inv, seed);
	sc->io = fleet_virtual_new(sc->loop, sc->fleet);
	sc->engine = snmp_engine_new(sc->loop, sc->io, -1, true, &sink);
	sc->io->on_packet = on_packet;
	sc->io->arg = sc;
	sc->target = (struct msg_target){ .kind = TARGET_SNMP, .number = HOST, .ref = "device/s001-r1", .method = "2c", .port = 161,
		.interval_ms = 60000 };
	addr_parse(&sc->target.address, "10.100.0.1");
	scene_do(sc, before);
	snmp_engine_target(sc->engine, &sc->target, ports, nitems(ports));
	scene_run(sc, 5 * MINUTE);
	memset(sc->count, 0, sizeof(sc->count));
}

static void
scene_end(struct scene *sc)
{
	snmp_engine_free(sc->engine);
	sc->io->ops->free(sc->io);
	fleet_model_free(sc->fleet);
	inventory_free(sc->inv);
	loop_free(sc->loop);
}

/* Five minutes with the fault, five after it: the ten samples of ether1 by quality. */
static void
test_faults(void)
{
	static const struct {
		const char *name, *before, *fault, *after;
		unsigned    reset, lost, unknown;
	} cases[] = {
		{ "nothing happens", NULL, NULL, NULL, 0, 0, 0 },
		{ "renumbered", NULL, "renumber device s001-r1", NULL, 0, 0, 0 },
		{ "renumbered twice", NULL, "renumber device s001-r1", "renumber device s001-r1", 0, 0, 0 },
		{ "rebooted", NULL, "reboot device s001-r1", NULL, 1, 0, 0 },
		{ "rebooted twice", NULL, "reboot device s001-r1", "reboot device s001-r1", 2, 0, 0 },
		{ "32 bits", "no64 device s001-r1 on", NULL, NULL, 0, 0, 0 },
		{ "64 bits go, 64 bits come", NULL, "no64 device s001-r1 on", "no64 device s001-r1 off", 1, 0, 0 },
		{ "counters jump, and say so", NULL, "jump device s001-r1 ether1 1000000 mark", NULL, 1, 0, 0 },
		{ "counters jump, and say nothing", NULL, "jump device s001-r1 ether1 1000000000", NULL, 0, 0, 1 },
		{ "silent", NULL, "silent device s001-r1 on", "silent device s001-r1 off", 0, 5, 1 },
		{ "another request-id", NULL, "wrongid device s001-r1 on", "wrongid device s001-r1 off", 0, 5, 1 },
		{ "another source", NULL, "wrongsrc device s001-r1 on", "wrongsrc device s001-r1 off", 0, 5, 1 },
		{ "truncated", NULL, "truncate device s001-r1 on", "truncate device s001-r1 off", 0, 5, 1 },
		{ "garbage", NULL, "garbage device s001-r1 on", "garbage device s001-r1 off", 0, 5, 1 },
		{ "genErr", NULL, "generr device s001-r1 on", "generr device s001-r1 off", 0, 0, 6 },
		{ "tooBig, however little is asked", NULL, "toobig device s001-r1 on", "toobig device s001-r1 off", 0, 0, 6 },
	};
	struct scene sc;

	for (size_t i = 0; i < nitems(cases); i++) {
		unsigned good = 10 - cases[i].reset - cases[i].lost - cases[i].unknown;

		scene_begin(&sc, i + 1, cases[i].before);
		scene_do(&sc, cases[i].fault);
		scene_run(&sc, 5 * MINUTE);
		scene_do(&sc, cases[i].after);
		scene_run(&sc, 5 * MINUTE);
		if (!ok(sc.count[QUALITY_GOOD] == good && sc.count[QUALITY_RESET] == cases[i].reset &&
		    sc.count[QUALITY_LOST] == cases[i].lost && sc.count[QUALITY_UNKNOWN] == cases[i].unknown,
		    "%s: %u good, %u reset, %u lost, %u unknown", cases[i].name, good, cases[i].reset, cases[i].lost, cases[i].unknown))
			printf("#   got %u good, %u reset, %u lost, %u unknown\n", sc.count[QUALITY_GOOD], sc.count[QUALITY_RESET],
			    sc.count[QUALITY_LOST], sc.count[QUALITY_UNKNOWN]);
		is_i64(sc.wrong, 0, "and every known rate is the true one");
		scene_end(&sc);
	}
}

/* The low 32 bits of all counters wrap while the port has only those. */
static void
test_wrap(void)
{
	struct scene sc;

	scene_begin(&sc, 5, NULL);
	scene_do(&sc, "no64 device s001-r1 on");
	scene_do(&sc, "wrap device s001-r1 300");
	scene_run(&sc, 3 * MINUTE);
	memset(sc.count, 0, sizeof(sc.count));
	scene_run(&sc, 20 * MINUTE);
	is_i64(sc.count[QUALITY_GOOD], 20, "32 bits wrap: no sample is lost by it");
	is_i64(sc.wrong, 0, "and every known rate is the true one");
	scene_end(&sc);
}

/* Two days in which something happens every few minutes. */
static void
test_soak(uint64_t seed)
{
	static const char *const commands[] = {
		"renumber device s001-r1", "reboot device s001-r1 8", "reboot device s001-r1", "reboot device s001-r1 90",
		"no64 device s001-r1 on", "no64 device s001-r1 off", "silent device s001-r1 on", "silent device s001-r1 off",
		"silent device s001-r1 off", "toobig device s001-r1 on", "toobig device s001-r1 off",
		"jump device s001-r1 ether1 5000000 mark", "jump device s001-r1 ether1 900000000", "loss link s001-1 0.3",
		"loss link s001-1 0", "cut link s001-1", "restore link s001-1", "restore link s001-1", "truncate device s001-r1 on",
		"truncate device s001-r1 off", "truncate device s001-r1 off", "delay link s001-1 40 10", "delay link s001-1 5 1"
	};
	struct scene sc;
	uint64_t     rnd = seed;

	scene_begin(&sc, seed, NULL);
	while (loop_mono_ns(sc.loop) < 2 * 86400 * NS_PER_S) {
		rnd = hash_u64(rnd);
		scene_run(&sc, (double)(rnd % 400));
		scene_do(&sc, commands[(rnd >> 32) % nitems(commands)]);
	}
	printf("# seed %" PRIu64 ": %u good, %u reset, %u lost, %u unknown; %u known rates, worst %.0f bit/s off\n", seed,
	    sc.count[QUALITY_GOOD], sc.count[QUALITY_RESET], sc.count[QUALITY_LOST], sc.count[QUALITY_UNKNOWN], sc.known,
	    sc.worst);
	is_i64(sc.wrong, 0, "two days of faults: every known rate is the true one");
	ok(sc.count[QUALITY_GOOD] > 200 && sc.count[QUALITY_RESET] > 20 && sc.count[QUALITY_LOST] > 20, "and there were all kinds");
	scene_end(&sc);
}

int
main(void)
{
	const char *seed = getenv("SIMPUL_SEED");

	log_quiet(true);
	test_faults();
	test_wrap();
	test_soak(seed != NULL ? strtoull(seed, NULL, 10) : 11);
	return tap_done();
}
