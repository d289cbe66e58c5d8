/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * publish_mosquitto.h: a world of publish (publish_world.h) whose broker is Debian's mosquitto; mosquitto_sub plays
 * the command centre. What is started here ends with the test, also when it is killed.
 */
#ifndef SIMPUL_TEST_PUBLISH_MOSQUITTO_H
#define SIMPUL_TEST_PUBLISH_MOSQUITTO_H

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/loop.h"
#include "base/sandbox.h"

#define BROKER	   "/usr/sbin/mosquitto"
#define SUBSCRIBER "/usr/bin/mosquitto_sub"
#define OPENSSL	   "/usr/bin/openssl"
#define SEEN_MAX   (256 * 1024)

struct broker {
	pid_t		pid, subscriber;
	uint16_t	tls_port;		/* 0: no openssl to make a certificate with */
	int		tls_hold;		/* keeps that port from others; -1: none */
	int		sub_fd;
	struct loop_io *sub_io;
	char		seen[SEEN_MAX];		/* what the subscriber has printed: a line per message */
	size_t		seen_len;
};

#include "tests/unit/publish_world.h"

/* ---- other programs ---- */

static pid_t
run(const char *const argv[], int out_fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(out_fd, STDOUT_FILENO);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return pid;
}

static void
end(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
	*pid = 0;
}

static bool
broker_listens(struct world *w)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int		   fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool		   yes;

	text_copy(sa.sun_path, sizeof(sa.sun_path), w->socket);
	yes = connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0;
	close(fd);
	return yes;
}

__attribute__((unused)) static bool
broker_start(struct world *w)
{
	char	    conf[96];
	const char *argv[] = { BROKER, "-c", conf, NULL };
	int	    null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	snprintf(conf, sizeof(conf), "%s/mosquitto.conf", w->dir);
	unlink(w->socket);
	w->b.pid = run(argv, null);
	close(null);
	return wait_for(w, broker_listens);
}

/* A certificate for localhost that is its own authority. */
static bool
certificate_make(const struct world *w, const char *name)
{
	char	    key[96], cert[96];
	const char *argv[] = {
		OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
		"/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert,
		NULL,
	};
	pid_t	    pid;
	int	    status = -1;

	snprintf(key, sizeof(key), "%s/%s.key", w->dir, name);
	snprintf(cert, sizeof(cert), "%s/%s.crt", w->dir, name);
	if (access(OPENSSL, X_OK) == -1)
		return false;
	pid = run(argv, STDERR_FILENO);
	waitpid(pid, &status, 0);
	return status == 0;
}

/*
 * A port for the broker. It stays bound here, too, without listening, which mosquitto (SO_REUSEADDR) may share
 * and nobody else is given.
 */
static void
port_hold(struct world *w)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t	   len = sizeof(sa);
	int		   yes = 1;

	w->b.tls_hold = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (setsockopt(w->b.tls_hold, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == -1 ||
	    bind(w->b.tls_hold, (struct sockaddr *)&sa, sizeof(sa)) == -1 ||
	    getsockname(w->b.tls_hold, (struct sockaddr *)&sa, &len) == -1)
		fatal("no free port");
	w->b.tls_port = ntohs(sa.sin_port);
}

/* Only what is below `root` may be written: what else is sent is refused with a reason code. */
static void
acl_write(const struct world *w, const char *root)
{
	char  path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/acl", w->dir);
	f = fopen(path, "w");
	fprintf(f, "topic read simpul/#\ntopic readwrite %s/#\n", root);
	fclose(f);
}

static void
broker_configure(struct world *w)
{
	char  path[96];
	FILE *f;

	acl_write(w, "simpul");
	snprintf(path, sizeof(path), "%s/mosquitto.conf", w->dir);
	f = fopen(path, "w");
	fprintf(f, "listener 0 %s\nallow_anonymous true\nacl_file %s/acl\nlog_dest none\n%s", w->socket,
	    w->dir, geteuid() == 0 ? "user root\n" : "");
	if (certificate_make(w, "good") && certificate_make(w, "other")) {
		port_hold(w);
		fprintf(f, "listener %u 127.0.0.1\nallow_anonymous true\ncertfile %s/good.crt\n"
		    "keyfile %s/good.key\n", w->b.tls_port, w->dir, w->dir);
	}
	fclose(f);
}

