/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * publish_trust_test.c: brokers that are not there or not to be trusted, TLS, and secrets that others may read.
 */
#include "tests/unit/publish_mosquitto.h"

static void
test_nobody_there(struct world *w)
{
	char nowhere[128];

	snprintf(nowhere, sizeof(nowhere), "%s/nowhere.sock", w->dir);
	publish_start(w);
	send_plan(w->core, nowhere, 0, "", 9, "main");
	ok(wait_for(w, has_text) && !w->state.connected, "no broker: %s", w->state.text);
	publish_stop(w->publish);
	publish_free(w->publish);
	ipc_free(w->core);
}

/* A broker that is not there would do: the password is read before anyone is called. */
static void
test_password(struct world *w)
{
	struct msg_broker_plan m = { .enabled = 1, .boot = 13, .window = 8, .seq = 41, .port = 1 };
	char		       path[96];
	FILE		      *f;

	text_copy(m.host, sizeof(m.host), "127.0.0.1");
	text_copy(m.ns, sizeof(m.ns), "test");
	text_copy(m.node, sizeof(m.node), "main");
	text_copy(m.password_file, sizeof(m.password_file), "password");
	snprintf(path, sizeof(path), "%s/password", w->dir);
	f = fopen(path, "w");
	ok(f != NULL && fputs("secret\n", f) >= 0 && fclose(f) == 0 && chmod(path, 0604) == 0,
	    "(wrote a password that others may read)");
	publish_start(w);
	msg_broker_plan_send(w->core, IPC_BROKER_PLAN, 0, &m, -1);
	ok(wait_for(w, has_text) && !w->state.connected, "it is not used");
	is_text(w->state.text,
	    "secrets/publish/password is open to its group or others; chmod 600 it, and change the secret",
	    "with the remedy");
	publish_free(w->publish);
	ipc_free(w->core);
}

static bool
saw_tls_online(struct world *w)
{
	return saw_health(w, "{\"state\":\"online\",\"boot\":11,\"node\":\"second\"");
}

/* Name look-up, TCP and TLS inside the sandbox; and a certificate of the wrong authority. */
static void
test_tls(struct world *w)
{
	pid_t pid;

	if (w->b.tls_port == 0) {
		ok(true, "TLS # SKIP openssl is not installed");
		return;
	}
	pid = second_engine(w, "localhost", w->b.tls_port, "good.crt", 11);
	ok(wait_for(w, saw_tls_online), "connects to a name by TLS inside the sandbox");
	end(&pid);

	publish_start(w);
	send_plan(w->core, "localhost", w->b.tls_port, "other.crt", 12, "main");
	ok(wait_for(w, has_text) && !w->state.connected, "a broker that nobody vouches for: %s",
	    w->state.text);
	publish_free(w->publish);
	ipc_free(w->core);

	publish_start(w);
	send_plan(w->core, "127.0.0.1", w->b.tls_port, "good.crt", 12, "main");
	ok(wait_for(w, has_text) && !w->state.connected, "a certificate for another name: %s", w->state.text);
	publish_free(w->publish);
	ipc_free(w->core);
}

int
main(void)
{
	struct world *w = world_new();

	if (w == NULL)
		return 0;
	if (broker_start(w)) {
		subscriber_start(w);
		test_nobody_there(w);
		test_password(w);
		test_tls(w);
		subscriber_stop(w);
	} else
		ok(false, "Debian's mosquitto does not listen");
	world_free(w);
	return tap_done();
}
