/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_ports_test.c: what core makes of a walk: series that go on, ports that are asked about, answers.
 *
 * A walk is "name,alias,mac,ifIndex" for each port, separated by ';'.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/map.h"
#include "core/ports.h"
#include "tests/unit/core_world.h"
#include "tests/unit/tap.h"

static char *
cut(char **at, char separator)
{
	char *part = *at, *end = strchr(part, separator);

	*at = end != NULL ? end + 1 : part + strlen(part);
	if (end != NULL)
		*end = '\0';
	return part;
}

static void
walk(struct world *w, const char *text)
{
	struct msg_ports_end d = { .device = core_device(w->core, "a-r1")->number };
	char		      copy[512], *at = copy;

	text_copy(copy, sizeof(copy), text);
	while (*at != '\0') {
		struct msg_port_found p = { .device = d.device, .if_type = 6 };
		char		     *port = cut(&at, ';');

		text_copy(p.name, sizeof(p.name), cut(&port, ','));
		text_copy(p.alias, sizeof(p.alias), cut(&port, ','));
		p.mac[5] = (uint8_t)atoi(cut(&port, ','));
		p.mac_len = p.mac[5] != 0 ? 6 : 0;
		p.if_index = (uint32_t)atoi(port);
		msg_port_found_send(w->measure, IPC_PORT_FOUND, 0, &p, -1);
		d.ports++;
	}
	msg_ports_end_send(w->measure, IPC_PORTS_END, 0, &d, -1);
	world_run(w, 5);
}

static struct port_live *
port_of(const struct world *w, const char *ref)
{
	struct port_live *p = map_get(w->core->port_by_ref, ref);

	if (p == NULL)
		fatalx("there is no %s", ref);
	return p;
}

/* The plan that measure has: "ref=name" of each port, with '*' when it feeds the line a-1. */
static const char *
plan(const struct world *w)
{
	static char out[1024];
	size_t	    at = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < w->ports; i++) {
		const struct msg_port  *m = &w->planned[i];
		const struct port_live *p;
		size_t			k = 0;

		while ((p = map_next(w->core->port_by_ref, &k)) != NULL && p->number != m->number)
			;
		at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%s=%s%s", i > 0 ? " " : "",
		    p != NULL ? p->ref + strlen("port/a-r1.") : "?", m->name,
		    m->link == core_link(w->core, "a-1")->number ? "*" : "");
	}
	return out;
}

static void
test_renamed(void)
{
	struct world *w = world_new(60, true);
	uint32_t      number;

	world_settle(w);
	walk(w, "ether1,,1,1;ether2,,2,2");
	is_text(plan(w), "ether1=ether1* ether2=ether2", "two ports, and the line on the one that links.csv names");
	number = port_of(w, "port/a-r1.ether1")->number;
	walk(w, "ether1-wan,,1,1;ether2-lan,,2,2");
	is_text(plan(w), "ether1=ether1-wan* ether2=ether2-lan",
	    "renamed: the same series, and the same line, though links.csv has the old name");
	is_i64(port_of(w, "port/a-r1.ether1")->number, number, "under its number");
	is_i64((int64_t)core_device(w->core, "a-r1")->nports, 2, "there are no more of them");
	walk(w, "ether2-lan,,2,101;ether1-wan,,1,102");
	world_restart(w);
	world_run(w, 5);
	is_text(plan(w), "ether1=ether1-wan* ether2=ether2-lan", "and so it is after a restart");
	is_i64(port_of(w, "port/a-r1.ether1")->id.if_index, 102, "with what else is known of it");
	walk(w, "ether1,,9,1;ether1-wan,,1,102;ether2-lan,,2,101");
	is_text(plan(w), "ether1=ether1-wan* ether2=ether2-lan ether1_2=ether1",
	    "a new port with that name is another one, and does not take the line");
	walk(w, "ether2-lan,,2,101");
	is_text(plan(w), "ether1=* ether2=ether2-lan ether1_2=", "gone ports are unknown, and so is the line");
	walk(w, "ether1-wan,,1,7;ether2-lan,,2,101");
	is_text(plan(w), "ether1=ether1-wan* ether2=ether2-lan ether1_2=", "one is back");
	world_free(w);
}

static void
test_replaced(void)
{
	struct world *w = world_new(61, true);

	world_settle(w);
	walk(w, "ether1,icon,1,1;ether2,lan,2,2;ether3,,3,3");
	walk(w, "ge-0/0/0,lan,11,501;ge-0/0/1,icon,12,502");
	is_text(plan(w), "ether1=ge-0/0/1* ether2=ge-0/0/0 ether3=",
	    "another router: aliases tell, and what it has no more is kept");
	world_row(w, INPUT_LINKS, "a-1",
	    "a-1,a,main,indihome,,node-2,10.1.0.1,20,4,best_effort,,,,,,a-r1,ge-0/0/1,,live");
	world_reload(w, false);
	world_run(w, 5);
	is_text(plan(w), "ether1=ge-0/0/1* ether2=ge-0/0/0 ether3=", "links.csv with the new name says the same");
	world_row(w, INPUT_LINKS, "a-1",
	    "a-1,a,main,indihome,,node-2,10.1.0.1,20,4,best_effort,,,,,,a-r1,ge-0/0/0,,live");
	world_reload(w, false);
	world_run(w, 5);
	is_text(plan(w), "ether1=ge-0/0/1 ether2=ge-0/0/0* ether3=", "with another port it is the truth");
	world_free(w);
}

