/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http.c: ask for a page as a visitor would, and judge what comes.
 *
 *	URL -> addresses (resolve.h) -> one request (fetch.h) -> a redirect that we may follow (policy.h)? again from the start
 *	    -> status, headers, body (body.h) -> facts and result
 *
 * Redirects are followed here and not by libcurl, so that each step is checked after its name has been resolved and before
 * anything is sent, and the address that was checked is the one that is asked.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "probes/dialog_tls.h"
#include "probes/http/body.h"
#include "probes/http/fetch.h"
#include "probes/resolve.h"

#define REDIRECTS_MAX 5
#define CHANGED_NS    (3600 * NS_PER_S)	/* a new content is told for so long, then it is the one to compare with */
#define DAY_NS	      (86400 * NS_PER_S)

struct http_shared {
	struct fetcher *fetcher;	/* made when it is first needed */
};

struct http {				/* of a target, from one round to the next */
	struct http_get *get;		/* under way; NULL: none */
	char	 hash[HTTP_HASH_TEXT];	/* of the content that is known; "": none yet */
	char	 newer[HTTP_HASH_TEXT];	/* of the one that has come instead; "": none */
	int64_t	 since_ns;		/* when the content was first seen as it is; monotonic */
};

struct http_get {			/* one round */
	struct probe	   *probe;
	struct expect	    expect;
	struct http_place   place;	/* of this step */
	struct addr	    home;	/* where the target itself lives, the most public of all; family 0: not known yet */
	struct addr	    addr[RESOLVE_ADDRESSES];
	size_t		    naddr, at;	/* at: the next one */
	unsigned	    steps, steps_max;
	struct resolving   *resolving;
	struct fetch	   *fetch;
	struct dialog_trust *own_trust;
	struct loop_timer   whole, begin;
	int64_t		    begun_ns, step_ns;	/* step_ns: when this step's name was asked for */
	float		    dns_s;
	enum dialog_end	    failed;	/* of the addresses tried so far */
	char		    why[DIALOG_WHY_MAX];
};

/* ---- the end ---- */

static void
get_free(struct http_get *g)
{
	struct loop *l = g->probe->engine->loop;

	loop_timer_cancel(l, &g->whole);
	loop_timer_cancel(l, &g->begin);
	resolve_cancel(g->resolving);
	fetch_stop(g->fetch);
	dialog_trust_free(g->own_trust);
	free(g);
}

static void
http_cancel(struct probe *p)
{
	struct http *s = p->state;

	if (s->get != NULL)
		get_free(s->get);
	s->get = NULL;
}

static void PRINTF_LIKE(2, 3)
say(struct http_get *g, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(g->why, sizeof(g->why), fmt, ap);
	va_end(ap);
}

static float
seconds(int64_t from_ns, int64_t to_ns)
{
	return (float)(to_ns - from_ns) / NS_PER_S;
}

/*
 * What should not be reachable from here is good when nobody takes the connection. A name without an address proves nothing: it
 * may be a mistyped one.
 */
static void
unreachable_judge(struct http_get *g, enum dialog_end *end)
{
	switch (*end) {
	case DIALOG_REFUSED:
	case DIALOG_UNREACHABLE:
	case DIALOG_SILENT:
		*end = DIALOG_GOOD;
		g->why[0] = '\0';
		break;
	case DIALOG_UNNAMED:
	case DIALOG_UNASKED:
		break;
	default:
		*end = DIALOG_WRONG;
		say(g, "it answers, which it should not from here");
	}
}

