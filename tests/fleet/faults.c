/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * faults.c: what each command does to the network. A fault sets what was broken; lines_update() and
 * traffic_update(), which run after every command, work out what follows from it. Faults of different kinds
 * on one thing add up and are undone one by one.
 */
#include "tests/fleet/commands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fleet/recorded.h"

int
fault_cut_link(struct command_call *c)
{
	c->line->cut = true;
	return 0;
}

int
fault_restore_link(struct command_call *c)
{
	c->line->cut = false;
	return 0;
}

int
fault_cut_site(struct command_call *c)
{
	c->site->cut = true;
	return 0;
}

int
fault_restore_site(struct command_call *c)
{
	c->site->cut = false;
	return 0;
}

/* Counters, sysUpTime and all else that a restart loses begin anew at boot_ns. */
static void
device_restart(struct fleet_device *d, int64_t boot_ns)
{
	size_t i;

	d->boot_ns = boot_ns;
	d->boots++;
	for (i = 0; i < d->nports; i++) {
		d->port[i].jump[DIR_IN] = d->port[i].jump[DIR_OUT] = 0;
		d->port[i].discontinuity_ns = 0;
	}
}

int
fault_power_site(struct command_call *c)
{
	size_t i;
	bool   returns = c->on && c->site->power_off;

	c->site->power_off = !c->on;
	for (i = 0; returns && i < c->m->inv->ndevices; i++)
		if (c->m->device[i].site == c->site)
			device_restart(&c->m->device[i], c->now_ns);
	return 0;
}

int
fault_loss_link(struct command_call *c)
{
	c->line->loss = c->number[0];
	return 0;
}

int
fault_delay_link(struct command_call *c)
{
	c->line->base_ns = llround(c->number[0] * (double)NS_PER_MS);
	if (c->nnumbers > 1)
		c->line->jitter_ns = c->number[1] * (double)NS_PER_MS;
	return 0;
}

int
fault_shape_link(struct command_call *c)
{
	if (line_shape(c->m, c->line, c->number[0] * 1e6, c->now_ns) == 0)
		return 0;
	snprintf(c->err, c->err_size, "no port of a device carries this line");
	return -1;
}

int
fault_reroute_link(struct command_call *c)
{
	c->line->detour = c->addr;
	c->line->balanced = false;
	return 0;
}

int
fault_balance_link(struct command_call *c)
{
	c->line->detour = c->addr;
	c->line->balanced = true;
	return 0;
}

/* 0, or what every frame carries: all pass. */
int
fault_mtu_link(struct command_call *c)
{
	if (c->number[0] < 0 || c->number[0] > UINT16_MAX) {
		snprintf(c->err, c->err_size, "an MTU is a number of bytes from 0 to %d", UINT16_MAX);
		return -1;
	}
	c->line->mtu = (uint16_t)c->number[0];
	c->line->mtu_silent = c->mark;
	return 0;
}

int
fault_brownout_site(struct command_call *c)
{
	c->site->brownout = c->number[0];
	return 0;
}

int
fault_reboot_device(struct command_call *c)
{
	double down_s = c->nnumbers > 0 ? c->number[0] : 0;

	device_restart(c->device, c->now_ns + llround(down_s * (double)NS_PER_S));
	return 0;
}

int
fault_renumber_device(struct command_call *c)
{
	device_renumber(c->device);
	return 0;
}

/*
 * Bring every octet counter to where its low 32 bits wrap in so many seconds at its mean rate. To a poller
 * that is a jump: best before the first poll.
 */
int
fault_wrap_device(struct command_call *c)
{
	size_t	 i;
	int	 dir;
	uint64_t left;

	for (i = 0; i < c->device->nports; i++) {
		struct fleet_port *p = &c->device->port[i];

		for (dir = 0; dir < DIRS; dir++) {
			left = (uint64_t)(p->traffic[dir].mean_ops * c->number[0]);
			p->jump[dir] += (uint32_t)(-left - port_octets(c->m, c->device, p, dir, c->now_ns));
		}
	}
	return 0;
}

/* Let an object of the recorded walk show another value from now on. */
int
fault_set_device(struct command_call *c)
{
	struct fleet_device   *d = c->device;
	struct recorded_value *v;
	size_t		       i;

	for (i = 0; i < d->nset && d->set[i].place != c->place; i++)
		;
	if (i == d->nset) {
		d->set = xrealloc(d->set, d->nset + 1, sizeof(*d->set));
		d->set[d->nset++] = (struct recorded_value){ .place = c->place };
	}
	v = &d->set[i];
	free(v->text);
	v->text = NULL;
	return recorded_value_parse(&d->recorded->object[c->place], c->value, v);
}

