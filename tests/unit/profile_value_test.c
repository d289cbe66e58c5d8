/* SPDX-License-Identifier: GPL-3.0-or-later */
/* profile_value_test.c: raw varbinds to values. */
#include "collectors/profile_value.h"

#include "tap.h"

#define INT(n)	  { .type = SNMP_INTEGER, .integer = (n) }
#define GAUGE(n)  { .type = SNMP_GAUGE32, .number = (n) }
#define COUNT(n)  { .type = SNMP_COUNTER32, .number = (n) }
#define COUNT64(n) { .type = SNMP_COUNTER64, .number = (n) }
#define TEXT(s)	  { .type = SNMP_OCTETS, .len = sizeof(s) - 1, .bytes = (const uint8_t *)(s) }
#define OPAQUE(s) { .type = SNMP_OPAQUE, .len = sizeof(s) - 1, .bytes = (const uint8_t *)(s) }
#define PLAIN	  .factor = 1, .min = -PROFILE_NO_LIMIT, .max = PROFILE_NO_LIMIT
#define LIST(...) { sizeof((double[]){ __VA_ARGS__ }) / sizeof(double), { __VA_ARGS__ } }

static const struct {
	const char	 *name;
	struct snmp_value v;
	double		  want;
} raws[] = {
	{ "an integer", INT(-5), -5 },
	{ "a gauge above 2^31", GAUGE(4294967295u), 4294967295.0 },
	{ "a counter of 64 bits", COUNT64(1ull << 53), 9007199254740992.0 },
	{ "text with a unit", TEXT("-12.3 dBm"), -12.3 },
	{ "text, a number alone", TEXT("23.5"), 23.5 },
	{ "text with spaces and a plus", TEXT("  +7"), 7 },
	{ "text, a number and a dot", TEXT("23."), 23 },
	{ "text, no digit before the dot", TEXT(".5"), NAN },
	{ "text, a comma in the number", TEXT("23,5"), NAN },
	{ "text, a version", TEXT("1.2.3"), NAN },
	{ "text, none", TEXT("N/A"), NAN },
	{ "text, a sign alone", TEXT("-"), NAN },
	{ "text, empty", TEXT(""), NAN },
	{ "text, more digits than can be", TEXT("12345678901234567890123456789012345678901234567890"), NAN },
	{ "text, a number with an exponent is cut before it", TEXT("1e5"), 1 },
	{ "text, infinity", TEXT("inf"), NAN },
	{ "an Opaque float", OPAQUE("\x9f\x78\x04\x41\xbc\x00\x00"), 23.5 },
	{ "an Opaque double", OPAQUE("\x9f\x79\x08\x40\x37\x80\x00\x00\x00\x00\x00"), 23.5 },
	{ "an Opaque float that is infinite", OPAQUE("\x9f\x78\x04\x7f\x80\x00\x00"), NAN },
	{ "an Opaque that is cut", OPAQUE("\x9f\x78\x04\x41\xbc\x00"), NAN },
	{ "an Opaque of something else", OPAQUE("\x9f\x76\x04\x41\xbc\x00\x00"), NAN },
	{ "an empty Opaque", OPAQUE(""), NAN },
	{ "noSuchInstance", { .type = SNMP_NO_SUCH_INSTANCE }, NAN },
	{ "nothing", { .type = SNMP_ABSENT }, NAN },
	{ "an OID", { .type = SNMP_OID, .len = 1, .bytes = (const uint8_t *)"\x2b" }, NAN },
};

static const struct {
	const char		*name;
	struct msg_profile_value p;
	double			 raw, want;
} values[] = {
	{ "as it is", { PLAIN }, 42, 42 },
	{ "factor", { .factor = 0.001, .min = -60, .max = 20 }, -7412, -7.412 },
	{ "factor and offset", { .factor = 0.5, .offset = -10, .min = -PROFILE_NO_LIMIT, .max = PROFILE_NO_LIMIT }, 60, 20 },
	{ "wrap: negative", { .wrap = 65536, PLAIN }, 65436, -100 },
	{ "wrap: the half is positive", { .wrap = 65536, PLAIN }, 32768, 32768 },
	{ "wrap: one above is not", { .wrap = 65536, PLAIN }, 32769, -32767 },
	{ "none", { .none = LIST(0, -32768), PLAIN }, 0, NAN },
	{ "none, as it is written before the wrap", { .wrap = 65536, .none = LIST(65535), PLAIN }, 65535, NAN },
	{ "none, as it is meant after it", { .wrap = 65536, .none = LIST(-1), PLAIN }, 65535, NAN },
	{ "not none", { .none = LIST(0), PLAIN }, 1, 1 },
	{ "min", { .factor = 1, .min = -40, .max = 100 }, -41, NAN },
	{ "min itself", { .factor = 1, .min = -40, .max = 100 }, -40, -40 },
	{ "max", { .factor = 0.1, .min = -40, .max = 100 }, 1001, NAN },
	{ "zero is known", { PLAIN }, 0, 0 },
	{ "unknown stays unknown", { PLAIN }, NAN, NAN },
	{ "too big to be told", { .factor = 1e18, .min = -PROFILE_NO_LIMIT, .max = PROFILE_NO_LIMIT }, 2, NAN },
	{ "state: ok", { .type = PROFILE_STATE, .ok = LIST(1), .warn = LIST(2), .bad = LIST(3, 4), PLAIN }, 1, 0 },
	{ "state: warn", { .type = PROFILE_STATE, .ok = LIST(1), .warn = LIST(2), .bad = LIST(3, 4), PLAIN }, 2, 1 },
	{ "state: bad", { .type = PROFILE_STATE, .ok = LIST(1), .warn = LIST(2), .bad = LIST(3, 4), PLAIN }, 4, 2 },
	{ "state: not listed", { .type = PROFILE_STATE, .ok = LIST(1), .warn = LIST(2), .bad = LIST(3, 4), PLAIN }, 5, NAN },
	{ "state: none", { .type = PROFILE_STATE, .ok = LIST(1), .none = LIST(1), PLAIN }, 1, NAN },
};

