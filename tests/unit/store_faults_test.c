/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_faults_test.c: what a file, or a peer, that does not do its part costs the others: nothing. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store_dir.h"
#include "store_rig.h"

/* A directory stands where this file of the store would be made. */
static void
block(int dir, const char *name)
{
	mkdirat(dir, "rrd", 0700);
	mkdirat(dir, "rrd/link", 0700);
	if (mkdirat(dir, name, 0700) == -1)
		abort();
}

static void
unblock(int dir, const char *name)
{
	if (unlinkat(dir, name, AT_REMOVEDIR) == -1)
		abort();
}

static void
begin(struct rig *r, int dir, int64_t now_s, int objects)
{
	rig_start(r, dir, now_s);
	rig_plan(r, "small", 60, objects);
}

static uint64_t
checkpoint_of(int dir)
{
	uint8_t	      bytes[20];
	int	      fd = openat(dir, "checkpoint", O_RDONLY);
	struct cursor c = cursor_of(bytes, sizeof(bytes));

	if (fd == -1 || read(fd, bytes, sizeof(bytes)) != sizeof(bytes))
		return 0;
	close(fd);
	cursor_bytes(&c, 8);
	return cursor_u64le(&c);
}

/* A directory stands where the first file of all would be put together. */
static void
test_create(void)
{
	struct rig r = { 0 };
	int	   dir = store_dir_make();
	int64_t	   t = RIG_T0;

	block(dir, "rrd/link/s001-1.rrd.new");
	begin(&r, dir, t, RIG_OBJECTS);
	rig_feed(&r, RIG_OBJECTS, t + 50);	/* before any second try */
	is_i64(rig_counter(&r, "rrd.files"), RIG_OBJECTS - 1, "one file cannot be made: all others are");
	ok(!r.state.ok && strcmp(r.state.text, "cannot make store/rrd/link/s001-1.rrd: Is a directory") == 0,
	    "and core is told which and why");
	rig_feed(&r, RIG_OBJECTS, t + 900);
	is_i64(r.states, 2, "once");
	is_i64(rig_wrong_minutes(&r, 1, t, t + 780), 0, "its minutes are read from memory");
	rig_flush(&r, "link/s002-1");
	ok(r.end.ok, "a flush of another object is well");
	rig_flush(&r, "");
	ok(!r.end.ok && strstr(r.end.error, "link/s001-1") != NULL, "a flush of all is not");
	unblock(dir, "rrd/link/s001-1.rrd.new");
	rig_feed(&r, RIG_OBJECTS, t + 1800);
	ok(r.state.ok && rig_counter(&r, "rrd.files") == RIG_OBJECTS, "it is made when the cause is gone");
	rig_flush(&r, "");
	ok(r.end.ok, "and written");
	is_i64(rig_wrong_minutes(&r, 1, t, t + 1680), 0, "with all its minutes");
	is_i64(rig_counter(&r, "rrd.rows_dropped"), 0, "(none was dropped)");
	rig_end(&r, true);
	store_dir_remove(dir);
}

/* No file for longer than memory has room for its rows. */
static void
test_create_late(bool killed)
{
	struct rig r = { 0 };
	int	   dir = store_dir_make();
	int64_t	   t = RIG_T0;

	block(dir, "rrd/link/s001-1.rrd.new");
	begin(&r, dir, t, 2);
	rig_feed(&r, 2, t + 3 * 3600);
	ok(rig_counter(&r, "rrd.rows_waiting") <= 130, "rows do not collect without bound");
	is_i64(rig_counter(&r, "rrd.rows_dropped"), 0, "and none is dropped");
	if (killed) {
		rig_end(&r, false);
		begin(&r, dir, t + 3 * 3600, 2);
		rig_feed(&r, 2, t + 10 * 3600);
		is_i64(rig_counter(&r, "rrd.rows_dropped"), 0, "nor after a kill");
	}
	unblock(dir, "rrd/link/s001-1.rrd.new");
	rig_feed(&r, 2, t + 11 * 3600);
	ok(r.state.ok, "the file is made when it can be");
	is_i64(rig_wrong_minutes(&r, 1, t, t + 11 * 3600 - 120), 0, "with all its minutes from the journal");
	rig_end(&r, true);
	store_dir_remove(dir);
}

