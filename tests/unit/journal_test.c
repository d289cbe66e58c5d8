/* SPDX-License-Identifier: GPL-3.0-or-later */
/* journal_test.c: what was committed comes back; torn and flipped bytes lose no more than they must. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "store/crc32c.h"
#include "store/replay.h"
#include "store_dir.h"
#include "tap.h"

#define T0 1795222800000000000LL

/* In place of libc's: a disk that cannot read the head of any file while this is set. */
static bool heads_fail;

ssize_t
pread(int fd, void *buf, size_t n, off_t at)
{
	if (heads_fail && at == 0) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pread64, fd, buf, n, at);
}

struct seen {
	uint64_t samples, names, sum, last_seq;
	bool	 in_order;
	char	 ref[160];
};

static void
seen_name(void *arg, uint32_t number, const char *ref)
{
	struct seen *s = arg;

	(void)number;
	s->names++;
	snprintf(s->ref, sizeof(s->ref), "%s", ref);
}

static void
seen_sample(void *arg, const struct sample *smp, const struct journal_place *place)
{
	struct seen *s = arg;

	s->in_order = s->in_order && place->seq >= s->last_seq;
	s->last_seq = place->seq;
	s->samples++;
	s->sum += smp->series;
}

static const struct replay_ops seen_ops = { seen_name, seen_sample };

static struct seen
read_all(struct journal *j, uint64_t from_seq)
{
	struct seen    s = { .in_order = true };
	struct replay *r = replay_new(j, from_seq, &seen_ops, &s);

	while (replay_step(r, 4096))
		;
	replay_waiting(r);
	replay_free(r);
	return s;
}

/* Append one payload of one rate sample. */
static struct journal_place
put(struct journal *j, uint32_t series, int64_t wall_ns)
{
	struct sample s = { .series = series, .type = SAMPLE_RATE, .wall_ns = wall_ns, .seconds = 60, .n = 2,
	    .value = { 1, 2 } };
	struct buf    b = { 0 };
	struct journal_place place;

	sample_encode(&b, &s, wall_ns);
	place = journal_append(j, b.data, b.len, 1, wall_ns, wall_ns - T0);
	buf_free(&b);
	return place;
}

static bool
three_names(void *arg, size_t *at, uint32_t *number, const char **ref)
{
	static const char *const refs[] = { "link/s001-1", "link/s002-1", "host/s002-r1" };

	(void)arg;
	if (*at == nitems(refs))
		return false;
	*number = (uint32_t)*at + 1;
	*ref = refs[(*at)++];
	return true;
}

static struct journal *
open_journal(int dir, uint64_t segment_max)
{
	struct journal_opts o = { .dir_fd = dir, .segment_max = segment_max, .next_name = three_names };

	return journal_new(&o);
}

static void
test_crc(void)
{
	uint8_t	 bytes[100];
	unsigned i, wrong = 0;

	is_i64(crc32c("123456789", 9), 0xE3069283, "CRC-32C of the check string");
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37);
	for (i = 0; i <= sizeof(bytes); i++)
		wrong += crc32c(bytes, i) != crc32c_portable(bytes, i);
	is_i64(wrong, 0, "the instruction and the table agree at every length");
}

static void
test_append_reopen(void)
{
	int		dir = store_dir_make();
	struct journal *j = open_journal(dir, 0);
	struct seen	s;
	int		i;

	is_i64((int64_t)journal_durable_seq(j), 0, "a fresh journal has nothing durable");
	for (i = 1; i <= 10; i++) {
		put(j, (uint32_t)i, T0 + i * NS_PER_S);
		if (i % 2 == 0)
			journal_commit(j, T0);
	}
	is_i64((int64_t)journal_durable_seq(j), 5, "five commits make five blocks");
	is_i64((int64_t)journal_stats(j)->records, 10, "all records are durable");
	put(j, 1000, T0 + 20 * NS_PER_S);
	s = read_all(j, 1);
	is_i64((int64_t)s.sum, 55, "a reader sees what was committed");
	journal_free(j);

	j = open_journal(dir, 0);
	is_i64((int64_t)journal_next_seq(j), 6, "after reopening the numbers go on");
	s = read_all(j, 1);
	ok(s.samples == 10 && s.sum == 55 && s.in_order,
	    "all that was committed is there, in order, and nothing else");
	is_i64((int64_t)s.names, 3, "the names are at the head of the segment");
	is_text(s.ref, "host/s002-r1", "and are read as written");
	is_i64((int64_t)read_all(j, 4).sum, 7 + 8 + 9 + 10, "a reader can begin at any block");
	put(j, 11, T0 + 30 * NS_PER_S);
	journal_commit(j, T0);
	is_i64((int64_t)journal_stats(j)->segments, 2, "each start begins a segment");
	is_i64((int64_t)read_all(j, 5).sum, 9 + 10 + 11, "a reader goes over the border of segments");
	put(j, 12, T0 + 31 * NS_PER_S);
	put(j, 13, T0 + 31 * NS_PER_S + NS_PER_S / 2);
	is_i64((int64_t)journal_next_seq(j), 7, "payloads close in time share a block");
	put(j, 14, T0 + 7200 * NS_PER_S);
	is_i64((int64_t)journal_next_seq(j), 8, "payloads far apart in time do not");
	journal_commit(j, T0);
	is_i64((int64_t)read_all(j, 7).sum, 12 + 13 + 14, "and both come back");
	journal_free(j);
	store_dir_remove(dir);
}

