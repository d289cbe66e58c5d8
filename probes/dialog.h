/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialog.h: one conversation with a server, from its name to its last byte, without waiting for anything.
 *
 *	name -> addresses -> connection -> TLS -> what the probe says and hears -> how it ended
 *
 * What is said and heard is the probe's affair: its `step` is a pure function of the bytes that have come. So the probe is a
 * few lines, and all of it can be tested and fuzzed without a socket (tests/fuzz/fuzz_answers.c).
 */
#ifndef SIMPUL_PROBES_DIALOG_H
#define SIMPUL_PROBES_DIALOG_H

#include "base/cursor.h"
#include "probes/engine.h"
#include "probes/target.h"

struct dialog;

#define DIALOG_ANSWER_MAX 16384		/* bytes not understood yet */
#define DIALOG_TOTAL_MAX  (256u << 10)	/* bytes of one conversation */
#define DIALOG_WHY_MAX	  256
#define DIALOG_QUESTIONS  3		/* over UDP, until an answer comes */

/* Every way in which one can end. */
enum dialog_end {
	DIALOG_GOOD,		/* the step has what it wants */
	DIALOG_WRONG,		/* it answers, but not as the step wants it */
	DIALOG_UNNAMED,		/* its name has no address */
	DIALOG_REFUSED,		/* nobody listens there */
	DIALOG_UNREACHABLE,	/* somebody on the way says so */
	DIALOG_SILENT,		/* nothing has come back */
	DIALOG_SLOW,		/* something has, but not all of it in time */
	DIALOG_CLOSED,		/* it hung up before all was said */
	DIALOG_RESET,		/* ... with a reset */
	DIALOG_LONG,		/* its answer does not end */
	DIALOG_UNTRUSTED,	/* its certificate does not prove who it is */
	DIALOG_NO_TLS,		/* TLS cannot begin, or breaks */
	DIALOG_UNASKED,		/* we could not: no route, no socket, a simulated network */
	DIALOG_ENDS
};

struct dialog_result {
	enum dialog_end end;
	const char *why;	/* a sentence without its end, made visible; "": GOOD */
	float	    connect_s, tls_s;	/* SYN to SYN-ACK, and the handshake; NAN: it did not come to it */
	float	    ttfb_s, total_s;	/* from the beginning, the name included; NAN likewise */
	const char *protocol;	/* of TLS; NULL: none */
	double	    cert_days;	/* NAN: no certificate */
};

/* ---- what a probe says and hears ---- */

enum dialog_next {
	DIALOG_MORE,		/* wait for more; over UDP: that was no answer to us, `why` may say what it was */
	DIALOG_TLS,		/* what follows is in TLS (STARTTLS); when it is, the step is called with nothing new */
	DIALOG_DONE,		/* what is in `out` is still sent */
	DIALOG_BAD		/* `why` says what is wrong */
};

struct dialog_io {
	struct cursor in;	/* come and not understood yet; a step leaves what is not whole. UDP: one datagram */
	struct buf   *out;	/* what to say */
	bool	      begin;	/* who speaks first may; UDP: put the question, */
	unsigned      times;	/* ... which has been put so often before */
	bool	      tls;
	struct addr   local;	/* where we speak from */
	uint16_t      local_port;
	int64_t	      mono_ns, wall_ns;	/* now */
	char	      why[DIALOG_WHY_MAX];
};

typedef enum dialog_next (*dialog_step_fn)(void *state, struct dialog_io *io);

/** The next whole line, without its end (CRLF or LF). @return false: it is not all there */
bool	dialog_line(struct dialog_io *io, const char **line, size_t *len);
/** @return DIALOG_BAD, with the sentence in io->why */
enum dialog_next dialog_bad(struct dialog_io *io, const char *fmt, ...) PRINTF_LIKE(2, 3);
/** Copy text of theirs, cut, as a NUL-terminated text; made visible. */
void	dialog_keep(char *out, size_t size, const void *text, size_t len);

/* ---- having one ---- */

struct dialog_opts {
	struct target  to;
	bool	       udp;
	bool	       tls;	/* from the first byte on */
	dialog_step_fn step;	/* its state is p->state */
	void	     (*end)(struct probe *p, const struct dialog_result *r);	/* called once, never inside dialog_open() */
};

/** Begin, by the path and within the timeout of this probe. @return owned; until `end` is called, or dialog_cancel() */
struct dialog *dialog_open(struct probe *p, const struct dialog_opts *o);
void	dialog_cancel(struct dialog *d);	/* NULL is allowed */
/**
 * Make the result of it: facts of the connection, then probe_answer().
 * @param why	what the probe has against a conversation that ended well; NULL or "": nothing
 */
void	dialog_answer(struct probe *p, const struct dialog_result *r, const char *why);

#endif
