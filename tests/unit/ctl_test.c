/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ctl_test.c: the operations of the control socket that core answers by itself, and who may ask for them. */
#include "tests/unit/ctl_rig.h"

#include <unistd.h>

#include "ctl/client.h"
#include "live/counters.h"

#define NOBODY 65534

static void
test_requests(struct fake *f)
{
	static const struct { const char *line, *path, *want, *name; } cases[] = {
		{ "{\"id\":1,\"op\":\"hello\",\"socket\":1,\"client\":\"test\"}", "ns", "pontianak",
		    "hello tells the namespace" },
		{ "{\"id\":1,\"op\":\"hello\",\"socket\":1}", "role", "admin", "hello tells the role" },
		{ "{\"id\":1,\"op\":\"hello\",\"socket\":2}", "code", "bad_request",
		    "hello refuses another version" },
		{ "{\"id\":9,\"op\":\"statsu\"}", "error",
		    "there is no operation \"statsu\"; did you mean \"status\"?",
		    "an unknown operation names the nearest" },
		{ "{\"id\":9,\"op\":\"status\",\"x\":1}", "error", "\"status\" does not take \"x\"",
		    "an unknown member is refused" },
		{ "{\"id\":9,\"op\":\"status\"}", "sites.isolated", "1", "status counts sites by state" },
		{ "{\"id\":9,\"op\":\"status\"}", "incidents.open", "1", "status counts incidents" },
		{ "{\"id\":9,\"op\":\"status\"}", "broker.refuses", "true",
		    "status says that the broker refuses" },
		{ "{\"id\":9,\"op\":\"get\",\"object\":\"s002\"}", "state", "isolated",
		    "get finds a site by its bare id" },
		{ "{\"id\":9,\"op\":\"get\",\"object\":\"link/s002-1\"}", "state", "down",
		    "get finds a line" },
		{ "{\"id\":9,\"op\":\"get\",\"object\":\"s001\"}", "name", "Dinas <Satu>",
		    "text survives its escapes" },
		{ "{\"id\":9,\"op\":\"get\",\"object\":\"link/s002-1\"}", "loss_ratio", "null",
		    "what is not known is null" },
		{ "{\"id\":9,\"op\":\"get\",\"object\":\"inc-1\"}", "status", "open",
		    "get finds an incident" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"link/s002-1\"}", "evidence.0.fact", "3 rounds lost",
		    "why starts with the evidence of the incident" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"link/s002-1\"}", "incident", "inc-1",
		    "why names the incident" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"link/s001-1\"}", "parents.0.object", "site/node-1",
		    "why names the parents" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"s004-1\"}", "evidence.0.fact",
		    "no address is entered for it, so it is not measured",
		    "why says that a line is not measured" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"s005-1\"}", "evidence.0.fact",
		    "its site is entered as planned, so it is not judged",
		    "why says that a site is planned" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"link/s02-1\"}", "nearest", "link/s002-1",
		    "not found names the nearest line" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"nod-1\"}", "nearest", "site/node-1",
		    "or the nearest of any kind" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"inc-7\"}", "code", "not_found",
		    "there is no such incident" },
		{ "{\"id\":9,\"op\":\"list\",\"kind\":\"sites\"}", "error",
		    "\"kind\" must be site, link, device, service or incident; did you mean \"site\"?",
		    "list names the nearest kind" },
		{ "{\"id\":9,\"op\":\"list\",\"kind\":\"site\",\"trouble\":true}", "items.0.id", "s002",
		    "list shows only trouble" },
		{ "{\"id\":9,\"op\":\"list\",\"kind\":\"link\",\"prefix\":\"node\"}", "items.0.id",
		    "node-1-1", "list shows only ids that begin so" },
		{ "{\"id\":9,\"op\":\"list\",\"kind\":\"site\",\"prefix\":\"s00\",\"trouble\":true}",
		    "items.1.id", "", "and both at once" },
		{ "{\"id\":9,\"op\":\"list\",\"kind\":\"incident\",\"prefix\":\"inc\"}", "code",
		    "bad_request", "but not of incidents" },
		{ "{\"id\":9,\"op\":\"list\",\"kind\":\"device\"}", "next", "null", "a list may be empty" },
		{ "{\"id\":9,\"op\":\"list\",\"kind\":\"site\",\"cursor\":\"gone\"}", "code", "conflict",
		    "a cursor whose object has gone is a conflict" },
		{ "{\"id\":9,\"op\":\"list\",\"kind\":\"incident\"}", "items.0.root", "link/s002-1",
		    "list shows incidents" },
		{ "{\"id\":9,\"op\":\"probe\",\"object\":\"s001-1\"}", "ok", "true", "probe asks core" },
		{ "{\"id\":9,\"op\":\"probe\",\"object\":\"s001\"}", "code", "not_found",
		    "only lines can be probed" },
		{ "{\"id\":9,\"op\":\"audit\"}", "whole", "true", "the audit chain is whole" },
		{ "{\"id\":9,\"op\":\"metrics\"}", "ok", "true", "metrics may be empty" },
		{ "{\"id\":9,\"op\":\"flush\",\"as\":{\"user\":\"x\",\"role\":\"noc\"}}", "code",
		    "forbidden",
		    "who started the engine speaks for others, with their rights" },
		{ "[1]", "code", "bad_request", "what is no request is refused" },
		{ "{\"id\":9,\"op\":\"status\"}", "ok", "true", "and the conversation goes on" },
	};
	struct talk *t = talk_new(f);
	size_t	     i;

	for (i = 0; i < nitems(cases); i++)
		expect(t, cases[i].line, cases[i].path, cases[i].want, cases[i].name);
	talk_free(t);
}

