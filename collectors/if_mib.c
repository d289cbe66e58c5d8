/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * if_mib.c: the ports of a device: traffic, errors, discards and whether they are up (IF-MIB, RFC 2863).
 *
 * Every row of a poll proves which port it is: ifName comes in the same PDU as the counters, so that after a
 * renumbering no counter is ever booked to another port, not even once. (Asking ifTableLastChange instead
 * would cost less, but many agents do not have it, and a re-walk after each doubt would come after the wrong
 * reading.) With it come ifCounterDiscontinuityTime, and ifHighSpeed, which changes when a port negotiates
 * anew and against which rates are held.
 *
 * Counter bases belong to the port, by the number that core gave it, not to its ifIndex: a renumbered port
 * goes on where it was.
 */
#include "collectors/collector.h"
#include "collectors/if_bases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/map.h"

#define NAME_MAX_LEN 127		/* as msg_port_found holds it */

enum if_column {
	IF_DESCR, IF_TYPE, IF_SPEED, IF_PHYS_ADDRESS, IF_OPER_STATUS,
	IF_IN_OCTETS, IF_IN_DISCARDS, IF_IN_ERRORS, IF_OUT_OCTETS, IF_OUT_DISCARDS, IF_OUT_ERRORS,
	IF_NAME, IF_HC_IN_OCTETS, IF_HC_OUT_OCTETS, IF_HIGH_SPEED, IF_ALIAS, IF_DISCONTINUITY,
	IF_COLUMNS
};
#define IF_ENTRY(n)  false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 2, 2, 1, n)
#define IFX_ENTRY(n) false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 31, 1, 1, 1, n)

static const struct snmp_column if_columns[IF_COLUMNS + 1] = {
	[IF_DESCR]	   = { "ifDescr", IF_ENTRY(2) },
	[IF_TYPE]	   = { "ifType", IF_ENTRY(3) },
	[IF_SPEED]	   = { "ifSpeed", IF_ENTRY(5) },
	[IF_PHYS_ADDRESS]  = { "ifPhysAddress", IF_ENTRY(6) },
	[IF_OPER_STATUS]   = { "ifOperStatus", IF_ENTRY(8) },
	[IF_IN_OCTETS]	   = { "ifInOctets", IF_ENTRY(10) },
	[IF_IN_DISCARDS]   = { "ifInDiscards", IF_ENTRY(13) },
	[IF_IN_ERRORS]	   = { "ifInErrors", IF_ENTRY(14) },
	[IF_OUT_OCTETS]	   = { "ifOutOctets", IF_ENTRY(16) },
	[IF_OUT_DISCARDS]  = { "ifOutDiscards", IF_ENTRY(19) },
	[IF_OUT_ERRORS]	   = { "ifOutErrors", IF_ENTRY(20) },
	[IF_NAME]	   = { "ifName", IFX_ENTRY(1) },
	[IF_HC_IN_OCTETS]  = { "ifHCInOctets", IFX_ENTRY(6) },
	[IF_HC_OUT_OCTETS] = { "ifHCOutOctets", IFX_ENTRY(10) },
	[IF_HIGH_SPEED]	   = { "ifHighSpeed", IFX_ENTRY(15) },
	[IF_ALIAS]	   = { "ifAlias", IFX_ENTRY(18) },
	[IF_DISCONTINUITY] = { "ifCounterDiscontinuityTime", IFX_ENTRY(19) },
};

static const struct metric if_metrics[] = {
	{ "rx_bps", UNIT_BIT_PER_SECOND, METRIC_GAUGE, "port|link",
	  "Received by the port; of a link: towards the site" },
	{ "tx_bps", UNIT_BIT_PER_SECOND, METRIC_GAUGE, "port|link", "Sent by the port" },
	{ "rx_errors_ps", UNIT_PER_SECOND, METRIC_GAUGE, "port|link",
	  "Packets received with errors (ifInErrors)" },
	{ "tx_errors_ps", UNIT_PER_SECOND, METRIC_GAUGE, "port|link",
	  "Packets not sent for errors (ifOutErrors)" },
	{ "rx_discards_ps", UNIT_PER_SECOND, METRIC_GAUGE, "port",
	  "Received packets thrown away (ifInDiscards)" },
	{ "tx_discards_ps", UNIT_PER_SECOND, METRIC_GAUGE, "port",
	  "Packets thrown away unsent (ifOutDiscards)" },
	{ "oper_up_ratio", UNIT_RATIO, METRIC_GAUGE, "port",
	  "Part of the time in which ifOperStatus was up" },
	{ 0 }
};

