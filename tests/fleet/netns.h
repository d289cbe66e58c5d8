/* SPDX-License-Identifier: GPL-3.0-or-later */
/* netns.h: a network namespace of our own, with a TUN device behind which the simulated network lies. */
#ifndef SIMPUL_FLEET_NETNS_H
#define SIMPUL_FLEET_NETNS_H

#include "base/base.h"

#define NETNS_MONITOR 0x0aff0001u	/* 10.255.0.1, the monitor's address */
#define NETNS_MASK    0xff000000u	/* the fleet has all of 10.0.0.0/8 */

/**
 * Move this process into a new network namespace; without the right to make one, into a new user namespace as
 * its root first (as unshare --map-root-user does). Call it before any thread exists. 0, or -1 after a
 * message.
 */
int	netns_enter(void);
/** Bring lo up and make the TUN device. @return its descriptor (non-blocking), or -1 after a message */
int	netns_tun_open(void);

#endif
