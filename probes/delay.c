/* SPDX-License-Identifier: GPL-3.0-or-later */
/* delay.c: see delay.h. */
#include "probes/delay.h"

#include <math.h>

#define MINUTE_S 60

float
rank_value(const float *sorted, unsigned n, unsigned percent)
{
	unsigned rank = (n * percent + 99) / 100;

	return sorted[rank > 0 ? rank - 1 : 0];
}

/* Shell's sort with Ciura's gaps: for some dozens of values it beats qsort() and its calls. */
void
rank_sort(float *v, unsigned n)
{
	static const unsigned gaps[] = { 23, 10, 4, 1 };
	unsigned	      g, i, j;
	float		      x;

	for (g = 0; g < nitems(gaps); g++)
		for (i = gaps[g]; i < n; i++) {
			x = v[i];
			for (j = i; j >= gaps[g] && v[j - gaps[g]] > x; j -= gaps[g])
				v[j] = v[j - gaps[g]];
			v[j] = x;
		}
}

static int64_t
minute_of(int64_t wall_ns)
{
	int64_t s = wall_ns / NS_PER_S;

	return s - s % MINUTE_S;
}

void
delay_begin(struct delay_minute *m, int64_t wall_ns)
{
	m->start_s = minute_of(wall_ns);
	m->tried = m->sent = m->answered = 0;
}

bool
delay_covers(const struct delay_minute *m, int64_t wall_ns)
{
	return wall_ns >= m->start_s * NS_PER_S && wall_ns < (m->start_s + MINUTE_S) * NS_PER_S;
}

void
delay_add(struct delay_minute *m, float rtt_s)
{
	m->tried++;
	m->sent++;
	if (isnan(rtt_s))
		return;
	if (m->answered < DELAY_PACKETS_MAX)
		m->rtt_s[m->answered] = rtt_s;
	m->answered++;
}

void
delay_add_unmeasured(struct delay_minute *m)
{
	m->tried++;
}

static double
seconds_of(unsigned packets, int64_t interval_ns)
{
	double s = (double)packets * (double)interval_ns / NS_PER_S;

	return s < MINUTE_S ? s : MINUTE_S;
}

bool
delay_sample(struct delay_minute *m, int64_t interval_ns, struct sample *s)
{
	unsigned n = m->answered < DELAY_PACKETS_MAX ? m->answered : DELAY_PACKETS_MAX;
	int	 i;

	if (m->tried == 0)
		return false;
	s->type = SAMPLE_DELAY;
	s->wall_ns = (m->start_s + MINUTE_S) * NS_PER_S;
	s->n = DELAY_VALUES;
	for (i = 0; i < DELAY_VALUES; i++)
		s->value[i] = NAN;
	if (m->sent == 0) {
		s->quality = QUALITY_UNKNOWN;
		s->seconds = seconds_of(m->tried, interval_ns);
		return true;
	}
	s->quality = n > 0 ? QUALITY_GOOD : QUALITY_LOST;
	s->seconds = seconds_of(m->sent, interval_ns);
	s->value[DELAY_LOSS_RATIO] = (double)(m->sent - m->answered) / m->sent;
	if (n == 0)
		return true;
	rank_sort(m->rtt_s, n);
	s->value[DELAY_RTT_MIN_S] = m->rtt_s[0];
	s->value[DELAY_RTT_P25_S] = rank_value(m->rtt_s, n, 25);
	s->value[DELAY_RTT_P50_S] = rank_value(m->rtt_s, n, 50);
	s->value[DELAY_RTT_P75_S] = rank_value(m->rtt_s, n, 75);
	s->value[DELAY_RTT_P95_S] = rank_value(m->rtt_s, n, 95);
	s->value[DELAY_RTT_MAX_S] = m->rtt_s[n - 1];
	/* The smallest delay is the same for all, so their order, and with it the rank, is that of the delays. */
	s->value[DELAY_PDV_P95_S] = s->value[DELAY_RTT_P95_S] - s->value[DELAY_RTT_MIN_S];
	return true;
}
