/* SPDX-License-Identifier: GPL-3.0-or-later */
/* topology_test.c: who is connected to whom, by what devices hear, and the parents that follow from it. */
#include "rules/topology.h"

#include "tests/unit/tap.h"

/*
 * dc (root) - n1 - n2 - office; n1 - n3 - n2 as well; far hangs on office by a line of its own; two
 * offices in one building share a name.
 */
enum { DC, N1, N2, N3, OFFICE, FAR, TWIN_A, TWIN_B, LONER, DEVICES };
#define SITES DEVICES

static uint8_t mac[DEVICES][1][6];
static struct topo_device device[DEVICES];
static const struct addr  no_address;
static struct addr	  addresses[DEVICES];
static const uint8_t	  no_mac[6];

static void
town(void)
{
	static const char *const names[DEVICES] = { "dc-r1", "n1-r1", "n2-r1", "n3-r1", "office-r1",
	    "MikroTik", "twin",
		"twin", "loner" };

	for (size_t i = 0; i < DEVICES; i++) {
		addresses[i] = (struct addr){ .family = 4, .byte = { 10, 0, 0, (uint8_t)i } };
		memcpy(mac[i][0], (uint8_t[]){ 2, 0, 0, 0, 0, (uint8_t)i }, 6);
		device[i] = (struct topo_device){ .name = names[i], .address = addresses[i],
			.mac = (const uint8_t (*)[6])mac[i], .nmacs = 1, .site = i };
	}
}

#define HEARD(d, p, n, rp) { .device = (d), .source = 1, .port = (p), .name = (n), .remote_port = (rp), \
	.mac = no_mac, .address = &no_address }

/* Both ends of three edges, one end of two. */
static const struct topo_heard both[] = {
	HEARD(DC, "1", "n1-r1", "1"), HEARD(N1, "1", "dc-r1", "1"),
	HEARD(N1, "2", "n2-r1", "1"), HEARD(N2, "1", "n1-r1", "2"),
	HEARD(N1, "3", "n3-r1", "1"), HEARD(N3, "2", "n2-r1", "3"),
	HEARD(N2, "ether2", "office-r1", "eth0"), HEARD(OFFICE, "ether1", "n2-r1", "ether2"),
};

static struct topology
built(const struct topo_heard *heard, size_t n, size_t root)
{
	struct topology t = topology_build(device, DEVICES, heard, n, SITES);

	topology_root(&t, root);
	return t;
}

static const struct topo_edge *
edge_of(const struct topology *t, size_t a, size_t b)
{
	static const struct topo_edge none = { .a = TOPO_NOBODY, .b = TOPO_NOBODY, .a_port = "",
	    .b_port = "" };

	for (size_t i = 0; i < t->nedges; i++)
		if ((t->edge[i].a == a && t->edge[i].b == b) || (t->edge[i].a == b && t->edge[i].b == a))
			return &t->edge[i];
	return &none;
}

static void
test_edges(void)
{
	struct topology		t = built(both, nitems(both), DC);
	const struct topo_edge *e = edge_of(&t, N2, OFFICE);

	is_i64((int64_t)t.nedges, 5, "what both ends tell is one edge");
	ok(e->a_told && e->b_told && strcmp(e->a_port, "ether2") == 0 && strcmp(e->b_port, "ether1") == 0,
	    "each port by its own device's word (%s, %s)", e->a_port, e->b_port);
	e = edge_of(&t, N3, N2);
	ok(e->a_told != e->b_told && e->by == TOPO_BY_NAME, "one that only one end tells is known as such");
	ok(t.hops[DC] == 0 && t.hops[N1] == 1 && t.hops[N2] == 2 && t.hops[OFFICE] == 3 &&
	    t.hops[LONER] == UINT32_MAX,
	    "hops are counted from the root");
	ok(topology_is_connected(&t, OFFICE) && !topology_is_connected(&t, LONER),
	    "who is connected is known");
	topology_free(&t);
}

static void
test_who(void)
{
	static const struct topo_heard heard[] = {
		{ DC, 1, "1", "n1-r1", "", mac[N2][0], &addresses[N3] },	/* all three differ: the MAC wins */
		{ DC, 1, "2", "n1-r1", "", no_mac, &addresses[N3] },
		{ DC, 1, "3", "twin", "", no_mac, &no_address },
		{ DC, 1, "4", "MikroTik", "", no_mac, &no_address },
		{ DC, 1, "5", "dc-r1", "", no_mac, &no_address },
		{ DC, 1, "6", "office-r1", "", mac[OFFICE][0], &addresses[OFFICE] },
		{ DC, 3, "4", "MikroTik", "", no_mac, &no_address },
		{ DC, 3, "4", "stranger", "", no_mac, &no_address },
	};
	struct topology t = built(heard, nitems(heard), DC);

	ok(edge_of(&t, DC, N2)->by == TOPO_BY_MAC, "a MAC weighs more than an address and a name");
	ok(edge_of(&t, DC, N3)->by == TOPO_BY_ADDRESS, "an address more than a name");
	ok(edge_of(&t, DC, OFFICE)->by == (TOPO_BY_MAC | TOPO_BY_ADDRESS | TOPO_BY_NAME),
	    "what agrees is told together");
	is_i64((int64_t)t.nedges, 6,
	    "twins, a name of the make and a stranger are unknown ends; itself is none");
	ok(edge_of(&t, DC, TWIN_A)->a == TOPO_NOBODY && edge_of(&t, DC, FAR)->a == TOPO_NOBODY,
	    "a name of two is nobody's");
	ok(edge_of(&t, DC, TOPO_NOBODY)->heard != NULL, "an unknown end keeps what was heard of it");
	topology_free(&t);
}

