/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * control.h: commands over a Unix socket (SOCK_STREAM), one per line. The answer is lines of text, the last
 * one "ok" or "error: ...". "quit" ends the fleet.
 */
#ifndef SIMPUL_FLEET_CONTROL_H
#define SIMPUL_FLEET_CONTROL_H

#include "base/loop.h"
#include "tests/fleet/model.h"

struct control;

/** Listen at path, which is removed at the end. @return NULL after a message */
struct control *control_new(struct loop *l, struct fleet_model *m, const char *path);
void	control_free(struct control *c);
/** The client: send one command, copy the answer to standard output. @return exit code */
int	control_ask(const char *path, const char *command);

#endif
