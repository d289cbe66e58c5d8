/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * why.c: the reasons for a state: {"t","fact"} lines, the site it passes through, what the incident knows
 * (view.h).
 *
 * What an incident recorded when it was decided comes first; then what the engine sees at this moment. A fact
 * is one plain clause without a full stop, so that ctl and the pages can put it after its time.
 */
#include "ctl/view.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "ctl/js.h"
#include "live/counters.h"
#include "live/service.h"
#include "model/apps.h"
#include "rules/watched.h"
#include "sample/sample.h"

#define PARENTS_MAX 16
#define MEMBERS_MAX 2000	/* of an incident, so that the answer stays below a line's 1 MiB */

/* One line of evidence. @param t_ns  wall; 0: no particular time */
static void PRINTF_LIKE(3, 4)
fact(json_t *list, int64_t t_ns, const char *fmt, ...)
{
	char	text[300];
	json_t *v = json_object();
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_object_set_new(v, "t", js_time(t_ns));
	json_object_set_new(v, "fact", js_text(text));
	json_array_append_new(list, v);
}

static json_t *
incident_facts(const struct incident *i)
{
	json_t *list = json_array();

	if (i != NULL && i->evidence != NULL)
		json_array_extend(list, i->evidence);
	return list;
}

/* The sites that a line passes through, nearest first: following the first line of each that has a parent. */
static json_t *
parents_of(const struct link_live *l)
{
	const struct site_live *s = l != NULL ? l->parent : NULL;
	json_t		       *list = json_array();
	size_t			n, i;

	for (n = 0; s != NULL && n < PARENTS_MAX; n++) {
		json_array_append_new(list, json_pack("{s:o, s:o, s:s, s:s}", "object",
		    json_sprintf("site/%s", s->site->id), "name", js_text(s->site->name), "state",
		    site_state_names[s->state], "code", site_state_code(s->state)));
		for (i = 0; i < s->nlinks && s->link[i]->parent == NULL; i++)
			;
		s = i < s->nlinks ? s->link[i]->parent : NULL;
	}
	return list;
}

/* In the order of their times, which as text in UTC sort like the times; what holds now comes last. */
static json_t *
in_order(json_t *facts)
{
	const char *a, *b;
	size_t	    i, k;

	for (i = 1; i < json_array_size(facts); i++)
		for (k = i; k > 0; k--) {
			a = json_string_value(json_object_get(json_array_get(facts, k - 1), "t"));
			b = json_string_value(json_object_get(json_array_get(facts, k), "t"));
			if (b == NULL || (a != NULL && strcmp(a, b) <= 0))
				break;
			json_array_insert(facts, k - 1, json_array_get(facts, k));
			json_array_remove(facts, k + 1);
		}
	return facts;
}

static json_t *
with_evidence(json_t *view, json_t *facts)
{
	json_object_set_new(view, "evidence", in_order(facts));
	return view;
}

/* ---- a line ---- */

static bool
instance_is_away(const struct core *c, const char *via)
{
	size_t i;

	if (*via == '\0')
		via = "main";
	for (i = 0; i < c->nmeasure; i++)
		if (strcmp(c->measure[i].name, via) == 0)
			return c->measure[i].ch == NULL;
	return true;
}

static uint64_t
counter_of(const struct core *c, const char *instance, const char *name)
{
	const struct core_counter *k;
	char			   path[sizeof(k->name)];

	snprintf(path, sizeof(path), "measure %s/%s", instance, name);
	k = map_get(c->counters, path);
	return k != NULL ? k->value : 0;
}

/* No packet of this instance has ever left. */
static void
no_icmp_fact(json_t *list, const struct core *c, const struct link_live *l, const char *via)
{
	uint64_t refused = counter_of(c, via, "icmp.send_errors");

	if (strcmp(link_probe_of(&c->set, l->link)->name, "icmp") == 0 && refused > 0 && counter_of(c, via, "icmp.sent") == 0)
		fact(list, 0, "the process \"measure %s\" cannot send ICMP packets: %" PRIu64 " were refused, none "
		    "has left; if a reload has added it, restart simpuld", via, refused);
}