/* An instance whose packets the kernel refuses, one and all. */
static void
test_no_icmp(struct fake *f)
{
	static const char line[] = "{\"id\":9,\"op\":\"why\",\"object\":\"s001-1\"}";
	struct core	 *c = &f->core;
	struct talk	 *t = talk_new(f);

	c->measure[c->nmeasure++] = (struct measure_peer){ .name = "main", .ch = (struct ipc_channel *)f };
	text_copy(c->set.link_probe, sizeof(c->set.link_probe), "icmp");
	core_counter(c, "measure main/icmp.send_errors")->value = 3;
	expect(t, line, "evidence.0.fact", "the process \"measure main\" cannot send ICMP packets: 3 were refused, "
	    "none has left; if a reload has added it, restart simpuld", "why says that no packet can leave");
	core_counter(c, "measure main/icmp.sent")->value = 1;
	expect(t, line, "evidence.0.fact", "no result of a probe yet", "one that has left: it can");
	c->nmeasure--;
	talk_free(t);
}

static void
test_paging(struct fake *f)
{
	struct talk *t = talk_new(f);
	char	     line[400], seen[200] = "", out[200], next[REF_MAX + 2] = "null";
	json_t	    *v, *item;
	size_t	     i, pages = 0;

	do {
		snprintf(line, sizeof(line),
		    "{\"id\":1,\"op\":\"list\",\"kind\":\"link\",\"limit\":3,\"cursor\":%s}", next);
		v = ask(t, line);
		json_array_foreach(json_object_get(v, "items"), i, item)
			snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s ",
			    at(item, "id", out));
		snprintf(next, sizeof(next), "\"%s\"", at(v, "next", out));
		json_decref(v);
	} while (++pages < 10 && strcmp(next, "\"null\"") != 0);
	is_i64((int64_t)pages, 3, "seven lines are three pages of three");
	is_text(seen, "s001-1 s002-1 s003-1 s004-1 s005-1 s006-1 node-1-1 ",
	    "each line stands on one of them");
	talk_free(t);
}

static void
test_ack(struct fake *f)
{
	struct talk *t = talk_new(f);

	expect(t,
	    "{\"id\":5,\"op\":\"ack\",\"incident\":\"inc-1\",\"note\":\"x\",\"until\":null,\"version\":3}",
	    "error", "inc-1 is at version 1", "another version is a conflict");
	expect(t, "{\"id\":5,\"op\":\"ack\",\"incident\":\"inc-1\",\"version\":3}", "current.version", "1",
	    "which tells the present one");
	expect(t, "{\"id\":5,\"op\":\"ack\",\"incident\":\"inc-1\",\"note\":\"technician on the way\","
	    "\"version\":1}", "incident.ack.note", "technician on the way",
	    "an ack with the right version is taken");
	is_i64(f->incident.row.version, 2, "and raises it");
	expect(t, "{\"id\":5,\"op\":\"ack\",\"incident\":\"inc-99\"}", "code", "not_found",
	    "an unknown incident");
	f->incident.row.status = INCIDENT_CLOSED;
	ledger_incident_put(f->core.ledger, &f->incident.row);
	expect(t, "{\"id\":5,\"op\":\"ack\",\"incident\":\"inc-1\"}", "error", "inc-1 is closed",
	    "a closed incident");
	expect(t, "{\"id\":5,\"op\":\"list\",\"kind\":\"incident\"}", "items.0.id", "", "is not listed");
	expect(t, "{\"id\":5,\"op\":\"list\",\"kind\":\"incident\",\"closed\":true}", "items.0.id", "inc-1",
	    "unless asked for");
	expect(t, "{\"id\":5,\"op\":\"audit\"}", "entries", "3",
	    "the ack and the probe stand in the audit log, and one refusal (as)");
	talk_free(t);
}

#define RECORD(what, object, more) \
	"{\"id\":1,\"op\":\"record\",\"what\":\"" what "\",\"object\":\"" object "\"" more "}"

