/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine.c: the schedule of the probes.
 *
 * Each target has a phase within its interval that comes from the hash of its reference, so starts are spread evenly, and
 * are the same after a restart. The phase counts on the monotonic clock. A target in the wheel costs nothing until it is
 * due; whatever the starts of one tick want to send leaves together when the wheel has run.
 */
#include "probes/engine.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "probes/dialog_tls.h"
#include "probes/resolve.h"
#include "probes/recorder.h"
#include "probes/way.h"

#define TICK_NS	    PACKET_TURN_NS
#define INTERVAL_MIN_MS (PROBE_INTERVAL_MIN_S * 1000u)

static size_t
registry_index(const struct probe_ops *ops)
{
	size_t i;

	for (i = 0; probe_registry[i] != ops; i++)
		;
	return i;
}

static void
words_free(struct probe_words *w)
{
	if (w == NULL)
		return;
	free(w->ask);
	free(w->expect);
	free(w->credential);
	free(w);
}

static void
probe_free(struct probe *p)
{
	wheel_cancel(p->engine->wheel, &p->due);
	p->ops->cancel(p);
	ask_forget(p);
	words_free(p->words);
	free(p->path);
	free(p);
}

/* ---- results ---- */

struct sample *
probe_sample(struct probe *p)
{
	struct sample *s = &p->engine->sample;

	s->series = p->number;
	s->wall_ns = loop_wall_ns(p->engine->loop);
	s->seconds = 0;
	return s;
}

void
probe_sample_send(struct probe *p)
{
	p->engine->sink.sample(p->engine->sink.arg, &p->engine->sample);
}

static double
one_byte(unsigned v)
{
	return v < UINT8_MAX ? v : UINT8_MAX;
}

void
probe_result(struct probe *p, const struct probe_round *r)
{
	struct sample *s = probe_sample(p);

	s->type = SAMPLE_ROUND;
	s->quality = r->quality;
	s->n = ROUND_VALUES;
	s->value[ROUND_SENT] = one_byte(r->sent);
	s->value[ROUND_ANSWERED] = one_byte(r->answered);
	s->value[ROUND_DUPLICATE] = one_byte(r->duplicate);
	s->value[ROUND_LATE] = one_byte(r->late);
	s->value[ROUND_RTT_P50_S] = r->rtt_p50_s;
	s->value[ROUND_REORDERED] = one_byte(r->reordered);
	probe_sample_send(p);
	if (p->asked != NULL)
		ask_result(p, r);
}

/* ---- results of what is asked by name ---- */

static void
answer_rates(struct probe *p, const struct probe_answer *a)
{
	struct sample *s = probe_sample(p);

	s->type = SAMPLE_RATE;
	s->quality = a->quality;
	s->seconds = (double)p->interval_ns / NS_PER_S;
	s->n = SERVICE_RATES;
	s->value[SERVICE_OK_RATIO] = a->quality == QUALITY_UNKNOWN ? NAN : a->quality == QUALITY_GOOD;
	s->value[SERVICE_TOTAL_S] = a->total_s;
	s->value[SERVICE_TTFB_S] = a->ttfb_s;
	probe_sample_send(p);
}

/* Why we could not ask is no state of the service. It is told beside what is known of it, until we can ask again. */
static void
answer_trouble(struct probe *p, const struct probe_answer *a)
{
	bool unknown = a->quality == QUALITY_UNKNOWN;

	if (unknown || p->words->trouble)
		probe_fact(p, "trouble", NAN, unknown ? a->why : NULL);
	p->words->trouble = unknown;
}

/* That we could not ask says nothing of it: what core knows stands. */
static void
answer_state(struct probe *p, const struct probe_answer *a)
{
	struct msg_target_state st = { .number = p->number, .wall_ns = loop_wall_ns(p->engine->loop) };
	const char	       *why = a->quality == QUALITY_GOOD || a->why == NULL ? "" : a->why;
	uint64_t		hash = hash_text(why);

	st.state = a->quality == QUALITY_GOOD ? TARGET_ANSWERING : a->silent ? TARGET_SILENT : TARGET_WRONG;
	if (a->quality == QUALITY_UNKNOWN || (p->words->told == st.state && p->words->told_why == hash))
		return;
	p->words->told = st.state;
	p->words->told_why = hash;
	text_copy(st.reason, sizeof(st.reason), why);
	p->engine->sink.state(p->engine->sink.arg, &st);
}

