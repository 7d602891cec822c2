/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * orders: carries requests to registered devices, as RFC 7252 section 4 has it, and their answers
 * back: one at a time to each endpoint, while the others wait their turn. One engine a shard, and
 * its core's alone. It sends and tells nothing itself, but calls who does; knows no clock;
 * allocates nothing after it is made; and takes a time for each message that does not depend on how
 * many endpoints are spoken to.
 */
#ifndef RDL_ORDERS_H
#define RDL_ORDERS_H

#include "delivery.h"
#include "order.h"
#include "owners.h"
#include "registry.h"

struct rdl_orders;

/* What is known of an endpoint that may be spoken to; as long as struct rdl_registration holds. */
struct rdl_orders_endpoint {
	struct rdl_registration registration;
	uint64_t session; /* the secure session that it lives by; 0: none, or it is over */
	uint64_t quiet_ms; /* since it last sent something that changed the registration */
	uint64_t position; /* of a change whose answer may not have left; 0: there is none */
};

/* What all calls back to the shard are given first is `context`. None of them may call orders. */
struct rdl_orders_calls {
	/* False: no registration of this handle lives. */
	bool (*describe)(void *context, rdl_handle handle, uint64_t now_ms,
		struct rdl_orders_endpoint *endpoint);
	/*
	 * A transmission to be filled, towards the worker that has this session, or any where that
	 * is 0. NULL: none is free now. Each that is taken is sent.
	 */
	struct rdl_transmission *(*transmission)(
		void *context, uint64_t session, rdl_handle handle);
	void (*send)(void *context, struct rdl_transmission *transmission);
	/* How many reports are free; one of these. Each that is taken is told. */
	unsigned (*reports)(void *context);
	struct rdl_report *(*report)(void *context);
	/*
	 * Gives a report to whoever gave the order; gives back an order that is over. They must
	 * arrive in the order of these calls.
	 */
	void (*tell)(void *context, struct rdl_report *report);
	void (*end)(void *context, struct rdl_order *order);
	/* False: nobody listens. */
	bool (*notify)(void *context, const struct rdl_delivery *delivery);
};

struct rdl_orders_config {
	struct rdl_orders_calls calls;
	void *context;
	struct rdl_speck token_key; /* these two the same in all workers and shards */
	struct rdl_key awaited_key;
	/* Who awaits an empty message, shared with the workers; NULL: nobody looks. */
	struct rdl_owners *awaited;
	unsigned shard;
	struct rdl_key salt; /* random: of Message IDs and of how long answers are waited for */
	uint32_t orders; /* held at once that do not observe, or not yet; at least 1 */
	uint32_t observations; /* at once */
	uint32_t per_endpoint; /* that wait, and that observe, at most; at least 1 */
	uint32_t awake_s; /* how long one in queue mode listens after it has sent something */
	uint32_t max_payload; /* octets of an answer, however many blocks; below 64 Ki */
	uint32_t exchange_lifetime_s; /* RFC 7252 section 4.8.2 */
	/* What notifications get to which nobody listens: a Reset, which ends the observation. */
	bool reset_unheard;
};

/* Octets of memory for all that is ever held. */
size_t rdl_orders_memory(const struct rdl_orders_config *config);
/* `memory` is the caller's: zero, aligned to a cache line; *config is copied. */
struct rdl_orders *rdl_orders_init(
	const struct rdl_orders_config *config, void *memory, uint64_t now_ms);

/* An order for a registration that lives; RDL_HANDLE_NONE: there is none, and it is refused. */
void rdl_orders_take(
	struct rdl_orders *orders, struct rdl_order *order, rdl_handle handle, uint64_t now_ms);
/* What a worker has received. Leaves in it what is to be sent back. */
void rdl_orders_hear(struct rdl_orders *orders, struct rdl_answer *answer, uint64_t now_ms);
/* A worker has done with a transmission, and says what has become of it. */
void rdl_orders_sent(
	struct rdl_orders *orders, const struct rdl_transmission *transmission, uint64_t now_ms);

/*
 * Whether a change of this registration must be told; of one that takes another's place, either of
 * both. Hardly ever true where it need not.
 */
bool rdl_orders_minds(const struct rdl_orders *orders, rdl_handle handle);
/*
 * The registration has changed, or ended. What its endpoint sent is answered once changes are safe
 * up to `position`, and no order is begun before that; 0: it is answered before the next step.
 */
void rdl_orders_changed(struct rdl_orders *orders, const struct rdl_change *change,
	uint64_t position, uint64_t now_ms);
/* All changes up to this position are safe, and answered. */
void rdl_orders_release(struct rdl_orders *orders, uint64_t position);

/*
 * What is due by time, and who may be spoken to now: so many of each at most. True when there may
 * be more to do at once.
 */
bool rdl_orders_step(struct rdl_orders *orders, uint64_t now_ms, unsigned budget);
/* Gives all orders back: the process stops. */
void rdl_orders_stop(struct rdl_orders *orders);

/* How it stands with one registration that lives. */
struct rdl_orders_look {
	bool awake; /* its endpoint may be spoken to now */
	uint32_t waiting; /* orders that are not answered */
	uint32_t observations;
};
void rdl_orders_look(const struct rdl_orders *orders, rdl_handle handle, uint64_t now_ms,
	struct rdl_orders_look *look);

/* Since the start. X(name, text) */
#define RDL_ORDERS_COUNTERS(X)                                                              \
	X(taken, "orders that callers gave")                                                \
	X(sent, "messages to devices, copies included")                                     \
	X(retransmitted, "copies of messages to devices that did not answer in time")       \
	X(acknowledged, "orders that devices acknowledged before they answered them")       \
	X(notified, "notifications and Sends that somebody listened to")                    \
	X(unheard, "notifications and Sends that nobody listened to")                       \
	X(stale, "notifications that were older than another one, or copies")               \
	X(foreign, "answers from elsewhere than the endpoint, or to nothing that was sent") \
	X(doubled, "copies of answers, and of Sends")                                       \
	X(late, "answers to what was given up")                                             \
	X(shed, "answers that were not taken, since callers read too slowly")

struct rdl_orders_counts {
#define X(name, text) uint64_t name;
	RDL_ORDERS_COUNTERS(X)
#undef X
	uint64_t over[RDL_ORDER_STATE_COUNT]; /* by the states that they ended in */
	/* Now: */
	uint64_t waiting, under_way, observations;
	uint64_t asleep; /* endpoints that something waits for, until they wake up */
};
const struct rdl_orders_counts *rdl_orders_counts(const struct rdl_orders *orders);

#endif
