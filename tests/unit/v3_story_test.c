/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v3_story_test.c: what happens to SNMPv3 agents in the field, with Debian's snmpd: restarted, its password
 * rotated, its disk copied with the engine ID, its boots file frozen, its persistent data lost. Polling goes on
 * each time, and what is wrong is named.
 */
#include "tests/unit/snmpd_rig.h"

#define ENGINE_A "exactEngineID 0x80001f880473746f727931\n"
#define ENGINE_B "exactEngineID 0x80001f880473746f727932\n"
#define ENGINE_C "exactEngineID 0x80001f880473746f727933\n"
#define ROUSER	 "rouser noc priv .1.3.6.1.2.1.1\n"
#define USER(P)	 "createUser noc SHA-256 \"" P "\" AES \"" P "\"\n"
#define FILE_OF(P) "user noc\nauth sha256 " P "\npriv aes128 " P "\n"

static struct rig	  r;
static struct rig_agent	  a, b;
static struct rig_device *da, *db;
static unsigned		  mark_a, mark_b;	/* samples when it was set */

static void
mark(void)
{
	mark_a = da->samples;
	mark_b = db != NULL ? db->samples : 0;
}

/* At least three more polls, each with a sample. */
static bool
a_goes_on(struct rig *rig)
{
	(void)rig;
	return da->state == TARGET_ANSWERING && da->samples >= mark_a + 3;
}

static bool
both_go_on(struct rig *rig)
{
	return a_goes_on(rig) && db->state == TARGET_ANSWERING && db->samples >= mark_b + 3;
}

static bool
a_is_wrong(struct rig *rig)
{
	(void)rig;
	return da->state == TARGET_WRONG;
}

static bool
a_is_flawed(struct rig *rig)
{
	return a_goes_on(rig) && da->flaws > 0;
}

static bool
both_are_flawed(struct rig *rig)
{
	(void)rig;
	return da->flaws > 0 && db->flaws > 0;
}

static bool
both_share(struct rig *rig)
{
	(void)rig;
	return strstr(da->flaw, "same snmpEngineID") != NULL && strstr(db->flaw, "same snmpEngineID") != NULL;
}

static void
restart(struct rig_agent *agent, unsigned number, const char *conf)
{
	agent_stop(agent);
	agent_start(&r, agent, number, conf);
	mark();
}

/* Its users in the form in which snmpd keeps them, so that those of its configuration count again. */
static void
users_forget(const struct rig_agent *agent)
{
	char  path[128], text[16384], line[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/snmpd.conf", agent->dir);
	text[0] = '\0';
	if ((f = fopen(path, "r")) == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "usmUser", 7) != 0 && strlen(text) + strlen(line) < sizeof(text))
			strcat(text, line);
	fclose(f);
	file_write(path, text);
}

static void
story_restart(void)
{
	unsigned restarts = da->restarts;

	restart(&a, 1, ENGINE_A ROUSER USER("first phrase"));
	rig_until(&r, a_goes_on, "restarted: polling goes on");
	ok(da->restarts > restarts, "the restart is told");
	ok(da->flaws == 0, "and is no defect");
}

static uint64_t polls_before;

static bool
three_polls(struct rig *rig)
{
	return rig_counter(rig, "snmp.polls") >= polls_before + 3;
}

static void
story_rotated(void)
{
	uint64_t requests;

	agent_stop(&a);
	users_forget(&a);
	restart(&a, 1, ENGINE_A ROUSER USER("second phrase"));
	rig_until(&r, a_is_wrong, "the password is another one there: told");
	ok(strstr(da->reason, "authentication failed with secrets/snmp/a") != NULL &&
	    strstr(da->reason, "usmStatsWrongDigests") != NULL, "in these words: %s", da->reason);
	requests = rig_counter(&r, "snmp.requests");
	polls_before = rig_counter(&r, "snmp.polls");
	rig_until(&r, three_polls, "(three polls)");
	ok(rig_counter(&r, "snmp.requests") == requests, "who was refused is not asked at each poll");
	mark();
	credential_write(&r, "a", FILE_OF("second phrase"));
	rig_until(&r, a_goes_on, "the file has the new password: polling goes on");

	credential_write(&r, "a", FILE_OF("third phrase"));
	rig_until(&r, a_is_wrong, "the file is ahead of the agent: told");
	agent_stop(&a);
	users_forget(&a);
	restart(&a, 1, ENGINE_A ROUSER USER("third phrase"));
	snmp_engine_target(r.engine, &da->target, NULL, 0);
	rig_until(&r, a_goes_on, "the agent has it too, and a reload: polling goes on");
}

