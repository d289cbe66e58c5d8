/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scope.c: which objects a visitor may see, and what of them (web.h). The one place that knows.
 *
 * An opd sees its own sites. Of other places it is told the names of nodes of the fibre alone, which are
 * nobody's office and may be why its line is dead; any other is a state without a name. So a fault elsewhere
 * is a kind, a cause and times; that somebody has it, but neither who nor in which words.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/js.h"
#include "dashboards/shape.h"
#include "dashboards/web.h"

bool
sees_all(const struct session *s)
{
	return s->user.role != USER_OPD;
}

bool
sees_site(const struct session *s, const char *site)
{
	size_t i;

	if (sees_all(s))
		return true;
	for (i = 0; i < s->user.nsites; i++)
		if (strcmp(s->user.site[i], site) == 0)
			return true;
	return false;
}

bool
sees_incident(const struct session *s, const struct city *c, const char *id, const char *site)
{
	size_t i;

	if (sees_site(s, site))
		return true;
	for (i = 0; i < s->user.nsites; i++)
		if (city_suffers(c, id, s->user.site[i]))
			return true;
	return false;
}

/* An opd is shown lines and services only: what a router does inside is not its own. */
bool
sees_ref(const struct session *s, const struct city *c, const char *ref)
{
	const char *site;

	if (sees_all(s))
		return true;
	site = strncmp(ref, "link/", 5) == 0 || strncmp(ref, "service/", 8) == 0 ? city_site_of(c, ref) : NULL;
	return site != NULL && sees_site(s, site);
}

uint32_t
scope_mark(const struct session *s)
{
	uint64_t mark = 1;
	size_t	 i;

	for (i = 0; i < s->user.nsites && !sees_all(s); i++)
		mark = hash_u64(mark ^ hash_text(s->user.site[i]));
	return sees_all(s) ? 0 : (uint32_t)mark | 1;
}

/* ---- what of them ---- */

/* May the visitor be told its name? */
static bool
is_named(const struct session *s, const struct city *c, const char *site)
{
	const struct city_site *place = map_get(c->site_by_id, site);

	return sees_site(s, site) || (place != NULL && strcmp(place->kind, "node") == 0);
}

static bool fact_is_told(const struct session *s, const struct city *c, const char *fact);

void
scope_object(const struct session *s, const struct city *c, json_t *view)
{
	if (sees_all(s))
		return;
	json_object_del(view, "address");
	json_object_del(view, "target");
	if (!fact_is_told(s, c, shape_text(view, "reason")))	/* it may need a service of somebody else */
		json_object_set_new(view, "reason", json_null());
	if (json_object_get(view, "parent") != NULL && !is_named(s, c, shape_text(view, "parent")))
		json_object_set_new(view, "parent", json_null());
}

json_t *
scope_incident(const struct session *s, const struct city *c, json_t *view)
{
	static const char *const hidden[] = { "root", "site", "site_name" };
	const char		*site = shape_text(view, "site");
	const json_t		*ack = json_object_get(view, "acked");
	json_t			*copy;
	size_t			 i;

	if (sees_site(s, site))
		return json_incref(view);
	copy = json_copy(view);
	if (json_is_object(ack))
		json_object_set_new(copy, "acked", json_pack("{s:n, s:O, s:n, s:n}", "by", "at",
		    json_object_get(ack, "at"), "comment", "until"));
	for (i = 0; i < nitems(hidden) && !is_named(s, c, site); i++)
		json_object_set_new(copy, hidden[i], json_null());
	return copy;
}

json_t *
scope_parent(const struct session *s, const struct city *c, const char *site, const json_t *parent)
{
	bool named = is_named(s, c, site);

	return json_pack("{s:o, s:o, s:O}", "id", named ? json_string(site) : json_null(), "name", named ?
	    json_incref(json_object_get(parent, "name")) : json_null(), "state",
	    json_object_get(parent, "code"));
}

/* The site of what a word names: a site, a line, a device or a service by its id; NULL: it names none. */
static const char *
site_of_word(const struct city *c, const char *word)
{
	const char *const kinds[] = { "site", "link", "device", "service" };
	const char	 *site = NULL;
	char		  ref[ID_MAX + 16];
	size_t		  i;

	for (i = 0; i < nitems(kinds) && site == NULL; i++) {
		snprintf(ref, sizeof(ref), "%s/%s", kinds[i], word);
		site = city_site_of(c, ref);
	}
	return site;
}

/* The engine names places in a fact by their id, also where it gives the name. */
static bool
fact_is_told(const struct session *s, const struct city *c, const char *fact)
{
	static const char id[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	const char	 *site;
	char		  word[ID_MAX];
	size_t		  len;

	for (; *fact != '\0'; fact += len + (len == 0)) {
		len = strspn(fact, id);
		if (len == 0 || len >= sizeof(word))
			continue;
		memcpy(word, fact, len);
		word[len] = '\0';
		if ((site = site_of_word(c, word)) != NULL && !is_named(s, c, site))
			return false;
	}
	return true;
}

json_t *
scope_evidence(const struct session *s, const struct city *c, const json_t *facts)
{
	json_t *list = json_array(), *f;
	size_t	i;

	json_array_foreach(facts, i, f)
		if (sees_all(s) || fact_is_told(s, c, shape_text(f, "fact")))
			json_array_append(list, f);
	return list;
}
