/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp.c: time to open a TCP connection. Copy this file to start a new probe of lines. Where it asks a service it has a
 * conversation (port.c), as all probes of services have; to start one of these copy imap.c.
 *
 * A refusal (RST) proves that the host answers just as an open port does (RFC 9293 3.5.2). No answer is a lost round; when
 * this host itself could not try, the round is unknown.
 */
#include <errno.h>
#include <math.h>

#include "probes/engine.h"
#include "probes/port.h"

union tcp_state {
	struct tcp_connect *connect;	/* in flight, or NULL */
	struct port	    port;	/* of a service */
};

static const struct metric tcp_metrics[] = {
	{ "rtt_s", UNIT_SECOND, METRIC_GAUGE, "", "SYN sent to SYN-ACK or RST received" },
	PROBE_SERVICE_METRICS,
	{ 0 }
};

static const struct conf_opt tcp_options[] = {
	{ "port", CONF_INT, .min = 1, .max = 65535, .def = "7",
	  .help = "Where to; a refusal is an answer, too." },
	{ "interval_s", CONF_NUMBER, "s", PROBE_INTERVAL_MIN_S, 3600, "30",
	  .help = "Time between two connections; each makes a result." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, PROBE_TIMEOUT_MAX_S, "1",
	  .help = "A connection without an answer for this long is lost; after 1 s the kernel asks again." },
	{ 0 }
};

static void
tcp_done(void *arg, enum connect_result result, int64_t sent_ns, int64_t done_ns)
{
	struct probe	  *p = arg;
	union tcp_state  *st = p->state;
	struct probe_round r = { .quality = QUALITY_LOST, .sent = 1, .rtt_p50_s = NAN };

	st->connect = NULL;
	switch (result) {
	case CONNECT_OPEN:
	case CONNECT_REFUSED:
		r.quality = QUALITY_GOOD;
		r.answered = 1;
		r.rtt_p50_s = (float)(done_ns - sent_ns) / NS_PER_S;
		break;
	case CONNECT_FAILED:
		r.quality = QUALITY_UNKNOWN;
		r.sent = 0;
		probe_path_failed(p, EADDRNOTAVAIL);	/* of those that take a path of their own few fail for another reason */
		break;
	case CONNECT_TIMEOUT:
	case CONNECT_UNREACHABLE:
		break;
	}
	probe_result(p, &r);
}

/* A line with a credential has words, too. */
static bool
is_service(const struct probe *p)
{
	return p->words != NULL && p->words->ask[0] != '\0';
}

static int
tcp_start(struct probe *p)
{
	union tcp_state *st = p->state;
	struct packet_io *io = p->engine->io;
	struct packet_path path = probe_path_now(p);

	if (is_service(p))
		return dialog_start(p);
	if (st->connect != NULL)
		return 0;	/* PROBE_NOW came while one is under way: it will do */
	st->connect = io->ops->tcp_connect(io, &p->address, p->port, &path, p->timeout_ns, tcp_done, p);
	return st->connect != NULL ? 0 : -1;
}

static void
tcp_cancel(struct probe *p)
{
	union tcp_state *st = p->state;

	if (is_service(p)) {
		dialog_cancel(p);
		return;
	}
	if (st->connect != NULL)
		p->engine->io->ops->tcp_cancel(p->engine->io, st->connect);
	st->connect = NULL;
}

static int
tcp_accepts(const char *ask, const char *expect, char *why, size_t size)
{
	return dialog_accepts(&port_talk, ask, expect, why, size);
}

const struct probe_ops probe_tcp = {
	.name		= "tcp",
	.help		= "Time the opening of a TCP connection to one port; of a service also its first line.",
	.metrics	= tcp_metrics,
	.options	= tcp_options,
	.starts		= 1,
	.line		= true,
	.asked		= true,
	.talk		= &port_talk,
	.state_size	= sizeof(union tcp_state),
	.start		= tcp_start,
	.cancel		= tcp_cancel,
	.accepts	= tcp_accepts,
};
