/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usm.c: see usm.h.
 *
 * Our engine ID is random at each start: a message that somebody has recorded was for another engine, so there
 * is no count of boots to be kept on a disk that this process may not write. Devices that knew the old one are
 * told the new one by a report.
 */
#include "trap/usm.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cursor.h"
#include "base/log.h"
#include "base/map.h"
#include "collectors/snmp/v3.h"

#define WINDOW_S   150		/* RFC 3414, 2.2.3 */
#define OWN_BOOTS  1
#define OWN_ENGINE 17
#define BUCKETS	   4096
#define NO_PLACE   UINT16_MAX

struct engine {			/* one that has sent something genuine */
	uint8_t	 id[USM_ENGINE_MAX], len;
	uint16_t next;			/* in its bucket, or NO_PLACE */
	int32_t	 boots, time;		/* of the newest message */
	int64_t	 at_ns;			/* ... when it came, monotonic */
};

struct trap_usm {
	struct trap_users users;
	uint8_t		  own[OWN_ENGINE];
	int64_t		  began_ns;
	uint64_t	  salt, reports;
	struct engine	  engine[TRAP_ENGINES_MAX];
	uint16_t	  bucket[BUCKETS];
	size_t		  nengines, oldest;
	uint8_t		  plain[V3_MESSAGE_MAX];
	uint8_t		  pdu[V3_MESSAGE_MAX], out[V3_MESSAGE_MAX + V3_OVERHEAD_MAX];
	size_t		  out_len;
};

/*
 * What the library reads, it reads at the first use of each algorithm (OpenSSL's configuration and providers);
 * those that it does not have stay refused.
 */
static void
algorithms_load(void)
{
	static const uint8_t engine[USM_ENGINE_MAX] = { 0x80, 0, 0, 0, 5 }, salt[USM_SALT_LEN] = { 0 };
	static const char    pass[] = "no pass phrase";
	struct usm_secret    s;
	struct usm_keys	     k;
	uint8_t		     block[2 * USM_BLOCK] = { 0 }, mac[USM_MAC_MAX];
	int		     auth, priv;

	for (auth = USM_MD5; auth < USM_AUTHS; auth++)
		if (usm_secret_make(&s, (enum usm_auth)auth, pass, USM_NO_PRIV, "") == 0 &&
		    usm_localise(&k, &s, engine, sizeof(engine)) == 0)
			usm_sign(&k, block, sizeof(block), mac);
	for (priv = USM_DES; priv < USM_PRIVS; priv++)
		if (usm_secret_make(&s, USM_SHA1, pass, (enum usm_priv)priv, pass) == 0 &&
		    usm_localise(&k, &s, engine, sizeof(engine)) == 0 &&
		    usm_encrypt(&k, 0, 0, salt, block, sizeof(block), block) != 0)
			usm_decrypt(&k, 0, 0, salt, block, sizeof(block), block);
}

struct trap_usm *
trap_usm_new(int64_t now)
{
	struct trap_usm *u = xcalloc(1, sizeof(*u));

	/* RFC 3411, SnmpEngineID: of no enterprise, octets (5) of our own choice. */
	memcpy(u->own, (const uint8_t[]){ 0x80, 0, 0, 0, 5 }, 5);
	if (getrandom(u->own + 5, OWN_ENGINE - 5, 0) != OWN_ENGINE - 5 ||
	    getrandom(&u->salt, sizeof(u->salt), 0) != sizeof(u->salt))
		fatal("getrandom");
	memset(u->bucket, 0xff, sizeof(u->bucket));
	u->began_ns = now;
	algorithms_load();
	return u;
}

void
trap_usm_free(struct trap_usm *u)
{
	if (u == NULL)
		return;
	explicit_bzero(u, sizeof(*u));
	free(u);
}

struct trap_users *
trap_usm_users(struct trap_usm *u)
{
	return &u->users;
}

/* ---- what time it is at other engines ---- */

static uint16_t *
bucket_of(struct trap_usm *u, const uint8_t *id, size_t len)
{
	uint64_t h = len;

	while (len-- > 0)
		h = hash_u64(h ^ *id++);
	return &u->bucket[h % BUCKETS];
}

static struct engine *
engine_find(struct trap_usm *u, const struct v3_message *m)
{
	uint16_t at = *bucket_of(u, m->engine, m->engine_len);

	while (at != NO_PLACE && (u->engine[at].len != m->engine_len ||
	    memcmp(u->engine[at].id, m->engine, m->engine_len) != 0))
		at = u->engine[at].next;
	return at != NO_PLACE ? &u->engine[at] : NULL;
}

