/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * port_questions.c: what only a person can say of a port.
 *
 * A question is no incident and makes no event: it stands in the ledger, and in the log once. While it is open
 * the series has no values, and what the device has in that place is sampled under a series of its own; so
 * whatever the answer, nothing was guessed and nothing is lost.
 */
#include "core/ports.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "core/private.h"

#define SAID_MAX 80		/* bytes of what a device says, in a sentence */

/* In words for people; what devices say is made visible. */
static void
why_write(char *out, size_t size, const struct port_known *k, const struct port_seen *found)
{
	char				name[SAID_MAX], was[SAID_MAX], now[SAID_MAX], other[SAID_MAX] = "";
	const struct port_identity     *a = k->id, *b = found[k->found].id;
	bool				neighbour = k->doubt == PORT_DOUBT_NEIGHBOUR_MOVED;
	const char		       *had = neighbour ? a->neighbour : a->alias;
	const char		       *has = neighbour ? b->neighbour : b->alias;

	text_visible(name, sizeof(name), b->name, strlen(b->name));
	text_visible(was, sizeof(was), had, strlen(had));
	text_visible(now, sizeof(now), has, strlen(has));
	if (k->other != PORT_NONE)
		text_visible(other, sizeof(other), found[k->other].id->name, strlen(found[k->other].id->name));
	switch (k->doubt) {
	case PORT_DOUBT_ALIAS_MOVED:
		snprintf(out, size, "its alias \"%s\" is on %s now, and %s has \"%s\"", was, other, name, now);
		break;
	case PORT_DOUBT_NEIGHBOUR_MOVED:
		snprintf(out, size, "its neighbour \"%s\" is on %s now, and %s has \"%s\"", was, other, name, now);
		break;
	case PORT_DOUBT_ALIAS:
		snprintf(out, size, "it carries a link, and its alias \"%s\" has become \"%s\"", was, now);
		break;
	case PORT_DOUBT_TWO:
		snprintf(out, size, "%s and %s are both like it", name, other);
		break;
	case PORT_DOUBT_CONTESTED:
		snprintf(out, size, "%s is like it, and as much like another port", name);
		break;
	default:
		snprintf(out, size, "it carries a link, and %s is only a little like it", name);
	}
}

void
port_ask(struct core *c, struct port_live *p, const struct port_known *k, const struct port_seen *found)
{
	struct port_question *q;
	char		      why[512];

	p->state = PORT_ASKED;
	p->unsaved = true;
	if (p->question != NULL) {	/* its end has not been written yet: it stands again */
		p->question->withdrawn = false;
		return;
	}
	q = xcalloc(1, sizeof(*q));
	why_write(why, sizeof(why), k, found);
	q->asked_ns = loop_wall_ns(c->loop);
	q->why = xstrdup(why);
	p->question = q;
	log_warnx("%s: which port is it now? %s; simpulctl port questions", p->ref, why);
}

void
port_question_recall(struct port_live *p, const struct ledger_question *row)
{
	struct port_question *q = xcalloc(1, sizeof(*q));

	q->id = row->id;
	q->asked_ns = row->asked_ns;
	q->why = xstrdup(row->why);
	port_question_free(p);
	p->question = q;
}

void
port_question_free(struct port_live *p)
{
	if (p->question != NULL)
		free(p->question->why);
	free(p->question);
	p->question = NULL;
}

/* In the present transaction. 0 or -1. */
static int
answer_write(struct core *c, const struct port_live *p, const char *answer, const char *who)
{
	struct ledger_question row = { .id = p->question->id, .series = p->number,
		.answered_ns = loop_wall_ns(c->loop) };

	text_copy(row.answer, sizeof(row.answer), answer);
	text_copy(row.who, sizeof(row.who), who);
	return ledger_question_put(c->ledger, &row);
}

int
port_question_save(struct core *c, struct port_live *p)
{
	struct port_question  *q = p->question;
	struct ledger_question row = { .series = p->fresh };

	if (q == NULL)
		return 0;
	if (q->id != 0)		/* a device may ask as often as it is walked: what nobody answered does not stay */
		return q->withdrawn ? ledger_question_remove(c->ledger, q->id) : 0;
	if (q->withdrawn)	/* nobody has seen it */
		return 0;
	row.asked_ns = q->asked_ns;
	text_copy(row.why, sizeof(row.why), q->why);
	if (ledger_question_put(c->ledger, &row) == -1)
		return -1;
	q->fresh = row.id;
	return 0;
}

