/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ntp.c: does a time server give the time, and is it ours (RFC 5905): a client's packet (mode 3), a server's (mode 4). The
 * transmit stamp of the question is a random number, as in draft-ietf-ntp-data-minimization: the server gives it back, and
 * nobody else knows it. When the question left we know ourselves: by the wall clock for the offset, by the monotonic clock
 * for how long it took.
 */
#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "probes/dialog.h"

#define PACKET_BYTES	48
#define VERSION		4
#define MODE_CLIENT	3
#define MODE_SERVER	4
#define LEAP_UNKNOWN	3
#define STRATUM_MAX	15
#define SINCE_1970_S	2208988800.0	/* of 1900, where its time begins */
#define ERA_S		4294967296.0
#define CLOCK_STEP_S	0.001		/* of two clocks that are read one after the other */

struct ntp {
	int64_t	 sent_mono_ns[DIALOG_QUESTIONS], sent_wall_ns[DIALOG_QUESTIONS];
	unsigned stratum;	/* 0: no answer yet, or of a clock that is not set */
	bool	 told;		/* the rest is known */
	double	 offset_s, delay_s;	/* it is ahead of us by this; on the way, both ways */
};

static enum dialog_next
question(struct ntp *s, struct dialog_io *io)
{
	uint8_t packet[PACKET_BYTES] = { VERSION << 3 | MODE_CLIENT };

	memcpy(packet + 40, &io->random[io->times], 8);
	buf_bytes(io->out, packet, sizeof(packet));
	s->sent_mono_ns[io->times] = io->mono_ns;
	s->sent_wall_ns[io->times] = io->wall_ns;
	return DIALOG_MORE;
}

/* Seconds that one of its stamps lies behind our wall clock's reading, whatever the era (RFC 5905 6). */
static double
stamp_after(const uint8_t *p, int64_t wall_ns)
{
	struct cursor c = cursor_of(p, 8);
	double	      s = cursor_u32be(&c), after;

	s += cursor_u32be(&c) / ERA_S;
	after = fmod(s - fmod((double)(wall_ns / NS_PER_S) + SINCE_1970_S, ERA_S), ERA_S);
	if (after > ERA_S / 2)
		after -= ERA_S;
	if (after < -ERA_S / 2)
		after += ERA_S;
	return after - (double)(wall_ns % NS_PER_S) / NS_PER_S;
}

/* Which of our questions does it answer? @return DIALOG_QUESTIONS: none */
static unsigned
question_of(const uint8_t *origin, const struct dialog_io *io)
{
	unsigned i;

	for (i = 0; i < io->times && i < DIALOG_QUESTIONS; i++)
		if (memcmp(origin, &io->random[i], 8) == 0)
			return i;
	return DIALOG_QUESTIONS;
}

static enum dialog_next
stranger(struct dialog_io *io, const char *why)
{
	text_copy(io->why, sizeof(io->why), why);
	return DIALOG_MORE;
}

static enum dialog_next
ntp_step(void *state, struct dialog_io *io)
{
	struct ntp    *s = state;
	const uint8_t *p = io->in.p;
	unsigned       i, stratum;
	double	       there, back, took;
	char	       code[20];

	if (io->begin)
		return question(s, io);
	if (cursor_left(&io->in) < PACKET_BYTES || (p[0] & 7) != MODE_SERVER || (p[0] >> 3 & 7) == 0 || (p[0] >> 3 & 7) > VERSION)
		return stranger(io, "no answer of NTP");
	i = question_of(p + 24, io);
	if (i == DIALOG_QUESTIONS)
		return stranger(io, "another origin stamp");
	stratum = p[1];
	if (stratum == 0 && p[12] != 0) {	/* a kiss (RFC 5905 7.4) */
		text_visible(code, sizeof(code), (const char *)p + 12, 4);
		return dialog_bad(io, "it refuses to give the time (%s)", code);
	}
	s->stratum = stratum;
	if (p[0] >> 6 == LEAP_UNKNOWN || stratum == 0 || stratum > STRATUM_MAX)
		return dialog_bad(io, "its clock is not set (stratum %u)", stratum);
	took = (double)(io->mono_ns - s->sent_mono_ns[i]) / NS_PER_S;
	there = stamp_after(p + 32, s->sent_wall_ns[i]);	/* it received this long after we sent */
	back = stamp_after(p + 40, s->sent_wall_ns[i]);	/* ... and sent */
	if (back < there || took < back - there - CLOCK_STEP_S)
		return dialog_bad(io, "it says that it answered before it was asked");
	s->offset_s = (there + back - took) / 2;
	s->delay_s = fmax(took - (back - there), 0);
	s->told = true;
	return DIALOG_DONE;
}

static void
ntp_judge(struct probe *p, struct dialog_result *r)
{
	struct ntp *s = p->state;
	double	    max_offset_s = expect_number(r->expect, "max_offset_s", INFINITY);
	double	    max_stratum = expect_number(r->expect, "max_stratum", INFINITY);

	if (s->stratum == 0)
		return;
	dialog_number(p, "stratum", s->stratum);
	if (!s->told)
		return;
	dialog_number(p, "offset_s", s->offset_s);
	dialog_number(p, "delay_s", s->delay_s);
	if (fabs(s->offset_s) > max_offset_s)
		snprintf(r->why, sizeof(r->why), "its clock and ours differ by %.6g s, at most %.6g s are wanted", s->offset_s,
		    max_offset_s);
	else if (s->stratum > max_stratum)
		snprintf(r->why, sizeof(r->why), "its stratum is %u, at most %.4g is wanted", s->stratum, max_stratum);
}

/* ---- the table ---- */

static const struct metric ntp_metrics[] = {
	PROBE_SERVICE_METRICS,
	{ 0 }
};

static const struct conf_opt ntp_options[] = {
	{ "interval_s", CONF_NUMBER, "s", PROBE_INTERVAL_MIN_S, 3600, "60",
	  .help = "Time between two questions; servers refuse who asks too often." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, PROBE_ASKED_TIMEOUT_MAX_S, "10",
	  .help = "For all of it, from the name to the answer; the question is put three times in it." },
	{ 0 }
};

static const char *const ntp_keys[] = { "max_offset_s=#", "max_stratum=#", NULL };

static const struct dialog_talk ntp_talk = {
	.keys	= ntp_keys,
	.port	= 123,
	.udp	= true,
	.step	= ntp_step,
	.judge	= ntp_judge,
};

static int
ntp_accepts(const char *ask, const char *expect, char *why, size_t size)
{
	return dialog_accepts(&ntp_talk, ask, expect, why, size);
}

const struct probe_ops probe_ntp = {
	.name		= "ntp",
	.help		= "Ask a time server (NTP) for the time, and how far ours is from it.",
	.metrics	= ntp_metrics,
	.options	= ntp_options,
	.starts		= 1,
	.asked		= true,
	.talk		= &ntp_talk,
	.state_size	= sizeof(struct ntp),
	.start		= dialog_start,
	.cancel		= dialog_cancel,
	.accepts	= ntp_accepts,
};
