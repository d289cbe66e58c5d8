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
/** The same for a column that this value reads: with octets, a string of 1 to 8 bytes as one number. */
double	profile_raw_of(const struct msg_profile_value *p, const struct snmp_value *v);
bool	profile_is_none(const struct msg_profile_value *p, double raw);
bool	profile_is_listed(const struct msg_raws *list, double raw);
/** Of a gauge its value, of a state 0, 1 or 2. NAN: none, not listed, not plausible, or the raw number is NAN. */
double	profile_value(const struct msg_profile_value *p, double raw);
/** The same of a gauge that is a part of something. @param sum  of its columns per; NAN or 0: unknown */
double	profile_value_per(const struct msg_profile_value *p, double raw, double sum);
/** Is this a counter? Fills in its value and bits; the times of the reading are the caller's. */
bool	profile_counter_read(const struct snmp_value *v, struct rate_reading *r);
/** Is its value made of two readings? */
bool	profile_is_rate(const struct msg_profile_value *p);
/** The rate of a counter, or of changes, as the value that is stored; NAN: unknown, or not plausible. */
double	profile_counter_value(const struct msg_profile_value *p, const struct rate_result *r);

#endif
