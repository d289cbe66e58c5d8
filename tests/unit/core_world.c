/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_world.c: see core_world.h. */
#include "tests/unit/core_world.h"

#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/log.h"

#define START_WALL_NS (1795222800LL * NS_PER_S)
#define ROOT	      "simpul/v1/pontianak/"

static const char *const texts[INPUT_KINDS] = {
	[INPUT_CONF] = "measure = ( { name = \"main\"; } );\nengine: { removal_max_ratio = 0.2; };\n",
	[INPUT_SITES] =
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
	    "new,Kantor Baru,,dinas,,office,,,,,,planned\n",
	[INPUT_LINKS] =
	    "id,site,role,provider,product,parent,address,down_mbps,up_mbps,kind,sla_pct,price_idr,budget_code,contract_end,"
	    "segments,device,port,via,life\n"
	    "node-1-1,node-1,main,own,,,10.9.0.1,,,best_effort,,,,,,,,,live\n"
	    "node-2-1,node-2,main,own,,node-1,10.9.0.2,,,best_effort,,,,,,,,,live\n"
	    "node-3-1,node-3,main,own,,node-1,10.9.0.3,,,best_effort,,,,,,,,,live\n"
	    "a-1,a,main,indihome,,node-2,10.1.0.1,20,4,best_effort,,,,,,a-r1,ether1,,live\n"
	    "b-1,b,main,indihome,,node-2,10.1.0.2,,,best_effort,,,,,,,,,live\n"
	    "c-1,c,main,own,,node-2,10.1.0.3,,,best_effort,,,,,,,,,live\n"
	    "d-1,d,main,indihome,,node-3,10.1.0.4,,,best_effort,,,,,,,,,live\n"
	    "e-1,e,main,indihome,,node-3,10.1.0.5,,,best_effort,,,,,,,,,live\n"
	    "f-1,f,main,indihome,,node-3,10.1.0.6,,,best_effort,,,,,,,,,live\n"
	    "two-1,two,main,astinet,,node-2,10.1.0.7,,,committed,,,,,,,,,live\n"
	    "two-2,two,backup,indihome,,,10.2.0.7,,,best_effort,,,,,,,,,live\n"
	    "new-1,new,main,indihome,,node-2,10.1.0.8,,,best_effort,,,,,,,,,planned\n",
	[INPUT_DEVICES] =
	    "id,site,kind,profile,address,port,version,credential,owner,via,life\n"
	    "a-r1,a,router,routeros,10.100.0.1,161,2c,city-read,,,live\n",
};

/* ---- the broker ---- */

struct retained {
	char	topic[200];
	json_t *doc;
};

static void
note_event(struct world *w, json_t *doc)
{
	struct world_event *e;
	const char	   *type = json_string_value(json_object_get(doc, "type"));

	if (w->nevents == w->event_room) {
		w->event_room = w->event_room * 2 + 64;
		w->event = xrealloc(w->event, w->event_room, sizeof(*w->event));
	}
	e = &w->event[w->nevents++];
	*e = (struct world_event){ .mono_ns = loop_mono_ns(w->loop) };
	snprintf(e->kind, sizeof(e->kind), "%.*s", (int)strlen(type) - 13, type + 10);	/* id.simpul.<kind>.v1 */
	text_copy(e->subject, sizeof(e->subject), json_string_value(json_object_get(doc, "subject")));
	text_copy(e->id, sizeof(e->id), json_string_value(json_object_get(doc, "id")));
	text_copy(e->severity, sizeof(e->severity), json_string_value(json_object_get(json_object_get(doc, "data"), "severity")));
	e->seq = (uint64_t)json_integer_value(json_object_get(json_object_get(doc, "data"), "seq"));
}

static void
note_retained(struct world *w, const char *topic, json_t *doc)
{
	struct retained *r = map_get(w->retained, topic);

	if (r == NULL) {
		r = xcalloc(1, sizeof(*r));
		text_copy(r->topic, sizeof(r->topic), topic);
		map_add(w->retained, r->topic, r);
	}
	w->emptied += doc == NULL && r->doc != NULL;
	json_decref(r->doc);
	r->doc = json_incref(doc);
}

