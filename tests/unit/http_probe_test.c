/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_probe_test.c: pages over real sockets, from a small server in a child process. One page changes, and comes back; a
 * thousand are asked for while a timer of the same loop looks how long it has to wait. That time is printed, not judged.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "probes/engine.h"
#include "tests/unit/tap.h"

#define TARGETS	  1000
#define PERIOD_MS 10000		/* six times what is asked of us: 60 s */
#define LOOK_NS	  NS_PER_MS

struct bench {
	struct loop	    *loop;
	struct packet_io    *io;
	struct probe_engine *engine;
	struct loop_timer    stop, look;
	uint16_t	     port;
	unsigned	     rounds, good, unknown, wanted;	/* wanted: rounds; then the loop stops */
	struct msg_target_state state;
	char		     hash[256], trouble[256];
	int64_t		     looked_ns, longest_ns;
	int64_t		     cpu_ns, longest_cpu_ns;
};

/* ---- the server ---- */

/* "/change": "one", "two" from the 3rd request to the 4th, then "one" again; else "ok". */
static void
serve(int fd)
{
	char	 in[2000], out[200];
	unsigned changes = 0;
	ssize_t	 n;

	for (;;) {
		int	    c = accept(fd, NULL, NULL);
		const char *body = "ok";

		if (c == -1)
			continue;
		n = recv(c, in, sizeof(in) - 1, 0);
		in[n > 0 ? n : 0] = '\0';
		if (strncmp(in, "GET /change ", 12) == 0) {
			changes++;
			body = changes == 3 || changes == 4 ? "two" : "one";
		}
		snprintf(out, sizeof(out), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
		send(c, out, strlen(out), MSG_NOSIGNAL);
		close(c);
	}
}

static pid_t
server_start(struct bench *b)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t	   len = sizeof(sin);
	int		   fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t		   pid;

	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 || listen(fd, 1000) == -1)
		return -1;
	getsockname(fd, (struct sockaddr *)&sin, &len);
	b->port = ntohs(sin.sin_port);
	pid = fork();
	if (pid == 0)
		serve(fd);
	close(fd);
	return pid;
}

/* ---- asking ---- */

static void
take_sample(void *arg, const struct sample *s)
{
	struct bench *b = arg;

	if (s->type != SAMPLE_ROUND)
		return;
	b->good += s->quality == QUALITY_GOOD;
	b->unknown += s->quality == QUALITY_UNKNOWN;
	if (++b->rounds == b->wanted)
		loop_stop(b->loop, 0);
}

static void
take_state(void *arg, const struct msg_target_state *st)
{
	((struct bench *)arg)->state = *st;
}

static void
take_fact(void *arg, const struct msg_probe_fact *f)
{
	struct bench *b = arg;

	if (strcmp(f->name, "hash") == 0)
		memcpy(b->hash, f->text, sizeof(b->hash) < sizeof(f->text) ? sizeof(b->hash) : sizeof(f->text));
	if (strcmp(f->name, "trouble") == 0)
		snprintf(b->trouble, sizeof(b->trouble), "%s", f->text);
}

static void
give_up(void *arg)
{
	loop_stop(((struct bench *)arg)->loop, 1);
}

static int
run(struct bench *b, unsigned rounds)
{
	int rc;

	b->rounds = b->good = b->unknown = 0;
	b->wanted = rounds;
	loop_timer_set(b->loop, &b->stop, loop_mono_ns(b->loop) + 300 * NS_PER_S, give_up, b);
	rc = loop_run(b->loop);
	loop_timer_cancel(b->loop, &b->stop);
	return rc;
}

static void
target_add(struct bench *b, uint32_t number, const char *page, const char *expect, uint32_t interval_ms, uint32_t plan)
{
	struct msg_target	t = { .kind = TARGET_PROBE, .number = number, .method = "http", .interval_ms = interval_ms,
		.timeout_ms = interval_ms };
	struct msg_target_words w = { .number = number };

	snprintf(t.ref, sizeof(t.ref), "service/p%u", number);
	snprintf(w.ask, sizeof(w.ask), "http://127.0.0.1:%u/%s", b->port, page);
	snprintf(w.expect, sizeof(w.expect), "%s", expect);
	if (probe_engine_target(b->engine, &t, &w, plan) == -1)
		ok(false, "%s is taken", t.ref);
}

/* ---- tests ---- */

