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

#define OPEN_OF_ONE 48		/* a page of graphs asks 5 questions at once, and a browser opens some */
#define WAITING_MAX 1024	/* of all visitors */

/** What one of many visitors has open here. */
struct share {
	unsigned asked, waiting;	/* with the engine; in the queue */
};

/** Whose question it is; lives until its last one is answered. */
struct asker {
	struct share *share;
	bool (*wanted)(const struct asker *a);	/* does anybody still wait for the answer? */
};

/** @param answer	borrowed; NULL: the engine is away or too slow; code "crowded": its turn never came */
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
/** Ask for the server itself: before all visitors. @param request  object without "id"; taken */
void	upstream_ask(struct upstream *u, json_t *request, upstream_fn cb, void *arg);
/** Ask for a visitor, who takes turns with the others; there was room. */
void	upstream_ask_for(
    struct upstream *u, const struct asker *who, json_t *request, upstream_fn cb, void *arg);
/** May so many more questions of this share come now? */
bool	upstream_has_room(const struct upstream *u, const struct share *s, unsigned questions);
unsigned upstream_waiting(const struct upstream *u);	/* questions of visitors in the queue */
/** Events from now on come to calls.event, until the connection ends. */
void	upstream_subscribe(struct upstream *u, int64_t after);
bool	upstream_is_up(const struct upstream *u);
/** Hang up and connect again: the engine has said what it should not. */
void	upstream_reset(struct upstream *u, const char *why);

#endif
