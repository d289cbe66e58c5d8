/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conf.c: a configuration on its way in. The check child sends every setting and row, then CONF_END;
 * here they become a second configuration and inventory beside the present ones. Only a whole and sensible
 * one takes their place.
 *
 * The rows of the accepted one lie in the ledger: a core that starts again while the files are refused goes
 * on with those.
 */
#include "core/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/log.h"
#include "core/objects.h"
#include "core/plan.h"
#include "core/private.h"
#include "model/snmp_profile.h"

#define ANSWER_NS (60 * NS_PER_S)

struct incoming {			/* a profile as it comes in */
	char		 name[PROFILE_NAME_MAX];
	struct conf	*conf;
	struct incoming *next;
};

struct loader {				/* a configuration on its way in */
	struct conf	 *conf;
	struct inventory *inv;
	struct incoming	 *profiles;	/* in the order of their files */
	uint32_t	  rows;
	struct buf	  kept;		/* each row's frame behind its length: what the ledger keeps */
	struct json_t	 *errors;
	bool		  open;		/* a check is at work */
	bool		  allow_removal;
	core_reload_fn	  cb;		/* who asked, or NULL */
	void		 *arg;
	struct loop_timer timeout;	/* he is not kept waiting for ever */
};

static void
error_add(struct core *c, const char *file, uint32_t line, uint32_t column, const char *text)
{
	struct loader *l = c->priv->loader;

	l->errors = document_error_add(l->errors, file, line, column, text);
}

static void
loader_reset(struct core *c)
{
	struct loader	*l = c->priv->loader;
	struct incoming *p;

	conf_free(l->conf);
	inventory_free(l->inv);
	while ((p = l->profiles) != NULL) {
		l->profiles = p->next;
		conf_free(p->conf);
		free(p);
	}
	document_free(l->errors);
	buf_free(&l->kept);
	l->conf = NULL;
	l->inv = NULL;
	l->errors = NULL;
	l->rows = 0;
}

/* Tell who asked. */
static void
answer(struct core *c, const char *error)
{
	struct loader *l = c->priv->loader;
	core_reload_fn cb = l->cb;

	loop_timer_cancel(c->loop, &l->timeout);
	l->cb = NULL;
	l->open = l->allow_removal = false;
	if (cb != NULL)
		cb(l->arg, error, l->rows, l->errors);
}

/* ---- rows ---- */

static void
row_error(void *arg, unsigned column, const char *text)
{
	error_add(arg, "inventory", 0, column, text);
}

static void
link_error(void *arg, enum input_kind what, const char *id, unsigned column, const char *text)
{
	(void)what;
	error_add(arg, id, 0, column, text);
}

/* @return what is wrong with the row, or NULL */
static const char *
take_profile_row(struct loader *l, const struct msg_row *row, char *err, size_t err_size)
{
	struct incoming **at;
	size_t		  n = 0;

	if (row->nfields != 3 || !snmp_profile_name_is_good(row->field[0]))
		return "a malformed profile";
	for (at = &l->profiles; *at != NULL && strcmp((*at)->name, row->field[0]) != 0; at = &(*at)->next)
		n++;
	if (*at == NULL) {
		if (n == PROFILES_MAX)
			return "more than 256 profiles";
		*at = xcalloc(1, sizeof(**at));
		text_copy((*at)->name, sizeof((*at)->name), row->field[0]);
		(*at)->conf = conf_new_as(snmp_profile_schema);
	}
	if (row->field[1][0] == '\0')
		return NULL;
	return conf_set((*at)->conf, row->field[1], row->field[2], err, err_size) == -1 ? err : NULL;
}

static void
profile_error(void *arg, const char *profile, const char *path, const char *text)
{
	char file[PROFILE_NAME_MAX + 20], whole[600];

	snprintf(file, sizeof(file), "profiles/%s.conf", profile);
	snprintf(whole, sizeof(whole), "%s: %s", path, text);
	error_add(arg, file, 0, 0, whole);
}

/* All rows have come: what the profiles mean. @return owned */
static struct snmp_profiles *
profiles_read(struct core *c)
{
	struct snmp_profiles    *set = snmp_profiles_new();
	const struct incoming *in;
	struct snmp_profile	      *p;

	for (in = c->priv->loader->profiles; in != NULL; in = in->next) {
		if (!conf_is_whole(in->conf))
			profile_error(c, in->name, "values", "settings were lost between the check and core");
		else if ((p = snmp_profile_of(in->conf, in->name, profile_error, c)) != NULL)
			snmp_profiles_add(set, p);
	}
	if (c->priv->loader->errors == NULL)
		snmp_profiles_link(set, profile_error, c);
	return set;
}

