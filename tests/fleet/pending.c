/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pending.c: slots of two sizes (nearly every answer is a short echo reply), each with a list of free ones,
 * under a binary heap. A slot that was taken is freed by the next take, so its data can be borrowed without a
 * copy.
 */
#include "tests/fleet/pending.h"

#include <stdlib.h>
#include <string.h>

#define SMALL_DATA 128

struct slot {
	struct fleet_answer answer;
	struct slot	   *next;	/* in the list of free ones */
	bool		    large;
	uint8_t		    data[];
};

struct entry {
	int64_t	     at_ns;
	uint64_t     order;
	struct slot *slot;
};

struct pending {
	struct entry *heap;
	size_t	      n, size;
	uint64_t      next_order;
	struct slot  *unused[2];	/* small, large */
	struct slot  *taken;
};

struct pending *
pending_new(void)
{
	return xcalloc(1, sizeof(struct pending));
}

static void
slot_release(struct pending *p, struct slot *s)
{
	s->next = p->unused[s->large];
	p->unused[s->large] = s;
}

void
pending_free(struct pending *p)
{
	struct slot *s;
	size_t	     i;

	if (p == NULL)
		return;
	if (p->taken != NULL)
		slot_release(p, p->taken);
	for (i = 0; i < p->n; i++)
		slot_release(p, p->heap[i].slot);
	for (i = 0; i < nitems(p->unused); i++) {
		while ((s = p->unused[i]) != NULL) {
			p->unused[i] = s->next;
			free(s);
		}
	}
	free(p->heap);
	free(p);
}

static struct slot *
slot_get(struct pending *p, bool large)
{
	struct slot *s = p->unused[large];

	if (s != NULL) {
		p->unused[large] = s->next;
		return s;
	}
	s = xcalloc(1, sizeof(*s) + (large ? PENDING_DATA_MAX : SMALL_DATA));
	s->large = large;
	return s;
}

static bool
entry_before(const struct entry *a, const struct entry *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

void
pending_add(struct pending *p, const struct fleet_answer *a)
{
	struct slot *s = slot_get(p, a->packet.len > SMALL_DATA);
	struct entry e = { .at_ns = a->at_ns, .order = p->next_order++, .slot = s };
	size_t	     i;

	s->answer = *a;
	if (a->packet.len > 0)
		memcpy(s->data, a->packet.data, a->packet.len);
	s->answer.packet.data = s->data;
	if (p->n == p->size) {
		p->size = p->size * 2 + 64;
		p->heap = xrealloc(p->heap, p->size, sizeof(*p->heap));
	}
	for (i = p->n++; i > 0 && entry_before(&e, &p->heap[(i - 1) / 2]); i = (i - 1) / 2)
		p->heap[i] = p->heap[(i - 1) / 2];
	p->heap[i] = e;
}

int64_t
pending_next_ns(const struct pending *p)
{
	return p->n > 0 ? p->heap[0].at_ns : INT64_MAX;
}

static void
heap_remove_first(struct pending *p)
{
	struct entry last = p->heap[--p->n];
	size_t	     i = 0, child;

	while ((child = 2 * i + 1) < p->n) {
		if (child + 1 < p->n && entry_before(&p->heap[child + 1], &p->heap[child]))
			child++;
		if (!entry_before(&p->heap[child], &last))
			break;
		p->heap[i] = p->heap[child];
		i = child;
	}
	p->heap[i] = last;
}

const struct fleet_answer *
pending_take(struct pending *p, int64_t now_ns)
{
	if (p->taken != NULL)
		slot_release(p, p->taken);
	p->taken = NULL;
	if (p->n == 0 || p->heap[0].at_ns > now_ns)
		return NULL;
	p->taken = p->heap[0].slot;
	heap_remove_first(p);
	return &p->taken->answer;
}
