/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ring.c: see ring.h; the only file with libpcap.
 *
 * libpcap compiles the filter. The ring itself is our own, because libpcap remembers in its memory where it stands in it: a
 * copy of that, in a process started again, would wait for a block that the kernel fills last. Blocks have numbers, which say
 * it as well: the oldest that is ours, else the one that the kernel fills now.
 */
#include "collectors/capture/ring.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/ethernet.h>
#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "collectors/capture/decode.h"

#define BLOCK_BYTES  (256u << 10)
#define FRAME_BYTES  2048u	/* only a unit of the set-up: in a block the frames lie close together */
#define RETIRE_MS    100	/* a block that is not full is ours after this time */
#define READ_BLOCKS  32		/* per turn */
#define TAG_OCTETS   4		/* an outer tag that the kernel has taken off */

struct ring {
	uint8_t *blocks;
	size_t	 size;
	uint32_t n, at;
	int	 fd;
	bool	 loopback_twice;
};

/* ---- the filter ---- */

/*
 * libpcap looks names up, in files and on the network, where it finds one; neither the check process nor the parent may. So
 * besides its own words there are numbers and addresses only.
 */
static const char *const filter_words[] = {
	"host", "net", "mask", "port", "portrange", "proto", "protochain", "src", "dst", "and", "or", "not", "ip", "ip6", "tcp",
	"udp", "icmp", "icmp6", "arp", "rarp", "ether", "broadcast", "multicast", "less", "greater", "len", NULL
};

static bool
is_filter_word(const char *word)
{
	size_t i;

	for (i = 0; filter_words[i] != NULL; i++)
		if (strcmp(filter_words[i], word) == 0)
			return true;
	return word[strspn(word, "0123456789./-")] == '\0' ||
	    (strchr(word, ':') != NULL && word[strspn(word, "0123456789abcdefABCDEF:./")] == '\0') ||
	    (strncmp(word, "0x", 2) == 0 && word[2 + strspn(word + 2, "0123456789abcdefABCDEF")] == '\0');
}

static int
compile(const char *filter, struct bpf_program *program, char *err, size_t size)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, CAPTURE_SNAPLEN);
	int	rc;

	if (dead == NULL) {
		snprintf(err, size, "cannot be compiled");
		return -1;
	}
	rc = pcap_compile(dead, program, filter, 1, PCAP_NETMASK_UNKNOWN);
	if (rc == -1)
		snprintf(err, size, "%s", pcap_geterr(dead));
	pcap_close(dead);
	return rc;
}

int
ring_filter_check(const char *filter, char *err, size_t size)
{
	struct bpf_program program;
	char		   text[RING_FILTER_MAX], *word, *rest;

	if (text_copy(text, sizeof(text), filter) == -1) {
		snprintf(err, size, "is too long; at most %d bytes", RING_FILTER_MAX - 1);
		return -1;
	}
	for (word = strtok_r(text, " \t()[]&|!=<>+*", &rest); word != NULL; word = strtok_r(NULL, " \t()[]&|!=<>+*", &rest))
		if (!is_filter_word(word)) {
			snprintf(err, size, "\"%.60s\" is no word of a filter here; names are not looked up, give addresses "
			    "and numbers", word);
			return -1;
		}
	if (compile(filter, &program, err, size) == -1)
		return -1;
	pcap_freecode(&program);
	return 0;
}

static int
filter_set(int fd, const char *filter)
{
	struct bpf_program program;
	struct sock_fprog  sock;
	char		   err[PCAP_ERRBUF_SIZE];
	int		   on = 1, rc;

	if (compile(filter, &program, err, sizeof(err)) == -1) {
		log_warnx("capture.filter: %s", err);
		return -1;
	}
	/* The two kinds of instruction are the same. */
	sock = (struct sock_fprog){ .len = (unsigned short)program.bf_len, .filter = (void *)program.bf_insns };
	rc = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &sock, sizeof(sock)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) == -1 ? -1 : 0;
	if (rc == -1)
		log_warn("capture.filter: the kernel does not take it");
	pcap_freecode(&program);
	return rc;
}

/* ---- opening ---- */

/* @return its index, or -1 (logged) */
static int
interface_look(int fd, const char *interface)
{
	struct ifreq ifr = { 0 };
	int	     index;

	if (text_copy(ifr.ifr_name, sizeof(ifr.ifr_name), interface) == -1 || ioctl(fd, SIOCGIFINDEX, &ifr) == -1) {
		log_warnx("no capture: there is no interface \"%s\"; see ip link, and set capture.interface", interface);
		return -1;
	}
	index = ifr.ifr_ifindex;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) == -1 || (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER &&
	    ifr.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK)) {
		log_warnx("no capture: the frames of %s are not those of Ethernet; set capture.interface to a mirror port",
		    interface);
		return -1;
	}
	return index;
}

static int
buffer_set(int fd, unsigned buffer_mib)
{
	struct tpacket_req3 req = {
		.tp_block_size = BLOCK_BYTES, .tp_block_nr = buffer_mib * ((1u << 20) / BLOCK_BYTES),
		.tp_frame_size = FRAME_BYTES, .tp_retire_blk_tov = RETIRE_MS,
	};
	int		    version = TPACKET_V3;

	req.tp_frame_nr = req.tp_block_nr * (BLOCK_BYTES / FRAME_BYTES);
	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) == 0 &&
	    setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) == 0)
		return 0;
	log_warn("no capture: cannot have a ring of %u MiB; set capture.buffer_mib lower", buffer_mib);
	return -1;
}

