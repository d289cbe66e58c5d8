/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_private.h: what the files of core share (core.h says which file does what). */
#ifndef SIMPUL_CORE_PRIVATE_H
#define SIMPUL_CORE_PRIVATE_H

#include "ctl/ctl.h"
#include "proc/core.h"
#include "sample/sample.h"

#define CORE_RETRY_NS	NS_PER_S		/* the ledger could not be written: the next turn */
#define CORE_SWEEP_NS	(5 * NS_PER_S)		/* how often gaps are looked for */
#define CORE_ALIVE_NS	(60 * NS_PER_S)		/* how often the ledger is told that results arrive */

struct grave;

struct loader {				/* a configuration on its way in */
	struct conf	 *conf;
	struct inventory *inv;
	uint32_t	  rows;
	struct json_t	 *errors;
	bool		  allow_removal;
	core_reload_fn	  cb;		/* who asked, or NULL */
	void		 *arg;
	struct loop_timer timeout;	/* he is not kept waiting for ever */
};

struct store_request {
	uint32_t	      token;
	core_store_fn	      cb;
	void		     *arg;
	struct store_request *next;
};

struct topic {				/* a retained topic to be emptied */
	char	      name[REF_MAX + 16];
	struct topic *next;
};

struct orphan {				/* an incident whose root left while the engine was away: closed */
	struct ledger_incident row;	/* its evidence is owned */
	struct orphan	      *next;
};

struct core_private {
	struct loop_timer    sweep, replan;
	struct topic	    *empty, **empty_end;
	struct orphan	    *orphans;	/* rows to be written */
	struct topic	    *forget;	/* refs of objects whose ledger rows are to go */
	struct grave	    *graves;	/* what left the inventory, until nothing points to it */
	struct loader	     loader;
	struct store_request *requests;
	struct sample_batch  facts;	/* for store */
	struct map	    *remembered;	/* ledger rows not claimed yet: ref to struct ledger_object */
	uint32_t	     next_token, generation;
	int64_t		     trim_ns;	/* monotonic: old events are deleted then */
	int64_t		     alive_ns;	/* monotonic: the ledger is told again then */
	int64_t		     alive_wall_ns;	/* when it was last told so before this start; 0 = never */
	bool		     loaded;	/* the first configuration has been applied */
	bool		     store_seen, publish_seen, measure_seen[CORE_INSTANCES_MAX];
	uint64_t	     core_restarts;	/* as the parent counts them */
	int		     ledger_fd;
	struct ctl	    *ctl;
};

/* core_turn.c */
void	core_turn_start(struct core *c);
void	core_turn_now(struct core *c);			/* stopping: what is due now */

/* core_commit.c: 0, or -1 when nothing was written and everything stays to be written */
int	core_commit(struct core *c);
void	core_empty_topic(struct core *c, const char *topic);	/* with the next commit, as the next */
void	core_forget(struct core *c, const char *ref);	/* delete the ledger row of this object */
void	core_commit_free(struct core *c);

/* core_incidents.c, core_states.c: parts of the transaction. 0 or -1 */
bool	incidents_are_due(const struct core *c, int64_t now);
int	incidents_write(struct core *c);		/* rows */
int	incidents_publish(struct core *c, int64_t now);	/* documents */
void	incidents_written(struct core *c, int64_t now);
void	incidents_not_written(struct core *c);
void	incidents_drop(struct core *c);			/* free those that are done */
bool	states_are_due(const struct core *c, int64_t now);
int	states_write(struct core *c, int64_t now);
void	states_written(struct core *c, int64_t now);

/* core_load.c */
int	core_remember(struct core *c);			/* read the objects' rows. 0 or -1 */
void	core_recall_link(struct core *c, struct link_live *l);
void	core_recall_site(struct core *c, struct site_live *s);
void	core_recall_device(struct core *c, struct device_live *d);
void	core_recall_incidents(struct core *c);		/* once all objects are there */
void	core_forget_rest(struct core *c);		/* what left the inventory while we were away */

/* core_conf.c */
void	loader_message(struct core *c, const struct ipc_msg *msg);
void	loader_closed(struct core *c);
void	loader_reset(struct core *c);

/* core_peers.c */
void	peers_message(struct core *c, const struct ipc_channel *ch, const struct ipc_msg *msg);
void	peers_restarted(struct core *c, const char *process);
void	peers_store_gone(struct core *c);		/* its answers will not come */

/* core_objects.c */
/** Takes both, unless it fails. 0, or -1 (nothing has changed). */
int	core_objects_swap(struct core *c, struct conf *conf, struct inventory *inv);
void	core_objects_free(struct core *c);
void	core_gone(struct core *c, const char *ref);	/* its retained topics and its ledger row go */
void	core_graves_free(struct core *c);		/* as far as no incident needs them */

/* core_ports.c */
void	core_port_found(struct core *c, struct device_live *d, const char *name);
void	core_ports_recall(struct core *c);
void	core_ports_free(struct core *c, struct device_live *d);
void	plan_changed(struct core *c);	/* there are new ports: number them and send the plans again soon */

/* core_plan.c */
void	plan_send_all(struct core *c);
void	plan_send_measure(struct core *c, struct measure_peer *m);
void	plan_send_store(struct core *c);
void	plan_send_publish(struct core *c);
void	plan_add_series(struct core *c, uint32_t number, const char *ref);
struct measure_peer *core_measure_of(struct core *c, const char *via);

/* core_probe.c */
void	probe_watch(struct core *c, struct incident *i);	/* what is above and beside its lines */
void	probe_burst(struct core *c);
void	probe_done(struct core *c, uint32_t token, const struct msg_probe_done *d);
void	probe_peer_gone(struct core *c, const struct measure_peer *m);

/* core_samples.c */
void	core_samples(struct core *c, const uint8_t *payload, size_t len);
void	core_sweep_start(struct core *c);
void	core_facts_send(struct core *c);
void	core_link_fact(struct core *c, const struct link_live *l);

#endif