/* Why nothing can be known of it. @return true when that was said */
static bool
unmeasured_facts(json_t *list, const struct core *c, const struct link_live *l)
{
	const char *via = *l->link->via != '\0' ? l->link->via : "main";

	if (l->link->life != LIFE_LIVE) {
		fact(list, 0, "the line is entered as %s, so it is not judged", life_names[l->link->life]);
		return true;
	}
	if (l->site->site->life != LIFE_LIVE) {
		fact(list, 0, "its site is entered as %s, so it is not judged",
		    life_names[l->site->site->life]);
		return true;
	}
	if (!link_is_probed(l->link)) {
		fact(list, 0, "no address is entered for it, so it is not measured");
		return true;
	}
	if (instance_is_away(c, via))
		fact(list, 0, "the process \"measure %s\", which measures it, is away", via);
	else
		no_icmp_fact(list, c, l, via);
	return false;
}

static void
rounds_facts(json_t *list, const struct link_live *l)
{
	const struct link_rounds *r = &l->rounds;
	unsigned		  run = r->failed > 0 ? r->failed : r->answered;
	char			  rtt[40] = "";

	if (r->last_ns == 0) {
		fact(list, 0, "no result of a probe yet");
		return;
	}
	if (r->say == ROUNDS_DOWN && link_incident(l) == NULL)		/* an incident knows it already */
		fact(list, r->since_ns, "first lost round");
	else if (r->say == ROUNDS_UNKNOWN)
		fact(list, r->since_ns, "results stopped coming");
	if (r->failed == 0 && isfinite(l->rtt_s))
		snprintf(rtt, sizeof(rtt), ", round trip %.1f ms", l->rtt_s * 1e3);
	fact(list, r->last_ns, "last round %s%s (%s%u in a row)", r->failed > 0 ? "lost" : "answered", rtt,
	    run == UINT8_MAX ? "at least " : "", run);
	if (l->link->role == ROLE_BACKUP && l->proven_ns != 0)
		fact(list, l->proven_ns, "last answered on its own path");
	if (!l->seen_up)
		fact(list, 0, "it has never answered since it is watched");
}

static void
rule_facts(json_t *list, const struct core *c, const struct link_live *l)
{
	const struct threshold_rule *rule;
	size_t			     i;

	for (i = 0; i < c->set.nrules; i++) {
		rule = &c->set.rule[i];
		if (l->rule[i].raised)
			fact(list, l->rule[i].since_ns, "rule \"%s\": %s is %.3g, the limit is %.3g",
			    rule->name, watched_names[rule->value], l->rule[i].last, rule->raise);
	}
}

static void
verdict_facts(json_t *list, const struct core *c, const struct link_live *l)
{
	static const char *const said[] = { "no answer could be had", "it answered", "it did not answer" };
	int64_t			 now = loop_mono_ns(c->loop);

	if (l->probe_ns != 0 && l->probe < nitems(said))
		fact(list, loop_wall_ns(c->loop) - (now - l->probe_ns), "asked once more before deciding: %s",
		    said[l->probe]);
	if (l->reach.verdict == VERDICT_PENDING)
		fact(list, 0, "being verified; nobody has been told yet");
	else if (l->reach.verdict == VERDICT_MEMBER && l->parent != NULL)
		fact(list, 0, "it passes through %s (%s), whose fault explains it", l->parent->site->id,
		    l->parent->site->name);
	else if (l->reach.verdict == VERDICT_SETTLE)
		fact(list, 0, "the site it passes through is back; it has %" PRId64 " s to follow",
		    l->reach.settle_ns > now ? (int64_t)((l->reach.settle_ns - now) / NS_PER_S + 1) : 0);
}

json_t *
why_link(const struct core *c, const struct link_live *l)
{
	json_t *facts = incident_facts(link_incident(l)), *v;

	if (!unmeasured_facts(facts, c, l)) {
		rounds_facts(facts, l);
		rule_facts(facts, c, l);
		verdict_facts(facts, c, l);
	}
	v = with_evidence(view_link(l), facts);
	json_object_set_new(v, "parents", parents_of(l));
	return v;
}

/* ---- a site ---- */