static void
subscriber_read(void *arg, int events)
{
	struct world *w = arg;
	ssize_t	      n = read(w->b.sub_fd, w->b.seen + w->b.seen_len, SEEN_MAX - 1 - w->b.seen_len);

	(void)events;
	if (n > 0) {
		w->b.seen_len += (size_t)n;
		w->b.seen[w->b.seen_len] = '\0';
	} else {
		loop_io_events(w->b.sub_io, 0);
	}
}

__attribute__((unused)) static void
subscriber_start(struct world *w)
{
	const char *argv[] = {
		SUBSCRIBER, "--unix", w->socket, "-V", "mqttv5", "-q", "1", "-t", "simpul/#", "-F",
		"%t retain=%r qos=%q type=%C utf8=%F expiry=%E %p", NULL,
	};
	int   fd[2];

	if (pipe2(fd, O_CLOEXEC) == -1)
		fatal("pipe");
	w->b.seen_len = 0;
	w->b.seen[0] = '\0';
	w->b.subscriber = run(argv, fd[1]);
	close(fd[1]);
	w->b.sub_fd = fd[0];
	w->b.sub_io = loop_io_new(w->loop, w->b.sub_fd, LOOP_READ, subscriber_read, w);
}

__attribute__((unused)) static void
subscriber_stop(struct world *w)
{
	end(&w->b.subscriber);
	loop_io_free(w->b.sub_io);
	close(w->b.sub_fd);
}

/* ---- core ---- */

__attribute__((unused)) static void
send_events(struct world *w, unsigned n)
{
	char payload[32];

	while (n-- > 0) {
		snprintf(payload, sizeof(payload), "{\"n\":%u}", (unsigned)w->next_id + 1);
		send_item(w, "simpul/v1/test/event/major/link.down", false, payload);
	}
}

/* ---- what must hold ---- */

/* A health message; whether it comes live or as the retained one depends on who was faster. */
__attribute__((unused)) static bool
saw_health(const struct world *w, const char *want)
{
	const char *p = strstr(w->b.seen, want);

	return p != NULL && strstr(w->b.seen, "health retain=") < p &&
	    strstr(w->b.seen, "type=application/json utf8=1") < p;
}

/* Another engine in a process of its own, inside its sandbox, to be killed. */
__attribute__((unused)) static pid_t
second_engine(struct world *w, const char *host, uint16_t port, const char *ca_file, uint32_t boot)
{
	struct ipc_channel *ours, *theirs;
	struct loop	   *l;
	struct publish	   *p;
	int		    dir_fd;
	pid_t		    pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	l = loop_new();
	dir_fd = open(w->dir, O_RDONLY | O_DIRECTORY);
	p = publish_new(l, &(struct publish_opts){ .secrets_fd = dir_fd });
	ipc_pair(l, &ours, "publish", &theirs, "core");
	publish_attach(p, PROCESS_CORE, "", theirs);
	send_plan(ours, host, port, ca_file, boot, "second");
	if (sandbox_enter(SANDBOX_PUBLISH, dir_fd) == 0)
		loop_run(l);
	_exit(1);
}

__attribute__((unused)) static bool
has_text(struct world *w)
{
	return w->state.text[0] != '\0';
}

static void
clean_up(struct world *w)
{
	static const char *const names[] = { "acl", "mosquitto.conf", "good.key", "good.crt", "other.key",
		"other.crt", "password" };
	char			 path[96];
	size_t			 i;

	for (i = 0; i < nitems(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", w->dir, names[i]);
		unlink(path);
	}
}

/** A broker that listens; NULL when the programs are not there (said as a skip). */
__attribute__((unused)) static struct world *
world_new(void)
{
	struct world *w;

	if (access(BROKER, X_OK) == -1 || access(SUBSCRIBER, X_OK) == -1) {
		tap_skip_all("mosquitto and mosquitto-clients are not installed");
		return NULL;
	}
	w = world_make();
	w->b.tls_hold = -1;
	broker_configure(w);
	return w;
}

__attribute__((unused)) static void
world_free(struct world *w)
{
	end(&w->b.pid);
	if (w->b.tls_hold != -1)
		close(w->b.tls_hold);
	clean_up(w);
	world_end(w);
}

#endif
