/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trap.c: the process that hears the trap port. Anybody may send there, in anybody's name.
 *
 *	datagram -> registered source? -> decoded -> right community, or key? -> its allowance -> answer (inform), hint to core
 *	            else: the strangers' allowance -> decoded for the list of strangers
 *
 * A device's allowance is spent by what carries the community or is signed, so whoever only knows its address cannot use it
 * up. Nothing waits here: what has been read is decided at once, and what core has not taken yet waits in the
 * channel, whose oldest go when it is full.
 */
#include "trap/process.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "collectors/snmp/v3.h"
#include "trap/communities.h"
#include "trap/gate.h"
#include "trap/strangers.h"
#include "trap/usm.h"

#define BATCH	      32
#define DATAGRAM_MAX  65536
#define READ_BATCHES  64	/* per turn: then the timers get theirs */
#define CONTROL_BYTES 128
#define FRAME_BYTES   256	/* about that of a trap, for the bound of the queue */
#define QUEUE_DEFAULT 10000
#define TELL_NS	      NS_PER_S	/* how often the list of strangers is told */
#define COUNTERS_NS   (10 * NS_PER_S)
#define DRAIN_MS      1000

enum count {
	RECEIVED, ACCEPTED, INFORMS_ANSWERED, ANSWERS_UNSENT, REPORTS, UNKNOWN_SOURCE, WRONG_COMMUNITY,
	WRONG_USER, MALFORMED,
	SOURCE_LIMIT, TOTAL_LIMIT, STRANGER_LIMIT, KERNEL_DROPS, COUNTS
};
static const char *const count_names[COUNTS] = {
	[RECEIVED] = "trap.received", [ACCEPTED] = "trap.accepted",
	[INFORMS_ANSWERED] = "trap.informs_answered", [ANSWERS_UNSENT] = "trap.answers_unsent",
	[UNKNOWN_SOURCE] = "trap.unknown_source", [WRONG_COMMUNITY] = "trap.wrong_community",
	[MALFORMED] = "trap.malformed", [SOURCE_LIMIT] = "trap.source_limit",
	[REPORTS] = "trap.reports", [WRONG_USER] = "trap.wrong_user",
	[TOTAL_LIMIT] = "trap.total_limit", [STRANGER_LIMIT] = "trap.stranger_limit",
	[KERNEL_DROPS] = "trap.kernel_drops",
};

struct trap_socket {
	struct trap    *trap;
	int		fd;
	struct loop_io *io;
	uint32_t	drops;		/* the kernel's count */
};

struct receive {			/* room for one batch */
	struct mmsghdr		msg[BATCH];
	struct iovec		iov[BATCH];
	struct sockaddr_storage from[BATCH];
	union {
		struct cmsghdr align;
		uint8_t	       bytes[CONTROL_BYTES];
	} control[BATCH];
};

struct trap {
	struct loop	     *loop;
	struct ipc_channel   *core;
	struct trap_socket    socket[TRAP_SOCKETS];
	struct receive	     *receive;
	uint8_t		     *bytes;	/* BATCH datagrams; pages that are never used are never there */
	struct snmp_message  *message;
	struct gate	     *gate;
	struct communities    communities;	/* of v1 and v2c */
	struct trap_usm	     *usm;		/* v3 */
	struct strangers      strangers;
	struct msg_trap_state state;
	struct loop_timer     tell, counters;
	uint64_t	      count[COUNTS];
	uint64_t	      dropped;	/* for want of room, of earlier channels */
};

/* ---- what is told to core ---- */

static void
strangers_due(void *arg)
{
	struct trap *t = arg;

	strangers_tell(&t->strangers, t->core, false);
}

static void
refuse(struct trap *t, const struct addr *source, enum trap_refusal refusal, const struct snmp_trap *what,
    const char *why)
{
	strangers_note(&t->strangers, source, refusal, what, why, loop_wall_ns(t->loop));
	if (!loop_timer_is_set(&t->tell))
		loop_timer_set(t->loop, &t->tell, loop_mono_ns(t->loop) + TELL_NS, strangers_due, t);
}

