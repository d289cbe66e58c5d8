/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ipc.c: channels. A frame that cannot be sent at once waits in a list; the list has a bound (queue.c).
 *
 * The in-process pair delivers through a timer that is due now, so a receiver never runs inside the sender's
 * call and the order of events does not depend on how the processes are laid out.
 */
#include "ipc/private.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

#define QUEUE_MAX_DEFAULT (16u << 20)
#define READ_SLICE	  64	/* frames taken per turn, so that one chatty peer does not starve the timers */
#define SOCKET_BUFFER	  (1 << 20)

const struct ipc_type_info ipc_types[IPC_TYPES] = {
	[IPC_HELLO] = { "HELLO", 64, false, false },
	[IPC_CHANNEL] = { "CHANNEL", 64, false, true },
	[IPC_ALIVE] = { "ALIVE", 16, true, false },
	[IPC_STOP] = { "STOP", 8, false, false },
	[IPC_COUNTERS] = { "COUNTERS", 4096, true, false },
	[IPC_ACCUSE] = { "ACCUSE", 64, false, false },
	[IPC_FILE] = { "FILE", 256, false, true },
	[IPC_ROW] = { "ROW", 8192, false, false },
	[IPC_CONF_ERROR] = { "CONF_ERROR", 4096, false, false },
	[IPC_CONF_END] = { "CONF_END", 64, false, false },
	[IPC_ENGINE] = { "ENGINE", 2048, false, false },
	[IPC_INSTANCE] = { "INSTANCE", 512, false, false },
	[IPC_RELOAD] = { "RELOAD", 8, false, false },
	[IPC_PLAN_BEGIN] = { "PLAN_BEGIN", 16, false, false },
	[IPC_TARGET] = { "TARGET", 2048, false, false },
	[IPC_PORT] = { "PORT", 512, false, false },
	[IPC_PLAN_END] = { "PLAN_END", 16, false, false },
	[IPC_PROBE_NOW] = { "PROBE_NOW", 4096, false, false },
	[IPC_SAMPLES] = { "SAMPLES", IPC_PAYLOAD_MAX, true, false },
	[IPC_PROBE_DONE] = { "PROBE_DONE", 16384, false, false },
	[IPC_TARGET_STATE] = { "TARGET_STATE", 512, false, false },
	[IPC_TARGET_WORDS] = { "TARGET_WORDS", 4096, false, false },
	[IPC_PROBE_FACT] = { "PROBE_FACT", 512, true, false },
	[IPC_PORT_FOUND] = { "PORT_FOUND", 768, false, false },
	[IPC_PORTS_END] = { "PORTS_END", 64, false, false },
	[IPC_NEIGHBOUR] = { "NEIGHBOUR", 1024, false, false },
	[IPC_DISCOVER] = { "DISCOVER", 4096, false, false },
	[IPC_DISCOVERED] = { "DISCOVERED", 4096, false, false },
	[IPC_DISCOVER_END] = { "DISCOVER_END", 512, false, false },
	[IPC_PROFILE] = { "PROFILE", 16384, false, false },
	[IPC_PROFILE_TABLE] = { "PROFILE_TABLE", 1024, false, false },
	[IPC_PROFILE_VALUE] = { "PROFILE_VALUE", 2048, false, false },
	[IPC_SENSOR] = { "SENSOR", 512, false, false },
	[IPC_SENSOR_FOUND] = { "SENSOR_FOUND", 1024, false, false },
	[IPC_PROFILE_TEST] = { "PROFILE_TEST", 64, false, false },
	[IPC_PROFILE_TESTED] = { "PROFILE_TESTED", 1024, false, false },
	[IPC_PROFILE_TEST_END] = { "PROFILE_TEST_END", 512, false, false },
	[IPC_SERIES_PLAN] = { "SERIES_PLAN", 2048, false, false },
	[IPC_SERIES_READ] = { "SERIES_READ", 4096, false, false },
	[IPC_SERIES_ROWS] = { "SERIES_ROWS", IPC_PAYLOAD_MAX, false, false },
	[IPC_SERIES_END] = { "SERIES_END", 256, false, false },
	[IPC_FLUSH] = { "FLUSH", 256, false, false },
	[IPC_DURABLE] = { "DURABLE", 24, true, false },
	[IPC_STORE_STATE] = { "STORE_STATE", 512, false, false },
	[IPC_BROKER_PLAN] = { "BROKER_PLAN", 8192, false, false },
	[IPC_OUTBOX_ITEM] = { "OUTBOX_ITEM", IPC_PAYLOAD_MAX, false, false },
	[IPC_OUTBOX_DONE] = { "OUTBOX_DONE", 256, false, false },
	[IPC_BROKER_STATE] = { "BROKER_STATE", 256, false, false },
	[IPC_COMMAND] = { "COMMAND", 20480, false, false },
	[IPC_COMMAND_REPLY] = { "COMMAND_REPLY", 8192, false, false },
	[IPC_TRAP_PLAN] = { "TRAP_PLAN", 64, false, false },
	[IPC_TRAP_SECRET] = { "TRAP_SECRET", 256, false, true },
	[IPC_TRAP] = { "TRAP", 512, true, false },
	[IPC_TRAP_STRANGER] = { "TRAP_STRANGER", 512, true, false },
	[IPC_TRAP_STATE] = { "TRAP_STATE", 1024, false, false },
	[IPC_POLL_NOW] = { "POLL_NOW", 16, false, false },
	[IPC_RECORD_BEGIN] = { "RECORD_BEGIN", 32, false, false },
	[IPC_RECORD_PACKETS] = { "RECORD_PACKETS", 2048, false, false },
	[IPC_RECORD_END] = { "RECORD_END", 16, false, false },
	[IPC_TRACE_NOW] = { "TRACE_NOW", 16, false, false },
	[IPC_TRACE_DONE] = { "TRACE_DONE", 2560, false, false },
	[IPC_MTU_DONE] = { "MTU_DONE", 64, false, false },
	[IPC_CAPTURE_PLAN] = { "CAPTURE_PLAN", 64, false, false },
	[IPC_CAPTURE_SITE] = { "CAPTURE_SITE", 128, true, false },
	[IPC_CAPTURE_TALKERS] = { "CAPTURE_TALKERS", 512, true, false },
	[IPC_CAPTURE_STATE] = { "CAPTURE_STATE", 512, true, false },
};

