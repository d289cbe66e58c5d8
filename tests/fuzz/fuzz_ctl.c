/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_ctl.c: one line of the control socket. What is taken as a request must have an id and an op, and dump
 * as one line.
 */
#include <stdlib.h>

#include "ctl/js.h"
#include "ctl/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct param params[] = {
	{ "kind", PARAM_TEXT, true, 1, 20 },
	{ "limit", PARAM_INT, false, 1, 500 },
	{ "trouble", PARAM_BOOL, false, 0, 0 },
	{ "refs", PARAM_TEXTS, false, 1, 24 },
	{ 0 }
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request r;
	struct buf     line = { 0 };
	char	       why[REQUEST_WHY_MAX] = "";

	if (request_parse(&r, (const char *)data, size, why) == REQUEST_OK) {
		if (r.id < 0 || r.op == NULL)
			abort();
		if (request_check(&r, params, why) == 0 && request_text(&r, "kind") == NULL)
			abort();
		js_line(&line, r.body);
		if (memchr(line.data, '\n', line.len) != line.data + line.len - 1)
			abort();
	} else if (why[0] == '\0') {
		abort();
	}
	request_fini(&r);
	buf_free(&line);
	return 0;
}
