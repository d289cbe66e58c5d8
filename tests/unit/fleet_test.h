/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fleet_test.h: a small network for the fleet's unit tests: two nodes, three offices, a data centre, three routers. */
#ifndef SIMPUL_FLEET_TEST_H
#define SIMPUL_FLEET_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/inventory.h"
#include "tests/fleet/ip.h"
#include "tests/fleet/model.h"

#define WALL_NS (1795222800LL * NS_PER_S)	/* when the model starts */

static const char test_sites[] =
    "id,name,kind,class,life\n"
    "node-1,Simpul 1,node,critical,live\n"
    "node-2,Simpul 2,node,critical,live\n"
    "s001,Barat,kecamatan,office,live\n"
    "s002,Sungai Jawi,kelurahan,office,live\n"
    "s003,Akcaya,kelurahan,office,live\n"
    "dc-1,Pusat Data,datacentre,critical,live\n";
static const char test_links[] =
    "id,site,role,provider,parent,address,down_mbps,up_mbps,device,port,via,life\n"
    "node-1-1,node-1,main,fiber,,10.9.0.1,,,,,wan,live\n"
    "node-2-1,node-2,main,fiber,node-1,10.9.0.2,,,,,wan,live\n"
    "s001-1,s001,main,astinet,node-2,10.1.0.1,20,10,s001-r1,ether1,wan,live\n"
    "s001-2,s001,backup,indihome,,10.2.0.1,10,,s001-r1,ether2,wan,live\n"
    "s002-1,s002,main,indihome,node-2,10.1.0.2,10,,s002-r1,ether1,wan,live\n"
    "s003-1,s003,main,indihome,node-1,10.1.0.3,10,,,,wan,live\n";
static const char test_devices[] =
    "id,site,kind,profile,address,port,version,credential,via,life\n"
    "s001-r1,s001,router,routeros,10.100.0.1,161,2c,city-read,wan,live\n"
    "s002-r1,s002,router,routeros,10.100.0.2,161,2c,city-read,wan,live\n"
    "dc-1-r1,dc-1,router,generic,10.100.0.9,161,2c,city-read,wan,live\n";

static void
test_row_error(void *arg, unsigned line, unsigned column, const char *text)
{
	(void)arg;
	fprintf(stderr, "row %u field %u: %s\n", line, column, text);
	abort();
}

static void
test_link_error(void *arg, enum input_kind what, const char *id, unsigned column, const char *text)
{
	(void)arg;
	(void)what;
	fprintf(stderr, "%s field %u: %s\n", id, column, text);
	abort();
}

static struct inventory *
test_inventory(void)
{
	struct inventory *inv = inventory_new();

	inventory_read(inv, INPUT_SITES, test_sites, sizeof(test_sites) - 1, test_row_error, NULL);
	inventory_read(inv, INPUT_LINKS, test_links, sizeof(test_links) - 1, test_row_error, NULL);
	inventory_read(inv, INPUT_DEVICES, test_devices, sizeof(test_devices) - 1, test_row_error, NULL);
	inventory_link(inv, test_link_error, NULL);
	return inv;
}

static inline struct fleet_model *
test_model(const struct inventory *inv, uint64_t seed)
{
	return fleet_model_new(inv, seed,
	    &(struct fleet_options){ .mono_ns = NS_PER_S, .wall_ns = WALL_NS, .wave_s = FLEET_WAVE_S });
}

static inline uint32_t
test_addr(const char *text)
{
	struct addr a;

	if (addr_parse(&a, text) == -1)
		abort();
	return fleet_addr(&a);
}

/* One echo request to the address at now_ns. @return its round trip in ns, or -1 when no answer will come */
static inline int64_t
test_ping(struct fleet_model *m, const char *to, int64_t now_ns)
{
	uint8_t		    msg[40] = { 8, 0, 0, 0, 0x12, 0x34, 0, 7, 'n', 'o', 'n', 'c', 'e' };
	struct fleet_packet p = { .proto = FLEET_ICMP, .from = test_addr("10.255.0.1"), .to = test_addr(to), .data = msg,
		.len = sizeof(msg) };
	struct fleet_answer a;

	put_u16be(msg + 2, ip_checksum(msg, sizeof(msg), 0));
	return fleet_input(m, now_ns, &p, &a) ? a.at_ns - now_ns : -1;
}

#endif
