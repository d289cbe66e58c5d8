/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_profile.c: any bytes as a file of the folder profiles, from text to what it means.
 * What is accepted must be accepted again as the settings that check sends on, mean the same, and read nothing that
 * must not be read.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/snmp_profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets an unfinished text at a syntax error; it runs in a process that ends after one file. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static void
on_error(void *arg, unsigned line, unsigned column, const char *text)
{
	(void)line, (void)column;
	++*(unsigned *)arg;
	if (!text_is_utf8(text, strlen(text)) || strncmp(text, "bug:", 4) == 0)
		abort();
}

static void
on_profile_error(void *arg, const char *profile, const char *path, const char *text)
{
	(void)profile, (void)path;
	on_error(arg, 0, 0, text);
}

static void
set_again(void *arg, const char *path, const char *value)
{
	char err[400];

	if (conf_set(arg, path, value, err, sizeof(err)) == -1)
		abort();
}

static void
values_compare(const struct snmp_profile *a, const struct snmp_profile *b)
{
	struct buf x = { 0 }, y = { 0 };

	if (a->ntables != b->ntables || a->nvalues != b->nvalues)
		abort();
	msg_profile_encode(&x, &a->head);
	msg_profile_encode(&y, &b->head);
	for (size_t i = 0; i < a->ntables; i++) {
		msg_profile_table_encode(&x, &a->table[i]);
		msg_profile_table_encode(&y, &b->table[i]);
	}
	for (size_t i = 0; i < a->nvalues; i++) {
		const struct msg_profile_value *v = &a->value[i];

		if (snmp_profile_is_forbidden(&a->table[v->table].entry, v->column))
			abort();
		msg_profile_value_encode(&x, v);
		msg_profile_value_encode(&y, &b->value[i]);
	}
	if (x.len != y.len || memcmp(x.data, y.data, x.len) != 0)
		abort();
	buf_free(&x);
	buf_free(&y);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned	      errors = 0;
	struct conf	     *again, *c = conf_parse_as(snmp_profile_schema, (const char *)data, size, on_error, &errors);
	struct snmp_profile  *p, *same;
	struct snmp_profiles *set = snmp_profiles_new();

	if ((c == NULL) != (errors > 0))
		abort();
	p = c != NULL ? snmp_profile_of(c, "fuzz", on_profile_error, &errors) : NULL;
	if ((p == NULL) != (errors > 0))
		abort();
	if (p != NULL) {
		again = conf_new_as(snmp_profile_schema);
		conf_each(c, set_again, again);
		same = snmp_profile_of(again, "fuzz", on_profile_error, &errors);
		if (same == NULL || !conf_is_whole(again))
			abort();
		values_compare(p, same);
		snmp_profile_free(same);
		conf_free(again);
		snmp_profiles_add(set, p);
		snmp_profiles_link(set, on_profile_error, &errors);
	}
	snmp_profiles_unref(set);
	conf_free(c);
	return 0;
}
