/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * topology.h: from what devices hear at their ports to who is connected to whom, and from that to the site
 * through which a line passes. Pure: devices and sites are places in lists of the caller, whose text must
 * outlive the result.
 *
 * A neighbour is a known device by a MAC of its ports, else by its address, else by its name if no other
 * has it. What both ends tell of each other is one edge. A parent is inferred on the path towards the
 * root, the site from which everything is reached; the inventory's word is never changed by it.
 */
#ifndef SIMPUL_RULES_TOPOLOGY_H
#define SIMPUL_RULES_TOPOLOGY_H

#include "base/addr.h"

#define TOPO_NOBODY SIZE_MAX

struct topo_device {
	const char	   *name;	/* sysName; "" = not known */
	struct addr	    address;
	const uint8_t	  (*mac)[6];	/* of its ports */
	size_t		    nmacs, site;
};

struct topo_heard {			/* one neighbour of a device */
	size_t		   device;
	uint8_t		   source;	/* enum neighbour_source */
	const char	  *port, *name, *remote_port;	/* "" = not known */
	const uint8_t	  *mac;		/* 6 bytes; zeros = not known */
	const struct addr *address;	/* family 0 = not known */
};

enum topo_by { TOPO_BY_MAC = 1, TOPO_BY_ADDRESS = 2, TOPO_BY_NAME = 4 };

struct topo_edge {
	size_t	       a, b;		/* devices; b is TOPO_NOBODY when the other end is none of ours */
	const char    *a_port, *b_port;	/* "" = not known */
	bool	       a_told, b_told;	/* who has heard the other one */
	uint8_t	       by;		/* enum topo_by, or-ed */
	uint8_t	       sources;		/* bits of enum neighbour_source */
	const struct topo_heard *heard;	/* the first that told; of an unknown end all that is known */
	size_t	       next;		/* of the same two devices; TOPO_NOBODY: none */
};

struct topology {
	const struct topo_device *device;
	size_t		  ndevices, nsites;
	struct topo_edge *edge;
	size_t		  nedges;
	size_t		 *first, *at;	/* known edges of a device: at[first[device]] up to that of the next one */
	uint32_t	 *hops;		/* per device, from the root; UINT32_MAX: no way there */
	size_t		 *towards;	/* per device: the edge towards the root */
	size_t		 *nearest;	/* per site: its device with the fewest hops */
};

struct topology topology_build(const struct topo_device *device, size_t ndevices,
    const struct topo_heard *heard,
	    size_t nheard, size_t nsites);
/** Measure from this site; TOPO_NOBODY, and until it is called: from nowhere, so no way is known. */
void	topology_root(struct topology *t, size_t site);
/** Is this device connected to another known one? */
bool	topology_is_connected(const struct topology *t, size_t device);
void	topology_free(struct topology *t);

struct topo_line {			/* a line of the inventory */
	size_t	    site;
	size_t	    device;		/* whose port carries it, or TOPO_NOBODY */
	const char *port;		/* "" = not known */
	bool	    alone;		/* the only line of its site */
};

enum topo_confidence { TOPO_UNKNOWN, TOPO_LOW, TOPO_MEDIUM, TOPO_HIGH };
extern const char *const topo_confidence_names[TOPO_HIGH + 2];	/* "unknown", "low", ..., NULL */

struct topo_parent {
	size_t		     site;	/* TOPO_NOBODY: unknown */
	enum topo_confidence confidence;
	size_t		     edge;	/* that tells so */
};

/**
 * The site through which a line passes.
 *
 *	high	the neighbour at the very port that carries it is nearer to the root, and both ends say so
 *	medium	only one of them does
 *	low	nothing is known of the port; but the site has no other line, and this is its way to the root
 */
struct topo_parent topology_parent(const struct topology *t, const struct topo_line *line);

#endif
