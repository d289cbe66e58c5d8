/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * device.c: the polls of a device, from tick to samples.
 *
 * All PDUs of a poll leave together; each has sysUpTime and snmpEngineBoots of its own, so that its counters
 * are guarded by the time at which they were read. A poll may be repeated within itself (after tooBig, a
 * walk, a lost big PDU); a collector takes each row only once, so a repetition fills the gaps and changes
 * nothing else.
 */
#include "collectors/snmp/device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/map.h"
#include "collectors/snmp/credential.h"

#define TIMEOUT_NS	(2 * NS_PER_S)
#define TIMEOUT_MIN_NS	(100 * NS_PER_MS)
#define TIMEOUT_MAX_NS	(30 * NS_PER_S)
#define START_SPREAD_NS (10 * NS_PER_S)		/* first polls after a start are spread over this */
#define LOOK_AFTER_NS	NS_PER_S		/* at least this long after the last one began */

static const struct snmp_column sys_up_time = { "sysUpTime", true, SNMP_ARCS(1, 3, 6, 1, 2, 1, 1, 3) };
static const struct snmp_column engine_boots = {
	"snmpEngineBoots", true, SNMP_ARCS(1, 3, 6, 1, 6, 3, 10, 2, 1, 2)
};

static void poll_judge(struct device *d);
static void poll_begin(struct device *d, bool look);
static void look_plan(struct device *d);

/* The plan */

void
poll_plan_row(struct poll_plan *plan, const struct wanted_row *want)
{
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
		.index_at = (uint32_t)plan->narcs, .tag = want->tag, .columns = want->columns };
	plan->narcs += want->nindex;
}

