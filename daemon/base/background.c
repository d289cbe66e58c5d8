/* SPDX-License-Identifier: GPL-3.0-or-later */
/* background.c: a pipe tells the process that the shell waits for how the start has ended. */
#include "base/background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

void
standard_fds_fill(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd != -1 && fd <= STDERR_FILENO);
	if (fd != -1)
		close(fd);
}

/* What the shell sees: the result of the start. */
static void
wait_for_start(pid_t pid, int fd)
{
	char	byte;
	ssize_t n;
	int	status;

	do {
		n = read(fd, &byte, 1);
	} while (n == -1 && errno == EINTR);
	if (n == 1)
		_exit(EXIT_SUCCESS);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

int
background_start(void)
{
	int   fd[2], null;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		fatal("cannot go into the background");
	if (pid > 0) {
		close(fd[1]);
		wait_for_start(pid, fd[0]);
	}
	close(fd[0]);
	setsid();
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) != -1) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	return fd[1];
}

void
background_ready(int fd)
{
	if (fd == -1)
		return;
	if (write(fd, "", 1) != 1)
		log_debug("proc", "nobody waits for the start");
	close(fd);
}
