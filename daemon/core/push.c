/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * push.c: jobs that report by themselves (push.h). A report is as good as its token, and says one thing: how
 * the job ended. That it is late is judged here, by our clock, from the last report.
 */
#include "core/push.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "alert/alert.h"
#include "base/log.h"
#include "base/secret.h"
#include "core/private.h"
#include "core/samples.h"
#include "core/services.h"
#include "live/service.h"
#include "sample/sample.h"

#define OFTEN_NS    NS_PER_S /* between two reports of one service */
#define TOKEN_LEAST 16       /* octets: a shorter one could be guessed */
#define TOKEN_MAX   256
#define SAMPLE_S    60.0

/* ---- the token ---- */

/* @return its length; 0: there is none that is good, which the log is told once */
static size_t
secret_of(const struct core *c, struct service_live *s, char want[TOKEN_MAX + 2])
{
	const char *file = s->service->target;
	char why[300];
	ssize_t n = secret_read(c->push_fd, "secrets/push", file, want, TOKEN_MAX + 1, why, sizeof(why));
	size_t len = 0;

	if (n >= 0) {
		want[n] = '\0';
		len = strcspn(want, "\r\n");
		snprintf(why, sizeof(why), "secrets/push/%s must hold one line of %d to %d characters", file,
		    TOKEN_LEAST, TOKEN_MAX);
	}
	if (len >= TOKEN_LEAST && len <= TOKEN_MAX) {
		s->push->no_secret = false;
		return len;
	}
	if (n >= -1 && !s->push->no_secret) {
		s->push->no_secret = true;
		log_warnx("service %s cannot report: %s", s->service->id, why);
	}
	return 0;
}

/* Takes as long for one that is right as for one that is wrong from its first octet on. */
static bool
token_is_right(const struct core *c, struct service_live *s, const char *token)
{
	char want[TOKEN_MAX + 2] = "", got[TOKEN_MAX + 2] = "";
	size_t len = secret_of(c, s, want);
	uint8_t differ = len == 0;

	text_copy(got, sizeof(got), token);
	for (size_t i = 0; i < len; i++)
		differ |= (uint8_t)(want[i] ^ got[i]);
	differ |= strlen(token) != len;
	explicit_bzero(want, sizeof(want));
	explicit_bzero(got, sizeof(got));
	return differ == 0;
}

/* ---- what it means ---- */

static void
fact(struct service_live *s, const char *name, double value, const char *text)
{
	struct msg_probe_fact f = {.number = s->number, .has_value = !isnan(value), .value = value};

	text_copy(f.name, sizeof(f.name), name);
	text_copy(f.text, sizeof(f.text), text);
	core_service_note(s, &f);
}

static void
facts(struct service_live *s)
{
	const struct push_state *p = s->push;
	char t[TIME_TEXT_MAX];

	fact(s, "last_success", NAN, p->good_ns != 0 ? text_utc(t, sizeof(t), p->good_ns) : "none yet");
	fact(s, "status", NAN, p->last.status);
	if (!isnan(p->last.size))
		fact(s, "size_bytes", p->last.size, "");
	if (!isnan(p->last.duration_s))
		fact(s, "duration_s", p->last.duration_s, "");
}

static void
worry(struct core *c, struct service_live *s, const struct push_terms *t)
{
	const struct push_state *p = s->push;
	char why[120] = "";
	double median;

	if (push_is_shrinking(p, t, &median))
		snprintf(why, sizeof(why), "shrinking: %.0f octets, less than %.0f %% of the usual %.0f",
		    p->last.size, t->min_ratio * 100, median);
	else if (p->last.duration_s > t->max_s)
		snprintf(why, sizeof(why), "took %.0f s; the limit is %.0f s", p->last.duration_s, t->max_s);
	service_worry(c, s, why[0] != '\0' ? SEVERITY_WARNING : SEVERITY_INFO, why);
}

