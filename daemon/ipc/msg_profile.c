/* SPDX-License-Identifier: GPL-3.0-or-later */
/* msg_profile.c: profiles of SNMP, sensors, tests of profiles. */
#include "ipc/wire.h"

static void
oid(struct wire *w, struct msg_oid *o)
{
	word(w, &o->n, 0, OID_ARCS_MAX);
	for (int i = 0; i < o->n && !w->in.bad; i++)
		u32(w, &o->arc[i]);
}

static void
raws(struct wire *w, struct msg_raws *r)
{
	word(w, &r->n, 0, PROFILE_LIST_MAX);
	for (int i = 0; i < r->n && !w->in.bad; i++)
		f64(w, &r->v[i]);
}

static void
limits(struct wire *w, struct msg_limits *l)
{
	f64(w, &l->low_warn);
	f64(w, &l->low_crit);
	f64(w, &l->high_warn);
	f64(w, &l->high_crit);
}

static void
profile_fields(struct wire *w, struct msg_profile *m)
{
	STR(w, m->name);
	STR(w, m->help);
	word(w, &m->nmatches, 0, PROFILE_LIST_MAX);
	for (int i = 0; i < m->nmatches && !w->in.bad; i++)
		oid(w, &m->match[i]);
	word(w, &m->nincludes, 0, PROFILE_LIST_MAX);
	for (int i = 0; i < m->nincludes && !w->in.bad; i++)
		STR(w, m->include[i]);
}

static void
profile_table_fields(struct wire *w, struct msg_profile_table *m)
{
	STR(w, m->name);
	STR(w, m->help);
	oid(w, &m->entry);
	word(w, &m->scalar, 0, 1);
	word(w, &m->index_text, 0, 1);
	u32(w, &m->label);
	word(w, &m->port, 0, PROFILE_PORTS - 1);
	u32(w, &m->port_column);
	u32(w, &m->every_s);
	u32(w, &m->rows_max);
	word(w, &m->of_ports, 0, 1);
}

static void
profile_value_fields(struct wire *w, struct msg_profile_value *m)
{
	u16(w, &m->table);
	STR(w, m->name);
	STR(w, m->help);
	u32(w, &m->column);
	word(w, &m->type, 0, PROFILE_TYPES - 1);
	word(w, &m->host, 0, PROFILE_HOSTS - 1);
	f64(w, &m->factor);
	f64(w, &m->offset);
	f64(w, &m->wrap);
	f64(w, &m->min);
	f64(w, &m->max);
	raws(w, &m->none);
	raws(w, &m->ok);
	raws(w, &m->warn);
	raws(w, &m->bad);
	word(w, &m->skip_none, 0, 1);
	word(w, &m->octets, 0, 1);
	u32(w, &m->where_column);
	raws(w, &m->where);
	word(w, &m->nper, 0, PROFILE_PER_MAX);
	for (int i = 0; i < m->nper && !w->in.bad; i++)
		u32(w, &m->per[i]);
	limits(w, &m->limits);
}

static void
sensor_fields(struct wire *w, struct msg_sensor *m)
{
	u32(w, &m->device);
	u32(w, &m->number);
	STR(w, m->name);
}

static void
sensor_found_fields(struct wire *w, struct msg_sensor_found *m)
{
	u32(w, &m->device);
	STR(w, m->name);
	STR(w, m->help);
	STR(w, m->port);
	u32(w, &m->if_index);
	word(w, &m->type, 0, PROFILE_TYPES - 1);
	limits(w, &m->limits);
}

static void
profile_test_fields(struct wire *w, struct msg_profile_test *m)
{
	u32(w, &m->device);
	STR(w, m->profile);
}

static void
profile_tested_fields(struct wire *w, struct msg_profile_tested *m)
{
	STR(w, m->table);
	STR(w, m->name);
	STR(w, m->raw);
	STR(w, m->port);
	STR(w, m->why);
	word(w, &m->known, 0, 1);
	f64(w, &m->value);
	word(w, &m->left_out, 0, 1);
	word(w, &m->type, 0, PROFILE_TYPES - 1);
	limits(w, &m->limits);
}

static void
profile_test_end_fields(struct wire *w, struct msg_profile_test_end *m)
{
	STR(w, m->profile);
	STR(w, m->error);
}

MSG_DEFINE(profile)
MSG_DEFINE(profile_table)
MSG_DEFINE(profile_value)
MSG_DEFINE(sensor)
MSG_DEFINE(sensor_found)
MSG_DEFINE(profile_test)
MSG_DEFINE(profile_tested)
MSG_DEFINE(profile_test_end)