void
probe_answer(struct probe *p, const struct probe_answer *a)
{
	answer_trouble(p, a);
	answer_rates(p, a);
	answer_state(p, a);
	probe_result(p, &(struct probe_round){ .quality = a->quality, .sent = a->quality != QUALITY_UNKNOWN,
	    .answered = a->quality == QUALITY_GOOD, .rtt_p50_s = a->quality == QUALITY_GOOD ? a->total_s : NAN });
}

void
probe_fact(struct probe *p, const char *name, double value, const char *text)
{
	struct msg_probe_fact f = { .number = p->number, .has_value = isfinite(value) };

	if (p->engine->sink.fact == NULL)
		return;
	text_copy(f.name, sizeof(f.name), name);
	f.value = f.has_value ? value : 0;
	if (text != NULL)
		text_visible(f.text, sizeof(f.text), text, strlen(text));
	p->engine->sink.fact(p->engine->sink.arg, &f);
}

struct resolver *
probe_resolver(struct probe_engine *e)
{
	if (e->resolver == NULL) {
		e->resolver = resolver_new(e->loop, NULL);
		resolver_way(e->resolver, &e->io->way);
	}
	return e->resolver;
}

void
probe_engine_tell_again(struct probe_engine *e)
{
	struct probe *p;
	size_t	      at = 0;

	while ((p = nmap_next(e->probes, &at)) != NULL)
		if (p->words != NULL) {
			p->words->told = 0;
			p->words->trouble = true;
		}
}

/* ---- paths ---- */

static void
path_look(struct probe *p)
{
	struct packet_io *io = p->engine->io;

	p->path->index = p->path->interface[0] == '\0' || io->ops->interface == NULL ? 0 :
		io->ops->interface(io, p->path->interface);
}

struct packet_path
probe_path_now(struct probe *p)
{
	if (p->path == NULL)
		return (struct packet_path){ 0 };
	if (p->path->index < 0)
		path_look(p);
	return (struct packet_path){ .source = p->path->source, .interface = p->path->index };
}

/* EINVAL: the source address is not ours, or no longer on that interface. */
void
probe_path_failed(struct probe *p, int error)
{
	if (p->path == NULL)
		return;
	path_look(p);
	p->engine->no_path += error == ENODEV || error == ENXIO || error == EADDRNOTAVAIL || error == EINVAL;
}

/* ---- the schedule ---- */

static void
probe_due(void *arg)
{
	struct probe *p = arg;
	int64_t	      now = loop_mono_ns(p->engine->loop), next;

	p->planned_ns = p->due.due_ns;
	next = p->planned_ns + p->interval_ns;
	if (next <= now)	/* we slept: what was missed is missed, the phase is kept */
		next += (now - next) / p->interval_ns * p->interval_ns + p->interval_ns;
	wheel_set(p->engine->wheel, &p->due, next, probe_due, p);
	if (p->ops->start(p) == -1)
		probe_result(p, &(struct probe_round){ .quality = QUALITY_UNKNOWN, .rtt_p50_s = NAN });
}

static int64_t
first_due(const struct probe *p, const char *ref)
{
	int64_t now = loop_mono_ns(p->engine->loop), phase, due;

	phase = (int64_t)(hash_u64(hash_text(ref)) % (uint64_t)p->interval_ns);
	due = now - now % p->interval_ns + phase - phase % TICK_NS;
	return due < now ? due + p->interval_ns : due;
}

static int64_t
interval_of(const struct msg_target *t)
{
	return (t->interval_ms > INTERVAL_MIN_MS ? t->interval_ms : INTERVAL_MIN_MS) * NS_PER_MS;
}

static int64_t
timeout_of(const struct msg_target *t, const struct msg_target_words *words)
{
	uint32_t max_ms = (words != NULL ? PROBE_ASKED_TIMEOUT_MAX_S : PROBE_TIMEOUT_MAX_S) * 1000u;
	int64_t	 ns = (t->timeout_ms < max_ms ? t->timeout_ms : max_ms) * NS_PER_MS;

	return ns < interval_of(t) ? ns : interval_of(t);
}

