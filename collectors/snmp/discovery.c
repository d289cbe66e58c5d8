/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * discovery.c: what is this device, and which of our tables has it? One walk per collector, after a first
 * small one for its identity, which also shows whether it answers at all.
 *
 * Walks ask for as much as one frame may carry; an answer that does not come is asked for again in halves. A
 * collector whose walk fails keeps what it knew; the others go on.
 */
#include "collectors/snmp/device.h"

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
	const struct snmp_value *name;

	memset(&d->found, 0, sizeof(d->found));
	if (n == 0)
		return;
	name = &rows[0].value[SYS_NAME];
	if (name->type == SNMP_OCTETS)
		name_copy(d->found.name, sizeof(d->found.name), name);
	if (rows[0].value[SYS_OBJECT_ID].type == SNMP_OID) {
		d->found.object_id_len = rows[0].value[SYS_OBJECT_ID].len;
		if (d->found.object_id_len > sizeof(d->found.object_id))
			d->found.object_id_len = sizeof(d->found.object_id);
		memcpy(d->found.object_id, rows[0].value[SYS_OBJECT_ID].bytes, d->found.object_id_len);
		d->found.kind = hash_value(&rows[0].value[SYS_OBJECT_ID]);
	}
	d->found.has_boots = rows[0].value[ENGINE_BOOTS].type == SNMP_INTEGER;
}

/*
 * Another model is another device; another name only together with other MACs: devices get renamed, virtual
 * ports come and go.
 */
static bool
is_replaced(const struct device *d, uint64_t hardware)
{
	if (!d->discovered)
		return false;
	if (d->kind != 0 && d->found.kind != 0 && d->kind != d->found.kind)
		return true;
	if (d->hardware == 0 || hardware == 0)
		return false;
	return strcmp(d->name, d->found.name) != 0 && d->hardware != hardware;
}

static void
discovery_finish(struct device *d)
{
	uint64_t hardware = 0;
	char	 old_name[sizeof(d->name)];
	bool	 replaced, young = !d->discovered || d->restarted;
	int64_t	 now = loop_mono_ns(d->env->loop);

	for (unsigned i = 0; i < d->ncollectors; i++)
		hardware += d->collector[i].hardware;
	replaced = is_replaced(d, hardware);
	memcpy(old_name, d->name, sizeof(old_name));
	memcpy(d->name, d->found.name, sizeof(d->name));
	d->kind = d->found.kind;
	d->has_boots = d->found.has_boots;
	d->hardware = hardware;
	d->discovered = true;
	d->walk_wanted = false;
	d->walk_due_ns = now + (d->walk_failed || young ? WALK_RETRY_NS : WALK_EVERY_NS) + d->phase_ns;
	state_answered(d);
	if (replaced)
		state_replaced(d, old_name);
	device_discovered(d, DISCOVERY_DONE);
}

/* The walk at hand is over, well or not: go on with the next collector. */
static void
walk_end(struct device *d, const char *failure)
{
	struct collector *c = d->walk_step > 0 ? &d->collector[d->walk_step - 1] : NULL;
	const struct row *rows;
	size_t		  n;

	if (failure != NULL) {
		log_debug("snmp", "%s: walk of %s: %s", d->target.ref, c != NULL ? c->ops->name : "identity",
		    failure);
		d->env->counter[DEVICE_WALK_FAILURES]++;
		d->walk_failed = true;
	} else {
		rows = walk_rows(d->walk, &n);
		if (c == NULL) {
			identity_read(d, rows, n);
			device_collectors(d);
		} else {
			c->matched = c->ops->match(c, rows, n);
		}
	}
	walk_free(d->walk);
	d->walk = NULL;
	if (d->walk_step++ < d->ncollectors)
		walk_begin(d);
	else
		discovery_finish(d);
}

/* Ask for less at a time, or give the walk up when it cannot be less. */
static void
walk_halve(struct device *d, const char *failure)
{
	if (d->walk_repetitions <= 1) {
		walk_end(d, failure);
		return;
	}
	d->walk_varbinds /= 2;
	walk_next(d);
}

/* An error status that does not tell the end of the MIB or of a message. */
static bool
is_refusal(int32_t status)
{
	return status != SNMP_NO_ERROR && status != SNMP_NO_SUCH_NAME && status != SNMP_TOO_BIG;
}

static void
walk_answered(void *arg, const struct snmp_answer *answer)
{
	struct device *d = arg;
	const char    *why = NULL;
	int32_t	       status;

	if (d->walk_step == 0 && (answer == NULL || is_refusal(answer->msg->error_status))) {
		d->refusal = answer != NULL ? snmp_error_words[answer->msg->error_status] : NULL;
		d->walk_wanted = true;
		discovery_stop(d);
		device_discovered(d, DISCOVERY_UNANSWERED);
		return;
	}
	if (loop_mono_ns(d->env->loop) - d->walk_started_ns > WALK_TIME_MAX_NS) {
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
	else if (status == SNMP_NO_SUCH_NAME && walk_refused(d->walk, answer->msg->error_index) == 0)
		walk_next(d);
	else if (status != SNMP_NO_ERROR)
		walk_end(d, snmp_error_words[status]);
	else if (walk_answer(d->walk, answer->msg, &why) == -1)
		walk_end(d, why);
	else
		walk_next(d);
}

static void
walk_next(struct device *d)
{
	struct snmp_ask	   ask[COLLECTOR_COLUMNS_MAX];
	size_t		   n = walk_ask(d->walk, d->walk_varbinds, ask, &d->walk_repetitions);
	enum snmp_pdu_type type = d->peer.credential.version == SNMP_V1 ? SNMP_PDU_GETNEXT : SNMP_PDU_GETBULK;

	if (n == 0) {
		walk_end(d, NULL);
		return;
	}
	snmp_request_encode(&d->x.request, &d->peer.credential, type, d->walk_repetitions, ask, n);
	d->x.walk = true;
	d->x.done = walk_answered;
	d->x.arg = d;
	exchange_start(&d->x, d->env->wire, &d->peer, WIRE_TRIES);
}

static void
walk_begin(struct device *d)
{
	const struct snmp_column *columns = identity_columns;

	if (d->walk_step > 0)
		columns = d->collector[d->walk_step - 1].columns;
	d->walk = walk_new(columns);
	walk_next(d);
}

void
discovery_start(struct device *d)
{
	d->doing = DEVICE_WALKING;
	d->walk_step = 0;
	d->walk_varbinds = VARBINDS_MAX;
	d->walk_failed = false;
	d->walk_started_ns = loop_mono_ns(d->env->loop);
	d->env->counter[DEVICE_WALKS]++;
	walk_begin(d);
}

void
discovery_stop(struct device *d)
{
	exchange_stop(&d->x);
	walk_free(d->walk);
	d->walk = NULL;
}
