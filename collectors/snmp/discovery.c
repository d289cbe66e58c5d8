/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * discovery.c: what is this device, and which of our tables has it? One walk per collector, after a first
 * small one for its identity, which also shows whether it answers at all.
 *
 * Walks ask for as much as one frame may carry; an answer that does not come is asked for again in halves. A
 * collector whose walk fails keeps what it knew; the others go on.
 */
#include "collectors/snmp/device.h"

#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/map.h"

enum identity_column { SYS_OBJECT_ID, SYS_NAME, ENGINE_BOOTS, IDENTITY_COLUMNS };

static const struct snmp_column identity_columns[IDENTITY_COLUMNS + 1] = {
	[SYS_OBJECT_ID] = { "sysObjectID", true, SNMP_ARCS(1, 3, 6, 1, 2, 1, 1, 2) },
	[SYS_NAME]	= { "sysName", true, SNMP_ARCS(1, 3, 6, 1, 2, 1, 1, 5) },
	[ENGINE_BOOTS]	= { "snmpEngineBoots", true, SNMP_ARCS(1, 3, 6, 1, 6, 3, 10, 2, 1, 2) },
};

static void walk_next(struct device *d);
static void walk_begin(struct device *d);

static uint64_t
hash_value(const struct snmp_value *v)
{
	uint64_t h = v->len;

	for (uint16_t i = 0; i < v->len; i++)
		h = hash_u64(h ^ v->bytes[i]);
	return h;
}

/* sysName has up to 255 bytes (SNMPv2-MIB): a longer one than we keep is cut before a character, and marked. */
static void
name_copy(char *out, size_t size, const struct snmp_value *v)
{
	static const char mark[] = "...";
	size_t		  n = v->len;

	if (n < size) {
		memcpy(out, v->bytes, n);
		return;
	}
	for (n = size - sizeof(mark); n > 0 && (v->bytes[n] & 0xc0) == 0x80; n--)
		;
	memcpy(out, v->bytes, n);
	memcpy(out + n, mark, sizeof(mark));
}

static void
identity_read(struct device *d, const struct row *rows, size_t n)
{
	struct inquiry		*q = d->inquiry;
	const struct snmp_value *name;

	memset(&q->found, 0, sizeof(q->found));
	if (n == 0)
		return;
	q->identified = true;
	name = &rows[0].value[SYS_NAME];
	if (name->type == SNMP_OCTETS)
		name_copy(q->found.name, sizeof(q->found.name), name);
	if (rows[0].value[SYS_OBJECT_ID].type == SNMP_OID) {
		q->found.object_id_len = rows[0].value[SYS_OBJECT_ID].len;
		if (q->found.object_id_len > sizeof(q->found.object_id))
			q->found.object_id_len = sizeof(q->found.object_id);
		memcpy(q->found.object_id, rows[0].value[SYS_OBJECT_ID].bytes, q->found.object_id_len);
		q->found.kind = hash_value(&rows[0].value[SYS_OBJECT_ID]);
	}
	q->found.has_boots = rows[0].value[ENGINE_BOOTS].type == SNMP_INTEGER;
}

/*
 * Another model is another device; another name only together with other MACs: devices get renamed, virtual
 * ports come and go.
 */
static bool
is_replaced(const struct device *d, uint64_t hardware)
{
	const struct inquiry *q = d->inquiry;

	if (!d->discovered || !q->identified)
		return false;
	if (d->kind != 0 && q->found.kind != 0 && d->kind != q->found.kind)
		return true;
	if (d->hardware == 0 || hardware == 0)
		return false;
	return d->name != NULL && strcmp(d->name, q->found.name) != 0 && d->hardware != hardware;
}

static void
discovery_finish(struct device *d)
{
	struct inquiry *q = d->inquiry;
	uint64_t	hardware = 0;
	char	       *old_name = NULL;
	bool	 replaced, young = !d->discovered || d->restarted;
	int64_t	 now = loop_mono_ns(d->env->loop);

	for (unsigned i = 0; i < d->ncollectors; i++)
		hardware += d->collector[i].hardware;
	replaced = is_replaced(d, hardware);
	if (q->identified) {
		old_name = d->name;
		d->name = xstrdup(q->found.name);
		d->kind = q->found.kind;
		d->has_boots = q->found.has_boots;
	}
	d->hardware = hardware;
	d->discovered = true;
	d->walk_wanted = d->tables != d->env->tables;	/* others came while it was walked */
	d->walk_due_ns = now + (q->failed || young ? WALK_RETRY_NS : WALK_EVERY_NS) + d->phase_ns;
	state_answered(d);
	if (replaced)
		state_replaced(d, old_name);
	free(old_name);
	device_discovered(d, DISCOVERY_DONE);
}

static bool
walk_is_late(const struct device *d)
{
	return loop_mono_ns(d->env->loop) - d->inquiry->started_ns > WALK_TIME_MAX_NS;
}

