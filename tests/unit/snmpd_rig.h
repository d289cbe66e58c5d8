/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmpd_rig.h: Debian's snmpd in copies of our own, each on a loopback address of this test alone and with a
 * persistent directory of its own, and the SNMP engine that polls them over real sockets.
 */
#ifndef SIMPUL_TEST_SNMPD_RIG_H
#define SIMPUL_TEST_SNMPD_RIG_H

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "collectors/snmp/engine.h"
#include "tests/unit/dir.h"
#include "tests/unit/tap.h"

#define SNMPD	     "/usr/sbin/snmpd"
#define RIG_PORT     16199
#define RIG_DEVICES  64
#define RIG_TICK_NS  (20 * NS_PER_MS)
#define RIG_PATIENCE (60 * NS_PER_S)

struct rig_device {
	struct msg_target target;
	int		  state;		/* the last one told; 0: none */
	char		  reason[200];
	char		  flaw[200];		/* the last one */
	unsigned	  flaws, restarts, samples;
};

struct rig {
	char		    dir[64];		/* secrets/ in it, and a directory for each agent */
	struct loop	   *loop;
	struct packet_io   *io;
	struct snmp_engine *engine;
	struct rig_device   device[RIG_DEVICES];
	unsigned	    n;
	int		    secrets_fd;
	bool		  (*condition)(struct rig *r);
	struct loop_timer   tick;
	int64_t		    patience_ns;
};

struct rig_agent {
	pid_t pid;
	char  dir[96], address[20];
};

static void
rig_on_sample(void *arg, const struct sample *s)
{
	struct rig *r = arg;

	if (s->quality == QUALITY_GOOD && s->series >= 1 && s->series <= r->n)
		r->device[s->series - 1].samples++;
}

static void
rig_on_state(void *arg, const struct msg_target_state *st)
{
	struct rig	  *r = arg;
	struct rig_device *d = &r->device[st->number - 1];

	printf("# %s: state %u: %s\n", d->target.ref, st->state, st->reason);
	if (st->state == TARGET_FLAWED) {
		d->flaws++;
		strcpy(d->flaw, st->reason);
	} else if (st->state == TARGET_RESTARTED) {
		d->restarts++;
	} else {
		d->state = st->state;
		strcpy(d->reason, st->reason);
	}
}

static void
rig_on_port(void *arg, const struct msg_port_found *p)
{
	(void)arg;
	(void)p;
}

static void
rig_on_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	if (kind == PACKET_UDP)
		snmp_engine_packet(((struct rig *)arg)->engine, in);
}

