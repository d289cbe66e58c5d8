/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v3_target.h: what is known of one SNMPv3 agent: its engine, its time, our keys there. One record per target
 * (an address), never per engine: engine IDs get cloned with the disks of agents.
 *
 *	unknown		the next request goes as a discovery (RFC 3414, 4): the report to it names the
 *			engine and hints at its time
 *	hinted		requests carry that hint; the first authenticated message puts it right
 *	synchronised	engine time is what authenticated messages said last; our clock moves it on
 *
 * Only authenticated messages move the time. A report that is not may start one discovery per poll, and so
 * may a message whose time went back; what that shows in the end is named as a defect of the agent, and
 * polling goes on. Each authenticated message answers a random msgID just given out, so it is no replay.
 *
 * Pure: time comes in as an argument, and messages as bytes.
 */
#ifndef SIMPUL_SNMP_V3_TARGET_H
#define SIMPUL_SNMP_V3_TARGET_H

#include "collectors/snmp/v3_user.h"

#define V3_WINDOW_S	   150		/* RFC 3414, 2.2.3 */
#define V3_TIME_SLACK_S	   10		/* engine time may be older by this than an answer that overtook it */
#define V3_ENGINE_TEXT_MAX (2 * USM_ENGINE_MAX + 1)

struct v3_time {
	uint32_t boots, time;
	int64_t	 at_ns;			/* monotonic: when it was so */
};

enum v3_defect {			/* bits: named once, by v3_target_defect() */
	V3_ENGINE_CHANGED = 1, V3_BOOTS_BACK = 2, V3_BOOTS_FROZEN = 4, V3_TIME_LOST = 8, V3_BOOTS_LATCHED = 16
};

struct v3_target {			/* zeroed at first, but for user */
	const struct v3_user *user;	/* borrowed */
	uint32_t	user_generation;	/* of which the keys are */
	struct usm_keys keys;		/* at this engine */
	uint8_t		engine_len, proven_len, was_len;
	uint8_t		engine[USM_ENGINE_MAX];	/* in use; empty: unknown */
	uint8_t		proven[USM_ENGINE_MAX];	/* of the last authenticated message */
	uint8_t		was[USM_ENGINE_MAX];	/* the one before, for V3_ENGINE_CHANGED */
	struct v3_time	now;		/* synchronised or hinted */
	struct v3_time	last;		/* of the last authenticated message before a discovery */
	bool		synchronised, has_last;
	bool		spent;		/* the discovery of this poll */
	bool		named;		/* the engine was, in this poll */
	uint8_t		generation;	/* changes with what requests are built of */
	uint8_t		report;		/* enum v3_report: why it refused in this poll; 0: it did not */
	uint8_t		defects;	/* to be named */
	struct v3_time	before, after;	/* to name them by */
};

void	v3_target_init(struct v3_target *t, const struct v3_user *u);
void	v3_target_fini(struct v3_target *t);	/* wipes the keys */
/** A poll begins: a discovery is allowed again, and the file's new keys are taken. */
void	v3_target_poll(struct v3_target *t, const struct v3_user *u);
/** The credential is another: is what the agent refused worth a try? */
bool	v3_target_is_stale(const struct v3_target *t, const struct v3_user *u);

/**
 * Build the message that carries a request now: itself, or a discovery in its place. Arguments and result as
 * those of v3_encode().
 */
size_t v3_target_seal(const struct v3_target *t, int64_t now_ns, int32_t msg_id, uint64_t salt,
    const uint8_t *pdu, size_t pdu_len, uint8_t *buf, size_t size);

enum v3_verdict {
	V3_ANSWER,			/* *out is a response of the agent */
	V3_AGAIN,			/* now more is known: seal the request once more and send it */
	V3_DROP				/* *why */
};
/**
 * Take a message that has the msgID of an open request to this target.
 *
 * @param sent	the target's generation when that request was sealed last
 * @param plain	V3_MESSAGE_MAX bytes of work space, to which *out points then
 */
enum v3_verdict v3_target_take(struct v3_target *t, int64_t now_ns, uint8_t sent, const struct v3_message *m,
	    uint8_t *plain, struct snmp_message *out, const char **why);

/** The refusals that a new try within the minute would not mend; in words, or NULL. */
const char *v3_target_refusal(const struct v3_target *t);
/**
 * A poll has ended without an answer: the next one begins with a discovery. @return what may be the matter,
 * or NULL: net-snmp keeps silent when what it has deciphered makes no sense
 */
const char *v3_target_unanswered(struct v3_target *t);
/** Name one defect seen since the last call. @return false: there is none */
bool	v3_target_defect(struct v3_target *t, char *out, size_t size);
/** The proven engine in hexadecimal digits, empty when none is. @return out */
char   *v3_target_engine(const struct v3_target *t, char out[V3_ENGINE_TEXT_MAX]);

#endif
