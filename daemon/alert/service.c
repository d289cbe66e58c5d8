/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * service.c: a service's way from down, as measured, to an incident of its own or to an explanation.
 *
 *	none -> pending		down as measured; the lines of its site are probed
 *	pending -> root		those answer: the application is down
 *	pending -> member	explained: all lines of its site are dead, something that it needs is down, or
 *the side that asks reaches nothing at all. It is unreachable, and makes no event member -> settle	what
 *explained it is over
 *	settle -> none		it answers; or its time is over, and if it is still down it starts again
 *
 * What is beyond its limit while it answers (a certificate that ends soon, a slow answer) is a fault of its
 * own kind: nothing has to be verified, and it may grow worse with time.
 */
#include <stdio.h>
#include <string.h>

#include "alert/alert.h"
#include "live/service.h"

#define RECHECK_NS    (500 * NS_PER_MS)
#define SUSPECT_TIMES 3 /* wait so many verify times for what may explain it to be judged */
#define NEED_STEPS    4 /* up the way of what services need; a longer circle is not seen */
#define BLIND_LEAST   3 /* objects of two sites that fail together, before it is the side that asks */

struct alert *
service_alert(struct service_live *s, enum fault fault)
{
	if (fault == FAULT_SERVICE_QUALITY)
		return &s->degraded;
	return fault == FAULT_QUALITY ? NULL : &s->down;
}

size_t
service_watch(const struct service_live *s, struct link_live *out[WATCH_MAX])
{
	return s->site->nlinks > 0 ? dependency_watch(s->site->link[0], out) : 0;
}

/* ---- its places in incidents ---- */

static const char *
member_word(enum fault fault, enum verdict v)
{
	if (v == VERDICT_PENDING)
		return "pending";
	if (v == VERDICT_MEMBER)
		return "unreachable";
	return fault == FAULT_SERVICE_QUALITY ? "degraded" : "down";
}

static size_t
member_place(struct incident *i, struct service_live *s)
{
	size_t k;

	for (k = 0; k < i->nmembers; k++)
		if (i->member[k].service == s) {
			i->nleft -= i->member[k].until_ns != 0;
			return k;
		}
	if (i->nmembers == i->member_room) {
		i->member_room = i->member_room * 2 + 4;
		i->member = xrealloc(i->member, i->member_room, sizeof(*i->member));
	}
	i->member[k] = (struct member){.service = s};
	text_copy(i->member[k].ref, sizeof(i->member[k].ref), s->live.ref);
	text_copy(i->member[k].site, sizeof(i->member[k].site), s->site->site->id);
	i->nmembers++;
	return k;
}

static void
leave(struct core *c, struct service_live *s, struct alert *a)
{
	struct incident *i = a->incident;

	if (i != NULL) {
		i->member[a->member].until_ns = loop_wall_ns(c->loop);
		i->member[a->member].unsaved = i->unsaved = i->unpublished = true;
		i->nleft++;
	}
	*a = (struct alert){.verdict = VERDICT_NONE};
	core_dirty(c, s->site);
}

static void
join(struct core *c, struct incident *i, struct service_live *s, enum verdict v)
{
	struct alert *a = i->fault == FAULT_SERVICE_QUALITY ? &s->degraded : &s->down;
	struct member *m;

	if (a->incident != i) {
		leave(c, s, a);
		a->member = member_place(i, s);
		a->incident = i;
	}
	a->verdict = (uint8_t)v;
	m = &i->member[a->member];
	text_copy(m->state, sizeof(m->state), member_word((enum fault)i->fault, v));
	m->since_ns = i->fault == FAULT_SERVICE_QUALITY ? loop_wall_ns(c->loop) : s->rounds.since_ns;
	m->until_ns = 0;
	m->unsaved = i->unsaved = i->unpublished = true;
	core_dirty(c, s->site);
}

