/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls.c: see tls.h. The only <openssl/ssl.h>. */
#include "dashboards/tls.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"

#define DAY_S	    86400
#define SIGNED_DAYS 1000
#define RENEW_DAYS  40		/* before the first warning */
#define NAMES_MAX   2000
#define NEW_CERT    TLS_CERT ".new"
#define NEW_KEY	    TLS_KEY ".new"
#define OUR_NAME    "Simpul, signed by itself"

/* What tells a file from the one that was there before. */
struct version {
	ino_t		ino;
	off_t		size;
	struct timespec written, changed;
};

struct versions {
	struct version cert, key;
};

struct tls {
	SSL_CTX *ctx;
	char	*cert, *key;
	struct versions read, seen;	/* when they were read; when they were looked at last */
	int	 warned_days;		/* of tls_warn_days() */
	int	 index;		/* of a connection's owner */
	void   (*gone)(void *);
};

/* The library's own words for its last error; a file that is barred may be where Landlock lets nobody look. */
static void
warn_ssl(const char *what, const char *file)
{
	char	      text[200] = "no reason given";
	unsigned long e = ERR_get_error();

	if (e != 0)
		ERR_error_string_n(e, text, sizeof(text));
	ERR_clear_error();
	log_warnx("%s %s: %s%s", what, file, text, ERR_SYSTEM_ERROR(e) && ERR_GET_REASON(e) == EACCES ?
	    "; if it is a link that now leads to another folder, restart simpul-web" : "");
}

static void
owner_gone(void *parent, void *owner, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
	struct tls *t = argp;

	(void)parent, (void)ad, (void)index, (void)argl;
	if (owner != NULL)
		t->gone(owner);
}

