/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * profiles_test.c: every shipped profile (etc/profiles) against its recorded walk (tests/data/walks), through the
 * parser, the walk and the collector of the engine. What must come out is in NAME.expect beside the walk: the values
 * of a poll 60 s after another, with every counter 600 higher.
 *
 * Nothing below MIKROTIK .18 may ever be asked for, nor come as the next object of a walk.
 */
#include "collectors/profile_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include "collectors/sensor.h"
#include "collectors/snmp/device.h"
#include "collectors/snmp/walk.h"
#include "tests/unit/agent.h"
#include "tests/unit/shipped.h"
#include "tests/unit/tap.h"

#define TABLES_ROOM  (COLLECTORS_MAX - COLLECTORS)
#define LINES_MAX    (SENSORS_MAX + PROFILE_HOSTS)
#define COUNTER_STEP 600
#define STEP_S	     60

struct line {			/* of what is expected, or of what came */
	char   key[256];
	double value;		/* NAN: unknown */
};

struct scene {
	struct agent	 agent;
	struct siblings	 siblings;
	struct sink	 sink;
	struct collector collector[TABLES_ROOM + 1];	/* the first is if_mib */
	size_t		 n;
	struct line	 got[LINES_MAX];		/* of sensor number i + 1 */
	size_t		 ngot;
	bool		 forbidden;
};

static struct scene	   scene;
static struct snmp_message msg;

/* ---- the device ---- */

/* "value.label" of "table/value/label", as core makes it; alike ones get a number. */
static void
key_of(char *out, size_t size, const char *name)
{
	const char *value = strchr(name, '/') + 1, *label = strchr(value, '/') + 1;
	size_t	    at;
	unsigned    n = 1;

	at = (size_t)snprintf(out, size, "%.*s%s", (int)(label - value - 1), value, *label != '\0' ? "." : "");
	for (; *label != '\0' && at < size - 8; label++)
		out[at++] = (*label >= 'a' && *label <= 'z') || (*label >= '0' && *label <= '9') || *label == '-' ? *label : '_';
	out[at] = '\0';
	for (size_t i = 0; i < scene.ngot; i++)
		if (strcmp(scene.got[i].key, out) == 0) {
			snprintf(out + at, size - at, "_%u", ++n);
			i = (size_t)-1;
		}
}

static void
on_sensor(void *arg, const struct msg_sensor_found *s)
{
	struct sensor_numbers *numbers = &scene.siblings.sensors;

	(void)arg;
	for (size_t i = 0; i < numbers->n; i++)
		if (strcmp(numbers->v[i].name, s->name) == 0)
			return;
	key_of(scene.got[scene.ngot].key, sizeof(scene.got[0].key), s->name);
	scene.got[scene.ngot++].value = NAN;
	numbers->v = xrealloc(numbers->v, numbers->n + 1, sizeof(*numbers->v));
	numbers->v[numbers->n++] = (struct sensor_number){ (uint32_t)scene.ngot, xstrdup(s->name) };
}

static void
on_sample(void *arg, const struct sample *s)
{
	(void)arg;
	if (s->series >= 1 && s->series <= scene.ngot)
		scene.got[s->series - 1].value = s->quality == QUALITY_GOOD ? s->value[0] : NAN;
}

static void
on_port(void *arg, const struct msg_port_found *p)
{
	(void)arg;
	(void)p;
}

static void
forbidden_check(const uint32_t *arc, size_t n)
{
	static const uint32_t scripts[] = { 1, 3, 6, 1, 4, 1, 14988, 1, 1, 18 };

	if (n >= nitems(scripts) && memcmp(arc, scripts, sizeof(scripts)) == 0)
		scene.forbidden = true;
}

static void
answer_check(void)
{
	uint32_t arc[SNMP_ARCS_MAX];

	for (uint16_t i = 0; i < msg.n; i++)
		forbidden_check(arc, snmp_oid_arcs(msg.varbind[i].oid, msg.varbind[i].oid_len, arc));
}

