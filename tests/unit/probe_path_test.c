/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe_path_test.c: probes that leave by an interface or from an address of their own, over real sockets in a network
 * namespace with two ways to one host, IPv4 and IPv6; the interface goes and comes back with another index. Beside it: the
 * figures of a minute are there, whichever the family.
 *
 *	near  a0 10.9.0.1 fd09:0::1 ----- b0 10.9.0.2 fd09:0::2  far	10.9.9.9 fd09:9::9
 *	      a1 10.9.1.1 fd09:1::1 ----- b1 10.9.1.2 fd09:1::2
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "probes/engine.h"
#include "tests/unit/tap.h"

enum { ROUTED4 = 1, SIDE4, SIDE6, SIDE_TCP, SOURCE4, FOREIGN4, NOWHERE4, TARGETS };

static const struct {
	const char *name, *method, *address, *source, *interface;
} targets[TARGETS] = {
	[ROUTED4] = { "as routed", "icmp", "10.9.9.9", "", "" },
	[SIDE4] = { "by the other interface", "icmp", "10.9.9.9", "", "a1" },
	[SIDE6] = { "by the other interface, IPv6", "icmp", "fd09:9::9", "", "a1" },
	[SIDE_TCP] = { "by the other interface, TCP", "tcp", "10.9.9.9", "10.9.1.1", "a1" },
	[SOURCE4] = { "from the other address", "icmp", "10.9.9.9", "10.9.1.1", "" },
	[FOREIGN4] = { "from an address that is not ours", "icmp", "10.9.9.9", "10.9.1.77", "" },
	[NOWHERE4] = { "by an interface that is not there", "icmp", "10.9.9.9", "", "nosuch0" },
};

struct bench {
	struct loop	    *loop;
	struct packet_io    *io;
	struct probe_engine *engine;
	struct loop_timer    stop;
	unsigned	     good[TARGETS], lost[TARGETS], unknown[TARGETS];
	struct sample	     minute[TARGETS];
	bool		   (*enough)(struct bench *);
};

