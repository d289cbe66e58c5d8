/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * publish_world.h: the publish process with the test as its core, on a real loop. The broker is the test's: before it
 * includes this it defines struct broker, which is reached at a Unix socket in the world's directory. Every wait is
 * for a condition, with a limit after which the test has failed.
 */
#ifndef SIMPUL_TEST_PUBLISH_WORLD_H
#define SIMPUL_TEST_PUBLISH_WORLD_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "publish/publish.h"
#include "tests/unit/tap.h"

#define LIMIT_NS (120 * NS_PER_S)
#define DONE_MAX 512

struct world {
	struct loop	   *loop;
	char		    dir[64], socket[96];
	struct broker	    b;
	struct publish	   *publish;
	struct ipc_channel *core;
	struct msg_broker_state state;
	struct msg_outbox_done	done[DONE_MAX];
	size_t		    ndone;
	uint64_t	    next_id;		/* of the last item sent */
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

__attribute__((unused)) static bool
is_connected(struct world *w)
{
	return w->state.connected;
}

__attribute__((unused)) static bool
is_disconnected(struct world *w)
{
	return !w->state.connected;
}

__attribute__((unused)) static bool
all_done(struct world *w)
{
	return w->ndone == w->next_id;
}

/* Each reported once, in turn, as taken, but for one (0 = none). */
__attribute__((unused)) static bool
done_in_order(const struct world *w, size_t refused)
{
	size_t i;

	for (i = 0; i < w->ndone; i++)
		if (w->done[i].id != i + 1 || w->done[i].ok != (i + 1 != refused))
			return false;
	return true;
}

/* ---- core ---- */

static void
from_publish(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct world *w = arg;

	(void)ch;
	if (msg->type == IPC_BROKER_STATE)
		msg_broker_state_decode(&w->state, msg->data, msg->len);
	else if (msg->type == IPC_OUTBOX_DONE && w->ndone < DONE_MAX)
		msg_outbox_done_decode(&w->done[w->ndone++], msg->data, msg->len);
}

static void
send_plan(struct ipc_channel *to, const char *host, uint16_t port, const char *ca_file, uint32_t boot,
    const char *node)
{
	struct msg_broker_plan m = { .enabled = 1, .boot = boot, .window = 8, .seq = 41, .port = port };

	text_copy(m.host, sizeof(m.host), host);
	text_copy(m.ns, sizeof(m.ns), "test");
	text_copy(m.ca_file, sizeof(m.ca_file), ca_file);
	text_copy(m.node, sizeof(m.node), node);
	text_copy(m.version, sizeof(m.version), "0.0.1");
	msg_broker_plan_send(to, IPC_BROKER_PLAN, 0, &m, -1);
}

static void
send_item(struct world *w, const char *topic, bool retain, const char *payload)
{
	struct msg_outbox_item m = {
		.id = ++w->next_id, .seq = 100 + w->next_id, .qos = 1, .retain = retain, .expiry_s = 86400,
		.payload = (const uint8_t *)payload, .payload_len = (uint32_t)strlen(payload),
	};

	text_copy(m.topic, sizeof(m.topic), topic);
	msg_outbox_item_send(w->core, IPC_OUTBOX_ITEM, 0, &m, -1);
}

static void
publish_start(struct world *w)
{
	struct publish_opts o = { .secrets_fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	struct ipc_channel *theirs;

	w->state = (struct msg_broker_state){ 0 };
	w->publish = publish_new(w->loop, &o);
	ipc_pair(w->loop, &w->core, "publish", &theirs, "core");
	ipc_handlers(w->core, from_publish, NULL, w);
	publish_attach(w->publish, PROCESS_CORE, "", theirs);
}

/* ---- the world ---- */

/* Broker and process are still to be started. @return owned */
static struct world *
world_make(void)
{
	struct world *w = xcalloc(1, sizeof(*w));

	signal(SIGPIPE, SIG_IGN);
	log_quiet(true);
	w->loop = loop_new();
	text_copy(w->dir, sizeof(w->dir), "/tmp/simpul-publish.XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		fatal("mkdtemp");
	snprintf(w->socket, sizeof(w->socket), "%s/broker.sock", w->dir);
	return w;
}

/* When process and broker have ended, and the directory is empty but for the socket. */
static void
world_end(struct world *w)
{
	unlink(w->socket);
	rmdir(w->dir);
	loop_free(w->loop);
	free(w);
}

#endif
