/* SPDX-License-Identifier: GPL-3.0-or-later */
/* private.h: what an inventory remembers beside its objects, inside daemon/model/ only. */
#ifndef SIMPUL_MODEL_PRIVATE_H
#define SIMPUL_MODEL_PRIVATE_H

#include "base/map.h"
#include "model/columns.h"

#define ARENA_CHUNK (256u << 10)

struct arena_chunk;

struct row {
	void	   *object;	/* struct site etc., in the arena */
	const char *text;	/* its fields one after the other, each with its NUL, in the arena */
	unsigned    line;	/* 0 = not from a file */
};

struct rows {
	struct row *row;
	size_t	    n, size;
	struct map *by_id;	/* id to struct row's object; refused rows are there as &refused_row */
	bool	    incomplete;	/* the file has rows that could not be read, not even their ids */
	unsigned    field[ROW_FIELDS_MAX];	/* place of each column in the file, 1-based; 0 = not there */
};

struct inventory_private {
	struct rows	    rows[INPUT_KINDS];
	struct arena_chunk *arena;
	unsigned	    line;	/* of the row being read; 0 = not from a file */
};

/** A key of by_id whose row was given but refused: a reference to it is no error of its own. */
extern const char refused_row;

/** @return zeroed bytes that live as long as the inventory */
void *arena_take(struct inventory_private *p, size_t n);

/** @return the object with this id, or NULL when there is none or its row was refused */
void *row_find(const struct inventory *inv, enum input_kind what, const char *id);

#endif
