/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shipped.h: the shipped profiles, as the check process reads them; an error in one is a failed test. */
#ifndef SIMPUL_TEST_SHIPPED_H
#define SIMPUL_TEST_SHIPPED_H

#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/snmp_profile.h"
#include "tests/unit/tap.h"

/** A path of the source tree. @return out */
static inline const char *
shipped_path(char *out, size_t size, const char *what)
{
	const char *srcdir = getenv("srcdir");

	snprintf(out, size, "%s/%s", srcdir != NULL ? srcdir : ".", what);
	return out;
}

static inline void
shipped_error(void *arg, const char *profile, const char *path, const char *text)
{
	(void)arg;
	ok(false, "%s: %s: %s", profile, path, text);
}

static inline void
shipped_syntax(void *arg, unsigned line, unsigned column, const char *text)
{
	ok(false, "%s:%u:%u: %s", (const char *)arg, line, column, text);
}

static inline void
shipped_load(struct snmp_profiles *set, const char *dir, const char *file)
{
	static char	     text[CONF_BYTES_MAX];
	char		     path[1400], name[64];
	struct conf	    *conf;
	struct snmp_profile *p;
	FILE		    *f;
	size_t		     n;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(file, "."), file);
	if ((f = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	if ((conf = conf_parse_as(snmp_profile_schema, text, n, shipped_syntax, name)) == NULL)
		return;
	if ((p = snmp_profile_of(conf, name, shipped_error, NULL)) != NULL)
		snmp_profiles_add(set, p);
	conf_free(conf);
}

/** All of etc/profiles, linked; owned by the caller. */
static inline struct snmp_profiles *
shipped_profiles(void)
{
	struct snmp_profiles *set = snmp_profiles_new();
	char		      dir[1024];
	struct dirent	     *e;
	DIR		     *d = opendir(shipped_path(dir, sizeof(dir), "etc/profiles"));

	if (d == NULL)
		err(1, "%s", dir);
	while ((e = readdir(d)) != NULL)
		if (strstr(e->d_name, ".conf") != NULL && e->d_name[0] != '.')
			shipped_load(set, dir, e->d_name);
	closedir(d);
	ok(snmp_profiles_link(set, shipped_error, NULL) == 0, "%zu profiles fit together", set->n);
	return set;
}

#endif
