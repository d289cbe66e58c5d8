/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * home_packet.h: the two packets of the protocol "home", version 1 (docs/home.md has the tables): a heartbeat from a site, and
 * the answer to it. Pure, without any library: the agent is built from the same file.
 */
#ifndef SIMPUL_HOME_PACKET_H
#define SIMPUL_HOME_PACKET_H

#include "probes/agent/hmac_sha256.h"

#define HOME_PORT	   8620
#define HOME_PINGS_MAX	   16
#define HOME_KEY_MIN	   16		/* bytes of a key */
#define HOME_KEY_MAX	   64
#define HOME_HEARTBEAT_MIN 140
#define HOME_HEARTBEAT_MAX (HOME_HEARTBEAT_MIN + HOME_PINGS_MAX * 24)
#define HOME_ANSWER_LEN	   104		/* never more than the heartbeat that it answers */
#define HOME_SEEN	   64		/* sequence numbers that a map tells of */
#define HOME_UNKNOWN_US	   UINT32_MAX
#define HOME_UNKNOWN_S	   UINT32_MAX
#define HOME_COUNTERS	   0x0001	/* flag: rx_octets and tx_octets are read */

struct home_address {
	uint8_t family;		/* 4, 6 or 0: not known */
	uint8_t byte[16];
};

struct home_ping {		/* what the site measured to one address of its list, since its last heartbeat but ten */
	struct home_address to;
	uint8_t		    sent, answered;
	uint32_t	    rtt_us;	/* median; HOME_UNKNOWN_US: none */
};

struct home_heartbeat {
	uint64_t site;		/* home_site() of the key */
	uint64_t boot;		/* random, of this run of the agent */
	uint64_t seq;		/* 1, 2, ... of this run */
	uint64_t nonce;		/* of the newest answer; 0: none yet */
	uint64_t sent_us;	/* the agent's monotonic clock */
	uint64_t echo_seq;	/* which of its heartbeats the newest answer is to; 0: none */
	uint64_t echo_stamp;	/* that answer's stamp, as it came */
	uint32_t echo_held_us;	/* from its arrival to this heartbeat */
	uint32_t rtt_us;	/* as the agent measured it with that answer */
	uint64_t heard;		/* bit i: the answer to heartbeat seq - 1 - i has come */
	uint16_t interval_ms;
	uint16_t flags;
	struct home_address local;	/* of the interface through which it leaves */
	uint64_t rx_octets, tx_octets;	/* of that interface */
	uint32_t uptime_s;	/* of the site's box */
	uint8_t	 npings;
	struct home_ping ping[HOME_PINGS_MAX];
};

enum home_status { HOME_ACCEPTED, HOME_PROVE /* echo this nonce at once */ };

struct home_answer {
	uint64_t site, boot;
	uint64_t seq;		/* of the heartbeat that it answers */
	uint64_t nonce;
	uint64_t stamp;		/* when it left, by the server's clock: comes back in echo_stamp */
	uint32_t held_us;	/* from the heartbeat's arrival to this answer */
	uint8_t	 status;	/* enum home_status */
	uint16_t port;
	struct home_address from;	/* where the heartbeat came from, as the server saw it */
	uint32_t accepted;	/* heartbeats of this run, low 32 bits */
	uint64_t heard;		/* bit i: heartbeat seq - 1 - i has come */
};

/** What names a key without giving it away: in the clear in each packet, so that the server finds the key. */
uint64_t home_site(const void *key, size_t len);

/** @return length of the packet */
size_t	home_heartbeat_write(const struct home_heartbeat *h, const struct hmac_key *key, uint8_t out[HOME_HEARTBEAT_MAX]);
size_t	home_answer_write(const struct home_answer *a, const struct hmac_key *key, uint8_t out[HOME_ANSWER_LEN]);

/**
 * Has it the form of a heartbeat, and whose does it say it is? Cheap: for who must not be made to compute much.
 * @return the site, or 0 when it has not
 */
uint64_t home_heartbeat_site(const uint8_t *data, size_t len);
/** Is it written by who has this key? After home_heartbeat_site(). */
bool	home_is_signed(const uint8_t *data, size_t len, const struct hmac_key *key);
/** All of it. @return false when it has not the form; whether it is signed is another question */
bool	home_heartbeat_read(const uint8_t *data, size_t len, struct home_heartbeat *h);
bool	home_answer_read(const uint8_t *data, size_t len, struct home_answer *a);

#endif
