/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RDL_PKTIO_INTERNAL_H
#define RDL_PKTIO_INTERNAL_H

#include "pktio.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

/* Of a queue, each way. */
#define RDL_PORT_DESCRIPTORS 1024

struct port {
	uint16_t id; /* DPDK's */
	bool started;
	uint8_t tx_flags; /* of each frame: which checksums the port makes */
	uint16_t rx_descriptors;
	struct rte_ether_addr mac;
	uint64_t rx_offloads, tx_offloads; /* as DPDK names them */
	struct rdl_pktio_setup setup;
};

/* What one queue's core counts. */
struct rdl_pktio_queue {
	unsigned born; /* frames that it made, and has neither sent nor freed */
} __attribute__((aligned(RDL_CACHE_LINE)));

struct rdl_pktio {
	struct rte_mempool *pool;
	uint16_t private_room; /* of each mbuf */
	unsigned born_max; /* of a queue */
	struct rdl_pktio_queue *queues;
	unsigned port_count;
	struct port ports[RDL_PKTIO_PORTS_MAX];
};

static inline struct rte_mbuf *rdl_pktio_mbuf(const struct rdl_frame *frame)
{
	return (struct rte_mbuf *)((uintptr_t)frame - sizeof(struct rte_mbuf));
}

unsigned rdl_packet_pool_size(const struct rdl_pktio_config *config);
/* NULL without memory for them. */
struct rte_mempool *rdl_packet_pool(const struct rdl_pktio_config *config);

/* Fills the frame in the mbuf's private area. */
void rdl_pktio_view(const struct rdl_pktio *pktio, uint8_t port, struct rte_mbuf *m);

#endif
