/* SPDX-License-Identifier: GPL-3.0-or-later */
/* map.h: text or number to pointer; the map borrows keys and values. Iteration order is the order of insertion. */
#ifndef SIMPUL_MAP_H
#define SIMPUL_MAP_H

#include "base/base.h"

struct map;			/* keyed by text */

struct map *map_new(void);
void	    map_free(struct map *m);
/** @return 0, or -1 when the key was there already (nothing changes) */
int	    map_add(struct map *m, const char *key, void *value);
void	   *map_get(const struct map *m, const char *key);	/* NULL when absent */
void	   *map_remove(struct map *m, const char *key);		/* the value, or NULL */
/** Walk: start with *at = 0; NULL at the end. Removing the entry just returned is allowed. */
void	   *map_next(const struct map *m, size_t *at);

uint64_t hash_text(const char *s);				/* FNV-1a, for phases and tables; not for security */
uint64_t hash_u64(uint64_t v);					/* spreads a number over 64 bits (splitmix64) */

struct nmap;			/* keyed by a 32-bit number, such as a series number */

struct nmap *nmap_new(void);
void	     nmap_free(struct nmap *m);
int	     nmap_add(struct nmap *m, uint32_t key, void *value);
void	    *nmap_get(const struct nmap *m, uint32_t key);
void	    *nmap_remove(struct nmap *m, uint32_t key);
size_t	     nmap_count(const struct nmap *m);
void	    *nmap_next(const struct nmap *m, size_t *at);

#endif
