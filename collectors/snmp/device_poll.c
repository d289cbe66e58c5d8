/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * device_poll.c: what is asked of a device in a poll, and what becomes of the answers.
 *
 * All PDUs of a poll leave together; each has sysUpTime and snmpEngineBoots of its own, so that its counters
 * are guarded by the time at which they were read. A poll may be repeated within itself (after tooBig, a
 * walk, a lost big PDU); a collector takes each row only once, so a repetition fills the gaps and changes
 * nothing else.
 */
#include "collectors/snmp/device.h"

#include <stdlib.h>
#include <string.h>
#include "base/log.h"

static const struct snmp_column sys_up_time = { "sysUpTime", true, SNMP_ARCS(1, 3, 6, 1, 2, 1, 1, 3) };
static const struct snmp_column engine_boots = {
	"snmpEngineBoots", true, SNMP_ARCS(1, 3, 6, 1, 6, 3, 10, 2, 1, 2)
};

static void poll_judge(struct device *d);

/* The plan */

void
poll_plan_row(struct poll_plan *plan, const struct wanted_row *want)
{
	uint32_t turns = poll_turns(plan->interval_s, want->every_s);

	if (want->columns == 0)
		return;
	if (plan->n == plan->size) {
		plan->size = plan->size != 0 ? 2 * plan->size : 8;
		plan->row = xrealloc(plan->row, plan->size, sizeof(*plan->row));
	}
	if (plan->narcs + want->nindex > plan->arcs_size) {
		plan->arcs_size = 2 * plan->arcs_size + want->nindex;
		plan->arc = xrealloc(plan->arc, plan->arcs_size, sizeof(*plan->arc));
	}
	memcpy(&plan->arc[plan->narcs], want->index, want->nindex * sizeof(*plan->arc));
	plan->row[plan->n++] = (struct plan_row){ .collector = plan->collector, .nindex = want->nindex,
		.turns = (uint16_t)(turns < UINT16_MAX ? turns : UINT16_MAX),
		.index_at = (uint32_t)plan->narcs, .tag = want->tag, .columns = want->columns };
	plan->narcs += want->nindex;
}

/* The PDUs in flight are over, answered or not. */
void
pdus_stop(struct device *d)
{
	for (size_t i = 0; i < d->pdus_sent; i++)
		exchange_stop(&d->pdu[i].x);
	free(d->pdu);
	d->pdu = NULL;
	d->pdus_sent = d->pdus_open = 0;
}

static void
plan_pdus_free(struct device *d)
{
	pdus_stop(d);
	for (size_t i = 0; i < d->plan.npdus; i++)
		request_pool_give_back(d->env->pool, d->plan.pdu[i].request);
	free(d->plan.pdu);
	d->plan.pdu = NULL;
	d->plan.npdus = 0;
}

void
plan_free(struct device *d)
{
	plan_pdus_free(d);
	free(d->plan.row);
	free(d->plan.arc);
	d->plan = (struct poll_plan){ 0 };
}

static size_t
head_asks(const struct device *d, struct snmp_ask *ask)
{
	size_t n = 0;

	ask[n++] = (struct snmp_ask){ .column = &sys_up_time };
	if (d->has_boots)
		ask[n++] = (struct snmp_ask){ .column = &engine_boots };
	return n;
}

/*
 * Rows by rising turns, else in their order. There are few different ones, and all are of one turn mostly.
 */
static void
plan_sort(struct poll_plan *plan)
{
	struct plan_row *sorted = xcalloc(plan->n + 1, sizeof(*sorted));
	uint32_t	 turns = 1, next;
	size_t		 n = 0;

	for (; n < plan->n; turns = next) {
		next = UINT32_MAX;
		for (size_t i = 0; i < plan->n; i++)
			if (plan->row[i].turns == turns)
				sorted[n++] = plan->row[i];
			else if (plan->row[i].turns > turns && plan->row[i].turns < next)
				next = plan->row[i].turns;
	}
	free(plan->row);
	plan->row = sorted;
}

/*
 * One PDU with the rows of these turns from `first` on, as many as fit but at least one if there are any.
 * @return how many
 */
static size_t
pdu_plan(struct device *d, struct planned_pdu *pdu, size_t first, uint16_t turns)
{
	struct snmp_ask	    ask[VARBINDS_MAX + COLLECTOR_COLUMNS_MAX];
	struct snmp_request request = { 0 };
	size_t		    n = head_asks(d, ask), row;
	size_t		    max = d->varbinds_max < d->varbinds_frame ? d->varbinds_max : d->varbinds_frame;

	for (row = first; row < d->plan.n && d->plan.row[row].turns == turns; row++) {
		const struct plan_row	 *r = &d->plan.row[row];
		const struct snmp_column *column = d->collector[r->collector].columns;

		if (row > first && n + (size_t)__builtin_popcount(r->columns) > max)
			break;
		for (uint32_t left = r->columns; left != 0; left &= left - 1)
			ask[n++] = (struct snmp_ask){ &column[__builtin_ctz(left)], false, r->nindex,
				&d->plan.arc[r->index_at] };
	}
	snmp_request_encode(&request, &d->peer.credential, SNMP_PDU_GET, 0, ask, n);
	*pdu = (struct planned_pdu){ request_pool_take(d->env->pool, &request), (uint32_t)first,
		(uint32_t)(row - first), turns };
	return row - first;
}

