/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The publish process against a broker that refuses. The broker is played, too: on a Unix socket of this
 * process it reads just enough MQTT 5 to note what it is sent and to answer as the test says. Every wait is
 * for a condition, with a limit after which the test has failed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "proc/proc.h"
#include "tests/unit/tap.h"

#define LIMIT_NS     (20 * NS_PER_S)
#define ITEMS	     12		/* more than the window of 8 */
#define NOTED_MAX    512
#define ACK_GOOD     0x00
#define NOT_ALLOWED  0x87
#define TOPIC_WRONG  0x90
#define QUOTA_USED   0x97

enum { CONNECT = 1, CONNACK = 2, PUBLISH = 3, PUBACK = 4 };	/* packet types (MQTT 5, 2.1.2) */

struct world {
	struct loop	   *loop;
	char		    dir[64], socket[96];
	int		    listen_fd, fd;
	struct loop_io	   *listen_io, *io;
	uint8_t		    in[65536];
	size_t		    in_len;
	unsigned	    connects;
	bool		    silent;		/* confirms nothing */
	bool		    no_retain;		/* says at the connection that it keeps no messages */
	uint8_t		    refusal;		/* of `refused`: the reason code */
	const char	   *refused;		/* the end of a topic; "" = every one; NULL = none */
	unsigned	    refuse_times;	/* so often */
	char		    sent[NOTED_MAX][16];	/* ends of the topics of items, as they came */
	bool		    taken[NOTED_MAX];
	size_t		    nsent;
	unsigned	    births;		/* health messages taken */

	struct publish	   *publish;
	struct ipc_channel *core;
	struct msg_broker_state state;
	struct msg_outbox_done	done[NOTED_MAX];
	size_t		    ndone, nitems;
	struct loop_timer   tick;
	bool		  (*wanted)(struct world *);
	int64_t		    limit_ns;
};

/* ---- waiting ---- */

static void
tick(void *arg)
{
	struct world *w = arg;
	int64_t	      now = loop_mono_ns(w->loop);

	if (w->wanted(w) || now > w->limit_ns)
		loop_stop(w->loop, 0);
	else
		loop_timer_set(w->loop, &w->tick, now + 5 * NS_PER_MS, tick, w);
}

static bool
wait_for(struct world *w, bool (*wanted)(struct world *))
{
	w->wanted = wanted;
	w->limit_ns = loop_mono_ns(w->loop) + LIMIT_NS;
	tick(w);
	if (!wanted(w))
		loop_run(w->loop);
	loop_timer_cancel(w->loop, &w->tick);
	return wanted(w);
}

/* ---- the broker ---- */

/* A client that has hung up misses its answer. */
static void
answer(struct world *w, const void *bytes, size_t len)
{
	if (send(w->fd, bytes, len, MSG_NOSIGNAL) == -1)
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
	if (w->refused == NULL || w->refuse_times == 0 || !ends_with(topic, len, w->refused))
		return ACK_GOOD;
	w->refuse_times--;
	return w->refusal;
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
		w->births += ack[4] == ACK_GOOD;
	else if (w->nsent < NOTED_MAX) {
		w->taken[w->nsent] = ack[4] == ACK_GOOD;
		snprintf(w->sent[w->nsent++], sizeof(w->sent[0]), "%.*s", 3, topic + len - 3);
	}
	if (!w->silent)
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
		if (at >= w->in_len)
			return 0;
		len |= (size_t)(w->in[at] & 0x7f) << shift;
		shift += 7;
	} while (w->in[at++] & 0x80);
	if (at + len > w->in_len)
		return 0;
	if (w->in[0] >> 4 == CONNECT) {
		w->connects++;
		if (w->no_retain)
			answer(w, no_retain, sizeof(no_retain));
		else
			answer(w, connack, sizeof(connack));
	} else if (w->in[0] >> 4 == PUBLISH) {
		publish_packet(w, w->in[0] >> 1 & 3, w->in + at);
	}
	return at + len;
}

static void
client_gone(struct world *w)
{
	loop_io_free(w->io);
	w->io = NULL;
	if (w->fd != -1)
		close(w->fd);
	w->fd = -1;
	w->in_len = 0;
}

static void
client_read(void *arg, int events)
{
	struct world *w = arg;
	ssize_t	      n = read(w->fd, w->in + w->in_len, sizeof(w->in) - w->in_len);
	size_t	      used;

	(void)events;
	if (n <= 0) {
		client_gone(w);
		return;
	}
	w->in_len += (size_t)n;
	while ((used = packet_take(w)) > 0) {
		w->in_len -= used;
		memmove(w->in, w->in + used, w->in_len);
	}
}

static void
client_accept(void *arg, int events)
{
	struct world *w = arg;

	(void)events;
	client_gone(w);
	w->fd = accept4(w->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (w->fd == -1)
		fatal("accept");
	w->io = loop_io_new(w->loop, w->fd, LOOP_READ, client_read, w);
}

static void
broker_start(struct world *w)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	text_copy(w->dir, sizeof(w->dir), "/tmp/simpul-refusal.XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		fatal("mkdtemp");
	snprintf(w->socket, sizeof(w->socket), "%s/broker.sock", w->dir);
	text_copy(sa.sun_path, sizeof(sa.sun_path), w->socket);
	w->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(w->listen_fd, (struct sockaddr *)&sa, sizeof(sa)) == -1 || listen(w->listen_fd, 4) == -1)
		fatal("cannot listen on %s", w->socket);
	w->listen_io = loop_io_new(w->loop, w->listen_fd, LOOP_READ, client_accept, w);
}