static void
settle(struct core *c, struct service_live *s, int64_t settle_ns)
{
	int64_t now = loop_mono_ns(c->loop);

	leave(c, s, &s->down);
	s->down.verdict = VERDICT_SETTLE;
	s->down.settle_ns = now + settle_ns;
	s->confirm_ns = now;
	core_service_at(c, now);
}

void
service_release(struct core *c, const struct incident *i, struct service_live *s, int64_t settle_ns)
{
	struct alert *a = service_alert(s, (enum fault)i->fault);

	if (a == NULL || a->incident != i)
		return;
	if (a->verdict == VERDICT_MEMBER)
		settle(c, s, settle_ns);
	else
		leave(c, s, a);
}

static struct incident *
incident_of(struct core *c, struct service_live *s, enum fault fault)
{
	struct incident *i = incident_new(c, fault, s->site, NULL);

	i->service = s;
	text_copy(i->row.root, sizeof(i->row.root), s->live.ref);
	return i;
}

/* ---- what explains that it is down ---- */

struct explanation {
	bool found, wait;          /* wait: it may turn out to be one */
	struct incident *incident; /* in which it is a member; NULL: in none */
	char why[160];
};

/* The open incident of the site's dead lines, or of what stands above them. */
static struct incident *
incident_of_lines(const struct site_live *site)
{
	for (size_t k = 0; k < site->nlinks; k++) {
		const struct alert *a = &site->link[k]->reach;

		if (a->incident != NULL && a->incident->row.status == INCIDENT_OPEN &&
		    a->verdict != VERDICT_PENDING)
			return a->incident;
	}
	return NULL;
}

static bool
explained_by_lines(const struct service_live *s, struct explanation *e)
{
	if (!site_is_failing(s->site))
		return false;
	e->incident = incident_of_lines(s->site);
	e->found = site_is_dead(s->site);
	e->wait = !e->found || e->incident == NULL;
	snprintf(e->why, sizeof(e->why), "no line of %s answers", s->site->site->id);
	return true;
}

/* Does the way up from it, by what services need, lead to this one? */
static bool
leads_to(const struct service_live *from, const struct service_live *s, unsigned steps)
{
	if (from == s)
		return true;
	for (size_t k = 0; steps > 0 && k < from->nneeds; k++)
		if (from->need[k]->rounds.say == ROUNDS_DOWN && leads_to(from->need[k], s, steps - 1))
			return true;
	return false;
}

/* It is the reason itself, or its lines are. */
static bool
is_explained(const struct service_live *need)
{
	const struct incident *i = need->down.incident;

	if (need->down.verdict == VERDICT_ROOT || (!service_is_push(need->service) && site_is_dead(need->site)))
		return true;
	return need->down.verdict == VERDICT_MEMBER && i != NULL && i->row.status == INCIDENT_OPEN;
}

static bool
may_explain(const struct service_live *need, const struct service_live *s)
{
	return service_is_counted(need) && (need->rounds.say == ROUNDS_DOWN || need->rounds.failed > 0) &&
	       (is_explained(need) || !leads_to(need, s, NEED_STEPS));
}

/*
 * Two that need each other do not explain one another: somebody has to be told. One that is certain is taken
 * before one that may turn out to be down.
 */
static bool
explained_by_need(const struct service_live *s, struct explanation *e)
{
	struct explanation best = {0};

	for (size_t k = 0; k < s->nneeds && (!best.found || best.wait); k++) {
		const struct service_live *need = s->need[k];
		bool found = need->rounds.say == ROUNDS_DOWN;

		if (!may_explain(need, s) || (best.wait && !found))
			continue;
		best.found = found;
		best.wait = !found || need->down.verdict == VERDICT_PENDING;
		best.incident = best.wait ? NULL : need->down.incident;
		snprintf(best.why, sizeof(best.why), "%s, which it needs, is down", need->service->id);
	}
	if ((!best.found && !best.wait) || (e->wait && !best.found)) /* not better than what there is */
		return e->wait;
	*e = best;
	return true;
}