int
ring_open(const char *interface, const char *filter, unsigned buffer_mib)
{
	/* Of no protocol yet: it hears nothing before it is bound. */
	int		   fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), index;
	struct sockaddr_ll sll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct packet_mreq all = { .mr_type = PACKET_MR_PROMISC };

	if (fd == -1) {
		log_warn("no capture: it needs root or CAP_NET_RAW");
		return -1;
	}
	if ((index = interface_look(fd, interface)) == -1 || filter_set(fd, filter) == -1 || buffer_set(fd, buffer_mib) == -1)
		goto fail;
	sll.sll_ifindex = all.mr_ifindex = index;
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) == -1 ||
	    bind(fd, (struct sockaddr *)&sll, sizeof(sll)) == -1) {
		log_warn("no capture on %s", interface);
		goto fail;
	}
	return fd;
fail:
	close(fd);
	return -1;
}

/* ---- reading ---- */

static struct tpacket_block_desc *
block(const struct ring *r, uint32_t i)
{
	return (struct tpacket_block_desc *)(void *)(r->blocks + (size_t)i * BLOCK_BYTES);
}

static bool
is_ours(const struct tpacket_block_desc *b)
{
	return __atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
}

static uint32_t
first_block(const struct ring *r)
{
	uint32_t i, ours = r->n, newest = 0;

	for (i = 0; i < r->n; i++) {
		uint64_t number = block(r, i)->hdr.bh1.seq_num;

		if (is_ours(block(r, i)) && (ours == r->n || number < block(r, ours)->hdr.bh1.seq_num))
			ours = i;
		if (number > block(r, newest)->hdr.bh1.seq_num)
			newest = i;
	}
	return ours != r->n ? ours : newest;
}

struct ring *
ring_new(int fd, unsigned buffer_mib)
{
	struct ring	  *r = xcalloc(1, sizeof(*r));
	struct sockaddr_ll sll = { 0 };
	socklen_t	   len = sizeof(sll);

	r->fd = fd;
	r->size = (size_t)buffer_mib << 20;
	r->n = (uint32_t)(r->size / BLOCK_BYTES);
	r->blocks = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (r->blocks == MAP_FAILED) {
		log_warn("cannot map the ring of captured frames");
		free(r);
		return NULL;
	}
	if (getsockname(fd, (struct sockaddr *)&sll, &len) == 0)
		r->loopback_twice = sll.sll_hatype == ARPHRD_LOOPBACK;
	r->at = first_block(r);
	return r;
}

void
ring_free(struct ring *r)
{
	if (r == NULL)
		return;
	munmap(r->blocks, r->size);
	free(r);
}

static const struct sockaddr_ll *
link_layer(const struct tpacket3_hdr *h)
{
	return (const struct sockaddr_ll *)(const void *)((const uint8_t *)h + TPACKET_ALIGN(sizeof(*h)));
}

static void
block_read(const struct ring *r, const struct tpacket_block_desc *b,
    void (*each)(void *, const uint8_t *, size_t, uint32_t, int64_t), void *arg)
{
	const struct tpacket3_hdr *h = (const void *)((const uint8_t *)b + b->hdr.bh1.offset_to_first_pkt);
	uint32_t		   i;

	for (i = 0; i < b->hdr.bh1.num_pkts; i++) {
		bool	 tagged = (h->tp_status & TP_STATUS_VLAN_VALID) != 0;
		int64_t	 ns = h->tp_sec * NS_PER_S + h->tp_nsec;

		/* The loopback interface shows what it sends, and shows it again when it comes. */
		if (!r->loopback_twice || link_layer(h)->sll_pkttype != PACKET_OUTGOING)
			each(arg, (const uint8_t *)h + h->tp_mac, h->tp_snaplen, h->tp_len + (tagged ? TAG_OCTETS : 0), ns);
		h = (const void *)((const uint8_t *)h + h->tp_next_offset);
	}
}

void
ring_read(struct ring *r, void (*each)(void *arg, const uint8_t *data, size_t len, uint32_t octets, int64_t ns), void *arg)
{
	unsigned turn;

	for (turn = 0; turn < READ_BLOCKS && is_ours(block(r, r->at)); turn++) {
		block_read(r, block(r, r->at), each, arg);
		__atomic_store_n(&block(r, r->at)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		r->at = (r->at + 1) % r->n;
	}
}

void
ring_counts(struct ring *r, uint64_t *came, uint64_t *dropped)
{
	struct tpacket_stats_v3 st = { 0 };
	socklen_t		len = sizeof(st);

	*came = *dropped = 0;
	if (getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &st, &len) == -1)
		return;
	*came = st.tp_packets;		/* those that were dropped among them */
	*dropped = st.tp_drops;
}

int
ring_error(struct ring *r)
{
	int	  error = 0;
	socklen_t len = sizeof(error);

	return getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 ? error : errno;
}
