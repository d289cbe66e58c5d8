/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream.c: see stream.h. Text for those who see everything is made once and shared. */
#include "dashboards/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "config.h"

#include "base/log.h"
#include "base/text.h"
#include "ctl/js.h"
#include "dashboards/web.h"

#define PING_NS (15 * NS_PER_S)

struct stream {
	struct streams	   *all;
	struct http_stream *out;
	struct session	   *session;
	size_t		    largest;	/* of what was sent */
	struct stream	   *next, *prev;
};

struct streams {
	struct loop	 *loop;
	struct mirror	 *mirror;
	unsigned	  per_session;
	uint32_t	  boot;
	uint64_t	  anew;		/* the last batch in which objects came or went */
	struct stream	 *first;	/* the newest */
	struct loop_timer ping;
	struct streams_counts counts;
};

int
event_id_parse(const char *text, struct event_id *id)
{
	size_t	hex = strspn(text, "0123456789abcdef");
	int64_t n;

	if (hex != 8 || text[hex] != '-' || text_to_i64(text + hex + 1, 0, INT64_MAX, &n) == -1 ||
	    text[hex + 1] == '-')
		return -1;
	id->mark = (uint32_t)strtoul(text, NULL, 16);
	id->batch = (uint64_t)n;
	return 0;
}

/* ---- text ---- */

