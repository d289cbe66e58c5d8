/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * map.c: open addressing over an array of entries in order of insertion, so that walking is deterministic.
 * A removed entry leaves a hole in the array; holes go when the table is rebuilt.
 * The numbered map is the same table with the number as hash and key.
 */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#define SLOT_FREE    0u
#define SLOT_REMOVED UINT32_MAX

struct entry {
	const char *key;	/* NULL in a numbered map */
	uint64_t    hash;	/* or the number */
	void	   *value;
	bool	    used;
};

struct map {
	struct entry *entry;
	uint32_t     *slot;	/* index of the entry + 1 */
	size_t	      nentry, entry_size, nslot, count;
};

struct nmap {
	struct map m;
};

uint64_t
hash_text(const char *s)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 0x100000001b3ULL;
	return h;
}

uint64_t
hash_u64(uint64_t v)
{
	v += 0x9e3779b97f4a7c15ULL;
	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9ULL;
	v = (v ^ v >> 27) * 0x94d049bb133111ebULL;
	return v ^ v >> 31;
}

/*
 * Devices choose many of the keys: so that nobody outside can choose such as fall together, it depends on where the
 * table happens to lie. The order of entries does not.
 */
static size_t
slot_first(const struct map *m, uint64_t hash)
{
	return hash_u64(hash ^ (uintptr_t)m->slot) & (m->nslot - 1);
}

static bool
entry_is(const struct entry *e, const char *key, uint64_t hash)
{
	return e->hash == hash && (key == NULL || strcmp(e->key, key) == 0);
}

/* The slot that holds the key, or NULL. */
static uint32_t *
slot_find(const struct map *m, const char *key, uint64_t hash)
{
	size_t i;

	if (m->nslot == 0)
		return NULL;
	for (i = slot_first(m, hash); m->slot[i] != SLOT_FREE; i = (i + 1) & (m->nslot - 1))
		if (m->slot[i] != SLOT_REMOVED && entry_is(&m->entry[m->slot[i] - 1], key, hash))
			return &m->slot[i];
	return NULL;
}

static void
slot_take(struct map *m, size_t at)
{
	const struct entry *e = &m->entry[at];
	size_t		    i = slot_first(m, e->hash);

	while (m->slot[i] != SLOT_FREE && m->slot[i] != SLOT_REMOVED)
		i = (i + 1) & (m->nslot - 1);
	m->slot[i] = (uint32_t)at + 1;
}

/* Room for one more entry: close the holes and make the slots at least twice as many as the entries. */
static void
rebuild(struct map *m)
{
	size_t i, n = 0;

	for (i = 0; i < m->nentry; i++)
		if (m->entry[i].used)
			m->entry[n++] = m->entry[i];
	m->nentry = n;
	m->entry_size = n * 2 + 16;
	m->entry = xrealloc(m->entry, m->entry_size, sizeof(*m->entry));
	for (m->nslot = 32; m->nslot < m->entry_size * 2;)
		m->nslot *= 2;
	free(m->slot);
	m->slot = xcalloc(m->nslot, sizeof(*m->slot));
	for (i = 0; i < m->nentry; i++)
		slot_take(m, i);
}

static int
add(struct map *m, const char *key, uint64_t hash, void *value)
{
	if (slot_find(m, key, hash) != NULL)
		return -1;
	if (m->nentry == m->entry_size)
		rebuild(m);
	m->entry[m->nentry] = (struct entry){ .key = key, .hash = hash, .value = value, .used = true };
	slot_take(m, m->nentry++);
	m->count++;
	return 0;
}

static void *
get(const struct map *m, const char *key, uint64_t hash)
{
	uint32_t *slot = slot_find(m, key, hash);

	return slot != NULL ? m->entry[*slot - 1].value : NULL;
}

static void *
take_out(struct map *m, const char *key, uint64_t hash)
{
	uint32_t     *slot = slot_find(m, key, hash);
	struct entry *e;

	if (slot == NULL)
		return NULL;
	e = &m->entry[*slot - 1];
	*slot = SLOT_REMOVED;
	e->used = false;
	m->count--;
	return e->value;
}

static void *
next(const struct map *m, size_t *at)
{
	while (*at < m->nentry) {
		const struct entry *e = &m->entry[(*at)++];

		if (e->used)
			return e->value;
	}
	return NULL;
}

static void
fini(struct map *m)
{
	free(m->entry);
	free(m->slot);
}

struct map *
map_new(void)
{
	return xcalloc(1, sizeof(struct map));
}

void
map_free(struct map *m)
{
	if (m == NULL)
		return;
	fini(m);
	free(m);
}

int
map_add(struct map *m, const char *key, void *value)
{
	return add(m, key, hash_text(key), value);
}

void *
map_get(const struct map *m, const char *key)
{
	return get(m, key, hash_text(key));
}

void *
map_remove(struct map *m, const char *key)
{
	return take_out(m, key, hash_text(key));
}

void *
map_next(const struct map *m, size_t *at)
{
	return next(m, at);
}

struct nmap *
nmap_new(void)
{
	return xcalloc(1, sizeof(struct nmap));
}

void
nmap_free(struct nmap *m)
{
	if (m == NULL)
		return;
	fini(&m->m);
	free(m);
}

int
nmap_add(struct nmap *m, uint32_t key, void *value)
{
	return add(&m->m, NULL, key, value);
}

void *
nmap_get(const struct nmap *m, uint32_t key)
{
	return get(&m->m, NULL, key);
}

void *
nmap_remove(struct nmap *m, uint32_t key)
{
	return take_out(&m->m, NULL, key);
}

size_t
nmap_count(const struct nmap *m)
{
	return m->m.count;
}

void *
nmap_next(const struct nmap *m, size_t *at)
{
	return next(&m->m, at);
}
