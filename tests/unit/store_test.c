/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_test.c: the store as core and measure see it: merged reads, clocks, refusals, ports, its sandbox. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/map.h"
#include "base/sandbox.h"
#include "store/store.h"
#include "store_dir.h"
#include "store_rig.h"

static void
test_minutes(void)
{
	struct rig r = { 0 };
	int	   dir = store_dir_make();
	int64_t	   t = RIG_T0, end;

	rig_start(&r, dir, t);
	rig_plan(&r, "small", 1800, RIG_OBJECTS);
	rig_feed(&r, RIG_OBJECTS, t + 1600);
	ok(r.state.ok && r.states > 0, "the store says that it is well");
	ok(r.durable.seq > 0, "and what is durable");
	end = t + 1500;		/* closed by t + 1576 */
	rig_read(&r, "link/s001-1/rx_bps", "AVERAGE", t, t + 1800, 30);
	is_i64(r.step_s, 60, "30 points of half an hour are minutes");
	is_i64((int64_t)r.nvalues, 30, "and 30 of them");
	is_i64(rig_wrong(&r, 1, t + 60, end), 0,
	    "reads before any flush give every closed minute from memory");
	rig_flush(&r, "");
	is_i64(r.end.count, RIG_OBJECTS, "a flush writes every file");
	rig_read(&r, "link/s001-1/rx_bps", "AVERAGE", t, t + 1800, 30);
	is_i64(rig_wrong(&r, 1, t + 60, end), 0, "reads after it give the same from the file");
	rig_feed(&r, RIG_OBJECTS, t + 3400);
	rig_read(&r, "link/s003-1/rx_bps", "AVERAGE", t, t + 3600, 60);
	is_i64(rig_wrong(&r, 3, t + 60, t + 3300), 0, "and later ones both, with no seam");
	is_i64(rig_counter(&r, "samples.late"), 0, "nothing was late");
	is_i64(rig_counter(&r, "rrd.files"), RIG_OBJECTS, "every object has its file");
	is_i64(rig_counter(&r, "samples"), 57 * RIG_OBJECTS, "every sample was counted");
	rig_end(&r, true);
	store_dir_remove(dir);
}

/* The same questions before and after a flush must get the same answers. */
static void
test_merge(void)
{
	static const struct {
		const char *cf;
		uint32_t    points, step_s;
	} ask[] = { { "AVERAGE", 600, 60 }, { "AVERAGE", 100, 300 }, { "AVERAGE", 20, 3600 },
	    { "MAX", 20, 3600 }, { "MIN", 20, 3600 },
		{ "MAX", 600, 60 } };
	struct rig r = { 0 };
	int	   dir = store_dir_make(), known = 0;
	int64_t	   t = RIG_T0;
	double	  *before[nitems(ask)];
	size_t	   n[nitems(ask)], i, k;
	char	   name[100];

	rig_start(&r, dir, t);
	rig_plan(&r, "small", 3600, 2);
	rig_feed(&r, 2, t + 5 * 3600 + 1234);
	for (i = 0; i < nitems(ask); i++) {
		rig_read(&r, "link/s002-1/rx_bps", ask[i].cf, t, t + 6 * 3600, ask[i].points);
		snprintf(name, sizeof(name), "%s of %u points has a step of %u s", ask[i].cf, ask[i].points,
		    ask[i].step_s);
		is_i64(r.step_s, ask[i].step_s, name);
		n[i] = r.nvalues;
		before[i] = xcalloc(n[i], sizeof(double));
		memcpy(before[i], r.values, n[i] * sizeof(double));
	}
	rig_flush(&r, "link/s002-1");
	is_i64(r.end.count, 1, "one file is written when one is asked for");
	for (i = 0; i < nitems(ask); i++) {
		unsigned wrong = 0;

		rig_read(&r, "link/s002-1/rx_bps", ask[i].cf, t, t + 6 * 3600, ask[i].points);
		for (k = 0; k < n[i]; k++) {
			known += !isnan(before[i][k]);
			wrong += k >= r.nvalues || !((isnan(before[i][k]) && isnan(r.values[k])) ||
			    fabs(before[i][k] - r.values[k]) <= 1e-12 * before[i][k]);
		}
		snprintf(name, sizeof(name), "%s at %u s: the same before and after the flush", ask[i].cf,
		    ask[i].step_s);
		is_i64(wrong, 0, name);
		free(before[i]);
	}
	ok(known > 700, "and not because nothing was known (%d values)", known);
	rig_end(&r, false);
	store_dir_remove(dir);
}

