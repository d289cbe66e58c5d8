/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ipc_test.c: channels over sockets and in-process behave alike; bad frames close them; full ones lose only what may be lost. */
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "ipc/msg.h"
#include "sample/sample.h"
#include "tests/unit/tap.h"

struct end {
	struct loop	   *loop;
	struct ipc_channel *ch;
	unsigned	    count, closed;
	uint32_t	    last_token, disorder;
	int		    fd;
	const char	   *why;
	unsigned	    stop_at;
};

static void
on_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct end *e = arg;

	(void)ch;
	e->disorder += msg->token < e->last_token;
	e->last_token = msg->token;
	if (msg->fd != -1)
		e->fd = msg->fd;
	if (++e->count == e->stop_at)
		loop_stop(e->loop, 0);
}

static void
on_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct end *e = arg;

	(void)ch;
	e->closed++;
	e->why = why;
	loop_stop(e->loop, 0);
}

static void
test_socket(void)
{
	struct end a = { .loop = loop_new(), .fd = -1 }, b = a;
	int	   fd[2], p[2];
	uint32_t   i;
	char	   c = 0;

	ipc_socketpair(fd);
	a.ch = ipc_open(a.loop, fd[0], "b", on_message, on_closed, &a);
	b.ch = ipc_open(a.loop, fd[1], "a", on_message, on_closed, &b);
	b.stop_at = 5000;
	for (i = 0; i < 5000; i++)
		ipc_send(a.ch, IPC_ROW, i, "0123456789", 10, -1);
	ok(ipc_queued(a.ch) > 0, "socket: more than the kernel takes waits in memory");
	loop_run(a.loop);
	ok(b.count == 5000 && b.disorder == 0, "socket: all frames arrive in order");
	if (pipe(p) == -1)
		return;
	b.stop_at = b.count + 1;
	ipc_take_fds(b.ch);
	ipc_send(a.ch, IPC_CHANNEL, 0, "x", 1, p[1]);
	loop_run(a.loop);
	ok(b.fd != -1 && write(b.fd, "!", 1) == 1 && read(p[0], &c, 1) == 1 && c == '!', "socket: a descriptor comes along");
	close(p[0]);
	close(p[1]);
	close(b.fd);
	ipc_free(a.ch);
	loop_run(a.loop);
	ok(b.closed == 1, "socket: the other end hears of the close (%s)", b.why);
	ok(ipc_send(b.ch, IPC_STOP, 0, NULL, 0, -1) == -1, "socket: a closed channel takes nothing");
	ipc_free(b.ch);
	loop_free(a.loop);
}

static void
on_taken_back(void *arg, const uint8_t *data, size_t len)
{
	uint32_t *next = arg, v = len >= 4 ? (uint32_t)(data[0] | data[1] << 8) : 0;

	*next = v == *next ? v + 1 : UINT32_MAX / 2;
}

/* A peer that reads nothing and dies: what it was not given can be had again, in order. */
static void
test_take_back(void)
{
	static uint8_t bytes[30000];
	struct end     a = { .loop = loop_new(), .fd = -1 };
	uint32_t       i, given, next;
	int	       fd[2];

	ipc_socketpair(fd);
	a.ch = ipc_open(a.loop, fd[0], "b", on_message, on_closed, &a);
	for (i = 0; i < 300; i++) {
		bytes[0] = (uint8_t)i;
		bytes[1] = (uint8_t)(i >> 8);
		ipc_send(a.ch, IPC_SAMPLES, 0, bytes, sizeof(bytes), -1);
		if (i == 150)
			ipc_send(a.ch, IPC_STOP, 0, NULL, 0, -1);
	}
	given = next = 300 - (uint32_t)(ipc_queued(a.ch) / sizeof(bytes));
	ok(given > 0 && given < 150, "take back: the kernel has taken %u of 300 frames", given);
	ipc_take_back(a.ch, IPC_SAMPLES, on_taken_back, &next);
	is_i64(next, 300, "take back: all others come, in order");
	is_i64((int64_t)ipc_queued(a.ch), IPC_HEAD, "take back: what is of another type stays");
	is_i64(ipc_send(a.ch, IPC_SAMPLES, 0, bytes, 4, -1), 0, "take back: the queue goes on");
	next = 299 % 256 + 256;
	ipc_take_back(a.ch, IPC_SAMPLES, on_taken_back, &next);
	is_i64(next, 300, "take back: and gives what came later");
	close(fd[1]);
	ipc_free(a.ch);
	loop_free(a.loop);
}

