/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * city.h: what the engine said of all objects at one time, in the shape of the API. Built anew from lists of
 * the control socket (mirror.c) and not changed after that; pure.
 */
#ifndef SIMPUL_CITY_H
#define SIMPUL_CITY_H

#include <jansson.h>
#include "base/map.h"

struct city_site;

struct city_link {
	json_t		 *v;		/* as the API gives it, without age_s */
	const char	 *id, *state;	/* inside v */
	const char	 *provider;	/* "" when not known */
	int64_t		  last_ns;	/* when it was measured, wall; 0: never */
	int64_t		  proven_ns;	/* when it answered on its own path; likewise */
	struct city_site *site;		/* NULL until the site has come */
	char		 *row;		/* of a batch, as text */
	uint64_t	  changed;	/* number of the batch that told its row */
};

struct city_site {
	json_t		  *v;
	const char	  *id, *state, *name;
	const char	  *kind, *district;	/* "" when not known */
	int64_t		   last_ns;
	struct city_link **link;
	size_t		   nlinks;
	char		  *row;
	uint64_t	   changed;
};

struct city_service {
	json_t	   *v;
	const char *id, *site, *state, *kind, *owner;	/* inside v; owner "" when not known */
	int64_t	    last_ns;		/* when it was asked, wall; 0: never */
};

struct city_incident {
	json_t	   *v;
	const char *id, *site;		/* inside v; site "" when there is none */
	int64_t	    number;
	bool	    open;
	char	   *text;		/* the whole, as JSON */
	json_t	   *suffering;		/* set: ids of sites that suffer from it, or once did */
	uint64_t    changed;
};

#define CITY_CODES 8
extern const char *const city_codes[CITY_CODES + 1];	/* page codes of states, end with NULL */

struct city {
	struct city_site     **site;
	struct city_link     **link;
	struct city_service  **service;
	struct city_incident **incident;	/* newest first */
	size_t		       nsites, nlinks, nservices, nincidents;
	struct map	      *site_by_id, *link_by_id, *service_by_id, *incident_by_id, *site_of_device;
	json_t		      *devices;		/* keeps the names in site_of_device */
	int64_t		       whole_from;	/* all incidents of this number or above are here, below it open ones */
	uint64_t	       forgotten;	/* the last batch that told one which is not here any more */
	int64_t		       seq;
	char		       ns[64], version[32], up_since[32];	/* "" when not known */
};

void	city_services_free(struct city *c);

struct city *city_new(void);
void	city_free(struct city *c);	/* NULL is allowed */

/* Items of the engine's lists; links and devices come before sites, incidents last. */

void	city_add_link(struct city *c, const json_t *item);
void	city_add_device(struct city *c, const json_t *item);
void	city_add_service(struct city *c, const json_t *item);
void	city_add_site(struct city *c, const json_t *item);
/** One that is there already, or is pending, is passed over. */
void	city_add_incident(struct city *c, const json_t *item);
/** The next after *at, 0 to start, that was open in the city before and is not here; NULL: none is left. */
const struct city_incident *city_missing(const struct city *c, const struct city *before, size_t *at);
void	city_take_status(struct city *c, const json_t *status);
/** All has come: put incidents in order, and note who suffers from which. */
void	city_finish(struct city *c);

/** The API's shape of an incident of the engine's. @return owned; NULL: pending */
json_t *city_incident_view(const struct city *c, const json_t *item);
/** The site that an object's reference belongs to ("link/s013-1", "port/s002-r1.ether1"), or NULL. */
const char *city_site_of(const struct city *c, const char *ref);

/** Does name, id or provider hold the text, without regard to case? @param address  look at that, too */
bool	city_link_matches(const struct city_link *l, const char *q, bool address);
bool	city_service_matches(const struct city_service *s, const char *q, bool target);
bool	city_site_matches(const struct city_site *s, const char *q, bool address);

/** Does the site suffer from the incident, or has it since the incident is known here? */
bool	city_suffers(const struct city *c, const char *incident, const char *site);

/**
 * Mark what differs from the city before as told by batch n. An incident differs, too, when one more site
 * suffers from it: there may be somebody now who has not heard of it. Who has suffered stays known, since at
 * the end of an incident no site names it any more, and its end is for those who heard of its beginning.
 * @return how many rows differ; -1: the inventory is another, of which rows do not tell: all is to be fetched
 * anew
 */
int	city_compare(struct city *c, const struct city *before, uint64_t n);

#endif
