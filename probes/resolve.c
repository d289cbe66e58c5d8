/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resolve.c: the only place that knows c-ares.
 *
 *	question	one name that is being asked for; whoever wants the same name waits for the same answer
 *	channel		c-ares with its servers. When resolv.conf changes a new one is made; the old one goes when its
 *			questions are answered
 *	kept		answers by name, until their TTL ends
 *
 * c-ares draws the numbers of its questions from /dev/urandom, each goes out of a port of its own, and it compares the
 * question and where an answer comes from. One that waits is told in time even if c-ares goes on.
 */
#include "probes/resolve.h"

#include <ares.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/map.h"
#include "base/text.h"

#define ASK_MS	      2000	/* a server, before the next one */
#define TRIES	      2
#define LOOK_NS	      NS_PER_S	/* at resolv.conf, at most so often */
#define KEPT_MAX      4096
#define TTL_MIN_S     1
#define TTL_MAX_S     3600
#define TTL_NONE_S    10	/* that there is no address */
#define WHY_MAX	      120

struct watch {
	struct channel *channel;
	struct watch   *next;
	struct loop_io *io;
	int		fd;
};

struct channel {
	struct resolver	 *resolver;
	struct channel	 *next;
	ares_channel	  ares;
	struct watch	 *watches;
	struct loop_timer timer;
	size_t		  questions;	/* not answered yet */
};

struct answer {
	enum resolve_end end;
	size_t		 n;
	struct addr	 addr[RESOLVE_ADDRESSES];
	char		 why[WHY_MAX];
	int64_t		 until_ns;	/* 0: not to be kept */
};

struct kept {
	char	     *host;
	struct answer answer;
};

struct question {
	struct resolver	 *resolver;
	struct channel	 *channel;	/* NULL: answered */
	char		 *host;
	struct resolving *first;
	struct loop_timer tell;
	struct answer	  answer;
};

struct resolving {
	struct question	 *question;
	struct resolving *next;
	struct loop_timer over;
	int64_t		  timeout_ns;
	resolve_fn	  cb;
	void		 *arg;
};

struct resolver {
	struct loop    *loop;
	const char     *conf, *servers;
	const struct packet_way *way;	/* NULL: as routed */
	struct channel *channels;	/* the first is the one in use */
	struct map     *questions, *kept;
	size_t		nkept;
	struct stat	looked;		/* at conf */
	int64_t		look_ns;
	uint64_t	asked;
	bool		ending;
};

/* ---- c-ares on the loop ---- */

static void	channel_sweep(struct resolver *r);

static void	channel_timer(struct channel *c);

static void
channel_late(void *arg)
{
	struct channel *c = arg;

	ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	channel_timer(c);
	channel_sweep(c->resolver);
}

static void
channel_timer(struct channel *c)
{
	struct timeval tv, *t = ares_timeout(c->ares, NULL, &tv);
	struct loop   *l = c->resolver->loop;

	if (t == NULL)
		loop_timer_cancel(l, &c->timer);
	else
		loop_timer_set(l, &c->timer, loop_mono_ns(l) + t->tv_sec * NS_PER_S + (t->tv_usec + 1) * NS_PER_US, channel_late,
		    c);
}

static void
socket_ready(void *arg, int events)
{
	struct watch   *w = arg;
	struct channel *c = w->channel;
	int		fd = w->fd;

	ares_process_fd(c->ares, events & LOOP_READ ? fd : ARES_SOCKET_BAD, events & LOOP_WRITE ? fd : ARES_SOCKET_BAD);
	channel_timer(c);
	channel_sweep(c->resolver);
}

/* c-ares wants to be told of other things, or (neither) is about to close it. */
static void
socket_wanted(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct channel *c = arg;
	struct watch  **at = &c->watches, *w;
	int		events = (readable ? LOOP_READ : 0) | (writable ? LOOP_WRITE : 0);

	while (*at != NULL && (*at)->fd != fd)
		at = &(*at)->next;
	if ((w = *at) == NULL && events != 0) {
		w = *at = xcalloc(1, sizeof(*w));
		w->channel = c;
		w->fd = fd;
		w->io = loop_io_new(c->resolver->loop, fd, events, socket_ready, w);
	} else if (w != NULL && events != 0) {
		loop_io_events(w->io, events);
	} else if (w != NULL) {
		*at = w->next;
		loop_io_free(w->io);
		free(w);
	}
}

