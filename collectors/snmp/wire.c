/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire.c: request-ids, batches, time-outs, and the check of whatever arrives.
 *
 * Every try has a request-id of its own, and its low bits are a place in a table: an id is drawn until its place
 * is free, so that an answer leads to its exchange by one look. A place stays with its id for a while after
 * the exchange is over: what still comes is known to be late, and the id is not used again.
 */
#include "collectors/snmp/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/map.h"

#define BATCH_MAX    64
#define PACE_MAX     256		/* packets in one tick: what comes back fits a socket's buffer */
#define SLOTS_MIN    1024
#define DRAWS_MAX    8			/* places tried before the table grows */
#define ID_LIFE_S    40			/* beyond every time-out */
#define BACKOFF_PART 2			/* each try waits longer than the one before by a half */
#define AGAIN_MAX    4			/* v3: twice a discovery, and its hint at the time put right */
#define JITTER_PART  4			/* and by up to a quarter at random: no retries in step */

struct slot {
	uint32_t	      id;	/* 0: not used yet */
	uint32_t	      closed_s;	/* when x was done with it */
	struct snmp_exchange *x;
};

struct snmp_wire {
	struct loop	   *loop;
	struct packet_io   *io;
	struct wheel	   *wheel;
	struct slot	   *slot;
	size_t		    nslots;		/* a power of two */
	struct nmap	   *peers;		/* key to struct snmp_peer, those of one key in a chain */
	uint32_t	   *queue;		/* request-ids to send: their exchanges may be gone by then */
	size_t		    nqueue, queue_size;
	uint8_t		   *sealed;		/* messages of the batch at hand */
	size_t		    sealed_size;
	int64_t		    pace_tick;		/* the tick at hand */
	size_t		    paced;		/* packets that left in it */
	struct loop_timer   flush;
	struct lag	    lag;
	uint64_t	    counter[WIRE_COUNTERS];
	struct snmp_message msg;		/* the answer at hand */
	struct v3_message   head;		/* v3: its head */
	bool		    is_v3;
	uint8_t		   *plain;		/* v3: what msg points into; NULL before the first */
	uint64_t	    salt;		/* v3: of the next message */
};

struct snmp_wire *
wire_new(struct loop *l, struct packet_io *io, struct wheel *wheel)
{
	struct snmp_wire *w = xcalloc(1, sizeof(*w));

	w->loop = l;
	w->io = io;
	w->wheel = wheel;
	w->nslots = SLOTS_MIN;
	w->slot = xcalloc(w->nslots, sizeof(*w->slot));
	w->peers = nmap_new();
	w->salt = loop_random(l);
	return w;
}

/* Communities are in it. */
static void
sealed_free(struct snmp_wire *w)
{
	if (w->sealed != NULL)
		explicit_bzero(w->sealed, w->sealed_size);
	free(w->sealed);
	w->sealed = NULL;
}

void
wire_free(struct snmp_wire *w)
{
	if (w == NULL)
		return;
	loop_timer_cancel(w->loop, &w->flush);
	nmap_free(w->peers);
	free(w->queue);
	sealed_free(w);
	free(w->slot);
	if (w->plain != NULL)			/* what was encrypted */
		explicit_bzero(w->plain, V3_MESSAGE_MAX);
	free(w->plain);
	free(w);
}

uint64_t
wire_counter(const struct snmp_wire *w, enum wire_counter c)
{
	return w->counter[c];
}

struct lag *
wire_lag(struct snmp_wire *w)
{
	return &w->lag;
}

/* Peers by their address */

static uint32_t
peer_key(const struct addr *a, uint16_t port)
{
	return (uint32_t)hash_u64((uint64_t)port << 32 | addr_hash(a));
}

static struct snmp_peer *
peer_find(const struct snmp_wire *w, const struct addr *a, uint16_t port)
{
	struct snmp_peer *p = nmap_get(w->peers, peer_key(a, port));

	while (p != NULL && !(addr_equal(&p->address, a) && p->port == port))
		p = p->next;
	return p;
}