/* The same for all 64 bits. */
int
fault_wrap64_device(struct command_call *c)
{
	size_t	 i;
	int	 dir;
	uint64_t left;

	for (i = 0; i < c->device->nports; i++) {
		struct fleet_port *p = &c->device->port[i];

		for (dir = 0; dir < DIRS; dir++) {
			left = (uint64_t)(p->traffic[dir].mean_ops * c->number[0]);
			p->jump[dir] += (int64_t)(-left - port_octets(c->m, c->device, p, dir, c->now_ns));
		}
	}
	return 0;
}

int
fault_rename_device(struct command_call *c)
{
	text_copy(c->port->shown, sizeof(c->port->shown), c->word);
	return 0;
}

/* "-" takes it away. */
int
fault_alias_device(struct command_call *c)
{
	text_copy(c->port->alias, sizeof(c->port->alias), c->word);
	return 0;
}

/* What the counters of a socket show goes on from where it was, whatever is plugged in. */
static void
socket_take(struct fleet_port *p, const struct fleet_port *socket, const int64_t gap[DIRS])
{
	int dir;

	text_copy(p->shown, sizeof(p->shown), socket->shown);
	p->socket = socket->socket;
	p->if_index = socket->if_index;
	for (dir = 0; dir < DIRS; dir++)
		p->jump[dir] += gap[dir];
}

/* Exchange two cables. Who did it has changed the aliases, too: they belong to what is carried. */
int
fault_recable_device(struct command_call *c)
{
	struct fleet_port was = *c->port;
	int64_t		  gap[DIRS], back[DIRS];
	int		  dir;

	for (dir = 0; dir < DIRS; dir++) {
		gap[dir] = (int64_t)(port_octets(c->m, c->device, c->other, dir, c->now_ns) -
		    port_octets(c->m, c->device, c->port, dir, c->now_ns));
		back[dir] = -gap[dir];
	}
	socket_take(c->port, c->other, gap);
	socket_take(c->other, &was, back);
	device_sort(c->device);
	return 0;
}

/* An interface that is made anew, as a session is that was cut off: with the next ifIndex, from zero. */
int
fault_recreate_device(struct command_call *c)
{
	struct fleet_device *d = c->device;
	uint32_t	     last = 0;
	size_t		     i;

	for (i = 0; i < d->nports; i++)
		last = d->port[i].if_index > last ? d->port[i].if_index : last;
	port_restart(c->m, d, c->port, c->now_ns);
	text_copy(c->port->shown, sizeof(c->port->shown), c->word);
	c->port->if_index = last + 1;
	c->port->away = false;
	c->port->discontinuity_ns = c->mark ? c->now_ns : 0;
	device_sort(d);
	return 0;
}

/* Its row is gone, until it is made anew or is back. */
int
fault_away_device(struct command_call *c)
{
	c->port->away = c->on;
	device_sort(c->device);
	return 0;
}

/* Another router in its place, started now: other MACs; of another model: other names and numbers, too. */
int
fault_replace_device(struct command_call *c)
{
	struct fleet_device *d = c->device;
	size_t		     i;

	device_restart(d, c->now_ns);
	d->boots = 1;
	d->replaced++;
	for (i = 0; *c->word != '\0' && i < d->nports; i++) {
		snprintf(d->port[i].shown, sizeof(d->port[i].shown), "ge-0/0/%zu", i);
		d->port[i].if_index = 501 + (uint32_t)i;
	}
	if (*c->word != '\0')
		text_copy(d->model, sizeof(d->model), c->word);
	device_sort(d);
	return 0;
}

int
fault_jump_device(struct command_call *c)
{
	c->port->jump[DIR_IN] += llround(c->number[0]);
	c->port->jump[DIR_OUT] += llround(c->number[0]);
	if (c->mark)
		c->port->discontinuity_ns = c->now_ns;
	return 0;
}

int
fault_device(struct command_call *c)
{
	if (c->on)
		c->device->faults |= c->command->fault;
	else
		c->device->faults &= ~c->command->fault;
	return 0;
}

int
fault_tcp(struct command_call *c)
{
	struct fleet_model *m = c->m;
	size_t		    i;

	for (i = 0; i < m->ntcp; i++)
		if (m->tcp[i].addr == c->addr && m->tcp[i].port == c->tcp_port)
			break;
	if (i == m->ntcp)
		m->tcp = xrealloc(m->tcp, ++m->ntcp, sizeof(*m->tcp));
	m->tcp[i] = (struct tcp_port){ .addr = c->addr, .port = c->tcp_port, .state = c->tcp_state };
	return 0;
}