static void
counters_send(void *arg)
{
	struct trap	   *t = arg;
	struct msg_counters m = { 0 };
	size_t		    i;

	for (i = 0; i < COUNTS; i++)
		msg_counters_add(&m, count_names[i], t->count[i]);
	msg_counters_add(&m, "trap.queue_full", t->dropped + ipc_dropped(t->core));
	msg_counters_add(&m, "trap.sources_forgotten", gate_evicted(t->gate));
	msg_counters_send(t->core, IPC_COUNTERS, 0, &m, -1);
	loop_timer_set(t->loop, &t->counters, loop_mono_ns(t->loop) + COUNTERS_NS, counters_send, t);
}

static void
hint_send(struct trap *t, const struct addr *source, const struct snmp_trap *in)
{
	struct msg_trap m = {
		.source = *source, .wall_ns = loop_wall_ns(t->loop),
		.version = (uint8_t)(in->message->version == SNMP_V1 ? 1 : in->message->version == SNMP_V2C ? 2 : 3), .inform = in->inform,
		.kind = (uint8_t)in->kind, .ticks = in->ticks, .agent = in->agent, .if_index = in->if_index,
	};

	snmp_oid_text(m.oid, sizeof(m.oid), in->oid, in->oid_len);
	text_copy(m.if_name, sizeof(m.if_name), in->if_name);
	msg_trap_send(t->core, IPC_TRAP, 0, &m, -1);
}

/* ---- a datagram ---- */

/*
 * Where the answer leaves from: the address to which the inform came. The kernel's own choice may be another
 * one, which its sender would not take.
 */
static void
source_keep(struct msghdr *mh)
{
	struct cmsghdr *cm = CMSG_FIRSTHDR(mh);
	struct in_pktinfo *p4;
	struct in6_pktinfo *p6;

	while (cm != NULL && !(cm->cmsg_level == IPPROTO_IP && cm->cmsg_type == IP_PKTINFO) &&
	    !(cm->cmsg_level == IPPROTO_IPV6 && cm->cmsg_type == IPV6_PKTINFO))
		cm = CMSG_NXTHDR(mh, cm);
	if (cm == NULL) {
		mh->msg_controllen = 0;
		return;
	}
	if (cm->cmsg_level == IPPROTO_IP) {
		p4 = (struct in_pktinfo *)(void *)CMSG_DATA(cm);
		p4->ipi_ifindex = 0;		/* routes decide */
	} else {
		p6 = (struct in6_pktinfo *)(void *)CMSG_DATA(cm);
		if (!IN6_IS_ADDR_LINKLOCAL(&p6->ipi6_addr))
			p6->ipi6_ifindex = 0;
	}
	mh->msg_controllen = CMSG_ALIGN(cm->cmsg_len);
	memmove(mh->msg_control, cm, cm->cmsg_len);
}

/* @param counted  of what is sent */
static void
answer_send(struct trap_socket *so, struct msghdr *mh, const uint8_t *data, size_t len, enum count counted)
{
	struct iovec  iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
	struct msghdr out = *mh;

	source_keep(&out);
	out.msg_iov = &iov;
	out.msg_flags = 0;
	so->trap->count[sendmsg(so->fd, &out, MSG_DONTWAIT) == (ssize_t)len ? counted : ANSWERS_UNSENT]++;
}

/* Its sender waits for it, and repeats the inform until it comes. In place: what came is not needed any more. */
static void
inform_answer(struct trap_socket *so, const struct snmp_trap *in, struct msghdr *mh, size_t len)
{
	uint8_t *data = mh->msg_iov->iov_base;

	trap_answer(in, data, len, data);
	answer_send(so, mh, data, len, INFORMS_ANSWERED);
}