static void
test_delay(void)
{
	struct rig    r = { 0 };
	int	      dir = store_dir_make(), i;
	struct sample s = { .series = 1, .type = SAMPLE_DELAY, .quality = QUALITY_GOOD, .seconds = 60,
	    .n = DELAY_VALUES };

	rig_start(&r, dir, RIG_T0);
	rig_plan(&r, "small", 60, 1);
	rig_run(&r, 60.05);
	for (i = 0; i < DELAY_VALUES; i++)
		s.value[i] = 0.5 * i;
	s.wall_ns = loop_wall_ns(r.loop);
	rig_send(&r, &s);
	rig_run(&r, 60);
	s.wall_ns = loop_wall_ns(r.loop);
	s.quality = QUALITY_LOST;
	s.value[DELAY_LOSS_RATIO] = 1;
	for (i = 1; i < DELAY_VALUES; i++)
		s.value[i] = NAN;
	rig_send(&r, &s);
	rig_run(&r, 200);
	rig_read(&r, "link/s001-1/rtt_p50_s", "AVERAGE", RIG_T0, RIG_T0 + 180, 10);
	ok(r.nvalues == 3 && r.values[0] == 1.5 && isnan(r.values[1]) && isnan(r.values[2]),
	    "the delays of a minute stand in that minute; none answered is unknown");
	rig_read(&r, "link/s001-1/loss_ratio", "AVERAGE", RIG_T0, RIG_T0 + 180, 10);
	ok(r.nvalues == 3 && r.values[0] == 0 && r.values[1] == 1 && isnan(r.values[2]),
	    "and all lost is a loss of 1");
	rig_end(&r, true);
	store_dir_remove(dir);
}

/* One rate of number 1 in a payload whose wall clock differs from ours by this much. */
static void
send_with_clock(struct rig *r, int64_t off_s)
{
	int64_t		    wall_ns = loop_wall_ns(r->loop) + off_s * NS_PER_S;
	struct sample	    s = { .series = 1, .type = SAMPLE_RATE, .wall_ns = wall_ns, .seconds = 60, .n = 2,
	    .value = { 5, 5 } };
	struct sample_batch b = { 0 };

	sample_batch_add(&b, &s, wall_ns, loop_mono_ns(r->loop));
	ipc_send(r->measure, IPC_SAMPLES, 0, b.payload.data, b.payload.len, -1);
	sample_batch_free(&b);
	rig_run(r, 11);
}

static void
test_clock(void)
{
	struct rig r = { 0 };
	int	   dir = store_dir_make();
	int64_t	   t = RIG_T0, now = t + 1200, records;

	rig_start(&r, dir, t);
	rig_plan(&r, "small", 60, 1);
	rig_feed(&r, 1, now);
	records = (int64_t)r.durable.records;
	send_with_clock(&r, -600);
	is_i64(rig_counter(&r, "samples.clock_back"), 1, "a sample from before the last row is counted");
	is_i64((int64_t)r.durable.records, records + 2,
	    "and kept in the journal, behind a mark that the clock went back");
	send_with_clock(&r, 0);
	send_with_clock(&r, 3600);
	is_i64(rig_counter(&r, "samples.stray"), 1,
	    "one from the future is counted and kept out of the file");
	rig_feed(&r, 1, t + 1500);
	is_i64(rig_wrong_minutes(&r, 1, t, t + 1140), 0, "no stored row has changed");
	is_i64(rig_wrong_minutes(&r, 1, t + 1260, t + 1380), 0, "and new ones come");
	rig_end(&r, true);
	store_dir_remove(dir);
}