/* In place of the one that has been known longest when there is no room. */
static struct engine *
engine_new(struct trap_usm *u, const struct v3_message *m)
{
	uint16_t       at = (uint16_t)u->oldest, *p;
	struct engine *e = &u->engine[at];

	if (u->nengines == TRAP_ENGINES_MAX) {
		for (p = bucket_of(u, e->id, e->len); *p != at; p = &u->engine[*p].next)
			;
		*p = e->next;
	} else {
		u->nengines++;
	}
	u->oldest = (u->oldest + 1) % TRAP_ENGINES_MAX;
	*e = (struct engine){ .len = m->engine_len };
	memcpy(e->id, m->engine, m->engine_len);
	p = bucket_of(u, e->id, e->len);
	e->next = *p;
	*p = at;
	return e;
}

/* RFC 3414, 3.2 7b: its clock may go on, not back. Only of a message that is genuine. */
static bool
is_fresh(struct trap_usm *u, const struct v3_message *m, int64_t now)
{
	struct engine *e = engine_find(u, m);
	int64_t	       expected;

	if (m->boots == INT32_MAX)
		return false;
	if (e == NULL) {
		e = engine_new(u, m);
	} else {
		expected = e->time + (now - e->at_ns) / NS_PER_S;
		if (m->boots < e->boots || (m->boots == e->boots && m->time < expected - WINDOW_S))
			return false;
		if (m->boots == e->boots && m->time <= e->time)
			return true;		/* within the window, but not the newest */
	}
	e->boots = m->boots;
	e->time = m->time;
	e->at_ns = now;
	return true;
}

/* ---- answers ---- */

static uint32_t
own_time(const struct trap_usm *u, int64_t now)
{
	return (uint32_t)((now - u->began_ns) / NS_PER_S);
}

static struct v3_head
answer_head(struct trap_usm *u, const struct v3_message *m, uint8_t flags, int64_t now)
{
	return (struct v3_head){ .msg_id = m->msg_id, .flags = flags, .engine = u->own, .engine_len = OWN_ENGINE,
		.user = m->user, .user_len = m->user_len, .context = "", .boots = OWN_BOOTS, .time = own_time(u, now),
		.salt = u->salt++ };
}

static void
answer_encode(struct trap_usm *u, const struct v3_head *h, size_t pdu_len)
{
	size_t len = v3_encode(u->out, sizeof(u->out), h, u->pdu, pdu_len);

	memmove(u->out, u->out + sizeof(u->out) - len, len);
	u->out_len = len;
}

/* @param keys	NULL: without authentication, of which only the engine's name may be asked */
static void
report(struct trap_usm *u, const struct v3_message *m, enum v3_report what, const struct usm_keys *keys, int64_t now)
{
	const uint8_t pdu[] = { SNMP_PDU_REPORT, 33, 2, 4, 0, 0, 0, 0, 2, 1, 0, 2, 1, 0, 0x30, 19, 0x30, 17, 6, 10, 0x2b, 6, 1,
		6, 3, 15, 1, 1, (uint8_t)what, 0, 0x41, 3, (uint8_t)(++u->reports >> 16 & 0x7f), (uint8_t)(u->reports >> 8),
		(uint8_t)u->reports };
	struct v3_head h = answer_head(u, m, keys != NULL ? V3_AUTH : 0, now);

	h.keys = keys;
	memcpy(u->pdu, pdu, sizeof(pdu));
	answer_encode(u, &h, sizeof(pdu));
}

/* The inform's own PDU, as a response. It stands behind the name of the context. */
static void
respond(struct trap_usm *u, const struct v3_message *m, const struct v3_context *ctx, const struct usm_keys *keys,
    int64_t now)
{
	struct v3_head h = answer_head(u, m, m->flags & (V3_AUTH | V3_PRIV), now);
	const uint8_t *pdu = ctx->name + ctx->name_len, *end;
	struct cursor  c, content;
	const char    *why;

	end = pdu >= u->plain && pdu < u->plain + sizeof(u->plain) ? u->plain + sizeof(u->plain) : m->data + m->len;
	c = cursor_of(pdu, (size_t)(end - pdu));
	if (snmp_take(&c, SNMP_PDU_INFORM, &content, &why) == -1)
		return;
	h.keys = keys;
	h.context = (const char *)ctx->name;
	h.context_len = ctx->name_len;
	h.context_engine = ctx->engine;
	h.context_engine_len = ctx->engine_len;
	memcpy(u->pdu, pdu, (size_t)(content.end - pdu));
	u->pdu[0] = SNMP_PDU_RESPONSE;
	answer_encode(u, &h, (size_t)(content.end - pdu));
}

