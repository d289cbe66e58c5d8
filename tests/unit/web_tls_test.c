/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's certificate: made, renewed, read again, and what is said of its end. Time is an argument. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "dashboards/tls.h"
#include "tests/unit/tap.h"

#define DAY 86400
#define NOW 1795222923

/* Somebody else's, until 2027-09-24, and its key behind the password "secret". */
static const char foreign_cert[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBdDCCARugAwIBAgIUQLnKzoTzgaKHmTyrrqOkRDSkr1QwCgYIKoZIzj0EAwIw\n"
	"EDEOMAwGA1UEAwwFb3RoZXIwHhcNMjYxMTI4MDEzODQ0WhcNMjcwOTI0MDEzODQ0\n"
	"WjAQMQ4wDAYDVQQDDAVvdGhlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFqC\n"
	"lvlWd5zDh8ddACZT1BBQGQ/CZWTtgiJsoKQDUODWTszEeHz9ERcOuoV8085mmgtv\n"
	"1FxCxnJxpVCOyEuh0iyjUzBRMB0GA1UdDgQWBBSIh78W1mBnq1bVGyhbHJ/CGj12\n"
	"PDAfBgNVHSMEGDAWgBSIh78W1mBnq1bVGyhbHJ/CGj12PDAPBgNVHRMBAf8EBTAD\n"
	"AQH/MAoGCCqGSM49BAMCA0cAMEQCIBsxvf1dVXj2Rsai4Ix1e41+utUgkRYWQyVZ\n"
	"whzJDxs2AiBv3RYT9vboJuZEXmlEmEs9EFgSGbtY6JhGdjIp1OIbhQ==\n"
	"-----END CERTIFICATE-----\n";
static const char foreign_key[] =
	"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
	"MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAj21lANQKFFmAICCAAw\n"
	"DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEED31najYTfUfnRaZh28/rwEgZDB\n"
	"c5ybxRHLVoqwOHfa0Uz/Ie5R+y+OSXyu910du57w5N373eGzK/QBdVLiEfvvsoNA\n"
	"Y9Ty5KT2BjjFbMDDAthXAhc3zLT55mMpjH0cuGuJLMRXPi/fNTnilULX1ujIDY86\n"
	"ehBq/XAM6ZnC1kkHhYa1pogcf2C3cY8sCsZ/DRN+Bkyb3T0r+t7KO/TjuJCibWk=\n"
	"-----END ENCRYPTED PRIVATE KEY-----\n";

static const char *const names[] = { "localhost", "127.0.0.1", NULL };

struct bench {
	char dir[40], cert[64], key[64];
	int  fd;
};

static ino_t
number_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) == EOF || fclose(f) == EOF)
		fatal("%s", path);
}

static void
test_made(struct bench *b)
{
	struct stat st;
	ino_t	    first;

	is_i64(tls_self_signed(b->fd, names, NOW), 0, "a pair is made");
	ok(stat(b->key, &st) == 0 && (st.st_mode & 0777) == 0600, "whose key is private");
	first = number_of(b->cert);
	ok(tls_self_signed(b->fd, names, NOW + 959 * DAY) == 0 && number_of(b->cert) == first, "which stays");
	is_i64(linkat(b->fd, TLS_KEY, b->fd, "other", 0), 0, "its key is kept aside");
	ok(tls_self_signed(b->fd, names, NOW + 961 * DAY) == 0 && number_of(b->cert) != first,
	    "until its end is near");
	first = number_of(b->cert);
	ok(renameat(b->fd, "other", b->fd, TLS_KEY) == 0 &&
	    tls_self_signed(b->fd, names, NOW + 961 * DAY) == 0 && number_of(b->cert) != first,
	    "halves that do not fit are made anew");
	first = number_of(b->cert);
	ok(tls_self_signed(b->fd, names, NOW) == 0 && number_of(b->cert) != first,
	    "and one that a clock ahead has made");
}

