/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base.h: the few things that every file wants. Knows nothing of monitoring. */
#ifndef SIMPUL_BASE_H
#define SIMPUL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define nitems(a) (sizeof(a) / sizeof((a)[0]))
#define NS_PER_S  1000000000LL
#define NS_PER_MS 1000000LL
#define NS_PER_US 1000LL

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/** calloc that ends the process when memory is out: a monitor without memory cannot go on. */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);

#endif
