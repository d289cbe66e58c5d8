/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rrd_test.c: our files against Debian's rrdtool, against damage, against locales. */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/map.h"
#include "store/rrd.h"
#include "store/rrd_number.h"
#include "store_dir.h"
#include "tap.h"

#define T0    INT64_C(1795219200)	/* a whole day */
#define FLIPS 300

static double
value_at(int64_t end_s, int i)
{
	return (double)(hash_u64((uint64_t)end_s * 31 + (uint64_t)i) % 1000000007) / (i < 2 ? 1 : 1e6);
}

/* Rows from T0 on for this many minutes; every 7th is left out, every 5th has unknowns. */
static enum rrd_result
fill(struct rrd_dir *d, const char *name, const struct series_kind *k, int minutes, char *why)
{
	double		value[RRD_ROWS_MAX][SAMPLE_VALUES_MAX];
	struct rrd_row	row[RRD_ROWS_MAX];
	enum rrd_result result = RRD_OK;
	size_t		n = 0;
	int64_t		last_s;
	int		m, i;

	for (m = 1; m <= minutes; m++) {
		if (m % 7 != 0) {
			for (i = 0; i < k->n; i++)
				value[n][i] = m % 5 == 0 && i % 2 == 0 ? NAN : value_at(T0 + m * 60, i);
			row[n] = (struct rrd_row){ .end_s = T0 + m * 60, .value = value[n] };
			n++;
		}
		if (n == RRD_ROWS_MAX || m == minutes) {
			result = rrd_file_update(d, name, k, row, n, &last_s, why);
			n = 0;
		}
	}
	return result;
}

static void
test_numbers(void)
{
	static const struct {
		double	    v;
		const char *text;
	} cases[] = {
		{ 0, "0" }, { NAN, "U" }, { 1, "1" }, { -1, "-1" }, { 1000000, "1000000" }, { 0.05, "0.05" },
		{ 123.456, "123.456" }, { -0.5, "-0.5" }, { 1e13, "10000000000000" },
		{ 999999999999999, "999999999999999" },
		{ 0.9999999999999999, "1" }, { 12345678.25, "12345678.25" }, { 0.0000001, "0.0000001" },
		{ 15e-12, "15e-12" },
	};
	char	 text[RRD_NUMBER_SIZE];
	unsigned wrong = 0;
	size_t	 i;

	for (i = 0; i < nitems(cases); i++) {
		rrd_number(text, cases[i].v);
		is_text(text, cases[i].text, cases[i].text);
	}
	setlocale(LC_NUMERIC, "C");
	for (i = 0; i < 200000; i++) {
		double power = (double)(hash_u64(i + (1ull << 40)) % 44) - 35;
		double v = (double)(int64_t)hash_u64(i) * pow(10, power), back;

		rrd_number(text, v);
		back = strtod(text, NULL);
		wrong += !(fabs(back - v) <= 6e-15 * fabs(v)) || strlen(text) >= RRD_NUMBER_SIZE - 1;
	}
	is_i64(wrong, 0, "200,000 numbers from 1e-17 to 1e27 keep 15 digits");
	setlocale(LC_NUMERIC, "de_DE.UTF-8");
}

static bool
near(double a, double b)
{
	return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-12 * fabs(b);
}

static void
test_rows(struct rrd_dir *d, const struct series_kind *k)
{
	char		 why[RRD_WHY_MAX] = "";
	struct rrd_facts facts;
	double		*out = xcalloc(600 * k->n, sizeof(*out));
	unsigned	 wrong = 0;
	int		 m, i;

	is_i64(rrd_file_check(d, "a.rrd", k, &facts, why), RRD_ABSENT, "an absent file is absent");
	is_i64(rrd_file_create(d, "a.rrd", k, profile_find("small"), T0, why), RRD_OK, "a file is made");
	ok(rrd_file_check(d, "a.rrd", k, &facts, why) == RRD_OK && facts.last_s == T0 &&
	    facts.profile == profile_find("small"),
	    "and is what it should be");
	is_i64((int64_t)facts.size, 5071792, "of 5 MB for a link");
	is_i64(fill(d, "a.rrd", k, 500, why), RRD_OK, "500 minutes are written");
	is_i64(rrd_file_fetch(d, "a.rrd", k, "AVERAGE", 60, T0 - 6000 + 60, 600, out, why), RRD_OK,
	    "and read");
	for (m = -99; m <= 500; m++)
		for (i = 0; i < k->n; i++) {
			bool   known = m > 0 && m % 7 != 0 && !(m % 5 == 0 && i % 2 == 0);
			double want = known ? value_at(T0 + m * 60, i) : NAN;

			wrong += !near(out[(m + 99) * k->n + i], want);
		}
	is_i64(wrong, 0, "every minute comes back as written, gaps and unknown values as unknown");
	fill(d, "a.rrd", k, 500, why);
	rrd_file_check(d, "a.rrd", k, &facts, why);
	is_i64(facts.last_s, T0 + 500 * 60, "writing the same rows again changes nothing");
	free(out);
}

