/* SPDX-License-Identifier: GPL-3.0-or-later */
/* policy.c: see policy.h. URLs are read by libcurl, so that what is checked is what is asked for. */
#include "probes/http/policy.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define REJECT(...)	do { snprintf(why, size, __VA_ARGS__); return -1; } while (0)

struct block {
	uint8_t		byte[4];
	unsigned	bits;
	enum addr_reach reach;
};

/* IANA's registries of special addresses; what is in none is public. */
static const struct block blocks4[] = {
	{ { 0 }, 8, REACH_HOST }, { { 10 }, 8, REACH_PRIVATE }, { { 100, 64 }, 10, REACH_PRIVATE }, { { 127 }, 8, REACH_HOST },
	{ { 169, 254 }, 16, REACH_LINK }, { { 172, 16 }, 12, REACH_PRIVATE }, { { 192, 168 }, 16, REACH_PRIVATE },
	{ { 198, 18 }, 15, REACH_PRIVATE }, { { 224 }, 3, REACH_NOWHERE },
};
static const struct block blocks6[] = {
	{ { 0xfc }, 7, REACH_PRIVATE }, { { 0xfe, 0x80 }, 10, REACH_LINK }, { { 0xfe, 0xc0 }, 10, REACH_PRIVATE },
	{ { 0xff }, 8, REACH_NOWHERE },
};

static bool
is_in(const uint8_t *byte, const struct block *b)
{
	unsigned i, bits;

	for (i = 0, bits = b->bits; bits >= 8; i++, bits -= 8)
		if (byte[i] != b->byte[i])
			return false;
	return bits == 0 || (byte[i] ^ b->byte[i]) >> (8 - bits) == 0;
}

static enum addr_reach
reach_of(const uint8_t *byte, const struct block *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is_in(byte, &b[i]))
			return b[i].reach;
	return REACH_PUBLIC;
}

/* Of IPv6 addresses that stand for one of IPv4 the latter counts: ::a, ::ffff:a, 64:ff9b::a, 2002:a::. */
static const uint8_t *
inner4(const uint8_t *byte)
{
	static const uint8_t zero[12] = { 0 }, mapped[12] = { [10] = 0xff, [11] = 0xff }, nat64[12] = { 0, 0x64, 0xff, 0x9b };

	if (memcmp(byte, zero, 12) == 0 || memcmp(byte, mapped, 12) == 0 || memcmp(byte, nat64, 12) == 0)
		return byte + 12;
	return byte[0] == 0x20 && byte[1] == 0x02 ? byte + 2 : NULL;
}

enum addr_reach
addr_reach(const struct addr *a)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	const uint8_t	    *v4 = a->family == 4 ? a->byte : inner4(a->byte);

	if (a->family == 6 && memcmp(a->byte, loopback, 16) == 0)
		return REACH_HOST;
	return v4 != NULL ? reach_of(v4, blocks4, nitems(blocks4)) : reach_of(a->byte, blocks6, nitems(blocks6));
}

const char *
addr_reach_name(enum addr_reach reach)
{
	static const char *const names[] = { "a public address", "a private address", "a link-local address",
		"an address of this host", "an address of nobody" };

	return names[reach];
}

/* ---- URLs ---- */

/* A part of it, to be freed with curl_free(); "" when there is none. */
static char *
part(CURLU *u, CURLUPart what, unsigned flags)
{
	char *text = NULL;

	return curl_url_get(u, what, &text, flags) == CURLUE_OK && text != NULL ? text : NULL;
}

static int
parts_take(struct http_place *p, CURLU *u, char *why, size_t size)
{
	char   *url = part(u, CURLUPART_URL, 0), *host = part(u, CURLUPART_HOST, 0), *port = part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	char   *scheme = part(u, CURLUPART_SCHEME, 0), *user = part(u, CURLUPART_USER, 0), *password = part(u, CURLUPART_PASSWORD, 0);
	int64_t number = 0;
	int	rc = -1;
	size_t	len = host != NULL ? strlen(host) : 0;

	if (scheme != NULL && strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
		snprintf(why, size, "%.20s is neither http nor https", scheme);
	else if (url == NULL || len == 0 || port == NULL || scheme == NULL)
		snprintf(why, size, "it names no host");
	else if (user != NULL || password != NULL)
		snprintf(why, size, "a user does not belong in a URL");
	else if (strlen(url) >= sizeof(p->url) || len >= sizeof(p->host) || text_to_i64(port, 1, UINT16_MAX, &number) == -1)
		snprintf(why, size, "it is too long");
	else
		rc = 0;
	if (rc == 0) {
		text_copy(p->url, sizeof(p->url), url);
		if (host[0] == '[')	/* IPv6 */
			snprintf(p->host, sizeof(p->host), "%.*s", (int)(len - 2), host + 1);
		else
			text_copy(p->host, sizeof(p->host), host);
		p->port = (uint16_t)number;
		p->tls = strcmp(scheme, "https") == 0;
	}
	curl_free(url), curl_free(host), curl_free(port), curl_free(scheme), curl_free(user), curl_free(password);
	return rc;
}

int
http_place_read(struct http_place *p, const char *url, char *why, size_t size)
{
	CURLU *u = curl_url();
	int    rc = -1;

	*p = (struct http_place){ 0 };
	if (u == NULL || strlen(url) >= sizeof(p->url) || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0) != CURLUE_OK)
		snprintf(why, size, "it is no URL");
	else
		rc = parts_take(p, u, why, size);
	curl_url_cleanup(u);
	return rc;
}

int
http_step_check(const struct http_place *from, const struct http_place *to, bool downgrade, char *why, size_t size)
{
	if (from->tls && !to->tls && !downgrade)
		REJECT("from https to http");
	return 0;
}

/* Where clouds tell any program on a machine who it is, and its keys; in whatever range it lies. */
static bool
is_metadata(const struct addr *a)
{
	static const uint8_t known4[][4] = { { 169, 254, 169, 254 }, { 100, 100, 100, 200 }, { 192, 0, 0, 192 }, { 168, 63, 129, 16 } };
	static const uint8_t known6[16] = { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 };
	const uint8_t	    *v4 = a->family == 4 ? a->byte : inner4(a->byte);
	size_t		     i;

	for (i = 0; v4 != NULL && i < nitems(known4); i++)
		if (memcmp(v4, known4[i], 4) == 0)
			return true;
	return a->family == 6 && memcmp(a->byte, known6, 16) == 0;
}

int
http_home_check(const char *host, const struct addr *to, char *why, size_t size)
{
	enum addr_reach reach = addr_reach(to);
	struct addr	literal;
	char		text[ADDR_TEXT_MAX];

	if (addr_parse(&literal, host) == 0)
		return 0;
	if (is_metadata(to))
		REJECT("its name leads to a cloud's metadata, %s", addr_text(to, text));
	if (reach <= REACH_PRIVATE || (reach == REACH_HOST && strcasecmp(host, "localhost") == 0))
		return 0;
	REJECT("its name leads to %s, %s", addr_reach_name(reach), addr_text(to, text));
}

int
http_address_check(const struct addr *home, const struct addr *to, char *why, size_t size)
{
	enum addr_reach reach = addr_reach(to);
	char		text[ADDR_TEXT_MAX];

	if (is_metadata(to))
		REJECT("to a cloud's metadata, %s", addr_text(to, text));
	if (reach == REACH_NOWHERE || (reach != REACH_PUBLIC && reach != addr_reach(home)))
		REJECT("to %s, %s", addr_reach_name(reach), addr_text(to, text));
	return 0;
}
