/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * commands.c: commands as text, one per line, the same for the control socket, scenario files and stories.
 *
 * The table is the grammar: a row's small words must match, and each capital word names a kind of argument,
 * whose function below checks it and puts it into the call. So a scenario can be checked before it starts,
 * with the same messages.
 */
#include "tests/fleet/commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fleet/recorded.h"

#define WORDS_MAX 12
#define LINE_MAX  256

const struct command fleet_commands[] = {
	{ "cut link LINK", fault_cut_link, CHANGES, 0 },
	{ "restore link LINK", fault_restore_link, CHANGES, 0 },
	{ "cut site SITE", fault_cut_site, CHANGES, 0 },
	{ "restore site SITE", fault_restore_site, CHANGES, 0 },
	{ "power site SITE ON_OFF", fault_power_site, CHANGES, 0 },
	{ "loss link LINK RATIO", fault_loss_link, CHANGES, 0 },
	{ "delay link LINK MS [MS]", fault_delay_link, CHANGES, 0 },
	{ "shape link LINK MBPS", fault_shape_link, CHANGES, 0 },
	{ "reroute link LINK ROUTER", fault_reroute_link, CHANGES, 0 },
	{ "balance link LINK ROUTER", fault_balance_link, CHANGES, 0 },
	{ "mtu link LINK BYTES [SILENT]", fault_mtu_link, CHANGES, 0 },
	{ "brownout site SITE RATIO", fault_brownout_site, CHANGES, 0 },
	{ "reboot device DEVICE [SECONDS]", fault_reboot_device, CHANGES, 0 },
	{ "renumber device DEVICE", fault_renumber_device, CHANGES, 0 },
	{ "set device DEVICE OID VALUE", fault_set_device, CHANGES, 0 },
	{ "wrap device DEVICE SECONDS", fault_wrap_device, CHANGES, 0 },
	{ "wrap64 device DEVICE SECONDS", fault_wrap64_device, CHANGES, 0 },
	{ "rename device DEVICE PORT WORD", fault_rename_device, CHANGES, 0 },
	{ "alias device DEVICE PORT WORD", fault_alias_device, CHANGES, 0 },
	{ "recable device DEVICE PORT OTHER", fault_recable_device, CHANGES, 0 },
	{ "away device DEVICE PORT ON_OFF", fault_away_device, CHANGES, 0 },
	{ "recreate device DEVICE PORT WORD [MARK]", fault_recreate_device, CHANGES, 0 },
	{ "replace device DEVICE [WORD]", fault_replace_device, CHANGES, 0 },
	{ "jump device DEVICE PORT BYTES [MARK]", fault_jump_device, CHANGES, 0 },
	{ "silent device DEVICE ON_OFF", fault_device, CHANGES, DEVICE_SILENT },
	{ "wrongid device DEVICE ON_OFF", fault_device, CHANGES, DEVICE_WRONGID },
	{ "truncate device DEVICE ON_OFF", fault_device, CHANGES, DEVICE_TRUNCATE },
	{ "garbage device DEVICE ON_OFF", fault_device, CHANGES, DEVICE_GARBAGE },
	{ "wrongsrc device DEVICE ON_OFF", fault_device, CHANGES, DEVICE_WRONGSRC },
	{ "toobig device DEVICE ON_OFF", fault_device, CHANGES, DEVICE_TOOBIG },
	{ "generr device DEVICE ON_OFF", fault_device, CHANGES, DEVICE_GENERR },
	{ "no64 device DEVICE ON_OFF", fault_device, CHANGES, DEVICE_NO64 },
	{ "private device DEVICE ON_OFF", fault_device, CHANGES, DEVICE_PRIVATE },
	{ "tcp ADDRESS TCP_PORT TCP_STATE", fault_tcp, CHANGES, 0 },
	{ "show", report_show, ASKS, 0 },
	{ "log", report_log, ASKS, 0 },
	{ "stats", report_stats, ASKS, 0 },
	{ "truth link LINK", report_truth_link, ASKS, 0 },
	{ "truth port DEVICE PORT TIME TIME SECONDS", report_truth_port, ASKS, 0 },
	{ "help", report_help, ASKS, 0 },
	{ 0 },
};