static void
discover(struct collector *c)
{
	const struct snmp_credential cred = { .version = SNMP_V2C, .community_len = 6, .community = "public" };
	struct snmp_ask		     ask[COLLECTOR_COLUMNS_MAX];
	struct snmp_request	     r = { 0 };
	uint8_t			     answer[AGENT_PACKET_MAX];
	struct walk		    *w = walk_new(c->columns);
	const struct row	    *rows;
	const char		    *why = "";
	unsigned		     repetitions;
	size_t			     n, len;
	int			     rc = 0;

	while (rc == 0 && (n = walk_ask(w, 57, ask, &repetitions)) > 0) {
		snmp_request_encode(&r, &cred, SNMP_PDU_GETBULK, repetitions, ask, n);
		len = agent_answer(&scene.agent, r.data, r.len, answer);
		if ((rc = snmp_decode(&msg, answer, len, &why)) == 0) {
			answer_check();
			rc = walk_answer(w, &msg, &why);
		}
	}
	if (rc == -1)
		ok(false, "walk: %s", why);
	snmp_request_fini(&r);
	rows = walk_rows(w, &n);
	c->matched = c->ops->match(c, rows, n);
	walk_free(w);
}

/* What the agent says to a GET of this column of the row. */
static void
get(const struct snmp_column *column, const uint32_t *index, size_t nindex, struct snmp_value *v)
{
	uint32_t arc[SNMP_COLUMN_ARCS + SNMP_INDEX_ARCS];
	size_t	 n = column->n;

	memcpy(arc, column->arc, n * sizeof(arc[0]));
	memcpy(arc + n, index, nindex * sizeof(arc[0]));
	n += nindex;
	forbidden_check(arc, n);
	*v = (struct snmp_value){ .type = SNMP_NO_SUCH_INSTANCE };
	for (size_t i = 0; i < scene.agent.n; i++) {
		const struct agent_object *o = &scene.agent.object[i];

		if (o->n != n || memcmp(o->arc, arc, n * sizeof(arc[0])) != 0)
			continue;
		v->type = o->type;
		v->number = o->number;
		if (o->type == SNMP_INTEGER)
			v->integer = (int32_t)o->number;
		v->bytes = o->bytes;
		v->len = (uint16_t)o->len;
	}
}

static void
poll_collector(struct collector *c, const struct poll *poll)
{
	struct poll_plan  plan = { 0 };
	struct snmp_value value[COLLECTOR_COLUMNS_MAX];

	c->ops->plan(c, &plan);
	for (size_t i = 0; i < plan.n; i++) {
		struct row row = { .index = &plan.arc[plan.row[i].index_at], .nindex = plan.row[i].nindex,
			.tag = plan.row[i].tag, .value = value };

		memset(value, 0, sizeof(value));
		for (unsigned k = 0; k < COLLECTOR_COLUMNS_MAX && c->columns[k].name != NULL; k++)
			if (plan.row[i].columns & COLUMN(k))
				get(&c->columns[k], row.index, row.nindex, &value[k]);
		if (!c->ops->row(c, &row, poll))
			ok(false, "a row has become another one in between");
	}
	c->ops->end(c, poll);
	free(plan.row);
	free(plan.arc);
}

static void
poll_all(double seconds)
{
	const struct poll poll = { .answered = true, .mono_ns = (int64_t)((seconds + 1) * NS_PER_S), .wall_ns = 77,
		.rtt_s = 0.003, .step_s = STEP_S, .uptime_ticks = (uint32_t)(seconds * 100) + 5000 };

	memset(scene.siblings.host_n, 0, sizeof(scene.siblings.host_n));
	memset(scene.siblings.host_sum, 0, sizeof(scene.siblings.host_sum));
	for (size_t i = 1; i < scene.n; i++)
		if (scene.collector[i].matched)
			poll_collector(&scene.collector[i], &poll);
}

static void
count_on(void)
{
	for (size_t i = 0; i < scene.agent.n; i++) {
		struct agent_object *o = &scene.agent.object[i];

		if (o->type == SNMP_COUNTER32)
			o->number = (uint32_t)(o->number + COUNTER_STEP);
		else if (o->type == SNMP_COUNTER64)
			o->number += COUNTER_STEP;
	}
}

static void
collector_add(const struct collector_ops *ops, const struct snmp_column *columns, const struct profile_table *t)
{
	scene.collector[scene.n++] = (struct collector){ .ops = ops, .columns = columns, .arg = t,
		.state = xcalloc(1, ops->state_size), .sink = &scene.sink, .siblings = &scene.siblings,
		.no_walk = t != NULL && t->table->of_ports };
}