static bool
has_words(const struct probe *p, const struct msg_target *t, const struct msg_target_words *words)
{
	const struct probe_words *has = p->words;

	return strcmp(has != NULL ? has->ask : "", words != NULL ? words->ask : "") == 0 &&
	       strcmp(has != NULL ? has->expect : "", words != NULL ? words->expect : "") == 0 &&
	       strcmp(has != NULL ? has->credential : "", t->credential) == 0;
}

static bool
has_path(const struct probe *p, const struct msg_target *t)
{
	const struct probe_path as_routed = { 0 }, *path = p->path != NULL ? p->path : &as_routed;

	return addr_equal(&path->source, &t->source) && strcmp(path->interface, t->interface) == 0;
}

static bool
probe_is(const struct probe *p, const struct probe_ops *ops, const struct msg_target *t,
    const struct msg_target_words *words)
{
	return p->ops == ops && addr_equal(&p->address, &t->address) && p->port == t->port &&
	       p->interval_ns == interval_of(t) && p->timeout_ns == timeout_of(t, words) && has_words(p, t, words) &&
	       has_path(p, t);
}

static struct probe_words *
words_new(const struct msg_target *t, const struct msg_target_words *words)
{
	struct probe_words *w;

	if (words == NULL && t->credential[0] == '\0')
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->ask = xstrdup(words != NULL ? words->ask : "");
	w->expect = xstrdup(words != NULL ? words->expect : "");
	w->credential = xstrdup(t->credential);
	w->trouble = true;	/* of the last one of this number */
	return w;
}

static struct probe_path *
path_new(const struct msg_target *t)
{
	struct probe_path *path;

	if (t->source.family == 0 && t->interface[0] == '\0')
		return NULL;
	path = xcalloc(1, sizeof(*path));
	path->source = t->source;
	text_copy(path->interface, sizeof(path->interface), t->interface);
	return path;
}

/* Can this probe measure what is told? @return NULL, or what it cannot */
static const char *
cannot(const struct probe_ops *ops, const struct msg_target *t, const struct msg_target_words *words)
{
	if (words != NULL)
		return ops->asked ? NULL : "a service";
	if (!ops->line)
		return "a line";
	return t->address.family != 0 || ops->calls ? NULL : "without an address";
}

int
probe_engine_target(struct probe_engine *e, const struct msg_target *t, const struct msg_target_words *words,
    uint32_t plan)
{
	const struct probe_ops *ops = probe_find(t->method);
	struct probe	       *p = nmap_get(e->probes, t->number);
	const char	       *what;
	char			why[200];

	if (ops == NULL) {
		log_warnx("%s: there is no probe named \"%s\"", t->ref, t->method);
		return -1;
	}
	if ((what = cannot(ops, t, words)) != NULL) {
		log_warnx("%s: \"%s\" cannot probe %s", t->ref, ops->name, what);
		return -1;
	}
	if (words != NULL && ops->accepts != NULL && ops->accepts(words->ask, words->expect, why, sizeof(why)) == -1) {
		log_warnx("%s: %s", t->ref, why);
		return -1;
	}
	if (p != NULL && probe_is(p, ops, t, words)) {
		p->plan = plan;
		return 0;
	}
	if (p != NULL)
		probe_free(nmap_remove(e->probes, t->number));
	p = xcalloc(1, sizeof(*p) + ops->state_size);
	p->ops = ops;
	p->engine = e;
	p->shared = e->shared[registry_index(ops)];
	p->state = p + 1;
	p->address = t->address;
	p->port = t->port;
	p->number = t->number;
	p->interval_ns = interval_of(t);
	p->timeout_ns = timeout_of(t, words);
	p->words = words_new(t, words);
	p->path = path_new(t);
	if (p->path != NULL)
		path_look(p);
	p->plan = plan;
	nmap_add(e->probes, p->number, p);
	wheel_set(e->wheel, &p->due, first_due(p, t->ref), probe_due, p);
	return 0;
}

