/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_service_test.c: services that fail by themselves, behind dead lines, with what they need, and with the
 * side that asks; certificates that end; all of it over a restart.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "live/service.h"
#include "tests/unit/core_world_peers.h"
#include "tests/unit/tap.h"

static const char services_csv[] =
    "id,site,kind,target,expect,interval_s,class,owner,depends,via,life\n"
    "db-1,b,tcp,10.1.0.2:5432,,30,office,dinas,,,live\n"
    "web-1,a,tcp,10.1.0.1:443,max_s=2,60,critical,kominfo,db-1,,live\n"
    "mail-1,a,tcp,10.1.0.1:25,,60,park,,,,live\n"
    "plan-1,c,tcp,10.1.0.3:80,,60,office,,,,planned\n";

struct app {				/* a service as it truly is */
	const char	 *id;
	struct world	 *w;
	struct loop_timer timer;
	int64_t		  interval_ns;
	bool		  dead;		/* by itself */
	bool		  silent;	/* nobody asks it */
	bool		  flaps;	/* with every result */
	double		  total_s;
	unsigned	  asked;	/* by PROBE_NOW */
};

static struct app apps[] = { { .id = "db-1", .interval_ns = 30 * NS_PER_S }, { .id = "web-1",
	.interval_ns = 60 * NS_PER_S }, { .id = "mail-1", .interval_ns = 60 * NS_PER_S } };

static bool
app_answers(const struct app *a)
{
	const struct service_live *s = core_service(a->w->core, a->id);

	return !a->dead && world_site_is_alive(a->w, s->service->site);
}

static void
app_result(struct app *a)
{
	const struct service_live *s = core_service(a->w->core, a->id);
	bool		    good;
	struct sample_batch b = { 0 };
	struct sample	    round = { .series = s->number, .type = SAMPLE_ROUND, .n = ROUND_VALUES };
	struct sample	    rate = { .series = s->number, .type = SAMPLE_RATE, .n = SERVICE_RATES };
	struct msg_target_state st = { .number = s->number };

	a->dead ^= a->flaps;
	good = app_answers(a);
	st.state = good ? TARGET_ANSWERING : TARGET_SILENT;
	round.wall_ns = rate.wall_ns = st.wall_ns = loop_wall_ns(a->w->loop);
	round.quality = rate.quality = good ? QUALITY_GOOD : QUALITY_LOST;
	round.value[ROUND_SENT] = 1;
	round.value[ROUND_ANSWERED] = good;
	rate.seconds = (double)a->interval_ns / NS_PER_S;
	rate.value[SERVICE_OK_RATIO] = good;
	rate.value[SERVICE_TOTAL_S] = good ? a->total_s : NAN;
	rate.value[SERVICE_TTFB_S] = NAN;
	if (!good)
		text_copy(st.reason, sizeof(st.reason), "refused");
	msg_target_state_send(a->w->measure, IPC_TARGET_STATE, 0, &st, -1);
	sample_batch_add(&b, &round, round.wall_ns, loop_mono_ns(a->w->loop));
	sample_batch_add(&b, &rate, round.wall_ns, loop_mono_ns(a->w->loop));
	world_send(a->w, &b);
	sample_batch_free(&b);
}

static void
app_due(void *arg)
{
	struct app *a = arg;

	loop_timer_set(a->w->loop, &a->timer, loop_mono_ns(a->w->loop) + a->interval_ns, app_due, a);
	if (!a->silent)
		app_result(a);
}

static struct app *
app(const char *id)
{
	for (size_t k = 0; k < nitems(apps); k++)
		if (strcmp(apps[k].id, id) == 0)
			return &apps[k];
	abort();
}

static void
on_asked(struct world *w, uint32_t number)
{
	for (size_t k = 0; k < nitems(apps); k++)
		if (core_service(w->core, apps[k].id)->number == number) {
			apps[k].asked++;
			app_result(&apps[k]);
		}
}

static void
services_are(struct world *w, const char *text)
{
	free(w->input[INPUT_SERVICES].text);
	w->input[INPUT_SERVICES].text = xstrdup(text);
	w->input[INPUT_SERVICES].len = strlen(text);
	world_reload(w, true);
	world_run(w, 2);
}

/* A town with services that have all answered. */
static struct world *
town(uint64_t seed)
{
	struct world *w = world_new(seed, true);

	world_settle(w);
	w->asked = on_asked;
	services_are(w, services_csv);
	for (size_t k = 0; k < nitems(apps); k++) {
		apps[k].w = w;
		apps[k].dead = apps[k].silent = apps[k].flaps = false;
		apps[k].asked = 0;
		apps[k].total_s = 0.1;
		loop_timer_set(w->loop, &apps[k].timer, loop_mono_ns(w->loop) + (int64_t)(k + 1) * NS_PER_S, app_due,
		    &apps[k]);
	}
	world_run(w, 20);
	world_events(w);
	return w;
}