static void
take_row(struct core *c, const void *data, size_t len)
{
	struct loader *l = c->priv->loader;
	struct msg_row row;
	char	       err[256];
	const char    *why;

	if (msg_row_decode(&row, data, len) == -1) {
		error_add(c, "check", 0, 0, "a malformed row");
		return;
	}
	buf_u32le(&l->kept, (uint32_t)len);
	buf_bytes(&l->kept, data, len);
	if (l->conf == NULL)
		l->conf = conf_new_default();
	if (l->inv == NULL)
		l->inv = inventory_new();
	if (row.what == INPUT_PROFILE) {
		if ((why = take_profile_row(l, &row, err, sizeof(err))) != NULL)
			error_add(c, "profiles", 0, 0, why);
	} else if (row.what != INPUT_CONF) {
		l->rows++;
		inventory_add(l->inv, (enum input_kind)row.what, row.field, row.nfields, row_error, c);
	} else if (row.nfields != 2 || conf_set(l->conf, row.field[0], row.field[1], err, sizeof(err)) == -1)
		error_add(c, "simpuld.conf", 0, 0, row.nfields != 2 ? "a malformed setting" : err);
}

static void
take_error(struct core *c, const struct ipc_msg *msg)
{
	struct msg_conf_error e;

	if (msg_conf_error_decode(&e, msg->data, msg->len) == 0)
		error_add(c, e.file, e.line, e.column, e.text);
}

/* Take over a set; *set is what was in force before. */
static void
profiles_swap(struct core *c, struct snmp_profiles **set)
{
	struct snmp_profiles *was = c->profiles;

	c->profiles = *set;
	*set = was;
}

/* ---- refusing ---- */

/* A core that has just started, and files that are refused: the rows that were accepted before its end. */
static void
recall_accepted(struct core *c)
{
	struct loader *l = c->priv->loader;
	struct buf     kept = { 0 };
	struct cursor  at;
	const uint8_t *row;
	struct snmp_profiles *profiles;
	int64_t	       accepted_ns;
	uint32_t       len;
	char	       t[TIME_TEXT_MAX];

	if (ledger_config_get(c->ledger, &accepted_ns, &kept) == -1)
		return;
	at = cursor_of(kept.data, kept.len);
	while (cursor_left(&at) > 0) {
		len = cursor_u32le(&at);
		if ((row = cursor_bytes(&at, len)) != NULL)
			take_row(c, row, len);
	}
	buf_free(&kept);
	if (l->inv != NULL)
		inventory_link(l->inv, link_error, c);
	profiles = profiles_read(c);
	if (at.bad || l->errors != NULL || l->inv == NULL ||
	    core_objects_swap(c, l->conf, l->inv, NULL) == -1) {
		log_warnx("the configuration that was in force before cannot be used: nothing is watched");
	} else {
		l->conf = NULL;
		l->inv = NULL;
		profiles_swap(c, &profiles);
		c->loaded_ns = accepted_ns;
		log_warnx("the configuration of %s stays in force", text_utc(t, sizeof(t), accepted_ns));
		plan_send_all(c);
	}
	snmp_profiles_unref(profiles);
	loader_reset(c);
}

static void
reject(struct core *c, const char *error)
{
	struct loader *l = c->priv->loader;

	log_warnx("the new configuration is rejected: %s", error);
	event_raise(c, "engine.config_rejected", SEVERITY_WARNING, "engine/core", NULL,
	    document_rejected(error, l->errors));
	c->refused_ns = loop_wall_ns(c->loop);
	text_copy(c->refused_text, sizeof(c->refused_text), error);
	answer(c, error);
	loader_reset(c);
	if (c->inv == NULL)
		recall_accepted(c);
}

/* ---- accepting ---- */

static bool
too_many(size_t removed, size_t of, double ratio)
{
	return (double)removed > ratio * (double)of;
}

