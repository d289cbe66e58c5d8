/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_answers.c: what servers say to the probes of services, without a socket. First byte of the input: which probe; second:
 * which keys are expected, a bit each; third: how many bytes come at a time (0: all at once); then what comes, in datagrams of
 * that size where it is UDP. Whatever comes, a step leaves its cursor in bounds and says little, what it has against it is one
 * line of UTF-8, and so are the facts that its judge tells. How a stream is cut makes no difference.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "probes/dialog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUT_MAX 65536

#define MUST(what) do { if (!(what)) { fprintf(stderr, "line %d: %s\n", __LINE__, #what); abort(); } } while (0)

static const char *const kinds[] = { "tcp", "smtp", "imap", "rtsp", "sip", "ntp", "broker", "postgresql", "mysql" };

enum verdict { V_MORE, V_DONE, V_BAD, V_LONG, V_INJECTED };

struct run {
	const struct probe_ops *ops;
	struct target	to;
	struct expect	expect;
	struct buf	heard, out;
	void	       *state;
	char		why[DIALOG_WHY_MAX];
	bool		tls, was_tls;
	unsigned	times;
};

static void
check_text(const char *text)
{
	MUST(text_is_utf8(text, strlen(text)) && text_is_one_line(text));
}

/* One call, as dialog.c makes it. @return false: it is over, *v says how */
static bool
step(struct run *r, const uint8_t *bytes, size_t len, bool begin, enum verdict *v, size_t *left)
{
	struct dialog_io io = { .in = cursor_of(bytes, len), .out = &r->out, .begin = begin, .times = r->times, .tls = r->tls,
		.to = &r->to, .ask = "127.0.0.1:25", .expect = &r->expect, .secret = "user probe\npassword word\n",
		.random = { 0x1111111111111111, 0x2222222222222222, 0x3333333333333333 }, .local = { 4, { 127, 0, 0, 1 } },
		.local_port = 5060, .mono_ns = NS_PER_S, .wall_ns = 1795222800 * NS_PER_S };
	enum dialog_next next = r->ops->talk->step(r->state, &io);

	*left = cursor_left(&io.in);
	MUST(!io.in.bad && io.in.p >= bytes && *left <= len && r->out.len <= OUT_MAX);
	MUST(memchr(io.why, '\0', sizeof(io.why)) != NULL);
	text_copy(r->why, sizeof(r->why), io.why);
	MUST(next != DIALOG_BAD || io.why[0] != '\0');
	*v = next == DIALOG_DONE ? V_DONE : next == DIALOG_BAD ? V_BAD : V_MORE;
	if (next == DIALOG_TLS) {
		MUST(!r->ops->talk->udp && !r->tls);
		r->tls = r->was_tls = true;
		if (*left > 0)
			*v = V_INJECTED;
		else
			return step(r, NULL, 0, false, v, left);
	}
	return *v == V_MORE;
}

static enum verdict
run_stream(struct run *r, const uint8_t *data, size_t size, size_t chunk)
{
	enum verdict v;
	size_t	     left, n;

	if (!step(r, NULL, 0, true, &v, &left))
		return v;
	for (; size > 0; data += n, size -= n) {
		n = chunk == 0 || chunk > size ? size : chunk;
		buf_bytes(&r->heard, data, n);
		if (!step(r, r->heard.data, r->heard.len, false, &v, &left))
			return v;
		memmove(r->heard.data, r->heard.data + r->heard.len - left, left);
		r->heard.len = left;
		if (left >= DIALOG_ANSWER_MAX)
			return V_LONG;
	}
	return v;
}

static enum verdict
run_datagrams(struct run *r, const uint8_t *data, size_t size, size_t chunk)
{
	enum verdict v;
	size_t	     left, n;

	for (r->times = 0; r->times < DIALOG_QUESTIONS; r->times++)
		step(r, NULL, 0, true, &v, &left);
	for (; size > 0; data += n, size -= n) {
		n = chunk == 0 || chunk > size ? size : chunk;
		if (!step(r, data, n, false, &v, &left))
			return v;
	}
	return V_MORE;
}

static void
take_fact(void *arg, const struct msg_probe_fact *f)
{
	(void)arg;
	MUST(f->name[0] != '\0' && (!f->has_value || isfinite(f->value)) && memchr(f->text, '\0', sizeof(f->text)) != NULL);
	check_text(f->text);
}

static void
take_state(void *arg, const struct msg_target_state *st)
{
	(void)arg;
	MUST(memchr(st->reason, '\0', sizeof(st->reason)) != NULL);
	check_text(st->reason);
}

static void
take_sample(void *arg, const struct sample *s)
{
	(void)arg;
	MUST(s->quality == QUALITY_GOOD || s->quality == QUALITY_LOST);
}

/* What is made of it, as dialog.c has it made. */
static void
tell(struct run *r, enum verdict v)
{
	struct probe_engine  e = { .sink = { .fact = take_fact, .state = take_state, .sample = take_sample },
		.loop = loop_new_virtual(1, 1795222800 * NS_PER_S) };
	struct probe_words   words = { 0 };
	struct probe	     p = { .ops = r->ops, .engine = &e, .state = r->state, .number = 1, .words = &words };
	struct dialog_result result = { .end = v == V_DONE ? DIALOG_GOOD : v == V_MORE ? DIALOG_SLOW : DIALOG_WRONG,
		.connect_s = NAN, .tls_s = NAN, .ttfb_s = NAN, .total_s = 1, .cert_days = NAN, .expect = &r->expect };

	if (result.end != DIALOG_GOOD)
		text_copy(result.why, sizeof(result.why), r->why);
	dialog_tell(&p, &result);
	loop_free(e.loop);
}

static enum verdict
run(struct run *r, const uint8_t *data, size_t size, size_t chunk)
{
	enum verdict v;

	r->state = xcalloc(1, r->ops->state_size);
	v = r->ops->talk->udp ? run_datagrams(r, data, size, chunk) : run_stream(r, data, size, chunk);
	tell(r, v);
	free(r->state);
	buf_free(&r->heard);
	buf_free(&r->out);
	return v;
}

/* "banner=a|starttls": those keys whose bit is set. */
static void
expect_choose(const struct dialog_talk *talk, unsigned bits, struct expect *x)
{
	char	    text[256] = "", why[200];
	const char *form;
	size_t	    i, len = 0;

	for (i = 0; talk->keys[i] != NULL; i++) {
		if ((bits >> i & 1) == 0)
			continue;
		form = strchr(talk->keys[i], '=');
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s%s", len > 0 ? "|" : "",
		    (int)strcspn(talk->keys[i], "="), talk->keys[i], form == NULL ? "" : form[1] == '\0' ? "=a" : "=1");
	}
	MUST(expect_parse(x, text, talk->keys, why, sizeof(why)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run   r = { .to = { "127.0.0.1", 25 } }, whole;
	enum verdict v;

	if (size < 3 || data[0] >= nitems(kinds))
		return 0;
	r.ops = probe_find(kinds[data[0]]);
	expect_choose(r.ops->talk, data[1], &r.expect);
	whole = r;
	v = run(&r, data + 3, size - 3, data[2]);
	if (r.ops->talk->udp || data[2] == 0 || v == V_LONG || r.was_tls)
		return 0;
	MUST(run(&whole, data + 3, size - 3, 0) == v || whole.was_tls || size - 3 >= DIALOG_ANSWER_MAX);
	return 0;
}
