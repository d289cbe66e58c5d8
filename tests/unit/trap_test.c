/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trap_test.c: traps and informs as Debian's snmptrap and snmpinform send them, and by RFC 1157, 3416 and 3584;
 * then one named case per reason for which one is dropped.
 */
#include "collectors/snmp/trap.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#define BYTES_MAX 2048

struct trap_case {
	const char    *name, *hex;
	const char    *why;		/* NULL: accepted, as follows */
	enum trap_kind kind;
	const char    *oid;
	uint32_t       ticks;
	const char    *agent;
	uint32_t       if_index;
	const char    *if_name;
	bool	       inform;
};

static const struct trap_case cases[] = {
	{ .name = "snmptrap -v1, linkDown",
	    .hex = "3070020100040463697479a46506082b06010401f50c0140040a010203020102020100430230393049300f060a2b06010201"
	    "02020101030201033014060a2b0601020102020102030406657468657233300f060a2b060102010202010703020101300f06"
	    "0a2b060102010202010803020102",
	    .why = NULL, TRAP_LINK_DOWN, "1.3.6.1.6.3.1.1.5.3", 12345, "10.1.2.3", 3, "ether3", false },
	{ .name = "snmptrap -v1, coldStart",
	    .hex = "3028020100040463697479a41d060a2b06010401bf0803020a40040a0102030201000201004301013000",
	    .why = NULL, TRAP_COLD_START, "1.3.6.1.6.3.1.1.5.1", 1, "10.1.2.3", 0, "", false },
	{ .name = "snmptrap -v1, enterpriseSpecific 17",
	    .hex = "3035020100040463697479a42a06082b06010401f50c014004c0000202020106020111430163300f300d06082b06010401f5"
	    "0c09040178",
	    .why = NULL, TRAP_OTHER, "1.3.6.1.4.1.14988.1.0.17", 99, "192.0.2.2", 0, "", false },
	{ .name = "snmptrap -v2c, linkDown",
	    .hex = "30818c020101040463697479a781800204707282c50201000201003072300e06082b06010201010300430230393017060a2b"
	    "06010603010104010006092b0601060301010503300f060a2b0601020102020101030201033014060a2b0601020102020102"
	    "030406657468657233300f060a2b060102010202010703020101300f060a2b060102010202010803020102",
	    .why = NULL, TRAP_LINK_DOWN, "1.3.6.1.6.3.1.1.5.3", 12345, "-", 3, "ether3", false },
	{ .name = "snmptrap -v2c, linkUp with ifName and snmpTrapAddress",
	    .hex = "307a020101040463697479a76f02044da873770201000201003061300d06082b060102010103004301073017060a2b060106"
	    "03010104010006092b0601060301010504300f060a2b0601020102020101030201033013060b2b060102011f010101010304"
	    "0473667031301106092b060106031201030040040a090807",
	    .why = NULL, TRAP_LINK_UP, "1.3.6.1.6.3.1.1.5.4", 7, "10.9.8.7", 3, "sfp1", false },
	{ .name = "snmptrap -v2c, of an enterprise",
	    .hex = "3052020101040463697479a74702040bbc6f220201000201003039300d06082b060102010103004301073018060a2b060106"
	    "030101040100060a2b060104018f65817b01300e06082b0601020101050004027231",
	    .why = NULL, TRAP_OTHER, "1.3.6.1.4.1.2021.251.1", 7, "-", 0, "", false },
	{ .name = "snmpinform -v2c, warmStart",
	    .hex = "3041020101040463697479a636020425af80730201000201003028300d06082b0601020101030043014d3017060a2b060106"
	    "03010104010006092b0601060301010502",
	    .why = NULL, TRAP_WARM_START, "1.3.6.1.6.3.1.1.5.2", 77, "-", 0, "", true },
	{ .name = "egpNeighborLoss of RFC 1157",
	    .hex = "3024020100040463697479a41906062b060104010940040a0102030201050201004301053000",
	    .why = NULL, TRAP_EGP_LOSS, "1.3.6.1.6.3.1.1.5.6", 5, "10.1.2.3", 0, "", false },
	{ .name = "authenticationFailure, agent-addr 0.0.0.0",
	    .hex = "3024020100040463697479a41906062b06010401094004000000000201040201004301053000",
	    .why = NULL, TRAP_AUTH_FAILURE, "1.3.6.1.6.3.1.1.5.5", 5, "-", 0, "", false },
	{ .name = "specific-trap 2^31 - 1",
	    .hex = "3027020100040463697479a41c06062b060104010940040a01020302010602047fffffff4301053000",
	    .why = NULL, TRAP_OTHER, "1.3.6.1.4.1.9.0.2147483647", 5, "10.1.2.3", 0, "", false },
	{ .name = "linkDown with nothing but a column of the port",
	    .hex = "304f020101040463697479a7440201090201000201003039300d06082b060102010103004301053017060a2b060106030101"
	    "04010006092b0601060301010503300f060a2b06010201020201080c020102",
	    .why = NULL, TRAP_LINK_DOWN, "1.3.6.1.6.3.1.1.5.3", 5, "-", 12, "", false },
	{ .name = "generic-trap 7",
	    .hex = "3024020100040463697479a41906062b060104010940040a0102030201070201004301053000",
	    .why = "generic-trap out of range" },
	{ .name = "generic-trap below zero",
	    .hex = "3024020100040463697479a41906062b060104010940040a0102030201ff0201004301053000",
	    .why = "generic-trap out of range" },
	{ .name = "specific-trap below zero",
	    .hex = "3024020100040463697479a41906062b060104010940040a0102030201060201ff4301053000",
	    .why = "specific-trap below zero" },
	{ .name = "enterprise of 127 arcs",
	    .hex = "30819d020100040463697479a48191067e2b0101010101010101010101010101010101010101010101010101010101010101"
	    "0101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101"
	    "0101010101010101010101010101010101010101010101010101010101010101010101010101010101010140040a01020302"
	    "01060201004301053000",
	    .why = "OID of too many arcs" },
	{ .name = "agent-addr of five bytes",
	    .hex = "3025020100040463697479a41a06062b0601040109400500000000000201020201004301053000",
	    .why = "IpAddress of a wrong length" },
	{ .name = "Trap-PDU in v2c",
	    .hex = "3024020101040463697479a41906062b060104010940040a0102030201020201004301053000",
	    .why = "neither a trap nor an inform" },
	{ .name = "v2 trap in v1",
	    .hex = "303e020100040463697479a7330201090201000201003028300d06082b060102010103004301053017060a2b060106030101"
	    "04010006092b0601060301010503",
	    .why = "neither a trap nor an inform" },
	{ .name = "inform in v1",
	    .hex = "303e020100040463697479a6330201090201000201003028300d06082b060102010103004301053017060a2b060106030101"
	    "04010006092b0601060301010503",
	    .why = "neither a trap nor an inform" },
	{ .name = "response",
	    .hex = "303e020101040463697479a2330201090201000201003028300d06082b060102010103004301053017060a2b060106030101"
	    "04010006092b0601060301010503",
	    .why = "neither a trap nor an inform" },
	{ .name = "SET",
	    .hex = "303e020101040463697479a3330201090201000201003028300d06082b060102010103004301053017060a2b060106030101"
	    "04010006092b0601060301010503",
	    .why = "neither a trap nor an inform" },
	{ .name = "version 3",
	    .hex = "303e020103040463697479a7330201090201000201003028300d06082b060102010103004301053017060a2b060106030101"
	    "04010006092b0601060301010503",
	    .why = "neither SNMPv1 nor v2c" },
	{ .name = "bytes after the varbinds of a Trap-PDU",
	    .hex = "3026020100040463697479a41b06062b060104010940040a01020302010202010043010530000500",
	    .why = "bytes after the varbinds" },
	{ .name = "no varbinds",
	    .hex = "3016020101040463697479a70b0201090201000201003000",
	    .why = "no sysUpTime at its place" },
	{ .name = "snmpTrapOID first",
	    .hex = "303e020101040463697479a73302010902010002010030283017060a2b06010603010104010006092b060106030101050330"
	    "0d06082b06010201010300430105",
	    .why = "no sysUpTime at its place" },
	{ .name = "no snmpTrapOID",
	    .hex = "3025020101040463697479a71a020109020100020100300f300d06082b06010201010300430105",
	    .why = "no snmpTrapOID at its place" },
	{ .name = "snmpTrapOID that is no OID",
	    .hex = "3036020101040463697479a72b0201090201000201003020300d06082b06010201010300430105300f060a2b060106030101"
	    "040100020103",
	    .why = "no snmpTrapOID at its place" },
	{ .name = "sysUpTime that is no TimeTicks",
	    .hex = "303e020101040463697479a7330201090201000201003028300d06082b060102010103000201053017060a2b060106030101"
	    "04010006092b0601060301010503",
	    .why = "no sysUpTime at its place" },
	{ .name = "inform with an error status",
	    .hex = "303e020101040463697479a6330201090201050201003028300d06082b060102010103004301053017060a2b060106030101"
	    "04010006092b0601060301010503",
	    .why = "error in a notification" },
	{ .name = "Counter64 in a Trap-PDU",
	    .hex = "3032020100040463697479a42706062b060104010940040a010203020102020100430105300e300c06072b06010401090146"
	    "0101",
	    .why = "Counter64 in SNMPv1" },
};

