/* SPDX-License-Identifier: BSD-3-Clause */
/* Bursts: frames as views of mbufs. */
#include "internal.h"

#include <assert.h>

static inline uint8_t checksum_flags(uint64_t ol_flags)
{
	uint8_t flags = 0;

	switch (ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) {
	case RTE_MBUF_F_RX_IP_CKSUM_GOOD:
	case RTE_MBUF_F_RX_IP_CKSUM_NONE: /* wrong in the frame, data known to be whole */
		flags |= RDL_FRAME_IP_CHECKSUM_GOOD;
		break;
	case RTE_MBUF_F_RX_IP_CKSUM_BAD:
		flags |= RDL_FRAME_IP_CHECKSUM_BAD;
		break;
	default:
		break;
	}
	switch (ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) {
	case RTE_MBUF_F_RX_L4_CKSUM_GOOD:
	case RTE_MBUF_F_RX_L4_CKSUM_NONE:
		flags |= RDL_FRAME_L4_CHECKSUM_GOOD;
		break;
	case RTE_MBUF_F_RX_L4_CKSUM_BAD:
		flags |= RDL_FRAME_L4_CHECKSUM_BAD;
		break;
	default:
		break;
	}
	return flags;
}

void rdl_pktio_view(const struct rdl_pktio *pktio, uint8_t port, struct rte_mbuf *m)
{
	struct rdl_frame *frame = rte_mbuf_to_priv(m);

	frame->data = rte_pktmbuf_mtod(m, uint8_t *);
	frame->len = m->data_len;
	frame->room = (uint16_t)(m->buf_len - m->data_off);
	frame->flags = checksum_flags(m->ol_flags) | pktio->ports[port].tx_flags;
	frame->port = port;
}

/*
 * One buffer, with its tag: drivers that take the tag off hand it over beside the frame, and a
 * jumbo frame may come in several buffers.
 */
