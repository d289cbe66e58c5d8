/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traffic.c: see traffic.h. What it becomes in the store is traffic_samples.c. */
#include "core/traffic.h"

#include <stdlib.h>

#include "core/private.h"
#include "model/networks.h"

const struct traffic_books *
core_traffic(const struct core *c)
{
	static const struct traffic_books none;

	return c->traffic != NULL ? c->traffic : &none;
}

const struct traffic_site *
traffic_of(const struct core *c, const struct site_live *s)
{
	return s->traffic != 0 ? nmap_get(c->traffic->by_number, s->traffic) : NULL;
}

/* ---- what is told ---- */

int
traffic_take_talkers(struct core *c, const struct ipc_msg *msg)
{
	struct msg_capture_talkers m = { 0 };
	struct traffic_site	  *s;

	if (msg_capture_talkers_decode(&m, msg->data, msg->len) == -1)
		return -1;
	s = m.site == 0 ? &c->traffic->all : nmap_get(c->traffic->by_number, m.site);
	if (s != NULL)
		s->top = m;
	return 0;
}

int
traffic_take_state(struct core *c, const struct ipc_msg *msg)
{
	return msg_capture_state_decode(&c->traffic->state, msg->data, msg->len);
}

/* ---- the plan ---- */

static void
site_send(struct core *c, const struct site_live *s)
{
	struct msg_capture_plan m = { .op = CAPTURE_PLAN_ADD, .site = s->traffic };
	struct network		n;
	const char	       *at = s->site->networks;
	char			text[NETWORK_TEXT_MAX];

	while (network_next(&at, &n, text) == 1) {
		m.network = n.first;
		m.bits = (uint8_t)n.bits;
		msg_capture_plan_send(c->capture, IPC_CAPTURE_PLAN, 0, &m, -1);
	}
}

/* Those of the inventory, with what is known of them; the others are forgotten. */
static void
sites_renew(struct core *c)
{
	struct nmap	    *old = c->traffic->by_number, *fresh = nmap_new();
	struct traffic_site *t;
	size_t		     k, at = 0;

	for (k = 0; k < c->inv->nsites; k++) {
		uint32_t number = c->site[k]->traffic;

		if (number == 0)
			continue;
		if ((t = nmap_remove(old, number)) == NULL) {
			t = xcalloc(1, sizeof(*t));
			t->number = number;
		}
		nmap_add(fresh, number, t);
	}
	while ((t = nmap_next(old, &at)) != NULL)
		free(t);
	nmap_free(old);
	c->traffic->by_number = fresh;
}

void
traffic_plan_send(struct core *c)
{
	struct msg_capture_plan m = { .op = CAPTURE_PLAN_BEGIN };
	size_t			k;

	if (c->inv == NULL)
		return;
	sites_renew(c);
	if (c->capture == NULL)
		return;
	msg_capture_plan_send(c->capture, IPC_CAPTURE_PLAN, 0, &m, -1);
	for (k = 0; k < c->inv->nsites; k++)
		if (c->site[k]->traffic != 0)
			site_send(c, c->site[k]);
	m.op = CAPTURE_PLAN_END;
	msg_capture_plan_send(c->capture, IPC_CAPTURE_PLAN, 0, &m, -1);
}

void
traffic_init(struct core *c)
{
	c->traffic = xcalloc(1, sizeof(*c->traffic));
	c->traffic->by_number = nmap_new();
}

void
traffic_fini(struct core *c)
{
	struct traffic_site *t;
	size_t		     at = 0;

	while ((t = nmap_next(c->traffic->by_number, &at)) != NULL)
		free(t);
	nmap_free(c->traffic->by_number);
	free(c->traffic);
}