/* Is an incident open of a line that this instance asks? @param wait  out: it may yet be opened */
static bool
is_told_of_lines(const struct core *c, const char *via, bool *wait)
{
	for (size_t k = 0; k < c->inv->nlinks; k++) {
		const struct alert *a = &c->link[k]->reach;

		if (!link_is_counted(c->link[k]) || strcmp(c->link[k]->link->via, via) != 0)
			continue;
		if (a->incident != NULL && a->incident->row.status == INCIDENT_OPEN)
			return true;
		*wait = true;
	}
	return false;
}

/*
 * Does everything fail that the same instance asks, lines and services of at least two sites? Then it is the
 * side that asks: its own cable, its own resolver. Somebody must be told of that: by the incident of a line.
 */
static bool
explained_by_blindness(const struct core *c, const struct service_live *s, struct explanation *e)
{
	const struct site_live *first = NULL;
	bool two = false;
	size_t k, n = 0;

#define COUNT(fails, of)                                                                                     \
	do {                                                                                                 \
		if (!(fails))                                                                                \
			return false;                                                                        \
		n++;                                                                                         \
		two |= first != NULL && first != (of);                                                       \
		first = (of);                                                                                \
	} while (0)
	for (k = 0; k < c->inv->nlinks; k++)
		if (link_is_counted(c->link[k]) && strcmp(c->link[k]->link->via, s->service->via) == 0)
			COUNT(link_is_failing(c->link[k]), c->link[k]->site);
	for (k = 0; k < c->inv->nservices; k++)
		if (service_is_counted(c->service[k]) && !service_is_push(c->service[k]->service) &&
		    strcmp(c->service[k]->service->via, s->service->via) == 0)
			COUNT(c->service[k]->rounds.failed > 0 || c->service[k]->rounds.say == ROUNDS_DOWN,
			    c->service[k]->site);
#undef COUNT
	e->found = n >= BLIND_LEAST && two && is_told_of_lines(c, s->service->via, &e->wait);
	e->wait &= !e->found;
	snprintf(e->why, sizeof(e->why), "instance %s reaches nothing", s->service->via);
	return e->found || e->wait;
}

static struct explanation
explain(const struct core *c, const struct service_live *s)
{
	struct explanation e = {0};

	if (service_is_push(s->service)) /* that nothing came in time is known here, whatever the line */
		return e;
	explained_by_lines(s, &e);
	if (!e.found && !explained_by_need(s, &e))
		explained_by_blindness(c, s, &e);
	return e;
}

/* ---- coming and going ---- */

static void
lost(struct core *c, struct service_live *s)
{
	struct incident *i;
	char t[TIME_TEXT_MAX];

	if (!service_is_counted(s) || s->down.verdict != VERDICT_NONE)
		return;
	i = incident_of(c, s, FAULT_SERVICE);
	join(c, i, s, VERDICT_PENDING);
	text_utc(t, sizeof(t), s->rounds.since_ns);
	if (service_is_push(s->service))
		incident_fact(i, s->rounds.since_ns, "%s: %s", s->service->id, s->reason);
	else
		incident_fact(i, s->rounds.since_ns, "%s (%s): %u rounds failed, the first at %s: %s",
		    s->service->id, s->service->kind, s->rounds.failed, t,
		    s->reason[0] != '\0' ? s->reason : "no answer");
	i->to_probe = !service_is_push(s->service);
	incident_review_at(c, i, i->first_ns + c->set.group_window_ns);
}

static void
back(struct core *c, struct service_live *s)
{
	struct incident *i = s->down.incident;
	enum verdict was = (enum verdict)s->down.verdict;

	s->why[0] = '\0';
	if (was == VERDICT_ROOT)
		incident_fact(i, s->rounds.since_ns, "%s: answers as expected again", s->service->id);
	if (was != VERDICT_NONE)
		leave(c, s, &s->down);
	if (was == VERDICT_PENDING || was == VERDICT_ROOT)
		telling_close(c, i, false);
}

