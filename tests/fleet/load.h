/* SPDX-License-Identifier: GPL-3.0-or-later */
/* load.h: the inventory from its CSV files, as the engine reads them. */
#ifndef SIMPUL_FLEET_LOAD_H
#define SIMPUL_FLEET_LOAD_H

#include "model/inventory.h"

/** @param dir  holds sites.csv, links.csv ... @return owned by the caller, or NULL after messages */
struct inventory *fleet_inventory_load(const char *dir);
/** A whole file of at most max bytes, ended with NUL; freed by the caller. NULL after a message. */
char	*fleet_file_read(const char *path, size_t max, size_t *len);

#endif
