/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * traffic.h: what has passed of each site on the mirror port, as the capture process has told it last. It is kept as the
 * series traffic/<site>; the rest is for people, and gone with the engine.
 */
#ifndef SIMPUL_CORE_TRAFFIC_H
#define SIMPUL_CORE_TRAFFIC_H

#include "ipc/msg.h"
#include "live/core.h"

struct traffic_site {
	uint32_t number;		/* of its series; 0: all sites */
	struct msg_capture_site last;	/* wall_ns 0: nothing yet */
	struct msg_capture_talkers top;
};

struct traffic_books {
	struct nmap		*by_number;	/* struct traffic_site, owned */
	struct traffic_site	 all;		/* its talkers alone */
	struct msg_capture_state state;
};

const struct traffic_books *core_traffic(const struct core *c);
/** What is known of a site, or NULL: it names no networks. */
const struct traffic_site *traffic_of(const struct core *c, const struct site_live *s);

/** Frames of the capture process. 0, or -1 when malformed. */
int	traffic_take_site(struct core *c, const struct ipc_msg *msg);
int	traffic_take_talkers(struct core *c, const struct ipc_msg *msg);
int	traffic_take_state(struct core *c, const struct ipc_msg *msg);
/** Tell the capture process whose packets are whose; with every inventory, and when it has come. */
void	traffic_plan_send(struct core *c);
void	traffic_init(struct core *c);
void	traffic_fini(struct core *c);

#endif
