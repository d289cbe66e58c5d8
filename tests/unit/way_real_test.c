/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * way_real_test.c: traces and path MTU with the kernel's own routers, IPv4 and IPv6, in network namespaces:
 *time to live and the path of each packet, errors as Linux writes them.
 *
 *	near  a0 10.9.0.1 fd09:0::1 ----- b0 10.9.0.2 fd09:0::2  router  c 10.9.5.1 fd09:5::1 ----- d 10.9.5.2
 *fd09:5::2  far a1 10.9.1.1 fd09:1::1 ----- b1 10.9.1.2 fd09:1::2	 (MTU of c and d: 1400)
 */
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "probes/engine.h"
#include "probes/way.h"
#include "tests/unit/tap.h"

#define TRIES 20

struct bench {
	struct loop	    *loop;
	struct packet_io    *io;
	struct ways	    *ways;
	struct loop_timer    stop;
	struct msg_trace_done trace;
	struct msg_mtu_done  mtu;
};

static int
command(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int
command(const char *format, ...)
{
	char	text[600];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return system(text);
}

static void
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd == -1 || write(fd, text, strlen(text)) == -1)
		printf("# cannot write %s\n", path);
	if (fd != -1)
		close(fd);
}

/* A namespace of our own, root in it. @return 0, or -1 */
static int
namespace_make(void)
{
	char map[64];
	int  uid = (int)getuid(), gid = (int)getgid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1)
		return -1;
	snprintf(map, sizeof(map), "0 %d 1", uid);
	write_file("/proc/self/uid_map", map);
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %d 1", gid);
	write_file("/proc/self/gid_map", map);
	return command("ip link set lo up");
}

