/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * model.h: a simulated wide area network as one pure model: a packet and a time go in, the answer and its
 * time come out.
 *
 * The model knows no socket, no clock and no randomness but its seed. Two kinds of front use it: tun.c and
 * loopback.c in real time, virtual.c on a virtual loop. It is built from the inventory that the engine reads,
 * so there is no second description of the network. Times are monotonic nanoseconds of the front; the same
 * seed, commands and packets give the same answers.
 *
 * Addresses are IPv4 in host byte order. ICMP errors come from routers on the way (way.c), about packets with a small time to
 * live and about those that are too long; whatever else does not arrive is silent.
 */
#ifndef SIMPUL_FLEET_MODEL_H
#define SIMPUL_FLEET_MODEL_H

#include "base/addr.h"
#include "base/cursor.h"

#define FLEET_DATA_MAX 1472	/* of an answer: UDP payload in one Ethernet frame */
#define FLEET_ICMP_MAX 1480	/* likewise, ICMP message */
#define FLEET_WAVE_S   3600.0	/* default period of the traffic wave; see traffic.c */
#define FLEET_PORTS_MAX 64

struct inventory;
struct fleet_model;
struct recordings;

/** An IPv4 address as the model has it. */
static inline uint32_t
fleet_addr(const struct addr *a)
{
	const uint8_t *b = a->byte;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

enum fleet_proto { FLEET_ICMP, FLEET_UDP, FLEET_TCP };

struct fleet_packet {
	enum fleet_proto proto;
	uint32_t	 from, to;
	uint16_t	 from_port, to_port;	/* UDP, TCP */
	const uint8_t	*data;			/* ICMP: message from its type on; UDP: payload; TCP: none */
	size_t		 len;
	bool		 refused;		/* TCP answer: the port is closed */
	uint32_t	 tag;			/* the front's own note; an answer has that of its request */
	uint8_t		 ttl;			/* of a request: routers that it may pass, one less; 0 = all */
};

struct fleet_answer {
	int64_t		    at_ns;		/* when it reaches the monitor */
	struct fleet_packet packet;
};

struct fleet_options {
	int64_t mono_ns, wall_ns;	/* both clocks at the moment when the model starts */
	double	wave_s;			/* period of the traffic wave; 0 = constant rates */
	size_t	ports;			/* interfaces of each device; 0 = its lines, four of a LAN and the loopback */
	int64_t rtt_ns;			/* round trip of every line, without jitter; 0 = as its provider has it */
	double	silent_ratio;		/* 0..1: part of the agents that never answer, spread evenly in the tables' order */
	const struct recordings *recordings;	/* walks by profile (recorded.h); borrowed for the model's life; or NULL */
};

struct fleet_stats {
	uint64_t packets_in[3], packets_out[3];	/* by enum fleet_proto */
	uint64_t lost;		/* on a line that is down or lossy */
	uint64_t nobody;	/* for an address or port that nothing listens on */
	uint64_t malformed;
};

/** @param inv  borrowed for the model's life */
struct fleet_model *fleet_model_new(
    const struct inventory *inv, uint64_t seed, const struct fleet_options *opt);
void	fleet_model_free(struct fleet_model *m);

/**
 * A packet of the monitor enters the network. A TCP packet stands for any segment that wants an answer: the
 * front makes segments (or connection results) of it.
 * @param out  the answer; its data is borrowed until the next call
 * @return false when none will come
 */
bool	fleet_input(struct fleet_model *m, int64_t now_ns, const struct fleet_packet *in,
	    struct fleet_answer *out);
const struct fleet_stats *fleet_stats(const struct fleet_model *m);

/**
 * Apply one command ("cut link s013-1"; commands.c has the list), or answer a question.
 * @param reply  lines of an answer, then "ok" or "error: ..."; may be NULL
 * @return 0, or -1 when the command was refused (then nothing changed)
 */
int	fleet_command(struct fleet_model *m, int64_t now_ns, const char *line, struct buf *reply);
/** Is it a command that would be accepted? 0, or -1 with a sentence in err. */
int	fleet_command_check(struct fleet_model *m, const char *line, char *err, size_t err_size);

/** The delay and loss that a prober should find on a link now. 0, or -1 when there is no such link. */
struct fleet_link_truth {
	bool   up;
	double rtt_min_s, rtt_p50_s;	/* true minimum and median of the round trip */
	double loss_ratio;		/* 1 while it is down */
};
int	fleet_truth_link(const struct fleet_model *m, const char *link_id, struct fleet_link_truth *out);

/**
 * The true mean rates of a port over (from, to] of wall time: rx = its ifInOctets, tx = its ifOutOctets.
 * @return 0, or -1 when there is no such port or the time is before the model started or empty
 */
int	fleet_truth_port(const struct fleet_model *m, const char *device_id, const char *port,
	    int64_t from_wall_ns, int64_t to_wall_ns, double *rx_bps, double *tx_bps);

#endif
