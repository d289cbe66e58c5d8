/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mos.h: how a telephone call over a line would be rated: the E-model (ITU-T G.107) with the values of ITU-T G.113.
 * Pure; docs/definitions.md, section "MOS", has the arithmetic.
 *
 * All that we do not measure has the default of G.107, which leaves R = 93.2 - Id - Ie,eff. The codec is G.711 with
 * packet loss concealment, and losses are taken as random (BurstR = 1).
 */
#ifndef SIMPUL_MOS_H
#define SIMPUL_MOS_H

#include "base/base.h"

#define MOS_R_BEST	 93.2	/* without delay and loss */
#define MOS_IE		 0.0	/* G.711: impairment of the codec itself (G.113) */
#define MOS_BPL		 25.1	/* G.711 with concealment: robustness against random loss (G.113) */
#define MOS_BURST_R	 1.0	/* random loss */
#define MOS_PACKET_S	 0.020	/* speech of one packet */
#define MOS_BUFFER_MIN_S 0.020	/* the receiver's buffer is never shorter */

/** Mouth to ear: half the round trip, one packet, and a buffer as long as the delay varies. @param pdv_p95_s NAN: not known */
double	mos_delay_s(double rtt_p50_s, double pdv_p95_s);
/** Transmission rating factor. @param loss_ratio 0..1 */
double	mos_r(double delay_s, double loss_ratio);
/** The mean opinion score that belongs to a rating: 1 to 4.5. */
double	mos_of_r(double r);
/**
 * A minute of a line.
 * @return 1 to 4.5; NAN: not known. All packets lost is 1, whatever is known of the delay
 */
double	mos_of_line(double loss_ratio, double rtt_p50_s, double pdv_p95_s);

#endif