/* @param r  what came, NULL: nothing; its facts have been told */
static void
finish(struct http_get *g, enum dialog_end end, const struct fetch_result *r)
{
	struct probe	   *p = g->probe;
	int64_t		    now = loop_mono_ns(p->engine->loop);
	struct probe_answer a = { .total_s = NAN, .ttfb_s = NAN };
	char		    why[DIALOG_WHY_MAX];

	if (expect_has(&g->expect, "unreachable"))
		unreachable_judge(g, &end);
	if (r != NULL && r->first_ns != 0)
		a.ttfb_s = seconds(g->begun_ns, r->first_ns);
	if (end == DIALOG_GOOD && r != NULL && r->first_ns != 0)	/* not of what is not to be reached */
		a.total_s = seconds(g->begun_ns, now);
	if (end == DIALOG_GOOD && g->why[0] == '\0' && a.total_s > expect_number(&g->expect, "max_s", INFINITY))
		say(g, "it takes %.3g s, %.40s are allowed", (double)a.total_s, expect_text(&g->expect, "max_s"));
	a.quality = end == DIALOG_UNASKED ? QUALITY_UNKNOWN :
	    end == DIALOG_GOOD && g->why[0] == '\0' ? QUALITY_GOOD : QUALITY_LOST;
	a.silent = end == DIALOG_SILENT;
	text_visible(why, sizeof(why), g->why, strlen(g->why));	/* a URL or a header of theirs may be quoted */
	a.why = why;
	((struct http *)p->state)->get = NULL;	/* first: the receiver of the result may begin the next one */
	get_free(g);
	probe_answer(p, &a);
}

/* ---- judging ---- */

static void
facts_tell(struct http_get *g, const struct fetch_result *r)
{
	struct probe *p = g->probe;

	dialog_number(p, "dns_s", g->dns_s);
	dialog_number(p, "connect_s", r->connect_s);
	dialog_number(p, "tls_s", r->tls_s);
	if (r->first_ns != 0)
		dialog_number(p, "ttfb_s", seconds(g->begun_ns, r->first_ns));
	dialog_text(p, "protocol", r->protocol != NULL ? r->protocol : "");
	dialog_number(p, "cert_days", r->cert_days);
	if (r->status != 0)
		dialog_number(p, "status", r->status);
	if (g->steps > 0) {
		dialog_number(p, "redirects", g->steps);
		dialog_text(p, "url", g->place.url);
	}
}

static void
body_facts_tell(struct http_get *g, const struct fetch_result *r)
{
	struct probe *p = g->probe;
	int64_t	      now_s = loop_wall_ns(p->engine->loop) / NS_PER_S;

	dialog_number(p, "size_bytes", (double)r->len);
	if (r->cut)
		dialog_number(p, "cut", 1);
	if (r->modified_s >= 0)
		dialog_number(p, "modified_days", (double)(now_s - r->modified_s) / 86400);
}

/*
 * The content against the one that is known, or against the one that is expected. A new one is told as a fault for an hour:
 * somebody has to look at it; then it is the one that is known.
 */
static void
hash_judge(struct http_get *g, const struct fetch_result *r)
{
	struct http *s = g->probe->state;
	int64_t	     now = loop_mono_ns(g->probe->engine->loop);
	const char  *fixed = expect_text(&g->expect, "hash");
	char	     hash[HTTP_HASH_TEXT];

	http_body_hash(r->body, http_body_cut(r->body, r->len, &g->expect), hash);
	dialog_text(g->probe, "hash", hash);
	if (strcmp(hash, s->newer[0] != '\0' ? s->newer : s->hash) != 0) {	/* it has changed just now */
		text_copy(s->hash[0] == '\0' ? s->hash : s->newer, HTTP_HASH_TEXT, hash);
		s->since_ns = now;
	}
	if (strcmp(s->newer, s->hash) == 0 || (s->newer[0] != '\0' && now - s->since_ns >= CHANGED_NS)) {
		text_copy(s->hash, sizeof(s->hash), s->newer);
		s->newer[0] = '\0';
	}
	dialog_number(g->probe, "unchanged_days", (double)(now - s->since_ns) / DAY_NS);
	if (g->why[0] != '\0' || !expect_has(&g->expect, "hash"))
		return;
	if (fixed != NULL && strcasecmp(fixed, hash) != 0)
		say(g, "its content is not the one that is expected");
	else if (fixed == NULL && s->newer[0] != '\0')
		say(g, "its content has changed");
}