/* An inventory cut short by accident would silence much of the city: not without being asked for. */
static bool
removes_too_much(const struct core *c, const struct inventory *inv, size_t *sites, size_t *links)
{
	double ratio = c->set.removal_max_ratio;
	size_t k;

	*sites = *links = 0;
	if (c->inv == NULL)
		return false;
	for (k = 0; k < c->inv->nsites; k++)
		*sites += inventory_site(inv, c->inv->site[k]->id) == NULL;
	for (k = 0; k < c->inv->nlinks; k++)
		*links += inventory_link_of(inv, c->inv->link[k]->id) == NULL;
	return too_many(*sites, c->inv->nsites, ratio) || too_many(*links, c->inv->nlinks, ratio);
}

/* @param profiles  out: those that were in force before, when it is taken over */
static void
take_over(struct core *c, struct snmp_profiles **profiles)
{
	struct loader	 *l = c->priv->loader;
	struct conf	 *conf = l->conf;
	struct inventory *inv = l->inv;

	l->conf = NULL;
	l->inv = NULL;
	if (core_objects_swap(c, conf, inv, &l->kept) == -1) {
		conf_free(conf);
		inventory_free(inv);
		reject(c, "the ledger cannot be written, so new objects cannot be numbered");
		return;
	}
	profiles_swap(c, profiles);
	c->loaded_ns = loop_wall_ns(c->loop);
	c->refused_ns = 0;
	log_info("configuration: %zu sites, %zu links, %zu devices, %zu profiles", inv->nsites, inv->nlinks,
	    inv->ndevices, c->profiles->n);
	event_raise(c, "engine.config_loaded", SEVERITY_INFO, "engine/core", NULL, document_loaded(inv));
	plan_send_all(c);
	answer(c, NULL);
	loader_reset(c);
}

static void
take_end(struct core *c, const struct ipc_msg *msg)
{
	struct loader	   *l = c->priv->loader;
	struct msg_conf_end end;
	struct snmp_profiles *profiles = profiles_read(c);
	char		    text[160];
	size_t		    sites, links;

	if (msg_conf_end_decode(&end, msg->data, msg->len) == -1 ||
	    (end.errors == 0 && (end.rows != l->rows || (l->errors == NULL && end.profiles != profiles->n))))
		error_add(c, "check", 0, 0, "rows were lost between the check and core");
	if (l->errors == NULL && end.errors == 0 && l->inv != NULL)
		inventory_link(l->inv, link_error, c);

	if (l->errors != NULL || end.errors > 0)
		reject(c, "it has errors");
	else if (l->conf == NULL || l->inv == NULL)
		reject(c, "it is empty");
	else if (!l->allow_removal && removes_too_much(c, l->inv, &sites, &links)) {
		snprintf(text, sizeof(text),
		    "it removes %zu of %zu sites and %zu of %zu links; if that is meant: "
		    "simpulctl reload --allow-removal", sites, c->inv->nsites, links, c->inv->nlinks);
		reject(c, text);
	} else
		take_over(c, &profiles);
	snmp_profiles_unref(profiles);
}

void
loader_begin(struct core *c)
{
	loader_reset(c);
	c->priv->loader->open = true;
}

void
loader_message(struct core *c, const struct ipc_msg *msg)
{
	switch (msg->type) {
	case IPC_ROW:
		take_row(c, msg->data, msg->len);
		break;
	case IPC_CONF_ERROR:
		take_error(c, msg);
		break;
	case IPC_CONF_END:
		take_end(c, msg);
		break;
	default:		/* INSTANCE: the settings say the same */
		break;
	}
}

/* The check child is gone. Without a CONF_END it did not get to its end. */
void
loader_closed(struct core *c)
{
	struct loader *l = c->priv->loader;

	if (l->open)
		reject(c, "the check ended before it was done; see the engine's log");
}

static void
no_answer(void *arg)
{
	reject(arg, "no check has answered; see the engine's log");
}

int
core_reload_request(struct core *c, bool allow_removal, core_reload_fn cb, void *arg)
{
	struct loader *l = c->priv->loader;

	if (c->parent == NULL || l->cb != NULL || ipc_send(c->parent, IPC_RELOAD, 0, NULL, 0, -1) == -1)
		return -1;
	l->allow_removal = allow_removal;
	l->cb = cb;
	l->arg = arg;
	loop_timer_set(c->loop, &l->timeout, loop_mono_ns(c->loop) + ANSWER_NS, no_answer, c);
	return 0;
}

void
loader_init(struct core *c)
{
	c->priv->loader = xcalloc(1, sizeof(*c->priv->loader));
}

void
loader_fini(struct core *c)
{
	loop_timer_cancel(c->loop, &c->priv->loader->timeout);
	loader_reset(c);
	free(c->priv->loader);
}
