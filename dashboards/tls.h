/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls.h: the server's certificate, and its TLS connections (OpenSSL): TLS 1.2 or newer. */
#ifndef SIMPUL_TLS_H
#define SIMPUL_TLS_H

#include "base/base.h"

struct tls;
struct bufferevent;
struct event_base;

/**
 * Read certificate chain and key (PEM). The key must be its owner's alone.
 * @param gone	called when a connection of tls_accept() has been freed, with its owner
 * @return owned, or NULL after saying why
 */
struct tls *tls_new(const char *cert, const char *key, void (*gone)(void *owner));
void	tls_free(struct tls *t);	/* NULL is allowed */
/** Read the files again; what is in use stays when they are not good. 0 or -1; both are logged. */
int	tls_reload(struct tls *t);
/**
 * Look after them, every few seconds: read them again when they have changed and nobody is at them any more,
 * and log once each that the certificate ends in 30, 14, 7 days, or has ended.
 * @param now_s	 wall clock
 */
void	tls_watch(struct tls *t, int64_t now_s);
/** When the certificate in use ends, wall clock; 0: not known. */
int64_t tls_expires_s(const struct tls *t);
/** The last step of these warnings that is due: 30, 14, 7, 0 (has ended), or INT_MAX (none). Pure. */
int	tls_warn_days(int64_t left_s);

/** The server's side of a connection that is about to get its socket. @return owned, never NULL */
struct bufferevent *tls_accept(struct tls *t, struct event_base *base, void *owner);
void   *tls_owner(const struct tls *t, struct bufferevent *bev);

#define TLS_CERT "cert.pem"
#define TLS_KEY	 "key.pem"
/**
 * A key and a certificate signed by itself, in files of this directory; good ones that are there stay, and so
 * does a certificate that was not made here.
 * @param names	 host names and addresses, ends with NULL
 * @param now_s	wall clock: one that ends within 40 days, or has not begun, is made anew
 * @return 0 or -1 (logged)
 */
int	tls_self_signed(int dir_fd, const char *const *names, int64_t now_s);

#endif
