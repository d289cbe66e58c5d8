/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trap_usm_test.c: traps and informs of SNMPv3, with time as an argument: which are genuine, which are fresh, what
 * is answered; and which file of users is taken. Messages of Debian's snmptrap: tests/netns/traps.py.
 */
#include "trap/usm.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collectors/snmp/v3.h"
#include "tests/unit/tap.h"

#define PASS "a long enough one"

/* sysUpTime.0 = 1, snmpTrapOID.0 = linkDown */
static const uint8_t trap_pdu[] = {
	SNMP_PDU_TRAP2, 54, 2, 4, 1, 2, 3, 4, 2, 1, 0, 2, 1, 0, 0x30, 40, 0x30, 13, 6, 8, 0x2b, 6, 1, 2, 1, 1, 3, 0, 0x43, 1, 1,
	0x30, 23, 6, 10, 0x2b, 6, 1, 6, 3, 1, 1, 4, 1, 0, 6, 9, 0x2b, 6, 1, 6, 3, 1, 1, 5, 3
};

struct sent {
	const char *user, *pass;
	uint8_t	    flags, pdu;
	uint32_t    boots, time, engine;	/* its last four bytes */
	const uint8_t *own;		/* an inform: the receiver's engine, or NULL: not known yet */
	uint8_t	    own_len;
	enum usm_priv priv;
};

static struct trap_usm	  *u;
static uint8_t		   datagram[V3_MESSAGE_MAX];
static struct snmp_message message, answer_message;
static const char	  *why;

static size_t
encode(const struct sent *s)
{
	uint8_t		  engine[12] = { 0x80, 0, 0, 0, 5 }, pdu[sizeof(trap_pdu)];
	struct usm_secret secret;
	struct usm_keys	  keys;
	struct v3_head	  h = { .msg_id = 77, .flags = s->flags, .engine = engine, .engine_len = sizeof(engine),
	       .user = (const uint8_t *)s->user, .user_len = (uint8_t)strlen(s->user), .context = "", .boots = s->boots,
	       .time = s->time, .keys = &keys, .salt = 9 };
	size_t		  len;

	for (int i = 0; i < 4; i++)
		engine[8 + i] = (uint8_t)(s->engine >> (8 * i));
	if (s->pdu == SNMP_PDU_INFORM) {
		h.engine = s->own;
		h.engine_len = s->own_len;
	}
	memcpy(pdu, trap_pdu, sizeof(pdu));
	pdu[0] = s->pdu;
	usm_secret_make(&secret, USM_SHA256, s->pass, s->priv, PASS);
	usm_localise(&keys, &secret, h.engine, h.engine_len);
	len = v3_encode(datagram, sizeof(datagram), &h, pdu, sizeof(pdu));
	memmove(datagram, datagram + sizeof(datagram) - len, len);
	return len;
}

static enum usm_outcome
take(const struct sent *s, int64_t now_s, struct snmp_trap *t)
{
	size_t len = encode(s);

	why = "";
	return trap_usm_take(u, datagram, len, now_s * NS_PER_S, t, &message, &why);
}

