/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_rig.h: a store on a virtual loop and a real directory, with us as its core and its measure.
 *
 * The truth it is fed: object i is polled at RIG_POLL_S past each minute, and the rate it had since the poll
 * before is rig_truth(i, poll); so the mean of every minute is known.
 */
#ifndef SIMPUL_TEST_STORE_RIG_H
#define SIMPUL_TEST_STORE_RIG_H

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "sample/sample.h"
#include "store/process.h"
#include "tap.h"

#define RIG_T0	   INT64_C(1795222800)	/* unix s, a whole hour */
#define RIG_POLL_S 20
#define RIG_LINKS  3
#define RIG_OBJECTS (RIG_LINKS + 1)

struct rig {
	struct loop	   *loop;
	struct store	   *store;
	struct ipc_channel *core, *measure;
	struct ipc_channel *store_core;		/* the store's end of the first */
	bool		    measure_closed;
	uint32_t	    keep_s;		/* of the journal; 0 = 30 days */

	bool		    answered;
	struct msg_end	    end;
	unsigned	    ends, busy, cut;	/* answers; too busy; with fewer rows than their end says */
	uint32_t	    rows;		/* of the answer that comes in */
	uint32_t	    step_s;
	int64_t		    first_s;
	double		   *values;
	size_t		    nvalues;
	struct msg_store_state state;
	unsigned	    states;		/* STORE_STATE frames */
	struct msg_durable  durable;
	uint64_t	    frames_durable;	/* as measure was told */
	struct msg_counters counters;
	void		  (*on_durable)(void *arg, int64_t wall_s);
	void		   *arg;
};

static int64_t
rig_now_s(const struct rig *r)
{
	return loop_wall_ns(r->loop) / NS_PER_S;
}

__attribute__((unused)) static void
rig_run(struct rig *r, double seconds)
{
	loop_run_until(r->loop, loop_mono_ns(r->loop) + (int64_t)(seconds * 1e9));
}

static void
rig_rows(struct rig *r, const struct ipc_msg *msg)
{
	struct msg_series_rows rows;
	struct cursor	       c;
	size_t		       i, n;

	if (msg_series_rows_decode(&rows, msg->data, msg->len) == -1)
		return;
	if (r->nvalues == 0) {
		r->step_s = rows.step_s;
		r->first_s = rows.first_s;
	}
	r->rows += rows.rows;
	n = (size_t)rows.rows * rows.columns;
	r->values = xrealloc(r->values, r->nvalues + n, sizeof(double));
	c = cursor_of(rows.values, n * 8);
	for (i = 0; i < n; i++)
		r->values[r->nvalues++] = cursor_f64le(&c);
}

static void
rig_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct rig *r = arg;

	switch (msg->type) {
	case IPC_SERIES_ROWS:
		rig_rows(r, msg);
		break;
	case IPC_SERIES_END:
		r->answered = msg_end_decode(&r->end, msg->data, msg->len) == 0;
		r->ends++;
		r->busy += r->end.busy && r->end.error[0] != '\0';
		r->cut += r->end.ok && r->end.count != r->rows;
		r->rows = 0;
		break;
	case IPC_STORE_STATE:
		msg_store_state_decode(&r->state, msg->data, msg->len);
		r->states++;
		break;
	case IPC_DURABLE:
		msg_durable_decode(&r->durable, msg->data, msg->len);
		if (ch == r->measure) {
			r->frames_durable = r->durable.frames;
			break;
		}
		if (r->on_durable != NULL)
			r->on_durable(r->arg, rig_now_s(r));
		break;
	case IPC_COUNTERS:
		msg_counters_decode(&r->counters, msg->data, msg->len);
		break;
	}
}

static void
rig_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct rig *r = arg;

	(void)why;
	if (ch == r->measure) {
		r->measure_closed = true;
		r->measure = NULL;
	} else
		r->core = NULL;
	ipc_free(ch);
}

