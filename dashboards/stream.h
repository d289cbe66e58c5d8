/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream.h: the live changes of GET /events, as server-sent events.
 *
 * Each refresh of the city that changes something is a batch with a number, and every object remembers the
 * batch that told its present row. So a reader that comes back with the number of the last batch it saw gets
 * one batch of all that has changed since, however long ago that was.
 *
 * An id says that all up to this batch has been told, so it stands in the last event of a batch alone:
 * incidents come first, without one. The hello of a reader that comes back repeats what it came with, until
 * it has what it missed. Ids are those of a scope: one that was made for an eye that sees less is not known.
 */
#ifndef SIMPUL_STREAM_H
#define SIMPUL_STREAM_H

#include "dashboards/http.h"
#include "dashboards/mirror.h"
#include "dashboards/session.h"

/* A reader for whom more waits than this, and the largest piece that was sent to it, is dropped. */
#define STREAM_WAITING_MAX (256 * 1024)
#define EVENT_ID_MAX	   40

struct streams;

struct streams_counts {
	unsigned open;
	uint64_t opened, dropped, batches, bytes;
};

/** @param per_session  the oldest goes when one more is opened */
struct streams *streams_new(struct loop *l, struct mirror *m, unsigned per_session);
void	streams_free(struct streams *t);	/* ends all; NULL is allowed */
/** @param x	    taken @param last_id  Last-Event-ID, or NULL */
void	streams_open(struct streams *t, struct exchange *x, struct session *s, const char *last_id);
void	streams_session_ended(struct streams *t, const struct session *s);
/** The city has changed: mirror_calls.changed. */
void	streams_tell(struct streams *t, const struct city *c, int rows);
void	streams_tell_engine(struct streams *t);
struct streams_counts streams_counts(const struct streams *t);

struct event_id {
	uint32_t mark;		/* of this run of the server, and of what the reader sees */
	uint64_t batch;
};

/** "1f0c2d3e-12": mark and batch. 0, or -1 when it is none. Pure. */
int	event_id_parse(const char *text, struct event_id *id);

#endif
