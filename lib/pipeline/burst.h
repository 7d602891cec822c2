/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * burst: the packets that go through a worker's stages together, and what each stage made of them.
 * A worker has one, in its pipeline, and uses it again and again.
 */
#ifndef RDL_PIPELINE_BURST_H
#define RDL_PIPELINE_BURST_H

#include "packet.h"
#include "policy.h"
#include "records.h"

/* Datagrams of the secure port: what they were opened with, and where they are in the burst. */
struct rdl_records {
	unsigned count;
	uint8_t place[RDL_BURST_MAX];
	struct rdl_dtls_item items[RDL_BURST_MAX];
};

/* Such frames that a burst leaves behind at most. */
#define RDL_REST_MAX 16

struct rdl_burst {
	/* From the start. */
	const struct rdl_policy *policy; /* one for all of them */
	struct rdl_packet *packets[RDL_BURST_MAX];
	/* Once frames are classified: of those that hold a datagram for us. */
	struct rdl_datagram datagrams[RDL_BURST_MAX];
	/* Once records are opened: whose datagram is a message that came in a record. */
	rdl_packet_set secure;
	struct rdl_records records;
	/*
	 * Then, too: records that stood behind the first of a datagram, each as a frame that might
	 * have come. They are the caller's, and to come next as a burst of their own.
	 */
	unsigned rest_count;
	struct rdl_frame *rest[RDL_REST_MAX];
	/*
	 * The message, once datagrams are parsed: of those that hold one. The rest, once options
	 * are read: of those that hold a request. So are the reply and the request in the packet,
	 * but for what is decided.
	 */
	struct rdl_input inputs[RDL_BURST_MAX];
	/* Once locations are decoded: requests to one that may live, which lies in the request. */
	rdl_packet_set located;
	/*
	 * What is to become of the packets: each is in one of the sets at most from the start, and
	 * in exactly one in the end.
	 */
	rdl_packet_set reply; /* framed in the end, to be sent by the port it came by */
	rdl_packet_set hand_over; /* to shard[i] */
	rdl_packet_set answer; /* the same, since a device answers, or sends of its own accord */
	/* of an IP packet: to be put together by the caller, and to come again whole */
	rdl_packet_set fragment;
	rdl_packet_set parcel; /* to handshaker[i] */
	rdl_packet_set elsewhere; /* to worker[i], as it came */
	rdl_packet_set foreign; /* to the kernel, as it came */
	rdl_packet_set drop; /* counted, to be freed */
	/*
	 * Of those for the kernel, or to be dropped: they tell something of neighbours or paths,
	 * and are to be read and counted by the caller before.
	 */
	rdl_packet_set news;
	uint8_t shard[RDL_BURST_MAX], handshaker[RDL_BURST_MAX], worker[RDL_BURST_MAX];
	/*
	 * The counter of those that are dropped, and of those that the network layer or a Reset
	 * answers: enum rdl_stat.
	 */
	uint8_t why[RDL_BURST_MAX];
};

#endif
