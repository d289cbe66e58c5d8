/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire.c: see wire.h. The notes lie in memory that the observer shares with us. */
#include "tests/bench/wire.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/map.h"
#include "probes/echo.h"

#define BLOCK_BYTES (1u << 18)
#define BLOCKS	    64
#define IP_HEAD	    20
#define NONCE_AT    8

struct seen {
	uint64_t nonce;		/* 0: free */
	int64_t	 request_ns, answer_ns;
};

struct wire {
	int	     fd;
	uint8_t	    *ring;
	size_t	     room;	/* of seen[], a power of two */
	struct seen *seen;
	atomic_bool *stop;
	pid_t	     observer;
};

static struct seen *
seen_of(const struct wire *w, uint64_t nonce)
{
	size_t i = hash_u64(nonce) & (w->room - 1);

	while (w->seen[i].nonce != nonce && w->seen[i].nonce != 0)
		i = (i + 1) & (w->room - 1);
	return &w->seen[i];
}

/* On a loopback each packet is seen twice, going and coming. Of a request the first counts, of an answer the second. */
static void
note(struct wire *w, const uint8_t *ip, size_t len, bool outgoing, int64_t stamp_ns)
{
	struct seen *s;
	uint64_t     nonce;
	uint8_t	     type;

	if (len < IP_HEAD + ECHO_ANSWER_MIN || ip[0] != 0x45 || ip[9] != IPPROTO_ICMP)
		return;
	type = ip[IP_HEAD];
	memcpy(&nonce, ip + IP_HEAD + NONCE_AT, sizeof(nonce));
	if (nonce == 0 || (type != 8 && type != 0) || (type == 8) != outgoing)
		return;
	s = seen_of(w, nonce);
	s->nonce = nonce;
	if (type == 8)
		s->request_ns = stamp_ns;
	else
		s->answer_ns = stamp_ns;
}

static void
block_read(struct wire *w, const struct tpacket_block_desc *block)
{
	const uint8_t *at = (const uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
	uint32_t       i;

	for (i = 0; i < block->hdr.bh1.num_pkts; i++) {
		const struct tpacket3_hdr *h = (const void *)at;
		const struct sockaddr_ll  *ll = (const void *)(at + TPACKET_ALIGN(sizeof(*h)));

		note(w, at + h->tp_net, h->tp_snaplen - (size_t)(h->tp_net - h->tp_mac), ll->sll_pkttype == PACKET_OUTGOING,
		    (int64_t)h->tp_sec * NS_PER_S + h->tp_nsec);
		at += h->tp_next_offset;
	}
}

/* Until it is told to stop and has read what there was. */
static void
observe(struct wire *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	unsigned      i = 0;
	bool	      stopping = false;

	for (;;) {
		struct tpacket_block_desc *block = (void *)(w->ring + (size_t)i * BLOCK_BYTES);

		if ((block->hdr.bh1.block_status & TP_STATUS_USER) != 0) {
			atomic_thread_fence(memory_order_acquire);
			block_read(w, block);
			block->hdr.bh1.block_status = TP_STATUS_KERNEL;
			i = (i + 1) % BLOCKS;
			continue;
		}
		if (stopping)
			_exit(EXIT_SUCCESS);
		stopping = atomic_load(w->stop);
		poll(&p, 1, 100);
	}
}

static int
ring_open(struct wire *w, const char *card)
{
	struct tpacket_req3 ring = { .tp_block_size = BLOCK_BYTES, .tp_block_nr = BLOCKS, .tp_frame_size = 2048,
		.tp_frame_nr = BLOCK_BYTES / 2048 * BLOCKS, .tp_retire_blk_tov = 20 };
	struct sockaddr_ll  at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(card) };
	int		    version = TPACKET_V3;

	w->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (w->fd == -1 || setsockopt(w->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) == -1 ||
	    setsockopt(w->fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)) == -1)
		return -1;
	w->ring = mmap(NULL, (size_t)BLOCK_BYTES * BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);
	return w->ring != MAP_FAILED && bind(w->fd, (struct sockaddr *)&at, sizeof(at)) == 0 ? 0 : -1;
}

static void *
shared_memory(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		fatal("cannot have %zu bytes of shared memory", bytes);
	return p;
}

struct wire *
wire_open(const char *card, size_t max)
{
	struct wire *w = xcalloc(1, sizeof(*w));

	for (w->room = 64; w->room < 2 * max; w->room *= 2)
		;
	w->seen = shared_memory(w->room * sizeof(*w->seen));
	w->stop = shared_memory(sizeof(*w->stop));
	if (ring_open(w, card) == -1) {
		log_warn("no packet socket, so no reference for round trips");
		wire_free(w);
		return NULL;
	}
	w->observer = fork();
	if (w->observer == 0)
		observe(w);
	return w;
}

void
wire_stop(struct wire *w)
{
	atomic_store(w->stop, true);
	waitpid(w->observer, NULL, 0);
	w->observer = 0;
}

int64_t
wire_rtt_ns(const struct wire *w, uint64_t nonce)
{
	const struct seen *s = seen_of(w, nonce);

	return s->nonce != 0 && s->request_ns != 0 && s->answer_ns != 0 ? s->answer_ns - s->request_ns : -1;
}

void
wire_free(struct wire *w)
{
	if (w == NULL)
		return;
	if (w->observer > 0)
		wire_stop(w);
	munmap(w->seen, w->room * sizeof(*w->seen));
	munmap(w->stop, sizeof(*w->stop));
	if (w->ring != NULL && w->ring != MAP_FAILED)
		munmap(w->ring, (size_t)BLOCK_BYTES * BLOCKS);
	if (w->fd != -1)
		close(w->fd);
	free(w);
}
