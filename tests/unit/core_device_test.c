/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_device_test.c: devices that fall silent, restart, have a wrong clock or too many ports. */
#include "live/counters.h"
#include "tests/unit/core_world.h"
#include "tests/unit/tap.h"

static void
device_says(struct world *w, enum target_state state, const char *reason)
{
	struct msg_target_state st = { .number = core_device(w->core, "a-r1")->number,
	    .state = (uint8_t)state };

	st.wall_ns = loop_wall_ns(w->loop);
	text_copy(st.reason, sizeof(st.reason), reason);
	msg_target_state_send(w->measure, IPC_TARGET_STATE, 0, &st, -1);
}

static void
walk_told(struct world *w, uint32_t ports)
{
	const struct msg_ports_end m = { .device = core_device(w->core, "a-r1")->number, .ports = ports };

	msg_ports_end_send(w->measure, IPC_PORTS_END, 0, &m, -1);
}

static void
test_device(void)
{
	struct world	     *w = world_new(50, true);
	struct msg_port_found p = { .name = "ether1" };

	world_settle(w);
	device_says(w, TARGET_SILENT, "no answer");
	world_run(w, 300);
	is_text(world_events(w), "", "a device that never answered: no event");
	device_says(w, TARGET_ANSWERING, "");
	world_run(w, 5);
	device_says(w, TARGET_SILENT, "no answer");
	world_run(w, 5);
	is_text(world_events(w), "device.silent device/a-r1", "silent, and its line is up: told");
	world_restart(w);
	world_run(w, 10);
	device_says(w, TARGET_ANSWERING, "");
	world_run(w, 5);
	is_text(world_faults(w), "device.answering device/a-r1", "answering again, also after a restart");

	world_cut(w, "a-1", true);
	world_run(w, 20);
	device_says(w, TARGET_SILENT, "no answer");
	world_run(w, 300);
	is_text(world_faults(w), "link.down link/a-1; incident.opened incident/inc-1",
	    "silent behind a dead line: not told");
	world_cut(w, "a-1", false);
	world_run(w, 60);
	device_says(w, TARGET_ANSWERING, "");
	device_says(w, TARGET_RESTARTED, "sysUpTime went back to 12 s");
	world_run(w, 300);
	is_text(world_faults(w),
	    "link.up link/a-1; incident.closed incident/inc-1; device.restarted device/a-r1",
	    "back with its line: nothing to tell but its restart");

	p.device = core_device(w->core, "a-r1")->number;
	w->series = 0;
	msg_port_found_send(w->measure, IPC_PORT_FOUND, 0, &p, -1);
	walk_told(w, 1);
	world_run(w, 5);
	is_i64(w->ports, 1, "a port is found: the plan has it");
	is_i64(w->series, 1, "and store hears of its series");
	is_i64(w->port.link, core_link(w->core, "a-1")->number, "it feeds the line it carries");
	ok(map_get(w->core->port_by_ref, "port/a-r1.ether1") != NULL, "its key is the device and its name");
	world_restart(w);
	world_run(w, 5);
	is_i64(w->ports, 1, "it is remembered");
	world_free(w);
}

static void
test_device_clock(void)
{
	struct world *w = world_new(54, false);

	world_settle(w);
	device_says(w, TARGET_ANSWERING, "");
	world_run(w, 5);
	core_site(w->core, "a")->live.since_ns = loop_wall_ns(w->loop) + 86400 * NS_PER_S;
	device_says(w, TARGET_SILENT, "no answer");
	world_run(w, 5);
	is_text(world_events(w), "device.silent device/a-r1",
	    "silent after the wall clock went back a day: told at once, not tomorrow");
	world_free(w);
}

static void
test_many_ports(void)
{
	struct world	     *w = world_new(53, false);
	struct msg_port_found p = { 0 };
	struct device_live   *d;
	struct core_counter  *refused;

	world_settle(w);
	d = core_device(w->core, "a-r1");
	p.device = d->number;
	for (unsigned i = 0; i < PORTS_MAX + 10; i++) {
		snprintf(p.name, sizeof(p.name), "vlan%u", i);
		msg_port_found_send(w->measure, IPC_PORT_FOUND, 0, &p, -1);
		if (i % 1000 == 999 || i == PORTS_MAX + 9) {
			walk_told(w, i % 1000 + 1);
			world_run(w, 0.1);
		}
	}
	world_run(w, 0.1);
	is_i64((int64_t)d->nports, PORTS_MAX, "a device with too many ports: so many, and no more");
	refused = map_get(w->core->counters, "core/ports.refused");
	is_i64(refused != NULL ? (int64_t)refused->value : 0, 10, "the others are counted");
	world_free(w);
}

int
main(void)
{
	test_device();
	test_device_clock();
	test_many_ports();
	return tap_done();
}
