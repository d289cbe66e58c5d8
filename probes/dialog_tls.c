/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialog_tls.c: see dialog_tls.h. A handshake goes to its end whatever the certificate is worth, so that we can say what
 * is wrong with it; then nothing is said over it.
 */
#include "probes/dialog_tls.h"

#include <math.h>
#include <openssl/err.h>
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
};

struct dialog_tls {
	SSL *ssl;
	BIO *in, *out;		/* of the wire; they belong to ssl */
	bool open;
};

/* ---- making ---- */

struct dialog_trust *
dialog_trust_new(void)
{
	struct dialog_trust *t = xcalloc(1, sizeof(*t));

	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->ctx == NULL)
		fatalx("out of memory");
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(t->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_default_verify_paths(t->ctx);	/* of a directory each is read when it is needed */
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_NONE, NULL);	/* it is verified, but the handshake goes on */
	return t;
}

void
dialog_trust_free(struct dialog_trust *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

struct dialog_tls *
dialog_tls_new(struct dialog_trust *trust, const char *host)
{
	struct dialog_tls *t = xcalloc(1, sizeof(*t));
	struct addr	   a;

	t->ssl = SSL_new(trust->ctx);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (t->ssl == NULL || t->in == NULL || t->out == NULL)
		fatalx("out of memory");
	SSL_set_bio(t->ssl, t->in, t->out);
	SSL_set_connect_state(t->ssl);
	if (addr_parse(&a, host) == 0) {
		X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(t->ssl), host);
	} else {
		SSL_set_tlsext_host_name(t->ssl, host);
		SSL_set1_host(t->ssl, host);
	}
	return t;
}

void
dialog_tls_free(struct dialog_tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	free(t);
}

/* ---- what is wrong, for people ---- */

static void
say_library(char *why, size_t size)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

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
	if (cert == NULL || result != X509_V_OK) {
		if (cert == NULL)
			snprintf(why, size, "it shows no certificate");
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

double
dialog_tls_cert_days(const struct dialog_tls *t, int64_t wall_ns)
{
	X509	 *cert = SSL_get0_peer_certificate(t->ssl);
	struct tm tm;

	if (cert == NULL || ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1)
		return NAN;
	return ((double)timegm(&tm) - (double)wall_ns / NS_PER_S) / DAY_S;
}