static void
test_incomplete(void)
{
	struct world	     *w = world_new(62, false);
	struct msg_port_found p = { .name = "ether9" };
	struct msg_ports_end d = { .ports = 2 };

	world_settle(w);
	walk(w, "ether1,,1,1;ether2,,2,2");
	p.device = d.device = core_device(w->core, "a-r1")->number;
	msg_port_found_send(w->measure, IPC_PORT_FOUND, 0, &p, -1);
	msg_ports_end_send(w->measure, IPC_PORTS_END, 0, &d, -1);
	world_run(w, 5);
	is_text(plan(w), "ether1=ether1* ether2=ether2", "a walk of which a part was lost says nothing");
	walk(w, "ether1,,1,1;ether2,,2,2");
	is_text(plan(w), "ether1=ether1* ether2=ether2", "and the next one is not mixed with it");
	msg_port_found_send(w->measure, IPC_PORT_FOUND, 0, &p, -1);
	world_run(w, 1);
	world_measure_restart(w);
	walk(w, "ether1,,1,1;ether2,,2,2;ether3,,3,3");
	is_text(plan(w), "ether1=ether1* ether2=ether2 ether3=ether3", "nor one whose first part an ended measure has told");
	world_free(w);
}

struct asked {
	char	 text[1024];
	unsigned open;
};

static void
see_question(void *arg, const struct ledger_question *q)
{
	struct asked *a = arg;
	size_t	      n = strlen(a->text);

	snprintf(a->text + n, sizeof(a->text) - n, "%llu:%s by %s; ", (unsigned long long)q->id,
	    q->answered_ns != 0 ? q->answer : "open", q->answered_ns != 0 ? q->who : "nobody");
}

static const char *
questions(struct world *w)
{
	static struct asked a;

	a = (struct asked){ .open = 0 };
	ledger_question_each(w->core->ledger, false, see_question, &a);
	return a.text;
}

/* Aliases exchanged: the cables lie otherwise. */
static struct world *
cables_moved(uint64_t seed)
{
	struct world *w = world_new(seed, true);

	world_settle(w);
	walk(w, "ether1,icon,1,1;ether2,indihome,2,2");
	world_run(w, 10);
	walk(w, "ether1,indihome,1,1;ether2,icon,2,2");
	return w;
}

static void
test_asked(void)
{
	struct world *w = cables_moved(63);
	const char   *why;

	is_text(plan(w), "ether1=* ether2= ether1_2=ether1 ether2_2=ether2",
	    "a moved cable: unknown, and the line with it; what is there has series of its own");
	is_text(questions(w), "1:open by nobody; 2:open by nobody; ", "two questions");
	is_text(port_of(w, "port/a-r1.ether1")->question->why,
	    "its alias \"icon\" is on ether2 now, and ether1 has \"indihome\"", "in words");
	walk(w, "ether1,indihome,1,1;ether2,icon,2,2");
	is_text(questions(w), "1:open by nobody; 2:open by nobody; ", "the next walk asks nothing more");
	world_restart(w);
	world_run(w, 5);
	is_text(plan(w), "ether1=* ether2= ether1_2=ether1 ether2_2=ether2", "so it is after a restart");

	is_i64(core_port_same(w->core, port_of(w, "port/a-r1.ether1"), "ether7", "root", &why), -1,
	    "no answer names a port that is not there");
	is_i64(core_port_same(w->core, core_port_of_question(w->core, 1), "ether2", "root", &why), 0,
	    "one answer: it is ether2 now");
	world_run(w, 5);
	is_text(plan(w), "ether1=ether2* ether2= ether1_2=ether1", "its series goes on there, and the line with it");
	is_i64(core_port_same(w->core, port_of(w, "port/a-r1.ether1"), "ether1", "root", &why), -1,
	    "an answer stands");
	is_i64(core_port_new(w->core, core_port_of_question(w->core, 2), "root", &why), 0,
	    "another answer: it is none of them");
	walk(w, "ether1,indihome,1,1;ether2,icon,2,2");
	is_text(plan(w), "ether1=ether2* ether1_2=ether1", "its series has ended");
	is_text(questions(w), "1:same ether2 by root; 2:new by root; ", "nothing is asked any more");
	world_restart(w);
	world_run(w, 5);
	walk(w, "ether1,indihome,1,11;ether2,icon,2,12");
	is_text(plan(w), "ether1=ether2* ether1_2=ether1", "and so it stays");
	world_free(w);
}