static void
publish_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct world	      *w = arg;
	struct msg_outbox_item item;
	struct msg_outbox_done done = { .ok = 1 };
	json_t		      *doc = NULL;

	if (msg->type != IPC_OUTBOX_ITEM || msg_outbox_item_decode(&item, msg->data, msg->len) == -1)
		return;
	w->items++;
	w->item_order_broken |= item.id <= w->last_item;
	w->last_item = item.id;
	if (w->broker_holds)
		return;
	if (strncmp(item.topic, ROOT, strlen(ROOT)) != 0)
		fatalx("a topic outside: %s", item.topic);
	if (item.payload_len > 0 && (doc = json_loadb((const char *)item.payload, item.payload_len, JSON_REJECT_DUPLICATES, NULL)) == NULL)
		fatalx("not JSON on %s", item.topic);
	if (item.retain)
		note_retained(w, item.topic + strlen(ROOT), doc);
	else
		note_event(w, doc);
	json_decref(doc);
	done.id = item.id;
	msg_outbox_done_send(ch, IPC_OUTBOX_DONE, 0, &done, -1);
}

/* ---- measure ---- */

static bool is_alive(const struct world *w, const struct link *l);

static bool
site_is_alive(const struct world *w, const struct site *s)
{
	size_t k;

	for (k = 0; k < s->nlinks; k++)
		if (is_alive(w, s->links[k]))
			return true;
	return false;
}

static bool
is_alive(const struct world *w, const struct link *l)
{
	return !w->line[l->index].cut && (l->parent == NULL || site_is_alive(w, l->parent));
}

static void
send_samples(struct world *w, const struct sample_batch *b)
{
	if (b->count > 0)
		ipc_send(w->measure, IPC_SAMPLES, 0, b->payload.data, b->payload.len, -1);
}

/* A second has passed: what every line is now, and what its round of this second says. */
static void
tick(void *arg)
{
	struct world	   *w = arg;
	struct sample_batch b = { 0 };
	int64_t		    wall = loop_wall_ns(w->loop), mono = loop_mono_ns(w->loop);
	size_t		    k;

	for (k = 0; k < w->nlines; k++) {
		struct world_line *l = &w->line[k];
		struct link_live  *live = core_link(w->core, l->link->id);
		struct sample	   s = { .type = SAMPLE_ROUND, .n = ROUND_VALUES };
		bool		   answered;

		memmove(&l->was[1], &l->was[0], sizeof(l->was) - sizeof(l->was[0]));
		l->was[0] = is_alive(w, l->link);
		if (live == NULL || l->mute || l->link->life != LIFE_LIVE)
			continue;
		answered = l->was[l->lag_ns / NS_PER_S];
		s.series = live->number;
		s.quality = answered ? QUALITY_GOOD : QUALITY_LOST;
		s.wall_ns = wall - NS_PER_S + l->phase_ns;
		s.value[ROUND_SENT] = 3;
		s.value[ROUND_ANSWERED] = answered ? 3 : 0;
		s.value[ROUND_RTT_P50_S] = answered ? 0.004 : (double)NAN;
		sample_batch_add(&b, &s, wall, mono);
	}
	send_samples(w, &b);
	sample_batch_free(&b);
	loop_timer_set(w->loop, &w->tick, mono + NS_PER_S, tick, w);
}

static struct world_line *
line_by_number(struct world *w, uint32_t number)
{
	struct link_live *l = nmap_get(w->core->link_by_number, number);
	size_t		  k;

	/* By name: the town and core may have different inventories (a refused reload). */
	for (k = 0; l != NULL && k < w->nlines; k++)
		if (strcmp(w->line[k].link->id, l->link->id) == 0)
			return &w->line[k];
	return NULL;
}

struct reply {
	struct world	     *w;
	struct loop_timer     timer;
	uint32_t	      token;
	struct msg_probe_done done;
};

