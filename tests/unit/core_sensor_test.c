/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_sensor_test.c: profiles that core takes over and keeps, and sensors that it numbers, remembers and shows. */
#include <math.h>
#include <string.h>

#include "ctl/view.h"
#include "live/counters.h"
#include "sample/sample.h"
#include "tests/unit/core_world.h"
#include "tests/unit/tap.h"

#include <jansson.h>

static char profile_text[] =
    "profile = { match = \"1.3.6.1.4.1.99\"; };\n"
    "tables = ( { name = \"optical\"; entry = \"1.3.6.1.4.1.99.1\"; label = 2; } );\n"
    "values = ( { table = \"optical\"; name = \"rx_power_dbm\"; column = 10; low_warn = -24; } );\n";

static struct msg_sensor_found
found(const struct world *w, const char *name)
{
	struct msg_sensor_found m = { .device = core_device(w->core, "a-r1")->number, .limits = { -24, -27, PROFILE_NO_LIMIT,
		PROFILE_NO_LIMIT } };

	text_copy(m.name, sizeof(m.name), name);
	return m;
}

static void
tell(struct world *w, const char *name, const char *port)
{
	struct msg_sensor_found m = found(w, name);

	text_copy(m.help, sizeof(m.help), "Light received");
	text_copy(m.port, sizeof(m.port), port);
	msg_sensor_found_send(w->measure, IPC_SENSOR_FOUND, 0, &m, -1);
}

static void
sample_say(struct world *w, uint32_t number, double value)
{
	struct sample	    s = { .series = number, .type = SAMPLE_RATE, .wall_ns = loop_wall_ns(w->loop), .seconds = 60, .n = 1 };
	struct sample_batch b = { 0 };

	s.value[0] = value;
	s.quality = isnan(value) ? QUALITY_UNKNOWN : QUALITY_GOOD;
	sample_batch_add(&b, &s, loop_wall_ns(w->loop), loop_mono_ns(w->loop));
	ipc_send(w->measure, IPC_SAMPLES, 0, b.payload.data, b.payload.len, -1);
	sample_batch_free(&b);
	world_run(w, 1);
}

static void
test_profiles(void)
{
	struct world *w = world_new(60, true);

	world_settle(w);
	is_i64(w->profiles, 0, "no file: no profile in the plan");
	w->profile = (struct check_input){ .name = "profiles/routeros.conf", .text = profile_text, .len = strlen(profile_text) };
	world_reload(w, false);
	world_run(w, 5);
	ok(w->profiles == 1 && w->values == 1, "one file: it is in the plan, with its value");
	w->files_bad = true;
	world_reload(w, false);
	world_run(w, 5);
	ok(*w->reload_error != '\0' && w->profiles == 1, "files that are refused change nothing");
	world_restart(w);
	world_run(w, 10);
	ok(w->profiles == 1 && w->values == 1, "core starts again while they are bad: the profile is still in force");
	w->files_bad = false;
	w->profile.text = NULL;
	world_reload(w, false);
	world_run(w, 5);
	is_i64(w->profiles, 0, "the file is gone: so is the profile");
	world_free(w);
}

/* ---- sensors ---- */

static void
is_view(const struct world *w, size_t i, const char *member, const char *want)
{
	bool	    cut;
	json_t	   *list = view_sensors(w->core, core_device(w->core, "a-r1"), &cut), *m = json_object_get(json_array_get(list, i), member);
	char	    got[100] = "null";

	if (json_is_string(m))
		snprintf(got, sizeof(got), "%s", json_string_value(m));
	else if (json_is_number(m))
		snprintf(got, sizeof(got), "%g", json_number_value(m));
	is_text(got, want, member);
	json_decref(list);
}