void
wire_peer_add(struct snmp_wire *w, struct snmp_peer *p)
{
	uint32_t	  key = peer_key(&p->address, p->port);
	struct snmp_peer *at = nmap_get(w->peers, key);

	p->next = NULL;
	if (at == NULL) {
		nmap_add(w->peers, key, p);
		return;
	}
	while (at->next != NULL)
		at = at->next;
	at->next = p;
}

void
wire_peer_remove(struct snmp_wire *w, struct snmp_peer *p)
{
	uint32_t	  key = peer_key(&p->address, p->port);
	struct snmp_peer *at = nmap_get(w->peers, key);

	if (at == p) {
		nmap_remove(w->peers, key);
		if (p->next != NULL)
			nmap_add(w->peers, key, p->next);
		return;
	}
	while (at != NULL && at->next != p)
		at = at->next;
	if (at != NULL)
		at->next = p->next;
}

/* Request-ids */

static struct slot *
slot_of(const struct snmp_wire *w, uint32_t id)
{
	return &w->slot[id & (w->nslots - 1)];
}

static uint32_t
now_s(const struct snmp_wire *w)
{
	return (uint32_t)(loop_mono_ns(w->loop) / NS_PER_S);
}

static bool
slot_is_free(const struct snmp_wire *w, const struct slot *s)
{
	return s->x == NULL && (s->id == 0 || now_s(w) - s->closed_s > ID_LIFE_S);
}

/* Of twice as many places each id has its own again; a place that was not used yet has none, and takes none. */
static void
slots_grow(struct snmp_wire *w)
{
	struct slot *old = w->slot;
	size_t	     n = w->nslots;

	w->nslots *= 2;
	w->slot = xcalloc(w->nslots, sizeof(*w->slot));
	for (size_t i = 0; i < n; i++)
		if (old[i].id != 0)
			*slot_of(w, old[i].id) = old[i];
	free(old);
}

/* A random id that is not open and was not used lately. */
static uint32_t
id_new(struct snmp_wire *w, struct snmp_exchange *x)
{
	for (unsigned draw = 1;; draw++) {
		uint32_t id = SNMP_ID_MIN + (uint32_t)(loop_random(w->loop) % (SNMP_ID_MAX - SNMP_ID_MIN + 1u));

		if (slot_is_free(w, slot_of(w, id))) {
			*slot_of(w, id) = (struct slot){ .id = id, .x = x };
			return id;
		}
		if (draw % DRAWS_MAX == 0)
			slots_grow(w);
	}
}

static struct snmp_exchange *
exchange_find(const struct snmp_wire *w, uint32_t id)
{
	const struct slot *s = slot_of(w, id);

	return s->id == id ? s->x : NULL;
}

/* Messages: how a request is made ready for a try, and how an answer is opened and checked */

static size_t
message_size(const struct snmp_exchange *x)
{
	return x->request->len + (x->peer->v3 != NULL ? V3_OVERHEAD_MAX : 0);
}

/* Write the message of a try into a room of message_size() bytes. It is empty when it cannot be sealed. */
static void
message_seal(struct snmp_wire *w, struct snmp_exchange *x, uint32_t id, uint8_t *room, struct packet_out *out)
{
	struct v3_target *t = x->peer->v3;
	uint8_t		 *request = t != NULL ? w->plain : room;

	memcpy(request, x->request->data, x->request->len);
	snmp_request_patch(request, x->request, (int32_t)id);
	*out = (struct packet_out){ .to = x->peer->address, .port = x->peer->port, .data = room,
		.len = x->request->len };
	if (t == NULL)
		return;
	out->len = v3_target_seal(t, loop_mono_ns(w->loop), (int32_t)id, w->salt++, request, x->request->len,
	    room, message_size(x));
	out->data = room + message_size(x) - out->len;
	x->sealed = t->generation;
}