static void
test_change(struct bench *b)
{
	char first[256];

	target_add(b, 1, "change", "hash", 1000, 1);
	is_i64(run(b, 2), 0, "two rounds");
	memcpy(first, b->hash, sizeof(first));
	ok(b->good == 2 && strlen(first) == 64, "the same content twice is good");
	is_i64(run(b, 2), 0, "two more");
	is_i64(b->good, 0, "a new content is a fault, as long as it stands");
	ok(b->state.state == TARGET_WRONG && strcmp(b->state.reason, "its content has changed") == 0, "... told as: %s",
	    b->state.reason);
	ok(strcmp(b->hash, first) != 0, "... with its hash");
	is_i64(run(b, 1), 0, "the old content has come back");
	ok(b->good == 1 && b->state.state == TARGET_ANSWERING && strcmp(b->hash, first) == 0, "... which is good");
}

/* The server is there, by the way of the host; by that of the instance nothing can leave. */
static void
test_way(struct bench *b)
{
	struct msg_target	t = { .kind = TARGET_PROBE, .number = 3, .ref = "service/p3", .method = "tcp", .interval_ms = 1000,
		.timeout_ms = 1000 };
	struct msg_target_words w = { .number = 3 };

	text_copy(b->io->way.interface, sizeof(b->io->way.interface), "not-there");
	target_add(b, 2, "", "", 1000, 3);
	probe_engine_sweep(b->engine, 3);
	is_i64(run(b, 2), 0, "a page by a way that is not there");
	is_i64(b->unknown, 2, "... is not known");
	ok(strstr(b->trouble, "cannot ask") != NULL, "... which is told: %s", b->trouble);
	b->trouble[0] = '\0';
	snprintf(w.ask, sizeof(w.ask), "127.0.0.1:%u", b->port);
	is_i64(probe_engine_target(b->engine, &t, &w, 4), 0, "so with a conversation");
	probe_engine_sweep(b->engine, 4);
	is_i64(run(b, 2), 0, "... by that way");
	is_i64(b->unknown, 2, "... is not known");
	ok(strstr(b->trouble, "cannot ask") != NULL, "... which is told: %s", b->trouble);
	b->io->way = (struct packet_way){ 0 };
	is_i64(run(b, 2), 0, "as routed");
	is_i64(b->good, 2, "... it is good");
	is_text(b->trouble, "", "... and the trouble is over");
}

static int64_t
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void
look(void *arg)
{
	struct bench *b = arg;
	int64_t	      now = loop_mono_ns(b->loop), cpu = cpu_ns();

	if (b->looked_ns != 0 && now - b->looked_ns - LOOK_NS > b->longest_ns)
		b->longest_ns = now - b->looked_ns - LOOK_NS;
	if (b->looked_ns != 0 && cpu - b->cpu_ns > b->longest_cpu_ns)
		b->longest_cpu_ns = cpu - b->cpu_ns;
	b->looked_ns = now;
	b->cpu_ns = cpu;
	loop_timer_set(b->loop, &b->look, now + LOOK_NS, look, b);
}

static void
test_many(struct bench *b)
{
	uint32_t i;

	for (i = 0; i < TARGETS; i++)
		target_add(b, 100 + i, "", "text=ok|max_s=60", PERIOD_MS, 2);
	probe_engine_sweep(b->engine, 2);
	look(b);
	is_i64(run(b, TARGETS * 3 / 2), 0, "a thousand pages are asked for");
	ok(b->good == b->rounds, "%u of %u rounds are good", b->good, b->rounds);
	printf("# the longest turn of the loop took %.2f ms, %.2f ms of them computing\n", (double)b->longest_ns / NS_PER_MS,
	    (double)b->longest_cpu_ns / NS_PER_MS);
	loop_timer_cancel(b->loop, &b->look);
}

int
main(void)
{
	struct bench	      b = { .loop = loop_new() };
	const struct sink     sink = { .sample = take_sample, .state = take_state, .fact = take_fact, .arg = &b };
	struct packet_sockets none = { -1, -1, -1, -1 };
	pid_t		      server = server_start(&b);

	log_open("http_probe_test", NULL);
	if (server == -1)
		return tap_skip_all("no loopback");
	b.io = packet_real_new(b.loop, &none);
	b.engine = probe_engine_new(b.loop, b.io, &sink, NULL, NULL);
	test_change(&b);
	test_way(&b);
	test_many(&b);
	probe_engine_free(b.engine);
	b.io->ops->free(b.io);
	loop_free(b.loop);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return tap_done();
}
