/* SPDX-License-Identifier: GPL-3.0-or-later */
/* profile_value.c: see profile_value.h. */
#include "collectors/profile_value.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define NUMBER_TEXT_MAX 40

static bool
is_digit(uint8_t b)
{
	return b >= '0' && b <= '9';
}

/*
 * [spaces][+-]digits[.digits], and then what is no part of a number. "23,5" may be 23.5 or 23500 elsewhere, so it
 * is none; so is "1.2.3".
 */
static double
text_number(const uint8_t *p, size_t len)
{
	char	       text[NUMBER_TEXT_MAX];
	const uint8_t *end = p + len;
	size_t	       n = 0, digits = 0;
	double	       v;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p < end && (*p == '-' || *p == '+')) {
		if (*p == '-')
			text[n++] = '-';
		p++;
	}
	for (; p < end && is_digit(*p) && n < sizeof(text) - 1; p++, digits++)
		text[n++] = (char)*p;
	if (digits > 0 && end - p >= 2 && *p == '.' && is_digit(p[1]))
		for (text[n++] = (char)*p++; p < end && is_digit(*p) && n < sizeof(text) - 1; p++)
			text[n++] = (char)*p;
	text[n] = '\0';
	if (digits == 0 || (p < end && (is_digit(*p) || *p == ',' || (*p == '.' && end - p >= 2 && is_digit(p[1])))))
		return NAN;
	return text_to_double(text, &v) == 0 ? v : NAN;
}

/* net-snmp's Opaque-wrapped floats (NET-SNMP-TC): 9f 78 04 and a float, 9f 79 08 and a double, big-endian. */
static double
opaque_number(const uint8_t *p, size_t len)
{
	uint64_t bits = 0;
	uint32_t bits32;
	float	 f;
	double	 d;

	if (len < 7 || p[0] != 0x9f || p[2] != len - 3 || !((p[1] == 0x78 && len == 7) || (p[1] == 0x79 && len == 11)))
		return NAN;
	for (size_t i = 3; i < len; i++)
		bits = bits << 8 | p[i];
	if (len == 11) {
		memcpy(&d, &bits, sizeof(d));
		return d;
	}
	bits32 = (uint32_t)bits;
	memcpy(&f, &bits32, sizeof(f));
	return f;
}

double
profile_raw(const struct snmp_value *v)
{
	double d;

	switch (v->type) {
	case SNMP_INTEGER:
		return v->integer;
	case SNMP_COUNTER32: case SNMP_GAUGE32: case SNMP_TIMETICKS: case SNMP_COUNTER64:
		return (double)v->number;
	case SNMP_OCTETS:
		return text_number(v->bytes, v->len);
	case SNMP_OPAQUE:
		d = opaque_number(v->bytes, v->len);
		return isfinite(d) ? d : NAN;
	default:
		return NAN;
	}
}

double
profile_raw_of(const struct msg_profile_value *p, const struct snmp_value *v)
{
	uint64_t n = 0;

	if (!p->octets)
		return profile_raw(v);
	if (v->type != SNMP_OCTETS || v->len < 1 || v->len > 8)
		return NAN;
	for (uint16_t i = 0; i < v->len; i++)
		n = n << 8 | v->bytes[i];
	return (double)n;
}

bool
profile_is_listed(const struct msg_raws *list, double raw)
{
	for (uint8_t i = 0; i < list->n; i++)
		if (list->v[i] == raw)
			return true;
	return false;
}

static double
plausible(const struct msg_profile_value *p, double v)
{
	return isfinite(v) && v >= p->min && v <= p->max ? v : NAN;
}

static double
unwrap(const struct msg_profile_value *p, double raw)
{
	return p->wrap > 0 && raw > p->wrap / 2 ? raw - p->wrap : raw;
}

/* It may be written as it is sent or as it is meant. */
bool
profile_is_none(const struct msg_profile_value *p, double raw)
{
	return profile_is_listed(&p->none, raw) || profile_is_listed(&p->none, unwrap(p, raw));
}

static double
state(const struct msg_profile_value *p, double raw)
{
	if (profile_is_listed(&p->ok, raw))
		return 0;
	if (profile_is_listed(&p->warn, raw))
		return 1;
	return profile_is_listed(&p->bad, raw) ? 2 : NAN;
}

double
profile_value(const struct msg_profile_value *p, double raw)
{
	return profile_value_per(p, raw, 1);
}

double
profile_value_per(const struct msg_profile_value *p, double raw, double sum)
{
	if (isnan(raw) || isnan(sum) || sum == 0 || profile_is_none(p, raw))
		return NAN;
	raw = unwrap(p, raw);
	return p->type == PROFILE_STATE ? state(p, raw) : plausible(p, raw / sum * p->factor + p->offset);
}

bool
profile_counter_read(const struct snmp_value *v, struct rate_reading *r)
{
	r->bits = v->type == SNMP_COUNTER64 ? 64 : 32;
	switch (v->type) {
	case SNMP_COUNTER32: case SNMP_COUNTER64: case SNMP_GAUGE32: case SNMP_TIMETICKS:
		r->value = v->number;
		return true;
	case SNMP_INTEGER:		/* some agents count so */
		r->value = (uint32_t)v->integer;
		return v->integer >= 0;
	default:
		return false;
	}
}

bool
profile_is_rate(const struct msg_profile_value *p)
{
	return p->type == PROFILE_COUNTER || p->type == PROFILE_CHANGE;
}

double
profile_counter_value(const struct msg_profile_value *p, const struct rate_result *r)
{
	double per_s = r->per_s;

	if (p->type == PROFILE_CHANGE && per_s > 0)
		per_s = 1 / r->seconds;		/* that it has risen counts, not by how much */
	return plausible(p, per_s * p->factor);
}
