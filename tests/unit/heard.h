/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heard.h: what a broker has heard of an engine, for tests that play the broker: its retained documents and
 * its stream of events, in the order of arrival.
 */
#ifndef SIMPUL_TEST_HEARD_H
#define SIMPUL_TEST_HEARD_H

#include "base/map.h"
#include "base/uuid.h"
#include "ipc/msg.h"

#define HEARD_ROOT "simpul/v1/pontianak/"

struct json_t;

struct heard_event {
	uint64_t seq;
	char	 id[UUID_TEXT_MAX], kind[48], severity[16], subject[REF_MAX];
	int64_t	 mono_ns;	/* when it reached the broker */
};

struct heard {
	struct map	   *retained;	/* by topic, below HEARD_ROOT */
	struct heard_event *event;
	size_t		    nevents, room;
};

void	heard_init(struct heard *h);
void	heard_fini(struct heard *h);
/** Take one message. @return 0, or -1 when no broker should ever get it: outside HEARD_ROOT, or no JSON */
int	heard_take(struct heard *h, const struct msg_outbox_item *item, int64_t mono_ns);

/** `data` of the retained document on a topic, borrowed; NULL when there is none. */
struct json_t *heard_doc(const struct heard *h, const char *topic);
/** @param ref  such as "site/s013"; @return its state word, "-" for none */
const char *heard_state(const struct heard *h, const char *ref);
int64_t	heard_number(const struct heard *h, const char *topic, const char *key);	/* -1 for none */
size_t	heard_topics(const struct heard *h, const char *prefix);	/* retained ones that begin so */

#endif
