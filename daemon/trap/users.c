/* SPDX-License-Identifier: GPL-3.0-or-later */
/* users.c: see users.h. */
#include "trap/users.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"

#define FILE_MAX     (TRAP_USERS_MAX * 600)
#define FIELDS	     5
#define REJECT(...) do { snprintf(err, err_size, __VA_ARGS__); return -1; } while (0)

/* @return place of the word, or -1; the first, "none", is no choice */
static int
word_find(const char *const *words, const char *word)
{
	int i;

	for (i = 1; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

/* @return fields found, FIELDS + 1 when there are more */
static size_t
fields_split(char *line, char *field[FIELDS])
{
	size_t n = 0;
	char  *rest, *word;

	for (word = strtok_r(line, " \t\r", &rest); word != NULL; word = strtok_r(NULL, " \t\r", &rest)) {
		if (n == FIELDS)
			return FIELDS + 1;
		field[n++] = word;
	}
	return n;
}

static int
line_take(struct trap_users *u, char *line, unsigned number, char *err, size_t err_size)
{
	char		 *field[FIELDS];
	size_t		  n = fields_split(line, field);
	struct trap_user *user = &u->each[u->n];
	int		  auth, priv = USM_NO_PRIV;

	if (n == 0 || field[0][0] == '#')
		return 0;
	if (u->n == TRAP_USERS_MAX)
		REJECT(TRAP_USERS_FILE ": more than %d users", TRAP_USERS_MAX);
	if ((n != 3 && n != FIELDS) || strlen(field[0]) > USM_USER_MAX)
		REJECT(TRAP_USERS_FILE ":%u: give a name of at most %d bytes, sha256, a pass phrase, and, to have all "
		    "encrypted, aes128 and another one", number, USM_USER_MAX);
	if ((auth = word_find(usm_auth_words, field[1])) == -1 ||
	    (n == FIELDS && (priv = word_find(usm_priv_words, field[3])) == -1))
		REJECT(TRAP_USERS_FILE ":%u: authentication is sha1, sha224, sha256, sha384, sha512 or md5, encryption "
		    "aes128, aes192, aes256, aes192c, aes256c or des", number);
	if (usm_secret_make(&user->secret, (enum usm_auth)auth, field[2], (enum usm_priv)priv,
		n == FIELDS ? field[4] : "") == -1)
		REJECT(TRAP_USERS_FILE ":%u: a pass phrase has at least %d bytes and no spaces, or this system does "
		    "not have that algorithm", number, USM_PASS_MIN);
	user->name_len = (uint8_t)strlen(field[0]);
	memcpy(user->name, field[0], user->name_len);
	u->n++;
	return 0;
}

static int
lines_take(struct trap_users *u, char *text, char *err, size_t err_size)
{
	unsigned number = 0;
	char	*line;

	while ((line = strsep(&text, "\n")) != NULL)
		if (line_take(u, line, ++number, err, err_size) == -1)
			return -1;
	return 0;
}

int
trap_users_read(struct trap_users *u, int fd, char *err, size_t err_size)
{
	char	text[FILE_MAX];
	ssize_t n = secret_read_fd(fd, TRAP_USERS_FILE, text, sizeof(text), err, err_size);
	int	rc = -1;

	explicit_bzero(u, sizeof(*u));
	if (n >= (ssize_t)sizeof(text) || (n > 0 && memchr(text, '\0', (size_t)n) != NULL)) {
		snprintf(err, err_size, TRAP_USERS_FILE " is too long, or no text");
	} else if (n >= 0) {
		text[n] = '\0';
		rc = lines_take(u, text, err, err_size);
	}
	if (rc == -1)
		explicit_bzero(u, sizeof(*u));
	explicit_bzero(text, sizeof(text));
	return rc;
}

const struct trap_user *
trap_user_find(const struct trap_users *u, const uint8_t *name, size_t len)
{
	size_t i;

	for (i = 0; i < u->n; i++)
		if (u->each[i].name_len == len && memcmp(u->each[i].name, name, len) == 0)
			return &u->each[i];
	return NULL;
}
