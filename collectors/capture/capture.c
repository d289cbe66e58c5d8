/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture.c: the process that reads a mirror port. Anybody whose packets pass there chooses its bytes.
 *
 *	ring -> decoded -> books per site -> each minute: CAPTURE_SITE, CAPTURE_TALKERS; each 10 s: CAPTURE_STATE
 *
 * Nothing but counts leaves it. The books are closed at the full minute; those of a time in which the kernel dropped frames
 * say so, and a minute in which nothing came at all is none: a mirror that is not set up measures no silence.
 */
#include "collectors/capture/process.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "collectors/capture/account.h"
#include "collectors/capture/ring.h"

#define STATE_NS  (10 * NS_PER_S)
#define MINUTE_NS (60 * NS_PER_S)
#define DRAIN_MS  1000

struct capture {
	struct loop	   *loop;
	struct ipc_channel *core;
	struct account	   *account;
	struct ring	   *ring;
	struct loop_io	   *io;
	int		    fd;
	struct loop_timer   minute, state;
	int64_t		    opened_ns;	/* wall: the books were opened */
	uint64_t	    packets_then;	/* ... and had so many packets been read */
	bool		    partial;	/* frames were dropped since */
	bool		    planned;	/* there are networks to count for */
	struct msg_capture_state told;
};

/* ---- frames ---- */

static void
frame(void *arg, const uint8_t *data, size_t len, uint32_t octets, int64_t ns)
{
	account_frame(arg, data, len, octets, ns);
}

static void
readable(void *arg, int events)
{
	struct capture *c = arg;
	int		error;

	(void)events;
	ring_read(c->ring, frame, c->account);
	if ((error = ring_error(c->ring)) == 0)
		return;
	snprintf(c->told.trouble, sizeof(c->told.trouble), "%s: %s", c->told.interface, strerror(error));
	log_warnx("capture: %s", c->told.trouble);
}

/* ---- what is told to core ---- */

static uint64_t
packets_read(const struct capture *c)
{
	struct account_totals t;

	account_totals(c->account, &t);
	return t.packets;
}

static void
counts_take(struct capture *c)
{
	uint64_t came, dropped;

	ring_counts(c->ring, &came, &dropped);
	c->told.came += came;
	c->told.dropped += dropped;
	c->partial = c->partial || dropped > 0;
}

static void
counters_send(struct capture *c, const struct account_totals *t)
{
	struct msg_counters m = { 0 };
	char		    name[48];
	size_t		    i;

	msg_counters_add(&m, "capture.packets", t->packets);
	msg_counters_add(&m, "capture.dropped", c->told.dropped);
	msg_counters_add(&m, "capture.elsewhere", t->elsewhere);
	msg_counters_add(&m, "capture.flows_evicted", t->flows_evicted);
	msg_counters_add(&m, "capture.questions_evicted", t->questions_evicted);
	for (i = DECODE_OK + 1; i < DECODE_REASONS; i++) {
		snprintf(name, sizeof(name), "capture.%s", decode_reason_words[i]);
		msg_counters_add(&m, name, t->refused[i]);
	}
	msg_counters_send(c->core, IPC_COUNTERS, 0, &m, -1);
}

static void
state_send(struct capture *c)
{
	struct account_totals t;

	account_totals(c->account, &t);
	counts_take(c);
	c->told.packets = t.packets;
	c->told.octets = t.octets;
	c->told.elsewhere = t.elsewhere;
	msg_capture_state_send(c->core, IPC_CAPTURE_STATE, 0, &c->told, -1);
	counters_send(c, &t);
}

static void
state_due(void *arg)
{
	struct capture *c = arg;

	state_send(c);
	loop_timer_set(c->loop, &c->state, loop_mono_ns(c->loop) + STATE_NS, state_due, c);
}

struct closing {
	struct capture *capture;
	int64_t		wall_ns;
	double		seconds;
};

static void
talkers_send(const struct closing *cl, uint32_t site, const struct talker *top, size_t ntop, uint64_t unseen_max)
{
	struct msg_capture_talkers m = { .site = site, .wall_ns = cl->wall_ns, .unseen_max = unseen_max };

	if (ntop == 0)
		return;
	for (m.n = 0; m.n < ntop && m.n < CAPTURE_TOP; m.n++)
		m.each[m.n] = (struct msg_talker){ top[m.n].host, top[m.n].octets, top[m.n].error };
	msg_capture_talkers_send(cl->capture->core, IPC_CAPTURE_TALKERS, 0, &m, -1);
}

static void
site_send(void *arg, uint32_t site, const struct traffic *t, const struct talker *top, size_t ntop, uint64_t unseen_max)
{
	const struct closing	*cl = arg;
	struct msg_capture_site m = {
		.site = site, .wall_ns = cl->wall_ns, .seconds = cl->seconds, .partial = cl->capture->partial,
		.rx_octets = t->rx_octets, .tx_octets = t->tx_octets, .rx_packets = t->rx_packets, .tx_packets = t->tx_packets,
		.segments = t->segments, .retransmitted = t->retransmitted, .rtts = t->rtts, .rtt_p50_s = t->rtt_p50_s,
		.dns_answered = t->dns_answered, .dns_failed = t->dns_failed, .dns_unanswered = t->dns_unanswered,
	};

	talkers_send(cl, site, top, ntop, unseen_max);
	if (site != 0)
		msg_capture_site_send(cl->capture->core, IPC_CAPTURE_SITE, 0, &m, -1);
}