static void
test_record(struct fake *f)
{
	struct talk *t = talk_new(f);
	uint64_t     bad;
	int64_t	     was = ledger_audit_verify(f->core.ledger, &bad);

	expect(t, RECORD("login", "user/op", ",\"from\":\"10.1.1.1\",\"as\":{\"user\":\"op\",\"role\":\"noc\"}"),
	    "ok", "true", "a log-in is recorded");
	expect(t, RECORD("login_failed", "user/x", ""), "ok", "true", "and one that failed");
	is_i64(ledger_audit_verify(f->core.ledger, &bad), was + 2, "in the audit log");
	expect(t, RECORD("ack", "inc-1", ""), "error",
	    "what must be login, login_failed, logout, password or refused", "nothing else is");
	expect(t, RECORD("login", "user/a\\nb", ""), "error",
	    "object and user must be one line of text", "nor what is no name");
	expect(t, RECORD("login", "user/a", ",\"from\":\"here\""), "error", "from must be an address",
	    "nor from nowhere");
	is_i64(ledger_audit_verify(f->core.ledger, &bad), was + 2, "which leaves no trace");
	f->ctl->clients->speaks_for_others = false;
	expect(t, RECORD("login", "user/op", ""), "code", "forbidden",
	    "one who may not speak for others may not, either");
	is_i64(ledger_audit_verify(f->core.ledger, &bad), was + 3, "and that is recorded");
	talk_free(t);
}

static void
test_reload(struct fake *f)
{
	struct talk *t = talk_new(f);
	json_t	    *errors = json_pack("[{s:s}]", "file", "sites.csv"), *v;
	char	     out[200];

	say(t, "{\"id\":1,\"op\":\"reload\"}");
	expect(t, "{\"id\":2,\"op\":\"reload\"}", "code", "busy", "one reload at a time");
	f->reload_cb(f->reload_arg, "1 error", 0, errors);
	f->reload_cb = NULL;
	v = hear(t);
	is_text(at(v, "errors.0.file", out), "sites.csv", "a reload that failed tells its errors");
	json_decref(v);
	say(t, "{\"id\":1,\"op\":\"reload\"}");
	expect(t, STATUS("2"), "id", "2", "a reload is under way");
	talk_free(t);
	t = talk_new(f);
	expect(t, STATUS("1"), "ok", "true", "who asked for it has hung up");
	f->reload_cb(f->reload_arg, NULL, 85, NULL);
	f->reload_cb = NULL;
	say(t, "{\"id\":1,\"op\":\"reload\"}");
	expect(t, STATUS("2"), "id", "2", "the next one is under way");
	f->reload_cb(f->reload_arg, NULL, 85, NULL);
	f->reload_cb = NULL;
	v = hear(t);
	is_text(at(v, "rows", out), "85", "a reload that worked tells the rows");
	json_decref(v);
	json_decref(errors);
	talk_free(t);
}

static void
test_roles(struct fake *f)
{
	struct talk *t;
	uint64_t     bad;
	int64_t	     was;

	ctl_publish_pid(f->ctl, getpid());
	ctl_publish_pid(f->ctl, getppid());
	t = talk_new(f);
	was = ledger_audit_verify(f->core.ledger, &bad);
	expect(t, STATUS("1"), "code", "forbidden", "publish has no role, not even one that has ended");
	is_i64(ledger_audit_verify(f->core.ledger, &bad), was + 1, "which stands in the audit log");
	talk_free(t);
	memset(f->ctl->ids.publish, 0, sizeof(f->ctl->ids.publish));
	if (geteuid() != 0) {
		ok(true, "roles of other users # SKIP needs root to be somebody else");
		return;
	}
	if (seteuid(NOBODY) == -1)
		return;
	t = talk_new(f);
	if (seteuid(0) == -1)
		return;
	expect(t, "{\"id\":1,\"op\":\"hello\",\"socket\":1}", "role", "none", "a stranger has no role");
	expect(t, STATUS("1"), "error", "\"status\" needs the role viewer, and this is none",
	    "and may not even look");
	expect(t, "{\"id\":1,\"op\":\"status\",\"as\":{\"user\":\"x\",\"role\":\"admin\"}}", "error",
	    "only the user simpul-web, root and who started the engine speak for others",
	    "nor speak for others");
	talk_free(t);

	f->ctl->ids.web = NOBODY;
	if (seteuid(NOBODY) == -1)
		return;
	t = talk_new(f);
	if (seteuid(0) == -1)
		return;
	expect(t, STATUS("1"), "ok", "true", "the web server may look");
	expect(t, "{\"id\":1,\"op\":\"flush\"}", "code", "forbidden", "but not change anything");
	expect(t, "{\"id\":1,\"op\":\"flush\",\"as\":{\"user\":\"a\",\"role\":\"noc\"}}", "code", "forbidden",
	    "nor speak for one who may not");
	expect(t, "{\"id\":1,\"op\":\"status\",\"as\":{\"user\":\"a\",\"role\":\"king\"}}", "code",
	    "forbidden", "nor for an unknown role");
	expect(t, "{\"id\":1,\"op\":\"status\",\"as\":{\"user\":\"a\"}}", "code", "bad_request",
	    "nor for half a user");
	expect(t,
	    "{\"id\":1,\"op\":\"probe\",\"object\":\"s001-1\",\"as\":{\"user\":\"a\",\"role\":\"noc\"}}",
	    "ok", "true", "but for one who may");
	talk_free(t);
}

int
main(void)
{
	struct fake *f = fake_new();

	test_requests(f);
	test_no_icmp(f);
	test_paging(f);
	test_ack(f);
	test_record(f);
	test_reload(f);
	test_roles(f);
	fake_free(f);
	return tap_done();
}