void
port_question_saved(struct port_live *p)
{
	if (p->question == NULL)
		return;
	if (p->question->withdrawn)
		port_question_free(p);
	else if (p->question->id == 0)
		p->question->id = p->question->fresh;
}

void
port_question_withdraw(struct port_live *p)
{
	if (p->question == NULL || p->question->withdrawn)
		return;
	log_info("%s: it is as it was, and nobody need say which port it is", p->ref);
	p->question->withdrawn = true;
	p->unsaved = true;
}

struct port_live *
core_port_of_question(const struct core *c, uint64_t n)
{
	struct port_live *p;
	size_t		  at = 0;

	while ((p = map_next(c->port_by_ref, &at)) != NULL)
		if (p->question != NULL && p->question->id == n && !p->question->withdrawn)
			return p;
	return NULL;
}

/* ---- answers ---- */

static bool
is_answerable(const struct port_live *p, const char **why)
{
	*why = p->question == NULL || p->question->withdrawn ? "nothing is asked about this port" :
	    "the question has not been written yet; try again in a second";
	return p->question != NULL && p->question->id != 0 && !p->question->withdrawn;
}

static int
answer_audit(struct core *c, const struct port_live *p, const char *answer, const char *who)
{
	struct buf detail = { 0 };
	json_t	  *v = json_pack("{s:I, s:o*}", "question", (json_int_t)p->question->id, "answer",
	    json_string(answer));
	int	   rc = -1;

	if (buf_json(&detail, v) == 0) {
		buf_u8(&detail, '\0');
		rc = ledger_audit(c->ledger, loop_wall_ns(c->loop), who, "port", p->ref, (const char *)detail.data);
	}
	buf_free(&detail);
	json_decref(v);
	return rc;
}

/* One transaction; 0 or -1. @param heir  or NULL */
static int
decision_write(struct core *c, const struct port_live *p, const struct ledger_port *row,
    const struct ledger_port *heir, const char *answer, const char *who)
{
	if (ledger_begin(c->ledger) == 0 && ledger_port_put(c->ledger, row) == 0 &&
	    (heir == NULL || ledger_port_put(c->ledger, heir) == 0) && answer_write(c, p, answer, who) == 0 &&
	    answer_audit(c, p, answer, who) == 0 && ledger_commit(c->ledger) == 0)
		return 0;
	ledger_rollback(c->ledger);
	return -1;
}

int
core_port_same(struct core *c, struct port_live *p, const char *name, const char *who, const char **why)
{
	struct port_live  *heir = port_here(p->device, name);
	struct ledger_port row = port_row(p), end;
	char		   answer[PORT_TEXT_MAX + 8];

	if (!is_answerable(p, why))
		return -1;
	*why = heir == NULL ? "the device has no such port now" : heir->number == 0 ?
	    "that port has not been written yet; try again in a second" :
	    "that port had a series of its own before this was asked, which would end; if the link is there now, "
	    "name the port in links.csv (simpulctl port bind)";
	if (heir == NULL || heir->number == 0 || heir->first_ns < p->question->asked_ns)
		return -1;
	row.id = heir->id;
	row.state = PORT_HERE;
	row.since_ns = row.last_ns = loop_wall_ns(c->loop);
	end = port_row(heir);
	end.state = PORT_RETIRED;
	snprintf(answer, sizeof(answer), "same %s", name);
	*why = "the ledger could not be written; the engine's log says why";
	if (decision_write(c, p, &row, &end, answer, who) == -1)
		return -1;
	port_question_free(p);
	port_identity_copy(&p->id, &heir->id);
	p->state = PORT_HERE;
	p->since_ns = p->last_ns = p->saved_ns = row.since_ns;
	heir->state = PORT_RETIRED;
	log_info("%s: %s says that it is \"%s\" now", p->ref, who, name);
	core_ports_changed(c, true);
	return 0;
}

int
core_port_new(struct core *c, struct port_live *p, const char *who, const char **why)
{
	struct ledger_port row = port_row(p);

	if (!is_answerable(p, why))
		return -1;
	row.state = PORT_RETIRED;
	*why = "the ledger could not be written; the engine's log says why";
	if (decision_write(c, p, &row, NULL, "new", who) == -1)
		return -1;
	port_question_free(p);
	p->state = PORT_RETIRED;
	log_info("%s: %s says that it is another port now: its series has ended", p->ref, who);
	core_ports_changed(c, true);
	return 0;
}