static void
channel_free(struct channel *c)
{
	ares_destroy(c->ares);
	loop_timer_cancel(c->resolver->loop, &c->timer);
	free(c);
}

/* Those that are no more in use and have no question open. Not from inside c-ares. */
static void
channel_sweep(struct resolver *r)
{
	struct channel **at = r->channels != NULL ? &r->channels->next : NULL, *c;

	while (at != NULL && (c = *at) != NULL) {
		if (c->questions > 0) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		channel_free(c);
	}
}

/* Before it is connected. -1: this server cannot be asked. */
static int
socket_send_by_way(ares_socket_t fd, int type, void *arg)
{
	const struct channel *c = arg;

	(void)type;
	return c->resolver->way != NULL ? packet_way_apply(c->resolver->way, fd) : 0;
}

/* @return NULL: c-ares cannot be started (logged) */
static struct channel *
channel_new(struct resolver *r)
{
	struct channel	   *c = xcalloc(1, sizeof(*c));
	char		    lookups[] = "fb";	/* /etc/hosts first, as for the other programs of this host */
	char		   *conf = xstrdup(r->conf);
	struct ares_options o = { .flags = ARES_FLAG_NOSEARCH, .timeout = ASK_MS, .tries = TRIES, .lookups = lookups,
		.sock_state_cb = socket_wanted, .sock_state_cb_data = c, .resolvconf_path = conf };
	int		    rc;

	c->resolver = r;
	srand((unsigned)loop_random(r->loop));	/* what c-ares falls back to where /dev/urandom cannot be opened */
	rc = ares_init_options(&c->ares, &o, ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
	    ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF);
	free(conf);
	if (rc == ARES_SUCCESS && r->servers != NULL && (rc = ares_set_servers_ports_csv(c->ares, r->servers)) != ARES_SUCCESS)
		ares_destroy(c->ares);
	if (rc != ARES_SUCCESS) {
		log_warnx("names cannot be resolved: %s", ares_strerror(rc));
		free(c);
		return NULL;
	}
	ares_set_socket_configure_callback(c->ares, socket_send_by_way, c);
	return c;
}

static bool
conf_changed(struct resolver *r)
{
	struct stat now = { 0 }, was = r->looked;

	if (loop_mono_ns(r->loop) < r->look_ns)
		return false;
	r->look_ns = loop_mono_ns(r->loop) + LOOK_NS;
	if (stat(r->conf, &now) == -1)
		now = (struct stat){ 0 };
	r->looked = now;
	return now.st_ino != was.st_ino || now.st_size != was.st_size || now.st_mtim.tv_sec != was.st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != was.st_mtim.tv_nsec;
}

/* The one to ask. */
static struct channel *
channel_now(struct resolver *r)
{
	struct channel *c;

	if ((conf_changed(r) || r->channels == NULL) && (c = channel_new(r)) != NULL) {
		c->next = r->channels;
		r->channels = c;
		channel_sweep(r);
	}
	return r->channels;
}

/* ---- answers ---- */

static void
kept_drop(struct resolver *r, struct kept *k)
{
	map_remove(r->kept, k->host);
	r->nkept--;
	free(k->host);
	free(k);
}

static const struct answer *
kept_find(struct resolver *r, const char *host)
{
	struct kept *k = map_get(r->kept, host);

	if (k == NULL)
		return NULL;
	if (k->answer.until_ns > loop_mono_ns(r->loop))
		return &k->answer;
	kept_drop(r, k);
	return NULL;
}

static void
keep(struct resolver *r, const char *host, const struct answer *a)
{
	struct kept *k = map_get(r->kept, host);
	size_t	     at = 0;

	if (k != NULL)
		kept_drop(r, k);
	if (r->nkept == KEPT_MAX)	/* the oldest goes */
		kept_drop(r, map_next(r->kept, &at));
	k = xcalloc(1, sizeof(*k));
	k->host = xstrdup(host);
	k->answer = *a;
	map_add(r->kept, k->host, k);
	r->nkept++;
}

