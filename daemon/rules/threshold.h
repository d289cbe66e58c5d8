/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * threshold.h: a rule that watches one value: raised when the value is beyond `raise` for raise_ns, cleared
 * when it is back within `clear` for clear_ns. raise > clear watches for high values, raise < clear for low
 * ones. Pure.
 */
#ifndef SIMPUL_THRESHOLD_H
#define SIMPUL_THRESHOLD_H

#include "base/base.h"
#include "model/inventory.h"

struct threshold_rule {
	char	name[32];		/* "loss" */
	uint8_t	value;			/* enum watched */
	double	raise, clear;
	int64_t	raise_ns, clear_ns;
	char	severity[16];
	bool	on_class[3];		/* by enum site_class: applies to */
};

struct threshold {			/* zeroed: quiet */
	bool	raised;
	int64_t	since_ns;		/* wall: start of the run that raised it */
	int64_t	run_ns;			/* wall: start of the run that may change it; 0 = none */
	int64_t	last_ns;		/* wall: end of the last value */
	int64_t	known_ns;		/* of the user: monotonic, when a value was last known; 0 = not noted */
	int64_t	length_ns;		/* of the last value */
	double	last;			/* the last value, NAN when unknown */
};

/**
 * One value that holds for (wall_ns - length_ns, wall_ns]. An unknown value (NAN) or a hole between values
 * ends the run and changes nothing else. A value of the last one's time or up to one length before it is a
 * repetition and ignored; an older one means that the clock was set: it ends the run and counts.
 * @return true when `raised` changed
 */
bool	threshold_value(struct threshold *t, const struct threshold_rule *rule, double value, int64_t wall_ns,
    int64_t length_ns);
/** Forget the present run: the values before and after do not belong together (the link was down). */
void	threshold_break(struct threshold *t);
/** True when the last value was beyond `raise`, raised yet or not. */
bool	threshold_is_beyond(const struct threshold *t, const struct threshold_rule *rule);

#endif