static void
town_free(struct world *w)
{
	for (size_t k = 0; k < nitems(apps); k++)
		loop_timer_cancel(w->loop, &apps[k].timer);
	world_free(w);
}

static const char *
word(const struct world *w, const char *topic, const char *key)
{
	const char *text = json_string_value(json_object_get(world_doc(w, topic), key));

	return text != NULL ? text : "-";
}

/* Let it fail now, as its next round finds. */
static void
kill_now(const char *id)
{
	app(id)->dead = true;
	app_result(app(id));
}

static bool
evidence_has(const struct world *w, const char *incident, const char *part)
{
	const json_t *fact;
	size_t	      k;

	json_array_foreach(json_object_get(world_doc(w, incident), "evidence"), k, fact)
		if (strstr(json_string_value(json_object_get(fact, "fact")), part) != NULL)
			return true;
	return false;
}

static void
test_plan(void)
{
	struct world *w = town(1);

	is_text(w->reload_error, "", "services are taken");
	is_i64(w->words, 3, "those in operation are asked, with their words");
	is_text(w->service.ask, "10.1.0.1:25", "as the table says");
	ok(service_max_s("refused|max_s=2.5") == 2.5 && isnan(service_max_s("banner=max_s=1\\|max_s=3")),
	    "the limit of a slow answer is an item of what is expected");
	is_text(world_state(w, "service/web-1"), "ok", "it answers: ok");
	is_text(world_state(w, "service/plan-1"), "planned", "one that is not there yet");
	is_i64((int64_t)json_array_size(json_object_get(world_doc(w, "state/site/a"), "services")), 2,
	    "their site shows them");
	ok(app("web-1")->asked >= 1 && app("web-1")->asked <= 2, "unknown at first: asked at once for the second");
	services_are(w, "id,site,kind,target,life\ndb-1,b,tcp,10.1.0.2:5432,live\n");
	app("web-1")->silent = app("mail-1")->silent = true;
	is_text(world_state(w, "service/web-1"), "-", "one that is gone leaves the broker");
	is_i64(w->words, 1, "and the plan");
	town_free(w);
}

static void
test_down(void)
{
	struct world *w = town(2);

	kill_now("mail-1");
	world_run(w, 14);
	is_text(world_faults(w), "service.down service/mail-1; incident.opened incident/inc-1",
	    "dead, and its line answers: told within 15 s, though it is asked once a minute");
	is_text(world_state(w, "service/mail-1"), "down", "it is shown");
	is_text(word(w, "state/service/mail-1", "reason"), "refused", "with what was wrong");
	is_text(word(w, "incident/inc-1", "cause"), "application", "the application, not the line");
	is_text(word(w, "incident/inc-1", "severity"), "minor", "as bad as its class");
	ok(evidence_has(w, "incident/inc-1", "3 rounds failed") && evidence_has(w, "incident/inc-1", "refused"),
	    "the evidence says what was seen of it");
	ok(evidence_has(w, "incident/inc-1", "a-1, its line, answers"), "and of its line");
	is_text(world_state(w, "site/a"), "ok", "the office itself is well");
	is_text(word(w, "opd/a/incident/inc-1", "kind"), "service.down", "and hears of it in its own branch");
	app("mail-1")->asked = 0;
	world_run(w, 600);
	ok(app("mail-1")->asked == 0, "what is known to be down is not asked more often");
	world_restart(w);
	world_run(w, 30);
	is_text(world_faults(w), "", "a restart tells nothing again");
	is_text(world_state(w, "service/mail-1"), "down", "and forgets nothing");
	app("mail-1")->dead = false;
	world_run(w, 70);
	is_text(world_faults(w), "service.up service/mail-1; incident.closed incident/inc-1",
	    "it answers again: told, and over");
	is_text(world_state(w, "service/mail-1"), "ok", "it is ok");
	town_free(w);
}

static void
test_one_lost(void)
{
	struct world *w = town(3);

	kill_now("mail-1");
	app("mail-1")->dead = false;
	world_run(w, 100);
	is_text(world_faults(w), "", "one lost round is nothing");
	app("mail-1")->asked = 0;
	app("mail-1")->silent = true;
	world_run(w, 200);
	is_text(world_state(w, "service/mail-1"), "unknown", "nothing is known of it");
	app("mail-1")->silent = false;
	app("mail-1")->flaps = true;	/* so that nothing can be said of it ever */
	world_run(w, 180);
	ok(app("mail-1")->asked > 0 && app("mail-1")->asked <= 4 * 4, "however it flaps, extra rounds are few (%u)",
	    app("mail-1")->asked);
	town_free(w);
}