static void
reply_now(void *arg)
{
	struct reply *r = arg;

	msg_probe_done_send(r->w->measure, IPC_PROBE_DONE, r->token, &r->done, -1);
	free(r);
}

/* The truth, after as long as three rounds take when nobody answers. */
static void
probe_now(struct world *w, const struct ipc_msg *msg)
{
	struct msg_probe_now *now = xcalloc(1, sizeof(*now));
	struct reply	     *r = xcalloc(1, sizeof(*r));
	bool		      all = true;
	uint16_t	      k;

	if (msg_probe_now_decode(now, msg->data, msg->len) == -1)
		fatalx("a malformed PROBE_NOW");
	r->w = w;
	r->token = msg->token;
	r->done.n = now->n;
	for (k = 0; k < now->n; k++) {
		struct world_line *l = line_by_number(w, now->number[k]);
		bool		   alive = l != NULL && is_alive(w, l->link);

		r->done.done[k] = (struct probe_done){ .number = now->number[k], .sent = 9, .answered = alive ? 9 : 0,
			.verdict = alive ? PROBE_ANSWERED : PROBE_FAILED, .rtt_s = alive ? 0.0008f : NAN };
		all &= alive;
	}
	free(now);
	loop_timer_set(w->loop, &r->timer, loop_mono_ns(w->loop) + (all ? 300 : 3600) * NS_PER_MS, reply_now, r);
}

static void
measure_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct world *w = arg;

	(void)ch;
	switch (msg->type) {
	case IPC_PLAN_BEGIN:
		w->targets = w->ports = 0;
		break;
	case IPC_TARGET:
		w->targets++;
		break;
	case IPC_PORT:
		w->ports++;
		if (msg_port_decode(&w->port, msg->data, msg->len) == -1)
			fatalx("a malformed PORT");
		break;
	case IPC_PROBE_NOW:
		probe_now(w, msg);
		break;
	default:
		break;
	}
}

/* ---- the others ---- */

static void
store_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct world	      *w = arg;
	struct msg_series_plan plan;

	(void)ch;
	if (msg->type != IPC_SERIES_PLAN || msg_series_plan_decode(&plan, msg->data, msg->len) == -1)
		return;
	if (plan.op == SERIES_PLAN_BEGIN)
		w->series = 0;
	w->series += plan.op == SERIES_PLAN_ADD;
}

static void
closed(void *arg, struct ipc_channel *ch, const char *why)
{
	(void)arg;
	(void)ch;
	(void)why;
}

static void
print_error(void *arg, const struct msg_conf_error *e)
{
	(void)arg;
	printf("# %s:%u:%u: %s\n", e->file, e->line, e->column, e->text);
}

static void
feed(struct world *w)
{
	struct ipc_channel *ours, *theirs;

	ipc_pair(w->loop, &ours, "check", &theirs, "core");
	core_attach(w->core, PROCESS_CHECK, "", ours);
	check_send(theirs, &w->now);
	ipc_free(theirs);
}

static void
check_again(struct world *w)
{
	check_result_free(&w->now);
	check_inputs(&w->now, w->input, print_error, NULL);
	if (w->now.errors > 0)
		fatalx("the town is wrong");
}

static void
parent_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct world *w = arg;

	(void)ch;
	if (msg->type != IPC_RELOAD)
		return;
	w->reloads++;
	feed(w);
}

static struct ipc_channel *
join(struct world *w, enum process_kind peer, const char *instance, ipc_message_fn message)
{
	struct ipc_channel *ours, *theirs;

	ipc_pair(w->loop, &ours, process_names[peer], &theirs, "core");
	core_attach(w->core, peer, instance, ours);
	ipc_handlers(theirs, message, closed, w);
	return theirs;
}

