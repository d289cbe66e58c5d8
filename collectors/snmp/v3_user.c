/* SPDX-License-Identifier: GPL-3.0-or-later */
/* v3_user.c: credential files of SNMPv3, line by line, and the table of those in use. */
#include "collectors/snmp/v3_user.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/map.h"
#include "base/secret.h"
#include "base/text.h"

#define FILE_MAX 4096
#define WORD_MAX 16

enum allow { ALLOW_MD5 = 1, ALLOW_DES = 2, ALLOW_NOPRIV = 4, ALLOW_NOAUTH = 8 };
static const char *const allow_words[] = { "md5", "des", "nopriv", "noauth", NULL };

struct parser {
	const char     *file;
	char	       *err;
	size_t		err_size;
	unsigned	line;
	struct v3_user *u;
	unsigned	auth, priv, allowed;
	char		auth_pass[USM_PASS_MAX + 1], priv_pass[USM_PASS_MAX + 1];
};

static int expected(struct parser *p, const char *fmt, ...) PRINTF_LIKE(2, 3);

static int
expected(struct parser *p, const char *fmt, ...)
{
	va_list ap;
	int	n = snprintf(p->err, p->err_size, "%s line %u: ", p->file, p->line);

	if (n < 0 || (size_t)n >= p->err_size)
		return -1;
	va_start(ap, fmt);
	vsnprintf(p->err + n, p->err_size - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word of a line, cut out of it. @return it, empty at the line's end */
static char *
word_next(char **at)
{
	char *word;

	while (is_space(**at))
		++*at;
	word = *at;
	while (**at != '\0' && !is_space(**at))
		++*at;
	if (**at != '\0')
		*(*at)++ = '\0';
	while (is_space(**at))
		++*at;
	return word;
}

/* @return its place in the list, or the list's length */
static unsigned
word_find(const char *const *list, const char *word)
{
	unsigned i = 0;

	while (list[i] != NULL && strcmp(list[i], word) != 0)
		i++;
	return i;
}

/* What is left of a line, as a name. */
static int
name_line(struct parser *p, const char *what, const char *rest, size_t max, void *out, uint8_t *out_len)
{
	size_t len = strlen(rest);

	while (len > 0 && is_space(rest[len - 1]))
		len--;
	if (*out_len != 0)
		return expected(p, "a second %s; there is one", what);
	if (len == 0 || len > max)
		return expected(p, "expected a name of 1 to %zu bytes after \"%s\"", max, what);
	memcpy(out, rest, len);
	*out_len = (uint8_t)len;
	return 0;
}

static int
key_line(struct parser *p, const char *what, char *rest, const char *const *algorithms, const char *examples,
    unsigned *algorithm, char pass[USM_PASS_MAX + 1])
{
	char *word = word_next(&rest);

	if (*algorithm != 0)
		return expected(p, "a second %s; there is one", what);
	*algorithm = word_find(algorithms, word);
	if (*algorithm == 0 || algorithms[*algorithm] == NULL)
		return expected(p, "expected %s after \"%s\"", examples, what);
	if (strlen(rest) < USM_PASS_MIN || strlen(rest) > USM_PASS_MAX)
		return expected(p, "expected a pass phrase of %d to %d bytes after the algorithm",
		    USM_PASS_MIN, USM_PASS_MAX);
	strcpy(pass, rest);
	return 0;
}

static int
allow_line(struct parser *p, char *rest)
{
	unsigned i;

	do {
		i = word_find(allow_words, word_next(&rest));
		if (allow_words[i] == NULL)
			return expected(p, "expected md5, des, nopriv or noauth after \"allow\"");
		p->allowed |= 1u << i;
	} while (*rest != '\0');
	return 0;
}

static int
line_read(struct parser *p, char *line)
{
	char  *rest = line;
	size_t len = strlen(line);
	char  *key;

	if (len > 0 && line[len - 1] == '\r')
		line[len - 1] = '\0';
	if (line[0] == '#' || line[strspn(line, " \t")] == '\0')
		return 0;
	key = word_next(&rest);
	if (strcmp(key, "user") == 0)
		return name_line(p, key, rest, USM_USER_MAX, p->u->user, &p->u->user_len);
	if (strcmp(key, "context") == 0)
		return name_line(p, key, rest, V3_CONTEXT_MAX, p->u->context, &p->u->context_len);
	if (strcmp(key, "auth") == 0)
		return key_line(p, key, rest, usm_auth_words, "sha1, sha224, sha256, sha384, sha512 or md5",
		    &p->auth, p->auth_pass);
	if (strcmp(key, "priv") == 0)
		return key_line(p, key, rest, usm_priv_words,
		    "aes128, aes192, aes256, aes192c, aes256c or des", &p->priv, p->priv_pass);
	if (strcmp(key, "allow") == 0)
		return allow_line(p, rest);
	return expected(p, "expected user, auth, priv, context or allow; version 3 reads no community");
}

static int
refuse(struct parser *p, const char *what)
{
	snprintf(p->err, p->err_size, "%s: %s", p->file, what);
	return -1;
}

/* Is all there that belongs together, and is what is weak allowed? */
static int
whole_check(struct parser *p)
{
	if (p->u->user_len == 0)
		return refuse(p, "expected a line \"user NAME\"");
	if (p->auth == USM_NO_AUTH && p->priv != USM_NO_PRIV)
		return refuse(p, "expected a line \"auth ...\" beside \"priv ...\"");
	if (p->auth == USM_NO_AUTH && (p->allowed & ALLOW_NOAUTH) == 0)
		return refuse(p, "expected lines \"auth ...\" and \"priv ...\", or \"allow noauth\"");
	if (p->auth != USM_NO_AUTH && p->priv == USM_NO_PRIV && (p->allowed & ALLOW_NOPRIV) == 0)
		return refuse(p, "expected a line \"priv ...\", or \"allow nopriv\"");
	if (p->auth == USM_MD5 && (p->allowed & ALLOW_MD5) == 0)
		return refuse(p, "MD5 is weak: expected another auth, or \"allow md5\"");
	if (p->priv == USM_DES && (p->allowed & ALLOW_DES) == 0)
		return refuse(p, "DES is weak: expected another priv, or \"allow des\"");
	return 0;
}

static void
level_set(struct v3_user *u, unsigned auth, unsigned priv)
{
	static const char *const weak_privs[USM_PRIVS] = {
		"no privacy", "DES", "", "", "", "", ""
	};

	u->flags = (uint8_t)((auth != USM_NO_AUTH ? V3_AUTH : 0) | (priv != USM_NO_PRIV ? V3_PRIV : 0));
	snprintf(u->weak, sizeof(u->weak), "%s%s%s", auth == USM_MD5 ? "MD5" : "",
	    auth == USM_MD5 && weak_privs[priv][0] != '\0' ? ", " : "",
	    auth == USM_NO_AUTH ? "no authentication" : weak_privs[priv]);
}

static int
text_read(struct parser *p, char *text, size_t len)
{
	char *line = text, *end;

	if (memchr(text, '\0', len) != NULL)
		return refuse(p, "it holds a NUL byte");
	text[len] = '\0';
	for (p->line = 1; line != NULL; line = end, p->line++) {
		if ((end = strchr(line, '\n')) != NULL)
			*end++ = '\0';
		if (line_read(p, line) == -1)
			return -1;
	}
	return whole_check(p);
}

int
v3_user_parse(struct v3_user *u, const char *text, size_t len, const char *file, char *err, size_t err_size)
{
	struct parser p = { .file = file, .err = err, .err_size = err_size, .u = u };
	char	      copy[FILE_MAX + 1];
	int	      rc;

	*u = (struct v3_user){ 0 };
	if (len > FILE_MAX)
		return refuse(&p, "it is longer than 4096 bytes");
	memcpy(copy, text, len);
	rc = text_read(&p, copy, len);
	if (rc == 0 && usm_secret_make(&u->secret, (enum usm_auth)p.auth, p.auth_pass, (enum usm_priv)p.priv,
	    p.priv_pass) == -1)
		rc = refuse(&p, "its pass phrases cannot be used: the cryptography of net-snmp failed");
	if (rc == 0)
		level_set(u, p.auth, p.priv);
	explicit_bzero(copy, sizeof(copy));
	explicit_bzero(&p, sizeof(p));
	return rc;
}

/* ---- the table ---- */

struct stamp {			/* of a file: another one means another content */
	dev_t		dev;
	ino_t		ino;
	off_t		size;
	struct timespec mtime, ctime;
};

struct entry {
	char	       name[64];
	struct v3_user user;		/* usable when its generation is not 0 */
	struct stamp   stamp;
};

struct v3_users {
	struct map *by_name;
};

struct v3_users *
v3_users_new(void)
{
	struct v3_users *us = xcalloc(1, sizeof(*us));

	us->by_name = map_new();
	return us;
}

void
v3_users_free(struct v3_users *us)
{
	struct entry *e;
	size_t	      at = 0;

	if (us == NULL)
		return;
	while ((e = map_next(us->by_name, &at)) != NULL) {
		explicit_bzero(&e->user, sizeof(e->user));
		free(e);
	}
	map_free(us->by_name);
	free(us);
}

static struct stamp
stamp_of(int dir_fd, const char *name)
{
	struct stamp s = { 0 };
	struct stat  st;

	if (dir_fd == -1 || fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return s;
	s.dev = st.st_dev;
	s.ino = st.st_ino;
	s.size = st.st_size;
	s.mtime = st.st_mtim;
	s.ctime = st.st_ctim;
	return s;
}

static bool
time_equal(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
stamp_equal(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       time_equal(&a->mtime, &b->mtime) && time_equal(&a->ctime, &b->ctime);
}

static int
entry_read(struct entry *e, int dir_fd, char *err, size_t err_size)
{
	char	       text[FILE_MAX + 1], file[sizeof("secrets/snmp/") + sizeof(e->name)];
	struct v3_user u;
	ssize_t	       n = secret_read(dir_fd, "secrets/snmp", e->name, text, sizeof(text), err, err_size);
	int	       rc;

	if (n == -1)
		return -1;
	snprintf(file, sizeof(file), "secrets/snmp/%s", e->name);
	rc = v3_user_parse(&u, text, (size_t)n, file, err, err_size);
	if (rc == 0) {
		u.generation = e->user.generation + 1;
		e->user = u;
	}
	explicit_bzero(text, sizeof(text));
	explicit_bzero(&u, sizeof(u));
	return rc;
}

const struct v3_user *
v3_users_get(struct v3_users *us, int dir_fd, const char *name, char *err, size_t err_size)
{
	struct entry *e = map_get(us->by_name, name);
	struct stamp  now = stamp_of(dir_fd, name);

	if (e != NULL && e->user.generation != 0 && stamp_equal(&e->stamp, &now))
		return &e->user;
	if (e == NULL) {
		e = xcalloc(1, sizeof(*e));
		text_copy(e->name, sizeof(e->name), name);
		map_add(us->by_name, e->name, e);
	}
	e->stamp = now;
	if (entry_read(e, dir_fd, err, err_size) == 0)
		return &e->user;
	if (e->user.generation == 0)
		return NULL;
	log_warnx("%s; going on with what it held before", err);
	return &e->user;
}
