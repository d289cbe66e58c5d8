/* SPDX-License-Identifier: GPL-3.0-or-later */
/* series.c: see series.h. */
#include "tests/stories/series.h"

#include <math.h>
#include <stdlib.h>

#include "ledger/ledger.h"

#define ERROR_MAX 0.005

static struct series *reading;

static void
series_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct msg_series_rows rows;
	struct cursor	       c;
	uint32_t	       i;

	(void)arg;
	(void)ch;
	if (msg->type == IPC_SERIES_END)
		reading->ended = msg_end_decode(&reading->end, msg->data, msg->len) == 0;
	if (msg->type != IPC_SERIES_ROWS || msg_series_rows_decode(&rows, msg->data, msg->len) == -1 || rows.step_s != 60)
		return;
	if (reading->n == 0)
		reading->first_s = rows.first_s;
	c = cursor_of(rows.values, (size_t)rows.rows * rows.columns * 8);
	for (i = 0; i < rows.rows && reading->n < nitems(reading->value); i++)
		reading->value[reading->n++] = cursor_f64le(&c);
}

static void
series_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	(void)arg;
	(void)ch;
	(void)why;
}

static void
plan_add(void *arg, uint32_t number, const char *ref, const char *true_name)
{
	struct msg_series_plan plan = { .op = SERIES_PLAN_ADD, .number = number };

	(void)true_name;
	text_copy(plan.ref, sizeof(plan.ref), ref);
	msg_series_plan_send(arg, IPC_SERIES_PLAN, 0, &plan, -1);
}

void
series_read(struct story *s, const char *ref, int64_t from_s, int64_t to_s, struct series *out)
{
	struct store_opts      so = { .dir_fd = story_dir(s, "store") };
	struct store	      *store = store_new(s->loop, &so);
	struct ledger	      *ledger;
	struct ipc_channel    *ours, *theirs;
	struct msg_series_plan plan = { .op = SERIES_PLAN_BEGIN, .profile = "small", .journal_max = 1 << 30,
		.journal_keep_s = 86400, .boot = 99 };
	static struct msg_series_read read;
	char		       path[128];

	reading = out;
	memset(out, 0, sizeof(*out));
	ipc_pair(s->loop, &ours, "store", &theirs, "core");
	ipc_handlers(ours, series_message, series_closed, NULL);
	store_attach(store, PROCESS_CORE, "", theirs);
	snprintf(path, sizeof(path), "%s/ledger/ledger.db", s->dir);
	ledger = ledger_open(path);
	msg_series_plan_send(ours, IPC_SERIES_PLAN, 0, &plan, -1);
	ledger_series_each(ledger, plan_add, ours);
	ledger_close(ledger);
	plan.op = SERIES_PLAN_END;
	msg_series_plan_send(ours, IPC_SERIES_PLAN, 0, &plan, -1);
	read = (struct msg_series_read){ .from_s = from_s, .to_s = to_s, .points = 100000, .cf = "AVERAGE", .n = 1 };
	text_copy(read.ref[0], sizeof(read.ref[0]), ref);
	do {			/* busy: it still reads its journal */
		out->ended = false;
		msg_series_read_send(ours, IPC_SERIES_READ, 1, &read, -1);
		while (!out->ended)
			story_run(s, 0.1);
	} while (out->end.busy);
	ipc_free(ours);
	store_stop(store);
	store_free(store);
}

/* The true mean of the n minutes that end with the last of them. NAN: the fleet does not know. */
static double
truth_of(struct story *s, const struct series *got, const char *device, const char *port, size_t last, size_t n)
{
	int64_t end_ns = (got->first_s + (int64_t)last * 60) * NS_PER_S;
	double	rx, tx;

	if (fleet_truth_port(s->fleet, device, port, end_ns - (int64_t)n * 60 * NS_PER_S, end_ns, &rx, &tx) == -1)
		return NAN;
	return rx;
}

/*
 * How far a minute is from the truth. After a step without a reading one difference stands for two minutes:
 * then it is their mean that must be right.
 */
static double
error_of(struct story *s, const struct series *got, const char *device, const char *port, size_t i)
{
	double error = fabs(got->value[i] / truth_of(s, got, device, port, i, 1) - 1);

	if (!(error > ERROR_MAX))
		return error;
	for (size_t last = i; last <= i + 1; last++)
		if (last >= 1 && last < got->n && !isnan(got->value[last - 1] + got->value[last]))
			error = fmin(error, fabs((got->value[last - 1] + got->value[last]) / 2 /
			    truth_of(s, got, device, port, last, 2) - 1));
	return error;
}

struct compared
series_compare(struct story *s, const struct series *got, const char *device, const char *port,
    const bool *touched)
{
	struct compared c = { 0 };
	double		error;
	size_t		i, gap = 0;

	for (i = 0; i < got->n; i++) {
		if (isnan(got->value[i])) {
			c.gap = ++gap > c.gap ? gap : c.gap;
			if (touched == NULL)
				c.unknown++;
			else if (!touched[i] && c.unknown++ < 50)
				printf("#   %s %s minute %zu: unknown\n", device, port, i);
			continue;
		}
		gap = 0;
		c.known++;
		error = error_of(s, got, device, port, i);
		c.worst = error > c.worst ? error : c.worst;
		if (error > ERROR_MAX && c.wrong++ < 5)
			printf("#   %s %s minute %zu: stored %.0f, true %.0f\n", device, port, i, got->value[i],
			    truth_of(s, got, device, port, i, 1));
	}
	return c;
}
