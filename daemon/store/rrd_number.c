/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rrd_number.c: see rrd_number.h. */
#include "store/rrd_number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DIGITS	   15
#define MANTISSA   1000000000000000ull	/* 10^DIGITS */
/* Between these the scale has its power, even when log10() rounds across one. */
#define LEAST	   1e-12
#define MOST	   1e14
#define SCALES	   28
#define LEADING_ZEROS 6	/* behind the point, before an exponent reads better */

/* Exact in a long double of 64 bits. */
static const long double scale[SCALES] = {
	1e0L, 1e1L, 1e2L, 1e3L, 1e4L, 1e5L, 1e6L, 1e7L, 1e8L, 1e9L, 1e10L, 1e11L, 1e12L, 1e13L,
	1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L,
};

static size_t
rare_number(char *out, double v)
{
	char *comma;

	snprintf(out, RRD_NUMBER_SIZE, "%.*g", DIGITS, v);
	if ((comma = strchr(out, ',')) != NULL)
		*comma = '.';
	return strlen(out);
}

static size_t
digits_put(char *out, uint64_t v)
{
	char   reverse[20];
	size_t n = 0, i;

	do
		reverse[n++] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	for (i = 0; i < n; i++)
		out[i] = reverse[n - 1 - i];
	return n;
}

/* m x 10^-k as people write it: 1500000, 12.5, 0.0035, 15e-12. @return its end */
static char *
decimal_put(char *out, uint64_t m, int k)
{
	char   digits[20];
	size_t n = digits_put(digits, m);
	int    whole = (int)n - k;	/* digits before the point */

	if (whole < -LEADING_ZEROS) {
		out = mempcpy(mempcpy(out, digits, n), "e-", 2);
		return out + digits_put(out, (uint64_t)k);
	}
	if (whole <= 0)
		return mempcpy(mempcpy(out, "0.000000", 2 + (size_t)-whole), digits, n);
	if (k <= 0)
		return (char *)memset(mempcpy(out, digits, n), '0', (size_t)-k) - k;
	out = mempcpy(out, digits, (size_t)whole);
	*out++ = '.';
	return mempcpy(out, digits + whole, (size_t)k);
}

size_t
rrd_number(char *out, double v)
{
	double	 a = fabs(v);
	char	*end = out;
	uint64_t m;
	int	 k;

	if (isnan(v) || v == 0) {
		memcpy(out, isnan(v) ? "U" : "0", 2);
		return 1;
	}
	if (a < LEAST || a >= MOST)
		return rare_number(out, v);
	k = DIGITS - 1 - (int)floor(log10(a));
	m = (uint64_t)((long double)a * scale[k] + 0.5L);
	if (m >= MANTISSA)		/* rounded up to the next power of ten */
		m = (uint64_t)((long double)a * scale[--k] + 0.5L);
	for (; m % 10 == 0; k--)
		m /= 10;
	if (v < 0)
		*end++ = '-';
	end = decimal_put(end, m, k);
	*end = '\0';
	return (size_t)(end - out);
}