/* Two lines between the same two; RouterOS tells one by LLDP without a port and by its own table with it. */
static void
test_parallel(void)
{
	static const struct topo_heard heard[] = {
		HEARD(N1, "", "n2-r1", "ether1"), HEARD(N1, "2", "n2-r1", ""), HEARD(N1, "3", "n2-r1",
		    "ether2"),
		HEARD(N2, "ether1", "n1-r1", ""), HEARD(N2, "ether2", "n1-r1", "3"),
		/* the far end spells its port in another way */
		HEARD(DC, "Gi0/1", "n1-r1", "1"), HEARD(N1, "1", "dc-r1", "GigabitEthernet0/1"),
	};
	struct topology t = built(heard, nitems(heard), DC);
	unsigned	n = 0;

	for (size_t i = 0; i < t.nedges; i++)
		n += t.edge[i].a_told && t.edge[i].b_told;
	ok(t.nedges == 3 && n == 3,
	    "two lines side by side, and one whose ends spell it otherwise, are three edges (%zu, %u)",
	    t.nedges, n);
	is_text(edge_of(&t, DC, N1)->a_port, "Gi0/1", "its own word for its own port");
	topology_free(&t);
}

static void
test_parents(void)
{
	static const struct topo_heard more[] = {
		HEARD(DC, "1", "n1-r1", "1"), HEARD(N1, "1", "dc-r1", "1"), HEARD(N1, "2", "n2-r1", "1"),
		HEARD(N2, "ether2", "office-r1", "ether1"), HEARD(OFFICE, "ether1", "n2-r1", "ether2"),
		{ OFFICE, 1, "ether5", "MikroTik", "", mac[FAR][0], &no_address },
	};
	static const struct {
		struct topo_line     line;
		size_t		     site;
		enum topo_confidence confidence;
		const char	    *name;
	} cases[] = {
		{ { OFFICE, OFFICE, "ether1", false }, N2, TOPO_HIGH,
		    "at the line's own port, told by both ends" },
		{ { N2, N2, "1", false }, N1, TOPO_MEDIUM, "at its own port, told by one end" },
		{ { FAR, OFFICE, "ether5", false }, OFFICE, TOPO_MEDIUM, "carried by the parent's port" },
		{ { FAR, TOPO_NOBODY, "", true }, OFFICE, TOPO_LOW, "the only line of its site" },
		{ { FAR, TOPO_NOBODY, "", false }, TOPO_NOBODY, TOPO_UNKNOWN,
		    "one of several, of unknown port" },
		{ { OFFICE, OFFICE, "ether5", false }, TOPO_NOBODY, TOPO_UNKNOWN, "a port that looks down" },
		{ { OFFICE, OFFICE, "ether9", true }, N2, TOPO_LOW,
		    "a port at which nobody was heard, of the only line" },
		{ { LONER, LONER, "1", true }, TOPO_NOBODY, TOPO_UNKNOWN, "no way to the root" },
		{ { DC, DC, "1", true }, TOPO_NOBODY, TOPO_UNKNOWN, "the root itself" },
	};
	struct topology t = built(more, nitems(more), DC);

	for (size_t i = 0; i < nitems(cases); i++) {
		struct topo_parent p = topology_parent(&t, &cases[i].line);

		if (!ok(p.site == cases[i].site && p.confidence == cases[i].confidence, "%s", cases[i].name))
			printf("#   site %zu, %s\n", p.site, topo_confidence_names[p.confidence]);
	}
	topology_free(&t);
}

static void
test_nothing(void)
{
	struct topology	   t = topology_build(device, 0, NULL, 0, 0);
	struct topo_parent p;

	ok(t.nedges == 0, "nobody has heard anything");
	topology_free(&t);
	t = built(both, nitems(both), TOPO_NOBODY);
	p = topology_parent(&t, &(struct topo_line){ FAR, TOPO_NOBODY, "", true });
	ok(p.site == TOPO_NOBODY, "without a root no parent is told");
	topology_free(&t);
}

int
main(void)
{
	town();
	test_edges();
	test_who();
	test_parallel();
	test_parents();
	test_nothing();
	return tap_done();
}
