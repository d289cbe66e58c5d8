/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * queue.c: the frames that wait in memory. Of a socket they wait at the end that sends, of an in-process pair
 * at the end that is to receive them.
 */
#include "ipc/private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

void
ipc_frame_free(struct frame *f)
{
	if (f->fd != -1)
		close(f->fd);
	free(f);
}

struct frame *
ipc_frame_take(struct ipc_channel *ch)
{
	struct frame *f = ch->first;

	if (f == NULL)
		return NULL;
	ch->first = f->next;
	if (ch->first == NULL)
		ch->last = &ch->first;
	ch->queued -= f->len;
	return f;
}

static uint16_t
frame_type(const uint8_t *bytes)
{
	return (uint16_t)(bytes[4] | bytes[5] << 8);
}

/* Make room by losing the oldest droppable frames. @return true when there is room */
static bool
queue_make_room(struct ipc_channel *ch, size_t len)
{
	struct frame **at = &ch->first, *f;

	while (ch->queued + len > ch->queue_max && (f = *at) != NULL) {
		if (!ipc_types[frame_type(f->bytes)].droppable) {
			at = &f->next;
			continue;
		}
		*at = f->next;
		if (f->next == NULL)
			ch->last = at;
		ch->queued -= f->len;
		ch->dropped++;
		ipc_frame_free(f);
	}
	return ch->queued + len <= ch->queue_max;
}

int
ipc_queue_frame(struct ipc_channel *ch, const uint8_t head[IPC_HEAD], const void *data, size_t len, int fd)
{
	struct frame *f;
	int	      own_fd = -1;

	if (!queue_make_room(ch, IPC_HEAD + len)) {
		ch->dropped++;
		return -1;
	}
	if (fd != -1 && (own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)) == -1) {
		log_warn("%s: a descriptor cannot be kept until it is sent", ch->peer);
		ch->dropped++;
		return -1;
	}
	f = malloc(sizeof(*f) + IPC_HEAD + len);
	if (f == NULL)
		fatalx("out of memory: a frame of %zu bytes", len);
	f->next = NULL;
	f->len = IPC_HEAD + len;
	f->fd = own_fd;
	memcpy(f->bytes, head, IPC_HEAD);
	if (len > 0)
		memcpy(f->bytes + IPC_HEAD, data, len);
	*ch->last = f;
	ch->last = &f->next;
	ch->queued += f->len;
	return 0;
}

void
ipc_take_back(struct ipc_channel *ch, uint16_t type, void (*cb)(void *, const uint8_t *, size_t), void *arg)
{
	struct frame **at, *f;

	if (ch == NULL || ch->fd == -1)
		return;
	for (at = &ch->first; (f = *at) != NULL;) {
		if (frame_type(f->bytes) != type) {
			at = &f->next;
			continue;
		}
		if ((*at = f->next) == NULL)
			ch->last = at;
		ch->queued -= f->len;
		cb(arg, f->bytes + IPC_HEAD, f->len - IPC_HEAD);
		ipc_frame_free(f);
	}
}

void
ipc_queue_max(struct ipc_channel *ch, size_t bytes)
{
	if (ch->fd == -1 && ch->other != NULL)
		ch->other->queue_max = bytes;
	else
		ch->queue_max = bytes;
}

uint64_t
ipc_dropped(const struct ipc_channel *ch)
{
	if (ch == NULL)
		return 0;
	return ch->fd == -1 && ch->other != NULL ? ch->other->dropped : ch->dropped;
}

size_t
ipc_queued(const struct ipc_channel *ch)
{
	if (ch == NULL)
		return 0;
	return ch->fd == -1 && ch->other != NULL ? ch->other->queued : ch->queued;
}

size_t
ipc_room(const struct ipc_channel *ch)
{
	const struct ipc_channel *at = ch != NULL && ch->fd == -1 ? ch->other : ch;

	return at != NULL && at->queued < at->queue_max ? at->queue_max - at->queued : 0;
}
