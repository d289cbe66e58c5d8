/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample.c: the record of a sample, and the table of series kinds (docs/decisions.md 6 and 7). */
#include "sample/sample.h"

#include <math.h>

#include "ipc/ipc.h"

#define OFFSET_AT    8
#define BATCH_FULL   (IPC_PAYLOAD_MAX - 1024)

/* ---- one record ---- */

static int32_t
offset_us(int64_t wall_ns, int64_t base_ns, bool *fits)
{
	int64_t us = (int64_t)((uint64_t)wall_ns - (uint64_t)base_ns) / NS_PER_US;

	*fits = us >= INT32_MIN && us <= INT32_MAX;
	return (int32_t)us;
}

/* The base comes from outside: it may wrap, but must not trap. */
static int64_t
wall_from_offset(int64_t base_ns, uint32_t offset)
{
	return (int64_t)((uint64_t)base_ns + (uint64_t)((int64_t)(int32_t)offset * NS_PER_US));
}

static void
encode_values(struct buf *out, const struct sample *s)
{
	int i;

	switch (s->type) {
	case SAMPLE_ROUND:
		for (i = 0; i < ROUND_RTT_P50_S; i++)
			buf_u8(out, (uint8_t)s->value[i]);
		buf_f32le(out, (float)s->value[ROUND_RTT_P50_S]);
		if (s->value[ROUND_REORDERED] > 0)
			buf_u8(out, (uint8_t)s->value[ROUND_REORDERED]);
		break;
	case SAMPLE_DELAY:
		buf_f32le(out, (float)s->seconds);
		for (i = 0; i < DELAY_VALUES; i++)
			buf_f32le(out, (float)s->value[i]);
		break;
	case SAMPLE_RATE:
		buf_f32le(out, (float)s->seconds);
		for (i = 0; i < s->n; i++)
			buf_f64le(out, s->value[i]);
		break;
	default:
		buf_text(out, s->text);
	}
}

int
sample_encode(struct buf *out, const struct sample *s, int64_t base_wall_ns)
{
	bool	fits;
	int32_t offset = offset_us(s->wall_ns, base_wall_ns, &fits);
	size_t	head = out->len, body;

	if (!fits)
		return -1;
	buf_u8(out, s->type);
	buf_u8(out, s->quality);
	buf_u16le(out, 0);
	buf_u32le(out, s->series);
	buf_u32le(out, (uint32_t)offset);
	encode_values(out, s);
	body = out->len - head - SAMPLE_RECORD_HEAD;
	out->data[head + 2] = (uint8_t)body;
	out->data[head + 3] = (uint8_t)(body >> 8);
	return 0;
}

static int
decode_values(struct cursor *c, struct sample *s, size_t len)
{
	size_t i;

	switch (s->type) {
	case SAMPLE_ROUND:
		if (len != 4 + 4 && len != 4 + 4 + 1)
			return -1;
		for (i = 0; i < ROUND_RTT_P50_S; i++)
			s->value[i] = cursor_u8(c);
		s->value[ROUND_RTT_P50_S] = cursor_f32le(c);
		s->value[ROUND_REORDERED] = len > 4 + 4 ? cursor_u8(c) : 0;
		s->n = ROUND_VALUES;
		return 0;
	case SAMPLE_DELAY:
		if (len != 4 + 4 * DELAY_VALUES)
			return -1;
		s->seconds = cursor_f32le(c);
		for (i = 0; i < DELAY_VALUES; i++)
			s->value[i] = cursor_f32le(c);
		s->n = DELAY_VALUES;
		return 0;
	case SAMPLE_RATE:
		if (len < 4 + 8 || (len - 4) % 8 != 0 || (len - 4) / 8 > SAMPLE_VALUES_MAX)
			return -1;
		s->seconds = cursor_f32le(c);
		s->n = (uint8_t)((len - 4) / 8);
		for (i = 0; i < s->n; i++)
			s->value[i] = cursor_f64le(c);
		return 0;
	default:
		if (len > SAMPLE_TEXT_MAX)
			return -1;
		memcpy(s->text, cursor_bytes(c, len), len);
		s->text[len] = '\0';
		return strlen(s->text) == len ? 0 : -1;
	}
}

/* Values must be what their meaning allows: lengths of time finite and not negative, infinities nowhere. */
static bool
values_are_sane(const struct sample *s)
{
	size_t i;

	if (!isfinite(s->seconds) || s->seconds < 0)
		return false;
	for (i = 0; i < s->n; i++)
		if (isinf(s->value[i]))
			return false;
	return true;
}