static void
test_refusals(void)
{
	struct rig    r = { 0 };
	int	      dir = store_dir_make();
	struct rlimit limit, old;
	struct sample name = { .series = 1, .type = SAMPLE_NAME, .text = "link/s009-9" };

	rig_start(&r, dir, RIG_T0);
	rig_poll(&r, 1, RIG_T0);
	rig_run(&r, 0.01);
	rig_plan(&r, "small", 60, 2);
	rig_poll(&r, 99, RIG_T0);
	rig_run(&r, 11);
	is_i64(rig_counter(&r, "samples.unplanned"), 2,
	    "samples without a plan are counted and journaled only");
	is_i64((int64_t)r.durable.records, 2 + 2, "(two samples, two names)");

	rig_read(&r, "link/nosuch/rx_bps", "AVERAGE", RIG_T0, RIG_T0 + 60, 10);
	ok(!r.end.ok && strstr(r.end.error, "link/nosuch/rx_bps: no such series") != NULL,
	    "an unknown reference is refused by name");
	rig_read(&r, "link/s001-1/rx_bsp", "AVERAGE", RIG_T0, RIG_T0 + 60, 10);
	is_text(r.end.error, "link/s001-1 has no value \"rx_bsp\"", "an unknown value, too");
	rig_read(&r, "link/s001-1/rx_bps", "MEDIAN", RIG_T0, RIG_T0 + 60, 10);
	ok(!r.end.ok, "an unknown consolidation is refused");
	rig_read(&r, "link/s001-1/rx_bps", "AVERAGE", RIG_T0, RIG_T0, 10);
	ok(!r.end.ok, "an empty time is refused");
	rig_read(&r, "link/s001-1/rx_bps", "AVERAGE", 0, INT64_MAX, UINT32_MAX);
	ok(!r.end.ok, "all of time is refused");
	rig_flush(&r, "link/nosuch");
	ok(!r.end.ok, "a flush of an unknown object is refused");

	ipc_send(r.measure, IPC_SAMPLES, 0, "short", 5, -1);
	rig_run(&r, 11);
	ok(r.measure_closed && rig_counter(&r,
	    "samples.malformed") == 1, "a malformed payload closes its channel");
	rig_attach_measure(&r);
	name.wall_ns = loop_wall_ns(r.loop);
	rig_send(&r, &name);
	rig_run(&r, 1);
	ok(r.measure_closed, "so does a name, which is the journal's own");
	rig_attach_measure(&r);

	getrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_IGN);
	limit = (struct rlimit){ .rlim_cur = 200, .rlim_max = old.rlim_max };
	setrlimit(RLIMIT_FSIZE, &limit);
	rig_poll(&r, 1, RIG_T0 + 80);
	rig_run(&r, 3);
	ok(!r.state.ok && strstr(r.state.text, "cannot write store/journal/") != NULL &&
	    strstr(r.state.text, "wait in memory") != NULL,
	    "a disk that refuses is said to core");
	setrlimit(RLIMIT_FSIZE, &old);
	rig_run(&r, 3);
	ok(r.state.ok, "and that it works again");
	rig_end(&r, true);
	store_dir_remove(dir);
}

/* How many series the writing of files goes through in its turns. */
static size_t
phases_count(const struct store *st)
{
	const struct series *s;
	size_t		     n = 0;
	uint32_t	     k;

	for (k = 0; k < st->flush_s; k++)
		for (s = st->phase[k]; s != NULL; s = s->phase_next)
			n++;
	return n;
}

static void
add_port(struct rig *r, uint32_t number)
{
	struct msg_series_plan m = { .op = SERIES_PLAN_ADD, .number = number };

	snprintf(m.ref, sizeof(m.ref), "port/s002-r1.ether%u", number);
	msg_series_plan_send(r->core, IPC_SERIES_PLAN, 0, &m, -1);
}

