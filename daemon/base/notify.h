/* SPDX-License-Identifier: GPL-3.0-or-later */
/* notify.h: tell the service manager how we are: sd_notify(3) in a few lines, without libsystemd. */
#ifndef SIMPUL_NOTIFY_H
#define SIMPUL_NOTIFY_H

#include "base/loop.h"

struct notify;

/**
 * Reads NOTIFY_SOCKET and WATCHDOG_USEC; without a service manager everything below does nothing.
 * @return owned
 */
struct notify *notify_new(struct loop *l);
/**
 * Send a state such as "READY=1" or "STOPPING=1"; after the first READY=1 the watchdog is fed from the loop.
 */
void	notify_send(struct notify *n, const char *state);
void	notify_free(struct notify *n);	/* NULL is allowed */

#endif