void
reply_line(struct buf *reply, const char *fmt, ...)
{
	char	text[512];
	int	n;
	va_list ap;

	if (reply == NULL)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text) - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(text) - 2)
		n = sizeof(text) - 2;
	text[n] = '\n';
	buf_bytes(reply, text, (size_t)n + 1);
}

/* ---- arguments ---- */

static int
refuse(struct command_call *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

static int
refuse(struct command_call *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->err, c->err_size, fmt, ap);
	va_end(ap);
	return -1;
}

static int
arg_link(struct command_call *c, const char *word)
{
	const struct link *link = inventory_link_of(c->m->inv, word);

	if (link == NULL)
		return refuse(c, "there is no link '%s' in the inventory", word);
	c->line = &c->m->line[link->index];
	return 0;
}

static int
arg_site(struct command_call *c, const char *word)
{
	const struct site *site = inventory_site(c->m->inv, word);

	if (site == NULL)
		return refuse(c, "there is no site '%s' in the inventory", word);
	c->site = &c->m->site[site->index];
	return 0;
}

static int
arg_device(struct command_call *c, const char *word)
{
	const struct device *device = inventory_device(c->m->inv, word);

	if (device == NULL)
		return refuse(c, "there is no device '%s' in the inventory", word);
	c->device = &c->m->device[device->index];
	return 0;
}

static struct fleet_port *
port_of(const struct fleet_device *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->nports; i++)
		if (strcmp(d->port[i].name, name) == 0)
			return &d->port[i];
	return NULL;
}

static int
arg_other(struct command_call *c, const char *word)
{
	if ((c->other = port_of(c->device, word)) != NULL && c->other != c->port)
		return 0;
	return refuse(c, "%s has no other port '%s'", c->device->device->id, word);
}

static int
arg_word(struct command_call *c, const char *word)
{
	return text_copy(c->word, sizeof(c->word), word) == 0 ? 0 : refuse(c, "'%s' is too long", word);
}

static int
arg_port(struct command_call *c, const char *word)
{
	if ((c->port = port_of(c->device, word)) != NULL)
		return 0;
	return refuse(c, "%s has no port '%s'", c->device->device->id, word);
}

/* An object of the device's recorded walk. */
static int
arg_oid(struct command_call *c, const char *word)
{
	const struct recorded *r = c->device->recorded;
	struct oid	       oid;

	if (oid_read(word, &oid) == -1)
		return refuse(c, "'%s' is not an OID", word);
	c->place = r != NULL ? recorded_from(r, oid.arc, oid.n, false) : 0;
	if (r == NULL || c->place == r->n || r->object[c->place].n != oid.n ||
	    recorded_from(r, oid.arc, oid.n, true) == c->place)
		return refuse(c, "%s has no recorded object '%s'", c->device->device->id, word);
	return 0;
}

static int
arg_value(struct command_call *c, const char *word)
{
	struct recorded_value v = { 0 };

	if (recorded_value_parse(&c->device->recorded->object[c->place], word, &v) == -1)
		return refuse(c, "'%s' does not fit the type of that object", word);
	free(v.text);
	text_copy(c->value, sizeof(c->value), word);
	return 0;
}

static int
number(struct command_call *c, const char *word, double min, double max, const char *what)
{
	double v;

	if (text_to_double(word, &v) == -1 || v < min || v > max)
		return refuse(c, "'%s' is not %s from %.17g to %.17g", word, what, min, max);
	c->number[c->nnumbers++] = v;
	return 0;
}

static int
arg_ratio(struct command_call *c, const char *word)
{
	return number(c, word, 0, 1, "a ratio");
}

static int
arg_ms(struct command_call *c, const char *word)
{
	return number(c, word, 0, 60000, "a number of milliseconds");
}

static int
arg_mbps(struct command_call *c, const char *word)
{
	return number(c, word, 0, 1e6, "a number of Mbit/s");
}

static int
arg_seconds(struct command_call *c, const char *word)
{
	return number(c, word, 0, 864000, "a number of seconds");
}

static int
arg_bytes(struct command_call *c, const char *word)
{
	return number(c, word, -1e15, 1e15, "a number of bytes");
}

static int
arg_time(struct command_call *c, const char *word)
{
	return number(c, word, 0, 4e9, "seconds since 1970");
}

