/* SPDX-License-Identifier: GPL-3.0-or-later */
/* load.h: the inventory from its CSV files, as the engine reads them. */
#ifndef SIMPUL_FLEET_LOAD_H
#define SIMPUL_FLEET_LOAD_H

#include "model/inventory.h"

struct recordings;

/** @param dir  holds sites.csv, links.csv ... @return owned by the caller, or NULL after messages */
struct inventory *fleet_inventory_load(const char *dir);
/**
 * The recorded walks of the devices' profiles, DIR/PROFILE.txt, as far as there are such files.
 * @return owned by the caller, or NULL after a message
 */
struct recordings *fleet_recordings_load(const char *dir, const struct inventory *inv);
/** A whole file of at most max bytes, ended with NUL; freed by the caller. NULL after a message. */
char	*fleet_file_read(const char *path, size_t max, size_t *len);

#endif
