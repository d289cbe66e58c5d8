/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * route.c: from a request to its handler.
 *
 *	gate -> host -> route -> session -> rate -> origin, CSRF -> password -> role -> body -> scope
 *	  -> room -> handler
 *
 * Whatever is not in the table does not exist. A test compares it with openapi.json.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "ctl/js.h"
#include "dashboards/web.h"

#define RATE_PER_S	   20		/* of a session */
#define RATE_STRANGER_PER_S 50		/* of a place */
#define RATE_PAGES_PER_S   200		/* of a place: what lies in memory and says nothing of the city */
#define BODY_DEPTH	   16

/* What is left of sessions that have ended waits on top of that, until its time is over. */
_Static_assert(SESSIONS_PER_USER * OPEN_OF_ONE < WAITING_MAX, "the sessions of a user do not fill the queue");

#define OPERATORS (ROLE(USER_ADMIN) | ROLE(USER_NOC))

const char *const scope_names[] = { "none", "filter", "site", "link", "service", "incident", "series", NULL };

const struct route routes[] = {
	{ "POST", "/api/v1/session", ANYONE, SCOPE_NONE, api_session_open, "session_open", .early = true },
	{ "GET", "/api/v1/session", ALL_ROLES, SCOPE_NONE, api_session_get, "session_get", .early = true },
	{ "PATCH", "/api/v1/session", ALL_ROLES, SCOPE_NONE, api_session_change, "session_change",
	  .early = true },
	{ "DELETE", "/api/v1/session", ALL_ROLES, SCOPE_NONE, api_session_close, "session_close",
	  .early = true },
	{ "POST", "/api/v1/session/password", ALL_ROLES, SCOPE_NONE, api_session_password, "session_password",
	  .early = true },
	{ "GET", "/api/v1/summary", ALL_ROLES, SCOPE_FILTER, api_summary, "summary" },
	{ "GET", "/api/v1/sites", ALL_ROLES, SCOPE_FILTER, api_sites, "sites" },
	{ "GET", "/api/v1/sites/{id}", ALL_ROLES, SCOPE_SITE, api_site, "site", .asks = 1 },
	{ "GET", "/api/v1/links", ALL_ROLES, SCOPE_FILTER, api_links, "links" },
	{ "GET", "/api/v1/links/{id}", ALL_ROLES, SCOPE_LINK, api_link, "link", .asks = 1 },
	{ "GET", "/api/v1/services", ALL_ROLES, SCOPE_FILTER, api_services, "services" },
	{ "GET", "/api/v1/services/{id}", ALL_ROLES, SCOPE_SERVICE, api_service, "service", .asks = 1 },
	{ "GET", "/api/v1/series", ALL_ROLES, SCOPE_SERIES, api_series, "series",
	  .asks = 1 + SERIES_REFS_MAX },
	{ "GET", "/api/v1/latency/{id}", ALL_ROLES, SCOPE_LINK, api_latency, "latency", .asks = 2 },
	{ "GET", "/api/v1/incidents", ALL_ROLES, SCOPE_FILTER, api_incidents, "incidents", .asks = 1 },
	{ "GET", "/api/v1/incidents/{id}", ALL_ROLES, SCOPE_INCIDENT, api_incident, "incident",
	  .asks = 1 },
	{ "POST", "/api/v1/incidents/{id}/ack", OPERATORS, SCOPE_INCIDENT, api_incident_ack, "incident_ack",
	  .asks = 1 },
	{ "GET", "/api/v1/recordings", ALL_ROLES, SCOPE_FILTER, api_recordings, "recordings", .asks = 1 },
	{ "GET", "/api/v1/recordings/{id}", ALL_ROLES, SCOPE_FILTER, api_recording, "recording", .asks = 1 },
	{ "GET", "/api/v1/events", ALL_ROLES, SCOPE_FILTER, api_events, "events" },
	{ "POST", "/push/{id}", ANYONE, SCOPE_NONE, api_push, "push", .keyed = true },
	{ "GET", "/healthz", ANYONE, SCOPE_NONE, web_healthz, "healthz" },
	{ "GET", "/readyz", ANYONE, SCOPE_NONE, web_readyz, "readyz" },
	{ "GET", "/metrics", ANYONE, SCOPE_NONE, web_metrics, "metrics" },
	{ "GET", "/", ANYONE, SCOPE_NONE, web_page },
	{ "GET", "/masuk", ANYONE, SCOPE_NONE, web_page },
	{ "GET", "/situs", ANYONE, SCOPE_NONE, web_page },
	{ "GET", "/situs/{id}", ANYONE, SCOPE_NONE, web_page },
	{ "GET", "/tautan/{id}", ANYONE, SCOPE_NONE, web_page },
	{ "GET", "/layanan", ANYONE, SCOPE_NONE, web_page },
	{ "GET", "/layanan/{id}", ANYONE, SCOPE_NONE, web_page },
	{ "GET", "/insiden", ANYONE, SCOPE_NONE, web_page },
	{ "GET", "/insiden/{id}", ANYONE, SCOPE_NONE, web_page },
	{ "GET", "/kantor", ANYONE, SCOPE_NONE, web_page },
	{ "GET", "/bantuan", ANYONE, SCOPE_NONE, web_page },
	{ 0 }
};

