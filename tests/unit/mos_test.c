/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The E-model: published points of R and MOS, and lines computed by hand. */
#include "rules/mos.h"

#include "tests/unit/tap.h"

/* ITU-T G.107 annex B, table B.1 (which rounds up): lower limit of R, and its MOS; 93.2 is the best with all defaults. */
static void
test_published(void)
{
	static const struct {
		double r, mos;
	} points[] = { { 93.2, 4.41 }, { 90, 4.34 }, { 80, 4.03 }, { 70, 3.60 }, { 60, 3.10 }, { 50, 2.58 } };
	size_t i;

	for (i = 0; i < nitems(points); i++)
		is_near(mos_of_r(points[i].r), points[i].mos, 0.0065, "a point of G.107");
	ok(mos_of_r(-5) == 1 && mos_of_r(0) == 1 && mos_of_r(100) == 4.5 && mos_of_r(130) == 4.5, "bounds");
	ok(mos_of_r(3) == 1, "the dip of the cubic below 1 is no score");
}

static void
test_lines(void)
{
	static const struct {
		const char *name;
		double	    loss, rtt_s, pdv_s, delay_s, r, mos;
	} cases[] = {
		/* d = 0 + 20 + 20 = 40 ms: Id 0.96, R 92.24 */
		{ "no delay, no loss", 0, 0, 0, 0.040, 92.24, 4.3899 },
		/* d = 10 + 20 + 20 = 50 ms: Id 1.2; Ie,eff 95 / 26.1 = 3.640; R 88.360 */
		{ "20 ms, 1 % lost", 0.01, 0.020, 0.002, 0.050, 88.360, 4.2968 },
		/* d = 50 + 20 + 30 = 100 ms: Id 2.4; Ie,eff 475 / 30.1 = 15.781; R 75.019 */
		{ "100 ms, PDV 30 ms, 5 % lost", 0.05, 0.100, 0.030, 0.100, 75.019, 3.823 },
		/* d = 300 + 20 + 80 = 400 ms: Id 9.6 + 0.11 x 222.7 = 34.097; R 59.103 */
		{ "a satellite: 600 ms, PDV 80 ms", 0, 0.600, 0.080, 0.400, 59.103, 3.053 },
		/* d = 170 ms: Id 4.08; Ie,eff 1900 / 45.1 = 42.129; R 46.991 */
		{ "260 ms, 20 % lost", 0.20, 0.260, 0.020, 0.170, 46.991, 2.418 },
		/* PDV not known: as the shortest buffer */
		{ "no PDV", 0, 0.020, NAN, 0.050, 92.0, 4.3849 },
	};
	size_t i;

	for (i = 0; i < nitems(cases); i++) {
		double delay = mos_delay_s(cases[i].rtt_s, cases[i].pdv_s);

		is_near(delay, cases[i].delay_s, 1e-9, cases[i].name);
		is_near(mos_r(delay, cases[i].loss), cases[i].r, 0.001, "... its rating");
		is_near(mos_of_line(cases[i].loss, cases[i].rtt_s, cases[i].pdv_s), cases[i].mos, 0.001, "... its score");
	}
	ok(mos_of_line(1, NAN, NAN) == 1, "everything lost is the worst, not unknown");
	ok(isnan(mos_of_line(NAN, 0.02, 0)) && isnan(mos_of_line(0, NAN, 0)), "not known");
}

/* Never better by more loss or more delay. */
static void
test_falls(void)
{
	double loss, rtt, before, bad = 0;

	for (loss = 0; loss < 1; loss += 0.01)
		for (rtt = 0, before = 4.5; rtt < 2; rtt += 0.01) {
			double mos = mos_of_line(loss, rtt, 0);

			bad += mos > before || mos < 1 || mos > mos_of_line(loss > 0 ? loss - 0.005 : 0, rtt, 0);
			before = mos;
		}
	ok(bad == 0, "never better by more loss or delay");
}

int
main(void)
{
	test_published();
	test_lines();
	test_falls();
	return tap_done();
}
