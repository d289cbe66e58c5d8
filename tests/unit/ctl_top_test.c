/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ctl_top_test.c: the orders of the operation top, compared with a plain search for the best. */
#include "tests/unit/ctl_rig.h"

#include <stdlib.h>

/* What each object counts as in an order, by its place in the inventory; NAN: not part of it. */
static double
key_of(const struct fake *f, const char *by, size_t i)
{
	static const enum site_state worst[] = { SITE_ISOLATED, SITE_UNREACHABLE, SITE_ON_BACKUP };
	const struct link_live *l = &f->link[i];
	size_t			k;

	if (strcmp(by, "use") == 0)
		return fmax(l->rx_bps / l->link->down_bps, l->tx_bps / l->link->up_bps);
	if (strcmp(by, "loss") == 0)
		return l->state == LINK_UP && l->loss_ratio > 0 ? l->loss_ratio : NAN;
	for (k = 0; k < nitems(worst); k++)
		if (f->site[i].state == worst[k])
			return (double)(nitems(worst) - k);
	return NAN;
}

/* The ids that should come, found by looking for the best again and again. @return how many there are in all */
static size_t
best_of(const struct fake *f, const char *by, size_t most, char *out, size_t size)
{
	bool   used[SITES] = { false };
	size_t n = 0, i, best;
	double key, best_key;

	for (*out = '\0';; n++) {
		best_key = -1;
		best = SITES;
		for (i = 0; i < SITES; i++) {
			key = key_of(f, by, i);
			if (!used[i] && (key > best_key || (key == best_key &&
			    f->site[i].live.since_ns > f->site[best].live.since_ns))) {
				best = i;
				best_key = key;
			}
		}
		if (best == SITES)
			return n;
		used[best] = true;
		if (n < most)
			snprintf(out + strlen(out), size - strlen(out), "%s ", strcmp(by, "trouble") == 0 ?
			    f->site[best].site->id : f->link[best].link->id);
	}
}

static bool
top_agrees(struct fake *f, struct talk *t, const char *by, size_t limit)
{
	char	want[200], got[200] = "", line[100], out[200], total[24];
	json_t *v, *item;
	size_t	i;
	bool	same;

	snprintf(total, sizeof(total), "%zu", best_of(f, by, limit, want, sizeof(want)));
	snprintf(line, sizeof(line), "{\"id\":1,\"op\":\"top\",\"by\":\"%s\",\"limit\":%zu}", by, limit);
	v = ask(t, line);
	json_array_foreach(json_object_get(v, "items"), i, item)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s ", at(item, "id", out));
	same = strcmp(got, want) == 0 && strcmp(at(v, "total", out), total) == 0;
	if (!same)
		printf("# %s, %zu: %s(of %s) instead of %s(of %s)\n", by, limit, got, at(v, "total", out), want,
		    total);
	json_decref(v);
	return same;
}

static void
shuffle(struct fake *f)
{
	static const enum site_state sites[] = { SITE_OK, SITE_ISOLATED, SITE_UNREACHABLE, SITE_ON_BACKUP,
		SITE_PLANNED };
	static const enum link_state links[] = { LINK_UP, LINK_UP, LINK_DOWN, LINK_UNREACHABLE };
	size_t			     i;

	for (i = 0; i < SITES; i++) {
		f->site[i].state = sites[random() % (int)nitems(sites)];
		f->site[i].live.since_ns = f->link[i].live.since_ns = random() % 3;
		f->link[i].state = links[random() % (int)nitems(links)];
		f->link[i].loss_ratio = random() % 4 == 0 ? NAN : (double)(random() % 3) / 4;
		f->link[i].rx_bps = random() % 4 == 0 ? NAN : (double)(random() % 5);
		f->link[i].tx_bps = random() % 4 == 0 ? NAN : (double)(random() % 5);
		f->core.inv->link[i]->down_bps = random() % 4 == 0 ? NAN : 4;
		f->core.inv->link[i]->up_bps = random() % 4 == 0 ? NAN : 2;
	}
}

/* The newest is not the worst; one has been closed, and nobody has been told of another. */
static void
test_top_incidents(struct fake *f, struct talk *t)
{
	static const struct ledger_incident rows[] = {
		{ .id = 11, .status = INCIDENT_OPEN, .severity = "critical", .opened_ns = 1 },
		{ .id = 12, .status = INCIDENT_CLOSED, .severity = "critical", .opened_ns = 2 },
		{ .id = 13, .status = INCIDENT_OPEN, .severity = "warning", .opened_ns = 3 },
		{ .id = 0, .status = INCIDENT_PENDING, .severity = "critical", .opened_ns = 4 },
		{ .id = 14, .status = INCIDENT_OPEN, .severity = "warning", .opened_ns = 5 },
	};
	struct incident incident[nitems(rows)] = { 0 };
	const char     *line = "{\"id\":1,\"op\":\"top\",\"by\":\"severity\"}";
	size_t		i;

	for (i = 0; i < nitems(rows); i++) {
		incident[i].row = rows[i];
		incident[i].next = i + 1 < nitems(rows) ? &incident[i + 1] : NULL;
	}
	f->core.incidents = incident;
	expect(t, line, "items.0.id", "inc-11", "the worst incident comes first");
	expect(t, line, "items.1.id", "inc-14", "then the newer one");
	expect(t, line, "total", "3", "of those that are open");
	f->core.incidents = &f->incident;
}

static void
test_top(struct fake *f)
{
	static const char *const by[] = { "trouble", "loss", "use" };
	struct talk		*t = talk_new(f);
	unsigned		 round, wrong = 0;
	size_t			 i, limit;
	json_t			*v;

	srandom(61);
	for (round = 0; round < 100; round++) {
		shuffle(f);
		for (i = 0; i < nitems(by); i++)
			for (limit = 1; limit <= SITES + 1; limit++)
				wrong += !top_agrees(f, t, by[i], limit);
	}
	is_i64(wrong, 0, "top gives the first of each order, and tells how many there are");
	test_top_incidents(f, t);
	f->link[0].state = LINK_UP;
	f->link[0].rx_bps = f->link[0].tx_bps = 1;
	f->core.inv->link[0]->down_bps = 10;
	f->core.inv->link[0]->up_bps = 2;
	v = ask(t, "{\"id\":1,\"op\":\"get\",\"object\":\"s001-1\"}");
	is_near(json_real_value(json_object_get(v, "use_ratio")), 0.5, 1e-9,
	    "a line tells the use of its contract, of the fuller direction");
	json_decref(v);
	f->link[0].rx_bps = f->link[0].tx_bps = NAN;
	expect(t, "{\"id\":1,\"op\":\"get\",\"object\":\"s001-1\"}", "use_ratio", "null",
	    "or that it is not known");
	expect(t, "{\"id\":1,\"op\":\"top\",\"by\":\"los\"}", "error",
	    "\"by\" must be severity, trouble, loss or use; did you mean \"loss\"?", "no such order");
	expect(t, "{\"id\":1,\"op\":\"top\",\"by\":\"use\",\"limit\":501}", "code", "bad_request",
	    "an answer is bounded");
	talk_free(t);
}

int
main(void)
{
	struct fake *f = fake_new();

	test_top(f);
	fake_free(f);
	return tap_done();
}
