/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_ipc.c: every message decoder, and the sample records. The first byte chooses the decoder.
 * What a decoder accepts must encode to the very bytes it was read from.
 */
#include <stdlib.h>

#include "ipc/msg.h"
#include "sample/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In this order for ever: the first byte of an input is a place in it. New ones go to the end. */
#define TRIES(X) \
	X(hello) X(file) X(row) X(conf_error) X(conf_end) X(engine) X(instance) X(plan) X(target) X(port) \
	X(port_found) X(probe_now) X(probe_done) X(target_state) X(series_plan) X(series_read) X(series_rows) \
	X(end) X(flush) X(durable) X(store_state) X(broker_plan) X(outbox_item) X(outbox_done) X(broker_state) \
	X(counters) X(samples) \
	X(discover) X(discovered) X(discover_end) \
	X(profile) X(profile_table) X(profile_value) X(sensor) X(sensor_found) X(ports_end) X(profile_test) \
	X(profile_tested) X(profile_test_end) \
	X(trap_plan) X(trap) X(trap_stranger) X(trap_state) X(poll_now) \
	X(neighbour) \
	X(target_words) X(probe_fact) \
	X(record_begin) X(record_packets) X(record_end) X(trace_now) X(trace_done) X(mtu_done) \
	X(capture_plan) X(capture_site) X(capture_talkers) X(capture_state)

#define MESSAGE(name)							\
	static void							\
	try_##name(const uint8_t *data, size_t size)			\
	{								\
		static struct msg_##name m;				\
		struct buf		 b = { 0 };			\
									\
		memset(&m, 0, sizeof(m));				\
		if (msg_##name##_decode(&m, data, size) == 0) {		\
			msg_##name##_encode(&b, &m);			\
			if (b.len != size || memcmp(b.data, data, size) != 0) \
				abort();				\
		}							\
		buf_free(&b);						\
	}

static void
look(void *arg, const struct sample *s)
{
	*(double *)arg += s->n > 0 ? s->value[0] : 0;
}

/* Not a message of its own: how samples are tried. */
struct msg_samples {
	double sum;
};

static int
msg_samples_decode(struct msg_samples *m, const uint8_t *data, size_t size)
{
	samples_each(data, size, look, &m->sum);
	return -1;
}

static void
msg_samples_encode(struct buf *b, const struct msg_samples *m)
{
	(void)b, (void)m;
}

TRIES(MESSAGE)

#define ENTRY(name) try_##name,
static void (*const tries[])(const uint8_t *data, size_t size) = { TRIES(ENTRY) };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0)
		tries[data[0] % nitems(tries)](data + 1, size - 1);
	return 0;
}
