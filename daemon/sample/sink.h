/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sink.h: where probes and collectors hand in what they found; measure sends it on to store and core. */
#ifndef SIMPUL_SINK_H
#define SIMPUL_SINK_H

#include "ipc/msg.h"
#include "sample/sample.h"

struct sink {
	void	(*sample)(void *arg, const struct sample *s);
	void	(*state)(void *arg, const struct msg_target_state *st);
	void	(*port_found)(void *arg, const struct msg_port_found *p);
	void	(*sensor_found)(void *arg, const struct msg_sensor_found *s);
	/* the ports of a walk have been told; may be NULL */
	void	(*ports_end)(void *arg, const struct msg_ports_end *e);
	void	(*profile_tested)(void *arg, uint32_t token, const struct msg_profile_tested *m);
	void	(*profile_test_end)(void *arg, uint32_t token, const struct msg_profile_test_end *m);
	void	(*neighbour)(void *arg, const struct msg_neighbour *n);	/* NULL: nobody wants to know */
	void	(*fact)(void *arg, const struct msg_probe_fact *f);	/* likewise */
	/* the flight recorder: a whole frame for core; NULL: nothing is recorded */
	void	(*frame)(void *arg, uint16_t type, uint32_t token, const struct buf *payload);
	void	*arg;
};

#endif
