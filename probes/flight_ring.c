/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flight_ring.c: the last 120 s of a target, 5 bytes a packet: send time in steps of 2 ms, modulo 131 s, and
 * the round-trip time in microseconds. The time of the newest packet is whole, and none stays that is more
 * than 120 s older, so that all times can be told. At one packet in 2 s that is 329 bytes a target, 14 MiB
 * for 45,000.
 */
#include <string.h>

#include "probes/recorder.h"

#define STEP_NS (2 * NS_PER_MS)

struct slot {
	uint8_t step[2], rtt_us[3];	/* bytes: no padding */
};

struct flight {
	int64_t		  newest_ns;
	struct recording *recording;
	uint8_t		  room, first, n;
	struct slot	  slot[];
};

static size_t
room_for(int64_t interval_ns)
{
	size_t room = (size_t)(FLIGHT_BEFORE_NS / interval_ns) + 1;

	return room < FLIGHT_RING_MAX ? room : FLIGHT_RING_MAX;
}

size_t
flight_size(int64_t interval_ns)
{
	return sizeof(struct flight) + room_for(interval_ns) * sizeof(struct slot);
}

struct flight *
flight_new(int64_t interval_ns)
{
	struct flight *f = xcalloc(1, flight_size(interval_ns));

	f->room = (uint8_t)room_for(interval_ns);
	return f;
}

static struct slot *
slot_at(const struct flight *f, size_t i)
{
	return (struct slot *)(uintptr_t)&f->slot[(f->first + i) % f->room];
}

static uint16_t
step_of(int64_t ns)
{
	return (uint16_t)(ns / STEP_NS);
}

/* How much older than the newest. */
static int64_t
age_of(const struct flight *f, const struct slot *s)
{
	return (int64_t)(uint16_t)(step_of(f->newest_ns) - (uint16_t)(s->step[0] | s->step[1] << 8)) *
	       STEP_NS;
}

void
flight_add(struct flight *f, int64_t sent_ns, uint32_t fate)
{
	int64_t	     gap_ns = f->n > 0 ? sent_ns - f->newest_ns : 0;
	struct slot *s;

	if (gap_ns < 0) {	/* decided late: its place is a little before the newest */
		if (gap_ns < -FLIGHT_BEFORE_NS / 2)
			return;
		gap_ns = 0;
	}
	while (f->n > 0 && (f->n == f->room || age_of(f, slot_at(f, 0)) + gap_ns > FLIGHT_BEFORE_NS)) {
		f->first = (uint8_t)((f->first + 1) % f->room);
		f->n--;
	}
	if (f->n == 0 || sent_ns > f->newest_ns)
		f->newest_ns = sent_ns;
	s = slot_at(f, f->n++);
	s->step[0] = (uint8_t)step_of(sent_ns);
	s->step[1] = (uint8_t)(step_of(sent_ns) >> 8);
	s->rtt_us[0] = (uint8_t)fate;
	s->rtt_us[1] = (uint8_t)(fate >> 8);
	s->rtt_us[2] = (uint8_t)(fate >> 16);
}

size_t
flight_read(const struct flight *f, int64_t begin_ns, struct flight_packet *out)
{
	const struct slot *s;
	size_t		   i;

	for (i = 0; i < f->n; i++) {
		s = slot_at(f, i);
		out[i].at_ms = (int32_t)((f->newest_ns - age_of(f, s) - begin_ns) / NS_PER_MS);
		out[i].fate = (uint32_t)(s->rtt_us[0] | s->rtt_us[1] << 8 | s->rtt_us[2] << 16);
	}
	flight_sort(out, f->n);
	return f->n;
}

struct recording *
flight_recording(const struct flight *f)
{
	return f->recording;
}

void
flight_record(struct flight *f, struct recording *rec)
{
	f->recording = rec;
}
