/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crc32c.h: the Castagnoli CRC that guards every block of the journal (polynomial 0x1EDC6F41, RFC 3720 B.4).
 */
#ifndef SIMPUL_CRC32C_H
#define SIMPUL_CRC32C_H

#include "base/base.h"

/** @return CRC-32C of the bytes; of "123456789" it is 0xE3069283 */
uint32_t crc32c(const void *data, size_t len);
/** The same without the processor's instruction, for the test that compares both. */
uint32_t crc32c_portable(const void *data, size_t len);

#endif