int
sample_decode(struct cursor *c, struct sample *s, int64_t base_wall_ns)
{
	size_t len;

	s->type = cursor_u8(c);
	s->quality = cursor_u8(c);
	len = cursor_u16le(c);
	s->series = cursor_u32le(c);
	s->wall_ns = wall_from_offset(base_wall_ns, cursor_u32le(c));
	s->seconds = 0;
	s->n = 0;
	s->text[0] = '\0';
	if (c->bad || s->type < SAMPLE_NAME || s->type >= SAMPLE_TYPES || s->quality >= QUALITIES || cursor_left(c) < len ||
	    decode_values(c, s, len) == -1 || !values_are_sane(s)) {
		c->bad = true;
		return -1;
	}
	return 0;
}

int
sample_rebase(uint8_t *record, int64_t old_base_ns, int64_t new_base_ns)
{
	struct cursor c = cursor_of(record + OFFSET_AT, 4);
	int64_t	      wall_ns = wall_from_offset(old_base_ns, cursor_u32le(&c));
	bool	      fits;
	int32_t	      offset = offset_us(wall_ns, new_base_ns, &fits);

	if (!fits)
		return -1;
	put_u32le(record + OFFSET_AT, (uint32_t)offset);
	return 0;
}

/* ---- series kinds ---- */

static const char *const link_values[] = { "rx_bps", "tx_bps", "rx_errors_ps", "tx_errors_ps", "loss_ratio", "rtt_min_s",
	"rtt_p25_s", "rtt_p50_s", "rtt_p75_s", "rtt_p95_s", "rtt_max_s", "pdv_p95_s", NULL };
static const char *const port_values[] = { "rx_bps", "tx_bps", "rx_errors_ps", "tx_errors_ps", "rx_discards_ps",
	"tx_discards_ps", "oper_up_ratio", NULL };
static const char *const host_values[] = { "cpu_ratio", "mem_used_ratio", "load1", "temp_c", "uptime_s", "snmp_rtt_s", NULL };
static const char *const service_values[] = { "ok_ratio", "total_s", "ttfb_s", NULL };
static const char *const sensor_values[] = { "value", NULL };
static const char *const traffic_values[] = { "rx_bps", "tx_bps", "tcp_rtt_p50_s", "retransmit_ratio", "dns_fail_ratio", NULL };

static const struct series_kind kinds[] = {
	{ "link", link_values, nitems(link_values) - 1, LINK_RATES, LINK_RATES },
	{ "port", port_values, nitems(port_values) - 1, nitems(port_values) - 1, PORT_RATES },
	{ "host", host_values, nitems(host_values) - 1, nitems(host_values) - 1, HOST_RATES },
	{ "service", service_values, nitems(service_values) - 1, nitems(service_values) - 1, SERVICE_RATES },
	{ "sensor", sensor_values, nitems(sensor_values) - 1, nitems(sensor_values) - 1, 1 },
	{ "traffic", traffic_values, nitems(traffic_values) - 1, nitems(traffic_values) - 1, TRAFFIC_RATES },
};

const struct series_kind *
series_kind_find(const char *ref)
{
	size_t len = strcspn(ref, "/"), i;

	for (i = 0; i < nitems(kinds); i++)
		if (strlen(kinds[i].name) == len && strncmp(kinds[i].name, ref, len) == 0)
			return &kinds[i];
	return NULL;
}

int
series_value_index(const struct series_kind *k, const char *value)
{
	int i;

	for (i = 0; i < k->n; i++)
		if (strcmp(k->values[i], value) == 0)
			return i;
	return -1;
}

/* ---- batches ---- */

void
sample_batch_free(struct sample_batch *b)
{
	buf_free(&b->payload);
	b->count = 0;
}

bool
sample_batch_add(struct sample_batch *b, const struct sample *s, int64_t wall_ns, int64_t mono_ns)
{
	if (b->count == 0) {
		b->payload.len = 0;
		b->wall_ns = wall_ns;
		b->mono_ns = mono_ns;
		buf_u64le(&b->payload, (uint64_t)wall_ns);
		buf_u64le(&b->payload, (uint64_t)mono_ns);
	}
	if (sample_encode(&b->payload, s, b->wall_ns) == 0)
		b->count++;
	return b->payload.len >= BATCH_FULL;
}

void
sample_batch_reset(struct sample_batch *b)
{
	b->payload.len = 0;
	b->count = 0;
}

int
samples_each(const uint8_t *payload, size_t len, void (*cb)(void *, const struct sample *), void *arg)
{
	struct cursor c = cursor_of(payload, len);
	int64_t	      wall_ns = (int64_t)cursor_u64le(&c);
	struct sample s;
	int	      n = 0;

	cursor_u64le(&c);	/* mono_ns: for the journal's block */
	while (cursor_left(&c) > 0) {
		if (sample_decode(&c, &s, wall_ns) == -1)
			return -1;
		if (cb != NULL)
			cb(arg, &s);
		n++;
	}
	return c.bad ? -1 : n;
}
