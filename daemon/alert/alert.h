/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * alert.h: from what the rules say of single lines to the one incident that people hear of.
 *
 * A line that goes down first gets a *pending* verdict: it is written down, and its ancestors and siblings
 * are probed afresh. Only then is it decided: a line behind a dead site is a member of that site's incident
 * and makes no event; any other is a root line of the incident of its own site. All dead lines of a site
 * share one incident, whose kind grows and shrinks with them. When a site is back, the lines behind it have a
 * settle time to follow in silence.
 *
 *	dependency.c	look-ups: who is dead, what stands above and beside a line
 *	incident.c	the incident: root lines, members, evidence
 *	verdict.c	a line's way from down to root or member, and back
 *	telling.c	what an incident is called, when it opens, changes and closes
 *	quality.c	the same for loss and delay
 *	service.c	services: down, degraded, or explained by a line or by what they need
 *	device.c	devices that fall silent, answer, restart
 *	shown.c		the state that is shown of a line and of a site
 *	document.c	the JSON of events, incidents and states
 *	event.c		events on their way to the ledger
 *	outbox.c	committed messages on their way to publish
 *
 * Nothing here reads a clock or sends anything by itself: marks are set (live/marks.h), and the turn of core
 * (core/turn.c) carries them out.
 */
#ifndef SIMPUL_ALERT_H
#define SIMPUL_ALERT_H

#include "ipc/msg.h"
#include "live/core.h"
#include "rules/severity.h"
#include "rules/watched.h"
#include "sample/sample.h"

/* ---- dependency.c ---- */

bool	link_is_dead(const struct link_live *l);		/* counted, and down as measured */
/** Dead, or its latest rounds were lost though they are not yet enough to say down. */
bool	link_is_failing(const struct link_live *l);
bool	site_is_dead(const struct site_live *s);		/* has counted lines, and all are dead */
bool	site_is_failing(const struct site_live *s);
bool	site_is_node(const struct site_live *s);		/* lines of other sites pass through it */
/**
 * What is to be probed before something is said of a line: the lines of the sites it passes through up to the
 * root, the other lines of its own site, and up to four that pass through the same site.
 * @return number of links written to out, each once
 */
#define WATCH_MAX 64
size_t	dependency_watch(const struct link_live *l, struct link_live *out[WATCH_MAX]);
/** All of that has been probed for the lines of the incident that are being verified. */
bool	dependency_watch_is_done(const struct incident *i);
/** Counted lines that pass through the same site. @return how many; *answering = how many of them are up */
size_t	dependency_siblings(const struct link_live *l, size_t *answering);

/* ---- incident.c ---- */

/** A new pending incident of this site (reach) or line (quality), at the end of core's list. */
struct incident *incident_new(struct core *c, enum fault fault, struct site_live *s, struct link_live *l);
void	incident_free(struct core *c, struct incident *i);	/* takes it off the list */
struct alert *link_alert(struct link_live *l, enum fault fault);	/* its place for this kind of fault */
/** How many of its lines have this verdict. */
size_t	incident_count(const struct incident *i, enum verdict v);
/** The line joins (or changes its part), leaves what it was part of, and its site is to be judged anew. */
void	incident_join(struct core *c, struct incident *i, struct link_live *l, enum verdict v);
void	incident_leave(struct core *c, struct link_live *l, enum fault fault);
/** Leave, and have settle_ns from now to recover in silence. */
void	incident_settle(struct core *c, struct link_live *l, enum fault fault, int64_t settle_ns);
/** What explained its root lines explains its members, too: they go over. */
void	incident_hand_over(struct core *c, struct incident *from, struct incident *to);
/** Add a dated fact to its evidence (the first 40 are kept). */
void	incident_fact(struct incident *i, int64_t wall_ns, const char *fmt, ...) PRINTF_LIKE(3, 4);
/** Its evidence is what the ledger has kept of it. @param text  JSON; what is not an array counts as none */
void	incident_evidence_recall(struct incident *i, const char *text);
/** Look at it again at this time, or sooner if it was to be looked at sooner. */
void	incident_review_at(struct core *c, struct incident *i, int64_t mono_ns);

