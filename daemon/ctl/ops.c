/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops.c: the operations of the control socket: what each takes, and who may ask for it. */
#include "ctl/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/addr.h"
#include "base/text.h"
#include "ctl/find.h"
#include "ctl/hint.h"
#include "ctl/js.h"
#include "live/push.h"

#define NO_NUMBER INT64_MIN, INT64_MAX

static const struct param no_params[] = { { 0 } };
static const struct param hello_params[] = {
	{ "socket", PARAM_INT, .required = true, 1, 1 },
	{ "client", PARAM_TEXT, .required = false, 0, 100 },
	{ 0 }
};
static const struct param object_params[] = {
	{ "object", PARAM_TEXT, .required = true, 1, REF_MAX - 1 },
	{ 0 }
};
static const struct param list_params[] = {
	{ "kind", PARAM_TEXT, .required = true, 1, 20 },
	{ "limit", PARAM_INT, .required = false, 1, 500 },
	{ "cursor", PARAM_TEXT, .required = false, 1, REF_MAX - 1 },
	{ "trouble", PARAM_BOOL, .required = false,
	    NO_NUMBER },	/* only what is neither ok nor planned */
	{ "closed", PARAM_BOOL, .required = false, NO_NUMBER },		/* incidents: the closed ones too */
	{ "prefix", PARAM_TEXT, .required = false, 1, ID_MAX - 1 },	/* only ids that begin so */
	{ 0 }
};
static const struct param top_params[] = {
	{ "by", PARAM_TEXT, .required = true, 1, 20 },
	{ "limit", PARAM_INT, .required = false, 1, 500 },
	{ 0 }
};
static const struct param traps_params[] = {
	{ "limit", PARAM_INT, .required = false, 1, 200 },
	{ 0 }
};
static const struct param traffic_params[] = {
	{ "site", PARAM_TEXT, .required = false, 1, REF_MAX - 1 },
	{ "limit", PARAM_INT, .required = false, 1, 500 },
	{ 0 }
};
static const struct param series_params[] = {
	{ "refs", PARAM_TEXTS, .required = true, 1, SERIES_READ_MAX },
	{ "from", PARAM_INT, .required = true, 0, UINT32_MAX },
	{ "to", PARAM_INT, .required = true, 0, UINT32_MAX },
	{ "points", PARAM_INT, .required = false, 1, 20000 },
	{ "cf", PARAM_TEXT, .required = false, 3, 7 },
	{ 0 }
};
static const struct param flush_params[] = {
	{ "object", PARAM_TEXT, .required = false, 1, REF_MAX - 1 },
	{ 0 }
};
static const struct param ack_params[] = {
	{ "incident", PARAM_TEXT, .required = true, 1, 40 },
	{ "note", PARAM_TEXT, .required = false, 0, 255 },
	{ "until", PARAM_INT, .required = false, 0, UINT32_MAX },
	{ "version", PARAM_INT, .required = false, 1, UINT32_MAX },
	{ 0 }
};
static const struct param discover_params[] = {
	{ "addresses", PARAM_TEXTS, .required = true, 1, DISCOVER_ADDRESSES_MAX },
	{ "credentials", PARAM_TEXTS, .required = true, 1, DISCOVER_CREDENTIALS_MAX },
	{ "via", PARAM_TEXT, .required = false, 1, 31 },
	{ "version", PARAM_TEXT, .required = false, 1, 7 },
	{ "port", PARAM_INT, .required = false, 1, UINT16_MAX },
	{ "rate", PARAM_INT, .required = false, 1, DISCOVER_RATE_MAX },
	{ 0 }
};
static const struct param topology_params[] = {
	{ "limit", PARAM_INT, .required = false, 1, 500 },
	{ "cursor", PARAM_INT, .required = false, 0, INT32_MAX },
	{ 0 }
};
static const struct param parents_params[] = {
	{ "root", PARAM_TEXT, .required = false, 1, ID_MAX - 1 },
	{ "link", PARAM_TEXT, .required = false, 1, ID_MAX - 1 },	/* this one alone, with its row */
	{ "limit", PARAM_INT, .required = false, 1, 500 },
	{ "cursor", PARAM_INT, .required = false, 0, INT32_MAX },
	{ 0 }
};
static const struct param ports_params[] = {
	{ "device", PARAM_TEXT, .required = false, 1, REF_MAX - 1 },
	{ "asked", PARAM_BOOL, .required = false, NO_NUMBER },		/* only those with an open question */
	{ "limit", PARAM_INT, .required = false, 1, 500 },
	{ "cursor", PARAM_TEXT, .required = false, 1, REF_MAX - 1 },
	{ 0 }
};
static const struct param port_answer_params[] = {
	{ "port", PARAM_TEXT, .required = true, 1, REF_MAX - 1 },	/* its reference, or the question's number */
	{ "answer", PARAM_TEXT, .required = true, 1, 20 },
	{ "name", PARAM_TEXT, .required = false, 1, PORT_TEXT_MAX - 1 },
	{ 0 }
};
static const struct param probe_params[] = {
	{ "object", PARAM_TEXT, .required = true, 1, REF_MAX - 1 },
	{ "rounds", PARAM_INT, .required = false, 1, 10 },
	{ 0 }
};
static const struct param profiles_params[] = {
	{ "profile", PARAM_TEXT, .required = false, 1, PROFILE_NAME_MAX - 1 },
	{ 0 }
};
static const struct param profile_test_params[] = {
	{ "object", PARAM_TEXT, .required = true, 1, REF_MAX - 1 },
	{ "profile", PARAM_TEXT, .required = false, 1, PROFILE_NAME_MAX - 1 },
	{ 0 }
};
static const struct param record_params[] = {
	{ "what", PARAM_TEXT, .required = true, 1, 20 },
	{ "object", PARAM_TEXT, .required = true, 1, REF_MAX - 1 },
	{ "from", PARAM_TEXT, .required = false, 1, ADDR_TEXT_MAX - 1 },
	{ 0 }
};
static const struct param push_params[] = {
	{ "service", PARAM_TEXT, .required = true, 1, ID_MAX - 1 },
	{ "token", PARAM_TEXT, .required = true, 1, 256 },
	{ "status", PARAM_TEXT, .required = false, 1, PUSH_STATUS_MAX - 1 },
	{ "size", PARAM_INT, .required = false, 0, INT64_MAX },
	{ "duration_ms", PARAM_INT, .required = false, 0, INT64_MAX },
	{ 0 }
};
static const struct param recordings_params[] = {
	{ "link", PARAM_TEXT, .required = false, 1, REF_MAX - 1 },
	{ "incident", PARAM_TEXT, .required = false, 1, 40 },
	{ "limit", PARAM_INT, .required = false, 1, 500 },
	{ "cursor", PARAM_TEXT, .required = false, 1, 40 },
	{ 0 }
};
static const struct param recording_params[] = {
	{ "recording", PARAM_TEXT, .required = true, 1, 40 },
	{ 0 }
};
static const struct param reload_params[] = {
	{ "allow_removal", PARAM_BOOL, .required = false, NO_NUMBER },
	{ 0 }
};
static const struct param subscribe_params[] = {
	{ "topics", PARAM_TEXTS, .required = false, 1, 16 },
	{ "after", PARAM_INT, .required = false, 0, INT64_MAX },
	{ 0 }
};

