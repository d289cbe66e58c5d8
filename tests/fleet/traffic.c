/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * traffic.c: devices, their ports, and what a port has carried.
 *
 * The rate of a direction is mean * (1 + sin(2 pi t / wave + phase) / 2), t in seconds since the model
 * started, or the mean alone when there is no wave. Its integral is known, so the octets carried until any
 * moment are exact; while the port's line does not work (a stop) nothing is carried. A counter is the
 * difference to what had been carried when the device booted.
 *
 * A line may be shaped: towards its site no more passes than its ceiling, and packets wait while more is wanted. When the
 * ceiling changes, what was carried until then stays as it is.
 *
 * A poller that spreads unaligned polls over whole minutes sees the curvature of the wave as an error, which
 * grows with the square of 60 s / wave: 0.14 % at most with the default of one hour, against 0.5 % that are
 * allowed.
 */
#include "tests/fleet/parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fleet/recorded.h"

#define QUEUE_NS     (60 * NS_PER_MS)	/* before a line that is full */
#define UPTIME_MIN_S 86400.0		/* of a device when the model starts */
#define UPTIME_MAX_S (30 * 86400.0)
#define IF_ETHERNET  6			/* ifType: ethernetCsmacd, softwareLoopback (IANAifType-MIB) */
#define IF_PPP	     23		/* a session: it has no speed and no MAC */
#define IF_LOOPBACK  24

/* ---- what was carried ---- */

/*
 * What a ceiling of c times the mean holds back: the integral of 1 + sin(x) / 2 - c over where that is above 0, which is
 * from a to pi - a in each period, up to x.
 */
static double
held_back(double c, double x)
{
	double a = asin(2 * (c - 1)), width = M_PI - 2 * a, periods = floor((x - a) / (2 * M_PI)), part;

	part = fmin(x - a - periods * 2 * M_PI, width);
	return periods * ((1 - c) * width + cos(a)) + (1 - c) * part + (cos(a) - cos(a + part)) / 2;
}

/* Octets from t = 0 until t_ns as if the port had never stopped. */
static double
traffic_integral(const struct fleet_model *m, const struct traffic *f, int64_t t_ns)
{
	double t = (double)(t_ns - m->opt.mono_ns) / (double)NS_PER_S, w, c = f->ceiling_ops / f->mean_ops, sum;

	if (c > 0 && c <= (m->opt.wave_s > 0 ? 0.5 : 1))
		return f->before + f->ceiling_ops * t;
	if (m->opt.wave_s <= 0)
		return f->before + f->mean_ops * t;
	w = 2 * M_PI / m->opt.wave_s;
	sum = t + (cos(f->phase) - cos(w * t + f->phase)) / (2 * w);
	if (c > 0 && c < 1.5)
		sum -= (held_back(c, w * t + f->phase) - held_back(c, f->phase)) / w;
	return f->before + f->mean_ops * sum;
}

static struct fleet_port *
port_of_line(const struct fleet_model *m, const struct fleet_line *l)
{
	size_t i, k;

	for (i = 0; i < m->inv->ndevices; i++)
		for (k = 0; k < m->device[i].nports; k++)
			if (m->device[i].port[k].line == l)
				return &m->device[i].port[k];
	return NULL;
}

int
line_shape(struct fleet_model *m, struct fleet_line *l, double bps, int64_t now_ns)
{
	struct fleet_port *p = port_of_line(m, l);
	struct traffic	  *f = p != NULL ? &p->traffic[DIR_IN] : NULL;
	double		   carried;

	if (f == NULL)
		return -1;
	carried = traffic_integral(m, f, now_ns);
	f->ceiling_ops = bps / 8;
	f->before += carried - traffic_integral(m, f, now_ns);
	l->shaped = bps > 0 ? f : NULL;
	return 0;
}

int64_t
line_queue_ns(const struct fleet_model *m, const struct fleet_line *l, int64_t now_ns)
{
	const struct traffic *f = l->shaped;
	double		      t = (double)(now_ns - m->opt.mono_ns) / (double)NS_PER_S, wanted;

	if (f == NULL)
		return 0;
	wanted = f->mean_ops * (m->opt.wave_s > 0 ? 1 + sin(2 * M_PI * t / m->opt.wave_s + f->phase) / 2 : 1);
	return wanted > f->ceiling_ops ? QUEUE_NS : 0;
}

