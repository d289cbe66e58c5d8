/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ctl_limits_test.c: clients that send too much, read too slowly, or are too many. */
#include "tests/unit/ctl_rig.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "ctl/client.h"

/* Many requests at once by one who does not read: nothing piles up, and all are answered when it reads. */
static void
test_pipelining(struct fake *f)
{
	static const char request[] = "{\"id\":1,\"op\":\"list\",\"kind\":\"link\"}\n";
	struct talk *t = talk_new(f);
	size_t	     sent = 0, answers = 0, at_most = 4000, len = sizeof(request) - 1;
	json_t	    *v;

	loop_io_events(t->io, 0);
	while (sent < at_most && send(t->fd, request, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len)
		sent++;
	wait_ms(t, 50);
	ok(f->ctl->clients != NULL && f->ctl->clients->out.len < 2 * OUT_SOFT,
	    "answers do not pile up for one who does not read");
	loop_io_events(t->io, LOOP_READ);
	while (answers < sent && (v = hear(t)) != NULL) {
		answers++;
		json_decref(v);
	}
	is_i64((int64_t)answers, (int64_t)sent, "and none is missing when it reads");
	talk_free(t);
}

#define SLOW 20	/* answers of about 110 KB each */

static void
test_slow_reader(struct fake *f)
{
	struct talk *t = talk_new(f), *other;
	char	     line[200];
	uint32_t     first = f->tokens, i;

	for (i = 0; i < SLOW; i++) {
		snprintf(line, sizeof(line),
		    "{\"id\":%u,\"op\":\"series\",\"refs\":[\"link/s001-1/rx_bps\"],\"from\":1,\"to\":2,"
		    "\"points\":5000}", i);
		say(t, line);
	}
	loop_io_events(t->io, 0);
	other = talk_new(f);
	expect(other, STATUS("1"), "ok", "true", "another client is served");
	for (i = 0; i < SLOW && f->store[first + i].open; i++)
		store_answers(f, first + i + 1, 5000, true);
	ok(i < SLOW, "a reader more than 1 MiB behind is dropped");
	is_i64(f->forgotten, SLOW - (int64_t)i, "with its open requests");
	expect(other, STATUS("2"), "ok", "true", "and the others go on");
	talk_free(t);
	talk_free(other);
}

static void
test_limits(struct fake *f)
{
	struct talk *t = talk_new(f), *many[CLIENTS_MAX];
	char	    *big = xcalloc(1, REQUEST_LINE_MAX + 200), out[200], line[200];
	uint32_t     i, first = f->tokens;
	json_t	    *v;

	v = ask(t, "GET / HTTP/1.1");
	is_text(at(v, "code", out), "bad_request", "what is not JSON is told so");
	json_decref(v);
	ok((v = hear(t)) == NULL && t->closed, "and hung up on");
	talk_free(t);

	t = talk_new(f);
	memset(big, ' ', REQUEST_LINE_MAX - sizeof(STATUS("1")) + 1);
	strcat(big, STATUS("1"));
	expect(t, big, "ok", "true", "a line of 1 MiB is taken");
	memset(big, ' ', REQUEST_LINE_MAX + 1);
	v = ask(t, big);
	is_text(at(v, "code", out), "too_large", "a longer one is not");
	json_decref(v);
	ok((v = hear(t)) == NULL && t->closed, "and ends the conversation");
	talk_free(t);
	free(big);

	t = talk_new(f);
	for (i = 0; i < CALLS_MAX; i++) {
		snprintf(line, sizeof(line),
		    "{\"id\":%u,\"op\":\"series\",\"refs\":[\"link/s001-1/rx_bps\"],\"from\":1,\"to\":2}", i);
		say(t, line);
	}
	expect(t, STATUS("99"), "code", "busy", "too many requests are open");
	is_i64(f->tokens - first, CALLS_MAX, "just as many as may be");
	talk_free(t);

	for (i = 0; i < CLIENTS_MAX; i++)
		many[i] = talk_new(f);
	for (i = 0; i < CLIENTS_MAX; i++)
		json_decref(ask(many[i], STATUS("1")));
	t = talk_new(f);
	v = hear(t);
	is_text(at(v, "code", out), "busy", "one connection too many is told so");
	json_decref(v);
	ok((v = hear(t)) == NULL && t->closed, "and hung up on");
	talk_free(t);
	for (i = 0; i < CLIENTS_MAX; i++)
		talk_free(many[i]);
	t = talk_new(f);
	expect(t, STATUS("1"), "ok", "true", "when they have gone there is room again");

	say(t, STATUS("1"));
	say(t, STATUS("2"));
	shutdown(t->fd, SHUT_WR);
	json_decref(hear(t));
	v = hear(t);
	is_text(at(v, "id", out), "2", "who sends no more still gets all answers");
	json_decref(v);
	ok((v = hear(t)) == NULL && t->closed, "and then the end");
	talk_free(t);
}

int
main(void)
{
	struct fake *f = fake_new();

	test_pipelining(f);
	test_slow_reader(f);
	f->tokens = f->forgotten = 0;
	test_limits(f);
	fake_free(f);
	return tap_done();
}
