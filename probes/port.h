/* SPDX-License-Identifier: GPL-3.0-or-later */
/* port.h: the probe "tcp" where it asks a service: is the port open, does it say who it is; or is it shut, as it should be? */
#ifndef SIMPUL_PROBES_PORT_H
#define SIMPUL_PROBES_PORT_H

#include "probes/dialog.h"

struct port {
	char banner[256];	/* its first line, made visible */
};

extern const struct dialog_talk port_talk;

#endif
