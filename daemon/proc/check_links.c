/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_links.c: by which probe each line is measured, and whether that probe can do it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "live/settings.h"
#include "proc/checker.h"

static void link_say(struct checker *c, const char *id, const char *column, const char *fmt, ...) PRINTF_LIKE(4, 5);

static void
link_say(struct checker *c, const char *id, const char *column, const char *fmt, ...)
{
	char	 text[400];
	unsigned k = 1;
	va_list	 ap;

	if (c->result->errors >= ERRORS_MAX) {	/* its line is looked for in all rows */
		c->result->errors++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	while (strcmp(inventory_column(INPUT_LINKS, k - 1), column) != 0)
		k++;
	check_say(c, INPUT_LINKS, inventory_line_of(c->result->inv, INPUT_LINKS, id),
	    inventory_field_of(c->result->inv, INPUT_LINKS, k), "%s", text);
}

static void
words_of(char *out, size_t size, const char *const *word)
{
	size_t len = 0;

	out[0] = '\0';
	for (; *word != NULL && len < size; word++)
		len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? ", " : "", *word);
}

static void
unknown_say(struct checker *c, const struct link *l)
{
	const char *near = text_nearest(l->probe.name, probe_line_names);
	char	    all[200];

	words_of(all, sizeof(all), probe_line_names);
	if (near != NULL)
		link_say(c, l->id, "probe", "probe \"%s\" is no probe of lines; did you mean \"%s\"?", l->probe.name, near);
	else
		link_say(c, l->id, "probe", "probe \"%s\" is no probe of lines; use one of: %s", l->probe.name, all);
}

static void
link_check(struct checker *c, const struct link *l)
{
	const struct probe_ops *ops = probe_find(l->probe.name);

	if (l->probe.name[0] == '\0')
		return;
	if (ops == NULL || !ops->line) {
		unknown_say(c, l);
		return;
	}
	if (l->probe.port != 0 && !probe_has_option(ops, "port"))
		link_say(c, l->id, "probe", "probe \"%s:%u\" has a port, but %s knows none; write \"%s\"", ops->name,
		    l->probe.port, ops->name, ops->name);
	if (!link_is_probed(l) && l->life != LIFE_PLANNED && l->life != LIFE_RETIRED)
		link_say(c, l->id, "address", "address is empty, but there is a probe, %s, which needs it; give the "
		    "address of the far end", ops->name);
	if (ops->calls && l->credential[0] == '\0')
		link_say(c, l->id, "credential", "credential is empty, but whoever calls (probe %s) proves by its key who it is; "
		    "give the name of a file below secrets/probes", ops->name);
}

void
check_links(struct checker *c)
{
	const struct inventory *inv = c->result->inv;
	size_t			i;

	for (i = 0; i < inv->nlinks; i++)
		link_check(c, inv->link[i]);
}
