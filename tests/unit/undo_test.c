/* SPDX-License-Identifier: GPL-3.0-or-later */
/* undo_test.c: a batch that was cut off is put back byte for byte; a finished, torn or foreign one is not. */
#include "store/undo.h"

#include "store/rrd.h"
#include "store_dir.h"
#include "tap.h"

#define T0    INT64_C(1795219200)
#define ROWS  50
#define NAMED "a.rrd"

struct dirs {
	int		fd;
	struct rrd_dir *rrd;
	struct undo	undo;
};

static void
file_bytes(int dir, const char *name, uint8_t *out, size_t len)
{
	int fd = openat(dir, name, O_RDONLY);

	if (pread(fd, out, len, 0) != (ssize_t)len)
		abort();
	close(fd);
}

static void
remember(struct dirs *d, const struct series_kind *k)
{
	uint8_t		 live[RRD_HEAD_MAX];
	struct rrd_facts facts;
	char		 why[RRD_WHY_MAX];

	undo_begin(&d->undo);
	rrd_file_live(d->rrd, NAMED, k, &facts, live, why);
	undo_add(&d->undo, NAMED, facts.live_at, live, facts.live_len);
	undo_commit(&d->undo);
}

/* ROWS rows from this minute on; each has its own minute as its value. */
static void
update(struct dirs *d, const struct series_kind *k, int first)
{
	double	       value[ROWS][SAMPLE_VALUES_MAX];
	struct rrd_row row[ROWS];
	char	       why[RRD_WHY_MAX];
	int64_t	       last_s;
	int	       i, v;

	for (i = 0; i < ROWS; i++) {
		for (v = 0; v < k->n; v++)
			value[i][v] = first + i;
		row[i] = (struct rrd_row){ T0 + (first + i) * 60, value[i] };
	}
	rrd_file_update(d->rrd, NAMED, k, row, ROWS, &last_s, why);
}

static unsigned
wrong_rows(struct dirs *d, const struct series_kind *k, int rows)
{
	double	*out = xcalloc((size_t)rows * k->n, sizeof(*out));
	char	 why[RRD_WHY_MAX];
	unsigned wrong = 0;
	int	 i;

	if (rrd_file_fetch(d->rrd, NAMED, k, "AVERAGE", 60, T0 + 60, (size_t)rows, out, why) != RRD_OK)
		wrong++;
	for (i = 0; i < rows; i++)
		wrong += out[i * k->n] != i + 1;
	free(out);
	return wrong;
}

/* The process dies between two stores of librrd: the row pointers have moved, the time has not. */
static void
test_cut_off(struct dirs *d, const struct series_kind *k)
{
	uint8_t		 before[8192], after[8192];
	struct rrd_facts facts;
	char		 why[RRD_WHY_MAX];
	int		 fd;

	rrd_file_create(d->rrd, NAMED, k, profile_find("small"), T0, why);
	update(d, k, 1);
	rrd_file_check(d->rrd, NAMED, k, &facts, why);
	file_bytes(d->fd, NAMED, before, facts.live_at + facts.live_len);
	remember(d, k);
	update(d, k, 1 + ROWS);
	fd = openat(d->fd, NAMED, O_WRONLY);
	if (pwrite(fd, before + facts.live_at, 16, facts.live_at) != 16)
		abort();
	close(fd);
	ok(rrd_file_check(d->rrd, NAMED, k, &facts, why) == RRD_OK && wrong_rows(d, k, ROWS) > 0,
	    "an update that is cut off passes every check and is wrong");

	undo_close(&d->undo);
	undo_open(&d->undo, d->fd);
	is_i64(undo_restore(&d->undo, d->fd), 1, "at start it is undone");
	file_bytes(d->fd, NAMED, after, facts.live_at + facts.live_len);
	ok(memcmp(before, after, facts.live_at + facts.live_len) == 0, "the header is as before");
	is_i64(wrong_rows(d, k, ROWS), 0, "the rows are as before");
	update(d, k, 1 + ROWS);
	is_i64(wrong_rows(d, k, 2 * ROWS), 0, "the update can be repeated");
	is_i64(undo_restore(&d->undo, d->fd), 0, "nothing is undone twice");
}

static void
test_finished(struct dirs *d, const struct series_kind *k)
{
	remember(d, k);
	update(d, k, 1 + 2 * ROWS);
	undo_void(&d->undo);
	undo_sync(&d->undo);
	is_i64(undo_restore(&d->undo, d->fd), 0, "a finished batch is not undone");
	is_i64(wrong_rows(d, k, 3 * ROWS), 0, "  and its rows stay");
}

