/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ctl_series_test.c: what store is asked for: series and flushes, in any order, and given up by those who ask. */
#include "tests/unit/ctl_rig.h"

/* One frame of an answer has been lost on the way; store has no room for another. */
static void
test_series_cut(struct fake *f, struct talk *t)
{
	struct msg_end end = { .ok = 1, .count = 7 };
	char	       out[200];
	json_t	      *v;

	say(t, SERIES("1", "link/s001-1/rx_bps"));
	expect(t, STATUS("3"), "id", "3", "one is open");
	store_end(f, f->tokens, &end);
	v = hear(t);
	is_text(at(v, "error", out), "0 of the 7 rows of store's answer have come",
	    "an answer that has been cut is not given as if it were whole");
	is_text(at(v, "code", out), "internal", "but as an error");
	json_decref(v);
	say(t, SERIES("1", "link/s001-1/rx_bps"));
	expect(t, STATUS("3"), "id", "3", "one is open");
	end = (struct msg_end){ .busy = 1, .error = "try again" };
	store_end(f, f->tokens, &end);
	v = hear(t);
	is_text(at(v, "code", out), "busy", "a store that is busy is told as such");
	is_text(at(v, "error", out), "try again", "in its words");
	json_decref(v);
}

static void
test_series(struct fake *f)
{
	struct talk *t = talk_new(f);
	char	     out[200];
	uint32_t     first = f->tokens;
	json_t	    *v;

	say(t, SERIES("1", "link/s001-1/rx_bps"));
	say(t, SERIES("2", "link/s002-1/rtt_p50_s"));
	expect(t, STATUS("3"), "id", "3", "a later request may be answered first");
	expect(t, SERIES("1", "link/s001-1/rx_bps"), "error", "request 1 is still open",
	    "the id of an open request is taken");
	store_answers(f, first + 2, 3, true);
	v = hear(t);
	is_text(at(v, "id", out), "2", "store answers the second one first");
	is_text(at(v, "t.0", out), "1795222860", "with the end of each interval");
	is_near(json_real_value(json_array_get(json_array_get(json_object_get(v, "v"), 0), 0)), 1234567.125,
	    0, "with its values");
	is_text(at(v, "v.0.1", out), "null", "and null where nothing is known");
	json_decref(v);
	store_answers(f, first + 1, 0, false);
	v = hear(t);
	is_text(at(v, "error", out), "store did not say why", "an error of store is told");
	is_text(at(v, "code", out), "internal", "as what it is");
	json_decref(v);
	test_series_cut(f, t);
	expect(t, SERIES("4", "link/s01-1/rx_bps"), "error",
	    "there is no link/s01-1; the nearest is link/s001-1", "no such line");
	expect(t, SERIES("4", "link/s001-1/rx_pbs"), "error", "a link has no rx_pbs; the nearest is rx_bps",
	    "no such value");
	expect(t, SERIES("4", "nonsense"), "code", "not_found", "no such series");
	expect(t, "{\"id\":4,\"op\":\"series\",\"refs\":[\"link/s001-1/rx_bps\"],\"from\":5,\"to\":5}",
	    "error", "\"from\" must be before \"to\"", "an empty interval");
	expect(t, "{\"id\":4,\"op\":\"series\",\"refs\":[\"link/s001-1/rx_bps\",\"link/s001-1/tx_bps\"],"
	    "\"from\":5,\"to\":50,\"points\":20000}", "code", "too_large",
	    "more values than a line can hold");
	f->store_away = true;
	expect(t, SERIES("4", "link/s001-1/rx_bps"), "code", "busy", "store is away");
	f->store_away = false;
	say(t, SERIES("5", "link/s001-1/rx_bps"));
	say(t, "{\"id\":6,\"op\":\"flush\",\"object\":\"link/s001-1\"}");
	expect(t, STATUS("7"), "id", "7", "while two are open");
	f->store[f->tokens - 2].cb(f->store[f->tokens - 2].arg, NULL);
	v = hear(t);
	is_text(at(v, "code", out), "busy", "store has ended meanwhile");
	json_decref(v);
	is_i64(f->asked, IPC_FLUSH, "flush asks store");
	store_answers(f, f->tokens, 0, true);
	v = hear(t);
	is_text(at(v, "files", out), "0", "and tells how many files were written");
	json_decref(v);
	expect(t, "{\"id\":6,\"op\":\"flush\",\"object\":\"s001\"}", "code", "not_found",
	    "a site has no file");

	say(t, SERIES("8", "link/s001-1/rx_bps"));
	expect(t, STATUS("9"), "id", "9", "one is open again");
	is_i64(f->forgotten, 0, "nothing was forgotten so far");
	talk_free(t);
	t = talk_new(f);
	expect(t, STATUS("1"), "ok", "true", "another client is served");
	is_i64(f->forgotten, 1, "and the request of the one that hung up is forgotten");
	talk_free(t);
}

int
main(void)
{
	struct fake *f = fake_new();

	test_series(f);
	fake_free(f);
	return tap_done();
}
