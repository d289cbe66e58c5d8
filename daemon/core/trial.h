/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trial.h: a profile tried on a device, for who writes one. */
#ifndef SIMPUL_CORE_TRIAL_H
#define SIMPUL_CORE_TRIAL_H

#include "ipc/msg.h"
#include "live/core.h"

/** One value; or the end, after which nothing comes; or neither: the instance went away, or keeps silent. */
typedef void (*core_trial_fn)(void *arg, const struct msg_profile_tested *value, const struct msg_profile_test_end *end);

/** @param profile  or "" @return a token, or 0 when the device's instance is away */
uint32_t core_trial(struct core *c, const struct device_live *d, const char *profile, core_trial_fn cb, void *arg);
void	core_trial_forget(struct core *c, uint32_t token);

void	core_trials_free(struct core *c);

/* for peers.c: 0, or -1 when it is malformed; and for who attaches the instances */
int	core_trial_value(struct core *c, const struct ipc_channel *from, const struct ipc_msg *msg);
int	core_trial_end(struct core *c, const struct ipc_channel *from, const struct ipc_msg *msg);
void	core_trial_peer_gone(struct core *c, const struct measure_peer *m);

#endif
