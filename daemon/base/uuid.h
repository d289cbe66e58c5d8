/* SPDX-License-Identifier: GPL-3.0-or-later */
/* uuid.h: UUIDv7 (RFC 9562 5.7), whose text sorts by time. */
#ifndef SIMPUL_UUID_H
#define SIMPUL_UUID_H

#include "base/loop.h"

#define UUID_TEXT_MAX 37

/** @param out  UUID_TEXT_MAX bytes @return out */
char *uuid7(struct loop *l, char *out);

#endif