static void
test_line(void)
{
	struct world *w = town(4);

	world_cut(w, "a-1", true);
	world_run(w, 2);
	app_result(app("mail-1"));
	app_result(app("web-1"));
	world_run(w, 120);
	is_text(world_faults(w), "link.down link/a-1; incident.opened incident/inc-1",
	    "the line is cut: the services behind it make no event");
	is_text(world_state(w, "service/mail-1"), "unreachable", "they are unreachable");
	is_text(word(w, "state/service/mail-1", "reason"), "no line of a answers", "and say why");
	is_text(word(w, "state/service/mail-1", "incident"), "inc-1", "in the incident of the line");
	world_restart(w);
	world_run(w, 60);
	is_text(world_faults(w), "", "also over a restart");
	is_text(world_state(w, "service/mail-1"), "unreachable", "they stay unreachable");
	world_cut(w, "a-1", false);
	world_run(w, 200);
	is_text(world_faults(w), "link.up link/a-1; incident.closed incident/inc-1",
	    "the line is back, and so are they");
	is_text(world_state(w, "service/mail-1"), "ok", "as it was");

	world_cut(w, "a-1", true);
	world_run(w, 100);
	app("mail-1")->dead = true;
	world_run(w, 60);
	world_cut(w, "a-1", false);
	world_run(w, 8);
	is_text(world_faults(w), "link.down link/a-1; incident.opened incident/inc-2; link.up link/a-1; "
	    "incident.closed incident/inc-2", "back, and a service behind it is not yet: it has time to follow");
	world_run(w, 200);
	is_text(world_faults(w), "service.down service/mail-1; incident.opened incident/inc-3",
	    "it does not follow: down by itself");
	town_free(w);
}

static void
test_need(void)
{
	struct world *w = town(5);

	app("db-1")->dead = app("web-1")->dead = true;
	app_result(app("web-1"));
	world_run(w, 1);
	app_result(app("db-1"));
	world_run(w, 60);
	is_text(world_faults(w), "service.down service/db-1; incident.opened incident/inc-1",
	    "what it needs is down: one incident, of that");
	is_text(world_state(w, "service/web-1"), "unreachable", "whoever needs it is unreachable");
	is_text(word(w, "state/service/web-1", "reason"), "db-1, which it needs, is down", "because of it");
	is_i64((int64_t)json_array_size(json_object_get(world_doc(w, "incident/inc-1"), "members")), 2,
	    "and a member of its incident");
	app("db-1")->dead = app("web-1")->dead = false;
	world_run(w, 120);
	is_text(world_faults(w), "service.up service/db-1; incident.closed incident/inc-1", "both are back");
	is_text(world_state(w, "service/web-1"), "ok", "and ok");
	town_free(w);
}

static void
cert(struct world *w, double days)
{
	struct msg_probe_fact f = { .number = core_service(w->core, "web-1")->number, .name = "cert_days",
		.has_value = 1, .value = days };

	msg_probe_fact_send(w->measure, IPC_PROBE_FACT, 0, &f, -1);
	app_result(app("web-1"));
	world_run(w, 2);
}

/* It stands beside what is known until it is said to be over. */
static void
test_trouble(void)
{
	struct world *w = town(7);
	struct msg_probe_fact f = { .number = core_service(w->core, "web-1")->number, .name = "trouble",
		.text = "cannot ask from here" };

	msg_probe_fact_send(w->measure, IPC_PROBE_FACT, 0, &f, -1);
	world_run(w, 2);
	ok(service_fact(core_service(w->core, "web-1"), "trouble") != NULL, "a trouble is kept");
	f.text[0] = '\0';
	msg_probe_fact_send(w->measure, IPC_PROBE_FACT, 0, &f, -1);
	world_run(w, 2);
	ok(service_fact(core_service(w->core, "web-1"), "trouble") == NULL, "and forgotten when it is over");
	is_text(world_state(w, "service/web-1"), "ok", "the state is another matter");
	town_free(w);
}

