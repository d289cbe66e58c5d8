/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_world.c: see core_world.h. */
#include "tests/unit/core_world_peers.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "core/conf.h"
#include "tests/unit/dir.h"
#include "tests/unit/test_inputs.h"

#define START_WALL_NS (1795222800LL * NS_PER_S)

static const char *const texts[INPUT_KINDS] = {
	[INPUT_CONF] = "measure = ( { name = \"main\"; } );\nengine: { removal_max_ratio = 0.2; };\n",
	[INPUT_SITES] = (
	    "id,name,short,kind,district,class,owner,lat,lon,hours,contacts,life\n"
	    "node-1,Node 1,,node,,critical,,,,,,live\n"
	    "node-2,Node 2,,node,,critical,,,,,,live\n"
	    "node-3,Node 3,,node,,critical,,,,,,live\n"
	    "a,Kantor A,,kelurahan,,office,,,,,,live\n"
	    "b,Kantor B,,kelurahan,,office,,,,,,live\n"
	    "c,Kantor C,,kelurahan,,office,,,,,,live\n"
	    "d,Kantor D,,kelurahan,,office,,,,,,live\n"
	    "e,Kantor E,,kelurahan,,office,,,,,,live\n"
	    "f,Kantor F,,kelurahan,,park,,,,,,live\n"
	    "two,Kantor Dua,,dinas,,office,,,,,,live\n"
	    "new,Kantor Baru,,dinas,,office,,,,,,planned\n"),
	[INPUT_LINKS] = (
	    "id,site,role,provider,product,parent,address,down_mbps,up_mbps,kind,sla_pct,price_idr,"
	    "budget_code,contract_end,segments,device,port,via,life\n"
	    "node-1-1,node-1,main,own,,,10.9.0.1,,,best_effort,,,,,,,,,live\n"
	    "node-2-1,node-2,main,own,,node-1,10.9.0.2,,,best_effort,,,,,,,,,live\n"
	    "node-3-1,node-3,main,own,,node-1,10.9.0.3,,,best_effort,,,,,,,,,live\n"
	    "node-3-2,node-3,backup,astinet,,,10.9.1.3,,,committed,,,,,,,,,live\n"
	    "a-1,a,main,indihome,,node-2,10.1.0.1,20,4,best_effort,,,,,,a-r1,ether1,,live\n"
	    "b-1,b,main,indihome,,node-2,10.1.0.2,,,best_effort,,,,,,,,,live\n"
	    "c-1,c,main,own,,node-2,10.1.0.3,,,best_effort,,,,,,,,,live\n"
	    "d-1,d,main,indihome,,node-3,10.1.0.4,,,best_effort,,,,,,,,,live\n"
	    "e-1,e,main,indihome,,node-3,10.1.0.5,,,best_effort,,,,,,,,,live\n"
	    "f-1,f,main,indihome,,node-3,10.1.0.6,,,best_effort,,,,,,,,,live\n"
	    "two-1,two,main,astinet,,node-2,10.1.0.7,,,committed,,,,,,,,,live\n"
	    "two-2,two,backup,indihome,,,10.2.0.7,,,best_effort,,,,,,,,,live\n"
	    "new-1,new,main,indihome,,node-2,10.1.0.8,,,best_effort,,,,,,,,,planned\n"),
	[INPUT_DEVICES] = (
	    "id,site,kind,profile,address,port,version,credential,interval_s,owner,via,life\n"
	    "a-r1,a,router,routeros,10.100.0.1,161,2c,city-read,,,,live\n"),
};

/* ---- making and ending ---- */

static void
lines_make(struct world *w)
{
	const struct inventory *inv = w->now.inv;
	size_t			k, s;

	w->nlines = inv->nlinks;
	w->line = xrealloc(w->line, w->nlines, sizeof(*w->line));
	memset(w->line, 0, w->nlines * sizeof(*w->line));
	for (k = 0; k < w->nlines; k++) {
		w->line[k].link = inv->link[k];
		w->line[k].phase_ns = (int64_t)(k + 1) * 50 * NS_PER_MS;
		for (s = 0; s < nitems(w->line[k].was); s++)
			w->line[k].was[s] = true;
	}
}

struct world *
world_new(uint64_t seed, bool on_disk)
{
	struct world *w = xcalloc(1, sizeof(*w));
	int	      i;

	log_quiet(true);
	w->loop = loop_new_virtual(seed, START_WALL_NS);
	heard_init(&w->heard);
	if (on_disk) {
		text_copy(w->dir, sizeof(w->dir), "/tmp/simpul-core-XXXXXX");
		if (mkdtemp(w->dir) == NULL)
			fatal("%s", w->dir);
	}
	for (i = 0; i < INPUT_KINDS; i++) {
		snprintf(w->input[i].name, sizeof(w->input[i].name), "input-%d", i);
		if (texts[i] == NULL)
			continue;
		w->input[i].text = xstrdup(texts[i]);
		w->input[i].len = strlen(texts[i]);
	}
	world_check(w);
	lines_make(w);
	world_core_start(w);
	loop_timer_set(w->loop, &w->tick, loop_mono_ns(w->loop) + NS_PER_S, world_tick, w);
	return w;
}

void
world_free(struct world *w)
{
	int i;

	world_run(w, 5);	/* answers to probes still come, and free themselves */
	world_core_end(w);
	loop_timer_cancel(w->loop, &w->tick);
	check_result_free(&w->now);
	for (i = 0; i < INPUT_KINDS; i++)
		free(w->input[i].text);
	heard_fini(&w->heard);
	if (w->dir[0] != '\0')
		dir_remove(w->dir);
	loop_free(w->loop);
	free(w->line);
	free(w);
}

