/* SPDX-License-Identifier: GPL-3.0-or-later */
/* profile_describe.c: see profile_describe.h. */
#include "collectors/profile_describe.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "collectors/profile_value.h"
#include "collectors/sensor.h"

static void
raw_text(char *out, size_t size, const struct snmp_value *v)
{
	switch (v->type) {
	case SNMP_INTEGER:
		snprintf(out, size, "%" PRId32, v->integer);
		break;
	case SNMP_COUNTER32: case SNMP_GAUGE32: case SNMP_TIMETICKS: case SNMP_COUNTER64:
		snprintf(out, size, "%" PRIu64, v->number);
		break;
	case SNMP_OCTETS:
		text_visible(out, size, (const char *)v->bytes, v->len);
		break;
	case SNMP_OID:
		snmp_oid_text(out, size, v->bytes, v->len);
		break;
	default:
		snprintf(out, size, "type 0x%02x, %u bytes", v->type, v->len);
	}
}

/* Why a row is no row of this value. */
static void
why_left_out(char *out, size_t size, const struct profile_table_value *v, const struct row *row)
{
	char where[40] = "missing";

	if (v->where == NO_COLUMN || profile_is_listed(&v->value->where, profile_raw(&row->value[v->where]))) {
		snprintf(out, size, "it is none, and skip_none leaves such rows out");
		return;
	}
	if (row_has(row, v->where))
		raw_text(where, sizeof(where), &row->value[v->where]);
	snprintf(out, size, "column %" PRIu32 " is %s, which where does not name", v->value->where_column, where);
}

/* Why a value that exists is unknown. */
static void
why_unknown(char *out, size_t size, const struct profile_table_value *v, const struct row *row)
{
	const struct msg_profile_value *p = v->value;
	double				raw = profile_raw_of(p, &row->value[v->column]);

	if (profile_is_rate(p))
		snprintf(out, size, "a rate needs two polls");
	else if (isnan(raw))
		snprintf(out, size, p->octets ? "not a string of 1 to 8 bytes" : "not a number");
	else if (profile_is_none(p, raw))
		snprintf(out, size, "this number means that there is no value (none)");
	else if (p->type == PROFILE_STATE)
		snprintf(out, size, "not in ok, warn or bad");
	else if (p->nper > 0)
		snprintf(out, size, "the columns of per are missing or zero, or the result is outside min and max");
	else
		snprintf(out, size, "outside min and max");
}

void
profile_value_describe(const struct profile_table *t, const struct profile_table_value *v, const struct row *row,
    const char *label, const char *port, void (*each)(void *arg, const struct msg_profile_tested *m), void *arg)
{
	struct msg_profile_tested m = { .type = v->value->type, .limits = v->value->limits };
	double			  value = NAN;

	text_copy(m.table, sizeof(m.table), t->table->name);
	sensor_name(m.name, t->table->name, v->value->name, label);
	raw_text(m.raw, sizeof(m.raw), &row->value[v->column]);
	text_copy(m.port, sizeof(m.port), port);
	m.left_out = !profile_table_has(v, row);
	if (!m.left_out && !profile_is_rate(v->value))
		value = profile_table_gauge(v, row);
	m.known = !isnan(value);
	m.value = m.known ? value : 0;
	if (m.left_out)
		why_left_out(m.why, sizeof(m.why), v, row);
	else if (!m.known)
		why_unknown(m.why, sizeof(m.why), v, row);
	else if (v->value->host != PROFILE_HOST_NONE)
		snprintf(m.why, sizeof(m.why), "feeds %s of the host, as the mean of all rows",
		    snmp_profile_host_words[v->value->host]);
	each(arg, &m);
}