/* Discovery adds a port each second: files are written all the same. */
static void
test_discovery(void)
{
	struct rig	       r = { 0 };
	struct msg_series_plan m = { .op = SERIES_PLAN_ADD };
	int		       dir = store_dir_make(), i;
	int64_t		       t = RIG_T0;

	block(dir, "rrd/template-port.rrd");	/* saves the disk 300 files */
	begin(&r, dir, t, 1);
	rig_feed(&r, 1, t + 300);
	rig_run(&r, 0.5);
	for (i = 0; i < 300; i++) {
		m.number = 100 + (uint32_t)i;
		snprintf(m.ref, sizeof(m.ref), "port/s002-r1.p%d", i);
		msg_series_plan_send(r.core, IPC_SERIES_PLAN, 0, &m, -1);
		if (i % 60 == RIG_POLL_S)
			rig_poll(&r, 1, rig_now_s(&r));
		rig_run(&r, 1);
	}
	rig_run(&r, 10);
	ok(rig_counter(&r, "rrd.rows_waiting") <= 2,
	    "a new port each second does not keep files from being written (%d rows wait)",
	    (int)rig_counter(&r, "rrd.rows_waiting"));
	rig_end(&r, false);
	store_dir_remove(dir);
}

/* Two of them are in trouble; the one named last is well first. */
static void
test_two(void)
{
	struct rig r = { 0 };
	int	   dir = store_dir_make();
	int64_t	   t = RIG_T0;

	block(dir, "rrd/link/s001-1.rrd.new");
	block(dir, "rrd/link/s003-1.rrd.new");
	begin(&r, dir, t, RIG_OBJECTS);
	rig_feed(&r, RIG_OBJECTS, t + 300);
	ok(!r.state.ok, "two files cannot be made");
	unblock(dir, "rrd/link/s003-1.rrd.new");
	for (t += 300; t < RIG_T0 + 1500 && rig_counter(&r, "rrd.files") < RIG_OBJECTS - 1; t += 10)
		rig_feed(&r, RIG_OBJECTS, t);
	is_i64(rig_counter(&r, "rrd.files"), RIG_OBJECTS - 1, "when one of them is made");
	ok(!r.state.ok && strstr(r.state.text, "link/s001-1") != NULL, "core is told of the other");
	rig_flush(&r, "link/s003-1");
	ok(r.end.ok, "a flush of the one is well");
	rig_end(&r, true);
	store_dir_remove(dir);
}

/* A kind of which no file can be made: the other kinds go on. */
static void
test_kind(void)
{
	struct rig r = { 0 };
	int	   dir = store_dir_make();

	block(dir, "rrd/template-link.rrd");
	begin(&r, dir, RIG_T0, RIG_OBJECTS);
	rig_feed(&r, RIG_OBJECTS, RIG_T0 + 300);
	is_i64(rig_counter(&r, "rrd.files"), 1, "no link's file can be made: the router's is");
	ok(!r.state.ok && strstr(r.state.text, "store/rrd/link/s00") != NULL, "core is told");
	unblock(dir, "rrd/template-link.rrd");
	rig_feed(&r, RIG_OBJECTS, RIG_T0 + 1500);
	ok(r.state.ok && rig_counter(&r, "rrd.files") == RIG_OBJECTS, "all are made when the cause is gone");
	rig_end(&r, true);
	store_dir_remove(dir);
}

/* A damaged file that cannot be rebuilt must hold up neither the checkpoint nor the others. */
static void
test_rebuild(void)
{
	struct rig r = { 0 };
	int	   dir = store_dir_make();
	int64_t	   t = RIG_T0;
	uint64_t   before;

	begin(&r, dir, t, RIG_OBJECTS);
	rig_feed(&r, RIG_OBJECTS, t + 5400);
	rig_damage(dir, "rrd/link/s001-1.rrd", 40);
	block(dir, "rrd/link/s001-1.rrd.new");
	rig_feed(&r, RIG_OBJECTS, t + 6000);
	ok(!r.state.ok && strstr(r.state.text, "cannot rebuild store/rrd/link/s001-1.rrd") != NULL,
	    "a file that cannot be rebuilt is told");
	before = checkpoint_of(dir);
	rig_feed(&r, RIG_OBJECTS, t + 6600);
	ok(checkpoint_of(dir) > before, "and the journal need not be kept for it for ever");
	is_i64(rig_wrong_minutes(&r, 2, t, t + 6480), 0, "the others are as they were");
	rig_end(&r, false);

	begin(&r, dir, t + 6600, RIG_OBJECTS);
	rig_feed(&r, RIG_OBJECTS, t + 7200);
	unblock(dir, "rrd/link/s001-1.rrd.new");
	rig_feed(&r, RIG_OBJECTS, t + 9000);
	ok(r.state.ok, "it is rebuilt when the cause is gone, even after a restart");
	is_i64(rig_wrong_minutes(&r, 1, t, t + 8880), 0, "with all its minutes");
	rig_end(&r, true);
	store_dir_remove(dir);
}

