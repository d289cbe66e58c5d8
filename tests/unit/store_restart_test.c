/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_restart_test.c: what the store has taken is there after restarts, kills and damage. */
#include <signal.h>
#include <sys/wait.h>

#include "base/map.h"
#include "store_dir.h"
#include "store_rig.h"

/* The process vanishes and comes back at once: open minutes must go on as if nothing had happened. */
static void
test_restart(void)
{
	struct rig r = { 0 };
	int	   dir = store_dir_make(), i;
	int64_t	   t = RIG_T0, now = t;
	unsigned   wrong = 0;

	for (i = 0; i < 12; i++) {
		rig_start(&r, dir, now);
		rig_plan(&r, "small", i % 2 == 0 ? 120 : 1800, RIG_OBJECTS);
		now += 137 + i * 53;
		if (now % 60 >= RIG_POLL_S && now % 60 < RIG_POLL_S + 3)
			now += 3;	/* so that the last samples are committed */
		rig_feed(&r, RIG_OBJECTS, now);
		rig_end(&r, i % 3 == 0);
	}
	rig_start(&r, dir, now);
	rig_plan(&r, "small", 120, RIG_OBJECTS);
	rig_feed(&r, RIG_OBJECTS, now + 300);
	for (i = 1; i <= RIG_LINKS; i++)
		wrong += rig_wrong_minutes(&r, i, t, now + 180);
	is_i64(wrong, 0, "12 restarts at any phase lose no minute and change none");
	rig_end(&r, true);
	store_dir_remove(dir);
}

/* The journal keeps an hour and the profile changes on the way. */
static void
test_keep(void)
{
	struct rig r = { 0 };
	int	   dir = store_dir_make(), i;
	int64_t	   t = RIG_T0, now = t;

	for (i = 0; i < 8; i++) {
		rig_start(&r, dir, now);
		r.keep_s = 3600;
		rig_plan(&r, i < 4 ? "small" : "city", 120, 2);
		rig_feed(&r, 2, now += 3000);
		rig_end(&r, i % 2 == 0);
	}
	rig_start(&r, dir, now);
	r.keep_s = 3600;
	rig_plan(&r, "city", 120, 2);
	rig_feed(&r, 2, now += 3600);
	ok(rig_counter(&r, "journal.segments") >= 2 && rig_counter(&r, "journal.segments") <= 4,
	    "of nine segments those of the last hour are kept (%d)",
	    (int)rig_counter(&r, "journal.segments"));
	is_i64(rig_wrong_minutes(&r, 2, t, now - 120), 0, "and the files hold all of it");
	rig_read(&r, "link/s002-1/rx_bps", "MAX", t, now, 100);
	is_i64(r.step_s, 3600, "a file made under another profile answers with what it keeps");
	ok(r.state.ok, "nothing is wrong with it");
	rig_end(&r, true);
	store_dir_remove(dir);
}

struct report {
	int fd;
};

static void
report(void *arg, int64_t wall_s)
{
	const struct report *rep = arg;

	if (write(rep->fd, &wall_s, sizeof(wall_s)) != sizeof(wall_s))
		_exit(1);
}

/*
 * Run in a child from this time on, reporting up to when all is acknowledged, until it is killed after some
 * reports.
 */
static int64_t
run_and_kill(int dir, int64_t start_s, unsigned reports)
{
	int	pipe_fd[2], status;
	int64_t t, last = start_s;
	pid_t	pid;

	if (pipe(pipe_fd) == -1 || (pid = fork()) == -1)
		abort();
	if (pid == 0) {
		struct rig    r = { 0 };
		struct report rep = { pipe_fd[1] };

		r.on_durable = report;
		r.arg = &rep;
		rig_start(&r, dir, start_s);
		rig_plan(&r, "small", 60, RIG_OBJECTS);	/* writes files as often as it can */
		rig_feed(&r, RIG_OBJECTS, start_s + 86400);
		_exit(0);
	}
	close(pipe_fd[1]);
	while (read(pipe_fd[0], &t, sizeof(t)) == sizeof(t)) {
		last = t;
		if (reports-- == 0)
			kill(pid, SIGKILL);
	}
	waitpid(pid, &status, 0);
	close(pipe_fd[0]);
	return last;
}

