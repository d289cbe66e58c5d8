/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ctl_service_test.c: services at the control socket: lists, one with its facts, why, and asked now. */
#include <math.h>
#include <stdlib.h>

#include "tests/unit/ctl_rig.h"

#include "base/map.h"
#include "ctl/client.h"

static const char services[] = "id,site,kind,target,expect,class,owner,depends,life\n"
    "portal,s001,tcp,10.1.0.1:443,banner=Portal|max_s=2,critical,kominfo,db,live\n"
    "db,s002,tcp,10.1.0.2:5432,,office,,,live\n"
    "later,s001,tcp,10.1.0.1:80,,office,,,planned\n";

struct services {
	struct service_live  service[3], *at[3], *need[1];
	struct service_fact  fact[2];
};

static void
complain_row(void *arg, unsigned line, unsigned column, const char *text)
{
	(void)arg;
	ok(false, "inventory: %u:%u: %s", line, column, text);
}

static void
services_make(struct fake *f, struct services *s)
{
	static const enum service_state states[] = { SERVICE_UNREACHABLE, SERVICE_DOWN, SERVICE_PLANNED };
	struct core			*c = &f->core;

	inventory_read(c->inv, INPUT_SERVICES, services, strlen(services), complain_row, NULL);
	for (size_t i = 0; i < nitems(s->service); i++) {
		struct service_live *v = s->at[i] = &s->service[i];

		*v = (struct service_live){ .service = c->inv->service[i], .site = core_site(c, c->inv->service[i]->site_id),
			.state = states[i], .total_s = 0.25, .ttfb_s = NAN, .seen_up = true,
			.rule.interval_ns = 60 * NS_PER_S };
		snprintf(v->live.ref, sizeof(v->live.ref), "service/%s", v->service->id);
		map_add(c->service_by_id, v->service->id, v);
	}
	c->service = s->at;
	f->site[0].service = s->at;
	f->site[0].nservices = 1;
	s->fact[0] = (struct service_fact){ .name = "cert_days", .value = 24.5 };
	s->fact[1] = (struct service_fact){ .name = "banner", .value = NAN, .text = "Portal 1.0" };
	s->need[0] = &s->service[1];
	s->service[0].fact = s->fact;
	s->service[0].nfacts = nitems(s->fact);
	s->service[0].need = s->need;
	s->service[0].nneeds = 1;
	s->service[0].rounds = (struct link_rounds){ .say = ROUNDS_DOWN, .failed = 3, .last_ns = 1795222990000000000,
		.last_mono_ns = 1 };
	s->service[1].rounds = s->service[0].rounds;
	text_copy(s->service[0].why, sizeof(s->service[0].why), "db, which it needs, is down");
	text_copy(s->service[1].reason, sizeof(s->service[1].reason), "refused");
}

static void
test_all(struct talk *t)
{
	static const char list[] = "{\"id\":1,\"op\":\"list\",\"kind\":\"service\"}";
	static const char trouble[] = "{\"id\":1,\"op\":\"list\",\"kind\":\"service\",\"trouble\":true}";
	static const char get[] = "{\"id\":1,\"op\":\"get\",\"object\":\"service/portal\"}";
	static const char why[] = "{\"id\":1,\"op\":\"why\",\"object\":\"portal\"}";
	json_t		 *v;
	char		  text[200], *all;

	expect(t, list, "items.0.id", "portal", "a list has them in the order of the table");
	expect(t, list, "items.0.state", "unreachable", "with the state that is shown");
	expect(t, list, "items.0.code", "impacted", "and its code");
	expect(t, list, "items.0.reason", "db, which it needs, is down", "why");
	expect(t, list, "items.1.reason", "refused", "also of one that is down by itself");
	v = ask(t, list);
	ok(json_real_value(json_object_get(json_array_get(json_object_get(v, "items"), 0), "cert_days")) == 24.5,
	    "and the days of its certificate");
	json_decref(v);
	expect(t, list, "items.0.facts", "", "but not all facts");
	expect(t, list, "items.2.code", "planned", "planned ones, too");
	v = ask(t, trouble);
	is_i64((int64_t)json_array_size(json_object_get(v, "items")), 2, "trouble: without what is planned");
	json_decref(v);
	expect(t, get, "object", "service/portal", "one by its reference");
	expect(t, get, "expect", "banner=Portal|max_s=2", "with what is expected");
	expect(t, get, "facts.1.text", "Portal 1.0", "and what stood beside its results");
	v = ask(t, why);
	all = json_dumps(json_object_get(v, "evidence"), 0);
	ok(strstr(all, "it needs db, which is down") != NULL && strstr(all, "banner: Portal 1.0") != NULL,
	    "why: what it needs, and the facts");
	free(all);
	json_decref(v);
	expect(t, "{\"id\":1,\"op\":\"why\",\"object\":\"site/s001\"}", "services.0.state", "unreachable",
	    "a site shows what is served there");
	expect(t, STATUS("1"), "services.down", "1", "status counts them");
	expect(t, "{\"id\":1,\"op\":\"probe\",\"object\":\"service/db\"}", "ok", "true", "asked now");
	expect(t, "{\"id\":1,\"op\":\"probe\",\"object\":\"service/later\"}", "code", "busy", "not what nobody asks");
	expect(t, "{\"id\":1,\"op\":\"get\",\"object\":\"service/portl\"}", "nearest", "service/portal",
	    "a slip of the pen is helped");
	expect(t, "{\"id\":1,\"op\":\"push\",\"service\":\"backup\",\"token\":\"0123456789abcdef\",\"size\":1000,"
	    "\"duration_ms\":2500}", "ok", "true", "a job reports; without a status it has ended well");
	expect(t, "{\"id\":1,\"op\":\"push\",\"service\":\"backup\",\"token\":\"0123456789abcdeg\"}", "code", "forbidden",
	    "with a wrong token it is refused");
	expect(t, "{\"id\":1,\"op\":\"push\",\"service\":\"backup\",\"token\":\"0123456789abcdef\",\"status\":\"bad\"}", "code",
	    "busy", "and when it comes too often");
	v = ask(t, SERIES("1", "service/portal/total"));
	ok(strstr(at(v, "error", text), "total_s") != NULL, "as of a series: %s", text);
	json_decref(v);
}

int
main(void)
{
	struct fake    *f = fake_new();
	struct services *s = xcalloc(1, sizeof(*s));
	struct talk    *t = talk_new(f);

	services_make(f, s);
	test_all(t);
	talk_free(t);
	fake_free(f);
	free(s);
	return tap_done();
}
