/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ask.c: ask services once each, over real sockets, as a measuring instance does; for the tests of the probes.
 *
 *	ask [-t TIMEOUT_S] [-s SOURCE] [-i INTERFACE] [-c FOLDER_OF_SECRETS] [-r RESOLVERS] <<< 'KIND TARGET EXPECT CREDENTIAL'
 *
 * Each line of the input, its fields parted by tabs, is a question; the last fields may be missing. All are put at once. Each
 * result is a line of JSON: n (the line, from 1), kind, target, quality ("good", "lost", "unknown"), state ("answering",
 * "wrong", "silent", "" when unknown), reason, total_s, ttfb_s (null: none), facts: by name, a number, or a text, or both
 * as a list. A question that the probe refuses is told as quality "refused" with the reason.
 */
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "probes/engine.h"
#include "probes/resolve.h"

#define QUESTIONS_MAX 100

struct question {
	const char *kind, *target;
	struct msg_target_state state;
	double	    total_s, ttfb_s;
	json_t	   *facts;
	bool	    answered;
};

struct asker {
	struct loop	    *loop;
	struct probe_engine *engine;
	struct question	     question[QUESTIONS_MAX + 1];	/* by number, from 1 */
	uint32_t	     n, open;
	double		     timeout_s;
	struct addr	     source;
	const char	    *interface, *resolvers;
};

/* ---- results ---- */

static const char *
state_name(uint8_t state)
{
	return state == TARGET_ANSWERING ? "answering" : state == TARGET_WRONG ? "wrong" : state == TARGET_SILENT ? "silent" : "";
}

static json_t *
number_or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static void
print(struct asker *a, uint32_t n, const char *quality)
{
	struct question *q = &a->question[n];
	json_t		*v = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "n", (int)n, "kind", q->kind, "target",
	    q->target, "quality", quality, "state", state_name(q->state.state), "reason", q->state.reason, "total_s",
	    number_or_null(q->total_s), "ttfb_s", number_or_null(q->ttfb_s), "facts", q->facts);

	json_dumpf(v, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(v);
	q->answered = true;
	if (--a->open == 0)
		loop_stop(a->loop, 0);
}

static void
take_fact(void *arg, const struct msg_probe_fact *f)
{
	struct question *q = &((struct asker *)arg)->question[f->number];
	json_t		*v;

	if (q->answered)
		return;
	if (f->has_value && f->text[0] != '\0')
		v = json_pack("[f, s]", f->value, f->text);
	else
		v = f->has_value ? json_real(f->value) : json_string(f->text);
	json_object_set_new(q->facts, f->name, v);
}

/* Of one result: the rates, then what has changed, then the round, which ends it. */
static void
take_sample(void *arg, const struct sample *s)
{
	struct asker	*a = arg;
	struct question *q = &a->question[s->series];

	if (q->answered)
		return;
	if (s->type == SAMPLE_RATE) {
		q->total_s = s->value[SERVICE_TOTAL_S];
		q->ttfb_s = s->value[SERVICE_TTFB_S];
	} else if (s->type == SAMPLE_ROUND) {
		print(a, s->series, s->quality == QUALITY_GOOD ? "good" : s->quality == QUALITY_LOST ? "lost" : "unknown");
	}
}

static void
take_state(void *arg, const struct msg_target_state *st)
{
	struct asker *a = arg;

	if (!a->question[st->number].answered)
		a->question[st->number].state = *st;
}

static void
take_verdicts(void *arg, uint32_t token, const struct msg_probe_done *done)
{
	(void)arg, (void)token, (void)done;	/* the samples have told more */
}

static void
take_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	(void)arg, (void)kind, (void)in;
}

/* ---- questions ---- */

static const char *
next_field(char **rest)
{
	char *field = strsep(rest, "\t");

	return field != NULL ? field : "";
}

static void
question_add(struct asker *a, char *line)
{
	uint32_t		n = ++a->n;
	struct question	       *q = &a->question[n];
	struct msg_target	t = { .kind = TARGET_PROBE, .number = n, .interval_ms = 3600 * 1000, .source = a->source };
	struct msg_target_words words = { .number = n };
	const struct probe_ops *ops;

	q->kind = next_field(&line);
	q->target = next_field(&line);
	q->facts = json_object();
	q->total_s = q->ttfb_s = NAN;
	a->open++;
	snprintf(t.ref, sizeof(t.ref), "service/%u", n);
	text_copy(t.method, sizeof(t.method), q->kind);
	text_copy(t.interface, sizeof(t.interface), a->interface);
	t.timeout_ms = (uint32_t)(a->timeout_s * 1000);
	text_copy(words.ask, sizeof(words.ask), q->target);
	text_copy(words.expect, sizeof(words.expect), next_field(&line));
	text_copy(t.credential, sizeof(t.credential), next_field(&line));
	ops = probe_find(t.method);
	if (ops == NULL || !ops->asked)
		text_copy(q->state.reason, sizeof(q->state.reason), "there is no such kind");
	else if (ops->accepts == NULL ||
	    ops->accepts(words.ask, words.expect, q->state.reason, sizeof(q->state.reason)) == 0) {
		probe_engine_target(a->engine, &t, &words, 1);
		return;
	}
	print(a, n, "refused");
}

static void
questions_read(struct asker *a)
{
	char  *line = NULL;
	size_t room = 0;
	ssize_t len;

	while (a->n < QUESTIONS_MAX && (len = getline(&line, &room, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (line[0] != '\0')
			question_add(a, xstrdup(line));	/* its fields are used to the end */
	}
	free(line);
}

static void
options_read(struct asker *a, int *secrets_fd, int argc, char *argv[])
{
	int o;

	while ((o = getopt(argc, argv, "t:s:i:c:r:")) != -1) {
		if (o == 't')
			a->timeout_s = strtod(optarg, NULL);
		else if (o == 'i')
			a->interface = optarg;
		else if (o == 'r')
			a->resolvers = optarg;
		else if (o == 'c')
			*secrets_fd = open(optarg, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		else if (o != 's' || addr_parse(&a->source, optarg) == -1)
			exit(2);
	}
}

int
main(int argc, char *argv[])
{
	static struct asker   a = { .timeout_s = 5, .interface = "" };
	const struct sink     sink = { .sample = take_sample, .state = take_state, .fact = take_fact, .arg = &a };
	struct packet_sockets none = { -1, -1, -1, -1 };
	struct msg_probe_now  now = { .rounds = 1, .deadline_ms = 600 * 1000 };
	struct packet_io     *io;
	int		      secrets_fd = -1;

	log_open("ask", NULL);
	options_read(&a, &secrets_fd, argc, argv);
	a.loop = loop_new();
	io = packet_real_new(a.loop, &none);
	io->on_packet = take_packet;
	a.engine = probe_engine_new(a.loop, io, &sink, take_verdicts, &a);
	a.engine->secrets_fd = secrets_fd;
	if (a.resolvers != NULL)
		resolver_servers(probe_resolver(a.engine), a.resolvers);
	questions_read(&a);
	for (uint32_t n = 1; n <= a.n; n++)
		if (!a.question[n].answered)
			now.number[now.n++] = n;
	probe_engine_ask(a.engine, 1, &now);
	if (a.open > 0)
		loop_run(a.loop);
	probe_engine_free(a.engine);
	io->ops->free(io);
	loop_free(a.loop);
	return EXIT_SUCCESS;
}
