/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rrd.c: the only file that includes <rrd.h>; `_r` functions only.
 *
 * librrd wants a path. "/proc/self/fd/N/" leads below the held directory without passing its parents, which
 * this process may have no right to search, and without changing the working directory of the other parts in
 * --single. Numbers pass as text through librrd, so its calls run under the "C" numeric locale of an own
 * locale object.
 */
#include "store/rrd.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <rrd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "store/rrd_number.h"

#define PATH_SIZE 320
#define ARG_SIZE  64
#define ARGS_MAX  32
#define PAGE	  4096

struct rrd_dir {
	int	 fd;
	char	 prefix[32];
	locale_t numbers;
};

struct rrd_dir *
rrd_dir_new(int fd)
{
	struct rrd_dir *d = xcalloc(1, sizeof(*d));

	d->fd = fd;
	snprintf(d->prefix, sizeof(d->prefix), "/proc/self/fd/%d", fd);
	if (access(d->prefix, F_OK) == -1) {
		log_warn("RRD files are reached through %s, which needs /proc to be mounted", d->prefix);
		free(d);
		return NULL;
	}
	d->numbers = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
	if (d->numbers == (locale_t)0)
		fatal("newlocale");
	return d;
}

void
rrd_dir_free(struct rrd_dir *d)
{
	if (d == NULL)
		return;
	freelocale(d->numbers);
	free(d);
}

static const char *
path_of(const struct rrd_dir *d, const char *name, char *path)
{
	snprintf(path, PATH_SIZE, "%s/%s", d->prefix, name);
	return path;
}

/* What librrd says; with a full disk it may say nothing at all. */
static enum rrd_result
failed(char *why)
{
	const char *text = rrd_get_error();

	if (text == NULL || text[0] == '\0')
		text = "librrd failed without a reason";
	text_copy(why, RRD_WHY_MAX, text);
	rrd_clear_error();
	return RRD_FAILED;
}

static enum rrd_result
failed_errno(char *why)
{
	snprintf(why, RRD_WHY_MAX, "%s", strerror(errno));
	return RRD_FAILED;
}

/* @param head  RRD_HEAD_MAX bytes; out: the first of the file */
static enum rrd_result
head_check(const struct rrd_dir *d, const char *name, const struct series_kind *kind, uint8_t *head,
    struct rrd_facts *facts, char *why)
{
	const char *reason;
	struct stat st;
	ssize_t	    n = -1;
	int	    fd = openat(d->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd == -1 && errno == ENOENT) {
		text_copy(why, RRD_WHY_MAX, "no such file");
		return RRD_ABSENT;
	}
	if (fd == -1 && errno != ELOOP)
		return failed_errno(why);
	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		text_copy(why, RRD_WHY_MAX, "not a regular file");
		if (fd != -1)
			close(fd);
		return RRD_DAMAGED;
	}
	n = pread(fd, head, RRD_HEAD_MAX, 0);
	close(fd);
	if (n == -1)
		return failed_errno(why);
	if (rrd_check(head, (size_t)n, (uint64_t)st.st_size, kind, facts, &reason) == -1) {
		snprintf(why, RRD_WHY_MAX, "header: %s", reason);
		return RRD_DAMAGED;
	}
	return RRD_OK;
}

enum rrd_result
rrd_file_check(const struct rrd_dir *d, const char *name, const struct series_kind *kind,
    struct rrd_facts *facts, char *why)
{
	uint8_t head[RRD_HEAD_MAX];

	return head_check(d, name, kind, head, facts, why);
}

enum rrd_result
rrd_file_live(const struct rrd_dir *d, const char *name, const struct series_kind *kind,
    struct rrd_facts *facts, uint8_t *live, char *why)
{
	enum rrd_result result = head_check(d, name, kind, live, facts, why);

	if (result == RRD_OK)
		memmove(live, live + facts->live_at, facts->live_len);
	return result;
}

enum rrd_result
rrd_file_create(const struct rrd_dir *d, const char *name, const struct series_kind *kind,
    const struct profile *p, int64_t last_s, char *why)
{
	char		 text[ARGS_MAX][ARG_SIZE], path[PATH_SIZE];
	const char	*arg[ARGS_MAX];
	struct rrd_facts facts;
	locale_t	 old;
	int		 i, n = 0, rc;

	for (i = 0; i < kind->n; i++)
		snprintf(text[n++], ARG_SIZE, "DS:%s:GAUGE:%d:U:U", kind->values[i], PROFILE_HEARTBEAT_S);
	for (i = 0; i < p->nrra; i++)
		snprintf(text[n++], ARG_SIZE, "RRA:%s:0.5:%u:%u", p->rra[i].cf, p->rra[i].pdp,
		    p->rra[i].rows);
	for (i = 0; i < n; i++)
		arg[i] = text[i];
	if (unlinkat(d->fd, name, 0) == -1 && errno != ENOENT)
		return failed_errno(why);
	old = uselocale(d->numbers);
	rc = rrd_create_r(path_of(d, name, path), PROFILE_STEP_S, (time_t)last_s, n, arg);
	uselocale(old);
	if (rc != 0)
		return failed(why);
	/* With a full disk librrd reports success: believe the file only. */
	if (fchmodat(d->fd, name, 0600, 0) == -1 || rrd_file_check(d, name, kind, &facts, why) != RRD_OK) {
		snprintf(why, RRD_WHY_MAX, "the file made is not whole; is the disk full?");
		unlinkat(d->fd, name, 0);
		return RRD_FAILED;
	}
	return RRD_OK;
}

/* ---- update ---- */

