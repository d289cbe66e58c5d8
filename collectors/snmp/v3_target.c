/* SPDX-License-Identifier: GPL-3.0-or-later */
/* v3_target.c: discovery, time and its windows (RFC 3414, 2.3, 3.2 and 4), and what is odd about an agent. */
#include "collectors/snmp/v3_target.h"

#include <stdio.h>
#include <string.h>

#define BOOTS_MAX	0x7fffffffu	/* latched there: the agent takes no more authenticated messages */
#define SECURITY_LEVEL	(V3_AUTH | V3_PRIV)

/* ---- keys ---- */

static void
engine_forget(struct v3_target *t)
{
	if (t->synchronised) {
		t->last = t->now;
		t->has_last = true;
	}
	t->synchronised = false;
	t->engine_len = 0;
	t->generation++;
	explicit_bzero(&t->keys, sizeof(t->keys));
}

void
v3_target_init(struct v3_target *t, const struct v3_user *u)
{
	*t = (struct v3_target){ .user = u, .user_generation = u->generation };
}

void
v3_target_fini(struct v3_target *t)
{
	explicit_bzero(t, sizeof(*t));
}

bool
v3_target_is_stale(const struct v3_target *t, const struct v3_user *u)
{
	return t->user != u || t->user_generation != u->generation;
}

static int
keys_make(struct v3_target *t)
{
	return usm_localise(&t->keys, &t->user->secret, t->engine, t->engine_len);
}

void
v3_target_poll(struct v3_target *t, const struct v3_user *u)
{
	t->spent = t->named = false;
	t->report = V3_REPORT_OTHER;
	if (!v3_target_is_stale(t, u))
		return;
	t->user = u;
	t->user_generation = u->generation;
	t->generation++;
	if (t->engine_len != 0 && keys_make(t) == -1)
		engine_forget(t);
}

/* ---- time ---- */

static uint32_t
time_notional(const struct v3_time *t, int64_t now_ns)
{
	uint64_t v = t->time + (uint64_t)((now_ns - t->at_ns) / NS_PER_S);

	return v < BOOTS_MAX ? (uint32_t)v : BOOTS_MAX;
}

static void
defect_set(struct v3_target *t, enum v3_defect d, const struct v3_time *before, const struct v3_time *after,
    int64_t now_ns)
{
	t->defects |= (uint8_t)d;
	t->before = *before;
	t->before.time = time_notional(before, now_ns);
	t->after = *after;
}

/* Two times of one engine, both authenticated: how can the later one have come about? */
static void
time_compare(struct v3_target *t, const struct v3_time *before, const struct v3_time *after)
{
	if (after->boots == BOOTS_MAX && before->boots != BOOTS_MAX)
		defect_set(t, V3_BOOTS_LATCHED, before, after, after->at_ns);
	else if (after->boots < before->boots)
		defect_set(t, V3_BOOTS_BACK, before, after, after->at_ns);
	else if (after->boots > before->boots)
		return;			/* it was restarted, and says so */
	else if (after->time + V3_TIME_SLACK_S < before->time)
		defect_set(t, V3_BOOTS_FROZEN, before, after, after->at_ns);
	else if (after->time > time_notional(before, after->at_ns) + V3_WINDOW_S ||
	    after->time + V3_WINDOW_S < time_notional(before, after->at_ns))
		defect_set(t, V3_TIME_LOST, before, after, after->at_ns);
}

/* The engine in use has signed a message: it is the agent's. */
static void
engine_prove(struct v3_target *t)
{
	bool same = t->proven_len == t->engine_len && memcmp(t->proven, t->engine, t->engine_len) == 0;

	if (same)
		return;
	if (t->proven_len != 0) {
		memcpy(t->was, t->proven, t->proven_len);
		t->was_len = t->proven_len;
		t->defects |= V3_ENGINE_CHANGED;
		t->has_last = false;	/* its time is another one's */
	}
	memcpy(t->proven, t->engine, t->engine_len);
	t->proven_len = t->engine_len;
}

/* The first message after a discovery: its time counts, whichever it is. */
static void
time_begin(struct v3_target *t, const struct v3_time *at)
{
	const struct v3_time none = { .at_ns = at->at_ns };

	if (t->has_last)
		time_compare(t, &t->last, at);
	else if (at->boots == BOOTS_MAX)
		defect_set(t, V3_BOOTS_LATCHED, &none, at, at->at_ns);
	t->now = *at;
	t->synchronised = true;
	t->has_last = false;
	t->generation++;
}

