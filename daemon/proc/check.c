/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check.c: configuration and inventory, checked together. Pure: text in, settings and rows or errors out.
 *
 * Errors are gathered, put in the order of files and lines, and told at the end: those of one line come from
 * different steps (the field itself, its references, what the configuration says), and people mend a file
 * from top to bottom.
 */
#include "proc/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/push.h"
#include "live/service.h"
#include "model/csv.h"
#include "probes/probe.h"
#include "model/apps.h"
#include "proc/checker.h"
#include "collectors/capture/ring.h"
#include "trap/sockets.h"

static const char *const input_names[INPUT_KINDS] = {
	[INPUT_CONF] = "simpuld.conf",
	[INPUT_SITES] = "inventory/sites.csv",
	[INPUT_LINKS] = "inventory/links.csv",
	[INPUT_DEVICES] = "inventory/devices.csv",
	[INPUT_SERVICES] = "inventory/services.csv",
	[INPUT_SEGMENTS] = "inventory/segments.csv",
};

static const char *
input_name(const struct checker *c, enum input_kind what, size_t file)
{
	if (what == INPUT_PROFILE)
		return c->profile[file].name;
	return c->in[what].name[0] != '\0' ? c->in[what].name : input_names[what];
}

void
check_say(struct checker *c, enum input_kind what, unsigned line, unsigned column, const char *fmt, ...)
{
	char	text[1000];
	va_list ap;

	if (c->result->errors++ >= ERRORS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (c->finding == NULL)
		c->finding = xcalloc(ERRORS_MAX, sizeof(*c->finding));
	c->finding[c->nfindings] = (struct finding){ what, what == INPUT_PROFILE ? c->file : 0, line, column,
		c->nfindings, xstrdup(text) };
	c->nfindings++;
}

void
check_on_error(void *arg, unsigned line, unsigned column, const char *text)
{
	struct checker *c = arg;

	check_say(c, c->what, line, column, "%s", text);
}

static void
on_link_error(void *arg, enum input_kind what, const char *id, unsigned column, const char *text)
{
	struct checker		*c = arg;
	const struct inventory *inv = c->result->inv;

	if (c->result->errors >= ERRORS_MAX) {	/* likewise */
		c->result->errors++;
		return;
	}
	check_say(c, what, inventory_line_of(inv, what, id), inventory_field_of(inv, what, column), "%s",
	    text);
}

/* ---- what the configuration says beyond its single settings ---- */

static void setting_say(struct checker *c, const char *path, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void
setting_say(struct checker *c, const char *path, const char *fmt, ...)
{
	char	 text[600];
	unsigned line, column;
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	conf_place(c->result->conf, path, &line, &column);
	check_say(c, INPUT_CONF, line, column, "%s: %s", path, text);
}

static void
id_check(struct checker *c, const char *path)
{
	if (!text_is_id(conf_text(c->result->conf, path)))
		setting_say(c, path,
		    "\"%s\" is not an id; use 1 to 63 of a-z, 0-9 and \"-\", not only digits",
		    conf_text(c->result->conf, path));
}

/* The entries of a list have names of their own. */
static void
names_check(struct checker *c, const char *list)
{
	const struct conf *conf = c->result->conf;
	char		   path[80], other[80];
	size_t		   n = conf_count(conf, list), i, k;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s[%zu].name", list, i);
		id_check(c, path);
		for (k = 0; k < i; k++) {
			snprintf(other, sizeof(other), "%s[%zu].name", list, k);
			if (strcmp(conf_text(conf, path), conf_text(conf, other)) != 0)
				continue;
			setting_say(c, path, "\"%s\" is there twice; give each its own name", conf_text(conf,
			    path));
			break;
		}
	}
}

/* Each instance has a twin that is named after it. */
static void
twins_check(struct checker *c)
{
	const struct conf *conf = c->result->conf;
	char		   path[80];

	for (size_t i = 0; i < conf_count(conf, "measure"); i++) {
		const char *name;

		snprintf(path, sizeof(path), "measure[%zu].name", i);
		name = conf_text(conf, path);
		if (instance_is_apps(name))
			setting_say(c, path, "\"%s\" ends as the names of the processes that ask services do; give it "
			    "another name", name);
		else if (strlen(name) + sizeof(APPS_SUFFIX) > INSTANCE_NAME_MAX)
			setting_say(c, path, "\"%s\" is too long; use at most %zu characters", name,
			    INSTANCE_NAME_MAX - sizeof(APPS_SUFFIX));
	}
}

static void
rules_check(struct checker *c)
{
	const struct conf *conf = c->result->conf;
	char		   raise[80], clear[80];
	size_t		   i;

	for (i = 0; i < conf_count(conf, "rules"); i++) {
		snprintf(raise, sizeof(raise), "rules[%zu].raise", i);
		snprintf(clear, sizeof(clear), "rules[%zu].clear", i);
		if (conf_number(conf, raise) == conf_number(conf, clear))
			setting_say(c, raise,
			    "equals clear; above it the rule watches for high values, below it for low ones");
	}
}

/* What is asked is answered or lost before it is asked again. */
static void
timeout_check(struct checker *c, const char *group)
{
	const struct conf *conf = c->result->conf;
	char		   interval[80], timeout[80];

	snprintf(interval, sizeof(interval), "%s.interval_s", group);
	snprintf(timeout, sizeof(timeout), "%s.timeout_s", group);
	if (conf_number(conf, timeout) > conf_number(conf, interval))
		setting_say(c, timeout, "longer than %s; give at most %.15g s", interval,
		    conf_number(conf, interval));
}

static void
path_check(struct checker *c, const char *path)
{
	if (conf_text(c->result->conf, path)[0] != '/')
		setting_say(c, path, "\"%s\" does not start with \"/\"; give the whole path",
		    conf_text(c->result->conf, path));
}

static void
secret_check(struct checker *c, const char *path)
{
	const char *name = conf_text(c->result->conf, path);

	if (name[0] == '.' || strchr(name, '/') != NULL)
		setting_say(c, path,
		    "\"%s\" is not a file name; give the name of a file below secrets/publish", name);
}

static void
listen_check(struct checker *c, const char *path)
{
	char	    text[256], *word, *rest;
	struct addr a;
	size_t	    n = 0;

	text_copy(text, sizeof(text), conf_text(c->result->conf, path));
	for (word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest), n++)
		if (addr_parse(&a, word) == -1)
			setting_say(c, path, "\"%s\" is not an address; give up to %d plain ones such as "
			    "10.9.0.10, with spaces between", word, TRAP_SOCKETS);
	if (n > TRAP_SOCKETS)
		setting_say(c, path, "more than %d addresses; leave it empty to listen on all", TRAP_SOCKETS);
}

