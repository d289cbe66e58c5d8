/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_dir.h: a directory for one test, below $TMPDIR or /tmp; removed with all that is in it. */
#ifndef SIMPUL_TEST_STORE_DIR_H
#define SIMPUL_TEST_STORE_DIR_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_DIR_DEPTH 8

/* @return descriptor of a new directory; its path is /proc/self/fd/N */
__attribute__((unused)) static int
store_dir_make(void)
{
	const char *tmp = getenv("TMPDIR");
	char	    path[256];
	int	    fd = -1;

	snprintf(path, sizeof(path), "%s/simpul-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(path) != NULL)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		printf("Bail out! cannot make %s\n", path);
		exit(1);
	}
	return fd;
}

static void
store_dir_empty(int fd, int depth)
{
	DIR	      *dir = fdopendir(dup(fd));
	struct dirent *e;

	rewinddir(dir);
	while ((e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, e->d_name, 0) == -1 && depth > 0) {
			int sub = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			store_dir_empty(sub, depth - 1);
			close(sub);
			unlinkat(fd, e->d_name, AT_REMOVEDIR);
		}
	}
	closedir(dir);
}

/* Takes the descriptor. */
__attribute__((unused)) static void
store_dir_remove(int fd)
{
	char	link[64], path[256];
	ssize_t n;

	store_dir_empty(fd, STORE_DIR_DEPTH);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	close(fd);
	if (n > 0) {
		path[n] = '\0';
		rmdir(path);
	}
}

#endif
