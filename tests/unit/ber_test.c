/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ber_test.c: one named case per reason for which the decoder drops a message, then random messages against
 * net-snmp: whatever we accept it accepts, with the same values (it accepts more, which is why the gate is
 * there).
 */
#include "collectors/snmp/ber.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include "collectors/snmp/request.h"
#include "tests/unit/ber_random.h"
#include "tests/unit/tap.h"

/* The parts of a small response, so that a case can spoil exactly one of them. */
#define VERSION	  0x02, 0x01, 0x01
#define COMMUNITY 0x04, 0x02, 'r', 'o'
#define PDU_HEAD  0x02, 0x04, 0x11, 0x22, 0x33, 0x44, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00
#define NAME	  0x06, 0x03, 0x2b, 0x06, 0x01
#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

struct message_case {
	const char    *name;
	const char    *why;	/* NULL: accepted */
	const uint8_t *bytes;
	size_t	       len;
};

/* A message around a value of n bytes (tag and length included): every length is right. */
#define WITH_VALUE(n, ...) BYTES(0x30, 30 + (n), VERSION, COMMUNITY, 0xa2, 21 + (n), PDU_HEAD, 0x30, 7 + (n), 0x30, 5 + (n), \
	NAME, __VA_ARGS__)
#define WITH_NAME(n, ...) BYTES(0x30, 27 + (n), VERSION, COMMUNITY, 0xa2, 18 + (n), PDU_HEAD, 0x30, 4 + (n), 0x30, 2 + (n), \
	__VA_ARGS__, 0x05, 0x00)

