/* SPDX-License-Identifier: GPL-3.0-or-later */
/* incident.h: a fault with its root lines, its members and its evidence, as it is now. */
#ifndef SIMPUL_LIVE_INCIDENT_H
#define SIMPUL_LIVE_INCIDENT_H

#include "ledger/ledger.h"
#include "live/object.h"

struct json_t;

enum fault { FAULT_REACH, FAULT_QUALITY, FAULT_SERVICE, FAULT_SERVICE_QUALITY };

/*
 * Why, where it is sure. A new one goes into openapi.json and both languages of the pages, too: tests hold
 * that.
 */
enum cause { CAUSE_UNKNOWN, CAUSE_OWN_FIBRE, CAUSE_PROVIDER_LINE, CAUSE_APPLICATION, CAUSES };
extern const char *const cause_names[CAUSES + 1];	/* "unknown" ..., NULL */

struct member {
	struct link_live *link;		/* NULL once it has left the inventory, and of a service */
	struct service_live *service;	/* likewise, and of a link */
	char	 ref[REF_MAX];
	char	 site[ID_MAX];		/* in whose office's branch it is told; "" = not known */
	char	 state[24];		/* "pending", "down", "degraded", "unreachable", "affected" */
	int64_t	 since_ns, until_ns;	/* wall; until 0: still */
	bool	 unsaved;
	uint64_t office;		/* hash of what its site's own branch was told of the incident */
	bool	 emptied;		/* the link is not that site's any more, and its branch was told so */
};

/*
 * One fault: pending (being verified, nobody told), or open. A pending one is in the ledger by its lines
 * ("pending" in their rows), and gets its number when it is told. Closed ones are here only until their topic
 * is emptied.
 */
struct incident {
	struct ledger_incident row;	/* id 0 while it is pending; evidence unused: see below */
	uint8_t		    fault;	/* enum fault */
	uint8_t		    reach;	/* enum reach_fault it was told as */
	struct site_live   *site;	/* where it is */
	struct link_live   *link;	/* FAULT_QUALITY: the root */
	struct service_live *service;	/* FAULT_SERVICE, FAULT_SERVICE_QUALITY: the root; NULL once it has left */
	struct member	   *member;	/* root lines and members, in the order they joined */
	size_t		    nmembers, member_room;
	size_t		    nleft;	/* of them have left */
	struct json_t	   *evidence;	/* array of {"t","fact"}; owned */
	int64_t		    first_ns;	/* monotonic: the oldest unverified line */
	int64_t		    review_ns;	/* monotonic: next look; 0 = nothing to wait for */
	uint64_t	    office;	/* as in struct member, for its own site */
	int64_t		    publish_ns;	/* monotonic: its document is not published again before */
	bool		    unsaved;	/* differs from its ledger rows */
	bool		    unpublished;	/* its document is to be published */
	bool		    to_probe;	/* its ancestors are to be probed once it is in the ledger */
	bool		    to_empty;	/* closed and shown so: its topic is to be emptied */
	bool		    removed;	/* came to nothing, or closed and all is written */
	bool		    fresh;	/* its id was given in the present transaction */
	struct incident	   *next, *prev;	/* core's list, oldest first */
};

bool	member_is_told(const struct member *m);		/* people hear of it: its part has been decided */
struct site_live *member_site(const struct member *m);	/* whose it is; NULL once it has left */
bool	incident_is_of_service(const struct incident *i);
const char *incident_name(const struct incident *i, char out[24]);	/* "inc-1284" */
/**
 * The open incident of which a link, or a line of a site, is part; NULL = none. Connection before quality.
 */
const struct incident *link_incident(const struct link_live *l);
const struct incident *site_incident(const struct site_live *s);
/** That of a service, or in which it is explained; NULL = none. */
const struct incident *service_incident(const struct service_live *s);

#endif
