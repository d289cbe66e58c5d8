/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core.h: what the core process knows of what is watched, as it is now. Everybody who decides or tells
 * something reads and changes it; nothing is decided here, and nothing is sent.
 *
 *	object.h	sites, links, devices, ports, services
 *	incident.h	faults, pending and open
 *	settings.h	what the configuration says of judging them
 *	marks.h		what the next turn has to look at
 *	counters.h	numbers by name
 *
 * alert/ decides by it, core/ keeps it up to date and writes it down, ctl/ shows it.
 */
#ifndef SIMPUL_LIVE_CORE_H
#define SIMPUL_LIVE_CORE_H

#include "base/conf.h"
#include "base/map.h"
#include "ledger/ledger.h"
#include "live/incident.h"
#include "live/marks.h"
#include "live/object.h"
#include "live/settings.h"
#include "model/inventory.h"

struct ipc_channel;
struct snmp_profiles;

#define CORE_INSTANCES_MAX 32	/* with their twins (model/apps.h) */

struct measure_peer {
	char		    name[32];
	struct ipc_channel *ch;		/* NULL while it is away */
	uint32_t	    generation;	/* of the plan it was sent; 0 = none */
	bool		    seen;	/* it has been here before: one that comes is a restart */
};

struct core {
	struct loop	  *loop;
	struct ledger	  *ledger;
	int		   push_fd;	/* directory secrets/push, or -1 */
	struct conf	  *conf;	/* NULL until the first configuration is accepted */
	struct inventory  *inv;		/* likewise */
	struct snmp_profiles *profiles;	/* likewise */
	struct core_settings set;
	int64_t		   started_ns, loaded_ns;	/* wall */
	int64_t		   refused_ns;	/* wall: what the files say was refused then; 0 = it is in force */
	char		   refused_text[200];	/* ... and why */

	/* live objects: parallel to inv->site[] ...; by id; by series number */
	struct site_live   **site;
	struct link_live   **link;
	struct device_live **device;
	struct service_live **service;
	struct map	  *site_by_id, *link_by_id, *device_by_id, *service_by_id;
	struct nmap	  *link_by_number, *device_by_number, *service_by_number;
	struct map	  *port_by_ref, *sensor_by_ref;
	struct nmap	  *sensor_by_number;
	struct map	  *sensor_helps;	/* texts that many share, by themselves; owned */
	size_t		   nsensor_helps;
	struct incident	  *incidents, *incidents_end;	/* pending and open, oldest first */
	struct marks	   marks;
	uint32_t	   stamp;	/* of the last walk over sites: site_live.stamp */

	/* peers; NULL while they are away */
	struct ipc_channel *parent, *check, *store, *publish, *trap, *capture;
	struct measure_peer measure[CORE_INSTANCES_MAX];
	size_t		   nmeasure;
	bool		   broker_connected, broker_refuses;
	char		   broker_text[200];
	bool		   store_ok;
	char		   store_text[200];
	uint64_t	   durable_seq, durable_records;
	struct map	  *counters;	/* by name to struct core_counter */
	size_t		   ncounters;	/* that the others have made */
	bool		   ledger_ok;	/* the last commit worked */

	struct traps	    *traps;	/* what only core/traps.c touches */
	struct traffic_books *traffic;	/* ... core/traffic.c */
	struct event_queue  *events;	/* ... alert/event.c */
	struct outbox	    *outbox;	/* ... alert/outbox.c */
	struct core_private *priv;	/* ... core's own files */
};

/* Look-ups by id; NULL when there is none. */
struct site_live   *core_site(const struct core *c, const char *id);
struct link_live   *core_link(const struct core *c, const char *id);
struct device_live *core_device(const struct core *c, const char *id);
struct service_live *core_service(const struct core *c, const char *id);
struct incident	   *core_incident(const struct core *c, uint64_t id);	/* pending or open */

#endif
