/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ber_random.h: random valid messages from a seed, and how net-snmp reads the same bytes. */
#ifndef SIMPUL_BER_RANDOM_H
#define SIMPUL_BER_RANDOM_H

#include "collectors/snmp/ber.h"

/* A writer that fills a buffer from its end, so that lengths are known when they are written. */
struct writer {
	uint8_t	 byte[70000];
	size_t	 at;			/* first byte in use */
	uint64_t rnd;
};

uint64_t random_u64(struct writer *w);	/* splitmix64 */
uint64_t below(struct writer *w, uint64_t n);
void	put_u8(struct writer *w, uint8_t b);
/** Tag and length of the content from w->at to `end`; sometimes in a longer form than needed. */
void	put_head(struct writer *w, uint8_t tag, size_t end);
void	put_integer(struct writer *w, uint8_t tag, int32_t v);
void	put_string(struct writer *w, uint8_t tag, size_t len);

/** A valid message: every type of PDU and value, with values and lengths at their limits among them. */
void	put_message(struct writer *w);
/** A valid Trap-PDU of SNMPv1. */
void	put_trap1(struct writer *w);

/** Does net-snmp read the same from it? */
bool	netsnmp_agrees(const struct snmp_message *m, const struct snmp_trap1 *t, const uint8_t *data, size_t len);
/** net-snmp looks into an Opaque for the floats of its own making (0x9f ...); to us an Opaque is bytes. */
bool	has_opaque_special(const struct snmp_message *m);

#endif
