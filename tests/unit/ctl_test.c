/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ctl_test.c: the control socket on a real socket and a real loop, in front of a core that only pretends: its
 * objects are made here, and what ctl asks it to do is answered by the test.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "core/commit.h"
#include "core/conf.h"
#include "core/peers.h"
#include "core/probe.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/js.h"
#include "live/counters.h"
#include "live/core.h"
#include "tests/unit/tap.h"

#define SITES 7
#define NOBODY 65534

struct fake {
	struct core	core;		/* first: what ctl knows of it */
	struct site_live site[SITES];
	struct link_live link[SITES];
	struct link_live *line[SITES];
	struct site_live *site_at[SITES];
	struct link_live *link_at[SITES];
	struct incident	incident;
	struct { core_store_fn cb; void *arg; bool open; } store[64];	/* by token - 1 */
	uint32_t	tokens, forgotten;
	uint16_t	asked;		/* type of the last message to store */
	bool		store_away;
	core_reload_fn	reload_cb;
	void	       *reload_arg;
	struct loop    *loop;
	struct ctl     *ctl;
	struct sockaddr_un address;
};

/* ---- the core that pretends ---- */

int
core_reload_request(struct core *c, bool allow_removal, core_reload_fn cb, void *arg)
{
	struct fake *f = (struct fake *)c;

	(void)allow_removal;
	if (f->reload_cb != NULL)
		return -1;
	f->reload_cb = cb;
	f->reload_arg = arg;
	return 0;
}

uint32_t
core_store_send(struct core *c, uint16_t type, const void *data, size_t len, core_store_fn cb, void *arg)
{
	struct fake *f = (struct fake *)c;

	(void)data;
	(void)len;
	if (f->store_away)
		return 0;
	f->asked = type;
	f->store[f->tokens].cb = cb;
	f->store[f->tokens].arg = arg;
	f->store[f->tokens].open = true;
	return ++f->tokens;
}

void
core_store_forget(struct core *c, uint32_t token)
{
	struct fake *f = (struct fake *)c;

	f->store[token - 1].open = false;
	f->forgotten++;
}

int
core_probe_now(struct core *c, struct link_live *l, uint16_t rounds)
{
	(void)c;
	return l->link->address.family != 0 && rounds == 3 ? 0 : -1;
}

int
core_ack(struct core *c, struct incident *i, const char *user, const char *note, int64_t until_ns)
{
	text_copy(i->row.ack_user, sizeof(i->row.ack_user), user);
	text_copy(i->row.ack_note, sizeof(i->row.ack_note), note);
	i->row.ack_until_ns = until_ns;
	i->row.ack_ns = 1795222923004000000;
	return ledger_incident_put(c->ledger, &i->row);
}

/* ---- its objects ---- */

static void
row_error(void *arg, unsigned line, unsigned column, const char *text)
{
	(void)arg;
	printf("# inventory: %u:%u %s\n", line, column, text);
}

static struct inventory *
make_inventory(void)
{
	static const char sites[] =
	    "id,name,life\ns001,Dinas <Satu>,live\ns002,Kedua,live\ns003,Ketiga,live\ns004,Keempat,live\n"
	    "s005,Kelima,planned\ns006,Keenam,live\nnode-1,Node Satu,live\n";
	static const char links[] =
	    "id,site,role,provider,parent,address,life\ns001-1,s001,main,astinet,node-1,10.1.0.1,live\n"
	    "s002-1,s002,main,,,10.1.0.2,live\ns003-1,s003,main,,,10.1.0.3,live\n"
	    "s004-1,s004,main,,,,live\ns005-1,s005,main,,,10.1.0.5,live\n"
	    "s006-1,s006,main,,,10.1.0.6,live\nnode-1-1,node-1,main,,,10.1.0.7,live\n";
	struct inventory *inv = inventory_new();

	inventory_read(inv, INPUT_SITES, sites, strlen(sites), row_error, NULL);
	inventory_read(inv, INPUT_LINKS, links, strlen(links), row_error, NULL);
	inventory_link(inv, NULL, NULL);
	return inv;
}