/* Its renewal is somebody else's; what we made in its place would be another one, which nobody trusts. */
static void
test_foreign(const struct bench *b)
{
	const int64_t end = 1821749924;	/* 2027-09-24 */
	ino_t	      first;

	put(b->cert, foreign_cert);
	first = number_of(b->cert);
	ok(tls_self_signed(b->fd, names, end - 10 * DAY) == 0 && number_of(b->cert) == first,
	    "one of somebody else stays when its end is near");
	ok(tls_self_signed(b->fd, names, end + DAY) == 0 && number_of(b->cert) == first, "and after it");
	put(b->cert, "no certificate\n");
	first = number_of(b->cert);
	ok(tls_self_signed(b->fd, names, NOW) == 0 && number_of(b->cert) != first, "what is none does not");
}

static void
test_watched(struct bench *b)
{
	struct tls *t;
	int64_t	    end;

	unlink(b->cert);
	tls_self_signed(b->fd, names, NOW);
	t = tls_new(b->cert, b->key, NULL);
	if (!ok(t != NULL, "the pair is of use"))
		return;
	end = NOW + 1000LL * DAY;
	is_i64(tls_expires_s(t), end, "its end is known");
	tls_watch(t, NOW);
	is_i64(tls_expires_s(t), end, "what has not changed stays");
	tls_self_signed(b->fd, names, NOW + 970 * DAY);
	tls_watch(t, NOW);
	is_i64(tls_expires_s(t), end, "what has just changed may change again");
	tls_watch(t, NOW);
	end += 970LL * DAY;
	is_i64(tls_expires_s(t), end, "then it is read");
	put(b->cert, "no certificate\n");
	tls_watch(t, NOW);
	tls_watch(t, NOW);
	is_i64(tls_expires_s(t), end, "one that is none is not taken");
	unlink(b->cert);
	tls_watch(t, NOW);
	tls_watch(t, NOW);
	is_i64(tls_expires_s(t), end, "nor does one that is gone end the old one");
	tls_self_signed(b->fd, names, NOW);
	tls_watch(t, NOW);
	tls_watch(t, NOW);
	is_i64(tls_expires_s(t), NOW + 1000LL * DAY, "the next good one is read");
	tls_free(t);
}

/* Asked for a password, the library reads it from the terminal or, without one, from here. */
static void
test_locked(const struct bench *b)
{
	struct tls *t;
	int	    pipes[2];

	put(b->cert, foreign_cert);
	put(b->key, foreign_key);
	if (chmod(b->key, 0600) == -1 || pipe(pipes) == -1 || write(pipes[1], "secret\n", 7) != 7 ||
	    dup2(pipes[0], STDIN_FILENO) == -1)
		fatal("stdin");
	setsid();
	t = tls_new(b->cert, b->key, NULL);
	ok(t == NULL, "nobody is asked for the password of a key");
	tls_free(t);
	close(pipes[0]);
	close(pipes[1]);
}

static void
test_warnings(void)
{
	static const struct { int64_t left_s; int days; } cases[] = {
		{ 31 * DAY, INT_MAX }, { 30 * DAY + 1, INT_MAX }, { 30 * DAY, 30 }, { 14 * DAY + 1, 30 },
		{ 14 * DAY, 14 }, { 7 * DAY + 1, 14 }, { 7 * DAY, 7 }, { 1, 7 }, { 0, 0 }, { -9 * DAY, 0 },
	};
	size_t i;

	for (i = 0; i < nitems(cases); i++)
		is_i64(tls_warn_days(cases[i].left_s), cases[i].days, "it ends in so many days");
}

int
main(void)
{
	struct bench b = { .dir = "/tmp/simpul-web-tls-XXXXXX" };

	log_quiet(true);
	if (mkdtemp(b.dir) == NULL || (b.fd = open(b.dir, O_RDONLY | O_DIRECTORY)) == -1)
		fatal("%s", b.dir);
	snprintf(b.cert, sizeof(b.cert), "%s/%s", b.dir, TLS_CERT);
	snprintf(b.key, sizeof(b.key), "%s/%s", b.dir, TLS_KEY);
	test_made(&b);
	test_foreign(&b);
	test_watched(&b);
	test_locked(&b);
	test_warnings();
	unlink(b.cert);
	unlink(b.key);
	close(b.fd);
	rmdir(b.dir);
	return tap_done();
}
