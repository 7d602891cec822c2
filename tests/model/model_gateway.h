/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is tested: pipelines, and shards with registries of their own,
 * joined as a worker and a shard core are.
 */
#ifndef RDL_MODEL_GATEWAY_H
#define RDL_MODEL_GATEWAY_H

#include "gateway_worker.h"
#include "model_blocks.h"
#include "model_records.h"
#include "pipeline.h"
#include "shard.h"

extern struct rdl_speck location_key; /* gateway_start() */
extern struct rdl_policy *policy;
extern struct rdl_pipeline pipelines[WORKERS];
extern struct rdl_shard shards[SHARDS];

/* What a packet is to be answered. */
struct reply {
	size_t len; /* 0: not at all */
	uint8_t octets[200];
};

struct packet {
	struct rdl_packet packet;
	uint8_t *buffer;
	struct sent *sent;
	unsigned worker;
	bool continues; /* a block that is not the last */
	const struct refusal *verdict; /* that travels along, or NULL */
	struct reply reply;
};

/* Packets on their way between a worker and a shard, oldest first. */
#define RING 512

struct ring {
	struct packet *at[RING];
	unsigned first, count;
};
extern struct ring requests[WORKERS][SHARDS], replies[WORKERS][SHARDS];

void ring_put(struct ring *ring, struct packet *packet);
struct packet *ring_take(struct ring *ring);
void gateway_start(void);
void gateway_stop(void);
/* Of all shards the same, but for which one it is. */
struct rdl_registry_config registry_config(void);
struct rdl_registry_counts counts_of(unsigned s);

/* Answers that may wait at a shard at once. */
#define WAITING 256
/* Of each worker, as far as shards know: nothing is shed for what waits. */
#define UNDER_WAY (2 * WAITING + 2)

#endif