static void
make_objects(struct fake *f)
{
	struct core *c = &f->core;
	size_t	     i;

	c->site_by_id = map_new();
	c->link_by_id = map_new();
	c->device_by_id = map_new();
	c->port_by_ref = map_new();
	c->counters = map_new();
	c->inv = make_inventory();
	c->site = f->site_at;
	c->link = f->link_at;
	for (i = 0; i < SITES; i++) {
		f->site_at[i] = &f->site[i];
		f->link_at[i] = f->line[i] = &f->link[i];
		f->site[i] = (struct site_live){ .site = c->inv->site[i], .state = SITE_OK,
		    .link = &f->line[i], .nlinks = 1 };
		f->link[i] = (struct link_live){ .link = c->inv->link[i], .site = &f->site[i],
		    .state = LINK_UP, .seen_up = true, .rtt_s = 0.0231, .loss_ratio = NAN, .rx_bps = NAN,
		    .tx_bps = NAN };
		snprintf(f->site[i].live.ref, REF_MAX, "site/%s", c->inv->site[i]->id);
		snprintf(f->link[i].live.ref, REF_MAX, "link/%s", c->inv->link[i]->id);
		map_add(c->site_by_id, c->inv->site[i]->id, &f->site[i]);
		map_add(c->link_by_id, c->inv->link[i]->id, &f->link[i]);
	}
	f->site[4].state = SITE_PLANNED;
	f->site[1].state = SITE_ISOLATED;
	f->link[1].state = LINK_DOWN;
	f->link[1].rounds = (struct link_rounds){ .say = ROUNDS_DOWN, .failed = 9,
	    .since_ns = 1795222923004000000, .last_ns = 1795222990000000000 };
	f->link[0].parent = &f->site[6];
	f->incident.row = (struct ledger_incident){ .status = INCIDENT_OPEN, .root = "link/s002-1",
	    .kind = "link.down", .severity = "major", .cause = "unknown", .opened_ns = 1795222923004000000 };
	f->incident.evidence = json_pack("[{s:s, s:s}]", "t", "2026-11-21T01:02:03.004Z", "fact",
	    "3 rounds lost");
	ledger_incident_put(c->ledger, &f->incident.row);
	c->incidents = &f->incident;
	f->link[1].reach = (struct alert){ .verdict = VERDICT_ROOT, .incident = &f->incident };
	text_copy(c->set.ns, sizeof(c->set.ns), "pontianak");
	c->broker_connected = c->broker_refuses = true;
}

static struct fake *
fake_new(const char *dir)
{
	struct fake *f = xcalloc(1, sizeof(*f));
	int	     fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	f->loop = loop_new();
	f->core.loop = f->loop;
	f->core.ledger = ledger_open(":memory:");
	make_objects(f);
	f->address.sun_family = AF_UNIX;
	snprintf(f->address.sun_path, sizeof(f->address.sun_path), "%s/sock", dir);
	unlink(f->address.sun_path);
	if (bind(fd, (struct sockaddr *)&f->address, sizeof(f->address)) == -1 || listen(fd, 128) == -1 ||
	    chmod(f->address.sun_path, 0777) == -1)
		printf("# cannot listen\n");
	f->ctl = ctl_new(&f->core, f->loop, fd, false);
	return f;
}

static void
fake_free(struct fake *f)
{
	ctl_free(f->ctl);
	ledger_close(f->core.ledger);
	inventory_free(f->core.inv);
	map_free(f->core.site_by_id);
	map_free(f->core.link_by_id);
	map_free(f->core.device_by_id);
	map_free(f->core.port_by_ref);
	core_counters_free(&f->core);
	json_decref(f->incident.evidence);
	loop_free(f->loop);
	unlink(f->address.sun_path);
	free(f);
}

/* ---- a client ---- */

struct talk {
	struct fake	 *f;
	int		  fd;
	struct loop_io	 *io;
	struct loop_timer patience;
	struct buf	  in;
	bool		  closed;
};

static void
talk_ready(void *arg, int events)
{
	struct talk *t = arg;
	size_t	     before = t->in.len;
	uint8_t	    *room = buf_grow(&t->in, 65536);
	ssize_t	     n = recv(t->fd, room, 65536, MSG_DONTWAIT);

	(void)events;
	t->in.len = before + (n > 0 ? (size_t)n : 0);
	t->closed = n == 0 || (n == -1 && errno == ECONNRESET);
	if (t->closed || (n > 0 && memchr(room, '\n', (size_t)n) != NULL))
		loop_stop(t->f->loop, 0);
}

static void
talk_give_up(void *arg)
{
	loop_stop(((struct talk *)arg)->f->loop, 1);
}

static struct talk *
talk_new(struct fake *f)
{
	struct talk *t = xcalloc(1, sizeof(*t));

	t->f = f;
	t->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(t->fd, (struct sockaddr *)&f->address, sizeof(f->address)) == -1)
		printf("# cannot connect\n");
	t->io = loop_io_new(f->loop, t->fd, LOOP_READ, talk_ready, t);
	return t;
}

static void
talk_free(struct talk *t)
{
	loop_timer_cancel(t->f->loop, &t->patience);
	loop_io_free(t->io);
	close(t->fd);
	buf_free(&t->in);
	free(t);
}

/*
 * Run the loop until something has arrived, the connection is closed, or ten seconds have passed. @return 0,
 * or 1 for the last
 */
static int
talk_wait(struct talk *t)
{
	int code;

	loop_timer_set(t->f->loop, &t->patience, loop_mono_ns(t->f->loop) + 10 * NS_PER_S, talk_give_up, t);
	code = loop_run(t->f->loop);
	loop_timer_cancel(t->f->loop, &t->patience);
	return code;
}

