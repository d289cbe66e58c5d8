/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ctl_events_test.c: subscriptions to the stream of events: replay, topics, what was trimmed. */
#include "tests/unit/ctl_rig.h"

static void
add_event(struct fake *f, const char *kind, const char *subject)
{
	struct ledger_event e = { .id = "0192f0c1-0000-7000-8000-000000000000", .severity = "major",
		.time_ns = 1795222923004000000, .incident = 1, .payload = "{}" };

	text_copy(e.kind, sizeof(e.kind), kind);
	text_copy(e.subject, sizeof(e.subject), subject);
	ledger_event_add(f->core.ledger, &e);
	ctl_event(f->ctl);
}

static void
test_events(struct fake *f)
{
	struct talk *t = talk_new(f);
	char	     out[200];
	json_t	    *v;

	add_event(f, "site.isolated", "site/s001");
	add_event(f, "link.down", "link/s002-1");
	add_event(f, "site.restored", "site/s001");
	expect(t, "{\"id\":6,\"op\":\"subscribe\",\"topics\":[\"site\",\"incident\"],\"after\":0}", "seq",
	    "3", "subscribing tells the last event");
	v = hear(t);
	is_text(at(v, "items.0.1", out), "isolated", "what came before is replayed");
	is_text(at(v, "items.0.0", out), "s001", "with the object");
	is_text(at(v, "items.0.2", out), "2026-11-21T01:02:03.004Z", "and the time");
	json_decref(v);
	v = hear(t);
	is_text(at(v, "seq", out), "3", "other topics are left out");
	json_decref(v);
	add_event(f, "incident.opened", "incident/inc-1");
	v = hear(t);
	is_text(at(v, "ev", out), "incident", "a new event arrives");
	is_text(at(v, "id", out), "6", "under the id of the subscription");
	json_decref(v);
	expect(t, "{\"id\":7,\"op\":\"subscribe\",\"after\":9}", "error", "the last event is 4",
	    "nobody can be ahead");
	expect(t, "{\"id\":7,\"op\":\"subscribe\",\"topics\":[\"sites\"]}", "error",
	    "there is no such topic; did you mean \"site\"?", "an unknown topic");
	expect(t, "{\"id\":6,\"op\":\"cancel\"}", "ok", "true", "a subscription is cancelled");
	expect(t, "{\"id\":6,\"op\":\"cancel\"}", "code", "not_found", "once");
	add_event(f, "site.isolated", "site/s001");
	expect(t, STATUS("8"), "id", "8", "and nothing more comes of it");
	ledger_event_trim(f->core.ledger, INT64_MAX);
	expect(t, "{\"id\":9,\"op\":\"subscribe\",\"after\":2}", "missed", "3",
	    "events that were trimmed are counted");
	add_event(f, "link.up", "link/s002-1");
	v = hear(t);
	is_text(at(v, "seq", out), "6", "and the stream goes on");
	json_decref(v);
	talk_free(t);
}

int
main(void)
{
	struct fake *f = fake_new();

	test_events(f);
	fake_free(f);
	return tap_done();
}
