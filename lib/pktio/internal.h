/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RDL_PKTIO_INTERNAL_H
#define RDL_PKTIO_INTERNAL_H

#include "pktio.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define QUEUES_MAX 64

/* Of a queue, each way. */
#define RDL_PORT_DESCRIPTORS 1024

struct port {
	uint16_t id; /* DPDK's */
	bool started;
	bool closed; /* its device was taken out; the main thread's */
	bool uio; /* the kernel has it by UIO */
	uint8_t tx_flags; /* of each frame: which checksums the port makes */
	uint16_t rx_descriptors;
	uint8_t rx_queues[QUEUES_MAX]; /* DPDK's number of each worker's that polls it */
	struct rte_mempool *pool; /* where its buffers come from; it shares it with others */
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
	uint32_t others; /* ports that it does not poll, a bit each */
	uint32_t silent; /* both of those: nothing is received of them */
} __attribute__((aligned(RDL_CACHE_LINE)));

struct rdl_pktio {
	/* One for each node that ports have buffers on. */
	unsigned pool_count;
	struct rte_mempool *pools[RDL_PKTIO_PORTS_MAX];
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

/* Buffers of the ports on a node. */
unsigned rdl_packet_pool_size(const struct rdl_pktio_config *config, int node);
/* NULL without memory for them. */
struct rte_mempool *rdl_packet_pool(const struct rdl_pktio_config *config, int node);
/* Workers that poll a port, a bit each. */
uint64_t rdl_pktio_polled(const struct rdl_pktio_config *config, unsigned port);

/*
 * Of what the driver can do, what is of use: put into the port, and into what it is configured
 * with. Its queues are known.
 */
void rdl_pktio_choose(struct port *port, const struct rdl_pktio_config *config,
	const struct rte_eth_dev_info *info, struct rte_eth_conf *conf);

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