static int
arg_on_off(struct command_call *c, const char *word)
{
	c->on = strcmp(word, "on") == 0;
	return c->on || strcmp(word, "off") == 0 ? 0 : refuse(c, "'%s' is neither 'on' nor 'off'", word);
}

static int
arg_mark(struct command_call *c, const char *word)
{
	c->mark = strcmp(word, "mark") == 0;
	return c->mark ? 0 : refuse(c, "'%s' is not 'mark'", word);
}

static int
arg_address(struct command_call *c, const char *word)
{
	struct addr a;

	if (addr_parse(&a, word) == -1 || a.family != 4)
		return refuse(c, "'%s' is not an IPv4 address", word);
	c->addr = fleet_addr(&a);
	if (fleet_host_find(c->m, c->addr) == NULL)
		return refuse(c, "nothing in the inventory has the address %s", word);
	return 0;
}

/* Any address: it need be nobody's in the inventory. "off": none. */
static int
arg_router(struct command_call *c, const char *word)
{
	struct addr a;

	c->addr = 0;
	if (strcmp(word, "off") == 0)
		return 0;
	if (addr_parse(&a, word) == -1 || a.family != 4)
		return refuse(c, "'%s' is neither an IPv4 address nor 'off'", word);
	c->addr = fleet_addr(&a);
	return 0;
}

static int
arg_silent(struct command_call *c, const char *word)
{
	c->mark = strcmp(word, "silent") == 0;
	return c->mark ? 0 : refuse(c, "'%s' is not 'silent'", word);
}

static int
arg_tcp_port(struct command_call *c, const char *word)
{
	int64_t v;

	if (text_to_i64(word, 1, 65535, &v) == -1)
		return refuse(c, "'%s' is not a port from 1 to 65535", word);
	c->tcp_port = (uint16_t)v;
	return 0;
}

static int
arg_tcp_state(struct command_call *c, const char *word)
{
	static const char *const states[] = { [TCP_OPEN] = "open", [TCP_CLOSED] = "closed",
		[TCP_FILTERED] = "filtered" };
	size_t i;

	for (i = 0; i < nitems(states); i++) {
		if (strcmp(word, states[i]) != 0)
			continue;
		c->tcp_state = (enum tcp_state)i;
		return 0;
	}
	return refuse(c, "'%s' is none of 'open', 'closed', 'filtered'", word);
}

static const struct arg_kind {
	const char *name;
	int	  (*take)(struct command_call *c, const char *word);
} arg_kinds[] = {
	{ "LINK", arg_link },
	{ "SITE", arg_site },
	{ "DEVICE", arg_device },
	{ "PORT", arg_port },
	{ "OTHER", arg_other },
	{ "WORD", arg_word },
	{ "OID", arg_oid },
	{ "VALUE", arg_value },
	{ "RATIO", arg_ratio },
	{ "MS", arg_ms },
	{ "MBPS", arg_mbps },
	{ "SECONDS", arg_seconds },
	{ "BYTES", arg_bytes },
	{ "TIME", arg_time },
	{ "ON_OFF", arg_on_off },
	{ "MARK", arg_mark },
	{ "ADDRESS", arg_address },
	{ "ROUTER", arg_router },
	{ "SILENT", arg_silent },
	{ "TCP_PORT", arg_tcp_port },
	{ "TCP_STATE", arg_tcp_state },
};

static int
arg_take(struct command_call *c, const char *kind, const char *word)
{
	size_t i;

	for (i = 0; i < nitems(arg_kinds); i++)
		if (strcmp(arg_kinds[i].name, kind) == 0)
			return arg_kinds[i].take(c, word);
	return refuse(c, "the command table has no kind '%s'", kind);
}

/* ---- lines ---- */

/* Cut text into words, in place. @return how many; WORDS_MAX + 1 when there are more */
static size_t
words_split(char *text, const char **word)
{
	char  *save, *w;
	size_t n = 0;

	for (w = strtok_r(text, " \t\r\n", &save); w != NULL; w = strtok_r(NULL, " \t\r\n", &save)) {
		if (n == WORDS_MAX)
			return WORDS_MAX + 1;
		word[n++] = w;
	}
	return n;
}