static void
test_traps(void)
{
	static const struct sent good = { "trapper", PASS, V3_AUTH | V3_PRIV, SNMP_PDU_TRAP2, 3, 5000, 1, NULL, 0, USM_AES128 };
	struct snmp_trap	 t;
	struct sent		 s = good;
	const uint8_t		*out;
	unsigned		 i, taken = 0;

	ok(take(&s, 100, &t) == USM_TAKEN && t.kind == TRAP_LINK_DOWN && !t.inform && message.version == SNMP_V3,
	    "a trap, encrypted");
	is_i64((int64_t)trap_usm_answer(u, &out), 0, "is not answered");
	ok(take(&s, 200, &t) == USM_TAKEN, "the same within 150 s");
	ok(take(&s, 260, &t) == USM_REFUSED && strcmp(why, "older than what was sent before") == 0, "and later: a replay");
	s.time = 5400;
	ok(take(&s, 270, &t) == USM_TAKEN, "its clock may be ahead of what we expect");
	s.time = 5249;
	ok(take(&s, 270, &t) == USM_REFUSED, "then an old one is refused by that");
	s.boots = 4, s.time = 0;
	ok(take(&s, 280, &t) == USM_TAKEN, "after its restart it begins anew");
	s.boots = 3, s.time = 90000;
	ok(take(&s, 280, &t) == USM_REFUSED, "and nothing from before it counts");
	s = good, s.pass = "quite another one", s.engine = 2, s.boots = 9;
	ok(take(&s, 280, &t) == USM_REFUSED && why == v3_wrong_digest, "with another key: refused");
	s = good, s.engine = 2;
	ok(take(&s, 280, &t) == USM_TAKEN, "and that has set nobody's clock");
	s.flags = V3_AUTH;
	ok(take(&s, 280, &t) == USM_REFUSED && strcmp(why, "less secure than this user is") == 0, "not encrypted: refused");
	s.flags = 0;
	ok(take(&s, 280, &t) == USM_REFUSED, "not even signed: refused");
	s = good, s.user = "nobody";
	ok(take(&s, 280, &t) == USM_REFUSED && strcmp(why, "unknown user") == 0, "of an unknown user: refused");
	s = good, s.pdu = SNMP_PDU_RESPONSE, s.engine = 3;
	ok(take(&s, 280, &t) == USM_MALFORMED && strcmp(why, "not a trap") == 0, "a response is no trap");
	s = good, s.engine = 4;
	for (i = 0; i < 40; i++) {
		size_t len = encode(&s);

		datagram[len - 1 - i] ^= 1;
		taken += trap_usm_take(u, datagram, len, 280 * NS_PER_S, &t, &message, &why) == USM_TAKEN;
	}
	is_i64(taken, 0, "one bit of it changed: never taken");
	s = good;
	for (i = 0; i < 2 * TRAP_ENGINES_MAX; i++) {
		s.engine = 100 + i;
		taken += take(&s, 300, &t) == USM_TAKEN;
	}
	is_i64(taken, 2 * TRAP_ENGINES_MAX, "more senders than are remembered are all heard");
	s.time = 10;
	ok(take(&s, 300, &t) == USM_REFUSED, "the last ones are");
	s.engine = 100;
	ok(take(&s, 300, &t) == USM_TAKEN, "the first are forgotten");
}

/* What the sender of an inform learns from a report. */
static bool
report_read(struct v3_message *head, enum v3_report want, const struct usm_keys *keys)
{
	static uint8_t	  plain[V3_MESSAGE_MAX];
	struct v3_context ctx;
	const uint8_t	 *out;
	size_t		  len = trap_usm_answer(u, &out);

	return len > 0 && v3_decode(head, out, len, &why) == 0 &&
	    v3_open(head, keys, plain, &ctx, &answer_message, &why) == 0 && head->msg_id == 77 &&
	    answer_message.pdu == SNMP_PDU_REPORT && v3_report_of(&answer_message) == want;
}

