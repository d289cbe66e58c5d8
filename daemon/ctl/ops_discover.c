/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ops_discover.c: discover: who answers at up to 64 addresses. The engine keeps nothing of it: whoever
 * asks goes through a prefix request by request, and adds to the inventory by hand what is to be added.
 */
#include "ctl/client.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/discover.h"
#include "ctl/guess.h"
#include "ctl/js.h"

struct discover_call {
	struct call	      call;
	uint32_t	      token;		/* 0: nothing to wait for any more */
	char		      via[32];
	size_t		      n;
	struct msg_discover   m;
	struct msg_discovered found[DISCOVER_ADDRESSES_MAX];
	struct guess	      guess[DISCOVER_ADDRESSES_MAX];
};

static void
discover_free(struct call *call)
{
	struct discover_call *dc = (struct discover_call *)call;

	if (dc->token != 0)
		core_discover_forget(call->client->ctl->core, dc->token);
	free(dc);
}

/* ---- the answer ---- */

static json_t *
js_addr(const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	return json_string(addr_text(a, text));
}

static json_t *
js_macs(const struct msg_discovered *d)
{
	json_t	      *list = json_array();
	const uint8_t *b;
	unsigned       i;

	for (i = 0; i < d->nmacs; i++) {
		b = d->mac[i];
		json_array_append_new(list, json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2],
		    b[3],
		    b[4], b[5]));
	}
	return list;
}

static json_t *
js_own(const struct msg_discovered *d)
{
	json_t	*list = json_array();
	unsigned i;

	for (i = 0; i < d->naddresses; i++)
		json_array_append_new(list, js_addr(&d->own[i].address));
	return list;
}

/* A line whose address it has: the row as it stands in links.csv, so that it can be proposed with device and port. */
static json_t *
js_known_line(const struct core *c, const struct guess_link *gl)
{
	const char *fields[ROW_FIELDS_MAX];
	json_t	   *row = json_array();
	size_t	    i, n = inventory_row(c->inv, INPUT_LINKS, gl->link->index, fields);

	for (i = 0; i < n; i++)
		json_array_append_new(row, js_text(fields[i]));
	return json_pack("{s:s, s:o, s:o}", "id", gl->link->id, "port", js_name(gl->port), "row", row);
}

static json_t *
js_found(const struct discover_call *dc, size_t i)
{
	const struct core	    *c = dc->call.client->ctl->core;
	const struct msg_discovered *d = &dc->found[i];
	const struct guess	    *g = &dc->guess[i];
	json_t			    *v = json_object(), *lines = json_array();
	size_t			     k;

	for (k = 0; k < g->nlinks; k++)
		json_array_append_new(lines, js_known_line(c, &g->link[k]));
	json_object_set_new(v, "address", js_addr(&d->address));
	json_object_set_new(v, "echo", json_boolean(d->echo));
	json_object_set_new(v, "snmp", json_boolean(d->snmp));
	json_object_set_new(v, "rtt_s", js_number(d->rtt_s));
	json_object_set_new(v, "credential",
	    d->snmp &&
	    d->credential < dc->m.ncredentials ? js_text(dc->m.credential[d->credential]) : json_null());
	json_object_set_new(v, "name", js_name(d->name));
	json_object_set_new(v, "object_id", js_name(d->object_id));
	json_object_set_new(v, "descr", js_name(d->descr));
	json_object_set_new(v, "engine_id", js_name(d->engine_id));
	json_object_set_new(v, "macs", js_macs(d));
	json_object_set_new(v, "own", js_own(d));
	json_object_set_new(v, "known", g->known != NULL ? json_string(g->known->device->id) : json_null());
	json_object_set_new(v, "known_by", g->known != NULL ? json_string(g->known_by) : json_null());
	json_object_set_new(v, "site", g->site != NULL ? json_string(g->site->id) : json_null());
	json_object_set_new(v, "site_by", g->site != NULL ? json_string(g->site_by) : json_null());
	json_object_set_new(v, "links", lines);
	return v;
}

