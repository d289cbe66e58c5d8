/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parent.h: opens, starts, joins, restarts and stops the other processes. Parses nothing from outside. */
#ifndef SIMPUL_PARENT_H
#define SIMPUL_PARENT_H

#include "base/loop.h"

struct parent;

/** @param conf_path  borrowed for its life @return owned */
struct parent *parent_new(struct loop *l, const char *conf_path);
void	parent_free(struct parent *p);

/* The stages of the start, in this order; each returns 0, or -1 after saying why. */

/**
 * Have the configuration checked by a check child and take the settings that the parent needs; errors go to
 * standard error.
 */
int	parent_check(struct parent *p);
/** Open data directory, control socket, secrets, packet sockets and network namespaces. */
int	parent_open(struct parent *p);
/** Give up all rights, for good. */
int	parent_privileges(struct parent *p);
/** Start all processes and watch over them; from here on signals are taken by the loop, which a stop ends. */
int	parent_start(struct parent *p);

/** Stop what runs: who produces stops first; kill what is left after 10 s. Returns when all are gone. */
void	parent_stop(struct parent *p);
void	parent_close(struct parent *p);

#endif