double
port_carried(const struct fleet_model *m, const struct fleet_port *p, enum direction dir, int64_t t_ns)
{
	const struct traffic   *f = &p->traffic[dir];
	const struct port_stop *s;
	size_t			i = p->nstops;

	while (i > 0 && p->stop[i - 1].from_ns > t_ns)
		i--;
	if (i == 0)
		return traffic_integral(m, f, t_ns);
	s = &p->stop[i - 1];
	if (t_ns <= s->to_ns)		/* inside the stop: the same number all the time */
		return traffic_integral(m, f, s->from_ns) - s->missed[dir];
	return traffic_integral(m, f, t_ns) - s->missed[dir] -
	    (traffic_integral(m, f, s->to_ns) - traffic_integral(m, f, s->from_ns));
}

uint64_t
port_octets(const struct fleet_model *m, const struct fleet_device *d, struct fleet_port *p,
    enum direction dir, int64_t now_ns)
{
	if (p->booted_ns != d->boot_ns) {
		p->booted_ns = d->boot_ns;
		p->at_boot[DIR_IN] = port_carried(m, p, DIR_IN, d->boot_ns);
		p->at_boot[DIR_OUT] = port_carried(m, p, DIR_OUT, d->boot_ns);
	}
	return (uint64_t)(port_carried(m, p, dir, now_ns) - p->at_boot[dir]) + (uint64_t)p->jump[dir];
}

void
port_restart(const struct fleet_model *m, const struct fleet_device *d, struct fleet_port *p, int64_t now_ns)
{
	int dir;

	p->booted_ns = d->boot_ns;
	for (dir = 0; dir < DIRS; dir++) {
		p->at_boot[dir] = port_carried(m, p, dir, now_ns);
		p->jump[dir] = 0;
	}
}

static void
stop_begin(const struct fleet_model *m, struct fleet_port *p, int64_t now_ns)
{
	const struct port_stop *last = p->nstops > 0 ? &p->stop[p->nstops - 1] : NULL;
	struct port_stop	s = { .from_ns = now_ns, .to_ns = INT64_MAX };
	int			dir;

	for (dir = 0; last != NULL && dir < DIRS; dir++)
		s.missed[dir] = last->missed[dir] + traffic_integral(m, &p->traffic[dir], last->to_ns) -
		    traffic_integral(m, &p->traffic[dir], last->from_ns);
	p->stop = xrealloc(p->stop, p->nstops + 1, sizeof(*p->stop));
	p->stop[p->nstops++] = s;
}

static void
port_update(const struct fleet_model *m, struct fleet_port *p, bool stopped, int64_t now_ns)
{
	bool was_stopped = p->nstops > 0 && p->stop[p->nstops - 1].to_ns == INT64_MAX;

	if (stopped && !was_stopped)
		stop_begin(m, p, now_ns);
	else if (!stopped && was_stopped)
		p->stop[p->nstops - 1].to_ns = now_ns;
}

void
traffic_update(struct fleet_model *m, int64_t now_ns)
{
	size_t i, k;

	for (i = 0; i < m->inv->ndevices; i++) {
		struct fleet_device *d = &m->device[i];

		for (k = 0; k < d->nports; k++) {
			struct fleet_port *p = &d->port[k];

			port_update(m, p, d->site->power_off || (p->line != NULL && !p->line->up), now_ns);
		}
	}
}

static const struct fleet_port *
port_find(const struct fleet_model *m, const char *device_id, const char *name)
{
	const struct device *device = inventory_device(m->inv, device_id);
	size_t		     i;

	for (i = 0; device != NULL && i < m->device[device->index].nports; i++)
		if (strcmp(m->device[device->index].port[i].name, name) == 0)
			return &m->device[device->index].port[i];
	return NULL;
}

