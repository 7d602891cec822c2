/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the engine share. */
#ifndef RDL_ORDERS_INTERNAL_H
#define RDL_ORDERS_INTERNAL_H

#include "coap.h"
#include "dialogues.h"
#include "orders.h"
#include "sends.h"
#include "timers.h"

/* RFC 7252 section 4.8. */
#define RDL_ACK_TIMEOUT_MS 2000
#define RDL_ACK_RANDOM_MS 1000 /* that times (ACK_RANDOM_FACTOR - 1) */
#define RDL_MAX_RETRANSMIT 4
#define RDL_MAX_TRANSMIT_WAIT_MS 93000

#define RDL_ORDERS_NEVER UINT64_MAX

struct rdl_orders {
	struct rdl_orders_config config;
	struct rdl_orders_counts counts;
	struct rdl_dialogues dialogues;
	struct rdl_timers timers;
	struct rdl_sends sends;
	uint64_t random;
	uint64_t released; /* the position that changes are safe up to */
	uint64_t held; /* orders that have been taken and not given back */
	uint64_t observing; /* of these, those that observe or are to */
	uint32_t number; /* of the last token */
};

static inline bool rdl_order_observes(const struct rdl_order *order)
{
	return order->observe == RDL_ORDER_OBSERVE;
}

static inline size_t rdl_block_octets(uint8_t szx)
{
	return (size_t)16 << szx;
}
#define RDL_SZX_MAX 6 /* 7 is reserved */

/* Reports that are left to answers: so many must be free for anything else to be told. */
#define RDL_REPORTS_FOR_ANSWERS 256

/* ---- orders.c: orders as they end, and what is told of them ---- */

uint64_t rdl_orders_random(struct rdl_orders *orders);
/* Gives one back that is in no queue any more. */
void rdl_orders_end(struct rdl_orders *orders, struct rdl_order *order, enum rdl_order_state state,
	enum rdl_order_reason reason);
/* Tells how an order stands, where reports are not short. */
void rdl_orders_inform(struct rdl_orders *orders, struct rdl_order *order,
	enum rdl_order_state state, enum rdl_order_reason reason);

/* Message IDs, not yet cut to 16 bits, that have their time up to now (exchange.c). */
uint64_t rdl_orders_ids(const struct rdl_orders *orders, uint64_t now_ms);

/* ---- turns.c: who may be spoken to ---- */

/* Begins or goes on with what the dialogue has to send, if it may. */
void rdl_turns_speak(struct rdl_orders *orders, struct rdl_dialogue *dialogue, uint64_t now_ms);
/* Its endpoint has sent something: what waits may go. */
void rdl_turns_wake(struct rdl_orders *orders, struct rdl_dialogue *dialogue);
/* Those whose turn it is, so many; true when there are more. */
bool rdl_turns_step(struct rdl_orders *orders, uint64_t now_ms, unsigned budget);
/* After all that may have changed it: when it is due next, and whether its room may be wanted. */
void rdl_turns_settle(struct rdl_orders *orders, struct rdl_dialogue *dialogue);
/* Ends all that waits and has done so too long. */
void rdl_turns_expire(struct rdl_orders *orders, struct rdl_dialogue *dialogue, uint64_t now_ms);
/* Ends all that a dialogue has: what was sent as `gone`, the rest as `state`. */
void rdl_turns_give_up(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	enum rdl_order_state state, enum rdl_order_reason reason);
/* And the dialogue. */
void rdl_turns_over(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	enum rdl_order_state state, enum rdl_order_reason reason);

/* ---- exchange.c: the message under way ---- */

/* A message of the dialogue's may go without using a Message ID again too early. */
bool rdl_exchange_may_number(
	const struct rdl_orders *orders, const struct rdl_dialogue *dialogue, uint64_t now_ms);
