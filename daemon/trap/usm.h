/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usm.h: traps and informs of SNMPv3 under the user-based security model (RFC 3414).
 *
 * Of a trap its sender is the authoritative engine: its keys are the user's at that engine, and a message must not
 * be older than 150 s against the last one of that engine (4,096 of them are remembered, and only those of senders
 * that have proved to know a key). Of an inform we are, so its sender first asks who we are, and what time it is.
 */
#ifndef SIMPUL_TRAP_USM_H
#define SIMPUL_TRAP_USM_H

#include "collectors/snmp/trap.h"
#include "trap/users.h"

#define TRAP_ENGINES_MAX 4096

enum usm_outcome {
	USM_TAKEN,		/* it is genuine and fresh */
	USM_ASKS,		/* it asks who we are or what time it is: answer it, no more */
	USM_MALFORMED,
	USM_REFUSED		/* an unknown user, a wrong key, less than the user's level, not fresh: *why */
};

struct trap_usm;

/** To be made before a sandbox: from then on nothing more is read. @param now monotonic @return owned */
struct trap_usm *trap_usm_new(int64_t now);
void	trap_usm_free(struct trap_usm *u);
struct trap_users *trap_usm_users(struct trap_usm *u);

/**
 * @param m	room for the message, which *t points into; both point into the datagram or *u until the next call
 * @param why	out: a constant text, unless it is taken
 */
enum usm_outcome trap_usm_take(struct trap_usm *u, const uint8_t *data, size_t len, int64_t now,
    struct snmp_trap *t, struct snmp_message *m, const char **why);
/** The answer to what was taken last (an inform) or asks. @return its length, 0: there is none */
size_t	trap_usm_answer(struct trap_usm *u, const uint8_t **out);

#endif