int
fleet_truth_port(const struct fleet_model *m, const char *device_id, const char *port, int64_t from_wall_ns,
    int64_t to_wall_ns, double *rx_bps, double *tx_bps)
{
	const struct fleet_port *p = port_find(m, device_id, port);
	int64_t from_ns = from_wall_ns - m->opt.wall_ns + m->opt.mono_ns;
	int64_t to_ns = to_wall_ns - m->opt.wall_ns + m->opt.mono_ns;
	double	bits_per_octet_s;

	if (p == NULL || from_ns < m->opt.mono_ns || to_ns <= from_ns)
		return -1;
	bits_per_octet_s = 8 * (double)NS_PER_S / (double)(to_ns - from_ns);
	*rx_bps =
	    (port_carried(m, p, DIR_IN, to_ns) - port_carried(m, p, DIR_IN, from_ns)) * bits_per_octet_s;
	*tx_bps =
	    (port_carried(m, p, DIR_OUT, to_ns) - port_carried(m, p, DIR_OUT, from_ns)) * bits_per_octet_s;
	return 0;
}

/* ---- devices and ports ---- */

bool
device_is_running(const struct fleet_device *d, int64_t now_ns)
{
	return !d->site->power_off && now_ns >= d->boot_ns;
}

static struct fleet_port *
port_add(struct fleet_device *d, const char *name)
{
	struct fleet_port *p;
	size_t		   i;

	for (i = 0; i < d->nports; i++)
		if (strcmp(d->port[i].name, name) == 0)
			return NULL;
	p = &d->port[d->nports++];
	text_copy(p->name, sizeof(p->name), name);
	text_copy(p->shown, sizeof(p->shown), name);
	p->socket = (uint32_t)d->nports - 1;
	p->if_type = strncmp(name, "pppoe", 5) == 0 ? IF_PPP : IF_ETHERNET;
	p->speed_mbps = p->if_type == IF_PPP ? 0 : 100;
	p->booted_ns = INT64_MIN;
	return p;
}

static void
port_traffic(const struct fleet_model *m, const struct fleet_device *d, struct fleet_port *p, double in_bps,
    double out_bps)
{
	char id[ID_MAX + PORT_NAME_MAX];

	snprintf(id, sizeof(id), "%s.%s", d->device->id, p->name);
	p->traffic[DIR_IN].mean_ops = in_bps / 8 * fleet_draw(m->seed, id, "in", 0.2, 0.55);
	p->traffic[DIR_OUT].mean_ops = out_bps / 8 * fleet_draw(m->seed, id, "out", 0.2, 0.55);
	p->traffic[DIR_IN].phase = fleet_draw(m->seed, id, "in phase", 0, 2 * M_PI);
	p->traffic[DIR_OUT].phase = fleet_draw(m->seed, id, "out phase", 0, 2 * M_PI);
}

static double
given_or(double value, double otherwise)
{
	return isnan(value) || value <= 0 ? otherwise : value;
}

/* The port that carries a line: its traffic stays below the contract, at the crest of the wave too. */
static void
port_add_wan(struct fleet_model *m, struct fleet_device *d, struct fleet_line *l)
{
	struct fleet_port *p = port_add(d, l->link->port);
	double		   down_bps, up_bps;

	if (p == NULL)
		return;
	down_bps = given_or(l->link->down_bps, 20e6);
	up_bps = given_or(l->link->up_bps, down_bps / 5);
	p->line = l;
	if (p->if_type != IF_PPP && (down_bps > 90e6 || strncmp(p->name, "sfp", 3) == 0))
		p->speed_mbps = 1000;
	port_traffic(m, d, p, down_bps, up_bps);
}

static void
device_add_lan(struct fleet_model *m, struct fleet_device *d)
{
	size_t		   i;
	char		   name[PORT_NAME_MAX];
	struct fleet_port *p;

	for (i = 0; m->opt.ports > 0 ? d->nports + 1 < m->opt.ports : i < LAN_PORTS; i++) {
		snprintf(name, sizeof(name), "ether%zu", i + 2);
		if ((p = port_add(d, name)) == NULL)
			continue;
		p->errors_ps = i == LAN_PORTS - 1 ? 0.05 : 0;	/* one bad patch cord per office */
		port_traffic(m, d, p, 40e6, 40e6);
	}
	if ((p = port_add(d, "lo")) != NULL) {
		p->if_type = IF_LOOPBACK;
		p->speed_mbps = 0;
		port_traffic(m, d, p, 8e3, 8e3);
	}
}

