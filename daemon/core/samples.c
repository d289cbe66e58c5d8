/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * samples.c: samples on their way in. Nearly all are rounds that change nothing: those cost one look-up
 * and a few comparisons, and touch neither the ledger nor any document.
 */
#include "core/samples.h"

#include <math.h>
#include <stdio.h>

#include "alert/alert.h"
#include "base/log.h"
#include "core/capacity.h"
#include "core/private.h"
#include "core/sensors.h"
#include "core/services.h"
#include "core/traps.h"
#include "core/ways.h"
#include "live/counters.h"

struct arrival {
	struct core *core;
	int64_t	     mono_minus_wall;	/* of the frame's base */
};

static void
take_round(struct core *c, struct link_live *l, const struct sample *s, int64_t mono_ns)
{
	bool answered = s->value[ROUND_ANSWERED] > 0;

	if (s->quality == QUALITY_UNKNOWN)
		return;
	l->rtt_s = answered ? s->value[ROUND_RTT_P50_S] : NAN;
	if (answered)
		l->proven_ns = s->wall_ns;
	if (!link_rounds_result(&l->rounds, &link_settings_of(&c->set, l->link)->rounds, answered, s->wall_ns, mono_ns))
		return;
	core_fact(c, l->number, &l->rounds);
	verdict_rounds_changed(c, l);
}

static void
take_delays(struct core *c, struct link_live *l, const struct sample *s)
{
	l->loss_ratio = s->value[DELAY_LOSS_RATIO];
	l->rtt_p50_s = s->value[DELAY_RTT_P50_S];
	l->pdv_p95_s = s->value[DELAY_PDV_P95_S];
	l->minute_ns = s->wall_ns;
	quality_value(c, l, WATCHED_LOSS_RATIO, s->value[DELAY_LOSS_RATIO], s->wall_ns, s->seconds);
	quality_value(c, l, WATCHED_RTT_P50_S, s->value[DELAY_RTT_P50_S], s->wall_ns, s->seconds);
}

static void
take_rates(struct core *c, struct link_live *l, const struct sample *s)
{
	double rate[LINK_RATES];

	for (unsigned k = 0; k < LINK_RATES; k++)
		rate[k] = k < s->n ? s->value[k] : NAN;
	l->rx_bps = rate[LINK_RX_BPS];
	l->tx_bps = rate[LINK_TX_BPS];
	core_capacity_rates(c, l, s->wall_ns, s->seconds);
	quality_value(c, l, WATCHED_RX_ERRORS_PS, rate[LINK_RX_ERRORS_PS], s->wall_ns, s->seconds);
	quality_value(c, l, WATCHED_TX_ERRORS_PS, rate[LINK_TX_ERRORS_PS], s->wall_ns, s->seconds);
}

static void
take_service(struct arrival *a, struct service_live *v, const struct sample *s)
{
	if (s->type == SAMPLE_ROUND)
		core_service_round(a->core, v, s, s->wall_ns + a->mono_minus_wall);
	else if (s->type == SAMPLE_RATE)
		core_service_rate(a->core, v, s);
}

static void
take_sample(void *arg, const struct sample *s)
{
	struct arrival	    *a = arg;
	struct link_live    *l = nmap_get(a->core->link_by_number, s->series);
	struct service_live *v = l == NULL ? nmap_get(a->core->service_by_number, s->series) : NULL;

	if (v != NULL) {
		take_service(a, v, s);
		return;
	}
	if (l == NULL) {
		core_sensor_sample(a->core, s);
		traps_sample(a->core, s);
		return;
	}
	switch (s->type) {
	case SAMPLE_ROUND:
		take_round(a->core, l, s, s->wall_ns + a->mono_minus_wall);
		break;
	case SAMPLE_DELAY:
		take_delays(a->core, l, s);
		break;
	case SAMPLE_RATE:
		take_rates(a->core, l, s);
		break;
	default:
		break;
	}
}

int
core_samples(struct core *c, const uint8_t *payload, size_t len)
{
	struct cursor  base = cursor_of(payload, len);
	struct arrival a = { .core = c };

	a.mono_minus_wall = -(int64_t)cursor_u64le(&base);
	a.mono_minus_wall += (int64_t)cursor_u64le(&base);
	return base.bad || samples_each(payload, len, take_sample, &a) == -1 ? -1 : 0;
}

/* ---- facts for the history ---- */

/* What does not fit into one frame while store is away is left out: states are in the ledger anyway. */
static void
facts_are_full(struct core *c)
{
	core_facts_send(c);
	if (c->priv->facts.count == 0)
		return;
	log_warnx("store is away: %zu changes of state are left out of the history",
	    (size_t)c->priv->facts.count);
	core_counter(c, "core/facts.left_out")->value += c->priv->facts.count;
	sample_batch_reset(&c->priv->facts);
}

void
core_fact(struct core *c, uint32_t number, const struct link_rounds *r)
{
	struct sample s = { .series = number, .type = SAMPLE_FACT, .wall_ns = loop_wall_ns(c->loop) };
	char	      t[TIME_TEXT_MAX];

	snprintf(s.text, sizeof(s.text), "state %s since %s", rounds_say_names[r->say],
	    text_utc(t, sizeof(t), r->since_ns));
	core_sample_out(c, &s);
}

void
core_sample_out(struct core *c, const struct sample *s)
{
	if (sample_batch_add(&c->priv->facts, s, loop_wall_ns(c->loop), loop_mono_ns(c->loop)))
		facts_are_full(c);
	core_wake(c);
}

void
core_facts_send(struct core *c)
{
	struct sample_batch *b = &c->priv->facts;

	if (b->count == 0 || c->store == NULL)
		return;
	if (ipc_send(c->store, IPC_SAMPLES, 0, b->payload.data, b->payload.len, -1) == 0)
		c->priv->facts_given++;
	else
		core_counter(c, "core/facts.left_out")->value += b->count;
	sample_batch_reset(b);
}

/* ---- no samples ---- */

static void
sweep(void *arg)
{
	struct core	 *c = arg;
	struct link_live *l;
	int64_t		  now = loop_mono_ns(c->loop);
	size_t		  k;

	for (k = 0; c->inv != NULL && k < c->inv->nlinks; k++) {
		l = c->link[k];
		quality_sweep(c, l, loop_wall_ns(c->loop));
		core_ways_sweep(c, l, now);
		if (link_rounds_gap(&l->rounds, &link_settings_of(&c->set, l->link)->rounds, now)) {
			core_fact(c, l->number, &l->rounds);
			verdict_rounds_changed(c, l);
		}
	}
	if (c->inv != NULL)
		core_services_sweep(c, now);
	core_sweep_start(c);
}

void
core_sweep_start(struct core *c)
{
	loop_timer_set(c->loop, &c->priv->sweep, loop_mono_ns(c->loop) + CORE_SWEEP_NS, sweep, c);
}
