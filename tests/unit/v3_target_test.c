/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v3_target_test.c: a target against an agent that is played: what moves its time and what does not, what a forger
 * gets, which answers are dropped, and which defects are named.
 */
#include "collectors/snmp/v3_target.h"

#include "base/cursor.h"
#include "tests/unit/tap.h"

#define FILE_TEXT  "user noc\nauth sha256 correct horse\npriv aes128 battery staple\n"
#define START_NS   (1000 * NS_PER_S)
#define ID	   0x01020304
#define AUTH_PRIV  (V3_AUTH | V3_PRIV)

struct scene {
	struct v3_user	  user;
	struct v3_target  t;
	int64_t		  now_ns;
	struct usm_keys	  keys;			/* the agent's */
	uint8_t		  engine[USM_ENGINE_MAX];
	uint8_t		  engine_len;
	uint32_t	  boots, time;
	uint64_t	  salt;
	const char	 *context;
	/* what we sent last */
	struct v3_message sent;
	uint8_t		  out[1000], in[1000];
	uint8_t		  generation;
	const char	 *why;
};

static struct snmp_message msg;
static uint8_t		   plain[V3_MESSAGE_MAX];

/* GET of sysUpTime, and the answer to it */
static const uint8_t get[] = { 0xa0, 0x1c, 2, 4, 1, 2, 3, 4, 2, 1, 0, 2, 1, 0, 0x30, 14, 0x30, 12, 6, 8, 0x2b, 6, 1, 2, 1, 1, 3, 0, 5, 0 };
static const uint8_t response[] = { 0xa2, 0x1d, 2, 4, 1, 2, 3, 4, 2, 1, 0, 2, 1, 0, 0x30, 15, 0x30, 13, 6, 8, 0x2b, 6, 1, 2, 1, 1, 3, 0,
	0x43, 1, 9 };

static void
engine_set(struct scene *s, const char *name)
{
	static const uint8_t head[] = { 0x80, 0x00, 0x1f, 0x88, 0x04 };

	memcpy(s->engine, head, sizeof(head));
	memcpy(s->engine + sizeof(head), name, strlen(name));
	s->engine_len = (uint8_t)(sizeof(head) + strlen(name));
	usm_localise(&s->keys, &s->user.secret, s->engine, s->engine_len);
}

static void
scene_open(struct scene *s, const char *text)
{
	char err[200];

	memset(s, 0, sizeof(*s));
	if (v3_user_parse(&s->user, text, strlen(text), "file", err, sizeof(err)) == -1)
		ok(false, "(%s)", err);
	s->user.generation = 1;
	s->now_ns = START_NS;
	s->boots = 7;
	s->time = 5000;
	s->context = "";
	engine_set(s, "agent");
	v3_target_init(&s->t, &s->user);
	v3_target_poll(&s->t, &s->user);
}

static void
later(struct scene *s, uint32_t seconds)
{
	s->now_ns += seconds * NS_PER_S;
	s->time += seconds;
}

static void
ask(struct scene *s)
{
	size_t	    n = v3_target_seal(&s->t, s->now_ns, ID, s->salt++, get, sizeof(get), s->out, sizeof(s->out));
	const char *why = "";

	s->generation = s->t.generation;
	if (n == 0 || v3_decode(&s->sent, s->out + sizeof(s->out) - n, n, &why) == -1)
		ok(false, "(cannot seal: %s)", why);
}

/* What the agent (or who plays it: without flags there is no digest) sends. */
static enum v3_verdict
say_as(struct scene *s, uint8_t flags, const char *user, const uint8_t *pdu, size_t len)
{
	struct v3_head	  h = { .msg_id = ID, .flags = flags, .engine = s->engine, .engine_len = s->engine_len,
		.user = (const uint8_t *)user, .user_len = (uint8_t)strlen(user), .context = s->context,
		.context_len = (uint8_t)strlen(s->context), .boots = s->boots, .time = s->time, .keys = &s->keys, .salt = s->salt++ };
	size_t		  n = v3_encode(s->in, sizeof(s->in), &h, pdu, len);
	struct v3_message m;

	s->why = "";
	if (n == 0 || v3_decode(&m, s->in + sizeof(s->in) - n, n, &s->why) == -1) {
		ok(false, "(cannot say: %s)", s->why);
		return V3_DROP;
	}
	return v3_target_take(&s->t, s->now_ns, s->generation, &m, plain, &msg, &s->why);
}