static void
rig_attach_measure(struct rig *r)
{
	struct ipc_channel *theirs;

	ipc_pair(r->loop, &r->measure, "store", &theirs, "measure main");
	ipc_handlers(r->measure, rig_message, rig_closed, r);
	store_attach(r->store, PROCESS_MEASURE, "main", theirs);
	r->measure_closed = false;
}

/* Bytes that may wait on the way from the store to core. */
__attribute__((unused)) static void
rig_queue_max(struct rig *r, size_t bytes)
{
	ipc_queue_max(r->store_core, bytes);
}

/* Number 1.. = links, then one router. */
static void
rig_ref(int number, char *ref)
{
	if (number <= RIG_LINKS)
		snprintf(ref, REF_MAX, "link/s00%d-1", number);
	else
		snprintf(ref, REF_MAX, "host/s002-r1");
}

static void
rig_plan(struct rig *r, const char *profile, uint32_t flush_s, int objects)
{
	struct msg_series_plan m = { .op = SERIES_PLAN_BEGIN, .flush_s = flush_s, .journal_max = 1u << 30,
		.journal_keep_s = r->keep_s != 0 ? r->keep_s : 30 * 86400, .boot = 7 };
	int		       i;

	snprintf(m.profile, sizeof(m.profile), "%s", profile);
	msg_series_plan_send(r->core, IPC_SERIES_PLAN, 0, &m, -1);
	for (i = 1; i <= objects; i++) {
		m.op = SERIES_PLAN_ADD;
		m.number = (uint32_t)i;
		rig_ref(i, m.ref);
		msg_series_plan_send(r->core, IPC_SERIES_PLAN, 0, &m, -1);
	}
	m.op = SERIES_PLAN_END;
	msg_series_plan_send(r->core, IPC_SERIES_PLAN, 0, &m, -1);
}

/* @param dir_fd  borrowed */
static void
rig_start(struct rig *r, int dir_fd, int64_t wall_s)
{
	struct store_opts   o = { .dir_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3) };
	struct ipc_channel *theirs;

	r->loop = loop_new_virtual(1, wall_s * NS_PER_S);
	r->store = store_new(r->loop, &o);
	if (r->store == NULL) {
		printf("Bail out! no store\n");
		exit(1);
	}
	ipc_pair(r->loop, &r->core, "store", &theirs, "core");
	ipc_handlers(r->core, rig_message, rig_closed, r);
	r->store_core = theirs;
	store_attach(r->store, PROCESS_CORE, "", theirs);
	rig_attach_measure(r);
}

/* @param stop  end as told to; else as if the process had vanished */
static void
rig_end(struct rig *r, bool stop)
{
	if (stop)
		store_stop(r->store);
	store_free(r->store);
	ipc_free(r->core);
	ipc_free(r->measure);
	loop_free(r->loop);
	free(r->values);
	memset(r, 0, sizeof(*r));
}

/* The rate that object `number` had over the minute that ended with this poll. */
static double
rig_truth(int number, int64_t poll_s)
{
	return (double)(1000000 * number + poll_s / 60 % 1000 * 777 % 10007);
}

/* And so over the minute that ends at end_s, when both polls that cover it came. */
__attribute__((unused)) static double
rig_truth_minute(int number, int64_t end_s)
{
	return (rig_truth(number, end_s - 60 + RIG_POLL_S) * RIG_POLL_S +
	    rig_truth(number, end_s + RIG_POLL_S) * (60 - RIG_POLL_S)) / 60;
}

static void
rig_send(struct rig *r, const struct sample *s)
{
	struct sample_batch b = { 0 };

	sample_batch_add(&b, s, loop_wall_ns(r->loop), loop_mono_ns(r->loop));
	ipc_send(r->measure, IPC_SAMPLES, 0, b.payload.data, b.payload.len, -1);
	sample_batch_free(&b);
}

