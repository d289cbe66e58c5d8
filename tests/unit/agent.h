/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent.h: a scripted SNMP agent for tests: a recorded walk that answers GET, GETNEXT and GETBULK.
 *
 * Walk file: a line per object, "OID = TYPE: value", types INTEGER Counter32 Gauge32 TimeTicks Counter64
 * STRING HEX OID; '#' starts a comment line.
 */
#ifndef SIMPUL_TEST_AGENT_H
#define SIMPUL_TEST_AGENT_H

#include "collectors/snmp/ber.h"

#define AGENT_OBJECTS_MAX 512
#define AGENT_PACKET_MAX  4096

struct agent_object {
	uint32_t arc[32];
	size_t	 n;
	uint8_t	 type;		/* enum snmp_type */
	uint64_t number;	/* all numbers; INTEGER as two's complement */
	uint8_t	 bytes[256];	/* STRING and HEX; OID in its BER form */
	size_t	 len;
};

struct agent {
	struct agent_object object[AGENT_OBJECTS_MAX];	/* in OID order */
	size_t		    n;
	char		    community[32];
	size_t		    varbinds_max;	/* above this: tooBig (GET), cut (GETBULK); 0 = none */
	int32_t		    error_status;	/* of every answer; 0 = none */
	bool		    v1_only;		/* silent to what is not SNMPv1 */
};

/** @param file  name below tests/data/walks; the program ends when it cannot be read */
void	agent_load(struct agent *a, const char *file);
/** Set a number, adding the object when it is new. */
void	agent_set(struct agent *a, const char *oid, uint8_t type, uint64_t number);
void	agent_set_text(struct agent *a, const char *oid, const char *text);
void	agent_set_oid(struct agent *a, const char *oid, const char *value);
/** Take away all objects below an OID. */
void	agent_remove(struct agent *a, const char *oid);
/** Give the rows of IF-MIB other indexes: what was under old[i] goes to new[i]. */
void	agent_renumber(struct agent *a, const uint32_t *old, const uint32_t *new, size_t n);
/** @return length of the answer in out (AGENT_PACKET_MAX), or 0 when the agent keeps silent */
size_t	agent_answer(const struct agent *a, const uint8_t *request, size_t len, uint8_t *out);

#endif
