/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walk.c: the discovery walk: a cursor per column, rows put together by their index. */
#include "collectors/snmp/walk.h"

#include <stdlib.h>
#include <string.h>
#include "base/map.h"

struct walk {
	const struct snmp_column *columns;
	size_t			  ncolumns;
	struct cursor_of_column {
		bool	 begun, ended;
		uint32_t last;			/* index read last, when begun */
	} at[COLLECTOR_COLUMNS_MAX];
	uint8_t		 asked[COLLECTOR_COLUMNS_MAX];	/* columns of the request in flight, in its order */
	size_t		 nasked;
	struct nmap	*by_index;		/* index to struct walk_row */
	size_t		 bytes;			/* of the rows and their strings */
	struct row	*rows;			/* made by walk_rows() */
};

struct walk_row {
	uint32_t	  index;
	struct snmp_value value[];		/* their bytes are our own */
};

struct walk *
walk_new(const struct snmp_column *columns)
{
	struct walk *w = xcalloc(1, sizeof(*w));

	w->columns = columns;
	while (columns[w->ncolumns].name != NULL)
		w->ncolumns++;
	w->by_index = nmap_new();
	return w;
}

void
walk_free(struct walk *w)
{
	struct walk_row *r;
	size_t		 at = 0;

	if (w == NULL)
		return;
	while ((r = nmap_next(w->by_index, &at)) != NULL) {
		for (size_t i = 0; i < w->ncolumns; i++)
			free((void *)r->value[i].bytes);
		free(r);
	}
	nmap_free(w->by_index);
	free(w->rows);
	free(w);
}

size_t
walk_ask(struct walk *w, size_t varbinds_max, struct snmp_ask *ask, unsigned *repetitions)
{
	bool tables = false;

	w->nasked = 0;
	for (size_t i = 0; i < w->ncolumns; i++) {
		if (w->at[i].ended)
			continue;
		ask[w->nasked] = (struct snmp_ask){ &w->columns[i], !w->at[i].begun, w->at[i].last };
		w->asked[w->nasked++] = (uint8_t)i;
		tables = tables || !w->columns[i].scalar;
	}
	*repetitions = 1;
	if (tables && varbinds_max > w->nasked)
		*repetitions = (unsigned)(varbinds_max / w->nasked);
	return w->nasked;
}

static struct walk_row *
row_at(struct walk *w, uint32_t index)
{
	struct walk_row *r = nmap_get(w->by_index, index);

	if (r != NULL)
		return r;
	if (nmap_count(w->by_index) == WALK_ROWS_MAX)
		return NULL;
	w->bytes += sizeof(*r) + w->ncolumns * sizeof(r->value[0]);
	r = xcalloc(1, sizeof(*r) + w->ncolumns * sizeof(r->value[0]));
	r->index = index;
	nmap_add(w->by_index, index, r);
	return r;
}

static void
value_keep(struct walk *w, struct snmp_value *dst, const struct snmp_value *src)
{
	uint8_t *copy;

	*dst = *src;
	if (src->bytes == NULL)
		return;
	if (src->len > WALK_STRING_MAX) {
		dst->len = WALK_STRING_MAX;
		dst->cut = true;
	}
	w->bytes += dst->len + 1u;
	copy = xcalloc(1, dst->len + 1u);
	memcpy(copy, src->bytes, dst->len);
	dst->bytes = copy;
}

/* The arc after the column's own, when the OID is inside the column and has just this one more. */
static bool
index_of(const struct snmp_column *column, const struct snmp_varbind *vb, uint32_t *index, bool *inside)
{
	uint32_t arc[SNMP_ARCS_MAX];
	size_t	 n = snmp_oid_arcs(vb->oid, vb->oid_len, arc);

	*inside = n > column->n && memcmp(arc, column->arc, column->n * sizeof(arc[0])) == 0;
	*index = n > column->n ? arc[column->n] : 0;
	return *inside && n == column->n + 1u;
}

/* One varbind of a column. @return 0, or -1 with *why */
static int
column_answer(struct walk *w, uint8_t i, const struct snmp_varbind *vb, const char **why)
{
	struct cursor_of_column *at = &w->at[i];
	struct walk_row		*r;
	uint32_t		 index;
	bool			 inside, one_arc = index_of(&w->columns[i], vb, &index, &inside);
	bool			 other_scalar = w->columns[i].scalar && one_arc && index != 0;

	if (at->ended)
		return 0;			/* repetitions beyond its end */
	if (!inside || vb->value.type == SNMP_END_OF_MIB_VIEW || other_scalar) {
		at->ended = true;
		return 0;
	}
	if (!one_arc) {
		*why = "walk: an index of more than one arc";
		return -1;
	}
	if (at->begun && index <= at->last) {
		*why = "walk: OID not rising";
		return -1;
	}
	if ((r = row_at(w, index)) == NULL) {
		*why = "walk: too many rows";
		return -1;
	}
	at->begun = true;
	at->last = index;
	at->ended = w->columns[i].scalar;
	value_keep(w, &r->value[i], &vb->value);
	if (w->bytes > WALK_BYTES_MAX) {
		*why = "walk: too many bytes";
		return -1;
	}
	return 0;
}

int
walk_answer(struct walk *w, const struct snmp_message *m, const char **why)
{
	if (m->n == 0) {
		*why = "walk: empty answer";
		return -1;
	}
	/*
	 * Repetition by repetition; it may be cut anywhere, where the agent's message was full (RFC 3416
	 * 4.2.3).
	 */
	for (uint16_t k = 0; k < m->n; k++)
		if (column_answer(w, w->asked[k % w->nasked], &m->varbind[k], why) == -1)
			return -1;
	return 0;
}

int
walk_refused(struct walk *w, int32_t error_index)
{
	if (error_index < 1 || (size_t)error_index > w->nasked)
		return -1;
	w->at[w->asked[error_index - 1]].ended = true;
	return 0;
}

static int
by_index(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

const struct row *
walk_rows(struct walk *w, size_t *n)
{
	const struct walk_row *r;
	size_t		       at = 0;

	*n = 0;
	free(w->rows);
	w->rows = xcalloc(nmap_count(w->by_index) + 1, sizeof(*w->rows));
	while ((r = nmap_next(w->by_index, &at)) != NULL)
		w->rows[(*n)++] = (struct row){ .index = r->index, .value = r->value };
	qsort(w->rows, *n, sizeof(*w->rows), by_index);
	return w->rows;
}