/* An authenticated message came. @return false: it is outside of the time window (RFC 3414, 3.2, 7b) */
static bool
time_take(struct v3_target *t, const struct v3_time *at)
{
	engine_prove(t);
	if (!t->synchronised) {
		time_begin(t, at);
		return true;
	}
	if (at->boots < t->now.boots ||
	    (at->boots == t->now.boots && at->time + V3_WINDOW_S < time_notional(&t->now, at->at_ns)))
		return false;
	if (at->boots == t->now.boots && at->time <= t->now.time && at->time + V3_TIME_SLACK_S >= t->now.time)
		return true;		/* a message overtook this one */
	time_compare(t, &t->now, at);
	t->now = *at;
	return true;
}

/* ---- what is sent ---- */

/* A discovery asks nothing: an empty list of varbinds, for no user at no engine. */
static size_t
discovery_seal(int32_t msg_id, uint8_t *buf, size_t size)
{
	uint8_t pdu[] = { SNMP_PDU_GET, 14, SNMP_INTEGER, 4, 0, 0, 0, 0, SNMP_INTEGER, 1, 0, SNMP_INTEGER, 1,
		0, 0x30, 0 };
	struct v3_head h = { .msg_id = msg_id, .flags = V3_REPORTABLE, .engine = pdu, .user = pdu,
		.context = "" };

	for (unsigned i = 0; i < 4; i++)
		pdu[4 + i] = (uint8_t)((uint32_t)msg_id >> (24 - 8 * i));
	return v3_encode(buf, size, &h, pdu, sizeof(pdu));
}

size_t
v3_target_seal(const struct v3_target *t, int64_t now_ns, int32_t msg_id, uint64_t salt, const uint8_t *pdu,
    size_t pdu_len, uint8_t *buf, size_t size)
{
	struct v3_head h;

	if (t->engine_len == 0)
		return discovery_seal(msg_id, buf, size);
	h = (struct v3_head){
		.msg_id = msg_id, .flags = t->user->flags | V3_REPORTABLE, .engine = t->engine,
		.engine_len = t->engine_len, .user = t->user->user, .user_len = t->user->user_len,
		.context = t->user->context, .context_len = t->user->context_len, .boots = t->now.boots,
		.time = time_notional(&t->now, now_ns), .keys = &t->keys, .salt = salt
	};
	if ((h.flags & V3_AUTH) == 0)
		h.boots = h.time = 0;
	return v3_encode(buf, size, &h, pdu, pdu_len);
}

/* ---- what comes ---- */

/* The report to a discovery: the engine, and a hint at its time. */
static enum v3_verdict
engine_take(struct v3_target *t, const struct v3_message *m, const struct v3_time *at, const char **why)
{
	if (m->engine_len == 0) {
		*why = "a report without snmpEngineID";
		return V3_DROP;
	}
	memcpy(t->engine, m->engine, m->engine_len);
	t->engine_len = m->engine_len;
	if (keys_make(t) == -1) {
		engine_forget(t);
		*why = "no keys can be made for its snmpEngineID";
		return V3_DROP;
	}
	t->now = *at;
	t->named = true;
	t->generation++;
	return V3_AGAIN;
}

/* Is a discovery left in this poll? Then the engine is unknown from here on. */
static enum v3_verdict
discovery_begin(struct v3_target *t)
{
	if (t->spent)
		return V3_DROP;
	t->spent = true;
	engine_forget(t);
	return V3_AGAIN;
}

static bool
is_engine(const struct v3_target *t, const struct v3_message *m)
{
	return m->engine_len == t->engine_len && memcmp(m->engine, t->engine, t->engine_len) == 0;
}

static enum v3_verdict
report_take(struct v3_target *t, uint8_t sent, const struct v3_message *m, const struct snmp_message *msg,
    const struct v3_time *at, const char **why)
{
	enum v3_report r = v3_report_of(msg);

	*why = v3_report_words[r];
	if (t->engine_len == 0)
		return engine_take(t, m, at, why);
	if (sent != t->generation)
		return V3_AGAIN;	/* it refuses what we would not send any more */
	if (r == V3_UNKNOWN_ENGINE && is_engine(t, m))
		return V3_DROP;		/* the answer to a discovery, once more */
	t->report = (uint8_t)r;
	if (r == V3_NOT_IN_TIME && (m->flags & V3_AUTH) != 0 && time_take(t, at)) {
		t->report = V3_REPORT_OTHER;
		t->generation++;
		return V3_AGAIN;
	}
	return r == V3_NOT_IN_TIME || r == V3_UNKNOWN_ENGINE ? discovery_begin(t) : V3_DROP;
}

/* A response must be of the level asked, of our user, and in our context. */
static const char *
response_check(const struct v3_target *t, const struct v3_message *m, const struct v3_context *ctx)
{
	const struct v3_user *u = t->user;

	if ((m->flags & u->flags & SECURITY_LEVEL) != (u->flags & SECURITY_LEVEL))
		return "below the security level asked";
	if (t->engine_len == 0 || !is_engine(t, m))
		return "of another snmpEngineID";
	if (m->user_len != u->user_len || memcmp(m->user, u->user, u->user_len) != 0)
		return "for another user";
	if (ctx->engine_len != t->engine_len || memcmp(ctx->engine, t->engine, t->engine_len) != 0 ||
	    ctx->name_len != u->context_len || memcmp(ctx->name, u->context, u->context_len) != 0)
		return "of another context";
	return NULL;
}

