/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_conf.c: any bytes as simpuld.conf. The process must live on, which libconfig alone does not promise. */
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets an unfinished text at a syntax error; it runs in a process that ends after one file. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static void
on_error(void *arg, unsigned line, unsigned column, const char *text)
{
	unsigned *errors = arg;

	(void)line, (void)column;
	++*errors;
	if (!text_is_utf8(text, strlen(text)) || strncmp(text, "bug:", 4) == 0)
		abort();
}

/* What was accepted once must be accepted again: check sends it on as pairs. */
static void
set_again(void *arg, const char *path, const char *value)
{
	char err[400];

	if (conf_set(arg, path, value, err, sizeof(err)) == -1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned     errors = 0;
	struct conf *again, *c = conf_parse((const char *)data, size, on_error, &errors);

	if ((c == NULL) != (errors > 0))
		abort();
	if (c == NULL)
		return 0;
	again = conf_new_default();
	conf_each(c, set_again, again);
	conf_free(again);
	conf_free(c);
	return 0;
}
