/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dns.c: put one question to one server of DNS and judge its answer. Over UDP from a random port, each question with a random
 * number of its own; an answer to another one, or from elsewhere, is not heard. What does not fit a datagram is asked for again
 * over TCP (RFC 7766). "name@server" asks that server, "name" the resolver of this host; what is wrong with the latter is not
 * the name's fault, and the result is unknown.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "probes/dialog.h"
#include "probes/dns_message.h"

struct dns {
	struct dns_answer answer;
	bool		  has_answer;
};

static const struct {
	const char   *name;
	enum dns_type type;
} dns_types[] = {
	{ "A", DNS_A }, { "AAAA", DNS_AAAA }, { "MX", DNS_MX }, { "TXT", DNS_TXT }, { "SOA", DNS_SOA }, { "NS", DNS_NS },
	{ "CNAME", DNS_CNAME },
};

/* ---- words ---- */

/* @return the name's length in "name@server" */
static size_t
name_length(const char *ask)
{
	return strcspn(ask, "@");
}

static int
dns_where(struct target *to, const char *ask, char *why, size_t size)
{
	struct dns_question q;
	struct target	    name;
	size_t		    len = name_length(ask);
	char		    text[TARGET_HOST_MAX];

	if (len >= sizeof(text) || len == 0) {
		snprintf(why, size, "\"%.80s\" names nothing to ask for; write name@server", ask);
		return -1;
	}
	memcpy(text, ask, len);
	text[len] = '\0';
	if (target_parse(&name, text, 53, why, size) == -1)
		return -1;
	if (strchr(text, ':') != NULL || dns_question_make(&q, text, DNS_A, 0) == -1) {
		snprintf(why, size, "\"%.80s\" is no name of DNS", text);
		return -1;
	}
	*to = (struct target){ .port = 53 };
	return ask[len] == '\0' ? 0 : target_parse(to, ask + len + 1, 53, why, size);
}

/* @return -1: there is no such type */
static int
type_find(const char *name)
{
	size_t i;

	for (i = 0; i < nitems(dns_types); i++)
		if (name == NULL || strcmp(dns_types[i].name, name) == 0)
			return (int)dns_types[i].type;
	return -1;
}

static void
question_make(struct dns_question *q, const char *ask, const struct expect *x, uint16_t id)
{
	char text[TARGET_HOST_MAX];

	snprintf(text, sizeof(text), "%.*s", (int)name_length(ask), ask);
	dns_question_make(q, text, (uint16_t)type_find(expect_text(x, "type")), id);
	q->authentic = expect_has(x, "authentic");
}

/* ---- saying and hearing ---- */

static uint16_t
id_of(const struct dialog_io *io, unsigned i)
{
	return (uint16_t)io->random[i % DIALOG_QUESTIONS];
}

/* Over TCP the length comes first (RFC 1035 4.2.2). */
static void
question_say(struct dialog_io *io)
{
	struct dns_question q;
	struct buf	    b = { 0 };

	question_make(&q, io->ask, io->expect, id_of(io, io->times));
	dns_question_write(&q, &b);
	if (!io->udp)
		put_u16be(buf_grow(io->out, 2), (uint16_t)b.len);
	buf_bytes(io->out, b.data, b.len);
	buf_free(&b);
}

