/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fleet_traffic_test.c: the counters show what was truly carried, through cuts, restarts, jumps and wraps. */
#include "tests/fleet/model.h"

#include "tests/fleet/parts.h"
#include "tests/unit/fleet_test.h"
#include "tests/unit/tap.h"

#define AT(seconds) (NS_PER_S + (int64_t)((seconds) * 1e9))	/* model time */

static struct fleet_device *
device_of(struct fleet_model *m, const char *id)
{
	return &m->device[inventory_device(m->inv, id)->index];
}

static uint64_t
octets(struct fleet_model *m, const char *device, size_t port, enum direction dir, int64_t now_ns)
{
	struct fleet_device *d = device_of(m, device);

	return port_octets(m, d, &d->port[port], dir, now_ns);
}

static double
truth(struct fleet_model *m, const char *device, const char *port, double from_s, double to_s)
{
	double rx_bps, tx_bps;

	if (fleet_truth_port(m, device, port, WALL_NS + (int64_t)(from_s * 1e9),
		WALL_NS + (int64_t)(to_s * 1e9), &rx_bps, &tx_bps) == -1)
		return NAN;
	return rx_bps;
}

/* Two readings, with commands between them, against the truth, and that against a sum over small steps. */
#define COMMANDS 6
static const struct truth_case {
	const char *name;
	double	    from_s, to_s;
	struct {
		double	    at_s;
		const char *text;		/* a cut, a restoration, or what changes nothing */
	} commands[COMMANDS];
} truth_cases[] = {
	{ "a minute", 0, 60, { { 0, NULL } } },
	{ "a whole wave", 10, 3610, { { 0, NULL } } },
	{ "two days", 5, 172805, { { 0, NULL } } },
	{ "over a cut", 100, 500, { { 200, "cut link s001-1" }, { 300.5, "restore link s001-1" } } },
	{ "over two cuts", 100, 500, { { 150, "cut link s001-1" }, { 160, "restore link s001-1" },
	    { 300, "cut site node-1" }, { 400, "restore site node-1" } } },
	{ "over three cuts", 100, 900, { { 150, "cut link s001-1" }, { 160, "restore link s001-1" },
	    { 300, "cut site node-1" }, { 400, "restore site node-1" }, { 500, "cut site s001" },
	    { 555, "restore site s001" } } },
	{ "into a cut", 100, 500, { { 200, "cut site s001" } } },
	{ "inside a cut", 300, 500, { { 200, "cut site node-2" } } },
	{ "out of a cut", 300, 500, { { 200, "cut link s001-1" }, { 400, "restore link s001-1" } } },
	{ "renumbering changes nothing", 0, 500, { { 200, "renumber device s001-r1" } } },
};

/* Is the line of the port cut at this time? Cuts and restorations alternate in every case. */
static bool
is_cut(const struct truth_case *c, double t_s)
{
	bool   cut = false;
	size_t i;

	for (i = 0; i < COMMANDS && c->commands[i].text != NULL && c->commands[i].at_s <= t_s; i++)
		cut = strncmp(c->commands[i].text, "cut", 3) == 0;
	return cut;
}

/* Octets that ether1 of s001-r1 carries, summed up from the rate that traffic.c promises. */
static double
summed(struct fleet_model *m, const struct truth_case *c)
{
	const struct traffic *f = &device_of(m, "s001-r1")->port[0].traffic[DIR_IN];
	double		      t, sum = 0;

	for (t = c->from_s + 0.125; t < c->to_s; t += 0.25)
		if (!is_cut(c, t))
			sum += 0.25 * f->mean_ops * (1 + 0.5 * sin(2 * M_PI * t / FLEET_WAVE_S + f->phase));
	return sum;
}

static void
check_truth(const struct inventory *inv, const struct truth_case *c)
{
	struct fleet_model *m = test_model(inv, 3);
	size_t		    i = 0;
	uint64_t	    before, after;
	double		    want = summed(m, c), got;

	for (; i < COMMANDS && c->commands[i].text != NULL && c->commands[i].at_s <= c->from_s; i++)
		fleet_command(m, AT(c->commands[i].at_s), c->commands[i].text, NULL);
	before = octets(m, "s001-r1", 0, DIR_IN, AT(c->from_s));
	for (; i < COMMANDS && c->commands[i].text != NULL; i++)
		fleet_command(m, AT(c->commands[i].at_s), c->commands[i].text, NULL);
	after = octets(m, "s001-r1", 0, DIR_IN, AT(c->to_s));
	got = truth(m, "s001-r1", "ether1", c->from_s, c->to_s) * (c->to_s - c->from_s) / 8;
	is_near((double)(after - before), got, 1.1, c->name);
	is_near(got, want, 1 + want * 1e-6, "and the truth is true");
	fleet_model_free(m);
}