static void
answer(struct discover_call *dc, unsigned asked)
{
	struct client *cl = dc->call.client;
	json_t	      *list = json_array();
	size_t	       i;

	guess_all(cl->ctl->core, dc->via, dc->found, dc->guess, dc->n);
	for (i = 0; i < dc->n; i++)
		json_array_append_new(list, js_found(dc, i));
	client_answer(cl, dc->call.id, json_pack("{s:i, s:o}", "asked", (int)asked, "found", list));
}

static void
discover_says(void *arg, const struct msg_discovered *found, const struct msg_discover_end *end)
{
	struct discover_call *dc = arg;
	struct client	     *cl = dc->call.client;

	if (found != NULL) {
		if (dc->n < dc->m.n)		/* no more answer than are asked */
			dc->found[dc->n++] = *found;
		return;
	}
	dc->token = 0;
	if (end == NULL)
		client_refuse(cl, dc->call.id, "busy",
		    "the process that asked has ended meanwhile; try again");
	else if (end->error[0] != '\0')
		client_refuse(cl, dc->call.id, "bad_request", "%s", end->error);
	else
		answer(dc, end->asked);
	call_end(&dc->call);
}

/* ---- the request ---- */

/* 0, or -1 after refusing. */
static int
take_addresses(struct client *cl, const struct request *r, struct msg_discover *m)
{
	const char *text;

	for (; (text = request_item(r, "addresses", m->n)) != NULL; m->n++)
		if (addr_parse(&m->address[m->n], text) == -1) {
			client_refuse(cl, r->id, "bad_request",
			    "\"addresses\" must be IP addresses in plain form");
			return -1;
		}
	return 0;
}

static int
take_credentials(struct client *cl, const struct request *r, struct msg_discover *m)
{
	const char *text;

	for (; (text = request_item(r, "credentials", m->ncredentials)) != NULL; m->ncredentials++)
		if (*text == '\0' || !text_is_one_line(text) ||
		    text_copy(m->credential[m->ncredentials], sizeof(m->credential[0]), text) == -1) {
			client_refuse(cl, r->id, "bad_request",
			    "\"credentials\" must be names of files of secrets/snmp");
			return -1;
		}
	return 0;
}

static int
read_request(struct client *cl, const struct request *r, struct discover_call *dc)
{
	const struct core   *c = cl->ctl->core;
	struct msg_discover *m = &dc->m;
	const char	    *via = request_text(r, "via"), *version = request_text(r, "version");

	m->port = (uint16_t)request_int(r, "port", 161);
	m->rate_ps = (uint16_t)request_int(r, "rate", c->set.discover_rate_ps);
	text_copy(m->version, sizeof(m->version), version != NULL ? version : "2c");
	text_copy(dc->via, sizeof(dc->via), via != NULL ? via : "main");
	return take_addresses(cl, r, m) == -1 || take_credentials(cl, r, m) == -1 ? -1 : 0;
}

static json_t *
audit_detail(const struct discover_call *dc)
{
	json_t *credentials = json_array();
	size_t	i;

	for (i = 0; i < dc->m.ncredentials; i++)
		json_array_append_new(credentials, js_text(dc->m.credential[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:i, s:i}", "from", js_addr(&dc->m.address[0]), "to",
	    js_addr(&dc->m.address[dc->m.n - 1]), "via", js_text(dc->via), "credentials", credentials,
	    "addresses",
	    (int)dc->m.n, "rate", (int)dc->m.rate_ps);
}

/* Strangers are asked, so it is written down before they are. */
void
op_discover(struct client *cl, const struct request *r, const struct actor *who)
{
	struct discover_call *dc = xcalloc(1, sizeof(*dc));

	if (read_request(cl, r, dc) == -1) {
		free(dc);
		return;
	}
	if (op_audit(cl, who, "discover", "", audit_detail(dc)) == -1) {
		client_refuse(cl, r->id, "internal",
		    "the ledger could not be written; the engine's log says why");
		free(dc);
		return;
	}
	dc->call.free = discover_free;
	call_open(&dc->call, cl, r->id);
	if ((dc->token = core_discover(cl->ctl->core, dc->via, &dc->m, discover_says, dc)) != 0)
		return;
	client_refuse(cl, r->id, "busy",
	    "there is no measuring instance \"%s\", or it is just being restarted", dc->via);
	call_end(&dc->call);
}
