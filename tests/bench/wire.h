/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire.h: what an observer at the network card sees of our echoes: a process of its own reads a packet socket, as tcpdump
 * does, and notes the kernel's stamps of requests when they are handed to the card and of answers when they come from it.
 */
#ifndef SIMPUL_BENCH_WIRE_H
#define SIMPUL_BENCH_WIRE_H

#include "base/base.h"

struct wire;

/** @param card  its name @param max  echoes of which there is room @return NULL (logged): no right to */
struct wire *wire_open(const char *card, size_t max);
/** No more: end the observer. What it saw can be asked for now. */
void	wire_stop(struct wire *w);
/** From a request to its answer, by the card. @return ns; -1: it did not see both */
int64_t	wire_rtt_ns(const struct wire *w, uint64_t nonce);
void	wire_free(struct wire *w);

#endif
