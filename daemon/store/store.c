/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.c: the store process (process.h): samples in from measure and core, and what happens each second.
 *
 * Within a second: commit the journal (group commit), tell core what is durable, close minutes that are over,
 * write files that are due. The journal is committed earlier when 256 KiB wait.
 */
#include "store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define COUNTERS_NS   (10 * NS_PER_S)
#define STOP_FLUSH_NS (2 * NS_PER_S)
#define SWEEP_AFTER_S (MINUTE_CLOSE_S + 1)	/* a block may be a second older than what it brings */
#define CLOCK_MAX_NS  (INT64_MAX / 2)	/* year 2116: beyond it differences of clocks may overflow */
#define FUTURE_NS     (5 * NS_PER_S)	/* processes of one machine share their clock */
#define STEP_NS	      NS_PER_S		/* the wall clock went back by more than slewing does */
#define QUIET_NS      (2 * NS_PER_S)	/* a series that gets samples now closes its minutes by their time */

/* ---- what is durable ---- */

static void
durable_send(struct store *st, const struct feed *f)
{
	struct msg_durable m = { .seq = journal_durable_seq(st->journal),
	    .records = journal_stats(st->journal)->records, .frames = f->durable };

	msg_durable_send(f->ch, IPC_DURABLE, 0, &m, -1);
}

/* All that has come is on the disk: its senders need not count it as lost if we end now. */
static void
feeds_settle(struct store *st)
{
	struct feed *f;

	st->core.durable = st->core.frames;
	for (f = st->measure; f < st->measure + MEASURE_MAX; f++)
		if (f->ch != NULL && f->durable != f->frames) {
			f->durable = f->frames;
			durable_send(st, f);
		}
}

void
store_commit(struct store *st)
{
	if (st->replay != NULL && !st->rebuilding)
		return;
	if (journal_commit(st->journal, loop_wall_ns(st->loop)) == -1) {
		store_trouble(st, TROUBLE_JOURNAL, "%s", journal_error(st->journal));
	} else {
		store_trouble_over(st, TROUBLE_JOURNAL);
		feeds_settle(st);
	}
	if (journal_durable_seq(st->journal) == st->durable_sent)
		return;
	st->durable_sent = journal_durable_seq(st->journal);
	durable_send(st, &st->core);
}

/* ---- samples ---- */

struct taking {
	struct store	    *st;
	struct journal_place place;
	bool		     has_name;
};

static void
sample_look(void *arg, const struct sample *smp)
{
	struct taking *t = arg;

	t->has_name |= smp->type == SAMPLE_NAME;
}

void
store_take(struct store *st, struct series *s, const struct sample *smp, const struct journal_place *place)
{
	enum series_taken taken = SERIES_STRAY;

	if (s->file == SERIES_FILE_ABSENT && s->nrows + MINUTES_OPEN > st->series.rows_max) {
		recover_leave(st, s);
		return;
	}
	if (place->wall_ns <= loop_wall_ns(st->loop) + FUTURE_NS)
		taken = series_take(&st->series, s, smp, place);
	st->counters.late += taken == SERIES_LATE;
	st->counters.stray += taken == SERIES_STRAY;
	st->counters.clock_back += taken == SERIES_CLOCK_BACK;
}

static void
sample_take(void *arg, const struct sample *smp)
{
	struct taking *t = arg;
	struct store  *st = t->st;
	struct series *s = series_find(&st->series, smp->series);

	if (s == NULL || (st->planned && !s->planned)) {
		st->counters.unplanned++;
		return;
	}
	s->touched_ns = loop_mono_ns(st->loop);
	if (!recover_takes(st, s))
		store_take(st, s, smp, &t->place);
}

/*
 * Write into the journal that its stamps go back here: what follows may lie before what is stored, and is
 * kept only there.
 */
