/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ports.h: ports of devices, as discovery finds them.
 *
 * History belongs to the port, not to its name or number: what a walk finds is compared with what is known
 * (rules/port_match.h), and a series goes on under the new name. What only a person can say is asked, and until
 * it is answered the series is unknown.
 */
#ifndef SIMPUL_CORE_PORTS_H
#define SIMPUL_CORE_PORTS_H

#include "live/core.h"
#include "rules/port_match.h"

/** One port of a walk; kept until the walk is told to its end. */
void	core_port_found(struct device_live *d, const struct msg_port_found *m);
/** All ports of a walk have been told: which are which? */
void	core_ports_end(struct core *c, struct device_live *d, const struct msg_ports_end *m);
/** An instance has ended, and with it the walks of which it has told a part: the next one tells all of them. */
void	core_ports_peer_gone(struct core *c, const struct measure_peer *m);
/**
 * Somebody calls itself so at the other end of a port. Whether that is still the same port is judged with the
 * next walk, together with all others.
 * @param name	as the device calls the port now
 */
void	core_port_neighbour(struct device_live *d, const char *name, const char *neighbour);
/** Read the ports of the inventory's devices that are not known yet, and the questions about them. */
void	core_ports_recall(struct core *c);
void	core_ports_free(struct core *c, struct device_live *d);
/**
 * Write soon what has changed of ports and sensors, in transactions of their own.
 * @param plan  and send the plans again
 */
void	core_ports_changed(struct core *c, bool plan);

/** The port of this device that has this name now, or NULL. */
struct port_live *port_here(const struct device_live *d, const char *name);
/** As the ledger has it; borrows from p. Its number may be 0 still. */
struct ledger_port port_row(const struct port_live *p);

/* port_links.c */

/** Find the port of each link: the one that had the name when links.csv began to say so. */
void	core_ports_bind(struct core *c);
/** Write what that found, in a transaction of its own. 0 or -1. */
int	port_links_save(struct core *c);
void	core_ports_unbind_all(struct core *c);		/* when core ends */

/* port_questions.c */

void	port_ask(struct core *c, struct port_live *p, const struct port_known *k, const struct port_seen *found);
/** It is as it was: nobody need answer any more. */
void	port_question_withdraw(struct port_live *p);
int	port_question_save(struct core *c, struct port_live *p);	/* in the present transaction */
void	port_question_saved(struct port_live *p);			/* it is committed */
void	port_question_recall(struct port_live *p, const struct ledger_question *q);
void	port_question_free(struct port_live *p);

/** The port of question number n, or NULL: there is no such open question. */
struct port_live *core_port_of_question(const struct core *c, uint64_t n);
/**
 * The operator says: it is the port that its device calls `name` now. Its series goes on there, and what began
 * there meanwhile ends.
 * @param why	out: a sentence, when it cannot be
 * @return	0 or -1
 */
int	core_port_same(struct core *c, struct port_live *p, const char *name, const char *who, const char **why);
/** The operator says: it is none of those that are here; its series ends. 0 or -1. */
int	core_port_new(struct core *c, struct port_live *p, const char *who, const char **why);

#endif