static void
test_informs(void)
{
	struct sent	  s = { "trapper", PASS, V3_REPORTABLE, SNMP_PDU_INFORM, 0, 0, 0, NULL, 0, USM_AES128 };
	struct snmp_trap  t;
	struct v3_message head;
	struct v3_context ctx;
	struct usm_secret secret;
	struct usm_keys	  keys;
	static uint8_t	  plain[V3_MESSAGE_MAX];
	uint8_t		  own[USM_ENGINE_MAX];
	const uint8_t	 *out;
	size_t		  len;

	ok(take(&s, 1000, &t) == USM_ASKS && report_read(&head, V3_UNKNOWN_ENGINE, NULL) && head.engine_len >= USM_ENGINE_MIN &&
	    head.time == 1000, "who asks who we are is told, and what time it is");
	s.own_len = head.engine_len;
	s.own = memcpy(own, head.engine, head.engine_len);
	usm_secret_make(&secret, USM_SHA256, PASS, USM_AES128, PASS);
	usm_localise(&keys, &secret, own, s.own_len);

	s.flags = V3_AUTH | V3_PRIV | V3_REPORTABLE;
	ok(take(&s, 1000, &t) == USM_ASKS && report_read(&head, V3_NOT_IN_TIME, &keys) && (head.flags & V3_AUTH) != 0,
	    "whose clock is wrong is told, signed");
	s.boots = (uint32_t)head.boots;
	s.time = (uint32_t)head.time;
	ok(take(&s, 1010, &t) == USM_TAKEN && t.inform && t.kind == TRAP_LINK_DOWN, "then the inform is taken");
	len = trap_usm_answer(u, &out);
	ok(v3_decode(&head, out, len, &why) == 0 && head.flags == (V3_AUTH | V3_PRIV) &&
	    v3_open(&head, &keys, plain, &ctx, &answer_message, &why) == 0 && answer_message.pdu == SNMP_PDU_RESPONSE &&
	    answer_message.request_id == 0x01020304 && answer_message.n == 2, "and answered, as secure as it was");
	ok(take(&s, 1200, &t) == USM_ASKS, "the same, too late: asks for our time");
	s.time = 1200;
	s.pass = "quite another one";
	ok(take(&s, 1200, &t) == USM_REFUSED && trap_usm_answer(u, &out) == 0, "with another key: no answer");
	own[6] ^= 1;
	ok(take(&s, 1200, &t) == USM_ASKS && report_read(&head, V3_UNKNOWN_ENGINE, NULL),
	    "for an engine that we were once: who we are now");
}

static int
file_of(const char *text)
{
	int fd = memfd_create("users", MFD_CLOEXEC);

	if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fchmod(fd, 0600) == -1 ||
	    lseek(fd, 0, SEEK_SET) == -1)
		return -1;
	return fd;
}

static void
test_users(void)
{
	static const struct {
		const char *name, *text, *err;
	} cases[] = {
		{ "two fields", "a sha256\n", "secrets/traps/users:1: give a name of at most 32 bytes, sha256, a pass phrase, and, to "
		    "have all encrypted, aes128 and another one" },
		{ "an unknown word", "\n# x\na sha3 aaaaaaaa\n", "secrets/traps/users:3: authentication is sha1, sha224, sha256, sha384, "
		    "sha512 or md5, encryption aes128, aes192, aes256, aes192c, aes256c or des" },
		{ "a short pass phrase", "a sha256 aaaaaaa\n", "secrets/traps/users:1: a pass phrase has at least 8 bytes and no spaces, "
		    "or this system does not have that algorithm" },
	};
	static struct trap_users users;
	char			 err[200];
	size_t			 i;
	int fd = file_of("# users\r\n\ntrapper\tsha256 aaaaaaaa aes128 bbbbbbbb\r\nsigner sha512 cccccccc");

	ok(trap_users_read(&users, fd, err, sizeof(err)) == 0 && users.n == 2 &&
	    trap_user_find(&users, (const uint8_t *)"signer", 6)->secret.priv == USM_NO_PRIV, "a file of two users");
	close(fd);
	for (i = 0; i < nitems(cases); i++) {
		fd = file_of(cases[i].text);
		is_text(trap_users_read(&users, fd, err, sizeof(err)) == -1 ? err : "read", cases[i].err, cases[i].name);
		ok(users.n == 0, "then there are none");
		close(fd);
	}
}

int
main(void)
{
	struct trap_user *user;

	u = trap_usm_new(0);
	user = &trap_usm_users(u)->each[trap_usm_users(u)->n++];
	user->name_len = 7;
	memcpy(user->name, "trapper", 7);
	usm_secret_make(&user->secret, USM_SHA256, PASS, USM_AES128, PASS);
	test_traps();
	test_informs();
	trap_usm_free(u);
	test_users();
	return tap_done();
}
