/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialog.c: see dialog.h.
 *
 * Addresses are tried one after the other, each with its share of the time that is left. Over TCP what goes out and comes in
 * passes through TLS when there is any; the step sees plain bytes only. Over UDP the socket is connected, so the kernel lets
 * in nothing from another address or port; a question without an answer is put again.
 */
#include "probes/dialog.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "probes/dialog_tls.h"
#include "probes/resolve.h"

#define ADDRESSES_MAX 8
#define READ_BYTES    4096
#define SECRET_MAX    1024

enum phase { NAMING, CONNECTING, SHAKING, TALKING };

struct dialog {
	struct probe	  *probe;
	const struct dialog_talk *talk;
	struct loop	  *loop;
	struct target	   to;
	struct expect	   expect;
	char		   secret[SECRET_MAX];
	uint64_t	   random[DIALOG_QUESTIONS];
	enum phase	   phase;
	struct resolving  *resolving;
	struct addr	   addr[ADDRESSES_MAX];
	size_t		   naddr, at;		/* at: the next one */
	bool		   udp;
	bool		   tls_first;		/* TLS begins with the first byte */
	int		   fd;			/* -1: none */
	struct loop_io	  *io;
	struct loop_timer  whole;		/* the time for all of it */
	struct loop_timer  next;		/* begin; give this address up; put the question again */
	struct dialog_trust *own_trust;		/* "ca="; NULL: that of the engine */
	struct dialog_tls *tls;
	struct buf	   heard;		/* plain, not understood yet */
	struct buf	   wire;		/* to be sent; of it, `sent` are gone */
	size_t		   sent, total;		/* total: bytes that have come */
	int		   send_error;		/* of the connection; what has come before it is still read */
	unsigned	   times, strangers;	/* UDP: questions put; answers to other ones */
	int64_t		   begun_ns, step_ns, first_ns;	/* step_ns: when this phase began; first_ns: 0 = nothing yet */
	float		   connect_s, tls_s;
	enum dialog_end	   failed;		/* what the addresses tried so far tell */
	char		   why[DIALOG_WHY_MAX];
};

/* ---- the end ---- */

static float
seconds(int64_t from_ns, int64_t to_ns)
{
	return (float)(to_ns - from_ns) / NS_PER_S;
}

static void say(struct dialog *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
say(struct dialog *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->why, sizeof(d->why), fmt, ap);
	va_end(ap);
}

static void
hang_up(struct dialog *d)
{
	loop_io_free(d->io);
	d->io = NULL;
	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
}

static void
dialog_free(struct dialog *d)
{
	loop_timer_cancel(d->loop, &d->whole);
	loop_timer_cancel(d->loop, &d->next);
	resolve_cancel(d->resolving);
	hang_up(d);
	dialog_tls_free(d->tls);
	dialog_trust_free(d->own_trust);
	buf_free(&d->heard);
	buf_free(&d->wire);
	explicit_bzero(d->secret, sizeof(d->secret));
	free(d);
}

void
dialog_cancel(struct probe *p)
{
	if (p->dialog != NULL)
		dialog_free(p->dialog);
	p->dialog = NULL;
}

/*
 * What cannot be sent now waits for the descriptor. When the other side is gone nothing waits any more, else we would be called
 * at once for ever; how it went is found by reading.
 */
