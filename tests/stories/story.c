/* SPDX-License-Identifier: GPL-3.0-or-later */
/* story.c: see story.h. */
#include "tests/stories/story.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "fleet/virtual.h"
#include "tests/unit/dir.h"
#include "tests/unit/test_inputs.h"

#define START_WALL_NS (1795222800LL * NS_PER_S)	/* 2026-11-21T01:00:00Z */
#define SHM_BYTES_MIN (2ULL << 30)

static const char *const input_files[INPUT_KINDS] = {
	[INPUT_SITES] = "sites.csv", [INPUT_LINKS] = "links.csv", [INPUT_DEVICES] = "devices.csv",
	[INPUT_SERVICES] = "services.csv", [INPUT_SEGMENTS] = "segments.csv",
};

static const char conf_text_of_stories[] =
    "measure = ( { name = \"main\"; netns = \"\"; }, { name = \"wan\"; netns = \"\"; } );\n"
    "store: { profile = \"small\"; };\n"
    "mqtt: { enabled = true; };\n";

/* ---- inputs ---- */

static char *
read_file(const char *path, size_t *len)
{
	char err[256], *text = NULL;
	int  fd = open(path, O_RDONLY | O_CLOEXEC);

	*len = 0;
	if (fd == -1)
		return NULL;
	if (check_read(fd, 1 << 24, &text, len, err, sizeof(err)) == -1)
		fatalx("%s: %s", path, err);
	close(fd);
	return text;
}

static void
inputs_load(struct story *s)
{
	const char *srcdir = getenv("srcdir");
	char	    path[512];
	int	    i;

	for (i = 0; i < INPUT_KINDS; i++) {
		struct check_input *in = &s->input[i];

		if (i == INPUT_CONF) {
			text_copy(in->name, sizeof(in->name), "story.conf");
			in->text = xstrdup(conf_text_of_stories);
			in->len = strlen(in->text);
			continue;
		}
		snprintf(path, sizeof(path), "%s/etc/inventory/%s", srcdir != NULL ? srcdir : ".", input_files[i]);
		text_copy(in->name, sizeof(in->name), input_files[i]);
		in->text = read_file(path, &in->len);
	}
}

static void
print_error(void *arg, const struct msg_conf_error *e)
{
	(void)arg;
	printf("# %s:%u:%u: %s\n", e->file, e->line, e->column, e->text);
}

static void
inputs_check(struct story *s, struct check_result *r)
{
	check_inputs(r, s->input, print_error, NULL);
	if (r->errors > 0 && !s->expect_bad_input)
		fatalx("the story's inventory is wrong");
}

/* ---- the broker ---- */

static void
item_confirm(struct story *s, const uint8_t *frame, size_t len)
{
	struct msg_outbox_item item;
	struct msg_outbox_done done = { .ok = 1 };

	if (msg_outbox_item_decode(&item, frame, len) == -1) {
		ok(false, "a malformed OUTBOX_ITEM");
		return;
	}
	if (heard_take(&s->heard, &item, loop_mono_ns(s->loop)) == -1)
		ok(false, "outside " HEARD_ROOT " or not JSON: %s", item.topic);
	done.id = item.id;
	msg_outbox_done_send(s->publish, IPC_OUTBOX_DONE, 0, &done, -1);
}

/* Like publish: what comes while the broker is away is held, and not confirmed. */
static void
publish_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct story *s = arg;

	(void)ch;
	if (msg->type != IPC_OUTBOX_ITEM)
		return;
	if (s->broker_up) {
		item_confirm(s, msg->data, msg->len);
		return;
	}
	buf_u32le(&s->held, (uint32_t)msg->len);
	buf_bytes(&s->held, msg->data, msg->len);
}

static void
held_release(struct story *s)
{
	struct cursor c = cursor_of(s->held.data, s->held.len);

	while (cursor_left(&c) > 0) {
		uint32_t len = cursor_u32le(&c);

		item_confirm(s, cursor_bytes(&c, len), len);
	}
	s->held.len = 0;
}

