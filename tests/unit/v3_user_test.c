/* SPDX-License-Identifier: GPL-3.0-or-later */
/* v3_user_test.c: credential files of SNMPv3: what is taken, what is refused and in which words, and when they are read anew. */
#include "collectors/snmp/v3_user.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/unit/dir.h"
#include "tests/unit/tap.h"

#define GOOD "user noc\nauth sha256 correct horse\npriv aes128 battery staple\n"

static const struct file_case {
	const char *name, *text, *err;	/* err: NULL when it is taken */
} cases[] = {
	{ "user, auth and priv", GOOD, NULL },
	{ "in another order, with comments and carriage returns",
	  "# ours\r\n\r\npriv aes256c battery staple\r\n\tauth  sha512  correct horse\r\nuser noc\r\ncontext vrf-a\r\n", NULL },
	{ "without a last newline", "user noc\nallow noauth", NULL },
	{ "no privacy, as named", "user noc\nauth sha1 correct horse\nallow nopriv\n", NULL },
	{ "MD5 and DES, as named", "user noc\nauth md5 correct horse\npriv des battery staple\nallow md5 des\n", NULL },

	{ "empty", "", "f: expected a line \"user NAME\"" },
	{ "a community", "public\n", "f line 1: expected user, auth, priv, context or allow; version 3 reads no community" },
	{ "no name", "user\n", "f line 1: expected a name of 1 to 32 bytes after \"user\"" },
	{ "two users", "user a\nuser b\n", "f line 2: a second user; there is one" },
	{ "two auths", "user a\nauth sha1 12345678\nauth sha1 12345678\n", "f line 3: a second auth; there is one" },
	{ "an unknown digest", "user a\nauth sha-1 secretsecret\n",
	  "f line 2: expected sha1, sha224, sha256, sha384, sha512 or md5 after \"auth\"" },
	{ "none for a digest", "user a\nauth none secretsecret\n",
	  "f line 2: expected sha1, sha224, sha256, sha384, sha512 or md5 after \"auth\"" },
	{ "an unknown cipher", "user a\nauth sha1 12345678\npriv 3des secretsecret\n",
	  "f line 3: expected aes128, aes192, aes256, aes192c, aes256c or des after \"priv\"" },
	{ "a short pass phrase", "user a\nauth sha1 1234567\n",
	  "f line 2: expected a pass phrase of 8 to 256 bytes after the algorithm" },
	{ "privacy alone", "user a\npriv aes128 12345678\n", "f: expected a line \"auth ...\" beside \"priv ...\"" },
	{ "neither, not named", "user a\n", "f: expected lines \"auth ...\" and \"priv ...\", or \"allow noauth\"" },
	{ "no privacy, not named", "user a\nauth sha1 12345678\n", "f: expected a line \"priv ...\", or \"allow nopriv\"" },
	{ "MD5, not named", "user a\nauth md5 12345678\npriv aes128 12345678\n",
	  "f: MD5 is weak: expected another auth, or \"allow md5\"" },
	{ "DES, not named", "user a\nauth sha1 12345678\npriv des 12345678\n",
	  "f: DES is weak: expected another priv, or \"allow des\"" },
	{ "something else allowed", "user a\nallow md5 all\n", "f line 2: expected md5, des, nopriv or noauth after \"allow\"" },
	{ "nothing allowed", "user a\nallow\n", "f line 2: expected md5, des, nopriv or noauth after \"allow\"" },
};

static void
test_cases(void)
{
	struct v3_user u;
	char	       err[200], huge[5000];

	for (size_t i = 0; i < nitems(cases); i++) {
		const struct file_case *c = &cases[i];
		int			rc = v3_user_parse(&u, c->text, strlen(c->text), "f", err, sizeof(err));

		is_text(rc == 0 ? "taken" : err, c->err != NULL ? c->err : "taken", c->name);
	}
	memset(huge, '#', sizeof(huge));
	ok(v3_user_parse(&u, huge, sizeof(huge), "f", err, sizeof(err)) == -1 && strstr(err, "4096") != NULL, "too long: %s", err);
	ok(v3_user_parse(&u, "user a\0b\n", 9, "f", err, sizeof(err)) == -1 && strstr(err, "NUL") != NULL, "a NUL: %s", err);
}

static void
test_fields(void)
{
	const char    *text = "user  noc \t\nauth sha256 correct horse \npriv aes128 battery staple\ncontext vrf a\n";
	struct usm_secret want;
	struct v3_user u;
	char	       err[200];

	ok(v3_user_parse(&u, text, strlen(text), "f", err, sizeof(err)) == 0, "taken");
	ok(u.user_len == 3 && memcmp(u.user, "noc", 3) == 0, "the blanks after a name are not its own");
	ok(u.context_len == 5 && strcmp(u.context, "vrf a") == 0, "a context");
	ok(u.flags == (V3_AUTH | V3_PRIV) && u.weak[0] == '\0', "authPriv, and nothing is weak");
	usm_secret_make(&want, USM_SHA256, "correct horse ", USM_AES128, "battery staple");
	ok(memcmp(&u.secret, &want, sizeof(want)) == 0, "a pass phrase runs to the end of its line");
}

static void
put(int dir, const char *text)
{
	int fd = openat(dir, "new", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || renameat(dir, "new", dir, "noc") == -1)
		exit(99);
	close(fd);
}

static void
test_table(void)
{
	char		      path[] = "/tmp/simpul-v3-user-XXXXXX", err[200] = "";
	struct v3_users	     *us = v3_users_new();
	const struct v3_user *u, *same;
	int		      dir = mkdtemp(path) != NULL ? open(path, O_RDONLY | O_DIRECTORY) : -1;

	ok(v3_users_get(us, -1, "noc", err, sizeof(err)) == NULL && err[0] != '\0', "no directory: %s", err);
	ok(v3_users_get(us, dir, "noc", err, sizeof(err)) == NULL, "no file: %s", err);
	put(dir, GOOD);
	u = v3_users_get(us, dir, "noc", err, sizeof(err));
	ok(u != NULL && u->generation == 1, "a file: read");
	same = v3_users_get(us, dir, "noc", err, sizeof(err));
	ok(same == u && u->generation == 1, "the same: not read again");
	put(dir, "user noc\nauth sha256 another phrase\npriv aes128 battery staple\n");
	same = v3_users_get(us, dir, "noc", err, sizeof(err));
	ok(same == u && u->generation == 2, "another content: read");
	put(dir, "user noc\nauth\n");
	same = v3_users_get(us, dir, "noc", err, sizeof(err));
	ok(same == u && u->generation == 2 && u->user_len == 3, "a bad one: the former goes on");
	put(dir, GOOD);
	ok(fchmodat(dir, "noc", 0640, 0) == 0, "(opened it to its group)");
	ok(v3_users_get(us, dir, "noc", err, sizeof(err)) == u && u->generation == 2, "open to its group: likewise");
	v3_users_free(us);
	us = v3_users_new();
	ok(v3_users_get(us, dir, "noc", err, sizeof(err)) == NULL && strstr(err, "chmod 600") != NULL, "and not at first: %s", err);
	v3_users_free(us);
	close(dir);
	dir_remove(path);
}

int
main(void)
{
	log_quiet(true);
	test_cases();
	test_fields();
	test_table();
	return tap_done();
}