/* ---- verdict.c ---- */

void	verdict_rounds_changed(struct core *c, struct link_live *l);	/* l->rounds.say is new */
void	verdict_review(struct core *c, struct incident *i);		/* its time has come */
void	verdict_settled(struct core *c, struct link_live *l);		/* its settle time is over */
void	verdict_resume(struct core *c, struct link_live *l);	/* after a restart */
void	verdict_withdraw(struct core *c, struct link_live *l);	/* it is not judged any more */

/* ---- telling.c ---- */

/**
 * Open the incident, or say what it has become.
 * @param grown	a root line was added (else only improvements are told)
 */
void	telling_update(struct core *c, struct incident *i, bool grown);
/**
 * The end. An open incident: one clear event (unless withdrawn: the object has left the inventory) and
 * incident.closed; a pending one came to nothing. Whoever was explained by it settles.
 */
void	telling_close(struct core *c, struct incident *i, bool withdrawn);
void	telling_quality(struct core *c, struct incident *i, enum severity severity);
/** The root event of a service: it is down, or what is beyond its limit has become worse. */
void	telling_service(struct core *c, struct incident *i, enum severity severity);
/** Note an acknowledgement, or another one, and say so. @param until_ns  wall; 0: until it closes */
void	telling_ack(struct core *c, struct incident *i, const char *user, const char *note, int64_t until_ns);
/** It could not be written: the incident is as it was, and the event is not told. */
void	telling_ack_undo(struct core *c, struct incident *i, const struct ledger_incident *was);

/* ---- quality.c ---- */

/** A value of a line for (wall_ns - seconds, wall_ns]; NAN: not known. */
void	quality_value(struct core *c, struct link_live *l, enum watched what, double value, int64_t wall_ns,
    double seconds);
/**
 * Let go of what a port once showed and shows no more: the module is gone, or its device is silent.
 */
void	quality_sweep(struct core *c, struct link_live *l, int64_t wall_ns);
void	quality_review(struct core *c, struct incident *i);
void	quality_settled(struct core *c, struct link_live *l);
void	quality_resume(struct core *c, struct link_live *l);	/* after a restart, perhaps with other rules */
void	quality_reset(struct core *c, struct link_live *l);	/* the rules are others now */
int64_t quality_settle_ns(const struct core *c);	/* how long members have to clear after their root */

/* ---- device.c ---- */

void	device_state_changed(struct core *c, struct device_live *d, const struct msg_target_state *st);
void	device_review(struct core *c, struct device_live *d);	/* its tell_ns has come */

/* ---- service.c ---- */

void	service_rounds_changed(struct core *c, struct service_live *s);	/* s->rounds.say is new */
/** Something of it is beyond its limit, or is not any more. @param why  for people; "" with SEVERITY_INFO */
void	service_worry(struct core *c, struct service_live *s, enum severity worry, const char *why);
void	service_review(struct core *c, struct incident *i);		/* its time has come */
/** The settle time is over, or what explained it may have ended. */
void	service_look_again(struct core *c, struct service_live *s);
void	service_resume(struct core *c, struct service_live *s);		/* after a restart */
void	service_withdraw(struct core *c, struct service_live *s);	/* it is not judged any more */
/** A new inventory: if it is down, and was not judged or was another site's before, that is looked at soon. */
void	service_rejudge(struct core *c, struct service_live *s);
/** Its incident ends: as a root it is free, as a member it has settle_ns to follow. */
void	service_release(struct core *c, const struct incident *i, struct service_live *s, int64_t settle_ns);
/** What is shown of it, by all that is known now. */
void	service_update(struct core *c, struct service_live *s);
/** Its place for this kind of fault; NULL for those of lines. */
struct alert *service_alert(struct service_live *s, enum fault fault);
/**
 * What is to be probed before a service is said to be down: the lines of its site and what stands above them.
 * @return number of links written to out, each once
 */
size_t	service_watch(const struct service_live *s, struct link_live *out[WATCH_MAX]);