/* ---- the table ---- */

/* @param id  the part of the path that stands for {id} */
static bool
path_matches(const char *pattern, const char *path, char id[ID_MAX])
{
	const char *hole = strchr(pattern, '{');
	size_t	    before = hole != NULL ? (size_t)(hole - pattern) : 0, len;

	id[0] = '\0';
	if (hole == NULL)
		return strcmp(pattern, path) == 0;
	if (strncmp(pattern, path, before) != 0)
		return false;
	len = strcspn(path + before, "/");
	if (len >= ID_MAX || strcmp(path + before + len, strchr(hole, '}') + 1) != 0)
		return false;
	memcpy(id, path + before, len);
	id[len] = '\0';
	return text_is_id(id);
}

const struct route *
route_find(const char *method, const char *path, char id[ID_MAX], bool *other)
{
	const struct route *r;

	*other = false;
	for (r = routes; r->path != NULL; r++)
		if (path_matches(r->path, path, id)) {
			if (strcmp(r->method, method) == 0)
				return r;
			*other = true;
		}
	return NULL;
}

/* ---- visits ---- */

void
headers_put(struct exchange *x)
{
	http_set(x, "X-Content-Type-Options", "nosniff");
	http_set(x, "Referrer-Policy", "no-referrer");
	http_set(x, "Strict-Transport-Security", "max-age=31536000");
	http_set(x, "Cross-Origin-Opener-Policy", "same-origin");
	http_set(x, "Cross-Origin-Resource-Policy", "same-origin");
	http_set(x, "Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "
	    "font-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; "
	    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
}

static void
visit_free(struct visit *v)
{
	session_release(v->session);
	query_free(&v->query);
	json_decref(v->body);
	explicit_bzero(v->asked, sizeof(v->asked));
	free(v);
}

void
visit_answer_text(struct visit *v, int status, const char *type, const char *text)
{
	v->web->counts.answers[status / 100]++;
	headers_put(v->x);
	http_set(v->x, "Cache-Control", "no-store");
	http_answer(v->x, status, type, text, text != NULL ? strlen(text) : 0);
	visit_free(v);
}

void
visit_answer(struct visit *v, int status, json_t *body)
{
	struct buf b = { 0 };

	if (body == NULL) {
		visit_answer_text(v, status, NULL, NULL);
		return;
	}
	js_line(&b, body);
	json_decref(body);
	buf_u8(&b, 0);
	visit_answer_text(v, status, "application/json", (const char *)b.data);
	buf_free(&b);
}

struct exchange *
visit_keep_exchange(struct visit *v)
{
	struct exchange *x = v->x;

	v->web->counts.answers[2]++;
	headers_put(x);
	visit_free(v);
	return x;
}

json_t *
session_as(const struct session *s)
{
	static const char *const roles[USER_ROLES] = { "admin", "noc", "viewer", "viewer" };

	return json_pack("{s:s, s:s}", "user", s->user.name, "role", roles[s->user.role]);
}

static bool
writes(const struct visit *v)
{
	return strcmp(v->x->method, "GET") != 0;
}

/* Has its browser not hung up? What it told us to do is done all the same. */
static bool
is_waited_for(const struct asker *a)
{
	const struct visit *v = (const struct visit *)((const char *)a - offsetof(struct visit, asker));

	return v->x->conn != NULL || writes(v);
}

void
visit_ask(struct visit *v, json_t *request, upstream_fn cb, void *arg)
{
	json_object_set_new(request, "as", session_as(v->session));
	v->asker = (struct asker){ &v->session->share, is_waited_for };
	upstream_ask_for(mirror_upstream(v->web->mirror), &v->asker, request, cb, arg);
}

void
visit_ask_keyed(struct visit *v, json_t *request, upstream_fn cb, void *arg)
{
	struct upstream *u = mirror_upstream(v->web->mirror);

	if (!upstream_has_room(u, &v->web->keyed, 1)) {
		json_decref(request);
		v->web->counts.put_off++;
		problem_wait(v, 1);
		return;
	}
	v->asker = (struct asker){ &v->web->keyed, is_waited_for };
	upstream_ask_for(u, &v->asker, request, cb, arg);
}

/* ---- where it comes from ---- */

/* "name:8061" or "[::1]:8061": is the name one of ours? */
static bool
host_is_ours(const struct web *w, const char *host)
{
	static const char *const always[] = { "localhost", "127.0.0.1", "::1" };
	const char		*end;
	char			 name[256];
	size_t			 i, n = conf_count(w->conf, "web.names"), len;

	if (host[0] == '[') {
		host++;
		end = strchr(host, ']');
		len = end != NULL ? (size_t)(end - host) : sizeof(name);
		end = end != NULL ? end + 1 : "?";
	} else {
		len = strcspn(host, ":");
		end = host + len;
	}
	if (len >= sizeof(name) || (*end != '\0' && *end != ':') ||
	    (*end == ':' && end[1 + strspn(end + 1, "0123456789")] != '\0'))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	for (i = 0; i < nitems(always); i++)
		if (strcasecmp(always[i], name) == 0)
			return true;
	for (i = 0; i < n; i++)
		if (strcasecmp(conf_word(w->conf, "web.names", i), name) == 0)
			return true;
	return strcmp(conf_text(w->conf, "web.listen"), name) == 0;
}

/* Does a page of our own send it? Browsers say so in every request that writes. */
static bool
origin_is_ours(const struct visit *v)
{
	static const char scheme[] = "https://";
	const char	 *origin = http_header(v->x, "Origin"), *host = http_header(v->x, "Host");

	return origin != NULL && host != NULL && strncmp(origin, scheme, sizeof(scheme) - 1) == 0 &&
	    strcasecmp(origin + sizeof(scheme) - 1, host) == 0;
}

/* ---- one check after the other: each returns true, or false after answering ---- */

static void
find_session(struct visit *v)
{
	const char     *cookie = http_header(v->x, "Cookie");
	struct session *s = NULL;
	char		token[TOKEN_SIZE];

	if (cookie != NULL && cookie_token(cookie, SESSION_COOKIE, token) == 0)
		s = session_find(v->web->sessions, token, loop_mono_ns(v->web->loop));
	if (s != NULL) {
		session_hold(s);
		v->session = s;
	}
}

static bool
is_page(const struct visit *v)
{
	return v->route != NULL ? v->route->run == web_page : static_find(v->web->files, v->x->path) != NULL;
}

/* Pages count apart: a browser that opens all its tabs again asks for their files in one breath. */
static bool
check_rate(struct visit *v)
{
	struct web *w = v->web;
	size_t	    place = siphash(&w->key, &v->x->place, sizeof(v->x->place)) % nitems(w->rate);
	int64_t	    now_ns = loop_mono_ns(w->loop);
	bool	    free;

	if (is_page(v))
		free = rate_take(&w->page_rate[place], RATE_PAGES_PER_S, now_ns);
	else if (v->session != NULL)
		free = rate_take(&v->session->tokens_ns, RATE_PER_S, now_ns);
	else
		free = rate_take(&w->rate[place], RATE_STRANGER_PER_S, now_ns);
	if (!free) {
		w->counts.rate_limited++;
		problem_wait(v, 1);
	}
	return free;
}

static bool
check_writing(struct visit *v)
{
	const char *csrf = http_header(v->x, "X-CSRF-Token");

	if (v->route->keyed || !writes(v) || (origin_is_ours(v) && (v->session == NULL || v->route->roles == ANYONE ||
	    (csrf != NULL && secret_equal(csrf, v->session->csrf)))))
		return true;
	problem(v, 403, "csrf", NULL);
	return false;
}

static bool
check_role(struct visit *v)
{
	if (v->route->roles == ANYONE)
		return true;
	if (v->session == NULL) {
		problem(v, 401, "unauthorized", NULL);
		return false;
	}
	if (v->session->user.must_change && !v->route->early) {
		problem(v, 403, "must_change_password", NULL);
		return false;
	}
	if ((v->route->roles & ROLE(v->session->user.role)) != 0)
		return true;
	v->web->counts.denied++;
	log_info("%s (%s) from %s was refused: %s", v->session->user.name,
	    user_role_names[v->session->user.role], v->x->address, v->route->name);
	web_record(v->web, "refused", v->session, v->route->name, v->x->address);
	problem(v, 403, "forbidden", NULL);
	return false;
}

static bool
is_json(const char *type)
{
	static const char json[] = "application/json";

	return type != NULL && strncasecmp(type, json, sizeof(json) - 1) == 0 &&
	    strchr("; ", type[sizeof(json) - 1]) != NULL;	/* the NUL is one of these, too */
}

/* What curl -d sends: each name once, all values as text. */
static json_t *
form_read(const char *body, size_t len)
{
	struct query q = { 0 };
	char	    *text = xcalloc(1, len + 1);
	json_t	    *form = NULL;

	memcpy(text, body, len);
	if (strlen(text) == len && query_parse(&q, text) == 0) {
		form = json_object();
		for (size_t i = 0; i < q.n; i++)
			json_object_set_new(form, q.param[i].name, json_string(q.param[i].value));
	}
	query_free(&q);
	free(text);
	return form;
}

static bool
is_form(const char *type)
{
	static const char form[] = "application/x-www-form-urlencoded";

	return type != NULL && strncasecmp(type, form, sizeof(form) - 1) == 0 && strchr("; ", type[sizeof(form) - 1]) != NULL;
}

static bool
read_body(struct visit *v)
{
	const char *body = (const char *)v->x->body;
	size_t	    len = v->x->body_len;

	if (!writes(v) || strcmp(v->x->method, "DELETE") == 0)
		return true;
	if (v->route->keyed && (len == 0 || is_form(http_header(v->x, "Content-Type")))) {
		v->body = len == 0 ? json_object() : form_read(body, len);
		if (v->body == NULL)
			problem(v, 400, "bad_request", "The form is not understood.");
		return v->body != NULL;
	}
	if (!is_json(http_header(v->x, "Content-Type"))) {
		problem(v, 415, "unsupported_media_type", NULL);
		return false;
	}
	if (js_depth(body, len) <= BODY_DEPTH)
		v->body = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(v->body))
		return true;
	problem(v, 400, "bad_request", "The body must be one JSON object.");
	return false;
}

