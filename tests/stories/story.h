/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story.h: the whole engine over the simulated WAN under a virtual clock.
 *
 * A story is a function that makes things happen and says what must be seen. It uses the shipped inventory unless told
 * otherwise, the real parts (measure, store, core, joined by single.h) and the fleet's model; only the broker is played by
 * the harness, which keeps what was published as a broker would.
 */
#ifndef SIMPUL_STORY_H
#define SIMPUL_STORY_H

#include "base/text.h"
#include "fleet/model.h"
#include "proc/single.h"
#include "tests/unit/heard.h"

#define TAP_SEVERAL_FILES
#include "tests/unit/tap.h"

struct json_t;

struct story {
	struct loop	   *loop;
	struct fleet_model *fleet;
	struct single	   *engine;
	struct ipc_channel *publish;	/* our end */
	struct check_input  input[INPUT_KINDS];
	struct check_result world;	/* what the fleet was built from; the network does not change with a reload */
	struct check_result checked;	/* what the engine was told last */
	char		    dir[64];	/* temporary: ledger and, when asked for, store */
	bool		    with_store, broker_up;
	bool		    expect_bad_input;	/* a reload with errors is part of the story */
	struct buf	    held;	/* OUTBOX_ITEM frames that wait for the broker, each after its length */
	struct heard	    heard;
	uint64_t	    seed;
};

/** A world with the shipped inventory, ready but not yet run. Store on disk only when asked for (it costs time). */
struct story *story_begin(uint64_t seed, bool with_store);
/** The same in two steps, so that rows of the inventory can be replaced for the network and the engine alike. */
struct story *story_open(uint64_t seed, bool with_store);
void	story_start(struct story *s);
void	story_end(struct story *s);

/** Let virtual time pass. */
void	story_run(struct story *s, double seconds);
/** Run until everything that lives has a state: 30 s. Then forget the events of the start. */
void	story_settle(struct story *s);
/** A command to the fleet, now ("cut link s013-1"). A refused one fails the test. */
void	story_do(struct story *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
/** End the engine for good; what it stored stays until story_end(). */
void	story_stop(struct story *s);
/** Descriptor of a folder of the story ("store"), owned by the caller. */
int	story_dir(struct story *s, const char *name);
/** End the engine as a crash would after its last commit, and start it again on the same directories. */
void	story_restart(struct story *s);
/** Replace the row with this id, or drop it (row NULL); then reload, if the engine runs. */
void	story_replace_row(struct story *s, enum input_kind what, const char *id, const char *row);
void	story_broker(struct story *s, bool up);

/** Events of this kind and subject (NULL: any) from index `from` on. */
size_t	story_count(const struct story *s, size_t from, const char *kind, const char *subject);
const struct heard_event *story_find(const struct story *s, size_t from, const char *kind, const char *subject);
void	story_print(const struct story *s, size_t from);	/* as TAP comments, for a failure */

/** `data` of the retained document on a topic below simpul/v1/pontianak/, borrowed; NULL when there is none. */
struct json_t *story_doc(const struct story *s, const char *topic);
const char *story_state(const struct story *s, const char *ref);	/* "site/s013" -> its state word; "-" for none */
int64_t	story_number(const struct story *s, const char *topic, const char *key);	/* -1 for none */

/**
 * Exactly these events since `from`, in any order, each written "kind subject". Prints what differs.
 * @param want	ends with NULL
 * @param ignore kind that may come as often as it likes, or NULL
 */
bool	story_expect(const struct story *s, size_t from, const char *name, const char *const *want, const char *ignore);

#endif