/* ---- shown.c ---- */

void	shown_update(struct core *c, struct site_live *s);
/** The lines of a site as the rules want them. @return malloc'd array of s->nlinks, owned by the caller */
struct site_line *shown_lines(const struct site_live *s);

/* ---- document.c: all owned by the caller ---- */

/** Text from people and devices: what is not UTF-8 is made visible, as JSON cannot carry it. */
struct json_t *document_string(const char *s);
/* What the retained states say, without rev. */
struct json_t *document_link(const struct link_live *l);
struct json_t *document_service(const struct service_live *s);
struct json_t *document_site(const struct site_live *s);
struct json_t *document_office(const struct site_live *s);	/* the same in the office's own branch */
struct json_t *document_incident(struct core *c, const struct incident *i);
struct json_t *document_office_incident(const struct site_live *s, const struct incident *i);
/** What an event about an incident says, before seq and incident number are known. */
struct json_t *document_fault(struct core *c, const struct incident *i);
struct json_t *document_ack(const struct ledger_incident *row);	/* null when there is none */
/** What the event says when an incident ends of which only its row is left. */
struct json_t *document_orphan(const struct ledger_incident *row);
/* What events about the engine say. */
struct json_t *document_note(const char *key, const char *text);
struct json_t *document_loaded(const struct inventory *inv);
struct json_t *document_rejected(const char *error, struct json_t *errors);	/* borrowed; may be NULL */
/** Add an error of a configuration to a list of them (the first 100 are kept). @param list  NULL: a new one */
struct json_t *document_error_add(struct json_t *list, const char *file, uint32_t line, uint32_t column,
    const char *text);
/** CloudEvents 1.0 around data (taken). @param subject  NULL for none */
struct json_t *document_envelope(const struct core *c, const char *id, const char *type, const char *subject,
    int64_t time_ns,
    struct json_t *data);
/**
 * The text of a retained state.
 * @param kind	"site", "link" @param data  what it says, borrowed; its rev is set in it @return malloc'd
 */
char	*document_state(const struct core *c, const struct live *v, const char *topic, const char *kind,
    uint64_t rev, struct json_t *data);
/** Compact JSON text; <, > and & as \u escapes, so that it can stand anywhere. malloc'd. */
char	*document_text(const struct json_t *j);
void	document_free(struct json_t *j);		/* NULL is allowed */

/* ---- event.c ---- */

void	event_init(struct core *c);
void	event_fini(struct core *c);
/**
 * Queue an event for the next commit.
 * @param subject	of events about an incident itself: set when its number is known
 * @param i	its incident, or NULL; must live until then @param data  object with what it says; taken
 */
void	event_raise(struct core *c, const char *kind, enum severity severity, const char *subject,
    struct incident *i, struct json_t *data);
/** Forget the last queued event of this kind about this incident. */
void	event_undo(struct core *c, const char *kind, const struct incident *i);
/** Write all queued events and their messages (inside a transaction). 0 or -1. */
int	event_write(struct core *c);
void	event_written(struct core *c);		/* committed: log and forget them */
void	event_forget(struct core *c);
size_t	event_waiting(const struct core *c);

/* ---- outbox.c ---- */

void	outbox_init(struct core *c);
void	outbox_fini(struct core *c);
/**
 * Add a message below simpul/v1/{ns}/ (inside a transaction).
 * @param seq	of the event that it is, or 0 @param text  NULL empties a retained topic @return 0 or -1
 */
int	outbox_add(struct core *c, const char *topic, bool retain, uint32_t expiry_s, uint64_t seq,
    const char *text);
void	outbox_pump(struct core *c);		/* send what is committed, as far as the window allows */
void	outbox_restart(struct core *c);		/* publish is new: all unconfirmed go again, in order */
void	outbox_done(struct core *c, const struct msg_outbox_done *d);
bool	outbox_is_due(const struct core *c);	/* some are confirmed and still to be deleted */
int	outbox_write_done(struct core *c);	/* delete the confirmed (inside a transaction). 0 or -1 */
void	outbox_written_done(struct core *c);

#endif