/* Descriptors run out while frames wait: better no frame than one without its descriptor. */
static void
test_no_descriptors(void)
{
	struct end    a = { .loop = loop_new(), .fd = -1 }, b = a;
	struct rlimit all, few;

	ipc_pair(a.loop, &a.ch, "b", &b.ch, "a");
	ipc_handlers(b.ch, on_message, on_closed, &b);
	getrlimit(RLIMIT_NOFILE, &all);
	few = (struct rlimit){ .rlim_cur = 3, .rlim_max = all.rlim_max };
	setrlimit(RLIMIT_NOFILE, &few);
	log_quiet(true);
	is_i64(ipc_send(a.ch, IPC_CHANNEL, 0, "x", 1, 0), -1, "no descriptor left: the frame is refused");
	log_quiet(false);
	setrlimit(RLIMIT_NOFILE, &all);
	is_i64((int64_t)ipc_queued(a.ch), 0, "and does not go without it");
	ipc_free(a.ch);
	ipc_free(b.ch);
	loop_free(a.loop);
}

static void
on_bad(void *arg)
{
	++*(unsigned *)arg;
}

/* The owner's own judgement closes as a bad frame does; a peer that goes is not a bad one. */
static void
test_reject(void)
{
	struct end e = { .loop = loop_new(), .fd = -1 };
	unsigned   bad = 0, round;
	int	   fd[2];

	for (round = 0; round < 2; round++) {
		ipc_socketpair(fd);
		e.ch = ipc_open(e.loop, fd[0], "child", on_message, on_closed, &e);
		ipc_on_bad(e.ch, on_bad, &bad);
		if (round == 0)
			close(fd[1]);
		else
			ipc_reject(e.ch, "bad message: no use");
		ok(e.closed == round, "round %u: closed is not called at once", round);
		loop_run(e.loop);
		ok(e.closed == round + 1 && bad == round, "round %u: closed (%s)", round, e.why);
		ipc_free(e.ch);
	}
	close(fd[1]);
	loop_free(e.loop);
}

static void
test_bad_frames(void)
{
	static const struct {
		const char *name;
		uint8_t	    bytes[25];
		size_t	    len;
		const char *why;
	} bad[] = {
		{ "short head", { 0, 0, 0, 0, 3 }, 5, "bad message: head" },
		{ "length does not fit", { 9, 0, 0, 0, IPC_STOP, 0, 1 }, 16, "bad message: head" },
		{ "unknown type", { 0, 0, 0, 0, 255, 0, 1 }, 16, "bad message: type" },
		{ "type 0", { 0, 0, 0, 0, 0, 0, 1 }, 16, "bad message: type" },
		{ "version 2", { 0, 0, 0, 0, IPC_STOP, 0, 2 }, 16, "bad message: head" },
		{ "not zero", { 0, 0, 0, 0, IPC_STOP, 0, 1, 0, 0, 0, 0, 0, 1 }, 16, "bad message: head" },
		{ "longer than its type allows", { 9, 0, 0, 0, IPC_STOP, 0, 1 }, 25, "bad message: length" },
		{ "descriptor missing", { 0, 0, 0, 0, IPC_CHANNEL, 0, 1 }, 16, "bad message: descriptor" },
	};
	size_t i;

	for (i = 0; i < nitems(bad); i++) {
		struct end e = { .loop = loop_new(), .fd = -1 };
		unsigned   told = 0;
		int	   fd[2];

		ipc_socketpair(fd);
		e.ch = ipc_open(e.loop, fd[0], "child", on_message, on_closed, &e);
		ipc_on_bad(e.ch, on_bad, &told);
		if (write(fd[1], bad[i].bytes, bad[i].len) != (ssize_t)bad[i].len)
			ok(false, "write");
		loop_run(e.loop);
		ok(e.closed == 1 && e.count == 0 && told == 1 && strcmp(e.why, bad[i].why) == 0, "%s: closed (%s)", bad[i].name, e.why);
		ipc_free(e.ch);
		close(fd[1]);
		loop_free(e.loop);
	}
}

