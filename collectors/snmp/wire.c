/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire.c: request-ids, batches, time-outs, and the check of whatever arrives. */
#include "collectors/snmp/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/map.h"

#define BATCH_MAX   64
#define ID_LIFE_NS  (40 * NS_PER_S)	/* an id is not used again for this long: beyond every time-out */
#define JITTER_PART 4			/* time-outs are longer by up to a quarter: no retries in step */

struct snmp_wire {
	struct loop	   *loop;
	struct packet_io   *io;
	struct nmap	   *open;		/* request-id to struct snmp_exchange */
	struct nmap	   *used[2];		/* request-ids of this and of the former half of ID_LIFE */
	int64_t		    used_since_ns;
	struct map	   *peers;		/* key to struct snmp_peer */
	uint32_t	    queue[BATCH_MAX];	/* request-ids to send: their exchanges may be gone by then */
	size_t		    nqueue;
	struct loop_timer   flush;
	uint64_t	    counter[WIRE_COUNTERS];
	struct snmp_message msg;		/* the answer at hand */
};

struct snmp_wire *
wire_new(struct loop *l, struct packet_io *io)
{
	struct snmp_wire *w = xcalloc(1, sizeof(*w));

	w->loop = l;
	w->io = io;
	w->open = nmap_new();
	w->used[0] = nmap_new();
	w->used[1] = nmap_new();
	w->peers = map_new();
	return w;
}

void
wire_free(struct snmp_wire *w)
{
	if (w == NULL)
		return;
	loop_timer_cancel(w->loop, &w->flush);
	nmap_free(w->open);
	nmap_free(w->used[0]);
	nmap_free(w->used[1]);
	map_free(w->peers);
	free(w);
}

uint64_t
wire_counter(const struct snmp_wire *w, enum wire_counter c)
{
	return w->counter[c];
}

static void
peer_key(char *key, size_t size, const struct addr *a, uint16_t port)
{
	char text[ADDR_TEXT_MAX];

	snprintf(key, size, "%s %u", addr_text(a, text), port);
}

void
wire_peer_add(struct snmp_wire *w, struct snmp_peer *p)
{
	peer_key(p->key, sizeof(p->key), &p->address, p->port);
	map_add(w->peers, p->key, p);
}

void
wire_peer_remove(struct snmp_wire *w, struct snmp_peer *p)
{
	if (map_get(w->peers, p->key) == p)
		map_remove(w->peers, p->key);
}

/* A random request-id that is not open and was not used lately. */
static int32_t
id_new(struct snmp_wire *w)
{
	int64_t	 now = loop_mono_ns(w->loop);
	uint32_t id;

	if (now - w->used_since_ns > ID_LIFE_NS) {
		nmap_free(w->used[1]);
		w->used[1] = w->used[0];
		w->used[0] = nmap_new();
		w->used_since_ns = now;
	}
	do {
		id = SNMP_ID_MIN + (uint32_t)(loop_random(w->loop) % (SNMP_ID_MAX - SNMP_ID_MIN + 1u));
	} while (nmap_get(w->used[1], id) != NULL || nmap_add(w->used[0], id, w) == -1);
	return (int32_t)id;
}

static void exchange_try(struct snmp_exchange *x);