static void
nothing_send(void *arg, uint32_t site, const struct traffic *t, const struct talker *top, size_t ntop, uint64_t unseen_max)
{
	(void)arg;
	(void)site;
	(void)t;
	(void)top;
	(void)ntop;
	(void)unseen_max;
}

/* @return whether a packet has come since the books were opened, and says in the state when none has */
static bool
has_heard(struct capture *c)
{
	bool heard = packets_read(c) != c->packets_then;

	if (heard)
		c->told.trouble[0] = '\0';
	else if (c->told.trouble[0] == '\0')
		snprintf(c->told.trouble, sizeof(c->told.trouble), "nothing has passed on %s for a minute: is it the mirror port?",
		    c->told.interface);
	return heard;
}

static void
books_close(struct capture *c)
{
	int64_t	       now = loop_wall_ns(c->loop);
	struct closing cl = { .capture = c, .wall_ns = now, .seconds = (double)(now - c->opened_ns) / NS_PER_S };

	counts_take(c);
	account_close(c->account, now, c->planned && cl.seconds > 0 && has_heard(c) ? site_send : nothing_send, &cl);
	c->opened_ns = now;
	c->packets_then = packets_read(c);
	c->partial = false;
}

/* At the next full minute of the wall clock. */
static void
minute_set(struct capture *c, void (*due)(void *))
{
	int64_t now = loop_wall_ns(c->loop);

	loop_timer_set(c->loop, &c->minute, loop_mono_ns(c->loop) + MINUTE_NS - now % MINUTE_NS, due, c);
}

static void
minute_due(void *arg)
{
	struct capture *c = arg;

	books_close(c);
	minute_set(c, minute_due);
}

/* ---- core ---- */

static int
plan_take(struct capture *c, const struct msg_capture_plan *m)
{
	switch (m->op) {
	case CAPTURE_PLAN_BEGIN:
		account_plan_begin(c->account);
		return 0;
	case CAPTURE_PLAN_ADD:
		if (m->site == 0 || m->network.family == 0 || m->bits > (m->network.family == 4 ? 32 : 128))
			return -1;
		account_plan_add(c->account, m->site, &m->network, m->bits);
		return 0;
	default:
		account_plan_end(c->account);
		if (!c->planned) {	/* what passed before was counted for nobody */
			books_close(c);
			c->planned = true;
			log_info("capture: counting for %zu sites", account_sites(c->account));
		}
		return 0;
	}
}

static void
core_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct msg_capture_plan m;

	if (msg->type != IPC_CAPTURE_PLAN || msg_capture_plan_decode(&m, msg->data, msg->len) == -1 ||
	    plan_take(arg, &m) == -1)
		ipc_reject(ch, "bad message: not for capture, or malformed");
}

static void
core_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct capture *c = arg;

	log_warnx("%s: %s; what is counted until it is back is told to nobody", ipc_peer(ch), why);
	ipc_free(c->core);
	c->core = NULL;
}

void
capture_attach(struct capture *c, enum process_kind peer, const char *instance, struct ipc_channel *ch)
{
	(void)instance;
	if (peer != PROCESS_CORE) {
		log_warnx("capture has no business with %s", process_names[peer]);
		ipc_free(ch);
		return;
	}
	ipc_free(c->core);
	c->core = ch;
	ipc_handlers(ch, core_message, core_closed, c);
	state_send(c);
}

/* ---- making ---- */

struct capture *
capture_new(struct loop *l, const struct capture_opts *o)
{
	struct capture *c = xcalloc(1, sizeof(*c));

	c->loop = l;
	c->fd = o->ring_fd;
	text_copy(c->told.interface, sizeof(c->told.interface), o->interface);
	c->account = account_new();
	if ((c->ring = ring_new(o->ring_fd, o->buffer_mib)) == NULL) {
		capture_free(c);
		return NULL;
	}
	c->opened_ns = loop_wall_ns(l);
	c->io = loop_io_new(l, c->fd, LOOP_READ, readable, c);
	log_info("capture: reading %s, the first %d bytes of each frame", c->told.interface, CAPTURE_SNAPLEN);
	state_due(c);
	minute_set(c, minute_due);
	return c;
}

void
capture_stop(struct capture *c)
{
	ipc_drain(c->core, DRAIN_MS);
}

void
capture_free(struct capture *c)
{
	if (c == NULL)
		return;
	loop_timer_cancel(c->loop, &c->minute);
	loop_timer_cancel(c->loop, &c->state);
	loop_io_free(c->io);
	ring_free(c->ring);
	if (c->fd != -1)
		close(c->fd);
	ipc_free(c->core);
	account_free(c->account);
	free(c);
}