static void
say(struct core *c, struct service_live *s, enum rounds_say say, int64_t since_ns, const char *reason)
{
	if (say == ROUNDS_DOWN && s->rounds.say == say && s->down.incident != NULL &&
	    strcmp(s->reason, reason) != 0)
		incident_fact(s->down.incident, loop_wall_ns(c->loop), "%s: %s", s->service->id, reason);
	text_copy(s->reason, sizeof(s->reason), reason);
	s->rounds.failed = say == ROUNDS_DOWN;
	s->rounds.answered = say == ROUNDS_UP;
	s->live.unsaved = true;
	core_mark(c, &s->live);
	if (s->rounds.say == say)
		return;
	s->rounds.say = (uint8_t)say;
	s->rounds.since_ns = since_ns;
	core_fact(c, s->number, &s->rounds);
	service_rounds_changed(c, s);
}

/* @param why  out: for people; "" when all is well */
static enum rounds_say
verdict(const struct service_live *s, const struct push_terms *t, int64_t now, char *why, size_t size)
{
	char time[TIME_TEXT_MAX];

	*why = '\0';
	if (push_is_late(s->push, t, now)) {
		snprintf(why, size, "late: the last report came at %s",
		    text_utc(time, sizeof(time), s->push->last_ns));
		return ROUNDS_DOWN;
	}
	if (push_is_good(s->push))
		return ROUNDS_UP;
	snprintf(why, size, "failed: it reported \"%s\"", s->push->last.status);
	return ROUNDS_DOWN;
}

void
core_push_judge(struct core *c, struct service_live *s)
{
	int64_t now = loop_wall_ns(c->loop), since_ns = s->push->last_ns;
	struct push_terms t;
	enum rounds_say is;
	char why[200];

	if (since_ns == 0 || push_terms_parse(&t, s->service->expect, why, sizeof(why)) == -1)
		return;
	is = verdict(s, &t, now, why, sizeof(why));
	if (push_is_late(s->push, &t, now))
		since_ns += t.late_ns;
	if (is == s->rounds.say && strcmp(why, s->reason) == 0)
		return;
	say(c, s, is, since_ns, why);
	if (is == ROUNDS_UP)
		worry(c, s, &t);
}

void
core_push_recall(struct core *c, struct service_live *s)
{
	struct push_terms t;
	char why[200];

	if (s->push->last_ns == 0)
		return;
	facts(s);
	s->total_s = s->push->last.duration_s;
	if (push_terms_parse(&t, s->service->expect, why, sizeof(why)) == 0 &&
	    verdict(s, &t, loop_wall_ns(c->loop), why, sizeof(why)) == (enum rounds_say)s->rounds.say)
		text_copy(s->reason, sizeof(s->reason), why);
}

/* ---- reports ---- */

static void
sample_out(struct core *c, const struct service_live *s)
{
	struct sample v = {.series = s->number,
	    .type = SAMPLE_RATE,
	    .quality = QUALITY_GOOD,
	    .n = SERVICE_RATES,
	    .wall_ns = s->push->last_ns,
	    .seconds = SAMPLE_S};

	v.value[SERVICE_OK_RATIO] = push_is_good(s->push);
	v.value[SERVICE_TOTAL_S] = s->push->last.duration_s;
	v.value[SERVICE_TTFB_S] = NAN;
	core_sample_out(c, &v);
}

enum push_answer
core_push(struct core *c, const char *id, const char *token, const struct push_report *r)
{
	struct service_live *s = core_service(c, id);
	int64_t now = loop_wall_ns(c->loop);
	struct push_terms t;
	char why[200];

	if (s == NULL || !service_is_push(s->service) || s->service->life == LIFE_PLANNED ||
	    s->service->life == LIFE_RETIRED || !token_is_right(c, s, token))
		return PUSH_REFUSED;
	if (s->push->last_ns != 0 && now >= s->push->last_ns && now - s->push->last_ns < OFTEN_NS)
		return PUSH_TOO_OFTEN;
	push_take(s->push, r, now);
	s->rounds.last_ns = now;
	s->rounds.last_mono_ns = loop_mono_ns(c->loop);
	s->total_s = r->duration_s;
	facts(s);
	sample_out(c, s);
	core_push_judge(c, s);
	if (s->rounds.say == ROUNDS_UP && push_terms_parse(&t, s->service->expect, why, sizeof(why)) == 0)
		worry(c, s, &t);
	s->live.unsaved = true;
	core_mark(c, &s->live);
	return PUSH_TAKEN;
}
