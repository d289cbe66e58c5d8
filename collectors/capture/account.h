/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * account.h: packets in, books per site out. Pure: time comes with the packets.
 *
 * A packet counts for the site of its source (tx) and for that of its destination (rx), also when both are the same; found by
 * the longest prefix. Octets are those of the whole frame without its check sequence, as a port's ifHCInOctets counts them but
 * for these 4 bytes.
 */
#ifndef SIMPUL_CAPTURE_ACCOUNT_H
#define SIMPUL_CAPTURE_ACCOUNT_H

#include "collectors/capture/decode.h"
#include "collectors/capture/talkers.h"

#define ACCOUNT_SITE_TALKERS 64		/* counters of a site's sketch; of all hosts: TALKERS_MAX */
#define ACCOUNT_TOP	     10

struct traffic {			/* of a site, since the books were closed last */
	uint64_t rx_octets, tx_octets, rx_packets, tx_packets;
	uint32_t segments, retransmitted;	/* of TCP, in both directions */
	uint32_t rtts;			/* times from here to hosts of the site and back */
	float	 rtt_p50_s;		/* NAN: none */
	uint32_t dns_answered, dns_failed, dns_unanswered;	/* questions of hosts of the site, by outcome */
};

struct account_totals {			/* since the start */
	uint64_t packets, octets;
	uint64_t elsewhere;		/* packets of no site's networks */
	uint64_t refused[DECODE_REASONS];
	uint64_t flows_evicted, questions_evicted;
};

struct account;

struct account *account_new(void);
void	account_free(struct account *a);
/** The networks that count from now on: begin, one call each, end. Sites that stay keep their books. */
void	account_plan_begin(struct account *a);
/** @param site  its number, not 0 @param bits  0 to 32 or 128 */
void	account_plan_add(struct account *a, uint32_t site, const struct addr *network, unsigned bits);
void	account_plan_end(struct account *a);
/** @param data	the frame as captured @param octets  as it was on the wire @param ns  the kernel's stamp, wall clock */
void	account_frame(struct account *a, const uint8_t *data, size_t len, uint32_t octets, int64_t ns);
/** A site's books, and the hosts that moved most; site 0: those of all sites. */
typedef void (*account_site_fn)(void *arg, uint32_t site, const struct traffic *t, const struct talker *top, size_t ntop,
    uint64_t unseen_max);
/** Close the books: one call per site that has networks, then one for all; then they are empty. */
void	account_close(struct account *a, int64_t ns, account_site_fn each, void *arg);
/** How many sites the plan has. */
size_t	account_sites(const struct account *a);
void	account_totals(const struct account *a, struct account_totals *out);

#endif