static const struct message_case cases[] = {
	{ "null", NULL, WITH_VALUE(2, 0x05, 0x00) },
	{ "integer", NULL, WITH_VALUE(3, 0x02, 0x01, 0xff) },
	{ "integer, padded but of four bytes", NULL, WITH_VALUE(6, 0x02, 0x04, 0x00, 0x00, 0x00, 0x07) },
	{ "Counter32 of 2^32 - 1", NULL, WITH_VALUE(7, 0x41, 0x05, 0x00, 0xff, 0xff, 0xff, 0xff) },
	{ "Counter64 of 2^64 - 1", NULL, WITH_VALUE(11, 0x46, 0x09, 0, 255, 255, 255, 255, 255, 255, 255, 255) },
	{ "long form of a length", NULL, WITH_VALUE(6, 0x04, 0x82, 0x00, 0x02, 'o', 'k') },
	{ "length of four bytes", NULL, WITH_VALUE(8, 0x04, 0x84, 0, 0, 0, 0x02, 'o', 'k') },
	{ "arc of 2^32 - 1", NULL, WITH_NAME(8, 0x06, 0x06, 0x2b, 0x8f, 0xff, 0xff, 0xff, 0x7f) },
	{ "no such instance", NULL, WITH_VALUE(2, 0x81, 0x00) },
	{ "no varbinds", NULL, BYTES(0x30, 23, VERSION, COMMUNITY, 0xa2, 14, PDU_HEAD, 0x30, 0) },

	{ "nothing", "cut short", BYTES(0x30) },
	{ "not a sequence", "unexpected tag", BYTES(0x31, 0x00) },
	{ "empty sequence", "cut short", BYTES(0x30, 0x00) },
	{ "longer than the datagram", "longer than what holds it", BYTES(0x30, 0x03, 0x02, 0x01) },
	{ "bytes after the end", "bytes after the message", BYTES(0x30, 23, VERSION, COMMUNITY, 0xa2, 14, PDU_HEAD, 0x30, 0, 0) },
	{ "bytes after the PDU", "bytes after the PDU", BYTES(0x30, 25, VERSION, COMMUNITY, 0xa2, 14, PDU_HEAD, 0x30, 0, 5, 0) },
	{ "bytes after the varbinds", "bytes after the varbinds",
	    BYTES(0x30, 25, VERSION, COMMUNITY, 0xa2, 16, PDU_HEAD, 0x30, 0, 5, 0) },
	{ "bytes after a value", "bytes after a value", WITH_VALUE(4, 0x05, 0x00, 0x05, 0x00) },
	{ "indefinite length", "indefinite length", WITH_VALUE(4, 0x04, 0x80, 0x00, 0x00) },
	{ "length of five bytes", "length of more than 4 bytes", WITH_VALUE(9, 0x04, 0x85, 0, 0, 0, 0, 0x02, 'o', 'k') },
	{ "length cut off", "cut short", WITH_VALUE(3, 0x04, 0x82, 0x00) },
	{ "version 3", "neither SNMPv1 nor v2c", BYTES(0x30, 0x03, 0x02, 0x01, 0x03) },
	{ "version 2^32 + 1", "integer of a wrong length", BYTES(0x30, 0x07, 0x02, 0x05, 1, 0, 0, 0, 1) },
	{ "trap of SNMPv1", "unknown PDU type", BYTES(0x30, 23, VERSION, COMMUNITY, 0xa4, 14, PDU_HEAD, 0x30, 0) },
	{ "integer without content", "integer of a wrong length", WITH_VALUE(2, 0x02, 0x00) },
	{ "integer of five bytes", "integer of a wrong length", WITH_VALUE(7, 0x02, 0x05, 0, 0, 0, 0, 1) },
	{ "Counter32 of 2^32", "unsigned integer out of range", WITH_VALUE(7, 0x41, 0x05, 0x01, 0, 0, 0, 0) },
	{ "Counter32 of six bytes", "unsigned integer of a wrong length", WITH_VALUE(8, 0x41, 0x06, 0, 0, 0, 0, 0, 1) },
	{ "Counter32 below zero", "negative value of an unsigned type", WITH_VALUE(3, 0x41, 0x01, 0xff) },
	{ "Gauge32 of 2^32", "unsigned integer out of range", WITH_VALUE(7, 0x42, 0x05, 0x01, 0, 0, 0, 0) },
	{ "TimeTicks of 2^32", "unsigned integer out of range", WITH_VALUE(7, 0x43, 0x05, 0x01, 0, 0, 0, 0) },
	{ "TimeTicks below zero", "negative value of an unsigned type", WITH_VALUE(6, 0x43, 0x04, 0x80, 0, 0, 0) },
	{ "Counter64 below zero", "negative value of an unsigned type", WITH_VALUE(3, 0x46, 0x01, 0x80) },
	{ "Counter64 of ten bytes", "unsigned integer of a wrong length", WITH_VALUE(12, 0x46, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1) },
	{ "Counter64 of 2^64", "unsigned integer out of range", WITH_VALUE(11, 0x46, 0x09, 1, 0, 0, 0, 0, 0, 0, 0, 0) },
	{ "Counter64 in SNMPv1", "Counter64 in SNMPv1",
	    BYTES(0x30, 33, 0x02, 0x01, 0x00, COMMUNITY, 0xa2, 24, PDU_HEAD, 0x30, 10, 0x30, 8, NAME, 0x46, 0x01, 0x05) },
	{ "exception in SNMPv1", "exception in SNMPv1",
	    BYTES(0x30, 32, 0x02, 0x01, 0x00, COMMUNITY, 0xa2, 23, PDU_HEAD, 0x30, 9, 0x30, 7, NAME, 0x80, 0x00) },
	{ "null with content", "content where there is none", WITH_VALUE(3, 0x05, 0x01, 0x00) },
	{ "IpAddress of five bytes", "IpAddress of a wrong length", WITH_VALUE(7, 0x40, 0x05, 10, 0, 0, 1, 0) },
	{ "IpAddress of three bytes", "IpAddress of a wrong length", WITH_VALUE(5, 0x40, 0x03, 10, 0, 0) },
	{ "indefinite length of the list", "indefinite length", BYTES(0x30, 23, VERSION, COMMUNITY, 0xa2, 14, PDU_HEAD, 0x30, 0x80) },
	{ "length beyond its list", "longer than what holds it", WITH_VALUE(3, 0x04, 0x05, 'x') },
	{ "unknown type", "unknown type of value", WITH_VALUE(3, 0x47, 0x01, 0x01) },
	{ "empty OID", "empty OID", WITH_NAME(2, 0x06, 0x00) },
	{ "padded arc", "padded OID arc", WITH_NAME(5, 0x06, 0x03, 0x2b, 0x80, 0x01) },
	{ "arc of 2^32", "OID arc beyond 32 bits", WITH_NAME(8, 0x06, 0x06, 0x2b, 0x90, 0x80, 0x80, 0x80, 0x00) },
	{ "arc of 2^70", "OID arc beyond 32 bits",
	    WITH_NAME(14, 0x06, 0x0c, 0x2b, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00) },
	{ "unfinished arc", "unfinished OID arc", WITH_NAME(4, 0x06, 0x02, 0x2b, 0x81) },
	{ "empty OID as value", "empty OID", WITH_VALUE(2, 0x06, 0x00) },
};

static struct snmp_message msg;	/* large; overwritten by each decode */

