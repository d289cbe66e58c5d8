/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * home.c: what it costs the engine to hear a site: 2,000 sites call over the loopback from a child, as many
 * times as they can be answered; only the CPU time of the engine's side counts. Prints a figure, asserts
 * nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "probes/agent/talk.h"
#include "probes/engine.h"

#define SITES	   2000
#define SECONDS	   10
#define PORT	   18620
#define AT_ONCE	   64

static char dir[] = "/tmp/simpul-home-XXXXXX";

static void
key_of(unsigned site, char out[40])
{
	snprintf(out, 40, "key of a site for the bench %05u", site);
}

/* ---- the sites ---- */

static void
answers_read(int fd, struct talk *talk)
{
	uint8_t		   data[HOME_ANSWER_LEN + 1];
	struct home_answer a;
	ssize_t		   n;

	while ((n = recv(fd, data, sizeof(data), MSG_DONTWAIT)) > 0)
		if (home_answer_read(data, (size_t)n, &a) && a.boot >= 1 && a.boot <= SITES)
			talk_take(&talk[a.boot - 1], data, (size_t)n, 0);
}

static void
sites_run(void)
{
	static struct talk talk[SITES];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int		   fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct pollfd	   p = { .fd = fd, .events = POLLIN };
	uint8_t		   out[HOME_HEARTBEAT_MAX];
	char		   key[40];
	unsigned	   i, k;

	for (i = 0; i < SITES; i++) {
		key_of(i, key);
		talk_init(&talk[i], key, strlen(key), i + 1);
	}
	for (i = 0;; i += AT_ONCE) {	/* the next ones as soon as these are answered, or lost */
		for (k = 0; k < AT_ONCE; k++) {
			struct home_heartbeat h = { .interval_ms = 1000 };

			talk_next(&talk[(i + k) % SITES], &h, (uint64_t)i / SITES * 1000000);
			sendto(fd, out, home_heartbeat_write(&h, &talk[(i + k) % SITES].key, out), 0,
			    (struct sockaddr *)&to, sizeof(to));
		}
		poll(&p, 1, 20);
		answers_read(fd, talk);
	}
}

/* ---- the engine ---- */

static void
take_sample(void *arg, const struct sample *s)
{
	(void)arg;
	(void)s;
}

static double
cpu_s(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static uint64_t
accepted(struct probe_engine *e)
{
	struct msg_counters c = { 0 };
	uint16_t	    i;

	probe_engine_counters(e, &c);
	for (i = 0; i < c.n; i++)
		if (strcmp(c.c[i].name, "home.accepted") == 0)
			return c.c[i].value;
	return 0;
}

static void
stop(void *arg)
{
	loop_stop(arg, 0);
}

static void
run_for(struct loop *l, int64_t ns)
{
	struct loop_timer end = { 0 };

	loop_timer_set(l, &end, loop_mono_ns(l) + ns, stop, l);
	loop_run(l);
}

static void
sites_add(struct probe_engine *e, int dir_fd)
{
	struct msg_target t = { .kind = TARGET_PROBE, .interval_ms = 1000, .timeout_ms = 1000, .port = PORT };
	char		  key[40];
	unsigned	  i;
	int		  fd;

	text_copy(t.method, sizeof(t.method), "home");
	for (i = 0; i < SITES; i++) {
		t.number = i + 1;
		snprintf(t.ref, sizeof(t.ref), "link/%u", i);
		snprintf(t.credential, sizeof(t.credential), "%u", i);
		key_of(i, key);
		fd = openat(dir_fd, t.credential, O_WRONLY | O_CREAT, 0600);
		if (write(fd, key, strlen(key)) == -1)
			fatal("cannot write a key");
		close(fd);
		probe_engine_target(e, &t, NULL, 1);
	}
}

int
main(void)
{
	struct loop	    *l = loop_new();
	struct packet_io     io = { .loop = l };
	const struct sink    sink = { .sample = take_sample };
	struct probe_engine *e = probe_engine_new(l, &io, &sink, NULL, NULL);
	int		     dir_fd = mkdtemp(dir) != NULL ? open(dir, O_RDONLY | O_DIRECTORY) : -1;
	char		     name[16];
	uint64_t	     before, n;
	double		     cpu;
	pid_t		     pid;
	unsigned	     i;

	probe_engine_secrets(e, dir_fd);
	sites_add(e, dir_fd);
	run_for(l, 2 * NS_PER_S);	/* keys are read at the first start */
	for (i = 0; i < SITES; i++) {
		snprintf(name, sizeof(name), "%u", i);
		unlinkat(dir_fd, name, 0);
	}
	rmdir(dir);
	if ((pid = fork()) == 0)
		sites_run();
	run_for(l, 2 * NS_PER_S);
	before = accepted(e);
	cpu = cpu_s();
	run_for(l, SECONDS * NS_PER_S);
	n = accepted(e) - before;
	cpu = cpu_s() - cpu;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	printf("%u sites: %llu heartbeats in %d s, %.2f s of CPU time\n", SITES, (unsigned long long)n, SECONDS, cpu);
	printf("figure home_per_cpu_s %.0f\n", (double)n / cpu);
	probe_engine_free(e);
	loop_free(l);
	return 0;
}
