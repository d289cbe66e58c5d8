/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialog_tls.c: see dialog_tls.h. A handshake goes to its end whatever the certificate is worth, so that we can say what
 * is wrong with it; then nothing is said over it.
 */
#include "probes/dialog_tls.h"

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/text.h"

#define READ_BYTES    4096
#define DAY_S	      86400.0
#define CERT_NAME_MAX 80	/* of a certificate, in a message */

struct dialog_trust {
	SSL_CTX *ctx;
	bool	 empty;
};

struct dialog_tls {
	SSL *ssl;
	char *host;
	BIO *in, *out;		/* of the wire; they belong to ssl */
	bool named;		/* the name is checked; false: nobody is trusted */
	bool open;
};

/* ---- making ---- */

static struct dialog_trust *
trust_new(void)
{
	struct dialog_trust *t = xcalloc(1, sizeof(*t));

	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->ctx == NULL)
		fatalx("out of memory");
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(t->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_NONE, NULL);	/* it is verified, but the handshake goes on */
	return t;
}

/* @param paths  parted by ":" @return whether there is anything in one of these directories */
static bool
directory_has_file(const char *paths)
{
	char	       path[PATH_MAX];
	size_t	       len;
	DIR	      *dir;
	struct dirent *e = NULL;

	for (; e == NULL && *paths != '\0'; paths += len + (paths[len] == ':')) {
		len = strcspn(paths, ":");
		snprintf(path, sizeof(path), "%.*s", (int)len, paths);
		if ((dir = opendir(path)) == NULL)
			continue;
		while ((e = readdir(dir)) != NULL && e->d_name[0] == '.')
			;
		closedir(dir);
	}
	return e != NULL;
}

/* Where OpenSSL looks for them, by its own variables of the environment. */
static const char *
default_path(const char *variable, const char *path)
{
	const char *other = secure_getenv(variable);

	return other != NULL ? other : path;
}

struct dialog_trust *
dialog_trust_new(void)
{
	struct dialog_trust *t = trust_new();
	const char	    *file = default_path(X509_get_default_cert_file_env(), X509_get_default_cert_file());
	const char	    *dir = default_path(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());

	t->empty = SSL_CTX_load_verify_file(t->ctx, file) != 1 && !directory_has_file(dir);
	ERR_clear_error();
	SSL_CTX_set_default_verify_paths(t->ctx);	/* of a directory each is read when it is needed */
	return t;
}

struct dialog_trust *
dialog_trust_of(const char *pem, size_t len)
{
	struct dialog_trust *t = trust_new();
	BIO		    *bio = BIO_new_mem_buf(pem, (int)len);
	X509		    *cert;
	size_t		     n = 0;

	while (bio != NULL && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		n += X509_STORE_add_cert(SSL_CTX_get_cert_store(t->ctx), cert) == 1;
		X509_free(cert);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (n > 0)
		return t;
	dialog_trust_free(t);
	return NULL;
}

bool
dialog_trust_is_empty(const struct dialog_trust *t)
{
	return t->empty;
}

void
dialog_trust_free(struct dialog_trust *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

/* Whom it must prove to be. @return false: that cannot be checked, so nobody is trusted */
static bool
name_set(struct dialog_tls *t)
{
	size_t	    len = strlen(t->host);
	struct addr a;

	if (addr_parse(&a, t->host) == 0)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(t->ssl), t->host) == 1;
	if (len > 1 && t->host[len - 1] == '.')	/* of the root, which certificates and SNI are without (RFC 6066 3) */
		t->host[len - 1] = '\0';
	return t->host[0] != '\0' && SSL_set_tlsext_host_name(t->ssl, t->host) == 1 && SSL_set1_host(t->ssl, t->host) == 1;
}

struct dialog_tls *
dialog_tls_new(struct dialog_trust *trust, const char *host)
{
	struct dialog_tls *t = xcalloc(1, sizeof(*t));

	t->host = xstrdup(host);
	t->ssl = SSL_new(trust->ctx);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (t->ssl == NULL || t->in == NULL || t->out == NULL)
		fatalx("out of memory");
	SSL_set_bio(t->ssl, t->in, t->out);
	SSL_set_connect_state(t->ssl);
	t->named = name_set(t);
	return t;
}

void
dialog_tls_free(struct dialog_tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	free(t->host);
	free(t);
}

/* ---- what is wrong, for people ---- */

static void
say_library(char *why, size_t size)
{
	unsigned long code = ERR_peek_error();
	const char   *reason = ERR_reason_error_string(code);

	if (ERR_GET_REASON(code) == SSL_R_UNSUPPORTED_PROTOCOL || ERR_GET_REASON(code) == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION)
		snprintf(why, size, "it speaks no TLS 1.2 or newer");
	else
		snprintf(why, size, "TLS fails: %s", reason != NULL ? reason : "it makes no sense");
	ERR_clear_error();
}

/* Its first alternative name; else its common name, which nobody goes by any more. */
static void
certificate_name(X509 *cert, char *out, size_t size)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	char	       common[CERT_NAME_MAX];
	int	       i;

	snprintf(out, size, "nobody");
	if (X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, common, sizeof(common)) > 0)
		text_visible(out, size, common, strlen(common));
	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		if (n->type != GEN_DNS)
			continue;
		text_visible(out, size, (const char *)ASN1_STRING_get0_data(n->d.dNSName),
		    (size_t)ASN1_STRING_length(n->d.dNSName));
		break;
	}
	GENERAL_NAMES_free(names);
}