static void
clock_watch(struct store *st, int64_t wall_ns, int64_t mono_ns)
{
	struct sample fact = { .type = SAMPLE_FACT, .wall_ns = wall_ns };
	int64_t	      offset_ns = (int64_t)((uint64_t)wall_ns - (uint64_t)mono_ns);
	double	      back_s = (double)(st->clock_offset_ns - offset_ns) / 1e9;
	struct buf    record = { 0 };
	uint32_t      left_out;

	if (st->clock_offset_ns != 0 && offset_ns < st->clock_offset_ns - STEP_NS) {
		snprintf(fact.text, sizeof(fact.text), "clock back %.3f s", back_s);
		sample_encode(&record, &fact, wall_ns);
		journal_append(st->journal, record.data, record.len, 1, wall_ns, mono_ns);
		buf_free(&record);
		if (log_limit_pass(&st->clock_log, loop_mono_ns(st->loop), &left_out))
			log_warnx("the wall clock went back by %.3f s: rows are stored when it has caught up",
			    back_s);
	}
	st->clock_offset_ns = offset_ns;
}

/* @return 0, or -1 when the payload is not what it must be (names are the journal's own) */
static int
samples_take(struct store *st, const uint8_t *data, size_t len)
{
	struct taking t = { .st = st };
	struct cursor c = cursor_of(data, len);
	int64_t	      wall_ns = (int64_t)cursor_u64le(&c), mono_ns = (int64_t)cursor_u64le(&c);
	int	      n = samples_each(data, len, sample_look, &t);

	if (n == -1 || t.has_name || wall_ns < 0 || wall_ns > CLOCK_MAX_NS || mono_ns < 0 ||
	    mono_ns > CLOCK_MAX_NS)
		return -1;
	st->counters.samples += (uint64_t)n;
	if (st->no_disk || n == 0)
		return 0;
	clock_watch(st, wall_ns, mono_ns);
	t.place = journal_append(st->journal, c.p, cursor_left(&c), (uint32_t)n, wall_ns, mono_ns);
	samples_each(data, len, sample_take, &t);
	if (journal_is_due(st->journal))
		store_commit(st);
	return 0;
}

/* ---- the second ---- */

static void
minutes_sweep(struct store *st)
{
	int64_t wall_ns = loop_wall_ns(st->loop), mono_ns = loop_mono_ns(st->loop);
	int64_t minute = (wall_ns / NS_PER_S - SWEEP_AFTER_S) / MINUTE_S;
	bool	all = true;
	size_t	i;

	if (minute == st->swept_minute || (st->replay != NULL && !st->rebuilding))
		return;
	for (i = 0; i < st->series.n; i++) {
		struct series *s = st->series.list[i];

		if (minutes_oldest_end(s->minutes) > minute * MINUTE_S || recover_takes(st, s))
			continue;
		if (mono_ns - s->touched_ns < QUIET_NS)
			all = false;
		else
			series_close_minutes(&st->series, s, wall_ns);
	}
	if (all)
		st->swept_minute = minute;
}

static void
second(void *arg)
{
	struct store *st = arg;

	loop_timer_set(st->loop, &st->second, loop_mono_ns(st->loop) + NS_PER_S, second, st);
	store_commit(st);
	minutes_sweep(st);
	flush_second(st);
	if (st->state_due)
		store_state_send(st);
	store_plan_second(st);
}

static void
count(struct msg_counters *m, const char *name, uint64_t value)
{
	text_copy(m->c[m->n].name, sizeof(m->c[0].name), name);
	m->c[m->n++].value = value;
}

static void
count_journal(struct store *st, struct msg_counters *m)
{
	const struct journal_stats *j = journal_stats(st->journal);

	count(m, "journal.blocks", j->blocks);
	count(m, "journal.bytes", j->bytes);
	count(m, "journal.torn", j->torn);
	count(m, "journal.damaged", j->damaged);
	count(m, "journal.dropped", j->dropped);
	count(m, "journal.waiting_bytes", j->waiting);
	count(m, "journal.segments", j->segments);
	count(m, "journal.size_bytes", j->size);
}

static void
count_files(struct store *st, struct msg_counters *m)
{
	uint64_t ready = 0;
	size_t	 i;

	for (i = 0; i < st->series.n; i++)
		ready += st->series.list[i]->file == SERIES_FILE_READY;
	count(m, "rrd.files", ready);
	count(m, "rrd.created", st->counters.created);
	count(m, "rrd.updates", st->counters.updates);
	count(m, "rrd.rows", st->counters.rows);
	count(m, "rrd.bytes_written", st->counters.bytes_written);
	count(m, "rrd.quarantined", st->counters.quarantined);
	count(m, "rrd.rows_waiting", st->series.rows);
	count(m, "rrd.rows_dropped", st->series.rows_dropped);
	count(m, "rrd.flush_lag_s", st->queue == NULL ? 0 :
	    (uint64_t)((loop_mono_ns(st->loop) - st->queue_since_ns) / NS_PER_S));
}

