/* SPDX-License-Identifier: GPL-3.0-or-later */
/* push.h: reports of jobs on their way in. */
#ifndef SIMPUL_CORE_PUSH_H
#define SIMPUL_CORE_PUSH_H

#include "live/core.h"
#include "live/push.h"

enum push_answer { PUSH_TAKEN, PUSH_REFUSED, PUSH_TOO_OFTEN };

/**
 * Take a report whose sender shows the token of its service (a file of secrets/push).
 * @param id  of the service; one that there is not is refused just as a wrong token
 */
enum push_answer core_push(struct core *c, const char *id, const char *token, const struct push_report *r);
/** Judge it by our clock: after a report, and with each sweep. */
void core_push_judge(struct core *c, struct service_live *s);

/** What the ledger has kept of its reports, in words. */
void core_push_recall(struct core *c, struct service_live *s);

#endif
