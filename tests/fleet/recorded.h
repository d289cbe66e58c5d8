/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recorded.h: recorded walks (tests/data/walks), which a simulated device of that profile serves beside what
 * is live of it. System, interfaces, host resources and the engine are always live; but sysDescr and
 * sysObjectID are those of the walk.
 */
#ifndef SIMPUL_FLEET_RECORDED_H
#define SIMPUL_FLEET_RECORDED_H

#include "tests/fleet/ber.h"

struct recorded_object {
	const uint32_t *arc;
	size_t		n;
	uint8_t		tag;		/* enum ber_tag */
	uint64_t	number;		/* INTEGER in two's complement */
	const uint8_t  *bytes;		/* of a string */
	size_t		len;
	struct oid     *oid;		/* of an OID */
	bool		forbidden;	/* below MIKROTIK .18, which runs scripts: nobody may read it */
};

struct recorded {			/* one walk */
	struct recorded_object *object;	/* by rising name */
	size_t			n;
	struct recorded_object	descr, object_id;	/* n = 0: not in the walk */
};

struct recorded_value {			/* another value for one object of one device */
	size_t	 place;			/* of the object in the walk */
	uint64_t number;
	char	*text;			/* of a string */
};

struct recordings;			/* walks by profile */

/** @param bad_line  of a text that is no walk @return owned by the caller, or NULL */
struct recorded *recorded_parse(const char *text, unsigned *bad_line);
void	recorded_free(struct recorded *r);
/** The first object at (or only behind) this name. @return its place, r->n when there is none */
size_t	recorded_from(const struct recorded *r, const uint32_t *arc, size_t n, bool behind);
/** @param other  instead of its own value, or NULL */
void	recorded_write(
    const struct recorded_object *o, const struct recorded_value *other, struct ber_writer *w);
/** Read another value, as its type wants it. @return 0, or -1; v->text is then owned by the caller */
int	recorded_value_parse(const struct recorded_object *o, const char *text, struct recorded_value *v);

struct recordings *recordings_new(void);
void	recordings_free(struct recordings *rs);
/** @param r  taken */
void	recordings_add(struct recordings *rs, const char *profile, struct recorded *r);
/** @return NULL when there is none, or rs is NULL */
const struct recorded *recordings_of(const struct recordings *rs, const char *profile);

/** Dotted numbers. 0, or -1. */
int	oid_read(const char *text, struct oid *oid);

#endif