static struct ipc_channel *
channel_new(struct loop *l, const char *peer)
{
	struct ipc_channel *ch = xcalloc(1, sizeof(*ch));

	ch->loop = l;
	ch->fd = -1;
	ch->last = &ch->first;
	ch->queue_max = QUEUE_MAX_DEFAULT;
	text_copy(ch->peer, sizeof(ch->peer), peer);
	return ch;
}

/* ---- closing ---- */

static void
report_closed(void *arg)
{
	struct ipc_channel *ch = arg;

	if (ch->reported)
		return;
	ch->reported = true;
	if (ch->closed != NULL)
		ch->closed(ch->arg, ch, ch->closed_why);
}

/* Tell the owner from the loop, not from inside the call that found out. */
static void
channel_close(struct ipc_channel *ch, const char *why)
{
	if (ch->closed_why != NULL)
		return;
	ch->closed_why = why;
	loop_io_free(ch->io);
	ch->io = NULL;
	loop_timer_set(ch->loop, &ch->deliver, loop_mono_ns(ch->loop), report_closed, ch);
}

void
ipc_reject(struct ipc_channel *ch, const char *why)
{
	if (ch->closed_why != NULL)
		return;
	log_warnx("%s: %s", ch->peer, why);
	channel_close(ch, why);
	if (ch->bad != NULL)
		ch->bad(ch->bad_arg);
}

void
ipc_on_bad(struct ipc_channel *ch, void (*bad)(void *arg), void *arg)
{
	ch->bad = bad;
	ch->bad_arg = arg;
}

void
ipc_own(struct ipc_channel *ch, void *memory)
{
	ch->owned = memory;
}

void
ipc_free(struct ipc_channel *ch)
{
	struct frame *f;

	if (ch == NULL)
		return;
	if (ch->freed != NULL)
		*ch->freed = true;
	loop_timer_cancel(ch->loop, &ch->deliver);
	loop_io_free(ch->io);
	if (ch->fd != -1)
		close(ch->fd);
	if (ch->other != NULL) {
		ch->other->other = NULL;
		/* Frames already handed over are still delivered to the other end before it hears of the close. */
		if (ch->other->first == NULL)
			channel_close(ch->other, "peer closed");
	}
	while ((f = ipc_frame_take(ch)) != NULL)
		ipc_frame_free(f);
	free(ch->owned);
	free(ch->in);
	free(ch);
}

/* ---- receiving ---- */

