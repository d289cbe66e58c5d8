/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flight.c: see flight.h. */
#include "sample/flight.h"

#include "base/cursor.h"

uint32_t
flight_fate(double rtt_s, bool steady)
{
	double us = rtt_s * 1e6 + 0.5;

	return (us < FLIGHT_UNMEASURED ? (uint32_t)us : FLIGHT_UNMEASURED - 1) | (steady ? 0 : FLIGHT_BURST);
}

void
flight_put(uint8_t out[FLIGHT_PACKET_LEN], const struct flight_packet *p)
{
	put_u32le(out, (uint32_t)p->at_ms);
	put_u32le(out + 4, p->fate);
}

struct flight_packet
flight_get(const uint8_t in[FLIGHT_PACKET_LEN])
{
	struct cursor	     c = cursor_of(in, FLIGHT_PACKET_LEN);
	struct flight_packet p;

	p.at_ms = (int32_t)cursor_u32le(&c);
	p.fate = cursor_u32le(&c);
	return p;
}

void
flight_sort(struct flight_packet *p, size_t n)
{
	struct flight_packet x;
	size_t		     i, k;

	for (i = 1; i < n; i++) {
		x = p[i];
		for (k = i; k > 0 && p[k - 1].at_ms > x.at_ms; k--)
			p[k] = p[k - 1];
		p[k] = x;
	}
}

static int32_t
middle(int32_t a, int32_t b)
{
	return (int32_t)(((int64_t)a + b) / 2);
}

/* @param first, last  of its lost packets @param before, after  answered ones; NULL: there is none */
static void
gap_take(struct flight_summary *s, uint32_t lost, const struct flight_packet *first,
    const struct flight_packet *last, const struct flight_packet *before, const struct flight_packet *after)
{
	int32_t from, to;

	if (lost == 0)
		return;
	from = before != NULL ? middle(before->at_ms, first->at_ms) : first->at_ms;
	to = after != NULL ? middle(last->at_ms, after->at_ms) : last->at_ms;
	if (s->gap_lost != 0 && (int64_t)to - from < (int64_t)s->gap_to_ms - s->gap_from_ms)
		return;
	s->gap_lost = lost;
	s->gap_from_ms = from;
	s->gap_to_ms = to;
	s->gap_open = after == NULL;
}

void
flight_summarize(const struct flight_packet *p, size_t n, struct flight_summary *out)
{
	const struct flight_packet *before = NULL, *first = NULL, *last = NULL;
	uint32_t		    lost = 0;
	size_t			    i;

	*out = (struct flight_summary){ 0 };
	for (i = 0; i < n; i++) {
		if (flight_is_lost(&p[i])) {
			first = lost == 0 ? &p[i] : first;
			last = &p[i];
			lost++;
			out->lost++;
			out->sent++;
		} else if (flight_is_answered(&p[i])) {
			gap_take(out, lost, first, last, before, &p[i]);
			lost = 0;
			before = &p[i];
			out->sent++;
		}
	}
	gap_take(out, lost, first, last, before, NULL);
}
