/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * home.c: sites that call us: a keyed heartbeat through NAT and changing addresses (docs/home.md).
 *
 * The name of the key in a datagram leads to the line; the key's hash over the datagram proves who sent it; the window says
 * that it is new (home_window.h). Only then does it count, and for this line alone. Where it came from proves nothing: it is
 * remembered for people, and answers go there. An answer is shorter than what it answers, and who is not known gets none.
 */
#include "probes/home.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/secret.h"

#define SOCKETS	       8			/* ports in use at once */
#define LOOK_NS	       (60 * NS_PER_S)		/* between two looks at a key, and at a port that is taken */
#define CHALLENGE_NS   (200 * NS_PER_MS)	/* between two to a sender: recorded heartbeats get no more */

struct home {
	struct probe_engine *engine;
	struct nmap	    *site;	/* by the lower half of its name: first of those there */
	struct home_socket  *socket[SOCKETS];
	int64_t		     retry_ns;	/* a port was taken: not tried again before */
	struct home_guard    guard;
	uint64_t	     accepted, challenged, runs, dropped[HOME_DROPPED];
};

/* ---- which line ---- */

static struct home_target *
site_find(const struct home *h, uint64_t site)
{
	struct home_target *t = nmap_get(h->site, (uint32_t)site);

	while (t != NULL && t->site != site)
		t = t->same_place;
	return t;
}

static void
site_add(struct home *h, struct home_target *t)
{
	t->same_place = nmap_remove(h->site, (uint32_t)t->site);
	nmap_add(h->site, (uint32_t)t->site, t);
}

static void
site_remove(struct home *h, struct home_target *t)
{
	struct home_target *first = nmap_remove(h->site, (uint32_t)t->site), **at = &first;

	while (*at != NULL && *at != t)
		at = &(*at)->same_place;
	if (*at == t)
		*at = t->same_place;
	if (first != NULL)
		nmap_add(h->site, (uint32_t)t->site, first);
}

/* ---- a datagram ---- */

static size_t
answer(const struct home *h, struct home_target *t, const struct home_heartbeat *b, const struct home_in *in,
    enum home_status status, uint8_t out[HOME_ANSWER_LEN])
{
	int64_t		   now = loop_mono_ns(h->engine->loop);
	struct home_answer a = { .site = t->site, .boot = b->boot, .seq = b->seq, .status = (uint8_t)status, .port = in->port,
		.stamp = (uint64_t)now, .from.family = in->from.family };

	memcpy(a.from.byte, in->from.byte, sizeof(a.from.byte));
	if (now > in->received_ns)
		a.held_us = (uint32_t)((now - in->received_ns) / NS_PER_US);
	if (status == HOME_PROVE) {
		a.nonce = t->window.nonce;
	} else {
		a.accepted = t->accepted;
		a.heard = home_window_heard(&t->window, b->seq);
	}
	return home_answer_write(&a, &t->key, out);
}

/* Its own, or the oldest. Somebody who sends recordings must not use up the challenges of the site. */
static struct home_challenge *
challenge_place(struct home_target *t, const struct home_in *in)
{
	struct home_challenge *c, *oldest = t->challenge;

	for (c = t->challenge; c < t->challenge + HOME_CHALLENGES; c++) {
		if (c->port == in->port && addr_equal(&c->to, &in->from))
			return c;
		if (c->at_ns < oldest->at_ns)
			oldest = c;
	}
	return oldest;
}

static size_t
challenge(struct home *h, struct home_target *t, const struct home_heartbeat *b, const struct home_in *in,
    uint8_t out[HOME_ANSWER_LEN])
{
	struct home_challenge *c = challenge_place(t, in);

	if (c->at_ns != 0 && in->received_ns - c->at_ns < CHALLENGE_NS)
		return 0;
	*c = (struct home_challenge){ in->from, in->port, in->received_ns };
	h->challenged++;
	return answer(h, t, b, in, HOME_PROVE, out);
}

static size_t
drop(struct home *h, enum home_dropped why)
{
	h->dropped[why]++;
	return 0;
}

static uint64_t
fresh_nonce(struct loop *l)
{
	return loop_random(l) | 1;
}