/* Encode the requests of the polls: once per plan, not per poll. */
static void
plan_pdus(struct device *d)
{
	struct poll_plan *plan = &d->plan;
	size_t		  row = 0;

	plan_pdus_free(d);
	plan->pdu = xcalloc(plan->n + 1, sizeof(*plan->pdu));
	do {		/* every poll asks for sysUpTime at least */
		uint16_t turns = row == 0 && plan->npdus == 0 ? 1 : plan->row[row].turns;

		row += pdu_plan(d, &plan->pdu[plan->npdus++], row, turns);
	} while (row < plan->n);
	plan->pdu = xrealloc(plan->pdu, plan->npdus, sizeof(*plan->pdu));
}

void
plan_fit(struct device *d)
{
	d->too_long = false;
	if (!d->plan.stale)
		plan_pdus(d);
}

void
plan_build(struct device *d)
{
	plan_free(d);
	d->varbinds_frame = VARBINDS_MAX;
	d->plan.fresh = true;
	d->plan.interval_s = d->poll.interval_s;
	for (unsigned i = 0; i < d->ncollectors; i++) {
		d->plan.collector = (uint8_t)i;
		if (d->collector[i].matched)
			d->collector[i].ops->plan(&d->collector[i], &d->plan);
	}
	plan_sort(&d->plan);
	d->plan.arc = xrealloc(d->plan.arc, d->plan.narcs + 1, sizeof(*d->plan.arc));
	d->plan.size = d->plan.n + 1;
	d->plan.arcs_size = d->plan.narcs + 1;
	plan_pdus(d);
}

/* One answer */

static void
restart_check(struct device *d, const struct poll *at)
{
	struct rate_reading now = {
		.mono_ns = at->mono_ns, .uptime_ticks = at->uptime_ticks, .boots = at->boots,
		.has_boots = at->has_boots, .bits = 32
	};

	if (d->last.bits != 0 && now.mono_ns > d->last.mono_ns && rate_is_restart(&d->last, &now)) {
		d->env->counter[DEVICE_RESTARTS]++;
		d->restarted = true;
		state_restarted(d, &now);
	}
	d->last = now;
}

/* Read the varbinds that stand before the rows. @return how many, or 0 when there is no sysUpTime */
static size_t
head_read(struct device *d, const struct snmp_answer *answer, uint16_t turns, struct poll *at)
{
	const struct snmp_message *m = answer->msg;
	struct loop		  *l = d->env->loop;
	size_t			   n = 0;

	*at = d->poll;
	at->answered = true;
	at->mono_ns = answer->received_ns;
	at->wall_ns = loop_wall_ns(l) - (loop_mono_ns(l) - answer->received_ns);
	at->rtt_s = answer->rtt_s;
	at->step_s = d->poll.interval_s * turns;
	if (m->varbind[n].value.type != SNMP_TIMETICKS)
		return 0;
	at->uptime_ticks = (uint32_t)m->varbind[n++].value.number;
	if (d->has_boots) {
		at->has_boots = m->varbind[n].value.type == SNMP_INTEGER;
		at->boots = at->has_boots ? (uint32_t)m->varbind[n].value.integer : 0;
		n++;
	}
	return n;
}

/*
 * Hand the rows of an answer to their collectors. Its OIDs are those asked, so the varbinds stand as the plan
 * has them.
 */
static void
rows_read(struct device *d, const struct planned_pdu *pdu, const struct snmp_message *m, size_t at_varbind,
    const struct poll *at)
{
	struct snmp_value value[COLLECTOR_COLUMNS_MAX];

	for (size_t i = 0; i < pdu->n; i++) {
		const struct plan_row *r = &d->plan.row[pdu->first + i];
		struct collector      *c = &d->collector[r->collector];
		struct row	       row = { .index = &d->plan.arc[r->index_at], .nindex = r->nindex,
			.tag = r->tag, .value = value };
		bool (*take)(struct collector *, const struct row *, const struct poll *) =
		    d->looking ? c->ops->look : c->ops->row;

		memset(value, 0, sizeof(value));
		for (uint32_t left = r->columns; left != 0; left &= left - 1)
			value[__builtin_ctz(left)] = m->varbind[at_varbind++].value;
		if (take != NULL && !take(c, &row, at))
			d->moved = true;
	}
}

static void
pdu_refused(struct device *d, const struct planned_pdu *pdu, int32_t status)
{
	if (status == SNMP_TOO_BIG && pdu->n > 1) {
		d->too_big = true;
		d->env->counter[DEVICE_TOO_BIG]++;
		return;
	}
	if (status == SNMP_NO_SUCH_NAME)	/* SNMPv1: a row is gone */
		d->moved = true;
	d->refusal = snmp_error_words[status];
	d->env->counter[DEVICE_REFUSED]++;
}

