/* SPDX-License-Identifier: GPL-3.0-or-later */
/* front.h: what `simpul-fleet run` can put before the model: a TUN device, or agents on 127.0.0.0/8. */
#ifndef SIMPUL_FLEET_FRONT_H
#define SIMPUL_FLEET_FRONT_H

#include "base/loop.h"
#include "model/inventory.h"
#include "tests/fleet/model.h"

struct tun_front;
struct loopback_front;

/** @param fd  TUN device in IFF_NO_PI mode, taken */
struct tun_front *tun_front_new(struct loop *l, struct fleet_model *m, int fd);
void	tun_front_free(struct tun_front *f);

/**
 * A UDP agent for each device that listens on its address, with 127 in place of a leading 10.
 * @return NULL after a message when not a single one could be bound
 */
struct loopback_front *loopback_front_new(struct loop *l, struct fleet_model *m, const struct inventory *inv);
void	loopback_front_free(struct loopback_front *f);

#endif
