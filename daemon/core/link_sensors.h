/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_sensors.h: what the sensors of the port that carries a link say of the link. */
#ifndef SIMPUL_CORE_LINK_SENSORS_H
#define SIMPUL_CORE_LINK_SENSORS_H

#include "live/core.h"
#include "sample/sample.h"

/** What this name, "optical/rx_power_dbm/sfp1", means for a link: enum link_sense. */
uint8_t	link_sense_of(const char *name);
/** A sample of a sensor whose `sense` is not SENSE_NOTHING. */
void	core_link_sensor(struct core *c, const struct sensor_live *s, const struct sample *smp);

#endif
