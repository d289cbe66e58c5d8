/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mib.h: the objects that a simulated device has, in the order of their names. */
#ifndef SIMPUL_FLEET_MIB_H
#define SIMPUL_FLEET_MIB_H

#include "tests/fleet/ber.h"
#include "tests/fleet/parts.h"

struct mib_column;

struct mib_view {		/* whose objects, seen by whom */
	const struct fleet_model *m;
	struct fleet_device	 *d;
	int64_t			  now_ns;
	bool			  no64;		/* without Counter64: SNMPv1 (RFC 2576 4.1.2.1), fault no64 */
};

struct mib_object {
	const struct mib_column *column;	/* NULL: an object of the recorded walk */
	size_t			 row;		/* place in the rows of its table, or in the walk */
};

enum mib_found { MIB_FOUND, MIB_NO_SUCH_INSTANCE, MIB_NO_SUCH_OBJECT };

enum mib_found mib_find(const struct mib_view *v, const struct oid *name, struct mib_object *out);
/** The first object behind this name. @return false at the end of the view */
bool	mib_next(const struct mib_view *v, const struct oid *name, struct mib_object *out);
/** The object behind this one. @return false at the end of the view, with *o unchanged */
bool	mib_step(const struct mib_view *v, struct mib_object *o);
void	mib_write_name(const struct mib_view *v, const struct mib_object *o, struct ber_writer *w);
void	mib_write_value(const struct mib_view *v, const struct mib_object *o, struct ber_writer *w);

/* mib_value.c */
enum mib_value {
	SYS_DESCR, SYS_OBJECT_ID, SYS_UP_TIME, SYS_CONTACT, SYS_NAME, SYS_LOCATION, SYS_SERVICES,
	IF_NUMBER, IF_INDEX, IF_DESCR, IF_TYPE, IF_MTU, IF_SPEED, IF_PHYS_ADDRESS, IF_ADMIN_STATUS,
	IF_OPER_STATUS, IF_LAST_CHANGE, IF_IN_OCTETS, IF_IN_UCAST, IF_IN_DISCARDS, IF_IN_ERRORS,
	IF_IN_UNKNOWN, IF_OUT_OCTETS, IF_OUT_UCAST, IF_OUT_DISCARDS, IF_OUT_ERRORS,
	HR_UPTIME, HR_MEMORY, HR_STORAGE_INDEX, HR_STORAGE_TYPE, HR_STORAGE_DESCR, HR_STORAGE_UNITS,
	HR_STORAGE_SIZE, HR_STORAGE_USED, HR_PROCESSOR_FRW_ID, HR_PROCESSOR_LOAD,
	IF_NAME, IF_IN_MULTICAST, IF_IN_BROADCAST, IF_OUT_MULTICAST, IF_OUT_BROADCAST, IF_HC_IN_OCTETS,
	IF_HC_IN_UCAST, IF_HC_OUT_OCTETS, IF_HC_OUT_UCAST, IF_HIGH_SPEED, IF_PROMISCUOUS, IF_CONNECTOR,
	IF_ALIAS, IF_DISCONTINUITY,
	ENGINE_ID, ENGINE_BOOTS, ENGINE_TIME, ENGINE_MAX_SIZE
};

#define STORAGE_ROWS   2
#define PROCESSOR_ROWS 2

/** The hrStorageIndex of a row: as RouterOS numbers them. */
uint32_t mib_storage_index(size_t row);
void	mib_value_write(const struct mib_view *v, enum mib_value value, size_t row, struct ber_writer *w);

#endif