static const struct op {
	const char	   *name;
	enum ctl_role	    role;	/* at least */
	const struct param *params;
	op_fn		    run;
	bool		    speaks;	/* only who may speak for others */
} ops[] = {
	{ "ack",	CTL_NOC,	ack_params,	  op_ack },
	{ "audit",	CTL_ADMIN,	no_params,	  op_audit_verify },
	{ "cancel",	CTL_NONE,	no_params,	  op_cancel },
	{ "discover",	CTL_ADMIN,	discover_params,  op_discover },
	{ "flush",	CTL_ADMIN,	flush_params,	  op_flush },
	{ "get",	CTL_VIEWER,	object_params,	  op_get },
	{ "hello",	CTL_NONE,	hello_params,	  op_hello },
	{ "list",	CTL_VIEWER,	list_params,	  op_list },
	{ "metrics",	CTL_VIEWER,	no_params,	  op_metrics },
	{ "parents",	CTL_VIEWER,	parents_params,	  op_parents },
	{ "port_answer", CTL_NOC,	port_answer_params, op_port_answer },
	{ "ports",	CTL_VIEWER,	ports_params,	  op_ports },
	{ "probe",	CTL_NOC,	probe_params,	  op_probe },
	{ "profile_test", CTL_ADMIN,	profile_test_params, op_profile_test },
	{ "profiles",	CTL_VIEWER,	profiles_params,  op_profiles },
	{ "push",	CTL_VIEWER,	push_params,	  op_push,	.speaks = true },
	{ "record",	CTL_VIEWER,	record_params,	  op_record,	.speaks = true },
	{ "recording",	CTL_VIEWER,	recording_params, op_recording },
	{ "recordings",	CTL_VIEWER,	recordings_params, op_recordings },
	{ "reload",	CTL_ADMIN,	reload_params,	  op_reload },
	{ "series",	CTL_VIEWER,	series_params,	  op_series },
	{ "status",	CTL_VIEWER,	no_params,	  op_status },
	{ "subscribe",	CTL_VIEWER,	subscribe_params, op_subscribe },
	{ "top",	CTL_VIEWER,	top_params,	  op_top },
	{ "topology",	CTL_VIEWER,	topology_params,  op_topology },
	{ "traffic",	CTL_VIEWER,	traffic_params,	  op_traffic },
	{ "traps",	CTL_VIEWER,	traps_params,	  op_traps },
	{ "why",	CTL_VIEWER,	object_params,	  op_why },
};