/* "time:value:value..."; a row without values is unknown throughout. */
static void
row_text(struct buf *out, int64_t end_s, const double *value, uint8_t n)
{
	char text[ARG_SIZE];
	int  i;

	buf_bytes(out, text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)end_s));
	text[0] = ':';
	for (i = 0; i < n; i++)
		buf_bytes(out, text, 1 + rrd_number(text + 1, value != NULL ? value[i] : NAN));
	buf_u8(out, '\0');
}

/*
 * The arguments of one update. librrd would spread a value over the minutes left out before it (up to the
 * heartbeat), or lose it (beyond), so the minute before a row is said to be unknown when it was not written.
 */
static int
rows_text(struct buf *out, const struct series_kind *kind, const struct rrd_row *row, size_t n,
    int64_t *last_s)
{
	int	count = 0;
	size_t	i;

	for (i = 0; i < n; i++) {
		if (row[i].end_s <= *last_s)
			continue;
		if (row[i].end_s - *last_s > PROFILE_STEP_S) {
			row_text(out, row[i].end_s - PROFILE_STEP_S, NULL, kind->n);
			count++;
		}
		row_text(out, row[i].end_s, row[i].value, kind->n);
		count++;
		*last_s = row[i].end_s;
	}
	return count;
}

enum rrd_result
rrd_file_update(const struct rrd_dir *d, const char *name, const struct series_kind *kind,
    const struct rrd_row *row, size_t n, int64_t *last_s, char *why)
{
	const char	*arg[2 * RRD_ROWS_MAX];
	char		 path[PATH_SIZE];
	struct buf	 text = { 0 };
	struct rrd_facts facts;
	enum rrd_result	 result = rrd_file_check(d, name, kind, &facts, why);
	int		 count, i;
	size_t		 at = 0;
	locale_t	 old;

	if (result != RRD_OK)
		return result;
	*last_s = facts.last_s;
	old = uselocale(d->numbers);
	count = rows_text(&text, kind, row, n < RRD_ROWS_MAX ? n : RRD_ROWS_MAX, last_s);
	for (i = 0; i < count; i++, at += strlen((const char *)text.data + at) + 1)
		arg[i] = (const char *)text.data + at;
	if (count > 0 && rrd_update_r(path_of(d, name, path), NULL, count, arg) != 0) {
		*last_s = facts.last_s;
		result = failed(why);
	}
	uselocale(old);
	buf_free(&text);
	return result;
}

/*
 * The header is written as a whole; a run of rows anywhere in an archive touches the pages it fills and on
 * average one more. Within 2 % of what the kernel counts for 60 rows.
 */
uint64_t
rrd_update_cost(const struct series_kind *kind, const struct profile *p, size_t rows)
{
	double head = 144 + 232.0 * kind->n + 128.0 * p->nrra + 80.0 * kind->n * p->nrra, cost, runs;
	int    i;

	cost = ceil(head / PAGE) * PAGE;
	for (i = 0; i < p->nrra; i++) {
		runs = (double)rows / p->rra[i].pdp;
		cost += runs * kind->n * 8 + (runs < 1 ? runs : 1) * PAGE;
	}
	return (uint64_t)cost;
}

/* ---- fetch ---- */

static const struct rra *
archive_span(const struct rrd_facts *f, const char *cf, uint32_t step_s, int64_t *first_s, int64_t *last_s)
{
	const struct rra *a = profile_rra(f->profile, cf, step_s);

	if (a == NULL)
		return NULL;
	*last_s = f->last_s - f->last_s % step_s;
	*first_s = *last_s - (int64_t)(a->rows - 1) * step_s;
	return a;
}

static void
names_free(char **name, unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n; i++)
		rrd_freemem(name[i]);
	rrd_freemem(name);
}

enum rrd_result
rrd_file_fetch(const struct rrd_dir *d, const char *name, const struct series_kind *kind, const char *cf,
    uint32_t step_s, int64_t first_s, size_t n, double *out, char *why)
{
	char		  path[PATH_SIZE], **names = NULL;
	struct rrd_facts  facts;
	enum rrd_result	  result = rrd_file_check(d, name, kind, &facts, why);
	const struct rra *a;
	int64_t		  from_s, to_s, last_s = first_s + (int64_t)(n - 1) * step_s;
	time_t		  start, end;
	unsigned long	  step = step_s, ds = 0;
	rrd_value_t	 *data = NULL;
	locale_t	  old;
	bool		  as_asked;
	size_t		  i;
	int		  rc;

	for (i = 0; i < n * kind->n; i++)
		out[i] = NAN;
	if (result != RRD_OK)
		return result;
	if ((a = archive_span(&facts, cf, step_s, &from_s, &to_s)) == NULL || n == 0)
		return RRD_OK;
	if (first_s > from_s)
		from_s = first_s;
	if (last_s < to_s)
		to_s = last_s;
	if (from_s > to_s)
		return RRD_OK;
	start = from_s - step_s;
	end = to_s;
	old = uselocale(d->numbers);
	rc = rrd_fetch_r(path_of(d, name, path), a->cf, &start, &end, &step, &ds, &names, &data);
	uselocale(old);
	if (rc != 0)
		return failed(why);
	as_asked = step == step_s && ds == kind->n && start == from_s - step_s;
	if (as_asked)
		memcpy(out + (from_s - first_s) / step_s * kind->n, data,
		    (size_t)((to_s - from_s) / step_s + 1) * kind->n * sizeof(*out));
	names_free(names, ds);
	rrd_freemem(data);
	if (as_asked)
		return RRD_OK;
	text_copy(why, RRD_WHY_MAX, "librrd answered with another archive");
	return RRD_FAILED;
}

int
rrd_file_sync(const struct rrd_dir *d, const char *name)
{
	int fd = openat(d->fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW), rc;

	if (fd == -1)
		return -1;
	rc = fdatasync(fd);
	close(fd);
	return rc;
}
