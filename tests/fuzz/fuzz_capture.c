/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_capture.c: any frames on the mirror port, each with its length before it. What is decoded has addresses, and the books
 * keep their bounds whatever comes.
 */
#include "collectors/capture/account.h"

#include <stdlib.h>

#include "base/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_frame(const uint8_t *data, size_t size)
{
	struct packet	   p;
	enum decode_reason why = decode_frame(data, size, &p);

	if (why >= DECODE_REASONS)
		abort();
	if (why == DECODE_OK && (p.src.family != p.dst.family || (p.src.family != 4 && p.src.family != 6)))
		abort();
	if (p.is_dns && (!p.has_ports || (p.src_port != 53 && p.dst_port != 53)))
		abort();
}

static void
check_site(void *arg, uint32_t site, const struct traffic *t, const struct talker *top, size_t ntop, uint64_t unseen_max)
{
	size_t i;

	(void)arg;
	(void)site;
	(void)unseen_max;
	if (t->retransmitted > t->segments || t->rtt_p50_s < 0 || ntop > ACCOUNT_TOP)
		abort();
	for (i = 0; i < ntop; i++)
		if (top[i].error > top[i].octets || (i > 0 && top[i].octets > top[i - 1].octets))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct account *a;
	static int64_t	       now = NS_PER_S;
	struct cursor	       c = cursor_of(data, size);
	struct addr	       v4 = { .family = 4 }, v6 = { .family = 6 };
	const uint8_t	      *frame;
	size_t		       len;

	if (a == NULL) {
		a = account_new();
		account_plan_begin(a);
		account_plan_add(a, 1, &v4, 1);
		account_plan_add(a, 2, &v6, 1);
		account_plan_end(a);
	}
	while (cursor_left(&c) > 0) {
		len = cursor_u8(&c);
		if (len > cursor_left(&c))
			len = cursor_left(&c);
		if ((frame = cursor_bytes(&c, len)) == NULL)
			break;
		check_frame(frame, len);
		account_frame(a, frame, len, (uint32_t)len, now += NS_PER_MS);
	}
	account_close(a, now, check_site, NULL);
	return 0;
}
