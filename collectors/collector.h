/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector.h: a collector understands one MIB. The SNMP engine walks and polls, the collector says what to
 * read and turns rows of varbinds into samples; it does no I/O, so its test is a recorded walk and the
 * samples expected.
 *
 * At discovery the engine walks all columns of a collector and hands the rows to match(). If the device has
 * its tables, plan() names the rows (and of each the columns) to GET in every poll; row() then takes each row
 * as it arrives and end() closes the poll. A row is all that a device has under one index in the collector's
 * columns; an index has 1 to SNMP_INDEX_ARCS arcs, that of scalars is 0. The columns of a row are asked in one
 * PDU, with sysUpTime and snmpEngineBoots.
 *
 * Which collectors a device has is chosen when it is known what it is (snmp/device_collectors.c). Mostly there
 * is one per table of functions, with its columns; one that reads what data describes has none of its own and
 * may be there several times, each time with other columns.
 *
 * A collector is one table of functions; the table is all that the rest of the program knows of it. To make a
 * new one, copy host.c and add a line to registry.c.
 */
#ifndef SIMPUL_COLLECTOR_H
#define SIMPUL_COLLECTOR_H

#include "base/conf.h"
#include "collectors/snmp/request.h"
#include "sample/metric.h"
#include "sample/rate.h"
#include "sample/sink.h"

#define COLLECTOR_COLUMNS_MAX 32

struct row {
	const uint32_t		*index;
	uint8_t			 nindex;	/* its arcs */
	uint32_t		 tag;		/* of a poll: as given to poll_plan_row() */
	const struct snmp_value *value;	/* one per column of the collector; SNMP_ABSENT: nothing was read */
};

struct poll {				/* what an answer says of itself; the same for all rows of its PDU */
	bool	 answered;		/* end(): any PDU of this poll was */
	bool	 refused;		/* end(): the device will not, or we had nothing to ask with */
	int64_t	 mono_ns, wall_ns;	/* arrival; end(): the end of the poll */
	double	 rtt_s;			/* NAN when none */
	double	 interval_s;		/* between two polls of the device */
	double	 step_s;		/* row(): between two readings of this row; end(): interval_s */
	uint32_t turn;			/* number of the poll */
	bool	 all;			/* every row is read, as after a walk */
	uint32_t uptime_ticks, boots;
	bool	 has_boots;
};

struct poll_plan;			/* the rows to read in every poll; the engine's */

struct sensor_number {
	uint32_t number;
	char	*name;			/* owned */
};

struct sensor_numbers {			/* of one device, as core has given them; by name */
	struct sensor_number *v;
	size_t		      n;
};

struct siblings {			/* what the collectors of one device have in common */
	struct sensor_numbers sensors;
	/* values of the host that others have read in this poll; host.c takes them at its end */
	double		      host_sum[HOST_RATES];
	unsigned	      host_n[HOST_RATES];
	/* set by if_mib.c once it has matched: ifName of a port by its ifIndex, or NULL; ... of the i-th, or NULL */
	const char	     *(*port_name)(const void *arg, uint32_t if_index);
	const char	     *(*port_at)(const void *arg, size_t i, uint32_t *if_index);
	const void	     *port_arg;
};

struct collector {			/* one collector of one device */
	const struct collector_ops *ops;
	const struct snmp_column   *columns;	/* at most COLLECTOR_COLUMNS_MAX; ends with { 0 } */
	const void		   *arg;	/* what it reads, when data says so; ops knows its type */
	void			   *state;	/* state_size bytes, zeroed at first */
	const struct sink	   *sink;
	struct siblings		   *siblings;
	uint32_t		    device;	/* number of its host series */
	uint64_t		    hardware;	/* set by match(): hash of the MACs; 0 = unknown */
	bool			    matched;	/* match() said yes */
	bool			    no_walk;	/* match() knows its rows by itself and gets none */
	bool			    replan;	/* set by end(): plan() would say something else now */
	bool			    misses;	/* set by end(): something that matters has gone; it may be back soon */
};

