/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dialogues: a shard core's part in requests to devices: orders of callers go to the engine that
 * carries them out, its transmissions to workers, and what those receive back to it. All of that in
 * channels of their own, and in each round after registrations.
 */
#ifndef RDL_SHARD_CORE_DIALOGUES_H
#define RDL_SHARD_CORE_DIALOGUES_H

#include "channel.h"
#include "deliveries.h"
#include "lcores.h"
#include "orders.h"

#define DIALOGUES_BURST 64

/* Messages of this core's own that are free. */
struct stock {
	unsigned left;
	void **messages;
};

/* What goes out by one channel in a round, in this order: own ones, and others' given back. */
struct outbox {
	unsigned count;
	void *messages[DIALOGUES_BURST];
};

struct dialogues {
	struct rdl_orders *engine; /* NULL: devices are asked nothing, and all else is zero */
	struct rdl_channel workers[WORKERS_MAX];
	struct rdl_channel callers;
	/* Its core writes; whoever feeds subscribers reads. */
	struct rdl_deliveries *deliveries;
	/*
	 * Read by anybody (relaxed): what the engine counts, as of the last round that did
	 * anything.
	 */
	struct rdl_orders_counts counts;
	/* The core's alone. */
	struct stock transmissions[WORKERS_MAX];
	struct stock reports;
	struct outbox to_workers[WORKERS_MAX], to_callers;
	bool stopped; /* the end was asked for: all orders are given back */
	bool over; /* and no more of them come */
};

/* What a shard core may have under way at each worker, and at the callers. */
#define TRANSMISSIONS 512
#define REPORTS 2048
struct rdl_channel_credit dialogues_transmission_credit(void);
struct rdl_channel_credit dialogues_report_credit(void);

struct shard_core;

/* Octets of memory for a core's, with so many workers; `orders` as it will be. */
size_t dialogues_memory(const struct rdl_orders_config *orders, unsigned workers);
/*
 * Makes a core's, whose shard and worker_count are set; calls and context of `orders` are set here.
 * `memory`, zero and aligned to a cache line, is the caller's.
 */
void dialogues_init(struct shard_core *core, const struct rdl_orders_config *orders, void *memory);

/* One round. True: found work. */
bool dialogues_step(struct shard_core *core);

#endif
