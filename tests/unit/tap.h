/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tap.h: the Test Anything Protocol in a few lines. A test program calls the checks and ends with `return tap_done();`. */
#ifndef SIMPUL_TAP_H
#define SIMPUL_TAP_H

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#ifdef TAP_SEVERAL_FILES		/* a program of several files: its main file defines the two */
extern unsigned tap_count, tap_failed;
#else
static unsigned tap_count, tap_failed;
#endif

__attribute__((format(printf, 2, 3), unused)) static bool
ok(bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %u - ", good ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	tap_failed += !good;
	return good;
}

__attribute__((unused)) static bool
is_i64(int64_t got, int64_t want, const char *name)
{
	if (ok(got == want, "%s", name))
		return true;
	printf("#   got %" PRId64 ", want %" PRId64 "\n", got, want);
	return false;
}

__attribute__((unused)) static bool
is_text(const char *got, const char *want, const char *name)
{
	if (ok(got != NULL && strcmp(got, want) == 0, "%s", name))
		return true;
	printf("#   got '%s', want '%s'\n", got != NULL ? got : "(null)", want);
	return false;
}

/* Equal within tol; two NANs are equal. */
__attribute__((unused)) static bool
is_near(double got, double want, double tol, const char *name)
{
	if (ok((isnan(got) && isnan(want)) || fabs(got - want) <= tol, "%s", name))
		return true;
	printf("#   got %.12g, want %.12g\n", got, want);
	return false;
}

/* Instead of all checks; with another status than 0 the TAP driver counts an error. @return of main() */
__attribute__((unused)) static int
tap_skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	return 0;
}

__attribute__((unused)) static int
tap_done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed != 0 || tap_count == 0;
}

#endif
