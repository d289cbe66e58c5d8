/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_http.c: what a web server may send back, as far as we read it ourselves. The input is two parts, parted by the first NUL:
 * what is expected (where it can be parsed, else a fixed text), and the body; the body is a header and a URL, too.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/http/body.h"
#include "probes/http/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
url_check(const uint8_t *data, size_t len)
{
	struct http_place place, again;
	char		  why[200], *url = calloc(1, len + 1);

	if (url == NULL)
		abort();
	memcpy(url, data, len);
	if (http_place_read(&place, url, why, sizeof(why)) == 0 && (place.host[0] == '\0' || place.port == 0 ||
	    http_place_read(&again, place.url, why, sizeof(why)) == -1 || strcasecmp(again.host, place.host) != 0 ||
	    again.port != place.port || again.tls != place.tls))
		abort();	/* what is asked for is not what was checked */
	free(url);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { "hash=?", "ignore=*", "json=*", "no_text=*", "size=,", "text=*", NULL };
	const uint8_t	   *end = size > 0 ? memchr(data, '\0', size) : NULL;
	size_t		    len = end != NULL ? (size_t)(end - data) : 0, left;
	struct expect	    x;
	char		    words[EXPECT_TEXT], why[200] = "", hash[HTTP_HASH_TEXT];
	uint8_t		   *body;

	if (end == NULL || len >= sizeof(words))
		return 0;
	memcpy(words, data, len + 1);
	data = end + 1;
	size -= len + 1;
	if (expect_parse(&x, words, keys, why, sizeof(why)) == -1)
		expect_parse(&x, "json=/a/0=b|ignore=<...>|text=c|ignore=d", keys, why, sizeof(why));
	body = malloc(size + 1);	/* exactly as long, so that a step beyond is seen */
	if (body == NULL)
		abort();
	memcpy(body, data, size);
	why[0] = '\0';
	if (http_body_check(body, size, false, &x, why, sizeof(why)) == -1 && why[0] == '\0')
		abort();
	left = http_body_cut(body, size, &x);
	if (left > size)
		abort();
	http_body_hash(body, left, hash);
	if (strlen(hash) != HTTP_HASH_TEXT - 1)
		abort();
	http_header_is((const char *)data, size, words);
	url_check(data, size);
	free(body);
	return 0;
}
