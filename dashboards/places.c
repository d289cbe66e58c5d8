/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * places.c: the known browsers of login.h in a file, a line each: unix seconds of the last log-in, hash of the
 * token, the place from which that was, account. The place is for people who read the file.
 *
 *	1795222923 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef 10.1.1.1 operator1
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "dashboards/login.h"
#include "dashboards/users.h"

#define FILE_NAME "places"
#define NEW_NAME  "places.new"
#define LINE_SIZE 240

struct writer {
	FILE   *file;
	int64_t to_wall_ns;
};

static void
take_line(struct login *l, char *line, int64_t now_ns, int64_t wall_ns)
{
	char *save = NULL, *time = strtok_r(line, " \n", &save), *browser = strtok_r(NULL, " \n", &save),
	     *place = strtok_r(NULL, " \n", &save), *account = strtok_r(NULL, " \n", &save);
	struct whence from;
	int64_t	      wall_s;

	if (account == NULL || text_to_i64(time, 0, UINT32_MAX, &wall_s) == -1 ||
	    strlen(browser) != TOKEN_SIZE - 1 || strspn(browser, "0123456789abcdef") != TOKEN_SIZE - 1 ||
	    addr_parse(&from.place, place) == -1 || !user_name_is_good(account))
		return;
	memcpy(from.browser, browser, TOKEN_SIZE);
	if (wall_s > wall_ns / NS_PER_S)	/* the clock was wrong then, or is now */
		wall_s = wall_ns / NS_PER_S;
	login_know(l, account, &from, now_ns - (wall_ns - wall_s * NS_PER_S));
}

void
places_load(struct login *l, int dir_fd, int64_t now_ns, int64_t wall_ns)
{
	int	 fd = openat(dir_fd, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	FILE	*f = fd != -1 ? fdopen(fd, "r") : NULL;
	char	 line[LINE_SIZE];
	unsigned n;

	if (f == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	for (n = 0; n < LOGIN_KNOWN_MAX && fgets(line, sizeof(line), f) != NULL; n++)
		take_line(l, line, now_ns, wall_ns);
	fclose(f);
}

static void
put_line(void *arg, const char *account, const struct whence *from, int64_t last_ns)
{
	const struct writer *w = arg;
	char		     text[ADDR_TEXT_MAX];

	fprintf(w->file, "%" PRId64 " %s %s %s\n", (int64_t)((last_ns + w->to_wall_ns) / NS_PER_S),
	    from->browser, addr_text(&from->place, text), account);
}

int
places_save(const struct login *l, int dir_fd, int64_t now_ns, int64_t wall_ns)
{
	struct writer w = { .to_wall_ns = wall_ns - now_ns };
	int	      fd;
	bool	      good;

	unlinkat(dir_fd, NEW_NAME, 0);
	fd = openat(dir_fd, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1 || (w.file = fdopen(fd, "w")) == NULL) {
		if (fd != -1)
			close(fd);
		log_warn("cannot write %s", FILE_NAME);
		return -1;
	}
	login_each_known(l, now_ns, put_line, &w);
	good = !ferror(w.file);
	good = fclose(w.file) == 0 && good;
	if (good && renameat(dir_fd, NEW_NAME, dir_fd, FILE_NAME) == 0)
		return 0;
	log_warn("cannot write %s", FILE_NAME);
	unlinkat(dir_fd, NEW_NAME, 0);
	return -1;
}
