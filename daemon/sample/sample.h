/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sample.h: the one currency. A measurement is made once, as a sample; store keeps it, core judges it.
 *
 * A sample belongs to an object that has series ("link/s013-1", "port/s002-r1.ether1", "host/s002-r1"), known by a permanent
 * 32-bit number. Its type says which values it carries, in the order of the enums below. The same bytes travel from
 * measure to store and core (IPC_SAMPLES) and lie in the journal: struct sample is encoded in one place, sample.c.
 * Unknown is a value: NAN in memory, its bit pattern on disk; it never becomes 0 (THREATS 3.5).
 */
#ifndef SIMPUL_SAMPLE_H
#define SIMPUL_SAMPLE_H

#include "base/cursor.h"

enum quality { QUALITY_GOOD, QUALITY_LOST, QUALITY_RESET, QUALITY_ESTIMATED, QUALITY_UNKNOWN, QUALITIES };

enum sample_type {
	SAMPLE_NAME = 1,	/* text = reference of the number; journal only */
	SAMPLE_ROUND,		/* one result of a probe: enum round_value */
	SAMPLE_DELAY,		/* the steady packets of a whole wall-clock minute: enum delay_value */
	SAMPLE_RATE,		/* rates and gauges over an interval: values in the order of the series kind's DS list */
	SAMPLE_FACT,		/* text = a state fact for the history, such as "state down" */
	SAMPLE_TYPES
};

/* Reordered: answers that came after that of a later packet (RFC 4737). Its byte is in the record only when it is not 0. */
enum round_value { ROUND_SENT, ROUND_ANSWERED, ROUND_DUPLICATE, ROUND_LATE, ROUND_RTT_P50_S, ROUND_REORDERED, ROUND_VALUES };
enum delay_value { DELAY_LOSS_RATIO, DELAY_RTT_MIN_S, DELAY_RTT_P25_S, DELAY_RTT_P50_S, DELAY_RTT_P75_S, DELAY_RTT_P95_S,
	DELAY_RTT_MAX_S, DELAY_PDV_P95_S, DELAY_VALUES };

#define SAMPLE_VALUES_MAX 16
#define SAMPLE_TEXT_MAX	  512
#define SAMPLE_RECORD_HEAD 12	/* bytes before the values of a record; its u16 length is at 2 */

struct sample {
	uint32_t series;	/* number of the object */
	uint8_t	 type;		/* enum sample_type */
	uint8_t	 quality;	/* enum quality */
	int64_t	 wall_ns;	/* end of what it speaks of */
	double	 seconds;	/* DELAY, RATE: length of time it speaks of, ending at wall_ns; 0 for the others */
	uint8_t	 n;		/* values used */
	double	 value[SAMPLE_VALUES_MAX];
	char	 text[SAMPLE_TEXT_MAX + 1];	/* NAME, FACT */
};

/**
 * Append the record of a sample (DECISIONS 7): u8 type, u8 quality, u16 length of what follows the head, u32 series,
 * i32 offset in microseconds from base_wall_ns, then by type: ROUND 4 x u8, f32 and, unless 0, u8; DELAY f32 seconds, 8 x f32;
 * RATE f32 seconds, n x f64; NAME, FACT bytes of text.
 * @return 0, or -1 when the offset does not fit (more than 35 minutes from the base)
 */
int	sample_encode(struct buf *out, const struct sample *s, int64_t base_wall_ns);
/** Read one record. Strict: wrong length for its type, unknown type or quality, text with NUL: 0 or -1, nothing half read. */
int	sample_decode(struct cursor *c, struct sample *s, int64_t base_wall_ns);
/** Shift the offset of an encoded record in place, for a container with another base. 0 or -1 when it does not fit. */
int	sample_rebase(uint8_t *record, int64_t old_base_ns, int64_t new_base_ns);

/** The kinds of objects that have series, and the data sources of each (DECISIONS 6), in RRD order. */
struct series_kind {
	const char	   *name;	/* "link" */
	const char *const  *values;	/* "rx_bps" ..., ends with NULL */
	uint8_t		    n;		/* number of values */
	uint8_t		    delay_at;	/* index where SAMPLE_DELAY's values start, or n when it takes none */
	uint8_t		    rates;	/* values that SAMPLE_RATE carries, from index 0 */
};
const struct series_kind *series_kind_find(const char *ref);	/* by "link/..." or "link"; NULL when unknown */
/** @return index of the value in the kind's list, or -1 */
int	series_value_index(const struct series_kind *k, const char *value);

enum link_rate { LINK_RX_BPS, LINK_TX_BPS, LINK_RX_ERRORS_PS, LINK_TX_ERRORS_PS, LINK_RATES };
enum port_rate { PORT_RX_BPS, PORT_TX_BPS, PORT_RX_ERRORS_PS, PORT_TX_ERRORS_PS, PORT_RX_DISCARDS_PS, PORT_TX_DISCARDS_PS,
	PORT_OPER_UP_RATIO, PORT_RATES };
enum service_rate { SERVICE_OK_RATIO, SERVICE_TOTAL_S, SERVICE_TTFB_S, SERVICE_RATES };
enum traffic_rate { TRAFFIC_RX_BPS, TRAFFIC_TX_BPS, TRAFFIC_TCP_RTT_P50_S, TRAFFIC_RETRANSMIT_RATIO, TRAFFIC_DNS_FAIL_RATIO,
	TRAFFIC_RATES };
enum host_rate { HOST_CPU_RATIO, HOST_MEM_USED_RATIO, HOST_LOAD1, HOST_TEMP_C, HOST_UPTIME_S, HOST_SNMP_RTT_S, HOST_RATES };

/** Collects samples into frames of one message each, all with the same base time. */
struct sample_batch {
	struct buf payload;		/* IPC_SAMPLES payload: i64 wall_ns, i64 mono_ns, records */
	int64_t	   wall_ns, mono_ns;
	uint32_t   count;
};
void	sample_batch_free(struct sample_batch *b);
/** Add one; a fresh batch takes its base from the two clocks given. @return true when the batch should be sent now (nearly full) */
bool	sample_batch_add(struct sample_batch *b, const struct sample *s, int64_t wall_ns, int64_t mono_ns);
void	sample_batch_reset(struct sample_batch *b);
/**
 * Walk the samples of an IPC_SAMPLES payload.
 * @return number of samples, or -1 when the payload is malformed (then cb may have seen a part: check first with cb NULL)
 */
int	samples_each(const uint8_t *payload, size_t len, void (*cb)(void *arg, const struct sample *), void *arg);

#endif
