/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * detail.h: what the ledger's row of an object remembers beside its columns, as JSON:
 *
 *	all	"document": hash of what its last published document says
 *	links	"site": whose it is; "rounds", "rounds_since": as measured; "raised": the rules that are, each
 *		with the time since when; "reach": "pending" or "settle" when its verdict is
 *	services "rounds", "rounds_since"; "worry": severity of what is beyond its limit; "push":
 *		what it has reported
 *	devices	"told": device.silent has been sent; "reason"
 */
#ifndef SIMPUL_CORE_DETAIL_H
#define SIMPUL_CORE_DETAIL_H

#include "live/core.h"

/** @param document  hash of its document @param row  of which the kind is set */
void	detail_write(const struct core *c, const struct live *v, uint64_t document, struct ledger_object *row);

/* Reading: what is missing or malformed counts as not known. */
uint64_t detail_document(const char *detail);		/* 0 = never published */
void	detail_site(const char *detail, char site[ID_MAX]);	/* "" = not known */
void	detail_read_link(const struct core *c, const char *detail, struct link_live *l);
void	detail_read_service(const char *detail, struct service_live *s);
void	detail_read_device(const char *detail, struct device_live *d);

#endif
