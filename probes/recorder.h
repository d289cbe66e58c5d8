/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recorder.h: what happened to a line, packet by packet, around the moment when it began to lose them.
 *
 * Each target of the ICMP probe keeps the fate of its steady packets of the last 120 s in a ring. The first
 * packet that is lost while the line is up begins a recording: what the ring holds goes to core at once, and
 * then every packet, steady and burst, for 300 s; if the line goes down, until 300 s after it is up again,
 * but no longer than RECORD_LONGEST_NS. With it go a trace at once, the path MTU when the line first answers
 * again, and another trace when it has answered for a while.
 *
 * At most RECORDINGS_MAX lines are recorded at a time: beyond it the rings go on, and PROBE_NOW, by which
 * core looks at a fault, asks again. A recording costs no packets but those of its traces, which have a
 * budget (way.h).
 */
#ifndef SIMPUL_RECORDER_H
#define SIMPUL_RECORDER_H

#include "probes/engine.h"
#include "probes/way.h"
#include "sample/flight.h"

#define RECORDINGS_MAX	  256			/* of an instance */
#define RECORD_LONGEST_NS (1200 * NS_PER_S)	/* after its beginning */
#define RECORD_PACKETS	  6000			/* of one recording: more than its longest time holds */
#define FLIGHT_RING_MAX	  121			/* one a second */

struct recorder;
struct flight;		/* of a target: its ring, and its recording while there is one */

struct recorder *recorder_new(struct probe_engine *e, way_tell_fn tell, void *arg);
void	recorder_free(struct recorder *r);
/** Core is another one now: all recordings are forgotten, what the rings hold is not. */
void	recorder_reset(struct recorder *r);
/**
 * A packet of a target is decided. Does nothing when nobody records (p->engine->recorder is NULL).
 * @param at	where the target keeps its flight; NULL until the first packet
 * @param fate	as in flight.h
 * @param view	enum target_view, before this packet
 */
void	recorder_packet(struct probe *p, struct flight **at, int64_t sent_ns, uint32_t fate, uint8_t view);
/** PROBE_NOW: record a line that went down within the time of the ring, if that did not begin by itself. */
void	recorder_asked(struct probe *p, struct flight *f, uint8_t view);
/** The target goes. @param f  freed; may be NULL */
void	recorder_forget(struct probe *p, struct flight *f);
void	recorder_counters(const struct recorder *r, struct msg_counters *out);

/* flight_ring.c: 5 bytes a packet */

struct flight *flight_new(int64_t interval_ns);
void	flight_add(struct flight *f, int64_t sent_ns, uint32_t fate);
/**
 * What the ring holds, in the order of time.
 * @param begin_ns	monotonic: at_ms counts from here
 * @return how many of out[FLIGHT_RING_MAX] are filled in
 */
size_t	flight_read(const struct flight *f, int64_t begin_ns, struct flight_packet *out);
size_t	flight_size(int64_t interval_ns);	/* bytes */

struct recording;
struct recording *flight_recording(const struct flight *f);
void	flight_record(struct flight *f, struct recording *rec);	/* NULL: no more */

#endif
