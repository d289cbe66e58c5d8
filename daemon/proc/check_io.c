/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_io.c: what goes into a check and what comes out: files read with care, rows sent to core. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/check.h"

#define QUEUE_BYTES   (1u << 20)	/* rows that may wait for core before the sender does */
#define DRAIN_TIME_MS 10000

/* @return bytes read, at most size; -1 with errno */
static ssize_t
read_all(int fd, char *to, size_t size)
{
	size_t	len = 0;
	ssize_t n;

	while (len < size) {
		n = read(fd, to + len, size - len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

int
check_read(int fd, size_t max, char **text, size_t *len, char *err, size_t err_size)
{
	struct stat st;
	ssize_t	    n;

	*text = NULL;
	*len = 0;
	if (fstat(fd, &st) == -1) {
		snprintf(err, err_size, "cannot be looked at: %s", strerror(errno));
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(err, err_size, "is not a regular file; give a plain file");
		return -1;
	}
	if ((uint64_t)st.st_size > max) {
		snprintf(err, err_size, "is larger than %zu MiB", max >> 20);
		return -1;
	}
	*text = xcalloc((size_t)st.st_size + 1, 1);
	n = read_all(fd, *text, (size_t)st.st_size);	/* one that grows meanwhile is read up to here */
	if (n == -1) {
		snprintf(err, err_size, "cannot be read: %s", strerror(errno));
		free(*text);
		*text = NULL;
		return -1;
	}
	*len = (size_t)n;
	return 0;
}

static void
send_row(struct ipc_channel *core, const struct msg_row *m)
{
	msg_row_send(core, IPC_ROW, 0, m, -1);
	if (ipc_queued(core) > QUEUE_BYTES)
		ipc_drain(core, DRAIN_TIME_MS);
}

static void
send_setting(void *arg, const char *path, const char *value)
{
	struct msg_row m;

	m.what = INPUT_CONF;
	m.line = 0;
	m.nfields = 2;
	m.field[0] = path;
	m.field[1] = value;
	send_row(arg, &m);
}

struct profile_sender {
	struct ipc_channel	   *core;
	const struct check_profile *profile;
};

/* Defaults core has, too. */
static void
send_profile_setting(void *arg, const char *path, const char *value)
{
	const struct profile_sender *s = arg;
	struct msg_row		     m;
	unsigned		     line, column;

	conf_place(s->profile->conf, path, &line, &column);
	if (line == 0)
		return;
	m.what = INPUT_PROFILE;
	m.line = line;
	m.nfields = 3;
	m.field[0] = s->profile->name;
	m.field[1] = path;
	m.field[2] = value;
	send_row(s->core, &m);
}

/* One that says nothing is there all the same: its name comes with an empty path. */
static void
send_profile(struct ipc_channel *core, const struct check_profile *p)
{
	struct profile_sender s = { core, p };
	struct msg_row	      m = { .what = INPUT_PROFILE, .nfields = 3, .field = { p->name, "", "" } };

	send_row(core, &m);
	conf_each(p->conf, send_profile_setting, &s);
}

static void
send_fields(void *arg, enum input_kind what, unsigned line, const char *const *fields, size_t n)
{
	struct msg_row m;

	m.what = (uint8_t)what;
	m.line = line;
	m.nfields = (uint8_t)n;
	memcpy(m.field, fields, n * sizeof(fields[0]));
	send_row(arg, &m);
}

void
check_send_instances(struct ipc_channel *to, const struct conf *conf)
{
	struct msg_instance m;
	char		    path[80];
	size_t		    i;

	for (i = 0; i < conf_count(conf, "measure"); i++) {
		m = (struct msg_instance){ 0 };
		snprintf(path, sizeof(path), "measure[%zu].name", i);
		text_copy(m.name, sizeof(m.name), conf_text(conf, path));
		snprintf(path, sizeof(path), "measure[%zu].netns", i);
		text_copy(m.netns, sizeof(m.netns), conf_text(conf, path));
		snprintf(path, sizeof(path), "measure[%zu].mark", i);
		m.mark = (uint32_t)conf_int(conf, path);
		snprintf(path, sizeof(path), "measure[%zu].interface", i);
		text_copy(m.interface, sizeof(m.interface), conf_text(conf, path));
		msg_instance_send(to, IPC_INSTANCE, 0, &m, -1);
	}
}

void
check_send(struct ipc_channel *core, const struct check_result *r)
{
	const struct msg_conf_end end = check_end(r);

	if (r->errors == 0) {
		check_send_instances(core, r->conf);
		conf_each(r->conf, send_setting, core);
		inventory_each(r->inv, send_fields, core);
		for (size_t i = 0; i < r->nprofiles; i++)
			send_profile(core, &r->profile[i]);
	}
	msg_conf_end_send(core, IPC_CONF_END, 0, &end, -1);
}

struct msg_engine
check_engine(const struct conf *conf)
{
	struct msg_engine m = { 0 };

	text_copy(m.data_dir, sizeof(m.data_dir), conf_text(conf, "engine.data_dir"));
	text_copy(m.socket, sizeof(m.socket), conf_text(conf, "engine.socket"));
	text_copy(m.user, sizeof(m.user), conf_text(conf, "engine.user"));
	text_copy(m.ns, sizeof(m.ns), conf_text(conf, "engine.ns"));
	m.traps = conf_bool(conf, "traps.enabled");
	text_copy(m.traps_listen, sizeof(m.traps_listen), conf_text(conf, "traps.listen"));
	m.traps_port = (uint16_t)conf_int(conf, "traps.port");
	m.capture = conf_bool(conf, "capture.enabled");
	text_copy(m.capture_interface, sizeof(m.capture_interface), conf_text(conf, "capture.interface"));
	text_copy(m.capture_filter, sizeof(m.capture_filter), conf_text(conf, "capture.filter"));
	m.capture_buffer_mib = (uint32_t)conf_int(conf, "capture.buffer_mib");
	return m;
}

struct msg_conf_end
check_end(const struct check_result *r)
{
	struct msg_conf_end end = { .errors = r->errors, .rows = r->rows };

	if (r->inv == NULL)
		return end;
	end.count[INPUT_SITES] = (uint32_t)r->inv->nsites;
	end.count[INPUT_LINKS] = (uint32_t)r->inv->nlinks;
	end.count[INPUT_DEVICES] = (uint32_t)r->inv->ndevices;
	end.count[INPUT_SERVICES] = (uint32_t)r->inv->nservices;
	end.count[INPUT_SEGMENTS] = (uint32_t)r->inv->nsegments;
	end.profiles = (uint32_t)r->nprofiles;
	return end;
}
