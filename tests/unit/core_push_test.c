/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_push_test.c: jobs that report by themselves: their tokens, late, failed, shrinking, over a restart. */
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "base/log.h"
#include "core/push.h"
#include "tests/unit/core_world.h"
#include "tests/unit/tap.h"

#define TOKEN "0123456789abcdefXYZ"
#define HOUR  3600.0

static void
token_write(struct world *w, const char *text, mode_t mode)
{
	char path[128];
	int  fd;

	snprintf(path, sizeof(path), "%s/backup-token", w->dir);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT, mode);
	if (fd == -1 || write(fd, text, strlen(text)) == -1)
		fatal("%s", path);
	close(fd);
}

static struct world *
town(uint64_t seed)
{
	static const char csv[] = "id,site,kind,target,expect,class,life\n"
	    "backup,a,push,backup-token,every=24h|late=26h|min_size=90%|max_s=600,office,live\n";
	struct world	 *w = world_new(seed, true);

	w->input[INPUT_SERVICES].text = xstrdup(csv);
	w->input[INPUT_SERVICES].len = strlen(csv);
	token_write(w, TOKEN "\n", 0600);
	world_settle(w);
	world_reload(w, true);
	world_run(w, 5);
	world_events(w);
	return w;
}

static enum push_answer
report(struct world *w, const char *status, double size, double duration_s)
{
	struct push_report r = { .size = size, .duration_s = duration_s };
	enum push_answer   a;

	text_copy(r.status, sizeof(r.status), status);
	a = core_push(w->core, "backup", TOKEN, &r);
	world_run(w, 10);
	return a;
}

static const char *
word(const struct world *w, const char *topic, const char *key)
{
	const char *text = json_string_value(json_object_get(world_doc(w, topic), key));

	return text != NULL ? text : "-";
}

static void
test_terms(void)
{
	static const struct { const char *expect; bool good; } cases[] = {
		{ "every=24h|late=26h|min_size=90%|max_s=600", true }, { "every=30m", true }, { "every=7d|late=8d", true },
		{ "", false }, { "late=26h", false }, { "every=24", false }, { "every=24h|late=23h", false },
		{ "every=1h|min_size=0.9", false }, { "every=1h|min_size=101%", false }, { "every=-1h", false },
		{ "evry=1h", false }, { "every=1h|max_s=x", false }, { "every=1e9d", false },
	};
	struct push_terms t;
	char		  why[300];

	for (size_t i = 0; i < nitems(cases); i++)
		ok((push_terms_parse(&t, cases[i].expect, why, sizeof(why)) == 0) == cases[i].good, "\"%s\" is %s",
		    cases[i].expect, cases[i].good ? "taken" : "refused");
	push_terms_parse(&t, "every=24h|late=26h|min_size=90%|max_s=600", why, sizeof(why));
	ok(t.late_ns == 26 * 3600 * NS_PER_S && t.min_ratio == 0.9 && t.max_s == 600, "as it is written");
}

static void
test_token(void)
{
	static const char *const wrong[] = { "", "0", "0123456789abcdefXY", TOKEN "Z", "0123456789abcdefXYz" };
	struct world	  *w = town(1);
	struct push_report r = { .status = "ok", .size = NAN, .duration_s = NAN };

	for (size_t i = 0; i < nitems(wrong); i++)
		is_i64(core_push(w->core, "backup", wrong[i], &r), PUSH_REFUSED, "a wrong token");
	is_i64(core_push(w->core, "nobody", TOKEN, &r), PUSH_REFUSED, "a service that there is not");
	token_write(w, "short\n", 0600);
	is_i64(core_push(w->core, "backup", "short", &r), PUSH_REFUSED, "a token that could be guessed");
	token_write(w, TOKEN "\n", 0644);
	is_i64(core_push(w->core, "backup", TOKEN, &r), PUSH_REFUSED, "a file that others may read");
	token_write(w, TOKEN "\n", 0600);
	is_i64(core_push(w->core, "backup", TOKEN, &r), PUSH_TAKEN, "the right one");
	is_i64(core_push(w->core, "backup", TOKEN, &r), PUSH_TOO_OFTEN, "at most once a second");
	world_free(w);
}