/* A process that holds another namespace, and forwards. */
static pid_t
host_make(void)
{
	int   ready[2];
	char  byte;
	pid_t pid;

	if (pipe(ready) == -1 || (pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		if (unshare(CLONE_NEWNET) == -1)
			_exit(1);
		write_file("/proc/sys/net/ipv4/ip_forward", "1");
		write_file("/proc/sys/net/ipv6/conf/all/forwarding", "1");
		write_file("/proc/sys/net/ipv4/icmp_ratelimit", "0");
		write_file("/proc/sys/net/ipv6/icmp/ratelimit", "0");
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

/* A cable to the router, and the way over it to the far network. */
static int
cable(pid_t router, int i)
{
	return command(
	    "set -e; ip link add a%d type veth peer name b%d netns %d; ip addr add 10.9.%d.1/24 dev a%d;"
	    "ip addr add fd09:%d::1/64 dev a%d nodad; ip link set a%d up; at() { nsenter -t %d -n \"$@\"; };"
	    "at ip addr add 10.9.%d.2/24 dev b%d; at ip addr add fd09:%d::2/64 dev b%d nodad; at ip link set "
	    "b%d up;"
	    "ip route add 10.9.5.0/24 via 10.9.%d.2 dev a%d metric %d;"
	    "ip -6 route add fd09:5::/64 via fd09:%d::2 dev a%d metric %d",
	    i, i, (int)router, i, i, i, i, i, (int)router, i, i, i, i, i, i, i, 10 + i, i, i, 10 + i);
}

static int
far_cable(pid_t router, pid_t far)
{
	return command("set -e; at() { nsenter -t %d -n \"$@\"; }; far() { nsenter -t %d -n \"$@\"; };"
		       "at ip link add c type veth peer name d netns %d; at ip link set dev c mtu 1400; far "
		       "ip link set dev d mtu 1400;"
		       "at ip addr add 10.9.5.1/24 dev c; at ip addr add fd09:5::1/64 dev c nodad; at ip "
		       "link set dev c up;"
		       "far ip addr add 10.9.5.2/24 dev d; far ip addr add fd09:5::2/64 dev d nodad; far ip "
		       "link set dev d up;"
		       "far ip route add default via 10.9.5.1; far ip -6 route add default via fd09:5::1",
	    (int)router, (int)far, (int)far);
}

static void
take_frame(void *arg, uint16_t type, uint32_t token, const struct buf *payload)
{
	struct bench *b = arg;

	(void)token;
	if (type == IPC_TRACE_DONE)
		msg_trace_done_decode(&b->trace, payload->data, payload->len);
	else
		msg_mtu_done_decode(&b->mtu, payload->data, payload->len);
	loop_stop(b->loop, 0);
}

static void
take_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	if (kind == PACKET_ICMP)
		ways_packet(((struct bench *)arg)->ways, in);
}

static void
give_up(void *arg)
{
	loop_stop(((struct bench *)arg)->loop, 1);
}

static void
wait_frame(struct bench *b)
{
	loop_timer_set(b->loop, &b->stop, loop_mono_ns(b->loop) + 180 * NS_PER_S, give_up, b);
	if (loop_run(b->loop) != 0)
		ok(false, "it ends");
	loop_timer_cancel(b->loop, &b->stop);
}

static void
test_way(struct bench *b, const char *target, const char *interface, const char *router)
{
	struct probe_path path = { .index = (int)if_nametoindex(interface) };
	struct probe	  p = { .number = 1, .path = &path };
	char		  first[ADDR_TEXT_MAX];
	int		  tries = 0;

	addr_parse(&p.address, target);
	do {	/* neighbours of IPv6 find each other in their own time */
		ways_trace(b->ways, &p, &(struct msg_trace_now){ .number = 1 });
		wait_frame(b);
	} while (!b->trace.reached && ++tries < TRIES);
	ok(b->trace.reached && b->trace.nhops == 2, "%s by %s: two hops (%u)", target, interface,
	    b->trace.nhops);
	is_text(addr_text(&b->trace.hop[0].addr[0], first), router, "the router, by the address of that way");
	is_text(addr_text(&b->trace.hop[1].addr[0], first), target, "then the target");
	is_i64(b->trace.hop[0].answered, 3, "each of three packets is answered");
	ways_mtu(b->ways, &p);
	wait_frame(b);
	ok(b->mtu.verdict == MTU_TOLD && b->mtu.mtu == 1400 && b->mtu.told == 1400,
	    "1400 bytes pass, as the router says (%u, %u)", b->mtu.mtu, b->mtu.told);
	is_text(addr_text(&b->mtu.by, first), router, "which it is");
}

int
main(void)
{
	struct bench	      b = { .loop = NULL };
	struct packet_sockets s;
	pid_t		      router, far;

	log_open("way_real_test", NULL);
	log_quiet(true);
	if (namespace_make() != 0 || (router = host_make()) == -1)
		return tap_skip_all("no right to a network namespace");
	far = host_make();
	if (far == -1 || cable(router, 0) != 0 || cable(router, 1) != 0 || far_cable(router, far) != 0) {
		kill(router, SIGKILL);
		if (far != -1)
			kill(far, SIGKILL);
		return tap_skip_all("no virtual cables here");
	}
	b.loop = loop_new();
	if (packet_sockets_open(&s) == -1 || s.icmp4 == -1)
		return tap_skip_all("no right to raw sockets");
	b.io = packet_real_new(b.loop, &s);
	b.io->on_packet = take_packet;
	b.io->arg = &b;
	b.ways = ways_new(b.loop, b.io, take_frame, &b);
	test_way(&b, "10.9.5.2", "a0", "10.9.0.2");
	test_way(&b, "10.9.5.2", "a1", "10.9.1.2");
	test_way(&b, "fd09:5::2", "a0", "fd09::2");
	test_way(&b, "fd09:5::2", "a1", "fd09:1::2");
	ways_free(b.ways);
	b.io->ops->free(b.io);
	loop_free(b.loop);
	kill(router, SIGKILL);
	kill(far, SIGKILL);
	waitpid(router, NULL, 0);
	waitpid(far, NULL, 0);
	return tap_done();
}