static void
stranger_datagram(struct trap *t, const struct addr *source, const uint8_t *data, size_t len)
{
	struct snmp_trap in;
	const char	*why = "";
	bool		 whole;

	t->count[UNKNOWN_SOURCE]++;
	if (gate_admit(t->gate, source, loop_mono_ns(t->loop)) != GATE_PASS) {
		t->count[STRANGER_LIMIT]++;
		return;
	}
	whole = trap_decode(&in, t->message, data, len, &why) == 0;
	if (v3_is_version(data, len))
		why = "SNMPv3";
	refuse(t, source, TRAP_UNKNOWN_SOURCE, whole ? &in : NULL, why);
}

/* @return whether it fits into the allowance of its source and of all */
static bool
is_admitted(struct trap *t, const struct addr *source)
{
	enum gate_verdict verdict = gate_admit(t->gate, source, loop_mono_ns(t->loop));

	if (verdict != GATE_PASS)
		t->count[verdict == GATE_SOURCE_LIMIT ? SOURCE_LIMIT : TOTAL_LIMIT]++;
	return verdict == GATE_PASS;
}

static void
v3_datagram(struct trap_socket *so, const struct addr *source, struct msghdr *mh, size_t len)
{
	struct trap	*t = so->trap;
	struct snmp_trap in;
	const char	*why = "";
	const uint8_t	*answer;
	enum usm_outcome outcome = trap_usm_take(t->usm, mh->msg_iov->iov_base, len, loop_mono_ns(t->loop), &in,
	    t->message, &why);

	if (outcome == USM_MALFORMED || outcome == USM_REFUSED) {
		t->count[outcome == USM_MALFORMED ? MALFORMED : WRONG_USER]++;
		refuse(t, source, outcome == USM_MALFORMED ? TRAP_MALFORMED : TRAP_WRONG_USER, NULL, why);
		return;
	}
	if (!is_admitted(t, source))
		return;
	if (outcome == USM_TAKEN) {
		t->count[ACCEPTED]++;
		hint_send(t, source, &in);
	}
	if ((len = trap_usm_answer(t->usm, &answer)) > 0)
		answer_send(so, mh, answer, len, outcome == USM_TAKEN ? INFORMS_ANSWERED : REPORTS);
}

static void
device_datagram(struct trap_socket *so, const struct addr *source, struct msghdr *mh, size_t len)
{
	struct trap	*t = so->trap;
	struct snmp_trap in;
	const char	*why = "";

	if (v3_is_version(mh->msg_iov->iov_base, len)) {
		v3_datagram(so, source, mh, len);
		return;
	}
	if (trap_decode(&in, t->message, mh->msg_iov->iov_base, len, &why) == -1) {
		t->count[MALFORMED]++;
		refuse(t, source, TRAP_MALFORMED, NULL, why);
		return;
	}
	if (!communities_have(&t->communities, in.message->community, in.message->community_len)) {
		t->count[WRONG_COMMUNITY]++;
		refuse(t, source, TRAP_WRONG_COMMUNITY, &in, "");
		return;
	}
	if (!is_admitted(t, source))
		return;
	t->count[ACCEPTED]++;
	hint_send(t, source, &in);
	if (in.inform)
		inform_answer(so, &in, mh, len);
}

static void
drops_note(struct trap_socket *so, struct msghdr *mh)
{
	struct cmsghdr *cm;
	uint32_t	drops;

	for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SO_RXQ_OVFL)
			continue;
		memcpy(&drops, CMSG_DATA(cm), sizeof(drops));
		so->trap->count[KERNEL_DROPS] += drops - so->drops;
		so->drops = drops;
	}
}

