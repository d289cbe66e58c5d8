/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dir.h: remove a directory that a test made, with all that is in it. */
#ifndef SIMPUL_TEST_DIR_H
#define SIMPUL_TEST_DIR_H

#include <ftw.h>
#include <stdio.h>

#define DIR_FDS 16

static int
dir_remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

static inline void
dir_remove(const char *path)
{
	nftw(path, dir_remove_one, DIR_FDS, FTW_DEPTH | FTW_PHYS);
}

#endif