size_t
trap_usm_answer(struct trap_usm *u, const uint8_t **out)
{
	*out = u->out;
	return u->out_len;
}

/* ---- taking ---- */

static bool
is_for_us(const struct trap_usm *u, const struct v3_message *m)
{
	return m->engine_len == OWN_ENGINE && memcmp(m->engine, u->own, OWN_ENGINE) == 0;
}

/* Is our time in it? If not, its sender is told, so that nobody else can set its clock. */
static enum usm_outcome
own_window(struct trap_usm *u, const struct v3_message *m, const struct usm_keys *keys, int64_t now, const char **why)
{
	int64_t off = (int64_t)m->time - own_time(u, now);

	if (m->boots == OWN_BOOTS && off >= -WINDOW_S && off <= WINDOW_S)
		return USM_TAKEN;
	*why = "asks for our time";
	report(u, m, V3_NOT_IN_TIME, keys, now);
	return USM_ASKS;
}

static enum usm_outcome
genuine_take(struct trap_usm *u, const struct v3_message *head, const struct v3_context *ctx,
    const struct usm_keys *keys, int64_t now, struct snmp_trap *t, struct snmp_message *m, const char **why)
{
	bool	         inform = is_for_us(u, head);
	enum usm_outcome outcome = USM_TAKEN;

	if (inform) {
		outcome = own_window(u, head, keys, now, why);
	} else if (!is_fresh(u, head, now)) {
		*why = "older than what was sent before";
		outcome = USM_REFUSED;
	}
	if (outcome != USM_TAKEN)
		return outcome;
	if (m->pdu != (inform ? SNMP_PDU_INFORM : SNMP_PDU_TRAP2)) {
		*why = inform ? "not an inform" : "not a trap";
		return USM_MALFORMED;
	}
	if (trap_of_message(t, m, why) == -1)
		return USM_MALFORMED;
	if (inform)
		respond(u, head, ctx, keys, now);
	return USM_TAKEN;
}

/* Whose is it, and does he know the key? */
static enum usm_outcome
user_take(struct trap_usm *u, const struct v3_message *head, int64_t now, struct snmp_trap *t,
    struct snmp_message *m, const char **why)
{
	const struct trap_user *user = trap_user_find(&u->users, head->user, head->user_len);
	enum usm_outcome	outcome = USM_REFUSED;
	struct v3_context	ctx;
	struct usm_keys		keys;

	if (user == NULL) {
		*why = "unknown user";
	} else if ((head->flags & V3_AUTH) == 0 ||
	    (user->secret.priv != USM_NO_PRIV && (head->flags & V3_PRIV) == 0)) {
		*why = "less secure than this user is";
	} else if (usm_localise(&keys, &user->secret, head->engine, head->engine_len) == -1) {
		*why = "no keys at this engine";
	} else if (v3_open(head, &keys, u->plain, &ctx, m, why) == -1) {
		outcome = *why == v3_wrong_digest ? USM_REFUSED : USM_MALFORMED;
	} else {
		outcome = genuine_take(u, head, &ctx, &keys, now, t, m, why);
	}
	explicit_bzero(&keys, sizeof(keys));
	return outcome;
}

enum usm_outcome
trap_usm_take(struct trap_usm *u, const uint8_t *data, size_t len, int64_t now, struct snmp_trap *t,
    struct snmp_message *m, const char **why)
{
	struct v3_message head;

	u->out_len = 0;
	if (v3_decode(&head, data, len, why) == -1)
		return USM_MALFORMED;
	/* A trap wants no report (RFC 3412, 6.4); what does is an inform, for us and nobody else. */
	if ((head.flags & V3_REPORTABLE) != 0 && !is_for_us(u, &head)) {
		*why = "asks who we are";
		report(u, &head, V3_UNKNOWN_ENGINE, NULL, now);
		return USM_ASKS;
	}
	if (head.engine_len < USM_ENGINE_MIN) {
		*why = "snmpEngineID too short";
		return USM_MALFORMED;
	}
	return user_take(u, &head, now, t, m, why);
}
