/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trial.c: identity, then table by table: a walk, or row by row where the rows are ports (trial.h). */
#include "collectors/snmp/trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/profile_describe.h"

#define TIME_MAX_NS (60 * NS_PER_S)

struct trial {
	struct device	    *device;
	uint32_t	     token;
	char		     named[PROFILE_NAME_MAX];
	struct profile_tables *tables;
	const struct profile_table *table[COLLECTORS_MAX];
	size_t		     ntables, at;	/* at: the one being read */
	const char	    *profile;
	struct snmp_exchange x;
	struct snmp_request  request;
	struct walk	    *walk;
	bool		     identity;	/* what is being walked is the device's sysObjectID */
	unsigned	     repetitions;
	size_t		     varbinds, port, values;	/* port: place of the one being read */
	int64_t		     started_ns;
};

static const struct snmp_column identity[] = {
	{ "sysObjectID", true, SNMP_ARCS(1, 3, 6, 1, 2, 1, 1, 2) }, { 0 }
};

static void walk_next(struct trial *t);
static void table_begin(struct trial *t);

/* ---- telling ---- */

void
trial_end(struct trial *t, const char *error)
{
	struct msg_profile_test_end m = { 0 };
	const struct sink	   *sink;

	if (t == NULL)
		return;
	sink = t->device->env->sink;
	text_copy(m.profile, sizeof(m.profile), t->profile != NULL ? t->profile : "");
	text_copy(m.error, sizeof(m.error), error != NULL ? error : "");
	if (sink->profile_test_end != NULL)
		sink->profile_test_end(sink->arg, t->token, &m);
	t->device->trial = NULL;
	exchange_stop(&t->x);
	snmp_request_fini(&t->request);
	walk_free(t->walk);
	profile_tables_unref(t->tables);
	free(t);
}

static void
value_tell(void *arg, const struct msg_profile_tested *m)
{
	struct trial	  *t = arg;
	const struct sink *sink = t->device->env->sink;

	if (t->values++ < PROFILE_TESTED_MAX && sink->profile_tested != NULL)
		sink->profile_tested(sink->arg, t->token, m);
}

