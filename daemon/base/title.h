/* SPDX-License-Identifier: GPL-3.0-or-later */
/* title.h: what `ps` shows for a process that was forked without exec: "simpuld: store" instead of the parent's words. */
#ifndef SIMPUL_TITLE_H
#define SIMPUL_TITLE_H

#include "base/base.h"

/** First thing in main(): remember where the words of the command line lie. */
void	title_init(int argc, char *argv[]);
/** Write over them, cut to their length; and set the short name of the process. */
void	title_set(const char *program, const char *process);

#endif
