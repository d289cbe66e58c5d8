/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host.c: how the device itself is: processor, memory, load, uptime, and how long it takes to answer.
 *
 * HOST-RESOURCES-MIB (RFC 2790): the mean of all hrProcessorLoad; used / size of the first hrStorage row of
 * type hrStorageRam; hrSystemUptime (sysUpTime, the agent's own, where it is missing). UCD-SNMP-MIB:
 * laLoadInt.1. What a device does not have is NAN.
 */
#include "collectors/collector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CPUS_MAX 64		/* of more processors the mean of these is as good */

enum host_column {
	HR_SYSTEM_UPTIME, HR_STORAGE_TYPE, HR_STORAGE_SIZE, HR_STORAGE_USED, HR_PROCESSOR_LOAD, LA_LOAD_INT,
	HOST_COLUMNS
};

static const struct snmp_column host_columns[HOST_COLUMNS + 1] = {
	[HR_SYSTEM_UPTIME]  = { "hrSystemUptime", true, SNMP_ARCS(1, 3, 6, 1, 2, 1, 25, 1, 1) },
	[HR_STORAGE_TYPE]   = { "hrStorageType", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 25, 2, 3, 1, 2) },
	[HR_STORAGE_SIZE]   = { "hrStorageSize", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 25, 2, 3, 1, 5) },
	[HR_STORAGE_USED]   = { "hrStorageUsed", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 25, 2, 3, 1, 6) },
	[HR_PROCESSOR_LOAD] = { "hrProcessorLoad", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 25, 3, 3, 1, 2) },
	[LA_LOAD_INT]	    = { "laLoadInt", false, SNMP_ARCS(1, 3, 6, 1, 4, 1, 2021, 10, 1, 5) },
};

static const uint8_t hr_storage_ram[] = { 0x2b, 6, 1, 2, 1, 25, 2, 1, 2 };	/* 1.3.6.1.2.1.25.2.1.2 */

static const struct metric host_metrics[] = {
	{ "cpu_ratio", UNIT_RATIO, METRIC_GAUGE, "host", "Mean load of all processors over the last minute" },
	{ "mem_used_ratio", UNIT_RATIO, METRIC_GAUGE, "host", "Used part of the main memory" },
	{ "load1", UNIT_NONE, METRIC_GAUGE, "host", "Load average of one minute" },
	{ "temp_c", UNIT_CELSIUS, METRIC_GAUGE, "host", "Temperature, where a profile says which object tells it" },
	{ "uptime_s", UNIT_SECOND, METRIC_GAUGE, "host",
	  "Time since the start of the host, or of its agent" },
	{ "snmp_rtt_s", UNIT_SECOND, METRIC_GAUGE, "host", "Request sent to answer received" },
	{ 0 }
};

struct host_row {
	uint32_t index, columns;
	bool	 seen;		/* in this poll: a repeated poll brings it again */
};

struct host_state {
	struct host_row *rows;		/* to read in every poll */
	size_t		 nrows;
	/* gathered during a poll */
	double		 cpu_sum, mem_used_ratio, load1, uptime_s;
	unsigned	 cpus;
};

static void
host_gather_reset(struct host_state *h)
{
	h->cpu_sum = 0;
	h->cpus = 0;
	for (size_t i = 0; i < h->nrows; i++)
		h->rows[i].seen = false;
	h->mem_used_ratio = h->load1 = h->uptime_s = NAN;
}

static bool
is_ram(const struct row *row)
{
	const struct snmp_value *v = &row->value[HR_STORAGE_TYPE];

	return row_has(row, HR_STORAGE_SIZE) && row_has(row, HR_STORAGE_USED) && v->type == SNMP_OID &&
	    v->len == sizeof(hr_storage_ram) && memcmp(v->bytes, hr_storage_ram, v->len) == 0;
}

static bool
host_match(struct collector *c, const struct row *rows, size_t n)
{
	struct host_state *h = c->state;
	bool		   ram = false;
	unsigned	   cpus = 0;

	free(h->rows);
	h->rows = xcalloc(n + 1, sizeof(*h->rows));
	h->nrows = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t columns = 0;

		if (!ram && is_ram(&rows[i])) {
			ram = true;
			columns |= COLUMN(HR_STORAGE_SIZE) | COLUMN(HR_STORAGE_USED);
		}
		if (row_has(&rows[i], HR_PROCESSOR_LOAD) && cpus < CPUS_MAX) {
			cpus++;
			columns |= COLUMN(HR_PROCESSOR_LOAD);
		}
		if (row_has(&rows[i], LA_LOAD_INT) && row_is(&rows[i], 1))
			columns |= COLUMN(LA_LOAD_INT);
		if (row_has(&rows[i], HR_SYSTEM_UPTIME))
			columns |= COLUMN(HR_SYSTEM_UPTIME);
		if (columns != 0 && rows[i].nindex == 1)
			h->rows[h->nrows++] = (struct host_row){ .index = rows[i].index[0], .columns = columns };
	}
	host_gather_reset(h);
	return h->nrows > 0;
}