static void
test_roll_and_retain(void)
{
	int		dir = store_dir_make();
	struct journal *j = open_journal(dir, 1000);
	struct seen	s;
	int64_t		young;
	int		i;

	for (i = 1; i <= 100; i++) {
		put(j, (uint32_t)i, T0 + i * 3600 * NS_PER_S);
		journal_commit(j, T0 + i * 3600 * NS_PER_S);
	}
	ok(journal_stats(j)->segments > 5, "a full segment is followed by another");
	s = read_all(j, 1);
	ok(s.sum == 5050 && s.in_order, "nothing is lost at the borders");
	is_i64((int64_t)s.names, (int64_t)journal_stats(j)->segments * 3, "every segment repeats the names");
	is_i64(journal_retain(j, 1, T0 + 100 * 3600 * NS_PER_S, 3600, 1), 0,
	    "what is still needed is never deleted");
	is_i64((int64_t)read_all(j, 1).sum, 5050, "  all is there");
	is_i64(journal_retain(j, 101, T0 + 100 * 3600 * NS_PER_S, 50 * 3600, 1 << 30), 0,
	    "old segments go by age alone");
	s = read_all(j, 1);
	ok(s.sum < 5050 && s.sum >= (51 + 100) * 25, "  and only the old ones");
	young = journal_retain(j, 101, T0 + 100 * 3600 * NS_PER_S, 50 * 3600, 2000);
	ok(young > T0 + 50 * 3600 * NS_PER_S, "too much in sum deletes young ones and says so");
	ok(journal_stats(j)->size <= 2000, "  until the sum fits");
	journal_retain(j, UINT64_MAX, T0 + 100000 * 3600 * NS_PER_S, 1, 0);
	is_i64((int64_t)journal_stats(j)->segments, 1, "the segment being written stays");
	journal_free(j);
	store_dir_remove(dir);
}

/* A journal of three blocks in one segment; the bytes of its file. */
static uint8_t *
three_blocks(int dir, size_t *len, size_t *last_block)
{
	struct journal *j = open_journal(dir, 0);
	uint8_t	       *bytes = xcalloc(1, 8192);
	int		i, fd;

	for (i = 1; i <= 3; i++) {
		put(j, 1u << i, T0 + i * NS_PER_S);
		put(j, 1u << i, T0 + i * NS_PER_S);
		journal_commit(j, T0);
	}
	journal_free(j);
	fd = openat(dir, "0000000000000001.jnl", O_RDONLY);
	*len = (size_t)read(fd, bytes, 8192);
	close(fd);
	*last_block = BLOCK_HEAD + 2 * (SAMPLE_RECORD_HEAD + 4 + 2 * 8) + BLOCK_CRC;
	return bytes;
}

