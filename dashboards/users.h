/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * users.h: who may log in: the file users.json of simpul-web's state directory, which simpulctl user edits.
 *
 *	{"version":1,"users":[{"name":"admin","role":"admin","hash":"$y$...","must_change":true,"lang":"id"},
 *	 {"name":"lurah","role":"opd","sites":["s013"],"hash":"$y$...","must_change":false,"lang":"id"}]}
 */
#ifndef SIMPUL_USERS_H
#define SIMPUL_USERS_H

#include <sys/stat.h>
#include "base/cursor.h"
#include "base/siphash.h"
#include "base/text.h"

enum user_role { USER_ADMIN, USER_NOC, USER_PLANNER, USER_OPD, USER_ROLES };
extern const char *const user_role_names[USER_ROLES + 1];	/* end with NULL */

#define USERS_FILE	  "users.json"
#define USERS_MAX	  5000
#define USER_SITES_MAX	  200
#define USER_NAME_MAX	  64
#define USER_HASH_MAX	  384		/* CRYPT_OUTPUT_SIZE */
#define PASSWORD_MIN	  12		/* characters */
#define PASSWORD_MAX	  256		/* bytes */
#define ONE_TIME_SIZE	  24		/* "abcde-fghij-klmno-pqrst" and its NUL */

struct user {
	char	       name[USER_NAME_MAX];
	enum user_role role;
	char	     (*site)[ID_MAX];	/* of an opd */
	size_t	       nsites;
	char	       hash[USER_HASH_MAX];
	bool	       must_change;
	char	       lang[3];
};

struct users {
	struct user *user;
	size_t	     n;
};

/** A name is 1-63 of a-z 0-9 . _ - and begins with a letter or digit. */
bool	user_name_is_good(const char *name);
/** @return the role, or USER_ROLES */
enum user_role user_role_of(const char *name);
/** Not too short, not the name. @return NULL, or a sentence: what is wrong with it */
const char *password_fault(const char *password, const char *name);

/** All or nothing. @return 0, or -1 with a sentence in err; u is to be freed in both cases */
int	users_parse(struct users *u, const char *text, size_t len, char *err, size_t err_size);
void	users_write(const struct users *u, struct buf *out);
void	users_free(struct users *u);
struct user *users_find(const struct users *u, const char *name);	/* or NULL */
/**
 * Whose hash the password is compared with that comes with an unknown name, so that it takes as long as with
 * a known one: hashes may differ in cost. Always the same user for a name, as long as that one is there.
 * @param key	secret, else anybody could work out who it is @return NULL when there are no users
 */
const struct user *users_stand_in(const struct users *u, const struct siphash_key *key, const char *name);
/** @return a new user, to be filled in; NULL when there are too many */
struct user *users_add(struct users *u, const char *name);
void	users_remove(struct users *u, struct user *user);
void	user_set_sites(struct user *user, const char *const *site, size_t n);

/**
 * Read the file. @param st  what it was, for users_changed(); zeroed when there is none, which is no error
 * @return 0, or -1 with a sentence in err
 */
int	users_load(struct users *u, int dir_fd, struct stat *st, char *err, size_t err_size);
bool	users_changed(int dir_fd, const struct stat *st);
#define USERS_SAME 1		/* a change that changes nothing */
#define USERS_BUSY 2		/* somebody else changes the file; a little later it may go */
/**
 * Change the file, alone. It keeps the owner of its directory.
 * @param change  returns 0, or USERS_SAME or -1 with a sentence in err: nothing is written then
 * @return 0, or -1 or USERS_BUSY with a sentence in err; never waits
 */
int	users_update(int dir_fd, int (*change)(void *arg, struct users *u, char *err, size_t err_size),
    void *arg, char *err, size_t err_size);
/** The same, but try for half a minute. @param waits  called when it has to wait; NULL is allowed */
int	users_update_patiently(int dir_fd,
    int (*change)(void *arg, struct users *u, char *err, size_t err_size), void *arg, void (*waits)(void),
    char *err, size_t err_size);

/* ---- password.c: yescrypt ---- */

#define PASSWORD_COST 7		/* about 0.3 s and 64 MiB */

/** Hash with a new salt. @param out  USER_HASH_MAX bytes @return 0 or -1 */
int	password_hash(const char *password, unsigned cost, char *out);
/** Does it fit? With "" (there are no users) it does not, after the time of this cost. */
bool	password_fits(const char *password, const char *hash, unsigned cost);
/** Something that nobody guesses, in letters that can be read out. @param out  ONE_TIME_SIZE bytes */
void	password_one_time(char *out);

#endif