/* Signed by whom it says: is it new? */
static size_t
signed_take(struct home *h, struct home_target *t, const struct home_heartbeat *b, const struct home_in *in,
    uint8_t out[HOME_ANSWER_LEN])
{
	struct home_mark m = { .boot = b->boot, .seq = b->seq, .nonce = b->nonce, .sent_us = b->sent_us };
	uint64_t	 boot = t->window.boot, missing;

	switch (home_window_take(&t->window, &m, in->received_ns, fresh_nonce(h->engine->loop), &missing)) {
	case HOME_NEW:
		break;
	case HOME_TWICE:
		t->duplicate += t->duplicate < UINT16_MAX;
		return drop(h, HOME_REPLAYED);
	case HOME_OLD:
		return drop(h, HOME_BELOW);
	case HOME_UNPROVEN:
		drop(h, HOME_RUN_UNPROVEN);
		return challenge(h, t, b, in, out);
	case HOME_DELAYED:
		drop(h, HOME_TOO_LATE);
		return challenge(h, t, b, in, out);
	}
	if (boot != b->boot) {
		t->accepted = 0;
		h->runs++;
	}
	t->accepted++;
	h->accepted++;
	home_heard(t, b, in, missing, boot != b->boot);
	return answer(h, t, b, in, HOME_ACCEPTED, out);
}

size_t
home_take(struct home *h, const struct home_in *in, uint8_t out[HOME_ANSWER_LEN])
{
	uint64_t	      site = home_heartbeat_site(in->data, in->len);
	struct home_target   *t;
	struct home_heartbeat b;
	bool		      known;

	if (site == 0)
		return drop(h, HOME_MALFORMED);
	if ((t = site_find(h, site)) == NULL)
		return drop(h, HOME_STRANGER);
	known = addr_equal(&t->from, &in->from) && t->from_port == in->port;
	if (!known && !home_guard_pass(&h->guard, &in->from, in->received_ns))
		return drop(h, HOME_IGNORED);
	if (!home_is_signed(in->data, in->len, &t->key)) {
		home_guard_blame(&h->guard, &in->from, in->received_ns);
		return drop(h, HOME_FORGED);
	}
	if (!home_heartbeat_read(in->data, in->len, &b))
		return drop(h, HOME_MALFORMED);
	return signed_take(h, t, &b, in, out);
}

/* ---- targets ---- */

#define SAY(...) do { if (say) log_warnx(__VA_ARGS__); } while (0)

/* One line of a file of secrets/probes, without its end. @return its length, or 0; the reason is logged when it is to be said */
static size_t
key_read(const struct probe *p, char key[HOME_KEY_MAX + 2], bool say)
{
	const char *name = p->words != NULL ? p->words->credential : "";
	char	    why[400];
	ssize_t	    n;

	if (name[0] == '\0') {
		SAY("home: a line names no key: give it a credential, a file of secrets/probes");
		return 0;
	}
	n = secret_read(p->engine->secrets_fd, "secrets/probes", name, key, HOME_KEY_MAX + 2, why, sizeof(why));
	if (n == -1) {
		SAY("home: %s", why);
		return 0;
	}
	while (n > 0 && (key[n - 1] == '\n' || key[n - 1] == '\r'))
		n--;
	if (n < HOME_KEY_MIN || n > HOME_KEY_MAX || memchr(key, '\n', (size_t)n) != NULL) {
		SAY("home: secrets/probes/%s must hold one line of %d to %d bytes; write one by: openssl rand -hex 32", name,
		    HOME_KEY_MIN, HOME_KEY_MAX);
		return 0;
	}
	return (size_t)n;
}

/* Another key than the last time: whoever has the old one is a stranger from now on. */
static void
key_change(struct home *h, struct home_target *t, const char *key, size_t len, uint64_t site)
{
	if (t->site != 0)
		site_remove(h, t);
	t->site = site;
	t->window = (struct home_window){ 0 };
	hmac_key_init(&t->key, key, len);
	if (site != 0)
		site_add(h, t);
}

/* The file may come, change or go at any time; what is wrong with it is said once. */
static void
key_look(struct home *h, struct probe *p)
{
	struct home_target *t = p->state;
	char		    key[HOME_KEY_MAX + 2];
	bool		    say = !t->key_told;
	size_t		    len = key_read(p, key, say);
	uint64_t	    site = len > 0 ? home_site(key, len) : 0;

	t->key_told = site == 0;
	if (site != 0 && site != t->site && site_find(h, site) != NULL) {
		SAY("home: two lines have the key of secrets/probes/%s: only the first is listened to", p->words->credential);
		t->key_told = true;
		site = 0;
	}
	if (site != t->site)
		key_change(h, t, key, len, site);
	hmac_wipe(key, sizeof(key));
}

static struct home_socket *
socket_of(struct home *h, uint16_t port)
{
	int64_t now = loop_mono_ns(h->engine->loop);
	size_t	i;

	for (i = 0; i < SOCKETS && h->socket[i] != NULL; i++)
		if (home_socket_port(h->socket[i]) == port)
			return h->socket[i];
	if (i == SOCKETS || now < h->retry_ns)
		return NULL;
	h->socket[i] = home_socket_new(h, h->engine, port);
	if (h->socket[i] == NULL)
		h->retry_ns = now + LOOK_NS;
	return h->socket[i];
}

