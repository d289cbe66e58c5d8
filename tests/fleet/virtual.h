/* SPDX-License-Identifier: GPL-3.0-or-later */
/* virtual.h: the fleet as the network of a virtual loop: answers come back as timers fall due. */
#ifndef SIMPUL_FLEET_VIRTUAL_H
#define SIMPUL_FLEET_VIRTUAL_H

#include "base/packet_io.h"
#include "tests/fleet/model.h"

/** @param m  borrowed: it must live as long as the result */
struct packet_io *fleet_virtual_new(struct loop *l, struct fleet_model *m);

#endif