struct collector_ops {
	const char		 *name;		/* log tag */
	const char		 *help;		/* one sentence */
	const struct metric	 *metrics;	/* ends with { 0 } */
	const struct conf_opt	 *options;	/* of the engine that reads for it; ends with { 0 } */
	size_t			  state_size;
	const struct snmp_column *columns;	/* NULL: each device brings others, or none */
	uint32_t		  maker;	/* only for devices of this one, below enterprises; 0: of all */
	uint32_t		  not_maker;	/* for devices of all but this one, once it is known; 0: of all */

	/**
	 * The ports whose numbers are known; borrowed for the call. @return true when this changes the plan.
	 * May be NULL. A collector that came with the last discovery has not been told of any yet.
	 */
	bool	(*ports)(struct collector *c, const struct msg_port *ports, size_t n);
	/** The numbers in siblings->sensors are others now. @return true when this changes the plan. May be NULL. */
	bool	(*sensors)(struct collector *c);
	/** Who was told of what was found has forgotten it: tell once more, after the next poll. May be NULL. */
	void	(*again)(struct collector *c);
	/** All rows of a walk, by rising index; borrowed for the call. @return has this device our tables? */
	bool	(*match)(struct collector *c, const struct row *rows, size_t n);
	void	(*plan)(struct collector *c, struct poll_plan *plan);
	/**
	 * One row of a poll. @return false when it is not what it was at discovery: the device must be walked
	 * again
	 */
	bool	(*row)(struct collector *c, const struct row *row, const struct poll *poll);
	/**
	 * One row of a look, which is a poll beside the schedule without an end(): what is known of a state
	 * now. Counters and what a poll gathers are not touched. @return as row(); may be NULL
	 */
	bool	(*look)(struct collector *c, const struct row *row, const struct poll *poll);
	/**
	 * The poll is over, answered or not. Rows may have come more than once in between (a poll that was
	 * walked and repeated).
	 */
	void	(*end)(struct collector *c, const struct poll *poll);
	void	(*fini)(struct collector *c);	/* may be NULL */
};

struct wanted_row {
	uint32_t	tag;		/* the collector's own name for it, handed back in struct row */
	uint32_t	columns;	/* bit i is c->columns[i]; those not asked for come back SNMP_ABSENT */
	const uint32_t *index;		/* borrowed for the call */
	uint8_t		nindex;
	uint32_t	every_s;	/* between two readings, at least; 0: in every poll */
};

/** From within plan(): read this row of the collector in every poll, or in those that poll_reads(). */
void	poll_plan_row(struct poll_plan *plan, const struct wanted_row *want);

extern const struct conf_opt snmp_options[];	/* collectors/snmp/engine.c; the group "snmp" */
extern const struct collector_ops *const collector_registry[];	/* alphabetical, ends with NULL */
#define COLLECTORS 7
extern const struct collector_ops collector_cdp, collector_entity_sensor, collector_host, collector_if_mib,
    collector_lldp, collector_mtxr_neighbour, collector_profile_table;

#define COLUMN(i) (UINT32_C(1) << (i))

/** A row with this every_s is read in one of so many polls. */
static inline uint32_t
poll_turns(double interval_s, uint32_t every_s)
{
	double turns;

	if (every_s <= interval_s || interval_s <= 0)
		return 1;
	turns = every_s / interval_s;
	return (uint32_t)turns + (turns > (uint32_t)turns);
}

/** Are rows with this every_s read in this poll? */
static inline bool
poll_reads(const struct poll *p, uint32_t every_s)
{
	return p->all || p->turn % poll_turns(p->interval_s, every_s) == 0;
}

/** Is this its index, of one arc? */
static inline bool
row_is(const struct row *row, uint32_t index)
{
	return row->nindex == 1 && row->index[0] == index;
}

static inline bool
row_has(const struct row *row, unsigned column)
{
	return row->value[column].type != SNMP_ABSENT && row->value[column].type < SNMP_NO_SUCH_OBJECT;
}

/** Bits of those columns that the row has. */
static inline uint32_t
row_columns(const struct row *row, unsigned ncolumns)
{
	uint32_t columns = 0;

	for (unsigned i = 0; i < ncolumns; i++)
		columns |= row_has(row, i) ? COLUMN(i) : 0;
	return columns;
}

#endif