static void
exchange_timeout(void *arg)
{
	struct snmp_exchange *x = arg;

	if (x->tries < x->tries_max) {
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

	while (x->id[i] != (int32_t)id)
		i++;
	return i;
}

/*
 * Send what is queued. An exchange that was queued twice or stopped meanwhile is not in the table any more.
 */
static void
wire_flush(void *arg)
{
	struct snmp_wire     *w = arg;
	struct packet_out     out[BATCH_MAX];
	struct snmp_exchange *x[BATCH_MAX];
	uint32_t	      id[BATCH_MAX];
	size_t		      n = 0;

	for (size_t i = 0; i < w->nqueue; i++) {
		if ((x[n] = nmap_get(w->open, w->queue[i])) == NULL)
			continue;
		id[n] = w->queue[i];
		snmp_request_patch(&x[n]->request, (int32_t)id[n]);
		out[n] = (struct packet_out){ .to = x[n]->peer->address, .port = x[n]->peer->port,
			.data = x[n]->request.data, .len = x[n]->request.len };
		n++;
	}
	w->nqueue = 0;
	loop_timer_cancel(w->loop, &w->flush);
	if (n == 0)
		return;
	w->io->ops->send(w->io, PACKET_UDP, out, n);
	w->counter[WIRE_REQUESTS] += n;
	for (size_t i = 0; i < n; i++) {
		x[i]->sent_ns[try_of(x[i], id[i])] = out[i].sent_ns;
		if (out[i].error == 0)
			continue;
		w->counter[WIRE_SEND_ERRORS]++;
		x[i]->peer->unsent = true;
		x[i]->peer->complaint = strerrordesc_np(out[i].error);
	}
}

static void
exchange_try(struct snmp_exchange *x)
{
	struct snmp_wire *w = x->wire;
	int64_t		  now = loop_mono_ns(w->loop), wait = x->peer->timeout_ns;
	int32_t		  id = id_new(w);

	x->id[x->tries] = id;
	x->sent_ns[x->tries++] = now;
	nmap_add(w->open, (uint32_t)id, x);
	wait += (int64_t)(loop_random(w->loop) % (uint64_t)(wait / JITTER_PART + 1));
	loop_timer_set(w->loop, &x->timer, now + wait, exchange_timeout, x);
	w->queue[w->nqueue++] = (uint32_t)id;
	if (w->nqueue == BATCH_MAX)
		wire_flush(w);
	else if (!loop_timer_is_set(&w->flush))
		loop_timer_set(w->loop, &w->flush, now, wire_flush, w);	/* after all that falls due by now */
}

void
exchange_start(struct snmp_exchange *x, struct snmp_wire *w, struct snmp_peer *p, unsigned tries)
{
	exchange_stop(x);
	x->wire = w;
	x->peer = p;
	x->tries_max = (uint8_t)tries;
	exchange_try(x);
}

void
exchange_stop(struct snmp_exchange *x)
{
	if (!exchange_is_open(x))
		return;
	loop_timer_cancel(x->wire->loop, &x->timer);
	for (unsigned i = 0; i < x->tries; i++)
		nmap_remove(x->wire->open, (uint32_t)x->id[i]);
	x->tries = 0;
}

/* A packet that answers nothing we ask: whose is it? */
static void
stray(struct snmp_wire *w, const struct packet_in *in, const char *why)
{
	struct snmp_peer *p;
	char		  key[ADDR_TEXT_MAX + 8];

	peer_key(key, sizeof(key), &in->from, in->port);
	if ((p = map_get(w->peers, key)) != NULL)
		p->complaint = why;
	log_debug("snmp", "packet of %zu bytes from %s dropped: %s", in->len, key, why);
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

void
wire_packet(struct snmp_wire *w, const struct packet_in *in)
{
	struct snmp_exchange *x;
	struct snmp_answer    answer = { .msg = &w->msg, .received_ns = in->received_ns };
	struct snmp_expect    expect;
	enum snmp_check	      check;
	const char	     *why = "";
	uint32_t	      id;
	int64_t		      rtt_ns;

	if (snmp_decode(&w->msg, in->data, in->len, &why) == -1) {
		w->counter[WIRE_MALFORMED]++;
		stray(w, in, why);
		return;
	}
	id = (uint32_t)w->msg.request_id;
	if ((x = nmap_get(w->open, id)) == NULL) {
		if (nmap_get(w->used[0], id) != NULL || nmap_get(w->used[1], id) != NULL) {
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
	expect = (struct snmp_expect){
		.request_id = (int32_t)id,
		.version = x->peer->credential.version,
		.community = x->peer->credential.community,
		.community_len = x->peer->credential.community_len,
		.varbinds = x->walk ? NULL : x->request.data + x->request.varbinds_at,
		.varbinds_len = x->walk ? 0 : (size_t)x->request.len - x->request.varbinds_at
	};
	if ((check = snmp_response_check(&w->msg, &expect)) != SNMP_MATCHES) {
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