static void
test_cases(void)
{
	for (size_t i = 0; i < nitems(cases); i++) {
		const struct message_case *c = &cases[i];
		const char		  *why = "accepted";
		int			   rc = snmp_decode(&msg, c->bytes, c->len, &why);

		is_text(rc == 0 ? "accepted" : why, c->why != NULL ? c->why : "accepted", c->name);
	}
}

/* One message with n varbinds, a name of that many sub-identifiers, a community of that length. */
static const char *
limit_verdict(struct writer *w, size_t varbinds, size_t sub_ids, size_t community_len)
{
	const char *why = "accepted";
	size_t	    end, varbind;

	w->at = end = sizeof(w->byte);
	for (size_t i = 0; i < varbinds; i++) {
		varbind = w->at;
		put_head(w, SNMP_NULL, varbind);
		for (size_t k = 0, name = w->at; k <= sub_ids; k++)
			k < sub_ids ? put_u8(w, 0x2b) : put_head(w, SNMP_OID, name);
		put_head(w, 0x30, varbind);
	}
	put_head(w, 0x30, end);
	for (unsigned i = 0; i < 3; i++)
		put_integer(w, SNMP_INTEGER, 0);
	put_head(w, SNMP_PDU_RESPONSE, end);
	put_string(w, SNMP_OCTETS, community_len);
	put_integer(w, SNMP_INTEGER, SNMP_V2C);
	put_head(w, 0x30, end);
	snmp_decode(&msg, w->byte + w->at, sizeof(w->byte) - w->at, &why);
	return why;
}

/* Of a string the first 1,024 bytes are kept, and what is missing is marked. */
static void
test_strings(struct writer *w, size_t len, bool cut)
{
	size_t	    end = w->at = sizeof(w->byte);
	const char *why = "accepted";

	put_string(w, SNMP_OCTETS, len);
	put_u8(w, 0x2b), put_u8(w, 1), put_u8(w, SNMP_OID);
	put_head(w, 0x30, end);
	put_head(w, 0x30, end);
	for (unsigned i = 0; i < 3; i++)
		put_integer(w, SNMP_INTEGER, 0);
	put_head(w, SNMP_PDU_RESPONSE, end);
	put_string(w, SNMP_OCTETS, 2);
	put_integer(w, SNMP_INTEGER, SNMP_V2C);
	put_head(w, 0x30, end);
	ok(snmp_decode(&msg, w->byte + w->at, sizeof(w->byte) - w->at, &why) == 0 && msg.varbind[0].value.cut == cut &&
	    msg.varbind[0].value.len == (cut ? SNMP_STRING_MAX : len), "a string of %zu bytes is kept %s", len,
	    cut ? "in part" : "whole");
}

static void
test_limits(void)
{
	struct writer *w = calloc(1, sizeof(*w));

	is_text(limit_verdict(w, 256, 8, 64), "accepted", "256 varbinds");
	is_text(limit_verdict(w, 257, 8, 64), "too many varbinds", "257 varbinds");
	is_text(limit_verdict(w, 1, 127, 64), "accepted", "OID of 128 arcs");
	is_text(limit_verdict(w, 1, 128, 64), "OID of too many arcs", "OID of 129 arcs");
	is_text(limit_verdict(w, 1, 8, 65), "community too long", "community of 65 bytes");
	test_strings(w, SNMP_STRING_MAX, false);
	test_strings(w, SNMP_STRING_MAX + 1, true);
	test_strings(w, 60000, true);
	free(w);
}

static void
dump(const uint8_t *data, size_t len)
{
	printf("#  ");
	for (size_t i = 0; i < len && i < 200; i++)
		printf(" %02x", data[i]);
	printf("\n");
}

static void
test_against_netsnmp(uint64_t seed)
{
	struct writer *w = calloc(1, sizeof(*w));
	unsigned       valid = 0, differ = 0, mutants_accepted = 0, mutants = 0;
	const char    *why;

	w->rnd = seed;
	for (unsigned i = 0; i < 100000; i++) {
		uint8_t *data;
		size_t	 len;

		put_message(w);
		data = w->byte + w->at;
		len = sizeof(w->byte) - w->at;
		if (snmp_decode(&msg, data, len, &why) != 0) {
			printf("# rejected as %s:\n", why);
			dump(data, len);
			continue;
		}
		valid++;
		if (!has_opaque_special(&msg) && !netsnmp_agrees(&msg, NULL, data, len) && differ++ == 0)
			dump(data, len);
		for (unsigned k = 0; k < 4; k++) {
			data[below(w, len)] = (uint8_t)random_u64(w);
			mutants++;
			if (snmp_decode(&msg, data, len, &why) != 0)
				continue;
			mutants_accepted++;
			if (!has_opaque_special(&msg) && !netsnmp_agrees(&msg, NULL, data, len) && differ++ == 0)
				dump(data, len);
		}
	}
	is_i64(valid, 100000, "100,000 random valid messages are accepted");
	is_i64(differ, 0, "net-snmp reads the same from all that is accepted");
	ok(mutants_accepted > 10000 && mutants_accepted < mutants, "%u of %u mutants were accepted", mutants_accepted, mutants);
	free(w);
}

