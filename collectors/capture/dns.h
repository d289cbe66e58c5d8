/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dns.h: questions to name servers that are answered, that fail (SERVFAIL), or that nobody answers. Pure; the table is
 * bounded, and where it is full the oldest question goes without a verdict.
 */
#ifndef SIMPUL_CAPTURE_DNS_H
#define SIMPUL_CAPTURE_DNS_H

#include "base/siphash.h"
#include "collectors/capture/decode.h"

#define DNS_ANSWER_NS (5 * NS_PER_S)	/* resolvers try again, or another server, by then */

struct dns_table;
enum dns_outcome { DNS_NOTHING, DNS_ANSWERED, DNS_FAILED };

struct dns_table *dns_new(size_t questions, const struct siphash_key *key);
void	 dns_free(struct dns_table *t);
/**
 * @param p	with is_dns
 * @param site	who asks, kept with the question @param asked  out: of the question that it answers
 */
enum dns_outcome dns_packet(struct dns_table *t, const struct packet *p, uint32_t site, int64_t ns, uint32_t *asked);
/** Forget the questions that have waited too long, one call each. */
void	 dns_expire(struct dns_table *t, int64_t ns, void (*unanswered)(void *arg, uint32_t site), void *arg);
/** Questions that had to go while they waited. */
uint64_t dns_evicted(const struct dns_table *t);

#endif
