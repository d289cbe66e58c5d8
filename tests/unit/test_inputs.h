/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_inputs.h: for tests that change the rows of an inventory. */
#ifndef SIMPUL_TEST_INPUTS_H
#define SIMPUL_TEST_INPUTS_H

#include <stdbool.h>

struct check_input;

/**
 * Put `row` (without the end of its line; NULL: nothing) in place of the row with this id. @return was there one?
 */
bool	input_row_replace(struct check_input *in, const char *id, const char *row);

#endif