static int
command(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int
command(const char *format, ...)
{
	char	text[512];
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

/* A process that holds the far namespace. */
static pid_t
far_make(void)
{
	int   ready[2];
	char  byte;
	pid_t pid;

	if (pipe(ready) == -1 || (pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		if (unshare(CLONE_NEWNET) == -1 || write(ready[1], "", 1) != 1)
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

static int
cable(pid_t far, int i)
{
	return command("set -e; ip link add a%d type veth peer name b%d netns %d; ip addr add 10.9.%d.1/24 dev a%d;"
		       "ip addr add fd09:%d::1/64 dev a%d nodad; ip link set a%d up; at() { nsenter -t %d -n \"$@\"; };"
		       "at ip addr add 10.9.%d.2/24 dev b%d; at ip addr add fd09:%d::2/64 dev b%d nodad; at ip link set b%d up;"
		       "ip route add 10.9.9.9 via 10.9.%d.2 dev a%d metric %d; ip -6 route add fd09:9::9 via fd09:%d::2 dev a%d metric %d",
	    i, i, (int)far, i, i, i, i, i, (int)far, i, i, i, i, i, i, i, 10 + i, i, i, 10 + i);
}

static void
take_sample(void *arg, const struct sample *s)
{
	struct bench *b = arg;

	if (s->type == SAMPLE_DELAY)
		b->minute[s->series] = *s;
	else if (s->quality == QUALITY_GOOD)
		b->good[s->series]++;
	else if (s->quality == QUALITY_LOST)
		b->lost[s->series]++;
	else
		b->unknown[s->series]++;
	if (b->enough(b))
		loop_stop(b->loop, 0);
}

static void
take_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	if (kind == PACKET_ICMP)
		probe_engine_packet(((struct bench *)arg)->engine, in);
}

static void
give_up(void *arg)
{
	loop_stop(((struct bench *)arg)->loop, 1);
}

static int
run_until(struct bench *b, bool (*enough)(struct bench *))
{
	int rc, i;

	for (i = 0; i < TARGETS; i++)
		b->good[i] = b->lost[i] = b->unknown[i] = 0;
	b->enough = enough;
	loop_timer_set(b->loop, &b->stop, loop_mono_ns(b->loop) + 180 * NS_PER_S, give_up, b);
	rc = loop_run(b->loop);
	loop_timer_cancel(b->loop, &b->stop);
	return rc;
}

static void
plan(struct bench *b)
{
	uint32_t i;

	for (i = ROUTED4; i < TARGETS; i++) {
		struct msg_target t = { .kind = TARGET_PROBE, .number = i, .port = 7, .interval_ms = 1000, .timeout_ms = 1000 };

		snprintf(t.ref, sizeof(t.ref), "link/t%" PRIu32, i);
		text_copy(t.method, sizeof(t.method), targets[i].method);
		text_copy(t.interface, sizeof(t.interface), targets[i].interface);
		addr_parse(&t.address, targets[i].address);
		if (targets[i].source[0] != '\0')
			addr_parse(&t.source, targets[i].source);
		is_i64(probe_engine_target(b->engine, &t, NULL, 1), 0, targets[i].name);
	}
}

static bool
all_told(struct bench *b)
{
	int i;

	for (i = ROUTED4; i < TARGETS; i++)
		if (b->good[i] + b->lost[i] + b->unknown[i] < 2)
			return false;
	return true;
}

static bool
both_minutes(struct bench *b)
{
	return b->minute[SIDE4].series != 0 && b->minute[SIDE6].series != 0;
}

static bool
side_lost(struct bench *b)
{
	return b->lost[SIDE4] > 0 && b->lost[SIDE6] > 0 && b->lost[SIDE_TCP] > 0 && b->lost[SOURCE4] > 0 && b->good[ROUTED4] > 0;
}

static bool
side_unknown(struct bench *b)
{
	return b->unknown[SIDE4] > 0 && b->unknown[SIDE6] > 0 && b->unknown[SIDE_TCP] > 0;
}

static bool
side_good(struct bench *b)
{
	return b->good[SIDE4] > 0 && b->good[SIDE6] > 0 && b->good[SIDE_TCP] > 0;
}

static void
test_ways(struct bench *b)
{
	int i;

	is_i64(run_until(b, all_told), 0, "all have results");
	for (i = ROUTED4; i < TARGETS; i++) {
		bool can = i != FOREIGN4 && i != NOWHERE4;

		ok((can ? b->good[i] : b->unknown[i]) >= 2 && b->lost[i] == 0 && (can || b->good[i] == 0), "%s: %s", targets[i].name,
		    can ? "answers" : "not known, never lost");
	}
	ok(b->engine->no_path >= 4, "packets without a path are counted (%" PRIu64 ")", b->engine->no_path);
}

static void
test_minute(struct bench *b, int target)
{
	const double *v = b->minute[target].value;

	ok(v[DELAY_LOSS_RATIO] < 0.5 && v[DELAY_RTT_MIN_S] >= 0 && v[DELAY_RTT_P25_S] >= v[DELAY_RTT_MIN_S] &&
		v[DELAY_RTT_P50_S] >= v[DELAY_RTT_P25_S] && v[DELAY_RTT_P75_S] >= v[DELAY_RTT_P50_S] &&
		v[DELAY_RTT_P95_S] >= v[DELAY_RTT_P75_S] && v[DELAY_RTT_MAX_S] >= v[DELAY_RTT_P95_S] &&
		fabs(v[DELAY_PDV_P95_S] - (v[DELAY_RTT_P95_S] - v[DELAY_RTT_MIN_S])) < 1e-9 && v[DELAY_RTT_MAX_S] > 0,
	    "%s: the minute has all figures (median %.6f s)", targets[target].name, v[DELAY_RTT_P50_S]);
}

int
main(void)
{
	struct bench	      b = { .loop = NULL };
	const struct sink     sink = { .sample = take_sample, .arg = &b };
	struct packet_sockets s;
	pid_t		      far;

	log_open("probe_path_test", NULL);
	log_quiet(true);
	if (namespace_make() != 0 || (far = far_make()) == -1)
		return tap_skip_all("no right to a network namespace");
	if (cable(far, 0) != 0 || cable(far, 1) != 0 ||
	    command("at() { nsenter -t %d -n \"$@\"; }; at ip link set lo up && "
		    "at ip addr add 10.9.9.9/32 dev lo && at ip addr add fd09:9::9/128 dev lo nodad", (int)far) != 0) {
		kill(far, SIGKILL);
		return tap_skip_all("no virtual cables here");
	}
	b.loop = loop_new();
	if (packet_sockets_open(&s) == -1 || s.icmp4 == -1)
		return tap_skip_all("no right to raw sockets");
	b.io = packet_real_new(b.loop, &s);
	b.io->on_packet = take_packet;
	b.io->arg = &b;
	b.engine = probe_engine_new(b.loop, b.io, &sink, NULL, NULL);
	plan(&b);
	test_ways(&b);
	is_i64(run_until(&b, both_minutes), 0, "a minute is over");
	test_minute(&b, SIDE4);
	test_minute(&b, SIDE6);

	command("nsenter -t %d -n ip neigh replace 10.9.1.1 lladdr 02:00:00:00:00:77 dev b1 nud permanent", (int)far);
	command("nsenter -t %d -n ip neigh replace fd09:1::1 lladdr 02:00:00:00:00:77 dev b1 nud permanent", (int)far);
	is_i64(run_until(&b, side_lost), 0, "nothing comes back by a1: what goes by it is lost");
	is_i64(b.lost[ROUTED4], 0, "and nothing else");

	command("ip link del a1");
	is_i64(run_until(&b, side_unknown), 0, "the interface goes: results are unknown");
	is_i64(run_until(&b, side_unknown), 0, "and stay so");
	ok(b.lost[SIDE4] + b.lost[SIDE6] + b.lost[SIDE_TCP] == 0, "none is called lost");
	command("ip link add z9 type dummy 2>/dev/null || ip link add z9 type veth peer name z8");	/* takes an index */
	is_i64(cable(far, 1), 0, "it comes back, with another index");
	is_i64(run_until(&b, side_good), 0, "and is used again");

	probe_engine_free(b.engine);
	b.io->ops->free(b.io);
	loop_free(b.loop);
	kill(far, SIGKILL);
	waitpid(far, NULL, 0);
	return tap_done();
}
