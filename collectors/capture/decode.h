/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * decode.h: the heads of a captured frame: who speaks to whom, and what TCP and DNS say of how well it goes.
 * Pure. What is behind the heads is never looked at, let alone kept.
 */
#ifndef SIMPUL_CAPTURE_DECODE_H
#define SIMPUL_CAPTURE_DECODE_H

#include "base/addr.h"

#define CAPTURE_SNAPLEN 128

enum decode_limit { DECODE_TAGS_MAX = 4, DECODE_EXTENSIONS_MAX = 8, DECODE_TUNNELS_MAX = 2 };

/* Why a frame is not counted for anybody. */
enum decode_reason {
	DECODE_OK, DECODE_SHORT, DECODE_NOT_IP, DECODE_TAGS, DECODE_MALFORMED, DECODE_EXTENSIONS, DECODE_TUNNELS,
	DECODE_REASONS
};
extern const char *const decode_reason_words[DECODE_REASONS];	/* "ok", "short", "not_ip" ... */

enum packet_flag { PACKET_FIN = 0x01, PACKET_SYN = 0x02, PACKET_RST = 0x04, PACKET_ACK = 0x10 };

struct packet {
	struct addr src, dst;		/* of the innermost IP header that could be read */
	uint8_t	    protocol;		/* 6, 17, 1, 58, ...; of the innermost */
	bool	    has_ports;		/* TCP or UDP, its head within the snap length, no later fragment */
	uint16_t    src_port, dst_port;
	/* TCP with has_ports */
	uint8_t	    tcp_flags;		/* enum packet_flag */
	uint32_t    seq, ack, payload;	/* payload: bytes, by the lengths in the heads */
	/* UDP of port 53 */
	bool	    is_dns, dns_response;
	uint16_t    dns_id;
	uint8_t	    dns_rcode;		/* of a response (RFC 1035 4.1.1) */
};

/**
 * Read an Ethernet frame (IEEE 802.3, up to 4 tags of 802.1Q or 802.1ad), IPv4 (RFC 791) or IPv6 (RFC 8200) with up to 8
 * extension headers, through up to 2 tunnels (IP in IP, GRE of RFC 2784 and 2890), up to the TCP, UDP and DNS heads.
 * A frame cut at the snap length is whole as far as it goes: what has no ports then still has addresses.
 * @param data	as captured @param len  of it
 */
enum decode_reason decode_frame(const uint8_t *data, size_t len, struct packet *out);

#endif
