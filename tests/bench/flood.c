/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flood.c: sends frames of 60 octets out of an interface, so many a second, from one host of 10.1.0.0/16 after the other.
 *
 *	flood INTERFACE FRAMES_PER_S SECONDS
 *
 * Prints how many it has sent, and in which time.
 */
#include <errno.h>
#include <net/if.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "tests/unit/frames.h"

#define BATCH  64
#define OCTETS 60

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void
sleep_until(int64_t ns)
{
	const struct timespec ts = { ns / NS_PER_S, ns % NS_PER_S };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

static void
frames_make(struct frame *f, struct iovec *iov, struct mmsghdr *msg)
{
	char   src[24];
	size_t i;

	for (i = 0; i < BATCH; i++) {
		snprintf(src, sizeof(src), "10.1.0.%zu", i + 1);
		memset(&f[i], 0, sizeof(f[i]));
		f_ethernet(&f[i], 0, 0x0800);
		f_ipv4(&f[i], src, "192.0.2.9", IPPROTO_UDP, OCTETS - 34);
		f_udp(&f[i], 4000, 4000, OCTETS - 42);
		iov[i] = (struct iovec){ f[i].data, OCTETS };
		msg[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
}

int
main(int argc, char *argv[])
{
	static struct frame   f[BATCH];
	static struct iovec   iov[BATCH];
	static struct mmsghdr msg[BATCH];
	struct sockaddr_ll    sll = { .sll_family = AF_PACKET };
	int64_t		      begin, end;
	uint64_t	      sent = 0, rate;
	int		      fd = socket(AF_PACKET, SOCK_RAW, 0), n;

	if (argc != 4 || fd == -1)
		return EXIT_FAILURE;
	sll.sll_ifindex = (int)if_nametoindex(argv[1]);
	rate = strtoull(argv[2], NULL, 10);
	if (rate == 0 || bind(fd, (struct sockaddr *)&sll, sizeof(sll)) == -1)
		return EXIT_FAILURE;
	frames_make(f, iov, msg);
	begin = now_ns();
	end = begin + (int64_t)strtoull(argv[3], NULL, 10) * NS_PER_S;
	while (now_ns() < end) {
		sleep_until(begin + (int64_t)(sent * (uint64_t)NS_PER_S / rate));
		if ((n = sendmmsg(fd, msg, BATCH, 0)) > 0)
			sent += (uint64_t)n;
	}
	printf("%llu %.6f\n", (unsigned long long)sent, (double)(now_ns() - begin) / NS_PER_S);
	return EXIT_SUCCESS;
}
