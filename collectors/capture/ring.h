/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ring.h: the kernel's ring of captured frames (packet(7), TPACKET_V3). The parent opens it while it may; the capture process,
 * and each that is started in its place, maps it and goes on where the last one has stopped.
 */
#ifndef SIMPUL_CAPTURE_RING_H
#define SIMPUL_CAPTURE_RING_H

#include "base/base.h"

#define RING_FILTER_MAX 512

struct ring;

/** @return 0, or -1 and what is wrong with a filter, in err */
int	ring_filter_check(const char *filter, char *err, size_t size);
/**
 * Open a ring; nothing is captured before the filter is in force, and nobody can take it off again.
 * @param filter  of pcap-filter(7), which must have passed ring_filter_check(); "" = all
 * @return the descriptor, or -1 after the log has said why and what to do
 */
int	ring_open(const char *interface, const char *filter, unsigned buffer_mib);

/** @param fd  of ring_open() with the same buffer; borrowed @return owned, or NULL (logged) */
struct ring *ring_new(int fd, unsigned buffer_mib);
void	ring_free(struct ring *r);
/**
 * Take what has been captured, oldest first, in a bounded time.
 * @param each	octets: of the whole frame; ns: when, by the wall clock
 */
void	ring_read(struct ring *r, void (*each)(void *arg, const uint8_t *data, size_t len, uint32_t octets, int64_t ns), void *arg);
/** What came since the last call, and how much of it was dropped for want of room. */
void	ring_counts(struct ring *r, uint64_t *came, uint64_t *dropped);
/** @return 0, or the error since the last call, such as ENETDOWN */
int	ring_error(struct ring *r);

#endif
