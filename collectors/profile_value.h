/* SPDX-License-Identifier: GPL-3.0-or-later */
/* profile_value.h: from what a device says to the value that a profile means. Pure arithmetic. */
#ifndef SIMPUL_PROFILE_VALUE_H
#define SIMPUL_PROFILE_VALUE_H

#include "collectors/snmp/ber.h"
#include "ipc/msg.h"
#include "sample/rate.h"

/**
 * The number of a varbind: of integers themselves, of text the decimal number that it begins with ("-12.3 dBm"), of
 * an Opaque float or double (net-snmp) that. NAN: it has none.
 */
double	profile_raw(const struct snmp_value *v);
/** Of a gauge its value, of a state 0, 1 or 2. NAN: none, not listed, not plausible, or the raw number is NAN. */
double	profile_value(const struct msg_profile_value *p, double raw);
/** Is this a counter? Fills in its value and bits; the times of the reading are the caller's. */
bool	profile_counter_read(const struct snmp_value *v, struct rate_reading *r);
/** The rate of a counter as the value that is stored; NAN: unknown, or not plausible. */
double	profile_counter_value(const struct msg_profile_value *p, double per_s);

#endif
