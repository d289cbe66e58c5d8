/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ber.h: as much of the Basic Encoding Rules (X.690) as SNMP needs (RFC 3417 8): definite lengths, the types
 * of RFC 2578. Written apart from the engine's decoder, so that the two check each other.
 */
#ifndef SIMPUL_FLEET_BER_H
#define SIMPUL_FLEET_BER_H

#include "base/cursor.h"

#define OID_ARCS_MAX 128

enum ber_tag {
	BER_INTEGER = 0x02, BER_STRING = 0x04, BER_NULL = 0x05, BER_OID = 0x06, BER_SEQUENCE = 0x30,
	BER_COUNTER32 = 0x41, BER_GAUGE32 = 0x42, BER_TICKS = 0x43, BER_COUNTER64 = 0x46,
	BER_NO_SUCH_OBJECT = 0x80, BER_NO_SUCH_INSTANCE = 0x81, BER_END_OF_MIB = 0x82
};

struct oid {
	size_t	 n;
	uint32_t arc[OID_ARCS_MAX];
};

struct ber_writer {		/* writes at p while it is below end; beyond that it only remembers */
	uint8_t *p, *end;
	bool	 full;
};

/** Begin a value whose length is not yet known. @return what ber_close() wants */
uint8_t *ber_open(struct ber_writer *w, uint8_t tag);
void	ber_close(struct ber_writer *w, uint8_t *opened);
void	ber_integer(struct ber_writer *w, int64_t v);
void	ber_unsigned(struct ber_writer *w, uint8_t tag, uint64_t v);
void	ber_bytes(struct ber_writer *w, uint8_t tag, const void *data, size_t len);
void	ber_text(struct ber_writer *w, const char *s);
/** @param extra  an arc to put behind the others, or NULL */
void	ber_oid(struct ber_writer *w, const uint32_t *arc, size_t n, const uint32_t *extra);
/** Bytes that are encoded already. */
void	ber_raw(struct ber_writer *w, const void *data, size_t len);

/** Read a head and step over its content. 0, or -1 when it does not fit the input. */
int	ber_read(struct cursor *c, uint8_t *tag, struct cursor *content);
/** The same for a value that must have this tag. */
int	ber_read_tag(struct cursor *c, uint8_t tag, struct cursor *content);
int	ber_read_integer(struct cursor *c, int64_t *v);
/** @param content  what is behind the head of an OBJECT IDENTIFIER */
int	ber_read_oid(struct cursor content, struct oid *oid);

#endif
