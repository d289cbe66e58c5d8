/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * metric.h: what a probe or collector measures: rows of its table.
 *
 * The name is that of the data source (sample.h: series_kind) which it feeds, and ends with the unit: _s,
 * _ratio, _bps, _ps, _c; without such an ending it has none.
 */
#ifndef SIMPUL_METRIC_H
#define SIMPUL_METRIC_H

enum unit { UNIT_NONE, UNIT_SECOND, UNIT_RATIO, UNIT_BIT_PER_SECOND, UNIT_PER_SECOND, UNIT_CELSIUS, UNITS };
enum metric_kind { METRIC_GAUGE, METRIC_COUNTER, METRIC_KINDS };

struct metric {
	const char	*name;
	enum unit	 unit;
	enum metric_kind kind;		/* as stored: rates are made of counters before that */
	const char	*series;	/* kinds of series it feeds, "port|link"; "" = part of a result only */
	const char	*help;
};

extern const char *const unit_names[UNITS];		/* "s"; "" for none */
extern const char *const metric_kind_names[METRIC_KINDS];

#endif
