/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sensor.c: see sensor.h. */
#include "collectors/sensor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
by_name(const void *a, const void *b)
{
	const struct sensor_number *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void
sensor_numbers_sort(struct sensor_numbers *s)
{
	if (s->n > 0)
		qsort(s->v, s->n, sizeof(*s->v), by_name);
}

void
sensor_numbers_free(struct sensor_numbers *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].name);
	free(s->v);
	*s = (struct sensor_numbers){ 0 };
}

bool
sensor_numbers_equal(const struct sensor_numbers *a, const struct sensor_numbers *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].number != b->v[i].number || strcmp(a->v[i].name, b->v[i].name) != 0)
			return false;
	return true;
}

uint32_t
sensor_number(const struct collector *c, const char *name)
{
	const struct sensor_numbers *s = &c->siblings->sensors;
	size_t			     low = 0, high = s->n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int    order = strcmp(name, s->v[mid].name);

		if (order == 0)
			return s->v[mid].number;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return 0;
}

char *
sensor_name(char out[SENSOR_NAME_MAX], const char *table, const char *value, const char *label)
{
	snprintf(out, SENSOR_NAME_MAX, "%s/%s/%s", table, value, label);
	return out;
}

size_t
sensor_label_bytes(char out[SENSOR_LABEL_MAX + 1], const void *bytes, size_t len)
{
	bool utf8;

	if (len > SENSOR_LABEL_MAX)
		len = SENSOR_LABEL_MAX;
	if (len > 0)
		memcpy(out, bytes, len);
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)out[i] < 0x20 || out[i] == 0x7f)
			out[i] = '?';
	out[len] = '\0';
	utf8 = text_is_utf8(out, len) && text_is_one_line(out);
	for (size_t i = 0; !utf8 && i < len; i++)
		if ((uint8_t)out[i] >= 0x80)
			out[i] = '?';
	return len;
}

size_t
sensor_label(char out[SENSOR_LABEL_MAX + 1], const struct snmp_value *v)
{
	return sensor_label_bytes(out, v->bytes, v->type == SNMP_OCTETS ? v->len : 0);
}

char *
sensor_index_label(char out[SENSOR_LABEL_MAX + 1], const uint32_t *index, size_t n)
{
	size_t at = 0;

	*out = '\0';
	for (size_t i = 0; i < n && at <= SENSOR_LABEL_MAX; i++)
		at += (size_t)snprintf(out + at, SENSOR_LABEL_MAX + 1 - at, "%s%u", i > 0 ? "." : "", index[i]);
	return out;
}

void
sensor_emit(const struct collector *c, uint32_t number, double value, double seconds, enum quality unknown,
    int64_t wall_ns)
{
	struct sample s = { .series = number, .type = SAMPLE_RATE, .wall_ns = wall_ns, .seconds = seconds, .n = 1,
		.quality = (uint8_t)(isnan(value) ? unknown : QUALITY_GOOD) };

	s.value[0] = value;
	c->sink->sample(c->sink->arg, &s);
}
