/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pairs.h: which processes have a channel with each other, and who of two is believed. */
#ifndef SIMPUL_PAIRS_H
#define SIMPUL_PAIRS_H

#include "ipc/msg.h"

bool	pairs_speak(enum process_kind a, enum process_kind b);
/** Whoever takes in bytes from outside is trusted less. @return whether a is trusted more than b */
bool	pairs_trust_more(enum process_kind a, enum process_kind b);

#endif
