/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_facts.c: see link_facts.h. */
#include "core/link_facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "alert/alert.h"

#define ADDRESS "wan_address"

static struct link_fact *
fact_of(struct link_live *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->nfacts; i++)
		if (strcmp(l->fact[i].name, name) == 0)
			return &l->fact[i];
	if (l->nfacts == LINK_FACTS_MAX)
		return NULL;
	l->fact = xrealloc(l->fact, l->nfacts + 1, sizeof(*l->fact));
	l->fact[l->nfacts] = (struct link_fact){ .value = NAN };
	text_copy(l->fact[l->nfacts].name, sizeof(l->fact[0].name), name);
	return &l->fact[l->nfacts++];
}

static void
address_told(struct core *c, const struct link_live *l, const char *was, const char *is)
{
	if (was[0] == '\0' || strcmp(was, is) == 0 || l->link->life != LIFE_LIVE || l->site->site->life != LIFE_LIVE)
		return;
	event_raise(c, "link.address_changed", SEVERITY_INFO, l->live.ref, NULL,
	    json_pack("{s:s, s:s, s:o, s:o}", "link", l->link->id, "site", l->site->site->id,
	    "was", document_string(was), "is", document_string(is)));
}

void
core_link_told(struct core *c, const struct msg_probe_fact *f)
{
	struct link_live *l = nmap_get(c->link_by_number, f->number);
	struct link_fact *to = l != NULL ? fact_of(l, f->name) : NULL;

	if (to == NULL)
		return;
	if (strcmp(f->name, ADDRESS) == 0)
		address_told(c, l, to->text, f->text);
	to->value = f->has_value ? f->value : NAN;
	text_copy(to->text, sizeof(to->text), f->text);
}
