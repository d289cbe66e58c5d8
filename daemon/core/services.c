/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * services.c: results of services on their way in (services.h). What they mean is alert/service.c's work.
 *
 * A service is asked once a minute or less often, but whoever is told of a dead one should not wait three
 * minutes: a result that contradicts what is known has the next ones asked for at once. That is bounded: so
 * many extra rounds in an interval, however it flaps.
 */
#include "core/services.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "core/commit.h"
#include "core/load.h"
#include "core/plan.h"
#include "core/private.h"
#include "core/push.h"
#include "core/samples.h"
#include "live/service.h"

#define CONFIRM_NS    (2 * NS_PER_S)  /* from a result to the extra round that it asks for */
#define CONFIRMS_MAX  4               /* enough for three failures and two successes */
#define CONFIRMS_NS   (30 * NS_PER_S) /* ... in this time, or in an interval if that is longer */
#define GAP_INTERVALS 2.5
#define SLOW_ROUNDS   3 /* in a row; as many answers in time end it as make a service up */

static const char cert_days[] = "cert_days";

/* ---- how it is asked ---- */

static struct rounds_rule
rule_of(const struct core *c, const struct service *s)
{
	struct rounds_rule r = rounds_rule_default;

	r.interval_ns = service_interval_s(c->conf, s) * NS_PER_S;
	r.gap_ns = (int64_t)(GAP_INTERVALS * (double)r.interval_ns);
	if (r.gap_ns < c->set.gap_ns)
		r.gap_ns = c->set.gap_ns;
	return r;
}

/* ---- from one inventory to the next ---- */

/* It reports by itself, or it is asked: a row may change that. */
static void
push_or_not(struct service_live *s, const struct service *row)
{
	if (service_is_push(row) && s->push == NULL) {
		s->push = xcalloc(1, sizeof(*s->push));
		s->push->last.size = s->push->last.duration_s = NAN;
	} else if (!service_is_push(row)) {
		free(s->push);
		s->push = NULL;
	}
}

/* What is written of it in its incidents stays; it is in none of them any more. */
static void
withdraw_and_release(struct core *c, struct service_live *s)
{
	service_withdraw(c, s);
	for (struct incident *i = c->incidents; i != NULL; i = i->next) {
		if (i->service == s)
			i->service = NULL;
		for (size_t k = 0; k < i->nmembers; k++)
			if (i->member[k].service == s)
				i->member[k].service = NULL;
	}
}

/* It is another thing under the same id: nothing of what was measured is true of it. */
static bool
is_another(const struct service *was, const struct service *row)
{
	if (service_is_push(was) && service_is_push(row)) /* only the file of its token */
		return false;
	return strcmp(was->kind, row->kind) != 0 || strcmp(was->target, row->target) != 0;
}

static void
start_anew(struct core *c, struct service_live *s)
{
	service_withdraw(c, s);
	s->nfacts = 0;
	s->slow = s->quick = 0;
	s->worry_kept = false;
	s->total_s = s->ttfb_s = NAN;
	s->reason[0] = '\0';
	s->confirm_ns = 0;
	s->rounds = (struct link_rounds){.since_ns = loop_wall_ns(c->loop)};
	core_fact(c, s->number, &s->rounds);
	s->live.unsaved = true;
	core_mark(c, &s->live);
}

struct service_live *
core_service_take(struct core *c, const struct service *row, uint32_t number)
{
	struct service_live *s = core_service(c, row->id);

	if (s == NULL) {
		s = xcalloc(1, sizeof(*s));
		snprintf(s->live.ref, sizeof(s->live.ref), "service/%s", row->id);
		s->live.since_ns = loop_wall_ns(c->loop);
		s->total_s = s->ttfb_s = NAN;
		s->number = number;
		s->service = row;
		s->rule = rule_of(c, row);
		push_or_not(s, row);
		core_recall_service(c, s);
		s->worry_kept = s->push == NULL && s->worry != SEVERITY_INFO &&
				(s->slow < SLOW_ROUNDS || s->worry > SEVERITY_WARNING);
		if (s->push != NULL)
			core_push_recall(c, s);
		map_add(c->service_by_id, row->id, s);
		nmap_add(c->service_by_number, number, s);
	} else if (strcmp(s->site->site->id, row->site->id) != 0)
		withdraw_and_release(c, s); /* what its old site was told is none of the new one's faults */
	if (s->service != row && is_another(s->service, row))
		start_anew(c, s);
	push_or_not(s, row);
	s->service = row;
	s->live.gone = false;
	s->site = core_site(c, row->site->id);
	s->rule = rule_of(c, row);
	s->max_s = service_max_s(row->expect);
	return s;
}

