/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * driver.c: runs a fuzz target without libFuzzer, so that every build replays the corpus and a short seeded run of
 * mutations. With --enable-fuzzers libFuzzer has its own main and this file is empty.
 *
 *	fuzz_x [-seed=N] [-runs=N] [-max_total_time=S] [FILE | FOLDER]...
 *
 * Without files the corpus beside the sources is used. Prints TAP: the seed and the number of inputs, so that a finding
 * can be repeated.
 */
#include "config.h"

#ifndef SIMPUL_LIBFUZZER
#include <dirent.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/log.h"
#include "base/map.h"

#define INPUT_MAX  65536
#define INPUTS_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct input {
	uint8_t *data;
	size_t	 len;
} corpus[INPUTS_MAX];
static size_t	ncorpus;
static uint64_t state;

static uint64_t
next(void)
{
	return hash_u64(state++);
}

static void
load_file(const char *path)
{
	FILE   *f = fopen(path, "rb");
	uint8_t buf[INPUT_MAX];
	size_t	n;

	if (f == NULL || ncorpus == INPUTS_MAX) {
		fprintf(stderr, "cannot take %s\n", path);
		exit(EXIT_FAILURE);
	}
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	corpus[ncorpus].data = xcalloc(n + 1, 1);
	corpus[ncorpus].len = n;
	memcpy(corpus[ncorpus++].data, buf, n);
}

static void
load(const char *path)
{
	struct dirent **names;
	struct stat	st;
	char		file[4096];
	int		i, n;

	if (stat(path, &st) == -1 || !S_ISDIR(st.st_mode)) {
		load_file(path);
		return;
	}
	n = scandir(path, &names, NULL, alphasort);
	for (i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			load_file(file);
		free(names[i]);
	}
	free(names);
}

/* One input from the corpus, changed in one to eight places: bytes, runs, lengths, and pieces of other inputs. */
static size_t
mutate(uint8_t *out)
{
	const struct input *from = &corpus[next() % ncorpus], *other = &corpus[next() % ncorpus];
	size_t		    len = from->len, at, n, k, changes = 1 + next() % 8;

	memcpy(out, from->data, len);
	while (changes-- > 0) {
		at = len > 0 ? next() % len : 0;
		switch (next() % 6) {
		case 0:
			if (len > 0)
				out[at] ^= (uint8_t)(1 << next() % 8);
			break;
		case 1:
			if (len > 0)
				out[at] = (uint8_t)next();
			break;
		case 2:
			len = at;
			break;
		case 3:
			n = 1 + next() % 16;
			if (len + n <= INPUT_MAX) {
				memmove(out + at + n, out + at, len - at);
				for (k = 0; k < n; k++)
					out[at + k] = (uint8_t)next();
				len += n;
			}
			break;
		case 4:
			n = 1 + next() % 8;
			if (at + n <= len) {
				memmove(out + at, out + at + n, len - at - n);
				len -= n;
			}
			break;
		default:
			n = other->len > 0 ? next() % other->len : 0;
			if (at + n <= INPUT_MAX) {
				memcpy(out + at, other->data, n);
				len = at + n > len ? at + n : len;
			}
		}
	}
	return len;
}

int
main(int argc, char *argv[])
{
	static uint8_t	   input[INPUT_MAX];
	unsigned long long runs = 20000, done = 0, seconds = 0;
	time_t		   end;
	char		   folder[4096];
	const char	  *name = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
	const char	  *srcdir = getenv("srcdir");
	size_t		   i;
	int		   a;

	state = 1;
	for (a = 1; a < argc; a++) {
		if (sscanf(argv[a], "-seed=%" SCNu64, &state) == 1 || sscanf(argv[a], "-runs=%llu", &runs) == 1)
			continue;
		if (sscanf(argv[a], "-max_total_time=%llu", &seconds) == 1)
			continue;
		load(argv[a]);
	}
	if (ncorpus == 0) {
		snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", srcdir != NULL ? srcdir : ".",
		    strncmp(name, "fuzz_", 5) == 0 ? name + 5 : name);
		load(folder);
	}
	if (ncorpus == 0) {
		fprintf(stderr, "%s: no corpus\n", name);
		return EXIT_FAILURE;
	}
	log_quiet(true);
	printf("# %s: seed %" PRIu64 ", corpus %zu\n", name, state, ncorpus);
	fflush(stdout);
	for (i = 0; i < ncorpus; i++)
		LLVMFuzzerTestOneInput(corpus[i].data, corpus[i].len);
	end = time(NULL) + (time_t)seconds;
	while (seconds > 0 ? time(NULL) < end : done < runs) {
		size_t	 len = mutate(input);
		uint8_t *exact = xcalloc(len, 1);	/* its own block, so that a sanitizer sees one byte too far */

		if (len > 0)
			memcpy(exact, input, len);
		LLVMFuzzerTestOneInput(exact, len);
		free(exact);
		done++;
	}
	for (i = 0; i < ncorpus; i++)
		free(corpus[i].data);
	printf("ok 1 - %s: %zu corpus files and %llu mutated inputs without a finding\n1..1\n", name, ncorpus, done);
	return EXIT_SUCCESS;
}
#endif
