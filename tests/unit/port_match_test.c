/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * port_match_test.c: named cases of ports before and after, and which is which.
 *
 * A port is "name,alias,mac,neighbour,ifType,ifIndex,flags", several are separated by ';', what is missing is
 * empty. MACs are numbers, the flag L is a port that carries a link, G one that is gone, A one that is asked
 * about. What comes out: "before>fate:after" of each known port, with its doubt and the other port in
 * question, and "+name" of each new one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "rules/port_match.h"
#include "tests/unit/tap.h"

#define PORTS 8192

static const char *const fates[] = { "same", "renamed", "moved", "gone", "ask" };
static const char *const doubts[] = { "", "alias moved", "neighbour moved", "alias", "two", "contested", "little" };

static const struct match_case {
	const char *name, *before, *after, *want;
} cases[] = {
	{ "nothing changed", "ether1,,1,,6,1;ether2,,2,,6,2", "ether1,,1,,6,1;ether2,,2,,6,2",
	  "ether1>same:ether1 ether2>same:ether2" },
	{ "all ifIndex changed with a reboot", "ether1,,1,,6,1;ether2,,2,,6,2", "ether1,,1,,6,101;ether2,,2,,6,102",
	  "ether1>moved:ether1 ether2>moved:ether2" },
	{ "two ports exchanged their ifIndex", "ether1,,1,,6,1;ether2,,2,,6,2", "ether2,,2,,6,1;ether1,,1,,6,2",
	  "ether1>moved:ether1 ether2>moved:ether2" },
	{ "a port without MAC and alias moved", "eth0,,,,,5", "eth0,,,,,7", "eth0>moved:eth0" },
	{ "nothing was known but the names", "ether1;ether2", "ether1,up,1,,6,1;ether2,,2,,6,2",
	  "ether1>same:ether1 ether2>same:ether2" },
	{ "an alias was added", "ether1,,1,,6,1", "ether1,to the mayor,1,,6,1", "ether1>same:ether1" },
	{ "an alias was taken away", "ether1,s1-1,1,,6,1,L", "ether1,,1,,6,1", "ether1>same:ether1" },
	{ "a port is new, one is gone", "ether1,,1,,6,1;ether2,,2,,6,2", "ether1,,1,,6,1;sfp1,,9,,6,9",
	  "ether1>same:ether1 ether2>gone +sfp1" },
	{ "one that was gone is back", "ether1,,1,,6,1,G", "ether1,,1,,6,4", "ether1>moved:ether1" },
	{ "no port at all is left", "ether1,,1,,6,1;ether2,,2,,6,2", "", "ether1>gone ether2>gone" },
	{ "the first walk", "", "ether1,,1,,6,1;ether2,,2,,6,2", "+ether1 +ether2" },

	{ "firmware adds a suffix to all names, MACs tell them", "ether1,,1,,6,1;ether2,,2,,6,2",
	  "ether1-wan,,1,,6,1;ether2-lan,,2,,6,2", "ether1>renamed:ether1-wan ether2>renamed:ether2-lan" },
	{ "... all MACs are the same, but for the names", "ether1,,7,,6,1;ether2,,7,,6,2",
	  "ether1-wan,,7,,6,1;ether2-lan,,7,,6,2", "ether1>renamed:ether1-wan ether2>renamed:ether2-lan" },
	{ "... ether1 is not ether10", "ether1,,,,6,1", "ether10,,,,6,1", "ether1>gone +ether10" },
	{ "all other names, MACs tell them", "fe0,,1,,6,1;fe1,,2,,6,2", "port1,,1,,6,1;port2,,2,,6,2",
	  "fe0>renamed:port1 fe1>renamed:port2" },
	{ "all other names, aliases tell them", "fe0,north,,,6,1;fe1,south,,,6,2", "a,south,,,6,1;b,north,,,6,2",
	  "fe0>renamed:b fe1>renamed:a" },
	{ "all other names, neighbours tell them", "fe0,,,nova,6,1;fe1,,,vega,6,2", "a,,,vega,6,1;b,,,nova,6,2",
	  "fe0>renamed:b fe1>renamed:a" },
	{ "another neighbour speaks against a similar name", "fe0,,,nova,6,1;fe1,,,vega,6,2", "fe0-x,,,rigel,6,1;fe1-x,,,vega,6,2",
	  "fe0>gone fe1>renamed:fe1-x +fe0-x" },
	{ "all other names and nothing in common but ifIndex", "fe0,,,,6,1;fe1,,,,6,2", "a,,,,6,1;b,,,,6,2",
	  "fe0>gone fe1>gone +a +b" },
	{ "renamed, and its old name is another's now", "ether1,wan,1,,6,1;ether2,,2,,6,2",
	  "uplink,wan,1,,6,1;ether1,,2,,6,2", "ether1>renamed:uplink ether2>renamed:ether1" },

	{ "VLANs and bridge share a MAC", "ether1,,1,,6,1;br0,,1,,209,2;vlan5,,1,,135,3;vlan6,,1,,135,4",
	  "ether1,,1,,6,11;br0,,1,,209,12;vlan5,,1,,135,13;vlan6,,1,,135,14",
	  "ether1>moved:ether1 br0>moved:br0 vlan5>moved:vlan5 vlan6>moved:vlan6" },
	{ "... and a VLAN that went does not become the one that came", "ether1,,1,,6,1;vlan5,,1,,135,3",
	  "ether1,,1,,6,1;vlan7,,1,,135,3", "ether1>same:ether1 vlan5>gone +vlan7" },
	{ "two ports have the same name", "eth,one,1,,6,1;eth,two,2,,6,2", "eth,one,1,,6,1;eth,two,2,,6,2",
	  "eth>same:eth eth>same:eth" },
	{ "... and new numbers", "eth,one,1,,6,1;eth,two,2,,6,2", "eth,two,2,,6,8;eth,one,1,,6,9",
	  "eth>moved:eth eth>moved:eth" },
	{ "names are empty", ",north,,,6,1;,south,,,6,2", ",south,,,6,1;,north,,,6,2", ">moved: >moved:" },
	{ "names are empty, and there is nothing else", ",,,,6,1;,,,,6,2", ",,,,6,1;,,,,6,2", ">gone >gone + +" },
	{ "an alias that many have says little", "a,user,,,6,1;b,user,,,6,2", "c,user,,,6,1;d,user,,,6,2",
	  "a>gone b>gone +c +d" },

	{ "a PPP session with the next counter", "pppoe-out1,,,,23,10,L", "pppoe-out2,,,,23,11",
	  "pppoe-out1>renamed:pppoe-out2" },
	{ "... under its old name", "pppoe-out1,,,,23,10,L", "pppoe-out1,,,,23,11", "pppoe-out1>moved:pppoe-out1" },
	{ "... after it was gone for a while", "pppoe-out1,,,,23,10,GL", "pppoe-out2,,,,23,11",
	  "pppoe-out1>renamed:pppoe-out2" },
	{ "... beside one that stays", "pppoe-out1,,,,23,10;pppoe-out2,,,,23,11", "pppoe-out1,,,,23,10;pppoe-out3,,,,23,12",
	  "pppoe-out1>same:pppoe-out1 pppoe-out2>renamed:pppoe-out3" },
	{ "two of them at once: which is which?", "pppoe-out1,,,,23,10;pppoe-out2,,,,23,11",
	  "pppoe-out3,,,,23,12;pppoe-out4,,,,23,13",
	  "pppoe-out1>ask:pppoe-out3(two:pppoe-out4) pppoe-out2>ask:pppoe-out4(two:pppoe-out3) +pppoe-out3 +pppoe-out4" },
	{ "two of them, and one is left: whose is it?", "pppoe-out1,,,,23,10;pppoe-out2,,,,23,11", "pppoe-out3,,,,23,12",
	  "pppoe-out1>ask:pppoe-out3(contested:pppoe-out3) pppoe-out2>ask:pppoe-out3(contested:pppoe-out3) +pppoe-out3" },
	{ "... aliases tell", "pppoe-out1,icon,,,23,10;pppoe-out2,indihome,,,23,11",
	  "pppoe-out3,indihome,,,23,12;pppoe-out4,icon,,,23,13",
	  "pppoe-out1>renamed:pppoe-out4 pppoe-out2>renamed:pppoe-out3" },
	{ "who dialled in again", "<l2tp-andi>,,,,23,10;<l2tp-budi>,,,,23,11", "<l2tp-andi-1>,,,,23,20;<l2tp-budi>,,,,23,11",
	  "<l2tp-andi>>renamed:<l2tp-andi-1> <l2tp-budi>>same:<l2tp-budi>" },
	{ "... user1 is not user2", "<pppoe-user1>,,,,23,10", "<pppoe-user2>,,,,23,11", "<pppoe-user1>>gone +<pppoe-user2>" },
	{ "a tunnel with another number is another one", "tunnel10,,,,131,10", "tunnel20,,,,131,11", "tunnel10>gone +tunnel20" },
	{ "... unless it carries a link: then it is asked", "tunnel10,,,,131,10,L", "tunnel20,,,,131,11",
	  "tunnel10>ask:tunnel20(little:) +tunnel20" },
	{ "an Ethernet port with another number is another one", "ether1,,,,6,1,L", "ether2,,,,6,2", "ether1>gone +ether2" },

	{ "aliases exchanged: somebody has moved the cables", "ether1,icon,1,,6,1,L;ether2,indihome,2,,6,2,L",
	  "ether1,indihome,1,,6,1;ether2,icon,2,,6,2",
	  "ether1>ask:ether1(alias moved:ether2) ether2>ask:ether2(alias moved:ether1) +ether1 +ether2" },
	{ "... with new numbers after a reboot", "ether1,icon,1,,6,1,L;ether2,indihome,2,,6,2,L",
	  "ether1,indihome,1,,6,7;ether2,icon,2,,6,8",
	  "ether1>ask:ether1(alias moved:ether2) ether2>ask:ether2(alias moved:ether1) +ether1 +ether2" },
	{ "neighbours exchanged, the aliases were forgotten", "ether1,icon,1,nova,6,1,L;ether2,indihome,2,vega,6,2,L",
	  "ether1,icon,1,vega,6,1;ether2,indihome,2,nova,6,2",
	  "ether1>ask:ether1(neighbour moved:ether2) ether2>ask:ether2(neighbour moved:ether1) +ether1 +ether2" },
	{ "an alias went over to a port that had none", "ether1,icon,1,,6,1,L;ether3,,3,,6,3",
	  "ether1,,1,,6,1;ether3,icon,3,,6,3", "ether1>ask:ether1(alias moved:ether3) ether3>same:ether3 +ether1" },
	{ "the alias of a link's port is entirely new", "ether1,to the mayor,1,,6,1,L", "ether1,to the harbour,1,,6,1",
	  "ether1>ask:ether1(alias:) +ether1" },
	{ "... of a port without a link: just typed anew", "ether1,to the mayor,1,,6,1", "ether1,to the harbour,1,,6,1",
	  "ether1>same:ether1" },
	{ "... the neighbour is still the same", "ether1,to the mayor,1,nova,6,1,L", "ether1,to the harbour,1,nova,6,1",
	  "ether1>same:ether1" },
	{ "... the link's id is still in it", "ether1,s002-1 indihome,1,,6,1,L", "ether1,s002-1 astinet,1,,6,1",
	  "ether1>same:ether1" },
	{ "... a speed is no id", "ether1,indihome 20M,1,,6,1,L", "ether1,astinet 20M,1,,6,1", "ether1>ask:ether1(alias:) +ether1" },
	{ "the router at the other end was replaced", "ether1,icon,1,nova,6,1,L", "ether1,icon,1,vega,6,1",
	  "ether1>same:ether1" },
	{ "still asked about, and nothing new", "ether1,icon,1,,6,1,AL;ether1,indihome,1,,6,1", "ether1,indihome,1,,6,1",
	  "ether1>gone ether1>same:ether1" },
	{ "what was asked about is as it was", "ether1,icon,1,,6,1,AL;ether1,indihome,1,,6,1", "ether1,icon,1,,6,1",
	  "ether1>same:ether1 ether1>gone" },

	{ "replaced by one of the same kind", "ether1,icon,1,,6,1,L;ether2,,2,,6,2", "ether1,icon,11,,6,1;ether2,,12,,6,2",
	  "ether1>same:ether1 ether2>same:ether2" },
	{ "... the technician used other ports", "ether1,icon,1,,6,1,L;ether2,indihome,2,,6,2,L",
	  "ether1,indihome,11,,6,1;ether2,icon,12,,6,2", "ether1>renamed:ether2 ether2>renamed:ether1" },
	{ "replaced by another model, with aliases", "ether1,icon,1,,6,1,L;ether2,indihome,2,,6,2,L;ether3,,3,,6,3",
	  "ge-0/0/0,icon,11,,6,501;ge-0/0/1,indihome,12,,6,502", "ether1>renamed:ge-0/0/0 ether2>renamed:ge-0/0/1 ether3>gone" },
	{ "replaced by another model, its neighbour is the same", "ether1,,1,nova,6,1,L;ether2,,2,,6,2",
	  "ge-0/0/0,,11,nova,6,501;ge-0/0/1,,12,,6,502", "ether1>renamed:ge-0/0/0 ether2>gone +ge-0/0/1" },
	{ "replaced, and the cables lie otherwise than before: no wonder", "ether1,icon,1,nova,6,1,L;ether2,,2,vega,6,2",
	  "ether1,icon,11,vega,6,1;ether2,,12,nova,6,2", "ether1>same:ether1 ether2>same:ether2" },
	{ "replaced, and its alias was typed anew", "ether1,s002-1 indihome,1,,6,1,L;ether2,,2,,6,2",
	  "wan,s002-1 astinet,11,,6,1;lan,,12,,6,2", "ether1>ask:wan(little:) ether2>gone +wan +lan" },
	{ "replaced by another model, nothing in common", "ether1,,1,,6,1,L;ether2,,2,,6,2", "ge-0/0/0,,11,,6,1;ge-0/0/1,,12,,6,2",
	  "ether1>gone ether2>gone +ge-0/0/0 +ge-0/0/1" },
	{ "replaced, the same name and another alias", "ether1,icon,1,,6,1,L", "ether1,office,11,,6,1",
	  "ether1>ask:ether1(little:) +ether1" },

	{ "a module was put in: all numbers shift", "ge-0/0/0,,1,,6,501;ge-0/0/1,,2,,6,502",
	  "ge-0/0/0,,1,,6,511;ge-0/0/1,,2,,6,512;ge-1/0/0,,3,,6,501;ge-1/0/1,,4,,6,502",
	  "ge-0/0/0>moved:ge-0/0/0 ge-0/0/1>moved:ge-0/0/1 +ge-1/0/0 +ge-1/0/1" },
	{ "... names shift too, aliases and MACs tell", "ge-0/0/0,icon,1,,6,501,L;ge-0/0/1,indihome,2,,6,502,L",
	  "ge-0/0/0,,3,,6,501;ge-0/0/1,,4,,6,502;ge-1/0/0,icon,1,,6,511;ge-1/0/1,indihome,2,,6,512",
	  "ge-0/0/0>renamed:ge-1/0/0 ge-0/0/1>renamed:ge-1/0/1 +ge-0/0/0 +ge-0/0/1" },
	{ "... names shift too, and the MACs alone say so", "ge-0/0/0,,1,,6,501,L", "ge-0/0/0,,3,,6,501;ge-1/0/0,,1,,6,511",
	  "ge-0/0/0>ask:ge-0/0/0(two:ge-1/0/0) +ge-0/0/0 +ge-1/0/0" },
	{ "one kind of port became another under its name", "port1,,,,6,1", "port1,,,,131,1", "port1>gone +port1" },
	{ "one that is gone does not disturb its heir", "pppoe-out1,,,,23,9,G;pppoe-out2,,,,23,10,L", "pppoe-out3,,,,23,11",
	  "pppoe-out1>gone pppoe-out2>renamed:pppoe-out3" },
};

