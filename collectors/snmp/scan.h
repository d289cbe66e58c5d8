/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scan.h: who answers at these addresses? Each is sent one ICMP echo, and is asked for sysDescr, sysObjectID,
 * sysName and snmpEngineID with one credential after the other until it answers; who does, is asked for the
 * addresses of its interfaces.
 *
 * Every packet of all requests of an instance waits for its turn: they leave one by one, at least the
 * reciprocal of the rate apart, and time that was lost is not made up for. Nothing is kept of a request
 * that has ended.
 */
#ifndef SIMPUL_SNMP_SCAN_H
#define SIMPUL_SNMP_SCAN_H

#include "collectors/snmp/wire.h"
#include "ipc/msg.h"

#define SCAN_JOBS_MAX 16	/* requests open at the same time; one more is refused */
#define SCAN_TRIES    2		/* of each credential */

struct snmp_scan;

struct scan_env {
	struct loop	 *loop;
	struct packet_io *io;		/* for echoes */
	struct snmp_wire *wire;
	int		  secrets_fd;
	bool		  public_community;
	void		(*found)(void *arg, uint32_t token, const struct msg_discovered *d);
	void		(*end)(void *arg, uint32_t token, const struct msg_discover_end *e);
	void		 *arg;
};

struct snmp_scan *scan_new(const struct scan_env *env);	/* copied; what it points to is borrowed */
void	scan_free(struct snmp_scan *s);
/**
 * Begin a request, or forget one (without addresses: nothing more is said of it). One that begins ends
 * with exactly one end(), which may come before this returns.
 */
void	scan_request(struct snmp_scan *s, uint32_t token, const struct msg_discover *m);
void	scan_forget_all(struct snmp_scan *s);	/* who asked has gone */
/** @return true when this ICMP packet answers an echo of ours */
bool	scan_echo(struct snmp_scan *s, const struct packet_in *in);
uint64_t scan_packets(const struct snmp_scan *s);	/* sent so far */

#endif
