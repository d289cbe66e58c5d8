/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * traps.h: what devices have said by traps, and what a poll then found.
 *
 * A trap is a hint: anybody can forge one. It changes no state and raises nothing; it has its device polled, at
 * most once in 10 s, and when it tells of a link or a start, the lines of its site probed. The last ones are kept
 * as evidence for people.
 */
#ifndef SIMPUL_CORE_TRAPS_H
#define SIMPUL_CORE_TRAPS_H

#include "ipc/msg.h"
#include "live/core.h"
#include "sample/sample.h"

#define TRAPS_KEPT 200

/* What the poll has said. */
enum trap_verdict {
	TRAP_WAITING,			/* the device was polled less than 10 s ago: soon */
	TRAP_POLLING,			/* asked for, no answer yet */
	TRAP_PORT_UP, TRAP_PORT_DOWN,	/* the port that it spoke of */
	TRAP_ANSWERS,			/* the device does; of its port nothing was read */
	TRAP_NO_ANSWER,
	TRAP_VERDICTS
};
extern const char *const trap_verdict_words[TRAP_VERDICTS];	/* "waiting", "polling", "port_up" ... */

struct trap_entry {
	char	 device[ID_MAX];
	uint32_t number;		/* of the device */
	struct msg_trap first;		/* of those like it, one after the other */
	uint64_t count;
	int64_t	 last_ns;		/* wall */
	uint8_t	 verdict;		/* enum trap_verdict */
	uint32_t awaited;		/* POLLING: the series whose sample decides */
	bool	 of_port;		/* ... that of the port that it speaks of */
	int64_t	 asked_ns, verdict_ns;	/* wall; 0 = not yet */
};

struct traps {
	struct trap_entry entry[TRAPS_KEPT];	/* a ring */
	size_t		  n, newest;
	struct msg_trap_stranger stranger[TRAP_STRANGERS];	/* count 0: nobody */
	struct msg_trap_state state;
	struct trap_source *source;	/* by address, of the devices of the inventory */
	size_t		  nsources;
	unsigned	  waiting, polling;	/* entries */
	struct loop_timer due;
};

/** "linkDown"; "other" for those without a name of their own. */
const char *trap_kind_word(unsigned kind);
/** The entry that came as the i-th last, or NULL. */
const struct trap_entry *traps_last(const struct core *c, size_t i);
const struct traps *core_traps(const struct core *c);

/** Frames of the trap process. 0, or -1 when malformed. */
int	traps_take(struct core *c, const struct ipc_msg *msg);
int	traps_take_stranger(struct core *c, const struct ipc_msg *msg);
int	traps_take_state(struct core *c, const struct ipc_msg *msg);
/** A sample that is no line's: does it answer a poll that was asked for? */
void	traps_sample(struct core *c, const struct sample *s);
/** Tell the trap process whose traps count; with every inventory, and when it has come. */
void	traps_plan_send(struct core *c);
void	traps_init(struct core *c);
void	traps_fini(struct core *c);

#endif
