/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ops_change.c: ack, probe, reload: what changes something, and record: what was done elsewhere. Each leaves
 * a line in the audit log; an ack does so before it counts, so that none is without.
 */
#include "ctl/client.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/addr.h"
#include "base/text.h"
#include "core/commit.h"
#include "core/conf.h"
#include "core/probe.h"
#include "core/push.h"
#include "core/services.h"
#include "ctl/find.h"
#include "ctl/view.h"

/* ---- ack ---- */

/* An incident that is not open: closed, or unknown. */
static void
refuse_ack(struct client *cl, const struct request *r, uint64_t number, const char *name)
{
	struct ledger_incident row;

	if (number == 0 || ledger_incident_get(cl->ctl->core->ledger, number, &row) == -1) {
		op_not_found(cl, r, name);
		return;
	}
	client_refuse_with(cl, r->id, "conflict", json_pack("{s:o}", "current",
	    view_incident(cl->ctl->core, &row)), "inc-%" PRIu64 " is %s", number,
	    row.status == INCIDENT_CLOSED ? "closed" : "not open yet");
	ledger_incident_free(&row);
}

void
op_ack(struct client *cl, const struct request *r, const struct actor *who)
{
	struct core	*c = cl->ctl->core;
	const char	*name = request_text(r, "incident"), *note = request_text(r, "note");
	uint64_t	 number = incident_number(name);
	struct incident *i = number != 0 ? core_incident(c, number) : NULL;
	int64_t		 version = request_int(r, "version", 0), until_s = request_int(r, "until", 0);

	if (i == NULL || i->row.status != INCIDENT_OPEN) {
		refuse_ack(cl, r, number, name);
	} else if (version != 0 && version != i->row.version) {
		client_refuse_with(cl, r->id, "conflict", json_pack("{s:o}", "current",
		    view_incident(c, &i->row)), "inc-%" PRIu64 " is at version %u", number, i->row.version);
	} else if (op_audit(cl, who, "ack", name, json_pack("{s:s?, s:I, s:I}", "note", note, "until",
	    (json_int_t)until_s, "version", (json_int_t)i->row.version)) == -1 ||
	    core_ack(c, i, who->name, note != NULL ? note : "", until_s * NS_PER_S) == -1) {
		client_refuse(cl, r->id, "internal",
		    "the ledger could not be written; the engine's log says why");
	} else {
		client_answer(cl, r->id, json_pack("{s:o}", "incident", view_incident(c, &i->row)));
	}
}

/* ---- probe ---- */

void
op_probe(struct client *cl, const struct request *r, const struct actor *who)
{
	const char   *name = request_text(r, "object");
	uint16_t      rounds = (uint16_t)request_int(r, "rounds", 3);
	struct core  *c = cl->ctl->core;
	struct object o;
	int	      rc;

	if (object_find(c, name, &o) == -1 || (o.kind != OBJECT_LINK && o.kind != OBJECT_SERVICE)) {
		op_not_found(cl, r, name);
		return;
	}
	rc = o.kind == OBJECT_LINK ? core_probe_now(c, o.link, rounds) : core_service_probe(c, o.service, 1);
	if (rc == -1) {
		client_refuse(cl, r->id, "busy", "the process that measures %s is away, or it is not to be asked; try "
		    "again in a second", name);
		return;
	}
	op_audit(cl, who, "probe", o.kind == OBJECT_LINK ? o.link->live.ref : o.service->live.ref, json_object());
	client_answer(cl, r->id, json_object());
}

/* ---- push ---- */

void
op_push(struct client *cl, const struct request *r, const struct actor *who)
{
	int64_t		   size = request_int(r, "size", -1), ms = request_int(r, "duration_ms", -1);
	const char	  *status = request_text(r, "status");
	struct push_report report = { .size = size >= 0 ? (double)size : NAN,
		.duration_s = ms >= 0 ? (double)ms / 1000 : NAN };

	if (status == NULL)
		status = "ok";
	text_visible(report.status, sizeof(report.status), status, strlen(status));
	switch (core_push(cl->ctl->core, request_text(r, "service"), request_text(r, "token"), &report)) {
	case PUSH_TAKEN:
		client_answer(cl, r->id, json_object());
		break;
	case PUSH_TOO_OFTEN:
		client_refuse(cl, r->id, "busy", "one report a second is enough");
		break;
	default:
		client_refuse(cl, r->id, "forbidden", "there is no such service of kind push, or the token is not its");
		refusals_note(&cl->ctl->refusals, cl->ctl->loop, cl->ctl->core->ledger, cl->uid, who->name, "push");
	}
}

/* ---- reload ---- */

static void
reload_free(struct call *call)
{
	call->client->ctl->reload = NULL;
	free(call);
}

static void
reload_done(void *arg, const char *error, uint32_t rows, const json_t *errors)
{
	struct ctl  *t = arg;
	struct call *call = t->reload;

	if (call == NULL)		/* who asked has hung up */
		return;
	if (error == NULL)
		client_answer(call->client, call->id, json_pack("{s:I}", "rows", (json_int_t)rows));
	else
		client_refuse_with(call->client, call->id, "bad_request",
		    json_pack("{s:o?}", "errors", errors != NULL ? json_deep_copy(errors) : NULL),
		    "refused, the old configuration stays: %s", error);
	call_end(call);
}

void
op_reload(struct client *cl, const struct request *r, const struct actor *who)
{
	struct ctl *t = cl->ctl;
	bool	    removal = request_bool(r, "allow_removal");

	if (core_reload_request(t->core, removal, reload_done, t) == -1) {
		client_refuse(cl, r->id, "busy",
		    "a reload is under way, or the parent process is away; try again");
		return;
	}
	t->reload = xcalloc(1, sizeof(*t->reload));
	t->reload->free = reload_free;
	call_open(t->reload, cl, r->id);
	op_audit(cl, who, "reload", "", json_pack("{s:b}", "allow_removal", removal));
}

/* ---- record ---- */

void
op_record(struct client *cl, const struct request *r, const struct actor *who)
{
	const char	*from = request_text(r, "from"), *object = request_text(r, "object");
	enum record_kind kind = record_kind_of(request_text(r, "what"));
	struct addr	 a;

	if (kind == RECORD_KINDS)
		client_refuse(cl, r->id, "bad_request",
		    "what must be login, login_failed, logout, password or refused");
	else if (!text_is_one_line(object) || !text_is_one_line(who->name))
		client_refuse(cl, r->id, "bad_request", "object and user must be one line of text");
	else if (from != NULL && addr_parse(&a, from) == -1)
		client_refuse(cl, r->id, "bad_request", "from must be an address");
	else if (records_note(&cl->ctl->records, cl->ctl->loop, cl->ctl->core->ledger, kind, who->name,
	    object, from) == -1)
		client_refuse(cl, r->id, "internal",
		    "the ledger could not be written; the engine's log says why");
	else
		client_answer(cl, r->id, json_object());
}
