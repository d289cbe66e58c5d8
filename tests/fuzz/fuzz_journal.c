/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_journal.c: a segment file of any bytes is opened as a journal, read, written behind, and read again.
 * Whatever it held: nothing that was read before may be missing afterwards, and what was added must be there.
 * An input that begins with "R" is not the file but the records of one block in it, so that changes reach
 * behind the CRC.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t samples, names, last_seq;
	bool	 marker;
};

static void
name(void *arg, uint32_t number, const char *ref)
{
	(void)number;
	((struct seen *)arg)->names += strlen(ref) < SAMPLE_TEXT_MAX + 1;
}

static void
sample(void *arg, const struct sample *s, const struct journal_place *place)
{
	struct seen *seen = arg;

	if (place->seq < seen->last_seq)
		abort();
	seen->last_seq = place->seq;
	seen->samples++;
	seen->marker = s->series == 0xfeedbeef;
}

static const struct replay_ops ops = { name, sample };

static struct seen
read_all(struct journal *j)
{
	struct seen    s = { 0 };
	struct replay *r = replay_new(j, 1, &ops, &s);

	while (replay_step(r, 1000))
		;
	replay_free(r);
	return s;
}

static void
append_marker(struct journal *j)
{
	struct sample s = { .series = 0xfeedbeef, .type = SAMPLE_ROUND };
	struct buf    b = { 0 };

	sample_encode(&b, &s, 0);
	journal_append(j, b.data, b.len, 1, 0, 0);
	if (journal_commit(j, 0) == -1)
		abort();
	buf_free(&b);
}

static void
remove_segment(int dir, uint64_t first_seq)
{
	char file[SEGMENT_NAME_SIZE + 4];

	segment_name(file, first_seq);
	unlinkat(dir, file, 0);
	strcat(file, ".bad");
	unlinkat(dir, file, 0);
}

static char path[] = "/dev/shm/simpul-fuzz-XXXXXX";

static void
remove_path(void)
{
	rmdir(path);
}

static int
directory_make(void)
{
	int dir = -1;

	if (access("/dev/shm", W_OK) == -1)
		memcpy(path, "/tmp////", 8);	/* as long as "/dev/shm" */
	if (mkdtemp(path) == NULL || (dir = open(path, O_RDONLY | O_DIRECTORY)) == -1)
		abort();
	atexit(remove_path);
	return dir;
}

/* The file: as it is, or one block of these records. */
static void
input_bytes(struct buf *out, const uint8_t *data, size_t size)
{
	struct segment_head head = { .first_seq = 1 };
	struct block	    b = { .seq = 1, .records = data + 1, .length = (uint32_t)size - 1 };

	if (size == 0 || data[0] != 'R') {
		buf_bytes(out, data, size);
		return;
	}
	b.count = b.length / SAMPLE_RECORD_HEAD;
	segment_head_encode(out, &head);
	block_encode(out, &b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int	    dir = -1;
	char		    file[SEGMENT_NAME_SIZE];
	struct journal_opts o = { 0 };
	struct journal	   *j;
	struct seen	    before, after;
	struct buf	    bytes = { 0 };
	uint64_t	    own;
	int		    fd;

	if (dir == -1)
		dir = directory_make();
	input_bytes(&bytes, data, size);
	o.dir_fd = dir;
	fd = openat(dir, segment_name(file, 1), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || write(fd, bytes.data, bytes.len) != (ssize_t)bytes.len)
		abort();
	close(fd);
	buf_free(&bytes);
	if ((j = journal_new(&o)) == NULL)
		abort();
	before = read_all(j);
	own = journal_next_seq(j);
	append_marker(j);
	after = read_all(j);
	if (after.samples != before.samples + 1 || !after.marker)
		abort();
	journal_free(j);
	remove_segment(dir, 1);
	remove_segment(dir, own);
	return 0;
}