static void
is_value(double got, double want, const char *name)
{
	if (!ok(isnan(want) ? isnan(got) : fabs(got - want) <= 1e-12 * (1 + fabs(want)), "%s", name))
		printf("#   got %.15g, want %.15g\n", got, want);
}

static const struct {
	const char	 *name;
	struct snmp_value v;
	bool		  is;
	uint64_t	  value;
	uint8_t		  bits;
} counters[] = {
	{ "a Counter32", COUNT(7), true, 7, 32 },
	{ "a Counter64", COUNT64(1ull << 40), true, 1ull << 40, 64 },
	{ "a Gauge32 that counts", GAUGE(7), true, 7, 32 },
	{ "an INTEGER that counts", INT(7), true, 7, 32 },
	{ "an INTEGER below zero", INT(-7), false, 0, 0 },
	{ "text is no counter", TEXT("7"), false, 0, 0 },
	{ "noSuchObject is no counter", { .type = SNMP_NO_SUCH_OBJECT }, false, 0, 0 },
};

int
main(void)
{
	const struct msg_profile_value rate = { .type = PROFILE_COUNTER, .factor = 8, .offset = 5, .min = 0, .max = 1000 };

	const struct msg_profile_value change = { .type = PROFILE_CHANGE, PLAIN };
	const struct msg_profile_value share = { PLAIN }, bits = { .octets = 1, PLAIN };

	for (size_t i = 0; i < nitems(raws); i++)
		is_value(profile_raw(&raws[i].v), raws[i].want, raws[i].name);
	for (size_t i = 0; i < nitems(values); i++)
		is_value(profile_value(&values[i].p, values[i].raw), values[i].want, values[i].name);
	for (size_t i = 0; i < nitems(counters); i++) {
		struct rate_reading r = { 0 };
		bool		    is = profile_counter_read(&counters[i].v, &r);

		ok(is == counters[i].is && (!is || (r.value == counters[i].value && r.bits == counters[i].bits)), "%s",
		    counters[i].name);
	}
	is_value(profile_value_per(&share, 30, 120), 0.25, "a part of something");
	is_value(profile_value_per(&share, 30, 0), NAN, "a part of nothing");
	is_value(profile_value_per(&share, 30, NAN), NAN, "a part of what is not known");
	is_value(profile_raw_of(&bits, &(struct snmp_value)TEXT("\x01\xff")), 511, "octets are one number");
	is_value(profile_raw_of(&bits, &(struct snmp_value)TEXT("123456789")), NAN, "nine octets are none");
	is_value(profile_raw_of(&bits, &(struct snmp_value)INT(5)), NAN, "an integer has no octets");
	is_value(profile_counter_value(&rate, &(struct rate_result){ 10, 60, RATE_KNOWN }), 80, "a rate has its factor, and no offset");
	is_value(profile_counter_value(&rate, &(struct rate_result){ 1000, 60, RATE_KNOWN }), NAN, "a rate that is not plausible");
	is_value(profile_counter_value(&rate, &(struct rate_result){ NAN, 60, RATE_RESTART }), NAN, "a rate that is unknown");
	is_value(profile_counter_value(&change, &(struct rate_result){ 512.5, 50, RATE_KNOWN }), 0.02, "one change in 50 s");
	is_value(profile_counter_value(&change, &(struct rate_result){ 0, 50, RATE_KNOWN }), 0, "no change");
	is_value(profile_counter_value(&change, &(struct rate_result){ NAN, 50, RATE_RESTART }), NAN,
	    "the device has restarted: not known");
	return tap_done();
}
