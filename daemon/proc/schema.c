/* SPDX-License-Identifier: GPL-3.0-or-later */
/* schema.c: the groups of simpuld.conf, in the order of the default file. */
#include "collectors/capture/options.h"
#include "collectors/collector.h"
#include "probes/probe.h"
#include "proc/options.h"
#include "publish/options.h"
#include "rules/options.h"
#include "store/options.h"
#include "trap/options.h"

/* Those of the probes follow the first one: a group each, from the probe's own table. */
static const struct conf_group engine_group = {
	"engine", engine_options, .help = "The engine as a whole, and how it judges what is measured."
};

static const struct conf_group other_groups[] = {
	{ "snmp", snmp_options, .help = "How devices are asked over SNMP." },
	{ "traps", traps_options, .help = "The port at which devices may say that something has happened. A trap changes no "
		  "state: the device is polled at once. Whose count: secrets/traps/community and users." },
	{ "capture", capture_options, .help = "A mirror port, whose packets are counted per site (networks in sites.csv): octets, "
		  "top talkers, times and retransmissions of TCP, failures of DNS. Heads only, never what they carry." },
	{ "measure", measure_options, .list = true, .sample = measure_sample, .max = MEASURE_INSTANCES_MAX,
	  .help = "Measuring instances, one process each. \"main\" is what an empty \"via\" of the "
		  "inventory means; the shipped inventory "
		  "uses \"wan\", too." },
	{ "trace", trace_options, .help = "The routers on the way to each line; another way is told as link.path_changed." },
	{ "store", store_options, .help = "Journal and RRD files." },
	{ "rules", rules_options, .list = true, .sample = rules_sample, .max = RULES_MAX,
	  .help = "What makes a line that answers degraded. That a line is down needs no rule." },
	{ "mqtt", mqtt_options, .help = "Where events and states are published." },
};

static const char engine_head[] =
    "# simpuld.conf: how the engine measures, judges, stores and publishes. Each setting stands here at its\n"
    "# default; what is left out keeps it. Form: name = value; text in quotes; # starts a comment.\n"
    "# See simpuld.conf(5).\n"
    "# After a change: simpulctl check, then simpulctl reload.\n";

/* Like the name in the log (log.c), what is configured is a property of the program, not of an instance. */
static struct {
	const struct conf_group *groups;
	const char		*head;
} program;

static const struct conf_group *
engine_schema(void)
{
	static struct conf_group all[1 + PROBES_MAX + nitems(other_groups) + 1];
	size_t			 n = 0, i;

	if (all[0].name != NULL)
		return all;
	all[n++] = engine_group;
	for (i = 0; probe_registry[i] != NULL; i++)
		all[n++] = (struct conf_group){ probe_registry[i]->name, probe_registry[i]->options,
			.help = probe_registry[i]->help };
	for (i = 0; i < nitems(other_groups); i++)
		all[n++] = other_groups[i];
	return all;
}

const struct conf_group *
conf_schema(void)
{
	return program.groups != NULL ? program.groups : engine_schema();
}

const char *
conf_head(void)
{
	return program.head != NULL ? program.head : engine_head;
}

void
conf_use(const struct conf_group *groups, const char *head)
{
	program.groups = groups;
	program.head = head;
}