static void
answer_judge(struct http_get *g, struct fetch_result *r)
{
	const struct expect *x = &g->expect;
	double		     days = expect_number(x, "days", -INFINITY);
	size_t		     i;

	body_facts_tell(g, r);
	if (!expect_covers(x, "status", r->status, 200))
		say(g, "it answers with status %u", r->status);
	for (i = 0; i < x->n && g->why[0] == '\0'; i++)
		if (strcmp(x->item[i].key, "header") == 0 && !(r->headers & 1u << i))
			say(g, "its headers do not hold \"%.100s\"", x->item[i].value);
	if (g->why[0] == '\0')
		http_body_check(r->body, r->len, r->cut, x, g->why, sizeof(g->why));
	if (g->why[0] == '\0' && r->cert_days < days)
		say(g, "its certificate ends in %.1f days, %.6g are wanted", r->cert_days, days);
	if (!r->cut && expect_covers(x, "status", r->status, 200))
		hash_judge(g, r);	/* last: it cuts the body */
	finish(g, DIALOG_GOOD, r);
}

/* ---- stepping ---- */

static void	step_begin(struct http_get *g);
static void	address_next(struct http_get *g);

/* @return whether the next step is under way, or has been refused */
static bool
redirect_follow(struct http_get *g, const struct fetch_result *r)
{
	struct http_place to;
	char		  what[120];

	if (r->status < 300 || r->status > 399 || r->location[0] == '\0' || expect_covers(&g->expect, "status", r->status, 200))
		return false;
	if (g->steps == g->steps_max) {
		say(g, "it redirects more than %u times", g->steps_max);
	} else if (http_place_read(&to, r->location, what, sizeof(what)) == -1 ||
	    http_step_check(&g->place, &to, expect_has(&g->expect, "downgrade"), what, sizeof(what)) == -1) {
		say(g, "it redirects where we do not follow: %s", what);
	} else {
		g->place = to;
		g->steps++;
		step_begin(g);
		return true;
	}
	facts_tell(g, r);
	finish(g, DIALOG_WRONG, r);
	return true;
}

static unsigned
weight(enum dialog_end end)
{
	return end == DIALOG_REFUSED ? 3 : end == DIALOG_UNREACHABLE ? 2 : end == DIALOG_SILENT ? 1 : 0;
}

static void
fetched(void *arg, struct fetch_result *r)
{
	struct http_get *g = arg;

	g->fetch = NULL;
	if (r->end == DIALOG_GOOD && redirect_follow(g, r))
		return;
	if (g->why[0] == '\0' || weight(r->end) > weight(g->failed) || r->first_ns != 0) {
		g->failed = r->end;
		text_copy(g->why, sizeof(g->why), r->why);
	}
	if (r->end != DIALOG_GOOD && isnan(r->connect_s) && g->at < g->naddr) {
		address_next(g);
		return;
	}
	facts_tell(g, r);
	if (r->end == DIALOG_GOOD)
		answer_judge(g, r);
	else
		finish(g, g->failed, r);
}

static struct dialog_trust *
trust_of(struct http_get *g)
{
	struct probe_engine *e = g->probe->engine;

	if (g->own_trust != NULL)
		return g->own_trust;
	if (e->trust == NULL)
		e->trust = dialog_trust_new();
	return e->trust;
}

static void
address_next(struct http_get *g)
{
	struct probe	  *p = g->probe;
	struct http_shared *shared = p->shared;
	int64_t		   left = g->begun_ns + p->timeout_ns - loop_mono_ns(p->engine->loop);
	const char	  *method = expect_text(&g->expect, "method");
	struct fetch_ask   ask = { .place = &g->place, .addr = g->addr[g->at++], .trust = trust_of(g), .path = p->path, .way = &p->engine->io->way,
		.expect = &g->expect, .head = method != NULL && strcmp(method, "HEAD") == 0 };

	/* The last address has all the time there is, and then ours ends it. */
	ask.connect_ns = g->at < g->naddr ? left / (int64_t)(g->naddr - g->at + 1) : 2 * p->timeout_ns;
	g->fetch = fetch_start(shared->fetcher, &ask, fetched, g);
}