static void
flush(struct dialog *d)
{
	ssize_t n;

	while (d->sent < d->wire.len) {
		n = send(d->fd, d->wire.data + d->sent, d->wire.len - d->sent, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			break;
		if (n == -1) {
			if (d->send_error == 0)
				d->send_error = errno;	/* the socket tells it once: reading would find a mere end */
			d->sent = d->wire.len;
			break;
		}
		d->sent += (size_t)n;
	}
	if (d->sent == d->wire.len)
		d->wire.len = d->sent = 0;
	loop_io_events(d->io, d->sent < d->wire.len ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

static void
finish(struct dialog *d, enum dialog_end end)
{
	struct probe	    *p = d->probe;
	struct dialog_result r = {
		.end = end, .connect_s = d->connect_s, .tls_s = d->tls_s, .cert_days = NAN, .expect = &d->expect,
		.ttfb_s = d->first_ns != 0 ? seconds(d->begun_ns, d->first_ns) : NAN,
		.total_s = seconds(d->begun_ns, loop_mono_ns(d->loop)),
	};

	text_copy(r.why, sizeof(r.why), end == DIALOG_GOOD ? "" : d->why);
	if (d->tls != NULL) {
		r.tls = d->tls;
		r.protocol = dialog_tls_protocol(d->tls);
		r.cert_days = dialog_tls_cert_days(d->tls, loop_wall_ns(d->loop));
		dialog_tls_end(d->tls, &d->wire);
	}
	if (d->io != NULL && !d->udp && d->phase != CONNECTING)
		flush(d);
	hang_up(d);
	p->dialog = NULL;	/* first: the receiver of the result may begin the next one */
	dialog_tell(p, &r);
	dialog_free(d);
}

/* Who says more counts: a refusal before silence, silence before what we could not try. */
static unsigned
weight(enum dialog_end end)
{
	return end == DIALOG_REFUSED ? 3 : end == DIALOG_UNREACHABLE || end == DIALOG_RESET ? 2 : end == DIALOG_SILENT ? 1 : 0;
}

static void address_failed(struct dialog *d, enum dialog_end end, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void
address_failed(struct dialog *d, enum dialog_end end, const char *fmt, ...)
{
	va_list ap;

	hang_up(d);
	if (weight(end) <= weight(d->failed) && d->why[0] != '\0')
		return;
	d->failed = end;
	va_start(ap, fmt);
	vsnprintf(d->why, sizeof(d->why), fmt, ap);
	va_end(ap);
}

static void
time_is_over(void *arg)
{
	struct dialog *d = arg;
	double	       s = (double)(loop_mono_ns(d->loop) - d->begun_ns) / NS_PER_S;

	if (d->phase == NAMING) {
		say(d, "our resolver has not told its address after %.3g s", s);
		finish(d, DIALOG_UNASKED);
	} else if (d->phase == CONNECTING) {
		address_failed(d, DIALOG_SILENT, "no answer after %.3g s", s);
		finish(d, d->failed);
	} else if (d->udp && d->strangers == 0) {
		say(d, "no answer after %.3g s", s);
		finish(d, DIALOG_SILENT);
	} else if (d->udp) {	/* d->why is of the last of them */
		char last[DIALOG_WHY_MAX];

		text_copy(last, sizeof(last), d->why);
		say(d, "no answer to our question after %.3g s, but %u to others (%.150s)", s, d->strangers, last);
		finish(d, DIALOG_WRONG);
	} else {
		say(d, d->phase == SHAKING ? "TLS has not begun after %.3g s" : d->first_ns == 0 ?
		    "it takes the connection and says nothing for %.3g s" : "its answer is not complete after %.3g s", s);
		finish(d, DIALOG_SLOW);
	}
}

/* ---- talking ---- */

static struct dialog_io
io_of(struct dialog *d, const uint8_t *bytes, size_t len, struct buf *out)
{
	struct dialog_io	io = { .in = cursor_of(bytes, len), .out = out, .times = d->times, .tls = d->tls != NULL, .udp = d->udp,
		.to = &d->to, .ask = d->probe->words->ask, .expect = &d->expect,
		.secret = d->secret[0] != '\0' ? d->secret : NULL, .mono_ns = loop_mono_ns(d->loop),
		.wall_ns = loop_wall_ns(d->loop) };
	struct sockaddr_storage ss;
	socklen_t		size = sizeof(ss);

	if (getsockname(d->fd, (struct sockaddr *)&ss, &size) == 0)
		addr_from_sockaddr(&io.local, &io.local_port, (struct sockaddr *)&ss);
	memcpy(io.random, d->random, sizeof(io.random));
	return io;
}

static void	tls_begin(struct dialog *d);

static void
talk(struct dialog *d, bool begin)
{
	struct buf	 out = { 0 };
	struct dialog_io io = io_of(d, d->heard.data, d->heard.len, &out);
	enum dialog_next next;
	size_t		 left;

	io.begin = begin;
	next = d->talk->step(d->probe->state, &io);
	left = cursor_left(&io.in);
	if (left > 0)
		memmove(d->heard.data, d->heard.data + d->heard.len - left, left);
	d->heard.len = left;
	if (d->tls != NULL)
		dialog_tls_say(d->tls, out.data, out.len, &d->wire);
	else
		buf_bytes(&d->wire, out.data, out.len);
	buf_free(&out);
	switch (next) {
	case DIALOG_MORE:
		flush(d);
		if (left < DIALOG_ANSWER_MAX)
			break;
		say(d, "its answer does not end");
		finish(d, DIALOG_LONG);
		break;
	case DIALOG_TCP:	/* only over UDP */
	case DIALOG_TLS:
		flush(d);
		tls_begin(d);
		break;
	case DIALOG_DONE:
		finish(d, DIALOG_GOOD);
		break;
	case DIALOG_BAD:
		text_copy(d->why, sizeof(d->why), io.why);
		finish(d, DIALOG_WRONG);
		break;
	}
}

static void
untrusted(struct dialog *d)
{
	bool ours = d->own_trust == NULL && dialog_trust_is_empty(d->probe->engine->trust);

	if (ours)
		say(d, DIALOG_TRUST_EMPTY);
	finish(d, ours ? DIALOG_UNASKED : DIALOG_UNTRUSTED);
}

static void
hear_tls(struct dialog *d, const uint8_t *bytes, size_t len)
{
	enum dialog_tls_state state = dialog_tls_turn(d->tls, bytes, len, &d->heard, &d->wire, d->why, sizeof(d->why));
	bool		      opened = d->phase == SHAKING && (state == DIALOG_TLS_OPEN || state == DIALOG_TLS_CLOSED);

	flush(d);
	if (opened) {
		d->tls_s = seconds(d->step_ns, loop_mono_ns(d->loop));
		d->phase = TALKING;
	}
	switch (state) {
	case DIALOG_TLS_SHAKING:
		break;
	case DIALOG_TLS_OPEN:
		if (d->heard.len > 0 && d->first_ns == 0)
			d->first_ns = loop_mono_ns(d->loop);
		if (opened || d->heard.len > 0)
			talk(d, opened && d->tls_first);
		break;
	case DIALOG_TLS_CLOSED:
		say(d, "it ends TLS before all is said");
		finish(d, DIALOG_CLOSED);
		break;
	case DIALOG_TLS_UNTRUSTED:
		untrusted(d);
		break;
	case DIALOG_TLS_BROKEN:
		finish(d, DIALOG_NO_TLS);
		break;
	}
}

/* What came in plain behind the word that TLS may begin is not of who then proves who he is (RFC 3207 6). */
static void
tls_begin(struct dialog *d)
{
	struct probe_engine *e = d->probe->engine;
	const char	    *name;

	if (d->heard.len > 0) {
		say(d, "it says more before TLS has begun");
		finish(d, DIALOG_WRONG);
		return;
	}
	if (e->trust == NULL)
		e->trust = dialog_trust_new();
	name = expect_text(&d->expect, "name");
	d->tls = dialog_tls_new(d->own_trust != NULL ? d->own_trust : e->trust, name != NULL ? name : d->to.host);
	d->phase = SHAKING;
	d->step_ns = loop_mono_ns(d->loop);
	hear_tls(d, NULL, 0);
}

/* ---- reading ---- */

static void
read_failed(struct dialog *d, int error)
{
	const char *when = d->phase == SHAKING ? "when TLS begins" : d->first_ns == 0 ? "before it says anything" :
	    "before all is said";

	switch (error) {
	case 0:
		say(d, "it hangs up %s", when);
		finish(d, d->phase == SHAKING ? DIALOG_NO_TLS : DIALOG_CLOSED);
		break;
	case ECONNRESET:
	case EPIPE:
		say(d, "it resets the connection %s", when);
		finish(d, DIALOG_RESET);
		break;
	case ECONNREFUSED:	/* UDP */
		say(d, "nobody listens on port %u", d->to.port);
		finish(d, DIALOG_REFUSED);
		break;
	default:
		say(d, "the way there breaks: %s", strerror(error));
		finish(d, DIALOG_UNREACHABLE);
	}
}

static void
stream_read(struct dialog *d)
{
	uint8_t bytes[READ_BYTES];
	ssize_t n = recv(d->fd, bytes, sizeof(bytes), 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		read_failed(d, n == 0 || d->send_error != 0 ? d->send_error : errno);
		return;
	}
	d->total += (size_t)n;
	if (d->total > DIALOG_TOTAL_MAX) {
		say(d, "its answer does not end");
		finish(d, DIALOG_LONG);
	} else if (d->tls != NULL) {
		hear_tls(d, bytes, (size_t)n);
	} else {
		if (d->first_ns == 0)
			d->first_ns = loop_mono_ns(d->loop);
		buf_bytes(&d->heard, bytes, (size_t)n);
		talk(d, false);
	}
}

static void	connect_next(void *arg);

static void
datagram_read(struct dialog *d)
{
	uint8_t		 bytes[DIALOG_ANSWER_MAX];
	struct buf	 out = { 0 };
	ssize_t		 n = recv(d->fd, bytes, sizeof(bytes), MSG_TRUNC);
	struct dialog_io io;
	enum dialog_next next;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		read_failed(d, errno);
		return;
	}
	if ((size_t)n > sizeof(bytes)) {
		say(d, "it is too long");
		d->strangers++;
		return;
	}
	io = io_of(d, bytes, (size_t)n, &out);
	next = d->talk->step(d->probe->state, &io);
	buf_free(&out);		/* over UDP nothing is said but the question */
	text_copy(d->why, sizeof(d->why), io.why);
	if (next == DIALOG_MORE) {
		d->strangers++;
		return;
	}
	if (next == DIALOG_TCP) {
		hang_up(d);
		d->udp = false;
		d->at--;
		connect_next(d);
		return;
	}
	d->first_ns = io.mono_ns;
	finish(d, next == DIALOG_DONE ? DIALOG_GOOD : DIALOG_WRONG);
}

/* ---- connecting ---- */

/* @param at_once  it is our own system that says so, nothing has been sent */
static void
connect_failed(struct dialog *d, int error, bool at_once)
{
	char text[ADDR_TEXT_MAX];

	addr_text(&d->addr[d->at - 1], text);
	if (error == ECONNREFUSED)
		address_failed(d, DIALOG_REFUSED, "it refuses the connection to port %u", d->to.port);
	else if (error == ETIMEDOUT)
		address_failed(d, DIALOG_SILENT, "no answer from %s", text);
	else if (!at_once && (error == EHOSTUNREACH || error == ENETUNREACH))
		address_failed(d, DIALOG_UNREACHABLE, "there is no way to %s: %s", text, strerror(error));
	else if (!at_once && error == ECONNRESET)
		address_failed(d, DIALOG_RESET, "it resets the connection before it says anything");
	else
		address_failed(d, DIALOG_UNASKED, "cannot ask %s from here: %s", text, strerror(error));
}

static void
address_silent(void *arg)
{
	struct dialog *d = arg;

	connect_failed(d, ETIMEDOUT, false);
	connect_next(d);
}

static void
ask_again(void *arg)
{
	struct dialog	*d = arg;
	struct buf	 out = { 0 };
	struct dialog_io io = io_of(d, NULL, 0, &out);

	io.begin = true;
	d->talk->step(d->probe->state, &io);
	send(d->fd, out.data, out.len, MSG_NOSIGNAL);	/* what is against it is told when we read */
	buf_free(&out);
	if (++d->times < DIALOG_QUESTIONS)
		loop_timer_set(d->loop, &d->next, loop_mono_ns(d->loop) + d->probe->timeout_ns / DIALOG_QUESTIONS,
		    ask_again, d);
}

static void
connect_over(struct dialog *d)
{
	int	  error = 0;
	socklen_t len = sizeof(error);

	getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		connect_failed(d, error, false);
		connect_next(d);
		return;
	}
	loop_timer_cancel(d->loop, &d->next);
	d->connect_s = seconds(d->step_ns, loop_mono_ns(d->loop));
	d->phase = TALKING;
	d->why[0] = '\0';
	loop_io_events(d->io, LOOP_READ);
	if (d->tls_first)
		tls_begin(d);
	else
		talk(d, true);
}

static void
ready(void *arg, int events)
{
	struct dialog *d = arg;

	if (d->phase == CONNECTING) {
		connect_over(d);
		return;
	}
	if (events & LOOP_WRITE)
		flush(d);
	if (!(events & LOOP_READ))
		return;
	if (d->udp)
		datagram_read(d);
	else
		stream_read(d);
}

static void
connect_next(void *arg)
{
	struct dialog *d = arg;
	int64_t	       now = loop_mono_ns(d->loop), left = d->begun_ns + d->probe->timeout_ns - now;
	int	       error;

	loop_timer_cancel(d->loop, &d->next);
	d->phase = CONNECTING;
	while (d->at < d->naddr) {
		d->step_ns = now;
		error = dialog_socket(d->probe, &d->addr[d->at++], d->to.port, d->udp, &d->fd);
		if (error != 0) {
			connect_failed(d, error, true);
			continue;
		}
		d->io = loop_io_new(d->loop, d->fd, d->udp ? LOOP_READ : LOOP_WRITE, ready, d);
		if (d->udp) {
			d->phase = TALKING;
			ask_again(d);
		} else if (d->at < d->naddr) {
			loop_timer_set(d->loop, &d->next, now + left / (int64_t)(d->naddr - d->at + 1), address_silent, d);
		}
		return;
	}
	finish(d, d->failed);
}

/* ---- beginning ---- */

/* Files that cannot be read are our fault, and known to the operator by their reason. @return 0 or -1 */
static int
files_take(struct dialog *d)
{
	const char *name = d->probe->words->credential;

	d->own_trust = dialog_ca(d->probe, &d->expect, d->why, sizeof(d->why));
	if (d->own_trust == NULL && expect_has(&d->expect, "ca"))
		return -1;
	if (name[0] == '\0')
		return 0;
	return dialog_file(d->probe, name, d->secret, sizeof(d->secret), d->why, sizeof(d->why)) >= 0 ? 0 : -1;
}

static void
named(void *arg, enum resolve_end end, const struct addr *addr, size_t n, const char *why)
{
	struct dialog *d = arg;

	d->resolving = NULL;
	if (end != RESOLVE_FOUND) {
		say(d, "%s", why);
		finish(d, end == RESOLVE_NONE ? DIALOG_UNNAMED : DIALOG_UNASKED);
		return;
	}
	d->naddr = n < ADDRESSES_MAX ? n : ADDRESSES_MAX;
	memcpy(d->addr, addr, d->naddr * sizeof(*addr));
	connect_next(d);
}

static void
begin(void *arg)
{
	struct dialog *d = arg;

	if (loop_event_base(d->loop) == NULL) {
		say(d, "not simulated");
		finish(d, DIALOG_UNASKED);
	} else if (files_take(d) == -1) {
		finish(d, DIALOG_UNASKED);
	} else if (d->to.host[0] == '\0') {
		d->naddr = resolver_server(probe_resolver(d->probe->engine), &d->addr[0], &d->to.port) == 0;
		say(d, "this host has no resolver");
		connect_next(d);
	} else {
		d->resolving = resolve(probe_resolver(d->probe->engine), d->to.host, d->probe->timeout_ns, named, d);
	}
}

int
dialog_start(struct probe *p)
{
	const struct dialog_talk *talk = p->ops->talk;
	struct dialog		 *d;
	size_t			  i;

	if (p->dialog != NULL)
		return 0;	/* PROBE_NOW came while one is under way: it will do */
	d = xcalloc(1, sizeof(*d));
	d->probe = p;
	d->talk = talk;
	d->udp = talk->udp;
	d->loop = p->engine->loop;
	d->fd = -1;
	d->connect_s = d->tls_s = NAN;
	d->failed = DIALOG_UNASKED;
	if (dialog_parse(talk, p->words->ask, p->words->expect, &d->to, &d->expect, d->why, sizeof(d->why)) == -1) {
		free(d);	/* cannot be: they have been accepted */
		return -1;
	}
	d->tls_first = !d->udp && (talk->tls || expect_has(&d->expect, "tls") || (talk->tls_port != 0 && d->to.port == talk->tls_port));
	for (i = 0; i < DIALOG_QUESTIONS; i++)
		d->random[i] = loop_random(d->loop);
	memset(p->state, 0, p->ops->state_size);
	p->dialog = d;
	d->begun_ns = loop_mono_ns(d->loop);
	loop_timer_set(d->loop, &d->whole, d->begun_ns + p->timeout_ns, time_is_over, d);
	loop_timer_set(d->loop, &d->next, d->begun_ns, begin, d);
	return 0;
}
