/* SPDX-License-Identifier: GPL-3.0-or-later */
/* secret.c: opens one file of a directory of secrets and refuses what others could have read or written. */
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REJECT(...) do { snprintf(err, err_size, __VA_ARGS__); return -1; } while (0)
#define OTHERS (S_IRWXG | S_IRWXO)

ssize_t
secret_read_fd(int fd, const char *path, char *buf, size_t size, char *err, size_t err_size)
{
	struct stat st;
	ssize_t	    n;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		REJECT("%s is not a regular file; put the secret there, one line", path);
	if ((st.st_mode & OTHERS) != 0)
		REJECT("%s is open to its group or others; chmod 600 it, and change the secret", path);
	n = read(fd, buf, size);
	if (n == -1)
		REJECT("cannot read %s: %s", path, strerror(errno));
	return n;
}

ssize_t
secret_read(int dir_fd, const char *dir, const char *name, char *buf, size_t size, char *err, size_t err_size)
{
	char	path[320];
	ssize_t n;
	int	fd;

	if (dir_fd == -1)
		REJECT("cannot read %s/%s: the directory could not be opened; put the secret there, one line, "
		    "and restart the engine", dir, name);
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		REJECT("cannot read %s/%s: %s; put the secret there, one line", dir, name, strerror(errno));
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	n = secret_read_fd(fd, path, buf, size, err, err_size);
	close(fd);
	return n;
}
