/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stamp_packet.h: the bytes of STAMP (RFC 8762, its session identifier and TLVs: RFC 8972), unauthenticated and authenticated. Pure.
 *
 * The unauthenticated ones are what TWAMP Light (RFC 5357 appendix I) sends and understands. With a key every packet carries
 * HMAC-SHA-256 over its first 96 bytes, cut to 16 (RFC 8762 4.4).
 */
#ifndef SIMPUL_STAMP_PACKET_H
#define SIMPUL_STAMP_PACKET_H

#include "base/base.h"

#define STAMP_PORT	862
#define STAMP_LEN	44	/* RFC 8762 4.2.1, 4.3.1 */
#define STAMP_TWAMP_LEN 41	/* of an answer of TWAMP Light, RFC 5357 4.2.1: a request shorter than this gets none */
#define STAMP_AUTH_LEN	112	/* RFC 8762 4.2.2, 4.3.2 */
#define STAMP_MAX	1500	/* of a request that is answered */
#define STAMP_KEY_MAX	64

struct stamp_key {
	uint8_t bytes[STAMP_KEY_MAX];
	size_t	len;
};

/* A time of a packet, as it lies there: NTP's 32 bits of seconds and 32 of fractions, or PTP's seconds and nanoseconds. */
struct stamp_time {
	uint32_t s, fraction;
};

struct stamp_request {		/* of a session sender */
	uint32_t	  number;
	struct stamp_time sent;
	uint16_t	  error;	/* Error Estimate, RFC 4656 4.1.2 */
	uint16_t	  session;	/* RFC 8972 3; 0 of those that do not know it */
};

struct stamp_reply {		/* of a session reflector */
	uint32_t	  number;	/* its own, or that of the request: then it is stateless */
	struct stamp_time sent, received;
	uint16_t	  error;
	uint16_t	  session;
	struct stamp_request request;	/* that it answers; session is not in it */
	uint8_t		  ttl;		/* with which the request came */
};

enum stamp_verdict { STAMP_GOOD, STAMP_SHORT, STAMP_NO_CLOCK, STAMP_FORGED, STAMP_VERDICTS };	/* no clock: multiplier 0 */

/** @param key  NULL: unauthenticated @return length, STAMP_LEN or STAMP_AUTH_LEN */
size_t	stamp_request_write(uint8_t out[STAMP_AUTH_LEN], const struct stamp_request *q, const struct stamp_key *key);
enum stamp_verdict stamp_request_read(const uint8_t *in, size_t len, const struct stamp_key *key, struct stamp_request *q);
/**
 * The answer to a request: as long as that, and never longer. What lies behind the packet comes back with the TLVs marked
 * as unrecognized (RFC 8972 4), as none is done here.
 * @param request  as read by stamp_request_read(), len of its bytes @param out  room for len bytes
 */
void	stamp_reply_write(uint8_t *out, const uint8_t *request, size_t len, const struct stamp_reply *r,
	    const struct stamp_key *key);
enum stamp_verdict stamp_reply_read(const uint8_t *in, size_t len, const struct stamp_key *key, struct stamp_reply *r);

/* ---- times and their errors ---- */

struct stamp_time stamp_time_of(int64_t wall_ns);	/* NTP's form */
/** @param error  of whoever wrote it: says in which form @return ns since 1970; of PTP in its own time scale, which is not UTC */
int64_t	stamp_time_ns(struct stamp_time t, uint16_t error);
/** The Error Estimate of a clock that may be off by so much (0 < error_s < 2^31). */
uint16_t stamp_error_of(double error_s, bool synchronized);
double	stamp_error_s(uint16_t error);
bool	stamp_error_is_ptp(uint16_t error);		/* Z bit */
bool	stamp_error_is_synchronized(uint16_t error);	/* S bit: to UTC */

#endif
