/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine.c: all devices of one instance, by number. What each does is in device.c, how it speaks in wire.c.
 */
#include "collectors/snmp/engine.h"

#include <stdlib.h>
#include <string.h>
#include "base/map.h"
#include "collectors/sensor.h"
#include "collectors/snmp/device.h"
#include "collectors/snmp/trial.h"

const struct conf_opt snmp_options[] = {
	{ "interval_s", CONF_NUMBER, "s", 10, 3600, "60", .help = "Time between two polls of a device." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, 30, "2",
	  .help = "A request without an answer for this long is repeated." },
	{ "discover_rate", CONF_INT, "1/s", 1, 500, "50",
	  .help = "Packets that simpulctl discover may have sent, unless it is given another rate." },
	{ 0 }
};

struct snmp_engine {
	struct device_env env;
	struct sink	  sink;
	struct nmap	 *devices;	/* number to struct device */
};

struct snmp_engine *
snmp_engine_new(struct loop *l, struct packet_io *io, int secrets_fd, bool public_community,
    const struct sink *sink)
{
	struct snmp_engine *e = xcalloc(1, sizeof(*e));

	e->sink = *sink;
	e->env.loop = l;
	e->env.wheel = wheel_new(l, WIRE_TICK_NS);
	e->env.pool = request_pool_new();
	e->env.wire = wire_new(l, io, e->env.wheel);
	e->env.secrets_fd = secrets_fd;
	e->env.public_community = public_community;
	e->env.sink = &e->sink;
	e->env.users = v3_users_new();
	e->env.engines = map_new();
	e->devices = nmap_new();
	return e;
}

void
snmp_engine_free(struct snmp_engine *e)
{
	struct device *d;
	size_t	       at = 0;

	if (e == NULL)
		return;
	while ((d = nmap_next(e->devices, &at)) != NULL)
		device_free(d);
	nmap_free(e->devices);
	profile_tables_unref(e->env.tables);
	request_pool_free(e->env.pool);
	wire_free(e->env.wire);
	v3_users_free(e->env.users);
	map_free(e->env.engines);
	wheel_free(e->env.wheel);
	free(e);
}

void
snmp_engine_target(struct snmp_engine *e, const struct msg_target *t, const struct msg_port *ports,
    size_t nports)
{
	struct device *d = nmap_get(e->devices, t->number);

	if (d != NULL && !device_is(d, t)) {
		snmp_engine_remove(e, t->number);
		d = NULL;
	}
	if (d == NULL) {
		d = device_new(&e->env, t);
		nmap_add(e->devices, t->number, d);
	} else {
		device_reloaded(d);
	}
	device_ports(d, ports, nports);
}

void
snmp_engine_sensors(struct snmp_engine *e, uint32_t number, struct sensor_numbers *sensors)
{
	struct device *d = nmap_get(e->devices, number);

	sensor_numbers_sort(sensors);
	if (d != NULL)
		device_sensors(d, sensors);
	else
		sensor_numbers_free(sensors);
}

void
snmp_engine_profiles(struct snmp_engine *e, struct snmp_profiles *set)
{
	struct device *d;
	size_t	       at = 0;

	if (e->env.tables != NULL && snmp_profiles_equal(e->env.tables->set, set)) {
		snmp_profiles_unref(set);
		return;
	}
	profile_tables_unref(e->env.tables);
	e->env.tables = profile_tables_new(set);
	while ((d = nmap_next(e->devices, &at)) != NULL)
		d->walk_wanted = true;
}

void
snmp_engine_try(struct snmp_engine *e, uint32_t token, const struct msg_profile_test *m)
{
	struct device *d = nmap_get(e->devices, m->device);

	if (d != NULL)
		trial_start(d, token, m->profile);
	else
		e->sink.profile_test_end(e->sink.arg, token,
		    &(struct msg_profile_test_end){ .error = "the device is not measured" });
}

void
snmp_engine_remove(struct snmp_engine *e, uint32_t number)
{
	struct device *d = nmap_remove(e->devices, number);

	if (d != NULL)
		device_free(d);
}

void
snmp_engine_poll_now(struct snmp_engine *e, uint32_t number)
{
	struct device *d = nmap_get(e->devices, number);

	if (d != NULL)
		device_poll_now(d);
}

void
snmp_engine_tell_again(struct snmp_engine *e)
{
	struct device *d;
	size_t	       at = 0;

	while ((d = nmap_next(e->devices, &at)) != NULL) {
		state_again(d);
		for (unsigned i = 0; i < d->ncollectors; i++)
			if (d->collector[i].ops->again != NULL)
				d->collector[i].ops->again(&d->collector[i]);
	}
}

struct snmp_wire *
snmp_engine_wire(struct snmp_engine *e)
{
	return e->env.wire;
}

void
snmp_engine_packet(struct snmp_engine *e, const struct packet_in *in)
{
	wire_packet(e->env.wire, in);
}

void
snmp_engine_counters(struct snmp_engine *e, struct msg_counters *out)
{
	static const char *const wire_names[WIRE_COUNTERS] = {
		[WIRE_REQUESTS]	       = "snmp.requests",
		[WIRE_RETRIES]	       = "snmp.retries",
		[WIRE_RESPONSES]       = "snmp.responses",
		[WIRE_TIMEOUTS]	       = "snmp.timeouts",
		[WIRE_MALFORMED]       = "snmp.malformed",
		[WIRE_UNMATCHED]       = "snmp.unmatched",
		[WIRE_LATE]	       = "snmp.late",
		[WIRE_WRONG_SOURCE]    = "snmp.wrong_source",
		[WIRE_WRONG_COMMUNITY] = "snmp.wrong_community",
		[WIRE_WRONG_OIDS]      = "snmp.wrong_oids",
		[WIRE_WRONG_OTHER]     = "snmp.wrong_other",
		[WIRE_SEND_ERRORS]     = "snmp.send_errors",
		[WIRE_V3_DROPPED]      = "snmp.v3_dropped",
		[WIRE_V3_AGAIN]	       = "snmp.v3_again",
		[WIRE_PACED]	       = "snmp.paced",
	};
	static const char *const device_names[DEVICE_COUNTERS] = {
		[DEVICE_POLLS]	       = "snmp.polls",
		[DEVICE_LOOKS]	       = "snmp.looks",
		[DEVICE_OVERRUNS]      = "snmp.overruns",
		[DEVICE_WALKS]	       = "snmp.walks",
		[DEVICE_WALK_FAILURES] = "snmp.walk_failures",
		[DEVICE_TOO_BIG]       = "snmp.toobig",
		[DEVICE_TOO_LONG]      = "snmp.toolong",
		[DEVICE_REFUSED]       = "snmp.refused",
		[DEVICE_RESTARTS]      = "snmp.restarts",
		[DEVICE_MOVED]	       = "snmp.renumbered",
	};

	struct lag *lag = wire_lag(e->env.wire);

	msg_counters_add(out, "snmp.lag_p50_us", lag_quantile_us(lag, 50));
	msg_counters_add(out, "snmp.lag_p99_us", lag_quantile_us(lag, 99));
	msg_counters_add(out, "snmp.lag_max_us", lag->max_us);
	*lag = (struct lag){ 0 };
	for (unsigned i = 0; i < WIRE_COUNTERS; i++)
		msg_counters_add(out, wire_names[i], wire_counter(e->env.wire, (enum wire_counter)i));
	for (unsigned i = 0; i < DEVICE_COUNTERS; i++)
		msg_counters_add(out, device_names[i], e->env.counter[i]);
}
