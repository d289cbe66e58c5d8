/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snmp_answers_test.c: an agent that is silent, that answers wrongly, late, twice, or with an error. */
#include "tests/unit/snmp_lab.h"

static void
test_silent(void)
{
	struct lab *lab = lab_new();
	size_t	    from = lab->nsamples;

	lab->fault = FAULT_SILENT;
	lab_run(lab, 2 * MINUTE);
	lab->fault = FAULT_NONE;
	lab_run(lab, MINUTE);
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_LOST, from), 2, "two polls without answer are lost samples");
	ok(last_sample(lab, ETHER1)->quality == QUALITY_GOOD && last_sample(lab, ETHER1)->seconds > 179,
	    "and the next one speaks for all three minutes");
	is_i64((int64_t)lab->nstates, 1, "two silent polls change no state");
	lab->fault = FAULT_SILENT;
	lab_run(lab, 6 * MINUTE);
	ok(lab->nstates == 2 && lab->state[1].state == TARGET_SILENT, "six silent polls are told once");
	ok(strncmp(lab->state[1].reason, "no answer since 2026-11-21T", 27) == 0, "\"%s\"", lab->state[1].reason);
	snmp_engine_tell_again(lab->engine);
	ok(lab->nstates == 3 && lab->state[2].wall_ns == lab->state[1].wall_ns &&
	    strcmp(lab->state[2].reason, lab->state[1].reason) == 0, "told again: the same, with its time");
	lab->nstates--;
	ok(isnan(last_sample(lab, LINK)->value[LINK_RX_BPS]) && isnan(last_sample(lab, DEVICE)->value[HOST_UPTIME_S]),
	    "what is not known is no number");
	lab->fault = FAULT_NONE;
	from = lab->nsamples;
	lab_run(lab, 2 * MINUTE);
	ok(lab->nstates == 3 && lab->state[2].state == TARGET_ANSWERING, "its return is told once");
	ok(count_samples(lab, ETHER1, QUALITY_UNKNOWN, from) == 1 && count_samples(lab, ETHER1, QUALITY_GOOD, from) == 1,
	    "the first reading after it is stale, the second good");
	ok(all_true(lab), "silent: all known rates are true");
	lab_free(lab);
}

static void
test_wrong_answers(void)
{
	static const struct {
		const char *name, *counter, *reason;
		enum fault  fault;
	} cases[] = {
		{ "another request-id", "snmp.unmatched", "another request-id", FAULT_ID },
		{ "another address", "snmp.wrong_source", "answer from another address or port", FAULT_SOURCE },
		{ "another port", "snmp.wrong_source", "answer from another address or port", FAULT_PORT },
		{ "truncated", "snmp.malformed", "longer than what holds it", FAULT_TRUNCATED },
		{ "another community", "snmp.wrong_community", "another community", FAULT_COMMUNITY },
	};

	for (size_t i = 0; i < nitems(cases); i++) {
		struct lab *lab = lab_new();
		size_t	    from = lab->nsamples;

		lab->fault = cases[i].fault;
		lab_run(lab, 5 * MINUTE);
		ok(counter(lab, cases[i].counter) > 0, "%s: counted as %s", cases[i].name, cases[i].counter);
		is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_LOST, from), 5, "its polls are lost");
		ok(lab->nstates == 2 && lab->state[1].state == TARGET_WRONG && strstr(lab->state[1].reason, cases[i].reason) != NULL,
		    "%s: \"%s\"", cases[i].name, lab->state[lab->nstates - 1].reason);
		ok(all_true(lab), "%s: all known rates are true", cases[i].name);
		lab_free(lab);
	}
}

static void
test_wrong_oids(void)
{
	struct lab *lab = lab_new();
	size_t	    from = lab->nsamples;

	lab->fault = FAULT_OIDS;
	lab_run(lab, 3 * MINUTE);
	ok(counter(lab, "snmp.wrong_oids") > 0, "other OIDs: counted as snmp.wrong_oids");
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_LOST, from), 3, "the port's samples are lost");
	is_i64((int64_t)count_samples(lab, DEVICE, QUALITY_GOOD, from), 3, "the host's, whose OIDs are right, are not");
	ok(all_true(lab), "other OIDs: all known rates are true");
	lab_free(lab);
}

static void
test_refused(void)
{
	struct lab *lab = lab_new();
	size_t	    from = lab->nsamples;

	lab->agent.error_status = 16;
	lab_run(lab, 5 * MINUTE);
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_UNKNOWN, from), 5, "a valid refusal gives unknown samples");
	ok(lab->nstates == 2 && lab->state[1].state == TARGET_WRONG && strstr(lab->state[1].reason, "authorizationError") != NULL,
	    "\"%s\"", lab->state[1].reason);
	lab->agent.error_status = 0;
	lab_run(lab, 2 * MINUTE);
	ok(lab->nstates == 3 && last_sample(lab, ETHER1)->quality == QUALITY_GOOD, "and it returns");
	lab->fault = FAULT_UNSENT;
	from = lab->nsamples;
	lab_run(lab, 2 * MINUTE);
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_UNKNOWN, from), 2, "what we could not send is unknown, not lost");
	lab_free(lab);
}

static void
test_late_and_double(void)
{
	struct lab *lab = lab_new();
	size_t	    from = lab->nsamples;

	lab->delay_ns = 2600 * NS_PER_MS;
	lab_run(lab, 3 * MINUTE);
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_GOOD, from), 3, "an answer after the first time-out still counts");
	is_near(last_sample(lab, DEVICE)->value[HOST_SNMP_RTT_S], 2.6, 1e-9, "with the round trip of its own request");
	lab->delay_ns = DELAY_NS;
	lab->fault = FAULT_TWICE;
	lab_run(lab, 2 * MINUTE);
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_GOOD, from), 5, "an answer that comes twice counts once");
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_UNKNOWN, from), 0, "and spoils nothing");
	ok(counter(lab, "snmp.late") > 0 && counter(lab, "snmp.unmatched") == 0, "the second is counted as late");
	lab_free(lab);
}

/* The engine was set aside between sending and looking at the clock. */
static void
test_older_than_its_request(void)
{
	struct lab *lab = lab_new();

	lab->older_ns = DELAY_NS + NS_PER_US;
	lab_run(lab, MINUTE);
	is_near(last_sample(lab, DEVICE)->value[HOST_SNMP_RTT_S], 0, 0, "an answer that seems older than its request took no time");
	lab_free(lab);
}

int
main(void)
{
	log_quiet(true);
	test_silent();
	test_wrong_answers();
	test_wrong_oids();
	test_refused();
	test_late_and_double();
	test_older_than_its_request();
	return tap_done();
}
