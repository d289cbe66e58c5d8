/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shape.h: members of the engine's objects, taken over into those of the API. Pure. */
#ifndef SIMPUL_SHAPE_H
#define SIMPUL_SHAPE_H

#include <jansson.h>

const char *shape_text(const json_t *item, const char *key);	/* "" when there is none */
/** A member as it is; null when absent. */
void	shape_copy(json_t *v, const char *key, const json_t *item, const char *from);
/** A text; null when it is empty, too. */
void	shape_name(json_t *v, const char *key, const json_t *item, const char *from);

#endif