/* The next line, owned; NULL when there will be none. */
static json_t *
hear(struct talk *t)
{
	uint8_t *end;
	json_t	*v;

	while ((end = t->in.len > 0 ? memchr(t->in.data, '\n', t->in.len) : NULL) == NULL)
		if (t->closed || talk_wait(t) == 1)
			return NULL;
	v = json_loadb((char *)t->in.data, (size_t)(end - t->in.data), 0, NULL);
	t->in.len -= (size_t)(end + 1 - t->in.data);
	memmove(t->in.data, end + 1, t->in.len);
	return v;
}

/* Let the loop run for a while. */
static void
wait_ms(struct talk *t, int64_t ms)
{
	loop_timer_set(t->f->loop, &t->patience, loop_mono_ns(t->f->loop) + ms * NS_PER_MS, talk_give_up, t);
	loop_run(t->f->loop);
	loop_timer_cancel(t->f->loop, &t->patience);
}

static void
send_bytes(struct talk *t, const char *bytes, size_t len)
{
	ssize_t n;

	for (; len > 0; bytes += n, len -= (size_t)n)
		if ((n = send(t->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT)) == -1) {
			if (errno != EAGAIN || t->closed)
				return;
			wait_ms(t, 1);
			n = 0;
		}
}

static void
say(struct talk *t, const char *line)
{
	send_bytes(t, line, strlen(line));
	send_bytes(t, "\n", 1);
}

static json_t *
ask(struct talk *t, const char *line)
{
	say(t, line);
	return hear(t);
}

/* Text at a path such as "items.0.id"; "" when there is none. Numbers and truths are written out. */
static const char *
at(json_t *v, const char *path, char out[200])
{
	char	key[40];
	size_t	n;

	for (; *path != '\0'; path += n + (path[n] == '.')) {
		n = strcspn(path, ".");
		snprintf(key, sizeof(key), "%.*s", (int)n, path);
		v = json_is_array(v) ? json_array_get(v, (size_t)atoi(key)) : json_object_get(v, key);
	}
	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_integer(v))
		snprintf(out, 200, "%lld", (long long)json_integer_value(v));
	else
		snprintf(out, 200, "%s", json_is_true(v) ? "true" : json_is_false(v) ? "false" :
		    json_is_null(v) ? "null" : "");
	return out;
}

/* Ask, and compare what stands at a path of the answer. */
static void
expect(struct talk *t, const char *line, const char *path, const char *want, const char *name)
{
	char	out[200];
	json_t *v = ask(t, line);

	is_text(at(v, path, out), want, name);
	json_decref(v);
}

/* ---- the tests ---- */

static void
test_requests(struct fake *f)
{
	static const struct { const char *line, *path, *want, *name; } cases[] = {
		{ "{\"id\":1,\"op\":\"hello\",\"socket\":1,\"client\":\"test\"}", "ns", "pontianak",
		    "hello tells the namespace" },
		{ "{\"id\":1,\"op\":\"hello\",\"socket\":1}", "role", "admin", "hello tells the role" },
		{ "{\"id\":1,\"op\":\"hello\",\"socket\":2}", "code", "bad_request",
		    "hello refuses another version" },
		{ "{\"id\":9,\"op\":\"statsu\"}", "error",
		    "there is no operation \"statsu\"; did you mean \"status\"?",
		    "an unknown operation names the nearest" },
		{ "{\"id\":9,\"op\":\"status\",\"x\":1}", "error", "\"status\" does not take \"x\"",
		    "an unknown member is refused" },
		{ "{\"id\":9,\"op\":\"status\"}", "sites.isolated", "1", "status counts sites by state" },
		{ "{\"id\":9,\"op\":\"status\"}", "incidents.open", "1", "status counts incidents" },
		{ "{\"id\":9,\"op\":\"status\"}", "broker.refuses", "true",
		    "status says that the broker refuses" },
		{ "{\"id\":9,\"op\":\"get\",\"object\":\"s002\"}", "state", "isolated",
		    "get finds a site by its bare id" },
		{ "{\"id\":9,\"op\":\"get\",\"object\":\"link/s002-1\"}", "state", "down",
		    "get finds a line" },
		{ "{\"id\":9,\"op\":\"get\",\"object\":\"s001\"}", "name", "Dinas <Satu>",
		    "text survives its escapes" },
		{ "{\"id\":9,\"op\":\"get\",\"object\":\"link/s002-1\"}", "loss_ratio", "null",
		    "what is not known is null" },
		{ "{\"id\":9,\"op\":\"get\",\"object\":\"inc-1\"}", "status", "open",
		    "get finds an incident" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"link/s002-1\"}", "evidence.0.fact", "3 rounds lost",
		    "why starts with the evidence of the incident" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"link/s002-1\"}", "incident", "inc-1",
		    "why names the incident" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"link/s001-1\"}", "parents.0.object", "site/node-1",
		    "why names the parents" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"s004-1\"}", "evidence.0.fact",
		    "no address is entered for it, so it is not measured",
		    "why says that a line is not measured" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"s005-1\"}", "evidence.0.fact",
		    "its site is entered as planned, so it is not judged",
		    "why says that a site is planned" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"link/s02-1\"}", "nearest", "link/s002-1",
		    "not found names the nearest line" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"nod-1\"}", "nearest", "site/node-1",
		    "or the nearest of any kind" },
		{ "{\"id\":9,\"op\":\"why\",\"object\":\"inc-7\"}", "code", "not_found",
		    "there is no such incident" },
		{ "{\"id\":9,\"op\":\"list\",\"kind\":\"sites\"}", "error",
		    "\"kind\" must be site, link, device or incident; did you mean \"site\"?",
		    "list names the nearest kind" },
		{ "{\"id\":9,\"op\":\"list\",\"kind\":\"site\",\"trouble\":true}", "items.0.id", "s002",
		    "list shows only trouble" },
		{ "{\"id\":9,\"op\":\"list\",\"kind\":\"device\"}", "next", "null", "a list may be empty" },
		{ "{\"id\":9,\"op\":\"list\",\"kind\":\"site\",\"cursor\":\"gone\"}", "code", "conflict",
		    "a cursor whose object has gone is a conflict" },
		{ "{\"id\":9,\"op\":\"list\",\"kind\":\"incident\"}", "items.0.root", "link/s002-1",
		    "list shows incidents" },
		{ "{\"id\":9,\"op\":\"probe\",\"object\":\"s001-1\"}", "ok", "true", "probe asks core" },
		{ "{\"id\":9,\"op\":\"probe\",\"object\":\"s001\"}", "code", "not_found",
		    "only lines can be probed" },
		{ "{\"id\":9,\"op\":\"audit\"}", "whole", "true", "the audit chain is whole" },
		{ "{\"id\":9,\"op\":\"metrics\"}", "ok", "true", "metrics may be empty" },
		{ "{\"id\":9,\"op\":\"flush\",\"as\":{\"user\":\"x\",\"role\":\"noc\"}}", "code",
		    "forbidden",
		    "who started the engine speaks for others, with their rights" },
		{ "[1]", "code", "bad_request", "what is no request is refused" },
		{ "{\"id\":9,\"op\":\"status\"}", "ok", "true", "and the conversation goes on" },
	};
	struct talk *t = talk_new(f);
	size_t	     i;

	for (i = 0; i < nitems(cases); i++)
		expect(t, cases[i].line, cases[i].path, cases[i].want, cases[i].name);
	talk_free(t);
}

