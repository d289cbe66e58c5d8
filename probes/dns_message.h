/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns_message.h: a question of DNS and its answer as bytes (RFC 1035, EDNS0 of RFC 6891). Pure. */
#ifndef SIMPUL_PROBES_DNS_MESSAGE_H
#define SIMPUL_PROBES_DNS_MESSAGE_H

#include "base/cursor.h"

#define DNS_WIRE_MAX	255	/* a name as bytes (RFC 1035 2.3.4) */
#define DNS_VALUES_MAX	32	/* records of the type asked for; more are counted */
#define DNS_RECORDS_MAX 64	/* read of an answer */
#define DNS_CNAMES_MAX	16	/* from the name asked for to the one that answers */
#define DNS_TEXT_MAX	256

enum dns_type { DNS_A = 1, DNS_NS = 2, DNS_CNAME = 5, DNS_SOA = 6, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28 };

struct dns_question {
	uint16_t id;
	uint16_t type;
	bool	 authentic;	/* ask for DNSSEC's word */
	uint8_t	 name[DNS_WIRE_MAX];
	size_t	 len;
};

/** @param name  letters, digits, "-" and "_" between dots @return 0, or -1: it is none */
int	dns_question_make(struct dns_question *q, const char *name, uint16_t type, uint16_t id);
void	dns_question_write(const struct dns_question *q, struct buf *out);

enum dns_end {
	DNS_ANSWER,		/* `answer` says what it is */
	DNS_CUT,		/* it is one, but not all of it fitted: ask over TCP */
	DNS_STRANGER,		/* no answer to this question */
	DNS_BROKEN		/* an answer to it that cannot be read */
};

struct dns_answer {
	unsigned rcode;
	bool	 authentic;	/* AD: the server has verified it */
	size_t	 n;
	char	 value[DNS_VALUES_MAX][DNS_TEXT_MAX];	/* as a zone file has them, names without the last dot; visible */
	uint32_t ttl_s;		/* the shortest of what led there */
	uint32_t serial;	/* SOA */
};

/** @param why  out, unless DNS_ANSWER: one phrase */
enum dns_end dns_answer_read(struct dns_answer *a, const struct dns_question *q, const uint8_t *msg, size_t len, const char **why);
const char *dns_rcode_name(unsigned rcode);	/* NULL: without a name */

#endif
