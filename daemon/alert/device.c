/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * device.c: devices that fall silent, answer again, restart, are replaced, or answer with a defect that is named.
 *
 * A silent device makes events, never a line's state. Behind a dead line it is silent for a known reason:
 * nothing is said until the line has been judged, and after its return the device gets a few polls to answer.
 */
#include "alert/alert.h"

#include <jansson.h>


#define RECHECK_NS (5 * NS_PER_S)
#define POLLS_HELD 4	/* after the return of its site */

static struct json_t *
device_data(const struct device_live *d)
{
	char t[TIME_TEXT_MAX];

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}",
	    "device", d->device->id,
	    "site", d->device->site_id,
	    "state", device_state_names[d->state],
	    "since", text_utc(t, sizeof(t), d->live.since_ns),
	    "reason", document_string(d->reason),
	    "name", document_string(d->sysname));
}

static void
device_event(struct core *c, struct device_live *d, const char *kind, enum severity severity)
{
	if (d->device->life == LIFE_LIVE && d->site->site->life == LIFE_LIVE)
		event_raise(c, kind, severity, d->live.ref, NULL, device_data(d));
}

static void
device_wait(struct core *c, struct device_live *d, int64_t mono_ns)
{
	if ((d->tell_ns != 0) != (mono_ns != 0))
		c->marks.devices_waiting += mono_ns != 0 ? 1 : -1;
	d->tell_ns = mono_ns;
	if (mono_ns != 0)
		core_wake_at(c, mono_ns);
}

static bool
is_under_review(const struct site_live *s)
{
	size_t k;

	for (k = 0; k < s->nlinks; k++)
		if (s->link[k]->reach.verdict == VERDICT_PENDING ||
		    (s->link[k]->rounds.say != ROUNDS_DOWN && link_is_failing(s->link[k])))
			return true;
	return false;
}

void
device_review(struct core *c, struct device_live *d)
{
	int64_t now = loop_mono_ns(c->loop), held_ns = POLLS_HELD * c->set.snmp_interval_ns;
	int64_t back_ns = loop_wall_ns(c->loop) - d->site->live.since_ns;	/* < 0: the clock was set */

	if (d->state != DEVICE_SILENT || d->told || !d->seen)
		device_wait(c, d, 0);
	else if (is_under_review(d->site))
		device_wait(c, d, now + RECHECK_NS);
	else if (site_is_dead(d->site) || (back_ns >= 0 && back_ns < held_ns))
		device_wait(c, d, now + held_ns);
	else {
		device_wait(c, d, 0);
		d->told = true;
		device_event(c, d, "device.silent", SEVERITY_WARNING);
	}
}

void
device_state_changed(struct core *c, struct device_live *d, const struct msg_target_state *st)
{
	bool answers = st->state != TARGET_SILENT && st->state != TARGET_WRONG;

	if (d->state != (answers ? DEVICE_ANSWERING : DEVICE_SILENT)) {
		d->state = answers ? DEVICE_ANSWERING : DEVICE_SILENT;
		d->live.since_ns = st->wall_ns;
	}
	d->seen |= answers;
	text_copy(d->reason, sizeof(d->reason), st->reason);
	if (st->name[0] != '\0')
		text_copy(d->sysname, sizeof(d->sysname), st->name);

	if (st->state == TARGET_RESTARTED)
		device_event(c, d, "device.restarted", SEVERITY_INFO);
	if (st->state == TARGET_REPLACED)
		device_event(c, d, "device.replaced", SEVERITY_INFO);
	if (st->state == TARGET_FLAWED)
		device_event(c, d, "device.flawed", SEVERITY_WARNING);
	if (answers && d->told) {
		d->told = false;
		device_event(c, d, "device.answering", SEVERITY_WARNING);
	}
	device_review(c, d);
	d->live.unsaved = true;
	core_mark(c, &d->live);
}
