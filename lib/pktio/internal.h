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
	bool closed; /* its device was taken out; the main thread's */
	bool uio; /* the kernel has it by UIO */
	uint8_t tx_flags; /* of each frame: which checksums the port makes */
	uint16_t rx_descriptors;
	struct rte_ether_addr mac;
	uint64_t rx_offloads, tx_offloads; /* as DPDK names them */
	struct rdl_pktio_setup setup;
	char device[RTE_ETH_NAME_MAX_LEN]; /* DPDK's name of it */
};

/* What one queue's core counts. */
struct rdl_pktio_queue {
	unsigned born; /* frames that it made, and has neither sent nor freed */
	/* Ports that it touches no more, a bit each; read by the main thread (release). */
	uint32_t off;
} __attribute__((aligned(RDL_CACHE_LINE)));

struct rdl_pktio {
	struct rte_mempool *pool;
	uint16_t private_room; /* of each mbuf */
	unsigned born_max; /* of a queue */
	unsigned queue_count;
	struct rdl_pktio_queue *queues;
	/*
	 * Ports whose devices are to be taken out, a bit each, by any thread (relaxed); and of them
	 * those that no core is to touch from its next round on, by the main thread (release).
	 */
	uint32_t asked, off;
	bool watches_uio;
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

/* Hears from now on, and no more, of devices that are to be taken out. -errno when it cannot. */
int rdl_pktio_watch(struct rdl_pktio *pktio);
void rdl_pktio_watch_no_more(struct rdl_pktio *pktio);

/* Its device is to be taken out, or was. */
bool rdl_pktio_is_asked(const struct rdl_pktio *pktio, unsigned p);
/* The same, and it is gone: its driver must not be called. */
bool rdl_pktio_is_lost(const struct rdl_pktio *pktio, unsigned p);

/* Once; nobody touches it any more. */
void rdl_pktio_close_port(struct port *port);

/* Fills the frame in the mbuf's private area. */
void rdl_pktio_view(const struct rdl_pktio *pktio, uint8_t port, struct rte_mbuf *m);

#endif
