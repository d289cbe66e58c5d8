/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ports.h: ports of devices, as discovery finds them. */
#ifndef SIMPUL_CORE_PORTS_H
#define SIMPUL_CORE_PORTS_H

#include "live/core.h"

void	core_port_found(struct core *c, struct device_live *d, const char *name);
void	core_ports_recall(struct core *c);
void	core_ports_free(struct core *c, struct device_live *d);

#endif
