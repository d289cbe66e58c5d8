/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorded.c: see recorded.h. The form of a walk is in tests/unit/agent.h. */
#include "tests/fleet/recorded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define LINE_BYTES_MAX 1024

struct recordings {
	struct recording {
		char		*profile;
		struct recorded *walk;
	}     *v;
	size_t n;
};

static const struct type {
	const char *name;
	uint8_t	    tag;
} types[] = {
	{ "INTEGER", BER_INTEGER }, { "Counter32", BER_COUNTER32 }, { "Gauge32", BER_GAUGE32 },
	{ "TimeTicks", BER_TICKS }, { "Counter64", BER_COUNTER64 }, { "STRING", BER_STRING }, { "HEX", BER_STRING },
	{ "OID", BER_OID },
};

static const uint32_t live[][9] = {		/* served by mib.c; 0 ends one */
	{ 1, 3, 6, 1, 2, 1, 1 }, { 1, 3, 6, 1, 2, 1, 2 }, { 1, 3, 6, 1, 2, 1, 25 }, { 1, 3, 6, 1, 2, 1, 31 },
	{ 1, 3, 6, 1, 6, 3, 10 },
};
static const uint32_t sys_descr[] = { 1, 3, 6, 1, 2, 1, 1, 1, 0 };
static const uint32_t sys_object_id[] = { 1, 3, 6, 1, 2, 1, 1, 2, 0 };
static const uint32_t scripts[] = { 1, 3, 6, 1, 4, 1, 14988, 1, 1, 18 };

int
oid_read(const char *text, struct oid *oid)
{
	char *end;

	for (oid->n = 0;; text = end + 1) {
		unsigned long v = strtoul(text, &end, 10);

		if (*text < '0' || *text > '9' || v > UINT32_MAX || oid->n == OID_ARCS_MAX)
			return -1;
		oid->arc[oid->n++] = (uint32_t)v;
		if (*end != '.')
			return *end == '\0' && oid->n >= 2 ? 0 : -1;
	}
}

static bool
is_below(const struct oid *oid, const uint32_t *arc, size_t n)
{
	return oid->n >= n && memcmp(oid->arc, arc, n * sizeof(arc[0])) == 0;
}

static bool
is_live(const struct oid *oid)
{
	for (size_t i = 0; i < nitems(live); i++) {
		size_t n = 0;

		while (n < nitems(live[i]) && live[i][n] != 0)
			n++;
		if (is_below(oid, live[i], n))
			return true;
	}
	return false;
}

/* "0a:0b" or nothing. */
static int
hex_read(const char *text, uint8_t *out, size_t *len)
{
	unsigned byte;
	int	 used;

	for (*len = 0; *text != '\0'; text += used, text += *text == ':')
		if (sscanf(text, "%2x%n", &byte, &used) != 1 || used != 2)
			return -1;
		else
			out[(*len)++] = (uint8_t)byte;
	return 0;
}

static int
number_read(const char *text, uint8_t tag, uint64_t *v)
{
	char *end;

	if (tag == BER_INTEGER) {
		int64_t i;

		if (text_to_i64(text, INT32_MIN, INT32_MAX, &i) == -1)
			return -1;
		*v = (uint64_t)i;
		return 0;
	}
	*v = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && (tag == BER_COUNTER64 || *v <= UINT32_MAX) ? 0 : -1;
}

static int
value_read(struct recorded_object *o, const char *type, const char *text)
{
	uint8_t bytes[LINE_BYTES_MAX];

	for (size_t i = 0; i < nitems(types); i++)
		if (strcmp(types[i].name, type) == 0)
			o->tag = types[i].tag;
	if (o->tag == BER_OID) {
		o->oid = xcalloc(1, sizeof(*o->oid));
		return oid_read(text, o->oid);
	}
	if (o->tag != BER_STRING)
		return o->tag != 0 ? number_read(text, o->tag, &o->number) : -1;
	if (strcmp(type, "HEX") == 0) {
		if (hex_read(text, bytes, &o->len) == -1)
			return -1;
	} else {
		o->len = strlen(text);
		memcpy(bytes, text, o->len);
	}
	o->bytes = memcpy(xcalloc(o->len + 1, 1), bytes, o->len);
	return 0;
}

static void
object_fini(struct recorded_object *o)
{
	free((void *)o->arc);
	free((void *)o->bytes);
	free(o->oid);
}

