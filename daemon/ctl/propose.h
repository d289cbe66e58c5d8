/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * propose.h: from what discovery has found to rows for the inventory, for a person to look at. Pure.
 *
 * One host may answer at several addresses; it is told by what only one box can have: a MAC from a
 * factory, or the same name with a MAC, an engine ID or an address in common. An engine ID alone tells
 * nothing: whole makes of routers have the same.
 */
#ifndef SIMPUL_CTL_PROPOSE_H
#define SIMPUL_CTL_PROPOSE_H

#include <jansson.h>
#include "base/cursor.h"
#include "base/map.h"
#include "base/text.h"

struct proposal {			/* one host */
	json_t	   *host;		/* as found at the address that is proposed; borrowed */
	json_t	   *also;		/* its other addresses, an array of texts; owned */
	const char *known;		/* id of the device that it is; NULL: none yet */
	const char *site;		/* "" = not known */
	const char *kind, *profile;	/* of a new one; "" = not known */
	char	    id[ID_MAX];		/* of a new one; unlike all others */
};

struct proposals {
	struct proposal *v;		/* those whose agent answers, in the order found */
	size_t		 n;
};

/**
 * @param found	array of hosts as the operation discover gives them; borrowed, it must outlive the result
 * @param taken	keys are the ids of the devices that there are
 */
void	proposals_make(struct proposals *p, const json_t *found, const struct map *taken);
void	proposals_free(struct proposals *p);

struct proposal_place {			/* what is the same for all of them */
	const char *port, *version, *via;
};
/** A devices.csv of the new ones. @return how many rows */
size_t	proposals_write_devices(const struct proposals *p, const struct proposal_place *place,
    struct buf *out);
/**
 * A links.csv with the rows of those lines that would get a device and port: whose address a host has, and
 * that have none yet. @return how many rows
 */
size_t	proposals_write_links(const struct proposals *p, struct buf *out);

/** Append a field of a CSV file (RFC 4180), quoted if need be. */
void	csv_field(struct buf *out, const char *text);

#endif