static void
counters_send(void *arg)
{
	struct store	   *st = arg;
	struct msg_counters m = { 0 };

	loop_timer_set(st->loop, &st->counters_timer,
	    loop_mono_ns(st->loop) + COUNTERS_NS, counters_send, st);
	count(&m, "samples", st->counters.samples);
	count(&m, "samples.late", st->counters.late);
	count(&m, "samples.stray", st->counters.stray);
	count(&m, "samples.clock_back", st->counters.clock_back);
	count(&m, "samples.unplanned", st->counters.unplanned);
	count(&m, "samples.malformed", st->counters.malformed);
	if (!st->no_disk) {
		count_journal(st, &m);
		count_files(st, &m);
	}
	msg_counters_send(st->core.ch, IPC_COUNTERS, 0, &m, -1);
}

/* ---- channels ---- */

static struct feed *
feed_of(struct store *st, const struct ipc_channel *ch)
{
	size_t i;

	for (i = 0; i < MEASURE_MAX && st->measure[i].ch != ch; i++)
		;
	return i < MEASURE_MAX ? &st->measure[i] : &st->core;
}

static void
channel_forget(struct store *st, struct ipc_channel *ch)
{
	if (st->core.ch == ch)
		flush_forget_requests(st);
	feed_of(st, ch)->ch = NULL;
	ipc_free(ch);
}

static void
channel_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	log_debug("store", "channel to %s: %s", ipc_peer(ch), why);
	channel_forget(arg, ch);
}

static int
request_read(struct store *st, const struct ipc_msg *msg)
{
	struct msg_series_read *m = xcalloc(1, sizeof(*m));
	int			rc = msg_series_read_decode(m, msg->data, msg->len);

	if (rc == 0)
		read_request(st, msg->token, m);
	free(m);
	return rc;
}

static int
core_request(struct store *st, const struct ipc_msg *msg)
{
	struct msg_series_plan plan;
	struct msg_flush       flush;

	switch (msg->type) {
	case IPC_SERIES_PLAN:
		if (msg_series_plan_decode(&plan, msg->data, msg->len) == -1)
			return -1;
		return st->no_disk ? 0 : store_plan_message(st, &plan);
	case IPC_SERIES_READ:
		return request_read(st, msg);
	case IPC_FLUSH:
		if (msg_flush_decode(&flush, msg->data, msg->len) == -1)
			return -1;
		flush_request(st, msg->token, flush.ref);
		return 0;
	case IPC_HELLO:
		return 0;
	default:
		return -1;
	}
}

static void
channel_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct store *st = arg;

	if (msg->type == IPC_SAMPLES) {
		feed_of(st, ch)->frames++;
		if (samples_take(st, msg->data, msg->len) == -1) {
			st->counters.malformed++;
			ipc_reject(ch, "bad message: malformed samples");
		}
		return;
	}
	if (ch == st->core.ch ? core_request(st, msg) == -1 : msg->type != IPC_HELLO)
		ipc_reject(ch, "bad message: malformed, or not for store");
}

/*
 * The channel of an instance that has died stays until all that it had sent is read: it closes by itself.
 * Only when places run out it makes way.
 */
static struct feed *
measure_place(struct store *st, const char *instance)
{
	struct feed *f;

	for (f = st->measure; f < st->measure + MEASURE_MAX; f++)
		if (f->ch == NULL)
			return f;
	for (f = st->measure; f < st->measure + MEASURE_MAX; f++)
		if (strcmp(f->instance, instance) == 0) {
			channel_forget(st, f->ch);
			return f;
		}
	return NULL;
}

static void
attach_measure(struct store *st, const char *instance, struct ipc_channel *ch)
{
	struct feed *f = measure_place(st, instance);

	if (f == NULL) {
		log_warnx("more than %d measure instances: the samples of %s are lost", MEASURE_MAX,
		    instance);
		ipc_free(ch);
		return;
	}
	*f = (struct feed){ .ch = ch };
	text_copy(f->instance, sizeof(f->instance), instance);
	ipc_handlers(ch, channel_message, channel_closed, st);
}

