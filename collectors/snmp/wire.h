/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire.h: requests on their way: one table of all that are open in an instance, found by request-id.
 *
 * An exchange is one request until its answer: it is sent up to three times, each time under a new random
 * request-id, and an answer to any of them will do. An answer counts when address, port, version, community,
 * request-id, PDU type and (GET) the OIDs are those asked; everything else is dropped, counted by reason, and
 * remembered as the peer's complaint, and the request times out as if nothing had come. Each try waits longer
 * than the one before, but none beyond the deadline of its poll. What is started within one 5 ms tick leaves
 * in batches, as much as the answers have room for; the rest follows in the next ticks.
 *
 * Under SNMPv3 the request is the PDU alone; each time it is sent, the peer's target (v3_target.h) seals it
 * into a message, whose msgID is the request-id.
 */
#ifndef SIMPUL_SNMP_WIRE_H
#define SIMPUL_SNMP_WIRE_H

#include "base/packet_io.h"
#include "collectors/snmp/request.h"
#include "collectors/snmp/v3_target.h"
#include "schedule/lag.h"
#include "schedule/wheel.h"

#define WIRE_TRIES 3
#define WIRE_TICK_NS (5 * NS_PER_MS)

struct snmp_wire;

struct snmp_peer {			/* whom we ask; lives in its device */
	struct addr	       address;
	uint16_t	       port;
	struct snmp_credential credential;
	struct v3_target      *v3;		/* of its device; NULL: v1 or v2c */
	int64_t		       timeout_ns;
	bool		       unsent;		/* the kernel would not send a request */
	const char	      *complaint;	/* why the last wrong answer was dropped, or NULL; constant */
	int64_t		       deadline_ns;	/* of all tries but those of a walk; 0: none */
	int64_t		       planned_ns;	/* when the next request should leave, for the lag; 0: not planned */
	struct snmp_peer      *next;		/* in the wire's table */
};

struct snmp_answer {
	const struct snmp_message *msg;	/* borrowed for the call; its error_status may be a refusal */
	int64_t			   received_ns;
	double			   rtt_s;
	size_t			   len;		/* of the datagram */
};

struct snmp_exchange {			/* embedded in its owner, zeroed at first */
	struct snmp_wire    *wire;
	struct snmp_peer    *peer;
	const struct snmp_request *request;	/* borrowed while open */
	bool		     walk;	/* the answer's OIDs are not those asked */
	uint8_t		     again;	/* v3: times that it was sealed anew, knowing more of the agent */
	uint8_t		     sealed;	/* v3: the generation of what was known then */
	uint8_t		     tries;	/* made so far; 0 = not open */
	uint8_t		     tries_max;
	uint32_t	     id[WIRE_TRIES];
	int64_t		     sent_ns[WIRE_TRIES];
	struct wheel_timer   timer;
	void		   (*done)(void *arg, const struct snmp_answer *answer);	/* NULL: timed out */
	void		    *arg;
};

enum wire_counter {
	WIRE_REQUESTS, WIRE_RETRIES, WIRE_RESPONSES, WIRE_TIMEOUTS, WIRE_MALFORMED, WIRE_UNMATCHED, WIRE_LATE,
	WIRE_WRONG_SOURCE, WIRE_WRONG_COMMUNITY, WIRE_WRONG_OIDS, WIRE_WRONG_OTHER, WIRE_SEND_ERRORS, WIRE_PACED,
	WIRE_V3_DROPPED, WIRE_V3_AGAIN,
	WIRE_COUNTERS
};

/** All borrowed; the wheel's tick is WIRE_TICK_NS. */
struct snmp_wire *wire_new(struct loop *l, struct packet_io *io, struct wheel *wheel);
void	wire_free(struct snmp_wire *w);					/* no exchange may be open */
uint64_t wire_counter(const struct snmp_wire *w, enum wire_counter c);
struct lag *wire_lag(struct snmp_wire *w);		/* how late planned requests left */

/**
 * Let stray packets from this peer's address and port become its complaint: of the peer that was added first.
 */
void	wire_peer_add(struct snmp_wire *w, struct snmp_peer *p);
void	wire_peer_remove(struct snmp_wire *w, struct snmp_peer *p);

/**
 * Open an exchange: its request is encoded, done and arg are set. done is called once, from the loop, unless
 * stopped before.
 */
void	exchange_start(struct snmp_exchange *x, struct snmp_wire *w, struct snmp_peer *p, unsigned tries);
void	exchange_stop(struct snmp_exchange *x);		/* safe when not open */
static inline bool
exchange_is_open(const struct snmp_exchange *x)
{
	return x->tries != 0;
}

void	wire_packet(struct snmp_wire *w, const struct packet_in *in);

#endif
