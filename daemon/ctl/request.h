/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request.h: one line of the control socket as a request with typed members. Pure.
 *
 * An operation says which members it takes; anything else is refused, so a misspelt member is not silently
 * ignored. null is the same as absent. `id`, `op` and `as` belong to every request.
 */
#ifndef SIMPUL_CTL_REQUEST_H
#define SIMPUL_CTL_REQUEST_H

#include <jansson.h>
#include "base/base.h"

#define REQUEST_LINE_MAX (1024 * 1024)
#define REQUEST_DEPTH	 16
#define REQUEST_WHY_MAX	 256

enum param_type { PARAM_TEXT, PARAM_INT, PARAM_BOOL, PARAM_TEXTS };

struct param {
	const char     *name;
	enum param_type type;
	bool		required;
	int64_t		min, max;	/* INT: the number; TEXT: bytes; TEXTS: how many */
};

struct request {
	json_t	   *body;	/* owned: request_fini() */
	int64_t	    id;		/* -1 while not known */
	const char *op;		/* inside body */
};

enum request_result {
	REQUEST_OK,
	REQUEST_BAD,		/* JSON, but no request: say so and go on */
	REQUEST_NOT_JSON	/* we do not understand each other: say so and hang up */
};

/** @param why  REQUEST_WHY_MAX bytes: a sentence, unless it is REQUEST_OK */
enum request_result request_parse(struct request *r, const char *line, size_t len, char *why);
void	request_fini(struct request *r);
/** Are the members those of params (ends with { 0 })? 0, or -1 with a sentence in why. */
int	request_check(const struct request *r, const struct param *params, char *why);

const char *request_text(const struct request *r, const char *name);	/* borrowed; NULL when absent */
int64_t	    request_int(const struct request *r, const char *name, int64_t absent);
bool	    request_bool(const struct request *r, const char *name);
/** The i-th of a list of texts, or NULL behind its end. */
const char *request_item(const struct request *r, const char *name, size_t i);

#endif
