/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_files_test.c: what `simpulctl check` says of files on a disk. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "proc/check.h"
#include "tap.h"

static char dir[] = "/tmp/simpul-check-XXXXXX";

static const struct {
	const char *name;
	const char *conf;	/* NULL: none; "|": a named pipe */
	const char *links;	/* "@": a symbolic link to itself */
	int	    code;
	const char *want;	/* %s: the directory; standard output and standard error */
} cases[] = {
	{ "all is right", "# nothing\n", "id,site\ns001-1,s001\n", 0, "2 sites, 1 line, 0 devices: no errors\n" },
	{ "an error in each file", "mqtt = {\n prot = 1;\n};\n", "id,site\ns001-1,s003\n", 1,
	  "%s/simpuld.conf:2:2: unknown setting \"prot\"; did you mean \"port\"?\n"
	  "%s/inventory/links.csv:2:2: site \"s003\" is no site of sites.csv; did you mean \"s001\"?\n"
	  "2 errors\n" },
	{ "what would end libconfig's process", "@include \".\"\n", "id,site\n", 1,
	  "%s/simpuld.conf:1:1: @include is not supported; write the settings into this file\n1 error\n" },
	{ "a named pipe, without waiting", "|", "id,site\n", 1,
	  "%s/simpuld.conf: is not a regular file; give a plain file\n1 error\n" },
	{ "no configuration", NULL, "id,site\n", 1,
	  "%s/simpuld.conf: cannot be read: No such file or directory\n1 error\n" },
	{ "a file that cannot be opened", "# nothing\n", "@", 1,
	  "%s/inventory/links.csv: cannot be read: Too many levels of symbolic links\n1 error\n" },
};

static void
path_of(char *out, size_t size, const char *name)
{
	snprintf(out, size, "%s/%s", dir, name);
}

/* The text with each %s replaced by the directory. */
static void
text_fill(char *out, size_t size, const char *text)
{
	size_t len = 0;

	for (; *text != '\0' && len + sizeof(dir) < size; text++) {
		if (text[0] == '%' && text[1] == 's') {
			len += (size_t)snprintf(out + len, size - len, "%s", dir);
			text++;
		} else
			out[len++] = *text;
	}
	out[len] = '\0';
}

static void
file_write(const char *name, const char *text)
{
	char  path[256];
	FILE *f;

	path_of(path, sizeof(path), name);
	unlink(path);
	if (text == NULL)
		return;
	if (strcmp(text, "|") == 0) {
		if (mkfifo(path, 0600) == -1)
			exit(EXIT_FAILURE);
		return;
	}
	if (strcmp(text, "@") == 0) {
		if (symlink(path, path) == -1)
			exit(EXIT_FAILURE);
		return;
	}
	f = fopen(path, "w");
	if (f == NULL || fputs(text, f) == EOF || fclose(f) == EOF)
		exit(EXIT_FAILURE);
}

/* Run check_files() with both outputs in a file; what it wrote is in out. */
static int
check_captured(char *out, size_t size)
{
	char	path[256];
	int	save[2] = { dup(STDOUT_FILENO), dup(STDERR_FILENO) }, fd, code;
	ssize_t n;

	fflush(stdout);
	path_of(path, sizeof(path), "output");
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	path_of(path, sizeof(path), "simpuld.conf");
	code = check_files(path);
	fflush(stdout);
	dup2(save[0], STDOUT_FILENO);
	dup2(save[1], STDERR_FILENO);
	close(save[0]);
	close(save[1]);
	n = pread(fd, out, size - 1, 0);
	out[n > 0 ? n : 0] = '\0';
	close(fd);
	return code;
}

int
main(void)
{
	static const char *const made[] = { "simpuld.conf", "inventory/sites.csv", "inventory/links.csv", "output", "inventory", "" };
	char			 got[2048], want[2048], path[256];
	size_t			 i;

	log_open("simpulctl", NULL);
	if (mkdtemp(dir) == NULL)
		return EXIT_FAILURE;
	path_of(path, sizeof(path), "inventory");
	if (mkdir(path, 0700) == -1)
		return EXIT_FAILURE;
	file_write("inventory/sites.csv", "id,name\ns001,One\ns002,Two\n");
	for (i = 0; i < nitems(cases); i++) {
		file_write("simpuld.conf", cases[i].conf);
		file_write("inventory/links.csv", cases[i].links);
		is_i64(check_captured(got, sizeof(got)), cases[i].code, cases[i].name);
		text_fill(want, sizeof(want), cases[i].want);
		is_text(got, want, "... and what it says");
	}
	for (i = 0; i < nitems(made); i++) {
		path_of(path, sizeof(path), made[i]);
		remove(path);
	}
	return tap_done();
}
