/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guess.h: what the inventory has to say of hosts that discovery has found: which are known already, on which
 * lines' addresses they answer, and where they may stand. Nothing here is more than a guess for a person to look
 * at; each says what it goes by.
 */
#ifndef SIMPUL_CTL_GUESS_H
#define SIMPUL_CTL_GUESS_H

#include "ipc/msg.h"
#include "live/core.h"

#define GUESS_LINKS_MAX 8

struct guess {
	const struct device_live *known;	/* NULL: a new one */
	const char		 *known_by;	/* "address", "name" */
	const struct site	 *site;		/* NULL: nothing tells */
	const char		 *site_by;	/* "line", "name", "network" */
	struct guess_link {
		const struct link *link;	/* whose address is one of this host's */
		const char	  *port;	/* that has it, "" = not known; in the host */
	} link[GUESS_LINKS_MAX];
	size_t			  nlinks;
};

/**
 * @param via	the instance that asked: addresses of others are other addresses
 * @param host, guess  n of each; the hosts are borrowed as long as the guesses
 */
void	guess_all(const struct core *c, const char *via, const struct msg_discovered *host, struct guess *guess,
	    size_t n);

#endif
