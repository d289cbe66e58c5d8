/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hint.h: the end of a message about a misspelt word. */
#ifndef SIMPUL_CTL_HINT_H
#define SIMPUL_CTL_HINT_H

#include "base/base.h"

#define HINT_MAX 100

/** `; did you mean "site"?` for the nearest of words (ends with NULL), or "". @return out */
const char *did_you_mean(char out[HINT_MAX], const char *word, const char *const *words);

#endif
