/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snmp_profile.c: one profile file, from settings to what it means (snmp_profile.h). */
#include "model/snmp_profile.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct reader {
	const struct conf *conf;
	const char	  *name;
	struct snmp_profile	  *profile;
	bool		   failed;
	snmp_profile_error_fn   error;
	void		  *arg;
};

static void say(struct reader *r, const char *path, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void
say(struct reader *r, const char *path, const char *fmt, ...)
{
	char	text[500];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->failed = true;
	r->error(r->arg, r->name, path, text);
}

/* ---- words ---- */

static bool
is_made_of(const char *s, const char *bytes, size_t max)
{
	size_t len = strlen(s);

	return len >= 1 && len <= max && strspn(s, bytes) == len;
}

bool
snmp_profile_name_is_good(const char *name)
{
	return is_made_of(name, "abcdefghijklmnopqrstuvwxyz0123456789-", PROFILE_NAME_MAX - 1);
}

static bool
is_table_name(const char *name)
{
	return is_made_of(name, "abcdefghijklmnopqrstuvwxyz0123456789-_", PROFILE_NAME_MAX - 1);
}

static bool
is_value_name(const char *name)
{
	return is_made_of(name, "abcdefghijklmnopqrstuvwxyz0123456789_", 19) && *name >= 'a';
}

const char *
snmp_profile_unit(const char *value_name)
{
	static const struct { const char *ending, *unit; } units[] = {
		{ "_dbm", "dBm" }, { "_c", "C" }, { "_v", "V" }, { "_a", "A" }, { "_w", "W" }, { "_ratio", "ratio" },
		{ "_s", "s" }, { "_hz", "Hz" }, { "_rpm", "rpm" }, { "_ps", "1/s" }, { "_bps", "bit/s" }
	};
	const char *ending = strrchr(value_name, '_');

	for (size_t i = 0; ending != NULL && i < nitems(units); i++)
		if (strcmp(units[i].ending, ending) == 0)
			return units[i].unit;
	return "";
}

static uint8_t
word_index(const char *const *words, const char *word)
{
	uint8_t i = 0;

	while (words[i] != NULL && strcmp(words[i], word) != 0)
		i++;
	return i;
}

/* ---- OIDs ---- */

int
snmp_profile_oid_read(const char *text, size_t len, struct msg_oid *oid)
{
	const char *p = text, *end = text + len;
	char	    arc[12];
	size_t	    n;
	int64_t	    v;

	for (oid->n = 0;; p += n + 1) {
		for (n = 0; p + n < end && p[n] != '.'; n++)
			;
		if (n == 0 || n >= sizeof(arc) || oid->n == OID_ARCS_MAX)
			return -1;
		memcpy(arc, p, n);
		arc[n] = '\0';
		if (text_to_i64(arc, 0, UINT32_MAX, &v) == -1)
			return -1;
		oid->arc[oid->n++] = (uint32_t)v;
		if (p + n == end)
			break;
	}
	return oid->n >= 2 && oid->arc[0] <= 2 && (oid->arc[0] == 2 || oid->arc[1] < 40) ? 0 : -1;
}

/* ---- lists in a text ---- */

/* The next word of "a|b"; *at moves behind it. @return its length, or -1 at the end */
static int
list_next(const char **at, const char **word)
{
	size_t n;

	if (*at == NULL || **at == '\0')
		return -1;
	*word = *at;
	n = strcspn(*at, "|");
	*at = (*at)[n] == '|' ? *at + n + 1 : NULL;
	return (int)n;
}

static void
read_raws(struct reader *r, const char *path, struct msg_raws *raws)
{
	const char *at = conf_text(r->conf, path), *word;
	char	    number[40];
	int	    n;

	while ((n = list_next(&at, &word)) != -1) {
		if (raws->n == PROFILE_LIST_MAX) {
			say(r, path, "more than %d numbers", PROFILE_LIST_MAX);
			return;
		}
		snprintf(number, sizeof(number), "%.*s", n, word);
		if (n >= (int)sizeof(number) || text_to_double(number, &raws->v[raws->n]) == -1) {
			say(r, path, "\"%s\" is not a number; write numbers with \"|\" between them, \"1|2\"", number);
			return;
		}
		raws->n++;
	}
}

static void
read_columns(struct reader *r, const char *path, uint8_t *n, uint32_t column[PROFILE_PER_MAX])
{
	const char *at = conf_text(r->conf, path), *word;
	char	    number[16];
	int64_t	    v;
	int	    len;

	while ((len = list_next(&at, &word)) != -1) {
		snprintf(number, sizeof(number), "%.*s", len, word);
		if (*n == PROFILE_PER_MAX) {
			say(r, path, "more than %d columns", PROFILE_PER_MAX);
			return;
		}
		if (len >= (int)sizeof(number) || text_to_i64(number, 1, UINT32_MAX, &v) == -1) {
			say(r, path, "\"%s\" is not a column; write numbers with \"|\" between them, \"5|6\"", number);
			return;
		}
		column[(*n)++] = (uint32_t)v;
	}
}

/* ---- the profile ---- */

static void
read_matches(struct reader *r)
{
	struct msg_profile *head = &r->profile->head;
	const char	   *at = conf_text(r->conf, "profile.match"), *word;
	int		    n;

	while ((n = list_next(&at, &word)) != -1) {
		if (head->nmatches == PROFILE_LIST_MAX) {
			say(r, "profile.match", "more than %d OIDs", PROFILE_LIST_MAX);
			return;
		}
		if (snmp_profile_oid_read(word, (size_t)n, &head->match[head->nmatches]) == -1) {
			say(r, "profile.match",
			    "\"%.*s\" is not an OID; expected 2 to 128 numbers below 2^32, such as 1.3.6.1.4.1.14988.1", n,
			    word);
			return;
		}
		head->nmatches++;
	}
}

static void
read_includes(struct reader *r)
{
	struct msg_profile *head = &r->profile->head;
	const char	   *at = conf_text(r->conf, "profile.include"), *word;
	int		    n;

	while ((n = list_next(&at, &word)) != -1) {
		char *name = head->include[head->nincludes];

		if (head->nincludes == PROFILE_LIST_MAX) {
			say(r, "profile.include", "more than %d profiles", PROFILE_LIST_MAX);
			return;
		}
		snprintf(name, PROFILE_NAME_MAX, "%.*s", n, word);
		if (n >= PROFILE_NAME_MAX || !snmp_profile_name_is_good(name)) {
			say(r, "profile.include", "\"%.*s\" is not the name of a profile; use 1 to 31 of a-z, 0-9 and \"-\"",
			    n, word);
			return;
		}
		head->nincludes++;
	}
}

/* Path of a setting of entry i: in the reader's own room, until the next call. */
struct path {
	char text[64];
};

static const char *
path_of(struct path *p, const char *list, size_t i, const char *key)
{
	snprintf(p->text, sizeof(p->text), "%s[%zu].%s", list, i, key);
	return p->text;
}

static uint32_t
column_of(struct reader *r, const char *path)
{
	return (uint32_t)conf_int(r->conf, path);
}

static const char forbidden[] =
    "reads below 1.3.6.1.4.1.14988.1.1.18, where RouterOS runs a script for each object that is read; leave it out";

static void
column_check(struct reader *r, const char *path, const struct msg_profile_table *t, uint32_t column)
{
	if (column != 0 && snmp_profile_is_forbidden(&t->entry, column))
		say(r, path, "column %u of %s %s", column, t->name, forbidden);
}

/*
 * A walk asks for what comes next and so reads beyond the end of its table: of RouterOS's tables before the one that
 * runs scripts, into that.
 */
static bool
runs_into_scripts(const struct msg_oid *entry)
{
	static const uint32_t mikrotik[] = { 1, 3, 6, 1, 4, 1, 14988, 1, 1 };
	const size_t	      n = nitems(mikrotik);

	return entry->n > n && memcmp(entry->arc, mikrotik, sizeof(mikrotik)) == 0 && entry->arc[n] >= 14 &&
	    entry->arc[n] < 18;
}

static void
table_check(struct reader *r, const struct msg_profile_table *t, size_t i)
{
	struct path p;

	if (!t->of_ports && runs_into_scripts(&t->entry))
		say(r, path_of(&p, "tables", i, "entry"),
		    "a walk of this table would go on below 1.3.6.1.4.1.14988.1.1.18, where RouterOS runs a script for each object "
		    "that is read; give rows = \"ports\" if its rows are ports, or leave it out");
	if (t->of_ports && (t->scalar || t->label != 0 || t->index_text || t->port != PROFILE_PORT_INDEX))
		say(r, path_of(&p, "tables", i, "rows"), "\"ports\" goes with port = \"index\", and without a label");

	if (!is_table_name(t->name))
		say(r, path_of(&p, "tables", i, "name"), "\"%s\" is not a name; use 1 to 31 of a-z, 0-9, \"-\" and \"_\"",
		    t->name);
	for (size_t k = 0; k < i; k++)
		if (strcmp(r->profile->table[k].name, t->name) == 0) {
			say(r, path_of(&p, "tables", i, "name"), "\"%s\" is there twice; give each its own name", t->name);
			break;
		}
	if (t->every_s != 0 && t->every_s < 10)
		say(r, path_of(&p, "tables", i, "every_s"), "%u s is too often; expected 0 or 10 to 3600 s", t->every_s);
	if (t->scalar && (t->label != 0 || t->port != PROFILE_PORT_NONE))
		say(r, path_of(&p, "tables", i, "scalar"), "scalars have no label and no port; leave them out");
	if (t->port == PROFILE_PORT_LABEL && t->label == 0)
		say(r, path_of(&p, "tables", i, "port"), "\"label\" needs a column as label; give label = ...");
	if ((t->port == PROFILE_PORT_COLUMN) != (t->port_column != 0))
		say(r, path_of(&p, "tables", i, "port_column"), "goes with port = \"column\", and only with that");
	column_check(r, path_of(&p, "tables", i, "label"), t, t->label);
	column_check(r, path_of(&p, "tables", i, "port_column"), t, t->port_column);
}

static void
read_table(struct reader *r, size_t i)
{
	struct msg_profile_table *t = &r->profile->table[i];
	const char		 *entry;
	struct path		  p;

	text_copy(t->name, sizeof(t->name), conf_text(r->conf, path_of(&p, "tables", i, "name")));
	text_copy(t->help, sizeof(t->help), conf_text(r->conf, path_of(&p, "tables", i, "help")));
	t->scalar = conf_bool(r->conf, path_of(&p, "tables", i, "scalar"));
	t->index_text = conf_bool(r->conf, path_of(&p, "tables", i, "index_text"));
	t->label = column_of(r, path_of(&p, "tables", i, "label"));
	t->port = word_index(snmp_profile_port_words, conf_text(r->conf, path_of(&p, "tables", i, "port")));
	t->port_column = column_of(r, path_of(&p, "tables", i, "port_column"));
	t->every_s = column_of(r, path_of(&p, "tables", i, "every_s"));
	t->of_ports = conf_text(r->conf, path_of(&p, "tables", i, "rows"))[0] != '\0';
	t->rows_max = column_of(r, path_of(&p, "tables", i, "rows_max"));
	entry = conf_text(r->conf, path_of(&p, "tables", i, "entry"));
	if (snmp_profile_oid_read(entry, strlen(entry), &t->entry) == -1)
		say(r, p.text, "\"%.80s\" is not an OID; expected 2 to 128 numbers below 2^32, such as 1.3.6.1.2.1.2.2.1",
		    entry);
	else if (t->entry.n > PROFILE_ENTRY_ARCS)
		say(r, p.text, "an OID of %u numbers is longer than that of any table; at most %d", t->entry.n,
		    PROFILE_ENTRY_ARCS);
	table_check(r, t, i);
}

static bool
table_find(struct reader *r, const char *name, uint16_t *table)
{
	for (size_t i = 0; i < r->profile->ntables; i++)
		if (strcmp(r->profile->table[i].name, name) == 0) {
			*table = (uint16_t)i;
			return true;
		}
	return false;
}

static void
value_table(struct reader *r, struct msg_profile_value *v, size_t i)
{
	const char *names[PROFILE_TABLES_MAX + 1] = { NULL }, *near, *name;
	struct path p;

	name = conf_text(r->conf, path_of(&p, "values", i, "table"));
	if (table_find(r, name, &v->table)) {
		const struct msg_profile_table *t = &r->profile->table[v->table];

		column_check(r, path_of(&p, "values", i, "column"), t, v->column);
		column_check(r, path_of(&p, "values", i, "where_column"), t, v->where_column);
		for (uint8_t k = 0; k < v->nper; k++)
			column_check(r, path_of(&p, "values", i, "per"), t, v->per[k]);
		return;
	}
	for (size_t k = 0; k < r->profile->ntables; k++)
		names[k] = r->profile->table[k].name;
	if ((near = text_nearest(name, names)) != NULL)
		say(r, p.text, "there is no table \"%s\"; did you mean \"%s\"?", name, near);
	else
		say(r, p.text, "there is no table \"%s\"; add it to the list tables", name);
}

static void
value_check(struct reader *r, const struct msg_profile_value *v, size_t i)
{
	struct path p;

	if (!is_value_name(v->name))
		say(r, path_of(&p, "values", i, "name"),
		    "\"%s\" is not a name; use 1 to 19 of a-z, 0-9 and \"_\", a letter first", v->name);
	for (size_t k = 0; k < i; k++)
		if (r->profile->value[k].table == v->table && strcmp(r->profile->value[k].name, v->name) == 0) {
			say(r, path_of(&p, "values", i, "name"), "\"%s\" is in this table twice; give each its own name",
			    v->name);
			break;
		}
	if (v->type == PROFILE_STATE && v->ok.n + v->warn.n + v->bad.n == 0)
		say(r, path_of(&p, "values", i, "type"), "a state needs raw numbers; give ok, warn or bad");
	if (v->type != PROFILE_STATE && v->ok.n + v->warn.n + v->bad.n > 0)
		say(r, path_of(&p, "values", i, "type"), "ok, warn and bad are of states; give type = \"state\"");
	if (v->host != PROFILE_HOST_NONE && v->table < r->profile->ntables && r->profile->table[v->table].every_s != 0)
		say(r, path_of(&p, "values", i, "host"), "the host's values are read in each poll; leave every_s of the table out");
	if (v->type != PROFILE_GAUGE && v->host != PROFILE_HOST_NONE)
		say(r, path_of(&p, "values", i, "host"), "only a gauge can be a value of the host");
	if ((v->where_column != 0) != (v->where.n > 0))
		say(r, path_of(&p, "values", i, "where"), "goes with where_column, and where_column with it");
	if (v->nper > 0 && v->type != PROFILE_GAUGE)
		say(r, path_of(&p, "values", i, "per"), "only a gauge can be divided by others");
	if (v->min > v->max)
		say(r, path_of(&p, "values", i, "min"), "is above max: no value would be plausible");
}

static void
read_limits(struct reader *r, struct msg_limits *l, size_t i)
{
	struct path p;

	l->low_warn = conf_number(r->conf, path_of(&p, "values", i, "low_warn"));
	l->low_crit = conf_number(r->conf, path_of(&p, "values", i, "low_crit"));
	l->high_warn = conf_number(r->conf, path_of(&p, "values", i, "high_warn"));
	l->high_crit = conf_number(r->conf, path_of(&p, "values", i, "high_crit"));
	if (l->low_crit > l->high_crit || l->low_warn > l->high_warn)
		say(r, path_of(&p, "values", i, "low_warn"), "the low limits lie above the high ones: nothing would be well");
}

static void
read_value(struct reader *r, size_t i)
{
	struct msg_profile_value *v = &r->profile->value[i];
	struct path		  p;

	text_copy(v->name, sizeof(v->name), conf_text(r->conf, path_of(&p, "values", i, "name")));
	text_copy(v->help, sizeof(v->help), conf_text(r->conf, path_of(&p, "values", i, "help")));
	v->column = column_of(r, path_of(&p, "values", i, "column"));
	v->type = word_index(snmp_profile_type_words, conf_text(r->conf, path_of(&p, "values", i, "type")));
	v->host = word_index(snmp_profile_host_words, conf_text(r->conf, path_of(&p, "values", i, "host")));
	v->factor = conf_number(r->conf, path_of(&p, "values", i, "factor"));
	v->offset = conf_number(r->conf, path_of(&p, "values", i, "offset"));
	v->wrap = conf_number(r->conf, path_of(&p, "values", i, "wrap"));
	v->min = conf_number(r->conf, path_of(&p, "values", i, "min"));
	v->max = conf_number(r->conf, path_of(&p, "values", i, "max"));
	read_raws(r, path_of(&p, "values", i, "none"), &v->none);
	read_raws(r, path_of(&p, "values", i, "ok"), &v->ok);
	read_raws(r, path_of(&p, "values", i, "warn"), &v->warn);
	read_raws(r, path_of(&p, "values", i, "bad"), &v->bad);
	v->skip_none = conf_bool(r->conf, path_of(&p, "values", i, "skip_none"));
	v->octets = conf_bool(r->conf, path_of(&p, "values", i, "octets"));
	v->where_column = column_of(r, path_of(&p, "values", i, "where_column"));
	read_raws(r, path_of(&p, "values", i, "where"), &v->where);
	read_columns(r, path_of(&p, "values", i, "per"), &v->nper, v->per);
	read_limits(r, &v->limits, i);
	value_table(r, v, i);
	value_check(r, v, i);
}

struct columns {
	uint32_t v[PROFILE_COLUMNS_MAX + 1];
	size_t	 n;
};

static void
columns_add(struct columns *c, uint32_t column)
{
	size_t i;

	for (i = 0; i < c->n && c->v[i] != column; i++)
		;
	if (i == c->n && column != 0 && c->n <= PROFILE_COLUMNS_MAX)
		c->v[c->n++] = column;
}

/* Columns are asked in one PDU per row; where ports are told by their index, so is ifName. */
static void
columns_count(struct reader *r, size_t i)
{
	const struct msg_profile_table *t = &r->profile->table[i];
	struct columns			c = { 0 };
	struct path			p;

	columns_add(&c, t->label);
	columns_add(&c, t->port_column);
	for (size_t k = 0; k < r->profile->nvalues; k++) {
		const struct msg_profile_value *v = &r->profile->value[k];

		if (v->table != i)
			continue;
		columns_add(&c, v->column);
		columns_add(&c, v->where_column);
		for (uint8_t m = 0; m < v->nper; m++)
			columns_add(&c, v->per[m]);
	}
	if (c.n + (t->port == PROFILE_PORT_INDEX) > PROFILE_COLUMNS_MAX)
		say(r, path_of(&p, "tables", i, "name"), "more than %d columns; write a second table of the same entry",
		    PROFILE_COLUMNS_MAX - 1);
}

struct snmp_profile *
snmp_profile_of(const struct conf *conf, const char *name, snmp_profile_error_fn error, void *arg)
{
	struct snmp_profile *p = xcalloc(1, sizeof(*p));
	struct reader	r = { conf, name, p, false, error, arg };

	p->ntables = conf_count(conf, "tables");
	p->nvalues = conf_count(conf, "values");
	p->table = xcalloc(p->ntables + 1, sizeof(*p->table));
	p->value = xcalloc(p->nvalues + 1, sizeof(*p->value));
	text_copy(p->head.name, sizeof(p->head.name), name);
	text_copy(p->head.help, sizeof(p->head.help), conf_text(conf, "profile.help"));
	read_matches(&r);
	read_includes(&r);
	for (size_t i = 0; i < p->ntables; i++)
		read_table(&r, i);
	for (size_t i = 0; i < p->nvalues; i++)
		read_value(&r, i);
	for (size_t i = 0; !r.failed && i < p->ntables; i++)
		columns_count(&r, i);
	if (!r.failed)
		return p;
	snmp_profile_free(p);
	return NULL;
}