static void
check_rates(const struct inventory *inv)
{
	struct fleet_model *m = test_model(inv, 3);
	double		    lo = INFINITY, hi = 0, v, mean;
	int		    t;

	for (t = 0; t < 3600; t += 60) {
		v = truth(m, "s001-r1", "ether1", t, t + 60);
		lo = fmin(lo, v);
		hi = fmax(hi, v);
	}
	mean = truth(m, "s001-r1", "ether1", 0, 3600);
	is_near(lo / mean, 0.5, 0.01, "the wave goes down to half the mean");
	is_near(hi / mean, 1.5, 0.01, "and up to one and a half");
	ok(hi < 20e6, "and stays below the contract of 20 Mbit/s");
	ok(truth(m, "s001-r1", "ether1", 0, 60) != truth(m, "s002-r1", "ether1", 0, 60), "ports differ");
	ok(isnan(truth(m, "s001-r1", "ether1", -60, 0)), "nothing is known of the time before");
	ok(isnan(truth(m, "s001-r1", "ether9", 0, 60)), "nor of a port that is not there");
	fleet_model_free(m);
	m = fleet_model_new(inv, 3, &(struct fleet_options){ .mono_ns = NS_PER_S, .wall_ns = WALL_NS, .wave_s = 0 });
	is_near(truth(m, "s001-r1", "ether1", 0, 60), truth(m, "s001-r1", "ether1", 1777, 1837), 1e-6,
	    "without a wave the rate is constant");
	fleet_model_free(m);
}

static void
check_jumps(const struct inventory *inv)
{
	struct fleet_model *m = test_model(inv, 3);
	uint64_t	    before = octets(m, "s001-r1", 0, DIR_IN, AT(100));
	double		    mean_ops;

	fleet_command(m, AT(100), "jump device s001-r1 ether1 -5000", NULL);
	is_i64((int64_t)(octets(m, "s001-r1", 0, DIR_IN, AT(100)) - before), -5000,
	    "a counter falls by what was asked");
	is_near(truth(m, "s001-r1", "ether1", 50, 150), truth(m, "s001-r1", "ether1", 50, 100) / 2 +
	    truth(m, "s001-r1", "ether1", 100, 150) / 2, 1e-3, "the truth does not jump");
	fleet_command(m, AT(200), "wrap device s001-r1 60", NULL);
	mean_ops = device_of(m, "s001-r1")->port[0].traffic[DIR_IN].mean_ops;
	is_near(4294967296.0 - (double)(uint32_t)octets(m, "s001-r1", 0, DIR_IN, AT(200)), 60 * mean_ops, 1,
	    "'wrap' leaves the 32-bit counter a minute before its end");
	fleet_command(m, AT(300), "reboot device s001-r1 20", NULL);
	is_i64((int64_t)octets(m, "s001-r1", 0, DIR_IN, AT(320)), 0, "a restart sets the counter to 0");
	is_near((double)octets(m, "s001-r1", 0, DIR_IN, AT(380)),
	    truth(m, "s001-r1", "ether1", 320, 380) * 60 / 8, 1, "and it counts from there");
	fleet_model_free(m);
}

/* Shaped from 1000 s on, otherwise from 9000 s on, against a sum over small steps. */
static void
check_shape(const struct inventory *inv)
{
	static const double ceilings[] = { 0.3, 0.5, 0.7, 1.0, 1.2, 1.49, 1.6 };
	size_t		    i;

	for (i = 0; i < nitems(ceilings); i++) {
		struct fleet_model   *m = test_model(inv, 3);
		const struct traffic *f = &device_of(m, "s001-r1")->port[0].traffic[DIR_IN];
		double		      ops = ceilings[i] * f->mean_ops, sum = 0, t;
		uint64_t	      from, to;
		char		      text[80];

		from = octets(m, "s001-r1", 0, DIR_IN, AT(1000));
		snprintf(text, sizeof(text), "shape link s001-1 %.9f", ops * 8 / 1e6);
		fleet_command(m, AT(1000), text, NULL);
		is_near((double)octets(m, "s001-r1", 0, DIR_IN, AT(1000)), (double)from, 1, "no jump when it is shaped");
		for (t = 1000.125; t < 9000; t += 0.25)
			sum += 0.25 * fmin(f->mean_ops * (1 + 0.5 * sin(2 * M_PI * t / FLEET_WAVE_S + f->phase)), ops);
		to = octets(m, "s001-r1", 0, DIR_IN, AT(9000));
		snprintf(text, sizeof(text), "shaped at %.2f of the mean", ceilings[i]);
		is_near((double)(to - from), sum, sum * 1e-5, text);
		fleet_command(m, AT(9000), "shape link s001-1 0", NULL);
		is_near((double)octets(m, "s001-r1", 0, DIR_IN, AT(9000)), (double)to, 1, "nor when it is let go");
		fleet_model_free(m);
	}
}

int
main(void)
{
	struct inventory *inv = test_inventory();
	size_t		  i;

	for (i = 0; i < nitems(truth_cases); i++)
		check_truth(inv, &truth_cases[i]);
	check_rates(inv);
	check_jumps(inv);
	check_shape(inv);
	inventory_free(inv);
	return tap_done();
}
