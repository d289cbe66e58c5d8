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
		uint8_t	 nlast;			/* arcs of the index read last, when begun */
		uint32_t last[SNMP_INDEX_ARCS];
	} at[COLLECTOR_COLUMNS_MAX];
	uint8_t		 asked[COLLECTOR_COLUMNS_MAX];	/* columns of the request in flight, in its order */
	size_t		 nasked;
	struct nmap	*by_index;		/* key of an index to struct walk_row, those of one key in a chain */
	size_t		 nrows;
	size_t		 bytes;			/* of the rows and their strings */
	struct row	*rows;			/* made by walk_rows() */
};

#define CHAIN_MAX 8			/* rows of one key: by chance never, by an agent's will no more */

struct walk_row {
	struct walk_row	 *next;			/* of the same key */
	uint32_t	 *index;		/* behind the values */
	uint8_t		  nindex;
	struct snmp_value value[];		/* their bytes are our own */
};

struct index {
	uint8_t	 n;
	uint32_t arc[SNMP_INDEX_ARCS];
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
	struct walk_row *r, *next;
	size_t		 at = 0;

	if (w == NULL)
		return;
	while ((next = nmap_next(w->by_index, &at)) != NULL)
		while ((r = next) != NULL) {
			next = r->next;
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
		ask[w->nasked] = (struct snmp_ask){ &w->columns[i], !w->at[i].begun, w->at[i].nlast,
			w->at[i].last };
		w->asked[w->nasked++] = (uint8_t)i;
		tables = tables || !w->columns[i].scalar;
	}
	*repetitions = 1;
	if (tables && varbinds_max > w->nasked)
		*repetitions = (unsigned)(varbinds_max / w->nasked);
	return w->nasked;
}

/* One arc is its own key. */
static uint32_t
key_of(const struct index *index)
{
	uint64_t h = index->arc[0];

	for (uint8_t i = 1; i < index->n; i++)
		h = hash_u64(h ^ index->arc[i]);
	return (uint32_t)h;
}

static struct walk_row *
row_at(struct walk *w, const struct index *index)
{
	uint32_t	 key = key_of(index);
	struct walk_row *r, *last = NULL;
	size_t		 chain = 0, size = sizeof(*r) + w->ncolumns * sizeof(r->value[0]);

	for (r = nmap_get(w->by_index, key); r != NULL; r = r->next, chain++) {
		if (snmp_index_compare(r->index, r->nindex, index->arc, index->n) == 0)
			return r;
		last = r;
	}
	if (w->nrows == WALK_ROWS_MAX || chain == CHAIN_MAX)
		return NULL;
	w->nrows++;
	w->bytes += size + index->n * sizeof(index->arc[0]);
	r = xcalloc(1, size + index->n * sizeof(index->arc[0]));
	r->nindex = index->n;
	r->index = memcpy(&r->value[w->ncolumns], index->arc, index->n * sizeof(index->arc[0]));
	if (last != NULL)
		last->next = r;
	else
		nmap_add(w->by_index, key, r);
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

/* The arcs after the column's own, as far as they fit. @return their number; 0: the OID is outside the column */
static size_t
index_of(const struct snmp_column *column, const struct snmp_varbind *vb, struct index *index)
{
	uint32_t arc[SNMP_ARCS_MAX];
	size_t	 n = snmp_oid_arcs(vb->oid, vb->oid_len, arc);

	if (n <= column->n || memcmp(arc, column->arc, column->n * sizeof(arc[0])) != 0)
		return 0;
	n -= column->n;
	index->n = (uint8_t)(n < SNMP_INDEX_ARCS ? n : SNMP_INDEX_ARCS);
	memcpy(index->arc, &arc[column->n], index->n * sizeof(arc[0]));
	return n;
}

/* One varbind of a column. @return 0, or -1 with *why */
static int
column_answer(struct walk *w, uint8_t i, const struct snmp_varbind *vb, const char **why)
{
	struct cursor_of_column *at = &w->at[i];
	struct walk_row		*r;
	struct index		 index = { 0 };
	size_t			 n = index_of(&w->columns[i], vb, &index);

	if (at->ended)
		return 0;			/* repetitions beyond its end */
	if (n == 0 || vb->value.type == SNMP_END_OF_MIB_VIEW ||
	    (w->columns[i].scalar && (n != 1 || index.arc[0] != 0))) {
		at->ended = true;
		return 0;
	}
	if (n > SNMP_INDEX_ARCS) {
		*why = "walk: an index of too many arcs";
		return -1;
	}
	if (at->begun && snmp_index_compare(index.arc, index.n, at->last, at->nlast) <= 0) {
		*why = "walk: OID not rising";
		return -1;
	}
	if ((r = row_at(w, &index)) == NULL) {
		*why = "walk: too many rows";
		return -1;
	}
	at->begun = true;
	at->nlast = index.n;
	memcpy(at->last, index.arc, index.n * sizeof(index.arc[0]));
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

	return snmp_index_compare(x->index, x->nindex, y->index, y->nindex);
}

const struct row *
walk_rows(struct walk *w, size_t *n)
{
	const struct walk_row *r;
	size_t		       at = 0;

	*n = 0;
	free(w->rows);
	w->rows = xcalloc(w->nrows + 1, sizeof(*w->rows));
	while ((r = nmap_next(w->by_index, &at)) != NULL)
		for (; r != NULL; r = r->next)
			w->rows[(*n)++] = (struct row){ .index = r->index, .nindex = r->nindex, .value = r->value };
	qsort(w->rows, *n, sizeof(*w->rows), by_index);
	return w->rows;
}
