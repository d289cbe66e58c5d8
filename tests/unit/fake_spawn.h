/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake_spawn.h: in place of proc/spawn.c, for a test whose processes only pretend: none becomes what it is started
 * as, and nothing is shed or blocked. spawn_child() is left to the test.
 */
#ifndef SIMPUL_TEST_FAKE_SPAWN_H
#define SIMPUL_TEST_FAKE_SPAWN_H

#include <unistd.h>

#include "proc/spawn.h"

void
spawn_become(const struct child_start *cs)
{
	(void)cs;
	_exit(1);
}

void
spawn_exit(int code)
{
	_exit(code);
}

void
spawn_shed(pid_t parent, int *keep, size_t nkeep)
{
	(void)parent, (void)keep, (void)nkeep;
}

void
spawn_signals_block(sigset_t *before)
{
	(void)before;
}

void
spawn_signals_restore(const sigset_t *before)
{
	(void)before;
}

#endif
