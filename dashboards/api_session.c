/* SPDX-License-Identifier: GPL-3.0-or-later */
/* api_session.c: log in, who am I, log out, password, language. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ctl/js.h"
#include "dashboards/web.h"

#define COOKIE_FORM "%s=%s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=%d"
#define COOKIE_S    (12 * 3600)
#define BROWSER_S   (BROWSER_DAYS * 86400)

static json_t *
session_view(const struct web *w, const struct session *s)
{
	json_t *sites = json_null();
	size_t	i;

	if (s->user.role == USER_OPD) {
		sites = json_array();
		for (i = 0; i < s->user.nsites; i++)
			json_array_append_new(sites, json_string(s->user.site[i]));
	}
	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:b}", "user", s->user.name, "role",
	    user_role_names[s->user.role], "sites", sites, "lang", s->user.lang, "csrf", s->csrf, "expires",
	    js_time(loop_wall_ns(w->loop) + session_expires_ns(s) - loop_mono_ns(w->loop)), "must_change",
	    s->user.must_change);
}

static void
set_cookie(struct visit *v, const char *name, const char *token, int seconds)
{
	char text[200];

	snprintf(text, sizeof(text), COOKIE_FORM, name, token, seconds);
	http_set(v->x, "Set-Cookie", text);
	explicit_bzero(text, sizeof(text));
}

/* Of the tokens of browsers only those that are ours count. */
static struct whence
whence(const struct visit *v)
{
	struct whence from = { .place = v->x->place };
	const char   *cookie = http_header(v->x, "Cookie");
	char	      token[TOKEN_SIZE];

	if (cookie != NULL && cookie_token(cookie, BROWSER_COOKIE, token) == 0) {
		token_hash(from.browser, token);
		explicit_bzero(token, sizeof(token));
	}
	if (!login_is_ours(v->web->login, from.browser, loop_mono_ns(v->web->loop)))
		from.browser[0] = '\0';
	return from;
}

/* Seconds to wait before the next try; 0: now. */
static unsigned
wait_s(const struct visit *v, const char *name)
{
	const struct whence from = whence(v);

	return login_wait_s(v->web->login, name, &from, loop_mono_ns(v->web->loop));
}

/* Let a password be checked. A try counts when it is one: not when too many wait. */
static void
check_password(struct visit *v, const char *name, const char *password, const char *next, hasher_fn cb)
{
	struct web	  *w = v->web;
	const struct user *user, *stand_in;
	const struct whence from = whence(v);
	int64_t		   now_ns = loop_mono_ns(w->loop);

	web_users_watch(w);
	user = users_find(&w->users, name);
	stand_in = users_stand_in(&w->users, &w->key, name);	/* for a known one, too: it takes time */
	if (user == NULL)
		user = stand_in;
	text_copy(v->asked, sizeof(v->asked), user != NULL ? user->hash : "");
	if (!login_is_known(w->login, name, &from, now_ns) &&
	    hasher_waiting(w->hasher) >= HASHER_STRANGERS_MAX)
		problem_wait(v, 2);
	else if (hasher_ask(w->hasher, password, v->asked, next, cb, v) == -1)
		problem_wait(v, 2);
	else
		login_try(w->login, name, &from, now_ns);
}

/* The browser is known from now on: all accounts that log in with it share one token. */
static void
let_in(struct visit *v, const char *name)
{
	struct web   *w = v->web;
	int64_t	      now_ns = loop_mono_ns(w->loop);
	char	      token[TOKEN_SIZE];
	struct whence from = whence(v);

	login_worked(w->login, name, &from, now_ns);
	if (from.browser[0] == '\0' ||
	    cookie_token(http_header(v->x, "Cookie"), BROWSER_COOKIE, token) == -1) {
		token_new(token);
		token_hash(from.browser, token);
	}
	if (login_knows(w->login, name, &from, now_ns))
		places_save(w->login, w->state_fd, now_ns, loop_wall_ns(w->loop));
	set_cookie(v, BROWSER_COOKIE, token, BROWSER_S);
	explicit_bzero(token, sizeof(token));
}

/* ---- log in ---- */

static void
refuse_login(struct visit *v, const char *name)
{
	char shown[USER_NAME_MAX * 4];

	v->web->counts.logins_failed++;
	text_visible(shown, sizeof(shown), name, strlen(name));
	log_info("log-in of \"%s\" from %s failed", shown, v->x->address);
	web_record_user(v->web, "login_failed", NULL, name, v->x->address);
	problem(v, 401, "bad_credentials", NULL);
}

static void
login_checked(void *arg, bool fits, const char *hash)
{
	struct visit   *v = arg;
	struct web     *w = v->web;
	const char     *name = json_string_value(json_object_get(v->body, "user"));
	struct user    *user;
	struct session *s;
	char		token[TOKEN_SIZE];

	(void)hash;
	web_users_watch(w);
	user = users_find(&w->users, name);
	if (!fits || user == NULL || strcmp(user->hash, v->asked) != 0) {	/* another by now */
		refuse_login(v, name);
		return;
	}
	let_in(v, name);
	w->counts.logins++;
	log_info("%s (%s) logged in from %s", user->name, user_role_names[user->role], v->x->address);
	if (v->session != NULL && !v->session->ended)
		session_end(w->sessions, v->session);	/* a new id at log-in */
	s = session_open(w->sessions, user, loop_mono_ns(w->loop), token);
	web_record_user(w, "login", s, s->user.name, v->x->address);
	set_cookie(v, SESSION_COOKIE, token, COOKIE_S);
	explicit_bzero(token, sizeof(token));
	visit_answer(v, 200, session_view(w, s));
}

