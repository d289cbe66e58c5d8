/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snmp_profiles.c: all profiles together: which includes which, and which is that of a device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/snmp_profile.h"

/* ---- what needs no settings ---- */

char *
snmp_profile_oid_text(char *out, size_t size, const struct msg_oid *oid)
{
	size_t at = 0;

	*out = '\0';
	for (uint8_t i = 0; i < oid->n && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%u", i > 0 ? "." : "", oid->arc[i]);
	return out;
}

bool
snmp_profile_is_forbidden(const struct msg_oid *entry, uint32_t column)
{
	static const uint32_t script[] = { 1, 3, 6, 1, 4, 1, 14988, 1, 1, 18 };

	for (uint8_t i = 0; i < nitems(script); i++) {
		uint32_t arc;

		if (i > entry->n)
			return true;	/* the column is above it, and a walk of it goes through */
		arc = i < entry->n ? entry->arc[i] : column;
		if (arc != script[i])
			return false;
	}
	return true;
}

void
snmp_profile_free(struct snmp_profile *p)
{
	if (p == NULL)
		return;
	free(p->table);
	free(p->value);
	free(p);
}

/* ---- the set ---- */

struct snmp_profiles *
snmp_profiles_new(void)
{
	struct snmp_profiles *s = xcalloc(1, sizeof(*s));

	s->refs = 1;
	return s;
}

struct snmp_profiles *
snmp_profiles_ref(struct snmp_profiles *s)
{
	s->refs++;
	return s;
}

void
snmp_profiles_unref(struct snmp_profiles *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	for (size_t i = 0; i < s->n; i++)
		snmp_profile_free(s->v[i]);
	free(s);
}

static bool
index_of(const struct snmp_profiles *s, const char *name, size_t *i)
{
	for (*i = 0; *i < s->n; ++*i)
		if (strcmp(s->v[*i]->head.name, name) == 0)
			return true;
	return false;
}

const struct snmp_profile *
snmp_profile_find(const struct snmp_profiles *s, const char *name)
{
	size_t i;

	return index_of(s, name, &i) ? s->v[i] : NULL;
}

const char *
snmp_profile_nearest(const struct snmp_profiles *s, const char *name)
{
	const char *names[PROFILES_MAX + 1] = { NULL };

	for (size_t i = 0; i < s->n; i++)
		names[i] = s->v[i]->head.name;
	return text_nearest(name, names);
}

int
snmp_profiles_add(struct snmp_profiles *s, struct snmp_profile *p)
{
	size_t at;

	if (s->n == PROFILES_MAX || snmp_profile_find(s, p->head.name) != NULL) {
		snmp_profile_free(p);
		return -1;
	}
	for (at = s->n++; at > 0 && strcmp(s->v[at - 1]->head.name, p->head.name) > 0; at--)
		s->v[at] = s->v[at - 1];
	s->v[at] = s->last = p;
	return 0;
}

/* ---- frames of a plan ---- */

static int
take_head(struct snmp_profiles *s, const struct ipc_msg *msg)
{
	struct snmp_profile *p = xcalloc(1, sizeof(*p));

	if (msg_profile_decode(&p->head, msg->data, msg->len) == 0)
		return snmp_profiles_add(s, p);
	snmp_profile_free(p);
	return -1;
}

static int
take_table(struct snmp_profile *p, const struct ipc_msg *msg)
{
	struct msg_profile_table *t;

	if (p == NULL || p->ntables == PROFILE_TABLES_MAX)
		return -1;
	p->table = xrealloc(p->table, p->ntables + 1, sizeof(*p->table));
	t = &p->table[p->ntables];
	if (msg_profile_table_decode(t, msg->data, msg->len) == -1 || t->entry.n > PROFILE_ENTRY_ARCS ||
	    (t->label != 0 && snmp_profile_is_forbidden(&t->entry, t->label)) ||
	    (t->port_column != 0 && snmp_profile_is_forbidden(&t->entry, t->port_column)))
		return -1;
	p->ntables++;
	return 0;
}

static int
take_value(struct snmp_profile *p, const struct ipc_msg *msg)
{
	struct msg_profile_value *v;

	if (p == NULL || p->nvalues == PROFILE_VALUES_MAX)
		return -1;
	p->value = xrealloc(p->value, p->nvalues + 1, sizeof(*p->value));
	v = &p->value[p->nvalues];
	if (msg_profile_value_decode(v, msg->data, msg->len) == -1 || v->table >= p->ntables ||
	    snmp_profile_is_forbidden(&p->table[v->table].entry, v->column) ||
	    snmp_profile_is_forbidden(&p->table[v->table].entry, v->where_column))
		return -1;
	for (uint8_t i = 0; i < v->nper; i++)
		if (snmp_profile_is_forbidden(&p->table[v->table].entry, v->per[i]))
			return -1;
	p->nvalues++;
	return 0;
}

int
snmp_profiles_take(struct snmp_profiles *s, const struct ipc_msg *msg)
{
	switch (msg->type) {
	case IPC_PROFILE:
		return take_head(s, msg);
	case IPC_PROFILE_TABLE:
		return take_table(s->last, msg);
	case IPC_PROFILE_VALUE:
		return take_value(s->last, msg);
	default:
		return -1;
	}
}

static void
set_encode(const struct snmp_profiles *s, struct buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		msg_profile_encode(out, &s->v[i]->head);
		for (size_t k = 0; k < s->v[i]->ntables; k++)
			msg_profile_table_encode(out, &s->v[i]->table[k]);
		for (size_t k = 0; k < s->v[i]->nvalues; k++)
			msg_profile_value_encode(out, &s->v[i]->value[k]);
	}
}

