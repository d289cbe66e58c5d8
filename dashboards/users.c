/* SPDX-License-Identifier: GPL-3.0-or-later */
/* users.c: see users.h. */
#include "dashboards/users.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "ctl/js.h"

#define FILE_MAX   (4u << 20)
#define FILE_DEPTH 6
#define LOCK_FILE  "users.lock"
#define NEW_FILE   "users.json.new"
#define PATIENCE_MS    100
#define PATIENCE_TRIES 300

#define REJECT(...) do { snprintf(err, err_size, __VA_ARGS__); return -1; } while (0)

const char *const user_role_names[USER_ROLES + 1] = { "admin", "noc", "planner", "opd", NULL };

bool
user_name_is_good(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t		  len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return len > 0 && len < USER_NAME_MAX && name[len] == '\0' && strchr(letters, name[0]) != NULL;
}

enum user_role
user_role_of(const char *name)
{
	int r;

	for (r = 0; r < USER_ROLES && strcmp(user_role_names[r], name) != 0; r++)
		;
	return (enum user_role)r;
}

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

const char *
password_fault(const char *password, const char *name)
{
	if (!text_is_utf8(password, strlen(password)))
		return "the password is not text";
	if (characters(password) < PASSWORD_MIN)
		return "the password is too short: 12 characters at least";
	if (strlen(password) > PASSWORD_MAX)
		return "the password is too long: 256 bytes at most";
	if (strcasecmp(password, name) == 0)
		return "the password is the name";
	if (strspn(password, (char[]){ password[0], '\0' }) == strlen(password))
		return "the password is one letter again and again";
	return NULL;
}

/* ---- in memory ---- */

static void
user_fini(struct user *user)
{
	free(user->site);
	explicit_bzero(user, sizeof(*user));
}

void
users_free(struct users *u)
{
	size_t i;

	for (i = 0; i < u->n; i++)
		user_fini(&u->user[i]);
	free(u->user);
	*u = (struct users){ 0 };
}

struct user *
users_find(const struct users *u, const char *name)
{
	size_t i;

	for (i = 0; i < u->n; i++)
		if (strcmp(u->user[i].name, name) == 0)
			return &u->user[i];
	return NULL;
}

/* Each user has a number for each name, and the least wins: others may come and go. */
const struct user *
users_stand_in(const struct users *u, const struct siphash_key *key, const char *name)
{
	struct { char asked[USER_NAME_MAX], user[USER_NAME_MAX]; } pair;
	const struct user *best = NULL;
	uint64_t	   least = 0, v;
	size_t		   i;

	for (i = 0; i < u->n; i++) {
		memset(&pair, 0, sizeof(pair));
		text_copy(pair.asked, sizeof(pair.asked), name);
		text_copy(pair.user, sizeof(pair.user), u->user[i].name);
		v = siphash(key, &pair, sizeof(pair));
		if (best == NULL || v < least) {
			best = &u->user[i];
			least = v;
		}
	}
	return best;
}

struct user *
users_add(struct users *u, const char *name)
{
	struct user *user;

	if (u->n == USERS_MAX)
		return NULL;
	u->user = xrealloc(u->user, u->n + 1, sizeof(*u->user));
	user = &u->user[u->n++];
	*user = (struct user){ .role = USER_OPD, .lang = "id" };
	text_copy(user->name, sizeof(user->name), name);
	return user;
}

void
users_remove(struct users *u, struct user *user)
{
	size_t at = (size_t)(user - u->user);

	user_fini(user);
	u->n--;
	memmove(user, user + 1, (u->n - at) * sizeof(*user));
}

void
user_set_sites(struct user *user, const char *const *site, size_t n)
{
	size_t i;

	free(user->site);
	user->site = xcalloc(n + 1, sizeof(*user->site));
	user->nsites = n;
	for (i = 0; i < n; i++)
		text_copy(user->site[i], sizeof(user->site[i]), site[i]);
}

/* ---- as text ---- */

static int
parse_sites(struct user *user, const json_t *list, char *err, size_t err_size)
{
	const char *site[USER_SITES_MAX];
	size_t	    i, n = json_array_size(list);

	if (n > USER_SITES_MAX || (list != NULL && !json_is_array(list)))
		REJECT("sites of %s: a list of at most %d ids", user->name, USER_SITES_MAX);
	for (i = 0; i < n; i++) {
		site[i] = json_string_value(json_array_get(list, i));
		if (site[i] == NULL || !text_is_id(site[i]))
			REJECT("sites of %s: entry %zu is no id", user->name, i + 1);
	}
	user_set_sites(user, site, n);
	return 0;
}