static void
publish_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	(void)arg;
	(void)ch;
	(void)why;
}

void
story_broker(struct story *s, bool up)
{
	struct msg_broker_state st = { .connected = up };

	s->broker_up = up;
	text_copy(st.text, sizeof(st.text), up ? "connected" : "the broker is away");
	msg_broker_state_send(s->publish, IPC_BROKER_STATE, 0, &st, -1);
	if (up)
		held_release(s);
}

/* ---- the engine ---- */

int
story_dir(struct story *s, const char *name)
{
	char path[128];
	int  fd;

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	if (mkdir(path, 0700) == -1 && access(path, F_OK) == -1)
		fatal("%s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		fatal("%s", path);
	return fd;
}

static void
reload(void *arg)
{
	struct story *s = arg;

	check_result_free(&s->checked);
	inputs_check(s, &s->checked);
	single_feed(s->engine, &s->checked);
}

static void
engine_start(struct story *s)
{
	struct measure_opts m[2] = {
		{ .instance = "main", .secrets_fd = -1, .probe_secrets_fd = -1, .public_community = true },
		{ .instance = "wan", .secrets_fd = -1, .probe_secrets_fd = -1, .public_community = true },
	};
	struct single_opts  o = { .measure = m, .nmeasure = 2, .publish_end = &s->publish, .reload = reload, .reload_arg = s };

	m[0].io = fleet_virtual_new(s->loop, s->fleet);
	m[1].io = fleet_virtual_new(s->loop, s->fleet);
	o.store.dir_fd = s->with_store ? story_dir(s, "store") : -1;
	o.store.no_disk = !s->with_store;
	o.core.ledger_path = "ledger.db";
	o.core.ledger_fd = story_dir(s, "ledger");
	o.core.push_fd = -1;
	o.core.listen_fd = -1;
	s->engine = single_new(s->loop, &o);
	if (s->engine == NULL)
		fatalx("the engine did not start");
	ipc_handlers(s->publish, publish_message, publish_closed, s);
	single_feed(s->engine, &s->checked);
	story_broker(s, true);
}

void
story_stop(struct story *s)
{
	ipc_free(s->publish);
	s->publish = NULL;
	s->held.len = 0;	/* what publish held goes with it */
	single_free(s->engine);
	s->engine = NULL;
}

/* In containers it is often too small for a store. */
static bool
memory_has_room(void)
{
	struct statvfs v;

	return access("/dev/shm", W_OK) == 0 && statvfs("/dev/shm", &v) == 0 && v.f_bavail * v.f_frsize >= SHM_BYTES_MIN;
}

struct story *
story_open(uint64_t seed, bool with_store)
{
	struct story *s = xcalloc(1, sizeof(*s));
	const char   *tmp = memory_has_room() ? "/dev/shm" : "/tmp";	/* a virtual hour syncs 3,600 times */

	log_quiet(true);
	s->seed = seed;
	s->with_store = with_store;
	heard_init(&s->heard);
	s->loop = loop_new_virtual(seed, START_WALL_NS);
	snprintf(s->dir, sizeof(s->dir), "%s/simpul-story-XXXXXX", tmp);
	if (mkdtemp(s->dir) == NULL)
		fatal("%s", s->dir);
	inputs_load(s);
	return s;
}

void
story_start(struct story *s)
{
	struct fleet_options fo = { .mono_ns = loop_mono_ns(s->loop), .wall_ns = loop_wall_ns(s->loop), .wave_s = FLEET_WAVE_S };

	inputs_check(s, &s->world);
	inputs_check(s, &s->checked);
	s->fleet = fleet_model_new(s->world.inv, s->seed, &fo);
	story_do(s, "cut link s006-2");		/* contracted, never worked */
	engine_start(s);
}

struct story *
story_begin(uint64_t seed, bool with_store)
{
	struct story *s = story_open(seed, with_store);

	story_start(s);
	return s;
}

void
story_end(struct story *s)
{
	int i;

	story_stop(s);
	fleet_model_free(s->fleet);
	check_result_free(&s->checked);
	check_result_free(&s->world);
	for (i = 0; i < INPUT_KINDS; i++)
		free(s->input[i].text);
	heard_fini(&s->heard);
	dir_remove(s->dir);
	loop_free(s->loop);
	buf_free(&s->held);
	free(s);
}

void
story_restart(struct story *s)
{
	story_stop(s);
	engine_start(s);
}

void
story_run(struct story *s, double seconds)
{
	loop_run_until(s->loop, loop_mono_ns(s->loop) + (int64_t)(seconds * (double)NS_PER_S));
}

void
story_settle(struct story *s)
{
	story_run(s, 30);
	s->heard.nevents = 0;
}

void
story_do(struct story *s, const char *fmt, ...)
{
	char	   line[256];
	struct buf reply = { 0 };
	va_list	   ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (fleet_command(s->fleet, loop_mono_ns(s->loop), line, &reply) == -1)
		ok(false, "fleet: %s: %.*s", line, (int)reply.len, (const char *)reply.data);
	buf_free(&reply);
}

/* ---- reload ---- */

void
story_replace_row(struct story *s, enum input_kind what, const char *id, const char *row)
{
	if (!input_row_replace(&s->input[what], id, row))
		ok(false, "no row %s to replace", id);
	if (s->engine != NULL)
		reload(s);
}

/* ---- looking ---- */

static bool
event_is(const struct heard_event *e, const char *kind, const char *subject)
{
	return (kind == NULL || strcmp(e->kind, kind) == 0) && (subject == NULL || strcmp(e->subject, subject) == 0);
}

size_t
story_count(const struct story *s, size_t from, const char *kind, const char *subject)
{
	size_t n = 0;

	for (; from < s->heard.nevents; from++)
		n += event_is(&s->heard.event[from], kind, subject);
	return n;
}

const struct heard_event *
story_find(const struct story *s, size_t from, const char *kind, const char *subject)
{
	for (; from < s->heard.nevents; from++)
		if (event_is(&s->heard.event[from], kind, subject))
			return &s->heard.event[from];
	return NULL;
}

void
story_print(const struct story *s, size_t from)
{
	for (; from < s->heard.nevents; from++)
		printf("#   %10.3f s  seq %" PRIu64 "  %-8s %s %s\n", (double)s->heard.event[from].mono_ns / (double)NS_PER_S,
		    s->heard.event[from].seq, s->heard.event[from].severity, s->heard.event[from].kind, s->heard.event[from].subject);
}

json_t *
story_doc(const struct story *s, const char *topic)
{
	return heard_doc(&s->heard, topic);
}

const char *
story_state(const struct story *s, const char *ref)
{
	return heard_state(&s->heard, ref);
}

int64_t
story_number(const struct story *s, const char *topic, const char *key)
{
	return heard_number(&s->heard, topic, key);
}

static size_t
events_named(const struct story *s, size_t from, const char *want)
{
	char   text[256];
	size_t n = 0;

	for (; from < s->heard.nevents; from++) {
		snprintf(text, sizeof(text), "%s %s", s->heard.event[from].kind, s->heard.event[from].subject);
		n += strcmp(text, want) == 0;
	}
	return n;
}

bool
story_expect(const struct story *s, size_t from, const char *name, const char *const *want, const char *ignore)
{
	size_t i, n = 0, left = s->heard.nevents - from;

	for (i = 0; want[i] != NULL; i++)
		n += events_named(s, from, want[i]) == 1;
	if (ignore != NULL)
		left -= story_count(s, from, ignore, NULL);
	if (ok(n == i && left == i, "%s", name))
		return true;
	for (i = 0; want[i] != NULL; i++)
		printf("#   want: %s\n", want[i]);
	printf("#   got:\n");
	story_print(s, from);
	return false;
}
