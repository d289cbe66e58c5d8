/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report.c: what a checker asks: what is broken, since when, what a perfect monitor would measure. */
#include "tests/fleet/commands.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define TRUTH_ROWS_MAX 100000

int
report_help(struct command_call *c)
{
	const struct command *command;

	for (command = fleet_commands; command->usage != NULL; command++)
		reply_line(c->reply, "%s", command->usage);
	reply_line(c->reply, "quit");
	return 0;
}

int
report_show(struct command_call *c)
{
	struct fleet_link_truth truth;
	size_t			i;

	for (i = 0; i < c->m->inv->nlinks; i++) {
		const char *id = c->m->inv->link[i]->id;

		fleet_truth_link(c->m, id, &truth);
		reply_line(c->reply, "link %s %s rtt_p50_s %.6f loss_ratio %.4f", id,
		    truth.up ? "up" : "down", truth.rtt_p50_s, truth.loss_ratio);
	}
	for (i = 0; i < c->m->inv->ndevices; i++) {
		const struct fleet_device *d = &c->m->device[i];

		reply_line(c->reply, "device %s %s uptime_s %.3f boots %u renumbered %u faults 0x%x",
		    d->device->id, device_is_running(d, c->now_ns) ? "running" : "off",
		    fmax(0, (double)(c->now_ns - d->boot_ns) / (double)NS_PER_S), d->boots, d->renumbered,
		    d->faults);
	}
	return 0;
}

int
report_log(struct command_call *c)
{
	size_t i;

	for (i = 0; i < c->m->nevents; i++)
		reply_line(c->reply, "%" PRId64 " %s", fleet_wall_ns(c->m, c->m->event[i].mono_ns),
		    c->m->event[i].text);
	return 0;
}

int
report_stats(struct command_call *c)
{
	static const char *const protos[] = { [FLEET_ICMP] = "icmp", [FLEET_UDP] = "udp",
		[FLEET_TCP] = "tcp" };
	const struct fleet_stats *s = &c->m->stats;
	uint64_t		  forbidden = 0;
	size_t			  i;

	for (i = 0; i < nitems(protos); i++)
		reply_line(c->reply, "%s_in %" PRIu64 " %s_out %" PRIu64, protos[i], s->packets_in[i],
		    protos[i], s->packets_out[i]);
	for (i = 0; i < c->m->inv->ndevices; i++)
		forbidden += c->m->device[i].forbidden;
	reply_line(c->reply, "lost %" PRIu64 " nobody %" PRIu64 " malformed %" PRIu64 " forbidden %" PRIu64, s->lost,
	    s->nobody, s->malformed, forbidden);
	return 0;
}

int
report_truth_link(struct command_call *c)
{
	struct fleet_link_truth truth;

	fleet_truth_link(c->m, c->line->link->id, &truth);
	reply_line(c->reply, "rtt_p50_s %.9f loss_ratio %.6f rtt_min_s %.9f", truth.rtt_p50_s, truth.loss_ratio,
	    truth.rtt_min_s);
	return 0;
}

/* CSV, one row per step: its end, and the true mean rates over it. */
int
report_truth_port(struct command_call *c)
{
	double	from_s = c->number[0], to_s = c->number[1], step_s = c->number[2], rx_bps, tx_bps;
	int64_t from_ns = llround(from_s * 1e9), step_ns = llround(step_s * 1e9), to_ns = llround(to_s * 1e9),
		end_ns;

	if (step_ns <= 0 || (to_ns - from_ns) / step_ns > TRUTH_ROWS_MAX) {
		snprintf(
		    c->err, c->err_size, "the step must be above 0 and give at most %d rows", TRUTH_ROWS_MAX);
		return -1;
	}
	for (end_ns = from_ns + step_ns; end_ns <= to_ns; end_ns += step_ns) {
		if (fleet_truth_port(c->m, c->device->device->id, c->port->name, end_ns - step_ns, end_ns,
			&rx_bps, &tx_bps) == -1)
			continue;	/* before the model started */
		reply_line(c->reply, "%.3f,%.6f,%.6f", (double)end_ns / 1e9, rx_bps, tx_bps);
	}
	return 0;
}