static const uint8_t counter_column[IF_COUNTERS] = {
	[PORT_RX_BPS] = IF_HC_IN_OCTETS, [PORT_TX_BPS] = IF_HC_OUT_OCTETS,
	[PORT_RX_ERRORS_PS] = IF_IN_ERRORS, [PORT_TX_ERRORS_PS] = IF_OUT_ERRORS,
	[PORT_RX_DISCARDS_PS] = IF_IN_DISCARDS, [PORT_TX_DISCARDS_PS] = IF_OUT_DISCARDS
};
static const uint8_t counter_column_32[2] = { [PORT_RX_BPS] = IF_IN_OCTETS, [PORT_TX_BPS] = IF_OUT_OCTETS };

struct if_port {			/* a port that core has numbered */
	uint32_t	number, link;
	uint32_t	index;		/* ifIndex under which it was read last; 0 = not yet */
	/* as the device spells it, "": none of its rows is this one; in if_state.port_names */
	const char     *name;
	uint32_t	alias, mac;	/* of the row that has its name, as hashes; 0 = none, or not seen yet */
	bool		planned;	/* the device has it */
	bool		held;		/* its row has another alias or MAC: core has to say which port it is */
	bool		done;		/* has its sample of this poll */
	struct if_bases bases;
};

struct if_found {			/* a row that the walk saw */
	uint32_t    index, columns;
	uint32_t    alias, mac;		/* hashes; 0 = none */
	const char *name;		/* in if_state.found_names */
};

struct if_state {
	struct if_port	*port;
	struct if_found *found;		/* by rising index; names are unique */
	char		*port_names, *found_names;
	size_t		 nports, nfound;
};

static void
found_free(struct if_state *st)
{
	free(st->found);
	free(st->found_names);
	st->found = NULL;
	st->found_names = NULL;
	st->nfound = 0;
}

static void
ports_free(struct if_state *st)
{
	for (size_t i = 0; i < st->nports; i++)
		if_bases_fini(&st->port[i].bases);
	free(st->port);
	free(st->port_names);
}

/* Append a name to a block that has room for it. */
static const char *
name_put(char **at, const char *name)
{
	size_t size = strlen(name) + 1;

	*at += size;
	return memcpy(*at - size, name, size);
}

/*
 * What the device calls this row: ifName, or ifDescr where there is no ifXTable. Text after a NUL or too long
 * is cut.
 */
static void
row_name(const struct row *row, unsigned column, char *out)
{
	const struct snmp_value *v = &row->value[column];
	size_t			 len = v->type == SNMP_OCTETS ? v->len : 0;

	if (len > NAME_MAX_LEN)
		len = NAME_MAX_LEN;
	if (len > 0)
		memcpy(out, v->bytes, len);
	out[len] = '\0';
}

static unsigned
name_column(uint32_t columns)
{
	return columns & COLUMN(IF_NAME) ? IF_NAME : IF_DESCR;
}

static double
gauge_of(const struct row *row, unsigned column)
{
	return row->value[column].type == SNMP_GAUGE32 ? (double)row->value[column].number : 0;
}

static uint64_t
hash_bytes(const uint8_t *p, size_t len)
{
	uint64_t h = len;

	while (len-- > 0)
		h = hash_u64(h ^ *p++);
	return h;
}

static uint32_t
hash_value(const struct snmp_value *v)
{
	return v->type == SNMP_OCTETS && v->len > 0 ? (uint32_t)hash_bytes(v->bytes, v->len) | 1 : 0;
}

