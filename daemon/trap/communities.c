/* SPDX-License-Identifier: GPL-3.0-or-later */
/* communities.c: see communities.h. Several at a time let them be changed on one device after the other. */
#include "trap/communities.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"

#define REJECT(...) do { snprintf(err, err_size, __VA_ARGS__); return -1; } while (0)

static int
line_take(struct communities *c, const char *line, size_t len, char *err, size_t err_size)
{
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len == 0)
		return 0;
	if (c->n == COMMUNITIES_MAX || len > SNMP_COMMUNITY_MAX || memchr(line, '\0', len) != NULL)
		REJECT(COMMUNITIES_FILE " does not hold 1 to %d lines of 1 to %d bytes", COMMUNITIES_MAX,
		    SNMP_COMMUNITY_MAX);
	c->each[c->n].len = (uint8_t)len;
	memcpy(c->each[c->n++].bytes, line, len);
	return 0;
}

static int
lines_take(struct communities *c, const char *at, const char *end, char *err, size_t err_size)
{
	const char *stop;

	for (; at < end; at = stop + 1) {
		if ((stop = memchr(at, '\n', (size_t)(end - at))) == NULL)
			stop = end;
		if (line_take(c, at, (size_t)(stop - at), err, err_size) == -1)
			return -1;
	}
	if (c->n == 0)
		REJECT(COMMUNITIES_FILE " is empty; put the communities of traps there, one a line");
	return 0;
}

int
communities_read(struct communities *c, int fd, char *err, size_t err_size)
{
	char	buf[COMMUNITIES_MAX * (SNMP_COMMUNITY_MAX + 2) + 1];
	ssize_t n = secret_read_fd(fd, COMMUNITIES_FILE, buf, sizeof(buf), err, err_size);
	int	rc = -1;

	explicit_bzero(c, sizeof(*c));
	if (n == (ssize_t)sizeof(buf))
		snprintf(err, err_size, COMMUNITIES_FILE " is too long");
	else if (n >= 0)
		rc = lines_take(c, buf, buf + n, err, err_size);
	if (rc == -1)
		explicit_bzero(c, sizeof(*c));
	explicit_bzero(buf, sizeof(buf));
	return rc;
}

bool
communities_have(const struct communities *c, const uint8_t *community, size_t len)
{
	bool	found = false;
	uint8_t differs;
	size_t	i, k;

	for (i = 0; i < c->n; i++) {
		if (c->each[i].len != len)
			continue;
		for (k = 0, differs = 0; k < len; k++)
			differs |= c->each[i].bytes[k] ^ community[k];
		found |= differs == 0;
	}
	return found;
}
