/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * single_run.c: `simpuld --single`. Same premises and rights as the engine of several processes, but one
 * process, no sandbox (a debugger and the sanitizers want to look around) and no second try: what would take
 * one process down ends all. Instances with a network namespace of their own are left out: one process lives
 * in one namespace.
 */
#include "proc/single.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "model/csv.h"
#include "model/apps.h"
#include "proc/inputs.h"
#include "proc/premises.h"

#define INSTANCES_MAX 16	/* each with its twin */

struct run {
	struct loop	   *loop;
	const char	   *conf_path;
	struct premises	    premises;
	struct measure_opts measure[2 * INSTANCES_MAX];
	size_t		    nmeasure;
	struct single	   *single;
};

static void
show_error(void *arg, const struct msg_conf_error *e)
{
	(void)arg;
	log_warnx("%s:%u:%u: %s", e->file, e->line, e->column, e->text);
}

/* @return 0, or -1 when a file cannot be read (logged) */
static int
input_read(const char *conf_path, int what, struct check_input *in)
{
	struct msg_file m;
	char		err[200];
	int		fd = input_open(conf_path, what, &m, err, sizeof(err)), rc = -1;

	if (fd == -1 && *err == '\0')
		return 0;
	text_copy(in->name, sizeof(in->name), m.name);
	if (fd != -1) {
		rc = check_read(fd, what == INPUT_CONF ? CONF_BYTES_MAX : CSV_BYTES_MAX, &in->text, &in->len,
		    err, sizeof(err));
		close(fd);
	}
	if (rc == -1)
		log_warnx("%s: %s", m.name, err);
	return rc;
}

struct profile_inputs {
	struct check_input in[PROFILES_MAX];
	size_t		   n;
	bool		   failed;
};

static void
profile_read(void *arg, const struct msg_file *m, int fd, const char *err)
{
	struct profile_inputs *p = arg;
	struct check_input    *in = &p->in[p->n];
	char		       why[200];

	text_copy(why, sizeof(why), err);
	if (fd != -1) {
		text_copy(in->name, sizeof(in->name), m->name);
		p->n += check_read(fd, CONF_BYTES_MAX, &in->text, &in->len, why, sizeof(why)) == 0;
		close(fd);
	}
	if (*why == '\0')
		return;
	log_warnx("%s: %s", m->name, why);
	p->failed = true;
}

/* @return 0, or -1 when something is wrong (logged); the result is to be freed in both cases */
static int
inputs_check(const char *conf_path, struct check_result *r)
{
	struct check_input     in[INPUT_KINDS] = { 0 };
	struct profile_inputs *profiles = xcalloc(1, sizeof(*profiles));
	int		       what, rc = 0;

	*r = (struct check_result){ 0 };
	inputs_profiles(conf_path, profile_read, profiles);
	rc = profiles->failed ? -1 : 0;
	for (what = 0; rc == 0 && what < INPUT_KINDS; what++)
		rc = input_read(conf_path, what, &in[what]);
	if (rc == 0)
		check_all(r, in, profiles->in, profiles->n, show_error, NULL);
	while (profiles->n > 0)
		free(profiles->in[--profiles->n].text);
	free(profiles);
	for (what = 0; what < INPUT_KINDS; what++)
		free(in[what].text);
	return rc == 0 && r->errors == 0 ? 0 : -1;
}

static void
reload(void *arg)
{
	struct run	   *run = arg;
	struct check_result r;

	if (inputs_check(run->conf_path, &r) == 0)
		single_feed(run->single, &r);
	else
		log_warnx("the old configuration stays");
	check_result_free(&r);
}

static void
on_terminate(void *arg)
{
	loop_stop(((struct run *)arg)->loop, 0);
}

static int
instances_open(struct run *run, const struct conf *conf)
{
	struct packet_sockets sockets;
	struct packet_way     way;
	char		      path[64], apps[INSTANCE_NAME_MAX];
	size_t		      i, n = conf_count(conf, "measure");

	for (i = 0; i < n && i < INSTANCES_MAX; i++) {
		snprintf(path, sizeof(path), "measure[%zu].netns", i);
		if (conf_text(conf, path)[0] != '\0') {
			log_warnx("measure[%zu] has a network namespace of its own: left out of --single", i);
			continue;
		}
		snprintf(path, sizeof(path), "measure[%zu].mark", i);
		way.mark = (uint32_t)conf_int(conf, path);
		snprintf(path, sizeof(path), "measure[%zu].interface", i);
		text_copy(way.interface, sizeof(way.interface), conf_text(conf, path));
		snprintf(path, sizeof(path), "measure[%zu].name", i);
		if (packet_sockets_open(&sockets) == -1 ||
		    packet_sockets_way(&sockets, &way, conf_text(conf, path)) == -1)
			return -1;
		run->measure[run->nmeasure++] = (struct measure_opts){
			.instance = xstrdup(conf_text(conf, path)),
			.io = packet_real_new(run->loop, &sockets),
			.secrets_fd = dup(run->premises.snmp_secrets_fd),
			.probe_secrets_fd = dup(run->premises.probe_secrets_fd),
		};
		run->measure[run->nmeasure++] = (struct measure_opts){
			.instance = xstrdup(instance_apps(apps, conf_text(conf, path))),
			.io = packet_real_new(run->loop, &(struct packet_sockets){ -1, -1, -1, -1, way }),
			.apps = true,
			.secrets_fd = -1,
			.probe_secrets_fd = dup(run->premises.probe_secrets_fd),
		};
	}
	return 0;
}

/* Everything that needs rights, then their end. */
static int
run_open(struct run *run, const struct conf *conf)
{
	struct msg_engine e = check_engine(conf);

	if (premises_open(&run->premises, run->conf_path, &e) == -1 || instances_open(run, conf) == -1)
		return -1;
	return privileges_drop(e.user);
}

/* The parts take their descriptors; the premises keep their own. */
static int
run_start(struct run *run, const struct check_result *r)
{
	const struct premises *pr = &run->premises;
	const struct single_opts o = {
		.measure = run->measure,
		.nmeasure = run->nmeasure,
		.store = { .dir_fd = dup(pr->store_fd) },
		.core = {
			.ledger_path = "ledger.db",
			.ledger_fd = dup(pr->ledger_fd),
			.listen_fd = dup(pr->listen_fd),
			.push_fd = dup(pr->push_secrets_fd),
			.gave_up_root = pr->gave_up_root,
		},
		.publish = { .secrets_fd = dup(pr->publish_secrets_fd) },
		.reload = reload,
		.reload_arg = run,
	};

	run->single = single_new(run->loop, &o);
	if (run->single == NULL)
		return -1;
	single_feed(run->single, r);
	loop_signal(run->loop, SIGTERM, on_terminate, run);
	loop_signal(run->loop, SIGINT, on_terminate, run);
	loop_signal(run->loop, SIGHUP, reload, run);
	return 0;
}

int
single_run(struct loop *l, const char *conf_path)
{
	struct run	    run = { .loop = l, .conf_path = conf_path };
	struct check_result r;
	size_t		    i;
	int		    rc = -1;

	premises_init(&run.premises);
	if (inputs_check(conf_path, &r) == 0 && run_open(&run, r.conf) == 0 && run_start(&run, &r) == 0)
		rc = 0;
	check_result_free(&r);
	if (rc == 0)
		rc = loop_run(l);
	single_free(run.single);
	for (i = 0; i < run.nmeasure; i++)
		free((void *)(uintptr_t)run.measure[i].instance);
	premises_close(&run.premises);
	return rc;
}