void
service_rounds_changed(struct core *c, struct service_live *s)
{
	if (s->rounds.say == ROUNDS_UP) {
		s->seen_up = true;
		back(c, s);
	} else if (s->rounds.say == ROUNDS_DOWN)
		lost(c, s);
	else if (s->down.verdict == VERDICT_PENDING) /* not known is neither up nor down */
		telling_close(c, s->down.incident, false);
	s->live.unsaved = true;
	core_mark(c, &s->live);
	core_dirty(c, s->site);
}

void
service_resume(struct core *c, struct service_live *s)
{
	if (s->rounds.say == ROUNDS_DOWN)
		lost(c, s);
	if (s->degraded.verdict == VERDICT_ROOT && s->worry == SEVERITY_INFO)
		telling_close(c, s->degraded.incident, false);
}

void
service_withdraw(struct core *c, struct service_live *s)
{
	struct alert *both[] = {&s->down, &s->degraded};

	for (size_t k = 0; k < nitems(both); k++) {
		struct incident *i = both[k]->incident;
		bool own = i != NULL && i->service == s;

		leave(c, s, both[k]);
		if (own)
			telling_close(c, i, true);
	}
	s->worry = SEVERITY_INFO;
	s->why[0] = s->worry_why[0] = '\0';
}

void
service_rejudge(struct core *c, struct service_live *s)
{
	if (s->rounds.say == ROUNDS_DOWN && s->down.verdict == VERDICT_NONE)
		settle(c, s, c->set.group_window_ns);
}

void
service_look_again(struct core *c, struct service_live *s)
{
	int64_t now = loop_mono_ns(c->loop);

	if (s->down.verdict == VERDICT_SETTLE && s->down.settle_ns <= now) {
		leave(c, s, &s->down);
		s->why[0] = '\0';
		if (s->rounds.say == ROUNDS_DOWN)
			lost(c, s);
	} else if (s->down.verdict == VERDICT_MEMBER) {
		struct explanation e = explain(c, s);

		if (!e.found && !e.wait)
			settle(c, s, c->set.settle_ns);
		else if (e.incident != NULL && e.incident != s->down.incident)
			join(c, e.incident, s, VERDICT_MEMBER);
	}
}

/* ---- reviewing ---- */

/* What was seen around it when it was decided that it is down by itself. */
static void
note_surroundings(struct core *c, struct incident *i, const struct service_live *s)
{
	int64_t now = loop_wall_ns(c->loop);

	for (size_t k = 0; k < s->site->nlinks; k++) {
		const struct link_live *l = s->site->link[k];

		if (l->probe == PROBE_ANSWERED && l->probe_ns >= i->first_ns)
			incident_fact(
			    i, now, "%s, its line, answers (%.1f ms)", l->link->id, l->probe_rtt_s * 1e3);
		else if (link_is_counted(l) && l->rounds.say == ROUNDS_UP)
			incident_fact(i, now, "%s, its line, has answered its last round", l->link->id);
	}
	if (s->reason[0] != '\0' && !service_is_push(s->service))
		incident_fact(i, now, "%s, asked through %s: %s", s->service->id, s->service->via, s->reason);
}

static void
decide_root(struct core *c, struct incident *i, struct service_live *s)
{
	note_surroundings(c, i, s);
	s->why[0] = '\0';
	text_copy(i->row.cause, sizeof(i->row.cause), cause_names[CAUSE_APPLICATION]);
	join(c, i, s, VERDICT_ROOT);
	telling_service(c, i, severity_of_service(s->service->class));
}

static void
decide_member(struct core *c, struct incident *i, struct service_live *s, const struct explanation *e)
{
	text_copy(s->why, sizeof(s->why), e->why);
	leave(c, s, &s->down);
	if (e->incident != NULL)
		join(c, e->incident, s, VERDICT_MEMBER);
	else
		s->down.verdict = VERDICT_MEMBER;
	telling_close(c, i, false);
}