/* Is this a frame that the list of types allows? 0, or -1 with *why. */
static int
frame_check(const uint8_t *bytes, size_t len, int fd, bool takes_fds, struct ipc_msg *msg, const char **why)
{
	struct cursor c = cursor_of(bytes, len);
	uint32_t      payload = cursor_u32le(&c);
	uint16_t      type = cursor_u16le(&c), version = cursor_u16le(&c);
	uint32_t      token = cursor_u32le(&c), zero = cursor_u32le(&c);

	*why = "bad message: head";
	if (c.bad || version != IPC_VERSION || zero != 0 || payload != len - IPC_HEAD)
		return -1;
	*why = "bad message: type";
	if (type >= IPC_TYPES || ipc_types[type].name == NULL)
		return -1;
	*why = "bad message: length";
	if (payload > ipc_types[type].max)
		return -1;
	*why = "bad message: descriptor";
	if (ipc_types[type].has_fd != (fd != -1) || (fd != -1 && !takes_fds))
		return -1;
	*msg = (struct ipc_msg){ .type = type, .token = token, .data = bytes + IPC_HEAD, .len = payload, .fd = fd };
	return 0;
}

/* @return false when the channel no longer takes part (closed or freed by its handler) */
static bool
frame_deliver(struct ipc_channel *ch, const uint8_t *bytes, size_t len, int fd)
{
	struct ipc_msg msg;
	const char    *why;
	bool	       freed = false;

	if (frame_check(bytes, len, fd, ch->takes_fds, &msg, &why) == -1) {
		if (fd != -1)
			close(fd);
		ipc_reject(ch, why);
		return false;
	}
	if (ch->message == NULL) {
		if (fd != -1)
			close(fd);
		return true;
	}
	ch->freed = &freed;
	ch->message(ch->arg, ch, &msg);
	if (freed)
		return false;
	ch->freed = NULL;
	return ch->closed_why == NULL;
}

/* The descriptor that came along, or -1. Of several the first: no frame of ours has more, so the others go. */
static int
control_fd(struct msghdr *mh)
{
	struct cmsghdr *cm;
	size_t		at;
	int		first = -1, fd;

	for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
			continue;
		for (at = CMSG_LEN(0); at + sizeof(fd) <= cm->cmsg_len; at += sizeof(fd)) {
			memcpy(&fd, (const uint8_t *)cm + at, sizeof(fd));
			if (first == -1)
				first = fd;
			else
				close(fd);
		}
	}
	return first;
}

static void
socket_read(struct ipc_channel *ch)
{
	union {
		struct cmsghdr align;
		char	       bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec  iov = { .iov_base = ch->in, .iov_len = IPC_HEAD + IPC_PAYLOAD_MAX };
	struct msghdr mh;
	ssize_t	      n;
	int	      i, passed;

	for (i = 0; i < READ_SLICE; i++) {
		mh = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
			.msg_controllen = sizeof(control.bytes) };
		n = recvmsg(ch->fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			channel_close(ch, "peer closed");
			return;
		}
		passed = control_fd(&mh);
		if (mh.msg_flags & MSG_TRUNC) {
			if (passed != -1)
				close(passed);
			ipc_reject(ch, "bad message: too long");
			return;
		}
		if (!frame_deliver(ch, ch->in, (size_t)n, passed))
			return;
	}
}

static void
local_deliver(void *arg)
{
	struct ipc_channel *ch = arg;
	struct frame	   *f;
	bool		    goes_on = true;

	while (goes_on && (f = ipc_frame_take(ch)) != NULL) {
		int fd = f->fd;

		f->fd = -1;
		goes_on = frame_deliver(ch, f->bytes, f->len, fd);
		free(f);
	}
	if (goes_on && ch->other == NULL)
		channel_close(ch, "peer closed");
}

/* ---- sending ---- */

