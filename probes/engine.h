/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine.h: the probes of one measuring instance, for the files of probes/ and for measure.
 *
 *	engine.c	targets in, each started once per interval at its own phase; results out as samples
 *	ask.c		PROBE_NOW: who waits for which results
 *	icmp.c, tcp.c	the probes: struct probe_ops each
 */
#ifndef SIMPUL_PROBES_ENGINE_H
#define SIMPUL_PROBES_ENGINE_H

#include "base/map.h"
#include "probes/probe.h"
#include "schedule/lag.h"
#include "schedule/wheel.h"

struct ask;
struct ask_entry;
struct dialog;
struct dialog_trust;
struct resolver;
struct recorder;
struct ways;

typedef void (*probe_asked_fn)(void *arg, uint32_t token, const struct msg_probe_done *done);

struct probe_engine {
	/* for the probes */
	struct loop	 *loop;
	struct packet_io *io;		/* borrowed */
	int		  secrets_fd;	/* directory secrets/probes, borrowed; -1: none */
	struct wheel	 *wheel;
	struct lag	  lag;		/* planned to real send time, since the counters were last read */
	uint32_t	  bursts;	/* running now */
	uint64_t	  no_path;	/* packets and connections whose interface or source address was not there */
	struct dialog_trust *trust;	/* of those who speak TLS; made when it is first needed */
	struct resolver	 *resolver;	/* use probe_resolver() */
	struct recorder	 *recorder;	/* NULL: nothing is recorded, no way is traced */
	struct ways	 *ways;		/* likewise */

	/* the engine's own */
	struct sink	  sink;
	struct sample	  sample;	/* the one being made */
	struct nmap	 *probes;	/* by number */
	void		 *shared[PROBES_MAX];	/* parallel to probe_registry[] */
	struct ask	 *asks;
	probe_asked_fn	  asked;
	void		 *asked_arg;
};

struct probe_words {		/* of a probe that is asked by name; of a line: its credential alone */
	char	*ask;		/* such as a URL; owned, as the other texts */
	char	*expect;	/* what a good answer holds; "": any will do */
	char	*credential;	/* file below secrets/probes; "": none */
	uint8_t	 told;		/* enum target_state that core knows; 0 = none */
	uint64_t told_why;	/* hash of the reason that it knows */
	bool	 trouble;	/* it knows, or may know, why we could not ask */
};

struct probe_path {		/* the way that the packets of a target take; NULL: as routed */
	struct addr source;	/* family 0: any */
	char	    interface[16];	/* "": any */
	int	    index;		/* of the interface; -1: not there when we last looked */
};

struct probe {
	const struct probe_ops *ops;
	struct probe_engine    *engine;
	void		       *shared;		/* what ops->open returned */
	void		       *state;		/* ops->state_size bytes */
	struct addr		address;	/* family 0: it has words, or calls us */
	struct probe_words     *words;		/* NULL: the address is all, and there is no credential */
	struct probe_path      *path;
	uint16_t		port;
	uint32_t		number;		/* of the series */
	int64_t			interval_ns, timeout_ns;	/* timeout <= interval: a round is over before the next */
	int64_t			planned_ns;	/* when this round, or packet, was to begin */

	struct wheel_timer	due;
	struct dialog	       *dialog;	/* under way; NULL: none */
	struct ask_entry       *asked;		/* PROBE_NOW waits for these results */
	uint32_t		plan;		/* generation of the newest plan that has it */
};

/* ---- for measure ---- */

/**
 * @param io	borrowed
 * @param sink	copied; only `sample` is used
 * @param asked	gets the answers to probe_engine_ask(), from the loop
 */
struct probe_engine *probe_engine_new(struct loop *l, struct packet_io *io, const struct sink *sink,
    probe_asked_fn asked, void *arg);
void	probe_engine_free(struct probe_engine *e);
/** Keys and passwords are files there. @param dir_fd  secrets/probes, borrowed; -1 (also at first): nobody has any */
void	probe_engine_secrets(struct probe_engine *e, int dir_fd);
/**
 * Add or change a target. One that did not change goes on undisturbed.
 * @param words	NULL: it has none
 * @return 0, or -1 (logged): no such probe, no address, no words
 */
int	probe_engine_target(struct probe_engine *e, const struct msg_target *t, const struct msg_target_words *words,
    uint32_t plan);
/** Core may not have heard all states: tell them with the next results. */
void	probe_engine_tell_again(struct probe_engine *e);
/** Remove the targets that this plan no longer has. */
void	probe_engine_sweep(struct probe_engine *e, uint32_t plan);
void	probe_engine_packet(struct probe_engine *e, const struct packet_in *in);
/** Extra rounds; every number asked for is answered exactly once, at the deadline at the latest. */
void	probe_engine_ask(struct probe_engine *e, uint32_t token, const struct msg_probe_now *now);
/** Which way do packets take to a line? Answered by TRACE_DONE, if the line is there. */
void	probe_engine_trace(struct probe_engine *e, const struct msg_trace_now *now);
/** Core is another one: what was being recorded for the last one is forgotten. */
void	probe_engine_record_anew(struct probe_engine *e);
/** Append counters; the lag figures start anew. */
void	probe_engine_counters(struct probe_engine *e, struct msg_counters *out);

/* ---- for the probes ---- */

/** The path of a packet or connection that leaves now. An interface that was not there is looked up again. */
struct packet_path probe_path_now(struct probe *p);
/** Sending failed with this errno: was it for want of the path? Count that, and look the interface up. */
void	probe_path_failed(struct probe *p, int error);

struct probe_round {		/* one result */
	uint8_t	 quality;	/* GOOD: the target answered; LOST: it did not; UNKNOWN: we could not ask */
	unsigned sent, answered, duplicate, late, reordered;
	float	 rtt_p50_s;	/* NAN when none */
};
void	probe_result(struct probe *p, const struct probe_round *r);

struct probe_answer {		/* one result of a probe that is asked by name */
	uint8_t	    quality;	/* GOOD: as expected; LOST: not; UNKNOWN: we could not ask */
	bool	    silent;	/* LOST: nothing answered at all */
	float	    total_s;	/* asked to fully answered; NAN: it was not */
	float	    ttfb_s;	/* asked to the first byte of the answer; NAN: not known */
	const char *why;	/* not GOOD: what is wrong, for people; text of others made visible; of UNKNOWN it is told as fact "trouble" */
};
/** The result as samples, and what has changed as a state. */
void	probe_answer(struct probe *p, const struct probe_answer *a);
/**
 * Say something beside the result: "cert_days" 24.5, "protocol" "TLSv1.3". Before probe_answer().
 * @param value	NAN: it is a word, or not known @param text  of anybody; made visible and cut here; NULL or "": none
 */
void	probe_fact(struct probe *p, const char *name, double value, const char *text);
/** Of names; made when it is first needed. Not on a virtual loop. */
struct resolver *probe_resolver(struct probe_engine *e);
/** A sample of this target to fill in (series set, no text), and to hand in. */
struct sample *probe_sample(struct probe *p);
void	probe_sample_send(struct probe *p);

/* ---- ask.c, for the engine ---- */

void	ask_result(struct probe *p, const struct probe_round *r);
void	ask_forget(struct probe *p);		/* the target goes: its verdict is unknown */
void	ask_free_all(struct probe_engine *e);

#endif