/* One message, which may answer any of the questions put so far. */
static enum dialog_next
answer_take(struct dns *s, struct dialog_io *io, const uint8_t *msg, size_t len)
{
	struct dns_question q;
	enum dns_end	    end = DNS_STRANGER;
	const char	   *why = "";
	unsigned	    i;

	for (i = 0; i < DIALOG_QUESTIONS && end == DNS_STRANGER; i++) {
		if (i > 0 && i >= io->times)
			break;
		question_make(&q, io->ask, io->expect, id_of(io, io->udp ? i : io->times));
		end = dns_answer_read(&s->answer, &q, msg, len, &why);
	}
	switch (end) {
	case DNS_ANSWER:
		s->has_answer = true;
		return DIALOG_DONE;
	case DNS_CUT:
		return io->udp ? DIALOG_TCP : dialog_bad(io, "its answer is cut even over TCP");
	case DNS_BROKEN:
		return dialog_bad(io, "its answer holds %s", why);
	case DNS_STRANGER:
		break;
	}
	if (!io->udp)
		return dialog_bad(io, "over TCP it answers what was not asked: %s", why);
	snprintf(io->why, sizeof(io->why), "%s", why);
	return DIALOG_MORE;
}

static enum dialog_next
dns_step(void *state, struct dialog_io *io)
{
	struct cursor  c = io->in;
	const uint8_t *msg;
	size_t	       len;

	if (io->begin) {
		question_say(io);
		return DIALOG_MORE;
	}
	if (io->udp)
		return answer_take(state, io, io->in.p, cursor_left(&io->in));
	len = cursor_u16be(&c);
	msg = cursor_bytes(&c, len);
	if (msg == NULL)
		return DIALOG_MORE;
	io->in = c;
	return answer_take(state, io, msg, len);
}

/* ---- judging ---- */

/* Without regard to case and the last dot; of MX the host alone will do. */
static bool
value_is(const char *value, const char *want)
{
	const char *host = strchr(value, ' ');
	size_t	    len = strlen(want);

	if (len > 1 && want[len - 1] == '.')
		len--;
	return (strncasecmp(value, want, len) == 0 && value[len] == '\0') ||
	       (host != NULL && strncasecmp(host + 1, want, len) == 0 && host[1 + len] == '\0');
}

static bool
is_wanted(const struct expect *x, const char *value)
{
	const char *want;
	size_t	    at = 0;

	while ((want = expect_next(x, "answer", &at)) != NULL)
		if (value_is(value, want))
			return true;
	return false;
}

static bool
is_given(const struct dns_answer *a, const char *want)
{
	size_t i;

	for (i = 0; i < a->n && !value_is(a->value[i], want); i++)
		;
	return i < a->n;
}

/* Of addresses and aliases nothing else may come: an answer beside the right one leads people elsewhere. */
static void
values_judge(struct dialog_result *r, const struct dns_answer *a, const char *type)
{
	const char *want;
	size_t	    at = 0, i;

	while ((want = expect_next(r->expect, "answer", &at)) != NULL)
		if (!is_given(a, want)) {
			snprintf(r->why, sizeof(r->why), "it answers %.100s, not %.100s", a->value[0], want);
			return;
		}
	if (at == 0 || expect_text(r->expect, "answer") == NULL || (type[0] != 'A' && type[0] != 'C'))
		return;
	for (i = 0; i < a->n; i++)
		if (!is_wanted(r->expect, a->value[i])) {
			snprintf(r->why, sizeof(r->why), "it answers %.100s, too", a->value[i]);
			return;
		}
}

static void
answer_judge(struct dialog_result *r, const struct dns_answer *a)
{
	const char *type = expect_text(r->expect, "type"), *rcode = dns_rcode_name(a->rcode);
	double	    serial = expect_number(r->expect, "serial_min", 0);

	type = type != NULL ? type : "A";
	if (a->rcode == 3)
		snprintf(r->why, sizeof(r->why), "it says that the name does not exist (NXDOMAIN)");
	else if (a->rcode != 0 && rcode != NULL)
		snprintf(r->why, sizeof(r->why), "it says %s", rcode);
	else if (a->rcode != 0)
		snprintf(r->why, sizeof(r->why), "it says error %u", a->rcode);
	else if (a->n == 0)
		snprintf(r->why, sizeof(r->why), "it has no %s record of the name", type);
	else
		values_judge(r, a, type);
	if (r->why[0] == '\0' && a->serial < serial)
		snprintf(r->why, sizeof(r->why), "its serial is %u, below %.0f", a->serial, serial);
	if (r->why[0] == '\0' && expect_has(r->expect, "authentic") && !a->authentic)
		snprintf(r->why, sizeof(r->why), "its answer is not authentic: without the AD flag of DNSSEC");
}