/* An order that is in no queue is the next to be sent. */
void rdl_exchange_begin(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, struct rdl_order *order);
/* The same order is to send another message: its next block. */
void rdl_exchange_again(struct rdl_orders *orders, struct rdl_dialogue *dialogue);
/* Sends the message, or a copy of it; puts it off while no transmission is free. */
void rdl_exchange_send(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	const struct rdl_orders_endpoint *endpoint, uint64_t now_ms);
/* Its time has come: a copy of it is to be sent, or it is given up. */
void rdl_exchange_due(struct rdl_orders *orders, struct rdl_dialogue *dialogue, uint64_t now_ms);
/* The device has acknowledged the message, and answers later. */
void rdl_exchange_acknowledged(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, uint64_t now_ms);
/* Nothing is awaited any more. Returns the order, which may observe, or is to be ended. */
struct rdl_order *rdl_exchange_close(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, bool answered);
/*
 * Ends the order under way, an observation that it has begun included; or only gives up the rest of
 * a value that was notified.
 */
void rdl_exchange_end(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	enum rdl_order_state state, enum rdl_order_reason reason);
/* It cannot be sent, for this reason. */
void rdl_exchange_fail(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, enum rdl_order_reason reason);
/* What is remembered of a token that is over. */
void rdl_exchange_remember(struct rdl_dialogue *dialogue, uint32_t number, bool answered);

/* ---- compose.c ---- */

/* Writes the message of the dialogue's exchange. */
void rdl_orders_compose(const struct rdl_orders *orders, const struct rdl_dialogue *dialogue,
	const struct rdl_object_list *objects, struct rdl_transmission *transmission);
/* What of the payload goes into the next message. */
struct rdl_span rdl_orders_payload(const struct rdl_order *order);
/* The instance of the Server Object that a registration lists, or RDL_ID_NONE. */
uint16_t rdl_orders_server(const struct rdl_object_list *objects);

/* ---- blocks.c: what an answer is to its order ---- */

enum rdl_course {
	RDL_COURSE_ON, /* there are more blocks: another message is to be sent */
	RDL_COURSE_LAST, /* it is whole */
	RDL_COURSE_BROKEN, /* it never will be: *reason */
};
/* Whether the order's payload goes in blocks (Block1). */
static inline bool rdl_blocks_writes(const struct rdl_order *order)
{
	return order->payload.len > rdl_block_octets(order->course.cut);
}
/* There are shorter blocks than what the next message has of the payload. */
bool rdl_blocks_may_cut(const struct rdl_order *order);
/*
 * The message that was to be sent is so much too long: has shorter blocks from the same octet on
 * (RFC 7959 sections 2.3 and 2.5). False, and nothing changed: no block is as short as that.
 */
bool rdl_blocks_cut(struct rdl_order *order, size_t excess);
/*
 * How the answer says to go on with the payload, which order->course follows; LAST: it answers the
 * whole order.
 */
enum rdl_course rdl_blocks_written(
	struct rdl_order *order, const struct rdl_answer *answer, enum rdl_order_reason *reason);
/* What the answer, or this block of it (Block2), is in the whole. Changes nothing. */
enum rdl_course rdl_blocks_read(const struct rdl_orders *orders, const struct rdl_order *order,
	const struct rdl_answer *answer, enum rdl_order_reason *reason);
/* It was taken as that. */
void rdl_blocks_taken(struct rdl_order *order, const struct rdl_answer *answer);

/* ---- observations.c ---- */

struct rdl_order *rdl_observations_find(const struct rdl_dialogue *dialogue, uint32_t number);
/* The one that an order to cancel means, or NULL. */
struct rdl_order *rdl_observations_match(
	const struct rdl_dialogue *dialogue, const struct rdl_order *cancel);
/* The order under way observes from now on, as its answer says. */
void rdl_observations_begin(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	const struct rdl_answer *answer, uint64_t now_ms);
/* Whether there is more to ask for of what was notified. */
void rdl_observations_set_rest(struct rdl_dialogue *dialogue, struct rdl_order *order, bool rest);
/* The answer to that. */
void rdl_observations_hear_rest(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, const struct rdl_answer *answer);
/* Takes one out of the dialogue's. */
void rdl_observations_forget(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, struct rdl_order *order);
/* The one of this token, if there is one, has been cancelled. */
void rdl_observations_cancel(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, uint32_t number);
/* All of a dialogue's are over. */
void rdl_observations_end(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, enum rdl_order_reason reason);
/* Whether anybody listens. */
bool rdl_orders_deliver(struct rdl_orders *orders, const struct rdl_delivery *delivery);
void rdl_observations_hear(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	struct rdl_order *order, struct rdl_answer *answer, uint64_t now_ms);

#endif