static void
host_plan(struct collector *c, struct poll_plan *plan)
{
	struct host_state *h = c->state;

	for (size_t i = 0; i < h->nrows; i++)
		poll_plan_row(plan, &(struct wanted_row){ .tag = (uint32_t)i, .columns = h->rows[i].columns,
			.index = &h->rows[i].index, .nindex = 1 });
}

/*
 * hrStorage counts in units of Integer32: above 2^31 units agents run into the sign, so it is read as
 * unsigned.
 */
static double
storage_units(const struct snmp_value *v)
{
	return v->type == SNMP_INTEGER ? (double)(uint32_t)v->integer : NAN;
}

static bool
host_row(struct collector *c, const struct row *row, const struct poll *poll)
{
	struct host_state	*h = c->state;
	const struct snmp_value *cpu = &row->value[HR_PROCESSOR_LOAD], *load = &row->value[LA_LOAD_INT];
	const struct snmp_value *uptime = &row->value[HR_SYSTEM_UPTIME], *size = &row->value[HR_STORAGE_SIZE];

	(void)poll;
	if (h->rows[row->tag].seen)
		return true;
	h->rows[row->tag].seen = true;
	if (cpu->type == SNMP_INTEGER && cpu->integer >= 0 && cpu->integer <= 100) {
		h->cpu_sum += cpu->integer / 100.0;
		h->cpus++;
	}
	if (size->type == SNMP_INTEGER && size->integer != 0)
		h->mem_used_ratio = storage_units(&row->value[HR_STORAGE_USED]) / storage_units(size);
	if (load->type == SNMP_INTEGER && load->integer >= 0)
		h->load1 = load->integer / 100.0;
	if (uptime->type == SNMP_TIMETICKS)
		h->uptime_s = (double)uptime->number / 100;
	/* A row that is gone: storage and processors are numbered anew when hardware comes or goes. */
	return cpu->type != SNMP_NO_SUCH_INSTANCE && size->type != SNMP_NO_SUCH_INSTANCE;
}

static void
host_end(struct collector *c, const struct poll *poll)
{
	struct host_state *h = c->state;
	struct sample	   s = {
		.series = c->device, .type = SAMPLE_RATE, .wall_ns = poll->wall_ns, .seconds = poll->step_s,
		.n = HOST_RATES,
		.quality = poll->answered ? QUALITY_GOOD : poll->refused ? QUALITY_UNKNOWN : QUALITY_LOST
	};

	for (unsigned i = 0; i < HOST_RATES; i++)
		s.value[i] = NAN;
	if (poll->answered) {
		s.value[HOST_CPU_RATIO] = h->cpus > 0 ? h->cpu_sum / h->cpus : NAN;
		s.value[HOST_UPTIME_S] = !isnan(h->uptime_s) ? h->uptime_s : (double)poll->uptime_ticks / 100;
		s.value[HOST_SNMP_RTT_S] = poll->rtt_s;
		s.value[HOST_MEM_USED_RATIO] = h->mem_used_ratio;
		s.value[HOST_LOAD1] = h->load1;
		for (unsigned i = 0; i < HOST_RATES; i++)	/* a profile knows this kind of device better */
			if (c->siblings->host_n[i] > 0)
				s.value[i] = c->siblings->host_sum[i] / c->siblings->host_n[i];
	}
	memset(c->siblings->host_n, 0, sizeof(c->siblings->host_n));
	memset(c->siblings->host_sum, 0, sizeof(c->siblings->host_sum));
	c->sink->sample(c->sink->arg, &s);
	host_gather_reset(h);
}

static void
host_fini(struct collector *c)
{
	struct host_state *h = c->state;

	free(h->rows);
}

const struct collector_ops collector_host = {
	.name	    = "host",
	.help	    = "Processor, memory, load and uptime of a device (HOST-RESOURCES-MIB, UCD-SNMP-MIB).",
	.metrics    = host_metrics,
	.options    = snmp_options,
	.state_size = sizeof(struct host_state),
	.columns    = host_columns,
	.match	    = host_match,
	.plan	    = host_plan,
	.row	    = host_row,
	.end	    = host_end,
	.fini	    = host_fini,
};
