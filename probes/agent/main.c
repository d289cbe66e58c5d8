/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c: the order of events of simpul-agent: read, drop rights, then call home each interval until told to end. */
#include "probes/agent/agent.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define US		1000000ull
#define LOOK_US		(5 * US)	/* between two looks at our own address */
#define SILENT_US	(5 * US)	/* without an answer: a new socket, so a new way through every NAT */
#define RESOLVE_US	(15 * US)	/* ... and whether the server has another address */
#define RESOLVE_KNOWN_US (3600 * US)	/* also when all is well */

struct agent {
	struct conf  conf;
	struct talk  talk;
	struct net   net;
	struct site  site;
	struct watch watch[WATCHES_MAX];
	uint64_t     next_us, ping_us, look_us;
	uint64_t     answered_us, reopened_us;
	bool	     silent;
	int	     error;		/* of the last heartbeat that could not be sent */
	struct home_address seen;
};

static volatile sig_atomic_t ended;

uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * US + (uint64_t)t.tv_nsec / 1000;
}

static void
on_end(int signo)
{
	(void)signo;
	ended = 1;
}

/* The key is read; from here on no right is needed. */
static int
rights_drop(const struct conf *c)
{
	const struct passwd *pw;

	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (geteuid() != 0)
		return 0;
	if ((pw = getpwnam(c->user)) == NULL) {
		fprintf(stderr, "simpul-agent: there is no user %s to become; set another one by \"user\"\n", c->user);
		return -1;
	}
	if (setgroups(0, NULL) == -1 || setgid(pw->pw_gid) == -1 || setuid(pw->pw_uid) == -1) {
		fprintf(stderr, "simpul-agent: cannot become user %s: %s\n", c->user, strerror(errno));
		return -1;
	}
	return 0;
}

/* ---- heartbeats ---- */

static void
sent_note(struct agent *a, int error)
{
	if (error == a->error)
		return;
	a->error = error;
	if (error != 0)
		say("cannot send: %s", strerror(error));
	else
		say("sending again");
}

static void
heartbeat_send(struct agent *a)
{
	struct home_heartbeat h = { .interval_ms = a->conf.interval_ms, .local = a->net.local };
	uint8_t		      out[HOME_HEARTBEAT_MAX];
	size_t		      len;

	if (a->net.server_len == 0)
		return;
	site_fill(&a->site, a->conf.interface[0] != '\0' ? a->conf.interface : a->net.interface, &h);
	talk_next(&a->talk, &h, now_us());
	len = home_heartbeat_write(&h, &a->talk.key, out);
	sent_note(a, net_send(&a->net, out, len) == -1 ? errno : 0);
}

static void
answered(struct agent *a, uint64_t us)
{
	char text[64];

	if (a->answered_us == 0 || a->silent)
		say("%s answers", a->conf.server);
	a->answered_us = us;
	a->silent = false;
	if (a->talk.seen.family != a->seen.family || memcmp(a->talk.seen.byte, a->seen.byte, sizeof(a->seen.byte)) != 0) {
		a->seen = a->talk.seen;
		say("the engine sees this site at %s", say_address(&a->seen, text));
	}
	say_debug("answer to %llu of %llu, round trip %u us", (unsigned long long)a->talk.echo_seq,
	    (unsigned long long)a->talk.seq, a->talk.rtt_us);
}

static void
answers_read(void *arg)
{
	struct agent *a = arg;
	uint8_t	      data[HOME_ANSWER_LEN + 1];
	ssize_t	      n;

	while ((n = net_receive(&a->net, data, sizeof(data))) >= 0) {
		uint64_t	 us = now_us();
		enum talk_result r = talk_take(&a->talk, data, (size_t)n, us);

		if (r == TALK_REFUSED)
			continue;
		answered(a, us);
		if (r == TALK_PROVE)
			heartbeat_send(a);
	}
}

/* ---- the loop ---- */