static bool
row_is_before(const struct fleet_port *a, const struct fleet_port *b)
{
	return a->away != b->away ? b->away : a->if_index < b->if_index;
}

void
device_sort(struct fleet_device *d)
{
	d->nrows = d->nports;
	for (size_t i = 0; i < d->nports; i++) {
		d->nrows -= d->row[i]->away;
		for (size_t k = i; k > 0 && row_is_before(d->row[k], d->row[k - 1]); k--) {
			struct fleet_port *p = d->row[k];

			d->row[k] = d->row[k - 1];
			d->row[k - 1] = p;
		}
	}
}

/* Number the ports 1.., or after n renumberings 100 n + 1.., in reverse order each other time. */
static void
device_number(struct fleet_device *d)
{
	size_t i;

	for (i = 0; i < d->nports; i++) {
		d->row[i] = &d->port[d->renumbered % 2 != 0 ? d->nports - 1 - i : i];
		d->row[i]->if_index = (uint32_t)(100 * d->renumbered + i + 1);
	}
	device_sort(d);
}

void
device_renumber(struct fleet_device *d)
{
	d->renumbered++;
	device_number(d);
}

/* Is the device at this place of the tables one of those that never answer? */
static bool
is_silent(const struct fleet_model *m, size_t at)
{
	return floor((double)(at + 1) * m->opt.silent_ratio) > floor((double)at * m->opt.silent_ratio);
}

static void
device_init(struct fleet_model *m, struct fleet_device *d, const struct device *device, size_t links)
{
	size_t room = links + LAN_PORTS + 1 + m->opt.ports;

	d->device = device;
	d->site = &m->site[device->site->index];
	d->seed = fleet_hash(m->seed, device->id, "device");
	d->boot_ns =
	    m->opt.mono_ns - (int64_t)(fleet_draw(m->seed, device->id, "uptime", UPTIME_MIN_S, UPTIME_MAX_S) *
				       (double)NS_PER_S);
	d->boots = 1 + (uint32_t)(d->seed % 20);
	d->recorded = recordings_of(m->opt.recordings, device->profile);
	d->faults = is_silent(m, device->index) ? DEVICE_SILENT : 0;
	d->port = xcalloc(room, sizeof(*d->port));
	d->row = xcalloc(room, sizeof(*d->row));
}

/* Ports in the order in which an office wires them: lines, LAN, loopback. */
void
devices_new(struct fleet_model *m)
{
	const struct inventory *inv = m->inv;
	size_t *links = xcalloc(inv->ndevices + 1, sizeof(*links)), i;	/* how many a device carries */

	m->device = xcalloc(inv->ndevices + 1, sizeof(*m->device));
	for (i = 0; i < inv->nlinks; i++)
		if (inv->link[i]->device != NULL)
			links[inv->link[i]->device->index]++;
	for (i = 0; i < inv->ndevices; i++)
		device_init(m, &m->device[i], inv->device[i], links[i]);
	for (i = 0; i < inv->nlinks; i++)
		if (inv->link[i]->device != NULL && inv->link[i]->port[0] != '\0')
			port_add_wan(m, &m->device[inv->link[i]->device->index], &m->line[i]);
	for (i = 0; i < inv->ndevices; i++) {
		device_add_lan(m, &m->device[i]);
		device_number(&m->device[i]);
	}
	free(links);
}

void
devices_free(struct fleet_model *m)
{
	size_t i, k;

	for (i = 0; i < m->inv->ndevices; i++) {
		for (k = 0; k < m->device[i].nports; k++)
			free(m->device[i].port[k].stop);
		free(m->device[i].port);
		free(m->device[i].row);
		for (k = 0; k < m->device[i].nset; k++)
			free(m->device[i].set[k].text);
		free(m->device[i].set);
	}
	free(m->device);
}