/* An instance whose packets the kernel refuses, one and all. */
static void
test_no_icmp(struct fake *f)
{
	static const char line[] = "{\"id\":9,\"op\":\"why\",\"object\":\"s001-1\"}";
	struct core	 *c = &f->core;
	struct talk	 *t = talk_new(f);

	c->measure[c->nmeasure++] = (struct measure_peer){ .name = "main", .ch = (struct ipc_channel *)f };
	text_copy(c->set.link_probe, sizeof(c->set.link_probe), "icmp");
	core_counter(c, "measure main/icmp.send_errors")->value = 3;
	expect(t, line, "evidence.0.fact", "the process \"measure main\" cannot send ICMP packets: 3 were refused, "
	    "none has left; if a reload has added it, restart simpuld", "why says that no packet can leave");
	core_counter(c, "measure main/icmp.sent")->value = 1;
	expect(t, line, "evidence.0.fact", "no result of a probe yet", "one that has left: it can");
	c->nmeasure--;
	talk_free(t);
}

static void
test_paging(struct fake *f)
{
	struct talk *t = talk_new(f);
	char	     line[400], seen[200] = "", out[200], next[REF_MAX + 2] = "null";
	json_t	    *v, *item;
	size_t	     i, pages = 0;

	do {
		snprintf(line, sizeof(line),
		    "{\"id\":1,\"op\":\"list\",\"kind\":\"link\",\"limit\":3,\"cursor\":%s}", next);
		v = ask(t, line);
		json_array_foreach(json_object_get(v, "items"), i, item)
			snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s ",
			    at(item, "id", out));
		snprintf(next, sizeof(next), "\"%s\"", at(v, "next", out));
		json_decref(v);
	} while (++pages < 10 && strcmp(next, "\"null\"") != 0);
	is_i64((int64_t)pages, 3, "seven lines are three pages of three");
	is_text(seen, "s001-1 s002-1 s003-1 s004-1 s005-1 s006-1 node-1-1 ",
	    "each line stands on one of them");
	talk_free(t);
}

static void
store_end(struct fake *f, uint32_t token, const struct msg_end *end)
{
	struct ipc_msg msg = { .type = IPC_SERIES_END, .token = token, .fd = -1 };
	struct buf     b = { 0 };

	msg_end_encode(&b, end);
	msg.data = b.data;
	msg.len = b.len;
	f->store[token - 1].open = false;
	f->store[token - 1].cb(f->store[token - 1].arg, &msg);
	buf_free(&b);
}

