/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen.h: a terminal as a page that is drawn again and again: the alternate screen, keys at once, and all
 * as it was before when it is closed. ECMA-48 sequences that every terminal of today knows; no terminal library.
 *
 * While a screen is open the process has its signals blocked and hears of them from screen_signal(), so that
 * none ends it before the terminal is restored.
 */
#ifndef SIMPUL_CTL_SCREEN_H
#define SIMPUL_CTL_SCREEN_H

#include "base/cursor.h"

enum key {
	KEY_NONE, KEY_QUIT, KEY_UP, KEY_DOWN, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_HOME, KEY_END, KEY_NEXT,
	KEY_PREVIOUS, KEY_ENTER, KEY_BACK, KEY_ORDER, KEY_ALL, KEY_INCIDENTS, KEY_SITES, KEY_LINES
};

struct screen;

/** @return owned, or NULL when standard input and output are no terminal that can be used */
struct screen *screen_open(void);
void	screen_close(struct screen *s);		/* NULL is allowed */
void	screen_size(const struct screen *s, int *width, int *height);
/** Draw the whole page, lines ended by \n. @return 0, or -1 when the terminal is gone */
int	screen_draw(struct screen *s, const struct buf *page);

int	screen_signal_fd(const struct screen *s);	/* to be polled for reading */
/** See to the signals that have come; stops and goes on with the shell's job control. @return false: end */
bool	screen_signal(struct screen *s);

/** Read what has been typed. @return 0, or -1 when the terminal is gone */
int	screen_type(struct screen *s);
/** The next key typed, or KEY_NONE. */
enum key screen_key(struct screen *s);
/** The same for bytes: the key that they begin with, and how many of them it takes. Pure. */
enum key key_of(const char *bytes, size_t n, size_t *used);

#endif
