/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dependency.c: look-ups over the topology (alert.h). Circles cannot occur: the inventory refuses them. */
#include "alert/alert.h"

#define SIBLINGS_WATCHED 4

bool
link_is_dead(const struct link_live *l)
{
	return link_is_counted(l) && l->rounds.say == ROUNDS_DOWN;
}

bool
link_is_failing(const struct link_live *l)
{
	if (!link_is_counted(l) || l->rounds.say == ROUNDS_UNKNOWN)
		return false;
	return l->rounds.say == ROUNDS_DOWN || l->rounds.failed > 0 ||
	    (l->probe == PROBE_FAILED && l->probe_ns > l->rounds.last_mono_ns);
}

static bool
all_lines(const struct site_live *s, bool (*is)(const struct link_live *))
{
	size_t i, counted = 0;

	for (i = 0; i < s->nlinks; i++) {
		if (!link_is_counted(s->link[i]))
			continue;
		if (!is(s->link[i]))
			return false;
		counted++;
	}
	return counted > 0;
}

bool
site_is_dead(const struct site_live *s)
{
	return all_lines(s, link_is_dead);
}

bool
site_is_failing(const struct site_live *s)
{
	return all_lines(s, link_is_failing);
}

bool
site_is_node(const struct site_live *s)
{
	return s->nchildren > 0;
}

static void
watch_add(struct link_live *l, struct link_live *out[WATCH_MAX], size_t *n)
{
	size_t i;

	if (*n == WATCH_MAX || !link_is_counted(l))
		return;
	for (i = 0; i < *n; i++)
		if (out[i] == l)
			return;
	out[(*n)++] = l;
}

static void
watch_add_site(const struct site_live *s, struct link_live *out[WATCH_MAX], size_t *n)
{
	size_t i;

	for (i = 0; i < s->nlinks; i++)
		watch_add(s->link[i], out, n);
}

size_t
dependency_watch(const struct link_live *l, struct link_live *out[WATCH_MAX])
{
	size_t i, n = 0, siblings = 0;

	/* What is in the list is itself looked at for what stands above it: it grows while it is walked. */
	watch_add_site(l->site, out, &n);
	for (i = 0; i < n; i++)
		if (out[i]->parent != NULL)
			watch_add_site(out[i]->parent, out, &n);

	for (i = 0; l->parent != NULL && i < l->parent->nchildren && siblings < SIBLINGS_WATCHED; i++) {
		struct link_live *other = l->parent->child[i];

		if (other->site == l->site || !link_is_counted(other))
			continue;
		watch_add(other, out, &n);
		siblings++;
	}
	return n;
}

bool
dependency_watch_is_done(const struct incident *i)
{
	struct link_live *watch[WATCH_MAX];
	size_t		  k, w, n;

	if (i->to_probe)
		return false;
	if (i->service != NULL) {
		n = service_watch(i->service, watch);
		for (w = 0; w < n; w++)
			if (watch[w]->probe_token != 0)
				return false;
	}
	for (k = 0; k < i->nmembers; k++) {
		const struct link_live *l = i->member[k].link;

		if (l == NULL || l->reach.incident != i || l->reach.verdict != VERDICT_PENDING)
			continue;
		n = dependency_watch(l, watch);
		for (w = 0; w < n; w++)
			if (watch[w]->probe_token != 0)
				return false;
	}
	return true;
}

size_t
dependency_siblings(const struct link_live *l, size_t *answering)
{
	size_t i, n = 0;

	*answering = 0;
	for (i = 0; l->parent != NULL && i < l->parent->nchildren; i++) {
		const struct link_live *other = l->parent->child[i];

		if (other == l || !link_is_counted(other))
			continue;
		n++;
		*answering += other->rounds.say == ROUNDS_UP && !link_is_failing(other);
	}
	return n;
}