/* Rows after a pause of this many minutes: the first one must survive, the pause must be unknown. */
static void
test_gap(struct rrd_dir *d, const struct series_kind *k, int pause)
{
	char	       why[RRD_WHY_MAX], name[64];
	double	       one[2][SAMPLE_VALUES_MAX], *out = xcalloc(2000 * k->n, sizeof(*out));
	struct rrd_row row[2] = { { T0 + 60, one[0] }, { T0 + 120 + pause * 60, one[1] } };
	int64_t	       last_s;
	unsigned       wrong = 0;
	int	       i, m;

	for (i = 0; i < k->n; i++)
		one[0][i] = one[1][i] = 42;
	rrd_file_create(d, "gap.rrd", k, profile_find("small"), T0, why);
	rrd_file_update(d, "gap.rrd", k, row, 2, &last_s, why);
	rrd_file_fetch(d, "gap.rrd", k, "AVERAGE", 60, T0 + 60, (size_t)pause + 2, out, why);
	for (m = 0; m < pause + 2; m++)
		wrong += !near(out[m * k->n], m == 0 || m == pause + 1 ? 42 : NAN);
	snprintf(name, sizeof(name), "a pause of %d minutes is unknown, its ends are not", pause);
	is_i64(wrong, 0, name);
	free(out);
}

/* Compare with what Debian's rrdtool reads from the same file. */
static void
test_rrdtool(struct rrd_dir *d, int dir, const struct series_kind *k, const char *cf, int step)
{
	char	 command[400], line[1024], why[RRD_WHY_MAX], name[100];
	double	*out = xcalloc(100000, sizeof(*out));
	unsigned wrong = 0, rows = 0;
	FILE	*f;
	size_t	 n = (size_t)(400 * 60 / step);

	rrd_file_fetch(d, "a.rrd", k, cf, (uint32_t)step, T0 + step, n, out, why);
	snprintf(command, sizeof(command),
	    "LC_ALL=C rrdtool fetch /proc/%d/fd/%d/a.rrd %s -r %d -s %lld -e %lld", (int)getpid(), dir,
	    cf, step, (long long)T0, (long long)T0 + 400 * 60 - 1);
	setlocale(LC_NUMERIC, "C");	/* for our strtod() */
	f = popen(command, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		char	 *at = line;
		long long t = strtoll(line, &at, 10);
		int	  i;

		if (*at++ != ':' || t <= T0 || t > T0 + (int64_t)n * step)
			continue;
		rows++;
		for (i = 0; i < k->n; i++) {
			double v = strtod(at, &at), ours = out[(t - T0 - step) / step * k->n + i];

			wrong += !((isnan(v) && isnan(ours)) || fabs(v - ours) <= 1e-9 * fabs(v));
		}
	}
	if (f != NULL)
		pclose(f);
	setlocale(LC_NUMERIC, "de_DE.UTF-8");
	snprintf(name, sizeof(name), "rrdtool fetch agrees: %s at %d s, %u rows", cf, step, rows);
	ok(wrong == 0 && rows == n, "%s", name);
	free(out);
}

/* Damage the header; in a child, since a wrong answer of the check may end in a crash. */
static void
test_header_flips(struct rrd_dir *d, int dir, const struct series_kind *k)
{
	char	 why[RRD_WHY_MAX];
	uint8_t	 head[13000], keep[13000];
	int	 fd = openat(dir, "a.rrd", O_RDWR), run, i, status;
	unsigned accepted = 0, crashed = 0, unread = 0;
	double	*out = xcalloc(500 * k->n, sizeof(*out));
	struct rrd_facts facts;
	size_t	 len = 12000;

	if (pread(fd, keep, sizeof(keep), 0) != sizeof(keep))
		abort();
	rrd_file_check(d, "a.rrd", k, &facts, why);
	len = (size_t)(facts.size - (2880 + 10080 + 3 * (9600 + 3650)) * 8u * k->n);
	for (run = 0; run < FLIPS; run++) {
		memcpy(head, keep, len);
		for (i = 0; i < 3; i++) {
			uint64_t random = (uint64_t)run * 3 + (uint64_t)i;

			head[hash_u64(random) % len] ^= (uint8_t)(1 + hash_u64(random << 20) % 255);
		}
		if (pwrite(fd, head, len, 0) != (ssize_t)len)
			abort();
		if (rrd_file_check(d, "a.rrd", k, &facts, why) != RRD_OK)
			continue;
		accepted++;
		if (fork() == 0) {
			double	       v[SAMPLE_VALUES_MAX] = { 0 };
			struct rrd_row row = { facts.last_s + 60, v };
			bool	       good;

			good = rrd_file_fetch(d, "a.rrd", k, "AVERAGE", 60, T0 + 60, 500, out, why) == RRD_OK;
			good = good &&
			    rrd_file_fetch(d, "a.rrd", k, "MAX", 3600, T0 + 3600, 8, out, why) == RRD_OK;
			good = good && rrd_file_update(d, "a.rrd", k, &row, 1, &row.end_s, why) == RRD_OK;
			_exit(!good);
		}
		wait(&status);
		crashed += WIFSIGNALED(status);
		unread += WIFEXITED(status) && WEXITSTATUS(status) != 0;
	}
	if (pwrite(fd, keep, sizeof(keep), 0) != sizeof(keep))
		abort();
	close(fd);
	printf("# %d headers with 3 bytes changed: %u accepted\n", FLIPS, accepted);
	is_i64(crashed, 0, "no changed header crashes librrd");
	is_i64(unread, 0, "every accepted one can be read and written");
	ok(accepted < FLIPS, "and not all are accepted");
	free(out);
}