static void
test_withdrawn(void)
{
	struct world *w = cables_moved(64);

	walk(w, "ether1,icon,1,1;ether2,indihome,2,2");
	is_text(plan(w), "ether1=ether1* ether2=ether2 ether1_2= ether2_2=", "all as it was: the series go on");
	is_text(questions(w), "", "and nobody need answer: a device cannot fill the ledger with questions");
	ok(core_port_of_question(w->core, 1) == NULL, "nor can");
	walk(w, "ether1,nova,1,1;ether2,icon,2,2");
	is_text(questions(w), "3:open by nobody; ", "the next one has a number of its own");
	port_question_withdraw(port_of(w, "port/a-r1.ether1"));
	port_ask(w->core, port_of(w, "port/a-r1.ether1"), NULL, NULL);
	world_run(w, 5);
	is_text(questions(w), "3:open by nobody; ", "and stands when it is asked again before its end is written");
	ok(core_port_of_question(w->core, 3) != NULL, "so it can be answered");
	world_free(w);
}

static void
test_own_series(void)
{
	struct world *w = world_new(65, true);
	const char   *why = "";

	world_settle(w);
	walk(w, "ether1,icon,1,1;ether3,,3,3");
	world_run(w, 10);
	walk(w, "ether1,,1,1;ether3,icon,3,3");
	is_text(plan(w), "ether1=* ether3=ether3 ether1_2=ether1",
	    "an alias that went over to another known port is asked about");
	is_i64(core_port_same(w->core, core_port_of_question(w->core, 1), "ether3", "root", &why), -1,
	    "that port has a series of its own, which no answer may end");
	ok(strstr(why, "links.csv") != NULL, "it says what to do: %s", why);
	is_i64(core_port_same(w->core, core_port_of_question(w->core, 1), "ether1", "root", &why), 0,
	    "it is what it was: the alias alone was moved");
	world_run(w, 5);
	is_text(plan(w), "ether1=ether1* ether3=ether3", "so it goes on");
	world_free(w);
}

static void
test_new_and_line(void)
{
	struct world *w = cables_moved(66);
	const char   *why;

	core_port_new(w->core, core_port_of_question(w->core, 1), "root", &why);
	world_run(w, 5);
	is_text(plan(w), "ether2= ether1_2=ether1* ether2_2=ether2",
	    "a new port in its place: the line is carried by who has the name in links.csv now");
	world_restart(w);
	world_run(w, 5);
	is_text(plan(w), "ether2= ether1_2=ether1* ether2_2=ether2", "also after a restart");
	world_free(w);
}

static void
test_neighbours(void)
{
	struct world	   *w = world_new(67, false);
	struct device_live *d;

	world_settle(w);
	d = core_device(w->core, "a-r1");
	walk(w, "ether1,,1,1;ether2,,2,2");
	core_port_neighbour(d, "ether1", "nova");
	core_port_neighbour(d, "ether2", "vega");
	walk(w, "ether1,,1,1;ether2,,2,2");
	is_text(port_of(w, "port/a-r1.ether1")->id.neighbour, "nova", "a neighbour is learnt");
	walk(w, "ether1,,1,1;ether2,,2,2");
	is_text(port_of(w, "port/a-r1.ether1")->id.neighbour, "nova", "and kept while nobody says otherwise");
	core_port_neighbour(d, "ether1", "Nova.pontianak.go.id");
	core_port_neighbour(d, "ether1", "nova");
	core_port_neighbour(d, "ether2", "vega");
	core_port_neighbour(d, "ether2", "nova");
	core_port_neighbour(d, "ether2", "rigel");
	walk(w, "ether1,,1,1;ether2,,2,2");
	is_text(port_of(w, "port/a-r1.ether1")->id.neighbour, "nova", "one host under two names is one");
	is_text(port_of(w, "port/a-r1.ether2")->id.neighbour, "vega", "several tell nothing");
	core_port_neighbour(d, "ether1", "vega");
	core_port_neighbour(d, "ether2", "nova");
	walk(w, "ether1,,1,1;ether2,,2,2");
	is_text(plan(w), "ether1=* ether2= ether1_2=ether1 ether2_2=ether2", "neighbours exchanged: a moved cable");
	world_free(w);
}

static void
test_plan_room(void)
{
	struct world	   *w = world_new(68, false);
	struct ipc_channel *ch;
	unsigned	    plans;

	world_settle(w);
	ch = w->core->measure[0].ch;
	walk(w, "ether1,,1,1");
	ok(ipc_room(ch) > 256u << 20, "the plan of a city has room in the queue");
	plans = w->plans;
	ipc_queue_max(ch, 50);	/* begin and end alone */
	walk(w, "ether1,,1,1;ether2,,2,2");
	is_i64(w->plans - plans, 0, "a plan that has none is not ended: the last one holds");
	ipc_queue_max(ch, 1u << 20);
	walk(w, "ether1,,1,1;ether2,,2,2;ether3,,3,3");
	is_i64(w->plans - plans, 1, "the next one that has room is whole again");
	is_text(plan(w), "ether1=ether1* ether2=ether2 ether3=ether3", "with all that was found meanwhile");
	world_free(w);
}

int
main(void)
{
	test_renamed();
	test_replaced();
	test_incomplete();
	test_asked();
	test_withdrawn();
	test_own_series();
	test_new_and_line();
	test_neighbours();
	test_plan_room();
	return tap_done();
}