static void
pdus_free(struct device *d)
{
	for (size_t i = 0; i < d->npdu; i++) {
		exchange_stop(&d->pdu[i].x);
		snmp_request_fini(&d->pdu[i].x.request);
	}
	free(d->pdu);
	d->pdu = NULL;
	d->npdu = d->pdus_open = 0;
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

/* One PDU with the rows from `first` on, as many as fit but at least one. @return how many */
static size_t
pdu_fill(struct device *d, struct pdu *pdu, size_t first)
{
	struct snmp_ask ask[VARBINDS_MAX + COLLECTOR_COLUMNS_MAX];
	size_t		n = head_asks(d, ask), row;

	for (row = first; row < d->plan.n; row++) {
		const struct plan_row	 *r = &d->plan.row[row];
		const struct snmp_column *column = d->collector[r->collector].columns;

		if (row > first && n + (size_t)__builtin_popcount(r->columns) > d->varbinds_max)
			break;
		for (uint32_t left = r->columns; left != 0; left &= left - 1)
			ask[n++] = (struct snmp_ask){ &column[__builtin_ctz(left)], false, r->nindex,
				&d->plan.arc[r->index_at] };
	}
	pdu->device = d;
	pdu->first = first;
	pdu->n = row - first;
	snmp_request_encode(&pdu->x.request, &d->peer.credential, SNMP_PDU_GET, 0, ask, n);
	return pdu->n;
}

/* Encode the requests of a poll: once per plan, not per poll. */
static void
pdus_build(struct device *d)
{
	size_t row = 0;

	pdus_free(d);
	d->pdu = xcalloc(d->plan.n + 1, sizeof(*d->pdu));
	do {
		row += pdu_fill(d, &d->pdu[d->npdu++], row);
	} while (row < d->plan.n);
	d->pdu = xrealloc(d->pdu, d->npdu, sizeof(*d->pdu));
}

static void
plan_build(struct device *d)
{
	pdus_free(d);
	d->plan.n = d->plan.narcs = 0;
	for (unsigned i = 0; i < d->ncollectors; i++) {
		d->plan.collector = (uint8_t)i;
		if (d->collector[i].matched)
			d->collector[i].ops->plan(&d->collector[i], &d->plan);
	}
	pdus_build(d);
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
head_read(struct device *d, const struct snmp_answer *answer, struct poll *at)
{
	const struct snmp_message *m = answer->msg;
	struct loop		  *l = d->env->loop;
	size_t			   n = 0;

	*at = d->poll;
	at->answered = true;
	at->mono_ns = answer->received_ns;
	at->wall_ns = loop_wall_ns(l) - (loop_mono_ns(l) - answer->received_ns);
	at->rtt_s = answer->rtt_s;
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
rows_read(struct device *d, const struct pdu *pdu, const struct snmp_message *m, size_t at_varbind,
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
pdu_refused(struct device *d, const struct pdu *pdu, int32_t status)
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

static void
pdu_done(void *arg, const struct snmp_answer *answer)
{
	struct pdu    *pdu = arg;
	struct device *d = pdu->device;
	struct poll    at;
	size_t	       head;

	d->pdus_open--;
	if (answer == NULL) {
		d->lost_big = d->lost_big || pdu->n > 1;
	} else if (answer->msg->error_status != SNMP_NO_ERROR) {
		pdu_refused(d, pdu, answer->msg->error_status);
	} else if ((head = head_read(d, answer, &at)) == 0) {
		d->refusal = "the answer has no sysUpTime";
		d->env->counter[DEVICE_REFUSED]++;
	} else {
		state_answered(d);
		restart_check(d, &at);
		rows_read(d, pdu, answer->msg, head, &at);
		if (!d->poll.answered)
			d->poll = at;
	}
	if (d->pdus_open == 0)
		poll_judge(d);
}

/* The poll */

static void
pdus_send(struct device *d)
{
	d->doing = DEVICE_POLLING;
	d->too_big = d->lost_big = d->moved = false;
	d->refusal = NULL;
	d->pdus_open = d->npdu;
	for (size_t i = 0; i < d->npdu; i++) {
		d->pdu[i].x.done = pdu_done;
		d->pdu[i].x.arg = &d->pdu[i];
		exchange_start(&d->pdu[i].x, d->env->wire, &d->peer, WIRE_TRIES);
	}
}

/* What came meanwhile: the schedule goes first. */
static void
poll_next(struct device *d)
{
	if (d->poll_due)
		poll_begin(d, false);
	else if (d->look_due)
		look_plan(d);
}

static void
look_end(struct device *d)
{
	d->doing = DEVICE_IDLE;
	d->in_poll = false;
	if (d->poll.answered && d->restarted)
		d->walk_wanted = true;
	poll_next(d);
}

static void
poll_end(struct device *d)
{
	struct loop *l = d->env->loop;

	if (d->looking) {
		look_end(d);
		return;
	}
	d->poll.wall_ns = loop_wall_ns(l);
	d->poll.mono_ns = loop_mono_ns(l);
	d->poll.refused = !d->poll.answered &&
	    (d->refusal != NULL || d->trouble[0] != '\0' || d->peer.unsent);
	for (unsigned i = 0; i < d->ncollectors; i++)
		d->collector[i].ops->end(&d->collector[i], &d->poll);
	if (!d->poll.answered)
		state_poll_failed(d);
	d->doing = DEVICE_IDLE;
	d->in_poll = false;
	if (!d->poll.answered) {
		poll_next(d);
		return;
	}
	if (loop_mono_ns(l) >= d->walk_due_ns)
		d->varbinds_max = VARBINDS_MAX;		/* what was too big may not be any more */
	if (d->restarted || d->walk_wanted || loop_mono_ns(l) >= d->walk_due_ns)
		discovery_start(d);
	else
		poll_next(d);
}

static void
poll_halved(struct device *d)
{
	d->varbinds_max /= 2;
	log_debug("snmp", "%s: at most %zu varbinds at a time", d->target.ref, d->varbinds_max);
	pdus_build(d);
	pdus_send(d);
}

/* sysUpTime alone: of a silent device, or after a big PDU was lost. */
static void
small_ask(struct device *d, void (*done)(void *arg, const struct snmp_answer *answer))
{
	const struct snmp_ask ask = { .column = &sys_up_time };

	d->doing = DEVICE_ASKING;
	d->x.walk = false;
	d->x.done = done;
	d->x.arg = d;
	snmp_request_encode(&d->x.request, &d->peer.credential, SNMP_PDU_GET, 0, &ask, 1);
	exchange_start(&d->x, d->env->wire, &d->peer, WIRE_TRIES);
}

static void
small_answered_after_loss(void *arg, const struct snmp_answer *answer)
{
	struct device *d = arg;

	if (answer != NULL)
		poll_halved(d);
	else
		poll_end(d);
}

/* All PDUs are answered or lost: once more, and how, or done? */
static void
poll_judge(struct device *d)
{
	if (d->too_big && d->varbinds_max > 1) {
		poll_halved(d);
	} else if (d->moved && !d->walked) {
		d->env->counter[DEVICE_MOVED]++;
		discovery_start(d);
	} else if (d->lost_big && d->varbinds_max > 1) {
		small_ask(d, small_answered_after_loss);
	} else {
		poll_end(d);
	}
}

static void
poll_go(struct device *d)
{
	if (!d->discovered || d->walk_wanted)
		discovery_start(d);
	else
		pdus_send(d);
}

static void
small_answered_after_silence(void *arg, const struct snmp_answer *answer)
{
	struct device *d = arg;

	if (answer == NULL) {
		poll_end(d);
		return;
	}
	d->walk_wanted = true;		/* who knows what comes back */
	poll_go(d);
}

void
device_discovered(struct device *d, enum discovery_end end)
{
	d->walked = true;
	if (end == DISCOVERY_DONE)
		plan_build(d);
	if (!d->in_poll) {
		d->doing = DEVICE_IDLE;
		poll_next(d);
	} else if (end == DISCOVERY_DONE)
		pdus_send(d);
	else
		poll_end(d);
}

/*
 * The credential is read anew while there is none and while the device is silent: the file may have been put
 * right.
 */
static bool
credential_ready(struct device *d)
{
	struct snmp_credential *c = &d->peer.credential;

	if (c->community_len != 0 && d->failed < POLLS_SILENT)
		return true;
	d->trouble[0] = '\0';
	if (d->env->public_community)
		return credential_public(c, d->target.method, d->trouble, sizeof(d->trouble)) == 0;
	return credential_read(c, d->env->secrets_fd, d->target.credential, d->target.method, d->trouble,
	    sizeof(d->trouble)) == 0;
}

static void
poll_begin(struct device *d, bool look)
{
	d->env->counter[look ? DEVICE_LOOKS : DEVICE_POLLS]++;
	d->in_poll = true;
	d->looking = look;
	if (look)
		d->look_due = false;
	else
		d->poll_due = false;
	d->begun_ns = loop_mono_ns(d->env->loop);
	d->peer.deadline_ns = d->next_ns - WIRE_TICK_NS;
	d->poll = (struct poll){ .rtt_s = NAN, .step_s = (double)d->interval_ns / NS_PER_S };
	d->walked = d->restarted = d->moved = d->too_big = d->lost_big = false;
	d->refusal = d->peer.complaint = NULL;
	d->peer.unsent = false;
	if (d->since_wall_ns == 0)
		d->since_wall_ns = loop_wall_ns(d->env->loop);
	if (!credential_ready(d))
		poll_end(d);
	else if (d->failed >= POLLS_SILENT)
		small_ask(d, small_answered_after_silence);
	else
		poll_go(d);
}

/*
 * Ticks lie on a grid of the device's own phase. After an irregular first poll the next one is at least half
 * an interval away: agents refresh their counters only every few seconds, and two readings of the same
 * refresh would be a false zero.
 */
static int64_t
next_tick(const struct device *d)
{
	int64_t now = loop_mono_ns(d->env->loop), since = (now - d->phase_ns) % d->interval_ns;
	int64_t next = now - since + (since < 0 ? 0 : d->interval_ns);

	return next - now < d->interval_ns / 2 ? next + d->interval_ns : next;
}

static void
device_tick(void *arg)
{
	struct device *d = arg;

	if (d->doing == DEVICE_IDLE)
		d->peer.planned_ns = d->timer.due_ns;
	d->next_ns = next_tick(d);
	wheel_set(d->env->wheel, &d->timer, d->next_ns, device_tick, d);
	if (d->doing == DEVICE_IDLE)
		poll_begin(d, false);
	else if (d->in_poll && d->looking)
		d->poll_due = true;
	else
		d->env->counter[DEVICE_OVERRUNS]++;
}

static void
look_tick(void *arg)
{
	struct device *d = arg;

	if (d->doing == DEVICE_IDLE)
		poll_begin(d, true);
}

static void
look_plan(struct device *d)
{
	wheel_set(d->env->wheel, &d->look, d->begun_ns + LOOK_AFTER_NS, look_tick, d);
}

void
device_poll_now(struct device *d)
{
	d->look_due = true;
	if (d->doing == DEVICE_IDLE)
		look_plan(d);
}

struct device *
device_new(struct device_env *env, const struct msg_target *t)
{
	struct device *d = xcalloc(1, sizeof(*d));
	int64_t	       now = loop_mono_ns(env->loop), start, spread, timeout = t->timeout_ms * NS_PER_MS;
	uint64_t       hash = hash_text(t->ref);

	d->env = env;
	d->target = *t;
	d->varbinds_max = VARBINDS_MAX;
	d->interval_ns = t->interval_ms != 0 ? t->interval_ms * NS_PER_MS : 60 * NS_PER_S;
	d->phase_ns = (int64_t)(hash % (uint64_t)d->interval_ns);
	d->phase_ns -= d->phase_ns % WIRE_TICK_NS;
	d->peer.address = t->address;
	d->peer.port = t->port != 0 ? t->port : 161;
	d->peer.timeout_ns = timeout == 0 ? TIMEOUT_NS : timeout < TIMEOUT_MIN_NS ? TIMEOUT_MIN_NS :
	    timeout > TIMEOUT_MAX_NS ? TIMEOUT_MAX_NS : timeout;
	device_collectors(d);
	wire_peer_add(env->wire, &d->peer);
	spread = d->interval_ns < START_SPREAD_NS ? d->interval_ns : START_SPREAD_NS;
	start = now + (int64_t)(hash % (uint64_t)spread);
	d->begun_ns = now - LOOK_AFTER_NS;
	d->next_ns = start - start % WIRE_TICK_NS;
	wheel_set(env->wheel, &d->timer, d->next_ns, device_tick, d);
	return d;
}

void
device_free(struct device *d)
{
	wheel_cancel(d->env->wheel, &d->timer);
	wheel_cancel(d->env->wheel, &d->look);
	discovery_stop(d);
	snmp_request_fini(&d->x.request);
	pdus_free(d);
	free(d->plan.row);
	free(d->plan.arc);
	device_collectors_free(d);
	wire_peer_remove(d->env->wire, &d->peer);
	explicit_bzero(&d->peer.credential, sizeof(d->peer.credential));
	free(d);
}

void
device_ports(struct device *d, const struct msg_port *ports, size_t n)
{
	bool changed = false;

	for (unsigned i = 0; i < d->ncollectors; i++) {
		struct collector *c = &d->collector[i];

		if (c->ops->ports != NULL && c->ops->ports(c, ports, n))
			changed = true;
	}
	if (!changed || !d->discovered)
		return;
	plan_build(d);
	if (d->doing == DEVICE_POLLING)
		pdus_send(d);
}
