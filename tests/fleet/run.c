/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run.c: `simpul-fleet run`: the model behind a real front, until someone asks it to end. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "tests/fleet/control.h"
#include "tests/fleet/front.h"
#include "tests/fleet/load.h"
#include "tests/fleet/main.h"
#include "tests/fleet/netns.h"
#include "tests/fleet/recorded.h"
#include "tests/fleet/scenario.h"

#define SCENARIO_BYTES_MAX (1u << 20)

struct run_options {
	bool	    tun, loopback;
	const char *inventory, *walks, *scenario, *control, *netns_link, *ready;
	int64_t	    seed, max_s, ports;
	double	    wave_s, rtt_ms, silent_ratio;
};

struct run {			/* everything that must go again, in the order in which it came */
	struct run_options     opt;
	struct inventory      *inv;
	struct recordings     *recordings;
	struct loop	      *loop;
	struct fleet_model    *model;
	struct scenario	      *scenario;
	struct tun_front      *tun;
	struct loopback_front *loopback;
	struct control	      *control;
	bool		       linked, ready;
	struct loop_timer      limit;
};

static const struct option run_long[] = {
	{ "tun", no_argument, NULL, 't' },
	{ "loopback", no_argument, NULL, 'l' },
	{ "inventory", required_argument, NULL, 'i' },
	{ "seed", required_argument, NULL, 's' },
	{ "wave", required_argument, NULL, 'w' },
	{ "ports", required_argument, NULL, 'p' },
	{ "rtt", required_argument, NULL, 'd' },
	{ "silent", required_argument, NULL, 'x' },
	{ "walks", required_argument, NULL, 'k' },
	{ "scenario", required_argument, NULL, 'f' },
	{ "control", required_argument, NULL, 'c' },
	{ "netns-link", required_argument, NULL, 'n' },
	{ "ready", required_argument, NULL, 'r' },
	{ "max-seconds", required_argument, NULL, 'm' },
	{ 0 },
};

/* Take one option. 0, or -1 when its value is wrong. */
static int
option_take(struct run_options *o, int letter, const char *value)
{
	switch (letter) {
	case 't':
		o->tun = true;
		return 0;
	case 'l':
		o->loopback = true;
		return 0;
	case 'i':
		o->inventory = value;
		return 0;
	case 's':
		return text_to_i64(value, 0, INT64_MAX, &o->seed);
	case 'w':
		return text_to_double(value, &o->wave_s);
	case 'p':
		return text_to_i64(value, 1, FLEET_PORTS_MAX, &o->ports);
	case 'd':
		return text_to_double(value, &o->rtt_ms) == 0 && o->rtt_ms >= 0 && o->rtt_ms <= 60000 ? 0 : -1;
	case 'x':
		return text_to_double(value, &o->silent_ratio) == 0 && o->silent_ratio >= 0 &&
			o->silent_ratio <= 1 ? 0 : -1;
	case 'k':
		o->walks = value;
		return 0;
	case 'f':
		o->scenario = value;
		return 0;
	case 'c':
		o->control = value;
		return 0;
	case 'n':
		o->netns_link = value;
		return 0;
	case 'r':
		o->ready = value;
		return 0;
	case 'm':
		return text_to_i64(value, 1, 1000000000, &o->max_s);
	}
	return -1;
}

static int
options_parse(struct run_options *o, int argc, char *argv[])
{
	const char *seed = getenv("SIMPUL_SEED");
	int	    letter;

	o->seed = 1;
	o->wave_s = FLEET_WAVE_S;
	if (seed != NULL && option_take(o, 's', seed) == -1)
		return -1;
	while ((letter = getopt_long(argc, argv, "", run_long, NULL)) != -1)
		if (option_take(o, letter, optarg) == -1)
			return -1;
	return optind == argc && o->tun != o->loopback && o->inventory != NULL ? 0 : -1;
}

static void
scenario_error(void *arg, unsigned line, const char *text)
{
	log_warnx("%s:%u: %s", (const char *)arg, line, text);
}

