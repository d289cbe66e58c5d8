/* SPDX-License-Identifier: GPL-3.0-or-later */
/* msg.c: what everybody sends, and what check says. */
#include "ipc/wire.h"

const char *const process_names[PROCESSES] = {
	[PROCESS_PARENT] = "parent", [PROCESS_CHECK] = "check", [PROCESS_MEASURE] = "measure",
	[PROCESS_STORE] = "store", [PROCESS_CORE] = "core", [PROCESS_PUBLISH] = "publish",
	[PROCESS_TRAP] = "trap",
	[PROCESS_CAPTURE] = "capture",
};

static void
hello_fields(struct wire *w, struct msg_hello *m)
{
	word(w, &m->process, 0, PROCESSES - 1);
	STR(w, m->instance);
	u32(w, &m->pid);
}

static void
file_fields(struct wire *w, struct msg_file *m)
{
	word(w, &m->what, 0, INPUT_PROFILE);
	STR(w, m->name);
}

/* Fields are pointers: writing follows them, reading points them into the message's own store. */
static void
row_fields(struct wire *w, struct msg_row *m)
{
	size_t used = 0;
	char  *at;
	int    i;

	word(w, &m->what, 0, INPUT_PROFILE);
	u32(w, &m->line);
	word(w, &m->nfields, 0, ROW_FIELDS_MAX);
	for (i = 0; i < m->nfields && !w->in.bad; i++) {
		if (w->out != NULL) {
			buf_str(w->out, m->field[i]);
			continue;
		}
		at = m->store + used;
		m->field[i] = at;
		cursor_str(&w->in, at, sizeof(m->store) - used);
		used += strlen(at) + 1;
		if (used >= sizeof(m->store))
			w->in.bad = true;
	}
}

static void
conf_error_fields(struct wire *w, struct msg_conf_error *m)
{
	STR(w, m->file);
	u32(w, &m->line);
	u32(w, &m->column);
	STR(w, m->text);
}

static void
conf_end_fields(struct wire *w, struct msg_conf_end *m)
{
	int i;

	u32(w, &m->errors);
	u32(w, &m->rows);
	for (i = 0; i < INPUT_KINDS; i++)
		u32(w, &m->count[i]);
	u32(w, &m->profiles);
}

static void
engine_fields(struct wire *w, struct msg_engine *m)
{
	STR(w, m->data_dir);
	STR(w, m->socket);
	STR(w, m->user);
	STR(w, m->ns);
	word(w, &m->traps, 0, 1);
	STR(w, m->traps_listen);
	u16(w, &m->traps_port);
	word(w, &m->capture, 0, 1);
	STR(w, m->capture_interface);
	STR(w, m->capture_filter);
	u32(w, &m->capture_buffer_mib);
}

static void
instance_fields(struct wire *w, struct msg_instance *m)
{
	STR(w, m->name);
	STR(w, m->netns);
	u32(w, &m->mark);
	STR(w, m->interface);
}

static void
counters_fields(struct wire *w, struct msg_counters *m)
{
	int i;

	u16(w, &m->n);
	if (m->n > COUNTERS_MAX)
		w->in.bad = true;
	for (i = 0; i < m->n && !w->in.bad; i++) {
		STR(w, m->c[i].name);
		u64(w, &m->c[i].value);
	}
}

/* ---- profiles and sensors ---- */

MSG_DEFINE(hello)
MSG_DEFINE(file)
MSG_DEFINE(row)
MSG_DEFINE(conf_error)
MSG_DEFINE(conf_end)
MSG_DEFINE(engine)
MSG_DEFINE(instance)
MSG_DEFINE(counters)

void
msg_counters_add(struct msg_counters *m, const char *name, uint64_t value)
{
	if (m->n == COUNTERS_MAX)
		return;
	text_copy(m->c[m->n].name, sizeof(m->c[m->n].name), name);
	m->c[m->n++].value = value;
}
