/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session.c: see session.h. */
#include "dashboards/session.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/map.h"

#define TOTAL_NS    (12 * 3600 * NS_PER_S)
#define IDLE_NS	    (30 * 60 * NS_PER_S)
#define IDLE_NOC_NS TOTAL_NS		/* a shift */

struct sessions {
	struct map     *by_key;
	struct session *first;		/* the newest */
	size_t		n;
	void	      (*ended)(void *, struct session *);
	void	       *arg;
};

static void
hex(char *out, const uint8_t *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

void
token_new(char *out)
{
	uint8_t bytes[(TOKEN_SIZE - 1) / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		fatal("getrandom");
	hex(out, bytes, sizeof(bytes));
	explicit_bzero(bytes, sizeof(bytes));
}

void
token_hash(char *key, const char *token)
{
	uint8_t	 md[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (EVP_Digest(token, strlen(token), md, &len, EVP_sha256(), NULL) != 1)
		fatalx("no SHA-256");
	hex(key, md, (TOKEN_SIZE - 1) / 2);
}

bool
secret_equal(const char *a, const char *b)
{
	char ka[TOKEN_SIZE], kb[TOKEN_SIZE];

	token_hash(ka, a);
	token_hash(kb, b);
	return CRYPTO_memcmp(ka, kb, sizeof(ka)) == 0;
}

int
cookie_token(const char *header, const char *name, char *token)
{
	const char *p = header, *found = NULL;
	size_t	    n = strlen(name), len;

	for (; *p != '\0'; p += len + (p[len] == ';')) {
		p += strspn(p, " ");
		len = strcspn(p, ";");
		if (strncmp(p, name, n) != 0 || p[n] != '=')
			continue;
		if (found != NULL || len != n + 1 + TOKEN_SIZE - 1)
			return -1;
		found = p + n + 1;
	}
	if (found == NULL || strspn(found, "0123456789abcdef") != TOKEN_SIZE - 1)
		return -1;
	memcpy(token, found, TOKEN_SIZE - 1);
	token[TOKEN_SIZE - 1] = '\0';
	return 0;
}

bool
rate_take(int64_t *full_ns, unsigned per_s, int64_t now_ns)
{
	int64_t step = NS_PER_S / per_s;

	if (*full_ns < now_ns)
		*full_ns = now_ns;
	if (*full_ns - now_ns > 2 * NS_PER_S - step)
		return false;
	*full_ns += step;
	return true;
}

/* ---- the table ---- */

struct sessions *
sessions_new(void (*ended)(void *, struct session *), void *arg)
{
	struct sessions *t = xcalloc(1, sizeof(*t));

	t->by_key = map_new();
	t->ended = ended;
	t->arg = arg;
	return t;
}

static void
session_free(struct session *s)
{
	free(s->user.site);
	explicit_bzero(s, sizeof(*s));
	free(s);
}

void
sessions_free(struct sessions *t)
{
	if (t == NULL)
		return;
	while (t->first != NULL)
		session_end(t, t->first);
	map_free(t->by_key);
	free(t);
}

size_t
sessions_count(const struct sessions *t)
{
	return t->n;
}

void
session_hold(struct session *s)
{
	s->holds++;
}

void
session_release(struct session *s)
{
	if (s != NULL && --s->holds == 0 && s->ended)
		session_free(s);
}

void
session_end(struct sessions *t, struct session *s)
{
	map_remove(t->by_key, s->key);
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		t->first = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	t->n--;
	s->ended = true;
	s->holds++;
	t->ended(t->arg, s);
	session_release(s);
}

/* Make room: the oldest of a user with too many, or of all. */
static void
room_make(struct sessions *t, const char *user)
{
	struct session *s, *oldest = NULL, *oldest_own = NULL;
	size_t		own = 0;

	for (s = t->first; s != NULL; s = s->next) {
		oldest = s;
		if (strcmp(s->user.name, user) == 0) {
			own++;
			oldest_own = s;
		}
	}
	if (own >= SESSIONS_PER_USER)
		session_end(t, oldest_own);
	else if (t->n >= SESSIONS_MAX)
		session_end(t, oldest);
}

void
session_knows_hash(struct session *s, const char *hash)
{
	explicit_bzero(s->user.hash, sizeof(s->user.hash));
	token_hash(s->user.hash, hash);
}

struct session *
session_open(struct sessions *t, const struct user *user, int64_t now_ns, char *token)
{
	struct session *s = xcalloc(1, sizeof(*s));

	room_make(t, user->name);
	token_new(token);
	token_new(s->csrf);
	token_hash(s->key, token);
	s->user = *user;
	session_knows_hash(s, user->hash);
	s->user.site = xcalloc(user->nsites + 1, sizeof(*user->site));
	if (user->nsites > 0)
		memcpy(s->user.site, user->site, user->nsites * sizeof(*user->site));
	s->born_ns = s->used_ns = now_ns;
	map_add(t->by_key, s->key, s);
	s->next = t->first;
	if (t->first != NULL)
		t->first->prev = s;
	t->first = s;
	t->n++;
	return s;
}

int64_t
session_expires_ns(const struct session *s)
{
	int64_t idle = s->used_ns + (s->user.role == USER_NOC ? IDLE_NOC_NS : IDLE_NS),
		total = s->born_ns + TOTAL_NS;

	return idle < total ? idle : total;
}

struct session *
session_find(struct sessions *t, const char *token, int64_t now_ns)
{
	char		key[TOKEN_SIZE];
	struct session *s;

	token_hash(key, token);
	s = map_get(t->by_key, key);
	if (s == NULL)
		return NULL;
	if (session_expires_ns(s) <= now_ns) {
		session_end(t, s);
		return NULL;
	}
	s->used_ns = now_ns;
	return s;
}

void
session_end_of(struct sessions *t, const char *user, const struct session *but)
{
	struct session *s, *next;

	for (s = t->first; s != NULL; s = next) {
		next = s->next;
		if (s != but && strcmp(s->user.name, user) == 0)
			session_end(t, s);
	}
}

static bool
is_the_same(const struct user *user, const struct session *s)
{
	const struct user *was = &s->user;
	char		   hash[TOKEN_SIZE];

	token_hash(hash, user->hash);
	return user->role == was->role && user->nsites == was->nsites && strcmp(hash, was->hash) == 0 &&
	    (user->nsites == 0 || memcmp(user->site, was->site, user->nsites * sizeof(*user->site)) == 0);
}

void
sessions_sweep(struct sessions *t, const struct users *u, int64_t now_ns)
{
	struct session	  *s, *next;
	const struct user *user;

	for (s = t->first; s != NULL; s = next) {
		next = s->next;
		user = users_find(u, s->user.name);
		if (user == NULL || !is_the_same(user, s) || session_expires_ns(s) <= now_ns)
			session_end(t, s);
	}
}