/* Every address must be one that we may go to. Those of the target itself say where its redirects may lead. */
static int
addresses_check(struct http_get *g, const struct addr *addr, size_t n)
{
	char   what[120];
	size_t i;

	for (i = 0; i < n; i++) {
		if (g->steps > 0 && http_address_check(&g->home, &addr[i], what, sizeof(what)) == -1) {
			say(g, "it redirects where we do not follow: %s", what);
			return -1;
		}
		if (g->steps == 0 && http_home_check(g->place.host, &addr[i], what, sizeof(what)) == -1) {
			say(g, "%s: write the address if this is meant", what);
			return -1;
		}
		if (g->steps == 0 && (i == 0 || addr_reach(&addr[i]) < addr_reach(&g->home)))
			g->home = addr[i];
	}
	return 0;
}

/* After resolving, before asking. */
static void
named(void *arg, enum resolve_end end, const struct addr *addr, size_t n, const char *why)
{
	struct http_get *g = arg;

	g->resolving = NULL;
	if (end != RESOLVE_FOUND) {
		say(g, "%s", why);
		finish(g, end == RESOLVE_NONE ? DIALOG_UNNAMED : DIALOG_UNASKED, NULL);
		return;
	}
	if (g->steps == 0)
		g->dns_s = seconds(g->step_ns, loop_mono_ns(g->probe->engine->loop));
	if (addresses_check(g, addr, n) == -1) {
		finish(g, DIALOG_WRONG, NULL);
		return;
	}
	memcpy(g->addr, addr, n * sizeof(*addr));
	g->naddr = n;
	g->at = 0;
	address_next(g);
}

static void
step_begin(struct http_get *g)
{
	struct probe *p = g->probe;

	g->step_ns = loop_mono_ns(p->engine->loop);
	g->failed = DIALOG_UNASKED;
	g->why[0] = '\0';
	g->resolving = resolve(probe_resolver(p->engine), g->place.host, p->timeout_ns, named, g);
}

/* ---- beginning ---- */

static void
time_is_over(void *arg)
{
	struct http_get	   *g = arg;
	struct fetch_result r = { .connect_s = NAN, .tls_s = NAN, .cert_days = NAN };
	double		    s = (double)g->probe->timeout_ns / NS_PER_S;
	char		    text[ADDR_TEXT_MAX];

	if (g->fetch == NULL) {
		say(g, "our resolver has not told its address after %.3g s", s);
		finish(g, DIALOG_UNASKED, NULL);
		return;
	}
	fetch_look(g->fetch, &r);
	facts_tell(g, &r);
	if (isnan(r.connect_s))
		say(g, "no answer from %s after %.3g s", addr_text(&g->addr[g->at - 1], text), s);
	else if (g->place.tls && isnan(r.tls_s))
		say(g, "TLS has not begun after %.3g s", s);
	else if (r.first_ns == 0)
		say(g, "it takes the connection and says nothing for %.3g s", s);
	else
		say(g, "its answer is not complete after %.3g s", s);
	finish(g, isnan(r.connect_s) ? DIALOG_SILENT : DIALOG_SLOW, &r);
}

static void
begin(void *arg)
{
	struct http_get	   *g = arg;
	struct probe	   *p = g->probe;
	struct http_shared *shared = p->shared;

	if (loop_event_base(p->engine->loop) == NULL) {
		say(g, "not simulated");
		finish(g, DIALOG_UNASKED, NULL);
		return;
	}
	if (shared->fetcher == NULL)
		shared->fetcher = fetcher_new(p->engine->loop);
	g->own_trust = dialog_ca(p, &g->expect, g->why, sizeof(g->why));
	if (shared->fetcher == NULL || (g->own_trust == NULL && expect_has(&g->expect, "ca"))) {
		finish(g, DIALOG_UNASKED, NULL);
		return;
	}
	step_begin(g);
}

/* ---- words ---- */

static const char *const http_keys[] = { "ca=", "days=#", "downgrade", "hash=?", "header=*", "ignore=*", "json=*", "max_s=#", "method=",
	"no_text=*", "redirects=#", "size=,", "status=,", "text=*", "unreachable", NULL };

