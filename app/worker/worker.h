/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * worker: one poll-mode core's share: a queue of each port, a pipeline, and a channel to each
 * shard. It has no way to a registration but what a shard answers.
 */
#ifndef RDL_WORKER_H
#define RDL_WORKER_H

#include "channel.h"
#include "dtls.h"
#include "fragments.h"
#include "lcores.h"
#include "neighbours.h"
#include "pipeline.h"
#include "pktio.h"
#include "probe.h"
#include "rules.h"

#define PORTS_MAX RDL_PKTIO_PORTS_MAX
#define HANDSHAKERS_MAX 16

/*
 * Handshakes that have given way to others whose parcels were shed, and their handshaker has not
 * been told. It learns of one with each parcel, and forgets those that are too many here when their
 * time is over.
 */
#define UNTOLD_MAX 64
struct untold {
	unsigned count;
	uint64_t sessions[UNTOLD_MAX];
};

/* For another worker: a session of its that a registration lives by no more. */
struct note {
	uint8_t kind;
	uint64_t session;
};
#define NOTES_MAX 64

/* How many frames of a port's that are not ours may go to the kernel. */
struct foreign_gate {
	uint32_t per_s; /* set by who makes the worker */
	uint64_t then_ms, left; /* thousandths of a frame, as of then */
};
/* Of the kernel's frames, and of those that come back from it, in one round. */
#define KERNEL_BURST 32

/* Frames on their way out by one port. */
struct tx_batch {
	unsigned count;
	struct rdl_frame *frames[RDL_PKTIO_BURST];
};

struct worker {
	/* Set by who makes it, zero otherwise; not changed once it runs. */
	unsigned index; /* its queue on each port */
	unsigned port_count, shard_count;
	unsigned handshaker_count; /* 0: there is no DTLS */
	unsigned worker_count; /* that have sessions, this one among them; 0: none has */
	bool shares; /* some port with the kernel */
	bool converses; /* with devices: shards send requests to them */
	struct rdl_pktio *pktio; /* its queues are touched by its core alone */
	const struct rdl_rulebook *rulebook; /* read once for each round */
	struct ending *ending; /* anybody's, by its functions */
	struct rdl_neighbours *neighbours; /* the same; the first worker sends what is due */
	/*
	 * Written by its core, read by anybody: the statistics in the pipeline, the load, and how
	 * long replies take.
	 */
	struct rdl_pipeline pipeline;
	struct load load;
	struct probe probe;
	uint64_t rules_seen; /* the number of its last round's (release) */
	/* Its core's alone. */
	const struct rdl_rules *rules; /* of this round */
	struct rdl_channel shards[SHARDS_MAX];
	struct rdl_channel dialogues[SHARDS_MAX]; /* with devices, to the same */
	struct rdl_channel handshakers[HANDSHAKERS_MAX];
	struct untold untold[HANDSHAKERS_MAX];
	struct rdl_channel fellows[WORKERS_MAX]; /* the other workers; its own place is empty */
	struct rdl_channel kernel; /* who speaks to it */
	struct foreign_gate foreign[PORTS_MAX];
	unsigned guests; /* fellows' frames that it has */
	struct note notes[NOTES_MAX];
	uint64_t notes_out; /* those that are at fellows, a bit each */
	struct rdl_fragments *fragments;
	struct rdl_capture *captures; /* where copies of packets go when wanted; NULL: nowhere */
	unsigned rounds; /* since it looked for fragments that wait in vain */
	uint64_t due_ms; /* when it looks for what is due to neighbours */
	/* Of each port: bursts in a row that were full, and whether its queue runs over. */
	unsigned full_bursts[PORTS_MAX];
	bool pressed[PORTS_MAX];
	bool drained; /* nothing of it is under way, and nothing comes any more */
	struct tx_batch tx[PORTS_MAX];
};

/*
 * What a worker may have under way at one shard, of which a part is closed to Registers: a live
 * registration is worth more than a new one, and an Update that is not answered comes back as a
 * Register.
 */
struct rdl_channel_credit worker_credit(unsigned requests);

/*
 * What it may have under way at one handshaker. Half of it is closed to new handshakes, and a
 * quarter to records of sessions with CBC: handshakes under way go on.
 */
struct rdl_channel_credit worker_parcel_credit(unsigned parcels);

/*
 * What it may have under way at one other worker: datagrams of that one's sessions, which come back
 * to be sent or freed, and notes, for which a quarter is kept.
 */
struct rdl_channel_credit worker_fellow_credit(unsigned messages);

/* Answers of devices that it may have under way at one shard; fewer where they are Sends. */
struct rdl_channel_credit worker_answer_credit(unsigned answers);

/* What it may have under way to the kernel. */
struct rdl_channel_credit worker_foreign_credit(unsigned frames);

/*
 * For its pipeline, which makes frames of its queues by it, leaves others' sessions, and gives
 * parcels to handshakers.
 */
struct rdl_frame *worker_make(void *self, unsigned port, unsigned len);
void worker_leave(void *self, uint64_t session);
void worker_give(void *self, struct rdl_packet *packet, unsigned handshaker);

/* One round: receives, decides, hands over, takes answers back, sends. True when it found work. */
bool worker_step(void *self);

#endif
