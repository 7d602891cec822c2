/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pktio: bursts of frames in and out of DPDK ports: the only code that knows mbufs. A frame lives
 * at the start of its mbuf's private area; the caller's per-packet data follow it there.
 *
 * Opened and closed by the main thread, after EAL is up. Each (port, queue) belongs to one core.
 */
#ifndef RDL_PKTIO_H
#define RDL_PKTIO_H

#include "net.h"

#define RDL_PKTIO_PORTS_MAX 16
#define RDL_PKTIO_RSS_KEY 64 /* octets, as many as any driver takes */
#define RDL_PKTIO_BURST 64 /* frames received or sent by one call */
/*
 * Ethernet with two tags and an MTU of 1500.
 * Longer frames come too, as far as a buffer holds them.
 */
#define RDL_PKTIO_FRAME_MAX 1522

struct rdl_pktio;

struct rdl_pktio_config {
	unsigned port_count;
	/* as given to EAL: "net_tap0,..." or "0000:01:00.0" */
	const char *devices[RDL_PKTIO_PORTS_MAX];
	/* Of IP packets that each takes and sends; 0: as the device has it. */
	uint16_t mtus[RDL_PKTIO_PORTS_MAX];
	unsigned queues; /* on each port, one per worker, 64 at most: of frames that go out */
	/* The same of those that come in: of these workers, a bit each; 0: of all. */
	uint64_t polled[RDL_PKTIO_PORTS_MAX];
	/* Where the buffers of each are to lie: NUMA nodes; -1: anywhere. */
	int nodes[RDL_PKTIO_PORTS_MAX];
	/* Random: by which queue a packet comes is nobody's to choose. */
	const uint8_t *rss_key; /* RDL_PKTIO_RSS_KEY octets */
	unsigned in_flight; /* packets that may be held outside port queues, over all workers */
	unsigned born; /* beside those: frames that each worker may hold of what it has made */
	uint16_t private_len; /* struct rdl_frame and what the caller keeps behind it */
	uint16_t room; /* octets writable in a frame's buffer, the frame's own included */
	uint32_t page; /* octets of a page of the memory that EAL has */
};

/* Octets of packet memory that rdl_pktio_open() will take of a node, or of any: -1. */
uint64_t rdl_pktio_memory(const struct rdl_pktio_config *config, int node);

/* Configures and starts the ports. NULL with one line in `why`, *bad_port the port it is about. */
RDL_MUST_CHECK struct rdl_pktio *rdl_pktio_open(
	const struct rdl_pktio_config *config, char *why, size_t why_len, unsigned *bad_port);
void rdl_pktio_close(struct rdl_pktio *pktio);

const uint8_t *rdl_pktio_mac(const struct rdl_pktio *pktio, unsigned port);
/* How a port was set up, of what its driver can do. What it does not do is done in software. */
struct rdl_pktio_setup {
	const char *driver; /* as DPDK calls it */
	int node; /* NUMA; -1: unknown */
	int buffers; /* the node that its packet buffers were asked of; -1: any */
	uint16_t queues; /* by which packets come in */
	uint64_t polled; /* by which workers, a bit each */
	uint16_t mtu; /* octets of the longest IP packet that it sends; 0: unknown */
	bool rss; /* packets are spread over the queues by a hash of ours */
	bool rx_ipv4_checksum, rx_udp_checksum; /* checked by the port */
	bool tx_ipv4_checksum, tx_udp_checksum; /* made by the port */
};
const struct rdl_pktio_setup *rdl_pktio_setup(const struct rdl_pktio *pktio, unsigned port);
/*
 * Whether a port has a link, as its driver finds it. It is asked, and no interrupt is waited for:
 * drivers that have one then tell no other news, and some of them never get it.
 */
bool rdl_pktio_has_link(const struct rdl_pktio *pktio, unsigned port);
/*
 * How a port is, as its driver has it, and what it has lost since it was started.
 * By one thread at a time.
 */
struct rdl_pktio_health {
	bool there; /* the device was not taken out, nor is to be; else the rest is 0 */
	bool link;
	uint64_t rx_missed; /* found the port's queues full */
	uint64_t rx_no_buffer; /* found no packet buffer */
	uint64_t rx_errors, tx_errors;
};
void rdl_pktio_health(
	const struct rdl_pktio *pktio, unsigned port, struct rdl_pktio_health *health);
/*
 * A device may be taken out of the machine while it serves. By the main thread, now and then: has
 * the cores leave its port alone, then closes that and lets go of the device, which is no more
 * there. The other ports go on.
 */
void rdl_pktio_let_go(struct rdl_pktio *pktio);
/*
 * Whether a device went that could not be let go of: its driver would wait long for registers that
 * are no more there, and EAL must not be cleaned up.
 */
bool rdl_pktio_has_lost(const struct rdl_pktio *pktio);
/*
 * By the core of a queue, once in each round: of ports that are to be left alone it receives and
 * sends nothing from then on.
 */
void rdl_pktio_round(struct rdl_pktio *pktio, unsigned queue);
/* By the same: whether it leaves this port alone. */
bool rdl_pktio_is_gone(const struct rdl_pktio *pktio, unsigned port, unsigned queue);
/* Buffers taken from the pools, port queues included. */
unsigned rdl_pktio_in_use(const struct rdl_pktio *pktio);

/*
 * Receives up to `count` frames of a queue; they are the caller's until sent or freed. None, where
 * the port is not this worker's to poll. *segmented grows by those that were too long for one
 * buffer, and are gone.
 */
RDL_MUST_CHECK unsigned rdl_pktio_rx(struct rdl_pktio *pktio, unsigned port, unsigned queue,
	struct rdl_frame *frames[], unsigned count, unsigned *segmented);

/*
 * Makes up to `count` empty frames, which a port is to send; returns how many. Like those received
 * they are the caller's until sent or freed, and a queue's core holds no more than config->born of
 * them at a time. 0 when it does, or when no buffer is left.
 */
RDL_MUST_CHECK unsigned rdl_pktio_make(struct rdl_pktio *pktio, unsigned port, unsigned queue,
	struct rdl_frame *frames[], unsigned count);

/*
 * How full the port's own queue is, in percent; -1 where the driver cannot tell. Some drivers look
 * at many descriptors for it: not for every burst.
 */
int rdl_pktio_backlog(const struct rdl_pktio *pktio, unsigned port, unsigned queue);

/*
 * Sends frames by one port; returns how many it took,
 * the first ones. The rest stay the caller's.
 */
RDL_MUST_CHECK unsigned rdl_pktio_tx(struct rdl_pktio *pktio, unsigned port, unsigned queue,
	struct rdl_frame *const frames[], unsigned count);

/*
 * Whether a frame that came in lacks its TCP or UDP checksum, which is said to be good: it comes
 * from the same machine, and was never on a wire.
 */
bool rdl_pktio_lacks_checksum(const struct rdl_frame *frame);

/* By the core of the queue that they came by, or were made for. */
void rdl_pktio_free(
	struct rdl_pktio *pktio, unsigned queue, struct rdl_frame *const frames[], unsigned count);

#endif