static void
test_certificate(void)
{
	struct world *w = town(6);

	cert(w, 30.5);
	is_text(world_faults(w), "", "a month left: nothing to tell");
	is_i64(json_integer_value(json_object_get(world_doc(w, "state/service/web-1"), "cert_days")), 30,
	    "whole days are shown");
	cert(w, 29.9);
	is_text(world_faults(w), "service.degraded service/web-1; incident.opened incident/inc-1", "less: told");
	is_text(world_state(w, "service/web-1"), "degraded", "shown");
	is_text(word(w, "incident/inc-1", "severity"), "warning", "a warning");
	cert(w, 20);
	is_text(world_faults(w), "", "once");
	world_restart(w);
	world_run(w, 5);
	app_result(app("web-1"));
	world_run(w, 2);
	is_text(world_faults(w), "", "a restart is no renewal");
	cert(w, 13.9);
	is_text(world_faults(w), "service.degraded service/web-1; incident.updated incident/inc-1", "it grows worse");
	cert(w, 6);
	world_run(w, 2);
	is_text(word(w, "incident/inc-1", "severity"), "major", "a week: major");
	world_events(w);
	kill_now("web-1");
	world_run(w, 20);
	is_text(world_faults(w), "service.down service/web-1; incident.opened incident/inc-2", "down is another fault");
	app("web-1")->dead = false;
	world_run(w, 120);
	world_events(w);
	is_text(world_state(w, "service/web-1"), "degraded", "back, and still about to end");
	cert(w, 90);
	is_text(world_faults(w), "service.restored service/web-1; incident.closed incident/inc-1", "renewed: over");
	is_text(world_state(w, "service/web-1"), "ok", "ok");
	town_free(w);
}

static void
test_slow(void)
{
	struct world *w = town(7);

	app("web-1")->total_s = 3;
	world_run(w, 110);
	is_text(world_faults(w), "", "slow twice: not yet");
	world_run(w, 60);
	is_text(world_faults(w), "service.degraded service/web-1; incident.opened incident/inc-1",
	    "three slow answers in a row: degraded");
	world_restart(w);
	world_run(w, 70);
	is_text(world_faults(w), "", "a restart does not make it quicker");
	app("web-1")->total_s = 1;
	world_run(w, 130);
	is_text(world_faults(w), "service.restored service/web-1; incident.closed incident/inc-1", "quick again");
	town_free(w);
}

static void
test_gap(void)
{
	struct world *w = town(8);

	app("mail-1")->silent = true;
	world_run(w, 110);
	is_text(world_state(w, "service/mail-1"), "ok", "no result for less than its gap: as it was");
	world_run(w, 60);
	is_text(world_state(w, "service/mail-1"), "unknown", "2.5 of its own intervals: unknown");
	is_text(world_faults(w), "", "which is no event");
	town_free(w);
}

static void
test_leaves(void)
{
	struct world *w = town(9);

	kill_now("mail-1");
	world_run(w, 20);
	world_events(w);
	app("mail-1")->silent = app("web-1")->silent = app("db-1")->silent = true;
	services_are(w, "id,site,kind,target,life\n");
	world_run(w, 5);
	is_text(world_faults(w), "incident.closed incident/inc-1", "one that leaves takes its incident with it");
	is_i64((int64_t)world_retained(w, "state/service/"), 0, "and its topic");
	world_run(w, 5);
	is_i64((int64_t)world_retained(w, "incident/"), 0, "nothing stays");
	town_free(w);
}

static void
test_blind(void)
{
	struct world *w = town(10);

	for (size_t k = 0; k < w->nlines; k++)
		w->line[k].cut = true;
	app("db-1")->dead = app("mail-1")->dead = app("web-1")->dead = true;
	for (size_t k = 0; k < nitems(apps); k++)
		app_result(&apps[k]);
	world_run(w, 60);
	ok(strstr(world_faults(w), "service.down") == NULL, "nothing answers at all: no service is told to be down");
	is_text(world_state(w, "service/db-1"), "unreachable", "they are unreachable");
	town_free(w);
}

