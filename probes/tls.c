/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls.c: begin TLS with a server and look at what it shows: how long its certificate lasts, who has signed it, for which name,
 * by which protocol. What is wrong with one makes it lost, with the reason; the facts are told all the same.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "probes/dialog.h"
#include "probes/dialog_tls.h"

static const char *const tls_versions[] = { "TLSv1.2", "TLSv1.3", NULL };	/* rising; older ones are never spoken */

static enum dialog_next
tls_step(void *state, struct dialog_io *io)
{
	(void)state;
	(void)io;
	return DIALOG_DONE;	/* it is called when TLS is open: that was all */
}

static int
version_rank(const char *name)
{
	int i;

	for (i = 0; tls_versions[i] != NULL && strcmp(tls_versions[i], name) != 0; i++)
		;
	return i;
}

static void
tls_judge(struct probe *p, struct dialog_result *r)
{
	const char	      *min = expect_text(r->expect, "min");
	struct dialog_tls_look look;

	if (r->tls != NULL && dialog_tls_look(r->tls, &look)) {
		dialog_text(p, "subject", look.subject);
		dialog_text(p, "issuer", look.issuer);
		dialog_text(p, "chain", look.chain);
		dialog_text(p, "cipher", look.cipher);
		dialog_number(p, "name_matches", look.name_matches);
	}
	if (r->end == DIALOG_GOOD && min != NULL && r->protocol != NULL && version_rank(r->protocol) < version_rank(min))
		snprintf(r->why, sizeof(r->why), "it speaks %s, %s is wanted", r->protocol, min);
}

/* ---- the table ---- */

static const struct metric tls_metrics[] = {
	PROBE_SERVICE_METRICS,
	{ 0 }
};

static const struct conf_opt tls_options[] = {
	{ "interval_s", CONF_NUMBER, "s", PROBE_INTERVAL_MIN_S, 86400, "3600", .help = "Time between two looks." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, PROBE_ASKED_TIMEOUT_MAX_S, "15",
	  .help = "For all of it, from the name to the end of the handshake." },
	{ 0 }
};

static const char *const tls_keys[] = { "ca=", "days=#", "max_s=#", "min=", "name=", NULL };

static const struct dialog_talk tls_talk = {
	.keys	= tls_keys,
	.port	= 443,
	.tls	= true,
	.step	= tls_step,
	.judge	= tls_judge,
};

static int
tls_accepts(const char *ask, const char *expect, char *why, size_t size)
{
	struct target to, name;
	struct expect x;
	const char   *min, *other;

	if (dialog_parse(&tls_talk, ask, expect, &to, &x, why, size) == -1)
		return -1;
	min = expect_text(&x, "min");
	if (min != NULL && tls_versions[version_rank(min)] == NULL) {
		snprintf(why, size, "expect: \"min=%.40s\" is not known; there are TLSv1.2 and TLSv1.3", min);
		return -1;
	}
	other = expect_text(&x, "name");
	return other != NULL ? target_parse(&name, other, 443, why, size) : 0;
}

const struct probe_ops probe_tls = {
	.name		= "tls",
	.help		= "Look at the certificate of a server: its end, its chain, its name, the protocol.",
	.metrics	= tls_metrics,
	.options	= tls_options,
	.starts		= 1,
	.asked		= true,
	.talk		= &tls_talk,
	.state_size	= 1,
	.start		= dialog_start,
	.cancel		= dialog_cancel,
	.accepts	= tls_accepts,
};
