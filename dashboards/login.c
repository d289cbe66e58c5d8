/* SPDX-License-Identifier: GPL-3.0-or-later */
/* login.c: see login.h. */
#include "dashboards/login.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define WINDOW_NS (600 * NS_PER_S)
#define DAY_NS	  (86400 * NS_PER_S)
#define KNOWN_NS  (BROWSER_DAYS * DAY_NS)
#define PLACES	  4096		/* per table: a colliding key takes the place of the older one */
#define NAME_SIZE 64

struct failures {
	uint64_t key;		/* 0: free */
	unsigned n;
	int64_t	 first_ns, last_ns;
};

static const struct limit {
	unsigned free, delay_max_s;
} limits[] = { { 5, 30 }, { 20, 900 }, { 5, 30 } };

enum { ACCOUNT, PLACE, KNOWN, TABLES };

struct known {
	uint64_t      account, both;	/* keys; 0: free */
	int64_t	      last_ns;		/* log-in */
	struct whence from;
	char	      name[NAME_SIZE];
};

struct login {
	struct siphash_key key;
	struct failures	   table[TABLES][PLACES];
	struct known	   known[LOGIN_KNOWN_MAX];
};

/* The key of a count: of an account, a place, or an account with a browser. */
static uint64_t
key_of(const struct login *l, int table, const char *account, const struct whence *from)
{
	struct {
		uint8_t	    table;
		struct addr place;
		char	    account[NAME_SIZE], browser[TOKEN_SIZE];
	} what;

	memset(&what, 0, sizeof(what));
	what.table = (uint8_t)table;
	if (table == PLACE)
		what.place = addr_place(&from->place);
	else
		text_copy(what.account, sizeof(what.account), account);
	if (table == KNOWN)
		text_copy(what.browser, sizeof(what.browser), from->browser);
	return siphash(&l->key, &what, sizeof(what)) | 1;
}

static size_t
slot_of(uint64_t key)
{
	return (size_t)(key >> 16) % PLACES;
}

struct login *
login_new(const struct siphash_key *key)
{
	struct login *l = xcalloc(1, sizeof(*l));

	l->key = *key;
	return l;
}

void
login_free(struct login *l)
{
	free(l);
}

/* ---- known browsers ---- */

static const struct known *
known_find(const struct login *l, const char *account, const struct whence *from, int64_t now_ns)
{
	uint64_t	    both = key_of(l, KNOWN, account, from);
	const struct known *k;

	if (from->browser[0] == '\0')
		return NULL;
	for (k = l->known; k < l->known + LOGIN_KNOWN_MAX; k++)
		if (k->both == both)
			return now_ns - k->last_ns <= KNOWN_NS ? k : NULL;
	return NULL;
}

bool
login_is_known(const struct login *l, const char *account, const struct whence *from, int64_t now_ns)
{
	return known_find(l, account, from, now_ns) != NULL;
}

bool
login_is_ours(const struct login *l, const char *browser, int64_t now_ns)
{
	const struct known *k;

	for (k = l->known; k < l->known + LOGIN_KNOWN_MAX; k++)
		if (k->both != 0 && now_ns - k->last_ns <= KNOWN_NS && strcmp(k->from.browser, browser) == 0)
			return true;
	return false;
}

/* The older of two; one that is free is older than all. */
static struct known *
older(struct known *a, struct known *b)
{
	if (a == NULL || (a->both != 0 && (b->both == 0 || b->last_ns < a->last_ns)))
		return b;
	return a;
}

/* Its own, else the oldest of an account that has all it may have, else the oldest of all. */
void
login_know(struct login *l, const char *account, const struct whence *from, int64_t last_ns)
{
	struct known new = { .account = key_of(l, ACCOUNT, account, from),
		.both = key_of(l, KNOWN, account, from), .last_ns = last_ns, .from = *from };
	struct known *k, *of_all = NULL, *of_account = NULL;
	unsigned      n = 0;

	new.from.place = addr_place(&from->place);
	text_copy(new.name, sizeof(new.name), account);
	for (k = l->known; k < l->known + LOGIN_KNOWN_MAX && k->both != new.both; k++) {
		of_all = older(of_all, k);
		if (k->account == new.account) {
			of_account = older(of_account, k);
			n++;
		}
	}
	if (k == l->known + LOGIN_KNOWN_MAX)
		k = n >= LOGIN_KNOWN_ACCOUNT ? of_account : of_all;
	*k = new;
}