/* Cut short at every 7th byte, and one bit flipped in every 7th: never put back. */
static void
test_torn(struct dirs *d, const struct series_kind *k)
{
	uint8_t	   bytes[8192];
	struct stat st;
	unsigned    wrong = 0;
	off_t	    at, len;

	remember(d, k);
	len = (off_t)d->undo.batch.len;
	file_bytes(d->fd, "undo", bytes, (size_t)len);
	for (at = 0; at < len; at += 7) {
		if (ftruncate(d->undo.fd, 0) == -1 || pwrite(d->undo.fd, bytes, (size_t)at, 0) != at)
			abort();
		wrong += undo_restore(&d->undo, d->fd) != 0;
		bytes[at] ^= 1;
		if (pwrite(d->undo.fd, bytes, (size_t)len, 0) != len)
			abort();
		bytes[at] ^= 1;
		wrong += undo_restore(&d->undo, d->fd) != 0;
	}
	is_i64(wrong, 0, "a torn or changed batch is not put back");
	ok(fstat(d->undo.fd, &st) == 0 && st.st_size == len, "(the file was there)");
	undo_close(&d->undo);
	undo_open(&d->undo, d->fd);
}

static int64_t
size_of(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 ? st.st_size : -1;
}

/* What must not be put back is not, even when the word that says so could not be written at first. */
static void
test_void(struct dirs *d, const struct series_kind *k)
{
	int fd = d->undo.fd;

	remember(d, k);
	d->undo.fd = open("/dev/full", O_WRONLY);
	undo_void(&d->undo);
	is_i64(undo_sync(&d->undo), -1, "a batch that cannot be declared void is not relied on");
	close(d->undo.fd);
	d->undo.fd = fd;
	is_i64(undo_sync(&d->undo), 0, "and is declared so before anything relies on it");
	is_i64(undo_restore(&d->undo, d->fd), 0, "  for good");
	ok(size_of(d->fd, "undo") >= 8 * RRD_HEAD_MAX, "there is room for a batch on a full disk");
}

/* A file that cannot be put back must not stay where it would be believed. */
static void
test_set_aside(struct dirs *d)
{
	uint8_t bytes[16] = { 1 };
	int	fd = openat(d->fd, "short.rrd", O_WRONLY | O_CREAT, 0600);

	if (write(fd, bytes, 8) != 8)
		abort();
	close(fd);
	undo_begin(&d->undo);
	undo_add(&d->undo, "short.rrd", 0, bytes, sizeof(bytes));
	undo_add(&d->undo, NAMED, 0, (const uint8_t *)"R", 1);
	undo_commit(&d->undo);
	is_i64(undo_restore(&d->undo, d->fd), 1, "what can be put back is, whatever cannot");
	ok(size_of(d->fd, "short.rrd") == -1 && size_of(d->fd, "short.rrd.bad-undo") == 8,
	    "a file that cannot be put back is set aside");
}

/* Nor can it be renamed: something that is no file has the name. */
static void
test_cannot_set_aside(struct dirs *d)
{
	uint8_t bytes[16] = { 1 };
	int	fd = openat(d->fd, "short.rrd", O_WRONLY | O_CREAT, 0600);

	close(fd);
	mkdirat(d->fd, "short.rrd.bad-undo", 0700);
	undo_begin(&d->undo);
	undo_add(&d->undo, "short.rrd", 0, bytes, sizeof(bytes));
	undo_commit(&d->undo);
	is_i64(undo_restore(&d->undo, d->fd), -1, "one that cannot be set aside either stops the start");
	unlinkat(d->fd, "short.rrd.bad-undo", AT_REMOVEDIR);
	fd = openat(d->fd, "short.rrd", O_WRONLY);
	if (ftruncate(fd, sizeof(bytes)) == -1)
		abort();
	close(fd);
	is_i64(undo_restore(&d->undo, d->fd), 1, "and it is put back when it can be");
}

static void
test_names(struct dirs *d)
{
	static const char *const names[] = { "../victim", "/etc/victim", "a/../../victim", "absent.rrd",
		"dir" };
	uint8_t			 bytes[4] = { 1, 2, 3, 4 };
	unsigned		 wrong = 0;
	size_t			 i;

	mkdirat(d->fd, "dir", 0700);
	for (i = 0; i < nitems(names); i++) {
		undo_begin(&d->undo);
		undo_add(&d->undo, names[i], 0, bytes, sizeof(bytes));
		undo_commit(&d->undo);
		/* The fourth is gone with its file: nothing is left to undo. */
		wrong += undo_restore(&d->undo, d->fd) > (i == 3);
	}
	is_i64(wrong, 0, "a name that leads elsewhere is not followed");
}

int
main(void)
{
	const struct series_kind *k = series_kind_find("sensor");
	struct dirs		  d = { .fd = store_dir_make() };

	if (freopen("/dev/null", "w", stderr) == NULL)
		return 1;
	d.rrd = rrd_dir_new(d.fd);
	undo_open(&d.undo, d.fd);
	test_cut_off(&d, k);
	test_finished(&d, k);
	test_torn(&d, k);
	test_void(&d, k);
	test_set_aside(&d);
	unlinkat(d.fd, "short.rrd.bad-undo", 0);
	test_cannot_set_aside(&d);
	test_names(&d);
	undo_close(&d.undo);
	rrd_dir_free(d.rrd);
	store_dir_remove(d.fd);
	return tap_done();
}
