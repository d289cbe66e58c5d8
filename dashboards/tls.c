/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls.c: see tls.h. The only <openssl/ssl.h>. */
#include "dashboards/tls.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"

#define SIGNED_DAYS 1000
#define RENEW_DAYS  30
#define NAMES_MAX   2000

struct tls {
	SSL_CTX *ctx;
	char	*cert, *key;
	int	 index;		/* of a connection's owner */
	void   (*gone)(void *);
};

/* The library's own words for its last error. */
static void
warn_ssl(const char *what, const char *file)
{
	char text[200] = "no reason given";

	if (ERR_peek_error() != 0)
		ERR_error_string_n(ERR_get_error(), text, sizeof(text));
	ERR_clear_error();
	log_warnx("%s %s: %s", what, file, text);
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
	/* Forward secrecy and authenticated ciphers only; TLS 1.3 has no others. */
	if (SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
		warn_ssl("cannot choose ciphers", "");
	else if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		warn_ssl("cannot use the certificate", cert);
	else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		warn_ssl("cannot use the key", key);
	else
		return ctx;
bad:
	SSL_CTX_free(ctx);
	return NULL;
}

struct tls *
tls_new(const char *cert, const char *key, void (*gone)(void *owner))
{
	struct tls *t = xcalloc(1, sizeof(*t));

	t->cert = xstrdup(cert);
	t->key = xstrdup(key);
	t->gone = gone;
	t->index = SSL_get_ex_new_index(0, t, NULL, NULL, owner_gone);
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
	SSL_CTX *ctx = context_new(t->cert, t->key);

	if (ctx == NULL)
		return -1;
	SSL_CTX_free(t->ctx);		/* connections hold it as long as they need it */
	t->ctx = ctx;
	return 0;
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

/* Is there one that is good for some time yet? */
static bool
is_there(int dir_fd)
{
	int   fd = openat(dir_fd, TLS_CERT, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	FILE *f = fd != -1 ? fdopen(fd, "r") : NULL;
	X509 *x = f != NULL ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	time_t soon = time(NULL) + RENEW_DAYS * 86400;
	bool  good = x != NULL && X509_cmp_time(X509_get0_notAfter(x), &soon) > 0 &&
	    faccessat(dir_fd, TLS_KEY, R_OK, 0) == 0;

	ERR_clear_error();
	X509_free(x);
	if (f != NULL)
		fclose(f);
	else if (fd != -1)
		close(fd);
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
certificate_new(EVP_PKEY *key, const char *const *names)
{
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
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), SIGNED_DAYS * 86400L);
	name = X509_get_subject_name(x);
	X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_UTF8, (const unsigned char *)"Simpul, signed by itself", -1, -1, 0);
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

static int
write_pem(int dir_fd, EVP_PKEY *key, X509 *x)
{
	FILE *k = create(dir_fd, TLS_KEY), *c = create(dir_fd, TLS_CERT);
	bool  good = k != NULL && c != NULL && PEM_write_PrivateKey(k, key, NULL, NULL, 0, NULL, NULL) == 1 &&
	    PEM_write_X509(c, x) == 1;

	if (k != NULL)
		good = fclose(k) == 0 && good;
	if (c != NULL)
		good = fclose(c) == 0 && good;
	return good ? 0 : -1;
}

int
tls_self_signed(int dir_fd, const char *const *names)
{
	EVP_PKEY *key;
	X509	 *x;
	int	  rc = -1;

	if (is_there(dir_fd))
		return 0;
	key = EVP_EC_gen("P-256");
	x = key != NULL ? certificate_new(key, names) : NULL;
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
