/* SPDX-License-Identifier: GPL-3.0-or-later */
/* credential.c: the community is one line of a secret file, and nothing else may be in it. */
#include "collectors/snmp/credential.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"

#define REJECT(...) do { snprintf(err, err_size, __VA_ARGS__); return -1; } while (0)

bool
credential_is_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
}

static int
version_set(struct snmp_credential *c, const char *method, char *err, size_t err_size)
{
	*c = (struct snmp_credential){ .version = SNMP_V2C };
	if (strcmp(method, "1") == 0)
		c->version = SNMP_V1;
	else if (strcmp(method, "2c") != 0 && strcmp(method, "auto") != 0)
		REJECT("SNMP version \"%s\" is not supported: set the device's version to auto, 2c or 1", method);
	return 0;
}

int
credential_public(struct snmp_credential *c, const char *method, char *err, size_t err_size)
{
	if (version_set(c, method, err, err_size) == -1)
		return -1;
	memcpy(c->community, "public", 6);
	c->community_len = 6;
	return 0;
}

int
credential_read(struct snmp_credential *c, int dir_fd, const char *name, const char *method, char *err,
    size_t err_size)
{
	char	buf[SNMP_COMMUNITY_MAX + 3];	/* a carriage return, a newline, and one byte too many */
	ssize_t n;

	if (version_set(c, method, err, err_size) == -1)
		return -1;
	if (!credential_is_name(name))
		REJECT("no usable credential: name a file of secrets/snmp in devices.csv");
	n = secret_read(dir_fd, "secrets/snmp", name, buf, sizeof(buf), err, err_size);
	if (n == -1)
		return -1;
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	if (n > 0 && buf[n - 1] == '\r')
		n--;
	if (n == 0 || n > SNMP_COMMUNITY_MAX || memchr(buf, '\n', (size_t)n) != NULL ||
	    memchr(buf, '\0', (size_t)n) != NULL) {
		explicit_bzero(buf, sizeof(buf));
		REJECT("secrets/snmp/%s does not hold one line of 1 to %d bytes", name, SNMP_COMMUNITY_MAX);
	}
	memcpy(c->community, buf, (size_t)n);
	c->community_len = (uint8_t)n;
	explicit_bzero(buf, sizeof(buf));
	return 0;
}