/* Send a CHANNEL frame with n copies of a descriptor. */
static void
send_fds(int to, int fd, unsigned n)
{
	static const uint8_t frame[16] = { 0, 0, 0, 0, IPC_CHANNEL, 0, 1 };
	union {
		struct cmsghdr align;
		uint8_t	       bytes[CMSG_SPACE(4 * sizeof(int))];
	} control = { 0 };
	struct iovec   iov = { (void *)(uintptr_t)frame, sizeof(frame) };
	struct msghdr  mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);

	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(n * sizeof(int));
	for (unsigned i = 0; i < n; i++)
		memcpy(CMSG_DATA(cm) + i * sizeof(int), &fd, sizeof(fd));
	if (sendmsg(to, &mh, 0) == -1)
		ok(false, "sendmsg");
}

static int
lowest_free_fd(void)
{
	int fd = dup(STDIN_FILENO);

	close(fd);
	return fd;
}

/* What the peer passes uninvited must not stay open: it would eat up our descriptors. */
static void
test_uninvited_fds(void)
{
	unsigned n;

	for (n = 1; n <= 3; n++) {
		struct end e = { .loop = loop_new(), .fd = -1 };
		int	   fd[2], before;

		ipc_socketpair(fd);
		e.ch = ipc_open(e.loop, fd[0], "child", on_message, on_closed, &e);
		before = lowest_free_fd();
		send_fds(fd[1], fd[1], n);
		loop_run(e.loop);
		ok(e.closed == 1 && e.count == 0, "%u uninvited descriptors: closed (%s)", n, e.why);
		ok(lowest_free_fd() == before, "%u uninvited descriptors: none stays open", n);
		ipc_free(e.ch);
		close(fd[1]);
		loop_free(e.loop);
	}
}

static void
test_several_fds(void)
{
	struct end e = { .loop = loop_new(), .fd = -1, .stop_at = 1 };
	int	   fd[2], before;

	ipc_socketpair(fd);
	e.ch = ipc_open(e.loop, fd[0], "parent", on_message, on_closed, &e);
	ipc_take_fds(e.ch);
	before = lowest_free_fd();
	send_fds(fd[1], fd[1], 2);
	loop_run(e.loop);
	ok(e.count == 1 && e.fd != -1, "of two descriptors one is handed over");
	close(e.fd);
	ok(lowest_free_fd() == before, "and the other does not stay open");
	ipc_free(e.ch);
	close(fd[1]);
	loop_free(e.loop);
}

static void
test_bound(void)
{
	struct end e = { .loop = loop_new(), .fd = -1 };
	static uint8_t big[60000];
	int	   fd[2], i, refused = 0;

	ipc_socketpair(fd);
	e.ch = ipc_open(e.loop, fd[0], "stuck", on_message, on_closed, &e);
	ipc_queue_max(e.ch, 1 << 20);
	ipc_send(e.ch, IPC_PLAN_BEGIN, 1, NULL, 0, -1);
	for (i = 0; i < 200; i++)
		refused += ipc_send(e.ch, IPC_SAMPLES, 2, big, sizeof(big), -1) == -1;
	ok(ipc_queued(e.ch) <= 1 << 20 && ipc_dropped(e.ch) > 0 && refused == 0, "a stuck peer: the oldest samples go, %llu of 200",
	    (unsigned long long)ipc_dropped(e.ch));
	for (i = 0; i < 3000; i++)
		refused += ipc_send(e.ch, IPC_TARGET, 3, big, 1000, -1) == -1;
	ok(refused > 0 && ipc_queued(e.ch) <= 1 << 20, "a stuck peer: what may not be lost is refused at the bound");
	ipc_free(e.ch);
	close(fd[1]);
	loop_free(e.loop);
}

