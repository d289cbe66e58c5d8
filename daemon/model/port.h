/* SPDX-License-Identifier: GPL-3.0-or-later */
/* port.h: what a port of a device is known by, whatever its name and its ifIndex are today. */
#ifndef SIMPUL_MODEL_PORT_H
#define SIMPUL_MODEL_PORT_H

#include "base/text.h"

#define PORT_MAC_TEXT (3 * PORT_MAC_MAX)

enum port_state {
	PORT_HERE,	/* the device has it */
	PORT_GONE,	/* the device has it no more; its series waits */
	PORT_ASKED,	/* which port it is now is a question to the operator: unknown until answered */
	PORT_RETIRED,	/* its series has ended by the operator's word, for good */
	PORT_STATES
};
extern const char *const port_state_names[PORT_STATES + 1];	/* "here" ..., NULL */

struct port_identity {
	char	*name;		/* ifName, or ifDescr where there is none; owned, never NULL */
	char	*alias;		/* ifAlias; owned; "" = none */
	char	*neighbour;	/* who is at the other end, as it calls itself; owned; "" = not known */
	uint8_t	 mac[PORT_MAC_MAX];	/* ifPhysAddress */
	uint8_t	 mac_len;	/* 0 = none */
	uint32_t if_type, if_index;	/* 0 = not known */
};

/** Copies all; what was in it is freed. */
void	port_identity_copy(struct port_identity *to, const struct port_identity *from);
/** Nothing but a name is known. */
void	port_identity_init(struct port_identity *id, const char *name);
void	port_identity_fini(struct port_identity *id);
/** "02:00:5e:10:00:01", or "" for none. @param out  PORT_MAC_TEXT bytes @return out */
const char *port_mac_text(const struct port_identity *id, char *out);

#endif
