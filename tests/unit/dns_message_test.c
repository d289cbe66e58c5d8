/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns_message_test.c: the bytes of a question and of its answers, whole, cut and hostile. */
#include "probes/dns_message.h"

#include <string.h>

#include "tests/unit/tap.h"

#define ID 0x1234

static struct buf msg;

static void
u16(unsigned v)
{
	put_u16be(buf_grow(&msg, 2), (uint16_t)v);
}

/* An answer to "www.example" of this type, with so many records to follow. */
static void
answer_begin(unsigned flags, unsigned type, unsigned records)
{
	msg.len = 0;
	u16(ID);
	u16(flags);
	u16(1);
	u16(records);
	u16(0);
	u16(0);
	buf_bytes(&msg, "\3WWW\7example", 13);	/* with its NUL */
	u16(type);
	u16(1);
}

/* Of a name that starts at this place of the message. */
static void
record(unsigned name_at, unsigned type, unsigned ttl_s, const void *data, size_t len)
{
	u16(0xc000 | name_at);
	u16(type);
	u16(1);
	u16(0);
	u16(ttl_s);
	u16((unsigned)len);
	buf_bytes(&msg, data, len);
}

static enum dns_end
read_as(struct dns_answer *a, unsigned type, const char **why)
{
	struct dns_question q;

	dns_question_make(&q, "www.example.", (uint16_t)type, ID);
	return dns_answer_read(a, &q, msg.data, msg.len, why);
}

static void
test_question(void)
{
	struct dns_question q;
	struct buf	    b = { 0 };
	char		    longest[300];

	is_i64(dns_question_make(&q, "www.example", DNS_MX, ID), 0, "a question");
	q.authentic = true;
	dns_question_write(&q, &b);
	ok(b.len == 12 + 13 + 4 + 11 && memcmp(b.data, "\x12\x34\x01\x20\0\1\0\0\0\0\0\1\3www\7example\0\0\x0f\0\1"
	    "\0\0\x29\x04\xd0\0\0\x80\0\0\0", b.len) == 0, "... as RFC 1035, with EDNS0 and DO as RFC 6891 and 3225");
	buf_free(&b);
	ok(dns_question_make(&q, "a..b", DNS_A, ID) == -1 && dns_question_make(&q, "", DNS_A, ID) == -1, "no names");
	memset(longest, 'a', sizeof(longest));
	longest[63] = longest[127] = longest[191] = '.';
	longest[253] = '\0';
	is_i64(dns_question_make(&q, longest, DNS_A, ID), 0, "the longest name");
	longest[253] = 'a', longest[254] = '\0';
	is_i64(dns_question_make(&q, longest, DNS_A, ID), -1, "... and one letter more");
	longest[63] = 'a';
	is_i64(dns_question_make(&q, longest, DNS_A, ID), -1, "a label of 64 letters");
}

static void
test_strangers(void)
{
	static struct dns_answer a;
	const char *why = "";

	answer_begin(0x8180, DNS_A, 1);
	record(12, DNS_A, 60, "\x0a\0\0\1", 4);
	is_i64(read_as(&a, DNS_A, &why), DNS_ANSWER, "an answer, its question in capitals");
	is_text(a.value[0], "10.0.0.1", "... its address");
	is_i64(a.ttl_s, 60, "... its TTL");
	ok(!a.authentic, "... not authentic");
	is_i64(read_as(&a, DNS_AAAA, &why), DNS_STRANGER, "to a question of another type");
	msg.data[1]++;
	is_i64(read_as(&a, DNS_A, &why), DNS_STRANGER, "to another number");
	is_text(why, "another number", "... and why");
	msg.data[1]--;
	msg.data[13] = 'v';
	is_i64(read_as(&a, DNS_A, &why), DNS_STRANGER, "to another name");
	msg.data[13] = 'w';
	msg.data[2] = 0x01;
	is_i64(read_as(&a, DNS_A, &why), DNS_STRANGER, "a question");
	msg.data[2] = 0x83;
	is_i64(read_as(&a, DNS_A, &why), DNS_CUT, "one that is cut");
}

static void
test_short(void)
{
	static struct dns_answer a;
	const char *why;
	size_t	    len, whole, wrong = 0;

	answer_begin(0x81a0, DNS_A, 1);
	record(12, DNS_A, 60, "\x0a\0\0\1", 4);
	whole = msg.len;
	is_i64(read_as(&a, DNS_A, &why), DNS_ANSWER, "whole");
	ok(a.authentic, "... and authentic");
	for (len = 0; len < whole; len++) {
		msg.len = len;
		wrong += read_as(&a, DNS_A, &why) == DNS_ANSWER;
	}
	is_i64((int64_t)wrong, 0, "and none when it is shorter");
}

