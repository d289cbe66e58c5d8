/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ip.h: IPv4 packets (RFC 791) with ICMP, UDP (RFC 768) and TCP (RFC 9293) inside, as the TUN front reads and
 * writes them. Written apart from the engine's own code, so that the two check each other.
 */
#ifndef SIMPUL_FLEET_IP_H
#define SIMPUL_FLEET_IP_H

#include "tests/fleet/model.h"

#define IP_PACKET_MAX (20 + 20 + FLEET_DATA_MAX)

enum tcp_flag { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_ACK = 0x10 };

struct ip_segment {		/* what is needed of a TCP segment */
	uint32_t seq, ack;
	uint8_t	 flags;
	size_t	 len;		/* of its payload */
};

/**
 * Read a packet. Fragments, IPv6 and other protocols are refused.
 * @param p    its data points into the packet
 * @param tcp  filled in for TCP
 * @return 0, or -1 when it is not one that the fleet answers
 */
int	ip_read(const uint8_t *packet, size_t len, struct fleet_packet *p, struct ip_segment *tcp);
/** @param out  IP_PACKET_MAX bytes @return length of the packet written */
size_t	ip_write(uint8_t *out, const struct fleet_packet *p, const struct ip_segment *tcp);
/**
 * What a polite host without memory says to a segment: SYN/ACK or RST to a SYN, ACK to data, FIN/ACK
 * to a FIN.
 * @param refused  the port is closed
 * @return false when there is nothing to say (an ACK, a RST)
 */
bool	ip_tcp_answer(const struct ip_segment *in, bool refused, struct ip_segment *out);

/**
 * Internet checksum (RFC 1071) of data; 0 over a message that holds its right checksum.
 * @param sum  of a pseudo header, or 0
 */
uint16_t ip_checksum(const void *data, size_t len, uint32_t sum);

#endif