static void
test_response_check(void)
{
	static const struct snmp_column uptime = { "sysUpTime", true, SNMP_ARCS(1, 3, 6, 1, 2, 1, 1, 3) };
	static const struct snmp_column boots = { "snmpEngineBoots", true, SNMP_ARCS(1, 3, 6, 1, 6, 3, 10, 2, 1, 2) };
	static const uint32_t	     index[] = { 4000000000u, 0, 300 };
	const struct snmp_ask	     ask[] = { { .column = &uptime }, { .column = &boots, .nindex = 3, .index = index } };
	const struct snmp_ask	     other[] = { { .column = &boots }, { .column = &uptime } };
	const struct snmp_credential cred = { .version = SNMP_V2C, .community_len = 4, .community = "city" };
	struct snmp_request	     r = { 0 }, q = { 0 };
	struct snmp_expect	     e;
	const char		    *why = NULL;
	char			     text[64];

	snmp_request_encode(&r, &cred, SNMP_PDU_GET, 0, ask, 2);
	snmp_request_patch(r.data, &r, 0x12345678);
	ok(snmp_decode(&msg, r.data, r.len, &why) == 0 && msg.pdu == SNMP_PDU_GET && msg.request_id == 0x12345678 && msg.n == 2 &&
	    msg.version == SNMP_V2C && msg.community_len == 4, "net-snmp's GET decodes, with the request-id patched in");
	is_text(snmp_oid_text(text, sizeof(text), msg.varbind[1].oid, msg.varbind[1].oid_len), "1.3.6.1.6.3.10.2.1.2.4000000000.0.300",
	    "and the OID asked, with all arcs of its index");

	e = (struct snmp_expect){ .request_id = 0x12345678, .version = SNMP_V2C, .community = cred.community, .community_len = 4,
	    .varbinds = r.data + r.varbinds_at, .varbinds_len = r.len - r.varbinds_at };
	is_text(snmp_check_words[snmp_response_check(&msg, &e)], "not a response", "a request is no response");
	msg.pdu = SNMP_PDU_RESPONSE;
	is_text(snmp_check_words[snmp_response_check(&msg, &e)], "matches", "the same OIDs match");
	msg.n = 1;
	is_text(snmp_check_words[snmp_response_check(&msg, &e)], "other OIDs than asked", "one OID missing");
	msg.error_status = SNMP_TOO_BIG;
	is_text(snmp_check_words[snmp_response_check(&msg, &e)], "matches", "a refusal need not repeat the OIDs");
	msg.error_status = 19;
	is_text(snmp_check_words[snmp_response_check(&msg, &e)], "impossible error status", "error status 19");
	msg.error_status = 0;
	msg.n = 2;
	snmp_request_encode(&q, &cred, SNMP_PDU_GET, 0, other, 2);
	e.varbinds = q.data + q.varbinds_at;
	e.varbinds_len = q.len - q.varbinds_at;
	is_text(snmp_check_words[snmp_response_check(&msg, &e)], "other OIDs than asked", "other OIDs");
	e.request_id++;
	is_text(snmp_check_words[snmp_response_check(&msg, &e)], "another request-id", "another request-id");
	e.community = (const uint8_t *)"citx";
	is_text(snmp_check_words[snmp_response_check(&msg, &e)], "another community", "another community");
	e.version = SNMP_V1;
	is_text(snmp_check_words[snmp_response_check(&msg, &e)], "another SNMP version", "another version");

	snmp_request_encode(&q, &cred, SNMP_PDU_GETBULK, 25, &(struct snmp_ask){ .column = &uptime, .whole = true }, 1);
	ok(snmp_decode(&msg, q.data, q.len, &why) == 0 && msg.pdu == SNMP_PDU_GETBULK && msg.error_status == 0 &&
	    msg.error_index == 25, "its GETBULK has no non-repeaters and 25 repetitions");
	snmp_request_fini(&r);
	snmp_request_fini(&q);
}

int
main(void)
{
	const char *seed = getenv("SIMPUL_SEED");

	snmp_disable_log();
	test_cases();
	test_limits();
	test_response_check();
	test_against_netsnmp(seed != NULL ? strtoull(seed, NULL, 10) : 3);
	return tap_done();
}
