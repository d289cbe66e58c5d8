/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trial.c: PROFILE_TEST: who asked gets the values as they come, as many as there may be, and an end in any case.
 * An instance speaks for its own devices alone.
 */
#include "core/trial.h"

#include <stdlib.h>
#include <string.h>

#include "core/plan.h"
#include "core/private.h"

#define PATIENCE_NS (75 * NS_PER_S)	/* measure takes a minute at most */

struct core_trial {
	struct core	  *core;
	char		   via[32];	/* a reload may move the instance itself */
	uint32_t	   token;
	unsigned	   values;	/* told */
	core_trial_fn	   cb;
	void		  *arg;
	struct loop_timer  late;
	struct core_trial *next;
};

static struct core_trial **
trial_find(struct core *c, uint32_t token)
{
	struct core_trial **t;

	for (t = &c->priv->trials; *t != NULL && (*t)->token != token; t = &(*t)->next)
		;
	return t;
}

static void
trial_remove(struct core *c, struct core_trial **at)
{
	struct core_trial *t = *at;

	*at = t->next;
	loop_timer_cancel(c->loop, &t->late);
	free(t);
}

/* @param m  NULL: no end has come */
static void
trial_over(struct core *c, struct core_trial **at, const struct msg_profile_test_end *m)
{
	core_trial_fn cb = (*at)->cb;
	void	     *arg = (*at)->arg;

	trial_remove(c, at);
	cb(arg, NULL, m);
}

static void
too_late(void *arg)
{
	struct core_trial *t = arg;

	trial_over(t->core, trial_find(t->core, t->token), NULL);
}

uint32_t
core_trial(struct core *c, const struct device_live *d, const char *profile, core_trial_fn cb, void *arg)
{
	struct measure_peer    *m = core_measure_of(c, d->device->via);
	struct msg_profile_test msg = { .device = d->number };
	struct core_trial      *t;
	uint32_t		token;

	if (m == NULL || m->ch == NULL)
		return 0;
	if ((token = ++c->priv->next_token) == 0)
		token = ++c->priv->next_token;
	text_copy(msg.profile, sizeof(msg.profile), profile);
	if (msg_profile_test_send(m->ch, IPC_PROFILE_TEST, token, &msg, -1) == -1)
		return 0;
	t = xcalloc(1, sizeof(*t));
	*t = (struct core_trial){ .core = c, .token = token, .cb = cb, .arg = arg, .next = c->priv->trials };
	text_copy(t->via, sizeof(t->via), m->name);
	c->priv->trials = t;
	loop_timer_set(c->loop, &t->late, loop_mono_ns(c->loop) + PATIENCE_NS, too_late, t);
	return token;
}

void
core_trial_forget(struct core *c, uint32_t token)
{
	struct core_trial **at = trial_find(c, token);

	if (*at != NULL)
		trial_remove(c, at);
}

/* @return NULL also when who asked has gone */
static struct core_trial *
trial_of(struct core *c, const struct ipc_channel *from, uint32_t token)
{
	struct core_trial	  *t = *trial_find(c, token);
	const struct measure_peer *p = t != NULL ? core_measure_of(c, t->via) : NULL;

	return p != NULL && p->ch == from ? t : NULL;
}

int
core_trial_value(struct core *c, const struct ipc_channel *from, const struct ipc_msg *msg)
{
	struct core_trial	 *t = trial_of(c, from, msg->token);
	struct msg_profile_tested m;

	if (msg_profile_tested_decode(&m, msg->data, msg->len) == -1)
		return -1;
	if (t != NULL && t->values++ < PROFILE_TESTED_MAX)
		t->cb(t->arg, &m, NULL);
	return 0;
}

int
core_trial_end(struct core *c, const struct ipc_channel *from, const struct ipc_msg *msg)
{
	struct core_trial	   *t = trial_of(c, from, msg->token);
	struct msg_profile_test_end m;

	if (msg_profile_test_end_decode(&m, msg->data, msg->len) == -1)
		return -1;
	if (t != NULL)
		trial_over(c, trial_find(c, t->token), &m);
	return 0;
}

void
core_trial_peer_gone(struct core *c, const struct measure_peer *m)
{
	struct core_trial **at = &c->priv->trials;

	while (*at != NULL)
		if (strcmp((*at)->via, m->name) == 0) {
			trial_over(c, at, NULL);
			at = &c->priv->trials;	/* who was told may have forgotten others */
		} else {
			at = &(*at)->next;
		}
}

void
core_trials_free(struct core *c)
{
	while (c->priv->trials != NULL)
		trial_remove(c, &c->priv->trials);
}