static inline bool whole(struct rte_mbuf **m)
{
	if (unlikely(((*m)->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0) &&
		rte_vlan_insert(m) != 0)
		return false;
	return likely((*m)->nb_segs == 1) || rte_pktmbuf_linearize(*m) == 0;
}

/*
 * Starts to fetch what a worker will touch of a packet, without waiting for the mbuf itself to
 * come: where its data lie is plain arithmetic as long as the driver leaves the usual headroom, and
 * only a guess is lost where it does not.
 */
static inline void prefetch_packet(const struct rdl_pktio *pktio, struct rte_mbuf *m)
{
	char *private_area = rte_mbuf_to_priv(m);
	const char *data = private_area + pktio->private_room + RTE_PKTMBUF_HEADROOM;

	RDL_PREFETCH(m);
	for (unsigned line = 0; line < pktio->private_room; line += RDL_CACHE_LINE)
		RDL_PREFETCH_WRITE(private_area + line);
	/* Headers, options and most object lists. */
	for (unsigned line = 0; line < 4; line++)
		RDL_PREFETCH_WRITE(data + line * RDL_CACHE_LINE);
}

void rdl_pktio_round(struct rdl_pktio *pktio, unsigned queue)
{
	uint32_t off = __atomic_load_n(&pktio->off, __ATOMIC_ACQUIRE);

	if (RDL_LIKELY(off == pktio->queues[queue].off))
		return;
	pktio->queues[queue].silent = off | pktio->queues[queue].others;
	__atomic_store_n(&pktio->queues[queue].off, off, __ATOMIC_RELEASE);
}

/* Or another's to poll. */
static inline bool is_silent(const struct rdl_pktio *pktio, unsigned port, unsigned queue)
{
	return RDL_UNLIKELY((pktio->queues[queue].silent >> port & 1) != 0);
}

static inline bool is_off(const struct rdl_pktio *pktio, unsigned port, unsigned queue)
{
	return RDL_UNLIKELY((pktio->queues[queue].off >> port & 1) != 0);
}

bool rdl_pktio_is_gone(const struct rdl_pktio *pktio, unsigned port, unsigned queue)
{
	return is_off(pktio, port, queue);
}

unsigned rdl_pktio_rx(struct rdl_pktio *pktio, unsigned port, unsigned queue,
	struct rdl_frame *frames[], unsigned count, unsigned *segmented)
{
	struct rte_mbuf *mbufs[RDL_PKTIO_BURST];
	unsigned kept = 0;

	if (count > RDL_PKTIO_BURST)
		count = RDL_PKTIO_BURST;
	if (is_silent(pktio, port, queue))
		return 0;
	unsigned received = rte_eth_rx_burst(
		pktio->ports[port].id, pktio->ports[port].rx_queues[queue], mbufs, (uint16_t)count);
	for (unsigned i = 0; i < received; i++)
		prefetch_packet(pktio, mbufs[i]);
	for (unsigned i = 0; i < received; i++) {
		if (unlikely(!whole(&mbufs[i]))) {
			rte_pktmbuf_free(mbufs[i]);
			(*segmented)++;
			continue;
		}
		rdl_pktio_view(pktio, (uint8_t)port, mbufs[i]);
		frames[kept++] = rte_mbuf_to_priv(mbufs[i]);
	}
	return kept;
}

bool rdl_pktio_lacks_checksum(const struct rdl_frame *frame)
{
	return (rdl_pktio_mbuf(frame)->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) ==
	       RTE_MBUF_F_RX_L4_CKSUM_NONE;
}

unsigned rdl_pktio_make(struct rdl_pktio *pktio, unsigned port, unsigned queue,
	struct rdl_frame *frames[], unsigned count)
{
	struct rte_mbuf *mbufs[RDL_PKTIO_BURST];
	unsigned *born = &pktio->queues[queue].born;

	if (count > RDL_PKTIO_BURST)
		count = RDL_PKTIO_BURST;
	if (count > pktio->born_max - *born)
		count = pktio->born_max - *born;
	if (count == 0 || rte_pktmbuf_alloc_bulk(pktio->ports[port].pool, mbufs, count) != 0)
		return 0;
	for (unsigned i = 0; i < count; i++) {
		rdl_pktio_view(pktio, (uint8_t)port, mbufs[i]);
		frames[i] = rte_mbuf_to_priv(mbufs[i]);
		frames[i]->flags |= RDL_FRAME_BORN;
	}
	*born += count;
	return count;
}

/* Those that have not come in; seldom asked. */
static uint64_t born_among(struct rdl_frame *const frames[], unsigned count)
{
	uint64_t born = 0;

	static_assert(RDL_PKTIO_BURST <= 64, "a bit for each");
	for (unsigned i = 0; i < count; i++)
		if ((frames[i]->flags & RDL_FRAME_BORN) != 0)
			born |= UINT64_C(1) << i;
	return born;
}

/* The first `count` frames of a burst are their maker's no more. */
static void count_gone(struct rdl_pktio *pktio, unsigned queue, uint64_t born, unsigned count)
{
	if (count < 64)
		born &= (UINT64_C(1) << count) - 1;
	pktio->queues[queue].born -= (unsigned)__builtin_popcountll(born);
}

int rdl_pktio_backlog(const struct rdl_pktio *pktio, unsigned port, unsigned queue)
{
	int count = is_silent(pktio, port, queue) ? -1
						  : rte_eth_rx_queue_count(pktio->ports[port].id,
							    pktio->ports[port].rx_queues[queue]);

	return count < 0 ? -1 : count * 100 / (int)pktio->ports[port].rx_descriptors;
}

/* Makes the mbuf say what its frame says. */
static struct rte_mbuf *sealed(const struct rdl_frame *frame)
{
	struct rte_mbuf *m = rdl_pktio_mbuf(frame);

	m->data_off = (uint16_t)(frame->data - (uint8_t *)m->buf_addr);
	m->data_len = frame->len;
	m->pkt_len = frame->len;
	m->ol_flags = 0;
	if ((frame->flags & RDL_FRAME_TX_CHECKSUMS) != 0) {
		bool ipv4 = frame->data[frame->l2_len] >> 4 == 4;

		m->tx_offload = rte_mbuf_tx_offload(frame->l2_len, frame->l3_len, 0, 0, 0, 0, 0);
		m->ol_flags = RTE_MBUF_F_TX_UDP_CKSUM;
		m->ol_flags |= ipv4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6;
		if (ipv4 && (frame->flags & RDL_FRAME_TX_OFFLOAD_IPV4) != 0)
			m->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
	}
	return m;
}

unsigned rdl_pktio_tx(struct rdl_pktio *pktio, unsigned port, unsigned queue,
	struct rdl_frame *const frames[], unsigned count)
{
	struct rte_mbuf *mbufs[RDL_PKTIO_BURST];
	uint8_t flags = 0;
	uint64_t born = 0;

	if (count > RDL_PKTIO_BURST)
		count = RDL_PKTIO_BURST;
	if (is_off(pktio, port, queue))
		return 0;
	for (unsigned i = 0; i < count; i++) {
		flags |= frames[i]->flags;
		mbufs[i] = sealed(frames[i]);
	}
	if (unlikely((flags & RDL_FRAME_BORN) != 0))
		born = born_among(frames, count);
	unsigned sent =
		rte_eth_tx_burst(pktio->ports[port].id, (uint16_t)queue, mbufs, (uint16_t)count);
	if (unlikely(born != 0))
		count_gone(pktio, queue, born, sent);
	return sent;
}

void rdl_pktio_free(
	struct rdl_pktio *pktio, unsigned queue, struct rdl_frame *const frames[], unsigned count)
{
	struct rte_mbuf *mbufs[RDL_PKTIO_BURST];

	while (count > 0) {
		unsigned n = count < RDL_PKTIO_BURST ? count : RDL_PKTIO_BURST;
		uint8_t flags = 0;

		for (unsigned i = 0; i < n; i++) {
			flags |= frames[i]->flags;
			mbufs[i] = rdl_pktio_mbuf(frames[i]);
		}
		if (unlikely((flags & RDL_FRAME_BORN) != 0))
			count_gone(pktio, queue, born_among(frames, n), n);
		rte_pktmbuf_free_bulk(mbufs, n);
		frames += n;
		count -= n;
	}
}