static void
story_cloned(void)
{
	da->flaws = 0;
	credential_write(&r, "b", FILE_OF("third phrase"));
	agent_start(&r, &b, 2, ENGINE_A ROUSER USER("third phrase"));
	db = rig_device(&r, &b, "b");
	rig_until(&r, both_are_flawed, "an engine ID on two agents: both are told");
	ok(strstr(da->flaw, "same snmpEngineID as b") != NULL && strstr(db->flaw, "same snmpEngineID as a") != NULL,
	    "by name: %s", db->flaw);
	mark();
	rig_until(&r, both_go_on, "polling of both goes on");
	ok(da->flaws == 1 && db->flaws == 1, "told once");

	agent_stop(&b);
	users_forget(&b);
	restart(&b, 2, ENGINE_B ROUSER USER("third phrase"));
	rig_until(&r, both_go_on, "the copy has an engine ID of its own: polling goes on");
	ok(strstr(db->flaw, "snmpEngineID changed from 80001f880473746f727931 to 80001f880473746f727932") != NULL, "the change is told: %s",
	    db->flaw);
	ok(strstr(da->reason, "its own again") != NULL, "and to the other: %s", da->reason);

	da->flaws = db->flaws = 0;
	agent_stop(&b);
	users_forget(&b);
	restart(&b, 2, ENGINE_A ROUSER USER("third phrase"));
	rig_until(&r, both_share, "copied once more");
	agent_stop(&a);
	users_forget(&a);
	restart(&a, 1, ENGINE_C ROUSER USER("third phrase"));
	rig_until(&r, both_go_on, "and it is the first that gets another one: polling goes on");
	ok(strstr(db->reason, "its own again") != NULL, "told to who stays: %s", db->reason);
}

static int64_t since_ns;

static bool
long_enough(struct rig *rig)
{
	return both_go_on(rig) && loop_mono_ns(rig->loop) > since_ns + 13 * NS_PER_S;
}

static void
story_frozen(void)
{
	char saved[160], kept[160], command[400];

	agent_stop(&a);
	snprintf(kept, sizeof(kept), "%s/snmpd.conf", a.dir);
	snprintf(saved, sizeof(saved), "%s/saved", r.dir);
	snprintf(command, sizeof(command), "cp %s %s", kept, saved);
	ok(system(command) == 0, "(kept what the agent keeps)");
	restart(&a, 1, ENGINE_C ROUSER USER("third phrase"));
	da->flaws = 0;
	since_ns = loop_mono_ns(r.loop);
	rig_until(&r, long_enough, "(its time runs)");
	is_i64(da->flaws, 0, "(and is well)");

	agent_stop(&a);
	rename(saved, kept);
	restart(&a, 1, ENGINE_C ROUSER USER("third phrase"));
	rig_until(&r, a_is_flawed, "restarted, but it forgot that it was: polling goes on");
	ok(strstr(da->flaw, "snmpEngineTime went back") != NULL && strstr(da->flaw, "boots file") != NULL, "told: %s", da->flaw);

	agent_stop(&a);
	remove(kept);
	da->flaws = 0;
	restart(&a, 1, ENGINE_C ROUSER USER("third phrase"));
	rig_until(&r, a_is_flawed, "it lost all that it kept: polling goes on");
	ok(strstr(da->flaw, "snmpEngineBoots went back") != NULL, "told: %s", da->flaw);
}

int
main(void)
{
	if (!rig_open(&r))
		return tap_skip_all("no " SNMPD ", no directory or no sockets");
	credential_write(&r, "a", FILE_OF("first phrase"));
	agent_start(&r, &a, 1, ENGINE_A ROUSER USER("first phrase"));
	da = rig_device(&r, &a, "a");
	rig_until(&r, a_goes_on, "the agent is polled");
	story_restart();
	story_rotated();
	story_cloned();
	story_frozen();
	agent_stop(&a);
	agent_stop(&b);
	rig_close(&r);
	return tap_done();
}
