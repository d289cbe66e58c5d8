/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_files.c: `simpulctl check`: the engine's own check of files that it may not have loaded yet. */
#include <stdio.h>
#include <sys/wait.h>

#include "base/loop.h"
#include "proc/check.h"
#include "proc/check_child.h"

struct files {
	struct loop	   *loop;
	struct check_answer answer;
};

static void
on_done(void *arg, const struct check_answer *a)
{
	struct files *f = arg;

	f->answer = *a;
	loop_stop(f->loop, 0);
}

static void
summary_print(const struct check_answer *a)
{
	static const char *const what[INPUT_KINDS] = {
		[INPUT_SITES] = "site",
		[INPUT_LINKS] = "line",
		[INPUT_DEVICES] = "device",
		[INPUT_SERVICES] = "service",
		[INPUT_SEGMENTS] = "segment",
	};
	enum input_kind k;

	if (a->errors > 0) {
		printf("%u error%s\n", a->errors, a->errors == 1 ? "" : "s");
		return;
	}
	for (k = INPUT_SITES; k < INPUT_KINDS; k++)
		if (k <= INPUT_DEVICES || a->end.count[k] > 0)
			printf("%s%u %s%s", k > INPUT_SITES ? ", " : "", a->end.count[k], what[k],
			    a->end.count[k] == 1 ? "" : "s");
	if (a->end.profiles > 0)
		printf(", %u profile%s", a->end.profiles, a->end.profiles == 1 ? "" : "s");
	puts(": no errors");
}

int
check_files(const char *conf_path)
{
	struct files	    f = { .loop = loop_new(), .answer = { .errors = 1 } };
	struct check_child *child = check_child_start(f.loop, conf_path, -1, true, on_done, &f);
	pid_t		    pid;

	if (child != NULL) {
		loop_run(f.loop);
		pid = check_child_pid(child);
		check_child_free(child);
		waitpid(pid, NULL, 0);
		summary_print(&f.answer);
	}
	loop_free(f.loop);
	return f.answer.errors == 0 ? 0 : 1;
}
