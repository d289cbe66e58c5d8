/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * synth.c: `simpul-fleet inventory`: a made-up city of any size, for tests of scale. Offices hang on nodes,
 * fifty on each; every third has a second line, or all or none by --lines. Addresses follow the plan of the
 * demo: 10.k.x.y for line k, 10.100.x.y for routers, 10.99.x.y for nodes.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/map.h"
#include "base/text.h"
#include "tests/fleet/main.h"

#define SITES_MAX	60000
#define SITES_PER_NODE	50
#define HOSTS_PER_NET	250

struct synth {
	int64_t	    sites, routers_percent, lines, seed;	/* lines of each office; 0: every third has two */
	const char *dir;
};

static const struct product {
	const char *provider;
	unsigned    down_mbps, up_mbps;
} products[] = {
	{ "indihome", 10, 2 }, { "indihome", 20, 4 }, { "indihome", 40, 8 }, { "astinet", 10, 10 },
	{ "astinet", 20, 20 }, { "icon+", 5, 5 }, { "fiber", 100, 100 },
};

static uint64_t
draw(const struct synth *s, int64_t site, uint64_t use, uint64_t below)
{
	return hash_u64((uint64_t)s->seed ^ hash_u64((uint64_t)site << 8 | use)) % below;
}

static bool
has_router(const struct synth *s, int64_t site)
{
	return draw(s, site, 1, 100) < (uint64_t)s->routers_percent;
}

static int64_t
node_count(const struct synth *s)
{
	return (s->sites + SITES_PER_NODE - 1) / SITES_PER_NODE;
}

/* x.y of the address of thing n = 1.. */
static unsigned
net_of(int64_t n)
{
	return (unsigned)((n - 1) / HOSTS_PER_NET);
}

static unsigned
host_of(int64_t n)
{
	return (unsigned)((n - 1) % HOSTS_PER_NET) + 1;
}

static void
write_sites(const struct synth *s, FILE *f)
{
	int64_t i;

	fputs("id,name,short,kind,district,class,owner,lat,lon,hours,contacts,life\n", f);
	for (i = 1; i <= node_count(s); i++)
		fprintf(f, "n%05d,Node %d,,node,District %d,critical,,,,,,live\n", (int)i, (int)i,
		    (int)(i % 6 + 1));
	for (i = 1; i <= s->sites; i++)
		fprintf(f, "s%05d,Office %d,,opd,District %d,office,,,,mon-fri 07:30-15:30,,live\n", (int)i,
		    (int)i, (int)(i / SITES_PER_NODE % 6 + 1));
}

static void
write_office_line(const struct synth *s, FILE *f, int64_t site, unsigned k)
{
	const struct product *p = &products[draw(s, site, 10 + k, nitems(products))];
	char		      device[32] = "", port[16] = "", parent[16] = "";

	if (has_router(s, site)) {
		snprintf(device, sizeof(device), "s%05d-r1", (int)site);
		snprintf(port, sizeof(port), "ether%u", k);
	}
	if (k == 1)
		snprintf(parent, sizeof(parent), "n%05d", (int)((site - 1) / SITES_PER_NODE + 1));
	fprintf(f, "s%05d-%u,s%05d,%s,%s,,%s,10.%u.%u.%u,%u,%u,best_effort,,,,,,%s,%s,wan,live\n", (int)site,
	    k, (int)site, k == 1 ? "main" : "backup", p->provider, parent, k, net_of(site), host_of(site),
	    p->down_mbps, p->up_mbps, device, port);
}

static void
write_links(const struct synth *s, FILE *f)
{
	int64_t i;

	fputs("id,site,role,provider,product,parent,address,down_mbps,up_mbps,kind,sla_pct,price_idr,budget_"
	      "code,contract_end,"
	      "segments,device,port,via,life\n",
	    f);
	for (i = 1; i <= node_count(s); i++)
		fprintf(f, "n%05d-1,n%05d,main,fiber,,,10.99.%u.%u,1000,1000,committed,,,,,,,,wan,live\n",
		    (int)i, (int)i, net_of(i), host_of(i));
	for (i = 1; i <= s->sites; i++) {
		write_office_line(s, f, i, 1);
		if (s->lines == 2 || (s->lines == 0 && i % 3 == 0))
			write_office_line(s, f, i, 2);
	}
}

static void
write_devices(const struct synth *s, FILE *f)
{
	int64_t i;

	fputs("id,site,kind,profile,address,port,version,credential,owner,via,life\n", f);
	for (i = 1; i <= s->sites; i++)
		if (has_router(s, i))
			fprintf(f, "s%05d-r1,s%05d,router,routeros,10.100.%u.%u,161,2c,city-read,,wan,live\n",
			    (int)i, (int)i, net_of(i), host_of(i));
}

static void
write_services(const struct synth *s, FILE *f)
{
	(void)s;
	fputs("id,site,kind,target,expect,interval_s,class,owner,depends,via,life\n", f);
}

static void
write_segments(const struct synth *s, FILE *f)
{
	(void)s;
	fputs("id,name,kind,a,b,length_m\n", f);
}

static const struct table_writer {
	const char *name;
	void	  (*write)(const struct synth *s, FILE *f);
} table_writers[] = {
	{ "sites.csv", write_sites },
	{ "links.csv", write_links },
	{ "devices.csv", write_devices },
	{ "services.csv", write_services },
	{ "segments.csv", write_segments },
};

static int
table_create(const struct synth *s, const struct table_writer *t)
{
	char  path[4096];
	FILE *f;
	bool  bad;

	snprintf(path, sizeof(path), "%s/%s", s->dir, t->name);
	if ((f = fopen(path, "we")) == NULL) {
		log_warn("%s", path);
		return -1;
	}
	t->write(s, f);
	bad = ferror(f) != 0;
	if (fclose(f) == 0 && !bad)
		return 0;
	log_warn("%s", path);
	return -1;
}

static int
options_parse(struct synth *s, int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "sites", required_argument, NULL, 'n' },
		{ "routers", required_argument, NULL, 'r' },
		{ "lines", required_argument, NULL, 'l' },
		{ "seed", required_argument, NULL, 's' },
		{ 0 },
	};
	int letter, rc = 0;

	while (rc == 0 && (letter = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (letter == 'n')
			rc = text_to_i64(optarg, 1, SITES_MAX, &s->sites);
		else if (letter == 'r')
			rc = text_to_i64(optarg, 0, 100, &s->routers_percent);
		else if (letter == 'l')
			rc = text_to_i64(optarg, 1, 2, &s->lines);
		else
			rc = letter == 's' ? text_to_i64(optarg, 0, INT64_MAX, &s->seed) : -1;
	}
	if (rc == -1 || optind != argc - 1 || s->sites == 0)
		return -1;
	s->dir = argv[optind];
	return 0;
}

int
synth_main(int argc, char *argv[])
{
	struct synth s = { .seed = 1 };
	size_t	     i;

	if (options_parse(&s, argc, argv) == -1)
		return fleet_usage();
	if (mkdir(s.dir, 0755) == -1 && errno != EEXIST) {
		log_warn("%s", s.dir);
		return 1;
	}
	for (i = 0; i < nitems(table_writers); i++)
		if (table_create(&s, &table_writers[i]) == -1)
			return 1;
	return 0;
}
