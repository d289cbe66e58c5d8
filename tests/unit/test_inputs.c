/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_inputs.c: see test_inputs.h. */
#include "tests/unit/test_inputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "proc/check.h"

bool
input_row_replace(struct check_input *in, const char *id, const char *row)
{
	struct buf out = { 0 };
	char	  *line, *next;
	size_t	   n = strlen(id);
	bool	   found = false;

	for (line = in->text; *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		next += *next == '\n';
		if (strncmp(line, id, n) != 0 || line[n] != ',') {
			buf_bytes(&out, line, (size_t)(next - line));
			continue;
		}
		found = true;
		if (row != NULL) {
			buf_text(&out, row);
			buf_u8(&out, '\n');
		}
	}
	buf_u8(&out, 0);
	free(in->text);
	in->len = out.len - 1;
	in->text = xstrdup((char *)out.data);
	buf_free(&out);
	return found;
}