static void
datagram(struct trap_socket *so, struct mmsghdr *msg)
{
	struct trap *t = so->trap;
	struct addr  source;
	uint16_t     port;

	t->count[RECEIVED]++;
	drops_note(so, &msg->msg_hdr);
	addr_from_sockaddr(&source, &port, msg->msg_hdr.msg_name);
	if (gate_is_registered(t->gate, &source))
		device_datagram(so, &source, &msg->msg_hdr, msg->msg_len);
	else
		stranger_datagram(t, &source, msg->msg_hdr.msg_iov->iov_base, msg->msg_len);
}

static void
socket_readable(void *arg, int events)
{
	struct trap_socket *so = arg;
	struct receive	   *r = so->trap->receive;
	int		    batches, n, i;

	(void)events;
	for (batches = 0; batches < READ_BATCHES; batches++) {
		for (i = 0; i < BATCH; i++) {
			r->msg[i].msg_hdr.msg_control = r->control[i].bytes;
			r->msg[i].msg_hdr.msg_controllen = CONTROL_BYTES;
			r->msg[i].msg_hdr.msg_namelen = sizeof(r->from[i]);
		}
		n = recvmmsg(so->fd, r->msg, BATCH, MSG_DONTWAIT, NULL);
		for (i = 0; i < n; i++)
			datagram(so, &r->msg[i]);
		if (n < BATCH)
			return;		/* nothing more, or an error about an answer of ours */
	}
}

/* ---- core and parent ---- */

static int
plan_take(struct trap *t, const struct msg_trap_plan *m)
{
	switch (m->op) {
	case TRAP_PLAN_BEGIN:
		if (m->source_per_s == 0 || m->source_burst == 0 || m->total_per_s == 0 || m->queue == 0)
			return -1;
		gate_limits(t->gate, &(struct gate_limits){ .source_per_s = m->source_per_s,
		    .source_burst = m->source_burst, .total_per_s = m->total_per_s });
		ipc_queue_max(t->core, (size_t)m->queue * FRAME_BYTES);
		gate_plan_begin(t->gate);
		return 0;
	case TRAP_PLAN_ADD:
		gate_plan_add(t->gate, &m->source);
		return 0;
	default:
		gate_plan_end(t->gate);
		return 0;
	}
}

static void
core_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct msg_trap_plan m;

	if (msg->type != IPC_TRAP_PLAN || msg_trap_plan_decode(&m, msg->data, msg->len) == -1 ||
	    plan_take(arg, &m) == -1)
		ipc_reject(ch, "bad message: not for trap, or malformed");
}

static void
core_leave(struct trap *t)
{
	t->dropped += t->core != NULL ? ipc_dropped(t->core) : 0;
	ipc_free(t->core);
	t->core = NULL;
}

static void
core_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	log_warnx("%s: %s; traps are dropped until it is back", ipc_peer(ch), why);
	core_leave(arg);
}

static void
state_send(struct trap *t)
{
	msg_trap_state_send(t->core, IPC_TRAP_STATE, 0, &t->state, -1);
}

void
trap_attach(struct trap *t, enum process_kind peer, const char *instance, struct ipc_channel *ch)
{
	(void)instance;
	if (peer != PROCESS_CORE) {
		log_warnx("trap has no business with %s", process_names[peer]);
		ipc_free(ch);
		return;
	}
	core_leave(t);
	t->core = ch;
	ipc_queue_max(ch, (size_t)QUEUE_DEFAULT * FRAME_BYTES);
	ipc_handlers(ch, core_message, core_closed, t);
	state_send(t);
	strangers_tell(&t->strangers, ch, true);
}

/* @param trouble  what core was told of it last */
static void
trouble_note(const char *versions, char *trouble, size_t size, const char *err, bool absent)
{
	if (strcmp(err, trouble) != 0 && err[0] != '\0') {
		if (absent)
			log_info("traps of %s are refused: %s", versions, err);
		else
			log_warnx("traps of %s are refused: %s", versions, err);
	}
	text_copy(trouble, size, err);
}

