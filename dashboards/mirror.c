/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mirror.c: see mirror.h. One page is asked for at a time, so that the engine serves others in between. A
 * refresh that fails midway leaves the old city in place.
 */
#include "dashboards/mirror.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

#define AGE_NS	    (2 * NS_PER_S)
#define OFTEN_NS    NS_PER_S
#define SHARE	    10			/* a refresh may take one part in so many of the time, */
#define SHARE_NEWS  2			/* and this one when something has happened */
#define FRESH_NS    (15 * NS_PER_S)	/* so late a city may be, beside what its refreshes take */
#define PAGE	    500

/* The lists of a refresh in their order. */
static const struct step {
	const char *kind;
	bool	    closed;
	void	  (*add)(struct city *, const json_t *);
} steps[] = {
	{ "link", false, city_add_link },
	{ "device", false, city_add_device },
	{ "service", false, city_add_service },
	{ "site", false, city_add_site },
	{ "incident", false, city_add_incident },
	{ "incident", true, city_add_incident },	/* the newest page: what is over, too */
};

struct mirror {
	struct loop	   *loop;
	struct upstream	   *up;
	struct mirror_calls calls;
	struct city	   *city, *building;
	size_t		    step, missing;	/* missing: place in city_missing() */
	bool		    busy, stirred, subscribed;
	bool		    connected;		/* ... and the city is young */
	struct loop_timer   timer, stale;
	int64_t		    started_ns, took_ns, heard_ns;
	uint64_t	    batch, refreshes;
};

static void refresh(void *arg);
static void next_page(struct mirror *m, const json_t *cursor);
static void next_missing(struct mirror *m);

/* When the next refresh is due. */
static void
plan(struct mirror *m)
{
	int64_t pause = m->stirred ? OFTEN_NS : AGE_NS, share = m->stirred ? SHARE_NEWS : SHARE;

	if (m->busy || !upstream_is_up(m->up))
		return;
	if (pause < share * m->took_ns)
		pause = share * m->took_ns;
	loop_timer_set(m->loop, &m->timer, m->started_ns + pause, refresh, m);
}

static void
give_up(struct mirror *m)
{
	city_free(m->building);
	m->building = NULL;
	m->busy = false;
	m->stirred = true;
	plan(m);
}

/* The engine may be there and yet give no whole city: what is shown is old then, and must not look live. */
static void
on_stale(void *arg)
{
	struct mirror *m = arg;

	log_warnx("the engine has not told all it knows for a while; the last known state is shown");
	m->connected = false;
	m->calls.connected(m->calls.arg, false);
}

static void
freshen(struct mirror *m)
{
	loop_timer_set(m->loop, &m->stale,
	    loop_mono_ns(m->loop) + FRESH_NS + 2 * SHARE * m->took_ns, on_stale, m);
	if (m->connected)
		return;
	log_info("the engine has told all it knows");
	m->connected = true;
	m->calls.connected(m->calls.arg, true);
}

static void
finish(struct mirror *m)
{
	struct city *old = m->city;
	bool	     first = m->refreshes == 0;
	int	     rows;

	city_finish(m->building);
	rows = city_compare(m->building, old, m->batch + 1);
	m->batch += rows != 0 || first;
	m->city = m->building;
	m->building = NULL;
	m->busy = false;
	m->refreshes++;
	m->heard_ns = loop_wall_ns(m->loop);
	m->took_ns = loop_mono_ns(m->loop) - m->started_ns;
	freshen(m);
	if (rows != 0 || first)
		m->calls.changed(m->calls.arg, m->city, rows);
	city_free(old);
	if (!m->subscribed) {
		m->subscribed = true;
		upstream_subscribe(m->up, m->city->seq);
	}
	plan(m);
}

/* An incident that was open, and is neither that nor among the newest: how has it ended? */
static void
on_missing(void *arg, const json_t *answer)
{
	struct mirror *m = arg;
	const char    *code = json_string_value(json_object_get(answer, "code")), *ref;
	json_t	      *item;

	if (json_is_true(json_object_get(answer, "ok")) &&
	    (ref = json_string_value(json_object_get(answer, "object"))) != NULL) {
		item = json_copy((json_t *)answer);	/* whose "id" is the request's */
		json_object_set_new(item, "id", json_string(ref + strcspn(ref, "/") + 1));
		city_add_incident(m->building, item);
		json_decref(item);
	} else if (code == NULL || strcmp(code, "not_found") != 0) {
		give_up(m);
		return;
	}
	next_missing(m);
}