json_t *
why_site(const struct core *c, const struct site_live *s)
{
	json_t	    *facts = incident_facts(site_incident(s)), *v;
	const struct link_live *l;
	size_t	     i, through = 0;

	(void)c;
	if (s->site->life != LIFE_LIVE)
		fact(facts, 0, "it is entered as %s, so it is not judged", life_names[s->site->life]);
	for (i = 0; i < s->nlinks; i++) {
		l = s->link[i];
		fact(facts, l->live.since_ns, "%s line %s (%s) is %s%s", link_role_names[l->link->role],
		    l->link->id, *l->link->provider != '\0' ? l->link->provider : "no provider entered",
		    link_state_names[l->state], link_is_counted(l) ? "" : ", which does not count");
		if (l->link->role == ROLE_BACKUP && l->proven_ns != 0)
			fact(facts, l->proven_ns, "backup line %s last answered on its own path", l->link->id);
	}
	if (s->nlinks == 0)
		fact(facts, 0, "no line is entered for it");
	for (i = 0; i < s->nchildren; i++)
		through += s->child[i]->state == LINK_UNREACHABLE;
	if (through > 0)
		fact(facts, 0, "%zu of %zu lines that pass through it are unreachable", through,
		    s->nchildren);
	v = with_evidence(view_site(s), facts);
	json_object_set_new(v, "parents", parents_of(s->nlinks > 0 ? s->link[0] : NULL));
	return v;
}

/* ---- a service ---- */

/* Why nothing can be known of it. @return true when that was said */
static bool
unasked_facts(json_t *list, const struct core *c, const struct service_live *s)
{
	const char *via = *s->service->via != '\0' ? s->service->via : "main";
	char	    apps[INSTANCE_NAME_MAX];

	if (s->service->life != LIFE_LIVE || s->site->site->life != LIFE_LIVE) {
		fact(list, 0, "%s is entered as %s, so it is not judged", s->service->life != LIFE_LIVE ? "it" : "its site",
		    life_names[s->service->life != LIFE_LIVE ? s->service->life : s->site->site->life]);
		return true;
	}
	if (!service_is_push(s->service) && instance_is_away(c, instance_apps(apps, via)))
		fact(list, 0, "the process \"measure %s\", which asks it, is away", apps);
	return false;
}

static void
answer_facts(json_t *list, const struct service_live *s)
{
	const struct link_rounds *r = &s->rounds;
	char			  total[40] = "";

	if (r->last_ns == 0) {
		fact(list, 0, "no result yet");
		return;
	}
	if (r->say == ROUNDS_UNKNOWN)
		fact(list, r->since_ns, "results stopped coming");
	if (r->failed == 0 && isfinite(s->total_s))
		snprintf(total, sizeof(total), " in %.3g s", s->total_s);
	fact(list, r->last_ns, "last asked: %s%s%s%s (%u in a row)", r->failed > 0 ? "not as expected" : "as expected", total,
	    r->failed > 0 && s->reason[0] != '\0' ? ": " : "", r->failed > 0 ? s->reason : "",
	    r->failed > 0 ? r->failed : r->answered);
	if (!s->seen_up)
		fact(list, 0, "it has never answered as expected since it is watched");
}

static void
told_facts(json_t *list, const struct service_live *s)
{
	size_t i;

	for (i = 0; i < s->nfacts; i++)
		if (isnan(s->fact[i].value))
			fact(list, 0, "%s: %.200s", s->fact[i].name, s->fact[i].text);
		else
			fact(list, 0, "%s: %.6g%s%.200s", s->fact[i].name, s->fact[i].value, s->fact[i].text[0] != '\0' ? " " :
			    "", s->fact[i].text);
	if (s->worry_why[0] != '\0')
		fact(list, 0, "beyond its limit: %s", s->worry_why);
	if (s->down.verdict == VERDICT_PENDING)
		fact(list, 0, "being verified; nobody has been told yet");
	else if (s->why[0] != '\0')
		fact(list, 0, "explained: %s", s->why);
	for (i = 0; i < s->nneeds; i++)
		fact(list, s->need[i]->live.since_ns, "it needs %s, which is %s", s->need[i]->service->id,
		    service_state_names[s->need[i]->state]);
}

json_t *
why_service(const struct core *c, const struct service_live *s)
{
	json_t *facts = incident_facts(service_incident(s)), *v;

	if (!unasked_facts(facts, c, s)) {
		answer_facts(facts, s);
		told_facts(facts, s);
	}
	v = with_evidence(view_service_whole(s), facts);
	json_object_set_new(v, "parents", parents_of(s->site->nlinks > 0 ? s->site->link[0] : NULL));
	return v;
}

