/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sensor.h: what collectors of sensors share: numbers by name, what is told of them, and their samples. */
#ifndef SIMPUL_SENSOR_H
#define SIMPUL_SENSOR_H

#include "collectors/collector.h"

#define SENSOR_LABEL_MAX 63		/* bytes kept of what a device calls a row */

/** Sort by name, for sensor_number(). */
void	sensor_numbers_sort(struct sensor_numbers *s);
void	sensor_numbers_free(struct sensor_numbers *s);
bool	sensor_numbers_equal(const struct sensor_numbers *a, const struct sensor_numbers *b);
/** @return 0: core has given none yet */
uint32_t sensor_number(const struct collector *c, const char *name);

/** "table/value/label". @return out */
char   *sensor_name(char out[SENSOR_NAME_MAX], const char *table, const char *value, const char *label);
/** Text of a device as a label: cut, what is no text as "?". @return its length */
size_t	sensor_label_bytes(char out[SENSOR_LABEL_MAX + 1], const void *bytes, size_t len);
/** The same of an OCTET STRING; empty of all else. */
size_t	sensor_label(char out[SENSOR_LABEL_MAX + 1], const struct snmp_value *v);
/** An index as a label: "3.17". @return out */
char   *sensor_index_label(char out[SENSOR_LABEL_MAX + 1], const uint32_t *index, size_t n);

/** Hand in one value. @param value  NAN: unknown, with the quality given for that */
void	sensor_emit(const struct collector *c, uint32_t number, double value, double seconds, enum quality unknown,
	    int64_t wall_ns);

#endif
