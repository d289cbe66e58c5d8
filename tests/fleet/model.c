/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * model.c: builds the model from the inventory and takes packets to whoever has their address.
 *
 * A packet to a link's address travels that line; a packet to a device travels the first working line of its
 * site. ICMP echo (RFC 792) is answered by both, UDP by the SNMP agent of a device, TCP as told by the
 * command "tcp".
 */
#include "tests/fleet/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "tests/fleet/agent.h"
#include "tests/fleet/ip.h"
#include "tests/fleet/parts.h"

#define ECHO_REQUEST 8
#define ECHO_REPLY   0
#define ECHO_MIN     8		/* bytes of its head */

uint64_t
fleet_hash(uint64_t seed, const char *id, const char *use)
{
	return hash_u64(seed ^ hash_u64(hash_text(id) ^ hash_u64(hash_text(use))));
}

double
fleet_draw(uint64_t seed, const char *id, const char *use, double lo, double hi)
{
	return lo + (hi - lo) * (double)(fleet_hash(seed, id, use) >> 11) / (double)(1ULL << 53);
}

int64_t
fleet_wall_ns(const struct fleet_model *m, int64_t mono_ns)
{
	return mono_ns - m->opt.mono_ns + m->opt.wall_ns;
}

/* ---- addresses ---- */

/* The slot of an address, or the free slot where it belongs. */
static struct fleet_host *
host_slot(const struct fleet_model *m, uint32_t addr)
{
	size_t i = (addr * 0x9e3779b1u >> 7) & m->host_mask;

	while (m->host[i].addr != 0 && m->host[i].addr != addr)
		i = (i + 1) & m->host_mask;
	return &m->host[i];
}

struct fleet_host *
fleet_host_find(const struct fleet_model *m, uint32_t addr)
{
	struct fleet_host *h = host_slot(m, addr);

	return addr != 0 && h->addr == addr ? h : NULL;
}

/* NULL for an address that the fleet cannot have: none, IPv6, or this very host. */
static struct fleet_host *
host_add(struct fleet_model *m, const struct addr *a)
{
	uint32_t	   addr;
	struct fleet_host *h;

	if (a->family != 4)
		return NULL;
	addr = fleet_addr(a);
	if (addr == 0 || addr == 0x7f000001)
		return NULL;
	h = host_slot(m, addr);
	h->addr = addr;
	return h;
}

static bool
life_is_built(enum life life)
{
	return life == LIFE_LIVE || life == LIFE_BUILDING;
}

static void
hosts_new(struct fleet_model *m)
{
	size_t		   i, size = 64;
	struct fleet_host *h;

	while (size < 2 * (m->inv->nlinks + m->inv->ndevices))
		size *= 2;
	m->host = xcalloc(size, sizeof(*m->host));
	m->host_mask = size - 1;
	for (i = 0; i < m->inv->nlinks; i++)
		if (life_is_built(m->inv->link[i]->life) &&
		    (h = host_add(m, &m->inv->link[i]->address)) != NULL)
			h->line = &m->line[i];
	for (i = 0; i < m->inv->ndevices; i++)
		if (life_is_built(m->inv->device[i]->life) &&
		    (h = host_add(m, &m->inv->device[i]->address)) != NULL)
			h->device = &m->device[i];
}

struct fleet_model *
fleet_model_new(const struct inventory *inv, uint64_t seed, const struct fleet_options *opt)
{
	struct fleet_model *m = xcalloc(1, sizeof(*m));

	m->inv = inv;
	m->seed = seed;
	m->opt = *opt;
	lines_new(m);
	devices_new(m);
	hosts_new(m);
	lines_update(m);
	return m;
}

void
fleet_model_free(struct fleet_model *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->nevents; i++)
		free(m->event[i].text);
	free(m->event);
	free(m->tcp);
	free(m->host);
	devices_free(m);
	lines_free(m);
	free(m);
}

const struct fleet_stats *
fleet_stats(const struct fleet_model *m)
{
	return &m->stats;
}

/* ---- packets ---- */

/* The reply is the request with another type; the checksum follows it (RFC 1624). */
static bool
echo_answer(struct fleet_model *m, const struct fleet_packet *in, struct fleet_packet *out)
{
	uint32_t sum;

	if (in->len < ECHO_MIN || in->len > sizeof(m->data) || in->data[0] != ECHO_REQUEST ||
	    in->data[1] != 0 || ip_checksum(in->data, in->len, 0) != 0) {
		m->stats.malformed++;
		return false;
	}
	memcpy(m->data, in->data, in->len);
	m->data[0] = ECHO_REPLY;
	sum = ((uint32_t)in->data[2] << 8 | in->data[3]) + (ECHO_REQUEST << 8);
	put_u16be(m->data + 2, (uint16_t)(sum + (sum >> 16)));
	out->data = m->data;
	out->len = in->len;
	return true;
}

static enum tcp_state
tcp_state_of(const struct fleet_model *m, uint32_t addr, uint16_t port)
{
	size_t i;

	for (i = 0; i < m->ntcp; i++)
		if (m->tcp[i].addr == addr && m->tcp[i].port == port)
			return m->tcp[i].state;
	return TCP_CLOSED;
}

static bool
tcp_answer(struct fleet_model *m, const struct fleet_packet *in, struct fleet_packet *out)
{
	enum tcp_state state = tcp_state_of(m, in->to, in->to_port);

	out->refused = state == TCP_CLOSED;
	return state != TCP_FILTERED;
}

static bool
udp_answer(struct fleet_model *m, struct fleet_device *d, int64_t now_ns, const struct fleet_packet *in,
    struct fleet_packet *out)
{
	if (d == NULL || in->to_port != d->device->port || !device_is_running(d, now_ns)) {
		m->stats.nobody++;
		return false;
	}
	if ((out->len = agent_answer(m, d, now_ns, in->data, in->len, m->data)) == 0)
		return false;
	out->data = m->data;
	if (d->faults & DEVICE_WRONGSRC)
		out->from++;
	return true;
}

static bool
host_answer(struct fleet_model *m, struct fleet_host *h, int64_t now_ns, const struct fleet_packet *in,
    struct fleet_packet *out)
{
	switch (in->proto) {
	case FLEET_ICMP:
		return echo_answer(m, in, out);
	case FLEET_UDP:
		return udp_answer(m, h->device, now_ns, in, out);
	case FLEET_TCP:
		break;
	}
	return tcp_answer(m, in, out);
}

bool
fleet_input(struct fleet_model *m, int64_t now_ns, const struct fleet_packet *in, struct fleet_answer *out)
{
	struct fleet_host *h = fleet_host_find(m, in->to);
	struct fleet_line *line;
	int64_t		   rtt_ns;
	bool		   answered;

	m->stats.packets_in[in->proto]++;
	if (h == NULL) {
		m->stats.nobody++;
		return false;
	}
	line = h->line != NULL ? h->line : h->device->site->way;
	if (line != NULL && way_ends_early(m, line, now_ns, in, out, &answered))
		return answered;
	if (line == NULL || !line_travel(line, &rtt_ns) ||
	    (h->line == NULL && !device_is_running(h->device, now_ns))) {
		m->stats.lost++;
		return false;
	}
	out->at_ns = now_ns + rtt_ns + line_queue_ns(m, line, now_ns);
	out->packet = (struct fleet_packet){ .proto = in->proto, .from = in->to, .to = in->from,
		.from_port = in->to_port, .to_port = in->from_port, .tag = in->tag };
	if (!host_answer(m, h, now_ns, in, &out->packet))
		return false;
	m->stats.packets_out[in->proto]++;
	return true;
}
