/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * account.c: see account.h. Networks lie sorted in one array, each with the one around it, so that the longest that holds an
 * address is found by a bisection and a few steps outwards. What a site needs is made with its first packet.
 */
#include "collectors/capture/account.h"

#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/capture/dns.h"
#include "collectors/capture/tcp.h"

#define FLOWS_MAX     65536
#define QUESTIONS_MAX 16384
#define RTTS_MAX      128	/* kept of a site for its median */
#define NONE	      UINT32_MAX

struct network {
	struct addr first;
	uint8_t	    last[16];
	uint32_t    site;		/* number; place in site[] once the plan is complete */
	uint32_t    around;		/* place of the next larger one that holds it, or NONE */
};

struct details {			/* what is made with the first packet */
	struct talkers *talkers;
	float		rtt_s[RTTS_MAX];
	uint32_t	nrtts, every, skip;	/* kept is one of `every` */
};

struct account_site {
	uint32_t	number;
	struct traffic	traffic;
	struct details *details;
};

struct account {
	struct network	    *network, *next;	/* next: of the plan that is being read */
	size_t		     nnetworks, nnext, next_size;
	struct account_site *site;	/* by number */
	size_t		     nsites;
	struct talkers	    *all;
	struct tcp_table    *tcp;
	struct dns_table    *dns;
	bool		     dns_answers;	/* some were seen: both directions pass here */
	struct account_totals totals;
};

struct account *
account_new(void)
{
	struct account	  *a = xcalloc(1, sizeof(*a));
	struct siphash_key key;

	siphash_key_new(&key);
	a->all = talkers_new(TALKERS_MAX);
	a->tcp = tcp_new(FLOWS_MAX, &key);
	a->dns = dns_new(QUESTIONS_MAX, &key);
	return a;
}

static void
details_free(struct details *d)
{
	if (d == NULL)
		return;
	talkers_free(d->talkers);
	free(d);
}

void
account_free(struct account *a)
{
	size_t i;

	if (a == NULL)
		return;
	for (i = 0; i < a->nsites; i++)
		details_free(a->site[i].details);
	free(a->site);
	free(a->network);
	free(a->next);
	talkers_free(a->all);
	tcp_free(a->tcp);
	dns_free(a->dns);
	free(a);
}

/* ---- networks ---- */

void
account_plan_begin(struct account *a)
{
	a->nnext = 0;
}

/* The first and the last address that it holds. */
static void
range_make(struct network *n, unsigned bits)
{
	unsigned i, size = n->first.family == 4 ? 4 : 16;

	memcpy(n->last, n->first.byte, sizeof(n->last));
	for (i = 0; i < size; i++) {
		unsigned kept = bits > i * 8 ? bits - i * 8 : 0;
		uint8_t	 host = kept >= 8 ? 0 : (uint8_t)(0xff >> kept);

		n->first.byte[i] &= (uint8_t)~host;
		n->last[i] |= host;
	}
}

void
account_plan_add(struct account *a, uint32_t site, const struct addr *network, unsigned bits)
{
	if (a->nnext == a->next_size) {
		a->next_size = a->next_size == 0 ? 64 : 2 * a->next_size;
		a->next = xrealloc(a->next, a->next_size, sizeof(*a->next));
	}
	a->next[a->nnext] = (struct network){ .first = *network, .site = site };
	range_make(&a->next[a->nnext++], bits);
}

/* An outer network before those inside it. */
static int
network_compare(const void *left, const void *right)
{
	const struct network *a = left, *b = right;
	int		      order = memcmp(&a->first, &b->first, sizeof(a->first));

	return order != 0 ? order : -memcmp(a->last, b->last, sizeof(a->last));
}

static bool
holds(const struct network *n, const struct addr *a)
{
	return n->first.family == a->family && memcmp(n->first.byte, a->byte, sizeof(a->byte)) <= 0 &&
	    memcmp(n->last, a->byte, sizeof(a->byte)) >= 0;
}

/* Which one lies around each: the nearest before it that has not ended yet. */
static void
networks_nest(struct network *n, size_t count)
{
	uint32_t open = NONE;
	size_t	 i;

	for (i = 0; i < count; i++) {
		while (open != NONE && !holds(&n[open], &n[i].first))
			open = n[open].around;
		n[i].around = open;
		open = (uint32_t)i;
	}
}