static void
test_sensors(void)
{
	struct world *w = world_new(61, true);
	uint32_t      number;
	char	      name[SENSOR_NAME_MAX];

	world_settle(w);
	w->series = 0;
	tell(w, "optical/rx_power_dbm/SFP 1", "sfp1");
	world_run(w, 5);
	is_i64(w->sensors, 1, "a sensor is found: the plan has it");
	is_i64(w->series, 1, "and store hears of its series");
	is_text(w->sensor.name, "optical/rx_power_dbm/SFP 1", "under the name that it was told by");
	number = w->sensor.number;
	ok(map_get(w->core->sensor_by_ref, "sensor/a-r1.rx_power_dbm.____1") != NULL, "its key is the value and the label");
	tell(w, "optical/rx_power_dbm/sfp_1", "");
	tell(w, "optical/rx_power_dbm/sfp+1", "");
	tell(w, "health/temp_c/", "");
	world_run(w, 5);
	ok(map_get(w->core->sensor_by_ref, "sensor/a-r1.rx_power_dbm.sfp_1") != NULL &&
	    map_get(w->core->sensor_by_ref, "sensor/a-r1.rx_power_dbm.sfp_1_2") != NULL, "two alike are told apart");
	ok(map_get(w->core->sensor_by_ref, "sensor/a-r1.temp_c") != NULL, "a scalar has no label");
	tell(w, "no name at all", "");
	tell(w, "optical//x", "");
	world_run(w, 5);
	is_i64(w->sensors, 4, "what has no value in its name is none");
	snprintf(name, sizeof(name), "t/%0180d/x", 1);
	tell(w, name, "");
	tell(w, "t/../x", "");
	tell(w, "t/temp_c\n/x", "");
	tell(w, "t/Temp/x", "");
	world_run(w, 5);
	is_i64(w->sensors, 4, "nor what has one that is no name of a value, or too long for one");

	is_view(w, 0, "value", "null");
	is_view(w, 0, "state", "unknown");
	sample_say(w, number, -20.5);
	is_view(w, 0, "ref", "sensor/a-r1.rx_power_dbm.____1/value");
	is_view(w, 0, "value", "-20.5");
	is_view(w, 0, "unit", "dBm");
	is_view(w, 0, "label", "SFP 1");
	is_view(w, 0, "port", "sfp1");
	is_view(w, 0, "help", "Light received");
	is_view(w, 0, "state", "ok");
	sample_say(w, number, -25);
	is_view(w, 0, "state", "warn");
	sample_say(w, number, -28);
	is_view(w, 0, "state", "bad");
	sample_say(w, number, NAN);
	is_view(w, 0, "value", "null");
	sample_say(w, number, -25);
	world_run(w, 150);
	is_view(w, 0, "state", "warn");
	world_run(w, 60);
	is_view(w, 0, "value", "null");		/* nobody reads it any more */
	is_view(w, 0, "state", "unknown");

	world_restart(w);
	world_run(w, 5);
	is_i64(w->sensors, 4, "they are remembered");
	tell(w, "optical/rx_power_dbm/SFP 1", "sfp1");
	world_run(w, 5);
	is_i64(w->sensors, 4, "... and are the same when they are told again");
	world_free(w);
}

/* A plan is told whole, so what is found in the same moments goes into one of them. */
static void
test_one_plan(void)
{
	struct world	     *w = world_new(63, false);
	struct msg_port_found p = { .name = "sfp1", .if_index = 1 };
	struct msg_ports_end  end = { .ports = 1 };
	unsigned	      plans;

	world_settle(w);
	plans = w->plans;
	p.device = end.device = core_device(w->core, "a-r1")->number;
	msg_port_found_send(w->measure, IPC_PORT_FOUND, 0, &p, -1);
	msg_ports_end_send(w->measure, IPC_PORTS_END, 0, &end, -1);
	tell(w, "optical/rx_power_dbm/sfp1", "sfp1");
	world_run(w, 10);
	ok(w->ports == 1 && w->sensors == 1, "a port and a sensor of it are planned");
	is_i64(w->plans - plans, 1, "... with one plan");
	world_free(w);
}

static void
test_too_many(void)
{
	struct world	    *w = world_new(62, false);
	struct core_counter *refused;
	char		     name[60];

	world_settle(w);
	for (unsigned i = 0; i < SENSORS_MAX + 10; i++) {
		snprintf(name, sizeof(name), "t/v/row%u", i);
		tell(w, name, "");
		if (i % 200 == 0)
			world_run(w, 0.1);
	}
	world_run(w, 0.1);
	is_i64((int64_t)core_device(w->core, "a-r1")->nsensors, SENSORS_MAX, "a device with too many: so many, and no more");
	refused = map_get(w->core->counters, "core/sensors.refused");
	is_i64(refused != NULL ? (int64_t)refused->value : 0, 10, "the others are counted");
	world_free(w);
}

int
main(void)
{
	test_profiles();
	test_sensors();
	test_one_plan();
	test_too_many();
	return tap_done();
}
