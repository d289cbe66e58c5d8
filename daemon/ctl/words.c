/* SPDX-License-Identifier: GPL-3.0-or-later */
/* words.c: times and amounts as people read and write them (term.h). */
#include "ctl/term.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"

char *
words_duration(char out[WORDS_MAX], int64_t s)
{
	static const struct { int64_t seconds; const char *name; } units[] = {
		{ 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" },
	};
	size_t	i;
	int64_t rest;

	if (s < 0)
		s = 0;
	for (i = 0; i + 1 < nitems(units) && s < units[i].seconds; i++)
		;
	rest = i + 1 < nitems(units) ? s % units[i].seconds / units[i + 1].seconds : 0;
	if (rest > 0)
		snprintf(out, WORDS_MAX, "%" PRId64 " %s %" PRId64 " %s", s / units[i].seconds, units[i].name,
		    rest, units[i + 1].name);
	else
		snprintf(out, WORDS_MAX, "%" PRId64 " %s", s / units[i].seconds, units[i].name);
	return out;
}

char *
words_time(char out[WORDS_MAX], int64_t wall_ns)
{
	time_t	  s = (time_t)(wall_ns / NS_PER_S);
	struct tm tm;
	long	  minutes;
	int	  n;

	if (wall_ns == 0) {
		text_copy(out, WORDS_MAX, "-");
		return out;
	}
	localtime_r(&s, &tm);
	minutes = tm.tm_gmtoff / 60;
	n = snprintf(out, WORDS_MAX, "%04d-%02d-%02d %02d:%02d:%02d %c%02ld", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, minutes < 0 ? '-' : '+',
	    labs(minutes) / 60);
	if (minutes % 60 != 0)
		snprintf(out + n, (size_t)(WORDS_MAX - n), ":%02ld", labs(minutes) % 60);
	return out;
}

char *
words_ago(char out[WORDS_MAX], const struct term *t, int64_t wall_ns)
{
	if (wall_ns != 0)
		return words_duration(out, (t->now_ns - wall_ns) / NS_PER_S);
	text_copy(out, WORDS_MAX, "-");
	return out;
}

char *
words_rate(char out[WORDS_MAX], double bps)
{
	static const char *const units[] = { "bit/s", "kbit/s", "Mbit/s", "Gbit/s" };
	size_t			 i;

	if (!isfinite(bps)) {
		text_copy(out, WORDS_MAX, "-");
		return out;
	}
	for (i = 0; i + 1 < nitems(units) && fabs(bps) >= 1000; i++)
		bps /= 1000;
	snprintf(out, WORDS_MAX, "%.*f %s", bps >= 100 || i == 0 ? 0 : 1, bps, units[i]);
	return out;
}

char *
words_seconds(char out[WORDS_MAX], double s)
{
	if (!isfinite(s))
		text_copy(out, WORDS_MAX, "-");
	else if (s < 1)
		snprintf(out, WORDS_MAX, "%.1f ms", s * 1e3);
	else
		snprintf(out, WORDS_MAX, "%.2f s", s);
	return out;
}

char *
words_ratio(char out[WORDS_MAX], double ratio)
{
	if (isfinite(ratio))
		snprintf(out, WORDS_MAX, "%.1f %%", ratio * 100);
	else
		text_copy(out, WORDS_MAX, "-");
	return out;
}

/* ---- reading times ---- */

int
time_parse(const char *text, int64_t *wall_ns)
{
	struct tm tm = { 0 };
	int	  n = 0, hours = 0, minutes = 0, offset_s;
	double	  fraction = 0;
	char	  sign = 'Z';

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
	    &tm.tm_min, &tm.tm_sec, &n) != 6)
		return -1;
	text += n;
	if (*text == '.') {
		fraction = strtod(text, NULL);
		text += 1 + strspn(text + 1, "0123456789");
	}
	if (strcmp(text, "Z") != 0 && (sscanf(text, "%c%2d:%2d%n", &sign, &hours, &minutes, &n) != 3 ||
	    text[n] != '\0' || (sign != '+' && sign != '-')))
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	offset_s = (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	*wall_ns = ((int64_t)timegm(&tm) - offset_s) * NS_PER_S + (int64_t)(fraction * 1e9 + 0.5);
	return 0;
}

/* "-90m": that long before now. */
static int
parse_before(const char *text, int64_t now_s, int64_t *seconds)
{
	static const struct { char unit; int64_t seconds; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 },
	};
	char	number[16];
	size_t	digits, i;
	int64_t n;

	if (text[0] != '-')
		return -1;
	digits = strspn(text + 1, "0123456789");
	snprintf(number, sizeof(number), "%.*s", (int)digits, text + 1);
	if (digits > 9 || text_to_i64(number, 0, INT32_MAX, &n) == -1 || strlen(text) != digits + 2)
		return -1;
	for (i = 0; i < nitems(units); i++)
		if (text[digits + 1] == units[i].unit) {
			*seconds = now_s - n * units[i].seconds;
			return 0;
		}
	return -1;
}

static int
parse_local(const char *text, int64_t *seconds)
{
	struct tm tm = { .tm_isdst = -1 };
	int	  n, end = 0;
	char	  between = ' ';

	n = sscanf(text, "%4d-%2d-%2d%n%c%2d:%2d%n:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &end,
	    &between, &tm.tm_hour, &tm.tm_min, &end, &tm.tm_sec, &end);
	if ((n != 3 && n != 6 && n != 7) || text[end] != '\0' || (between != ' ' && between != 'T'))
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*seconds = (int64_t)mktime(&tm);
	return *seconds == -1 ? -1 : 0;
}

int
time_parse_human(const char *text, int64_t now_s, int64_t *seconds)
{
	int64_t ns;

	if (strcmp(text, "now") == 0) {
		*seconds = now_s;
		return 0;
	}
	if (time_parse(text, &ns) == 0) {
		*seconds = ns / NS_PER_S;
		return 0;
	}
	if (parse_before(text, now_s, seconds) == 0 || parse_local(text, seconds) == 0)
		return 0;
	return text_to_i64(text, 0, UINT32_MAX, seconds);
}
