/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mib_value.c: what each object shows: the state of the device, and for counters the exact traffic. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "tests/fleet/mib.h"
#include "tests/fleet/recorded.h"

#define STATUS_UP	1	/* ifAdminStatus, ifOperStatus */
#define STATUS_DOWN	2
#define TRUE_VALUE	1	/* TruthValue (RFC 2579) */
#define FALSE_VALUE	2
#define OCTETS_PER_PACKET 500
#define MEMORY_KB	65536
#define DISK_KB		131072
#define MINUTE_NS	(60 * NS_PER_S)
#define TICK_NS		(10 * NS_PER_MS)	/* TimeTicks are 1/100 s */

static const uint32_t null_id[] = { 0, 0 };
static const uint32_t storage_ram[] = { 1, 3, 6, 1, 2, 1, 25, 2, 1, 2 };
static const uint32_t storage_disk[] = { 1, 3, 6, 1, 2, 1, 25, 2, 1, 4 };

static const struct vendor {		/* by the profile of the device; the last row is for all others */
	const char *profile, *descr;
	size_t	    n;
	uint32_t    object_id[10];
} vendors[] = {
	{ "routeros", "RouterOS RB750r2", 8, { 1, 3, 6, 1, 4, 1, 14988, 1 } },
	{ "zte", "ZTE ZXR10 1809, Version V6.00.30", 10, { 1, 3, 6, 1, 4, 1, 3902, 3, 100, 40 } },
	{ NULL, "Simulated router", 10, { 1, 3, 6, 1, 4, 1, 8072, 3, 2, 10 } },
};

static const struct vendor *
vendor_of(const struct fleet_device *d)
{
	const struct vendor *v = vendors;

	while (v->profile != NULL && strcmp(v->profile, *d->model != '\0' ? d->model : d->device->profile) != 0)
		v++;
	return v;
}

/* Time since boot at a moment, in TimeTicks, which wrap after 497 days. */
static uint32_t
ticks_at(const struct fleet_device *d, int64_t t_ns)
{
	return t_ns > d->boot_ns ? (uint32_t)((t_ns - d->boot_ns) / TICK_NS) : 0;
}

/* A number that changes each minute and belongs to the device: load, memory. */
static uint32_t
minute_draw(const struct mib_view *v, uint64_t use, uint32_t below)
{
	return (uint32_t)(hash_u64(v->d->seed + use + (uint64_t)(v->now_ns / MINUTE_NS)) % below);
}

static void
engine_id_write(const struct fleet_device *d, struct ber_writer *w)
{
	uint8_t id[32] = { 0x80, 0x00, 0x3a, 0x8c, 4 };		/* enterprise 14988, text (RFC 3411 5) */
	size_t	len = strnlen(d->device->id, sizeof(id) - 5);

	memcpy(id + 5, d->device->id, len);
	ber_bytes(w, BER_STRING, id, 5 + len);
}

static void
scalar_write(const struct mib_view *v, enum mib_value value, struct ber_writer *w)
{
	const struct fleet_device *d = v->d;

	switch (value) {
	case SYS_DESCR:
		if (d->recorded != NULL && d->recorded->descr.n > 0)
			return recorded_write(&d->recorded->descr, NULL, w);
		return ber_text(w, vendor_of(d)->descr);
	case SYS_OBJECT_ID:
		if (d->recorded != NULL && d->recorded->object_id.n > 0)
			return recorded_write(&d->recorded->object_id, NULL, w);
		return ber_oid(w, vendor_of(d)->object_id, vendor_of(d)->n, NULL);
	case SYS_UP_TIME:
	case HR_UPTIME:
		return ber_unsigned(w, BER_TICKS, ticks_at(d, v->now_ns));
	case SYS_CONTACT:
		return ber_text(w, "noc@example.net");
	case SYS_NAME:
		return ber_text(w, d->device->id);
	case SYS_LOCATION:
		return ber_text(w, d->site->site->id);
	case SYS_SERVICES:
		return ber_integer(w, 78);
	case IF_NUMBER:
		return ber_integer(w, (int64_t)d->nrows);
	case HR_MEMORY:
		return ber_integer(w, MEMORY_KB);
	case ENGINE_ID:
		return engine_id_write(d, w);
	case ENGINE_BOOTS:
		return ber_integer(w, d->boots);
	case ENGINE_TIME:
		return ber_integer(w, (v->now_ns - d->boot_ns) / NS_PER_S);
	default:
		return ber_integer(w, FLEET_DATA_MAX);	/* ENGINE_MAX_SIZE */
	}
}

static bool
port_is_down(const struct fleet_port *p)
{
	return p->line != NULL && (p->line->cut || p->line->site->cut);
}

static uint32_t
last_change(const struct fleet_device *d, const struct fleet_port *p)
{
	const struct port_stop *s = p->nstops > 0 ? &p->stop[p->nstops - 1] : NULL;

	return s == NULL ? 0 : ticks_at(d, s->to_ns == INT64_MAX ? s->from_ns : s->to_ns);
}

static uint64_t
port_errors(const struct mib_view *v, const struct fleet_port *p)
{
	return (uint64_t)floor(p->errors_ps * (double)(v->now_ns - v->d->boot_ns) / (double)NS_PER_S);
}

static void
alias_write(const struct fleet_port *p, struct ber_writer *w)
{
	char text[ID_MAX + 64];

	if (*p->alias != '\0')
		text_copy(text, sizeof(text), strcmp(p->alias, "-") != 0 ? p->alias : "");
	else if (p->line != NULL)
		snprintf(text, sizeof(text), "%s %.40s", p->line->link->id, p->line->link->provider);
	else
		text[0] = '\0';
	ber_text(w, text);
}

