/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scenario.c: see scenario.h. One timer stands for the next line; a line was found good when it was read. */
#include "tests/fleet/scenario.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define SECONDS_MAX 1e8

struct step {
	int64_t	 after_ns;
	unsigned line;
	char	*command;
};

struct scenario {
	struct fleet_model *model;
	struct loop	   *loop;
	struct loop_timer   timer;
	struct step	   *step;
	size_t		    nsteps, next;
	int64_t		    start_ns;
};

static int
step_compare(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	if (x->after_ns != y->after_ns)
		return x->after_ns < y->after_ns ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* One line without its comment. 0, or -1 with a sentence in err. */
static int
step_parse(struct scenario *s, char *text, unsigned line, char *err, size_t err_size)
{
	char  *command = text + strcspn(text, " \t");
	double after_s;

	if (*command != '\0')
		*command++ = '\0';
	command += strspn(command, " \t");
	if (text_to_double(text, &after_s) == -1 || after_s < 0 || after_s > SECONDS_MAX) {
		snprintf(err, err_size, "'%s' is not a number of seconds; a line is 'SECONDS COMMAND'", text);
		return -1;
	}
	if (fleet_command_check(s->model, command, err, err_size) == -1)
		return -1;
	s->step = xrealloc(s->step, s->nsteps + 1, sizeof(*s->step));
	s->step[s->nsteps++] = (struct step){ .after_ns = llround(after_s * (double)NS_PER_S), .line = line,
		.command = xstrdup(command) };
	return 0;
}

struct scenario *
scenario_parse(struct fleet_model *m, const char *text,
    void (*error)(void *arg, unsigned line, const char *text), void *arg)
{
	struct scenario *s = xcalloc(1, sizeof(*s));
	char		*copy = xstrdup(text), *rest = copy, *line, err[300];
	unsigned	 number = 0;
	bool		 bad = false;
	size_t		 len;

	s->model = m;
	while ((line = strsep(&rest, "\n")) != NULL) {
		number++;
		line[strcspn(line, "#\r")] = '\0';
		line += strspn(line, " \t");
		for (len = strlen(line); len > 0 && isblank((unsigned char)line[len - 1]); len--)
			line[len - 1] = '\0';
		if (*line == '\0' || step_parse(s, line, number, err, sizeof(err)) == 0)
			continue;
		error(arg, number, err);
		bad = true;
	}
	free(copy);
	if (bad) {
		scenario_free(s);
		return NULL;
	}
	if (s->nsteps > 0)
		qsort(s->step, s->nsteps, sizeof(*s->step), step_compare);
	return s;
}

static void
run_due(void *arg)
{
	struct scenario *s = arg;
	int64_t		 now_ns = loop_mono_ns(s->loop);

	while (s->next < s->nsteps && s->start_ns + s->step[s->next].after_ns <= now_ns)
		fleet_command(s->model, now_ns, s->step[s->next++].command, NULL);
	if (s->next < s->nsteps)
		loop_timer_set(s->loop, &s->timer, s->start_ns + s->step[s->next].after_ns, run_due, s);
}

void
scenario_start(struct scenario *s, struct loop *l)
{
	s->loop = l;
	s->start_ns = loop_mono_ns(l);
	run_due(s);
}

void
scenario_free(struct scenario *s)
{
	size_t i;

	if (s == NULL)
		return;
	if (s->loop != NULL)
		loop_timer_cancel(s->loop, &s->timer);
	for (i = 0; i < s->nsteps; i++)
		free(s->step[i].command);
	free(s->step);
	free(s);
}