/* ---- core ---- */

static void
from_publish(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct world *w = arg;

	(void)ch;
	if (msg->type == IPC_BROKER_STATE)
		msg_broker_state_decode(&w->state, msg->data, msg->len);
	else if (msg->type == IPC_OUTBOX_DONE && w->ndone < NOTED_MAX)
		msg_outbox_done_decode(&w->done[w->ndone++], msg->data, msg->len);
}

static void
send_plan(struct world *w, const char *node)
{
	struct msg_broker_plan m = { .enabled = 1, .boot = 1, .window = 8 };

	text_copy(m.host, sizeof(m.host), w->socket);
	text_copy(m.ns, sizeof(m.ns), "test");
	text_copy(m.node, sizeof(m.node), node);
	msg_broker_plan_send(w->core, IPC_BROKER_PLAN, 0, &m, -1);
}

/* Items whose topics end in 001, 002, ... */
static void
send_items(struct world *w, unsigned n)
{
	struct msg_outbox_item m = { .qos = 1, .payload = (const uint8_t *)"{}", .payload_len = 2 };

	while (n-- > 0) {
		m.id = ++w->nitems;
		snprintf(m.topic, sizeof(m.topic), "simpul/v1/test/event/%03zu", w->nitems);
		msg_outbox_item_send(w->core, IPC_OUTBOX_ITEM, 0, &m, -1);
	}
}

static void
send_state(struct world *w)
{
	struct msg_outbox_item m = { .id = ++w->nitems, .qos = 1, .retain = 1,
		.payload = (const uint8_t *)"{}", .payload_len = 2,
		.topic = "simpul/v1/test/state/link/s001-1" };

	msg_outbox_item_send(w->core, IPC_OUTBOX_ITEM, 0, &m, -1);
}

static void
publish_start(struct world *w)
{
	struct publish_opts o = { .secrets_fd = -1 };
	struct ipc_channel *theirs;

	w->publish = publish_new(w->loop, &o);
	ipc_pair(w->loop, &w->core, "publish", &theirs, "core");
	ipc_handlers(w->core, from_publish, NULL, w);
	publish_attach(w->publish, PROCESS_CORE, "", theirs);
	send_plan(w, "main");
}

/* Start anew with a broker that refuses such topics so often. */
static void
refuse(struct world *w, const char *topic, unsigned times, uint8_t reason)
{
	w->refused = topic;
	w->refuse_times = times;
	w->refusal = reason;
	w->ndone = w->nitems = w->nsent = w->births = 0;
}

/* ---- what must hold ---- */

static bool
is_connected(struct world *w)
{
	return w->state.connected;
}

static bool
is_refused(struct world *w)
{
	return w->state.refuses;
}

static bool
all_done(struct world *w)
{
	return w->nitems > 0 && w->ndone == w->nitems;
}

static bool
all_well(struct world *w)
{
	return all_done(w) && !w->state.refuses && w->births > 0;
}

/* Each reported once, in turn, as taken, but for one (0 = none). */
static bool
done_in_order(const struct world *w, size_t refused)
{
	size_t i;

	for (i = 0; i < w->ndone; i++)
		if (w->done[i].id != i + 1 || w->done[i].ok != (i + 1 != refused))
			return false;
	return true;
}

/* Where the broker took it for the last time, or -1. */
static int
last_taken(const struct world *w, size_t item)
{
	int i = (int)w->nsent;

	while (i-- > 0)
		if (w->taken[i] && (size_t)atoi(w->sent[i]) == item)
			break;
	return i;
}

/* The last word of each is in its place. */
static bool
taken_in_order(const struct world *w)
{
	size_t item;

	for (item = 1; item <= w->nitems; item++)
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
	is_i64((int64_t)w->nsent, 8 + 1 + ITEMS, "until then the first was tried alone");
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
	return w->nsent == w->nitems;
}

/* A new plan ends the connection while messages are under way. */
static void
test_new_plan(struct world *w)
{
	refuse(w, NULL, 0, 0);
	w->silent = true;
	send_items(w, 3);
	ok(wait_for(w, was_sent) && w->ndone == 0, "messages are under way");
	w->silent = false;
	send_plan(w, "second");
	ok(wait_for(w, all_done) && done_in_order(w, 0), "they are sent again on the new connection");
}

/* A broker without retained messages, as it says when it accepts the connection. */
static void
test_no_retain(struct world *w)
{
	refuse(w, NULL, 0, 0);
	w->no_retain = true;
	send_plan(w, "third");
	send_state(w);
	send_items(w, ITEMS - 1);
	ok(wait_for(w, all_done) && done_in_order(w, 0), "all goes to those who listen");
	ok(w->state.connected && w->state.refuses, "the state of the broker says so: %s", w->state.text);
}

int
main(void)
{
	struct world *w = xcalloc(1, sizeof(*w));

	log_quiet(true);
	w->loop = loop_new();
	w->fd = -1;
	broker_start(w);
	publish_start(w);
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
	loop_io_free(w->listen_io);
	close(w->listen_fd);
	unlink(w->socket);
	rmdir(w->dir);
	loop_free(w->loop);
	free(w);
	return tap_done();
}
