/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_traffic.c: traffic: what has passed of the sites on the mirror port in the last minute that was counted. */
#include "ctl/client.h"

#include <math.h>
#include <stdlib.h>

#include "base/addr.h"
#include "core/traffic.h"
#include "ctl/find.h"
#include "ctl/js.h"
#include "live/core.h"

#define SITES_DEFAULT 100

static json_t *
view_talkers(const struct msg_capture_talkers *m)
{
	json_t *list = json_array();
	char	text[ADDR_TEXT_MAX];
	uint8_t i;

	for (i = 0; i < m->n; i++)
		json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "host", addr_text(&m->each[i].host, text), "octets",
		    js_u64_text(m->each[i].octets), "error", js_u64_text(m->each[i].error)));
	return list;
}

static json_t *
ratio(uint64_t part, uint64_t whole)
{
	return js_number(whole > 0 ? (double)part / (double)whole : NAN);
}

static json_t *
view_books(const struct site_live *s, const struct msg_capture_site *m)
{
	uint64_t failed = (uint64_t)m->dns_failed + m->dns_unanswered;
	bool	 known = m->wall_ns != 0;

	return json_pack("{s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:o}",
	    "ref", s->live.ref, "closed", js_time(m->wall_ns), "seconds", js_number(known ? m->seconds : NAN), "partial",
	    m->partial, "rx_octets", js_u64_text(m->rx_octets), "tx_octets", js_u64_text(m->tx_octets), "rx_packets",
	    js_u64_text(m->rx_packets), "tx_packets", js_u64_text(m->tx_packets), "rx_bps",
	    js_number(known ? (double)m->rx_octets * 8 / m->seconds : NAN), "tx_bps",
	    js_number(known ? (double)m->tx_octets * 8 / m->seconds : NAN), "tcp_rtt_p50_s",
	    js_number(m->rtts > 0 ? (double)m->rtt_p50_s : NAN), "rtts", (json_int_t)m->rtts, "segments",
	    (json_int_t)m->segments, "retransmitted", (json_int_t)m->retransmitted, "retransmit_ratio",
	    ratio(m->retransmitted, m->segments), "dns_answered", (json_int_t)m->dns_answered, "dns_failed",
	    (json_int_t)m->dns_failed, "dns_unanswered", (json_int_t)m->dns_unanswered, "dns_fail_ratio",
	    ratio(failed, failed + m->dns_answered));
}

struct ranked {
	const struct site_live	  *site;
	const struct traffic_site *traffic;
};

static uint64_t
octets_of(const struct traffic_site *t)
{
	return t->last.rx_octets + t->last.tx_octets;
}

/* Most octets first, those without any in the order of the inventory. */
static int
by_octets(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;

	if (octets_of(left->traffic) != octets_of(right->traffic))
		return octets_of(left->traffic) < octets_of(right->traffic) ? 1 : -1;
	return left->site->site->index < right->site->site->index ? -1 : 1;
}

static json_t *
view_sites(const struct core *c, size_t limit)
{
	size_t	       count = c->inv != NULL ? c->inv->nsites : 0, n = 0, k;
	struct ranked *all = xcalloc(count + 1, sizeof(*all));
	json_t	      *list = json_array();

	for (k = 0; k < count; k++)
		if ((all[n].traffic = traffic_of(c, c->site[k])) != NULL)
			all[n++].site = c->site[k];
	qsort(all, n, sizeof(*all), by_octets);
	for (k = 0; k < n && k < limit; k++)
		json_array_append_new(list, view_books(all[k].site, &all[k].traffic->last));
	free(all);
	return list;
}

static json_t *
view_capture(const struct core *c)
{
	const struct msg_capture_state *st = &core_traffic(c)->state;

	return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "capturing", c->capture != NULL, "interface",
	    js_name(st->interface), "trouble", js_name(st->trouble), "came", js_u64_text(st->came), "dropped",
	    js_u64_text(st->dropped), "packets", js_u64_text(st->packets), "octets", js_u64_text(st->octets), "elsewhere",
	    js_u64_text(st->elsewhere));
}

/* Talkers of another minute than that of the books do not belong to them. */
static const struct msg_capture_talkers *
talkers_now(const struct traffic_site *t)
{
	static const struct msg_capture_talkers none;

	return t->top.wall_ns == t->last.wall_ns ? &t->top : &none;
}

static void
site_answer(struct client *cl, const struct request *r, const char *name)
{
	const struct core	   *c = cl->ctl->core;
	const struct traffic_site  *t;
	const struct msg_capture_talkers *top;
	struct object		    o;
	json_t			   *v;

	if (object_find(c, name, &o) == -1 || o.kind != OBJECT_SITE) {
		op_not_found(cl, r, name);
		return;
	}
	if ((t = traffic_of(c, o.site)) == NULL) {
		client_refuse(cl, r->id, "bad_request", "%s names no networks in sites.csv, so nothing is counted for it",
		    o.site->live.ref);
		return;
	}
	top = talkers_now(t);
	v = view_capture(c);
	json_object_set_new(v, "site", view_books(o.site, &t->last));
	json_object_set_new(v, "talkers", view_talkers(top));
	json_object_set_new(v, "unseen_max", js_u64_text(top->unseen_max));
	client_answer(cl, r->id, v);
}

void
op_traffic(struct client *cl, const struct request *r, const struct actor *who)
{
	const struct core *c = cl->ctl->core;
	const char	  *name = json_string_value(json_object_get(r->body, "site"));
	size_t		   limit = (size_t)json_integer_value(json_object_get(r->body, "limit"));
	json_t		  *v;

	(void)who;
	if (name != NULL) {
		site_answer(cl, r, name);
		return;
	}
	v = view_capture(c);
	json_object_set_new(v, "sites", view_sites(c, limit != 0 ? limit : SITES_DEFAULT));
	json_object_set_new(v, "talkers", view_talkers(&core_traffic(c)->all.top));
	json_object_set_new(v, "unseen_max", js_u64_text(core_traffic(c)->all.top.unseen_max));
	client_answer(cl, r->id, v);
}
