/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The publish process against Debian's mosquitto on a Unix socket: birth, order, acknowledgement, refusal, a
 * broker that dies and comes back, and the Last Will of an engine that is killed. The test plays core;
 * mosquitto_sub plays the command centre. Every wait is for a condition, with a limit after which the test
 * has failed.
 */
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
#define LIMIT_NS   (20 * NS_PER_S)
#define SEEN_MAX   (256 * 1024)
#define DONE_MAX   512

struct world {
	struct loop	   *loop;
	char		    dir[64], socket[96];
	uint16_t	    tls_port;		/* 0: no openssl to make a certificate with */
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

static bool
is_connected(struct world *w)
{
	return w->state.connected;
}

static bool
is_disconnected(struct world *w)
{
	return !w->state.connected;
}

static bool
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

static bool
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

/* A port that nobody uses now. */
static uint16_t
port_find(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t	   len = sizeof(sa);
	int		   fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) == -1)
		fatal("no free port");
	close(fd);
	return ntohs(sa.sin_port);
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
		w->tls_port = port_find();
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

static void
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

static void
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

static void
send_events(struct world *w, unsigned n)
{
	char payload[32];

	while (n-- > 0) {
		snprintf(payload, sizeof(payload), "{\"n\":%u}", (unsigned)w->next_id + 1);
		send_item(w, "simpul/v1/test/event/major/link.down", false, payload);
	}
}

static void
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
static bool
saw_health(const struct world *w, const char *want)
{
	const char *p = strstr(w->seen, want);

	return p != NULL && strstr(w->seen, "health retain=") < p &&
	    strstr(w->seen, "type=application/json utf8=1") < p;
}

static bool
saw_online(struct world *w)
{
	return saw_health(w, "{\"state\":\"online\",\"boot\":7,\"node\":\"main\"");
}

static bool
saw_last_event(struct world *w)
{
	char want[32];

	snprintf(want, sizeof(want), "{\"n\":%u}", (unsigned)w->next_id);
	return strstr(w->seen, want) != NULL;
}

static bool
done_in_order(const struct world *w)
{
	size_t i;

	for (i = 0; i < w->ndone; i++)
		if (w->done[i].id != i + 1 || !w->done[i].ok)
			return false;
	return true;
}

/* Each event in turn; what comes again after a reconnect has been seen before. */
static bool
seen_in_order(const struct world *w, unsigned from, unsigned to)
{
	const char *p = w->seen;
	unsigned    n, next = from;

	while ((p = strstr(p, "{\"n\":")) != NULL) {
		if (sscanf(p, "{\"n\":%u}", &n) != 1 || n > next)
			return false;
		if (n == next)
			next++;
		p++;
	}
	return next == to + 1;
}

static void
test_connect(struct world *w)
{
	subscriber_start(w);
	publish_start(w);
	send_plan(w->core, w->socket, 0, "", 7, "main");
	ok(wait_for(w, is_connected), "connects over a Unix socket");
	ok(wait_for(w, saw_online), "birth: health online with the boot number, JSON, UTF-8");
}

static void
test_order(struct world *w)
{
	send_events(w, 100);
	ok(wait_for(w, all_done), "100 events are confirmed");
	ok(done_in_order(w), "in the order in which core sent them");
	ok(wait_for(w, saw_last_event) && seen_in_order(w, 1, 100), "and arrive in it");
	ok(strstr(w->seen, "event/major/link.down retain=0 qos=1 type=application/cloudevents+json utf8=1 "
	    "expiry=86400 {\"n\":1}") != NULL, "QoS 1, CloudEvents, UTF-8, one day to live");
}

/* The broker reads its rules again when it comes to it: one message after the other until then. */
static bool
is_refused(struct world *w)
{
	if (!w->state.refuses && all_done(w) && w->next_id < DONE_MAX / 2)
		send_events(w, 1);
	return w->state.refuses;
}

static bool
all_done_and_well(struct world *w)
{
	return all_done(w) && w->state.connected && !w->state.refuses;
}

/* The right to write is taken away for a moment; 20 are more than the window. */
static void
test_refused(struct world *w)
{
	w->next_id = w->ndone = 0;
	acl_write(w, "elsewhere");
	kill(w->broker, SIGHUP);
	ok(wait_for(w, is_refused) && strstr(w->state.text, "Not authorized") != NULL,
	    "without the right to write: %s", w->state.text);
	send_events(w, 20);
	ok(!all_done(w), "messages stay");
	acl_write(w, "simpul");
	kill(w->broker, SIGHUP);
	ok(wait_for(w, all_done_and_well) && done_in_order(w), "and are taken in order once it is given");
	w->next_id = w->ndone = 0;
	send_item(w, "simpul/v1/test/+/x", false, "{}");
	ok(wait_for(w, all_done) && !w->done[0].ok, "a topic that cannot be is given up: %s",
	    w->done[0].reason);
}

static bool
saw_retained(struct world *w)
{
	return strstr(w->seen, "state/link/s001-1 retain=1") != NULL && strstr(w->seen,
	    "health retain=1") != NULL;
}

static void
test_retained(struct world *w)
{
	w->next_id = w->ndone = 0;
	send_item(w, "simpul/v1/test/state/link/s001-1", true, "{\"state\":\"up\"}");
	send_item(w, "simpul/v1/test/state/link/s001-2", true, "{\"state\":\"up\"}");
	send_item(w, "simpul/v1/test/state/link/s001-2", true, "");
	wait_for(w, all_done);
	subscriber_stop(w);
	subscriber_start(w);
	ok(wait_for(w, saw_retained), "a later subscriber gets the retained state and the birth");
	ok(strstr(w->seen, "s001-2") == NULL, "and not the one that was removed");
}