/* HTTP/1.1 is all we speak. */
static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in,
    unsigned inlen, void *arg)
{
	static const unsigned char http11[] = "\x08http/1.1";
	unsigned char		  *chosen;

	(void)ssl, (void)arg;
	if (SSL_select_next_proto(&chosen, outlen, http11, sizeof(http11) - 1, in, inlen) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static bool
key_is_private(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		log_warn("cannot read the key %s", path);
		return false;
	}
	if ((st.st_mode & (S_IWGRP | S_IRWXO)) == 0)
		return true;
	log_warnx("the key %s is open to others; chmod 600 it, and make a new one", path);
	return false;
}

/* Without this the library would ask on the terminal, and wait. */
static int
no_password(char *buf, int size, int writing, void *arg)
{
	bool *asked = arg;

	(void)buf, (void)size, (void)writing;
	if (asked != NULL)
		*asked = true;
	return -1;
}

static int
use_key(SSL_CTX *ctx, const char *key)
{
	bool asked = false, good;

	SSL_CTX_set_default_passwd_cb_userdata(ctx, &asked);
	good = SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1 &&
	    SSL_CTX_check_private_key(ctx) == 1;
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	if (good)
		return 0;
	if (asked)
		log_warnx("the key %s is behind a password: give one without (openssl pkey), mode 600", key);
	else
		warn_ssl("cannot use the key", key);
	ERR_clear_error();
	return -1;
}

static SSL_CTX *
context_new(const char *cert, const char *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL || !key_is_private(key))
		goto bad;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(
	    ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	/* Forward secrecy and authenticated ciphers only; TLS 1.3 has no others. */
	if (SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
		warn_ssl("cannot choose ciphers", "");
	else if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		warn_ssl("cannot use the certificate", cert);
	else if (use_key(ctx, key) == 0)
		return ctx;
bad:
	SSL_CTX_free(ctx);
	return NULL;
}

static struct version
version_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return (struct version){ 0 };
	return (struct version){ st.st_ino, st.st_size, st.st_mtim, st.st_ctim };
}

static struct versions
versions_of(const struct tls *t)
{
	return (struct versions){ version_of(t->cert), version_of(t->key) };
}

static bool
is_same(const struct version *a, const struct version *b)
{
	return a->ino == b->ino && a->size == b->size && a->written.tv_sec == b->written.tv_sec &&
	    a->written.tv_nsec == b->written.tv_nsec && a->changed.tv_sec == b->changed.tv_sec &&
	    a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool
are_same(const struct versions *a, const struct versions *b)
{
	return is_same(&a->cert, &b->cert) && is_same(&a->key, &b->key);
}

struct tls *
tls_new(const char *cert, const char *key, void (*gone)(void *owner))
{
	struct tls *t = xcalloc(1, sizeof(*t));

	t->cert = xstrdup(cert);
	t->key = xstrdup(key);
	t->gone = gone;
	t->index = SSL_get_ex_new_index(0, t, NULL, NULL, owner_gone);
	t->warned_days = INT_MAX;
	t->read = t->seen = versions_of(t);
	t->ctx = context_new(cert, key);
	if (t->ctx != NULL && t->index != -1)
		return t;
	tls_free(t);
	return NULL;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	free(t->cert);
	free(t->key);
	free(t);
}

int
tls_reload(struct tls *t)
{
	SSL_CTX *ctx;

	t->read = t->seen = versions_of(t);
	ctx = context_new(t->cert, t->key);
	if (ctx == NULL)
		return -1;
	SSL_CTX_free(t->ctx);		/* connections hold it as long as they need it */
	t->ctx = ctx;
	t->warned_days = INT_MAX;
	log_info("certificate read again");
	return 0;
}

/* ---- its end ---- */

static int64_t
time_s(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static int64_t
ends_s(const X509 *x)
{
	return x != NULL ? time_s(X509_get0_notAfter(x)) : 0;
}

int64_t
tls_expires_s(const struct tls *t)
{
	return ends_s(SSL_CTX_get0_certificate(t->ctx));
}

int
tls_warn_days(int64_t left_s)
{
	static const int steps[] = { 0, 7, 14, 30 };
	size_t		 i;

	for (i = 0; i < nitems(steps); i++)
		if (left_s <= (int64_t)steps[i] * DAY_S)
			return steps[i];
	return INT_MAX;
}

static void
warn_of_end(struct tls *t, int64_t now_s)
{
	int64_t left_s = tls_expires_s(t) - now_s;
	int	days = tls_warn_days(left_s);

	if (days >= t->warned_days)
		return;
	t->warned_days = days;
	if (days == 0)
		log_warnx("the certificate %s has ended: browsers refuse it", t->cert);
	else
		log_warnx("the certificate %s ends in %d days", t->cert, (int)(left_s / DAY_S));
}

/* Certificate and key are two files: they are read when both have stayed as they are between two looks. */
void
tls_watch(struct tls *t, int64_t now_s)
{
	struct versions now = versions_of(t);

	if (!are_same(&now, &t->read) && are_same(&now, &t->seen))
		tls_reload(t);
	t->seen = now;
	warn_of_end(t, now_s);
}

struct bufferevent *
tls_accept(struct tls *t, struct event_base *base, void *owner)
{
	SSL		   *ssl = SSL_new(t->ctx);
	struct bufferevent *bev = NULL;

	if (ssl != NULL && SSL_set_ex_data(ssl, t->index, owner) == 1)
		bev = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING,
		    BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL)
		fatalx("out of memory");	/* evhttp would go on without TLS */
	bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

void *
tls_owner(const struct tls *t, struct bufferevent *bev)
{
	return SSL_get_ex_data(bufferevent_openssl_get_ssl(bev), t->index);
}

/* ---- a certificate of our own ---- */

static FILE *
open_private(int dir_fd, const char *name)
{
	int   fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	FILE *f = fd != -1 ? fdopen(fd, "r") : NULL;

	if (f == NULL && fd != -1)
		close(fd);
	return f;
}

static bool
is_ours(const X509 *x)
{
	const X509_NAME *name = X509_get_subject_name(x);
	char		 text[sizeof(OUR_NAME) + 1];

	return X509_NAME_cmp(name, X509_get_issuer_name(x)) == 0 &&
	    X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof(text)) > 0 &&
	    strcmp(text, OUR_NAME) == 0;
}

/* By a clock that was ahead it may have been made for a time that has yet to come. */
static bool
is_good(X509 *x, EVP_PKEY *key, int64_t now_s)
{
	return key != NULL && X509_check_private_key(x, key) == 1 &&
	    time_s(X509_get0_notBefore(x)) <= now_s && ends_s(x) > now_s + RENEW_DAYS * DAY_S;
}

/* Is there a pair that is good for some time yet, or that of somebody else, whose affair it is? */
static bool
is_there(int dir_fd, int64_t now_s)
{
	FILE	 *c = open_private(dir_fd, TLS_CERT), *k = open_private(dir_fd, TLS_KEY);
	X509	 *x = c != NULL ? PEM_read_X509(c, NULL, NULL, NULL) : NULL;
	EVP_PKEY *key = k != NULL ? PEM_read_PrivateKey(k, NULL, NULL, (char[]){ "" }) : NULL;
	bool	  good = x != NULL && (!is_ours(x) || is_good(x, key, now_s));

	ERR_clear_error();
	X509_free(x);
	EVP_PKEY_free(key);
	if (c != NULL)
		fclose(c);
	if (k != NULL)
		fclose(k);
	return good;
}

static int
add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX	ctx;
	int		rc;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	rc = e != NULL && X509_add_ext(x, e, -1) == 1 ? 0 : -1;
	X509_EXTENSION_free(e);
	return rc;
}

/* "DNS:simpul.example,IP:127.0.0.1" */
static void
alternative_names(char *out, size_t size, const char *const *names)
{
	struct addr a;
	size_t	    len = 0;

	*out = '\0';
	for (; *names != NULL && len < size; names++)
		len += (size_t)snprintf(out + len, size - len, "%s%s:%s", len > 0 ? "," : "",
		    addr_parse(&a, *names) == 0 ? "IP" : "DNS", *names);
}

static X509 *
certificate_new(EVP_PKEY *key, const char *const *names, int64_t now_s)
{
	time_t	  now = (time_t)now_s;
	X509	 *x = X509_new();
	X509_NAME *name;
	char	  alt[NAMES_MAX];
	BIGNUM	 *serial = BN_new();

	if (x == NULL || serial == NULL)
		fatalx("out of memory");
	alternative_names(alt, sizeof(alt), names);
	BN_rand(serial, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
	BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x));
	BN_free(serial);
	X509_set_version(x, X509_VERSION_3);
	X509_time_adj_ex(X509_getm_notBefore(x), 0, -3600, &now);
	X509_time_adj_ex(X509_getm_notAfter(x), SIGNED_DAYS, 0, &now);
	name = X509_get_subject_name(x);
	X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_UTF8, (const unsigned char *)OUR_NAME, -1, -1, 0);
	X509_set_issuer_name(x, name);
	if (X509_set_pubkey(x, key) == 1 && add_extension(x, NID_subject_alt_name, alt) == 0 &&
	    add_extension(x, NID_basic_constraints, "critical,CA:FALSE") == 0 &&
	    add_extension(x, NID_ext_key_usage, "serverAuth") == 0 && X509_sign(x, key, EVP_sha256()) > 0)
		return x;
	X509_free(x);
	return NULL;
}