/* All that the engine does with a device, three polls long; then scene.got has the values of the last. */
static void
device_run(const struct profile_tables *tables, const char *profile)
{
	const struct profile_table *table[TABLES_ROOM];
	const char		   *chosen;
	size_t			    n = profile_tables_of(tables, profile, NULL, 0, &chosen, table, TABLES_ROOM);

	collector_add(&collector_if_mib, collector_if_mib.columns, NULL);
	for (size_t i = 0; i < n; i++)
		collector_add(&collector_profile_table, table[i]->column, table[i]);
	for (size_t i = 0; i < scene.n; i++) {
		struct collector *c = &scene.collector[i];

		if (c->no_walk)
			c->matched = c->ops->match(c, NULL, 0);
		else
			discover(c);
	}
	poll_all(0);
	sensor_numbers_sort(&scene.siblings.sensors);
	for (size_t i = 1; i < scene.n; i++)
		scene.collector[i].ops->sensors(&scene.collector[i]);
	poll_all(STEP_S);
	count_on();
	poll_all(2 * STEP_S);
}

static void
scene_fini(void)
{
	for (size_t i = 0; i < scene.n; i++) {
		scene.collector[i].ops->fini(&scene.collector[i]);
		free(scene.collector[i].state);
	}
	sensor_numbers_free(&scene.siblings.sensors);
	scene = (struct scene){ 0 };
}

/* ---- what must come out ---- */

static size_t
expect_read(const char *profile, struct line *out)
{
	char   path[1200], name[64], text[300], value[40];
	size_t n = 0;
	FILE  *f;

	snprintf(name, sizeof(name), "tests/data/walks/%s.expect", profile);
	if ((f = fopen(shipped_path(path, sizeof(path), name), "r")) == NULL)
		return 0;
	while (n < LINES_MAX && fgets(text, sizeof(text), f) != NULL)
		if (text[0] != '#' && sscanf(text, "%255s %39s", out[n].key, value) == 2) {
			out[n].value = strcmp(value, "unknown") == 0 ? NAN : strtod(value, NULL);
			n++;
		}
	fclose(f);
	return n;
}

static void
hosts_add(void)
{
	static const struct { const char *key; unsigned i; } hosts[] = {
		{ "host.cpu_ratio", HOST_CPU_RATIO }, { "host.mem_used_ratio", HOST_MEM_USED_RATIO },
		{ "host.load1", HOST_LOAD1 }, { "host.temp_c", HOST_TEMP_C },
	};
	const struct siblings *s = &scene.siblings;

	for (size_t i = 0; i < nitems(hosts); i++)
		if (s->host_n[hosts[i].i] > 0) {
			text_copy(scene.got[scene.ngot].key, sizeof(scene.got[0].key), hosts[i].key);
			scene.got[scene.ngot++].value = s->host_sum[hosts[i].i] / s->host_n[hosts[i].i];
		}
}

static const struct line *
line_of(const struct line *l, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(l[i].key, key) == 0)
			return &l[i];
	return NULL;
}

static bool
is_same(double a, double b)
{
	return isnan(a) || isnan(b) ? isnan(a) && isnan(b) : fabs(a - b) <= 1e-9 * (1 + fabs(b));
}

static unsigned
lines_compare(const struct line *want, size_t n)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < n; i++) {
		const struct line *got = line_of(scene.got, scene.ngot, want[i].key);

		if (got != NULL && is_same(got->value, want[i].value))
			continue;
		wrong++;
		printf("# %s: got %.17g, want %.17g\n", want[i].key, got != NULL ? got->value : HUGE_VAL, want[i].value);
	}
	for (size_t i = 0; i < scene.ngot; i++)
		if (line_of(want, n, scene.got[i].key) == NULL) {
			wrong++;
			printf("# %s: got %.17g, which is not expected\n", scene.got[i].key, scene.got[i].value);
		}
	return wrong;
}

static void
test_profile(const struct profile_tables *tables, const char *profile)
{
	static struct line want[LINES_MAX];
	char		   walk[64];
	size_t		   n = expect_read(profile, want);

	snprintf(walk, sizeof(walk), "%s.txt", profile);
	scene.sink = (struct sink){ .sample = on_sample, .port_found = on_port, .sensor_found = on_sensor };
	agent_load(&scene.agent, walk);
	device_run(tables, profile);
	hosts_add();
	ok(n > 0 && lines_compare(want, n) == 0, "%s: %zu values as expected", profile, n);
	ok(!scene.forbidden, "%s: nothing that runs scripts was read", profile);
	scene_fini();
}

int
main(void)
{
	struct profile_tables *tables = profile_tables_new(shipped_profiles());

	for (size_t i = 0; i < tables->set->n; i++)
		test_profile(tables, tables->set->v[i]->head.name);
	profile_tables_unref(tables);
	return tap_done();
}