/* Give store's answer to a request: rows of one column, then the end. */
static void
store_answers(struct fake *f, uint32_t token, uint32_t rows, bool good)
{
	double		      *value = xcalloc(rows + 1, sizeof(*value));
	struct msg_series_rows m = { .step_s = 60, .first_s = 1795222860, .columns = 1, .rows = rows,
		.values = (uint8_t *)value };
	struct msg_end	       end = { .ok = good, .count = rows };
	struct ipc_msg	       msg = { .type = IPC_SERIES_ROWS, .token = token, .fd = -1 };
	struct buf	       b = { 0 };
	uint32_t	       i;

	for (i = 0; i < rows; i++)
		value[i] = i == 1 ? NAN : 1234567.125 + i;
	if (rows > 0) {
		msg_series_rows_encode(&b, &m);
		msg.data = b.data;
		msg.len = b.len;
		f->store[token - 1].cb(f->store[token - 1].arg, &msg);
	}
	if (f->store[token - 1].open)
		store_end(f, token, &end);
	buf_free(&b);
	free(value);
}

#define SERIES(id, ref) \
	"{\"id\":" id ",\"op\":\"series\",\"refs\":[\"" ref "\"],\"from\":1795222800,\"to\":1795226400}"
#define STATUS(id) "{\"id\":" id ",\"op\":\"status\"}"

/* One frame of an answer has been lost on the way; store has no room for another. */
static void
test_series_cut(struct fake *f, struct talk *t)
{
	struct msg_end end = { .ok = 1, .count = 7 };
	char	       out[200];
	json_t	      *v;

	say(t, SERIES("1", "link/s001-1/rx_bps"));
	expect(t, STATUS("3"), "id", "3", "one is open");
	store_end(f, f->tokens, &end);
	v = hear(t);
	is_text(at(v, "error", out), "0 of the 7 rows of store's answer have come",
	    "an answer that has been cut is not given as if it were whole");
	is_text(at(v, "code", out), "internal", "but as an error");
	json_decref(v);
	say(t, SERIES("1", "link/s001-1/rx_bps"));
	expect(t, STATUS("3"), "id", "3", "one is open");
	end = (struct msg_end){ .busy = 1, .error = "try again" };
	store_end(f, f->tokens, &end);
	v = hear(t);
	is_text(at(v, "code", out), "busy", "a store that is busy is told as such");
	is_text(at(v, "error", out), "try again", "in its words");
	json_decref(v);
}

static void
test_series(struct fake *f)
{
	struct talk *t = talk_new(f);
	char	     out[200];
	uint32_t     first = f->tokens;
	json_t	    *v;

	say(t, SERIES("1", "link/s001-1/rx_bps"));
	say(t, SERIES("2", "link/s002-1/rtt_p50_s"));
	expect(t, STATUS("3"), "id", "3", "a later request may be answered first");
	expect(t, SERIES("1", "link/s001-1/rx_bps"), "error", "request 1 is still open",
	    "the id of an open request is taken");
	store_answers(f, first + 2, 3, true);
	v = hear(t);
	is_text(at(v, "id", out), "2", "store answers the second one first");
	is_text(at(v, "t.0", out), "1795222860", "with the end of each interval");
	is_near(json_real_value(json_array_get(json_array_get(json_object_get(v, "v"), 0), 0)), 1234567.125,
	    0, "with its values");
	is_text(at(v, "v.0.1", out), "null", "and null where nothing is known");
	json_decref(v);
	store_answers(f, first + 1, 0, false);
	v = hear(t);
	is_text(at(v, "error", out), "store did not say why", "an error of store is told");
	is_text(at(v, "code", out), "internal", "as what it is");
	json_decref(v);
	test_series_cut(f, t);
	expect(t, SERIES("4", "link/s01-1/rx_bps"), "error",
	    "there is no link/s01-1; the nearest is link/s001-1", "no such line");
	expect(t, SERIES("4", "link/s001-1/rx_pbs"), "error", "a link has no rx_pbs; the nearest is rx_bps",
	    "no such value");
	expect(t, SERIES("4", "nonsense"), "code", "not_found", "no such series");
	expect(t, "{\"id\":4,\"op\":\"series\",\"refs\":[\"link/s001-1/rx_bps\"],\"from\":5,\"to\":5}",
	    "error", "\"from\" must be before \"to\"", "an empty interval");
	expect(t, "{\"id\":4,\"op\":\"series\",\"refs\":[\"link/s001-1/rx_bps\",\"link/s001-1/tx_bps\"],"
	    "\"from\":5,\"to\":50,\"points\":20000}", "code", "too_large",
	    "more values than a line can hold");
	f->store_away = true;
	expect(t, SERIES("4", "link/s001-1/rx_bps"), "code", "busy", "store is away");
	f->store_away = false;
	say(t, SERIES("5", "link/s001-1/rx_bps"));
	say(t, "{\"id\":6,\"op\":\"flush\",\"object\":\"link/s001-1\"}");
	expect(t, STATUS("7"), "id", "7", "while two are open");
	f->store[f->tokens - 2].cb(f->store[f->tokens - 2].arg, NULL);
	v = hear(t);
	is_text(at(v, "code", out), "busy", "store has ended meanwhile");
	json_decref(v);
	is_i64(f->asked, IPC_FLUSH, "flush asks store");
	store_answers(f, f->tokens, 0, true);
	v = hear(t);
	is_text(at(v, "files", out), "0", "and tells how many files were written");
	json_decref(v);
	expect(t, "{\"id\":6,\"op\":\"flush\",\"object\":\"s001\"}", "code", "not_found",
	    "a site has no file");

	say(t, SERIES("8", "link/s001-1/rx_bps"));
	expect(t, STATUS("9"), "id", "9", "one is open again");
	is_i64(f->forgotten, 0, "nothing was forgotten so far");
	talk_free(t);
	t = talk_new(f);
	expect(t, STATUS("1"), "ok", "true", "another client is served");
	is_i64(f->forgotten, 1, "and the request of the one that hung up is forgotten");
	talk_free(t);
}