static void table_tell(struct trial *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
table_tell(struct trial *t, const char *fmt, ...)
{
	struct msg_profile_tested m = { 0 };
	va_list			  ap;

	text_copy(m.table, sizeof(m.table), t->table[t->at]->table->name);
	va_start(ap, fmt);
	vsnprintf(m.why, sizeof(m.why), fmt, ap);
	va_end(ap);
	value_tell(t, &m);
}

/* Rows of the table at hand, through a collector of its own. @return how many have a value */
static size_t
rows_describe(struct trial *t, const struct row *rows, size_t n)
{
	struct collector c = { .ops = &collector_profile_table, .columns = t->table[t->at]->column,
		.arg = t->table[t->at], .state = xcalloc(1, collector_profile_table.state_size),
		.sink = t->device->env->sink, .siblings = &t->device->siblings, .device = t->device->target.number };
	size_t		 with = 0;

	for (size_t i = 0; i < n; i++)
		with += profile_table_columns(t->table[t->at], &rows[i]) != 0;
	if (c.ops->match(&c, rows, n))
		profile_table_describe(&c, rows, n, value_tell, t);
	c.ops->fini(&c);
	free(c.state);
	return with;
}

/* ---- asking ---- */

static void
table_next(struct trial *t)
{
	walk_free(t->walk);
	t->walk = NULL;
	t->at++;
	table_begin(t);
}

static void
ask(struct trial *t, bool walk, void (*done)(void *arg, const struct snmp_answer *answer))
{
	t->x.request = &t->request;
	t->x.walk = walk;
	t->x.done = done;
	t->x.arg = t;
	exchange_start(&t->x, t->device->env->wire, &t->device->peer, WIRE_TRIES);
}

/* Which tables: now that it is known what the device is. */
static void
tables_choose(struct trial *t)
{
	uint32_t	  arc[SNMP_ARCS_MAX];
	size_t		  n, narcs = 0;
	const struct row *rows = walk_rows(t->walk, &n);

	if (n > 0 && rows[0].value[0].type == SNMP_OID)
		narcs = snmp_oid_arcs(rows[0].value[0].bytes, rows[0].value[0].len, arc);
	t->identity = false;
	walk_free(t->walk);
	t->walk = NULL;
	t->ntables = profile_tables_of(t->tables, t->named, arc, narcs, &t->profile, t->table, COLLECTORS_MAX);
	if (t->profile == NULL)
		trial_end(t, "no profile is for this device");
	else
		table_begin(t);
}

static void
walk_done(struct trial *t, const char *failure)
{
	const struct row *rows;
	size_t		  n, with;

	if (t->identity && failure == NULL) {
		tables_choose(t);
		return;
	}
	if (t->identity) {
		trial_end(t, "the device does not answer");
		return;
	}
	if (failure != NULL) {
		table_tell(t, "%s", failure);
	} else {
		rows = walk_rows(t->walk, &n);
		with = rows_describe(t, rows, n);
		if (with == 0)
			table_tell(t, "the device does not have it");
		else if (with > t->table[t->at]->table->rows_max)
			table_tell(t, "%zu rows; rows_max takes the first %u", with, t->table[t->at]->table->rows_max);
		else
			table_tell(t, "%zu row%s", with, with == 1 ? "" : "s");
	}
	table_next(t);
}

static void
walk_answered(void *arg, const struct snmp_answer *answer)
{
	struct trial *t = arg;
	const char   *why = NULL;
	int32_t	      status;

	status = answer != NULL ? answer->msg->error_status : SNMP_NO_ERROR;
	if (loop_mono_ns(t->device->env->loop) - t->started_ns > TIME_MAX_NS)
		trial_end(t, "it took longer than a minute; what is shown is all that was read");
	else if ((answer == NULL || status == SNMP_TOO_BIG) && t->repetitions > 1) {
		t->varbinds /= 2;
		walk_next(t);
	} else if (answer == NULL)
		walk_done(t, "no answer");
	else if (status == SNMP_NO_SUCH_NAME && walk_refused(t->walk, answer->msg->error_index) == 0)
		walk_next(t);
	else if (status != SNMP_NO_ERROR)
		walk_done(t, snmp_error_words[status]);
	else if (walk_answer(t->walk, answer->msg, &why) == -1)
		walk_done(t, why);
	else
		walk_next(t);
}

static void
walk_next(struct trial *t)
{
	struct snmp_ask	   asks[COLLECTOR_COLUMNS_MAX];
	size_t		   n = walk_ask(t->walk, t->varbinds, asks, &t->repetitions);
	enum snmp_pdu_type type = t->device->peer.credential.version == SNMP_V1 ? SNMP_PDU_GETNEXT : SNMP_PDU_GETBULK;

	if (n == 0) {
		walk_done(t, NULL);
		return;
	}
	snmp_request_encode(&t->request, &t->device->peer.credential, type, t->repetitions, asks, n);
	ask(t, true, walk_answered);
}

/* ---- rows that are ports ---- */

static void port_ask(struct trial *t);

static void
port_answered(void *arg, const struct snmp_answer *answer)
{
	struct trial	       *t = arg;
	const struct siblings  *s = &t->device->siblings;
	struct snmp_value	value[COLLECTOR_COLUMNS_MAX] = { 0 };
	uint32_t		if_index;

	if (loop_mono_ns(t->device->env->loop) - t->started_ns > TIME_MAX_NS) {
		trial_end(t, "it took longer than a minute; what is shown is all that was read");
		return;
	}
	if (answer == NULL || answer->msg->error_status != SNMP_NO_ERROR) {
		table_tell(t, "%s", answer == NULL ? "no answer" : snmp_error_words[answer->msg->error_status]);
		table_next(t);
		return;
	}
	if (s->port_at(s->port_arg, t->port, &if_index) != NULL) {
		for (uint16_t i = 0; i < answer->msg->n && i < t->table[t->at]->ncolumns; i++)
			value[i] = answer->msg->varbind[i].value;
		rows_describe(t, &(struct row){ .index = &if_index, .nindex = 1, .value = value }, 1);
	}
	t->port++;
	port_ask(t);
}

static void
port_ask(struct trial *t)
{
	const struct siblings	   *s = &t->device->siblings;
	const struct profile_table *table = t->table[t->at];
	struct snmp_ask		    asks[COLLECTOR_COLUMNS_MAX];
	uint32_t		    if_index;

	if (s->port_at == NULL || t->port >= table->table->rows_max ||
	    s->port_at(s->port_arg, t->port, &if_index) == NULL) {
		if (s->port_at == NULL)
			table_tell(t, "the device shows no ports yet");
		else
			table_tell(t, "read of %zu ports", t->port);
		table_next(t);
		return;
	}
	for (uint8_t i = 0; i < table->ncolumns; i++)
		asks[i] = (struct snmp_ask){ &table->column[i], false, 1, &if_index };
	snmp_request_encode(&t->request, &t->device->peer.credential, SNMP_PDU_GET, 0, asks, table->ncolumns);
	ask(t, false, port_answered);
}

static void
table_begin(struct trial *t)
{
	if (t->at == t->ntables) {
		trial_end(t, t->values > PROFILE_TESTED_MAX ? "more than 2,000 values: the others are not shown" : NULL);
		return;
	}
	t->port = 0;
	t->varbinds = VARBINDS_MAX;
	if (t->table[t->at]->table->of_ports && t->device->peer.credential.version == SNMP_V1) {
		table_tell(t, "not read over SNMPv1");
		table_next(t);
	} else if (t->table[t->at]->table->of_ports) {
		port_ask(t);
	} else {
		t->walk = walk_new(t->table[t->at]->column);
		walk_next(t);
	}
}

void
trial_start(struct device *d, uint32_t token, const char *profile)
{
	struct trial *t = xcalloc(1, sizeof(*t));

	trial_end(d->trial, "another test of this device has begun");
	d->trial = t;
	t->device = d;
	t->token = token;
	text_copy(t->named, sizeof(t->named), *profile != '\0' ? profile : d->target.profile);
	t->started_ns = loop_mono_ns(d->env->loop);
	t->varbinds = VARBINDS_MAX;
	if (d->env->tables == NULL || !d->discovered) {
		trial_end(t, d->trouble != NULL ? d->trouble : "the device has not answered yet");
		return;
	}
	t->tables = profile_tables_ref(d->env->tables);
	if (t->named[0] != '\0' && snmp_profile_find(t->tables->set, t->named) == NULL) {
		trial_end(t, "there is no such profile");
		return;
	}
	t->identity = true;
	t->walk = walk_new(identity);
	walk_next(t);
}
