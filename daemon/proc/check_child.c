/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_child.c: CHANNEL to core (if any), a FILE per input that exists, or a CONF_ERROR if it cannot be
 * opened, CONF_END; then CONF_ERROR or ENGINE and INSTANCE come back, and CONF_END. The process may die at
 * any point (libconfig can end it): that, too, is an answer.
 */
#include "proc/check_child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "proc/inputs.h"
#include "proc/spawn.h"

#define TIME_MAX_S 30	/* its own limit is 5 s of CPU; this one is for a disk that hangs */

struct check_child {
	struct loop	   *loop;
	pid_t		    pid;
	struct ipc_channel *channel;
	struct loop_timer   late;
	struct check_answer answer;
	bool		    to_stderr, ended;
	void		  (*done)(void *arg, const struct check_answer *a);
	void		   *arg;
};

static void
error_show(const struct check_child *c, const struct msg_conf_error *e)
{
	char place[32] = "", file[sizeof(e->file) * 2], text[sizeof(e->text) * 2];

	if (e->line != 0 && e->column != 0)
		snprintf(place, sizeof(place), ":%u:%u", e->line, e->column);
	else if (e->line != 0)
		snprintf(place, sizeof(place), ":%u", e->line);
	if (c->to_stderr)
		fprintf(stderr, "%s%s: %s\n", text_visible(file, sizeof(file), e->file, strlen(e->file)), place,
		    text_visible(text, sizeof(text), e->text, strlen(e->text)));
	else
		log_warnx("%s%s: %s", e->file, place, e->text);
}

/* The last thing that happens: done() may free the run. */
static void
finish(struct check_child *c, const char *why)
{
	if (c->ended)
		return;
	c->ended = true;
	loop_timer_cancel(c->loop, &c->late);
	if (why != NULL) {
		log_warnx("the configuration could not be checked: %s", why);
		c->answer.errors++;
	}
	c->done(c->arg, &c->answer);
}

/* What it might still do is of no use, and nobody shall wait for its end. */
static void
misbehaves(struct check_child *c, const char *why)
{
	if (!c->ended)
		kill(c->pid, SIGKILL);
	finish(c, why);
}

static void
take_error(struct check_child *c, const struct ipc_msg *msg)
{
	struct msg_conf_error e;

	if (msg_conf_error_decode(&e, msg->data, msg->len) == -1) {
		misbehaves(c, "the check process sent a bad message");
		return;
	}
	c->answer.errors++;
	error_show(c, &e);
}

static void
take_instance(struct check_child *c, const struct ipc_msg *msg)
{
	struct check_answer *a = &c->answer;

	if (a->ninstances == INSTANCES_MAX)
		misbehaves(c, "there are more than 16 measure instances");
	else if (msg_instance_decode(&a->instance[a->ninstances], msg->data, msg->len) == -1)
		misbehaves(c, "the check process sent a bad message");
	else
		a->ninstances++;
}

static void
take_end(struct check_child *c, const struct ipc_msg *msg)
{
	struct check_answer *a = &c->answer;

	if (msg_conf_end_decode(&a->end, msg->data, msg->len) == -1) {
		misbehaves(c, "the check process sent a bad message");
		return;
	}
	if (a->end.errors > a->errors)
		a->errors = a->end.errors;	/* of a flood only the first are told */
	finish(c, NULL);
}

static void
take_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct check_child *c = arg;

	(void)ch;
	switch (msg->type) {
	case IPC_HELLO:		/* it is the only one that can be at the other end */
		break;
	case IPC_CONF_ERROR:
		take_error(c, msg);
		break;
	case IPC_ENGINE:
		if (msg_engine_decode(&c->answer.engine, msg->data, msg->len) == -1)
			misbehaves(c, "the check process sent a bad message");
		break;
	case IPC_INSTANCE:
		take_instance(c, msg);
		break;
	case IPC_CONF_END:
		take_end(c, msg);
		break;
	default:
		misbehaves(c, "the check process sent a bad message");
	}
}

static void
channel_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	(void)ch;
	(void)why;
	finish(arg, "the check process died; a file may be too large for its limits (256 MiB, 5 s)");
}

static void
too_late(void *arg)
{
	misbehaves(arg, "it took too long to read the files");
}

static void
send_profile(void *arg, const struct msg_file *m, int fd, const char *err)
{
	struct check_child   *c = arg;
	struct msg_conf_error e = { 0 };

	if (fd != -1) {
		msg_file_send(c->channel, IPC_FILE, 0, m, fd);
		close(fd);
		return;
	}
	text_copy(e.file, sizeof(e.file), m->name);
	text_copy(e.text, sizeof(e.text), err);
	msg_conf_error_send(c->channel, IPC_CONF_ERROR, 0, &e, -1);
}

/* What cannot be opened goes through the process, too, so that core hears of it in the same way. 0 or -1. */
static int
send_files(struct check_child *c, const char *conf_path)
{
	struct msg_conf_error e = { 0 };
	struct msg_file	      m;
	int		      what, fd;

	for (what = 0; what < INPUT_KINDS; what++) {
		fd = input_open(conf_path, what, &m, e.text, sizeof(e.text));
		if (fd != -1) {
			msg_file_send(c->channel, IPC_FILE, 0, &m, fd);
			close(fd);
		} else if (e.text[0] != '\0') {
			text_copy(e.file, sizeof(e.file), m.name);
			msg_conf_error_send(c->channel, IPC_CONF_ERROR, 0, &e, -1);
		}
	}
	inputs_profiles(conf_path, send_profile, c);
	return msg_conf_end_send(c->channel, IPC_CONF_END, 0, &(struct msg_conf_end){ 0 }, -1);
}

static int
child_fork(struct check_child *c)
{
	struct child_start cs;
	int		   fd[2];

	if (ipc_socketpair(fd) == -1)
		return -1;
	child_start_init(&cs, PROCESS_CHECK, "");
	cs.parent_fd = fd[1];
	c->pid = spawn_child(&cs);
	close(fd[1]);
	if (c->pid == -1) {
		close(fd[0]);
		return -1;
	}
	c->channel = ipc_open(c->loop, fd[0], "check", take_message, channel_closed, c);
	return 0;
}

struct check_child *
check_child_start(struct loop *l, const char *conf_path, int core_fd, bool to_stderr,
    void (*done)(void *, const struct check_answer *), void *arg)
{
	static const struct msg_hello core = { .process = PROCESS_CORE };
	struct check_child	     *c = xcalloc(1, sizeof(*c));

	c->loop = l;
	c->pid = -1;
	c->to_stderr = to_stderr;
	c->done = done;
	c->arg = arg;
	if (child_fork(c) == -1)
		goto fail;
	if (core_fd != -1)
		msg_hello_send(c->channel, IPC_CHANNEL, 0, &core, core_fd);
	if (send_files(c, conf_path) == -1)
		goto fail;
	loop_timer_set(l, &c->late, loop_mono_ns(l) + TIME_MAX_S * NS_PER_S, too_late, c);
	return c;
fail:
	check_child_free(c);
	return NULL;
}

pid_t
check_child_pid(const struct check_child *c)
{
	return c->pid;
}

void
check_child_free(struct check_child *c)
{
	if (c == NULL)
		return;
	loop_timer_cancel(c->loop, &c->late);
	if (c->pid > 0 && !c->ended)
		kill(c->pid, SIGKILL);
	ipc_free(c->channel);	/* end of file: a process that has answered ends by itself */
	free(c);
}