/* Nobody answers: perhaps a NAT has forgotten us, or the server has moved. */
static void
silence_look(struct agent *a, uint64_t us)
{
	uint64_t since = us - a->answered_us;

	if (a->answered_us != 0 && since < SILENT_US)
		return;
	if (!a->silent && a->answered_us != 0)
		say("%s is silent", a->conf.server);
	a->silent = a->answered_us != 0;
	if (us - a->reopened_us >= SILENT_US) {
		a->reopened_us = us;
		net_reopen(&a->net);
	}
	if (us - a->net.asked_us >= RESOLVE_US)
		net_resolve(&a->net);
}

static void
turn(struct agent *a)
{
	uint64_t us = now_us();

	if (us >= a->look_us) {
		a->look_us = us + LOOK_US;
		net_look(&a->net);
	}
	if (us >= a->ping_us) {
		a->ping_us = us + US;
		site_ping(&a->site, us);
	}
	if (us - a->net.asked_us >= RESOLVE_KNOWN_US)
		net_resolve(&a->net);
	if (us < a->next_us)
		return;
	a->next_us += a->conf.interval_ms * 1000ull;
	if (a->next_us <= us)		/* we slept: what was missed is missed */
		a->next_us = us + a->conf.interval_ms * 1000ull;
	silence_look(a, us);
	heartbeat_send(a);
}

/* The first heartbeat waits for nothing but this. */
static void
resolved(void *arg)
{
	struct agent *a = arg;
	bool	      was_known = a->net.server_len > 0;

	net_resolved(&a->net);
	if (!was_known && a->net.server_len > 0)
		a->next_us = a->look_us = now_us();
}

static void
watches_set(struct agent *a)
{
	a->watch[0] = (struct watch){ a->net.fd, answers_read, a };
	a->watch[1] = (struct watch){ a->net.resolver_fd, resolved, a };
	a->watch[2] = (struct watch){ a->site.fd[0], site_readable4, &a->site };
	a->watch[3] = (struct watch){ a->site.fd[1], site_readable6, &a->site };
}

static void
wait_and_read(struct agent *a)
{
	struct pollfd p[WATCHES_MAX];
	uint64_t      us = now_us(), due = a->next_us < a->ping_us ? a->next_us : a->ping_us;
	unsigned      i;

	watches_set(a);
	for (i = 0; i < WATCHES_MAX; i++)
		p[i] = (struct pollfd){ .fd = a->watch[i].readable != NULL ? a->watch[i].fd : -1, .events = POLLIN };
	if (poll(p, WATCHES_MAX, due > us ? (int)((due - us + 999) / 1000) : 0) <= 0)
		return;
	for (i = 0; i < WATCHES_MAX; i++)
		if (p[i].fd != -1 && p[i].revents != 0 && a->watch[i].fd == p[i].fd)
			a->watch[i].readable(a->watch[i].arg);
}

int
main(int argc, char *argv[])
{
	static struct agent a;
	uint8_t		    key[HOME_KEY_MAX];
	size_t		    key_len = conf_read(&a.conf, argc, argv, key);
	uint64_t	    boot = 0;
	struct sigaction    end = { .sa_handler = on_end };

	if (a.conf.check) {
		printf("simpul-agent: the configuration is good: calls %s, port %u, each %g s\n", a.conf.server, a.conf.port,
		    a.conf.interval_ms / 1000.0);
		return EXIT_SUCCESS;
	}
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	signal(SIGPIPE, SIG_IGN);
	while (boot == 0)
		if (getrandom(&boot, sizeof(boot), 0) != sizeof(boot))
			boot = 0;
	talk_init(&a.talk, key, key_len, boot);
	hmac_wipe(key, sizeof(key));
	say_open(a.conf.syslog, a.conf.debug);
	if (rights_drop(&a.conf) == -1)
		return EXIT_FAILURE;
	net_init(&a.net, &a.conf);
	site_init(&a.site, &a.conf);
	net_resolve(&a.net);
	a.next_us = a.ping_us = now_us();
	while (!ended) {
		turn(&a);
		wait_and_read(&a);
	}
	return EXIT_SUCCESS;
}