static void
waiter_out(struct resolving *w)
{
	struct resolving **at = &w->question->first;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	loop_timer_cancel(w->question->resolver->loop, &w->over);
}

static void
question_free(struct question *q)
{
	struct resolving *w;

	while ((w = q->first) != NULL) {
		waiter_out(w);
		free(w);
	}
	map_remove(q->resolver->questions, q->host);
	loop_timer_cancel(q->resolver->loop, &q->tell);
	free(q->host);
	free(q);
}

static void
question_tell(void *arg)
{
	struct question	 *q = arg;
	struct resolving *w;

	map_remove(q->resolver->questions, q->host);	/* who asks from now on puts a new one */
	while ((w = q->first) != NULL) {	/* a cb may cancel others of them */
		waiter_out(w);
		w->cb(w->arg, q->answer.end, q->answer.addr, q->answer.n, q->answer.why);
		free(w);
	}
	free(q->host);
	free(q);
}

static void
question_answered(struct question *q)
{
	loop_timer_set(q->resolver->loop, &q->tell, loop_mono_ns(q->resolver->loop), question_tell, q);
}

static void
answer_failed(struct answer *a, int status)
{
	switch (status) {
	case ARES_ENOTFOUND:
		a->end = RESOLVE_NONE;
		text_copy(a->why, sizeof(a->why), "its name does not exist");
		break;
	case ARES_ENODATA:
		a->end = RESOLVE_NONE;
		text_copy(a->why, sizeof(a->why), "its name has no address");
		break;
	case ARES_EBADNAME:
		a->end = RESOLVE_NONE;
		text_copy(a->why, sizeof(a->why), "its name is none that DNS allows");
		break;
	default:
		a->end = RESOLVE_FAILED;
		snprintf(a->why, sizeof(a->why), "our resolver does not tell: %s", ares_strerror(status));
	}
}

/* Addresses of one family. @return the shortest TTL */
static int
answer_take(struct answer *a, const struct ares_addrinfo *ai, int family, int ttl)
{
	const struct ares_addrinfo_node *node;
	size_t				 i;

	for (node = ai->nodes; node != NULL; node = node->ai_next) {
		if (node->ai_family != family || a->n == RESOLVE_ADDRESSES)
			continue;
		addr_from_sockaddr(&a->addr[a->n], NULL, node->ai_addr);
		for (i = 0; i < a->n && !addr_equal(&a->addr[i], &a->addr[a->n]); i++)
			;
		a->n += i == a->n;
		ttl = node->ai_ttl < ttl ? node->ai_ttl : ttl;
	}
	return ttl;
}

static void
on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
	struct question *q = arg;
	struct answer	*a = &q->answer;
	int		 ttl = TTL_MAX_S;

	(void)timeouts;
	q->channel->questions--;
	q->channel = NULL;
	if (status == ARES_SUCCESS) {
		ttl = answer_take(a, ai, AF_INET, ttl);
		ttl = answer_take(a, ai, AF_INET6, ttl);
		a->end = RESOLVE_FOUND;
		if (a->n == 0)
			status = ARES_ENODATA;
	}
	if (ai != NULL)
		ares_freeaddrinfo(ai);
	if (q->resolver->ending)
		return;
	if (status != ARES_SUCCESS) {
		answer_failed(a, status);
		ttl = TTL_NONE_S;
	}
	if (a->end != RESOLVE_FAILED) {
		a->until_ns = loop_mono_ns(q->resolver->loop) + (ttl > TTL_MIN_S ? ttl : TTL_MIN_S) * NS_PER_S;
		keep(q->resolver, q->host, a);
	}
	question_answered(q);
}

/* ---- questions ---- */

