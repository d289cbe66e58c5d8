/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_optics_test.c: light, bad frames, late collisions and flaps of the port that carries a line make the line
 * degraded, by limits of its own and by what is normal for it.
 */
#include <math.h>

#include "tests/unit/core_world.h"
#include "tests/unit/core_world_peers.h"
#include "tests/unit/tap.h"

/* The port of line a-1, and one of its sensors. @return the number that core gave it */
static uint32_t
sensor_make(struct world *w, const char *name, double low_warn)
{
	uint32_t		device = core_device(w->core, "a-r1")->number;
	struct msg_port_found	port = { .device = device, .if_index = 1, .name = "ether1" };
	struct msg_ports_end	end = { .device = device, .ports = 1 };
	struct msg_sensor_found m = { .device = device, .port = "ether1", .limits = { low_warn, -PROFILE_NO_LIMIT,
		PROFILE_NO_LIMIT, PROFILE_NO_LIMIT } };
	const struct sensor_live *s;

	text_copy(m.name, sizeof(m.name), name);
	msg_port_found_send(w->measure, IPC_PORT_FOUND, 0, &port, -1);
	msg_ports_end_send(w->measure, IPC_PORTS_END, 0, &end, -1);
	msg_sensor_found_send(w->measure, IPC_SENSOR_FOUND, 0, &m, -1);
	world_run(w, 10);
	for (s = core_device(w->core, "a-r1")->sensors; s != NULL && strcmp(s->name, name) != 0; s = s->next)
		;
	return s != NULL ? s->number : 0;
}

static void
minutes_at(struct world *w, uint32_t sensor, double value, int minutes)
{
	for (; minutes > 0; minutes--) {
		struct sample_batch b = { 0 };
		struct sample	    s = { .type = SAMPLE_RATE, .n = 1, .seconds = 60, .series = sensor,
			.value = { value } };

		s.wall_ns = loop_wall_ns(w->loop);
		sample_batch_add(&b, &s, s.wall_ns, loop_mono_ns(w->loop));
		world_send(w, &b);
		sample_batch_free(&b);
		world_run(w, 60);
	}
}

static struct world *
town(uint64_t seed, bool on_disk)
{
	struct world *w = world_new(seed, on_disk);

	world_settle(w);
	world_run(w, 10);
	return w;
}

static const char opened[] = "link.degraded link/a-1; incident.opened incident/inc-1";
static const char let_go[] = "incident.closed incident/inc-1";
static const char closed[] = "link.restored link/a-1; incident.closed incident/inc-1";

static void
test_limit(void)
{
	struct world *w = town(3, false);
	uint32_t      light = sensor_make(w, "optical/rx_power_dbm/sfp1", -20);

	ok(light != 0, "the sensor has a number");
	minutes_at(w, light, -19, 10);
	is_text(world_faults(w), "", "above the module's limit: nothing");
	minutes_at(w, light, -20.5, 1);
	minutes_at(w, light, NAN, 1);
	minutes_at(w, light, -20.5, 1);
	is_text(world_faults(w), "", "unknown light ends the run");
	minutes_at(w, light, -20.5, 1);
	is_text(world_faults(w), opened, "two minutes below it: degraded");
	minutes_at(w, light, -19.5, 20);
	is_text(world_faults(w), "", "half a decibel above it: still");
	minutes_at(w, light, -18.9, 10);
	is_text(world_faults(w), closed, "a decibel above it for ten minutes: restored");
	world_free(w);
}

/* The module is pulled out, and its sensor with it: nothing will ever clear what it has raised. */
static void
test_gone(void)
{
	struct world *w = town(8, true);
	uint32_t      light = sensor_make(w, "optical/rx_power_dbm/sfp1", -20);

	minutes_at(w, light, -21, 2);
	is_text(world_faults(w), opened, "too little light: degraded");
	minutes_at(w, light, NAN, 55);
	world_restart(w);
	world_run(w, 50 * 60);
	is_text(world_faults(w), "", "no value for not yet an hour since the restart: still");
	world_run(w, 15 * 60);
	is_text(world_faults(w), let_go, "for an hour: let go, and not called restored");
	world_free(w);
}

