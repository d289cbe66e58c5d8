/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pool.h: requests that are equal but for the request-id, kept once. Devices of one model with one community have
 * the same ones, and those are the most of what a device would cost in memory.
 */
#ifndef SIMPUL_SNMP_POOL_H
#define SIMPUL_SNMP_POOL_H

#include "collectors/snmp/request.h"

struct request_pool;

struct request_pool *request_pool_new(void);
void	request_pool_free(struct request_pool *pool);	/* all must have been given back */
/** @param r  taken: empty afterwards @return to be given back; it never changes */
const struct snmp_request *request_pool_take(struct request_pool *pool, struct snmp_request *r);
void	request_pool_give_back(struct request_pool *pool, const struct snmp_request *r);
size_t	request_pool_count(const struct request_pool *pool);

#endif
