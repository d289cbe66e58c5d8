/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base.c: memory that cannot be refused. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL && n != 0 && size != 0)
		fatalx("out of memory: %zu x %zu bytes", n, size);
	return p;
}

void *
xrealloc(void *p, size_t n, size_t size)
{
	void *q = reallocarray(p, n, size);

	if (q == NULL && n != 0 && size != 0)
		fatalx("out of memory: %zu x %zu bytes", n, size);
	return q;
}

char *
xstrdup(const char *s)
{
	char *p = strdup(s);

	if (p == NULL)
		fatalx("out of memory: a text of %zu bytes", strlen(s));
	return p;
}
