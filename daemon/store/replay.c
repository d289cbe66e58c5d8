/* SPDX-License-Identifier: GPL-3.0-or-later */
/* replay.c: see replay.h. */
#include "store/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/segment_reader.h"

struct replay {
	struct journal		*journal;
	const struct replay_ops *ops;
	void			*arg;
	uint64_t		 next_seq;	/* samples of earlier blocks are not wanted, or were seen */
	uint64_t		 segment_seq;	/* first_seq of the open segment; 0 = none yet */
	struct segment_reader	 reader;	/* fd -1: no segment open */
	uint64_t		 damaged;	/* of the open segment, as counted so far */
	uint64_t		 samples;
	bool			 pause;
};

struct replay *
replay_new(struct journal *j, uint64_t from_seq, const struct replay_ops *ops, void *arg)
{
	struct replay *r = xcalloc(1, sizeof(*r));

	r->journal = j;
	r->ops = ops;
	r->arg = arg;
	r->next_seq = from_seq > 0 ? from_seq : 1;
	r->reader.fd = -1;
	return r;
}

void
replay_free(struct replay *r)
{
	if (r == NULL)
		return;
	segment_reader_fini(&r->reader);
	free(r);
}

uint64_t
replay_samples(const struct replay *r)
{
	return r->samples;
}

static void
block_play(struct replay *r, const struct block *b)
{
	struct journal_place place = { .seq = b->seq, .wall_ns = b->wall_ns };
	struct cursor	     c = cursor_of(b->records, b->length);
	struct sample	     s;
	bool		     wanted = b->seq >= r->next_seq;

	while (cursor_left(&c) > 0 && sample_decode(&c, &s, b->wall_ns) == 0) {
		if (s.type == SAMPLE_NAME)
			r->ops->name(r->arg, s.series, s.text);
		else if (wanted) {
			r->ops->sample(r->arg, &s, &place);
			r->samples++;
		}
	}
	if (c.bad)
		journal_count_damage(r->journal, 1);
	if (wanted)
		r->next_seq = b->seq + 1;
}

/* Go to the segment that holds the next wanted block, or to the next one. @return false when there is none */
static bool
segment_advance(struct replay *r)
{
	const struct journal_segment *s = r->segment_seq == 0 ? journal_segment_of(r->journal, r->next_seq) :
	    journal_segment_after(r->journal, r->segment_seq);
	char name[SEGMENT_NAME_SIZE];

	if (s == NULL)
		return false;
	segment_reader_fini(&r->reader);
	r->segment_seq = s->first_seq;
	r->damaged = 0;
	if (segment_reader_init(&r->reader, journal_segment_open(r->journal, s), s->bytes) != 0) {
		log_warn("store/journal/%s: cannot be read, its samples are missing",
		    segment_name(name, s->first_seq));
		journal_count_damage(r->journal, 1);
	}
	return true;
}

/* The last segment grows while we read. */
static void
limit_renew(struct replay *r)
{
	const struct journal_segment *s = journal_segment_of(r->journal, r->segment_seq);

	if (s != NULL && s->first_seq == r->segment_seq)
		r->reader.limit = s->bytes;
}

static void
damage_report(struct replay *r)
{
	uint64_t found = r->reader.damaged + r->reader.torn;
	char	 name[SEGMENT_NAME_SIZE];

	if (found == r->damaged)
		return;
	log_warnx("store/journal/%s: damaged; what can be read of it is used",
	    segment_name(name, r->segment_seq));
	journal_count_damage(r->journal, found - r->damaged);
	r->damaged = found;
}

void
replay_pause(struct replay *r)
{
	r->pause = true;
}

bool
replay_step(struct replay *r, size_t bytes)
{
	struct block b;
	size_t	     done = 0;
	int	     rc;

	r->pause = false;
	while (done < bytes && !r->pause) {
		rc = 0;
		if (r->reader.fd != -1) {
			limit_renew(r);
			rc = segment_reader_next(&r->reader, &b);
			damage_report(r);
		}
		if (rc == 1) {
			block_play(r, &b);
			done += BLOCK_HEAD + b.length;
			continue;
		}
		if (rc == -1)
			log_warn("store/journal: read error, the rest of one segment is missing");
		if (!segment_advance(r))
			return false;
	}
	return true;
}

static void
waiting_play(void *arg, const struct block *b)
{
	block_play(arg, b);
}

void
replay_waiting(struct replay *r)
{
	journal_each_waiting(r->journal, waiting_play, r);
}
