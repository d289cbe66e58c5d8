/* SPDX-License-Identifier: GPL-3.0-or-later */
/* service.c: see service.h. */
#include "live/service.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "probes/probe.h"

#define INTERVAL_S 60 /* of a kind that has no setting of its own */
#define TIMEOUT_S  10

static double
setting(const struct conf *conf, const struct service *s, const char *key, double otherwise)
{
	const struct probe_ops *probe = probe_find(s->kind);
	char path[64];

	if (probe == NULL || !probe_has_option(probe, key))
		return otherwise;
	snprintf(path, sizeof(path), "%s.%s", s->kind, key);
	return conf_number(conf, path);
}

bool
service_is_push(const struct service *s)
{
	return strcmp(s->kind, SERVICE_PUSH) == 0;
}

bool
service_is_asked(const struct service *s)
{
	return (s->life == LIFE_LIVE || s->life == LIFE_BUILDING) && !service_is_push(s);
}

uint32_t
service_interval_s(const struct conf *conf, const struct service *s)
{
	return s->interval_s != 0 ? s->interval_s : (uint32_t)setting(conf, s, "interval_s", INTERVAL_S);
}

uint32_t
service_timeout_ms(const struct conf *conf, const struct service *s)
{
	return (uint32_t)(setting(conf, s, "timeout_s", TIMEOUT_S) * 1000 + 0.5);
}

/* Items are joined by "|"; within one a backslash takes what follows it as it is. */
static size_t
item_length(const char *list)
{
	size_t n = 0;

	while (list[n] != '\0' && list[n] != '|')
		n += list[n] == '\\' && list[n + 1] != '\0' ? 2 : 1;
	return n;
}

static const char max_s_key[] = "max_s=";

void
service_expect(const char *expect, char out[SERVICE_EXPECT_MAX])
{
	size_t len = 0, n;

	for (; *expect != '\0'; expect += n + (expect[n] == '|')) {
		n = item_length(expect);
		if (strncmp(expect, max_s_key, sizeof(max_s_key) - 1) == 0)
			continue;
		if (len > 0)
			out[len++] = '|';
		memcpy(out + len, expect, n);
		len += n;
	}
	out[len] = '\0';
}

double
service_max_s(const char *expect)
{
	char   number[24];
	double v;
	size_t n;

	for (; *expect != '\0'; expect += n + (expect[n] == '|')) {
		n = item_length(expect);
		if (strncmp(expect, max_s_key, sizeof(max_s_key) - 1) != 0)
			continue;
		snprintf(number, sizeof(number), "%.*s", (int)(n - sizeof(max_s_key) + 1), expect + sizeof(max_s_key) - 1);
		return text_to_double(number, &v) == 0 && v > 0 ? v : NAN;
	}
	return NAN;
}