/* The plan is complete when the first start comes: a key that was another line's is free by now. */
static void
look(struct probe *p, int64_t now_ns)
{
	struct home	   *h = p->shared;
	struct home_target *t = p->state;

	if (t->look_ns == 0) {
		t->probe = p;
		t->starts = (uint8_t)(hash_u64(p->number) % HOME_STARTS);	/* spreads the results of all */
		now_ns -= (int64_t)(hash_u64(p->number) % LOOK_NS);	/* ... and the looks */
	}
	t->look_ns = now_ns + LOOK_NS;
	key_look(h, p);
	if (t->socket == NULL && loop_event_base(h->engine->loop) != NULL)
		t->socket = socket_of(h, p->port);
}

static int
home_start(struct probe *p)
{
	struct home_target *t = p->state;
	int64_t		    now = loop_mono_ns(p->engine->loop);

	if (now >= t->look_ns)
		look(p, now);
	if (t->site == 0 || (t->socket == NULL && loop_event_base(p->engine->loop) != NULL))
		home_not_measured(t);
	else
		home_tick(t);
	return 0;
}

/* Nothing can be asked: it is looked at each second, as long as somebody waits. */
static void
home_hurry(struct probe *p, unsigned rounds)
{
	struct home_target *t = p->state;

	burst_ask(&t->burst, rounds);
}

static void
home_cancel(struct probe *p)
{
	struct home_target *t = p->state;

	if (t->site != 0)
		site_remove(p->shared, t);
	hmac_wipe(&t->key, sizeof(t->key));
}

static void
home_counters(void *shared, struct msg_counters *out)
{
	static const char *const names[HOME_DROPPED] = {
		[HOME_MALFORMED] = "home.malformed", [HOME_STRANGER] = "home.unknown_key", [HOME_IGNORED] = "home.ignored",
		[HOME_FORGED] = "home.forged", [HOME_REPLAYED] = "home.replayed", [HOME_BELOW] = "home.below_window",
		[HOME_RUN_UNPROVEN] = "home.unproven", [HOME_TOO_LATE] = "home.too_late",
	};
	const struct home *h = shared;
	uint64_t	   drops = 0;
	size_t		   i;

	for (i = 0; i < SOCKETS && h->socket[i] != NULL; i++)
		drops += home_socket_drops(h->socket[i]);
	if (i == 0)
		return;			/* no line calls here */
	msg_counters_add(out, "home.accepted", h->accepted);
	msg_counters_add(out, "home.challenged", h->challenged);
	msg_counters_add(out, "home.runs", h->runs);
	msg_counters_add(out, "home.kernel_drops", drops);
	for (i = 0; i < HOME_DROPPED; i++)
		msg_counters_add(out, names[i], h->dropped[i]);
}

static void *
home_open(struct probe_engine *e)
{
	struct home *h = xcalloc(1, sizeof(*h));

	h->engine = e;
	h->site = nmap_new();
	siphash_key_new(&h->guard.key);
	return h;
}

static void
home_close(void *shared)
{
	struct home *h = shared;
	size_t	     i;

	for (i = 0; i < SOCKETS; i++)
		home_socket_free(h->socket[i]);
	nmap_free(h->site);
	free(h);
}

static const struct metric home_metrics[] = {
	{ "rtt_s", UNIT_SECOND, METRIC_GAUGE, "", "Median round-trip time, from an answer to the heartbeat that echoes it" },
	{ 0 }
};

static const struct conf_opt home_options[] = {
	{ "port", CONF_INT, .min = 1, .max = 65535, .def = "8620",
	  .help = "UDP port that sites call. It is opened when a line has this probe." },
	{ "interval_s", CONF_NUMBER, "s", PROBE_INTERVAL_MIN_S, 10, "1",
	  .help = "Time between two heartbeats of a site; ten of them make a result. A longer one is noticed later." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, PROBE_TIMEOUT_MAX_S, "1",
	  .help = "A site that is silent for an interval and this long is looked at each interval." },
	{ 0 }
};

const struct probe_ops probe_home = {
	.name		= "home",
	.help		= "Reachability, loss and round-trip time of a site that calls us.",
	.metrics	= home_metrics,
	.options	= home_options,
	.starts		= HOME_STARTS,
	.line		= true,
	.calls		= true,
	.state_size	= sizeof(struct home_target),
	.start		= home_start,
	.cancel		= home_cancel,
	.open		= home_open,
	.close		= home_close,
	.hurry		= home_hurry,
	.counters	= home_counters,
};
