/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * home.h: what the files of the probe "home" share: sites that call us (docs/home.md).
 *
 *	home.c		the table; which site a datagram is of, whether it counts, the answer to it
 *	home_rounds.c	what the heartbeats of one site mean: rounds, minutes, facts
 *	home_socket.c	datagrams in and out, in batches, with the kernel's stamps
 *	home_guard.c	who sends what is not signed is not listened to for long
 *	home_window.c	which heartbeats are new, which are recorded ones
 *	home_packet.c	the bytes
 */
#ifndef SIMPUL_HOME_H
#define SIMPUL_HOME_H

#include "base/siphash.h"
#include "probes/delay.h"
#include "probes/engine.h"
#include "probes/home_packet.h"
#include "probes/home_window.h"
#include "sample/rate.h"
#include "schedule/burst.h"

#define HOME_STARTS 10		/* of one round; each expects a heartbeat */
#define HOME_CHALLENGES 4	/* senders that are challenged side by side */
#define HOME_RTTS   8		/* remembered until their heartbeat is decided */

enum home_dropped {
	HOME_MALFORMED,
	HOME_STRANGER,		/* no line has this key */
	HOME_IGNORED,		/* home_guard.c */
	HOME_FORGED,
	HOME_REPLAYED,
	HOME_BELOW,		/* the window */
	HOME_RUN_UNPROVEN,
	HOME_TOO_LATE,
	HOME_DROPPED
};

struct home_target {
	uint64_t	    site;	/* 0: it has no key, and nothing is accepted */
	struct home_target *same_place;	/* another one in the same place of home.site */
	struct probe	   *probe;
	struct home_socket *socket;	/* NULL: not to be had; on a virtual loop, where tests bring the datagrams */
	int64_t		    look_ns;	/* when its key is looked at next; 0: it has not yet */
	bool		    key_told;	/* that it cannot be had */
	struct hmac_key	    key;
	struct home_window  window;
	uint32_t	    accepted;	/* of this run */
	struct home_challenge {		/* the last ones */
		struct addr to;
		uint16_t    port;
		int64_t	    at_ns;	/* 0: none */
	} challenge[HOME_CHALLENGES];

	/* how it is heard (home_rounds.c) */
	int64_t		    begun_ns, heard_ns;	/* 0: not yet */
	int64_t		    declared_ns;	/* the agent's own interval */
	uint32_t	    counted;	/* lost since heard_ns, by time */
	uint64_t	    decided;	/* of this run: no number up to here will be decided any more */
	struct { uint64_t seq; float rtt_s; } rtt[HOME_RTTS];
	struct burst	    burst;
	uint8_t		    starts;
	uint16_t	    sent, answered, duplicate, late;	/* of this round */
	uint8_t		    nround;
	float		    round_rtt_s[HOME_STARTS];
	struct delay_minute minute;
	uint16_t	    up_sent, up_lost, down_sent, down_lost;	/* of this minute */

	/* facts */
	struct addr	    from, local;
	uint16_t	    from_port;
	struct rate	    rx, tx;
	struct home_heartbeat last;	/* its measurements */
};

struct home_in {		/* a datagram */
	const uint8_t *data;
	size_t	       len;
	struct addr    from;
	uint16_t       port;
	int64_t	       received_ns;
};

struct home;

/**
 * Look at a datagram and write the answer to it.
 * @return length of the answer; 0: none
 */
size_t	home_take(struct home *h, const struct home_in *in, uint8_t answer[HOME_ANSWER_LEN]);

/* ---- home_rounds.c ---- */

/** A new heartbeat. @param missing  numbers passed over @param first  of this run */
void home_heard(struct home_target *t, const struct home_heartbeat *b, const struct home_in *in,
    uint64_t missing, bool first);
void	home_tick(struct home_target *t);
void	home_not_measured(struct home_target *t);	/* in place of a tick: we could not listen */

/* ---- home_socket.c ---- */

struct home_socket;
/** Both families, on one port. @return NULL (logged): the port is taken by somebody else */
struct home_socket *home_socket_new(struct home *h, struct probe_engine *e, uint16_t port);
void	home_socket_free(struct home_socket *s);	/* NULL is allowed */
void	home_socket_read(struct home_socket *s);	/* all that waits; NULL is allowed */
uint16_t home_socket_port(const struct home_socket *s);
uint64_t home_socket_drops(const struct home_socket *s);	/* datagrams that the kernel threw away */
int64_t	home_socket_drops_ns(const struct home_socket *s);	/* when that was last seen to rise; 0: never */

/* ---- home_guard.c ---- */

#define GUARD_PLACES 1024
struct home_guard {		/* zeroed is ready, but for the key */
	struct siphash_key key;
	struct guard_bucket {
		int64_t at_ns;
		float	spent;
	} place[GUARD_PLACES], all;
};
/** May one who has sent what is not signed be listened to again? Senders that never do so cost nothing and are not known. */
bool	home_guard_pass(struct home_guard *g, const struct addr *from, int64_t now_ns);
void	home_guard_blame(struct home_guard *g, const struct addr *from, int64_t now_ns);

#endif