static struct port_identity id[2][PORTS];
static struct port_known    known[PORTS];
static struct port_seen	    found[PORTS];

/* The next part of a text, cut off at the separator; an empty one counts. */
static char *
cut(char **at, char separator)
{
	char *part = *at, *end = strchr(part, separator);

	*at = end != NULL ? end + 1 : part + strlen(part);
	if (end != NULL)
		*end = '\0';
	return part;
}

static void
id_set(struct port_identity *p, char *text, char **flags)
{
	char *field[7];

	for (int i = 0; i < 7; i++)
		field[i] = cut(&text, ',');
	port_identity_init(p, field[0]);
	free(p->alias);
	free(p->neighbour);
	p->alias = xstrdup(field[1]);
	p->neighbour = xstrdup(field[3]);
	if (*field[2] != '\0') {
		p->mac_len = 6;
		p->mac[5] = (uint8_t)atoi(field[2]);
	}
	p->if_type = (uint32_t)atoi(field[4]);
	p->if_index = (uint32_t)atoi(field[5]);
	*flags = field[6];
}

static size_t
ids_set(int side, const char *text)
{
	char   copy[1024], *at = copy, *flags;
	size_t n = 0;

	text_copy(copy, sizeof(copy), text);
	while (*at != '\0') {
		id_set(&id[side][n], cut(&at, ';'), &flags);
		if (side == 0)
			known[n] = (struct port_known){ .id = &id[0][n], .here = strpbrk(flags, "GA") == NULL,
				.asked = strchr(flags, 'A') != NULL, .carries_link = strchr(flags, 'L') != NULL };
		else
			found[n] = (struct port_seen){ .id = &id[1][n] };
		n++;
	}
	return n;
}

