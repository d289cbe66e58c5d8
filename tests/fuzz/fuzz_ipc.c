/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_ipc.c: every message decoder, and the sample records. The first byte chooses the decoder.
 * What a decoder accepts must encode to the very bytes it was read from.
 */
#include <stdlib.h>

#include "ipc/msg.h"
#include "sample/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TRY(name)							\
	do {								\
		static struct msg_##name m;				\
		struct buf		 b = { 0 };			\
		memset(&m, 0, sizeof(m));				\
		if (msg_##name##_decode(&m, data, size) == 0) {		\
			msg_##name##_encode(&b, &m);			\
			if (b.len != size || memcmp(b.data, data, size) != 0) \
				abort();				\
		}							\
		buf_free(&b);						\
	} while (0)

static void
look(void *arg, const struct sample *s)
{
	*(double *)arg += s->n > 0 ? s->value[0] : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t which;
	double	sum = 0;

	if (size == 0)
		return 0;
	which = *data++ % 30;
	size--;
	switch (which) {
	case 0: TRY(hello); break;
	case 1: TRY(file); break;
	case 2: TRY(row); break;
	case 3: TRY(conf_error); break;
	case 4: TRY(conf_end); break;
	case 5: TRY(engine); break;
	case 6: TRY(instance); break;
	case 7: TRY(plan); break;
	case 8: TRY(target); break;
	case 9: TRY(port); break;
	case 10: TRY(port_found); break;
	case 11: TRY(probe_now); break;
	case 12: TRY(probe_done); break;
	case 13: TRY(target_state); break;
	case 14: TRY(series_plan); break;
	case 15: TRY(series_read); break;
	case 16: TRY(series_rows); break;
	case 17: TRY(end); break;
	case 18: TRY(flush); break;
	case 19: TRY(durable); break;
	case 20: TRY(store_state); break;
	case 21: TRY(broker_plan); break;
	case 22: TRY(outbox_item); break;
	case 23: TRY(outbox_done); break;
	case 24: TRY(broker_state); break;
	case 25: TRY(counters); break;
	case 27: TRY(discover); break;
	case 28: TRY(discovered); break;
	case 29: TRY(discover_end); break;
	default: samples_each(data, size, look, &sum);
	}
	return 0;
}
