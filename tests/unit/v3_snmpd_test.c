/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v3_snmpd_test.c: SNMPv3 against Debian's snmpd: a user for each pair of digest and cipher that it has, all of
 * them polled side by side, and some that it refuses, each refusal by its name.
 */
#include "tests/unit/snmpd_rig.h"

static const char *const auths[][2] = {		/* ours, snmpd's */
	{ "sha1", "SHA" }, { "sha224", "SHA-224" }, { "sha256", "SHA-256" }, { "sha384", "SHA-384" },
	{ "sha512", "SHA-512" }, { "md5", "MD5" },
};
static const char *const privs[][2] = {
	{ "aes128", "AES" }, { "aes192", "AES-192" }, { "aes256", "AES-256" }, { "aes192c", "AES-192-C" },
	{ "aes256c", "AES-256-C" }, { "des", "DES" }, { NULL, NULL },
};

#define PASS "an auth phrase"
#define PRIV "a priv phrase"

static const struct refusal {
	const char *name, *text, *reason;
} refusals[] = {
	{ "stranger", "user nobody\nauth sha256 " PASS "\npriv aes128 " PRIV "\n", "does not know the user" },
	{ "wrong-auth", "user sha256-aes128\nauth sha256 not the phrase\npriv aes128 " PRIV "\n",
	  "another auth algorithm or pass phrase" },
	{ "wrong-digest", "user sha256-aes128\nauth sha512 " PASS "\npriv aes128 " PRIV "\n",
	  "another auth algorithm or pass phrase" },
	{ "wrong-priv", "user sha256-aes128\nauth sha256 " PASS "\npriv aes128 not the phrase\n", "does not answer what is encrypted" },
	{ "no-level", "user none\nauth sha256 " PASS "\npriv aes128 " PRIV "\n", "security level" },
	{ "weak", "user md5-des\nauth md5 " PASS "\npriv des " PRIV "\n", "MD5 is weak: expected another auth, or \"allow md5\"" },
};

static unsigned good;		/* devices before those that are refused */

static void
user_name(char *out, size_t size, unsigned a, unsigned p)
{
	snprintf(out, size, "%s-%s", auths[a][0], privs[p][0] != NULL ? privs[p][0] : "plain");
}

static void
agent_conf(char *out, size_t size)
{
	char   name[32];
	size_t n = (size_t)snprintf(out, size, "exactEngineID 0x80001f880470616972733031\n"
	    "createUser none\nrouser none noauth .1.3.6.1.2.1.1\n");

	for (unsigned a = 0; a < nitems(auths); a++)
		for (unsigned p = 0; p < nitems(privs); p++) {
			bool plain = privs[p][0] == NULL;

			user_name(name, sizeof(name), a, p);
			n += (size_t)snprintf(out + n, size - n, "createUser %s %s \"" PASS "\" %s %s\nrouser %s %s .1.3.6.1.2.1.1\n",
			    name, auths[a][1], plain ? "" : privs[p][1], plain ? "" : "\"" PRIV "\"", name,
			    plain ? "auth" : "priv");
		}
}

static void
devices_add(struct rig *r, const struct rig_agent *a)
{
	char name[32], text[256];

	for (unsigned i = 0; i < nitems(auths); i++)
		for (unsigned p = 0; p < nitems(privs); p++) {
			bool plain = privs[p][0] == NULL;

			user_name(name, sizeof(name), i, p);
			snprintf(text, sizeof(text), "# of the test\nuser %s\nauth %s " PASS "\n%s%s%s\nallow md5 des nopriv\n", name,
			    auths[i][0], plain ? "" : "priv ", plain ? "" : privs[p][0], plain ? "" : " " PRIV);
			credential_write(r, name, text);
			rig_device(r, a, name);
		}
	credential_write(r, "none", "user none\nallow noauth\n");
	rig_device(r, a, "none");
	good = r->n;
	for (unsigned i = 0; i < nitems(refusals); i++) {
		credential_write(r, refusals[i].name, refusals[i].text);
		rig_device(r, a, refusals[i].name);
	}
}

static bool
all_told(struct rig *r)
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->device[i].state != (i < good ? TARGET_ANSWERING : TARGET_WRONG))
			return false;
	return true;
}

int
main(void)
{
	static struct rig r;
	struct rig_agent  agent;
	static char	  conf[16384];

	if (!rig_open(&r))
		return tap_skip_all("no " SNMPD ", no directory or no sockets");
	agent_conf(conf, sizeof(conf));
	agent_start(&r, &agent, 1, conf);
	devices_add(&r, &agent);
	rig_until(&r, all_told, "every pair of digest and cipher answers; every wrong one is refused");
	for (unsigned i = 0; i < good; i++) {
		const struct rig_device *d = &r.device[i];
		bool weak = strstr(d->target.credential, "md5") != NULL || strstr(d->target.credential, "-des") != NULL ||
		    strstr(d->target.credential, "plain") != NULL || i == good - 1;

		ok(d->state == TARGET_ANSWERING && (strstr(d->reason, "weakly protected") != NULL) == weak, "%s: %s",
		    d->target.credential, d->reason);
	}
	for (unsigned i = good; i < r.n; i++)
		if (!ok(strstr(r.device[i].reason, refusals[i - good].reason) != NULL, "%s: %s", refusals[i - good].name,
			r.device[i].reason))
			printf("#   want \"%s\"\n", refusals[i - good].reason);
	agent_stop(&agent);
	rig_close(&r);
	return tap_done();
}