/* A byte in the middle of the newest segment is another one. */
static void
journal_damage(int dir)
{
	int	       journal = openat(dir, "journal", O_RDONLY | O_DIRECTORY), fd;
	DIR	      *d = fdopendir(dup(journal));
	struct dirent *e;
	struct stat    st;
	char	       name[256] = "", byte;

	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, name) > 0)
			snprintf(name, sizeof(name), "%s", e->d_name);
	closedir(d);
	fd = openat(journal, name, O_RDWR);
	if (fstat(fd, &st) == -1 || pread(fd, &byte, 1, st.st_size / 2) != 1)
		abort();
	byte ^= 1;
	if (pwrite(fd, &byte, 1, st.st_size / 2) != 1)
		abort();
	close(fd);
	close(journal);
}

/* How far the journal is read for a file that cannot be rebuilt shows in the damage that is met on the way. */
static void
test_rebuild_in_vain(void)
{
	struct rig r = { 0 };
	int	   dir = store_dir_make();
	int64_t	   t = RIG_T0, met;

	begin(&r, dir, t, 2);
	rig_feed(&r, 2, t + 7200);
	rig_end(&r, true);
	begin(&r, dir, t + 7200, 2);
	rig_feed(&r, 2, t + 10800);
	rig_end(&r, true);
	journal_damage(dir);
	begin(&r, dir, t + 10800, 2);
	rig_feed(&r, 2, t + 11400);
	met = rig_counter(&r, "journal.damaged");
	unlinkat(dir, "rrd/link/s001-1.rrd", 0);
	block(dir, "rrd/link/s001-1.rrd.new");
	rig_feed(&r, 2, t + 14400);
	ok(!r.state.ok && strstr(r.state.text, "cannot rebuild store/rrd/link/s001-1.rrd") != NULL,
	    "one file cannot be rebuilt, again and again");
	is_i64(rig_counter(&r, "journal.damaged"), met, "the rest of the journal is not read for it");
	unblock(dir, "rrd/link/s001-1.rrd.new");
	rig_feed(&r, 2, t + 16200);
	ok(r.state.ok && rig_counter(&r, "journal.damaged") == met + 1, "but is when it can be");
	rig_end(&r, true);
	store_dir_remove(dir);
}

struct watch {
	struct loop_timer timer;
	struct rig	 *rig;
	int		  dir, seen, most, turns;
};

/* How many files have appeared since the turn before? */
static void
watch_turn(void *arg)
{
	struct watch *w = arg;
	char	      ref[REF_MAX], name[REF_MAX + 20];
	int	      i, n = 0;

	for (i = 1; i <= RIG_OBJECTS; i++) {
		rig_ref(i, ref);
		snprintf(name, sizeof(name), "rrd/%s.rrd", ref);
		n += faccessat(w->dir, name, F_OK, 0) == 0;
	}
	if (n - w->seen > w->most)
		w->most = n - w->seen;
	w->seen = n;
	if (n < RIG_OBJECTS && w->turns++ < 10000)
		loop_timer_set(w->rig->loop, &w->timer, loop_mono_ns(w->rig->loop), watch_turn, w);
}

