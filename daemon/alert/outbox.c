/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outbox.c: committed messages go to publish in their order, a window at a time; what the broker has
 * confirmed is deleted with the next transaction. A message that was sent and not confirmed is sent again
 * after a restart, with the same id. One that the channel does not take stops those behind it, too: the next
 * confirmation or turn begins with it.
 *
 * While publishing is switched off (mqtt.enabled) nothing is added: events stay in the ledger, and all states
 * are told anew at the next connection. The emptying of a topic is added all the same, as nobody would do it
 * later; there is at most one of each topic.
 */
#include "alert/alert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define PAYLOAD_MAX (IPC_PAYLOAD_MAX - 512)	/* leaves room for the topic and the numbers of a frame */
#define WINDOW	    100				/* messages that publish has and has not confirmed */

struct outbox {
	uint64_t  sent_id;		/* the last row that publish was given */
	unsigned  in_flight;
	bool	  stuck;		/* the channel has refused one: no more in this walk */
	uint64_t *done;			/* confirmed, still to be deleted */
	size_t	  ndone, done_room;
};

int
outbox_add(struct core *c, const char *topic, bool retain, uint32_t expiry_s, uint64_t seq, const char *text)
{
	struct ledger_outbox m = { .seq = seq, .qos = 1, .retain = retain, .expiry_s = expiry_s };

	if (c->set.publish_off && text != NULL)
		return 0;
	snprintf(m.topic, sizeof(m.topic), "simpul/v1/%s/%s", c->set.ns, topic);
	m.payload = text != NULL ? text : "";
	m.payload_len = text != NULL ? strlen(text) : 0;
	if (m.payload_len > PAYLOAD_MAX) {
		log_warnx("%s: a message of %zu bytes is longer than any frame: left out", m.topic,
		    m.payload_len);
		return 0;
	}
	return ledger_outbox_add(c->ledger, &m);
}

static void
send_item(void *arg, const struct ledger_outbox *m)
{
	struct core	      *c = arg;
	struct outbox	      *o = c->outbox;
	struct msg_outbox_item item = {
		.id = m->id,
		.seq = m->seq,
		.qos = m->qos,
		.retain = m->retain,
		.expiry_s = m->expiry_s,
		.payload = m->payload,
		.payload_len = (uint32_t)m->payload_len,
	};

	if (o->stuck)
		return;
	text_copy(item.topic, sizeof(item.topic), m->topic);
	if (msg_outbox_item_send(c->publish, IPC_OUTBOX_ITEM, 0, &item, -1) == -1) {
		o->stuck = true;
		return;
	}
	o->sent_id = m->id;
	o->in_flight++;
}

void
outbox_pump(struct core *c)
{
	struct outbox *o = c->outbox;

	o->stuck = false;
	if (c->publish != NULL && c->conf != NULL && o->in_flight < WINDOW)
		ledger_outbox_each(c->ledger, o->sent_id, WINDOW - o->in_flight, send_item, c);
}

void
outbox_restart(struct core *c)
{
	c->outbox->sent_id = 0;
	c->outbox->in_flight = 0;
	outbox_pump(c);
}

void
outbox_done(struct core *c, const struct msg_outbox_done *d)
{
	struct outbox *o = c->outbox;

	if (!d->ok)
		log_debug("outbox", "message %llu is given up: %s", (unsigned long long)d->id, d->reason);
	if (o->in_flight > 0)
		o->in_flight--;
	if (o->ndone == o->done_room) {
		o->done_room = o->done_room * 2 + WINDOW;
		o->done = xrealloc(o->done, o->done_room, sizeof(*o->done));
	}
	o->done[o->ndone++] = d->id;
	core_wake(c);
}

bool
outbox_is_due(const struct core *c)
{
	return c->outbox->ndone > 0;
}

int
outbox_write_done(struct core *c)
{
	size_t k;

	for (k = 0; k < c->outbox->ndone; k++)
		if (ledger_outbox_done(c->ledger, c->outbox->done[k]) == -1)
			return -1;
	return 0;
}

void
outbox_written_done(struct core *c)
{
	c->outbox->ndone = 0;
}

void
outbox_init(struct core *c)
{
	c->outbox = xcalloc(1, sizeof(*c->outbox));
}

void
outbox_fini(struct core *c)
{
	free(c->outbox->done);
	free(c->outbox);
}
