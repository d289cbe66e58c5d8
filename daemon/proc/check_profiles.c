/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_profiles.c: the files of the folder profiles: each by itself, all together, and the names that devices.csv gives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/snmp_profile.h"
#include "proc/checker.h"

#define VALUES_SUM_MAX 8192	/* of all profiles together: what core and every measure instance hold in memory */

static const char suffix[] = ".conf";

/* "/etc/simpul/profiles/ups.conf" is called "ups". 0, or -1 when it cannot be */
static int
name_of(const char *file, char out[PROFILE_NAME_MAX])
{
	const char *slash = strrchr(file, '/'), *base = slash != NULL ? slash + 1 : file;
	size_t	    len = strlen(base);

	if (len <= sizeof(suffix) - 1 || strcmp(base + len - (sizeof(suffix) - 1), suffix) != 0)
		return -1;
	len -= sizeof(suffix) - 1;
	if (len >= PROFILE_NAME_MAX)
		return -1;
	memcpy(out, base, len);
	out[len] = '\0';
	return snmp_profile_name_is_good(out) ? 0 : -1;
}

static void
on_profile_error(void *arg, const char *profile, const char *path, const char *text)
{
	struct checker		   *c = arg;
	const struct check_profile *p = c->result->profile;
	unsigned		    line, column;
	char			    of_entry[80];

	for (; strcmp(p->name, profile) != 0; p++)
		;
	c->file = p->file;
	conf_place(p->conf, path, &line, &column);
	if (line == 0 && strchr(path, '[') != NULL) {	/* not given: then the entry's name shows where */
		snprintf(of_entry, sizeof(of_entry), "%.*s.name", (int)strcspn(path, "."), path);
		conf_place(p->conf, of_entry, &line, &column);
	}
	check_say(c, INPUT_PROFILE, line, column, "%s: %s", path, text);
}

/* @return its number of values */
static size_t
profile_read(struct checker *c, struct snmp_profiles *set, const struct check_input *in)
{
	struct check_result  *r = c->result;
	struct check_profile *p = &r->profile[r->nprofiles];
	struct snmp_profile	     *known;

	if (name_of(in->name, p->name) == -1) {
		check_say(c, INPUT_PROFILE, 0, 0,
		    "the name of a profile file is 1 to 31 of a-z, 0-9 and \"-\", and \".conf\"; rename it");
		return 0;
	}
	p->file = c->file;
	p->conf = conf_parse_as(snmp_profile_schema, in->text, in->len, check_on_error, c);
	if (p->conf == NULL)
		return 0;
	r->nprofiles++;
	known = snmp_profile_of(p->conf, p->name, on_profile_error, c);
	if (known != NULL && snmp_profiles_add(set, known) == -1)
		check_say(c, INPUT_PROFILE, 0, 0, "there is another profile of this name; remove one");
	return conf_count(p->conf, "values");
}

static void
device_check(struct checker *c, const struct snmp_profiles *set, const struct device *d)
{
	unsigned    column = 1;
	const char *near;

	if (*d->profile == '\0' || snmp_profile_find(set, d->profile) != NULL)
		return;
	if (c->result->errors >= ERRORS_MAX) {	/* its line is looked for in all rows */
		c->result->errors++;
		return;
	}
	while (strcmp(inventory_column(INPUT_DEVICES, column - 1), "profile") != 0)
		column++;
	near = snmp_profile_nearest(set, d->profile);
	check_say(c, INPUT_DEVICES, inventory_line_of(c->result->inv, INPUT_DEVICES, d->id),
	    inventory_field_of(c->result->inv, INPUT_DEVICES, column),
	    near != NULL ? "there is no profile \"%s\"; did you mean \"%s\"?" :
	    "there is no profile \"%s\"; write profiles/%s.conf, or leave it empty to have one chosen by sysObjectID",
	    d->profile, near != NULL ? near : d->profile);
}

void
check_profiles(struct checker *c)
{
	struct snmp_profiles *set = snmp_profiles_new();
	size_t		    sum = 0, i;

	c->what = INPUT_PROFILE;
	c->result->profile = xcalloc(c->nprofiles + 1, sizeof(*c->result->profile));
	for (i = 0; i < c->nprofiles && sum <= VALUES_SUM_MAX; i++) {
		c->file = i;
		sum += profile_read(c, set, &c->profile[i]);
	}
	if (sum > VALUES_SUM_MAX)
		check_say(c, INPUT_PROFILE, 0, 0,
		    "with it all profiles together have more than %d values; remove what is not needed", VALUES_SUM_MAX);
	/* Of those that are wrong in themselves it would be no use to say that others miss them. */
	if (set->n == c->nprofiles && snmp_profiles_link(set, on_profile_error, c) == 0 && set->n > 0)
		for (i = 0; i < c->result->inv->ndevices; i++)
			device_check(c, set, c->result->inv->device[i]);
	snmp_profiles_unref(set);
}