/* All files are lost at once. With thousands, making all in one turn would look like a process that hangs. */
static void
test_all_lost(void)
{
	struct rig   r = { 0 };
	struct watch w = { .rig = &r, .dir = store_dir_make() };
	int64_t	     t = RIG_T0;
	unsigned     wrong = 0;
	int	     i;

	begin(&r, w.dir, t, RIG_OBJECTS);
	rig_feed(&r, RIG_OBJECTS, t + 5400);
	rig_end(&r, false);
	unlinkat(w.dir, "rrd/link/s001-1.rrd", 0);
	unlinkat(w.dir, "rrd/link/s002-1.rrd", 0);
	unlinkat(w.dir, "rrd/link/s003-1.rrd", 0);
	unlinkat(w.dir, "rrd/host/s002-r1.rrd", 0);
	begin(&r, w.dir, t + 5400, RIG_OBJECTS);
	watch_turn(&w);
	rig_run(&r, 1);
	is_i64(w.seen, RIG_OBJECTS, "all files are lost: all are rebuilt");
	is_i64(w.most, 1, "one in a turn");
	rig_feed(&r, RIG_OBJECTS, t + 7200);
	for (i = 1; i <= RIG_LINKS; i++)
		wrong += rig_wrong_minutes(&r, i, t, t + 7080);
	is_i64(wrong, 0, "with all their minutes");
	rig_end(&r, true);
	store_dir_remove(w.dir);
}

/* Not as root, whom no mode stops. @return 0 when all is as it must be */
static int
unreadable(int dir)
{
	struct rig r = { 0 };
	int64_t	   t = RIG_T0;

	begin(&r, dir, t, RIG_OBJECTS);
	rig_feed(&r, RIG_OBJECTS, t + 600);
	rig_end(&r, true);
	if (fchmodat(dir, "rrd/link/s001-1.rrd", 0, 0) == -1)
		return 1;
	begin(&r, dir, t + 600, RIG_OBJECTS);
	rig_feed(&r, RIG_OBJECTS, t + 1500);
	if (r.state.ok || strstr(r.state.text, "store/rrd/link/s001-1.rrd: Permission denied") == NULL ||
	    rig_wrong_minutes(&r, 2, t, t + 1380) != 0)
		return 2;
	rig_read(&r, "link/s001-1/rx_bps", "AVERAGE", t, t + 1380, 1000);
	if (r.end.ok || strstr(r.end.error, "link/s001-1.rrd") == NULL)
		return 6;	/* what is in the file is not unknown */
	rig_flush(&r, "link/s001-1");
	if (r.end.ok)
		return 3;
	rig_flush(&r, "link/s003-1");
	if (!r.end.ok)
		return 4;
	if (fchmodat(dir, "rrd/link/s001-1.rrd", 0600, 0) == -1)
		return 1;
	rig_feed(&r, RIG_OBJECTS, t + 3000);
	if (!r.state.ok || rig_wrong_minutes(&r, 1, t, t + 2880) != 0)
		return 5;
	rig_end(&r, true);
	return 0;
}

static void
test_unreadable(void)
{
	int   dir = store_dir_make(), status;
	pid_t pid;

	if (getuid() == 0 && fchown(dir, 65534, 65534) == -1)
		abort();
	if ((pid = fork()) == 0) {
		if (getuid() == 0 && (setgid(65534) == -1 || setuid(65534) == -1))
			_exit(1);
		_exit(unreadable(dir));
	}
	waitpid(pid, &status, 0);
	is_i64(status, 0,
	    "a file of another owner: told, the others go on, and it is written when it can be");
	store_dir_remove(dir);
}

/* Core does not fetch what it asks for: each answer is whole, or an error that says so. */
static void
test_slow_core(void)
{
	enum { ASKED = 12 };
	struct rig	       r = { 0 };
	int		       dir = store_dir_make(), i;
	struct msg_series_read m = { .from_s = RIG_T0 - 86400, .to_s = RIG_T0 + 600, .points = 2000,
	    .n = 12, .cf = "AVERAGE" };

	begin(&r, dir, RIG_T0, RIG_OBJECTS);
	rig_feed(&r, RIG_OBJECTS, RIG_T0 + 600);
	for (i = 0; i < 12; i++)
		snprintf(m.ref[i], REF_MAX, "link/s00%d-1/rx_bps", 1 + i % RIG_LINKS);
	rig_queue_max(&r, (1u << 20) + 300000);	/* two such answers and what is kept for ends */
	for (i = 0; i < ASKED; i++)
		msg_series_read_send(r.core, IPC_SERIES_READ, 5, &m, -1);
	r.answered = false;
	rig_run(&r, 1);
	ok(r.ends == ASKED, "each request is answered (%u)", r.ends);
	is_i64(r.busy, ASKED - 2, "those that find no room as busy, with words");
	is_i64(r.cut, 0, "those that do not are whole");
	rig_read(&r, "link/s001-1/rx_bps", "AVERAGE", RIG_T0, RIG_T0 + 480, 1000);
	ok(r.end.ok, "and later ones are answered");
	rig_end(&r, true);
	store_dir_remove(dir);
}