/* Read a datagram as far as its request-id. @return 0, or -1 with *why */
static int
message_open(struct snmp_wire *w, const struct packet_in *in, uint32_t *id, const char **why)
{
	w->is_v3 = w->plain != NULL && v3_is_version(in->data, in->len);
	if (w->is_v3) {
		if (v3_decode(&w->head, in->data, in->len, why) == -1)
			return -1;
		*id = (uint32_t)w->head.msg_id;
		return 0;
	}
	if (snmp_decode(&w->msg, in->data, in->len, why) == -1)
		return -1;
	*id = (uint32_t)w->msg.request_id;
	return 0;
}

/* Is the message that was opened the answer to this exchange? */
static enum snmp_check
message_check(const struct snmp_wire *w, const struct snmp_exchange *x, uint32_t id)
{
	const struct snmp_expect expect = {
		.request_id = (int32_t)id,
		.version = x->peer->credential.version,
		.community = x->peer->credential.community,
		.community_len = x->peer->credential.community_len,
		.varbinds = x->walk ? NULL : x->request->data + x->request->varbinds_at,
		.varbinds_len = x->walk ? 0 : (size_t)x->request->len - x->request->varbinds_at
	};

	return snmp_response_check(&w->msg, &expect);
}

/* Tries */

static void exchange_try(struct snmp_exchange *x);

/* Is there time for one more try before the deadline of its poll? */
static bool
exchange_may_try(const struct snmp_exchange *x)
{
	return x->tries < x->tries_max && (x->walk || x->peer->deadline_ns == 0 ||
	    x->peer->deadline_ns - loop_mono_ns(x->wire->loop) >= x->peer->timeout_ns / 2);
}

static void
exchange_timeout(void *arg)
{
	struct snmp_exchange *x = arg;

	if (exchange_may_try(x)) {
		x->wire->counter[WIRE_RETRIES]++;
		exchange_try(x);
		return;
	}
	x->wire->counter[WIRE_TIMEOUTS]++;
	exchange_stop(x);
	x->done(x->arg, NULL);
}

/* Which of its tries carries this id? */
static unsigned
try_of(const struct snmp_exchange *x, uint32_t id)
{
	unsigned i = 0;

	while (x->id[i] != id)
		i++;
	return i;
}

/* A later try waits longer, but no try longer than its poll may last. */
static void
timeout_set(struct snmp_exchange *x, int64_t sent_ns)
{
	struct snmp_wire *w = x->wire;
	int64_t		  wait = x->peer->timeout_ns, until;

	for (uint8_t i = 1; i < x->tries; i++)
		wait += wait / BACKOFF_PART;
	wait += (int64_t)(loop_random(w->loop) % (uint64_t)(wait / JITTER_PART + 1));
	until = sent_ns + wait;
	if (!x->walk && x->peer->deadline_ns != 0 && until > x->peer->deadline_ns)
		until = x->peer->deadline_ns;
	wheel_set(w->wheel, &x->timer, until, exchange_timeout, x);
}

/* Write the messages of a batch behind each other, but what cannot be sealed. @return how many */
static size_t
batch_seal(struct snmp_wire *w, struct snmp_exchange **x, uint32_t *id, struct packet_out *out, size_t n)
{
	size_t size = 0, good = 0;
	bool   v3 = false;

	for (size_t i = 0; i < n; i++) {
		size += message_size(x[i]);
		v3 = v3 || x[i]->peer->v3 != NULL;
	}
	if (v3 && w->plain == NULL)
		w->plain = xcalloc(1, V3_MESSAGE_MAX);
	if (size > w->sealed_size) {
		sealed_free(w);
		w->sealed_size = 2 * size;
		w->sealed = xcalloc(w->sealed_size, 1);
	}
	for (size_t i = 0, at = 0; i < n; i++) {
		message_seal(w, x[i], id[i], w->sealed + at, &out[good]);
		at += message_size(x[i]);
		if (out[good].len == 0) {
			w->counter[WIRE_SEND_ERRORS]++;
			x[i]->peer->unsent = true;
			x[i]->peer->complaint = "the request cannot be encrypted";
			timeout_set(x[i], loop_mono_ns(w->loop));
			continue;
		}
		x[good] = x[i];
		id[good++] = id[i];
	}
	return good;
}

