/* SPDX-License-Identifier: GPL-3.0-or-later */
/* metrics.c: the events stream, health, and what the server counts, as OpenMetrics. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/cursor.h"
#include "dashboards/web.h"

void
api_events(struct visit *v)
{
	struct streams	*t = v->web->streams;
	struct session	*s = v->session;
	struct exchange *x;

	if (v->x->head) {
		visit_answer_text(v, 200, "text/event-stream", NULL);
		return;
	}
	session_hold(s);
	x = visit_keep_exchange(v);
	http_set(x, "Cache-Control", "no-store");
	http_set(x, "X-Accel-Buffering", "no");		/* a proxy in front must not gather it */
	streams_open(t, x, s, http_header(x, "Last-Event-ID"));
	session_release(s);
}

void
web_healthz(struct visit *v)
{
	visit_answer_text(v, 200, "text/plain; charset=utf-8", "ok\n");
}

void
web_readyz(struct visit *v)
{
	bool ready = mirror_is_connected(v->web->mirror);

	visit_answer_text(v, ready ? 200 : 503, "text/plain; charset=utf-8",
	    ready ? "ready\n" : "the engine is away\n");
}

static void put(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
put(struct buf *b, const char *fmt, ...)
{
	char	text[300];
	va_list ap;
	int	n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_bytes(b, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

static void
put_gauge(struct buf *b, const char *name, double value)
{
	put(b, "# TYPE simpul_web_%s gauge\nsimpul_web_%s %.15g\n", name, name, value);
}

static void
put_counter(struct buf *b, const char *name, uint64_t value)
{
	put(b, "# TYPE simpul_web_%s counter\nsimpul_web_%s_total %" PRIu64 "\n", name, name, value);
}

static void
put_all(struct buf *b, const struct web *w)
{
	struct http_counts    h = http_counts(w->http);
	struct streams_counts s = streams_counts(w->streams);
	int64_t		      heard = mirror_heard_ns(w->mirror);
	int		      i;

	put(b, "# TYPE simpul_web_answers counter\n");
	for (i = 2; i <= 5; i++)
		put(b, "simpul_web_answers_total{status=\"%dxx\"} %" PRIu64 "\n", i, w->counts.answers[i]);
	put_gauge(b, "connections", h.open);
	put_counter(b, "connections_accepted", h.connections);
	put_counter(b, "connections_refused", h.refused_address);
	put_counter(b, "connections_timed_out", h.timed_out);
	put_counter(b, "requests", h.requests);
	put_counter(b, "requests_malformed", h.refused_gate);
	put_counter(b, "requests_rate_limited", w->counts.rate_limited);
	put_counter(b, "requests_put_off", w->counts.put_off);
	put_counter(b, "requests_denied", w->counts.denied);
	put_gauge(b, "sessions", (double)sessions_count(w->sessions));
	put_counter(b, "logins", w->counts.logins);
	put_counter(b, "logins_failed", w->counts.logins_failed);
	put_counter(b, "logins_delayed", w->counts.logins_delayed);
	put_counter(b, "audit_entries_lost", w->counts.records_lost);
	put_gauge(b, "certificate_expires_timestamp_seconds", (double)tls_expires_s(w->tls));
	put_gauge(b, "streams", s.open);
	put_counter(b, "streams_opened", s.opened);
	put_counter(b, "streams_dropped", s.dropped);
	put_counter(b, "batches", s.batches);
	put_counter(b, "stream_bytes", s.bytes);
	put_gauge(b, "engine_connected", mirror_is_connected(w->mirror));
	put_gauge(b, "engine_heard_timestamp_seconds", heard != 0 ? (double)heard / 1e9 : 0);
	put_gauge(b, "questions_waiting", upstream_waiting(mirror_upstream(w->mirror)));
	put_counter(b, "refreshes", mirror_refreshes(w->mirror));
	put(b, "# EOF\n");
}

/* For a collector on this host, or an administrator. */
void
web_metrics(struct visit *v)
{
	bool	   local = v->x->local && conf_bool(v->web->conf, "web.metrics_local");
	struct buf b = { 0 };

	if (!local && v->session == NULL) {
		problem(v, 401, "unauthorized", NULL);
	} else if (!local && v->session->user.role != USER_ADMIN) {
		problem(v, 403, "forbidden", NULL);
	} else {
		put_all(&b, v->web);
		buf_u8(&b, 0);
		visit_answer_text(v, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8",
		    (const char *)b.data);
		buf_free(&b);
	}
}
