/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ber_differential.c: the own decoder against net-snmp's snmp_pdu_parse().
 *
 *	ber_differential [COUNT [SEED]]		default 20,000 messages, seed 1
 *
 * Every generated message is valid, so both must accept it and read the same from it: version, community, PDU,
 * every OID, type and value. Prints seed and count, TAP, and exits with 1 on the first disagreement.
 */
#include <stdlib.h>
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include "tests/unit/ber_random.h"
#include "tests/unit/tap.h"

#define COUNT_DEFAULT 20000

static struct writer	   w;
static struct snmp_message msg;

/* @return whether both read the same; *skipped counts what net-snmp reads in a way of its own */
static bool
one_agrees(uint64_t *skipped)
{
	struct snmp_trap1 t;
	const char	 *why = NULL;
	const uint8_t	 *data;
	size_t		  len, i;
	bool		  trap = below(&w, 8) == 0;
	int		  rc;

	trap ? put_trap1(&w) : put_message(&w);
	data = w.byte + w.at;
	len = sizeof(w.byte) - w.at;
	rc = trap ? snmp_decode_trap(&msg, &t, data, len, &why) : snmp_decode(&msg, data, len, &why);
	if (rc == 0 && has_opaque_special(&msg)) {
		++*skipped;
		return true;
	}
	if (rc == 0 && netsnmp_agrees(&msg, &t, data, len))
		return true;
	printf("# %s:", rc == -1 ? why : "net-snmp reads it otherwise");
	for (i = 0; i < len; i++)
		printf(" %02x", data[i]);
	putchar('\n');
	return false;
}

int
main(int argc, char *argv[])
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : COUNT_DEFAULT;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1, skipped = 0, n;

	snmp_disable_log();
	w.rnd = seed;
	for (n = 0; n < count && one_agrees(&skipped); n++)
		if (n > 0 && n % 1000000 == 0) {
			printf("# %" PRIu64 " of %" PRIu64 "\n", n, count);
			fflush(stdout);
		}
	printf("# seed %" PRIu64 ", %" PRIu64 " messages; %" PRIu64 " with an Opaque that net-snmp takes apart are not "
	    "compared\n", seed, n, skipped);
	ok(n == count && skipped < count / 10 + 1, "net-snmp reads the same from %" PRIu64 " valid messages", n);
	return tap_done();
}
