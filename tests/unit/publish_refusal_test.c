/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The publish process against a broker that refuses. The broker is played, too: on a Unix socket of this
 * process it reads just enough MQTT 5 to note what it is sent and to answer as the test says.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"

#define ITEMS	     12		/* more than the window of 8 */
#define NOTED_MAX    512
#define ACK_GOOD     0x00
#define NOT_ALLOWED  0x87
#define TOPIC_WRONG  0x90
#define QUOTA_USED   0x97

enum { CONNECT = 1, CONNACK = 2, PUBLISH = 3, PUBACK = 4 };	/* packet types (MQTT 5, 2.1.2) */

struct broker {
	int		listen_fd, fd;
	struct loop_io *listen_io, *io;
	uint8_t		in[65536];
	size_t		in_len;
	unsigned	connects;
	bool		silent;			/* confirms nothing */
	bool		no_retain;		/* says at the connection that it keeps no messages */
	uint8_t		refusal;		/* of `refused`: the reason code */
	const char     *refused;		/* the end of a topic; "" = every one; NULL = none */
	unsigned	refuse_times;		/* so often */
	char		sent[NOTED_MAX][16];	/* ends of the topics of items, as they came */
	bool		taken[NOTED_MAX];
	size_t		nsent;
	unsigned	births;			/* health messages taken */
};

#include "tests/unit/publish_world.h"

/* ---- the broker ---- */

/* A client that has hung up misses its answer. */
static void
answer(struct world *w, const void *bytes, size_t len)
{
	if (send(w->b.fd, bytes, len, MSG_NOSIGNAL) == -1)
		printf("# no answer: %s\n", strerror(errno));
}

static bool
ends_with(const char *s, size_t len, const char *end)
{
	size_t n = strlen(end);

	return n <= len && memcmp(s + len - n, end, n) == 0;
}

/* What becomes of this message: 0, or a reason code. */
static uint8_t
judge(struct world *w, const char *topic, size_t len)
{
	if (w->b.refused == NULL || w->b.refuse_times == 0 || !ends_with(topic, len, w->b.refused))
		return ACK_GOOD;
	w->b.refuse_times--;
	return w->b.refusal;
}

static void
publish_packet(struct world *w, int qos, const uint8_t *p)
{
	size_t	    len = (size_t)p[0] << 8 | p[1];
	const char *topic = (const char *)p + 2;
	uint8_t	    ack[5] = { PUBACK << 4, 3, p[2 + len], p[3 + len] };

	if (qos == 0)
		return;
	ack[4] = judge(w, topic, len);
	if (ends_with(topic, len, "/health"))
		w->b.births += ack[4] == ACK_GOOD;
	else if (w->b.nsent < NOTED_MAX) {
		w->b.taken[w->b.nsent] = ack[4] == ACK_GOOD;
		snprintf(w->b.sent[w->b.nsent++], sizeof(w->b.sent[0]), "%.*s", 3, topic + len - 3);
	}
	if (!w->b.silent)
		answer(w, ack, sizeof(ack));
}

/* @return length of the first packet, 0 when it has not all come */
static size_t
packet_take(struct world *w)
{
	static const uint8_t connack[] = { CONNACK << 4, 3, 0, 0, 0 };
	static const uint8_t no_retain[] = { CONNACK << 4, 5, 0, 0, 2, 0x25, 0 };	/* 3.2.2.3.5 */
	size_t		     len = 0, at = 1;
	unsigned	     shift = 0;

	do {
		if (at >= w->b.in_len)
			return 0;
		len |= (size_t)(w->b.in[at] & 0x7f) << shift;
		shift += 7;
	} while (w->b.in[at++] & 0x80);
	if (at + len > w->b.in_len)
		return 0;
	if (w->b.in[0] >> 4 == CONNECT) {
		w->b.connects++;
		if (w->b.no_retain)
			answer(w, no_retain, sizeof(no_retain));
		else
			answer(w, connack, sizeof(connack));
	} else if (w->b.in[0] >> 4 == PUBLISH) {
		publish_packet(w, w->b.in[0] >> 1 & 3, w->b.in + at);
	}
	return at + len;
}

static void
client_gone(struct world *w)
{
	loop_io_free(w->b.io);
	w->b.io = NULL;
	if (w->b.fd != -1)
		close(w->b.fd);
	w->b.fd = -1;
	w->b.in_len = 0;
}

static void
client_read(void *arg, int events)
{
	struct world *w = arg;
	ssize_t	      n = read(w->b.fd, w->b.in + w->b.in_len, sizeof(w->b.in) - w->b.in_len);
	size_t	      used;

	(void)events;
	if (n <= 0) {
		client_gone(w);
		return;
	}
	w->b.in_len += (size_t)n;
	while ((used = packet_take(w)) > 0) {
		w->b.in_len -= used;
		memmove(w->b.in, w->b.in + used, w->b.in_len);
	}
}

static void
client_accept(void *arg, int events)
{
	struct world *w = arg;

	(void)events;
	client_gone(w);
	w->b.fd = accept4(w->b.listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (w->b.fd == -1)
		fatal("accept");
	w->b.io = loop_io_new(w->loop, w->b.fd, LOOP_READ, client_read, w);
}

static void
broker_start(struct world *w)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	text_copy(sa.sun_path, sizeof(sa.sun_path), w->socket);
	w->b.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(w->b.listen_fd, (struct sockaddr *)&sa, sizeof(sa)) == -1 || listen(w->b.listen_fd, 4) == -1)
		fatal("cannot listen on %s", w->socket);
	w->b.listen_io = loop_io_new(w->loop, w->b.listen_fd, LOOP_READ, client_accept, w);
}

