/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ctl_rig.c: see ctl_rig.h. */
#include "tests/unit/ctl_rig.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "core/commit.h"
#include "core/probe.h"
#include "core/push.h"
#include "core/services.h"
#include "live/counters.h"

#define PATIENCE_NS (60 * NS_PER_S)

unsigned tap_count, tap_failed;

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

uint32_t
core_discover(struct core *c, const char *via, struct msg_discover *m, core_discover_fn cb, void *arg)
{
	struct fake *f = (struct fake *)c;

	if (f->measure_away || strcmp(via, "main") != 0)
		return 0;
	f->discover = *m;
	f->discover_cb = cb;
	f->discover_arg = arg;
	return 1;
}

void
core_discover_forget(struct core *c, uint32_t token)
{
	((struct fake *)c)->discoveries_forgotten += token;
}

int
core_probe_now(struct core *c, struct link_live *l, uint16_t rounds)
{
	(void)c;
	return l->link->address.family != 0 && rounds == 3 ? 0 : -1;
}

enum push_answer
core_push(struct core *c, const char *id, const char *token, const struct push_report *r)
{
	(void)c;
	if (strcmp(id, "backup") != 0 || strcmp(token, "0123456789abcdef") != 0)
		return PUSH_REFUSED;
	return strcmp(r->status, "ok") == 0 && r->size == 1000 && r->duration_s == 2.5 ? PUSH_TAKEN : PUSH_TOO_OFTEN;
}

int
core_service_probe(struct core *c, struct service_live *s, uint16_t rounds)
{
	(void)c;
	return s->service->life == LIFE_LIVE && rounds == 1 ? 0 : -1;
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
	c->service_by_id = map_new();
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

struct fake *
fake_new(void)
{
	struct fake *f = xcalloc(1, sizeof(*f));
	int	     fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	log_open("ctl_test", NULL);
	log_quiet(true);
	text_copy(f->dir, sizeof(f->dir), "/tmp/ctl_test.XXXXXX");
	if (mkdtemp(f->dir) == NULL || chmod(f->dir, 0755) == -1)
		fatal("%s", f->dir);
	f->loop = loop_new();
	f->core.loop = f->loop;
	f->core.ledger = ledger_open(":memory:");
	make_objects(f);
	f->address.sun_family = AF_UNIX;
	snprintf(f->address.sun_path, sizeof(f->address.sun_path), "%s/sock", f->dir);
	unlink(f->address.sun_path);
	if (bind(fd, (struct sockaddr *)&f->address, sizeof(f->address)) == -1 || listen(fd, 128) == -1 ||
	    chmod(f->address.sun_path, 0777) == -1)
		printf("# cannot listen\n");
	f->ctl = ctl_new(&f->core, f->loop, fd, false);
	return f;
}

void
fake_free(struct fake *f)
{
	ctl_free(f->ctl);
	ledger_close(f->core.ledger);
	inventory_free(f->core.inv);
	map_free(f->core.site_by_id);
	map_free(f->core.link_by_id);
	map_free(f->core.device_by_id);
	map_free(f->core.service_by_id);
	map_free(f->core.port_by_ref);
	core_counters_free(&f->core);
	json_decref(f->incident.evidence);
	loop_free(f->loop);
	unlink(f->address.sun_path);
	rmdir(f->dir);
	free(f);
}

/* ---- a client ---- */

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

struct talk *
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

void
talk_free(struct talk *t)
{
	loop_timer_cancel(t->f->loop, &t->patience);
	loop_io_free(t->io);
	close(t->fd);
	buf_free(&t->in);
	free(t);
}

/*
 * Run the loop until something has arrived, the connection is closed, or patience is at its end. @return 0,
 * or 1 for the last
 */
static int
talk_wait(struct talk *t)
{
	int code;

	loop_timer_set(t->f->loop, &t->patience, loop_mono_ns(t->f->loop) + PATIENCE_NS, talk_give_up, t);
	code = loop_run(t->f->loop);
	loop_timer_cancel(t->f->loop, &t->patience);
	return code;
}

json_t *
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

void
wait_ms(struct talk *t, int64_t ms)
{
	loop_timer_set(t->f->loop, &t->patience, loop_mono_ns(t->f->loop) + ms * NS_PER_MS, talk_give_up, t);
	loop_run(t->f->loop);
	loop_timer_cancel(t->f->loop, &t->patience);
}

void
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

void
say(struct talk *t, const char *line)
{
	send_bytes(t, line, strlen(line));
	send_bytes(t, "\n", 1);
}

json_t *
ask(struct talk *t, const char *line)
{
	say(t, line);
	return hear(t);
}

const char *
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

void
expect(struct talk *t, const char *line, const char *path, const char *want, const char *name)
{
	char	out[200];
	json_t *v = ask(t, line);

	is_text(at(v, path, out), want, name);
	json_decref(v);
}

void
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

void
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