/* What is down already when it begins to be judged, or comes to another site, is not lost from sight. */
static void
test_rows_change(void)
{
	static const char head[] = "id,site,kind,target,interval_s,life\ndb-1,b,tcp,10.1.0.2:5432,30,live\n"
				   "web-1,a,tcp,10.1.0.1:443,60,live\n";
	struct world *w = town(11);
	char csv[400];

	snprintf(csv, sizeof(csv), "%smail-1,a,tcp,10.1.0.1:25,60,building\n", head);
	services_are(w, csv);
	kill_now("mail-1");
	world_run(w, 60);
	is_text(world_faults(w), "", "being built: not judged");
	snprintf(csv, sizeof(csv), "%smail-1,a,tcp,10.1.0.1:25,60,live\n", head);
	services_are(w, csv);
	world_run(w, 20);
	is_text(world_faults(w), "service.down service/mail-1; incident.opened incident/inc-1",
	    "in operation, and down before: told");
	is_text(world_state(w, "service/mail-1"), "down", "shown");
	services_are(w, csv);
	world_run(w, 20);
	is_text(world_faults(w), "", "the same row again changes nothing");
	snprintf(csv, sizeof(csv), "%smail-1,b,tcp,10.1.0.1:25,60,live\n", head);
	services_are(w, csv);
	world_run(w, 20);
	is_text(world_faults(w),
	    "incident.closed incident/inc-1; service.down service/mail-1; incident.opened incident/inc-2",
	    "at another site: its fault goes with it");
	is_text(word(w, "opd/b/incident/inc-1", "kind"), "-", "which that site is told nothing of");
	town_free(w);
}

/* Two that need each other are both down: that is no explanation. */
static void
test_circle(void)
{
	struct world *w = town(12);

	core_service(w->core, "db-1")->need[0] = core_service(w->core, "web-1"); /* check lets none through */
	core_service(w->core, "db-1")->nneeds = 1;
	app("db-1")->dead = app("web-1")->dead = true;
	app_result(app("web-1"));
	world_run(w, 1);
	app_result(app("db-1"));
	world_run(w, 60);
	ok(strstr(world_faults(w), "service.down") != NULL, "an outage in a circle is told");
	town_free(w);
}

/* The side that asks sees nothing, and it asks no lines, so no incident of one tells it. */
static void
test_blind_untold(void)
{
	struct world *w = town(13);

	for (size_t k = 0; k < w->nlines; k++)
		w->line[k].mute = true; /* nobody measures the lines: nothing is known of them */
	world_run(w, 60);
	for (size_t k = 0; k < w->nlines; k++)
		w->core->link[k]->seen_up = false; /* nor was it ever */
	world_events(w);
	app("db-1")->dead = app("mail-1")->dead = app("web-1")->dead = true;
	for (size_t k = 0; k < nitems(apps); k++)
		app_result(&apps[k]);
	world_run(w, 120);
	ok(strstr(world_faults(w), "service.down") != NULL, "no line tells it: the services do");
	town_free(w);
}

/* Of two that it needs the first has only lost a round; the second is down. */
static void
test_two_needs(void)
{
	static const char csv[] = "id,site,kind,target,interval_s,depends,life\ndb-1,b,tcp,10.1.0.2:5432,30,,live\n"
				  "mail-1,a,tcp,10.1.0.1:25,60,,live\n"
				  "web-1,a,tcp,10.1.0.1:443,60,mail-1|db-1,live\n";
	struct world *w = town(14);
	struct service_live *web, *mail;

	services_are(w, csv);
	kill_now("db-1");
	world_run(w, 30);
	world_events(w);
	mail = core_service(w->core, "mail-1");
	web = core_service(w->core, "web-1");
	app("mail-1")->silent = true;
	mail->rounds.failed = 1;
	kill_now("web-1");
	world_run(w, 60);
	ok(web->down.verdict == VERDICT_MEMBER, "explained");
	is_text(word(w, "state/service/web-1", "incident"), "inc-1", "in the incident of what is down");
	town_free(w);
}

static void
test_another_target(void)
{
	struct world *w = town(15);
	struct msg_probe_fact f = {
	    .number = core_service(w->core, "mail-1")->number, .name = "banner", .has_value = 1, .value = 1};

	msg_probe_fact_send(w->measure, IPC_PROBE_FACT, 0, &f, -1);
	kill_now("mail-1");
	world_run(w, 20);
	world_events(w);
	app("mail-1")->silent = true;
	services_are(w, "id,site,kind,target,life\ndb-1,b,tcp,10.1.0.2:5432,live\n"
			"web-1,a,tcp,10.1.0.1:443,live\nmail-1,a,tcp,10.1.0.1:26,live\n");
	is_text(world_faults(w), "incident.closed incident/inc-1", "another target: the fault was of the old one");
	is_text(world_state(w, "service/mail-1"), "unknown", "nothing is known of the new one");
	ok(service_fact(core_service(w->core, "mail-1"), "banner") == NULL, "nor what stood beside its results");
	town_free(w);
}

int
main(void)
{
	test_plan();
	test_down();
	test_one_lost();
	test_line();
	test_need();
	test_trouble();
	test_certificate();
	test_slow();
	test_gap();
	test_leaves();
	test_blind();
	test_rows_change();
	test_circle();
	test_blind_untold();
	test_two_needs();
	test_another_target();
	return tap_done();
}
