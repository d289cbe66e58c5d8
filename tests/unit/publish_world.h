/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * publish_world.h: the publish process against Debian's mosquitto on a Unix socket. The test plays core;
 * mosquitto_sub plays the command centre. Every wait is for a condition, with a limit after which the test
 * has failed. What is started here ends with the test, also when it is killed.
 */
#ifndef SIMPUL_TEST_PUBLISH_WORLD_H
#define SIMPUL_TEST_PUBLISH_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "publish/publish.h"
#include "tests/unit/tap.h"

#define BROKER	   "/usr/sbin/mosquitto"
#define SUBSCRIBER "/usr/bin/mosquitto_sub"
#define OPENSSL	   "/usr/bin/openssl"
#define LIMIT_NS   (120 * NS_PER_S)
#define SEEN_MAX   (256 * 1024)
#define DONE_MAX   512

struct world {
	struct loop	   *loop;
	char		    dir[64], socket[96];
	uint16_t	    tls_port;		/* 0: no openssl to make a certificate with */
	int		    tls_hold;		/* keeps that port from others; -1: none */
	pid_t		    broker, subscriber;
	int		    sub_fd;
	struct loop_io	   *sub_io;
	char		    seen[SEEN_MAX];	/* what the subscriber has printed: a line per message */
	size_t		    seen_len;
	struct publish	   *publish;
	struct ipc_channel *core;
	struct msg_broker_state state;
	struct msg_outbox_done	done[DONE_MAX];
	size_t		    ndone;
	struct loop_timer   tick;
	bool		  (*wanted)(struct world *);
	int64_t		    limit_ns;
	uint64_t	    next_id;
};

/* ---- waiting ---- */

static void
tick(void *arg)
{
	struct world *w = arg;
	int64_t	      now = loop_mono_ns(w->loop);

	if (w->wanted(w) || now > w->limit_ns)
		loop_stop(w->loop, 0);
	else
		loop_timer_set(w->loop, &w->tick, now + 5 * NS_PER_MS, tick, w);
}

static bool
wait_for(struct world *w, bool (*wanted)(struct world *))
{
	w->wanted = wanted;
	w->limit_ns = loop_mono_ns(w->loop) + LIMIT_NS;
	tick(w);
	if (!wanted(w))
		loop_run(w->loop);
	loop_timer_cancel(w->loop, &w->tick);
	return wanted(w);
}

__attribute__((unused)) static bool
is_connected(struct world *w)
{
	return w->state.connected;
}

__attribute__((unused)) static bool
is_disconnected(struct world *w)
{
	return !w->state.connected;
}

__attribute__((unused)) static bool
all_done(struct world *w)
{
	return w->ndone == w->next_id;
}

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
	w->broker = run(argv, null);
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

	w->tls_hold = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (setsockopt(w->tls_hold, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == -1 ||
	    bind(w->tls_hold, (struct sockaddr *)&sa, sizeof(sa)) == -1 ||
	    getsockname(w->tls_hold, (struct sockaddr *)&sa, &len) == -1)
		fatal("no free port");
	w->tls_port = ntohs(sa.sin_port);
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
		    "keyfile %s/good.key\n", w->tls_port, w->dir, w->dir);
	}
	fclose(f);
}

