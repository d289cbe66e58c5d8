/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialog_tls.h: the client's side of TLS 1.2 or newer, over memory: bytes of the wire in, bytes for the wire out. A
 * certificate is always verified: it, its chain, and the name that was asked for.
 */
#ifndef SIMPUL_DIALOG_TLS_H
#define SIMPUL_DIALOG_TLS_H

#include "base/cursor.h"

struct dialog_trust;		/* the certificates that this host trusts */
struct dialog_tls;

/** @return owned, never NULL */
struct dialog_trust *dialog_trust_new(void);
/** Those of this text alone, in PEM. @return owned, or NULL: it holds none */
struct dialog_trust *dialog_trust_of(const char *pem, size_t len);
void	dialog_trust_free(struct dialog_trust *t);	/* NULL is allowed */

/** This host has none at all: then who is not trusted may well deserve it, and the fault is ours. */
bool	dialog_trust_is_empty(const struct dialog_trust *t);
#define DIALOG_TRUST_EMPTY "this host has no CA certificates"

/** Let another user of OpenSSL trust the same. @param ssl_ctx  its SSL_CTX; takes a reference */
void	dialog_trust_give(struct dialog_trust *t, void *ssl_ctx);
/** What a connection of such a one shows. @param ssl  its SSL @return days that are left, NAN: not known */
double	dialog_tls_peek(void *ssl, int64_t wall_ns, const char **protocol);

enum dialog_tls_state {
	DIALOG_TLS_SHAKING,	/* more is needed */
	DIALOG_TLS_OPEN,
	DIALOG_TLS_CLOSED,	/* the other side has said that nothing follows */
	DIALOG_TLS_UNTRUSTED,	/* it speaks TLS, with a certificate that does not prove who it is */
	DIALOG_TLS_BROKEN
};

/** @param host  a name, or a plain address @return owned, never NULL */
struct dialog_tls *dialog_tls_new(struct dialog_trust *t, const char *host);
void	dialog_tls_free(struct dialog_tls *t);		/* NULL is allowed */
/**
 * Go on with what came from the wire (len 0: begin).
 * @param plain	what the other side says is appended
 * @param wire	what must go out is appended
 * @param why	out: what is wrong, when it is UNTRUSTED or BROKEN
 */
enum dialog_tls_state dialog_tls_turn(struct dialog_tls *t, const uint8_t *in, size_t len, struct buf *plain,
    struct buf *wire, char *why, size_t size);
/** Only when OPEN. */
void	dialog_tls_say(struct dialog_tls *t, const uint8_t *plain, size_t len, struct buf *wire);
void	dialog_tls_end(struct dialog_tls *t, struct buf *wire);	/* say that nothing follows */

const char *dialog_tls_protocol(const struct dialog_tls *t);	/* "TLSv1.3"; NULL before it is known */
struct dialog_tls_look {		/* text is of others, made visible */
	char	    subject[256], issuer[256];
	char	    chain[128];		/* "ok", or what is wrong with it, its names aside */
	const char *cipher;
	bool	    name_matches;
};
/** What it has shown, trusted or not. @return false: no certificate */
bool	dialog_tls_look(const struct dialog_tls *t, struct dialog_tls_look *look);
/**
 * Until its certificate ends, or the first of those that prove it when it is trusted; negative when it has; NAN: not known.
 * Also of one that is UNTRUSTED.
 */
double	dialog_tls_cert_days(const struct dialog_tls *t, int64_t wall_ns);

#endif
