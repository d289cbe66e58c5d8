/* SPDX-License-Identifier: GPL-3.0-or-later */
/* networks.c: see networks.h. */
#include "model/networks.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static bool
bit_of(const struct addr *a, unsigned i)
{
	return (a->byte[i / 8] & 0x80 >> i % 8) != 0;
}

static int
network_parse(struct network *n, const char *text)
{
	char	       address[NETWORK_TEXT_MAX];
	const char    *slash = strchr(text, '/');
	int64_t	       bits;
	unsigned       i, width;

	if (slash == NULL || (slash[1] == '0' && slash[2] != '\0'))
		return -1;
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	if (addr_parse(&n->first, address) == -1)
		return -1;
	width = n->first.family == 4 ? 32 : 128;
	if (text_to_i64(slash + 1, 0, width, &bits) == -1)
		return -1;
	n->bits = (unsigned)bits;
	for (i = n->bits; i < width; i++)
		if (bit_of(&n->first, i))
			return -1;
	return 0;
}

int
network_next(const char **at, struct network *n, char text[NETWORK_TEXT_MAX])
{
	size_t len = strcspn(*at, "|");

	if (**at == '\0')
		return 0;
	snprintf(text, NETWORK_TEXT_MAX, "%.*s", (int)(len < NETWORK_TEXT_MAX ? len : NETWORK_TEXT_MAX - 1), *at);
	*at += len + ((*at)[len] == '|');
	return len < NETWORK_TEXT_MAX && network_parse(n, text) == 0 ? 1 : -1;
}

bool
network_holds(const struct network *a, const struct network *b)
{
	unsigned i;

	if (a->first.family != b->first.family || a->bits > b->bits)
		return false;
	for (i = 0; i < a->bits && bit_of(&a->first, i) == bit_of(&b->first, i); i++)
		;
	return i == a->bits;
}
