/* SPDX-License-Identifier: GPL-3.0-or-later */
/* netns.c: see netns.h, namespaces(7), Documentation/networking/tuntap.rst of Linux. */
#include "tests/fleet/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

#define TUN_NAME  "wan0"
#define TUN_QUEUE 20000		/* packets that may wait for us: room for a burst to 5,000 links */

static int
file_write(const char *path, const char *fmt, ...) PRINTF_LIKE(2, 3);

static int
file_write(const char *path, const char *fmt, ...)
{
	int	fd = open(path, O_WRONLY | O_CLOEXEC), rc;
	va_list ap;

	if (fd == -1)
		return -1;
	va_start(ap, fmt);
	rc = vdprintf(fd, fmt, ap);
	va_end(ap);
	close(fd);
	return rc < 0 ? -1 : 0;
}

int
netns_enter(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWNET) == 0)
		return 0;
	if (errno != EPERM || unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1) {
		log_warn("no network namespace to be had (try --loopback)");
		return -1;
	}
	if (file_write("/proc/self/setgroups", "deny") == -1 ||
	    file_write("/proc/self/uid_map", "0 %u 1", uid) == -1 ||
	    file_write("/proc/self/gid_map", "0 %u 1", gid) == -1) {
		log_warn("cannot become root of the new user namespace");
		return -1;
	}
	return 0;
}

static void
set_address(struct ifreq *r, uint32_t addr)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr) };

	memcpy(&r->ifr_addr, &sin, sizeof(sin));
}

static int
interface_up(int fd, const char *name)
{
	struct ifreq r = { 0 };

	text_copy(r.ifr_name, sizeof(r.ifr_name), name);
	if (ioctl(fd, SIOCGIFFLAGS, &r) == -1)
		return -1;
	r.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &r);
}

static int
interface_configure(int fd)
{
	struct ifreq r = { .ifr_name = TUN_NAME };

	set_address(&r, NETNS_MONITOR);
	if (ioctl(fd, SIOCSIFADDR, &r) == -1)
		return -1;
	set_address(&r, NETNS_MASK);
	if (ioctl(fd, SIOCSIFNETMASK, &r) == -1)
		return -1;
	r.ifr_qlen = TUN_QUEUE;
	if (ioctl(fd, SIOCSIFTXQLEN, &r) == -1)
		log_debug("fleet",
		    "the queue of " TUN_NAME " stays short: only the host's root may make it longer");
	return interface_up(fd, TUN_NAME);
}

int
netns_tun_open(void)
{
	struct ifreq r = { .ifr_name = TUN_NAME, .ifr_flags = IFF_TUN | IFF_NO_PI };
	int	     tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), fd;

	if (tun == -1) {
		log_warn("/dev/net/tun (try --loopback)");
		return -1;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || ioctl(tun, TUNSETIFF, &r) == -1 || interface_up(fd, "lo") == -1 ||
	    interface_configure(fd) == -1) {
		log_warn("cannot make the TUN device " TUN_NAME " (try --loopback)");
		close(tun);
		tun = -1;
	}
	if (fd != -1)
		close(fd);
	return tun;
}