static void
address_write(const struct fleet_device *d, const struct fleet_port *p, struct ber_writer *w)
{
	uint8_t mac[6] = { 0x02, (uint8_t)(d->seed >> 24), (uint8_t)(d->seed >> 16), (uint8_t)(d->seed >> 8),
		(uint8_t)(d->seed + d->replaced), (uint8_t)p->socket };

	ber_bytes(w, BER_STRING, mac, p->speed_mbps != 0 ? sizeof(mac) : 0);
}

/* Octets and packets, 32 bits of them or all 64. */
static void
counter_write(const struct mib_view *v, struct fleet_port *p, enum mib_value value, struct ber_writer *w)
{
	bool	 in = value == IF_IN_OCTETS || value == IF_IN_UCAST || value == IF_HC_IN_OCTETS ||
	    value == IF_HC_IN_UCAST;
	bool	 octets = value == IF_IN_OCTETS || value == IF_OUT_OCTETS || value == IF_HC_IN_OCTETS ||
	    value == IF_HC_OUT_OCTETS;
	bool	 wide = value == IF_HC_IN_OCTETS || value == IF_HC_IN_UCAST || value == IF_HC_OUT_OCTETS ||
	    value == IF_HC_OUT_UCAST;
	uint64_t n = port_octets(v->m, v->d, p, in ? DIR_IN : DIR_OUT, v->now_ns);

	if (!octets)
		n /= OCTETS_PER_PACKET;
	ber_unsigned(w, wide ? BER_COUNTER64 : BER_COUNTER32, wide ? n : (uint32_t)n);
}

static void
interface_write(const struct mib_view *v, enum mib_value value, struct fleet_port *p, struct ber_writer *w)
{
	switch (value) {
	case IF_INDEX:
		return ber_integer(w, p->if_index);
	case IF_DESCR:
	case IF_NAME:
		return ber_text(w, p->shown);
	case IF_TYPE:
		return ber_integer(w, p->if_type);
	case IF_MTU:
		return ber_integer(w, 1500);
	case IF_SPEED:
		return ber_unsigned(w, BER_GAUGE32, (uint64_t)p->speed_mbps * 1000000);
	case IF_PHYS_ADDRESS:
		return address_write(v->d, p, w);
	case IF_ADMIN_STATUS:
		return ber_integer(w, STATUS_UP);
	case IF_OPER_STATUS:
		return ber_integer(w, port_is_down(p) ? STATUS_DOWN : STATUS_UP);
	case IF_LAST_CHANGE:
		return ber_unsigned(w, BER_TICKS, last_change(v->d, p));
	case IF_IN_ERRORS:
		return ber_unsigned(w, BER_COUNTER32, (uint32_t)port_errors(v, p));
	case IF_IN_DISCARDS:
	case IF_IN_UNKNOWN:
	case IF_OUT_DISCARDS:
	case IF_OUT_ERRORS:
	case IF_IN_MULTICAST:
	case IF_IN_BROADCAST:
	case IF_OUT_MULTICAST:
	case IF_OUT_BROADCAST:
		return ber_unsigned(w, BER_COUNTER32, 0);
	case IF_HIGH_SPEED:
		return ber_unsigned(w, BER_GAUGE32, p->speed_mbps);
	case IF_PROMISCUOUS:
		return ber_integer(w, FALSE_VALUE);
	case IF_CONNECTOR:
		return ber_integer(w, p->speed_mbps != 0 ? TRUE_VALUE : FALSE_VALUE);
	case IF_ALIAS:
		return alias_write(p, w);
	case IF_DISCONTINUITY:
		return ber_unsigned(
		    w, BER_TICKS, p->discontinuity_ns != 0 ? ticks_at(v->d, p->discontinuity_ns) : 0);
	default:
		return counter_write(v, p, value, w);
	}
}

uint32_t
mib_storage_index(size_t row)
{
	return row == 0 ? 65536 : 131072;
}

static void
host_write(const struct mib_view *v, enum mib_value value, size_t row, struct ber_writer *w)
{
	bool ram = row == 0;

	switch (value) {
	case HR_STORAGE_INDEX:
		return ber_integer(w, mib_storage_index(row));
	case HR_STORAGE_TYPE:
		return ber_oid(w, ram ? storage_ram : storage_disk, nitems(storage_ram), NULL);
	case HR_STORAGE_DESCR:
		return ber_text(w, ram ? "main memory" : "system disk");
	case HR_STORAGE_UNITS:
		return ber_integer(w, 1024);
	case HR_STORAGE_SIZE:
		return ber_integer(w, ram ? MEMORY_KB : DISK_KB);
	case HR_STORAGE_USED:
		return ber_integer(w, ram ? MEMORY_KB / 3 + minute_draw(v, 1, 4096) : DISK_KB / 4);
	case HR_PROCESSOR_FRW_ID:
		return ber_oid(w, null_id, nitems(null_id), NULL);
	default:
		return ber_integer(w, 3 + minute_draw(v, 2 + row, 40));	/* HR_PROCESSOR_LOAD, per cent */
	}
}

void
mib_value_write(const struct mib_view *v, enum mib_value value, size_t row, struct ber_writer *w)
{
	if (value <= IF_NUMBER || value == HR_UPTIME || value == HR_MEMORY || value >= ENGINE_ID)
		scalar_write(v, value, w);
	else if (value >= HR_STORAGE_INDEX && value <= HR_PROCESSOR_LOAD)
		host_write(v, value, row, w);
	else
		interface_write(v, value, v->d->row[row], w);
}
