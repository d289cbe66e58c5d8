/* SPDX-License-Identifier: GPL-3.0-or-later */
/* way_compare.c: see way_compare.h. */
#include "rules/way_compare.h"

#include <stdlib.h>

static struct way *
way_new(size_t n)
{
	struct way *w = xcalloc(1, sizeof(*w) + n * sizeof(w->hop[0]));

	w->n = (uint8_t)n;
	return w;
}

static bool
hop_has(const struct way_hop *h, const struct addr *a)
{
	uint8_t i;

	for (i = 0; i < h->n; i++)
		if (addr_equal(&h->addr[i], a))
			return true;
	return false;
}

static bool
hop_add(struct way_hop *h, const struct addr *a)
{
	if (h->n == WAY_ADDRS_MAX || hop_has(h, a))
		return false;
	h->addr[h->n++] = *a;
	return true;
}

struct way *
way_of_trace(const struct msg_trace_done *t)
{
	struct way *w;
	uint8_t	    i, k;

	if (!t->reached)
		return NULL;
	w = way_new(t->nhops);
	for (i = 0; i < w->n; i++)
		for (k = 0; k < t->hop[i].n; k++)
			hop_add(&w->hop[i], &t->hop[i].addr[k]);
	return w;
}

static bool
hops_agree(const struct way_hop *a, const struct way_hop *b)
{
	uint8_t i;

	for (i = 0; i < b->n; i++)
		if (hop_has(a, &b->addr[i]))
			return true;
	return a->n == 0 || b->n == 0;
}

unsigned
way_compare(const struct way *known, const struct way *seen)
{
	unsigned i;

	for (i = 0; i < known->n && i < seen->n; i++)
		if (!hops_agree(&known->hop[i], &seen->hop[i]))
			return i + 1;
	return known->n == seen->n ? 0 : i + 1;
}

bool
way_learn(struct way *known, const struct way *seen)
{
	bool	more = false;
	uint8_t i, k;

	for (i = 0; i < known->n && i < seen->n; i++)
		for (k = 0; k < seen->hop[i].n; k++)
			more |= hop_add(&known->hop[i], &seen->hop[i].addr[k]);
	return more;
}

void
way_write(const struct way *w, struct buf *out)
{
	uint8_t i, k;

	buf_u8(out, w->n);
	for (i = 0; i < w->n; i++) {
		buf_u8(out, w->hop[i].n);
		for (k = 0; k < w->hop[i].n; k++) {
			buf_u8(out, w->hop[i].addr[k].family);
			buf_bytes(out, w->hop[i].addr[k].byte, w->hop[i].addr[k].family == 6 ? 16 : 4);
		}
	}
}

static bool
addr_read(struct cursor *c, struct addr *a)
{
	const uint8_t *p;
	size_t	       len;

	*a = (struct addr){ .family = cursor_u8(c) };
	len = a->family == 6 ? 16 : 4;
	if ((p = cursor_bytes(c, len)) == NULL || (a->family != 4 && a->family != 6))
		return false;
	memcpy(a->byte, p, len);
	return true;
}

struct way *
way_read(const void *data, size_t len)
{
	struct cursor c = cursor_of(data, len);
	uint8_t	      n = cursor_u8(&c), i, k;
	struct way   *w = way_new(n <= TRACE_HOPS_MAX ? n : 0);

	for (i = 0; i < w->n && !c.bad; i++) {
		w->hop[i].n = cursor_u8(&c);
		for (k = 0; k < w->hop[i].n && !c.bad; k++)
			if (k == WAY_ADDRS_MAX || !addr_read(&c, &w->hop[i].addr[k]))
				c.bad = true;
	}
	if (cursor_is_done(&c) && w->n > 0)
		return w;
	free(w);
	return NULL;
}
