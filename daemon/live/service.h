/* SPDX-License-Identifier: GPL-3.0-or-later */
/* service.h: what configuration and inventory say of how a service is asked. */
#ifndef SIMPUL_LIVE_SERVICE_H
#define SIMPUL_LIVE_SERVICE_H

#include "base/conf.h"
#include "model/inventory.h"

#define SERVICE_PUSH "push" /* the kind that reports by itself */

bool service_is_push(const struct service *s);
/** Is it asked by an instance: in operation or being built, and not one that reports by itself? */
bool service_is_asked(const struct service *s);
/** Its own, or that of its kind. */
uint32_t service_interval_s(const struct conf *conf, const struct service *s);
uint32_t service_timeout_ms(const struct conf *conf, const struct service *s);
/** What the probe itself is to expect: all but the limit below. */
#define SERVICE_EXPECT_MAX 1024
void	service_expect(const char *expect, char out[SERVICE_EXPECT_MAX]);
/** An answer that takes longer is slow: "max_s=2" among what is expected. @return NAN: no limit */
double service_max_s(const char *expect);

#endif
