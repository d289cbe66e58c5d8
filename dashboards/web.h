/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * web.h: inside simpul-web: what the server is made of, and one visit: a request by somebody, on its way to
 * an answer.
 *
 * Every request goes through the closed table of route.c: method, path, who may, whose objects, handler. A
 * handler runs only when all of that is right, and answers its visit once, now or later.
 */
#ifndef SIMPUL_WEB_H
#define SIMPUL_WEB_H

#include "base/conf.h"
#include "base/log.h"
#include "base/siphash.h"
#include "dashboards/hasher.h"
#include "dashboards/http.h"
#include "dashboards/login.h"
#include "dashboards/mirror.h"
#include "dashboards/query.h"
#include "dashboards/session.h"
#include "dashboards/static.h"
#include "dashboards/stream.h"
#include "dashboards/tls.h"
#include "dashboards/users.h"

struct web_counts {
	uint64_t answers[6];		/* by hundreds of the status */
	uint64_t logins, logins_failed, logins_delayed, rate_limited, put_off, denied, records_lost;
};

struct web {
	struct loop	 *loop;
	struct conf	 *conf;
	const char	 *root;		/* the pages' folder */
	int		  state_fd, listen_fd;
	uint16_t	  port;
	struct tls	 *tls;
	struct http	 *http;
	struct static_files *files;
	struct users	  users;
	struct stat	  users_st;
	struct sessions	 *sessions;
	struct login	 *login;
	struct hasher	 *hasher;
	struct mirror	 *mirror;
	struct share	    keyed;	/* questions of programs, which have no session */
	struct streams	 *streams;
	struct siphash_key key;		/* of the tables that strangers fill */
	int64_t		  rate[4096];	/* of visitors without a session, by a hash of the place */
	int64_t		  page_rate[4096];	/* of pages and their files, the same */
	struct loop_timer clock;
	struct web_counts counts;
	unsigned	  cost;		/* of password hashes */
	unsigned	  recording;	/* entries for the audit log that are under way */
	struct log_limit  record_limit;
};

/* ---- visits ---- */

struct visit {
	struct web	   *web;
	struct exchange	   *x;
	const struct route *route;
	struct session	   *session;	/* NULL: not logged in; held */
	struct asker	    asker;	/* of the engine */
	struct query	    query;
	json_t		   *body;	/* of a POST or PATCH: an object */
	char		    id[ID_MAX];	/* {id} of the path */
	char		    asked[USER_HASH_MAX];	/* what its password is compared with */
};

/** Answer with JSON. @param v  taken; NULL: no body (204) */
void	visit_answer(struct visit *v, int status, json_t *body);
void	visit_answer_text(struct visit *v, int status, const char *type, const char *text);
/** The answer goes on: the visit is over, its exchange belongs to the caller. */
struct exchange *visit_keep_exchange(struct visit *v);

/* problem.c: answers that say what is wrong (RFC 9457). */

/** @param detail  a sentence, or NULL */
void	problem(struct visit *v, int status, const char *code, const char *detail);
/** A parameter or member is wrong. */
void	problem_param(struct visit *v, const char *param, const char *detail);
void	problem_wait(struct visit *v, unsigned seconds);	/* 429 */
/** The same with more members. @param more  taken */
void	problem_with(struct visit *v, int status, const char *code, const char *detail, json_t *more);
/** What the engine said when it refused; NULL: it is away. */
void	problem_of_engine(struct visit *v, const json_t *answer);

/* route.c */

enum scope {
	SCOPE_NONE,		/* nothing that belongs to anybody */
	SCOPE_FILTER,		/* the handler shows what visit_sees_site() allows */
	SCOPE_SITE, SCOPE_LINK, SCOPE_SERVICE, SCOPE_INCIDENT,		/* {id} is one; seen by the visitor, or 404 */
	SCOPE_SERIES		/* the handler asks visit_sees_ref() for each */
};
extern const char *const scope_names[];		/* end with NULL */

#define ANYONE	 0x100u				/* in place of roles: needs no session */
#define ROLE(r)	 (1u << (r))
#define ALL_ROLES (ROLE(USER_ADMIN) | ROLE(USER_NOC) | ROLE(USER_PLANNER) | ROLE(USER_OPD))

