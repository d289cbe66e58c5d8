/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hint.c: see hint.h. */
#include "ctl/hint.h"

#include <stdio.h>

#include "base/text.h"

const char *
did_you_mean(char out[HINT_MAX], const char *word, const char *const *words)
{
	const char *near = text_nearest(word, words);

	*out = '\0';
	if (near != NULL)
		snprintf(out, HINT_MAX, "; did you mean \"%s\"?", near);
	return out;
}