static void
tell(size_t nknown, size_t nfound, char *out)
{
	for (size_t i = 0; i < nknown; i++) {
		const struct port_known *p = &known[i];

		out += sprintf(out, "%s>%s%s%s", p->id->name, fates[p->fate], p->found != PORT_NONE ? ":" : "",
		    p->found != PORT_NONE ? id[1][p->found].name : "");
		if (p->fate == PORT_FATE_AMBIGUOUS)
			out += sprintf(out, "(%s:%s)", doubts[p->doubt],
			    p->other != PORT_NONE ? id[1][p->other].name : "");
		out += sprintf(out, " ");
	}
	for (size_t j = 0; j < nfound; j++)
		if (found[j].known == PORT_NONE)
			out += sprintf(out, "+%s ", id[1][j].name);
	if (out[-1] == ' ')
		out[-1] = '\0';
}

static void
test_cases(void)
{
	for (size_t c = 0; c < nitems(cases); c++) {
		size_t nknown = ids_set(0, cases[c].before), nfound = ids_set(1, cases[c].after);
		char   got[4096];

		port_match(known, nknown, found, nfound);
		tell(nknown, nfound, got);
		is_text(got, cases[c].want, cases[c].name);
		for (size_t i = 0; i < nknown; i++)
			port_identity_fini(&id[0][i]);
		for (size_t j = 0; j < nfound; j++)
			port_identity_fini(&id[1][j]);
	}
}

