/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf.h: a configuration on its way in, accepted or refused. */
#ifndef SIMPUL_CORE_CONF_H
#define SIMPUL_CORE_CONF_H

#include "ipc/msg.h"
#include "live/core.h"

struct json_t;

/**
 * How a reload ended.
 * @param error	NULL when it was accepted
 * @param errors	JSON array of {"file","line","column","text"}; borrowed
 */
typedef void (*core_reload_fn)(void *arg, const char *error, uint32_t rows, const struct json_t *errors);

/**
 * Have the configuration read again; cb is called exactly once, later.
 * @return 0, or -1 when there is no parent to ask or a reload is under way
 */
int	core_reload_request(struct core *c, bool allow_removal, core_reload_fn cb, void *arg);

void	loader_init(struct core *c);
void	loader_fini(struct core *c);
void	loader_begin(struct core *c);		/* a check is joined */
void	loader_message(struct core *c, const struct ipc_msg *msg);
void	loader_closed(struct core *c);

#endif
