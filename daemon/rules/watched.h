/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watched.h: what a rule may watch of a line, and what a fault of it means for the lines behind.
 *
 * Loss and delay are felt by every line that passes through: when both suffer, the one above explains the one
 * below. Errors are counted by the port that carries the line: a fault of its own, whatever stands above.
 */
#ifndef SIMPUL_WATCHED_H
#define SIMPUL_WATCHED_H

#include "base/base.h"

enum watched {
	WATCHED_LOSS_RATIO, WATCHED_RTT_P50_S,			/* of whole minutes of steady packets */
	WATCHED_RX_ERRORS_PS, WATCHED_TX_ERRORS_PS,		/* of the port that carries it, as all that follow */
	WATCHED_FCS_ERRORS_PS, WATCHED_LATE_COLLISIONS_PS,
	WATCHED_RX_MARGIN_DB,			/* received light above its limit */
	WATCHED_RX_DROP_DB,			/* ... below its own mean of the last weeks */
	WATCHED_CHANGES_1H,			/* up or down within the last hour */
	WATCHED
};
extern const char *const watched_names[WATCHED + 1];		/* as in a configuration; ends with NULL */

/** @return the value of this name, or WATCHED when there is none */
enum watched watched_find(const char *name);
/** Is a fault of it felt by the lines that pass through? */
bool	watched_is_felt_below(enum watched v);

#endif