static void put(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
put(struct buf *b, const char *fmt, ...)
{
	char	text[512];
	va_list ap;
	int	n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_bytes(b, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

static void
put_text(struct buf *b, const char *text)
{
	buf_bytes(b, text, strlen(text));
}

static void
put_id(struct buf *b, struct event_id id)
{
	put(b, "id: %08" PRIx32 "-%" PRIu64 "\n", id.mark, id.batch);
}

/* What a reader knows that has been told all. @param s  NULL: one that sees everything */
static struct event_id
id_of(const struct streams *t, const struct session *s)
{
	return (struct event_id){ t->boot ^ (s != NULL ? scope_mark(s) : 0), mirror_batch(t->mirror) };
}

static void
put_now(const struct streams *t, struct buf *b)
{
	char now[TIME_TEXT_MAX];

	put(b, "\"now\":\"%s\"", text_utc(now, sizeof(now), loop_wall_ns(t->loop)));
}

/* Rows that are newer than a batch, in [ ]. @param s  NULL: for all @return how many */
static size_t
put_sites(struct buf *b, const struct city *c, const struct session *s, uint64_t after)
{
	size_t i, n = 0;

	for (i = 0; i < c->nsites; i++) {
		if (c->site[i]->changed <= after || (s != NULL && !sees_site(s, c->site[i]->id)))
			continue;
		put_text(b, n++ > 0 ? "," : "");
		put_text(b, c->site[i]->row);
	}
	return n;
}

static size_t
put_links(struct buf *b, const struct city *c, const struct session *s, uint64_t after)
{
	const struct city_link *l;
	size_t			i, n = 0;

	for (i = 0; i < c->nlinks; i++) {
		l = c->link[i];
		if (l->changed <= after || (s != NULL && (l->site == NULL || !sees_site(s, l->site->id))))
			continue;
		put_text(b, n++ > 0 ? "," : "");
		put_text(b, l->row);
	}
	return n;
}

static void
put_incident(struct buf *b, const struct city *c, const struct session *s, const struct city_incident *i)
{
	json_t *view;

	put_text(b, "event: incident\ndata: ");
	if (s == NULL) {
		put_text(b, i->text);
		put_text(b, "\n\n");
		return;
	}
	view = scope_incident(s, c, i->v);
	js_line(b, view);
	put_text(b, "\n");
	json_decref(view);
}

static void
put_incidents(struct buf *b, const struct city *c, const struct session *s, uint64_t after)
{
	const struct city_incident *i;
	size_t			    k;

	for (k = c->nincidents; k-- > 0;) {		/* the oldest first */
		i = c->incident[k];
		if (i->changed <= after || (s != NULL && !sees_incident(s, c, i->id, i->site)))
			continue;
		put_incident(b, c, s, i);
	}
}

/* All that has changed after a batch; the id comes last. @return NULL: nothing of this reader's */
static struct piece *
batch_piece(const struct streams *t, const struct city *c, const struct session *s, uint64_t after)
{
	struct buf    b = { 0 };
	struct piece *p = NULL;
	size_t	      n, told;

	put_incidents(&b, c, s, after);
	told = b.len;
	put_text(&b, "event: batch\n");
	put_id(&b, id_of(t, s));
	put(&b, "data: {\"seq\":%" PRId64 ",", c->seq);
	put_now(t, &b);
	put_text(&b, ",\"sites\":[");
	n = put_sites(&b, c, s, after);
	put_text(&b, "],\"links\":[");
	n += put_links(&b, c, s, after);
	put_text(&b, "]}\n\n");
	if (n > 0 || told > 0)
		p = piece_new(b.data, b.len);
	buf_free(&b);
	return p;
}

static struct piece *
reset_piece(const struct streams *t, const struct session *s)
{
	struct buf    b = { 0 };
	struct piece *p;

	put_text(&b, "event: reset\n");
	put_id(&b, id_of(t, s));
	put(&b, "data: {\"seq\":%" PRId64 "}\n\n", mirror_city(t->mirror)->seq);
	p = piece_new(b.data, b.len);
	buf_free(&b);
	return p;
}

static struct piece *
engine_piece(const struct streams *t)
{
	char	      last[TIME_TEXT_MAX], text[200];
	int64_t	      heard = mirror_heard_ns(t->mirror);
	int	      n;

	text_utc(last, sizeof(last), heard);
	n = snprintf(text, sizeof(text), "event: engine\ndata: {\"connected\":%s,\"last\":%s%s%s}\n\n",
	    mirror_is_connected(t->mirror) ? "true" : "false", heard != 0 ? "\"" : "",
	    heard != 0 ? last : "null", heard != 0 ? "\"" : "");
	return piece_new(text, (size_t)n);
}

/* ---- streams ---- */

static const struct session *
filter_of(const struct stream *s)
{
	return sees_all(s->session) ? NULL : s->session;
}

static void
stream_free(struct stream *s)
{
	struct streams *t = s->all;

	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		t->first = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	t->counts.open--;
	session_release(s->session);
	free(s);
}

/* @param p  NULL: nothing @return false: it was too far behind, and is gone */
static bool
stream_send(struct stream *s, struct piece *p)
{
	if (p == NULL)
		return true;
	/* A batch of thousands of lines is larger than what may wait: it may be on its way as a whole. */
	if (http_stream_waiting(s->out) > STREAM_WAITING_MAX + s->largest) {
		s->all->counts.dropped++;
		http_stream_drop(s->out);
		stream_free(s);
		return false;
	}
	if (p->len > s->largest)
		s->largest = p->len;
	s->all->counts.bytes += p->len;
	http_stream_send(s->out, p);
	return true;
}

/* @param p  taken */
static bool
stream_send_own(struct stream *s, struct piece *p)
{
	bool there = stream_send(s, p);

	piece_release(p);
	return there;
}

static void
on_closed(void *arg)
{
	stream_free(arg);
}

static void
stream_end(struct stream *s)
{
	http_stream_end(s->out);
	stream_free(s);
}

static void
room_make(struct streams *t, const struct session *session)
{
	struct stream *s, *oldest = NULL;
	unsigned       n = 0;

	for (s = t->first; s != NULL; s = s->next)
		if (s->session == session) {
			n++;
			oldest = s;
		}
	if (n >= t->per_session)
		stream_end(oldest);
}

/* @param id  NULL: none */
static struct piece *
hello_piece(const struct streams *t, const struct event_id *id)
{
	struct buf    b = { 0 };
	struct piece *p;

	put_text(&b, "retry: 2000\nevent: hello\n");
	if (id != NULL)
		put_id(&b, *id);
	put(&b, "data: {\"seq\":%" PRId64 ",\"version\":\"" PACKAGE_VERSION "\",",
	    mirror_city(t->mirror)->seq);
	put_now(t, &b);
	put_text(&b, "}\n\n");
	p = piece_new(b.data, b.len);
	buf_free(&b);
	return p;
}

/* What the reader has missed. @param last  the last it has seen; NULL: what is none of ours */
static void
catch_up(struct streams *t, struct stream *s, const struct event_id *last)
{
	const struct city *c = mirror_city(t->mirror);
	struct event_id	   now = id_of(t, filter_of(s));

	if (last == NULL || last->mark != now.mark || last->batch < t->anew || last->batch < c->forgotten ||
	    last->batch > now.batch)
		stream_send_own(s, reset_piece(t, filter_of(s)));
	else
		stream_send_own(s, batch_piece(t, c, filter_of(s), last->batch));
}

/* @param last_id  Last-Event-ID, or "" */
static void
greet(struct streams *t, struct stream *s, const char *last_id)
{
	struct event_id id = id_of(t, filter_of(s));
	bool		back = last_id[0] != '\0', known = !back || event_id_parse(last_id, &id) == 0;

	stream_send_own(s, hello_piece(t, known ? &id : NULL));
	stream_send_own(s, engine_piece(t));
	if (back)
		catch_up(t, s, known ? &id : NULL);
}

void
streams_open(struct streams *t, struct exchange *x, struct session *session, const char *last_id)
{
	struct stream *s = xcalloc(1, sizeof(*s));
	char	       id[EVENT_ID_MAX] = "";

	if (last_id != NULL)
		text_copy(id, sizeof(id), last_id);	/* it goes with the exchange */
	room_make(t, session);
	s->all = t;
	s->session = session;
	session_hold(session);
	s->next = t->first;
	if (t->first != NULL)
		t->first->prev = s;
	t->first = s;
	t->counts.open++;
	t->counts.opened++;
	s->out = http_stream_open(x, "text/event-stream", on_closed, s);
	greet(t, s, id);
}

void
streams_session_ended(struct streams *t, const struct session *session)
{
	struct stream *s, *next;

	for (s = t->first; s != NULL; s = next) {
		next = s->next;
		if (s->session == session)
			stream_end(s);
	}
}

/* The same to all. @param p  taken */
static void
send_all(struct streams *t, struct piece *p)
{
	struct stream *s, *next;

	for (s = t->first; s != NULL; s = next) {
		next = s->next;
		stream_send(s, p);
	}
	piece_release(p);
}

/* What the last batch brought. @param rows  as of mirror_calls.changed */
static struct piece *
news_piece(const struct streams *t, const struct city *c, const struct session *s, int rows)
{
	return rows == -1 ? reset_piece(t, s) : batch_piece(t, c, s, mirror_batch(t->mirror) - 1);
}

void
streams_tell(struct streams *t, const struct city *c, int rows)
{
	struct piece  *shared = NULL;
	struct stream *s, *next;

	t->counts.batches++;
	if (rows == -1)
		t->anew = mirror_batch(t->mirror);
	for (s = t->first; s != NULL; s = next) {
		next = s->next;
		if (filter_of(s) != NULL) {
			stream_send_own(s, news_piece(t, c, filter_of(s), rows));
			continue;
		}
		if (shared == NULL)
			shared = news_piece(t, c, NULL, rows);
		stream_send(s, shared);
	}
	piece_release(shared);
}

void
streams_tell_engine(struct streams *t)
{
	send_all(t, engine_piece(t));
}

static void
ping(void *arg)
{
	struct streams *t = arg;
	struct buf	b = { 0 };

	put_text(&b, "event: ping\ndata: {");
	put_now(t, &b);
	put_text(&b, "}\n\n");
	send_all(t, piece_new(b.data, b.len));
	buf_free(&b);
	loop_timer_set(t->loop, &t->ping, loop_mono_ns(t->loop) + PING_NS, ping, t);
}

struct streams *
streams_new(struct loop *l, struct mirror *m, unsigned per_session)
{
	struct streams *t = xcalloc(1, sizeof(*t));

	t->loop = l;
	t->mirror = m;
	t->per_session = per_session;
	if (getrandom(&t->boot, sizeof(t->boot), 0) != sizeof(t->boot))
		fatal("getrandom");
	loop_timer_set(l, &t->ping, loop_mono_ns(l) + PING_NS, ping, t);
	return t;
}

void
streams_free(struct streams *t)
{
	if (t == NULL)
		return;
	while (t->first != NULL)
		stream_end(t->first);
	loop_timer_cancel(t->loop, &t->ping);
	free(t);
}

struct streams_counts
streams_counts(const struct streams *t)
{
	return t->counts;
}
