/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notes.h: what a discovery that takes hours has asked so far, in a file beside its result: one that is
 * interrupted goes on there. A line of JSON says what is asked, then there is one for each part that has
 * been. A last line that was not written whole is not there.
 */
#ifndef SIMPUL_CTL_NOTES_H
#define SIMPUL_CTL_NOTES_H

#include <jansson.h>
#include "ctl/prefix.h"

struct notes {
	char	*path;		/* owned; NULL: nothing is written down */
	int	 fd;
	bool	*asked;		/* per address */
	uint32_t n, nasked;
	json_t	*found;		/* of all parts, in the order of addresses once sorted */
};

/**
 * @param out	  where the result will be; the notes are beside it. NULL: none
 * @param what	  what is asked: to be the same when it goes on; borrowed
 * @param resume  go on with what is there
 * @return 0, or -1 (said); notes_close() in any case
 */
int	notes_open(struct notes *n, const char *out, const json_t *what, uint32_t addresses, bool resume);
/** A part has been asked: write it down. @param found  an array; borrowed @return 0, or -1 (said) */
int	notes_add(struct notes *n, uint32_t from, uint32_t count, json_t *found);
/** The next addresses that have not been asked, at or after *from, at most `most`. @return how many */
uint32_t notes_next(const struct notes *n, uint32_t *from, uint32_t most);
/** @param done  the result is written: they are not needed any more */
void	notes_close(struct notes *n, bool done);

#endif
