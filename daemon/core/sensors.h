/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sensors.h: what the tables of a device's profile measure, as discovery finds it. */
#ifndef SIMPUL_CORE_SENSORS_H
#define SIMPUL_CORE_SENSORS_H

#include "ipc/msg.h"
#include "live/core.h"
#include "sample/sample.h"

void	core_sensor_found(struct core *c, struct device_live *d, const struct msg_sensor_found *m);
/** The value of now, when the sample is of a sensor. */
void	core_sensor_sample(struct core *c, const struct sample *s);
/** Numbers for those that have none yet, in a transaction of its own. 0, or -1: the caller rolls back. */
int	core_sensors_save(struct core *c);
void	core_sensors_init(struct core *c);
void	core_sensors_fini(struct core *c);		/* after those of all devices are freed */
void	core_sensors_recall(struct core *c);
void	core_sensors_free(struct core *c, struct device_live *d);

#endif
