/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * port_match.h: which of the ports that a device has now is which of those that we know?
 *
 * Names change with firmware, ifIndex with a reboot, MACs with the router, and aliases are what people type.
 * So each pair of a known and a found port gets points for what they have in common; a pair is taken when it
 * has enough of them, and clearly more than any other. What speaks for two answers is left to a person.
 *
 * What is the same	points		what speaks against it		points
 * name			40		another alias			-25
 * alias		40		another ifType			-25
 * neighbour		30		another neighbour		-15
 * MAC			30		its MAC is on another port	-10
 * 						it was gone before		 -5
 * counted name		30
 * similar name		20
 * id in the alias	20
 * ifIndex		 5
 *
 * A counted name is that of a PPP session but for its counter ("pppoe-out2"); a similar one is longer or
 * shorter by a suffix ("ether1-wan"), or that of a tunnel but for its number. An id is the first word with a
 * digit in it ("s002-1 indihome", "s002-1 astinet").
 *
 * What several ports of one side have in common says little: name 15, alias 10, neighbour 5, MAC 3. Of a
 * replaced device, none of whose MACs is left, neither MACs nor ifIndex count.
 *
 * A pair is taken from 25 points on, when no other has as many but 15 (PORT_ACCEPT, PORT_MARGIN). Yet it is
 * asked about when the alias or the neighbour of the known port is found on another one: somebody has moved a
 * cable. Of a port that carries a link, an entirely new alias is asked about, too, unless the neighbour is
 * still the same; and so is a pair that has 15 points (PORT_ASK) but not enough.
 */
#ifndef SIMPUL_RULES_PORT_MATCH_H
#define SIMPUL_RULES_PORT_MATCH_H

#include "model/port.h"

#define PORT_ACCEPT 25
#define PORT_MARGIN 15
#define PORT_ASK    15
#define PORT_NONE   SIZE_MAX

enum port_fate {
	PORT_FATE_SAME,		/* as it was */
	PORT_FATE_RENAMED,	/* the same under another name */
	PORT_FATE_MOVED,	/* the same with another ifIndex, and the same name */
	PORT_FATE_GONE,
	PORT_FATE_AMBIGUOUS
};

enum port_doubt {
	PORT_DOUBT_NONE,
	PORT_DOUBT_ALIAS_MOVED,		/* its alias is on `other` now */
	PORT_DOUBT_NEIGHBOUR_MOVED,	/* its neighbour is on `other` now */
	PORT_DOUBT_ALIAS,		/* `found` has an entirely new alias */
	PORT_DOUBT_TWO,			/* `found` and `other` are like it */
	PORT_DOUBT_CONTESTED,		/* another known port is as much like `found` */
	PORT_DOUBT_LITTLE		/* `found` is the likeliest, but little speaks for it */
};

struct port_known {
	const struct port_identity *id;		/* borrowed */
	bool	       here;		/* the device had it when it was walked last */
	bool	       asked;		/* there is a question about it: nothing but its old self ends that */
	bool	       carries_link;
	/* out */
	enum port_fate	fate;
	enum port_doubt doubt;		/* of an ambiguous one */
	size_t		found, other;	/* index among those found, or PORT_NONE */
	int		score;
};

struct port_seen {
	const struct port_identity *id;		/* borrowed */
	size_t known;			/* out: which of them it is; PORT_NONE: a new one */
};

/** Pure: the same sets give the same answer. @param known, found  out: what is said of each */
void	port_match(struct port_known *known, size_t nknown, struct port_seen *found, size_t nfound);

#endif
