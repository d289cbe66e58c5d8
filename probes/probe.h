/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe.h: a probe sends test traffic and times or counts what comes back.
 *
 * A probe is one table; the table is all that the rest of the program knows of it. To make a new one, copy tcp.c and add a
 * line to registry.c (and its name to Makefile.inc). What its functions may use is in engine.h.
 */
#ifndef SIMPUL_PROBE_H
#define SIMPUL_PROBE_H

#include "base/conf.h"
#include "base/packet_io.h"
#include "sample/metric.h"
#include "sample/sink.h"

struct probe_engine;		/* what the probes of one instance share: loop, packet_io, wheel, sink */
struct dialog_talk;
struct probe;			/* one target of one probe, with state_size bytes of its own */

/*
 * Options: "interval_s" and "timeout_s", which every probe has, and "port", which it may have. These travel
 * with each target; others would not reach the probe. What one target alone needs stands in its words.
 */
#define PROBE_INTERVAL_MIN_S	 1	/* delay.h keeps one packet a second */
#define PROBE_TIMEOUT_MAX_S	 3	/* icmp.c: rounds of a burst in flight, packets remembered */
#define PROBE_ASKED_TIMEOUT_MAX_S 60	/* of one that is asked by name */

struct probe_ops {
	const char	      *name;		/* config group and word, log tag */
	const char	      *help;		/* one sentence */
	const struct metric   *metrics;		/* ends with { 0 } */
	const struct conf_opt *options;		/* the group of this name; ends with { 0 } */
	unsigned	       starts;		/* calls of start() that make one result */
	size_t		       state_size;	/* zeroed bytes per target, owned by the scheduler */
	bool		       line;	/* can measure a line: the target is an address, results are probe_result() */
	bool		       calls;	/* ... and the other end calls us: it needs no address, start() only looks whether it did */
	bool		       asked;	/* can ask a service: the target is words (probe->words), results are probe_answer() */
	const struct dialog_talk *talk;	/* it does so by a conversation (dialog.h); NULL: otherwise */

	/* Once per interval: begin one round (icmp: send one packet) and return at once. 0, or -1 when it could not. */
	int	(*start)(struct probe *);
	void	(*cancel)(struct probe *);	/* forget what is in flight, the target goes; safe when there is nothing */

	/* All below may be NULL. */
	/* Are these words what it understands? Pure. 0, or -1 with what is wrong and what was expected, for people. */
	int	(*accepts)(const char *ask, const char *expect, char *why, size_t size);
	void   *(*open)(struct probe_engine *);	/* once per instance: returns what its probes share, owned */
	void	(*close)(void *shared);
	void	(*hurry)(struct probe *, unsigned rounds);	/* PROBE_NOW: as many rounds, each 1 s; NULL: one start() */
	void	(*packet)(void *shared, const struct packet_in *);	/* an ICMP message arrived */
	void	(*flush)(void *shared);		/* the end of a tick: send what start() collected */
	void	(*counters)(void *shared, struct msg_counters *out);
};

/* What every probe of services measures: rows of its metrics. */
#define PROBE_SERVICE_METRICS													\
	{ "ok_ratio", UNIT_RATIO, METRIC_GAUGE, "service", "1 when the answer was as expected, 0 when not" },	\
	{ "total_s", UNIT_SECOND, METRIC_GAUGE, "service", "Asked to fully answered" },			\
	{ "ttfb_s", UNIT_SECOND, METRIC_GAUGE, "service", "Asked to the first byte of the answer" }

#define PROBES_MAX 32
extern const struct probe_ops *const probe_registry[];	/* alphabetical, ends with NULL */
extern const char *const probe_line_names[];		/* those that can measure a line; likewise */
extern const char *const probe_service_names[];		/* those that can ask a service: kinds of services.csv; likewise */
const struct probe_ops *probe_find(const char *name);	/* NULL when there is none */
bool	probe_has_option(const struct probe_ops *ops, const char *key);

#endif
