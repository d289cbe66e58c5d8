/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_csv.c: any bytes as a file of the inventory; the first byte says which one. */
#include <stdlib.h>

#include "model/csv.h"
#include "model/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_error(void *arg, unsigned line, unsigned column, const char *text)
{
	(void)arg, (void)line, (void)column;
	if (!text_is_utf8(text, __builtin_strlen(text)))
		abort();
}

static void
on_link_error(void *arg, enum input_kind what, const char *id, unsigned column, const char *text)
{
	on_error(arg, inventory_line_of(arg, what, id), inventory_field_of(arg, what, column), text);
}

static void
no_row_error(void *arg, unsigned column, const char *text)
{
	(void)arg, (void)column, (void)text;
	abort();
}

/* What was accepted once must be accepted again: check sends it on as rows. */
static void
add_again(void *arg, enum input_kind what, unsigned line, const char *const *fields, size_t n)
{
	(void)line;
	inventory_add(arg, what, fields, n, no_row_error, arg);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inventory *inv, *again;

	if (size == 0)
		return 0;
	inv = inventory_new();
	again = inventory_new();
	inventory_read(inv, INPUT_SITES + data[0] % (INPUT_KINDS - INPUT_SITES), (const char *)data + 1, size - 1, on_error, inv);
	inventory_each(inv, add_again, again);
	inventory_link(inv, on_link_error, inv);
	inventory_free(inv);
	inventory_free(again);
	return 0;
}