/* Core's queue has no room for the one frame that tells of a trouble. */
static void
test_state_late(void)
{
	struct rig r = { 0 };
	int	   dir = store_dir_make();

	block(dir, "rrd/template-link.rrd");
	rig_start(&r, dir, RIG_T0);
	rig_run(&r, 0.1);
	ok(r.state.ok, "all is well");
	rig_queue_max(&r, 1);
	rig_plan(&r, "small", 60, 1);
	rig_run(&r, 5);
	ok(r.state.ok, "core cannot be told of a trouble");
	rig_queue_max(&r, 1u << 20);
	rig_run(&r, 2);
	ok(!r.state.ok, "it is when there is room again");
	rig_end(&r, true);
	store_dir_remove(dir);
}

/* Measure is told what of its frames is in the journal, and what it sent before it died is taken. */
static void
test_frames(void)
{
	struct rig	    r = { 0 };
	int		    dir = store_dir_make();
	struct ipc_channel *old;
	struct rlimit	    limit, all;

	begin(&r, dir, RIG_T0, RIG_OBJECTS);
	rig_run(&r, 1.5);
	rig_poll(&r, 1, RIG_T0);
	rig_poll(&r, 2, RIG_T0);
	rig_poll(&r, 99, RIG_T0);
	rig_run(&r, 0.01);
	is_i64((int64_t)r.frames_durable, 0, "frames that have come are not durable yet");
	rig_run(&r, 1);
	is_i64((int64_t)r.frames_durable, 3, "after a commit measure is told that they are");
	getrlimit(RLIMIT_FSIZE, &all);
	limit = (struct rlimit){ .rlim_cur = 100, .rlim_max = all.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	rig_poll(&r, 1, RIG_T0);
	rig_run(&r, 3);
	is_i64((int64_t)r.frames_durable, 3, "but not while the journal cannot be written");
	setrlimit(RLIMIT_FSIZE, &all);
	rig_run(&r, 2);
	is_i64((int64_t)r.frames_durable, 4, "and when it can be again");
	rig_poll(&r, 1, RIG_T0);
	rig_poll(&r, 2, RIG_T0);
	old = r.measure;
	rig_attach_measure(&r);
	ipc_free(old);
	rig_poll(&r, 1, RIG_T0);
	rig_run(&r, 11);
	is_i64(rig_counter(&r, "samples"), 7,
	    "what an instance sent before it died is taken when its next is there");
	is_i64((int64_t)r.frames_durable, 1, "each channel has its own count");
	rig_end(&r, true);
	store_dir_remove(dir);
}

/* Clocks that no machine has: their differences must not overflow. */
static void
test_clocks(void)
{
	static const int64_t wall[] = { INT64_MIN, -1, INT64_MAX, 0, 0 }, mono[] = { 0, 0, 0, INT64_MAX, -1 };
	struct rig	     r = { 0 };
	int		     dir = store_dir_make();
	struct sample	     s = { .type = SAMPLE_FACT, .series = 1, .text = "x" };
	unsigned	     closed = 0;
	size_t		     i;

	begin(&r, dir, RIG_T0, 1);
	for (i = 0; i < nitems(wall); i++) {
		struct sample_batch b = { 0 };

		s.wall_ns = wall[i];
		sample_batch_add(&b, &s, wall[i], mono[i]);
		ipc_send(r.measure, IPC_SAMPLES, 0, b.payload.data, b.payload.len, -1);
		sample_batch_free(&b);
		rig_run(&r, 1);
		closed += r.measure_closed;
		rig_attach_measure(&r);
	}
	is_i64(closed, nitems(wall), "a frame with an impossible clock is malformed");
	rig_end(&r, true);
	store_dir_remove(dir);
}

int
main(void)
{
	if (freopen("/dev/null", "w", stderr) == NULL)	/* expected warnings */
		return 1;
	test_create();
	test_create_late(false);
	test_create_late(true);
	test_discovery();
	test_two();
	test_kind();
	test_rebuild();
	test_rebuild_in_vain();
	test_all_lost();
	test_unreadable();
	test_slow_core();
	test_state_late();
	test_frames();
	test_clocks();
	return tap_done();
}
