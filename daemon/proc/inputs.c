/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inputs.c: names and opens; reading and judging is the check child's work. */
#include "proc/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

/* The end of a long name says more than its beginning. */
static void
name_copy(struct msg_file *m, const char *path, int n, size_t path_size)
{
	text_copy(m->name, sizeof(m->name),
	    n < (int)sizeof(m->name) || n >= (int)path_size ? path : path + n - (int)sizeof(m->name) + 1);
}

static void
cannot_be_read(char *err, size_t err_size)
{
	snprintf(err, err_size, "cannot be read: %s%s", strerror(errno), errno == EACCES ?
	    "; the user whom the engine becomes (engine.user) must be able to read it, and to enter its "
	    "directories" : "");
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
	name_copy(m, path, n, sizeof(path));
	text_copy(err, err_size, n >= (int)sizeof(path) ? "this name is too long" : "");
	if (*err != '\0')
		return -1;
	/* Not blocking: a named pipe in a file's place must not stop the engine; check refuses it. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1 && (errno != ENOENT || what == INPUT_CONF))
		cannot_be_read(err, err_size);
	return fd;
}

static int
is_profile(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return e->d_name[0] != '.' && dot != NULL && strcmp(dot, ".conf") == 0;
}

static void
profile_open(const char *directory, const char *name,
    void (*each)(void *arg, const struct msg_file *m, int fd, const char *err), void *arg)
{
	struct msg_file m = { .what = INPUT_PROFILE };
	char		path[4096], err[200] = "";
	int		n = snprintf(path, sizeof(path), "%s/%s", directory, name), fd = -1;

	name_copy(&m, path, n, sizeof(path));
	if (n >= (int)sizeof(path))
		snprintf(err, sizeof(err), "this name is too long");
	else if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) == -1)
		cannot_be_read(err, sizeof(err));
	each(arg, &m, fd, err);
}

void
inputs_profiles(const char *conf_path,
    void (*each)(void *arg, const struct msg_file *m, int fd, const char *err), void *arg)
{
	struct msg_file m = { .what = INPUT_PROFILE };
	struct dirent **entry;
	char		directory[4096], err[200];
	int		n, i;

	n = snprintf(directory, sizeof(directory), "%.*sprofiles", directory_len(conf_path), conf_path);
	if (n >= (int)sizeof(directory))
		return;		/* the configuration itself has been refused for that */
	name_copy(&m, directory, n, sizeof(directory));
	n = scandir(directory, &entry, is_profile, alphasort);
	if (n == -1 && errno != ENOENT) {
		cannot_be_read(err, sizeof(err));
		each(arg, &m, -1, err);
	}
	if (n > PROFILES_MAX)
		each(arg, &m, -1, "more than 256 profiles; remove what is not needed");
	for (i = 0; i < n; i++) {
		if (n <= PROFILES_MAX)
			profile_open(directory, entry[i]->d_name, each, arg);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
}

static void
is_readable(void *arg, const struct msg_file *m, int fd, const char *err)
{
	if (fd != -1) {
		close(fd);
		return;
	}
	log_warnx("%s: %s", m->name, err);
	*(int *)arg = -1;
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
	inputs_profiles(conf_path, is_readable, &rc);
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

int
input_secret(const char *conf_path, const char *name, char *err, size_t err_size)
{
	char path[4096];
	int  fd, n;

	n = snprintf(path, sizeof(path), "%.*s%s", directory_len(conf_path), conf_path, name);
	fd = n < (int)sizeof(path) ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
	*err = '\0';
	if (fd == -1)
		snprintf(err, err_size, "cannot read %s: %s", name,
		    n < (int)sizeof(path) ? strerror(errno) : "its name is too long");
	return fd;
}