static ssize_t
socket_write(int fd, const uint8_t head[IPC_HEAD], const void *data, size_t len, int pass_fd)
{
	union {
		struct cmsghdr align;
		char	       bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec   iov[2] = {
		{ .iov_base = (void *)(uintptr_t)head, .iov_len = IPC_HEAD },
		{ .iov_base = (void *)(uintptr_t)data, .iov_len = len },
	};
	struct msghdr  mh = { .msg_iov = iov, .msg_iovlen = 2 };
	struct cmsghdr *cm;

	if (pass_fd != -1) {
		mh.msg_control = control.bytes;
		mh.msg_controllen = sizeof(control.bytes);
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cm), &pass_fd, sizeof(pass_fd));
	}
	return sendmsg(fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static bool
is_full(int error)
{
	return error == EAGAIN || error == EINTR || error == ENOBUFS;
}

static void
socket_flush(struct ipc_channel *ch)
{
	while (ch->first != NULL) {
		struct frame *f = ch->first;

		if (socket_write(ch->fd, f->bytes, f->bytes + IPC_HEAD, f->len - IPC_HEAD, f->fd) == -1) {
			if (!is_full(errno))
				channel_close(ch, "peer closed");
			return;
		}
		ipc_frame_free(ipc_frame_take(ch));
	}
	loop_io_events(ch->io, LOOP_READ);
}

static void
socket_event(void *arg, int events)
{
	struct ipc_channel *ch = arg;

	if (events & LOOP_WRITE)
		socket_flush(ch);
	if (ch->closed_why == NULL && events & LOOP_READ)
		socket_read(ch);
}

int
ipc_send(struct ipc_channel *ch, uint16_t type, uint32_t token, const void *data, size_t len, int fd)
{
	uint8_t head[IPC_HEAD] = { 0 };

	if (ch == NULL || ch->closed_why != NULL)
		return -1;
	if (type >= IPC_TYPES || len > ipc_types[type].max)
		fatalx("bug: frame of type %u with %zu bytes to %s", type, len, ch->peer);
	put_u32le(head, (uint32_t)len);
	head[4] = (uint8_t)type;
	head[5] = (uint8_t)(type >> 8);
	head[6] = IPC_VERSION;
	put_u32le(head + 8, token);
	if (ch->fd == -1) {
		struct ipc_channel *to = ch->other;

		if (to == NULL)
			return -1;
		if (!loop_timer_is_set(&to->deliver))
			loop_timer_set(ch->loop, &to->deliver, loop_mono_ns(ch->loop), local_deliver, to);
		return ipc_queue_frame(to, head, data, len, fd);
	}
	if (ch->first == NULL) {
		if (socket_write(ch->fd, head, data, len, fd) != -1)
			return 0;
		if (!is_full(errno)) {
			channel_close(ch, "peer closed");
			return -1;
		}
	}
	loop_io_events(ch->io, LOOP_READ | LOOP_WRITE);
	return ipc_queue_frame(ch, head, data, len, fd);
}

int
ipc_drain(struct ipc_channel *ch, int timeout_ms)
{
	struct pollfd p;
	int64_t	      end;

	if (ch == NULL || ch->fd == -1)
		return 0;
	end = loop_mono_ns(ch->loop) + timeout_ms * NS_PER_MS;
	while (ch->first != NULL && ch->closed_why == NULL) {
		int64_t left = end - loop_mono_ns(ch->loop);

		if (left <= 0)
			return -1;
		p = (struct pollfd){ .fd = ch->fd, .events = POLLOUT };
		if (poll(&p, 1, (int)(left / NS_PER_MS) + 1) == 1)
			socket_flush(ch);
	}
	return ch->closed_why == NULL ? 0 : -1;
}

/* ---- making ---- */

struct ipc_channel *
ipc_open(struct loop *l, int fd, const char *peer, ipc_message_fn message, ipc_closed_fn closed, void *arg)
{
	struct ipc_channel *ch = channel_new(l, peer);

	ch->fd = fd;
	ch->in = xcalloc(1, IPC_HEAD + IPC_PAYLOAD_MAX);
	ipc_handlers(ch, message, closed, arg);
	ch->io = loop_io_new(l, fd, LOOP_READ, socket_event, ch);
	return ch;
}

void
ipc_pair(struct loop *l, struct ipc_channel **a, const char *a_peer, struct ipc_channel **b,
    const char *b_peer)
{
	*a = channel_new(l, a_peer);
	*b = channel_new(l, b_peer);
	(*a)->other = *b;
	(*b)->other = *a;
}

void
ipc_handlers(struct ipc_channel *ch, ipc_message_fn message, ipc_closed_fn closed, void *arg)
{
	ch->message = message;
	ch->closed = closed;
	ch->arg = arg;
}

void
ipc_take_fds(struct ipc_channel *ch)
{
	ch->takes_fds = true;
}

const char *
ipc_peer(const struct ipc_channel *ch)
{
	return ch->peer;
}

int
ipc_socketpair(int fd[2])
{
	int size = SOCKET_BUFFER, i;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) == -1) {
		log_warn("cannot make a socket pair");
		return -1;
	}
	for (i = 0; i < 2; i++) {
		setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		setsockopt(fd[i], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	}
	return 0;
}