static void
test_late(void)
{
	struct world *w = town(2);

	is_text(world_state(w, "service/backup"), "unknown", "before the first report nothing is known");
	world_run(w, 30 * HOUR);
	is_text(world_faults(w), "", "one that has never reported is not told");
	is_i64(report(w, "ok", 1000, 60), PUSH_TAKEN, "a report");
	is_text(world_state(w, "service/backup"), "ok", "ok");
	world_run(w, 20 * HOUR);
	world_restart(w);
	world_run(w, 5 * HOUR);
	is_text(world_faults(w), "", "25 hours: not late yet");
	world_run(w, 2 * HOUR);
	is_text(world_faults(w), "service.down service/backup; incident.opened incident/inc-1",
	    "27 hours, over a restart: late");
	ok(strncmp(word(w, "state/service/backup", "reason"), "late: the last report came at 2026-", 34) == 0,
	    "with the time of the last: %s", word(w, "state/service/backup", "reason"));
	world_restart(w);
	world_run(w, 2);
	ok(strncmp(word(w, "state/service/backup", "reason"), "late: ", 6) == 0 &&
	    service_fact(core_service(w->core, "backup"), "last_success") != NULL, "remembered with its reason and facts");
	world_run(w, 60);
	is_text(world_faults(w), "", "told once");
	report(w, "ok", 1000, 60);
	is_text(world_faults(w), "service.up service/backup; incident.closed incident/inc-1", "it reports: over");
	world_free(w);
}

static void
test_failed(void)
{
	struct world *w = town(3);
	const json_t *facts;

	report(w, "ok", 1000, 60);
	report(w, "disk full", 0, 5);
	is_text(world_faults(w), "service.down service/backup; incident.opened incident/inc-1", "it failed");
	is_text(word(w, "state/service/backup", "reason"), "failed: it reported \"disk full\"", "as it says");
	report(w, "no tape", 0, 5);
	facts = json_object_get(world_doc(w, "incident/inc-1"), "evidence");
	is_text(json_string_value(json_object_get(json_array_get(facts, json_array_size(facts) - 1), "fact")),
	    "backup: failed: it reported \"no tape\"", "another reason is noted in its incident");
	world_cut(w, "a-1", true);
	world_run(w, 60);
	is_text(world_state(w, "service/backup"), "down", "what it said holds, whatever its line does");
	world_free(w);
}

static void
test_shrinking(void)
{
	struct world *w = town(4);

	for (int k = 0; k < 7; k++) {
		report(w, "ok", 1000 + k, 60);
		if (k == 4)
			world_restart(w);
		world_run(w, 24 * HOUR);
	}
	is_text(world_faults(w), "", "much alike: nothing to tell");
	report(w, "ok", 800, 60);
	is_text(world_faults(w), "service.degraded service/backup; incident.opened incident/inc-1",
	    "less than 90 % of the median: shrinking");
	is_text(world_state(w, "service/backup"), "degraded", "degraded");
	ok(strncmp(word(w, "state/service/backup", "reason"), "shrinking: 800 octets, less than 90 % of the usual 1003", 52)
	    == 0, "%s", word(w, "state/service/backup", "reason"));
	world_run(w, 24 * HOUR);
	report(w, "ok", 1010, 60);
	is_text(world_faults(w), "service.restored service/backup; incident.closed incident/inc-1", "as large again");
	world_run(w, 24 * HOUR);
	report(w, "ok", 1010, 700);
	is_text(world_faults(w), "service.degraded service/backup; incident.opened incident/inc-2", "it takes too long");
	world_free(w);
}

int
main(void)
{
	test_terms();
	test_token();
	test_late();
	test_failed();
	test_shrinking();
	return tap_done();
}