static int
words_check(const struct expect *x, char *why, size_t size)
{
	const char *method = expect_text(x, "method"), *hash = expect_text(x, "hash"), *rule;
	size_t	    at = 0;

	while ((rule = expect_next(x, "json", &at)) != NULL)
		if (http_json_accepts(rule, why, size) == -1)
			return -1;
	if (method != NULL && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		snprintf(why, size, "expect: \"method=%.40s\" is not known; there are GET and HEAD", method);
		return -1;
	}
	if (hash != NULL && (strlen(hash) != HTTP_HASH_TEXT - 1 || strspn(hash, "0123456789abcdefABCDEF") != HTTP_HASH_TEXT - 1)) {
		snprintf(why, size, "expect: \"hash=\" wants 64 hexadecimal digits (SHA-256), or stands alone");
		return -1;
	}
	if (expect_number(x, "redirects", 0) > REDIRECTS_MAX) {
		snprintf(why, size, "expect: \"redirects\" is at most %d", REDIRECTS_MAX);
		return -1;
	}
	return 0;
}

static int
words_parse(const char *ask, const char *expect, struct http_place *place, struct expect *x, char *why, size_t size)
{
	char what[120];

	if (http_place_read(place, ask, what, sizeof(what)) == -1) {
		snprintf(why, size, "\"%.80s\": %s; write https://host/path", ask, what);
		return -1;
	}
	if (expect_parse(x, expect, http_keys, why, size) == -1 || words_check(x, why, size) == -1)
		return -1;
	if (expect_has(x, "days") && !place->tls) {
		snprintf(why, size, "expect: \"days\" is of a certificate, and http has none; write https://host/path");
		return -1;
	}
	return 0;
}

static int
http_accepts(const char *ask, const char *expect, char *why, size_t size)
{
	struct http_place place;
	struct expect	  x;

	return words_parse(ask, expect, &place, &x, why, size);
}

static int
http_start(struct probe *p)
{
	struct http	*s = p->state;
	struct loop	*l = p->engine->loop;
	struct http_get *g;

	if (s->get != NULL)
		return 0;	/* PROBE_NOW came while one is under way: it will do */
	g = xcalloc(1, sizeof(*g));
	g->probe = p;
	g->dns_s = NAN;
	if (words_parse(p->words->ask, p->words->expect, &g->place, &g->expect, g->why, sizeof(g->why)) == -1) {
		free(g);	/* cannot be: they have been accepted */
		return -1;
	}
	g->steps_max = (unsigned)expect_number(&g->expect, "redirects", REDIRECTS_MAX);
	s->get = g;
	g->begun_ns = loop_mono_ns(l);
	loop_timer_set(l, &g->whole, g->begun_ns + p->timeout_ns, time_is_over, g);
	loop_timer_set(l, &g->begin, g->begun_ns, begin, g);
	return 0;
}

/* ---- the table ---- */

static void *
http_open(struct probe_engine *e)
{
	(void)e;
	return xcalloc(1, sizeof(struct http_shared));
}

static void
http_close(void *arg)
{
	struct http_shared *shared = arg;

	fetcher_free(shared->fetcher);
	free(shared);
}

static const struct metric http_metrics[] = {
	PROBE_SERVICE_METRICS,
	{ 0 }
};

static const struct conf_opt http_options[] = {
	{ "interval_s", CONF_NUMBER, "s", PROBE_INTERVAL_MIN_S, 3600, "60", .help = "Time between two requests." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, PROBE_ASKED_TIMEOUT_MAX_S, "15",
	  .help = "For all of it, from the name to the last byte, redirects included." },
	{ 0 }
};

const struct probe_ops probe_http = {
	.name		= "http",
	.help		= "Ask for a page (http, https): status, text, time of each phase, changes of its content.",
	.metrics	= http_metrics,
	.options	= http_options,
	.starts		= 1,
	.asked		= true,
	.state_size	= sizeof(struct http),
	.start		= http_start,
	.cancel		= http_cancel,
	.accepts	= http_accepts,
	.open		= http_open,
	.close		= http_close,
};