static size_t
words_in(const char *list)
{
	size_t n = *list != '\0';

	for (; *list != '\0'; list++)
		n += *list == '|';
	return n;
}

static void
join_needs(struct core *c, struct service_live *s)
{
	const char *at = s->service->depends;
	char id[ID_MAX];
	struct service_live *need;
	size_t n;

	s->need = xrealloc(s->need, words_in(at) + 1, sizeof(struct service_live *));
	s->nneeds = 0;
	while ((n = strcspn(at, "|")) > 0 || *at != '\0') {
		snprintf(id, sizeof(id), "%.*s", (int)(n < ID_MAX ? n : ID_MAX - 1), at);
		if ((need = core_service(c, id)) != NULL && need != s)
			s->need[s->nneeds++] = need;
		at += n + (at[n] == '|');
	}
}

void
core_services_join(struct core *c)
{
	size_t k;

	for (k = 0; k < c->inv->nsites; k++)
		c->site[k]->nservices = 0;
	for (k = 0; k < c->inv->nservices; k++) {
		struct site_live *site = c->service[k]->site;

		site->service = xrealloc(site->service, site->nservices + 1, sizeof(struct service_live *));
		site->service[site->nservices++] = c->service[k];
		join_needs(c, c->service[k]);
	}
}

void
core_service_leave(struct core *c, struct service_live *s)
{
	withdraw_and_release(c, s);
	nmap_remove(c->service_by_number, s->number);
	core_gone(c, s->live.ref);
}

/*
 * Not judged any more: out of its incidents. Judged from now on, and it has failed already: nothing of it will
 * change, so it is looked at as if it had just been lost.
 */
void
core_services_rejudge(struct core *c)
{
	for (size_t k = 0; k < c->inv->nservices; k++) {
		struct service_live *s = c->service[k];

		if (service_is_counted(s))
			service_rejudge(c, s);
		else if (s->down.verdict != VERDICT_NONE || s->degraded.verdict != VERDICT_NONE)
			service_withdraw(c, s);
	}
}

/* ---- extra rounds ---- */

static bool
is_unsure(const struct service_live *s)
{
	const struct link_rounds *r = &s->rounds;

	return r->say == ROUNDS_DOWN ? r->answered > 0 : r->failed > 0 || r->say != ROUNDS_UP;
}

static void
confirm(struct core *c, struct service_live *s, int64_t now)
{
	int64_t span = s->rule.interval_ns > CONFIRMS_NS ? s->rule.interval_ns : CONFIRMS_NS;

	s->confirm_ns = 0;
	if (!is_unsure(s) || s->rule.interval_ns <= CONFIRM_NS)
		return;
	if (s->confirms_ns == 0 || now - s->confirms_ns > span) {
		s->confirms_ns = now;
		s->confirms = 0;
	}
	if (s->confirms == CONFIRMS_MAX)
		return;
	s->confirms++;
	s->confirm_ns = now + CONFIRM_NS;
	core_service_at(c, s->confirm_ns);
}

int
core_service_probe(struct core *c, struct service_live *s, uint16_t rounds)
{
	struct measure_peer *p = core_measure_of_service(c, s->service);
	struct msg_probe_now m = {.rounds = rounds, .n = 1};

	if (p == NULL || p->ch == NULL || !service_is_asked(s->service))
		return -1;
	m.deadline_ms = service_timeout_ms(c->conf, s->service) * rounds + 2000;
	m.number[0] = s->number;
	return msg_probe_now_send(p->ch, IPC_PROBE_NOW, ++c->priv->next_token, &m, -1);
}

void
core_services_due(struct core *c, int64_t now)
{
	size_t k;

	if (c->marks.service_ns == 0 || c->marks.service_ns > now)
		return;
	c->marks.service_ns = 0;
	for (k = 0; k < c->inv->nservices; k++) {
		struct service_live *s = c->service[k];

		if (s->confirm_ns != 0 && s->confirm_ns <= now) {
			s->confirm_ns = 0;
			core_service_probe(c, s, 1);
		}
		if (s->down.verdict == VERDICT_SETTLE && s->down.settle_ns <= now)
			service_look_again(c, s);
		if (s->confirm_ns != 0)
			core_service_at(c, s->confirm_ns);
		if (s->down.verdict == VERDICT_SETTLE)
			core_service_at(c, s->down.settle_ns);
	}
}

