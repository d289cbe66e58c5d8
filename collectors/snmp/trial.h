/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trial.h: what would a profile yield of this device? Its tables are walked once, beside the polls of the schedule,
 * and each value is told in words. Nothing of it is stored, and nothing of the device's own state changes.
 */
#ifndef SIMPUL_SNMP_TRIAL_H
#define SIMPUL_SNMP_TRIAL_H

#include "collectors/snmp/device.h"

struct trial;

/**
 * Begin; ends with one profile_test_end() of the sink, which may come before this returns.
 * @param d	borrowed; it frees its trial when it ends before
 */
void	trial_start(struct device *d, uint32_t token, const char *profile);
/** Say that it has ended so, and free it. NULL allowed. */
void	trial_end(struct trial *t, const char *error);

#endif