static int
scenario_load(struct run *r)
{
	char   name[4096], *text;
	size_t len;

	if (r->opt.scenario == NULL)
		return 0;
	if ((text = fleet_file_read(r->opt.scenario, SCENARIO_BYTES_MAX, &len)) == NULL)
		return -1;
	text_copy(name, sizeof(name), r->opt.scenario);
	r->scenario = scenario_parse(r->model, text, scenario_error, name);
	free(text);
	return r->scenario != NULL ? 0 : -1;
}

static int
front_open(struct run *r)
{
	int fd;

	if (r->opt.loopback) {
		log_warnx("on 127.0.0.0/8 the kernel answers ICMP and TCP itself: delay, loss and cuts of "
			  "lines are not"
			  " simulated for them, only for SNMP");
		r->loopback = loopback_front_new(r->loop, r->model, r->inv);
		return r->loopback != NULL ? 0 : -1;
	}
	if ((fd = netns_tun_open()) == -1)
		return -1;
	r->tun = tun_front_new(r->loop, r->model, fd);
	return 0;
}

/* Tell others how to get in, then that all is ready. */
static int
announce(struct run *r)
{
	char  target[64];
	FILE *f;

	if (r->opt.netns_link != NULL) {
		snprintf(target, sizeof(target), "/proc/%d/ns/net", (int)getpid());
		unlink(r->opt.netns_link);
		if (symlink(target, r->opt.netns_link) == -1) {
			log_warn("%s", r->opt.netns_link);
			return -1;
		}
		r->linked = true;
	}
	if (r->opt.ready != NULL) {
		if ((f = fopen(r->opt.ready, "we")) == NULL || fprintf(f, "%d\n", (int)getpid()) < 0 ||
		    fclose(f) != 0) {
			log_warn("%s", r->opt.ready);
			return -1;
		}
		r->ready = true;
	}
	return 0;
}

static void
stop(void *arg)
{
	loop_stop(arg, 0);
}

static int
run_start(struct run *r)
{
	if ((r->inv = fleet_inventory_load(r->opt.inventory)) == NULL || (r->opt.tun && netns_enter() == -1))
		return -1;
	if (r->opt.walks != NULL && (r->recordings = fleet_recordings_load(r->opt.walks, r->inv)) == NULL)
		return -1;
	r->loop = loop_new();
	r->model = fleet_model_new(r->inv, (uint64_t)r->opt.seed,
	    &(struct fleet_options){ .mono_ns = loop_mono_ns(r->loop), .wall_ns = loop_wall_ns(r->loop),
		.wave_s = r->opt.wave_s, .ports = (size_t)r->opt.ports,
		.rtt_ns = (int64_t)(r->opt.rtt_ms * (double)NS_PER_MS), .silent_ratio = r->opt.silent_ratio,
		.recordings = r->recordings });
	if (scenario_load(r) == -1 || front_open(r) == -1)
		return -1;
	if (r->opt.control != NULL && (r->control = control_new(r->loop, r->model, r->opt.control)) == NULL)
		return -1;
	if (r->scenario != NULL)
		scenario_start(r->scenario, r->loop);
	if (r->opt.max_s > 0)
		loop_timer_set(
		    r->loop, &r->limit, loop_mono_ns(r->loop) + r->opt.max_s * NS_PER_S, stop, r->loop);
	loop_signal(r->loop, SIGTERM, stop, r->loop);
	loop_signal(r->loop, SIGINT, stop, r->loop);
	return announce(r);
}

static void
run_stop(struct run *r)
{
	if (r->ready)
		unlink(r->opt.ready);
	if (r->linked)
		unlink(r->opt.netns_link);
	control_free(r->control);
	scenario_free(r->scenario);
	tun_front_free(r->tun);
	loopback_front_free(r->loopback);
	fleet_model_free(r->model);
	loop_free(r->loop);
	recordings_free(r->recordings);
	inventory_free(r->inv);
}

int
run_main(int argc, char *argv[])
{
	struct run r = { 0 };
	int	   rc = 1;

	if (options_parse(&r.opt, argc, argv) == -1)
		return fleet_usage();
	signal(SIGPIPE, SIG_IGN);
	if (run_start(&r) == 0) {
		log_info("%zu links, %zu devices, seed %lld", r.inv->nlinks, r.inv->ndevices,
		    (long long)r.opt.seed);
		rc = loop_run(r.loop);
	}
	run_stop(&r);
	return rc;
}
