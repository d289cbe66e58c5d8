/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_main.c: the check process. It gathers descriptors until CONF_END says that all have come, reads and
 * checks them (check.c), answers the parent and, when it has a channel to it, core; then it ends. Its limits
 * end it if a file makes a library run away: the parent then hears the end of the channel instead of an
 * answer, which is an error, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"

#include "base/log.h"
#include "base/loop.h"
#include "base/sandbox.h"
#include "model/csv.h"
#include "proc/check.h"

#define MEMORY_MAX    (256u << 20)
#define CPU_MAX_S     5
#define PROFILE_BYTES_MAX (32u << 20)	/* of all profiles together: they must fit into the memory */
#define ANSWER_MAX_MS 10000	/* what the receivers may take to empty the channels */

struct check {
	struct loop	   *loop;
	struct ipc_channel *parent, *core;
	struct check_input  in[INPUT_KINDS];
	struct check_input *profile;
	size_t		    nprofiles, profile_bytes;
	uint32_t	    read_errors;
	bool		    ended;
};

static void
send_error(void *arg, const struct msg_conf_error *e)
{
	struct check *c = arg;

	msg_conf_error_send(c->parent, IPC_CONF_ERROR, 0, e, -1);
	msg_conf_error_send(c->core, IPC_CONF_ERROR, 0, e, -1);
}

static int
take_error(struct check *c, const struct ipc_msg *msg)
{
	struct msg_conf_error e;

	if (msg_conf_error_decode(&e, msg->data, msg->len) == -1)
		return -1;
	c->read_errors++;
	send_error(c, &e);
	return 0;
}

/* Where a file of this kind goes. NULL: there are too many. */
static struct check_input *
input_for(struct check *c, uint8_t what)
{
	if (what < INPUT_KINDS)
		return &c->in[what];
	if (c->nprofiles == PROFILES_MAX)
		return NULL;
	c->profile = xrealloc(c->profile, c->nprofiles + 1, sizeof(*c->profile));
	c->profile[c->nprofiles] = (struct check_input){ 0 };
	return &c->profile[c->nprofiles++];
}

static int
profile_bytes_count(struct check *c, uint8_t what, const struct check_input *in, char *err, size_t err_size)
{
	if (what != INPUT_PROFILE || (c->profile_bytes += in->len) <= PROFILE_BYTES_MAX)
		return 0;
	snprintf(err, err_size, "with it all profiles together are larger than %u MiB", PROFILE_BYTES_MAX >> 20);
	return -1;
}

static int
take_file(struct check *c, const struct ipc_msg *msg)
{
	struct msg_conf_error e = { 0 };
	struct msg_file	      m;
	struct check_input   *in;

	if (msg_file_decode(&m, msg->data, msg->len) == -1)
		return -1;
	if ((in = input_for(c, m.what)) == NULL)
		return -1;
	free(in->text);
	text_copy(in->name, sizeof(in->name), m.name);
	if (check_read(msg->fd, m.what == INPUT_CONF || m.what == INPUT_PROFILE ? CONF_BYTES_MAX : CSV_BYTES_MAX,
		&in->text, &in->len, e.text, sizeof(e.text)) == 0 &&
	    profile_bytes_count(c, m.what, in, e.text, sizeof(e.text)) == 0)
		return 0;
	text_copy(e.file, sizeof(e.file), m.name);
	c->read_errors++;
	send_error(c, &e);
	return 0;
}

static void
send_engine(struct check *c, const struct conf *conf)
{
	struct msg_engine m = check_engine(conf);

	msg_engine_send(c->parent, IPC_ENGINE, 0, &m, -1);
}

/* All files have come: check them and tell the result. */
static void
answer(struct check *c)
{
	struct msg_conf_end end = { .errors = c->read_errors };
	struct check_result r = { 0 };

	if (c->read_errors == 0) {
		check_all(&r, c->in, c->profile, c->nprofiles, send_error, c);
		end = check_end(&r);
	}
	if (end.errors == 0) {
		send_engine(c, r.conf);
		check_send_instances(c->parent, r.conf);
		if (c->core != NULL)
			check_send(c->core, &r);
	} else
		msg_conf_end_send(c->core, IPC_CONF_END, 0, &end, -1);
	msg_conf_end_send(c->parent, IPC_CONF_END, 0, &end, -1);
	ipc_drain(c->core, ANSWER_MAX_MS);
	ipc_drain(c->parent, ANSWER_MAX_MS);
	check_result_free(&r);
	loop_stop(c->loop, end.errors == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void
on_core_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct check *c = arg;

	(void)why;
	ipc_free(ch);
	c->core = NULL;
}

static void
on_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct check *c = arg;
	int	      rc = 0;

	(void)ch;
	if (c->ended)
		return;
	switch (msg->type) {
	case IPC_CHANNEL:
		ipc_free(c->core);
		c->core = ipc_open(c->loop, msg->fd, "core", NULL, on_core_closed, c);
		return;
	case IPC_FILE:
		rc = take_file(c, msg);
		break;
	case IPC_CONF_ERROR:	/* a file that the parent could not open */
		rc = take_error(c, msg);
		break;
	case IPC_CONF_END:
		c->ended = true;
		answer(c);
		break;
	}
	if (msg->fd != -1)
		close(msg->fd);
	if (rc == -1)
		loop_stop(c->loop, EXIT_FAILURE);
}

static void
on_parent_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct check *c = arg;

	(void)ch, (void)why;
	loop_stop(c->loop, EXIT_FAILURE);
}

static int
limits_set(void)
{
	const struct rlimit cpu = { CPU_MAX_S, CPU_MAX_S };

#ifndef SIMPUL_SANITIZED	/* the sanitizer maps terabytes */
	const struct rlimit memory = { MEMORY_MAX, MEMORY_MAX };

	if (setrlimit(RLIMIT_AS, &memory) == -1) {
		log_warn("check: cannot limit memory");
		return -1;
	}
#endif
	if (setrlimit(RLIMIT_CPU, &cpu) == -1) {
		log_warn("check: cannot limit CPU time");
		return -1;
	}
	return 0;
}

int
check_main(int parent_fd)
{
	struct msg_hello hello = { .process = PROCESS_CHECK, .pid = (uint32_t)getpid() };
	struct check	 c = { 0 };
	int		 i, rc = EXIT_FAILURE;

	log_open("simpuld", "check");
	c.loop = loop_new();
	c.parent = ipc_open(c.loop, parent_fd, "parent", on_message, on_parent_closed, &c);
	ipc_take_fds(c.parent);
	msg_hello_send(c.parent, IPC_HELLO, 0, &hello, -1);
	if (limits_set() == 0 && sandbox_enter(SANDBOX_CHECK, -1) == 0)
		rc = loop_run(c.loop);
	ipc_free(c.core);
	ipc_free(c.parent);
	loop_free(c.loop);
	for (i = 0; i < INPUT_KINDS; i++)
		free(c.in[i].text);
	while (c.nprofiles > 0)
		free(c.profile[--c.nprofiles].text);
	free(c.profile);
	return rc;
}
