/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialog.h: one conversation with a server, from its name to its last byte, without waiting for anything.
 *
 *	name -> addresses -> connection -> TLS -> what the probe says and hears -> how it ended
 *
 * What is said and heard is the probe's affair, and stands in its struct dialog_talk: `step` is a pure function of the bytes
 * that have come. So a probe is a few lines, and all of it can be fuzzed without a socket (tests/fuzz/fuzz_answers.c). To make
 * a new one, copy imap.c; over UDP, ntp.c.
 */
#ifndef SIMPUL_PROBES_DIALOG_H
#define SIMPUL_PROBES_DIALOG_H

#include "base/cursor.h"
#include "probes/engine.h"
#include "probes/expect.h"
#include "probes/target.h"

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
	DIALOG_UNASKED		/* we could not: no route, no socket, a simulated network */
};

struct dialog_result {
	enum dialog_end end;
	char	    why[DIALOG_WHY_MAX];	/* for people, made visible; "": GOOD, and nothing is against it */
	float	    connect_s, tls_s;	/* SYN to SYN-ACK, and the handshake; NAN: it did not come to it */
	float	    ttfb_s, total_s;	/* from the beginning, the name included; NAN likewise */
	const char *protocol;	/* of TLS; NULL: none */
	const struct dialog_tls *tls;	/* likewise, for dialog_tls_look() */
	double	    cert_days;	/* NAN: no certificate */
	const struct expect *expect;
};

/* ---- what a probe says and hears ---- */

enum dialog_next {
	DIALOG_MORE,		/* wait for more; over UDP: that was no answer to us, `why` may say what it was */
	DIALOG_TCP,		/* over UDP: put the question again, over TCP */
	DIALOG_TLS,		/* what follows is in TLS (STARTTLS); when it is, the step is called with nothing new */
	DIALOG_DONE,		/* what is in `out` is still sent */
	DIALOG_BAD		/* `why` says what is wrong */
};

struct dialog_io {
	struct cursor in;	/* come and not understood yet; a step leaves what is not whole. UDP: one datagram */
	struct buf   *out;	/* what to say */
	bool	      begin;	/* who speaks first may; UDP: put the question, */
	unsigned      times;	/* ... which has been put so often before */
	bool	      tls, udp;
	const struct target *to;
	const char	    *ask;	/* the words that `to` was made of */
	const struct expect *expect;
	const char	    *secret;	/* the file of the credential; NULL: none */
	uint64_t      random[DIALOG_QUESTIONS];	/* unpredictable, the same in each call */
	struct addr   local;	/* where we speak from */
	uint16_t      local_port;
	int64_t	      mono_ns, wall_ns;	/* now */
	char	      why[DIALOG_WHY_MAX];
};

struct dialog_talk {
	/* Of its `expect`; ends with NULL. "name=" is the name that a certificate must be for, "ca=" who must have signed it. */
	const char *const *keys;
	uint16_t port;		/* where no other is named */
	uint16_t tls_port;	/* where TLS begins with the first byte, as it does with "tls"; 0: none */
	bool	 udp;		/* it begins so */
	bool	 tls;		/* TLS begins with the first byte, always */
	/* Where is it? Pure; an empty host: the resolver of this host; NULL: target_parse(). */
	int	(*where)(struct target *to, const char *ask, char *why, size_t size);
	/* Pure: state is zeroed when a conversation begins, and of no other use. */
	enum dialog_next (*step)(void *state, struct dialog_io *io);
	/* It is over, however it ended: tell facts; write to r->why what is against a good end. May be NULL. */
	void	(*judge)(struct probe *p, struct dialog_result *r);
};

/** The next whole line, without its end (CRLF or LF). @return false: it is not all there */
bool	dialog_line(struct dialog_io *io, const char **line, size_t *len);
/** @return DIALOG_BAD, with the sentence in io->why */
enum dialog_next dialog_bad(struct dialog_io *io, const char *fmt, ...) PRINTF_LIKE(2, 3);
/** The same, for a line of theirs that is not what it should be. */
enum dialog_next dialog_bad_line(struct dialog_io *io, const char *wanted, const char *line, size_t len);
/** A line "word value" of the secret, its value. @return false: there is none, or it is too long */
bool	dialog_secret(const struct dialog_io *io, const char *word, char *out, size_t size);
/** A fact for a number that is known, or for a text that there is. */
void	dialog_number(struct probe *p, const char *name, double value);
void	dialog_text(struct probe *p, const char *name, const char *text);
/** Tell what they call themselves, and hold it against `banner` of what is expected. */
void	dialog_banner(struct probe *p, struct dialog_result *r, const char *banner);

/* ---- of a probe's table ---- */

int	dialog_accepts(const struct dialog_talk *talk, const char *ask, const char *expect, char *why, size_t size);
int	dialog_start(struct probe *p);		/* has p->ops->talk */
void	dialog_cancel(struct probe *p);

/* ---- dialog_socket.c, dialog_step.c: for dialog.c, and for probes that hold no conversation ---- */

/**
 * Connect by the path of the probe, without waiting.
 * @param fd  out: owned, also after an error; -1: none @return 0: under way, or connected; else an errno
 */
int	dialog_socket(const struct probe *p, const struct addr *to, uint16_t port, bool udp, int *fd);

int	dialog_parse(const struct dialog_talk *talk, const char *ask, const char *expect, struct target *to, struct expect *x,
    char *why, size_t size);
/**
 * A file of secrets/probes, ended with NUL.
 * @return its length, or -1 with the remedy in why
 */
ssize_t	dialog_file(struct probe *p, const char *name, char *buf, size_t size, char *why, size_t why_size);
/** Who must have signed, by "ca=" of what is expected. @return owned; NULL: not named; or not to be had, and why says it */
struct dialog_trust *dialog_ca(struct probe *p, const struct expect *x, char *why, size_t size);
/** Facts first, then what they are worth. */
void	dialog_tell(struct probe *p, struct dialog_result *r);

#endif