/* ---- what has arrived ---- */

void
core_service_round(struct core *c, struct service_live *s, const struct sample *sample, int64_t mono_ns)
{
	bool answered = sample->value[ROUND_ANSWERED] > 0, changed;

	if (sample->quality == QUALITY_UNKNOWN)
		return;
	changed = link_rounds_result(&s->rounds, &s->rule, answered, sample->wall_ns, mono_ns);
	confirm(c, s, loop_mono_ns(c->loop));
	if (!changed)
		return;
	core_fact(c, s->number, &s->rounds);
	service_rounds_changed(c, s);
}

/* Slow: as many answers in a row beyond the limit as make a service down. */
static bool
is_slow(struct service_live *s)
{
	if (isnan(s->total_s) || isnan(s->max_s))
		return isnan(s->max_s) ? false : s->slow >= SLOW_ROUNDS;
	if (s->total_s > s->max_s) {
		s->quick = 0;
		s->slow += s->slow < SLOW_ROUNDS;
	} else if (++s->quick >= rounds_rule_default.successes)
		s->slow = s->quick = 0;
	return s->slow >= SLOW_ROUNDS;
}

/* What is beyond its limit, the worst of it. */
static void
worry(struct core *c, struct service_live *s, bool slow)
{
	const struct service_fact *cert = service_fact(s, cert_days);
	enum severity severity = SEVERITY_INFO;
	char why[sizeof(s->worry_why)] = "";

	s->worry_kept = s->worry_kept && cert == NULL;
	if (s->worry_kept) /* a restart mends no certificate */
		return;
	if (slow) {
		severity = SEVERITY_WARNING;
		snprintf(why, sizeof(why), "answers after %.3g s; the limit is %.3g s", s->total_s, s->max_s);
	}
	if (cert != NULL && !isnan(cert->value) && severity_of_days_left(cert->value) > severity) {
		severity = severity_of_days_left(cert->value);
		snprintf(why, sizeof(why), "its certificate ends in %.0f days", floor(cert->value));
	}
	service_worry(c, s, severity, why);
}

void
core_service_rate(struct core *c, struct service_live *s, const struct sample *sample)
{
	s->total_s = sample->n > SERVICE_TOTAL_S ? sample->value[SERVICE_TOTAL_S] : NAN;
	s->ttfb_s = sample->n > SERVICE_TTFB_S ? sample->value[SERVICE_TTFB_S] : NAN;
	if (s->rounds.say == ROUNDS_UP)
		worry(c, s, is_slow(s));
}

void
core_service_fact(struct core *c, const struct msg_probe_fact *f)
{
	struct service_live *s = nmap_get(c->service_by_number, f->number);

	if (s != NULL)
		core_service_note(s, f);
}

void
core_service_note(struct service_live *s, const struct msg_probe_fact *f)
{
	struct service_fact *to = (struct service_fact *)service_fact(s, f->name);

	if (!f->has_value && f->text[0] == '\0') {	/* it is so no longer */
		if (to != NULL)
			*to = s->fact[--s->nfacts];
		return;
	}
	if (to == NULL) {
		if (s->nfacts == SERVICE_FACTS_MAX)
			return;
		s->fact = xrealloc(s->fact, s->nfacts + 1, sizeof(*s->fact));
		to = &s->fact[s->nfacts++];
	}
	text_copy(to->name, sizeof(to->name), f->name);
	to->value = f->has_value ? f->value : NAN;
	text_copy(to->text, sizeof(to->text), f->text);
}

void
core_service_state(struct core *c, struct service_live *s, const struct msg_target_state *st)
{
	text_copy(s->reason, sizeof(s->reason), st->state == TARGET_ANSWERING ? "" : st->reason);
	core_mark(c, &s->live);
}

/* ---- no results ---- */

void
core_services_sweep(struct core *c, int64_t now)
{
	size_t k;

	for (k = 0; k < c->inv->nservices; k++) {
		struct service_live *s = c->service[k];

		if (s->push != NULL)
			core_push_judge(c, s);
		else if (link_rounds_gap(&s->rounds, &s->rule, now)) {
			core_fact(c, s->number, &s->rounds);
			service_rounds_changed(c, s);
		}
		if (s->down.verdict == VERDICT_MEMBER)
			service_look_again(c, s);
	}
}