static int
parse_user(struct users *u, const json_t *v, char *err, size_t err_size)
{
	const char  *name = json_string_value(json_object_get(v, "name")),
	    *role = json_string_value(json_object_get(v, "role")),
	    *hash = json_string_value(json_object_get(v, "hash")),
	    *lang = json_string_value(json_object_get(v, "lang"));
	struct user *user;

	if (name == NULL || !user_name_is_good(name))
		REJECT("user %zu has no name of a-z 0-9 . _ -", u->n + 1);
	if (users_find(u, name) != NULL)
		REJECT("user %s is there twice", name);
	if ((user = users_add(u, name)) == NULL)
		REJECT("more than %d users", USERS_MAX);
	user->role = role != NULL ? user_role_of(role) : USER_ROLES;
	if (user->role == USER_ROLES)
		REJECT("user %s: the role must be admin, noc, planner or opd", name);
	if (hash == NULL || strncmp(hash, "$y$", 3) != 0 ||
	    text_copy(user->hash, sizeof(user->hash), hash) == -1)
		REJECT("user %s has no hash that begins with $y$", name);
	if (lang != NULL && strcmp(lang, "id") != 0 && strcmp(lang, "en") != 0)
		REJECT("user %s: the language must be id or en", name);
	text_copy(user->lang, sizeof(user->lang), lang != NULL ? lang : "id");
	user->must_change = json_is_true(json_object_get(v, "must_change"));
	return parse_sites(user, json_object_get(v, "sites"), err, err_size);
}

int
users_parse(struct users *u, const char *text, size_t len, char *err, size_t err_size)
{
	json_error_t error;
	json_t	    *root = NULL, *v;
	size_t	     i;
	int	     rc = 0;

	*u = (struct users){ 0 };
	if (len > FILE_MAX || js_depth(text, len) > FILE_DEPTH ||
	    (root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error)) == NULL) {
		snprintf(err, err_size, "not the JSON of a list of users");
		rc = -1;
	} else if (json_integer_value(json_object_get(root, "version")) != 1 ||
	    !json_is_array(json_object_get(root, "users"))) {
		snprintf(err, err_size, "not a list of users of version 1");
		rc = -1;
	}
	json_array_foreach(json_object_get(root, "users"), i, v)
		if (rc == 0)
			rc = parse_user(u, v, err, err_size);
	json_decref(root);
	return rc;
}

void
users_write(const struct users *u, struct buf *out)
{
	json_t *list = json_array(), *root = json_pack("{s:i, s:o}", "version", 1, "users", list), *v, *sites;
	char   *text;
	size_t	i, k;

	for (i = 0; i < u->n; i++) {
		const struct user *user = &u->user[i];

		v = json_pack("{s:s, s:s, s:s, s:b, s:s}", "name", user->name, "role",
		    user_role_names[user->role], "hash", user->hash, "must_change", user->must_change,
		    "lang", user->lang);
		sites = json_array();
		for (k = 0; k < user->nsites; k++)
			json_array_append_new(sites, json_string(user->site[k]));
		json_object_set_new(v, "sites", sites);
		json_array_append_new(list, v);
	}
	text = json_dumps(root, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	buf_bytes(out, text, strlen(text));
	buf_u8(out, '\n');
	free(text);
	json_decref(root);
}

/* ---- the file ---- */

int
users_load(struct users *u, int dir_fd, struct stat *st, char *err, size_t err_size)
{
	char   *text;
	ssize_t n;
	int	fd = openat(dir_fd, USERS_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), rc;

	*u = (struct users){ 0 };
	*st = (struct stat){ 0 };
	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1 || fstat(fd, st) == -1 || !S_ISREG(st->st_mode) || st->st_size > FILE_MAX) {
		snprintf(err, err_size, "%s cannot be read: %s", USERS_FILE,
		    fd == -1 ? strerror(errno) : "no regular file of at most 4 MiB");
		if (fd != -1)
			close(fd);
		return -1;
	}
	text = xcalloc((size_t)st->st_size + 1, 1);
	n = read(fd, text, (size_t)st->st_size);
	rc = users_parse(u, text, n > 0 ? (size_t)n : 0, err, err_size);
	if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		log_warnx("%s is open to its group or others; chmod 600 it", USERS_FILE);
	close(fd);
	free(text);
	if (rc == -1)
		users_free(u);
	return rc;
}