static void
file_write(int dir, const uint8_t *bytes, size_t len)
{
	int fd = openat(dir, "0000000000000001.jnl", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (write(fd, bytes, len) != (ssize_t)len)
		abort();
	close(fd);
}

static void
test_torn(void)
{
	int	 dir = store_dir_make();
	size_t	 len, last, cut;
	uint8_t *bytes = three_blocks(dir, &len, &last);
	unsigned wrong = 0, kept = 0;

	for (cut = len - last; cut <= len; cut++) {
		struct journal *j;
		struct seen	s;
		bool		whole = cut == len, clean = cut == len - last;

		file_write(dir, bytes, cut);
		j = open_journal(dir, 0);
		s = read_all(j, 1);
		wrong += s.sum != (whole ? 28 : 12) || journal_next_seq(j) != (whole ? 4 : 3);
		wrong += journal_stats(j)->torn != !(whole || clean);
		put(j, 64, T0 + 9 * NS_PER_S);	/* the journal must go on behind the cut */
		journal_commit(j, T0);
		kept += read_all(j, 1).sum == (whole ? 28 : 12) + 64;
		journal_free(j);
		unlinkat(dir, whole ? "0000000000000004.jnl" : "0000000000000003.jnl", 0);
	}
	is_i64(wrong, 0, "a last block cut at every byte is taken off, counted, and nothing else");
	is_i64(kept, (int64_t)last + 1, "and the journal goes on");
	free(bytes);
	store_dir_remove(dir);
}

static void
test_flips(void)
{
	int	 dir = store_dir_make();
	size_t	 len, last, at;
	uint8_t *bytes = three_blocks(dir, &len, &last);
	unsigned wrong = 0, middle = 0;

	for (at = len - 3 * last; at < len; at++) {
		struct journal *j;
		struct seen	s;
		size_t		block = (at - (len - 3 * last)) / last;

		bytes[at] ^= (uint8_t)(1 << (at % 8));
		file_write(dir, bytes, len);
		bytes[at] ^= (uint8_t)(1 << (at % 8));
		j = open_journal(dir, 0);
		s = read_all(j, 1);
		wrong += s.sum != 28 - (4u << block);
		middle += block < 2 && journal_stats(j)->damaged == 1;
		journal_free(j);
	}
	is_i64(wrong, 0, "a flipped bit in any byte of a block costs that block and no other");
	is_i64(middle, (int64_t)last * 2, "and is counted as damage when good blocks follow");
	free(bytes);
	store_dir_remove(dir);
}

static void
test_foreign_files(void)
{
	int		dir = store_dir_make();
	struct journal *j;

	file_write(dir, (const uint8_t *)"this is forty bytes of something else ..", 40);
	close(openat(dir, "0000000000000009.jnl", O_WRONLY | O_CREAT, 0600));
	mkdirat(dir, "000000000000000a.jnl", 0700);
	if (symlinkat("/etc/passwd", dir, "000000000000000b.jnl") == -1 ||
	    mkfifoat(dir, "000000000000000c.jnl", 0600) == -1)
		abort();
	j = open_journal(dir, 0);
	ok(j != NULL && journal_stats(j)->segments == 0, "what is no segment is left out");
	ok(faccessat(dir, "0000000000000001.jnl.bad", F_OK, 0) == 0, "a foreign file is set aside");
	put(j, 1, T0);
	is_i64(journal_commit(j, T0), 0, "and the journal works");
	journal_free(j);
	store_dir_remove(dir);
}

/* Something that is no segment has the name that the next one needs. */
static void
test_in_the_way(void)
{
	int		dir = store_dir_make();
	struct journal *j;

	mkdirat(dir, "0000000000000001.jnl", 0700);
	mkdirat(dir, "0000000000000001.jnl/full", 0700);
	j = open_journal(dir, 0);
	put(j, 7, T0);
	is_i64(journal_commit(j, T0), 0, "what is in the way of a segment is set aside");
	ok(faccessat(dir, "0000000000000001.jnl.bad/full", F_OK, 0) == 0, "and not destroyed");
	is_i64((int64_t)read_all(j, 1).sum, 7, "the journal goes on");
	journal_free(j);
	store_dir_remove(dir);
}

/* A segment that cannot be read at one start, and can at the next. Not as root, whom no mode stops. */
static int
unreadable(int dir)
{
	struct journal *j = open_journal(dir, 0);
	struct seen	s;
	int		i;

	for (i = 1; i <= 3; i++) {
		put(j, 1u << i, T0 + i * NS_PER_S);
		journal_commit(j, T0);
	}
	journal_free(j);
	if (fchmodat(dir, "0000000000000001.jnl", 0, 0) == -1)
		return 1;
	j = open_journal(dir, 0);
	put(j, 16, T0 + 9 * NS_PER_S);
	if (journal_commit(j, T0) == -1 || read_all(j, 1).sum != 16)
		return 2;
	journal_free(j);
	if (fchmodat(dir, "0000000000000001.jnl", 0600, 0) == -1)
		return 1;
	j = open_journal(dir, 0);
	s = read_all(j, 1);
	journal_free(j);
	return s.sum == 30 && s.in_order ? 0 : 3;
}

static void
test_unreadable(void)
{
	int   dir = store_dir_make(), status;
	pid_t pid;

	if (getuid() == 0 && fchown(dir, 65534, 65534) == -1)
		abort();
	if ((pid = fork()) == 0) {
		if (getuid() == 0 && (setgid(65534) == -1 || setuid(65534) == -1))
			_exit(9);
		_exit(unreadable(dir));
	}
	waitpid(pid, &status, 0);
	is_i64(status, 0, "a segment that cannot be read for a while loses no block, and none of later ones");
	store_dir_remove(dir);
}

/* The same when its first bytes cannot be read, which is no reason to think that they are wrong. */
static void
test_head_error(void)
{
	int		dir = store_dir_make();
	struct journal *j = open_journal(dir, 0);

	put(j, 1, T0);
	journal_commit(j, T0);
	journal_free(j);
	heads_fail = true;
	j = open_journal(dir, 0);
	heads_fail = false;
	put(j, 16, T0 + 9 * NS_PER_S);
	is_i64(journal_commit(j, T0), 0, "a segment whose head cannot be read stops nothing");
	journal_free(j);
	j = open_journal(dir, 0);
	is_i64((int64_t)read_all(j, 1).sum, 17, "and is there again when it can be");
	journal_free(j);
	store_dir_remove(dir);
}

/* A file with one good block of this number. */
static void
segment_craft(int dir, uint64_t first_seq, uint64_t seq)
{
	struct segment_head h = { .created_ns = T0, .first_seq = first_seq };
	struct sample	    s = { .type = SAMPLE_FACT, .series = 99, .wall_ns = T0, .text = "x" };
	struct block	    b = { .seq = seq, .count = 1, .wall_ns = T0 };
	struct buf	    out = { 0 }, record = { 0 };
	char		    name[SEGMENT_NAME_SIZE];
	int		    fd = openat(dir, segment_name(name, first_seq), O_WRONLY | O_CREAT, 0600);

	sample_encode(&record, &s, T0);
	b.records = record.data;
	b.length = (uint32_t)record.len;
	segment_head_encode(&out, &h);
	block_encode(&out, &b);
	if (write(fd, out.data, out.len) != (ssize_t)out.len)
		abort();
	close(fd);
	buf_free(&record);
	buf_free(&out);
}

/* Numbers that would leave none for what comes after them. */
static void
test_numbers(void)
{
	static const struct { uint64_t first, seq; } crafted[] = {
		{ BLOCK_SEQ_MAX, BLOCK_SEQ_MAX }, { SEGMENT_SEQ_MAX, SEGMENT_SEQ_MAX },
		{ 5, BLOCK_SEQ_MAX }, { 5, 4000 }, { 5, 3 },
	};
	unsigned wrong = 0;
	size_t	 i;

	for (i = 0; i < 2 * nitems(crafted); i++) {
		int		dir = store_dir_make();
		struct journal *j;

		segment_craft(dir, crafted[i / 2].first, crafted[i / 2].seq);
		heads_fail = i % 2 != 0;	/* that it cannot be read is no reason to believe its name */
		j = open_journal(dir, 0);
		heads_fail = false;
		wrong += j == NULL || journal_next_seq(j) > 100;
		put(j, 7, T0);
		wrong += journal_commit(j, T0) == -1;
		journal_free(j);
		j = open_journal(dir, 0);
		wrong += read_all(j, 1).sum != 7;
		journal_free(j);
		store_dir_remove(dir);
	}
	is_i64(wrong, 0, "a block with an impossible number is none, and stops no later one");
}

/* Nobody commits, as while the journal is walked at start. */
static void
test_bound(void)
{
	int		    dir = store_dir_make(), i;
	struct journal_opts o = { .dir_fd = dir, .memory_max = 4000, .next_name = three_names };
	struct journal	   *j = journal_new(&o);

	for (i = 0; i < 500; i++)
		put(j, 1, T0 + i * 10 * NS_PER_S);
	ok(journal_stats(j)->waiting <= 4000, "memory is bounded without a commit, too");
	journal_commit(j, T0);
	is_i64((int64_t)(journal_stats(j)->records + journal_stats(j)->dropped), 500,
	    "and what is dropped is counted");
	journal_free(j);
	store_dir_remove(dir);
}

/* A directory that refuses: removed below our feet. */
static void
test_refusal(void)
{
	int		    dir = store_dir_make(), i;
	struct journal_opts o = { .dir_fd = dir, .memory_max = 4000, .next_name = three_names };
	struct journal	   *j = journal_new(&o);
	struct rlimit	    limit = { 0, RLIM_INFINITY }, old;
	struct seen	    s;

	getrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_IGN);
	put(j, 1, T0);
	journal_commit(j, T0);
	limit.rlim_max = old.rlim_max;
	limit.rlim_cur = 700;
	setrlimit(RLIMIT_FSIZE, &limit);
	for (i = 2; i <= 8; i++) {
		put(j, (uint32_t)i, T0 + i * NS_PER_S);
		journal_commit(j, T0);
	}
	ok(journal_error(j) != NULL && strstr(journal_error(j),
	    "store/journal/0000000000000001.jnl: File too large; 0.0 MiB wait"),
	    "a refused write says what, where, why and how much waits");
	ok(journal_durable_seq(j) < 8 && journal_stats(j)->waiting > 0, "the blocks wait");
	is_i64((int64_t)read_all(j, 1).sum, 36, "a reader sees them too");
	setrlimit(RLIMIT_FSIZE, &old);
	is_i64(journal_commit(j, T0), 0, "when the disk works again all is written");
	ok(journal_error(j) == NULL && journal_durable_seq(j) == 8 && journal_stats(j)->waiting == 0,
	    "and said");
	s = read_all(j, 1);
	ok(s.sum == 36 && s.in_order, "nothing was lost, nothing twice");

	setrlimit(RLIMIT_FSIZE, &limit);
	for (i = 9; i <= 100; i++) {
		put(j, (uint32_t)i, T0 + i * 10 * NS_PER_S);
		journal_commit(j, T0);
	}
	ok(journal_stats(j)->waiting <= 4000 && journal_stats(j)->dropped > 0,
	    "beyond the bound the oldest are dropped, counted");
	setrlimit(RLIMIT_FSIZE, &old);
	journal_commit(j, T0);
	i = (int)journal_stats(j)->dropped;
	journal_free(j);
	j = open_journal(dir, 0);
	s = read_all(j, 1);
	ok(s.samples == 100 - (uint64_t)i && s.in_order, "the rest is in the journal");
	is_i64((int64_t)s.names, 6, "in a segment of its own, with the names");
	journal_free(j);
	store_dir_remove(dir);
}