void
trap_secret(struct trap *t, const char *name, int fd, const char *why)
{
	struct msg_trap_state *st = &t->state;
	struct trap_users     *users = trap_usm_users(t->usm);
	bool		       is_users = strcmp(name, TRAP_USERS_FILE) == 0;
	char		       err[sizeof(st->users_trouble)] = "";

	if (fd == -1)
		text_copy(err, sizeof(err), why);
	if (is_users) {
		explicit_bzero(users, sizeof(*users));
		if (fd != -1)
			trap_users_read(users, fd, err, sizeof(err));
		trouble_note("SNMPv3", st->users_trouble, sizeof(st->users_trouble), err, fd == -1);
	} else {
		explicit_bzero(&t->communities, sizeof(t->communities));
		if (fd != -1)
			communities_read(&t->communities, fd, err, sizeof(err));
		trouble_note("SNMPv1 and v2c", st->community_trouble, sizeof(st->community_trouble), err, fd == -1);
	}
	state_send(t);
}

/* ---- making ---- */

/* "0.0.0.0:162 [::]:162" */
static void
listens_note(struct trap *t, int fd)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t		len = sizeof(ss);
	size_t			at = strlen(t->state.listens);
	struct addr		a;
	uint16_t		port;
	char			text[ADDR_TEXT_MAX];

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
		return;
	addr_from_sockaddr(&a, &port, (struct sockaddr *)&ss);
	snprintf(t->state.listens + at, sizeof(t->state.listens) - at, a.family == 6 ? "%s[%s]:%u" : "%s%s:%u",
	    at > 0 ? " " : "", addr_text(&a, text), port);
}

static void
receive_init(struct trap *t)
{
	size_t i;

	t->receive = xcalloc(1, sizeof(*t->receive));
	t->bytes = xcalloc(BATCH, DATAGRAM_MAX);
	for (i = 0; i < BATCH; i++) {
		t->receive->iov[i] = (struct iovec){ t->bytes + i * DATAGRAM_MAX, DATAGRAM_MAX };
		t->receive->msg[i].msg_hdr.msg_name = &t->receive->from[i];
		t->receive->msg[i].msg_hdr.msg_iov = &t->receive->iov[i];
		t->receive->msg[i].msg_hdr.msg_iovlen = 1;
	}
}

struct trap *
trap_new(struct loop *l, const struct trap_opts *o)
{
	struct trap *t = xcalloc(1, sizeof(*t));
	size_t	     i;

	t->loop = l;
	t->gate = gate_new();
	t->usm = trap_usm_new(loop_mono_ns(l));
	t->message = xcalloc(1, sizeof(*t->message));
	receive_init(t);
	for (i = 0; i < TRAP_SOCKETS; i++) {
		t->socket[i] = (struct trap_socket){ .trap = t, .fd = o->fd[i] };
		if (o->fd[i] == -1)
			continue;
		listens_note(t, o->fd[i]);
		t->socket[i].io = loop_io_new(l, o->fd[i], LOOP_READ, socket_readable, &t->socket[i]);
	}
	log_info("traps: listening on %s", t->state.listens);
	counters_send(t);
	return t;
}

void
trap_stop(struct trap *t)
{
	ipc_drain(t->core, DRAIN_MS);
}

void
trap_free(struct trap *t)
{
	size_t i;

	if (t == NULL)
		return;
	loop_timer_cancel(t->loop, &t->tell);
	loop_timer_cancel(t->loop, &t->counters);
	for (i = 0; i < TRAP_SOCKETS; i++) {
		loop_io_free(t->socket[i].io);
		if (t->socket[i].fd != -1)
			close(t->socket[i].fd);
	}
	ipc_free(t->core);
	gate_free(t->gate);
	trap_usm_free(t->usm);
	explicit_bzero(&t->communities, sizeof(t->communities));
	free(t->message);
	free(t->bytes);
	free(t->receive);
	free(t);
}