static int
number_compare(const void *left, const void *right)
{
	const struct account_site *a = left, *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

static struct account_site *
site_by_number(const struct account *a, uint32_t number)
{
	const struct account_site key = { .number = number };

	return a->nsites == 0 ? NULL : bsearch(&key, a->site, a->nsites, sizeof(key), number_compare);
}

/* Each number once, with the books of the site that had it before. */
static void
sites_renew(struct account *a)
{
	struct account_site *fresh = xcalloc(a->nnext + 1, sizeof(*fresh)), *old;
	size_t		     i, n = 0;

	for (i = 0; i < a->nnext; i++)
		fresh[i].number = a->next[i].site;
	qsort(fresh, a->nnext, sizeof(*fresh), number_compare);
	for (i = 0; i < a->nnext; i++) {
		if (n > 0 && fresh[n - 1].number == fresh[i].number)
			continue;
		fresh[n] = (struct account_site){ .number = fresh[i].number };
		if ((old = site_by_number(a, fresh[n].number)) != NULL) {
			fresh[n] = *old;
			old->details = NULL;
		}
		n++;
	}
	for (i = 0; i < a->nsites; i++)
		details_free(a->site[i].details);
	free(a->site);
	a->site = fresh;
	a->nsites = n;
}

void
account_plan_end(struct account *a)
{
	size_t i;

	sites_renew(a);
	if (a->nnext > 0)
		qsort(a->next, a->nnext, sizeof(*a->next), network_compare);
	networks_nest(a->next, a->nnext);
	for (i = 0; i < a->nnext; i++)
		a->next[i].site = (uint32_t)(site_by_number(a, a->next[i].site) - a->site);
	free(a->network);
	a->network = a->next;
	a->nnetworks = a->nnext;
	a->next = NULL;
	a->nnext = a->next_size = 0;
}

/* The site of the longest network that holds this address, or NULL. */
static struct account_site *
site_of(const struct account *a, const struct addr *host)
{
	size_t	 low = 0, high = a->nnetworks, middle;
	uint32_t i;

	while (low < high) {		/* the last that does not begin behind it */
		middle = low + (high - low) / 2;
		if (memcmp(&a->network[middle].first, host, sizeof(*host)) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (i = low > 0 ? (uint32_t)low - 1 : NONE; i != NONE; i = a->network[i].around)
		if (holds(&a->network[i], host))
			return &a->site[a->network[i].site];
	return NULL;
}

/* ---- packets ---- */

static struct details *
details_of(struct account_site *s)
{
	if (s->details == NULL) {
		s->details = xcalloc(1, sizeof(*s->details));
		s->details->talkers = talkers_new(ACCOUNT_SITE_TALKERS);
		s->details->every = 1;
	}
	return s->details;
}

/* When there is no more room, every second one goes, and from then on half as many are kept. */
static void
rtt_note(struct account_site *s, double rtt_s)
{
	struct details *d = details_of(s);
	uint32_t	i;

	s->traffic.rtts++;
	if (++d->skip < d->every)
		return;
	d->skip = 0;
	if (d->nrtts == RTTS_MAX) {
		for (i = 0; i < RTTS_MAX / 2; i++)
			d->rtt_s[i] = d->rtt_s[2 * i];
		d->nrtts = RTTS_MAX / 2;
		d->every *= 2;
	}
	d->rtt_s[d->nrtts++] = (float)rtt_s;
}

static void
tcp_note(struct account *a, const struct packet *p, struct account_site *from, struct account_site *to, int64_t ns)
{
	struct tcp_seen seen;

	tcp_packet(a->tcp, p, ns, &seen);
	if (from != NULL && !isnan(seen.rtt_s))
		rtt_note(from, seen.rtt_s);
	if (!seen.segment)
		return;
	if (from != NULL) {
		from->traffic.segments++;
		from->traffic.retransmitted += seen.again;
	}
	if (to != NULL && to != from) {
		to->traffic.segments++;
		to->traffic.retransmitted += seen.again;
	}
}

static void
dns_note(struct account *a, const struct packet *p, const struct account_site *from, int64_t ns)
{
	struct account_site *s;
	uint32_t	     asked = 0;
	enum dns_outcome     outcome = dns_packet(a->dns, p, from != NULL ? from->number : 0, ns, &asked);

	a->dns_answers = a->dns_answers || outcome != DNS_NOTHING;
	if (outcome == DNS_NOTHING || (s = site_by_number(a, asked)) == NULL)
		return;
	if (outcome == DNS_FAILED)
		s->traffic.dns_failed++;
	else
		s->traffic.dns_answered++;
}

static void
host_note(struct account *a, struct account_site *s, const struct addr *host, uint32_t octets)
{
	talkers_add(details_of(s)->talkers, host, octets);
	talkers_add(a->all, host, octets);
}

void
account_frame(struct account *a, const uint8_t *data, size_t len, uint32_t octets, int64_t ns)
{
	struct account_site *from, *to;
	struct packet	     p;
	enum decode_reason   why = decode_frame(data, len, &p);

	a->totals.packets++;
	a->totals.octets += octets;
	if (why != DECODE_OK) {
		a->totals.refused[why]++;
		return;
	}
	from = site_of(a, &p.src);
	to = site_of(a, &p.dst);
	if (from == NULL && to == NULL) {
		a->totals.elsewhere++;
		return;
	}
	if (from != NULL) {
		from->traffic.tx_octets += octets;
		from->traffic.tx_packets++;
		host_note(a, from, &p.src, octets);
	}
	if (to != NULL) {
		to->traffic.rx_octets += octets;
		to->traffic.rx_packets++;
		host_note(a, to, &p.dst, octets);
	}
	if (p.protocol == IPPROTO_TCP && p.has_ports)
		tcp_note(a, &p, from, to, ns);
	if (p.is_dns)
		dns_note(a, &p, from, ns);
}

/* ---- closing ---- */

static void
unanswered(void *arg, uint32_t site)
{
	struct account	    *a = arg;
	struct account_site *s = site_by_number(a, site);

	/* Where no answer ever passes, the mirror shows one direction only, and nothing follows from silence. */
	if (s != NULL && a->dns_answers)
		s->traffic.dns_unanswered++;
}

static int
float_compare(const void *left, const void *right)
{
	const float *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static float
median(struct details *d)
{
	if (d == NULL || d->nrtts == 0)
		return NAN;
	qsort(d->rtt_s, d->nrtts, sizeof(d->rtt_s[0]), float_compare);
	return d->rtt_s[(d->nrtts - 1) / 2];
}

static void
site_close(struct account_site *s, account_site_fn each, void *arg)
{
	struct talker	top[ACCOUNT_TOP];
	struct details *d = s->details;
	size_t		n = d != NULL ? talkers_top(d->talkers, top, ACCOUNT_TOP) : 0;

	s->traffic.rtt_p50_s = median(d);
	each(arg, s->number, &s->traffic, top, n, d != NULL ? talkers_unseen_max(d->talkers) : 0);
	s->traffic = (struct traffic){ 0 };
	if (d == NULL)
		return;
	talkers_reset(d->talkers);
	d->nrtts = d->skip = 0;
	d->every = 1;
}

void
account_close(struct account *a, int64_t ns, account_site_fn each, void *arg)
{
	const struct traffic none = { .rtt_p50_s = NAN };
	struct talker	     top[ACCOUNT_TOP];
	size_t		     i, n;

	dns_expire(a->dns, ns, unanswered, a);
	for (i = 0; i < a->nsites; i++)
		site_close(&a->site[i], each, arg);
	n = talkers_top(a->all, top, ACCOUNT_TOP);
	each(arg, 0, &none, top, n, talkers_unseen_max(a->all));
	talkers_reset(a->all);
}

size_t
account_sites(const struct account *a)
{
	return a->nsites;
}

void
account_totals(const struct account *a, struct account_totals *out)
{
	*out = a->totals;
	out->flows_evicted = tcp_evicted(a->tcp);
	out->questions_evicted = dns_evicted(a->dns);
}