/* One batch from the front of the queue; an exchange that was stopped meanwhile is not in the table any more. */
static size_t
batch_send(struct snmp_wire *w, const uint32_t *queue, size_t nqueue)
{
	struct packet_out     out[BATCH_MAX];
	struct snmp_exchange *x[BATCH_MAX];
	uint32_t	      id[BATCH_MAX];
	size_t		      n = 0;

	for (size_t i = 0; i < nqueue; i++)
		if ((x[n] = exchange_find(w, queue[i])) != NULL)
			id[n++] = queue[i];
	n = batch_seal(w, x, id, out, n);
	if (n == 0)
		return 0;
	w->io->ops->send(w->io, PACKET_UDP, out, n);
	w->counter[WIRE_REQUESTS] += n;
	for (size_t i = 0; i < n; i++) {
		struct snmp_peer *p = x[i]->peer;

		x[i]->sent_ns[try_of(x[i], id[i])] = out[i].sent_ns;
		timeout_set(x[i], out[i].sent_ns);
		if (p->planned_ns != 0)
			lag_add(&w->lag, out[i].sent_ns - p->planned_ns);
		p->planned_ns = 0;
		if (out[i].error == 0)
			continue;
		w->counter[WIRE_SEND_ERRORS]++;
		p->unsent = true;
		p->complaint = strerrordesc_np(out[i].error);
	}
	return n;
}

/* Send what is queued, but no more within one tick than its answers have room for. */
static void
wire_flush(void *arg)
{
	struct snmp_wire *w = arg;
	int64_t		  tick = loop_mono_ns(w->loop) / WIRE_TICK_NS;
	size_t		  at = 0, n;

	if (tick != w->pace_tick)
		w->paced = 0;
	w->pace_tick = tick;
	while (at < w->nqueue && w->paced < PACE_MAX) {
		n = w->nqueue - at < BATCH_MAX ? w->nqueue - at : BATCH_MAX;
		if (n > PACE_MAX - w->paced)
			n = PACE_MAX - w->paced;
		w->paced += batch_send(w, w->queue + at, n);
		at += n;
	}
	w->nqueue -= at;
	memmove(w->queue, w->queue + at, w->nqueue * sizeof(*w->queue));
	if (w->nqueue == 0)
		return;
	w->counter[WIRE_PACED] += w->nqueue;
	loop_timer_set(w->loop, &w->flush, (tick + 1) * WIRE_TICK_NS, wire_flush, w);
}

static void
queue_add(struct snmp_wire *w, uint32_t id)
{
	if (w->nqueue == w->queue_size) {
		w->queue_size = 2 * w->queue_size + BATCH_MAX;
		w->queue = xrealloc(w->queue, w->queue_size, sizeof(*w->queue));
	}
	w->queue[w->nqueue++] = id;
	if (!loop_timer_is_set(&w->flush))	/* after all that falls due by now */
		loop_timer_set(w->loop, &w->flush, loop_mono_ns(w->loop), wire_flush, w);
}

static void
exchange_try(struct snmp_exchange *x)
{
	x->id[x->tries] = id_new(x->wire, x);
	x->sent_ns[x->tries] = loop_mono_ns(x->wire->loop);
	queue_add(x->wire, x->id[x->tries++]);
}

void
exchange_start(struct snmp_exchange *x, struct snmp_wire *w, struct snmp_peer *p, unsigned tries)
{
	exchange_stop(x);
	x->wire = w;
	x->peer = p;
	x->tries_max = (uint8_t)tries;
	x->again = 0;
	exchange_try(x);
}