static void
test_ack(struct fake *f)
{
	struct talk *t = talk_new(f);

	expect(t,
	    "{\"id\":5,\"op\":\"ack\",\"incident\":\"inc-1\",\"note\":\"x\",\"until\":null,\"version\":3}",
	    "error", "inc-1 is at version 1", "another version is a conflict");
	expect(t, "{\"id\":5,\"op\":\"ack\",\"incident\":\"inc-1\",\"version\":3}", "current.version", "1",
	    "which tells the present one");
	expect(t, "{\"id\":5,\"op\":\"ack\",\"incident\":\"inc-1\",\"note\":\"technician on the way\","
	    "\"version\":1}", "incident.ack.note", "technician on the way",
	    "an ack with the right version is taken");
	is_i64(f->incident.row.version, 2, "and raises it");
	expect(t, "{\"id\":5,\"op\":\"ack\",\"incident\":\"inc-99\"}", "code", "not_found",
	    "an unknown incident");
	f->incident.row.status = INCIDENT_CLOSED;
	ledger_incident_put(f->core.ledger, &f->incident.row);
	expect(t, "{\"id\":5,\"op\":\"ack\",\"incident\":\"inc-1\"}", "error", "inc-1 is closed",
	    "a closed incident");
	expect(t, "{\"id\":5,\"op\":\"list\",\"kind\":\"incident\"}", "items.0.id", "", "is not listed");
	expect(t, "{\"id\":5,\"op\":\"list\",\"kind\":\"incident\",\"closed\":true}", "items.0.id", "inc-1",
	    "unless asked for");
	expect(t, "{\"id\":5,\"op\":\"audit\"}", "entries", "3",
	    "the ack and the probe stand in the audit log, and one refusal (as)");
	talk_free(t);
}

static void
test_reload(struct fake *f)
{
	struct talk *t = talk_new(f);
	json_t	    *errors = json_pack("[{s:s}]", "file", "sites.csv"), *v;
	char	     out[200];

	say(t, "{\"id\":1,\"op\":\"reload\"}");
	expect(t, "{\"id\":2,\"op\":\"reload\"}", "code", "busy", "one reload at a time");
	f->reload_cb(f->reload_arg, "1 error", 0, errors);
	f->reload_cb = NULL;
	v = hear(t);
	is_text(at(v, "errors.0.file", out), "sites.csv", "a reload that failed tells its errors");
	json_decref(v);
	say(t, "{\"id\":1,\"op\":\"reload\"}");
	expect(t, STATUS("2"), "id", "2", "a reload is under way");
	talk_free(t);
	t = talk_new(f);
	expect(t, STATUS("1"), "ok", "true", "who asked for it has hung up");
	f->reload_cb(f->reload_arg, NULL, 85, NULL);
	f->reload_cb = NULL;
	say(t, "{\"id\":1,\"op\":\"reload\"}");
	expect(t, STATUS("2"), "id", "2", "the next one is under way");
	f->reload_cb(f->reload_arg, NULL, 85, NULL);
	f->reload_cb = NULL;
	v = hear(t);
	is_text(at(v, "rows", out), "85", "a reload that worked tells the rows");
	json_decref(v);
	json_decref(errors);
	talk_free(t);
}

static void
add_event(struct fake *f, const char *kind, const char *subject)
{
	struct ledger_event e = { .id = "0192f0c1-0000-7000-8000-000000000000", .severity = "major",
		.time_ns = 1795222923004000000, .incident = 1, .payload = "{}" };

	text_copy(e.kind, sizeof(e.kind), kind);
	text_copy(e.subject, sizeof(e.subject), subject);
	ledger_event_add(f->core.ledger, &e);
	ctl_event(f->ctl);
}

