/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * site.c: see agent.h. Pings are sent by ICMP datagram sockets (ping_group_range of ip(7)), which need no right where the
 * system allows them; one address of the list a second, an answer counts for 1 s.
 */
#include "probes/agent/agent.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_US   1000000
#define ECHO_LEN     16
#define ECHO_REPLY4  0
#define ECHO_ASK4    8
#define ECHO_ASK6    128
#define ECHO_REPLY6  129

static void
socket_open(struct site *s, unsigned i, int family, int protocol)
{
	unsigned k, wanted = 0;

	s->fd[i] = -1;
	for (k = 0; k < s->conf->npings; k++)
		wanted += s->conf->ping[k].family == (family == AF_INET6 ? 6 : 4);
	if (wanted == 0)
		return;
	s->fd[i] = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	if (s->fd[i] == -1)
		say("cannot ping: %s (the group of user %s must be in net.ipv4.ping_group_range)",
		    strerror(errno), s->conf->user);
}

void
site_init(struct site *s, const struct conf *c)
{
	memset(s, 0, sizeof(*s));
	s->conf = c;
	socket_open(s, 0, AF_INET, IPPROTO_ICMP);
	socket_open(s, 1, AF_INET6, IPPROTO_ICMPV6);
}

/* ---- pings ---- */

static void
decide(struct ping_target *t, uint32_t rtt_us)
{
	t->rtt_us[t->n++ % PING_LAST] = rtt_us;
	t->sent_us = 0;
}

static int
fd_of(const struct site *s, const struct home_address *a)
{
	return s->fd[a->family == 6];
}

static void
ask(const struct site *s, const struct home_address *to, struct ping_target *t, uint64_t us)
{
	struct sockaddr_in  to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	uint8_t		    msg[ECHO_LEN] = { to->family == 6 ? ECHO_ASK6 : ECHO_ASK4 };
	bool		    v6 = to->family == 6;

	/* Identifier and checksum are the kernel's. */
	if (getrandom(&t->nonce, sizeof(t->nonce), 0) != sizeof(t->nonce))
		return;
	t->seq++;
	msg[6] = (uint8_t)(t->seq >> 8);
	msg[7] = (uint8_t)t->seq;
	memcpy(msg + 8, &t->nonce, sizeof(t->nonce));
	memcpy(&to4.sin_addr, to->byte, sizeof(to4.sin_addr));
	memcpy(&to6.sin6_addr, to->byte, sizeof(to6.sin6_addr));
	t->sent_us = us;
	/* One that cannot be sent is one without an answer: to the people of the site it is the same. */
	if (sendto(fd_of(s, to), msg, sizeof(msg), MSG_DONTWAIT, v6 ? (struct sockaddr *)&to6 : (struct sockaddr *)&to4,
	    v6 ? sizeof(to6) : sizeof(to4)) == -1)
		decide(t, HOME_UNKNOWN_US);
}

void
site_ping(struct site *s, uint64_t us)
{
	unsigned i;

	for (i = 0; i < s->conf->npings; i++)
		if (s->ping[i].sent_us != 0 && us - s->ping[i].sent_us > TIMEOUT_US)
			decide(&s->ping[i], HOME_UNKNOWN_US);
	if (s->conf->npings == 0)
		return;
	i = s->next++ % s->conf->npings;
	if (fd_of(s, &s->conf->ping[i]) != -1 && s->ping[i].sent_us == 0)
		ask(s, &s->conf->ping[i], &s->ping[i], us);
}

static void
answers_read(struct site *s, unsigned family, uint8_t type)
{
	uint8_t	 msg[256];
	uint64_t nonce, us;
	ssize_t	 n;
	unsigned i;

	while ((n = recv(s->fd[family], msg, sizeof(msg), MSG_DONTWAIT)) > 0) {
		if (n < ECHO_LEN || msg[0] != type)
			continue;
		us = now_us();
		memcpy(&nonce, msg + 8, sizeof(nonce));
		for (i = 0; i < s->conf->npings; i++)
			if (s->ping[i].sent_us != 0 && s->ping[i].nonce == nonce && us - s->ping[i].sent_us <= TIMEOUT_US)
				decide(&s->ping[i], (uint32_t)(us - s->ping[i].sent_us));
	}
}

void
site_readable4(void *arg)
{
	answers_read(arg, 0, ECHO_REPLY4);
}

void
site_readable6(void *arg)
{
	answers_read(arg, 1, ECHO_REPLY6);
}

static int
by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
ping_fill(const struct ping_target *t, const struct home_address *to, struct home_ping *out)
{
	unsigned n = t->n < PING_LAST ? t->n : PING_LAST, i;
	uint32_t sorted[PING_LAST];

	memcpy(sorted, t->rtt_us, sizeof(sorted));
	qsort(sorted, n, sizeof(sorted[0]), by_size);	/* the lost ones last */
	out->to = *to;
	out->sent = (uint8_t)n;
	out->answered = 0;
	for (i = 0; i < n; i++)
		out->answered += sorted[i] != HOME_UNKNOWN_US;
	out->rtt_us = out->answered > 0 ? sorted[(out->answered - 1) / 2] : HOME_UNKNOWN_US;
}

/* ---- what the system says ---- */

static bool
counters_read(const char *interface, struct home_heartbeat *h)
{
	FILE	*f = fopen("/proc/net/dev", "re");
	char	 line[512];
	size_t	 len = strlen(interface);
	bool	 found = false;

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
		const char	  *name = line + strspn(line, " ");
		unsigned long long rx, tx;

		if (strncmp(name, interface, len) == 0 && name[len] == ':' &&
		    sscanf(name + len + 1, "%llu %*u %*u %*u %*u %*u %*u %*u %llu", &rx, &tx) == 2) {
			h->rx_octets = rx;
			h->tx_octets = tx;
			found = true;
		}
	}
	if (f != NULL)
		fclose(f);
	return found;
}

void
site_fill(const struct site *s, const char *interface, struct home_heartbeat *h)
{
	struct timespec up;
	unsigned	i;

	h->uptime_s = clock_gettime(CLOCK_BOOTTIME, &up) == 0 ? (uint32_t)up.tv_sec : HOME_UNKNOWN_S;
	if (s->conf->counters && interface[0] != '\0' && counters_read(interface, h))
		h->flags |= HOME_COUNTERS;
	h->npings = (uint8_t)s->conf->npings;
	for (i = 0; i < s->conf->npings; i++)
		ping_fill(&s->ping[i], &s->conf->ping[i], &h->ping[i]);
}