void
api_session_open(struct visit *v)
{
	static const char *const members[] = { "user", "password", NULL };
	struct web *w = v->web;
	const char *name, *password;
	unsigned    wait;

	if (body_only(v, members) == -1 || body_text(v, "user", 1, USER_NAME_MAX - 1, &name) == -1 ||
	    body_text(v, "password", 1, PASSWORD_MAX, &password) == -1)
		return;
	if ((wait = wait_s(v, name)) > 0) {
		w->counts.logins_delayed++;
		problem_wait(v, wait);
		return;
	}
	check_password(v, name, password, NULL, login_checked);
}

/* ---- who am I, log out ---- */

void
api_session_get(struct visit *v)
{
	visit_answer(v, 200, session_view(v->web, v->session));
}

void
api_session_close(struct visit *v)
{
	log_info("%s logged out", v->session->user.name);
	web_record_user(v->web, "logout", v->session, v->session->user.name, v->x->address);
	session_end(v->web->sessions, v->session);
	set_cookie(v, SESSION_COOKIE, "", 0);
	visit_answer(v, 204, NULL);
}

/* ---- changes of one's own ---- */

struct change {
	const char *name, *lang, *hash;
	const char *asked;		/* the hash that it takes the place of */
	bool	    late;		/* there was another one by then */
};

static int
change_user(void *arg, struct users *u, char *err, size_t err_size)
{
	struct change *c = arg;
	struct user   *user = users_find(u, c->name);

	if (user == NULL) {
		snprintf(err, err_size, "user %s is no more", c->name);
		return -1;
	}
	if (c->hash != NULL && strcmp(user->hash, c->asked) != 0) {
		snprintf(err, err_size, "the password is another by now");
		c->late = true;
		return -1;
	}
	if (c->hash == NULL && strcmp(user->lang, c->lang) == 0)
		return USERS_SAME;
	if (c->lang != NULL)
		text_copy(user->lang, sizeof(user->lang), c->lang);
	if (c->hash != NULL) {
		text_copy(user->hash, sizeof(user->hash), c->hash);
		user->must_change = false;
	}
	return 0;
}

static int
change_store(struct visit *v, const char *lang, const char *hash)
{
	struct change c = { v->session->user.name, lang, hash, v->asked, false };
	char	      err[200];
	int	      rc = users_update(v->web->state_fd, change_user, &c, err, sizeof(err));

	if (rc == 0)
		return 0;
	if (rc == USERS_BUSY) {
		http_set(v->x, "Retry-After", "1");
		problem(v, 503, "busy", NULL);
		return -1;
	}
	if (c.late) {
		refuse_login(v, c.name);
		return -1;
	}
	log_warnx("cannot keep a change of %s: %s", c.name, err);
	problem(v, 500, "internal", NULL);
	return -1;
}

void
api_session_change(struct visit *v)
{
	static const char *const members[] = { "lang", NULL };
	const char		*lang;

	if (body_only(v, members) == -1 || body_text(v, "lang", 2, 2, &lang) == -1)
		return;
	if (strcmp(lang, "id") != 0 && strcmp(lang, "en") != 0) {
		problem_param(v, "lang", "It must be id or en.");
		return;
	}
	if (change_store(v, lang, NULL) == -1)
		return;
	text_copy(v->session->user.lang, sizeof(v->session->user.lang), lang);
	web_users_reload(v->web);
	visit_answer(v, 200, session_view(v->web, v->session));
}

static void
password_checked(void *arg, bool fits, const char *hash)
{
	struct visit   *v = arg;
	struct web     *w = v->web;
	struct session *s = v->session;

	if (s->ended || !fits) {
		refuse_login(v, s->user.name);
		return;
	}
	let_in(v, s->user.name);
	if (hash[0] == '\0') {
		problem(v, 500, "internal", NULL);
		return;
	}
	if (change_store(v, NULL, hash) == -1)
		return;
	session_knows_hash(s, hash);
	s->user.must_change = false;
	session_end_of(w->sessions, s->user.name, s);
	web_users_reload(w);
	log_info("%s changed the password", s->user.name);
	web_record_user(w, "password", s, s->user.name, v->x->address);
	visit_answer(v, 204, NULL);
}

void
api_session_password(struct visit *v)
{
	static const char *const members[] = { "old", "new", NULL };
	const char *old, *new, *fault, *name = v->session->user.name;
	unsigned    wait;

	if (body_only(v, members) == -1 || body_text(v, "old", 1, PASSWORD_MAX, &old) == -1 ||
	    body_text(v, "new", 1, PASSWORD_MAX, &new) == -1)
		return;
	fault = strcmp(old, new) == 0 ? "the password is the old one" : password_fault(new, name);
	if (fault != NULL) {
		problem(v, 422, "password_refused", fault);
	} else if ((wait = wait_s(v, name)) > 0) {
		problem_wait(v, wait);
	} else {
		check_password(v, name, old, new, password_checked);
	}
}
