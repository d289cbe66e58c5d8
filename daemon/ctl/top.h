/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * top.h: the parts of simpulctl top.
 *
 *	cmd_top.c	options, and the loop: time, keys, signals, answers
 *	top_feed.c	what the engine says, asked for without ever waiting for it
 *	top_page.c	data and view to text of the terminal's size; keys to the next view
 *	screen.h	the terminal itself
 */
#ifndef SIMPUL_CTL_TOP_H
#define SIMPUL_CTL_TOP_H

#include "ctl/command.h"
#include "ctl/screen.h"

enum top_list { TOP_INCIDENTS, TOP_SITES, TOP_LOSS, TOP_USE, TOP_LISTS };

#define TOP_ROWS_MAX 500	/* of a list: what the engine gives at once */

struct top_data {		/* one look at the engine */
	json_t *status, *items[TOP_LISTS];
	size_t	total[TOP_LISTS];	/* of which items are the first */
	int64_t wall_ns, mono_ns;	/* when the last of it came */
};

void	top_data_free(struct top_data *d);

/* Its requests are numbered: the lists, and then the status. */
#define TOP_REQUESTS (TOP_LISTS + 1)
/** @param limit  rows of each list, from 1 @return owned, without an id */
json_t *top_request(size_t number, const size_t limit[TOP_LISTS]);
/** @param answer  to the request of this number, taken */
void	top_take(struct top_data *d, size_t number, json_t *answer);

struct feed;

/** @param path  of the control socket, borrowed @param first  what to show until there is more; taken */
struct feed *feed_new(const char *path, struct top_data *first);
void	feed_free(struct feed *f);
int	feed_fd(const struct feed *f);		/* to be polled for reading; -1 while the engine is away */
/** Ask for everything again, unless answers are still to come. Connects when there is no connection. */
void	feed_ask(struct feed *f, const size_t limit[TOP_LISTS]);
/** Read what has come. @return whether all answers are there, and the data is new */
bool	feed_read(struct feed *f);
const struct top_data *feed_data(const struct feed *f);
const char *feed_trouble(const struct feed *f);	/* why there is nothing newer; "" */

struct top_view {
	struct term   term;
	int	      height;		/* 0: as long as it is, 20 rows of each list */
	enum top_list focus;		/* the list that keys move */
	bool	      alone;		/* it has the whole page */
	bool	      by_use;		/* lines: by use first, else by loss */
	size_t	      from[TOP_LISTS];	/* rows that are scrolled away ... */
	size_t	      shown[TOP_LISTS];	/* ... and there; set by top_page() */
	int64_t	      every_s;
	int64_t	      age_ns;		/* of the data */
	const char   *trouble;		/* feed_trouble() */
};

/** How many rows of each list the page can show. */
void	top_limits(const struct top_view *v, size_t limit[TOP_LISTS]);
/** Append the page: exactly `height` lines, the last one without its end; unless that is 0. */
void	top_page(struct top_view *v, const struct top_data *d, struct buf *out);
/** @return false: the user wants to leave */
bool	top_key(struct top_view *v, const struct top_data *d, enum key k);

#endif
