/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lines.c: which lines work, and what happens to a packet on its way.
 *
 * A line works when it is not cut, its site has power, and the site it passes through has a working line
 * itself. A round trip over it takes a base delay, the base delays of the lines it passes through, and an
 * exponential jitter of its own that ends at JITTER_BOUND times its mean; so its true median is base + mean *
 * ln 2. What happens to packet n of a line depends on the seed, the line and n alone, not on what other lines
 * do meanwhile.
 */
#include "tests/fleet/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

#define JITTER_BOUND  8.0
#define IMPLIED_NS    (NS_PER_MS / 2)	/* delay of a site without a line of its own, beside the monitor */

/* Round trips in milliseconds that the city's lines have by provider; the last row is for all others. */
static const struct provider_delay {
	const char *provider;
	double	    min_ms, max_ms;
} provider_delays[] = {
	{ "fiber", 1, 3 },
	{ "astinet", 4, 8 },
	{ "icon+", 4, 9 },
	{ "lintasarta", 5, 10 },
	{ "radio", 3, 12 },
	{ "indihome", 8, 25 },
	{ "speedy", 12, 30 },
	{ NULL, 5, 20 },
};

static void
line_init(struct fleet_model *m, struct fleet_line *l, const struct link *link)
{
	const struct provider_delay *p = provider_delays;

	while (p->provider != NULL && strcmp(p->provider, link->provider) != 0)
		p++;
	l->link = link;
	l->site = &m->site[link->site->index];
	l->parent = link->parent != NULL ? &m->site[link->parent->index] : NULL;
	l->seed = fleet_hash(m->seed, link->id, "packets");
	if (m->opt.rtt_ns > 0) {
		l->base_ns = l->parent == NULL ? m->opt.rtt_ns : 0;	/* its parent's is the whole way */
		return;
	}
	l->base_ns =
	    (int64_t)(fleet_draw(m->seed, link->id, "delay", p->min_ms, p->max_ms) * (double)NS_PER_MS);
	l->jitter_ns = (double)l->base_ns * fleet_draw(m->seed, link->id, "jitter", 0.03, 0.12);
}

static void
site_init(struct fleet_model *m, struct fleet_site *s, const struct site *site)
{
	size_t		   i;
	struct fleet_line *implied;

	s->site = site;
	s->nlines = site->nlinks > 0 ? site->nlinks : 1;
	s->line = xcalloc(s->nlines, sizeof(*s->line));
	for (i = 0; i < site->nlinks; i++)
		s->line[i] = &m->line[site->links[i]->index];
	if (site->nlinks > 0)
		return;
	implied = &m->line[m->nlines++];
	implied->site = s;
	implied->seed = fleet_hash(m->seed, site->id, "packets");
	implied->base_ns = m->opt.rtt_ns > 0 ? m->opt.rtt_ns : IMPLIED_NS;
	s->line[0] = implied;
}

void
lines_new(struct fleet_model *m)
{
	const struct inventory *inv = m->inv;
	size_t			i;

	m->line = xcalloc(inv->nlinks + inv->nsites + 1, sizeof(*m->line));
	m->site = xcalloc(inv->nsites + 1, sizeof(*m->site));
	for (i = 0; i < inv->nlinks; i++)
		line_init(m, &m->line[i], inv->link[i]);
	m->nlines = inv->nlinks;
	for (i = 0; i < inv->nsites; i++)
		site_init(m, &m->site[i], inv->site[i]);
}

void
lines_free(struct fleet_model *m)
{
	size_t i;

	for (i = 0; i < m->inv->nsites; i++)
		free(m->site[i].line);
	free(m->site);
	free(m->line);
}

/* Work out a line anew from what its parent is now. @return true when anything changed */
static bool
line_update(struct fleet_line *l)
{
	struct fleet_line before = *l;
	const struct fleet_line *through = l->parent != NULL ? l->parent->way : NULL;

	l->up = !l->cut && !l->site->cut && !l->site->power_off && (l->parent == NULL || through != NULL);
	l->path_ns = l->base_ns + (through != NULL ? through->path_ns : 0);
	l->path_pass = (1 - l->loss) * (1 - l->site->brownout) * (through != NULL ? through->path_pass : 1);
	l->loss_limit = (uint64_t)((1 - l->path_pass) * 4294967296.0);
	return l->up != before.up || l->path_ns != before.path_ns || l->loss_limit != before.loss_limit;
}

static bool
site_update(struct fleet_site *s)
{
	struct fleet_line *before = s->way;
	size_t		   i;

	for (i = 0; i < s->nlines && !s->line[i]->up; i++)
		;
	s->way = i < s->nlines ? s->line[i] : NULL;
	return s->way != before;
}

/*
 * From nothing works to everything that does: each pass settles one more level of parents. The inventory has
 * no circles, so it ends; the bound is for an inventory that was not checked.
 */
void
lines_update(struct fleet_model *m)
{
	size_t i, pass;
	bool   changed = true;

	for (i = 0; i < m->inv->nsites; i++)
		m->site[i].way = NULL;
	for (pass = 0; changed && pass < m->inv->nsites + 2; pass++) {
		changed = false;
		for (i = 0; i < m->nlines; i++)
			changed |= line_update(&m->line[i]);
		for (i = 0; i < m->inv->nsites; i++)
			changed |= site_update(&m->site[i]);
	}
}

bool
line_travel(struct fleet_line *l, int64_t *rtt_ns)
{
	uint64_t draw = hash_u64(l->seed + l->packets++);
	double	 jitter;

	if (!l->up || draw >> 32 < l->loss_limit)
		return false;
	jitter = -log(((double)(uint32_t)draw + 0.5) / 4294967296.0);
	*rtt_ns = l->path_ns + (int64_t)(l->jitter_ns * fmin(jitter, JITTER_BOUND));
	return true;
}

int
fleet_truth_link(const struct fleet_model *m, const char *link_id, struct fleet_link_truth *out)
{
	const struct link	*link = inventory_link_of(m->inv, link_id);
	const struct fleet_line *l;

	if (link == NULL)
		return -1;
	l = &m->line[link->index];
	out->up = l->up;
	out->rtt_min_s = (double)l->path_ns / (double)NS_PER_S;
	out->rtt_p50_s = ((double)l->path_ns + l->jitter_ns * M_LN2) / (double)NS_PER_S;
	out->loss_ratio = l->up ? 1 - l->path_pass : 1;
	return 0;
}