/* One line into the walk. */
static int
line_read(struct recorded *r, const char *line)
{
	struct recorded_object o = { 0 };
	struct oid	       name;
	char		       oid[400], type[16];
	int		       at = 0;

	if (sscanf(line, "%399[0-9.] = %15[A-Za-z0-9]: %n", oid, type, &at) != 2 || at == 0 ||
	    oid_read(oid, &name) == -1 || value_read(&o, type, line + at) == -1) {
		object_fini(&o);
		return -1;
	}
	o.n = name.n;
	o.arc = memcpy(xcalloc(o.n, sizeof(o.arc[0])), name.arc, o.n * sizeof(o.arc[0]));
	o.forbidden = is_below(&name, scripts, nitems(scripts));
	if (name.n == nitems(sys_descr) && is_below(&name, sys_descr, name.n) && r->descr.n == 0)
		r->descr = o;
	else if (name.n == nitems(sys_object_id) && is_below(&name, sys_object_id, name.n) && r->object_id.n == 0)
		r->object_id = o;
	else if (is_live(&name))
		object_fini(&o);
	else if (r->n == 0 || recorded_from(r, o.arc, o.n, false) == r->n)
		r->object[r->n++] = o;
	else {
		object_fini(&o);
		return -1;		/* not rising */
	}
	return 0;
}

struct recorded *
recorded_parse(const char *text, unsigned *bad_line)
{
	struct recorded *r = xcalloc(1, sizeof(*r));
	char		 line[LINE_BYTES_MAX];
	size_t		 n, lines = 1;

	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	r->object = xcalloc(lines, sizeof(*r->object));
	for (*bad_line = 1; *text != '\0'; ++*bad_line) {
		n = strcspn(text, "\n");
		if (n >= sizeof(line)) {
			recorded_free(r);
			return NULL;
		}
		memcpy(line, text, n);
		line[n] = '\0';
		if (line[0] != '#' && line[0] != '\0' && line_read(r, line) == -1) {
			recorded_free(r);
			return NULL;
		}
		text += n + (text[n] == '\n');
	}
	return r;
}

void
recorded_free(struct recorded *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++)
		object_fini(&r->object[i]);
	object_fini(&r->descr);
	object_fini(&r->object_id);
	free(r->object);
	free(r);
}

size_t
recorded_from(const struct recorded *r, const uint32_t *arc, size_t n, bool behind)
{
	size_t lo = 0, hi = r->n;

	while (lo < hi) {
		size_t			      mid = (lo + hi) / 2, i = 0;
		const struct recorded_object *o = &r->object[mid];
		bool			      before;

		while (i < o->n && i < n && o->arc[i] == arc[i])
			i++;
		if (i < o->n && i < n)
			before = o->arc[i] < arc[i];
		else
			before = o->n < n || (o->n == n && behind);
		if (before)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void
recorded_write(const struct recorded_object *o, const struct recorded_value *other, struct ber_writer *w)
{
	uint64_t number = other != NULL ? other->number : o->number;

	if (o->tag == BER_OID)
		ber_oid(w, o->oid->arc, o->oid->n, NULL);
	else if (o->tag == BER_STRING && other != NULL)
		ber_text(w, other->text);
	else if (o->tag == BER_STRING)
		ber_bytes(w, BER_STRING, o->bytes, o->len);
	else if (o->tag == BER_INTEGER)
		ber_integer(w, (int64_t)number);
	else
		ber_unsigned(w, o->tag, number);
}

int
recorded_value_parse(const struct recorded_object *o, const char *text, struct recorded_value *v)
{
	if (o->tag == BER_OID)
		return -1;
	if (o->tag != BER_STRING)
		return number_read(text, o->tag, &v->number);
	v->text = xstrdup(text);
	return 0;
}

struct recordings *
recordings_new(void)
{
	return xcalloc(1, sizeof(struct recordings));
}

void
recordings_free(struct recordings *rs)
{
	if (rs == NULL)
		return;
	for (size_t i = 0; i < rs->n; i++) {
		free(rs->v[i].profile);
		recorded_free(rs->v[i].walk);
	}
	free(rs->v);
	free(rs);
}

void
recordings_add(struct recordings *rs, const char *profile, struct recorded *r)
{
	rs->v = xrealloc(rs->v, rs->n + 1, sizeof(*rs->v));
	rs->v[rs->n++] = (struct recording){ xstrdup(profile), r };
}

const struct recorded *
recordings_of(const struct recordings *rs, const char *profile)
{
	for (size_t i = 0; rs != NULL && i < rs->n; i++)
		if (strcmp(rs->v[i].profile, profile) == 0)
			return rs->v[i].walk;
	return NULL;
}