void
probe_engine_sweep(struct probe_engine *e, uint32_t plan)
{
	struct probe *p;
	size_t	      at = 0;

	while ((p = nmap_next(e->probes, &at)) != NULL)
		if (p->plan != plan)
			probe_free(nmap_remove(e->probes, p->number));
}

void
probe_engine_packet(struct probe_engine *e, const struct packet_in *in)
{
	size_t i;

	if (ways_packet(e->ways, in))
		return;
	for (i = 0; probe_registry[i] != NULL; i++)
		if (probe_registry[i]->packet != NULL)
			probe_registry[i]->packet(e->shared[i], in);
}

static void
tick_end(void *arg)
{
	struct probe_engine *e = arg;
	size_t		     i;

	for (i = 0; probe_registry[i] != NULL; i++)
		if (probe_registry[i]->flush != NULL)
			probe_registry[i]->flush(e->shared[i]);
}

/* ---- recording ---- */

void
probe_engine_trace(struct probe_engine *e, const struct msg_trace_now *now)
{
	struct probe *p = nmap_get(e->probes, now->number);

	if (e->ways != NULL && p != NULL && p->address.family != 0)
		ways_trace(e->ways, p, now);
}

void
probe_engine_record_anew(struct probe_engine *e)
{
	if (e->recorder == NULL)
		return;
	recorder_reset(e->recorder);
	ways_reset(e->ways);
}

/* ---- making ---- */

struct probe_engine *
probe_engine_new(struct loop *l, struct packet_io *io, const struct sink *sink, probe_asked_fn asked, void *arg)
{
	struct probe_engine *e = xcalloc(1, sizeof(*e));
	size_t		     i;

	e->loop = l;
	e->io = io;
	e->secrets_fd = -1;
	e->sink = *sink;
	e->asked = asked;
	e->asked_arg = arg;
	e->probes = nmap_new();
	e->wheel = wheel_new(l, TICK_NS);
	wheel_after_run(e->wheel, tick_end, e);
	if (sink->frame != NULL) {
		e->ways = ways_new(l, io, sink->frame, sink->arg);
		e->recorder = recorder_new(e, sink->frame, sink->arg);
	}
	for (i = 0; probe_registry[i] != NULL; i++)
		if (probe_registry[i]->open != NULL)
			e->shared[i] = probe_registry[i]->open(e);
	return e;
}

void
probe_engine_secrets(struct probe_engine *e, int dir_fd)
{
	e->secrets_fd = dir_fd;
}

void
probe_engine_free(struct probe_engine *e)
{
	struct probe *p;
	size_t	      i, at = 0;

	if (e == NULL)
		return;
	ask_free_all(e);
	while ((p = nmap_next(e->probes, &at)) != NULL)
		probe_free(p);
	recorder_free(e->recorder);
	ways_free(e->ways);
	for (i = 0; probe_registry[i] != NULL; i++)
		if (probe_registry[i]->close != NULL)
			probe_registry[i]->close(e->shared[i]);
	dialog_trust_free(e->trust);
	resolver_free(e->resolver);
	wheel_free(e->wheel);
	nmap_free(e->probes);
	free(e);
}

void
probe_engine_counters(struct probe_engine *e, struct msg_counters *out)
{
	size_t i;

	msg_counters_add(out, "probe.targets", nmap_count(e->probes));
	msg_counters_add(out, "probe.bursts", e->bursts);
	msg_counters_add(out, "probe.no_path", e->no_path);
	msg_counters_add(out, "probe.lag_p50_us", lag_quantile_us(&e->lag, 50));
	msg_counters_add(out, "probe.lag_p99_us", lag_quantile_us(&e->lag, 99));
	msg_counters_add(out, "probe.lag_max_us", e->lag.max_us);
	msg_counters_add(out, "probe.kernel_drops", e->io->kernel_drops);
	if (e->resolver != NULL)
		msg_counters_add(out, "probe.names_asked", resolver_asked(e->resolver));
	e->lag = (struct lag){ 0 };
	if (e->recorder != NULL) {
		recorder_counters(e->recorder, out);
		ways_counters(e->ways, out);
	}
	for (i = 0; probe_registry[i] != NULL; i++)
		if (probe_registry[i]->counters != NULL)
			probe_registry[i]->counters(e->shared[i], out);
}