static void
test_kill(void)
{
	enum { ROUNDS = 25 };
	struct rig r = { 0 };
	int	   dir = store_dir_make(), i, number;
	int64_t	   start[ROUNDS], acked[ROUNDS], now = RIG_T0;
	unsigned   wrong = 0, minutes = 0, phantom = 0;

	for (i = 0; i < ROUNDS; i++) {
		start[i] = now;
		acked[i] = run_and_kill(dir, now, 3 + (unsigned)(hash_u64((uint64_t)i) % 40));
		now = (acked[i] + 3600) / 600 * 600;	/* a gap, so that no two runs feed the same minute */
	}
	rig_start(&r, dir, now);
	rig_plan(&r, "small", 120, RIG_OBJECTS);
	rig_run(&r, 300);
	rig_flush(&r, "");
	for (number = 1; number <= RIG_LINKS; number++) {
		char   ref[40];
		size_t k;

		snprintf(ref, sizeof(ref), "link/s00%d-1/rx_bps", number);
		rig_read(&r, ref, "AVERAGE", RIG_T0, now, 5000);
		for (k = 0; k < r.nvalues; k++) {
			int64_t end = r.first_s + (int64_t)k * 60;
			bool	sent = false;

			for (i = 0; i < ROUNDS; i++) {
				sent = sent || (end >= start[i] && end <= acked[i] + 300);
				if (end - 60 < start[i] || end + RIG_POLL_S > acked[i])
					continue;
				minutes++;
				wrong += !(fabs(r.values[k] - rig_truth_minute(number, end)) <= 1e-6);
			}
			phantom += !sent && !isnan(r.values[k]);
		}
	}
	is_i64(wrong, 0, "after 25 kills every acknowledged minute is there and right");
	ok(minutes > 500, "(%u of them)", minutes);
	is_i64(phantom, 0, "and none stands where nothing was measured");
	rig_end(&r, true);
	store_dir_remove(dir);
}

static bool
has_bad_file(int dir)
{
	int	       fd = openat(dir, "rrd/link", O_RDONLY | O_DIRECTORY);
	DIR	      *d = fdopendir(fd);
	struct dirent *e;
	bool	       found = false;

	while ((e = readdir(d)) != NULL)
		found = found || strstr(e->d_name, "s001-1.rrd.bad-") == e->d_name;
	closedir(d);
	return found;
}

static void
test_damage(void)
{
	struct rig r = { 0 };
	int	   dir = store_dir_make();
	int64_t	   t = RIG_T0, now = t + 3 * 3600;
	unsigned   states;

	rig_start(&r, dir, t);
	rig_plan(&r, "small", 300, RIG_OBJECTS);
	rig_feed(&r, RIG_OBJECTS, now);
	states = r.states;
	rig_damage(dir, "rrd/link/s001-1.rrd", 40);
	rig_read(&r, "link/s001-1/rx_bps", "AVERAGE", t, now, 1000);
	ok(r.end.ok, "a read that finds a damaged file is answered");
	rig_run(&r, 0.01);
	ok(has_bad_file(dir), "the file is set aside");
	rig_feed(&r, RIG_OBJECTS, now += 120);
	ok(r.states >= states + 2 && r.state.ok, "core was told, and told again when it was rebuilt");
	is_i64(rig_wrong_minutes(&r, 1, t, now - 120), 0, "all its minutes are back from the journal");
	rig_flush(&r, "");
	is_i64(rig_wrong_minutes(&r, 1, t, now - 120), 0, "and after a flush");
	is_i64(rig_counter(&r, "rrd.quarantined"), 1, "it was counted");
	rig_end(&r, true);

	rig_damage(dir, "rrd/link/s001-1.rrd", 3000);
	unlinkat(dir, "rrd/link/s002-1.rrd", 0);
	rig_start(&r, dir, now);
	rig_plan(&r, "small", 300, RIG_OBJECTS);
	rig_feed(&r, RIG_OBJECTS, now += 600);
	is_i64(rig_wrong_minutes(&r, 1, t, now - 120), 0, "a file found damaged at start is rebuilt, too");
	is_i64(rig_wrong_minutes(&r, 2, t, now - 120), 0, "and one that is gone");
	is_i64(rig_wrong_minutes(&r, 3, t, now - 120), 0, "and the others are as they were");
	rig_end(&r, true);
	store_dir_remove(dir);
}

int
main(void)
{
	if (freopen("/dev/null", "w", stderr) == NULL)	/* expected warnings */
		return 1;
	test_restart();
	test_keep();
	test_kill();
	test_damage();
	return tap_done();
}
