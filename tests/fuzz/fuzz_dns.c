/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_dns.c: what a server of DNS may send back. First byte of the input: which type was asked for; the next two: the number of
 * the question; the rest is the message, whose own question is taken for ours so that the records behind it are reached.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "probes/dns_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
question_take(struct dns_question *q, const uint8_t *msg, size_t len)
{
	size_t at = 12, label;

	while (at < len && (label = msg[at]) != 0 && label < 64 && at + 1 + label < len && q->len + label + 2 <= sizeof(q->name)) {
		memcpy(q->name + q->len, msg + at, 1 + label);
		q->len += 1 + label;
		at += 1 + label;
	}
	q->name[q->len++] = 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t types[] = { DNS_A, DNS_NS, DNS_CNAME, DNS_SOA, DNS_MX, DNS_TXT, DNS_AAAA };
	struct dns_question q = { 0 };
	struct dns_answer   a;
	const char	   *why = NULL;
	size_t		    i;

	if (size < 3)
		return 0;
	q.type = types[data[0] % nitems(types)];
	q.id = (uint16_t)(data[1] << 8 | data[2]);
	question_take(&q, data + 3, size - 3);
	if (dns_answer_read(&a, &q, data + 3, size - 3, &why) != DNS_ANSWER) {
		if (why == NULL)
			abort();
		return 0;
	}
	if (a.n > DNS_VALUES_MAX || a.ttl_s > INT32_MAX)
		abort();
	for (i = 0; i < a.n; i++)
		if (strlen(a.value[i]) >= DNS_TEXT_MAX || !text_is_one_line(a.value[i]) || !text_is_utf8(a.value[i], strlen(a.value[i])))
			abort();
	return 0;
}