static void
capture_check(struct checker *c)
{
	const struct conf *conf = c->result->conf;
	char		   err[300];

	if (conf_bool(conf, "capture.enabled") && conf_text(conf, "capture.interface")[0] == '\0')
		setting_say(c, "capture.interface", "empty, but capture.enabled is true; name the mirror port");
	if (ring_filter_check(conf_text(conf, "capture.filter"), err, sizeof(err)) == -1)
		setting_say(c, "capture.filter", "%s", err);
}

static void
conf_check(struct checker *c)
{
	const struct conf *conf = c->result->conf;
	size_t		   i;

	id_check(c, "engine.ns");
	id_check(c, "engine.node");
	path_check(c, "engine.data_dir");
	path_check(c, "engine.socket");
	names_check(c, "measure");
	twins_check(c);
	names_check(c, "rules");
	rules_check(c);
	for (i = 0; probe_registry[i] != NULL; i++)
		timeout_check(c, probe_registry[i]->name);
	timeout_check(c, "snmp");
	if (probe_find(conf_text(conf, "engine.link_probe"))->calls)
		setting_say(c, "engine.link_probe", "\"%s\" is for lines that call us, each with a key of its own; "
		    "name it in the column probe of links.csv", conf_text(conf, "engine.link_probe"));
	listen_check(c, "traps.listen");
	capture_check(c);
	secret_check(c, "mqtt.password_file");
	secret_check(c, "mqtt.ca_file");
	if ((conf_text(conf, "mqtt.host")[0] == '/') != (conf_int(conf, "mqtt.port") == 0))
		setting_say(c, "mqtt.port",
		    "0 goes with the path of a Unix socket as host, and only with that");
}

