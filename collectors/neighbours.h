/* SPDX-License-Identifier: GPL-3.0-or-later */
/* neighbours.h: what the collectors of neighbours have in common: they only tell at discovery, and poll nothing. */
#ifndef SIMPUL_COLLECTORS_NEIGHBOURS_H
#define SIMPUL_COLLECTORS_NEIGHBOURS_H

#include "collectors/collector.h"

/* ifName (IF-MIB) stands in each of their walks: protocols name the local port by its number. */
#define NEIGHBOURS_IF_NAME { "ifName", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1) }

/** Begin to tell one of this device. */
struct msg_neighbour neighbour_new(const struct collector *c, enum neighbour_source source);
/** Tell it, unless nothing tells who it is or there are NEIGHBOURS_MAX already. */
void	neighbour_tell(struct collector *c, const struct msg_neighbour *n, unsigned *told);
/** All of this walk have been told. */
void	neighbours_end(struct collector *c, enum neighbour_source source);

/** Text of a device, made visible, without what pads it at its end. @return false when it is no text, or empty */
bool	neighbour_text(char *out, size_t size, const struct snmp_value *v);
/** Six bytes, or their usual spellings as text. @return false when it is none */
bool	neighbour_mac(uint8_t mac[6], const struct snmp_value *v);
/** 4 or 16 bytes as an address. */
bool	neighbour_address(struct addr *a, const uint8_t *bytes, size_t len);
/** The row whose index is this one arc, or NULL. @param rows  of a walk, by rising index */
const struct row *neighbour_row(const struct row *rows, size_t n, uint32_t index);
/** The ifName of this number among the rows, made visible; "" when there is none. */
void	neighbour_port(char *out, size_t size, const struct row *rows, size_t n, unsigned column,
    uint32_t if_index);

/* For their tables of functions. */
extern const struct metric neighbour_metrics[];	/* none */
void	neighbours_plan(struct collector *c, struct poll_plan *plan);
bool	neighbours_row(struct collector *c, const struct row *row, const struct poll *poll);
void	neighbours_done(struct collector *c, const struct poll *poll);

#endif