void
login_each_known(const struct login *l, int64_t now_ns,
    void (*fn)(void *, const char *, const struct whence *, int64_t), void *arg)
{
	const struct known *k;

	for (k = l->known; k < l->known + LOGIN_KNOWN_MAX; k++)
		if (k->both != 0 && now_ns - k->last_ns <= KNOWN_NS)
			fn(arg, k->name, &k->from, k->last_ns);
}

bool
login_sweep(struct login *l, const struct users *u)
{
	struct known *k;
	bool	      any = false;

	for (k = l->known; k < l->known + LOGIN_KNOWN_MAX; k++)
		if (k->both != 0 && users_find(u, k->name) == NULL) {
			*k = (struct known){ 0 };
			any = true;
		}
	return any;
}

/* ---- failures ---- */

/* Which counts of this try matter? */
static bool
counts(int table, bool known)
{
	return table == PLACE || (table == KNOWN) == known;
}

static int64_t
delay_ns(const struct failures *f, const struct limit *limit)
{
	unsigned over = f->n > limit->free ? f->n - limit->free : 0, s;

	if (over == 0)
		return 0;
	s = over > 16 ? limit->delay_max_s : 1u << (over - 1);
	return (int64_t)(s < limit->delay_max_s ? s : limit->delay_max_s) * NS_PER_S;
}

unsigned
login_wait_s(const struct login *l, const char *account, const struct whence *from, int64_t now_ns)
{
	bool		       known = login_is_known(l, account, from, now_ns);
	const struct failures *f;
	int64_t		       until, wait = 0;
	uint64_t	       key;
	int		       t;

	for (t = 0; t < TABLES; t++) {
		key = key_of(l, t, account, from);
		f = &l->table[t][slot_of(key)];
		if (!counts(t, known) || (known && t == PLACE) || f->key != key ||
		    now_ns - f->last_ns > WINDOW_NS + delay_ns(f, &limits[t]))
			continue;
		until = f->last_ns + delay_ns(f, &limits[t]);
		if (until - now_ns > wait)
			wait = until - now_ns;
	}
	return (unsigned)((wait + NS_PER_S - 1) / NS_PER_S);
}

void
login_try(struct login *l, const char *account, const struct whence *from, int64_t now_ns)
{
	bool		 known = login_is_known(l, account, from, now_ns);
	struct failures *f;
	uint64_t	 key;
	int		 t;

	for (t = 0; t < TABLES; t++) {
		if (!counts(t, known))
			continue;
		key = key_of(l, t, account, from);
		f = &l->table[t][slot_of(key)];
		/* Free failures are those of ten minutes; delays last as long as there are new ones. */
		if (f->key != key || (f->n <= limits[t].free && now_ns - f->first_ns > WINDOW_NS) ||
		    now_ns - f->last_ns > WINDOW_NS + delay_ns(f, &limits[t]))
			*f = (struct failures){ .key = key, .first_ns = now_ns };
		f->n++;
		f->last_ns = now_ns;
	}
}

void
login_worked(struct login *l, const char *account, const struct whence *from, int64_t now_ns)
{
	bool		 known = login_is_known(l, account, from, now_ns);
	struct failures *f;
	uint64_t	 key;
	int		 t;

	for (t = 0; t < TABLES; t++) {
		key = key_of(l, t, account, from);
		f = &l->table[t][slot_of(key)];
		if (counts(t, known) && f->key == key)
			f->n = t != PLACE || f->n == 0 ? 0 : f->n - 1;
	}
}

bool
login_knows(struct login *l, const char *account, const struct whence *from, int64_t now_ns)
{
	const struct known *k = known_find(l, account, from, now_ns);
	bool		    news = k == NULL || now_ns - k->last_ns > DAY_NS;

	login_know(l, account, from, now_ns);
	return news;
}
