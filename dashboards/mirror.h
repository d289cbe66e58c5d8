/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mirror.h: keeps a city (city.h) like the engine's: asks for all of it when events say that something has
 * happened, and when its values age; at most once a second, and so seldom that the engine spends no more than
 * a tenth of its time on us, or half of it while there is news.
 */
#ifndef SIMPUL_MIRROR_H
#define SIMPUL_MIRROR_H

#include "dashboards/city.h"
#include "dashboards/upstream.h"

struct mirror;

struct mirror_calls {
	/** The city is a new one. @param rows  how many differ; -1: all are to be fetched anew */
	void (*changed)(void *arg, const struct city *city, int rows);
	/** mirror_is_connected() is another now. */
	void (*connected)(void *arg, bool connected);
	void  *arg;
};

struct mirror *mirror_new(struct loop *l, const char *socket, const struct mirror_calls *calls);
void	mirror_free(struct mirror *m);		/* NULL is allowed */
struct upstream *mirror_upstream(struct mirror *m);

/** The last whole city; before the first, an empty one. Valid until the loop turns. */
const struct city *mirror_city(const struct mirror *m);
/** The engine is there, and the city is young: of the last 15 s and 20 times what it takes to get one. */
bool	mirror_is_connected(const struct mirror *m);
int64_t mirror_heard_ns(const struct mirror *m);	/* when the city was last whole, wall; 0: never */
uint64_t mirror_batch(const struct mirror *m);		/* number of the last batch of changes */
uint64_t mirror_refreshes(const struct mirror *m);
/** Something was done that the engine will not tell in an event: look soon. */
void	mirror_stir(struct mirror *m);

#endif