static void
rig_poll(struct rig *r, int number, int64_t poll_s)
{
	struct sample s = { .series = (uint32_t)number, .type = SAMPLE_RATE, .wall_ns = poll_s * NS_PER_S,
	    .seconds = 60, .n = 2 };

	s.value[0] = rig_truth(number, poll_s);
	s.value[1] = s.value[0] / 2;
	rig_send(r, &s);
}

/* Run and poll all objects until this wall time. */
__attribute__((unused)) static void
rig_feed(struct rig *r, int objects, int64_t until_s)
{
	int64_t poll_s = (rig_now_s(r) - RIG_POLL_S + 59) / 60 * 60 + RIG_POLL_S;
	int	i;

	for (; poll_s <= until_s; poll_s += 60) {
		rig_run(r, (double)(poll_s - rig_now_s(r)));
		for (i = 1; i <= objects; i++)
			rig_poll(r, i, poll_s);
	}
	rig_run(r, (double)(until_s - rig_now_s(r)));
}

__attribute__((unused)) static void
rig_wait(struct rig *r)
{
	int turns = 0;

	while (!r->answered && turns++ < 100000)
		rig_run(r, 0.001);
}

__attribute__((unused)) static void
rig_read(struct rig *r, const char *ref, const char *cf, int64_t from_s, int64_t to_s, uint32_t points)
{
	struct msg_series_read m = { .from_s = from_s, .to_s = to_s, .points = points, .n = 1 };

	snprintf(m.cf, sizeof(m.cf), "%s", cf);
	snprintf(m.ref[0], sizeof(m.ref[0]), "%s", ref);
	r->answered = false;
	r->nvalues = 0;
	msg_series_read_send(r->core, IPC_SERIES_READ, 5, &m, -1);
	rig_wait(r);
}

/*
 * How many minutes of the last read are not the truth; those before known_from_s and after known_to_s must be
 * unknown.
 */
__attribute__((unused)) static unsigned
rig_wrong(const struct rig *r, int number, int64_t known_from_s, int64_t known_to_s)
{
	unsigned wrong = 0;
	size_t	 i;

	for (i = 0; i < r->nvalues; i++) {
		int64_t end_s = r->first_s + (int64_t)i * 60;
		bool	known = end_s >= known_from_s && end_s <= known_to_s;
		double	want = known ? rig_truth_minute(number, end_s) : NAN;

		if (isnan(want) ? !isnan(r->values[i]) : !(fabs(r->values[i] - want) <= 1e-9 * want)) {
			if (wrong++ < 5)
				printf("# minute %+lld: got %.12g, want %.12g\n", (long long)(end_s - RIG_T0),
				    r->values[i], want);
		}
	}
	return wrong + (r->nvalues == 0);
}

/* The same of all minutes in (from_s, to_s], which are read first. */
__attribute__((unused)) static unsigned
rig_wrong_minutes(struct rig *r, int number, int64_t from_s, int64_t to_s)
{
	char ref[40];

	snprintf(ref, sizeof(ref), "link/s00%d-1/rx_bps", number);
	rig_read(r, ref, "AVERAGE", from_s, to_s, 1000);
	return rig_wrong(r, number, from_s + 60, to_s);
}

__attribute__((unused)) static void
rig_damage(int dir_fd, const char *name, off_t at)
{
	int fd = openat(dir_fd, name, O_WRONLY);

	if (pwrite(fd, "\xff", 1, at) != 1)
		abort();
	close(fd);
}

__attribute__((unused)) static void
rig_flush(struct rig *r, const char *ref)
{
	struct msg_flush m;

	snprintf(m.ref, sizeof(m.ref), "%s", ref);
	r->answered = false;
	msg_flush_send(r->core, IPC_FLUSH, 6, &m, -1);
	rig_wait(r);
}

__attribute__((unused)) static int64_t
rig_counter(const struct rig *r, const char *name)
{
	int i;

	for (i = 0; i < r->counters.n; i++)
		if (strcmp(r->counters.c[i].name, name) == 0)
			return (int64_t)r->counters.c[i].value;
	return -1;
}

#endif
