/* SPDX-License-Identifier: GPL-3.0-or-later */
/* load.c: reads the inventory's files; all understanding is in daemon/model. */
#include "tests/fleet/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "model/csv.h"
#include "tests/fleet/recorded.h"

#define WALK_BYTES_MAX (1u << 20)

static const struct table_file {
	enum input_kind what;
	const char     *name;
	bool		optional;
} table_files[] = {
	{ INPUT_SITES, "sites.csv", false },
	{ INPUT_LINKS, "links.csv", false },
	{ INPUT_DEVICES, "devices.csv", true },
	{ INPUT_SERVICES, "services.csv", true },
	{ INPUT_SEGMENTS, "segments.csv", true },
};

char *
fleet_file_read(const char *path, size_t max, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;

	*len = 0;
	if (f == NULL) {
		log_warn("%s", path);
		return NULL;
	}
	for (;;) {
		text = xrealloc(text, *len + 65536 + 1, 1);
		size_t n = fread(text + *len, 1, 65536, f);

		*len += n;
		if (n == 0 || *len > max)
			break;
	}
	text[*len] = '\0';
	if (ferror(f) || *len > max) {
		log_warnx("%s: cannot be read, or is larger than %zu bytes", path, max);
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

static void
row_error(void *arg, unsigned line, unsigned column, const char *text)
{
	log_warnx("%s:%u:%u: %s", (const char *)arg, line, column, text);
}

static void
reference_error(void *arg, enum input_kind what, const char *id, unsigned column, const char *text)
{
	(void)arg;
	(void)what;
	log_warnx("%s, column %u: %s", id, column, text);
}

static int
table_load(struct inventory *inv, const char *dir, const struct table_file *t)
{
	char   path[4096], *text;
	size_t len;
	int    rc;

	snprintf(path, sizeof(path), "%s/%s", dir, t->name);
	if (t->optional && access(path, F_OK) == -1 && errno == ENOENT)
		return 0;
	if ((text = fleet_file_read(path, CSV_BYTES_MAX, &len)) == NULL)
		return -1;
	rc = inventory_read(inv, t->what, text, len, row_error, path);
	free(text);
	return rc;
}

struct inventory *
fleet_inventory_load(const char *dir)
{
	struct inventory *inv = inventory_new();
	size_t		  i;
	bool		  bad = false;

	for (i = 0; i < nitems(table_files); i++)
		bad |= table_load(inv, dir, &table_files[i]) == -1;
	if (!bad && inventory_link(inv, reference_error, NULL) == 0)
		return inv;
	inventory_free(inv);
	return NULL;
}

static int
walk_load(struct recordings *rs, const char *dir, const char *profile)
{
	char		 path[4096], *text;
	size_t		 len;
	unsigned	 line;
	struct recorded *r;

	snprintf(path, sizeof(path), "%s/%s.txt", dir, profile);
	if (*profile == '\0' || recordings_of(rs, profile) != NULL || (access(path, F_OK) == -1 && errno == ENOENT))
		return 0;
	if ((text = fleet_file_read(path, WALK_BYTES_MAX, &len)) == NULL)
		return -1;
	if ((r = recorded_parse(text, &line)) == NULL)
		log_warnx("%s:%u: not a line of a recorded walk, or its OID does not rise", path, line);
	else
		recordings_add(rs, profile, r);
	free(text);
	return r != NULL ? 0 : -1;
}

struct recordings *
fleet_recordings_load(const char *dir, const struct inventory *inv)
{
	struct recordings *rs = recordings_new();

	for (size_t i = 0; i < inv->ndevices; i++)
		if (walk_load(rs, dir, inv->device[i]->profile) == -1) {
			recordings_free(rs);
			return NULL;
		}
	return rs;
}
