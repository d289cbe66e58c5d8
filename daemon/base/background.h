/* SPDX-License-Identifier: GPL-3.0-or-later */
/* background.h: leave the shell, but only once it is known whether the start has worked. */
#ifndef SIMPUL_BACKGROUND_H
#define SIMPUL_BACKGROUND_H

/**
 * First thing in main(): started without standard descriptors, what is opened first would become standard
 * error, and the log be written into it.
 */
void	standard_fds_fill(void);
/**
 * Go on in a new process of its own session; standard error stays. The first process waits and ends with 0
 * after background_ready(), or with the exit code of the new one when that ends before.
 * @return a descriptor for background_ready(); on failure the process ends with a message
 */
int	background_start(void);
/** @param fd  from background_start(), taken; -1 (never went into the background) does nothing */
void	background_ready(int fd);

#endif