static bool
is_seen(const struct visit *v)
{
	const struct city	   *c = mirror_city(v->web->mirror);
	const struct city_link	   *l;
	const struct city_service  *service;
	const struct city_incident *i;

	switch (v->route->scope) {
	case SCOPE_SITE:
		return map_get(c->site_by_id, v->id) != NULL && sees_site(v->session, v->id);
	case SCOPE_LINK:
		l = map_get(c->link_by_id, v->id);
		return l != NULL && l->site != NULL && sees_site(v->session, l->site->id);
	case SCOPE_SERVICE:
		service = map_get(c->service_by_id, v->id);
		return service != NULL && sees_site(v->session, service->site);
	case SCOPE_INCIDENT:		/* of one that is over the handler knows who suffered, also before we started */
		i = map_get(c->incident_by_id, v->id);
		return i == NULL || !i->open || sees_incident(v->session, c, i->id, i->site);
	default:
		return true;
	}
}

static bool
check_scope(struct visit *v)
{
	if (is_seen(v))
		return true;
	problem(v, 404, "not_found", NULL);
	return false;
}

/* A visitor that asks the engine for more than comes back waits outside. */
static bool
check_room(struct visit *v)
{
	if (v->route->asks == 0 ||
	    upstream_has_room(mirror_upstream(v->web->mirror), &v->session->share, v->route->asks))
		return true;
	v->web->counts.put_off++;
	problem_wait(v, 1);
	return false;
}

