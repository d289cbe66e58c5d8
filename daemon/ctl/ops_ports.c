/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_ports.c: ports, and port_answer: which ports there are, and what a person says of one that is asked about. */
#include "ctl/client.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/map.h"
#include "base/text.h"
#include "core/ports.h"
#include "ctl/find.h"
#include "ctl/js.h"
#include "ctl/view.h"

#define PORTS_LIMIT 200
#define PAGE_BYTES  (OUT_SOFT / 2)

struct port_list {
	const struct core      *core;
	const struct port_live *after;		/* the page begins behind this one; NULL: it has begun */
	bool			asked;		/* only those */
	size_t			limit, bytes;	/* bytes: of the items, as they will be sent */
	json_t		       *items;
};

/* What devices say of their ports is theirs to choose: a page ends also when it is long. */
static void
list_add(struct port_list *l, json_t *item)
{
	struct buf text = { 0 };

	js_line(&text, item);
	l->bytes += text.len;
	buf_free(&text);
	json_array_append_new(l->items, item);
}

/* @return false when the page is full */
static bool
list_device(struct port_list *l, const struct device_live *d)
{
	const struct port_live *p;

	if (l->after != NULL && l->after->device != d)
		return true;
	for (p = d->ports; p != NULL; p = p->next) {
		if (l->after != NULL) {
			l->after = l->after != p ? l->after : NULL;
			continue;
		}
		if (l->asked && p->question == NULL)
			continue;
		if (json_array_size(l->items) == l->limit || l->bytes > PAGE_BYTES)
			return false;
		list_add(l, view_port(l->core, p));
	}
	return true;
}

void
op_ports(struct client *cl, const struct request *r, const struct actor *who)
{
	const struct core *c = cl->ctl->core;
	const char	  *name = request_text(r, "device"), *cursor = request_text(r, "cursor"), *next = NULL;
	struct object	   o = { .kind = OBJECT_KINDS };
	struct port_list   l = { .core = c, .asked = request_bool(r, "asked"),
		.limit = (size_t)request_int(r, "limit", PORTS_LIMIT) };
	size_t		   k, n;
	bool		   room = true;

	(void)who;
	if (name != NULL && (object_find(c, name, &o) == -1 || o.kind != OBJECT_DEVICE)) {
		op_not_found(cl, r, name);
		return;
	}
	if (cursor != NULL && (l.after = map_get(c->port_by_ref, cursor)) == NULL) {
		client_refuse(cl, r->id, "conflict", "the port of the cursor is no more; start again");
		return;
	}
	l.items = json_array();
	for (k = 0; c->inv != NULL && k < c->inv->ndevices && room; k++)
		if (name == NULL || c->device[k] == o.device)
			room = list_device(&l, c->device[k]);
	if (!room && (n = json_array_size(l.items)) > 0)
		next = json_string_value(json_object_get(json_array_get(l.items, n - 1), "ref"));
	client_answer(cl, r->id, json_pack("{s:O, s:o}", "items", l.items, "next", js_text(next)));
	json_decref(l.items);
}

/* "3", "port/s002-r1.ether1" or "s002-r1.ether1". */
static struct port_live *
port_find(const struct core *c, const char *name)
{
	char	ref[REF_MAX + 8];
	int64_t n;

	if (text_to_i64(name, 1, INT64_MAX, &n) == 0)
		return core_port_of_question(c, (uint64_t)n);
	snprintf(ref, sizeof(ref), "%s%s", strncmp(name, "port/", 5) == 0 ? "" : "port/", name);
	return map_get(c->port_by_ref, ref);
}

void
op_port_answer(struct client *cl, const struct request *r, const struct actor *who)
{
	struct core	 *c = cl->ctl->core;
	const char	 *name = request_text(r, "name"), *answer = request_text(r, "answer"), *why = "";
	struct port_live *p = port_find(c, request_text(r, "port"));
	int		  rc;

	if (strcmp(answer, "same") != 0 && strcmp(answer, "new") != 0) {
		client_refuse(cl, r->id, "bad_request", "\"answer\" must be same or new");
		return;
	}
	if ((name == NULL) != (strcmp(answer, "new") == 0)) {
		client_refuse(cl, r->id, "bad_request",
		    "\"same\" needs the \"name\" that its device calls the port now, \"new\" has none");
		return;
	}
	if (p == NULL) {
		client_refuse(cl, r->id, "not_found", "there is no such port, and no such open question");
		return;
	}
	rc = name != NULL ? core_port_same(c, p, name, who->name, &why) : core_port_new(c, p, who->name, &why);
	if (rc == -1)
		client_refuse(cl, r->id, "conflict", "%s: %s", p->ref, why);
	else
		client_answer(cl, r->id, json_pack("{s:o}", "port", view_port(c, p)));
}