/* Go on with the next collector that wants a walk. After a minute none is asked for: they keep what they knew. */
static void
walk_step_next(struct device *d)
{
	struct inquiry *q = d->inquiry;

	while (q->step++ < d->ncollectors) {
		struct collector *c = &d->collector[q->step - 1];

		if (!c->no_walk && walk_is_late(d)) {
			q->failed = true;
			continue;
		}
		if (!c->no_walk) {
			plan_outdate(d);	/* polls go on beside the walk, by what it has shown so far */
			walk_begin(d);
			return;
		}
		c->matched = c->ops->match(c, NULL, 0);
	}
	discovery_finish(d);
}

/* The walk at hand is over, well or not. */
static void
walk_end(struct device *d, const char *failure)
{
	struct inquiry	 *q = d->inquiry;
	struct collector *c = q->step > 0 ? &d->collector[q->step - 1] : NULL;
	const struct row *rows;
	size_t		  n;

	if (failure != NULL) {
		log_debug("snmp", "%s: walk of %s: %s", d->target.ref, c != NULL ? c->ops->name : "identity",
		    failure);
		d->env->counter[DEVICE_WALK_FAILURES]++;
		q->failed = true;
	} else {
		rows = walk_rows(q->walk, &n);
		if (c == NULL) {
			identity_read(d, rows, n);
			device_collectors(d, &q->found);
		} else {
			c->matched = c->ops->match(c, rows, n);
		}
	}
	walk_free(q->walk);
	q->walk = NULL;
	walk_step_next(d);
}

/* Ask for less at a time, or give the walk up when it cannot be less. */
static void
walk_halve(struct device *d, const char *failure)
{
	if (d->inquiry->repetitions <= 1) {
		walk_end(d, failure);
		return;
	}
	d->walk_varbinds /= 2;
	d->grow_due_ns = loop_mono_ns(d->env->loop) + GROW_EVERY_NS;
	walk_next(d);
}

/* An error status that does not tell the end of the MIB or of a message. */
static bool
is_refusal(int32_t status)
{
	return status != SNMP_NO_ERROR && status != SNMP_NO_SUCH_NAME && status != SNMP_TOO_BIG;
}

/* The next answers of this device shall fit a frame, if they can be shorter. */
static void
walk_length_learn(struct device *d, const struct snmp_answer *answer)
{
	size_t fits = answer->msg->n * ANSWER_MAX / (answer->len + 1);

	if (answer->len > ANSWER_MAX && d->inquiry->repetitions > 1 && fits < d->walk_varbinds) {
		d->walk_varbinds = (uint16_t)(fits > 1 ? fits : 1);
		d->grow_due_ns = loop_mono_ns(d->env->loop) + GROW_EVERY_NS;
	}
}

static void
walk_answered(void *arg, const struct snmp_answer *answer)
{
	struct device  *d = arg;
	struct inquiry *q = d->inquiry;
	const char     *why = NULL;
	int32_t	       status;

	if (q->step == 0 && (answer == NULL || is_refusal(answer->msg->error_status))) {
		d->refusal = answer != NULL ? snmp_error_words[answer->msg->error_status] : NULL;
		d->walk_wanted = true;
		device_discovered(d, DISCOVERY_UNANSWERED);
		return;
	}
	if (walk_is_late(d)) {
		walk_end(d, "longer than a minute");
		return;
	}
	if (answer == NULL) {
		walk_halve(d, "no answer");
		return;
	}
	status = answer->msg->error_status;
	if (status == SNMP_TOO_BIG)
		walk_halve(d, snmp_error_words[status]);
	else if (status == SNMP_NO_SUCH_NAME && walk_refused(q->walk, answer->msg->error_index) == 0)
		walk_next(d);
	else if (status != SNMP_NO_ERROR)
		walk_end(d, snmp_error_words[status]);
	else if (walk_answer(q->walk, answer->msg, &why) == -1)
		walk_end(d, why);
	else {
		walk_length_learn(d, answer);
		walk_next(d);
	}
}

static void
walk_next(struct device *d)
{
	struct inquiry	  *q = d->inquiry;
	struct snmp_ask	   ask[COLLECTOR_COLUMNS_MAX];
	size_t		   n = walk_ask(q->walk, d->walk_varbinds, ask, &q->repetitions);
	enum snmp_pdu_type type = d->peer.credential.version == SNMP_V1 ? SNMP_PDU_GETNEXT : SNMP_PDU_GETBULK;

	if (n == 0) {
		walk_end(d, NULL);
		return;
	}
	snmp_request_encode(&q->request, &d->peer.credential, type, q->repetitions, ask, n);
	device_ask(d, true, WIRE_TRIES, walk_answered);
}

static void
walk_begin(struct device *d)
{
	struct inquiry		 *q = d->inquiry;
	const struct snmp_column *columns = identity_columns;

	if (q->step > 0)
		columns = d->collector[q->step - 1].columns;
	q->walk = walk_new(columns);
	walk_next(d);
}

void
discovery_start(struct device *d)
{
	struct inquiry *q;

	pdus_stop(d);
	q = device_inquiry(d);
	d->doing = DEVICE_WALKING;
	q->started_ns = loop_mono_ns(d->env->loop);
	d->env->counter[DEVICE_WALKS]++;
	walk_begin(d);
}
