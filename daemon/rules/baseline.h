/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * baseline.h: what is normal for a value that should hardly change, such as received optical power: its own slow
 * mean. Pure.
 *
 * The mean follows with a time constant of a week, over known time only, and speaks after a day of it. A value
 * far from it is learnt ten times more slowly: a fault must not become normal overnight, but a repair that
 * leaves another level behind shall be normal in the end.
 */
#ifndef SIMPUL_BASELINE_H
#define SIMPUL_BASELINE_H

#include "base/base.h"

#define BASELINE_FOLLOWS_S (7 * 86400.0)
#define BASELINE_SPEAKS_S  86400.0	/* known time before it is used */

struct baseline {			/* zeroed: nothing is known */
	double mean;
	double known_s;			/* time learnt from */
};

/**
 * How far the value lies below what is normal (negative: above), judged before it is learnt; NAN while nothing
 * can be said, or for an unknown value, which changes nothing.
 *
 * @param seconds	for how long the value holds
 * @param far		a distance from the mean, in the value's unit, beyond which it is learnt slowly
 */
double	baseline_drop(struct baseline *b, double value, double seconds, double far);

#endif
