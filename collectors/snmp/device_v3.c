/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * device_v3.c: what SNMPv3 adds to a device: its target, its credential as the file is now, the back-off
 * after a refusal, and the defects of its agent by name.
 *
 * An agent that refuses us keeps refusing: it is asked once in AUTH_RETRY_NS, and at once when the credential
 * file has changed or a new configuration is in force.
 */
#include "collectors/snmp/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/map.h"
#include "collectors/snmp/credential.h"

#define AUTH_RETRY_NS (300 * NS_PER_S)

struct device_v3 {
	struct v3_target target;
	int64_t		 retry_ns;	/* refused: not again before; 0: it was not */
	bool		 asked;		/* in the poll at hand */
	char		 engine[V3_ENGINE_TEXT_MAX];	/* proven, as it was last seen */
	struct device	*twin;		/* who had it first; compared only, never followed */
	unsigned	 twins;		/* who have it as well, when we had it first */
};

/* ---- the credential ---- */

static const struct v3_user *
user_get(const struct device *d, char *err, size_t err_size)
{
	const char *name = d->target.credential;

	if (d->env->public_community) {
		snprintf(err, err_size, "SNMPv3 needs a credential, and here there are none");
		return NULL;
	}
	if (!credential_is_name(name)) {
		snprintf(err, err_size, "no usable credential: name a file of secrets/snmp in devices.csv");
		return NULL;
	}
	return v3_users_get(d->env->users, d->env->secrets_fd, name, err, err_size);
}

static void
trouble_set(struct device *d, const char *text)
{
	free(d->trouble);
	d->trouble = text != NULL ? xstrdup(text) : NULL;
}

bool
device_v3_ready(struct device *d)
{
	char		      err[TROUBLE_MAX];
	const struct v3_user *u = user_get(d, err, sizeof(err));
	struct device_v3     *v = d->v3;

	if (u == NULL) {
		trouble_set(d, err);
		return false;
	}
	if (v == NULL) {
		d->v3 = v = xcalloc(1, sizeof(*v));
		v3_target_init(&v->target, u);
		d->peer.v3 = &v->target;
		d->peer.credential = (struct snmp_credential){ .version = SNMP_V3 };
	}
	if (v->retry_ns != 0 && loop_mono_ns(d->env->loop) < v->retry_ns && !d->reread &&
	    !v3_target_is_stale(&v->target, u))
		return false;
	trouble_set(d, NULL);
	d->reread = false;
	v->retry_ns = 0;
	v->asked = true;
	v3_target_poll(&v->target, u);
	return true;
}

const char *
device_v3_weak(const struct device *d)
{
	return d->v3 != NULL ? d->v3->target.user->weak : "";
}

/* ---- engines that are not one's own ---- */

static const char *
short_name(const struct device *d)
{
	const char *slash = strchr(d->target.ref, '/');

	return slash != NULL ? slash + 1 : d->target.ref;
}

static void
twin_tell(struct device *d, const struct device *other)
{
	char text[160];

	if (d->state != TARGET_ANSWERING)
		return;
	snprintf(text, sizeof(text),
	    "answers with the same snmpEngineID as %.80s: one was copied from the other", short_name(other));
	state_flawed(d, text);
}

static void
sound_tell(struct device *d)
{
	state_sound(d, "answers; its snmpEngineID is its own again");
}

/* The engine is another one from here on, or the device goes: who shares the old one now? */
static void
engine_leave(struct device *d)
{
	struct device_v3 *v = d->v3;
	struct device	 *first = map_get(d->env->engines, v->engine);

	if (first == d) {
		map_remove(d->env->engines, v->engine);
	} else if (first != NULL && first == v->twin && first->v3->twins > 0 && --first->v3->twins == 0) {
		sound_tell(first);
	}
	v->twin = NULL;
	v->twins = 0;
	v->engine[0] = '\0';
}

/* Nobody else should have it; whoever comes second is told so, and so is the first. */
static void
engine_look(struct device *d)
{
	struct device_v3 *v = d->v3;
	struct device	 *first;
	char		  engine[V3_ENGINE_TEXT_MAX];

	if (v->target.proven_len == 0)
		return;
	if (strcmp(v3_target_engine(&v->target, engine), v->engine) != 0) {
		if (v->engine[0] != '\0')
			engine_leave(d);
		memcpy(v->engine, engine, sizeof(engine));
	}
	if (map_add(d->env->engines, v->engine, d) == 0) {
		if (v->twin != NULL)		/* who had it first has another one, or is gone */
			sound_tell(d);
		v->twin = NULL;
		return;
	}
	first = map_get(d->env->engines, v->engine);
	if (first == d || first == v->twin)
		return;
	v->twin = first;
	first->v3->twins++;
	twin_tell(d, first);
	twin_tell(first, d);
}

/* ---- the end of a poll ---- */

void
device_v3_end(struct device *d)
{
	const char *refusal;
	char	    text[TROUBLE_MAX];

	if (d->v3 == NULL || !d->v3->asked)
		return;
	d->v3->asked = false;
	refusal = v3_target_refusal(&d->v3->target);
	if (!d->poll.answered && refusal != NULL) {
		d->v3->retry_ns = loop_mono_ns(d->env->loop) + AUTH_RETRY_NS;
		snprintf(text, sizeof(text), "authentication failed with secrets/snmp/%s: %s",
		    d->target.credential, refusal);
		trouble_set(d, text);
	}
	if (!d->poll.answered && refusal == NULL) {
		refusal = v3_target_unanswered(&d->v3->target);
		if (d->peer.complaint == NULL)
			d->peer.complaint = refusal;
	}
	if (!d->poll.answered)
		return;
	while (v3_target_defect(&d->v3->target, text, sizeof(text)))
		state_flawed(d, text);
	engine_look(d);
}

void
device_v3_free(struct device *d)
{
	if (d->v3 == NULL)
		return;
	if (d->v3->engine[0] != '\0')
		engine_leave(d);
	v3_target_fini(&d->v3->target);
	free(d->v3);
	d->v3 = NULL;
	d->peer.v3 = NULL;
}
