/* SPDX-License-Identifier: GPL-3.0-or-later */
/* neighbours.c: see neighbours.h. All text here is what somebody's neighbour chose to call itself. */
#include "collectors/neighbours.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

struct msg_neighbour
neighbour_new(const struct collector *c, enum neighbour_source source)
{
	return (struct msg_neighbour){ .device = c->device, .source = (uint8_t)source };
}

void
neighbour_tell(struct collector *c, const struct msg_neighbour *n, unsigned *told)
{
	static const uint8_t none[6];

	if (memcmp(n->mac, none, sizeof(none)) == 0 && n->name[0] == '\0' && n->chassis[0] == '\0' &&
	    n->address.family == 0)
		return;
	if (*told == NEIGHBOURS_MAX || c->sink->neighbour == NULL)
		return;
	++*told;
	c->sink->neighbour(c->sink->arg, n);
}

void
neighbours_end(struct collector *c, enum neighbour_source source)
{
	struct msg_neighbour end = neighbour_new(c, source);

	end.end = 1;
	if (c->sink->neighbour != NULL)
		c->sink->neighbour(c->sink->arg, &end);
}

bool
neighbour_text(char *out, size_t size, const struct snmp_value *v)
{
	size_t n = v->len;

	*out = '\0';
	if (v->type != SNMP_OCTETS)
		return false;
	while (n > 0 && (v->bytes[n - 1] == '\0' || v->bytes[n - 1] == ' '))
		n--;
	text_visible(out, size, (const char *)v->bytes, n);
	return *out != '\0';
}

static int
hex_digit(uint8_t c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* "4C:5E:0C:00:00:01", "4c-5e-...", "4c5e.0c00.0001", "4c5e0c000001". */
static bool
mac_parse(uint8_t mac[6], const uint8_t *text, size_t len)
{
	size_t digits = 0, i;

	for (i = 0; i < len; i++) {
		int d = hex_digit(text[i]);

		if (d == -1 && strchr(":-. ", text[i]) != NULL && text[i] != '\0')
			continue;
		if (d == -1 || digits == 12)
			return false;
		mac[digits / 2] = (uint8_t)(digits % 2 == 0 ? d << 4 : mac[digits / 2] | d);
		digits++;
	}
	return digits == 12;
}

bool
neighbour_mac(uint8_t mac[6], const struct snmp_value *v)
{
	uint8_t found[6] = { 0 };
	bool	good = v->type == SNMP_OCTETS;

	if (good && v->len == sizeof(found))
		memcpy(found, v->bytes, sizeof(found));
	else
		good = good && mac_parse(found, v->bytes, v->len);
	if (good)
		memcpy(mac, found, sizeof(found));
	return good;
}

bool
neighbour_address(struct addr *a, const uint8_t *bytes, size_t len)
{
	if (len != 4 && len != 16)
		return false;
	*a = (struct addr){ .family = len == 4 ? 4 : 6 };
	memcpy(a->byte, bytes, len);
	return true;
}

/* By halves: an agent may have 20,000 rows, each of which names a port. */
const struct row *
neighbour_row(const struct row *rows, size_t n, uint32_t index)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int    order = snmp_index_compare(rows[mid].index, rows[mid].nindex, &index, 1);

		if (order == 0)
			return &rows[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

void
neighbour_port(char *out, size_t size, const struct row *rows, size_t n, unsigned column, uint32_t if_index)
{
	const struct row *row = neighbour_row(rows, n, if_index);

	*out = '\0';
	if (row != NULL)
		neighbour_text(out, size, &row->value[column]);
}

/* ---- nothing is polled ---- */

const struct metric neighbour_metrics[] = { { 0 } };

void
neighbours_plan(struct collector *c, struct poll_plan *plan)
{
	(void)c;
	(void)plan;
}

bool
neighbours_row(struct collector *c, const struct row *row, const struct poll *poll)
{
	(void)c;
	(void)row;
	(void)poll;
	return true;
}

void
neighbours_done(struct collector *c, const struct poll *poll)
{
	(void)c;
	(void)poll;
}
