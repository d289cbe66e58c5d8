/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inputs.c: names and opens; reading and judging is the check child's work. */
#include "proc/inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static const char *const tables[INPUT_KINDS] = {
	[INPUT_SITES] = "sites",
	[INPUT_LINKS] = "links",
	[INPUT_DEVICES] = "devices",
	[INPUT_SERVICES] = "services",
	[INPUT_SEGMENTS] = "segments",
};

/* Length of the directory part with its slash; 0 for a file in the current directory. */
static int
directory_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? (int)(slash - path) + 1 : 0;
}

int
input_open(const char *conf_path, enum input_kind what, struct msg_file *m, char *err, size_t err_size)
{
	char path[4096];
	int  fd, n;

	if (what == INPUT_CONF)
		n = snprintf(path, sizeof(path), "%s", conf_path);
	else
		n = snprintf(path, sizeof(path), "%.*sinventory/%s.csv", directory_len(conf_path), conf_path,
		    tables[what]);
	m->what = (uint8_t)what;
	/* The end of a long name says more than its beginning. */
	text_copy(m->name, sizeof(m->name),
	    n < (int)sizeof(m->name) || n >= (int)sizeof(path) ? path : path + n - (int)sizeof(m->name) + 1);
	text_copy(err, err_size, n >= (int)sizeof(path) ? "this name is too long" : "");
	if (*err != '\0')
		return -1;
	/* Not blocking: a named pipe in a file's place must not stop the engine; check refuses it. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1 && (errno != ENOENT || what == INPUT_CONF))
		snprintf(err, err_size, "cannot be read: %s%s", strerror(errno), errno == EACCES ?
		    "; the user whom the engine becomes (engine.user) must be able to read it, and to enter its "
		    "directories" : "");
	return fd;
}

int
inputs_readable(const char *conf_path)
{
	struct msg_file m;
	char		err[200];
	int		what, fd, rc = 0;

	for (what = 0; what < INPUT_KINDS; what++) {
		fd = input_open(conf_path, what, &m, err, sizeof(err));
		if (fd != -1)
			close(fd);
		if (*err == '\0')
			continue;
		log_warnx("%s: %s", m.name, err);
		rc = -1;
	}
	return rc;
}

int
input_directory(const char *conf_path, const char *name)
{
	char path[4096];
	int  fd, n;

	n = snprintf(path, sizeof(path), "%.*s%s", directory_len(conf_path), conf_path, name);
	if (n >= (int)sizeof(path))
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && errno != ENOENT)
		log_warn("cannot open %s", path);
	return fd;
}
