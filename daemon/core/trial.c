/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trial.c: PROFILE_TEST: who asked gets the values as they come, and an end in any case. */
#include "core/trial.h"

#include <stdlib.h>

#include "core/plan.h"
#include "core/private.h"

#define PATIENCE_NS (75 * NS_PER_S)	/* measure takes a minute at most */

struct core_trial {
	struct core	  *core;
	uint32_t	   token;
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

static void
too_late(void *arg)
{
	struct core_trial *t = arg;
	core_trial_fn	   cb = t->cb;
	void		  *cb_arg = t->arg;

	trial_remove(t->core, trial_find(t->core, t->token));
	cb(cb_arg, NULL, NULL);
}

uint32_t
core_trial(struct core *c, const struct device_live *d, const char *profile, core_trial_fn cb, void *arg)
{
	struct measure_peer    *m = core_measure_of(c, d->device->via);
	struct msg_profile_test msg = { .device = d->number };
	struct core_trial      *t;
	uint32_t		token;

	if ((token = ++c->priv->next_token) == 0)
		token = ++c->priv->next_token;
	text_copy(msg.profile, sizeof(msg.profile), profile);
	if (m == NULL || msg_profile_test_send(m->ch, IPC_PROFILE_TEST, token, &msg, -1) == -1)
		return 0;
	t = xcalloc(1, sizeof(*t));
	*t = (struct core_trial){ .core = c, .token = token, .cb = cb, .arg = arg, .next = c->priv->trials };
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

void
core_trial_value(struct core *c, uint32_t token, const struct msg_profile_tested *m)
{
	struct core_trial *t = *trial_find(c, token);

	if (t != NULL)		/* else who asked has gone */
		t->cb(t->arg, m, NULL);
}

void
core_trial_end(struct core *c, uint32_t token, const struct msg_profile_test_end *m)
{
	struct core_trial **at = trial_find(c, token);
	core_trial_fn	    cb;
	void		   *arg;

	if (*at == NULL)
		return;
	cb = (*at)->cb;
	arg = (*at)->arg;
	trial_remove(c, at);
	cb(arg, NULL, m);
}

void
core_trials_free(struct core *c)
{
	while (c->priv->trials != NULL)
		trial_remove(c, &c->priv->trials);
}