/* Ports that discovery finds long after the plan: many at once, and then some each second. */
static void
test_ports_found(void)
{
	struct rig r = { 0 };
	int	   dir = store_dir_make();
	uint32_t   number = 100;
	int64_t	   until;

	rig_start(&r, dir, RIG_T0);
	rig_plan(&r, "small", 60, RIG_OBJECTS);
	rig_feed(&r, RIG_OBJECTS, RIG_T0 + 30);
	rig_run(&r, 0.3);
	for (; number < 400; number++)
		add_port(&r, number);
	rig_run(&r, 0.2);
	is_i64((int64_t)phases_count(r.store), RIG_OBJECTS, "300 ports are found: nothing is arranged for each of them");
	rig_run(&r, 1);
	is_i64((int64_t)phases_count(r.store), RIG_OBJECTS + 300, "a second later it is, for all of them");
	for (until = rig_now_s(&r) + 300; rig_now_s(&r) < until; rig_run(&r, 0.5))
		add_port(&r, number++);
	rig_poll(&r, 1, rig_now_s(&r));
	for (until = rig_now_s(&r) + 300; rig_now_s(&r) < until; rig_run(&r, 0.5))
		add_port(&r, number++);
	rig_run(&r, 30);
	ok(rig_counter(&r, "rrd.files") > 300, "their files are made");
	ok(rig_counter(&r, "rrd.rows") > 0, "and rows are written while more are found");
	rig_end(&r, true);
	store_dir_remove(dir);
}

/*
 * In the sandbox of the store, as another user, below a directory that this user may not search: all must
 * work through the descriptor alone.
 */
static void
test_confined(void)
{
	int   outer = store_dir_make(), dir, status;
	pid_t pid;

	if (mkdirat(outer, "store", 0700) == -1 ||
	    (dir = openat(outer, "store", O_RDONLY | O_DIRECTORY)) == -1)
		abort();
	if (getuid() == 0 && (fchown(dir, 65534, 65534) == -1 || fchmod(outer, 0700) == -1))
		abort();
	if ((pid = fork()) == 0) {
		struct rig r = { 0 };

		if (getuid() == 0 && (setgid(65534) == -1 || setuid(65534) == -1))
			_exit(2);
		if (sandbox_enter(SANDBOX_STORE, dir) == -1)
			_exit(3);
		rig_start(&r, dir, RIG_T0);
		rig_plan(&r, "small", 60, 2);
		rig_feed(&r, 2, RIG_T0 + 900);
		rig_flush(&r, "");
		rig_damage(dir, "rrd/link/s001-1.rrd", 40);
		rig_read(&r, "link/s001-1/rx_bps", "AVERAGE", RIG_T0, RIG_T0 + 780, 1000);
		rig_feed(&r, 2, RIG_T0 + 1000);
		rig_read(&r, "link/s001-1/rx_bps", "AVERAGE", RIG_T0, RIG_T0 + 780, 1000);
		status = rig_wrong(&r, 1, RIG_T0 + 60, RIG_T0 + 780) == 0 && r.state.ok ? 0 : 4;
		rig_end(&r, true);
		_exit(status);
	}
	waitpid(pid, &status, 0);
	is_i64(status, 0, "the store works in its sandbox, without a right to the path that leads to it");
	close(dir);
	store_dir_remove(outer);
}

static void
test_no_disk(void)
{
	struct store_opts o = { .dir_fd = -1, .no_disk = true };
	struct rig	  r = { 0 };
	struct ipc_channel *theirs;

	r.loop = loop_new_virtual(1, RIG_T0 * NS_PER_S);
	r.store = store_new(r.loop, &o);
	ipc_pair(r.loop, &r.core, "store", &theirs, "core");
	ipc_handlers(r.core, rig_message, rig_closed, &r);
	store_attach(r.store, PROCESS_CORE, "", theirs);
	rig_attach_measure(&r);
	rig_plan(&r, "small", 60, 2);
	rig_feed(&r, 2, RIG_T0 + 600);
	is_i64(rig_counter(&r, "samples"), 20, "without a disk samples are counted");
	rig_read(&r, "link/s001-1/rx_bps", "AVERAGE", RIG_T0, RIG_T0 + 600, 10);
	ok(!r.end.ok, "and reads are refused");
	rig_flush(&r, "");
	ok(r.end.ok, "and a flush has nothing to do");
	rig_end(&r, true);
}

int
main(void)
{
	if (freopen("/dev/null", "w", stderr) == NULL)	/* expected warnings */
		return 1;
	test_minutes();
	test_merge();
	test_delay();
	test_clock();
	test_refusals();
	test_ports_found();
	test_confined();
	test_no_disk();
	return tap_done();
}
