/* SPDX-License-Identifier: GPL-3.0-or-later */
/* talk.h: the agent's side of the protocol "home" (docs/home.md). Pure: time and datagrams are arguments. */
#ifndef SIMPUL_AGENT_TALK_H
#define SIMPUL_AGENT_TALK_H

#include "probes/home_packet.h"

struct talk {
	struct hmac_key key;
	uint64_t site, boot;
	uint64_t seq;			/* of the last heartbeat */
	uint64_t nonce;
	uint64_t heard;			/* bit i: the answer to heartbeat seq - i has come */
	uint64_t sent_us[HOME_SEEN];	/* by number */
	/* of the newest answer */
	uint64_t echo_seq, echo_stamp, echo_us;	/* to which, its stamp, when it came */
	uint32_t rtt_us;
	struct home_address seen;	/* our address as the server sees it */
	uint16_t seen_port;
};

enum talk_result { TALK_REFUSED, TALK_TAKEN, TALK_PROVE /* taken: send the next heartbeat at once */ };

/** @param boot  random, not 0 @param key  may be wiped afterwards */
void	talk_init(struct talk *t, const void *key, size_t len, uint64_t boot);
/** Fill in what the protocol needs of the next heartbeat; measurements and interval are the caller's. */
void	talk_next(struct talk *t, struct home_heartbeat *h, uint64_t now_us);
enum talk_result talk_take(struct talk *t, const uint8_t *data, size_t len, uint64_t now_us);

#endif