static bool
read_query(struct visit *v)
{
	if (query_parse(&v->query, v->x->query) == 0)
		return true;
	problem(v, 400, "bad_request", "What follows the question mark is not understood.");
	return false;
}

static bool
check_host(struct visit *v)
{
	const char *host = http_header(v->x, "Host");

	if (host != NULL && host_is_ours(v->web, host))
		return true;
	problem(v, 400, "bad_request", "The host of the address is not one of this server's names.");
	return false;
}

/* ---- what is not in the table ---- */

static void
answer_file(struct visit *v, const struct static_file *file)
{
	const char	  *known = http_header(v->x, "If-None-Match");
	enum static_coding coding = static_choose(file, http_header(v->x, "Accept-Encoding"));
	struct exchange	  *x;

	x = visit_keep_exchange(v);
	http_set(x, "Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
	http_set(x, "ETag", file->etag);
	http_set(x, "Vary", "Accept-Encoding");
	if (known != NULL && strstr(known, file->etag) != NULL) {
		http_answer(x, 304, NULL, NULL, 0);
		return;
	}
	if (coding != STATIC_PLAIN)
		http_set(x, "Content-Encoding", static_coding_names[coding]);
	http_answer_kept(x, 200, file->type, file->body[coding].data, file->body[coding].len);
}

void
web_page(struct visit *v)
{
	static const char none[] = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<title>Simpul</title></head><body><h1>Simpul</h1><p>The pages are not installed; "
	    "the API is at /api/v1.</p></body></html>\n";
	const struct static_file *index = static_find(v->web->files, "/index.html");

	if (index != NULL)
		answer_file(v, index);
	else
		visit_answer_text(v, 200, "text/html; charset=utf-8", none);
}

/* RFC 9110 15.5.6 wants to hear what can be done with it. */
static void
allow_put(struct visit *v)
{
	const struct route *r;
	char		    id[ID_MAX], allow[80] = "";

	for (r = routes; r->path != NULL; r++)
		if (path_matches(r->path, v->x->path, id))
			snprintf(allow + strlen(allow), sizeof(allow) - strlen(allow), "%s%s",
			    allow[0] != '\0' ? ", " : "", r->method);
	http_set(v->x, "Allow", allow[0] != '\0' ? allow : "GET");
}

static void
answer_outside(struct visit *v, bool other_method)
{
	const struct static_file *file = static_find(v->web->files, v->x->path);

	if (file != NULL && !writes(v))
		answer_file(v, file);
	else if (file != NULL || other_method) {
		allow_put(v);
		problem(v, 405, "method_not_allowed", NULL);
	} else
		problem(v, 404, "not_found", NULL);
}

static void
answer_refused(struct visit *v)
{
	int	    status = v->x->refused;
	const char *code = status == 413 || status == 414 || status == 431 ? "too_large" : "bad_request";

	http_set(v->x, "Connection", "close");
	problem(v, status, code, NULL);
}

void
web_on_request(void *arg, struct exchange *x)
{
	struct visit *v = xcalloc(1, sizeof(*v));
	bool	      other = false;

	v->web = arg;
	v->x = x;
	if (x->refused != 0) {
		answer_refused(v);
		return;
	}
	if (!check_host(v))
		return;
	v->route = route_find(x->method, x->path, v->id, &other);
	find_session(v);
	if (!check_rate(v))
		return;
	if (v->route == NULL)
		answer_outside(v, other);
	else if (read_query(v) && check_writing(v) && check_role(v) && read_body(v) && check_scope(v) &&
	    check_room(v))
		v->route->run(v);
}
