/* SPDX-License-Identifier: GPL-3.0-or-later */
/* addr.c: see addr.h. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static size_t
addr_len(const struct addr *a)
{
	return a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
}

int
addr_parse(struct addr *a, const char *text)
{
	*a = (struct addr){ 0 };
	if (inet_pton(AF_INET, text, a->byte) == 1) {
		a->family = 4;
		return 0;
	}
	if (inet_pton(AF_INET6, text, a->byte) == 1) {
		a->family = 6;
		return 0;
	}
	*a = (struct addr){ 0 };
	return -1;
}

const char *
addr_text(const struct addr *a, char *out)
{
	if (a->family == 0 || inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->byte, out, ADDR_TEXT_MAX) == NULL) {
		out[0] = '-';
		out[1] = '\0';
	}
	return out;
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->byte, b->byte, addr_len(a)) == 0;
}

uint32_t
addr_hash(const struct addr *a)
{
	uint32_t h = 2166136261u ^ a->family;
	size_t	 i;

	for (i = 0; i < addr_len(a); i++)
		h = (h ^ a->byte[i]) * 16777619u;
	return h ^ h >> 15;
}

socklen_t
addr_to_sockaddr(const struct addr *a, uint16_t port, struct sockaddr_storage *ss)
{
	struct sockaddr_in  *in = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	if (a->family == 6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		memcpy(&in6->sin6_addr, a->byte, 16);
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	memcpy(&in->sin_addr, a->byte, 4);
	return sizeof(*in);
}

void
addr_from_sockaddr(struct addr *a, uint16_t *port, const struct sockaddr *sa)
{
	const struct sockaddr_in  *in = (const struct sockaddr_in *)sa;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;

	*a = (struct addr){ 0 };
	if (sa->sa_family == AF_INET) {
		a->family = 4;
		memcpy(a->byte, &in->sin_addr, 4);
		if (port != NULL)
			*port = ntohs(in->sin_port);
	} else if (sa->sa_family == AF_INET6) {
		a->family = 6;
		memcpy(a->byte, &in6->sin6_addr, 16);
		if (port != NULL)
			*port = ntohs(in6->sin6_port);
	}
}

void
addr_unmap(struct addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct addr	     four = { .family = 4 };

	if (a->family != 6 || memcmp(a->byte, mapped, sizeof(mapped)) != 0)
		return;
	memcpy(four.byte, a->byte + sizeof(mapped), 4);
	*a = four;
}

struct addr
addr_place(const struct addr *a)
{
	struct addr place = *a;

	addr_unmap(&place);
	if (place.family == 6)
		memset(place.byte + 8, 0, 8);
	return place;
}
