/* SPDX-License-Identifier: GPL-3.0-or-later */
/* term.h: what simpulctl writes to: width, colours, characters; and the words for times and amounts. */
#ifndef SIMPUL_CTL_TERM_H
#define SIMPUL_CTL_TERM_H

#include "base/cursor.h"

struct term {
	int	width;		/* columns; 0: not a terminal, so no line is cut */
	bool	colour, utf8;
	int64_t now_ns;		/* wall: what durations count to */
};

enum tint { TINT_NONE, TINT_GOOD, TINT_WARN, TINT_BAD, TINT_DIM, TINT_BOLD, TINTS };

/** A sentence to standard error, "simpulctl: ..."; a hint that follows it is indented. Both made visible. */
void	complain(const char *fmt, ...) PRINTF_LIKE(1, 2);
void	complain_hint(const char *fmt, ...) PRINTF_LIKE(1, 2);

/** Ask the terminal, and NO_COLOR. Sets the locale for character widths. */
void	term_look(struct term *t, int fd);
/** How many columns this text takes. */
int	term_cells(const struct term *t, const char *text);
/** Append text (made visible) in this colour. */
void	term_text(const struct term *t, struct buf *out, enum tint tint, const char *text);
void	term_printf(const struct term *t, struct buf *out, enum tint tint, const char *fmt,
    ...) PRINTF_LIKE(4, 5);
/**
 * Append a paragraph, broken between words.
 * @param at  column where its first line begins
 * @param indent  of the others
 */
void	term_wrap(const struct term *t, struct buf *out, enum tint tint, int at, int indent,
    const char *text);
const char *term_dash(const struct term *t);	/* between the parts of a line: a dot, or ASCII */

/*
 * States: a page code ("ok", "warn", "down" ...) to colour, symbol and order; an engine's word to plain
 * words.
 */
enum tint   code_tint(const char *code);
const char *code_symbol(const struct term *t, const char *code);
int	    code_rank(const char *code);	/* trouble first */
/** "never_up" as "never up". @return out */
char	   *words_state(char *out, size_t size, const char *state);

/* Amounts. All return out. */

#define WORDS_MAX 64
/** "12 s", "3 min 12 s", "2 h 5 min", "3 d 4 h" */
char   *words_duration(char out[WORDS_MAX], int64_t seconds);
/** "2026-11-21 08:02:03 +07" in the local zone; "-" for 0 */
char   *words_time(char out[WORDS_MAX], int64_t wall_ns);
char   *words_ago(char out[WORDS_MAX], const struct term *t, int64_t wall_ns);	/* how long ago; "-" for 0 */
char   *words_rate(char out[WORDS_MAX], double bps);		/* "12.3 Mbit/s"; "-" when unknown */
char   *words_seconds(char out[WORDS_MAX], double s);		/* "23.1 ms", "1.25 s" */
char   *words_ratio(char out[WORDS_MAX], double ratio);		/* "7.2 %" */

/** RFC 3339 with Z or offset, to wall ns. 0 or -1. */
int	time_parse(const char *text, int64_t *wall_ns);
/**
 * A time as people give it: "now", "-90m" (s m h d w before now), unix seconds, or a local "2026-11-21",
 * "2026-11-21 08:00", "2026-11-21T08:00:00". 0 or -1.
 */
int	time_parse_human(const char *text, int64_t now_s, int64_t *seconds);

#endif