/* A line that was down for hours has shown no values: that says nothing of its light. */
static void
test_gone_with_the_line(void)
{
	struct world *w = town(9, false);
	uint32_t      light = sensor_make(w, "optical/rx_power_dbm/sfp1", -20);

	minutes_at(w, light, -21, 2);
	is_text(world_faults(w), opened, "too little light: degraded");
	world_cut(w, "a-1", true);
	world_run(w, 3 * 3600);
	world_cut(w, "a-1", false);
	world_run(w, 30 * 60);
	ok(strstr(world_faults(w), "incident.closed incident/inc-1") == NULL, "half an hour after three of outage: still");
	minutes_at(w, light, -18, 11);
	is_text(world_faults(w), closed, "light enough for ten minutes: restored");
	world_free(w);
}

/* The limit of the line itself stands before that of the module. */
static void
test_limit_of_line(void)
{
	struct world *w = town(4, false);
	uint32_t      light = sensor_make(w, "optical/rx_power_dbm/sfp1", -30);

	((struct link *)core_link(w->core, "a-1")->link)->rx_dbm_min = -15;
	minutes_at(w, light, -16, 2);
	is_text(world_faults(w), opened, "below the limit of the line: degraded");
	world_free(w);
}

static void
test_normal(void)
{
	struct world *w = town(5, true);
	uint32_t      light = sensor_make(w, "optical/rx_power_dbm/sfp1", -PROFILE_NO_LIMIT);

	minutes_at(w, light, -18, 25 * 60);
	is_text(world_faults(w), "", "a day of light, and no limit: nothing");
	world_restart(w);
	world_run(w, 60);
	light = sensor_make(w, "optical/rx_power_dbm/sfp1", -PROFILE_NO_LIMIT);
	world_faults(w);
	minutes_at(w, light, -21.5, 9);
	is_text(world_faults(w), "", "a drop of 3.5 dB for nine minutes: nothing yet");
	minutes_at(w, light, -21.5, 1);
	is_text(world_faults(w), opened, "ten minutes: degraded, by what was normal before the restart");
	minutes_at(w, light, -18.2, 30);
	is_text(world_faults(w), closed, "half an hour near what is normal: restored");
	world_free(w);
}

static void
test_flaps(void)
{
	struct world *w = town(6, false);
	uint32_t      downs = sensor_make(w, "port/link_downs_ps/ether1", -PROFILE_NO_LIMIT);
	uint32_t      changes = sensor_make(w, "interface/changes_ps/ether1", -PROFILE_NO_LIMIT);

	minutes_at(w, downs, 1 / 60.0, 1);
	minutes_at(w, changes, 1 / 60.0, 4);
	minutes_at(w, downs, 1 / 60.0, 1);
	is_text(world_faults(w), "", "down twice, seen by both counters: nothing");
	minutes_at(w, downs, 1 / 60.0, 1);
	is_text(world_faults(w), opened, "three times within the hour, between polls: degraded");
	minutes_at(w, downs, 0, 50);
	is_text(world_faults(w), "", "not yet an hour without: still");
	minutes_at(w, downs, 0, 12);
	is_text(world_faults(w), closed, "an hour without: restored");
	world_free(w);
}

static void
test_frames(void)
{
	struct world *w = town(7, false);
	uint32_t      fcs = sensor_make(w, "dot3/fcs_errors_ps/ether1", -PROFILE_NO_LIMIT);
	uint32_t      late = sensor_make(w, "dot3/late_collisions_ps/ether1", -PROFILE_NO_LIMIT);
	uint32_t      other = sensor_make(w, "dot3/align_errors_ps/ether1", -PROFILE_NO_LIMIT);

	minutes_at(w, other, 100, 10);
	is_text(world_faults(w), "", "a sensor that no rule watches: nothing");
	minutes_at(w, fcs, 0.2, 5);
	is_text(world_faults(w), opened, "five minutes of bad frames: degraded");
	minutes_at(w, fcs, 0, 15);
	is_text(world_faults(w), closed, "a quarter of an hour without: restored");
	minutes_at(w, late, 0.05, 2);
	is_text(world_faults(w), "link.degraded link/a-1; incident.opened incident/inc-2",
	    "two minutes of late collisions: a duplex mismatch");
	world_free(w);
}

int
main(void)
{
	test_limit();
	test_gone();
	test_gone_with_the_line();
	test_limit_of_line();
	test_normal();
	test_flaps();
	test_frames();
	return tap_done();
}
