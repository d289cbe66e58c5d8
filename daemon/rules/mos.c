/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mos.c: see mos.h. */
#include "rules/mos.h"

#include <math.h>

double
mos_delay_s(double rtt_p50_s, double pdv_p95_s)
{
	double buffer_s = pdv_p95_s > MOS_BUFFER_MIN_S ? pdv_p95_s : MOS_BUFFER_MIN_S;

	return rtt_p50_s / 2 + MOS_PACKET_S + buffer_s;
}

/*
 * The delay part in the simplified form of Cole and Rosenbluth (2001), which follows the curves of G.107 for its default
 * echo loss within a point up to 400 ms and needs no logarithms of sixth powers to be checked by hand.
 */
static double
delay_impairment(double delay_s)
{
	double ms = delay_s * 1000, beyond = ms - 177.3;

	return 0.024 * ms + (beyond > 0 ? 0.11 * beyond : 0);
}

static double
loss_impairment(double loss_ratio)
{
	double percent = loss_ratio * 100;

	return MOS_IE + (95 - MOS_IE) * percent / (percent / MOS_BURST_R + MOS_BPL);
}

double
mos_r(double delay_s, double loss_ratio)
{
	return MOS_R_BEST - delay_impairment(delay_s) - loss_impairment(loss_ratio);
}

/* The cubic dips below 1 for small R; nothing is rated worse than 1. */
double
mos_of_r(double r)
{
	double mos;

	if (r <= 0)
		return 1;
	if (r >= 100)
		return 4.5;
	mos = 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r);
	return mos > 1 ? mos : 1;
}

double
mos_of_line(double loss_ratio, double rtt_p50_s, double pdv_p95_s)
{
	if (loss_ratio >= 1)
		return 1;
	if (isnan(loss_ratio) || isnan(rtt_p50_s))
		return NAN;
	return mos_of_r(mos_r(mos_delay_s(rtt_p50_s, pdv_p95_s), loss_ratio));
}