static size_t
unhex(const char *hex, uint8_t *out)
{
	size_t	 n = 0;
	unsigned v;

	for (; sscanf(hex, "%2x", &v) == 1; hex += 2)
		out[n++] = (uint8_t)v;
	return n;
}

static void
test_case(const struct trap_case *c)
{
	static struct snmp_message m;
	struct snmp_trap	   t;
	uint8_t			   data[BYTES_MAX];
	size_t			   len = unhex(c->hex, data);
	const char		  *why = "accepted";
	char			   oid[600], agent[ADDR_TEXT_MAX];

	if (!is_text(trap_decode(&t, &m, data, len, &why) == 0 ? "accepted" : why,
		c->why != NULL ? c->why : "accepted", c->name) || c->why != NULL)
		return;
	snmp_oid_text(oid, sizeof(oid), t.oid, t.oid_len);
	if (!ok(t.kind == c->kind && strcmp(oid, c->oid) == 0 && t.ticks == c->ticks &&
		strcmp(addr_text(&t.agent, agent), c->agent) == 0 && t.if_index == c->if_index &&
		strcmp(t.if_name, c->if_name) == 0 && t.inform == c->inform && m.community_len == 4 &&
		memcmp(m.community, "city", 4) == 0, "what it says"))
		printf("# %s, %s, %u ticks, agent %s, port %u \"%s\"\n", trap_kind_words[t.kind], oid, t.ticks,
		    agent, t.if_index, t.if_name);
}

/* RFC 3416, 4.2.7: a response with the same request-id and the same varbinds, as long as the inform. */
static void
test_answer(void)
{
	static struct snmp_message m, a;
	struct snmp_trap	   t;
	uint8_t			   data[BYTES_MAX], out[BYTES_MAX];
	size_t			   len = 0, i;
	const char		  *why = NULL;

	for (i = 0; i < nitems(cases); i++)
		if (cases[i].inform)
			len = unhex(cases[i].hex, data);
	ok(trap_decode(&t, &m, data, len, &why) == 0, "an inform");
	trap_answer(&t, data, len, out);
	ok(snmp_decode(&a, out, len, &why) == 0 && a.pdu == SNMP_PDU_RESPONSE && a.request_id == m.request_id &&
	    a.error_status == 0 && a.error_index == 0 && a.n == m.n && a.community_len == 4 &&
	    a.version == SNMP_V2C && a.varbind[1].oid_len == m.varbind[1].oid_len,
	    "is answered by a response with its request-id and varbinds");
}

int
main(void)
{
	size_t i;

	for (i = 0; i < nitems(cases); i++)
		test_case(&cases[i]);
	test_answer();
	return tap_done();
}
