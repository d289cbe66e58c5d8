/* SPDX-License-Identifier: GPL-3.0-or-later */
/* checker.h: a check at work, as check.c, check_links.c and check_profiles.c see it. */
#ifndef SIMPUL_CHECKER_H
#define SIMPUL_CHECKER_H

#include "proc/check.h"

#define ERRORS_MAX 1000		/* told one by one; the rest is counted */

struct finding {
	enum input_kind what;
	size_t		file;		/* INPUT_PROFILE: which of them */
	unsigned	line, column;
	size_t		order;		/* of arrival: what else is equal stays in it */
	char	       *text;
};

struct checker {
	const struct check_input *in;
	const struct check_input *profile;
	size_t			  nprofiles;
	struct check_result	 *result;
	enum input_kind		  what;	/* being read */
	size_t			  file;	/* INPUT_PROFILE: likewise */
	struct finding		 *finding;
	size_t			  nfindings;
};

void	check_say(struct checker *c, enum input_kind what, unsigned line, unsigned column, const char *fmt, ...)
	    PRINTF_LIKE(5, 6);
/** An error of the file being read: a conf_error_fn. */
void	check_on_error(void *arg, unsigned line, unsigned column, const char *text);

/** By which probe the lines are measured. */
void	check_links(struct checker *c);
/** Read the profile files, and compare them with each other and with the devices. */
void	check_profiles(struct checker *c);

#endif