static enum v3_verdict
say(struct scene *s, uint8_t flags, const uint8_t *pdu, size_t len)
{
	return say_as(s, flags, "noc", pdu, len);
}

static enum v3_verdict
report(struct scene *s, uint8_t flags, enum v3_report r)
{
	uint8_t pdu[] = { 0xa8, 0x1f, 2, 4, 1, 2, 3, 4, 2, 1, 0, 2, 1, 0, 0x30, 17, 0x30, 15, 6, 10, 0x2b, 6, 1, 6, 3, 15, 1, 1,
		(uint8_t)r, 0, 0x41, 1, 9 };

	return say(s, flags, pdu, sizeof(pdu));
}

static enum v3_verdict
answer(struct scene *s)
{
	return say(s, s->user.flags, response, sizeof(response));
}

/* Is what was sent for the agent's engine, at its time (to seconds)? */
static bool
is_for_agent(const struct scene *s)
{
	return s->sent.engine_len == s->engine_len && memcmp(s->sent.engine, s->engine, s->engine_len) == 0 &&
	    s->sent.boots == (int32_t)s->boots && s->sent.time == (int32_t)s->time;
}

static const char *
defect(struct scene *s)
{
	static char text[200];

	return v3_target_defect(&s->t, text, sizeof(text)) ? text : "";
}

/* Discovery, and a first answer. */
static void
meet(struct scene *s, const char *text)
{
	scene_open(s, text);
	ask(s);
	report(s, 0, V3_UNKNOWN_ENGINE);
	ask(s);
	if (answer(s) != V3_ANSWER)
		ok(false, "(not met: %s)", s->why);
	later(s, 60);
	v3_target_poll(&s->t, &s->user);
}

static void
test_discovery(void)
{
	struct scene s;

	scene_open(&s, FILE_TEXT);
	ask(&s);
	ok(s.sent.engine_len == 0 && s.sent.user_len == 0 && (s.sent.flags & AUTH_PRIV) == 0 && s.sent.msg_id == ID,
	    "the first message names nobody and asks nothing");
	ok(answer(&s) == V3_DROP, "no keys yet: a response is dropped: %s", s.why);
	ok(report(&s, 0, V3_UNKNOWN_ENGINE) == V3_AGAIN, "a report: once more");
	ok(!s.t.synchronised && s.t.proven_len == 0, "it proves nothing");
	ask(&s);
	ok(is_for_agent(&s) && (s.sent.flags & AUTH_PRIV) == AUTH_PRIV, "the hinted engine and time");
	ok(report(&s, 0, V3_UNKNOWN_ENGINE) == V3_DROP, "the same report once more: dropped");
	ok(answer(&s) == V3_ANSWER && msg.n == 1, "the answer");
	ok(s.t.synchronised && s.t.proven_len == s.engine_len, "it proves engine and time");
	later(&s, 60);
	ask(&s);
	ok(is_for_agent(&s), "time goes on by our clock");
	is_text(defect(&s), "", "nothing is odd");
}

static void
test_wrong_hint(void)
{
	struct scene s;

	scene_open(&s, FILE_TEXT);
	s.boots = s.time = 0;		/* some agents tell no time in their report */
	ask(&s);
	report(&s, 0, V3_UNKNOWN_ENGINE);
	s.boots = 7;
	s.time = 5000;
	ask(&s);
	ok(!is_for_agent(&s), "a hint that is wrong");
	ok(report(&s, V3_AUTH, V3_NOT_IN_TIME) == V3_AGAIN, "the agent puts it right, signed");
	ask(&s);
	ok(is_for_agent(&s) && answer(&s) == V3_ANSWER, "and is asked once more");
	is_text(defect(&s), "", "nothing is odd");
}

