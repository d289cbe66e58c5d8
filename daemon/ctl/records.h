/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * records.h: what people did at the web server stands in the audit log; but who knocks again and again must
 * not fill the disk.
 *
 * What somebody does to an object from one place is written at once; the same again within a minute is
 * counted, and is one entry with its count at its end: so one who does it all day long has two a minute. Of
 * each kind a number of entries a minute is written at all; the rest is counted, and is one entry of `others`.
 * What strangers can cause has a smaller number than what needs a password, and none of it takes room from
 * another kind. What is counted is in memory alone, until the minute is over.
 */
#ifndef SIMPUL_CTL_RECORDS_H
#define SIMPUL_CTL_RECORDS_H

#include "base/addr.h"
#include "base/loop.h"
#include "base/text.h"
#include "ledger/ledger.h"

enum record_kind {
	RECORD_LOGIN, RECORD_LOGIN_FAILED, RECORD_LOGOUT, RECORD_PASSWORD, RECORD_REFUSED, RECORD_KINDS
};

extern const char *const record_kind_names[RECORD_KINDS + 1];	/* "login", ..; ends with NULL */

#define RECORDS_OF_USERS     60		/* a minute of each kind */
#define RECORDS_OF_STRANGERS 10
#define RECORDS_MAX	     (3 * RECORDS_OF_USERS + 2 * RECORDS_OF_STRANGERS)

struct records {		/* zeroed: none yet */
	struct loop	 *loop;
	struct ledger	 *ledger;
	struct loop_timer minute;	/* set: one is running */
	struct {
		uint32_t written, more;
	}		  kind[RECORD_KINDS];
	struct record {			/* that is written in this minute */
		enum record_kind kind;
		char		 who[64], object[REF_MAX];
		struct addr	 place;		/* addr_place(); none: nowhere */
		uint32_t	 more;		/* after it */
	}		  seen[RECORDS_MAX];
	size_t		  n;
};

/** @return the kind of this name, or RECORD_KINDS */
enum record_kind record_kind_of(const char *name);
/**
 * Write or count one entry. @param who  did it, or says it @param object  "user/op", or what was refused
 * @param from	 address, or NULL
 * @return 0 or -1 (logged)
 */
int	records_note(struct records *rs, struct loop *l, struct ledger *ledger, enum record_kind kind,
	    const char *who, const char *object, const char *from);
/** Write what is counted, and begin anew. */
void	records_flush(struct records *rs);

#endif
