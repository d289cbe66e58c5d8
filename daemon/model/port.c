/* SPDX-License-Identifier: GPL-3.0-or-later */
/* port.c: see port.h. */
#include "model/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const port_state_names[PORT_STATES + 1] = { "here", "gone", "asked", "retired", NULL };

void
port_identity_init(struct port_identity *id, const char *name)
{
	*id = (struct port_identity){ .name = xstrdup(name), .alias = xstrdup(""), .neighbour = xstrdup("") };
}

void
port_identity_copy(struct port_identity *to, const struct port_identity *from)
{
	struct port_identity copy = *from;

	copy.name = xstrdup(from->name);
	copy.alias = xstrdup(from->alias);
	copy.neighbour = xstrdup(from->neighbour);
	port_identity_fini(to);
	*to = copy;
}

void
port_identity_fini(struct port_identity *id)
{
	free(id->name);
	free(id->alias);
	free(id->neighbour);
	*id = (struct port_identity){ 0 };
}

const char *
port_mac_text(const struct port_identity *id, char *out)
{
	size_t at = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < id->mac_len; i++)
		at += (size_t)snprintf(out + at, PORT_MAC_TEXT - at, i > 0 ? ":%02x" : "%02x", id->mac[i]);
	return out;
}