/* ---- a device ---- */

#define TRAPS_TOLD 5

static void
trap_fact(json_t *list, const struct trap_entry *e)
{
	static const char *const found[TRAP_VERDICTS] = {
		[TRAP_WAITING] = "to be verified", [TRAP_POLLING] = "being verified",
		[TRAP_PORT_UP] = "verified by poll: the port is up",
		[TRAP_PORT_DOWN] = "verified by poll: the port is down",
		[TRAP_ANSWERS] = "the device then answered a poll", [TRAP_NO_ANSWER] = "the poll was not answered"
	};
	const struct msg_trap *m = &e->first;
	char		       port[90] = "", count[40] = "";

	if (m->if_name[0] != '\0')
		snprintf(port, sizeof(port), " of %s", m->if_name);
	else if (m->if_index != 0)
		snprintf(port, sizeof(port), " of port %u", m->if_index);
	if (e->count > 1)
		snprintf(count, sizeof(count), " (%" PRIu64 " times)", e->count);
	fact(list, e->last_ns, "a trap claimed %s%s%s; %s", strcmp(trap_kind_word(m->kind), "other") != 0 ?
	    trap_kind_word(m->kind) : m->oid, port, count, found[e->verdict]);
}

/* The last things that it, or somebody in its name, has said by itself. */
static void
trap_facts(json_t *list, const struct core *c, const struct device_live *d)
{
	const struct trap_entry *e;
	size_t			 i, told = 0;

	for (i = 0; told < TRAPS_TOLD && (e = traps_last(c, i)) != NULL; i++)
		if (e->number == d->number) {
			trap_fact(list, e);
			told++;
		}
}

json_t *
why_device(const struct core *c, const struct device_live *d)
{
	const struct port_live *p;
	json_t		       *facts = json_array(), *ports = json_array(), *v;

	if (instance_is_away(c, d->device->via))
		fact(facts, 0, "the process \"measure %s\", which polls it, is away",
		    *d->device->via != '\0' ? d->device->via : "main");
	if (d->state == DEVICE_UNKNOWN)
		fact(facts, 0, "no answer to an SNMP poll yet");
	else if (d->state == DEVICE_ANSWERING)
		fact(facts, d->live.since_ns, "answers SNMP polls");
	else
		fact(facts, d->live.since_ns, "does not answer SNMP polls%s%s", *d->reason != '\0' ? ": " :
		    "", d->reason);
	if (d->state == DEVICE_SILENT)
		fact(facts, 0,
		    "a silent agent says nothing about the lines of its site: packets decide those");
	trap_facts(facts, c, d);
	for (p = d->ports; p != NULL; p = p->next)
		json_array_append_new(ports, json_pack("{s:s, s:o}", "ref", p->ref, "name",
		    js_text(p->id.name)));
	v = with_evidence(view_device(d), facts);
	json_object_set_new(v, "ports", ports);
	return v;
}

/* ---- an incident ---- */

static void
add_member(void *arg, const struct ledger_member *m)
{
	json_t *v;

	if (json_array_size(arg) >= MEMBERS_MAX)
		return;
	v = json_object();
	json_object_set_new(v, "object", js_text(m->object));
	json_object_set_new(v, "state", js_text(m->state));
	json_object_set_new(v, "since", js_time(m->since_ns));
	json_object_set_new(v, "until", js_time(m->until_ns));
	json_array_append_new(arg, v);
}

json_t *
why_incident(const struct core *c, const struct ledger_incident *i)
{
	const struct incident *live = core_incident(c, i->id);
	json_t		      *facts = live != NULL ? incident_facts(live) : json_loads(i->evidence, 0, NULL);
	json_t		      *members = json_array(), *v = view_incident(c, i);

	ledger_member_each(c->ledger, i->id, add_member, members);
	json_object_set_new(v, "members", members);
	json_object_set_new(v, "state", json_incref(json_object_get(v, "status")));
	json_object_set_new(v, "since",
	    json_incref(json_object_get(v, i->status == INCIDENT_CLOSED ? "closed" : "opened")));
	return with_evidence(v, facts != NULL ? facts : json_array());
}