static void
test_events(struct fake *f)
{
	struct talk *t = talk_new(f);
	char	     out[200];
	json_t	    *v;

	add_event(f, "site.isolated", "site/s001");
	add_event(f, "link.down", "link/s002-1");
	add_event(f, "site.restored", "site/s001");
	expect(t, "{\"id\":6,\"op\":\"subscribe\",\"topics\":[\"site\",\"incident\"],\"after\":0}", "seq",
	    "3", "subscribing tells the last event");
	v = hear(t);
	is_text(at(v, "items.0.1", out), "isolated", "what came before is replayed");
	is_text(at(v, "items.0.0", out), "s001", "with the object");
	is_text(at(v, "items.0.2", out), "2026-11-21T01:02:03.004Z", "and the time");
	json_decref(v);
	v = hear(t);
	is_text(at(v, "seq", out), "3", "other topics are left out");
	json_decref(v);
	add_event(f, "incident.opened", "incident/inc-1");
	v = hear(t);
	is_text(at(v, "ev", out), "incident", "a new event arrives");
	is_text(at(v, "id", out), "6", "under the id of the subscription");
	json_decref(v);
	expect(t, "{\"id\":7,\"op\":\"subscribe\",\"after\":9}", "error", "the last event is 4",
	    "nobody can be ahead");
	expect(t, "{\"id\":7,\"op\":\"subscribe\",\"topics\":[\"sites\"]}", "error",
	    "there is no such topic; did you mean \"site\"?", "an unknown topic");
	expect(t, "{\"id\":6,\"op\":\"cancel\"}", "ok", "true", "a subscription is cancelled");
	expect(t, "{\"id\":6,\"op\":\"cancel\"}", "code", "not_found", "once");
	add_event(f, "site.isolated", "site/s001");
	expect(t, STATUS("8"), "id", "8", "and nothing more comes of it");
	ledger_event_trim(f->core.ledger, INT64_MAX);
	expect(t, "{\"id\":9,\"op\":\"subscribe\",\"after\":2}", "missed", "3",
	    "events that were trimmed are counted");
	add_event(f, "link.up", "link/s002-1");
	v = hear(t);
	is_text(at(v, "seq", out), "6", "and the stream goes on");
	json_decref(v);
	talk_free(t);
}

static void
test_roles(struct fake *f)
{
	struct talk *t;
	uint64_t     bad;
	int64_t	     was;

	ctl_publish_pid(f->ctl, getpid());
	ctl_publish_pid(f->ctl, getppid());
	t = talk_new(f);
	was = ledger_audit_verify(f->core.ledger, &bad);
	expect(t, STATUS("1"), "code", "forbidden", "publish has no role, not even one that has ended");
	is_i64(ledger_audit_verify(f->core.ledger, &bad), was + 1, "which stands in the audit log");
	talk_free(t);
	memset(f->ctl->ids.publish, 0, sizeof(f->ctl->ids.publish));
	if (geteuid() != 0) {
		ok(true, "roles of other users # SKIP needs root to be somebody else");
		return;
	}
	if (seteuid(NOBODY) == -1)
		return;
	t = talk_new(f);
	if (seteuid(0) == -1)
		return;
	expect(t, "{\"id\":1,\"op\":\"hello\",\"socket\":1}", "role", "none", "a stranger has no role");
	expect(t, STATUS("1"), "error", "\"status\" needs the role viewer, and this is none",
	    "and may not even look");
	expect(t, "{\"id\":1,\"op\":\"status\",\"as\":{\"user\":\"x\",\"role\":\"admin\"}}", "error",
	    "only the user simpul-web, root and who started the engine speak for others",
	    "nor speak for others");
	talk_free(t);

	f->ctl->ids.web = NOBODY;
	if (seteuid(NOBODY) == -1)
		return;
	t = talk_new(f);
	if (seteuid(0) == -1)
		return;
	expect(t, STATUS("1"), "ok", "true", "the web server may look");
	expect(t, "{\"id\":1,\"op\":\"flush\"}", "code", "forbidden", "but not change anything");
	expect(t, "{\"id\":1,\"op\":\"flush\",\"as\":{\"user\":\"a\",\"role\":\"noc\"}}", "code", "forbidden",
	    "nor speak for one who may not");
	expect(t, "{\"id\":1,\"op\":\"status\",\"as\":{\"user\":\"a\",\"role\":\"king\"}}", "code",
	    "forbidden", "nor for an unknown role");
	expect(t, "{\"id\":1,\"op\":\"status\",\"as\":{\"user\":\"a\"}}", "code", "bad_request",
	    "nor for half a user");
	expect(t,
	    "{\"id\":1,\"op\":\"probe\",\"object\":\"s001-1\",\"as\":{\"user\":\"a\",\"role\":\"noc\"}}",
	    "ok", "true", "but for one who may");
	talk_free(t);
}