static void
say_day(const ASN1_TIME *t, const char *what, char *why, size_t size)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		tm = (struct tm){ .tm_mday = 1 };
	snprintf(why, size, "its certificate %s on %04d-%02d-%02d", what, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static void
say_untrusted(X509 *cert, long result, char *why, size_t size)
{
	char name[4 * CERT_NAME_MAX];

	switch (result) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		say_day(X509_get0_notAfter(cert), "has expired", why, size);
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		say_day(X509_get0_notBefore(cert), "begins only", why, size);
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		certificate_name(cert, name, sizeof(name));
		snprintf(why, size, "its certificate is for another name: %s", name);
		break;
	default:
		snprintf(why, size, "its certificate is not trusted: %s", X509_verify_cert_error_string(result));
	}
}

/* ---- going on ---- */

static void
wire_take(struct dialog_tls *t, struct buf *wire)
{
	char   *data;
	long	len = BIO_get_mem_data(t->out, &data);

	if (len > 0)
		buf_bytes(wire, data, (size_t)len);
	(void)BIO_reset(t->out);
}

static enum dialog_tls_state
shake(struct dialog_tls *t, char *why, size_t size)
{
	X509 *cert;
	long  result;
	int   rc = SSL_do_handshake(t->ssl);

	if (rc != 1) {
		if (SSL_get_error(t->ssl, rc) == SSL_ERROR_WANT_READ)
			return DIALOG_TLS_SHAKING;
		say_library(why, size);
		return DIALOG_TLS_BROKEN;
	}
	cert = SSL_get0_peer_certificate(t->ssl);
	result = SSL_get_verify_result(t->ssl);
	if (cert == NULL || result != X509_V_OK || !t->named) {
		if (cert == NULL)
			snprintf(why, size, "it shows no certificate");
		else if (!t->named)
			snprintf(why, size, "its certificate cannot be held against its name");
		else
			say_untrusted(cert, result, why, size);
		return DIALOG_TLS_UNTRUSTED;
	}
	t->open = true;
	return DIALOG_TLS_OPEN;
}

static enum dialog_tls_state
hear(struct dialog_tls *t, struct buf *plain, char *why, size_t size)
{
	uint8_t bytes[READ_BYTES];
	int	n;

	while ((n = SSL_read(t->ssl, bytes, sizeof(bytes))) > 0)
		buf_bytes(plain, bytes, (size_t)n);
	switch (SSL_get_error(t->ssl, n)) {
	case SSL_ERROR_WANT_READ:
		return DIALOG_TLS_OPEN;
	case SSL_ERROR_ZERO_RETURN:
		return DIALOG_TLS_CLOSED;
	default:
		say_library(why, size);
		return DIALOG_TLS_BROKEN;
	}
}

