/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * upstream.h: the server's end of the engine's control socket (docs/socket.md): connects and connects again,
 * many questions at a time.
 */
#ifndef SIMPUL_UPSTREAM_H
#define SIMPUL_UPSTREAM_H

#include <jansson.h>
#include "base/loop.h"

struct upstream;

/** @param answer	borrowed; NULL: the engine is away, too slow, or too much is asked already */
typedef void (*upstream_fn)(void *arg, const json_t *answer);

struct upstream_calls {
	void (*up)(void *arg, const json_t *hello);	/* greeted; questions are taken */
	void (*down)(void *arg);
	void (*event)(void *arg, const json_t *event);
	void  *arg;
};

/** Starts to connect at once. @param path  borrowed for ever */
struct upstream *upstream_new(struct loop *l, const char *path, const struct upstream_calls *calls);
void	upstream_free(struct upstream *u);	/* open questions get NULL; NULL is allowed */
/** @param request  object without "id"; taken */
void	upstream_ask(struct upstream *u, json_t *request, upstream_fn cb, void *arg);
/** Events from now on come to calls.event, until the connection ends. */
void	upstream_subscribe(struct upstream *u, int64_t after);
bool	upstream_is_up(const struct upstream *u);
/** Hang up and connect again: the engine has said what it should not. */
void	upstream_reset(struct upstream *u, const char *why);

#endif
