/* SPDX-License-Identifier: GPL-3.0-or-later */
/* query.h: the part of a URL behind the "?", decoded. Pure. */
#ifndef SIMPUL_QUERY_H
#define SIMPUL_QUERY_H

#include "base/base.h"

#define QUERY_MAX 40	/* parameters */

struct query {
	char  *text;		/* holds all names and values */
	struct {
		const char *name, *value;
	} param[QUERY_MAX];
	size_t n;
};

/** @return 0, or -1: not UTF-8, control characters, a bad %xx, too many; q is to be freed in both cases */
int	query_parse(struct query *q, const char *raw);
void	query_free(struct query *q);
const char *query_text(const struct query *q, const char *name);	/* the first; NULL when absent */
/** The i-th of that name, or NULL. */
const char *query_item(const struct query *q, const char *name, size_t i);
size_t	query_count(const struct query *q, const char *name);
/** A whole number within the bounds; *out is left alone when absent. 0 or -1. */
int	query_int(const struct query *q, const char *name, int64_t min, int64_t max, int64_t *out);

#endif