struct route {
	const char *method, *path;	/* "/api/v1/sites/{id}" */
	unsigned    roles;
	enum scope  scope;
	void	  (*run)(struct visit *v);
	const char *name;		/* operationId in openapi.json; NULL: a page */
	unsigned    asks;		/* of the engine, at most so many questions at a time */
	bool	    keyed;		/* a program calls it, with a token in place of a session; forms will do */
	bool	    early;		/* also while the password must be changed */
};
extern const struct route routes[];	/* ends with { 0 } */

/** The row of this method and path. @return NULL when there is none; *other: one of another method is */
const struct route *route_find(const char *method, const char *path, char id[ID_MAX], bool *other);
/** All requests come here. @param arg  the struct web */
void	web_on_request(void *arg, struct exchange *x);
/** Headers of every answer. */
void	headers_put(struct exchange *x);

/* scope.c: what an opd sees; all others see everything. First: which objects. */

bool	sees_site(const struct session *s, const char *site);
bool	sees_all(const struct session *s);
/** Is it about a site of its own, or does one of its sites suffer from it, or has suffered? */
bool	sees_incident(const struct session *s, const struct city *c, const char *id, const char *site);
bool	sees_ref(const struct session *s, const struct city *c, const char *ref);

/** A number for what it sees; 0: everything. */
uint32_t scope_mark(const struct session *s);

/* What of them, in the shape of the API; facts are the engine's. Each returns what is owned. */

/** Take out of a site or a line, a copy of one that is seen, what is not to be told. */
void	scope_object(const struct session *s, const struct city *c, json_t *view);
/** @param view  of an incident that is seen; not changed */
json_t *scope_incident(const struct session *s, const struct city *c, json_t *view);
/** @param parent  the engine's: "name", "code" */
json_t *scope_parent(const struct session *s, const struct city *c, const char *site, const json_t *parent);
json_t *scope_evidence(const struct session *s, const struct city *c, const json_t *facts);

/* api_*.c */

#define SERIES_REFS_MAX 8		/* of one request */

void	api_session_open(struct visit *v);
void	api_session_get(struct visit *v);
void	api_session_change(struct visit *v);
void	api_session_close(struct visit *v);
void	api_session_password(struct visit *v);
void	api_summary(struct visit *v);
void	api_sites(struct visit *v);
void	api_site(struct visit *v);
void	api_links(struct visit *v);
void	api_link(struct visit *v);
void	api_push(struct visit *v);
void	api_services(struct visit *v);
void	api_service(struct visit *v);
void	api_series(struct visit *v);
void	api_latency(struct visit *v);
void	api_incidents(struct visit *v);
void	api_incident(struct visit *v);
void	api_incident_ack(struct visit *v);
void	api_recordings(struct visit *v);
void	api_recording(struct visit *v);
void	api_events(struct visit *v);
void	web_healthz(struct visit *v);
void	web_readyz(struct visit *v);
void	web_metrics(struct visit *v);
void	web_page(struct visit *v);

/* audit.c: into the engine's audit log */

/**
 * @param what	login, login_failed, logout, password, refused
 * @param who	NULL: nobody has shown who it was
 * @param object  what it was about: of at most REF_MAX - 1 bytes, one line
 */
void	web_record(struct web *w, const char *what, const struct session *who, const char *object,
	    const char *from);
/** The same about a user, in whatever letters the name was given. */
void	web_record_user(struct web *w, const char *what, const struct session *who, const char *name,
	    const char *from);

/* body.c: members of the request's object; each returns 0, or -1 after answering. */

/** @param names  what may be there, ends with NULL */
int	body_only(struct visit *v, const char *const *names);
/** Text of min to max bytes. @param out  inside the body; NULL when it is absent and min is 0 */
int	body_text(struct visit *v, const char *name, size_t min, size_t max, const char **out);
int	body_int(struct visit *v, const char *name, int64_t min, int64_t max, int64_t *out);

/** The users' file is another, or was changed by us: read it, end the sessions that do not fit any more. */
void	web_users_reload(struct web *w);
/** Read the file when it has changed. */
void	web_users_watch(struct web *w);

/** "as" of a question to the engine in the name of who is logged in. @return owned */
json_t *session_as(const struct session *s);
/** JSON for a list: the object with its age. @return owned */
json_t *link_view(const struct visit *v, const struct city_link *l);
json_t *site_view(const struct visit *v, const struct city_site *s);
/** Let the engine answer; the visit waits. */
void	visit_ask(struct visit *v, json_t *request, upstream_fn cb, void *arg);
/** The same for a program without a session: all of them share what one person may have open. */
void	visit_ask_keyed(struct visit *v, json_t *request, upstream_fn cb, void *arg);

#endif