/* A child that appends and says what is durable is killed; the parent reads what it left. */
static void
test_kill(void)
{
	int	 dir = store_dir_make(), round, pipe_fd[2], status;
	uint64_t before = 0;
	unsigned wrong = 0;

	for (round = 0; round < 20; round++) {
		struct journal *j;
		uint64_t	said = 0, v;
		struct seen	s;
		unsigned	wait = (unsigned)(round * 7 % 23);
		pid_t		pid;

		if (pipe(pipe_fd) == -1 || (pid = fork()) == -1)
			abort();
		if (pid == 0) {
			uint32_t i;

			j = open_journal(dir, 3000);
			for (i = 0;; i++) {
				put(j, 1, T0 + round * 100 * NS_PER_S);
				if (i % 3 == 0 && journal_commit(j, T0) == 0) {
					v = journal_stats(j)->records;
					if (write(pipe_fd[1], &v, sizeof(v)) != sizeof(v))
						_exit(1);
				}
			}
		}
		close(pipe_fd[1]);
		while (read(pipe_fd[0], &v, sizeof(v)) == sizeof(v)) {
			said = v;
			if (wait-- == 0)
				kill(pid, SIGKILL);
		}
		waitpid(pid, &status, 0);
		close(pipe_fd[0]);
		j = open_journal(dir, 3000);
		s = read_all(j, 1);
		wrong += s.samples < before + said || !s.in_order;
		before = s.samples;
		journal_free(j);
	}
	is_i64(wrong, 0, "after 20 kills nothing acknowledged is missing");
	store_dir_remove(dir);
}

int
main(void)
{
	if (freopen("/dev/null", "w", stderr) == NULL)	/* hundreds of expected warnings */
		return 1;
	test_crc();
	test_append_reopen();
	test_roll_and_retain();
	test_torn();
	test_flips();
	test_foreign_files();
	test_in_the_way();
	test_unreadable();
	test_head_error();
	test_numbers();
	test_bound();
	test_refusal();
	test_kill();
	return tap_done();
}