bool
users_changed(int dir_fd, const struct stat *st)
{
	struct stat now;

	if (fstatat(dir_fd, USERS_FILE, &now, AT_SYMLINK_NOFOLLOW) == -1)
		return st->st_ino != 0;
	return now.st_ino != st->st_ino || now.st_size != st->st_size ||
	    now.st_mtim.tv_sec != st->st_mtim.tv_sec || now.st_mtim.tv_nsec != st->st_mtim.tv_nsec;
}

/* Whoever edits (root, by simpulctl): the files belong to whom the directory belongs. 0 or -1 with errno. */
static int
give_away(int dir_fd, int fd)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	return fstat(dir_fd, &st) == 0 && fchown(fd, st.st_uid, st.st_gid) == 0 ? 0 : -1;
}

/* @return 0 or -1 with errno */
static int
write_new(int dir_fd, const struct buf *text)
{
	int  fd, failed;
	bool good;

	unlinkat(dir_fd, NEW_FILE, 0);
	fd = openat(dir_fd, NEW_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	errno = ENOSPC;		/* of a write that is only short */
	good = write(fd, text->data, text->len) == (ssize_t)text->len && fsync(fd) == 0 &&
	    give_away(dir_fd, fd) == 0;
	failed = errno;
	good = close(fd) == 0 && good;
	if (good && renameat(dir_fd, NEW_FILE, dir_fd, USERS_FILE) == 0)
		return fsync(dir_fd);
	if (good)
		failed = errno;
	unlinkat(dir_fd, NEW_FILE, 0);
	errno = failed;
	return -1;
}

static int
replace(int dir_fd, const struct users *u, char *err, size_t err_size)
{
	struct buf out = { 0 };
	int	   rc;

	users_write(u, &out);
	if ((rc = write_new(dir_fd, &out)) == -1)
		snprintf(err, err_size, "%s cannot be written: %s", USERS_FILE, strerror(errno));
	explicit_bzero(out.data, out.len);
	buf_free(&out);
	return rc;
}

/* @return descriptor, or -1; *rc says why */
static int
lock_take(int dir_fd, int *rc, char *err, size_t err_size)
{
	int lock = openat(dir_fd, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (lock != -1 && flock(lock, LOCK_EX | LOCK_NB) == 0 && give_away(dir_fd, lock) == 0)
		return lock;
	*rc = lock != -1 && errno == EWOULDBLOCK ? USERS_BUSY : -1;
	if (*rc == USERS_BUSY)
		snprintf(err, err_size, "somebody else is changing the users: %s is held", LOCK_FILE);
	else
		snprintf(err, err_size, "%s cannot be locked: %s", LOCK_FILE, strerror(errno));
	if (lock != -1)
		close(lock);
	return -1;
}

int
users_update(int dir_fd, int (*change)(void *, struct users *, char *, size_t), void *arg, char *err,
    size_t err_size)
{
	struct users u = { 0 };
	struct stat  st;
	int	     rc, lock = lock_take(dir_fd, &rc, err, err_size);

	if (lock == -1)
		return rc;
	rc = users_load(&u, dir_fd, &st, err, err_size);
	if (rc == 0)
		rc = change(arg, &u, err, err_size);
	if (rc == 0)
		rc = replace(dir_fd, &u, err, err_size);
	users_free(&u);
	close(lock);
	return rc == USERS_SAME ? 0 : rc;
}

int
users_update_patiently(int dir_fd, int (*change)(void *, struct users *, char *, size_t), void *arg,
    void (*waits)(void), char *err, size_t err_size)
{
	const struct timespec pause = { .tv_nsec = PATIENCE_MS * NS_PER_MS };
	unsigned	      tries;
	int		      rc;

	for (tries = 0; tries < PATIENCE_TRIES; tries++) {
		rc = users_update(dir_fd, change, arg, err, err_size);
		if (rc != USERS_BUSY)
			return rc;
		if (tries == 0 && waits != NULL)
			waits();
		nanosleep(&pause, NULL);
	}
	return rc;
}
