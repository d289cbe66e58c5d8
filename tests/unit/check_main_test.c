/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_main_test.c: the check process from outside: descriptors in, answers to the parent and to core, exit code. */
#include "proc/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "ipc/ipc.h"
#include "tap.h"

struct side {			/* what one end has received */
	struct run *run;
	size_t	    seen[IPC_TYPES];
	char	    error[1300];	/* the first */
	struct msg_conf_end end;
	struct msg_engine engine;
	bool	    closed;
};

struct run {
	struct loop *loop;
	struct side  parent, core;
	bool	     with_core;
	int	     status;
};

static void
on_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct side	     *s = arg;
	struct msg_conf_error e;

	(void)ch;
	s->seen[msg->type]++;
	if (msg->type == IPC_CONF_ERROR && msg_conf_error_decode(&e, msg->data, msg->len) == 0 && s->error[0] == '\0')
		snprintf(s->error, sizeof(s->error), "%s:%u:%u: %s", e.file, e.line, e.column, e.text);
	if (msg->type == IPC_CONF_END)
		msg_conf_end_decode(&s->end, msg->data, msg->len);
	if (msg->type == IPC_ENGINE)
		msg_engine_decode(&s->engine, msg->data, msg->len);
}

static void
on_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct side *s = arg;

	(void)ch, (void)why;
	s->closed = true;
	if (s->run->parent.closed && (!s->run->with_core || s->run->core.closed))
		loop_stop(s->run->loop, 0);
}

static void
send_file(struct ipc_channel *to, enum input_kind what, const char *name, int fd)
{
	struct msg_file m = { .what = (uint8_t)what };

	text_copy(m.name, sizeof(m.name), name);
	msg_file_send(to, IPC_FILE, 0, &m, fd);
	close(fd);
}

static int
file_of(const char *text)
{
	char path[] = "/tmp/simpul-check-XXXXXX";
	int  fd = mkstemp(path);

	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text) || lseek(fd, 0, SEEK_SET) != 0)
		exit(EXIT_FAILURE);
	unlink(path);
	return fd;
}

static int
shipped(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char	    path[512];

	snprintf(path, sizeof(path), "%s/etc/%s", srcdir != NULL ? srcdir : ".", name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/*
 * Fork the process, hand it the files (conf: taken; -1: the shipped one; -2: hang up instead; -3: it could not be opened) and
 * wait for its end.
 */
static void
check_run(struct run *r, bool with_core, int conf_fd)
{
	static const struct msg_hello core = { .process = PROCESS_CORE };
	static const struct msg_conf_error unreadable = { .file = "etc/simpuld.conf",
	    .text = "cannot be read: Permission denied" };
	struct ipc_channel *child, *core_end = NULL;
	int		    fd[2], core_fd[2];
	pid_t		    pid;

	*r = (struct run){ .loop = loop_new(), .with_core = with_core };
	r->parent.run = r->core.run = r;
	if (ipc_socketpair(fd) == -1 || ipc_socketpair(core_fd) == -1)
		exit(EXIT_FAILURE);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(fd[0]);
		close(core_fd[0]);
		close(core_fd[1]);
		_exit(check_main(fd[1]));
	}
	close(fd[1]);
	child = ipc_open(r->loop, fd[0], "check", on_message, on_closed, &r->parent);
	if (with_core) {
		core_end = ipc_open(r->loop, core_fd[0], "check", on_message, on_closed, &r->core);
		msg_hello_send(child, IPC_CHANNEL, 0, &core, core_fd[1]);
	} else
		close(core_fd[0]);
	close(core_fd[1]);
	if (conf_fd == -2) {
		ipc_free(child);
		child = NULL;
	} else {
		if (conf_fd == -3)
			msg_conf_error_send(child, IPC_CONF_ERROR, 0, &unreadable, -1);
		else
			send_file(child, INPUT_CONF, "etc/simpuld.conf",
			    conf_fd == -1 ? shipped("simpuld.conf") : conf_fd);
		send_file(child, INPUT_SITES, "sites.csv", shipped("inventory/sites.csv"));
		send_file(child, INPUT_LINKS, "links.csv", shipped("inventory/links.csv"));
		send_file(child, INPUT_DEVICES, "devices.csv", shipped("inventory/devices.csv"));
		msg_conf_end_send(child, IPC_CONF_END, 0, &(struct msg_conf_end){ 0 }, -1);
		loop_run(r->loop);
	}
	waitpid(pid, &r->status, 0);
	ipc_free(child);
	ipc_free(core_end);
	loop_free(r->loop);
}

static bool
exited(const struct run *r, int code)
{
	return WIFEXITED(r->status) && WEXITSTATUS(r->status) == code;
}

static void
test_good(void)
{
	struct run r;

	check_run(&r, true, -1);
	ok(exited(&r, 0), "the shipped files: exit 0");
	is_text(r.parent.error, "", "no error");
	ok(r.parent.seen[IPC_HELLO] == 1 && r.parent.seen[IPC_ENGINE] == 1 && r.parent.seen[IPC_INSTANCE] == 2 &&
	    r.parent.seen[IPC_CONF_END] == 1 && r.parent.seen[IPC_ROW] == 0, "what the parent gets");
	is_text(r.parent.engine.data_dir, "/var/lib/simpul", "the engine's settings");
	ok(r.core.seen[IPC_INSTANCE] == 2 && r.core.seen[IPC_ROW] > 70 + 90 + 8 && r.core.seen[IPC_CONF_END] == 1 &&
	    r.core.seen[IPC_ENGINE] == 0, "what core gets");
	ok(r.core.end.errors == 0 && r.core.end.rows == 70 + 90 + 8, "the end says how many rows");

	check_run(&r, false, -1);
	ok(exited(&r, 0) && r.parent.seen[IPC_ENGINE] == 1 && r.parent.end.rows == 70 + 90 + 8, "without core");
}

static void
test_bad(void)
{
	struct run r;
	int	   fds[2];

	check_run(&r, true, file_of("engine = {\n\tnode = 5;\n};\n@include \".\"\n"));
	ok(exited(&r, 1), "an error: exit 1");
	is_text(r.parent.error, "etc/simpuld.conf:4:1: @include is not supported; write the settings into this file", "the parent is told");
	is_text(r.core.error, r.parent.error, "core is told");
	ok(r.parent.seen[IPC_ENGINE] == 0 && r.parent.end.errors == 1 && r.core.seen[IPC_ROW] == 0 && r.core.end.errors == 1,
	    "and nothing else is");

	check_run(&r, true, -3);
	ok(exited(&r, 1), "a file that the parent could not open: exit 1");
	is_text(r.parent.error, "etc/simpuld.conf:0:0: cannot be read: Permission denied", "the parent is told");
	is_text(r.core.error, r.parent.error, "core is told");
	ok(r.parent.end.errors == 1 && r.core.end.errors == 1 && r.core.seen[IPC_ROW] == 0, "and has its end at once");

	if (pipe(fds) == -1)
		exit(EXIT_FAILURE);
	check_run(&r, true, fds[0]);
	ok(exited(&r, 1), "a pipe instead of a file: exit 1");
	is_text(r.core.error, "etc/simpuld.conf:0:0: is not a regular file; give a plain file", "... and not waited for");
	close(fds[1]);
}

static void
test_hang_up(void)
{
	struct run r;

	check_run(&r, false, -2);
	ok(exited(&r, 1), "the parent hangs up: exit 1");
}

int
main(void)
{
	log_quiet(true);
	test_good();
	test_bad();
	test_hang_up();
	return tap_done();
}
