/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inventory.h: what is watched: sites, their links, devices, services, segments. Plain data and look-ups, no I/O.
 *
 * An inventory is built row by row from the CSV columns of DECISIONS 3, then linked and checked as a whole, and read-only after
 * that. A reload builds a new one beside the old. All text lives in the inventory and goes with it.
 */
#ifndef SIMPUL_INVENTORY_H
#define SIMPUL_INVENTORY_H

#include "base/addr.h"
#include "base/text.h"
#include "ipc/msg.h"	/* enum input_kind: which table a row belongs to */

enum site_class { CLASS_CRITICAL, CLASS_OFFICE, CLASS_PARK };
enum life { LIFE_PLANNED, LIFE_BUILDING, LIFE_LIVE, LIFE_RETIRED };
enum link_role { ROLE_MAIN, ROLE_BACKUP };
enum link_kind { LINK_BEST_EFFORT, LINK_COMMITTED };
extern const char *const site_class_names[], *const life_names[], *const link_role_names[], *const link_kind_names[];	/* end with NULL */

#define PROBE_NAME_MAX	   16
#define INTERFACE_NAME_MAX 16	/* IFNAMSIZ */

struct link_probe {			/* how a line is probed */
	char	 name[PROBE_NAME_MAX];	/* "": by engine.link_probe */
	uint16_t port;			/* 0: as its probe is set */
};

struct site;
struct link;
struct device;

struct site {
	char		 id[ID_MAX];
	const char	*name, *short_name, *kind, *district, *owner, *hours, *contacts, *networks;	/* "" when not given */
	enum site_class	 class;
	enum life	 life;
	double		 lat, lon;		/* NAN when not given */
	/* set when linked */
	struct link    **links;			/* its lines: main first, then in file order */
	size_t		 nlinks;
	struct link    **children;		/* lines of other sites that pass through this one */
	size_t		 nchildren;
	size_t		 index;			/* place in inventory.site[] */
};

struct link {
	char		 id[ID_MAX];
	enum link_role	 role;
	enum link_kind	 kind;
	enum life	 life;
	const char	*provider, *product, *budget_code, *contract_end, *segments, *port, *via;
	struct addr	 address;		/* family 0: not probed, unless it calls us */
	struct link_probe probe;
	struct addr	 source;		/* family 0: as routed */
	const char	*interface, *credential;	/* "": as routed; none */
	double		 down_bps, up_bps, sla_pct, price_idr, rx_dbm_min;	/* NAN when not given */
	char		 site_id[ID_MAX], parent_id[ID_MAX], device_id[ID_MAX];
	/* set when linked */
	struct site	*site;
	struct site	*parent;		/* the site this line passes through, or NULL */
	struct device	*device;		/* whose `port` carries it, or NULL */
	size_t		 index;
};

struct device {
	char		 id[ID_MAX], site_id[ID_MAX];
	const char	*kind, *profile, *version, *credential, *owner, *via;
	struct addr	 address;
	uint16_t	 port;
	uint32_t	 interval_s;		/* 0: as configured for all */
	enum life	 life;
	struct site	*site;
	size_t		 index;
};

struct service {
	char		 id[ID_MAX], site_id[ID_MAX];
	const char	*kind, *target, *expect, *credential, *owner, *depends, *via;
	uint32_t	 interval_s;		/* 0: as configured for its kind */
	enum site_class	 class;
	enum life	 life;
	struct site	*site;
	size_t		 index;
};

struct segment {
	char		 id[ID_MAX], a[ID_MAX], b[ID_MAX];
	const char	*name, *kind;
	double		 length_m;
	size_t		 index;
};

struct inventory {
	struct site    **site;
	struct link    **link;
	struct device  **device;
	struct service **service;
	struct segment **segment;
	size_t		 nsites, nlinks, ndevices, nservices, nsegments;
	struct inventory_private *priv;		/* text and look-up tables */
};

/** @return name of the i-th column of a table in schema order, NULL behind the last; the first is always "id" */
const char *inventory_column(enum input_kind what, size_t i);

typedef void (*row_error_fn)(void *arg, unsigned column, const char *text);	/* column: 1-based, in schema order; 0 = the whole row */

struct inventory *inventory_new(void);
void		  inventory_free(struct inventory *inv);
/**
 * Add one row, its fields in schema order (all columns present; "" = unknown).
 * @return 0, or -1 after at least one call of error; then the row is not added
 */
int	inventory_add(struct inventory *inv, enum input_kind what, const char *const *fields, size_t n, row_error_fn error, void *arg);
/**
 * Add all rows of a CSV file. Its header gives the order of the columns; optional ones may be missing. Rows in which every
 * field is empty are skipped.
 * @param error	line and column as they stand in the file
 * @return 0, or -1 after at least one call of error; the good rows are added then, too, so that a check finds all errors
 */
int	inventory_read(struct inventory *inv, enum input_kind what, const char *text, size_t len,
	    void (*error)(void *arg, unsigned line, unsigned column, const char *text), void *arg);
/** Where a row stands in the file that inventory_read() took it from: line, and field of its column; 0 = unknown. */
unsigned inventory_line_of(const struct inventory *inv, enum input_kind what, const char *id);
unsigned inventory_field_of(const struct inventory *inv, enum input_kind what, unsigned column);
/** Every row as text, its fields in schema order, kind by kind in file order: what check sends to core. */
void	inventory_each(const struct inventory *inv,
	    void (*cb)(void *arg, enum input_kind what, unsigned line, const char *const *fields, size_t n), void *arg);
/**
 * Resolve references and check the whole: known sites and parents, no circles, unique addresses within an instance.
 * @param error	table and id of the row that is wrong, column in schema order
 * @return 0, or -1 after at least one call of error
 */
int	inventory_link(struct inventory *inv,
	    void (*error)(void *arg, enum input_kind what, const char *id, unsigned column, const char *text), void *arg);

/**
 * A row as text: its fields in schema order, borrowed.
 * @param index	place of its object in inventory.site[] and so on
 * @return how many fields; 0 when there is no such row
 */
size_t	inventory_row(const struct inventory *inv, enum input_kind what, size_t index,
	    const char *fields[ROW_FIELDS_MAX]);

struct site	*inventory_site(const struct inventory *inv, const char *id);
struct link	*inventory_link_of(const struct inventory *inv, const char *id);
struct device	*inventory_device(const struct inventory *inv, const char *id);

/** The tables and their columns as sections of a man page (mdoc). */
struct buf;
void	inventory_write_man(struct buf *out);

#endif
