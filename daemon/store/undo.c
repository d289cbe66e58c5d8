/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * undo.c: one batch at the start of the file: magic, u32 length of the entries, u32 number; entries of name
 * (u16 and bytes), u32 offset, u32 length, bytes; CRC-32C of all before it. Void is a magic of zeros.
 */
#include "store/undo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "store/crc32c.h"

#define HEAD	  16
#define CRC	  4
#define NAME_SIZE (REF_MAX + 24)
#define BATCH_MAX (16u << 20)	/* bytes that are read back at most */
#define ROOM	  (256u << 10)	/* more than a batch takes: files are updated on a full disk, too */

static const uint8_t magic[8] = { 'S', 'I', 'M', 'P', 'U', 'L', 'U', '1' };

int
undo_open(struct undo *u, int dir_fd)
{
	*u = (struct undo){ .fd = -1 };
	u->fd = openat(dir_fd, "undo", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (u->fd == -1)
		return -1;
	if (fallocate(u->fd, 0, 0, ROOM) == -1)
		log_debug("store", "no room kept for store/undo: %s", strerror(errno));
	return 0;
}

void
undo_close(struct undo *u)
{
	if (u->fd != -1)
		close(u->fd);
	u->fd = -1;
	buf_free(&u->batch);
}

/* ---- writing ---- */

void
undo_begin(struct undo *u)
{
	u->batch.len = 0;
	u->count = 0;
	buf_bytes(&u->batch, magic, sizeof(magic));
	buf_u64le(&u->batch, 0);	/* length and number, known later */
}

void
undo_add(struct undo *u, const char *name, uint32_t at, const uint8_t *bytes, uint32_t len)
{
	buf_str(&u->batch, name);
	buf_u32le(&u->batch, at);
	buf_u32le(&u->batch, len);
	buf_bytes(&u->batch, bytes, len);
	u->count++;
}

int
undo_commit(struct undo *u)
{
	ssize_t n;

	put_u32le(u->batch.data + sizeof(magic), (uint32_t)u->batch.len - HEAD);
	put_u32le(u->batch.data + sizeof(magic) + 4, u->count);
	buf_u32le(&u->batch, crc32c(u->batch.data, u->batch.len));
	u->armed = u->dirty = true;
	n = pwrite(u->fd, u->batch.data, u->batch.len, 0);
	if (n != -1 && (size_t)n != u->batch.len)
		errno = ENOSPC;
	return n == (ssize_t)u->batch.len ? fdatasync(u->fd) : -1;
}

void
undo_void(struct undo *u)
{
	static const uint8_t none[sizeof(magic)] = { 0 };

	if (pwrite(u->fd, none, sizeof(none), 0) == sizeof(none))
		u->armed = false;
	u->dirty = true;
}

int
undo_sync(struct undo *u)
{
	if (u->armed)
		undo_void(u);
	if (u->armed || (u->dirty && fdatasync(u->fd) == -1))
		return -1;
	u->dirty = false;
	return 0;
}

/* ---- putting back ---- */

/* The entries of a valid batch, read into u->batch. @return false when there is none to undo */
static bool
batch_read(struct undo *u, struct cursor *entries, uint32_t *count)
{
	struct stat   st;
	struct cursor c;
	uint32_t      len;

	if (fstat(u->fd, &st) == -1 || st.st_size < HEAD + CRC || st.st_size > BATCH_MAX)
		return false;
	u->batch.len = 0;
	if (pread(u->fd, buf_grow(&u->batch, (size_t)st.st_size), (size_t)st.st_size, 0) != st.st_size)
		return false;
	c = cursor_of(u->batch.data, (size_t)st.st_size);
	if (memcmp(cursor_bytes(&c, sizeof(magic)), magic, sizeof(magic)) != 0)
		return false;
	len = cursor_u32le(&c);
	*count = cursor_u32le(&c);
	*entries = cursor_of(c.p, len);
	/* Torn: the power went while it was written, and no file was touched yet. */
	return cursor_bytes(&c, len) != NULL &&
	    cursor_u32le(&c) == crc32c(u->batch.data, HEAD + (size_t)len) && !c.bad;
}

static bool
name_is_safe(const char *name)
{
	return strstr(name, "..") == NULL && name[0] != '/' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-/") == strlen(name);
}

static int
entry_put_back(int rrd_fd, const char *name, uint32_t at, const uint8_t *bytes, uint32_t len)
{
	struct stat st;
	int	    fd = openat(rrd_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), rc = -1;

	if (fd == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size >= (uint64_t)at + len &&
	    pwrite(fd, bytes, len, (off_t)at) == (ssize_t)len)
		rc = fdatasync(fd);
	close(fd);
	return rc;
}

/*
 * Better no file, and the journal gives what it has, than one whose rows stand at wrong times. It must be gone
 * for good before the batch is void: else the file would be believed at the next start. 0, or -1 (logged)
 */
static int
entry_set_aside(int rrd_fd, const char *name)
{
	char bad[NAME_SIZE + 16];

	snprintf(bad, sizeof(bad), "%s.bad-undo", name);
	log_warn("store/rrd/%s: an update was cut off and cannot be undone", name);
	if (renameat(rrd_fd, name, rrd_fd, bad) == -1) {
		log_warn("store/rrd/%s: cannot be renamed either, and its rows may stand at wrong times: "
		    "remove it to start", name);
		return -1;
	}
	if (syncfs(rrd_fd) == -1) {
		log_warn("store/rrd/%s: renamed, but that cannot be synced", name);
		return -1;
	}
	return 0;
}

int
undo_restore(struct undo *u, int rrd_fd)
{
	struct cursor c;
	char	      name[NAME_SIZE];
	uint32_t      count, i, at, len;
	const uint8_t *bytes;
	int	      restored = 0;

	if (!batch_read(u, &c, &count))
		return 0;
	for (i = 0; i < count; i++) {
		cursor_str(&c, name, sizeof(name));
		at = cursor_u32le(&c);
		len = cursor_u32le(&c);
		bytes = cursor_bytes(&c, len);
		if (bytes == NULL || !name_is_safe(name))
			break;
		if (entry_put_back(rrd_fd, name, at, bytes, len) == 0)
			restored++;
		else if (entry_set_aside(rrd_fd, name) == -1)
			return -1;
	}
	undo_void(u);
	if (undo_sync(u) == -1) {
		log_warn("store/undo");
		return -1;
	}
	if (restored > 0)
		log_info("updates of %d files were cut off: undone, the journal has their rows", restored);
	return restored;
}