static void
subscriber_read(void *arg, int events)
{
	struct world *w = arg;
	ssize_t	      n = read(w->sub_fd, w->seen + w->seen_len, SEEN_MAX - 1 - w->seen_len);

	(void)events;
	if (n > 0) {
		w->seen_len += (size_t)n;
		w->seen[w->seen_len] = '\0';
	} else {
		loop_io_events(w->sub_io, 0);
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
	w->seen_len = 0;
	w->seen[0] = '\0';
	w->subscriber = run(argv, fd[1]);
	close(fd[1]);
	w->sub_fd = fd[0];
	w->sub_io = loop_io_new(w->loop, w->sub_fd, LOOP_READ, subscriber_read, w);
}

__attribute__((unused)) static void
subscriber_stop(struct world *w)
{
	end(&w->subscriber);
	loop_io_free(w->sub_io);
	close(w->sub_fd);
}

/* ---- core ---- */

static void
from_publish(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct world *w = arg;

	(void)ch;
	if (msg->type == IPC_BROKER_STATE)
		msg_broker_state_decode(&w->state, msg->data, msg->len);
	else if (msg->type == IPC_OUTBOX_DONE && w->ndone < DONE_MAX)
		msg_outbox_done_decode(&w->done[w->ndone++], msg->data, msg->len);
}

static void
send_plan(struct ipc_channel *to, const char *host, uint16_t port, const char *ca_file, uint32_t boot,
    const char *node)
{
	struct msg_broker_plan m = { .enabled = 1, .boot = boot, .window = 8, .seq = 41, .port = port };

	text_copy(m.host, sizeof(m.host), host);
	text_copy(m.ns, sizeof(m.ns), "test");
	text_copy(m.ca_file, sizeof(m.ca_file), ca_file);
	text_copy(m.node, sizeof(m.node), node);
	text_copy(m.version, sizeof(m.version), "0.0.1");
	msg_broker_plan_send(to, IPC_BROKER_PLAN, 0, &m, -1);
}

static void
send_item(struct world *w, const char *topic, bool retain, const char *payload)
{
	struct msg_outbox_item m = {
		.id = ++w->next_id, .seq = 100 + w->next_id, .qos = 1, .retain = retain, .expiry_s = 86400,
		.payload = (const uint8_t *)payload, .payload_len = (uint32_t)strlen(payload),
	};

	text_copy(m.topic, sizeof(m.topic), topic);
	msg_outbox_item_send(w->core, IPC_OUTBOX_ITEM, 0, &m, -1);
}

__attribute__((unused)) static void
send_events(struct world *w, unsigned n)
{
	char payload[32];

	while (n-- > 0) {
		snprintf(payload, sizeof(payload), "{\"n\":%u}", (unsigned)w->next_id + 1);
		send_item(w, "simpul/v1/test/event/major/link.down", false, payload);
	}
}

__attribute__((unused)) static void
publish_start(struct world *w)
{
	struct publish_opts o = { .secrets_fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	struct ipc_channel *theirs;

	w->state = (struct msg_broker_state){ 0 };
	w->publish = publish_new(w->loop, &o);
	ipc_pair(w->loop, &w->core, "publish", &theirs, "core");
	ipc_handlers(w->core, from_publish, NULL, w);
	publish_attach(w->publish, PROCESS_CORE, "", theirs);
}

/* ---- what must hold ---- */

/* A health message; whether it comes live or as the retained one depends on who was faster. */
__attribute__((unused)) static bool
saw_health(const struct world *w, const char *want)
{
	const char *p = strstr(w->seen, want);

	return p != NULL && strstr(w->seen, "health retain=") < p &&
	    strstr(w->seen, "type=application/json utf8=1") < p;
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
	static const char *const names[] = { "acl", "mosquitto.conf", "broker.sock", "good.key", "good.crt",
	    "other.key", "password",
		"other.crt" };
	char			 path[96];
	size_t			 i;

	for (i = 0; i < nitems(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", w->dir, names[i]);
		unlink(path);
	}
	rmdir(w->dir);
}

/** A broker that listens; NULL when the programs are not there (said as a skip). */
__attribute__((unused)) static struct world *
world_new(void)
{
	struct world *w;

	if (access(BROKER, X_OK) == -1 || access(SUBSCRIBER, X_OK) == -1) {
		puts("1..0 # SKIP mosquitto and mosquitto-clients are not installed");
		return NULL;
	}
	w = xcalloc(1, sizeof(*w));
	w->tls_hold = -1;
	signal(SIGPIPE, SIG_IGN);
	log_quiet(true);
	w->loop = loop_new();
	text_copy(w->dir, sizeof(w->dir), "/tmp/simpul-publish.XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		fatal("mkdtemp");
	snprintf(w->socket, sizeof(w->socket), "%s/broker.sock", w->dir);
	broker_configure(w);
	return w;
}

__attribute__((unused)) static void
world_free(struct world *w)
{
	end(&w->broker);
	loop_free(w->loop);
	if (w->tls_hold != -1)
		close(w->tls_hold);
	clean_up(w);
	free(w);
}

#endif