/* ---- core ---- */

static void
plan(struct world *w, const char *node)
{
	send_plan(w->core, w->socket, 0, "", 1, node);
}

/* Items whose topics end in 001, 002, ... */
static void
send_items(struct world *w, unsigned n)
{
	char topic[64];

	while (n-- > 0) {
		snprintf(topic, sizeof(topic), "simpul/v1/test/event/%03u", (unsigned)w->next_id + 1);
		send_item(w, topic, false, "{}");
	}
}

/* Start anew with a broker that refuses such topics so often. */
static void
refuse(struct world *w, const char *topic, unsigned times, uint8_t reason)
{
	w->b.refused = topic;
	w->b.refuse_times = times;
	w->b.refusal = reason;
	w->ndone = w->next_id = w->b.nsent = w->b.births = 0;
}

/* ---- what must hold ---- */

static bool
is_refused(struct world *w)
{
	return w->state.refuses;
}

static bool
all_well(struct world *w)
{
	return all_done(w) && !w->state.refuses && w->b.births > 0;
}

/* Where the broker took it for the last time, or -1. */
static int
last_taken(const struct world *w, size_t item)
{
	int i = (int)w->b.nsent;

	while (i-- > 0)
		if (w->b.taken[i] && (size_t)atoi(w->b.sent[i]) == item)
			break;
	return i;
}

/* The last word of each is in its place. */
static bool
taken_in_order(const struct world *w)
{
	size_t item;

	for (item = 1; item <= w->next_id; item++)
		if (last_taken(w, item) <= (item > 1 ? last_taken(w, item - 1) : -1))
			return false;
	return true;
}

/* One in the middle of the window, once: the room of a queue, as it were. */
static void
test_one_refused(struct world *w)
{
	refuse(w, "003", 1, QUOTA_USED);
	send_items(w, ITEMS);
	ok(wait_for(w, is_refused) && w->ndone == 2, "what is refused for now stays, others before are done");
	is_text(w->state.text, "the broker refuses: Quota exceeded (simpul/v1/test/event/003)",
	    "the state says what and why");
	ok(w->state.connected, "while connected");
	ok(wait_for(w, all_well), "it is sent again, and the state is well: %s", w->state.text);
	ok(done_in_order(w, 0), "all are taken, in order");
	ok(taken_in_order(w), "the last word of each reaches the broker in order, too");
}

/* No right to anything for a while. */
static void
test_all_refused(struct world *w)
{
	refuse(w, "", 8 + 1, NOT_ALLOWED);	/* a window, and once more */
	send_items(w, ITEMS);
	ok(wait_for(w, is_refused), "no right to write: %s", w->state.text);
	is_i64((int64_t)w->ndone, 0, "nothing is lost");
	ok(wait_for(w, all_well) && done_in_order(w, 0) && taken_in_order(w),
	    "with the right, all are taken in order, and the birth message is told again");
	is_i64((int64_t)w->b.nsent, 8 + 1 + ITEMS, "until then the first was tried alone");
}

/* What this broker never takes. */
static void
test_never(struct world *w)
{
	refuse(w, "003", 1, TOPIC_WRONG);
	send_items(w, ITEMS);
	ok(wait_for(w, all_done) && done_in_order(w, 3), "a topic that cannot be is given up, others go on");
	is_text(w->done[2].reason, "Topic Name invalid", "with its reason");
	ok(!w->state.refuses, "that is no state of the broker");
}

static bool
was_sent(struct world *w)
{
	return w->b.nsent == w->next_id;
}

/* A new plan ends the connection while messages are under way. */
static void
test_new_plan(struct world *w)
{
	refuse(w, NULL, 0, 0);
	w->b.silent = true;
	send_items(w, 3);
	ok(wait_for(w, was_sent) && w->ndone == 0, "messages are under way");
	w->b.silent = false;
	plan(w, "second");
	ok(wait_for(w, all_done) && done_in_order(w, 0), "they are sent again on the new connection");
}

/* A broker without retained messages, as it says when it accepts the connection. */
static void
test_no_retain(struct world *w)
{
	refuse(w, NULL, 0, 0);
	w->b.no_retain = true;
	plan(w, "third");
	send_item(w, "simpul/v1/test/state/link/s001-1", true, "{}");
	send_items(w, ITEMS - 1);
	ok(wait_for(w, all_done) && done_in_order(w, 0), "all goes to those who listen");
	ok(w->state.connected && w->state.refuses, "the state of the broker says so: %s", w->state.text);
}

int
main(void)
{
	struct world *w = world_make();

	w->b.fd = -1;
	broker_start(w);
	publish_start(w);
	plan(w, "main");
	if (ok(wait_for(w, is_connected), "connects to the played broker")) {
		test_one_refused(w);
		test_all_refused(w);
		test_never(w);
		test_new_plan(w);
		test_no_retain(w);
	}
	publish_free(w->publish);
	ipc_free(w->core);
	client_gone(w);
	loop_io_free(w->b.listen_io);
	close(w->b.listen_fd);
	world_end(w);
	return tap_done();
}
