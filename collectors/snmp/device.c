/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * device.c: a device from its making to its end: when it is polled, and what happens before and after a poll.
 */
#include "collectors/snmp/device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/map.h"
#include "collectors/sensor.h"
#include "collectors/snmp/credential.h"
#include "collectors/snmp/trial.h"

#define TIMEOUT_NS	(2 * NS_PER_S)
#define TIMEOUT_MIN_NS	(100 * NS_PER_MS)
#define TIMEOUT_MAX_NS	(30 * NS_PER_S)
#define START_SPREAD_NS (10 * NS_PER_S)		/* first polls after a start are spread over this */
#define SLICES		60			/* of an interval */
#define LOOK_AFTER_NS	NS_PER_S		/* at least this long after the last one began */

static void poll_begin(struct device *d, bool look);
static void look_plan(struct device *d);

/* Inquiries */

struct inquiry *
device_inquiry(struct device *d)
{
	if (d->inquiry == NULL)
		d->inquiry = xcalloc(1, sizeof(*d->inquiry));
	return d->inquiry;
}

void
device_ask(struct device *d, bool walk, unsigned tries,
    void (*done)(void *arg, const struct snmp_answer *answer))
{
	struct inquiry *q = d->inquiry;

	q->x.request = &q->request;
	q->x.walk = walk;
	q->x.done = done;
	q->x.arg = d;
	exchange_start(&q->x, d->env->wire, &d->peer, tries);
}

void
device_inquiry_end(struct device *d)
{
	struct inquiry *q = d->inquiry;

	if (q == NULL)
		return;
	exchange_stop(&q->x);
	snmp_request_fini(&q->request);
	walk_free(q->walk);
	free(q);
	d->inquiry = NULL;
}

/* The poll */

/* What came meanwhile: the schedule goes first. */
static void
poll_next(struct device *d)
{
	if (d->poll_due)
		poll_begin(d, false);
	else if (d->look_due)
		look_plan(d);
}

/* The walk that went on beside the poll, if any, is what it does now. */
static void
poll_leave(struct device *d)
{
	d->doing = d->inquiry != NULL ? DEVICE_WALKING : DEVICE_IDLE;
	d->in_poll = false;
}

static void
look_end(struct device *d)
{
	poll_leave(d);
	if (d->poll.answered && d->restarted)
		d->walk_wanted = true;
	poll_next(d);
}

static uint16_t
twice(uint16_t varbinds)
{
	return varbinds < VARBINDS_MAX / 2 ? 2 * varbinds : VARBINDS_MAX;
}

/* What was too big an hour ago may not be any more. */
static void
sizes_grow(struct device *d)
{
	d->grow_due_ns = loop_mono_ns(d->env->loop) + GROW_EVERY_NS;
	d->walk_varbinds = twice(d->walk_varbinds);
	if (d->varbinds_max == VARBINDS_MAX)
		return;
	d->varbinds_max = twice(d->varbinds_max);
	plan_fit(d);
}

static void
collectors_replan(struct device *d)
{
	bool replan = false;

	for (unsigned i = 0; i < d->ncollectors; i++) {
		replan = replan || d->collector[i].replan;
		d->collector[i].replan = false;
	}
	if (replan)
		plan_build(d);
}

void
device_polled(struct device *d)
{
	struct loop *l = d->env->loop;

	pdus_stop(d);
	device_v3_end(d);
	if (d->too_long)
		plan_fit(d);
	if (d->looking) {
		look_end(d);
		return;
	}
	d->poll.wall_ns = loop_wall_ns(l);
	d->poll.mono_ns = loop_mono_ns(l);
	d->poll.refused = !d->poll.answered &&
	    (d->refusal != NULL || d->trouble != NULL || d->peer.unsent);
	for (unsigned i = 0; i < d->ncollectors; i++)
		d->collector[i].ops->end(&d->collector[i], &d->poll);
	collectors_replan(d);
	if (!d->poll.answered)
		state_poll_failed(d);
	poll_leave(d);
	if (!d->poll.answered) {
		poll_next(d);
		return;
	}
	for (unsigned i = 0; i < d->ncollectors; i++)
		if (d->collector[i].misses && d->walk_due_ns - loop_mono_ns(l) > WALK_SOON_NS)
			d->walk_due_ns = loop_mono_ns(l) + WALK_SOON_NS;
	d->plan.fresh = false;
	if (loop_mono_ns(l) >= d->grow_due_ns)
		sizes_grow(d);
	if (d->inquiry != NULL)
		d->walk_wanted |= d->restarted;
	else if (d->restarted || d->walk_wanted || loop_mono_ns(l) >= d->walk_due_ns)
		discovery_start(d);
	else
		poll_next(d);
}

static void
poll_go(struct device *d)
{
	if (d->inquiry == NULL && (!d->discovered || d->walk_wanted))
		discovery_start(d);
	else
		pdus_send(d);
}

