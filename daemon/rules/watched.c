/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watched.c: see watched.h. */
#include "rules/watched.h"

#include <string.h>

const char *const watched_names[WATCHED + 1] = {
	[WATCHED_LOSS_RATIO] = "loss_ratio",
	[WATCHED_RTT_P50_S] = "rtt_p50_s",
	[WATCHED_RX_ERRORS_PS] = "rx_errors_ps",
	[WATCHED_TX_ERRORS_PS] = "tx_errors_ps",
	[WATCHED_FCS_ERRORS_PS] = "fcs_errors_ps",
	[WATCHED_LATE_COLLISIONS_PS] = "late_collisions_ps",
	[WATCHED_RX_MARGIN_DB] = "rx_margin_db",
	[WATCHED_RX_DROP_DB] = "rx_drop_db",
	[WATCHED_CHANGES_1H] = "changes_1h",
};

enum watched
watched_find(const char *name)
{
	unsigned v = 0;

	while (v < WATCHED && strcmp(watched_names[v], name) != 0)
		v++;
	return (enum watched)v;
}

bool
watched_is_felt_below(enum watched v)
{
	return v == WATCHED_LOSS_RATIO || v == WATCHED_RTT_P50_S;
}
