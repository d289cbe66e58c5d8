/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trap.h: traps of SNMPv1, traps and informs of v2c, in one form (RFC 3584, 3.1). A pure function of the bytes.
 *
 * Whatever a trap says is a claim of its sender: who it is, which port, how that port is.
 */
#ifndef SIMPUL_SNMP_TRAP_H
#define SIMPUL_SNMP_TRAP_H

#include "base/addr.h"
#include "collectors/snmp/ber.h"

#define TRAP_NAME_MAX 64	/* kept of a port's name */
#define TRAP_OID_MAX  (5 * SNMP_ARCS_MAX)

enum trap_kind {
	TRAP_OTHER, TRAP_COLD_START, TRAP_WARM_START, TRAP_LINK_DOWN, TRAP_LINK_UP, TRAP_AUTH_FAILURE,
	TRAP_EGP_LOSS, TRAP_KINDS
};
extern const char *const trap_kind_words[TRAP_KINDS];	/* "coldStart", "linkDown"; of the first "other" */

struct snmp_trap {
	const struct snmp_message *message;	/* as decoded: community, version, varbinds; in the datagram */
	enum trap_kind kind;
	bool	       inform;		/* its sender waits for an answer */
	uint32_t       ticks;		/* sysUpTime */
	uint8_t	       oid[TRAP_OID_MAX];	/* snmpTrapOID, BER content */
	uint16_t       oid_len;
	struct addr    agent;		/* agent-addr, or snmpTrapAddress; family 0: none claimed */
	uint32_t       if_index;	/* of the port it speaks of; 0: none */
	char	       if_name[TRAP_NAME_MAX];	/* ifName, else ifDescr; bytes as sent, "" = none */
};

/**
 * Decode a whole datagram. @param m  room for it, which *t points into
 * @return 0, or -1 with *why (a constant text)
 */
int	trap_decode(struct snmp_trap *t, struct snmp_message *m, const uint8_t *data, size_t len,
	    const char **why);
/** The same of a notification of v2c or v3 that is decoded already: it must be of SNMPv2's form. */
int	trap_of_message(struct snmp_trap *t, struct snmp_message *m, const char **why);
/**
 * The answer to an inform (RFC 3416, 4.2.7): what came, as a response. Never longer than what came.
 * @param out  room for len bytes
 */
void	trap_answer(const struct snmp_trap *t, const uint8_t *data, size_t len, uint8_t *out);

#endif