static void
next_missing(struct mirror *m)
{
	const struct city_incident *i = city_missing(m->building, m->city, &m->missing);

	if (i != NULL)
		upstream_ask(m->up, json_pack("{s:s, s:s}", "op", "get", "object", i->id), on_missing, m);
	else
		finish(m);
}

/* How far back the newest page of incidents is whole. @param next  cursor behind it, or null */
static int64_t
whole_from(const json_t *next)
{
	const char *id = json_string_value(next);
	int64_t	    number;

	return id != NULL && strncmp(id, "inc-", 4) == 0 && text_to_i64(id + 4, 1, INT64_MAX, &number) == 0 ?
	    number : 1;
}

static void
on_page(void *arg, const json_t *answer)
{
	struct mirror *m = arg;
	const json_t  *item, *next;
	size_t	       i;

	if (answer == NULL || !json_is_true(json_object_get(answer, "ok"))) {
		give_up(m);		/* a reload came between two pages, or the engine is away */
		return;
	}
	json_array_foreach(json_object_get(answer, "items"), i, item)
		steps[m->step].add(m->building, item);
	next = json_object_get(answer, "next");
	if (steps[m->step].closed) {
		m->building->whole_from = whole_from(next);
		next = NULL;
	}
	m->step += !json_is_string(next);
	if (m->step < nitems(steps))
		next_page(m, next);
	else
		next_missing(m);
}

static void
next_page(struct mirror *m, const json_t *cursor)
{
	const struct step *s = &steps[m->step];
	json_t *request = json_pack(
	    "{s:s, s:s, s:i, s:O?}", "op", "list", "kind", s->kind, "limit", PAGE, "cursor", cursor);

	if (s->closed)
		json_object_set_new(request, "closed", json_true());
	upstream_ask(m->up, request, on_page, m);
}

static void
on_status(void *arg, const json_t *answer)
{
	struct mirror *m = arg;

	if (answer == NULL || !json_is_true(json_object_get(answer, "ok"))) {
		give_up(m);
		return;
	}
	m->building = city_new();
	city_take_status(m->building, answer);
	m->step = m->missing = 0;
	next_page(m, NULL);
}

static void
refresh(void *arg)
{
	struct mirror *m = arg;

	m->busy = true;
	m->stirred = false;
	m->started_ns = loop_mono_ns(m->loop);
	upstream_ask(m->up, json_pack("{s:s}", "op", "status"), on_status, m);
}

/* ---- the connection ---- */

static void
on_up(void *arg, const json_t *hello)
{
	struct mirror *m = arg;

	(void)hello;
	m->subscribed = false;
	m->took_ns = 0;
	refresh(m);
}

static void
on_down(void *arg)
{
	struct mirror *m = arg;

	loop_timer_cancel(m->loop, &m->timer);
	loop_timer_cancel(m->loop, &m->stale);
	m->connected = false;
	m->calls.connected(m->calls.arg, false);
}

static void
on_event(void *arg, const json_t *event)
{
	(void)event;
	mirror_stir(arg);
}

void
mirror_stir(struct mirror *m)
{
	m->stirred = true;
	plan(m);
}

struct mirror *
mirror_new(struct loop *l, const char *socket, const struct mirror_calls *calls)
{
	struct mirror		   *m = xcalloc(1, sizeof(*m));
	const struct upstream_calls up = { on_up, on_down, on_event, m };

	m->loop = l;
	m->calls = *calls;
	m->city = city_new();
	m->up = upstream_new(l, socket, &up);
	return m;
}

void
mirror_free(struct mirror *m)
{
	if (m == NULL)
		return;
	upstream_free(m->up);
	loop_timer_cancel(m->loop, &m->timer);
	loop_timer_cancel(m->loop, &m->stale);
	city_free(m->building);
	city_free(m->city);
	free(m);
}

struct upstream *
mirror_upstream(struct mirror *m)
{
	return m->up;
}

const struct city *
mirror_city(const struct mirror *m)
{
	return m->city;
}

bool
mirror_is_connected(const struct mirror *m)
{
	return m->connected;
}

int64_t
mirror_heard_ns(const struct mirror *m)
{
	return m->heard_ns;
}

uint64_t
mirror_batch(const struct mirror *m)
{
	return m->batch;
}

uint64_t
mirror_refreshes(const struct mirror *m)
{
	return m->refreshes;
}