static void
test_refusals(struct rrd_dir *d, int dir)
{
	const struct series_kind *link = series_kind_find("link"), *port = series_kind_find("port");
	struct rrd_facts	  facts;
	char			  why[RRD_WHY_MAX];
	int			  fd = openat(dir, "a.rrd", O_WRONLY);

	is_i64(rrd_file_check(d, "a.rrd", port, &facts, why), RRD_DAMAGED,
	    "a file of another kind is refused");
	if (pwrite(fd, "x", 1, 5071792) != 1)
		abort();
	is_i64(rrd_file_check(d, "a.rrd", link, &facts, why), RRD_DAMAGED, "a byte too many is refused");
	is_text(why, "header: size", "with its reason");
	if (ftruncate(fd, 5071791) == -1)
		abort();
	is_i64(rrd_file_check(d, "a.rrd", link, &facts, why), RRD_DAMAGED, "a byte too few is refused");
	if (ftruncate(fd, 0) == -1)
		abort();
	is_i64(rrd_file_check(d, "a.rrd", link, &facts, why), RRD_DAMAGED, "an empty file is refused");
	close(fd);
	if (symlinkat("gap.rrd", dir, "link.rrd") == -1)
		abort();
	is_i64(rrd_file_check(d, "link.rrd", link, &facts, why), RRD_DAMAGED, "a symbolic link is refused");
}

static void
test_kinds(struct rrd_dir *d)
{
	static const char *const names[] = { "link", "port", "host", "service", "sensor" };
	char			 why[RRD_WHY_MAX];
	unsigned		 good = 0;
	size_t			 i, p;

	for (i = 0; i < nitems(names); i++)
		for (p = 0; p < PROFILES; p++) {
			const struct series_kind *k = series_kind_find(names[i]);
			struct rrd_facts	  facts;

			good += rrd_file_create(d, "k.rrd", k, &profiles[p], T0, why) == RRD_OK &&
			    rrd_file_check(d, "k.rrd", k, &facts, why) == RRD_OK &&
			    facts.profile == &profiles[p];
		}
	is_i64(good, nitems(names) * PROFILES, "every kind in every profile is made and known again");
}

/* Run all of this under a decimal comma, from a locale made for the purpose when none is installed. */
static void
comma_locale(int dir)
{
	char command[200], path[64];

	if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), dir);
		snprintf(command, sizeof(command),
		    "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", path);
		if (system(command) == 0)
			setenv("LOCPATH", path, 1);
		setlocale(LC_NUMERIC, "de_DE.UTF-8");
	}
	printf("# decimal point of this locale: '%s'\n", localeconv()->decimal_point);
}

int
main(void)
{
	const struct series_kind *link = series_kind_find("link");
	int			  dir = store_dir_make();
	struct rrd_dir		 *d = rrd_dir_new(dir);

	comma_locale(dir);
	test_numbers();
	test_rows(d, link);
	test_gap(d, link, 1);
	test_gap(d, link, 2);
	test_gap(d, link, 3);
	test_gap(d, link, 500);
	if (system("rrdtool --version >/dev/null 2>&1") == 0) {
		test_rrdtool(d, dir, link, "AVERAGE", 60);
		test_rrdtool(d, dir, link, "AVERAGE", 300);
		test_rrdtool(d, dir, link, "MAX", 3600);
		test_rrdtool(d, dir, link, "MIN", 3600);
	} else
		ok(true, "# SKIP rrdtool is not installed");
	test_header_flips(d, dir, link);
	test_kinds(d);
	test_refusals(d, dir);
	rrd_dir_free(d);
	store_dir_remove(dir);
	return tap_done();
}