void
world_run(struct world *w, double seconds)
{
	loop_run_until(w->loop, loop_mono_ns(w->loop) + (int64_t)(seconds * (double)NS_PER_S));
}

void
world_settle(struct world *w)
{
	world_run(w, 10);
	w->heard.nevents = 0;
}

/* ---- doing ---- */

struct world_line *
world_line(struct world *w, const char *id)
{
	size_t k;

	for (k = 0; k < w->nlines; k++)
		if (strcmp(w->line[k].link->id, id) == 0)
			return &w->line[k];
	fatalx("no line %s", id);
}

void
world_cut(struct world *w, const char *link_or_site, bool cut)
{
	bool   any = false;
	size_t k;

	for (k = 0; k < w->nlines; k++)
		if (strcmp(w->line[k].link->id, link_or_site) == 0 || strcmp(w->line[k].link->site_id,
		    link_or_site) == 0) {
			w->line[k].cut = cut;
			any = true;
		}
	if (!any)
		fatalx("nothing to cut: %s", link_or_site);
}

void
world_shuffle(struct world *w, uint64_t seed, double max_s)
{
	size_t k;

	for (k = 0; k < w->nlines; k++) {
		seed = hash_u64(seed);
		w->line[k].lag_ns = (int64_t)(seed % (uint64_t)(max_s * (double)NS_PER_S));
		w->line[k].phase_ns = (int64_t)(hash_u64(seed) % (uint64_t)NS_PER_S);
	}
}

void
world_loss(struct world *w, const char *link, double loss_ratio)
{
	struct sample_batch b = { 0 };
	struct sample	    s = { .type = SAMPLE_DELAY, .n = DELAY_VALUES, .seconds = 60 };
	int		    i;

	s.series = core_link(w->core, link)->number;
	s.wall_ns = loop_wall_ns(w->loop) / (60 * NS_PER_S) * (60 * NS_PER_S);
	s.value[DELAY_LOSS_RATIO] = loss_ratio;
	for (i = DELAY_RTT_MIN_S; i < DELAY_VALUES; i++)
		s.value[i] = 0.004;
	sample_batch_add(&b, &s, loop_wall_ns(w->loop), loop_mono_ns(w->loop));
	world_send(w, &b);
	sample_batch_free(&b);
}

void
world_errors(struct world *w, const char *link, double rx_errors_ps)
{
	struct sample_batch b = { 0 };
	struct sample	    s = { .type = SAMPLE_RATE, .n = LINK_RATES, .seconds = 60 };

	s.series = core_link(w->core, link)->number;
	s.wall_ns = loop_wall_ns(w->loop);
	s.value[LINK_RX_ERRORS_PS] = rx_errors_ps;
	sample_batch_add(&b, &s, s.wall_ns, loop_mono_ns(w->loop));
	world_send(w, &b);
	sample_batch_free(&b);
}

static void
reload_done(void *arg, const char *error, uint32_t rows, const struct json_t *errors)
{
	struct world *w = arg;

	(void)rows;
	(void)errors;
	text_copy(w->reload_error, sizeof(w->reload_error), error != NULL ? error : "");
}

/* The town's lines carry over by name: what is cut stays cut. */
static void
lines_carry_over(struct world *w)
{
	struct world_line *old = w->line, *l;
	char		  (*id)[ID_MAX] = xcalloc(w->nlines, sizeof(*id));
	size_t		   n = w->nlines, k;

	for (k = 0; k < n; k++)
		text_copy(id[k], sizeof(id[k]), old[k].link->id);
	w->line = NULL;
	world_check(w);
	lines_make(w);
	for (l = w->line; l < w->line + w->nlines; l++)
		for (k = 0; k < n; k++)
			if (strcmp(l->link->id, id[k]) == 0) {
				l->cut = old[k].cut;
				l->mute = old[k].mute;
				memcpy(l->was, old[k].was, sizeof(l->was));
			}
	free(id);
	free(old);
}

void
world_row(struct world *w, enum input_kind what, const char *id, const char *row)
{
	if (!input_row_replace(&w->input[what], id, row))
		fatalx("no row %s to replace", id);
}

void
world_reload(struct world *w, bool allow_removal)
{
	text_copy(w->reload_error, sizeof(w->reload_error), "not answered");
	lines_carry_over(w);
	if (core_reload_request(w->core, allow_removal, reload_done, w) == -1)
		fatalx("a reload cannot be asked for");
}

/* ---- looking ---- */

const char *
world_events(struct world *w)
{
	size_t k, n = 0, size = sizeof(w->text);

	w->text[0] = '\0';
	for (k = 0; k < w->heard.nevents && n < size - 200; k++)
		n += (size_t)snprintf(w->text + n, size - n, "%s%s %s", k > 0 ? "; " : "", w->heard.event[k].kind,
		    w->heard.event[k].subject);
	w->heard.nevents = 0;
	return w->text;
}

const char *
world_faults(struct world *w)
{
	size_t k, n = 0;

	for (k = 0; k < w->heard.nevents; k++)
		if (strncmp(w->heard.event[k].kind, "engine.", 7) != 0)
			w->heard.event[n++] = w->heard.event[k];
	w->heard.nevents = n;
	return world_events(w);
}

struct json_t *
world_doc(const struct world *w, const char *topic)
{
	return heard_doc(&w->heard, topic);
}

const char *
world_state(const struct world *w, const char *ref)
{
	return heard_state(&w->heard, ref);
}

int64_t
world_rev(const struct world *w, const char *ref)
{
	char topic[200];

	snprintf(topic, sizeof(topic), "state/%s", ref);
	return heard_number(&w->heard, topic, "rev");
}

size_t
world_retained(const struct world *w, const char *prefix)
{
	return heard_topics(&w->heard, prefix);
}
