/* SPDX-License-Identifier: GPL-3.0-or-later */
/* notes.c: see notes.h. */
#include "ctl/notes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cursor.h"
#include "ctl/js.h"
#include "ctl/term.h"

static int
write_line(struct notes *n, const json_t *v)
{
	struct buf b = { 0 };
	bool	   good;

	js_line(&b, v);
	good = write(n->fd, b.data, b.len) == (ssize_t)b.len;
	if (!good)
		complain("cannot write %s: %s", n->path, strerror(errno));
	buf_free(&b);
	return good ? 0 : -1;
}

/* A part as it was noted; a line that fits nothing is skipped, and its addresses are asked again. */
static void
take_part(struct notes *n, const json_t *v)
{
	json_int_t from = json_integer_value(json_object_get(v, "from"));
	json_int_t count = json_integer_value(json_object_get(v, "count")), i;

	if (!json_is_array(json_object_get(v, "found")) || from < 0 || count <= 0 || from > n->n ||
	    count > n->n - from)
		return;
	for (i = from; i < from + count; i++) {
		n->nasked += !n->asked[i];
		n->asked[i] = true;
	}
	json_array_extend(n->found, json_object_get(v, "found"));
}

static json_t *
next_line(FILE *f, char **line, size_t *size, long *end)
{
	ssize_t len = getline(line, size, f);

	if (len <= 0 || (*line)[len - 1] != '\n' || js_depth(*line, (size_t)len) > 8)
		return NULL;
	*end = ftell(f);
	return json_loadb(*line, (size_t)len, 0, NULL);
}

/* What was written before: 0, or -1 when it is of something else. What is cut off behind it goes. */
static int
read_all(struct notes *n, const json_t *what)
{
	FILE   *f = fdopen(dup(n->fd), "r");
	char   *line = NULL;
	size_t	size = 0;
	long	end = 0;
	json_t *v = f != NULL ? next_line(f, &line, &size, &end) : NULL;
	int	rc = v != NULL && json_equal(v, what) ? 0 : -1;

	if (rc == -1)
		complain("%s is of another discovery: name another file, or remove it", n->path);
	while (rc == 0) {
		json_decref(v);
		if ((v = next_line(f, &line, &size, &end)) == NULL)
			break;
		take_part(n, v);
	}
	json_decref(v);
	free(line);
	if (f != NULL)
		fclose(f);
	if (rc == 0 && (ftruncate(n->fd, end) == -1 || lseek(n->fd, end, SEEK_SET) == -1)) {
		complain("cannot write %s: %s", n->path, strerror(errno));
		rc = -1;
	}
	return rc;
}

static int
open_file(struct notes *n, bool resume)
{
	n->fd = open(n->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (resume ? 0 : O_CREAT | O_EXCL), 0600);
	if (n->fd == -1 && errno == EEXIST)
		complain("%s is of a discovery that was interrupted: go on with --resume, or remove it",
		    n->path);
	else if (n->fd == -1 && resume && errno == ENOENT)
		complain("there is nothing to go on with: no %s", n->path);
	else if (n->fd == -1)
		complain("cannot open %s: %s", n->path, strerror(errno));
	else if (flock(n->fd, LOCK_EX | LOCK_NB) == -1)
		complain("%s is in use: the discovery that it is of is still going on", n->path);
	else
		return 0;
	return -1;
}

int
notes_open(struct notes *n, const char *out, const json_t *what, uint32_t addresses, bool resume)
{
	size_t size;

	*n = (struct notes){ .fd = -1, .n = addresses, .asked = xcalloc(addresses, sizeof(*n->asked)),
		.found = json_array() };
	if (out == NULL)
		return 0;
	size = strlen(out) + sizeof(".state");
	n->path = xcalloc(1, size);
	snprintf(n->path, size, "%s.state", out);
	if (open_file(n, resume) == -1)
		return -1;
	return resume ? read_all(n, what) : write_line(n, what);
}

int
notes_add(struct notes *n, uint32_t from, uint32_t count, json_t *found)
{
	json_t *v = json_pack("{s:I, s:I, s:O}", "from", (json_int_t)from, "count", (json_int_t)count,
	    "found", found);
	int	rc = n->path != NULL ? write_line(n, v) : 0;

	take_part(n, v);
	json_decref(v);
	return rc;
}

uint32_t
notes_next(const struct notes *n, uint32_t *from, uint32_t most)
{
	uint32_t count = 0;

	while (*from < n->n && n->asked[*from])
		++*from;
	while (count < most && *from + count < n->n && !n->asked[*from + count])
		count++;
	return count;
}

void
notes_close(struct notes *n, bool done)
{
	if (done && n->path != NULL)
		unlink(n->path);
	if (n->fd != -1)
		close(n->fd);
	free(n->path);
	free(n->asked);
	json_decref(n->found);
}