void
exchange_stop(struct snmp_exchange *x)
{
	if (!exchange_is_open(x))
		return;
	wheel_cancel(x->wire->wheel, &x->timer);
	for (unsigned i = 0; i < x->tries; i++) {
		struct slot *s = slot_of(x->wire, x->id[i]);

		s->x = NULL;
		s->closed_s = now_s(x->wire);
	}
	x->tries = 0;
}

/* Answers */

/* A packet that answers nothing we ask: whose is it? */
static void
stray(struct snmp_wire *w, const struct packet_in *in, const char *why)
{
	struct snmp_peer *p = peer_find(w, &in->from, in->port);
	char		  text[ADDR_TEXT_MAX];

	if (p != NULL)
		p->complaint = why;
	log_debug("snmp", "packet of %zu bytes from %s port %u dropped: %s", in->len,
	    addr_text(&in->from, text), in->port, why);
}

static enum wire_counter
counter_of(enum snmp_check check)
{
	switch (check) {
	case SNMP_WRONG_COMMUNITY:
		return WIRE_WRONG_COMMUNITY;
	case SNMP_WRONG_OIDS:
		return WIRE_WRONG_OIDS;
	default:
		return WIRE_WRONG_OTHER;
	}
}

/*
 * v3: open what has come for an exchange, or send its request once more, under the same id, now that more is
 * known of the agent. @return whether there is an answer to look at
 */
static bool
message_unseal(struct snmp_wire *w, struct snmp_exchange *x, uint32_t id)
{
	struct v3_target *t = x->peer->v3;
	const char	 *why = snmp_check_words[SNMP_WRONG_VERSION];
	enum v3_verdict	  v = V3_DROP;

	if (!w->is_v3)
		return true;
	if (t != NULL)
		v = v3_target_take(t, loop_mono_ns(w->loop), x->sealed, &w->head, w->plain, &w->msg, &why);
	if (v == V3_ANSWER)
		return true;
	if (v == V3_AGAIN && x->again < AGAIN_MAX) {
		x->again++;
		w->counter[WIRE_V3_AGAIN]++;
		queue_add(w, id);
		return false;
	}
	w->counter[WIRE_V3_DROPPED]++;
	x->peer->complaint = why;
	return false;
}

void
wire_packet(struct snmp_wire *w, const struct packet_in *in)
{
	struct snmp_exchange *x;
	struct snmp_answer    answer = { .msg = &w->msg, .received_ns = in->received_ns, .len = in->len };
	enum snmp_check	      check;
	const char	     *why = "";
	uint32_t	      id;
	int64_t		      rtt_ns;

	if (message_open(w, in, &id, &why) == -1) {
		w->counter[WIRE_MALFORMED]++;
		stray(w, in, why);
		return;
	}
	if ((x = exchange_find(w, id)) == NULL) {
		if (slot_of(w, id)->id == id) {
			w->counter[WIRE_LATE]++;	/* or a duplicate */
			return;
		}
		w->counter[WIRE_UNMATCHED]++;
		stray(w, in, snmp_check_words[SNMP_WRONG_ID]);
		return;
	}
	if (!addr_equal(&in->from, &x->peer->address) || in->port != x->peer->port) {
		w->counter[WIRE_WRONG_SOURCE]++;
		x->peer->complaint = "answer from another address or port";
		return;
	}
	if (!message_unseal(w, x, id))
		return;
	if ((check = message_check(w, x, id)) != SNMP_MATCHES) {
		w->counter[counter_of(check)]++;
		x->peer->complaint = snmp_check_words[check];
		return;
	}
	w->counter[WIRE_RESPONSES]++;
	/* Set aside right after sending, we take the time of sending too late, and an answer from near can seem older. */
	rtt_ns = in->received_ns - x->sent_ns[try_of(x, id)];
	answer.rtt_s = rtt_ns > 0 ? (double)rtt_ns / NS_PER_S : 0;
	exchange_stop(x);
	x->done(x->arg, &answer);
}