void
service_review(struct core *c, struct incident *i)
{
	struct service_live *s = i->service;
	int64_t now = loop_mono_ns(c->loop), window = i->first_ns + c->set.group_window_ns;
	int64_t verify = i->first_ns + c->set.verify_ns;
	struct explanation e;

	if (s == NULL || i->fault != FAULT_SERVICE || s->down.incident != i ||
	    s->down.verdict != VERDICT_PENDING)
		return;
	if (now < window) {
		incident_review_at(c, i, window);
		return;
	}
	if (now < verify && !dependency_watch_is_done(i)) { /* PROBE_DONE brings it forward */
		incident_review_at(c, i, verify);
		return;
	}
	e = explain(c, s);
	if (e.wait && now < i->first_ns + SUSPECT_TIMES * c->set.verify_ns)
		incident_review_at(c, i, now + RECHECK_NS);
	else if (e.found)
		decide_member(c, i, s, &e);
	else
		decide_root(c, i, s);
}

/* ---- beyond its limits ---- */

void
service_worry(struct core *c, struct service_live *s, enum severity worry, const char *why)
{
	enum severity was = (enum severity)s->worry;
	struct incident *i = s->degraded.incident;

	text_copy(s->worry_why, sizeof(s->worry_why), why);
	if (worry == was && (worry == SEVERITY_INFO) == (i == NULL))
		return;
	s->worry = (uint8_t)worry;
	if (worry == SEVERITY_INFO && i != NULL) {
		incident_fact(i, loop_wall_ns(c->loop), "%s: within its limits again", s->service->id);
		leave(c, s, &s->degraded);
		telling_close(c, i, false);
	} else if (worry != SEVERITY_INFO && service_is_counted(s)) {
		if (i == NULL)
			i = incident_of(c, s, FAULT_SERVICE_QUALITY);
		incident_fact(i, loop_wall_ns(c->loop), "%s: %s", s->service->id, why);
		join(c, i, s, VERDICT_ROOT);
		if (worry > was || i->row.status == INCIDENT_PENDING)
			telling_service(c, i, worry);
	}
	s->live.unsaved = true;
	core_mark(c, &s->live);
	core_dirty(c, s->site);
}

/* ---- what is shown ---- */

static enum service_state
shown_down(const struct service_live *s)
{
	switch (s->down.verdict) {
	case VERDICT_MEMBER:
	case VERDICT_SETTLE:
		return SERVICE_UNREACHABLE;
	case VERDICT_PENDING:
		return s->state;
	default:
		return SERVICE_DOWN;
	}
}

static enum service_state
shown_state(const struct service_live *s)
{
	enum life life = s->service->life;

	if (life == LIFE_PLANNED || life == LIFE_RETIRED)
		return SERVICE_PLANNED;
	switch (s->rounds.say) {
	case ROUNDS_UP:
		return s->degraded.verdict == VERDICT_ROOT ? SERVICE_DEGRADED : SERVICE_OK;
	case ROUNDS_DOWN:
		return s->seen_up ? shown_down(s) : SERVICE_NEVER_UP;
	default:
		return s->seen_up || life == LIFE_LIVE ? SERVICE_UNKNOWN : SERVICE_NEVER_UP;
	}
}

void
service_update(struct core *c, struct service_live *s)
{
	enum service_state state = shown_state(s);

	if (state != s->state) {
		bool quality = state == SERVICE_DEGRADED || s->state == SERVICE_DEGRADED;

		s->live.since_ns = s->rounds.since_ns != 0 && !(quality && s->rounds.say == ROUNDS_UP)
				       ? s->rounds.since_ns
				       : loop_wall_ns(c->loop);
		s->state = state;
		s->live.unsaved = true;
	}
	core_mark(c, &s->live);
}