/* @return whether there is all that it needs */
static bool
rig_open(struct rig *r)
{
	struct sink sink = { .sample = rig_on_sample, .state = rig_on_state, .port_found = rig_on_port, .arg = r };
	static struct packet_sockets sockets;
	char	    secrets[96];

	*r = (struct rig){ .dir = "/tmp/simpul-v3-XXXXXX" };
	if (access(SNMPD, X_OK) != 0 || mkdtemp(r->dir) == NULL || packet_sockets_open(&sockets) == -1)
		return false;
	log_quiet(true);
	snprintf(secrets, sizeof(secrets), "%s/secrets", r->dir);
	mkdir(secrets, 0700);
	r->secrets_fd = open(secrets, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r->loop = loop_new();
	r->io = packet_real_new(r->loop, &sockets);
	r->io->on_packet = rig_on_packet;
	r->io->arg = r;
	r->engine = snmp_engine_new(r->loop, r->io, r->secrets_fd, false, &sink);
	return true;
}

static void
rig_close(struct rig *r)
{
	loop_timer_cancel(r->loop, &r->tick);
	snmp_engine_free(r->engine);
	r->io->ops->free(r->io);
	loop_free(r->loop);
	close(r->secrets_fd);
	dir_remove(r->dir);
}

static void
file_write(const char *path, const char *text)
{
	char  beside[200];
	FILE *f;

	snprintf(beside, sizeof(beside), "%s.new", path);
	if ((f = fopen(beside, "w")) == NULL || fputs(text, f) == EOF || fchmod(fileno(f), 0600) == -1)
		exit(99);
	fclose(f);
	rename(beside, path);
}

/*
 * The agent's configuration is the text; what it keeps (its boots) lies in its own directory. With -C snmpd would not
 * read what it has kept; so it is told to look for its files in these two directories and nowhere else.
 */
static void
agent_start(struct rig *r, struct rig_agent *a, unsigned number, const char *conf)
{
	char	 etc[128], path[160], both[256], pid_file[128], address[64];
	unsigned pid = (unsigned)getpid();

	snprintf(a->dir, sizeof(a->dir), "%s/agent%u", r->dir, number);
	mkdir(a->dir, 0700);
	snprintf(a->address, sizeof(a->address), "127.%u.%u.%u", 64 + ((pid >> 14) & 63), ((pid >> 6) & 255), (pid & 63) * 4 + number);
	snprintf(etc, sizeof(etc), "%s/etc", a->dir);
	mkdir(etc, 0700);
	snprintf(path, sizeof(path), "%s/snmpd.conf", etc);
	snprintf(pid_file, sizeof(pid_file), "%s/snmpd.pid", a->dir);
	snprintf(address, sizeof(address), "udp:%s:%u", a->address, RIG_PORT);
	file_write(path, conf);
	fflush(stdout);
	if ((a->pid = fork()) != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("SNMP_PERSISTENT_DIR", a->dir, 1);
	snprintf(both, sizeof(both), "%s:%s", etc, a->dir);
	setenv("SNMPCONFPATH", both, 1);
	setenv("MIBS", "", 1);
	execl(SNMPD, "snmpd", "-f", "-Ln", "-p", pid_file, address, (char *)NULL);
	_exit(127);
}

/* As an administrator would: it saves what it keeps. */
static void
agent_stop(struct rig_agent *a)
{
	if (a->pid <= 0)
		return;
	kill(a->pid, SIGTERM);
	waitpid(a->pid, NULL, 0);
	a->pid = 0;
}

__attribute__((unused)) static void
credential_write(struct rig *r, const char *name, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/secrets/%s", r->dir, name);
	file_write(path, text);
}

__attribute__((unused)) static struct rig_device *
rig_device(struct rig *r, const struct rig_agent *a, const char *name)
{
	struct rig_device *d = &r->device[r->n++];

	d->target = (struct msg_target){ .kind = TARGET_SNMP, .number = r->n, .method = "3", .port = RIG_PORT,
		.interval_ms = 1000, .timeout_ms = 300 };
	snprintf(d->target.ref, sizeof(d->target.ref), "device/%s", name);
	snprintf(d->target.credential, sizeof(d->target.credential), "%s", name);
	addr_parse(&d->target.address, a->address);
	snmp_engine_target(r->engine, &d->target, NULL, 0);
	return d;
}

static void
rig_tick(void *arg)
{
	struct rig *r = arg;

	if (r->condition(r))
		loop_stop(r->loop, 0);
	else if (loop_mono_ns(r->loop) > r->patience_ns)
		loop_stop(r->loop, 1);
	else
		loop_timer_set(r->loop, &r->tick, loop_mono_ns(r->loop) + RIG_TICK_NS, rig_tick, r);
}

/* Run until the condition holds. */
__attribute__((unused)) static bool
rig_until(struct rig *r, bool (*condition)(struct rig *r), const char *what)
{
	r->condition = condition;
	r->patience_ns = loop_mono_ns(r->loop) + RIG_PATIENCE;
	loop_timer_set(r->loop, &r->tick, loop_mono_ns(r->loop), rig_tick, r);
	return ok(loop_run(r->loop) == 0, "%s", what);
}

__attribute__((unused)) static uint64_t
rig_counter(struct rig *r, const char *name)
{
	struct msg_counters c = { 0 };

	snmp_engine_counters(r->engine, &c);
	for (unsigned i = 0; i < c.n; i++)
		if (strcmp(c.c[i].name, name) == 0)
			return c.c[i].value;
	return UINT64_MAX;
}

#endif