/* Whatever the sets: nobody gets two, nobody is had twice, and the same sets give the same answer. */
static bool
is_sound(size_t nknown, size_t nfound)
{
	for (size_t i = 0; i < nknown; i++) {
		const struct port_known *p = &known[i];

		if ((p->fate == PORT_FATE_GONE) != (p->found == PORT_NONE))
			return false;
		if (p->fate < PORT_FATE_GONE && found[p->found].known != i)
			return false;
	}
	for (size_t j = 0; j < nfound; j++)
		if (found[j].known != PORT_NONE &&
		    (known[found[j].known].found != j || known[found[j].known].fate >= PORT_FATE_GONE))
			return false;
	return true;
}

static void
test_random(void)
{
	static struct port_known first[PORTS];
	size_t			 unsound = 0, differ = 0;

	for (uint64_t seed = 1; seed <= 3000; seed++) {
		size_t	 n[2];
		uint64_t r = hash_u64(seed);

		for (int side = 0; side < 2; side++) {
			n[side] = (r = hash_u64(r)) % 12;
			for (size_t i = 0; i < n[side]; i++) {
				char text[128], *flags;

				r = hash_u64(r);
				snprintf(text, sizeof(text), "%s%u,%s,%u,%s,%u,%u,", r & 1 ? "ether" : "pppoe-out",
				    (unsigned)(r >> 8 & 3), r & 2 ? "" : r & 4 ? "icon" : "indihome", (unsigned)(r >> 16 & 3),
				    r & 8 ? "" : r & 16 ? "nova" : "vega", r & 1 ? 6 : 23, (unsigned)(r >> 24 & 7));
				id_set(&id[side][i], text, &flags);
				known[side == 0 ? i : PORTS - 1] = (struct port_known){ .id = &id[side][i],
					.here = (r & 96) != 0, .asked = (r & 480) == 0, .carries_link = r & 1024 };
				found[side == 1 ? i : PORTS - 1] = (struct port_seen){ .id = &id[side][i] };
			}
		}
		port_match(known, n[0], found, n[1]);
		unsound += !is_sound(n[0], n[1]);
		memcpy(first, known, n[0] * sizeof(*known));
		port_match(known, n[0], found, n[1]);
		for (size_t i = 0; i < n[0]; i++)
			differ += known[i].fate != first[i].fate || known[i].found != first[i].found;
		for (int side = 0; side < 2; side++)
			for (size_t i = 0; i < n[side]; i++)
				port_identity_fini(&id[side][i]);
	}
	ok(unsound == 0, "3,000 random sets: everybody has one or none (%zu have not)", unsound);
	ok(differ == 0, "the same sets give the same answer (%zu do not)", differ);
}

/* As many as a device may have, and no name of before is left. */
static void
test_many(void)
{
	size_t renamed = 0;

	for (size_t i = 0; i < 4096; i++) {
		char text[64], *flags;

		snprintf(text, sizeof(text), "old%zu,alias %zu,,,6,%zu,", i, i, i + 1);
		id_set(&id[0][i], text, &flags);
		snprintf(text, sizeof(text), "new%zu,alias %zu,,,6,%zu,", i, 4095 - i, i + 1);
		id_set(&id[1][i], text, &flags);
		known[i] = (struct port_known){ .id = &id[0][i], .here = true };
		found[i] = (struct port_seen){ .id = &id[1][i] };
	}
	port_match(known, 4096, found, 4096);
	for (size_t i = 0; i < 4096; i++)
		renamed += known[i].fate == PORT_FATE_RENAMED && known[i].found == 4095 - i;
	is_i64((int64_t)renamed, 4096, "4,096 ports with other names and other numbers are found by their aliases");
	for (size_t i = 0; i < 4096; i++) {
		port_identity_fini(&id[0][i]);
		port_identity_fini(&id[1][i]);
	}
}

int
main(void)
{
	test_cases();
	test_random();
	test_many();
	return tap_done();
}