static void
test_values(void)
{
	static const struct {
		unsigned    type;
		const char *data;
		size_t	    len;
		const char *want;	/* NULL: broken */
	} cases[] = {
		{ DNS_AAAA, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, "2001:db8::1" },
		{ DNS_AAAA, "\x20\1\xd\xb8", 4, NULL },
		{ DNS_A, "\x0a\0\0", 3, NULL },
		{ DNS_MX, "\0\x0a\4mail\xc0\x10", 9, "10 mail.example" },
		{ DNS_MX, "\0\x0a", 2, NULL },
		{ DNS_NS, "\2ns\xc0\x10", 5, "ns.example" },
		{ DNS_NS, "\2ns\xc0\x10x", 6, NULL },
		{ DNS_NS, "\5a\x1b[2Jz\0", 8, NULL },
		{ DNS_NS, "\5a\x1b[2J\0", 7, "a\\x1b[2J" },
		{ DNS_NS, "\3a.b\0", 5, "a\\.b" },
		{ DNS_NS, "\0", 1, "." },
		{ DNS_CNAME, "\xc0\x10", 2, "example" },
		{ DNS_TXT, "\3abc\2de", 7, "abcde" },
		{ DNS_TXT, "\3ab", 3, NULL },
		{ DNS_SOA, "\2ns\xc0\x10\4host\xc0\x10\0\0\7\xd0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4", 32, "ns.example host.example 2000" },
		{ DNS_SOA, "\2ns\xc0\x10\4host\xc0\x10\0\0\7\xd0", 16, NULL },
	};
	static struct dns_answer a;
	const char *why;
	size_t	    i;

	for (i = 0; i < nitems(cases); i++) {
		answer_begin(0x8180, cases[i].type, 1);
		record(12, cases[i].type, 60, cases[i].data, cases[i].len);
		is_i64(read_as(&a, cases[i].type, &why), cases[i].want != NULL ? DNS_ANSWER : DNS_BROKEN,
		    cases[i].want != NULL ? cases[i].want : "one that cannot be read");
		if (cases[i].want != NULL)
			is_text(a.value[0], cases[i].want, "... value");
	}
	is_i64(a.serial, 2000, "the serial of a SOA");
}

/* www -> example -> 10.0.0.2; the records in either order, and one of another name between them. */
static void
test_aliases(void)
{
	static struct dns_answer a;
	const char *why;
	unsigned    i, at, before;

	answer_begin(0x8180, DNS_A, 3);
	record(16, DNS_A, 90, "\x0a\0\0\2", 4);
	record(24, DNS_A, 90, "\x0a\0\0\3", 4);
	record(12, DNS_CNAME, 30, "\xc0\x10", 2);
	is_i64(read_as(&a, DNS_A, &why), DNS_ANSWER, "by an alias");
	ok(a.n == 1 && strcmp(a.value[0], "10.0.0.2") == 0, "... only what it leads to");
	is_i64(a.ttl_s, 30, "... and the shortest TTL on the way");

	answer_begin(0x8180, DNS_A, 1);
	record(12, DNS_CNAME, 30, "\xc0\x0c", 2);
	is_i64(read_as(&a, DNS_A, &why), DNS_BROKEN, "an alias of itself ends");
	is_text(why, "aliases without an end", "... and why");

	answer_begin(0x8180, DNS_A, 1);
	for (i = 0, before = 12; i < 17; i++) {
		at = (unsigned)msg.len + 12;
		record(before, DNS_CNAME, 30, "\1x\xc0\x10", 4);
		msg.data[at + 1] = (uint8_t)('a' + i);
		before = at;
	}
	msg.data[7] = 17;
	is_i64(read_as(&a, DNS_A, &why), DNS_BROKEN, "17 aliases are too many");
	msg.data[7] = 16;
	is_i64(read_as(&a, DNS_A, &why), DNS_ANSWER, "... 16 are not");
	ok(a.n == 0, "... though they lead nowhere");

	answer_begin(0x8180, DNS_A, 1);
	record(29, DNS_A, 30, "\x0a\0\0\1", 4);
	is_i64(read_as(&a, DNS_A, &why), DNS_BROKEN, "a pointer to itself");
	answer_begin(0x8180, DNS_A, 1);
	record(40, DNS_A, 30, "\x0a\0\0\1", 4);
	is_i64(read_as(&a, DNS_A, &why), DNS_BROKEN, "a pointer forwards");
}

static void
test_rcodes(void)
{
	static struct dns_answer a;
	const char *why;

	answer_begin(0x8183, DNS_A, 0);
	is_i64(read_as(&a, DNS_A, &why), DNS_ANSWER, "no such name is an answer");
	ok(a.rcode == 3 && a.n == 0 && strcmp(dns_rcode_name(3), "NXDOMAIN") == 0 && dns_rcode_name(15) == NULL, "... NXDOMAIN");
}

int
main(void)
{
	test_question();
	test_strangers();
	test_short();
	test_values();
	test_aliases();
	test_rcodes();
	buf_free(&msg);
	return tap_done();
}
