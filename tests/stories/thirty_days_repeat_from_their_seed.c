/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Thirty days of the 61 sites with some hundred faults, twice from the same seed: the same event log to the letter.
 * A build with sanitizers, which is several times slower, runs three days.
 */
#include "tests/stories/stories.h"

#include <stdlib.h>
#include <time.h>

#include "config.h"

#ifdef SIMPUL_SANITIZED
#define DAYS 3
#else
#define DAYS 30
#endif

/* A fault every two to four hours, each mended after 10 s to an hour. @return a hash over all events */
static uint64_t
days(unsigned n, uint64_t seed, size_t *events)
{
	struct story *s = story_begin(seed, false);
	uint64_t      r = seed * 1000, hash = 0;
	int64_t	      start, end;
	size_t	      i;
	char	      text[256];

	story_settle(s);
	start = loop_mono_ns(s->loop);
	end = start + n * 86400LL * NS_PER_S;
	while (loop_mono_ns(s->loop) < end) {
		unsigned site = (unsigned)(hash_u64(r++) % 61) + 1;

		story_run(s, 7200 + (double)(hash_u64(r++) % 7200));
		switch (hash_u64(r++) % 4) {
		case 0:
			story_do(s, "cut site node-2");
			story_run(s, 10 + (double)(hash_u64(r++) % 600));
			story_do(s, "restore site node-2");
			break;
		case 1:
			story_do(s, "loss link s%03u-1 0.3", site);
			story_run(s, 10 + (double)(hash_u64(r++) % 3600));
			story_do(s, "loss link s%03u-1 0", site);
			break;
		default:
			story_do(s, "cut link s%03u-1", site);
			story_run(s, 10 + (double)(hash_u64(r++) % 3600));
			story_do(s, "restore link s%03u-1", site);
		}
	}
	for (i = 0; i < s->heard.nevents; i++) {
		snprintf(text, sizeof(text), "%" PRIu64 " %s %s %s %" PRIi64, s->heard.event[i].seq, s->heard.event[i].id, s->heard.event[i].kind,
		    s->heard.event[i].subject, s->heard.event[i].mono_ns);
		hash = hash_u64(hash ^ hash_text(text));
	}
	*events = s->heard.nevents;
	story_end(s);
	return hash;
}

void
story_thirty_days_repeat_from_their_seed(void)
{
	size_t	 n1, n2;
	clock_t	 start = clock();
	uint64_t first = days(DAYS, 1, &n1), second;

	printf("# %d virtual days in %.1f s of CPU\n", DAYS, (double)(clock() - start) / CLOCKS_PER_SEC);
	second = days(DAYS, 1, &n2);
	ok(n1 > 5 * DAYS, "%zu events in %d days", n1, DAYS);
	ok(first == second && n1 == n2, "the same log from the same seed (%016" PRIx64 ")", first);
	ok(days(1, 2, &n1) != days(1, 3, &n2), "another log from another seed");
}
