/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * device_state.c: what core is told of a device, and in which words. Edges only: a state that goes on is not
 * repeated, but for a core that has not heard of it.
 */
#include "collectors/snmp/device.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"

static void tell(struct device *d, enum target_state state, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void
tell(struct device *d, enum target_state state, const char *fmt, ...)
{
	struct msg_target_state m = {
		.number = d->target.number, .state = (uint8_t)state, .wall_ns = loop_wall_ns(d->env->loop)
	};
	va_list			ap;

	va_start(ap, fmt);
	vsnprintf(m.reason, sizeof(m.reason), fmt, ap);
	va_end(ap);
	text_copy(m.name, sizeof(m.name), d->name != NULL ? d->name : "");
	log_info("%s: %s", d->target.ref, m.reason);
	if (state != TARGET_RESTARTED && state != TARGET_REPLACED) {	/* those happen once */
		free(d->told);
		d->told = xstrdup(m.reason);
		d->told_state = m.state;
		if (state == TARGET_FLAWED)	/* so does this, but it remains what is to be said */
			d->told_state = TARGET_ANSWERING;
		d->told_wall_ns = m.wall_ns;
	}
	d->env->sink->state(d->env->sink->arg, &m);
}

void
state_answered(struct device *d)
{
	bool	    older = d->peer.credential.version == SNMP_V1 && strcmp(d->target.method, "auto") == 0;
	const char *how = older ? " SNMPv1, but not SNMPv2c" : "";
	const char *weak = device_v3_weak(d), *but = weak[0] != '\0' ? "; weakly protected: " : "";
	char	    since[TIME_TEXT_MAX];

	d->failed = 0;
	if (d->state == 0)
		tell(d, TARGET_ANSWERING, "answers%s%s%s", how, but, weak);
	else if (d->state != TARGET_ANSWERING)
		tell(d, TARGET_ANSWERING, "answers again%s; no answer since %s%s%s", how,
		    text_utc(since, sizeof(since), d->since_wall_ns), but, weak);
	else if (older != d->told_older)
		tell(d, TARGET_ANSWERING, "answers%s", older ? how : " SNMPv2c again");
	d->told_older = older;
	d->state = TARGET_ANSWERING;
	d->since_wall_ns = loop_wall_ns(d->env->loop);
}

/* sysUpTime and snmpEngineBoots of the last answer and of this one do not fit together. */
void
state_restarted(struct device *d, const struct rate_reading *now)
{
	double	 elapsed_s = (double)(now->mono_ns - d->last.mono_ns) / NS_PER_S;
	uint32_t advance_ticks = now->uptime_ticks - d->last.uptime_ticks;

	if (now->uptime_ticks < d->last.uptime_ticks)
		tell(d, TARGET_RESTARTED, "sysUpTime went back to %u s", now->uptime_ticks / 100);
	else if (d->last.has_boots && now->has_boots && d->last.boots != now->boots)
		tell(d, TARGET_RESTARTED, "snmpEngineBoots went from %u to %u", d->last.boots, now->boots);
	else
		tell(d, TARGET_RESTARTED, "sysUpTime advanced %u s in %.0f s", advance_ticks / 100,
		    elapsed_s);
}

void
state_replaced(struct device *d, const char *old_name)
{
	tell(d, TARGET_REPLACED, "another device answers: it was \"%.60s\", now it is \"%.60s\"", old_name,
	    d->name);
}

void
state_flawed(struct device *d, const char *what)
{
	tell(d, TARGET_FLAWED, "%s", what);
}

void
state_sound(struct device *d, const char *what)
{
	if (d->state == TARGET_ANSWERING)
		tell(d, TARGET_ANSWERING, "%s", what);
}

/* The same trouble as was told, or none that needs telling again. */
static bool
is_told(const struct device *d, enum target_state state)
{
	if (d->state != state)
		return false;
	return d->trouble == NULL || (d->told != NULL && strcmp(d->trouble, d->told) == 0);
}

/* Silent when nothing came, wrong when something came that is of no use. */
void
state_poll_failed(struct device *d)
{
	const char	 *why = d->refusal != NULL ? d->refusal : d->peer.complaint;
	enum target_state state = d->trouble != NULL || why != NULL ? TARGET_WRONG : TARGET_SILENT;
	char		  since[TIME_TEXT_MAX];

	d->failed++;
	if ((d->failed < POLLS_SILENT && d->trouble == NULL) || is_told(d, state))
		return;
	d->state = (uint8_t)state;
	text_utc(since, sizeof(since), d->since_wall_ns);
	if (d->trouble != NULL)
		tell(d, TARGET_WRONG, "%s", d->trouble);
	else if (why != NULL)
		tell(d, TARGET_WRONG, "no usable answer since %s: %s", since, why);
	else
		tell(d, TARGET_SILENT, "no answer since %s", since);
}

void
state_again(const struct device *d)
{
	struct msg_target_state m = { .number = d->target.number, .state = d->told_state,
		.wall_ns = d->told_wall_ns };

	if (d->told == NULL)
		return;
	text_copy(m.reason, sizeof(m.reason), d->told);
	text_copy(m.name, sizeof(m.name), d->name != NULL ? d->name : "");
	d->env->sink->state(d->env->sink->arg, &m);
}