enum dialog_tls_state
dialog_tls_turn(struct dialog_tls *t, const uint8_t *in, size_t len, struct buf *plain, struct buf *wire, char *why,
    size_t size)
{
	enum dialog_tls_state state = DIALOG_TLS_OPEN;

	ERR_clear_error();
	if (len > 0)
		BIO_write(t->in, in, (int)len);
	if (!t->open)
		state = shake(t, why, size);
	if (state == DIALOG_TLS_OPEN)
		state = hear(t, plain, why, size);
	wire_take(t, wire);
	return state;
}

void
dialog_tls_say(struct dialog_tls *t, const uint8_t *plain, size_t len, struct buf *wire)
{
	ERR_clear_error();
	if (len > 0)
		SSL_write(t->ssl, plain, (int)len);
	wire_take(t, wire);
}

void
dialog_tls_end(struct dialog_tls *t, struct buf *wire)
{
	ERR_clear_error();
	if (t->open)
		SSL_shutdown(t->ssl);
	wire_take(t, wire);
}

/* ---- looking ---- */

const char *
dialog_tls_protocol(const struct dialog_tls *t)
{
	return SSL_get0_peer_certificate(t->ssl) != NULL ? SSL_get_version(t->ssl) : NULL;
}

/* @return NAN: not known */
static double
days_left(const X509 *cert, int64_t wall_ns)
{
	struct tm tm;

	if (cert == NULL || ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1)
		return NAN;
	return ((double)timegm(&tm) - (double)wall_ns / NS_PER_S) / DAY_S;
}

static double
ssl_days(const SSL *ssl, int64_t wall_ns)
{
	double		days = days_left(SSL_get0_peer_certificate(ssl), wall_ns);
	STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
	int		i;

	if (SSL_get_verify_result(ssl) == X509_V_OK)
		for (i = 0; i < sk_X509_num(chain); i++)
			days = fmin(days, days_left(sk_X509_value(chain, i), wall_ns));
	return days;
}

double
dialog_tls_cert_days(const struct dialog_tls *t, int64_t wall_ns)
{
	return ssl_days(t->ssl, wall_ns);
}

double
dialog_tls_peek(void *ssl, int64_t wall_ns, const char **protocol)
{
	*protocol = SSL_get_version(ssl);
	return ssl_days(ssl, wall_ns);
}

void
dialog_trust_give(struct dialog_trust *t, void *ssl_ctx)
{
	SSL_CTX_set1_cert_store(ssl_ctx, SSL_CTX_get_cert_store(t->ctx));
}

/* Names of people: "CN = portal, O = Pontianak", at most what fits. */
static void
name_show(X509_NAME *name, char *out, size_t size)
{
	BIO  *bio = BIO_new(BIO_s_mem());
	char *text;
	long  len;

	out[0] = '\0';
	if (bio == NULL)
		return;
	X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
	len = BIO_get_mem_data(bio, &text);
	text_visible(out, size, text, len > 0 ? (size_t)len : 0);
	BIO_free(bio);
}

/* The chain alone, since the first thing wrong, such as a name, hides all others. */
static void
chain_show(const struct dialog_tls *t, X509 *cert, char *out, size_t size)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_STORE     *store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(t->ssl));
	bool		good;

	if (ctx == NULL || X509_STORE_CTX_init(ctx, store, cert, SSL_get_peer_cert_chain(t->ssl)) != 1) {
		X509_STORE_CTX_free(ctx);
		return;
	}
	X509_STORE_CTX_set_default(ctx, "ssl_server");
	good = X509_verify_cert(ctx) == 1;
	snprintf(out, size, "%s", good ? "ok" : X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
}

bool
dialog_tls_look(const struct dialog_tls *t, struct dialog_tls_look *look)
{
	X509	   *cert = SSL_get0_peer_certificate(t->ssl);
	struct addr a;

	*look = (struct dialog_tls_look){ 0 };
	if (cert == NULL)
		return false;
	name_show(X509_get_subject_name(cert), look->subject, sizeof(look->subject));
	name_show(X509_get_issuer_name(cert), look->issuer, sizeof(look->issuer));
	chain_show(t, cert, look->chain, sizeof(look->chain));
	look->cipher = SSL_get_cipher_name(t->ssl);
	look->name_matches = addr_parse(&a, t->host) == 0 ? X509_check_ip_asc(cert, t->host, 0) == 1 :
	    X509_check_host(cert, t->host, 0, 0, NULL) == 1;
	return true;
}