static const struct op *
find_op(const char *name)
{
	size_t i;

	for (i = 0; i < nitems(ops); i++)
		if (strcmp(ops[i].name, name) == 0)
			return &ops[i];
	return NULL;
}

static void
refuse_unknown(struct client *cl, const struct request *r)
{
	const char *names[nitems(ops) + 1] = { NULL };
	char	    visible[64], hint[HINT_MAX];
	size_t	    i;

	for (i = 0; i < nitems(ops); i++)
		names[i] = ops[i].name;
	text_visible(visible, sizeof(visible), r->op, strlen(r->op));
	client_refuse(cl, r->id, "bad_request", "there is no operation \"%s\"%s", visible,
	    did_you_mean(hint, r->op, names));
}

/* @param op  name of what was asked for, borrowed for ever */
static void
refusal_note(struct client *cl, const struct actor *who, const char *op)
{
	refusals_note(&cl->ctl->refusals, cl->ctl->loop, cl->ctl->core->ledger, cl->uid, who->name, op);
}

static void
refuse_speaker(struct client *cl, const struct request *r, const struct actor *who, const char *op)
{
	client_refuse(cl, r->id, "forbidden",
	    "only the user simpul-web, root and who started the engine speak for others");
	refusal_note(cl, who, op);
}

/* The peer, or the user named by "as". 0, or -1 after refusing. */
static int
actor_of(struct client *cl, const struct request *r, struct actor *who)
{
	json_t	   *as = json_object_get(r->body, "as");
	const char *user = json_string_value(json_object_get(as, "user")),
	    *role = json_string_value(json_object_get(as, "role"));

	who->role = cl->role;
	if (cl->uid == 0)
		text_copy(who->name, sizeof(who->name), "root");
	else
		snprintf(who->name, sizeof(who->name), "uid %u", (unsigned)cl->uid);
	if (as == NULL || json_is_null(as))
		return 0;
	if (!cl->speaks_for_others) {
		refuse_speaker(cl, r, who, "as");
		return -1;
	}
	if (json_object_size(as) != 2 || user == NULL || role == NULL || *user == '\0' ||
	    text_copy(who->name, sizeof(who->name), user) == -1) {
		client_refuse(cl, r->id, "bad_request",
		    "\"as\" must be {\"user\",\"role\"}, the user of 1 to %zu bytes", sizeof(who->name) - 1);
		return -1;
	}
	who->role = ctl_role_of(role);
	return 0;
}

static void
refuse_role(struct client *cl, const struct request *r, const struct op *op, const struct actor *who)
{
	client_refuse(cl, r->id, "forbidden", "\"%s\" needs the role %s, and this is %s", op->name,
	    ctl_role_names[op->role], ctl_role_names[who->role]);
	refusal_note(cl, who, op->name);
}

void
op_run(struct client *cl, const struct request *r)
{
	const struct op *op = find_op(r->op);
	struct actor	 who;
	char		 why[REQUEST_WHY_MAX];
	bool		 open = call_find(cl, r->id) != NULL;

	if (actor_of(cl, r, &who) == -1)
		return;
	if (op == NULL)
		refuse_unknown(cl, r);
	else if (who.role < op->role)
		refuse_role(cl, r, op, &who);
	else if (op->speaks && !cl->speaks_for_others)
		refuse_speaker(cl, r, &who, op->name);
	else if (request_check(r, op->params, why) == -1)
		client_refuse(cl, r->id, "bad_request", "%s", why);
	else if (open && op->run != op_cancel)		/* cancel names what it ends by the same id */
		client_refuse(cl, r->id, "bad_request", "request %" PRId64 " is still open", r->id);
	else if (cl->ncalls >= CALLS_MAX && op->run != op_cancel)
		client_refuse(cl, r->id, "busy", "%d requests are open, which is all that may be", CALLS_MAX);
	else
		op->run(cl, r, &who);
}

int
op_audit(struct client *cl, const struct actor *who, const char *what, const char *object, json_t *detail)
{
	char *text = json_dumps(detail, JSON_COMPACT);
	int   rc;

	rc = ledger_audit(cl->ctl->core->ledger, loop_wall_ns(cl->ctl->loop), who->name, what, object,
	    text != NULL ? text : "{}");
	free(text);
	json_decref(detail);
	return rc;
}

void
op_not_found(struct client *cl, const struct request *r, const char *name)
{
	char nearest[REF_MAX], visible[REF_MAX];

	text_visible(visible, sizeof(visible), name, strlen(name));
	object_nearest(cl->ctl->core, name, nearest, sizeof(nearest));
	client_refuse_with(cl, r->id, "not_found", json_pack("{s:o}", "nearest", js_name(nearest)),
	    "there is no %s", visible);
}