static void
core_start(struct world *w)
{
	struct core_opts o = { .ledger_path = ":memory:", .ledger_fd = -1, .listen_fd = -1 };
	struct msg_broker_state st = { .connected = 1 };

	if (w->dir[0] != '\0') {
		o.ledger_path = "ledger.db";
		o.ledger_fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	w->core = core_new(w->loop, &o);
	if (w->core == NULL)
		fatalx("core did not start");
	w->parent = join(w, PROCESS_PARENT, "", parent_message);
	w->store = join(w, PROCESS_STORE, "", store_message);
	w->publish = join(w, PROCESS_PUBLISH, "", publish_message);
	w->measure = join(w, PROCESS_MEASURE, "main", measure_message);
	feed(w);
	msg_broker_state_send(w->publish, IPC_BROKER_STATE, 0, &st, -1);
	w->last_item = 0;
}

static void
core_end(struct world *w)
{
	core_free(w->core);
	ipc_free(w->parent);
	ipc_free(w->store);
	ipc_free(w->publish);
	ipc_free(w->measure);
}

void
world_restart(struct world *w)
{
	core_end(w);
	core_start(w);
}

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
	w->retained = map_new();
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
	check_again(w);
	lines_make(w);
	core_start(w);
	loop_timer_set(w->loop, &w->tick, loop_mono_ns(w->loop) + NS_PER_S, tick, w);
	return w;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

void
world_free(struct world *w)
{
	struct retained *r;
	size_t		 at = 0;
	int		 i;

	world_run(w, 5);	/* answers to probes still come, and free themselves */
	core_end(w);
	loop_timer_cancel(w->loop, &w->tick);
	check_result_free(&w->now);
	for (i = 0; i < INPUT_KINDS; i++)
		free(w->input[i].text);
	while ((r = map_next(w->retained, &at)) != NULL) {
		json_decref(r->doc);
		free(r);
	}
	map_free(w->retained);
	if (w->dir[0] != '\0')
		nftw(w->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	loop_free(w->loop);
	free(w->line);
	free(w->event);
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
	w->nevents = 0;
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
		if (strcmp(w->line[k].link->id, link_or_site) == 0 || strcmp(w->line[k].link->site_id, link_or_site) == 0) {
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
	send_samples(w, &b);
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
	check_again(w);
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
	struct check_input *in = &w->input[what];
	struct buf	    out = { 0 };
	char		   *line, *next;
	size_t		    n = strlen(id);

	for (line = in->text; *line != '\0'; line = next) {
		next = line + strcspn(line, "\n") + 1;
		if (strncmp(line, id, n) != 0 || line[n] != ',')
			buf_bytes(&out, line, (size_t)(next - line));
		else if (row != NULL)
			buf_bytes(&out, row, strlen(row));
	}
	buf_u8(&out, 0);
	free(in->text);
	in->text = xstrdup((char *)out.data);
	in->len = out.len - 1;
	buf_free(&out);
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
	for (k = 0; k < w->nevents && n < size - 200; k++)
		n += (size_t)snprintf(w->text + n, size - n, "%s%s %s", k > 0 ? "; " : "", w->event[k].kind, w->event[k].subject);
	w->nevents = 0;
	return w->text;
}

struct json_t *
world_doc(const struct world *w, const char *topic)
{
	const struct retained *r = map_get(w->retained, topic);

	return r != NULL && r->doc != NULL ? json_object_get(r->doc, "data") : NULL;
}

const char *
world_state(const struct world *w, const char *ref)
{
	char	    topic[200];
	const char *state;

	snprintf(topic, sizeof(topic), "state/%s", ref);
	state = json_string_value(json_object_get(world_doc(w, topic), "state"));
	return state != NULL ? state : "-";
}

int64_t
world_rev(const struct world *w, const char *ref)
{
	char topic[200];

	snprintf(topic, sizeof(topic), "state/%s", ref);
	return json_integer_value(json_object_get(world_doc(w, topic), "rev"));
}

size_t
world_retained(const struct world *w, const char *prefix)
{
	const struct retained *r;
	size_t		       at = 0, n = 0;

	while ((r = map_next(w->retained, &at)) != NULL)
		n += r->doc != NULL && strncmp(r->topic, prefix, strlen(prefix)) == 0;
	return n;
}
