/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * publish_test.c: birth, order, acknowledgement, refusal, a broker that dies and comes back, the Last Will of
 * an engine that is killed, an orderly stop.
 */
#include "tests/unit/publish_mosquitto.h"

static bool
saw_online(struct world *w)
{
	return saw_health(w, "{\"state\":\"online\",\"boot\":7,\"node\":\"main\"");
}

static bool
saw_heartbeat(struct world *w)
{
	const char *p = strstr(w->b.seen, "simpul/v1/test/hb retain=0 qos=0");

	return p != NULL && strstr(p, "{\"boot\":7,\"seq\":41,") != NULL;
}

static bool
saw_last_event(struct world *w)
{
	char want[32];

	snprintf(want, sizeof(want), "{\"n\":%u}", (unsigned)w->next_id);
	return strstr(w->b.seen, want) != NULL;
}

/* Each event in turn; what comes again after a reconnect has been seen before. */
static bool
seen_in_order(const struct world *w, unsigned from, unsigned to)
{
	const char *p = w->b.seen;
	unsigned    n, next = from;

	while ((p = strstr(p, "{\"n\":")) != NULL) {
		if (sscanf(p, "{\"n\":%u}", &n) != 1 || n > next)
			return false;
		if (n == next)
			next++;
		p++;
	}
	return next == to + 1;
}

static void
test_connect(struct world *w)
{
	subscriber_start(w);
	publish_start(w);
	send_plan(w->core, w->socket, 0, "", 7, "main");
	ok(wait_for(w, is_connected), "connects over a Unix socket");
	ok(wait_for(w, saw_online), "birth: health online with the boot number, JSON, UTF-8");
	ok(wait_for(w, saw_heartbeat), "before the first event the heart-beat tells core's number of the last one");
}

static void
test_order(struct world *w)
{
	send_events(w, 100);
	ok(wait_for(w, all_done), "100 events are confirmed");
	ok(done_in_order(w, 0), "in the order in which core sent them");
	ok(wait_for(w, saw_last_event) && seen_in_order(w, 1, 100), "and arrive in it");
	ok(strstr(w->b.seen, "event/major/link.down retain=0 qos=1 type=application/cloudevents+json utf8=1 "
	    "expiry=86400 {\"n\":1}") != NULL, "QoS 1, CloudEvents, UTF-8, one day to live");
}

/* The broker reads its rules again when it comes to it: one message after the other until then. */
static bool
is_refused(struct world *w)
{
	if (!w->state.refuses && all_done(w) && w->next_id < DONE_MAX / 2)
		send_events(w, 1);
	return w->state.refuses;
}

static bool
all_done_and_well(struct world *w)
{
	return all_done(w) && w->state.connected && !w->state.refuses;
}

/* The right to write is taken away for a moment; 20 are more than the window. */
static void
test_refused(struct world *w)
{
	w->next_id = w->ndone = 0;
	acl_write(w, "elsewhere");
	kill(w->b.pid, SIGHUP);
	ok(wait_for(w, is_refused) && strstr(w->state.text, "Not authorized") != NULL,
	    "without the right to write: %s", w->state.text);
	send_events(w, 20);
	ok(!all_done(w), "messages stay");
	acl_write(w, "simpul");
	kill(w->b.pid, SIGHUP);
	ok(wait_for(w, all_done_and_well) && done_in_order(w, 0), "and are taken in order once it is given");
	w->next_id = w->ndone = 0;
	send_item(w, "simpul/v1/test/+/x", false, "{}");
	ok(wait_for(w, all_done) && !w->done[0].ok, "a topic that cannot be is given up: %s",
	    w->done[0].reason);
}

static bool
saw_retained(struct world *w)
{
	return strstr(w->b.seen, "state/link/s001-1 retain=1") != NULL && strstr(w->b.seen,
	    "health retain=1") != NULL;
}

static void
test_retained(struct world *w)
{
	w->next_id = w->ndone = 0;
	send_item(w, "simpul/v1/test/state/link/s001-1", true, "{\"state\":\"up\"}");
	send_item(w, "simpul/v1/test/state/link/s001-2", true, "{\"state\":\"up\"}");
	send_item(w, "simpul/v1/test/state/link/s001-2", true, "");
	wait_for(w, all_done);
	subscriber_stop(w);
	subscriber_start(w);
	ok(wait_for(w, saw_retained), "a later subscriber gets the retained state and the birth");
	ok(strstr(w->b.seen, "s001-2") == NULL, "and not the one that was removed");
}

static void
test_broker_restart(struct world *w)
{
	w->next_id = w->ndone = 0;
	end(&w->b.pid);
	ok(wait_for(w, is_disconnected), "the loss of the broker is told: %s", w->state.text);
	send_events(w, 50);
	subscriber_stop(w);
	ok(broker_start(w), "the broker is back");
	subscriber_start(w);
	ok(wait_for(w, all_done), "what waited is confirmed after the reconnect");
	ok(done_in_order(w, 0), "in order");
	ok(w->state.connected, "the connection is told: %s", w->state.text);
}

static bool
saw_second_online(struct world *w)
{
	return saw_health(w, "{\"state\":\"online\",\"boot\":8,\"node\":\"second\"");
}

static bool
saw_will(struct world *w)
{
	return saw_health(w, "{\"state\":\"offline\",\"boot\":8,\"node\":\"second\"");
}

static void
test_last_will(struct world *w)
{
	pid_t pid = second_engine(w, w->socket, 0, "", 8);

	ok(wait_for(w, saw_second_online), "a second engine inside its sandbox says that it is there");
	end(&pid);
	ok(wait_for(w, saw_will), "killed, its Last Will says offline with the same boot number");
}

static bool
saw_farewell(struct world *w)
{
	return strstr(w->b.seen, "{\"state\":\"offline\",\"boot\":7") != NULL;
}

static void
test_stop(struct world *w)
{
	publish_stop(w->publish);
	ok(wait_for(w, saw_farewell), "an orderly stop says offline, too");
	publish_free(w->publish);
	ipc_free(w->core);
}

int
main(void)
{
	struct world *w = world_new();

	if (w == NULL)
		return 0;
	if (ok(broker_start(w), "Debian's mosquitto listens")) {
		test_connect(w);
		test_order(w);
		test_refused(w);
		test_retained(w);
		test_broker_restart(w);
		test_last_will(w);
		test_stop(w);
		subscriber_stop(w);
	}
	world_free(w);
	return tap_done();
}
