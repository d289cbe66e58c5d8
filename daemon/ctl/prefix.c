/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prefix.c: see prefix.h. The host part of an address has 16 bits at most, so it lies in the last two bytes. */
#include "ctl/prefix.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define HOST_BITS_MAX 16
#define REJECT(...) do { snprintf(why, why_size, __VA_ARGS__); return -1; } while (0)

static size_t
address_bytes(const struct addr *a)
{
	return a->family == 4 ? 4 : 16;
}

static uint32_t
host_part(const struct addr *a)
{
	size_t last = address_bytes(a) - 1;

	return (uint32_t)a->byte[last - 1] << 8 | a->byte[last];
}

static struct addr
address_after(const struct addr *first, uint32_t i)
{
	struct addr a = *first;
	size_t	    last = address_bytes(first) - 1;
	uint32_t    host = host_part(first) + i;

	a.byte[last - 1] = (uint8_t)(host >> 8);
	a.byte[last] = (uint8_t)host;
	return a;
}

/* Two ranges of the same addresses but for the last two bytes. */
static bool
overlap(const struct prefix *a, const struct prefix *b)
{
	size_t	 n = address_bytes(&a->first) - 2;
	uint32_t from = host_part(&a->first), other = host_part(&b->first);

	return a->first.family == b->first.family && memcmp(a->first.byte, b->first.byte, n) == 0 &&
	    from < other + b->n && other < from + a->n;
}

static int
split(const char *text, char address[ADDR_TEXT_MAX], int64_t *bits)
{
	const char *slash = strchr(text, '/');
	size_t	    len = slash != NULL ? (size_t)(slash - text) : strlen(text);

	*bits = -1;
	if (len >= ADDR_TEXT_MAX)
		return -1;
	memcpy(address, text, len);
	address[len] = '\0';
	return slash != NULL ? text_to_i64(slash + 1, 0, 128, bits) : 0;
}

int
prefixes_add(struct prefixes *p, const char *text, char *why, size_t why_size)
{
	struct prefix new = { .n = 1 };
	char	      address[ADDR_TEXT_MAX], shown[60];
	int64_t	      bits;
	uint32_t      hosts;
	int	      width, shortest;
	size_t	      i;

	text_visible(shown, sizeof(shown), text, strlen(text));
	if (split(text, address, &bits) == -1 || addr_parse(&new.first, address) == -1)
		REJECT("\"%s\" is no address or prefix; write it as in 10.1.0.0/24 or 10.1.0.13", shown);
	width = new.first.family == 4 ? 32 : 128;
	shortest = new.first.family == 4 ? 32 - HOST_BITS_MAX : PREFIX_IPV6_MIN;
	bits = bits == -1 ? width : bits;
	if (bits > width || bits < shortest)
		REJECT("\"%s\" has too many addresses, or is none; the shortest prefix is /%d", shown,
		    shortest);
	hosts = UINT32_C(1) << (width - bits);
	if ((host_part(&new.first) & (hosts - 1)) != 0)
		REJECT("\"%s\" has an address within the prefix; write the first one of it, or the address alone",
		    shown);
	new.n = hosts;
	if (new.first.family == 4 && hosts > 2) {
		new.first = address_after(&new.first, 1);
		new.n = hosts - 2;
	}
	for (i = 0; i < p->n; i++)
		if (overlap(&new, &p->v[i]))
			REJECT("\"%s\" has addresses that are named before", shown);
	if (p->n == PREFIXES_MAX || p->addresses + new.n > PREFIX_ADDRESSES_MAX)
		REJECT("more than %d prefixes or %d addresses; ask for them one part after the other",
		    PREFIXES_MAX,
		    PREFIX_ADDRESSES_MAX);
	p->v[p->n++] = new;
	p->addresses += new.n;
	return 0;
}

struct addr
prefixes_at(const struct prefixes *p, uint32_t i)
{
	const struct prefix *x = p->v;

	while (i >= x->n)
		i -= (x++)->n;
	return address_after(&x->first, i);
}