static void
question_put(struct question *q)
{
	struct resolver			*r = q->resolver;
	const struct ares_addrinfo_hints hints = { .ai_flags = ARES_AI_NOSORT, .ai_family = AF_UNSPEC };
	struct channel			*c = channel_now(r);

	if (c == NULL) {
		answer_failed(&q->answer, ARES_ENOMEM);
		question_answered(q);
		return;
	}
	r->asked++;
	c->questions++;
	q->channel = c;
	ares_getaddrinfo(c->ares, q->host, NULL, &hints, on_answer, q);
	channel_timer(c);
}

static struct question *
question_new(struct resolver *r, const char *host)
{
	struct question	    *q = xcalloc(1, sizeof(*q));
	const struct answer *known;

	q->resolver = r;
	q->host = xstrdup(host);
	map_add(r->questions, q->host, q);
	if (addr_parse(&q->answer.addr[0], host) == 0) {
		q->answer.n = 1;
		question_answered(q);
	} else if ((known = kept_find(r, host)) != NULL) {
		q->answer = *known;
		question_answered(q);
	} else
		question_put(q);
	return q;
}

static void
waited_enough(void *arg)
{
	struct resolving *w = arg;
	char		  why[WHY_MAX];

	snprintf(why, sizeof(why), "our resolver has not told after %.3g s", (double)w->timeout_ns / NS_PER_S);
	waiter_out(w);
	w->cb(w->arg, RESOLVE_FAILED, NULL, 0, why);
	free(w);
}

struct resolving *
resolve(struct resolver *r, const char *host, int64_t timeout_ns, resolve_fn cb, void *arg)
{
	struct resolving *w = xcalloc(1, sizeof(*w)), **at;
	struct question	 *q = map_get(r->questions, host);

	if (q == NULL)
		q = question_new(r, host);
	w->question = q;
	w->timeout_ns = timeout_ns;
	w->cb = cb;
	w->arg = arg;
	for (at = &q->first; *at != NULL; at = &(*at)->next)
		;
	*at = w;
	loop_timer_set(r->loop, &w->over, loop_mono_ns(r->loop) + timeout_ns, waited_enough, w);
	return w;
}

void
resolve_cancel(struct resolving *w)
{
	if (w == NULL)
		return;
	waiter_out(w);
	free(w);
}

/* ---- making ---- */

struct resolver *
resolver_new(struct loop *l, const char *conf)
{
	struct resolver *r = xcalloc(1, sizeof(*r));

	r->loop = l;
	r->conf = conf != NULL ? conf : "/etc/resolv.conf";
	r->questions = map_new();
	r->kept = map_new();
	return r;
}

void
resolver_way(struct resolver *r, const struct packet_way *way)
{
	r->way = way;
}

void
resolver_servers(struct resolver *r, const char *csv)
{
	r->servers = csv;
	r->look_ns = 0;
	r->looked = (struct stat){ .st_size = -1 };	/* a new channel */
}

int
resolver_server(struct resolver *r, struct addr *a, uint16_t *port)
{
	struct channel		   *c = channel_now(r);
	struct ares_addr_port_node *servers = NULL;

	if (c == NULL || ares_get_servers_ports(c->ares, &servers) != ARES_SUCCESS || servers == NULL)
		return -1;
	*a = (struct addr){ .family = servers->family == AF_INET6 ? 6 : 4 };
	memcpy(a->byte, &servers->addr, a->family == 6 ? 16 : 4);
	*port = servers->udp_port != 0 ? (uint16_t)servers->udp_port : 53;
	ares_free_data(servers);
	return 0;
}

uint64_t
resolver_asked(const struct resolver *r)
{
	return r->asked;
}

void
resolver_free(struct resolver *r)
{
	struct channel	*c;
	struct question *q;
	struct kept	*k;
	size_t		 at = 0;

	if (r == NULL)
		return;
	r->ending = true;
	while ((c = r->channels) != NULL) {
		r->channels = c->next;
		channel_free(c);
	}
	while ((q = map_next(r->questions, &at)) != NULL)
		question_free(q);
	for (at = 0; (k = map_next(r->kept, &at)) != NULL;)
		kept_drop(r, k);
	map_free(r->questions);
	map_free(r->kept);
	free(r);
}