static void
test_forger(void)
{
	struct v3_time	  before;
	struct scene	  s, forger;

	meet(&s, FILE_TEXT);
	before = s.t.now;
	ask(&s);
	forger = s;
	forger.boots = 999;
	ok(report(&forger, 0, V3_NOT_IN_TIME) == V3_AGAIN && forger.t.engine_len == 0, "unsigned: a discovery");
	ok(forger.t.last.boots == before.boots && forger.t.last.time == before.time, "the time of the agent is kept");
	ask(&forger);
	engine_set(&forger, "forger");
	ok(report(&forger, 0, V3_UNKNOWN_ENGINE) == V3_AGAIN, "forged to the end: another engine");
	ask(&forger);
	ok(report(&forger, 0, V3_NOT_IN_TIME) == V3_DROP, "there is one discovery in a poll: %s", forger.why);
	forger.keys.auth_key[0] ^= 1;
	ok(answer(&forger) == V3_DROP, "who cannot sign answers nothing: %s", forger.why);
	is_text(defect(&forger), "", "and no defect is named");

	/* The agent itself, in the poll after. */
	v3_target_poll(&forger.t, &forger.user);
	engine_set(&forger, "agent");
	forger.boots = s.boots;
	ask(&forger);
	ok(report(&forger, 0, V3_UNKNOWN_ENGINE) == V3_AGAIN, "the agent does not know that engine");
	ask(&forger);
	ok(report(&forger, 0, V3_UNKNOWN_ENGINE) == V3_AGAIN, "it names its own");
	ask(&forger);
	ok(answer(&forger) == V3_ANSWER, "and answers");
	is_text(defect(&forger), "", "as if nothing had been");
}

static void
drop_case(struct scene *s, const char *why, const char *name)
{
	enum v3_verdict v = answer(s);

	is_text(v == V3_DROP ? s->why : "not dropped", why, name);
}

static void
test_dropped(void)
{
	struct scene s, bad;

	meet(&s, FILE_TEXT);
	ask(&s);
	ok(say(&s, 0, response, sizeof(response)) == V3_DROP && strstr(s.why, "below") != NULL, "unsigned: %s", s.why);
	ok(say(&s, V3_AUTH, response, sizeof(response)) == V3_DROP && strstr(s.why, "below") != NULL, "not encrypted: %s", s.why);
	ok(say_as(&s, AUTH_PRIV, "ops", response, sizeof(response)) == V3_DROP, "another user: %s", s.why);
	bad = s;
	engine_set(&bad, "other");
	drop_case(&bad, "of another snmpEngineID", "another engine");
	bad = s;
	bad.context = "vrf";
	drop_case(&bad, "of another context", "another context");
	bad = s;
	bad.keys.auth_key[0] ^= 1;
	drop_case(&bad, "wrong digest", "another auth key");
	bad = s;
	bad.keys.priv_key[0] ^= 1;
	ok(answer(&bad) == V3_DROP, "another priv key: %s", bad.why);
	ok(answer(&s) == V3_ANSWER, "and the answer after all of them");
	is_text(defect(&s), "", "none of which is a defect");
}

static void
test_refused(void)
{
	static const struct {
		enum v3_report r;
		const char    *word;
	} cases[] = { { V3_UNSUPPORTED_LEVEL, "usmStatsUnsupportedSecLevels" }, { V3_UNKNOWN_USER, "usmStatsUnknownUserNames" },
		{ V3_WRONG_DIGEST, "usmStatsWrongDigests" }, { V3_DECRYPTION_ERROR, "usmStatsDecryptionErrors" } };
	struct v3_user changed;
	struct scene   s;

	for (size_t i = 0; i < nitems(cases); i++) {
		meet(&s, FILE_TEXT);
		ask(&s);
		ok(report(&s, 0, cases[i].r) == V3_DROP && s.t.engine_len != 0, "%s: no discovery", cases[i].word);
		ok(v3_target_refusal(&s.t) != NULL && strstr(v3_target_refusal(&s.t), cases[i].word) != NULL, "told: %s",
		    v3_target_refusal(&s.t));
		ok(answer(&s) == V3_ANSWER && v3_target_refusal(&s.t) == NULL, "unless an answer comes after it");
	}
	changed = s.user;
	changed.generation++;
	ok(!v3_target_is_stale(&s.t, &s.user) && v3_target_is_stale(&s.t, &changed), "another reading of the file is another key");
}

/* The agent has restarted in some way; one discovery brings it back. */
static void
restarted(struct scene *s)
{
	ask(s);
	ok(report(s, V3_AUTH, V3_NOT_IN_TIME) == V3_AGAIN && s->t.engine_len == 0, "its time went back: a discovery");
	ask(s);
	ok(report(s, 0, V3_UNKNOWN_ENGINE) == V3_AGAIN, "the engine is the same");
	ask(s);
	ok(is_for_agent(s) && answer(s) == V3_ANSWER, "the agent answers");
}

