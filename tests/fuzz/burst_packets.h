/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets in memory of exactly their room,
 * and beside each what the network layer alone says of its frame.
 */
#ifndef RDL_FUZZ_BURST_PACKETS_H
#define RDL_FUZZ_BURST_PACKETS_H

#include "burst_frames.h"
#include "pipeline.h"

#define PACKETS_MAX 160

struct packet {
	struct rdl_packet packet;
	uint8_t *buffer;
	size_t room;
	bool shed;
	struct rdl_span sent; /* the frame as it came */
	/* A copy of it that is only classified: the answer, or where the datagram is. */
	uint8_t *copy;
	struct rdl_frame alone;
	enum rdl_net_verdict verdict;
	struct rdl_datagram datagram;
	struct rdl_block_key key; /* of a block */
	struct rdl_input input;
	bool is_block;
};

/* `key` is that of block transfers. */
void packet_init(struct packet *p, const struct record *record, const struct test_frame *f,
	const struct rdl_key *key);
void packet_free(struct packet *p);

/* The datagram as it came, for those that are one. */
struct rdl_span asked(const struct packet *p);

/* Each octet of a body came in a block of the same transfer, at its place. */
void check_body(const struct packet packets[], unsigned count, const struct rdl_block_key *key,
	struct rdl_span body);

#endif