static void
small_answered_after_silence(void *arg, const struct snmp_answer *answer)
{
	struct device *d = arg;

	device_inquiry_end(d);
	if (answer == NULL) {
		device_polled(d);
		return;
	}
	d->walk_wanted = true;		/* who knows what comes back */
	poll_go(d);
}

/* It answers to SNMPv1 for an hour now. Does it speak the newer one after all? */
static void
newer_answered(void *arg, const struct snmp_answer *answer)
{
	struct device *d = arg;

	device_inquiry_end(d);
	if (answer == NULL)
		d->peer.credential.version = SNMP_V1;
	else
		d->walk_wanted = true;
	d->peer.complaint = NULL;
	poll_go(d);
}

static bool
is_auto(const struct device *d)
{
	return strcmp(d->target.method, "auto") == 0;
}

static void
newer_ask(struct device *d)
{
	d->newer_due_ns = loop_mono_ns(d->env->loop) + WALK_EVERY_NS;
	d->peer.credential.version = SNMP_V2C;
	small_ask(d, 1, newer_answered);
}

void
device_discovered(struct device *d, enum discovery_end end)
{
	d->walked = true;
	device_inquiry_end(d);
	if (end == DISCOVERY_DONE)
		plan_build(d);
	if (!d->in_poll) {
		d->doing = DEVICE_IDLE;
		poll_next(d);
	} else if (end == DISCOVERY_DONE)
		pdus_send(d);
	else if (d->pdus_open == 0)
		device_polled(d);
}

/*
 * The credential is read anew while there is none, while the device is silent (the file may have been put
 * right), and after a reload.
 */
static bool
credential_ready(struct device *d)
{
	struct snmp_credential *c = &d->peer.credential, old = *c;
	char			trouble[TROUBLE_MAX];
	int			rc;

	if (strcmp(d->target.method, "3") == 0)
		return device_v3_ready(d);
	if (c->community_len != 0 && d->failed < POLLS_SILENT && !d->reread)
		return true;
	d->reread = false;
	free(d->trouble);
	d->trouble = NULL;
	if (d->env->public_community)
		rc = credential_public(c, d->target.method, trouble, sizeof(trouble));
	else
		rc = credential_read(c, d->env->secrets_fd, d->target.credential, d->target.method, trouble,
		    sizeof(trouble));
	if (rc == -1)
		d->trouble = xstrdup(trouble);
	else if (d->failed < POLLS_SILENT && old.community_len != 0)
		c->version = old.version;	/* of a reload: what it speaks is known */
	else if (is_auto(d) && c->version == SNMP_V2C && d->failed % OLDER_EACH == POLLS_SILENT) {
		c->version = SNMP_V1;
		d->newer_due_ns = loop_mono_ns(d->env->loop) + WALK_EVERY_NS;
	}
	if (rc == 0 && d->discovered && memcmp(c, &old, sizeof(old)) != 0)
		plan_build(d);			/* the community is in its requests */
	explicit_bzero(&old, sizeof(old));
	return rc == 0;
}