/* Who signed it? We have keys for one user at one engine. */
static const char *
signer_check(const struct v3_target *t, const struct v3_message *m)
{
	if ((m->flags & V3_AUTH) == 0)
		return NULL;
	if (t->user->secret.auth == USM_NO_AUTH)
		return "authenticated, for a user without";
	if (t->engine_len == 0 || !is_engine(t, m))
		return "of another snmpEngineID";
	if (m->user_len != t->user->user_len || memcmp(m->user, t->user->user, m->user_len) != 0)
		return "for another user";
	return NULL;
}

enum v3_verdict
v3_target_take(struct v3_target *t, int64_t now_ns, uint8_t sent, const struct v3_message *m, uint8_t *plain,
    struct snmp_message *out, const char **why)
{
	struct v3_time	  at = { (uint32_t)m->boots, (uint32_t)m->time, now_ns };
	struct v3_context ctx;

	if ((*why = signer_check(t, m)) != NULL || v3_open(m, &t->keys, plain, &ctx, out, why) == -1)
		return V3_DROP;
	if (out->pdu == SNMP_PDU_REPORT)
		return report_take(t, sent, m, out, &at, why);
	if ((*why = response_check(t, m, &ctx)) != NULL)
		return V3_DROP;
	if ((m->flags & V3_AUTH) != 0 && !time_take(t, &at)) {
		*why = "outside of the time window";
		return discovery_begin(t);
	}
	t->report = V3_REPORT_OTHER;
	return V3_ANSWER;
}

/* ---- in words ---- */

const char *
v3_target_refusal(const struct v3_target *t)
{
	switch (t->report) {
	case V3_UNSUPPORTED_LEVEL:
		return "the agent does not offer this user the security level asked "
		       "(usmStatsUnsupportedSecLevels)";
	case V3_UNKNOWN_USER:
		return "the agent does not know the user (usmStatsUnknownUserNames)";
	case V3_WRONG_DIGEST:
		return "another auth algorithm or pass phrase there (usmStatsWrongDigests)";
	case V3_DECRYPTION_ERROR:
		return "another priv algorithm or pass phrase there (usmStatsDecryptionErrors)";
	default:
		return NULL;
	}
}

static const char v3_mute[] = "it names its snmpEngineID, but does not answer what is encrypted; another "
			      "priv algorithm or pass phrase there?";

const char *
v3_target_unanswered(struct v3_target *t)
{
	bool mute = t->named && t->engine_len != 0 && (t->user->flags & V3_PRIV) != 0;

	engine_forget(t);
	return mute ? v3_mute : NULL;
}

static void
engine_text(const uint8_t *engine, size_t len, char out[V3_ENGINE_TEXT_MAX])
{
	out[0] = '\0';
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", engine[i]);
}

char *
v3_target_engine(const struct v3_target *t, char out[V3_ENGINE_TEXT_MAX])
{
	engine_text(t->proven, t->proven_len, out);
	return out;
}

bool
v3_target_defect(struct v3_target *t, char *out, size_t size)
{
	char	   was[V3_ENGINE_TEXT_MAX], is[V3_ENGINE_TEXT_MAX];
	const char *const boots_file = "the agent does not keep its boots file";
	uint8_t	   d = t->defects & (uint8_t)-t->defects;	/* the lowest */

	t->defects &= (uint8_t)~d;
	switch (d) {
	case V3_ENGINE_CHANGED:
		engine_text(t->was, t->was_len, was);
		snprintf(out, size, "snmpEngineID changed from %s to %s", was, v3_target_engine(t, is));
		return true;
	case V3_BOOTS_BACK:
		snprintf(out, size, "snmpEngineBoots went back from %u to %u under the same snmpEngineID: %s",
		    t->before.boots, t->after.boots, boots_file);
		return true;
	case V3_BOOTS_FROZEN:
		snprintf(out, size,
		    "snmpEngineTime went back from %u to %u s and snmpEngineBoots stayed %u: %s",
		    t->before.time, t->after.time, t->after.boots, boots_file);
		return true;
	case V3_TIME_LOST:
		snprintf(out, size, "snmpEngineTime is %u s, %u s were due: the agent's clock jumped",
		    t->after.time, t->before.time);
		return true;
	case V3_BOOTS_LATCHED:
		snprintf(out, size, "snmpEngineBoots is at its end, %u: the agent needs a new snmpEngineID",
		    BOOTS_MAX);
		return true;
	default:
		return false;
	}
}
