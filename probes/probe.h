/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe.h: a probe sends test traffic and times or counts what comes back.
 *
 * A probe is one table; the table is all that the rest of the program knows of it. To make a new one, copy tcp.c and add a
 * line to registry.c.
 */
#ifndef SIMPUL_PROBE_H
#define SIMPUL_PROBE_H

#include "base/conf.h"
#include "base/packet_io.h"
#include "sample/sink.h"

enum unit { UNIT_NONE, UNIT_SECOND, UNIT_RATIO, UNIT_BIT_PER_SECOND };
enum metric_kind { METRIC_GAUGE, METRIC_COUNTER };

struct metric {
	const char	*name;
	enum unit	 unit;
	enum metric_kind kind;
	const char	*help;
};

struct probe_engine;		/* what the probes of one instance share: loop, packet_io, randomness, budget */
struct probe;			/* one target of one probe, with state_size bytes of its own */

struct probe_ops {
	const char	      *name;		/* config word, log tag, MQTT level */
	const char	      *help;		/* one sentence */
	const struct metric   *metrics;		/* ends with { 0 } */
	const struct conf_opt *options;		/* ends with { 0 }; NULL for none */
	size_t		       state_size;	/* zeroed bytes per target, owned by the scheduler */

	int	(*open)(struct probe_engine *);	/* once per instance; may be NULL */
	int	(*start)(struct probe *);	/* begin one round and return at once */
	void	(*cancel)(struct probe *);	/* forget the round in flight; safe when there is none */
};

extern const struct probe_ops *const probe_registry[];	/* alphabetical, ends with NULL */
const struct probe_ops *probe_find(const char *name);

#endif