bool
snmp_profiles_equal(const struct snmp_profiles *a, const struct snmp_profiles *b)
{
	struct buf x = { 0 }, y = { 0 };
	bool	   same;

	set_encode(a, &x);
	set_encode(b, &y);
	same = x.len == y.len && (x.len == 0 || memcmp(x.data, y.data, x.len) == 0);
	buf_free(&x);
	buf_free(&y);
	return same;
}

/* ---- what they say of each other ---- */

struct linker {
	struct snmp_profiles *set;
	bool		    failed;
	snmp_profile_error_fn    error;
	void		   *arg;
};

static void
link_say(struct linker *l, const struct snmp_profile *p, const char *path, const char *text)
{
	l->failed = true;
	l->error(l->arg, p->head.name, path, text);
}

static void
includes_find(struct linker *l, struct snmp_profile *p)
{
	char	    text[200];
	const char *near;

	for (uint8_t i = 0; i < p->head.nincludes; i++) {
		if (index_of(l->set, p->head.include[i], &p->include[i]))
			continue;
		near = snmp_profile_nearest(l->set, p->head.include[i]);
		snprintf(text, sizeof(text), near != NULL ? "there is no profile \"%s\"; did you mean \"%s\"?" :
		    "there is no profile \"%s\"; write profiles/%s.conf or leave it out", p->head.include[i],
		    near != NULL ? near : p->head.include[i]);
		link_say(l, p, "profile.include", text);
	}
}

/*
 * Follow includes: who is met again on his own way is a circle. What a profile holds below it is counted once, so
 * that many that include one another cost no more than a few.
 * @return NULL when all is well
 */
static const char *
includes_walk(struct snmp_profiles *s, struct snmp_profile *p, unsigned level)
{
	const char *why;

	if (p->on_the_way)
		return "includes itself, by way of others or not; break the circle";
	if (level + p->height > PROFILE_DEPTH_MAX)
		return "includes profiles more than 4 deep; include them directly";
	if (p->walked)
		return NULL;
	p->on_the_way = true;
	for (uint8_t i = 0; i < p->head.nincludes; i++) {
		struct snmp_profile *in = s->v[p->include[i]];

		if ((why = includes_walk(s, in, level + 1)) != NULL)
			return why;
		if (in->height + 1 > p->height)
			p->height = in->height + 1;
	}
	p->on_the_way = false;
	p->walked = true;
	return NULL;
}

static bool
oid_equal(const struct msg_oid *a, const struct msg_oid *b)
{
	return a->n == b->n && memcmp(a->arc, b->arc, a->n * sizeof(a->arc[0])) == 0;
}

static bool
oid_begins(const struct msg_oid *o, const uint32_t *arc, size_t n)
{
	return o->n <= n && memcmp(o->arc, arc, o->n * sizeof(arc[0])) == 0;
}

/* Another one of the same match: whose device would it be? */
static void
matches_compare(struct linker *l, const struct snmp_profile *p, const struct snmp_profile *other)
{
	char oid[200], text[300];

	for (uint8_t i = 0; i < p->head.nmatches; i++)
		for (uint8_t k = 0; k < other->head.nmatches; k++) {
			if (!oid_equal(&p->head.match[i], &other->head.match[k]))
				continue;
			snprintf(text, sizeof(text), "%s is matched by the profile \"%s\", too; only one can have it",
			    snmp_profile_oid_text(oid, sizeof(oid), &p->head.match[i]), other->head.name);
			link_say(l, p, "profile.match", text);
		}
}

int
snmp_profiles_link(struct snmp_profiles *s, snmp_profile_error_fn error, void *arg)
{
	struct linker l = { s, false, error, arg };
	const char   *why;

	for (size_t i = 0; i < s->n; i++) {
		includes_find(&l, s->v[i]);
		for (size_t k = 0; k < i; k++)
			matches_compare(&l, s->v[i], s->v[k]);
	}
	for (size_t i = 0; i < s->n && !l.failed; i++)
		if ((why = includes_walk(s, s->v[i], 0)) != NULL)
			link_say(&l, s->v[i], "profile.include", why);
	return l.failed ? -1 : 0;
}

/* ---- use ---- */

const struct snmp_profile *
snmp_profile_match(const struct snmp_profiles *s, const char *named, const uint32_t *arc, size_t narcs)
{
	const struct snmp_profile *best = NULL;
	uint8_t		      longest = 0;

	if (*named != '\0')
		return snmp_profile_find(s, named);
	for (size_t i = 0; i < s->n; i++)
		for (uint8_t k = 0; k < s->v[i]->head.nmatches; k++) {
			const struct msg_oid *m = &s->v[i]->head.match[k];

			if (m->n > longest && oid_begins(m, arc, narcs)) {
				longest = m->n;
				best = s->v[i];
			}
		}
	return best != NULL ? best : snmp_profile_find(s, PROFILE_DEFAULT);
}

size_t
snmp_profile_parts(const struct snmp_profiles *s, const struct snmp_profile *p, const struct snmp_profile **part, size_t room)
{
	size_t n = 0, k;

	if (room > 0)
		part[n++] = p;
	for (size_t at = 0; at < n; at++)	/* those that were added are looked at in turn */
		for (uint8_t i = 0; i < part[at]->head.nincludes; i++) {
			const struct snmp_profile *in = s->v[part[at]->include[i]];

			for (k = 0; k < n && part[k] != in; k++)
				;
			if (k == n && n < room)
				part[n++] = in;
		}
	return n;
}