static void
facts_tell(struct probe *p, const struct dns_answer *a)
{
	char   all[DNS_TEXT_MAX] = "";
	size_t i, at = 0;

	for (i = 0; i < a->n && at < sizeof(all); i++)
		at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s", i > 0 ? ", " : "", a->value[i]);
	dialog_text(p, "answer", all);
	if (a->n > 0)
		dialog_number(p, "ttl_s", a->ttl_s);
	if (a->serial != 0)
		dialog_number(p, "serial", a->serial);
	dialog_number(p, "authentic", a->authentic);
	probe_fact(p, "rcode", a->rcode, dns_rcode_name(a->rcode));
}

static void
dns_judge(struct probe *p, struct dialog_result *r)
{
	struct dns *s = p->state;
	bool	    ours = p->words->ask[name_length(p->words->ask)] == '\0';

	if (s->has_answer)
		facts_tell(p, &s->answer);
	if (r->end == DIALOG_GOOD)
		answer_judge(r, &s->answer);
	if (ours && (r->end != DIALOG_GOOD || (s->answer.rcode != 0 && s->answer.rcode != 3)))
		r->end = DIALOG_UNASKED;
}

/* ---- the table ---- */

static const struct metric dns_metrics[] = {
	PROBE_SERVICE_METRICS,
	{ 0 }
};

static const struct conf_opt dns_options[] = {
	{ "interval_s", CONF_NUMBER, "s", PROBE_INTERVAL_MIN_S, 3600, "60", .help = "Time between two questions." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, PROBE_ASKED_TIMEOUT_MAX_S, "5",
	  .help = "For all of it; the question is put up to three times." },
	{ 0 }
};

static const char *const dns_keys[] = { "answer=*", "authentic", "max_s=#", "serial_min=#", "type=", NULL };

static const struct dialog_talk dns_talk = {
	.keys	= dns_keys,
	.port	= 53,
	.udp	= true,
	.where	= dns_where,
	.step	= dns_step,
	.judge	= dns_judge,
};

static int
dns_accepts(const char *ask, const char *expect, char *why, size_t size)
{
	const char   *names[nitems(dns_types) + 1] = { NULL }, *near, *type;
	struct target to;
	struct expect x;
	size_t	      i;

	if (dialog_parse(&dns_talk, ask, expect, &to, &x, why, size) == -1)
		return -1;
	type = expect_text(&x, "type");
	if (type_find(type) == -1) {
		for (i = 0; i < nitems(dns_types); i++)
			names[i] = dns_types[i].name;
		near = text_nearest(type, names);
		snprintf(why, size, "expect: \"type=%.40s\" is not known; %s%s%s", type,
		    near != NULL ? "did you mean \"" : "there are A, AAAA, CNAME, MX, NS, SOA and TXT", near != NULL ? near : "",
		    near != NULL ? "\"?" : "");
		return -1;
	}
	if (expect_has(&x, "serial_min") && (type == NULL || strcmp(type, "SOA") != 0)) {
		snprintf(why, size, "expect: \"serial_min\" wants \"type=SOA\" beside it");
		return -1;
	}
	return 0;
}

const struct probe_ops probe_dns = {
	.name		= "dns",
	.help		= "Put a question to a server of DNS: what it answers, how fast, and its serial.",
	.metrics	= dns_metrics,
	.options	= dns_options,
	.starts		= 1,
	.asked		= true,
	.talk		= &dns_talk,
	.state_size	= sizeof(struct dns),
	.start		= dialog_start,
	.cancel		= dialog_cancel,
	.accepts	= dns_accepts,
};