static void
test_broker_restart(struct world *w)
{
	w->next_id = w->ndone = 0;
	end(&w->broker);
	ok(wait_for(w, is_disconnected), "the loss of the broker is told: %s", w->state.text);
	send_events(w, 50);
	subscriber_stop(w);
	ok(broker_start(w), "the broker is back");
	subscriber_start(w);
	ok(wait_for(w, all_done), "what waited is confirmed after the reconnect");
	ok(done_in_order(w), "in order");
	ok(w->state.connected, "the connection is told: %s", w->state.text);
}

/* Another engine in a process of its own, inside its sandbox, to be killed. */
static pid_t
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

static bool
saw_second_online(struct world *w)
{
	return saw_health(w, "{\"state\":\"online\",\"boot\":8,\"node\":\"second\"");
}

static bool
saw_will(struct world *w)
{
	return saw_health(w, "{\"state\":\"offline\",\"boot\":8,\"node\":\"second\"");
}

static void
test_last_will(struct world *w)
{
	pid_t pid = second_engine(w, w->socket, 0, "", 8);

	ok(wait_for(w, saw_second_online), "a second engine inside its sandbox says that it is there");
	end(&pid);
	ok(wait_for(w, saw_will), "killed, its Last Will says offline with the same boot number");
}

static bool
saw_tls_online(struct world *w)
{
	return saw_health(w, "{\"state\":\"online\",\"boot\":11,\"node\":\"second\"");
}

static bool
has_text(struct world *w)
{
	return w->state.text[0] != '\0';
}

/* Name look-up, TCP and TLS inside the sandbox; and a certificate of the wrong authority. */
static void
test_tls(struct world *w)
{
	pid_t pid;

	if (w->tls_port == 0) {
		ok(true, "TLS # SKIP openssl is not installed");
		return;
	}
	pid = second_engine(w, "localhost", w->tls_port, "good.crt", 11);
	ok(wait_for(w, saw_tls_online), "connects to a name by TLS inside the sandbox");
	end(&pid);

	publish_start(w);
	send_plan(w->core, "localhost", w->tls_port, "other.crt", 12, "main");
	ok(wait_for(w, has_text) && !w->state.connected, "a broker that nobody vouches for: %s",
	    w->state.text);
	publish_free(w->publish);
	ipc_free(w->core);

	publish_start(w);
	send_plan(w->core, "127.0.0.1", w->tls_port, "good.crt", 12, "main");
	ok(wait_for(w, has_text) && !w->state.connected, "a certificate for another name: %s", w->state.text);
	publish_free(w->publish);
	ipc_free(w->core);
}

static bool
saw_farewell(struct world *w)
{
	return strstr(w->seen, "{\"state\":\"offline\",\"boot\":7") != NULL;
}

static void
test_stop(struct world *w)
{
	publish_stop(w->publish);
	ok(wait_for(w, saw_farewell), "an orderly stop says offline, too");
	publish_free(w->publish);
	ipc_free(w->core);
}

static void
test_nobody_there(struct world *w)
{
	char nowhere[128];

	snprintf(nowhere, sizeof(nowhere), "%s/nowhere.sock", w->dir);
	publish_start(w);
	send_plan(w->core, nowhere, 0, "", 9, "main");
	ok(wait_for(w, has_text) && !w->state.connected, "no broker: %s", w->state.text);
	publish_stop(w->publish);
	publish_free(w->publish);
	ipc_free(w->core);
}

/* A broker that is not there would do: the password is read before anyone is called. */
static void
test_password(struct world *w)
{
	struct msg_broker_plan m = { .enabled = 1, .boot = 13, .window = 8, .seq = 41, .port = 1 };
	char		       path[96];
	FILE		      *f;

	text_copy(m.host, sizeof(m.host), "127.0.0.1");
	text_copy(m.ns, sizeof(m.ns), "test");
	text_copy(m.node, sizeof(m.node), "main");
	text_copy(m.password_file, sizeof(m.password_file), "password");
	snprintf(path, sizeof(path), "%s/password", w->dir);
	f = fopen(path, "w");
	ok(f != NULL && fputs("secret\n", f) >= 0 && fclose(f) == 0 && chmod(path, 0604) == 0,
	    "(wrote a password that others may read)");
	publish_start(w);
	msg_broker_plan_send(w->core, IPC_BROKER_PLAN, 0, &m, -1);
	ok(wait_for(w, has_text) && !w->state.connected, "it is not used");
	is_text(w->state.text,
	    "secrets/publish/password is open to its group or others; chmod 600 it, and change the secret",
	    "with the remedy");
	publish_free(w->publish);
	ipc_free(w->core);
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

int
main(void)
{
	struct world *w = xcalloc(1, sizeof(*w));

	if (access(BROKER, X_OK) == -1 || access(SUBSCRIBER, X_OK) == -1) {
		puts("1..0 # SKIP mosquitto and mosquitto-clients are not installed");
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	log_quiet(true);
	w->loop = loop_new();
	text_copy(w->dir, sizeof(w->dir), "/tmp/simpul-publish.XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		fatal("mkdtemp");
	snprintf(w->socket, sizeof(w->socket), "%s/broker.sock", w->dir);
	broker_configure(w);
	if (ok(broker_start(w), "Debian's mosquitto listens")) {
		test_connect(w);
		test_order(w);
		test_refused(w);
		test_retained(w);
		test_broker_restart(w);
		test_last_will(w);
		test_stop(w);
		test_nobody_there(w);
		test_password(w);
		test_tls(w);
		subscriber_stop(w);
	}
	end(&w->broker);
	loop_free(w->loop);
	clean_up(w);
	free(w);
	return tap_done();
}