/* ---- what configuration and inventory say of each other ---- */

static bool
instance_is_known(const struct conf *conf, const char *name)
{
	char   path[80];
	size_t i;

	for (i = 0; i < conf_count(conf, "measure"); i++) {
		snprintf(path, sizeof(path), "measure[%zu].name", i);
		if (strcmp(conf_text(conf, path), name) == 0)
			return true;
	}
	return false;
}

static void row_say(struct checker *c, enum input_kind what, const char *id, const char *column, const char *fmt,
    ...) PRINTF_LIKE(5, 6);

/* Say what is wrong with one column of a row that has been read. */
static void
row_say(struct checker *c, enum input_kind what, const char *id, const char *column, const char *fmt, ...)
{
	unsigned number = 1;
	char	 text[600];
	va_list	 ap;

	if (c->result->errors >= ERRORS_MAX) {	/* its line is looked for in all rows */
		c->result->errors++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	while (strcmp(inventory_column(what, number - 1), column) != 0)
		number++;
	check_say(c, what, inventory_line_of(c->result->inv, what, id),
	    inventory_field_of(c->result->inv, what, number), "%s", text);
}

static void
via_check(struct checker *c, enum input_kind what, const char *id, const char *via)
{
	if (!instance_is_known(c->result->conf, via))
		row_say(c, what, id, "via", "via \"%s\" is no instance of %s; add { name = \"%s\"; } to its measure "
		    "list", via, input_name(c, INPUT_CONF, 0), via);
}

static void
kind_say(struct checker *c, const struct service *s)
{
	const char *kinds[PROBES_MAX + 2], *near;
	char	    all[300] = "";
	size_t	    n = 0, len = 0;

	for (; probe_service_names[n] != NULL; n++)
		kinds[n] = probe_service_names[n];
	kinds[n++] = SERVICE_PUSH;
	kinds[n] = NULL;
	near = text_nearest(s->kind, kinds);
	if (near != NULL) {
		row_say(c, INPUT_SERVICES, s->id, "kind", "kind \"%s\" is no kind of service; did you mean \"%s\"?",
		    s->kind, near);
		return;
	}
	for (n = 0; kinds[n] != NULL && len < sizeof(all); n++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s", len > 0 ? ", " : "", kinds[n]);
	row_say(c, INPUT_SERVICES, s->id, "kind", "kind \"%s\" is no kind of service; use one of: %s", s->kind, all);
}

/* Which of its words does the probe not take? What is right without the other is not at fault. */
static void
service_check(struct checker *c, const struct service *s)
{
	const struct probe_ops *probe = probe_find(s->kind);
	char			expect[SERVICE_EXPECT_MAX], why[300], other[300];
	const char	       *column = "expect";

	if (probe == NULL || !probe->asked) {
		kind_say(c, s);
		return;
	}
	service_expect(s->expect, expect);
	if (probe->accepts == NULL || probe->accepts(s->target, expect, why, sizeof(why)) == 0)
		return;
	if (probe->accepts(s->target, "", other, sizeof(other)) == -1)
		column = "target";
	row_say(c, INPUT_SERVICES, s->id, column, "%s \"%.100s\": %s", column,
	    strcmp(column, "target") == 0 ? s->target : s->expect, why);
}

/* A job that reports by itself: the name of its token, and how often. */
static void
push_check(struct checker *c, const struct service *s)
{
	struct push_terms t;
	char		  why[300];

	if (!text_is_id(s->target))
		row_say(c, INPUT_SERVICES, s->id, "target", "target \"%.100s\" is no file name; give the name of a file below "
		    "secrets/push, an id", s->target);
	if (push_terms_parse(&t, s->expect, why, sizeof(why)) == -1)
		row_say(c, INPUT_SERVICES, s->id, "expect", "expect \"%.100s\": %s", s->expect, why);
}

static void
services_check(struct checker *c)
{
	const struct inventory *inv = c->result->inv;

	for (size_t i = 0; i < inv->nservices; i++)
		if (service_is_push(inv->service[i]))
			push_check(c, inv->service[i]);
		else
			service_check(c, inv->service[i]);
}

static void
instances_check(struct checker *c)
{
	const struct inventory *inv = c->result->inv;
	size_t			i;

	for (i = 0; i < inv->nlinks; i++)
		via_check(c, INPUT_LINKS, inv->link[i]->id, inv->link[i]->via);
	for (i = 0; i < inv->ndevices; i++)
		via_check(c, INPUT_DEVICES, inv->device[i]->id, inv->device[i]->via);
	for (i = 0; i < inv->nservices; i++)
		via_check(c, INPUT_SERVICES, inv->service[i]->id, inv->service[i]->via);
}

/* ---- the whole ---- */

static int
finding_compare(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;

	if (a->what != b->what)
		return a->what < b->what ? -1 : 1;
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void
findings_tell(struct checker *c, void (*error)(void *arg, const struct msg_conf_error *e), void *arg)
{
	struct msg_conf_error e;
	size_t		      i;

	if (c->nfindings > 0)
		qsort(c->finding, c->nfindings, sizeof(*c->finding), finding_compare);
	for (i = 0; i < c->nfindings; i++) {
		const struct finding *f = &c->finding[i];

		e = (struct msg_conf_error){ .line = f->line, .column = f->column };
		text_copy(e.file, sizeof(e.file), input_name(c, f->what, f->file));
		text_copy(e.text, sizeof(e.text), f->text);
		error(arg, &e);
		free(f->text);
	}
	free(c->finding);
	if (c->result->errors <= ERRORS_MAX)
		return;
	e = (struct msg_conf_error){ 0 };
	text_copy(e.file, sizeof(e.file), input_name(c, INPUT_CONF, 0));
	snprintf(e.text, sizeof(e.text), "%u more errors in all files are not shown; mend these first",
	    c->result->errors - ERRORS_MAX);
	error(arg, &e);
}

static void
inputs_read(struct checker *c)
{
	struct check_result *r = c->result;

	r->inv = inventory_new();
	for (c->what = INPUT_CONF; c->what < INPUT_KINDS; c->what++) {
		const struct check_input *in = &c->in[c->what];

		if (in->text == NULL && c->what <= INPUT_LINKS)
			check_say(c, c->what, 0, 0, "the file is missing; it must be there");
		else if (in->text != NULL && c->what == INPUT_CONF)
			r->conf = conf_parse(in->text, in->len, check_on_error, c);
		else if (in->text != NULL)
			inventory_read(r->inv, c->what, in->text, in->len, check_on_error, c);
	}
	inventory_link(r->inv, on_link_error, c);
	check_profiles(c);
	if (r->conf != NULL) {
		conf_check(c);
		instances_check(c);
		check_links(c);
	}
	services_check(c);
}

void
check_all(struct check_result *r, const struct check_input in[INPUT_KINDS], const struct check_input *profile,
    size_t nprofiles, void (*error)(void *arg, const struct msg_conf_error *e), void *arg)
{
	struct checker c = { .in = in, .profile = profile, .nprofiles = nprofiles, .result = r };

	*r = (struct check_result){ 0 };
	inputs_read(&c);
	findings_tell(&c, error, arg);
	if (r->errors > 0) {
		uint32_t errors = r->errors;

		check_result_free(r);
		r->errors = errors;
		return;
	}
	r->rows = (uint32_t)(r->inv->nsites + r->inv->nlinks + r->inv->ndevices + r->inv->nservices +
			     r->inv->nsegments);
}

void
check_inputs(struct check_result *r, const struct check_input in[INPUT_KINDS],
    void (*error)(void *arg, const struct msg_conf_error *e), void *arg)
{
	check_all(r, in, NULL, 0, error, arg);
}

void
check_result_free(struct check_result *r)
{
	conf_free(r->conf);
	inventory_free(r->inv);
	for (size_t i = 0; i < r->nprofiles; i++)
		conf_free(r->profile[i].conf);
	free(r->profile);
	*r = (struct check_result){ 0 };
}