void
store_attach(struct store *st, enum process_kind peer, const char *instance, struct ipc_channel *ch)
{
	switch (peer) {
	case PROCESS_MEASURE:
		attach_measure(st, instance, ch);
		return;
	case PROCESS_CORE:
		if (st->core.ch != NULL)
			channel_forget(st, st->core.ch);
		st->core = (struct feed){ .ch = ch };
		ipc_handlers(ch, channel_message, channel_closed, st);
		store_state_send(st);
		if (!st->no_disk)
			durable_send(st, &st->core);
		return;
	default:
		log_warnx("store has no business with %s", process_names[peer]);
		ipc_free(ch);
	}
}

/* ---- life ---- */

/* @return descriptor of a directory below ours, made when absent, or -1 (logged) */
static int
directory_open(int dir_fd, const char *name)
{
	int fd;

	if (mkdirat(dir_fd, name, 0700) == 0)
		log_debug("store", "made store/%s", name);
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		log_warn("cannot open store/%s", name);
	return fd;
}

static int
disk_open(struct store *st)
{
	struct journal_opts o = { .next_name = store_next_name, .arg = st };
	int		    undone;

	st->checkpoint = checkpoint_read(st->dir_fd);
	st->journal_fd = directory_open(st->dir_fd, "journal");
	st->rrd_fd = directory_open(st->dir_fd, "rrd");
	if (st->journal_fd == -1 || st->rrd_fd == -1)
		return -1;
	o.dir_fd = st->journal_fd;
	o.first_seq = st->checkpoint;
	st->journal = journal_new(&o);
	st->rrd = rrd_dir_new(st->rrd_fd);
	if (undo_open(&st->undo, st->dir_fd) == -1) {
		log_warn("cannot open store/undo");
		return -1;
	}
	/* What was made just now, or before a power cut: a synced file is lost without its name on the disk. */
	if (fsync(st->rrd_fd) == -1 || fsync(st->dir_fd) == -1) {
		log_warn("cannot sync the directories of the store");
		return -1;
	}
	if ((undone = undo_restore(&st->undo, st->rrd_fd)) == -1)
		return -1;
	st->undone = undone > 0;
	return st->journal != NULL && st->rrd != NULL ? 0 : -1;
}

struct store *
store_new(struct loop *l, const struct store_opts *o)
{
	struct store *st = xcalloc(1, sizeof(*st));
	int64_t	      now = loop_mono_ns(l);

	st->loop = l;
	st->no_disk = o->no_disk;
	st->dir_fd = o->dir_fd;
	st->journal_fd = st->rrd_fd = st->create_fd = st->undo.fd = -1;
	st->queue_last = &st->queue;
	series_table_init(&st->series);
	loop_timer_set(l, &st->counters_timer, now + COUNTERS_NS, counters_send, st);
	if (st->no_disk)
		return st;
	if (disk_open(st) == -1) {
		store_free(st);
		return NULL;
	}
	loop_timer_set(l, &st->second, now + NS_PER_S, second, st);
	recover_start(st);
	return st;
}

void
store_stop(struct store *st)
{
	if (st->no_disk)
		return;
	recover_stop(st);
	store_commit(st);
	if (st->replay == NULL)
		flush_all(st, loop_mono_ns(st->loop) + STOP_FLUSH_NS);
	checkpoint_write(st);
}

void
store_free(struct store *st)
{
	size_t i;

	if (st == NULL)
		return;
	loop_timer_cancel(st->loop, &st->second);
	loop_timer_cancel(st->loop, &st->counters_timer);
	loop_timer_cancel(st->loop, &st->replay_timer);
	create_stop(st);
	flush_free(st);
	replay_free(st->replay);
	nmap_free(st->walk_names);
	journal_free(st->journal);
	rrd_dir_free(st->rrd);
	undo_close(&st->undo);
	series_table_fini(&st->series);
	ipc_free(st->core.ch);
	for (i = 0; i < MEASURE_MAX; i++)
		ipc_free(st->measure[i].ch);
	if (st->journal_fd != -1)
		close(st->journal_fd);
	if (st->rrd_fd != -1)
		close(st->rrd_fd);
	if (st->dir_fd != -1)
		close(st->dir_fd);
	free(st);
}