/* Polls count from the clock, and the devices apart: what is read each hour is not read of all in one minute. */
static uint32_t
turn_of(const struct device *d)
{
	return (uint32_t)(loop_mono_ns(d->env->loop) / d->interval_ns) + d->target.number;
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
	d->poll = (struct poll){ .rtt_s = NAN, .interval_s = (double)d->interval_ns / NS_PER_S,
		.turn = turn_of(d) };
	d->poll.step_s = d->poll.interval_s;
	d->walked = d->restarted = d->moved = d->too_big = d->lost_big = false;
	d->refusal = d->peer.complaint = NULL;
	d->peer.unsent = false;
	if (d->since_wall_ns == 0)
		d->since_wall_ns = loop_wall_ns(d->env->loop);
	if (d->inquiry != NULL)
		pdus_send(d);
	else if (!credential_ready(d))
		device_polled(d);
	else if (d->failed >= POLLS_SILENT)
		small_ask(d, WIRE_TRIES, small_answered_after_silence);
	else if (is_auto(d) && d->peer.credential.version == SNMP_V1 && d->begun_ns >= d->newer_due_ns)
		newer_ask(d);
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

/* A walk between two polls may take longer than it is to the next one. */
static bool
may_poll(const struct device *d)
{
	return d->doing == DEVICE_IDLE || (d->doing == DEVICE_WALKING && !d->in_poll);
}

static void
device_tick(void *arg)
{
	struct device *d = arg;

	if (may_poll(d))
		d->peer.planned_ns = d->timer.due_ns;
	d->next_ns = next_tick(d);
	wheel_set(d->env->wheel, &d->timer, d->next_ns, device_tick, d);
	if (may_poll(d))
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
	if (d->look == NULL)
		d->look = xcalloc(1, sizeof(*d->look));
	wheel_set(d->env->wheel, d->look, d->begun_ns + LOOK_AFTER_NS, look_tick, d);
}

void
device_poll_now(struct device *d)
{
	d->look_due = true;
	if (d->doing == DEVICE_IDLE)
		look_plan(d);
}

static const char *
text_put(char **at, const char *text)
{
	size_t size = strlen(text) + 1;

	*at += size;
	return memcpy(*at - size, text, size);
}

static void
target_take(struct device_target *to, const struct msg_target *t)
{
	char *at = xcalloc(1, strlen(t->ref) + strlen(t->method) + strlen(t->credential) +
	    strlen(t->profile) + 4);

	to->ref = text_put(&at, t->ref);	/* the first: it is the block */
	to->method = text_put(&at, t->method);
	to->credential = text_put(&at, t->credential);
	to->profile = text_put(&at, t->profile);
	to->number = t->number;
	to->interval_ms = t->interval_ms;
	to->timeout_ms = t->timeout_ms;
}

static uint16_t
port_of(const struct msg_target *t)
{
	return t->port != 0 ? t->port : 161;
}

bool
device_is(const struct device *d, const struct msg_target *t)
{
	return addr_equal(&d->peer.address, &t->address) && d->peer.port == port_of(t) &&
	    d->target.interval_ms == t->interval_ms && d->target.timeout_ms == t->timeout_ms &&
	    strcmp(d->target.ref, t->ref) == 0 && strcmp(d->target.method, t->method) == 0 &&
	    strcmp(d->target.credential, t->credential) == 0 && strcmp(d->target.profile, t->profile) == 0;
}

/*
 * Devices are polled in slices of the interval, not each at a moment of its own: what costs most is to be woken up
 * for a packet, and those of a slice leave in batches and are answered in batches.
 */
static int64_t
slice_of(int64_t phase_ns, int64_t interval_ns)
{
	phase_ns -= phase_ns % (interval_ns / SLICES);
	return phase_ns - phase_ns % WIRE_TICK_NS;
}

struct device *
device_new(struct device_env *env, const struct msg_target *t)
{
	struct device *d = xcalloc(1, sizeof(*d));
	int64_t	       now = loop_mono_ns(env->loop), start, spread, timeout = t->timeout_ms * NS_PER_MS;
	uint64_t       hash = hash_text(t->ref);

	d->env = env;
	target_take(&d->target, t);
	d->varbinds_max = d->walk_varbinds = VARBINDS_MAX;
	d->interval_ns = t->interval_ms != 0 ? t->interval_ms * NS_PER_MS : 60 * NS_PER_S;
	d->poll.interval_s = (double)d->interval_ns / NS_PER_S;
	d->phase_ns = (int64_t)(hash % (uint64_t)d->interval_ns);
	d->phase_ns = slice_of(d->phase_ns, d->interval_ns);
	d->peer.address = t->address;
	d->peer.port = port_of(t);
	d->peer.timeout_ns = timeout == 0 ? TIMEOUT_NS : timeout < TIMEOUT_MIN_NS ? TIMEOUT_MIN_NS :
	    timeout > TIMEOUT_MAX_NS ? TIMEOUT_MAX_NS : timeout;
	device_collectors(d, NULL);
	wire_peer_add(env->wire, &d->peer);
	spread = d->interval_ns < START_SPREAD_NS ? d->interval_ns : START_SPREAD_NS;
	start = now + slice_of((int64_t)(hash % (uint64_t)spread), spread);
	d->begun_ns = now - LOOK_AFTER_NS;
	d->next_ns = start - start % WIRE_TICK_NS;
	wheel_set(env->wheel, &d->timer, d->next_ns, device_tick, d);
	return d;
}

void
device_free(struct device *d)
{
	wheel_cancel(d->env->wheel, &d->timer);
	if (d->look != NULL)
		wheel_cancel(d->env->wheel, d->look);
	free(d->look);
	trial_end(d->trial, "the device has left the plan, or has changed in it");
	device_inquiry_end(d);
	plan_free(d);
	device_collectors_free(d);
	device_v3_free(d);
	profile_tables_unref(d->tables);
	sensor_numbers_free(&d->siblings.sensors);
	wire_peer_remove(d->env->wire, &d->peer);
	explicit_bzero(&d->peer.credential, sizeof(d->peer.credential));
	free((char *)(uintptr_t)d->target.ref);
	free(d->name);
	free(d->told);
	free(d->trouble);
	free(d);
}

static void
plan_again(struct device *d)
{
	if (!d->discovered)
		return;
	plan_build(d);
	if (d->doing == DEVICE_POLLING)
		pdus_send(d);
}

void
device_reloaded(struct device *d)
{
	d->reread = true;
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
	if (changed)
		plan_again(d);
}

void
device_sensors(struct device *d, struct sensor_numbers *sensors)
{
	struct sensor_numbers *mine = &d->siblings.sensors;
	bool		       changed = false;

	if (sensor_numbers_equal(mine, sensors)) {
		sensor_numbers_free(sensors);
		return;
	}
	sensor_numbers_free(mine);
	*mine = *sensors;
	*sensors = (struct sensor_numbers){ 0 };
	for (unsigned i = 0; i < d->ncollectors; i++) {
		struct collector *c = &d->collector[i];

		if (c->ops->sensors != NULL && c->ops->sensors(c))
			changed = true;
	}
	if (changed)
		plan_again(d);
}
