/* SPDX-License-Identifier: GPL-3.0-or-later */
/* way_job.h: what way.c and the two kinds of jobs share. */
#ifndef SIMPUL_WAY_JOB_H
#define SIMPUL_WAY_JOB_H

#include "probes/echo.h"
#include "probes/engine.h"
#include "probes/way.h"

#define WAY_WAIT_NS  NS_PER_S	/* for an answer */
#define WAY_SEQS_MAX 96		/* requests of a job, by number */
#define WAY_HEAD_4   20
#define WAY_HEAD_6   40
#define WAY_LEN_MAX  (1500 - WAY_HEAD_4)	/* of an ICMP message */

struct way_job;

struct way_request {
	uint8_t	 seq;		/* its number, below WAY_SEQS_MAX; given once */
	uint8_t	 ttl;		/* 0 = as usual */
	uint16_t len;		/* of the ICMP message */
};

struct way_answer {
	uint8_t	 seq;
	struct addr from;
	int64_t	 rtt_ns;
	const struct echo_answer *error;	/* NULL: the target's own echo reply */
};

struct way_ops {
	/* Another request to be sent now. @return false: none before turn() */
	bool	(*next)(struct way_job *j, struct way_request *rq);
	void	(*refused)(struct way_job *j, uint8_t seq, int error);	/* it did not leave */
	void (*answer)(struct way_job *j, const struct way_answer *a);  /* each request at most once */
	/* All are answered, or their time is over. @return false: the job is done */
	bool	(*turn)(struct way_job *j);
	void	(*finish)(struct way_job *j, struct ways *w);	/* tell */
};

struct way_job {
	const struct way_ops *ops;
	struct way_job	     *next;
	uint32_t	      number;
	struct addr	      to;
	struct packet_path    path;
	uint16_t	      id, first_seq;
	uint64_t	      nonce;
	unsigned	      open;		/* sent and not answered, of this turn */
	int64_t		      turn_ns;		/* 0: there is more to be sent */
	int64_t sent_ns[WAY_SEQS_MAX];          /* 0: not sent, or answered; negative: of an earlier turn */
};

/**
 * A job to this target at the end of the queue. @param size  of the struct that begins with it @return NULL:
 * no room
 */
struct way_job *way_job_new(struct ways *w, struct probe *p, const struct way_ops *ops, size_t size);
void	way_tell(struct ways *w, uint16_t type, const struct buf *payload);
int64_t	way_wall_ns(const struct ways *w);

#endif
