/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trial.h: a profile tried on a device, for who writes one. */
#ifndef SIMPUL_CORE_TRIAL_H
#define SIMPUL_CORE_TRIAL_H

#include "ipc/msg.h"
#include "live/core.h"

/** One value; or the end, after which nothing comes; or neither: no end has come in time. */
typedef void (*core_trial_fn)(void *arg, const struct msg_profile_tested *value, const struct msg_profile_test_end *end);

/** @param profile  or "" @return a token, or 0 when the device's instance is away */
uint32_t core_trial(struct core *c, const struct device_live *d, const char *profile, core_trial_fn cb, void *arg);
void	core_trial_forget(struct core *c, uint32_t token);

void	core_trial_value(struct core *c, uint32_t token, const struct msg_profile_tested *m);
void	core_trial_end(struct core *c, uint32_t token, const struct msg_profile_test_end *m);
void	core_trials_free(struct core *c);

#endif