/* A stream to a new file of the directory, for its owner alone. */
static FILE *
create(int dir_fd, const char *name)
{
	int fd;

	unlinkat(dir_fd, name, 0);
	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd != -1 ? fdopen(fd, "w") : NULL;
}

static bool
flushed(FILE *f)
{
	bool good = fflush(f) == 0 && fsync(fileno(f)) == 0;

	return fclose(f) == 0 && good;
}

/* The old pair goes only when the new one is whole on the disk; of halves of both, is_there() says no. */
static int
write_pem(int dir_fd, EVP_PKEY *key, X509 *x)
{
	FILE *k = create(dir_fd, NEW_KEY), *c = create(dir_fd, NEW_CERT);
	bool  good = k != NULL && c != NULL && PEM_write_PrivateKey(k, key, NULL, NULL, 0, NULL, NULL) == 1 &&
	    PEM_write_X509(c, x) == 1;

	if (k != NULL)
		good = flushed(k) && good;
	if (c != NULL)
		good = flushed(c) && good;
	return good && renameat(dir_fd, NEW_KEY, dir_fd, TLS_KEY) == 0 &&
	    renameat(dir_fd, NEW_CERT, dir_fd, TLS_CERT) == 0 ? 0 : -1;
}

int
tls_self_signed(int dir_fd, const char *const *names, int64_t now_s)
{
	EVP_PKEY *key;
	X509	 *x;
	int	  rc = -1;

	if (is_there(dir_fd, now_s))
		return 0;
	key = EVP_EC_gen("P-256");
	x = key != NULL ? certificate_new(key, names, now_s) : NULL;
	if (x == NULL)
		warn_ssl("cannot make a certificate for", names[0]);
	else if ((rc = write_pem(dir_fd, key, x)) == -1)
		log_warn("cannot write %s and %s", TLS_CERT, TLS_KEY);
	else
		log_info("made a certificate that is signed by itself: browsers will warn; give web.cert and "
		    "web.key for a real one");
	X509_free(x);
	EVP_PKEY_free(key);
	return rc;
}
