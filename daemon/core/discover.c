/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * discover.c: DISCOVER requests under way. The instance asks, core passes its answers on to who wants to know and
 * keeps nothing of them.
 */
#include "core/discover.h"

#include <stdlib.h>
#include <string.h>

#include "core/plan.h"
#include "core/private.h"

#define DEADLINE_MS 300000
#define PATIENCE_NS (5 * NS_PER_S)	/* beyond the deadline, for the word to come */

struct discovery {
	struct core	  *core;
	char		   via[32];	/* a reload may move the instance itself */
	uint32_t	   token;
	core_discover_fn   cb;
	void		  *arg;
	struct loop_timer  late;
	struct discovery  *next;
};

static struct discovery *
discovery_find(const struct core *c, uint32_t token)
{
	struct discovery *d;

	for (d = c->priv->discoveries; d != NULL && d->token != token; d = d->next)
		;
	return d;
}

static void
discovery_free(struct discovery *d)
{
	struct discovery **at = &d->core->priv->discoveries;

	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	loop_timer_cancel(d->core->loop, &d->late);
	free(d);
}

static void
discovery_over(struct discovery *d, const struct msg_discover_end *end)
{
	core_discover_fn cb = d->cb;
	void		*arg = d->arg;

	discovery_free(d);
	cb(arg, NULL, end);
}

static void
discovery_late(void *arg)
{
	discovery_over(arg, NULL);
}

uint32_t
core_discover(struct core *c, const char *via, struct msg_discover *m, core_discover_fn cb, void *arg)
{
	struct measure_peer *p = core_measure_of(c, via);
	struct discovery    *d;
	uint32_t	     token;

	if (p == NULL || p->ch == NULL)
		return 0;
	if ((token = ++c->priv->next_token) == 0)
		token = ++c->priv->next_token;
	m->deadline_ms = DEADLINE_MS;
	m->timeout_ms = c->set.snmp_timeout_ms;
	if (msg_discover_send(p->ch, IPC_DISCOVER, token, m, -1) == -1)
		return 0;
	d = xcalloc(1, sizeof(*d));
	*d = (struct discovery){ .core = c, .token = token, .cb = cb, .arg = arg,
		.next = c->priv->discoveries };
	text_copy(d->via, sizeof(d->via), p->name);
	c->priv->discoveries = d;
	loop_timer_set(c->loop, &d->late, loop_mono_ns(c->loop) + DEADLINE_MS * NS_PER_MS + PATIENCE_NS,
	    discovery_late, d);
	return token;
}

void
core_discover_forget(struct core *c, uint32_t token)
{
	static const struct msg_discover none = { 0 };
	struct discovery		*d = discovery_find(c, token);
	const struct measure_peer	*p = d != NULL ? core_measure_of(c, d->via) : NULL;

	if (d == NULL)
		return;
	if (p != NULL)
		msg_discover_send(p->ch, IPC_DISCOVER, token, &none, -1);
	discovery_free(d);
}

/* An instance speaks for itself alone. @return NULL also when it was forgotten meanwhile */
static struct discovery *
discovery_of(struct core *c, const struct ipc_channel *from, uint32_t token)
{
	struct discovery	  *d = discovery_find(c, token);
	const struct measure_peer *p = d != NULL ? core_measure_of(c, d->via) : NULL;

	return p != NULL && p->ch == from ? d : NULL;
}

int
discover_found(struct core *c, const struct ipc_channel *from, const struct ipc_msg *msg)
{
	struct msg_discovered m;
	struct discovery     *d = discovery_of(c, from, msg->token);

	if (msg_discovered_decode(&m, msg->data, msg->len) == -1)
		return -1;
	if (d != NULL)
		d->cb(d->arg, &m, NULL);
	return 0;
}

int
discover_end(struct core *c, const struct ipc_channel *from, const struct ipc_msg *msg)
{
	struct msg_discover_end m;
	struct discovery       *d = discovery_of(c, from, msg->token);

	if (msg_discover_end_decode(&m, msg->data, msg->len) == -1)
		return -1;
	if (d != NULL)
		discovery_over(d, &m);
	return 0;
}

void
discover_peer_gone(struct core *c, const struct measure_peer *m)
{
	struct discovery *d = c->priv->discoveries;

	while (d != NULL)
		if (strcmp(d->via, m->name) == 0) {
			discovery_over(d, NULL);
			d = c->priv->discoveries;	/* who was told may have forgotten others */
		} else {
			d = d->next;
		}
}