static void
test_restarts(void)
{
	struct scene s;

	meet(&s, FILE_TEXT);
	s.boots++;
	s.time = 3;
	ask(&s);
	ok(report(&s, V3_AUTH, V3_NOT_IN_TIME) == V3_AGAIN && s.t.engine_len != 0, "boots rose: no discovery");
	ask(&s);
	ok(is_for_agent(&s) && answer(&s) == V3_ANSWER, "the agent answers");
	is_text(defect(&s), "", "as it should be");

	meet(&s, FILE_TEXT);
	s.time = 3;
	restarted(&s);
	is_text(defect(&s), "snmpEngineTime went back from 5060 to 3 s and snmpEngineBoots stayed 7: the agent does not keep its "
	    "boots file", "boots stood still");
	is_text(defect(&s), "", "told once");

	meet(&s, FILE_TEXT);
	s.boots = 2;
	s.time = 9000;
	restarted(&s);
	is_text(defect(&s), "snmpEngineBoots went back from 7 to 2 under the same snmpEngineID: the agent does not keep its boots "
	    "file", "boots went back");

	meet(&s, FILE_TEXT);
	s.boots++;
	s.time = 3;
	engine_set(&s, "agent2");
	ask(&s);
	ok(report(&s, 0, V3_UNKNOWN_ENGINE) == V3_AGAIN, "another engine: a discovery");
	ask(&s);
	report(&s, 0, V3_UNKNOWN_ENGINE);
	ask(&s);
	ok(answer(&s) == V3_ANSWER, "the agent answers");
	is_text(defect(&s), "snmpEngineID changed from 80001f88046167656e74 to 80001f88046167656e7432", "told");
	is_text(defect(&s), "", "and nothing about its time, which is another one's");
}

static void
test_time(void)
{
	struct scene s;

	meet(&s, FILE_TEXT);
	s.time += 5000;
	ask(&s);
	ok(report(&s, V3_AUTH, V3_NOT_IN_TIME) == V3_AGAIN, "its clock ran ahead");
	ask(&s);
	ok(is_for_agent(&s) && answer(&s) == V3_ANSWER, "followed");
	is_text(defect(&s), "snmpEngineTime is 10060 s, 5060 s were due: the agent's clock jumped", "told");

	meet(&s, FILE_TEXT);
	s.time -= 64;			/* four seconds before the last answer: this one was overtaken */
	ask(&s);
	ok(answer(&s) == V3_ANSWER && s.t.now.time == 5000, "an answer that was overtaken moves nothing");
	is_text(defect(&s), "", "and is no defect");

	meet(&s, FILE_TEXT);
	s.time = 4950;			/* within the window of 150 s, but the agent has restarted */
	ask(&s);
	ok(answer(&s) == V3_ANSWER && s.t.now.time == 4950, "a time that went back a little is followed");
	ok(strstr(defect(&s), "stayed 7") != NULL, "and told");

	meet(&s, FILE_TEXT);
	s.boots = 5;
	ask(&s);
	ok(answer(&s) == V3_AGAIN && s.t.engine_len == 0, "a response of a former boot: %s", s.why);

	meet(&s, FILE_TEXT);
	s.boots = 0x7fffffff;
	ask(&s);
	report(&s, V3_AUTH, V3_NOT_IN_TIME);
	ok(strstr(defect(&s), "at its end") != NULL, "boots at their end: told");
}

static void
test_plain_user(void)
{
	struct scene s;

	scene_open(&s, "user guest\nallow noauth\n");
	ask(&s);
	report(&s, 0, V3_UNKNOWN_ENGINE);
	ask(&s);
	ok((s.sent.flags & AUTH_PRIV) == 0 && s.sent.user_len == 5, "asked without digest and cipher");
	ok(say_as(&s, 0, "guest", response, sizeof(response)) == V3_ANSWER, "and answered so");
	ok(!s.t.synchronised, "which moves no time");
	is_text(s.user.weak, "no authentication", "this is weak");
}

static void
test_unanswered(void)
{
	struct scene s;

	scene_open(&s, FILE_TEXT);
	ask(&s);
	ok(v3_target_unanswered(&s.t) == NULL, "nothing came: silence");
	report(&s, 0, V3_UNKNOWN_ENGINE);
	ask(&s);
	ok(v3_target_unanswered(&s.t) != NULL && s.t.engine_len == 0, "it named itself and kept silent then: another pass phrase?");
	ok(v3_target_unanswered(&s.t) == NULL, "and does not name itself: silence");
}

int
main(void)
{
	test_discovery();
	test_wrong_hint();
	test_forger();
	test_dropped();
	test_refused();
	test_restarts();
	test_time();
	test_plain_user();
	test_unanswered();
	return tap_done();
}
