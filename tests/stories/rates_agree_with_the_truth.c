/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hours of wave traffic with a reboot, a renumbering, a counter near its wrap, a silence, and a contract far
 * below the traffic: what the store gives back is compared minute by minute with what the fleet really sent.
 * No spike, no false zero; unknown only where something happened.
 */
#include "tests/stories/stories.h"

#include <math.h>
#include <stdlib.h>

#include "ledger/ledger.h"

#define HOURS 3

struct series {
	double	 value[HOURS * 60 + 10];
	size_t	 n;
	int64_t	 first_s;
	bool	 ended;
	struct msg_end end;
};

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

/* The store of the story, opened again as after a restart, tells a series. */
static void
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

struct compared {
	size_t known, unknown, wrong;
	double worst;
};

/* `touched` minutes hold an event and may be unknown; a known value must be right everywhere. */
static struct compared
compare(struct story *s, const struct series *got, const char *device, const char *port, const bool *touched)
{
	struct compared c = { 0 };
	double		rx, tx, error;
	size_t		i;

	for (i = 0; i < got->n; i++) {
		int64_t end_ns = (got->first_s + (int64_t)i * 60) * NS_PER_S;

		if (isnan(got->value[i])) {
			if (!touched[i] && c.unknown++ < 50)
				printf("#   %s %s minute %zu: unknown\n", device, port, i);
			continue;
		}
		c.known++;
		if (fleet_truth_port(s->fleet, device, port, end_ns - 60 * NS_PER_S, end_ns, &rx, &tx) == -1)
			continue;
		error = fabs(got->value[i] - rx) / rx;
		c.worst = error > c.worst ? error : c.worst;
		if (error > 0.005 && c.wrong++ < 5)
			printf("#   %s %s minute %zu: stored %.0f, true %.0f\n", device, port, i, got->value[i], rx);
	}
	return c;
}

static void
touch(struct story *s, bool *touched, int64_t start_s, int from, int to)
{
	int64_t now_s = loop_wall_ns(s->loop) / NS_PER_S;
	int	i;

	for (i = (int)((now_s - start_s) / 60) + from; i <= (int)((now_s - start_s) / 60) + to; i++)
		if (i >= 0 && i < HOURS * 60 + 10)
			touched[i] = true;
}

void
story_rates_agree_with_the_truth(void)
{
	static const char *const device = "s002-r1", *const calm = "s025-r1";
	static struct series	 got;
	static bool		 touched[HOURS * 60 + 10], untouched[HOURS * 60 + 10];
	struct story		*s = story_open(21, true);
	struct compared		 c;
	int64_t			 start_s, end_s;

	/* With this contract the fleet gives it a port of 100 Mbit/s: 32 bits are enough (definitions R8). */
	story_replace_row(s, INPUT_LINKS, "s002-1",
	    "s002-1,s002,main,indihome,,node-2,10.1.0.2,30,30,best_effort,,,,,,s002-r1,ether1,wan,live");
	story_start(s);
	story_run(s, 240);
	start_s = loop_wall_ns(s->loop) / NS_PER_S / 60 * 60;
	end_s = start_s + HOURS * 3600;
	story_run(s, 1200);
	touch(s, touched, start_s, -1, 4);
	/* More than the contract passes through the calm line from now on: for one, it was entered wrongly. */
	story_replace_row(s, INPUT_LINKS, "s025-1",
	    "s025-1,s025,main,indihome,,node-1,10.1.0.25,0.5,0.5,best_effort,,,,,,s025-r1,ether1,wan,live");
	story_do(s, "reboot device %s 20", device);
	story_run(s, 1800);
	touch(s, touched, start_s, -1, 4);
	story_do(s, "renumber device %s", device);
	story_run(s, 1800);
	touch(s, touched, start_s, -1, 5);
	story_do(s, "silent device %s on", device);
	story_run(s, 170);
	story_do(s, "silent device %s off", device);
	story_run(s, 1800);
	touch(s, touched, start_s, -1, 5);
	story_do(s, "no64 device %s on", device);
	story_run(s, (double)(end_s + 400 - loop_wall_ns(s->loop) / NS_PER_S));
	story_stop(s);

	series_read(s, "link/s025-1/rx_bps", start_s, end_s, &got);
	c = compare(s, &got, calm, "ether1", untouched);
	ok(got.n >= HOURS * 60 - 1 && c.unknown == 0 && c.wrong == 0, "a calm line, contract or not: %zu minutes known, worst error %.4f %%", c.known,
	    100 * c.worst);
	series_read(s, "link/s002-1/rx_bps", start_s, end_s, &got);
	c = compare(s, &got, device, "ether1", touched);
	ok(c.wrong == 0, "reboot, renumbering, silence, 32-bit counters: no spike, no false zero (worst error %.4f %%)", 100 * c.worst);
	ok(c.known > HOURS * 60 - 30 && c.unknown == 0, "unknown only where something happened (%zu minutes known)", c.known);
	story_end(s);
}
