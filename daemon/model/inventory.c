/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inventory.c: an inventory being built: one row in, one object out, and the look-ups by id.
 *
 * All objects and their text lie in one arena, in pieces of 256 KiB, which goes in one call. Each row keeps
 * its fields as they came, so that a checked inventory can be sent on row by row. What a field means is
 * columns.c, a file's header is inventory_read.c, what only the whole can tell is inventory_link.c.
 */
#include "model/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/private.h"

const char refused_row = 0;

struct arena_chunk {
	struct arena_chunk *next;
	size_t		    used, size;
	max_align_t	    bytes[];
};

void *
arena_take(struct inventory_private *p, size_t n)
{
	struct arena_chunk *c = p->arena;
	size_t		    size;

	n = (n + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	if (c == NULL || c->size - c->used < n) {
		size = n > ARENA_CHUNK ? n : ARENA_CHUNK;
		c = xcalloc(1, sizeof(*c) + size);
		c->size = size;
		c->next = p->arena;
		p->arena = c;
	}
	c->used += n;
	return (char *)c->bytes + c->used - n;
}

struct inventory *
inventory_new(void)
{
	struct inventory *inv = xcalloc(1, sizeof(*inv));
	int		  k;

	inv->priv = xcalloc(1, sizeof(*inv->priv));
	for (k = 0; k < INPUT_KINDS; k++)
		inv->priv->rows[k].by_id = map_new();
	return inv;
}

void
inventory_free(struct inventory *inv)
{
	struct arena_chunk *c, *next;
	int		    k;

	if (inv == NULL)
		return;
	for (k = 0; k < INPUT_KINDS; k++) {
		map_free(inv->priv->rows[k].by_id);
		free(inv->priv->rows[k].row);
	}
	for (c = inv->priv->arena; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(inv->priv);
	free(inv->site);
	free(inv->link);
	free(inv->device);
	free(inv->service);
	free(inv->segment);
	free(inv);
}

/* Room for one more in an array of n pointers that grows by doubling. */
static void *
array_grow(void *array, size_t n)
{
	if (n != 0 && (n & (n - 1)) != 0)
		return array;
	return xrealloc(array, n == 0 ? 1 : 2 * n, sizeof(void *));
}

#define APPEND(array, count, object) do {				\
	(array) = array_grow((array), (count));				\
	(array)[(count)] = (object);					\
	(array)[(count)]->index = (count);				\
	(count)++;							\
} while (0)

static void
object_append(struct inventory *inv, enum input_kind what, void *object)
{
	switch (what) {
	case INPUT_SITES:
		APPEND(inv->site, inv->nsites, object);
		break;
	case INPUT_LINKS:
		APPEND(inv->link, inv->nlinks, object);
		break;
	case INPUT_DEVICES:
		APPEND(inv->device, inv->ndevices, object);
		break;
	case INPUT_SERVICES:
		APPEND(inv->service, inv->nservices, object);
		break;
	case INPUT_SEGMENTS:
		APPEND(inv->segment, inv->nsegments, object);
		break;
	case INPUT_CONF:
	case INPUT_KINDS:
		break;
	}
}

static void
row_append(struct rows *rows, void *object, const char *text, unsigned line)
{
	if (rows->n == rows->size) {
		rows->size = rows->size == 0 ? 64 : 2 * rows->size;
		rows->row = xrealloc(rows->row, rows->size, sizeof(*rows->row));
	}
	rows->row[rows->n++] = (struct row){ object, text, line };
}

/* The row's text in the arena, its fields one after the other. */
static const char *
text_keep(struct inventory_private *p, const char *const *fields, size_t n)
{
	size_t i, len = 0;
	char  *text, *at;

	for (i = 0; i < n; i++)
		len += strlen(fields[i]) + 1;
	at = text = arena_take(p, len);
	for (i = 0; i < n; i++)
		at = stpcpy(at, fields[i]) + 1;
	return text;
}

static void
duplicate_say(const struct rows *rows, enum input_kind what, const struct inventory *inv, const char *id,
    row_error_fn error, void *arg)
{
	unsigned line = inventory_line_of(inv, what, id);
	char	 text[200];

	if (map_get(rows->by_id, id) != &refused_row && line != 0)
		snprintf(text, sizeof(text), "id \"%s\" is taken by line %u; give each row an id of its own",
		    id, line);
	else
		snprintf(text, sizeof(text),
		    "id \"%s\" is taken by an earlier row; give each row an id of its own", id);
	error(arg, 1, text);
}

int
inventory_add(struct inventory *inv, enum input_kind what, const char *const *fields, size_t n,
    row_error_fn error, void *arg)
{
	const struct table *t = table_of(what);
	struct rows	   *rows = &inv->priv->rows[what];
	const char	   *text, *field;
	void		   *object;
	char		    err[400];
	bool		    bad = false;
	size_t		    i;

	if (t == NULL || n != t->ncolumns) {
		error(arg, 0, "a row with the wrong number of fields");
		return -1;
	}
	field = text = text_keep(inv->priv, fields, n);
	object = arena_take(inv->priv, t->row_size);
	for (i = 0; i < n; i++, field += strlen(field) + 1) {
		if (column_parse(&t->columns[i], field, object, err, sizeof(err)) == 0)
			continue;
		error(arg, (unsigned)i + 1, err);
		bad = true;
	}
	if (!text_is_id(object))	/* every struct of a row begins with its id */
		return -1;
	if (map_get(rows->by_id, object) != NULL) {
		duplicate_say(rows, what, inv, object, error, arg);
		return -1;
	}
	map_add(rows->by_id, object, bad ? (void *)&refused_row : object);
	if (bad)
		return -1;
	row_append(rows, object, text, inv->priv->line);
	object_append(inv, what, object);
	return 0;
}

void *
row_find(const struct inventory *inv, enum input_kind what, const char *id)
{
	void *object = map_get(inv->priv->rows[what].by_id, id);

	return object != &refused_row ? object : NULL;
}

struct site *
inventory_site(const struct inventory *inv, const char *id)
{
	return row_find(inv, INPUT_SITES, id);
}

struct link *
inventory_link_of(const struct inventory *inv, const char *id)
{
	return row_find(inv, INPUT_LINKS, id);
}

struct device *
inventory_device(const struct inventory *inv, const char *id)
{
	return row_find(inv, INPUT_DEVICES, id);
}

/* Only asked for in errors, so a walk will do. */
unsigned
inventory_line_of(const struct inventory *inv, enum input_kind what, const char *id)
{
	const struct rows *rows = &inv->priv->rows[what];
	const void	  *object = row_find(inv, what, id);
	size_t		   i;

	for (i = 0; object != NULL && i < rows->n; i++)
		if (rows->row[i].object == object)
			return rows->row[i].line;
	return 0;
}

unsigned
inventory_field_of(const struct inventory *inv, enum input_kind what, unsigned column)
{
	return column > 0 && column <= ROW_FIELDS_MAX ? inv->priv->rows[what].field[column - 1] : 0;
}

size_t
inventory_row(const struct inventory *inv, enum input_kind what, size_t index,
    const char *fields[ROW_FIELDS_MAX])
{
	const struct rows *rows = &inv->priv->rows[what];
	const char	  *at;
	size_t		   k;

	if (index >= rows->n)
		return 0;
	at = rows->row[index].text;
	for (k = 0; k < table_of(what)->ncolumns; k++, at += strlen(at) + 1)
		fields[k] = at;
	return k;
}

void
inventory_each(const struct inventory *inv,
    void (*cb)(void *arg, enum input_kind what, unsigned line, const char *const *fields, size_t n),
    void *arg)
{
	const char *fields[ROW_FIELDS_MAX];
	enum input_kind what;
	size_t	    i, n;

	for (what = INPUT_SITES; what < INPUT_KINDS; what++)
		for (i = 0; (n = inventory_row(inv, what, i, fields)) > 0; i++)
			cb(arg, what, inv->priv->rows[what].row[i].line, fields, n);
}