static void
test_pair(void)
{
	struct end a = { .loop = loop_new_virtual(1, 0), .fd = -1 }, b = a;
	uint32_t   i;

	ipc_pair(a.loop, &a.ch, "b", &b.ch, "a");
	ipc_handlers(a.ch, on_message, on_closed, &a);
	ipc_handlers(b.ch, on_message, on_closed, &b);
	for (i = 0; i < 10; i++)
		ipc_send(a.ch, IPC_ALIVE, i, NULL, 0, -1);
	ok(b.count == 0, "pair: nothing is delivered from inside send");
	loop_run_until(a.loop, loop_mono_ns(a.loop));
	ok(b.count == 10 && b.disorder == 0, "pair: delivered by the loop, in order");
	ipc_send(a.ch, IPC_ALIVE, 11, NULL, 0, -1);
	ipc_free(a.ch);
	loop_run_until(a.loop, loop_mono_ns(a.loop));
	ok(b.count == 11 && b.closed == 1, "pair: what was sent before the close still arrives, then the close is heard");
	ipc_free(b.ch);
	loop_free(a.loop);
}

static void
collect(void *arg, const struct sample *s)
{
	struct sample *copy = arg;

	copy[s->type] = *s;
}

static void
test_samples(void)
{
	static struct sample seen[SAMPLE_TYPES];
	struct sample	     round = { .series = 7, .type = SAMPLE_ROUND, .quality = QUALITY_LOST, .wall_ns = 5000000, .n = ROUND_VALUES,
			  .value = { 5, 0, 1, 2, NAN } };
	struct sample rate = { .series = 8, .type = SAMPLE_RATE, .wall_ns = 9000000, .seconds = 60, .n = 4,
		.value = { 1e9, NAN, 0, 0.25 } };
	struct sample fact = { .series = 9, .type = SAMPLE_FACT, .wall_ns = -1000, .text = "state down" };
	struct sample_batch b = { 0 };
	size_t		    cut, accepted = 0;

	sample_batch_add(&b, &round, 1000000, 77);
	sample_batch_add(&b, &rate, 0, 0);
	sample_batch_add(&b, &fact, 0, 0);
	is_i64(samples_each(b.payload.data, b.payload.len, collect, seen), 3, "samples: three come back");
	is_i64(b.payload.data[16 + 2], 8, "samples: a round in order has 8 bytes of values");
	ok(seen[SAMPLE_ROUND].series == 7 && seen[SAMPLE_ROUND].quality == QUALITY_LOST && seen[SAMPLE_ROUND].wall_ns == 5000000 &&
	    seen[SAMPLE_ROUND].value[ROUND_LATE] == 2 && isnan(seen[SAMPLE_ROUND].value[ROUND_RTT_P50_S]) && seen[SAMPLE_ROUND].value[ROUND_REORDERED] == 0,
	    "samples: a round");
	ok(seen[SAMPLE_RATE].n == 4 && seen[SAMPLE_RATE].value[0] == 1e9 && isnan(seen[SAMPLE_RATE].value[1]) &&
	    seen[SAMPLE_RATE].value[2] == 0 && seen[SAMPLE_RATE].seconds == 60, "samples: unknown and zero stay apart");
	ok(seen[SAMPLE_FACT].wall_ns == -1000 && strcmp(seen[SAMPLE_FACT].text, "state down") == 0, "samples: a fact");
	for (cut = 17; cut < b.payload.len; cut++)
		accepted += samples_each(b.payload.data, cut, NULL, NULL) != -1;
	is_i64((int64_t)accepted, 2, "samples: a payload cut anywhere but between records is refused");
	round.value[ROUND_REORDERED] = 3;
	sample_batch_reset(&b);
	sample_batch_add(&b, &round, 1000000, 77);
	is_i64(samples_each(b.payload.data, b.payload.len, collect, seen), 1, "samples: a round with answers out of order");
	ok(b.payload.data[16 + 2] == 9 && seen[SAMPLE_ROUND].value[ROUND_REORDERED] == 3, "samples: has one more, which says how many");
	ok(sample_rebase(b.payload.data + 16, 1000000, 3000000) == 0, "samples: a record moves to another base");
	memset(seen, 0, sizeof(seen));
	sample_batch_free(&b);
	is_i64(series_value_index(series_kind_find("link/s013-1"), "pdv_p95_s"), 11, "series: a value's place");
	ok(series_kind_find("links/x") == NULL, "series: an unknown kind");
}

int
main(void)
{
	test_socket();
	test_take_back();
	test_no_descriptors();
	test_bad_frames();
	test_reject();
	test_uninvited_fds();
	test_several_fds();
	test_bound();
	test_pair();
	test_samples();
	return tap_done();
}
