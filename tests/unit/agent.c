/* SPDX-License-Identifier: GPL-3.0-or-later */
/* agent.c: the scripted agent: a sorted list of objects and an encoder that writes from the end. */
#include "tests/unit/agent.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GETBULK_VARBINDS_MAX 120

static size_t
oid_parse(const char *text, uint32_t *arc)
{
	size_t n = 0;
	char  *end;

	for (; n < 32; text = end + 1) {
		arc[n++] = (uint32_t)strtoul(text, &end, 10);
		if (*end != '.')
			break;
	}
	return n;
}

static int
oid_compare(const uint32_t *a, size_t na, const uint32_t *b, size_t nb)
{
	for (size_t i = 0; i < na && i < nb; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return (na > nb) - (na < nb);
}

static int
object_compare(const void *x, const void *y)
{
	const struct agent_object *a = x, *b = y;

	return oid_compare(a->arc, a->n, b->arc, b->n);
}

/* First object at or after (at_least) or only after this OID; a->n when there is none. */
static size_t
object_find(const struct agent *a, const uint32_t *arc, size_t n, bool after)
{
	size_t i = 0;

	while (i < a->n && oid_compare(a->object[i].arc, a->object[i].n, arc, n) < (after ? 1 : 0))
		i++;
	return i;
}

/* BER of an OID, written to out. @return its length */
static size_t
oid_encode(const uint32_t *arc, size_t n, uint8_t *out)
{
	size_t len = 0;

	for (size_t i = 1; i < n; i++) {
		uint32_t sub = i == 1 ? arc[0] * 40 + arc[1] : arc[i];

		for (int shift = 28; shift > 0; shift -= 7)
			if (sub >> shift != 0)
				out[len++] = (uint8_t)(0x80 | (sub >> shift & 0x7f));
		out[len++] = sub & 0x7f;
	}
	return len;
}

static struct agent_object *
object_at(struct agent *a, const char *oid)
{
	struct agent_object o = { 0 };
	size_t		    i;

	o.n = oid_parse(oid, o.arc);
	i = object_find(a, o.arc, o.n, false);
	if (i < a->n && object_compare(&a->object[i], &o) == 0)
		return &a->object[i];
	if (a->n == AGENT_OBJECTS_MAX)
		errx(1, "agent: too many objects");
	memmove(&a->object[i + 1], &a->object[i], (a->n++ - i) * sizeof(o));
	a->object[i] = o;
	return &a->object[i];
}

void
agent_set(struct agent *a, const char *oid, uint8_t type, uint64_t number)
{
	struct agent_object *o = object_at(a, oid);

	o->type = type;
	o->number = number;
}

void
agent_set_text(struct agent *a, const char *oid, const char *text)
{
	struct agent_object *o = object_at(a, oid);

	o->type = SNMP_OCTETS;
	o->len = strlen(text);
	memcpy(o->bytes, text, o->len);
}

void
agent_set_oid(struct agent *a, const char *oid, const char *value)
{
	struct agent_object *o = object_at(a, oid);
	uint32_t	     arc[32];

	o->type = SNMP_OID;
	o->len = oid_encode(arc, oid_parse(value, arc), o->bytes);
}

void
agent_remove(struct agent *a, const char *oid)
{
	uint32_t arc[32];
	size_t	 n = oid_parse(oid, arc), kept = 0;

	for (size_t i = 0; i < a->n; i++)
		if (a->object[i].n < n || memcmp(a->object[i].arc, arc, n * sizeof(arc[0])) != 0)
			a->object[kept++] = a->object[i];
	a->n = kept;
}

void
agent_renumber(struct agent *a, const uint32_t *old, const uint32_t *new, size_t n)
{
	static const uint32_t iftable[] = { 1, 3, 6, 1, 2, 1, 2, 2, 1 }, ifxtable[] = { 1, 3, 6, 1, 2, 1, 31, 1, 1, 1 };

	for (size_t i = 0; i < a->n; i++) {
		struct agent_object *o = &a->object[i];

		if (memcmp(o->arc, iftable, sizeof(iftable)) != 0 && memcmp(o->arc, ifxtable, sizeof(ifxtable)) != 0)
			continue;
		for (size_t k = 0; k < n; k++)
			if (o->arc[o->n - 1] == old[k]) {
				o->arc[o->n - 1] = new[k];
				break;
			}
	}
	qsort(a->object, a->n, sizeof(a->object[0]), object_compare);
}

static void
value_parse(struct agent_object *o, const char *type, char *text)
{
	static const struct { const char *name; uint8_t type; } types[] = {
		{ "INTEGER", SNMP_INTEGER }, { "Counter32", SNMP_COUNTER32 }, { "Gauge32", SNMP_GAUGE32 },
		{ "TimeTicks", SNMP_TIMETICKS }, { "Counter64", SNMP_COUNTER64 }, { "STRING", SNMP_OCTETS },
		{ "HEX", SNMP_OCTETS }, { "OID", SNMP_OID }
	};
	uint32_t arc[32];

	for (size_t i = 0; i < nitems(types); i++)
		if (strcmp(types[i].name, type) == 0)
			o->type = types[i].type;
	if (strcmp(type, "HEX") == 0) {
		for (char *p = text; *p != '\0'; p += p[2] == ':' ? 3 : 2)
			o->bytes[o->len++] = (uint8_t)strtoul((char[]){ p[0], p[1], '\0' }, NULL, 16);
	} else if (o->type == SNMP_OCTETS) {
		o->len = strlen(text);
		memcpy(o->bytes, text, o->len);
	} else if (o->type == SNMP_OID) {
		o->len = oid_encode(arc, oid_parse(text, arc), o->bytes);
	} else {
		o->number = text[0] == '-' ? (uint64_t)strtoll(text, NULL, 10) : strtoull(text, NULL, 10);
	}
}

void
agent_load(struct agent *a, const char *file)
{
	const char *srcdir = getenv("srcdir");
	char	    path[1024], line[512], oid[256], type[16];
	int	    at;
	FILE	   *f;

	snprintf(path, sizeof(path), "%s/tests/data/walks/%s", srcdir != NULL ? srcdir : ".", file);
	if ((f = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	memset(a, 0, sizeof(*a));
	strcpy(a->community, "public");
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			continue;
		if (sscanf(line, "%255[0-9.] = %15[A-Za-z0-9]: %n", oid, type, &at) != 2)
			errx(1, "%s: cannot read \"%s\"", path, line);
		value_parse(object_at(a, oid), type, line + at);
	}
	fclose(f);
}

struct writer {
	uint8_t *out;
	size_t	 at;		/* first byte in use */
};

static void
put_bytes(struct writer *w, const void *p, size_t n)
{
	w->at -= n;
	memcpy(w->out + w->at, p, n);
}

static void
put_head(struct writer *w, uint8_t tag, size_t end)
{
	size_t	len = end - w->at;
	uint8_t head[4] = { tag, 0x82, (uint8_t)(len >> 8), (uint8_t)len };

	if (len < 0x80)
		head[1] = (uint8_t)len;
	put_bytes(w, head, len < 0x80 ? 2 : 4);
}

/* A number in its shortest two's complement. */
static void
put_number(struct writer *w, uint8_t tag, uint64_t v, bool is_signed)
{
	size_t	end = w->at;
	int64_t left = (int64_t)v;
	uint8_t byte;

	do {
		byte = (uint8_t)v;
		put_bytes(w, &byte, 1);
		v >>= 8;
		left >>= 8;
	} while (is_signed ? left != ((byte & 0x80) ? -1 : 0) : v != 0 || (byte & 0x80));
	put_head(w, tag, end);
}

static void
put_varbind(struct writer *w, const uint8_t *oid, size_t oid_len, uint8_t type, const struct agent_object *o)
{
	size_t end = w->at, name;

	if (type == SNMP_INTEGER)
		put_number(w, type, o->number, true);
	else if (type == SNMP_COUNTER32 || type == SNMP_GAUGE32 || type == SNMP_TIMETICKS || type == SNMP_COUNTER64)
		put_number(w, type, o->number, false);
	else {
		if (o != NULL)
			put_bytes(w, o->bytes, o->len);
		put_head(w, type, end);
	}
	name = w->at;
	put_bytes(w, oid, oid_len);
	put_head(w, SNMP_OID, name);
	put_head(w, 0x30, end);
}

struct answer {			/* varbinds in order */
	struct {
		const struct agent_object *object;	/* NULL: `type` under the OID of the request */
		uint8_t			   type;
		const struct snmp_varbind *asked;
	} varbind[GETBULK_VARBINDS_MAX];
	size_t	n;
	int32_t status, index;
};

static void
answer_get(const struct agent *a, const struct snmp_message *m, struct answer *out)
{
	uint32_t arc[SNMP_ARCS_MAX];

	for (uint16_t i = 0; i < m->n; i++, out->n++) {
		size_t n = snmp_oid_arcs(m->varbind[i].oid, m->varbind[i].oid_len, arc), at = object_find(a, arc, n, false);
		bool   there = at < a->n && oid_compare(a->object[at].arc, a->object[at].n, arc, n) == 0 &&
		    !(m->version == SNMP_V1 && a->object[at].type == SNMP_COUNTER64);

		out->varbind[out->n].asked = &m->varbind[i];
		out->varbind[out->n].object = there ? &a->object[at] : NULL;
		out->varbind[out->n].type = there ? a->object[at].type : m->version == SNMP_V1 ? SNMP_NULL : SNMP_NO_SUCH_INSTANCE;
		if (!there && m->version == SNMP_V1 && out->status == 0) {
			out->status = SNMP_NO_SUCH_NAME;
			out->index = i + 1;
		}
	}
}

static void
answer_next(const struct agent *a, const struct snmp_message *m, struct answer *out)
{
	uint32_t arc[SNMP_ARCS_MAX];
	size_t	 at[SNMP_VARBINDS_MAX], repetitions = m->pdu == SNMP_PDU_GETBULK ? (size_t)m->error_index : 1;
	size_t	 max = a->varbinds_max != 0 && a->varbinds_max < GETBULK_VARBINDS_MAX ? a->varbinds_max : GETBULK_VARBINDS_MAX;

	for (uint16_t i = 0; i < m->n; i++)
		at[i] = object_find(a, arc, snmp_oid_arcs(m->varbind[i].oid, m->varbind[i].oid_len, arc), true);
	for (size_t r = 0; r < repetitions; r++)
		for (uint16_t i = 0; i < m->n && out->n < max; i++, out->n++) {
			while (m->version == SNMP_V1 && at[i] < a->n && a->object[at[i]].type == SNMP_COUNTER64)
				at[i]++;
			out->varbind[out->n].asked = &m->varbind[i];
			out->varbind[out->n].object = at[i] < a->n ? &a->object[at[i]] : NULL;
			out->varbind[out->n].type = at[i] < a->n ? a->object[at[i]].type : SNMP_END_OF_MIB_VIEW;
			if (at[i] == a->n && m->version == SNMP_V1 && out->status == 0) {
				out->varbind[out->n].type = SNMP_NULL;
				out->status = SNMP_NO_SUCH_NAME;
				out->index = i + 1;
			}
			at[i] += at[i] < a->n;
		}
}

size_t
agent_answer(const struct agent *a, const uint8_t *request, size_t len, uint8_t *out)
{
	static struct snmp_message m;
	static struct answer	   answer;
	const char		  *why;
	uint8_t			   oid[160];
	struct writer		   w = { out, AGENT_PACKET_MAX };

	if (snmp_decode(&m, request, len, &why) == -1)
		errx(1, "agent: request %s", why);
	if (a->v1_only && m.version != SNMP_V1)
		return 0;
	if (m.community_len != strlen(a->community) || memcmp(m.community, a->community, m.community_len) != 0)
		return 0;
	memset(&answer, 0, sizeof(answer));
	if (m.pdu == SNMP_PDU_GET && a->varbinds_max != 0 && m.n > a->varbinds_max)
		answer.status = SNMP_TOO_BIG;
	else if (a->error_status != 0)
		answer.status = a->error_status;
	else if (m.pdu == SNMP_PDU_GET)
		answer_get(a, &m, &answer);
	else
		answer_next(a, &m, &answer);
	for (size_t i = answer.n; i-- > 0;) {
		const struct agent_object *o = answer.varbind[i].object;

		if (o != NULL)
			put_varbind(&w, oid, oid_encode(o->arc, o->n, oid), answer.varbind[i].type, o);
		else
			put_varbind(&w, answer.varbind[i].asked->oid, answer.varbind[i].asked->oid_len, answer.varbind[i].type, NULL);
	}
	put_head(&w, 0x30, AGENT_PACKET_MAX);
	put_number(&w, SNMP_INTEGER, (uint64_t)answer.index, true);
	put_number(&w, SNMP_INTEGER, (uint64_t)answer.status, true);
	put_number(&w, SNMP_INTEGER, (uint64_t)(int64_t)m.request_id, true);
	put_head(&w, SNMP_PDU_RESPONSE, AGENT_PACKET_MAX);
	put_bytes(&w, a->community, strlen(a->community));
	put_head(&w, SNMP_OCTETS, w.at + strlen(a->community));
	put_number(&w, SNMP_INTEGER, m.version, true);
	put_head(&w, 0x30, AGENT_PACKET_MAX);
	memmove(out, out + w.at, AGENT_PACKET_MAX - w.at);
	return AGENT_PACKET_MAX - w.at;
}