static void
port_tell(const struct collector *c, const struct row *row, const char *name)
{
	struct msg_port_found	 m = { .device = c->device, .if_index = row->index[0] };
	const struct snmp_value *mac = &row->value[IF_PHYS_ADDRESS];

	if (row->value[IF_TYPE].type == SNMP_INTEGER)
		m.if_type = (uint32_t)row->value[IF_TYPE].integer;
	m.speed_bps = (uint64_t)gauge_of(row, IF_HIGH_SPEED) * 1000000;
	memcpy(m.name, name, strlen(name) + 1);
	row_name(row, IF_ALIAS, m.alias);
	row_name(row, IF_DESCR, m.descr);
	if (mac->type == SNMP_OCTETS && mac->len <= sizeof(m.mac)) {
		m.mac_len = (uint8_t)mac->len;
		memcpy(m.mac, mac->bytes, mac->len);
	}
	c->sink->port_found(c->sink->arg, &m);
}

/* The name of a row that can be a port, or an empty one. */
static void
row_port_name(const struct row *row, char *out)
{
	out[0] = '\0';
	if (row->nindex == 1)		/* an ifIndex */
		row_name(row, name_column(row_columns(row, IF_COLUMNS)), out);
}

static const char *
name_of_index(const void *arg, uint32_t if_index)
{
	const struct if_state *st = arg;
	size_t		       low = 0, high = st->nfound;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (st->found[mid].index == if_index)
			return st->found[mid].name;
		if (st->found[mid].index < if_index)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static const char *
name_at(const void *arg, size_t i, uint32_t *if_index)
{
	const struct if_state *st = arg;

	if (i >= st->nfound)
		return NULL;
	*if_index = st->found[i].index;
	return st->found[i].name;
}

/* Room for what the walk has found: the rows and their names. */
static void
found_new(struct if_state *st, const struct row *rows, size_t n)
{
	char   name[NAME_MAX_LEN + 1];
	size_t size = 0;

	found_free(st);
	for (size_t i = 0; i < n; i++) {
		row_port_name(&rows[i], name);
		size += strlen(name) + 1;
	}
	st->found = xcalloc(n + 1, sizeof(*st->found));
	st->found_names = xcalloc(1, size + 1);
}

/* All of them have been told: only together they show which is which. */
static void
ports_told(const struct collector *c, size_t n)
{
	const struct msg_ports_end m = { .device = c->device, .ports = (uint32_t)n, .hardware = c->hardware };

	if (n > 0 && c->sink->ports_end != NULL)
		c->sink->ports_end(c->sink->arg, &m);
}

static bool
if_match(struct collector *c, const struct row *rows, size_t n)
{
	struct if_state *st = c->state;
	struct map	*names = map_new();
	char		 name[NAME_MAX_LEN + 1], *put;

	found_new(st, rows, n);
	put = st->found_names;
	c->hardware = 0;
	for (size_t i = 0; i < n; i++) {
		struct if_found		*f = &st->found[st->nfound];
		const struct snmp_value *mac = &rows[i].value[IF_PHYS_ADDRESS];

		row_port_name(&rows[i], name);
		if (name[0] == '\0')
			continue;
		f->columns = row_columns(&rows[i], IF_COLUMNS);
		f->index = rows[i].index[0];
		f->name = name_put(&put, name);
		if (map_add(names, f->name, f) == -1) {
			log_debug("snmp", "device %u: two ports \"%s\": that of ifIndex %u is left out",
			    c->device, name, f->index);
			continue;
		}
		f->alias = hash_value(&rows[i].value[IF_ALIAS]);
		f->mac = hash_value(mac);
		if (mac->type == SNMP_OCTETS && mac->len > 0)
			c->hardware += hash_bytes(mac->bytes, mac->len);
		if (st->nfound < PORTS_MAX)
			port_tell(c, &rows[i], name);
		st->nfound++;
	}
	map_free(names);
	st->found = xrealloc(st->found, st->nfound + 1, sizeof(*st->found));
	c->siblings->port_name = name_of_index;
	c->siblings->port_at = name_at;
	c->siblings->port_arg = st;
	ports_told(c, st->nfound < PORTS_MAX ? st->nfound : PORTS_MAX);
	return st->nfound > 0;
}

/* Core lists them in one order: mostly it is where it was. */
static struct if_port *
port_by_number(struct if_state *st, uint32_t number, size_t guess)
{
	if (guess < st->nports && st->port[guess].number == number)
		return &st->port[guess];
	for (size_t i = 0; i < st->nports; i++)
		if (st->port[i].number == number)
			return &st->port[i];
	return NULL;
}

/*
 * Does a port that core knows by another name now go on where it was? A row that keeps its ifIndex is the same
 * interface, renamed; one that has another within a boot has been made anew (RFC 2863 3.1.5), and its counters
 * with it.
 */
static bool
goes_on(const struct if_state *st, const struct if_port *old, const char *name)
{
	if (strcmp(old->name, name) == 0)
		return true;
	for (size_t i = 0; i < st->nfound; i++)
		if (strcmp(st->found[i].name, name) == 0)
			return old->index != 0 && st->found[i].index == old->index;
	return false;
}

static bool
port_is_same(const struct if_port *p, const struct msg_port *m)
{
	return p->number == m->number && p->link == m->link && strcmp(p->name, m->name) == 0;
}

/* Take over a new list; ports that were there keep their bases. */
static bool
if_ports(struct collector *c, const struct msg_port *ports, size_t n)
{
	struct if_state *st = c->state;
	struct if_port	*next;
	char		*names, *put;
	size_t		 same = 0, size = 1;

	for (size_t i = 0; i < n && i < st->nports; i++)
		same += port_is_same(&st->port[i], &ports[i]) && !st->port[i].held;
	if (same == n && n == st->nports)
		return false;
	for (size_t i = 0; i < n; i++)
		size += strlen(ports[i].name) + 1;
	next = xcalloc(n, sizeof(*next));
	put = names = xcalloc(1, size);
	for (size_t i = 0; i < n; i++) {
		struct if_port *old = port_by_number(st, ports[i].number, i);

		next[i].number = ports[i].number;
		next[i].link = ports[i].link;
		next[i].name = name_put(&put, ports[i].name);
		if (old != NULL && goes_on(st, old, ports[i].name)) {
			next[i].index = old->index;
			next[i].done = old->done;
			next[i].bases = old->bases;
			old->bases = (struct if_bases){ 0 };
		}
	}
	ports_free(st);
	st->port = next;
	st->port_names = names;
	st->nports = n;
	return true;
}

/*
 * The row with the name of a port is read, unless it has another alias or MAC than at the walk before: then it
 * may be another port, and nothing is booked until core has compared them all.
 */
static bool
is_read(struct if_port *p, const struct if_found *f)
{
	if (f == NULL)
		return false;
	p->held |= (p->alias != 0 && p->alias != f->alias) || (p->mac != 0 && p->mac != f->mac);
	p->alias = f->alias;
	p->mac = f->mac;
	return !p->held;
}

/* The columns to read of a row: only what the walk has seen there, 64-bit octets before 32-bit ones. */
static uint32_t
poll_columns(uint32_t has, const struct if_port *p)
{
	uint32_t want = COLUMN(name_column(has)) | COLUMN(IF_DISCONTINUITY) | COLUMN(IF_OPER_STATUS) |
	    COLUMN(IF_IN_ERRORS) | COLUMN(IF_OUT_ERRORS) | COLUMN(IF_IN_DISCARDS) | COLUMN(IF_OUT_DISCARDS);

	want |= has & COLUMN(IF_HC_IN_OCTETS) ? COLUMN(IF_HC_IN_OCTETS) : COLUMN(IF_IN_OCTETS);
	want |= has & COLUMN(IF_HC_OUT_OCTETS) ? COLUMN(IF_HC_OUT_OCTETS) : COLUMN(IF_OUT_OCTETS);
	want |= has & COLUMN(IF_HIGH_SPEED) ? COLUMN(IF_HIGH_SPEED) : COLUMN(IF_SPEED);
	if (p->link != 0 && p->alias != 0)	/* a moved cable is seen at once where it matters */
		want |= COLUMN(IF_ALIAS);
	return want & has;
}

static void
if_plan(struct collector *c, struct poll_plan *plan)
{
	struct if_state *st = c->state;
	struct map	*names = map_new();

	for (size_t i = 0; i < st->nfound; i++)
		map_add(names, st->found[i].name, &st->found[i]);
	for (size_t i = 0; i < st->nports; i++) {
		struct if_port	      *p = &st->port[i];
		const struct if_found *f = map_get(names, p->name);

		p->planned = is_read(p, f);
		if (p->planned)
			poll_plan_row(plan, &(struct wanted_row){ .tag = (uint32_t)i,
				.columns = poll_columns(f->columns, p), .index = &f->index, .nindex = 1 });
	}
	map_free(names);
}

/*
 * ifHighSpeed counts in Mbit/s and 0 says nothing; ifSpeed is asked for only where there is no ifXTable, its
 * top means "more". Never the contract of the line: providers let more pass, and it may have been entered
 * wrongly.
 */
static double
row_speed(const struct row *row)
{
	double speed = gauge_of(row, IF_SPEED);

	if (row_has(row, IF_HIGH_SPEED))
		return gauge_of(row, IF_HIGH_SPEED) * 1e6;
	return speed < UINT32_MAX ? speed : 0;
}

/* The counter in this column as a reading, or false when the row does not have it. */
static bool
counter_read(const struct row *row, unsigned column, const struct poll *poll, struct rate_reading *out)
{
	const struct snmp_value *v = &row->value[column], *discontinuity = &row->value[IF_DISCONTINUITY];

	if (v->type != SNMP_COUNTER64 && v->type != SNMP_COUNTER32)
		return false;
	*out = (struct rate_reading){
		.mono_ns = poll->mono_ns, .value = v->number, .bits = v->type == SNMP_COUNTER64 ? 64 : 32,
		.uptime_ticks = poll->uptime_ticks, .boots = poll->boots, .has_boots = poll->has_boots
	};
	if (discontinuity->type == SNMP_TIMETICKS) {
		out->has_discontinuity = true;
		out->discontinuity_ticks = (uint32_t)discontinuity->number;
	}
	return true;
}

static enum quality
quality_of(enum rate_reason reason)
{
	switch (reason) {
	case RATE_KNOWN:
		return QUALITY_GOOD;
	case RATE_TYPE:
	case RATE_RESTART:
	case RATE_DISCONTINUITY:
	case RATE_DECREASE:
		return QUALITY_RESET;
	default:
		return QUALITY_UNKNOWN;
	}
}

/*
 * Rates of all counters of a row. A sample speaks of one stretch of time: that of its first known counter,
 * which is of octets unless they are unknown. One that the agent left out of the last answer speaks of a
 * longer one, and stays unknown this time. @return why the traffic is known or not: that of the better known
 * direction
 */
static enum rate_reason
port_rates(struct if_port *p, const struct row *row, const struct poll *poll, struct sample *s)
{
	double		    speed_bps = row_speed(row);
	enum rate_reason    why = RATE_FIRST;
	bool		    any_known = false;
	struct rate	    rate[IF_COUNTERS];
	struct rate_reading reading;
	struct rate_result  r;

	if_bases_read(&p->bases, rate);
	for (unsigned i = 0; i < IF_COUNTERS; i++) {
		unsigned column = counter_column[i];

		s->value[i] = NAN;
		if (i <= PORT_TX_BPS && !row_has(row, column))
			column = counter_column_32[i];
		if (!counter_read(row, column, poll, &reading))
			continue;
		if (i <= PORT_TX_BPS)
			rate_next_bps(&rate[i], &reading, poll->step_s, speed_bps, &r);
		else
			rate_next_count(&rate[i], &reading, poll->step_s, &r);
		if (r.reason == RATE_KNOWN && !any_known)
			s->seconds = r.seconds;
		any_known |= r.reason == RATE_KNOWN;
		if (r.seconds == s->seconds)
			s->value[i] = r.per_s;
		if (i == PORT_RX_BPS || (i == PORT_TX_BPS && why != RATE_KNOWN))
			why = r.reason;
	}
	if_bases_write(&p->bases, rate);
	return why;
}

/* ifOperStatus: up(1), down(2), testing(3), unknown(4), dormant(5), notPresent(6), lowerLayerDown(7). */
static double
oper_up(const struct snmp_value *v)
{
	if (v->type != SNMP_INTEGER || v->integer < 1 || v->integer > 7 || v->integer == 4)
		return NAN;
	return v->integer == 1;
}

/* Hand the sample in under the port's number and, cut to the four values of a link, under its link's. */
static void
port_emit(const struct collector *c, struct if_port *p, struct sample *s)
{
	p->done = true;
	s->type = SAMPLE_RATE;
	s->series = p->number;
	s->n = PORT_RATES;
	c->sink->sample(c->sink->arg, s);
	if (p->link == 0)
		return;
	s->series = p->link;
	s->n = LINK_RATES;	/* the same four values in the same order */
	c->sink->sample(c->sink->arg, s);
}

/* Is this the row that the walk saw: by its name and alias, and still with the octet counters asked for? */
static bool
row_is_port(const struct row *row, const struct if_port *p)
{
	char name[NAME_MAX_LEN + 1];

	for (unsigned i = PORT_RX_BPS; i <= PORT_TX_BPS; i++)
		if (row->value[counter_column[i]].type >= SNMP_NO_SUCH_OBJECT ||
		    row->value[counter_column_32[i]].type >= SNMP_NO_SUCH_OBJECT)
			return false;
	if (row->value[IF_ALIAS].type == SNMP_OCTETS && hash_value(&row->value[IF_ALIAS]) != p->alias)
		return false;
	row_name(row, row_has(row, IF_NAME) ? IF_NAME : IF_DESCR, name);
	return strcmp(name, p->name) == 0;
}

static bool
if_row(struct collector *c, const struct row *row, const struct poll *poll)
{
	struct if_state *st = c->state;
	struct if_port	*p = &st->port[row->tag];
	struct sample	 s = { .wall_ns = poll->wall_ns, .seconds = poll->step_s };
	enum rate_reason why;

	if (!row_is_port(row, p))
		return false;
	if (p->done)
		return true;
	p->index = row->index[0];
	why = port_rates(p, row, poll, &s);
	if (why == RATE_IGNORED) {
		p->done = true;
		return true;
	}
	s.value[PORT_OPER_UP_RATIO] = oper_up(&row->value[IF_OPER_STATUS]);
	s.quality = (uint8_t)quality_of(why);
	if (why != RATE_KNOWN)
		log_debug("snmp", "port %u (%s): unknown: %s", p->number, p->name, rate_reason_words[why]);
	port_emit(c, p, &s);
	return true;
}

/*
 * Beside the schedule: up or down is worth a sample, a rate is not. Many agents refresh their counters only every
 * few seconds, and a rate over a shorter time would be a false zero.
 */
static bool
if_look(struct collector *c, const struct row *row, const struct poll *poll)
{
	struct if_state	     *st = c->state;
	const struct if_port *p = &st->port[row->tag];
	struct sample	      s = { .series = p->number, .type = SAMPLE_RATE, .wall_ns = poll->wall_ns,
		.seconds = 1, .n = PORT_RATES };

	if (!row_is_port(row, p))
		return false;
	for (unsigned i = 0; i < PORT_RATES; i++)
		s.value[i] = NAN;
	s.value[PORT_OPER_UP_RATIO] = oper_up(&row->value[IF_OPER_STATUS]);
	c->sink->sample(c->sink->arg, &s);
	return true;
}

static void
if_end(struct collector *c, const struct poll *poll)
{
	struct if_state *st = c->state;

	c->misses = false;
	for (size_t i = 0; i < st->nports; i++) {
		struct if_port *p = &st->port[i];
		struct sample	s = { .wall_ns = poll->wall_ns, .seconds = poll->step_s };

		c->misses |= p->link != 0 && !p->planned;
		if (!p->done) {
			s.quality = QUALITY_LOST;
			if (poll->refused || (poll->answered && !p->planned))
				s.quality = QUALITY_UNKNOWN;
			for (unsigned k = 0; k < PORT_RATES; k++)
				s.value[k] = NAN;
			port_emit(c, p, &s);
		}
		p->done = false;
	}
}

static void
if_fini(struct collector *c)
{
	struct if_state *st = c->state;

	found_free(st);
	ports_free(st);
}

const struct collector_ops collector_if_mib = {
	.name	    = "if_mib",
	.help	    = "Traffic, errors, discards and state of the ports of a device (IF-MIB).",
	.metrics    = if_metrics,
	.options    = snmp_options,
	.state_size = sizeof(struct if_state),
	.columns    = if_columns,
	.ports	    = if_ports,
	.match	    = if_match,
	.plan	    = if_plan,
	.row	    = if_row,
	.look	    = if_look,
	.end	    = if_end,
	.fini	    = if_fini,
};