/*
 * An answer in fragments is lost with any of them: ask for as much as fits a frame from the next poll on. How
 * long answers are belongs to the plan, so that is not tried again until there is another one.
 */
static void
length_learn(struct device *d, const struct planned_pdu *pdu, const struct snmp_answer *answer)
{
	size_t fits = answer->msg->n * ANSWER_MAX / (answer->len + 1);

	if (answer->len <= ANSWER_MAX || pdu->n < 2)
		return;
	d->env->counter[DEVICE_TOO_LONG]++;
	if (fits < d->varbinds_frame) {
		d->varbinds_frame = (uint16_t)(fits > 1 ? fits : 1);
		d->too_long = true;
	}
}

static void
pdu_done(void *arg, const struct snmp_answer *answer)
{
	const struct pdu	 *sent = arg;
	struct device		 *d = sent->device;
	const struct planned_pdu *pdu = sent->planned;
	struct poll		  at;
	size_t			  head;

	d->pdus_open--;
	if (answer == NULL) {
		d->lost_big = d->lost_big || pdu->n > 1;
	} else if (answer->msg->error_status != SNMP_NO_ERROR) {
		pdu_refused(d, pdu, answer->msg->error_status);
	} else if ((head = head_read(d, answer, pdu->turns, &at)) == 0) {
		d->refusal = "the answer has no sysUpTime";
		d->env->counter[DEVICE_REFUSED]++;
	} else {
		state_answered(d);
		length_learn(d, pdu, answer);
		restart_check(d, &at);
		rows_read(d, pdu, answer->msg, head, &at);
		if (!d->poll.answered) {
			d->poll = at;
			d->poll.step_s = at.interval_s;
		}
	}
	if (d->pdus_open == 0)
		poll_judge(d);
}

/* The poll */

/* A look reads what every poll does. */
static bool
is_due(const struct device *d, const struct planned_pdu *pdu)
{
	return pdu->turns == 1 || (!d->looking && (d->poll.all || d->poll.turn % pdu->turns == 0));
}

void
pdus_send(struct device *d)
{
	pdus_stop(d);
	if (d->plan.stale) {
		bool fresh = d->plan.fresh;

		plan_build(d);
		d->plan.fresh = fresh;	/* in the midst of a walk: what is read seldom waits for its end */
	}
	d->doing = DEVICE_POLLING;
	d->too_big = d->lost_big = d->moved = false;
	d->refusal = NULL;
	d->pdu = xcalloc(d->plan.npdus, sizeof(*d->pdu));
	d->poll.all = d->plan.fresh && !d->looking;
	for (size_t i = 0; i < d->plan.npdus; i++) {
		const struct planned_pdu *planned = &d->plan.pdu[i];

		if (is_due(d, planned)) {
			d->pdu[d->pdus_sent].device = d;
			d->pdu[d->pdus_sent++].planned = planned;
		}
	}
	d->pdus_open = d->pdus_sent;
	for (size_t i = 0; i < d->pdus_sent; i++) {
		struct pdu *pdu = &d->pdu[i];

		pdu->x.request = pdu->planned->request;
		pdu->x.done = pdu_done;
		pdu->x.arg = pdu;
		exchange_start(&pdu->x, d->env->wire, &d->peer, WIRE_TRIES);
	}
}

void
plan_outdate(struct device *d)
{
	d->plan.stale = true;
	if (d->pdus_open > 0)
		pdus_send(d);
}

static void
poll_halved(struct device *d)
{
	d->varbinds_max /= 2;
	d->grow_due_ns = loop_mono_ns(d->env->loop) + GROW_EVERY_NS;
	log_debug("snmp", "%s: at most %u varbinds at a time", d->target.ref, d->varbinds_max);
	plan_fit(d);
	pdus_send(d);
}

/* sysUpTime alone: of a silent device, or after a big PDU was lost. */
void
small_ask(struct device *d, unsigned tries, void (*done)(void *arg, const struct snmp_answer *answer))
{
	const struct snmp_ask ask = { .column = &sys_up_time };

	pdus_stop(d);
	d->doing = DEVICE_ASKING;
	snmp_request_encode(&device_inquiry(d)->request, &d->peer.credential, SNMP_PDU_GET, 0, &ask, 1);
	device_ask(d, false, tries, done);
}

static void
small_answered_after_loss(void *arg, const struct snmp_answer *answer)
{
	struct device *d = arg;

	device_inquiry_end(d);
	if (answer != NULL)
		poll_halved(d);
	else
		device_polled(d);
}

/* All PDUs are answered or lost: once more, and how, or done? */
static void
poll_judge(struct device *d)
{
	if (d->too_big && d->varbinds_max > 1) {
		poll_halved(d);
	} else if (d->moved && d->inquiry != NULL) {
		;				/* asked once more when that walk is over */
	} else if (d->moved && !d->walked) {
		d->env->counter[DEVICE_MOVED]++;
		discovery_start(d);
	} else if (d->lost_big && d->varbinds_max > 1 && d->inquiry == NULL) {
		small_ask(d, WIRE_TRIES, small_answered_after_loss);
	} else {
		device_polled(d);
	}
}