/* Many requests at once by one who does not read: nothing piles up, and all are answered when it reads. */
static void
test_pipelining(struct fake *f)
{
	static const char request[] = "{\"id\":1,\"op\":\"list\",\"kind\":\"link\"}\n";
	struct talk *t = talk_new(f);
	size_t	     sent = 0, answers = 0, at_most = 4000, len = sizeof(request) - 1;
	json_t	    *v;

	loop_io_events(t->io, 0);
	while (sent < at_most && send(t->fd, request, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len)
		sent++;
	wait_ms(t, 50);
	ok(f->ctl->clients != NULL && f->ctl->clients->out.len < 2 * OUT_SOFT,
	    "answers do not pile up for one who does not read");
	loop_io_events(t->io, LOOP_READ);
	while (answers < sent && (v = hear(t)) != NULL) {
		answers++;
		json_decref(v);
	}
	is_i64((int64_t)answers, (int64_t)sent, "and none is missing when it reads");
	talk_free(t);
}

#define SLOW 20	/* answers of about 110 KB each */

static void
test_slow_reader(struct fake *f)
{
	struct talk *t = talk_new(f), *other;
	char	     line[200];
	uint32_t     first = f->tokens, i;

	for (i = 0; i < SLOW; i++) {
		snprintf(line, sizeof(line),
		    "{\"id\":%u,\"op\":\"series\",\"refs\":[\"link/s001-1/rx_bps\"],\"from\":1,\"to\":2,"
		    "\"points\":5000}", i);
		say(t, line);
	}
	loop_io_events(t->io, 0);
	other = talk_new(f);
	expect(other, STATUS("1"), "ok", "true", "another client is served");
	for (i = 0; i < SLOW && f->store[first + i].open; i++)
		store_answers(f, first + i + 1, 5000, true);
	ok(i < SLOW, "a reader more than 1 MiB behind is dropped");
	is_i64(f->forgotten, 1 + SLOW - (int64_t)i, "with its open requests");
	expect(other, STATUS("2"), "ok", "true", "and the others go on");
	talk_free(t);
	talk_free(other);
}

static void
test_limits(struct fake *f)
{
	struct talk *t = talk_new(f), *many[CLIENTS_MAX];
	char	    *big = xcalloc(1, REQUEST_LINE_MAX + 200), out[200], line[200];
	uint32_t     i, first = f->tokens;
	json_t	    *v;

	v = ask(t, "GET / HTTP/1.1");
	is_text(at(v, "code", out), "bad_request", "what is not JSON is told so");
	json_decref(v);
	ok((v = hear(t)) == NULL && t->closed, "and hung up on");
	talk_free(t);

	t = talk_new(f);
	memset(big, ' ', REQUEST_LINE_MAX - sizeof(STATUS("1")) + 1);
	strcat(big, STATUS("1"));
	expect(t, big, "ok", "true", "a line of 1 MiB is taken");
	memset(big, ' ', REQUEST_LINE_MAX + 1);
	v = ask(t, big);
	is_text(at(v, "code", out), "too_large", "a longer one is not");
	json_decref(v);
	ok((v = hear(t)) == NULL && t->closed, "and ends the conversation");
	talk_free(t);
	free(big);

	t = talk_new(f);
	for (i = 0; i < CALLS_MAX; i++) {
		snprintf(line, sizeof(line),
		    "{\"id\":%u,\"op\":\"series\",\"refs\":[\"link/s001-1/rx_bps\"],\"from\":1,\"to\":2}", i);
		say(t, line);
	}
	expect(t, STATUS("99"), "code", "busy", "too many requests are open");
	is_i64(f->tokens - first, CALLS_MAX, "just as many as may be");
	talk_free(t);

	for (i = 0; i < CLIENTS_MAX; i++)
		many[i] = talk_new(f);
	for (i = 0; i < CLIENTS_MAX; i++)
		json_decref(ask(many[i], STATUS("1")));
	t = talk_new(f);
	v = hear(t);
	is_text(at(v, "code", out), "busy", "one connection too many is told so");
	json_decref(v);
	ok((v = hear(t)) == NULL && t->closed, "and hung up on");
	talk_free(t);
	for (i = 0; i < CLIENTS_MAX; i++)
		talk_free(many[i]);
	t = talk_new(f);
	expect(t, STATUS("1"), "ok", "true", "when they have gone there is room again");

	say(t, STATUS("1"));
	say(t, STATUS("2"));
	shutdown(t->fd, SHUT_WR);
	json_decref(hear(t));
	v = hear(t);
	is_text(at(v, "id", out), "2", "who sends no more still gets all answers");
	json_decref(v);
	ok((v = hear(t)) == NULL && t->closed, "and then the end");
	talk_free(t);
}

int
main(void)
{
	char	     dir[] = "/tmp/ctl_test.XXXXXX";
	struct fake *f;

	log_open("ctl_test", NULL);
	log_quiet(true);
	if (mkdtemp(dir) == NULL || chmod(dir, 0755) == -1)
		return 1;
	f = fake_new(dir);
	test_requests(f);
	test_no_icmp(f);
	test_paging(f);
	test_series(f);
	test_ack(f);
	test_reload(f);
	test_events(f);
	test_roles(f);
	test_pipelining(f);
	test_slow_reader(f);
	f->tokens = f->forgotten = 0;
	test_limits(f);
	fake_free(f);
	rmdir(dir);
	return tap_done();
}