static bool
is_literal(const char *usage_word)
{
	return usage_word[0] >= 'a' && usage_word[0] <= 'z';
}

/* Do the small words, which come first, agree? */
static bool
command_is(const struct command *command, const char *const *word, size_t n)
{
	char	    usage[LINE_MAX];
	const char *want[WORDS_MAX];
	size_t	    i, nwant;

	text_copy(usage, sizeof(usage), command->usage);
	nwant = words_split(usage, want);
	for (i = 0; i < nwant && is_literal(want[i]); i++)
		if (i >= n || strcmp(want[i], word[i]) != 0)
			return false;
	return true;
}

static int
command_take_args(struct command_call *c, const char *const *word, size_t n)
{
	char	    usage[LINE_MAX], *kind;
	const char *want[WORDS_MAX];
	size_t	    i, nwant;

	text_copy(usage, sizeof(usage), c->command->usage);
	nwant = words_split(usage, want);
	for (i = 0; i < nwant; i++) {
		bool optional = want[i][0] == '[';

		if (is_literal(want[i]))
			continue;
		if (i >= n && optional)
			return 0;
		if (i >= n)
			return refuse(c, "too few words: the command is '%s'", c->command->usage);
		kind = usage + (want[i] - usage) + optional;
		kind[strcspn(kind, "]")] = '\0';
		if (arg_take(c, kind, word[i]) == -1)
			return -1;
	}
	return n > nwant ? refuse(c, "too many words: the command is '%s'", c->command->usage) : 0;
}

/* Understand a line. 0, or -1 with a sentence in c->err. */
static int
command_parse(struct command_call *c, const char *line)
{
	char	    text[LINE_MAX];
	const char *word[WORDS_MAX], *first[nitems(fleet_commands)] = { NULL }, *near;
	char	    verbs[nitems(fleet_commands)][16];
	size_t	    n, i;

	if (text_copy(text, sizeof(text), line) == -1 || (n = words_split(text, word)) > WORDS_MAX)
		return refuse(c, "the line is too long for any command");
	if (n == 0)
		return refuse(c, "the line is empty");
	for (i = 0; fleet_commands[i].usage != NULL; i++) {
		if (command_is(&fleet_commands[i], word, n)) {
			c->command = &fleet_commands[i];
			return command_take_args(c, word, n);
		}
		snprintf(verbs[i], sizeof(verbs[i]), "%.*s", (int)strcspn(fleet_commands[i].usage, " "),
		    fleet_commands[i].usage);
		first[i] = verbs[i];
		if (strcmp(verbs[i], word[0]) == 0)
			c->command = &fleet_commands[i];
	}
	if (c->command != NULL)
		return refuse(c, "not understood: one form of it is '%s'", c->command->usage);
	near = text_nearest(word[0], first);
	return refuse(c, "there is no command '%s'%s%s%s", word[0],
	    near != NULL ? "; the nearest is '" : "; try 'help'", near != NULL ? near : "",
	    near != NULL ? "'" : "");
}

static void
event_add(struct fleet_model *m, int64_t now_ns, const char *line)
{
	struct fleet_event *e;

	m->event = xrealloc(m->event, m->nevents + 1, sizeof(*m->event));
	e = &m->event[m->nevents++];
	e->mono_ns = now_ns;
	e->text = xstrdup(line);
	e->text[strcspn(e->text, "\r\n")] = '\0';
}

int
fleet_command(struct fleet_model *m, int64_t now_ns, const char *line, struct buf *reply)
{
	char		    err[256];
	struct command_call c = { .m = m, .now_ns = now_ns, .reply = reply, .err = err,
		.err_size = sizeof(err) };

	if (command_parse(&c, line) == -1 || c.command->run(&c) == -1) {
		reply_line(reply, "error: %s", err);
		return -1;
	}
	if (c.command->effect == CHANGES) {
		lines_update(m);
		traffic_update(m, now_ns);
		event_add(m, now_ns, line);
	}
	reply_line(reply, "ok");
	return 0;
}

int
fleet_command_check(struct fleet_model *m, const char *line, char *err, size_t err_size)
{
	struct command_call c = { .m = m, .err = err, .err_size = err_size };

	return command_parse(&c, line);
}
